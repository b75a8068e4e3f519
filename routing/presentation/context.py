"""Lines, areas and points of a run around its routes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from routing.webmap import MapVector

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from routing.constraints import Layer, LayerSource, Sectors
    from routing.planning import Sea
    from routing.webmap import Place, Style

__all__ = ["map_vectors"]

#: Where the map lists a layer, by its kind, and whether it is drawn from the start.
_GROUPS = {
    "exclude": ("Exclusions", True),
    "avoid": ("Exclusions", True),
    "cable": ("Infrastructure", True),
    "pipeline": ("Infrastructure", True),
    "shipping": ("Hazards", False),
    "show": ("Context", False),
}
#: Context outlines lose detail below this size on the map.
_OUTLINE_TOLERANCE_M = 250.0
#: Zones are small and round, so they keep more.
_ZONE_TOLERANCE_M = 50.0


def map_vectors(sea: Sea, shore: Any, layers: Sequence[Layer], styles: Mapping[str, Style]) -> Iterator[MapVector]:  # noqa: ANN401
    """Lines, areas and points around the routes.

    Parameters
    ----------
    sea
        The water.
    shore
        The sea as a polygon in the routing CRS.
    layers
        Context layers.
    styles
        How each layer is drawn, by its name.
    """
    to_lonlat = sea.priced.projection.inverse
    yield _outline("Coastline", shore, "coast", to_lonlat)
    if sea.sectors:
        yield _sectors(sea.sectors, to_lonlat)
    for layer in layers:
        yield _context(layer, styles[layer.source.name], to_lonlat)


def _outline(name: str, polygon: Any, style: Style, to_lonlat: Any) -> MapVector:  # noqa: ANN401
    rings = _rings(polygon, to_lonlat)
    return MapVector(name, "Context", "line", tuple(rings), (), style, shown=True)


def _sectors(sectors: Sectors, to_lonlat: Any) -> MapVector:  # noqa: ANN401
    from shapely import MultiPolygon, Polygon

    rings, labels = [], []
    for country, polygon in zip(sectors.countries, sectors.polygons, strict=True):
        # Islands stand in the coastline already.
        found = _rings(
            MultiPolygon([Polygon(part.exterior) for part in getattr(polygon, "geoms", [polygon])]), to_lonlat
        )
        rings += found
        labels += [country] * len(found)
    return MapVector("National sectors", "Context", "polygon", tuple(rings), tuple(labels), "sector", shown=True)


def _context(layer: Layer, style: Style, to_lonlat: Any) -> MapVector:  # noqa: ANN401
    """A layer as drawn: zones where a stand-off has an effect, otherwise the features themselves."""
    zones = layer.source.kind in ("exclude", "avoid")
    shapes = layer.zones if zones else layer.features
    dimension = max((shape.area > 0) * 2 + (shape.length > 0 and shape.area == 0) for shape in shapes) if shapes else 0
    kind = ("point", "line", "polygon")[dimension]
    geometries, labels = [], []
    for shape, label in zip(shapes, layer.labels, strict=True):
        parts = _rings(shape, to_lonlat, _ZONE_TOLERANCE_M) if kind == "polygon" else _parts(shape, to_lonlat)
        geometries += parts
        labels += [_told(label, layer.source, style)] * len(parts)
    group, shown = _GROUPS[layer.source.kind]
    return MapVector(layer.source.name, group, kind, tuple(geometries), tuple(labels), style, shown=shown)  # type: ignore[arg-type]


def _told(label: str, source: LayerSource, style: Style) -> str:
    """What is shown of a feature under the pointer: its name, and why no cable may go there."""
    if source.kind == "exclude":
        return f"{label}: excluded, {source.reason}" if label else f"Excluded, {source.reason}"
    return f"M {label}" if style == "earthquake" else label


def _rings(shape: Any, to_lonlat: Any, tolerance_m: float = _OUTLINE_TOLERANCE_M) -> list[tuple[Place, ...]]:  # noqa: ANN401
    """Outer and inner rings of a polygon, thinned for the map."""
    simple = shape.simplify(tolerance_m)
    polygons = [part for part in getattr(simple, "geoms", [simple]) if part.geom_type == "Polygon"]
    rings = [ring for polygon in polygons for ring in (polygon.exterior, *polygon.interiors)]
    return [_lonlat(ring.coords, to_lonlat) for ring in rings if len(ring.coords) > 3]


def _parts(shape: Any, to_lonlat: Any) -> list[tuple[Place, ...]]:  # noqa: ANN401
    """Lines or points of a geometry."""
    return [_lonlat(part.coords, to_lonlat) for part in getattr(shape, "geoms", [shape])]


def _lonlat(coords: Any, to_lonlat: Any) -> tuple[Place, ...]:  # noqa: ANN401
    return tuple((round(float(lon), 5), round(float(lat), 5)) for lon, lat in to_lonlat(np.array(coords)[:, :2]))
