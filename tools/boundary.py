"""The boundaries that verdicts use, from a detailed one: `python tools/boundary.py QUEBEC.geojson [FOLDER]`.

Writes quebec-inner.json, wholly inside the detailed boundary, and quebec-outer.json, wholly around it: a few hundred
points each, which judge as safely as the thousands of the original. Their digests belong in
provisioner/audit/location/shipped.py. Needs shapely, one of the dev dependencies.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

from shapely.geometry import LinearRing, MultiPolygon, Polygon, box, shape
from shapely.geometry.base import BaseGeometry

FOLDER = Path(__file__).parent.parent / "provisioner" / "audit" / "location" / "data"
SHIFT = 0.03
"""Degrees that the line is moved by, inwards or outwards, before it is simplified by a little less."""
SIMPLIFY = 0.024
LEAST_AREA = 0.01
"""Square degrees; smaller parts of the inner boundary (islands) are left out."""
DOUBTFUL = box(-65.2, 51.9, -50.0, 54.0)
"""North of 52° N and east of the Romaine: in the detailed file, administered by Newfoundland and Labrador."""
ERROR_M = 1000
"""Of a 1:1,000,000 map: half a millimetre on paper, and what the detailed file itself was simplified by, rounded up."""
SOURCE = (
    "Ressources naturelles Québec, Base de données géographiques et administratives 1/1 000 000 (taken to be),"
    " 17 régions administratives dissolved, waters included; by way of click_that_hood; simplified by"
    " tools/boundary.py of nuage-commun"
)
LICENCE = (
    "CC BY 4.0 (Données Québec), as the BDGA's catalogue says;"
    " the copy that this was derived from does not confirm it"
)


def main(source: Path, folder: Path) -> None:
    """Both files, refused when either isn't strictly on its side."""
    detailed = shape(json.loads(source.read_text(encoding="utf-8"))["features"][0]["geometry"])
    inner = detailed.difference(DOUBTFUL).buffer(-SHIFT, quad_segs=2).simplify(SIMPLIFY)
    inner = MultiPolygon([part for part in _parts(inner) if part.area >= LEAST_AREA])
    outer = MultiPolygon(
        [Polygon(part.exterior) for part in _parts(detailed.buffer(SHIFT, quad_segs=2).simplify(SIMPLIFY))]
    )
    inner, outer = _rounded(inner), _rounded(outer)
    if not (inner.is_valid and detailed.contains_properly(inner) and not inner.intersects(DOUBTFUL)):
        raise SystemExit("the inner boundary isn't inside")
    if not (outer.is_valid and outer.contains_properly(detailed)):
        raise SystemExit("the outer boundary isn't outside")
    for name, region in (("inner", inner), ("outer", outer)):
        _write(folder / f"quebec-{name}.json", region)


def _parts(region: BaseGeometry) -> list[Polygon]:
    return [part for part in getattr(region, "geoms", [region]) if isinstance(part, Polygon)]


def _rounded(region: MultiPolygon) -> MultiPolygon:
    def ring(line: LinearRing) -> list[tuple[float, float]]:
        return [(round(x, 4), round(y, 4)) for x, y in line.coords]

    return MultiPolygon(
        [(ring(part.exterior), [ring(hole) for hole in part.interiors]) for part in region.geoms]
    )


def _write(path: Path, region: MultiPolygon) -> None:
    rings = [line for part in region.geoms for line in (part.exterior, *part.interiors)]
    document = {
        "error_m": ERROR_M,
        "licence": LICENCE,
        "rings": [[list(point) for point in ring.coords[:-1]] for ring in rings],
        "source": SOURCE,
    }
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"
    path.write_text(text, encoding="utf-8")
    points = sum(len(ring) for ring in document["rings"])
    sys.stdout.write(f"{path.name}: {points} points, {hashlib.sha256(text.encode()).hexdigest()}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else FOLDER)
