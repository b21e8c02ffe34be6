"""What PostgreSQL keeps of a password, and who may bear a service's name."""

import base64

import pytest
from ansible_collections.nuage_commun.platform.plugins.module_utils import postgresql
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError

# Made by PostgreSQL 17 itself for the password "sesame".
KEPT = (
    "SCRAM-SHA-256$4096:xoDC2cCNg7DsI0zjRtrBxA==$dhTYP9c2WakJ7HwK9c9B"
    "s5VPksu2PbG4/LWIwKly0ZI=:eIq7hDJC798xynh0EVRVP9niI2M60TJD8m0/LEFEhbc="
)


def test_a_verifier_is_the_one_that_postgresql_makes():
    salt = base64.b64decode(KEPT.split(":")[1].split("$", maxsplit=1)[0])
    assert postgresql.verifier("sesame", salt) == KEPT
    assert postgresql.accepts(KEPT, "sesame")
    assert not postgresql.accepts(KEPT, "Sesame")
    assert not postgresql.accepts("md5aaaa", "sesame")
    assert not postgresql.accepts("", "sesame")


@pytest.mark.parametrize("name", ["postgres", "golden", "template1", "t46005", "x;y", "Keycloak", ""])
def test_names_that_are_somebody_elses_are_refused(name):
    with pytest.raises(ProgramError):
        postgresql.service(name, 1, check_mode=True)
