"""The linear relaxation over directed cuts, solved by GLOP with cuts added as they are violated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import kernel
from routing.network.steiner_ascent import Cuts
from routing.network.steiner_net import Net

__all__ = ["Relaxation", "Relaxed", "cut_arcs", "reachable"]

# Presolve would throw the basis away.
_PARAMETERS = "use_preprocessing:false"
# Share of the dearest arc by which the dual values must overpay an arc to make it active, and arcs made so at once.
_OVERPAID, _COLUMNS = 1e-8, 500
# Share of the dearest arc from which a dual value counts as paid.
_PAID = 1e-9
# How much more than once a cut is bought when it counts as slack, and slack cuts that are always tolerated.
_SLACK, _LOOSE = 1e-4, 200


@dataclass(frozen=True)
class Relaxed:
    """A solution of the relaxation.

    Attributes
    ----------
    bound
        Lower bound on the price of any tree that uses open arcs only, proven by the dual values.
    amount
        How much of each arc is bought.
    reduced
        Price of each arc less what it pays into the cuts, >= 0.
    """

    bound: float
    amount: NDArray[np.float64]
    reduced: NDArray[np.float64]


class Relaxation:
    """Least price of arcs such that every cut found so far is bought once.

    GLOP is given active arcs only; others become active when the dual values overpay them. Cuts that
    are bought more than once are dropped from time to time.

    Notes
    -----
    Any y >= 0 proves: a tree costs at least sum(y) + sum(min(0, c - A' y)), because each cut holds
    one of its arcs and it holds each arc at most once. So the bound does not rest on what the
    solver says of its own answer.
    `work` counts simplex iterations times cuts.
    """

    def __init__(self, net: Net, root: int, *, open_arcs: NDArray[np.bool_], active: NDArray[np.bool_]) -> None:
        self.net, self.root = net, root
        self.cuts: list[NDArray[np.int64]] = []
        self.open = open_arcs & (net.head != root)
        self.dual, self._slack = np.zeros(0), np.zeros(0)
        self._active = active & self.open
        self.work = 0.0
        self._known: set[bytes] = set()
        self._scale = 1.0 / max(1.0, float(net.price.max()))
        self._load()

    def _load(self) -> None:
        """A solver with the active arcs and the cuts."""
        from ortools.linear_solver import pywraplp

        self._solver: Any = pywraplp.Solver.CreateSolver("GLOP")
        self._solver.SetSolverSpecificParametersAsString(_PARAMETERS)
        self._parameters = pywraplp.MPSolverParameters()
        self._parameters.SetIntegerParam(self._parameters.PRESOLVE, self._parameters.PRESOLVE_OFF)
        self._parameters.SetIntegerParam(self._parameters.INCREMENTALITY, self._parameters.INCREMENTALITY_ON)
        self._algorithms = (self._parameters.PRIMAL, self._parameters.DUAL)
        self._amounts: dict[int, Any] = {}
        self._rows: list[Any] = []
        self._active &= self.open
        for arc in np.flatnonzero(self._active).tolist():
            self._new_column(arc)
        for cut in self.cuts:
            self._new_row(cut)

    def _new_column(self, arc: int) -> None:
        variable = self._solver.NumVar(0.0, self._solver.infinity(), "")
        self._solver.Objective().SetCoefficient(variable, float(self.net.price[arc]) * self._scale)
        self._amounts[arc] = variable

    def _new_row(self, cut: NDArray[np.int64]) -> None:
        row = self._solver.Constraint(1.0, self._solver.infinity())
        for arc in cut[self._active[cut]].tolist():
            row.SetCoefficient(self._amounts[arc], 1.0)
        self._rows.append(row)

    def add(self, cuts: list[NDArray[np.int64]]) -> int:
        """Add cuts; returns how many are new."""
        before = len(self.cuts)
        for cut in cuts:
            key = cut.tobytes()
            if key not in self._known:
                self._known.add(key)
                self.cuts.append(cut)
                self._new_row(cut)
        return len(self.cuts) - before

    def _activate(self, arcs: NDArray[np.int64]) -> None:
        """Give GLOP some more arcs."""
        if not len(arcs):
            return
        self._active[arcs] = True
        fresh = np.zeros(self.net.head.size, bool)
        fresh[arcs] = True
        for arc in arcs.tolist():
            self._new_column(arc)
        for row, cut in zip(self._rows, self.cuts, strict=False):
            for arc in cut[fresh[cut]].tolist():
                row.SetCoefficient(self._amounts[arc], 1.0)

    def close(self, arcs: NDArray[np.int64]) -> None:
        """Close arcs that no better tree holds."""
        for arc in arcs[self._active[arcs]].tolist():
            self._amounts[arc].SetUb(0.0)
        self.open[arcs] = False

    def solve(self) -> Relaxed | None:
        """Solution over the cuts so far; ``None`` when all arcs of some cut are closed."""
        self._drop_slack()
        for cut in self.cuts:
            if not self.open[cut].any():
                return None
            if not (self.open & self._active)[cut].any():
                self._activate(cut[self.open[cut]])
        reduced = self._price_out()
        if reduced is None:
            self._load()
            reduced = self._price_out()
        if reduced is None:
            return self._nothing()
        amount = np.zeros(self.net.head.size)
        amount[list(self._amounts)] = [variable.solution_value() for variable in self._amounts.values()]
        bound = float(self.dual.sum() + np.minimum(reduced, 0.0)[self.open].sum())
        reduced = np.where(self.open, np.maximum(reduced, 0.0), np.inf)
        self._slack = np.array([amount[cut].sum() - 1.0 for cut in self.cuts])
        return Relaxed(bound, np.maximum(amount, 0.0), reduced)

    def _price_out(self) -> NDArray[np.float64] | None:
        """Solve until no arc is overpaid that is not active; the reduced prices, or ``None`` when GLOP gives up."""
        algorithm = self._algorithms[1]
        while True:
            self._parameters.SetIntegerParam(self._parameters.LP_ALGORITHM, algorithm)
            status = self._solver.Solve(self._parameters)
            self.work += float(self._solver.iterations()) * len(self.cuts)
            if status != self._solver.OPTIMAL:
                return None
            self.dual = np.maximum(0.0, np.array([row.dual_value() for row in self._rows])) / self._scale
            reduced: NDArray[np.float64] = self.net.price - self._paid(self.dual)
            overpaid = np.flatnonzero(self.open & ~self._active & (reduced * self._scale < -_OVERPAID))
            if not len(overpaid):
                return reduced
            self._activate(overpaid[np.argsort(reduced[overpaid], kind="stable")[:_COLUMNS]])
            algorithm = self._algorithms[0]

    def _nothing(self) -> Relaxed:
        """What is known without a solution: prices are not negative."""
        self.dual, self._slack = np.zeros(len(self.cuts)), np.zeros(len(self.cuts))
        reduced = np.where(self.open, self.net.price, np.inf)
        return Relaxed(0.0, np.zeros(self.net.head.size), reduced)

    def _drop_slack(self) -> None:
        """Drop cuts that were slack in the last solution, when they are many."""
        old = len(self.dual)
        loose = np.flatnonzero((self.dual <= 0.0) & (self._slack > _SLACK))
        if len(loose) <= max(_LOOSE, old // 2):
            return
        dropped = set(loose.tolist())
        self.cuts = [cut for i, cut in enumerate(self.cuts) if i not in dropped]
        self._known = {cut.tobytes() for cut in self.cuts}
        self.dual, self._slack = np.zeros(0), np.zeros(0)
        self._load()

    def priced_cuts(self) -> Cuts:
        """Sets of vertices behind the cuts that are paid, with prices that overpay no open arc."""
        paid = self._paid(self.dual)[self.open]
        price = self.net.price[self.open]
        over = paid > price
        factor = float((price[over] / paid[over]).min(initial=1.0))
        used = np.flatnonzero(self.dual * self._scale > _PAID)
        sets = [_behind(self.net, self.root, self.cuts[i]) for i in used]
        start = np.zeros(len(sets) + 1, np.int64)
        np.cumsum([len(members) for members in sets], out=start[1:])
        members = np.concatenate(sets) if sets else np.zeros(0, np.int64)
        return Cuts(members, start, self.dual[used] * factor)

    def _paid(self, dual: NDArray[np.float64]) -> NDArray[np.float64]:
        used = np.flatnonzero(dual > 0.0)
        if not len(used):
            return np.zeros(self.net.head.size)
        arcs = np.concatenate([self.cuts[i] for i in used])
        weights = np.repeat(dual[used], [len(self.cuts[i]) for i in used])
        return np.bincount(arcs, weights, minlength=self.net.head.size).astype(np.float64)


def _behind(net: Net, root: int, cut: NDArray[np.int64]) -> NDArray[np.int64]:
    """Vertices that the root cannot reach without an arc of a cut."""
    return np.setdiff1d(np.arange(net.terminal.size), reachable(net, root, without=cut))


def cut_arcs(net: Net, cuts: Cuts) -> list[NDArray[np.int64]]:
    """Arcs into each set of vertices."""
    found = []
    inside = np.zeros(net.terminal.size, bool)
    for first, last in zip(cuts.start[:-1], cuts.start[1:], strict=True):
        members = cuts.vertices[first:last]
        inside[members] = True
        outward = np.concatenate([np.arange(net.start[v], net.start[v + 1]) for v in members])
        outward = outward[~inside[net.head[outward]]]
        found.append(np.sort(net.twin[outward]))
        inside[members] = False
    return found


def reachable(net: Net, root: int, *, without: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
    """Vertices that a root reaches, without some arcs."""
    closed = np.zeros(net.head.size, np.int64)
    if without is not None:
        closed[without] = 1
    reached, stack = np.zeros(net.terminal.size, np.int64), np.zeros(net.terminal.size, np.int64)
    _reach(net, root, closed, reached, stack)
    return np.flatnonzero(reached)


@kernel
def _reach(
    net: Net, root: int, closed: NDArray[np.int64], reached: NDArray[np.int64], stack: NDArray[np.int64]
) -> None:
    """Mark what the root reaches by arcs that are not closed."""
    stack[0] = root
    reached[root] = 1
    size = np.int64(1)
    while size > 0:
        size -= 1
        vertex = stack[size]
        for arc in range(net.start[vertex], net.start[vertex + 1]):
            if closed[arc] == 0 and reached[net.head[arc]] == 0:
                reached[net.head[arc]] = 1
                stack[size] = net.head[arc]
                size += 1
