#!/usr/bin/python
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ansible module; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: keycloak_realm
short_description: A municipality's realm, declared as a whole and reconciled
description:
  - Makes an absent realm in one request. Of one that is there, compares what the deployment owns, says by name what
    differs, and corrects that alone.
  - What people made in the realm stays - people, their groups and factors, other groups and clients. Clients that the
    deployment didn't make are named in C(extra_clients).
  - Speaks to Keycloak over loopback with the service account's secret of the server. Secrets of directories and
    providers of accounts go to files that Keycloak reads, and a masked secret is never written.
options:
  realm: {description: Name of the realm - the municipality's geographic code., type: str, required: true}
  display_name: {description: Name that people read., type: str, required: true}
  language:
    description: Language where a browser asks for none that is known.
    type: str
    choices: [fr, en]
    default: fr
  state:
    description: Whether people sign in - not in a C(suspended) realm.
    type: str
    choices: [active, suspended, leaving]
    default: active
  second_factor:
    description: Who must have a second factor. Whoever has one must show it anyway.
    type: str
    choices: [administrators, everyone]
    default: administrators
  access_seconds: {description: Life of an access token., type: int, default: 120}
  idle_minutes: {description: After which an unused session ends., type: int, default: 120}
  max_hours: {description: After which any session ends., type: int, default: 10}
  invitation_days: {description: Life of an invitation., type: int, default: 7}
  events_days: {description: How long sign-ins and administration are remembered., type: int, default: 90}
  smtp:
    description: The consortium's mail relay.
    type: dict
    default: {}
    options:
      host: {description: Address or name; empty for no mail., type: str, default: ""}
      port: {description: Port., type: int, default: 25}
      tls: {description: How mail is encrypted., type: str, choices: [none, starttls, tls], default: starttls}
      sender: {description: Address that mail comes from., type: str, default: ""}
      sender_name: {description: Name beside it., type: str, default: ""}
  clients:
    description: Applications that people sign in to.
    type: list
    elements: dict
    default: []
    options:
      id: {description: Name of the client., type: str, required: true}
      name: {description: Name that people read., type: str, required: true}
      secret: {description: Its secret., type: str, required: true}
      base_url: {description: Address of the application., type: str, required: true}
      redirect_uris: {description: Exact addresses of return., type: list, elements: str, required: true}
      post_logout_redirect_uris:
        description: Exact addresses after signing out.
        type: list
        elements: str
        default: []
      backchannel_logout_url: {description: Told when somebody signs out., type: str, default: ""}
  ldap:
    description: Directory that people are read from; empty for none.
    type: dict
    default: {}
    options:
      url: {description: Encrypted, such as C(ldaps://annuaire.ville.example)., type: str, default: ""}
      vendor: {description: Kind of directory., type: str, choices: [active-directory, other], default: other}
      bind_dn: {description: Account that reads., type: str, default: ""}
      bind_password: {description: Its password., type: str, default: ""}
      users_dn: {description: Where people are., type: str, default: ""}
      groups_dn: {description: Where groups of our groups' names are; empty for none., type: str, default: ""}
      filter: {description: Further condition on people., type: str, default: ""}
      username_attribute: {description: Attribute that people sign in with., type: str, default: ""}
  broker:
    description: OIDC provider of accounts; empty for none.
    type: dict
    default: {}
    options:
      name: {description: Name that people read., type: str, default: ""}
      issuer: {description: Its https address as it gives it itself., type: str, default: ""}
      client_id: {description: Our name at the provider., type: str, default: ""}
      client_secret: {description: Our secret at the provider., type: str, default: ""}
extends_documentation_fragment: [nuage_commun.platform.files]
author: [nuage-commun]
"""
EXAMPLES = r"""
- name: Reconcile the realm
  nuage_commun.platform.keycloak_realm:
    realm: "46005"
    display_name: Abercorn
    clients:
      - id: nextcloud
        name: Nuage d'Abercorn
        secret: "{{ tenant_identity_nextcloud_secret }}"
        base_url: https://nuage.abercorn.example
        redirect_uris: [https://nuage.abercorn.example/apps/user_oidc/code]
"""
RETURN = r"""
changes: {description: Names of what was changed., type: list, returned: always}
created: {description: Whether the realm is new., type: bool, returned: always}
version: {description: Version of Keycloak., type: str, returned: always}
extra_clients: {description: Clients that the deployment didn't make., type: list, returned: always}
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nuage_commun.platform.plugins.module_utils import (
    activation,
    files,
    keycloak_reconcile,
)
from ansible_collections.nuage_commun.platform.plugins.module_utils.keycloak import (
    SECRET,
    Admin,
    KeycloakError,
)
from ansible_collections.nuage_commun.platform.plugins.module_utils.keycloak_arguments import ARGUMENTS
from ansible_collections.nuage_commun.platform.plugins.module_utils.keycloak_compare import difference
from ansible_collections.nuage_commun.platform.plugins.module_utils.keycloak_sources import (
    BROKER_SECRET,
    LDAP_SECRET,
    rules,
)
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError

FIREWALL = "identity.nft"
VERSION = "/etc/nuage/keycloak/version"
VAULT = "/etc/nuage/keycloak/vault"
READABLE = {"group": "keycloak", "mode": "0640"}
LOADED = {"pending": [f"nftables:{FIREWALL}"]}
"""For a run that ends between the file and its rules."""
SESSIONS = ("access_seconds", "idle_minutes", "max_hours")


def wanted_of(parameters):
    """The realm without secrets, and the clients' secrets."""
    wanted = {key: value for key, value in parameters.items() if key not in (*SESSIONS, "clients", "files")}
    wanted["sessions"] = {key: parameters[key] for key in SESSIONS}
    wanted["clients"] = [
        {key: value for key, value in client.items() if key != "secret"} for client in parameters["clients"]
    ]
    # A source without an address is none: options of a dictionary have defaults.
    wanted["ldap"] = wanted["ldap"] if (wanted["ldap"] or {}).get("url") else {}
    wanted["broker"] = wanted["broker"] if (wanted["broker"] or {}).get("issuer") else {}
    return wanted, {client["id"]: client["secret"] for client in parameters["clients"]}


def own_files(wanted):
    """Secrets that Keycloak reads itself, and what the firewall lets it reach. Of nothing, no file."""
    realm = wanted["realm"]
    secrets = {
        LDAP_SECRET: wanted["ldap"].pop("bind_password", ""),
        BROKER_SECRET: wanted["broker"].pop("client_secret", ""),
    }
    reached = rules(realm, [wanted["ldap"].get("url"), wanted["broker"].get("issuer")])
    common = {
        "content": "",
        "secret_content": "",
        "group": "root",
        "mode": "0644",
        "pending": [],
        "validate": "",
    }
    return [
        *(
            {**common, "path": f"{VAULT}/{realm}_{name}", "secret_content": secret} | READABLE
            for name, secret in secrets.items()
        ),
        {**common, "path": str(activation.REALMS / f"{realm}-identity.nft"), "content": reached} | LOADED,
    ]


def write(parameters, wanted, check_mode):
    """All files; the firewall's are in force at once, because Keycloak reaches out below."""
    diffs = files.ensure(parameters["files"] + own_files(wanted), [], check_mode)
    if not check_mode and any(one["before_header"].endswith(".nft") for one in diffs):
        refused = activation.reach(FIREWALL).get(f"{wanted['realm']}-identity.nft")
        if refused:
            raise ProgramError(refused)
    return diffs


def version():
    """Of the server that is at work."""
    try:
        return Path(VERSION).read_text().strip()
    except OSError:
        return ""


def main():
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True, no_log=True)
    wanted, secrets = wanted_of(module.params)
    try:
        diffs = write(module.params, wanted, module.check_mode)
        changes, extra = keycloak_reconcile.ensure(Admin(), wanted, secrets, module.check_mode)
    except KeycloakError as error:
        if module.check_mode and not error.status and not SECRET.exists():
            # The server itself is yet to come.
            module.exit_json(changed=True, changes=["realm"], created=True, extra_clients=[], diff=[])
        module.fail_json(msg=str(error), nuage_key="apply.realm-failed")
    except (ProgramError, OSError, KeyError, TypeError, ValueError) as error:
        module.fail_json(msg=f"{type(error).__name__}: {error}", nuage_key="apply.realm-failed")
    diffs += [difference(change) for change in changes]
    names = [one["before_header"] for one in diffs]
    created = any(change.name == "realm" for change in changes)
    result = {"changes": names, "created": created, "extra_clients": extra, "version": version()}
    module.exit_json(changed=bool(names), diff=diffs, **result)


if __name__ == "__main__":
    main()
