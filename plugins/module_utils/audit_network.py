# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where a server's programs are told to go, in their own configuration."""

from __future__ import annotations

import json
import re
from pathlib import Path

from ansible_collections.nuage_commun.platform.plugins.module_utils import audit_shapes as shapes

CERTIFICATES = Path("/var/lib/nuage/certificates")
BACKUPS = re.compile(
    r"(?:RESTIC_REPOSITORY|BORG_REPO|RCLONE_REMOTE|NUAGE_BACKUP_TARGET|repository|repositories|--repo(?:sitory)?|-r|path)"
    r"[=:\s\"'-]*((?:rest:|s3:)?(?:https?|ssh|sftp|rsync)://[^\s\"']+"
    r"|(?:rest:|s3:)[^\s\"']+|(?:sftp:)?[A-Za-z0-9_.-]+@[^\s\"':]+:[^\s\"']*)"
)
"""How the usual backup programs are told where to write."""
BACKUP_FILES = (
    "etc/systemd/system/*.service",
    "etc/systemd/system/*.service.d/*.conf",
    "etc/systemd/system/*.timer",
    "etc/cron*/*",
    "etc/crontab",
    "var/spool/cron/crontabs/*",
    "etc/default/*",
    "etc/restic/*",
    "etc/borgmatic/*",
    "etc/borgmatic.d/*",
    "etc/nuage/backup/*",
)


def destinations(root="/"):
    """The topic `destinations`."""
    root = Path(root)
    apt = apt_places(root)
    return {
        "resolvers": resolvers(root),
        "fallback_resolvers": setting(root, "resolved", "FallbackDNS"),
        "time_servers": setting(root, "timesyncd", "NTP"),
        "fallback_time_servers": setting(root, "timesyncd", "FallbackNTP"),
        "mirrors": apt,
        "mail_relay": relay(root),
        "backup_targets": backup_targets(root),
        "acme_directory": acme(root / str(CERTIFICATES)[1:]),
        # Archives come from the control machine: a server is told of no place to fetch them from.
        "artifact_mirror": [],
        "ssh_allowed_from": allowed_from(root),
    }


def lines(path):
    return [line.strip() for line in shapes.read(path).splitlines() if line.strip()[:1] not in ("", "#", ";")]


def resolvers(root):
    path = root / "etc/resolv.conf"
    try:
        text = shapes.read(path.resolve(strict=True))
    except OSError:
        return []
    return [
        shapes.place(f"[{name}]:53" if ":" in name else f"{name}:53", "/etc/resolv.conf")
        for name in re.findall(r"^nameserver[ \t]+(\S+)", text, re.MULTILINE)
    ]


def setting(root, program, name):
    """A list of hosts in a configuration of systemd's: the last word counts, an empty one takes back the others.

    Where nothing says so, what the program was compiled with counts: Debian's own, told as such.
    """
    folders = [root / f"usr/lib/systemd/{program}.conf.d", root / f"etc/systemd/{program}.conf.d"]
    files = [root / f"usr/lib/systemd/{program}.conf", root / f"etc/systemd/{program}.conf"]
    drop_ins = {path.name: path for folder in folders for path in sorted(folder.glob("*.conf"))}
    files += [drop_ins[name] for name in sorted(drop_ins)]
    found, said = [], False
    for path in files:
        for line in lines(path):
            key, equals, value = line.partition("=")
            if equals and key.strip() == name:
                said = True
                source = "/" + str(path.relative_to(root))
                here = [shapes.place(one.split("#")[0], source) for one in value.split()]
                found = found + here if here else []
    if said or not name.startswith("Fallback"):
        return found
    built = {"resolved": "systemd-resolved", "timesyncd": "systemd-timesyncd"}[program]
    there = (root / "usr/lib/systemd" / built).exists()
    return [{"host": f"compiled-in.{program}", "port": None, "source": built}] if there else []


def apt_places(root):
    """Hosts of apt's sources, and of the proxy that it goes through."""
    sources = ["etc/apt/sources.list", *(str(path.relative_to(root)) for path in apt_sources(root))]
    found = []
    for name in sources:
        for url in re.findall(r"\b(?:https?|ftp)://[^\s\"]+", "\n".join(lines(root / name))):
            found.append(shapes.place(url, f"/{name}"))
    for path in sorted((root / "etc/apt/apt.conf.d").glob("*")):
        for url in re.findall(r'^Acquire::https?::Proxy\s+"([^"]+)"', shapes.read(path), re.MULTILINE):
            found.append(shapes.place(url, f"/{path.relative_to(root)}"))
    return unique(found)


def apt_sources(root):
    """The lists that apt reads; one that an `apt.conf` names stands alone."""
    for path in sorted((root / "etc/apt/apt.conf.d").glob("*")):
        named = re.search(r'^Dir::Etc::SourceList\s+"([^"/][^"]*)"', shapes.read(path), re.MULTILINE)
        if named:
            return [root / "etc/apt" / named[1]]
    folder = root / "etc/apt/sources.list.d"
    return sorted([*folder.glob("*.list"), *folder.glob("*.sources")])


def unique(places):
    return [place for number, place in enumerate(places) if place not in places[:number]]


def relay(root):
    text = shapes.read(root / "etc/msmtprc")
    hosts = re.findall(r"^host[ \t]+(\S+)", text, re.MULTILINE)
    ports = re.findall(r"^port[ \t]+(\d+)", text, re.MULTILINE)
    return [
        {"host": shapes.host(name) or shapes.UNREADABLE, "port": shapes.port(at), "source": "/etc/msmtprc"}
        for name, at in zip(hosts, ports + ["25"] * len(hosts), strict=False)
    ]


def backup_targets(root):
    """Hosts that a unit, a timetable or a backup program's own file tells to write to."""
    found = []
    for pattern in BACKUP_FILES:
        for path in sorted(root.glob(pattern)):
            for target in BACKUPS.findall("\n".join(lines(path))):
                # Not the file: crontabs bear people's names.
                found.append(shapes.place(bare(target), f"/{pattern}"))
    return unique(found)


def bare(target):
    """The address in a repository's name: `sftp:somebody@host:/place`, `s3:https://host/bucket`."""
    text = re.sub(r"^(?:rest|s3|sftp):", "", target)
    if "//" in text:
        return text
    return "//" + text.rpartition("@")[2].split(":")[0].split("/")[0]


def acme(certificates):
    """Directories of the authorities that the certificates came from."""
    found = []
    for path in sorted(certificates.glob("*/certificate.json")):
        try:
            url = json.loads(shapes.read(path)).get("directory", "")
        except (ValueError, AttributeError):
            continue
        if url:
            found.append(shapes.place(url, "/var/lib/nuage/certificates/*/certificate.json"))
    return unique(found)


def allowed_from(root):
    """Networks that sshd lets in, by whoever's name."""
    found = []
    for path in [root / "etc/ssh/sshd_config", *sorted((root / "etc/ssh/sshd_config.d").glob("*.conf"))]:
        for line in lines(path):
            words = line.split()
            if words[0].lower() == "allowusers":
                source = f"/{path.relative_to(root)}"
                # A name without a network may come from anywhere.
                places = [
                    each.rpartition("@")[2].replace("*", "0.0.0.0/0") for each in words[1:] if "@" in each
                ]
                places += ["0.0.0.0/0" for each in words[1:] if "@" not in each]
                found += [
                    {"host": shapes.host(one) or shapes.UNREADABLE, "port": 22, "source": source}
                    for one in places
                ]
    return unique(found) or [{"host": "0.0.0.0/0", "port": 22, "source": "/etc/ssh/sshd_config"}]
