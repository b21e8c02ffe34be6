"""Where a consortium's own spec breaks what its members agreed on."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address, ip_network

from provisioner.spec.consortium import Consortium, Operator, Policy, Site
from provisioner.spec.document import Path
from provisioner.spec.findings import CONSORTIUM, Finding

QUEBEC = {"south": 44.9, "north": 62.7, "west": -79.9, "east": -57.0}
"""Degrees around Québec, Anticosti, the Îles-de-la-Madeleine and the Basse-Côte-Nord included."""


def breaches(spec: Consortium) -> Iterator[Finding]:
    """Operators, sites and flows that the policy forbids, and mail that anybody on its way could read."""
    for number, operator in enumerate(spec.operators):
        yield from _operator(operator, spec.policy, ("operators", number))
    for number, site in enumerate(spec.sites):
        yield from _site(site, spec.policy, ("sites", number))
    authority = spec.acme.country
    if authority not in spec.policy.countries and "acme" not in spec.policy.declared_flows:
        context = {"value": authority, "expected": ", ".join(sorted(spec.policy.countries))}
        yield Finding("spec.flow-not-declared", CONSORTIUM, ("acme", "country"), context)
    if spec.mail_relay.tls == "none" and not _own(spec.mail_relay.host, spec):
        yield Finding(
            "spec.mail-in-clear", CONSORTIUM, ("mail_relay", "tls"), {"value": spec.mail_relay.host}
        )


def _own(host: str, spec: Consortium) -> bool:
    """Whether it is surely on the consortium's own networks. A name may lead anywhere."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_private or any(address in ip_network(each) for each in spec.administration_networks)


def _operator(operator: Operator, policy: Policy, path: Path) -> Iterator[Finding]:
    allowed = ", ".join(sorted(policy.countries))
    base = {"operator": operator.id, "expected": allowed}
    if operator.country not in policy.countries:
        yield Finding(
            "spec.operator-country", CONSORTIUM, (*path, "country"), {**base, "value": operator.country}
        )
    parent = operator.ultimate_parent
    if parent.country not in policy.countries:
        context = {**base, "value": parent.country, "parent": parent.name}
        yield Finding("spec.parent-country", CONSORTIUM, (*path, "ultimate_parent", "country"), context)
    if operator.legal_form not in policy.legal_forms:
        forms = ", ".join(sorted(policy.legal_forms))
        context = {**base, "value": operator.legal_form.value, "expected": forms}
        yield Finding("spec.operator-form", CONSORTIUM, (*path, "legal_form"), context)


def _site(site: Site, policy: Policy, path: Path) -> Iterator[Finding]:
    if site.province not in policy.provinces:
        allowed = ", ".join(sorted(policy.provinces))
        context = {"site": site.id, "value": site.province, "expected": allowed}
        yield Finding("spec.site-province", CONSORTIUM, (*path, "province"), context)
    if site.province != "QC":
        return
    inside = (
        QUEBEC["south"] <= site.latitude <= QUEBEC["north"]
        and QUEBEC["west"] <= site.longitude <= QUEBEC["east"]
    )
    if not inside:
        value = f"{site.latitude}, {site.longitude}"
        yield Finding(
            "spec.site-outside",
            CONSORTIUM,
            (*path, "latitude"),
            {"site": site.id, "value": value, **QUEBEC},
        )
