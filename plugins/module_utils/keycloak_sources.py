# SPDX-License-Identifier: AGPL-3.0-or-later
"""Accounts that a municipality arrives with: an LDAP or Active Directory, or an OIDC provider.

Their secrets are files of the server that Keycloak reads (its vault); what is in the realm is a reference, which
Keycloak shows and never masks.
"""

from __future__ import annotations

import socket
import urllib.parse

from ansible_collections.nuage_commun.platform.plugins.module_utils import keycloak_flows as flows
from ansible_collections.nuage_commun.platform.plugins.module_utils.keycloak import KeycloakError
from ansible_collections.nuage_commun.platform.plugins.module_utils.keycloak_compare import (
    Change,
    differing,
    merged,
)

LDAP = "annuaire"
FEDERATION = "org.keycloak.storage.UserStorageProvider"
LDAP_MAPPER = "org.keycloak.storage.ldap.mappers.LDAPStorageMapper"
LDAP_SECRET, BROKER_SECRET = "ldap-bind", "broker"
VENDORS = {
    "active-directory": ("sAMAccountName", "cn", "objectGUID", "person, organizationalPerson, user"),
    "other": ("uid", "uid", "entryUUID", "inetOrgPerson, organizationalPerson"),
}
REMEMBERED_S = 300
"""What a directory said of somebody. Keycloak's own default is for as long as there is room."""
DESCRIBED = "nuage.issuer"
"""Whose description the provider's addresses were read from: they are read again when it's another one's."""
CALLS = ("authorizationUrl", "issuer", "jwksUrl", "logoutUrl", "tokenUrl", "userInfoUrl")
REACHED = ("jwksUrl", "tokenUrl")
"""By Keycloak itself; browsers go to the others."""


PORTS = {"ldaps": 636, "https": 443}
"""No others: passwords, secrets and tokens travel there."""
NEEDED = (
    "add table inet nuage\n"
    "add counter inet nuage identity_allowed\n"
    "add chain inet nuage identity_municipalities\n"
)
"""So that the file can be checked by itself; what is there stays as it is."""


def rules(realm, urls):
    """What the firewall lets Keycloak reach for this municipality; it knows no names, so they are looked up now.

    Raises:
        OSError: a name isn't known.
        KeycloakError: an address isn't encrypted.
    """
    lines = set()
    for url in filter(None, urls):
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in PORTS:
            raise KeycloakError(f"{url}: neither ldaps:// nor https://")
        port = parts.port or PORTS[parts.scheme]
        for found in socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM):
            address = found[4][0]
            family = "ip6" if ":" in address else "ip"
            lines.add(
                f"add rule inet nuage identity_municipalities {family} daddr {address} tcp dport {port}"
                f' counter name identity_allowed accept comment "{realm}"\n'
            )
    return NEEDED + "".join(sorted(lines)) if lines else ""


def reference(name):
    """A secret of Keycloak's vault; the realm's name is added by Keycloak, so a realm reaches its own alone."""
    return f"${{vault.{name}}}"


def directory(asked):
    """The component of an LDAP. People are read from it, and never written to it."""
    username, rdn, number, classes = VENDORS[asked["vendor"]]
    config = {
        "enabled": "true",
        "vendor": "ad" if asked["vendor"] == "active-directory" else "other",
        "connectionUrl": asked["url"],
        "startTls": "false",
        "useTruststoreSpi": "always",
        "bindDn": asked["bind_dn"],
        "bindCredential": reference(LDAP_SECRET),
        "authType": "simple",
        "usersDn": asked["users_dn"],
        "customUserSearchFilter": asked["filter"],
        "usernameLDAPAttribute": asked["username_attribute"] or username,
        "rdnLDAPAttribute": rdn,
        "uuidLDAPAttribute": number,
        "userObjectClasses": classes,
        "searchScope": "2",
        "editMode": "READ_ONLY",
        "importEnabled": "true",
        "syncRegistrations": "false",
        "trustEmail": "true",
        "pagination": "true",
        "connectionTimeout": "5000",
        "readTimeout": "10000",
        "changedSyncPeriod": "900",
        "fullSyncPeriod": "86400",
        "cachePolicy": "MAX_LIFESPAN",
        "maxLifespan": str(REMEMBERED_S * 1000),
        # Whoever isn't found is kept out, and stays: a branch written wrongly would else cost everybody their number.
        "removeInvalidUsersEnabled": "false",
        "allowKerberosAuthentication": "false",
    }
    return {
        "name": LDAP,
        "providerId": "ldap",
        "providerType": FEDERATION,
        # An empty list is how Keycloak keeps a value that isn't there.
        "config": {key: [value] if value else [] for key, value in config.items()},
    }


