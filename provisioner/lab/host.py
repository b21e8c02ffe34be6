"""One host of the lab: a Debian 13 of its own, booted with systemd in systemd-nspawn."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
import time
import uuid
from contextlib import suppress
from pathlib import Path

from provisioner.errors import MachineError
from provisioner.lab import base, boot, cgroups, mounts, network, processes, programs, renumbering
from provisioner.lab.state import PROXY_PORT, HostState, HostStatus, LabState, Paths, Snapshot

SSH_PORT = 22
# Not the group @sandbox: systemd 252, Debian 12's, hasn't got it.
LANDLOCK = ("landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self")
BOOT_SECONDS = 60
STOP_SECONDS = 90


class Host:
    """A host that was made; its files are in ``folder``."""

    def __init__(self, paths: Paths, lab: LabState, state: HostState) -> None:
        """No effect on the machine: reads what is there when asked."""
        self.paths, self.lab, self.state = paths, lab, state
        self.folder = paths.host(state.name)
        self.root, self.volume, self.srv = self.folder / "root", self.folder / "volume", self.folder / "srv"
        self.upper = self.folder / "upper"
        self.pidfile = self.folder / "nspawn.pid"
        self.console = self.folder / "console.log"

    @property
    def address(self) -> str:
        """The host's address on the bridge."""
        return str(self.lab.address(self.state))

    @property
    def machine(self) -> str:
        """The host's name among all the machine's containers."""
        return f"{self.state.name}-{self.paths.tag}"

    def is_running(self) -> bool:
        """Whether the host's supervisor lives."""
        return processes.alive(self.pidfile) is not None

    def start(self) -> None:
        """Switch the host on: fresh network, mounts, boot. Returns at once; see `wait`."""
        if self.is_running():
            return
        self.drop_runtime()
        network.make_namespace(
            self.paths,
            self.state.name,
            self.state.number + 1,
            network.interface(self.lab.address(self.state), self.lab.network),
        )
        # Without it /proc/sys/net is read-only, and network settings of roles can't be applied.
        writable = {"SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network"}
        processes.start(self._command(), self.pidfile, self.console, extra=writable)

    def _command(self) -> list[str]:
        namespace = Path("/run/netns", self.paths.namespace(self.state.name))
        layers = ":".join(str(layer) for layer in self.state.lowers)
        command = ["unshare", "--mount", "--propagation=private", "--", sys.executable, "-I"]
        groups = ":".join(str(group) for group in cgroups.make(self.machine))
        command += [boot.__file__, groups, layers, str(self.folder)]
        command += ["systemd-nspawn", "--quiet", f"--directory={self.root}"]
        command += [f"--network-namespace-path={namespace}", "--capability=CAP_NET_ADMIN"]
        # Landlock, which sites are confined by: any program of a real server may use it.
        command += [f"--system-call-filter={' '.join(LANDLOCK)}"]
        command += [f"--machine={self.machine}", f"--hostname={self.state.name}"]
        command += ["--register=no", "--resolv-conf=off", "--timezone=off", "--link-journal=no"]
        command += [f"--bind={self.srv}:/srv", "--boot"]
        if not Path("/run/systemd/system").is_dir():
            # Nobody here can make a scope for the host; where systemd is init, it does.
            command.append("--keep-unit")
        return command

    def wait(self, seconds: float = BOOT_SECONDS) -> None:
        """Until the host's SSH answers.

        Raises:
            MachineError: it doesn't within ``seconds``; the message ends with the host's console.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.is_running():
            with suppress(OSError), socket.create_connection((self.address, SSH_PORT), timeout=1) as link:
                link.settimeout(5)
                if link.recv(4) == b"SSH-":
                    return
            time.sleep(0.05)
        lines = self.console.read_text(encoding="utf-8", errors="replace").splitlines()
        raise MachineError("lab.host-silent", host=self.state.name, detail=" / ".join(lines[-5:]))

    def stop(self) -> None:
        """Switch the host off cleanly, and unmount it."""
        processes.stop(self.pidfile, patience=STOP_SECONDS)
        self.drop_runtime()

    def kill(self) -> None:
        """Take the host's power away: no process of it gets to say a word. Its disks stay."""
        self.power_off(self.pidfile)
        self.drop_runtime()

    @staticmethod
    def power_off(pidfile: Path) -> None:
        """End a host's PID 1, and with it all of its processes, by its pidfile alone."""
        for victim in (processes.leader(pidfile), processes.alive(pidfile)):
            if victim is not None:
                with suppress(ProcessLookupError):
                    os.kill(victim, signal.SIGKILL)
        processes.wait_gone(pidfile, 10)

    def drop_runtime(self) -> None:
        """Remove what a host that doesn't run needs no more, or what a crash left of it."""
        name = self.paths.namespace(self.state.name)
        if name in network.namespaces(self.paths):
            network.kill_inside(name)
        network.drop_namespace(self.paths, self.state.name, self.state.number + 1)
        mounts.unmount_under(self.folder)
        cgroups.remove(self.machine)
        self.pidfile.unlink(missing_ok=True)

    def status(self) -> HostStatus:
        """The host as it is now."""
        leader = processes.leader(self.pidfile)
        return HostStatus(
            name=self.state.name,
            address=self.lab.address(self.state),
            ssh_port=SSH_PORT,
            ssh_host_key=self.state.ssh_host_key,
            state="running" if leader else "stopped",
            uptime_seconds=processes.uptime(leader) if leader else None,
            memory_bytes=processes.memory(leader) if leader else None,
            disk_gib=self.state.disk_gib,
        )


