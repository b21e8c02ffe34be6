"""That observations come from the servers that they are said to come from, and from this very audit.

Measurements carry signatures of their own in every round: `location.measurement` reads them, and what doesn't hold is a
verdict, not a fault of the bundle.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from provisioner.audit.bundle import layout, sshsig
from provisioner.audit.bundle.faults import Fault
from provisioner.audit.bundle.reading import Bundle
from provisioner.audit.bundle.sshsig import SignatureError, fingerprint

INDEX_NAMESPACE = "nuage-observation"
TIME = "%Y-%m-%dT%H:%M:%SZ"
SKEW = timedelta(minutes=15)
"""What a server's clock may be off."""
_BINDINGS = {
    "audit": "other-audit",
    "nonce": "other-nonce",
    "server": "other-server",
    "format": "other-format",
}
_SERVERS = "observations/servers/"


@dataclass
class Origins:
    """The check of who said what."""

    bundle: Bundle
    audit: Mapping[str, Any]
    consortium: Mapping[str, Any]
    """The spec that the bundle holds."""
    pinned: Mapping[str, bytes] | None
    """Servers' host keys known from elsewhere; None to take the spec's."""
    faults: list[Fault] = field(default_factory=list)
    servers: set[str] = field(default_factory=set)
    """Those whose observations are signed with their host key."""

    def check(self) -> None:
        """Each server's index: signed, bound, in time, complete."""
        keys = self._host_keys()
        for server, paths in self._folders():
            self._server(server, paths, keys)

    def _host_keys(self) -> dict[str, bytes]:
        declared: dict[str, bytes] = {}
        for server in self.consortium["servers"]:
            try:
                declared[str(server["id"])] = sshsig.public_key(str(server["ssh_host_key"]))
            except ValueError:
                continue
        for name, key in (self.pinned or {}).items():
            found = declared.get(name)
            if found is not None and found != key:
                shown = fingerprint(key), fingerprint(found)
                self.faults.append(Fault("host-key-differs", layout.CONSORTIUM, None, None, *shown))
        return dict(self.pinned) if self.pinned is not None else declared

    def _folders(self) -> Iterator[tuple[str, list[str]]]:
        """Servers, and the paths in the folder of each."""
        folders: dict[str, list[str]] = {}
        for path in self.bundle:
            if path.startswith(_SERVERS):
                folders.setdefault(path.removeprefix(_SERVERS).partition("/")[0], []).append(path)
        yield from folders.items()

    def _server(self, server: str, paths: list[str], keys: Mapping[str, bytes]) -> None:
        path = layout.index(server)
        if path not in self.bundle:
            self.faults.append(Fault("missing", path))
            return
        signed = self._signed(path, INDEX_NAMESPACE, keys.get(server))
        index = self._document(path)
        if index is None:
            return
        bound = self._bound(path, index, {"format": layout.INDEX_FORMAT, "server": server})
        collected = str(index.get("collected", ""))
        in_time = self._in_time(path, collected)
        complete = self._indexed(server, path, paths, index.get("files"))
        if signed and bound and in_time and complete:
            self.servers.add(server)

    def _in_time(self, path: str, collected: str) -> bool:
        """Whether it was during the audit, give or take what clocks are off; the nonce proves more than this."""
        began, ended = (str(self.audit[name]) for name in ("began", "ended"))
        try:
            first, at, last = (datetime.strptime(time, TIME) for time in (began, collected, ended))
        except ValueError:
            first, at, last = datetime.max - SKEW, datetime.min, datetime.min
        if first - SKEW <= at <= last + SKEW:
            return True
        self.faults.append(Fault("other-date", path, expected=f"{began} … {ended}", found=collected))
        return False

    def _indexed(self, server: str, path: str, paths: list[str], files: Any) -> bool:  # noqa: ANN401  any JSON
        """Whether the server signed exactly these files."""
        folder = f"{_SERVERS}{server}/"
        present = {one.removeprefix(folder) for one in paths} - {"index.json", "index.json.sig"}
        signed = files if isinstance(files, dict) else {}
        faults = [Fault("missing", folder + name) for name in sorted(signed.keys() - present)]
        faults += [
            Fault("not-in-index", folder + name, found=path) for name in sorted(present - signed.keys())
        ]
        for name in sorted(present & signed.keys()):
            found = hashlib.sha256(self.bundle[folder + name]).hexdigest()
            if found != signed[name]:
                faults.append(Fault("not-in-index", folder + name, None, None, str(signed[name]), found))
        self.faults += faults
        return not faults

    def _signed(self, path: str, namespace: str, key: bytes | None) -> bool:
        signature = f"{path}.sig"
        if key is None or signature not in self.bundle:
            kind = "no-known-key" if key is None else "missing"
            self.faults.append(Fault(kind, path if key is None else signature))
            return False
        try:
            sshsig.verify(self.bundle[path], self.bundle[signature], namespace, [key])
        except SignatureError as error:
            expected = fingerprint(key) if error.key == "unknown-key" else ""
            self.faults.append(Fault(error.key, signature, expected=expected, found=error.found))
            return False
        return True

    def _document(self, path: str) -> dict[str, Any] | None:
        try:
            value = self.bundle.json(path)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            self.faults.append(Fault("not-canonical", path))
            return None
        return value

    def _bound(self, path: str, document: Mapping[str, Any], own: Mapping[str, str]) -> bool:
        """Whether the document says that it is of this audit, and of what its path says."""
        expected = {"audit": self.audit["id"], "nonce": self.audit["nonce"], **own}
        wrong = [name for name, value in expected.items() if document.get(name) != value]
        for name in wrong:
            found = str(document.get(name))
            self.faults.append(Fault(_BINDINGS[name], path, expected=str(expected[name]), found=found))
        return not wrong
