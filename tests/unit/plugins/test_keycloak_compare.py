"""What a realm's reconciliation takes for different, and what it sends. Against real Keycloak: tests/infra."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.nuage_commun.platform.plugins.module_utils import keycloak_desired as desired
from ansible_collections.nuage_commun.platform.plugins.module_utils import keycloak_flows as flows
from ansible_collections.nuage_commun.platform.plugins.module_utils import keycloak_sources as sources
from ansible_collections.nuage_commun.platform.plugins.module_utils.keycloak import Admin, KeycloakError
from ansible_collections.nuage_commun.platform.plugins.module_utils.keycloak_compare import (
    MASK,
    differing,
    masked,
    merged,
)

SECRET = "s" * 32
CLIENT = {
    "id": "nextcloud",
    "name": "Nextcloud",
    "base_url": "https://nuage.ville.example/",
    "redirect_uris": ["https://nuage.ville.example/apps/user_oidc/code"],
    "post_logout_redirect_uris": ["https://nuage.ville.example/"],
    "backchannel_logout_url": "https://nuage.ville.example/out",
}


def realm(**fields: Any) -> dict[str, Any]:
    return {
        "realm": "46005",
        "display_name": "Abercorn",
        "language": "fr",
        "state": "active",
        "second_factor": "administrators",
        "invitation_days": 7,
        "events_days": 90,
        "sessions": {"access_seconds": 120, "idle_minutes": 120, "max_hours": 10},
        "smtp": {
            "host": "192.0.2.25",
            "port": 25,
            "tls": "starttls",
            "sender": "a@ville.example",
            "sender_name": "Abercorn",
        },
        "clients": [CLIENT],
        "ldap": {},
        "broker": {},
        **fields,
    }


@pytest.mark.parametrize(
    ("tls", "ssl", "starttls"),
    [("none", "false", "false"), ("starttls", "false", "true"), ("tls", "true", "false")],
)
def test_mail_is_encrypted_as_asked(tls: str, ssl: str, starttls: str) -> None:
    sent = desired.smtp(realm()["smtp"] | {"tls": tls})
    assert (sent["ssl"], sent["starttls"]) == (ssl, starttls)


def test_what_keycloak_adds_and_orders_its_own_way_is_no_difference() -> None:
    wanted = desired.client(CLIENT, SECRET)
    mapper = {**wanted["protocolMappers"][0], "id": "4f"}
    found = {
        **wanted,
        "id": "7e",
        "defaultClientScopes": list(reversed(wanted["defaultClientScopes"])),
        "attributes": {**wanted["attributes"], "realm_client": "false"},
        "protocolMappers": [mapper],
    }
    assert differing(wanted, found) == {}


def test_each_field_is_told_by_name_and_a_secret_never_shown() -> None:
    wanted = desired.client(CLIENT, SECRET)
    found = {
        **wanted,
        "secret": "other",
        "redirectUris": ["https://elsewhere.example/*"],
        "attributes": {**wanted["attributes"], "pkce.code.challenge.method": ""},
    }
    differences = differing(wanted, found)
    assert set(differences) == {"secret", "redirectUris", "attributes.pkce.code.challenge.method"}
    assert SECRET not in str(differences)
    assert "other" not in str(differences["secret"]).replace("another", "")


def test_maps_that_others_add_to_are_sent_back_whole() -> None:
    body = merged({"attributes": {"a": "1"}}, {"attributes": {"a": "0", "b": "2"}, "name": "x"})
    assert body == {"attributes": {"a": "1", "b": "2"}, "name": "x"}


@pytest.mark.parametrize(
    "body", [{"secret": MASK}, {"config": {"bindCredential": [MASK]}}, [{"a": {"b": MASK}}]]
)
def test_a_masked_secret_is_found_wherever_it_is_and_never_sent(body: Any) -> None:
    assert masked(body)
    with pytest.raises(KeycloakError, match="masked"):
        Admin(base="http://127.0.0.1:1").put("/46005", body)


def test_a_whole_realm_holds_no_mask_and_only_exact_addresses() -> None:
    whole = desired.whole(realm(), {"nextcloud": SECRET})
    assert not masked(whole)
    for client in whole["clients"]:
        for address in client.get("redirectUris", []):
            assert "*" not in address
        assert not client["directAccessGrantsEnabled"]


def test_nobody_but_administrators_has_privileges_and_these_change_no_way_of_signing_in() -> None:
    assert [group for group in desired.GROUPS if desired.privileges(group)] == ["administrateurs"]
    assert not {
        "manage-realm",
        "manage-clients",
        "manage-identity-providers",
        "realm-admin",
        "impersonation",
    } & set(desired.PRIVILEGES)


def steps(everyone: bool) -> list[tuple[int, str, str, dict[str, str]]]:
    return flows.flattened(flows.flows(everyone)[flows.SIGN_IN])


def test_the_second_factor_is_asked_of_whoever_manages_people_or_of_all() -> None:
    roles = [
        settings for _level, step, _requirement, settings in steps(False) if step == "conditional-user-role"
    ]
    assert roles == [{"condUserRole": "realm-management.manage-users"}]
    assert not [
        step for _level, step, _requirement, _settings in steps(True) if step == "conditional-user-role"
    ]


def test_names_of_subflows_are_unique_in_a_realm() -> None:
    listed, configs = flows.representations(flows.flows(False))
    assert len({flow["alias"] for flow in listed}) == len(listed)
    assert len({config["alias"] for config in configs}) == len(configs)


def test_a_suspended_realm_signs_nobody_in_and_a_leaving_one_does() -> None:
    states = {
        state: desired.settings(realm(state=state))["enabled"] for state in ("active", "leaving", "suspended")
    }
    assert states == {"active": True, "leaving": True, "suspended": False}


def test_secrets_of_sources_are_references() -> None:
    asked = {
        "url": "ldaps://annuaire.ville.example",
        "vendor": "active-directory",
        "bind_dn": "cn=lecteur",
        "users_dn": "ou=personnes",
        "groups_dn": "",
        "filter": "",
        "username_attribute": "",
    }
    config = sources.directory(asked)["config"]
    assert config["bindCredential"] == ["${vault.ldap-bind}"]
    assert config["usernameLDAPAttribute"] == ["sAMAccountName"]
    # Who isn't found any more is out soon, and never deleted for it.
    assert config["maxLifespan"] == ["300000"]
    assert config["removeInvalidUsersEnabled"] == ["false"]


def test_the_firewall_opens_one_port_of_the_addresses_behind_a_name() -> None:
    text = sources.rules("46005", ["ldaps://127.0.0.1", "", None, "https://[::1]:8443/realms/x"])
    assert "ip daddr 127.0.0.1 tcp dport 636" in text
    assert "ip6 daddr ::1 tcp dport 8443" in text
    assert len([line for line in text.splitlines() if "accept" in line]) == 2
    assert sources.rules("46005", [""]) == ""
