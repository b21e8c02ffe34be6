# SPDX-License-Identifier: AGPL-3.0-or-later
"""A municipality's applications on their way to another server: what each of the two servers does (ADR 17).

`move VERB NAME [n=…] [parent=…] [services=…]`. The control machine asks, and carries what one sends to the
other: neither server has any right on the other. Everything may be asked again.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import ssl
import sys
import tarfile
import time
from contextlib import ExitStack
from pathlib import Path

import databases
import forward
import ledger
import moment
import place
from settings import ENVIRONMENT, MOMENTS, NAME, STATE, BackupError, Settings, read, run, write

CERTIFICATES = Path("/var/lib/nuage/certificates")
UPGRADES = Path("/var/lib/nuage/upgrades")
PATIENCE_S = 30
"""For the first answer of what has just started."""


class Way:
    """Where things of a move lie, on either server."""

    def __init__(self, name, services):
        if not NAME.fullmatch(name) or not name.endswith("-apps"):
            raise BackupError("moving.failed", f"no place: {name}")
        if any(each not in databases.KINDS for each in services):
            raise BackupError("moving.failed", f"no services: {services}")
        self.of = Settings(
            name=name, code=name[:5], keeper="", port=0, services=tuple(services), upload_kib=0, first=False
        )
        self.folder = MOMENTS / f"{name}.move"

    def make(self):
        MOMENTS.mkdir(mode=0o700, exist_ok=True)
        self.folder.mkdir(mode=0o700, exist_ok=True)

    def snapshot(self, number):
        return self.folder / str(int(number))


# On the server that it leaves


def look(way, **_):
    """What it takes, and whether anything stands in the way."""
    of = way.of
    if (UPGRADES / f"{of.code}.json").exists():
        raise BackupError("backup.upgrading", of.name)
    if (STATE / f"{of.name}.restoring").exists():
        raise BackupError("moving.restoring", of.name)
    sizes = {"files": int(_group(of.home)[0])}
    for service in of.services:
        home = {"wordpress": Path("/srv/mysql"), "nextcloud": Path("/srv/postgresql/tenants")}[service]
        sizes[service] = int(_group(home / of.user)[0])
    return {"sizes": sizes, "closed": bool(place.note(of.name))}


def _group(path):
    """Bytes of a subvolume, as its quota group counts them, as texts."""
    for line in run(["btrfs", "qgroup", "show", "-r", "-f", "--raw", path], "moving.failed").splitlines():
        fields = line.split()
        if len(fields) > 3 and fields[0].startswith("0/"):
            return fields[1:]
    return ["0"]


def snapshot(way, *, n, **_):
    """One more moment of the files, which are at work."""
    way.make()
    if not way.snapshot(n).is_dir():
        moment.snapshot(way.of.home, way.snapshot(n))
        run(["btrfs", "filesystem", "sync", way.folder], "moving.failed")
    return {"n": n}


def send(way, *, n, parent="", **_):
    """A moment, or what came after another one, to standard output."""
    since = ["-p", str(way.snapshot(parent))] if parent else []
    _become(["btrfs", "send", "-q", *since, str(way.snapshot(n))])


def learn(way, *, n, **_):
    """Digests of a moment's files, so that the last one's are soon known."""
    write(way.folder / "marks.json", json.dumps(ledger.files(way.snapshot(n))))
    return {"n": n}


def close(way, to="", **_):
    """The door, and all that writes."""
    began = time.monotonic()
    place.close(way.of, to=to)
    return {"seconds": round(time.monotonic() - began, 2)}


def last(way, *, n, **_):
    """The last moment, of a place that is closed: files, dumps, rows and digests."""
    if place.note(way.of.name).get("state") != "closed":
        raise BackupError("moving.failed", f"{way.of.name} isn't closed")
    began = time.monotonic()
    way.make()
    if way.snapshot(n).is_dir():
        moment.remove_subvolume(way.snapshot(n))
    folder = way.folder / "databases"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    with ExitStack() as stack:
        held = {service: databases.KINDS[service](way.of.user) for service in way.of.services}
        for each in held.values():
            stack.callback(each.close)
            each.begin(folder)
        moment.snapshot(way.of.home, way.snapshot(n))
        run(["btrfs", "filesystem", "sync", way.folder], "moving.failed")
        rows = {service: each.finish() for service, each in held.items()}
    found = ledger.files(way.snapshot(n), read(way.folder / "marks.json"))
    dumps = {path.name: {"sha256": ledger._digest(path)} for path in sorted(folder.iterdir())}
    whole = {"files": ledger.without_marks(found), "rows": rows, "dumps": dumps}
    write(way.folder / "ledger.json", json.dumps(whole, sort_keys=True) + "\n")
    return {
        "files": len(found),
        "rows": {service: sum(tables.values()) for service, tables in rows.items()},
        "seconds": round(time.monotonic() - began, 2),
    }


def give(way, **_):
    """Dumps and ledger, to standard output."""
    with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as archive:
        for name in (
            "ledger.json",
            *(f"databases/{path.name}" for path in (way.folder / "databases").iterdir()),
        ):
            archive.add(way.folder / name, arcname=name, recursive=False)


def give_certificates(way, domains="", **_):
    """Those of its sites, with their keys, to standard output."""
    with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as archive:
        for domain in _names(domains):
            for name in ("certificate.json", "fullchain.pem", "privkey.pem"):
                if (CERTIFICATES / domain / name).is_file():
                    archive.add(CERTIFICATES / domain / name, arcname=f"{domain}/{name}", recursive=False)


def _names(domains):
    found = [each for each in domains.split(",") if each]
    if any("/" in each or each.startswith(".") for each in found):
        raise BackupError("moving.failed", f"no names: {domains}")
    return found


# On the server that it goes to


def room(way, **_):
    """Whether it can come: what is free, and what is there of it."""
    if run(["stat", "--file-system", "--format=%T", "/srv"], "moving.failed").strip() != "btrfs":
        raise BackupError("moving.no-btrfs", "/srv")
    free = shutil.disk_usage("/srv").free
    return {"free": free, "home": way.of.home.is_dir(), "closed": bool(place.note(way.of.name))}


def take_certificates(way, **_):
    """From standard input; the key is readable by the web server's master alone."""
    CERTIFICATES.mkdir(mode=0o755, parents=True, exist_ok=True)
    with tarfile.open(fileobj=sys.stdin.buffer, mode="r|") as archive:
        for member in archive:
            _put(archive, member, CERTIFICATES, depth=2)
    return {}


