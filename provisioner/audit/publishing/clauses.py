"""The sovereignty annex of a contract: obligations, each with the controls that check it, from the policy itself."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass

from provisioner import __version__
from provisioner.audit.bundle import canonical
from provisioner.audit.controls.catalogue import BY_ID, CONTROLS, HIGH, LOW, MEDIUM, THEMES
from provisioner.audit.exporting.facts import country
from provisioner.audit.exporting.words import Words
from provisioner.audit.publishing.document import Block, Bullets, Heading, Note, Text
from provisioner.audit.publishing.document import Table as Grid
from provisioner.spec.consortium import Consortium, Policy, Site


@dataclass(frozen=True)
class Clause:
    """An obligation and the controls that check it; all of one theme."""

    name: str
    controls: tuple[str, ...]

    @property
    def theme(self) -> str:
        """The article that it belongs to."""
        return BY_ID[self.controls[0]].theme


CLAUSES = (
    Clause("residence", ("NC-RES-01", "NC-RES-02")),
    Clause("place", ("NC-LOC-01", "NC-LOC-02")),
    Clause("operator", ("NC-OWN-01", "NC-OWN-02")),
    Clause("foreign-law", ("NC-OWN-03",)),
    Clause("carrier", ("NC-OWN-04",)),
    Clause("storage", ("NC-STO-01",)),
    Clause("backups", ("NC-STO-02", "NC-BAK-01", "NC-BAK-02")),
    Clause("destinations", ("NC-FLO-01", "NC-FLO-02", "NC-FLO-10")),
    Clause("firewall", ("NC-FLO-03", "NC-FLO-04", "NC-FLO-05", "NC-FLO-06")),
    Clause("applications", ("NC-FLO-07", "NC-FLO-08", "NC-FLO-09")),
    Clause("transit", ("NC-ENC-01", "NC-ENC-03", "NC-ENC-04")),
    Clause("rest", ("NC-ENC-02",)),
    Clause("keys", ("NC-ACC-01", "NC-ACC-02")),
    Clause("administrators", ("NC-ACC-03", "NC-ACC-04", "NC-ACC-05")),
    Clause("software", ("NC-SOF-01", "NC-SOF-02", "NC-SOF-03")),
    Clause("updates", ("NC-PAT-01", "NC-PAT-02")),
    Clause("logs", ("NC-LOG-01", "NC-LOG-02")),
    Clause("privacy", ("NC-PRI-01", "NC-PRI-02")),
)


class Annex:
    """The annex of one consortium in one language, as blocks."""

    def __init__(self, consortium: Consortium, language: str) -> None:
        self.consortium, self.words = consortium, Words(language, "audit-clauses")
        self.numbers: dict[str, str] = {}
        """Of the clauses, by control."""

    def blocks(self) -> list[Block]:
        """The whole, in its order."""
        words = self.words
        found: list[Block] = [
            Heading(1, words("audit-clauses.title")),
            Text(words("audit-clauses.subtitle", consortium=self.consortium.name)),
            Note(words("audit-clauses.draft", software=__version__)),
        ]
        if words.language != "fr":
            found.append(Note(words("audit-clauses.courtesy")))
        found += self._purpose()
        themes = [theme for theme in THEMES if any(one.theme == theme for one in CLAUSES)]
        for article, theme in enumerate(themes, start=2):
            found += self._article(article, theme)
        found += self._ends(2 + len(themes))
        return [*found, *self._parameters(), *self._controls(), *self._signatures()]

    def _purpose(self) -> list[Block]:
        words = self.words
        names = ("body", "provider", "data", "server", "operator", "policy", "audit")
        return [
            Heading(2, f"1. {words('audit-clauses.purpose')}"),
            *(Text(f"1.{n} {words(f'audit-clauses.purpose-{n}')}") for n in ("1", "2", "3")),
            Bullets(tuple(words(f"audit-clauses.define-{name}") for name in names)),
        ]

    def _article(self, article: int, theme: str) -> list[Block]:
        found: list[Block] = [Heading(2, f"{article}. {self.words(f'audit-clauses.theme-{theme}')}")]
        for number, clause in enumerate((one for one in CLAUSES if one.theme == theme), start=1):
            place_ = f"{article}.{number}"
            self.numbers |= dict.fromkeys(clause.controls, place_)
            found.append(
                Text(f"{place_} {self.words(f'audit-clauses.clause-{clause.name}', **self._terms())}")
            )
            found.append(
                Bullets(tuple(self._checked(control) for control in clause.controls), self._basis(clause))
            )
        return found

    def _checked(self, control: str) -> str:
        words = self.words
        return words(
            "audit-clauses.verified-by",
            control=control,
            kind=words(f"audit-controls.kind-{BY_ID[control].kind}"),
            severity=words(f"audit-controls.severity-{BY_ID[control].severity}"),
            expected=words.control(control, "expected"),
        )

    def _basis(self, clause: Clause) -> str:
        """Why the clause is there, and that what follows is how it is checked."""
        names = dict.fromkeys(source for control in clause.controls for source in BY_ID[control].sources)
        # The catalogue names these clauses as a source; here that would be a circle.
        sources = "; ".join(
            self.words(f"audit-controls.source-{name}") for name in names if name != "clauses"
        )
        return (
            f"{self.words('audit-clauses.sources', sources=sources)} {self.words('audit-clauses.verified')}"
        )

    def _ends(self, article: int) -> list[Block]:
        words = self.words
        limits = ("key", "root", "registry", "moment", "path")
        return [
            Heading(2, f"{article}. {words('audit-clauses.evidence')}"),
            *(Text(f"{article}.{n} {words(f'audit-clauses.evidence-{n}')}") for n in ("1", "2", "3", "4")),
            Heading(2, f"{article + 1}. {words('audit-clauses.breach')}"),
            Text(f"{article + 1}.1 {words('audit-clauses.breach-1')}"),
            Bullets(tuple(words(f"audit-clauses.breach-{severity}") for severity in (HIGH, MEDIUM, LOW))),
            *(Text(f"{article + 1}.{n} {words(f'audit-clauses.breach-{n}')}") for n in ("2", "3")),
            Heading(2, f"{article + 2}. {words('audit-clauses.ending')}"),
            Text(f"{article + 2}.1 {words('audit-clauses.ending-1')}"),
            Heading(2, f"{article + 3}. {words('audit-clauses.limits')}"),
            Text(f"{article + 3}.1 {words('audit-clauses.limits-lead')}"),
            Bullets(tuple(words(f"audit-report.limit-{name}") for name in limits)),
        ]

    def _terms(self) -> dict[str, str]:
        """What the policy fills in."""
        policy, words = self.consortium.policy, self.words
        return {
            "countries": ", ".join(country(one, words) for one in sorted(policy.countries)),
            "provinces": ", ".join(_province(one, words) for one in sorted(policy.provinces)),
            "forms": ", ".join(words(f"audit-report.form-{one.value}") for one in sorted(policy.legal_forms)),
            "flows": _flows(policy, words),
            "patch_days": str(self.consortium.audit.patch_days),
        }

    def _parameters(self) -> list[Block]:
        words, terms = self.words, self._terms()
        days = words("audit-clauses.days", count=terms["patch_days"])
        points = ", ".join(one.id for one in self.consortium.audit.vantage_points)
        rows = [
            (words("audit-clauses.countries"), terms["countries"]),
            (words("audit-clauses.provinces"), terms["provinces"]),
            (words("audit-clauses.forms"), terms["forms"]),
            (words("audit-clauses.flows"), terms["flows"]),
            (words("audit-clauses.patch-days"), days),
            (words("audit-clauses.points"), points or words("audit-clauses.none")),
        ]
        return [
            Heading(2, words("audit-clauses.parameters")),
            Grid((words("audit-clauses.parameter"), words("audit-clauses.value")), tuple(rows)),
            Heading(3, words("audit-clauses.declared-sites")),
            Bullets(tuple(self._site(site) for site in self.consortium.sites)),
        ]

    def _site(self, site: Site) -> str:
        operator = next(one for one in self.consortium.operators if one.id == site.operator)
        return self.words(
            "audit-clauses.site-line",
            city=site.city,
            province=_province(site.province, self.words),
            operator=operator.name,
            form=self.words(f"audit-report.form-{operator.legal_form.value}"),
            neq=operator.neq,
            parent=operator.ultimate_parent.name,
            country=country(operator.ultimate_parent.country, self.words),
        )

    def _controls(self) -> list[Block]:
        words = self.words
        heads = ("id", "title", "kind", "severity", "objectives")
        rows = tuple(
            (
                control.id,
                self.numbers[control.id],
                words.control(control.id),
                words(f"audit-controls.kind-{control.kind}"),
                words(f"audit-controls.severity-{control.severity}"),
                ", ".join(control.objectives),
            )
            for control in CONTROLS
        )
        titles = [words(f"audit-controls.column-{name}") for name in heads]
        return [
            Heading(2, words("audit-clauses.table")),
            Text(words("audit-clauses.table-lead")),
            Grid((titles[0], words("audit-clauses.column-clause"), *titles[1:]), rows),
        ]

    def _signatures(self) -> list[Block]:
        words = self.words
        line = words("audit-clauses.signature-line")
        return [
            Heading(2, words("audit-clauses.signatures")),
            Text(f"{words('audit-clauses.signature-body')} — {line}"),
            Text(f"{words('audit-clauses.signature-provider')} — {line}"),
            Note(words("audit-clauses.digest", digest=self._digest())),
        ]

    def _digest(self) -> str:
        """Of what is checked, whatever the language: the policy's terms and the catalogue."""
        content = {
            "policy": self.consortium.policy.model_dump(mode="json"),
            "controls": [asdict(one) for one in CONTROLS],
            "patch_days": self.consortium.audit.patch_days,
        }
        return hashlib.sha256(canonical.dumps(content)).hexdigest()


def _flows(policy: Policy, words: Words) -> str:
    return ", ".join(sorted(policy.declared_flows)) or words("audit-clauses.none")


def _province(code: str, words: Words) -> str:
    return "Québec" if code == "QC" else code
