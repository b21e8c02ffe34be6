"""What each server holds after a plan, for people to see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from provisioner.planning.demands import Resident
from provisioner.planning.model import ServerUse
from provisioner.planning.placement import Bin
from provisioner.spec.consortium import ServerRole


def servers(
    boxes: Iterable[Bin], realms: Iterable[Bin], everyone: Mapping[str, Resident], where: Mapping[str, str]
) -> tuple[ServerUse, ...]:
    """Memory, disk and realms of each; ``where`` gives the server of each inventory host."""
    totals: dict[tuple[str, bool], tuple[int, int, int]] = {}
    for host, server in where.items():
        demand = everyone[host].demand
        kind = server, demand.role == ServerRole.IDENTITY
        count, memory, disk = totals.get(kind, (0, 0, 0))
        totals[kind] = (count + 1, memory + demand.memory, disk + demand.disk)
    capacity = {box.server: box.memory for box in realms}
    return tuple(
        ServerUse(
            server=box.server,
            tenants=totals.get((box.server, False), (0, 0, 0))[0],
            memory_mib=totals.get((box.server, False), (0, 0, 0))[1],
            memory_capacity_mib=box.memory,
            disk_mib=totals.get((box.server, False), (0, 0, 0))[2],
            disk_capacity_mib=box.disk,
            realms=totals.get((box.server, True), (0, 0, 0))[0],
            realms_capacity=capacity.get(box.server, 0),
        )
        for box in sorted(boxes, key=lambda box: box.server)
    )
