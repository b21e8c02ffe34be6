"""What idle municipalities cost, and what it costs to wake them; warm requests with and without the proxy.

"By hand" and "straight" are a PHP-FPM of the same site that nginx asks without socket activation: a second vhost of
the same site, under another name, on the same server.
"""

from __future__ import annotations

import json
import statistics
from pathlib import Path

from bench import client, figures
from bench.memory import Memory, asleep, sample
from bench.stage import Stage
from tests.deployed import Site

IDLE_S = 2
ROUNDS_FIRST = 9
ROUNDS_WARM = 6
ROUNDS_WOKEN = 3
AT_ONCE = 50
REQUESTS = 6
DROP_IN = "/etc/systemd/system/nuage-wordpress@.service.d/bench.conf"
VHOSTS = "/etc/nginx/nuage.d"


def run(stage: Stage) -> None:
    """All of it. Ends with what it changed on the server undone."""
    figures.title("idle and waking")
    if stage.memory_alone is None:
        stage.join(stage.first)
        stage.timed_apply()
        stage.memory_alone = sample(stage)
    if len(stage.joined) == 1:
        stage.join(*stage.others)
        stage.timed_apply()
    sleep_soon(stage)
    memory(stage, stage.memory_alone)
    stage.sh(
        f"rm -r $(dirname {DROP_IN}); systemctl daemon-reload; systemctl stop 'nuage-wordpress@*.service'"
    )
    asked_straight(stage)
    first_request(stage)
    warm(stage)
    woken(stage)
    stage.sh(f"rm {VHOSTS}/bench-*.conf; systemctl reload nginx")


def sleep_soon(stage: Stage) -> None:
    """The unit as the role wrote it, except for the time until it sleeps."""
    stage.sh(
        f"mkdir -p $(dirname {DROP_IN}); printf '[Service]\\nExecStart=\\n' >{DROP_IN};"
        "grep ^ExecStart= /etc/systemd/system/nuage-wordpress@.service"
        f" | sed -E 's/exit-idle-time=[0-9]+s/exit-idle-time={IDLE_S}s/' >>{DROP_IN};"
        f"grep -q exit-idle-time={IDLE_S}s {DROP_IN}; systemctl daemon-reload;"
        "systemctl stop 'nuage-wordpress@*.service'"
    )
    asleep(stage)


def memory(stage: Stage, alone: Memory) -> None:
    """After a visit to each, all fall asleep by themselves."""
    answers = client.visit(stage.address, [site.domain for site in stage.joined])
    waited = asleep(stage)
    visited = f"{len(answers)} visited, asleep {waited:.0f} s later"
    figures.show("processes of idle tenants", "0", f"{visited} (idle time {IDLE_S} s)", "0")
    together = sample(stage)
    further = len(stage.joined) - 1
    for name, what in (
        ("total", "PSS of nginx and PID 1 per tenant"),
        ("own", "  of which not shared at all"),
    ):
        before, after = getattr(alone, name), getattr(together, name)
        each = (after - before) / further / 1024
        compared = f"1 tenant: {before / 1024:.1f} MiB, {further + 1}: {after / 1024:.1f} MiB"
        figures.show(what, f"{each:.3f} MiB", compared, "< 0.2 MB" if name == "total" else "")


def asked_straight(stage: Stage) -> None:
    """Two more vhosts of the first site: one asks PHP-FPM past the proxy, the other one that is started by hand."""
    site = stage.first
    vhost = stage.sh(f"cat {VHOSTS}/{site.code}-wordpress.conf")
    if f"unix:{site.door}" not in vhost:
        raise SystemExit(f"{site.domain}: another vhost than expected")
    sockets = {
        "straight": f"/run/nuage-wordpress-php-{site.code}/php.sock",
        "by-hand": "/run/nuage-bench/php.sock",
    }
    for name, path in sockets.items():
        text = vhost.replace(f"unix:{site.door}", f"unix:{path}")
        lines = [
            # The site's own name first: nginx tells it to PHP, and still gives its visitors to the site's vhost.
            f"    server_name {site.domain} {domain_of(site, name)};"
            if line.strip().startswith("server_name")
            else line.replace(f"$host != {site.domain}", f"$host != {domain_of(site, name)}")
            for line in text.splitlines()
        ]
        # Only the site itself: not its redirects, whose names would clash.
        start = max(index for index, line in enumerate(lines) if line.startswith("server {"))
        stage.sh(f"cat >{VHOSTS}/bench-{name}.conf", body="\n".join(lines[start:]).encode() + b"\n")
    stage.sh("nginx -t -q; systemctl reload nginx; sleep 1")


