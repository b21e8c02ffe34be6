"""A website goes from one real server to another, and back; killed, refused, undone, and its old copy destroyed."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

from tests.deployed import ABERCORN, HOST, Deployment
from tests.moving import OTHER, Moving


def notes(deployment: Deployment) -> dict[str, dict[str, object]]:
    path = Path(deployment.folder, "moves.json")
    return dict(json.loads(path.read_text())["moves"]) if path.exists() else {}


def test_a_website_moves_with_files_and_rows_and_nothing_is_left(
    moving: Moving, deployment: Deployment
) -> None:
    content = f"/srv/tenants/{ABERCORN.user}/wordpress/wp-content/uploads"
    moving.sh(
        HOST,
        f"cd {content}; head -c 30000000 /dev/urandom > grand.bin; echo ça > 'nom accentué.txt';"
        f" ln -s grand.bin lien; chown -h {ABERCORN.uid}:www-data * ; mkfifo tuyau && rm tuyau",
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
    assert (
        moving.sh(HOST, f"systemctl is-enabled 'nuage-wordpress@{ABERCORN.code}.socket' || true").strip()
        != "enabled"
    )
    status = deployment.nuage("status")
    assert "old copy of abercorn" in status.stderr
    # Destroyed by name alone.
    deployment.nuage("move", ABERCORN.slug, "--forget", "--consent-forget", "46010", code=4)
    moving.forget(ABERCORN)
    assert moving.found(HOST, ABERCORN) == ""
    assert notes(deployment) == {}
    assert moving.answer(OTHER, ABERCORN) == 200


def test_killed_at_several_moments_it_goes_on_and_comes_home(moving: Moving, deployment: Deployment) -> None:
    before = moving.seen(OTHER, ABERCORN)
    words = ("move", ABERCORN.slug, HOST, "--consent-move", ABERCORN.code)
    for phase in ("copying", "closing", "switched"):
        process = deployment.begin(*words)
        deadline = time.monotonic() + 300
        while notes(deployment).get("46005-apps", {}).get("phase") != phase:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        deployment.nuage("apply", "--yes", code=4)
    deployment.nuage(*words)
    assert moving.seen(HOST, ABERCORN) == before
    assert moving.answer(HOST, ABERCORN) == 200
    moving.forget(ABERCORN)
    assert moving.found(OTHER, ABERCORN) == ""


def test_undone_the_source_opens_and_the_target_has_nothing(moving: Moving, deployment: Deployment) -> None:
    before = moving.seen(HOST, ABERCORN)
    process = deployment.begin("move", ABERCORN.slug, OTHER, "--consent-move", ABERCORN.code)
    deadline = time.monotonic() + 300
    while notes(deployment).get("46005-apps", {}).get("phase") != "closing":
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    deployment.nuage("move", ABERCORN.slug, "--back")
    assert moving.seen(HOST, ABERCORN) == before
    assert moving.answer(HOST, ABERCORN) == 200
    assert moving.found(OTHER, ABERCORN) == ""
    assert notes(deployment) == {}
