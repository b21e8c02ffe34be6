"""An export's folder on this machine: what was begun, what is here already, and its closing lists.

`.export.json` says which moment it is of; `.fetched.jsonl` has a line for every file that is whole; `.partial` is the
one under way. All three are gone once the export is complete.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from provisioner.errors import DifferenceError, MachineError, NuageError, RefusedError
from provisioner.files import write_atomic

STATE = ".export.json"
JOURNAL = ".fetched.jsonl"
PARTIAL = ".partial"
LOCK = ".nuage.lock"
MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
FORMAT = "nuage-export-1"
PIECE = 1 << 20


@dataclass(frozen=True)
class Fetched:
    """A file that is here whole. ``mark`` is the server's, of the content."""

    host: str
    name: str
    mark: str
    size: int
    sha256: str


def whole(error: OSError, path: Path) -> MachineError:
    """What the disk said."""
    return MachineError("files.cannot-write", file=str(path), detail=os.strerror(error.errno or 0))


class Store:
    """One export's folder. Files are of mode 0600: they are people's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.fetched: dict[tuple[str, str], Fetched] = {}
        self.earlier: frozenset[tuple[str, str]] = frozenset()
        """Those of a run before this one, which are read again at the end."""

    def open(self, slug: str, run: str) -> str:
        """The run that the folder is of: an interrupted one goes on.

        Raises:
            RefusedError: there is a complete export, or something else, in the folder.
        """
        if (self.folder / SUMS).exists():
            raise RefusedError("export.complete", file=str(self.folder), subject=slug)
        state = self.folder / STATE
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if state.exists():
                found = json.loads(state.read_text(encoding="utf-8"))
                if found["slug"] != slug:
                    raise RefusedError("export.of-another", file=str(self.folder), subject=found["slug"])
                self._read()
                return str(found["run"])
            if any(path.name != LOCK for path in self.folder.iterdir()):
                raise RefusedError("export.not-empty", file=str(self.folder), subject=slug)
        except OSError as error:
            raise whole(error, self.folder) from error
        self.begin(slug, run)
        return run

    def begin(self, slug: str, run: str) -> None:
        """Note which moment is fetched."""
        write_atomic(self.folder / STATE, json.dumps({"slug": slug, "run": run}) + "\n", mode=0o600)

    def _read(self) -> None:
        path = self.folder / JOURNAL
        for line in path.read_bytes().splitlines() if path.exists() else []:
            try:
                one = Fetched(**json.loads(line))
            except (ValueError, TypeError):
                # The line that a crash cut off.
                continue
            target = self.folder / one.name
            if target.is_file() and target.stat().st_size == one.size:
                self.fetched[one.host, one.name] = one
        self.earlier = frozenset(self.fetched)

    def path(self, name: str) -> Path:
        """Where a file of the export lies, inside the folder whatever a server calls it.

        Raises:
            NuageError: it would lie elsewhere.
        """
        pure = PurePosixPath(name)
        bad = pure.is_absolute() or ".." in pure.parts or "\0" in name or len(pure.parts) < 2
        if bad or name.startswith(".") or str(pure) != name:
            raise NuageError("export.failed", subject=name, host=name, detail=name)
        return self.folder / pure

    def under_way(self, host: str, item: dict[str, Any]) -> int:
        """How much there is of the file that an interrupted run was at; 0 for any other."""
        try:
            noted = json.loads((self.folder / f"{PARTIAL}.json").read_text(encoding="utf-8"))
            if noted != {"host": host, "name": item["name"], "mark": item["mark"]}:
                return 0
            return min((self.folder / PARTIAL).stat().st_size, int(item["size"]))
        except (OSError, ValueError):
            return 0

    def part(self, host: str, item: dict[str, Any], offset: int) -> IO[bytes]:
        """Where the next file's bytes go, from ``offset`` on."""
        if offset == 0 and item["size"] >= PIECE:
            # Smaller ones are begun anew sooner than noted.
            noted = {"host": host, "name": item["name"], "mark": item["mark"]}
            write_atomic(self.folder / f"{PARTIAL}.json", json.dumps(noted), mode=0o600)
        handle = os.open(self.folder / PARTIAL, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        os.ftruncate(handle, offset)
        os.lseek(handle, offset, os.SEEK_SET)
        return os.fdopen(handle, "wb", buffering=0)

    def so_far(self, offset: int) -> Any:  # noqa: ANN401  hashlib gives its objects no public type
        """Digest of the bytes that are there."""
        total = hashlib.sha256()
        with (self.folder / PARTIAL).open("rb") as stream:
            while offset > 0 and (piece := stream.read(min(PIECE, offset))):
                total.update(piece)
                offset -= len(piece)
        return total

    def keep(self, one: Fetched, mtime: int, journal: IO[str]) -> None:
        """The file under way is whole."""
        target = self.path(one.name)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = self.folder / PARTIAL
        os.utime(partial, (mtime, mtime))
        partial.replace(target)
        self.fetched[one.host, one.name] = one
        journal.write(json.dumps(asdict(one)) + "\n")

    def drop(self, wanted: set[tuple[str, str]]) -> None:
        """What an earlier moment had, and this one has no more."""
        for key in sorted(self.fetched.keys() - wanted):
            (self.folder / self.fetched.pop(key).name).unlink(missing_ok=True)

    def check_earlier(self) -> None:
        """Read again what an earlier run brought: it may have been cut off by more than a signal.

        Raises:
            DifferenceError: files aren't what they were; they are fetched again by the next run.
        """
        bad = []
        for key in sorted(self.earlier & self.fetched.keys()):
            one = self.fetched[key]
            if digest_of(self.folder / one.name) != one.sha256:
                bad.append(one.name)
                (self.folder / one.name).unlink()
        if bad:
            detail = ", ".join(bad[:10])
            raise DifferenceError("export.differs", file=str(self.folder), detail=detail, count=len(bad))

    def room(self, needed: int) -> None:
        """Refuse before the disk is full.

        Raises:
            MachineError: there isn't as much room, in bytes.
        """
        free = shutil.disk_usage(self.folder).free
        if free < needed + (64 << 20):
            mib = 1 << 20
            raise MachineError(
                "export.no-room", file=str(self.folder), needed=needed // mib + 65, free=free // mib
            )

    def close(self, about: dict[str, Any], pages: dict[str, str]) -> str:
        """Write the pages, the manifest and the sums; the manifest's digest."""
        for name, text in pages.items():
            write_atomic(self.folder / name, text, mode=0o600)
        files = [{"path": one.name, "sha256": one.sha256, "size": one.size} for one in self.fetched.values()]
        files += [
            {"path": name, "sha256": hashlib.sha256(text.encode()).hexdigest(), "size": len(text.encode())}
            for name, text in pages.items()
        ]
        files.sort(key=lambda one: str(one["path"]))
        manifest = json.dumps({**about, "format": FORMAT, "files": files}, indent=1, sort_keys=True) + "\n"
        write_atomic(self.folder / MANIFEST, manifest, mode=0o600)
        digest = hashlib.sha256(manifest.encode()).hexdigest()
        sums = [(str(one["path"]), str(one["sha256"])) for one in files] + [(MANIFEST, digest)]
        os.sync()
        # Last: its being there says that the export is complete.
        write_atomic(
            self.folder / SUMS, "".join(f"{sha}  {path}\n" for path, sha in _escaped(sums)), mode=0o600
        )
        for name in (STATE, JOURNAL, PARTIAL, f"{PARTIAL}.json", LOCK):
            (self.folder / name).unlink(missing_ok=True)
        return digest


def _escaped(sums: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    # `sha256sum --check` reads names with ends of lines this way.
    for path, sha in sums:
        if "\n" in path or "\\" in path:
            yield path.replace("\\", "\\\\").replace("\n", "\\n"), f"\\{sha}"
        else:
            yield path, sha


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