def groups_of(asked):
    """The mapper that puts people in our groups by the directory's groups of the same names."""
    config = {
        "groups.dn": asked["groups_dn"],
        "group.name.ldap.attribute": "cn",
        "group.object.classes": "group" if asked["vendor"] == "active-directory" else "groupOfNames",
        "membership.ldap.attribute": "member",
        "membership.attribute.type": "DN",
        "membership.user.ldap.attribute": "uid",
        "mode": "READ_ONLY",
        "user.roles.retrieve.strategy": "LOAD_GROUPS_BY_MEMBER_ATTRIBUTE",
        "preserve.group.inheritance": "false",
        "drop.non.existing.groups.during.sync": "false",
        "ignore.missing.groups": "true",
        "groups.path": "/",
    }
    return {
        "name": "groupes",
        "providerId": "group-ldap-mapper",
        "providerType": LDAP_MAPPER,
        "config": {key: [value] for key, value in config.items()},
    }


def federation(admin, realm, found, asked):
    """Changes of the directory. It is taken away with the people that came from it, when no longer asked for."""
    listed = admin.get(f"/{realm}/components", parent=found["id"], type=FEDERATION)
    now = next((one for one in listed if one["name"] == LDAP), None)
    if not asked:
        if not now:
            return []
        return [
            Change("directory", now["name"], None, lambda: admin.delete(f"/{realm}/components/{now['id']}"))
        ]
    wanted = {**directory(asked), "parentId": found["id"]}
    if not now:
        return [Change("directory", None, asked["url"], lambda: _make(admin, realm, wanted, asked))]
    changes = _component(admin, realm, "directory", wanted, now)
    return changes + _mappers(admin, realm, now["id"], asked)


def _make(admin, realm, wanted, asked):
    number = admin.post(f"/{realm}/components", wanted)
    for change in _mappers(admin, realm, number, asked):
        change.apply()


def _mappers(admin, realm, parent, asked):
    listed = admin.get(f"/{realm}/components", parent=parent, type=LDAP_MAPPER)
    return [*_given_name(admin, realm, listed), *_groups_mapper(admin, realm, listed, parent, asked)]


def _given_name(admin, realm, listed):
    """Keycloak makes a mapper that takes the whole name for the given one, but for Active Directory."""
    now = next((one for one in listed if one["name"] == "first name"), None)
    if not now:
        return []
    return _component(admin, realm, "directory names", {"config": {"ldap.attribute": ["givenName"]}}, now)


def _groups_mapper(admin, realm, listed, parent, asked):
    now = next((one for one in listed if one["providerId"] == "group-ldap-mapper"), None)
    if not asked["groups_dn"]:
        if not now:
            return []
        path = f"/{realm}/components/{now['id']}"
        return [Change("directory groups", now["name"], None, lambda: admin.delete(path))]
    wanted = {**groups_of(asked), "parentId": parent}
    if now:
        return _component(admin, realm, "directory groups", wanted, now)
    return [
        Change(
            "directory groups", None, asked["groups_dn"], lambda: admin.post(f"/{realm}/components", wanted)
        )
    ]


