"""One solve: memory for the queue, number format, bucket width, restarts."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.eikonal import BATCH, CONSTANTS, Metric, solve
from routing.geodesic.front import CHUNK, EMPTY, FREE, GROW, IMPRECISE, KEY, REACHED, SLICE, STOP, TAKEN, TOUCHED, Front
from routing.geodesic.ground import Ground, March, Sources
from routing.geodesic.padding import in_halves, load_cells
from routing.geodesic.seeding import ball_radius, seed_ball

__all__ = ["march"]

log = logging.getLogger(__name__)

FAR32, FAR64 = 2.0**60, 2.0**400  # price of what is not reached; its square is finite in its format
LIMIT32, LIMIT64 = 2.0**20, 2.0**48  # bucket widths: beyond, a price is coarser than a sixteenth of a width
LARGEST = 2.0**44  # bucket widths that one cell may cost, so that the bucket of any price is a 64-bit integer
RING = 1 << 17  # most buckets
EFFORT = (1 << 21, 1 << 16)  # cells, buckets between two looks at Ctrl-C: about a tenth of a second
RADIUS = 12  # of the largest ball of straight rays round a source, in cells of the raster
FEW = 16  # sources up to which time does not matter
MANY = 1000  # sources, beyond which they are taken to form a line: their balls would overlap anyway
WIDEN = 256.0
ENDS = {EMPTY: "done", REACHED: "reached", IMPRECISE: "imprecise"}
Goals = tuple[NDArray[np.uint32], int]
TIGHT = 50.0  # cost ratio up to which a bucket is 0.7 of the cheapest cell


def march(
    ground: Ground, sources: Sources, targets: NDArray[np.float64], *, spare: list[NDArray[Any]], method: str = "field"
) -> March:
    """Price the cells of a raster.

    Parameters
    ----------
    ground
        The raster.
    sources
        Where to start.
    targets
        Padded points to stop at, (k, 2); none = everything.
    spare
        Used arrays of cells, to take from and to give back to.
    method
        "field": eikonal equation; "double": the same in double precision at
        once; "graph": the 8-neighbour graph, in double precision.

    Returns
    -------
    march
        The prices.
    """
    width = _bucket_width(ground)
    double = method != "field" or _needs_double(ground)
    while True:
        cells = _load(ground, width, double=double, spare=spare)
        seeds, owners, frozen = _seed(ground, sources, cells, width)
        far = FAR64 if double else FAR32
        front = _new_front(ground, cells, width, seeds)
        goals = _goals(ground, targets, cells)
        if method == "graph":
            advance = _graph_solver(ground, cells, width, seeds, goals)
        else:
            cells[2 * frozen + 1] = np.inf
            advance = _field_solver(ground, cells, seeds, goals)
        front, end = _run(advance, front)
        cells[2 * frozen + 1] = ground.plane.cost[frozen] / width
        if end in ("done", "reached"):
            key, touched = front.state[KEY], front.state[TOUCHED]
            below = float(key) if end == "reached" else far
            return March(cells, width, far, below, seeds, owners, int(touched) + len(seeds))
        if end == "imprecise" and not double:
            double = True
        else:
            spare.append(cells)
            width *= WIDEN
        log.debug("march restarts: %s, width %g, double %s", end, width, double)


def _field_solver(
    ground: Ground, cells: NDArray[Any], seeds: NDArray[np.int64], goals: Goals
) -> Callable[[Front], int]:
    """Function that advances the eikonal solver by one slice."""
    plane = ground.plane
    double = cells.dtype == np.float64
    metric = Metric(
        plane.width,
        plane.aspect.astype(cells.dtype),
        (1.0 / plane.aspect**2).astype(cells.dtype),
        LIMIT64 if double else LIMIT32,
        FAR64 if double else FAR32,
    )
    starts = seeds.astype(np.uint32)
    return lambda front: solve(cells, metric, starts, goals, front, EFFORT)


def _graph_solver(
    ground: Ground, cells: NDArray[Any], width: float, seeds: NDArray[np.int64], goals: Goals
) -> Callable[[Front], int]:
    """Function that advances the search of the graph by one slice."""
    from routing.geodesic.graph import solve_graph

    starts = seeds.astype(np.uint32)
    return lambda front: solve_graph(cells, ground.plane, (1.0 / width, FAR64), starts, goals, front, EFFORT)


def _run(advance: Callable[[Front], int], front: Front) -> tuple[Front, str]:
    """Call a solver slice by slice, so that Ctrl-C is seen, until it ends; returns how."""
    first = int(front.state[KEY])
    while True:
        status = advance(front)
        if status == GROW:
            front = _grow(front)
        elif status != SLICE:
            return front, ENDS[status]
        elif front.state[KEY] - first > 64 * front.state[TAKEN] + (1 << 19):
            return front, "narrow"  # far more buckets than cells


def _needs_double(ground: Ground) -> bool:
    """Whether the scaled cost leaves the range of float32."""
    return ground.highest / ground.lowest > 1e17


def _bucket_width(ground: Ground) -> float:
    """0.7 of the cheapest step; more where few cells are that cheap."""
    if not ground.lowest < np.inf:
        return 1.0
    share = math.sqrt(0.5)
    if ground.highest > TIGHT * ground.lowest:
        sample = ground.plane.cost.reshape(-1, ground.plane.width)
        sample = sample[:: max(1, ground.rows // 256), :: max(1, ground.cols // 256)]
        sample = sample[np.isfinite(sample)]
        if sample.size:
            share = max(share, 0.25 * float(np.quantile(sample, 0.1)) / ground.lowest)
    share = max(share, ground.highest / ground.lowest / LARGEST)
    return share * ground.lowest * min(1.0, float(ground.plane.aspect.min()))


def _load(ground: Ground, width: float, *, double: bool, spare: list[NDArray[Any]]) -> NDArray[Any]:
    dtype = np.dtype(np.float64 if double else np.float32)
    size = 2 * ground.plane.cost.size
    cells = None
    while spare and cells is None:
        try:
            used = spare.pop()
        except IndexError:  # another thread was faster
            break
        cells = used if used.dtype == dtype and used.size == size else None
    if cells is None:
        cells = np.empty(size, dtype)
    cost, far = ground.plane.cost, FAR64 if double else FAR32
    in_halves(
        lambda span: load_cells(cost[span[0] : span[1]], 1.0 / width, far, cells[2 * span[0] : 2 * span[1]]), cost.size
    )
    return cells


def _seed(
    ground: Ground, sources: Sources, cells: NDArray[Any], width: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Price the balls round the sources: sorted cells, the source each belongs to, cells whose price is final."""
    plane = ground.plane
    slack = _slack(ground, sources)
    stretch = max(1.0, float(plane.aspect.max()))
    largest = RADIUS * (ground.parts if len(slack) <= FEW else 1)
    radii = [
        ball_radius(plane, r, q, (x, ground.lowest, stretch), largest)
        for (r, q), x in zip(sources.points, slack, strict=True)
    ]
    radius = np.array(radii, np.int64)
    fixed = radius > 0
    radius = np.abs(radius)
    found = np.empty((2 * int(radius.max(initial=0)) + 5) ** 2, np.uint32)
    lists, owners = [], []
    for k, ((r, q), price) in enumerate(zip(sources.points, sources.prices, strict=True)):
        n = seed_ball(plane, (r, q, price), int(radius[k]), 1.0 / width, cells, found)
        lists.append(found[:n].astype(np.int64))
        owners.append(np.full(n, k))
    if not lists:
        empty = np.empty(0, np.int64)
        return empty, empty, empty
    # The last improvement of a cell is its owner's.
    seeds, place = np.unique(np.concatenate(lists)[::-1], return_index=True)
    owner = np.concatenate(owners)[::-1][place]
    return seeds, owner, seeds[fixed[owner]]


