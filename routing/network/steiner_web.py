"""The graph while it is reduced: edges can be removed, joined and contracted in place.

A half-edge 2e or 2e + 1 is one end of edge e, linked into the list of its vertex. Every edge
has a name: the number of an edge as given, or of a pair of names that it was joined from.
Prices are whole numbers held as float64, so that sums below 2**53 are exact.
"""

from __future__ import annotations

from copy import deepcopy
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import Integer, kernel, part

__all__ = ["FIXED", "NAMES", "TERMINALS", "Web", "contract", "copied", "expand", "join", "new_web", "peel", "remove"]

# Slots of `tally`: names given, edges fixed, terminals left.
NAMES, FIXED, TERMINALS = range(3)


class Web(NamedTuple):
    """Graph under reduction."""

    end: NDArray[np.int64]  # vertex of each half-edge; -1 = removed
    following: NDArray[np.int64]  # next half-edge of the vertex; -1 = none
    before: NDArray[np.int64]
    head: NDArray[np.int64]  # first half-edge of each vertex
    degree: NDArray[np.int64]
    terminal: NDArray[np.int64]  # 1 = must be in the tree
    price: NDArray[np.float64]
    name: NDArray[np.int64]
    left: NDArray[np.int64]  # the two names behind a name of a pair
    right: NDArray[np.int64]
    fixed: NDArray[np.int64]  # names of edges that are in the tree already
    tally: NDArray[np.int64]
    base: NDArray[np.float64]  # their price


def new_web(
    ends: NDArray[np.int64], prices: NDArray[np.float64], terminals: NDArray[np.int64], *, vertices: int
) -> Web:
    """Web of a list of edges without loops."""
    edges = len(ends)
    end = ends.reshape(-1).copy()
    web = Web(
        end,
        np.full(2 * edges, -1, np.int64),
        np.full(2 * edges, -1, np.int64),
        np.full(vertices, -1, np.int64),
        np.zeros(vertices, np.int64),
        np.zeros(vertices, np.int64),
        prices.copy(),
        np.arange(edges, dtype=np.int64),
        np.full(edges + vertices, -1, np.int64),
        np.full(edges + vertices, -1, np.int64),
        np.zeros(vertices, np.int64),
        np.array([edges, 0, len(terminals)], np.int64),
        np.zeros(1),
    )
    web.terminal[terminals] = 1
    _link_all(web)
    return web


def copied(web: Web) -> Web:
    """Copy that can be reduced apart."""
    return deepcopy(web)


def expand(web: Web, names: NDArray[np.int64]) -> list[int]:
    """Numbers of the given edges behind some names and the fixed ones, ascending."""
    stack = [*names.tolist(), *web.fixed[: web.tally[FIXED]].tolist()]
    found = set()
    while stack:
        name = stack.pop()
        if web.left[name] < 0:
            found.add(name)
        else:
            stack += [int(web.left[name]), int(web.right[name])]
    return sorted(found)


@kernel
def _link_all(web: Web) -> None:
    for half in range(web.end.size):
        attach(web, half, web.end[half])


@part
def attach(web: Web, half: Integer, vertex: Integer) -> None:
    """Link a half-edge into the list of a vertex."""
    first = web.head[vertex]
    web.end[half] = vertex
    web.following[half] = first
    web.before[half] = -1
    if first >= 0:
        web.before[first] = half
    web.head[vertex] = half
    web.degree[vertex] += 1


@part
def detach(web: Web, half: Integer) -> None:
    """Unlink a half-edge from the list of its vertex."""
    vertex, above, below = web.end[half], web.before[half], web.following[half]
    if above >= 0:
        web.following[above] = below
    else:
        web.head[vertex] = below
    if below >= 0:
        web.before[below] = above
    web.degree[vertex] -= 1
    web.end[half] = -1


@part
def remove(web: Web, edge: Integer) -> None:
    """Remove an edge."""
    detach(web, 2 * edge)
    detach(web, 2 * edge + 1)


@part
def contract(web: Web, edge: Integer) -> None:
    """Take an edge into the tree and make one vertex of its two ends, under the number of its first."""
    kept, gone = web.end[2 * edge], web.end[2 * edge + 1]
    web.fixed[web.tally[FIXED]] = web.name[edge]
    web.tally[FIXED] += 1
    web.base[0] += web.price[edge]
    remove(web, edge)
    half = web.head[gone]
    while half >= 0:
        below = web.following[half]
        if web.end[half ^ 1] == kept:
            remove(web, half >> 1)
        else:
            detach(web, half)
            attach(web, half, kept)
        half = below
    if web.terminal[gone] == 1:
        web.terminal[gone] = 0
        if web.terminal[kept] == 1:
            web.tally[TERMINALS] -= 1
        web.terminal[kept] = 1


@part
def join(web: Web, vertex: Integer) -> None:
    """Make one edge of the two at a vertex."""
    first = web.head[vertex]
    second = web.following[first]
    far = web.end[second ^ 1]
    if web.end[first ^ 1] == far:
        remove(web, first >> 1)
        remove(web, second >> 1)
        return
    name = web.tally[NAMES]
    web.tally[NAMES] += 1
    web.left[name] = web.name[first >> 1]
    web.right[name] = web.name[second >> 1]
    web.name[first >> 1] = name
    web.price[first >> 1] += web.price[second >> 1]
    remove(web, second >> 1)
    detach(web, first)
    attach(web, first, far)


@part
def merge_parallel(web: Web, vertex: Integer, mark: NDArray[np.int64]) -> np.int64:
    """Keep the cheapest of edges with the same two ends, at one vertex; returns how many went."""
    gone = np.int64(0)
    half = web.head[vertex]
    while half >= 0:
        below = web.following[half]
        far = web.end[half ^ 1]
        other = mark[far]
        if other >= 0:
            worse = other if web.price[half >> 1] < web.price[other >> 1] else half
            if worse == other:
                mark[far] = half
            remove(web, worse >> 1)
            gone += 1
        else:
            mark[far] = half
        half = below
    half = web.head[vertex]
    while half >= 0:
        mark[web.end[half ^ 1]] = -1
        half = web.following[half]
    return gone


@part
def settle_vertex(web: Web, vertex: Integer, mark: NDArray[np.int64]) -> np.int64:
    """Reduce at a vertex with at most two edges; returns the vertex to look at next, -1 for none."""
    merge_parallel(web, vertex, mark)
    degree = web.degree[vertex]
    first = web.head[vertex]
    if degree == 0:
        return np.int64(-1)
    if degree == 1 and web.terminal[vertex] == 0:
        far = web.end[first ^ 1]
        remove(web, first >> 1)
        return np.int64(far)
    if degree == 1 and web.tally[TERMINALS] > 1:
        kept = web.end[first & ~np.int64(1)]
        contract(web, first >> 1)
        return np.int64(kept)
    if degree == 2 and web.terminal[vertex] == 0:
        far = web.end[first ^ 1]
        join(web, vertex)
        return np.int64(far)
    return np.int64(-1)


@kernel
def peel(web: Web, mark: NDArray[np.int64]) -> None:
    """Remove, join and contract at vertices with few edges, and free edges, until nothing changes.

    `mark` holds -1 for each vertex.
    """
    before = np.int64(-1)
    while before != web.degree.sum():
        before = web.degree.sum()
        for edge in range(web.price.size):
            if web.end[2 * edge] >= 0 and web.price[edge] == 0.0:
                contract(web, edge)
        for vertex in range(web.head.size):
            v = np.int64(vertex)
            while v >= 0:
                v = settle_vertex(web, v, mark)
