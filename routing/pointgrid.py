"""Text files of points, in any order, put on the regular grid that they lie on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from routing.errors import InputError, ResourceError
from routing.grid import Grid

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["PointGrid", "is_point_list", "lay_points", "read_points"]

#: Bytes in which the first point of a list must be found.
_HEAD = 8192
#: Largest file, bytes: read at once, its 70 million points or so take 11 GB of memory (default).
_MAX_BYTES = 2_000_000_000
#: Names that columns go by, in lower case, without units.
_NAMES = {
    "x": {"x", "lon", "long", "longitude", "east", "easting", "eastings", "e"},
    "y": {"y", "lat", "latitude", "north", "northing", "northings", "n"},
    "z": {"z", "depth", "elevation", "height", "value", "h"},
}
#: How far a point may lie from its node, in steps: coordinates are rounded when they are written (default).
_OFF_NODE = 0.05
#: Gaps of less than this many smallest ones are one step, whatever rounding does to them.
_ONE_STEP = 1.5
#: Numbers that differ by less are the same number, written twice (5 mm in degrees and in metres).
_ROUND_OFF = 1e-9
#: Least share of points with a neighbour one step away along the rows or along the columns (default).
_MIN_NEIGHBOURS = 0.5
#: Most nodes of the box round the points; a box this empty holds tracks or blunders.
_MAX_NODES = 10**13


@dataclass(frozen=True)
class _Layout:
    """How the lines of a list are written: separator, lines before the first point, columns in the order x, y, z."""

    separator: str | None
    skipped: int
    columns: tuple[int, ...]


@dataclass(frozen=True)
class PointGrid:
    """Points on the nodes of a grid.

    Attributes
    ----------
    grid
        Cells whose centres are the nodes.
    rows, cols
        Cell of each point.
    values
        Value of each point; NaN where unknown.
    """

    grid: Grid
    rows: NDArray[np.int64]
    cols: NDArray[np.int64]
    values: NDArray[np.float64]

    def window(self, row: int, col: int, shape: tuple[int, int]) -> NDArray[np.float32]:
        """Values of a window, NaN where there is no point.

        Examples
        --------
        >>> three = np.array([[0.0, 0.0, 5.0], [1.0, 1.0, 7.0], [1.0, 0.0, 6.0]])
        >>> lay_points(three, crs="EPSG:32639").window(0, 0, (2, 2))
        array([[nan,  7.],
               [ 5.,  6.]], dtype=float32)
        """
        inside = (self.rows >= row) & (self.rows < row + shape[0]) & (self.cols >= col) & (self.cols < col + shape[1])
        found = np.full(shape, np.nan, np.float32)
        found[self.rows[inside] - row, self.cols[inside] - col] = self.values[inside]
        return found


def is_point_list(path: Path) -> bool:
    r"""Whether a file begins like a list of points: comments, one line of names at most, then three numbers or more.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     survey = pathlib.Path(folder) / "survey.txt"
    ...     _ = survey.write_text("Easting,Northing,Depth\n500000.5,4600000.5,12.25\n")
    ...     is_point_list(survey)
    True
    """
    return _layout(path) is not None


def read_points(path: Path) -> NDArray[np.float64]:
    """Points of a text file, one a line: x, y, then the values in the order of their columns.

    Columns are separated by commas, semicolons or white space. Where a line of names says which are x, y and z, these
    come first; otherwise they are the first three.

    Raises
    ------
    InputError
        When the file is no such list, or a position is not a number.
    ResourceError
        When the file is larger than 2 GB.
    ValueError
        When a line does not hold the same columns as the first.
    """
    layout = _layout(path)
    if layout is None:
        raise InputError("is no list of points", remedy="write x, y and z on each line", file=path)
    if path.stat().st_size > _MAX_BYTES:
        raise ResourceError(
            f"{path}: {path.stat().st_size / 1e9:.1f} GB of points is more than the {_MAX_BYTES / 1e9:g} GB allowed at "
            "once; cut the file to the area or make it a GeoTIFF (gdal_translate does it)"
        )
    # An open file, not a path: numpy would unpack archives and fetch addresses.
    with path.open(encoding="utf-8-sig") as file:
        points = np.loadtxt(file, delimiter=layout.separator, skiprows=layout.skipped, ndmin=2)
    first = [column for column in layout.columns if column < points.shape[1]]
    points = points[:, [*first, *(column for column in range(points.shape[1]) if column not in first)]]
    wrong = ~np.isfinite(points[:, :2]).all(axis=1)
    if wrong.any():
        raise InputError(f"point {int(wrong.argmax()) + 1} has no position", remedy="take it out", file=path)
    return np.asarray(points, np.float64)


def lay_points(points: NDArray[np.float64], *, crs: str) -> PointGrid:
    """Put points on the grid that they lie on, whatever their order; nodes without a point are unknown.

    The step along an axis is the smallest between two coordinates, made exact over the whole length.

    Parameters
    ----------
    points
        Columns x, y and value.
    crs
        CRS of the positions.

    Raises
    ------
    InputError
        When they lie on no grid, or one place has two values.

    Examples
    --------
    >>> south_up = np.array([[50.0, 41.0, -1.0], [50.5, 41.0, -2.0], [50.0, 41.5, -3.0], [50.5, 41.5, -4.0]])
    >>> laid = lay_points(south_up, crs="EPSG:4326")
    >>> laid.grid.bounds, laid.window(0, 0, (2, 2)).tolist()
    ((49.75, 40.75, 50.75, 41.75), [[-3.0, -4.0], [-1.0, -2.0]])
    """
    (left, dx, cols), (bottom, dy, up) = _axis(points[:, 0], "x"), _axis(points[:, 1], "y")
    across, high = int(cols.max()) + 1, int(up.max()) + 1
    if across * high > _MAX_NODES:
        raise _ungridded(f"they spread over {high} x {across} steps of {dy:g} and {dx:g}")
    grid = Grid(high, across, left - dx / 2, bottom + (high - 0.5) * dy, dx, dy, crs)
    rows = high - 1 - up
    _refuse_doubles(points, rows * across + cols)
    share = max(_neighbours(rows * across + cols), _neighbours(cols * high + rows))
    if share < _MIN_NEIGHBOURS:
        raise _ungridded(f"only {100 * share:.0f} % have a neighbour one step away ({dx:g} by {dy:g})")
    return PointGrid(grid, rows, cols, points[:, 2])


def _axis(values: NDArray[np.float64], name: str) -> tuple[float, float, NDArray[np.int64]]:
    """First node, step and index of each value along one axis."""
    nodes = np.unique(values)
    gaps = np.diff(nodes)
    apart = gaps > _ROUND_OFF * np.median(np.abs(nodes))  # not the largest, which may be a blunder
    if not apart.any():
        raise _ungridded(f"all lie on one {name}")
    single = gaps[apart & (gaps < _ONE_STEP * gaps[apart].min())].mean()
    # Counted gap by gap, so that rounding does not add up over many steps.
    steps = np.where(apart, np.rint(gaps / single), 0.0)
    index = np.concatenate([[0.0], np.cumsum(steps)])
    if index[-1] > _MAX_NODES:
        raise _ungridded(f"{name} spreads over {index[-1]:.2g} steps")
    step = float(nodes[-1] - nodes[0]) / max(float(index[-1]), 1.0)
    off = float(np.abs(nodes - nodes[0] - step * index).max()) / step
    if off > _OFF_NODE:
        raise _ungridded(f"{name} is off an even step of {step:g} by up to {100 * off:.0f} % of it")
    return float(nodes[0]), step, index[np.searchsorted(nodes, values)].astype(np.int64)


def _neighbours(keys: NDArray[np.int64]) -> float:
    """Share of points whose next or last number is taken too."""
    apart = np.diff(np.unique(keys)) == 1
    touching = np.concatenate([[False], apart]) | np.concatenate([apart, [False]])
    return float(touching.mean())


def _refuse_doubles(points: NDArray[np.float64], keys: NDArray[np.int64]) -> None:
    order = np.argsort(keys, kind="stable")
    same = np.diff(keys[order]) == 0
    one, other = points[order[:-1]][same], points[order[1:]][same]
    differ = one[:, 2] != other[:, 2]
    differ &= ~(np.isnan(one[:, 2]) & np.isnan(other[:, 2]))
    if differ.any():
        x, y, z = one[differ][0]
        raise InputError(
            f"place ({x:.10g}, {y:.10g}) has the values {z:g} and {other[differ][0][2]:g}",
            remedy="keep one value a place",
        )


def _ungridded(detail: str) -> InputError:
    return InputError(f"points lie on no regular grid: {detail}", remedy="grid the soundings first (gdal_grid does it)")


def _layout(path: Path) -> _Layout | None:
    with path.open("rb") as file:
        head = file.read(_HEAD)
    try:
        # A cut inside a letter of the last line is no fault.
        text = head.decode("utf-8-sig", errors="strict" if len(head) < _HEAD else "ignore")
    except UnicodeDecodeError:
        return None
    columns: tuple[int, ...] | None = None
    for number, line in enumerate(text.splitlines()):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        separator = next((mark for mark in ",;" if mark in line), None)
        fields = [field.strip() for field in line.split(separator)]
        if len(fields) >= 3 and all(map(_is_number, fields)):
            return _Layout(separator, number, columns or (0, 1, 2))
        if columns is not None or not re.fullmatch(r"[\w\s,;.()\[\]/\"°-]+", line):
            return None
        columns = _named(fields)
    return None


def _named(fields: list[str]) -> tuple[int, ...]:
    """Places of x, y and, if it has a name, z; the first three when the names do not tell."""
    plain = [re.split(r"[\s(\[/_]", field.strip('" ').lower())[0] for field in fields]
    places = {axis: [at for at, name in enumerate(plain) if name in names] for axis, names in _NAMES.items()}
    if len(places["x"]) != 1 or len(places["y"]) != 1:
        return (0, 1, 2)
    return (places["x"][0], places["y"][0], *places["z"][:1])


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text
