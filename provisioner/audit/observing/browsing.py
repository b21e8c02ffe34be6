"""Which hosts a municipality's pages make a citizen's browser contact, seen by a real one: headless Chromium."""

from __future__ import annotations

import ipaddress
import socket
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from provisioner.chromium import chromium

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, Request

MOST_PAGES = 6
"""Of one website: its front page, and pages that this one links to."""
PATIENCE_MS = 30_000
QUIET_MS = 5_000
"""How long a page may keep asking for things once it is there."""
SETTLING_MS = 1_500
"""Until a page is asked for again."""
ATTEMPTS = 4


@dataclass(frozen=True)
class Visited:
    """A municipality's addresses: those that are looked at, and the front page whose own links are too."""

    code: str
    addresses: tuple[str, ...]
    front: str = ""


@dataclass
class _Seen:
    """Requests while one page is looked at: host and kind, how often, how often refused, and answers' addresses."""

    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    blocked: Counter[tuple[str, str]] = field(default_factory=Counter)
    addresses: dict[str, str] = field(default_factory=dict)


def visit(
    sites: Iterable[Visited],
    addresses: Mapping[str, str],
    *,
    own_authority: bool,
    on_site: Callable[[str], None] = lambda code: None,
) -> dict[str, dict[str, Any]]:
    """What `observations/browser/<code>.json` says, by code.

    ``addresses``: the servers of the consortium's own names, whatever this machine's resolver says of them;
    ``own_authority``: whether certificates come from one that Chromium can't know (`nuage verify` checks those).

    Raises:
        MachineError: Chromium or Playwright isn't installed, or doesn't start.
    """
    found = {}
    with chromium("audit-collect.no-browser", addresses, elsewhere=True) as browser:
        for site in sites:
            context = browser.new_context(ignore_https_errors=own_authority, locale="fr-CA")
            context.set_default_timeout(PATIENCE_MS)
            try:
                found[site.code] = {"pages": list(_pages(context, site, addresses))}
            finally:
                context.close()
            on_site(site.code)
    return found


def _pages(context: BrowserContext, site: Visited, addresses: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    waiting, known = list(site.addresses), set(site.addresses)
    while waiting:
        url = waiting.pop(0)
        page = context.new_page()
        try:
            looked, links = _look(page, url, addresses)
            yield looked
            if url == site.front:
                links = [link for link in links if link not in known][: MOST_PAGES - 1]
                waiting += links
                known.update(links)
        finally:
            page.close()


def _look(page: Page, url: str, addresses: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """One page, loaded from nothing: what an earlier page left in the cache would hide hosts. And what it links to."""
    seen = _Seen()
    page.on("request", lambda request: _ask(seen, request))
    page.on("requestfailed", lambda request: _fail(seen, request))
    page.on("response", lambda response: _answer(seen, response.url, response.server_addr()))
    status, links = _read(page, url)
    return {"url": url, "status": status, "hosts": _hosts(seen, addresses)}, links


def _read(page: Page, url: str) -> tuple[int, list[str]]:
    """The page's status, 0 where it couldn't be looked at, and what it links to.

    Again where it was interrupted: Chromium drops what it loads when this machine gets another network interface, and
    then loads it anew by itself.
    """
    from playwright.sync_api import Error
    from playwright.sync_api import TimeoutError as TooLong

    for _ in range(ATTEMPTS):
        try:
            response = page.goto(url, wait_until="load")
            # A page that never falls silent was watched for long enough.
            with suppress(TooLong):
                page.wait_for_load_state("networkidle", timeout=QUIET_MS)
            return response.status if response else 0, _links(page, url)
        except TooLong:
            break
        except Error:
            # What Chromium began by itself comes to its end first: a page that is closed meanwhile never is.
            page.wait_for_timeout(SETTLING_MS)
    return 0, []


def _key(request: Request) -> tuple[str, str] | None:
    parts = urlsplit(request.url)
    if parts.scheme not in ("http", "https", "ws", "wss") or not parts.hostname:
        return None
    return parts.hostname, request.resource_type


def _ask(seen: _Seen, request: Request) -> None:
    key = _key(request)
    if key is not None:
        seen.asked[key] += 1


def _fail(seen: _Seen, request: Request) -> None:
    key = _key(request)
    # What the page's own policy (CSP) refuses never leaves the browser, and is told all the same.
    if key is not None and "csp" in (request.failure or "").lower():
        seen.blocked[key] += 1


def _answer(seen: _Seen, url: str, server: Any) -> None:  # noqa: ANN401  playwright's own dictionary
    host = urlsplit(url).hostname
    if host and server:
        seen.addresses[host] = str(server["ipAddress"]).strip("[]")


def _hosts(seen: _Seen, addresses: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "host": host,
            "address": seen.addresses.get(host) or addresses.get(host) or address_of(host),
            "kind": kind,
            "count": count,
            "blocked": seen.blocked[host, kind],
        }
        for (host, kind), count in sorted(seen.asked.items())
    ]


def address_of(host: str) -> str | None:
    """The first address of a name as this machine's resolver has it; None for none."""
    with suppress(ValueError):
        return str(ipaddress.ip_address(host))
    try:
        return str(socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)[0][4][0])
    except OSError:
        return None


def _links(page: Page, url: str) -> list[str]:
    """Pages of the same site that a page links to, in its order; no files, and nobody's own page."""
    found: list[str] = page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)")
    host = urlsplit(url).hostname
    kept = []
    for link in found:
        parts = urlsplit(urljoin(url, link))
        plain = parts._replace(query="", fragment="").geturl()
        file = "." in parts.path.rpartition("/")[2]
        if parts.scheme == "https" and parts.hostname == host and not file and "/author/" not in parts.path:
            kept.append(plain)
    return [link for number, link in enumerate(kept) if link not in kept[:number] and link != url]
