"""What stands beside a municipality's name: where its data is declared to be, and who runs the place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.audit.exporting.dossier import Dossier
from provisioner.audit.exporting.words import Words

_SERVICES = ("wordpress", "nextcloud", "identity")


def lead(dossier: Dossier, code: str, words: Words) -> str:
    """`Village · Estrie · 368 habitants`, as far as it is known."""
    spec = dossier.municipalities[code]
    context = {"designation": spec.get("designation") or "", "region": spec.get("region") or code}
    if spec.get("population") is None:
        return words("audit-report.municipality-of-short", **context)
    population = words.number(int(spec["population"]))
    return words("audit-report.municipality-of", population=population, **context)


def places(dossier: Dossier, code: str, words: Words) -> str:
    """`Sherbrooke (QC) et Québec (QC)`."""
    return words.joined([place(site, words) for site in dossier.sites(code)])


def place(site: Mapping[str, Any], words: Words) -> str:
    """`Sherbrooke (QC)`."""
    return words("audit-report.place", city=site["city"], province=site["province"])


def operators(dossier: Dossier, code: str, words: Words) -> str:
    """Names of who runs the sites."""
    return words.joined([str(operator["name"]) for operator in dossier.operators(code)])


def facts(dossier: Dossier, code: str, words: Words) -> tuple[tuple[str, str], ...]:
    """Rows of a name and its value."""
    rows = [("audit-report.facts-where", places(dossier, code, words))]
    for operator in dossier.operators(code):
        rows.append(("audit-report.facts-operator", operator_line(operator, words)))
        parent = operator["ultimate_parent"]
        if parent["name"] != operator["name"]:
            line = f"{parent['name']}, {country(parent['country'], words)}"
            rows.append(("audit-report.facts-parent", line))
    rows.append(("audit-report.facts-servers", words.joined(dossier.homes.get(code, ()))))
    rows.append(("audit-report.facts-services", services(dossier.municipalities[code], words)))
    return tuple((words(name), value) for name, value in rows if value)


def operator_line(operator: Mapping[str, Any], words: Words) -> str:
    """`Coopérative d'exemple, coopérative, Canada`."""
    form = words(f"audit-report.form-{operator['legal_form']}")
    return words(
        "audit-report.operator-line",
        name=operator["name"],
        form=form,
        country=country(str(operator["country"]), words),
    )


def services(spec: Mapping[str, Any], words: Words) -> str:
    """What the municipality has, in words."""
    has = spec.get("services") or {}
    return words.joined(
        [words(f"audit-report.service-{name}") for name in _SERVICES if has.get(name) is not None]
    )


def country(code: str, words: Words) -> str:
    """A country's name, where the catalogue has it."""
    return words("audit-report.country-CA") if code == "CA" else code
