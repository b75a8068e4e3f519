"""Potentials on a lattice: bulges, mixtures and the scale that makes one admissible."""

# ruff: noqa: PLR0913, PLR0917 (compiled code has neither keywords nor objects)

from __future__ import annotations

from concurrent.futures import Executor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import inline_kernel, kernel
from routing.geodesic.elements import GOOD, LIVE, Lattice, Potential, element_costs, sag, stretch

__all__ = ["Scale", "element_range", "make_potential", "mix", "node_costs", "rescale", "scaled", "set_bulges"]

KINK = 0.02  # share of the cost by which twice a bulge may differ from that of a ray along its side
MOST_LEVELS = 200_000
FUZZ = 1e-10  # share of the whole scale by which a sum of so many quotients may be wrong: 200,000 * 2**-53 = 2.2e-11


class Scale(NamedTuple):
    """Increasing function psi, linear on each level, such that psi(u) is admissible on the live elements."""

    low: float  # where the levels begin
    width: float  # of a level
    psi: NDArray[np.float64]  # at the ends of the levels


@kernel
def node_costs(lattice: Lattice, tube: NDArray[np.uint8], cost: NDArray[np.float64]) -> None:
    """Cost times side at the nodes of the marked elements (the least one seen from any of them); inf elsewhere."""
    for i in range(cost.shape[0]):
        for j in range(cost.shape[1]):
            cost[i, j] = np.inf
    for i in range(tube.shape[0]):
        for j in range(tube.shape[1]):
            if tube[i, j] > 0:
                a, b, c, d = element_costs(lattice, i, j)
                cost[i, j] = min(cost[i, j], a)
                cost[i, j + 1] = min(cost[i, j + 1], b)
                cost[i + 1, j] = min(cost[i + 1, j], c)
                cost[i + 1, j + 1] = min(cost[i + 1, j + 1], d)


def make_potential(lattice: Lattice, cost: NDArray[np.float64], u: NDArray[np.float64]) -> Potential:
    """Potential with given values at the nodes and bulges that suit them."""
    potential = Potential(u, np.zeros(u.shape, np.float32), np.zeros(u.shape, np.float32))
    set_bulges(lattice, cost, potential)
    return potential


@inline_kernel
def bulge(u: tuple[float, float, float, float], c: tuple[float, float, float, float], at: tuple[int, int]) -> float:
    """Bulge of the side between the inner two of four nodes in line.

    `at` tells which of its ends lie on patch lines (0 = yes), where the second derivative jumps.
    """
    if not (c[1] < np.inf and c[2] < np.inf):
        return 0.0
    ray = (u[2] - u[1]) * (c[2] - c[1]) / (0.5 * (c[1] + c[2]))  # second difference along a ray in this side
    if not (c[0] < np.inf and c[3] < np.inf):
        return -0.5 * ray
    first = u[0] - 2.0 * u[1] + u[2]
    second = u[1] - 2.0 * u[2] + u[3]
    d = first if abs(first - ray) < abs(second - ray) else second
    if (at[0] == 0) != (at[1] == 0):
        d = second if at[0] == 0 else first
    limit = KINK * min(c[1], c[2])
    return -0.5 * min(max(d, ray - limit), ray + limit)


@kernel
def set_bulges(lattice: Lattice, cost: NDArray[np.float64], potential: Potential) -> None:
    """Choose the bulge of every side from the values around it; any choice is valid."""
    u = potential.u
    rows, cols = u.shape
    k = lattice.fine
    for i in range(rows):
        for j in range(cols):
            if not cost[i, j] < np.inf:
                continue
            if j + 1 < cols:
                before, after = max(0, j - 1), min(cols - 1, j + 2)
                z = (u[i, before], u[i, j], u[i, j + 1], u[i, after])
                c = (cost[i, before], cost[i, j], cost[i, j + 1], cost[i, after])
                potential.east[i, j] = bulge(z, c, ((lattice.left + j) % k, (lattice.left + j + 1) % k))
            if i + 1 < rows:
                before, after = max(0, i - 1), min(rows - 1, i + 2)
                z = (u[before, j], u[i, j], u[i + 1, j], u[after, j])
                c = (cost[before, j], cost[i, j], cost[i + 1, j], cost[after, j])
                potential.south[i, j] = bulge(z, c, ((lattice.top + i) % k, (lattice.top + i + 1) % k))


