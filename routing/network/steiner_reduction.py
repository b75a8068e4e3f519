"""Tests that remove edges which no cheapest tree needs, and contract edges that some cheapest tree has."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import Integer, kernel, part
from routing.network.steiner_queue import Queue, forget, new_queue, pop, push
from routing.network.steiner_web import TERMINALS, Web, contract, peel, remove

__all__ = ["reduce_web"]

# Half-edges looked at from one edge in the search for a way around it: doubling it removes hardly more.
_REACH = 600
# Share of the edges that, when it is left after a round, makes another round not worth its time.
_FEW = 0.95
# With more terminals than this, their matrix of distances would not fit in memory.
_MATRIX = 2000


def reduce_web(web: Web) -> None:
    """Reduce a web until the tests find nothing worth another round.

    Notes
    -----
    Degree tests; the special-distance test of Duin and Volgenant (An edge elimination test for the
    Steiner problem in graphs, Operations Research Letters 8, 1989), by limited searches and by
    the minimum spanning tree of the terminals' distances; the nearest-vertex test of Beasley
    (An algorithm for the Steiner problem in graphs, Networks 14, 1984).
    """
    vertices = web.head.size
    queue, mark = new_queue(vertices), np.full(vertices, -1, np.int64)
    peel(web, mark)
    while web.tally[TERMINALS] > 1:
        before = int(web.degree.sum())
        terminals = np.flatnonzero(web.terminal)
        contract_nearest(web, terminals, queue)
        peel(web, mark)
        terminals = np.flatnonzero(web.terminal)
        if len(terminals) <= _MATRIX:
            matrix = np.full((len(terminals), len(terminals)), np.inf)
            base = np.full(vertices, -1, np.int64)
            remove_far(web, terminals, matrix, base, queue)
        remove_bypassed(web, _REACH, queue)
        peel(web, mark)
        after = int(web.degree.sum())
        if after >= _FEW * before:
            return


@part
def is_bypassed(web: Web, edge: Integer, reach: Integer, queue: Queue) -> bool:
    """Whether a walk around an edge has no stretch, from one terminal to the next, above the price of the edge."""
    limit = web.price[edge]
    goal = web.end[2 * edge + 1]
    seen = np.int64(0)
    push(queue, web.end[2 * edge], 0.0)
    while queue.size[0] > 0 and seen < reach:
        vertex = pop(queue)
        key = queue.key[vertex]
        half = web.head[vertex]
        while half >= 0:
            seen += 1
            far = web.end[half ^ 1]
            reached = key + web.price[half >> 1]
            if half >> 1 != edge and reached <= limit:
                if far == goal:
                    return True
                # At a terminal a new stretch begins.
                fresh = 0.0 if web.terminal[far] == 1 else reached
                if fresh < queue.key[far]:
                    push(queue, far, fresh)
            half = web.following[half]
    return False


@kernel
def remove_bypassed(web: Web, reach: int, queue: Queue) -> None:
    """Remove every edge around which a short search finds a walk that is nowhere dearer.

    A tree with the edge falls apart without it; some stretch of the walk joins the parts again.
    """
    for edge in range(web.price.size):
        if web.end[2 * edge] >= 0:
            if is_bypassed(web, edge, reach, queue):
                remove(web, edge)
            forget(queue)


@part
def find_nearest(web: Web, terminals: NDArray[np.int64], base: NDArray[np.int64], queue: Queue) -> None:
    """Distance to the nearest terminal as the key of each vertex, and the place of that terminal in the list."""
    for i in range(terminals.size):
        base[terminals[i]] = i
        push(queue, terminals[i], 0.0)
    while queue.size[0] > 0:
        vertex = pop(queue)
        half = web.head[vertex]
        while half >= 0:
            far = web.end[half ^ 1]
            reached = queue.key[vertex] + web.price[half >> 1]
            if reached < queue.key[far]:
                push(queue, far, reached)
                base[far] = base[vertex]
            half = web.following[half]


@part
def fill_matrix(web: Web, matrix: NDArray[np.float64], base: NDArray[np.int64], queue: Queue) -> None:
    """Least length of a way between two terminals by one edge between their regions."""
    for edge in range(web.price.size):
        if web.end[2 * edge] < 0:
            continue
        u, v = web.end[2 * edge], web.end[2 * edge + 1]
        a, b = base[u], base[v]
        if a >= 0 and b >= 0 and a != b:
            length = queue.key[u] + web.price[edge] + queue.key[v]
            if length < matrix[a, b]:
                matrix[a, b] = length
                matrix[b, a] = length


@part
def spread_bottlenecks(matrix: NDArray[np.float64], order: NDArray[np.int64], parent: NDArray[np.int64]) -> None:
    """Turn lengths into the largest length on the way through their minimum spanning tree (Prim)."""
    count = matrix.shape[0]
    for i in range(count):
        parent[i] = 0
        order[i] = i
    for done in range(1, count):
        best = done
        for i in range(done + 1, count):
            if matrix[order[i], parent[order[i]]] < matrix[order[best], parent[order[best]]]:
                best = i
        order[done], order[best] = order[best], order[done]
        new = order[done]
        length = matrix[new, parent[new]]
        for i in range(done + 1, count):
            if matrix[order[i], new] < matrix[order[i], parent[order[i]]]:
                parent[order[i]] = new
        root = parent[new]
        # Rows of vertices in the tree are final; the length to the parent is needed no more.
        for i in range(done):
            other = order[i]
            wide = length if other == root else max(length, matrix[root, other])
            matrix[new, other] = wide
            matrix[other, new] = wide


@kernel
def remove_far(
    web: Web,
    terminals: NDArray[np.int64],
    matrix: NDArray[np.float64],
    base: NDArray[np.int64],
    queue: Queue,
) -> None:
    """Remove edges dearer than every stretch of the walk by the nearest terminals of their ends.

    Strictly dearer, so that the stretches, found once, hold no edge that is removed by them.
    """
    find_nearest(web, terminals, base, queue)
    fill_matrix(web, matrix, base, queue)
    spread_bottlenecks(matrix, queue.nodes, queue.place)
    for i in range(terminals.size):
        queue.place[i] = -1
    for edge in range(web.price.size):
        if web.end[2 * edge] < 0:
            continue
        u, v = web.end[2 * edge], web.end[2 * edge + 1]
        limit = web.price[edge]
        if queue.key[u] < limit and queue.key[v] < limit:
            a, b = base[u], base[v]
            if a == b or matrix[a, b] < limit:
                remove(web, edge)
    forget(queue)


@part
def is_nearest(web: Web, terminal: Integer, best: Integer, slack: float, queue: Queue) -> bool:
    """Whether another terminal lies within `slack` of the far end of a half-edge, not through its own terminal."""
    push(queue, web.end[best ^ 1], 0.0)
    while queue.size[0] > 0:
        vertex = pop(queue)
        if web.terminal[vertex] == 1:
            return True
        half = web.head[vertex]
        while half >= 0:
            far = web.end[half ^ 1]
            reached = queue.key[vertex] + web.price[half >> 1]
            if far != terminal and reached <= slack and reached < queue.key[far]:
                push(queue, far, reached)
            half = web.following[half]
    return False


@kernel
def contract_nearest(web: Web, terminals: NDArray[np.int64], queue: Queue) -> None:
    """Contract the cheapest edge of a terminal where going on from it to another terminal beats every other edge."""
    for i in range(terminals.size):
        terminal = terminals[i]
        if web.terminal[terminal] == 0 or web.tally[TERMINALS] < 2:
            continue
        best = np.int64(-1)
        low, second = np.inf, np.inf
        half = web.head[terminal]
        while half >= 0:
            price = web.price[half >> 1]
            if price < low:
                best, second, low = half, low, price
            else:
                second = min(second, price)
            half = web.following[half]
        if best >= 0:
            found = is_nearest(web, terminal, best, second - low, queue)
            forget(queue)
            if found:
                contract(web, best >> 1)
