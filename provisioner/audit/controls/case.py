"""What there is to judge: the documents of a bundle, read with their shapes, and who read what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from provisioner.audit.bundle import layout
from provisioner.audit.controls import topics
from provisioner.audit.controls.shapes import misfit


class UnseenError(Exception):
    """A document that isn't there: what it would have said is not checked."""

    def __init__(self, path: str, reason: str = "not-seen") -> None:
        self.path, self.reason = path, reason
        super().__init__(path)


class UnreadableError(Exception):
    """A document that isn't what it ought to be, or that another one contradicts: nothing is believed of it."""

    def __init__(self, path: str, place: str, reason: str = "unreadable") -> None:
        self.path, self.place, self.reason = path, place, reason
        super().__init__(f"{path}: {place}")


class Case:
    """The documents. What is read is kept until `forget`, and noted in `read` for the evidence."""

    def __init__(self, documents: Mapping[str, Any]) -> None:
        self._documents = documents
        self._kept: dict[str, Any] = {}
        self._homes = _homes(documents)
        self._neighbours: dict[str, list[str]] = {}
        for code, servers in sorted(self._homes.items()):
            for server in servers:
                self._neighbours.setdefault(server, []).append(code)
        self._measured = _measured(documents)
        self.read: set[str] = set()
        self.remembered: dict[str, Any] = {}
        """What was worked out from documents that don't change, and is asked for often."""

    def document(self, path: str, shape: Any) -> Any:  # noqa: ANN401  any JSON, any shape
        """The document at ``path``.

        Raises:
            UnseenError: there is none.
            UnreadableError: it hasn't the shape.
        """
        if path not in self._kept:
            self._kept[path] = self._parse(path, shape)
        found = self._kept[path]
        if not isinstance(found, UnseenError):
            self.read.add(path)
        if isinstance(found, Exception):
            raise found
        return found

    def _parse(self, path: str, shape: Any) -> Any:  # noqa: ANN401  any JSON, any shape
        if path not in self._documents:
            return UnseenError(path)
        try:
            value = self._documents[path]
        except (KeyError, ValueError):
            return UnreadableError(path, ".")
        place = misfit(value, shape)
        return UnreadableError(path, place) if place else value

    def forget(self, paths: Iterable[str]) -> None:
        """Let go of documents that nobody reads again: bundles are large."""
        for path in paths:
            self._kept.pop(path, None)

    def has(self, path: str) -> bool:
        """Whether there is such a document, whatever it says."""
        return path in self._documents

    def paths(self, prefix: str) -> list[str]:
        """Paths of the documents below a folder, sorted."""
        return sorted(path for path in self._documents if path.startswith(prefix))

    def measurements(self, server: str) -> list[str]:
        """Paths of what was measured of a server, sorted."""
        return self._measured.get(server, [])

    @property
    def audit(self) -> dict[str, Any]:
        """`audit.json`."""
        found: dict[str, Any] = self.document(layout.AUDIT, topics.AUDIT)
        return found

    @property
    def now(self) -> datetime:
        """When the audit ended: what expires is compared with this."""
        return datetime.fromisoformat(self.audit["ended"])

    @property
    def consortium(self) -> dict[str, Any]:
        """What is judged of consortium.yml."""
        found: dict[str, Any] = self.document(layout.CONSORTIUM, topics.CONSORTIUM)
        return found

    def one(self, kind: str, id_: str) -> dict[str, Any]:
        """The operator, site or server of that id (``kind`` in the plural)."""
        found: list[dict[str, Any]] = [one for one in self.consortium[kind] if one["id"] == id_]
        if len(found) != 1:
            raise UnreadableError(layout.CONSORTIUM, f"{kind}: {id_}", "not-declared")
        return found[0]

    def municipality(self, code: str) -> dict[str, Any]:
        """What is judged of a municipality's spec."""
        path = layout.municipality_spec(code)
        found: dict[str, Any] = self.document(path, topics.TENANT_SPEC)
        if found["code"] != code:
            raise UnreadableError(path, "code")
        return found

    def resolved(self) -> dict[str, Any]:
        """The names that were met and their addresses; what registries say may be lacking."""
        found: dict[str, Any] = self.document(layout.LOOKUPS, topics.LOOKUPS)
        return found

    def lookups(self) -> dict[str, Any]:
        """What the registries say of the addresses that were met."""
        found = self.resolved()
        if not found["snapshots"]:
            raise UnseenError(layout.LOOKUPS, "registries-none")
        return found

    def registries_days(self) -> int:
        """Days between the oldest copy of a registry and the audit; the records of years ago say little."""
        oldest = min(date.fromisoformat(one["date"]) for one in self.lookups()["snapshots"])
        return (self.now.date() - oldest).days

    def index(self, server: str) -> dict[str, Any]:
        """What a server signed; it must be of this audit and of this server."""
        path = layout.index(server)
        found: dict[str, Any] = self.document(path, topics.INDEX)
        audit = self.audit
        if (found["audit"], found["nonce"], found["server"]) != (audit["id"], audit["nonce"], server):
            raise UnreadableError(path, "audit, nonce, server", "another-audit")
        return found

    def has_index(self, server: str) -> bool:
        """Whether a server said anything that may be believed."""
        try:
            self.index(server)
        except (UnseenError, UnreadableError):
            return False
        return True

    def topic(self, server: str, name: str) -> Any:  # noqa: ANN401  any JSON
        """A server's observations of one topic, where it signed that it made them."""
        if f"{name}.json" not in self.index(server)["files"]:
            raise UnseenError(layout.topic(server, name))
        return self.document(layout.topic(server, name), topics.SERVER[name])

    def homes(self, code: str) -> dict[str, dict[str, Any]]:
        """What each server says of a municipality that it knows, whoever declared it."""
        servers = self._homes.get(code, ())
        if not servers:
            raise UnseenError(layout.tenant("*", code))
        found = {}
        for server in servers:
            if f"tenants/{code}.json" not in self.index(server)["files"]:
                raise UnreadableError(layout.tenant(server, code), ".", "not-signed")
            found[server] = self.document(layout.tenant(server, code), topics.TENANT)
        return found

    def known_municipalities(self) -> set[str]:
        """Codes of those that any server knows."""
        return set(self._homes)

    def documents_of(self, code: str) -> list[str]:
        """Paths of what is known of a municipality."""
        servers = self._homes.get(code, ())
        paths = (layout.tenant(server, code) for server in servers)
        return [*paths, *(layout.possession(server, code) for server in servers)]

    def home_of(self, code: str, service: str) -> tuple[str, dict[str, Any]] | None:
        """The server that a service of a municipality is on, and what it says; None where nobody asked for it.

        Raises:
            UnseenError: it was asked for and isn't seen.
            UnreadableError: it is on two servers, or nobody asked for it.
        """
        asked = self.municipality(code)["services"][service] is not None
        found = [(server, said) for server, said in self.homes(code).items() if service in said["services"]]
        # What a move left is shut, and is still judged for where it lies (`homes`).
        found = [(server, said) for server, said in found if service == "identity" or not said.get("closed")]
        if not asked and not found:
            return None
        if not found:
            raise UnseenError(layout.tenant("*", code))
        if len(found) > 1 or not asked:
            raise UnreadableError(layout.tenant(found[0][0], code), service, "service-unexpected")
        return found[0]

    def neighbours(self, server: str) -> list[str]:
        """Codes of the municipalities that a server knows; it must have signed for each."""
        files = self.index(server)["files"]
        codes = self._neighbours.get(server, [])
        for code in codes:
            if f"tenants/{code}.json" not in files:
                raise UnreadableError(layout.tenant(server, code), ".", "not-signed")
        return codes


def _homes(documents: Mapping[str, Any]) -> dict[str, list[str]]:
    """Servers by the code of the municipalities that they know: by the documents, and by what they signed."""
    found: dict[str, set[str]] = {}
    for path in documents:
        parts = path.split("/")
        if not path.startswith("observations/servers/"):
            continue
        if len(parts) == 5 and parts[3] == "tenants":
            found.setdefault(parts[4].removesuffix(".json"), set()).add(parts[2])
        elif len(parts) == 4 and parts[3] == "index.json":
            for name in _signed(documents, path):
                found.setdefault(name, set()).add(parts[2])
    return {code: sorted(servers) for code, servers in found.items()}


def _measured(documents: Mapping[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in sorted(path for path in documents if path.startswith("measurements/")):
        found.setdefault(path.split("/")[1], []).append(path)
    return found


def _signed(documents: Mapping[str, Any], path: str) -> list[str]:
    try:
        index = documents[path]
    except (KeyError, ValueError):
        return []
    files = index.get("files") if isinstance(index, dict) else None
    names = [name for name in files if isinstance(name, str)] if isinstance(files, dict) else []
    return [
        name.removeprefix("tenants/").removesuffix(".json") for name in names if name.startswith("tenants/")
    ]
