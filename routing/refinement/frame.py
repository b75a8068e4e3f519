"""How a stretch is cut into windows that fit into memory, and on which cells each is searched."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from routing.grid import Grid
from routing.memory import WINDOW_CELLS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from routing.refinement.stretches import Track

__all__ = ["Frame"]

#: Least length of a window, and how far the search looks beyond its end, in widths of the band to one side (default):
#: where it ends should not show in the route before.
_LEAST_WIDTHS, _AHEAD_WIDTHS = 2.0, 2.0
#: Sizes on Earth and on the map differ by up to this share, which shall not cost a survey its own resolution.
_SCALE = 1.02
#: Side of the box round the shortest window on the diagonal of the map, in widths of the band to one side.
_WIDEST = (_LEAST_WIDTHS + _AHEAD_WIDTHS) / math.sqrt(2.0) + 2.0


@dataclass(frozen=True)
class Frame:
    """Cells of windows: whole parts of those of the routing grid, so that what holds for one holds for its parts.

    Attributes
    ----------
    coarse
        The routing grid, of square cells.
    parts
        Cells along the side of a routing cell.
    band_m
        Map metres to each side of a route within which it may move.
    most
        Most cells of a window.
    """

    coarse: Grid
    parts: int
    band_m: float
    most: int = WINDOW_CELLS

    @classmethod
    def fitting(cls, coarse: Grid, *, cell_m: float, band_m: float, most: int = WINDOW_CELLS) -> Frame:
        """The finest cells that are no smaller than wanted, and small enough in number for memory.

        Parameters
        ----------
        coarse
            The routing grid.
        cell_m
            Size of the cells wanted, map metres.
        band_m
            Map metres to each side of a route.
        most
            Most cells of a window.

        Examples
        --------
        >>> grid = Grid(50, 60, 450_000.0, 4_640_000.0, 1000.0, 1000.0, "EPSG:32639")
        >>> Frame.fitting(grid, cell_m=10.0, band_m=1000.0).cell_m
        10.0
        >>> Frame.fitting(grid, cell_m=1.0, band_m=1000.0).cell_m.__round__(2)
        4.83
        """
        least_m = _WIDEST * band_m / math.sqrt(most)
        wanted = coarse.dx / max(cell_m, least_m)
        parts = round(wanted) if round(wanted) <= _SCALE * wanted else math.floor(wanted)
        return cls(coarse, max(1, parts), band_m, most)

    @property
    def cell_m(self) -> float:
        """Size of a cell, map metres."""
        return self.coarse.dx / self.parts

    @property
    def ahead_m(self) -> float:
        """How far the search looks beyond the end of a window."""
        return _AHEAD_WIDTHS * self.band_m

    def end(self, track: Track, start: float, last: float) -> float:
        """Station to which a window may reach: the farthest one whose cells, with those ahead, are few enough."""
        step, end = self.band_m, min(last, start + _LEAST_WIDTHS * self.band_m)
        while end < last:
            further = min(last, end + step)
            grid = self.grid(track.part(max(0.0, start - self.band_m), min(last, further + self.ahead_m)))
            if grid.rows * grid.cols > self.most:
                break
            end = further
        # What would be left is less than the search looks ahead: one window does both.
        return last if end + self.ahead_m >= last else end

    def grid(self, xy: NDArray[np.float64]) -> Grid:
        """Cells round places (n, 2) and their band, inside the routing grid."""
        left, top, cell = self.coarse.left, self.coarse.top, self.cell_m
        low, high = xy.min(axis=0) - self.band_m, xy.max(axis=0) + self.band_m
        rows, cols = self.parts * self.coarse.rows, self.parts * self.coarse.cols
        first = max(0, math.floor((top - high[1]) / cell)), max(0, math.floor((low[0] - left) / cell))
        after = min(rows, math.ceil((top - low[1]) / cell)), min(cols, math.ceil((high[0] - left) / cell))
        return self._fine.part(*first, (after[0] - first[0], after[1] - first[1]))

    def coarse_cells(self, grid: Grid) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Row of the routing grid of each row of a window, and column of each column."""
        row, col = (
            round((self.coarse.top - grid.top) / self.cell_m),
            round((grid.left - self.coarse.left) / self.cell_m),
        )
        return (row + np.arange(grid.rows)) // self.parts, (col + np.arange(grid.cols)) // self.parts

    @property
    def _fine(self) -> Grid:
        cells = self.coarse
        return Grid(
            self.parts * cells.rows, self.parts * cells.cols, cells.left, cells.top, self.cell_m, self.cell_m, cells.crs
        )
