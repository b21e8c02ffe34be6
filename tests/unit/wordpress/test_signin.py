# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tokens and roles, where this machine has PHP; tests/infra/test_signin.py does the same on a real server."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.wordpress.test_config import render, scan

ROOT = Path(__file__).parent.parent.parent.parent
PIECES = ROOT / "roles/server_wordpress/files/usr/share/nuage/wordpress/mu-plugins/nuage/signin"
PROBE = ROOT / "tests/infra/probes/tokens.php"
ISSUER = {"tenant_wordpress_signin_issuer": "https://identite.example/realms/46005"}


def test_forged_tokens_are_refused_and_roles_are_the_groups() -> None:
    php = shutil.which("php")
    if php is None:
        pytest.skip("SKIPPED, NOT TESTED: there is no php here")
    done = subprocess.run([php, PROBE, PIECES], capture_output=True, check=True, text=True)
    seen = json.loads(done.stdout)
    assert seen["wrong"] == {}
    assert seen["cases"] > 100


def test_without_an_identity_service_nothing_of_it_is_configured() -> None:
    assert "OIDC_" not in render()
    assert "NUAGE_SIGNIN" not in render()
    assert "WP_ACCESSIBLE_HOSTS" not in render()


def test_the_issuer_is_the_only_host_that_the_site_may_ask() -> None:
    constants = scan(render(**ISSUER, tenant_wordpress_signin_secret="s'ecret"))[0]
    assert constants["WP_ACCESSIBLE_HOSTS"] == "identite.example"
    assert constants["NUAGE_SIGNIN_ISSUER"] == ISSUER["tenant_wordpress_signin_issuer"]
    assert constants["OIDC_CLIENT_ID"] == "wordpress"
    assert constants["OIDC_CLIENT_SECRET"] == "s'ecret"


def test_every_piece_is_loaded_and_refuses_to_be_asked_directly() -> None:
    """All but those that the tests run alone, which only define functions."""
    loaded = (PIECES.parent / "signin.php").read_text(encoding="utf-8")
    for piece in PIECES.glob("*.php"):
        assert f"'{piece.stem}'" in loaded
        text = piece.read_text(encoding="utf-8")
        assert piece.stem in ("token", "roles") or "defined('ABSPATH') || exit;" in text
