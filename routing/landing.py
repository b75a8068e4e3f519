"""Candidate landing points, brought from a town to the water.

A published landing is a town or a port, not a beach manhole. Each candidate is
moved to a place on the shoreline from which a straight approach over water
reaches the routing grid; how far it moved is kept and reported.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from routing import geodesy
from routing.errors import InputError
from routing.openwater import open_water
from routing.text import is_plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from routing.grid import Grid
    from routing.seabed import Seabed, WaterLevels

__all__ = ["Landing", "LandingSite", "Retreat", "measure_retreats", "read_landings", "site_landing"]

#: Ids become file names.
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
_COLUMNS = ("id", "name", "country", "lon", "lat")
#: Shore approaches longer than this are looked for nowhere else (default, editable through resolution).
_MAX_APPROACH_CELLS = 6


@dataclass(frozen=True)
class Landing:
    """A candidate as published: a place on land or at the shore.

    Attributes
    ----------
    id
        Short name, unique in the project.
    name, country
        As shown; the country is the group that wanted links join.
    lon, lat
        Degrees.
    status, source, note
        What is known about it.
    """

    id: str
    name: str
    country: str
    lon: float
    lat: float
    status: str = ""
    source: str = ""
    note: str = ""


@dataclass(frozen=True)
class LandingSite:
    """A candidate brought to the water.

    Attributes
    ----------
    landing
        The candidate.
    bmh
        Beach manhole on the shoreline, (lon, lat).
    node
        Free cell (row, col) of the routing grid where the approach ends.
    node_lonlat
        Its position.
    moved_m
        From the published place to the beach manhole.
    approach_m
        Length of the straight approach over water.
    """

    landing: Landing
    bmh: tuple[float, float]
    node: tuple[int, int]
    node_lonlat: tuple[float, float]
    moved_m: float
    approach_m: float

    @property
    def id(self) -> str:
        """Short name, unique in the project."""
        return self.landing.id

    @property
    def name(self) -> str:
        """As shown."""
        return self.landing.name

    @property
    def place(self) -> tuple[float, float]:
        """Where the cable ends: the beach manhole."""
        return self.bmh


@dataclass(frozen=True)
class Retreat:
    """How far the sea leaves a landing by the end of the design life.

    Attributes
    ----------
    site
        The landing.
    low_m, base_m, high_m
        Metres from where the water is today to where it will be, as the distances of both from the beach manhole
        differ, at the lowest, expected and highest water; 0 where it stays; NaN where no water is left.
    is_seen
        Whether the bathymetry sees the water at the landing: False where it calls the shore dry already.
    """

    site: LandingSite
    low_m: float
    base_m: float
    high_m: float
    is_seen: bool

    @property
    def runs_dry(self) -> bool:
        """Whether the expected water has left the landing."""
        return self.base_m != 0


def read_landings(path: Path) -> tuple[Landing, ...]:
    """Read candidates from a CSV file with at least the columns id, name, country, lon, lat.

    Raises
    ------
    InputError
        When the file, a column or a value is missing or wrong, with its line.
    """
    if not path.is_file():
        raise InputError("no such file", remedy="check the path", file=path, key="landings.path")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8 text", remedy="save it as CSV UTF-8", file=path) from error
    # Read as a stream: line marks inside quotes belong to the text.
    reader = csv.DictReader(io.StringIO(text, newline=""))
    try:
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise InputError(f"is no csv table ({error})", remedy="save it as CSV UTF-8", file=path) from error
    missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise InputError(f"has no column {', '.join(missing)}", remedy=f"give {', '.join(_COLUMNS)}", file=path)
    landings = tuple(_landing(row, path, line) for line, row in rows)
    ids = [landing.id for landing in landings]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        raise InputError(f"id {twice[0]!r} stands twice", remedy="make ids unique", file=path, key="id")
    return landings


def site_landing(landing: Landing, sea: Any, grid: Grid, main: NDArray[np.bool_], *, max_move_m: float) -> LandingSite:  # noqa: ANN401
    """Bring one candidate to the water.

    Parameters
    ----------
    landing
        The candidate.
    sea
        The sea as a polygon in the CRS of `grid`.
    grid
        The routing grid.
    main
        Free cells of the open sea: the connected body that a cable can cross.
    max_move_m
        Farthest that a candidate may be moved.

    Raises
    ------
    InputError
        When the shore is farther than `max_move_m`.
    """
    from shapely import LineString, Point
    from shapely.ops import nearest_points

    place = Point(*_grid_xy(grid, landing.lon, landing.lat))
    shore = nearest_points(sea.boundary, place)[0]
    node = _clear_node(shore, sea, grid, main)
    if node is None:
        # The nearest shore looks onto closed water: take the open water nearest to it.
        node = _nearest_free(shore, grid, main)
        shore = nearest_points(sea.boundary, Point(*grid.to_xy([node])[0]))[0]
    ends = geodesy.Projection(grid.crs).inverse([[shore.x, shore.y], grid.to_xy([node])[0]])
    moved_m = float(geodesy.inverse([[landing.lon, landing.lat]], ends[:1])[2][0])
    if moved_m > max_move_m:
        raise InputError(
            f"{landing.name} ({landing.lon:.4f}, {landing.lat:.4f}) lies {moved_m / 1000:.1f} km from open water",
            remedy="move it to the shore, or raise landings.max_move_km", key=f"landing {landing.id}",
        )  # fmt: skip
    approach = LineString([shore, grid.to_xy([node])[0]])
    length_m = float(geodesy.inverse(ends[:1], ends[1:])[2][0])
    if approach.difference(sea).length > 1.0:
        raise InputError(
            f"{landing.name}: no straight approach from the shore to open water",
            remedy="move the landing, or refine resolution_m", key=f"landing {landing.id}",
        )  # fmt: skip
    bmh, node_lonlat = ((float(lon), float(lat)) for lon, lat in ends)
    return LandingSite(landing, bmh, node, node_lonlat, moved_m, length_m)


def measure_retreats(
    sites: Sequence[LandingSite], seabed: Seabed, levels: WaterLevels, *, least_depth_m: float = 0.0
) -> tuple[Retreat, ...]:
    """How far the sea retreats at each landing, to the nearest water that is still joined to the open sea.

    Parameters
    ----------
    sites
        Landings on the shore.
    seabed
        Water depth today.
    levels
        Water levels today and at the end of life.
    least_depth_m
        Depth above which a cell counts as water.

    Notes
    -----
    Distances go to cell centres, so a retreat is good to one cell of the grid, and no better than the bathymetry.
    """
    depth_m = np.where(seabed.sea, seabed.depth_m, np.float32(np.nan))
    today = _distances_m(sites, seabed.grid, depth_m > least_depth_m)
    falls = {name: np.float32(levels.fall_m(name)) for name in ("low", "base", "high")}
    ends = {
        name: today if fall <= 0 else _distances_m(sites, seabed.grid, depth_m - fall > least_depth_m)
        for name, fall in falls.items()
    }
    gone = {name: np.maximum(end - today, 0.0) for name, end in ends.items()}
    raised = seabed.sources.index("least depth")
    return tuple(
        Retreat(
            site,
            low_m=float(gone["low"][number]),
            base_m=float(gone["base"][number]),
            high_m=float(gone["high"][number]),
            is_seen=bool(seabed.source[site.node] != raised),
        )
        for number, site in enumerate(sites)
    )


def _distances_m(sites: Sequence[LandingSite], grid: Grid, wet: NDArray[np.bool_]) -> NDArray[np.float64]:
    """From each beach manhole to the nearest cell of the open water; NaN where there is none."""
    body = open_water(wet)
    # The nearest cell of a body to a place outside lies on its edge.
    inner = body.copy()
    inner[1:] &= body[:-1]
    inner[:-1] &= body[1:]
    inner[:, 1:] &= body[:, :-1]
    inner[:, :-1] &= body[:, 1:]
    edge_xy = grid.to_xy(np.argwhere(body & ~inner)) if not inner.all() else grid.to_xy(np.argwhere(body))
    if not len(edge_xy):
        return np.full(len(sites), np.nan)
    places = np.array([_grid_xy(grid, *site.bmh) for site in sites]).reshape(-1, 2)
    nearest = np.array([edge_xy[np.argmin(np.hypot(*(edge_xy - place).T))] for place in places]).reshape(-1, 2)
    return geodesy.inverse([site.bmh for site in sites], geodesy.Projection(grid.crs).inverse(nearest))[2]


def _grid_xy(grid: Grid, lon: float, lat: float) -> NDArray[np.float64]:
    """Coordinates of one position in the CRS of a grid."""
    return np.asarray(geodesy.Projection(grid.crs).forward([[lon, lat]])[0])


def _clear_node(shore: Any, sea: Any, grid: Grid, main: NDArray[np.bool_]) -> tuple[int, int] | None:  # noqa: ANN401
    """Nearest open-sea cell that a straight line over water reaches from a shore point."""
    from shapely import LineString

    row, col = np.rint(grid.to_rowcol([[shore.x, shore.y]])[0]).astype(int)
    reach = _MAX_APPROACH_CELLS
    rows = range(max(0, row - reach), min(grid.rows, row + reach + 1))
    cols = range(max(0, col - reach), min(grid.cols, col + reach + 1))
    cells = np.array([(r, c) for r in rows for c in cols if main[r, c]]).reshape(-1, 2)
    centres = grid.to_xy(cells)
    distance = np.hypot(centres[:, 0] - shore.x, centres[:, 1] - shore.y)
    for index in np.argsort(distance, kind="stable"):
        if LineString([shore, centres[index]]).difference(sea).length <= 1.0:
            return int(cells[index, 0]), int(cells[index, 1])
    return None


def _nearest_free(point: Any, grid: Grid, main: NDArray[np.bool_]) -> tuple[int, int]:  # noqa: ANN401
    cells = np.argwhere(main)
    centres = grid.to_xy(cells)
    index = int(np.argmin(np.hypot(centres[:, 0] - point.x, centres[:, 1] - point.y)))
    return int(cells[index, 0]), int(cells[index, 1])


def _landing(row: Mapping[str | None, Any], path: Path, line: int) -> Landing:
    if None in row:
        raise InputError(
            "has more cells than the table has columns",
            remedy="write decimals with a point and quote texts that hold commas",
            file=path,
            key=f"line {line}",
        )
    text = {key: (value or "").strip() for key, value in row.items() if key}
    for name in ("id", "country"):
        if not text[name]:
            raise InputError(f"{name} is empty", remedy="fill it in", file=path, key=f"line {line}")
    for name in ("name", "country"):
        if not is_plain(text[name]):
            raise InputError(f"{name} holds a control character", remedy="take it out", file=path, key=f"line {line}")
    if not _ID.fullmatch(text["id"]):
        raise InputError(
            f"id {text['id']!r} cannot name a file",
            remedy="use letters, digits and -",
            file=path,
            key=f"line {line}",
        )
    lon, lat = (
        _degrees(text[name], limit, path, f"line {line}, {name}") for name, limit in (("lon", 180.0), ("lat", 90.0))
    )
    known = {key: text[key] for key in ("status", "source", "note") if key in text}
    return Landing(text["id"], text["name"] or text["id"], text["country"], lon, lat, **known)


def _degrees(text: str, limit: float, path: Path, key: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not abs(value) <= limit:
        raise InputError(
            f"{text!r} is not degrees within {limit:g}", remedy="write decimal degrees with a point", file=path, key=key
        )
    return value
