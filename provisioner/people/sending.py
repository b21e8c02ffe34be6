"""What is asked about people, on the server of their realm.

It goes by memory that Ansible reads as a file, never by a command line or a disk; what comes back stays in memory.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from provisioner import deployment, messages
from provisioner.errors import NuageError, PartialFailureError, Problem, RefusedError, UnreachableError
from provisioner.execution.handing import handed_on
from provisioner.execution.results import Outcome
from provisioner.execution.runner import Run
from provisioner.people.person import Person
from provisioner.spec.tenant import State, Tenant

_VARIABLE = "NUAGE_PEOPLE"


def demand_accounts(slug: str, tenant: Tenant) -> None:
    """Only a municipality with accounts at work has people here.

    Raises:
        RefusedError: it has none.
    """
    if tenant.services.identity is None:
        raise RefusedError("users.no-accounts", subject=slug)
    if tenant.state not in (State.APPROVED, State.ACTIVE, State.LEAVING):
        state = messages.text(f"request.state-{tenant.state}")
        raise RefusedError("users.not-active", subject=slug, state=state)


def carry_out(
    folder: Path, options: deployment.Options, code: str, request: Mapping[str, Any], *, check: bool = False
) -> list[dict[str, Any]]:
    """Do it in the realm of ``code``: the answer for each person, or everybody.

    Raises:
        NuageError: the server didn't answer, or said no.
    """
    whole = {"people": [], "name": "", "mail": True, "again": False, **request}
    with handed_on(_VARIABLE, json.dumps(whole, ensure_ascii=False)):
        done = deployment.run_playbook(
            folder, "users.yml", options, lambda event: None, only=frozenset({code}), check=check
        )
    _judge(done)
    if not done.results.people:
        raise RefusedError("users.not-deployed", subject=code)
    (answer,) = done.results.people.values()
    return answer


def request_of(people: Sequence[Person], *, mail: bool, again: bool) -> dict[str, Any]:
    """An import."""
    return {"do": "import", "people": [asdict(person) for person in people], "mail": mail, "again": again}


def judge(slug: str, people: Sequence[Person], outcomes: Sequence[Mapping[str, Any]]) -> None:
    """Name those whom the realm refused, and those who are in and could not be invited.

    Raises:
        PartialFailureError: there are some; the others are in.
    """
    problems = [
        Problem(
            "users.refused" if outcome["outcome"] == "failed" else "users.not-invited",
            subject=f"{slug} {person.username}",
            context={"detail": outcome["why"]},
        )
        for person, outcome in zip(people, outcomes, strict=True)
        if outcome["outcome"] == "failed" or outcome["why"]
    ]
    if problems:
        raise PartialFailureError.of(problems)


def _judge(done: Run) -> None:
    failed = [result for result in done.results.hosts.values() if result.failed]
    problems = [result.problem for result in failed if result.problem]
    if done.status == "canceled":
        raise KeyboardInterrupt
    if problems:
        unreachable = any(result.outcome is Outcome.UNREACHABLE for result in failed)
        refused = all(problem.key == "users.unknown" for problem in problems)
        kind = UnreachableError if unreachable else RefusedError if refused else PartialFailureError
        raise kind.of(problems)
    if done.code != 0:
        raise NuageError("apply.ansible-failed", file=str(done.log))
