"""Websites that nobody visits have no process; whoever visits wakes them; nothing that they began is lost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.deployed import ABERCORN, GARDIEN, ILES, Deployment, Site, wait_until

pytestmark = pytest.mark.lab
IDLE_SECONDS = 2
POOLS = "/etc/nuage/php"
ON_DEMAND = (ABERCORN, GARDIEN)
UNITS = "/run/systemd/system"


def unit(site: Site, kind: str) -> str:
    return f"nuage-wordpress{kind}@{site.code}"


@pytest.fixture(scope="module", autouse=True)
def short_idle_time(deployment: Deployment) -> Iterator[None]:
    """Units and pools as the roles wrote them, except for their times."""
    deployment.sh(
        f"mkdir -p {UNITS}/nuage-idle.service.d {UNITS}/nuage-idle.timer.d;"
        # Started far more often than systemd lets a unit start.
        f"printf '[Unit]\\nStartLimitIntervalSec=0\\n[Service]\\nExecStart=\\n'"
        f" > {UNITS}/nuage-idle.service.d/test.conf;"
        f"sed -nE 's/^(ExecStart=.*idle.py) [0-9]+$/\\1 {IDLE_SECONDS}/p' /etc/systemd/system/nuage-idle.service"
        f" >> {UNITS}/nuage-idle.service.d/test.conf;"
        f"grep -q 'idle.py {IDLE_SECONDS}$' {UNITS}/nuage-idle.service.d/test.conf;"
        "printf '[Timer]\\nOnUnitInactiveSec=\\nOnUnitInactiveSec=1s\\nAccuracySec=100ms\\n'"
        f" > {UNITS}/nuage-idle.timer.d/test.conf;"
        f"sed -i 's/^pm.process_idle_timeout = 60s$/pm.process_idle_timeout = 1s/' {POOLS}/*-wordpress.conf;"
        "systemctl daemon-reload; systemctl restart nuage-idle.timer; systemctl start nuage-idle.service"
    )
    fall_asleep(deployment, restart=True)
    yield
    deployment.sh(
        f"rm -r {UNITS}/nuage-idle.*.d;"
        f"sed -i 's/^pm.process_idle_timeout = 1s$/pm.process_idle_timeout = 60s/' {POOLS}/*-wordpress.conf;"
        "systemctl daemon-reload; systemctl restart nuage-idle.timer"
    )


def fall_asleep(deployment: Deployment, *, restart: bool = False) -> None:
    if restart:
        deployment.sh(f"systemctl stop {' '.join(site.php for site in ON_DEMAND)}")
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
    assert deployment.sh(f"systemctl is-active {ABERCORN.php}", code=None).strip() == "inactive"


def test_a_visitor_wakes_it(deployment: Deployment) -> None:
    fall_asleep(deployment)
    deployment.answers(ABERCORN)
    assert deployment.processes(ABERCORN)
    assert not deployment.processes(GARDIEN), "nobody visited that one"


def test_compiled_code_outlives_the_sleep(deployment: Deployment) -> None:
    asked = "echo json_encode([ini_get('opcache.file_cache'), opcache_get_status(false)['opcache_enabled']]);"
    for site in (ABERCORN, ILES):
        assert deployment.php(site, asked) == [f"/srv/tenants/{site.user}/cache", True]
    deployment.answers(ABERCORN)
    fall_asleep(deployment)
    kept = deployment.sh(
        f"find /srv/tenants/{ABERCORN.user}/cache -name 'wp-settings.php.bin' -user {ABERCORN.user}"
    )
    assert kept.strip()


def test_a_resident_site_stays(deployment: Deployment) -> None:
    fall_asleep(deployment)
    deployment.sh(
        f"systemctl start nuage-idle.service; sleep {IDLE_SECONDS + 1}; systemctl start nuage-idle.service"
    )
    assert deployment.processes(ILES)


def test_a_static_file_wakes_nobody(deployment: Deployment) -> None:
    fall_asleep(deployment)
    assert deployment.get(ABERCORN, "/wp-includes/css/dashicons.min.css").status == 200
    assert not deployment.processes(ABERCORN)


def test_work_after_the_answer_keeps_it_awake(deployment: Deployment) -> None:
    fall_asleep(deployment)
    deployment.php(ABERCORN, f"echo json_encode(1); fastcgi_finish_request(); {busy(IDLE_SECONDS + 6)}")
    time.sleep(IDLE_SECONDS + 4)
    assert deployment.sh(f"systemctl is-active {ABERCORN.php}").strip() == "active"
    fall_asleep(deployment)


def test_work_after_the_answer_survives_a_stop(deployment: Deployment) -> None:
    """Whoever stops it: PHP must end what it began first."""
    fall_asleep(deployment)
    seconds = 10
    done = f"/srv/tenants/{ABERCORN.user}/tmp/nuage-test-done"
    deployment.sh(f"rm -f {done}")
    job = (
        f"echo json_encode(getmypid()); fastcgi_finish_request(); {busy(seconds)}"
        "file_put_contents('/tmp/nuage-test-done', 'done');"
    )
    assert deployment.php(ABERCORN, job) > 0
    deployment.sh(f"systemctl --no-block stop {ABERCORN.php}")
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
    deployment.php(ABERCORN, f"echo json_encode(1); fastcgi_finish_request(); {busy(10)}")
    deployment.sh(f"systemctl --no-block stop {ABERCORN.php}")
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
