"""An audit from beginning to end: specs, servers, measurements, browser, registries, verdicts, seal."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from provisioner import deployment, workflow
from provisioner.audit.bundle import canonical, layout
from provisioner.audit.bundle.reading import Bundle
from provisioner.audit.controls.judge import judge_all
from provisioner.audit.location.prober import Vantage
from provisioner.audit.observing import beginning, browsing, measured, servers
from provisioner.audit.observing.beginning import Beginning, Scope
from provisioner.audit.observing.display import Steps
from provisioner.audit.observing.looking_up import looked_up
from provisioner.errors import MachineError, Problem, RefusedError
from provisioner.leaving import certificates
from provisioner.workflow import Prepared


@dataclass(frozen=True)
class Asked:
    """What is to be collected, and how."""

    folder: Path
    options: deployment.Options
    only: frozenset[str] = frozenset()
    browser: bool = True
    measurements: tuple[Path, ...] = ()
    point: Vantage | None = None
    """This machine, where it is a vantage point itself."""
    possession: bool = False
    """Whether it also asks each server about each municipality's data."""
    begun: Beginning | None = None
    """One that vantage points were told of already; None for a new one."""
    previous: str | None = None
    """The newest audit in the log."""


@dataclass
class Collected:
    """What goes into the bundle by path, and what could not be collected: that isn't checked, and never passes."""

    files: dict[str, bytes]
    findings: list[dict[str, Any]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    servers: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    """Servers that nothing is known of."""


def collect(asked: Asked, steps: Steps) -> Collected:
    """All of it but the seal; writes nothing.

    Raises:
        InvalidInputError: the specs, or a measurement, are invalid.
        RefusedError: nobody who was chosen lives on a server.
        MachineError: there is no built inventory, or no Ansible.
    """
    prepared = workflow.prepare(asked.folder)
    whom = beginning.scope(prepared, asked.only)
    if not whom.servers:
        raise RefusedError("audit-collect.nobody")
    begun = asked.begun or beginning.begin()
    audit = beginning.audit_document(prepared, whom, begun, asked.previous)
    found = Collected(beginning.spec_files(prepared, whom), servers=whom.servers)
    found.files |= boundaries()
    found.files |= certificates.of_audit(asked.folder)
    found.files |= measured.read(asked.measurements, begun, whom.servers)
    if asked.point is not None:
        steps.begin("measurements")
        homes = beginning.homes(prepared, whom) if asked.possession else dict.fromkeys(whom.servers, ())
        files, problems = measured.probe(begun, prepared.specs.consortium, homes, asked.point)
        found.files |= files
        found.problems += problems
    _servers(asked, prepared, whom, begun, found, steps)
    if asked.browser:
        _browser(prepared, whom, found, steps)
    steps.begin("registries")
    documents = Bundle(found.files).documents()
    found.files[layout.LOOKUPS] = canonical.dumps(looked_up(documents, beginning.names(prepared)))
    steps.begin("judging")
    found.files[layout.AUDIT] = canonical.dumps({**audit, "ended": beginning.now()})
    found.findings = judge_all(Bundle(found.files).documents())
    found.files[layout.FINDINGS] = canonical.dumps({"findings": found.findings})
    return found


def _servers(  # noqa: PLR0913, PLR0917  the steps share all of it
    asked: Asked, prepared: Prepared, whom: Scope, begun: Beginning, found: Collected, steps: Steps
) -> None:
    steps.begin("servers", len(whom.servers))
    keys = {one.id: one.ssh_host_key for one in prepared.specs.consortium.servers if one.id in whom.servers}
    asking = servers.Asking(asked.folder, asked.options, begun, keys, asked.only)
    observed = servers.observe(asking, lambda server: steps.advance())
    found.files |= observed.files
    found.problems += observed.problems.values()
    found.silent = tuple(sorted(observed.problems))


def _browser(prepared: Prepared, whom: Scope, found: Collected, steps: Steps) -> None:
    steps.begin("browser", len(whom.slugs))
    consortium, placed = prepared.specs.consortium, prepared.plan.lock.placements
    domains = {server.id: server.identity_domain for server in consortium.servers}
    sites = []
    for code, slug in sorted(whom.slugs.items()):
        accounts = placed.get(f"{code}-identity")
        domain = domains.get(accounts.server) if accounts else None
        sites.append(browsing.Visited(code, *beginning.pages(prepared.specs.tenants[slug], domain)))
    try:
        seen = browsing.visit(
            sites,
            beginning.names(prepared),
            own_authority=consortium.acme.authority_file is not None,
            on_site=lambda code: steps.advance(),
        )
    except MachineError as error:
        # What the pages contact isn't checked, and the findings say so.
        found.problems += error.problems
        return
    found.files |= {layout.browser(code): canonical.dumps(value) for code, value in seen.items()}


def boundaries() -> dict[str, bytes]:
    """The boundary that locations are judged with, as it is shipped."""
    data = resources.files("provisioner.audit.location") / "data"
    return {
        path: canonical.dumps(canonical.loads((data / name).read_bytes()))
        for path, name in (
            (layout.BOUNDARY_INNER, "quebec-inner.json"),
            (layout.BOUNDARY_OUTER, "quebec-outer.json"),
        )
    }
