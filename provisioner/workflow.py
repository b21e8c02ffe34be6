"""From a consortium's folder to a plan, and from a plan to its inventory: where planning meets the disk.

`nuage plan`, `build` and `apply` share these, so that what was shown is what is carried out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from provisioner import folder as folders
from provisioner.artifacts import lockfile, requirements
from provisioner.artifacts.cache import Cache, folder_from
from provisioner.artifacts.requirements import Asked
from provisioner.errors import InvalidInputError, MachineError, Problem, RefusedError
from provisioner.files import locked, read_text, write_atomic, write_if_changed
from provisioner.inventory import authorities, given, rendering, vault, writer
from provisioner.inventory.layers import layers
from provisioner.inventory.tenant_variables import SECRETS
from provisioner.inventory.tree import collection_root
from provisioner.planning import lock as locks
from provisioner.planning.diff import plan
from provisioner.planning.lock import Lock
from provisioner.planning.model import Consent, Plan, Refusal
from provisioner.spec.consortium import ServerRole
from provisioner.spec.services import Services
from provisioner.upgrading import choosing
from provisioner.upgrading.chosen import PARTS, Chosen

SHORTEST_DIGEST = 12
"""Fewest characters of a digest that name a plan."""

Password = Callable[[], bytes]


@dataclass(frozen=True)
class Prepared:
    """A plan, with the specs and the lock that it was made from."""

    specs: folders.ConsortiumFolder
    lock: Lock
    plan: Plan


@dataclass(frozen=True)
class Built:
    """What `build` did: the inventory's folder, the files written or removed, the secrets generated."""

    prepared: Prepared
    inventory: Path
    files: tuple[str, ...]
    new_secrets: int


def prepare(folder: Path, consent: Consent | None = None) -> Prepared:
    """Read the specs and the lock, and plan. Writes nothing.

    Raises:
        InvalidInputError: the specs or the lock are invalid.
        RefusedError: the lock is gone, though the vault is there.
    """
    specs = folders.load(folder)
    path = folder / locks.NAME
    if not path.exists() and (folder / vault.NAME).exists():
        # Secrets, so municipalities live somewhere: placing them anew would leave their sites behind.
        raise RefusedError("plan.lock-gone", file=str(path))
    lock = locks.parse(read_text(path), str(path)) if path.exists() else Lock()
    secrets = given.digests(folder, specs.tenants.values())
    return Prepared(specs, lock, plan(specs.consortium, specs.tenants, lock, consent, secrets))


def replanned(prepared: Prepared, consent: Consent | None = None) -> Prepared:
    """The same specs, which a person may have changed on disk since, planned anew from ``prepared.lock``."""
    specs = prepared.specs
    secrets = given.digests(specs.folder, specs.tenants.values())
    new = plan(specs.consortium, specs.tenants, prepared.lock, consent, secrets)
    return Prepared(specs, prepared.lock, new)


def lock_of(folder: Path) -> Lock:
    """The lock as it is on disk."""
    path = folder / locks.NAME
    return locks.parse(read_text(path), str(path))


def demand_digest(prepared: Prepared, digest: str) -> None:
    """Let only the plan through that a person reviewed, or the rest of it: an interrupted one may resume.

    Raises:
        RefusedError: the specs or the lock have changed since, or the digest is too short.
    """
    current = prepared.plan
    carried_out = not current.actions and prepared.lock.following == current.digest
    accepted = [current.digest, *([prepared.lock.plan] if carried_out else [])]
    if len(digest) < SHORTEST_DIGEST or not any(each.startswith(digest) for each in accepted):
        raise RefusedError("plan.other-digest", asked=digest, digest=current.digest[:16])


def refuse(current: Plan) -> None:
    """Stop where the plan has refusals: nothing of it is carried out.

    Raises:
        RefusedError: every refusal, with its reason.
    """
    if current.refusals:
        raise RefusedError.of([refusal_problem(refusal) for refusal in current.refusals])


def refusal_problem(refusal: Refusal) -> Problem:
    """A refusal as a problem that the console shows."""
    context: dict[str, object] = {
        "code": refusal.code, "slug": refusal.slug, "server": refusal.server, "host": refusal.host
    }  # fmt: skip
    subject = refusal.slug or refusal.server
    return Problem(f"plan.refusal-{refusal.reason}", subject=subject, context=context)


def build(folder: Path, password: Password, consent: Consent | None = None, digest: str = "") -> Built:
    """Plan and carry out the placement: secrets, inventory and lock, under the folder's lock.

    Raises:
        RefusedError: the plan has refusals, or isn't the one that ``digest`` names.
        LockedError: another run works in the folder.
        MachineError: the vault's password is missing, or the folder can't be written.
    """
    with locked(folder):
        prepared = prepare(folder, consent)
        if digest:
            demand_digest(prepared, digest)
        return carry_out(prepared, password)


@dataclass(frozen=True)
class Rendered:
    """What a plan's inventory and lock would be; nothing of it is written yet, but secrets are in the vault."""

    files: dict[str, str]
    lock: Lock
    chosen: Chosen
    new_secrets: int


