"""A browser without window or scripts, for what is the same without: cookies, redirections, forms on several hosts."""

from __future__ import annotations

import html
import http.client
import http.cookiejar
import re
import socket
import ssl
import urllib.parse
import urllib.request
from dataclasses import dataclass
from email.message import Message
from typing import Any

MOST_REDIRECTIONS = 12


@dataclass(frozen=True)
class Page:
    """Where a request ended. ``passed`` are the addresses on the way."""

    address: str
    status: int
    headers: Message
    body: str
    passed: tuple[str, ...] = ()

    @property
    def host(self) -> str:
        return urllib.parse.urlsplit(self.address).hostname or ""

    @property
    def text(self) -> str:
        """Without tags and scripts."""
        bare = re.sub(r"<(script|style)\b.*?</\1>|<[^>]+>", " ", self.body, flags=re.DOTALL)
        return " ".join(html.unescape(bare).split())

    @property
    def query(self) -> dict[str, str]:
        """Of the address that the browser ended at."""
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.address).query))

    def form(self, identifier: str = "") -> tuple[str, dict[str, str]]:
        """Where a form goes, the first one's if none is named, and what it holds already; no boxes, no buttons."""
        named = rf'id="{identifier}"' if identifier else "action="
        found = re.search(rf"<form[^>]*{named}.*?</form>", self.body, re.DOTALL)
        assert found, f"no form {identifier} at {self.address}: {self.status} {self.text[:2000]}"
        action = re.search(r'action="([^"]*)"', found[0])
        fields = {}
        for tag in re.findall(r"<input[^>]*>", found[0]):
            pairs = dict(re.findall(r'(\w+)="([^"]*)"', tag))
            if "name" in pairs and pairs.get("type") not in ("checkbox", "submit"):
                fields[pairs["name"]] = html.unescape(pairs.get("value", ""))
        target = html.unescape(action[1]) if action else self.address
        return urllib.parse.urljoin(self.address, target), fields

    def link(self, pattern: str) -> str:
        """The first address in the page that has ``pattern`` in it."""
        for _quote, found in re.findall(r"""href=(["'])(.*?)\1""", self.body):
            if re.search(pattern, html.unescape(found)):
                return urllib.parse.urljoin(self.address, html.unescape(found))
        raise AssertionError(f"no link {pattern} at {self.address}:\n{self.body[:2000]}")


class Browser:
    """One person's. Every host is at its given address, its certificate checked; paths alone are the first one's."""

    def __init__(self, addresses: dict[str, str], authority: str, source: str = "") -> None:
        self.addresses, self.trust = addresses, ssl.create_default_context(cafile=authority)
        self.cookies = http.cookiejar.CookieJar()
        self._home, self._source = f"https://{next(iter(addresses))}/", source

    def get(self, address: str, *, follow: bool = True) -> Page:
        return self.open(address, None, follow=follow)

    def submit(self, page: Page, **fields: str) -> Page:
        """Fill in the page's form."""
        target, held = page.form()
        return self.open(target, held | fields)

    def open(
        self,
        address: str,
        fields: dict[str, str] | None = None,
        *,
        follow: bool = True,
        bearer: str = "",
        method: str = "",
        origin: bool = True,
    ) -> Page:
        """A request and, where asked, the redirections after it, up to a host that isn't known.

        ``fields`` makes it a form that is sent, by the page of its own host unless ``origin`` is false.
        """
        passed: list[str] = []
        address = urllib.parse.urljoin(self._home, address)
        while True:
            headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
            if fields is not None and origin:
                headers["Origin"] = f"https://{urllib.parse.urlsplit(address).hostname}"
            verb = method or ("GET" if fields is None else "POST")
            page = self._once(verb, address, fields, headers, tuple(passed))
            target = page.headers.get("Location")
            if not (follow and target and page.status in (301, 302, 303, 307)):
                return page
            passed.append(address)
            assert len(passed) <= MOST_REDIRECTIONS, passed
            address, fields, method = urllib.parse.urljoin(address, target), None, ""
            if urllib.parse.urlsplit(address).hostname not in self.addresses:
                return Page(address, page.status, page.headers, page.body, tuple(passed))

    def _once(
        self,
        method: str,
        address: str,
        fields: dict[str, str] | None,
        headers: dict[str, str],
        passed: tuple[str, ...],
    ) -> Page:
        parts = urllib.parse.urlsplit(address)
        host = parts.hostname or ""
        body = None if fields is None else urllib.parse.urlencode(fields).encode()
        request = urllib.request.Request(address, data=body)
        self.cookies.add_cookie_header(request)
        sent: dict[str, Any] = {"User-Agent": "nuage-test", "Cookie": request.get_header("Cookie", "")}
        if body is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        connection = http.client.HTTPSConnection(host, timeout=60, context=self.trust)
        plain = socket.create_connection(
            (self.addresses[host], 443), 60, (self._source, 0) if self._source else None
        )
        connection.sock = self.trust.wrap_socket(plain, server_hostname=host)
        try:
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            connection.request(method, target, body, sent | headers)
            answer = connection.getresponse()
            self.cookies.extract_cookies(answer, request)
            text = answer.read().decode("utf-8", "replace")
            return Page(address, answer.status, answer.headers, text, passed)
        finally:
            connection.close()
