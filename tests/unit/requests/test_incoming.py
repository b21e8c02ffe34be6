from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner import folder as specs
from provisioner.directory.municipality import Directory
from provisioner.errors import InvalidInputError, Problem
from provisioner.requests import book, fields, sources
from provisioner.requests.draft import Signature
from provisioner.spec.sizing import Size
from provisioner.spec.tenant import State

HEADER = "code,website,administrator_name,administrator_email,privacy_name,privacy_email"
FRENCH = "Code;Site web;Responsable nom;Responsable courriel;Protection nom;Protection courriel"
PEOPLE = "A. Roy,a.roy@abercorn.example,P. Côté,p.cote@abercorn.example"


def form_file(**changes: object) -> bytes:
    request: dict[str, object] = {
        "code": "46005",
        "name": "Abercorn",
        "website": "www.abercorn.example",
        "administrator_name": "A. Roy",
        "administrator_email": "a.roy@abercorn.example",
        "privacy_name": "P. Côté",
        "privacy_email": "p.cote@abercorn.example",
        "language": "fr",
        "consent": "yes",
        **changes,
    }
    request = {name: value for name, value in request.items() if value is not None}
    return json.dumps({"format": sources.FORMAT, "version": 1, "request": request}).encode()


def add(
    folder: Path, directory: Directory, signature: Signature, *files: bytes | str
) -> dict[str, specs.Tenant]:
    contents = [(text.encode() if isinstance(text, str) else text, f"f{n}") for n, text in enumerate(files)]
    return book.add(folder, sources.read_all(contents), directory, signature)


def refused(
    folder: Path, directory: Directory, signature: Signature, *files: bytes | str
) -> tuple[Problem, ...]:
    with pytest.raises(InvalidInputError) as caught:
        add(folder, directory, signature, *files)
    assert not (folder / "tenants").exists(), "nothing is written when anything is invalid"
    return caught.value.problems


def test_a_row_becomes_a_tenant(folder: Path, directory: Directory, signature: Signature) -> None:
    add(folder, directory, signature, f"{HEADER},size,note\n54017,WWW.Damase.example/,{PEOPLE},,Merci\n")
    assert [path.name for path in (folder / "tenants").iterdir()] == ["saint-damase-54017.yml"]
    tenant = specs.load(folder).tenants["saint-damase-54017"]
    assert (tenant.name, tenant.designation, tenant.population) == ("Saint-Damase", "Municipalité", 2391)
    assert (tenant.region, tenant.mrc) == ("Montérégie", "Les Maskoutains")
    assert tenant.domains.website == "www.damase.example"
    assert tenant.contacts.privacy_officer.name == "P. Côté"
    assert tenant.services.wordpress is not None
    assert tenant.services.wordpress.size is Size.MEDIUM
    assert (tenant.state, tenant.ring) == (State.REQUESTED, "courant")
    event = tenant.history[0]
    assert (event.by, event.action, event.reason) == ("alice", "request", "courriel du 23\nMerci")
    assert event.at == signature.at


def test_a_french_excel_file(folder: Path, directory: Directory, signature: Signature) -> None:
    rows = f"7025;www.alb.example;{PEOPLE.replace(',', ';')}\r\n;;;;;\r\n"
    found = add(folder, directory, signature, b"\xef\xbb\xbf" + f"{FRENCH}\r\n{rows}".encode())
    assert {slug: tenant.code for slug, tenant in found.items()} == {"albertville": "07025"}


def test_several_files_at_once(folder: Path, directory: Directory, signature: Signature) -> None:
    csv = f"{HEADER}\n48028,www.acton.example,{PEOPLE}\n"
    assert set(add(folder, directory, signature, csv, form_file())) == {"acton-vale", "abercorn"}
    assert len(list((folder / "tenants").iterdir())) == 2


def test_all_that_is_wrong_is_said_at_once_with_lines(
    folder: Path, directory: Directory, signature: Signature
) -> None:
    rows = (
        f"46005,www.abercorn.example,{PEOPLE}\n"
        f"46005,www.autre.example,{PEOPLE}\n"
        f"99999,www.inconnu.example,{PEOPLE}\n"
        f"48028,www.abercorn.example,{PEOPLE}\n"
        "07025,pas un site,A,a@b,P,\n"
    )
    problems = refused(folder, directory, signature, f"{HEADER}\n{rows}", form_file(code="54017"))
    assert sorted((p.file, p.line, p.key, p.subject) for p in problems) == [
        ("f0", 3, "request.duplicate-code", "code"),
        ("f0", 4, "request.unknown-code", "code"),
        ("f0", 5, "request.duplicate-domain", "website"),
        ("f0", 6, "request.bad-domain", "website"),
        ("f0", 6, "request.bad-email", "administrator_email"),
        ("f0", 6, "request.missing-value", "privacy_email"),
        ("f1", 0, "request.duplicate-domain", "website"),
        ("f1", 0, "request.other-name", "name"),
    ]


