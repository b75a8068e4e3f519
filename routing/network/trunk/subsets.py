"""The cheapest tree on a chart over all forms at once: a dynamic programme over subsets of the groups.

D[S](x) is the least price of a tree that joins the groups S and has a cable to x.
It is carried from A[S], the same without that cable: what is joined at x by a
branching unit, or at a landing of a group of S, which costs nothing more than its
landing. S runs over the subsets without group 0, on whose landing the tree hangs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from routing.network.trunk.shape import Knot, knot

if TYPE_CHECKING:
    from routing.network.trunk.chart import Chart

__all__ = ["best_shape", "groups_of", "pairs_of"]

Parts = tuple[int, ...]


def groups_of(subset: int) -> list[int]:
    """Groups whose bits are set.

    Examples
    --------
    >>> groups_of(0b1101)
    [0, 2, 3]
    """
    return [k for k in range(subset.bit_length()) if subset >> k & 1]


def pairs_of(subset: int) -> Iterator[tuple[int, int]]:
    """Ways to part a subset in two, the lowest group in the first part.

    Examples
    --------
    >>> [(groups_of(a), groups_of(b)) for a, b in pairs_of(0b1110)]
    [([1, 3], [2]), ([1, 2], [3]), ([1], [2, 3])]
    """
    low = subset & -subset
    rest = subset ^ low
    inside = (rest - 1) & rest
    while rest:
        yield low | inside, rest ^ inside
        if not inside:
            return
        inside = (inside - 1) & rest


def best_shape(chart: Chart) -> tuple[float, Knot]:
    """Price and form of the cheapest tree on a chart; inf, and a star, if there is none.

    Notes
    -----
    R. E. Erickson, C. L. Monma, A. F. Veinott, "Send-and-split method for minimum-concave-cost
    network flows", Mathematics of Operations Research 12 (1987) 634-664, with the solver of the
    eikonal equation for the shortest paths and priced nodes of degree three and four.

    Examples
    --------
    >>> from routing.geodesic import CostGrid
    >>> from routing.network.trunk import Group, TrunkProblem
    >>> from routing.network.trunk.chart import chart_of
    >>> sea = CostGrid(np.ones((1, 9)))
    >>> groups = tuple(Group(name, [node], [0.0]) for name, node in (("a", (0, 0)), ("b", (0, 5)), ("c", (0, 8))))
    >>> price, shape = best_shape(chart_of(TrunkProblem(groups, lambda capacity: sea), block=1))
    >>> round(price, 3), [part.group for part in shape.walk()]
    (8.0, [0, 1, 2])
    """
    n = len(chart.problem.groups)
    full = (1 << n) - 2
    table = _Table(chart)
    for subset in sorted(range(2, full, 2), key=lambda s: (s.bit_count(), s)):
        table.enter(subset)
    return table.answer(full)


@dataclass
class _Table:
    """What is known of each subset, kept in single precision: D, two parts together, any parts at a landing."""

    chart: Chart
    carried: dict[int, NDArray[Any]] = field(default_factory=dict)
    paired: dict[int, NDArray[Any]] = field(default_factory=dict)
    mooring: dict[int, NDArray[Any]] = field(default_factory=dict)

    def enter(self, subset: int) -> None:
        """Work out a subset from its parts."""
        groups = groups_of(subset)
        if len(groups) == 1:
            self.carried[subset] = self.chart.leaves[groups[0]]
        else:
            self.carried[subset] = self.chart.carry(subset, self.assembled(subset))
        self._moor(subset)

    def assembled(self, subset: int) -> NDArray[Any]:
        """A[S]: least price to join the groups at each cell, without a cable from there."""
        groups = groups_of(subset)
        start = np.full(math.prod(self.chart.shape), np.inf)
        if len(groups) > 1:
            self.paired[subset] = self._least(self.carried[a] + self.carried[b] for a, b in pairs_of(subset))
            start = self.paired[subset].astype(np.float64)
            for a, b in pairs_of(subset):
                if b.bit_count() > 1:
                    np.minimum(start, self.carried[a] + self.paired[b], out=start)
            start += self.chart.problem.branching_usd
        for group in groups:
            rest = subset ^ (1 << group)
            more = self.mooring[rest][self._berths(group)] if rest else 0.0
            np.minimum(start, self.chart.moor(group, more), out=start)
        return start

    def _least(self, sums: Iterator[NDArray[Any]]) -> NDArray[Any]:
        least = next(sums)
        for other in sums:
            least = np.minimum(least, other)
        return least

    def _berths(self, group: int) -> slice:
        before = sum(len(cells) for cells in self.chart.landings[:group])
        return slice(before, before + len(self.chart.landings[group]))

    def _moor(self, subset: int) -> None:
        """Least sum at each landing over all ways to part a subset, any number of parts."""
        berths = np.concatenate(self.chart.landings)
        least = self.carried[subset][berths].astype(np.float64)
        for a, b in pairs_of(subset):
            np.minimum(least, self.carried[a][berths] + self.mooring[b], out=least)
        self.mooring[subset] = least

    def answer(self, full: int) -> tuple[float, Knot]:
        """Cheapest tree: its last cable ends at group 0, or several end there."""
        joined = self.assembled(full)
        total = joined + self.chart.leaves[0]
        cell = int(np.argmin(total))
        best, below = float(total[cell]), None
        own = self.chart.prices_usd[0]
        for a, b in pairs_of(full):
            berths = self.chart.landings[0]
            sums = own + self.carried[a][berths] + self.mooring[b][self._berths(0)]
            if sums.min() < best:
                best, below = float(sums.min()), (a, b, int(np.argmin(sums)))
        if below is None:
            return best, knot(0, (self._joined(full, cell),))
        a, b, place = below
        berth = int(self.chart.landings[0][place])
        return best, knot(0, tuple(self._carried(part, berth) for part in (a, *self._parts(b, place))))

    def _parts(self, subset: int, berth: int) -> Parts:
        """How a subset is parted at a landing."""
        cell = int(np.concatenate(self.chart.landings)[berth])
        choice: list[tuple[Parts, float]] = [((subset,), self.carried[subset][cell])]
        choice += [((a, b), self.carried[a][cell] + self.mooring[b][berth]) for a, b in pairs_of(subset)]
        parts = min(choice, key=lambda one: one[1])[0]
        return parts if len(parts) == 1 else (parts[0], *self._parts(parts[1], berth))

    def _carried(self, subset: int, cell: int) -> Knot:
        """What hangs on a cable that comes to a cell."""
        start = self.assembled(subset)
        return self._joined(subset, self.chart.origin(self.carried[subset], start, cell))

    def _joined(self, subset: int, cell: int) -> Knot:
        """What is joined at a cell: the cheapest option there."""
        chart = self.chart
        options: list[tuple[float, int | None, Parts]] = []
        for group in groups_of(subset):
            rest = subset ^ (1 << group)
            for place in np.flatnonzero(chart.landings[group] == cell).tolist():
                berth = self._berths(group).start + place
                own = float(chart.prices_usd[group][place])
                more = float(self.mooring[rest][berth]) if rest else 0.0
                options.append((own + more, group, self._parts(rest, berth) if rest else ()))
        for a, b in pairs_of(subset):
            price = float(self.carried[a][cell]) + chart.problem.branching_usd
            options.append((price + float(self.carried[b][cell]), None, (a, b)))
            for c, d in pairs_of(b):
                options.append((price + float(self.carried[c][cell]) + float(self.carried[d][cell]), None, (a, c, d)))
        _, owner, parts = min(options, key=lambda option: option[0])
        return knot(owner, tuple(self._carried(part, cell) for part in parts))
