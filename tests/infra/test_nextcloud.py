"""A municipality's Nextcloud: bounded, apart from others, and used by programs."""

from __future__ import annotations

import base64
import json
import re
import secrets
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import caldav
import pytest

from tests.clouds import Cloud, Person

pytestmark = pytest.mark.lab
PROBES = Path(__file__).parent / "probes"


def test_programs_use_files(cloud: Cloud) -> None:
    with cloud.person() as person:
        path = cloud.file(person, "essai.txt")
        assert cloud.ask("PUT", path, person=person, body=b"bonjour").status == 201
        assert cloud.ask("GET", path, person=person).body == b"bonjour"
        assert cloud.ask("GET", path).status == 401
        assert cloud.ask("DELETE", path, person=person).status == 204


def test_rclone_copies_there_and_back(cloud: Cloud) -> None:
    deployment = cloud.deployment
    deployment.sh(
        "command -v rclone >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get -qq install rclone >/dev/null"
    )
    with cloud.person() as person:
        place = f"https://{cloud.site.cloud}/remote.php/dav/files/{person.name}"
        script = f"""
            read -r password; work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
            mkdir $work/out; head -c 25M /dev/urandom > "$work/out/procès-verbal.bin"; echo bonjour > $work/out/note.txt
            export RCLONE_CONFIG=/dev/null RCLONE_CONFIG_NC_TYPE=webdav RCLONE_CONFIG_NC_VENDOR=nextcloud
            export RCLONE_CONFIG_NC_URL={place} RCLONE_CONFIG_NC_USER={person.name}
            RCLONE_CONFIG_NC_PASS=$(printf %s "$password" | rclone obscure -); export RCLONE_CONFIG_NC_PASS
            rclone copy $work/out nc:dossier && rclone check $work/out nc:dossier --download
            rclone copy nc:dossier $work/back && diff -r $work/out $work/back && rclone purge nc:dossier && echo same
        """
        said = deployment.sh(script, body=f"{person.password}\n".encode())
    assert said.strip().endswith("same")


