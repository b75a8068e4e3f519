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

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

__all__ = [
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
    frame = read_layer(source.path, crs=crs, area=area)
    for key in ("buffer_field", "label_field"):
        name = getattr(source, key)
        if name is not None and name not in frame.columns:
            raise InputError(f"no attribute {name!r}", remedy=f"correct {key}", file=source.path, key=key)
    stand_off = np.full(len(frame), source.buffer_m)
    if source.buffer_field is not None:
        stand_off = stand_off + 1000.0 * frame[source.buffer_field].astype(float).to_numpy()
    zones = [
        shape.buffer(metres) if metres > 0 else shape for shape, metres in zip(frame.geometry, stand_off, strict=True)
    ]
    labels = frame[source.label_field].astype(str) if source.label_field else [source.name] * len(frame)
    return Layer(source, tuple(frame.geometry), tuple(zones), tuple(labels))


def read_layer(path: Path, *, crs: str, area: Area) -> GeoDataFrame:
    """Read a vector file and put what touches the area into `crs`.

    A csv file with columns lon and lat is read as points of WGS84.

    Raises
    ------
    InputError
        When the file is missing, is no vector file or carries no CRS.
    """
    from shapely import box

    frame = _read_points(path) if path.suffix.lower() == ".csv" else _read_vectors(path)
    frame = frame[~frame.geometry.isna() & ~frame.geometry.is_empty].to_crs(geodesy.WGS84)
    west, south, east, north = area
    parts = [box(west, south, 180.0, north), box(-180.0, south, east, north)] if east < west else [box(*area)]
    near = np.logical_or.reduce([frame.intersects(part) for part in parts]) if len(frame) else []
    frame = frame[near].to_crs(crs)
    return frame.set_geometry(frame.geometry.make_valid())


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
    return polygons.union_all()


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
    cells: grid.Grid, *, sea: NDArray[np.bool_], known: NDArray[np.bool_], layers: Sequence[Layer]
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
    layers
        Layers; those of kind ``"exclude"`` count.

    Examples
    --------
    >>> cells = grid.Grid(1, 2, 0.0, 10.0, 10.0, 10.0, "EPSG:32639")
    >>> burn_exclusions(cells, sea=np.array([[True, False]]), known=np.array([[True, True]]), layers=()).code
    array([[0, 1]], dtype=uint8)
    """
    reasons = [LAND, NO_BATHYMETRY]
    code = np.where(sea, 0, 1).astype(np.uint8)
    code[sea & ~known] = 2
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


def _read_vectors(path: Path) -> GeoDataFrame:
    import geopandas

    if "://" in str(path) or str(path).startswith("/vsi") or not path.is_file():
        raise InputError("no such file", remedy="check the path", file=path)
    try:
        frame = geopandas.read_file(path)
    except Exception as error:  # GDAL reports broken files through many classes
        raise InputError(
            f"cannot be read as a vector file ({str(error).splitlines()[0]})",
            remedy="check that it is GeoPackage, GeoJSON or another OGR format",
            file=path,
        ) from error
    if getattr(frame, "crs", None) is None:
        raise InputError("has no coordinate reference system", remedy="save it with one, as GeoPackage does", file=path)
    return frame


def _read_points(path: Path) -> GeoDataFrame:
    import geopandas
    import pandas as pd

    if not path.is_file():
        raise InputError("no such file", remedy="check the path", file=path)
    try:
        table = pd.read_csv(path, encoding="utf-8-sig")
        points = geopandas.points_from_xy(table["lon"].astype(float), table["lat"].astype(float))
    except (KeyError, ValueError) as error:
        raise InputError(
            f"has no usable columns lon and lat ({error})", remedy="give decimal degrees in both", file=path
        ) from error
    return geopandas.GeoDataFrame(table, geometry=points, crs=geodesy.WGS84)
