"""Where a cable may not go, and what it meets on its way, from vector layers.

Coastline, exclusion zones, shipping lanes and national sectors are read, checked
and put into the routing CRS here; the coast keeps its own precision as a polygon,
and a cell counts as sea only when no part of it is land.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from routing import geodesy, grid
from routing.errors import InputError
from routing.gridfile import local_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

__all__ = [
    "NATURAL",
    "ExclusionMap",
    "Layer",
    "LayerKind",
    "LayerSource",
    "Sectors",
    "burn_exclusions",
    "burn_lanes",
    "load_layer",
    "read_layer",
    "read_sea",
    "read_sectors",
    "sea_cells",
    "sea_from_cells",
]

LayerKind = Literal["exclude", "shipping", "show"]
Area = tuple[float, float, float, float]

LAND = "land"
NO_BATHYMETRY = "no bathymetry"
NO_CABLE = "no cable type for this depth"
#: Reasons that lie in nature and in the catalogue, not in a layer; their codes come first.
NATURAL = (LAND, NO_BATHYMETRY, NO_CABLE)

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
#: Segments of a quarter circle of a stand-off, which is cut 0.1 % short between them.
_ROUNDNESS = 32
#: Features are kept this far outside the area, so that its edge is nobody's shore.
_MARGIN_M = 150_000.0
_STAND_OFF = "stand off, m"


@dataclass(frozen=True)
class LayerSource:
    """Where a vector layer is and what it means.

    Attributes
    ----------
    name
        What it is called in reports.
    path
        A vector file, or csv with columns lon and lat.
    kind
        ``"exclude"``: no cable inside; ``"shipping"``: more anchors inside;
        ``"show"``: drawn, with no effect.
    reason
        Why a cable is kept out, shown to the user.
    buffer_m
        Stand-off around each feature.
    buffer_field
        Attribute with each feature's own stand-off, km; added to `buffer_m`.
    label_field
        Attribute that names each feature.
    """

    name: str
    path: Path
    kind: LayerKind
    reason: str
    buffer_m: float = 0.0
    buffer_field: str | None = None
    label_field: str | None = None


@dataclass(frozen=True)
class Layer:
    """A vector layer in the routing CRS.

    Attributes
    ----------
    source
        Where it comes from and what it means.
    features
        Geometries as drawn.
    zones
        The same, widened by their stand-off.
    labels
        One name a feature.
    """

    source: LayerSource
    features: tuple[Any, ...]
    zones: tuple[Any, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True)
class ExclusionMap:
    """Why each cell is excluded.

    Attributes
    ----------
    code
        0 where a cable may go, otherwise 1 + the index into `reasons`.
    reasons
        Text of each code.
    """

    code: NDArray[np.uint8]
    reasons: tuple[str, ...]

    def reason_at(self, row: int, col: int) -> str | None:
        """Why one cell is excluded; None when it is free."""
        code = int(self.code[row, col])
        return None if code == 0 else self.reasons[code - 1]

    def around(self, mask: NDArray[np.bool_]) -> tuple[tuple[str, float], ...]:
        """Which exclusions enclose a pocket of free cells, by their share of its edge, largest first."""
        edge = np.zeros_like(mask)
        edge[1:] |= mask[:-1]
        edge[:-1] |= mask[1:]
        edge[:, 1:] |= mask[:, :-1]
        edge[:, :-1] |= mask[:, 1:]
        codes, counts = np.unique(self.code[edge & (self.code > 0)], return_counts=True)
        order = np.argsort(-counts, kind="stable")
        return tuple((self.reasons[codes[i] - 1], float(counts[i] / counts.sum())) for i in order)


@dataclass(frozen=True)
class Sectors:
    """National sectors as polygons (routing CRS) and as one code per cell: 1 + the index, 0 for none."""

    countries: tuple[str, ...]
    polygons: tuple[Any, ...]
    code: NDArray[np.uint8]

    def along(self, rowcol: NDArray[np.float64]) -> tuple[str | None, ...]:
        """The sector at each of a line's positions (n, 2), by nearest cell."""
        cells = np.clip(np.rint(rowcol).astype(int), 0, np.array(self.code.shape) - 1)
        codes = self.code[cells[:, 0], cells[:, 1]]
        return tuple(self.countries[code - 1] if code else None for code in codes)


