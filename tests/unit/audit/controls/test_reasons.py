"""Every reason that the judges give has its words, and the words only name what the finding has."""

from __future__ import annotations

import ast
from pathlib import Path
from string import Formatter

import pytest

from provisioner import messages
from provisioner.audit import controls
from provisioner.audit.controls.judge import judge_all
from tests.unit.audit.controls import evidence
from tests.unit.audit.controls.test_robust import BAD, GOOD

HELPERS = {"satisfied", "violated", "unsure", "unchecked"}
RAISED = {
    "not-seen",
    "registries-none",
    "unreadable",
    "not-declared",
    "another-audit",
    "not-signed",
    "service-unexpected",
}


def given() -> set[str]:
    """Reasons in the code: the first argument of what makes an outcome, and the values of its tables."""
    found = set(RAISED)
    for path in Path(controls.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in HELPERS:
                assert isinstance(node.args[0], ast.Constant | ast.Attribute), ast.unparse(node)
                if isinstance(node.args[0], ast.Constant):
                    found.add(str(node.args[0].value))
    return (
        found
        | {name for name in messages.catalogue("fr", "audit-reasons") if name.startswith("location-")}
        | {name for name in messages.catalogue("fr", "audit-reasons") if name.startswith("possession-")}
    )


def test_reasons_and_words_are_the_same():
    assert given() == set(messages.catalogue("fr", "audit-reasons"))


@pytest.mark.parametrize("documents", [GOOD, BAD, {}], ids=["good", "bad", "nothing"])
def test_words_name_what_the_finding_has(documents, language):
    for one in judge_all(documents):
        known = {**one["expected"], **one["observed"]}
        assert messages.text(f"audit-reasons.{one['reason']}", **known)


@pytest.mark.parametrize("path", GOOD)
def test_also_without_a_document(path, language):
    for one in judge_all({name: said for name, said in GOOD.items() if name != path}):
        assert messages.text(f"audit-reasons.{one['reason']}", **{**one["expected"], **one["observed"]})


def test_placeholders_are_fields_that_some_judge_gives():
    source = "".join(path.read_text(encoding="utf-8") for path in Path(controls.__file__).parent.glob("*.py"))
    for name, text in messages.catalogue("en", "audit-reasons").items():
        for _, field, _, _ in Formatter().parse(text):
            assert field is None or f'"{field}"' in source, (name, field)


def test_observed_and_expected_are_plain():
    plain = str | int | float | bool | None
    for documents in (evidence.good(), BAD):
        for one in judge_all(documents):
            for value in [*one["observed"].values(), *one["expected"].values()]:
                assert isinstance(value, plain) or (
                    isinstance(value, list | tuple) and all(isinstance(item, plain) for item in value)
                )
