"""Whom municipalities' own directories have no more: only what they said themselves, and of nobody else."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.programs import loaded

SOURCES = Path(__file__).parents[3] / "roles/server_identity/files/usr/local/lib/nuage"
COMPONENT = {
    "id": "c1",
    "config": {
        "connectionUrl": ["ldaps://a.example"],
        "bindDn": ["cn=x"],
        "bindCredential": ["${vault.ldap-bind}"],
        "useTruststoreSpi": ["always"],
        "connectionTimeout": ["5000"],
        "authType": ["simple"],
    },
}


def person(number: str, *, enabled: bool = True, directory: str = "c1") -> dict[str, Any]:
    return {"id": number, "enabled": enabled, "federationLink": directory}


class Keycloak:
    """Answers as Keycloak does; ``trials`` says whether the directory answers each time that it is tried."""

    def __init__(self, module: ModuleType, people: list[dict[str, Any]], trials: list[bool]) -> None:
        self.people, self.trials, self.refused = people, trials, module.RefusedError

    def __call__(self, _secret: str) -> Keycloak:
        return self

    def ask(self, path: str, body: object = None) -> Any:
        if path.endswith("/testLDAPConnection"):
            assert isinstance(body, dict)
            assert body["bindCredential"] == "${vault.ldap-bind}"
            if not self.trials.pop(0):
                raise self.refused("400")
            return []
        if "/components" in path:
            return [COMPONENT]
        first = int(path.partition("first=")[2].partition("&")[0])
        return self.people[first : first + 200]


@pytest.fixture
def directories(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    module = loaded(SOURCES / "identity_directories.py")
    for name in ("VAULT", "FOUND"):
        folder = tmp_path / name
        folder.mkdir()
        monkeypatch.setattr(module, name, folder)
    (module.VAULT / "46005_ldap-bind").touch()
    (module.VAULT / "46010_broker").touch()
    return module


def told(module: ModuleType) -> dict[str, list[str]]:
    return {path.stem: json.loads(path.read_text())["out"] for path in module.FOUND.glob("*.json")}


def test_people_of_the_directory_alone_and_of_every_page(
    directories: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody = [person(f"in{number}") for number in range(400)]
    everybody += [person("b", enabled=False), person("a", enabled=False)]
    everybody += [person("local", enabled=False, directory="")]
    monkeypatch.setattr(directories, "Admin", Keycloak(directories, everybody, [True, True]))
    directories.main("secret")
    assert told(directories) == {"46005": ["a", "b"]}


@pytest.mark.parametrize("trials", [[False], [True, False]])
def test_a_directory_that_does_not_answer_or_stops_answering_changes_nothing(
    directories: ModuleType, monkeypatch: pytest.MonkeyPatch, trials: list[bool]
) -> None:
    directories.keep("46005", ["before"])
    monkeypatch.setattr(directories, "Admin", Keycloak(directories, [person("a", enabled=False)], trials))
    directories.main("secret")
    assert told(directories) == {"46005": ["before"]}


def test_a_realm_that_reads_no_directory_any_more_is_forgotten(
    directories: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    directories.keep("46050", ["a"])
    monkeypatch.setattr(directories, "Admin", Keycloak(directories, [], [True, True]))
    directories.main("secret")
    assert told(directories) == {"46005": []}


def test_applications_are_told_of_nobody_who_is_out(
    directories: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = loaded(SOURCES / "identity_people.py")
    monkeypatch.setattr(people, "DIRECTORIES", directories.FOUND)
    assert people.gone("46005") == set()
    directories.keep("46005", ["a"])
    assert people.gone("46005") == {"a"}
