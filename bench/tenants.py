"""What `nuage apply` takes, whole processes: a first municipality, 40 further ones, one that changes, nothing at all.

The baseline of a new municipality is `by_hand.sh`: the same steps on the same server in one shell script.
That of an apply with nothing to do is Ansible's own `ping` of the server.
"""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Mapping

from bench import figures
from bench.hand import Hand
from bench.memory import sample
from bench.stage import Spent, Stage, timed
from provisioner.inventory.tree import ansible_root
from tests.deployed import HOST, Site

FRESH = 3
QUIET = 5
CHANGES = 3


def run(stage: Stage) -> None:
    """All of it; leaves the server with all municipalities but the one that is made by hand."""
    figures.title("apply")
    hand = first(stage, Hand(stage))
    stage.memory_alone = sample(stage)
    alone = nothing(stage, "1 tenant")
    change_alone = change(stage)
    further(stage, hand, "<= 3 s")
    together = nothing(stage, f"{len(stage.joined)} tenants")
    each = (statistics.median(together) - statistics.median(alone)) / (len(stage.joined) - 1)
    figures.show("  per further tenant", f"{each:.3f} s", "", "< 0.1 s")
    change_together = change(stage)
    figures.show(
        f"one changed among {len(stage.joined)}",
        figures.seconds(change_together),
        f"alone: {figures.seconds(change_alone)}, {figures.ratio(change_together, change_alone)}",
        "<= 1.2 x",
    )


def first(stage: Stage, by: Hand) -> list[float]:
    """A first municipality on a prepared server, several times, each on a server made anew."""
    ours: list[Spent] = []
    hand: list[float] = []
    for number in range(FRESH):
        if number:
            stage.fresh_server()
            stage.leave_all()
        by_hand_first = number % 2 == 1
        if by_hand_first:
            hand.append(by.run())
        stage.join(stage.first)
        spent, outcomes = stage.timed_apply()
        if {outcomes[host] for host in hosts(stage.first, outcomes)} != {"created"}:
            raise SystemExit(f"not created: {outcomes}")
        ours.append(spent)
        if number == 0:
            by.files()
        if not by_hand_first:
            hand.append(by.run())
    walls = [spent.wall for spent in ours]
    over = statistics.median(walls) - statistics.median(hand)
    compared = f"by hand: {figures.seconds(hand)}, {over:+.2f} s"
    figures.show("a first tenant on a prepared server", figures.seconds(walls), compared, "<= +6 s")
    processor(ours)
    return hand


def processor(spent: list[Spent]) -> None:
    """What of it the control machine had to do."""
    each = [one.processor for one in spent]
    figures.show("  of which processor time of the control machine", figures.seconds(each))


def hosts(site: Site, outcomes: Mapping[str, str]) -> list[str]:
    """Those of an apply's outcomes that are of one municipality."""
    return [host for host in outcomes if host.startswith(f"{site.code}-")]


def nothing(stage: Stage, who: str, reach: str = "10 s") -> list[float]:
    """`apply` when all is as asked, and Ansible's own ping in turn."""
    ping = [
        shutil.which("ansible", path=stage.environment["PATH"]) or "ansible",
        HOST,
        *("--inventory", str(stage.folder / "build"), "--module-name", "ansible.builtin.ping"),
    ]
    environment = {**stage.environment, "ANSIBLE_CONFIG": str(ansible_root() / "ansible.cfg")}
    environment["ANSIBLE_VAULT_PASSWORD_FILE"] = stage.environment["NUAGE_VAULT_PASSWORD_FILE"]
    ours, theirs = [], []
    for _ in range(QUIET):
        spent, outcomes = stage.timed_apply()
        if set(outcomes.values()) != {"unchanged"}:
            raise SystemExit(f"something changed: {outcomes}")
        ours.append(spent)
        theirs.append(timed(ping, environment)[0])
    walls, pings = [spent.wall for spent in ours], [spent.wall for spent in theirs]
    compared = f"ansible ping: {figures.seconds(pings)}, {figures.ratio(walls, pings)}"
    figures.show(f"nothing changed, 1 server, {who}", figures.seconds(walls), compared, reach)
    figures.show(
        "  of which processor time of the control machine",
        figures.seconds([spent.processor for spent in ours]),
        f"ansible ping: {figures.seconds([spent.processor for spent in theirs])}",
    )
    return walls


def change(stage: Stage) -> list[float]:
    """Another telephone number for the first municipality."""
    walls = []
    for number in range(CHANGES):
        stage.touch(stage.first, len(stage.joined) * 10 + number)
        spent, outcomes = stage.timed_apply()
        changed = [host for host, outcome in outcomes.items() if outcome != "unchanged"]
        if changed != [f"{stage.first.code}-apps"]:
            raise SystemExit(f"another change than asked for: {changed}")
        walls.append(spent.wall)
    if len(stage.joined) == 1:
        figures.show("one changed, alone", figures.seconds(walls))
    return walls


def further(stage: Stage, hand: list[float], reach: str) -> None:
    """All the others at once."""
    others = stage.others
    stage.join(*others)
    spent, outcomes = stage.timed_apply()
    theirs = [host for site in others for host in hosts(site, outcomes)]
    created = [host for host in theirs if outcomes[host] == "created"]
    if len(created) != len(theirs):
        raise SystemExit(f"{len(created)} created, not {len(theirs)}")
    each, by_hand_each = spent.wall / len(others), statistics.median(hand)
    compared = f"by hand: {by_hand_each:.2f} s each, {each / by_hand_each:.2f} x"
    figures.show(
        f"{len(others)} further tenants, {spent.wall:.0f} s in all", f"{each:.2f} s each", compared, reach
    )
    of_which = f"{spent.processor / len(others):.2f} s each"
    figures.show("  of which processor time of the control machine", of_which)
