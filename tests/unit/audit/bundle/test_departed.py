"""Certificates of destruction in a bundle: carried, told, and worth what their signatures are."""

from __future__ import annotations

import pytest

from provisioner.audit.bundle import canonical, layout, sshsig
from provisioner.audit.bundle.departed import NAMESPACE
from provisioner.audit.bundle.reading import Bundle
from provisioner.audit.bundle.verifying import verify
from tests.unit.audit.bundle import making
from tests.unit.audit.bundle.test_adversaries import resealed

PATH = layout.departure("46005")


def with_certificate(
    sealed: dict[str, bytes], *, key: str = "ops", purpose: str = NAMESPACE, code: str = "46005"
) -> dict[str, bytes]:
    """A bundle, sealed anew by the ops team, with a certificate that somebody signed."""
    text = canonical.dumps({"code": code, "destroyed": "2026-11-30T00:00:00Z"})
    signature = sshsig.sign(making.private(key), text, purpose)
    return resealed({**sealed, PATH: text, f"{PATH}.sig": signature})


def test_a_certificate_is_told(sealed: dict[str, bytes]) -> None:
    report = verify(Bundle(with_certificate(sealed)), (), making.expected(), making.judge)
    assert (report.faults, report.departed) == ([], ["46005"])


@pytest.mark.parametrize(
    ("how", "fault"),
    [
        ({"key": "mallory"}, ("unknown-key", f"{PATH}.sig")),
        ({"purpose": "nuage-statement"}, ("wrong-namespace", f"{PATH}.sig")),
        ({"code": "46010"}, ("malformed-departure", PATH)),
    ],
)
def test_one_that_does_not_count(
    sealed: dict[str, bytes], how: dict[str, str], fault: tuple[str, str]
) -> None:
    report = verify(Bundle(with_certificate(sealed, **how)), (), making.expected(), making.judge)
    assert fault in {(one.key, one.path) for one in report.faults}
    assert report.departed == []


def test_one_without_its_signature(sealed: dict[str, bytes]) -> None:
    files = with_certificate(sealed)
    del files[f"{PATH}.sig"]
    report = verify(Bundle(resealed(files)), (), making.expected(), making.judge)
    assert ("missing", f"{PATH}.sig") in {(one.key, one.path) for one in report.faults}
