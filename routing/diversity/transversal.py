"""A lower bound on routes that keep apart, from the order in which they must cross straight cuts through the sea."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from routing.diversity.apartness import Apartness
    from routing.diversity.laying import Link

__all__ = ["Cut", "Minorant", "MinorantOf", "bound_apart", "pair_bounds", "straight_cuts"]

#: Cuts that are tried.
_CUTS = 15
#: Directions of cuts, from square to the way.
_TURNS_DEG = (-20.0, -10.0, 0.0, 10.0, 20.0)
#: Share by which the map's image of a geodesic circle may bulge over that of its radius at the largest scale.
_BOW = 1e-3


class Minorant(Protocol):
    """Prices that no path undercuts."""

    @property
    def floor(self) -> NDArray[np.float64]:
        """Proven: at most the price from the nearest source to any point of the closed cell, (rows, cols)."""
        ...


class MinorantOf(Protocol):
    """What makes a minorant, such as a kernel's method."""

    def __call__(self, sources: Any, /) -> Minorant:  # noqa: ANN401  (anything like an array)
        """The minorant from points (k, 2), row and col."""
        ...


@dataclass(frozen=True)
class Cut:
    """Cells that a straight line from edge to edge of the grid meets, outside all zones.

    Attributes
    ----------
    cells
        Free cells whose closed square has a point on the line, (n, 2), in the order of `along`.
    along
        Of their centres along the line, map metres.
    half_m
        How far from its centre along the line a cell reaches at most, map metres.
    """

    cells: NDArray[np.intp]
    along: NDArray[np.float64]
    half_m: float


def straight_cuts(links: Sequence[Link], apart: Apartness, *, turned_deg: float = 0.0) -> tuple[Cut, ...]:
    """Parallel cuts, square to the way from the starts to the ends, between the zones of both.

    Parameters
    ----------
    links
        Landings that are joined; all starts lie on one side of the sea.
    apart
        Zones.
    turned_deg
        Angle between what the cuts are square to and the way.

    Returns
    -------
    cuts
        From the starts to the ends; none where zones leave no room between them.
    """
    cells = apart.priced.surface.grid
    places = [apart.priced.projection.forward([link[side].bmh for link in links]) for side in (0, 1)]
    nodes = [cells.to_xy([link[side].node for link in links]) for side in (0, 1)]
    way = nodes[1].mean(axis=0) - nodes[0].mean(axis=0)
    if not np.hypot(*way) > 0:
        return ()
    angle = np.arctan2(way[1], way[0]) + np.radians(turned_deg)
    forward = np.array([np.cos(angle), np.sin(angle)])
    reach = apart.zone_m * float(cells.scale.max()) * (1.0 + _BOW)
    # A cell of the cut reaches beyond the line by less than a diagonal; what is asked holds on the line itself.
    low = max((places[0] @ forward).max() + reach, (nodes[0] @ forward).max())
    high = min((places[1] @ forward).min() - reach, (nodes[1] @ forward).min())
    if not high > low:
        return ()
    return tuple(_cuts(apart, forward, np.linspace(low, high, _CUTS)))


def _cuts(apart: Apartness, forward: NDArray[np.float64], levels: NDArray[np.float64]) -> Iterator[Cut]:
    """The cuts along parallel lines."""
    cells, free = apart.priced.surface.grid, apart.priced.surface.free
    x = cells.to_xy(np.column_stack([np.zeros(cells.cols), np.arange(cells.cols)]))[:, 0]
    y = cells.to_xy(np.column_stack([np.arange(cells.rows), np.zeros(cells.rows)]))[:, 1]
    ahead = y[:, None] * forward[1] + x * forward[0]
    half = 0.5 * np.array([cells.dx, cells.dy])
    reach, sideways = float(np.abs(forward) @ half) * (1.0 + 1e-9), np.array([-forward[1], forward[0]])
    for level in levels:
        met = np.argwhere((np.abs(ahead - level) <= reach) & free)
        along = cells.to_xy(met) @ sideways
        order = np.argsort(along, kind="stable")
        yield Cut(met[order], along[order], float(np.abs(sideways) @ half))


def pair_bounds(
    first: NDArray[np.float64], second: NDArray[np.float64], cut: Cut, *, apart: Apartness
) -> tuple[float, float]:
    """Least sum of the prices of two routes that cross a cut apart from each other, in either order.

    Parameters
    ----------
    first, second
        Proven price of any route of each link through any point of a cell, (rows, cols).
    cut
        The cut.
    apart
        The separation.

    Returns
    -------
    usd
        Proven for the first route before the second along the cut, and for the second before the first; inf where no
        two cells of the cut hold points that are apart.
    """
    # On a straight line in the map the geodesic is at most the map's length over the least scale.
    least = float(apart.priced.surface.grid.scale.min()) * (1.0 - 1e-5)
    reach = apart.separation_m * least - 2.0 * cut.half_m
    own, other = first[tuple(cut.cells.T)], second[tuple(cut.cells.T)]
    return _ordered(own, other, cut.along, reach), _ordered(other, own, cut.along, reach)


def _ordered(
    before: NDArray[np.float64], after: NDArray[np.float64], along: NDArray[np.float64], reach: float
) -> float:
    """Least of one price and of another farther along by a reach at least."""
    beyond = np.append(np.minimum.accumulate(after[::-1])[::-1], np.inf)
    return float((before + beyond[np.searchsorted(along, along + reach)]).min(initial=np.inf))


def bound_apart(links: Sequence[Link], apart: Apartness, *, least: Sequence[float], minorant: MinorantOf) -> float:
    """USD below which no routes that keep apart can be together, approaches left out; inf where there are none.

    Parameters
    ----------
    links
        Landings that are joined; all starts lie on one side of the sea.
    apart
        The separation.
    least
        Proven price of any route of each link.
    minorant
        Makes proven prices from a point.

    Notes
    -----
    Routes that keep apart do not cross between the cuts, so they meet all of them in
    one order. For either order the best of some parallel cuts counts, and of both orders the
    cheaper; of cuts in several directions the best. Over more than two links the pairs are added up and divided by the
    number of pairs that each link is in.
    """
    nodes = sorted({site.node for link in links for site in link})
    floors = {node: np.asarray(minorant(np.array([node], float)).floor, np.float64) for node in nodes}
    through = [
        np.maximum(floors[start.node] + floors[end.node], usd) for (start, end), usd in zip(links, least, strict=True)
    ]
    families = [straight_cuts(links, apart, turned_deg=turn) for turn in _TURNS_DEG]
    total = 0.0
    for i, j in combinations(range(len(links)), 2):
        of_pair = [least[i] + least[j]]
        for cuts in families:
            each = [pair_bounds(through[i], through[j], cut, apart=apart) for cut in cuts]
            of_pair.append(float(np.min(np.max(each, axis=0))) if each else 0.0)
        total += max(of_pair)
    return total / (len(links) - 1)
