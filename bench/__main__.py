"""Every figure of RESULTS.md, or those of the benches named: `python -m bench [placement plan_build tenants idle]`.

Each is printed beside its baseline of the same run. Nothing is asserted about time. `tenants` and `idle` need root:
they make a lab called `bench` and take it down.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import idle, large, tenants
from bench.stage import Stage

ALONE = ("placement", "plan_build")
DEPLOYED: dict[str, Callable[[Stage], None]] = {"tenants": tenants.run, "idle": idle.run}


def main(names: list[str]) -> None:
    """Run them in this order, the deployed ones on one server."""
    known = [*ALONE, *DEPLOYED]
    if unknown := set(names) - set(known):
        raise SystemExit(f"no such bench: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    if not large.DATA.is_file():
        raise SystemExit(f"SKIPPED, NOT MEASURED: {large.DATA} is absent")
    chosen = [name for name in known if not names or name in names]
    for name in chosen:
        if name in ALONE:
            print(f"\n## {name}", flush=True)
            subprocess.run([sys.executable, "-m", f"bench.{name}"], check=True)
    deployed = [DEPLOYED[name] for name in chosen if name in DEPLOYED]
    if not deployed:
        return
    with tempfile.TemporaryDirectory(prefix="nuage-bench-") as folder:
        stage = Stage(Path(folder, "consortium"))
        stage.prepare()
        try:
            for bench in deployed:
                bench(stage)
        finally:
            stage.lab.down()


if __name__ == "__main__":
    main(sys.argv[1:])
