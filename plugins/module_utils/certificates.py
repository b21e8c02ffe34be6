# SPDX-License-Identifier: AGPL-3.0-or-later
"""Certificates on a server: one folder per domain, replaced as a whole.

``/var/lib/nuage/certificates/<domain>`` is a link to a folder of ``.versions`` that holds the key, the
certificate with its chain, and a record of both. So key and certificate change in one step: nginx refuses a
pair that does not match, and with it every other site of the server.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import ssl
import time

from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import (
    ProgramError,
    run,
    write_atomic,
)

DAY = 86400
MODES = {"privkey.pem": 0o600, "fullchain.pem": 0o644, "certificate.json": 0o600}
DOMAIN = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\Z")
TOKEN = re.compile(r"[A-Za-z0-9_-]{1,512}\Z")


class CertificateError(Exception):
    """A certificate that can't be taken; ``key`` and ``context`` are the catalogue's."""

    def __init__(self, key, **context):
        self.key = key
        self.context = context
        super().__init__(f"{key}: {context}")


def renewal_time(begins, ends, days):
    """When to ask for the next one (epoch). Short-lived certificates keep two thirds of their life."""
    return int(ends - min(days * DAY, (ends - begins) / 3))


def digest(path):
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_record(folder):
    """The record of an installed certificate, or {} where there's none that fits the files beside it."""
    try:
        record = json.loads((folder / "certificate.json").read_text())
        fits = record["certificate_sha256"] == digest(folder / "fullchain.pem") and record[
            "key_sha256"
        ] == digest(folder / "privkey.pem")
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return record if fits else {}


def wanting(record, wanted, now):
    """Why the present certificate won't do, in words for the diff; empty where it will."""
    if not record:
        return "absent"
    if record["names"] != wanted["names"]:
        return "names"
    if (record["directory"], record["authority"]) != (wanted["directory"], wanted["authority"]):
        return "authority"
    if now >= renewal_time(record["not_before"], record["not_after"], wanted["renew_days"]):
        return "renewal"
    return ""


def mend(folder, record, wanted, check_mode):
    """Set owners, modes and the renewal time right. True where something differed."""
    differs = False
    for name, mode in MODES.items():
        found = (folder / name).lstat()
        if (found.st_uid, found.st_gid, found.st_mode & 0o7777) != (os.geteuid(), os.getegid(), mode):
            differs = True
            if not check_mode:
                os.chown(folder / name, os.geteuid(), os.getegid(), follow_symlinks=False)
                (folder / name).chmod(mode)
    renew_at = renewal_time(record["not_before"], record["not_after"], wanted["renew_days"])
    if record["renew_at"] != renew_at:
        differs = True
        if not check_mode:
            write_record(folder, {**record, "renew_at": renew_at})
    return differs


def write_record(folder, record):
    """What `converged_state` and people read instead of parsing certificates."""
    content = json.dumps(record, indent=2, sort_keys=True) + "\n"
    _write(folder / "certificate.json", content.encode())


def _write(path, content):
    write_atomic(path, content, MODES[path.name], os.geteuid(), os.getegid())


def make_request(store, domain, names):
    """A new private key, which stays here, and the signing request for it (PEM)."""
    pending = store / f".pending-{domain}"
    shutil.rmtree(pending, ignore_errors=True)
    pending.mkdir(mode=0o700)
    key = pending / "privkey.pem"
    _write(key, b"")
    run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", str(key)])
    sections = ["[req]", "distinguished_name = subject", "req_extensions = extensions", "[subject]"]
    sections += ["[extensions]", "subjectAltName = " + ",".join(f"DNS:{name}" for name in names), ""]
    configuration = pending / "request.conf"
    configuration.write_text("\n".join(sections))
    # The names are in the extension only: a common name holds 64 characters at most, a domain name 253.
    return run(["openssl", "req", "-new", "-key", str(key), "-config", str(configuration), "-subj", "/"])


