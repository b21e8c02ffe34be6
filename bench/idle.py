"""What idle municipalities cost, and what it costs to wake them; warm requests.

"By hand" is a PHP-FPM of the same site, without socket activation, sandbox and limits, that nginx asks by a second
vhost of the same site, under another name, on the same server.
"""

from __future__ import annotations

import time

from bench import client, figures
from bench.memory import PEOPLE, Memory, asleep, sample
from bench.stage import Stage
from bench.ways import Ways, answered

ROUNDS_FIRST = 9
ROUNDS_WARM = 6
ROUNDS_WOKEN = 3
AT_ONCE = 50
REQUESTS = 6


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
    memory(stage, stage.memory_alone)
    ways = Ways(stage, stage.first, "wordpress", stage.first.domain)
    with ways.open():
        first_request(stage, ways)
        warm(ways)
        woken(stage)


def memory(stage: Stage, alone: Memory) -> None:
    """After a visit to each, all fall asleep: by the program that looks for them, told not to wait."""
    answers = client.visit(stage.address, [site.domain for site in stage.joined])
    began = time.monotonic()
    while stage.sh("python3 -I -S /usr/local/lib/nuage/idle.py 0; " + PEOPLE).strip() != "0":
        time.sleep(2)
    waited = f"{len(answers)} visited, asleep {time.monotonic() - began:.0f} s later"
    figures.show("processes of idle tenants", "0", f"{waited} (PHP-FPM keeps a worker for 60 s)", "0")
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


def first_request(stage: Stage, ways: Ways) -> None:
    """Each round asks a sleeping site, then a PHP-FPM started by hand, from the server itself."""
    ways.first(stage.address, ROUNDS_FIRST)


def warm(ways: Ways) -> None:
    """As it is, and by the program alone."""
    chosen = {"unit": ways.domain, "by-hand": ways.by_hand}
    with ways.plain():
        middle, worst = ways.warm(chosen, AT_ONCE, REQUESTS, ROUNDS_WARM)
    for what, values, reach in (("p99", worst, "<= 1.10 x"), ("median", middle, "")):
        compared = (
            f"PHP-FPM by hand: {figures.seconds(values['by-hand'])},"
            f" {figures.ratio(values['unit'], values['by-hand'])}"
        )
        figures.show(f"warm, {AT_ONCE} at once, {what}", figures.seconds(values["unit"]), compared, reach)


def woken(stage: Stage) -> None:
    """One visitor of each sleeping site at the same moment; then the same when all are awake."""
    domains = [site.domain for site in stage.joined[1:]]
    slow, fast = [], []
    for _ in range(ROUNDS_WOKEN):
        stage.sh("systemctl stop 'nuage-wordpress-php@*.service'")
        asleep(stage)
        slow.append(max(answered(client.visit(stage.address, domains))))
        fast.append(max(answered(client.visit(stage.address, domains))))
    compared = f"awake: {figures.seconds(fast)}, {figures.ratio(slow, fast)}"
    figures.show(
        f"{len(domains)} idle tenants woken at once, the last", figures.seconds(slow), compared, "< 15 s"
    )
