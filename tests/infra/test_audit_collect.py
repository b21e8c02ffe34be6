"""An audit of real servers: what it takes down, what must never be in it, and who tries to fool it."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Iterator

import pytest

from tests.deployed import (
    ABERCORN,
    DUNHAM,
    FRELIGHSBURG,
    GARDIEN,
    HOST,
    ILES,
    VANTAGE,
    Deployment,
    Site,
    wait_until,
)
from tests.infra import auditing
from tests.infra.auditing import Audit, Auditor, server_file
from tests.towns import NEXTCLOUD, need

pytestmark = pytest.mark.lab
AWAY_S = 60


@pytest.fixture(scope="module")
def auditor(deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Auditor:
    return Auditor(deployment, tmp_path_factory.mktemp("audits"))


@pytest.fixture(scope="module")
def audit(deployment: Deployment, auditor: Auditor) -> Iterator[Audit]:
    """One of a server where people and secrets were planted, and adversaries."""
    with auditing.planted(deployment):
        yield auditor.collect()


def test_the_bundle_is_valid_and_its_verdicts_are_judged_anew(auditor: Auditor, audit: Audit) -> None:
    assert audit.said["silent"] == []
    auditor.verify(audit)
    tar = audit.folder.with_name(audit.folder.name + ".tar")
    assert tar.is_file()


def test_the_server_signed_it_with_the_key_that_is_pinned(deployment: Deployment, audit: Audit) -> None:
    """By OpenSSH's own program, which is all that an auditor needs to own."""
    folder = audit.folder / "observations" / "servers" / HOST
    key = next(one for one in audit.bundle.json("specs/consortium.json")["servers"] if one["id"] == HOST)
    signers = audit.folder.parent / "signers"
    signers.write_text(f"{HOST} {key['ssh_host_key']}\n")
    command = ["ssh-keygen", "-Y", "verify", "-f", signers, "-I", HOST, "-n", "nuage-observation"]
    command += ["-s", folder / "index.json.sig"]
    done = subprocess.run(
        command, input=(folder / "index.json").read_bytes(), capture_output=True, check=False
    )
    assert done.returncode == 0, done


def test_no_person_and_no_secret_is_in_it(deployment: Deployment, audit: Audit) -> None:
    whole = {path: data.decode("utf-8", "replace").lower() for path, data in audit.files.items()}
    canaries = auditing.forbidden(deployment)
    assert len(canaries) > 10
    for canary in canaries:
        as_base64 = base64.b64encode(canary.encode())[:-4].decode().lower()
        found = [
            path
            for path, text in whole.items()
            if canary in text or (len(as_base64) > 12 and as_base64 in text)
        ]
        assert not found, (canary, found)


def test_every_topic_says_something(audit: Audit) -> None:
    assert server_file(audit, "system")["os_release"]["VERSION_ID"] == "13"
    assert len(server_file(audit, "packages")) > 100
    assert {one["name"] for one in server_file(audit, "components")} >= {"wordpress", "keycloak"}
    assert all(one["licence"] for one in server_file(audit, "components"))
    places = server_file(audit, "destinations")
    for topic in ("resolvers", "time_servers", "mirrors", "mail_relay", "acme_directory", "ssh_allowed_from"):
        assert places[topic], topic
    assert {one["port"] for one in server_file(audit, "sockets")["listening"]} >= {22, 80, 443}
    egress = server_file(audit, "egress")
    assert egress["policy"] == "drop"
    assert {one["uid"] for one in egress["counters"]} >= {site.uid for site in (ABERCORN, DUNHAM)}
    assert server_file(audit, "access")["sshd"]["passwordauthentication"] == "no"
    assert server_file(audit, "access")["keycloak_service_admins"] == 1
    assert {"postgresql", "mariadb"} == {
        one["engine"] for one in server_file(audit, "access")["database_roles"]
    }
    assert {name for one in server_file(audit, "tls")["certificates"] for name in one["names"]} >= {
        ABERCORN.domain
    }
    assert server_file(audit, "retention")["journal_max_days"] == 90
    assert {one["path"] for one in server_file(audit, "storage")["paths"]} >= {"/srv", "/srv/mysql"}


