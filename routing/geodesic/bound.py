"""Proven lower bounds on the price of every path between two points."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from routing.errors import ArrayError
from routing.geodesic.enclosure import enclosure, no_path
from routing.geodesic.ground import CellSize, Ground, as_points, prepare

if TYPE_CHECKING:
    from routing.geodesic.minorant import Minorant
    from routing.geodesic.pyramid import Level
    from routing.geodesic.waves import Memory

__all__ = ["MOST_THREADS", "SHRINK", "Certificate", "Prover", "certify", "check_joined"]

MOST_ELEMENTS = 40_000_000
MOST_THREADS = 2  # one per end
HUGE = 1e30
SHRINK = 1.0 - 1e-9  # for the last operations, and for paths that graze an exclusion within the evaluator's tolerance


@dataclass(frozen=True)
class Certificate:
    """A proven lower bound on the price of every admissible path between two points.

    Parameters
    ----------
    lower_bound
        No admissible path is cheaper.
    gap
        Given price over `lower_bound`, minus 1.
    kept
        Share of the free cells that a path of at most the given price may touch.
    levels
        Number of sizes of elements that were used.
    reached
        Whether the gap is within the tolerance.
    """

    lower_bound: float
    gap: float
    kept: float
    levels: int
    reached: bool


def certify(  # noqa: PLR0913 (the documented signature)
    cost: ArrayLike,
    start: ArrayLike,
    end: ArrayLike,
    price: float,
    *,
    cell_size: CellSize = (1.0, 1.0),
    tolerance: float = 0.005,
    max_elements: int = MOST_ELEMENTS,
    threads: int | None = None,
) -> Certificate:
    """Prove that no path between two points of a cost raster is much cheaper than a known one.

    Parameters
    ----------
    cost
        Price per unit length at cell centres, (rows, cols), positive; inf = excluded.
    start, end
        Row, col; may be fractional.
    price
        Price of any admissible path between them; the cheaper, the faster.
    cell_size
        Row spacing and column spacing; each a number or one value per row.
    tolerance
        Relative gap at which to stop.
    max_elements
        Most elements of a level, about 60 bytes each; the best bound within it is returned.
    threads
        Most threads to use, at most one per end; the answer does not depend on it.

    Returns
    -------
    certificate
        The bound, and how near it is.

    Raises
    ------
    ArrayError
        If the raster, a point or the price cannot be used.
    NoPathError
        If an end is excluded or exclusions separate the two.

    Notes
    -----
    If |grad w| <= c wherever a path may run, then w(end) - w(start) is at most the
    price of any path (weak duality of the least-cost path). Half the difference of the
    fields of both ends nearly is such a w; every element is tested in closed form for
    by how much it is not, and w is rescaled level by level. Proofs and constants are in
    ``docs/certificate.md``.

    Examples
    --------
    >>> import numpy as np
    >>> certificate = certify(np.ones((20, 30)), (4, 2), (16, 18), 20.0)
    >>> certificate.lower_bound <= 20.0, certificate.gap < 0.005, certificate.reached
    (True, True, True)
    """
    _check_options(price, tolerance, threads)
    ground = prepare(cost, cell_size, memory_limit=None)
    ends = np.stack([as_points(start, "start", shape=(2,)), as_points(end, "end", shape=(2,))])
    check_joined(ground, ends)
    return Prover(ground).certify(ends, price, tolerance=tolerance, max_elements=max_elements, threads=threads)


class Prover:
    """What the certificates of one raster share: its pyramid, and memory that has been used once.

    Parameters
    ----------
    ground
        The raster, its cells undivided.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._spare: list[tuple[Memory, Memory]] = []

    @cached_property
    def _levels(self) -> list[Level]:
        from routing.geodesic.pyramid import levels

        return levels(self._ground)

    def minorant(
        self,
        prices: NDArray[np.float64],
        *,
        parts: int,
        within: NDArray[np.bool_] | None = None,
        whole: bool = False,
        rounds: int | None = None,
    ) -> Minorant:
        """Bounds for all cells at once.

        Parameters
        ----------
        prices, within, whole, rounds
            As for :func:`routing.geodesic.minorant.minorant`.
        parts
            Elements per side of a cell.

        Returns
        -------
        bounds
            One per cell.
        """
        from routing.geodesic.minorant import MOST_ROUNDS, minorant

        found = [level for level in self._levels if level.block == 1 and level.fine == parts > 1]
        if not found:
            raise ArrayError(f"parts is {parts}", remedy="give 2, 4, 8, 16 or 32")
        return minorant(self._ground, found[0], prices, whole=whole, within=within, rounds=rounds or MOST_ROUNDS)

    def certify(
        self,
        ends: NDArray[np.float64],
        price: float,
        *,
        tolerance: float,
        max_elements: int = MOST_ELEMENTS,
        threads: int | None = None,
    ) -> Certificate:
        """Certificate between ends that are known to be joined.

        Parameters
        ----------
        ends
            Row, col of both ends, (2, 2).
        price
            Price of an admissible path between them.
        tolerance, max_elements, threads
            As for :func:`certify`.

        Returns
        -------
        certificate
            The bound, and how near it is.
        """
        from routing.geodesic.refinement import Search
        from routing.geodesic.waves import Memory

        ground = self._ground
        _check_range(ground, price)
        if bool((ends[0] == ends[1]).all()):
            return Certificate(0.0, 0.0 if price == 0 else np.inf, 1.0, 0, price == 0)
        # Always in the same order, so that there and back have one bound.
        if tuple(ends[0]) > tuple(ends[1]):
            ends = ends[::-1]
        try:
            memory = self._spare.pop()
        except IndexError:  # none yet, or another thread has it
            memory = Memory(), Memory()
        with ThreadPoolExecutor(min(threads or MOST_THREADS, MOST_THREADS)) as pool:
            search = Search(ground, ground.pad(ends), price / ground.unit, tolerance=tolerance, pool=pool)
            search.run(self._levels, max_elements, memory)
        self._spare.append(memory)
        bound = min(search.bound * ground.unit * SHRINK, price)
        gap = price / bound - 1.0 if bound > 0.0 else np.inf
        return Certificate(bound, gap, search.kept, search.used, gap <= tolerance)


