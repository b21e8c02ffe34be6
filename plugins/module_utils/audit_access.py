# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who can get at a server: keys as fingerprints, people as numbers of accounts and counts; no name, no address."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import pwd
import re
from pathlib import Path

from ansible_collections.nuage_commun.platform.plugins.module_utils import audit_shapes as shapes
from ansible_collections.nuage_commun.platform.plugins.module_utils import postgresql
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError, run

SSHD = [
    "allowagentforwarding",
    "allowtcpforwarding",
    "authenticationmethods",
    "ciphers",
    "gatewayports",
    "hostkeyalgorithms",
    "kbdinteractiveauthentication",
    "kexalgorithms",
    "loglevel",
    "macs",
    "maxauthtries",
    "passwordauthentication",
    "permitemptypasswords",
    "permitrootlogin",
    "permittunnel",
    "permituserenvironment",
    "port",
    "pubkeyauthentication",
    "pubkeyacceptedalgorithms",
    "x11forwarding",
]
VALUE = re.compile(r"[A-Za-z0-9@.,:_+-]{1,2000}\Z")
KEY = re.compile(r"(?:^|[\s,])((?:sk-)?(?:ssh|ecdsa)-[a-z0-9@.-]+)[ \t]+([A-Za-z0-9+/]+={0,3})(?=\s|$)")
FORCED = re.compile(r"(?:^|,)\s*command=", re.IGNORECASE)
LOGIN = re.compile(r"^Accepted \S+ for (\S+) from \S+ port \d+ ssh2(?:: \S+ (SHA256:[A-Za-z0-9+/]+))?")
NOBODY = ("Defaults", "User_Alias", "Runas_Alias", "Cmnd_Alias", "Cmd_Alias", "Host_Alias")
"""First words of lines of a sudoers file that give nobody anything."""
DAYS = 90
MOST_LOGINS = 20000
ROLES = re.compile(r"(root|postgres|mysql|mariadb\.sys|keycloak|golden|holder|t[0-9]{5})\Z")
POSTGRESQL_ROLES = "SELECT rolname, rolsuper, oid FROM pg_roles WHERE rolcanlogin ORDER BY oid;"
MARIADB_ROLES = "SELECT User, Super_priv FROM mysql.user ORDER BY User, Host;"
KEYCLOAK_ADMINS = """
SELECT count(DISTINCT u.id) FILTER (WHERE u.service_account_client_link IS NULL),
       count(DISTINCT u.id) FILTER (WHERE u.service_account_client_link IS NOT NULL)
  FROM public.realm r JOIN public.keycloak_role k ON k.realm_id = r.id AND k.name = 'admin' AND NOT k.client_role
  JOIN public.user_entity u ON u.realm_id = r.id
 WHERE r.name = 'master' AND u.enabled
   AND (EXISTS (SELECT FROM public.user_role_mapping m WHERE m.role_id = k.id AND m.user_id = u.id)
     OR EXISTS (SELECT FROM public.group_role_mapping g JOIN public.user_group_membership b ON b.group_id = g.group_id
                 WHERE g.role_id = k.id AND b.user_id = u.id));
"""


def access():
    """The topic `access`."""
    people = {one.pw_name: one for one in pwd.getpwall()}
    settings = sshd()
    logins = last_logins()
    used = {}
    for _name, fingerprint, at in logins:
        used[fingerprint] = max(at, used.get(fingerprint, 0))
    keys = [
        {
            **key,
            "user": shapes.account(name, one.pw_uid),
            "last_used": shapes.rfc3339(used.get(key["fingerprint"])),
        }
        for name, one in sorted(people.items())
        for key in keys_of(one, settings.get("authorizedkeysfile", ".ssh/authorized_keys"))
    ]
    persons, services = keycloak_admins()
    return {
        "ssh_keys": keys,
        "sshd": {name: shapes.shaped(settings[name], VALUE) for name in SSHD if name in settings},
        "sudoers": sudoers(people),
        "keycloak_admins": persons,
        "keycloak_service_admins": services,
        "database_roles": database_roles(),
        "last_logins": newest(logins, people),
        "logins_days": DAYS,
    }


def sshd():
    """What sshd itself says of its settings, by name."""
    try:
        text = run(["/usr/sbin/sshd", "-T"])
    except ProgramError:
        return {}
    pairs = [line.partition(" ") for line in text.splitlines()]
    return {name: value.strip() for name, _, value in pairs}


