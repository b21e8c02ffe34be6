"""The choice: which release of Nextcloud each municipality has. Text in, value out, and back; no file access.

`nextcloud.lock.yml` lies beside the specs and belongs under version control. A release is a set of archives byte for
byte, the apps' too, and is kept here with its pins: what `artifacts.lock.yml` says later is for new municipalities, and
for whoever goes over to it by `nuage upgrade`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Literal, get_args

import yaml
from pydantic import Field, ValidationError

from provisioner.artifacts.model import Pin
from provisioner.artifacts.requirements import SIGN_IN
from provisioner.errors import InvalidInputError
from provisioner.planning.canonical import digest
from provisioner.spec.services import App
from provisioner.spec.types import Model

NAME = "nextcloud.lock.yml"
"""File name, beside consortium.yml."""

PARTS = ("nextcloud", SIGN_IN["nextcloud"], *sorted(get_args(App)))
"""Archives that make a release."""

_HEADER = (
    "# Written by nuage: the release of Nextcloud that each municipality has. Keep it under version control; don't\n"
    "# edit it: nuage upgrade does, once a municipality has gone over.\n"
)


class Failed(Model):
    """The last try to go over, which went back."""

    release: str
    at: str
    """ISO 8601, UTC."""
    why: str
    """What the server said."""


class Choice(Model):
    """One municipality's release."""

    release: str
    since: str = ""
    """ISO 8601, UTC: when it went over to it; empty where it began with it."""
    failed: Failed | None = None


class Chosen(Model):
    """The whole file; empty where nobody ever had a Nextcloud."""

    version: Literal[1] = 1
    releases: dict[str, tuple[Pin, ...]] = Field(default_factory=dict)
    municipalities: dict[str, Choice] = Field(default_factory=dict)
    """By geographic code."""

    def release_of(self, code: str) -> str:
        """Name of a municipality's release; empty where none is noted."""
        choice = self.municipalities.get(code)
        return choice.release if choice else ""

    def pins_of_release(self, name: str, pins: Mapping[str, Pin]) -> dict[str, Pin]:
        """``pins`` with the archives of a release in the place of those of the same names."""
        return {**pins, **{pin.name: pin for pin in self.releases[name]}}

    def pins_of(self, code: str, pins: Mapping[str, Pin]) -> dict[str, Pin]:
        """The archives of a municipality; ``pins`` where none are noted."""
        name = self.release_of(code)
        return self.pins_of_release(name, pins) if name else dict(pins)

    def with_choice(self, code: str, choice: Choice, pins: Mapping[str, Pin]) -> Chosen:
        """The same with one municipality's choice, whose release is that of ``pins`` or is known; no release unused."""
        known = {**self.releases, release_name(pins): release_pins(pins)}
        municipalities = {**self.municipalities, code: choice}
        used = {each.release for each in municipalities.values()}
        return Chosen(
            releases={name: known[name] for name in sorted(used)},
            municipalities=dict(sorted(municipalities.items())),
        )


NOTHING_CHOSEN = Chosen()


def release_pins(pins: Mapping[str, Pin]) -> tuple[Pin, ...]:
    """The archives of ``pins`` that make a release; those that nothing pins are no part of it."""
    return tuple(pins[name] for name in PARTS if name in pins and pins[name].sha256 is not None)


def release_name(pins: Mapping[str, Pin]) -> str:
    """The release's version and a digest of its archives; empty where Nextcloud isn't pinned."""
    parts = release_pins(pins)
    if not parts or parts[0].name != "nextcloud":
        return ""
    return f"{parts[0].version}-{digest([[pin.name, pin.version, pin.sha256] for pin in parts])[:12]}"


def version_of(release: str) -> str:
    """`34.0.1` of `34.0.1-0123456789ab`."""
    return release.rpartition("-")[0]


def parse(text: str, file: str = NAME) -> Chosen:
    """What ``text`` holds.

    Raises:
        InvalidInputError: it isn't YAML, or not such a file; the message says how to restore it.
    """
    try:
        found = Chosen.model_validate(yaml.safe_load(text) or {})
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise InvalidInputError(
            "upgrading.lock-broken", file=file, line=mark.line + 1 if mark else 0
        ) from error
    except ValidationError as error:
        subject = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise InvalidInputError("upgrading.lock-broken", file=file, subject=subject) from error
    lost = {each.release for each in found.municipalities.values()} - found.releases.keys()
    if lost:
        raise InvalidInputError("upgrading.lock-broken", file=file, subject=", ".join(sorted(lost)))
    return found


def render(chosen: Chosen) -> str:
    """The text; the same value gives the same bytes. One line for each municipality keeps differences readable."""
    lines = [_HEADER, f"version: {chosen.version}\n", "releases:" + ("\n" if chosen.releases else " {}\n")]
    for name, pins in sorted(chosen.releases.items()):
        lines.append(f"  {json.dumps(name)}:\n")
        lines += [f"    - {json.dumps(_pin(pin), ensure_ascii=False)}\n" for pin in pins]
    lines.append("municipalities:" + ("\n" if chosen.municipalities else " {}\n"))
    for code, choice in sorted(chosen.municipalities.items()):
        lines.append(
            f"  {json.dumps(code)}: {json.dumps(choice.model_dump(exclude_defaults=True), ensure_ascii=False)}\n"
        )
    return "".join(lines)


def _pin(pin: Pin) -> dict[str, object]:
    return pin.model_dump(mode="json", exclude_defaults=True) | {"sha256": pin.sha256, "size": pin.size}