def load_layer(source: LayerSource, *, crs: str, area: Area) -> Layer:
    """Read a layer and widen its features by their stand-off.

    Raises
    ------
    InputError
        When the file, or the attribute that holds the stand-off or the label, does not fit.
    """
    frame = _read(source.path)
    for key in ("buffer_field", "label_field"):
        name = getattr(source, key)
        if name is not None and name not in frame.columns:
            raise InputError(f"no attribute {name!r}", remedy=f"correct {key}", file=source.path, key=key)
    frame = frame.assign(**{_STAND_OFF: _stand_off_m(source, frame)})
    frame = _placed(frame, crs=crs, area=_widened(area, float(frame[_STAND_OFF].max()) if len(frame) else 0.0))
    zones = tuple(_zone(shape, metres, crs) for shape, metres in zip(frame.geometry, frame[_STAND_OFF], strict=True))
    labels = frame[source.label_field].astype(str) if source.label_field else [source.name] * len(frame)
    return Layer(source, tuple(frame.geometry), zones, tuple(labels))


def read_layer(path: Path, *, crs: str, area: Area) -> GeoDataFrame:
    """Read a vector file and put what touches the area into `crs`.

    A csv file with columns lon and lat is read as points of WGS84.

    Raises
    ------
    InputError
        When the file is missing, is no vector file or carries no CRS.
    """
    return _placed(_read(path), crs=crs, area=area)


def read_sea(path: Path, *, crs: str, area: Area) -> Any:  # noqa: ANN401  (a shapely geometry)
    """The sea as one polygon in `crs`, islands as holes.

    Raises
    ------
    InputError
        When the file holds no polygon that touches the area.
    """
    frame = read_layer(path, crs=crs, area=area)
    polygons = frame[frame.geometry.geom_type.isin(("Polygon", "MultiPolygon"))]
    if polygons.empty:
        raise InputError(
            f"no sea polygon touches the area {area}",
            remedy="give polygons of the sea (not of the land) that cover the area", file=path, key="coast.path",
        )  # fmt: skip
    # Halves that meet at the antimeridian are a rounding error apart.
    return polygons.union_all(grid_size=1e-3)


def sea_from_cells(wet: NDArray[np.bool_], cells: grid.Grid) -> Any:  # noqa: ANN401  (a shapely geometry)
    """The sea as a polygon along cell edges, for projects without a coastline."""
    from shapely import union_all

    return union_all([polygon for polygon, _ in grid.outlines(wet.astype(np.uint8), cells)])


def sea_cells(sea: Any, cells: grid.Grid) -> NDArray[np.bool_]:  # noqa: ANN401
    """Cells that are nothing but sea: no part of them is land."""
    from shapely import box

    left, bottom, right, top = cells.bounds
    land = box(left, bottom, right, top).difference(sea)
    return ~grid.burn([land], cells, all_touched=True)


def read_sectors(path: Path, cells: grid.Grid, *, attribute: str, area: Area) -> Sectors:
    """National sectors, named by an attribute of the layer.

    Raises
    ------
    InputError
        When the attribute is not in the file.
    """
    frame = read_layer(path, crs=cells.crs, area=area)
    if attribute not in frame.columns:
        raise InputError(
            f"no attribute {attribute!r}; it has {', '.join(map(str, frame.columns.drop('geometry')))}",
            remedy="set attribute to one of them", file=path, key="sectors.attribute",
        )  # fmt: skip
    merged = frame.dissolve(by=attribute, sort=True)
    code = np.zeros(cells.shape, np.uint8)
    for number, polygon in enumerate(merged.geometry, start=1):
        code[grid.burn([polygon], cells, all_touched=False) & (code == 0)] = number
    return Sectors(tuple(map(str, merged.index)), tuple(merged.geometry), code)


