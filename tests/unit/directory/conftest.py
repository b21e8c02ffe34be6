from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest

COLUMNS = (
    "mcode munnom madr1 madr2 madr3 madr4 mcodpos mcourriel mweb mtel mfax mcodedesi mdes mgentile regadm "
    "divrec mrc admregionale horsmrcautoch mdatcons mdatregi msuperf mpopul datelec electype delectype "
    "elecmode delecmode divter mcm mcirc msupft maire "
    + " ".join(f"con{n}" for n in range(1, 76))
    + " dirgen dirsecpub tres gref"
).split()

DEFAULTS = {
    "mdes": "Village",
    "regadm": "Estrie (05)",
    "mrc": "MRC Brome-Missisquoi (460)",
    "mpopul": "368",
    "mweb": "www.abercorn.example",
    "madr1": "10, chemin des Églises Ouest",
    "mcodpos": "J0E 1B0",
    "maire": "Maire Inconnu",
    "con1": "Conseillère Inconnue",
    "dirgen": "Directeur Inconnu",
    "mcourriel": "personne@abercorn.example",
    "mtel": "450 555-0100",
}


def official(rows: list[dict[str, str]], *, without: tuple[str, ...] = (), delimiter: str = ",") -> str:
    """The text of an official file with these rows; what a row doesn't say is Abercorn's."""
    stream = io.StringIO()
    columns = [column for column in COLUMNS if column not in without]
    writer = csv.DictWriter(
        stream, columns, delimiter=delimiter, quoting=csv.QUOTE_ALL, extrasaction="ignore", restval=""
    )
    writer.writeheader()
    writer.writerows({**DEFAULTS, **row} for row in rows)
    return stream.getvalue()


@pytest.fixture
def make_official() -> Callable[..., str]:
    return official
