"""Keycloak with as many realms as a server holds: start, memory, sign-in, a further realm. `python -m bench.identity`.

Beside each: the same of the same server with one realm, or the same step by hand (one request of a bare realm).
Needs root; makes a lab called `bench` and takes it down.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

sys.path.insert(0, str(Path(__file__).parent.parent / ".collections"))

from ansible_collections.nuage_commun.platform.plugins.module_utils import keycloak_desired as desired

from bench import figures, large
from bench.stage import LAB, timed
from provisioner import messages
from provisioner.folder import write_tenant
from provisioner.lab.consortium import announce
from provisioner.spec.tenant import Tenant
from tests.deployed import Deployment
from tests.infra.accounts import PASSWORD, Accounts
from tests.signing_in import Application
from tests.towns import Site

REALMS = int(os.environ.get("NUAGE_BENCH_REALMS", "200"))
ROUNDS = 3
SIGN_INS = 20
BATCH = 20
PSS = "awk '/^Pss:/ { sum += $2 } END { print sum }' $(pgrep -u keycloak | sed 's|.*|/proc/&/smaps_rollup|')"


class Cell(Deployment):
    """A consortium of one sign-in server."""

    def __init__(self, folder: Path) -> None:
        chosen = list(large.many(large.municipalities(), ROUNDS))
        self.specs = {slug: large.tenant(slug, code, facts, "pilote") for slug, code, facts in chosen}
        sites = tuple(Site(slug, code, self.specs[slug].domains.website, "") for slug, code, _facts in chosen)
        super().__init__(folder, LAB, sites)

    def prepare(self) -> Accounts:
        """The server alone."""
        self.start_lab()
        self.write_consortium()
        path = self.folder / "consortium.yml"
        spec = yaml.safe_load(path.read_text(encoding="utf-8"))
        spec["servers"][0]["roles"] = ["apps", "identity"]
        path.write_text(yaml.safe_dump(spec, allow_unicode=True, sort_keys=False), encoding="utf-8")
        for tenant in (self.folder / "tenants").glob("*.yml"):
            tenant.unlink()
        self.nuage("apply", "--yes")
        return Accounts(self)

    def change(self, site: Site, **fields: object) -> None:
        """The example's municipalities aren't these."""

    def join(self, site: Site) -> float:
        """Seconds of `nuage apply`, whole process, for one further municipality that asks for accounts alone."""
        text = self.specs[site.slug].model_dump(mode="json") | {"services": {"identity": {}}}
        write_tenant(self.folder, site.slug, Tenant.model_validate(text))
        announce(self.lab, self.folder)
        spent, _output = timed(["nuage", "apply", "--yes", "--json"], self.environment)
        return spent.wall


def wanted(code: str) -> dict[str, Any]:
    """What the role asks for, of a municipality with both applications."""
    clients = [
        {
            "id": name,
            "name": name,
            "base_url": f"https://{name}.t{code}.example/",
            "redirect_uris": [f"https://{name}.t{code}.example/retour"],
            "post_logout_redirect_uris": [f"https://{name}.t{code}.example/"],
            "backchannel_logout_url": "",
        }
        for name in ("nextcloud", "wordpress")
    ]
    relay = {"host": "192.0.2.25", "port": 25, "tls": False, "sender": "a@b.example", "sender_name": code}
    return {
        "realm": code,
        "display_name": code,
        "language": "fr",
        "state": "active",
        "second_factor": "administrators",
        "invitation_days": 7,
        "events_days": 90,
        "sessions": {"access_seconds": 120, "idle_minutes": 120, "max_hours": 10},
        "smtp": relay,
        "clients": clients,
        "ldap": {},
        "broker": {},
    }


def realms(accounts: Accounts, first: int, last: int) -> list[float]:
    """Make realms as the module does; seconds of each."""
    found = []
    for start in range(first, last, BATCH):
        bodies = [
            desired.whole(wanted(f"{number:05}"), {"nextcloud": "n" * 32, "wordpress": "w" * 32})
            for number in range(start, min(start + BATCH, last))
        ]
        answers = accounts.several(*(("POST", "", body) for body in bodies))
        assert all(status == 201 for status, _answer, _seconds in answers), answers
        found += [seconds for _status, _answer, seconds in answers]
    return found


def by_hand(accounts: Accounts) -> list[float]:
    """A bare realm in one request, made and removed."""
    found = []
    for number in range(ROUNDS):
        name = f"nu{number}"
        (made, gone) = accounts.several(
            ("POST", "", {"realm": name, "enabled": True}), ("DELETE", f"/{name}", None)
        )
        assert (made[0], gone[0]) == (201, 204)
        found.append(made[2])
    return found


def starts(accounts: Accounts) -> list[float]:
    """Seconds from asking for a start until Keycloak says that it is ready."""
    found = []
    for _round in range(ROUNDS):
        accounts.deployment.sh("systemctl stop nuage-identity")
        began = time.perf_counter()
        accounts.deployment.sh("systemctl start nuage-identity")
        found.append(time.perf_counter() - began)
    return found


def sign_ins(accounts: Accounts, codes: list[str]) -> list[float]:
    """Seconds from the password to the address of return; each by another person, in each realm in turn."""
    made = []
    for code in codes:
        application = {
            "clientId": "essai",
            "secret": "e" * 32,
            "redirectUris": ["https://essai.example/retour"],
        }
        person = {
            "username": "essai.bench",
            "email": "essai@bench.example",
            "firstName": "Essai",
            "lastName": "Bench",
            "enabled": True,
            "emailVerified": True,
            "credentials": [{"type": "password", "value": PASSWORD}],
        }
        made += [("POST", f"/{code}/clients", application), ("POST", f"/{code}/users", person)]
    answers = accounts.several(*made)
    assert all(status == 201 for status, _answer, _seconds in answers), answers
    found = []
    for code in [*codes[:1], *codes]:
        # The first one warms up what is common to all; it isn't counted.
        application = Application(code, "essai", "https://essai.example/retour", "e" * 32)
        browser = accounts.browser()
        page = application.ask(browser)
        began = time.perf_counter()
        landed = browser.submit(page, username="essai.bench", password=PASSWORD)
        found.append(time.perf_counter() - began)
        assert "code" in landed.query, landed.text
    return found[1:]


def memory(accounts: Accounts) -> float:
    """PSS in MiB of all of Keycloak's processes."""
    return int(accounts.deployment.sh(PSS)) / 1024


