"""Depth contours as lines with places for their labels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from routing import geodesy
from routing.webmap.budget import CONTOUR_POINTS
from routing.webmap.overlay import ISOBATHS_M
from routing.webmap.thinning import thin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from routing.grid import Raster
    from routing.webmap.frame import Frame

__all__ = ["contours"]

#: Longer side of the pixels that contours are drawn on: a coarse sea does not need more.
_LONG_SIDE_PX = 700
#: A drawn line may leave the true one by this much; rings smaller than this are left out, pixels.
_TOLERANCE_PX = 0.5
_LEAST_PX = 8.0
#: Length of nearly straight line that a label needs, pixels, and how much longer than its chord it may be.
_LABEL_PX = 16.0
_BENT = 1.04
#: Distance between labels, pixels; halved with each zoom that brings more of them.
_APART_PX = 64.0
_TIERS = 3


def contours(depth: Raster, frame: Frame) -> dict[str, Any]:
    """The depth contours as a vector layer, as JSON values.

    Parameters
    ----------
    depth
        Water depth in metres, NaN on land.
    frame
        The area of the map.

    Notes
    -----
    `places` are (lon, lat, degrees clockwise, tier, label): labels of tier n need
    n more zooms than the whole map. On a conformal map a line keeps its angle.
    """
    coarse = frame.with_long_side(_LONG_SIDE_PX)
    lines = _largest(list(_lines(coarse.warp(depth))))
    drawn = [line[thin(line, tolerance=_TOLERANCE_PX)] for _, line in lines]
    return {
        "name": "Depth contours",
        "group": "Seabed",
        "kind": "line",
        "style": "contour",
        "shown": True,
        "labels": [f"{level:,} m" for level, _ in lines],
        "geometries": [_rounded(line, coarse) for line in drawn],
        "places": list(_places(lines, coarse)),
    }


def _lines(metres: NDArray[np.float32]) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Lines (n, 2) of (row, col) at each depth that charts name, with the depth."""
    from contourpy import contour_generator

    if min(metres.shape) < 2 or not np.isfinite(metres).any():
        return
    deepest = float(np.nanmax(metres))
    tracer = contour_generator(z=np.ma.masked_invalid(metres.astype(float)))
    for level in ISOBATHS_M:
        if 0.01 * deepest < level < 0.97 * deepest:
            found = (np.asarray(line)[:, ::-1] for line in tracer.lines(float(level)))
            yield from ((level, line) for line in found if _extent(line) >= _LEAST_PX)


def _largest(lines: list[tuple[int, NDArray[np.float64]]]) -> list[tuple[int, NDArray[np.float64]]]:
    """The largest lines, as many as a page bears: a rough sea floor has rings without end."""
    lines = sorted(lines, key=lambda each: -_extent(each[1]))
    points = np.cumsum([len(line) for _, line in lines])
    return lines[: int(np.searchsorted(points, CONTOUR_POINTS, side="right"))]


def _extent(line: NDArray[np.float64]) -> float:
    return float(np.hypot(*np.ptp(line, axis=0)))


def _lonlat(rowcol: NDArray[np.float64], frame: Frame) -> NDArray[np.float64]:
    cells = frame.pixels
    return frame.unwrap(geodesy.transform_points(cells.to_xy(rowcol), cells.crs, geodesy.WGS84))


def _rounded(line: NDArray[np.float64], frame: Frame) -> list[list[float]]:
    return [[round(lon, 3), round(lat, 3)] for lon, lat in _lonlat(line, frame).tolist()]


def _places(lines: list[tuple[int, NDArray[np.float64]]], frame: Frame) -> Iterator[list[Any]]:
    """Places of labels: straight stretches first, each apart from those before it."""
    found = [(*stretch, level) for level, line in lines for stretch in _stretches(line)]
    found.sort(key=lambda stretch: stretch[0])
    taken = np.empty((0, 2))
    for tier in range(_TIERS):
        apart = _APART_PX / 2**tier
        for _, middle, angle, level in found:
            if (np.hypot(*(taken - middle).T) < apart).any():
                continue
            taken = np.vstack([taken, middle])
            lon, lat = _lonlat(middle[None], frame)[0].tolist()
            yield [round(lon, 4), round(lat, 4), round(angle, 1), tier, f"{level:,}"]


def _stretches(line: NDArray[np.float64]) -> Iterator[tuple[float, NDArray[np.float64], float]]:
    """How bent nearly straight stretches are, their middles, and their angles, readable from below."""
    along = np.append(0.0, np.cumsum(np.hypot(*np.diff(line, axis=0).T)))
    marks = np.arange(0.0, along[-1], 0.5 * _LABEL_PX)
    row, col = (np.interp(marks, along, axis) for axis in line.T)
    for first in range(len(marks) - 2):
        down, right = row[first + 2] - row[first], col[first + 2] - col[first]
        bent = _LABEL_PX / max(math.hypot(down, right), 1e-9)
        if bent <= _BENT:
            angle = math.degrees(math.atan2(down, right))
            yield bent, np.array([row[first + 1], col[first + 1]]), (angle + 90.0) % 180.0 - 90.0
