"""The transparency site: static pages without scripts, French first, the same bytes from the same audits."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provisioner.audit.bundle import archive
from provisioner.audit.exporting import opening, report, view
from provisioner.audit.exporting.dossier import Dossier, file_name
from provisioner.audit.exporting.facts import facts
from provisioner.audit.exporting.words import Words
from provisioner.audit.publishing.history import Audit, History, check, summary
from provisioner.directory.names import plain, slug

PAGE = Path(__file__).parent / "page"
LANGUAGES = {"fr": "", "en": "en/"}
"""Where each language's pages begin."""


@dataclass(frozen=True)
class Town:
    """A line of the index."""

    name: str
    file: str
    verdict: str


@dataclass(frozen=True)
class Region:
    """A region of the index and its municipalities, by name."""

    name: str
    anchor: str
    towns: tuple[Town, ...]


@dataclass(frozen=True)
class Row:
    """A line of a history."""

    id: str
    day: str
    tally: view.Tally
    file: str
    name: str
    sha256: str
    size: str


def history(
    paths: Sequence[Path], *, with_bundles: bool, keys: frozenset[bytes] | None = None
) -> tuple[History, dict[str, bytes]]:
    """The audits of these bundles, and the archives to publish, by the site's path.

    Raises:
        MachineError, InvalidInputError: a bundle can't be read, or they don't belong together.
        DifferenceError: a bundle isn't valid, as far as ``keys`` can tell.
    """
    found: list[tuple[Audit, Dossier]] = []
    archives: dict[str, bytes] = {}
    for path in paths:
        bundle = opening.bundle(path, keys)
        dossier = Dossier(bundle.documents())
        content = b"".join(archive.written(bundle)) if with_bundles else b""
        file = archive_name(dossier) if with_bundles else ""
        if file:
            archives[file] = content
        digest = hashlib.sha256(content).hexdigest() if with_bundles else ""
        found.append((summary(dossier, file, digest, len(content)), dossier))
    check([dossier for _, dossier in found])
    found.sort(key=lambda pair: (pair[0].ended, pair[0].id))
    audits = [audit for audit, _ in found]
    last = found[-1][1]
    before = next((one for _, one in found if one.audit["id"] == last.audit["previous"]), None)
    return History(audits, last, before), archives


def pages(known: History) -> Iterator[tuple[str, bytes]]:
    """Every page and the style, by the site's path."""
    yield "style.css", str(report.style("site.css", PAGE)).encode()
    for language in LANGUAGES:
        yield from _Site(known, language).pages()


class _Site:
    """The pages of one language."""

    def __init__(self, known: History, language: str) -> None:
        self.known, self.language = known, language
        self.words, self.own = Words(language), Words(language, "audit-site")
        self.dossier = known.last
        self.day = self.words.day(known.audits[-1].ended)

    def pages(self) -> Iterator[tuple[str, bytes]]:
        start = LANGUAGES[self.language]
        rows = [self._row(one, one.tally) for one in reversed(self.known.audits)]
        yield f"{start}index.html", self._index()
        yield f"{start}audits.html", self._page("audits.html", "audits", "audits.html", rows=rows)
        yield f"{start}verifier.html", self._verifying(rows[0])
        writer = report.Writer(self.dossier, self.words, self.known.before)
        for one in writer.maps.all():
            yield f"{start}cartes/{one.file}.svg", one.near.encode()
        for code in self.dossier.municipalities:
            yield f"{start}municipalites/{self._file(code)}", self._municipality(writer, code)

    def _page(self, template: str, here: str, path: str, **context: Any) -> bytes:  # noqa: ANN401  templates' own
        depth = path.count("/")
        root = "../" * depth
        top = root if self.language == "fr" else f"../{root}"
        other = f"{root}en/{path}" if self.language == "fr" else f"../{root}{path}"
        text = (
            report.environment(PAGE, report.PAGE)
            .get_template(template)
            .render(
                language=self.language,
                t=self.words,
                s=self.own,
                consortium=str(self.dossier.audit["consortium"]),
                day=self.day,
                here=here,
                root=root,
                top=top,
                other=other,
                **context,
            )
        )
        return text.encode()

    def _index(self) -> bytes:
        last = self.known.audits[-1]
        return self._page(
            "index.html",
            "index",
            "index.html",
            headline=view.headline(last.tally, self.words),
            tally=last.tally,
            towns=self.own.count("audit-site.towns", len(last.seen)),
            regions=self._regions(last),
        )

    def _regions(self, last: Audit) -> tuple[Region, ...]:
        grouped: dict[str, list[Town]] = {}
        for code, spec in self.dossier.municipalities.items():
            region = str(spec.get("region") or self.own("audit-site.elsewhere"))
            verdict = last.seen[code].tally.worst
            grouped.setdefault(region, []).append(Town(str(spec["name"]), self._file(code), verdict))
        return tuple(
            Region(
                name, f"region-{slug(name)}", tuple(sorted(grouped[name], key=lambda one: plain(one.name)))
            )
            for name in sorted(grouped, key=plain)
        )

    def _municipality(self, writer: report.Writer, code: str) -> bytes:
        rows = [self._row(one, one.seen[code].tally) for one in self.known.of(code)]
        since = self.own("audit-site.seen-since", day=self.words.day(self.known.since(code)))
        stated = (*facts(self.dossier, code, self.words), (self.own("audit-site.since"), since))
        return self._page(
            "municipality.html",
            "",
            f"municipalites/{self._file(code)}",
            sheet=writer.page(code),
            facts=stated,
            rows=rows,
        )

    def _verifying(self, last: Row) -> bytes:
        name = last.name or self.own("audit-site.bundle-name")
        return self._page(
            "verifier.html",
            "verify",
            "verifier.html",
            name=name,
            signature=self.own("audit-site.signature-command", name=name),
            rejudge=self.own("audit-site.rejudge-command", name=name),
        )

    def _row(self, audit: Audit, tally: view.Tally) -> Row:
        name = audit.file.rpartition("/")[2]
        size = self._size(audit.size)
        return Row(audit.id, self.words.day(audit.ended), tally, audit.file, name, audit.sha256, size)

    def _size(self, size: int) -> str:
        if size < 1_000_000:
            return self.own("audit-site.kilobytes", count=-(-size // 1000))
        tenths = f"{size / 1e6:.1f}".replace(".", self.own("audit-site.decimal"))
        return self.own("audit-site.megabytes", count=tenths)

    def _file(self, code: str) -> str:
        return f"{slug(str(self.dossier.municipalities[code]['name'])) or 'm'}-{file_name(code)}.html"


def archive_name(dossier: Dossier) -> str:
    """Where the site has an audit's bundle."""
    day, number = str(dossier.audit["ended"])[:10], str(dossier.audit["id"])[:8]
    return f"preuves/{file_name(day)}-{file_name(number)}.tar"


def sums(files: Mapping[str, str]) -> bytes:
    """`sha256sum --check` of the whole site: digests by path."""
    return "".join(f"{digest}  {path}\n" for path, digest in sorted(files.items())).encode()
