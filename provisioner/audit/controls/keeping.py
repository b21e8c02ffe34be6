"""What ends, and what is kept up: updates, restarts, logs, and a municipality's duties of privacy."""

from __future__ import annotations

from datetime import datetime, timedelta

from provisioner.audit.controls.case import Case
from provisioner.audit.controls.finding import Outcome, satisfied, unsure, violated

DAY = timedelta(days=1)
IMPERSONAL = (
    "/var/log/apt/",
    "/var/log/dpkg.log",
    "/var/log/alternatives.log",
    "/var/log/unattended-upgrades/",
)
"""Logs of packages: they tell of nobody, and Debian keeps them for a year."""


def updates(case: Case, server: str) -> Outcome:
    """NC-PAT-01."""
    said = case.topic(server, "system")
    days = case.consortium["audit"]["patch_days"]
    limit = case.now - days * DAY
    waiting = [one for one in said["pending_updates"] if one["security"]]
    late = [one for one in waiting if one.get("since") and datetime.fromisoformat(one["since"]) < limit]
    undated = [one for one in waiting if not one.get("since")]
    fresh = datetime.fromisoformat(said["last_update"])
    observed = {
        "waiting": len(waiting),
        "late": sorted({one["name"] for one in late}),
        "lists": said["last_update"],
    }
    expected = {"days": days}
    if fresh < limit:
        return violated("updates-stale", observed, expected)
    if late:
        return violated("updates-late", observed, expected)
    if fresh > case.now + DAY:
        return unsure("updates-future", observed, expected)
    if undated:
        return unsure("updates-waiting", observed, expected)
    return satisfied("updates-made", observed, expected)


def restart(case: Case, server: str) -> Outcome:
    """NC-PAT-02."""
    said = case.topic(server, "system")
    days = case.consortium["audit"]["patch_days"]
    observed = {"required": said["reboot_required"], "uptime_days": said["uptime_s"] // 86400}
    expected = {"days": days}
    if not said["reboot_required"]:
        return satisfied("restart-none", observed, expected)
    if said["uptime_s"] > days * 86400:
        return violated("restart-late", observed, expected)
    return satisfied("restart-soon", observed, expected)


def logs(case: Case, server: str) -> Outcome:
    """NC-LOG-01."""
    said = case.topic(server, "retention")
    promised = [case.municipality(code)["retention"]["logs_days"] for code in case.neighbours(server)]
    logs = {one["path"]: one["days"] for one in said["logs"] if not one["path"].startswith(IMPERSONAL)}
    kept = {"journal": said["journal_max_days"], **logs}
    shortest = min(promised, default=None)
    endless = sorted(name for name, days in kept.items() if days is None)
    longer = sorted(name for name, days in kept.items() if days is not None and days > (shortest or days))
    observed = {
        "endless": endless,
        "longer": longer,
        "longest": max((d or 0 for d in kept.values()), default=0),
    }
    expected = {"days": shortest}
    if longer:
        return violated("logs-longer", observed, expected)
    if endless:
        return unsure("logs-endless", observed, expected)
    if shortest is None:
        return satisfied("logs-bounded", observed, expected)
    return satisfied("logs-within", observed, expected)


def sign_in_logs(case: Case, code: str) -> Outcome:
    """NC-LOG-02."""
    promised = case.municipality(code)["retention"]["logs_days"]
    case.homes(code)
    home = case.home_of(code, "identity")
    if home is None:
        return satisfied("no-accounts", {"days": None}, {"promised": promised})
    days = home[1]["services"]["identity"]["events_days"]
    if days is None:
        return unsure("events-endless", {"days": days}, {"promised": promised})
    if days > promised:
        return violated("events-longer", {"days": days}, {"promised": promised})
    return satisfied("events-within", {"days": days}, {"promised": promised})


def contact(case: Case, code: str) -> Outcome:
    """NC-PRI-01."""
    named = case.municipality(code)["contacts"]["privacy_officer"]
    if named:
        return satisfied("contact-named", {"named": True}, {"named": True})
    return violated("contact-missing", {"named": False}, {"named": True})


def assessment(case: Case, code: str) -> Outcome:
    """NC-PRI-02."""
    reference = case.municipality(code)["impact_assessment"]
    if reference is None:
        return violated("assessment-missing", {"reference": None}, {"reference_given": True})
    return satisfied("assessment-given", {"reference": reference}, {"reference_given": True})
