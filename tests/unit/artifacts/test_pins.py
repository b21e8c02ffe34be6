"""Locks, the cache's index, and what a set of services needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from provisioner import messages
from provisioner.artifacts import lockfile
from provisioner.artifacts.cache import Cache, folder_from
from provisioner.artifacts.model import Pin
from provisioner.artifacts.requirements import Asked, available, demand, missing, required
from provisioner.errors import InvalidInputError, MachineError, RefusedError
from tests.conftest import ROOT
from tests.unit.artifacts.conftest import CONTENT, pin_of

EVERYTHING = {
    "calendar",
    "contacts",
    "groupfolders",
    "keycloak",
    "nextcloud",
    "notify_push",
    "openid-connect-generic",
    "user_oidc",
}


def adopted(cache: Cache, tmp_path: Path, content: bytes = CONTENT, **changes: object) -> Pin:
    file = tmp_path / "file"
    file.write_bytes(content)
    return cache.adopt(file, pin_of(content, **changes))


def test_the_projects_pins_are_all_there_and_say_who_has_them() -> None:
    pins = lockfile.load(None)
    assert set(pins) == EVERYTHING
    for pin in pins.values():
        assert pin.provenance == "upstream"
        assert pin.upstream or pin.maven
        assert pin.sha256 or pin.name == "openid-connect-generic"


def test_no_package_registry_is_named() -> None:
    text = (ROOT / lockfile.NAME).read_text()
    assert not [word for word in ("repo1.", "maven.org", "sonatype", "npmjs", "pypi") if word in text]


def test_a_consortiums_pin_takes_the_place_of_the_projects(tmp_path: Path) -> None:
    own = pin_of(name="nextcloud", version="34.0.9", provenance="consortium")
    path = lockfile.write(tmp_path, [own])
    assert lockfile.read(path) == (own,)
    pins = lockfile.load(tmp_path)
    assert pins["nextcloud"] == own
    assert pins["keycloak"] == lockfile.load(None)["keycloak"]
    text = path.read_text()
    lockfile.write(tmp_path, [own])
    assert path.read_text() == text
    other = pin_of(b"other", name="calendar", provenance="consortium")
    lockfile.write(tmp_path, [other])
    assert [pin.name for pin in lockfile.read(path)] == ["calendar", "nextcloud"]


LOCK = """version: 1
artifacts:
  - {name: b, version: "1", format: zip, sha256: null, size: null, licence: MIT}
  - name: app
    version: "1"
    format: zip
    sha256: null
    size: null
    licence: MIT
"""


@pytest.mark.parametrize(
    ("line", "change", "key"),
    [
        (7, "    sha256: abc", "spec.not-a-sha256"),
        (8, "    size: 0", "spec.not-above"),
        (6, "    format: rar", "spec.not-a-choice"),
        (9, "    licence: MIT\n    colour: red", "spec.unknown-field"),
        (4, "  - name: b", "spec.duplicate-artifact"),
    ],
)
def test_a_lock_that_isnt_valid_names_the_line(
    tmp_path: Path, line: int, change: str, key: str, language: str
) -> None:
    lines = LOCK.splitlines()
    lines[line - 1] = change
    path = tmp_path / lockfile.NAME
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(InvalidInputError) as caught:
        lockfile.load(tmp_path)
    [problem] = caught.value.problems
    assert (problem.key, problem.file) == (key, str(path))
    assert abs(problem.line - line) <= 2
    assert messages.text(problem.key, file="", line=0, subject="", **problem.context)


def test_where_the_cache_is() -> None:
    assert folder_from({"NUAGE_ARTIFACTS": "/srv/a"}) == Path("/srv/a")
    assert folder_from({"XDG_CACHE_HOME": "/c"}) == Path("/c/nuage-commun/artifacts")
    assert folder_from({}) == Path.home() / ".cache/nuage-commun/artifacts"


def test_a_file_thats_added_is_compared_with_its_pin(cache: Cache, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"other")
    with pytest.raises(RefusedError):
        cache.adopt(file, pin_of())
    assert not cache.holds(pin_of())
    assert file.read_bytes() == b"other"


def test_a_truncated_file_in_the_cache_doesnt_count(cache: Cache, tmp_path: Path) -> None:
    pin = adopted(cache, tmp_path)
    assert cache.holds(pin)
    with cache.path(str(pin.sha256)).open("r+b") as stream:
        stream.truncate(1000)
    assert not cache.holds(pin)


def test_a_damaged_index_says_how_to_go_on(cache: Cache, tmp_path: Path) -> None:
    adopted(cache, tmp_path)
    (cache.folder / "index.json").write_text("{")
    with pytest.raises(MachineError) as caught:
        cache.index()
    assert caught.value.problems[0].key == "artifacts.index-broken"


def test_what_services_need() -> None:
    tenants = [
        Asked(frozenset({"wordpress"}), who="Ange-Gardien"),
        Asked(frozenset({"wordpress", "nextcloud", "identity"}), frozenset({"calendar"}), who="Abercorn"),
        Asked(frozenset({"identity"}), who="srv1"),
    ]
    assert required(tenants) == {
        "calendar": ("Abercorn",),
        "keycloak": ("Abercorn", "srv1"),
        "nextcloud": ("Abercorn",),
        "openid-connect-generic": ("Abercorn",),
        "user_oidc": ("Abercorn",),
    }
    assert required(tenants[:1]) == {}


def test_what_is_missing_is_said_with_whom_it_concerns(cache: Cache, tmp_path: Path, language: str) -> None:
    pins = {
        "app": adopted(cache, tmp_path),
        "b": pin_of(b"b", name="b"),
        "c": pin_of(name="c", sha256=None, size=None),
    }
    needs = dict.fromkeys(("app", "b", "c", "d"), ("Abercorn",))
    problems = missing(needs, pins, cache)
    assert [problem.key.split(".")[1] for problem in problems] == [
        "missing",
        "missing-unpinned",
        "missing-unknown",
    ]
    for problem in problems:
        assert "Abercorn" in messages.text(problem.key, **problem.context)
        assert messages.text(f"{problem.key}.fix", **problem.context)
    with pytest.raises(MachineError) as caught:
        demand(needs, pins, cache)
    assert (caught.value.exit_code, len(caught.value.problems)) == (5, 3)
    demand({"app": ()}, pins, cache)


def test_own_builds_are_found_again_by_other_consortiums(cache: Cache, tmp_path: Path) -> None:
    pins = {"app": pin_of(b"upstream's"), "other": pin_of(b"o", name="other")}
    assert available(pins, cache) == {}
    right = adopted(cache, tmp_path, b"mine", provenance="consortium")
    adopted(cache, tmp_path, b"mine, newer", version="2.0", provenance="consortium")
    adopted(cache, tmp_path, b"nobody's", name="unheard-of", provenance="consortium")
    assert available(pins, cache) == {"app": right}
    again = adopted(cache, tmp_path, b"mine, once more", provenance="consortium")
    assert available(pins, cache) == {"app": again}
    assert available({"app": right}, cache) == {"app": right}
    official = adopted(cache, tmp_path, b"upstream's")
    assert available(pins, cache) == {"app": official}
