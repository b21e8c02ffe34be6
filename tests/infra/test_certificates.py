"""Certificates of deployed sites: their names, who vouches for them, who reads the keys, when they change."""

from __future__ import annotations

import http.client
import json
import socket
import ssl

import pytest
from cryptography import x509

from tests.deployed import ABERCORN, SITES, Deployment, Site

pytestmark = pytest.mark.lab

STORE = "/var/lib/nuage/certificates"
CHALLENGES = "/var/lib/nuage/acme/.well-known/acme-challenge"


def shown(deployment: Deployment, name: str) -> x509.Certificate:
    """The certificate that the server shows for a name, its chain and its name checked."""
    status = deployment.lab.status()
    context = ssl.create_default_context(cafile=str(status.acme_root))
    with (
        socket.create_connection((str(status.hosts[0].address), 443), timeout=20) as plain,
        context.wrap_socket(plain, server_hostname=name) as connection,
    ):
        der = connection.getpeercert(binary_form=True)
    assert der
    return x509.load_der_x509_certificate(der)


def record(deployment: Deployment, site: Site) -> dict[str, object]:
    """What the server notes of a certificate."""
    return dict(json.loads(deployment.sh(f"cat {STORE}/{site.domain}/certificate.json")))


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.slug)
def test_shown_for_each_of_its_names(deployment: Deployment, site: Site) -> None:
    names = record(deployment, site)["names"]
    assert isinstance(names, list)
    assert site.domain in names
    for name in names:
        certificate = shown(deployment, name)
        listed = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert sorted(listed.get_values_for_type(x509.DNSName)) == names


def test_unknown_name_is_shown_none(deployment: Deployment) -> None:
    with pytest.raises(ssl.SSLError):
        shown(deployment, "inconnue.example")


def test_keys_are_roots_alone(deployment: Deployment) -> None:
    listed = deployment.sh(f"find {STORE}/ -name privkey.pem -printf '%m %u:%g %p\\n'").splitlines()
    clouds = [site for site in deployment.sites if "nextcloud" in site.services]
    assert len(listed) == len(deployment.sites) + len(clouds) + 1, (
        "each site's, each Nextcloud's and the sign-in server's"
    )
    assert {line.rpartition(" ")[0] for line in listed} == {"600 root:root"}
    for reader in (ABERCORN.user, "www-data"):
        deployment.sh(f"runuser -u {reader} -- cat {STORE}/{ABERCORN.domain}/privkey.pem", code=1)


def test_nothing_is_left_of_the_orders(deployment: Deployment) -> None:
    assert deployment.sh(f"ls -A {CHALLENGES}") == ""
    assert ".pending" not in deployment.sh(f"ls -A {STORE}")


@pytest.mark.parametrize("name", ["inconnue.example", ABERCORN.domain])
def test_challenges_are_answered_for_any_name(deployment: Deployment, name: str) -> None:
    address = str(deployment.lab.status().hosts[0].address)
    deployment.sh(f"install -m 0640 -g www-data /dev/stdin {CHALLENGES}/jeton-dessai", body=b"contenu")
    try:
        connection = http.client.HTTPConnection(address, 80, timeout=20)
        connection.request("GET", "/.well-known/acme-challenge/jeton-dessai", headers={"Host": name})
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"contenu")
    finally:
        deployment.sh(f"rm {CHALLENGES}/jeton-dessai")


def test_renewal_is_noticed_though_no_spec_changed(deployment: Deployment) -> None:
    before, noted = shown(deployment, ABERCORN.domain), record(deployment, ABERCORN)
    # As if it had been had long ago: less than a third of such a life would be left.
    life = int(str(noted["not_after"])) - int(str(noted["not_before"]))
    aged = {**noted, "not_before": int(str(noted["not_before"])) - 4 * life, "renew_at": 0}
    target = f"{STORE}/{ABERCORN.domain}/certificate.json"
    deployment.sh(f"install -m 0600 /dev/stdin {target}", body=json.dumps(aged).encode())
    deployment.apply()
    after = shown(deployment, ABERCORN.domain)
    assert after.serial_number != before.serial_number
    assert after.public_key() != before.public_key()
    assert record(deployment, ABERCORN)["not_before"] != aged["not_before"]
    kept = deployment.sh(f"cat {STORE}/{SITES[1].domain}/certificate.json")
    deployment.apply()
    assert shown(deployment, ABERCORN.domain).serial_number == after.serial_number
    assert deployment.sh(f"cat {STORE}/{SITES[1].domain}/certificate.json") == kept
