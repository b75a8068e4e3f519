"""What lines meet over the cells of surveys, window by window."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from routing import geodesy, grid
from routing.planning import Traits
from routing.seabed.slope import slope_across, slope_along

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from routing.refinement.ground import Ground

__all__ = ["joined", "traits"]

#: Steps per cell at which a line is looked at.
_STEPS_PER_CELL = 2


def traits(xy: NDArray[np.float64], ground: Ground) -> Traits:
    """What a line (n, 2), map metres, inside one window meets."""
    priced = ground.priced
    cells = priced.surface.grid
    lonlat = priced.projection.inverse(xy)
    place = priced.rowcol(geodesy.densify(lonlat, step_m=cells.dx / _STEPS_PER_CELL))
    depth_m = grid.sample(priced.surface.depth_m, place)
    middle, step = 0.5 * (place[:-1] + place[1:]), np.diff(place, axis=0)
    row, col = np.clip(np.rint(middle).astype(np.intp), 0, np.array(cells.shape) - 1).T
    heading = np.degrees(np.arctan2(step[:, 1] * cells.dx, -step[:, 0] * cells.dy)).astype(np.float32)
    slope = ground.slope.slope_deg[row, col], ground.slope.downhill_deg[row, col]
    along, across = (np.abs(of(*slope, heading)).tolist() for of in (slope_along, slope_across))
    return Traits(
        length_m=float(geodesy.cumulative_m(lonlat)[-1]),
        usd=priced.kernel.price(cells.to_rowcol(xy)),
        least_m=_least(depth_m.tolist()),
        most_m=_most(depth_m.tolist()),
        along_deg=_most(along),
        across_deg=_most(across),
    )


def joined(parts: Sequence[Traits]) -> Traits:
    """A line from its parts, one window after the other."""
    return Traits(
        length_m=sum(part.length_m for part in parts),
        usd=sum(part.usd for part in parts),
        least_m=_least(part.least_m for part in parts),
        most_m=_most(part.most_m for part in parts),
        along_deg=_most(part.along_deg for part in parts),
        across_deg=_most(part.across_deg for part in parts),
    )


def _least(values: Iterable[float]) -> float:
    return min((value for value in values if not math.isnan(value)), default=math.nan)


def _most(values: Iterable[float]) -> float:
    return max((value for value in values if not math.isnan(value)), default=math.nan)
