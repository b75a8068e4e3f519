"""Priority queue of vertices with keys that may fall, in arrays that Python owns."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import Integer, part

__all__ = ["Queue", "forget", "new_queue", "pop", "push"]


class Queue(NamedTuple):
    """Binary heap; a vertex that was never pushed has the key infinity."""

    nodes: NDArray[np.int64]  # the heap
    place: NDArray[np.int64]  # where in it each vertex is; -1 = nowhere
    key: NDArray[np.float64]
    touched: NDArray[np.int64]  # vertices whose key is finite
    size: NDArray[np.int64]  # entries of the heap, entries of `touched`


def new_queue(vertices: int) -> Queue:
    """Empty queue for vertices 0, 1, ... below a number."""
    return Queue(
        np.zeros(vertices, np.int64),
        np.full(vertices, -1, np.int64),
        np.full(vertices, np.inf),
        np.zeros(vertices, np.int64),
        np.zeros(2, np.int64),
    )


@part
def push(queue: Queue, vertex: Integer, key: float) -> None:
    """Queue a vertex, or queue it again, under a key below the one that it has."""
    if queue.key[vertex] == np.inf:
        queue.touched[queue.size[1]] = vertex
        queue.size[1] += 1
    queue.key[vertex] = key
    i = queue.place[vertex]
    if i < 0:
        i = queue.size[0]
        queue.size[0] += 1
    while i > 0:
        above = (i - 1) >> 1
        other = queue.nodes[above]
        if queue.key[other] <= key:
            break
        queue.nodes[i] = other
        queue.place[other] = i
        i = above
    queue.nodes[i] = vertex
    queue.place[vertex] = i


@part
def pop(queue: Queue) -> np.int64:
    """Take off the vertex of the least key; its key stays readable."""
    first = queue.nodes[0]
    queue.place[first] = -1
    queue.size[0] -= 1
    size = queue.size[0]
    if size > 0:
        last = queue.nodes[size]
        key = queue.key[last]
        i = np.int64(0)
        while 2 * i + 1 < size:
            below = 2 * i + 1
            if below + 1 < size and queue.key[queue.nodes[below + 1]] < queue.key[queue.nodes[below]]:
                below += 1
            other = queue.nodes[below]
            if queue.key[other] >= key:
                break
            queue.nodes[i] = other
            queue.place[other] = i
            i = below
        queue.nodes[i] = last
        queue.place[last] = i
    return np.int64(first)


@part
def forget(queue: Queue) -> None:
    """Empty the queue and set the keys back to infinity."""
    for i in range(queue.size[0]):
        queue.place[queue.nodes[i]] = -1
    for i in range(queue.size[1]):
        queue.key[queue.touched[i]] = np.inf
    queue.size[0] = 0
    queue.size[1] = 0
