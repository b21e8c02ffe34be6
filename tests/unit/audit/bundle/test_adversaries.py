"""Who tampers with a bundle, with a signing key of their own or even the ops team's, and what is found."""

from __future__ import annotations

import pytest

from provisioner.audit.bundle import archive, canonical, layout, merkle, note, origins, sshsig
from provisioner.audit.bundle.faults import Fault
from provisioner.audit.bundle.proofs import leaf
from provisioner.audit.bundle.reading import Bundle
from provisioner.audit.bundle.sealing import Sealer
from provisioner.audit.bundle.verifying import Expected, verify
from tests.unit.audit.bundle import making

SYSTEM = layout.topic("apps-1", "system")


def faults_of(files: dict[str, bytes], **more: object) -> list[Fault]:
    return verify(Bundle(files), (), making.expected(**more), making.judge).faults


def keys_of(files: dict[str, bytes], **more: object) -> set[tuple[str, str]]:
    return {(fault.key, fault.path) for fault in faults_of(files, **more)}


def resealed(files: dict[str, bytes], key: str = "ops") -> dict[str, bytes]:
    """What the ops team itself would sign of other files: statements, leaf, log and seal, all anew."""
    sealer = making.sealer(None, key)
    private = making.private(key)
    raw = {
        path: data
        for path, data in files.items()
        if layout.statement_of(path) in ("observations", "findings")
    }
    audit = canonical.loads(raw[layout.AUDIT])
    done = dict(raw)
    for name in ("observations", "findings"):
        done |= Sealer._statement(sealer, name, audit, done)
    one = leaf(audit["id"], *(done[layout.statement(name)] for name in ("observations", "findings")))
    hashes = [merkle.leaf_hash(files[layout.LEAF]), merkle.leaf_hash(one)]
    former = note.Checkpoint("log", 1, merkle.root(hashes[:1]))
    now = note.Checkpoint("log", 2, merkle.root(hashes))
    done |= {
        layout.LEAF: one,
        layout.CHECKPOINT: note.signed(now, private),
        layout.INCLUSION: canonical.dumps({"index": 1, "size": 2, "path": [hashes[0].hex()]}),
        layout.FORMER_CHECKPOINT: note.signed(former, private),
        layout.CONSISTENCY: canonical.dumps({"first": 1, "second": 2, "path": [hashes[1].hex()]}),
    }
    return done | Sealer._statement(sealer, "seal", audit, done)


def edited(files: dict[str, bytes], path: str, /, **values: object) -> dict[str, bytes]:
    return {**files, path: canonical.dumps({**canonical.loads(files[path]), **values})}


def test_what_ops_seal_anew_is_valid(sealed):
    assert faults_of(resealed(sealed)) == []


def test_dropped(sealed):
    for path in sealed:
        if path != layout.cosignature("laval"):
            files = {name: data for name, data in sealed.items() if name != path}
            assert ("missing", path) in keys_of(files), path


@pytest.mark.parametrize(
    "path",
    ["observations/servers/apps-1/extra.json", "evil.py", "log/x", "statements/a/b", "../x", "AUDIT.JSON"],
)
def test_added(sealed, path):
    assert ("unexpected", path) in keys_of({**sealed, path: b"{}\n"})


def test_swapped(sealed):
    one, other = layout.tenant("apps-1", "46005"), layout.tenant("apps-1", "46010")
    assert {("content-changed", one), ("content-changed", other)} <= keys_of(
        {**sealed, one: sealed[other], other: sealed[one]}
    )


def test_reordered_in_the_tar(sealed):
    names = sorted(sealed)
    names[3], names[4] = names[4], names[3]
    pieces = [
        archive.header(name, len(sealed[name])) + sealed[name] + bytes(-len(sealed[name]) % archive.BLOCK)
        for name in names
    ]
    reader = archive.Reader(b"".join(pieces) + archive.END)
    reader.read()
    (fault,) = reader.faults
    assert (fault.key, fault.found) == ("archive-order", names[4])


@pytest.mark.parametrize(
    "change", [lambda data: data + b"\n", lambda data: data[:-600], lambda data: data * 2]
)
def test_a_tar_longer_or_shorter(tarred, change):
    reader = archive.Reader(change(tarred))
    reader.read()
    assert reader.faults


def test_a_name_twice_in_the_tar(sealed):
    piece = archive.header("a", 0)
    reader = archive.Reader(piece + piece + archive.END)
    reader.read()
    assert [fault.key for fault in reader.faults] == ["archive-order"]


def test_signed_by_another_key(sealed):
    found = keys_of(resealed(sealed, "mallory"))
    assert ("unknown-key", layout.signature("seal")) in found
    assert ("unknown-key", layout.CHECKPOINT) in found


def test_more_than_one_byte_changed_is_told_of_the_file(sealed):
    found = keys_of({**sealed, SYSTEM: b'{"kernel":"6.13","pending_updates":[1]}\n'})
    assert ("content-changed", SYSTEM) in found
    assert ("not-judged", layout.FINDINGS) in found


