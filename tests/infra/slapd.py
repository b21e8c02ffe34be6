"""A municipality's own directory: OpenLDAP on a small host of the lab, reached by `ldaps` alone."""

from __future__ import annotations

import secrets
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.deployed import Deployment
from tests.realm import Person
from tests.vouching import Authority

MACHINE = "annuaire"
NAME = "annuaire.frelighsburg.example"
BASE = "dc=frelighsburg,dc=example"
PEOPLE, FORMER, GROUPS = f"ou=personnes,{BASE}", f"ou=anciens,{BASE}", f"ou=groupes,{BASE}"
READER, MASTER = f"cn=lecture,{BASE}", f"cn=maitre,{BASE}"
POLICY = f"cn=serrure,{BASE}"
KNOWN_GROUPS = ("administrateurs", "employes", "elus", "redaction-web")

SETTINGS = f"""
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload ppolicy
TLSCertificateFile /etc/ldap/essai.pem
TLSCertificateKeyFile /etc/ldap/essai.key
disallow bind_anon
authz-regexp "gidNumber=0\\\\+uidNumber=0,cn=peercred,cn=external,cn=auth" "{MASTER}"
database mdb
suffix "{BASE}"
rootdn "{MASTER}"
directory /var/lib/ldap/essai
index objectClass,entryUUID,uid,mail,member eq
overlay ppolicy
ppolicy_default "{POLICY}"
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{READER}" read by * none
"""
INSTALL = """
command -v ldapmodify >/dev/null && exit
apt-get -qq update
export DEBIAN_FRONTEND=noninteractive
apt-get -qq -y install --no-install-recommends slapd ldap-utils >/dev/null 2>&1
systemctl --quiet disable --now slapd
"""
START = """
systemctl --quiet stop essai-slapd 2>/dev/null || true
rm -f /run/slapd/ldapi; install -d -o openldap -g openldap /run/slapd /var/lib/ldap/essai
cat > /etc/ldap/essai.conf; chown -R openldap /etc/ldap/essai.*
systemd-run --quiet --unit=essai-slapd --collect /usr/sbin/slapd -d 0 -u openldap -g openldap \
    -f /etc/ldap/essai.conf -h "ldaps:/// ldapi:///"
for _ in $(seq 100); do test -S /run/slapd/ldapi && exit; sleep 0.1; done; exit 1
"""

UNLOCKED = "(!(pwdAccountLockedTime=*))"
LOCKS = {"cn": "serrure", "sn": "serrure", "pwdAttribute": "userPassword", "pwdLockout": "TRUE"}


def entry(dn: str, *classes: str, **attributes: str) -> str:
    """An entry in LDIF."""
    lines = [f"dn: {dn}", *(f"objectClass: {name}" for name in classes)]
    return "\n".join([*lines, *(f"{name}: {value}" for name, value in attributes.items())]) + "\n\n"


@dataclass(frozen=True)
class Directory:
    """A directory of people who have passwords there; ``secret`` is that of the account that reads it."""

    deployment: Deployment
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)

    @property
    def spec(self) -> dict[str, str]:
        """What a municipality's spec says of it."""
        places = {"users_dn": PEOPLE, "groups_dn": GROUPS}
        return {"url": f"ldaps://{NAME}", "bind_dn": READER, "user_filter": UNLOCKED, **places}

    def sh(self, script: str, body: str = "") -> str:
        """The output of a script that root runs on its host."""
        words = ["bash", "-euo", "pipefail", "-c", shlex.quote(script)]
        command = self.deployment.lab.ssh_command(MACHINE, words)
        done = subprocess.run(command, input=body, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def write(self, ldif: str) -> None:
        """New entries, and changes of those that are there."""
        self.sh("ldapmodify -a -Q -Y EXTERNAL -H ldapi:/// >/dev/null", ldif)

    def start(self, issuer: Authority) -> None:
        """Run it, with a certificate that this authority vouches for."""
        shown, key = issuer.vouch(self.deployment.folder, NAME)
        self.sh("install -m 0600 /dev/stdin /etc/ldap/essai.pem", shown)
        self.sh("install -m 0600 /dev/stdin /etc/ldap/essai.key", key)
        self.sh(START, SETTINGS)

    def fill(self) -> None:
        """Branches, our groups and the account that reads."""
        self.write(
            entry(BASE, "organization", "dcObject", o="Frelighsburg", dc="frelighsburg")
            + entry(PEOPLE, "organizationalUnit", ou="personnes")
            + entry(FORMER, "organizationalUnit", ou="anciens")
            + entry(GROUPS, "organizationalUnit", ou="groupes")
            + entry(POLICY, "person", "pwdPolicy", **LOCKS)
            + entry(READER, "person", cn="lecture", sn="lecture", userPassword=self.secret)
            + "".join(
                entry(f"cn={name},{GROUPS}", "groupOfNames", cn=name, member=READER) for name in KNOWN_GROUPS
            )
        )

    def person(self, *groups: str) -> Person:
        """Somebody new; what is known as their number is their place in the directory."""
        user, password = f"annuaire-{secrets.token_hex(4)}", secrets.token_urlsafe(24)
        place, mail = f"uid={user},{PEOPLE}", f"{user}@frelighsburg.example"
        names = {"cn": "Élise Annuaire", "sn": "Annuaire", "givenName": "Élise", "mail": mail}
        self.write(
            entry(place, "inetOrgPerson", uid=user, userPassword=password, **names)
            + "".join(
                f"dn: cn={group},{GROUPS}\nchangetype: modify\nadd: member\nmember: {place}\n\n"
                for group in groups
            )
        )
        return Person(place, user, password)

    def lock(self, person: Person) -> None:
        """As an administrator of the directory locks an account."""
        place = "pwdAccountLockedTime"
        self.write(f"dn: {person.id}\nchangetype: modify\nadd: {place}\n{place}: 000001010000Z\n")

    def leave_group(self, person: Person, group: str) -> None:
        self.write(f"dn: cn={group},{GROUPS}\nchangetype: modify\ndelete: member\nmember: {person.id}\n")

    def move(self, person: Person, branch: str) -> None:
        """To another branch; the entry stays the same one."""
        name = person.id.partition(",")[0]
        place = f"{name},{FORMER if branch == PEOPLE else PEOPLE}"
        self.write(
            f"dn: {place}\nchangetype: modrdn\nnewrdn: {name}\ndeleteoldrdn: 0\nnewsuperior: {branch}\n"
        )


@contextmanager
def directory(deployment: Deployment, issuer: Authority) -> Iterator[Directory]:
    """A directory on a host of its own, whose name the lab's resolver knows, for a while."""
    lab, kept = deployment.lab, deployment.lab.status().names
    try:
        status = lab.up((MACHINE,), disk_gib=1)
        (address,) = [host.address for host in status.hosts if host.name == MACHINE]
        lab.set_names({**kept, NAME: address})
        made = Directory(deployment)
        made.sh(INSTALL)
        made.start(issuer)
        made.fill()
        yield made
    finally:
        lab.remove_host(MACHINE)
        lab.set_names(kept)
