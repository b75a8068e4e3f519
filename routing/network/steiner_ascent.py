"""Dual ascent: a lower bound on every tree, with the reduced prices of arcs and the cuts that prove it."""

# ruff: noqa: PLR0913, PLR0917 (compiled code has neither keywords nor objects)

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import Integer, kernel, part
from routing.network.steiner_net import Net
from routing.network.steiner_queue import Queue, new_queue, pop, push

__all__ = ["Ascent", "Cuts", "ascend", "through_prices"]

# Entries of the list of cuts at first, and at most (eight bytes each).
_ROOM, _MOST = 1 << 18, 1 << 24


@dataclass(frozen=True)
class Cuts:
    """Sets of vertices without the root and with a terminal, into each of which every tree must pay its way.

    Attributes
    ----------
    vertices
        Members of all sets, one set after the other.
    start
        Where each set begins, and the end.
    price
        What is paid at each set: dual values, with which no arc is overpaid.
    """

    vertices: NDArray[np.int64]
    start: NDArray[np.int64]
    price: NDArray[np.float64]


@dataclass(frozen=True)
class Ascent:
    """What dual ascent from one root found.

    Attributes
    ----------
    root
        Terminal from which trees are directed.
    bound
        Lower bound on the price of any tree.
    reduced
        Price of each arc less what it pays into cuts, >= 0.
    cuts
        The sets and their prices; ``None`` when they were not asked for, or are too many.
    """

    root: int
    bound: float
    reduced: NDArray[np.float64]
    cuts: Cuts | None


class _Log(NamedTuple):
    """List of cuts under construction."""

    vertices: NDArray[np.int64]
    start: NDArray[np.int64]
    price: NDArray[np.float64]
    size: NDArray[np.int64]  # cuts, members; -1 members = no room left


class _Bench(NamedTuple):
    """Workspace."""

    score: NDArray[np.float64]  # arcs of the last cut of each terminal; inf = done
    owner: NDArray[np.int64]  # place of each terminal in the list; -1 = none
    mark: NDArray[np.int64]  # the search that met a vertex last
    inside: NDArray[np.int64]  # vertices of a set, in the order in which they were met
    border: NDArray[np.int64]  # arcs into it
    tally: NDArray[
        np.int64
    ]  # searches, members of `inside`, those looked at, members of `border`, next score (0 = done)


def ascend(net: Net, root: int, *, with_cuts: bool = False) -> Ascent:
    """Dual ascent of Wong from a root terminal.

    Notes
    -----
    R. T. Wong, A dual ascent approach for Steiner tree problems on a directed graph, Mathematical
    Programming 28 (1984); the set with the fewest arcs first, as in T. Polzin and S. Vahdati
    Daneshmand, Improved algorithms for the Steiner problem in networks, Discrete Applied
    Mathematics 112 (2001). The bound is the sum of the prices of the cuts: weak duality.
    """
    room = _ROOM if with_cuts else 0
    while True:
        reduced = net.price.copy()
        log = _Log(np.zeros(room, np.int64), np.zeros(room + 1, np.int64), np.zeros(room), np.zeros(2, np.int64))
        bound = _ascend(net, root, reduced, _new_bench(net), log)
        if not with_cuts or (log.size[1] < 0 and room >= _MOST):
            return Ascent(root, bound, reduced, None)
        if log.size[1] >= 0:
            cuts, members = log.size.tolist()
            kept = Cuts(log.vertices[:members].copy(), log.start[: cuts + 1].copy(), log.price[:cuts].copy())
            return Ascent(root, bound, reduced, kept)
        room *= 4


def _new_bench(net: Net) -> _Bench:
    vertices, arcs = net.terminal.size, net.head.size
    return _Bench(
        np.zeros(net.terminals.size),
        np.full(vertices, -1, np.int64),
        np.full(vertices, -1, np.int64),
        np.zeros(vertices, np.int64),
        np.zeros(arcs, np.int64),
        np.zeros(5, np.int64),
    )


@part
def _note(bench: _Bench, price: float, log: _Log) -> None:
    """Append the set of the bench to the list of cuts."""
    cuts, members, size = log.size[0], log.size[1], bench.tally[1]
    if members < 0 or members + size > log.vertices.size or cuts >= log.price.size:
        log.size[1] = -1
        return
    for i in range(size):
        log.vertices[members + i] = bench.inside[i]
    log.price[cuts] = price
    log.start[cuts + 1] = members + size
    log.size[0] += 1
    log.size[1] += size


@part
def _spread(net: Net, root: Integer, reduced: NDArray[np.float64], bench: _Bench) -> bool:
    """Extend the set against paid arcs; whether it stays clear of the root and other open terminals."""
    search = bench.tally[0]
    while bench.tally[2] < bench.tally[1]:
        vertex = bench.inside[bench.tally[2]]
        bench.tally[2] += 1
        for out in range(net.start[vertex], net.start[vertex + 1]):
            tail = net.head[out]
            arc = net.twin[out]
            if bench.mark[tail] == search:
                continue
            if reduced[arc] > 0.0:
                bench.border[bench.tally[3]] = arc
                bench.tally[3] += 1
            elif tail == root or (bench.owner[tail] >= 0 and bench.score[bench.owner[tail]] < np.inf):
                return False
            else:
                bench.mark[tail] = search
                bench.inside[bench.tally[1]] = tail
                bench.tally[1] += 1
    return True