MEETING = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//nuage-commun//essai//FR
BEGIN:VEVENT
UID:seance-du-conseil@nuage-commun.example
DTSTAMP:20270101T000000Z
DTSTART:{begins:%Y%m%dT%H%M%SZ}
DTEND:{ends:%Y%m%dT%H%M%SZ}
SUMMARY:Séance du conseil
END:VEVENT
END:VCALENDAR
"""


def test_caldav_keeps_a_meeting(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    status = cloud.deployment.lab.status()
    known = socket.getaddrinfo

    def lookup(host: Any, *arguments: Any, **words: Any) -> Any:
        return known(str(status.hosts[0].address) if host == cloud.site.cloud else host, *arguments, **words)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    with cloud.person() as person:
        client = caldav.DAVClient(
            f"https://{cloud.site.cloud}/remote.php/dav",
            username=person.name,
            password=person.password,
            ssl_verify_cert=str(status.acme_root),
        )
        with client:
            calendar = client.principal().make_calendar(name="Conseil")
            begins = datetime(2027, 1, 12, 19, 30, tzinfo=UTC)
            calendar.save_event(MEETING.format(begins=begins, ends=begins + timedelta(hours=2)))
            found = calendar.search(
                start=begins - timedelta(days=1), end=begins + timedelta(days=1), event=True
            )
            assert ["SUMMARY:Séance du conseil" in event.data for event in found] == [True]
            calendar.delete()


def test_what_does_not_fit_is_refused_and_nothing_is_lost(cloud: Cloud) -> None:
    deployment, tenant = cloud.deployment, f"/srv/tenants/{cloud.site.user}"
    with cloud.person() as person:
        kept = cloud.file(person, "gard%C3%A9.txt")
        assert cloud.ask("PUT", kept, person=person, body=b"important").status == 201
        assert notices(cloud, person) == []
        # What it said before may be two minutes old.
        deployment.sh("sync; systemctl start nuage-space.service")
        space = json.loads(deployment.sh(f"cat /run/nuage-space/{cloud.site.code}.json"))
        filling = space["limit"] - space["used"] - 8 * 1024 * 1024
        try:
            # What compresses takes no room.
            deployment.sh(f"head -c {filling} /dev/urandom > {tenant}/tmp/filling; sync")
            deployment.sh("systemctl start nuage-space.service")
            body = secrets.token_bytes(4 * 1024 * 1024)
            refused = cloud.ask("PUT", cloud.file(person, "trop.bin"), person=person, body=body)
            assert refused.status == 507
            assert cloud.ask("PUT", kept, person=person, body=body).status == 507
            assert cloud.ask("GET", kept, person=person).body == b"important"
            (told,) = notices(cloud, person)
            assert "espace de votre municipalité" in told["text"]
        finally:
            deployment.sh(f"rm -f {tenant}/tmp/filling; sync; systemctl start nuage-space.service")
        body = secrets.token_bytes(64 * 1024)
        assert cloud.ask("PUT", cloud.file(person, "assez.bin"), person=person, body=body).status == 201


def notices(cloud: Cloud, person: Person) -> list[dict[str, str]]:
    """What the app of our own tells a person on every page."""
    page = cloud.ask("GET", "/apps/files/", person=person)
    while page.status in (301, 302, 303):
        page = cloud.ask(
            "GET", page.headers["location"].removeprefix(f"https://{cloud.site.cloud}"), person=person
        )
    assert page.status == 200
    found = re.search(rb'id="initial-state-nuage-notices" value="([^"]*)"', page.body)
    return json.loads(base64.b64decode(found.group(1))) if found else []


def attempts(cloud: Cloud, other: Cloud) -> dict[str, Any]:
    value = {"own": cloud.site.user, "other": other.site.user, "other_code": other.site.code}
    return dict(cloud.php(PROBES / "nextcloud.php", value))


def test_one_reaches_nothing_of_another(cloud: Cloud, other: Cloud) -> None:
    found = attempts(cloud, other)
    assert found.pop("own configuration") is True
    assert not any(found.values()), found


def test_locks_are_in_a_redis_of_its_own_that_sleeps_with_it(cloud: Cloud, other: Cloud) -> None:
    deployment, code = cloud.deployment, other.site.code
    assert "'host' => '/run/nuage-redis" not in deployment.sh(f"cat {cloud.home}/config/config.php")
    said = other.php(PROBES / "redis.php", {"code": code})
    assert said == {"lock": True, "full": True, "kept": True, "afterwards": True}
    theirs = f"runuser -u {cloud.site.user} -- test -e /run/nuage-redis-{code}/redis.sock || echo closed"
    assert deployment.sh(theirs).strip() == "closed"
    # Nobody asked for one there: its programs ran without.
    assert cloud.occ("status")
    units = deployment.sh("systemctl list-units --plain --no-legend 'nuage-redis@*'")
    assert f"nuage-redis@{code}.service" in units
    assert cloud.site.code not in units


def test_nothing_but_its_own_doors_is_served(cloud: Cloud) -> None:
    for path in (
        "/config/config.php",
        "/data/.ncdata",
        "/updater/index.php",
        "/cron.php",
        "/core/ajax/update.php",
        "/occ",
        "/.htaccess",
        "/lib/base.php",
        "/3rdparty/autoload.php",
        "/custom_apps/nuage/lib/Space.php",
    ):
        assert cloud.ask("GET", path).status == 404, path
    page = cloud.ask("GET", "/custom_apps/nuage/js/notice.js")
    assert page.status == 200
    assert page.headers["content-type"].startswith("text/javascript")
    assert cloud.ask("GET", "/.well-known/caldav").headers["location"] == "/remote.php/dav/"


def test_attempts_with_passwords_are_counted_however_the_address_is_written(cloud: Cloud) -> None:
    ways = ("/login", "/index.php/login", "/%6cogin", "/index.php//login")
    said = [
        cloud.ask("POST", ways[number % len(ways)], body=b"user=a&password=b").status for number in range(20)
    ]
    assert said[-1] == 429, said
    assert 429 not in said[:4]
    # Programs that wait for their person's sign-in ask each second.
    assert cloud.ask("POST", "/index.php/login/v2/poll", body=b"token=none").status != 429


def test_people_sign_in_at_their_realm(cloud: Cloud) -> None:
    navigation = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Accept": "text/html"}
    first = cloud.ask("GET", "/login", headers=navigation)
    assert first.status in (302, 303)
    second = cloud.ask("GET", first.headers["location"], headers=navigation)
    assert f"/realms/{cloud.site.code}/protocol/openid-connect/auth" in second.headers["location"]
    assert "code_challenge_method=S256" in second.headers["location"]