def test_no_log_is_kept_for_longer_than_was_promised(audit: Audit) -> None:
    finding = audit.findings("NC-LOG-01")[HOST]
    assert finding["verdict"] == "satisfied", finding


@pytest.mark.parametrize("site", [ABERCORN, GARDIEN, ILES, FRELIGHSBURG, DUNHAM], ids=lambda site: site.slug)
def test_what_it_says_of_each_municipality(audit: Audit, site: Site) -> None:
    said = server_file(audit, f"tenants/{site.code}")
    website = said["services"]["wordpress"]
    assert website["constants"]["WP_HTTP_BLOCK_EXTERNAL"] is True
    assert website["admins"] >= 1
    assert any(theme["active"] for theme in website["themes"])
    assert {one["kind"] for one in said["paths"]} >= {"files", "mariadb"}
    assert all(one["bytes"] for one in said["paths"])
    assert {one["verdict"] for one in said["egress"]} == {"allowed", "refused"}
    if site.cloud:
        realm = said["services"]["identity"]
        assert realm["settings"]["enabled"] is True
        assert realm["smtp_host"]
        assert realm["events_days"]


def test_settings_of_nextcloud(audit: Audit) -> None:
    need(*NEXTCLOUD)
    said = server_file(audit, f"tenants/{FRELIGHSBURG.code}")["services"]["nextcloud"]
    assert said["readable"] is True
    assert said["settings"]["updatechecker"] is False
    assert said["settings"]["lookup_server"] == ""
    assert said["app_settings"]["files_sharing.lookupServerEnabled"] == "no"
    assert {one["name"] for one in said["apps"]} >= {"files", "user_oidc"}
    assert said["admins"] is not None
    assert len(said["issuers"]) == 1


def test_people_are_numbers_and_fingerprints(audit: Audit) -> None:
    access = server_file(audit, "access")
    assert [one["user"] for one in access["ssh_keys"] if one["user"].startswith("uid:")]
    assert any(who.startswith("uid:") for who in access["sudoers"])
    assert {"engine": "mariadb", "role": "other", "superuser": False, "last_used": None} in access[
        "database_roles"
    ]
    assert audit.verdict("NC-ACC-01", HOST) == "not-satisfied"
    assert audit.verdict("NC-ACC-03", HOST) == "not-satisfied"


def test_a_plugin_that_calls_out_is_refused_counted_and_told(audit: Audit) -> None:
    said = server_file(audit, f"tenants/{ABERCORN.code}")
    (plugin,) = [
        one for one in said["services"]["wordpress"]["plugins"] if one["name"].startswith("mouchard-")
    ]
    assert (plugin["active"], plugin["version"], plugin["licence"]) == (True, "0.1", "GPL-2.0-or-later")
    (refused,) = [one for one in said["egress"] if one["verdict"] == "refused"]
    assert refused["packets"] > 0
    assert audit.verdict("NC-FLO-06", ABERCORN.code) == "not-satisfied"


def test_a_theme_with_a_remote_font_is_seen_by_the_browser(audit: Audit) -> None:
    pages = audit.bundle.json(f"observations/browser/{GARDIEN.code}.json")["pages"]
    hosts = {host["host"] for page in pages for host in page["hosts"]}
    assert auditing.FONTS in hosts
    assert audit.verdict("NC-FLO-08", GARDIEN.code) == "not-satisfied"
    assert audit.verdict("NC-FLO-08", ILES.code) == "satisfied"


def test_a_backup_target_outside_the_policy_is_told(audit: Audit) -> None:
    assert [one["target"] for one in server_file(audit, "storage")["backups"]] == [auditing.OUTSIDE]
    assert audit.verdict("NC-STO-02", HOST) == "not-satisfied"


