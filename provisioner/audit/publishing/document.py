"""A document of headings, paragraphs, lists and tables, as Markdown or as one HTML page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from provisioner.audit.exporting import report


@dataclass(frozen=True)
class Heading:
    """``level`` 1 to 3."""

    level: int
    text: str


@dataclass(frozen=True)
class Text:
    """A paragraph; a number at its beginning (`3.1 `) is its own."""

    text: str


@dataclass(frozen=True)
class Note:
    """A remark that isn't part of what is agreed."""

    text: str


@dataclass(frozen=True)
class Bullets:
    """A list, and perhaps the words that lead to it."""

    entries: tuple[str, ...]
    lead: str = ""


@dataclass(frozen=True)
class Table:
    """``rows`` have as many cells as ``titles``."""

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Heading | Text | Note | Bullets | Table
_NUMBER = re.compile(r"(\d+\.\d+) (.*)", re.DOTALL)


def markdown(blocks: Iterable[Block]) -> str:
    """CommonMark, with tables as GitHub and Pandoc write them."""
    return "\n\n".join(_markdown(block) for block in blocks) + "\n"


def _markdown(block: Block) -> str:
    match block:
        case Heading(level, text):
            return f"{'#' * level} {_plain(text)}"
        case Note(text):
            return f"*{_plain(text)}*"
        case Bullets(entries, lead):
            lines = "\n".join(f"- {_plain(entry)}" for entry in entries)
            return f"*{_plain(lead)}*\n\n{lines}" if lead else lines
        case Table(titles, rows):
            return "\n".join([_row(titles), _row(["---"] * len(titles)), *(_row(row) for row in rows)])
        case Text(text):
            numbered = _NUMBER.fullmatch(text)
            return f"**{numbered[1]}** {_plain(numbered[2])}" if numbered else _plain(text)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_plain(cell).replace("|", "\\|") for cell in cells) + " |"


def _plain(text: str) -> str:
    """Nothing in the specs' own words is markup."""
    return re.sub(r"([\\`*_<>\[\]#])", r"\\\1", text)


def html(blocks: Sequence[Block], language: str) -> str:
    """One file without scripts; its title is the first heading."""
    title = next(block.text for block in blocks if isinstance(block, Heading))
    body = Markup("\n").join(_html(block) for block in blocks)
    environment = report.environment(report.PAGE, report.PAGE.parent.parent / "publishing" / "page")
    return environment.get_template("annex.html").render(
        language=language,
        title=title,
        body=body,
        style=report.style("annex.css", report.PAGE.parent.parent / "publishing" / "page"),
    )


def _html(block: Block) -> Markup:
    match block:
        case Heading(level, text):
            return Markup("<h{0}>{1}</h{0}>").format(level, text)
        case Note(text):
            return Markup('<p class="soft"><em>{}</em></p>').format(text)
        case Bullets(entries, lead):
            items = Markup("").join(Markup("<li>{}</li>").format(entry) for entry in entries)
            start = Markup('<p class="lead">{}</p>').format(lead) if lead else Markup()
            kind = Markup(' class="checks"') if lead else Markup()
            return Markup("{}<ul{}>{}</ul>").format(start, kind, items)
        case Table(titles, rows):
            head = Markup("").join(Markup('<th scope="col">{}</th>').format(title) for title in titles)
            lines = Markup("\n").join(Markup("<tr>{}</tr>").format(_cells(row)) for row in rows)
            table = Markup("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(head, lines)
            region = Markup('<div class="wide" role="region" aria-label="{}" tabindex="0">{}</div>')
            return region.format(", ".join(titles[:2]), table)
        case Text(text):
            numbered = _NUMBER.fullmatch(text)
            if numbered:
                return Markup("<p><strong>{}</strong> {}</p>").format(numbered[1], numbered[2])
            return Markup("<p>{}</p>").format(escape(text))


def _cells(row: Sequence[str]) -> Markup:
    first = Markup('<th scope="row">{}</th>').format(row[0])
    return first + Markup("").join(Markup("<td>{}</td>").format(cell) for cell in row[1:])
