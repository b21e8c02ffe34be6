"""Each attack that the audit must find, and the verdict that it gives."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.audit.controls import evidence
from tests.unit.audit.controls.evidence import CODE, UID

Documents = dict[str, Any]
SRV1 = "observations/servers/srv1"
HOME = f"{SRV1}/tenants/{CODE}.json"
REALM = f"observations/servers/srv2/tenants/{CODE}.json"
LOOKUPS = "registries/lookups.json"
CONSORTIUM = "specs/consortium.json"


def found(change: Callable[[Documents], object], control: str, subject: str) -> tuple[str, str]:
    """Verdict and reason after a change to the good audit."""
    documents = evidence.good()
    change(documents)
    return evidence.verdicts(documents)[control, subject]


def socket(address: str, uid: int) -> dict[str, Any]:
    """A connection that goes out."""
    return {
        "local": evidence.SERVER,
        "remote_address": address,
        "remote_port": 443,
        "process": "php",
        "uid": uid,
    }


def test_a_plugin_that_calls_out_is_refused_and_counted():
    def plugin(documents: Documents) -> None:
        documents[HOME]["egress"][1]["packets"] = 7

    assert found(plugin, "NC-FLO-06", CODE) == ("not-satisfied", "calls-refused")


def test_a_plugin_that_got_through_is_seen_in_the_sockets():
    def plugin(documents: Documents) -> None:
        documents[f"{SRV1}/sockets.json"]["connected"].append(socket("8.8.4.4", UID))

    assert found(plugin, "NC-FLO-05", CODE) == ("not-satisfied", "reached-undeclared")
    assert found(plugin, "NC-FLO-03", "srv1") == ("not-satisfied", "connections-undeclared")
    # Nobody looked the address up: where it is isn't known.
    assert found(plugin, "NC-FLO-02", "srv1") == ("inconclusive", "destinations-unknown")


def test_a_rule_that_lets_a_municipality_out_to_what_it_didnt_declare():
    def rule(documents: Documents) -> None:
        documents[f"{SRV1}/egress.json"]["allowed"].append(
            {"uid": UID, "chain": f"t{CODE}", "destination": "0.0.0.0/0", "port": None}
        )

    assert found(rule, "NC-FLO-05", CODE) == ("not-satisfied", "reached-undeclared")
    assert found(rule, "NC-FLO-04", "srv1") == ("not-satisfied", "firewall-hole")


def test_a_theme_with_a_remote_font():
    def theme(documents: Documents) -> None:
        pages = documents[f"observations/browser/{CODE}.json"]["pages"]
        pages[0]["hosts"].append(
            {"host": "fonts.googleapis.com", "address": "8.8.8.8", "kind": "font", "count": 2}
        )

    assert found(theme, "NC-FLO-08", CODE) == ("not-satisfied", "pages-strangers")


def test_a_remote_font_that_the_pages_own_policy_refuses():
    def theme(documents: Documents) -> None:
        pages = documents[f"observations/browser/{CODE}.json"]["pages"]
        pages[0]["hosts"].append({"host": "fonts.googleapis.com", "count": 2, "blocked": 2})

    assert found(theme, "NC-FLO-08", CODE) == ("not-satisfied", "pages-strangers-refused")


def test_a_page_that_doesnt_answer_hides_nothing():
    def closed(documents: Documents) -> None:
        documents[f"observations/browser/{CODE}.json"]["pages"][0]["status"] = 503

    assert found(closed, "NC-FLO-08", CODE) == ("inconclusive", "pages-missing")


def backup(documents: Documents, host: str) -> None:
    """A backup program that writes to ``host``."""
    documents[f"{SRV1}/destinations.json"]["backup_targets"] = [{"host": host, "port": 22, "source": "cron"}]
    documents[f"{SRV1}/storage.json"]["backups"] = [{"target": host, "port": 22, "site": None}]


def test_a_backup_target_that_isnt_declared():
    assert found(lambda documents: backup(documents, "s3.elsewhere.example"), "NC-STO-02", "srv1") == (
        "not-satisfied",
        "backup-undeclared",
    )


def test_the_consortiums_own_keeper_is_declared_and_judged_by_its_site():
    def kept(documents: Documents) -> None:
        spec = documents[CONSORTIUM]
        keeper = {**spec["servers"][0], "id": "garde", "address": "192.0.2.90", "roles": ["backup"]}
        spec["servers"].append(keeper)
        backup(documents, "192.0.2.90")

    assert found(kept, "NC-STO-02", "srv1") == ("satisfied", "backup-declared")

    def abroad(documents: Documents) -> None:
        kept(documents)
        spec = documents[CONSORTIUM]
        spec["sites"].append({**spec["sites"][0], "id": "toronto", "province": "ON"})
        spec["servers"][-1]["site"] = "toronto"

    assert found(abroad, "NC-STO-02", "srv1") == ("not-satisfied", "backup-outside")


def test_a_declared_backup_target_outside_the_policy():
    def outside(documents: Documents) -> None:
        spec = documents[CONSORTIUM]
        spec["sites"].append({**spec["sites"][0], "id": "toronto", "province": "ON"})
        spec["audit"]["backup_targets"][0]["site"] = "toronto"

    assert found(outside, "NC-STO-02", "srv1") == ("not-satisfied", "backup-outside")
    assert found(outside, "NC-RES-01", "toronto") == ("not-satisfied", "site-elsewhere")


def test_no_backup_at_all_is_no_pass():
    def none(documents: Documents) -> None:
        documents[f"{SRV1}/destinations.json"]["backup_targets"] = []
        documents[f"{SRV1}/storage.json"]["backups"] = []

    assert found(none, "NC-STO-02", "srv1") == ("not-checked", "backup-none")


def test_two_observations_of_backups_that_disagree():
    def hidden(documents: Documents) -> None:
        documents[f"{SRV1}/storage.json"]["backups"] = []

    assert found(hidden, "NC-STO-02", "srv1") == ("inconclusive", "backup-contradiction")


def test_an_operator_whose_parent_is_foreign():
    def sold(documents: Documents) -> None:
        documents[CONSORTIUM]["operators"][0]["ultimate_parent"] = {"name": "Big Cloud Inc.", "country": "US"}

    assert found(sold, "NC-OWN-02", "coop") == ("not-satisfied", "parent-foreign")
    assert found(sold, "NC-OWN-01", "coop")[0] == "satisfied"


def test_an_operator_that_another_countrys_law_reaches():
    def reached(documents: Documents) -> None:
        documents[CONSORTIUM]["operators"][0]["foreign_law"] = ["US"]

    assert found(reached, "NC-OWN-03", "coop") == ("not-satisfied", "foreign-law-declared")


def test_a_foreign_as_announces_the_server():
    def announced(documents: Documents) -> None:
        documents[LOOKUPS]["addresses"][evidence.SERVER] = evidence.ABROAD

    assert found(announced, "NC-OWN-04", "srv1") == ("not-satisfied", "carrier-foreign")


@pytest.mark.parametrize("countries", [["CA", "US"], ["US"]])
def test_one_foreign_origin_among_several_is_enough(countries):
    def several(documents: Documents) -> None:
        two = {**evidence.AT_HOME, "asns": [1, 2], "countries": countries}
        documents[LOOKUPS]["addresses"][evidence.SERVER] = two

    assert found(several, "NC-OWN-04", "srv1") == ("not-satisfied", "carrier-foreign")


@pytest.mark.parametrize(
    "change", [{"countries": []}, {"asns": []}, {"rir_country": None}, {"complete": False}]
)
def test_an_address_of_which_a_registry_knows_too_little(change):
    def little(documents: Documents) -> None:
        documents[LOOKUPS]["addresses"][evidence.SERVER] = {**evidence.AT_HOME, **change}

    assert found(little, "NC-OWN-04", "srv1") == ("inconclusive", "carrier-unknown")


@pytest.mark.parametrize(
    "address", ["10.1.2.3", "127.0.0.1", "192.0.2.7", "100.64.0.1", "fd00::1", "169.254.1.1"]
)
def test_what_no_registry_speaks_of_is_no_pass_whatever_a_bundle_says(address):
    def private(documents: Documents) -> None:
        documents[CONSORTIUM]["servers"][0]["address"] = address
        documents[LOOKUPS]["addresses"][address] = evidence.AT_HOME

    assert found(private, "NC-OWN-04", "srv1") == ("inconclusive", "carrier-private")


def resolver(documents: Documents, topic: str, host: str) -> None:
    """A resolver in a server's settings."""
    documents[f"{SRV1}/destinations.json"][topic].append({"host": host, "port": 53, "source": "/etc/essai"})


