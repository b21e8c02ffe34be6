# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pages of a website as files that open from a folder, without a server: fetched from this server's own nginx."""

from __future__ import annotations

import http.client
import os
import re
import socket
import ssl
import urllib.parse
from html.parser import HTMLParser

from settings import BackupError

MOST = 20_000
"""Pages and other files; a calendar without an end isn't followed for ever."""
LONGEST = 64 << 20
PAGES = ("text/html", "application/xhtml+xml")
LINKS = {
    "a": ("href",),
    "area": ("href",),
    "link": ("href",),
    "img": ("src", "srcset"),
    "source": ("src", "srcset"),
    "script": ("src",),
    "iframe": ("src",),
    "video": ("src", "poster"),
    "audio": ("src",),
    "track": ("src",),
    "input": ("src",),
    "embed": ("src",),
    "object": ("data",),
}
STYLE = re.compile(r"url\(\s*(['\"]?)([^'\")]+)\1\s*\)")
NOT_FOLLOWED = re.compile(
    r"/(wp-admin|wp-json|wp-login\.php|xmlrpc\.php|wp-cron\.php|feed|comments/feed)(/|$)|/feed/?$"
)


class Direct(http.client.HTTPSConnection):
    """Connects to this server and names the site; the chain is checked from outside, by `nuage verify`."""

    def __init__(self, address, domain):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        super().__init__(domain, 443, timeout=60, context=context)
        self._address = address

    def connect(self):
        plain = socket.create_connection((self._address, 443), self.timeout)
        self.sock = self._context.wrap_socket(plain, server_hostname=self.host)


