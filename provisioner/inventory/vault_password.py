"""Where the vault's password comes from: the environment, a file, a command, or the terminal, in that order.

`nuage-vault-password` prints it, which is what `ansible-playbook --vault-password-file` expects of a program,
so that `nuage` and plain Ansible ask in the same way.
"""

from __future__ import annotations

import getpass
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from pathlib import Path

from provisioner import messages
from provisioner.errors import MachineError, NuageError

VARIABLE = "NUAGE_VAULT_PASSWORD"


def vault_password(environ: Mapping[str, str], ask: Callable[[], str] | None = None) -> bytes:
    """The password, its final line break taken off. ``ask`` is tried when the environment names no source.

    Raises:
        MachineError: there is no source, or the one that is named gives nothing.
    """
    if VARIABLE in environ:
        password = environ[VARIABLE]
    elif path := environ.get(f"{VARIABLE}_FILE"):
        password = _from_file(Path(path).expanduser())
    elif command := environ.get(f"{VARIABLE}_COMMAND"):
        password = _from_command(command)
    elif ask is not None:
        password = ask()
    else:
        raise MachineError("secrets.no-password")
    password = password.rstrip("\r\n")
    if not password:
        raise MachineError("secrets.empty-password")
    return password.encode()


@contextmanager
def handed_on(environ: MutableMapping[str, str], ask: Callable[[], str] | None) -> Iterator[None]:
    """While this lasts, programs find a source in ``environ``; a person is asked now or never.

    Ansible runs on a terminal of its own, which nobody sees: a question there would wait for ever.

    Raises:
        MachineError: there is no source, or the one that is named gives nothing.
    """
    if path := environ.get(f"{VARIABLE}_FILE"):
        # Ansible asks in another folder.
        environ[f"{VARIABLE}_FILE"] = str(Path(path).expanduser().absolute())
    if any(f"{VARIABLE}{suffix}" in environ for suffix in ("", "_FILE", "_COMMAND")):
        yield
        return
    environ[VARIABLE] = vault_password(environ, ask).decode()
    try:
        yield
    finally:
        del environ[VARIABLE]


def terminal() -> Callable[[], str] | None:
    """What asks a person at the terminal, or nothing when there is no terminal."""
    try:
        Path("/dev/tty").open("rb").close()
    except OSError:
        return None
    return _ask


def run() -> None:
    """Console script `nuage-vault-password`."""
    try:
        password = vault_password(os.environ, terminal())
    except NuageError as error:
        from provisioner.cli import console

        console.show_problems(error.problems)
        sys.exit(error.exit_code)
    sys.stdout.write(password.decode() + "\n")


def _ask() -> str:
    try:
        return getpass.getpass(messages.text("secrets.prompt"))
    except EOFError:
        return ""


def _from_file(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        detail = os.strerror(error.errno or 0) if isinstance(error, OSError) else "UTF-8"
        raise MachineError("secrets.password-file", file=str(path), detail=detail) from error


def _from_command(command: str) -> str:
    # Its standard error reaches the person; its standard output is the password and goes nowhere else.
    try:
        done = subprocess.run(shlex.split(command), stdout=subprocess.PIPE, check=True, text=True)
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        raise MachineError("secrets.password-command") from error
    return done.stdout
