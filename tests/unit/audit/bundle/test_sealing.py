"""Sealing: nothing half-written, nothing twice, nothing that an auditor would refuse; and cosigning."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from provisioner.audit.bundle import canonical, cosigning, layout, log, reading, sealing
from provisioner.audit.bundle.verifying import verify
from provisioner.errors import DifferenceError, MachineError, NuageError, RefusedError
from tests.unit.audit.bundle import making

FIRST, SECOND, THIRD = ("c" * 32, "d" * 64), ("a" * 32, "b" * 64), ("e" * 32, "f" * 64)


def sealed(
    folder: Path, which: tuple[str, str], previous: str | None, form: str = ".tar", log: str = "log"
) -> Path:
    raw = making.write(making.raw(*which, previous=previous), folder / f"raw-{which[0][0]}")
    output = folder / f"bundle-{which[0][0]}{form}"
    making.sealer(folder / log).seal(raw, output)
    return output


def faults_of(path: Path, **more: object) -> list[tuple[str, str]]:
    bundle, form = reading.read(path)
    return [(one.key, one.path) for one in verify(bundle, form, making.expected(**more), making.judge).faults]


@pytest.mark.parametrize("form", [".tar", ""])
def test_three_audits_follow_each_other(tmp_path, form):
    previous = None
    for which in (FIRST, SECOND, THIRD):
        path = sealed(tmp_path, which, previous, form)
        assert faults_of(path) == []
        previous = which[0]
    assert log.AuditLog(tmp_path / "log").last() == THIRD[0]
    assert len(list((tmp_path / "log" / "leaves").iterdir())) == 3


def test_folder_and_tar_hold_the_same(tmp_path):
    folder, other = tmp_path / "one", tmp_path / "other"
    one, tar = sealed(folder, FIRST, None, ""), sealed(other, FIRST, None)
    assert dict(reading.read(one)[0]) == dict(reading.read(tar)[0])


def test_other_tools_read_the_tar(tmp_path):
    tar = sealed(tmp_path, FIRST, None)
    (tmp_path / "out").mkdir()
    subprocess.run(["tar", "-xf", tar, "-C", tmp_path / "out"], check=True)
    assert faults_of(tmp_path / "out") == []


def files_of(folder: Path) -> dict[Path, bytes]:
    return {
        path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != ".nuage.lock"
    }


def refusal(folder: Path, which: tuple[str, str], previous: str | None, **files: bytes) -> str:
    raw = making.write({**making.raw(*which, previous=previous), **files}, folder / "refused")
    before = files_of(folder)
    with pytest.raises(NuageError) as caught:
        making.sealer(folder / "log").seal(raw, folder / "refused.tar")
    assert files_of(folder) == before
    return caught.value.problems[0].key


def test_refusals(tmp_path):
    sealed(tmp_path, FIRST, None)
    assert refusal(tmp_path, SECOND, None) == "audit-seal.other-previous"
    assert refusal(tmp_path, SECOND, THIRD[0]) == "audit-seal.other-previous"
    assert refusal(tmp_path, SECOND, FIRST[0], **{"notes.txt": b""}) == "audit-seal.stray"
    assert (
        refusal(tmp_path, SECOND, FIRST[0], **{"notes.txt": b"", "log/leaf.json": b"{}\n"})
        == "audit-seal.stray"
    )


@pytest.mark.parametrize(
    ("path", "data", "key"),
    [
        (layout.browser("46005"), b'{ "pages":[]}\n', "audit-seal.not-canonical"),
        (layout.AUDIT, b"[]\n", "audit-seal.not-an-audit"),
        (layout.topic("apps-1", "system"), b'{"pending_updates":[]}\n', "audit-seal.not-valid"),
        (layout.FINDINGS, b'{"findings":[]}\n', "audit-seal.not-valid"),
    ],
)
def test_what_would_not_be_valid_is_not_sealed(tmp_path, path, data, key):
    assert refusal(tmp_path, FIRST, None, **{path: data}) == key
    assert log.AuditLog(tmp_path / "log").last() is None


def test_a_missing_file(tmp_path):
    raw = making.write(making.raw(*FIRST), tmp_path / "raw")
    (raw / layout.FINDINGS).unlink()
    with pytest.raises(NuageError) as caught:
        making.sealer(tmp_path / "log").seal(raw, tmp_path / "out")
    assert caught.value.problems[0].key == "audit-seal.missing"


def test_a_bundle_is_never_replaced(tmp_path):
    path = sealed(tmp_path, FIRST, None)
    with pytest.raises(RefusedError):
        making.sealer(tmp_path / "log").seal(tmp_path / "raw-c", path)


def test_the_same_audit_again_after_a_crash(tmp_path, monkeypatch):
    """The log had it, the bundle wasn't there yet."""

    def crash(*_: object) -> None:
        raise MachineError("files.cannot-write", file="", detail="")

    with monkeypatch.context() as patch:
        patch.setattr(sealing, "write_atomic", crash)
        with pytest.raises(MachineError):
            sealed(tmp_path, FIRST, None)
    assert log.AuditLog(tmp_path / "log").last() == FIRST[0]
    assert faults_of(sealed(tmp_path, FIRST, None)) == []
    assert len(log.AuditLog(tmp_path / "log").leaves) == 1
    assert faults_of(sealed(tmp_path, SECOND, FIRST[0])) == []


