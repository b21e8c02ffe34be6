"""Where things lie in a bundle, and the only paths that one may have."""

from __future__ import annotations

import re

FORMAT = "nuage-audit/1"
INDEX_FORMAT = "nuage-observation-index/1"

AUDIT = "audit.json"
CONSORTIUM = "specs/consortium.json"
FINDINGS = "findings.json"
LOOKUPS = "registries/lookups.json"
BOUNDARY_INNER = "boundary/inner.json"
BOUNDARY_OUTER = "boundary/outer.json"
TIMESTAMP = "timestamp.tsr"
VERIFY = "verify.py"
README = "README.txt"

STATEMENTS = ("seal", "observations", "findings")
"""In the order in which they are checked: the seal is about the two others, too."""
LEAF = "log/leaf.json"
CHECKPOINT = "log/checkpoint"
INCLUSION = "log/inclusion.json"
FORMER_CHECKPOINT = "log/previous-checkpoint"
CONSISTENCY = "log/consistency.json"

_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}"
_RAW = (
    r"audit\.json",
    r"specs/consortium\.json",
    rf"specs/municipalities/{_NAME}\.json",
    rf"observations/servers/{_NAME}/index\.json(?:\.sig)?",
    rf"observations/servers/{_NAME}/{_NAME}\.json",
    rf"observations/servers/{_NAME}/tenants/{_NAME}\.json",
    rf"observations/browser/{_NAME}\.json",
    rf"measurements/{_NAME}/{_NAME}\.json",
    rf"possession/{_NAME}/{_NAME}\.json",
    rf"departures/{_NAME}\.json(?:\.sig)?",
    r"registries/lookups\.json",
    r"boundary/(?:inner|outer)\.json",
    r"verify\.py",
    r"README\.txt",
)
_PATH = re.compile("|".join(_RAW))
_DEPARTURE = re.compile(rf"departures/({_NAME})\.json")
_COSIGNATURE = re.compile(rf"log/cosignatures/({_NAME})\.txt")
_SEAL = frozenset({"statements/seal.json", "statements/seal.json.sig", "statements/seal.dsse.json"})
_SEALED = frozenset(
    {
        *(
            f"statements/{name}{end}"
            for name in STATEMENTS[1:]
            for end in (".json", ".json.sig", ".dsse.json")
        ),
        *(LEAF, CHECKPOINT, INCLUSION, FORMER_CHECKPOINT, CONSISTENCY, TIMESTAMP),
    }
)


def municipality_spec(code: str) -> str:
    """What is judged of a municipality's spec."""
    return f"specs/municipalities/{code}.json"


def topic(server: str, name: str) -> str:
    """A server's raw observations of one topic, such as `system`."""
    return f"observations/servers/{server}/{name}.json"


def tenant(server: str, code: str) -> str:
    """What a server says of one municipality."""
    return f"observations/servers/{server}/tenants/{code}.json"


def index(server: str) -> str:
    """What a server signed with its host key: the hashes of all it said; `.sig` lies beside it."""
    return f"observations/servers/{server}/index.json"


def browser(code: str) -> str:
    """The hosts that a municipality's pages made a browser contact."""
    return f"observations/browser/{code}.json"


def measurement(server: str, vantage: str) -> str:
    """Round trips from a vantage point to a server, signed by both."""
    return f"measurements/{server}/{vantage}.json"


def possession(server: str, code: str) -> str:
    """The answers to a data-possession challenge."""
    return f"possession/{server}/{code}.json"


def departure(code: str) -> str:
    """The certificate of destruction of a municipality that left; `.sig` lies beside it."""
    return f"departures/{code}.json"


def departed(path: str) -> str | None:
    """Who left, where ``path`` is a certificate of destruction."""
    match = _DEPARTURE.fullmatch(path)
    return match[1] if match else None


def statement(name: str) -> str:
    """One of the three statements; `signature` and `envelope` lie beside it."""
    return f"statements/{name}.json"


def signature(name: str) -> str:
    """The statement's OpenSSH signature."""
    return f"statements/{name}.json.sig"


def envelope(name: str) -> str:
    """The statement in its DSSE envelope."""
    return f"statements/{name}.dsse.json"


def cosignature(cosigner: str) -> str:
    """What another body says of this audit's checkpoint."""
    return f"log/cosignatures/{cosigner}.txt"


def cosigner(path: str) -> str | None:
    """Who cosigned, where ``path`` is a cosignature."""
    match = _COSIGNATURE.fullmatch(path)
    return match[1] if match else None


def statement_of(path: str) -> str | None:
    """The statement that must speak of ``path``; None for the seal's own files, cosignatures and strangers."""
    if is_raw(path):
        return "observations"
    if path == FINDINGS:
        return "findings"
    return "seal" if path in _SEALED else None


def is_unsealed(path: str) -> bool:
    """Whether no statement speaks of ``path`` though it belongs here."""
    return path in _SEAL or _COSIGNATURE.fullmatch(path) is not None


def is_raw(path: str) -> bool:
    """Whether the statement of the observations may speak of ``path``: all but findings, proofs and seals."""
    return _PATH.fullmatch(path) is not None