def _slack(ground: Ground, sources: Sources) -> NDArray[np.float64]:
    """Price that surely separates each source from the waves of the others, by the cheapest cost alone."""
    n = len(sources.points)
    if n > MANY:
        return np.full(n, -np.inf)
    shrink = np.array([1.0, min(1.0, float(ground.plane.aspect.min()))])
    apart = (sources.points[:, None] - sources.points[None]) * shrink
    lead = np.hypot(apart[..., 0], apart[..., 1]) * ground.lowest + sources.prices[None] - sources.prices[:, None]
    np.fill_diagonal(lead, np.inf)
    slack: NDArray[np.float64] = lead.min(axis=1, initial=np.inf)
    return slack


def _goals(ground: Ground, targets: NDArray[np.float64], cells: NDArray[Any]) -> Goals:
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
    return (centre @ np.array([width, 1])).astype(np.uint32), int(min(3.0 * stretch * cost.max(), 2.0**60)) + 2


def _new_front(ground: Ground, cells: NDArray[Any], width: float, seeds: NDArray[np.int64]) -> Front:
    step = ground.highest / width * max(1.0, float(ground.plane.aspect.max()))
    ring = 64
    while ring < min(2.0 * step + 8.0, RING):
        ring *= 2
    chunks = max(4096, len(seeds) + 4 * (BATCH + CHUNK))
    free = np.zeros(chunks, np.int64)
    free[: chunks - 1] = np.arange(chunks - 1, 0, -1)  # chunk 0 is never used: an empty bucket has tail 0
    work = np.zeros(8 * BATCH + 8, cells.dtype)
    work[8 * BATCH : 8 * BATCH + 6] = CONSTANTS
    state = np.zeros(8, np.int64)
    state[FREE] = chunks - 1
    state[STOP] = 1 << 60
    state[KEY] = int(cells[2 * seeds].min()) if len(seeds) else 0
    return Front(
        pool=np.zeros(chunks * CHUNK, np.uint32),
        following=np.zeros(chunks, np.int64),
        free=free,
        head=np.zeros(ring, np.int64),
        tail=np.zeros(ring, np.int64),
        nodes=np.zeros(2 * BATCH, np.uint64),
        work=work,
        state=state,
    )


def _grow(front: Front) -> Front:
    """Double the pool of chunks."""
    old = len(front.following)
    unused = int(front.state[FREE])
    free = np.zeros(2 * old, np.int64)
    free[:unused] = front.free[:unused]
    free[unused : unused + old] = np.arange(2 * old - 1, old - 1, -1)
    front.state[FREE] += old
    return front._replace(
        pool=np.concatenate([front.pool, np.zeros_like(front.pool)]),
        following=np.concatenate([front.following, np.zeros_like(front.following)]),
        free=free,
    )
