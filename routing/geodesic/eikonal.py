"""Second-order upwind eikonal solver on an untidy bucket queue.

The padded raster is one flat array: ``cells[2 v]`` is the price T to reach cell
v, ``cells[2 v + 1]`` its cost c, both in bucket widths, so that the bucket of a
cell is ``int(T)``. An excluded cell has T = far and c = inf and never improves;
a frozen source cell has its exact T and c = inf while the solver runs.

Chunks of 64 cells are taken from the queue, updated as a batch (gather,
vectorised update, scatter) and freed. A cell whose T falls after it was taken is
queued again: wide buckets cost repeated work, not accuracy.
"""

# ruff: noqa: PLR0913, PLR0917 (compiled code has neither keywords nor objects)

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import Integer, inline_kernel, kernel, part, prefetch, vector_kernel
from routing.geodesic.front import (
    CHUNK,
    EMPTY,
    FREE,
    GROW,
    KEY,
    LIVE,
    TAKEN,
    TOUCHED,
    Front,
    close_bucket,
    first_chunk,
    free_chunk,
    push,
    select_due,
    start,
    unlink,
)

__all__ = ["BATCH", "CONSTANTS", "Metric", "solve"]

BATCH = 4 * CHUNK  # most updates that one chunk can cause, hence most chunks that one batch can need

# Typed constants at the end of the workspace, so that float32 work stays float32:
# 0, 1, 9/4, 1/3, 2/3 of the second-order stencil and the smallest improvement worth a new visit.
CONSTANTS = (0.0, 1.0, 2.25, 1.0 / 3.0, 2.0 / 3.0, 1.0 - 1e-6)


class Metric(NamedTuple):
    """Shape of the padded raster."""

    width: int
    spacing: NDArray[Any]  # column spacing per row, in row spacings
    inverse: NDArray[Any]  # 1 / spacing**2
    limit: float  # T beyond which the number format is too coarse
    far: float  # T of what is not reached


@part
def look_ahead(cells: NDArray[Any], width: int, bucket: Integer, front: Front) -> None:
    """Prefetch the rows that the next chunk of a bucket will need."""
    if front.tail[bucket] == 0:
        return
    base, count, _ = first_chunk(bucket, front)
    w2 = np.uint64(2) * np.uint64(width)
    for i in range(count):
        v = np.uint64(2) * np.uint64(front.pool[np.uint64(base + i)])
        prefetch(cells, v)
        prefetch(cells, v + w2)
        prefetch(cells, v - w2)
        prefetch(cells, v + w2 + w2)
        prefetch(cells, v - w2 - w2)


@inline_kernel
def compact(cells: NDArray[Any], count: Integer, start: Integer, offset: Integer, nodes: NDArray[np.uint64]) -> Integer:
    """Append the dearer neighbours at an offset from the due cells; returns the new number."""
    two = np.uint64(2)
    m = start
    for i in range(count):  # no branches: the list is written anyway, its end moves or not
        v = nodes[np.uint64(BATCH + i)]
        w = v + offset
        nodes[np.uint64(m)] = w
        m += 1 if cells[two * w] > cells[two * v] else 0
    return m


@inline_kernel
def gather(
    cells: NDArray[Any], metric: Metric, count: Integer, nodes: NDArray[np.uint64], work: NDArray[Any]
) -> Integer:
    """List the neighbours that might improve, with the arguments of their update."""
    one = np.uint64(1)
    two = np.uint64(2)
    width = np.uint64(metric.width)
    reciprocal = 1.0 / metric.width
    unit = work[8 * BATCH + 1]
    m: Integer = 0
    for direction in range(4):
        along_row = direction < 2
        offset = one if along_row else width
        side = width if along_row else one
        if direction % 2 == 1:
            offset = np.uint64(0) - offset
        start = m
        m = compact(cells, count, start, offset, nodes)
        for i in range(start, m):
            w = nodes[np.uint64(i)]
            v = w - offset
            x1 = cells[two * (w + side)]
            x2 = cells[two * (w - side)]
            step = side if x1 <= x2 else np.uint64(0) - side
            row = np.uint64(np.int64((np.float64(np.int64(w)) + 0.5) * reciprocal))
            inverse = metric.inverse[row]
            work[i] = cells[two * v]
            work[i + BATCH] = cells[two * (v - offset)]
            work[i + 2 * BATCH] = min(x1, x2)
            work[i + 3 * BATCH] = cells[two * (w + step + step)]
            work[i + 4 * BATCH] = cells[two * w + one]
            work[i + 5 * BATCH] = inverse if along_row else unit
            work[i + 6 * BATCH] = metric.spacing[row] if along_row else unit
            work[i + 7 * BATCH] = unit if along_row else inverse
    return m