def test_a_resolver_abroad():
    def abroad(documents: Documents) -> None:
        resolver(documents, "resolvers", "8.8.8.8")
        documents[LOOKUPS]["addresses"]["8.8.8.8"] = evidence.ABROAD

    assert found(abroad, "NC-FLO-01", "srv1") == ("not-satisfied", "destinations-undeclared")
    assert found(abroad, "NC-FLO-02", "srv1") == ("not-satisfied", "destinations-foreign")


def test_a_resolver_abroad_that_the_consortium_declared():
    def declared(documents: Documents) -> None:
        resolver(documents, "resolvers", "8.8.8.8")
        documents[CONSORTIUM]["resolvers"].append("8.8.8.8")
        documents[LOOKUPS]["addresses"]["8.8.8.8"] = evidence.ABROAD

    assert found(declared, "NC-FLO-01", "srv1")[0] == "satisfied"
    assert found(declared, "NC-FLO-02", "srv1") == ("not-satisfied", "destinations-foreign")


@pytest.mark.parametrize("host", ["9.9.9.9", "compiled-in.resolved"])
def test_the_fallback_resolvers_of_systemd(host):
    assert found(lambda documents: resolver(documents, "fallback_resolvers", host), "NC-FLO-01", "srv1") == (
        "not-satisfied",
        "destinations-fallback",
    )


