"""The transparency site: what it says of a municipality over several audits, and what it leaves on the disk."""

from __future__ import annotations

import hashlib
import re
import tarfile
from pathlib import Path
from urllib.parse import urljoin

import pytest

from provisioner.audit.exporting import report
from provisioner.audit.exporting.dossier import Dossier
from provisioner.audit.publishing import site
from provisioner.audit.publishing.history import History, summary
from provisioner.audit.publishing.writing import SUMS, publish
from provisioner.errors import InvalidInputError, RefusedError
from tests.unit.audit import bundles
from tests.unit.audit.exporting import samples


@pytest.fixture
def audits(tmp_path: Path) -> list[Path]:
    """Two bundles, the later one first."""
    return [
        bundles.write(tmp_path / name, dossier.documents)
        for name, dossier in (("second", samples.now()), ("first", samples.before()))
    ]


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_every_link_leads_somewhere_and_none_leads_out(audits: list[Path], tmp_path: Path) -> None:
    publish(audits, tmp_path / "site", with_bundles=True)
    found = contents(tmp_path / "site")
    for path in (one for one in found if one.endswith(".html")):
        page = found[path].decode()
        identifiers = set(re.findall(r' id="([^"]+)"', page))
        assert not re.search(r"https?://|<script| style=| on[a-z]+=", page), path
        for link in re.findall(r'(?:href|src)="([^"]+)"', page):
            target, _, anchor = link.partition("#")
            assert not target or urljoin(path, target) in found, (path, link)
            assert target or anchor in identifiers, (path, link)


def test_both_languages_have_the_same_pages_and_french_is_at_the_root(
    audits: list[Path], tmp_path: Path
) -> None:
    publish(audits, tmp_path / "site", with_bundles=True)
    found = contents(tmp_path / "site")
    french = {path for path in found if path.endswith(".html") and not path.startswith("en/")}
    assert {f"en/{path}" for path in french} == {
        path for path in found if path.startswith("en/") and path.endswith(".html")
    }
    assert '<html lang="fr-CA">' in found["index.html"].decode()
    assert '<html lang="en-CA">' in found["en/index.html"].decode()
    for path in french:
        assert not re.search(r"\{\w|None|audit-(site|report)\.", found[path].decode()), path


def test_the_bundle_published_is_the_one_given_and_its_digest_is_shown(
    audits: list[Path], tmp_path: Path
) -> None:
    publish(audits, tmp_path / "site", with_bundles=True)
    file = tmp_path / "site" / "preuves" / f"2026-11-24-{bundles.AUDIT[:8]}.tar"
    with tarfile.open(file) as archive:
        stored = archive.extractfile("findings.json")
        assert stored is not None
        assert stored.read() == (audits[0] / "findings.json").read_bytes()
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert f"{digest}  {file.name}" in (tmp_path / "site" / "audits.html").read_text(encoding="utf-8")
    for line in (tmp_path / "site" / SUMS).read_text(encoding="utf-8").splitlines():
        listed, _, path = line.partition("  ")
        assert hashlib.sha256((tmp_path / "site" / path).read_bytes()).hexdigest() == listed


def test_the_same_audits_give_the_same_site_in_whatever_order(audits: list[Path], tmp_path: Path) -> None:
    publish(audits, tmp_path / "one", with_bundles=True)
    publish(audits[::-1], tmp_path / "two", with_bundles=True)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_without_bundles_there_is_none_to_download(audits: list[Path], tmp_path: Path) -> None:
    publish(audits, tmp_path / "site", with_bundles=False)
    found = contents(tmp_path / "site")
    assert not [path for path in found if path.endswith(".tar")]
    assert "Sur demande au consortium" in found["audits.html"].decode()


def test_again_writes_what_changed_and_takes_away_what_is_gone(audits: list[Path], tmp_path: Path) -> None:
    target = tmp_path / "site"
    publish(audits, target, with_bundles=True)
    (target / "robots.txt").write_text("theirs")
    untouched = target / "verifier.html"
    times = {path: path.stat().st_mtime_ns for path in (untouched, target / "style.css")}
    documents = dict(samples.now().documents)
    documents["audit.json"]["subjects"]["municipalities"].remove("46005")
    del (
        documents["specs/municipalities/46005.json"],
        documents["observations/servers/srv1/tenants/46005.json"],
    )
    publish([bundles.write(tmp_path / "third", documents)], target, with_bundles=False)
    assert not (target / "municipalites" / "abercorn-46005.html").exists()
    assert not list(target.glob("preuves/*.tar"))
    assert (target / "municipalites" / "l-ange-gardien-82005.html").exists()
    assert (target / "robots.txt").read_text() == "theirs"
    assert (target / "style.css").stat().st_mtime_ns == times[target / "style.css"]


