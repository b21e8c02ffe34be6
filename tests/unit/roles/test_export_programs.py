"""The program that exports: what it makes is what the formats' own readers read."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import icalendar
import pytest
import vobject

from provisioner.people import ldif

ROLES = Path(__file__).parents[3] / "roles"
FOLDERS = (
    ROLES / "server_export/files/usr/local/lib/nuage/export",
    ROLES / "server_backup/files/usr/local/lib/nuage/backup",
)
NAMES = (
    "accounts",
    "calendars",
    "clouds",
    "crawling",
    "databases",
    "held",
    "realms",
    "logs",
    "moment",
    "sending",
    "settings",
    "tables",
    "taking",
    "websites",
)


@pytest.fixture
def modules() -> Iterator[dict[str, ModuleType]]:
    """The server's modules by name, as the server's one folder has them."""
    sys.path[:0] = [str(folder) for folder in FOLDERS]
    try:
        yield {name: importlib.import_module(name) for name in NAMES}
    finally:
        for folder in FOLDERS:
            sys.path.remove(str(folder))
        for name in NAMES:
            sys.modules.pop(name, None)


ZONE = (
    "BEGIN:VTIMEZONE\r\nTZID:America/Toronto\r\nBEGIN:STANDARD\r\nDTSTART:20071104T020000\r\n"
    "TZOFFSETFROM:-0400\r\nTZOFFSETTO:-0500\r\nTZNAME:EST\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
)


def event(uid: str, summary: str, inside: str = "") -> str:
    return (
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//x//EN\r\n{ZONE}BEGIN:VEVENT\r\nUID:{uid}\r\n"
        "DTSTAMP:20261130T030000Z\r\nDTSTART;TZID=America/Toronto:20261201T190000\r\n"
        f"SUMMARY:{summary}\r\n{inside}END:VEVENT\r\nEND:VCALENDAR\r\n"
    )


def test_one_calendar_of_many_objects(modules: dict[str, ModuleType]) -> None:
    alarm = "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT15M\r\nDESCRIPTION:x\r\nEND:VALARM\r\n"
    texts = [event("a@x", "Séance du conseil", alarm), event("b@x", "Collecte", "").replace("\r\n", "\n")]
    name = "Conseil; règlements, avis " + "é" * 60
    made = modules["calendars"].calendar(name, texts)
    read = icalendar.Calendar.from_ical(made)
    assert [str(one["SUMMARY"]) for one in read.walk("VEVENT")] == ["Séance du conseil", "Collecte"]
    assert len(read.walk("VTIMEZONE")) == 1
    assert len(read.walk("VALARM")) == 1
    assert str(read["X-WR-CALNAME"]).replace("\\", "") == name
    assert all(len(line) <= 75 for line in made.encode().split(b"\r\n"))


def test_an_empty_calendar_is_one(modules: dict[str, ModuleType]) -> None:
    assert icalendar.Calendar.from_ical(modules["calendars"].calendar("Vide", [])).walk("VEVENT") == []


def test_one_file_of_many_cards(modules: dict[str, ModuleType]) -> None:
    card = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{0}\r\nFN:{0} Côté\r\nN:Côté;{0};;;\r\nEND:VCARD\r\n"
    made = modules["calendars"].cards([card.format("Zoé"), card.format("Léa")])
    assert [each.fn.value for each in vobject.readComponents(made)] == ["Zoé Côté", "Léa Côté"]


REALM = {
    "users": [
        {
            "username": "zoe",
            "email": "zoe@abercorn.example",
            "firstName": "Zoé",
            "lastName": "Côté",
            "enabled": True,
            "groups": ["/employes", "/services/greffe"],
            "attributes": {"locale": ["fr"]},
            "credentials": [{"secretData": '{"value":"verifier"}'}],
        },
        {
            "username": "aline",
            "email": "al@abercorn.example",
            "lastName": "Roy",
            "firstName": "Al",
            "enabled": False,
        },
        {"username": "service-account-nuage", "serviceAccountClientId": "nuage"},
    ],
    "groups": [{"name": "employes"}, {"name": "services", "subGroups": [{"name": "greffe"}]}],
}


def test_people_as_a_directory_reads_them(modules: dict[str, ModuleType]) -> None:
    text = modules["accounts"].ldif(REALM, "abercorn.example")
    assert "verifier" not in text
    assert all(len(line) <= 76 for line in text.splitlines())
    zoe = next(one for one in ldif.read(text, "x.ldif") if one.username == "zoe")
    assert (zoe.email, zoe.last_name) == ("zoe@abercorn.example", "Côté")
    assert "employes" in zoe.groups
    assert "service-account" not in text


def test_a_name_that_a_directory_could_misread(modules: dict[str, ModuleType]) -> None:
    assert modules["accounts"].named(' a,b+c="d" ') == '\\ a\\,b\\+c\\=\\"d\\"\\ '
    assert modules["accounts"].line("sn", " x") == "sn:: IHg="
    assert modules["accounts"].line("sn", "a\nuid: root") == "sn:: YQp1aWQ6IHJvb3Q="


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_a_cell_is_no_formula(modules: dict[str, ModuleType], value: str) -> None:
    assert modules["tables"].cell(value).startswith("'")


def test_names_of_people_are_safe_and_apart(modules: dict[str, ModuleType]) -> None:
    taken: set[str] = set()
    free = modules["tables"].free_name
    assert [free(name, ".ics", taken) for name in ("../a", ".._a", "Perso", "PERSO", "..")] == [
        "_a.ics",
        "_a (2).ics",
        "Perso.ics",
        "PERSO (2).ics",
        "_.ics",
    ]


PAGE = (
    '<!DOCTYPE html><html><head><link rel="stylesheet" href="/style.css?ver=6&amp;x=1"><style>a{background:'
    "url('/fond.png')}</style></head><body class=x><a href='https://www.abercorn.example/avis/'>A &amp; B</a>"
    '<a href="https://ailleurs.example/">x</a><img src="/m/plan.png" srcset="/m/plan.png 1x, /m/gros.png 2x">'
    "<script>if (1 < 2 && '</a>') { x('/avis/') }</script><br/></body></html>"
)


def test_a_page_again_with_its_links_turned(modules: dict[str, ModuleType]) -> None:
    crawling = modules["crawling"]
    seen: list[str] = []

    def turn(link: str) -> str:
        seen.append(link)
        return link

    assert crawling.rewritten(PAGE, turn) == PAGE, "what needs no change stays to the letter"
    assert seen == [
        "/style.css?ver=6&x=1",
        "/fond.png",
        "https://www.abercorn.example/avis/",
        "https://ailleurs.example/",
        "/m/plan.png",
        "/m/plan.png",
        "/m/gros.png",
    ]
    turned = crawling.rewritten(PAGE, lambda link: "x")
    assert '<a href="x">A &amp; B</a>' in turned
    assert 'srcset="x 1x, x 2x"' in turned
    assert "url('x')" in turned
    assert "x('/avis/')" in turned


@pytest.mark.parametrize(
    ("address", "kind", "name"),
    [
        ("/", "text/html", "index.html"),
        ("/avis/2026/", "text/html", "avis/2026/index.html"),
        ("/?p=3", "text/html", "_p=3/index.html"),
        ("/a/../../etc/passwd", "text/html", "a/etc/passwd/index.html"),
        ("/style.css?ver=6", "text/css", "style.css"),
        ("/%C3%A9t%C3%A9/", "text/html", "été/index.html"),
    ],
)
def test_where_a_page_lies(modules: dict[str, ModuleType], address: str, kind: str, name: str) -> None:
    assert modules["crawling"].file_of(address, kind) == name


@pytest.mark.parametrize(
    ("link", "found"),
    [
        ("avis/", "/page/avis/"),
        ("//www.abercorn.example/x", "/x"),
        ("https://ailleurs.example/x", None),
        ("mailto:a@b.example", None),
        ("javascript:void(0)", None),
        ("https://www.abercorn.example:8443/", None),
        ("http://[bad", None),
    ],
)
def test_which_links_are_the_sites_own(modules: dict[str, ModuleType], link: str, found: str | None) -> None:
    assert modules["crawling"].local(link, "/page/", "www.abercorn.example") == found


def test_a_sandbox_without_a_user_is_refused(modules: dict[str, ModuleType]) -> None:
    with pytest.raises(modules["settings"].BackupError):
        modules["websites"].sandboxed("[Service]\nSlice=x\n", "46005")


def test_what_is_final_is_taken_where_nothing_changes(
    modules: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taking = modules["taking"]
    monkeypatch.setattr(taking, "RECORDS", tmp_path)
    (tmp_path / "46005-apps.json").write_text('{"state": "active"}')
    taking.demand_state("46005-apps", "")
    for name in ("46005-apps", "46005-identity"):
        with pytest.raises(modules["settings"].BackupError) as caught:
            taking.demand_state(name, "leaving")
        assert caught.value.key == "export.not-read-only"
    (tmp_path / "46005-apps.json").write_text('{"state": "leaving"}')
    taking.demand_state("46005-apps", "leaving")