@part
def _trim(net: Net, reduced: NDArray[np.float64], bench: _Bench) -> float:
    """Drop arcs of the border that lie inside by now; the least reduced price of the others."""
    left = np.int64(0)
    least = np.inf
    for i in range(bench.tally[3]):
        arc = bench.border[i]
        if bench.mark[net.tail[arc]] != bench.tally[0]:
            bench.border[left] = arc
            left += 1
            least = min(least, reduced[arc])
    bench.tally[3] = left
    return least


@part
def _pay(least: float, reduced: NDArray[np.float64], bench: _Bench, log: _Log) -> None:
    """Raise the price of the cut until an arc is paid for; the tails of paid arcs wait to be met."""
    _note(bench, least, log)
    for i in range(bench.tally[3]):
        reduced[bench.border[i]] -= least


@part
def _is_met(net: Net, root: Integer, reduced: NDArray[np.float64], bench: _Bench) -> bool:
    """Take in the tails of border arcs that are paid for; whether the root or an open terminal is among them."""
    for i in range(bench.tally[3]):
        arc = bench.border[i]
        tail = net.tail[arc]
        if reduced[arc] == 0.0 and bench.mark[tail] != bench.tally[0]:
            if tail == root or (bench.owner[tail] >= 0 and bench.score[bench.owner[tail]] < np.inf):
                return True
            bench.mark[tail] = bench.tally[0]
            bench.inside[bench.tally[1]] = tail
            bench.tally[1] += 1
    return False


@part
def _next(bench: _Bench) -> np.int64:
    """Open terminal with the fewest arcs into its set; -1 when all are done."""
    best = np.int64(-1)
    low = np.inf
    for i in range(bench.score.size):
        if bench.score[i] < low:
            best, low = np.int64(i), bench.score[i]
    return best


@part
def _begin(bench: _Bench, terminal: Integer) -> None:
    """Begin a set with one terminal."""
    bench.tally[0] += 1
    bench.tally[1] = 1
    bench.tally[2] = 0
    bench.tally[3] = 0
    bench.inside[0] = terminal
    bench.mark[terminal] = bench.tally[0]


@part
def _work(net: Net, root: Integer, rival: float, reduced: NDArray[np.float64], bench: _Bench, log: _Log) -> float:
    """Raise cuts around the terminal of the bench while they have the fewest arcs; returns what was paid."""
    paid = 0.0
    while _spread(net, root, reduced, bench):
        least = _trim(net, reduced, bench)
        if least == np.inf:
            return np.inf
        if bench.tally[3] > rival:
            bench.tally[4] = bench.tally[3]
            return paid
        paid += least
        _pay(least, reduced, bench, log)
        if _is_met(net, root, reduced, bench):
            break
    bench.tally[4] = 0
    return paid


@kernel
def _ascend(net: Net, root: int, reduced: NDArray[np.float64], bench: _Bench, log: _Log) -> float:
    bound = 0.0
    for row in range(net.terminals.size):
        bench.owner[net.terminals[row]] = row
    bench.score[bench.owner[root]] = np.inf
    while bound < np.inf:
        i = _next(bench)
        if i < 0:
            break
        bench.score[i] = np.inf
        other = _next(bench)
        _begin(bench, net.terminals[i])
        bound += _work(net, root, np.inf if other < 0 else bench.score[other], reduced, bench, log)
        if bench.tally[4] > 0:
            bench.score[i] = bench.tally[4]
    return bound


def through_prices(net: Net, root: int, reduced: NDArray[np.float64]) -> NDArray[np.float64]:
    """Least reduced price of a way from the root by each arc to a terminal: what it adds to the bound."""
    queue = new_queue(net.terminal.size)
    back = new_queue(net.terminal.size)
    _search_ways(net, root, reduced, queue, back)
    ways: NDArray[np.float64] = queue.key[net.tail] + reduced + back.key[net.head]
    return ways


@kernel
def _search_ways(net: Net, root: int, reduced: NDArray[np.float64], queue: Queue, back: Queue) -> None:
    push(queue, root, 0.0)
    while queue.size[0] > 0:
        vertex = pop(queue)
        for arc in range(net.start[vertex], net.start[vertex + 1]):
            reached = queue.key[vertex] + reduced[arc]
            if reached < queue.key[net.head[arc]]:
                push(queue, net.head[arc], reached)
    for i in range(net.terminals.size):
        if net.terminals[i] != root:
            push(back, net.terminals[i], 0.0)
    while back.size[0] > 0:
        vertex = pop(back)
        for arc in range(net.start[vertex], net.start[vertex + 1]):
            reached = back.key[vertex] + reduced[net.twin[arc]]
            if reached < back.key[net.head[arc]]:
                push(back, net.head[arc], reached)
