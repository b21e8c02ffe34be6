"""Whether a municipality may move, from specs on disk; and who leaves a server, in which order."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

from provisioner import workflow
from provisioner.errors import InvalidInputError, NuageError, RefusedError
from provisioner.moving import carrying, deciding, evacuating, notes, telling
from provisioner.moving.notes import Note, Phase
from provisioner.planning import lock as locks

GOLDEN = Path(__file__).parents[2] / "golden" / "first"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(GOLDEN, tmp_path / "c", ignore=shutil.ignore_patterns("expected"))
    workflow.build(tmp_path / "c", lambda: b"essai")
    return tmp_path / "c"


def at(folder: Path, host: str) -> str:
    return locks.parse((folder / locks.NAME).read_text()).placements[host].server


def other(folder: Path, host: str) -> str:
    return {"srv-1": "srv-2", "srv-2": "srv-1"}[at(folder, host)]


def noted(folder: Path, phase: Phase, host: str = "46005-apps") -> Note:
    note = Note(
        slug="abercorn",
        source=at(folder, host),
        target=other(folder, host),
        phase=phase,
        begun="2026-11-30T03:00:00Z",
        changed="2026-11-30T03:00:00Z",
    )
    notes.put(folder, host, note)
    return note


def refused(folder: Path, slug: str, target: str) -> str:
    with pytest.raises(NuageError) as error:
        deciding.decide(folder, slug, target)
    return error.value.problems[0].key


def change(folder: Path, server: str, **fields: object) -> None:
    path = folder / "consortium.yml"
    spec = yaml.safe_load(path.read_text())
    (found,) = (each for each in spec["servers"] if each["id"] == server)
    found.update(fields)
    path.write_text(yaml.safe_dump(spec, allow_unicode=True, sort_keys=False))


def test_a_move_takes_the_applications_and_leaves_the_accounts(folder: Path) -> None:
    target = other(folder, "46005-apps")
    decided = deciding.decide(folder, "abercorn", target)
    assert (decided.host, decided.note.target, decided.note.phase) == ("46005-apps", target, Phase.PREPARING)
    assert not decided.resumed
    before = workflow.prepare(folder).lock.placements
    after = decided.prepared.plan.lock.placements
    assert {host for host in after if after[host].server != before[host].server} == {"46005-apps"}
    assert not (folder / notes.NAME).exists()


def test_refusals(folder: Path) -> None:
    source, target = at(folder, "46005-apps"), other(folder, "46005-apps")
    assert refused(folder, "abercorn", source) == "moving.there-already"
    assert refused(folder, "abercorn", "srv-9") == "plan.refusal-move-unknown-server"
    change(folder, target, closed=True)
    assert refused(folder, "abercorn", target) == "plan.refusal-servers-closed"
    change(folder, target, closed=False)
    path = folder / "tenants" / "abercorn.yml"
    before = path.read_text()
    path.write_text(before + f"placement: {{avoid: [{target}]}}\n")
    assert refused(folder, "abercorn", target) == "moving.constraint"
    path.write_text(before)
    other_path = folder / "tenants" / "les-iles.yml"
    other_path.write_text(other_path.read_text().replace("ring: courant", "ring: pilote"))
    assert refused(folder, "abercorn", target) == "moving.apply-first"


def test_a_move_that_is_begun_goes_on_to_the_same_server_alone(folder: Path) -> None:
    note = noted(folder, Phase.COPYING)
    decided = deciding.decide(folder, "abercorn", note.target)
    assert (decided.resumed, decided.note) == (True, note)
    assert refused(folder, "abercorn", note.source) == "moving.elsewhere"
    noted(folder, Phase.UNDOING)
    assert refused(folder, "abercorn", note.target) == "moving.undoing"
    noted(folder, Phase.KEPT)
    assert refused(folder, "abercorn", note.target) == "moving.old-copy"


def test_once_it_switched_the_lock_may_say_so_already(folder: Path) -> None:
    note = noted(folder, Phase.SWITCHED)
    assert deciding.decide(folder, "abercorn", note.target).resumed
    before = locks.parse((folder / locks.NAME).read_text())
    carrying.place(folder, "46005-apps", note.target)
    after = locks.parse((folder / locks.NAME).read_text())
    assert after.placements["46005-apps"].server == note.target
    rest = {host: placed for host, placed in after.placements.items() if host != "46005-apps"}
    assert rest == {host: placed for host, placed in before.placements.items() if host != "46005-apps"}
    assert deciding.decide(folder, "abercorn", note.target).resumed


@pytest.mark.parametrize("phase", list(Phase))
def test_nothing_is_deployed_while_somebody_is_on_the_way(folder: Path, phase: Phase, language: str) -> None:
    noted(folder, phase)
    (line,) = telling.notices(folder)
    assert "abercorn" in line
    assert language
    if phase is Phase.KEPT:
        deciding.refuse_under_way(folder)
        return
    with pytest.raises(RefusedError) as error:
        deciding.refuse_under_way(folder)
    assert error.value.problems[0].subject == "abercorn"


def test_notes_that_are_none_stop_everything(folder: Path) -> None:
    (folder / notes.NAME).write_text(json.dumps({"moves": {"46005-apps": {"phase": "gone"}}}))
    with pytest.raises(InvalidInputError) as error:
        deciding.refuse_under_way(folder)
    assert error.value.problems[0].key == "moving.notes-broken"


def test_a_server_is_evacuated_once_it_takes_no_newcomers(folder: Path) -> None:
    source = at(folder, "46005-apps")
    with pytest.raises(RefusedError) as error:
        evacuating.legs(folder, source)
    assert error.value.problems[0].key == "moving.not-closing"
    with pytest.raises(InvalidInputError):
        evacuating.legs(folder, "srv-9")
    change(folder, source, closed=True)
    workflow.build(folder, lambda: b"essai")
    found = evacuating.legs(folder, source)
    there = {host for host in workflow.prepare(folder).lock.placements if at(folder, host) == source}
    assert {f"{leg.code}-apps" for leg in found.legs} == {host for host in there if host.endswith("apps")}
    assert all(leg.target != source for leg in found.legs)
    assert found.realms == sum(host.endswith("identity") for host in there)


def test_who_is_begun_goes_first_and_to_where_it_was_going(folder: Path) -> None:
    note = noted(folder, Phase.CLOSING)
    change(folder, note.source, closed=True)
    workflow.build(folder, lambda: b"essai")
    found = evacuating.legs(folder, note.source)
    assert (found.legs[0].slug, found.legs[0].target, found.legs[0].begun) == ("abercorn", note.target, True)
    assert [leg.slug for leg in found.legs].count("abercorn") == 1
