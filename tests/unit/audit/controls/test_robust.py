"""No observation that is missing, malformed or contradictory ever helps: nothing becomes satisfied."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.audit.controls.judge import judge_all
from tests.unit.audit.controls import evidence

GOOD = evidence.good()
WRONG = (None, "?", "", [], {}, -1, True, 1.5, "zz", ["zz"], {"zz": 1}, float("nan"), [None], "9" * 400)
OBSERVED = tuple(path for path in GOOD if not path.startswith("specs/"))


def satisfied(documents: dict[str, Any]) -> set[tuple[str, str]]:
    """Controls and subjects of the verdict."""
    return {key for key, (verdict, _) in evidence.verdicts(documents).items() if verdict == "satisfied"}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every field and item in it."""
    if isinstance(value, dict | list):
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield (*path, step)
            yield from places(inner, (*path, step))


def bad() -> dict[str, Any]:
    """An audit in which each control that can be broken by an observation is broken."""
    spoilt = copy.deepcopy(GOOD)
    for server in ("srv1", "srv2"):
        base = f"observations/servers/{server}"
        spoilt[f"{base}/system.json"] |= {"last_update": "2026-01-01T00:00:00Z", "reboot_required": True}
        spoilt[f"{base}/system.json"]["uptime_s"] = 10**8
        spoilt[f"{base}/components.json"][0]["licence"] = "Proprietary"
        spoilt[f"{base}/packages.json"][0]["licence"] = "non-free"
        stray = {"host": "8.8.8.8", "port": 53, "source": "x"}
        spoilt[f"{base}/destinations.json"] |= {"fallback_resolvers": [stray], "backup_targets": [stray]}
        spoilt[f"{base}/sockets.json"]["connected"][0]["remote_address"] = "8.8.8.8"
        spoilt[f"{base}/egress.json"]["policy"] = "accept"
        spoilt[f"{base}/storage.json"]["paths"][0] |= {"encrypted": "none"}
        spoilt[f"{base}/access.json"]["ssh_keys"][0]["fingerprint"] = evidence.fingerprint(evidence.HOST_KEY)
        spoilt[f"{base}/access.json"]["sshd"]["passwordauthentication"] = "yes"
        spoilt[f"{base}/access.json"]["sudoers"].append("uid:1001")
        spoilt[f"{base}/access.json"]["last_logins"][0]["user"] = "uid:1001"
        spoilt[f"{base}/tls.json"] |= {"protocols": ["TLSv1"], "mail_relay": "none"}
        spoilt[f"{base}/tls.json"]["certificates"][0]["not_after"] = "2026-01-01T00:00:00Z"
        spoilt[f"{base}/retention.json"]["journal_max_days"] = 400
        kept = spoilt[f"{base}/copies.json"]["kept"][0]
        kept |= {"last": None, "drill": {**kept["drill"], "good": False}}
    spoilt["registries/lookups.json"]["addresses"] |= dict.fromkeys(
        ("8.8.8.8", evidence.SERVER, evidence.IDENTITY), evidence.ABROAD
    )
    home = spoilt[f"observations/servers/srv1/tenants/{evidence.CODE}.json"]
    home["paths"][0]["fstype"] = "nfs4"
    home["egress"][1]["packets"] = 12
    home["services"]["nextcloud"]["settings"]["updatechecker"] = True
    home["services"]["nextcloud"]["admins"] = 99
    home["services"]["wordpress"]["plugins"][0]["licence"] = "Proprietary"
    realm = spoilt[f"observations/servers/srv2/tenants/{evidence.CODE}.json"]["services"]["identity"]
    realm |= {"smtp_host": "mail.elsewhere.example", "events_days": 900}
    pages = spoilt[f"observations/browser/{evidence.CODE}.json"]["pages"]
    pages[0]["hosts"].append({"host": "fonts.elsewhere.example"})
    return spoilt


BAD = bad()


def test_the_good_audit_is_good_but_for_what_nobody_measured():
    found = evidence.verdicts(GOOD)
    assert {key[0] for key, (verdict, _) in found.items() if verdict != "satisfied"} == {
        "NC-LOC-01",
        "NC-LOC-02",
    }
    assert {verdict for verdict, _ in found.values()} == {"satisfied", "not-checked"}


def test_the_bad_one_breaks_whatever_observation_can_break():
    found = {control for control, _ in satisfied(BAD)}
    declared = {"NC-RES-01", "NC-RES-02", "NC-OWN-01", "NC-OWN-02", "NC-OWN-03", "NC-FLO-10"}
    assert found == declared | {"NC-PRI-01", "NC-PRI-02"}


@pytest.mark.parametrize("path", GOOD)
@pytest.mark.parametrize("base", [GOOD, BAD], ids=["good", "bad"])
def test_without_a_document(base, path):
    without = {name: said for name, said in base.items() if name != path}
    assert satisfied(without) <= satisfied(base)
    if path in OBSERVED and base is GOOD:
        assert satisfied(without) < satisfied(base), "the document was read by nobody"


@pytest.mark.parametrize("path", GOOD)
@pytest.mark.parametrize("wrong", [None, [], {}, "zz", 7], ids=str)
def test_a_document_of_another_kind(path, wrong):
    for base in (GOOD, BAD):
        assert satisfied({**base, path: wrong}) <= satisfied(base)


@given(st.randoms(use_true_random=False), st.sampled_from(["drop", "spoil"]), st.booleans())
@settings(max_examples=400, deadline=None)
def test_a_field_dropped_or_spoilt(rng: random.Random, how: str, from_bad: bool):
    base = BAD if from_bad else GOOD
    path = rng.choice(OBSERVED)
    document = copy.deepcopy(base[path])
    fields = list(places(document))
    place = rng.choice(fields)
    parent = document
    for step in place[:-1]:
        parent = parent[step]
    if how == "spoil":
        # An empty list in the place of a list says that there is nothing: the server signed it, whatever was there.
        parent[place[-1]] = rng.choice(
            [one for one in WRONG if one != [] or not isinstance(parent[place[-1]], list)]
        )
    elif isinstance(parent, dict):
        del parent[place[-1]]
    gained = satisfied({**base, path: document}) - satisfied(base)
    assert not gained, (path, place, gained)


def test_the_same_documents_give_the_same_findings_in_any_order():
    names = list(GOOD)
    random.Random(7).shuffle(names)
    assert judge_all({name: GOOD[name] for name in names}) == judge_all(GOOD)


def test_without_anything_nothing_is_satisfied():
    found = judge_all({})
    assert [one["subject"]["kind"] for one in found] == ["consortium"]
    assert found[0]["verdict"] == "not-checked"


def test_somebody_left_out_of_the_audit_is_judged_all_the_same():
    documents = copy.deepcopy(GOOD)
    documents["audit.json"]["subjects"] = {
        "operators": [],
        "sites": [],
        "servers": [],
        "municipalities": [],
    }
    assert set(evidence.verdicts(documents)) == set(evidence.verdicts(GOOD))


@pytest.mark.parametrize("field", ["audit", "nonce", "server"])
def test_what_a_server_signed_for_something_else_isnt_believed(field):
    documents = copy.deepcopy(GOOD)
    documents["observations/servers/srv1/index.json"][field] = "another"
    found = evidence.verdicts(documents)
    assert {found[key] for key in found if key[1] == "srv1" and key[0] not in ("NC-LOC-01", "NC-OWN-04")} == {
        ("inconclusive", "another-audit")
    }
    assert found["NC-FLO-05", evidence.CODE] == ("inconclusive", "another-audit")
