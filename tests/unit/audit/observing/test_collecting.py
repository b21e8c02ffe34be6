"""A whole collection with a pretended Ansible: what stands in the bundle, what happens when servers don't answer."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import shutil
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rich.console import Console

from provisioner import deployment, workflow
from provisioner.audit.bundle import canonical, keys, reading, sshsig
from provisioner.audit.bundle.verifying import Expected, verify
from provisioner.audit.controls.judge import judge_all
from provisioner.audit.location import prober
from provisioner.audit.observing import beginning, collecting, requested, sealed, servers
from provisioner.audit.observing.beginning import Beginning
from provisioner.audit.observing.collecting import Asked, Collected
from provisioner.audit.observing.display import Steps
from provisioner.errors import (
    InvalidInputError,
    PartialFailureError,
    Problem,
    RefusedError,
    UnreachableError,
)
from provisioner.execution.results import Outcome, Results
from provisioner.execution.runner import Run
from provisioner.report import audit as report
from tests.conftest import ROOT

MEASUREMENT = {"audit": "1" * 32, "nonce": "2" * 64, "server": "srv1", "vantage_point": "universite"}
HOST_KEYS = {name: Ed25519PrivateKey.generate() for name in ("srv1", "srv2", "garde1")}


def text_of(key: Ed25519PrivateKey) -> str:
    return sshsig.key_text(key.public_key().public_bytes_raw())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The example, whose municipalities are approved, and whose servers have keys that the test holds."""
    made = tmp_path / "consortium"
    shutil.copytree(
        ROOT / "inventories" / "example", made, ignore=shutil.ignore_patterns("build", "*.lock.yml")
    )
    path = made / "consortium.yml"
    lines = path.read_text("utf-8").splitlines()
    fresh = iter(HOST_KEYS.values())
    told = [f"    ssh_host_key: {text_of(next(fresh))}" if "ssh_host_key" in line else line for line in lines]
    path.write_text("\n".join(told) + "\n", "utf-8")
    for tenant in (made / "tenants").glob("*.yml"):
        tenant.write_text(tenant.read_text("utf-8").replace("state: requested", "state: approved"), "utf-8")
    return made


def observation(server: str, asked: Mapping[str, Any], key: Ed25519PrivateKey, **changed: str) -> str:
    texts = {"system.json": canonical.dumps({"uptime_s": 1}).decode()}
    index = {
        "format": "nuage-observation-index/1",
        "audit": asked["audit"],
        "nonce": asked["nonce"],
        "server": server,
        "collected": beginning.now(),
        "boot_id": "x",
        "files": {path: hashlib.sha256(text.encode()).hexdigest() for path, text in texts.items()},
        **changed,
    }
    texts["index.json"] = canonical.dumps(index).decode()
    texts["index.json.sig"] = sshsig.sign(key, texts["index.json"].encode(), servers.NAMESPACE).decode()
    return base64.b64encode(zlib.compress(json.dumps(texts).encode())).decode()


