"""What the observation module makes of programs' outputs and of files, real ones cut short."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.nuage_commun.platform.plugins.module_utils import (
    audit_access,
    audit_keeping,
    audit_network,
    audit_system,
    audit_traffic,
)
from ansible_collections.nuage_commun.platform.plugins.module_utils import audit_shapes as shapes

UPDATES = """\
Reading package lists...
Inst libgcrypt20 [1.11.0-7] (1.11.0-7+deb13u1 Debian:13.2/stable, Debian-Security:13/stable-security [amd64])
Inst bash [5.2.37-2+b5] (5.2.37-2+b6 Debian:13.2/stable [amd64])
Inst linux-image-6.12.48 (6.12.48-1 Debian-Security:13/stable-security [amd64])
Conf libgcrypt20 (1.11.0-7+deb13u1 Debian:13.2/stable [amd64])
"""
COPYRIGHT = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Contact: Canary Person <canary@people.example>

Files: debian/*
License: GPL-2+

Files: *
Copyright: 2001 Canary Person <canary@people.example>
License: Expat and BSD-3-clause

License: Expat
 Permission is hereby granted, free of charge
"""
SOCKETS = """\
tcp   LISTEN 0      128          0.0.0.0:22        0.0.0.0:*     users:(("sshd",pid=61,fd=6)) ino:1 sk:1 cgroup:/x <->
tcp   LISTEN 0      244        127.0.0.1:5432      0.0.0.0:*     users:(("postgres",pid=9,fd=6)) uid:105 ino:2 sk:2 <->
tcp   LISTEN 0      511     [2001:db8::11]:443        [::]:*     users:(("nginx",pid=90,fd=6)) ino:3 sk:3 <->
udp   UNCONN 0      0            0.0.0.0:68        0.0.0.0:*     users:(("networkd",pid=3,fd=6)) uid:998 ino:4 sk:4 <->
tcp   ESTAB  0      0         192.0.2.11:22    203.0.113.77:50112 users:(("sshd",pid=77,fd=4)) ino:5 sk:5 <->
tcp   ESTAB  0      0     [2001:db8::11]:443 [2001:db8:77::1]:60112 users:(("nginx",pid=90,fd=9)) uid:33 ino:6 sk:6 <->
tcp   ESTAB  0      0         192.0.2.11:44210   192.0.2.25:25   users:(("msmtp",pid=5,fd=3)) uid:346005 ino:7 sk:7 <->
tcp   ESTAB  0      0          127.0.0.1:39000    127.0.0.1:5432 users:(("java",pid=8,fd=9)) uid:996 ino:8 sk:8 <->
udp   ESTAB  0      0         192.0.2.11:123     192.0.2.26:123  users:(("systemd-timesyn",pid=4,fd=9)) uid:997 ino:9
"""
RULESET: list[dict[str, Any]] = [
    {"metainfo": {"version": "1.1.3", "json_schema_version": 1}},
    {"table": {"family": "inet", "name": "nuage", "handle": 1}},
    {"chain": {"family": "inet", "table": "nuage", "name": "input", "handle": 1, "type": "filter", "hook": "input",
               "prio": 0, "policy": "drop"}},
    {"chain": {"family": "inet", "table": "nuage", "name": "output", "handle": 2, "type": "filter",
               "hook": "output", "prio": 0, "policy": "drop"}},
    {"chain": {"family": "inet", "table": "nuage", "name": "host", "handle": 3}},
    {"chain": {"family": "inet", "table": "nuage", "name": "t46005", "handle": 4}},
    {"counter": {"family": "inet", "name": "t46005_allowed", "table": "nuage", "handle": 5, "packets": 0, "bytes": 0}},
    {"counter": {"family": "inet", "name": "t46005_refused", "table": "nuage", "handle": 6, "packets": 7,
                 "bytes": 420}},
    {"counter": {"family": "inet", "name": "output_refused", "table": "nuage", "handle": 7, "packets": 1, "bytes": 60}},
    {"map": {"family": "inet", "name": "tenant_chains", "table": "nuage", "type": "uid", "handle": 8, "map": "verdict",
             "elem": [[346005, {"goto": {"target": "t46005"}}]]}},
    {"rule": {"family": "inet", "table": "nuage", "chain": "input", "handle": 9, "expr": [
        {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}},
                   "right": {"set": [80, 443]}}},
        {"accept": None}]}},
    {"rule": {"family": "inet", "table": "nuage", "chain": "host", "handle": 10, "expr": [
        {"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "daddr"}}, "right": "192.0.2.53"}},
        {"match": {"op": "==", "left": {"payload": {"protocol": "th", "field": "dport"}}, "right": 53}},
        {"accept": None}]}},
    {"rule": {"family": "inet", "table": "nuage", "chain": "t46005", "handle": 11, "expr": [
        {"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "daddr"}},
                   "right": {"prefix": {"addr": "203.0.113.0", "len": 24}}}},
        {"counter": "t46005_allowed"}, {"accept": None}]}},
]  # fmt: skip


