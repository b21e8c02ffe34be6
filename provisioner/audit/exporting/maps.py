"""Maps of where the measurements leave room for a server, drawn anew from the bundle."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from provisioner import messages
from provisioner.audit.bundle import layout
from provisioner.audit.exporting.dossier import Dossier, file_name
from provisioner.audit.exporting.facts import place
from provisioner.audit.exporting.words import Words
from provisioner.audit.location import map as drawing
from provisioner.audit.location.judging import NOT_CHECKED, LocationVerdict, judge

_NEAR = f"{drawing.PANEL + drawing.GAP - 1} {drawing.TOP - 1} {drawing.PANEL + 2} {drawing.PANEL + 2}"
"""The second panel alone, with its frame: the neighbourhood of the disks."""


@dataclass(frozen=True)
class Map:
    """What the measurements say of one server."""

    server: str
    place: str
    whole: str
    """Both panels with their legend, as SVG."""
    caption: str
    """The verdicts at both speeds."""
    limits: str
    """What the verdict does and doesn't prove."""

    @property
    def file(self) -> str:
        """The server's identifier as a file's name or a style's."""
        return file_name(self.server)

    @property
    def near(self) -> str:
        """The neighbourhood alone, as SVG; its legend is the caption's."""
        return re.sub(r'viewBox="[^"]*"', f'viewBox="{_NEAR}"', self.whole, count=1)

    @property
    def alternative(self) -> str:
        """In place of the picture."""
        return f"{self.place}. {self.caption}"


class Maps:
    """The maps of an audit in one language, each drawn once."""

    def __init__(self, dossier: Dossier, words: Words) -> None:
        self.dossier, self.words = dossier, words
        self._drawn: dict[str, Map | None] = {}

    def of(self, server: str) -> Map | None:
        """None where the bundle lacks what a map needs: a boundary, or the server's spec."""
        if server not in self._drawn:
            self._drawn[server] = self._draw(server)
        return self._drawn[server]

    def all(self) -> tuple[Map, ...]:
        """Those of all servers that have one."""
        servers = sorted(self.dossier.audit["subjects"]["servers"])
        return tuple(found for found in map(self.of, servers) if found)

    def at(self, code: str) -> tuple[Map, ...]:
        """Those of a municipality's servers."""
        return tuple(found for found in map(self.of, self.dossier.homes.get(code, ())) if found)

    @cached_property
    def _boundaries(self) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
        documents = self.dossier.documents
        if layout.BOUNDARY_INNER not in documents or layout.BOUNDARY_OUTER not in documents:
            return None
        return documents[layout.BOUNDARY_INNER], documents[layout.BOUNDARY_OUTER]

    def _draw(self, server: str) -> Map | None:
        if self._boundaries is None or not self.dossier.site(server):
            return None
        documents, consortium = self.dossier.documents, self.dossier.consortium
        measured = [documents[path] for path in documents if path.startswith(f"measurements/{server}/")]
        try:
            verdict = judge(server, consortium, self.dossier.audit, measured, self._boundaries)
        except (KeyError, ValueError, StopIteration):
            # What doesn't add up gives no picture; the findings say so in words.
            return None
        with _speaking(self.words.language):
            return Map(
                server=server,
                place=place(self.dossier.site(server), self.words),
                whole=drawing.svg(server, consortium, verdict, self._boundaries[1]),
                caption=self._caption(server, verdict),
                limits=self.words(f"audit-location.limits-{verdict.strict.verdict}"),
            )

    def _caption(self, server: str, verdict: LocationVerdict) -> str:
        words = self.words
        if verdict.strict.verdict == NOT_CHECKED:
            return words("audit-report.map-unmeasured", server=server)
        return words(
            "audit-report.map-says",
            server=server,
            strict=words(f"audit-location.verdict-{verdict.strict.verdict}"),
            fibre=words(f"audit-location.verdict-{verdict.fibre.verdict}"),
        )


def data_uri(svg: str) -> str:
    """An SVG as an address that needs nobody."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


@contextmanager
def _speaking(language: str) -> Iterator[None]:
    """The map speaks the language of the process."""
    before = messages.current()
    messages.use(language)
    try:
        yield
    finally:
        messages.use(before)
