"""`nuage export`: everything of a municipality, of one moment, in a folder of this machine."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from provisioner import deployment, messages, workflow
from provisioner.errors import NuageError, PartialFailureError, RefusedError, UnreachableError
from provisioner.execution.handing import handed_on
from provisioner.execution.results import Outcome
from provisioner.execution.runner import EventHandler, Run
from provisioner.files import locked
from provisioner.inventory import rendering, writer
from provisioner.leaving import encrypting, fetching
from provisioner.leaving.link import Link
from provisioner.leaving.store import MANIFEST, Store
from provisioner.spec.consortium import Server
from provisioner.spec.tenant import Tenant

_VARIABLE = "NUAGE_EXPORT"
FOLDER = "exports"
"""Beside the specs, where exports go unless another folder is named."""


@dataclass(frozen=True)
class Subject:
    """Who is exported, and the servers that it lives on by inventory host."""

    slug: str
    tenant: Tenant
    servers: dict[str, Server]

    @property
    def hosts(self) -> tuple[str, ...]:
        """Its applications first."""
        return tuple(sorted(self.servers))


@dataclass(frozen=True)
class Exported:
    """A complete export."""

    folder: Path
    digest: str
    """Of its manifest: what a receipt quotes."""
    files: int
    size: int
    paused: float
    fetched: int
    """Bytes that this run brought: less than `size` where an interrupted one went on."""
    seconds: float
    """That bringing them took."""
    encrypted: Path | None = None
    """The file in the folder's place, where the municipality gave a key."""

    @property
    def where(self) -> Path:
        """What is handed over."""
        return self.encrypted or self.folder


class Watch:
    """What a run tells while it goes on: Ansible's events, then bytes."""

    def __init__(self, on_event: EventHandler, on_bytes: Callable[[int, int], None]) -> None:
        self.on_event, self._on_bytes = on_event, on_bytes
        self.brought, self.needed = 0, 0

    def brings(self, count: int) -> None:
        """So many more bytes are here."""
        self.brought += count
        self._on_bytes(self.brought, self.needed)


def subject(folder: Path, name: str) -> Subject:
    """Whom ``name`` (a code or a slug) names.

    Raises:
        RefusedError: it lives on no server.
    """
    prepared = workflow.prepare(folder)
    (code,) = deployment.codes(prepared.specs.tenants, (name,))
    slug, tenant = next((slug, one) for slug, one in prepared.specs.tenants.items() if one.code == code)
    servers = {server.id: server for server in prepared.specs.consortium.servers}
    placed = prepared.lock.placements.items()
    homes = {host: servers[one.server] for host, one in placed if host[:5] == code}
    if not homes:
        raise RefusedError("export.nowhere", subject=slug)
    return Subject(slug, tenant, homes)


def asked_of(whom: Subject, run: str, state: str = "") -> dict[str, Any]:
    """What each of its servers needs to know, by inventory host."""
    tenant = whom.tenant
    names = [tenant.domains.website, *tenant.domains.website_aliases]
    names += [tenant.domains.nextcloud] if tenant.domains.nextcloud else []
    services = sorted(name for name in tenant.services.names if name != "identity")
    common = {"run": run, "state": state}
    apps = {**common, "services": services, "domains": names, "website": tenant.domains.website}
    domain = tenant.domains.website.removeprefix("www.")
    return {
        host: {**apps, "address": server.address} if host.endswith("-apps") else {**common, "domain": domain}
        for host, server in whom.servers.items()
    }


def export(  # noqa: PLR0913  one export, named
    folder: Path,
    name: str,
    target: Path | None,
    options: deployment.Options,
    watch: Watch,
    *,
    only_leaving: bool = False,
    plain: bool = False,
) -> Exported:
    """Have it here, whole and compared; encrypted where the municipality gave a key, but for ``plain``. An interrupted
    one goes on where it was.

    ``only_leaving``: refuse where the municipality's services aren't read-only on the servers already.

    Raises:
        NuageError: what stopped it; all that is whole stays for the next run.
    """
    whom = subject(folder, name)
    key = None if plain else whom.tenant.export_key
    if key:
        encrypting.demand()
    place = target or folder / FOLDER / whom.slug
    if key and encrypting.sealed(place).exists():
        raise RefusedError("export.complete", file=str(encrypting.sealed(place)), subject=whom.slug)
    if key and encrypting.is_complete(place):
        # Only the last step was cut off.
        done = _complete(place)
    else:
        done = _bring(folder, whom, place, options, watch, "leaving" if only_leaving else "")
    return replace(done, encrypted=encrypting.seal(place, key)) if key else done


