"""The best places of a tree of given form on a chart: all junctions and landings at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from routing.network.trunk.chart import Chart
    from routing.network.trunk.shape import Knot

__all__ = ["Memo", "Placement", "place"]


@dataclass(frozen=True)
class Placement:
    """A form with its places.

    Attributes
    ----------
    shape
        The form.
    price_usd
        By the fields of the chart; inf if the form has no places.
    cells
        Of each knot, its cell, flat, in the order of `Knot.walk`; none if the form has no places.
    """

    shape: Knot
    price_usd: float
    cells: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class _Weighed:
    """A knot whose places are open: its price without and with the cable above it, at each cell."""

    knot: Knot
    start: NDArray[Any]
    below: tuple[_Weighed, ...]
    carried: NDArray[Any]


Memo = dict["Knot", _Weighed]


def place(shape: Knot, chart: Chart, memo: Memo | None = None) -> Placement:
    """Cheapest places of a form, exact by the fields of the chart.

    Parameters
    ----------
    shape
        A tree hung on group 0.
    chart
        Where it lies.
    memo
        What is known of parts that other forms on the same chart share; it is added to.

    Returns
    -------
    placement
        Landings and branching units.

    Notes
    -----
    From the leaves up, the price of what hangs on a knot is the sum of its cables at
    every cell, then spread along the cable above it; from the top down, each place is
    where the spreading to the place above began.
    """
    memo = {} if memo is None else memo
    if len(shape.children) == 1:  # the price of its cable is known from group 0, so nothing need be carried
        only = _started(shape.children[0], chart, memo)
        total = only.start + chart.leaves[0]
        cell = int(np.argmin(total))
        price = float(total[cell])
        if not price < np.inf:
            return Placement(shape, price, ())
        berths = chart.moor(0)
        return Placement(shape, price, (chart.origin(chart.leaves[0], berths, cell), *_cells_of(only, cell, chart)))
    below = tuple(_weigh(child, chart, memo) for child in shape.children)
    total = chart.moor(0, sum(part.carried[chart.landings[0]].astype(np.float64) for part in below))
    cell = int(np.argmin(total))
    price = float(total[cell])
    return Placement(shape, price, (cell, *_cells_below(below, cell, chart)) if price < np.inf else ())


def _weigh(knot: Knot, chart: Chart, memo: Memo) -> _Weighed:
    """A knot with the cable above it."""
    if knot not in memo:
        part = _started(knot, chart, memo)
        if not knot.children and knot.group is not None:
            carried = chart.leaves[knot.group]
        else:
            carried = chart.carry(knot.subset, part.start)
        memo[knot] = replace(part, start=part.start.astype(carried.dtype), carried=carried)
    return memo[knot]


def _started(knot: Knot, chart: Chart, memo: Memo) -> _Weighed:
    """A knot without the cable above it."""
    below = tuple(_weigh(child, chart, memo) for child in knot.children)
    start: NDArray[Any]
    if knot.group is None:
        start = np.asarray(chart.problem.branching_usd + sum(part.carried.astype(np.float64) for part in below))
    else:
        berths = chart.landings[knot.group]
        start = chart.moor(knot.group, sum(part.carried[berths].astype(np.float64) for part in below))
    return _Weighed(knot, start, below, start)


def _cells_below(below: tuple[_Weighed, ...], cell: int, chart: Chart) -> tuple[int, ...]:
    """Cells of all knots of parts whose cables come to a cell."""
    cells: tuple[int, ...] = ()
    for part in below:
        cells += _cells_of(part, chart.origin(part.carried, part.start, cell), chart)
    return cells


def _cells_of(part: _Weighed, cell: int, chart: Chart) -> tuple[int, ...]:
    return (cell, *_cells_below(part.below, cell, chart))
