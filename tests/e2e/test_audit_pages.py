"""Which hosts a page contacts, as the browser of an audit sees it: asked for, refused by the page's policy, linked."""

from __future__ import annotations

import http.server
import os
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from provisioner import chromium
from provisioner.audit.observing import browsing
from provisioner.errors import MachineError

SITE, ADDRESS = "www.abercorn.example", "127.0.0.77"
PAGE = b"""<!DOCTYPE html><html><head><link rel="stylesheet" href="https://polices.example/css?x=1">
<style>@font-face { font-family: X; src: url(https://fontes.example/a.woff2); } body { font-family: X; }</style></head>
<body>Bonjour <a href="/avis/">avis</a> <a href="/avis/#x">encore</a> <a href="/author/x/">x</a> <a href="/f.pdf">f</a>
<a href="https://ailleurs.example/">ailleurs</a></body></html>"""


class Handler(http.server.BaseHTTPRequestHandler):
    """The same page everywhere; its policy refuses what comes from elsewhere, but for the page to sign in at."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        if "login" not in self.path:
            self.send_header(
                "Content-Security-Policy", "default-src 'self'; style-src 'self' 'unsafe-inline'"
            )
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *words: Any) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    if os.geteuid() != 0 or not chromium.PROGRAM.exists():
        pytest.skip("SKIPPED, NOT TESTED: needs root, for port 443, and Chromium")
    folder = tmp_path_factory.mktemp("site")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-keyout", "key.pem", "-out", "chain.pem", "-days", "2", "-subj", f"/CN={SITE}"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    server = http.server.ThreadingHTTPServer((ADDRESS, 443), Handler)
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trust.load_cert_chain(folder / "chain.pem", folder / "key.pem")
    server.socket = trust.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield
    server.shutdown()


def test_every_host_of_every_page(site: None) -> None:
    front = f"https://{SITE}/"
    visited = browsing.Visited("46005", (front, f"{front}login"), front)
    told: list[str] = []
    found = browsing.visit([visited], {SITE: ADDRESS}, own_authority=True, on_site=told.append)
    pages = {page["url"]: page for page in found["46005"]["pages"]}
    assert told == ["46005"]
    assert set(pages) == {front, f"{front}login", f"{front}avis/"}, (
        "linked pages of the site, each once; no files"
    )
    assert {page["status"] for page in pages.values()} == {200}
    for url, page in pages.items():
        hosts = {host["host"]: host for host in page["hosts"]}
        assert set(hosts) == {SITE, "polices.example", "fontes.example"}, url
        assert (hosts[SITE]["address"], hosts[SITE]["blocked"]) == (ADDRESS, 0)
        assert hosts["fontes.example"]["kind"] == "font"
        # More than once where a network interface came meanwhile, and the page was loaded anew.
        assert bool(hosts["polices.example"]["blocked"]) == ("login" not in url), url


def test_a_site_that_does_not_answer_is_told(site: None) -> None:
    gone = "https://parti.example/"
    found = browsing.visit(
        [browsing.Visited("46010", (gone,), gone)], {"parti.example": ADDRESS[:-1] + "9"}, own_authority=True
    )
    (page,) = found["46010"]["pages"]
    assert (page["url"], page["status"]) == (gone, 0)


def test_without_a_browser_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chromium, "PROGRAM", Path("/nowhere/chromium"))
    with pytest.raises(MachineError) as missing:
        browsing.visit([], {}, own_authority=False)
    assert missing.value.problems[0].key == "audit-collect.no-browser"
