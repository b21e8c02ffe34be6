"""A deployment and the guard of full databases at work on the same one."""

import pytest
from ansible_collections.nuage_commun.platform.plugins.module_utils import postgresql_tenant as tenant

WANTED = tenant.Wanted("golden_1", 1024)


@pytest.fixture
def levels(monkeypatch):
    """What the municipality's role was given, in order; a database that is there."""
    given = []
    for name, answer in (("found", ["whole"]), ("write_limit", []), ("make_home", []), ("shared", [])):
        monkeypatch.setattr(tenant, name, lambda *_arguments, _answer=answer: list(_answer))
    monkeypatch.setattr(tenant.postgresql, "harden", lambda *_arguments, **_options: [])
    monkeypatch.setattr(tenant, "access", lambda _name, _base, level, _check: given.append(level) or [])
    return given


@pytest.mark.parametrize(
    ("notes", "wanted"), [(["", ""], ["all"]), (["", "full", "full", "full"], ["all", "delete"])]
)
def test_what_the_guard_took_meanwhile_stays_taken(levels, monkeypatch, notes, wanted):
    seen = iter(notes)
    monkeypatch.setattr(tenant, "guarded", lambda _name: next(seen))
    tenant.ensure("t46005", WANTED)
    assert levels == wanted


def test_nobody_but_root_lists_who_has_a_database(monkeypatch, tmp_path):
    folder = tmp_path / "postgresql" / "tenants"
    folder.mkdir(parents=True, mode=0o755)
    monkeypatch.setattr(tenant, "LIMITS", folder)
    monkeypatch.setattr(tenant, "write_atomic", lambda path, content, _mode: path.write_bytes(content))
    assert tenant.write_limit("t46005", 1024, read_only=False, check_mode=False)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert not tenant.write_limit("t46005", 1024, read_only=False, check_mode=False)
