"""Steiner trees in graphs: the cheapest tree that joins given nodes, proven to be so."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from routing.errors import InfeasibleError, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from routing.network.steiner_search import Search

__all__ = ["SteinerTree", "steiner_tree"]

# Prices are whole numbers of a unit, with a total below this: float64 adds them without rounding.
_EXACT = 2.0**50


@dataclass(frozen=True)
class SteinerTree:
    """A tree that joins all terminals, and how good it is proven to be.

    Attributes
    ----------
    edges
        Rows of the list of edges that are in the tree, ascending.
    price
        Their total, in the unit of the prices; an int when the prices are integers.
    lower_bound
        Proven lower bound on the price of every tree that joins the terminals.
    solver, status
        What proved it; ``"OPTIMAL"``, or ``"FEASIBLE"`` when the limit of nodes was reached.
    nodes
        Nodes of the branch and bound; 0 when reductions alone were enough.
    """

    edges: tuple[int, ...]
    price: float
    lower_bound: float
    solver: str
    status: str
    nodes: int


def steiner_tree(
    edges: ArrayLike, prices: ArrayLike, terminals: Sequence[int], *, most_nodes: int | None = None
) -> SteinerTree:
    """Cheapest tree of an undirected graph that joins all terminals.

    Parameters
    ----------
    edges
        Two node numbers a row, from 0; loops and parallel edges may be among them.
    prices
        Price of each edge, finite and not negative.
    terminals
        Numbers of the nodes to join; a number may come twice.
    most_nodes
        Nodes of the branch and bound after which the best tree so far is given; ``None`` for no limit.

    Returns
    -------
    tree
        Equal input gives an equal tree.

    Raises
    ------
    InputError
        When an edge, a price or a terminal cannot be used.
    InfeasibleError
        When no tree joins the terminals; its `conflict` names one that is apart from the first.

    Notes
    -----
    What proves the bound, node by node of a branch and bound over the nodes of the graph that are
    in the tree or not: reductions that keep a cheapest tree; dual values of directed cuts, from
    dual ascent (Wong 1984) and from the linear relaxation, whose sum, less what arcs are
    overpaid, no tree can undercut, whatever GLOP says of its own answer; and the subset dynamic
    programme (Erickson, Monma and Veinott 1987) with these values as future prices. An edge is
    dropped when a tree with it would cost as much as the best tree known.
    Integer prices are proven to their greatest common unit, for trees of up to 5e11 such units. All
    others are rounded down to multiples of a power of two (1e-15 of the total of all edges), and
    proven to a relative 1e-9.

    Examples
    --------
    Three towns on a star are joined by its hub, though each pair could be joined directly.

    >>> from routing.network import steiner_tree
    >>> tree = steiner_tree([(0, 1), (1, 2), (0, 2), (0, 3), (1, 3), (2, 3)], [5, 5, 5, 3, 3, 2], [0, 1, 2])
    >>> tree.edges, tree.price, tree.lower_bound, tree.status
    ((3, 4, 5), 8, 8, 'OPTIMAL')
    """
    from routing.network.steiner_net import net_of
    from routing.network.steiner_relaxation import reachable
    from routing.network.steiner_search import Search
    from routing.network.steiner_web import new_web

    given = _checked(edges, prices, terminals)
    if most_nodes is not None and most_nodes < 0:
        raise InputError(f"at most {most_nodes} nodes of the branch and bound", remedy="give 0 or more, or None")
    unit, whole = _unit_of(given.prices)
    used = given.ends[:, 0] != given.ends[:, 1]
    rows = np.flatnonzero(used)
    nodes, numbered = np.unique(np.concatenate([given.ends[rows].reshape(-1), given.terminals]), return_inverse=True)
    ends, places = numbered[: 2 * len(rows)].reshape(-1, 2), np.unique(numbered[2 * len(rows) :])
    web = new_web(ends, np.floor(given.prices[rows] / unit), places, vertices=len(nodes))
    net = net_of(web)
    apart = np.setdiff1d(net.vertex[net.terminals], net.vertex[reachable(net, int(net.terminals[0]))])
    if len(apart):
        raise _apart(int(nodes[places[0]]), int(nodes[apart[0]]))
    search = Search(whole=whole, limit=most_nodes)
    search.start(web)
    search.explore(web)
    chosen = _trimmed(given, rows[search.edges])
    return _outcome(given, chosen, search=search, unit=unit, whole=whole)


class _Given(NamedTuple):
    """The graph as given, checked."""

    ends: NDArray[np.int64]
    prices: NDArray[np.float64] | NDArray[np.int64]
    terminals: NDArray[np.int64]


def _checked(edges: ArrayLike, prices: ArrayLike, terminals: Sequence[int]) -> _Given:
    """What was given as arrays, or an InputError."""
    ends = _numbers(edges, "edges")
    wanted = _numbers(list(terminals), "terminals")
    price = np.asarray(prices)
    if price.size == 0:
        price = np.zeros(0, np.int64)
    if ends.size == 0:
        ends = ends.reshape(0, 2)
    if ends.ndim != 2 or ends.shape[1] != 2 or price.shape != (len(ends),):
        raise InputError(
            f"edges of shape {ends.shape} with prices of shape {price.shape}",
            remedy="give (m, 2) node numbers and m prices",
        )
    if price.dtype.kind not in "iuf":
        raise InputError(f"prices of type {price.dtype}", remedy="give integers or floats")
    wrong = np.flatnonzero(~(np.isfinite(price) & (price >= 0)))
    if len(wrong):
        raise InputError(f"the price of edge {wrong[0]} is {price[wrong[0]]}", remedy="give finite prices of 0 or more")
    if wanted.ndim != 1 or not len(wanted):
        raise InputError("no terminals", remedy="give the number of one node at least")
    return _Given(ends, price, wanted)


def _numbers(values: ArrayLike, what: str) -> NDArray[np.int64]:
    """Node numbers as an array."""
    found = np.asarray(values)
    if found.size and (found.dtype.kind not in "iu" or found.min() < 0):
        raise InputError(f"{what} hold something that is no node number", remedy="number the nodes 0, 1, 2, ...")
    return found.astype(np.int64)


def _unit_of(prices: NDArray[np.float64] | NDArray[np.int64]) -> tuple[float, bool]:
    """Unit in which prices are whole numbers with a total that is exact, and whether they are that without rounding."""
    total = float(prices.sum(dtype=np.float64))
    if total == 0.0:
        return 1.0, True
    if prices.dtype.kind != "f":
        common = int(np.gcd.reduce(prices))
        if total / common < _EXACT:
            return float(common), True
    return 2.0 ** (math.frexp(total)[1] - 50), False


def _apart(first: int, other: int) -> InfeasibleError:
    return InfeasibleError(
        f"no edges join terminal {other} to terminal {first}; add some, or leave it out", conflict=[str(other)]
    )


def _trimmed(given: _Given, rows: NDArray[np.int64]) -> list[int]:
    """The cheapest spanning tree of some edges, without ends that are no terminals: free edges may have come along."""
    parent: dict[int, int] = {}

    def top(node: int) -> int:
        while parent.setdefault(node, node) != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    kept: dict[int, set[int]] = {}
    for row in rows[np.lexsort((rows, given.prices[rows]))].tolist():
        u, v = given.ends[row].tolist()
        if top(u) != top(v):
            parent[top(u)] = top(v)
            kept.setdefault(u, set()).add(row)
            kept.setdefault(v, set()).add(row)
    wanted = set(given.terminals.tolist())
    ends = [node for node in kept if len(kept[node]) == 1 and node not in wanted]
    while ends:
        node = ends.pop()
        row = kept[node].pop()
        other = int(given.ends[row].sum()) - node
        kept[other].discard(row)
        if len(kept[other]) == 1 and other not in wanted:
            ends.append(other)
    return sorted(set().union(*kept.values()))


def _outcome(given: _Given, chosen: list[int], *, search: Search, unit: float, whole: bool) -> SteinerTree:
    """The tree with the bound that the search has proven, in the unit of the prices."""
    found = given.prices[chosen].tolist()
    integral = given.prices.dtype.kind != "f"
    price = sum(found) if integral else math.fsum(found)
    bound = search.bound
    lower = min(price, unit * (math.ceil(bound) if whole else bound))
    if integral:
        lower = math.ceil(lower)
    status = "OPTIMAL" if search.left_bound == math.inf else "FEASIBLE"
    return SteinerTree(tuple(chosen), price, lower, search.solver, status, search.nodes)
