"""The guide that restores a municipality without `nuage`, followed to the letter on a plain Debian machine."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deployed import ABERCORN, Deployment
from tests.keeping import Keeping

pytestmark = pytest.mark.lab

DOCS = Path(__file__).parents[3] / "docs"
GUIDES = (DOCS / "en/restore-by-hand.md", DOCS / "fr/restaurer-a-la-main.md")
PLAIN = "simple1"


def commands(guide: Path) -> str:
    """All that the guide says to run."""
    return "\n".join(re.findall(r"^```sh\n(.*?)^```$", guide.read_text("utf-8"), re.MULTILINE | re.DOTALL))


def without_comments(text: str) -> str:
    return re.sub(r"\s+# .*$", "", text, flags=re.MULTILINE)


def test_both_languages_say_the_same_commands() -> None:
    english, french = (without_comments(commands(guide)) for guide in GUIDES)
    assert english == french


@pytest.fixture
def plain(deployment: Deployment) -> Iterator[str]:
    """A Debian machine that nothing was done to."""
    deployment.lab.up((PLAIN,), disk_gib=10)
    yield PLAIN
    deployment.lab.remove_host(PLAIN)


def test_the_guide_brings_a_municipality_back(deployment: Deployment, keeping: Keeping, plain: str) -> None:
    uploads = f"/srv/tenants/{ABERCORN.user}/wordpress/wp-content/uploads"
    deployment.sh(f"echo gardé > {uploads}/gardee.txt; chown {ABERCORN.user}:www-data {uploads}/gardee.txt")
    try:
        keeping.backup(ABERCORN)
    finally:
        deployment.sh(f"rm -f {uploads}/gardee.txt")
    shown = deployment.nuage("secrets", "show", ABERCORN.code, "backup_password", "--force").stdout
    lab = deployment.lab

    def at(host: str, script: str, body: bytes = b"") -> bytes:
        quoted = "'" + script.replace("'", "'\\''") + "'"
        command = lab.ssh_command(host, ["bash", "-euo", "pipefail", "-c", quoted])
        done = subprocess.run(command, input=body, capture_output=True, check=False, timeout=900)
        assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
        return done.stdout

    repository = at("garde1", f"tar -C /srv/backups/{ABERCORN.code} -c .")
    at(plain, "mkdir -p /srv/depot; tar -C /srv/depot -x", repository)
    at(plain, "cat > /root/password", shown.strip().encode())
    said = at(plain, commands(GUIDES[0])).decode()
    assert "other:" not in said
    assert "FAILED" not in said
    assert at(plain, "cat /srv/ramene/files/wordpress/wp-content/uploads/gardee.txt").decode() == "gardé\n"
    titles = deployment.sh(
        f"mariadb -BN --default-character-set=utf8mb4 {ABERCORN.user}"
        " -e \"SELECT post_title FROM wp_posts WHERE post_status = 'publish'\""
    )
    assert said.endswith(titles)