class Pretended:
    """Ansible that asks nobody."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers = answers

    def __call__(self, folder: Path, playbook: str, options: object, on_event: Any, **more: Any) -> Run:
        asked = json.loads(Path(os.environ["NUAGE_AUDIT"]).read_text("utf-8"))
        results = Results({name: name for name in HOST_KEYS})
        for name, result in results.hosts.items():
            answer = self.answers.get(name)
            if answer is None:
                result.outcome = Outcome.UNREACHABLE
                result.problem = Problem("apply.unreachable", subject=name)
            else:
                results.observations[name] = answer(asked)
            on_event(result)
        code = 4 if any(result.failed for result in results.hosts.values()) else 0
        return Run(results, "failed" if code else "successful", code, folder / "log")


def collect(
    folder: Path, monkeypatch: pytest.MonkeyPatch, answers: Mapping[str, Any], **more: Any
) -> Collected:
    monkeypatch.setattr(deployment, "run_playbook", Pretended(answers))
    asked = Asked(folder, deployment.Options(), browser=False, **more)
    with Steps(Console(file=io.StringIO())) as steps:
        return collecting.collect(asked, steps)


def good(name: str) -> Any:
    return lambda asked: observation(name, asked, HOST_KEYS[name])


def test_what_is_collected_is_sealed_and_valid(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = collect(folder, monkeypatch, {name: good(name) for name in HOST_KEYS})
    assert not found.problems
    report.judge(found)
    key, output, log = tmp_path / "key", tmp_path / "out", tmp_path / "log"
    keys.generate(key)
    sealed.seal(sealed.sealer(key, log, output), found.files, output)
    expected = Expected(keys.public(tmp_path / "key.pub"))
    for form in (output, sealed.tar(output)):
        bundle, faults = reading.read(form)
        assert not verify(bundle, faults, expected, judge_all).faults
    assert sealed.previous(log) == bundle.json("audit.json")["id"]
    assert "verify.py" in bundle


def test_a_server_that_does_not_answer_stops_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = collect(folder, monkeypatch, {name: good(name) for name in ("srv1", "garde1")})
    assert found.silent == ("srv2",)
    verdicts = {one["verdict"] for one in found.findings if one["subject"]["id"] == "srv2"}
    assert "satisfied" not in verdicts
    with pytest.raises(PartialFailureError):
        report.judge(found)
    with pytest.raises(UnreachableError):
        report.judge(collect(folder, monkeypatch, {}))


@pytest.mark.parametrize(
    ("answer", "key"),
    [
        (lambda asked: observation("srv1", asked, HOST_KEYS["srv2"]), "audit-collect.other-key"),
        (lambda asked: "garbage", "audit-collect.unusable"),
        (
            lambda asked: observation("srv1", asked, HOST_KEYS["srv1"], collected="2020-01-01T00:00:00Z"),
            "audit-collect.clock",
        ),
        (
            lambda asked: observation("srv1", asked | {"audit": "0" * 32}, HOST_KEYS["srv1"]),
            "audit-collect.other-audit",
        ),
        (lambda asked: observation("srv9", asked, HOST_KEYS["srv1"]), "audit-collect.other-audit"),
    ],
)
def test_what_cannot_be_the_servers_own_is_left_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch, answer: Any, key: str
) -> None:
    found = collect(folder, monkeypatch, {"srv1": answer, "srv2": good("srv2"), "garde1": good("garde1")})
    assert [problem.key for problem in found.problems] == [key]
    assert not [path for path in found.files if path.startswith("observations/servers/srv1/")]


def test_only_some_municipalities(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = collect(folder, monkeypatch, {name: good(name) for name in HOST_KEYS}, only=frozenset({"46005"}))
    audit = canonical.loads(found.files["audit.json"])
    assert audit["subjects"]["municipalities"] == ["46005"]
    assert [path for path in found.files if path.startswith("specs/municipalities/")] == [
        "specs/municipalities/46005.json"
    ]


def test_nobody_to_audit_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RefusedError):
        collect(folder, monkeypatch, {}, only=frozenset({"99999"}))


def test_this_machine_measures_what_it_can(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that doesn't answer a vantage point has no measurement; data is asked about where it lives."""

    def measure(target: prober.Target, point: prober.Vantage) -> dict[str, Any]:
        if target.server == "srv1":
            raise UnreachableError("audit-probe.nothing", subject="srv1")
        return {"server": target.server}

    monkeypatch.setattr(prober, "measure", measure)
    monkeypatch.setattr(prober, "possess", lambda target, point, code: {"municipality": code})
    point = prober.Vantage("universite", Ed25519PrivateKey.generate())
    servers = {name: good(name) for name in HOST_KEYS}
    found = collect(folder, monkeypatch, servers, point=point, possession=True)
    assert "measurements/srv2/universite.json" in found.files
    assert [problem.subject for problem in found.problems] == ["srv1"]
    asked = sorted(path for path in found.files if path.startswith("possession/"))
    assert asked
    assert all(path.startswith("possession/srv2/") for path in asked)


def test_a_request_names_the_audit_that_is_collected(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = beginning.begin("ab" * 32)
    file = tmp_path / "request.json"
    consortium = workflow.prepare(folder).specs.consortium
    file.write_bytes(canonical.dumps(requested.document(begun, consortium)))
    assert requested.read(file) == begun
    found = collect(folder, monkeypatch, {name: good(name) for name in HOST_KEYS}, begun=requested.read(file))
    assert canonical.loads(found.files["audit.json"])["nonce"] == "ab" * 32
    file.write_text('{"format":"x"}')
    with pytest.raises(InvalidInputError):
        requested.read(file)


def test_a_measurement_of_another_audit_is_refused(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "m.json"
    file.write_bytes(canonical.dumps(MEASUREMENT))
    with pytest.raises(InvalidInputError) as refused:
        collect(folder, monkeypatch, {}, measurements=(file,))
    assert refused.value.problems[0].key == "audit-collect.not-a-measurement"
    begun = Beginning("1" * 32, "2" * 64, beginning.now())
    found = collect(folder, monkeypatch, {}, measurements=(file,), begun=begun)
    assert "measurements/srv1/universite.json" in found.files
