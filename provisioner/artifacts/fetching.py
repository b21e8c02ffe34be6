"""Filling the cache: each pin from the first of its sources that has it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from provisioner.artifacts import download, maven
from provisioner.artifacts.cache import Cache
from provisioner.artifacts.download import Advance, SourceError
from provisioner.artifacts.model import Pin
from provisioner.artifacts.progress import Progress
from provisioner.errors import MachineError, NuageError, Problem, RefusedError


@dataclass(frozen=True)
class Source:
    """A place that may have the archive: how people know it, and how to have the file there completed."""

    name: str
    get: Callable[[Path, Advance], None]


def sources(pin: Pin, mirror: str) -> list[Source]:
    """Where to ask, in this order: the consortium's mirror, the upstream project, Maven."""
    urls = [f"{mirror.rstrip('/')}/{pin.file}"] if mirror else []
    urls += [pin.upstream] if pin.upstream and pin.provenance == "upstream" else []
    found = [_http(url, pin) for url in urls]
    if pin.maven is not None and pin.provenance == "upstream":
        found.append(
            Source(f"Maven {maven.coordinates(pin)}", lambda partial, _advance: maven.download(pin, partial))
        )
    return found


def _http(url: str, pin: Pin) -> Source:
    return Source(url, lambda partial, advance: download.download(url, partial, pin, advance))


def fetch(pins: Iterable[Pin], cache: Cache, mirror: str, progress: Progress) -> list[Pin]:
    """Have every archive of ``pins`` in the cache. All are tried; returns those that weren't there.

    Raises:
        RefusedError: an archive isn't the pinned one, or has no digest to compare with.
        MachineError: no source gave it, or the disk is full.
    """
    fetched: list[Pin] = []
    problems: list[Problem] = []
    kind: type[NuageError] = MachineError
    for pin in pins:
        if cache.holds(pin):
            continue
        try:
            fetched.append(_fetch(pin, cache, sources(pin, mirror), progress))
        except NuageError as error:
            problems += error.problems
            if isinstance(error, RefusedError):
                kind = RefusedError
    if problems:
        raise kind.of(problems)
    return fetched


def _fetch(pin: Pin, cache: Cache, places: list[Source], progress: Progress) -> Pin:
    subject = f"{pin.name} {pin.version}"
    if pin.sha256 is None:
        raise RefusedError("artifacts.no-digest", subject=subject, name=pin.name, version=pin.version)
    reasons: list[str] = []
    refusals: list[Problem] = []
    with cache.filling(pin.sha256, lambda: progress.waiting(pin)) as partial:
        if cache.holds(pin):
            return pin
        for source in places:
            progress.begin(pin, source.name)
            try:
                settled = _from(source, pin, cache, partial, progress)
            except SourceError as error:
                reasons.append(f"{source.name}: {error}")
                progress.failed(pin, source.name, str(error))
                continue
            except RefusedError as error:
                # The next source may have the right file; if none has, this is what is told.
                problem = error.problems[0]
                refusals.append(
                    Problem(problem.key, subject=subject, context={**problem.context, "source": source.name})
                )
                progress.failed(pin, source.name, str(problem.context["got"]))
                continue
            progress.done(settled)
            return settled
    if refusals:
        raise RefusedError.of(refusals)
    key = "artifacts.unavailable" if reasons else "artifacts.no-source"
    raise MachineError(key, subject=subject, name=pin.name, version=pin.version, reasons="; ".join(reasons))


def _from(source: Source, pin: Pin, cache: Cache, partial: Path, progress: Progress) -> Pin:
    resumed = partial.exists()
    source.get(partial, progress.advance)
    try:
        return cache.settle(partial, pin)
    except RefusedError:
        if not resumed:
            raise
    # The beginning may be another source's, or of before a power cut: once more, from nothing.
    source.get(partial, progress.advance)
    return cache.settle(partial, pin)
