"""The placement lock: who is where, as last carried out. Text in, value out, and back; no file access.

`placement.lock.yml` lies beside the specs and belongs under version control. One line per municipality keeps
its differences readable. It is YAML whose values are JSON, written by hand here for speed.
"""

from __future__ import annotations

import json
from typing import Literal

import yaml
from pydantic import Field, ValidationError

from provisioner.errors import InvalidInputError
from provisioner.spec.types import Model

NAME = "placement.lock.yml"
"""File name, beside consortium.yml."""

_HEADER = "# Written by nuage: where each municipality lives. Keep it under version control; don't edit it.\n"


class Awaited(Model):
    """The copy that a place is to be filled from, since the server that held the municipality is lost."""

    keeper: str
    snapshot: str
    """restic's id of the copy: later ones would be of a place that is still empty."""
    time: str
    """Of the copy, as restic tells it."""
    source: str
    """The lost server."""
    back: bool = False
    """Whether the copy is in place; what is left is to converge it there."""


class Placed(Model):
    """One municipality's place on one server."""

    server: str
    slug: str
    state: Literal["active", "suspended", "leaving"]
    digest: str
    """Digest of the spec that was last carried out, its history left out."""
    secrets: tuple[str, ...] = ()
    """Names of the secrets that the vault holds for it, so that a build that needs none asks no password."""
    directory: bool = False
    """Whether its realm reads people from a directory of the municipality's own."""
    given: str = ""
    """Of the secrets from elsewhere that were last carried out, a digest of their encrypted files."""
    awaits: Awaited | None = None
    """What it is still to be filled from."""


class Lock(Model):
    """The whole lock; empty when nothing was ever carried out."""

    version: Literal[1] = 1
    plan: str = ""
    """Digest of the plan that was last carried out, so that the same `apply --plan` can resume."""
    following: str = ""
    """Digest of the plan that followed it."""
    placements: dict[str, Placed] = Field(default_factory=dict)
    """By inventory name, such as `46005-apps`."""


def parse(text: str, file: str = NAME) -> Lock:
    """The lock that ``text`` holds.

    Raises:
        InvalidInputError: it isn't YAML, or not a lock; the message says how to restore it.
    """
    _refuse_twins(text, file)
    try:
        data = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  a safe loader
        return Lock.model_validate(data or {})
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 0
        raise InvalidInputError("plan.lock-broken", file=file, line=line) from error
    except ValidationError as error:
        first = error.errors()[0]
        subject = ".".join(str(part) for part in first["loc"])
        raise InvalidInputError("plan.lock-broken", file=file, subject=subject) from error


def _refuse_twins(text: str, file: str) -> None:
    # A careless merge leaves a municipality twice; YAML would silently take the last one, which moves it.
    seen: set[str] = set()
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith('  "'):
            host = line.split('"')[1]
            if host in seen:
                raise InvalidInputError("plan.lock-broken", file=file, line=number)
            seen.add(host)


def render(lock: Lock) -> str:
    """The text of ``lock``; the same lock gives the same bytes."""
    lines = [
        _HEADER,
        f"version: {lock.version}\n",
        f'plan: "{lock.plan}"\n',
        f'following: "{lock.following}"\n',
    ]
    if not lock.placements:
        return "".join([*lines, "placements: {}\n"])
    lines.append("placements:\n")
    for host, placed in sorted(lock.placements.items()):
        lines.append(
            f"  {json.dumps(host)}: {json.dumps(placed.model_dump(exclude_defaults=True), ensure_ascii=False)}\n"
        )
    return "".join(lines)
