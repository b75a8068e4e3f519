"""Second-order upwind eikonal solver on an untidy bucket queue.

The padded raster is one flat array: ``cells[2 v]`` is the price T to reach cell
v, ``cells[2 v + 1]`` its cost c, both in bucket widths, so that the bucket of a
cell is ``int(T)``. An excluded cell has T = FAR and c = inf and never improves;
a frozen source cell has its exact T and c = inf while the solver runs.

A bucket is a chain of chunks of 64 cell numbers out of one pool. Whole chunks
are taken, updated as a batch (gather, vectorised update, scatter) and freed.
The pool is grown by the caller between batches, so an entry can never be lost.
Keys beyond the ring of buckets wait in its last bucket and are queued again.
A cell whose T falls after it was taken is queued again too: wide buckets cost
repeated work, not accuracy.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import inline_kernel, kernel, prefetch, vector_kernel

__all__ = ["BATCH", "CHUNK", "CONSTANTS", "Front", "Metric", "solve"]

CHUNK_BITS = 6
CHUNK = 1 << CHUNK_BITS
BATCH = 4 * CHUNK  # most updates that one chunk can cause, hence most chunks that one batch can need

# Status of `solve`.
EMPTY, REACHED, IMPRECISE, GROW, SLICE = range(5)

# Slots of the solver's state: free chunks, queued entries, bucket, targets settled, bucket to stop at, cells
# taken, cells touched, whether the seeds are queued.
FREE, LIVE, KEY, SETTLED, STOP, TAKEN, TOUCHED, STARTED = range(8)

# Typed constants at the end of the workspace, so that float32 work stays float32:
# 0, 1, 9/4, 1/3, 2/3 of the second-order stencil and the smallest improvement worth a new visit.
CONSTANTS = (0.0, 1.0, 2.25, 1.0 / 3.0, 2.0 / 3.0, 1.0 - 1e-6)


class Front(NamedTuple):
    """Queue and workspace, owned by the caller."""

    pool: NDArray[np.uint32]  # chunks of cell numbers
    following: NDArray[np.int64]  # next chunk of a chain
    free: NDArray[np.int64]  # stack of unused chunks
    head: NDArray[np.int64]  # first chunk of each bucket
    tail: NDArray[np.int64]  # one past the last entry of each bucket; 0 = empty
    nodes: NDArray[np.uint64]  # cells to update, then the cells taken
    work: NDArray[Any]  # eight columns of update arguments, then CONSTANTS
    state: NDArray[np.int64]


class Metric(NamedTuple):
    """Shape of the padded raster."""

    width: int
    spacing: NDArray[Any]  # column spacing per row, in row spacings
    inverse: NDArray[Any]  # 1 / spacing**2
    limit: float  # T beyond which the number format is too coarse


@inline_kernel
def push(
    cell: int, key: int, low: int, pool: NDArray[np.uint32], following: NDArray[np.int64], free: NDArray[np.int64],
    head: NDArray[np.int64], tail: NDArray[np.int64], state: NDArray[np.int64],
) -> None:  # fmt: skip
    """Queue a cell under a key, the current one being `low`; keys beyond the ring wait in its last bucket."""
    mask = np.int64(tail.size - 1)
    bucket = np.uint64(min(key, low + mask) & mask)
    position = tail[bucket]
    if position & np.int64(CHUNK - 1) == 0:
        top = state[FREE] - 1
        state[FREE] = top
        chunk = free[top]
        if position == 0:
            head[bucket] = chunk
        else:
            following[(position >> CHUNK_BITS) - 1] = chunk
        position = chunk << CHUNK_BITS
    pool[np.uint64(position)] = np.uint32(cell)
    tail[bucket] = position + 1


@inline_kernel
def first_chunk(bucket: int, head: NDArray[np.int64], tail: NDArray[np.int64]) -> tuple[int, int, bool]:
    """Position and number of entries of the first chunk of a bucket that is not empty; whether it is the last."""
    end = tail[bucket]
    base = head[bucket] << CHUNK_BITS
    last = (end > base) & (end <= base + CHUNK)
    return base, end - base if last else np.int64(CHUNK), last


@kernel
def look_ahead(cells: NDArray[Any], width: int, pool: NDArray[np.uint32], base: int, count: int) -> None:
    """Prefetch the rows that a chunk will need."""
    w2 = np.uint64(2) * np.uint64(width)
    for i in range(count):
        v = np.uint64(2) * np.uint64(pool[np.uint64(base + i)])
        prefetch(cells, v)
        prefetch(cells, v + w2)
        prefetch(cells, v - w2)
        prefetch(cells, v + w2 + w2)
        prefetch(cells, v - w2 - w2)


@inline_kernel
def select_due(
    cells: NDArray[Any], pool: NDArray[np.uint32], base: int, count: int, key: int, nodes: NDArray[np.uint64]
) -> tuple[int, int]:
    """Copy the entries of a chunk that are due; returns how many, and how many wait."""
    n = 0
    waiting = 0
    for i in range(count):
        v = np.uint64(pool[np.uint64(base + i)])
        k = np.int64(cells[np.uint64(2) * v])
        nodes[np.uint64(BATCH + n)] = v
        n += 1 if k == key else 0
        waiting += 1 if k > key else 0
    return n, waiting


@inline_kernel
def gather(
    cells: NDArray[Any], metric: tuple[int, NDArray[Any], NDArray[Any]], count: int, nodes: NDArray[np.uint64],
    work: NDArray[Any],
) -> int:  # fmt: skip
    """List the neighbours that might improve, with the arguments of their update."""
    one = np.uint64(1)
    two = np.uint64(2)
    columns, spacing, inverses = metric
    width = np.uint64(columns)
    reciprocal = 1.0 / columns
    unit = work[8 * BATCH + 1]
    m = 0
    for direction in range(4):
        along_row = direction < 2
        offset = one if along_row else width
        side = width if along_row else one
        if direction % 2 == 1:
            offset = np.uint64(0) - offset
        start = m
        for i in range(count):  # branch-free compaction
            v = nodes[np.uint64(BATCH + i)]
            w = v + offset
            nodes[np.uint64(m)] = w
            m += 1 if cells[two * w] > cells[two * v] else 0
        for i in range(start, m):
            w = nodes[np.uint64(i)]
            v = w - offset
            x1 = cells[two * (w + side)]
            x2 = cells[two * (w - side)]
            step = side if x1 <= x2 else np.uint64(0) - side
            row = np.uint64(np.int64((np.float64(np.int64(w)) + 0.5) * reciprocal))
            inverse = inverses[row]
            work[i] = cells[two * v]
            work[i + BATCH] = cells[two * (v - offset)]
            work[i + 2 * BATCH] = min(x1, x2)
            work[i + 3 * BATCH] = cells[two * (w + step + step)]
            work[i + 4 * BATCH] = cells[two * w + one]
            work[i + 5 * BATCH] = inverse if along_row else unit
            work[i + 6 * BATCH] = spacing[row] if along_row else unit
            work[i + 7 * BATCH] = unit if along_row else inverse
    return m


@vector_kernel
def update(
    a1: float, a2: float, b1: float, b2: float, c: float, wa: float, ha: float, wb: float,
    zero: float, one: float, q94: float, third: float, t23: float,
) -> float:  # fmt: skip
    """Upwind price of a cell from a1 (then a2) along one axis and b1 (then b2) along the other.

    Second order where two upwind values exist: T' = (3 T - 4 a1 + a2) / (2 h). If the
    quadratic has no causal root, the first-order one, then the one-sided update.
    """
    ua = a2 <= a1
    ub = b2 <= b1
    ab = a1 + ((a1 - a2) * third if ua else zero)
    bb = b1 + ((b1 - b2) * third if ub else zero)
    p = wa * (q94 if ua else one)
    q = wb * (q94 if ub else one)
    single = ab + c * ha * (t23 if ua else one)
    upper = max(a1, b1)
    cc = c * c
    s = p + q
    d = ab - bb
    disc = s * cc - p * q * d * d
    second = ab + (np.sqrt(max(disc, zero)) - q * d) / s
    s1 = wa + wb
    d1 = a1 - b1
    disc1 = s1 * cc - wa * wb * d1 * d1
    first = a1 + (np.sqrt(max(disc1, zero)) - wb * d1) / s1
    fallback = first if (disc1 >= zero) & (first >= upper) else single
    return second if (disc >= zero) & (second >= upper) else fallback


@vector_kernel
def update_batch(work: NDArray[Any], count: int) -> None:
    """Update `count` cells; the result replaces the first column."""
    n = 8 * BATCH
    zero, one, q94, third, t23 = work[n], work[n + 1], work[n + 2], work[n + 3], work[n + 4]
    for i in range(count):
        work[i] = update(
            work[i], work[i + BATCH], work[i + 2 * BATCH], work[i + 3 * BATCH], work[i + 4 * BATCH],
            work[i + 5 * BATCH], work[i + 6 * BATCH], work[i + 7 * BATCH], zero, one, q94, third, t23,
        )  # fmt: skip


@inline_kernel
def settle(cells: NDArray[Any], targets: NDArray[np.uint32], margin: int, state: NDArray[np.int64]) -> None:
    """Once every target is below the current bucket, set the bucket to stop at."""
    n = state[SETTLED]
    if n < targets.size:
        while n < targets.size and cells[np.uint64(2) * np.uint64(targets[n])] < state[KEY]:
            n += 1
        state[SETTLED] = n
        if n == targets.size:
            state[STOP] = state[KEY] + margin


@kernel
def solve(
    cells: NDArray[Any],
    metric: Metric,
    seeds: NDArray[np.uint32],
    targets: tuple[NDArray[np.uint32], int],
    front: Front,
    effort: tuple[int, int],
    far: float,
) -> int:
    """March until nothing is queued, the targets are settled or the effort (cells, buckets) is spent.

    Returns EMPTY, REACHED, IMPRECISE, GROW (grow the pool, call again) or SLICE (call again).
    """
    width, spacing, inverses, limit = metric
    pool, following, free, head, tail, nodes, work, state = front
    goals, margin = targets
    two = np.uint64(2)
    mask = np.int64(tail.size - 1)
    enough = work[8 * BATCH + 5]
    key = state[KEY]
    live = state[LIVE]
    last_taken = state[TAKEN] + effort[0]
    last_key = key + effort[1]
    if state[STARTED] == 0:
        state[STARTED] = 1
        live = seeds.size
        for i in range(seeds.size):
            v = np.uint64(seeds[i])
            push(v, np.int64(cells[two * v]), key, pool, following, free, head, tail, state)
    status = EMPTY
    while live > 0 and status == EMPTY:
        bucket = np.uint64(key & mask)
        while tail[bucket] != 0:
            if state[FREE] < BATCH + CHUNK:
                status = GROW
                break
            # The first chunk is unlinked, so that the queue is whole whenever this returns.
            base, count, last = first_chunk(bucket, head, tail)
            if last:
                tail[bucket] = 0
            else:
                head[bucket] = following[base >> CHUNK_BITS]
            live -= count
            ahead = np.uint64((key + 1) & mask) if last else bucket
            if tail[ahead] != 0:
                at, n, _ = first_chunk(ahead, head, tail)
                look_ahead(cells, width, pool, at, n)
            due, waiting = select_due(cells, pool, base, count, key, nodes)
            if waiting > 0:
                for i in range(count):
                    v = np.uint64(pool[np.uint64(base + i)])
                    k = np.int64(cells[two * v])
                    if k > key:
                        push(v, k, key, pool, following, free, head, tail, state)
                live += waiting
            m = gather(cells, (width, spacing, inverses), due, nodes, work)
            update_batch(work, m)
            touched = 0
            for i in range(m):
                w = nodes[np.uint64(i)]
                new = work[i]
                old = cells[two * w]
                if new < old * enough:
                    cells[two * w] = new
                    touched += 1 if old >= far else 0
                    k = np.int64(new)
                    if np.int64(old) != k or k == key:
                        push(w, k, key, pool, following, free, head, tail, state)
                        live += 1
            state[TOUCHED] += touched
            state[TAKEN] += due
            free[state[FREE]] = base >> CHUNK_BITS
            state[FREE] += 1
        if status == GROW:
            break
        key += 1
        state[KEY] = key
        settle(cells, goals, margin, state)
        if key >= state[STOP]:
            status = REACHED
        elif key > limit:
            status = IMPRECISE
        elif key >= last_key or state[TAKEN] >= last_taken:
            status = SLICE
    state[KEY] = key
    state[LIVE] = live
    return status
