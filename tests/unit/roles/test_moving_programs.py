"""What a server does for a municipality that moves: its doors, whom nginx may reach, and what may come."""

from __future__ import annotations

import importlib
import io
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

FOLDER = Path(__file__).parents[3] / "roles/server_backup/files/usr/local/lib/nuage/backup"
VHOST = """server {
    listen 192.0.2.1:80;
    server_name ville.example;
    include /etc/nginx/nuage-snippets/acme.conf;
    location / {
        return 301 https://ville.example$request_uri;
    }
}
server {
    listen 192.0.2.1:443 ssl;
    server_name ville.example;
    ssl_certificate /c.pem;
    include /etc/nginx/nuage-snippets/security.conf;
    location / {
        return 200;
    }
}
"""


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, ModuleType]]:
    """The server's modules by name, their folders in the test's own; no other program is run."""
    sys.path.insert(0, str(FOLDER))
    try:
        found = {name: importlib.import_module(name) for name in ("forward", "place", "settings", "transfer")}
    finally:
        sys.path.remove(str(FOLDER))
    for name in ("PLACES", "VHOSTS", "WANTED", "RECORDS"):
        monkeypatch.setattr(found["place"], name, tmp_path / name)
        (tmp_path / name).mkdir()
    monkeypatch.setattr(found["forward"], "RULES", tmp_path / "web.nft")
    monkeypatch.setattr(found["forward"], "TRUSTED", tmp_path / "forwarded")
    for name in ("forward", "place"):
        monkeypatch.setattr(found[name], "run", lambda *words, **named: "")
    monkeypatch.setattr(found["place"], "_end", lambda of: None)
    (tmp_path / "VHOSTS" / "46005-wordpress.conf").write_text(VHOST)
    (tmp_path / "WANTED" / "46005-wordpress").write_text("nuage-wordpress@46005.socket\n")
    (tmp_path / "RECORDS" / "46005-apps.json").write_text('{"digest": "d", "state": "active"}')
    yield found


def of(modules: dict[str, ModuleType]) -> Any:
    return modules["transfer"].Way("46005-apps", ["wordpress"]).of


def vhost(modules: dict[str, ModuleType]) -> str:
    return (modules["place"].VHOSTS / "46005-wordpress.conf").read_text()


def test_closed_twice_it_opens_as_it_was(modules: dict[str, ModuleType]) -> None:
    place = modules["place"]
    for _ in range(2):
        place.close(of(modules), to="srv2")
        assert "return 503" in vhost(modules)
        assert "return 200" not in vhost(modules)
        assert list(place.WANTED.iterdir()) == []
        assert place.note("46005-apps")["state"] == "closed"
    assert '"digest": ""' in (place.RECORDS / "46005-apps.json").read_text()
    place.try_out(of(modules))
    assert 'if ($remote_addr != "192.0.2.1")' in vhost(modules)
    assert "return 200" in vhost(modules)
    place.close(of(modules), to="srv2")
    place.open_again(of(modules))
    assert vhost(modules) == VHOST
    assert (place.WANTED / "46005-wordpress").read_text() == "nuage-wordpress@46005.socket\n"
    assert place.note("46005-apps") == {}
    assert list(place.PLACES.iterdir()) == []


def test_what_deployments_wrote_since_is_what_opens(modules: dict[str, ModuleType]) -> None:
    place = modules["place"]
    place.close(of(modules))
    newer = VHOST.replace("return 200", "return 204")
    (place.VHOSTS / "46005-wordpress.conf").write_text(newer)
    place.close(of(modules))
    place.open_again(of(modules))
    assert vhost(modules) == newer


def test_only_a_closed_place_passes_visitors_on(modules: dict[str, ModuleType]) -> None:
    place, forward = modules["place"], modules["forward"]
    with pytest.raises(modules["settings"].BackupError):
        place.pass_on(of(modules), "192.0.2.2", "")
    place.close(of(modules), to="srv2")
    with pytest.raises(ValueError):
        place.pass_on(of(modules), "192.0.2.2; return 200", "")
    place.pass_on(of(modules), "192.0.2.2", "-----BEGIN CERTIFICATE-----\n")
    assert "proxy_pass https://192.0.2.2:443;" in vhost(modules)
    assert "proxy_ssl_verify on;" in vhost(modules)
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in vhost(modules)
    assert "acme.conf" not in vhost(modules)
    assert "ip daddr 192.0.2.2 tcp dport { 80, 443 } accept" in forward.RULES.read_text()
    place.open_again(of(modules))
    assert vhost(modules) == VHOST
    assert not forward.RULES.exists()


def test_a_visitors_address_is_believed_of_one_server_for_one_municipality(
    modules: dict[str, ModuleType],
) -> None:
    forward = modules["forward"]
    forward.trust("46005", "192.0.2.1")
    text = (forward.TRUSTED / "46005.conf").read_text()
    assert text.splitlines()[0] == "set_real_ip_from 192.0.2.1;"
    forward.trust("46005", "")
    assert list(forward.TRUSTED.iterdir()) == []


@pytest.mark.parametrize("name", ["46005-identity", "../x", "46005-apps; id", "4600-apps"])
def test_no_other_place_is_meant(modules: dict[str, ModuleType], name: str) -> None:
    with pytest.raises(modules["settings"].BackupError):
        modules["transfer"].Way(name, ["wordpress"])


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a/b/c", "a/../b", "."])
def test_what_comes_stays_in_its_folder(modules: dict[str, ModuleType], tmp_path: Path, name: str) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.size = 1
        archive.addfile(member, io.BytesIO(b"x"))
    packed.seek(0)
    (tmp_path / "root").mkdir()
    with tarfile.open(fileobj=packed) as archive:
        for member in archive:
            with pytest.raises(modules["settings"].BackupError):
                modules["transfer"]._put(archive, member, tmp_path / "root", depth=2)
    assert list((tmp_path / "root").iterdir()) == []
