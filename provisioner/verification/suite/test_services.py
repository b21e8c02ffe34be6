"""What holds for every municipality's Nextcloud and accounts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from provisioner.verification import web
from provisioner.verification.targets import Service

LEAST_S = 15_552_000
"""Half a year: what browsers must remember at least."""


def test_service_answers(place: Service, authority: str) -> None:
    assert web.get(place.domain, place.address, place.path, authority=authority).status == place.status


def test_service_names_itself(place: Service, authority: str) -> None:
    if place.status != 200:
        pytest.skip("suspended: a notice answers")
    said = json.loads(web.get(place.domain, place.address, place.path, authority=authority).body)
    if place.name == "identity":
        assert said["issuer"] == f"https://{place.domain}/realms/{place.code}"
    else:
        assert (said["installed"], said["maintenance"], said["needsDbUpgrade"]) == (True, False, False)


def test_browsers_keep_to_https(place: Service, authority: str) -> None:
    headers = web.get(place.domain, place.address, place.path, authority=authority).headers
    assert int(headers["strict-transport-security"].partition("=")[2].partition(";")[0]) >= LEAST_S
    assert "x-powered-by" not in headers


def test_administration_is_closed(place: Service, authority: str) -> None:
    closed = {
        "identity": ("/metrics", "/health", "/realms/master/clients-registrations/default"),
        "nextcloud": ("/config/config.php", "/data/nextcloud.log", "/occ", "/.git/config"),
    }
    for path in closed[place.name]:
        status = web.get(place.domain, place.address, path, authority=authority).status
        assert status in (403, 404, 503), (path, status)


def test_database_is_its_own(host: Any, place: Service) -> None:
    if place.name != "nextcloud":
        pytest.skip("accounts lie in Keycloak's database")
    query = "SELECT rolname FROM pg_authid WHERE rolpassword IS NULL"
    assert f"t{place.code}" in host.check_output("psql -XAtU postgres -c %s postgres", query).split()
