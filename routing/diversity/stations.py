"""A first set of lines that leave room for each other, chosen jointly.

The sea between the landings is cut by a few lines across it, the level lines of
the difference of the prices from both shores. One place of each link on every
cut, any two at least the separation apart, is chosen by dynamic programming over
all links at once. The result is coarse; it is where the improvement starts.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from routing.diversity.apartness import Apartness
    from routing.diversity.laying import Link

__all__ = ["Tides", "measure_tides", "reserve_room"]

#: Most cuts, and most states of all links together on one cut.
_MOST_CUTS, _MOST_STATES = 48, 60_000
#: Most places on a cut.
_MOST_PLACES = 64
#: Places are looked for on paths up to so many times as dear as the cheapest.
_DEAREST = 3.0


@dataclass(frozen=True)
class Tides:
    """Prices from the landings of each link, and across the whole sea.

    Attributes
    ----------
    starts, ends
        Price of every cell from the start and the end of each link, (links, rows, cols); inf where none leads.
    """

    starts: NDArray[np.float64]
    ends: NDArray[np.float64]

    @property
    def across(self) -> NDArray[np.float64]:
        """Price from the nearest start less that from the nearest end; NaN where none leads."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.starts.min(axis=0) - self.ends.min(axis=0))

    @property
    def through(self) -> NDArray[np.float64]:
        """Price of the cheapest way from a start to an end through every cell."""
        return np.asarray(self.starts.min(axis=0) + self.ends.min(axis=0))


def measure_tides(links: Sequence[Link], apart: Apartness) -> Tides:
    """Prices from the landings of links over the whole sea."""
    guide = apart.priced.guide
    nodes = sorted({site.node for link in links for site in link})
    prices = {node: np.array(guide.field(node).distance, np.float64) for node in nodes}
    return Tides(*(np.stack([prices[link[side].node] for link in links]) for side in (0, 1)))


def reserve_room(links: Sequence[Link], apart: Apartness, tides: Tides) -> list[NDArray[np.float64]] | None:
    """Coarse lines (n, 2), row and col, one for each link, that cross each cut apart from each other.

    Parameters
    ----------
    links
        Landings that are joined.
    apart
        The separation.
    tides
        Prices from the landings of the links.

    Returns
    -------
    lines
        From node to node, straight between cuts; None when some cut has no room.

    Notes
    -----
    On a cut with m places there are m^k states of k links. The price of a step
    is a sum over the links, so the least over all states of the cut before is
    taken for one link after the other: k m^(k+1) operations a cut.
    """
    cuts = _cuts(apart, tides, links=len(links))
    if not cuts:
        return None
    value = _joint([start[tuple(cuts[0].T)] for start in tides.starts])
    value = np.where(_is_apart(cuts[0], apart, links=len(links)), value, np.inf)
    befores: list[list[NDArray[np.intp]]] = []
    for last, cut in pairwise(cuts):
        value, before = _advance(value, _step_prices(last, cut, apart))
        value = np.where(_is_apart(cut, apart, links=len(links)), value, np.inf)
        befores.append(before)
    value += _joint([end[tuple(cuts[-1].T)] for end in tides.ends])
    if not np.isfinite(value).any():
        return None
    state = tuple(int(i) for i in np.unravel_index(int(np.argmin(value)), value.shape))
    return _lines(links, cuts, befores, state)


def _cuts(apart: Apartness, tides: Tides, *, links: int) -> list[NDArray[np.intp]]:
    """Places (m, 2) on every cut, in the order from start to end."""
    across, through = tides.across, tides.through
    best = float(np.min(through))
    if not np.isfinite(best):
        return []
    # Where something is asked: near a cheapest way, outside zones.
    open_way = (through <= best * 1.02) & ~apart.touched & np.isfinite(across)
    if not open_way.any():
        return []
    low, high = float(across[open_way].min()), float(across[open_way].max())
    cells = apart.priced.surface.grid
    rows, cols = np.nonzero(open_way)
    length = np.hypot(np.ptp(rows) * cells.dy, np.ptp(cols) * cells.dx)
    spacing = max(0.4 * apart.separation_m, 1.5 * cells.dx)
    count = int(np.clip(np.ceil(length / spacing), 3, _MOST_CUTS))
    levels = low + (high - low) * (np.arange(count) + 0.5) / count
    most = min(_MOST_PLACES, int(_MOST_STATES ** (1.0 / links)))
    near = np.where(through <= _DEAREST * best, through, np.inf)
    return [_places(_crossed(across, level) & np.isfinite(near), near, most) for level in levels]


