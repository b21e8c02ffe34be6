"""`nuage lab`: real Debian 13 hosts on this machine."""

from __future__ import annotations

import os
from ipaddress import IPv4Address

import click

from provisioner import messages
from provisioner.cli.console import json_option
from provisioner.lab import snapshots
from provisioner.lab.lab import DEFAULT_NAME, DISK_GIB, Lab
from provisioner.lab.state import HostStatus, LabStatus

name_option = click.option(
    "--name", default=DEFAULT_NAME, envvar="NUAGE_LAB", show_default=True, help=messages.text("lab.help-name")
)


def say(key: str, **context: object) -> None:
    """What the lab does, as it does it; on standard error, so that --json stays clean."""
    click.echo(messages.text(key, **context), err=True)


@click.group(help=messages.text("lab.help"))
def command() -> None:
    """Group of the lab's verbs."""


@command.command(help=messages.text("lab.help-up"))
@name_option
@click.argument("hosts", nargs=-1)
@click.option("--hosts", "count", type=click.IntRange(1, 50), help=messages.text("lab.help-hosts"))
@click.option(
    "--disk",
    type=click.IntRange(1, 1000),
    default=DISK_GIB,
    show_default=True,
    help=messages.text("lab.help-disk"),
)
@click.option("--from", "snapshot", help=messages.text("lab.help-from"))
@json_option
def up(
    name: str, hosts: tuple[str, ...], count: int | None, disk: int, snapshot: str | None, as_json: bool
) -> None:
    """Hosts by name, or `--hosts N` for srv1 to srvN."""
    if hosts and count:
        raise click.UsageError(messages.text("lab.names-or-count"))
    wanted = hosts or tuple(f"srv{number}" for number in range(1, (count or 1) + 1))
    render(Lab(name, report=say).up(wanted, disk_gib=disk, snapshot=snapshot), as_json)


@command.command(help=messages.text("lab.help-status"))
@name_option
@json_option
def status(name: str, as_json: bool) -> None:
    """What runs, and how to reach it."""
    render(Lab(name).status(), as_json)


@command.command(help=messages.text("lab.help-ssh"), context_settings={"ignore_unknown_options": True})
@name_option
@click.argument("host")
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def ssh(name: str, host: str, words: tuple[str, ...]) -> None:
    """Replaces this process, so that signals and the exit code are ssh's own."""
    arguments = Lab(name).ssh_command(host, words)
    os.execvp(arguments[0], arguments)  # noqa: S606  no shell


@command.command(help=messages.text("lab.help-start"))
@name_option
@click.argument("host")
def start(name: str, host: str) -> None:
    """Switch on."""
    Lab(name, report=say).start(host)


@command.command(help=messages.text("lab.help-stop"))
@name_option
@click.argument("host")
def stop(name: str, host: str) -> None:
    """Switch off."""
    Lab(name, report=say).stop(host)


@command.command(help=messages.text("lab.help-kill"))
@name_option
@click.argument("host")
def kill(name: str, host: str) -> None:
    """Power lost."""
    Lab(name, report=say).kill(host)


@command.command(help=messages.text("lab.help-snapshot"))
@name_option
@click.argument("host")
@click.argument("snapshot")
def snapshot(name: str, host: str, snapshot: str) -> None:
    """Keep a prepared host."""
    Lab(name, report=say).snapshot(host, snapshots.check_name(snapshot))


@command.command(help=messages.text("lab.help-names"))
@name_option
@click.argument("pairs", nargs=-1, metavar="DOMAIN=ADDRESS...")
def names(name: str, pairs: tuple[str, ...]) -> None:
    """Replace the names that the lab's resolver knows."""
    addresses = {}
    for pair in pairs:
        domain, _, address = pair.partition("=")
        try:
            addresses[domain] = IPv4Address(address)
        except ValueError as error:
            raise click.UsageError(messages.text("lab.bad-pair", pair=pair)) from error
    Lab(name).set_names(addresses)


@command.command(help=messages.text("lab.help-down"))
@name_option
@click.option("--purge", is_flag=True, help=messages.text("lab.help-purge"))
def down(name: str, purge: bool) -> None:
    """Leave nothing behind."""
    Lab(name, report=say).down(purge=purge)


def render(lab: LabStatus, as_json: bool) -> None:
    """The status as JSON, or as a table and the addresses to know."""
    if as_json:
        click.echo(lab.model_dump_json(indent=2))
        return
    width = max((len(host.name) for host in lab.hosts), default=4)
    for host in lab.hosts:
        click.echo(f"{host.name:<{width}}  {host.address!s:<15}  {_words(host)}")
    for key in ("network", "debian_mirror", "resolver", "acme_directory", "acme_root", "private_key"):
        click.echo(messages.text(f"lab.label-{key.replace('_', '-')}", value=getattr(lab, key)))


def _words(host: HostStatus) -> str:
    if host.state != "running":
        return messages.text("lab.state-stopped")
    memory = (host.memory_bytes or 0) // (1 << 20)
    return messages.text("lab.state-running", minutes=(host.uptime_seconds or 0) // 60, memory=memory)