@kernel
def mix(one: Potential, two: Potential, a: float, b: float) -> None:
    """Replace u, v by a u + b v, b v - a u: the values define a potential, so that rounding them is harmless."""
    for i in range(one.u.shape[0]):
        for j in range(one.u.shape[1]):
            x, y = a * one.u[i, j], b * two.u[i, j]
            one.u[i, j] = x + y
            two.u[i, j] = y - x
            x, y = a * one.east[i, j], b * two.east[i, j]
            one.east[i, j] = x + y
            two.east[i, j] = y - x
            x, y = a * one.south[i, j], b * two.south[i, j]
            one.south[i, j] = x + y
            two.south[i, j] = y - x


@inline_kernel
def element_range(potential: Potential, i: int, j: int) -> tuple[float, float]:
    """Numbers between which the potential stays in an element."""
    u = potential.u
    low = min(min(u[i, j], u[i, j + 1]), min(u[i + 1, j], u[i + 1, j + 1]))  # noqa: PLW3301
    high = max(max(u[i, j], u[i, j + 1]), max(u[i + 1, j], u[i + 1, j + 1]))  # noqa: PLW3301
    s = sag(potential, i, j)
    return low - s, high + s


@kernel
def live_range(potential: Potential, tube: NDArray[np.uint8], found: NDArray[np.float64]) -> None:
    """Numbers between which a potential stays on the live elements; -inf first if it is unknown somewhere."""
    lo = np.inf
    hi = -np.inf
    for i in range(tube.shape[0]):
        for j in range(tube.shape[1]):
            if tube[i, j] == LIVE:
                a, b = element_range(potential, i, j)
                lo = min(lo, a) if b - a < np.inf else -np.inf
                hi = max(hi, b)
    found[0] = lo
    found[1] = hi


@kernel
def level_stretches(
    lattice: Lattice,
    potential: Potential,
    tube: NDArray[np.uint8],
    rows: tuple[int, int],
    levels: tuple[float, float],
    worst: NDArray[np.float64],
) -> None:
    """Largest stretch of the live elements of some rows that meet each level; `levels` is (low, width)."""
    low, width = levels
    for i in range(rows[0], rows[1]):
        for j in range(tube.shape[1]):
            if tube[i, j] != LIVE:
                continue
            a, b = element_range(potential, i, j)
            # A millionth of a level covers the rounding of the quotients, which are at most MOST_LEVELS.
            first = max(0, int((a - low) / width - 1e-6))
            last = min(worst.size - 1, int((b - low) / width + 1e-6))
            enough = np.inf
            for z in range(first, last + 1):
                enough = min(enough, worst[z])
            x = stretch(lattice, potential, i, j, max(GOOD, enough))
            for z in range(first, last + 1):
                if not worst[z] >= x:
                    worst[z] = x


def rescale(
    lattice: Lattice, potential: Potential, tube: NDArray[np.uint8], *, width: float, middle: int, pool: Executor
) -> Scale:
    """Scale that makes a potential admissible.

    Parameters
    ----------
    lattice
        The elements.
    potential
        Any potential.
    tube
        Marks of the elements.
    width
        Wanted width of a level.
    middle
        Row of elements at which the work is divided.
    pool
        Threads that share it.

    Returns
    -------
    scale
        psi, with |grad psi(u)| <= c on every live element; constant if the potential is not finite there.
    """
    found = np.empty(2)
    live_range(potential, tube, found)
    low, high = found.tolist()
    if not -np.inf < low < high < np.inf:
        return Scale(0.0, 1.0, np.zeros(2))
    width = max(width, (high - low) / MOST_LEVELS)
    halves = np.zeros((2, int((high - low) / width) + 2))
    rows = (0, middle), (middle, len(tube))
    list(pool.map(lambda k: level_stretches(lattice, potential, tube, rows[k], (low, width), halves[k]), (0, 1)))
    worst = halves.max(axis=0)
    rise = np.divide(width, worst, out=np.zeros_like(worst), where=worst > 0.0)  # nothing is claimed for empty levels
    return Scale(low, width, np.append(0.0, np.cumsum(rise)))


@inline_kernel
def scaled(scale: Scale, t: float) -> float:
    """psi(t)."""
    x = (t - scale.low) / scale.width
    n = scale.psi.size - 1
    if not x > 0.0:
        return 0.0
    if x >= n:
        return float(scale.psi[n])
    z = int(x)
    return float(scale.psi[z] + (scale.psi[z + 1] - scale.psi[z]) * (x - z))
