"""What servers say of themselves, as rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from provisioner.execution.results import Results
from provisioner.execution.runner import Run
from provisioner.report import status


def run(records: dict[str, Any], units: list[str], *, resident: bool = False) -> Run:
    results = Results({"srv1": "srv1", "46005-apps": "srv1"})
    tenant = {"units": units, "resident": resident, "disk_bytes": 1, "disk_limit_bytes": 2}
    res = {"stale": [], "records": records, "tenants": {"t46005": tenant}}
    results.add({"event": "runner_on_ok", "event_data": {"host": "srv1", "res": res}})
    return Run(results, "successful", 0, Path("log"))


RECORD = {"state": "active", "wordpress": "6.8", "at": 0}


def test_what_runs_where() -> None:
    (row,) = status.rows(run({"46005-apps": RECORD}, ["nuage-wordpress@46005.socket"]))
    assert (row.state, row.versions, row.process, row.current) == ("active", "WordPress 6.8", "asleep", True)


def test_awake_resident_and_stopped() -> None:
    units = ["nuage-wordpress-php@46005.service", "nuage-wordpress@46005.socket"]
    for running, resident, process in (
        (units, False, "awake"),
        (units, True, "resident"),
        ([], False, "stopped"),
    ):
        assert status.rows(run({"46005-apps": RECORD}, running, resident=resident))[0].process == process


def test_never_deployed() -> None:
    assert status.rows(run({}, []))[0].state == "never"


def test_a_municipality_that_the_specs_no_longer_name_is_shown() -> None:
    rows = status.rows(run({"46005-apps": RECORD, "82005-apps": RECORD, "srv1": {}}, []))
    assert [(row.host, row.state) for row in rows] == [("46005-apps", "active"), ("82005-apps", "orphan")]


def test_an_unreachable_server_is_unknown() -> None:
    silent = Run(Results({"srv1": "srv1", "46005-apps": "srv1"}), "failed", 4, Path("log"))
    assert status.rows(silent)[0].state == "unknown"


def test_copies_are_good_failed_late_or_not_there_yet() -> None:
    done = run({"46005-apps": RECORD}, [])
    for found, expected in (
        ({"success": {"at": 5}, "failure": None}, (5, "good")),
        ({"success": {"at": 5}, "failure": {"key": "backup.failed"}}, (5, "failed")),
        ({"success": {"at": 5}, "late": True}, (5, "late")),
        ({"late": True}, (None, "none")),
    ):
        done.results.observed["srv1"]["backups"] = {"46005-apps": found}
        (row,) = status.rows(done)
        assert (row.kept, row.copies) == expected
    done.results.observed["srv1"].pop("backups")
    assert status.rows(done)[0].copies == ""
