"""Comments survive when `nuage` rewrites a spec, and never change what it says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.spec import comments, parsing, writing
from provisioner.spec.tenant import State, Tenant
from tests.unit.spec import samples

TENANT = Tenant.model_validate({**samples.TENANT, "placement": {}})
TEXT = writing.tenant_text(TENANT)
APPROVED = TENANT.model_copy(update={"state": State.APPROVED, "leaving_until": None})

ANNOTATED = """\
# yaml-language-server: $schema=../schema/tenant.json
# Fiche tenue par Jeanne.
code: "46005"   # vérifié au Répertoire
name: "Abercorn # le village"
designation: Village
# Joindre l'après-midi seulement.
contacts:
  administrator:
    name: Direction
    # boîte partagée
    email: direction@abercorn.example # pas d'urgence
  privacy_officer: {name: Greffe, email: greffe@abercorn.example}  # Loi 25
domains:
  website: abercorn.example
services:
  wordpress: {}
ring: courant
# jusqu'au budget
state: suspended # en attente
history:
# premier contact
- at: "2026-11-23T14:00:00Z"
  by: equipe
  action: request
  reason: |
    # ceci est du texte
    deux
# fin
"""


def test_comments_stay_with_their_fields():
    tenant = parsing.tenant(ANNOTATED.encode(), "t.yml")
    approved = tenant.model_copy(update={"state": State.ACTIVE})
    text = comments.carry(ANNOTATED.encode(), writing.tenant_text(approved))
    assert parsing.tenant(text.encode(), "t.yml") == approved
    lines = text.split("\n")
    for expected in (
        '# Fiche tenue par Jeanne.\ncode: "46005"  # vérifié au Répertoire\n',
        "# Joindre l'après-midi seulement.\ncontacts:\n",
        "    # boîte partagée\n    email: direction@abercorn.example  # pas d'urgence\n",
        "# jusqu'au budget\nstate: active  # en attente\n",
        "# premier contact\n- at:",
    ):
        assert expected in text
    assert lines[0].startswith("# yaml-language-server:")
    assert lines[-2:] == ["# fin", ""]
    assert text.count("# ceci est du texte") == 1
    assert "# Loi 25" in text


def test_writing_again_changes_nothing():
    tenant = parsing.tenant(ANNOTATED.encode(), "t.yml")
    once = comments.carry(ANNOTATED.encode(), writing.tenant_text(tenant))
    assert comments.carry(once.encode(), writing.tenant_text(tenant)) == once


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_other_line_ends(end):
    tenant = parsing.tenant(ANNOTATED.encode(), "t.yml")
    bent = "\ufeff" + ANNOTATED.replace("\n", end)
    expected = comments.carry(ANNOTATED.encode(), writing.tenant_text(tenant))
    assert comments.carry(bent.encode(), writing.tenant_text(tenant)) == expected


def test_a_comment_on_a_field_that_goes_away_stays_in_the_file():
    old = TEXT.replace("leaving_until:", "# prolongée une fois\nleaving_until:")
    assert old != TEXT
    text = comments.carry(old.encode(), writing.tenant_text(APPROVED))
    assert "# prolongée une fois" in text
    assert parsing.tenant(text.encode(), "t.yml") == APPROVED


PLACES = st.lists(st.tuples(st.integers(1, TEXT.count("\n")), st.booleans()), max_size=6)


@given(PLACES)
def test_comments_anywhere_are_kept_and_harmless(places):
    lines = TEXT.rstrip("\n").split("\n")
    written = []
    for number, (line, inline) in enumerate(sorted(places, reverse=True)):
        comment = f"# remarque {number}: «é» 'x' \"y"
        if inline and line < len(lines) and "#" not in lines[line] and '"' not in lines[line]:
            lines[line] += f" {comment}"
        else:
            lines.insert(line, comment)
        written.append(comment)
    old = "\n".join(lines) + "\n"
    assert parsing.tenant(old.encode(), "t.yml") == TENANT
    for tenant in (TENANT, APPROVED):
        text = comments.carry(old.encode(), writing.tenant_text(tenant))
        assert parsing.tenant(text.encode(), "t.yml") == tenant
        assert all(text.count(comment) == 1 for comment in written)
