"""Carrying a move out, from wherever an earlier run left it; undoing it; and destroying the old copy.

The caller holds the folder's lock.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from provisioner import deployment, workflow
from provisioner.errors import NuageError, PartialFailureError, RefusedError, UnreachableError
from provisioner.execution.results import Outcome
from provisioner.execution.runner import EventHandler, Request, Run, run
from provisioner.files import read_text, write_atomic
from provisioner.inventory import rendering, writer
from provisioner.inventory.home import nextcloud_names, website_names
from provisioner.moving import notes, steps
from provisioner.moving.door import Carried, Door, carry
from provisioner.moving.notes import BEFORE_SWITCH, Note, Phase
from provisioner.moving.steps import Move, Say
from provisioner.planning import lock as locks
from provisioner.spec.tenant import Tenant
from provisioner.workflow import Password, Prepared

INVENTORY = "build-moving"
"""Beside the specs: the inventory in which the municipality lives at the target already."""
SPARE_MIB = 1024
"""Free room at the target beyond what comes."""


@dataclass(frozen=True)
class Work:
    """How to reach servers, and whom to tell."""

    folder: Path
    options: deployment.Options
    password: Password
    on_event: EventHandler
    say: Say


def domains(tenant: Tenant) -> tuple[str, ...]:
    """First names of a municipality's certificates, which are those of its sites."""
    return tuple(names[0] for names in (website_names(tenant), nextcloud_names(tenant)) if names)


@contextmanager
def opened(work: Work, prepared: Prepared, host: str, note: Note) -> Iterator[Move]:
    """The move, with both doors.

    Raises:
        NuageError: a server of it isn't in the spec any more.
    """
    servers = {server.id: server for server in prepared.specs.consortium.servers}
    gone = [name for name in (note.source, note.target) if name not in servers]
    if gone:
        raise RefusedError("moving.server-gone", subject=note.slug, server=gone[0])
    known = work.folder / writer.FOLDER / rendering.KNOWN_HOSTS
    with ExitStack() as stack:
        source, target = (
            stack.enter_context(Door(servers[name], known, work.options.private_key))
            for name in (note.source, note.target)
        )
        yield Move(work.folder, host, prepared.specs.tenants[note.slug], note, source, target, work.say)


def check_room(move: Move) -> None:
    """Stop before anything is noted where it can't come.

    Raises:
        RefusedError: the target hasn't room, or has something of the municipality already.
    """
    sizes = move.source.ask("look", move.host, **move.words)["sizes"]
    there = move.target.ask("room", move.host, **move.words)
    if there["home"]:
        raise RefusedError("moving.something-there", subject=move.note.slug, server=move.note.target)
    # Databases come as dumps, and are loaded beside them.
    wanted = sizes["files"] + 2 * sum(size for part, size in sizes.items() if part != "files")
    if there["free"] < wanted + SPARE_MIB * 2**20:
        figures = {"free": there["free"] >> 20, "wanted": (wanted >> 20) + SPARE_MIB}
        raise RefusedError("moving.no-room", subject=move.note.slug, server=move.note.target, **figures)


def carry_out(work: Work, prepared: Prepared, move: Move) -> Note:
    """Everything that is still to be done; ``prepared`` is the plan with the municipality at the target.

    Raises:
        NuageError: a step failed; the note says how far it is, and the same command goes on.
    """
    if move.note.phase is Phase.PREPARING:
        move.come_to(Phase.PREPARING)
        _prepare(work, prepared, move)
        move.come_to(Phase.COPYING)
    if move.note.phase is Phase.CLOSING:
        # An interrupted run closed it, perhaps: it serves while the files go over once more.
        move.source.ask("open", move.host, **move.words)
        move.come_to(Phase.COPYING)
    if move.note.phase is Phase.COPYING:
        move.target.ask("close", move.host, to="", **move.words)
        steps.first_passes(move)
        move.figures["since"] = time.monotonic()
        move.come_to(Phase.CLOSING)
        steps.last_pass(move)
        move.target.ask("try", move.host, pages=_pages(work.folder, move.host), **move.words)
        figures = {part: move.figures[part] for part in ("files", "rows")}
        move.come_to(Phase.SWITCHED, **figures)
    return _finish(work, prepared, move)


def _prepare(work: Work, prepared: Prepared, move: Move) -> None:
    """An empty place at the target, which was seen to work; closed."""
    names = ",".join(domains(move.tenant))
    certificates = Carried(
        move.host, "give-certificates", "take-certificates", move.words, {"domains": names}
    )
    carry(move.source, move.target, certificates, lambda total: None)
    made = workflow.rendered(prepared, work.password)
    files = {**made.files, rendering.HOSTS: _without_copies(made.files[rendering.HOSTS], move.host)}
    writer.write(work.folder / INVENTORY, files)
    done = run(
        Request(
            playbook="site.yml",
            inventory=(work.folder / INVENTORY).resolve(),
            servers={move.host: move.note.target, move.note.target: move.note.target},
            logs=work.folder / "runs",
            limit=f"{move.host},{move.note.target}",
            forks=work.options.forks,
            private_key=work.options.private_key,
            vault=rendering.VAULT in files,
        ),
        work.on_event,
    )
    judge(done)
    move.target.ask("close", move.host, to="", **move.words)


