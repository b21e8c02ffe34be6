"""Constrained types that both specs share.

Validators raise `PydanticCustomError`; its type, with dashes, is a message key of the area `spec`.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    Strict,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])")
HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.:-]*[A-Za-z0-9])?")
HOST_KEY = re.compile(r"(ssh-ed25519|ecdsa-sha2-nistp(256|384|521)|ssh-rsa) [A-Za-z0-9+/]{32,}={0,3}")
PUBLIC_KEY = re.compile(
    r"(ssh-ed25519|ecdsa-sha2-nistp(256|384|521)|ssh-rsa"
    r"|sk-ssh-ed25519@openssh\.com|sk-ecdsa-sha2-nistp256@openssh\.com)"
    r" [A-Za-z0-9+/]{32,}={0,3}( [^\n]*)?"
)
ED25519_KEY = re.compile(r"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43}( [^\n]*)?")
NEQ = re.compile(r"[1238][0-9]{9}")
URL = re.compile(r"https?://[A-Za-z0-9.\[\]:-]+(/[A-Za-z0-9._~:/?#@!$&()*+,;=%\[\]-]*)?")
HTTPS_URL = re.compile(URL.pattern.replace("https?", "https"))
LDAP_URL = re.compile(r"ldaps://[A-Za-z0-9.\[\]:-]+")
EMAIL = re.compile(r"[A-Za-z0-9.!#$%&*+/=?^_{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
CODE = re.compile(r"[0-9]{5}")
CAPITALS = re.compile(r"[A-Z]{2}")
FILE_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")
DEVICE = re.compile(r"(/dev/[A-Za-z0-9/_.-]+)?")
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ].*")


class Model(BaseModel):
    """Frozen, and refuses what it doesn't know: a misspelt field is an error, never a silence."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", str_strip_whitespace=True, use_attribute_docstrings=True
    )


def _matches(pattern: re.Pattern[str], key: str) -> AfterValidator:
    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise PydanticCustomError(key, "{value}", {"value": value})
        return value

    return AfterValidator(check)


def _hint(pattern: re.Pattern[str]) -> Any:  # noqa: ANN401  pydantic gives FieldInfo no public type here
    """The same pattern for the JSON Schema, so that editors check what validation checks."""
    return Field(json_schema_extra={"pattern": f"^(?:{pattern.pattern})$"})


def _address(value: str) -> str:
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        raise PydanticCustomError("not_an_address", "{value}", {"value": value}) from None


def _own_address(value: str) -> str:
    """A server listens on its own address and on no other: 0.0.0.0 would mean all of them."""
    address = ipaddress.ip_address(value)
    if address.is_unspecified or address.is_multicast or "%" in value:
        raise PydanticCustomError("address_unusable", "{value}", {"value": value})
    return value


def _network(value: str) -> str:
    try:
        return str(ipaddress.ip_network(value))
    except ValueError:
        raise PydanticCustomError("not_a_network", "{value}", {"value": value}) from None


def _narrow_network(value: str) -> str:
    if ipaddress.ip_network(value).prefixlen == 0:
        raise PydanticCustomError("network_everything", "{value}", {"value": value})
    return value


def _quoted(value: Any) -> Any:  # noqa: ANN401  what YAML gave, before pydantic judges it
    # Numbers lose their leading zeros (01023 is one of the codes): only quoted ones are safe.
    if isinstance(value, int) and not isinstance(value, bool):
        raise PydanticCustomError("unquoted", "{value}", {"value": str(value)})
    return value


def _date_text(value: Any) -> Any:  # noqa: ANN401  see above
    # pydantic would take numbers as seconds since 1970.
    if isinstance(value, str) and DATE.fullmatch(value):
        return value
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise PydanticCustomError("not_a_date", "{value}", {"value": str(value)})


def _time_text(value: Any) -> Any:  # noqa: ANN401  see above
    if isinstance(value, datetime) or (isinstance(value, str) and TIME.fullmatch(value)):
        return value
    raise PydanticCustomError("not_a_time", "{value}", {"value": str(value)})


