"""Vector files, judged on reading and put into the routing CRS.

A polygon that is not valid is repaired, and what that did to its area is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from routing import geodesy
from routing.errors import InputError
from routing.finding import Finding
from routing.gridfile import local_file

if TYPE_CHECKING:
    from pathlib import Path

    from geopandas import GeoDataFrame

__all__ = ["Area", "find_doubts", "place_features", "read_features", "read_layer", "widened"]

Area = tuple[float, float, float, float]

#: Vector formats that hold their own features.
_DRIVERS = (
    "GPKG",
    "GeoJSON",
    "ESRI Shapefile",
    "FlatGeobuf",
    "KML",
    "LIBKML",
    "GML",
    "DXF",
    "S57",
    "TopoJSON",
    "SQLite",
)
#: Longest edge that is projected as one piece, degrees: a parallel bows 1 m over it at 40 degrees north.
_EDGE_DEG = 0.1
#: Features are kept this far outside the area, so that its edge is nobody's shore.
_MARGIN_M = 150_000.0


def read_layer(path: Path, *, crs: str, area: Area) -> GeoDataFrame:
    """Read a vector file and put what touches the area into `crs`.

    A csv file with columns lon and lat is read as points of WGS84.

    Raises
    ------
    InputError
        When the file is missing, is no vector file or carries no CRS.
    """
    return place_features(read_features(path), crs=crs, area=area)


def read_features(path: Path) -> GeoDataFrame:
    """A vector file as it is, features without a geometry left out."""
    local_file(path)
    frame = _read_points(path) if path.suffix.lower() == ".csv" else _read_vectors(path)
    return frame[~frame.geometry.isna() & ~frame.geometry.is_empty]


def find_doubts(given: GeoDataFrame, placed: GeoDataFrame, name: str) -> tuple[Finding, ...]:
    """What is doubtful about a layer as given, and as placed in the area: empty, elsewhere, repaired."""
    if given.empty:
        return (Finding("layer-empty", "warning", f"{name} holds no features; it has no effect"),)
    found = []
    if placed.empty:
        west, south, east, north = given.to_crs(geodesy.WGS84).total_bounds
        place = f"{west:.2f} to {east:.2f} E, {south:.2f} to {north:.2f} N"
        found.append(
            Finding("layer-elsewhere", "warning", f"{name} lies at {place}, outside the area; it has no effect")
        )
    broken = given.geometry[~given.geometry.is_valid].to_crs(geodesy.WGS84)
    if len(broken):
        before, after = (sum(map(geodesy.area_km2, shapes)) for shapes in (broken, map(_repaired, broken)))
        text = (
            f"{name}: {len(broken)} invalid geometries repaired; their area went from {before:.3f} to {after:.3f} km2"
        )
        found.append(Finding("layer-repaired", "warning", text))
    return tuple(found)


def place_features(frame: GeoDataFrame, *, crs: str, area: Area) -> GeoDataFrame:
    """What lies in and around an area, in `crs`; edges are straight in longitude and latitude, as files mean them.

    Features are cut some way outside the area first: what lies on the other side
    of the Earth has no place in a local projection.
    """
    from shapely import box, intersection, make_valid, segmentize, union_all

    frame = frame.to_crs(geodesy.WGS84)
    west, south, east, north = widened(area, _MARGIN_M)
    parts = (
        [box(west, south, 180.0, north), box(-180.0, south, east, north)]
        if east < west
        else [box(west, south, east, north)]
    )
    shapes = intersection(make_valid(frame.geometry.to_numpy()), union_all(parts))
    frame = frame.set_geometry(segmentize(shapes, _EDGE_DEG), crs=geodesy.WGS84)
    frame = frame[~frame.geometry.is_empty].to_crs(crs)
    return frame.set_geometry([_repaired(shape) for shape in frame.geometry], crs=crs)


def _repaired(shape: Any) -> Any:  # noqa: ANN401
    """A valid geometry of the same kind: repairs leave slivers of lines and points, which mean nothing."""
    from shapely import get_dimensions, get_parts, make_valid, union_all

    valid = make_valid(shape)
    parts = [part for part in get_parts(valid) if get_dimensions(part) == get_dimensions(shape)]
    return valid if valid.geom_type != "GeometryCollection" else union_all(parts)


def widened(area: Area, stand_off_m: float) -> Area:
    """An area grown by a stand-off, generously."""
    west, south, east, north = area
    lat = min(1.1 * stand_off_m / 110_000.0, 90.0)
    lon = min(lat / max(np.cos(np.radians(min(max(abs(south), abs(north)) + lat, 89.0))), 0.02), 179.0)
    if ((east - west) % 360.0 or 360.0) + 2 * lon >= 360.0:
        return -180.0, max(south - lat, -90.0), 180.0, min(north + lat, 90.0)
    west, east = (west - lon + 180.0) % 360.0 - 180.0, (east + lon + 180.0) % 360.0 - 180.0
    return west, max(south - lat, -90.0), east, min(north + lat, 90.0)


def _read_vectors(path: Path) -> GeoDataFrame:
    import geopandas
    import pyogrio

    try:
        with path.open("rb") as file:
            is_virtual = b"<OGRVRT" in file.read(4096)
        trusted = not is_virtual and pyogrio.read_info(path)["driver"] in _DRIVERS
        frame = geopandas.read_file(path) if trusted else None
    except Exception as error:  # GDAL reports broken files through many classes
        raise InputError(
            f"cannot be read as a vector file ({str(error).splitlines()[0]})",
            remedy="check that it is GeoPackage, GeoJSON or another OGR format",
            file=path,
        ) from error
    if frame is None:
        raise InputError("is no self-contained vector file", remedy=f"use {', '.join(_DRIVERS)}", file=path)
    if getattr(frame, "crs", None) is None:
        raise InputError(
            "has no geometries in a coordinate reference system",
            remedy="save it with one, as GeoPackage does",
            file=path,
        )
    return frame


def _read_points(path: Path) -> GeoDataFrame:
    import geopandas
    import pandas as pd

    try:
        table = pd.read_csv(path, encoding="utf-8-sig")
        lon, lat = (pd.to_numeric(table[name], errors="coerce").to_numpy(float) for name in ("lon", "lat"))
    except (KeyError, ValueError) as error:
        raise InputError(
            f"has no usable columns lon and lat ({error})", remedy="give decimal degrees in both", file=path
        ) from error
    wrong = ~((np.abs(lon) <= 180.0) & (np.abs(lat) <= 90.0))
    if wrong.any():
        first = int(np.argmax(wrong))
        problem = f"lon and lat {table['lon'].iloc[first]!r}, {table['lat'].iloc[first]!r} are no place on Earth"
        raise InputError(problem, remedy="give decimal degrees", file=path, key=f"line {first + 2}")
    points = geopandas.points_from_xy(lon, lat)
    return geopandas.GeoDataFrame(table, geometry=points, crs=geodesy.WGS84)
