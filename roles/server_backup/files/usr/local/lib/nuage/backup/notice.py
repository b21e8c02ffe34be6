# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people see while a municipality comes back: a plain notice, under its own name and certificate."""

from __future__ import annotations

from pathlib import Path

from settings import STATE, BackupError, run, write

VHOSTS = Path("/etc/nginx/nuage.d")
KEPT = STATE / "vhosts"
"""The municipality's own, until they are put back: also after the power was lost."""
UNTIL = "include /etc/nginx/nuage-snippets/security.conf;"
NOTICE = """
    error_page 503 @notice;
    location / {
        return 503;
    }
    location @notice {
        root /usr/share/nuage/notices;
        default_type text/html;
        try_files /restoring.html =503;
    }
}
"""


def _reload():
    run(["nginx", "-t", "-q"], "backup.restore-failed", timeout=60)
    run(["systemctl", "reload", "nginx.service"], "backup.restore-failed", timeout=60)


def show(code, services):
    """In the place of these services, from now on."""
    changed = False
    for service in services:
        path, kept = VHOSTS / f"{code}-{service}.conf", KEPT / f"{code}-{service}.conf"
        if kept.exists() or not path.exists():
            continue
        text = path.read_text()
        head, mark, _rest = text.partition(UNTIL)
        if not mark:
            raise BackupError("backup.restore-failed", f"{path} isn't as the role writes it")
        write(kept, text, 0o600)
        write(path, f"{head}{mark}\n{NOTICE}", 0o644)
        changed = True
    if changed:
        _reload()


def end(code, services):
    """The services themselves again."""
    back = [kept for service in services if (kept := KEPT / f"{code}-{service}.conf").exists()]
    for kept in back:
        write(VHOSTS / kept.name, kept.read_text(), 0o644)
    if back:
        _reload()
    for kept in back:
        kept.unlink()
