"""Whether there are copies, how old they are, and whether they come back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from provisioner.audit.controls.case import Case
from provisioner.audit.controls.finding import Outcome, satisfied, unchecked, unsure, violated

DAY = timedelta(days=1)
LATE_HOURS = 30
"""Where an older bundle doesn't tell what the consortium chose."""
DRILL_DAYS = 14
"""Servers try one copy a week; one may be missed."""


def fresh(case: Case, code: str) -> Outcome:
    """NC-BAK-01."""
    hours = case.consortium.get("backups", {"late_hours": LATE_HOURS})["late_hours"]
    kept = [one for server in sorted(case.homes(code)) for one in _wanted(case, server, code)]
    made = [one["last"] for one in kept if one["last"]]
    observed = {"oldest": min(made, default=None, key=datetime.fromisoformat)}
    expected = {"hours": hours}
    without = sorted(one["part"] for one in kept if not one["keeper"])
    never = sorted(one["part"] for one in kept if one["keeper"] and not one["last"])
    if without:
        return violated("copies-none", {**observed, "parts": without}, expected)
    if never:
        return violated("copies-never", {**observed, "parts": never}, expected)
    times = [datetime.fromisoformat(one) for one in made]
    if any(one > case.now + DAY for one in times):
        return unsure("copies-future", observed, expected)
    if any(case.now - one > timedelta(hours=hours) for one in times):
        return violated("copies-late", observed, expected)
    return satisfied("copies-fresh", observed, expected)


def _wanted(case: Case, server: str, code: str) -> list[dict[str, Any]]:
    """The copies that there should be of what a municipality has on a server; with no keeper where there is none."""
    home = case.homes(code)[server]
    parts = {"identity" if service == "identity" else "apps" for service in home["services"]}
    if home.get("closed"):
        parts.discard("apps")
    kept = {one["part"]: one for one in case.topic(server, "copies")["kept"] if one["code"] == code}
    return [kept.get(part, {"part": part, "keeper": None, "last": None}) for part in sorted(parts)]


def drilled(case: Case, server: str) -> Outcome:
    """NC-BAK-02."""
    kept = case.topic(server, "copies")["kept"]
    tried = {f"{one['code']}-{one['part']}": one["drill"] for one in kept if one["drill"]}
    newest = max((one["at"] for one in tried.values()), default=None, key=datetime.fromisoformat)
    observed = {"copies": len(kept), "tried": len(tried), "newest": newest}
    expected = {"days": DRILL_DAYS}
    bad = sorted(name for name, one in tried.items() if not one["good"])
    if bad:
        return violated("drills-bad", {**observed, "bad": bad}, expected)
    if newest is not None:
        return _recent(case, datetime.fromisoformat(newest), observed, expected)
    if kept:
        return unsure("drills-never", observed, expected)
    if case.neighbours(server):
        return unchecked("drills-no-copies", observed, expected)
    return satisfied("drills-nobody", observed, expected)


def _recent(case: Case, newest: datetime, observed: dict[str, Any], expected: dict[str, Any]) -> Outcome:
    if newest > case.now + DAY:
        return unsure("drills-future", observed, expected)
    if case.now - newest > DRILL_DAYS * DAY:
        return violated("drills-late", observed, expected)
    return satisfied("drills-good", observed, expected)
