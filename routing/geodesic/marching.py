"""One solve: memory for the queue, number format, bucket width, restarts."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.ground import Ground

__all__ = ["March", "march"]

log = logging.getLogger(__name__)

FAR32, FAR64 = 2.0**60, 2.0**400  # price of what is not reached; its square is finite in its format
LIMIT32, LIMIT64 = 2.0**20, 2.0**48  # bucket widths: beyond, a price is coarser than a sixteenth of a width
RING = 1 << 17  # most buckets
EFFORT = (1 << 21, 1 << 16)  # cells, buckets between two looks at Ctrl-C: about a tenth of a second
WIDEN = 16.0
TIGHT = 50.0  # cost ratio up to which a bucket is 0.7 of the cheapest cell


@dataclass
class March:
    """Prices of all cells, and what a descent needs.

    Parameters
    ----------
    cells
        Price and cost of the padded cells, interleaved, in bucket widths.
    width
        Bucket width.
    far
        Price of a cell that is not reached.
    below
        Prices below this are settled.
    seeds, owners
        Sorted cells that see a source, and which source.
    touched
        Number of cells that got a price.
    """

    cells: NDArray[Any]
    width: float
    far: float
    below: float
    seeds: NDArray[np.int64]
    owners: NDArray[np.int64]
    touched: int


@dataclass(frozen=True)
class Sources:
    """Padded source points with their start prices in row spacings."""

    points: NDArray[np.float64]
    prices: NDArray[np.float64]


def march(
    ground: Ground,
    sources: Sources,
    targets: NDArray[np.float64],
    *,
    spare: list[NDArray[Any]],
    double: bool = False,
) -> March:
    """Solve a field; `spare` is a pool of used arrays of cells, `targets` padded points to stop at."""
    width = _bucket_width(ground)
    double = double or ground.plane.cost.dtype == np.float64 and _needs_double(ground)
    while True:
        cells = _load(ground, width, double=double, spare=spare)
        result, status = _attempt(ground, sources, targets, cells, width)
        if status is None:
            return result
        spare.append(cells)
        if status == "imprecise" and not double:
            double = True
        else:
            width *= WIDEN
        log.debug("march restarts: %s, width %g, double %s", status, width, double)


def _needs_double(ground: Ground) -> bool:
    """Whether the scaled cost leaves the range of float32."""
    return ground.highest / ground.lowest > 1e17


def _bucket_width(ground: Ground) -> float:
    """Power of two near 0.7 of the cheapest step; wider where few cells are that cheap.

    Scaling by a power of two keeps the cost exact.
    """
    if not ground.lowest < np.inf:
        return 1.0
    lowest = ground.lowest * min(1.0, float(ground.plane.aspect.min()))
    width = math.sqrt(0.5) * lowest
    if ground.highest > TIGHT * ground.lowest:
        sample = ground.plane.cost.reshape(-1, ground.plane.width)
        sample = sample[:: max(1, ground.rows // 256), :: max(1, ground.cols // 256)]
        sample = sample[np.isfinite(sample)]
        if sample.size:
            width = max(width, 0.25 * float(np.quantile(sample, 0.1)) * lowest / ground.lowest)
    return math.ldexp(1.0, math.floor(math.log2(width)))


def _load(ground: Ground, width: float, *, double: bool, spare: list[NDArray[Any]]) -> NDArray[Any]:
    from routing.geodesic import padding

    dtype = np.dtype(np.float64 if double else np.float32)
    size = 2 * ground.plane.cost.size
    cells = None
    for k in range(len(spare)):
        if spare[k].dtype == dtype:
            cells = spare.pop(k)
            break
    if cells is None:
        cells = np.empty(size, dtype)
    padding.load_cells(ground.plane.cost, 1.0 / width, FAR64 if double else FAR32, cells)
    return cells


def _attempt(
    ground: Ground, sources: Sources, targets: NDArray[np.float64], cells: NDArray[Any], width: float
) -> tuple[March, str | None]:
    from routing.geodesic import eikonal

    far, limit = (FAR64, LIMIT64) if cells.dtype == np.float64 else (FAR32, LIMIT32)
    seeds, owners, frozen = _seed(ground, sources, cells, width)
    spacing = ground.plane.aspect.astype(cells.dtype)
    metric = eikonal.Metric(ground.plane.width, spacing, (1.0 / ground.plane.aspect**2).astype(cells.dtype), limit)
    front = _new_front(ground, cells, width, seeds)
    goals = _goals(ground, targets, cells)
    cells[2 * frozen + 1] = np.inf
    trouble = None
    first = int(front.state[eikonal.KEY])
    while True:
        status = eikonal.solve(cells, metric, seeds.astype(np.uint32), goals, front, EFFORT, far)
        if status == eikonal.GROW:
            front = _grow(front)
            continue
        if status == eikonal.IMPRECISE:
            trouble = "imprecise"
        elif status == eikonal.SLICE:
            spent, taken = front.state[eikonal.KEY] - first, front.state[eikonal.TAKEN]
            if spent <= 100 * taken + (1 << 22):
                continue
            trouble = "narrow"
        break
    cells[2 * frozen + 1] = ground.plane.cost[frozen] / width
    below = float(front.state[eikonal.KEY]) if status == eikonal.REACHED else far
    touched = int(front.state[eikonal.TOUCHED]) + len(seeds)
    return March(cells, width, far, below, seeds, owners, touched), trouble


def _seed(
    ground: Ground, sources: Sources, cells: NDArray[Any], width: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Price the balls round the sources: sorted cells, the source each belongs to, cells whose price is final."""
    from routing.geodesic import seeding

    plane = ground.plane
    radii = np.array([seeding.ball_radius(plane, r, q) for r, q in sources.points], np.int64)
    fixed = (radii > 0) & _are_undisturbed(ground, sources, np.abs(radii))
    found = np.empty((2 * int(np.abs(radii).max(initial=0)) + 5) ** 2, np.uint32)
    lists, owners = [], []
    for k, ((r, q), price) in enumerate(zip(sources.points, sources.prices, strict=True)):
        n = seeding.seed_ball(plane, (r, q, price), abs(int(radii[k])), 1.0 / width, cells, found)
        lists.append(found[:n].astype(np.int64))
        owners.append(np.full(n, k))
    if not lists:
        empty = np.empty(0, np.int64)
        return empty, empty, empty
    # The last improvement of a cell is its owner's.
    seeds, place = np.unique(np.concatenate(lists)[::-1], return_index=True)
    owner = np.concatenate(owners)[::-1][place]
    return seeds, owner, seeds[fixed[owner]]


