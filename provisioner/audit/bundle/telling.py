"""What was found of a bundle, for people (in the words of a catalogue) and for programs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from provisioner.audit.bundle.faults import Fault
from provisioner.audit.bundle.verifying import Report

VERDICTS = ("satisfied", "not-satisfied", "inconclusive", "not-checked")
LIMITS = ("servers", "place", "copies", "moment", "keys")


def lines(report: Report, texts: Mapping[str, str]) -> list[str]:
    """The report: first what it doesn't prove, then what was found, then the result.

    ``texts`` is the catalogue `audit-verify` of one language.
    """
    limits = [*LIMITS, *([] if report.host_keys_known else ["host-keys"])]
    limits += [] if report.checkpoint_known or report.cosignatures else ["log"]
    told = [texts["not-proven"], *(texts[f"limit-{name}"] for name in limits), ""]
    told += _facts(report, texts) if report.audit else []
    told += [fault_text(fault, texts) for fault in report.faults]
    if report.faults:
        return [*told, texts["invalid"].format(count=len(report.faults))]
    return [*told, texts["valid"]]


def fault_text(fault: Fault, texts: Mapping[str, str]) -> str:
    """One fault in words; names from the bundle never reach a terminal raw."""
    shown = {name: _plain(value) for name, value in vars(fault).items()}
    return texts[f"fault-{fault.key}"].format(**shown)


def as_json(report: Report) -> dict[str, Any]:
    """The report for programs: keys, never prose."""
    return {
        "valid": not report.faults,
        "audit": {name: report.audit.get(name) for name in ("id", "nonce", "consortium", "began", "ended")},
        "signers": report.signers,
        "servers": report.servers,
        "host_keys_known": report.host_keys_known,
        "log_size": report.size,
        "cosignatures": [{"name": name, "time": time} for name, time in report.cosignatures],
        "departed": report.departed,
        "time_stamp": report.time_stamp,
        "verdicts": report.verdicts(),
        "faults": [fault.as_json() for fault in report.faults],
    }


def _facts(report: Report, texts: Mapping[str, str]) -> list[str]:
    audit = {name: _plain(report.audit.get(name)) for name in ("id", "consortium", "began", "ended")}
    told = [texts["audit"].format(**audit)]
    signed = texts["signed"].format(keys=", ".join(report.signers))
    told.append(signed if report.signers else texts["not-signed"])
    names = ", ".join(report.servers) or "-"
    told.append(texts["servers"].format(signed=len(report.servers), total=report.all_servers, names=names))
    if report.size:
        told.append(texts["log" if report.size > 1 else "log-first"].format(size=report.size))
    for name, time in report.cosignatures:
        told.append(texts["cosigned"].format(name=name, time=_time(time)))
    if not report.cosignatures:
        told.append(texts["not-cosigned"])
    if report.departed:
        told.append(texts["departed"].format(codes=", ".join(report.departed)))
    if report.time_stamp:
        name = "not-stamped" if report.time_stamp == "unchecked" else "stamped"
        told.append(texts[name].format(time=report.time_stamp))
    if report.findings is not None:
        counts = report.verdicts()
        each = [texts[f"verdict-{name}"].format(count=counts.get(name, 0)) for name in VERDICTS]
        told.append(texts["verdicts"].format(counts=", ".join(each)))
    return [*told, ""]


def _plain(value: object) -> str:
    return "".join(one if one.isprintable() else f"\\x{ord(one):02x}" for one in str(value))


def _time(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (ValueError, OverflowError, OSError):
        return str(seconds)
