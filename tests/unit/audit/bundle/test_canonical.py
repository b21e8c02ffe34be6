"""Canonical JSON."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.audit.bundle import canonical
from provisioner.audit.bundle.reading import Bundle

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text("aé\n\0€😀"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_a_value_survives_and_has_one_text(value):
    data = canonical.dumps(value)
    assert canonical.loads(data) == value
    assert canonical.is_canonical(data)
    assert data.endswith(b"\n")
    assert b"\n" not in data[:-1]


@pytest.mark.parametrize(
    "data",
    [b'{"a":1,"a":2}', b"NaN", b"\xff", b"{", b'{"a": 1}\n', b'{"b":1,"a":2}\n', b"[1]", b"[" * 100_000],
)
def test_what_is_not_canonical(data):
    assert not canonical.is_canonical(data)


@given(st.binary(), st.binary())
def test_first_difference(one, other):
    offset = canonical.first_difference(one, other)
    if offset is None:
        assert one == other
    else:
        assert one[:offset] == other[:offset]
        assert one[offset : offset + 1] != other[offset : offset + 1]


def test_documents_are_the_json_files():
    documents = Bundle({"b.json": b'{"x":1}\n', "a.txt": b"!"}).documents()
    assert dict(documents) == {"b.json": {"x": 1}}
    assert "a.txt" not in documents
    with pytest.raises(KeyError):
        documents["a.txt"]
