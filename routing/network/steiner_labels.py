"""Exact trees for few terminals: the subset dynamic programme, in the order of price plus what must still be paid.

A label (v, I) is a tree that joins vertex v to the set I of terminals, the root not among them. It
is extended by an arc, or merged with another at the same vertex whose set is disjoint.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import Integer, kernel, part
from routing.network.steiner_growth import Tree
from routing.network.steiner_net import Net
from routing.network.steiner_potentials import Potentials
from routing.network.steiner_queue import Queue, forget, new_queue, pop, push

__all__ = ["MOST_TERMINALS", "Labelled", "cheapest_below"]

# A set of terminals without the root is the bits of a positive int64.
MOST_TERMINALS = 64
# First number of labels for which there is room; eight times more until the limit.
_ROOM = 1 << 15
# Pairs of labels that may be looked at for each label there is room for.
_PAIRS = 3000
# Labels of a chunk.
_CHUNK = 16
# How a search ends: all labels below the ceiling are settled, a tree is found, no room for more labels.
_EMPTY, _FOUND, _FULL = range(3)


class Labelled(NamedTuple):
    """Outcome: whether it is proven that no tree is cheaper than `tree`, or than the ceiling without one."""

    proven: bool
    tree: Tree | None
    labels: int


class _Labels(NamedTuple):
    """Labels and their queue."""

    queue: Queue
    vertex: NDArray[np.int64]
    group: NDArray[np.int64]
    price: NDArray[np.float64]
    left: NDArray[np.int64]  # label that it was made from; -1 = a terminal alone
    right: NDArray[np.int64]  # label that was merged with it, or -1 - arc
    table: NDArray[np.int64]  # hash table of labels
    tally: NDArray[np.int64]  # labels, groups, 1 = no room left, label settled last, chunks of the shelf, pairs


class _Shelf(NamedTuple):
    """Settled labels of each vertex in chains of chunks, side by side so that they are read fast."""

    first: NDArray[np.int64]  # newest chunk of each vertex; -1 = none
    following: NDArray[np.int64]  # next chunk of a chain; -1 = last
    filled: NDArray[np.int64]  # entries of each chunk
    label: NDArray[np.int64]
    members: NDArray[np.int64]  # terminals of each
    excess: NDArray[np.float64]  # price of each above what the potentials say


class _Groups(NamedTuple):
    """Sets of terminals."""

    members: NDArray[np.int64]
    paid: NDArray[np.float64]  # price of the cuts whose terminals are all in the set
    most: NDArray[np.float64]  # price of a tree of the set that reaches a terminal beyond
    table: NDArray[np.int64]  # hash table of groups


class _Duty(NamedTuple):
    """Cuts, by which what must still be paid is bounded."""

    total: float
    members: NDArray[np.int64]  # different sets of terminals behind cuts
    price: NDArray[np.float64]
    start: NDArray[np.int64]  # rows of the vertices: cuts around each
    row_members: NDArray[np.int64]
    row_price: NDArray[np.float64]


class _Ground(NamedTuple):
    """The graph, and the ceiling that prices must stay below."""

    net: Net
    open: NDArray[np.bool_]
    bit: NDArray[np.int64]  # bit of each terminal; 0 for the root
    fall: NDArray[np.float64]  # how much lower each terminal's potential is at each vertex than at itself
    away: NDArray[np.float64]  # distance of each vertex from each terminal
    root: int
    ceiling: float
    gap: float  # excess up to which a tree stays below the ceiling


class _Bench(NamedTuple):
    """All of it, for the compiled code."""

    ground: _Ground
    duty: _Duty
    labels: _Labels
    shelf: _Shelf
    groups: _Groups


def cheapest_below(
    net: Net, potentials: Potentials, *, open_arcs: NDArray[np.bool_], ceiling: float, limit: int
) -> Labelled:
    """Cheapest tree of open arcs with a price up to a ceiling, if there is one.

    Notes
    -----
    R. E. Erickson, C. L. Monma and A. F. Veinott, Send-and-split method for minimum-concave-cost
    network flows, Mathematics of Operations Research 12 (1987), in the order of A* as in S.
    Hougardy, J. Silvanus and J. Vygen, Dijkstra meets Steiner, Mathematical Programming
    Computation 9 (2017), who also cut off labels dearer than a tree of the set that reaches a
    terminal beyond it. The sets of vertices above each level of the potentials are cuts. The
    future price of (v, I) here is that of all cuts but those whose terminals are all in I and
    that do not hold v: the rest of the tree must cross each of these. An extension or a merger
    lowers it by no more than it costs.
    """
    root = potentials.root
    bit = np.zeros(len(net.terminals), np.int64)
    others = np.flatnonzero(net.terminals != root)
    bit[others] = 1 << np.arange(len(others), dtype=np.int64)
    away = np.empty((net.terminal.size, len(net.terminals)))
    _measure(net, away, new_queue(net.terminal.size))
    own = potentials.value[np.arange(len(bit)), net.terminals]
    fall = np.ascontiguousarray((own[:, None] - potentials.value).T)
    ground = _Ground(net, open_arcs, bit, fall, away, root, ceiling, ceiling - float(own.sum()) + 1e-6)
    duty = _duty_of(net, potentials, bit)
    room = min(_ROOM, limit)
    while True:
        labels = _new_labels(room)
        end = _search(_Bench(ground, duty, labels, _new_shelf(room, net.terminal.size), _new_groups(2 * room)))
        if end == _FULL and room < limit:
            room = min(8 * room, limit)
            continue
        tree = _tree_of(net, labels) if end == _FOUND else None
        return Labelled(end != _FULL, tree, int(labels.tally[0]))


def _new_labels(room: int) -> _Labels:
    table = 1 << (2 * room - 1).bit_length()
    vertex, group, left, right = (np.zeros(room, np.int64) for _ in range(4))
    slots, count = np.full(table, -1, np.int64), np.zeros(6, np.int64)
    return _Labels(new_queue(room), vertex, group, np.zeros(room), left, right, slots, count)


def _new_shelf(room: int, vertices: int) -> _Shelf:
    # A vertex leaves one chunk unfilled at most; a label may be settled twice.
    chunks = 2 * room // _CHUNK + vertices
    following, filled = np.zeros(chunks, np.int64), np.zeros(chunks, np.int64)
    label, members = np.zeros(chunks * _CHUNK, np.int64), np.zeros(chunks * _CHUNK, np.int64)
    return _Shelf(np.full(vertices, -1, np.int64), following, filled, label, members, np.zeros(chunks * _CHUNK))


def _new_groups(room: int) -> _Groups:
    table = 1 << (2 * room - 1).bit_length()
    return _Groups(np.zeros(room, np.int64), np.zeros(room), np.zeros(room), np.full(table, -1, np.int64))


def _duty_of(net: Net, potentials: Potentials, bit: NDArray[np.int64]) -> _Duty:
    """Sets of vertices above the levels of potentials, grouped by the terminals in them, all together and by vertex."""
    members: list[int] = []
    prices: list[float] = []
    vertices, parts = [np.zeros(0, np.int64)], [np.zeros(0)]
    for row in potentials.value[bit > 0]:
        heights = row[net.terminals]
        levels = np.unique(heights[heights > 0.0])
        below = 0.0
        for level in levels.tolist():
            members.append(int(bit[heights >= level].sum()))
            prices.append(level - below)
            inside = np.flatnonzero(row > below)
            vertices.append(inside)
            parts.append(np.minimum(row[inside] - below, level - below))
            below = level
    different, which = np.unique(np.array(members, np.int64), return_inverse=True)
    count = np.int64(max(1, len(different)))
    key = np.concatenate(vertices) * count + np.repeat(which, [len(part) for part in parts[1:]])
    pairs, place = np.unique(key, return_inverse=True)
    row_price = np.bincount(place, np.concatenate(parts), minlength=len(pairs)).astype(np.float64)
    vertex, group = np.divmod(pairs, count)
    start = np.zeros(net.terminal.size + 1, np.int64)
    np.cumsum(np.bincount(vertex, minlength=net.terminal.size), out=start[1:])
    price = np.bincount(which, np.array(prices, np.float64), minlength=len(different)).astype(np.float64)
    return _Duty(float(sum(prices)), different, price, start, different[group], row_price)


def _tree_of(net: Net, labels: _Labels) -> Tree:
    """Tree of the label that was settled last."""
    stack, arcs = [int(labels.tally[3])], []
    while stack:
        label = stack.pop()
        if labels.left[label] >= 0:
            stack.append(int(labels.left[label]))
            right = int(labels.right[label])
            if right >= 0:
                stack.append(right)
            else:
                arcs.append(-1 - right)
    edges, first = np.unique(net.edge[arcs], return_index=True)
    return Tree(float(net.price[np.array(arcs)[first]].sum()), edges)


@kernel
def _measure(net: Net, away: NDArray[np.float64], queue: Queue) -> None:
    """Distances from every terminal."""
    for i in range(net.terminals.size):
        push(queue, net.terminals[i], 0.0)
        while queue.size[0] > 0:
            vertex = pop(queue)
            for arc in range(net.start[vertex], net.start[vertex + 1]):
                reached = queue.key[vertex] + net.price[arc]
                if reached < queue.key[net.head[arc]]:
                    push(queue, net.head[arc], reached)
        for other in range(net.terminal.size):
            away[other, i] = queue.key[other]
        forget(queue)


@part
def _slot(value: np.int64, other: np.int64, mask: Integer) -> np.int64:
    """Where to look for a pair of numbers in a hash table: multiplied by odd numbers and folded."""
    mixed = np.uint64(value) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(other) * np.uint64(0xC2B2AE3D27D4EB4F)
    mixed ^= mixed >> np.uint64(29)
    return np.int64(mixed & np.uint64(mask))


@part
def _group_of(members: np.int64, duty: _Duty, groups: _Groups, count: NDArray[np.int64]) -> np.int64:
    """Number of a set of terminals; -1 when there is no room for another."""
    mask = groups.table.size - 1
    slot = _slot(members, np.int64(0), mask)
    while groups.table[slot] >= 0:
        if groups.members[groups.table[slot]] == members:
            return np.int64(groups.table[slot])
        slot = (slot + 1) & mask
    new = count[1]
    if new == groups.members.size:
        count[2] = 1
        return np.int64(-1)
    count[1] += 1
    groups.table[slot] = new
    groups.members[new] = members
    groups.most[new] = np.inf
    paid = 0.0
    for i in range(duty.members.size):
        if duty.members[i] & ~members == 0:
            paid += duty.price[i]
    groups.paid[new] = paid
    return np.int64(new)


@part
def _future(vertex: Integer, group: Integer, duty: _Duty, groups: _Groups) -> float:
    """What a tree must still pay that joins the vertex to the root and all terminals beyond a set."""
    beyond = ~groups.members[group]
    still = duty.total - groups.paid[group]
    for i in range(duty.start[vertex], duty.start[vertex + 1]):
        if duty.row_members[i] & beyond == 0:
            still += duty.row_price[i]
    return float(still)


@part
def _place_of(vertex: Integer, group: Integer, labels: _Labels) -> np.int64:
    """Slot of a label in the hash table, or the free slot where it belongs."""
    mask = labels.table.size - 1
    slot = _slot(np.int64(vertex), np.int64(group) + 1, mask)
    while labels.table[slot] >= 0:
        label = labels.table[slot]
        if labels.vertex[label] == vertex and labels.group[label] == group:
            break
        slot = (slot + 1) & mask
    return slot


@part
def _new_label(vertex: Integer, group: Integer, slot: Integer, labels: _Labels) -> np.int64:
    """Number of a new label; -1 when there is no room for another."""
    new = labels.tally[0]
    if new == labels.vertex.size:
        labels.tally[2] = 1
        return np.int64(-1)
    labels.tally[0] += 1
    labels.table[slot] = new
    labels.vertex[new] = vertex
    labels.group[new] = group
    return np.int64(new)


@part
def _offer(bench: _Bench, vertex: Integer, group: Integer, price: float, origin: tuple[Integer, Integer]) -> None:
    """A tree for a label: kept if it is the cheapest so far and may be part of a tree below the ceiling."""
    labels, groups = bench.labels, bench.groups
    if price > groups.most[group]:
        return
    slot = _place_of(vertex, group, labels)
    label = labels.table[slot]
    if label >= 0 and labels.price[label] <= price:
        return
    expected = price + _future(vertex, group, bench.duty, groups)
    if expected > bench.ground.ceiling:
        return
    if label < 0:
        label = _new_label(vertex, group, slot, labels)
    if label >= 0:
        labels.price[label] = price
        labels.left[label] = origin[0]
        labels.right[label] = origin[1]
        push(labels.queue, label, expected)


@part
def _reach_beyond(bench: _Bench, label: Integer) -> float:
    """Bound the price of other trees of the same set by this one with the way to a terminal beyond; its excess."""
    ground, group = bench.ground, bench.labels.group[label]
    members = bench.groups.members[group]
    vertex = bench.labels.vertex[label]
    near, fall = np.inf, 0.0
    for i in range(ground.bit.size):
        if ground.bit[i] & members == 0:
            near = min(near, ground.away[vertex, i])
        else:
            fall += ground.fall[vertex, i]
    price = bench.labels.price[label]
    bench.groups.most[group] = min(bench.groups.most[group], price + near)
    return float(price - fall)


@part
def _shelve(bench: _Bench, label: Integer, excess: float) -> None:
    """Put a label with the settled ones of its vertex."""
    labels, shelf = bench.labels, bench.shelf
    vertex = labels.vertex[label]
    chunk = shelf.first[vertex]
    if chunk < 0 or shelf.filled[chunk] == _CHUNK:
        chunk = labels.tally[4]
        if chunk == shelf.filled.size:
            labels.tally[2] = 1
            return
        labels.tally[4] += 1
        shelf.following[chunk] = shelf.first[vertex]
        shelf.first[vertex] = chunk
    place = chunk * _CHUNK + shelf.filled[chunk]
    shelf.filled[chunk] += 1
    shelf.label[place] = label
    shelf.members[place] = bench.groups.members[labels.group[label]]
    shelf.excess[place] = excess


@part
def _extend(bench: _Bench, label: Integer) -> None:
    """Offer the tree of a label to the neighbours of its vertex."""
    net, labels = bench.ground.net, bench.labels
    vertex = labels.vertex[label]
    for out in range(net.start[vertex], net.start[vertex + 1]):
        arc = net.twin[out]
        if bench.ground.open[arc]:
            price = labels.price[label] + net.price[arc]
            _offer(bench, net.head[out], labels.group[label], price, (label, np.int64(-1) - arc))


@part
def _merge(bench: _Bench, label: Integer, excess: float) -> None:
    """Offer the tree of a label together with each settled tree at its vertex that has other terminals."""
    labels, shelf, groups = bench.labels, bench.shelf, bench.groups
    vertex = labels.vertex[label]
    members = groups.members[labels.group[label]]
    # Excesses add up, so two large ones need no closer look.
    most = bench.ground.gap - excess
    chunk = shelf.first[vertex]
    while chunk >= 0:
        labels.tally[5] += shelf.filled[chunk]
        for place in range(chunk * _CHUNK, chunk * _CHUNK + shelf.filled[chunk]):
            if shelf.members[place] & members == 0 and shelf.excess[place] <= most:
                group = _group_of(shelf.members[place] | members, bench.duty, groups, labels.tally)
                if group < 0:
                    return
                other = shelf.label[place]
                _offer(bench, vertex, group, labels.price[label] + labels.price[other], (label, other))
        chunk = shelf.following[chunk]


@part
def _settle(bench: _Bench, label: Integer) -> None:
    """Extend and merge the tree of a label."""
    labels = bench.labels
    excess = _reach_beyond(bench, label)
    if labels.price[label] > bench.groups.most[labels.group[label]]:
        return
    if labels.vertex[label] != bench.ground.root:
        _extend(bench, label)
    _merge(bench, label, excess)
    _shelve(bench, label, excess)


@kernel
def _search(bench: _Bench) -> int:
    """Settle labels in the order of what they are expected to cost in the end."""
    ground, labels, groups = bench.ground, bench.labels, bench.groups
    everyone = np.int64(0)
    for i in range(ground.bit.size):
        everyone |= ground.bit[i]
        if ground.bit[i] > 0:
            group = _group_of(ground.bit[i], bench.duty, groups, labels.tally)
            _offer(bench, ground.net.terminals[i], group, 0.0, (np.int64(-1), np.int64(-1)))
    while labels.queue.size[0] > 0:
        label = pop(labels.queue)
        labels.tally[3] = label
        if labels.vertex[label] == ground.root and groups.members[labels.group[label]] == everyone:
            return _FOUND
        _settle(bench, label)
        if labels.tally[2] == 1 or labels.tally[5] > _PAIRS * labels.vertex.size:
            return _FULL
    return _EMPTY
