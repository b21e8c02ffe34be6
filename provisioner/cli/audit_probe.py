"""`nuage audit probe`: round trips from a vantage point, as a signed document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from provisioner import messages
from provisioner.audit.location.disks import FIBRE, LIGHT
from provisioner.audit.location.measurement import LEAST_ROUNDS

ROUNDS = 300


def _help(name: str) -> str:
    return messages.text(f"audit-probe.help-{name}")


@click.command(help=messages.text("audit-probe.help"))
@click.argument("server")
@click.option("--request", type=click.File("rb"), required=True, help=_help("request"))
@click.option("--vantage-point", required=True, help=_help("vantage-point"))
@click.option("--key", type=click.Path(dir_okay=False, path_type=Path), required=True, help=_help("key"))
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help=_help("output")
)
@click.option("--possession", "code", metavar="CODE", help=_help("possession"))
@click.option("--rounds", type=click.IntRange(LEAST_ROUNDS, 2000), default=ROUNDS, help=_help("rounds"))
@click.option("--age", type=click.IntRange(0, 366 * 86_400), default=86_400, help=_help("age"))
def command(
    server: str,
    request: Any,  # noqa: ANN401  click's file
    vantage_point: str,
    key: Path,
    output: Path,
    code: str | None,
    rounds: int,
    age: int,
) -> None:
    """Measure one server; writes the document and its signature."""
    from provisioner.audit.bundle import canonical, sshsig
    from provisioner.audit.location import measurement, prober, requests
    from provisioner.files import write_atomic

    target = requests.target(request.read(), server, request.name)
    point = prober.vantage(vantage_point, key)
    document = prober.possess(target, point, code, age) if code else prober.measure(target, point, rounds)
    data = canonical.dumps(document)
    signature = sshsig.sign(point.key, data, measurement.NAMESPACE)
    write_atomic(output, data.decode())
    write_atomic(output.with_name(output.name + ".sig"), signature.decode())
    _say(server, document["rounds"])


def _say(server: str, rows: list[list[Any]]) -> None:
    if not rows:
        click.echo(messages.text("audit-probe.nothing", server=server), err=True)
        return
    ms = min(received - sent for sent, received, *_ in rows) / 1e6
    said = {"ms": f"{ms:.3f}", "strict": f"{LIGHT * ms / 2:.0f}", "fibre": f"{FIBRE * ms / 2:.0f}"}
    click.echo(messages.text("audit-probe.measured", server=server, rounds=len(rows), **said), err=True)
