"""Values of the right type that are wrong all the same; each has its message."""

from __future__ import annotations

import pytest

from provisioner import messages
from provisioner.spec.translation import CUSTOM, PYDANTIC, field_path
from tests.unit.spec import samples

SERVER = ("servers", 0)
WORDPRESS = ("services", "wordpress")
EVENT = ("history", 0)

WRONG = [
    ("not-a-slug", "consortium", ("operators", 0, "id"), "Coop"),
    ("not-a-slug", "consortium", (*SERVER, "id"), "srv/1"),
    ("not-a-slug", "consortium", ("rings", 0), "a--b"),
    ("not-a-slug", "tenant", ("ring",), "piloté"),
    ("text-too-long", "tenant", ("ring",), "a" * 64),
    ("text-too-long", "tenant", ("name",), "é" * 201),
    ("text-too-long", "tenant", (*EVENT, "reason"), "x" * 2001),
    ("text-empty", "tenant", ("name",), " "),
    ("text-empty", "consortium", ("sites", 0, "city"), ""),
    ("control-character", "tenant", ("name",), "L\u202eAnge"),
    ("control-character", "tenant", ("name",), "deux\nlignes"),
    ("control-character", "tenant", (*EVENT, "reason"), "a\u200bb"),
    ("not-a-code", "tenant", ("code",), "4600"),
    ("not-a-code", "tenant", ("code",), "４６００５"),
    ("not-a-code", "tenant", ("code",), "46005x"),
    ("unquoted", "tenant", ("code",), 46005),
    ("unquoted", "consortium", ("operators", 0, "neq"), 1140000001),
    ("not-a-neq", "consortium", ("operators", 0, "neq"), "4140000001"),
    ("not-a-country", "consortium", ("operators", 0, "country"), "Canada"),
    ("not-a-country", "consortium", ("policy", "countries", 0), "ca"),
    ("not-a-province", "consortium", ("sites", 0, "province"), "Qc"),
    ("not-a-choice", "consortium", ("operators", 0, "legal_form"), "coop"),
    ("not-a-choice", "consortium", (*SERVER, "roles", 0), "web"),
    ("not-a-choice", "consortium", ("policy", "declared_flows", 0), "gafam"),
    ("too-large", "consortium", ("version",), 2),
    ("not-an-integer", "tenant", ("version",), True),
    ("not-a-choice", "tenant", ("state",), "actif"),
    ("not-a-choice", "tenant", (*WORDPRESS, "mode"), "toujours"),
    ("too-small", "consortium", ("sites", 0, "latitude"), -91),
    ("too-large", "consortium", ("sites", 0, "longitude"), 180.5),
    ("too-large", "consortium", (*SERVER, "ssh_port"), 65536),
    ("not-an-ed25519-key", "consortium", ("audit", "signing_keys", 0), "ssh-rsa " + "A" * 68),
    ("not-an-ed25519-key", "consortium", ("audit", "cosigners", 0, "public_key"), samples.KEY[:-1]),
    ("too-large", "consortium", ("audit", "vantage_points", 0, "latitude"), 90.5),
    ("too-small", "consortium", ("audit", "vantage_points", 0, "position_error_m"), -1),
    ("too-small", "consortium", ("audit", "patch_days"), 0),
    ("too-small", "tenant", (*WORDPRESS, "memory_mib"), 31),
    ("too-small", "tenant", ("population",), -1),
    ("too-large", "tenant", ("retention", "logs_days"), 4000),
    ("not-above", "consortium", (*SERVER, "memory_gib"), 0),
    ("not-below", "consortium", ("policy", "headroom", "disk"), 1),
    ("not-an-integer", "consortium", (*SERVER, "disk_gib"), 1.5),
    ("not-an-integer", "consortium", (*SERVER, "disk_gib"), True),
    ("not-an-integer", "tenant", (*WORDPRESS, "disk_mib"), "2048"),
    ("not-a-number", "consortium", ("sites", 0, "latitude"), "45.4"),
    ("not-a-number", "consortium", ("sites", 0, "latitude"), "45,4"),
    ("not-an-address", "consortium", ("resolvers", 0), "dns.example"),
    ("not-an-address", "consortium", (*SERVER, "address"), "192.0.2.300"),
    ("address-unusable", "consortium", (*SERVER, "address"), "0.0.0.0"),
    ("address-unusable", "consortium", (*SERVER, "address"), "224.0.0.1"),
    ("address-unusable", "consortium", (*SERVER, "address"), "fe80::1%eth0"),
    ("not-a-network", "consortium", ("administration_networks", 0), "192.0.2.1/24"),
    ("not-a-network", "tenant", (*WORDPRESS, "allowed_destinations", 0), "example.org"),
    ("network-everything", "consortium", ("administration_networks", 0), "0.0.0.0/0"),
    ("network-everything", "consortium", ("administration_networks", 0), "::/0"),
    ("not-a-host", "consortium", ("time_servers", 0), "ntp example"),
    ("not-a-host", "consortium", ("mail_relay", "host"), "-relais"),
    ("not-a-host-key", "consortium", (*SERVER, "ssh_host_key"), "ssh-dss AAAA"),
    ("not-a-host-key", "consortium", (*SERVER, "ssh_host_key"), f"192.0.2.11 {samples.KEY}"),
    ("not-a-public-key", "consortium", ("administration_keys", 0), f'command="x" {samples.KEY}'),
    ("not-a-device", "consortium", (*SERVER, "data_device"), "vdb"),
    ("not-a-url", "consortium", ("artifact_mirror",), "artefacts.example"),
    ("not-a-url", "consortium", ("acme", "directory"), "file:///etc/passwd"),
    ("not-a-url", "consortium", ("debian", "mirror"), "http://a.example/x y"),
    ("not-an-email", "consortium", ("acme", "contact"), "équipe@a.example"),
    ("not-an-email", "tenant", ("contacts", "administrator", "email"), "direction"),
    ("not-a-domain", "tenant", ("domains", "website"), "Abercorn.example"),
    ("not-a-domain", "tenant", ("domains", "website"), "https://abercorn.example"),
    ("not-a-domain", "tenant", ("domains", "website"), "../../etc/passwd"),
    ("not-a-domain", "tenant", ("domains", "website_aliases", 0), "l'ange-gardien.example"),
    ("not-a-domain", "consortium", ("mail_relay", "sender_domain"), "île.example"),
    ("not-a-file-name", "consortium", ("acme", "authority_file"), "../autorite.pem"),
    ("list-empty", "consortium", ("servers",), []),
    ("list-empty", "consortium", (*SERVER, "roles"), []),
    ("duplicate-ring", "consortium", ("rings",), ["a", "b", "a"]),
    ("no-service", "tenant", ("services",), {}),
    ("nextcloud-identity", "tenant", ("services", "identity"), None),
    ("nextcloud-domain", "tenant", ("domains", "nextcloud"), None),
    ("identity-domain", "consortium", (*SERVER, "identity_domain"), None),
    ("backup-alone", "consortium", (*SERVER, "roles"), ["apps", "backup", "identity"]),
    ("too-large", "consortium", (*SERVER, "realms"), 201),
    ("not-an-https-url", "tenant", ("services", "identity", "broker", "issuer"), "http://comptes.example"),
    ("not-an-ldap-url", "tenant", ("services", "identity", "federation", "url"), "ldap://annuaire.example"),
    ("not-a-choice", "tenant", ("services", "nextcloud", "apps", 0), "talk"),
    ("leaving-date", "tenant", ("state",), "active"),
    ("not-a-date", "tenant", ("leaving_until",), "30 juin 2027"),
    ("not-a-date", "tenant", ("leaving_until",), "2027-02-30"),
    ("not-a-date", "tenant", ("leaving_until",), 20270630),
    ("not-a-time", "tenant", (*EVENT, "at"), "hier"),
    ("not-a-time", "tenant", (*EVENT, "at"), "2026-11-23 25:00:00Z"),
    ("not-a-time", "tenant", (*EVENT, "at"), "2026-11-23"),
    ("not-a-time", "tenant", (*EVENT, "at"), 1764000000),
    ("no-time-zone", "tenant", (*EVENT, "at"), "2026-11-23T14:00:00"),
    ("not-a-text", "tenant", ("name",), 12),
    ("not-a-single-text", "tenant", ("name",), ["L'Ange-Gardien"]),
    ("not-a-block", "tenant", ("contacts",), "direction@abercorn.example"),
    ("not-a-list", "consortium", ("resolvers",), "192.0.2.53"),
    ("not-a-list", "consortium", ("policy", "countries"), "CA"),
    ("not-a-boolean", "consortium", (*SERVER, "closed"), "non"),
    ("empty-value", "tenant", ("name",), None),
]
MOVED = {"leaving-date": "leaving_until"}
"""Rules that speak of another field than the one that was bent."""


