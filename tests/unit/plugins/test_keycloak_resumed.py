"""What becomes of a realm's surroundings when a run stops, a wish goes, or a build leads astray."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.nuage_commun.platform.plugins.module_utils import keycloak_people as people
from ansible_collections.nuage_commun.platform.plugins.module_utils import keycloak_server as server
from ansible_collections.nuage_commun.platform.plugins.module_utils import keycloak_sources as sources
from ansible_collections.nuage_commun.platform.plugins.module_utils.keycloak import KeycloakError
from ansible_collections.nuage_commun.platform.plugins.modules import keycloak_realm

PERSON = {
    "username": "louise",
    "email": "louise@ville.example",
    "first_name": "Louise",
    "last_name": "Roy",
    "language": "",
    "groups": ["employes"],
    "regroup": False,
}


class Fake:
    """A realm with nobody in it, whose mail doesn't go out."""

    def __init__(self, components: list[dict[str, Any]] | None = None) -> None:
        self.components = components or []
        self.deleted: list[str] = []

    def get(self, path: str, **query: Any) -> Any:
        return self.components if path.endswith("/components") else []

    def post(self, path: str, body: Any = None, **query: Any) -> str:
        return "number"

    def put(self, path: str, body: Any = None, **query: Any) -> None:
        if path.endswith("execute-actions-email"):
            raise KeycloakError(f"PUT {path}: 500 Failed to send execute actions email", 500)

    def delete(self, path: str, body: Any = None) -> None:
        self.deleted.append(path)


def test_groups_of_a_directory_go_when_nobody_asks_for_them() -> None:
    admin = Fake([{"id": "7", "name": "groupes", "providerId": "group-ldap-mapper"}])
    (change,) = sources._mappers(admin, "46005", "1", {"groups_dn": ""})
    change.apply()
    assert admin.deleted == ["/46005/components/7"]
    assert sources._mappers(Fake(), "46005", "1", {"groups_dn": ""}) == []


class Provider(Fake):
    """What a provider says of itself."""

    def __init__(self, **said: str) -> None:
        super().__init__()
        self.said, self.made = said, []

    def post(self, path: str, body: Any = None, **query: Any) -> Any:
        if path.endswith("import-config"):
            return {
                "authorizationUrl": "https://id.example/a",
                "tokenUrl": "https://id.example/t",
            } | self.said
        self.sent = body
        return self.made.append(path)


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({"issuer": "https://other.example"}, "not of https://id.example"),
        ({"issuer": "https://id.example/"}, "not of https://id.example"),
        ({}, "is of None"),
        ({"issuer": "https://id.example", "jwksUrl": "http://id.example/k"}, "encrypted: jwksUrl"),
        ({"issuer": "https://id.example", "tokenUrl": "https://api.example/t"}, "firewall .* tokenUrl"),
        ({"issuer": "https://id.example", "jwksUrl": "https://id.example:444/k"}, "firewall .* jwksUrl"),
    ],
)
def test_a_provider_that_says_otherwise_is_refused(said: dict[str, str], complaint: str) -> None:
    asked = {"issuer": "https://id.example", "name": "Ville", "client_id": "nuage"}
    admin = Provider(**said)
    with pytest.raises(KeycloakError, match=complaint):
        sources._discover(admin, "46005", asked, None)
    assert admin.made == []
    right = Provider(issuer="https://id.example", jwksUrl="https://ID.example:443/k")
    sources._discover(right, "46005", asked, None)
    assert right.made == ["/46005/identity-provider/instances"]


@pytest.mark.parametrize(("host", "unused"), [("id.example", "false"), ("people.example", "true")])
def test_a_provider_that_tells_of_people_elsewhere_is_believed_by_its_token(host: str, unused: str) -> None:
    admin = Provider(issuer="https://id.example", userInfoUrl=f"https://{host}/u")
    sources._discover(admin, "46005", {"issuer": "https://id.example", "name": "V", "client_id": "n"}, None)
    assert admin.sent["config"]["disableUserInfo"] == unused
    assert ("userInfoUrl" in admin.sent["config"]) is (unused == "false")


def test_nothing_goes_in_clear() -> None:
    for url in ("ldap://127.0.0.1", "http://127.0.0.1"):
        with pytest.raises(KeycloakError):
            sources.rules("46005", [url])


def test_the_firewall_is_loaded_though_the_run_ends_before_it() -> None:
    wanted = {"realm": "46005", "ldap": {"url": "ldaps://127.0.0.1"}, "broker": {}}
    (rules,) = [one for one in keycloak_realm.own_files(wanted) if one["path"].endswith(".nft")]
    assert rules["pending"] == ["nftables:identity.nft"]


@pytest.mark.parametrize("deployed", [True, False])
def test_check_mode_says_that_a_deployed_server_is_down(
    deployed: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said: dict[str, Any] = {}

    class Module:
        check_mode = True

        def __init__(self, **_arguments: Any) -> None:
            self.params: dict[str, Any] = {}

        def exit_json(self, **result: Any) -> None:
            said.update(result)
            raise SystemExit

        def fail_json(self, **result: Any) -> None:
            said.update(result, failed=True)
            raise SystemExit

    def down(*_arguments: Any) -> Any:
        raise KeycloakError("Keycloak doesn't answer")

    secret = tmp_path / "admin-secret"
    if deployed:
        secret.touch()
    monkeypatch.setattr(keycloak_realm, "SECRET", secret)
    monkeypatch.setattr(keycloak_realm, "AnsibleModule", Module)
    monkeypatch.setattr(keycloak_realm, "wanted_of", lambda _parameters: ({}, {}))
    monkeypatch.setattr(keycloak_realm, "write", down)
    with pytest.raises(SystemExit):
        keycloak_realm.main()
    assert said.get("failed", False) is deployed


def test_who_could_not_be_invited_is_in_all_the_same() -> None:
    realm = people.Realm(Fake(), "46005")
    options = {"mail": True, "again": False, "everyone": False}
    (outcome,) = people.bring_in(realm, [PERSON], options, check_mode=False)
    assert (outcome["outcome"], outcome["invited"]) == ("created", False)
    assert outcome["why"].startswith("500 ")


def test_a_link_in_what_was_built_opens_no_file_of_roots(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secret, tree = tmp_path / "secret", tmp_path / "trees" / "one"
    secret.touch(mode=0o600)
    (tmp_path / "archive").mkdir()

    def build(beside: Path, _options: Any) -> None:
        (beside / "lib/quarkus").mkdir(parents=True)
        (beside / "lib/quarkus/built.dat").touch(mode=0o600)
        (beside / "lib/quarkus/astray").symlink_to(secret)

    monkeypatch.setattr(server, "run", lambda *_arguments, **_options: "")
    monkeypatch.setattr(server, "_build", build)
    parameters = {"archive": str(tmp_path / "archive"), "tree": str(tree), "state_path": "/x", "build": []}
    server.ensure_tree(parameters, check_mode=False)
    assert secret.stat().st_mode & 0o777 == 0o600
    assert (tree / "lib/quarkus/built.dat").stat().st_mode & 0o777 == 0o644
