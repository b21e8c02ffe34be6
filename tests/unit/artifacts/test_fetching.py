"""Fetching over real HTTP on the loopback address: resumed, verified, refused, shared between runs."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.artifacts.cache import Cache
from provisioner.artifacts.fetching import fetch
from provisioner.artifacts.model import Maven
from provisioner.errors import MachineError, NuageError, RefusedError
from tests.unit.artifacts.conftest import CONTENT, Log, Shop, pin_of


def failure(pins: list, cache: Cache, log: Log, mirror: str = "") -> NuageError:
    with pytest.raises(NuageError) as caught:
        fetch(pins, cache, mirror, log)
    return caught.value


def left(cache: Cache) -> list[str]:
    """What lies in the cache besides locks and the index."""
    return sorted(
        str(path.relative_to(cache.folder))
        for path in cache.folder.rglob("*")
        if path.is_file() and path.suffix != ".lock" and path.name not in {"index.json", ".nuage.lock"}
    )


def test_the_mirror_is_asked_before_upstream(shop: Shop, cache: Cache, log: Log) -> None:
    pin = pin_of(upstream=f"{shop.url}/up/app.tgz")
    shop.files = {"/mirror/app-1.2.tar.gz": CONTENT, "/up/app.tgz": b"other"}
    assert fetch([pin], cache, f"{shop.url}/mirror/", log) == [pin]
    assert [path for path, _ in shop.asked] == ["/mirror/app-1.2.tar.gz"]
    assert cache.holds(pin)
    assert cache.path(str(pin.sha256)).read_bytes() == CONTENT
    assert log.bytes[-1] == (len(CONTENT), len(CONTENT))
    assert fetch([pin], cache, shop.url, log) == []


def test_where_the_mirror_has_nothing_upstream_is_asked_through_redirects(
    shop: Shop, cache: Cache, log: Log
) -> None:
    pin = pin_of(upstream=f"{shop.url}/up/app.tgz", size=None)
    shop.files, shop.redirects = {"/elsewhere": CONTENT}, {"/up/app.tgz": "/elsewhere"}
    [fetched] = fetch([pin], cache, shop.url, log)
    assert fetched.size == len(CONTENT)
    assert [entry[0] for entry in log.told] == ["begin", "failed", "begin", "done"]
    assert "404" in log.told[1][2]


@pytest.mark.parametrize("lengths", [True, False])
def test_a_line_that_breaks_is_taken_up_again(shop: Shop, cache: Cache, log: Log, lengths: bool) -> None:
    pin = pin_of(upstream=f"{shop.url}/a")
    shop.files, shop.stops, shop.lengths = {"/a": CONTENT}, [100_000, 300_000, 7], lengths
    fetch([pin], cache, "", log)
    assert [asked for _, asked in shop.asked] == ["", "bytes=100000-", "bytes=400000-", "bytes=400007-"]
    assert cache.path(str(pin.sha256)).read_bytes() == CONTENT


def test_a_later_run_resumes_an_interrupted_one(shop: Shop, cache: Cache, log: Log) -> None:
    pin = pin_of(upstream=f"{shop.url}/a")
    shop.files, shop.stops = {"/a": CONTENT}, [100_000, 0]
    error = failure([pin], cache, log)
    assert (type(error), error.problems[0].key) == (MachineError, "artifacts.unavailable")
    assert left(cache) == [f"partial/{pin.sha256}"]
    assert not cache.holds(pin)
    shop.asked.clear()
    fetch([pin], cache, "", log)
    assert [asked for _, asked in shop.asked] == ["bytes=100000-"]


def test_a_server_without_ranges_gives_it_anew(shop: Shop, cache: Cache, log: Log) -> None:
    pin = pin_of(upstream=f"{shop.url}/a")
    shop.files, shop.ranges = {"/a": CONTENT}, False
    cache.partial(str(pin.sha256)).parent.mkdir(parents=True)
    cache.partial(str(pin.sha256)).write_bytes(b"half of it")
    fetch([pin], cache, "", log)
    assert cache.path(str(pin.sha256)).read_bytes() == CONTENT


@pytest.mark.parametrize("held", [b"x" * 1000, b"x" * len(CONTENT), b"x" * (len(CONTENT) + 1)])
def test_a_beginning_that_belongs_to_another_file_is_thrown_away(
    shop: Shop, cache: Cache, log: Log, held: bytes
) -> None:
    pin = pin_of(upstream=f"{shop.url}/a")
    shop.files = {"/a": CONTENT}
    cache.partial(str(pin.sha256)).parent.mkdir(parents=True)
    cache.partial(str(pin.sha256)).write_bytes(held)
    fetch([pin], cache, "", log)
    assert cache.path(str(pin.sha256)).read_bytes() == CONTENT


def test_another_file_is_refused_with_what_was_expected_and_what_came(
    shop: Shop, cache: Cache, log: Log, language: str
) -> None:
    pin = pin_of(upstream=f"{shop.url}/a")
    forged = CONTENT[:-1] + b"!"
    shop.files = {"/a": forged}
    error = failure([pin], cache, log)
    assert (type(error), error.exit_code) == (RefusedError, 4)
    context = error.problems[0].context
    assert (context["expected"], context["got"]) == (pin.sha256, pin_of(forged).sha256)
    assert context["source"] == f"{shop.url}/a"
    assert left(cache) == []


def test_a_refused_source_doesnt_stop_the_next(shop: Shop, cache: Cache, log: Log) -> None:
    pin = pin_of(upstream=f"{shop.url}/a")
    shop.files = {"/app-1.2.tar.gz": b"y" * len(CONTENT), "/a": CONTENT}
    fetch([pin], cache, shop.url, log)
    assert cache.path(str(pin.sha256)).read_bytes() == CONTENT


@pytest.mark.parametrize("content", [CONTENT[:-1], CONTENT + b"!", b"<html>please sign in</html>"])
def test_a_file_of_another_size_isnt_even_downloaded(
    shop: Shop, cache: Cache, log: Log, content: bytes
) -> None:
    pin = pin_of(upstream=f"{shop.url}/a")
    shop.files = {"/a": content}
    error = failure([pin], cache, log)
    assert f"{len(content)} bytes instead of {len(CONTENT)}" in str(error.problems[0].context["reasons"])
    assert log.bytes == []


def test_offline_every_source_is_named(cache: Cache, log: Log) -> None:
    pin = pin_of(upstream="http://127.0.0.1:1/a", maven=Maven(group="org.example", artifact="app"))
    error = failure([pin], cache, log, "http://127.0.0.1:2")
    reasons = str(error.problems[0].context["reasons"])
    for part in (
        "127.0.0.1:1/a: ",
        "127.0.0.1:2/app-1.2.tar.gz: ",
        "Connection refused",
        "Maven org.example:app",
    ):
        assert part in reasons
    assert error.exit_code == 5


def test_without_a_digest_nothing_is_asked(shop: Shop, cache: Cache, log: Log) -> None:
    pin = pin_of(sha256=None, size=None, upstream=f"{shop.url}/a")
    error = failure([pin], cache, log)
    assert (error.exit_code, error.problems[0].key) == (4, "artifacts.no-digest")
    assert shop.asked == []


def test_a_consortiums_build_comes_from_its_mirror_only(shop: Shop, cache: Cache, log: Log) -> None:
    pin = pin_of(upstream=f"{shop.url}/a", provenance="consortium")
    assert failure([pin], cache, log).problems[0].key == "artifacts.no-source"
    shop.files = {"/app-1.2.tar.gz": CONTENT}
    fetch([pin], cache, shop.url, log)
    assert [path for path, _ in shop.asked] == ["/app-1.2.tar.gz"]


def test_one_that_fails_doesnt_keep_the_others(shop: Shop, cache: Cache, log: Log) -> None:
    first, second = pin_of(upstream=f"{shop.url}/none"), pin_of(b"second", name="b", upstream=f"{shop.url}/b")
    shop.files = {"/b": b"second"}
    assert failure([first, second], cache, log).problems[0].subject == "app 1.2"
    assert cache.holds(second)


def test_two_runs_at_once_download_once(shop: Shop, cache: Cache) -> None:
    pin = pin_of(upstream=f"{shop.url}/a")
    shop.files = {"/a": CONTENT}
    logs = [Log() for _ in range(3)]
    runs = [threading.Thread(target=fetch, args=([pin], cache, "", each)) for each in logs]
    for each in runs:
        each.start()
    for each in runs:
        each.join()
    assert len(shop.asked) == 1
    assert sum(("done", "app") in each.told for each in logs) == 1


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB."""
    if os.geteuid() != 0:
        pytest.skip("SKIPPED, NOT TESTED: mounting needs root")
    folder = tmp_path / "tiny"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", folder], check=False)
    if done.returncode:
        pytest.skip("SKIPPED, NOT TESTED: this machine can't mount a tmpfs")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_says_so_and_is_left_as_it_was(shop: Shop, tiny: Path, log: Log) -> None:
    pin, cache = pin_of(upstream=f"{shop.url}/a"), Cache(tiny / "cache")
    shop.files = {"/a": CONTENT}
    error = failure([pin], cache, log)
    assert (error.exit_code, error.problems[0].key) == (5, "artifacts.disk-full")
    assert left(cache) == []


