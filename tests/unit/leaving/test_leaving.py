"""A departure's steps: whose turn it is, which receipt counts, and what consent has to say."""

from __future__ import annotations

import hashlib
import json
import subprocess
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from provisioner.audit.bundle import departed, keys, sshsig
from provisioner.audit.bundle.reading import Bundle
from provisioner.errors import InvalidInputError, MachineError, NuageError, RefusedError
from provisioner.leaving import certificates, departures, destroying, receipts
from provisioner.leaving.departures import (
    BEGUN,
    CERTIFIED,
    COPIES,
    DESTROYED,
    EXPORT,
    LOOKED,
    RECEIPT,
    Departure,
)
from provisioner.moving.notes import Note, Phase, moment, put
from provisioner.spec.tenant import Event, State, Tenant
from tests.unit.spec import samples

UNTIL, COPIED_UNTIL = date(2027, 6, 30), date(2027, 11, 30)
MANIFEST = hashlib.sha256(b"manifest").hexdigest()


@pytest.fixture
def tenant(tmp_path: Path) -> Tenant:
    line = keys.generate(tmp_path / "key")
    return Tenant.model_validate({**samples.TENANT, "export_key": line, "history": []})


def noted(folder: Path, tenant: Tenant, *kinds: str) -> Departure:
    """The municipality after these steps."""
    of = Departure("iles", tenant.code, tenant)
    contexts = {
        EXPORT: {"manifest": MANIFEST},
        RECEIPT: {"manifest": MANIFEST, "digest": "ab" * 32, "key": "k", "text": "t", "signature": "s"},
        LOOKED: {"looked": {"01023-apps": ["names below /srv"]}},
        BEGUN: {
            "name": "Les Îles",
            "domains": ["www.iles.example"],
            "services": ["wordpress"],
            "servers": {"01023-apps": "srv1"},
            "keeper": "garde1",
            "copies_until": "2027-11-30",
            "logs_days": 30,
        },
    }
    contexts[COPIES] = {"looked": {"garde1": ["names below /srv"]}}
    for kind in kinds:
        gone = {"copies": bool(departures.read(folder, {"iles": tenant}, "iles").of(COPIES))}
        departures.note(folder, of, kind, **(gone if kind == CERTIFIED else contexts.get(kind, {})))
    return departures.read(folder, {"iles": tenant}, "iles")


def test_each_step_has_its_turn(tmp_path: Path, tenant: Tenant) -> None:
    before, after = UNTIL, UNTIL + timedelta(days=1)
    active = tenant.model_copy(update={"state": State.ACTIVE, "leaving_until": None})
    assert noted(tmp_path, active).next_step(after) == "notice"
    assert noted(tmp_path, tenant).next_step(after) == "export"
    assert noted(tmp_path, tenant, EXPORT).next_step(after) == "receipt"
    assert noted(tmp_path, tenant, RECEIPT).next_step(before) == "wait"
    assert noted(tmp_path, tenant).next_step(after) == "destroy"
    assert noted(tmp_path, tenant, EXPORT).next_step(after) == "receipt", (
        "a newer export has a receipt of its own"
    )
    assert noted(tmp_path, tenant, RECEIPT, BEGUN).next_step(before) == "destroy", "what was begun goes on"
    assert noted(tmp_path, tenant, DESTROYED).next_step(after) == "certificate"
    assert noted(tmp_path, tenant, CERTIFIED).next_step(COPIED_UNTIL) == "copies-wait"
    later = COPIED_UNTIL + timedelta(days=1)
    assert noted(tmp_path, tenant).next_step(later) == "copies"
    assert noted(tmp_path, tenant, COPIES).next_step(later) == "certificate", (
        "the first one says that they stay"
    )
    assert noted(tmp_path, tenant, CERTIFIED).next_step(later) == "done"


def test_what_is_noted_before_the_notice_is_of_another_departure(tmp_path: Path, tenant: Tenant) -> None:
    noted(tmp_path, tenant, EXPORT, RECEIPT)
    told = datetime.now(UTC) + timedelta(seconds=2)
    again = tenant.model_copy(update={"history": (Event(at=told, by="x", action="leave"),)})
    assert noted(tmp_path, again).next_step(UNTIL + timedelta(days=1)) == "export"


@pytest.mark.parametrize("step", ["receipt", "destroy", "certificate"])
def test_a_step_out_of_turn_is_refused(tmp_path: Path, tenant: Tenant, step: str) -> None:
    with pytest.raises(RefusedError) as caught:
        departures.demand(noted(tmp_path, tenant), step, UNTIL)
    assert caught.value.problems[0].key == "leave.first-export"


