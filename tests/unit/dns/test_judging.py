"""Verdicts on what resolvers answer."""

from __future__ import annotations

import pytest

from provisioner.dns.judging import Answer, Verdict, judge
from provisioner.dns.records import Kind, Record


def record(kind: Kind, value: str, required: bool = True) -> Record:
    return Record(name="ville.example", kind=kind, value=value, required=required)


def verdict(kind: Kind, wanted: str, *found: str, relay: tuple[str, ...] = ()) -> Verdict:
    return judge(record(kind, wanted), Answer(values=found), relay).verdict


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (("192.0.2.11",), Verdict.OK),
        ((), Verdict.MISSING),
        (("192.0.2.12",), Verdict.DIFFERENT),
        (("192.0.2.11", "192.0.2.12"), Verdict.DIFFERENT),
    ],
)
def test_address(found: tuple[str, ...], expected: Verdict) -> None:
    assert verdict(Kind.A, "192.0.2.11", *found) is expected


def test_address_written_otherwise() -> None:
    assert verdict(Kind.AAAA, "2001:db8::1", "2001:0db8:0:0:0:0:0:1") is Verdict.OK


def test_other_family_must_be_absent() -> None:
    assert verdict(Kind.AAAA, "") is Verdict.OK
    assert verdict(Kind.AAAA, "", "2001:db8::1") is Verdict.DIFFERENT


CAA = '0 issue "ca.example"'


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ((CAA,), Verdict.OK),
        (('0 issue "CA.example; accounturi=https://ca.example/1"',), Verdict.OK),
        (('0 issue "other.example"', CAA), Verdict.OK),
        (('0 issue "other.example"',), Verdict.DIFFERENT),
        (('0 issue ";"',), Verdict.DIFFERENT),
        (('0 iodef "mailto:a@ville.example"',), Verdict.OK),
        (('0 issuewild ";"',), Verdict.OK),
        ((), Verdict.MISSING),
    ],
)
def test_caa(found: tuple[str, ...], expected: Verdict) -> None:
    assert verdict(Kind.CAA, CAA, *found) is expected


SPF = "v=spf1 a:relais.example -all"


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ((SPF, "google-site-verification=1"), Verdict.OK),
        (("v=spf1 +A:relais.example ~all",), Verdict.OK),
        (("v=spf1 ip4:192.0.2.0/28 -all",), Verdict.OK),
        (("v=spf1 ip4:198.51.100.0/28 -all",), Verdict.DIFFERENT),
        (("v=spf1 include:autre.example -all",), Verdict.UNKNOWN),
        (("v=spf1 -all",), Verdict.DIFFERENT),
        ((SPF, "v=spf1 -all"), Verdict.DIFFERENT),
        (("autre chose", "v=spf10 a:relais.example"), Verdict.MISSING),
        (("v=spf1 ip4:n'importe-quoi -all",), Verdict.DIFFERENT),
    ],
)
def test_spf(found: tuple[str, ...], expected: Verdict) -> None:
    assert verdict(Kind.TXT, SPF, *found, relay=("192.0.2.5",)) is expected


def test_spf_unjudged_relay_is_never_a_pass() -> None:
    assert verdict(Kind.TXT, SPF, "v=spf1 ip4:192.0.2.0/28 -all", relay=()) is Verdict.UNKNOWN


def test_broken_zone_fails_even_a_recommended_record() -> None:
    judged = judge(record(Kind.CAA, CAA, required=False), Answer(broken=True))
    assert judged.verdict is Verdict.BROKEN
    assert judged.fails


def test_what_fails() -> None:
    assert judge(record(Kind.A, "192.0.2.1"), Answer()).fails
    assert not judge(record(Kind.CAA, CAA, required=False), Answer()).fails
    assert judge(record(Kind.CAA, CAA, required=False), Answer(values=('0 issue "x.example"',))).fails