def burn_exclusions(
    cells: grid.Grid,
    *,
    sea: NDArray[np.bool_],
    known: NDArray[np.bool_],
    layable: NDArray[np.bool_],
    layers: Sequence[Layer],
) -> ExclusionMap:
    """Give every excluded cell its reason; where several hold, the first named wins.

    Parameters
    ----------
    cells
        The routing grid.
    sea
        Cells that are nothing but sea.
    known
        Cells with known depth.
    layable
        Cells whose depth some cable type fits.
    layers
        Layers; those of kind ``"exclude"`` count.

    Examples
    --------
    >>> cells = grid.Grid(1, 2, 0.0, 10.0, 10.0, 10.0, "EPSG:32639")
    >>> everywhere = np.array([[True, True]])
    >>> sea = np.array([[True, False]])
    >>> burn_exclusions(cells, sea=sea, known=everywhere, layable=everywhere, layers=()).code
    array([[0, 1]], dtype=uint8)
    """
    reasons = list(NATURAL)
    code = np.where(sea, 0, 1).astype(np.uint8)
    code[sea & ~known] = 2
    code[sea & known & ~layable] = 3
    for layer in layers:
        if layer.source.kind == "exclude":
            reasons.append(layer.source.reason)
            code[grid.burn(layer.zones, cells, all_touched=True) & (code == 0)] = len(reasons)
    return ExclusionMap(code, tuple(reasons))


def burn_lanes(cells: grid.Grid, layers: Sequence[Layer]) -> NDArray[np.bool_]:
    """Cells inside shipping lanes."""
    inside = np.zeros(cells.shape, bool)
    for layer in layers:
        if layer.source.kind == "shipping":
            inside |= grid.burn(layer.zones, cells, all_touched=False)
    return inside


def _read(path: Path) -> GeoDataFrame:
    """A vector file as it is, features without a geometry left out."""
    local_file(path)
    frame = _read_points(path) if path.suffix.lower() == ".csv" else _read_vectors(path)
    return frame[~frame.geometry.isna() & ~frame.geometry.is_empty]


def _placed(frame: GeoDataFrame, *, crs: str, area: Area) -> GeoDataFrame:
    """What lies in and around an area, in `crs`; edges are straight in longitude and latitude, as files mean them.

    Features are cut some way outside the area first: what lies on the other side
    of the Earth has no place in a local projection.
    """
    from shapely import box, intersection, make_valid, segmentize, union_all

    frame = frame.to_crs(geodesy.WGS84)
    west, south, east, north = _widened(area, _MARGIN_M)
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


def _widened(area: Area, stand_off_m: float) -> Area:
    """An area grown by a stand-off, generously."""
    west, south, east, north = area
    lat = min(1.1 * stand_off_m / 110_000.0, 90.0)
    lon = min(lat / max(np.cos(np.radians(min(max(abs(south), abs(north)) + lat, 89.0))), 0.02), 179.0)
    if ((east - west) % 360.0 or 360.0) + 2 * lon >= 360.0:
        return -180.0, max(south - lat, -90.0), 180.0, min(north + lat, 90.0)
    west, east = (west - lon + 180.0) % 360.0 - 180.0, (east + lon + 180.0) % 360.0 - 180.0
    return west, max(south - lat, -90.0), east, min(north + lat, 90.0)


def _stand_off_m(source: LayerSource, frame: GeoDataFrame) -> NDArray[np.float64]:
    """Stand-off of each feature, metres on Earth."""
    import pandas as pd

    if source.buffer_field is None:
        return np.full(len(frame), source.buffer_m)
    own_km = pd.to_numeric(frame[source.buffer_field], errors="coerce").to_numpy(float)
    wrong = ~(np.isfinite(own_km) & (own_km >= 0))
    if wrong.any():
        value = frame[source.buffer_field].iloc[int(np.argmax(wrong))]
        problem = f"{source.buffer_field} of feature {int(np.argmax(wrong)) + 1} is {value!r}, not a distance in km"
        raise InputError(problem, remedy="give 0 or more", file=source.path, key=source.buffer_field)
    return np.asarray(source.buffer_m + 1000.0 * own_km)


def _zone(shape: Any, stand_off_m: float, crs: str) -> Any:  # noqa: ANN401
    """A feature with its stand-off, which is metres on Earth: the map's scale there widens it."""
    if stand_off_m == 0:
        return shape
    left, bottom, right, top = shape.bounds
    projection = geodesy.Projection(crs)
    corners = [(x, y) for x in (left, 0.5 * (left + right), right) for y in (bottom, 0.5 * (bottom + top), top)]
    scale = float(projection.scale(projection.inverse(corners)).max())
    return shape.buffer(stand_off_m * scale, quad_segs=_ROUNDNESS).union(shape)


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