def _crossed(across: NDArray[np.float64], level: float) -> NDArray[np.bool_]:
    """Cells below a level with a neighbour at or above it."""
    low, high = across < level, across >= level
    beside = np.zeros_like(low)
    beside[:-1] |= high[1:]
    beside[1:] |= high[:-1]
    beside[:, :-1] |= high[:, 1:]
    beside[:, 1:] |= high[:, :-1]
    return np.asarray(low & beside)


def _places(cut: NDArray[np.bool_], through: NDArray[np.float64], most: int) -> NDArray[np.intp]:
    """At most so many cells of a cut: the one on the cheapest way in each square of an even partition."""
    cells = np.argwhere(cut)
    order = np.argsort(through[cut], kind="stable")
    cells, side = cells[order], 1
    while True:
        _, first = np.unique(cells // side, axis=0, return_index=True)
        if len(first) <= most:
            return np.asarray(cells[np.sort(first)])
        side += 1 + side // 4


def _joint(each: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Sum over links of the price of each one's place, for all combinations of places."""
    total = each[0]
    for prices in each[1:]:
        total = total[..., None] + prices
    return total


def _is_apart(cut: NDArray[np.intp], apart: Apartness, *, links: int) -> NDArray[np.bool_]:
    """Which combinations of places keep the separation, (m, ..., m)."""
    cells = apart.priced.surface.grid
    xy, free = cells.to_xy(cut), apart.touched[tuple(cut.T)]
    scale = cells.scale[tuple(cut.T)]
    away = np.hypot(*(xy[:, None] - xy[None]).T) / np.maximum(scale[:, None], scale[None])
    # Cells that hold the separation on paper also hold the half cells that are closed round a line.
    wanted = apart.separation_m + 0.5 * np.hypot(cells.dx, cells.dy)
    pair = (away >= wanted) | free[:, None] | free[None]
    count = len(cut)
    kept = np.ones((count,) * links, bool)
    for first in range(links):
        for second in range(first + 1, links):
            shape = [1] * links
            shape[first] = shape[second] = count
            kept &= pair.reshape(shape)
    return kept


def _step_prices(last: NDArray[np.intp], cut: NDArray[np.intp], apart: Apartness) -> NDArray[np.float64]:
    """Price of the straight line from each place of a cut to each of the next."""
    shape = len(last), len(cut)
    ends = np.stack(
        [np.broadcast_to(last[:, None], (*shape, 2)), np.broadcast_to(cut[None], (*shape, 2))], axis=2
    ).reshape(-1, 2, 2)
    return apart.priced.guide.prices(ends.astype(float)).reshape(shape)


def _advance(
    value: NDArray[np.float64], steps: NDArray[np.float64]
) -> tuple[NDArray[np.float64], list[NDArray[np.intp]]]:
    """Least prices on the next cut, and the place before of each link in turn."""
    before = []
    for axis in range(value.ndim):
        rows = np.moveaxis(value, axis, -1)
        best = np.full((*rows.shape[:-1], steps.shape[1]), np.inf)
        at = np.zeros(best.shape, np.intp)
        for place in range(steps.shape[1]):
            totals = rows + steps[:, place]
            chosen = np.argmin(totals, axis=-1)
            at[..., place] = chosen
            best[..., place] = np.take_along_axis(totals, chosen[..., None], axis=-1)[..., 0]
        value = np.moveaxis(best, -1, axis)
        before.append(np.moveaxis(at, -1, axis))
    return value, before


def _lines(
    links: Sequence[Link],
    cuts: list[NDArray[np.intp]],
    befores: list[list[NDArray[np.intp]]],
    state: tuple[int, ...],
) -> list[NDArray[np.float64]]:
    """The lines that end in a state, traced back."""
    states = [state]
    for before in reversed(befores):
        places = list(states[-1])
        for axis in reversed(range(len(links))):
            places[axis] = int(before[axis][tuple(places)])
        states.append(tuple(places))
    states.reverse()
    lines = []
    for number, (start, end) in enumerate(links):
        inner = [cut[places[number]] for cut, places in zip(cuts, states, strict=True)]
        lines.append(np.array([start.node, *inner, end.node], float))
    return lines
