"""What a server's observation gives has the shape that the controls read: the two halves of an audit fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import test_audit_applications as applications
import test_audit_parsers as parsers
from ansible_collections.nuage_commun.platform.plugins.module_utils import (
    audit_access,
    audit_copies,
    audit_keeping,
    audit_nextcloud,
    audit_realms,
    audit_system,
    audit_traffic,
)

from provisioner.audit.controls import topics
from provisioner.audit.controls.shapes import misfit
from provisioner.audit.observing import specs
from provisioner.spec.consortium import Consortium
from provisioner.spec.tenant import Tenant
from tests.unit.spec import samples

SERVER = topics.SERVER


def test_specs() -> None:
    consortium = Consortium.model_validate(samples.CONSORTIUM)
    tenant = Tenant.model_validate(samples.TENANT)
    assert misfit(specs.consortium_document(consortium), topics.CONSORTIUM) is None
    assert misfit(specs.municipality_document(tenant), topics.TENANT_SPEC) is None


def test_traffic() -> None:
    assert misfit(audit_traffic.parsed_sockets(parsers.SOCKETS), SERVER["sockets"]) is None
    rules = {**audit_traffic.ruleset(parsers.RULESET), "ruleset_sha256": "ab" * 32}
    assert misfit(rules, SERVER["egress"]) is None


def test_destinations(tmp_path: Path) -> None:
    from ansible_collections.nuage_commun.platform.plugins.module_utils import audit_network

    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/resolv.conf").write_text("nameserver 192.0.2.53\n")
    found = audit_network.destinations(tmp_path)
    assert misfit(found, SERVER["destinations"]) is None
    assert set(found) == set(SERVER["destinations"])


def test_updates_and_packages() -> None:
    updates = audit_system.updates(parsers.UPDATES)
    assert misfit(updates, SERVER["system"]["pending_updates"]) is None
    # Nothing was installed before: there is no version to tell.
    assert updates[-1]["installed"] is None


def test_certificates_and_logs(tmp_path: Path) -> None:
    certificate = audit_keeping.parsed_certificate(parsers.CERTIFICATE)
    assert misfit([certificate], SERVER["tls"]["certificates"]) is None
    (tmp_path / "nginx").write_text(
        "/var/log/nginx/*.log {\n  daily\n  rotate 14\n}\n/var/log/x { size 1M }\n"
    )
    assert misfit(audit_keeping.rotated(tmp_path), SERVER["retention"]["logs"]) is None


def test_copies(tmp_path: Path) -> None:
    settings, state = tmp_path / "settings", tmp_path / "state"
    settings.mkdir()
    state.mkdir()
    for name in ("46005-apps.json", "46010-identity.json", "mail.json", "46005-apps.password"):
        (settings / name).write_text(json.dumps({"keeper": "192.0.2.90", "contact": "x@y.example"}))
    (state / "46005-apps.json").write_text('{"success": {"at": 1764400000}, "failure": null}')
    (state / "46005-apps.drill.json").write_text('{"at": 1764300000, "good": true, "differences": []}')
    (state / "46010-identity.json").write_text('{"failure": {"detail": "half')
    found = audit_copies.copies(settings, state)
    assert misfit(found, SERVER["copies"]) is None
    assert [one["last"] for one in found["kept"]] == ["2025-11-29T07:06:40Z", None]
    assert found["kept"][0]["drill"] == {"at": "2025-11-28T03:20:00Z", "good": True}


def test_keys_and_roles() -> None:
    blob = "AAAAC3NzaC1lZDI1NTE5AAAAIEXAMPLEexampleEXAMPLEexampleEXAMPLEexample0"
    keys: list[dict[str, Any]] = [
        {**key, "user": "nuage"} for key in audit_access.keys(f"ssh-ed25519 {blob} x\n")
    ]
    assert keys
    assert misfit(keys, SERVER["access"]["ssh_keys"]) is None
    assert (
        misfit([audit_access.role("postgresql", "postgres", True)], SERVER["access"]["database_roles"])
        is None
    )


@pytest.mark.parametrize("readable", [applications.CONFIG, "<?php system('id');"])
def test_nextcloud(readable: str) -> None:
    rows = [
        ["admins", "2"],
        ["app", "files", "enabled", "yes"],
        ["app", "files", "installed_version", "2.5.0"],
    ]
    said = {**audit_nextcloud.nextcloud_settings([readable]), **audit_nextcloud.nextcloud_database(rows)}
    assert misfit(said, topics.TENANT["services"]["nextcloud?"]) is None


def test_a_database_that_doesnt_answer_is_unreadable() -> None:
    said = {**audit_nextcloud.nextcloud_settings([applications.CONFIG]), **audit_nextcloud.UNKNOWN}
    assert misfit(said, topics.TENANT["services"]["nextcloud?"]) is not None


def test_realms() -> None:
    rows = [["46005", "realm", "t", "ALL", "t", "7776000", "f", "t"], ["46005", "admins", "3"]]
    (realm,) = audit_realms.described(rows).values()
    assert misfit(realm, topics.TENANT["services"]["identity?"]) is None
