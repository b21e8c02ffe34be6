"""Which names and addresses registries are asked about."""

from __future__ import annotations

from provisioner.audit.observing.met import met


def test_hosts_of_observations_and_specs_and_nothing_else() -> None:
    documents = {
        "observations/servers/srv1/destinations.json": {
            "resolvers": [{"host": "192.0.2.53", "port": 53, "source": "/etc/resolv.conf"}],
            "mirrors": [{"host": "debian.example", "port": 443, "source": "x.example"}],
        },
        "observations/servers/srv1/sockets.json": {
            "connected": [{"remote_address": "2001:db8::1", "local": "::1"}]
        },
        "observations/servers/srv1/egress.json": {
            "allowed": [{"destination": "203.0.113.0/24"}, {"destination": "?"}]
        },
        "observations/browser/46005.json": {
            "pages": [
                {
                    "url": "https://www.abercorn.example/x",
                    "hosts": [{"host": "fonts.example", "address": None}],
                }
            ]
        },
        "specs/consortium.json": {
            "acme": {"directory": "https://acme.example/directory"},
            "name": "a.example",
        },
        "audit.json": {"host": "not.example"},
    }
    names, addresses = met(documents)
    assert names == {"debian.example", "www.abercorn.example", "fonts.example", "acme.example"}
    assert addresses == {"192.0.2.53", "2001:db8::1"}
