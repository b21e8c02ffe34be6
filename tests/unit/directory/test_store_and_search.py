from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from provisioner.cli.directory import command
from provisioner.directory import official, search, store
from provisioner.directory.municipality import Directory
from provisioner.errors import InvalidInputError, MachineError

ROWS = [
    {"mcode": "46005", "munnom": "Abercorn"},
    {"mcode": "54017", "munnom": "Saint-Damase", "mdes": "Municipalité", "mpopul": "2391"},
    {"mcode": "07105", "munnom": "Saint-Damase", "mdes": "Paroisse", "mpopul": "382"},
    {"mcode": "17040", "munnom": "Saint-Damase-de-L'Islet", "mdes": "Municipalité"},
    {"mcode": "80095", "munnom": "Lac-Simon", "mdes": "Municipalité"},
    {"mcode": "89804", "munnom": "Lac-Simon", "mdes": "Réserve indienne"},
    {"mcode": "82005", "munnom": "L'Ange-Gardien", "mdes": "Municipalité"},
]


@pytest.fixture
def directory(make_official: Callable[..., str]) -> Directory:
    return official.read(make_official(ROWS).encode(), "MUN.csv")


def found(directory: Directory, query: str) -> list[tuple[str, str]]:
    return [(match.municipality.code, match.kind) for match in search.search(directory, query)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("46005", [("46005", "code")]),
        ("460", [("46005", "code")]),
        ("ABERCORN", [("46005", "exact")]),
        ("lange gardien", [("82005", "exact")]),
        ("L’Ange–Gardien", [("82005", "exact")]),
        ("st damase", [("54017", "exact"), ("07105", "exact"), ("17040", "prefix")]),
        ("saint-damase-07105", [("07105", "exact")]),
        ("damase islet", [("17040", "word")]),
        ("Abercron", [("46005", "near")]),
        ("", []),
        ("'-'", []),
        ("qqqqqqq", []),
    ],
)
def test_search(directory: Directory, query: str, expected: list[tuple[str, str]]) -> None:
    assert found(directory, query) == expected


def test_find_takes_a_code_a_slug_or_a_name_that_is_alone(directory: Directory) -> None:
    assert search.find(directory, "07105").code == "07105"
    assert search.find(directory, "saint-damase-54017").code == "54017"
    assert search.find(directory, "abercorn").code == "46005"
    assert search.find(directory, "lac simon").code == "80095"


@pytest.mark.parametrize(
    ("asked", "key", "named"),
    [
        ("Saint-Damase", "directory.ambiguous", "07105"),
        ("Abercron", "directory.unknown-near", "46005"),
        ("99999", "directory.unknown", ""),
    ],
)
def test_find_refuses_to_guess(directory: Directory, asked: str, key: str, named: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        search.find(directory, asked)
    assert caught.value.problems[0].key == key
    assert named in str(caught.value.problems[0].context["candidates"])


def test_what_is_stored_is_what_is_loaded(directory: Directory, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "directory.json"
    store.save(directory, path)
    assert store.load(path) == directory
    assert [entry.name for entry in path.parent.iterdir()] == ["directory.json"]


def test_where_it_is_stored() -> None:
    assert store.path_from({"NUAGE_DATA": "/d", "XDG_DATA_HOME": "/x"}) == Path("/d/directory.json")
    assert store.path_from({"XDG_DATA_HOME": "/x"}) == Path("/x/nuage-commun/directory.json")
    home = Path.home() / ".local/share/nuage-commun/directory.json"
    assert store.path_from({"XDG_DATA_HOME": "relative"}) == home


def test_not_imported_and_damaged(tmp_path: Path) -> None:
    with pytest.raises(MachineError) as missing:
        store.load(tmp_path / "directory.json")
    assert missing.value.problems[0].key == "directory.not-imported"
    for content in ('{"version": 2}', "[]", "{", '{"version": 1, "source": {}, "municipalities": []}'):
        (tmp_path / "directory.json").write_text(content)
        with pytest.raises(InvalidInputError) as damaged:
            store.load(tmp_path / "directory.json")
        assert damaged.value.problems[0].key == "directory.damaged"


def test_a_bad_file_leaves_the_former_directory(
    directory: Directory, make_official: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUAGE_DATA", str(tmp_path / "data"))
    store.save(directory, tmp_path / "data/directory.json")
    (tmp_path / "MUN.csv").write_text(make_official([{"mcode": "1", "munnom": "X"}]), encoding="utf-8")
    result = CliRunner().invoke(command, ["import", str(tmp_path / "MUN.csv")])
    assert isinstance(result.exception, InvalidInputError)
    assert store.load() == directory


def test_commands(make_official: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUAGE_DATA", str(tmp_path / "data"))
    (tmp_path / "MUN.csv").write_text(make_official(ROWS), encoding="utf-8")
    imported = CliRunner().invoke(command, ["import", str(tmp_path / "MUN.csv"), "--json"])
    assert (json.loads(imported.output)["rows"], json.loads(imported.output)["local"]) == (7, 6)
    rows = json.loads(CliRunner().invoke(command, ["search", "st damase", "--json"]).output)
    assert [row["code"] for row in rows] == ["54017", "07105", "17040"]
    shown = CliRunner().invoke(command, ["search", "st damase", "--limit", "1"])
    assert "54017" in shown.output
    assert "07105" not in shown.output
