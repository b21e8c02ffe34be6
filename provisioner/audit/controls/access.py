"""Who can get at a server: keys, settings of SSH, accounts that may do everything, who signed in."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable

from provisioner.audit.bundle import layout
from provisioner.audit.controls.case import Case, UnreadableError
from provisioner.audit.controls.finding import Outcome, satisfied, unsure, violated
from provisioner.audit.controls.shapes import fingerprint

SSHD = {
    "passwordauthentication": ("no",),
    "kbdinteractiveauthentication": ("no",),
    "permitemptypasswords": ("no",),
    "permitrootlogin": ("no", "prohibit-password", "without-password", "forced-commands-only"),
    "pubkeyauthentication": ("yes",),
}
"""Settings as `sshd -T` shows them, and the values that are safe."""
RESPONDER = "nuage-audit"
"""Account that vantage points measure through; it may do nothing else."""
PRIVILEGED = frozenset({"root", "nuage", "%sudo", "%root"})
"""Who may become root: the system's groups are Debian's, and empty."""
ACCOUNTS = frozenset({"root", "nuage", RESPONDER})
SUPERUSERS = {
    "postgresql": frozenset({"postgres"}),
    "mariadb": frozenset({"root", "mysql", "mariadb.sys", "holder"}),
}
MOST_KEYCLOAK_ADMINS = 3


def keys(case: Case, server: str) -> Outcome:
    """NC-ACC-01."""
    spec = case.consortium
    administration = _fingerprints(spec["administration_keys"])
    vantage = _fingerprints(point["public_key"] for point in spec["audit"]["vantage_points"])
    let_in = case.topic(server, "access")["ssh_keys"]
    strays = sorted(
        f"{one['user']} {one['fingerprint']}"
        for one in let_in
        if not (
            one["fingerprint"] in vantage and one["forced_command"]
            if one["user"] == RESPONDER
            else one["fingerprint"] in administration
        )
    )
    observed = {"undeclared": strays, "keys": len(let_in)}
    expected = {"declared": len(administration)}
    if strays:
        return violated("keys-undeclared", observed, expected)
    if not let_in:
        return unsure("keys-none", observed, expected)
    return satisfied("keys-declared", observed, expected)


def _fingerprints(public_keys: Iterable[str]) -> set[str]:
    found = set()
    for key in public_keys:
        if fingerprint(key):
            found.add(key)
            continue
        try:
            blob = base64.b64decode(key.split()[1], validate=True)
        except (IndexError, binascii.Error):
            raise UnreadableError(layout.CONSORTIUM, "administration_keys") from None
        found.add("SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("="))
    return found


def sshd(case: Case, server: str) -> Outcome:
    """NC-ACC-02."""
    said = case.topic(server, "access")["sshd"]
    unsaid = sorted(name for name in SSHD if name not in said)
    wrong = sorted(
        f"{name} {said[name]}" for name, safe in SSHD.items() if name in said and said[name] not in safe
    )
    expected = {"required": sorted(f"{name} {values[0]}" for name, values in SSHD.items())}
    if wrong:
        return violated("sshd-open", {"settings": wrong}, expected)
    if unsaid:
        return unsure("sshd-unsaid", {"settings": unsaid}, expected)
    return satisfied("sshd-closed", {"settings": sorted(f"{name} {said[name]}" for name in SSHD)}, expected)


def privileges(case: Case, server: str) -> Outcome:
    """NC-ACC-03."""
    said = case.topic(server, "access")
    strangers = sorted(set(said["sudoers"]) - PRIVILEGED)
    supers = sorted(
        f"{one['engine']}: {one['role']}"
        for one in said["database_roles"]
        if one["superuser"] and one["role"] not in SUPERUSERS.get(one["engine"], frozenset())
    )
    administrators = said["keycloak_admins"]
    observed = {"others": strangers + supers, "keycloak_admins": administrators}
    expected = {"at_most": MOST_KEYCLOAK_ADMINS}
    if strangers or supers:
        return violated("privileges-others", observed, expected)
    if administrators is None:
        if "identity" in case.one("servers", server).get("roles", ["identity"]):
            return unsure("privileges-unknown", observed, expected)
        return satisfied("privileges-system", observed, expected)
    if administrators > MOST_KEYCLOAK_ADMINS:
        return violated("privileges-many", observed, expected)
    return satisfied("privileges-system", observed, expected)


def logins(case: Case, server: str) -> Outcome:
    """NC-ACC-05."""
    said = case.topic(server, "access")["last_logins"]
    strangers = sorted({one["user"] for one in said} - ACCOUNTS)
    latest = max((one["at"] for one in said), default=None)
    observed = {"strangers": strangers, "latest": latest, "accounts": len(said)}
    expected = {"accounts": sorted(ACCOUNTS)}
    if strangers:
        return violated("logins-strangers", observed, expected)
    if not said:
        return unsure("logins-none", observed, expected)
    return satisfied("logins-known", observed, expected)
