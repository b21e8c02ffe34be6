"""That every file of a bundle is the one that was signed; where one byte was changed, which, and what it was.

What can be mended is mended before the rest is checked, so that one change is one fault and not twenty.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from provisioner.audit.bundle import canonical, layout, sshsig, statement
from provisioner.audit.bundle.faults import Fault, difference, in_signed_field
from provisioner.audit.bundle.reading import Bundle
from provisioner.audit.bundle.sshsig import SignatureError, fingerprint

NAMESPACE = "nuage-statement"
"""What `ssh-keygen -Y verify -n` must be told."""


@dataclass
class Integrity:
    """The check of one bundle against the keys that are expected to have signed it."""

    bundle: Bundle
    keys: Collection[bytes]
    faults: list[Fault] = field(default_factory=list)
    signers: set[bytes] = field(default_factory=set)
    statements: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The statements whose signature counts, by name."""
    broken: bool = False
    """A file isn't the signed one and couldn't be mended: what it says can't be judged."""

    def check(self) -> Bundle:
        """Check all; the bundle with its single changed bytes as they were."""
        for name in layout.STATEMENTS:
            payload = self._payload(name)
            if payload is not None:
                self._contents(name, payload)
        for path in self.bundle:
            if layout.statement_of(path) is None and not layout.is_unsealed(path):
                self.faults.append(Fault("unexpected", path))
        return self.bundle

    def _payload(self, name: str) -> bytes | None:
        """The signed bytes of a statement, from whichever of its two copies is intact."""
        paths = (layout.statement(name), layout.signature(name), layout.envelope(name))
        missing = [path for path in paths if path not in self.bundle]
        if missing:
            self.faults += [Fault("missing", path) for path in missing]
            self.broken = True
            return None
        plain, armoured, enclosed = (self.bundle[path] for path in paths)
        copy = _enclosed(enclosed)
        signer, payload = self._signer(plain, copy, armoured, enclosed)
        if signer is None:
            self.faults.append(_why(paths[1], plain, armoured, self.keys))
            self.broken = True
            return None
        self.signers.add(signer)
        self._parts(paths, payload, signer)
        return payload

    def _signer(
        self, plain: bytes, copy: bytes, armoured: bytes, enclosed: bytes
    ) -> tuple[bytes | None, bytes]:
        """The expected key that signed one of the two copies, and that copy."""
        for payload in (plain, copy):
            try:
                return sshsig.verify(payload, armoured, NAMESPACE, self.keys), payload
            except SignatureError:
                key = _envelope_signer(payload, enclosed, self.keys)
                if key is not None:
                    return key, payload
        return None, b""

    def _parts(self, paths: tuple[str, str, str], payload: bytes, signer: bytes) -> None:
        """Each of a statement's three files, given what was signed and by whom."""
        plain, armoured, enclosed = (self.bundle[path] for path in paths)
        if fault := difference(paths[0], payload, plain):
            self.faults.append(fault)
        try:
            sshsig.verify(payload, armoured, NAMESPACE, [signer])
        except SignatureError:
            self.faults.append(sshsig.locate(paths[1], armoured, NAMESPACE, [signer]))
        if _envelope_signer(payload, enclosed, [signer]) is None:
            template = statement.envelope(payload, signer, bytes(64))
            self.faults.append(in_signed_field(paths[2], template, statement.hole(template), enclosed))
        self.bundle = self.bundle.with_files({paths[0]: payload})

    def _contents(self, name: str, payload: bytes) -> None:
        """The files that a statement speaks of: none changed, missing or added."""
        try:
            value = canonical.loads(payload)
            digests, sums = statement.subjects(value), value["predicate"]["sums"]
            if statement.of(name, value["predicate"], digests, sums) != payload:
                raise ValueError("not in the form that statements have")
        except (ValueError, LookupError, TypeError, AttributeError):
            self.faults.append(Fault("malformed-statement", layout.statement(name)))
            self.broken = True
            return
        self.statements[name] = value
        for path in digests:
            if layout.statement_of(path) != name:
                self.faults.append(Fault("misplaced", path, expected=name))
        self._files(digests, sums)
        for path in self.bundle:
            if layout.statement_of(path) == name and path not in digests:
                self.faults.append(Fault("unexpected", path))
                self.broken = True

    def _files(self, digests: Mapping[str, str], sums: Mapping[str, list[int]]) -> None:
        mended = {}
        for path, sha256 in digests.items():
            if path not in self.bundle:
                self.faults.append(Fault("missing", path))
                self.broken = True
                continue
            data = self.bundle[path]
            found = hashlib.sha256(data).hexdigest()
            if found == sha256:
                continue
            undone = statement.undone(data, sha256, sums[path])
            if undone is None:
                self.faults.append(Fault("content-changed", path, expected=sha256, found=found))
                self.broken = True
                continue
            mended[path] = undone[1]
            if fault := difference(path, undone[1], data):
                self.faults.append(fault)
        self.bundle = self.bundle.with_files(mended)


def _enclosed(data: bytes) -> bytes:
    try:
        return statement.opened(data)[0]
    except ValueError:
        return b""


def _envelope_signer(payload: bytes, enclosed: bytes, keys: Collection[bytes]) -> bytes | None:
    """The key whose signature of ``payload`` the envelope holds, if the envelope is exactly that."""
    try:
        found, key_id, raw = statement.opened(enclosed)
    except ValueError:
        return None
    if found != payload:
        return None
    signed = statement.to_sign(payload)
    return next((k for k in keys if fingerprint(k) == key_id and sshsig.raw_is_valid(k, raw, signed)), None)


def _why(path: str, plain: bytes, armoured: bytes, keys: Collection[bytes]) -> Fault:
    """Why neither copy of a statement is signed by an expected key."""
    try:
        sshsig.verify(plain, armoured, NAMESPACE, keys)
    except SignatureError as error:
        expected = ", ".join(sorted(map(fingerprint, keys))) if error.key == "unknown-key" else ""
        return Fault(error.key, path, expected=expected, found=error.found)
    return Fault("bad-signature", path)
