"""Branch and bound over Steiner vertices, each node reduced, bounded from both sides and, where it can be, closed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import kernel
from routing.network.steiner_ascent import Cuts, ascend, through_prices
from routing.network.steiner_growth import Nursery, Tree, grow, improve, new_nursery
from routing.network.steiner_labels import MOST_TERMINALS, cheapest_below
from routing.network.steiner_net import Net, net_of
from routing.network.steiner_potentials import Potentials, potentials_of
from routing.network.steiner_reduction import reduce_web
from routing.network.steiner_relaxation import Relaxation, Relaxed, cut_arcs
from routing.network.steiner_separation import separate
from routing.network.steiner_web import TERMINALS, Web, copied, expand, remove

__all__ = ["Search"]

# Whole prices are proven to the unit up to this price of a tree: the margins below then leave most of the unit.
_WHOLE = 5e11
# Part of a unit, and of the price, that is left for rounding in sums of dual values.
_MARGIN, _ROUNDING = 1e-5, 1e-12
# Relative gap to which other prices are proven.
_RELATIVE = 1e-9
# Roots of dual ascents, and arcs that all of them together may look at.
_ROOTS, _ARCS = 60, 3_000_000
# Trees of a round that are improved.
_IMPROVED = 3
# Share of the edges whose removal makes another round of reductions worth its time.
_WORTH = 0.1
# The same after a relaxation, which has to begin anew then.
_ANEW = 0.25
# Arcs above which the relaxation is slower than many labels.
_LARGE = 8000
# Labels of the dynamic programme before the relaxation, and after its first part at the root: small graphs, large ones.
_EARLY, _LATE = (1 << 18, 1 << 21), (1 << 20, 1 << 23)
# Work of the relaxation before the dynamic programme is tried again, and in all: ten seconds, or some minutes.
_EFFORTS = (4e7, 1e9)
# Rounds without progress after which the relaxation gives up, and the share of the gap that is progress.
_PATIENCE, _PROGRESS = 12, 0.01
# Arcs in the cuts of dual ascent that the relaxation begins with: the dearest cuts.
_ENTRIES = 300_000
# Cuts added in one round.
_CUTS = 400
# Share of the true price that a hint leaves in what an arc seems to cost.
_HINT = 0.01
# A tree is worth improving when it is dearer than the best by less than this share.
_NEAR = 0.03


@dataclass(frozen=True)
class _Ground:
    """What a node is worked on with.

    Attributes
    ----------
    net, root
        Graph, and the terminal from which trees are directed.
    bound
        Lower bound on the price of its trees.
    cuts
        Those of dual ascent; ``None`` when they are too many.
    potentials
        What the terminals pay by these cuts, or a better choice.
    open
        Arcs that a better tree may hold.
    tight
        Arcs that dual ascent has paid for.
    """

    net: Net
    root: int
    bound: float
    cuts: Cuts | None
    potentials: Potentials | None
    open: NDArray[np.bool_]
    tight: NDArray[np.bool_]


@dataclass(frozen=True)
class _Stalled:
    """A node that is not closed."""

    web: Web
    net: Net
    bound: float
    amount: NDArray[np.float64]


class Search:
    """The best tree so far, and what is known of the rest.

    Attributes
    ----------
    price, edges
        Best tree: its price, and the numbers of its edges as given.
    nodes
        Nodes looked at.
    solver
        The methods that had a part in the proof.
    left_bound
        Least bound of a node that was left because of the limit; infinity when there is none.
    """

    def __init__(self, *, whole: bool, limit: int | None, most_labels: int = _LATE[1]) -> None:
        self.price, self.edges = np.inf, list[int]()
        self.nodes, self.left_bound = 0, np.inf
        self.solver = "reductions"
        self._whole, self._limit, self._most_labels = whole, limit, most_labels

    @property
    def ceiling(self) -> float:
        """Price up to which a tree counts as better than the best."""
        if self._whole and self.price < _WHOLE:
            return self.price - 1.0 + _MARGIN + _ROUNDING * self.price
        return self.price * (1.0 - _RELATIVE)

    @property
    def bound(self) -> float:
        """Lower bound on the price of any tree."""
        return min(self.left_bound, max(self.ceiling, 0.0))

    def start(self, web: Web) -> None:
        """Take any tree of a web as the best so far."""
        net = net_of(web)
        tree = grow(new_nursery(net), int(net.terminals[0]), net.price)
        if tree is not None:
            self._consider(web, tree)

    def explore(self, web: Web, bound: float = 0.0) -> None:
        """Find what is better than the best tree among the trees of a web; `bound` holds for all of them."""
        stack = [(web, bound)]
        while stack:
            web, bound = stack.pop()
            if bound > self.ceiling:
                continue
            if self._limit is not None and self.nodes >= self._limit:
                self.left_bound = min(self.left_bound, bound)
                continue
            self.nodes += 1
            stalled = self._close(web)
            if stalled is not None:
                stack += _branches(stalled)

    def _needs(self, method: str) -> None:
        """Note that a method had a part in the proof."""
        if method not in self.solver:
            self.solver += f", {method}"

    def _consider(self, web: Web, tree: Tree) -> None:
        if web.base[0] + tree.price < self.price:
            self.price = float(web.base[0] + tree.price)
            self.edges = expand(web, web.name[tree.edges])

    def _close(self, web: Web) -> _Stalled | None:
        """Close a node by reductions and bounds, or say what it stalled with."""
        first = self.nodes == 1
        while True:
            ground = self._shrink(web)
            if ground is None:
                return None
            large = ground.net.head.size > _LARGE
            if self._label(web, ground, _EARLY[large]):
                return None
            relaxation = _relaxation(ground)
            for effort in _EFFORTS:
                relaxed = self._relax(web, ground, relaxation, effort=effort)
                if relaxed is None:
                    return None
                ground, amount = relaxed
                if _drop_needless(web, ground) >= _ANEW * ground.net.head.size:
                    break
                if effort == _EFFORTS[0] and self._label(web, ground, (_LATE if first else _EARLY)[large]):
                    return None
            else:
                return _Stalled(web, ground.net, float(web.base[0]) + ground.bound, amount)

    def _shrink(self, web: Web) -> _Ground | None:
        """Reduce a web by tests and by bounds; ``None`` when that closes it."""
        while True:
            reduce_web(web)
            if web.tally[TERMINALS] < 2:
                self._consider(web, Tree(0.0, np.zeros(0, np.int64)))
                return None
            net = net_of(web)
            nursery = new_nursery(net)
            tree = grow(nursery, int(net.terminals[0]), net.price)
            if tree is None:
                return None
            self._consider(web, tree)
            self._needs("dual ascent")
            ground = self._bound(web, nursery)
            if web.base[0] + ground.bound > self.ceiling:
                return None
            if _drop_needless(web, ground, least=_WORTH * net.head.size) < _WORTH * net.head.size:
                return ground

    def _bound(self, web: Web, nursery: Nursery) -> _Ground:
        """Bounds from several roots, trees that follow them, and the arcs that no better tree holds."""
        net = nursery.net
        count = int(np.clip(_ARCS // net.head.size, 2, min(_ROOTS, len(net.terminals))))
        roots = net.terminals[np.linspace(0, len(net.terminals) - 1, count).astype(np.int64)]
        ascents = [ascend(net, int(root)) for root in roots]
        grown = [grow(nursery, found.root, found.reduced + _HINT * net.price) for found in ascents]
        trees = {tree.edges.tobytes(): tree for tree in grown if tree is not None}
        for tree in sorted(trees.values(), key=lambda tree: tree.price)[:_IMPROVED]:
            self._consider(web, improve(nursery, tree))
        ceiling = self.ceiling - float(web.base[0])
        needless = np.zeros(net.head.size, bool)
        for found in ascents:
            above = found.bound + through_prices(net, found.root, found.reduced) > ceiling
            needless |= above & above[net.twin]
        best = max(ascents, key=lambda found: found.bound)
        best = ascend(net, best.root, with_cuts=True)
        above = best.bound + through_prices(net, best.root, best.reduced) > ceiling
        potentials = None if best.cuts is None else potentials_of(net, best.root, best.cuts)
        return _Ground(net, best.root, best.bound, best.cuts, potentials, ~(needless | above), best.reduced <= 0.0)

    def _label(self, web: Web, ground: _Ground, limit: int) -> bool:
        """Whether the dynamic programme closes a node."""
        net, potentials, limit = ground.net, ground.potentials, min(limit, self._most_labels)
        if len(net.terminals) > MOST_TERMINALS or potentials is None or not limit:
            return False
        self._needs("dynamic programme")
        ceiling = self.ceiling - float(web.base[0])
        found = cheapest_below(net, potentials, open_arcs=ground.open, ceiling=ceiling, limit=limit)
        if found.tree is not None:
            self._consider(web, found.tree)
        return found.proven

    def _relax(
        self, web: Web, ground: _Ground, relaxation: Relaxation, *, effort: float
    ) -> tuple[_Ground, NDArray[np.float64]] | None:
        """Raise the bound of a node by the linear relaxation; ``None`` when that closes it."""
        self._needs("GLOP")
        net, base = ground.net, float(web.base[0])
        nursery = new_nursery(net)
        mark, patience = ground.bound, _PATIENCE
        while True:
            relaxed = relaxation.solve()
            if relaxed is None or base + relaxed.bound > self.ceiling:
                return None
            self._follow(web, nursery, relaxation, relaxed)
            ceiling = self.ceiling - base
            if relaxed.bound > ceiling:
                return None
            above = relaxed.bound + through_prices(net, ground.root, relaxed.reduced) > ceiling
            relaxation.close(np.flatnonzero(above))
            patience -= 1
            if relaxed.bound - mark > _PROGRESS * (ceiling - mark):
                mark, patience = relaxed.bound, _PATIENCE
            cuts = separate(net, ground.root, relaxed.amount)
            if not relaxation.add(cuts[:_CUTS]) or not patience or relaxation.work > effort:
                return _better(ground, relaxation, relaxed), relaxed.amount

    def _follow(self, web: Web, nursery: Nursery, relaxation: Relaxation, relaxed: Relaxed) -> None:
        """Grow a tree where the relaxation buys."""
        net = nursery.net
        bought = np.minimum(1.0, np.maximum(relaxed.amount, relaxed.amount[net.twin]))
        tree = grow(nursery, relaxation.root, net.price * (1.0 + _HINT - bought))
        if tree is not None and web.base[0] + tree.price < self.price + _NEAR * tree.price:
            tree = improve(nursery, tree)
        if tree is not None:
            self._consider(web, tree)


def _relaxation(ground: _Ground) -> Relaxation:
    """Relaxation of a node with the cuts of its dual ascent, and one around each terminal."""
    relaxation = Relaxation(ground.net, ground.root, open_arcs=ground.open, active=ground.tight)
    if ground.cuts is not None:
        cuts = cut_arcs(ground.net, ground.cuts)
        order = np.argsort(-ground.cuts.price, kind="stable")
        room = int(np.searchsorted(np.cumsum([len(cuts[i]) for i in order]), _ENTRIES))
        relaxation.add([cuts[i] for i in order[:room]])
    relaxation.add(separate(ground.net, ground.root, np.zeros(ground.net.head.size)))
    return relaxation


def _better(ground: _Ground, relaxation: Relaxation, relaxed: Relaxed) -> _Ground:
    """A node with what its relaxation has proven."""
    if relaxed.bound <= ground.bound:
        return replace(ground, open=relaxation.open)
    potentials = potentials_of(ground.net, ground.root, relaxation.priced_cuts())
    return replace(ground, bound=relaxed.bound, potentials=potentials, open=relaxation.open)


def _drop_needless(web: Web, ground: _Ground, least: float = 0.0) -> int:
    """Remove edges with both arcs closed, if those arcs are enough; returns how many arcs they are."""
    net = ground.net
    gone = ~(ground.open | ground.open[net.twin])
    count = int(gone.sum())
    if count >= least:
        remove_edges(web, np.unique(net.edge[gone]))
    return count


def _branches(stalled: _Stalled) -> list[tuple[Web, float]]:
    """The two halves of a node, the likelier last: a vertex is in the tree, or not."""
    net = stalled.net
    inflow = np.bincount(net.head, stalled.amount, minlength=net.terminal.size)
    degree = np.diff(net.start)
    doubt = np.where(net.terminal == 1, -1.0, np.clip(np.minimum(inflow, 1.0 - inflow), 0.0, None))
    vertex = int(np.lexsort((np.arange(len(doubt)), -degree, -doubt.round(6)))[0])
    place = int(net.vertex[vertex])
    inside, outside = copied(stalled.web), stalled.web
    inside.terminal[place] = 1
    inside.tally[TERMINALS] += 1
    remove_vertex(outside, place)
    pair = [(outside, stalled.bound), (inside, stalled.bound)]
    return pair if inflow[vertex] >= 0.5 else pair[::-1]


@kernel
def remove_edges(web: Web, edges: NDArray[np.int64]) -> None:
    """Remove some edges."""
    for i in range(edges.size):
        if web.end[2 * edges[i]] >= 0:
            remove(web, edges[i])


@kernel
def remove_vertex(web: Web, vertex: int) -> None:
    """Remove all edges of a vertex."""
    while web.head[vertex] >= 0:
        remove(web, web.head[vertex] >> 1)
