"""Cable type and burial along a route, with the price of every change between them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from routing.exposure import Engineering
    from routing.pricing import PricedGrid
    from routing.route import Route

__all__ = ["Section", "free_cells", "make_up"]


@dataclass(frozen=True)
class Section:
    """A stretch of route that is built one way.

    Attributes
    ----------
    start_m, end_m
        Distance along the route.
    engineering
        Cable type and burial.
    """

    start_m: float
    end_m: float
    engineering: Engineering


def make_up(route: Route, priced: PricedGrid, *, transition_usd: float) -> tuple[Section, ...]:
    """Cheapest sequence of cable types and burials along a route.

    Parameters
    ----------
    route
        The route.
    priced
        Cost surface underneath.
    transition_usd
        Price of each change (joint, plough recovery and redeployment).

    Returns
    -------
    sections
        From the start to the end of the route, without gaps.

    Notes
    -----
    A dynamic programme over steps of half a cell and all options of the
    catalogue: optimal for the sum of step prices and transitions. The least
    length of a section follows from the price of its two transitions.
    """
    marks = route.marks(priced.step_m)
    middle = 0.5 * (marks[:-1] + marks[1:])
    cells = free_cells(route, middle, priced)
    prices = priced.surface.option_prices(cells).astype(np.float64) * np.diff(marks)[:, None]
    choice = _cheapest_sequence(prices, transition_usd)
    edges = [0, *(np.flatnonzero(np.diff(choice)) + 1), len(choice)]
    options = priced.surface.model.options
    return tuple(Section(float(marks[i]), float(marks[j]), options[choice[i]]) for i, j in pairwise(edges))


def _cheapest_sequence(prices: NDArray[np.float64], transition_usd: float) -> NDArray[np.intp]:
    """Option of each step (steps, options) that minimises price plus transitions (Viterbi 1967)."""
    best, before = prices[0], np.zeros(prices.shape, np.intp)
    for step in range(1, len(prices)):
        cheapest = int(np.argmin(best))
        change = best[cheapest] + transition_usd < best
        before[step] = np.where(change, cheapest, np.arange(prices.shape[1]))
        best = np.where(change, best[cheapest] + transition_usd, best) + prices[step]
    choice = np.empty(len(prices), np.intp)
    choice[-1] = int(np.argmin(best))
    for step in range(len(prices) - 1, 0, -1):
        choice[step - 1] = before[step, choice[step]]
    return choice


def free_cells(route: Route, kp_m: NDArray[np.float64], priced: PricedGrid) -> NDArray[np.intp]:
    """Cells (n, 2) under rising distances along a route.

    Those of the shore approaches, which touch land, are the nearest free cell along the route.
    """
    free = priced.surface.free
    cells = np.rint(priced.rowcol(route.at(kp_m))).astype(np.intp)
    cells = np.clip(cells, 0, np.array(free.shape) - 1)
    good = np.flatnonzero(free[cells[:, 0], cells[:, 1]])
    step = np.arange(len(cells))
    after = good[np.minimum(np.searchsorted(good, step), len(good) - 1)]
    before = good[np.maximum(np.searchsorted(good, step, side="right") - 1, 0)]
    nearest = np.where(np.abs(step - before) <= np.abs(after - step), before, after)
    return np.asarray(cells[nearest], np.intp)
