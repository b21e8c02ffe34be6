"""One archive by Maven coordinates, with the machine's own client: its settings say which repositories there are."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from provisioner.artifacts.cache import digest_of, on_disk
from provisioner.artifacts.download import SourceError
from provisioner.artifacts.model import Pin

TIMEOUT_S = 1800
PROGRAM = "mvn"

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
"""Maven colours what it prints even where there is no terminal."""


def coordinates(pin: Pin) -> str:
    """`group:artifact:version:type`, as Maven writes them."""
    assert pin.maven is not None  # noqa: S101  callers look first
    return f"{pin.maven.group}:{pin.maven.artifact}:{pin.version}:{pin.format.value}"


def download(pin: Pin, partial: Path) -> None:
    """Have Maven get the archive into its own repository, and copy it from there.

    Raises:
        SourceError: there is no Maven here, or it can't get the archive.
        MachineError: the disk is full.
    """
    program = shutil.which(PROGRAM)
    if program is None:
        raise SourceError(f"{PROGRAM}: not found")
    file = _local(program, pin)
    if not file.is_file() or digest_of(file) != pin.sha256:
        _run(program, "dependency:get", f"-Dartifact={coordinates(pin)}", "-Dtransitive=false")
    if not file.is_file():
        raise SourceError(f"{file} is absent")
    with on_disk(partial):
        shutil.copyfile(file, partial)


def _local(program: str, pin: Pin) -> Path:
    said = _run(program, "help:evaluate", "-Dexpression=settings.localRepository", "-DforceStdout")
    assert pin.maven is not None  # noqa: S101  callers look first
    name = f"{pin.maven.artifact}-{pin.version}.{pin.format.value}"
    root = Path(said.strip().splitlines()[-1]) if said.strip() else Path.home() / ".m2" / "repository"
    return root.joinpath(*pin.maven.group.split("."), pin.maven.artifact, pin.version, name)


def _run(program: str, *arguments: str) -> str:
    try:
        done = subprocess.run(
            [program, "--batch-mode", "--quiet", *arguments],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            cwd="/",  # no project's pom.xml has a say
            timeout=TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SourceError(f"{PROGRAM}: {error}") from error
    if done.returncode != 0:
        told = _COLOUR.sub("", done.stdout + done.stderr)
        lines = [line for line in told.splitlines() if line.startswith("[ERROR]")]
        said = lines[0].removeprefix("[ERROR]").strip() if lines else told.strip()
        raise SourceError(f"{PROGRAM} {arguments[0]}: {said[:300] or done.returncode}")
    return _COLOUR.sub("", done.stdout)
