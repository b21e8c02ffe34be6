"""`nuage audit report` as a person meets it: files, language, exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from provisioner.audit.bundle import archive
from provisioner.cli.audit_report import command
from provisioner.errors import InvalidInputError, MachineError, UsageError
from tests.unit.audit import bundles
from tests.unit.audit.exporting import samples


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return bundles.write(tmp_path / "bundle", bundles.documents(bundles.findings(samples.BAD)))


def run(*arguments: object) -> str:
    done = CliRunner().invoke(command, [str(one) for one in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_a_folder_and_its_tar_give_the_same_page(bundle: Path, tmp_path: Path) -> None:
    files = {file.relative_to(bundle).as_posix(): file.read_bytes() for file in bundle.rglob("*.json")}
    (tmp_path / "bundle.tar").write_bytes(b"".join(archive.written(files)))
    pages = []
    for source in (bundle, tmp_path / "bundle.tar"):
        output = tmp_path / "report.html"
        assert str(output) in run(source, "--output", output)
        pages.append(output.read_text(encoding="utf-8"))
    assert pages[0] == pages[1]
    assert '<html lang="fr-CA">' in pages[0]


def test_english_to_standard_output_for_one_municipality(bundle: Path) -> None:
    page = run(bundle, "--language", "en", "--only", "46005", "--output", "-")
    assert page.startswith("<!DOCTYPE html>")
    assert '<html lang="en-CA">' in page
    assert "Abercorn" in page
    assert page.count("<h1>") == 2


def test_what_is_no_bundle_is_refused(tmp_path: Path, bundle: Path) -> None:
    (bundle / "findings.json").unlink()
    text = tmp_path / "text.tar"
    text.write_text("no archive")
    for source, error in (
        (bundle, InvalidInputError),
        (text, InvalidInputError),
        (tmp_path / "no", MachineError),
    ):
        with pytest.raises(error):
            run(source, "--output", tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()


def test_exports_for_programs(bundle: Path, tmp_path: Path) -> None:
    assert run(bundle, "--format", "csv", "--output", "-").startswith("\ufeffContrôle;")
    run(bundle, "--format", "oscal", "--output", tmp_path / "results.json")
    assert "assessment-results" in (tmp_path / "results.json").read_text(encoding="utf-8")
    run(bundle, "--format", "cyclonedx", "--output", tmp_path / "parts")
    assert sorted(path.name for path in (tmp_path / "parts").iterdir()) == ["srv1.cdx.json", "srv2.cdx.json"]
    for output in ("-", tmp_path / "results.json"):
        with pytest.raises(UsageError):
            run(bundle, "--format", "cyclonedx", "--output", output)
