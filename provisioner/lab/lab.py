"""The whole lab: what `nuage lab` and the tests call."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from ipaddress import IPv4Address
from typing import TypeVar

from provisioner.errors import LockedError, MachineError, RefusedError
from provisioner.files import locked, write_atomic
from provisioner.lab import (
    authority,
    base,
    leftovers,
    mail,
    mirror,
    names,
    network,
    programs,
    proxy,
    snapshots,
)
from provisioner.lab.host import SSH_PORT, Host, make
from provisioner.lab.state import (
    PROXY_PORT,
    HostState,
    LabState,
    LabStatus,
    Paths,
    Snapshot,
    cache_root,
    load,
    save,
    state_root,
)

Result = TypeVar("Result")
Report = Callable[..., None]
DEFAULT_NAME = "lab"
DISK_GIB = 20


def silent(_key: str, **_context: object) -> None:
    """A report that nobody reads."""


class Lab:
    """One lab on this machine. ``report`` receives a message key and its context as work goes on."""

    def __init__(self, name: str = DEFAULT_NAME, *, report: Report = silent) -> None:
        """No effect on the machine.

        Raises:
            UsageError: the name isn't lower-case letters, digits and hyphens.
        """
        self.name = snapshots.check_name(name)
        self.paths = Paths(name)
        self._report = report

    @property
    def state(self) -> LabState:
        """The lab as it was made.

        Raises:
            MachineError: there is no lab of that name.
        """
        state = load(self.paths)
        if state is None:
            raise MachineError("lab.not-up", lab=self.name)
        return state

    def host(self, name: str) -> Host:
        """One host, to start, stop and ask."""
        state = self.state
        return Host(self.paths, state, state.host(name))

    def up(
        self, hosts: Sequence[str] = ("srv1",), *, disk_gib: int = DISK_GIB, snapshot: str | None = None
    ) -> LabStatus:
        """Bring the lab up with these hosts: makes what is missing, starts what doesn't run.

        Raises:
            MachineError: not root, a package or the mirror is missing, a host doesn't answer.
        """
        programs.require_root()
        for name in hosts:
            snapshots.check_name(name)
        self._prepare_machine()
        self.paths.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        with self._locked():
            source = snapshots.get(snapshot) if snapshot else None
            state = self._ensure_network(source)
            # One that was killed remembers hosts whose keys and names it hadn't written yet.
            self._tell(state)
            self._timed("lab.services", lambda: self._start_services(state))
            for name in hosts:
                self._ensure_host(name, disk_gib, source)
            self._start_hosts([*hosts])
        return self.status()

    def _timed(self, key: str, work: Callable[[], Result], **context: object) -> Result:
        start = time.monotonic()
        result = work()
        self._report(key, seconds=f"{time.monotonic() - start:.1f}", **context)
        return result

    def _prepare_machine(self) -> None:
        missing = programs.missing()
        if missing:
            self._report("lab.installing", packages=" ".join(missing))
            self._timed("lab.installed", lambda: programs.install(missing))
        if not base.path().is_dir():
            mirrors, upstream = mirror.find(), mirror.apt_proxy()
            self._report("lab.building-base", mirror=mirrors.debian)
            self._timed("lab.built-base", lambda: base.build(mirrors, upstream), file=base.path())

    def _ensure_network(self, source: Snapshot | None) -> LabState:
        state = load(self.paths)
        if state is None:
            leftovers.remove(self.paths)
        # The package proxy runs under its own account and must get through to its own folder.
        self.paths.folder.chmod(0o711)
        for private in ("acme", "hosts", "keys"):
            self.paths.service(private).mkdir(mode=0o700, exist_ok=True)
        with network.choosing():
            if state is None or not network.has_link(self.paths.bridge):
                wanted = state.network if state else (source.network if source else None)
                chosen = network.choose_here(wanted)
                if state is not None and state.network != chosen:
                    raise MachineError("lab.network-taken", lab=self.name, network=state.network)
                network.make_bridge(self.paths, chosen)
                self._report("lab.network", bridge=self.paths.bridge, network=chosen)
            else:
                chosen = state.network
        if state is None:
            mirrors = mirror.find()
            state = LabState(
                name=self.name, network=chosen, mirror=mirrors.debian, security_mirror=mirrors.security
            )
            save(self.paths, state)
        if not self.paths.private_key.exists():
            key = ["-f", str(self.paths.private_key), "-C", f"nuage-lab-{self.name}"]
            programs.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", *key])
        return state

    def _start_services(self, state: LabState) -> None:
        proxy.start(self.paths, state, mirror.apt_proxy())
        names.start(self.paths, state)
        authority.start(self.paths, state)
        mail.start(self.paths, state)

    def _ensure_host(self, name: str, disk_gib: int, source: Snapshot | None) -> None:
        state = self.state
        if any(host.name == name for host in state.hosts):
            return
        made = self._timed("lab.made", lambda: make(self.paths, state, name, disk_gib, source), host=name)
        self._remember(state.model_copy(update={"hosts": (*state.hosts, made)}))

    def _remember(self, state: LabState) -> None:
        save(self.paths, state)
        self._tell(state)

    def _tell(self, state: LabState) -> None:
        """Write what others read of the lab's hosts: their keys for SSH, their names for the resolver."""
        lines = (f"{state.address(host)} {host.ssh_host_key}\n" for host in state.hosts)
        write_atomic(self.paths.known_hosts, "".join(lines), 0o600)
        names.update(self.paths, state)

    def _start_hosts(self, hosts: Sequence[str]) -> None:
        start = time.monotonic()
        machines = [self.host(name) for name in hosts]
        for machine in machines:
            machine.start()
        for machine in machines:
            machine.wait()
            # SSH answers before databases do. A host hardened against root refuses this; so be it.
            self.run(machine.state.name, ["timeout", "60", "systemctl", "is-system-running", "--wait"])
            seconds = f"{time.monotonic() - start:.1f}"
            self._report("lab.started", host=machine.state.name, address=machine.address, seconds=seconds)

    def start(self, host: str) -> None:
        """Switch a host on, and wait until it answers."""
        programs.require_root()
        with self._lock():
            self._start_hosts([host])

    def stop(self, host: str) -> None:
        """Switch a host off cleanly; its disks stay."""
        programs.require_root()
        with self._lock():
            self._timed("lab.stopped", self.host(host).stop, host=host)

    def kill(self, host: str) -> None:
        """Take a host's power away; its disks stay as they are at that moment."""
        programs.require_root()
        with self._lock():
            self.host(host).kill()
            self._report("lab.killed", host=host)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        _ = self.state
        with self._locked():
            yield

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """A run that was killed may leave a child that holds the lock for a moment more."""
        with ExitStack() as stack:
            for _attempt in range(30):
                with suppress(LockedError):
                    stack.enter_context(locked(self.paths.folder))
                    break
                time.sleep(0.1)
            else:
                stack.enter_context(locked(self.paths.folder))
            yield

    def snapshot(self, host: str, name: str) -> Snapshot:
        """Keep a host under ``name``, to make others from; it is switched off meanwhile."""
        programs.require_root()
        with self._lock():
            machine = self.host(host)
            was_running = machine.is_running()
            machine.stop()
            snapshot = self._timed("lab.kept", lambda: snapshots.take(machine, name), host=host, name=name)
            if was_running:
                self._start_hosts([host])
        return snapshot

    def remove_host(self, host: str) -> None:
        """Switch a host off and destroy it; the rest of the lab stays."""
        programs.require_root()
        with self._lock():
            state = self.state
            gone: HostState = state.host(host)
            machine = Host(self.paths, state, gone)
            machine.kill()
            shutil.rmtree(machine.folder)
            self._remember(state.model_copy(update={"hosts": tuple(h for h in state.hosts if h != gone)}))

    def set_names(self, addresses: Mapping[str, str | IPv4Address]) -> None:
        """Make the lab's resolver, hence its hosts and ACME server, know these names and no earlier ones."""
        with self._lock():
            pairs = sorted((name, IPv4Address(str(address))) for name, address in addresses.items())
            self._remember(self.state.model_copy(update={"names": tuple(pairs)}))

    def status(self) -> LabStatus:
        """The lab as it is now."""
        state = self.state
        hosts = tuple(Host(self.paths, state, host).status() for host in state.hosts)
        ours = f"http://{state.gateway}:{PROXY_PORT}"
        return LabStatus(
            name=state.name,
            running=network.has_link(self.paths.bridge) and all(h.state == "running" for h in hosts),
            network=state.network,
            gateway=state.gateway,
            bridge=self.paths.bridge,
            private_key=self.paths.private_key,
            known_hosts=self.paths.known_hosts,
            apt_proxy=ours,
            debian_mirror=f"{ours}/debian",
            debian_security_mirror=f"{ours}/debian-security",
            resolver=state.gateway,
            acme_directory=authority.directory(state),
            acme_root=authority.root_certificate(self.paths),
            names=dict(state.names),
            hosts=hosts,
        )

    def ssh_command(self, host: str, command: Sequence[str] = ()) -> list[str]:
        """The ssh command that opens a session, or runs a command, as root on a host."""
        state = self.state
        options = ["-i", str(self.paths.private_key), "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes"]
        options += ["-o", f"UserKnownHostsFile={self.paths.known_hosts}", "-o", "StrictHostKeyChecking=yes"]
        options += ["-o", "LogLevel=ERROR", "-p", str(SSH_PORT)]
        return ["ssh", "-F", "none", *options, f"root@{state.address(state.host(host))}", *command]

    def run(self, host: str, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Run a command as root on a host over SSH; its words are quoted by the caller where needed."""
        full = self.ssh_command(host, command)
        return subprocess.run(full, capture_output=True, text=True, check=False, env=programs.environment())

    def down(self, *, purge: bool = False) -> None:
        """Remove the lab, whatever state it is in; ``purge`` removes the cache too."""
        programs.require_root()
        others = sorted({path.parent.name for path in state_root().glob("*/lab.json")} - {self.name})
        if purge and others:
            raise RefusedError("lab.cache-in-use", labs=", ".join(others))
        if self.paths.folder.exists():
            with self._locked():
                self._timed("lab.removed", lambda: leftovers.remove(self.paths), lab=self.name)
            shutil.rmtree(self.paths.folder)
        else:
            self._timed("lab.removed", lambda: leftovers.remove(self.paths), lab=self.name)
        if purge:
            shutil.rmtree(cache_root(), ignore_errors=True)
        if state_root().is_dir() and not any(state_root().iterdir()):
            state_root().rmdir()