MVN = """#!/bin/sh
case "$*" in
  *help:evaluate*) printf '\\033[0m%s\\033[0m' "$REPOSITORY" ;;
  *-Dartifact=org.example:app:1.2:tar.gz*-Dtransitive=false*)
    [ -n "$BROKEN" ] && { echo "[ERROR] Could not find artifact org.example:app"; exit 1; }
    mkdir -p "$REPOSITORY/org/example/app/1.2" && cp "$DELIVERY" "$REPOSITORY/org/example/app/1.2/app-1.2.tar.gz" ;;
  *) exit 3 ;;
esac
"""


@pytest.fixture
def delivery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a stand-in for Maven's program delivers."""
    program = tmp_path / "bin" / "mvn"
    program.parent.mkdir()
    program.write_text(MVN)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setenv("REPOSITORY", str(tmp_path / "m2"))
    monkeypatch.setenv("DELIVERY", str(tmp_path / "delivery"))
    return tmp_path / "delivery"


def test_mavens_own_client_is_the_last_to_be_asked(delivery: Path, cache: Cache, log: Log) -> None:
    delivery.write_bytes(CONTENT)
    pin = pin_of(maven=Maven(group="org.example", artifact="app"))
    fetch([pin], cache, "http://127.0.0.1:1", log)
    assert cache.path(str(pin.sha256)).read_bytes() == CONTENT
    assert log.told[-2:] == [("begin", "app", "Maven org.example:app:1.2:tar.gz"), ("done", "app")]


def test_what_maven_delivers_is_verified_too(delivery: Path, cache: Cache, log: Log) -> None:
    delivery.write_bytes(b"other")
    error = failure([pin_of(maven=Maven(group="org.example", artifact="app"))], cache, log)
    assert error.problems[0].key == "artifacts.mismatch"


def test_mavens_own_words_are_told(
    delivery: Path, cache: Cache, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROKEN", "1")
    error = failure([pin_of(maven=Maven(group="org.example", artifact="app"))], cache, log)
    assert "Could not find artifact org.example:app" in str(error.problems[0].context["reasons"])
