"""`nuage audit verify`: what an auditor does with a bundle, offline. `verify.py` in a bundle does the same."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from provisioner import messages
from provisioner.audit.bundle import keys, reading, telling, verifying
from provisioner.cli.console import json_option
from provisioner.errors import MachineError
from provisioner.files import read_text

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
INVALID = 9


@click.command(name="verify", help=messages.text("audit-verify.help"))
@click.argument("bundle", type=click.Path(exists=True, path_type=Path))
@click.option("--key", type=FILE, required=True, help=messages.text("audit-verify.help-key"))
@click.option("--host-keys", type=FILE, help=messages.text("audit-verify.help-host-keys"))
@click.option("--cosigners", type=FILE, help=messages.text("audit-verify.help-cosigners"))
@click.option("--checkpoint", type=FILE, help=messages.text("audit-verify.help-checkpoint"))
@click.option("--tsa", type=FILE, help=messages.text("audit-verify.help-tsa"))
@click.option("--nonce", help=messages.text("audit-verify.help-nonce"))
@json_option
def command(
    bundle: Path,
    key: Path,
    host_keys: Path | None,
    cosigners: Path | None,
    checkpoint: Path | None,
    tsa: Path | None,
    nonce: str | None,
    as_json: bool,
) -> int:
    """Exit code 9 when anything is wrong."""
    from provisioner.audit.controls.judge import judge_all

    expected = verifying.Expected(
        keys.public(key),
        keys.named(host_keys) if host_keys else None,
        keys.named(cosigners) if cosigners else None,
        read_text(checkpoint).encode() if checkpoint else None,
        nonce,
    )
    try:
        read, faults = reading.read(bundle)
    except OSError as error:
        detail = os.strerror(error.errno or 0)
        raise MachineError("files.cannot-read", file=str(bundle), detail=detail) from error
    report = verifying.verify(read, faults, expected, judge_all)
    if tsa is not None:
        from provisioner.audit.bundle import timestamp

        timestamp.check(read, report, read_text(tsa).encode())
    if as_json:
        click.echo(json.dumps(telling.as_json(report), ensure_ascii=False, indent=2))
    else:
        texts = messages.catalogue(messages.current(), "audit-verify")
        click.echo("\n".join(telling.lines(report, texts)))
    return INVALID if report.faults else 0