@pytest.mark.parametrize(
    ("column", "value", "key"),
    [
        ("nom", "Albercorne", "other-name"),
        ("size", "huge", "bad-size"),
        ("mode", "parfois", "bad-mode"),
        ("ring", "inconnu", "bad-ring"),
        ("language", "de", "bad-language"),
        ("consent", "non", "bad-consent"),
        ("aliases", "a b", "bad-domain"),
        ("administrator_telephone", "x" * 201, "bad-text"),
        ("note", "x" * 1501, "bad-note"),
        ("nextcloud", "pas un site", "bad-domain"),
        ("nextcloud", "WWW.Abercorn.example/", "nextcloud-on-website"),
        ("comptes", "peut-être", "bad-accounts"),
        ("taille_nextcloud", "small", "size-without-nextcloud"),
    ],
)
def test_optional_columns(
    folder: Path, directory: Directory, signature: Signature, column: str, value: str, key: str
) -> None:
    text = f"{HEADER},{column}\n46005,www.abercorn.example,{PEOPLE},{value}\n"
    problems = refused(folder, directory, signature, text)
    assert [(p.key, p.line, p.subject) for p in problems] == [(f"request.{key}", 2, column)]


def test_a_municipality_no_server_can_hold(folder: Path, directory: Directory, signature: Signature) -> None:
    text = (folder / "consortium.yml").read_text(encoding="utf-8").replace("disk_gib: 500", "disk_gib: 100")
    (folder / "consortium.yml").write_text(text, encoding="utf-8")
    rows = f"{HEADER},size\n46005,www.abercorn.example,{PEOPLE},xlarge\n"
    assert [(p.key, p.line) for p in refused(folder, directory, signature, rows)] == [("spec.too-big", 2)]


def test_a_municipality_that_is_there_already(
    folder: Path, directory: Directory, signature: Signature
) -> None:
    add(folder, directory, signature, form_file())
    before = (folder / "tenants/abercorn.yml").read_bytes()
    with pytest.raises(InvalidInputError) as caught:
        add(
            folder,
            directory,
            signature,
            f"{HEADER}\n46005,www.x.example,{PEOPLE}\n48028,www.abercorn.example,{PEOPLE}\n",
        )
    assert [p.key for p in caught.value.problems] == ["request.already-there", "request.duplicate-domain"]
    assert [path.name for path in (folder / "tenants").iterdir()] == ["abercorn.yml"]
    assert (folder / "tenants/abercorn.yml").read_bytes() == before


@pytest.mark.parametrize(
    ("content", "keys"),
    [
        (b"", ["table.empty"]),
        (HEADER.encode(), ["request.no-rows"]),
        (b"code,website\n", ["request.missing-columns"]),
        (f"{HEADER},maire\n".encode(), ["request.unknown-columns"]),
        (f"{HEADER},site_web\n".encode(), ["request.column-twice"]),
        (f"{HEADER}\n46005,x\n".encode(), ["table.broken-row"]),
        (f"{HEADER}\n46005,www.x.example,Félix,a@b.ca,P,p@b.ca\n".encode("cp1252"), ["table.not-utf8"]),
        (b"{", ["request.bad-json"]),
        (b"[]", ["request.no-rows"]),
        (b"[" * 100_000, ["request.not-a-request"]),
        (b'{"a": 1}', ["request.not-a-request"]),
        (b"[1]", ["request.not-a-request"]),
        (form_file().replace(b'"version": 1', b'"version": 3'), ["request.other-version"]),
        (form_file(maire="X"), ["request.unknown-field"]),
        (form_file(size=3), ["request.not-text"]),
        (form_file(consent=None), ["request.bad-consent"]),
        (form_file(code="46005\n", privacy_name="a\u0007"), ["request.bad-text"]),
    ],
)
def test_bad_files(
    folder: Path, directory: Directory, signature: Signature, content: bytes, keys: list[str]
) -> None:
    assert [p.key for p in refused(folder, directory, signature, content)] == keys


def test_ten_thousand_rows(folder: Path, directory: Directory, signature: Signature) -> None:
    rows = "".join(f"46005,www.m{number}.example,{PEOPLE}\n" for number in range(10_000))
    assert len(refused(folder, directory, signature, f"{HEADER}\n{rows}")) == 9_999


def test_a_mistyped_folder_is_not_created(tmp_path: Path, directory: Directory, signature: Signature) -> None:
    with pytest.raises(InvalidInputError) as caught:
        book.add(tmp_path / "typo", [], directory, signature)
    assert caught.value.problems[0].key == "spec.no-consortium"
    assert not (tmp_path / "typo").exists()


@given(st.sampled_from(fields.FIELDS), st.text(max_size=60))
def test_a_field_accepts_again_what_it_kept(field: fields.Field, value: str) -> None:
    kept = fields.accepted(field, value)
    if kept:
        assert fields.accepted(field, kept) == kept


@pytest.mark.parametrize("guide", ["docs/fr/demandes.md", "docs/en/requests.md"])
def test_every_column_is_documented(guide: str) -> None:
    text = (Path(__file__).parent.parent.parent.parent / guide).read_text(encoding="utf-8")
    for field in fields.FIELDS:
        assert f"`{field.name}`" in text
        assert f"`{field.french}`" in text
