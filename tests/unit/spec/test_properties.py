"""Properties: what is written reads back the same, and no text makes the reader do anything but refuse."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import yaml
from hypothesis import given
from hypothesis import strategies as st

from provisioner import messages
from provisioner.errors import InvalidInputError
from provisioner.spec import document, parsing, writing
from provisioner.spec.services import Mode
from provisioner.spec.sizing import Size
from provisioner.spec.tenant import State, Tenant
from tests.unit.spec import samples

TRAPS = st.sampled_from(
    [
        *(
            "no",
            "on",
            "yes",
            "~",
            "null",
            "true",
            "01023",
            "08005",
            "1e3",
            "1_000",
            "0x1F",
            "12:30:00",
            ".5",
            "-",
        ),
        *(
            "2026-01-01",
            "- a",
            "a: b",
            "a:",
            "#x",
            "a #b",
            "'",
            '"',
            "=",
            "<<",
            "@x",
            "`x",
            "!x",
            "&a",
            "*b",
            "%x",
        ),
        *(
            "?",
            "? a",
            "|",
            ">",
            "[a]",
            "{a}",
            "a, b",
            "\\",
            "\\n",
            "---",
            "...",
            "é",
            "a\u00a0b",
            "🏛",
            "{{ x }}",
        ),
        *(
            ".inf",
            ".NaN",
            "9" * 40,
            "L'Île-d'Anticosti",
            "« Cœur »",
            "a\\'b",
            "1.",
            "+1",
            "0",
        ),
    ]
)


def fits(text: str) -> bool:
    """Whether the models take the text as it is."""
    return text.strip() == text and text.isprintable()


WORDS = TRAPS | st.text(min_size=1, max_size=60).filter(fits)
SLUGS = st.from_regex(r"\A[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,3}\Z")
DOMAINS = st.from_regex(r"\A([a-z0-9]{1,12}\.){1,3}example\Z")
EMAILS = st.from_regex(r"\A[a-z0-9.+_-]{0,3}[a-z0-9]{1,8}@[a-z0-9]{1,8}\.example\Z")
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
CONTACTS = st.fixed_dictionaries({"name": WORDS, "email": EMAILS}, optional={"telephone": WORDS})
MOMENTS = st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2200, 1, 1), timezones=ZONES)
EVENTS = st.fixed_dictionaries(
    {"at": MOMENTS, "by": WORDS, "action": WORDS},
    optional={"reason": st.lists(WORDS, max_size=3).map("\n".join)},
)
NETWORKS = st.ip_addresses().map(lambda address: f"{address}/{address.max_prefixlen}")
WORDPRESS = st.fixed_dictionaries(
    {},
    optional={
        "size": st.sampled_from(Size),
        "mode": st.sampled_from(Mode),
        "memory_mib": st.none() | st.integers(32, 10_000),
        "disk_mib": st.none() | st.integers(512, 10_000_000),
        "allowed_destinations": st.lists(NETWORKS, max_size=3),
    },
)
TENANTS = st.fixed_dictionaries(
    {
        "code": st.integers(0, 99_999).map("{:05d}".format),
        "name": WORDS,
        "designation": WORDS,
        "contacts": st.fixed_dictionaries({"administrator": CONTACTS, "privacy_officer": CONTACTS}),
        "domains": st.fixed_dictionaries(
            {"website": DOMAINS}, optional={"website_aliases": st.lists(DOMAINS, max_size=3)}
        ),
        "services": st.fixed_dictionaries({"wordpress": WORDPRESS}),
        "ring": SLUGS,
        "state": st.sampled_from([state for state in State if state is not State.LEAVING]),
    },
    optional={
        "population": st.none() | st.integers(0, 10_000_000),
        "region": st.none() | WORDS,
        "mrc": st.none() | WORDS,
        "language": st.sampled_from(["fr", "en"]),
        "retention": st.fixed_dictionaries({}, optional={"logs_days": st.integers(1, 3650)}),
        "placement": st.fixed_dictionaries({}, optional={"only": st.lists(SLUGS), "avoid": st.lists(SLUGS)}),
        "history": st.lists(EVENTS, max_size=3),
    },
).map(Tenant.model_validate)
LEAVING = st.tuples(TENANTS, st.dates(min_value=date(2000, 1, 1))).map(
    lambda pair: Tenant.model_validate(
        {**pair[0].model_dump(), "state": State.LEAVING, "leaving_until": pair[1]}
    )
)


@given(TENANTS | LEAVING)
def test_what_is_written_reads_back_the_same(tenant):
    text = writing.tenant_text(tenant)
    again = parsing.tenant(text.encode(), "t.yml")
    assert again == tenant
    assert writing.tenant_text(again) == text
    assert parsing.tenant(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(), "t.yml") == tenant


@given(TENANTS)
def test_other_yaml_readers_read_the_same_texts(tenant):
    text = writing.tenant_text(tenant)
    assert yaml.load(text, Loader=yaml.CSafeLoader) == tenant.model_dump(mode="json", exclude_defaults=True)


@given(
    st.binary(max_size=400) | st.text(max_size=400).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
def test_any_bytes_are_read_or_refused(content):
    try:
        found = document.read(content, "x.yml")
    except InvalidInputError as error:
        for problem in error.problems:
            assert messages.text(problem.key, **problem.context)
    else:
        assert found.find(())[1] == 1


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | WORDS
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
PLACES = st.sampled_from(
    [(spec, path) for spec in samples.SPECS for path in samples.places(samples.SPECS[spec])]
)


@given(PLACES, ANYTHING)
def test_anything_anywhere_is_accepted_or_told_in_words(place, value):
    spec, path = place
    for problem in samples.problems(spec, samples.text(samples.changed(spec, path, value))):
        assert problem.key != "spec.invalid-value"
        assert problem.line > 0
        assert messages.text(problem.key, **problem.context)
        assert messages.text(f"{problem.key}.fix", **problem.context)
