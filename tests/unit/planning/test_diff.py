from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.planning.diff import plan
from provisioner.planning.lock import Lock, parse, render
from provisioner.planning.model import Consent
from tests.unit.planning.making import consortium, server, tenant, tenants

HERE = consortium()


def kinds(made: Any) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(action.kind, action.code, action.reasons) for action in made.actions]


def refused(made: Any) -> list[tuple[str, str, str]]:
    return [(refusal.reason, refusal.slug, refusal.server) for refusal in made.refusals]


def placed(*given_tenants: Any) -> Lock:
    return plan(HERE, tenants(*given_tenants), Lock()).lock


def test_newcomers_are_created_and_requests_are_left_alone() -> None:
    made = plan(
        HERE, tenants(tenant("46005"), tenant("46010", "requested"), tenant("46015", "refused")), Lock()
    )
    assert kinds(made) == [("create", "46005", ("new",))]
    assert list(made.lock.placements) == ["46005-apps"]
    assert not made.refusals


def test_a_rerun_has_nothing_to_do_and_keeps_the_lock() -> None:
    everyone = (tenant("46005"), tenant("46010", "suspended"))
    lock = placed(*everyone)
    again = plan(HERE, tenants(*everyone), lock)
    assert not again.actions
    assert again.lock == lock
    assert again.digest == lock.following


def test_a_secret_from_elsewhere_that_was_set_again_is_a_change() -> None:
    here = consortium(server(1, roles=["apps", "identity"], identity_domain="id.example"))
    everyone = tenants(tenant("46005", services={"wordpress": {}, "identity": {}}), tenant("46010"))
    lock = plan(here, everyone, Lock(), given={"46005": "a" * 64}).lock
    assert parse(render(lock)) == lock
    assert not plan(here, everyone, lock, given={"46005": "a" * 64}).actions
    again = plan(here, everyone, lock, given={"46005": "b" * 64})
    assert [(each.host, each.reasons) for each in again.actions] == [("46005-identity", ("secret-given",))]
    assert again.digest != lock.following


def test_people_of_a_directory_go_with_consent_alone() -> None:
    here = consortium(server(1, roles=["apps", "identity"], identity_domain="id.example"))
    ldap = {"url": "ldaps://a.example", "bind_dn": "cn=x", "users_dn": "ou=y"}
    with_directory = tenants(tenant("46005", services={"wordpress": {}, "identity": {"federation": ldap}}))
    lock = plan(here, with_directory, Lock()).lock
    assert parse(render(lock)) == lock
    without = tenants(tenant("46005", services={"wordpress": {}, "identity": {}}))
    assert refused(plan(here, without, lock)) == [("people-need-consent", "m46005", "srv1")]
    other = plan(here, without, lock, Consent(people=frozenset({"46010"}), remove=frozenset({"46005"})))
    assert refused(other) == [("people-need-consent", "m46005", "srv1")]
    agreed = plan(here, without, lock, Consent(people=frozenset({"46005"})))
    assert not agreed.refusals
    assert ("46005-identity", ("spec-changed", "directory-gone")) in [
        (each.host, each.reasons) for each in agreed.actions
    ]
    assert [each.reason for each in agreed.cautions] == ["people-go"]
    assert not plan(here, without, agreed.lock).refusals


def test_approved_becoming_active_changes_nothing() -> None:
    assert not plan(HERE, tenants(tenant("46005", "active")), placed(tenant("46005"))).actions


def test_history_changes_nothing_but_the_digest_of_the_specs() -> None:
    event = {"at": "2026-11-01T00:00:00Z", "by": "x", "action": "approve"}
    made = plan(HERE, tenants(tenant("46005", history=[event])), placed(tenant("46005")))
    assert not made.actions


@pytest.mark.parametrize(
    ("before", "after", "kind", "reasons"),
    [
        ("active", "suspended", "suspend", ("state-suspended",)),
        ("suspended", "active", "resume", ("state-active",)),
        ("active", "leaving", "leave", ("state-leaving", "spec-changed")),
        ("leaving", "active", "resume", ("state-active", "spec-changed")),
    ],
)
def test_states_turn(before: str, after: str, kind: str, reasons: tuple[str, ...]) -> None:
    made = plan(HERE, tenants(tenant("46005", after)), placed(tenant("46005", before)))
    assert kinds(made) == [(kind, "46005", reasons)]


def test_a_changed_spec_and_a_renamed_one_are_changes() -> None:
    lock = placed(tenant("46005"), tenant("46010"))
    specs = {"m46005": tenant("46005", name="Autre"), "autre-nom": tenant("46010")}
    assert kinds(plan(HERE, specs, lock)) == [
        ("change", "46005", ("spec-changed",)),
        ("change", "46010", ("renamed",)),
    ]


@pytest.mark.parametrize(
    ("specs", "reason"), [((), "spec-gone"), ((tenant("46005", "refused"),), "state-refused")]
)
def test_removal_demands_consent_that_names_the_municipality(specs: Any, reason: str) -> None:
    lock = placed(tenant("46005"))
    made = plan(HERE, tenants(*specs), lock, Consent(remove=frozenset({"46010"})))
    assert refused(made) == [("remove-needs-consent", "m46005", lock.placements["46005-apps"].server)]
    assert not made.actions
    assert made.lock.placements == lock.placements
    made = plan(HERE, tenants(*specs), lock, Consent(remove=frozenset({"46005"})))
    assert kinds(made) == [("remove", "46005", (reason,))]
    assert [caution.reason for caution in made.cautions] == ["remove-leaves-data"]
    assert not made.lock.placements
    assert not made.refusals


