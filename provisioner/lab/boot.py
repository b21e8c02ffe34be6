"""Mounts a host's disks, then becomes its systemd-nspawn; run by path, in a mount namespace of its own.

The control machine and other hosts never see these mounts, so they go when the host's last process
goes, however it ended. (In the control machine's namespace, each container that starts would keep
its neighbours' mounts busy: systemd-nspawn 252 doesn't let go of the tree it came from.)

Arguments: lower layers joined by colons, the host's folder, then systemd-nspawn's command.
"""

import os
import subprocess
import sys
from pathlib import Path


def main() -> None:
    """Doesn't return: the process is replaced."""
    layers, folder, command = sys.argv[1], Path(sys.argv[2]), sys.argv[3:]
    options = f"lowerdir={layers},upperdir={folder}/upper,workdir={folder}/work"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, f"{folder}/root"], check=True)
    volume = [f"{folder}/volume", f"{folder}/srv"]
    subprocess.run(["mount", "-t", "btrfs", "-o", "loop,noatime", *volume], check=True)
    os.execvp(command[0], command)  # noqa: S606  no shell


if __name__ == "__main__":
    main()
