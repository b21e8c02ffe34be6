"""A consortium's folder: the one place where specs are read from and written to disk.

`consortium.yml`, `tenants/<slug>.yml` and `placement.lock.yml` lie side by side.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from provisioner.errors import InvalidInputError, MachineError, NuageError, Problem
from provisioner.files import write_atomic
from provisioner.spec import comments, crosschecks, document, parsing, writing
from provisioner.spec.consortium import Consortium
from provisioner.spec.findings import CONSORTIUM, Finding
from provisioner.spec.tenant import Tenant
from provisioner.spec.translation import field_path
from provisioner.spec.types import SLUG


@dataclass(frozen=True)
class ConsortiumFolder:
    """Valid specs: each file alone, and all together. Tenants are sorted by slug."""

    folder: Path
    consortium: Consortium
    tenants: Mapping[str, Tenant]


def consortium_file(folder: Path) -> Path:
    """Where the consortium's own spec is."""
    return folder / "consortium.yml"


def tenant_file(folder: Path, slug: str) -> Path:
    """Where a municipality's spec is."""
    return folder / "tenants" / f"{slug}.yml"


def lock_file(folder: Path) -> Path:
    """Where the planner keeps who lives where."""
    return folder / "placement.lock.yml"


def load(folder: Path) -> ConsortiumFolder:
    """Read and check everything.

    Raises:
        InvalidInputError: every problem of every file, and of the files together.
        MachineError: a file can't be read.
    """
    problems: list[Problem] = []
    sources = _tenant_sources(folder, problems)
    spec, main = _consortium(folder, problems)
    tenants: dict[str, Tenant] = {}
    for slug, content in sources.items():
        try:
            tenants[slug] = parsing.tenant(content, str(tenant_file(folder, slug)))
        except InvalidInputError as error:
            problems += error.problems
    problems += _located(crosschecks.check(spec, tenants), folder, {CONSORTIUM: main, **sources})
    if spec is None or problems:
        first = str(consortium_file(folder))
        raise InvalidInputError.of(sorted(problems, key=lambda p: (p.file != first, p.file, p.line)))
    return ConsortiumFolder(folder, spec, MappingProxyType(tenants))


def read_tenant(folder: Path, slug: str) -> Tenant:
    """One municipality's spec, on its own.

    Raises:
        InvalidInputError: there is none of that name, or it isn't valid.
    """
    path = tenant_file(folder, slug)
    if not SLUG.fullmatch(slug) or not path.is_file():
        raise InvalidInputError("spec.no-tenant", file=str(folder), value=document.shown(slug))
    return parsing.tenant(_read(path), str(path))


def write_tenant(folder: Path, slug: str, tenant: Tenant) -> Path:
    """Write a municipality's spec, atomically; reading it again gives the same tenant.

    Comments that people put in an earlier version of the file stay with their fields.

    Raises:
        InvalidInputError: ``slug`` can't be a file's name, or the earlier version is no YAML.
        MachineError: the folder can't be written.
    """
    if not SLUG.fullmatch(slug):
        raise InvalidInputError("spec.not-a-slug", subject=slug, value=document.shown(slug))
    path = tenant_file(folder, slug)
    text = writing.tenant_text(tenant)
    write_atomic(path, comments.carry(_read(path), text) if path.is_file() else text)
    return path


def _consortium(folder: Path, problems: list[Problem]) -> tuple[Consortium | None, bytes]:
    path = consortium_file(folder)
    if not path.is_file():
        problems.append(Problem("spec.no-consortium", str(path)))
        return None, b""
    content = _read(path)
    try:
        return parsing.consortium(content, str(path)), content
    except InvalidInputError as error:
        problems += error.problems
        return None, content


def _tenant_sources(folder: Path, problems: list[Problem]) -> dict[str, bytes]:
    """The text of every tenant file by slug, sorted; hidden files and other suffixes are none of ours."""
    sources: dict[str, bytes] = {}
    try:
        names = sorted(entry.name for entry in os.scandir(folder / "tenants"))
    except FileNotFoundError:
        return sources
    except OSError as error:
        raise _unreadable(folder / "tenants", error) from error
    for name in names:
        slug, suffix = os.path.splitext(name)  # noqa: PTH122  a thousand Path objects take 10 ms
        if name.startswith(".") or suffix.lower() not in {".yml", ".yaml"}:
            continue
        if suffix != ".yml" or not SLUG.fullmatch(slug):
            path = str(folder / "tenants" / name)
            problems.append(Problem("spec.bad-file-name", path, context={"value": document.shown(name)}))
            continue
        sources[slug] = _read(tenant_file(folder, slug))
    return dict(sorted(sources.items()))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> NuageError:
    return MachineError("files.cannot-read", file=str(path), detail=os.strerror(error.errno or 0))


def _located(findings: Sequence[Finding], folder: Path, contents: Mapping[str, bytes]) -> Iterator[Problem]:
    """The findings with their files and lines; each file is parsed again once, and only where it has any."""
    documents: dict[str, document.Document] = {}
    for finding in findings:
        where = finding.where
        path = consortium_file(folder) if where == CONSORTIUM else tenant_file(folder, where)
        if where not in documents:
            documents[where] = document.read(contents[where], str(path))
        line = documents[where].find(finding.path)[1]
        yield Problem(finding.key, str(path), line, field_path(finding.path), dict(finding.context))
