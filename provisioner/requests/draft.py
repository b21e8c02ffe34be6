"""From a request's flat values to a tenant in state `requested`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from provisioner.directory import names
from provisioner.directory.municipality import Directory, Municipality
from provisioner.errors import Problem
from provisioner.requests.fields import BY_NAME, FIELDS, accepted
from provisioner.requests.sources import Entry
from provisioner.spec.services import App, Identity, Mode, Nextcloud, Services, WordPress
from provisioner.spec.sizing import Size, size_for
from provisioner.spec.tenant import Contact, Contacts, Domains, Event, State, Tenant

APPS: frozenset[App] = frozenset({"calendar", "contacts"})
"""What the form promises beside files."""


@dataclass(frozen=True)
class Signature:
    """Who enters a request, when, and what they say about it."""

    by: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True)
class Frame:
    """What a request doesn't say itself: from the consortium and from the one who enters it."""

    directory: Directory
    rings: Sequence[str]
    """Of the consortium; a municipality that asks for none joins the last, the widest one."""
    language: str
    signature: Signature


def now() -> datetime:
    """The time that history records: UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def check(entry: Entry, frame: Frame) -> tuple[dict[str, str], list[Problem]]:
    """The values as they are kept, and everything that is wrong with them."""
    kept: dict[str, str] = {}
    problems: list[Problem] = []

    def wrong(key: str, name: str, **context: object) -> None:
        subject = entry.headings.get(name, name)
        problems.append(Problem(f"request.{key}", entry.file, entry.line, subject, context))

    for field in FIELDS:
        given = entry.values.get(field.name, "")
        value = accepted(field, given) if given else None
        if value is not None:
            kept[field.name] = value
        elif given:
            wrong(field.problem, field.name, value=given[:80])
        elif field.required:
            wrong("missing-value", field.name)
    if entry.form and "consent" not in entry.values:
        wrong("bad-consent", "consent", value="")
    if "ring" in kept and kept["ring"] not in frame.rings:
        wrong("bad-ring", "ring", value=kept["ring"], rings=", ".join(frame.rings))
    for key, name in _contradictions(kept, entry.values):
        wrong(key, name, value=kept[name])
    problems.extend(_directory_problems(entry, kept, frame.directory))
    return kept, problems


def _contradictions(kept: Mapping[str, str], given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Answers on Nextcloud that don't go together: the message's key and the field that it is about."""
    if "nextcloud_size" in kept and "nextcloud" not in given:
        yield "size-without-nextcloud", "nextcloud_size"
    host = kept.get("nextcloud")
    if host is not None and host in (kept.get("website"), *kept.get("aliases", "").split()):
        yield "nextcloud-on-website", "nextcloud"
    if kept.get("accounts") == "no" and "nextcloud" in given:
        yield "nextcloud-without-accounts", "accounts"


def _directory_problems(entry: Entry, kept: Mapping[str, str], directory: Directory) -> list[Problem]:
    code = kept.get("code")
    if code is None:
        return []
    subject = entry.headings.get("code", "code")
    known = directory.by_code.get(code)
    if known is None:
        return [Problem("request.unknown-code", entry.file, entry.line, subject, {"value": code})]
    if "name" in kept and names.words(kept["name"]) != names.words(known.name):
        context: dict[str, object] = {"code": code, "name": known.name, "value": kept["name"]}
        return [Problem("request.other-name", entry.file, entry.line, entry.headings["name"], context)]
    return []


def tenant(kept: Mapping[str, str], frame: Frame) -> Tenant:
    """The tenant that checked values describe, its facts taken from the directory."""
    known = frame.directory.by_code[kept["code"]]
    reason = "\n".join(part for part in (frame.signature.reason, kept.get("note", "")) if part)
    return Tenant(
        code=known.code,
        name=known.name,
        designation=known.designation,
        population=known.population,
        region=known.region or None,
        mrc=known.mrc or None,
        language=kept.get("language", frame.language),
        contacts=Contacts(
            administrator=_contact(kept, "administrator"),
            privacy_officer=_contact(kept, "privacy"),
        ),
        domains=Domains(
            website=kept["website"], website_aliases=_aliases(kept), nextcloud=kept.get("nextcloud")
        ),
        services=_services(kept, known),
        ring=kept.get("ring", frame.rings[-1]),
        state=State.REQUESTED,
        history=(Event(at=frame.signature.at, by=frame.signature.by, action="request", reason=reason),),
    )


def _aliases(kept: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(host for host in kept.get("aliases", "").split() if host != kept["website"])


def _contact(kept: Mapping[str, str], who: str) -> Contact:
    return Contact(
        name=kept[f"{who}_name"], email=kept[f"{who}_email"], telephone=kept.get(f"{who}_telephone")
    )


def _services(kept: Mapping[str, str], known: Municipality) -> Services:
    asked = "nextcloud" in kept
    return Services(
        wordpress=WordPress(
            size=_size(kept.get("size"), known), mode=Mode(kept.get("mode", Mode.ON_DEMAND.value))
        ),
        nextcloud=Nextcloud(size=_size(kept.get("nextcloud_size"), known), apps=APPS) if asked else None,
        identity=Identity() if asked or kept.get("accounts") == "yes" else None,
    )


def _size(given: str | None, known: Municipality) -> Size:
    return Size(given) if given else size_for(known.population)


def heading_flags() -> dict[str, str]:
    """How `nuage request new` calls each field, for error messages."""
    return {name: "--" + name.replace("_", "-") for name in BY_NAME}
