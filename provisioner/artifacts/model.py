"""A pin: which archive exactly, and where it may come from."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from provisioner.spec.types import FileName, Integer, Model, Text, Url, Version

DIGITS = frozenset("0123456789abcdef")


def _sha256(value: str) -> str:
    if len(value) != 64 or not DIGITS.issuperset(value):
        raise PydanticCustomError("not_a_sha256", "{value}", {"value": value})
    return value


Sha256 = Annotated[str, AfterValidator(_sha256)]


class Format(StrEnum):
    """How an archive is packed."""

    ZIP = "zip"
    TAR_GZ = "tar.gz"
    TAR_BZ2 = "tar.bz2"


class Maven(Model):
    """Maven coordinates; the version and the type are the pin's own."""

    group: FileName
    artifact: FileName


class Signature(Model):
    """Upstream's own signature, for whoever moves a pin; a fetch compares the SHA-256."""

    kind: Literal["openpgp", "nextcloud"]
    """`openpgp`: detached. `nextcloud`: of the code, inside the archive, which `occ integrity:check` verifies."""
    url: Url | None = None
    key: FileName | None = None
    """Fingerprint of the OpenPGP key."""


class Pin(Model):
    """One archive. Without ``sha256`` it can't be fetched: nothing says which file would be the right one."""

    name: FileName
    version: FileName
    format: Format
    sha256: Sha256 | None
    size: Integer | None = Field(gt=0)
    """Bytes; null where upstream publishes none."""
    licence: Text
    """SPDX expression."""
    upstream: Url | None = None
    maven: Maven | None = None
    signature: Signature | None = None
    provenance: Literal["upstream", "consortium"] = "upstream"
    """Whose archive it is: a consortium answers for its own builds."""

    @property
    def file(self) -> str:
        """Its name on the consortium's mirror."""
        return f"{self.name}-{self.version}.{self.format.value}"


class Pins(Model):
    """The whole of an `artifacts.lock.yml`."""

    version: Version = 1
    artifacts: tuple[Pin, ...] = ()

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        seen: set[str] = set()
        for pin in self.artifacts:
            if pin.name in seen:
                raise PydanticCustomError(
                    "duplicate_artifact", "{value}", {"value": pin.name, "field": "artifacts"}
                )
            seen.add(pin.name)
        return self
