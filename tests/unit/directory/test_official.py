from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner import tables
from provisioner.directory import official
from provisioner.errors import InvalidInputError

Make = Callable[..., str]


def problems(data: bytes) -> list[tuple[str, int]]:
    with pytest.raises(InvalidInputError) as caught:
        official.read(data, "MUN.csv")
    return [(problem.key, problem.line) for problem in caught.value.problems]


def encoded(text: str) -> bytes:
    return b"\xef\xbb\xbf" + text.encode()


def test_public_facts_are_kept_and_people_are_not(make_official: Make) -> None:
    text = make_official([{"mcode": "46005", "munnom": "Abercorn", "madr2": "a/s Mme Inconnue"}])
    directory = official.read(encoded(text), "MUN.csv")
    one = directory.by_code["46005"]
    assert (one.name, one.designation, one.region, one.mrc) == (
        "Abercorn",
        "Village",
        "Estrie",
        "Brome-Missisquoi",
    )
    assert (one.population, one.website, one.local) == (368, "www.abercorn.example", True)
    assert one.address == "10, chemin des Églises Ouest, J0E 1B0"
    kept = json.dumps(directory.as_json(), ensure_ascii=False)
    for personal in ("Inconnu", "personne@", "555-0100"):
        assert personal not in kept


@pytest.mark.parametrize(
    ("designation", "local", "kept"),
    [
        ("Ville", True, "Ville"),
        ("Cantons unis", True, "Cantons unis"),
        ("Village cri (Terre de la catégorie", True, "Village cri"),
        ("Gouvernement régional", True, "Gouvernement régional"),
        ("Réserve indienne", False, "Réserve indienne"),
        ("Terre de la catégorie IA-N", False, "Terre de la catégorie IA-N"),
        ("Territoire non organisé", False, "Territoire non organisé"),
    ],
)
def test_designations(make_official: Make, designation: str, local: bool, kept: str) -> None:
    text = make_official([{"mcode": "46005", "munnom": "Abercorn", "mdes": designation}])
    one = official.read(text.encode(), "MUN.csv").by_code["46005"]
    assert (one.local, one.designation) == (local, kept)


def test_zero_inhabitants_means_unknown_in_a_local_municipality_only(make_official: Make) -> None:
    rows = [
        {"mcode": "99055", "munnom": "Chisasibi", "mdes": "Village cri", "mpopul": "0"},
        {"mcode": "99910", "munnom": "Sans nom", "mdes": "Territoire non organisé", "mpopul": "0"},
    ]
    found = official.read(make_official(rows).encode(), "MUN.csv").by_code
    assert (found["99055"].population, found["99910"].population) == (None, 0)


def test_semicolons_and_crlf_are_accepted(make_official: Make) -> None:
    row = {"mcode": "46005", "munnom": "Abercorn"}
    plain = official.read(make_official([row]).encode(), "f").municipalities
    assert official.read(make_official([row], delimiter=";").encode(), "f").municipalities == plain
    unix = make_official([row]).replace("\r\n", "\n")
    assert official.read(unix.encode(), "f").municipalities == plain


def test_missing_columns_are_named_together(make_official: Make) -> None:
    text = make_official([{"mcode": "46005"}], without=("mdes", "mpopul"))
    with pytest.raises(InvalidInputError) as caught:
        official.read(text.encode(), "MUN.csv")
    assert caught.value.problems[0].key == "directory.missing-columns"
    assert caught.value.problems[0].context == {"columns": "mdes, mpopul"}


def test_all_bad_rows_are_reported_with_their_lines(make_official: Make) -> None:
    rows = [
        {"mcode": "46005", "munnom": "Abercorn"},
        {"mcode": "46005", "munnom": "Encore"},
        {"mcode": "7025", "munnom": "Albertville"},
        {"mcode": "48028", "munnom": "", "mpopul": "1 200"},
        {"mcode": "31056", "munnom": "Adstock", "mdes": "Duché"},
    ]
    text = make_official(rows) + '"98030","Aguanish"\r\n'
    assert problems(text.encode()) == [
        ("directory.duplicate-code", 3),
        ("directory.bad-code", 4),
        ("directory.bad-name", 5),
        ("directory.bad-population", 5),
        ("directory.unknown-designation", 6),
        ("table.broken-row", 7),
    ]


def test_lines_count_breaks_inside_quotes(make_official: Make) -> None:
    rows = [{"mcode": "46005", "munnom": "Abercorn", "madr1": "10,\nchemin"}, {"mcode": "x", "munnom": "Y"}]
    assert problems(make_official(rows).encode()) == [("directory.bad-code", 4)]


def test_latin_1_is_refused_with_its_line(make_official: Make) -> None:
    rows = [{"mcode": "46005", "munnom": "Abercorn", "madr1": "", "con1": ""}]
    text = make_official(rows) + '"1","Saint-Félix"\r\n'
    assert problems(text.encode("latin-1")) == [("table.not-utf8", 3)]


def test_other_encodings_and_broken_files(make_official: Make) -> None:
    assert problems(make_official([]).encode("utf-16")) == [("table.utf16", 1)]
    assert problems(b"") == [("table.empty", 1)]
    assert problems(b"\xef\xbb\xbf\r\n") == [("table.empty", 1)]
    assert problems(make_official([]).encode()) == [("directory.no-rows", 0)]
    assert problems(make_official([]).encode() + b'"46005","Aber\r\n') == [("table.bad-quotes", 2)]


def test_ten_thousand_duplicates_are_all_reported(make_official: Make) -> None:
    text = make_official([{"mcode": "46005", "munnom": "Abercorn"}] * 10_000)
    assert len(problems(text.encode())) == 9_999


@given(st.binary(max_size=300))
def test_any_bytes_give_a_table_or_a_problem(data: bytes) -> None:
    try:
        table = tables.parse(tables.decode(data, "f"), "f")
    except InvalidInputError:
        return
    assert all(len(cells) == len(table.header) for _, cells in table.rows)


@pytest.mark.parametrize(
    ("written", "host"),
    [
        ("www.abercorn.ca", "www.abercorn.ca"),
        ("https://beloeil.ca/", "beloeil.ca"),
        ("clermont.ao.ca/fr/", "clermont.ao.ca"),
        ("https://www.Municipalité.quebec", "www.xn--municipalit-lbb.quebec"),
        ("", ""),
        ("aucun", ""),
        ("a b.ca", ""),
        ("x" * 70 + ".ca", ""),
    ],
)
def test_host_names(written: str, host: str) -> None:
    assert official.host_of(written) == host


@pytest.mark.data
def test_the_real_file(shared_data: Path) -> None:
    directory = official.read((shared_data / "MUN.csv").read_bytes(), "MUN.csv")
    assert (directory.source.rows, directory.source.local) == (1281, 1123)
    local = [one for one in directory.municipalities if one.local]
    assert sum(one.population is None for one in local) == 10
    assert len({one.slug for one in directory.municipalities}) == 1281
    assert len([one for one in local if one.slug.endswith(one.code)]) == 60
    assert directory.by_code["82005"].slug == "l-ange-gardien-82005"
    assert directory.by_code["94068"].region == "Saguenay–Lac-Saint-Jean"
