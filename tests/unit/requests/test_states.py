from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from provisioner.errors import InvalidInputError, RefusedError
from provisioner.requests.states import TRANSITIONS, Change, changed
from provisioner.spec.tenant import State, Tenant

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
PERSON = {"name": "A. Roy", "email": "a.roy@abercorn.example"}
LEGAL = {
    ("approve", "requested"): "approved",
    ("refuse", "requested"): "refused",
    ("reopen", "refused"): "requested",
    ("suspend", "approved"): "suspended",
    ("suspend", "active"): "suspended",
    ("resume", "suspended"): "active",
    ("resume", "leaving"): "active",
    ("leave", "approved"): "leaving",
    ("leave", "active"): "leaving",
    ("leave", "suspended"): "leaving",
}


def tenant(state: State) -> Tenant:
    return Tenant.model_validate(
        {
            "code": "46005",
            "name": "Abercorn",
            "designation": "Village",
            "contacts": {"administrator": PERSON, "privacy_officer": PERSON},
            "domains": {"website": "www.abercorn.example"},
            "services": {"wordpress": {"size": "medium"}},
            "ring": "courant",
            "state": state,
            "leaving_until": "2027-01-31" if state is State.LEAVING else None,
            "history": [{"at": NOW, "by": "bob", "action": "request"}],
        }
    )


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("action", list(TRANSITIONS))
def test_only_legal_changes_pass(action: str, state: State) -> None:
    until = date(2027, 1, 31) if action == "leave" else None
    asked = Change(action, "alice", NOW, "parce que", until)
    if (action, state.value) not in LEGAL:
        with pytest.raises(RefusedError) as caught:
            changed("abercorn", tenant(state), asked)
        assert caught.value.problems[0].context["state"] == state.value
        return
    before = tenant(state)
    after = changed("abercorn", before, asked)
    assert after.state.value == LEGAL[action, state.value]
    assert after.leaving_until == until
    assert after.history[:-1] == before.history
    event = after.history[-1]
    assert (event.at, event.by, event.action, event.reason) == (NOW, "alice", action, "parce que")
    assert after.services == before.services


def test_nobody_leaves_in_the_past() -> None:
    asked = Change("leave", "alice", NOW, "fin", date(2026, 11, 22))
    with pytest.raises(InvalidInputError) as caught:
        changed("abercorn", tenant(State.ACTIVE), asked)
    assert caught.value.problems[0].key == "request.date-past"
