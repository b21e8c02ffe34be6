"""The role names the folders that it copies, because one round trip must carry them all: none may be forgotten."""

from __future__ import annotations

from pathlib import Path

import yaml

from tests.contract.roles import ROLES

ROLE = ROLES / "server_wordpress"
SOURCE = ROLE / "files" / "usr" / "share" / "nuage" / "wordpress"


def test_every_folder_is_copied() -> None:
    variables = yaml.safe_load((ROLE / "vars" / "main.yml").read_text("utf-8"))
    named = {
        pattern.removeprefix("{{ __server_wordpress_source }}").removesuffix("*").strip("/")
        for pattern in variables["__server_wordpress_patterns"]
    }
    there = {str(path.parent.relative_to(SOURCE)) for path in SOURCE.rglob("*") if path.is_file()}
    assert there <= {name or "." for name in named}


def test_every_file_but_pictures_is_text_with_something_in_it() -> None:
    for path in (path for path in SOURCE.rglob("*") if path.is_file() and path.suffix != ".jpg"):
        assert Path(path).read_text("utf-8").strip(), path
