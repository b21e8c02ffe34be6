# SPDX-License-Identifier: AGPL-3.0-or-later
"""What nginx shows of its certificates, and how long a server keeps what it writes down."""

from __future__ import annotations

import re
import ssl
from pathlib import Path

from ansible_collections.nuage_commun.platform.plugins.module_utils import audit_shapes as shapes
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError, run

SERVED = re.compile(r"^\s*ssl_certificate\s+([^;\s]+)\s*;", re.MULTILINE)
PROTOCOLS = re.compile(r"^\s*ssl_protocols\s+([^;]+);", re.MULTILINE)
STARTTLS = re.compile(r"^tls[ \t]+on\b", re.MULTILINE)
ISSUER = re.compile(r"^\s*(organizationName|commonName|countryName)\s*=\s*(.+?)\s*$", re.MULTILINE)
NAME = re.compile(r"[\w .,'()&/-]{1,80}\Z")
SPANS = {
    "s": 1,
    "sec": 1,
    "m": 60,
    "min": 60,
    "h": 3600,
    "hour": 3600,
    "d": 86400,
    "day": 86400,
    "w": 604800,
    "week": 604800,
    "month": 2629800,
    "year": 31557600,
    "y": 31557600,
}
PERIODS = {"hourly": 1 / 24, "daily": 1, "weekly": 7, "monthly": 31, "yearly": 366}


def tls():
    """The topic `tls`."""
    try:
        text = run(["nginx", "-T", "-q"])
    except ProgramError:
        text = ""
    protocols = sorted({word for line in PROTOCOLS.findall(text) for word in line.split()})
    paths = sorted(set(SERVED.findall(text)))
    found = [certificate(path) for path in paths]
    return {
        "certificates": [one for one in found if one],
        "protocols": [shapes.word(one) for one in protocols],
        "mail_relay": "starttls" if STARTTLS.search(shapes.read("/etc/msmtprc")) else "none",
    }


def certificate(path):
    """What a certificate says, its names joined; None where it can't be read."""
    command = ["openssl", "x509", "-in", path, "-noout", "-text", "-nameopt", "multiline,utf8"]
    try:
        return parsed_certificate(run(command))
    except (ProgramError, ValueError, KeyError):
        return None


def parsed_certificate(text):
    issuer = text.partition("Issuer:")[2].partition("Validity")[0]
    names = dict(ISSUER.findall(issuer))
    until = re.search(r"Not After\s*:\s*(.+)", text)[1].strip()
    kind = re.search(r"Public Key Algorithm:\s*(\S+)", text)
    bits = re.search(r"Public-Key:\s*\((\d+) bit\)", text)
    domains = sorted(re.findall(r"DNS:([^,\s]+)", text))
    return {
        "domain": shapes.shaped(domains[0].lstrip("*."), shapes.HOST) if domains else None,
        "names": [shapes.shaped(one.lstrip("*."), shapes.HOST) for one in domains],
        "issuer": shapes.shaped(names.get("organizationName") or names.get("commonName"), NAME),
        "issuer_country": shapes.word(names.get("countryName")),
        "not_after": shapes.rfc3339(ssl.cert_time_to_seconds(until)),
        "key": " ".join(filter(None, [shapes.word(kind[1]) if kind else None, bits[1] if bits else None])),
    }


def retention():
    """The topic `retention`."""
    return {"journal_max_days": journal(), "logs": rotated(Path("/etc/logrotate.d"))}


def journal():
    """Days after which the journal forgets; None where size alone bounds it."""
    try:
        text = run(["systemd-analyze", "cat-config", "systemd/journald.conf"])
    except ProgramError:
        return None
    said = re.findall(r"^MaxRetentionSec=(.*)$", text, re.MULTILINE)
    seconds = span(said[-1]) if said else 0
    return round(seconds / 86400) if seconds else None


def span(text):
    """Seconds in a span of systemd's; 0 for none."""
    total = 0
    for amount, unit in re.findall(r"([0-9]+)\s*([a-z]*)", text.lower()):
        total += int(amount) * (SPANS.get(unit) or SPANS.get(unit.rstrip("s")) or 1)
    return total


def rotated(folder):
    """Files that logrotate keeps, and for how many days."""
    found = []
    for name in shapes.entries(folder):
        text = "\n".join(line.partition("#")[0] for line in shapes.read(folder / name).splitlines())
        for head, body in re.findall(r"([^{}]+)\{([^{}]*)\}", text):
            paths = [word.strip('"') for word in head.split() if word.strip('"').startswith("/")]
            found += [{"path": path, "days": days(body)} for path in paths]
    return found


def days(body):
    """Days that a stanza keeps; None where it doesn't say."""
    words = body.split()
    counts = {
        name: int(value) for name, value in re.findall(r"^\s*(rotate|maxage)\s+(\d+)", body, re.MULTILINE)
    }
    if "maxage" in counts:
        return counts["maxage"]
    period = next((PERIODS[word] for word in words if word in PERIODS), None)
    if period is None or "rotate" not in counts:
        return None
    return round(period * counts["rotate"])
