"""The error tree: every error carries a message key, its context and the exit code of its family.

Library code raises these and never prints or exits; `provisioner.cli.main` renders them from the
catalogues. The exit codes are documented in docs/fr/codes.md and docs/en/codes.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, ready to be rendered in either language.

    ``key`` names a catalogue entry; an entry ``<key>.fix``, where there is one, says how to mend it.
    ``file``, ``line`` and ``subject`` (a field's path, a server, a municipality) say where.
    """

    key: str
    file: str = ""
    line: int = 0
    subject: str = ""
    context: dict[str, object] = field(default_factory=dict)


class NuageError(Exception):
    """Base of all expected failures. ``problems`` are shown together; ``exit_code`` is the process's."""

    exit_code: ClassVar[int] = 1

    def __init__(
        self, key: str, /, *, file: str = "", line: int = 0, subject: str = "", **context: object
    ) -> None:
        self.problems: tuple[Problem, ...] = (Problem(key, file, line, subject, context),)
        super().__init__(key)

    @classmethod
    def of(cls, problems: Sequence[Problem]) -> NuageError:
        """An error that reports several problems at once."""
        error = cls(problems[0].key)
        error.problems = tuple(problems)
        return error


class UsageError(NuageError):
    """The command's words are off (exit code 2)."""

    exit_code = 2


class InvalidInputError(NuageError):
    """A spec, a CSV file or another input is invalid; nothing was written (exit code 3)."""

    exit_code = 3


class RefusedError(NuageError):
    """What was asked is refused: no capacity, no consent, another digest (exit code 4)."""

    exit_code = 4


class MachineError(NuageError):
    """This machine lacks something: root, a program, room on the disk, a directory file (exit code 5)."""

    exit_code = 5


class UnreachableError(NuageError):
    """A server doesn't answer, or its host key isn't the pinned one (exit code 6)."""

    exit_code = 6


class LockedError(NuageError):
    """Another run holds the lock (exit code 7)."""

    exit_code = 7


class PartialFailureError(NuageError):
    """At least one municipality or server failed; the others are done (exit code 8)."""

    exit_code = 8


class DifferenceError(NuageError):
    """Drift or verification found that what runs isn't what was asked (exit code 9)."""

    exit_code = 9
