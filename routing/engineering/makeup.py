"""Cable type and burial along a route, with the price of every change between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from routing.exposure import Engineering
    from routing.pricing import PricedGrid
    from routing.route import Route

__all__ = ["MakeUpPrice", "Section", "free_cells", "make_up", "options_at", "price_make_up", "sections_at"]

#: Price of a rule that is broken, USD: more than any other make-up of a route.
_BREACH_USD = 1e10


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


def make_up(
    route: Route,
    priced: PricedGrid,
    *,
    transition_usd: float,
    least_section_m: float = 0.0,
    barred: Sequence[tuple[float, float]] = (),
) -> tuple[Section, ...]:
    """Cheapest sequence of cable types and burials along a route.

    Parameters
    ----------
    route
        The route.
    priced
        Cost surface underneath.
    transition_usd
        Price of each change (joint, plough recovery and redeployment).
    least_section_m
        Least length of a section. It is given up only where nothing else can be built.
    barred
        Stretches (from, to) along the route, metres, without a change where that can be avoided: no joint is laid
        near a crossing.

    Returns
    -------
    sections
        From the start to the end of the route, without gaps.

    Notes
    -----
    A dynamic programme over the ends of sections at steps of half a cell and all options of the catalogue: optimal
    for the sum of step prices and transitions, after the fewest broken rules.
    """
    marks = route.marks(priced.step_m)
    cells = free_cells(route, 0.5 * (marks[:-1] + marks[1:]), priced)
    prices = priced.surface.option_prices(cells).astype(np.float64) * np.diff(marks)[:, None]
    change = np.full(len(marks), transition_usd)
    for start_m, end_m in barred:
        change[(marks >= start_m) & (marks <= end_m)] += _BREACH_USD
    change[0] = 0.0
    options = priced.surface.model.options
    found = _cheapest_sections(prices, marks, change, least_section_m)
    return tuple(Section(float(marks[i]), float(marks[j]), options[option]) for i, j, option in found)


def _cheapest_sections(
    prices: NDArray[np.float64], marks: NDArray[np.float64], change: NDArray[np.float64], least_m: float
) -> list[tuple[int, int, int]]:
    """First mark, last mark and option of each section, of all that cover the marks in order.

    A section of an option from mark r to mark s costs the step prices between them: the difference of their running
    sums. So for each option the best r is the least of (price up to r) - (running sum up to r), kept while s moves on;
    a step on which the option cannot be built makes it start anew.
    """
    steps, count = prices.shape
    every = np.arange(count)
    total, last_gap = np.zeros(count), np.full(count, -1)
    reach = np.full((len(marks), count), 0.0)
    opened = np.full((2, count), np.inf)  # any section, and sections long enough
    opened_at = np.zeros((2, count), np.intp)
    best, chosen = np.zeros(len(marks)), np.zeros((len(marks), 2), np.intp)
    ripe = 0
    for step in range(steps):
        _open(opened[0], opened_at[0], best[step] + change[step] - total, step, every)
        possible = np.isfinite(prices[step])
        total = total + np.where(possible, prices[step], 0.0)
        reach[step + 1] = total
        last_gap[~possible] = step
        opened[:, ~possible] = np.inf
        while marks[step + 1] - marks[ripe] >= least_m and ripe <= step:
            usable = best[ripe] + change[ripe] - reach[ripe]
            _open(opened[1], opened_at[1], np.where(ripe > last_gap, usable, np.inf), ripe, every)
            ripe += 1
        usd = np.minimum(opened[1], opened[0] + _BREACH_USD) + total
        option = int(np.argmin(usd))
        kind = int(opened[1, option] <= opened[0, option] + _BREACH_USD)
        best[step + 1] = usd[option]
        chosen[step + 1] = opened_at[kind, option], option
    found, end = [], steps
    while end > 0:
        start, option = (int(each) for each in chosen[end])
        found.append((start, end, option))
        end = start
    return found[::-1]


def _open(
    least: NDArray[np.float64],
    at: NDArray[np.intp],
    usd: NDArray[np.float64],
    mark: int,
    every: NDArray[np.intp],
) -> None:
    """Let a section of each option begin at a mark where that is cheaper."""
    better = every[usd < least]
    least[better] = usd[better]
    at[better] = mark


@dataclass(frozen=True)
class MakeUpPrice:
    """What building in sections costs on top of the cheapest way to build each metre.

    Attributes
    ----------
    transitions
        Changes of cable or burial.
    transitions_usd
        Their price.
    sections_usd
        What sections cost more than each metre built its own cheapest way.
    """

    transitions: int
    transitions_usd: float
    sections_usd: float

    @property
    def total_usd(self) -> float:
        """Both together."""
        return self.transitions_usd + self.sections_usd


def price_make_up(
    route: Route, sections: Sequence[Section], priced: PricedGrid, *, transition_usd: float
) -> MakeUpPrice:
    """Price of sections over that of each metre built its own cheapest way, at the same steps and cells."""
    marks = route.marks(priced.step_m)
    middle = 0.5 * (marks[:-1] + marks[1:])
    prices = priced.surface.option_prices(free_cells(route, middle, priced))
    own = prices[np.arange(len(middle)), options_at(sections, middle, priced)]
    more_usd = float(((own - prices.min(axis=1)) * np.diff(marks)).sum())
    changes = len(sections) - 1
    return MakeUpPrice(changes, changes * transition_usd, more_usd)


def options_at(sections: Sequence[Section], kp_m: NDArray[np.float64], priced: PricedGrid) -> NDArray[np.intp]:
    """Number of the option that is built at distances along a route."""
    numbers = np.array([priced.surface.model.options.index(section.engineering) for section in sections])
    return np.asarray(numbers[sections_at(sections, kp_m)], np.intp)


def sections_at(sections: Sequence[Section], kp_m: NDArray[np.float64]) -> NDArray[np.intp]:
    """Index of the section that holds each distance along a route."""
    starts = np.array([section.start_m for section in sections])
    return np.asarray(np.searchsorted(starts, kp_m, side="right") - 1, np.intp)


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