def _are_undisturbed(ground: Ground, sources: Sources, radii: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Sources into whose ball no other source can bring a lower price (by the cheapest cost alone)."""
    n = len(radii)
    if n > 1000:  # a line of cells: balls overlap anyway
        return np.zeros(n, np.bool_)
    shrink = np.array([1.0, min(1.0, float(ground.plane.aspect.min()))])
    stretch = np.array([1.0, max(1.0, float(ground.plane.aspect.max()))])
    apart = sources.points[:, None] - sources.points[None]
    far = np.hypot(*np.moveaxis(apart * shrink, -1, 0)) * ground.lowest
    reach = (radii + 1) * ground.highest * float(stretch.max())
    safe = sources.prices[None] + far >= sources.prices[:, None] + 2.0 * reach[:, None]
    np.fill_diagonal(safe, val=True)
    undisturbed: NDArray[np.bool_] = safe.all(axis=1)
    return undisturbed


def _goals(ground: Ground, targets: NDArray[np.float64], cells: NDArray[Any]) -> tuple[NDArray[np.uint32], int]:
    """Cells to settle before stopping, and the buckets to go on for: the patches around the targets count too."""
    width = ground.plane.width
    if not len(targets):
        return np.empty(0, np.uint32), 1 << 60
    centre = np.rint(targets).astype(np.int64)
    offsets = np.array([(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)])
    around = (centre[:, None, :] + offsets) @ np.array([width, 1])
    cost = cells[2 * around + 1].astype(np.float64)
    cost[~np.isfinite(cost)] = 0.0
    stretch = max(1.0, float(ground.plane.aspect.max()))
    return (centre @ np.array([width, 1])).astype(np.uint32), int(3.0 * stretch * cost.max()) + 2


def _new_front(ground: Ground, cells: NDArray[Any], width: float, seeds: NDArray[np.int64]) -> Any:  # noqa: ANN401
    from routing.geodesic import eikonal

    step = ground.highest / width * max(1.0, float(ground.plane.aspect.max()))
    ring = 64
    while ring < min(2.0 * step + 8.0, RING):
        ring *= 2
    chunks = max(4096, len(seeds) + 2 * (eikonal.BATCH + eikonal.CHUNK))
    free = np.zeros(chunks, np.int64)
    free[: chunks - 1] = np.arange(chunks - 1, 0, -1)  # chunk 0 is never used: an empty bucket has tail 0
    work = np.zeros(8 * eikonal.BATCH + 8, cells.dtype)
    work[8 * eikonal.BATCH : 8 * eikonal.BATCH + 6] = eikonal.CONSTANTS
    state = np.zeros(8, np.int64)
    state[eikonal.FREE] = chunks - 1
    state[eikonal.STOP] = 1 << 60
    state[eikonal.KEY] = int(cells[2 * seeds].min()) if len(seeds) else 0
    return eikonal.Front(
        pool=np.zeros(chunks * eikonal.CHUNK, np.uint32),
        following=np.zeros(chunks, np.int64),
        free=free,
        head=np.zeros(ring, np.int64),
        tail=np.zeros(ring, np.int64),
        nodes=np.zeros(eikonal.BATCH + eikonal.CHUNK + 8, np.uint64),
        work=work,
        state=state,
    )


def _grow(front: Any) -> Any:  # noqa: ANN401
    """Double the pool of chunks."""
    from routing.geodesic import eikonal

    old = len(front.following)
    unused = int(front.state[eikonal.FREE])
    free = np.zeros(2 * old, np.int64)
    free[:unused] = front.free[:unused]
    free[unused : unused + old] = np.arange(2 * old - 1, old - 1, -1)
    front.state[eikonal.FREE] += old
    return front._replace(
        pool=np.concatenate([front.pool, np.zeros_like(front.pool)]),
        following=np.concatenate([front.following, np.zeros_like(front.following)]),
        free=free,
    )