def _without_copies(text: str, host: str) -> str:
    """The keeper lets one server write a municipality's copies: the source, until the move is over."""
    inventory = json.loads(text)
    variables = inventory["all"]["hosts"][host]
    kept = {name: value for name, value in variables.items() if not name.startswith("tenant_backup_")}
    inventory["all"]["hosts"][host] = kept
    return json.dumps(inventory, ensure_ascii=False, sort_keys=True) + "\n"


def _pages(folder: Path, host: str) -> str:
    """What the place must answer before people come."""
    inventory = json.loads((folder / INVENTORY / rendering.HOSTS).read_text(encoding="utf-8"))
    pages = inventory["all"]["hosts"][host]["nuage_pages"]
    return ",".join(f"{page['domain']}:{page['path']}:{page['status']}" for page in pages)


def _finish(work: Work, prepared: Prepared, move: Move) -> Note:
    """The target opens, the lock says so, and what deployments know of it is so again."""
    move.target.ask("open", move.host, trusted=move.source.server.address, **move.words)
    if "since" in move.figures:
        steps.time_since(move, "stopped_s")
        move.come_to(Phase.SWITCHED, stopped_s=move.figures["stopped_s"])
    to = move.target.server.address
    move.source.ask("pass-on", move.host, _authority(work.folder, prepared), to=to, **move.words)
    place(work.folder, move.host, move.note.target)
    for door in (move.source, move.target):
        door.ask("discard", move.host, **move.words)
    settle(work, frozenset({move.tenant.code}))
    move.come_to(Phase.KEPT)
    return move.note


def _authority(folder: Path, prepared: Prepared) -> str:
    """Certificate of the consortium's own authority; empty where everybody knows it."""
    name = prepared.specs.consortium.acme.authority_file
    return read_text(folder / name) if name else ""


def place(folder: Path, host: str, server: str) -> None:
    """The lock with the municipality at another server, and nothing else changed."""
    path = folder / locks.NAME
    lock = locks.parse(path.read_text(encoding="utf-8"), str(path))
    placed = lock.placements[host].model_copy(update={"server": server})
    write_atomic(
        path, locks.render(lock.model_copy(update={"placements": {**lock.placements, host: placed}}))
    )


def settle(work: Work, codes: frozenset[str]) -> None:
    """An apply for these, as any other.

    Raises:
        NuageError: a part of it failed, and why.
    """
    workflow.carry_out(workflow.prepare(work.folder), work.password)
    judge(deployment.run_playbook(work.folder, "site.yml", work.options, work.on_event, only=codes))


def undo(work: Work, move: Move) -> None:
    """The source opens; what was begun at the target goes.

    Raises:
        RefusedError: the target is the truth already.
    """
    if move.note.phase not in BEFORE_SWITCH | {Phase.UNDOING}:
        raise RefusedError("moving.switched", subject=move.note.slug, server=move.note.target)
    move.come_to(Phase.UNDOING)
    move.source.ask("open", move.host, **move.words)
    destroy(work, move.tenant, move.note.target)
    move.source.ask("discard", move.host, **move.words)
    settle(work, frozenset({move.tenant.code}))
    notes.put(work.folder, move.host, None)


def destroy(work: Work, tenant: Tenant, server: str, *, only_closed: bool = False) -> None:
    """All that the municipality's applications have on a server; a person consented.

    Raises:
        NuageError: something of it is left, and what.
    """
    build = work.folder / writer.FOLDER
    place = {"code": tenant.code, "domains": list(domains(tenant)), "only_closed": only_closed}
    done = run(
        Request(
            playbook="places.yml",
            inventory=build.resolve(),
            servers={server: server},
            logs=work.folder / "runs",
            limit=server,
            private_key=work.options.private_key,
            vault=False,
            extra={"nuage_place": place},
        ),
        work.on_event,
    )
    judge(done)


def judge(done: Run) -> None:
    """Every part of a run that failed.

    Raises:
        NuageError: there is one.
    """
    if done.status == "canceled":
        raise KeyboardInterrupt
    failed = [result for result in done.results.hosts.values() if result.failed]
    problems = [result.problem for result in failed if result.problem]
    if problems:
        if any(result.outcome is Outcome.UNREACHABLE for result in failed):
            raise UnreachableError.of(problems)
        raise PartialFailureError.of(problems)
    if done.code != 0:
        raise NuageError("apply.ansible-failed", file=str(done.log))


def figures(move: Move) -> Mapping[str, object]:
    """What was measured."""
    return {name: value for name, value in move.figures.items() if name != "since"}