def test_a_key_that_nobody_declared_opens_the_server():
    def key(documents: Documents) -> None:
        stray = {
            "user": "root",
            "fingerprint": evidence.fingerprint(evidence.HOST_KEY),
            "forced_command": False,
        }
        documents[f"{SRV1}/access.json"]["ssh_keys"].append(stray)

    assert found(key, "NC-ACC-01", "srv1") == ("not-satisfied", "keys-undeclared")


def test_the_teams_keys_may_be_declared_by_their_fingerprints():
    def hashed(documents: Documents) -> None:
        documents[CONSORTIUM]["administration_keys"] = [evidence.fingerprint(evidence.TEAM)]

    assert found(hashed, "NC-ACC-01", "srv1") == ("satisfied", "keys-declared")


def test_without_registries_what_needs_none_is_judged():
    def offline(documents: Documents) -> None:
        documents[LOOKUPS] |= {"snapshots": [], "addresses": {}}

    assert found(offline, "NC-OWN-04", "srv1") == ("not-checked", "registries-none")
    assert found(offline, "NC-FLO-02", "srv1") == ("not-checked", "registries-none")
    assert found(offline, "NC-FLO-03", "srv1")[0] == "satisfied"
    assert found(offline, "NC-FLO-05", CODE)[0] == "satisfied"


def vantage(documents: Documents, user: str, *, forced: bool = True) -> None:
    """A vantage point whose key opens an account."""
    point = {"id": "universite", "address": None, "public_key": evidence.HOST_KEY}
    documents[CONSORTIUM]["audit"]["vantage_points"] = [point]
    hashed = evidence.fingerprint(evidence.HOST_KEY)
    opened = {"user": user, "fingerprint": hashed, "forced_command": forced}
    documents[f"{SRV1}/access.json"]["ssh_keys"].append(opened)


def test_a_vantage_points_key_opens_its_own_account_alone():
    assert found(lambda documents: vantage(documents, "nuage-audit"), "NC-ACC-01", "srv1")[0] == "satisfied"
    assert found(lambda documents: vantage(documents, "nuage-audit", forced=False), "NC-ACC-01", "srv1") == (
        "not-satisfied",
        "keys-undeclared",
    )
    assert found(lambda documents: vantage(documents, "root"), "NC-ACC-01", "srv1") == (
        "not-satisfied",
        "keys-undeclared",
    )


def test_a_service_on_two_servers():
    def twice(documents: Documents) -> None:
        documents[REALM]["services"]["wordpress"] = copy.deepcopy(documents[HOME]["services"]["wordpress"])

    assert found(twice, "NC-RES-02", CODE) == ("inconclusive", "service-unexpected")


def test_a_service_that_nobody_asked_for():
    def unasked(documents: Documents) -> None:
        documents[f"specs/municipalities/{CODE}.json"]["services"]["wordpress"] = None

    assert found(unasked, "NC-RES-02", CODE) == ("inconclusive", "service-unexpected")


def test_a_server_that_says_nothing():
    def silent(documents: Documents) -> None:
        server = {**documents[CONSORTIUM]["servers"][0], "id": "srv3"}
        documents[CONSORTIUM]["servers"].append(server)

    assert found(silent, "NC-RES-02", CODE) == ("inconclusive", "home-servers-silent")
    assert found(silent, "NC-ACC-02", "srv3") == ("not-checked", "not-seen")


def test_a_server_that_nobody_declared():
    def unknown(documents: Documents) -> None:
        for path in [path for path in documents if path.startswith(SRV1)]:
            documents[path.replace("srv1", "srv9")] = copy.deepcopy(documents[path])
        documents["observations/servers/srv9/index.json"]["server"] = "srv9"

    assert found(unknown, "NC-OWN-04", "srv9") == ("inconclusive", "not-declared")
    assert found(unknown, "NC-RES-02", CODE)[0] == "inconclusive"


def test_data_on_somebody_elses_file_system():
    def mounted(documents: Documents) -> None:
        documents[HOME]["paths"][0]["fstype"] = "nfs4"

    assert found(mounted, "NC-STO-01", CODE) == ("not-satisfied", "paths-elsewhere")


