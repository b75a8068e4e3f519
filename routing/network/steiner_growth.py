"""Good trees: grown from a vertex by cheapest ways, spanned anew, and improved by doing without parts of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import Integer, kernel, part
from routing.network.steiner_net import Net
from routing.network.steiner_queue import Queue, forget, new_queue, pop, push

__all__ = ["Nursery", "Tree", "grow", "improve", "new_nursery"]


class Tree(NamedTuple):
    """Edges of the web, ascending, with their price."""

    price: float
    edges: NDArray[np.int64]


class Nursery(NamedTuple):
    """Workspace for growing trees."""

    net: Net
    queue: Queue
    inside: NDArray[np.int64]  # 1 = vertex of the tree
    via: NDArray[np.int64]  # arc by which a vertex was reached; -1 = none
    degree: NDArray[np.int64]
    cost: NDArray[np.float64]  # what each arc seems to cost while growing


def new_nursery(net: Net) -> Nursery:
    """Workspace for trees of a net."""
    vertices = net.terminal.size
    inside, via, degree = (np.zeros(vertices, np.int64) for _ in range(3))
    return Nursery(net, new_queue(vertices), inside, via, degree, net.price.copy())


def grow(nursery: Nursery, seed: int, cost: NDArray[np.float64]) -> Tree | None:
    """Tree grown from a vertex by what arcs seem to cost, spanned anew by their prices; ``None`` when it cannot be.

    Notes
    -----
    H. Takahashi and A. Matsuyama, An approximate solution for the Steiner problem in graphs,
    Mathematica Japonica 24 (1980).
    """
    nursery.cost[:] = cost
    if not grow_and_span(nursery, seed):
        return None
    return _tree(nursery)


def improve(nursery: Nursery, tree: Tree) -> Tree:
    """Tree after doing without vertices where it branches, and without its ways between such, as long as that pays.

    Notes
    -----
    After E. Uchoa and R. F. Werneck, Fast local search for the Steiner problem in graphs, ACM
    Journal of Experimental Algorithmics 17 (2012), but every move grows the tree again.
    """
    better = True
    while better:
        better = False
        seeming = _seeming(nursery.net, tree)
        for banned in _parts(nursery.net, tree):
            nursery.cost[:] = seeming
            nursery.cost[banned] = np.inf
            other = _tree(nursery) if grow_and_span(nursery, int(nursery.net.terminals[0])) else None
            if other is not None and other.price < tree.price:
                tree, better = other, True
                seeming = _seeming(nursery.net, tree)
    return tree


def _seeming(net: Net, tree: Tree) -> NDArray[np.float64]:
    """Prices of the arcs, with those of a tree free."""
    return np.where(np.isin(net.edge, tree.edges), 0.0, net.price)


def _tree(nursery: Nursery) -> Tree:
    arcs = nursery.via[(nursery.inside == 1) & (nursery.via >= 0)]
    return Tree(float(nursery.net.price[arcs].sum()), np.sort(nursery.net.edge[arcs]))


def _parts(net: Net, tree: Tree) -> list[NDArray[np.int64]]:
    """Arcs to ban: those at each branching vertex that is no terminal, and those of each way between such."""
    chosen = np.flatnonzero(np.isin(net.edge, tree.edges))
    degree = np.bincount(net.tail[chosen], minlength=net.terminal.size)
    plain = (net.terminal == 0) & (degree == 2)
    keys = np.flatnonzero((net.terminal == 0) & (degree > 2))
    bans = [np.arange(net.start[v], net.start[v + 1]) for v in keys]
    rows: dict[int, list[int]] = {}
    for arc in chosen.tolist():
        rows.setdefault(int(net.tail[arc]), []).append(arc)
    seen: set[int] = set()
    for arc in chosen.tolist():
        if arc in seen or plain[net.tail[arc]]:
            continue
        way = [arc]
        while plain[net.head[way[-1]]]:
            way.append(next(a for a in rows[int(net.head[way[-1]])] if a != net.twin[way[-1]]))
        both = [*way, *net.twin[way].tolist()]
        seen.update(both)
        bans.append(np.array(both))
    return bans


@part
def _settle(nursery: Nursery, vertex: Integer) -> None:
    """Relax the arcs out of a vertex."""
    net, queue = nursery.net, nursery.queue
    for arc in range(net.start[vertex], net.start[vertex + 1]):
        head = net.head[arc]
        reached = queue.key[vertex] + nursery.cost[arc]
        if nursery.inside[head] == 0 and reached < queue.key[head]:
            nursery.via[head] = arc
            push(queue, head, reached)


@part
def _reach_terminals(nursery: Nursery, seed: Integer) -> bool:
    """Grow to all terminals: the nearest first, by the cheapest way from the tree."""
    net, queue = nursery.net, nursery.queue
    left = net.terminals.size - net.terminal[seed]
    nursery.inside[seed] = 1
    push(queue, seed, 0.0)
    while queue.size[0] > 0 and left > 0:
        vertex = pop(queue)
        if net.terminal[vertex] == 1 and nursery.inside[vertex] == 0:
            left -= 1
            way = vertex
            while nursery.inside[way] == 0:
                nursery.inside[way] = 1
                push(queue, way, 0.0)
                way = net.tail[nursery.via[way]]
        else:
            _settle(nursery, vertex)
    return bool(left == 0)


@part
def _span(nursery: Nursery, seed: Integer) -> None:
    """Least spanning tree of the vertices of the tree, from a terminal (Prim)."""
    net, queue = nursery.net, nursery.queue
    for vertex in range(net.terminal.size):
        nursery.via[vertex] = -1
        nursery.degree[vertex] = 0
    push(queue, seed, 0.0)
    while queue.size[0] > 0:
        vertex = int(pop(queue))
        queue.key[vertex] = -1.0
        if nursery.via[vertex] >= 0:
            nursery.degree[vertex] += 1
            nursery.degree[net.tail[nursery.via[vertex]]] += 1
        for arc in range(net.start[vertex], net.start[vertex + 1]):
            head = net.head[arc]
            if nursery.inside[head] == 1 and net.price[arc] < queue.key[head]:
                nursery.via[head] = arc
                push(queue, head, net.price[arc])


@part
def _prune(nursery: Nursery) -> None:
    """Take off ends that are no terminals."""
    net = nursery.net
    for first in range(net.terminal.size):
        vertex = np.int64(first)
        while nursery.inside[vertex] == 1 and nursery.degree[vertex] == 1 and net.terminal[vertex] == 0:
            nursery.inside[vertex] = 0
            nursery.degree[vertex] = 0
            # The root is a terminal, so the one edge of an end is the one to its parent.
            vertex = net.tail[nursery.via[vertex]]
            nursery.degree[vertex] -= 1


@kernel
def grow_and_span(nursery: Nursery, seed: int) -> bool:
    """Grow a tree by `cost`, span it by the prices, take off loose ends; whether it reaches all terminals."""
    for vertex in range(nursery.inside.size):
        nursery.inside[vertex] = 0
    found = _reach_terminals(nursery, seed)
    forget(nursery.queue)
    if found:
        _span(nursery, seed if nursery.net.terminal[seed] == 1 else nursery.net.terminals[0])
        forget(nursery.queue)
        _prune(nursery)
    return found