def _put(archive, member, root, depth):
    """One file of an archive, by a name of so many parts."""
    parts = member.name.split("/")
    if not member.isreg() or len(parts) > depth or any(part in ("", ".", "..") for part in parts):
        raise BackupError("moving.failed", f"what came has {member.name!r}")
    path = root.joinpath(*parts)
    path.parent.mkdir(exist_ok=True, mode=0o755)
    beside = path.with_name(f".{path.name}.new")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as stream:
        shutil.copyfileobj(archive.extractfile(member), stream, 1 << 20)
        stream.flush()
        os.fchown(stream.fileno(), member.uid, member.gid)
        os.fchmod(stream.fileno(), member.mode & 0o777)
        os.fsync(stream.fileno())
    beside.replace(path)


def receive(way, *, n, **_):
    """A moment, from standard input. Half of one that came before goes first."""
    way.make()
    if way.snapshot(n).is_dir():
        moment.remove_subvolume(way.snapshot(n))
    _become(["btrfs", "receive", "-q", str(way.folder)])


def take(way, **_):
    """Dumps and ledger, from standard input."""
    way.make()
    shutil.rmtree(way.folder / "databases", ignore_errors=True)
    with tarfile.open(fileobj=sys.stdin.buffer, mode="r|") as archive:
        for member in archive:
            member.uid = member.gid = 0
            _put(archive, member, way.folder, depth=2)
    return {}


def arrive(way, *, n, **_):
    """What came, compared with its ledger, in the place of what deployments made there. Nothing of it runs yet."""
    of, began = way.of, time.monotonic()
    if place.note(of.name).get("state") != "closed":
        raise BackupError("moving.failed", f"{of.name} isn't closed")
    book = json.loads((way.folder / "ledger.json").read_text())
    _compare(way, n, book)
    _swap(way, n)
    swapped = time.monotonic()
    for service in of.services:
        kind = databases.KINDS[service]
        kind.load(of.user, way.folder / "databases" / kind.file)
        rows = kind.count(of.user)
        if rows != book["rows"][service]:
            raise BackupError("moving.differs", "; ".join(ledger.differences(book["rows"][service], rows)))
    # The note that says that this is the truth may be on disk before all of this is.
    os.sync()
    ended = time.monotonic()
    return {"files_s": round(swapped - began, 2), "databases_s": round(ended - swapped, 2)}


