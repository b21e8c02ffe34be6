"""Files as registries and CAIDA publish them: kept, searched, and refused where they aren't whole."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from provisioner import messages
from provisioner.audit.controls import topics
from provisioner.audit.controls.shapes import misfit
from provisioner.audit.observing.looking_up import looked_up
from provisioner.audit.registries import formats, lookups, store
from provisioner.cli.audit_import import command
from provisioner.errors import InvalidInputError, MachineError

ARIN = """\
2.3|arin|1764043200123|5|19830705|20261123|-0500
arin|*|asn|*|1|summary
arin|*|ipv4|*|3|summary
arin|*|ipv6|*|1|summary
arin|CA|asn|5769|1|19960101|assigned|f00d
arin|CA|ipv4|24.200.0.0|131072|20000101|allocated|f00d
arin|US|ipv4|8.8.8.0|768|19921201|assigned|beef
arin||ipv4|24.210.0.0|256||available|
arin|CA|ipv6|2607:f0d0::|32|20060101|allocated|f00d|e-stats
"""
PFX2AS = (
    "24.200.0.0\t14\t5769\n24.200.128.0\t17\t5769_15169\n8.8.8.0\t24\t15169\n24.202.0.0\t15\t64500,64501\n"
)
PFX2AS6 = "2607:f0d0::\t32\t5769\n2607:f0d0:1::\t48\t64502\n"
ORGANISATIONS = """\
# name: AS Org
# program start time: Sun Nov  1 00:00:00 2026
# format:org_id|changed|org_name|country|source
VL-ARIN|20120130|Vidéotron Ltée|CA|ARIN
GOGL-ARIN|20120130|Google LLC|US|ARIN
# format:aut|changed|aut_name|org_id|opaque_id|source
5769|20120224|VIDEOTRON|VL-ARIN|e5e3_ARIN|ARIN
15169|20120224|GOOGLE|GOGL-ARIN|e5e4_ARIN|ARIN
64500|20120224|LOST|NOWHERE|e5e5_ARIN|ARIN
"""
JSON_LINES = "\n".join(
    json.dumps(row)
    for row in (
        {"organizationId": "VL-ARIN", "changed": "20120130", "name": "Vidéotron", "country": "CA"}
        | {"source": "ARIN", "type": "Organization"},
        {"asn": "5769", "changed": "20120224", "name": "VIDEOTRON", "opaqueId": "e5e3", "source": "ARIN"}
        | {"organizationId": "VL-ARIN", "type": "ASN"},
    )
)


def write(folder: Path, name: str, text: str) -> Path:
    """A file, compressed where its name says so."""
    data = text.encode()
    path = folder / name
    path.write_bytes(gzip.compress(data, mtime=0) if name.endswith(".gz") else data)
    return path


@pytest.fixture
def copies(tmp_path: Path) -> Path:
    """A folder of imported copies."""
    folder = tmp_path / "registries"
    for name, text in {
        "delegated-arin-extended-latest": ARIN,
        "routeviews-rv2-20261120-1200.pfx2as.gz": PFX2AS,
        "routeviews-rv6-20261119-1200.pfx2as.gz": PFX2AS6,
        "20261001.as-org2info.txt.gz": ORGANISATIONS,
    }.items():
        store.take(write(tmp_path, name, text), folder)
    return folder


def said(copies: Path, address: str) -> dict[str, object]:
    """What the copies say of an address."""
    found: dict[str, object] = lookups.of([address], copies)["addresses"][address]
    return found


def test_snapshots_carry_what_a_bundle_names(copies, tmp_path):
    found = lookups.of([], copies)["snapshots"]
    assert {one["date"] for one in found} == {"2026-11-23", "2026-11-20", "2026-11-19", "2026-10-01"}
    (arin,) = [one for one in found if one["kind"] == "delegated"]
    content = (tmp_path / "delegated-arin-extended-latest").read_bytes()
    assert arin["sha256"] == hashlib.sha256(content).hexdigest()
    assert arin["rows"] == 3


def test_the_longest_prefix_wins(copies):
    assert said(copies, "24.201.0.1") == {
        "scope": None,
        "prefix": "24.200.0.0/14",
        "asns": [5769],
        "org": "Vidéotron Ltée",
        "country_registered": "CA",
        "countries": ["CA"],
        "complete": True,
        "rir_country": "CA",
    }
    several = said(copies, "24.200.200.1")
    assert several["prefix"] == "24.200.128.0/17"
    assert several["asns"] == [5769, 15169]
    assert several["countries"] == ["CA", "US"]
    assert several["country_registered"] is None
    assert said(copies, "24.203.255.255")["asns"] == [64500, 64501]
    assert said(copies, "24.203.255.255")["complete"] is False


def test_what_nobody_announces_or_holds(copies):
    assert said(copies, "24.204.0.0") | {"scope": None} == {
        "scope": None,
        "prefix": None,
        "asns": [],
        "org": None,
        "country_registered": None,
        "countries": [],
        "complete": False,
        "rir_country": None,
    }
    held = said(copies, "8.8.10.255")
    assert (held["prefix"], held["asns"], held["rir_country"]) == ("8.8.8.0-8.8.10.255", [], "US")
    assert said(copies, "8.8.11.0")["rir_country"] is None


def test_ipv6_and_ipv4_in_ipv6(copies):
    assert said(copies, "2607:f0d0:1::5")["asns"] == [64502]
    assert said(copies, "2607:f0d0:2::5")["asns"] == [5769]
    assert said(copies, "::ffff:8.8.8.8")["asns"] == [15169]


@pytest.mark.parametrize(
    ("address", "scope"),
    [
        ("10.0.0.1", "private"),
        ("100.64.1.1", "private"),
        ("fd00::1", "private"),
        ("127.0.0.1", "loopback"),
        ("::1", "loopback"),
        ("192.0.2.1", "documentation"),
        ("2001:db8::1", "documentation"),
        ("fe80::1", "link-local"),
        ("224.0.0.1", "multicast"),
    ],
)
def test_addresses_that_no_registry_speaks_of(copies, address, scope):
    found = said(copies, address)
    assert found["scope"] == scope
    assert found["asns"] == []


def test_without_copies_nothing_is_said(tmp_path):
    assert lookups.of(["8.8.8.8"], tmp_path / "none") == {"snapshots": [], "addresses": {}}


def test_a_newer_copy_takes_the_place_of_the_older(copies, tmp_path):
    newer = write(tmp_path, "routeviews-rv2-20261201-1200.pfx2as", "8.8.8.0\t24\t64499\n")
    store.take(newer, copies)
    found = lookups.of(["8.8.8.8", "24.200.0.1"], copies)
    assert len(found["snapshots"]) == 4
    assert found["addresses"]["8.8.8.8"]["asns"] == [64499]
    assert found["addresses"]["24.200.0.1"]["asns"] == []


def test_json_lines(tmp_path):
    folder = tmp_path / "copies"
    store.take(write(tmp_path, "20261001.as-org2info.jsonl.gz", JSON_LINES), folder)
    store.take(write(tmp_path, "x-20261001.pfx2as", PFX2AS), folder)
    assert said(folder, "24.200.0.1")["org"] == "Vidéotron"


BAD = [
    ("page.html", "<html>Not found</html>", "unknown-format"),
    ("empty", "", "unknown-format"),
    ("a-20261101.pfx2as", "24.200.0.0\t14\t5769\n24.200.0.1\t14\t5769\n", "bad-line"),
    ("a-20261101.pfx2as", "24.200.0.0\t33\t5769\n", "bad-line"),
    ("a-20261101.pfx2as", "24.200.0.0\t14\tvideotron\n", "bad-line"),
    ("a-20261101.pfx2as", "2607::\t129\t1\n", "bad-line"),
    ("a.pfx2as", PFX2AS, "no-date"),
    ("delegated", ARIN.replace("|ipv4|*|3|", "|ipv4|*|9|"), "cut-off"),
    ("delegated", ARIN.replace("24.200.0.0|131072", "24.200.0.0|-4"), "bad-line"),
    ("delegated", ARIN.replace("24.200.0.0|131072", "255.255.255.0|131072"), "bad-line"),
    ("delegated", ARIN.replace("24.200.0.0", "2607::"), "bad-line"),
    ("delegated", ARIN.replace("arin|US|ipv4|8.8.8.0", "arin|US|"), "bad-line"),
    ("delegated", ARIN.split("\n", maxsplit=1)[0], "no-rows"),
    ("20261001.as-org2info.txt", ORGANISATIONS.replace("5769|", "AS5769|"), "bad-line"),
    ("20261001.as-org2info.jsonl", JSON_LINES + "\n{", "bad-line"),
    ("20261001.as-org2info.jsonl", JSON_LINES.split("\n")[0], "no-rows"),
]


@pytest.mark.parametrize(("name", "text", "key"), BAD)
def test_bad_files(tmp_path, name, text, key, language):
    folder = tmp_path / "copies"
    with pytest.raises(InvalidInputError) as caught:
        store.take(write(tmp_path, name, text), folder)
    problem = caught.value.problems[0]
    assert problem.key == f"audit-import.{key}"
    assert problem.file == str(tmp_path / name)
    for shown in (problem.key, f"{problem.key}.fix"):
        assert messages.text(shown, **problem.context)
    assert not folder.exists()


def test_many_bad_lines_are_told_together_and_not_all(tmp_path):
    with pytest.raises(InvalidInputError) as caught:
        store.take(write(tmp_path, "a-20261101.pfx2as", "1.2.3.4\tx\t1\n" * 50), tmp_path / "copies")
    assert [problem.line for problem in caught.value.problems] == list(range(1, formats.MOST_PROBLEMS + 1))


@pytest.mark.parametrize("cut", [30, -1])
def test_a_compressed_file_that_is_cut_off(tmp_path, cut):
    path = write(tmp_path, "a-20261101.pfx2as.gz", PFX2AS)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(InvalidInputError, match="bad-gzip"):
        store.take(path, tmp_path / "copies")


def test_a_file_that_isnt_there(tmp_path):
    with pytest.raises(MachineError, match="cannot-read"):
        store.take(tmp_path / "none", tmp_path / "copies")


@pytest.mark.parametrize("ending", [".bin", ".json"])
def test_a_damaged_copy_is_found_out(copies, ending):
    path = next(copies.glob(f"pfx2as-ipv4{ending}"))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(InvalidInputError, match="damaged"):
        lookups.of(["8.8.8.8"], copies)


def run(*arguments: object, folder: Path) -> tuple[object, str]:
    """What the command raised, and what it said."""
    done = CliRunner().invoke(command, [str(one) for one in arguments], env={"NUAGE_DATA": str(folder)})
    return done.exception, done.output


def test_the_command(tmp_path, language):
    file = write(tmp_path, "a.pfx2as", PFX2AS)
    error, output = run(file, "--date", "2026-11-05", folder=tmp_path)
    assert error is None
    assert "2026-11-05" in output
    assert str(tmp_path / "registries") in output
    error, output = run(file, "--date", "2026-11-05", "--json", folder=tmp_path)
    assert json.loads(output)[0]["rows"] == 4


def test_the_command_keeps_the_good_ones_and_tells_all_the_bad(tmp_path, language):
    good, bad = write(tmp_path, "delegated", ARIN), write(tmp_path, "x", "nothing")
    error, output = run(bad, good, tmp_path / "none", folder=tmp_path)
    assert isinstance(error, InvalidInputError)
    assert [problem.key for problem in error.problems] == ["audit-import.unknown-format", "files.cannot-read"]
    assert "2026-11-23" in output


def test_a_bundle_holds_exactly_the_addresses_that_were_met(copies, monkeypatch):
    monkeypatch.setenv("NUAGE_DATA", str(copies.parent))
    documents = {
        "observations/servers/srv1/sockets.json": {"connected": [{"remote_address": "24.200.0.1"}]},
        "specs/consortium.json": {"mail_relay": {"host": "relais.example"}},
    }
    found = looked_up(documents, {"relais.example": "10.0.0.5"})
    assert set(found["addresses"]) == {"24.200.0.1", "10.0.0.5"}
    assert found["names"] == {"relais.example": ["10.0.0.5"]}
    assert misfit(found, topics.LOOKUPS) is None