def keys_of(person, patterns):
    """Public keys that let somebody in, as fingerprints. What else a line says is left."""
    found = []
    for pattern in patterns.split():
        path = pattern.replace("%u", person.pw_name).replace("%h", person.pw_dir).replace("%%", "%")
        path = path if os.path.isabs(path) else os.path.join(person.pw_dir, path)
        found += [one for one in keys(shapes.read(path)) if one not in found]
    return found


def keys(text):
    found = []
    for line in text.splitlines():
        match = None if line.lstrip().startswith("#") else KEY.search(line)
        if match:
            forced = bool(FORCED.search(line[: match.start(1)]))
            found.append({"fingerprint": fingerprint(match[2]), "type": match[1], "forced_command": forced})
    return [one for one in found if one["fingerprint"]]


def fingerprint(text):
    """As OpenSSH shows it; None for what is no key."""
    try:
        blob = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return None
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def sudoers(people, root="/"):
    """Accounts and groups (`%name`) that may become somebody else."""
    found = []
    root = Path(root)
    for path in [root / "etc/sudoers", *sorted((root / "etc/sudoers.d").glob("*"))]:
        for line in shapes.read(path).replace("\\\n", " ").splitlines():
            who = line.split()[0] if line.split() else ""
            if "=" not in line or who[:1] in ("", "#", "@") or who.startswith(NOBODY):
                continue
            found.append(named(who, people))
    return sorted(set(found))


def named(who, people):
    if who == "ALL":
        return who
    if who.startswith("%"):
        return who if who in ("%sudo", "%wheel", "%root") else "%other"
    return shapes.account(who, people[who].pw_uid) if who in people else "other"


def last_logins():
    """Account, fingerprint and instant (epoch) of who signed in by SSH lately."""
    command = [
        "journalctl",
        "-q",
        "-o",
        "json",
        "-r",
        "-n",
        str(MOST_LOGINS),
        f"--since=-{DAYS}d",
        "-g",
        "^Accepted ",
    ]
    command += ["--output-fields=MESSAGE", "-t", "sshd", "-t", "sshd-session"]
    try:
        text = run(command, timeout=60)
    except ProgramError:
        return []
    return parsed_logins(text)


def parsed_logins(text):
    found = []
    for line in text.splitlines():
        try:
            entry = json.loads(line)
            match = LOGIN.match(entry["MESSAGE"])
            at = int(entry["__REALTIME_TIMESTAMP"]) // 1_000_000
        except (ValueError, KeyError, TypeError):
            continue
        if match:
            found.append((match[1], match[2], at))
    return found


def newest(logins, people):
    """The last sign-in of each account."""
    latest = {}
    for name, _fingerprint, at in logins:
        who = shapes.account(name, people[name].pw_uid) if name in people else "other"
        latest[who] = max(at, latest.get(who, 0))
    return [{"user": who, "at": shapes.rfc3339(at)} for who, at in sorted(latest.items())]


def keycloak_admins():
    """People and programs that administer all of Keycloak; None for both where there is none."""
    if not Path("/etc/nuage/keycloak").is_dir():
        return None, None
    try:
        (row,) = postgresql.sql(KEYCLOAK_ADMINS, "keycloak")
    except (ProgramError, ValueError):
        return None, None
    persons, services = row.split("\t")
    return int(persons), int(services)


def database_roles():
    """Roles of both databases that can sign in."""
    found = []
    if Path(postgresql.PSQL).exists():
        for row in rows(lambda: postgresql.sql(POSTGRESQL_ROLES)):
            found.append(role("postgresql", row[0], row[1] == "t"))
    if Path("/usr/bin/mariadb").exists():
        command = ["mariadb", "--no-defaults", "--batch", "--skip-column-names"]
        for row in rows(lambda: run(command, stdin=MARIADB_ROLES).splitlines()):
            found.append(role("mariadb", row[0], row[1] == "Y"))
    return found


def rows(ask):
    try:
        return [line.split("\t") for line in ask()]
    except ProgramError:
        return [("", "")]


def role(engine, name, superuser):
    return {
        "engine": engine,
        # A person's own role has a person's name.
        "role": name if ROLES.match(name) else "other",
        "superuser": superuser,
        "last_used": None,
    }