class Site:
    """One site, asked over one connection."""

    def __init__(self, domain, address):
        self.domain, self.address = domain, address
        self.connection = None

    def get(self, path):
        """Status, type and body; or, of a redirection, where to."""
        for attempt in (1, 2):
            try:
                if self.connection is None:
                    self.connection = Direct(self.address, self.domain)
                self.connection.request(
                    "GET", path, headers={"User-Agent": "nuage-export", "Host": self.domain}
                )
                answer = self.connection.getresponse()
                body = answer.read(LONGEST + 1)
                if len(body) > LONGEST:
                    self.close()
                    return 413, "", b""
                kind = (answer.getheader("Content-Type") or "").partition(";")[0].strip().lower()
                if 300 <= answer.status < 400:
                    return answer.status, answer.getheader("Location") or "", b""
                return answer.status, kind, body
            except (OSError, http.client.HTTPException) as error:
                self.close()
                if attempt == 2:
                    raise BackupError("export.website-failed", f"{path}: {error}") from error

    def close(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None


def local(link, base, domain):
    """Path and query of a link to the site itself, seen from the page at ``base``; None for another's."""
    try:
        whole = urllib.parse.urlsplit(urllib.parse.urljoin(f"https://{domain}{base}", link.strip()))
    except ValueError:
        return None
    if whole.scheme not in ("http", "https") or whole.hostname != domain or whole.port not in (None, 80, 443):
        return None
    path = urllib.parse.quote(urllib.parse.unquote(whole.path or "/"), safe="/%:@!$&'()*+,;=~-._")
    return path + (f"?{whole.query}" if whole.query else "")


def file_of(address, kind):
    """Where an address lies in the folder. A query is part of the name, but for that of a version."""
    path, _, query = address.partition("?")
    parts = [part for part in urllib.parse.unquote(path).split("/") if part not in ("", ".", "..")]
    parts = [re.sub(r'[\x00-\x1f\x7f\\<>:"|?*]', "_", part)[:120] for part in parts]
    if kind in PAGES:
        if query:
            parts.append("_" + re.sub(r"[^A-Za-z0-9=&._-]", "_", query)[:100])
        if not (parts and parts[-1].endswith((".html", ".htm"))):
            parts.append("index.html")
    return "/".join(parts) or "index.html"


def relative(target, source):
    return urllib.parse.quote(os.path.relpath(target, os.path.dirname(source) or "."), safe="/._-~()")


class Rewriter(HTMLParser):
    """A page again, each link through ``turn``; all that isn't a link stays as it was, to the letter."""

    def __init__(self, turn):
        super().__init__(convert_charrefs=False)
        self.turn, self.out, self.style = turn, [], False

    def _value(self, name, value):
        if name == "srcset":
            parts = [each.strip().split(None, 1) for each in value.split(",") if each.strip()]
            return ", ".join(" ".join([self.turn(part[0]), *part[1:]]) for part in parts)
        return self.turn(value)

    def _tag(self, tag, attributes, text):
        names = LINKS.get(tag, ())
        changed = False
        found = []
        for name, value in attributes:
            kept = value
            if value and name in names:
                kept = self._value(name, value)
            elif value and name == "style":
                kept = styled(value, self.turn)
            elif name in ("integrity", "crossorigin", "nonce"):
                # Of a server's answer; a file has none of it.
                changed = True
                continue
            changed = changed or kept != value
            found.append((name, kept))
        if not changed:
            self.out.append(text)
            return
        words = [name if value is None else f'{name}="{_quoted(value)}"' for name, value in found]
        self.out.append(f"<{' '.join([tag, *words])}{' /' if text.endswith('/>') else ''}>")

    def handle_starttag(self, tag, attrs):
        self.style = tag == "style"
        self._tag(tag, attrs, self.get_starttag_text())

    def handle_startendtag(self, tag, attrs):
        self._tag(tag, attrs, self.get_starttag_text())

    def handle_endtag(self, tag):
        self.style = False
        self.out.append(f"</{tag}>")

    def handle_data(self, data):
        self.out.append(styled(data, self.turn) if self.style else data)

    def handle_entityref(self, name):
        self.out.append(f"&{name};")

    def handle_charref(self, name):
        self.out.append(f"&#{name};")

    def handle_comment(self, data):
        self.out.append(f"<!--{data}-->")

    def handle_decl(self, decl):
        self.out.append(f"<!{decl}>")

    def handle_pi(self, data):
        self.out.append(f"<?{data}>")


def _quoted(value):
    return value.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")


def styled(text, turn):
    """A style sheet again."""
    return STYLE.sub(lambda found: f"url({found[1]}{turn(found[2])}{found[1]})", text)


def rewritten(text, turn):
    page = Rewriter(turn)
    page.feed(text)
    page.close()
    return "".join(page.out)


class Copy:
    """The copy under way: what was fetched, where it lies, and what is still to be fetched."""

    def __init__(self, domain, address, folder):
        self.domain, self.folder = domain, folder
        self.site = Site(domain, address)
        self.bodies, self.kinds, self.moved = {}, {}, {}
        self.waiting, self.seen = [], set()

    def ask(self, address):
        path = address.partition("?")[0]
        if address not in self.seen and not NOT_FOLLOWED.search(path) and len(self.seen) < MOST:
            self.seen.add(address)
            self.waiting.append(address)

    def links(self, text, kind, base):
        """Have all that a page or a style sheet names."""

        def turn(link):
            address = local(link, base, self.domain)
            if address is not None:
                self.ask(address)
            return link

        if kind in PAGES:
            rewritten(text, turn)
        else:
            styled(text, turn)

    def fetch(self):
        while self.waiting:
            address = self.waiting.pop(0)
            status, kind, body = self.site.get(address)
            if 300 <= status < 400:
                target = local(kind, address, self.domain)
                if target is not None:
                    self.moved[address] = target
                    self.ask(target)
            elif status == 200:
                self.kinds[address] = kind
                self.keep(address, kind, body)

    def keep(self, address, kind, body):
        """A page stays as text until all is known that its links may lead to; anything else is a file at once."""
        if kind in PAGES or kind == "text/css":
            text = body.decode("utf-8", "replace")
            self.bodies[address] = text
            self.links(text, kind, address)
        else:
            self.put(file_of(address, kind), body)

    def put(self, name, body):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)

    def write(self):
        for address, text in self.bodies.items():
            kind = self.kinds[address]
            here = file_of(address, kind)

            def turn(link, address=address, here=here):
                return self.turned(link, address, here)

            made = rewritten(text, turn) if kind in PAGES else styled(text, turn)
            self.put(here, made.encode())

    def turned(self, link, base, here):
        """A link to what was fetched leads to its file; any other, to where it led."""
        bare, hash_, fragment = link.partition("#")
        if not bare:
            return link
        address = local(bare, base, self.domain)
        for _ in range(5):
            address = self.moved.get(address, address)
        if address is None:
            return link
        if address not in self.kinds:
            return f"https://{self.domain}{address}{hash_}{fragment}"
        return relative(file_of(address, self.kinds[address]), here) + hash_ + fragment


def export(domain, address, folder, named):
    """The whole site into ``folder``: from its front page, and from the addresses that nothing may link to."""
    folder.mkdir(parents=True)
    copy = Copy(domain, address, folder)
    copy.ask("/")
    for link in named:
        found = local(link, "/", domain)
        if found is not None:
            copy.ask(found)
    try:
        copy.fetch()
    finally:
        copy.site.close()
    if "/" not in copy.bodies:
        raise BackupError("export.website-failed", f"https://{domain}/")
    copy.write()
