from __future__ import annotations

import base64
import hashlib
import json
import re

from provisioner import messages
from provisioner.directory.municipality import Directory
from provisioner.requests import form
from provisioner.requests.fields import FIELDS


def block(page: str, pattern: str) -> str:
    (found,) = re.findall(pattern, page, re.DOTALL)
    assert isinstance(found, str)
    return found


def test_the_policy_allows_nothing_but_its_own_style_and_script(directory: Directory) -> None:
    page = form.page(directory)
    policy = block(page, r'http-equiv="Content-Security-Policy" content="([^"]*)"')
    assert policy.startswith("default-src 'none';")
    for kind, content in (
        ("style-src", block(page, r"<style>(.*?)</style>")),
        ("script-src", block(page, r"<script>(.*?)</script>")),
    ):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}'" in policy
    assert "unsafe" not in policy


def test_no_address_is_in_it(directory: Directory) -> None:
    page = form.page(directory)
    script = block(page, r"<script>(.*?)</script>")
    assert re.findall(r"https?://[a-z0-9]", page) == []
    assert not re.search(r"\b(fetch|XMLHttpRequest|WebSocket|sendBeacon|localStorage|innerHTML)\b", script)
    assert re.findall(r"<(?:link|img|iframe|object)\b", page) == []


def test_data_cant_end_the_script_element(directory: Directory) -> None:
    page = form.page(directory, "a</script>@b.example")
    data = block(page, r'<script type="application/json" id="data">(.*?)</script>')
    content = json.loads(data)
    assert content["email"] == "a</script>@b.example"
    assert [one["code"] for one in content["municipalities"]] == sorted(directory.by_code)


def test_every_text_is_there_in_both_languages_and_none_is_left_over(directory: Directory) -> None:
    page = form.page(directory)
    script = block(page, r"<script>(.*?)</script>")
    used = set(re.findall(r'data-t="([a-z-]+)"', page))
    used |= set(re.findall(r'"((?:missing|bad|found|done|privacy|people|mrc|code|colon)[a-z-]*)"', script))
    used |= {"bad-name", "missing-name", "bad-email", "missing-email"}
    texts = set(messages.catalogue("fr", "form"))
    assert texts == {name for name in used if name in texts}
    assert set(re.findall(r'data-t="([a-z-]+)"', page)) <= texts
    assert not re.search(r'data-t="[a-z-]+"[^>]*></', page), "French is there without JavaScript"


def test_what_the_form_saves_is_what_import_knows(directory: Directory) -> None:
    script = block(form.page(directory), r"<script>(.*?)</script>")
    saved = set(re.findall(r"values\.([a-z]+) =", script)) | {"code", "name"}
    saved |= {
        f"{who}_{part}" for who in ("administrator", "privacy") for part in ("name", "email", "telephone")
    }
    assert saved == {field.name for field in FIELDS} - {"nextcloud_size", "mode", "ring"}


def test_it_is_the_same_every_time(directory: Directory) -> None:
    assert form.page(directory) == form.page(directory)
