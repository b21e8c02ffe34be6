"""Websites that nobody visits have no process; whoever visits wakes them; nothing that they began is lost."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.deployed import ABERCORN, GARDIEN, ILES, Deployment, Site, wait_until

pytestmark = pytest.mark.lab
IDLE_SECONDS = 2
ON_DEMAND = (ABERCORN, GARDIEN)
DROP_IN = "/etc/systemd/system/nuage-wordpress@.service.d/nuage-test.conf"


def unit(site: Site, kind: str) -> str:
    return f"nuage-wordpress{kind}@{site.code}"


@pytest.fixture(scope="module", autouse=True)
def short_idle_time(deployment: Deployment) -> Iterator[None]:
    """The unit as the role wrote it, except for the time."""
    deployment.sh(
        f"mkdir -p $(dirname {DROP_IN}); printf '[Service]\\nExecStart=\\n' > {DROP_IN};"
        f"grep ^ExecStart= /etc/systemd/system/nuage-wordpress@.service"
        f" | sed -E 's/exit-idle-time=[0-9]+s/exit-idle-time={IDLE_SECONDS}s/' >> {DROP_IN};"
        f"grep -q exit-idle-time={IDLE_SECONDS}s {DROP_IN}; systemctl daemon-reload"
    )
    fall_asleep(deployment, restart=True)
    yield
    deployment.sh(
        f"rm -r $(dirname {DROP_IN}); systemctl daemon-reload; systemctl stop 'nuage-wordpress@*.service'"
    )


def fall_asleep(deployment: Deployment, *, restart: bool = False) -> None:
    if restart:
        deployment.sh("systemctl stop 'nuage-wordpress@*.service'")
    for site in ON_DEMAND:
        wait_until(lambda site=site: not deployment.processes(site), 60, f"{site.slug} asleep")


def busy(seconds: int) -> str:
    """PHP that works for so long; a single `sleep` would end at the first signal."""
    return f"for ($end = time() + {seconds}; time() < $end; usleep(100000)) {{ hash('sha256', $end); }}"


def test_an_idle_site_has_no_process(deployment: Deployment) -> None:
    deployment.answers(*ON_DEMAND)
    assert deployment.processes(ABERCORN)
    fall_asleep(deployment)
    assert deployment.sh(f"systemctl is-active {unit(ABERCORN, '')}.socket").strip() == "active"
    states = deployment.sh(f"systemctl is-active {ABERCORN.php} {unit(ABERCORN, '')}.service", code=None)
    assert states.split() == ["inactive", "inactive"]


def test_a_visitor_wakes_it(deployment: Deployment) -> None:
    fall_asleep(deployment)
    deployment.answers(ABERCORN)
    assert deployment.processes(ABERCORN)
    assert not deployment.processes(GARDIEN), "nobody visited that one"


def test_a_resident_site_stays(deployment: Deployment) -> None:
    fall_asleep(deployment)
    assert deployment.processes(ILES)
    listed = deployment.sh(
        f"systemctl list-unit-files --no-legend '{unit(ILES, '')}.socket' | grep enabled || true"
    )
    assert "enabled" not in listed.split()[1:2]


def test_a_static_file_wakes_nobody(deployment: Deployment) -> None:
    fall_asleep(deployment)
    assert deployment.get(ABERCORN, "/wp-includes/css/dashicons.min.css").status == 200
    assert not deployment.processes(ABERCORN)


def test_work_after_the_answer_survives_the_stop(deployment: Deployment) -> None:
    """The proxy goes after its idle time; PHP must end what it began first."""
    fall_asleep(deployment)
    seconds = IDLE_SECONDS + 8
    done = f"/srv/tenants/{ABERCORN.user}/tmp/nuage-test-done"
    deployment.sh(f"rm -f {done}")
    job = (
        f"echo json_encode(getmypid()); fastcgi_finish_request(); {busy(seconds)}"
        "file_put_contents('/tmp/nuage-test-done', 'done');"
    )
    assert deployment.php(ABERCORN, job) > 0
    wait_until(
        lambda: deployment.sh(f"systemctl is-active {ABERCORN.php}", code=None).strip() == "deactivating",
        seconds,
        "PHP is told to stop while it works",
    )
    assert deployment.sh(f"cat {done} 2>/dev/null || true") == ""
    fall_asleep(deployment)
    assert deployment.sh(f"cat {done}") == "done"
    result = deployment.sh(f"systemctl show --property Result --value {ABERCORN.php}").strip()
    assert result == "success"


def test_a_visitor_during_the_stop_is_answered(deployment: Deployment) -> None:
    """Somebody comes while PHP is ending its work: the answer waits for it, and isn't an error."""
    fall_asleep(deployment)
    deployment.php(ABERCORN, f"echo json_encode(1); fastcgi_finish_request(); {busy(IDLE_SECONDS + 8)}")
    wait_until(
        lambda: deployment.sh(f"systemctl is-active {ABERCORN.php}", code=None).strip() == "deactivating",
        30,
        "PHP is told to stop while it works",
    )
    assert deployment.get(ABERCORN).status == 200


def test_many_at_once_on_sleeping_sites(deployment: Deployment) -> None:
    fall_asleep(deployment)

    def ask(number: int) -> int:
        return deployment.get(ON_DEMAND[number % 2], f"/?s={number}", timeout=120).status

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(ask, range(40))) == [200] * 40
