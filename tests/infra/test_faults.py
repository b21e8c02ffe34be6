"""What goes wrong: each time the others go on, the reason is said in words, and the next run converges."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from provisioner.files import locked
from provisioner.inventory.tenant_variables import SECRETS
from provisioner.lab.consortium import announce
from tests.deployed import ABERCORN, GARDIEN, HOST, ILES, SITES, Deployment, Site, wait_until
from tests.infra.sampling import ProcessSampler

pytestmark = pytest.mark.lab
NEWCOMER = Site("nouvelle", "46040", "www.nouvelle.example", "on-demand")
VHOSTS = "/etc/nginx/nuage.d"


@pytest.fixture(autouse=True)
def converged_afterwards(deployment: Deployment) -> Iterator[None]:
    """Whatever happened, one run mends it all, and a second has nothing to do."""
    yield
    deployment.nuage("apply", "--yes")
    done = deployment.apply()
    assert {result["outcome"] for result in done["hosts"].values()} == {"unchanged"}
    deployment.answers()


def otherwise(deployment: Deployment, *sites: Site) -> None:
    """A change of several files and units of each site, nginx's too: its mode, and a name that it has or hasn't got."""
    for site in sites:
        path = deployment.folder / "tenants" / f"{site.slug}.yml"
        spec = yaml.safe_load(path.read_text(encoding="utf-8"))
        asked = spec["services"]["wordpress"]
        asked["mode"] = "on-demand" if asked.get("mode") == "resident" else "resident"
        names = spec["domains"]["website_aliases"]
        aliases = [] if names else [site.domain.removeprefix("www.")]
        deployment.change(
            site, services={"wordpress": asked}, domains={"website": site.domain, "website_aliases": aliases}
        )


@pytest.fixture
def specs_restored(deployment: Deployment) -> Iterator[None]:
    kept = {site: (deployment.folder / "tenants" / f"{site.slug}.yml").read_text("utf-8") for site in SITES}
    yield
    for site, spec in kept.items():
        (deployment.folder / "tenants" / f"{site.slug}.yml").write_text(spec, encoding="utf-8")


# Broken configurations

BROKEN = {
    "nonsense": "server { nonsense",
    "a missing key": (
        "server { listen 127.0.0.9:443 ssl; ssl_certificate /nowhere.pem; ssl_certificate_key /nowhere.key; }"
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_drop_in_stops_nobody_else(deployment: Deployment, case: str, specs_restored: None) -> None:
    """Abercorn's breaks while it changes: it fails in words; L'Ange-Gardien changes in the same run."""
    deployment.sh(f"cat > {VHOSTS}/{ABERCORN.code}-zz.conf", body=BROKEN[case].encode())
    otherwise(deployment, ABERCORN, GARDIEN)
    done = deployment.nuage("apply", "--yes", code=8)
    assert "Abercorn (46005)" in done.stdout
    assert "quarantine" in done.stdout
    deployment.answers(GARDIEN, ILES)
    assert deployment.sh(f"ls {VHOSTS}").split().count(f"{ABERCORN.code}-zz.conf") == 0
    assert deployment.sh("nginx -t -q && systemctl is-active nginx").strip() == "active"
    deployment.sh(f"rm -f /var/lib/nuage/quarantine/{ABERCORN.code}-zz.conf*")


def test_a_vhost_that_rotted_is_reported_and_made_again(deployment: Deployment, specs_restored: None) -> None:
    """Abercorn isn't even part of the change; its own file was broken by hand."""
    deployment.sh(f"echo 'nonsense' >> {VHOSTS}/{ABERCORN.code}-wordpress.conf")
    otherwise(deployment, GARDIEN)
    done = deployment.nuage("apply", "--yes", code=8)
    assert "quarantine" in done.stdout
    deployment.answers(GARDIEN, ILES)
    done = deployment.nuage("apply", "--yes")
    deployment.answers(ABERCORN)


