"""The command line of `verify.py`: the same checks as `nuage audit verify`, in French and then in English."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from provisioner.audit.bundle import reading, sshsig, telling
from provisioner.audit.bundle.verifying import Expected, Judge, verify

VALID, BAD_INPUT, UNREADABLE, INVALID = 0, 3, 5, 9
"""Exit codes, the same as those of `nuage`; argparse itself exits with 2."""
Catalogues = Mapping[str, Mapping[str, str]]
"""The catalogue `audit-verify` by language."""


def main(arguments: Sequence[str], catalogues: Catalogues, judge: Judge) -> int:
    """Verify a bundle; the exit code."""
    asked = _parser(catalogues).parse_args(arguments)
    try:
        expected = Expected(
            frozenset(sshsig.public_keys(_text(asked.key))),
            sshsig.named_keys(_text(asked.host_keys)) if asked.host_keys else None,
            sshsig.named_keys(_text(asked.cosigners)) if asked.cosigners else None,
            asked.checkpoint.read_bytes() if asked.checkpoint else None,
            asked.nonce,
        )
        bundle, faults = reading.read(asked.bundle)
    except OSError as error:
        _say(catalogues, "unreadable", path=error.filename, detail=error.strerror)
        return UNREADABLE
    except ValueError as error:
        _say(catalogues, "bad-keys", detail=error)
        return BAD_INPUT
    report = verify(bundle, faults, expected, judge)
    if asked.json:
        print(json.dumps(telling.as_json(report), ensure_ascii=False, indent=2))  # noqa: T201  a command
    else:
        print("\n\n".join("\n".join(telling.lines(report, texts)) for texts in catalogues.values()))  # noqa: T201
    return INVALID if report.faults else VALID


def _parser(catalogues: Catalogues) -> argparse.ArgumentParser:
    def help_of(name: str) -> str:
        return " / ".join(texts[name].replace("%", "%%") for texts in catalogues.values())

    parser = argparse.ArgumentParser(prog="verify.py", description=help_of("help"))
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--key", type=Path, required=True, help=help_of("help-key"))
    parser.add_argument("--host-keys", type=Path, help=help_of("help-host-keys"))
    parser.add_argument("--cosigners", type=Path, help=help_of("help-cosigners"))
    parser.add_argument("--checkpoint", type=Path, help=help_of("help-checkpoint"))
    parser.add_argument("--nonce", help=help_of("help-nonce"))
    parser.add_argument("--json", action="store_true", help="JSON")
    return parser


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _say(catalogues: Catalogues, name: str, **context: object) -> None:
    for texts in catalogues.values():
        print(texts[name].format(**context), file=sys.stderr)  # noqa: T201  a command
