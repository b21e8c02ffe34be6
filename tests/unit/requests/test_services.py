"""Nextcloud and accounts in a request, beside the website."""

from __future__ import annotations

from pathlib import Path

import pytest

from provisioner import folder as folders
from provisioner.directory import official
from provisioner.directory.municipality import Directory
from provisioner.errors import InvalidInputError
from provisioner.requests import sources
from provisioner.requests.draft import Frame, Signature, check, now, tenant
from provisioner.requests.sources import FORMAT_VERSION
from provisioner.spec.sizing import Size
from tests.unit.requests.conftest import ROOT
from tests.unit.requests.test_incoming import HEADER, PEOPLE, add, form_file, refused

COLUMNS = f"{HEADER},aliases,nextcloud,comptes,taille_nextcloud"


def row(code: str, website: str, asked: str) -> str:
    return f"{code},{website},{PEOPLE},{asked}\n"


@pytest.mark.parametrize(
    ("asked", "names", "size"),
    [
        (",,,", ("wordpress",), None),
        (",,non,", ("wordpress",), None),
        (",,OUI,", ("identity", "wordpress"), None),
        (",https://Nuage.Damase.example/,,", ("identity", "nextcloud", "wordpress"), Size.MEDIUM),
        (",nuage.damase.example,yes,large", ("identity", "nextcloud", "wordpress"), Size.LARGE),
    ],
)
def test_services_asked_for(
    folder: Path,
    directory: Directory,
    signature: Signature,
    asked: str,
    names: tuple[str, ...],
    size: Size | None,
) -> None:
    (made,) = add(
        folder, directory, signature, f"{COLUMNS}\n{row('54017', 'www.damase.example', asked)}"
    ).values()
    assert made.services.names == names
    assert (made.services.nextcloud.size if made.services.nextcloud else None) is size
    assert made.domains.nextcloud == ("nuage.damase.example" if size else None)
    assert made.services.wordpress is not None
    assert made.services.wordpress.size is Size.MEDIUM, "of its own, whatever Nextcloud's is"


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (",nuage.a.example,non,", [("nextcloud-without-accounts", "comptes")]),
        ("n.example nuage.a.example,nuage.a.example,,", [("nextcloud-on-website", "nextcloud")]),
        (
            ",www.a.example,non,",
            [("nextcloud-on-website", "nextcloud"), ("nextcloud-without-accounts", "comptes")],
        ),
        (",pas un site,,small", [("bad-domain", "nextcloud")]),
        (",nuage.a.example,,huge", [("bad-size", "taille_nextcloud")]),
    ],
)
def test_answers_that_dont_go_together(
    folder: Path,
    directory: Directory,
    signature: Signature,
    asked: str,
    found: list[tuple[str, str]],
) -> None:
    problems = refused(folder, directory, signature, f"{COLUMNS}\n{row('46005', 'www.a.example', asked)}")
    assert [(p.key.removeprefix("request."), p.subject) for p in problems] == found


@pytest.mark.parametrize(
    ("website", "asked", "subject"),
    [
        ("www.b.example", ",nuage.a.example,,", "nextcloud"),
        ("www.b.example", ",www.a.example,,", "nextcloud"),
        ("www.b.example", ",a.example,,", "nextcloud"),
        ("nuage.a.example", ",,,", "website"),
        ("www.b.example", "nuage.a.example,,,", "aliases"),
    ],
)
@pytest.mark.parametrize("together", [True, False])
def test_a_name_leads_to_one_service(
    folder: Path,
    directory: Directory,
    signature: Signature,
    website: str,
    asked: str,
    subject: str,
    together: bool,
) -> None:
    first = f"{COLUMNS}\n{row('46005', 'www.a.example', 'a.example,nuage.a.example,,')}"
    second = f"{COLUMNS}\n{row('48028', website, asked)}"
    if together:
        problems = refused(folder, directory, signature, first, second)
    else:
        add(folder, directory, signature, first)
        with pytest.raises(InvalidInputError) as caught:
            add(folder, directory, signature, second)
        problems = caught.value.problems
    assert [(p.key, p.subject) for p in problems] == [("request.duplicate-domain", subject)]


def test_the_sign_in_pages_keep_their_name(folder: Path, directory: Directory, signature: Signature) -> None:
    asked = row("46005", "www.a.example", ",identite.consortium.example,,")
    problems = refused(folder, directory, signature, f"{COLUMNS}\n{asked}")
    assert [(p.key, p.line) for p in problems] == [("spec.duplicate-domain", 2)]


@pytest.mark.parametrize("asked", [",,oui,", ",nuage.a.example,,"])
def test_accounts_take_an_identity_server(
    folder: Path, directory: Directory, signature: Signature, asked: str
) -> None:
    path = folder / "consortium.yml"
    text = path.read_text(encoding="utf-8").replace("roles: [apps, identity]", "roles: [apps]")
    path.write_text(text.replace("    identity_domain: identite.consortium.example\n", ""), encoding="utf-8")
    problems = refused(folder, directory, signature, f"{COLUMNS}\n{row('46005', 'www.a.example', asked)}")
    assert [(p.key, p.line) for p in problems] == [("spec.no-identity-server", 2)]


def test_files_of_the_older_form_are_still_good(
    folder: Path, directory: Directory, signature: Signature
) -> None:
    newer = form_file(code="48028", name="Acton Vale", website="www.acton.example", accounts="yes")
    newer = newer.replace(b'"version": 1', f'"version": {FORMAT_VERSION}'.encode())
    found = add(folder, directory, signature, form_file(), newer)
    assert {slug: tenant.services.names for slug, tenant in found.items()} == {
        "abercorn": ("wordpress",),
        "acton-vale": ("identity", "wordpress"),
    }


def test_the_example_is_what_its_spreadsheet_asks_for() -> None:
    example = ROOT / "inventories/example"
    known = official.read((example / "repertoire.csv").read_bytes(), "repertoire.csv")
    entries = sources.read((example / "demandes.csv").read_bytes(), "demandes.csv")
    specs = folders.load(example)
    frame = Frame(known, specs.consortium.rings, "fr", Signature("equipe", now()))
    for entry in entries:
        kept, problems = check(entry, frame)
        assert problems == []
        asked = tenant(kept, frame)
        written = specs.tenants[known.by_code[asked.code].slug]
        assert (asked.services, asked.domains) == (written.services, written.domains)
