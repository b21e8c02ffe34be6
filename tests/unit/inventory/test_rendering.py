from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from provisioner.artifacts import lockfile
from provisioner.inventory.layers import Layers, layers
from provisioner.inventory.rendering import render
from provisioner.planning.diff import plan
from provisioner.planning.lock import Lock
from provisioner.spec.consortium import Consortium
from provisioner.spec.tenant import Tenant
from tests.golden.cases import HERE
from tests.unit.planning.making import consortium, server, tenant, tenants

PINS = lockfile.load(HERE / "first")
LAYERS = Layers("s", "t")


def built(
    here: Consortium, *given: Tenant, code: Layers = LAYERS, secrets: dict[str, str] | None = None
) -> dict[str, dict[str, Any]]:
    specs = tenants(*given)
    made = plan(here, specs, Lock(), given=secrets)
    assert not made.refusals
    files = render(here, specs, made.lock.placements, code, PINS)
    return dict(json.loads(files["hosts.json"])["all"]["hosts"])


def test_a_new_tenant_leaves_servers_and_neighbours_as_they_are() -> None:
    none, one = built(consortium()), built(consortium(), tenant("46005"))
    two = built(consortium(), tenant("46005"), tenant("46010"))
    for host in ("srv1", "srv2"):
        assert none[host]["nuage_digest"] == one[host]["nuage_digest"], "not even by the first one"
    for host in ("srv1", "srv2", "46005-apps"):
        assert one[host]["nuage_digest"] == two[host]["nuage_digest"]


def test_accounts_on_a_sign_in_server_prepare_no_database_where_the_website_is() -> None:
    here = consortium(server(1), server(2, roles=["identity"], identity_domain="id.example"))
    hosts = built(here, tenant("46005", services={"wordpress": {}, "identity": {}}))
    assert hosts["46005-apps"]["nuage_server"] == "srv1"
    assert hosts["srv1"]["nuage_services"] == []
    assert hosts["srv2"]["nuage_services"] == ["identity"]


def test_servers_know_the_digests_that_they_should_hold() -> None:
    hosts = built(consortium(), tenant("46005"), tenant("46010"))
    for name in ("srv1", "srv2"):
        lodgers = [host for host, each in hosts.items() if each.get("nuage_server") == name]
        assert hosts[name]["nuage_desired"] == {
            host: hosts[host]["nuage_digest"] for host in (name, *lodgers)
        }


def test_what_makes_a_host_stale() -> None:
    before = built(consortium(), tenant("46005"))
    renamed = built(consortium(), tenant("46005", name="Autre"))
    resolver = built(consortium(resolvers=["192.0.2.54"]), tenant("46005"))
    server_code = built(consortium(), tenant("46005"), code=Layers("S", "t"))
    tenant_code = built(consortium(), tenant("46005"), code=Layers("s", "T"))

    def stale(after: dict[str, dict[str, Any]]) -> set[str]:
        return {host for host in before if before[host]["nuage_digest"] != after[host]["nuage_digest"]}

    assert stale(renamed) == {"46005-apps"}
    assert stale(resolver) == {"srv1", "srv2"}
    assert stale(server_code) == {"srv1", "srv2"}
    assert stale(tenant_code) == {"46005-apps"}


def test_a_secret_from_elsewhere_makes_the_accounts_stale_alone() -> None:
    here = consortium(server(1, roles=["apps", "identity"], identity_domain="id.example"))
    town = tenant("46005", services={"wordpress": {}, "identity": {}})
    one, two = (built(here, town, secrets={"46005": letter * 64}) for letter in "ab")
    stale = {host for host in one if one[host]["nuage_digest"] != two[host]["nuage_digest"]}
    assert stale == {"46005-identity"}
    assert "a" * 64 not in str(one)


def test_pinned_keys_name_the_port_where_it_is_not_22() -> None:
    here = consortium(server(1), server(2, ssh_port=2222))
    text = render(here, {}, {}, LAYERS, PINS)["known_hosts"]
    assert sorted(line.split()[0] for line in text.splitlines()) == ["192.0.2.1", "[192.0.2.2]:2222"]


def test_code_digests_see_contents_and_names_only(tmp_path: Path) -> None:
    for name in ("roles/server_a/tasks/main.yml", "roles/tenant_a/tasks/main.yml", "plugins/modules/m.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True)
        path.write_text("x")
    first = layers(tmp_path)
    cache = tmp_path / "plugins/modules/__pycache__/m.cpython-311.pyc"
    cache.parent.mkdir()
    cache.write_text("x")
    (tmp_path / "roles/tenant_a/tasks/main.yml").touch()
    assert layers(tmp_path) == first
    (tmp_path / "roles/tenant_a/tasks/main.yml").write_text("y")
    second = layers(tmp_path)
    assert (second.server == first.server, second.tenant == first.tenant) == (True, False)
    (tmp_path / "plugins/modules/m.py").write_text("y")
    third = layers(tmp_path)
    assert (third.server == second.server, third.tenant == second.tenant) == (False, False)
    (tmp_path / "roles/server_a/tasks/main.yml").rename(tmp_path / "roles/server_a/tasks/other.yml")
    assert layers(tmp_path).server != third.server


def test_an_app_of_one_municipality_is_no_business_of_its_neighbours() -> None:
    here = consortium(server(1, roles=["apps", "identity"], identity_domain="id.example"))

    def town(code: str, *apps: str) -> Tenant:
        domains = {"website": f"www.m{code}.example", "nextcloud": f"nuage.m{code}.example"}
        return tenant(code, domains=domains, services={"nextcloud": {"apps": apps}, "identity": {}})

    before = built(here, town("46005"), town("46010"))
    after = built(here, town("46005"), town("46010", "calendar"))
    assert before["46005-apps"]["nuage_digest"] == after["46005-apps"]["nuage_digest"]
    assert before["46010-apps"]["nuage_digest"] != after["46010-apps"]["nuage_digest"]
    # The server has one more tree and one more edition, and clones from the same as before.
    assert before["srv1"]["server_nextcloud_edition"] == after["srv1"]["server_nextcloud_edition"]
    editions = {each["name"]: each["apps"] for each in after["srv1"]["server_nextcloud_editions"]}
    assert list(editions.values()) == [["user_oidc"], ["calendar", "user_oidc"]]
    for host in ("46005-apps", "46010-apps"):
        asked = after[host]
        assert editions[asked["tenant_nextcloud_edition"]] == asked["tenant_nextcloud_apps"]
        assert "contacts" in asked["tenant_nextcloud_other_apps"]
    assert "calendar" in after["46005-apps"]["tenant_nextcloud_other_apps"]
