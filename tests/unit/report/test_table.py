"""Tables at a terminal: what others wrote must not act on it."""

from __future__ import annotations

from provisioner.report.table import grid, printable


def test_nothing_moves_the_cursor() -> None:
    hostile = "\x1b]0;owned\x07 \x1b[2J\r\n\x9b31m \u202eabc\u2066"
    shown = printable(hostile)
    assert not any(ord(letter) < 0x20 or 0x7F <= ord(letter) < 0xA0 for letter in shown)
    assert "\u202e" not in shown
    assert "\u2066" not in shown


def test_words_stay_as_they_are() -> None:
    assert printable("L’Ange-Gardien « déjà » – 日本") == "L’Ange-Gardien « déjà » – 日本"


def test_a_cell_stays_on_its_line() -> None:
    table = grid(["a", "b"], [["1\n2", "\x1b[31mred"], ["é", "x"]])
    assert len(table.split("\n")) == 4
    assert "\x1b" not in table
