"""Exports for other programs: valid by the formats' rules, the same bytes each time, no better than the findings."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from jsonschema import Draft7Validator
from oscal_bindings.v1.parser import OscalParseError, parse_assessment_results

from provisioner.audit.exporting.cyclonedx import boms
from provisioner.audit.exporting.dossier import Dossier
from provisioner.audit.exporting.oscal import oscal
from provisioner.audit.exporting.sheet import harmless, sheet
from provisioner.audit.exporting.words import Words
from tests.unit.audit import bundles
from tests.unit.audit.exporting import samples

FRENCH, ENGLISH = Words("fr"), Words("en")
SCHEMA = Path(
    os.environ.get("NUAGE_OSCAL_SCHEMA")
    or Path(__file__).parents[5] / "shared" / "data" / "oscal_assessment-results_schema.json"
)
"""NIST's own JSON schema of OSCAL assessment results, of release 1.2; a file of the OSCAL releases."""


def results(dossier: Dossier | None = None) -> Any:
    return json.loads(oscal(dossier or samples.now(), FRENCH))["assessment-results"]


@pytest.mark.parametrize("dossier", [samples.now(), samples.before(), Dossier(bundles.documents([]))])
def test_oscal_is_what_the_models_of_oscal_allow(dossier: Dossier) -> None:
    parse_assessment_results(oscal(dossier, FRENCH))


def test_the_models_would_find_a_wrong_document() -> None:
    document = json.loads(oscal(samples.now(), FRENCH))
    del document["assessment-results"]["import-ap"]
    with pytest.raises(OscalParseError):
        parse_assessment_results(json.dumps(document))


@pytest.mark.data
@pytest.mark.parametrize("dossier", [samples.now(), Dossier(bundles.documents([]))])
def test_oscal_is_what_the_official_schema_allows(dossier: Dossier) -> None:
    if not SCHEMA.exists():
        pytest.skip(f"SKIPPED, NOT TESTED: no {SCHEMA.name}; name it in NUAGE_OSCAL_SCHEMA")
    # Its one pattern that Python's `re` lacks, `\p{L}` for a letter, written as Python has it.
    text = SCHEMA.read_text(encoding="utf-8")
    schema = text.replace(r"^(\\p{L}|_)(\\p{L}|\\p{N}|[.\\-_])*$", r"^[^\\W\\d][\\w.\\-]*$")
    faults = [
        error.message
        for error in Draft7Validator(json.loads(schema)).iter_errors(json.loads(oscal(dossier, FRENCH)))
    ]
    assert faults == []


def test_oscal_says_of_an_open_verdict_that_it_is_no_pass() -> None:
    [result] = results()["results"]
    stated = {}
    for one in result["findings"]:
        verdict = next(each["value"] for each in one["props"] if each["name"] == "verdict")
        status = one["target"]["status"]
        stated.setdefault(verdict, set()).add((status["state"], status["reason"], "remarks" in status))
    assert stated == {
        "satisfied": {("satisfied", "pass", False)},
        "not-satisfied": {("not-satisfied", "fail", False)},
        "inconclusive": {("not-satisfied", "other", True)},
        "not-checked": {("not-satisfied", "other", True)},
    }


def test_every_reference_in_oscal_leads_somewhere() -> None:
    text = oscal(samples.now(), FRENCH).decode()
    defined = re.findall(r'"uuid":"([^"]+)"', text)
    assert len(defined) == len(set(defined))
    used = set(re.findall(r'"(?:observation-uuid|subject-uuid)":"([^"]+)"|"href":"#([^"]+)"', text))
    assert {one for pair in used for one in pair if one} <= set(defined)
    assert all(
        re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", one)
        for one in defined
    )


def test_exports_are_the_same_each_time_and_another_audit_is_another_document() -> None:
    assert oscal(samples.now(), FRENCH) == oscal(samples.now(), FRENCH)
    assert boms(samples.now()) == boms(samples.now())
    assert sheet(samples.now(), FRENCH) == sheet(samples.now(), FRENCH)
    uuids = {
        json.loads(oscal(each, FRENCH))["assessment-results"]["uuid"]
        for each in (samples.now(), samples.before())
    }
    assert len(uuids) == 2


