"""About what ways cost, over blocks of cells: the same to the last bit wherever the cheapest way is the same."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from routing.threads import Once

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    _Steps = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]

__all__ = ["Mesh"]

_Value = TypeVar("_Value", bound=np.generic)
Block = tuple[int, int]
#: Steps to a neighbour, and those of a knight in chess, each with the blocks that it crosses, its end last: in even
#: water chains of them are at most 2.8 % longer than a straight line.
_STEPS: tuple[tuple[Block, ...], ...] = (
    ((0, 0), (0, 1)),
    ((0, 0), (1, 0)),
    ((0, 0), (1, 1)),
    ((0, 0), (1, -1)),
    ((0, 0), (0, 1), (1, 1), (1, 2)),
    ((0, 0), (0, -1), (1, -1), (1, -2)),
    ((0, 0), (1, 0), (1, 1), (2, 1)),
    ((0, 0), (1, 0), (1, -1), (2, -1)),
)


class Mesh:
    """Steps between square blocks of cells, each at the mean cost of the blocks that it crosses.

    Parameters
    ----------
    cost
        USD per metre, (rows, cols) of cells, inf where excluded.
    block
        Cells per side of a block. A block is free if any of its cells is.
    cell_m
        Side of a cell.

    Attributes
    ----------
    prices
        By block, the price from it to each, (rows, cols) of blocks; inf where nothing leads.

    Notes
    -----
    A field of the eikonal equation is nearer to what ways cost, but each of its values depends a little on
    cells that no cheap way touches. Here a value is the sum along one chain of steps (E. W. Dijkstra, "A note on two
    problems in connexion with graphs", Numerische Mathematik 1 (1959) 269-271), so a change of the sea elsewhere
    leaves it as it is, to the last bit. Nothing is proven by it.

    Examples
    --------
    >>> mesh = Mesh(np.ones((20, 30)), 2)
    >>> float(mesh.prices[0, 0][0, 14]), float(mesh.prices[0, 0][4, 8].round(3))
    (28.0, 17.889)
    """

    def __init__(self, cost: NDArray[np.floating], block: int, cell_m: float = 1.0) -> None:
        self._blocks = _means(cost, block)
        self._side_m = block * cell_m
        self.prices = Once(self._from)

    def _from(self, start: Block) -> NDArray[np.float64]:
        from scipy.sparse.csgraph import dijkstra

        at = int(np.ravel_multi_index(start, self._blocks.shape))
        return np.asarray(dijkstra(self._graph, indices=at)).reshape(self._blocks.shape)

    @cached_property
    def _graph(self) -> csr_array:
        from scipy.sparse import csr_array

        number = np.arange(self._blocks.size, dtype=np.int32).reshape(self._blocks.shape)
        parts = list(self._steps(number))
        starts, ends, prices = (np.concatenate(each) for each in zip(*parts, strict=True))
        shape = (number.size, number.size)
        both = (np.concatenate([starts, ends]), np.concatenate([ends, starts]))
        return csr_array((np.concatenate([prices, prices]), both), shape=shape)

    def _steps(self, number: NDArray[np.int32]) -> Iterator[_Steps]:
        """Both ends and the price of every step between free blocks, each once."""
        for crossed in _STEPS:
            end = crossed[-1]
            costs = [_shifted(self._blocks, end, at) for at in crossed]
            prices = math.hypot(*end) * self._side_m * np.add.reduce(costs) / len(costs)
            free = np.isfinite(prices)
            yield _shifted(number, end, (0, 0))[free], _shifted(number, end, end)[free], prices[free]


def _means(cost: NDArray[np.floating], block: int) -> NDArray[np.float64]:
    """Mean cost of the free cells of each block; inf where there are none."""
    rows, cols = (-(-size // block) for size in cost.shape)
    pad = ((0, rows * block - cost.shape[0]), (0, cols * block - cost.shape[1]))
    tiles = np.pad(cost.astype(np.float64), pad, constant_values=np.inf).reshape(rows, block, cols, block)
    free = np.isfinite(tiles)
    count = free.sum(axis=(1, 3))
    return np.where(count > 0, np.where(free, tiles, 0.0).sum(axis=(1, 3)) / np.maximum(count, 1), np.inf)


def _shifted(values: NDArray[_Value], end: Block, at: Block) -> NDArray[_Value]:
    """Values at a block of a step, by where the step begins, for every step that stays on the raster."""
    rows, cols = values.shape
    down, across = end
    left = max(0, -across)
    return values[at[0] : rows - down + at[0], left + at[1] : cols - abs(across) + left + at[1]]
