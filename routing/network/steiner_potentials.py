"""Potentials that no arc overpays: what each terminal pays on the way from the root, as a lower bound on every tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import Integer, kernel, part
from routing.network.steiner_ascent import Cuts, ascend
from routing.network.steiner_net import Net
from routing.network.steiner_queue import Queue, forget, new_queue, pop, push

__all__ = ["Potentials", "potentials_of_cuts", "raised"]

# Arcs times terminals times iterations that are worth their time, and most iterations.
_WORK, _ROUNDS = 300_000_000, 400
# Arcs times terminals that fit in memory, three times eight bytes each.
_MOST = 20_000_000
# Weight of the newest ways in the averages, and the first step.
_NEW, _STEP = 0.3, 0.5
# Reduced prices are rounded down to multiples of this share of a unit, so that dual ascent ends soon.
_GRAIN = 2.0**-8


@dataclass(frozen=True)
class Potentials:
    """Dual values by terminal.

    Attributes
    ----------
    root
        Terminal from which trees are directed; its own row is zero.
    bound
        Lower bound on the price of any tree: what the terminals pay at themselves, less what arcs are overpaid.
    value
        A row for each terminal: potential of each vertex, 0 at the root, at most that of the terminal.
    reduced
        Price of each arc less the sum of the rises of the potentials along it, >= 0.

    Notes
    -----
    Along each arc a tree pays its price once; it holds a way from the root to every terminal,
    along which that terminal's potential rises by its value there. The sets of vertices above each
    level of a row are directed cuts, so this is a dual solution of the cut relaxation too.
    """

    root: int
    bound: float
    value: NDArray[np.float64]
    reduced: NDArray[np.float64]


class _Flow(NamedTuple):
    """State of the subgradient method."""

    net: Net
    open: NDArray[np.bool_]
    share: NDArray[np.float64]  # price of each arc for each terminal
    excess: NDArray[np.float64]  # sum of the shares less the price
    mean: NDArray[np.float64]  # averaged ways
    bought: NDArray[np.float64]  # averaged purchases
    used: NDArray[np.int64]  # arcs of the ways, one after the other
    ends: NDArray[np.int64]  # where each way ends
    via: NDArray[np.int64]
    queue: Queue
    root: int


def potentials_of_cuts(net: Net, root: int, cuts: Cuts) -> Potentials:
    """Potentials in which the first terminal of each set pays for it."""
    value = np.zeros((len(net.terminals), net.terminal.size))
    _add_cuts(net, cuts, value)
    return _potentials(net, root, value)


def raised(known: Potentials, net: Net, *, open_arcs: NDArray[np.bool_], target: float) -> Potentials:
    """Potentials with a bound that is at least as high, by an averaged subgradient method towards a target.

    Notes
    -----
    The multicommodity flow of J. E. Beasley, An algorithm for the Steiner problem in graphs,
    Networks 14 (1984), with averaged directions as in F. Barahona and R. Anbil, The volume
    algorithm, Mathematical Programming 87 (2000). Shares that together overpay an arc are cut
    back in proportion; what is left of the prices goes to another dual ascent.
    """
    size = known.value.shape[0] * net.head.size
    if size > _MOST:
        return known
    share = np.maximum(0.0, known.value[:, net.head] - known.value[:, net.tail])
    vertices, arcs = net.terminal.size, net.head.size
    flow = _Flow(
        net,
        open_arcs,
        share,
        np.zeros(arcs),
        np.zeros_like(share),
        np.zeros(arcs),
        np.zeros(vertices * len(net.terminals), np.int64),
        np.zeros(len(net.terminals) + 1, np.int64),
        np.zeros(vertices, np.int64),
        new_queue(vertices),
        known.root,
    )
    _climb(flow, target, min(_ROUNDS, _WORK // size))
    share *= net.price / np.maximum(net.price, share.sum(axis=0))
    value = np.empty_like(known.value)
    _measure(flow, value)
    rough = _potentials(net, known.root, value)
    left = net._replace(price=np.floor(rough.reduced / _GRAIN) * _GRAIN)
    more = ascend(left, known.root, with_cuts=True)
    if more.cuts is not None:
        _add_cuts(net, more.cuts, value)
    better = _potentials(net, known.root, value)
    return max((known, rough, better), key=lambda found: found.bound)


def _climb(flow: _Flow, target: float, rounds: int) -> None:
    """Leave the shares with the highest bound in the flow."""
    bound = _route(flow)
    best, high, step = flow.share.copy(), bound, _STEP
    _average(flow, 1.0)
    for _ in range(rounds):
        _move(flow, step * (target - bound))
        bound = _route(flow)
        _average(flow, _NEW)
        # The last step is a thousandth of the first.
        step *= 1e-3 ** (1.0 / rounds)
        if bound > high:
            high = bound
            best[:] = flow.share
        if high >= target:
            break
    flow.share[:] = best


def _potentials(net: Net, root: int, value: NDArray[np.float64]) -> Potentials:
    own = value[np.arange(len(net.terminals)), net.terminals]
    reduced = net.price - _paid(net, value)
    over = np.minimum(reduced, 0.0).sum()
    return Potentials(root, float(own.sum() + over), value, np.maximum(reduced, 0.0))


def _paid(net: Net, value: NDArray[np.float64]) -> NDArray[np.float64]:
    paid = np.zeros(net.head.size)
    for row in value:
        paid += np.maximum(0.0, row[net.head] - row[net.tail])
    return paid


def _add_cuts(net: Net, cuts: Cuts, value: NDArray[np.float64]) -> None:
    """Raise the row of the terminal that comes first in each set."""
    row = np.zeros(net.terminal.size, np.int64)
    row[net.terminals] = np.arange(len(net.terminals))
    sizes = np.diff(cuts.start)
    rows = np.repeat(row[cuts.vertices[cuts.start[:-1]]], sizes)
    flat = rows * np.int64(net.terminal.size) + cuts.vertices
    value += np.bincount(flat, np.repeat(cuts.price, sizes), minlength=value.size).reshape(value.shape)


@part
def _settle_to(flow: _Flow, terminal: Integer, row: Integer) -> None:
    """Distances from the root by the shares of a terminal, as keys, until the terminal is settled."""
    net, queue = flow.net, flow.queue
    push(queue, flow.root, 0.0)
    while queue.size[0] > 0:
        vertex = pop(queue)
        if vertex == terminal:
            break
        for arc in range(net.start[vertex], net.start[vertex + 1]):
            head = net.head[arc]
            reached = queue.key[vertex] + flow.share[row, arc]
            if reached < queue.key[head] and flow.open[arc]:
                flow.via[head] = arc
                push(queue, head, reached)


@kernel
def _route(flow: _Flow) -> float:
    """Send every terminal its cheapest way; returns the bound."""
    net = flow.net
    bound = 0.0
    for arc in range(net.head.size):
        flow.excess[arc] = -net.price[arc]
    size = np.int64(0)
    for row in range(net.terminals.size):
        terminal = net.terminals[row]
        if terminal != flow.root:
            _settle_to(flow, terminal, row)
            bound += flow.queue.key[terminal]
            forget(flow.queue)
            vertex = terminal
            while vertex != flow.root:
                flow.used[size] = flow.via[vertex]
                size += 1
                vertex = net.tail[flow.via[vertex]]
            for arc in range(net.head.size):
                flow.excess[arc] += flow.share[row, arc]
        flow.ends[row + 1] = size
    for arc in range(net.head.size):
        if flow.open[arc]:
            bound -= max(0.0, flow.excess[arc])
    return bound


@kernel
def _average(flow: _Flow, new: float) -> None:
    """Take the ways, and what is bought for them, into their averages."""
    rows, arcs = flow.mean.shape
    for row in range(rows):
        for arc in range(arcs):
            flow.mean[row, arc] *= 1.0 - new
        for i in range(flow.ends[row], flow.ends[row + 1]):
            flow.mean[row, flow.used[i]] += new
    for arc in range(arcs):
        bought = new if flow.excess[arc] > 0.0 else 0.0
        flow.bought[arc] = (1.0 - new) * flow.bought[arc] + bought


@kernel
def _move(flow: _Flow, amount: float) -> None:
    """Move the shares along the averaged subgradient, by an amount over its square."""
    rows, arcs = flow.mean.shape
    square = 0.0
    for row in range(rows):
        for arc in range(arcs):
            slope = flow.mean[row, arc] - flow.bought[arc]
            if slope > 0.0 or flow.share[row, arc] > 0.0:
                square += slope * slope
    move = amount / max(square, 1e-9)
    for row in range(rows):
        for arc in range(arcs):
            slope = flow.mean[row, arc] - flow.bought[arc]
            flow.share[row, arc] = max(0.0, flow.share[row, arc] + move * slope)


@kernel
def _measure(flow: _Flow, value: NDArray[np.float64]) -> None:
    """Distances from the root by the shares of each terminal, none above its own."""
    for row in range(flow.net.terminals.size):
        _settle_to(flow, flow.net.terminals[row], row)
        most = flow.queue.key[flow.net.terminals[row]]
        for vertex in range(value.shape[1]):
            value[row, vertex] = min(most, flow.queue.key[vertex])
        forget(flow.queue)
