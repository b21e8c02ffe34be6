# SPDX-License-Identifier: AGPL-3.0-or-later
"""Mail to the ops team, through the consortium's relay, about a backup that failed or is late."""

from __future__ import annotations

import subprocess
import time
from email.message import EmailMessage
from socket import gethostname

from settings import ENVIRONMENT, NAME, SETTINGS, STATE, BackupError, read

AGAIN_S = 24 * 3600
TEXTS = {
    "fr": {
        "failed": "Sauvegarde en échec : {name}, sur {server}",
        "late": "Sauvegarde en retard : {name}, sur {server}",
        "untrue": "Une sauvegarde ne revient pas comme elle devrait : {name}, sur {server}",
        "body": "Dernière sauvegarde réussie : {last}.\nDernier échec : {key}\n\n{detail}\n",
        "never": "aucune",
    },
    "en": {
        "failed": "Backup failed: {name}, on {server}",
        "late": "Backup late: {name}, on {server}",
        "untrue": "A backup doesn't come back as it should: {name}, on {server}",
        "body": "Last good backup: {last}.\nLast failure: {key}\n\n{detail}\n",
        "never": "none",
    },
}


def _send(kind, name, state):
    mail = read(SETTINGS / "mail.json")
    words = TEXTS[mail.get("language", "fr")]
    success, failure = state.get("success") or {}, state.get("failure") or {}
    at = success.get("at")
    last = time.strftime("%Y-%m-%d %H:%M %Z", time.localtime(at)) if at else words["never"]
    message = EmailMessage()
    message["To"] = mail["contact"]
    message["From"] = f"sauvegardes@{mail['sender_domain']}"
    message["Subject"] = words[kind].format(name=name, server=gethostname())
    message["Auto-Submitted"] = "auto-generated"
    body = {"last": last, "key": failure.get("key", "-"), "detail": failure.get("detail", "")}
    message.set_content(words["body"].format(**body))
    command = ["/usr/sbin/sendmail", "-f", message["From"], mail["contact"]]
    done = subprocess.run(
        command, input=bytes(message), env=ENVIRONMENT, capture_output=True, timeout=60, check=False
    )
    if done.returncode != 0:
        raise BackupError("backup.mail-failed", done.stderr.decode(errors="replace")[-500:])


def failed(of):
    """One that ended with an error just now."""
    _send("failed", of.name, read(STATE / f"{of.name}.json"))


def untrue(of, key, detail):
    """One that was brought back to try it, and isn't what it should be."""
    state = read(STATE / f"{of.name}.json")
    _send("untrue", of.name, {**state, "failure": {"key": key, "detail": detail}})


def late():
    """Those whose last success is older than it may be, once a day."""
    longest = read(SETTINGS / "mail.json").get("late_hours", 30) * 3600
    now = time.time()
    for path in sorted(SETTINGS.glob("*.json")):
        if not NAME.fullmatch(path.stem):
            continue
        state = read(STATE / path.name)
        since = (state.get("success") or {}).get("at") or path.stat().st_mtime
        told = STATE / f"{path.stem}.late"
        if now - since <= longest:
            told.unlink(missing_ok=True)
        elif not told.exists() or now - told.stat().st_mtime > AGAIN_S:
            _send("late", path.stem, state)
            STATE.mkdir(parents=True, exist_ok=True)
            told.touch()
