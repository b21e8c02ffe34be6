"""Debian's updates on a real server: a library is replaced, what ran from it begins anew, people see no error."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from tests.deployed import ABERCORN, HOST, Deployment

pytestmark = pytest.mark.lab

LIBRARY = "libzstd1"
"""From the security suite; nginx, PHP, sshd and the databases run from it."""
OLDER = "~nuage"
"""A version that ends in this comes before the one that it is made of."""
MAKE_OLDER = f"""
cd $(mktemp -d /tmp/nuage-test-XXXXXX); chmod 755 .
apt-get --quiet --quiet update
apt-get --quiet --quiet --option APT::Sandbox::User=root download {LIBRARY}
dpkg-deb --raw-extract {LIBRARY}_*.deb tree
sed -i '/^Version: /s/$/{OLDER}/' tree/DEBIAN/control
dpkg-deb --build tree older.deb > /dev/null
dpkg --install --force-downgrade older.deb > /dev/null 2>&1
systemctl restart mariadb.service 'postgresql@*' nginx.service
rm -r $PWD
"""
USES_DELETED = "grep -l 'libzstd.*(deleted)' /proc/[0-9]*/maps 2>/dev/null || true"


def looks_after(deployment: Deployment, *words: str) -> dict[str, Any]:
    done = deployment.nuage("upgrade", "debian", "--yes", "--json", *words)
    return dict(json.loads(done.stdout)[HOST])


def test_an_older_library_is_replaced_and_its_users_begin_anew(deployment: Deployment) -> None:
    deployment.answers(ABERCORN)
    deployment.sh(MAKE_OLDER)
    before = deployment.sh("cat /run/nginx.pid")
    would = looks_after(deployment, "--dry-run")
    (library,) = [one for one in would["packages"] if one["name"] == LIBRARY]
    assert library["was"] == library["version"] + OLDER
    assert deployment.sh("cat /run/nginx.pid") == before, "that was only said"

    seen: list[tuple[int, bool]] = []
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            answer = deployment.get(ABERCORN)
            seen.append((answer.status, "Maintenance is under way" in answer.body))

    people = threading.Thread(target=ask)
    people.start()
    try:
        done = looks_after(deployment)
    finally:
        over.set()
        people.join()
    assert {"mariadb.service", "nginx.service", "ssh.service"} <= set(done["restarted"])
    assert done["closed"] is True
    assert deployment.sh("cat /run/nginx.pid") != before
    assert OLDER not in deployment.sh(f"dpkg-query --show {LIBRARY}")
    ask = "grep -h -e name=systemd -e ^0:: ${one%/maps}/cgroup || true"
    still = deployment.sh(f"for one in $({USES_DELETED}); do {ask}; done").split()
    # Who is in by SSH, and logind, which a reboot alone begins anew.
    assert not [where for where in still if "/user.slice/" not in where and "logind" not in where]
    assert set(seen) <= {(200, False), (503, True)}, "the site or the notice, and nothing else"
    assert (200, False) in seen
    deployment.answers()
    again = looks_after(deployment)
    assert (again["packages"], again["restarted"]) == ([], [])