def run(cell: Cell) -> None:
    """All of it."""
    accounts = cell.prepare()
    figures.title(f"sign-in server, up to {REALMS} realms")
    (first,) = realms(accounts, 0, 1)
    empty = starts(accounts)
    one = sign_ins(accounts, ["00000"])
    alone = memory(accounts)
    bare = by_hand(accounts)
    further = realms(accounts, 1, REALMS - 1)
    full = starts(accounts)
    figures.title("the same, full")
    figures.show("start", figures.seconds(full), f"one realm: {figures.seconds(empty)}", "< 60 s")
    step = max(1, (REALMS - 1) // SIGN_INS)
    codes = [f"{number:05}" for number in range(1, REALMS - 1, step)][:SIGN_INS]
    spent = sign_ins(accounts, codes)
    figures.show(
        "sign-in, password to application", figures.seconds(spent), f"one realm: {one[0]:.2f} s", "< 0.5 s"
    )
    figures.show("  95th percentile", f"{figures.percentile(spent, 0.95):.2f} s")
    hand = by_hand(accounts)
    figures.show("a realm in one request", figures.seconds(further[-ROUNDS:]), f"the first: {first:.2f} s")
    figures.show("  a bare one by hand", figures.seconds(hand), f"one realm: {figures.seconds(bare)}")
    joined = [cell.join(site) for site in cell.sites]
    figures.show("a further one by `nuage apply`", figures.seconds(joined), "", "< 3 s")
    figures.show("memory (PSS)", f"{memory(accounts):.0f} MiB", f"one realm: {alone:.0f} MiB", "< 1500 MB")
    sizes = json.loads(accounts.deployment.sh(HEAP))
    figures.show("  of which Java's heap", f"{sizes['used']:.0f} MiB", f"of {sizes['max']:.0f} MiB")


HEAP = """python3 - <<'PROGRAM'
import json, re, urllib.request
text = urllib.request.urlopen("http://127.0.0.1:9000/metrics").read().decode()
found = {}
for name in ("used", "max"):
    pattern = r'^jvm_memory_%s_bytes\\{[^}]*area="heap"[^}]*\\} (\\S+)' % name
    found[name] = sum(max(0, float(value)) for value in re.findall(pattern, text, re.M)) / 1048576
print(json.dumps(found))
PROGRAM"""


def main() -> None:
    """On a lab of its own."""
    messages.use("en")
    with tempfile.TemporaryDirectory(prefix="nuage-bench-") as folder:
        cell = Cell(Path(folder, "consortium"))
        try:
            run(cell)
        finally:
            cell.lab.down()


if __name__ == "__main__":
    main()