def _check_options(price: float, tolerance: float, threads: int | None) -> None:
    if not 0.0 <= price < np.inf:
        raise ArrayError(f"price is {price}", remedy="give the price of an admissible path")
    if not tolerance > 0.0:
        raise ArrayError(f"tolerance is {tolerance}", remedy="give a positive relative gap")
    if threads is not None and threads < 1:
        raise ArrayError(f"threads is {threads}", remedy="give at least 1, or None")


def _check_range(ground: Ground, price: float) -> None:
    """Refuse what could leave the range of single precision, in which bulges are kept."""
    if not (ground.lowest > 1.0 / HUGE or ground.lowest == np.inf) or max(ground.highest, price / ground.unit) > HUGE:
        raise ArrayError(
            f"costs from {ground.lowest:g} to {ground.highest:g}, price {price:g} are not between 1e-30 and 1e30",
            remedy="choose another unit of money",
        )


def check_joined(ground: Ground, ends: NDArray[np.float64]) -> None:
    """Refuse ends that no path joins."""
    joined = all(ground.is_free(end) for end in ends)
    if joined:
        reach = np.pad(enclosure(np.where(ground.free_mask(), 1.0, np.inf), ends[0]), 1)
        low, high = np.ceil(ends[1] - 0.5).astype(int) + 1, np.floor(ends[1] + 0.5).astype(int) + 2
        joined = bool(reach[low[0] : high[0], low[1] : high[1]].any())
    if not joined:
        raise no_path(ground, ends[:1], ends[1])
