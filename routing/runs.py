"""Runs of marks along a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["runs"]


def runs(marked: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """First and last index of every run of True.

    Examples
    --------
    >>> list(runs(np.array([True, False, True, True])))
    [(0, 0), (2, 3)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], marked, [False]]).astype(np.int8)))
    yield from ((int(first), int(after) - 1) for first, after in zip(edges[::2], edges[1::2], strict=True))
