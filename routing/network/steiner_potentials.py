"""Potentials that no arc overpays: what each terminal pays on the way from the root, as a lower bound on every tree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.network.steiner_ascent import Cuts
from routing.network.steiner_net import Net

__all__ = ["Potentials", "potentials_of"]

# Terminals times vertices that fit in memory, a few times eight bytes each.
_MOST = 20_000_000


@dataclass(frozen=True)
class Potentials:
    """Dual values by terminal.

    Attributes
    ----------
    root
        Terminal from which trees are directed; its own row is zero.
    value
        A row for each terminal: potential of each vertex, 0 at the root, at most that of the terminal itself.

    Notes
    -----
    Along each arc a tree pays its price once, which is at least the sum of the rises of all rows
    along it; and it holds a way from the root to every terminal. So it costs at least the sum of
    what the terminals have at themselves. The sets of vertices above each level of a row are
    directed cuts, so this is a dual solution of the cut relaxation too.
    """

    root: int
    value: NDArray[np.float64]


def potentials_of(net: Net, root: int, cuts: Cuts) -> Potentials | None:
    """Potentials in which a terminal of each set pays for it; ``None`` when they are too many."""
    rows, vertices = len(net.terminals), net.terminal.size
    if rows * vertices > _MOST:
        return None
    row = np.full(vertices, rows, np.int64)
    row[net.terminals] = np.arange(rows)
    sizes = np.diff(cuts.start)
    payer = np.minimum.reduceat(row[cuts.vertices], cuts.start[:-1]) if len(sizes) else np.zeros(0, np.int64)
    place = np.repeat(payer, sizes) * np.int64(vertices) + cuts.vertices
    value = np.bincount(place, np.repeat(cuts.price, sizes), minlength=rows * vertices)
    return Potentials(root, value.reshape(rows, vertices).astype(np.float64))
