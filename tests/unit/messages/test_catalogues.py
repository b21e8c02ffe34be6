"""The catalogues: both languages say the same, the code asks for nothing else, and nothing lies unused."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

import provisioner
from provisioner import messages
from provisioner.audit.controls import catalogue as controls
from provisioner.spec import document, translation

PACKAGE = Path(provisioner.__file__).parent
PLUGINS = PACKAGE.parent / "plugins"
AREAS = sorted(path.stem for path in (PACKAGE / "messages" / "fr").glob("*.toml"))
COUNTED = re.compile("-(one|many)$")
"""Forms of a text with a number."""
KEY = re.compile(rf"({'|'.join(AREAS)})\.([a-z0-9]+(?:-[a-z0-9]+)*(?:\.fix)?)")


def catalogue(language: str, area: str) -> dict[str, str]:
    """A catalogue as its file has it."""
    return tomllib.loads((PACKAGE / "messages" / language / f"{area}.toml").read_text(encoding="utf-8"))


def placeholders(text: str) -> set[str]:
    """The names between braces."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def trees() -> Iterator[ast.Module]:
    """The code of the package, and of Ansible's plugins, whose failures carry keys too."""
    for path in sorted([*PACKAGE.rglob("*.py"), *PLUGINS.rglob("*.py")]):
        yield ast.parse(path.read_text(encoding="utf-8"))


def words_of_pages() -> set[str]:
    """What stands between quotes in the HTML and JavaScript that carry messages, and `"bad-" + "email"`."""
    pages = [*PACKAGE.rglob("*.html"), *PACKAGE.rglob("*.js")]
    words = {word for page in pages for word in re.findall(r"""["']([a-z0-9-]+)["']""", page.read_text())}
    return words | {start + end for start in words if start.endswith("-") for end in words}


COMPOSED = {
    "apply": {f"step-{role.name}" for role in (PACKAGE.parent / "roles").iterdir()},
    "spec": {
        *translation.PYDANTIC.values(),
        *(kind.replace("_", "-") for kind in translation.CUSTOM),
        *(name for _, name in document.CAUSES),
    },
    "fields": set(messages.catalogue("fr", "fields")),
    "audit-controls": {
        *(f"{one.id.lower()}-{part}" for one in controls.CONTROLS for part in ("title", "expected")),
        *(f"source-{name}" for name in controls.SOURCES),
        *(f"kind-{name}" for name in controls.KINDS),
        *(f"severity-{name}" for name in (controls.HIGH, controls.MEDIUM, controls.LOW)),
        *(f"column-{name}" for name in ("id", "kind", "severity", "title", "sources", "objectives")),
    },
    "audit-reasons": set(messages.catalogue("fr", "audit-reasons")),
    "form": words_of_pages() & set(messages.catalogue("fr", "form")),
    "audit-report": words_of_pages() & set(messages.catalogue("fr", "audit-report")),
    "audit-site": words_of_pages() & set(messages.catalogue("fr", "audit-site")),
}
"""Names that the code composes from something else than a literal; tests/unit/spec tries each of them.

`fields` is checked against the models by tests/unit/spec/test_schema.py, `audit-reasons` against the judges by
tests/unit/audit/controls/test_reasons.py.
"""


BARE = {"audit-verify", "export-page", "leave-page"}
"""Areas whose names stand bare in the code, which gets all their texts at once: `verify.py` has them within."""


def literals() -> tuple[set[str], set[str]]:
    """All texts in the code, and the fixed beginnings of the keys that it composes (`request.`)."""
    texts: set[str] = set()
    beginnings: set[str] = set()
    for tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.add(node.value)
            elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                beginnings.add(str(node.values[0].value))
    return texts, beginnings


TEXTS, BEGINNINGS = literals()


def is_used(area: str, name: str) -> bool:
    """Whether the code asks for it: in full, as the end of a composed key, or through `COMPOSED`."""
    key = f"{area}.{name}"
    if key in TEXTS or name in COMPOSED.get(area, set()) or COUNTED.sub("", key) in TEXTS:
        return True
    if area in BARE and is_said(name):
        return True
        return True
    return any(
        is_said(key.removeprefix(start)) for start in BEGINNINGS if key.startswith(start) and "." in start
    )


def is_said(end: str) -> bool:
    """Whether the code has the end of a key, perhaps with underscores, perhaps composed once more."""
    if end in TEXTS or end.replace("-", "_") in TEXTS:
        return True
    return any(end.removeprefix(start) in TEXTS for start in BEGINNINGS if start and end.startswith(start))


def test_both_languages_have_the_same_areas():
    areas = {
        language: {path.stem for path in (PACKAGE / "messages" / language).glob("*.toml")}
        for language in messages.LANGUAGES
    }
    assert areas["fr"] == areas["en"]


@pytest.mark.parametrize("area", AREAS)
def test_both_languages_have_the_same_keys_and_placeholders(area):
    french, english = (catalogue(language, area) for language in ("fr", "en"))
    assert set(french) == set(english)
    for name, text in french.items():
        assert placeholders(text) == placeholders(english[name]), name


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_texts_are_texts_and_fixes_belong_to_a_message(area, language):
    texts = catalogue(language, area)
    for name, text in texts.items():
        assert isinstance(text, str), name
        assert text.strip(), name
        assert not name.endswith(".fix") or name.removesuffix(".fix") in texts, name


@pytest.mark.parametrize("area", AREAS)
def test_the_french_is_set_as_in_quebec(area):
    for name, text in catalogue("fr", area).items():
        assert not re.search(r"(?<!«)[ \u00a0\u202f][;!?](\s|$)", text), name
        assert not re.search(r"«\S|\S»", text), name
        assert "“" not in text, name


def test_every_key_in_the_code_exists():
    asked = {match.groups() for text in TEXTS if (match := KEY.fullmatch(text))}
    files = {
        f"{area}.{suffix}"
        for area in AREAS
        for suffix in ("yml", "toml", "json", "py", "html", "css", "js", "conf")
    }
    missing = {
        f"{area}.{name}"
        for area, name in asked
        if not {name, f"{name}-many"} & set(catalogue("fr", area)) and f"{area}.{name}" not in files
    }
    assert missing == set()


def test_every_composed_key_exists():
    missing = {
        f"{a}.{name}" for a, names in COMPOSED.items() for name in names if name not in catalogue("fr", a)
    }
    assert missing == set()


@pytest.mark.parametrize("area", AREAS)
def test_every_key_is_used(area):
    names = [name for name in catalogue("fr", area) if not name.endswith(".fix")]
    assert [name for name in names if not is_used(area, name)] == []
