"""On what a path lies, and whether that is encrypted, from what the kernel shows of its block devices."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.nuage_commun.platform.plugins.module_utils import audit_storage


def block(folder: Path, name: str, **texts: str) -> Path:
    path = folder / "class" / "block" / name
    (path / "slaves").mkdir(parents=True)
    for file, text in texts.items():
        (path / file.replace("__", "/")).parent.mkdir(parents=True, exist_ok=True)
        (path / file.replace("__", "/")).write_text(text)
    return path


def test_encryption_is_looked_for_below_the_device(tmp_path: Path) -> None:
    block(tmp_path, "vdb")
    luks = block(tmp_path, "dm-0", dm__uuid="CRYPT-LUKS2-0f-data\n")
    volume = block(tmp_path, "dm-1", dm__uuid="LVM-abc\n")
    mixed = block(tmp_path, "dm-2", dm__uuid="LVM-def\n")
    (volume / "slaves" / "dm-0").symlink_to(luks)
    (mixed / "slaves" / "dm-0").symlink_to(luks)
    (mixed / "slaves" / "vdb").symlink_to(tmp_path / "class" / "block" / "vdb")
    mounts = audit_storage.Mounts([], tmp_path / "class" / "block")
    found = [mounts.encrypted("0:0", f"/dev/{name}") for name in ("vdb", "dm-0", "dm-1", "dm-2", "gone")]
    assert found == ["none", "luks", "luks", "none", "unknown"]


def test_a_path_lies_on_the_last_thing_mounted_above_it() -> None:
    listed = [
        {"target": "/", "source": "/dev/vda1", "fstype": "ext4", "maj:min": "254:1"},
        {"target": "/srv", "source": "/dev/loop7[/srv/srv1]", "fstype": "btrfs", "maj:min": "0:44"},
    ]
    found = audit_storage.Mounts(listed, "/nowhere").describe("/srv/tenants/t46005")
    assert found == {
        "path": "/srv/tenants/t46005",
        "device": "/dev/loop7",
        "fstype": "btrfs",
        "mount": "/srv",
        "encrypted": "unknown",
    }