def test_a_reboot_with_a_broken_drop_in(deployment: Deployment) -> None:
    """Nobody is there to put it aside: nginx must still start for the others."""
    deployment.sh(f"cat > {VHOSTS}/{ABERCORN.code}-zz.conf", body=BROKEN["nonsense"].encode())
    try:
        deployment.lab.stop(HOST)
        deployment.lab.start(HOST)
        wait_until(
            lambda: deployment.sh("systemctl is-active nginx", code=None).strip() == "active",
            60,
            "nginx runs",
        )
        deployment.answers(GARDIEN, ILES)
    finally:
        deployment.sh(
            f"rm -f {VHOSTS}/{ABERCORN.code}-zz.conf /var/lib/nuage/quarantine/{ABERCORN.code}-zz.conf*"
        )


# Servers that can't be reached, runs that can't begin


def test_an_unreachable_server(deployment: Deployment) -> None:
    deployment.lab.stop(HOST)
    try:
        done = deployment.nuage("apply", "--yes", "--full", code=6)
        assert "doesn't answer" in done.stdout
        assert "No server answered" in done.stderr
        assert deployment.nuage("apply", "--yes", code=6, NUAGE_LANG="fr").stderr.strip()
        assert {row["state"] for row in json.loads(deployment.nuage("status", "--json", code=6).stdout)} == {
            "unknown"
        }
        deployment.nuage("drift", code=6)
    finally:
        deployment.lab.start(HOST)


def test_a_wrong_host_key(deployment: Deployment, tmp_path: Path) -> None:
    path = deployment.folder / "consortium.yml"
    kept = path.read_text(encoding="utf-8")
    spec = yaml.safe_load(kept)
    made = deployment.folder / "other-key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(made)], check=True)
    spec["servers"][0]["ssh_host_key"] = " ".join(made.with_suffix(".pub").read_text("ascii").split()[:2])
    path.write_text(yaml.safe_dump(spec, allow_unicode=True, sort_keys=False), encoding="utf-8")
    try:
        # A connection that is still open was checked before.
        fresh = {"ANSIBLE_SSH_CONTROL_PATH_DIR": str(tmp_path)}
        done = deployment.nuage("apply", "--yes", "--json", code=6, **fresh)
        assert json.loads(done.stdout)["hosts"][HOST]["reason"] == "apply.wrong-host-key"
        done = deployment.nuage("apply", "--yes", code=6, **fresh)
        assert "key isn't the one of consortium.yml" in done.stdout
    finally:
        path.write_text(kept, encoding="utf-8")
        for file in (made, made.with_suffix(".pub")):
            file.unlink()


def test_a_run_that_holds_the_lock(deployment: Deployment) -> None:
    with locked(deployment.folder):
        done = deployment.nuage("apply", "--yes", code=7)
    assert done.stdout == ""
    assert done.stderr.strip()


# Interruptions


def interrupt_after(deployment: Deployment, seconds: float) -> subprocess.Popen[str]:
    """An apply that has been at the municipalities for so long."""
    process = deployment.begin("apply", "--yes")
    folder = Path("/proc") / str(process.pid)
    wait_until(
        lambda: (
            not folder.exists()
            or process.poll() is not None
            or deployment.sh("ls /run/nuage/pending 2>/dev/null || true") != ""
        ),
        120,
        "the run changes something on the server",
    )
    time.sleep(seconds)
    return process


def ended(process: subprocess.Popen[str]) -> int:
    process.communicate(timeout=300)
    return process.returncode


@pytest.mark.parametrize("seconds", [1.0])
def test_interrupted_by_a_person(deployment: Deployment, seconds: float, specs_restored: None) -> None:
    otherwise(deployment, *SITES)
    process = interrupt_after(deployment, seconds)
    assert process.poll() is None, "there is something to interrupt"
    process.send_signal(signal.SIGINT)
    assert ended(process) == 130


@pytest.mark.parametrize("seconds", [0.0, 2.0])
def test_killed(deployment: Deployment, seconds: float, specs_restored: None) -> None:
    """Not even a word: what it started may still be at work when the next run begins."""
    otherwise(deployment, *SITES)
    process = interrupt_after(deployment, seconds)
    process.kill()
    assert ended(process) in (-signal.SIGKILL, 0)
    deployment.nuage("apply", "--yes")
    deployment.answers()


