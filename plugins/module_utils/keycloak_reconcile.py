# SPDX-License-Identifier: AGPL-3.0-or-later
"""A realm as it is against the realm as it is to be. What people made in it is left alone.

Each function asks for one part and returns its changes; nothing is sent before `apply` of a change is called.
"""

from __future__ import annotations

from ansible_collections.nuage_commun.platform.plugins.module_utils import keycloak_desired as desired
from ansible_collections.nuage_commun.platform.plugins.module_utils import keycloak_flows as flows
from ansible_collections.nuage_commun.platform.plugins.module_utils import keycloak_profile as people
from ansible_collections.nuage_commun.platform.plugins.module_utils import keycloak_sources as sources
from ansible_collections.nuage_commun.platform.plugins.module_utils.keycloak import quoted
from ansible_collections.nuage_commun.platform.plugins.module_utils.keycloak_compare import (
    Change,
    differing,
    merged,
)

BUILT_IN = frozenset(
    {"account", "account-console", "admin-cli", "broker", "realm-management", "security-admin-console"}
)


def several(label, differences, send):
    """One request for all of an object's fields, told apart by name."""
    sent = []

    def once():
        if not sent:
            sent.append(send())

    return [Change(f"{label} {field}", *values, once) for field, values in sorted(differences.items())]


def realm_settings(admin, realm, asked, found):
    """The realm's own fields. Flows are bound only once they are there, so this comes after them."""
    body = merged(asked, {"attributes": found.get("attributes")})
    return several("realm", differing(asked, found), lambda: admin.put(f"/{realm}", body))


def required_actions(admin, realm):
    changes = []
    for found in admin.get(f"/{realm}/authentication/required-actions"):
        alias = found["alias"]
        asked = {"enabled": people.ACTIONS.get(alias, found["enabled"]), "defaultAction": False}
        path, body = f"/{realm}/authentication/required-actions/{quoted(alias)}", {**found, **asked}
        changes += several(
            f"action {alias}", differing(asked, found), lambda path=path, body=body: admin.put(path, body)
        )
    return changes


def profile(admin, realm):
    asked, found = people.profile(), admin.get(f"/{realm}/users/profile")
    path = f"/{realm}/users/profile"
    # Fields and groups that somebody added stay; ours are as they are to be.
    names = {field["name"] for field in asked["attributes"]}
    before = [field for field in found["attributes"] if field["name"] in names]
    others = [field for field in found["attributes"] if field["name"] not in names]
    if before == asked["attributes"]:
        return []
    body = {**found, "attributes": asked["attributes"] + others}
    return [Change("profile attributes", before, asked["attributes"], lambda: admin.put(path, body))]


def authentication(admin, realm, trees):
    changes = []
    for name, steps in trees.items():
        after = flows.flattened(steps)
        executions = admin.get(f"/{realm}/authentication/flows/{quoted(name)}/executions")
        before = None if executions is None else flows.observed(admin, realm, executions)
        if before != after:
            changes.append(
                Change(
                    f"flow {name}",
                    before,
                    after,
                    lambda name=name, steps=steps: flows.rebuild(admin, realm, name, steps),
                )
            )
    return changes


def clients(admin, realm, wanted, secrets):
    """Ours as they are to be; the names of those that somebody else made."""
    found = {client["clientId"]: client for client in admin.get(f"/{realm}/clients", max=1000)}
    changes = program_client(admin, realm, found["admin-cli"])
    for asked in wanted["clients"]:
        name = asked["id"]
        client = desired.client(asked, secrets[name])
        if name not in found:
            made = [
                Change(
                    f"client {name}", None, name, lambda body=client: admin.post(f"/{realm}/clients", body)
                )
            ]
        else:
            made = several(
                f"client {name}",
                differing(client, found[name]),
                lambda before=found[name], body=client: put_client(admin, realm, before, body),
            )
        changes += made
    names = {asked["id"] for asked in wanted["clients"]}
    extra = sorted(found.keys() - names - BUILT_IN)
    for name in [name for name in extra if desired.OURS in found[name].get("attributes", {})]:
        path = f"/{realm}/clients/{found[name]['id']}"
        changes.append(Change(f"client {name}", name, None, lambda path=path: admin.delete(path)))
        extra.remove(name)
    return changes, extra


def program_client(admin, realm, found):
    asked = {key: desired.BY_PROGRAM[key] for key in ("enabled", "directAccessGrantsEnabled")}
    path, body = f"/{realm}/clients/{found['id']}", {**found, **asked}
    return several("client admin-cli", differing(asked, found), lambda: admin.put(path, body))


