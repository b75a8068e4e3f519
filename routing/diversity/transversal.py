"""A lower bound on routes that keep apart, from where they must cross a cut through the sea."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from routing.diversity.apartness import Apartness
    from routing.diversity.laying import Link
    from routing.diversity.stations import Tides

__all__ = ["Minorant", "MinorantOf", "bound_apart", "pair_bound"]

#: Cuts that are tried.
_CUTS = 15


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


def bound_apart(
    links: Sequence[Link], apart: Apartness, tides: Tides, *, least: Sequence[float], minorant: MinorantOf
) -> float:
    """USD below which no routes that keep apart can be together, approaches left out; inf where there are none.

    Parameters
    ----------
    links
        Landings that are joined; all starts lie on one side of the sea.
    apart
        The separation.
    tides
        Prices by which cuts are chosen; the bound holds whatever they are.
    least
        Proven price of any route of each link.
    minorant
        Makes proven prices from a point.

    Notes
    -----
    The best of several cuts for each pair of links. Over more than two links the
    pairs are added up and divided by the number of pairs that each link is in.
    """
    nodes = sorted({site.node for link in links for site in link})
    floors = {node: np.asarray(minorant(np.array([node], float)).floor, np.float64) for node in nodes}
    through = [
        np.maximum(floors[start.node] + floors[end.node], usd) for (start, end), usd in zip(links, least, strict=True)
    ]
    best = {(i, j): least[i] + least[j] for i, j in combinations(range(len(links)), 2)}
    for cut in _cuts(links, apart, tides):
        for (first, second), usd in best.items():
            best[first, second] = max(usd, pair_bound(through[first], through[second], cut, apart=apart))
    return sum(best.values()) / (len(links) - 1)


def pair_bound(
    first: NDArray[np.float64], second: NDArray[np.float64], cut: NDArray[np.bool_], *, apart: Apartness
) -> float:
    """Least sum of the prices of two routes that both cross a cut, apart from each other.

    Parameters
    ----------
    first, second
        Proven price of any route of each link through any point of a cell, (rows, cols).
    cut
        Cells that every route crosses, none of which reaches into a zone.
    apart
        The separation.

    Returns
    -------
    usd
        Proven; inf when no two cells of the cut hold points that are apart.
    """
    cells = apart.priced.surface.grid
    place = np.argwhere(cut)
    xy = cells.to_xy(place)
    own, other = first[cut], second[cut]
    # Farthest that two points of two cells can be on the ellipsoid: both stand at most half a diagonal from a centre.
    diagonal = float(np.hypot(cells.dx, cells.dy))
    reach = apart.separation_m * float(cells.scale.min()) - diagonal
    least = np.inf
    # Row by row, so that memory grows with the length of the cut only.
    for at in range(len(place)):
        away = np.hypot(*(xy - xy[at]).T) >= reach
        if away.any():
            least = min(least, float(own[at] + other[away].min()))
    return least


def _cuts(links: Sequence[Link], apart: Apartness, tides: Tides) -> list[NDArray[np.bool_]]:
    """Cuts that separate all starts from all ends outside zones."""
    home, away = (_zone(links, apart, side=side) for side in (0, 1))
    beyond = _grown(away)
    if bool((home & beyond).any()):
        return []
    free, across = apart.priced.surface.free, tides.across
    asked = free & ~home & ~beyond & np.isfinite(across) & (tides.through <= 1.05 * tides.through.min())
    if not asked.any():
        return []
    low, high = float(across[asked].min()), float(across[asked].max())
    found = []
    for level in low + (high - low) * np.linspace(0.0, 1.0, _CUTS):
        near = ((across < level) | home) & ~beyond
        near &= free
        cut = free & ~near & _grown(near)
        if not (cut & apart.touched).any() and all(near[a.node] and not near[b.node] for a, b in links):
            found.append(cut)
    return found


def _zone(links: Sequence[Link], apart: Apartness, *, side: int) -> NDArray[np.bool_]:
    """Cells that the zones of all starts, or of all ends, touch, and the cells of their nodes."""
    from dataclasses import replace

    sites = [link[side] for link in links]
    own = replace(apart, landings=np.array([site.bmh for site in sites]))
    cells = own.touched.copy()
    for site in sites:
        cells[site.node] = True
    return cells


def _grown(cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Cells with all their eight neighbours."""
    wide = cells.copy()
    wide[1:] |= cells[:-1]
    wide[:-1] |= cells[1:]
    grown = wide.copy()
    grown[:, 1:] |= wide[:, :-1]
    grown[:, :-1] |= wide[:, 1:]
    return grown
