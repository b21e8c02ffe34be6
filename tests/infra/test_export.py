"""Everything of a municipality, from a real server: in formats that others read, whole, resumed where it was cut."""

from __future__ import annotations

import csv
import hashlib
import json
import secrets
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import icalendar
import pytest
import vobject
from defusedxml import ElementTree

from provisioner.chromium import PROGRAM, chromium
from provisioner.people import ldif
from tests.clouds import Cloud, Person
from tests.deployed import ABERCORN, FRELIGHSBURG, Deployment

pytestmark = pytest.mark.lab

EVENT = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//nuage//test//FR\r\nBEGIN:VEVENT\r\nUID:{0}@test\r\n"
    "DTSTAMP:20261130T030000Z\r\nDTSTART:20261201T190000Z\r\nSUMMARY:Séance {0}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
CARD = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{0}@test\r\nFN:Zoé Côté {0}\r\nN:Côté;Zoé;;;\r\nEND:VCARD\r\n"
BOOK = (
    '<d:mkcol xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:carddav"><d:set><d:prop><d:resourcetype>'
    "<d:collection/><c:addressbook/></d:resourcetype><d:displayname>Élus</d:displayname></d:prop></d:set></d:mkcol>"
)


def put(
    cloud: Cloud, person: Person, path: str, body: str, method: str = "PUT", kind: str = "text/plain"
) -> None:
    answer = cloud.ask(method, quote(path), person=person, body=body.encode(), headers={"Content-Type": kind})
    assert answer.status in (201, 204), (path, answer.status, answer.body)


class Exported:
    """One export of Frelighsburg, with what one of its people had."""

    def __init__(self, folder: Path, said: dict[str, Any], person: Person, word: str) -> None:
        self.folder, self.said, self.person, self.word = folder, said, person, word

    def table(self, name: str) -> list[dict[str, str]]:
        with (self.folder / name).open(encoding="utf-8-sig", newline="") as stream:
            return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def exported(
    deployment: Deployment, cloud: Cloud, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Exported]:
    folder, word = tmp_path_factory.mktemp("export") / "out", secrets.token_hex(4)
    with cloud.person() as person:
        dav = "/remote.php/dav"
        put(cloud, person, cloud.file(person, "Procès-verbal.txt"), f"Adopté {word}\n")
        put(cloud, person, f"{dav}/calendars/{person.name}/conseil", "", "MKCALENDAR", "text/xml")
        for name in ("a", "b"):
            path = f"{dav}/calendars/{person.name}/conseil/{name}.ics"
            put(cloud, person, path, EVENT.format(name), kind="text/calendar; charset=utf-8")
        put(cloud, person, f"{dav}/addressbooks/users/{person.name}/elus/", BOOK, "MKCOL", "text/xml")
        path = f"{dav}/addressbooks/users/{person.name}/elus/z.vcf"
        put(cloud, person, path, CARD.format(word), kind="text/vcard; charset=utf-8")
        shared = cloud.ask(
            "POST",
            "/ocs/v2.php/apps/files_sharing/api/v1/shares?path=/Proc%C3%A8s-verbal.txt&shareType=3&permissions=1",
            person=person,
            headers={"OCS-APIRequest": "true"},
        )
        assert shared.status in (200, 403), shared.body
        said = json.loads(deployment.nuage("export", FRELIGHSBURG.slug, "--to", str(folder), "--json").stdout)
        yield Exported(folder, {**said, "shared": shared.status == 200}, person, word)


def test_it_is_whole_and_readable_by_nobody_else(exported: Exported) -> None:
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"],
        cwd=exported.folder,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    manifest = (exported.folder / "manifest.json").read_bytes()
    assert hashlib.sha256(manifest).hexdigest() == exported.said["manifest"]
    listed = {one["path"] for one in json.loads(manifest)["files"]}
    there = {str(path.relative_to(exported.folder)) for path in exported.folder.rglob("*") if path.is_file()}
    assert there == listed | {"manifest.json", "SHA256SUMS"}
    assert not [path for path in exported.folder.rglob("*") if path.is_file() and path.stat().st_mode & 0o077]
    assert exported.said["paused"] < 5, "the municipality stood still for that long"
    assert "Thunderbird" in (exported.folder / "LISEZMOI.txt").read_text(encoding="utf-8")


def test_peoples_files_calendars_and_contacts(exported: Exported) -> None:
    name, folder = exported.person.name, exported.folder
    assert (folder / f"files/{name}/Procès-verbal.txt").read_text(
        encoding="utf-8"
    ) == f"Adopté {exported.word}\n"
    (calendar,) = (folder / f"calendars/{name}").glob("conseil*.ics")
    read = icalendar.Calendar.from_ical(calendar.read_bytes())
    assert sorted(str(one["SUMMARY"]) for one in read.walk("VEVENT")) == ["Séance a", "Séance b"]
    cards = list(vobject.readComponents((folder / f"contacts/{name}/Élus.vcf").read_text(encoding="utf-8")))
    assert [card.fn.value for card in cards] == [f"Zoé Côté {exported.word}"]
    assert name in {row["person"] for row in exported.table("files/owners.csv")}
    if exported.said["shared"]:
        (share,) = [row for row in exported.table("files/shares.csv") if row["owner"] == name]
        assert (share["kind"], share["path"], share["may"]) == ("link", "Procès-verbal.txt", "read")


