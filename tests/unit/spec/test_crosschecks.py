"""What is wrong between the files: each rule broken once, and told with its file and field."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from provisioner import messages
from provisioner.spec import crosschecks
from provisioner.spec.consortium import Consortium
from provisioner.spec.findings import CONSORTIUM
from provisioner.spec.tenant import Tenant
from provisioner.spec.translation import field_path
from tests.unit.spec import samples

OTHER: dict[str, Any] = {
    **samples.TENANT,
    "code": "46005",
    "name": "Abercorn",
    "domains": {"website": "abercorn.example"},
    "services": {"wordpress": {}},
    "placement": {},
}


def check(consortium: dict[str, Any] | None, **tenants: dict[str, Any]) -> list[tuple[str, str, str]]:
    """The findings as (key without area, file, field), after a look that all of them can be told."""
    spec = Consortium.model_validate(consortium) if consortium is not None else None
    found = crosschecks.check(spec, {slug: Tenant.model_validate(tenant) for slug, tenant in tenants.items()})
    for finding in found:
        assert messages.text(finding.key, **finding.context)
        assert messages.text(f"{finding.key}.fix", **finding.context)
    return [(finding.key.removeprefix("spec."), finding.where, field_path(finding.path)) for finding in found]


def bent(*changes: tuple[tuple[str | int, ...], object], spec: str = "consortium") -> dict[str, Any]:
    """The sample with several changes."""
    value = copy.deepcopy(samples.SPECS[spec])
    for path, new in changes:
        samples.at(value, path[:-1])[path[-1]] = new
    return value


def test_the_samples_go_together(language):
    assert check(samples.CONSORTIUM, iles=samples.TENANT, abercorn=OTHER) == []


@pytest.mark.parametrize("host", ["10.0.0.25", "fd00::25", "8.8.8.8"])
def test_mail_in_clear_stays_on_own_networks(host):
    relay = [(("mail_relay", "tls"), "none"), (("mail_relay", "host"), host)]
    assert check(bent(*relay, (("administration_networks", 0), "8.8.8.0/24"))) == []


SECOND_SITE = {**samples.CONSORTIUM["sites"][0], "city": "Magog"}
SECOND_OPERATOR = {**samples.CONSORTIUM["operators"][0], "name": "Régie"}
_POINT = samples.CONSORTIUM["audit"]["vantage_points"][0]
TWINS = [_POINT, {**_POINT, "public_key": f"{samples.KEY[:-1]}4"}]
OPERATOR, SITE = ("operators", 0), ("sites", 0)

CONSORTIUMS = [
    ("duplicate-id", "servers[1].id", [(("servers", 1, "id"), "srv1")]),
    ("duplicate-id", "sites[1].id", [(("sites",), [samples.CONSORTIUM["sites"][0], SECOND_SITE])]),
    (
        "duplicate-id",
        "operators[1].id",
        [(("operators",), [samples.CONSORTIUM["operators"][0], SECOND_OPERATOR])],
    ),
    ("duplicate-address", "servers[1].address", [(("servers", 1, "address"), "192.0.2.11")]),
    (
        "duplicate-address",
        "servers[1].address",
        [(("servers", 0, "address"), "2001:db8::1"), (("servers", 1, "address"), "2001:DB8:0::1")],
    ),
    ("reserved-id", "servers[1].id", [(("servers", 1, "id"), "localhost")]),
    ("reserved-id", "servers[1].id", [(("servers", 1, "id"), "46005-apps")]),
    ("unknown-operator", "sites[0].operator", [((*SITE, "operator"), "regie")]),
    ("unknown-site", "servers[0].site", [(("servers", 0, "site"), "laval")]),
    ("operator-country", "operators[0].country", [((*OPERATOR, "country"), "US")]),
    (
        "parent-country",
        "operators[0].ultimate_parent.country",
        [((*OPERATOR, "ultimate_parent"), {"name": "Big Cloud Inc.", "country": "US"})],
    ),
    ("operator-form", "operators[0].legal_form", [((*OPERATOR, "legal_form"), "private")]),
    ("site-province", "sites[0].province", [((*SITE, "province"), "ON")]),
    ("site-outside", "sites[0].latitude", [((*SITE, "latitude"), 43.7)]),
    ("site-outside", "sites[0].latitude", [((*SITE, "longitude"), 71.9)]),
    ("unknown-site", "audit.backup_targets[0].site", [(("audit", "backup_targets", 0, "site"), "laval")]),
    ("duplicate-id", "audit.vantage_points[1].id", [(("audit", "vantage_points"), TWINS)]),
    (
        "duplicate-key-of",
        "audit.cosigners[0].public_key",
        [(("audit", "cosigners", 0, "public_key"), f"{samples.KEY[:-1]}2 autre-commentaire")],
    ),
    ("mail-in-clear", "mail_relay.tls", [(("mail_relay", "tls"), "none")]),
    (
        "mail-in-clear",
        "mail_relay.tls",
        [(("mail_relay", "tls"), "none"), (("mail_relay", "host"), "8.8.8.8")],
    ),
    (
        "flow-not-declared",
        "acme.country",
        [(("acme", "country"), "US"), (("policy", "declared_flows"), [])],
    ),
]


@pytest.mark.parametrize(("name", "field", "changes"), CONSORTIUMS)
def test_within_the_consortium(name, field, changes, language):
    assert check(bent(*changes)) == [(name, CONSORTIUM, field)]


def test_a_declared_flow_is_accepted():
    assert check(bent((("acme", "country"), "US"))) == []


def test_a_site_of_an_allowed_province_elsewhere_may_be_elsewhere():
    changes = [
        ((*SITE, "province"), "ON"),
        ((*SITE, "latitude"), 43.7),
        (("policy", "provinces"), ["QC", "ON"]),
    ]
    assert check(bent(*changes)) == []


HUGE = {"wordpress": {"size": "xlarge", "memory_mib": 100_000}}
WIDE = {"wordpress": {"size": "small", "disk_mib": 500 * 1024}}
BETWEEN = {"wordpress": {"memory_mib": 7_000, "disk_mib": 400 * 1024}}
"""Fits the memory of the second server and the disk of the first, so neither."""

TENANTS = [
    ("unknown-ring", "ring", [(("ring",), "or")]),
    ("unknown-server", "placement.only[1]", [(("placement", "only"), ["srv1", "srv9"])]),
    ("unknown-server", "placement.avoid[0]", [(("placement", "avoid"), ["srv9"])]),
    ("no-server-allowed", "placement", [(("placement",), {"only": ["srv1"], "avoid": ["srv1"]})]),
    ("no-server-allowed", "placement", [(("placement",), {"avoid": ["srv1", "srv2"]})]),
    ("too-big", "services", [(("services",), HUGE)]),
    ("too-big", "services", [(("services",), WIDE)]),
    ("too-big", "services", [(("services",), BETWEEN), (("placement",), {})]),
    (
        "duplicate-domain",
        "domains.website_aliases[0]",
        [(("domains", "website_aliases"), ["www.iles.example"])],
    ),
]


@pytest.mark.parametrize(("name", "field", "changes"), TENANTS)
def test_of_a_tenant(name, field, changes, language):
    assert check(samples.CONSORTIUM, abercorn=OTHER, iles=bent(*changes, spec="tenant")) == [
        (name, "iles", field)
    ]


def test_what_just_fits_the_headroom_is_held():
    fits = bent(
        (
            ("services",),
            {"wordpress": {"memory_mib": int(8 * 1024 * 0.75) - 1536, "disk_mib": int(500 * 1024 * 0.9)}},
        ),
        (("placement",), {"only": ["srv1"]}),
        spec="tenant",
    )
    assert check(samples.CONSORTIUM, iles=fits) == []
    fits["services"]["wordpress"]["memory_mib"] += 1
    assert check(samples.CONSORTIUM, iles=fits) == [("too-big", "iles", "services")]


def test_accounts_need_an_identity_server(language):
    without = bent((("servers", 0, "roles"), ["apps"]), (("servers", 0, "identity_domain"), None))
    assert check(without, iles=samples.TENANT) == [("no-identity-server", "iles", "services.identity")]


def test_names_of_sign_in_pages_and_of_municipalities_differ(language):
    second = {**samples.CONSORTIUM["servers"][0], "id": "srv2", "address": "192.0.2.12"}
    twins = bent((("servers", 1), second))
    assert check(twins, a=OTHER) == [("duplicate-domain", CONSORTIUM, "servers[1].identity_domain")]
    taken = {**OTHER, "domains": {"website": "identite.example"}}
    assert check(samples.CONSORTIUM, a=taken) == [("duplicate-domain", "a", "domains.website")]


def test_a_refused_request_may_be_too_big():
    refused = bent((("services",), HUGE), (("state",), "refused"), (("leaving_until",), None), spec="tenant")
    assert check(samples.CONSORTIUM, iles=refused) == []


def test_codes_and_domains_belong_to_one_municipality(language):
    twin = {**OTHER, "domains": {"website": "iles.example", "website_aliases": ["twin.example"]}}
    assert check(samples.CONSORTIUM, abercorn=OTHER, iles=samples.TENANT, twin=twin) == [
        ("duplicate-code", "twin", "code"),
        ("duplicate-domain", "twin", "domains.website"),
    ]


def test_without_a_valid_consortium_the_tenants_are_still_compared():
    twin = {**OTHER, "ring": "inconnu", "domains": {"website": "autre.example"}}
    assert check(None, abercorn=OTHER, twin=twin) == [("duplicate-code", "twin", "code")]


def test_two_municipalities_may_have_the_same_name():
    twin = {**OTHER, "code": "82005", "domains": {"website": "autre.example"}}
    assert check(samples.CONSORTIUM, a=OTHER, b=twin) == []


def test_everything_is_told_at_once_and_in_the_same_order():
    spec = bent(
        (("acme", "country"), "US"), (("policy", "declared_flows"), []), (("servers", 1, "id"), "srv1")
    )
    tenants = {"b": {**OTHER, "ring": "x"}, "a": {**samples.TENANT, "ring": "y", "placement": {}}}
    expected = [
        ("duplicate-id", CONSORTIUM, "servers[1].id"),
        ("flow-not-declared", CONSORTIUM, "acme.country"),
        ("unknown-ring", "a", "ring"),
        ("unknown-ring", "b", "ring"),
    ]
    assert check(spec, **tenants) == expected
    assert check(spec, **dict(reversed(tenants.items()))) == expected


def test_copies_lie_at_another_site(language):
    keeper = {**samples.CONSORTIUM["servers"][1], "id": "garde", "address": "192.0.2.13", "roles": ["backup"]}
    with_keeper = bent((("servers",), [*samples.CONSORTIUM["servers"], keeper]))
    assert check(with_keeper) == [
        ("backup-same-site", CONSORTIUM, "servers[0].site"),
        ("backup-same-site", CONSORTIUM, "servers[1].site"),
    ]
    elsewhere = {**samples.CONSORTIUM["sites"][0], "id": "quebec"}
    apart = bent(
        (("sites",), [*samples.CONSORTIUM["sites"], elsewhere]),
        (("servers",), [*samples.CONSORTIUM["servers"], {**keeper, "site": "quebec"}]),
    )
    assert check(apart) == []


def test_who_comes_back_first_is_a_municipality_that_there_is() -> None:
    named = bent((("policy", "rebuild_first"), ["abercorn", "nulle-part"]))
    assert check(named, iles=samples.TENANT, abercorn=OTHER) == [
        ("unknown-municipality", CONSORTIUM, "policy.rebuild_first[1]")
    ]


def test_what_a_lost_server_had_may_be_given_to_another() -> None:
    """Its address, the name of its sign-in pages; and no keeper is asked for what it no longer writes."""
    first, second = samples.CONSORTIUM["servers"]
    replaced = {**first, "id": "srv3"}
    assert {key for key, _, _ in check(bent((("servers",), [first, second, replaced])))} == {
        "duplicate-address",
        "duplicate-domain",
    }
    assert check(bent((("servers",), [{**first, "lost": True}, second, replaced]))) == []
    keeper = {**second, "id": "garde", "address": "192.0.2.13", "roles": ["backup"], "site": "quebec"}
    elsewhere = {**samples.CONSORTIUM["sites"][0], "id": "quebec"}
    there = {**second, "id": "srv4", "address": "192.0.2.14", "site": "quebec", "lost": True}
    servers = [*samples.CONSORTIUM["servers"], keeper, there]
    assert check(bent((("sites",), [*samples.CONSORTIUM["sites"], elsewhere]), (("servers",), servers))) == []