def test_the_same_audit_with_other_contents(tmp_path):
    sealed(tmp_path, FIRST, None)
    assert (
        refusal(tmp_path, FIRST, None, **{layout.browser("46005"): b'{"pages":[1]}\n'})
        == "audit-seal.sealed-twice"
    )


def test_a_leaf_that_no_checkpoint_counts(tmp_path):
    sealed(tmp_path, FIRST, None)
    (tmp_path / "log" / "leaves" / "000001.json").write_bytes(b"half")
    assert faults_of(sealed(tmp_path, SECOND, FIRST[0])) == []


def test_a_rewritten_log_is_not_continued(tmp_path):
    sealed(tmp_path, FIRST, None)
    leaf = tmp_path / "log" / "leaves" / "000000.json"
    leaf.write_bytes(canonical.dumps({**canonical.loads(leaf.read_bytes()), "audit": "0" * 32}))
    assert refusal(tmp_path, SECOND, FIRST[0]) == "audit-seal.log-broken"


def cosigner(folder: Path, name: str = "laval", key: str = "laval") -> cosigning.Cosigner:
    return cosigning.Cosigner(
        name, making.private(key), [making.public("ops")], folder / "memory", making.judge
    )


@pytest.mark.parametrize("form", [".tar", ""])
def test_cosigned(tmp_path, form):
    one, two = sealed(tmp_path, FIRST, None, form), sealed(tmp_path, SECOND, FIRST[0], form)
    for path in (one, two, two):
        cosigner(tmp_path).cosign(path)
        bundle, faults = reading.read(path)
        report = verify(bundle, faults, making.expected(), making.judge)
        assert (report.faults, [name for name, _ in report.cosignatures]) == ([], ["laval"])


def test_a_cosigner_refuses_another_history(tmp_path):
    cosigner(tmp_path).cosign(sealed(tmp_path, FIRST, None))
    kept = (tmp_path / "memory").read_bytes()
    elsewhere = tmp_path / "elsewhere"
    sealed(elsewhere, THIRD, None)
    other = sealed(elsewhere, SECOND, THIRD[0])
    before = other.read_bytes()
    with pytest.raises(DifferenceError) as caught:
        cosigner(tmp_path).cosign(other)
    assert caught.value.problems[0].context["fault"] == "other-log"
    assert (other.read_bytes(), (tmp_path / "memory").read_bytes()) == (before, kept)


def test_a_cosigner_refuses_a_skipped_audit_and_a_damaged_bundle(tmp_path):
    one, two = sealed(tmp_path, FIRST, None), sealed(tmp_path, SECOND, FIRST[0])
    three = sealed(tmp_path, THIRD, SECOND[0])
    cosigner(tmp_path).cosign(one)
    with pytest.raises(DifferenceError):
        cosigner(tmp_path).cosign(three)
    two.write_bytes(two.read_bytes()[:-1] + b"\1")
    with pytest.raises(DifferenceError):
        cosigner(tmp_path).cosign(two)


@pytest.mark.parametrize(("name", "key"), [("laval", "mallory"), ("mallory", "laval")])
def test_only_declared_cosigners(tmp_path, name, key):
    path = sealed(tmp_path, FIRST, None)
    before = path.read_bytes()
    with pytest.raises(RefusedError):
        cosigner(tmp_path, name, key).cosign(path)
    assert path.read_bytes() == before
    assert not (tmp_path / "memory").exists()
