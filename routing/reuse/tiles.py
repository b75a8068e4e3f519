"""The routing grid in square tiles: what a search looks at, and what a delivery changes, in whole tiles."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Tiling", "tiles_key"]

#: Blocks of the raster on which it is worked out where a search may end: more are slower and tell little more.
_BLOCKS = 180_000
#: Blocks per side of a tile.
_BLOCKS_PER_TILE = 2
_BYTES = 16


@dataclass(frozen=True)
class Tiling:
    """Blocks and tiles of a grid.

    Parameters
    ----------
    shape
        Rows and columns of the grid.

    Examples
    --------
    >>> tiling = Tiling((2579, 1714))
    >>> tiling.block, tiling.side, tiling.shape_in_tiles
    (5, 10, (258, 172))
    >>> Tiling((5, 3)).cells(np.array([[False, True], [False, False], [True, False]])).astype(int)
    array([[0, 0, 1],
           [0, 0, 1],
           [0, 0, 0],
           [0, 0, 0],
           [1, 1, 0]])
    """

    shape: tuple[int, int]

    @cached_property
    def block(self) -> int:
        """Cells per side of a block: an odd number, whose middle is a cell, so that fewer cells make it cheap."""
        rows, cols = self.shape
        return 2 * max(0, round((float(np.sqrt(rows * cols / _BLOCKS)) - 1.0) / 2.0)) + 1

    @property
    def side(self) -> int:
        """Cells per side of a tile."""
        return _BLOCKS_PER_TILE * self.block

    @property
    def shape_in_tiles(self) -> tuple[int, int]:
        """Rows and columns of tiles; the last of each may be cut short."""
        rows, cols = self.shape
        return -(-rows // self.side), -(-cols // self.side)

    def cells(self, tiles: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Cells (rows, cols) of the tiles that are marked."""
        rows, cols = self.shape
        return tiles.repeat(self.side, axis=0).repeat(self.side, axis=1)[:rows, :cols]

    def least(self, blocks: NDArray[np.float64]) -> NDArray[np.float64]:
        """Least value of the blocks of each tile."""
        (rows, cols), side = self.shape_in_tiles, _BLOCKS_PER_TILE
        pad = ((0, rows * side - blocks.shape[0]), (0, cols * side - blocks.shape[1]))
        room = np.pad(blocks, pad, constant_values=np.inf) if any(more for _, more in pad) else blocks
        return np.asarray(np.minimum.reduce([room[i::side, j::side] for i in range(side) for j in range(side)]))

    def touching(self, cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tiles that hold a cell that is marked."""
        (rows, cols), side = self.shape_in_tiles, self.side
        room = np.pad(cells, ((0, rows * side - cells.shape[0]), (0, cols * side - cells.shape[1])))
        return np.asarray(room.reshape(rows, side, cols, side).any(axis=(1, 3)))

    def digests(self, layers: Sequence[NDArray[np.generic]]) -> NDArray[np.void]:
        """A digest of what some rasters hold in each tile, (rows, cols) of tiles."""
        rows, cols = self.shape_in_tiles
        found = np.empty((rows, cols), f"V{_BYTES}")
        for row in range(rows):
            strips = [layer[row * self.side : (row + 1) * self.side] for layer in layers]
            for col in range(cols):
                part = slice(col * self.side, (col + 1) * self.side)
                made = hashlib.blake2b(digest_size=_BYTES)
                for strip in strips:
                    made.update(strip[:, part].tobytes())
                found[row, col] = made.digest()
        return found


def tiles_key(digests: NDArray[np.void], tiles: NDArray[np.bool_]) -> str:
    """Digest of which tiles are marked and of what they hold."""
    return hashlib.sha256(np.packbits(tiles).tobytes() + digests[tiles].tobytes()).hexdigest()
