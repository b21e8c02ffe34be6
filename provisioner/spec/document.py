"""YAML text to plain values, with the lines where everything stands.

libyaml parses; what plain scalars mean is decided here, after YAML 1.2 and stricter than PyYAML: `no` and
`on` are words, dates are texts (the models read them), only `true` and `false` are booleans. Keys given
twice, explicit tags and second documents are refused. This also takes half the time of PyYAML's own
constructor, which counts when 1,123 municipalities are read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from yaml.cyaml import CSafeLoader
from yaml.error import MarkedYAMLError
from yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, Event
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.reader import ReaderError

from provisioner.errors import InvalidInputError, Problem

Value: TypeAlias = "str | int | float | bool | list[Value] | dict[str, Value] | None"
Path: TypeAlias = "tuple[str | int, ...]"

LARGEST = 1 << 20
"""Bytes of the largest file that is read; a spec has about a thousand."""

DEEPEST = 50
"""Levels of nesting that are read; the specs have five."""

_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")
_WORDS: dict[str, bool | None] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_WIDE = re.compile(rf"^[ ?-]{{{DEEPEST // 2}}}", re.MULTILINE)
PLAIN, _OTHER = "plain", "other"
"""The tags of unquoted scalars, and of everything else that has no tag of its own."""
CAUSES = (
    ("maximum nesting depth", "yaml-too-deep"),
    ("mapping values are not allowed", "yaml-colon"),
    ("could not find expected ':'", "yaml-no-colon"),
    ("found undefined alias", "yaml-alias"),
    ("while scanning a quoted scalar", "yaml-quote"),
    ("did not find expected ',' or", "yaml-bracket"),
    ("expected a single document", "yaml-documents"),
    ("cannot start any token", "yaml-character"),
    ("did not find expected key", "yaml-indentation"),
    ("did not find expected '-' indicator", "yaml-indentation"),
)


class _Parser(CSafeLoader):
    """libyaml's parser, without PyYAML's guesses about plain scalars; its constructor isn't used."""

    def descend_resolver(self, current_node: object, current_index: object) -> None:
        """No path resolvers."""

    def ascend_resolver(self) -> None:
        """No path resolvers."""

    def resolve(self, kind: type[Node], value: object, implicit: object) -> str:
        """A mark that tells plain scalars from quoted ones; explicit tags never come here."""
        if kind is ScalarNode and isinstance(implicit, tuple) and implicit[0]:
            return PLAIN
        return _OTHER


@dataclass(frozen=True)
class Document:
    """What a file says, and where."""

    file: str
    value: Value
    root: Node

    def find(self, path: Path) -> tuple[Node | None, int]:
        """The node at ``path`` and the line of its key.

        Where the path leaves the file: no node, and the last line met.
        """
        node, line = self.root, 1
        for step in path:
            child, line = _child(node, step, line)
            if child is None:
                return None, line
            node = child
        return node, line


