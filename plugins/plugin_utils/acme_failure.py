# SPDX-License-Identifier: AGPL-3.0-or-later
"""What can go wrong between a server and its certificate, as keys of the catalogue area `acme`."""

from __future__ import annotations

from acme import errors, messages
from requests import ConnectionError as RequestsConnectionError
from requests import Timeout
from requests.exceptions import SSLError

CLOCK_WORDS = ("not yet valid", "certificate has expired")
NAME_CODES = frozenset({"caa", "rejectedIdentifier", "unsupportedIdentifier"})


class AcmeError(Exception):
    """A certificate that couldn't be had; ``key`` is the catalogue's, ``context`` its placeholders."""

    def __init__(self, key: str, **context: object) -> None:
        self.key = key
        self.context = context
        super().__init__(sentence(key, context))


def sentence(key: str, context: dict[str, object]) -> str:
    """One sentence in each language; the key and what is known where only the collection is installed."""
    try:
        from provisioner.messages import LANGUAGES, catalogue
    except ImportError:
        known = "; ".join(f"{name}: {value}" for name, value in context.items())
        return f"{key.replace('.', ': ').replace('-', ' ')} ({known})"
    area, _, name = key.partition(".")
    return " / ".join(catalogue(language, area)[name].format(**context) for language in reversed(LANGUAGES))


def failure_of(error: Exception, directory: str) -> AcmeError:
    """The failure that an error of the library stands for."""
    if isinstance(error, messages.Error):
        return _answered(error, directory)
    if isinstance(error, SSLError):
        clock = any(words in str(error) for words in CLOCK_WORDS)
        return AcmeError(
            "acme.clock" if clock else "acme.untrusted", directory=directory, detail=_innermost(error)
        )
    if isinstance(error, RequestsConnectionError | Timeout):
        return AcmeError("acme.unreachable", directory=directory, detail=_innermost(error))
    if isinstance(error, errors.ClientError) and error.args and hasattr(error.args[0], "status_code"):
        return AcmeError("acme.unreachable", directory=directory, detail=f"HTTP {error.args[0].status_code}")
    return AcmeError("acme.not-acme", directory=directory, detail=str(error) or type(error).__name__)


def _answered(error: messages.Error, directory: str) -> AcmeError:
    code = error.code or ""
    detail = str(error.detail or error.description or error.typ)
    for part in error.subproblems or ():
        name = f"{part.identifier.value}: " if part.identifier else ""
        detail += f" [{name}{part.detail or part.description or part.typ}]"
    if code == "rateLimited":
        return AcmeError("acme.rate-limited", directory=directory, detail=detail)
    if code == "accountDoesNotExist":
        return AcmeError("acme.account-unknown", directory=directory, detail=detail)
    if code in ("externalAccountRequired", "invalidContact", "unsupportedContact", "invalidEmail"):
        return AcmeError("acme.account-refused", directory=directory, detail=detail)
    if code in NAME_CODES:
        return AcmeError("acme.name-refused", directory=directory, detail=detail)
    return AcmeError("acme.refused", directory=directory, detail=detail)


def _innermost(error: BaseException) -> str:
    """The cause a person can act on: requests and urllib3 wrap it in their own words."""
    seen = error
    while True:
        wrapped = getattr(seen, "reason", None) or (seen.args[0] if seen.args else None)
        if not isinstance(wrapped, BaseException):
            return str(seen).rpartition(">: ")[2] or type(seen).__name__
        seen = wrapped
