"""Vector files, judged on reading and put into the routing CRS.

A polygon that is not valid is repaired, and what that did to its area is told.
"""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np

from routing import geodesy
from routing.errors import InputError
from routing.finding import Finding
from routing.localfile import head_of, local_file, refuse_large

if TYPE_CHECKING:
    from pathlib import Path

    from geopandas import GeoDataFrame

__all__ = ["Area", "find_doubts", "place_features", "read_features", "read_layer", "widened"]

Area = tuple[float, float, float, float]

#: Formats by the first bytes of a file, each with the drivers of GDAL that may turn out to read it. All hold their own
#: features; the content decides, because GDAL would open whatever it is, and some formats name servers and other files.
_FORMATS: tuple[tuple[re.Pattern[bytes], tuple[str, ...]], ...] = (
    (re.compile(rb"SQLite format 3\x00"), ("GPKG", "SQLite")),
    (re.compile(rb"fgb\x03fgb"), ("FlatGeobuf",)),
    (re.compile(rb"\x00\x00\x27\x0a"), ("ESRI Shapefile",)),
    (re.compile(rb"\d{5}[ 23]"), ("S57",)),
    (re.compile(rb"(?:\xef\xbb\xbf)?\s*[{\[]"), ("GeoJSON", "GeoJSONSeq", "TopoJSON")),
    (re.compile(rb"(?:\xef\xbb\xbf)?\s*<"), ("KML", "LIBKML", "GML")),
)
#: Marks of files that stand for others, of document types with entities, which no map needs.
_TREACHEROUS = re.compile(rb"<\s*OGR|<!DOCTYPE|<!ENTITY", re.IGNORECASE)
_USABLE = "GeoPackage, GeoJSON, Shapefile, FlatGeobuf, KML, GML, S-57 or csv"
#: Farthest longitude and latitude of a place, degrees: grids and layers round the antimeridian run to 540.
_LON, _LAT = 540.0, 90.000_001
#: Largest file that is read at once, bytes (default).
_MAX_BYTES = 2_000_000_000
#: Modules of SQLite tables that keep their rows in the same file.
_OWN_MODULES = ("rtree", "rtree_i32", "geopoly", "fts3", "fts4", "fts5", "fts5vocab")
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

    drivers = _drivers(path)
    # A GML file may name the server that describes it, where GDAL would ask, and write what it learnt beside the file.
    options = {"DOWNLOAD_SCHEMA": "NO", "WRITE_GFS": "NO"} if "GML" in drivers and _is_gml(path) else {}
    try:
        driver = pyogrio.read_info(path.absolute(), **options)["driver"]
        frame = geopandas.read_file(path.absolute(), **options) if driver in drivers else None
    except Exception as error:  # GDAL reports broken files through many classes
        raise _unreadable(path, str(error).splitlines()[0]) from error
    if frame is None:
        raise _unreadable(path, f"is {driver} by content")
    if getattr(frame, "crs", None) is None:
        raise InputError(
            "has no geometries in a coordinate reference system",
            remedy="save it with one, as GeoPackage does",
            file=path,
        )
    _refuse_unearthly(frame, path)
    return frame


def _unreadable(path: Path, detail: str) -> InputError:
    return InputError(f"cannot be read as a vector file ({detail})", remedy=f"use {_USABLE}", file=path)


def _drivers(path: Path) -> tuple[str, ...]:
    """Drivers that may read a file, by its first bytes."""
    refuse_large(path, _MAX_BYTES, remedy="cut the layer to the area (ogr2ogr -spat does it)")
    head = head_of(path)
    drivers = next((names for mark, names in _FORMATS if mark.match(head)), ())
    if not drivers:
        raise _unreadable(path, "unknown format")
    if _TREACHEROUS.search(head):
        raise InputError(
            "points at other sources or declares entities, which no layer needs", remedy=f"use {_USABLE}", file=path
        )
    if "GPKG" in drivers:
        _refuse_foreign_tables(path)
    return drivers


def _is_gml(path: Path) -> bool:
    return b"gml" in head_of(path).lower()


def _refuse_foreign_tables(path: Path) -> None:
    """Refuse a database with tables whose rows are kept elsewhere."""
    import sqlite3

    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            made = [row[0] for row in database.execute("SELECT sql FROM sqlite_master WHERE sql LIKE '%VIRTUAL%'")]
    except sqlite3.Error as error:
        raise _unreadable(path, str(error)) from error
    modules = [
        match[1].lower() for sql in made for match in re.finditer(r"\bUSING\s+[\"'`\[]?(\w+)", sql, re.IGNORECASE)
    ]
    foreign = [name for name in modules if name not in _OWN_MODULES]
    if foreign:
        problem = f"holds a table of kind {foreign[0]!r}, whose rows are not in the file"
        raise InputError(problem, remedy="save the layer alone as GeoPackage", file=path)


def _refuse_unearthly(frame: GeoDataFrame, path: Path) -> None:
    """Refuse coordinates that are no place: longitudes may run on past 180, latitudes end at the poles."""
    bounds = frame.to_crs(geodesy.WGS84).geometry.bounds.to_numpy()
    if geodesy.parse_crs(frame.crs.to_wkt()).is_geographic:
        bounds = frame.geometry.bounds.to_numpy()
    given = ~(frame.geometry.isna() | frame.geometry.is_empty).to_numpy()
    fits = np.isfinite(bounds).all(axis=1) & (np.abs(bounds) <= (_LON, _LAT, _LON, _LAT)).all(axis=1)
    wrong = given & ~fits
    if wrong.any():
        first = int(np.argmax(wrong))
        x, y = frame.geometry.bounds.to_numpy()[first][:2]
        problem = f"feature {first + 1} at {x:g}, {y:g} is no place on Earth"
        raise InputError(problem, remedy="correct it, or the coordinate reference system of the file", file=path)


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
