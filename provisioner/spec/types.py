"""Constrained types that both specs share."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

SLUG = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*$")
DOMAIN = re.compile(r"^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$")
HOST_KEY = re.compile(r"^(ssh-ed25519|ecdsa-sha2-nistp256|rsa-sha2-512|ssh-rsa) [A-Za-z0-9+/]{32,}={0,3}$")
NEQ = re.compile(r"^[1238][0-9]{9}$")


class Model(BaseModel):
    """Frozen, and refuses what it doesn't know: a misspelt field is an error, never a silence."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, use_attribute_docstrings=True)


def _matches(pattern: re.Pattern[str], key: str) -> AfterValidator:
    def check(value: str) -> str:
        if not pattern.match(value):
            raise PydanticCustomError(key, "{value}", {"value": value})
        return value

    return AfterValidator(check)


def _address(value: str) -> str:
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        raise PydanticCustomError("not_an_address", "{value}", {"value": value}) from None


def _network(value: str) -> str:
    try:
        return str(ipaddress.ip_network(value))
    except ValueError:
        raise PydanticCustomError("not_a_network", "{value}", {"value": value}) from None


def _code_text(value: Any) -> Any:
    # YAML reads 46005 as an integer and 01023 as an octal one: only quoted codes are safe.
    if isinstance(value, int):
        raise PydanticCustomError("code_unquoted", "{value}", {"value": str(value)})
    return value


def _url(value: str) -> str:
    if not re.match(r"^https?://[A-Za-z0-9.\[\]:-]+(/[^\s'\"]*)?$", value):
        raise PydanticCustomError("not_a_url", "{value}", {"value": value})
    return value


def _email(value: str) -> str:
    if not re.match(r"^[A-Za-z0-9.!#$%&*+/=?^_{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$", value):
        raise PydanticCustomError("not_an_email", "{value}", {"value": value})
    return value


def _one_line(value: str) -> str:
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in value):
        raise PydanticCustomError("control_character", "{value}", {"value": repr(value)})
    return value


Text = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_one_line)]
Slug = Annotated[str, StringConstraints(max_length=63), _matches(SLUG, "not_a_slug")]
Code = Annotated[str, BeforeValidator(_code_text), _matches(re.compile(r"^[0-9]{5}$"), "not_a_code")]
Domain = Annotated[str, _matches(DOMAIN, "not_a_domain")]
Host = Annotated[str, StringConstraints(min_length=1, max_length=253), _matches(re.compile(r"^[A-Za-z0-9.:-]+$"), "not_a_host")]
Address = Annotated[str, AfterValidator(_address)]
Network = Annotated[str, AfterValidator(_network)]
HostKey = Annotated[str, _matches(HOST_KEY, "not_a_host_key")]
Neq = Annotated[str, BeforeValidator(_code_text), _matches(NEQ, "not_a_neq")]
Country = Annotated[str, _matches(re.compile(r"^[A-Z]{2}$"), "not_a_country")]
Province = Annotated[str, _matches(re.compile(r"^[A-Z]{2}$"), "not_a_province")]
Url = Annotated[str, AfterValidator(_url)]
Email = Annotated[str, StringConstraints(max_length=254), AfterValidator(_email)]
Share = Annotated[float, Field(ge=0, lt=1)]
Port = Annotated[int, Field(ge=1, le=65535)]