def make(paths: Paths, lab: LabState, name: str, disk_gib: int, snapshot: Snapshot | None) -> HostState:
    """Make a host: its own identity over the shared base, or over a snapshot, and its volume."""
    folder = paths.host(name)
    if folder.exists():
        mounts.unmount_under(folder)
        shutil.rmtree(folder)
    for part in ("upper", "work", "root", "srv"):
        (folder / part).mkdir(parents=True)
    used = {host.number for host in lab.hosts}
    draft = HostState(
        name=name,
        number=next(number for number in range(200) if number not in used),
        disk_gib=snapshot.disk_gib if snapshot else disk_gib,
        ssh_host_key="",
        lowers=snapshot.layers if snapshot else (base.path(),),
    )
    host = Host(paths, lab, draft)
    if snapshot:
        mounts.copy_volume(snapshot.folder / "volume", host.volume)
    else:
        mounts.make_volume(host.volume, disk_gib)
    key = _write_identity(paths, lab, host)
    if snapshot and snapshot.network != lab.network:
        _move(host, snapshot)
    return draft.model_copy(update={"ssh_host_key": key})


def _write_identity(paths: Paths, lab: LabState, host: Host) -> str:
    """Host name, machine id, SSH host key, and what the host knows of its lab; the public host key."""
    key, name = host.folder / "ssh_host_key", host.state.name
    programs.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"root@{name}", "-f", str(key)])
    public = key.with_suffix(".pub").read_text(encoding="ascii")
    ours = f"http://{lab.gateway}:{PROXY_PORT}"
    files = {
        "etc/ssh/ssh_host_ed25519_key.pub": public,
        "etc/hostname": f"{name}\n",
        "etc/hosts": f"127.0.0.1 localhost\n{host.address} {name}\n::1 localhost ip6-localhost\n",
        "etc/machine-id": f"{uuid.uuid4().hex}\n",
        "etc/resolv.conf": f"nameserver {lab.gateway}\n",
        # No package outlives this machine's next crash by being written to its disk file by file.
        "etc/dpkg/dpkg.cfg.d/nuage-lab": "force-unsafe-io\n",
        "etc/apt/sources.list.d/debian.sources": base.sources(f"{ours}/debian", f"{ours}/debian-security"),
        "root/.ssh/authorized_keys": paths.private_key.with_suffix(".pub").read_text(encoding="ascii"),
    }
    _write_upper(host, "etc/ssh/ssh_host_ed25519_key", key.read_text(encoding="ascii"), 0o600)
    for relative, text in files.items():
        _write_upper(host, relative, text, 0o644)
    key.unlink()
    return " ".join(public.split()[:2])


def _move(host: Host, snapshot: Snapshot) -> None:
    """Have a snapshot's configuration name the lab's network, but where the host's identity does already."""
    found = renumbering.renumbered(snapshot.layers[:-1], snapshot.network, host.lab.network)
    for relative, (text, original) in found.items():
        target, status = host.upper / relative, original.stat()
        if not target.exists():
            _write_upper(host, relative, text, status.st_mode & 0o7777)
            os.chown(target, status.st_uid, status.st_gid)


def _write_upper(host: Host, relative: str, text: str, mode: int) -> None:
    """Write a file of a host that doesn't run, in the layer that is the host's own.

    Folders get the owner and mode that they have below: the upper layer's are the ones that count.
    """
    folder = host.upper
    for part in Path(relative).parent.parts:
        folder /= part
        if not folder.is_dir():
            folder.mkdir(0o700 if part == ".ssh" else 0o755)
            below = (lower / folder.relative_to(host.upper) for lower in host.state.lowers)
            for original in below:
                if original.is_dir():
                    status = original.stat()
                    folder.chmod(status.st_mode & 0o7777)
                    os.chown(folder, status.st_uid, status.st_gid)
                    break
    target = host.upper / relative
    target.write_text(text, encoding="utf-8")
    target.chmod(mode)
