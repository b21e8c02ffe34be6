"""All that can be checked of a bundle with nothing but public keys: whole, signed, in the log, rightly judged."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from provisioner.audit.bundle import canonical, departed, layout, sshsig
from provisioner.audit.bundle.faults import Fault
from provisioner.audit.bundle.integrity import Integrity
from provisioner.audit.bundle.origins import Origins
from provisioner.audit.bundle.proofs import Log
from provisioner.audit.bundle.reading import Bundle

Judge = Callable[[Mapping[str, Any]], list[dict[str, Any]]]
"""`controls.judge.judge_all`: findings from the bundle's documents."""
REQUIRED = (
    layout.AUDIT,
    layout.CONSORTIUM,
    layout.FINDINGS,
    layout.LEAF,
    layout.CHECKPOINT,
    layout.INCLUSION,
)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@dataclass(frozen=True)
class Expected:
    """What an auditor knows beforehand. Keys are the 32 bytes of Ed25519 public keys."""

    keys: frozenset[bytes]
    """Of the ops team."""
    host_keys: Mapping[str, bytes] | None = None
    """Of servers, by id; None to believe the bundle's spec."""
    cosigners: Mapping[str, bytes] | None = None
    """Of the bodies that cosign, by name; None to believe the bundle's spec."""
    checkpoint: bytes | None = None
    """One that was kept from an earlier audit."""
    nonce: str | None = None
    """What the auditor let the consortium audit with."""


@dataclass
class Report:
    """What was found; valid without faults. Hashes and times are text."""

    faults: list[Fault]
    audit: dict[str, Any] = field(default_factory=dict)
    signers: list[str] = field(default_factory=list)
    """Fingerprints of the expected keys that signed."""
    servers: list[str] = field(default_factory=list)
    """Those whose observations carry their host key's signature."""
    all_servers: int = 0
    """Servers of the spec."""
    host_keys_known: bool = False
    """Whether those keys were known from elsewhere."""
    checkpoint_known: bool = False
    """Whether the log was compared with a checkpoint that was kept."""
    size: int = 0
    """Audits in the log, this one included."""
    cosignatures: list[tuple[str, int]] = field(default_factory=list)
    """Names and times (seconds since 1970)."""
    departed: list[str] = field(default_factory=list)
    """Codes of municipalities that left, whose certificates of destruction count."""
    time_stamp: str = ""
    """Nothing, `unchecked`, or the time that an authority vouches for."""
    findings: list[dict[str, Any]] | None = None
    """Judged anew from the observations; None where these can't be judged."""

    def verdicts(self) -> dict[str, int]:
        """How many findings have each verdict."""
        return dict(sorted(Counter(str(one["verdict"]) for one in self.findings or ()).items()))


def verify(bundle: Bundle, form: Collection[Fault], expected: Expected, judge: Judge) -> Report:
    """Check a bundle; ``form`` is what reading it found wrong already."""
    integrity = Integrity(bundle, expected.keys)
    bundle = integrity.check()
    report = Report([*form, *integrity.faults])
    report.signers = sorted(map(sshsig.fingerprint, integrity.signers))
    named = {fault.path for fault in report.faults}
    report.faults += [Fault("missing", path) for path in REQUIRED if path not in bundle and path not in named]
    report.faults += _not_canonical(bundle)
    report.departed, faults = departed.check(bundle, expected.keys)
    report.faults += faults
    audit, consortium = _audit(bundle), _object(bundle, layout.CONSORTIUM)
    if audit is None or consortium is None:
        culprit = (
            ("malformed-audit", layout.AUDIT) if audit is None else ("malformed-spec", layout.CONSORTIUM)
        )
        report.faults += [Fault(*culprit, expected=layout.FORMAT), Fault("not-judged", layout.FINDINGS)]
        return report
    report.audit = audit
    report.time_stamp = "unchecked" if layout.TIMESTAMP in bundle else ""
    if expected.nonce not in (None, audit["nonce"]):
        report.faults.append(
            Fault("other-nonce", layout.AUDIT, expected=str(expected.nonce), found=audit["nonce"])
        )
    for name, value in integrity.statements.items():
        bound = value["predicate"]
        if (bound["audit"], bound["nonce"]) != (audit["id"], audit["nonce"]):
            fault = Fault(
                "other-audit", layout.statement(name), expected=audit["id"], found=str(bound["audit"])
            )
            report.faults.append(fault)
    try:
        _origins(bundle, audit, consortium, expected, report)
        _log(bundle, audit, consortium, expected, report)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        report.faults.append(Fault("malformed-spec", layout.CONSORTIUM, found=repr(error)))
    if integrity.broken:
        report.faults.append(Fault("not-judged", layout.FINDINGS))
    else:
        _findings(bundle, judge, report)
    return report


