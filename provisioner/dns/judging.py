"""Whether what the resolvers answer is what ought to be. Pure: answers in, verdicts out."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from enum import StrEnum

from provisioner.dns.records import Kind, Record
from provisioner.spec.types import Model

_ISSUE = re.compile(r'^\d+ (issue|issuewild) "([^";]*)')


class Verdict(StrEnum):
    """What was found, against what ought to be."""

    OK = "ok"
    MISSING = "missing"
    DIFFERENT = "different"
    BROKEN = "broken"
    """The zone's own servers fail: nobody gets an answer."""
    UNKNOWN = "unknown"
    """It can't be judged from here; never a pass."""


class Answer(Model):
    """What the resolvers say of one name and type; ``broken``: they answer that they can't."""

    values: tuple[str, ...] = ()
    broken: bool = False


class Judgement(Model):
    """A record, what was found in its place, and the verdict."""

    record: Record
    found: tuple[str, ...]
    verdict: Verdict

    @property
    def fails(self) -> bool:
        """Whether the site suffers: a recommended record may be absent, not wrong."""
        if self.verdict in (Verdict.DIFFERENT, Verdict.BROKEN):
            return True
        return self.record.required and self.verdict is not Verdict.OK


def judge(record: Record, answer: Answer, relay_addresses: Sequence[str] = ()) -> Judgement:
    """The verdict on one record. ``relay_addresses`` are the mail relay's, for SPF."""
    found = tuple(sorted(answer.values))
    if record.kind is Kind.TXT:
        found = tuple(value for value in found if value.lower().split(" ")[0] == "v=spf1")
    return Judgement(record=record, found=found, verdict=_verdict(record, answer, found, relay_addresses))


def _verdict(record: Record, answer: Answer, found: tuple[str, ...], relay: Sequence[str]) -> Verdict:
    if answer.broken:
        return Verdict.BROKEN
    if not record.value:
        return Verdict.DIFFERENT if found else Verdict.OK
    if not found:
        return Verdict.MISSING
    if record.kind is Kind.CAA:
        return _caa(record, found)
    if record.kind is Kind.TXT:
        return _spf(record, found, relay)
    return Verdict.OK if _addresses(found) == _addresses([record.value]) else Verdict.DIFFERENT


def _addresses(values: Sequence[str]) -> set[str]:
    return {str(ipaddress.ip_address(value)) for value in values}


def _caa(record: Record, found: tuple[str, ...]) -> Verdict:
    """Names allowed to issue (RFC 8659); sets that only speak of reports or wildcards forbid nothing here."""
    issuers = [match for value in found if (match := _ISSUE.match(value)) and match[1] == "issue"]
    wanted = _ISSUE.match(record.value)
    allowed = {match[2].strip().lower() for match in issuers}
    return Verdict.OK if not issuers or (wanted and wanted[2] in allowed) else Verdict.DIFFERENT


def _spf(record: Record, found: tuple[str, ...], relay: Sequence[str]) -> Verdict:
    """Whether the relay may send (RFC 7208), as far as the record says so itself."""
    if len(found) > 1:
        return Verdict.DIFFERENT  # two SPF records are an error to every receiver
    mechanisms = [part.lstrip("+").lower() for part in found[0].split()[1:]]
    if record.value.split()[1].lower() in mechanisms:
        return Verdict.OK
    networks = [part.partition(":")[2] for part in mechanisms if part.startswith(("ip4:", "ip6:"))]
    if relay and all(any(_holds(network, address) for network in networks) for address in relay):
        return Verdict.OK
    if networks and not relay:
        return Verdict.UNKNOWN  # the relay's own name has no address: nothing to compare with
    # Other records decide: the record is someone's choice, not an error that can be seen from here.
    deferred = ("include:", "redirect=", "a", "mx", "exists:", "ptr")
    return Verdict.UNKNOWN if any(part.startswith(deferred) for part in mechanisms) else Verdict.DIFFERENT


def _holds(network: str, address: str) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
