"""What a size class asks of a server, and which class suits a population.

The figures are reservations for placement: memory a site uses while it is busy, and the limit of its
Btrfs subvolume. An idle on-demand site uses no memory (ADR 0003).
"""

from __future__ import annotations

from enum import StrEnum

from provisioner.spec.types import Model


class Size(StrEnum):
    """Size classes, smallest first."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"
    XLARGE = "xlarge"


class Reservation(Model):
    """Memory and disk in MiB, and the most PHP processes that run at once."""

    memory_mib: int
    disk_mib: int
    workers: int


WORDPRESS = {
    Size.SMALL: Reservation(memory_mib=64, disk_mib=4 * 1024, workers=4),
    Size.MEDIUM: Reservation(memory_mib=160, disk_mib=12 * 1024, workers=6),
    Size.LARGE: Reservation(memory_mib=512, disk_mib=48 * 1024, workers=12),
    Size.XLARGE: Reservation(memory_mib=2048, disk_mib=200 * 1024, workers=32),
}

NEXTCLOUD = {
    Size.SMALL: Reservation(memory_mib=192, disk_mib=10 * 1024, workers=5),
    Size.MEDIUM: Reservation(memory_mib=384, disk_mib=40 * 1024, workers=8),
    Size.LARGE: Reservation(memory_mib=1024, disk_mib=150 * 1024, workers=16),
    Size.XLARGE: Reservation(memory_mib=3072, disk_mib=600 * 1024, workers=40),
}

KEYCLOAK_MEMORY_MIB = 1536
"""What an identity server keeps for Keycloak, however many realms it holds."""


def size_for(population: int | None) -> Size:
    """The class that suits ``population`` inhabitants; unknown populations are small municipalities."""
    people = population or 0
    for limit, size in ((1_000, Size.SMALL), (5_000, Size.MEDIUM), (25_000, Size.LARGE)):
        if people < limit:
            return size
    return Size.XLARGE
