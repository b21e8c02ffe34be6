"""Who may reach Keycloak's administration, as nginx reads it."""

from __future__ import annotations

import jinja2

from tests.conftest import ROOT

TEMPLATE = "roles/server_identity/templates/etc/nginx/nuage-snippets/identity-administration.conf.j2"


def test_programs_on_servers_are_refused_before_any_network_is_let_in() -> None:
    environment = jinja2.Environment(trim_blocks=True, autoescape=True)
    text = environment.from_string((ROOT / TEMPLATE).read_text()).render(
        ansible_managed="",
        server_identity_address="192.0.2.10",
        server_identity_application_addresses=["192.0.2.11", "2001:db8::11"],
        server_identity_administration_networks=["192.0.2.0/24"],
    )
    rules = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert rules == ["deny 192.0.2.10;", "deny 192.0.2.11;", "deny 2001:db8::11;", "allow 192.0.2.0/24;"]
