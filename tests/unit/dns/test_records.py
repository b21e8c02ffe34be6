"""Which records a site needs."""

from __future__ import annotations

from provisioner.dns.records import Creator, Kind, authority_records, sender_records, site_records
from provisioner.spec.consortium import MailRelay

NAMES = ("www.ville.example", "ville.example")


def test_addresses_of_the_server_family_and_none_of_the_other() -> None:
    records = site_records(NAMES, "192.0.2.11")
    assert [(r.name, r.kind, r.value) for r in records] == [
        ("www.ville.example", Kind.A, "192.0.2.11"),
        ("ville.example", Kind.A, "192.0.2.11"),
        ("www.ville.example", Kind.AAAA, ""),
        ("ville.example", Kind.AAAA, ""),
    ]
    assert {r.kind for r in site_records(NAMES, "2001:db8::1") if r.value} == {Kind.AAAA}


def test_one_caa_serves_a_name_and_all_below_it() -> None:
    records = authority_records((*NAMES, "autre.example"), ("ca.example", "other.example"))
    assert [r.name for r in records] == ["ville.example", "autre.example"]
    assert {r.value for r in records} == {'0 issue "ca.example"'}
    assert not any(r.required for r in records)


def test_no_caa_where_the_authority_does_not_name_itself() -> None:
    assert authority_records(NAMES, ()) == ()


def test_spf_names_the_relay() -> None:
    (named,) = sender_records(MailRelay(host="relais.example", sender_domain="courriel.example"))
    assert (named.value, named.creator) == ("v=spf1 a:relais.example -all", Creator.CONSORTIUM)
    (numbered,) = sender_records(MailRelay(host="2001:db8::25", sender_domain="courriel.example"))
    assert numbered.value == "v=spf1 ip6:2001:db8::25 -all"
