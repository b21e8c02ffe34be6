"""A website goes from one real server to another, and back; killed, without power, undone, and its old copy gone."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import Any

from tests.deployed import ABERCORN, HOST, Deployment
from tests.moving import OTHER, Moving

HOME = ("move", ABERCORN.slug, HOST, "--consent-move", ABERCORN.code)


def notes(deployment: Deployment) -> dict[str, dict[str, Any]]:
    path = Path(deployment.folder, "moves.json")
    return dict(json.loads(path.read_text())["moves"]) if path.exists() else {}


def killed_at(deployment: Deployment, phase: str) -> None:
    """The move home, whose control machine is lost as soon as it says that it is there."""
    process = deployment.begin(*HOME)
    deadline = time.monotonic() + 600
    while notes(deployment).get("46005-apps", {}).get("phase") != phase:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_a_website_moves_with_files_and_rows_and_nothing_is_left(
    moving: Moving, deployment: Deployment
) -> None:
    content = f"/srv/tenants/{ABERCORN.user}/wordpress/wp-content/uploads"
    moving.sh(
        HOST,
        f"cd {content}; head -c 30000000 /dev/urandom > grand.bin; echo ça > 'nom accentué.txt';"
        f" ln -sf grand.bin lien; chown -h {ABERCORN.uid}:www-data *",
    )
    before = moving.seen(HOST, ABERCORN)
    done = moving.move(ABERCORN, OTHER)
    assert done["move"]["phase"] == "kept"
    assert 0 < done["move"]["stopped_s"] < 120
    assert moving.seen(OTHER, ABERCORN) == before
    # The source is closed, and stays so; the target answers everybody, and who still comes to the source too.
    assert moving.answer(OTHER, ABERCORN) == 200
    assert moving.answer(HOST, ABERCORN) == 200
    log = f"journalctl --since=-2min -t nginx -o cat | grep '^{ABERCORN.domain} ' | cut -d' ' -f2 | tail -1"
    assert moving.sh(OTHER, log) == moving.sh(HOST, log)
    assert moving.sh(HOST, f"ps -u {ABERCORN.uid} -o pid= || true").strip() == ""
    enabled = moving.sh(HOST, f"systemctl is-enabled 'nuage-wordpress@{ABERCORN.code}.socket' || true")
    assert enabled.strip() != "enabled"
    assert "old copy of abercorn" in deployment.nuage("status").stderr
    # Destroyed by name alone.
    deployment.nuage("move", ABERCORN.slug, "--forget", "--consent-forget", "46010", code=4)
    moving.forget(ABERCORN)
    assert moving.found(HOST, ABERCORN) == ""
    assert notes(deployment) == {}
    assert moving.answer(OTHER, ABERCORN) == 200


def test_killed_and_without_power_it_is_whole_at_one_end(moving: Moving, deployment: Deployment) -> None:
    before = moving.seen(OTHER, ABERCORN)
    # Undone: the source works, and nothing is left at the target.
    killed_at(deployment, "closing")
    deployment.nuage("apply", "--yes", code=4)
    deployment.nuage("move", ABERCORN.slug, "--back")
    assert (moving.seen(OTHER, ABERCORN), moving.answer(OTHER, ABERCORN)) == (before, 200)
    assert (moving.found(HOST, ABERCORN), notes(deployment)) == ("", {})
    # The target's power, while the source is closed; then the source's, once the target is the truth.
    killed_at(deployment, "closing")
    deployment.lab.kill(HOST)
    deployment.lab.start(HOST)
    killed_at(deployment, "switched")
    deployment.lab.kill(OTHER)
    deployment.lab.start(OTHER)
    deployment.nuage(*HOME)
    assert moving.seen(HOST, ABERCORN) == before
    assert (moving.answer(HOST, ABERCORN), moving.answer(OTHER, ABERCORN)) == (200, 200)
    moving.forget(ABERCORN)
    assert moving.found(OTHER, ABERCORN) == ""