def domain_of(site: Site, name: str) -> str:
    """The name under which the site is asked in another way."""
    return f"{name}.{site.domain}"


def first_request(stage: Stage) -> None:
    """Each round asks a sleeping site, then a PHP-FPM started by hand, from the server itself."""
    site = stage.first
    script = Path(__file__).with_name("first_by_hand.py").read_bytes()
    words = [site.code, site.user, stage.address, site.domain]
    words += [domain_of(site, "by-hand"), domain_of(site, "straight"), str(ROUNDS_FIRST)]
    lines = stage.sh(f"python3 - {' '.join(words)}", body=script).splitlines()
    rounds = [json.loads(line) for line in lines]
    ours = [each["woken"] for each in rounds]
    hand = [each["start"] + each["by_hand"] for each in rounds]
    answer = [each["by_hand"] for each in rounds]
    compared = f"PHP-FPM by hand: {figures.seconds(hand)}, {figures.ratio(ours, hand)}"
    figures.show("first request after idle", figures.seconds(ours), compared, "<= 1.2 x")
    unit = [each["unit"] for each in rounds]
    for what, values in (
        ("PHP-FPM's own start not counted", answer),
        ("its sandboxed unit by hand, no proxy", unit),
    ):
        figures.show(f"  {what}", "", f"{figures.seconds(values)}, {figures.ratio(ours, values)}")


def warm(stage: Stage) -> None:
    """Rounds in turn, so that what the machine does meanwhile falls on both."""
    site, address = stage.first, stage.address
    ways = {"proxy": site.domain, "straight": domain_of(site, "straight")}
    client.visit(address, [site.domain] * AT_ONCE, requests=2)
    worst: dict[str, list[float]] = {name: [] for name in ways}
    middle: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(ROUNDS_WARM):
        for name in list(ways) if number % 2 else list(ways)[::-1]:
            # The proxy keeps PHP-FPM awake for the other way too: its idle time is 300 s.
            client.visit(address, [site.domain])
            times = answered(client.visit(address, [ways[name]] * AT_ONCE, requests=REQUESTS))
            worst[name].append(figures.percentile(times, 0.99))
            middle[name].append(statistics.median(times))
    for what, values, reach in (("p99", worst, "<= 1.10 x"), ("median", middle, "")):
        compared = (
            f"straight to PHP-FPM: {figures.seconds(values['straight'])},"
            f" {figures.ratio(values['proxy'], values['straight'])}"
        )
        figures.show(f"warm, {AT_ONCE} at once, {what}", figures.seconds(values["proxy"]), compared, reach)


def answered(answers: list[client.Answer]) -> list[float]:
    """Their times; each must be an answer."""
    bad = [answer.status for answer in answers if answer.status != 200]
    if bad:
        raise SystemExit(f"{len(bad)} of {len(answers)} answers: {sorted(set(bad))}")
    return [answer.seconds for answer in answers]


def woken(stage: Stage) -> None:
    """One visitor of each sleeping site at the same moment; then the same when all are awake."""
    domains = [site.domain for site in stage.joined[1:]]
    slow, fast = [], []
    for _ in range(ROUNDS_WOKEN):
        stage.sh("systemctl stop 'nuage-wordpress@*.service'")
        asleep(stage)
        slow.append(max(answered(client.visit(stage.address, domains))))
        fast.append(max(answered(client.visit(stage.address, domains))))
    compared = f"awake: {figures.seconds(fast)}, {figures.ratio(slow, fast)}"
    figures.show(
        f"{len(domains)} idle tenants woken at once, the last", figures.seconds(slow), compared, "< 15 s"
    )
