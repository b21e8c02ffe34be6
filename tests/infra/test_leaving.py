"""A municipality that leaves: told, exported, receipted, destroyed, looked for, certified."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from provisioner.audit.bundle import keys
from provisioner.inventory import vault
from provisioner.lab.consortium import announce
from tests.deployed import ABERCORN, Deployment, Site

pytestmark = pytest.mark.lab

SUTTON = Site("sutton", "46058", "www.sutton.example", "on-demand", name="Sutton")
SERVICES = {"identity": {}, "wordpress": {"disk_mib": 1024, "mode": "on-demand", "sign_in": "local"}}


def spec(deployment: Deployment) -> Path:
    return deployment.folder / "tenants" / f"{SUTTON.slug}.yml"


@pytest.fixture(scope="module")
def leaver(deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the municipality's own key; the municipality lives on the server with a website and accounts."""
    folder = tmp_path_factory.mktemp("town")
    line = keys.generate(folder / "key")
    keys.generate(folder / "audit")
    keys.generate(folder / "stranger")
    model = yaml.safe_load(
        (deployment.folder / "tenants" / f"{ABERCORN.slug}.yml").read_text(encoding="utf-8")
    )
    model |= {
        "code": SUTTON.code,
        "name": SUTTON.name,
        "services": SERVICES,
        "export_key": line,
        "history": [],
    }
    model |= {"state": "approved", "domains": {"website": SUTTON.domain, "website_aliases": []}}
    spec(deployment).write_text(yaml.safe_dump(model, allow_unicode=True, sort_keys=False), encoding="utf-8")
    announce(deployment.lab, deployment.folder)
    deployment.nuage("apply", "--yes", "--only", SUTTON.slug)
    yield folder
    if spec(deployment).exists():
        spec(deployment).unlink()
        deployment.nuage("apply", "--yes", "--consent-remove", SUTTON.code)
    for name in ("departures.log.jsonl", "departures", "exports"):
        subprocess.run(["rm", "-rf", deployment.folder / name], check=True)


def status(deployment: Deployment) -> dict[str, str]:
    return dict(json.loads(deployment.nuage("leave", SUTTON.slug, "--json").stdout))


def test_nothing_comes_before_the_notice(deployment: Deployment, leaver: Path) -> None:
    assert status(deployment)["next"] == "notice"
    assert "hasn't been told" in deployment.nuage("leave", SUTTON.slug, "--export", code=4).stderr
    consent = ("--consent-destroy", SUTTON.code, "--receipt-digest", "0" * 64)
    deployment.nuage("leave", SUTTON.slug, "--destroy", *consent, code=4)
    assert leaver


