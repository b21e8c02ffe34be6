"""What `nuage audit collect` takes on one server, whole processes, browser aside, beside Ansible's own `ping`."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path

from bench import figures
from bench.stage import Stage, timed
from provisioner.inventory.tree import ansible_root
from tests.deployed import HOST

TIMES = 5


def run(stage: Stage) -> None:
    """With as many municipalities as the stage has room for."""
    figures.title("audit collect")
    missing = [site for site in (stage.first, *stage.others) if site not in stage.joined]
    if missing:
        stage.join(*missing)
        stage.timed_apply()
    with tempfile.TemporaryDirectory(prefix="nuage-bench-audit-") as folder:
        _collect(stage, Path(folder))


def _collect(stage: Stage, folder: Path) -> None:
    key = folder / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    ours, pings, sizes = [], [], []
    for number in range(TIMES):
        output = folder / f"audit-{number}"
        command = ["nuage", "audit", "collect", "--no-browser", "--json", "--key", str(key)]
        command += ["--log", str(folder / "log"), "--output", str(output)]
        spent, said = timed(command, stage.environment)
        if json.loads(said)["silent"]:
            raise SystemExit(f"not collected: {said}")
        ours.append(spent.wall)
        pings.append(_ping(stage))
        verifier = (output / "verify.py").stat().st_size
        size = sum(path.stat().st_size for path in output.rglob("*") if path.is_file()) - verifier
        sizes.append(size / len(stage.joined))
    who = f"1 server, {len(stage.joined)} tenants"
    compared = f"ansible ping: {figures.seconds(pings)}, {figures.ratio(ours, pings)}"
    figures.show(f"collect, seal and verify, {who}, no browser", figures.seconds(ours), compared, "< 30 s")
    figures.show(
        "  bundle per municipality, verify.py aside",
        f"{statistics.median(sizes) / 1000:.1f} kB",
        "",
        "< 100 kB",
    )


def _ping(stage: Stage) -> float:
    ansible = shutil.which("ansible", path=stage.environment["PATH"]) or "ansible"
    command = [
        ansible,
        HOST,
        "--inventory",
        str(stage.folder / "build"),
        "--module-name",
        "ansible.builtin.ping",
    ]
    environment = {**stage.environment, "ANSIBLE_CONFIG": str(ansible_root() / "ansible.cfg")}
    environment["ANSIBLE_VAULT_PASSWORD_FILE"] = stage.environment["NUAGE_VAULT_PASSWORD_FILE"]
    return timed(command, environment)[0].wall
