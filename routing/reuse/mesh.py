"""About what ways cost, over blocks of cells: the same to the last bit wherever the cheapest way is the same."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from routing.threads import Once

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from routing.geodesic import CostGrid

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
    """Steps between blocks of cells, which are taken for squares, each at the mean cost of the blocks that it crosses.

    Parameters
    ----------
    blocks
        The sea in blocks: USD per metre.

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
    >>> from routing.geodesic import CostGrid
    >>> mesh = Mesh(CostGrid(np.ones((20, 30))).coarsened(2))
    >>> float(mesh.prices[0, 0][0, 14]), float(mesh.prices[0, 0][4, 8].round(3))
    (28.0, 17.889)
    """

    def __init__(self, blocks: CostGrid) -> None:
        self._shape = blocks.shape
        self._graph = _graph(blocks.cost, blocks.row_spacing)
        self.prices = Once(self._from)

    def _from(self, start: Block) -> NDArray[np.float64]:
        from scipy.sparse.csgraph import dijkstra

        at = int(np.ravel_multi_index(start, self._shape))
        return np.asarray(dijkstra(self._graph, indices=at)).reshape(self._shape)


def _graph(cost: NDArray[np.floating], side_m: float) -> csr_array:
    """Prices of all steps, there and back, between blocks that are counted row by row."""
    from scipy.sparse import csr_array

    starts, ends, prices = (np.concatenate(each) for each in zip(*_steps(cost, side_m), strict=True))
    both = (np.concatenate([starts, ends]), np.concatenate([ends, starts]))
    return csr_array((np.concatenate([prices, prices]), both), shape=(cost.size, cost.size))


def _steps(cost: NDArray[np.floating], side_m: float) -> Iterator[_Steps]:
    """Both ends and the price of every step between free blocks, each once."""
    number = np.arange(cost.size, dtype=np.int32).reshape(cost.shape)
    for crossed in _STEPS:
        end = crossed[-1]
        costs = [_shifted(cost, end, at) for at in crossed]
        prices = math.hypot(*end) * side_m * np.add.reduce(costs) / len(costs)
        free = np.isfinite(prices)
        yield _shifted(number, end, (0, 0))[free], _shifted(number, end, end)[free], prices[free]


def _shifted(values: NDArray[_Value], end: Block, at: Block) -> NDArray[_Value]:
    """Values at a block of a step, by where the step begins, for every step that stays on the raster."""
    rows, cols = values.shape
    down, across = end
    left = max(0, -across)
    return values[at[0] : rows - down + at[0], left + at[1] : cols - abs(across) + left + at[1]]
