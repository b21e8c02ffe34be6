"""The demo, in order. It works on a copy of the example consortium, in a folder that it makes anew."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from provisioner import messages
from provisioner.cli import console
from provisioner.demo import archives, auditing
from provisioner.demo.screenshot import screenshot
from provisioner.errors import MachineError, NuageError
from provisioner.inventory.tree import ansible_root
from provisioner.lab import mail
from provisioner.lab.consortium import AUTHORITY, announce, fit
from provisioner.lab.lab import Lab

MARK = ".nuage-demo"
"""Says that the folder is the demo's own, to be made anew."""
SLUGS = ("abercorn", "l-ange-gardien-82005", "les-iles-de-la-madeleine")
TOWN, TOWN_CODE, SOMEBODY = SLUGS[0], "46005", "camille"
"""Which municipality moves; whose sign-in a person can try at the end: somebody of personnes.csv."""


class Demo:
    """One run of the demo in ``folder``; its lab is called `demo`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lab = Lab("demo", report=lambda key, **context: click.echo("  " + messages.text(key, **context)))
        self.timings: dict[str, float] = {}
        self.left_out: dict[str, tuple[str, ...]] = {}
        self.report = folder / "audit.html"
        self.environment = {
            **os.environ,
            "NUAGE_DATA": str(folder / "data"),
            "NUAGE_CONSORTIUM": str(folder),
            "NUAGE_LANG": messages.current(),
            "NUAGE_VAULT_PASSWORD_FILE": str(folder / "vault-password"),
            "ANSIBLE_PRIVATE_KEY_FILE": str(self.lab.paths.private_key),
            "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}",
        }

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """A titled part of the demo, timed."""
        title = messages.text(f"demo.{name}")
        click.secho(f"\n== {title}", bold=True)
        started = time.monotonic()
        yield
        self.timings[title] = time.monotonic() - started

    def nuage(self, *arguments: str) -> None:
        """One command as a person would type it, shown with what it prints."""
        click.secho(f"$ nuage {' '.join(arguments)}", fg="cyan")
        done = subprocess.run(["nuage", *arguments], env=self.environment, check=False)
        if done.returncode != 0:
            raise NuageError("demo.step-failed", command=f"nuage {arguments[0]}", code=done.returncode)

    def prepare(self) -> None:
        """A copy of the example, without its tenants, fitted to the lab."""
        example = ansible_root() / "inventories" / "example"
        if not example.is_dir():
            raise MachineError("demo.no-example", file=str(example))
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(example, self.folder, ignore=shutil.ignore_patterns("tenants", "build", "*.lock.yml"))
        (self.folder / MARK).touch()
        (self.folder / "tenants").mkdir()
        password = self.folder / "vault-password"
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(32) + "\n", encoding="ascii")
        status = self.lab.up(("srv1", "srv2", "garde1"))
        fit(self.folder, status, self.lab.paths.private_key.with_suffix(".pub").read_text(encoding="ascii"))
        auditing.declare(self.folder, self.nuage)

    def run(self) -> None:
        """From nothing to three websites."""
        if self.folder.exists() and not (self.folder / MARK).exists():
            raise MachineError("demo.not-ours", file=str(self.folder))
        with self.step("lab"):
            self.lab.down()
            self.prepare()
        with self.step("archives"):
            self.nuage("artifacts", "fetch", "keycloak")
            present = archives.pin_what_is_here(self.folder)
            self.nuage("artifacts", "list")
        with self.step("requests"):
            self.nuage("directory", "import", str(self.folder / "repertoire.csv"))
            self.nuage("request", "import", str(self.folder / "demandes.csv"))
            self.nuage("request", "list")
            for slug in SLUGS:
                self.nuage("request", "approve", slug)
            self.left_out = archives.leave_out(self.folder, present)
            self.say_what_is_left_out()
        with self.step("plan"):
            self.nuage("validate")
            self.nuage("plan")
            announce(self.lab, self.folder)
        with self.step("apply"):
            self.nuage("apply", "--yes")
        with self.step("again"):
            self.nuage("apply", "--yes")
        with self.step("verify"):
            self.nuage("verify")
            self.nuage("status")
        with self.step("people"):
            self.nuage("users", "import", str(self.folder / "personnes.csv"), TOWN)
        with self.step("copies"):
            self.nuage("backup", "--all")
            self.nuage("drill", TOWN)
        with self.step("audit"):
            click.echo("  " + messages.text("demo.audit-here"))
            self.report = auditing.audit(self.folder, self.nuage, messages.current())
        with self.step("move"):
            self.nuage("move", TOWN, "srv1", "--consent-move", TOWN_CODE)
            announce(self.lab, self.folder)
        self.summary()

    def say_what_is_left_out(self) -> None:
        """In so many words, for each municipality."""
        for slug, lacking in self.left_out.items():
            text = messages.text("demo.left-out", slug=slug, archives=", ".join(lacking))
            click.secho(f"  {text}", fg="yellow")

    def summary(self) -> None:
        """Addresses, screenshots, what was left out, a sign-in to try, and the timings."""
        names = {name: str(address) for name, address in self.lab.status().names.items()}
        pictures = {"abercorn": "https://www.abercorn.example/"}
        if "nuage.abercorn.example" in names:
            pictures["nextcloud"] = "https://nuage.abercorn.example/"
        pictures["audit"] = self.report.as_uri()
        for name, address in pictures.items():
            screenshot(address, names, self.folder / f"{name}.png")
        click.secho(f"\n== {messages.text('demo.end')}", bold=True)
        for name, address in sorted(names.items()):
            if name.startswith(("www.", "nuage.")):
                click.echo(f"  https://{name}/  ({address})")
        for name in pictures:
            click.echo("  " + messages.text("demo.screenshot", path=self.folder / f"{name}.png"))
        self.say_what_is_left_out()
        self.say_how_to_sign_in(names)
        for title, seconds in self.timings.items():
            click.echo(f"  {seconds:7.1f} s  {title}")
        program, key = Path(sys.executable).with_name("nuage"), self.lab.paths.private_key
        click.echo(messages.text("demo.afterwards", folder=self.folder, nuage=program, key=key))

    def say_how_to_sign_in(self, names: dict[str, str]) -> None:
        """What a person does to try it, with the invitation that the lab's mail relay kept."""
        text = "\n".join(
            str(part.get_content())
            for message in mail.messages(self.lab.paths)
            if SOMEBODY in str(message["to"]) and (part := message.get_body(("plain",))) is not None
        )
        invitation = re.search(r"https://\S+", text)
        hosts: dict[str, list[str]] = {}
        for name, address in sorted(names.items()):
            hosts.setdefault(address, []).append(name)
        click.secho(f"\n== {messages.text('demo.sign-in')}", bold=True)
        click.echo("  " + messages.text("demo.sign-in-hosts"))
        for address, known in hosts.items():
            click.echo(f"    {address} {' '.join(known)}")
        click.echo("  " + messages.text("demo.sign-in-trust", path=self.folder / AUTHORITY))
        click.echo("  " + messages.text("demo.sign-in-invitation", name=SOMEBODY))
        click.echo(f"    {invitation[0] if invitation else '-'}\n")


def main() -> None:
    """`make demo`."""
    messages.use(messages.language_from(None, os.environ))
    try:
        Demo(Path("demo").resolve()).run()
    except NuageError as error:
        console.show_problems(error.problems)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
