"""`verify.py` in an interpreter that has nothing but cryptography, and the README's commands with the real tools."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from pathlib import Path

import _cffi_backend
import cffi
import cryptography
import pytest

from provisioner.audit import standalone
from provisioner.audit.bundle import layout, reading, sshsig, telling, verifying
from tests.unit.audit.bundle import making

JUDGE = f"""from __future__ import annotations

from provisioner.audit.bundle import layout


{inspect.getsource(making.judge).replace("Mapping[str, Any]", "dict").replace("dict[str, Any]", "dict")}

judge_all = judge
"""
RUN = """
import runpy, sys
sys.path.append(sys.argv[1])
del sys.argv[:2]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.fixture(scope="module")
def bare(tmp_path_factory) -> Path:
    """A folder of packages that holds cryptography and what it needs alone."""
    folder = tmp_path_factory.mktemp("packages")
    for module in (cryptography, cffi, _cffi_backend):
        path = Path(str(module.__file__))
        path = path.parent if path.name == "__init__.py" else path
        (folder / path.name).symlink_to(path)
    return folder


@pytest.fixture(scope="module")
def script(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("script") / "verify.py"
    path.write_bytes(standalone.build("test_judge", {"test_judge": JUDGE}))
    return path


def run(bare: Path, script: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-S", "-c", RUN, str(bare), str(script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def key(tmp_path) -> Path:
    path = tmp_path / "ops.pub"
    path.write_text(sshsig.key_text(making.public("ops")) + " ops\n")
    return path


def test_there_is_no_nuage_there(bare):
    found = subprocess.run(
        [sys.executable, "-I", "-S", "-c", "import provisioner"], capture_output=True, check=False
    )
    assert b"ModuleNotFoundError" in found.stderr


@pytest.mark.parametrize(
    "tamper", [None, layout.topic("apps-1", "system"), layout.FINDINGS, layout.CHECKPOINT]
)
@pytest.mark.parametrize("form", ["folder", "tar"])
def test_it_says_what_nuage_says(bare, script, key, folder, tmp_path, sealed, tarred, tamper, form):
    path = folder
    if form == "tar":
        path = tmp_path / "bundle.tar"
        path.write_bytes(tarred)
    if tamper:
        victim = path if form == "tar" else path / tamper
        data = victim.read_bytes()
        victim.write_bytes(data.replace(sealed[tamper][:20], b"x" + sealed[tamper][1:20], 1))
    bundle, faults = reading.read(path)
    report = verifying.verify(bundle, faults, making.expected(), making.judge)
    assert bool(report.faults) == bool(tamper)
    found = run(bare, script, path, "--key", key, "--json")
    assert json.loads(found.stdout) == telling.as_json(report), found.stderr
    assert found.returncode == (9 if tamper else 0)


def test_it_speaks_both_languages_and_says_first_what_it_does_not_prove(bare, script, key, folder):
    told = run(bare, script, folder, "--key", key).stdout
    assert told.startswith("Ce que ceci ne prouve pas")
    assert told.index("VALIDE :") < told.index("What this does not prove") < told.index("VALID:")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["--key", "no-such-file"], 5), (["--key", __file__], 3), ([], 2)],
)
def test_exit_codes(bare, script, folder, arguments, code):
    assert run(bare, script, folder, *arguments).returncode == code


def test_it_can_be_read(script):
    text = script.read_text()
    for name, source in standalone.pure().items():
        assert (source in text) == (".controls." not in name and ".location." not in name), name
    assert max(map(len, text.splitlines())) < 400
    assert standalone.build("test_judge", {"test_judge": JUDGE}).decode() == text


def by_hand(folder: Path) -> list[tuple[str, subprocess.CompletedProcess[str]]]:
    """The README's commands, one after the other."""
    readme = (Path(standalone.__file__).parent / layout.README).read_text()
    commands = [line[6:] for line in readme.splitlines() if line.startswith("    $ ")]
    return [
        (one, subprocess.run(["bash", "-c", one], cwd=folder, capture_output=True, text=True, check=False))
        for one in commands
    ]


@pytest.fixture
def allowed(tmp_path, key) -> None:
    lines = [f"{name} {sshsig.key_text(making.public(name))}\n" for name in making.SERVERS]
    (tmp_path / "servers.allowed").write_text("".join(lines))


def test_by_hand(folder, allowed):
    results = by_hand(folder)
    assert [(command, done.stderr) for command, done in results if done.returncode or done.stderr] == []
    output = "".join(done.stdout for _, done in results)
    assert output.count('Good "nuage-statement" signature for ops') == 3
    assert output.count('Good "nuage-observation" signature for apps-') == 2
    rest = [line for line in output.splitlines() if "Good" not in line]
    assert rest == [
        "log/cosignatures/laval.txt",
        "statements/seal.dsse.json",
        "statements/seal.json",
        "statements/seal.json.sig",
    ]


@pytest.mark.parametrize(
    "path", [layout.topic("apps-1", "system"), layout.statement("seal"), layout.FINDINGS, layout.LEAF]
)
def test_by_hand_a_change_is_seen(folder, allowed, path):
    data = (folder / path).read_bytes()
    (folder / path).write_bytes(data.replace(b'":', b'" :', 1))
    assert any(done.returncode for _, done in by_hand(folder))


@pytest.mark.parametrize("page", ["docs/en/audit-format.md", "docs/fr/format-audit.md"])
def test_the_logs_proofs_by_hand(page, tmp_path, key):
    """The format's page, with the real tools, on the first audit of a log."""
    making.sealer(tmp_path / "log").seal(making.write(making.raw(), tmp_path / "raw"), tmp_path / "bundle")
    text = (Path(standalone.__file__).parents[2] / page).read_text()
    commands = "\n".join(line[2:] for line in text.splitlines() if line.startswith("$ "))
    done = subprocess.run(
        ["bash", "-e", "-c", commands], cwd=tmp_path / "bundle", capture_output=True, text=True, check=True
    )
    observations, findings, leaf, signed, hashed, root = done.stdout.splitlines()
    assert observations.split()[0] in leaf
    assert findings.split()[0] in leaf
    assert signed == "Signature Verified Successfully"
    assert hashed == root
