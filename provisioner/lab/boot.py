"""Mounts a host's disks and runs its systemd-nspawn; run by path, in a mount namespace of its own.

The control machine and other hosts never see these mounts, so they go when the host's last process
goes, however it ended. (In the control machine's namespace, each container that starts would keep
its neighbours' mounts busy: systemd-nspawn 252 doesn't let go of the tree it came from.)

Arguments: control groups to enter and lower layers, each joined by colons, the host's folder, then
systemd-nspawn's command.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType

# What systemd-nspawn --keep-unit ends with when the host asked to reboot.
REBOOT = 133


def enter(groups: str) -> None:
    """Move this process, hence the whole host, to control groups that no other host is in."""
    for group in groups.split(":"):
        if group:
            Path(group, "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")


def mount(layers: str, folder: Path) -> None:
    """The host's tree, and its volume through a loop device that goes when the mount goes."""
    options = f"lowerdir={layers},upperdir={folder}/upper,workdir={folder}/work"
    volume = [f"{folder}/volume", f"{folder}/srv"]
    for words in (
        ["-t", "overlay", "overlay", "-o", options, f"{folder}/root"],
        ["-t", "btrfs", "-o", "loop,noatime", *volume],
    ):
        # mount says on the console, which is where this goes, what is wrong.
        if (code := subprocess.run(["mount", *words], check=False).returncode) != 0:
            sys.exit(code)


def run(command: list[str]) -> int:
    """Run the host until it is switched off; SIGTERM switches it off cleanly."""
    host = subprocess.Popen(command)

    def switch_off(number: int, _frame: FrameType | None) -> None:
        host.send_signal(number)

    signal.signal(signal.SIGTERM, switch_off)
    while (code := host.wait()) == REBOOT:
        host = subprocess.Popen(command)
    return code


if __name__ == "__main__":
    enter(sys.argv[1])
    mount(sys.argv[2], Path(sys.argv[3]))
    sys.exit(run(sys.argv[4:]))
