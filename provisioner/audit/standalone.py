"""`verify.py`: one readable file of nothing but the judging modules' own sources, so that an auditor needs no nuage."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from pathlib import Path

from provisioner import __version__, messages
from provisioner.audit.bundle import layout

ENTRY = "provisioner.audit.bundle.alone"
JUDGE = "provisioner.audit.controls.judge"
PACKAGE = "provisioner"
_ROOT = Path(__file__).parent.parent.parent

_HEAD = '''#!/usr/bin/env python3
"""Vérifier une liasse de preuves de nuage-commun {version} / Verify a bundle of evidence of nuage-commun {version}.

    python3 verify.py BUNDLE --key PUBLICKEY

Il faut Python 3.11 et le paquet « cryptography », rien d'autre; aucun réseau. Un verify.py pris de la liasse même
ne prouve rien contre qui l'a faite : prenez-le d'une liasse ou d'une version de nuage reçue d'ailleurs, ou lisez-le.
Needs Python 3.11 and the package "cryptography", nothing else, and no network. A verify.py taken from the bundle
itself proves nothing against who made it: take it from a bundle or a release of nuage got elsewhere, or read it.

Codes: 0 valide/valid; 2 usage; 3 clés/keys; 5 illisible/unreadable; 9 non valide/not valid.

SOURCES: the modules of nuage that judge, unchanged. The last lines put them in place and start.
"""

import importlib
import importlib.machinery
import sys

SOURCES = {{}}
'''
_TAIL = '''
CATALOGUES = {catalogues}


class Finder:
    """Loads `provisioner.…` from SOURCES, and never from elsewhere."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        package = any(one.startswith(name + ".") for one in SOURCES)
        if name not in SOURCES and not package:
            if name.split(".")[0] == {package!r}:
                raise ModuleNotFoundError(name)
            return None
        return importlib.machinery.ModuleSpec(name, Finder, is_package=package)

    @staticmethod
    def create_module(spec):
        return None

    @staticmethod
    def exec_module(module):
        name = module.__name__
        exec(compile(SOURCES.get(name, ""), f"<verify.py: {{name}}>", "exec"), module.__dict__)


if __name__ == "__main__":
    sys.meta_path.insert(0, Finder)
    start = importlib.import_module({entry!r}).main
    judge = importlib.import_module({judge!r}).judge_all
    sys.exit(start(sys.argv[1:], CATALOGUES, judge))
'''


def build(judge: str = JUDGE, more: Mapping[str, str] | None = None) -> bytes:
    """The text of `verify.py`, the same for the same sources.

    ``judge`` is the module whose `judge_all` judges; ``more`` are sources of modules that aren't nuage's.
    """
    given = more or {}
    if judge not in given and not _path(judge).is_file():
        raise ValueError(f"no {judge}")
    sources = {**_closure([ENTRY, *({judge} - given.keys())]), **given}
    parts = [_HEAD.format(version=__version__)]
    for name, text in sorted(sources.items()):
        if "'''" in text or not text.endswith("\n"):
            raise ValueError(f"{name} can't be quoted")
        parts.append(f"SOURCES[{name!r}] = r'''{text}'''\n")
    catalogues = {
        language: dict(messages.catalogue(language, "audit-verify")) for language in messages.LANGUAGES
    }
    parts.append(_TAIL.format(catalogues=_literal(catalogues), package=PACKAGE, entry=ENTRY, judge=judge))
    return "\n".join(parts).encode()


def companions() -> dict[str, bytes]:
    """What lies in each bundle for who checks it: `verify.py`, and how to do without it."""
    readme = Path(__file__).parent / layout.README
    return {layout.VERIFY: build(), layout.README: readme.read_bytes()}


def pure() -> dict[str, str]:
    """Sources by name of all that judges: what is imported from the entry and the judge, at whatever depth."""
    return _closure([ENTRY, JUDGE])


def _closure(names: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        path = _path(name)
        if name in found or not path.is_file():
            continue
        found[name] = path.read_text(encoding="utf-8")
        waiting += imported(found[name])
    return found


def _path(name: str) -> Path:
    return _ROOT.joinpath(*name.split(".")).with_suffix(".py")


def imported(source: str) -> list[str]:
    """Names of nuage's modules that a module imports, wherever in it; names in modules come along, and lead nowhere."""
    names: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return [name for name in names if name.split(".")[0] == PACKAGE]


def _literal(catalogues: Mapping[str, Mapping[str, str]]) -> str:
    lines = ["{"]
    for language, texts in catalogues.items():
        lines.append(f"    {language!r}: {{")
        lines += [f"        {name!r}: {text!r}," for name, text in texts.items()]
        lines.append("    },")
    return "\n".join([*lines, "}"])
