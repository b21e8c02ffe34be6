"""On what data lies, where backups go, and whether disks are encrypted."""

from __future__ import annotations

from provisioner.audit.bundle import layout
from provisioner.audit.controls import reach
from provisioner.audit.controls.case import Case, UnreadableError
from provisioner.audit.controls.finding import Outcome, satisfied, unchecked, unsure, violated

LOCAL = frozenset({"btrfs", "ext2", "ext3", "ext4", "f2fs", "xfs", "zfs", "vfat"})
"""File systems of disks; every other kind may be elsewhere."""
MEMORY = frozenset({"tmpfs", "ramfs"})
"""Gone with the power: on no disk, so nothing to encrypt."""
DATA = "/srv/"
"""Where servers keep the data of municipalities."""
UNDER = frozenset({"overlay", "overlayfs"})
"""On top of another file system, which isn't seen."""


def paths(case: Case, code: str) -> Outcome:
    """NC-STO-01."""
    found = []
    for service in ("wordpress", "nextcloud"):
        home = case.home_of(code, service)
        if home is not None and not home[1]["paths"]:
            raise UnreadableError(layout.tenant(home[0], code), "paths")
    for server, said in sorted(case.homes(code).items()):
        found += [(server, one) for one in said["paths"]]
        if "identity" in said["services"]:
            # Accounts share a database, in the server's own folders.
            shared = case.topic(server, "storage")["paths"]
            found += [(server, one) for one in shared if f"{one['path']}/".startswith(DATA)]
    observed = {"paths": sorted({f"{server}:{one['path']}" for server, one in found})}
    expected = {"kinds": sorted(LOCAL)}
    away = sorted(
        {f"{one['path']} ({one['fstype']})" for _, one in found if one["fstype"] not in LOCAL | MEMORY}
    )
    unseen = [one for one in away if any(f"({kind})" in one for kind in UNDER)]
    if len(unseen) < len(away):
        return violated("paths-elsewhere", {**observed, "elsewhere": away}, expected)
    if unseen:
        return unsure("paths-unseen", {**observed, "elsewhere": unseen}, expected)
    if not found:
        return unsure("paths-none", observed, expected)
    return satisfied("paths-local", observed, expected)


def backups(case: Case, server: str) -> Outcome:
    """NC-STO-02."""
    declared = {target["host"]: target["site"] for target in case.consortium["audit"]["backup_targets"]}
    declared |= reach.keepers(case.consortium)
    stored = {one["target"] for one in case.topic(server, "storage")["backups"]}
    told = {one["host"] for one in case.topic(server, "destinations")["backup_targets"]}
    seen = stored | told
    allowed = sorted(case.consortium["policy"]["provinces"])
    observed = {"targets": sorted(seen)}
    expected = {"declared": sorted(declared), "provinces": allowed}
    undeclared = sorted(seen - set(declared))
    if undeclared:
        return violated("backup-undeclared", {**observed, "undeclared": undeclared}, expected)
    outside = sorted(
        target for target in seen if case.one("sites", declared[target])["province"] not in allowed
    )
    if outside:
        return violated("backup-outside", {**observed, "outside": outside}, expected)
    if stored != told:
        return unsure("backup-contradiction", observed, expected)
    if not seen:
        return unchecked("backup-none", observed, expected)
    return satisfied("backup-declared", observed, expected)


def at_rest(case: Case, server: str) -> Outcome:
    """NC-ENC-02."""
    stored = [one for one in case.topic(server, "storage")["paths"] if one["fstype"] not in MEMORY]
    clear = sorted({one["path"] for one in stored if one["encrypted"] == "none"})
    unknown = sorted({one["path"] for one in stored if one["encrypted"] == "unknown"})
    expected = {"encrypted": "luks"}
    if clear:
        return violated("disks-clear", {"paths": clear}, expected)
    if unknown or not stored:
        return unsure("disks-unknown", {"paths": unknown}, expected)
    return satisfied("disks-encrypted", {"paths": sorted({one["path"] for one in stored})}, expected)
