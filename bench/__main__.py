"""Every figure of RESULTS.md, or those of the benches named: `python -m bench NAME...`.

Each is printed beside its baseline of the same run. Nothing is asserted about time. Those of servers need root: they
make a lab called `bench` and take it down.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import audit_collect, export, full, full_stage, idle, large, nextcloud, tenants
from bench.stage import Stage

ALONE = (
    "placement",
    "plan_build",
    "identity",
    "audit_verify",
    "audit_roundtrip",
    "upgrade",
    "move",
    "restore",
)
Deployed = dict[str, Callable[[Stage], None]]
WEBSITES: Deployed = {
    "tenants": tenants.run,
    "idle": idle.run,
    "audit_collect": audit_collect.run,
    "export": export.run,
}
EVERYTHING: Deployed = {"full": full.run, "nextcloud": nextcloud.run}


def main(names: list[str]) -> None:
    """Run them in this order, those of a kind on one server."""
    known = [*ALONE, *WEBSITES, *EVERYTHING]
    if unknown := set(names) - set(known):
        raise SystemExit(f"no such bench: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    if not large.DATA.is_file():
        raise SystemExit(f"SKIPPED, NOT MEASURED: {large.DATA} is absent")
    chosen = [name for name in known if not names or name in names]
    for name in chosen:
        if name in ALONE:
            print(f"\n## {name}", flush=True)
            subprocess.run([sys.executable, "-m", f"bench.{name}"], check=True)
    on_a_server(Stage, [WEBSITES[name] for name in chosen if name in WEBSITES])
    everything = [EVERYTHING[name] for name in chosen if name in EVERYTHING]
    if everything and (lacking := full_stage.lacking()):
        archives = ", ".join(lacking)
        print(f"\nSKIPPED, NOT MEASURED: this machine has no archive of {archives}", flush=True)
        return
    on_a_server(full_stage.FullStage, everything)


def on_a_server(kind: Callable[[Path], Stage], benches: list[Callable[[Stage], None]]) -> None:
    """A prepared server, these benches one after the other, and nothing left of it."""
    if not benches:
        return
    with tempfile.TemporaryDirectory(prefix="nuage-bench-") as folder:
        stage = kind(Path(folder, "consortium"))
        stage.prepare()
        try:
            for bench in benches:
                bench(stage)
        finally:
            stage.lab.down()


if __name__ == "__main__":
    main(sys.argv[1:])