def test_people_and_groups(exported: Exported) -> None:
    people = exported.folder / "people"
    realm = json.loads((people / "realm.json").read_text(encoding="utf-8"))
    persons = {one["username"] for one in realm.get("users", []) if not one.get("serviceAccountClientId")}
    assert {row["username"] for row in exported.table("people/people.csv")} == persons
    assert {row["group"] for row in exported.table("people/groups.csv")} >= {"administrateurs", "employes"}
    text = (people / "people.ldif").read_text(encoding="utf-8")
    assert text.startswith("version: 1\n")
    assert "ou=people,dc=frelighsburg,dc=example" in text
    if persons:
        assert {one.username for one in ldif.read(text, "people.ldif")} == persons


def test_the_website_as_wordpress_and_as_pages(exported: Exported) -> None:
    site = exported.folder / "website"
    tree = ElementTree.parse(site / "wordpress.xml")
    kinds = [one.text for one in tree.iter("{http://wordpress.org/export/1.2/}post_type")]
    assert "page" in kinds
    assert (site / "static/index.html").is_file()
    pages = list((site / "static").rglob("*.html"))
    assert len(pages) > 3
    front = (site / "static/index.html").read_text(encoding="utf-8")
    assert f'href="https://{FRELIGHSBURG.domain}/"' not in front.split("<body")[1]
    dump = (exported.folder / "databases/wordpress.sql").read_text(encoding="utf-8", errors="replace")
    assert "CREATE TABLE `wp_posts`" in dump
    assert "oc_calendarobjects" in (exported.folder / "databases/nextcloud.sql").read_text(encoding="utf-8")
    assert FRELIGHSBURG.domain in (exported.folder / "logs/requests.log").read_text(encoding="utf-8")
    assert ABERCORN.domain not in (exported.folder / "logs/requests.log").read_text(encoding="utf-8")


def test_the_pages_open_in_a_browser_without_a_server(exported: Exported) -> None:
    if not PROGRAM.exists():
        pytest.skip("SKIPPED, NOT TESTED: this machine has no Chromium")

    with chromium("audit.no-browser", {}) as browser:
        page = browser.new_page(java_script_enabled=False)
        missing: list[str] = []
        page.on("requestfailed", lambda request: missing.append(request.url))
        page.goto((exported.folder / "website/static/index.html").as_uri())
        assert page.locator("h1").count() == 1
        colours = page.evaluate("getComputedStyle(document.querySelector('header')).display")
        assert colours, "styles are there"
        link = page.locator("header a[href$='index.html']").last
        link.click()
        assert page.url.startswith("file://")
        assert page.locator("h1").count() == 1
        assert missing == []


def test_nothing_stays_on_the_server(deployment: Deployment, exported: Exported) -> None:
    assert exported.said["files"] > 10
    assert deployment.sh("ls /srv/moments 2>/dev/null || true").split() == []
    assert "moments" not in deployment.sh("btrfs subvolume list /srv")
    assert deployment.sh("systemctl list-timers --all --no-legend 'nuage-export-*'").strip() == ""
    states = deployment.sh(f"ps -o stat= -u {FRELIGHSBURG.uid} || true").split()
    assert not [state for state in states if state.startswith("T")]


def test_a_second_one_doesnt_touch_the_first(deployment: Deployment, exported: Exported) -> None:
    before = (exported.folder / "SHA256SUMS").read_bytes()
    said = deployment.nuage("export", FRELIGHSBURG.slug, "--to", str(exported.folder), code=4).stderr
    assert "complete export" in said
    assert (exported.folder / "SHA256SUMS").read_bytes() == before


def test_one_whose_server_went_goes_on_in_the_middle_of_a_file(
    deployment: Deployment, tmp_path: Path
) -> None:
    uploads = f"/srv/tenants/{ABERCORN.user}/wordpress/wp-content/uploads"
    folder = tmp_path / "out"
    words = ("export", ABERCORN.slug, "--to", str(folder), "--json")
    deployment.sh(f"head -c 200M /dev/urandom > {uploads}/gros.bin; chown {ABERCORN.user} {uploads}/gros.bin")
    try:
        begun = deployment.begin(*words)
        partial = folder / ".partial"
        while begun.poll() is None and not (partial.exists() and partial.stat().st_size > 20 << 20):
            time.sleep(0.01)
        deployment.sh("pkill -f 'nuage/export send'")
        _, errors = begun.communicate(timeout=120)
        assert begun.returncode in (6, 8), errors
        had = partial.stat().st_size
        assert had > 20 << 20
        said = json.loads(deployment.nuage(*words).stdout)
        assert said["fetched"] < said["bytes"] - had, "it didn't begin at nothing"
        wanted = deployment.sh(f"sha256sum {uploads}/gros.bin").split()[0]
    finally:
        deployment.sh(f"rm -f {uploads}/gros.bin")
    with (folder / "website/media/gros.bin").open("rb") as stream:
        assert hashlib.file_digest(stream, "sha256").hexdigest() == wanted
