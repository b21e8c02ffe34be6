from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from provisioner.directory import names
from provisioner.spec.types import SLUG

TEXTS = st.text(max_size=120)
FRENCH = st.text(alphabet="aàâeéèêëiîïoôuùûçœæAÉÎ'’- –/.()", max_size=90)
CODES = st.integers(0, 99_999).map(lambda number: f"{number:05}")
ROWS = st.dictionaries(
    CODES,
    st.tuples(
        st.one_of(FRENCH, st.sampled_from(["Saint-Damase", "saint damase", "St-Damase-54017", "…", ""])),
        st.booleans(),
    ),
    max_size=12,
).map(lambda rows: [(code, name, local) for code, (name, local) in rows.items()])


@given(st.one_of(TEXTS, FRENCH))
def test_a_slug_is_valid_or_empty_and_stays_itself(name: str) -> None:
    slug = names.slug(name)
    assert slug == "" or SLUG.match(slug)
    assert len(slug) <= 63
    assert names.slug(slug) == slug


@given(ROWS, st.randoms(use_true_random=False))
def test_slugs_are_unique_valid_and_independent_of_order(
    rows: list[tuple[str, str, bool]], source: random.Random
) -> None:
    slugs = names.slugs(rows)
    assert set(slugs) == {code for code, _, _ in rows}
    assert len(set(slugs.values())) == len(rows)
    assert all(SLUG.match(slug) and len(slug) <= 63 for slug in slugs.values())
    shuffled = list(rows)
    source.shuffle(shuffled)
    assert names.slugs(shuffled) == slugs


def test_slugs_read_well() -> None:
    assert names.slug("L'Ange-Gardien") == "l-ange-gardien"
    assert names.slug("Notre-Dame-du-Sacré-Cœur-d’Issoudun") == "notre-dame-du-sacre-coeur-d-issoudun"
    assert names.slug("Saint-Louis-du-Ha! Ha!") == "saint-louis-du-ha-ha"


def test_namesakes_end_in_their_code() -> None:
    rows = [("54017", "Saint-Damase", True), ("07105", "Saint-Damase", True)]
    assert names.slugs(rows) == {"54017": "saint-damase-54017", "07105": "saint-damase-07105"}


def test_the_only_local_municipality_of_a_name_has_the_plain_slug() -> None:
    rows = [("99883", "Akulivik", False), ("99125", "Akulivik", True)]
    assert names.slugs(rows) == {"99883": "akulivik-99883", "99125": "akulivik"}


def test_a_name_that_looks_like_anothers_slug_gives_way() -> None:
    rows = [("54017", "X", True), ("07105", "X", True), ("10000", "X 54017", True)]
    assert names.slugs(rows)["54017"] == "x-54017"
    assert names.slugs(rows)["10000"] == "x-54017-10000"


def test_short_forms_compare_equal() -> None:
    assert names.words("Ste-Félicité") == names.words("sainte felicite")
    assert names.words("N.-D. de Lourdes") == names.words("Notre-Dame-de-Lourdes")
    assert names.words("st damase") == names.words("SAINT-DAMASE")