def _clean(value: str, *, allowed: str = "") -> str:
    """The same text in Unicode's composed form, so that names typed on a Mac compare equal.

    Control characters, directional marks and unpaired surrogates are refused; non-breaking spaces stay.
    """
    value = unicodedata.normalize("NFC", value)
    if not value.isprintable():
        for letter in value:
            if not (letter.isprintable() or letter in allowed or unicodedata.category(letter) == "Zs"):
                raise PydanticCustomError(
                    "control_character", "{character}", {"character": f"U+{ord(letter):04X}"}
                )
    return value


def _lines(value: str) -> str:
    return _clean(value.replace("\r\n", "\n").replace("\r", "\n"), allowed="\n")


Text = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_clean)]
Prose = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_lines)]
FileName = Annotated[
    str, StringConstraints(max_length=200), _matches(FILE_NAME, "not_a_file_name"), _hint(FILE_NAME)
]
Slug = Annotated[str, StringConstraints(max_length=63), _matches(SLUG, "not_a_slug"), _hint(SLUG)]
Code = Annotated[str, BeforeValidator(_quoted), _matches(CODE, "not_a_code"), _hint(CODE)]
Domain = Annotated[str, _matches(DOMAIN, "not_a_domain"), _hint(DOMAIN)]
Host = Annotated[
    str, StringConstraints(min_length=1, max_length=253), _matches(HOST, "not_a_host"), _hint(HOST)
]
Address = Annotated[str, AfterValidator(_address)]
ServerAddress = Annotated[str, AfterValidator(_address), AfterValidator(_own_address)]
Network = Annotated[str, AfterValidator(_network)]
NarrowNetwork = Annotated[str, AfterValidator(_network), AfterValidator(_narrow_network)]
HostKey = Annotated[str, _matches(HOST_KEY, "not_a_host_key"), _hint(HOST_KEY)]
PublicKey = Annotated[
    str, AfterValidator(_clean), _matches(PUBLIC_KEY, "not_a_public_key"), _hint(PUBLIC_KEY)
]
Ed25519Key = Annotated[
    str, AfterValidator(_clean), _matches(ED25519_KEY, "not_an_ed25519_key"), _hint(ED25519_KEY)
]
"""No other kind signs evidence: RSA takes so long that a proof of place would be lost."""
Neq = Annotated[str, BeforeValidator(_quoted), _matches(NEQ, "not_a_neq"), _hint(NEQ)]
Country = Annotated[str, _matches(CAPITALS, "not_a_country"), _hint(CAPITALS)]
Province = Annotated[str, _matches(CAPITALS, "not_a_province"), _hint(CAPITALS)]
Url = Annotated[str, _matches(URL, "not_a_url"), _hint(URL)]
HttpsUrl = Annotated[str, _matches(HTTPS_URL, "not_an_https_url"), _hint(HTTPS_URL)]
"""Encrypted: secrets and tokens travel on it."""
LdapUrl = Annotated[str, _matches(LDAP_URL, "not_an_ldap_url"), _hint(LDAP_URL)]
"""TLS from the first byte: passwords travel on it."""
Email = Annotated[str, StringConstraints(max_length=254), _matches(EMAIL, "not_an_email"), _hint(EMAIL)]
Device = Annotated[str, _matches(DEVICE, "not_a_device"), _hint(DEVICE)]
Integer = Annotated[int, Strict()]
Number = Annotated[float, Strict()]
Flag = Annotated[bool, Strict()]
Share = Annotated[float, Strict(), Field(ge=0, lt=1)]
Version = Annotated[int, Strict(), Field(ge=1, le=1)]
"""There is one version of the format so far."""
Port = Annotated[int, Strict(), Field(ge=1, le=65535)]
Day = Annotated[date, BeforeValidator(_date_text, json_schema_input_type=date)]
Moment = Annotated[AwareDatetime, BeforeValidator(_time_text, json_schema_input_type=datetime)]
Sorted = PlainSerializer(sorted, return_type=list[str])
"""For sets: their order differs from run to run, and what is written must not."""
