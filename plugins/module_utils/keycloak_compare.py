# SPDX-License-Identifier: AGPL-3.0-or-later
"""What differs between what is wanted and what Keycloak shows, field by field. Pure."""

from __future__ import annotations

import json

MASK = "**********"
"""What Keycloak shows instead of a secret, and takes for the secret when it's sent back."""
UNORDERED = frozenset(
    {
        "defaultClientScopes",
        "eventsListeners",
        "optionalClientScopes",
        "redirectUris",
        "supportedLocales",
        "webOrigins",
    }
)
PARTIAL = frozenset({"attributes", "config"})
"""Maps that Keycloak and others add to: only our own keys are compared, and a PUT sends the others back."""
SECRET = frozenset({"secret", "bindCredential", "clientSecret", "password"})
HIDDEN = ("(kept secret)", "(another one)")


class Change:
    """One thing that differs: its name, both values, and what brings it about."""

    def __init__(self, name, before, after, apply):
        self.name, self.before, self.after, self.apply = name, before, after, apply


def canonical(field, value):
    """A value in the form that it's compared in."""
    if field in UNORDERED:
        return sorted(value or [])
    if field == "protocolMappers":
        return {
            mapper["name"]: {key: mapper[key] for key in sorted(mapper) if key != "id"}
            for mapper in value or []
        }
    return value


def differing(wanted, found):
    """``{field: (before, after)}`` of the wanted fields that differ; a field of a map as ``map.key``."""
    differences = {}
    for field, value in wanted.items():
        if field in PARTIAL:
            below = found.get(field) or {}
            for key, one in value.items():
                # An empty value is how Keycloak takes one away, and it shows none then.
                if (below.get(key) or "") != (one or ""):
                    differences[f"{field}.{key}"] = shown(key, below.get(key), one)
        elif canonical(field, value) != canonical(field, found.get(field)):
            differences[field] = shown(field, found.get(field), value)
    return differences


def shown(field, before, after):
    """Both values as people may read them."""
    return HIDDEN if field in SECRET else (before, after)


def merged(wanted, found):
    """What to send: everything that is there, our fields over it, and maps that others add to merged."""
    body = {**found, **wanted}
    for field in PARTIAL & wanted.keys():
        body[field] = {**(found.get(field) or {}), **wanted[field]}
    return body


def masked(value):
    """Whether a masked secret is anywhere in what is about to be sent."""
    if isinstance(value, dict):
        return any(masked(one) for one in value.values())
    if isinstance(value, list):
        return any(masked(one) for one in value)
    return value == MASK


def difference(change):
    """A change as Ansible shows it."""
    text = [json.dumps(value, ensure_ascii=False, indent=1) + "\n" for value in (change.before, change.after)]
    return {"before_header": change.name, "after_header": change.name, "before": text[0], "after": text[1]}
