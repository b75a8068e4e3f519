"""Untidy bucket queue of cells, in arrays that Python owns.

A bucket is a chain of chunks of 64 cell numbers out of one pool. The first chunk
is unlinked before it is worked on, so that the queue is whole whenever a solver
returns. The pool is grown by the caller between batches: an entry is never lost.
Keys beyond the ring of buckets wait in its last bucket and are queued again.
"""

# ruff: noqa: PLR0913, PLR0917 (compiled code has neither keywords nor objects)

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import Integer, inline_kernel, part

__all__ = [
    "CHUNK",
    "EMPTY",
    "FREE",
    "GROW",
    "IMPRECISE",
    "KEY",
    "LIVE",
    "REACHED",
    "SLICE",
    "STOP",
    "TAKEN",
    "TOUCHED",
    "Front",
    "close_bucket",
    "first_chunk",
    "free_chunk",
    "push",
    "select_due",
    "start",
    "unlink",
]

CHUNK_BITS = 6
CHUNK = 1 << CHUNK_BITS

# Why a solver returns: nothing is queued, the targets are settled, prices are too coarse for the number format, the
# pool must grow, or a slice of the work is done.
EMPTY, REACHED, IMPRECISE, GROW, SLICE = range(5)

# Slots of the state: free chunks, queued entries, bucket, targets settled, bucket to stop at, cells taken, cells
# touched, whether the seeds are queued.
FREE, LIVE, KEY, SETTLED, STOP, TAKEN, TOUCHED, STARTED = range(8)


class Front(NamedTuple):
    """Queue and workspace."""

    pool: NDArray[np.uint32]  # chunks of cell numbers
    following: NDArray[np.int64]  # next chunk of a chain
    free: NDArray[np.int64]  # stack of unused chunks
    head: NDArray[np.int64]  # first chunk of each bucket
    tail: NDArray[np.int64]  # one past the last entry of each bucket; 0 = empty
    nodes: NDArray[np.uint64]  # cells to update, then the cells that are due
    work: NDArray[Any]  # arguments of updates, then constants
    state: NDArray[np.int64]


@inline_kernel
def push(cell: Integer, key: Integer, low: Integer, front: Front) -> None:
    """Queue a cell under a key; `low` is the current bucket."""
    mask = np.int64(front.tail.size - 1)
    bucket = np.uint64(min(np.int64(key), low + mask) & mask)
    position = front.tail[bucket]
    if position & np.int64(CHUNK - 1) == 0:
        top = front.state[FREE] - 1
        front.state[FREE] = top
        chunk = front.free[top]
        if position == 0:
            front.head[bucket] = chunk
        else:
            front.following[(position >> CHUNK_BITS) - 1] = chunk
        position = chunk << CHUNK_BITS
    front.pool[np.uint64(position)] = np.uint32(cell)
    front.tail[bucket] = position + 1


@inline_kernel
def first_chunk(bucket: Integer, front: Front) -> tuple[np.int64, np.int64, np.bool_]:
    """Position and number of entries of the first chunk of a bucket that is not empty; whether it is the last."""
    end = front.tail[bucket]
    base = front.head[bucket] << CHUNK_BITS
    last = (end > base) & (end <= base + CHUNK)
    return base, end - base if last else np.int64(CHUNK), last


@inline_kernel
def unlink(bucket: Integer, front: Front) -> tuple[np.int64, np.int64, np.bool_]:
    """Take the first chunk off its bucket."""
    base, count, last = first_chunk(bucket, front)
    if last:
        front.tail[bucket] = 0
    else:
        front.head[bucket] = front.following[base >> CHUNK_BITS]
    return base, count, last


@inline_kernel
def free_chunk(base: Integer, front: Front) -> None:
    """Give a chunk back to the pool."""
    front.free[front.state[FREE]] = base >> CHUNK_BITS
    front.state[FREE] += 1


@inline_kernel
def select_due(
    cells: NDArray[Any], base: np.int64, count: np.int64, key: Integer, front: Front
) -> tuple[np.int64, np.int64]:
    """List the entries of a chunk that are due and queue again those that wait; returns the number of each.

    An entry whose price fell below the current bucket was queued again when it fell: this one is stale.
    """
    two = np.uint64(2)
    offset = front.nodes.size // 2
    n = np.int64(0)
    waiting = np.int64(0)
    for i in range(count):
        v = np.uint64(front.pool[np.uint64(base + i)])
        k = np.int64(cells[two * v])
        front.nodes[np.uint64(offset + n)] = v
        n += 1 if k == key else 0
        waiting += 1 if k > key else 0
    if waiting > 0:
        for i in range(count):
            v = np.uint64(front.pool[np.uint64(base + i)])
            k = np.int64(cells[two * v])
            if k > key:
                push(v, k, key, front)
    front.state[TAKEN] += n
    return n, waiting


@part
def start(cells: NDArray[Any], seeds: NDArray[np.uint32], front: Front) -> None:
    """Queue the source cells, once."""
    state = front.state
    if state[STARTED] == 0:
        state[STARTED] = 1
        state[LIVE] = seeds.size
        for i in range(seeds.size):
            v = np.uint64(seeds[i])
            push(v, np.int64(cells[np.uint64(2) * v]), state[KEY], front)


@inline_kernel
def close_bucket(
    cells: NDArray[Any],
    key: Integer,
    targets: tuple[NDArray[np.uint32], int],
    limit: float,
    ends: tuple[Integer, Integer],
    state: NDArray[np.int64],
) -> int:
    """Note that all buckets below `key` are done; says why to return, EMPTY if there is no reason."""
    state[KEY] = key
    goals, margin = targets
    n = state[SETTLED]
    if n < goals.size:
        while n < goals.size and cells[np.uint64(2) * np.uint64(goals[n])] < key:
            n += 1
        state[SETTLED] = n
        if n == goals.size:  # go on until what surrounds the targets is settled too
            state[STOP] = key + margin
    if key >= state[STOP]:
        return REACHED
    if key > limit:
        return IMPRECISE
    return SLICE if state[TAKEN] >= ends[0] or key >= ends[1] else EMPTY
