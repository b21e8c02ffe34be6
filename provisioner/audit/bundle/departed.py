"""Certificates of destruction in a bundle: each is signed by a key of the ops team, for that purpose."""

from __future__ import annotations

from collections.abc import Collection

from provisioner.audit.bundle import layout, sshsig
from provisioner.audit.bundle.faults import Fault
from provisioner.audit.bundle.reading import Bundle

NAMESPACE = "nuage-destruction"
"""What `ssh-keygen -Y verify -n` must be told."""


def check(bundle: Bundle, keys: Collection[bytes]) -> tuple[list[str], list[Fault]]:
    """Codes of the municipalities that left, whose certificates count; and what is wrong with the others."""
    codes, faults = [], []
    for path in sorted(bundle):
        code = layout.departed(path)
        if code is None:
            continue
        if f"{path}.sig" not in bundle:
            faults.append(Fault("missing", f"{path}.sig"))
            continue
        try:
            sshsig.verify(bundle[path], bundle[f"{path}.sig"], NAMESPACE, keys)
            found = bundle.json(path)
        except sshsig.SignatureError as error:
            expected = ", ".join(sorted(map(sshsig.fingerprint, keys)))
            faults.append(Fault(error.key, f"{path}.sig", expected=expected, found=error.found))
            continue
        except ValueError:
            found = None
        if isinstance(found, dict) and found.get("code") == code:
            codes.append(code)
        else:
            faults.append(Fault("malformed-departure", path))
    return codes, faults