@pytest.mark.parametrize(("name", "spec", "path", "value"), WRONG, ids=str)
def test_wrong_value(name, spec, path, value, language):
    (problem,) = samples.problems(spec, samples.text(samples.changed(spec, path, value)))
    assert problem.key == f"spec.{name}"
    assert problem.subject == MOVED.get(name, field_path(path))
    assert problem.line > 0
    assert messages.text(problem.key, **problem.context)
    assert messages.text(f"{problem.key}.fix", **problem.context)


def test_every_error_of_the_models_is_tried_above_or_per_field():
    elsewhere = {"missing", "unknown-field", "not-a-sha256", "duplicate-artifact"}
    reached = {name for name, *_ in WRONG} | elsewhere
    assert {*PYDANTIC.values(), *(kind.replace("_", "-") for kind in CUSTOM)} == reached - {
        "empty-value",
        "not-a-single-text",
    }


@pytest.mark.parametrize(
    ("spec", "path", "value"),
    [
        ("tenant", ("name",), "L'Ange-Gardien"),
        ("tenant", ("name",), "Saint-Henri-de-Taillon / L’Ascension « Cœur »"),
        ("tenant", ("name",), "Ivujivik ᐃᕗᔨᕕᒃ"),
        ("tenant", ("leaving_until",), "2028-02-29"),
        ("tenant", (*EVENT, "at"), "2026-11-23 14:00:00-05:00"),
        ("consortium", (*SERVER, "address"), "2001:db8::11"),
        ("consortium", ("administration_keys", 0), f"{samples.KEY} équipe d'exploitation"),
        ("consortium", ("sites", 0, "latitude"), 45),
    ],
)
def test_good_values(spec, path, value):
    assert samples.problems(spec, samples.text(samples.changed(spec, path, value))) == ()


def test_all_problems_of_a_file_come_together_in_its_order():
    bent = samples.changed("tenant", ("ring",), "Pilote")
    bent["code"] = 46005
    bent["contacts"] = {"administrator": {"name": ""}}
    found = samples.problems("tenant", samples.text(bent))
    assert [problem.subject for problem in found] == [
        "code",
        "contacts.privacy_officer",
        "contacts.administrator.email",
        "contacts.administrator.name",
        "ring",
    ]