def test_nothing_is_destroyed_before_the_day(tmp_path: Path, tenant: Tenant) -> None:
    of = noted(tmp_path, tenant, EXPORT, RECEIPT)
    with pytest.raises(RefusedError) as caught:
        departures.demand(of, "destroy", UNTIL)
    assert caught.value.problems[0].key == "leave.too-early"
    departures.demand(of, "destroy", UNTIL + timedelta(days=1))


@pytest.mark.parametrize(
    ("consent", "digest", "key"),
    [
        ("46005", "ab" * 32, "leave.no-consent"),
        ("", "ab" * 32, "leave.no-consent"),
        ("01023", "", "leave.other-receipt"),
        ("01023", "ababab", "leave.other-receipt"),
        ("01023", "cd" * 32, "leave.other-receipt"),
    ],
)
def test_consent_names_and_quotes(
    tmp_path: Path, tenant: Tenant, consent: str, digest: str, key: str
) -> None:
    of = noted(tmp_path, tenant, EXPORT, RECEIPT)
    with pytest.raises(RefusedError) as caught:
        destroying.demand_consent(of, consent, digest)
    assert caught.value.problems[0].key == key
    destroying.demand_consent(of, "01023", "ab" * 6)


def test_a_record_that_was_changed_stops_everything(tmp_path: Path, tenant: Tenant) -> None:
    noted(tmp_path, tenant, EXPORT, RECEIPT)
    path = tmp_path / departures.RECORD
    path.write_text(path.read_text().replace(MANIFEST, "0" * 64, 1))
    with pytest.raises(InvalidInputError) as caught:
        noted(tmp_path, tenant)
    assert caught.value.problems[0].key == "leave.record-broken"


def signed(folder: Path, text: str, key: Path, namespace: str = receipts.NAMESPACE) -> Path:
    """As a municipality does it."""
    path = folder / "receipt.txt"
    path.write_text(text, encoding="utf-8")
    path.with_name("receipt.txt.sig").unlink(missing_ok=True)
    command = ["ssh-keygen", "-q", "-Y", "sign", "-n", namespace, "-f", key, path]
    subprocess.run(command, check=True, capture_output=True)
    return path


def test_a_receipt_that_openssh_signed(tmp_path: Path, tenant: Tenant) -> None:
    of = noted(tmp_path, tenant, EXPORT)
    text = receipts.to_sign("Les Îles", tenant.code, MANIFEST)
    found = receipts.read(of, signed(tmp_path, text, tmp_path / "key"))
    assert found.manifest == MANIFEST
    assert found.digest == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("fault", "key"),
    [
        ("other-export", "leave.other-export"),
        ("other-town", "leave.other-export"),
        ("other-key", "leave.unknown-key"),
        ("other-purpose", "leave.wrong-namespace"),
        ("changed", "leave.bad-signature"),
        ("garbage", "leave.malformed-signature"),
        ("unsigned", "leave.no-signature"),
        ("no-text", "leave.not-a-receipt"),
        ("twice", "leave.not-a-receipt"),
        ("no-key", "leave.no-key"),
    ],
)
def test_a_receipt_that_does_not_count(tmp_path: Path, tenant: Tenant, fault: str, key: str) -> None:
    if fault == "no-key":
        tenant = tenant.model_copy(update={"export_key": None})
    of = noted(tmp_path, tenant, EXPORT)
    manifest = "0" * 64 if fault == "other-export" else MANIFEST
    text = receipts.to_sign("Les Îles", "46005" if fault == "other-town" else tenant.code, manifest)
    text = {"no-text": "oui\n", "twice": text + f"manifest: {'0' * 64}\n"}.get(fault, text)
    keys.generate(tmp_path / "other")
    by = tmp_path / ("other" if fault == "other-key" else "key")
    path = signed(tmp_path, text, by, "git" if fault == "other-purpose" else receipts.NAMESPACE)
    if fault == "changed":
        path.write_text(text + " ")
    elif fault == "garbage":
        path.with_name("receipt.txt.sig").write_text("-----BEGIN SSH SIGNATURE-----\n")
    elif fault == "unsigned":
        path.with_name("receipt.txt.sig").unlink()
    with pytest.raises((InvalidInputError, MachineError, RefusedError)) as caught:
        receipts.read(of, path)
    assert caught.value.problems[0].key == key