def _complete(place: Path) -> Exported:
    text = (place / MANIFEST).read_bytes()
    files = json.loads(text)["files"]
    size = sum(one["size"] for one in files)
    return Exported(place, hashlib.sha256(text).hexdigest(), len(files), size, 0.0, 0, 0.0)


def _bring(  # noqa: PLR0913, PLR0917  one export, named
    folder: Path, whom: Subject, place: Path, options: deployment.Options, watch: Watch, state: str
) -> Exported:
    store = Store(place)
    run = store.open(whom.slug, f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    with locked(place):
        held = _hold(folder, whom, asked_of(whom, run, state), options, watch)
        here = sum(one.size for one in store.fetched.values())
        store.room(sum(one["bytes"] for one in held.values()) - here)
        links = {
            host: Link(server, folder / writer.FOLDER / rendering.KNOWN_HOSTS, options.private_key)
            for host, server in whom.servers.items()
        }
        began = time.monotonic()
        _fetch(store, links, run, watch)
        seconds = time.monotonic() - began
        store.check_earlier()
        about = _about(whom, run, held)
        digest = store.close(about, dict(pages(whom, about)))
        for host, link in links.items():
            list(link.lines("end", host))
    size = sum(one.size for one in store.fetched.values())
    paused = max(one["paused"] for one in held.values())
    return Exported(place, digest, len(store.fetched), size, paused, watch.brought, round(seconds, 2))


def _hold(
    folder: Path, whom: Subject, hosts: dict[str, Any], options: deployment.Options, watch: Watch
) -> dict[str, dict[str, Any]]:
    asked = {"do": "begin", "hosts": hosts}
    with handed_on(_VARIABLE, json.dumps(asked)):
        only = frozenset({whom.tenant.code})
        done = deployment.run_playbook(folder, "export.yml", options, watch.on_event, only=only)
    if done.status == "canceled":
        raise KeyboardInterrupt
    judge(done)
    return done.results.exports


def _fetch(store: Store, links: dict[str, Link], run: str, watch: Watch) -> None:
    lists = {}
    for host, link in links.items():
        _, *items = link.lines("list", host)
        lists[host] = items
    store.drop({(host, item["name"]) for host, items in lists.items() for item in items})
    left = {host: fetching.missing(store, host, items) for host, items in lists.items()}
    watch.needed = sum(item["size"] for items in left.values() for item in items)
    for host, items in left.items():
        fetching.fetch(links[host], host, run, store, items, watch.brings)


def _about(whom: Subject, run: str, held: dict[str, dict[str, Any]]) -> dict[str, Any]:
    moments = {
        host: f"{datetime.fromtimestamp(one['at'], UTC):%Y-%m-%dT%H:%M:%SZ}" for host, one in held.items()
    }
    return {
        "code": whom.tenant.code,
        "municipality": whom.tenant.name,
        "slug": whom.slug,
        "run": run,
        "moments": moments,
        "services": list(whom.tenant.services.names),
    }


PAGES = {"fr": "LISEZMOI.txt", "en": "README.txt"}
SECTIONS = {
    "nextcloud": ("files", "deleted", "versions", "calendars", "contacts"),
    "wordpress": ("website",),
    "identity": ("people",),
}


def pages(whom: Subject, about: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What each folder is and what opens it, in both languages."""
    moment = min(about["moments"].values())
    for language, file in PAGES.items():
        texts = messages.catalogue(language, "export-page")
        told = [name for service, names in SECTIONS.items() if service in about["services"] for name in names]
        parts = [texts["head"], *(texts[name] for name in told), texts["databases"], texts["tail"]]
        context = {"name": whom.tenant.name, "code": whom.tenant.code, "moment": moment, "manifest": MANIFEST}
        yield file, "\n".join(part.format(**context) for part in parts)


def judge(done: Run) -> None:
    """Why the servers hold nothing.

    Raises:
        NuageError: one of them didn't answer, or said no.
    """
    failed = [result for result in done.results.hosts.values() if result.failed]
    problems = [result.problem for result in failed if result.problem]
    if problems:
        if any(result.outcome is Outcome.UNREACHABLE for result in failed):
            raise UnreachableError.of(problems)
        raise PartialFailureError.of(problems)
    if done.code != 0 or not done.results.exports:
        raise NuageError("apply.ansible-failed", file=str(done.log))
