"""`nuage validate` and `nuage schema` as a person or a program meets them: output, language, exit code."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "inventories" / "example"
RUN = "from provisioner.cli.main import run; run()"


def nuage(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, whatever language the machine speaks."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "PYTHONPATH": str(ROOT)}
    for name in ("NUAGE_LANG", "NUAGE_CONSORTIUM", "LC_MESSAGES", "LANG"):
        environment.pop(name, None)
    return subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def broken(tmp_path) -> Path:
    """A copy of the example with two problems."""
    folder = Path(shutil.copytree(EXAMPLE, tmp_path / "example"))
    path = folder / "tenants" / "abercorn.yml"
    text = path.read_text()
    path.write_text(
        text.replace('code: "46005"', "code: 46005").replace("population: 368", "\tpopulation: 368")
    )
    (folder / "tenants" / "Ïle.yml").write_text("")
    return folder


@pytest.mark.parametrize(("language", "word"), [("fr", "tout est valide"), ("en", "everything is valid")])
def test_valid(language, word):
    result = nuage("--lang", language, "validate", "-C", str(EXAMPLE))
    assert (result.returncode, result.stderr) == (0, "")
    assert word in result.stdout


def test_valid_as_json():
    result = nuage("validate", "--json", cwd=EXAMPLE)
    assert json.loads(result.stdout) == {"valid": True, "tenants": 3, "servers": 3, "problems": []}


@pytest.mark.parametrize(("language", "word"), [("fr", "tabulation"), ("en", "tab")])
def test_invalid(broken, language, word):
    result = nuage("--lang", language, "validate", "-C", str(broken))
    assert (result.returncode, result.stdout) == (3, "")
    assert f"{broken}/tenants/abercorn.yml:5" in result.stderr
    assert f"{broken}/tenants/Ïle.yml" in result.stderr
    assert word in result.stderr
    assert "Traceback" not in result.stderr


def test_invalid_as_json_carries_keys(broken):
    result = nuage("validate", "--json", "-C", str(broken))
    assert (result.returncode, result.stderr) == (3, "")
    report = json.loads(result.stdout)
    assert report["valid"] is False
    assert [problem["key"] for problem in report["problems"]] == ["spec.yaml-tab", "spec.bad-file-name"]
    assert report["problems"][0]["line"] == 5


def test_a_folder_that_is_not_there(tmp_path):
    result = nuage("--lang", "en", "validate", "-C", str(tmp_path / "nothing"))
    assert result.returncode == 3
    assert "no consortium spec" in result.stderr


@pytest.mark.parametrize("spec", ["consortium", "tenant"])
def test_the_schemas_beside_the_example_are_current(spec):
    assert nuage("--lang", "fr", "schema", spec).stdout == (EXAMPLE / "schema" / f"{spec}.json").read_text()


def test_an_unknown_schema_is_a_usage_error():
    assert nuage("schema", "server").returncode == 2
