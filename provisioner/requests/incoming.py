"""Many requests at once: every entry checked, against the folder and against the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from provisioner.errors import InvalidInputError, Problem
from provisioner.folder import ConsortiumFolder
from provisioner.requests import draft
from provisioner.requests.draft import Frame
from provisioner.requests.sources import Entry
from provisioner.spec import crosschecks
from provisioner.spec.tenant import Tenant


def tenants(entries: Iterable[Entry], frame: Frame, book: ConsortiumFolder) -> dict[str, Tenant]:
    """New tenants by slug; with them, the folder is still valid as a whole.

    Raises:
        InvalidInputError: everything that is wrong in any of the entries.
    """
    taken = _Taken(book.tenants)
    problems: list[Problem] = []
    found: dict[str, Tenant] = {}
    origins: dict[str, Entry] = {}
    for entry in entries:
        kept, wrong = draft.check(entry, frame)
        wrong.extend(taken.claim(entry, kept))
        problems.extend(wrong)
        if not wrong:
            slug = frame.directory.by_code[kept["code"]].slug
            found[slug] = draft.tenant(kept, frame)
            origins[slug] = entry
    for finding in crosschecks.check(book.consortium, found):
        if finding.where in origins:
            entry = origins[finding.where]
            problems.append(
                Problem(finding.key, entry.file, entry.line, finding.where, dict(finding.context))
            )
    if problems:
        raise InvalidInputError.of(problems)
    return found


class _Taken:
    """Codes and host names that a tenant of the folder or an earlier entry holds."""

    def __init__(self, existing: Mapping[str, Tenant]) -> None:
        self._codes: dict[str, Problem] = {}
        self._hosts: dict[str, str] = {}
        for slug, tenant in existing.items():
            context: dict[str, object] = {"slug": slug, "state": tenant.state.value, "code": tenant.code}
            self._codes[tenant.code] = Problem("request.already-there", context=context)
            for host in (tenant.domains.website, *tenant.domains.website_aliases, tenant.domains.nextcloud):
                if host is not None:
                    self._hosts[host] = slug

    def claim(self, entry: Entry, kept: Mapping[str, str]) -> list[Problem]:
        """Take an entry's code and host names, or say who has them."""
        problems = []
        place = f"{entry.file}:{entry.line}" if entry.line else entry.file
        code = kept.get("code", "")
        if code in self._codes:
            taken = self._codes[code]
            subject = entry.headings.get("code", "code")
            problems.append(Problem(taken.key, entry.file, entry.line, subject, taken.context))
        elif code:
            context: dict[str, object] = {"code": code, "place": place}
            self._codes[code] = Problem("request.duplicate-code", context=context)
        for field, host in _hosts(kept):
            holder = self._hosts.setdefault(host, f"{code} ({place})")
            if holder != f"{code} ({place})":
                context = {"value": host, "holder": holder}
                subject = entry.headings.get(field, field)
                problems.append(Problem("request.duplicate-domain", entry.file, entry.line, subject, context))
        return problems


def _hosts(kept: Mapping[str, str]) -> list[tuple[str, str]]:
    website = kept.get("website", "")
    aliases = [host for host in kept.get("aliases", "").split() if host != website]
    given = [("website", website), *(("aliases", host) for host in aliases)]
    return [(field, host) for field, host in (*given, ("nextcloud", kept.get("nextcloud", ""))) if host]