def scalar(text: str) -> str | int | float | bool | None:
    """What an unquoted scalar means."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in "0123456789+-.":
        if _INTEGER.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text):
            return float(text)
    return text


def read(content: bytes, file: str) -> Document:
    """Parse ``content``. A UTF-8 byte order mark and CRLF line ends are accepted; they change nothing.

    Raises:
        InvalidInputError: not UTF-8, not YAML, a key given twice…; every problem names its line.
    """
    if len(content) > LARGEST:
        raise InvalidInputError("spec.too-large-file", file=file, size=len(content), limit=LARGEST)
    text = _decode(content, file)
    try:
        _refuse_hazards(text, file)
        root = _Parser(text).get_single_node()
    except (MarkedYAMLError, ReaderError) as error:
        raise _broken(error, text, file) from error
    if root is None:
        raise InvalidInputError("spec.empty-file", file=file)
    problems: list[Problem] = []
    value = _plain(root, file, problems)
    if problems:
        raise InvalidInputError.of(problems)
    return Document(file, value, root)


def _decode(content: bytes, file: str) -> str:
    try:
        return content.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        start = content.rfind(b"\n", 0, error.start) + 1
        raise InvalidInputError(
            "spec.not-utf8",
            file=file,
            line=content.count(b"\n", 0, error.start) + 1,
            value=shown(content[start:].split(b"\n", 1)[0].decode("cp1252", "replace").strip()),
        ) from error


def _refuse_hazards(text: str, file: str) -> None:
    # PyYAML composes nodes by recursion on the C stack: 100,000 opened brackets end the process. Aliases grow
    # without bound when they are nested. Events show both without recursion, but cost as much again: they
    # are looked at only where either is possible.
    deep = text.count("[") + text.count("{") >= DEEPEST or _WIDE.search(text)
    if not deep and "*" not in text:
        return
    parser, depth = _Parser(text), 0
    while parser.check_event():
        event = parser.get_event()
        line = line_of(event)
        if isinstance(event, CollectionStartEvent):
            depth += 1
        elif isinstance(event, CollectionEndEvent):
            depth -= 1
        elif isinstance(event, AliasEvent):
            raise InvalidInputError("spec.yaml-alias", file=file, line=line, value=shown(f"*{event.anchor}"))
        if depth > DEEPEST:
            raise InvalidInputError("spec.yaml-too-deep", file=file, line=line, limit=DEEPEST)


def _plain(node: Node, file: str, problems: list[Problem]) -> Value:
    if node.tag is not PLAIN and node.tag is not _OTHER:
        problems.append(Problem("spec.yaml-tag", file, line_of(node), context={"value": shown(node.tag)}))
    if isinstance(node, ScalarNode):
        text: str = node.value
        return scalar(text) if node.tag is PLAIN else text
    if isinstance(node, SequenceNode):
        return [_plain(item, file, problems) for item in node.value]
    mapping: dict[str, Value] = {}
    lines: dict[str, int] = {}
    for key, value in node.value:
        if not isinstance(key, ScalarNode):
            problems.append(Problem("spec.yaml-key", file, line_of(key)))
        elif key.value in mapping:
            context: dict[str, object] = {"field": shown(key.value), "first": lines[key.value]}
            problems.append(Problem("spec.duplicate-key", file, line_of(key), key.value, context))
        else:
            mapping[key.value] = _plain(value, file, problems)
            lines[key.value] = line_of(key)
    return mapping


def _child(node: Node, step: str | int, line: int) -> tuple[Node | None, int]:
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if key.value == step:
                return value, line_of(key)
    if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
        item: Node = node.value[step]
        return item, line_of(item)
    return None, line


def _broken(error: MarkedYAMLError | ReaderError, text: str, file: str) -> InvalidInputError:
    lines = text.splitlines()
    if isinstance(error, ReaderError):
        bad = next((n for n, line in enumerate(lines) if _unprintable(line)), 0)
        return InvalidInputError(
            "spec.yaml-character", file=file, line=bad + 1, value=shown(repr(lines[bad]))
        )
    mark = error.problem_mark or error.context_mark
    line = min(mark.line if mark else 0, max(len(lines) - 1, 0))
    for number, content in enumerate(lines[: line + 1]):
        if "\t" in content[: len(content) - len(content.lstrip())]:
            return InvalidInputError(
                "spec.yaml-tab", file=file, line=number + 1, value=shown(content.strip())
            )
    said = f"{error.context or ''} {error.problem or ''}"
    cause = next((key for fragment, key in CAUSES if fragment in said), "yaml-broken")
    value = shown(lines[line].strip()) if lines else ""
    return InvalidInputError(f"spec.{cause}", file=file, line=line + 1, value=value, limit=DEEPEST)


def _unprintable(line: str) -> bool:
    return any((ord(letter) < 32 and letter != "\t") or 0x7F <= ord(letter) < 0xA0 for letter in line)


def line_of(node: Node | Event | None) -> int:
    """The line a node or event begins on, counted from 1."""
    mark = node.start_mark if node is not None else None
    return mark.line + 1 if mark else 1


def shown(text: str) -> str:
    """A value as errors show it: short, and without what looks like a secret."""
    if "PRIVATE KEY" in text:
        return "…"
    text = re.sub(r"://[^/@\s]*@", "://…@", text)
    return text if len(text) <= 80 else text[:79] + "…"
