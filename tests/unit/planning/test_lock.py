from __future__ import annotations

import pytest

from provisioner.errors import InvalidInputError
from provisioner.planning.lock import Lock, Placed, parse, render

ENTRY = '  "46005-apps": {"server": "srv1", "slug": "a", "state": "active", "digest": ""}\n'
TWICE = "placements:\n" + 2 * ENTRY


def test_empty_lock_round_trips() -> None:
    assert parse(render(Lock())) == Lock()
    assert parse("") == Lock()


def test_one_line_per_municipality() -> None:
    placed = Placed(server="srv1", slug="abercorn", state="active", digest="0" * 64)
    text = render(Lock(placements={"46005-apps": placed, "01023-apps": placed}))
    assert [line.split('"')[1] for line in text.splitlines() if line.startswith("  ")] == [
        "01023-apps",
        "46005-apps",
    ]


@pytest.mark.parametrize(
    ("text", "line", "subject"),
    [
        ("placements: [", 2, ""),
        ("\tversion: 1", 1, ""),
        ("version: 2", 0, "version"),
        ("surprise: 1", 0, "surprise"),
        ("- a list", 0, ""),
        ('placements: {"46005-apps": {"server": "srv1"}}', 0, "placements.46005-apps.slug"),
        (TWICE, 3, ""),
        ("<<<<<<< HEAD\nversion: 1\n=======", 2, ""),
    ],
)
def test_a_broken_lock_says_where(text: str, line: int, subject: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse(text, "placement.lock.yml")
    problem = caught.value.problems[0]
    assert (problem.key, problem.file, problem.subject) == ("plan.lock-broken", "placement.lock.yml", subject)
    assert problem.line == line