def _component(admin, realm, label, wanted, now):
    # What Keycloak doesn't keep, an empty value, isn't shown either.
    kept = {**wanted, "config": {key: value for key, value in wanted["config"].items() if value}}
    gone = [
        key
        for key, value in wanted["config"].items()
        if not value and (now["config"].get(key) or [""]) != [""]
    ]
    differences = differing(kept, now) | {f"config.{key}": (now["config"][key], None) for key in gone}
    body = merged(wanted, now)
    body["config"] = {key: value for key, value in body["config"].items() if value}
    path = f"/{realm}/components/{now['id']}"
    sent = []
    return [
        Change(f"{label} {field}", *values, lambda: sent or sent.append(admin.put(path, body)))
        for field, values in sorted(differences.items())
    ]


def provider(asked, addresses):
    """The OIDC provider. An address of electronic mail that it vouches for links nobody: the mail itself must."""
    config = {
        **{key: addresses[key] for key in CALLS if addresses.get(key)},
        # What it tells of a person is in its token as well; some serve the rest from a host that nobody declared.
        "disableUserInfo": "false" if addresses.get("userInfoUrl") else "true",
        DESCRIBED: asked["issuer"],
        "clientId": asked["client_id"],
        "clientSecret": reference(BROKER_SECRET),
        "clientAuthMethod": "client_secret_post",
        "defaultScope": "openid profile email",
        "validateSignature": "true",
        "useJwksUrl": "true",
        "pkceEnabled": "true",
        "pkceMethod": "S256",
        "syncMode": "FORCE",
    }
    return {
        "alias": flows.BROKER,
        "displayName": asked["name"],
        "providerId": "oidc",
        "enabled": True,
        "trustEmail": False,
        "storeToken": False,
        "linkOnly": False,
        "firstBrokerLoginFlowAlias": flows.FIRST_BROKER,
        "postBrokerLoginFlowAlias": flows.SECOND_FACTOR,
        "config": config,
    }


def broker(admin, realm, asked):
    """Changes of the provider of accounts; its addresses are read by Keycloak where they aren't known yet."""
    path = f"/{realm}/identity-provider/instances"
    now = admin.get(f"{path}/{flows.BROKER}")
    if not asked:
        if not now:
            return []
        return [Change("provider", flows.BROKER, None, lambda: admin.delete(f"{path}/{flows.BROKER}"))]
    known = (now or {}).get("config", {})
    if not now or known.get(DESCRIBED) != asked["issuer"]:
        return [
            Change(
                "provider", known.get(DESCRIBED), asked["issuer"], lambda: _discover(admin, realm, asked, now)
            )
        ]
    wanted = provider(asked, known)
    body, sent = merged(wanted, now), []
    return [
        Change(
            f"provider {field}",
            *values,
            lambda: sent or sent.append(admin.put(f"{path}/{flows.BROKER}", body)),
        )
        for field, values in sorted(differing(wanted, now).items())
    ]


def _discover(admin, realm, asked, now):
    path = f"/{realm}/identity-provider"
    described = f"{asked['issuer'].rstrip('/')}/.well-known/openid-configuration"
    addresses = admin.post(f"{path}/import-config", {"fromUrl": described, "providerId": "oidc"})
    if addresses.get("issuer") != asked["issuer"]:
        # Else its tokens would be refused one by one, or another's taken.
        raise KeycloakError(f"{described} is of {addresses.get('issuer')}, not of {asked['issuer']}")
    plain = [key for key in CALLS if not addresses.get(key, "https:").startswith("https:")]
    if plain:
        raise KeycloakError(f"{described} names addresses that aren't encrypted: {', '.join(plain)}")
    elsewhere = [key for key in REACHED if addresses.get(key) and _door(addresses[key]) != _door(described)]
    if elsewhere:
        # Declared by nobody, and nobody could sign in.
        raise KeycloakError(f"{described} names hosts that the firewall doesn't open: {', '.join(elsewhere)}")
    if _door(addresses.get("userInfoUrl", described)) != _door(described):
        addresses = {key: value for key, value in addresses.items() if key != "userInfoUrl"}
    wanted = provider(asked, addresses)
    if now:
        admin.put(f"{path}/instances/{flows.BROKER}", merged(wanted, now))
    else:
        admin.post(f"{path}/instances", wanted)


def _door(url):
    parts = urllib.parse.urlsplit(url)
    return parts.hostname, parts.port or PORTS["https"]
