"""A municipality's records as text, for it to hand to whoever keeps its domain; no decisions."""

from __future__ import annotations

from provisioner import messages
from provisioner.dns.judging import Judgement, Verdict
from provisioner.dns.records import Creator
from provisioner.dns.survey import Survey


def survey_text(survey: Survey) -> str:
    """A line for each record, and below it what was found where that isn't what ought to be."""
    lines = [messages.text("dns.heading", slug=survey.slug, server=survey.server, address=survey.address), ""]
    shown = [each for each in survey.judgements if each.record.value or each.verdict is not Verdict.OK]
    width = max(len(each.record.name) for each in shown)
    values = max(len(_value(each)) for each in shown)
    for each in shown:
        verdict = messages.text(f"dns.verdict-{each.verdict}")
        notes = f" ({note})" if (note := _note(each)) else ""
        value = _value(each).ljust(values)
        lines.append(f"{each.record.name.ljust(width)}  {each.record.kind:<4}  {value}  {verdict}{notes}")
        if each.found and each.verdict is not Verdict.OK:
            lines.append(f"{'':{width}}  {'':4}  " + messages.text("dns.found", values=", ".join(each.found)))
    if not survey.caa_known:
        lines += ["", messages.text("dns.caa-unknown")]
    return "\n".join([*lines, "", messages.text("dns.fails" if survey.fails else "dns.fine")]) + "\n"


def _value(judgement: Judgement) -> str:
    return judgement.record.value or messages.text("dns.none")


def _note(judgement: Judgement) -> str:
    notes = []
    if not judgement.record.required:
        notes.append(messages.text("dns.recommended"))
    if judgement.record.creator is Creator.CONSORTIUM:
        notes.append(messages.text("dns.consortium"))
    return ", ".join(notes)


def survey_json(survey: Survey) -> dict[str, object]:
    """The same for programs: keys and values, no prose."""
    return {
        "slug": survey.slug,
        "code": survey.code,
        "server": survey.server,
        "address": survey.address,
        "caa_known": survey.caa_known,
        "ok": not survey.fails,
        "records": [
            {
                **each.record.model_dump(mode="json"),
                "found": list(each.found),
                "verdict": each.verdict.value,
                "fails": each.fails,
            }
            for each in survey.judgements
        ],
    }
