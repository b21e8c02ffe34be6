"""A consortium's folder on disk: read as a whole, written one municipality at a time."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from provisioner import folder
from provisioner.errors import InvalidInputError, MachineError
from provisioner.spec import parsing
from tests.unit.spec import samples

EXAMPLE = Path(__file__).parents[2] / "inventories" / "example"


@pytest.fixture
def example(tmp_path) -> Path:
    """A copy of the example consortium."""
    return Path(shutil.copytree(EXAMPLE, tmp_path / "example"))


def problems(path: Path) -> list[tuple[str, str, int, str]]:
    """What `load` refuses, as (key without area, file, line, field)."""
    with pytest.raises(InvalidInputError) as caught:
        folder.load(path)
    assert caught.value.exit_code == 3
    return [
        (p.key.removeprefix("spec."), str(Path(p.file).relative_to(path)), p.line, p.subject)
        for p in caught.value.problems
    ]


def edit(path: Path, old: str, new: str) -> int:
    """Replace ``old``, and tell its line."""
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))
    return text[: text.index(old)].count("\n") + 1


def test_the_example_is_valid_and_sorted():
    loaded = folder.load(EXAMPLE)
    assert list(loaded.tenants) == ["abercorn", "l-ange-gardien-82005", "les-iles-de-la-madeleine"]
    assert [tenant.code for tenant in loaded.tenants.values()] == ["46005", "82005", "01023"]
    assert {tenant.state for tenant in loaded.tenants.values()} == {"requested"}
    assert len({server.fault_domain for server in loaded.consortium.servers}) == 3


def test_the_example_uses_reserved_names_and_addresses_only():
    text = "".join(path.read_text() for path in [EXAMPLE / "consortium.yml", *EXAMPLE.glob("tenants/*.yml")])
    loaded = folder.load(EXAMPLE)
    hosts = [*loaded.consortium.time_servers, loaded.consortium.mail_relay.host]
    hosts += [server.identity_domain for server in loaded.consortium.servers if server.identity_domain]
    hosts += [tenant.domains.website for tenant in loaded.tenants.values()]
    hosts += [tenant.domains.nextcloud for tenant in loaded.tenants.values() if tenant.domains.nextcloud]
    assert all(host.endswith(".example") for host in hosts)
    prefixes = ("192.0.2.", "198.51.100.", "203.0.113.")
    addresses = [server.address for server in loaded.consortium.servers] + [*loaded.consortium.resolvers]
    assert all(address.startswith(prefixes) for address in addresses)
    assert "PRIVATE" not in text


@pytest.mark.data
def test_the_example_says_what_the_official_directory_says(shared_data):
    from provisioner.directory import official

    known = official.read((shared_data / "MUN.csv").read_bytes(), "MUN.csv").by_code
    for slug, tenant in folder.load(EXAMPLE).tenants.items():
        fact = known[tenant.code]
        assert (slug, tenant.name, tenant.designation) == (fact.slug, fact.name, fact.designation)
        assert (tenant.population, tenant.region) == (fact.population, fact.region)
        assert (tenant.mrc or "") == fact.mrc


def test_all_files_are_told_at_once(example):
    ring = edit(example / "tenants/abercorn.yml", "ring: pilote", "ring: nulle-part")
    broken = edit(example / "tenants/l-ange-gardien-82005.yml", "population: 7122", "population: beaucoup")
    shutil.copy(example / "tenants/abercorn.yml", example / "tenants/copie.yml")
    site = edit(example / "consortium.yml", "site: quebec", "site: laval")
    code = 2
    domain = 1 + (example / "tenants/abercorn.yml").read_text().split("\n").index(
        "  website: www.abercorn.example"
    )
    assert problems(example) == [
        ("unknown-site", "consortium.yml", site, "servers[1].site"),
        ("unknown-ring", "tenants/abercorn.yml", ring, "ring"),
        ("duplicate-code", "tenants/copie.yml", code, "code"),
        ("duplicate-domain", "tenants/copie.yml", domain, "domains.website"),
        ("duplicate-domain", "tenants/copie.yml", domain + 2, "domains.website_aliases[0]"),
        ("duplicate-domain", "tenants/copie.yml", domain + 3, "domains.nextcloud"),
        ("unknown-ring", "tenants/copie.yml", ring, "ring"),
        ("not-an-integer", "tenants/l-ange-gardien-82005.yml", broken, "population"),
    ]


def test_no_consortium_here(tmp_path):
    assert problems(tmp_path) == [("no-consortium", "consortium.yml", 0, "")]


def test_a_broken_consortium_does_not_hide_the_tenants(example):
    (example / "consortium.yml").write_text("name: [")
    edit(example / "tenants/abercorn.yml", "state: requested", "state: demandée")
    assert [(name, file) for name, file, *_ in problems(example)] == [
        ("yaml-broken", "consortium.yml"),
        ("not-a-choice", "tenants/abercorn.yml"),
    ]


def test_no_tenants_yet(example):
    shutil.rmtree(example / "tenants")
    assert folder.load(example).tenants == {}


@pytest.mark.parametrize(
    "name", ["Abercorn.yml", "l'ange-gardien.yml", "abercorn.yaml", "île.yml", "a--b.YML"]
)
def test_a_file_that_would_be_overlooked_is_refused(example, name):
    (example / "tenants" / name).write_text("")
    assert problems(example) == [("bad-file-name", f"tenants/{name}", 0, "")]


@pytest.mark.parametrize("name", [".abercorn.yml.x1y2", "LISEZMOI.md", "abercorn.yml~", ".cache.yml"])
def test_other_files_are_left_alone(example, name):
    (example / "tenants" / name).write_text("\x00")
    assert len(folder.load(example).tenants) == 3


def test_a_file_that_cannot_be_read_is_an_error_of_the_machine(example):
    (example / "tenants/dossier.yml").mkdir()
    with pytest.raises(MachineError) as caught:
        folder.load(example)
    assert caught.value.problems[0].file == str(example / "tenants/dossier.yml")


def test_the_order_of_the_directory_does_not_matter(example, monkeypatch):
    once = folder.load(example)
    scan = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: reversed(list(scan(path))))
    assert list(folder.load(example).tenants) == list(once.tenants)


def test_writing_a_municipality(example):
    tenant = parsing.tenant(samples.text({**samples.TENANT, "placement": {}}), "t.yml")
    path = folder.write_tenant(example, "iles-2", tenant)
    text = path.read_text()
    assert path == folder.tenant_file(example, "iles-2")
    assert text.startswith(
        '# yaml-language-server: $schema=../schema/tenant.json\ncode: "01023"\nname: Les Îles'
    )
    assert "placement" not in text
    assert folder.read_tenant(example, "iles-2") == tenant
    assert (path.parent / "../schema/tenant.json").resolve().is_file()


@pytest.mark.parametrize("slug", ["../consortium", "Abercorn", "", "a/b", "l'ange"])
def test_a_name_that_is_no_slug_is_never_a_path(example, slug):
    before = sorted(example.rglob("*"))
    with pytest.raises(InvalidInputError) as caught:
        folder.write_tenant(example, slug, folder.read_tenant(example, "abercorn"))
    assert caught.value.problems[0].key == "spec.not-a-slug"
    with pytest.raises(InvalidInputError) as caught:
        folder.read_tenant(example, slug)
    assert caught.value.problems[0].key == "spec.no-tenant"
    assert sorted(example.rglob("*")) == before


def test_an_unknown_municipality(example):
    with pytest.raises(InvalidInputError) as caught:
        folder.read_tenant(example, "laval")
    assert caught.value.problems[0].key == "spec.no-tenant"