def test_a_certificate_that_openssh_checks(tmp_path: Path, tenant: Tenant) -> None:
    of = noted(tmp_path, tenant, EXPORT, RECEIPT, BEGUN, LOOKED, DESTROYED)
    keys.generate(tmp_path / "audit")
    place, signer = certificates.write(tmp_path, of, tmp_path / "audit")
    (tmp_path / "allowed").write_text(f"nuage {signer}\n")
    text = (place / "certificate.json").read_bytes()
    command = ["ssh-keygen", "-Y", "verify", "-f", tmp_path / "allowed", "-I", "nuage"]
    command += ["-n", certificates.NAMESPACE, "-s", place / "certificate.json.sig"]
    assert subprocess.run(command, input=text, capture_output=True, check=False).returncode == 0
    assert subprocess.run(command, input=text + b" ", capture_output=True, check=False).returncode != 0
    found = json.loads(text)
    assert found["export"]["manifest"] == MANIFEST
    assert found["left"]["copies_until"] == "2027-11-30"
    for page in ("CERTIFICAT.txt", "CERTIFICATE.txt"):
        shown = (place / page).read_text(encoding="utf-8")
        assert MANIFEST in shown
        assert "2027-11-30" in shown


def test_copies_stay_until_their_day(tmp_path: Path, tenant: Tenant) -> None:
    of = noted(tmp_path, tenant, EXPORT, RECEIPT, BEGUN, LOOKED, DESTROYED, CERTIFIED)
    with pytest.raises(RefusedError) as caught:
        departures.demand(of, "copies", COPIED_UNTIL)
    assert caught.value.problems[0].key == "leave.copies-too-early"
    departures.demand(of, "copies", COPIED_UNTIL + timedelta(days=1))


def test_a_certificate_says_when_the_copies_went(tmp_path: Path, tenant: Tenant) -> None:
    of = noted(tmp_path, tenant, EXPORT, RECEIPT, BEGUN, LOOKED, DESTROYED, COPIES)
    found = certificates.document(of)
    assert found["copies_destroyed"] == {part: of.of(COPIES)[part] for part in ("noted", "looked")}
    assert "went on" in certificates.page(found, "en")


def test_a_certificate_wants_a_key_that_only_its_owner_reads(tmp_path: Path, tenant: Tenant) -> None:
    of = noted(tmp_path, tenant, EXPORT, RECEIPT, BEGUN, LOOKED, DESTROYED)
    keys.generate(tmp_path / "audit")
    (tmp_path / "audit").chmod(0o644)
    with pytest.raises(NuageError):
        certificates.write(tmp_path, of, tmp_path / "audit")
    assert not (tmp_path / "departures").exists()


def test_an_audit_carries_what_is_signed(tmp_path: Path, tenant: Tenant) -> None:
    of = noted(tmp_path, tenant, EXPORT, RECEIPT, BEGUN, LOOKED, DESTROYED)
    keys.generate(tmp_path / "audit")
    place, signer = certificates.write(tmp_path, of, tmp_path / "audit")
    files = certificates.of_audit(tmp_path)
    assert set(files) == {"departures/01023.json", "departures/01023.json.sig"}
    bundle = Bundle(files)
    assert departed.check(bundle, [sshsig.public_key(signer)]) == (["01023"], [])
    (place / "certificate.json.sig").unlink()
    assert certificates.of_audit(tmp_path) == {}
    assert certificates.of_audit(tmp_path / "nobody-left") == {}


def test_a_copy_that_a_move_left_would_outlive_it(tmp_path: Path, tenant: Tenant) -> None:
    of = noted(tmp_path, tenant, EXPORT, RECEIPT)
    destroying.demand_one_place(tmp_path, of)
    note = Note(slug="iles", source="srv1", target="srv2", phase=Phase.KEPT, begun=moment(), changed=moment())
    put(tmp_path, f"{tenant.code}-apps", note)
    with pytest.raises(RefusedError) as caught:
        destroying.demand_one_place(tmp_path, of)
    assert caught.value.problems[0].key == "leave.copy-elsewhere"


def test_exports_beside_the_specs_go_with_it(tmp_path: Path, tenant: Tenant) -> None:
    of = noted(tmp_path, tenant)
    handed = tmp_path / "media"
    departures.note(tmp_path, of, EXPORT, manifest=MANIFEST, place=str(handed))
    exports = tmp_path / "exports"
    for place in (exports / "iles", exports / "iles-autres", handed):
        place.mkdir(parents=True)
    (exports / "iles" / "manifest.json").touch()
    (exports / "iles.tar.age").touch()
    of = departures.read(tmp_path, {"iles": tenant}, "iles")
    assert destroying.take_away_export(tmp_path, of) == str(handed)
    assert [left.name for left in exports.iterdir()] == ["iles-autres"]
    handed.rmdir()
    assert destroying.take_away_export(tmp_path, of) is None
