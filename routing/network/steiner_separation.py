"""Cuts that a fractional tree violates, from maximum flows to the terminals."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import Integer, kernel, part
from routing.network.steiner_net import Net

__all__ = ["separate"]

# Flow below this is none. A cut is valid whatever the flow was, so this only decides which are found.
_NONE = 1e-7
# A cut counts as violated when this much of a whole arc is missing.
_SHORT = 1e-4
# Capacity given to every arc, so that among cuts of one amount those with few arcs are met first; in larger graphs
# it would take too many ways to fill.
_CREEP, _FEW = 1e-5, 20_000
# Cuts around one terminal in one round: each next one lies outside the former.
_NESTED = 6


class _Bench(NamedTuple):
    """Workspace."""

    net: Net
    left: NDArray[np.float64]  # capacity that is left on each arc
    mark: NDArray[np.int64]  # the search that met a vertex last
    via: NDArray[np.int64]  # arc by which it met it
    nodes: NDArray[np.int64]
    arcs: NDArray[np.int64]  # arcs of the cuts found, one cut after the other
    ends: NDArray[np.int64]
    tally: NDArray[np.int64]  # searches, vertices met, cuts, arcs of them


def separate(net: Net, root: int, amount: NDArray[np.float64]) -> list[NDArray[np.int64]]:
    """Arcs of cuts between the root and a terminal in which the amounts sum to less than one, each cut once.

    Notes
    -----
    Minimum cuts next to the terminal, nested, and next to the root: T. Koch and A. Martin, Solving
    Steiner tree problems in graphs to optimality, Networks 32 (1998).
    """
    vertices, room = net.terminal.size, (_NESTED + 2) * net.head.size
    mark, via, nodes = np.full(vertices, -1, np.int64), np.zeros(vertices, np.int64), np.zeros(vertices, np.int64)
    arcs, ends, count = np.zeros(room, np.int64), np.zeros(_NESTED + 3, np.int64), np.zeros(4, np.int64)
    bench = _Bench(net, amount.copy(), mark, via, nodes, arcs, ends, count)
    creep = _CREEP if net.head.size < _FEW else 0.0
    found: dict[bytes, NDArray[np.int64]] = {}
    for terminal in net.terminals.tolist():
        if terminal != root:
            bench.left[:] = amount
            bench.tally[2] = 0
            if _is_fed(bench, root, terminal):
                continue
            bench.left[:] = amount + creep
            _cut_off(bench, root, terminal)
            for i in range(int(count[2])):
                cut = np.sort(arcs[ends[i] : ends[i + 1]])
                found.setdefault(cut.tobytes(), cut)
    return list(found.values())


@part
def _reaches(bench: _Bench, root: Integer, terminal: Integer) -> bool:
    """Search back from the terminal; whether the root is met."""
    net = bench.net
    bench.tally[0] += 1
    search = bench.tally[0]
    bench.nodes[0] = terminal
    bench.mark[terminal] = search
    size, i = np.int64(1), np.int64(0)
    while i < size:
        vertex = np.int64(bench.nodes[i])
        i += 1
        for out in range(net.start[vertex], net.start[vertex + 1]):
            tail = net.head[out]
            if bench.left[net.twin[out]] > _NONE and bench.mark[tail] != search:
                bench.mark[tail] = search
                bench.via[tail] = net.twin[out]
                if tail == root:
                    return True
                bench.nodes[size] = tail
                size += 1
    bench.tally[1] = size
    return False


@part
def _send(bench: _Bench, root: Integer, terminal: Integer) -> float:
    """Send what fits along the way found; returns how much."""
    net = bench.net
    fits = np.inf
    vertex = root
    while vertex != terminal:
        fits = min(fits, bench.left[bench.via[vertex]])
        vertex = net.head[bench.via[vertex]]
    vertex = root
    while vertex != terminal:
        arc = bench.via[vertex]
        bench.left[arc] -= fits
        bench.left[net.twin[arc]] += fits
        vertex = net.head[arc]
    return fits


@part
def _keep_inner(bench: _Bench) -> None:
    """Keep the arcs into the set met last as a cut, and open them for the next search."""
    net = bench.net
    search = bench.tally[0]
    for i in range(bench.tally[1]):
        vertex = bench.nodes[i]
        for out in range(net.start[vertex], net.start[vertex + 1]):
            if bench.mark[net.head[out]] != search:
                bench.arcs[bench.tally[3]] = net.twin[out]
                bench.tally[3] += 1
                bench.left[net.twin[out]] = 1.0
    bench.tally[2] += 1
    bench.ends[bench.tally[2]] = bench.tally[3]


@part
def _keep_outer(bench: _Bench, root: Integer) -> None:
    """Keep the arcs out of the set that the root reaches as a cut."""
    net = bench.net
    bench.tally[0] += 1
    search = bench.tally[0]
    bench.nodes[0] = root
    bench.mark[root] = search
    size, i = np.int64(1), np.int64(0)
    while i < size:
        vertex = bench.nodes[i]
        i += 1
        for arc in range(net.start[vertex], net.start[vertex + 1]):
            if bench.left[arc] > _NONE and bench.mark[net.head[arc]] != search:
                bench.mark[net.head[arc]] = search
                bench.nodes[size] = net.head[arc]
                size += 1
    for member in range(size):
        vertex = bench.nodes[member]
        for arc in range(net.start[vertex], net.start[vertex + 1]):
            if bench.mark[net.head[arc]] != search:
                bench.arcs[bench.tally[3]] = arc
                bench.tally[3] += 1
    bench.tally[2] += 1
    bench.ends[bench.tally[2]] = bench.tally[3]


@kernel
def _is_fed(bench: _Bench, root: int, terminal: int) -> bool:
    """Whether a whole unit can be sent to a terminal."""
    flow = 0.0
    while flow < 1.0 - _SHORT:
        if not _reaches(bench, root, terminal):
            return False
        flow += _send(bench, root, terminal)
    return True


@kernel
def _cut_off(bench: _Bench, root: int, terminal: int) -> None:
    """Cuts that keep less than one from a terminal."""
    bench.tally[2] = 0
    bench.tally[3] = 0
    flow = 0.0
    while flow < 1.0 - _SHORT and bench.tally[2] < _NESTED:
        if _reaches(bench, root, terminal):
            flow += _send(bench, root, terminal)
        else:
            if bench.tally[2] == 0:
                _keep_outer(bench, root)
                _reaches(bench, root, terminal)
            _keep_inner(bench)
