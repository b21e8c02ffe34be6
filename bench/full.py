"""Municipalities with everything (accounts, Nextcloud, a website): `python -m bench full`.

What `nuage apply` takes for a first one, further ones and none at all, beside `full_by_hand.sh`; what an idle one
costs. `nextcloud` goes on with requests and files. `NUAGE_BENCH_FULL` is the number of further ones (20).
"""

from __future__ import annotations

import statistics
from pathlib import Path

from bench import figures, tenants
from bench.full_hand import FullHand
from bench.full_stage import FullStage
from bench.memory import sample
from bench.stage import Spent, Stage

FORTY = 40
INSTALLS = 3
INSTALL = Path(__file__).with_name("install_by_hand.sh")


def run(stage: Stage) -> None:
    """All of it; leaves the server with all municipalities but the one that is made by hand."""
    if not isinstance(stage, FullStage):
        raise TypeError("another server than one with everything")
    figures.title("a municipality with everything")
    hand = one_by_one(stage)
    # Of those made by hand too, which stay.
    stage.memory_alone = sample(stage)
    few = len(stage.joined)
    alone = tenants.nothing(stage, f"{few} full tenants", "12 s at 40")
    tenants.further(stage, hand, "<= 1.3 x")
    together = tenants.nothing(stage, f"{len(stage.joined)} full tenants", "12 s at 40")
    told(alone, together, few, len(stage.joined))
    memory(stage, few)


def one_by_one(stage: FullStage) -> list[float]:
    """Each to a prepared server and beside the script, in turn first; then Nextcloud's own installation."""
    ours: list[Spent] = []
    hand: list[float] = []
    for number, (site, made_by_hand) in enumerate(zip(stage.single, stage.by_hand, strict=True)):
        by = FullHand(stage, made_by_hand)
        by.files()
        if number % 2:
            hand.append(by.run())
        stage.join(site)
        spent, outcomes = stage.timed_apply()
        if {outcomes[host] for host in tenants.hosts(site, outcomes)} != {"created"}:
            raise SystemExit(f"not created: {outcomes}")
        ours.append(spent)
        if not number % 2:
            hand.append(by.run())
    walls = [spent.wall for spent in ours]
    compared = f"by hand, cloned: {figures.seconds(hand)}, {figures.ratio(walls, hand)}"
    figures.show("a full tenant on a prepared server", figures.seconds(walls), compared, "<= 1.5 x")
    tenants.processor(ours)
    installed = [float(stage.sh("bash -s", body=INSTALL.read_bytes())) for _ in range(INSTALLS)]
    figures.show(
        "  `occ maintenance:install` alone, by hand",
        figures.seconds(installed),
        f"the whole tenant by `nuage`: {figures.ratio(walls, installed)}",
    )
    return hand


def told(alone: list[float], together: list[float], few: int, many: int) -> None:
    """What a further one adds, and so what 40 would take: told from these, not measured."""
    before, after = statistics.median(alone), statistics.median(together)
    each = (after - before) / (many - few)
    figures.show("  per further full tenant", f"{each:.3f} s")
    if many < FORTY:
        expected = after + each * (FORTY - many)
        figures.show(f"  {FORTY}, told from {few} and {many}, not measured", f"{expected:.2f} s", "", "12 s")


def memory(stage: FullStage, few: int) -> None:
    """Of what stays on the server when all sleep."""
    if stage.memory_alone is None:
        raise SystemExit("nothing to compare with")
    alone, together, many = stage.memory_alone, sample(stage), len(stage.joined)
    figures.show("processes of idle full tenants", "0", f"{many} tenants", "0")
    for name, what in (
        ("total", "PSS of nginx and PID 1 per full tenant"),
        ("own", "  of which not shared at all"),
    ):
        before, after = getattr(alone, name), getattr(together, name)
        each = (after - before) / (many - few) / 1024
        compared = f"{few} tenants: {before / 1024:.1f} MiB, {many}: {after / 1024:.1f} MiB"
        figures.show(what, f"{each:.3f} MiB", compared, "< 0.5 MB" if name == "total" else "")
