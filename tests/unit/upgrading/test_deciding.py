"""Who goes over, and what stands against it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from provisioner.artifacts.model import Pin
from provisioner.errors import InvalidInputError, RefusedError
from provisioner.planning.lock import Lock, Placed
from provisioner.spec.tenant import Tenant
from provisioner.upgrading.chosen import Choice, Chosen, release_name
from provisioner.upgrading.deciding import Asked, Situation, decide
from tests.unit.planning.making import consortium, server, tenant, tenants

NOW = datetime(2027, 1, 31, 12, tzinfo=UTC)
LONG_AGO = f"{NOW - timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}"
YESTERDAY = f"{NOW - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
SERVERS = (server(1), server(2, roles=["identity"], identity_domain="id.example"))


def pins(version: str) -> dict[str, Pin]:
    sha256 = version.replace(".", "").ljust(64, "0")
    pin = Pin.model_validate(
        {
            "name": "nextcloud",
            "version": version,
            "format": "zip",
            "sha256": sha256,
            "size": 1,
            "licence": "X",
        }
    )
    return {"nextcloud": pin}


def cloud(code: str, ring: str, **changes: Any) -> Tenant:
    domains = {"website": f"www.m{code}.example", "nextcloud": f"nuage.m{code}.example"}
    services = {"wordpress": {}, "identity": {}, "nextcloud": {}}
    return tenant(code, ring=ring, domains=domains, services=services, **changes)


FIRST, SECOND, THIRD = cloud("46005", "pilote"), cloud("46010", "courant"), cloud("46050", "courant")


def situation(
    *given: Tenant, has: dict[str, tuple[str, str]], state: str = "active", days: int = 7
) -> Situation:
    """``has``: version and since by code; 34.0.1 is pinned."""
    here = consortium(*SERVERS, rings=["pilote", "courant"], policy={"upgrade_days": days})
    placed = {
        f"{each.code}-apps": Placed.model_validate(
            {"server": "srv1", "slug": f"m{each.code}", "state": state, "digest": "d"}
        )
        for each in given
    }
    chosen = Chosen()
    for code, (version, since) in has.items():
        own = pins(version)
        chosen = chosen.with_choice(code, Choice(release=release_name(own), since=since), own)
    return Situation(here, tenants(*given), Lock(placements=placed), chosen, pins("34.0.1"), NOW)


OLD = ("33.0.1", LONG_AGO)


def keys(asked: Asked, there: Situation) -> list[tuple[str, str]]:
    with pytest.raises(RefusedError) as caught:
        decide(there, asked)
    return [(problem.key, problem.subject) for problem in caught.value.problems]


def test_the_first_ring_that_is_not_done_goes_first() -> None:
    there = situation(SECOND, FIRST, has={"46005": OLD, "46010": OLD})
    assert decide(there, Asked("34.0.1")) == (FIRST,)
    there = situation(SECOND, FIRST, has={"46005": ("34.0.1", LONG_AGO), "46010": OLD})
    assert decide(there, Asked("34.0.1")) == (SECOND,)


def test_nobody_goes_who_is_there() -> None:
    there = situation(FIRST, has={"46005": ("34.0.1", YESTERDAY)})
    assert decide(there, Asked("34.0.1")) == ()


def test_a_ring_waits_for_the_one_before() -> None:
    there = situation(FIRST, SECOND, has={"46005": OLD, "46010": OLD})
    assert keys(Asked("34.0.1", ring="courant"), there) == [("upgrading.ring-behind", "courant")]
    assert keys(Asked("34.0.1", only=frozenset({"46010"})), there) == [("upgrading.ring-behind", "courant")]
    both = frozenset({"46005", "46010"})
    assert keys(Asked("34.0.1", only=both), there) == [("upgrading.ring-behind", "courant")]
    assert decide(there, Asked("34.0.1", ring="courant", early="courant")) == (SECOND,)


def test_a_ring_waits_as_long_as_the_policy_says() -> None:
    has = {"46005": ("34.0.1", YESTERDAY), "46010": OLD}
    assert keys(Asked("34.0.1"), situation(FIRST, SECOND, has=has)) == [("upgrading.ring-young", "courant")]
    assert decide(situation(FIRST, SECOND, has=has, days=1), Asked("34.0.1")) == (SECOND,)


@pytest.mark.parametrize(
    ("found", "key"),
    [("32.0.5", "upgrading.skips"), ("34.0.2", "upgrading.downgrade"), ("35.0.0", "upgrading.downgrade")],
)
def test_neither_back_nor_over_a_major_version(found: str, key: str) -> None:
    assert keys(Asked("34.0.1"), situation(FIRST, has={"46005": (found, LONG_AGO)})) == [(key, FIRST.name)]


def test_only_the_pinned_version() -> None:
    there = situation(FIRST, has={"46005": OLD})
    assert keys(Asked("34.0.2"), there) == [("upgrading.not-pinned", "nextcloud 34.0.2")]


def test_only_who_is_at_work() -> None:
    there = situation(FIRST, has={"46005": OLD}, state="suspended")
    assert decide(there, Asked("34.0.1")) == ()
    assert keys(Asked("34.0.1", only=frozenset({"46005"})), there) == [("upgrading.not-at-work", "m46005")]


def test_a_ring_that_is_not_there() -> None:
    for asked in (Asked("34.0.1", ring="tous"), Asked("34.0.1", early="tous")):
        with pytest.raises(InvalidInputError, match="no-ring"):
            decide(situation(FIRST, has={}), asked)


def test_members_of_one_ring_go_by_name() -> None:
    there = situation(THIRD, SECOND, has={"46010": OLD, "46050": OLD})
    assert decide(there, Asked("34.0.1")) == (SECOND, THIRD)