def _not_canonical(bundle: Bundle) -> list[Fault]:
    return [
        Fault("not-canonical", path)
        for path in bundle
        if path.endswith(".json")
        and not layout.is_unsealed(path)
        and not canonical.is_canonical(bundle[path])
    ]


def _object(bundle: Bundle, path: str) -> dict[str, Any] | None:
    try:
        value = bundle.json(path)
    except (KeyError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def _audit(bundle: Bundle) -> dict[str, Any] | None:
    """`audit.json`, if it says what the other checks need."""
    audit = _object(bundle, layout.AUDIT)
    if audit is None:
        return None
    sound = (
        audit.get("format") == layout.FORMAT
        and re.fullmatch("[0-9a-f]{32}", str(audit.get("id")))
        and re.fullmatch("[0-9a-f]{64}", str(audit.get("nonce")))
        and all(_TIME.fullmatch(str(audit.get(name))) for name in ("began", "ended"))
        and "previous" in audit
    )
    return audit if sound else None


def _origins(
    bundle: Bundle,
    audit: Mapping[str, Any],
    consortium: Mapping[str, Any],
    expected: Expected,
    report: Report,
) -> None:
    origins = Origins(bundle, audit, consortium, expected.host_keys)
    origins.check()
    report.faults += origins.faults
    report.servers = sorted(origins.servers)
    report.all_servers = len(consortium["servers"])
    report.host_keys_known = expected.host_keys is not None


def _log(
    bundle: Bundle,
    audit: Mapping[str, Any],
    consortium: Mapping[str, Any],
    expected: Expected,
    report: Report,
) -> None:
    cosigners = expected.cosigners
    if cosigners is None:
        declared = consortium.get("audit", {}).get("cosigners", ())
        cosigners = {str(one["id"]): sshsig.public_key(str(one["public_key"])) for one in declared}
    log = Log(bundle, expected.keys, cosigners)
    log.check(audit)
    if expected.checkpoint is not None:
        log.against(expected.checkpoint)
        report.checkpoint_known = True
    report.faults += log.faults
    report.size = log.checkpoint.size if log.checkpoint else 0
    report.cosignatures = sorted((one.name, one.time) for one in log.cosignatures)


def _findings(bundle: Bundle, judge: Judge, report: Report) -> None:
    """Judge anew, and compare with what was written."""
    try:
        report.findings = judge(bundle.documents())
        expected = canonical.dumps({"findings": report.findings})
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as error:
        report.faults.append(Fault("judge-failed", layout.FINDINGS, found=f"{type(error).__name__}: {error}"))
        return
    data = bundle.get(layout.FINDINGS, b"")
    offset = canonical.first_difference(expected, data)
    if offset is None:
        return
    stored = (_object(bundle, layout.FINDINGS) or {}).get("findings")
    told = _first_other(report.findings, stored if isinstance(stored, list) else [])
    report.faults.append(Fault("other-finding", layout.FINDINGS, offset, len(data), *told))


def _first_other(judged: list[Any], stored: list[Any]) -> tuple[str, str]:
    """The first finding that differs, as judged and as stored."""
    for place in range(max(len(judged), len(stored))):
        if judged[place : place + 1] != stored[place : place + 1]:
            mine, theirs = (_shown(some[place]) if place < len(some) else "-" for some in (judged, stored))
            return mine, theirs
    return "", ""


def _shown(finding: Any) -> str:  # noqa: ANN401  any JSON
    try:
        subject = finding["subject"]
        return f"{finding['control']} {subject['kind']} {subject['id']}: {finding['verdict']}"
    except (LookupError, TypeError):
        return canonical.dumps(finding).decode()[:100]
