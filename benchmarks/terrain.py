"""Deterministic fractal seabeds of any size, and the far ends of their largest water."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from routing.geodesic import enclosure

__all__ = ["Cell", "far_ends", "fractal", "noise", "refined"]

Cell = tuple[int, int]
SEED = 7
EXCLUDED = 0.2
RELIEF, COASTS = 3.2, 4.0  # slopes of the power spectra: rough relief, smooth coasts
LARGEST_LAND = 12.0  # waves across the terrain beyond which coasts are cut off: a few large pieces of land
BAND = 256  # rows of a spectrum made at a time, so that double precision is never held for all of it


def fractal(n: int, *, ratio: float = 10.0, seed: int = SEED) -> NDArray[np.float32]:
    """Fractal terrain of cost 1 to `ratio` with a fifth of its n x n cells excluded in large pieces.

    Notes
    -----
    Made in single precision band by band: 12 bytes a cell at its peak, so that 10240 x 10240
    cells need 1.3 GB.
    """
    rng = np.random.default_rng(seed)
    cost = noise(rng, n, RELIEF, np.inf)
    low, high = _quantiles(cost, 0.001, 0.999)
    cost -= low
    cost /= high - low
    np.clip(cost, 0.0, 1.0, out=cost)
    cost *= cost
    cost *= ratio - 1.0
    cost += 1.0
    land = noise(rng, n, COASTS, LARGEST_LAND)
    cost[land > _quantiles(land, 1.0 - EXCLUDED)[0]] = np.inf
    return cost


def noise(rng: np.random.Generator, n: int, slope: float, cut: float) -> NDArray[np.float32]:
    """Periodic noise with a power spectrum k ** -slope, cut off at `cut` waves."""
    spectrum = np.empty((n, n // 2 + 1), np.complex64)
    for rows in _bands(n):
        k = np.hypot(np.fft.fftfreq(n, 1.0 / n)[rows, None], np.arange(n // 2 + 1))
        k[k == 0.0] = np.inf
        size = k ** (-slope / 2.0) * np.exp(-((np.minimum(k, 1e9) / cut) ** 2))
        spectrum[rows] = size * np.exp(2j * np.pi * rng.random(k.shape))
    spectrum = np.fft.ifft(spectrum, axis=0, out=spectrum)
    height = np.empty((n, n), np.float32)
    for rows in _bands(n):
        height[rows] = np.fft.irfft(spectrum[rows], n, axis=1)
    return height


def _bands(n: int) -> Iterator[slice]:
    return (slice(row, min(row + BAND, n)) for row in range(0, n, BAND))


def _quantiles(values: NDArray[np.float32], *shares: float) -> list[float]:
    """Quantiles, of a regular sample where there are many values."""
    step = max(1, len(values) // 2048)
    return [float(q) for q in np.quantile(values[::step, ::step], shares)]


def far_ends(cost: NDArray[np.floating]) -> tuple[Cell, Cell]:
    """Cells of one connected region near the middles of the left and right edge."""
    n = len(cost)
    free = np.isfinite(cost)
    step = max(1, n // 64)
    candidates = np.argwhere(free[::step, ::step]) * step
    pockets = (enclosure(cost, cell) for cell in candidates[:: max(1, len(candidates) // 20)])
    largest = next(p for p in pockets if p.sum() > 0.5 * free.sum())
    start, end = (_nearest(largest, (row * n, col * n)) for row, col in ((0.5, 0.04), (0.45, 0.96)))
    return start, end


def _nearest(mask: NDArray[np.bool_], place: tuple[float, float]) -> Cell:
    """Marked cell nearest to a place, looked for in growing squares."""
    reach = 16
    while True:
        top, left = (max(0, int(x) - reach) for x in place)
        window = mask[top : int(place[0]) + reach, left : int(place[1]) + reach]
        cells = np.argwhere(window) + np.array([top, left])
        away = ((cells - place) ** 2).sum(axis=1)
        if len(cells) and (away.min() < reach**2 or reach > len(mask)):
            row, col = cells[np.argmin(away)]
            return int(row), int(col)
        reach *= 2


def refined(cost: NDArray[np.floating], parts: int) -> NDArray[np.float32]:
    """The same bilinear cost on cells of a part of the side; `parts` is odd, so that old centres stay centres."""
    free = np.isfinite(cost)
    weight = free.astype(np.float32)
    total = _stretched(np.where(free, cost, 0.0).astype(np.float32), parts)
    total /= np.maximum(_stretched(weight, parts), np.float32(1e-6))
    total[np.repeat(np.repeat(~free, parts, axis=0), parts, axis=1)] = np.inf
    return total


def _stretched(values: NDArray[np.float32], parts: int) -> NDArray[np.float32]:
    """Linear interpolation to cells of a part of the side along both axes, constant beyond the outer centres."""
    for _ in range(2):
        n = len(values)
        at = np.clip((np.arange(n * parts) + 0.5) / parts - 0.5, 0.0, n - 1.0)
        below = np.minimum(at.astype(np.int64), max(0, n - 2))
        share = (at - below).astype(np.float32)[:, None]
        above = np.minimum(below + 1, n - 1)
        values = ((1.0 - share) * values[below] + share * values[above]).T
    return np.ascontiguousarray(values)