def _compare(way, n, book):
    known = read(way.folder / "marks.json")
    found = ledger.without_marks(ledger.files(way.snapshot(n), known))
    dumps = {
        path.name: {"sha256": ledger._digest(path)} for path in sorted((way.folder / "databases").iterdir())
    }
    wrong = ledger.differences(book["files"], found) + ledger.differences(book["dumps"], dumps)
    if wrong:
        raise BackupError("moving.differs", "; ".join(wrong))


def _swap(way, n):
    home, aside = way.of.home, way.folder / "made"
    limit = moment.limit_of(home) if home.is_dir() else moment.limit_of(aside)
    if home.is_dir():
        if aside.is_dir():
            moment.remove_subvolume(aside)
        home.rename(aside)
    run(["btrfs", "subvolume", "snapshot", way.snapshot(n), home], "moving.failed")
    if limit:
        run(["btrfs", "qgroup", "limit", limit, home], "moving.failed")
    for name in ledger.LEFT_OUT:
        # What PHP left and compiled there.
        for path in (home / name).iterdir() if (home / name).is_dir() else ():
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    moment.remove_subvolume(aside)


def try_out(way, pages="", **_):
    """At work for the server itself, which asks for each of ``pages``: `name:/path:status`."""
    began = time.monotonic()
    address = place.try_out(way.of)
    for page in pages.split(",") if pages else ():
        domain, path, status = page.split(":")
        _expect(address, domain, path, int(status))
    return {"seconds": round(time.monotonic() - began, 2)}


def _expect(address, domain, path, status):
    """An answer of that status; nginx's former workers may still answer for a moment."""
    deadline, found = time.monotonic() + PATIENCE_S, ""
    while True:
        try:
            found = _answer(address, domain, path)
        except (OSError, http.client.HTTPException) as error:
            found = str(error)
        if found == status:
            return
        if time.monotonic() > deadline:
            raise BackupError("moving.no-answer", f"{domain}{path}: {found}, not {status}")
        time.sleep(0.1)


def _answer(address, domain, path):
    """Status of one page; the chain of the certificate is checked from outside."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection(domain, 443, timeout=30, context=context)
    plain = socket.create_connection((address, 443), 30)
    connection.sock = context.wrap_socket(plain, server_hostname=domain)
    try:
        connection.request("GET", path, headers={"User-Agent": "nuage"})
        return connection.getresponse().status
    finally:
        connection.close()


# On either


def open_again(way, trusted="", **_):
    """The door, for everybody; and for who is passed on by the server that it left."""
    place.open_again(way.of, trusted)
    return {}


def pass_on(way, *, to, **_):
    """Who comes to the closed door is passed on; the authority's certificate comes by standard input, if it has one."""
    place.pass_on(way.of, to, sys.stdin.read())
    return {}


def distrust(way, **_):
    """Nobody passes anybody on any more."""
    forward.trust(way.of.code, "")
    run(["systemctl", "reload", "nginx.service"], "moving.door-failed", timeout=60)
    return {}


def discard(way, **_):
    """Moments, dumps and ledger of a move that is over."""
    for path in way.folder.iterdir() if way.folder.is_dir() else ():
        if path.is_dir() and path.stat().st_ino == 256:
            moment.remove_subvolume(path)
    shutil.rmtree(way.folder, ignore_errors=True)
    return {}


def _become(command):
    """Another program in the place of this one, with its standard input and output."""
    sys.stdout.flush()
    os.execvpe(command[0], command, ENVIRONMENT)


VERBS = {
    "arrive": arrive,
    "close": close,
    "discard": discard,
    "distrust": distrust,
    "give": give,
    "give-certificates": give_certificates,
    "last": last,
    "learn": learn,
    "look": look,
    "open": open_again,
    "pass-on": pass_on,
    "receive": receive,
    "room": room,
    "send": send,
    "snapshot": snapshot,
    "take": take,
    "take-certificates": take_certificates,
    "try": try_out,
}
STREAMS = ("give", "give-certificates", "receive", "send")


def main(verb, name, *words):
    """One step, and what it says of itself."""
    asked = dict(word.partition("=")[::2] for word in words)
    way = Way(name, [each for each in asked.pop("services", "").split(",") if each])
    said = VERBS[verb](way, **asked)
    if verb not in STREAMS:
        print(json.dumps(said, sort_keys=True))