@vector_kernel
def update(
    a1: float,
    a2: float,
    b1: float,
    b2: float,
    c: float,
    metric: tuple[float, float, float],
    constants: tuple[float, float, float, float, float],
) -> float:
    """Upwind price of a cell from a1 (then a2) along one axis and b1 (then b2) along the other.

    Second order where two upwind values exist: T' = (3 T - 4 a1 + a2) / (2 h). If the
    quadratic has no causal root, the first-order one, then the one-sided update.
    """
    wa, ha, wb = metric
    zero, one, q94, third, t23 = constants
    ua = a2 <= a1
    ub = b2 <= b1
    ab = a1 + ((a1 - a2) * third if ua else zero)
    bb = b1 + ((b1 - b2) * third if ub else zero)
    p = wa * (q94 if ua else one)
    q = wb * (q94 if ub else one)
    single = ab + c * ha * (t23 if ua else one)
    upper = max(a1, b1)
    s = p + q
    d = ab - bb
    disc = s * (c * c) - p * q * d * d
    second = ab + (np.sqrt(max(disc, zero)) - q * d) / s
    s1 = wa + wb
    d1 = a1 - b1
    disc1 = s1 * (c * c) - wa * wb * d1 * d1
    first = a1 + (np.sqrt(max(disc1, zero)) - wb * d1) / s1
    fallback = first if (disc1 >= zero) & (first >= upper) else single
    return second if (disc >= zero) & (second >= upper) else fallback


@vector_kernel
def update_batch(work: NDArray[Any], count: Integer) -> None:
    """Update `count` cells; the result replaces the first column."""
    n = 8 * BATCH
    constants = (work[n], work[n + 1], work[n + 2], work[n + 3], work[n + 4])
    for i in range(count):
        metric = (work[i + 5 * BATCH], work[i + 6 * BATCH], work[i + 7 * BATCH])
        work[i] = update(
            work[i],
            work[i + BATCH],
            work[i + 2 * BATCH],
            work[i + 3 * BATCH],
            work[i + 4 * BATCH],
            metric,
            constants,
        )


@inline_kernel
def scatter(cells: NDArray[Any], count: Integer, key: Integer, far: float, front: Front) -> int:
    """Store the prices that improved and queue their cells; returns how many were queued."""
    two = np.uint64(2)
    enough = front.work[8 * BATCH + 5]
    pushed = 0
    touched = 0
    for i in range(count):
        w = front.nodes[np.uint64(i)]
        new = front.work[i]
        old = cells[two * w]
        if new < old * enough:
            cells[two * w] = new
            touched += 1 if old >= far else 0
            k = np.int64(new)
            if np.int64(old) != k or k == key:
                push(w, k, key, front)
                pushed += 1
    front.state[TOUCHED] += touched
    return pushed


@kernel
def solve(
    cells: NDArray[Any],
    metric: Metric,
    seeds: NDArray[np.uint32],
    targets: tuple[NDArray[np.uint32], int],
    front: Front,
    effort: tuple[int, int],
) -> int:
    """March until nothing is queued, the targets are settled or the effort (cells, buckets) is spent.

    Returns EMPTY, REACHED, IMPRECISE, GROW (grow the pool, call again) or SLICE (call again).
    """
    state = front.state
    mask = np.int64(front.tail.size - 1)
    start(cells, seeds, front)
    ends = (state[TAKEN] + effort[0], state[KEY] + effort[1])
    key = state[KEY]
    live = state[LIVE]
    while live > 0:
        bucket = np.uint64(key & mask)
        while front.tail[bucket] != 0:
            if state[FREE] < BATCH + CHUNK:
                state[LIVE] = live
                return GROW
            base, count, last = unlink(bucket, front)
            look_ahead(cells, metric.width, np.uint64((key + 1) & mask) if last else bucket, front)
            due, waiting = select_due(cells, base, count, key, front)
            m = gather(cells, metric, due, front.nodes, front.work)
            update_batch(front.work, m)
            live += waiting - count + scatter(cells, m, key, metric.far, front)
            free_chunk(base, front)
        key += 1
        state[LIVE] = live
        status = close_bucket(cells, key, targets, metric.limit, ends, state)
        if status != EMPTY:
            return status
    return EMPTY
