"""Where a server's programs go: what they are told, what they are connected to, what the firewall lets out."""

from __future__ import annotations

import re
from collections.abc import Mapping

from provisioner.audit.controls import reach, registered
from provisioner.audit.controls.case import Case
from provisioner.audit.controls.finding import SATISFIED, Outcome, satisfied, unsure, violated
from provisioner.audit.controls.registered import Registered


def told(case: Case, server: str) -> Outcome:
    """NC-FLO-01."""
    declared = reach.by_topic(case.consortium)
    effective = case.topic(server, "destinations")
    wrong: dict[str, set[str]] = {}
    for topic, allowed in sorted(declared.items()):
        if topic == "backup_targets":
            continue  # NC-STO-02
        strays = {one["host"] for one in effective[topic]} - allowed
        if strays:
            wrong[topic] = strays
    observed = {
        "undeclared": sorted({host for hosts in wrong.values() for host in hosts}),
        "settings": sorted(wrong),
    }
    expected = {"declared": sorted({host for hosts in declared.values() for host in hosts})}
    if any(topic.startswith("fallback") for topic in wrong):
        return violated("destinations-fallback", observed, expected)
    if wrong:
        return violated("destinations-undeclared", observed, expected)
    if not effective["resolvers"] or not effective["time_servers"]:
        return unsure("destinations-none", observed, expected)
    return satisfied("destinations-declared", observed, expected)


def registered_at_home(case: Case, server: str) -> Outcome:
    """NC-FLO-02."""
    lookups, names = case.lookups(), reach.names_of(case)
    met = {one["host"] for places in case.topic(server, "destinations").values() for one in places}
    for topic, hosts in reach.by_topic(case.consortium).items():
        met |= hosts if topic not in ("ssh_allowed_from", "backup_targets") else set()
    met -= {one["host"] for one in case.topic(server, "destinations")["ssh_allowed_from"]}
    remote = {one["remote_address"] for one in case.topic(server, "sockets")["connected"]}
    places = {name: _addresses(name, names) for name in met | remote}
    unresolved = sorted(name for name, addresses in places.items() if not addresses)
    said = {
        address: registered.of(lookups, address) for addresses in places.values() for address in addresses
    }
    outcome = _judged(list(said.values()), unresolved, sorted(case.consortium["policy"]["countries"]))
    days = case.registries_days()
    if outcome.verdict == SATISFIED and not 0 <= days <= registered.OLDEST_DAYS:
        expected = {**outcome.expected, "at_most": registered.OLDEST_DAYS}
        return unsure("registries-old", {**outcome.observed, "days": days}, expected)
    return outcome


def _addresses(name: str, names: Mapping[str, list[str]]) -> list[str]:
    try:
        registered.scope_of(name)
    except ValueError:
        return list(names.get(name, []))
    return [name]


def _judged(said: list[Registered], unresolved: list[str], allowed: list[str]) -> Outcome:
    foreign = sorted(
        f"{one.address} ({', '.join(one.foreign(allowed))})" for one in said if one.foreign(allowed)
    )
    public = [one for one in said if not one.scope]
    unknown = sorted(one.address for one in public if not one.known)
    observed = {
        "foreign": foreign,
        "unknown": [*unknown, *unresolved],
        "private": sorted(one.address for one in said if one.scope),
        "known": len(public) - len(unknown),
    }
    expected = {"countries": allowed}
    if foreign:
        return violated("destinations-foreign", observed, expected)
    if unknown or unresolved:
        return unsure("destinations-unknown", observed, expected)
    if not public:
        return unsure("destinations-private", observed, expected)
    return satisfied("destinations-home", observed, expected)


def connected(case: Case, server: str) -> Outcome:
    """NC-FLO-03."""
    names = reach.names_of(case)
    declared = reach.of_consortium(case, names)
    for code in case.neighbours(server):
        declared = declared.plus(reach.of_municipality(case, code), names)
    sockets = case.topic(server, "sockets")["connected"]
    lost = [one for one in sockets if not declared.holds(one["remote_address"])]
    strays = sorted({one["remote_address"] for one in lost})
    observed = {
        "undeclared": strays,
        "programs": sorted({one["process"] or "?" for one in sockets if one["remote_address"] in strays}),
        "connections": len(sockets),
    }
    expected = {"unresolved": sorted(declared.unresolved)}
    if strays and declared.unresolved:
        return unsure("connections-unresolved", observed, expected)
    if strays and {one["uid"] for one in lost} <= _left_out(case, server):
        return unsure("connections-left-out", observed, expected)
    if strays:
        return violated("connections-undeclared", observed, expected)
    return satisfied("connections-declared", observed, expected)


def _left_out(case: Case, server: str) -> set[int]:
    """Accounts of municipalities that live there and that this audit leaves out: what they declared isn't known."""
    ours = {f"t{code}" for code in case.neighbours(server)}
    return {
        one["uid"]
        for one in case.topic(server, "egress")["counters"]
        if one["uid"] is not None and re.fullmatch("t[0-9]{5}", one["chain"]) and one["chain"] not in ours
    }


def firewall(case: Case, server: str) -> Outcome:
    """NC-FLO-04."""
    rules = case.topic(server, "egress")
    refusing = [one for one in rules["counters"] if one["verdict"] == "refused"]
    open_to_all = sorted(
        {one["chain"] for one in rules["allowed"] if one["destination"] in ("0.0.0.0/0", "::/0")}
    )
    observed = {"policy": rules["policy"], "counters": len(refusing), "open": open_to_all}
    expected = {"policies": ["drop"]}
    if rules["policy"] != "drop":
        return violated("firewall-open", observed, expected)
    if not refusing:
        return unsure("firewall-uncounted", observed, expected)
    if [chain for chain in open_to_all if chain != "host"]:
        return violated("firewall-hole", observed, expected)
    if open_to_all:
        return unsure("firewall-by-program", observed, expected)
    return satisfied("firewall-refuses", observed, expected)
