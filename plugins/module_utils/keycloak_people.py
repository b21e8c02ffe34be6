# SPDX-License-Identifier: AGPL-3.0-or-later
"""People of a realm: invited, brought up to date, listed, kept out. Nobody is ever deleted here."""

from __future__ import annotations

from ansible_collections.nuage_commun.platform.plugins.module_utils.keycloak import KeycloakError
from ansible_collections.nuage_commun.platform.plugins.module_utils.keycloak_desired import (
    ADMINISTRATORS,
    GROUPS,
)

PAGE = 500
FIELDS = {"username": "username", "email": "email", "first_name": "firstName", "last_name": "lastName"}


class Realm:
    """Who is in a realm, read once: a request for each person of a file would be asked for again at every run."""

    def __init__(self, admin, realm):
        self.admin, self.realm = admin, realm
        self.groups = {
            group["name"]: group["id"]
            for group in admin.get(f"/{realm}/groups", max=1000)
            if group["name"] in GROUPS
        }
        people = list(self._pages(f"/{realm}/users"))
        self.by_name = {person["username"]: person for person in people}
        self.by_email = {person["email"].lower(): person for person in people if person.get("email")}
        self.members = {
            name: {person["id"] for person in self._pages(f"/{realm}/groups/{number}/members")}
            for name, number in self.groups.items()
        }

    def _pages(self, path):
        first = 0
        while True:
            page = self.admin.get(path, first=first, max=PAGE, briefRepresentation="false") or []
            yield from page
            if len(page) < PAGE:
                return
            first += PAGE

    def find(self, username, email):
        """The person of a user name, or else of an address."""
        return self.by_name.get(username.lower()) or self.by_email.get(email.lower())

    def groups_of(self, person):
        return {name for name, members in self.members.items() if person["id"] in members}


def shown(realm):
    """Everybody, for a list."""
    return [
        {
            "username": person["username"],
            "email": person.get("email", ""),
            "first_name": person.get("firstName", ""),
            "last_name": person.get("lastName", ""),
            "enabled": person["enabled"],
            "waiting": bool(set(person.get("requiredActions", []))) or not person.get("emailVerified", False),
            "groups": sorted(realm.groups_of(person)),
        }
        for _name, person in sorted(realm.by_name.items())
    ]


def representation(person):
    """What the file says of somebody, in Keycloak's words."""
    fields = {theirs: person[ours] for ours, theirs in FIELDS.items() if ours != "username"}
    language = {"attributes": {"locale": [person["language"]]}} if person.get("language") else {}
    return {**fields, **language}


def differs(wanted, found):
    """Whether somebody isn't as the file says."""
    attributes = found.get("attributes") or {}
    same = [attributes.get(key) == value for key, value in wanted.get("attributes", {}).items()]
    same += [(found.get("email") or "").lower() == wanted["email"].lower()]
    same += [found.get(field) == wanted[field] for field in ("firstName", "lastName")]
    return not all(same)


def put(realm, person, check_mode):
    """One person of the file: what became of them, and their number where they are new.

    A person of a directory is the directory's to describe; our groups are ours.
    """
    found, wanted = realm.find(person["username"], person["email"]), representation(person)
    people = f"/{realm.realm}/users"
    if found is None:
        if check_mode:
            return "created", ""
        body = {**wanted, "username": person["username"], "enabled": True, "emailVerified": False}
        body["groups"] = [f"/{name}" for name in person["groups"]]
        return "created", realm.admin.post(people, body)
    outcome = "unchanged"
    if not found.get("federationLink") and differs(wanted, found):
        outcome = "changed"
        if not check_mode:
            attributes = {**(found.get("attributes") or {}), **wanted.get("attributes", {})}
            body = {**found, **wanted, "attributes": attributes}
            if (found.get("email") or "").lower() != wanted["email"].lower():
                # Nobody has shown yet that the new one is theirs.
                body["emailVerified"] = False
            realm.admin.put(f"{people}/{found['id']}", body)
    return _regroup(realm, person, found, check_mode) or outcome, found["id"]


def _regroup(realm, person, found, check_mode):
    """Our groups as the file says; a file that says nothing of groups changes none."""
    now, wanted = realm.groups_of(found), set(person["groups"])
    if not person["regroup"] or now == wanted:
        return ""
    if not check_mode:
        path = f"/{realm.realm}/users/{found['id']}/groups"
        for name in sorted(wanted - now):
            realm.admin.put(f"{path}/{realm.groups[name]}")
        for name in sorted(now - wanted):
            realm.admin.delete(f"{path}/{realm.groups[name]}")
    return "changed"


def invite(realm, person, number, everyone):
    """Mail with a link to choose a password, and a second factor where one is demanded."""
    actions = ["VERIFY_EMAIL", "UPDATE_PASSWORD"]
    if everyone or ADMINISTRATORS in person["groups"]:
        actions.append("CONFIGURE_TOTP")
    realm.admin.put(f"/{realm.realm}/users/{number}/execute-actions-email", actions)


def waits(realm, number):
    """Whether somebody has never chosen a password."""
    return not realm.admin.get(f"/{realm.realm}/users/{number}/credentials")


def bring_in(realm, people, options, check_mode):
    """The whole file. One who is refused doesn't stop the others; each has an outcome, in the file's order.

    Who is in and has a reason (``why``) all the same could not be invited.
    """
    outcomes = []
    for person in people:
        outcome, invited, why = "failed", False, ""
        try:
            outcome, number = put(realm, person, check_mode)
            asked = outcome == "created" or (options["again"] and number and waits(realm, number))
            if asked and options["mail"]:
                if not check_mode:
                    invite(realm, person, number, options["everyone"])
                invited = True
        except KeycloakError as error:
            # Keycloak's words, without the path that holds a number of somebody.
            why = str(error).partition(": ")[2]
        outcomes.append({"outcome": outcome, "invited": invited, "why": why})
    return outcomes


def switch(realm, name, enabled, check_mode):
    """Let somebody in or keep them out; who is kept out is signed out of everything at once. None: nobody."""
    found = realm.find(name, name)
    if found is None:
        return None
    if found["enabled"] == enabled:
        return "unchanged"
    if not check_mode:
        path = f"/{realm.realm}/users/{found['id']}"
        realm.admin.put(path, {**found, "enabled": enabled})
        if not enabled:
            realm.admin.post(f"{path}/logout")
    return "changed"
