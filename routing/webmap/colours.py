"""Colours of the map's images: ramps for numbers, colours and patterns for classes."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["BANDS", "COST", "DEPTH", "DOUBT", "KINDS", "REASONS", "RISK", "lookup"]

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

#: YlOrRd of nine (Brewer 2003, Apache-2.0): lightness falls evenly, so it reads in grey and without red or green.
RISK = (
    "#ffffcc", "#ffeda0", "#fed976", "#feb24c", "#fd8d3c", "#fc4e2a", "#e31a1c", "#bd0026", "#800026",
)  # fmt: skip

#: Purples of nine (Brewer 2003, Apache-2.0), without its white end.
DOUBT = ("#efedf5", "#dadaeb", "#bcbddc", "#9e9ac8", "#807dba", "#6a51a3", "#54278f", "#3f007d")

#: Kinds that lie beside each other: the light scheme of Tol 2021 (SRON/EPS/TN/09-002), made to fill areas for
#: colour-blind readers.
KINDS = ("#77aadd", "#ee8866", "#eedd88", "#ffaabb", "#44bb99", "#99ddff", "#bbcc33", "#aaaa00")

#: Reasons of exclusions: dark, since only their hatching is drawn.
REASONS = ("#7a0f3c", "#5b3a00", "#3d2b7a", "#00483a", "#1d1d1d", "#8a3200", "#003f66", "#5c5c5c")

#: From the best outwards: strong to pale, in a hue that neither the sea nor a route has.
BANDS = ("#5e2a8c", "#a47cc9", "#e2d0f0")


@functools.lru_cache(maxsize=8)
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
