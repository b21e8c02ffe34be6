"""Where sites are, and who runs them: what is declared, against the policy; what registries say of servers."""

from __future__ import annotations

from provisioner.audit.bundle import layout
from provisioner.audit.controls import registered
from provisioner.audit.controls.case import Case, UnreadableError
from provisioner.audit.controls.finding import Outcome, satisfied, unsure, violated

QUEBEC = {"south": 44.9, "north": 62.7, "west": -79.9, "east": -57.0}
"""Degrees around Québec; wider than the boundary that `location` judges measurements with."""


def site(case: Case, id_: str) -> Outcome:
    """NC-RES-01."""
    found = case.one("sites", id_)
    allowed = sorted(case.consortium["policy"]["provinces"])
    observed = {"site": id_, "province": found["province"]}
    expected = {"provinces": allowed}
    if found["province"] not in allowed:
        return violated("site-elsewhere", observed, expected)
    if found["province"] == "QC" and not _around_quebec(found["latitude"], found["longitude"]):
        place = [found["latitude"], found["longitude"]]
        return unsure("site-contradiction", {**observed, "coordinates": place}, expected)
    return satisfied("site-allowed", observed, expected)


def _around_quebec(latitude: float, longitude: float) -> bool:
    return QUEBEC["south"] <= latitude <= QUEBEC["north"] and QUEBEC["west"] <= longitude <= QUEBEC["east"]


def home(case: Case, code: str) -> Outcome:
    """NC-RES-02."""
    asked = [name for name, said in sorted(case.municipality(code)["services"].items()) if said is not None]
    if not asked:
        raise UnreadableError(layout.municipality_spec(code), "services")
    for service in ("wordpress", "nextcloud", "identity"):
        case.home_of(code, service)
    servers = sorted(case.homes(code))
    sites = sorted({case.one("servers", server)["site"] for server in servers})
    provinces = sorted({case.one("sites", one)["province"] for one in sites})
    allowed = sorted(case.consortium["policy"]["provinces"])
    observed = {"servers": servers, "sites": sites, "provinces": provinces}
    expected = {"services": asked, "allowed": allowed}
    if not set(provinces) <= set(allowed):
        return violated("home-elsewhere", observed, expected)
    silent = [one["id"] for one in case.consortium["servers"] if not case.has_index(one["id"])]
    if silent:
        return unsure("home-servers-silent", {**observed, "silent": silent}, expected)
    return satisfied("home-known", observed, expected)


def operator(case: Case, id_: str) -> Outcome:
    """NC-OWN-01."""
    found, policy = case.one("operators", id_), case.consortium["policy"]
    observed = {"country": found["country"], "legal_form": found["legal_form"]}
    expected = {"countries": sorted(policy["countries"]), "legal_forms": sorted(policy["legal_forms"])}
    if found["country"] not in policy["countries"]:
        return violated("operator-foreign", observed, expected)
    if found["legal_form"] not in policy["legal_forms"]:
        return violated("operator-form", observed, expected)
    return satisfied("operator-allowed", observed, expected)


def parent(case: Case, id_: str) -> Outcome:
    """NC-OWN-02. A declaration: a register's extract is what would prove it."""
    found = case.one("operators", id_)["ultimate_parent"]
    allowed = sorted(case.consortium["policy"]["countries"])
    observed = {"parent": found["name"], "country": found["country"]}
    if found["country"] not in allowed:
        return violated("parent-foreign", observed, {"countries": allowed})
    return satisfied("parent-allowed", observed, {"countries": allowed})


def foreign_law(case: Case, id_: str) -> Outcome:
    """NC-OWN-03."""
    allowed = sorted(case.consortium["policy"]["countries"])
    declared = sorted(case.one("operators", id_)["foreign_law"])
    foreign = [country for country in declared if country not in allowed]
    if foreign:
        return violated("foreign-law-declared", {"foreign_law": foreign}, {"countries": allowed})
    return satisfied("foreign-law-none", {"foreign_law": declared}, {"countries": allowed})


def carrier(case: Case, id_: str) -> Outcome:
    """NC-OWN-04."""
    address = case.one("servers", id_)["address"]
    allowed = sorted(case.consortium["policy"]["countries"])
    said = registered.of(case.lookups(), address)
    observed = {"address": address, "countries": said.countries, "scope": said.scope}
    expected = {"allowed": allowed, "at_most": registered.OLDEST_DAYS}
    if said.scope:
        return unsure("carrier-private", observed, expected)
    if said.foreign(allowed):
        return violated("carrier-foreign", observed, expected)
    if not said.known:
        return unsure("carrier-unknown", observed, expected)
    if not 0 <= case.registries_days() <= registered.OLDEST_DAYS:
        return unsure("registries-old", {**observed, "days": case.registries_days()}, expected)
    return satisfied("carrier-allowed", observed, expected)
