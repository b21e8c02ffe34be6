"""Whose people can be asked about."""

from __future__ import annotations

import pytest

from provisioner import messages
from provisioner.errors import RefusedError
from provisioner.people import sending
from tests.unit.planning import making


@pytest.mark.parametrize(("language", "word"), [("fr", "suspendue"), ("en", "suspended")])
def test_a_state_is_told_in_the_reader_s_language(language: str, word: str) -> None:
    before = messages.current()
    messages.use(language)
    try:
        with pytest.raises(RefusedError) as refused:
            sending.demand_accounts("m46005", making.tenant("46005", "suspended", services={"identity": {}}))
        (problem,) = refused.value.problems
        assert f" {word}" in messages.text(problem.key, **problem.context)
    finally:
        messages.use(before)