def test_told_and_exported(deployment: Deployment, leaver: Path) -> None:
    today = datetime.now(UTC).date()
    words = ("--notice", today.isoformat(), "--reason", "Fusion")
    deployment.nuage("leave", SUTTON.slug, *words)
    deployment.nuage("apply", "--yes", "--only", SUTTON.slug)
    deployment.nuage("leave", SUTTON.slug, "--export")
    assert status(deployment)["next"] == "receipt"
    place = deployment.folder / "exports" / f"{SUTTON.slug}.tar.age"
    assert not place.with_name(SUTTON.slug).exists(), "nothing that others read"
    command = ["age", "--decrypt", "--identity", leaver / "key", place]
    plain = subprocess.run(command, capture_output=True, check=True).stdout
    subprocess.run(["tar", "--extract"], input=plain, cwd=leaver, check=True)
    done = subprocess.run(
        ["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=leaver / SUTTON.slug, check=False
    )
    assert done.returncode == 0
    assert (leaver / SUTTON.slug / "website/wordpress.xml").is_file()


def signed(deployment: Deployment, folder: Path, key: str) -> Path:
    text = (deployment.folder / "exports" / f"{SUTTON.slug}.receipt.txt").read_text(encoding="utf-8")
    path = folder / f"{key}.receipt.txt"
    path.write_text(text, encoding="utf-8")
    path.with_name(f"{path.name}.sig").unlink(missing_ok=True)
    command = ["ssh-keygen", "-q", "-Y", "sign", "-n", "nuage-receipt", "-f", folder / key, path]
    subprocess.run(command, check=True, capture_output=True)
    return path


def test_receipted(deployment: Deployment, leaver: Path) -> None:
    strange = signed(deployment, leaver, "stranger")
    said = deployment.nuage("leave", SUTTON.slug, "--receipt", str(strange), code=3).stderr
    assert "another key" in said
    deployment.nuage("leave", SUTTON.slug, "--receipt", str(signed(deployment, leaver, "key")))
    assert status(deployment)["next"] == "wait"
    consent = ("--consent-destroy", SUTTON.code, "--receipt-digest", status(deployment)["receipt"])
    assert "until" in deployment.nuage("leave", SUTTON.slug, "--destroy", *consent, code=4).stderr


def test_destroyed_looked_for_and_certified(deployment: Deployment, leaver: Path) -> None:
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    change_day(deployment, yesterday)
    digest = status(deployment)["receipt"]
    words = ("leave", SUTTON.slug, "--destroy")
    deployment.nuage(*words, "--consent-destroy", ABERCORN.code, "--receipt-digest", digest, code=4)
    deployment.nuage(*words, "--consent-destroy", SUTTON.code, "--receipt-digest", "0" * 64, code=4)
    # A trace where what destroys doesn't look is found by what looks, and nothing is noted as destroyed.
    trace = f"/srv/oubli-{SUTTON.code}"
    deployment.sh(f"touch {trace}")
    consent = ("--consent-destroy", SUTTON.code, "--receipt-digest", digest[:12])
    assert trace in deployment.nuage(*words, *consent, code=9).stderr
    assert status(deployment)["next"] == "destroy"
    deployment.sh(f"rm {trace}")
    deployment.nuage(*words, *consent)
    assert not spec(deployment).exists()
    deployment.nuage("leave", SUTTON.slug, "--certificate", str(leaver / "audit"))
    assert status(deployment)["next"] == "done"
    deployment.nuage("apply", "--yes")
    found = deployment.sh(
        f"ls -d /srv/tenants/{SUTTON.user} /srv/mysql/{SUTTON.user} /etc/nginx/nuage*/{SUTTON.code}* || true"
    )
    assert found == ""
    assert SUTTON.code not in deployment.sh(
        "getent passwd; mariadb -e 'show databases'; systemctl list-units --all"
    )
    deployment.answers(ABERCORN)


def test_the_certificate_is_checked_without_us(deployment: Deployment, leaver: Path) -> None:
    place = deployment.folder / "departures" / SUTTON.slug
    (leaver / "allowed").write_text(f"nuage {(leaver / 'audit.pub').read_text()}", encoding="ascii")
    command = [
        "ssh-keygen",
        "-Y",
        "verify",
        "-f",
        leaver / "allowed",
        "-I",
        "nuage",
        "-n",
        "nuage-destruction",
    ]
    text = (place / "certificate.json").read_bytes()
    done = subprocess.run(
        [*command, "-s", place / "certificate.json.sig"], input=text, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(text)
    assert found["code"] == SUTTON.code
    assert "realms" in found["looked"][f"{SUTTON.code}-identity"]
    assert SUTTON.name in (place / "CERTIFICAT.txt").read_text(encoding="utf-8")
    path = deployment.folder / vault.NAME
    password = (deployment.folder / "vault-password").read_bytes().strip()
    held = vault.unlock(path.read_text(encoding="utf-8"), password)
    assert set(held[SUTTON.code]) == {"backup_password"}, "the copies' own, until they go"


def change_day(deployment: Deployment, day: date) -> None:
    """As a municipality that agrees to an earlier day has it in its spec."""
    path = spec(deployment)
    text = yaml.safe_load(path.read_text(encoding="utf-8")) | {"leaving_until": day}
    path.write_text(yaml.safe_dump(text, allow_unicode=True, sort_keys=False), encoding="utf-8")
