"""The states that a municipality goes through, and who may bring it from which to which.

Approving says yes to a request: from then on the plan places the municipality as it does an active one.
Every change is an event of the municipality's history: when, by whom and why.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from provisioner.errors import InvalidInputError, RefusedError
from provisioner.spec.tenant import Event, State, Tenant


@dataclass(frozen=True)
class Transition:
    """An action, the states it starts from, and the one it leads to."""

    action: str
    start: frozenset[State]
    end: State
    reason_needed: bool = False
    """The municipality is owed a reason."""


_RUNNING = frozenset({State.APPROVED, State.ACTIVE})

TRANSITIONS = {
    one.action: one
    for one in (
        Transition("approve", frozenset({State.REQUESTED}), State.APPROVED),
        Transition("refuse", frozenset({State.REQUESTED}), State.REFUSED, reason_needed=True),
        Transition("reopen", frozenset({State.REFUSED}), State.REQUESTED),
        Transition("suspend", _RUNNING, State.SUSPENDED, reason_needed=True),
        Transition("resume", frozenset({State.SUSPENDED, State.LEAVING}), State.ACTIVE),
        Transition(
            "leave",
            frozenset({State.APPROVED, State.ACTIVE, State.SUSPENDED}),
            State.LEAVING,
            reason_needed=True,
        ),
    )
}


@dataclass(frozen=True)
class Change:
    """What is asked: the action, by whom, when, why, and until when for `leave`."""

    action: str
    by: str
    at: datetime
    reason: str = ""
    until: date | None = None


def changed(slug: str, tenant: Tenant, change: Change) -> Tenant:
    """The tenant after the change.

    Raises:
        RefusedError: its state doesn't allow the action.
        InvalidInputError: the reason is missing, or the last day is in the past.
    """
    transition = TRANSITIONS[change.action]
    if tenant.state not in transition.start:
        raise RefusedError(
            "request.wrong-state",
            subject=slug,
            state=tenant.state.value,
            action=change.action,
            allowed=", ".join(sorted(state.value for state in transition.start)),
        )
    if change.until is not None and change.until < change.at.date():
        raise InvalidInputError("request.date-past", subject="--until", value=change.until.isoformat())
    if transition.reason_needed and not change.reason.strip():
        raise InvalidInputError("request.no-reason", subject="--reason")
    event = Event(at=change.at, by=change.by, action=change.action, reason=change.reason)
    return Tenant.model_validate(
        {
            **{name: getattr(tenant, name) for name in Tenant.model_fields},
            "state": transition.end,
            "leaving_until": change.until,
            "history": (*tenant.history, event),
        }
    )
