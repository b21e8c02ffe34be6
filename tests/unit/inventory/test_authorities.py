"""Files of authorities beside the specs: read before anything is built, and told to servers when they change."""

from __future__ import annotations

from pathlib import Path

import pytest

from provisioner.errors import InvalidInputError, MachineError
from provisioner.inventory import authorities
from provisioner.inventory.layers import Layers
from tests.unit.inventory.test_rendering import built
from tests.unit.planning.making import consortium, server
from tests.vouching import Authority

NAME = "mairie.pem"


def test_certificates_are_taken_as_they_are(tmp_path: Path) -> None:
    Authority(NAME).make(tmp_path)
    (tmp_path / "two.pem").write_text((tmp_path / NAME).read_text() * 2)
    assert authorities.read(tmp_path, [NAME, "two.pem"]) == tuple(
        (tmp_path / name).read_text() for name in (NAME, "two.pem")
    )
    assert authorities.read(tmp_path, []) == ()


def test_all_that_a_sign_in_server_would_not_start_with_is_told_together(tmp_path: Path) -> None:
    Authority(NAME).make(tmp_path)
    (tmp_path / "both.pem").write_text((tmp_path / NAME).read_text() + (tmp_path / f"{NAME}.key").read_text())
    (tmp_path / "none.pem").write_text("bonjour\n")
    (tmp_path / "half.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    with pytest.raises(InvalidInputError) as refused:
        authorities.read(tmp_path, [NAME, "both.pem", "none.pem", "half.pem"])
    told = [Path(problem.file).name for problem in refused.value.problems]
    assert told == ["both.pem", "none.pem", "half.pem"]
    with pytest.raises(MachineError):
        authorities.read(tmp_path, ["gone.pem"])


def test_another_certificate_in_the_file_makes_servers_stale_alone() -> None:
    before = Layers("s", "t")
    assert before.with_files(()) == before
    one, two = before.with_files(("a",)), before.with_files(("b",))
    assert len({before.server, one.server, two.server}) == 3
    assert one.tenant == two.tenant == "t"


def test_sign_in_servers_alone_are_given_them() -> None:
    here = consortium(
        server(1),
        server(2, roles=["identity"], identity_domain="id.example"),
        identity_authorities=[NAME, "autre.pem"],
    )
    hosts = built(here)
    assert "server_identity_authorities" not in hosts["srv1"]
    said = str(hosts["srv2"]["server_identity_authorities"])
    assert said.index(NAME) < said.index("autre.pem")
