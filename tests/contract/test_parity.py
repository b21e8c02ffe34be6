"""Each role's defaults and its argument specs say the same."""

from __future__ import annotations

import pytest

from tests.contract import roles


def test_there_are_roles_of_both_layers() -> None:
    assert {name.split("_")[0] for name in roles.names()} == {"server", "tenant"}


@pytest.mark.parametrize("role", roles.names())
def test_defaults_are_the_specs(role: str) -> None:
    optional = {
        name: option["default"] for name, option in roles.options(role).items() if not option.get("required")
    }
    assert roles.defaults(role) == optional


@pytest.mark.parametrize("role", roles.names())
def test_required_options_have_no_default(role: str) -> None:
    required = {name: option for name, option in roles.options(role).items() if option.get("required")}
    assert not any("default" in option for option in required.values())
    assert not required.keys() & roles.defaults(role).keys()


@pytest.mark.parametrize("role", roles.names())
def test_options_carry_the_roles_name_and_a_description(role: str) -> None:
    for name, option in roles.options(role).items():
        assert name.startswith(f"{role}_")
        assert option.get("description"), name