def test_ops_change_what_a_server_said(sealed):
    """With the ops team's own key: what the server signed is still the server's."""
    files = resealed(edited(sealed, SYSTEM, kernel="6.1"))
    assert keys_of(files) == {("not-in-index", SYSTEM)}


def test_ops_sign_in_a_servers_place(sealed):
    files = dict(edited(sealed, SYSTEM, kernel="6.1"))
    making.index(files, "apps-1")
    path = layout.index("apps-1")
    files[f"{path}.sig"] = sshsig.sign(making.private("ops"), files[path], origins.INDEX_NAMESPACE)
    assert keys_of(resealed(files)) == {("unknown-key", f"{path}.sig")}


def test_ops_declare_another_host_key(sealed):
    """They own the spec and invent a server; who knows the real key finds it."""
    consortium = canonical.loads(sealed[layout.CONSORTIUM])
    consortium["servers"][0]["ssh_host_key"] = sshsig.key_text(making.public("mallory"))
    files = {**sealed, layout.CONSORTIUM: canonical.dumps(consortium)}
    path = layout.index("apps-1")
    files[f"{path}.sig"] = sshsig.sign(making.private("mallory"), files[path], origins.INDEX_NAMESPACE)
    assert faults_of(resealed(files)) == []
    known = {name: making.public(name) for name in making.SERVERS}
    found = keys_of(resealed(files), host_keys=known)
    assert found == {("host-key-differs", layout.CONSORTIUM), ("unknown-key", f"{path}.sig")}


def test_replayed_from_another_server(sealed):
    files = dict(sealed)
    for path in sealed:
        if path.startswith("observations/servers/apps-2/"):
            del files[path]
    for path in sealed:
        if path.startswith("observations/servers/apps-1/"):
            files[path.replace("apps-1", "apps-2")] = sealed[path]
    path = layout.index("apps-2")
    assert keys_of(resealed(files)) == {("other-server", path), ("unknown-key", f"{path}.sig")}


def test_replayed_from_another_audit(sealed):
    files = dict(sealed)
    making.index(files, "apps-1", "e" * 32, "f" * 64)
    path = layout.index("apps-1")
    assert keys_of(resealed(files)) == {("other-audit", path), ("other-nonce", path)}


def test_replayed_from_another_date(sealed):
    files = edited(sealed, layout.AUDIT, began="2026-12-24T11:00:00Z", ended="2026-12-24T13:00:00Z")
    found = keys_of(resealed(files))
    assert found == {("other-date", layout.index(server)) for server in making.SERVERS}


def test_a_clock_may_be_a_little_off(sealed):
    assert faults_of(resealed(edited(sealed, layout.AUDIT, began="2026-11-24T12:10:00Z"))) == []


@pytest.mark.parametrize("time", ["", "now", "2026-13-24T12:00:00Z"])
def test_a_server_without_a_date(sealed, time):
    path = layout.index("apps-1")
    files = edited(sealed, path, collected=time)
    files[f"{path}.sig"] = sshsig.sign(making.private("apps-1"), files[path], origins.INDEX_NAMESPACE)
    assert keys_of(resealed(files)) == {("other-date", path)}


def test_an_unexpected_nonce(sealed):
    assert faults_of(sealed, nonce=making.NONCE) == []
    assert keys_of(sealed, nonce="0" * 64) == {("other-nonce", layout.AUDIT)}


def test_a_statement_of_another_audit(sealed):
    files = edited(sealed, layout.AUDIT, id="e" * 32)
    found = keys_of(resealed(files))
    assert ("other-audit", layout.index("apps-1")) in found


@pytest.mark.parametrize(
    "values", [{"format": "nuage-audit/2"}, {"id": "x"}, {"nonce": 7}, {"began": "yesterday"}]
)
def test_an_audit_of_another_form(sealed, values):
    found = keys_of(resealed(edited(sealed, layout.AUDIT, **values)))
    assert {("malformed-audit", layout.AUDIT), ("not-judged", layout.FINDINGS)} <= found


def test_a_better_verdict_than_the_judges(sealed):
    files = edited(sealed, SYSTEM, pending_updates=["openssl"])
    making.index(files, "apps-1")
    (fault,) = faults_of(resealed(files))
    assert (fault.key, fault.path) == ("other-finding", layout.FINDINGS)
    assert fault.expected == "NC-TEST server apps-1: not-satisfied"
    assert fault.found == "NC-TEST server apps-1: satisfied"


def test_a_finding_dropped(sealed):
    kept = canonical.loads(sealed[layout.FINDINGS])["findings"][1:]
    files = {**sealed, layout.FINDINGS: canonical.dumps({"findings": kept})}
    assert keys_of(resealed(files)) == {("other-finding", layout.FINDINGS)}


def test_observations_that_nobody_can_judge(sealed):
    files = edited(sealed, SYSTEM, pending_updates=7)
    making.index(files, "apps-1")
    assert keys_of(resealed(files)) == {("judge-failed", layout.FINDINGS)}