def examine(key, chain):
    """Names and dates of the first certificate of a chain.

    Raises:
        CertificateError: it isn't the key's, or can't be read.
    """
    try:
        shown = run(
            [
                "openssl",
                "x509",
                "-in",
                str(chain),
                "-noout",
                "-startdate",
                "-enddate",
                "-ext",
                "subjectAltName",
                "-pubkey",
            ]
        )
        own = run(["openssl", "pkey", "-in", str(key), "-pubout"])
    except ProgramError as error:
        raise CertificateError("acme.unexpected-certificate", detail=str(error)) from error
    if own.strip() not in shown:
        raise CertificateError("acme.unexpected-certificate", detail="public key")
    dates = dict(re.findall(r"^(notBefore|notAfter)=(.+)$", shown, re.MULTILINE))
    return {
        "names": sorted(name.lower() for name in re.findall(r"DNS:([^,\s]+)", shown)),
        "not_before": ssl.cert_time_to_seconds(dates["notBefore"]),
        "not_after": ssl.cert_time_to_seconds(dates["notAfter"]),
    }


def install(store, domain, chain, wanted, now):
    """Put the pending key and its certificate in the place of the present ones; the new record.

    Raises:
        CertificateError: the chain isn't what was asked for, or isn't valid by this server's clock.
    """
    pending = store / f".pending-{domain}"
    _write(pending / "fullchain.pem", chain.encode())
    found = examine(pending / "privkey.pem", pending / "fullchain.pem")
    if found["names"] != wanted["names"]:
        raise CertificateError("acme.unexpected-certificate", detail=", ".join(found["names"]))
    if not found["not_before"] <= now < found["not_after"]:
        dates = {"now": now, "begins": found["not_before"], "ends": found["not_after"]}
        shown = {name: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)) for name, at in dates.items()}
        raise CertificateError("acme.server-clock", **shown)
    record = {
        **found,
        "directory": wanted["directory"],
        "authority": wanted["authority"],
        "renew_at": renewal_time(found["not_before"], found["not_after"], wanted["renew_days"]),
        "certificate_sha256": digest(pending / "fullchain.pem"),
        "key_sha256": digest(pending / "privkey.pem"),
    }
    (pending / "request.conf").unlink()
    write_record(pending, record)
    _promote(store, domain, pending)
    return record


def _promote(store, domain, pending):
    versions = store / ".versions"
    versions.mkdir(mode=0o755, exist_ok=True)
    folder = versions / f"{domain}.{secrets.token_hex(6)}"
    pending.chmod(0o755)
    pending.replace(folder)
    link = store / domain
    if link.is_dir() and not link.is_symlink():
        link.replace(versions / f"{domain}.{secrets.token_hex(6)}")
    fresh = store / f".link-{domain}"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(folder.relative_to(store))
    fresh.replace(link)
    sweep(store, domain, keep=folder.name)


def sweep(store, domain, keep=""):
    """Remove what earlier certificates of a domain left."""
    versions = store / ".versions"
    for folder in versions.glob(f"{domain}.*") if versions.is_dir() else []:
        # `example.org.` also begins the name of a version of `example.org.x`: only our own are swept.
        if re.fullmatch(re.escape(domain) + r"\.[0-9a-f]{12}", folder.name) and folder.name != keep:
            shutil.rmtree(folder)


def remove(store, domain, check_mode):
    """Remove a domain's certificate and key. True where there were any."""
    link = store / domain
    if not link.is_symlink() and not link.exists():
        return False
    if not check_mode:
        if link.is_symlink():
            link.unlink()
        else:
            shutil.rmtree(link)
        shutil.rmtree(store / f".pending-{domain}", ignore_errors=True)
        sweep(store, domain)
    return True


def write_answers(webroot, answers, gid):
    """Challenges' answers, readable by the web server's group alone."""
    folder = webroot
    for name in ("", ".well-known", "acme-challenge"):
        folder = folder / name
        if not folder.is_dir():
            folder.mkdir(mode=0o750)
            os.chown(folder, os.geteuid(), gid)
    for token, content in answers.items():
        write_atomic(folder / token, content.encode(), 0o640, os.geteuid(), gid)


def clear_answers(webroot, tokens):
    """Remove answers that are no longer waited for."""
    for token in tokens:
        (webroot / ".well-known" / "acme-challenge" / token).unlink(missing_ok=True)
