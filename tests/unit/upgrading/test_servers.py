"""Servers in the order of rings, and what is said of one that isn't well."""

from __future__ import annotations

import pytest

from provisioner.errors import InvalidInputError, PartialFailureError, Problem
from provisioner.planning.lock import Lock, Placed
from provisioner.spec.consortium import Consortium
from provisioner.spec.tenant import Tenant
from provisioner.upgrading import servers
from tests.unit.planning.making import consortium, server, tenant, tenants

SERVERS = (server(1, roles=["apps", "identity"], identity_domain="id.example"), server(2), server(3))


def situation() -> tuple[Consortium, dict[str, Tenant], Lock]:
    """Two municipalities of the first and the last ring; the second server has the first one's website alone."""
    spec = consortium(*SERVERS, rings=["pilote", "courant"])
    known = tenants(tenant("46005", ring="pilote"), tenant("46050", ring="courant"))
    lodged = {"46005-apps": "srv2", "46050-apps": "srv1", "46005-identity": "srv1"}
    placements = {
        host: Placed.model_validate(
            {"server": name, "slug": f"m{host[:5]}", "state": "active", "digest": "d"}
        )
        for host, name in lodged.items()
    }
    return spec, known, Lock(placements=placements)


def test_a_server_goes_with_the_last_ring_that_lives_there() -> None:
    spec, known, lock = situation()
    found = servers.turns(spec, known, lock)
    assert [(turn.server, turn.ring) for turn in found] == [
        ("srv3", ""),
        ("srv2", "pilote"),
        ("srv1", "courant"),
    ]
    assert found[-1].codes == {"46005", "46050"}
    assert [turn.server for turn in servers.turns(spec, known, lock, ring="pilote")] == ["srv2"]
    assert [turn.server for turn in servers.turns(spec, known, lock, only="srv1")] == ["srv1"]
    for wrong in ({"ring": "nowhere"}, {"only": "srv9"}):
        with pytest.raises(InvalidInputError):
            servers.turns(spec, known, lock, **wrong)


def test_a_service_that_could_not_be_restarted_is_a_failure() -> None:
    servers.judge(
        {"srv1": {"left": {"dbus.service": "reboot", "nuage-backup@1.service": "ends-by-itself"}}}, []
    )
    with pytest.raises(PartialFailureError) as caught:
        servers.judge({"srv1": {"left": {"a.service": "failed"}}}, [Problem("debian.failed", subject="srv2")])
    assert [problem.key for problem in caught.value.problems] == ["debian.failed", "debian.not-restarted"]