def test_a_setting_that_lets_nextcloud_call_its_makers():
    def unset(documents: Documents) -> None:
        documents[HOME]["services"]["nextcloud"]["settings"]["updatechecker"] = None

    assert found(unset, "NC-FLO-07", CODE) == ("not-satisfied", "settings-calling")


def test_people_sign_in_at_somebody_elses():
    def broker(documents: Documents) -> None:
        documents[REALM]["services"]["identity"]["brokers"][0]["hosts"].append("login.elsewhere.example")

    assert found(broker, "NC-FLO-09", CODE) == ("not-satisfied", "accounts-undeclared")


def updates(since: str | None, **more: Any) -> Callable[[Documents], None]:
    """A security update that waits."""

    def change(documents: Documents) -> None:
        waiting = {"name": "openssl", "installed": "1", "candidate": "2", "security": True, "since": since}
        documents[f"{SRV1}/system.json"] |= {"pending_updates": [waiting], **more}

    return change


@pytest.mark.parametrize(
    ("since", "more", "expected"),
    [
        ("2026-11-20T00:00:00Z", {}, ("satisfied", "updates-made")),
        ("2026-11-01T00:00:00Z", {}, ("not-satisfied", "updates-late")),
        (None, {}, ("inconclusive", "updates-waiting")),
        (None, {"last_update": "2026-10-01T00:00:00Z"}, ("not-satisfied", "updates-stale")),
        (None, {"last_update": "2027-10-01T00:00:00Z"}, ("inconclusive", "updates-future")),
        (None, {"pending_updates": None}, ("inconclusive", "unreadable")),
    ],
)
def test_updates_that_wait(since, more, expected):
    assert found(updates(since, **more), "NC-PAT-01", "srv1") == expected


def test_software_of_an_unknown_licence_isnt_checked():
    def unknown(documents: Documents) -> None:
        documents[f"{SRV1}/packages.json"][0]["licence"] = None

    assert found(unknown, "NC-SOF-02", "srv1") == ("not-checked", "software-unknown")


def test_a_municipality_that_the_audit_leaves_out():
    def neighbour(documents: Documents) -> None:
        documents[f"{SRV1}/sockets.json"]["connected"].append(socket("24.201.9.9", 20002))
        documents[f"{SRV1}/egress.json"]["counters"].append(
            {"uid": 20002, "chain": "t82005", "packets": 0, "bytes": 0, "verdict": "refused"}
        )

    assert found(neighbour, "NC-FLO-03", "srv1") == ("inconclusive", "connections-left-out")


def test_what_a_move_left_is_no_second_home_and_is_judged_for_where_it_lies():
    def moved(documents: Documents) -> None:
        copied = copy.deepcopy(documents[HOME]) | {"closed": True}
        copied["services"] |= documents[REALM]["services"]
        documents[REALM] = copied

    def abroad(documents: Documents) -> None:
        moved(documents)
        documents[REALM]["paths"][0]["fstype"] = "nfs4"

    assert found(moved, "NC-RES-02", CODE)[0] == "satisfied"
    assert found(moved, "NC-BAK-01", CODE)[0] == "satisfied"
    assert found(abroad, "NC-STO-01", CODE) == ("not-satisfied", "paths-elsewhere")


def test_logs_of_packages_tell_of_nobody():
    def year(documents: Documents) -> None:
        documents[f"{SRV1}/retention.json"]["logs"].append({"path": "/var/log/apt/term.log", "days": 366})

    assert found(year, "NC-LOG-01", "srv1")[0] == "satisfied"


def test_logs_that_nothing_ends():
    def endless(documents: Documents) -> None:
        documents[f"{SRV1}/retention.json"]["logs"].append({"path": "/var/log/x.log", "days": None})

    assert found(endless, "NC-LOG-01", "srv1") == ("inconclusive", "logs-endless")


@pytest.mark.parametrize("day", ["2019-01-01", "2027-01-01"])
def test_registries_of_years_ago_or_of_tomorrow(day):
    def old(documents: Documents) -> None:
        documents[LOOKUPS]["snapshots"][0]["date"] = day

    def old_and_abroad(documents: Documents) -> None:
        old(documents)
        documents[LOOKUPS]["addresses"][evidence.SERVER] = evidence.ABROAD

    assert found(old, "NC-OWN-04", "srv1") == ("inconclusive", "registries-old")
    assert found(old, "NC-FLO-02", "srv1") == ("inconclusive", "registries-old")
    assert found(old_and_abroad, "NC-OWN-04", "srv1") == ("not-satisfied", "carrier-foreign")


def test_accounts_in_a_database_elsewhere():
    def mounted(documents: Documents) -> None:
        documents["observations/servers/srv2/storage.json"]["paths"][0]["fstype"] = "cifs"

    assert found(mounted, "NC-STO-01", CODE) == ("not-satisfied", "paths-elsewhere")
