# SPDX-License-Identifier: AGPL-3.0-or-later
"""The configuration of a site: what comes from specs stays text, whatever it holds."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jinja2
import pytest
from ansible.plugins.filter.core import get_hash
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).parent.parent.parent.parent
TEMPLATE = ROOT / "roles/tenant_wordpress/templates/etc/wordpress/config.php.j2"
FACTS: dict[str, Any] = {
    "ansible_managed": "Ansible managed",
    "tenant_wordpress_code": "46005",
    "tenant_wordpress_user": "t46005",
    "tenant_wordpress_domain": "abercorn.example",
    "tenant_wordpress_sender_domain": "mail.example",
    "tenant_wordpress_state": "active",
    "tenant_wordpress_leaving_until": "",
    "tenant_wordpress_language": "fr",
    "tenant_wordpress_seed": "seed",
    "tenant_wordpress_signin_issuer": "",
    "tenant_wordpress_signin_client": "wordpress",
    "tenant_wordpress_signin_secret": "",
}
SALTS = ("AUTH", "SECURE_AUTH", "LOGGED_IN", "NONCE")


@functools.cache
def template() -> jinja2.Template:
    environment = jinja2.Environment(
        trim_blocks=True, keep_trailing_newline=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["hash"] = get_hash
    return environment.from_string(TEMPLATE.read_text())


def render(**changes: str) -> str:
    return template().render(FACTS | changes)


def scan(program: str) -> tuple[dict[str, str], str]:
    """Constants that are strings, by PHP's rule for single quotes, and the program without its strings."""
    strings: list[str] = []
    rest = ""
    position = 0
    while position < len(program):
        character = program[position]
        if program.startswith("//", position):
            position = program.index("\n", position)
            continue
        position += 1
        if character != "'":
            rest += character
            continue
        text = ""
        while program[position] != "'":
            if program[position] == "\\" and program[position + 1] in "\\'":
                position += 1
            text += program[position]
            position += 1
        position += 1
        rest += f"<{len(strings)}>"
        strings.append(text)
    found = re.findall(r"define\(<(\d+)>, <(\d+)>\)", rest)
    return {strings[int(name)]: strings[int(value)] for name, value in found}, re.sub(r"<\d+>", "''", rest)


HARD = st.text(
    alphabet=st.one_of(st.sampled_from("'\\\"$<?>{}/*#;\n\0é"), st.characters(codec="utf-8")), max_size=60
)


@given(HARD)
def test_a_value_reaches_php_as_it_is_and_stays_a_string(value: str) -> None:
    constants, code = scan(render(tenant_wordpress_leaving_until=value, tenant_wordpress_domain=f"d{value}"))
    assert constants["NUAGE_LEAVING_UNTIL"] == value
    assert constants["WP_HOME"] == f"https://d{value}"
    assert code == scan(render())[1]


def test_every_key_and_salt_is_its_own_and_depends_on_the_seed() -> None:
    names = [f"{name}_{kind}" for name in SALTS for kind in ("KEY", "SALT")]
    first, second = scan(render())[0], scan(render(tenant_wordpress_seed="other"))[0]
    values = [constants[name] for constants in (first, second) for name in names]
    assert len(set(values)) == len(values) == 16
    assert all(len(value) == 128 for value in values)
    assert "seed" not in "".join(values)


def test_the_seed_is_not_written() -> None:
    assert "s3cr3t-seed" not in render(tenant_wordpress_seed="s3cr3t-seed")


@pytest.mark.parametrize(
    "name", ["DISALLOW_FILE_EDIT", "DISALLOW_FILE_MODS", "FORCE_SSL_ADMIN", "DISABLE_WP_CRON"]
)
def test_hardening_is_on(name: str) -> None:
    assert f"define('{name}', true);" in render()


def test_debian_defines_its_own_constants() -> None:
    assert "define('WP_AUTO_UPDATE_CORE'" not in render()


@pytest.mark.parametrize(
    ("state", "value"), [("active", "false"), ("suspended", "false"), ("leaving", "true")]
)
def test_a_leaving_site_may_only_be_read(state: str, value: str) -> None:
    assert f"define('NUAGE_READ_ONLY', {value});" in render(tenant_wordpress_state=state)


def test_php_itself_agrees() -> None:
    php = shutil.which("php")
    if php is None:
        pytest.skip("SKIPPED, NOT TESTED: there is no php here")
    hard = "L'Île \\' \\\\ \"$x\" <?php ?> {$y}"
    program = render(tenant_wordpress_leaving_until=hard) + "\necho NUAGE_LEAVING_UNTIL;"
    shown = subprocess.run([php], input=program, capture_output=True, text=True, check=True)
    assert shown.stdout == hard
