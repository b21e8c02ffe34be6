"""What holds for every municipality's website."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from provisioner.verification import web
from provisioner.verification.targets import Site

MIB = 1024 * 1024


def test_account_cannot_sign_in(host: Any, site: Site) -> None:
    user = host.user(site.user)
    assert user.uid == 300_000 + int(site.code)
    assert user.shell == "/usr/sbin/nologin"
    assert host.check_output("getent shadow %s", site.user).split(":")[1] in ("!", "*", "!*")


def test_place_is_closed_and_limited(host: Any, site: Site) -> None:
    home = f"/srv/tenants/{site.user}"
    assert host.file(home).mode == 0o750
    assert host.check_output("stat -c %%i %s", home) == "256"
    shown = host.check_output("btrfs qgroup show -r -f --raw %s", home)
    assert str(site.disk_mib * MIB) in shown


def test_configuration_is_its_own(host: Any, site: Site) -> None:
    file = host.file(f"/etc/wordpress/config-{site.code}.php")
    assert (file.user, file.group, file.mode) == ("root", site.user, 0o440)


def test_database_account_has_no_password(host: Any, site: Site) -> None:
    shown = host.check_output("mariadb -BNe %s", f"SHOW CREATE USER `{site.user}`@`localhost`")
    assert shown.endswith("IDENTIFIED VIA unix_socket")


def test_egress_is_refused_and_counted(host: Any, site: Site) -> None:
    assert str(300_000 + int(site.code)) in host.check_output("nft list table inet nuage")


def test_plain_http_leads_to_https(site: Site) -> None:
    answer = web.redirect(site.domain, site.address)
    assert (answer.status, answer.headers["location"]) == (301, f"https://{site.domain}/")


def test_site_answers(site: Site, authority: str) -> None:
    answer = web.get(site.domain, site.address, authority=authority)
    assert answer.status == (503 if site.state == "suspended" else 200)
    if site.state != "suspended":
        assert site.title.replace("'", "&#039;") in answer.body.replace("’", "&#039;").replace(
            "&#8217;", "&#039;"
        )


def test_aliases_lead_to_the_site(site: Site, authority: str) -> None:
    for alias in site.aliases:
        answer = web.get(alias, site.address, "/x", authority=authority)
        assert answer.headers["location"] == f"https://{site.domain}/x"


def test_headers_protect_the_citizen(site: Site, authority: str) -> None:
    headers = web.get(site.domain, site.address, authority=authority).headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert int(headers["strict-transport-security"].partition("=")[2].partition(";")[0]) >= 15_552_000
    assert "x-powered-by" not in headers
    assert headers["server"] == "nginx"


def test_closed_doors(site: Site, authority: str) -> None:
    if site.state == "suspended":
        pytest.skip("suspended: every path answers the notice")
    for path in (
        "/xmlrpc.php",
        "/wp-config.php",
        "/.git/config",
        "/wp-admin/install.php",
        "/wp-content/uploads/x.php",
    ):
        assert web.get(site.domain, site.address, path, authority=authority).status in (403, 404), path


def test_certificate_lasts(host: Any, site: Site) -> None:
    path = f"/var/lib/nuage/certificates/{site.domain}"
    end = host.check_output("openssl x509 -noout -enddate -in %s/fullchain.pem", path).partition("=")[2]
    left = datetime.strptime(end, "%b %d %H:%M:%S %Y %Z").replace(tzinfo=UTC) - datetime.now(UTC)
    assert left.total_seconds() > 0
    key = host.file(f"{path}/privkey.pem")
    assert (key.user, key.mode) == ("root", 0o600)
