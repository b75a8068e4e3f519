"""Colour ramps as tables of 256 entries."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["COST", "DEPTH", "lookup"]

#: Shallow to deep: pale aqua to ink blue, lightness falling evenly.
DEPTH = (
    "#d9edf0", "#c2e2e8", "#a5d3df", "#80bdd3", "#5fa5c5",
    "#468cb4", "#35739f", "#285b87", "#1c456d", "#123052", "#0a1f3a",
)  # fmt: skip

#: Viridis (Smith & van der Walt 2015, CC0) at twelve places: readable in grey and by colour-blind readers.
COST = (
    "#440154", "#482173", "#433e85", "#38598c", "#2d708e", "#25858e",
    "#1e9b8a", "#2bb07f", "#51c56a", "#85d54a", "#c2df23", "#fde725",
)  # fmt: skip


@functools.lru_cache(maxsize=4)
def lookup(anchors: tuple[str, ...]) -> NDArray[np.uint8]:
    """Red, green and blue (256, 3) along evenly spaced anchors.

    Examples
    --------
    >>> lookup(("#000000", "#ff8000"))[[0, 255]].tolist()
    [[0, 0, 0], [255, 128, 0]]
    """
    known = np.array([[int(anchor[i : i + 2], 16) for i in (1, 3, 5)] for anchor in anchors], float)
    place = np.linspace(0.0, len(anchors) - 1.0, 256)
    table = np.column_stack([np.interp(place, np.arange(len(anchors)), channel) for channel in known.T])
    return np.asarray(np.rint(table), np.uint8)
