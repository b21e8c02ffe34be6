"""Which archives a set of services needs, and which of them this machine lacks; said before anything is touched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from provisioner.artifacts.cache import Cache
from provisioner.artifacts.model import Pin
from provisioner.errors import MachineError, Problem

SIGN_IN = {"nextcloud": "user_oidc", "wordpress": "openid-connect-generic"}
"""What lets an application's people sign in at their realm."""


@dataclass(frozen=True)
class Asked:
    """What one municipality, or one server, was asked to run."""

    services: frozenset[str]
    """`identity`, `nextcloud`, `wordpress`; a server with the role `identity` asks for `identity`."""
    apps: frozenset[str] = frozenset()
    """Nextcloud's optional apps."""
    who: str = ""
    """How people know it; messages name it."""


def required(asked: Iterable[Asked]) -> dict[str, tuple[str, ...]]:
    """The names of the archives that are needed, and who needs each of them; sorted, and pure."""
    needs: dict[str, set[str]] = {}
    for one in asked:
        names: set[str] = set()
        if "identity" in one.services:
            names.add("keycloak")
            names |= {plugin for service, plugin in SIGN_IN.items() if service in one.services}
        if "nextcloud" in one.services:
            names |= {"nextcloud", *one.apps}
        for name in names:
            needs.setdefault(name, set()).update({one.who} - {""})
    return {name: tuple(sorted(needs[name])) for name in sorted(needs)}


def missing(needs: Mapping[str, tuple[str, ...]], pins: Mapping[str, Pin], cache: Cache) -> list[Problem]:
    """A problem for each needed archive that this machine can't hand out: which, for whom, why, how to supply it."""
    lacking = [name for name in needs if name not in pins or not cache.holds(pins[name])]
    return [_problem(name, needs[name], pins.get(name)) for name in lacking]


def _problem(name: str, who: tuple[str, ...], pin: Pin | None) -> Problem:
    if pin is None:
        key, version = "artifacts.missing-unknown", ""
    else:
        key = "artifacts.missing-unpinned" if pin.sha256 is None else "artifacts.missing"
        version = pin.version
    context: dict[str, object] = {"name": name, "version": version, "who": ", ".join(who) or "—"}
    return Problem(key, subject=f"{name} {version}".strip(), context=context)


def demand(needs: Mapping[str, tuple[str, ...]], pins: Mapping[str, Pin], cache: Cache) -> None:
    """Stop where a needed archive is missing, before anything is touched.

    Raises:
        MachineError: every archive that is missing (exit code 5).
    """
    problems = missing(needs, pins, cache)
    if problems:
        raise MachineError.of(problems)


def demand_pins(needs: Mapping[str, tuple[str, ...]], pins: Mapping[str, Pin]) -> None:
    """Stop where nothing says which file a needed archive is: an inventory names each by its digest.

    Raises:
        MachineError: every archive that isn't pinned (exit code 5).
    """
    unpinned = [name for name in needs if name not in pins or pins[name].sha256 is None]
    if unpinned:
        raise MachineError.of([_problem(name, needs[name], pins.get(name)) for name in unpinned])


def available(pins: Mapping[str, Pin], cache: Cache) -> dict[str, Pin]:
    """What this machine has of the pinned names: the pinned archive itself, else the latest own build of that name.

    An own build of the pinned version comes before one of another. For a consortium that takes what there is, as the
    demonstration and the tests do (`lockfile.write` pins them there); a real one pins its own.
    """
    builds: dict[str, Pin] = {}
    for build in cache.index().values():
        if build.name in pins and build.provenance == "consortium" and cache.holds(build):
            present = builds.get(build.name)
            # The later one is taken, unless only the other one has the pinned version.
            wanted = pins[build.name].version
            if present is None or build.version == wanted or present.version != wanted:
                builds[build.name] = build
    held = {name: pin for name, pin in pins.items() if cache.holds(pin)}
    return dict(sorted((builds | held).items()))
