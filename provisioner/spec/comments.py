"""People's comments, carried from the old text of a spec to the new one that `nuage` writes.

A comment on lines of its own belongs to the field below it, one after a value to that value. Where the field
is gone, the comment stays with the block that the field was in; no comment is dropped.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from provisioner.spec.document import Path, line_of, read

_BREAKS = re.compile(r"\r\n|[\r\n\x85\u2028\u2029]")
_HINT = "# yaml-language-server:"


def carry(old: bytes, new: str) -> str:
    """``new`` with the comments of ``old``; its values are those of ``new``, whatever the comments say.

    Raises:
        InvalidInputError: ``old`` isn't YAML that this project reads.
    """
    if b"#" not in old:
        return new
    target = read(new.encode(), "")
    places = dict(reversed([(path, line) for path, line in _fields(target.root)]))
    above: dict[int, list[str]] = {}
    beside: dict[int, list[str]] = {}
    lines = new.rstrip("\n").split("\n")
    for path, comment, inline in _comments(old):
        where = _nearest(path, places, len(lines) + 1)
        (beside if inline and where == places.get(path) else above).setdefault(where, []).append(comment)
    merged: list[str] = []
    for number, line in enumerate([*lines, ""], 1):
        indent = " " * (len(line) - len(line.lstrip(" ")))
        merged += [indent + comment for comment in above.get(number, [])]
        merged.append("  ".join([line, *beside.get(number, [])]))
    text = "\n".join(merged).rstrip("\n") + "\n"
    return text if read(text.encode(), "").value == target.value else new


def _nearest(path: Path, places: dict[Path, int], end: int) -> int:
    while path not in places:
        if not path:
            return end
        path = path[:-1]
    return places[path]


def _fields(node: Node, path: Path = ()) -> Iterator[tuple[Path, int]]:
    """Every field and item with its line, in the order of the text."""
    if isinstance(node, MappingNode):
        for key, value in node.value:
            yield (*path, key.value), line_of(key)
            yield from _fields(value, (*path, key.value))
    elif isinstance(node, SequenceNode):
        for number, item in enumerate(node.value):
            yield (*path, number), line_of(item)
            yield from _fields(item, (*path, number))


def _comments(old: bytes) -> Iterator[tuple[Path, str, bool]]:
    """The comments, each with the field it belongs to, and whether it follows that field on its line."""
    root = read(old, "").root
    first: dict[int, Path] = {}
    last: dict[int, Path] = {}
    for path, place in _fields(root):
        first.setdefault(place, path)
        last[place] = path
    words = _words(root)
    waiting: list[str] = []
    for number, line in enumerate(_BREAKS.split(old.removeprefix(b"\xef\xbb\xbf").decode("utf-8")), 1):
        if number in first:
            yield from ((first[number], comment, False) for comment in waiting)
            waiting = []
        column = _comment_column(line, words.get(number, []))
        if column is None or line.startswith(_HINT):
            continue
        if number in last:
            yield last[number], line[column:].rstrip(), True
        else:
            waiting.append(line[column:].rstrip())
    yield from (((), comment, False) for comment in waiting)


def _words(node: Node) -> dict[int, list[tuple[int, int]]]:
    """The columns that texts take up, by line: a `#` in there is no comment."""
    taken: dict[int, list[tuple[int, int]]] = {}
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, MappingNode):
            waiting += [part for pair in one.value for part in pair]
        elif isinstance(one, SequenceNode):
            waiting += one.value
        elif isinstance(one, ScalarNode) and one.start_mark and one.end_mark:
            begin, end = one.start_mark, one.end_mark
            for line in range(begin.line, end.line + 1):
                start = begin.column if line == begin.line else 0
                stop = end.column if line == end.line else sys.maxsize
                taken.setdefault(line + 1, []).append((start, stop))
    return taken


def _comment_column(line: str, words: list[tuple[int, int]]) -> int | None:
    for match in re.finditer(r"(?:^|(?<=\s))#", line):
        if not any(start <= match.start() < stop for start, stop in words):
            return match.start()
    return None
