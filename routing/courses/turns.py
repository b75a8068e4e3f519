"""What turns break, and the cheapest ways through positions where they count: compiled, since there are millions."""

# ruff: noqa: PLR0913, PLR0917 (compiled code takes bare arrays and numbers)

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from routing.courses.tolerance import SLACK_DEG, SLACK_M
from routing.geodesic.compiled import kernel, part

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["cheapest_ways", "turn_excesses"]


@part
def turn_excess(limit_deg: float, radius_m: float, turn_deg: float, shorter_m: float) -> float:
    """By how much a turn breaks the rules: 0 where it keeps them, at least 1 where not."""
    turn = abs(turn_deg)
    over = turn / (limit_deg + SLACK_DEG) - 1.0
    room = radius_m * math.tan(0.5 * math.radians(min(turn, 179.0)))
    tight = room / max(0.5 * shorter_m + SLACK_M, 1e-9) - 1.0
    if over <= 0.0 and tight <= 0.0:
        return 0.0
    return 1.0 + max(over, 0.0) + min(max(tight, 0.0), 1e3)


@kernel
def turn_excesses(
    limit_deg: float,
    radius_m: float,
    turns_deg: NDArray[np.float64],
    shorter_m: NDArray[np.float64],
    found: NDArray[np.float64],
) -> None:
    """By how much turns at one position break the rules, into `found`."""
    for k in range(len(turns_deg)):
        found[k] = turn_excess(limit_deg, radius_m, turns_deg[k], shorter_m[k])


@kernel
def cheapest_ways(
    prices: NDArray[np.float64],
    courses: NDArray[np.float64],
    ground: NDArray[np.float64],
    usd: tuple[float, float],
    most_usd: NDArray[np.float64],
    best: NDArray[np.float64],
    came_from: NDArray[np.int64],
) -> None:
    """Least price of a chain from the first position that ends in each leg, and where its last leg but one begins.

    Parameters
    ----------
    prices
        Of each leg (n, n), inf where there is none; legs lead from lower to higher numbers.
    courses
        Of each leg, (3, n, n): bearing where it begins and where it ends, degrees, and metres.
    ground
        At each position, (2, n): largest turn, degrees, and least radius of a turn, metres.
    usd
        Price of an alter course, and of breaking a rule; inf: no rule may be broken.
    most_usd
        At each position (n,): chains that come to it dearer are not looked at.
    best
        (n, n), result; inf on entry.
    came_from
        (n, n), result; -1 on entry.
    """
    count = len(prices)
    for j in range(count):
        best[0, j] = prices[0, j]
    for i in range(1, count - 1):
        for a in range(i):
            into = best[a, i] + usd[0]
            if not into < np.inf:
                continue
            for b in range(i + 1, count):
                # A turn adds nothing or more: what comes in dearer than a way that is known is not looked at.
                total = into + prices[i, b]
                if not (total < best[i, b] and total <= most_usd[b]):
                    continue
                turn = abs(courses[0, i, b] - courses[1, a, i])
                turn = min(turn, abs(360.0 - turn))
                if turn > ground[0, i] + SLACK_DEG and total + usd[1] >= best[i, b]:
                    continue
                excess = turn_excess(ground[0, i], ground[1, i], turn, min(courses[2, a, i], courses[2, i, b]))
                if excess > 0.0:
                    total += usd[1] * excess
                if total < best[i, b]:
                    best[i, b] = total
                    came_from[i, b] = a
