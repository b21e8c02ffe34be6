"""Encryption in transit: protocols, certificates, the mail relay. At rest: `storage`."""

from __future__ import annotations

from datetime import datetime

from provisioner.audit.bundle import layout
from provisioner.audit.controls.case import Case, UnseenError
from provisioner.audit.controls.finding import Outcome, satisfied, unchecked, unsure, violated

PROTOCOLS = frozenset({"TLSv1.2", "TLSv1.3"})
_RELAY = {"accepted": ["starttls", "tls"]}


def protocols(case: Case, server: str) -> Outcome:
    """NC-ENC-01."""
    offered = sorted(set(case.topic(server, "tls")["protocols"]))
    observed, expected = {"protocols": offered}, {"allowed": sorted(PROTOCOLS)}
    if set(offered) - PROTOCOLS:
        return violated("protocols-old", observed, expected)
    if not offered:
        return unsure("protocols-none", observed, expected)
    return satisfied("protocols-good", observed, expected)


def certificates(case: Case, code: str) -> Outcome:
    """NC-ENC-03."""
    spec = case.municipality(code)
    names = {spec["domains"]["website"]} if spec["services"]["wordpress"] else set()
    if spec["services"]["nextcloud"] and spec["domains"]["nextcloud"]:
        names.add(spec["domains"]["nextcloud"])
    until: dict[str, datetime] = {}
    for server in case.homes(code):
        for one in case.topic(server, "tls")["certificates"]:
            for name in names.intersection(one["names"]):
                # The shortest counts: which of two a browser gets can't be told from here.
                end = datetime.fromisoformat(one["not_after"])
                until[name] = min(end, until.get(name, end))
    expired = sorted(name for name, end in until.items() if end <= case.now)
    missing = sorted(names - set(until))
    first = min(until.values(), default=None)
    observed = {
        "expired": expired,
        "missing": missing,
        "until": first.date().isoformat() if first else None,
    }
    expected = {"names": sorted(names)}
    if expired:
        return violated("certificates-expired", observed, expected)
    if missing:
        return unsure("certificates-missing", observed, expected)
    if not names:
        return unchecked("certificates-none", observed, expected)
    return satisfied("certificates-valid", observed, expected)


def relay(case: Case, server: str) -> Outcome:
    """NC-ENC-04."""
    said = case.topic(server, "tls").get("mail_relay")
    if said is None:
        raise UnseenError(layout.topic(server, "tls"))
    observed = {"mail_relay": said}
    if said in ("starttls", "tls"):
        return satisfied("relay-encrypted", observed, _RELAY)
    if said == "none":
        return violated("relay-clear", observed, _RELAY)
    return unsure("relay-unknown", observed, _RELAY)
