"""Potentials on a lattice: nodal costs, bulges, levels and the scale that makes them admissible."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.geodesic.compiled import inline_kernel, kernel
from routing.geodesic.elements import Lattice, Potential, element_costs, sag, stretch

__all__ = ["LIVE", "MARGIN", "Scale", "mix", "node_costs", "rescale", "set_bulges"]

MARGIN, LIVE = 1, 2  # marks of elements: solved only, and also tested
KINK = 0.02  # share of the cost by which a bulge may differ from that of a ray along its side


class Scale(NamedTuple):
    """Increasing function psi of a potential that makes it admissible."""

    low: float  # where the levels begin
    width: float  # of one level
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


@kernel
def mix(one: Potential, two: Potential, a: float, b: float) -> None:
    """Replace potentials u, v by a u + b v and b v - a u."""
    for i in range(one.u.shape[0]):
        for j in range(one.u.shape[1]):
            x = a * one.u[i, j]
            y = b * two.u[i, j]
            one.u[i, j] = x + y
            two.u[i, j] = y - x
            x = a * one.east[i, j]
            y = b * two.east[i, j]
            one.east[i, j] = x + y
            two.east[i, j] = y - x
            x = a * one.south[i, j]
            y = b * two.south[i, j]
            one.south[i, j] = x + y
            two.south[i, j] = y - x


@inline_kernel
def bulge(
    u: tuple[float, float, float, float], c: tuple[float, float, float, float], at: tuple[int, int], limit: float
) -> float:
    """Bulge of the side between the inner two of four nodes in line.

    `at` tells which of its ends lie on patch lines, where the second derivative jumps.
    """
    ray = (u[2] - u[1]) * (c[2] - c[1]) / (0.5 * (c[1] + c[2]))  # second difference along a ray in this side
    if not (c[0] < np.inf and c[3] < np.inf):
        return -0.5 * ray
    first = u[0] - 2.0 * u[1] + u[2]
    second = u[1] - 2.0 * u[2] + u[3]
    d = first if abs(first - ray) < abs(second - ray) else second
    if at[0] != at[1]:
        d = second if at[0] == 1 else first
    d = min(max(d, ray - limit), ray + limit)
    return -0.5 * d


@kernel
def set_bulges(lattice: Lattice, cost: NDArray[np.float64], potential: Potential) -> None:
    """Choose the bulge of every side from the neighbouring values; any choice is valid."""
    u, east, south = potential
    rows, cols = u.shape
    k = lattice.fine
    for i in range(rows):
        for j in range(cols):
            east[i, j] = 0.0
            south[i, j] = 0.0
            c = cost[i, j]
            if not c < np.inf:
                continue
            if j + 1 < cols and cost[i, j + 1] < np.inf:
                z = (u[i, max(0, j - 1)], u[i, j], u[i, j + 1], u[i, min(cols - 1, j + 2)])
                w = (
                    cost[i, j - 1] if j > 0 else np.inf,
                    c,
                    cost[i, j + 1],
                    cost[i, j + 2] if j + 2 < cols else np.inf,
                )
                line = lattice.left + j
                at = (1 if line % k == 0 else 0, 1 if (line + 1) % k == 0 else 0)
                east[i, j] = bulge(z, w, at, KINK * min(c, w[2]))
            if i + 1 < rows and cost[i + 1, j] < np.inf:
                z = (u[max(0, i - 1), j], u[i, j], u[i + 1, j], u[min(rows - 1, i + 2), j])
                w = (
                    cost[i - 1, j] if i > 0 else np.inf,
                    c,
                    cost[i + 1, j],
                    cost[i + 2, j] if i + 2 < rows else np.inf,
                )
                line = lattice.top + i
                at = (1 if line % k == 0 else 0, 1 if (line + 1) % k == 0 else 0)
                south[i, j] = bulge(z, w, at, KINK * min(c, w[2]))


@inline_kernel
def element_range(potential: Potential, i: int, j: int) -> tuple[float, float]:
    """Range of the nodal values of an element."""
    u = potential.u
    a = min(u[i, j], u[i, j + 1])
    b = min(u[i + 1, j], u[i + 1, j + 1])
    c = max(u[i, j], u[i, j + 1])
    d = max(u[i + 1, j], u[i + 1, j + 1])
    return min(a, b), max(c, d)


@kernel
def live_range(potential: Potential, tube: NDArray[np.uint8], found: NDArray[np.float64]) -> None:
    """Range of a potential on the live elements."""
    lo = np.inf
    hi = -np.inf
    for i in range(tube.shape[0]):
        for j in range(tube.shape[1]):
            if tube[i, j] == LIVE:
                a, b = element_range(potential, i, j)
                s = sag(potential, i, j)
                lo = min(lo, a - s)
                hi = max(hi, b + s)
    found[0] = lo
    found[1] = hi


@kernel
def level_stretches(
    lattice: Lattice,
    potential: Potential,
    tube: NDArray[np.uint8],
    levels: tuple[float, float],
    worst: NDArray[np.float64],
) -> None:
    """Largest stretch of the live elements that meet each level (low, width)."""
    low, width = levels
    n = worst.size
    for i in range(tube.shape[0]):
        for j in range(tube.shape[1]):
            if tube[i, j] != LIVE:
                continue
            a, b = element_range(potential, i, j)
            s = sag(potential, i, j)
            # A millionth of a level beyond the range covers the rounding of the two quotients.
            first = max(0, int((a - s - low) / width - 1e-6))
            last = min(n - 1, int((b + s - low) / width + 1e-6))
            x = stretch(lattice, potential, i, j)
            for z in range(first, last + 1):
                if not worst[z] >= x:
                    worst[z] = x


def rescale(lattice: Lattice, potential: Potential, tube: NDArray[np.uint8], *, width: float) -> Scale:
    """Scale that makes a potential admissible on the live elements.

    Parameters
    ----------
    lattice
        The elements.
    potential
        Any potential that is finite on them.
    tube
        Marks of the elements.
    width
        Width of a level.

    Returns
    -------
    scale
        psi, with |grad psi(u)| <= c on every live element.
    """
    found = np.empty(2)
    live_range(potential, tube, found)
    low, high = found.tolist()
    if not low < high < np.inf:
        return Scale(low if np.isfinite(low) else 0.0, 1.0, np.zeros(2))
    width = max(width, (high - low) * 5e-6)
    worst = np.zeros(int((high - low) / width) + 2)
    level_stretches(lattice, potential, tube, (low, width), worst)
    # No element meets a level of stretch 0: nothing is claimed for it. 1e-12: rounding of quotient and sum.
    with np.errstate(divide="ignore"):
        rise = np.where(worst > 0.0, width / worst, 0.0)
    return Scale(low, width, np.concatenate([[0.0], np.cumsum(rise)]) * 1.0)
