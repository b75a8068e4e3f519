"""Proven lower bounds where the cost depends on direction."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from routing.errors import ArrayError
from routing.geodesic.bound import MOST_THREADS, SHRINK, Certificate, check_joined
from routing.geodesic.ground import CellSize, Ground, as_points
from routing.geodesic.heading import prepare_tensor, tensor_plane

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from routing.geodesic.dualpair import DualPair

__all__ = ["bound_ground", "certify_directed"]

MOST_ELEMENTS = 4_000_000
FINES = (1, 2, 4, 8, 16)
STALL = 0.97  # a level that leaves more of the gap than this is the last
MARGIN_WIDTH = 8  # elements by which the fields are solved beyond those that are tested
LEAN = 0.8  # share of the mean field that is added to half the difference to see what lies off the path
CAP, REACH = 1.1, 1.2  # prices, up to which fields are used, and the rise of a potential matters
ROOM = 3e-9  # relative; above the wanted bound, for what the last operations take off
LEVEL_STEPS = 2.0  # width of a level in sides of an element at the least cost
PRICE_NOISE = 1e-9
# A common matrix below some others is scaled by the least ratio, which is wrong by some 2**-50 times their condition.
SAFE = 1e-12


def certify_directed(  # noqa: PLR0913 (the documented signature)
    tensor: ArrayLike,
    start: ArrayLike,
    end: ArrayLike,
    price: float,
    *,
    cell_size: CellSize = (1.0, 1.0),
    tolerance: float = 0.005,
    max_elements: int = MOST_ELEMENTS,
) -> Certificate:
    """Prove that no path is much cheaper than a known one where the cost depends on direction.

    Parameters
    ----------
    tensor
        At cell centres (m_rr, m_rq, m_qq), (rows, cols, 3), or a cost without direction
        (rows, cols), as for :func:`directed_price`; inf = excluded.
    start, end
        Row, col; may be fractional.
    price
        Price of any admissible path between them; the cheaper, the faster.
    cell_size
        Row spacing and column spacing; each a number or one value per row.
    tolerance
        Relative gap at which to stop.
    max_elements
        Most elements of a level, about 200 bytes each.

    Returns
    -------
    certificate
        The bound, and how near it is. Tolls only add to prices: the bound holds for paths that pay them.

    Raises
    ------
    ArrayError
        If the tensor, a point or the price cannot be used.
    NoPathError
        If an end is excluded or exclusions separate the two.

    Notes
    -----
    If the root of g' inv(M) g is at most 1 for the gradient g of a potential w wherever a
    path may run, w(end) - w(start) is at most the price of any path. Every element is
    tested in closed form; proofs are in ``docs/direction.md``.

    Examples
    --------
    >>> import numpy as np
    >>> tensor = np.broadcast_to([4.0, 0.0, 9.0], (20, 30, 3))
    >>> certificate = certify_directed(tensor, (4, 2), (16, 18), np.sqrt(4 * 12**2 + 9 * 16**2))
    >>> certificate.reached
    True
    """
    if not 0.0 <= price < np.inf:
        raise ArrayError(f"price is {price}", remedy="give the price of an admissible path")
    if not tolerance > 0.0:
        raise ArrayError(f"tolerance is {tolerance}", remedy="give a positive relative gap")
    ground = prepare_tensor(tensor, cell_size)
    ends = np.stack([as_points(start, "start", shape=(2,)), as_points(end, "end", shape=(2,))])
    check_joined(ground, ends)
    return bound_ground(ground, ends, price, tolerance=tolerance, max_elements=max_elements)


def bound_ground(
    ground: Ground,
    ends: NDArray[np.float64],
    price: float,
    *,
    tolerance: float,
    max_elements: int = MOST_ELEMENTS,
) -> Certificate:
    """Certificate on a raster that is ready, between ends that are known to be joined.

    Parameters
    ----------
    ground
        The raster, its cells undivided.
    ends
        Row, col of both ends, (2, 2).
    price
        Price of an admissible path between them.
    tolerance, max_elements
        As for :func:`certify_directed`.

    Returns
    -------
    certificate
        The bound, and how near it is.
    """
    if bool((ends[0] == ends[1]).all()):
        return Certificate(0.0, 0.0 if price == 0 else np.inf, 1.0, 0, price == 0)
    # Always in the same order, so that there and back have one bound.
    if tuple(ends[0]) > tuple(ends[1]):
        ends = ends[::-1]
    price = float(price)
    with ThreadPoolExecutor(MOST_THREADS) as pool:
        search = Search(ground, ends, price / ground.unit, tolerance=tolerance, pool=pool)
        search.run(max_elements)
    bound = min(search.bound * ground.unit * SHRINK, price)
    gap = price / bound - 1.0 if bound > 0.0 else np.inf
    return Certificate(bound, gap, search.kept, search.used, gap <= tolerance)


class Search:
    """Bounds for one pair of ends, level by level.

    Parameters
    ----------
    ground
        The raster.
    ends
        Row, col, (2, 2).
    price
        Price of an admissible path in row spacings.
    tolerance
        Gap at which to stop.
    pool
        Threads to use; the answer does not depend on their number.

    Attributes
    ----------
    bound
        Proven lower bound in row spacings.
    kept
        Share of the free ground in the elements that are left.
    used
        Number of levels used.
    """

    def __init__(
        self, ground: Ground, ends: NDArray[np.float64], price: float, *, tolerance: float, pool: Executor
    ) -> None:
        self._ground = ground
        self._ends = ends
        self._price = price
        self._tolerance = tolerance
        self._goal = price / (1.0 + tolerance) * (1.0 + ROOM)  # what is to be proven
        self._pool = pool
        self._corners, self._free = _patches(ground)
        away = (ends[1] - ends[0]) * (1.0, float(ground.plane.aspect.min()))
        self._proven = 0.0  # by potentials
        self.bound = ground.lowest * float(np.hypot(*away)) * (1.0 - PRICE_NOISE)  # a straight line at the least cost
        self.kept = 1.0
        self.used = 0

    def run(self, most: int) -> None:
        """Refine until the gap is small enough, a level would need more than `most` elements, or nothing is gained."""
        live: NDArray[np.bool_] | None = None
        for fine in FINES:
            before = self._gap(self._proven)
            if self._gap(self.bound) <= self._tolerance or self._corners[..., 0, 0].size * fine * fine > most:
                return
            free = _free_elements(self._free, fine)
            if live is not None:
                free &= np.repeat(np.repeat(live, 2, axis=0), 2, axis=1)
            live = self._work(fine, free)
            self.used += 1
            if not live.any() or (fine > 2 and self._gap(self._proven) > STALL * before):
                return

    def _gap(self, bound: float) -> float:
        return self._price / bound - 1.0 if bound > 0.0 else np.inf

    def _claim(self, bound: float) -> None:
        # Paths dearer than the goal are not looked at.
        self._proven = max(self._proven, min(bound, self._goal))
        self.bound = max(self.bound, self._proven)

    def _work(self, fine: int, live: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """One level: fields of both ends, tests, pruning; returns the elements that are left."""
        from routing.geodesic.elements import LIVE

        pair = self._solve(fine, live)
        pair.halve()
        self._claim(pair.rise(pair.one, pair.scale(pair.one, 0), 0))
        pair.lean(LEAN)
        sides = []
        for start, potential in enumerate((pair.one, pair.two)):
            scale = pair.scale(potential, start)
            self._claim(pair.rise(potential, scale, start))
            sides.append((potential, scale, pair.base(potential, scale, start)))
        tube = pair.prune(sides[0], sides[1], self._goal * (1.0 + PRICE_NOISE))
        if tube.count == 0:  # no path of that price exists
            self._claim(self._goal)
        else:
            pair = replace(pair, tube=tube)
            pair.halve()
            self._claim(pair.rise(pair.one, pair.scale(pair.one, 0), 0))
        self.kept = min(self.kept, tube.count / fine**2 / max(1, int(self._free.sum())))
        left: NDArray[np.bool_] = tube.marks.kind == LIVE
        return left

    def _solve(self, fine: int, live: NDArray[np.bool_]) -> DualPair:
        """Fields of both ends on the live elements and a margin. Nothing is claimed of them."""
        from routing.geodesic.dual import Mesh
        from routing.geodesic.dualpair import DualPair, directed_waves
        from routing.geodesic.elements import LIVE, MARGIN, Lattice
        from routing.geodesic.pruning import Marks
        from routing.geodesic.pyramid import Tube

        kind = np.where(_grown(live, MARGIN_WIDTH) & _free_elements(self._free, fine), MARGIN, 0).astype(np.uint8)
        kind[live] = LIVE
        rows, cols = kind.shape
        marks = Marks(kind, np.tile(np.array([0, cols]), (rows, 1)))
        ends = (self._ends + 1.0) * fine  # node (0, 0) is a cell beyond the first centre
        mesh = Mesh(self._corners, fine)
        one, two = directed_waves(mesh, marks, ends, CAP * self._price)
        flat = self._ground.plane
        lattice = Lattice(flat.cost, flat.width, flat.aspect, fine.bit_length() - 1, 0, 0, 1.0 / fine)
        return DualPair(
            tube=Tube.of(lattice, marks), ends=ends, one=one, two=two, mesh=mesh, pool=self._pool,
            step=LEVEL_STEPS / fine * self._ground.lowest, reach=REACH * self._price, work=np.empty((2, 0, 0)),
        )  # fmt: skip


def _patches(ground: Ground) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Matrices at the corners of all patches that touch the raster, (rows + 1, cols + 1, 4, 3), and the free cells.

    Excluded corners get a matrix that is nowhere above the true one: the mean of the free ones, scaled.
    """
    from routing.geodesic.line import PAD

    plane = tensor_plane(ground)
    full = plane.tensor.reshape(-1, plane.width, 3)[PAD - 1 : 1 - PAD, PAD - 1 : 1 - PAD]
    corners = np.stack([full[:-1, :-1], full[:-1, 1:], full[1:, :-1], full[1:, 1:]], axis=2)
    free = np.isfinite(corners[..., 0])
    known = np.where(free[..., None], corners, 0.0)
    mean = known.sum(axis=2) / np.maximum(1, free.sum(axis=2))[..., None]
    mean[~free.any(axis=2)] = 1.0, 0.0, 1.0
    ratios = np.where(free, _least_ratio(known, mean[:, :, None]), np.inf).min(axis=2)
    condition = mean[..., 0] * mean[..., 2] / (mean[..., 0] * mean[..., 2] - mean[..., 1] ** 2)
    below = mean * np.clip(ratios - SAFE * condition, 0.0, 1.0)[..., None]
    return np.ascontiguousarray(np.where(free[..., None], corners, below[:, :, None])), ground.free_mask()