def test_updates_with_where_they_come_from() -> None:
    assert audit_system.updates(UPDATES) == [
        {"name": "libgcrypt20", "installed": "1.11.0-7", "candidate": "1.11.0-7+deb13u1", "security": True},
        {"name": "bash", "installed": "5.2.37-2+b5", "candidate": "5.2.37-2+b6", "security": False},
        {"name": "linux-image-6.12.48", "installed": None, "candidate": "6.12.48-1", "security": True},
    ]


def test_licences_of_a_machine_readable_copyright_and_of_no_other() -> None:
    assert audit_system.licence(COPYRIGHT) == "Expat and BSD-3-clause; Expat; GPL-2+"
    assert audit_system.licence("This package was debianized by somebody") is None


@pytest.mark.parametrize(
    ("said", "spdx"),
    [
        ("GPL-2.0-or-later", "GPL-2.0-or-later"),
        ("GPLv2 or later", "GPL-2.0-or-later"),
        ("GNU General Public License v3", "GPL-3.0-only"),
        ("GPL2+", "GPL-2.0-or-later"),
        ("Do what Canary Person says", None),
        (None, None),
    ],
)
def test_licences_as_authors_of_plugins_write_them(said: str | None, spdx: str | None) -> None:
    assert audit_system.spdx(said) == spdx


def test_a_plugins_own_comment(tmp_path: Path) -> None:
    (tmp_path / "call.php").write_text(
        "<?php\n/*\nPlugin Name: By Canary Person\n * Version: 1.2\n * License: GPL-2.0+ hidden\n"
        "Author: Canary Person\n*/\n"
    )
    assert audit_system.header(tmp_path) == {"version": "1.2", "licence": "GPL-2.0-or-later"}


def test_sockets_without_who_came_in() -> None:
    found = audit_traffic.parsed_sockets(SOCKETS)
    assert [(one["address"], one["port"], one["process"], one["uid"]) for one in found["listening"]] == [
        ("0.0.0.0", 22, "sshd", 0),
        ("127.0.0.1", 5432, "postgres", 105),
        ("2001:db8::11", 443, "nginx", 0),
        ("0.0.0.0", 68, "networkd", 998),
    ]
    assert [(one["remote_address"], one["remote_port"], one["uid"]) for one in found["connected"]] == [
        ("192.0.2.25", 25, 346005),
        ("192.0.2.26", 123, 997),
    ]
    assert found["inbound"] == [{"port": 22, "count": 1}, {"port": 443, "count": 1}]
    assert "203.0.113.77" not in json.dumps(found)
    assert "2001:db8:77" not in json.dumps(found)


def test_counters_by_uid_and_what_rules_let_out() -> None:
    found = audit_traffic.ruleset(RULESET)
    assert found["policy"] == "drop"
    assert {(one["chain"], one["uid"], one["verdict"], one["packets"]) for one in found["counters"]} == {
        ("t46005", 346005, "allowed", 0),
        ("t46005", 346005, "refused", 7),
        ("output", None, "refused", 1),
    }
    assert {(one["chain"], one["uid"], one["destination"], one["port"]) for one in found["allowed"]} == {
        ("host", None, "192.0.2.53", 53),
        ("t46005", 346005, "203.0.113.0/24", None),
    }


@pytest.mark.parametrize(
    ("line", "host"),
    [
        ("Environment=RESTIC_REPOSITORY=sftp:canary@backup.example:/srv/x", "backup.example"),
        ("export BORG_REPO=ssh://canary:hunter2@backup.example:2222/./x", "backup.example"),
        ("ExecStart=/usr/bin/restic -r s3:https://s3.example/bucket backup /srv", "s3.example"),
        ("NUAGE_BACKUP_TARGET=https://objects.example/x", "objects.example"),
    ],
)
def test_where_backups_go(tmp_path: Path, line: str, host: str) -> None:
    (tmp_path / "etc/systemd/system").mkdir(parents=True)
    (tmp_path / "etc/systemd/system/copies.service").write_text(f"[Service]\n{line}\n")
    (found,) = audit_network.backup_targets(tmp_path)
    assert (found["host"], found["source"]) == (host, "/etc/systemd/system/*.service")
    assert "canary" not in json.dumps(found)
    assert "hunter2" not in json.dumps(found)


