"""Processes that outlive the command that started them: pidfiles that can't name a stranger."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from provisioner.errors import MachineError
from provisioner.files import write_atomic
from provisioner.lab import programs

READY_SECONDS = 20.0
TICKS = os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat after the process's name, or None."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def start(
    command: Sequence[str],
    pidfile: Path,
    log: Path,
    *,
    user: str | None = None,
    extra: Mapping[str, str] | None = None,
) -> int:
    """Start a program in a session of its own, its output to ``log``; its process id.

    The pidfile holds the id and the time of birth, since ids are used again.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                cwd="/",
                env=programs.environment(extra),
                user=user,
                group=user,
                extra_groups=[] if user else None,
            )
        except FileNotFoundError as error:
            raise MachineError("lab.no-program", program=command[0]) from error
    stat = _stat(process.pid)
    write_atomic(pidfile, f"{process.pid} {stat[19] if stat else 0}\n")
    return process.pid


def alive(pidfile: Path) -> int | None:
    """The id of the process that the pidfile names, if it still runs."""
    try:
        pid, born = (int(word) for word in pidfile.read_text(encoding="ascii").split())
    except (FileNotFoundError, ValueError):
        return None
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    stat = _stat(pid)
    return pid if stat and stat[0] not in "ZX" and int(stat[19]) == born else None


def uptime(pid: int) -> int:
    """Seconds since the process began; 0 if it is gone."""
    stat = _stat(pid)
    now = float(Path("/proc/uptime").read_text(encoding="ascii").split()[0])
    return max(0, int(now - int(stat[19]) / TICKS)) if stat else 0


def leader(pidfile: Path) -> int | None:
    """PID 1 of the host whose supervisor the pidfile names: the first below it with two process ids."""
    pid = alive(pidfile)
    try:
        while pid is not None:
            status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
            if any(line.startswith("NSpid:") and len(line.split()) > 2 for line in status.splitlines()):
                return pid
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
            pid = int(children[0]) if children else None
    except (FileNotFoundError, ProcessLookupError):
        return None
    return pid


def stop(pidfile: Path, *, patience: float = 10) -> None:
    """End the process with SIGTERM, or with SIGKILL after ``patience`` seconds; remove the pidfile."""
    for number, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, 5.0)):
        pid = alive(pidfile)
        if pid is None:
            break
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        wait_gone(pidfile, seconds)
    pidfile.unlink(missing_ok=True)


def wait_gone(pidfile: Path, seconds: float) -> bool:
    """Whether the process ended within so many seconds."""
    deadline = time.monotonic() + seconds
    while alive(pidfile) is not None:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def end_strays(folder: Path) -> None:
    """End the lab's programs that a crash left without a pidfile: their arguments name the lab's folder."""
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            with suppress(OSError):
                words = (place / "cmdline").read_bytes().decode(errors="replace").split("\0")
                ours = any(f"{folder}/" in word for word in words)
                if ours and Path(words[0]).name in {"apt-cacher-ng", "dnsmasq", "systemd-nspawn"}:
                    os.kill(int(place.name), signal.SIGKILL)


def memory(leader: int) -> int:
    """Bytes of PSS of all processes in the same PID namespace as ``leader``."""
    total = 0
    with suppress(OSError):
        namespace = Path(f"/proc/{leader}/ns/pid").readlink()
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                with suppress(OSError):
                    if (folder / "ns/pid").readlink() == namespace:
                        total += _pss(folder / "smaps_rollup")
    return total


def _pss(rollup: Path) -> int:
    for line in rollup.read_text(encoding="ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def wait_listening(service: str, address: str, port: int, pidfile: Path, log: Path) -> None:
    """Until a service accepts connections.

    Raises:
        MachineError: it ended, or doesn't within `READY_SECONDS`; the message has the end of its log.
    """
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and alive(pidfile):
        with suppress(OSError), socket.create_connection((address, port), timeout=1):
            return
        time.sleep(0.02)
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-4:]
    raise MachineError("lab.service-silent", service=service, detail=" / ".join(lines) or "?")
