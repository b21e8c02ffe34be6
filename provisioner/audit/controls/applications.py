"""Whether applications are told not to call their makers, and who administers them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.audit.bundle import layout
from provisioner.audit.controls.case import Case, UnreadableError
from provisioner.audit.controls.finding import Outcome, satisfied, violated

NEXTCLOUD: Mapping[str, Any] = {
    "updatechecker": False,
    "appstoreenabled": False,
    "has_internet_connection": False,
    "connectivity_check_domains": [],
    "lookup_server": "",
    "reference_opengraph": False,
}
"""Settings that cut calls to the outside, and their values. Unset, each of them calls out."""
NEXTCLOUD_CALLING = frozenset(
    {
        *(
            "app_api",
            "federation",
            "nextcloud_announcements",
            "support",
            "survey_client",
            "updatenotification",
        ),
        *("weather_status", "globalsiteselector", "richdocumentscode", "sociallogin"),
    }
)
"""Apps that call out by their nature."""
WORDPRESS: Mapping[str, Any] = {"WP_HTTP_BLOCK_EXTERNAL": True, "AUTOMATIC_UPDATER_DISABLED": True}
WORDPRESS_OPTIONS: Mapping[str, str] = {"show_avatars": "0"}
"""Gravatar is asked by browsers: no constant stops that."""
MOST_ADMINISTRATORS = 5


def settings(case: Case, code: str) -> Outcome:
    """NC-FLO-07."""
    wrong: list[str] = []
    cloud, website = case.home_of(code, "nextcloud"), case.home_of(code, "wordpress")
    case.homes(code)
    if cloud is not None:
        wrong += _nextcloud(cloud, code)
    if website is not None:
        wrong += _wordpress(case, website)
    observed = {"settings": sorted(wrong)}
    expected = {"quiet": sorted([*NEXTCLOUD, *WORDPRESS, *WORDPRESS_OPTIONS])}
    if wrong:
        return violated("settings-calling", observed, expected)
    if cloud is None and website is None:
        return satisfied("no-applications", observed, expected)
    return satisfied("settings-quiet", observed, expected)


def _nextcloud(home: tuple[str, dict[str, Any]], code: str) -> list[str]:
    said = home[1]["services"]["nextcloud"]
    if not said["readable"]:
        raise UnreadableError(layout.tenant(home[0], code), "services.nextcloud.settings")
    there = said["settings"]
    wrong = [f"nextcloud: {name}" for name, value in NEXTCLOUD.items() if not _same(there.get(name), value)]
    return wrong + [f"nextcloud: {app['name']}" for app in said["apps"] if app["name"] in NEXTCLOUD_CALLING]


def _same(found: object, wanted: object) -> bool:
    """Equal, and of one kind: 0 isn't false."""
    return type(found) is type(wanted) and found == wanted


def _wordpress(case: Case, home: tuple[str, dict[str, Any]]) -> list[str]:
    said = home[1]["services"]["wordpress"]
    there = said["constants"]
    wrong = [f"wordpress: {name}" for name, value in WORDPRESS.items() if not _same(there.get(name), value)]
    options = said["options"]
    wrong += [f"wordpress: {name}" for name, value in WORDPRESS_OPTIONS.items() if options.get(name) != value]
    ours = {one["identity_domain"] for one in case.consortium["servers"] if one["identity_domain"]}
    named = there.get("WP_ACCESSIBLE_HOSTS")
    others = [host for host in (named if isinstance(named, list) else [named]) if host and host not in ours]
    return wrong + [f"wordpress: WP_ACCESSIBLE_HOSTS {host}" for host in others]


def administrators(case: Case, code: str) -> Outcome:
    """NC-ACC-04."""
    counts = {}
    case.homes(code)
    for service in ("wordpress", "nextcloud", "identity"):
        home = case.home_of(code, service)
        if home is not None:
            counts[service] = home[1]["services"][service]["admins"]
    observed = {f"{service}_admins": count for service, count in counts.items()}
    observed["most"] = max(counts.values(), default=0)
    if observed["most"] > MOST_ADMINISTRATORS:
        return violated("administrators-many", observed, {"at_most": MOST_ADMINISTRATORS})
    return satisfied("administrators-few", observed, {"at_most": MOST_ADMINISTRATORS})
