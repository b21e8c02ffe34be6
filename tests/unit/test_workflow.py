from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from provisioner import workflow
from provisioner.errors import InvalidInputError, LockedError, MachineError, RefusedError
from provisioner.files import locked
from provisioner.inventory import vault
from provisioner.inventory.tenant_variables import SECRETS
from provisioner.planning.model import Consent

GOLDEN = Path(__file__).parents[1] / "golden" / "first"
VAULT_COPY = Path("build", "group_vars", "tenants", "secrets.vault.yml")


def password() -> bytes:
    return b"essai"


def nobody() -> bytes:
    raise AssertionError("no password was needed")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(GOLDEN, tmp_path / "c", ignore=shutil.ignore_patterns("expected"))
    return tmp_path / "c"


def snapshot(folder: Path) -> dict[str, bytes]:
    return {
        str(path): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".nuage.lock"
    }


def key_of(error: pytest.ExceptionInfo[InvalidInputError] | pytest.ExceptionInfo[RefusedError]) -> str:
    return error.value.problems[0].key


def test_second_build_writes_nothing_and_asks_no_password(folder: Path) -> None:
    built = workflow.build(folder, password)
    assert built.new_secrets == 3 * len(SECRETS)
    before = snapshot(folder)
    times = {path: path.stat().st_mtime_ns for path in folder.rglob("*.json")}
    again = workflow.build(folder, nobody)
    assert (again.files, again.new_secrets) == ((), 0)
    assert snapshot(folder) == before
    assert times == {path: path.stat().st_mtime_ns for path in folder.rglob("*.json")}


def test_the_vaults_copy_is_the_vault_and_only_the_owner_reads_it(folder: Path) -> None:
    workflow.build(folder, password)
    assert (folder / VAULT_COPY).read_bytes() == (folder / vault.NAME).read_bytes()
    assert (folder / vault.NAME).stat().st_mode & 0o777 == 0o600
    assert all(path.stat().st_mode & 0o007 == 0 for path in (folder / "build").rglob("*") if path.is_file())


def test_a_newcomer_leaves_the_secrets_of_the_others(folder: Path) -> None:
    spec = folder / "tenants" / "abercorn.yml"
    kept = spec.read_text()
    spec.unlink()
    workflow.build(folder, password)
    before = vault.unlock((folder / vault.NAME).read_text(), password())
    spec.write_text(kept)
    assert workflow.build(folder, password).new_secrets == len(SECRETS)
    after = vault.unlock((folder / vault.NAME).read_text(), password())
    assert after.items() > before.items()


def test_a_lost_lock_is_refused_and_nobody_is_placed_anew(folder: Path) -> None:
    workflow.build(folder, password)
    (folder / "placement.lock.yml").unlink()
    before = snapshot(folder)
    with pytest.raises(RefusedError) as caught:
        workflow.build(folder, password)
    assert key_of(caught) == "plan.lock-gone"
    assert snapshot(folder) == before


def test_a_lost_vault_is_never_replaced(folder: Path) -> None:
    workflow.build(folder, password)
    (folder / vault.NAME).unlink()
    with pytest.raises(InvalidInputError) as caught:
        workflow.build(folder, password)
    assert key_of(caught) == "secrets.vault-gone"
    assert not (folder / vault.NAME).exists()


def test_refusals_and_wrong_passwords_write_nothing(folder: Path) -> None:
    workflow.build(folder, password)
    (folder / "tenants" / "abercorn.yml").unlink()
    before = snapshot(folder)
    with pytest.raises(RefusedError) as refused:
        workflow.build(folder, password)
    assert key_of(refused) == "plan.refusal-remove-needs-consent"
    shutil.copy(GOLDEN / "tenants" / "abercorn.yml", folder / "tenants")
    demand = folder / "tenants" / "demande.yml"
    demand.write_text(demand.read_text().replace("requested", "approved"))
    before = snapshot(folder)
    with pytest.raises(InvalidInputError) as wrong:
        workflow.build(folder, lambda: b"wrong")
    assert key_of(wrong) == "secrets.wrong-password"
    assert snapshot(folder) == before


def test_removal_takes_it_out_of_the_inventory_and_keeps_its_secrets(folder: Path) -> None:
    workflow.build(folder, password)
    (folder / "tenants" / "abercorn.yml").unlink()
    workflow.build(folder, nobody, Consent(remove=frozenset({"46005"})))
    assert "46005" not in (folder / "build" / "hosts.json").read_text()
    assert "46005" in vault.unlock((folder / vault.NAME).read_text(), password())


def test_stale_files_go_and_others_stay(folder: Path) -> None:
    workflow.build(folder, password)
    stale = folder / "build" / "host_vars" / "99999-apps.json"
    stale.parent.mkdir()
    stale.write_text("{}")
    mine = folder / "build" / "notes.txt"
    mine.write_text("mine")
    assert workflow.build(folder, nobody).files == ("host_vars/99999-apps.json",)
    assert not stale.exists()
    assert mine.exists()


def test_only_the_reviewed_plan_or_its_rest_is_carried_out(folder: Path) -> None:
    reviewed = workflow.prepare(folder).plan.digest
    for wrong in ("0" * 16, reviewed[:11], ""):
        with pytest.raises(RefusedError):
            workflow.demand_digest(workflow.prepare(folder), wrong)
    workflow.build(folder, password, digest=reviewed[:12])
    workflow.build(folder, nobody, digest=reviewed)
    spec = folder / "tenants" / "abercorn.yml"
    spec.write_text(spec.read_text().replace("368", "400"))
    with pytest.raises(RefusedError) as caught:
        workflow.build(folder, nobody, digest=reviewed)
    assert key_of(caught) == "plan.other-digest"


def test_a_changed_consortium_is_another_plan(folder: Path) -> None:
    reviewed = workflow.prepare(folder).plan.digest
    workflow.build(folder, password, digest=reviewed)
    spec = folder / "consortium.yml"
    spec.write_text(spec.read_text().replace("192.0.2.53", "192.0.2.54"))
    with pytest.raises(RefusedError):
        workflow.build(folder, nobody, digest=reviewed)


def test_an_interrupted_build_makes_the_same_plan_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reviewed = workflow.prepare(folder).plan.digest
    real = workflow.write_if_changed

    def full_disk(path: Path, _content: str, _mode: int = 0) -> bool:
        raise MachineError("files.cannot-write", file=str(path), detail="full")

    monkeypatch.setattr(workflow, "write_if_changed", full_disk)
    with pytest.raises(MachineError):
        workflow.build(folder, password)
    secrets = (folder / vault.NAME).read_bytes()
    monkeypatch.setattr(workflow, "write_if_changed", real)
    assert workflow.build(folder, password, digest=reviewed).new_secrets == 0
    assert (folder / vault.NAME).read_bytes() == secrets


def test_a_folder_in_use_is_left_alone(folder: Path) -> None:
    with locked(folder), pytest.raises(LockedError):
        workflow.build(folder, password)
    assert not (folder / "build").exists()