def test_a_folder_of_something_else_is_left_alone(audits: list[Path], tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "index.html").write_text("theirs")
    with pytest.raises(RefusedError):
        publish(audits, tmp_path / "other", with_bundles=True)
    assert contents(tmp_path / "other") == {"index.html": b"theirs"}


def test_a_list_of_sums_cant_make_it_delete_elsewhere(audits: list[Path], tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "kept").write_text("theirs")
    zeros = "0" * 64
    (tmp_path / "site" / SUMS).write_text(f"{zeros}  ../kept\n{zeros}  {tmp_path / 'kept'}\n")
    publish(audits, tmp_path / "site", with_bundles=False)
    assert (tmp_path / "kept").exists()


def test_audits_that_dont_belong_together_are_refused(audits: list[Path], tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError):
        publish([audits[0], audits[0]], tmp_path / "site", with_bundles=True)
    documents = samples.before().documents
    documents["audit.json"]["consortium"] = "Un autre"
    with pytest.raises(InvalidInputError):
        publish(
            [audits[0], bundles.write(tmp_path / "other", documents)], tmp_path / "site", with_bundles=True
        )
    assert not (tmp_path / "site").exists()


def test_since_when_breaks_where_the_place_changed_or_an_audit_missed_it() -> None:
    def audit(number: int, homes: dict[str, tuple[str, ...]]) -> Dossier:
        documents = bundles.documents([], f"{number:032x}", f"2026-0{number}-01T14:12:09Z")
        for path in [one for one in documents if "/tenants/" in one]:
            del documents[path]
        for server, codes in homes.items():
            for code in codes:
                documents[f"observations/servers/{server}/tenants/{code}.json"] = {"services": {}}
        return Dossier(documents)

    every = tuple(bundles.MUNICIPALITIES)
    homes = [
        {"srv1": every},
        {"srv2": ("01023",), "srv1": ("46005", "82005")},
        {"srv2": ("01023",), "srv1": ("46005", "82005")},
    ]
    dossiers = [audit(number, one) for number, one in enumerate(homes, start=1)]
    del dossiers[1].audit["subjects"]["municipalities"][2]
    known = History([summary(one) for one in dossiers], dossiers[-1], None)
    since = {code: known.since(code)[:7] for code in every}
    assert since == {"46005": "2026-01", "01023": "2026-02", "82005": "2026-03"}


def test_a_page_stays_small(audits: list[Path], tmp_path: Path) -> None:
    known, _ = site.history(audits, with_bundles=False)
    sizes = {path: len(content) for path, content in site.pages(known)}
    assert max(size for path, size in sizes.items() if path.endswith(".html")) < 14_000
    assert sizes["style.css"] < 12_000


def test_a_bundle_cant_write_beside_the_site_nor_style_a_page(tmp_path: Path) -> None:
    documents = dict(samples.now().documents)
    evil = "../../../evil"
    documents["audit.json"]["id"] = evil
    documents["audit.json"]["subjects"]["municipalities"].append(evil)
    documents[f"specs/municipalities/{evil}.json"] = {"name": "../evil"}
    server = "x} body { display: none"
    documents["audit.json"]["subjects"]["servers"].append(server)
    documents["specs/consortium.json"]["servers"].append(
        {
            "id": server,
            "site": "quebec",
            "ssh_host_key": documents["specs/consortium.json"]["servers"][0]["ssh_host_key"],
        }
    )
    dossier = Dossier(documents)
    known = History([summary(dossier)], dossier, None)
    paths = [path for path, _ in site.pages(known)]
    assert not [path for path in paths if ".." in path or path.startswith("/")]
    assert len(paths) == len(set(paths))
    assert site.archive_name(dossier) == "preuves/2026-11-24-________.tar"
    page = report.html(dossier, "fr")
    assert "body { display" not in page[page.index("<style>") : page.index("</style>")]
