"""Layers as GeoJSON (RFC 7946)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from routing.exchange.antimeridian import parts
from routing.exchange.feature import features

if TYPE_CHECKING:
    from pathlib import Path

    from geopandas import GeoDataFrame

__all__ = ["write_geojson"]

#: 11 mm on the ground; more is no truth (RFC 7946, section 11.2 asks for six or seven).
_DECIMALS = 7


def write_geojson(frame: GeoDataFrame, path: Path) -> None:
    """Write a layer as a feature collection: WGS 84, UTF-8, one feature a line; same input, same bytes.

    Parameters
    ----------
    frame
        The layer, (lon, lat) in degrees.
    path
        File to write.

    Notes
    -----
    Rings run counterclockwise outside and clockwise inside (section 3.1.6); what crosses the antimeridian is cut
    there (3.1.9); there is no crs member (4). A name stays as it is: JSON holds every character.
    """
    lines = [_line(_feature(feature.values, feature.shape)) for feature in features(frame)]
    text = '{"type": "FeatureCollection", "features": [\n' + ",\n".join(lines) + "\n]}\n"
    path.write_text(text, encoding="utf-8", newline="\n")


def _line(value: Any) -> str:  # noqa: ANN401
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _feature(values: Any, shape: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"type": "Feature", "properties": dict(values), "geometry": _geometry(shape)}


def _geometry(shape: Any) -> dict[str, Any] | None:  # noqa: ANN401
    pieces = parts(shape)
    if not pieces:
        return None
    kind, places = pieces[0].geom_type, [_coordinates(piece) for piece in pieces]
    if len(places) == 1:
        return {"type": kind, "coordinates": places[0]}
    return {"type": f"Multi{kind}", "coordinates": places}


def _coordinates(shape: Any) -> list[Any]:  # noqa: ANN401
    from shapely.geometry.polygon import orient

    if shape.geom_type == "Point":
        return [*_rounded(shape.coords)[0]]
    if shape.geom_type == "LineString":
        return _rounded(shape.coords)
    turned = orient(shape, 1.0)
    return [_rounded(ring.coords) for ring in (turned.exterior, *turned.interiors)]


def _rounded(coords: Any) -> list[Any]:  # noqa: ANN401
    return [[round(lon, _DECIMALS), round(lat, _DECIMALS)] for lon, lat in coords]