def test_json_that_is_not_canonical(sealed):
    files = {**sealed, SYSTEM: b'{ "kernel":"6.12","pending_updates":[]}\n'}
    making.index(files, "apps-1")
    assert keys_of(resealed(files)) == {("not-canonical", SYSTEM)}


def sealed_again(files: dict[str, bytes]) -> dict[str, bytes]:
    """Log files changed by who holds the ops team's key: the seal alone anew."""
    sealer = making.sealer(None)
    return files | Sealer._statement(sealer, "seal", canonical.loads(files[layout.AUDIT]), files)


def test_a_forged_inclusion_proof(sealed):
    files = edited(sealed, layout.INCLUSION, path=["00" * 32])
    assert keys_of(sealed_again(files)) == {("not-included", layout.INCLUSION)}


def test_a_forged_consistency_proof(sealed):
    files = edited(sealed, layout.CONSISTENCY, path=["00" * 32])
    assert keys_of(sealed_again(files)) == {("not-consistent", layout.CONSISTENCY)}


@pytest.mark.parametrize(
    "values", [{"path": 7}, {"path": ["zz"]}, {"first": None}, {"first": 0}, {"second": 9}]
)
def test_a_consistency_proof_that_is_none(sealed, values):
    files = edited(sealed, layout.CONSISTENCY, **values)
    assert keys_of(sealed_again(files)) == {("not-consistent", layout.CONSISTENCY)}


def test_a_rewritten_log(sealed):
    """Another history, rightly signed by the ops team, of which this audit is the second leaf, too."""
    hashes = [merkle.leaf_hash(b"another first audit"), merkle.leaf_hash(sealed[layout.LEAF])]
    now = note.Checkpoint(note.parse(sealed[layout.CHECKPOINT]).origin, 2, merkle.root(hashes))
    files = {
        **sealed,
        layout.CHECKPOINT: note.signed(now, making.private("ops")),
        layout.INCLUSION: canonical.dumps({"index": 1, "size": 2, "path": [hashes[0].hex()]}),
    }
    found = keys_of(sealed_again(files))
    assert ("not-consistent", layout.CONSISTENCY) in found
    assert layout.cosignature("laval") in {path for _, path in found}


def test_a_rolled_back_log(sealed):
    """The log begins anew: nothing in the bundle tells, a checkpoint that was kept does."""
    one = sealed[layout.LEAF]
    origin = note.parse(sealed[layout.CHECKPOINT]).origin
    now = note.Checkpoint(origin, 1, merkle.root([merkle.leaf_hash(one)]))
    dropped = (layout.FORMER_CHECKPOINT, layout.CONSISTENCY, layout.cosignature("laval"))
    files = {name: data for name, data in sealed.items() if name not in dropped}
    files |= {
        layout.CHECKPOINT: note.signed(now, making.private("ops")),
        layout.INCLUSION: canonical.dumps({"index": 0, "size": 1, "path": []}),
    }
    # audit.json names the audit before: a log that begins here would have none.
    assert keys_of(sealed_again(files)) == {("missing", layout.FORMER_CHECKPOINT)}
    kept = sealed[layout.FORMER_CHECKPOINT]
    assert ("other-log", layout.CHECKPOINT) in keys_of(sealed_again(files), checkpoint=kept)


def test_a_checkpoint_that_was_kept(sealed):
    for path in (layout.CHECKPOINT, layout.FORMER_CHECKPOINT):
        assert faults_of(sealed, checkpoint=sealed[path]) == []
    other = note.signed(note.Checkpoint("log", 1, bytes(32)), making.private("ops"))
    assert keys_of(sealed, checkpoint=other) == {("other-log", layout.CHECKPOINT)}
    assert keys_of(sealed, checkpoint=b"hello") == {("malformed-checkpoint", "checkpoint")}


def test_cosigners(sealed):
    path = layout.cosignature("laval")
    assert keys_of(sealed, cosigners={}) == {("unknown-cosigner", path)}
    assert keys_of(sealed, cosigners={"laval": making.public("mallory")}) == {("byte-changed", path)}
    without = {name: data for name, data in sealed.items() if name != path}
    assert faults_of(without) == []


def test_no_key_of_ones_own_is_enough(sealed):
    expected = Expected(frozenset({making.public("mallory")}))
    assert verify(Bundle(sealed), (), expected, making.judge).faults


@pytest.mark.parametrize("data", [b"", b"[]\n", b"{}\n", b"\xff", b"null\n", b'{"a":1}\n'])
@pytest.mark.parametrize(
    "path", [layout.AUDIT, layout.CONSORTIUM, layout.statement("seal"), layout.CHECKPOINT]
)
def test_nonsense_is_a_fault_and_no_crash(sealed, path, data):
    assert faults_of({**sealed, path: data})
    if path == layout.CONSORTIUM:
        assert faults_of(resealed({**sealed, path: data}))
