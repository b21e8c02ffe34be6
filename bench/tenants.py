"""What `nuage apply` takes, whole processes: a first municipality, 40 further ones, one that changes, nothing at all.

The baseline of a new municipality is `by_hand.sh`: the same steps on the same server in one shell script.
That of an apply with nothing to do is Ansible's own `ping` of the server.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
from pathlib import Path

from bench import figures
from bench.memory import sample
from bench.stage import Spent, Stage, timed
from provisioner.inventory.tree import ansible_root
from tests.deployed import HOST, Site

FRESH = 3
QUIET = 5
CHANGES = 3
SCRIPT = Path(__file__).with_name("by_hand.sh")
ETC = ("etc/wordpress", "etc/nuage", "etc/nginx/nuage.d", "etc/nftables.d/tenants", "etc/systemd/system")


def run(stage: Stage) -> None:
    """All of it; leaves the server with all municipalities but the one that is made by hand."""
    figures.title("apply")
    hand = first(stage)
    stage.memory_alone = sample(stage)
    alone = nothing(stage, "1 tenant")
    change_alone = change(stage)
    further(stage, hand)
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


def first(stage: Stage) -> list[float]:
    """A first municipality on a prepared server, several times, each on a server made anew."""
    ours: list[Spent] = []
    hand: list[float] = []
    for number in range(FRESH):
        if number:
            stage.fresh_server()
            stage.leave_all()
        by_hand_first = number % 2 == 1
        if by_hand_first:
            hand.append(by_hand(stage))
        stage.join(stage.first)
        spent, outcomes = stage.timed_apply()
        if outcomes[f"{stage.first.code}-apps"] != "created":
            raise SystemExit(f"not created: {outcomes}")
        ours.append(spent)
        if number == 0:
            finished_files(stage)
        if not by_hand_first:
            hand.append(by_hand(stage))
    walls = [spent.wall for spent in ours]
    over = statistics.median(walls) - statistics.median(hand)
    compared = f"by hand: {figures.seconds(hand)}, {over:+.2f} s"
    figures.show("a first tenant on a prepared server", figures.seconds(walls), compared, "<= +6 s")
    processor = figures.seconds([spent.processor for spent in ours])
    figures.show("  of which processor time of the control machine", processor)
    return hand


def finished_files(stage: Stage) -> None:
    """The files of the municipality made by hand, as a person has them ready: the first one's, with other names."""
    hand, files = stage.made_by_hand, stage.folder / "by-hand" / "files"
    theirs, ours = stage.specs[stage.first], stage.specs[hand]
    found = stage.sh(f"cd /; find {' '.join(ETC)} -type f -name '*{stage.first.code}*'").split()
    replacements = [(theirs.domains.website, ours.domains.website), (stage.first.code, hand.code)]
    replacements += [(theirs.domains.website_aliases[0], ours.domains.website_aliases[0])]
    replacements += [(str(stage.first.uid), str(hand.uid))]
    for name in found:
        text = stage.sh(f"cat /{name}")
        for old, new in sorted(replacements, key=lambda pair: -len(pair[0])):
            text = text.replace(old, new)
        target = files / name.replace(stage.first.code, hand.code)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def by_hand(stage: Stage) -> float:
    """Seconds that the shell script takes for a municipality that `nuage` knows nothing of."""
    site, place = stage.made_by_hand, stage.folder / "by-hand"
    tenant, status = stage.specs[site], stage.lab.status()
    names = (tenant.domains.website, *tenant.domains.website_aliases)
    stage.lab.set_names({**status.names, **dict.fromkeys(names, stage.address)})
    place.joinpath("site.json").write_text(json.dumps(request(stage, site)), encoding="utf-8")
    sockets = place / "ssh"
    sockets.mkdir(exist_ok=True, mode=0o700)
    options = {
        "HostName": stage.address,
        "User": "root",
        "IdentityFile": stage.lab.paths.private_key,
        "IdentitiesOnly": "yes",
        "UserKnownHostsFile": stage.lab.paths.known_hosts,
        "ControlMaster": "auto",
        "ControlPath": sockets / "%h",
        "ControlPersist": "20s",
        "LogLevel": "ERROR",
    }
    lines = ["Host server", *(f"    {name} {value}" for name, value in options.items())]
    (place / "ssh_config").write_text("\n".join(lines) + "\n", encoding="utf-8")
    environment = {
        **os.environ,
        "SSH_CONFIG": str(place / "ssh_config"),
        "FILES": str(place / "files"),
        "SITE": str(place / "site.json"),
        "STATE": str(place),
        "DIRECTORY": status.acme_directory,
        "AUTHORITY": str(status.acme_root),
    }
    spent, _ = timed([str(SCRIPT), site.code, *names], environment)
    timed(["ssh", "-F", str(place / "ssh_config"), "-O", "exit", "server"], environment)
    return spent.wall


def request(stage: Stage, site: Site) -> dict[str, object]:
    """What site.php reads for it."""
    tenant = stage.specs[site]
    administrator, privacy = tenant.contacts.administrator, tenant.contacts.privacy_officer
    return {
        "code": site.code,
        "domain": site.domain,
        "title": tenant.name,
        "designation": tenant.designation,
        "language": "fr",
        "timezone": "America/Toronto",
        "admin": {
            "user": f"admin-{site.code}",
            "name": administrator.name,
            "email": administrator.email,
            "password": "by-hand-by-hand-by-hand",
        },
        "contacts": {
            "telephone": "",
            "email": administrator.email,
            "privacy_name": privacy.name,
            "privacy_email": privacy.email,
        },
        "check": False,
    }


def nothing(stage: Stage, who: str) -> list[float]:
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
    figures.show(f"nothing changed, 1 server, {who}", figures.seconds(walls), compared, "10 s")
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


def further(stage: Stage, hand: list[float]) -> None:
    """All the others at once."""
    others = stage.others
    stage.join(*others)
    spent, outcomes = stage.timed_apply()
    created = [host for host, outcome in outcomes.items() if outcome == "created"]
    if len(created) != len(others):
        raise SystemExit(f"{len(created)} created, not {len(others)}")
    each, by_hand_each = spent.wall / len(others), statistics.median(hand)
    compared = f"by hand: {by_hand_each:.2f} s each, {each / by_hand_each:.2f} x"
    figures.show(
        f"{len(others)} further tenants, {spent.wall:.0f} s in all", f"{each:.2f} s each", compared, "<= 3 s"
    )
    processor = f"{spent.processor / len(others):.2f} s each"
    figures.show("  of which processor time of the control machine", processor)