def put_client(admin, realm, before, asked):
    """A PUT leaves scopes alone, which have addresses of their own."""
    path = f"/{realm}/clients/{before['id']}"
    body = merged(asked, before)
    admin.put(path, body)
    scopes = None
    for kind, field in (("default", "defaultClientScopes"), ("optional", "optionalClientScopes")):
        now, then = set(before.get(field, [])), set(asked[field])
        if now != then and scopes is None:
            scopes = {scope["name"]: scope["id"] for scope in admin.get(f"/{realm}/client-scopes")}
        for name in sorted(now - then):
            admin.delete(f"{path}/{kind}-client-scopes/{scopes[name]}")
        for name in sorted(then - now):
            admin.put(f"{path}/{kind}-client-scopes/{scopes[name]}")


def groups(admin, realm):
    """Our groups and their privileges, no less and no more. Subgroups and other groups are the municipality's."""
    listed = admin.get(f"/{realm}/groups", briefRepresentation="false", max=1000)
    found = {group["name"]: group for group in listed}
    changes = []
    for name in desired.GROUPS:
        wanted = set(desired.privileges(name))
        group = found.get(name, {})
        now = {f"{client}.{role}" for client, roles in group.get("clientRoles", {}).items() for role in roles}
        now |= set(group.get("realmRoles", []))
        if group and now == wanted:
            continue
        changes.append(
            Change(
                f"group {name}",
                sorted(now) if group else None,
                sorted(wanted),
                lambda name=name, group=group: put_group(admin, realm, name, group),
            )
        )
    return changes


def put_group(admin, realm, name, group):
    number = group.get("id") or admin.post(f"/{realm}/groups", {"name": name})
    path, wanted = f"/{realm}/groups/{number}/role-mappings", set(desired.privileges(name))
    ids = {client["clientId"]: client["id"] for client in admin.get(f"/{realm}/clients", max=1000)}
    mapped = admin.get(path) or {}
    if mapped.get("realmMappings"):
        admin.delete(f"{path}/realm", mapped["realmMappings"])
    for client, mapping in mapped.get("clientMappings", {}).items():
        surplus = [role for role in mapping["mappings"] if f"{client}.{role['name']}" not in wanted]
        if surplus:
            admin.delete(f"{path}/clients/{ids[client]}", surplus)
    missing = {role.partition(".")[2] for role in wanted}
    if missing:
        manager = ids["realm-management"]
        roles = [role for role in admin.get(f"/{realm}/clients/{manager}/roles") if role["name"] in missing]
        admin.post(f"{path}/clients/{manager}", roles)


def compare(admin, wanted, secrets, found):
    """Every change of a realm that is there, in the order that they may be made in, and clients of others' making."""
    realm = wanted["realm"]
    changes, extra = clients(admin, realm, wanted, secrets)
    changes = [
        *authentication(admin, realm, desired.trees(wanted)),
        *required_actions(admin, realm),
        *profile(admin, realm),
        *changes,
        *groups(admin, realm),
        *sources.federation(admin, realm, found, wanted["ldap"]),
        *sources.broker(admin, realm, wanted["broker"]),
        *realm_settings(admin, realm, desired.settings(wanted), found),
    ]
    return changes, extra


def create(admin, wanted, secrets):
    """A realm in one request, and then what can only be added to one that is there."""
    admin.post("", desired.whole(wanted, secrets))
    if wanted["ldap"] or wanted["broker"]:
        found = admin.get(f"/{wanted['realm']}")
        later = sources.federation(admin, wanted["realm"], found, wanted["ldap"])
        for change in [*later, *sources.broker(admin, wanted["realm"], wanted["broker"])]:
            change.apply()


def ensure(admin, wanted, secrets, check_mode):
    """Bring a realm about. Returns what was, or would be, changed, and the clients that others made."""
    realm = wanted["realm"]
    found = admin.get(f"/{realm}")
    if found is None:
        if not check_mode:
            create(admin, wanted, secrets)
        return [Change("realm", None, realm, None)], []
    changes, extra = compare(admin, wanted, secrets, found)
    if not check_mode:
        for change in changes:
            change.apply()
    return changes, extra


def master(admin, account):
    """Changes of the realm `master`: everybody there shows a second factor; the service account is there to stay."""
    found = admin.get("/master")
    listed = {client["clientId"]: client for client in admin.get("/master/clients", max=1000)}
    ours = listed[account]
    changes = authentication(admin, "master", flows.flows(True))
    changes += program_client(admin, "master", listed["admin-cli"])
    if ours["attributes"].get("is_temporary_admin"):
        # Made as one that somebody replaces by hand; ours is what deployments go on using.
        kept = {**ours["attributes"], "is_temporary_admin": ""}
        path, body = f"/master/clients/{ours['id']}", {**ours, "attributes": kept}
        changes.append(Change(f"client {account}", "temporary", "permanent", lambda: admin.put(path, body)))
    return changes + realm_settings(admin, "master", desired.master(), found)
