"""The reduced graph as arcs in rows, both directions of every edge."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.network.steiner_web import Web

__all__ = ["Net", "net_of"]


class Net(NamedTuple):
    """Arcs a of vertex v: `start[v]` <= a < `start[v + 1]`."""

    start: NDArray[np.int64]
    head: NDArray[np.int64]
    tail: NDArray[np.int64]
    twin: NDArray[np.int64]  # the arc of the other direction
    price: NDArray[np.float64]
    edge: NDArray[np.int64]  # edge of the web
    terminal: NDArray[np.int64]  # 1 = must be in the tree
    terminals: NDArray[np.int64]  # the same as a list
    vertex: NDArray[np.int64]  # vertex of the web


def net_of(web: Web) -> Net:
    """Net of the edges that are left in a web."""
    edges = np.flatnonzero(web.end[::2] >= 0)
    u, v = web.end[2 * edges], web.end[2 * edges + 1]
    vertex = np.unique(np.concatenate([u, v, np.flatnonzero(web.terminal)]))
    number = np.zeros(web.head.size, np.int64)
    number[vertex] = np.arange(len(vertex))
    tail, head = number[np.concatenate([u, v])], number[np.concatenate([v, u])]
    order = np.lexsort((head, tail))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    half = len(edges)
    other = np.concatenate([np.arange(half, 2 * half), np.arange(half)])
    start = np.zeros(len(vertex) + 1, np.int64)
    np.cumsum(np.bincount(tail, minlength=len(vertex)), out=start[1:])
    terminal = web.terminal[vertex]
    both = np.concatenate([edges, edges])[order]
    return Net(
        start,
        head[order],
        tail[order],
        place[other[order]],
        web.price[both],
        both,
        terminal,
        np.flatnonzero(terminal),
        vertex,
    )