def test_a_changed_byte_is_found(auditor: Auditor, audit: Audit) -> None:
    path = audit.folder / "observations" / "servers" / HOST / "egress.json"
    data = path.read_bytes()
    try:
        path.write_bytes(data.replace(b'"drop"', b'"dr0p"'))
        assert "egress.json" in auditor.verify(audit, code=9)
    finally:
        path.write_bytes(data)


def test_calls_to_its_own_server_are_not_held_against_a_municipality(audit: Audit) -> None:
    """Nextcloud asks itself over HTTP, which is refused."""
    need(*NEXTCLOUD)
    assert audit.verdict("NC-FLO-06", FRELIGHSBURG.code) == "satisfied"


def test_this_machine_measures_as_a_vantage_point(
    deployment: Deployment, auditor: Auditor, audit: Audit
) -> None:
    """For an auditor's own nonce, as begun before. A busy machine is far away, and never proven to be elsewhere."""
    assert audit
    request = auditor.folder / "request.json"
    deployment.nuage("audit", "begin", "--output", str(request), "--nonce", "5c" * 32)
    point = ("--vantage-point", VANTAGE, "--vantage-key", str(deployment.folder / VANTAGE))
    one = auditor.collect("--no-browser", "--request", str(request), *point)
    assert one.bundle.json("audit.json")["nonce"] == "5c" * 32
    assert f"measurements/{HOST}/{VANTAGE}.json" in one.files
    finding = one.findings("NC-LOC-01")[HOST]
    assert finding["verdict"] in ("satisfied", "inconclusive")
    assert finding["observed"]["rounds"] >= 200
    auditor.verify(one)


def test_only_some_municipalities(auditor: Auditor, audit: Audit) -> None:
    """The next audit of the log, which follows the one before."""
    one = auditor.collect("--only", ABERCORN.slug, "--no-browser")
    assert one.bundle.json("audit.json")["previous"] == auditor.ids[-2]
    assert [path for path in one.files if "/tenants/" in path] == [
        f"observations/servers/{HOST}/tenants/{ABERCORN.code}.json"
    ]
    assert one.verdict("NC-FLO-08", ABERCORN.code) == "not-checked"
    auditor.verify(one)


def test_an_observation_of_another_audit_is_found(auditor: Auditor, audit: Audit) -> None:
    """Sealed observations put into the place of newer ones."""
    one = auditor.collect("--no-browser")
    place = ("observations", "servers", HOST)
    mine, theirs = one.folder.joinpath(*place), audit.folder.joinpath(*place)
    for path in theirs.rglob("*"):
        if path.is_file():
            (mine / path.relative_to(theirs)).write_bytes(path.read_bytes())
    auditor.verify(one, code=9)


def test_a_host_key_that_changed_is_not_asked(deployment: Deployment, auditor: Auditor) -> None:
    key = "/etc/ssh/ssh_host_ed25519_key"
    back = f"cat /root/kept > {key}; cat /root/kept.pub > {key}.pub; systemctl reload ssh"
    # The server takes the key back by itself: nobody who knows it by its own gets in meanwhile.
    deployment.sh("cat > /root/key-back.sh", body=back.encode())
    deployment.sh(
        f"cp -a {key} /root/kept; cp -a {key}.pub /root/kept.pub; ssh-keygen -q -t ed25519 -N '' -f /root/new; "
        f"systemd-run --quiet --on-active={AWAY_S} --unit=nuage-test-key bash /root/key-back.sh; "
        f"cat /root/new > {key}; cat /root/new.pub > {key}.pub; rm /root/new*; systemctl reload ssh"
    )
    try:
        one = auditor.collect("--no-browser", code=6)
    finally:
        wait_until(lambda: reached(deployment), AWAY_S + 30, "the host key is back")
    assert one.said["silent"] == [HOST]
    # SSH refuses the key; over a connection that was open already, what it signed is refused.
    (problem,) = one.said["problems"]
    assert problem["key"] in ("apply.wrong-host-key", "audit-collect.other-key")
    assert one.verdict("NC-FLO-04", HOST) == "not-checked"
    auditor.verify(one)


def reached(deployment: Deployment) -> bool:
    return "here" in deployment.sh("echo here", code=None)