def test_destinations_of_a_servers_own_files(tmp_path: Path) -> None:
    for path, text in {
        "etc/resolv.conf": "nameserver 192.0.2.53\nnameserver 2001:db8::53\noptions timeout:2\n",
        "usr/lib/systemd/systemd-resolved": "",
        "usr/lib/systemd/systemd-timesyncd": "",
        "etc/systemd/timesyncd.conf.d/nuage.conf": "[Time]\nNTP=time.example 192.0.2.1\nFallbackNTP=\n",
        "etc/apt/apt.conf.d/90nuage": 'Dir::Etc::SourceList "sources.list.d/nuage.sources";\n'
        'Acquire::http::Proxy "http://me:hunter2@192.0.2.1:3142";\n',
        "etc/apt/sources.list.d/nuage.sources": "Types: deb\nURIs: https://debian.example/debian\n",
        "etc/apt/sources.list.d/other.list": "deb http://elsewhere.example/debian trixie main\n",
        "etc/msmtprc": "defaults\nhost 192.0.2.25\nport 2525\nfrom canary@people.example\npassword hunter2\n",
        "etc/ssh/sshd_config.d/10-nuage.conf": "AllowUsers root@192.0.2.0/24 nuage@192.0.2.0/24\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    found = audit_network.destinations(tmp_path)
    named = {name: [(one["host"], one["port"]) for one in places] for name, places in found.items()}
    assert named["resolvers"] == [("192.0.2.53", 53), ("2001:db8::53", 53)]
    # Nothing says that there is none: what resolved was compiled with counts.
    assert named["fallback_resolvers"] == [("compiled-in.resolved", None)]
    assert named["time_servers"] == [("time.example", None), ("192.0.2.1", None)]
    assert named["fallback_time_servers"] == []
    assert named["mirrors"] == [("debian.example", 443), ("192.0.2.1", 3142)]
    assert named["mail_relay"] == [("192.0.2.25", 2525)]
    assert named["ssh_allowed_from"] == [("192.0.2.0/24", 22)]


def test_keys_are_fingerprints_and_accounts_of_people_numbers() -> None:
    blob = "AAAAC3NzaC1lZDI1NTE5AAAAIEXAMPLEexampleEXAMPLEexampleEXAMPLEexample0"
    text = f'# a comment\nrestrict,command="/usr/bin/x y" ssh-ed25519 {blob} Canary Person canary@people.example\n'
    (found,) = audit_access.keys(text)
    assert found["forced_command"] is True
    assert found["fingerprint"].startswith("SHA256:")
    assert set(found) == {"fingerprint", "type", "forced_command"}
    assert shapes.account("root", 0) == "root"
    assert shapes.account("t46005", 346005) == "t46005"
    assert shapes.account("canary", 1000) == "uid:1000"


def test_sign_ins_without_addresses() -> None:
    message = "Accepted publickey for canary from 203.0.113.77 port 50112 ssh2: ED25519 SHA256:abc"
    text = json.dumps({"MESSAGE": message, "__REALTIME_TIMESTAMP": "1764000000000000"}) + "\nnoise\n"
    assert audit_access.parsed_logins(text) == [("canary", "SHA256:abc", 1764000000)]
    assert audit_access.newest([("canary", "SHA256:abc", 0)], {}) == [
        {"user": "other", "at": "1970-01-01T00:00:00Z"}
    ]


CERTIFICATE = """\
Certificate:
    Data:
        Signature Algorithm: ecdsa-with-SHA256
        Issuer:
            commonName                = Lab Intermediate
            organizationName          = Authority of canary@people.example
            countryName               = CA
        Validity
            Not Before: Nov 24 12:00:00 2026 GMT
            Not After : Feb 22 12:00:00 2027 GMT
        Subject:
        Subject Public Key Info:
            Public Key Algorithm: id-ecPublicKey
                Public-Key: (256 bit)
        X509v3 extensions:
            X509v3 Subject Alternative Name: critical
                DNS:www.abercorn.example, DNS:abercorn.example
"""


def test_certificates() -> None:
    assert audit_keeping.parsed_certificate(CERTIFICATE) == {
        "domain": "abercorn.example",
        "names": ["abercorn.example", "www.abercorn.example"],
        "issuer": "?",
        "issuer_country": "CA",
        "not_after": "2027-02-22T12:00:00Z",
        "key": "id-ecPublicKey 256",
    }


@pytest.mark.parametrize(
    ("said", "seconds"), [("90day", 7776000), ("1month", 2629800), ("2 weeks", 1209600), ("0", 0)]
)
def test_spans_of_systemd(said: str, seconds: int) -> None:
    assert audit_keeping.span(said) == seconds


def test_how_long_logs_are_kept(tmp_path: Path) -> None:
    (tmp_path / "nginx").write_text(
        "/var/log/nginx/*.log\n/var/log/other.log {\n  daily\n  rotate 14\n}\n# x\n"
    )
    (tmp_path / "apt").write_text("/var/log/apt/term.log {\n  monthly\n  rotate 12\n  maxage 30\n}\n")
    assert audit_keeping.rotated(tmp_path) == [
        {"path": "/var/log/apt/term.log", "days": 30},
        {"path": "/var/log/nginx/*.log", "days": 14},
        {"path": "/var/log/other.log", "days": 14},
    ]


def test_links_and_pipes_of_a_municipality_are_not_opened(tmp_path: Path) -> None:
    import os

    (tmp_path / "secret").write_text("canary")
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "pipe")
    assert shapes.read(tmp_path / "secret") == "canary"
    assert shapes.read(tmp_path / "link") == ""
    assert shapes.read(tmp_path / "pipe") == ""
