# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a server's programs are connected to, and what its firewall lets out and counted."""

from __future__ import annotations

import ipaddress
import json
import re

from ansible_collections.nuage_commun.platform.plugins.module_utils import audit_shapes as shapes
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError, run

SOCKET = re.compile(
    r"^(?P<kind>tcp|udp)\s+(?P<state>\S+)\s+\d+\s+\d+\s+(?P<local>\S+):(?P<port>\S+)\s+(?P<remote>\S+):(?P<other>\S+)(?P<rest>.*)$"
)
LISTENING = ("LISTEN", "UNCONN")


def sockets():
    """The topic `sockets`."""
    return parsed_sockets(run(["ss", "-H", "-n", "-t", "-u", "-a", "-p", "-e"]))


def parsed_sockets(text):
    """Sockets that listen, and those that go out. Who came in isn't told: those are people's addresses."""
    rows = [match for match in map(SOCKET.match, text.splitlines()) if match]
    listening = [one for one in rows if one["state"] in LISTENING and one["other"] == "*"]
    doors = {(one["kind"], one["port"]) for one in listening}
    inbound, connected = {}, []
    for one in rows:
        if one["other"] == "*" or (one["state"] in LISTENING and one["kind"] == "tcp"):
            continue
        if loopback(one["remote"]):
            continue
        if (one["kind"], one["port"]) in doors:
            inbound[one["port"]] = inbound.get(one["port"], 0) + 1
        else:
            connected.append(
                {
                    "protocol": one["kind"],
                    "local": address(one["local"]),
                    "remote_address": address(one["remote"]),
                    "remote_port": shapes.port(one["other"]),
                    **owner(one["rest"]),
                }
            )
    return {
        "listening": [
            {
                "protocol": one["kind"],
                "address": address(one["local"]),
                "port": shapes.port(one["port"]),
                **owner(one["rest"]),
            }
            for one in listening
        ],
        "connected": connected,
        "inbound": [{"port": shapes.port(at), "count": count} for at, count in sorted(inbound.items())],
    }


def address(text):
    bare_text = text.strip("[]").partition("%")[0]
    return "0.0.0.0" if bare_text == "*" else shapes.host(bare_text)


def loopback(text):
    try:
        return ipaddress.ip_address(text.strip("[]").partition("%")[0]).is_loopback
    except ValueError:
        return False


def owner(rest):
    program, uid = re.search(r'users:\(\("([^"]+)"', rest), re.search(r"\buid:(\d+)", rest)
    return {"process": shapes.word(program[1]) if program else None, "uid": int(uid[1]) if uid else 0}


def egress():
    """The topic `egress`; `none` for policy and rules where there is no firewall."""
    try:
        text = run(["nft", "-j", "-n", "list", "ruleset"])
        still = run(["nft", "-s", "-n", "list", "ruleset"])
    except ProgramError:
        return {"policy": "none", "counters": [], "allowed": [], "ruleset_sha256": "none"}
    return {**ruleset(json.loads(text)["nftables"]), "ruleset_sha256": shapes.digest(still)}


def ruleset(listed):
    """Policy of what goes out, counters with the uid whose packets they count, and what rules let out."""
    chains = {item["chain"]["name"]: item["chain"] for item in listed if "chain" in item}
    uids = {}
    for item in listed:
        # Elements that a file added with the map, and those that a drop-in added later.
        for key, verdict in (item.get("map") or item.get("element") or {}).get("elem") or []:
            target = next(iter(verdict.values()), None) if isinstance(verdict, dict) else None
            if isinstance(target, dict) and isinstance(key, int):
                uids[target.get("target")] = key
    counters = [counted(item["counter"], uids) for item in listed if "counter" in item]
    allowed = [rule for item in listed if "rule" in item for rule in let_out(item["rule"], chains, uids)]
    outgoing = next((one for one in chains.values() if one.get("hook") == "output"), {})
    return {"policy": shapes.word(outgoing.get("policy")) or "none", "counters": counters, "allowed": allowed}


def counted(counter, uids):
    chain, _, kind = counter["name"].rpartition("_")
    return {
        "uid": uids.get(chain),
        "chain": shapes.word(chain or counter["name"]),
        "destination": None,
        "packets": counter["packets"],
        "bytes": counter["bytes"],
        "verdict": {"refused": "refused", "allowed": "allowed"}.get(kind, shapes.word(kind)),
    }


def let_out(rule, chains, uids):
    """Destinations that a rule of what goes out accepts."""
    expressions = rule.get("expr", [])
    if chains.get(rule["chain"], {}).get("hook") == "input" or rule["chain"] in ("input", "control"):
        return []
    if not any("accept" in one for one in expressions):
        return []
    matches = [one["match"] for one in expressions if "match" in one]
    fields = {key(one["left"]): one["right"] for one in matches if one.get("op") in ("==", "in", None)}
    owners = [one for one in values(fields.get("skuid")) if isinstance(one, int)]
    uid = uids.get(rule["chain"], owners[0] if len(owners) == 1 else None)
    ports = values(fields.get("dport"))
    return [
        {
            "uid": uid,
            "chain": shapes.word(rule["chain"]),
            "destination": shapes.host(one) or shapes.UNREADABLE,
            "port": at if isinstance(at, int) else None,
        }
        for one in values(fields.get("daddr")) or (["0.0.0.0/0"] if ports else [])
        for at in ports or [None]
    ]


def key(left):
    """Last part of what a rule compares: `daddr`, `dport`, `skuid`."""
    inner = next(iter(left.values()), None) if isinstance(left, dict) else None
    if isinstance(inner, dict):
        return inner.get("field") or inner.get("key")
    return None


def values(right):
    """Values on the right of a comparison, prefixes as text."""
    if right is None:
        return []
    if isinstance(right, dict) and "set" in right:
        return [one for each in right["set"] for one in values(each)]
    if isinstance(right, dict) and "prefix" in right:
        return [f"{right['prefix']['addr']}/{right['prefix']['len']}"]
    return [right] if isinstance(right, (int, str)) else []
