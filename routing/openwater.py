"""The open sea: the largest body of free cells that hang together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["open_water"]


def open_water(free: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The largest connected body of free cells; of several as large, the one that begins first, row by row.

    Parameters
    ----------
    free
        Raster, (rows, cols). Cells hang together across their edges, not at corners.

    Notes
    -----
    Connected components of the runs of each row, by hooking and pointer jumping (Shiloach and Vishkin 1982, An O(log n)
    parallel connectivity algorithm, J. Algorithms 3): there are thousands of runs where there are millions of cells.

    Examples
    --------
    >>> open_water(np.array([[True, False, True, True]])).astype(int)
    array([[0, 0, 1, 1]])
    """
    rows, cols = free.shape
    # An excluded column at the end keeps the runs of one row apart from those of the next.
    framed = np.zeros((rows, cols + 1), np.bool_)
    framed[:, :cols] = free
    flat = np.concatenate([[False], framed.ravel()])
    edges = np.flatnonzero(flat[1:] != flat[:-1])
    starts, ends = edges[::2], edges[1::2]
    if not len(starts):
        return np.zeros_like(free)
    label = _joined(len(starts), *_touching(starts, ends, cols + 1))
    # Labels are the first run of each body, so the first of the largest is the one that begins first.
    largest = label == np.bincount(label, ends - starts).argmax()
    steps = np.zeros(framed.size, np.int8)
    steps[starts[largest]] = 1
    steps[ends[largest]] = -1
    return np.cumsum(steps, dtype=np.int8).reshape(framed.shape)[:, :cols].astype(np.bool_)


def _touching(
    starts: NDArray[np.intp], ends: NDArray[np.intp], width: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs of runs that lie above each other: the upper ones, and the lower ones."""
    first = np.searchsorted(ends, starts + width, side="right")
    count = np.searchsorted(starts, ends + width, side="left") - first
    upper = np.repeat(np.arange(len(starts)), count)
    return upper, np.arange(len(upper)) + np.repeat(first - (np.cumsum(count) - count), count)


def _joined(count: int, a: NDArray[np.intp], b: NDArray[np.intp]) -> NDArray[np.intp]:
    """The least member of the body of each of some things, of which pairs hang together."""
    label = np.arange(count)
    while True:
        low, high = np.minimum(label[a], label[b]), np.maximum(label[a], label[b])
        apart = low < high
        if not apart.any():
            return label
        np.minimum.at(label, high[apart], low[apart])
        while not np.array_equal(label, label[label]):
            label = label[label]
