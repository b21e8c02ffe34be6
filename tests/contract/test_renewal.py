"""Every certificate makes the host stale whose roles renew it, some weeks before its end."""

from __future__ import annotations

import jinja2
import pytest
import yaml

from tests.conftest import ROOT


@pytest.mark.parametrize(("roles", "domains"), [(["identity"], "['identite.example']"), (["apps"], "")])
def test_a_server_records_the_name_that_its_own_certificate_is_for(roles: list[str], domains: str) -> None:
    plays = yaml.safe_load((ROOT / "playbooks/servers.yml").read_text())
    tasks = [task for play in plays for task in play.get("tasks", [])]
    (record,) = [task for task in tasks if "nuage_commun.platform.converged_record" in task]
    text = record["nuage_commun.platform.converged_record"]["facts"]["domains"]
    facts = {"nuage_roles": roles, "server_identity_domain": "identite.example"}
    assert (
        jinja2.Environment(autoescape=True).from_string(text).render(facts).replace("&#39;", "'") == domains
    )
