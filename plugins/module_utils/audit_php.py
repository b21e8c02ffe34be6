# SPDX-License-Identifier: AGPL-3.0-or-later
"""Settings in PHP files, read without running PHP: what a municipality's file says must not run as root."""

from __future__ import annotations

import re

TOKEN = re.compile(
    r"(?P<blank>\s+|//[^\n]*|\#[^\n]*|/\*.*?\*/)"
    r"|(?P<text>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\$]|\\.)*\")"
    r"|(?P<number>-?[0-9]+(?:\.[0-9]+)?)"
    r"|(?P<mark>=>|[(),;\[\]=])"
    r"|(?P<word>[$A-Za-z_\\][A-Za-z0-9_\\]*)",
    re.DOTALL,
)
CONSTANT = re.compile(
    r"""^\s*define\(\s*(['"])(?P<name>[A-Z0-9_]+)\1\s*,\s*(?P<value>'(?:[^'\\]|\\.)*'|true|false|-?[0-9]+)\s*\)\s*;""",
    re.MULTILINE | re.IGNORECASE,
)
WORDS = {"true": True, "false": False, "null": None}
MOST_TOKENS = 20000


class UnreadableError(Exception):
    """The file holds more than literals."""


def constants(text):
    """Constants that a file defines as literals; the first definition counts, as it does for PHP."""
    found = {}
    for match in CONSTANT.finditer(text):
        found.setdefault(match["name"], _literal(match["value"]))
    return found


def configuration(text):
    """The array that a config.php gives to `$CONFIG`.

    Raises:
        UnreadableError: it is anything but one array of literals.
    """
    head, found, body = text.partition("<?php")
    if head.strip() or not found:
        raise UnreadableError("no PHP")
    reader = _Reader(_tokens(body))
    reader.expect("$CONFIG", "=")
    value = reader.value()
    reader.expect(";")
    if not isinstance(value, dict) or not reader.at_end():
        raise UnreadableError("not one array")
    return value


def _tokens(text):
    found, place = [], 0
    while place < len(text):
        match = TOKEN.match(text, place)
        if match is None or len(found) > MOST_TOKENS:
            raise UnreadableError(f"at {place}")
        place = match.end()
        if match.lastgroup != "blank":
            found.append((match.lastgroup, match.group()))
    return found


def _literal(text):
    if text[0] == "'":
        return re.sub(r"\\(['\\])", r"\1", text[1:-1])
    if text[0] == '"':
        if "\\" in text:
            raise UnreadableError("escapes")
        return text[1:-1]
    if text.lower() in WORDS:
        return WORDS[text.lower()]
    return float(text) if "." in text else int(text)


class _Reader:
    def __init__(self, tokens):
        self._tokens, self._place = tokens, 0

    def at_end(self):
        return self._place == len(self._tokens)

    def _next(self):
        if self.at_end():
            raise UnreadableError("cut off")
        self._place += 1
        return self._tokens[self._place - 1]

    def _is(self, text):
        there = not self.at_end() and self._tokens[self._place][1].lower() == text
        self._place += there
        return there

    def expect(self, *texts):
        for text in texts:
            if self._next()[1] != text:
                raise UnreadableError(f"no {text}")

    def value(self):
        if self._is("array"):
            self.expect("(")
            return self._array(")")
        if self._is("["):
            return self._array("]")
        kind, text = self._next()
        if kind in ("text", "number") or text.lower() in WORDS:
            return _literal(text)
        raise UnreadableError(text[:40])

    def _array(self, end):
        found, free = {}, 0
        while not self._is(end):
            key = self.value()
            if self._is("=>"):
                found[key] = self.value()
            else:
                found[free] = key
                key = free
            if isinstance(key, int) and not isinstance(key, bool):
                free = max(free, key + 1)
            if not self._is(","):
                self.expect(end)
                break
        return found
