"""Parametrises the suite by the servers and sites of `NUAGE_VERIFY_TARGETS`, a JSON file of Targets."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import testinfra

from provisioner.verification.targets import Server, Service, Site, Targets


@cache
def targets() -> Targets:
    """The targets of this run."""
    return Targets.model_validate_json(Path(os.environ["NUAGE_VERIFY_TARGETS"]).read_text(encoding="utf-8"))


@cache
def connect(server: Server) -> Any:
    """A testinfra host over OpenSSH, its key pinned, one connection for the whole run."""
    extra = [
        f"-o UserKnownHostsFile={targets().known_hosts}",
        "-o GlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes",
        "-o BatchMode=yes -o ConnectTimeout=10",
    ]
    identity = f"&ssh_identity_file={targets().private_key}" if targets().private_key else ""
    address = f"[{server.address}]" if ":" in server.address else server.address
    sudo = "" if server.user == "root" else "&sudo=true"
    return testinfra.get_host(
        f"ssh://{server.user}@{address}:{server.port}?controlpersist=60{identity}{sudo}",
        ssh_extra_args=" ".join(extra),
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One run of each test per server or per site."""
    if "site" in metafunc.fixturenames:
        metafunc.parametrize("site", targets().sites, ids=lambda site: site.host)
    elif "place" in metafunc.fixturenames:
        metafunc.parametrize("place", targets().services, ids=lambda place: place.host)
    elif "server" in metafunc.fixturenames:
        metafunc.parametrize("server", targets().servers, ids=lambda server: server.host)


@pytest.fixture
def host(request: pytest.FixtureRequest) -> Any:
    """The testinfra host of the server, or of the site's or the service's server."""
    if "server" in request.fixturenames:
        return connect(request.getfixturevalue("server"))
    name = "place" if "place" in request.fixturenames else "site"
    lodger: Site | Service = request.getfixturevalue(name)
    return connect(next(server for server in targets().servers if server.host == lodger.server))


@pytest.fixture(scope="session")
def authority() -> str:
    """PEM file of the certificate authority; empty for the system's trust."""
    return targets().authority
