# SPDX-License-Identifier: AGPL-3.0-or-later
"""restic through the keeper's door: an SSH key whose only command is an rclone that adds and never takes away."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import tempfile
import time

from settings import ENVIRONMENT, SETTINGS, BackupError, secret

CACHE = "/var/cache/nuage-backup"
NO_REPOSITORY, LOCKED, WRONG_KEY = 10, 11, 12
"""restic's exit codes."""
PATIENCE_S = 60
"""Until the other server of the municipality has made the repository."""
SAID = (
    ("Connection refused", "backup.keeper-gone"),
    ("Connection timed out", "backup.keeper-gone"),
    ("No route to host", "backup.keeper-gone"),
    ("Could not resolve hostname", "backup.keeper-gone"),
    ("Connection closed by", "backup.keeper-gone"),
    ("Host key verification failed", "backup.keeper-other"),
    ("Permission denied", "backup.keeper-refuses"),
    ("wrong password", "backup.wrong-key"),
    ("ciphertext verification failed", "backup.repository-broken"),
    ("does not match", "backup.repository-broken"),
    ("invalid data returned", "backup.repository-broken"),
    ("repository contains errors", "backup.repository-broken"),
)
"""What ssh, rclone or restic say, and what it means."""
FULL = ("no space left", "disk quota exceeded")
ENDING_S = 30


def _full(said):
    """Whether the keeper's own program says that it has no room; this server's may have none too."""
    lines = [line.lower() for line in said.splitlines() if line.startswith("rclone:")]
    return any(words in line for line in lines for words in FULL)


def _text(stream):
    stream.seek(0)
    return stream.read().decode(errors="replace")


def _watched(process, errors, timeout):
    """Exit code. restic tries for a quarter of an hour what a full keeper refuses: it is ended once that is said."""
    deadline = time.monotonic() + timeout
    asked = False
    while True:
        try:
            return process.wait(0.5)
        except subprocess.TimeoutExpired:
            said = os.pread(errors, os.fstat(errors).st_size, 0).decode(errors="replace")
        if asked or time.monotonic() > deadline + ENDING_S:
            process.kill()
        elif time.monotonic() > deadline or _full(said):
            # It takes its lock away, then ends.
            process.send_signal(signal.SIGINT)
            try:
                return process.wait(ENDING_S)
            except subprocess.TimeoutExpired:
                asked = True


class Repository:
    """One municipality's, as its own server reaches it."""

    def __init__(self, settings):
        self.settings = settings

    def command(self, *words):
        """restic with all that it needs to get there."""
        of = self.settings
        ssh = ["ssh", "-F", "/dev/null", "-i", str(secret(of.name, "key")), "-p", str(of.port)]
        for option in (
            "IdentitiesOnly=yes",
            "BatchMode=yes",
            f"UserKnownHostsFile={SETTINGS}/known_hosts",
            "GlobalKnownHostsFile=/dev/null",
            "StrictHostKeyChecking=yes",
            "ConnectTimeout=20",
            "ServerAliveInterval=15",
            "ServerAliveCountMax=4",
            "LogLevel=ERROR",
        ):
            ssh += ["-o", option]
        program = shlex.join([*ssh, f"nuage-backup@{of.keeper}"])
        command = ["restic", "--repo", "rclone:", "-o", f"rclone.program={program}"]
        command += ["--password-file", str(secret(of.name, "password")), "--cache-dir", f"{CACHE}/{of.name}"]
        if of.upload_kib:
            command += ["--limit-upload", str(of.upload_kib)]
        return [*command, *words]

    def run(self, *words, cwd="/", accept=(), timeout=6 * 3600):
        """Standard output and exit code.

        Raises:
            BackupError: another exit code than 0 and those accepted; its key says what is wrong, as far as can be told.
        """
        # Snapshots are other devices each time; without this, every folder would be stored anew.
        environment = {**ENVIRONMENT, "RESTIC_FEATURES": "device-id-for-hardlinks=true", "GOMAXPROCS": "2"}
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            try:
                process = subprocess.Popen(
                    self.command(*words),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=errors,
                    env=environment,
                    cwd=cwd,
                )
                code = _watched(process, errors.fileno(), timeout)
            except OSError as error:
                raise BackupError("backup.failed", str(error)) from error
            done = subprocess.CompletedProcess([], code, _text(output), _text(errors))
        if done.returncode not in (0, *accept):
            raise self._wrong(done)
        return done.stdout, done.returncode

    @staticmethod
    def _wrong(done):
        said = done.stderr.strip() or done.stdout.strip()
        detail = said[-1500:]
        if done.returncode == WRONG_KEY:
            return BackupError("backup.wrong-key", detail)
        if done.returncode == LOCKED:
            return BackupError("backup.repository-busy", detail)
        if _full(said):
            return BackupError("backup.keeper-full", detail)
        lower = said.lower()
        for words, key in SAID:
            if words.lower() in lower:
                return BackupError(key, detail)
        return BackupError("backup.failed", detail)

    def ensure(self):
        """Have a repository. Only one of a municipality's servers makes it; the other waits for it."""
        deadline = time.monotonic() + PATIENCE_S
        while self.run("cat", "config", accept=(NO_REPOSITORY,))[1] == NO_REPOSITORY:
            if self.settings.first:
                self.run("init")
                return
            if time.monotonic() > deadline:
                raise BackupError("backup.no-repository")
            time.sleep(3)

    def backup(self, folder, paths, tags, excluded):
        """Send these; what restic says of it at the end."""
        words = ["backup", "--json", "--host", self.settings.name, "--no-scan"]
        for tag in tags:
            words += ["--tag", tag]
        for pattern in excluded:
            words += ["--exclude", str(pattern)]
        output, _code = self.run(*words, "--", *paths, cwd=folder)
        summary = [json.loads(line) for line in output.splitlines() if '"summary"' in line]
        if not summary:
            raise BackupError("backup.failed", output[-500:])
        return summary[-1]

    def snapshots(self):
        """All that there are, the newest last."""
        output, code = self.run("snapshots", "--json", "--no-lock", accept=(NO_REPOSITORY,))
        if code == NO_REPOSITORY:
            return []
        return sorted(json.loads(output or "[]"), key=lambda one: one["time"])

    def restore(self, snapshot, inside, target, *options):
        """Bring a folder of a snapshot back below ``target``."""
        self.run("restore", f"{snapshot}:{inside}", "--target", str(target), "--no-lock", *options)

    def dump(self, snapshot, path):
        """The text of one small file."""
        return self.run("dump", "--no-lock", snapshot, path)[0]
