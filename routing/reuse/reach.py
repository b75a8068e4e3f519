"""The water that is enough to look at for a way between two ends."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from routing.reuse.mesh import Mesh
from routing.reuse.tiles import Tiling
from routing.threads import Once

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from routing.geodesic import CostGrid

__all__ = ["Reach", "rounded_up"]

Node = tuple[float, float]
Block = tuple[int, int]
#: Fields that are solved for a floor: half as many again cost as much more, and spare a hundredth of the tiles.
_ROUNDS = 8
#: By how much ways may be dearer, on the mesh, whose tiles are looked at whatever the floors say.
_SHARE = 0.10
#: Tiles per side of a patch; where a floor asks for one of its tiles, all of it is looked at. Smaller ones change more
#: often with floors that change a little.
_PATCH = 6
#: Digits of a price that tiles are chosen by.
_DIGITS = 4


class Reach:
    """Which tiles of a sea matter between two places: chosen by what ways cost about, and proven to be enough.

    Parameters
    ----------
    paid
        What is paid: USD per projected metre.

    Notes
    -----
    Tiles are chosen by the steps of a :class:`Mesh`, which a change of the sea elsewhere leaves as they are. That they
    are enough is proven: on blocks of cells that are nowhere dearer than the cells, :meth:`CostGrid.minorant_above`
    proves a floor for each block, so that no way from any point of a block that holds the place to any point of that
    block costs less. A way between two places that touches a block costs the sum of its two floors at least.

    Examples
    --------
    >>> from routing.geodesic import CostGrid
    >>> reach = Reach(CostGrid(np.ones((40, 60))))
    >>> tiles, least = reach.between((20, 10), (20, 50), 40.0)
    >>> cells = reach.tiling.cells(tiles)
    >>> bool(cells[20, 10:51].all()), bool(cells[0].any()), bool(0.15 < cells.mean() < 0.5), bool(40.0 <= least < 45.0)
    (True, False, True, True)
    """

    def __init__(self, paid: CostGrid) -> None:
        self._paid = paid
        self.tiling = Tiling(paid.shape)
        self._floors = Once(self._floor)

    def warm(self) -> None:
        """Prepare what threads will share, so that none of them does it twice."""
        _ = self._below, self._mesh

    def between(self, start: Node, end: Node, price_usd: float, share: float = 0.0) -> tuple[NDArray[np.bool_], float]:
        """Tiles that ways between two grid positions need, and what others cost at least.

        Parameters
        ----------
        start, end
            The positions.
        price_usd
            Price of a way that is known.
        share
            By how much what leaves the tiles is to be proven dearer than that.

        Returns
        -------
        tiles
            Those that ways touch that are about a tenth dearer, and patches around all whose floors are below what is
            to be proven.
        least_usd
            No way that leaves the tiles costs less; the known price and its share, or more; inf where they are all.
        """
        floors = self.tiling.least(self._floors[self._at(start)] + self._floors[self._at(end)])
        prices, known_usd = self._prices(start, end, price_usd)
        near = prices <= (1.0 + _SHARE) * known_usd
        wanting = ~near & (floors < rounded_up(price_usd * (1.0 + share)))
        tiles = near | (_patched(wanting) & (floors < np.inf))
        return tiles, float(floors.min(initial=np.inf, where=~tiles))

    def about(self, start: Node, end: Node, price_usd: float, share: float) -> NDArray[np.bool_]:
        """Tiles that ways between two grid positions touch that are about a share dearer than a known one."""
        prices, known_usd = self._prices(start, end, price_usd)
        return np.asarray(prices <= (1.0 + share) * known_usd)

    def _prices(self, start: Node, end: Node, price_usd: float) -> tuple[NDArray[np.float64], float]:
        """On the mesh the price of the cheapest way through each tile, and of the one that is known."""
        here, there = self._at(start), self._at(end)
        prices = self._mesh.prices[here]
        # There a way may be cheaper, through gaps that are closed, or dearer, along its steps.
        known_usd = max(rounded_up(price_usd), float(prices[there]))
        return self.tiling.least(prices + self._mesh.prices[there]), known_usd

    def _floor(self, at: Block) -> NDArray[np.float64]:
        """Proven least price from a block to each."""
        start = np.full(self._below.shape, np.inf)
        start[at] = 0.0
        return self._below.minorant_above(start, rounds=_ROUNDS).floor

    def _at(self, place: Node) -> Block:
        """The block that holds a grid position."""
        return int((place[0] + 0.5) // self.tiling.block), int((place[1] + 0.5) // self.tiling.block)

    @cached_property
    def _below(self) -> CostGrid:
        block = self.tiling.block
        return self._paid if block == 1 else self._paid.coarsened(block, below=True)

    @cached_property
    def _mesh(self) -> Mesh:
        return Mesh(self._paid.coarsened(self.tiling.block))


def _patched(tiles: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whole patches where any of their tiles is marked."""
    rows, cols = (-(-size // _PATCH) for size in tiles.shape)
    room = np.pad(tiles, ((0, rows * _PATCH - tiles.shape[0]), (0, cols * _PATCH - tiles.shape[1])))
    patches = room.reshape(rows, _PATCH, cols, _PATCH).any(axis=(1, 3))
    return patches.repeat(_PATCH, axis=0).repeat(_PATCH, axis=1)[: tiles.shape[0], : tiles.shape[1]]


def rounded_up(price_usd: float) -> float:
    """A price rounded up to four digits: prices that differ by less, as of fields over a sea that changed, become one.

    Examples
    --------
    >>> rounded_up(12_345.6), rounded_up(100.0)
    (12350.0, 100.0)
    """
    if not 0.0 < price_usd < math.inf:
        return price_usd
    unit = 10.0 ** (math.floor(math.log10(price_usd)) + 1 - _DIGITS)
    return math.ceil(price_usd / unit - 1e-9) * unit
