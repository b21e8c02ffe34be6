"""Where a municipality's programs, accounts and pages go."""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from provisioner.audit.bundle import layout
from provisioner.audit.controls import reach, topics
from provisioner.audit.controls.case import Case, UnreadableError
from provisioner.audit.controls.finding import Outcome, satisfied, unchecked, unsure, violated

HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_REFUSED = {"refused": 0}


def _applications(case: Case, code: str) -> dict[str, dict[str, Any]]:
    """What each server that runs the municipality's applications says of it."""
    found = [case.home_of(code, service) for service in ("wordpress", "nextcloud")]
    return dict(home for home in found if home is not None)


def reached(case: Case, code: str) -> Outcome:
    """NC-FLO-05: what the firewall lets its account out to, and what its programs are connected to."""
    names = reach.names_of(case)
    declared = reach.of_consortium(case, names).plus(reach.of_municipality(case, code), names)
    met: set[str] = set()
    for server, said in _applications(case, code).items():
        uids = {one["uid"] for one in said["egress"]} - {None}
        if not uids:
            raise UnreadableError(layout.tenant(server, code), "egress")
        rules = case.topic(server, "egress")["allowed"]
        met |= {
            one["destination"]
            for one in rules
            if one["uid"] in uids or one["chain"] in (f"t{code}", "tenants")
        }
        sockets = case.topic(server, "sockets")["connected"]
        met |= {one["remote_address"] for one in sockets if one["uid"] in uids}
    strays = sorted(one for one in met if not _loopback(one) and not declared.holds(one))
    observed = {"undeclared": strays, "destinations": sorted(met)}
    expected = {"unresolved": sorted(declared.unresolved)}
    if strays and declared.unresolved:
        return unsure("connections-unresolved", observed, expected)
    if strays:
        return violated("reached-undeclared", observed, expected)
    if not _applications(case, code):
        return satisfied("no-applications", observed, expected)
    return satisfied("reached-declared", observed, expected)


def _loopback(target: str) -> bool:
    return ipaddress.ip_network(target, strict=False).is_loopback


def refused(case: Case, code: str) -> Outcome:
    """NC-FLO-06."""
    packets = 0
    homes = _applications(case, code)
    for server, said in homes.items():
        counters = [one for one in said["egress"] if one["verdict"] == "refused"]
        if not counters:
            raise UnreadableError(layout.tenant(server, code), "egress")
        packets += sum(one["packets"] for one in counters)
    observed = {"packets": packets, "servers": sorted(homes)}
    if not homes:
        return satisfied("no-applications", observed, _REFUSED)
    if packets:
        return violated("calls-refused", observed, _REFUSED)
    return satisfied("calls-none", observed, _REFUSED)


def pages(case: Case, code: str) -> Outcome:
    """NC-FLO-08: what a browser contacts, whoever's server the page came from."""
    spec = case.municipality(code)
    domains = {spec["domains"]["website"], *spec["domains"]["website_aliases"]}
    wanted = {spec["domains"]["website"]} if spec["services"]["wordpress"] else set()
    if spec["services"]["nextcloud"] and spec["domains"]["nextcloud"]:
        wanted.add(spec["domains"]["nextcloud"])
        domains.add(spec["domains"]["nextcloud"])
    domains |= {one["identity_domain"] for one in case.consortium["servers"] if one["identity_domain"]}
    expected = {"names": sorted(domains)}
    if not wanted:
        return unchecked("pages-none", {"pages": 0}, expected)
    seen = case.document(layout.browser(code), topics.BROWSER)["pages"]
    named = [one for page in seen for one in page["hosts"] if one["host"] not in domains]
    strangers = sorted({one["host"] for one in named})
    # What the page's own policy made the browser refuse was never contacted.
    reached = any(one.get("count", 1) > one.get("blocked", 0) for one in named)
    answered = {_host(page["url"]) for page in seen if 200 <= page["status"] < 300 and page["hosts"]}
    observed = {"strangers": strangers, "pages": len(seen), "missing": sorted(wanted - answered)}
    if strangers and reached:
        return violated("pages-strangers", observed, expected)
    if strangers:
        return violated("pages-strangers-refused", observed, expected)
    if wanted - answered:
        return unsure("pages-missing", observed, expected)
    return satisfied("pages-alone", observed, expected)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def accounts(case: Case, code: str) -> Outcome:
    """NC-FLO-09: where accounts and files are told to go for mail, people and storage."""
    relay = {case.consortium["mail_relay"]["host"], *HERE}
    sign_in = reach.sign_in_hosts(case.municipality(code)["services"]["identity"])
    cells = {one["identity_domain"] for one in case.consortium["servers"] if one["identity_domain"]}
    strays: set[str] = set()
    identity, cloud = case.home_of(code, "identity"), case.home_of(code, "nextcloud")
    case.homes(code)
    if identity is not None:
        said = identity[1]["services"]["identity"]
        strays |= ({said["smtp_host"]} - {None}) - relay
        strays |= {host for broker in said["brokers"] for host in broker["hosts"]} - sign_in
        strays |= set(said["federation_hosts"]) - sign_in
    if cloud is not None:
        said = cloud[1]["services"]["nextcloud"]
        mail = said["settings"].get("mail_smtphost")
        strays |= ({mail} if isinstance(mail, str) and mail else set()) - relay
        strays |= set(said["issuers"]) - cells
        strays |= set(said["external_storages"])
    observed = {"undeclared": sorted(strays)}
    expected = {"declared": sorted(sign_in | relay - HERE)}
    if strays:
        return violated("accounts-undeclared", observed, expected)
    if identity is None and cloud is None:
        return satisfied("no-accounts", observed, expected)
    return satisfied("accounts-declared", observed, expected)


def authority(case: Case, _id: str) -> Outcome:
    """NC-FLO-10."""
    spec = case.consortium
    country, allowed = spec["acme"]["country"], sorted(spec["policy"]["countries"])
    observed = {"country": country, "declared": sorted(spec["policy"]["declared_flows"])}
    expected = {"countries": allowed}
    if country in allowed:
        return satisfied("authority-home", observed, expected)
    if "acme" in spec["policy"]["declared_flows"]:
        return satisfied("authority-declared", observed, expected)
    return violated("authority-foreign", observed, expected)
