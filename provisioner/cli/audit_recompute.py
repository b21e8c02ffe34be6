"""`nuage audit recompute`: a possession challenge's answers against a copy of the data."""

from __future__ import annotations

from pathlib import Path

import click

from provisioner import messages


@click.command(help=messages.text("audit-recompute.help"))
@click.argument("document", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.pass_context
def command(ctx: click.Context, document: Path, folder: Path) -> None:
    """Compare; exit code 9 when an answer is of other data, or the copy isn't of the same files."""
    from provisioner.audit.bundle import canonical
    from provisioner.audit.location.recomputing import recompute
    from provisioner.errors import InvalidInputError

    try:
        found = recompute(canonical.loads(document.read_bytes()), folder)
    except OSError as error:
        raise InvalidInputError("audit-recompute.unreadable", file=str(error.filename or document)) from None
    except (KeyError, ValueError, TypeError):
        raise InvalidInputError("audit-recompute.no-document", file=str(document)) from None
    if not found.same_files:
        key = "audit-recompute.other-files"
    elif found.holds:
        key = "audit-recompute.holds"
    else:
        key = "audit-recompute.wrong"
    click.echo(messages.text(key, files=found.files, right=found.right, wrong=found.wrong))
    ctx.exit(0 if found.holds else 9)
