"""The fields of a request: their names in flags, CSV columns and the form's JSON, and what each accepts.

One flat list serves the three ways in, so that they can't drift apart. It is documented for people in
docs/fr/demandes.md and docs/en/requests.md (tests/unit/requests checks that no column is missing there).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from provisioner.directory import names
from provisioner.spec.services import Mode
from provisioner.spec.sizing import Size
from provisioner.spec.types import Domain, Email, Text

_TEXT: TypeAdapter[str] = TypeAdapter(Text)
_EMAIL: TypeAdapter[str] = TypeAdapter(Email)
_DOMAIN: TypeAdapter[str] = TypeAdapter(Domain)


def domain(value: str) -> str:
    """A host name from what people paste: without scheme or last slash, in lower case and ASCII."""
    host = re.sub(r"^https?://", "", value.strip().lower()).rstrip("/").rstrip(".")
    try:
        host = host.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise ValueError(value) from error
    return _DOMAIN.validate_python(host)


def _domains(value: str) -> str:
    return " ".join(dict.fromkeys(domain(part) for part in re.split(r"[\s|]+", value) if part))


def _code(value: str) -> str:
    # A spreadsheet takes the code for a number and drops its leading zero.
    if not re.fullmatch(r"[0-9]{4,5}", value):
        raise ValueError(value)
    return value.zfill(5)


def _text(value: str) -> str:
    return _TEXT.validate_python(value)


def _email(value: str) -> str:
    return _EMAIL.validate_python(value)


def _note(value: str) -> str:
    clean = value.replace("\r\n", "\n")
    if len(clean) > 1500 or any(ord(letter) < 32 and letter not in "\n\t" for letter in clean):
        raise ValueError(value)
    return clean


def _one_of(*values: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value.lower() not in values:
            raise ValueError(value)
        return value.lower()

    return check


_YES = frozenset({"oui", "yes", "true", "vrai", "1"})
_NO = frozenset({"non", "no", "false", "faux", "0"})


def _yes_or_no(value: str) -> str:
    plain = names.plain(value)
    if plain not in _YES | _NO:
        raise ValueError(value)
    return "yes" if plain in _YES else "no"


def _consent(value: str) -> str:
    if _yes_or_no(value) == "no":
        raise ValueError(value)
    return "yes"


@dataclass(frozen=True)
class Field:
    """One field: its names, whether it must be given, and its check."""

    name: str
    """In CSV and JSON; with dashes, the flag of `nuage request new`."""
    french: str
    """The name of the CSV column in French."""
    check: Callable[[str], str]
    """Returns the value as it is kept, or raises ValueError."""
    problem: str
    """Message key, in the area `request`, for a value that `check` refuses."""
    required: bool = False


FIELDS = (
    Field("code", "code", _code, "bad-code", required=True),
    Field("name", "nom", _text, "bad-text"),
    Field("website", "site_web", domain, "bad-domain", required=True),
    Field("aliases", "autres_noms", _domains, "bad-domain"),
    Field("nextcloud", "nextcloud", domain, "bad-domain"),
    Field("accounts", "comptes", _yes_or_no, "bad-accounts"),
    Field("administrator_name", "responsable_nom", _text, "bad-text", required=True),
    Field("administrator_email", "responsable_courriel", _email, "bad-email", required=True),
    Field("administrator_telephone", "responsable_telephone", _text, "bad-text"),
    Field("privacy_name", "protection_nom", _text, "bad-text", required=True),
    Field("privacy_email", "protection_courriel", _email, "bad-email", required=True),
    Field("privacy_telephone", "protection_telephone", _text, "bad-text"),
    Field("language", "langue", _one_of("fr", "en"), "bad-language"),
    Field("size", "taille", _one_of(*(size.value for size in Size)), "bad-size"),
    Field("nextcloud_size", "taille_nextcloud", _one_of(*(size.value for size in Size)), "bad-size"),
    Field("mode", "mode", _one_of(*(mode.value for mode in Mode)), "bad-mode"),
    Field("ring", "anneau", _text, "bad-text"),
    Field("consent", "consentement", _consent, "bad-consent"),
    Field("note", "remarques", _note, "bad-note"),
)

BY_NAME = {field.name: field for field in FIELDS}


def accepted(field: Field, value: str) -> str | None:
    """The value as it is kept, or None when the field refuses it."""
    try:
        return field.check(value)
    except (ValueError, ValidationError):
        return None


def heading(text: str) -> Field | None:
    """The field that a column's heading names, in either language; None if none does."""
    key = "_".join(re.findall(r"[a-z0-9]+", names.plain(text)))
    return _HEADINGS.get(key)


_HEADINGS = {name: field for field in FIELDS for name in (field.name, field.french)}