def _least_ratio(t: NDArray[np.float64], m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Least number x with det(t - x m) = 0."""
    det = m[..., 0] * m[..., 2] - m[..., 1] ** 2
    half = 0.5 * (t[..., 0] * m[..., 2] - 2.0 * t[..., 1] * m[..., 1] + t[..., 2] * m[..., 0]) / det
    product = (t[..., 0] * t[..., 2] - t[..., 1] ** 2) / det
    return np.asarray(half - np.sqrt(np.maximum(0.0, half * half - product)))


def _free_elements(free: NDArray[np.bool_], fine: int) -> NDArray[np.bool_]:
    """Elements that may hold free ground: in a free cell, or any if they are whole patches with a free corner."""
    framed = np.pad(free, 1)
    if fine == 1:
        return framed[:-1, :-1] | framed[:-1, 1:] | framed[1:, :-1] | framed[1:, 1:]
    half = fine // 2
    cells = np.repeat(np.repeat(framed, fine, axis=0), fine, axis=1)
    return cells[half:-half, half:-half].copy()


def _grown(mask: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    """Mask widened by some elements in rows and columns."""
    grown = mask.copy()
    for _ in range(reach):
        grown[1:] |= grown[:-1].copy()
        grown[:-1] |= grown[1:].copy()
        grown[:, 1:] |= grown[:, :-1].copy()
        grown[:, :-1] |= grown[:, 1:].copy()
    return grown
