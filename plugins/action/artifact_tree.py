# SPDX-License-Identifier: AGPL-3.0-or-later
"""Controller half of `artifact_tree`: asks the server first, and carries the archive only where it is missing."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase

MODULE = "nuage_commun.platform.artifact_tree"
SHA256 = re.compile(r"[0-9a-f]{64}")


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible-core carries no types
    """One tree on one server."""

    # It does, but seldom: true would have a temporary folder made before the server is even asked.
    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """See the module's documentation."""
        super().run(tmp, task_vars)
        arguments = {name: value for name, value in self._task.args.items() if name != "archive"}
        sha256 = str(arguments.get("sha256") or "")
        if not SHA256.fullmatch(sha256):
            return self._failure("artifacts.no-digest-given", got=sha256)
        asked = self._execute_module(module_name=MODULE, module_args=arguments, task_vars=task_vars)
        if asked.get("failed") or not asked.get("changed") or self._task.check_mode:
            return dict(asked)
        source = cached(str(arguments.get("src") or ""), sha256)
        if not source.is_file():
            return self._failure("artifacts.not-in-cache", path=str(source))
        found = digest_of(source)
        if found != sha256:
            return self._failure("artifacts.cache-mismatch", path=str(source), expected=sha256, got=found)
        return self._carry(source, arguments, task_vars or {})

    def _carry(self, source: Path, arguments: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        folder = self._make_tmp_path()
        try:
            remote = self._connection._shell.join_path(folder, "archive")
            self._transfer_file(str(source), remote)
            self._fixup_perms2((folder, remote))
            return dict(
                self._execute_module(
                    module_name=MODULE, module_args={**arguments, "archive": remote}, task_vars=task_vars
                )
            )
        finally:
            self._remove_tmp_path(folder, force=True)

    def _failure(self, key: str, **context: str) -> dict[str, Any]:
        named = {name: str(self._task.args.get(name, "")) for name in ("name", "version")}
        told = ", ".join(f"{name} {value}" for name, value in {**named, **context}.items())
        return {
            "failed": True,
            "changed": False,
            "msg": f"{key}: {told}",
            "nuage_key": key,
            "nuage_context": {**named, **context},
        }


def cached(src: str, sha256: str) -> Path:
    """The archive: ``src`` itself, or where a cache keeps it (provisioner/artifacts/cache.py)."""
    path = Path(src)
    return path / "sha256" / sha256 if path.is_dir() else path


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