@pytest.mark.parametrize("seconds", [1.0])
def test_power_lost(deployment: Deployment, seconds: float, specs_restored: None) -> None:
    otherwise(deployment, *SITES)
    process = interrupt_after(deployment, seconds)
    deployment.lab.kill(HOST)
    code = ended(process)
    deployment.lab.start(HOST)
    assert code in (6, 8)
    deployment.nuage("apply", "--yes")
    assert json.loads(deployment.nuage("drift", "--json").stdout) == {}


# A municipality that arrives on a full server, and its secrets


@pytest.fixture
def newcomer(deployment: Deployment) -> Iterator[Site]:
    """One municipality more, gone again afterwards as far as the other tests can tell."""
    tenants = deployment.folder / "tenants"
    spec = yaml.safe_load((tenants / f"{ABERCORN.slug}.yml").read_text(encoding="utf-8"))
    spec |= {"code": NEWCOMER.code, "name": "Nouvelle", "state": "requested"}
    spec |= {"domains": {"website": NEWCOMER.domain, "website_aliases": []}, "history": []}
    path = tenants / f"{NEWCOMER.slug}.yml"
    path.write_text(yaml.safe_dump(spec, allow_unicode=True, sort_keys=False), encoding="utf-8")
    deployment.nuage("request", "approve", NEWCOMER.slug)
    announce(deployment.lab, deployment.folder)
    deployment.sites = (*deployment.sites, NEWCOMER)
    yield NEWCOMER


def secrets(deployment: Deployment) -> list[str]:
    names = json.loads(deployment.nuage("secrets", "list", "--json").stdout)
    return [
        deployment.nuage("secrets", "show", code, name, "--force").stdout.strip()
        for code, held in names.items()
        for name in held
    ]


def holding(folder: Path, words: list[str]) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [str(path) for path in files if any(word.encode() in path.read_bytes() for word in words)]


def test_a_full_disk_then_a_municipality_whose_secrets_stay_secret(
    deployment: Deployment, newcomer: Site
) -> None:
    deployment.sh(
        # Room taken without being written; then what is left of it.
        "fallocate -l $(( $(stat -f -c '%a*%S' /srv) )) /srv/nuage-test-full || true"
    )
    deployment.sh("dd if=/dev/zero of=/srv/nuage-test-rest bs=64K 2>/dev/null || true; sync")
    try:
        done = deployment.nuage("apply", "--yes", code=8)
        assert "Nouvelle (46040)" in done.stdout
        assert "o space left" in done.stdout or "full" in done.stdout
        deployment.answers(GARDIEN, ILES)
    finally:
        deployment.sh("rm -f /srv/nuage-test-full /srv/nuage-test-rest")
    with ProcessSampler() as sampler:
        done = deployment.nuage("apply", "--yes")
    deployment.answers(newcomer)
    values = secrets(deployment)
    assert len(values) == len(SECRETS) * len(deployment.sites)
    assert sampler.samples > 20
    assert any("ansible" in seen for seen in sampler.seen), "the sampler saw the run"
    assert [seen for seen in sampler.seen if any(value in seen for value in values)] == []
    assert not any(value in done.stdout + done.stderr for value in values)
    vault_password = (deployment.folder / "vault-password").read_text(encoding="ascii").strip()
    for folder in ("runs", "build", "tenants"):
        assert holding(deployment.folder / folder, [*values, vault_password]) == []
    server = deployment.sh(
        "journalctl --no-pager --output=verbose; cat /var/log/*.log 2>/dev/null || true;"
        "find /root/.ansible /tmp /var/tmp -type f -exec cat {} + 2>/dev/null || true"
    )
    assert len(server) > 10_000
    assert [value for value in values if value in server] == []


def test_no_leftovers_on_either_machine(deployment: Deployment) -> None:
    """Of all the interrupted runs."""
    assert deployment.sh("find /root/.ansible/tmp -type f -mmin +10 2>/dev/null || true").split() == []
    assert (
        deployment.sh(
            "find /etc /srv/tenants -xdev -name '.*.conf.*' -o -xdev -name '.config-*.php.*'"
        ).split()
        == []
    )
