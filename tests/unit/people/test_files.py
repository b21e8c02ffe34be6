"""Files of people, as offices send them."""

from __future__ import annotations

import base64

import pytest

from provisioner.errors import InvalidInputError
from provisioner.people import ldif, sheet

FRENCH = """Prénom;Nom;Courriel;Groupes;Langue
Émilie;Tremblay-Côté;E.Tremblay@ville.example;Employés|Rédaction web;français
Jean;O'Neil;jean@ville.example;élus;
"""
ENGLISH = """username,first name,last name,email,groups,language
etremblay,Émilie,Tremblay,e.tremblay@ville.example,administrators,en
"""
LDIF = """version: 1
# an export
dn: uid=etremblay,ou=personnes,dc=ville,dc=example
objectClass: inetOrgPerson
uid: etremblay
givenName:: {given}
sn: Trem
 blay
mail: e.tremblay@ville.example
jpegPhoto:: /9j/4AAQSkZJRgABAQ==
memberOf: cn=tout-le-monde,ou=groupes,dc=ville,dc=example

dn: cn=Élus,ou=groupes,dc=ville,dc=example
objectClass: groupOfNames
cn: Élus
member: uid=etremblay, ou=personnes, dc=ville, dc=example
"""


def keys(failure: pytest.ExceptionInfo[InvalidInputError]) -> list[tuple[str, int]]:
    return [(problem.key, problem.line) for problem in failure.value.problems]


def test_french_sheet() -> None:
    first, second = sheet.read(FRENCH, "gens.csv")
    assert (first.username, first.first_name, first.language) == ("e.tremblay@ville.example", "Émilie", "fr")
    assert first.groups == ("employes", "redaction-web")
    assert (second.groups, second.last_name, second.regroup) == (("elus",), "O'Neil", True)


def test_english_sheet() -> None:
    (only,) = sheet.read(ENGLISH, "people.csv")
    assert (only.username, only.groups, only.language) == ("etremblay", ("administrateurs",), "en")


def test_a_sheet_without_groups_makes_employees_and_changes_no_groups() -> None:
    (only,) = sheet.read("courriel,prénom,nom\na@ville.example,A,B\n", "gens.csv")
    assert (only.groups, only.regroup) == (("employes",), False)


def test_all_that_is_wrong_is_said_together_and_nobody_is_taken() -> None:
    text = "courriel,prénom,nom,groupes\nx,,Roy,mairie\na@ville.example,A,B,\nA@ville.example,A,<b>,\n"
    with pytest.raises(InvalidInputError) as failure:
        sheet.read(text, "gens.csv")
    assert keys(failure) == [
        ("users.bad-email", 2),
        ("users.bad-name", 2),
        ("users.unknown-group", 2),
        ("users.bad-name", 4),
    ]


def test_twice_in_a_file() -> None:
    text = "courriel,prénom,nom\na@ville.example,A,B\nA@ville.example,A,B\n"
    with pytest.raises(InvalidInputError) as failure:
        sheet.read(text, "gens.csv")
    assert keys(failure) == [("users.twice", 3)]


@pytest.mark.parametrize(
    ("header", "key"),
    [("courriel,nom", "users.missing-column"), ("courriel,prénom,nom,NAS", "users.unknown-column")],
)
def test_columns(header: str, key: str) -> None:
    with pytest.raises(InvalidInputError) as failure:
        sheet.read(f"{header}\n", "gens.csv")
    assert keys(failure) == [(key, 1)]


def test_ldif_with_folded_encoded_and_foreign_values() -> None:
    (only,) = ldif.read(LDIF.format(given=base64.b64encode("Émilie".encode()).decode()), "gens.ldif")
    assert (only.username, only.first_name, only.last_name) == ("etremblay", "Émilie", "Tremblay")
    assert only.groups == ("elus",)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("dn: uid=a\nobjectClass: person\nmail:< file:///etc/passwd\n", "users.ldif-elsewhere"),
        ("dn: uid=a\nchangetype: delete\n", "users.ldif-change"),
        ("uid: a\n", "users.ldif-no-dn"),
        ("dn: uid=a\nno colon\n", "users.ldif-broken"),
        ("dn: uid=a\nsn:: %%%\n", "users.ldif-broken"),
        ("", "users.nobody"),
    ],
)
def test_broken_ldif(text: str, key: str) -> None:
    with pytest.raises(InvalidInputError) as failure:
        ldif.read(text, "gens.ldif")
    assert [problem.key for problem in failure.value.problems] == [key]


def test_a_directory_of_thousands_is_read_name_by_name_once(monkeypatch: pytest.MonkeyPatch) -> None:
    count, asked = 500, []
    same = ldif._same
    monkeypatch.setattr(ldif, "_same", lambda dn: asked.append(dn) or same(dn))
    entries = [
        f"dn: uid=p{n},o=x\nobjectClass: person\nuid: pers{n}\nmail: p{n}@x.example\ngivenName: A\nsn: B\n"
        for n in range(count)
    ]
    members = "".join(f"member: uid=p{n}, o=x\n" for n in range(count))
    text = "\n".join([*entries, f"dn: cn=elus,o=x\nobjectClass: groupOfNames\ncn: elus\n{members}"])
    assert {person.groups for person in ldif.read(text, "x.ldif")} == {("elus",)}
    assert len(asked) <= 2 * count