def test_move_demands_consent_that_names_the_municipality() -> None:
    specs = tenants(tenant("46005"), tenant("46010"))
    lock = plan(HERE, specs, Lock()).lock
    home = lock.placements["46005-apps"].server
    target = "srv2" if home == "srv1" else "srv1"
    made = plan(HERE, specs, lock, Consent(moves={"m46005": target}, move=frozenset({"46010"})))
    assert refused(made) == [("move-needs-consent", "m46005", target)]
    assert made.lock.placements == lock.placements
    made = plan(HERE, specs, lock, Consent(moves={"m46005": target}, move=frozenset({"46005"})))
    assert kinds(made) == [("move", "46005", ("move-asked",))]
    assert made.lock.placements["46005-apps"].server == target
    assert made.lock.placements["46010-apps"] == lock.placements["46010-apps"]
    assert [caution.reason for caution in made.cautions] == ["move-leaves-data"]


def test_a_move_that_cannot_be_is_refused() -> None:
    specs = tenants(tenant("46005"))
    here = consortium(server(1), server(2, disk_gib=1), server(3, closed=True))
    lock = plan(here, specs, Lock()).lock
    for target, reason in (
        ("srv2", "bigger-than-any-server"),
        ("srv3", "servers-closed"),
        ("srv9", "move-unknown-server"),
    ):
        made = plan(here, specs, lock, Consent(moves={"m46005": target}, move=frozenset({"46005"})))
        assert [refusal.reason for refusal in made.refusals] == [reason]
        assert made.lock.placements == lock.placements
        assert not made.actions
    assert refused(plan(here, specs, lock, Consent(moves={"personne": "srv1"}))) == [
        ("move-not-placed", "personne", "srv1")
    ]


def test_a_move_to_where_it_is_already_is_nothing() -> None:
    specs = tenants(tenant("46005"))
    lock = plan(HERE, specs, Lock()).lock
    home = lock.placements["46005-apps"].server
    assert not plan(HERE, specs, lock, Consent(moves={"m46005": home})).actions


def test_who_has_no_room_is_refused_and_stays_out_of_the_lock() -> None:
    made = plan(consortium(server(1, memory_gib=1, disk_gib=4)), tenants(tenant("46005")), Lock())
    assert refused(made) == [("bigger-than-any-server", "m46005", "")]
    assert not made.lock.placements


def test_a_lost_server_is_refused_until_a_move_is_asked_for() -> None:
    specs = tenants(tenant("46005"))
    lock = plan(consortium(server(1)), specs, Lock()).lock
    here = consortium(server(2))
    assert refused(plan(here, specs, lock)) == [("locked-server-gone", "m46005", "")]
    made = plan(here, specs, lock, Consent(moves={"m46005": "srv2"}, move=frozenset({"46005"})))
    assert kinds(made) == [("move", "46005", ("move-asked",))]
    assert not made.refusals


def test_growth_past_the_capacity_is_a_caution_and_moves_nobody() -> None:
    here = consortium(server(1, disk_gib=10))
    lock = plan(here, tenants(tenant("46005")), Lock()).lock
    grown = tenant("46005", services={"wordpress": {"disk_mib": 20_000}})
    made = plan(here, tenants(grown), lock)
    assert kinds(made) == [("change", "46005", ("spec-changed",))]
    assert [(caution.reason, caution.server) for caution in made.cautions] == [("overfull", "srv1")]


@pytest.mark.parametrize("name", ["servers", "tenants", "all", "ungrouped", "localhost", "46005-apps"])
def test_names_that_the_inventory_needs_are_refused(name: str) -> None:
    made = plan(consortium(server(1, id=name)), {}, Lock())
    assert refused(made) == [("server-name-reserved", "", name)]


CODES = st.sets(st.integers(1000, 99_999).map(lambda number: f"{number:05}"), max_size=12)
STATES = st.sampled_from(["requested", "refused", "approved", "active", "suspended", "leaving"])


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.integers(1000, 99_999).map("{:05}".format), STATES, max_size=12), CODES, st.randoms()
)
def test_any_specs_give_the_same_plan_in_any_order_and_settle(
    states: dict[str, str], gone: set[str], random: Any
) -> None:
    lock = plan(HERE, tenants(*(tenant(code) for code in sorted(gone))), Lock()).lock
    specs = tenants(*(tenant(code, state) for code, state in states.items()))
    shuffled = list(specs.items())
    random.shuffle(shuffled)
    consent = Consent(remove=frozenset(gone))
    made = plan(HERE, specs, lock, consent)
    assert made == plan(HERE, dict(shuffled), lock, consent)
    assert not made.refusals
    assert parse(render(made.lock)) == made.lock
    after = plan(HERE, specs, made.lock)
    assert not after.actions
    assert after.digest == made.following
    for host, before in lock.placements.items():
        if host in made.lock.placements:
            assert made.lock.placements[host].server == before.server