def test_a_subject_keeps_its_identifier_from_audit_to_audit() -> None:
    parties = [
        {
            one["name"]: one["uuid"]
            for one in json.loads(oscal(each, FRENCH))["assessment-results"]["metadata"]["parties"]
        }
        for each in (samples.now(), samples.before())
    ]
    assert parties[0] == parties[1]
    assert "Abercorn" in parties[0]


def test_cyclonedx_is_valid_and_has_every_component_of_its_server() -> None:
    found = boms(samples.now())
    assert list(found) == ["srv1.cdx.json", "srv2.cdx.json"]
    for content in found.values():
        fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(content.decode())
        assert fault is None, fault
    document = json.loads(found["srv1.cdx.json"])
    versions = {one["name"]: one.get("version") for one in document["components"]}
    observed = [*bundles.PACKAGES, *bundles.COMPONENTS]
    assert versions.items() >= {(one["name"], one["version"]) for one in observed}
    assert versions["calendar"] is None


def test_cyclonedx_has_licences_and_says_which_it_doesnt_know() -> None:
    document = json.loads(boms(samples.now())["srv1.cdx.json"])
    by_name = {one["name"]: one for one in document["components"]}
    assert by_name["nginx"]["licenses"] == [{"license": {"id": "BSD-2-Clause"}}]
    assert "licenses" not in by_name["firmware-oddity"]
    assert {"name": "nuage:licence", "value": "unknown"} in by_name["firmware-oddity"]["properties"]


def test_an_extension_names_whose_it_is() -> None:
    document = json.loads(boms(samples.now())["srv1.cdx.json"])
    [plugin] = [one for one in document["components"] if one["name"] == "openid-connect-generic"]
    codes = [one["value"] for one in plugin["properties"] if one["name"] == "nuage:municipality"]
    assert codes == ["46005", "82005"]


def test_a_server_that_wasnt_observed_still_has_its_document() -> None:
    documents = bundles.documents([])
    documents["audit.json"]["subjects"]["servers"].append("srv9")
    document = json.loads(boms(Dossier(documents))["srv9.cdx.json"])
    assert document.get("components", []) == []


@pytest.mark.parametrize(("words", "separator"), [(FRENCH, ";"), (ENGLISH, ",")])
def test_the_sheet_has_a_row_per_finding(words: Words, separator: str) -> None:
    content = sheet(samples.now(), words)
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=separator))
    assert len(rows) == 1 + len(samples.now().findings)
    assert {len(row) for row in rows} == {12}
    backups = next(row for row in rows if row[0] == "NC-STO-02" and row[5] == "srv1")
    assert backups[7] == words("verdict-not-satisfied")
    assert json.loads(backups[9]) == {"undeclared": ["sauvegarde.example.com"]}


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", '=HYPERLINK("x")'])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert harmless(cell) == "'" + cell
    documents = bundles.documents(bundles.findings({}))
    documents["specs/municipalities/46005.json"]["name"] = cell
    text = sheet(Dossier(documents), FRENCH).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))
    assert not [
        one for row in rows for one in row if one.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))
    ]


def test_an_ordinary_cell_stays_as_it_is() -> None:
    assert harmless("L'Ange-Gardien") == "L'Ange-Gardien"


@pytest.mark.parametrize("said", [None, 7, "x", [None, 7, {}, {"name": None}, {"name": ""}], {"services": 7}])
def test_what_a_server_garbled_stops_no_export(said: Any) -> None:
    documents = bundles.documents([])
    for topic in ("packages", "components", "tenants/46005"):
        documents[f"observations/servers/srv1/{topic}.json"] = said
    documents["observations/servers/srv1/tenants/82005.json"] = {
        "services": {"wordpress": said, "nextcloud": {"apps": said}}
    }
    document = json.loads(boms(Dossier(documents))["srv1.cdx.json"])
    assert {one["name"] for one in document.get("components", [])} <= {"x"}
