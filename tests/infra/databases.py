"""Two municipalities' PostgreSQL databases on the deployment's server, made as a deployment makes them.

They are of nobody else: the tests fill them, break them and take them away.
"""

from __future__ import annotations

import io
import json
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.deployed import Deployment, wait_until

ROOT = Path(__file__).parents[2]
UTILITIES = ROOT / "plugins" / "module_utils"
PLACE = "/root/nuage-test-modules"
PACKAGE = "ansible_collections/nuage_commun/platform/plugins/module_utils"
GOLDEN = "golden_nuage_test"
PROGRAM = "/usr/lib/postgresql/17/bin/psql"
PSQL = f"{PROGRAM} -h /run/postgresql -qtAX -v ON_ERROR_STOP=1"
LIMIT_MIB = 100
MAKE_GOLDEN = """
SET ROLE golden;
SELECT format('CREATE TABLE public.t%s (id bigserial PRIMARY KEY, a text, b bigint DEFAULT 0);'
              ' CREATE INDEX ON public.t%1$s (a);'
              ' INSERT INTO public.t%1$s (a) SELECT md5(i::text) FROM generate_series(1, 200) i', n)
  FROM generate_series(1, 40) n \\gexec
"""
DRIVER = f"""
import json, sys
sys.path.insert(0, "{PLACE}")
from ansible_collections.nuage_commun.platform.plugins.module_utils import postgresql, postgresql_tenant as tenant
asked = json.load(sys.stdin)
if asked["do"] == "golden":
    postgresql.own_roles(False)
    tenant.begin_golden(asked["name"])
    postgresql.sql(asked["sql"], asked["name"])
    tenant.finish_golden(asked["name"])
    answer = []
elif asked["do"] == "ensure":
    wanted = tenant.Wanted(asked["golden"], asked["limit"], 10, asked["read_only"])
    answer = tenant.ensure(asked["name"], wanted, check_mode=asked["check"])
elif asked["do"] == "destroy":
    answer = tenant.destroy(asked["name"])
elif asked["do"] == "drop golden":
    answer = tenant.drop_golden(asked["name"])
print(json.dumps(answer))
"""


@dataclass(frozen=True)
class Said:
    """What psql said as a municipality's user."""

    code: int
    text: str


class Databases:
    """The two roles, and the server's administrator."""

    first, second = "t99001", "t99002"

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.sh = deployment.sh

    def make(self) -> None:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            for path in UTILITIES.glob("*.py"):
                archive.add(path, f"{PACKAGE}/{path.name}", filter=_root)
        self.sh(f"rm -rf {PLACE}; mkdir {PLACE}; tar -x -C {PLACE}", body=buffer.getvalue())
        self.sh(f"cat > {PLACE}/driver.py", body=DRIVER.encode())
        self.call("golden", GOLDEN, sql=MAKE_GOLDEN)
        for name in (self.first, self.second):
            self.sh(f"id {name} >/dev/null 2>&1 || useradd --no-create-home --shell /bin/bash {name}")
            self.ensure(name)

    def remove(self) -> None:
        self.sh("systemctl start nuage-postgresql-guard")
        for name in (self.first, self.second):
            self.call("destroy", name)
            self.sh(f"userdel {name}; rm -f /run/nuage/databases/{name}.json", code=None)
        self.call("drop golden", GOLDEN)
        self.sh(f"rm -rf {PLACE}")

    def call(self, what: str, name: str, **more: Any) -> Any:
        """A function of the collection, on the server."""
        asked = json.dumps({"do": what, "name": name, **more})
        return json.loads(self.sh(f"python3 {PLACE}/driver.py", body=asked.encode()))

    def ensure(
        self, name: str, *, read_only: bool = False, check: bool = False, limit: int = LIMIT_MIB
    ) -> list[str]:
        """What changed."""
        asked = {"golden": GOLDEN, "limit": limit, "read_only": read_only, "check": check}
        changes, _created = self.call("ensure", name, **asked)
        return list(changes)

    def admin(self, statements: str, database: str = "postgres") -> str:
        return self.sh(f"{PSQL} -U postgres -d {database}", body=statements.encode()).strip()

    @staticmethod
    def signed_in(name: str, target: str = "") -> str:
        """A command: psql as a municipality's Unix user."""
        target = target or f"dbname={name} user={name}"
        return f"setpriv --reuid={name} --regid={name} --clear-groups {PSQL} '{target}'"

    def ask(
        self, name: str, statements: str, *, database: str = "", role: str = "", options: str = ""
    ) -> Said:
        """What a municipality's Unix user is told."""
        target = f"dbname={database or name} user={role or name} {options}"
        script = f"timeout 300 {self.signed_in(name, target)} 2>&1 && echo 0 || echo $?"
        text, _, code = self.sh(script, body=statements.encode()).rstrip().rpartition("\n")
        return Said(int(code), text.strip())

    def state(self, name: str) -> dict[str, Any]:
        """What the guard shows the municipality, read as the municipality."""
        text = self.sh(
            f"setpriv --reuid={name} --regid={name} --clear-groups cat /run/nuage/databases/{name}.json"
        )
        return dict(json.loads(text))

    def wait_for_state(self, name: str, *states: str, seconds: float = 120) -> None:
        wait_until(lambda: self.state(name)["state"] in states, seconds, f"{name} is {states}")

    def started(self) -> str:
        """When the server, or after a crash its processes, last began: a PANIC changes it."""
        return self.sh(
            "journalctl -u postgresql@17-main -o cat | grep -c 'ready to accept connections'"
        ).strip()


def _root(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.mode = 0o644
    return entry