def rendered(prepared: Prepared, password: Password) -> Rendered:
    """The inventory of a plan that nothing refuses.

    Raises:
        RefusedError: the plan has refusals, or a secret from elsewhere isn't there.
        MachineError: the vault's password is missing.
    """
    refuse(prepared.plan)
    folder, specs = prepared.specs.folder, prepared.specs
    _refuse_without_given(prepared)
    vouching = authorities.read(folder, specs.consortium.identity_authorities)
    sealed, new_secrets = _secrets(folder, prepared.plan.lock, password)
    after = _with_secrets(prepared.plan.lock)
    pins = lockfile.load(folder)
    requirements.demand_pins(asked(prepared), pins)
    code = layers(collection_root()).with_files(vouching)
    living = [specs.tenants[placed.slug] for placed in after.placements.values()]
    chosen = choosing.completed(choosing.read(folder), living, pins)
    files = rendering.render(specs.consortium, specs.tenants, after.placements, code, pins, chosen)
    if sealed:
        files[rendering.VAULT] = sealed
    return Rendered(files, after, chosen, new_secrets)


def carry_out(prepared: Prepared, password: Password) -> Built:
    """Like `build`, for a caller that holds the folder's lock and has prepared the plan."""
    made, folder = rendered(prepared, password), prepared.specs.folder
    inventory = folder / writer.FOLDER
    touched = writer.write(inventory, made.files)
    choosing.write(folder, made.chosen)
    # Last: an interrupted build finds the old lock, and makes the same plan again.
    write_if_changed(folder / locks.NAME, locks.render(made.lock))
    return Built(prepared, inventory, tuple(touched), made.new_secrets)


def asked(prepared: Prepared) -> dict[str, tuple[str, ...]]:
    """The archives that the plan's servers and municipalities need, and who needs each."""
    specs = prepared.specs
    servers = [
        Asked(frozenset({"identity"}), who=server.id)
        for server in specs.consortium.servers
        if ServerRole.IDENTITY in server.roles
    ]
    living = sorted({placed.slug for placed in prepared.plan.lock.placements.values()})
    tenants = [(slug, specs.tenants[slug].services) for slug in living if slug in specs.tenants]
    return requirements.required(
        [
            *servers,
            *(
                Asked(
                    _needing(services),
                    services.nextcloud.apps if services.nextcloud else frozenset(),
                    slug,
                )
                for slug, services in tenants
            ),
        ]
    )


def _needing(services: Services) -> frozenset[str]:
    # A website with passwords of its own needs nothing for signing in.
    names = frozenset(services.names)
    return names if services.website_accounts or services.identity is None else names - {"wordpress"}


def demand_archives(prepared: Prepared, environ: Mapping[str, str]) -> None:
    """Stop before anything is touched where this machine lacks an archive that the plan needs.

    Raises:
        MachineError: every archive that is missing, for whom, why, and how to supply it.
    """
    folder, cache = prepared.specs.folder, Cache(folder_from(environ))
    pins, needs, chosen = lockfile.load(folder), asked(prepared), choosing.read(folder)
    problems = requirements.missing(needs, pins, cache)
    for name in sorted(chosen.releases):
        former = chosen.pins_of_release(name, pins)
        there = {slug for slug, code in _codes(prepared).items() if chosen.release_of(code) == name}
        theirs = {part: who for part, who in needs.items() if part in PARTS and there & set(who)}
        problems += [each for each in requirements.missing(theirs, former, cache) if each not in problems]
    if problems:
        raise MachineError.of(problems)


def _codes(prepared: Prepared) -> dict[str, str]:
    return {slug: tenant.code for slug, tenant in prepared.specs.tenants.items()}


def _refuse_without_given(prepared: Prepared) -> None:
    living = {placed.slug for placed in prepared.plan.lock.placements.values()}
    tenants = [tenant for slug, tenant in prepared.specs.tenants.items() if slug in living]
    absent = given.missing(prepared.specs.folder, tenants)
    if absent:
        raise RefusedError.of(
            [
                Problem("secrets.not-given", subject=name, context={"code": code, "name": name})
                for code, name in absent
            ]
        )


def _secrets(folder: Path, after: Lock, password: Password) -> tuple[str, int]:
    """The vault's text, completed where something is missing, and how many secrets are new."""
    path = folder / vault.NAME
    password = cache(password)  # a person is asked once
    missing = sorted(
        host[:5] for host, placed in after.placements.items() if not set(SECRETS) <= set(placed.secrets)
    )
    if not path.exists():
        if any(placed.secrets for placed in after.placements.values()):
            # New secrets would lock the municipalities out of their own sites.
            raise InvalidInputError("secrets.vault-gone", file=str(path))
        if not missing:
            return "", 0
        held: dict[str, dict[str, str]] = {}
    elif not missing:
        return read_text(path), 0
    else:
        held = vault.unlock(read_text(path), password(), str(path))
    completed = vault.complete(held, missing, SECRETS)
    count = sum(map(len, completed.values())) - sum(map(len, held.values()))
    if not count:
        return read_text(path), 0
    sealed = vault.seal(completed, password())
    if not (folder / locks.NAME).exists():
        # An empty one, before the vault: interrupted in between, the next build doesn't take it for lost.
        write_atomic(folder / locks.NAME, locks.render(Lock()))
    write_atomic(path, sealed, 0o600)
    return sealed, count


def _with_secrets(lock: Lock) -> Lock:
    placements = {
        host: placed.model_copy(update={"secrets": tuple(sorted({*placed.secrets, *SECRETS}))})
        for host, placed in lock.placements.items()
    }
    return lock.model_copy(update={"placements": placements})
