"""The `audit` block of `consortium.yml`: who measures, who signs, and what an audit compares with."""

from __future__ import annotations

from pydantic import Field

from provisioner.spec.types import Address, Ed25519Key, Host, Integer, Model, Number, Port, Slug, Url


class VantagePoint(Model):
    """A machine that measures how far the servers are. Coordinates in degrees, WGS 84."""

    id: Slug
    address: Address | None = None
    """Where its connections come from; unset where that changes."""
    latitude: Number = Field(ge=-90, le=90)
    longitude: Number = Field(ge=-180, le=180)
    position_error_m: Number = Field(ge=0, le=100_000)
    """Metres within which its true position lies; taken off what it proves."""
    public_key: Ed25519Key
    """Signs its measurements, and opens its connections."""


class Cosigner(Model):
    """Another body that signs the state of the audits' log after checking that nothing was rewritten."""

    id: Slug
    public_key: Ed25519Key


class BackupTarget(Model):
    """Where backups go, and the site that it stands in."""

    host: Host
    port: Port | None = None
    """None where any port of the host is meant."""
    site: Slug


class Audit(Model):
    """What an audit needs to know that deploying doesn't."""

    vantage_points: tuple[VantagePoint, ...] = ()
    signing_keys: tuple[Ed25519Key, ...] = ()
    """Keys of the ops team that sign bundles of evidence."""
    cosigners: tuple[Cosigner, ...] = ()
    backup_targets: tuple[BackupTarget, ...] = ()
    patch_days: Integer = Field(default=14, ge=1, le=365)
    """Days that a security update may wait."""
    time_stamp_authority: Url | None = None
    """RFC 3161; only a hash is sent there."""
