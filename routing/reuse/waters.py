"""A part of the sea that is all a search may look at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from routing.junction import Junction
from routing.reuse.store import digest

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from routing.crossing import CrossingMap
    from routing.landing import LandingSite
    from routing.pricing import PricedGrid
    from routing.reuse.tiles import Tiling

__all__ = ["Waters", "assets_key", "cut", "tile_digests"]

_End = TypeVar("_End", bound="LandingSite | Junction")


@dataclass(frozen=True)
class Waters:
    """Some tiles of the sea; everything else is closed.

    Attributes
    ----------
    priced
        The cells of the box around them, by its own rows and columns.
    crossings
        Assets in it.
    row, col
        Where the box begins on the routing grid.
    """

    priced: PricedGrid
    crossings: CrossingMap | None
    row: int
    col: int

    def inside(self, points: ArrayLike) -> NDArray[np.float64]:
        """Positions (n, 2) of the routing grid as rows and columns of the box."""
        return np.asarray(points, np.float64) - np.array((self.row, self.col), np.float64)

    def outside(self, points: ArrayLike) -> NDArray[np.float64]:
        """Rows and columns of the box as positions of the routing grid."""
        return np.asarray(points, np.float64) + np.array((self.row, self.col), np.float64)

    def end(self, end: _End) -> _End:
        """An end with its place in the box."""
        node: Any = (end.node[0] - self.row, end.node[1] - self.col)
        return replace(end, node=node)


def cut(priced: PricedGrid, crossings: CrossingMap | None, tiling: Tiling, tiles: NDArray[np.bool_]) -> Waters:
    """The waters of some tiles of a sea, at least one.

    Parameters
    ----------
    priced, crossings
        The sea.
    tiling, tiles
        Its tiles, and which are wanted.
    """
    down, across = np.flatnonzero(tiles.any(axis=1)), np.flatnonzero(tiles.any(axis=0))
    side, (rows, cols) = tiling.side, tiling.shape
    box = (
        slice(int(down[0]) * side, min((int(down[-1]) + 1) * side, rows)),
        slice(int(across[0]) * side, min((int(across[-1]) + 1) * side, cols)),
    )
    part = priced.part(box, tiling.cells(tiles)[box])
    assets = None if crossings is None else replace(crossings, priced=part)
    return Waters(part, assets, box[0].start, box[1].start)


def tile_digests(priced: PricedGrid, tiling: Tiling) -> NDArray[np.void]:
    """A digest, by tile, of all that a search sees of the cells of a sea."""
    surface = priced.surface
    none = np.float32(0.0)
    layers = [
        priced.cost,
        np.where(surface.free, surface.depth_m, none),
        np.where(surface.free, surface.choice, np.uint8(0)),
        *(np.where(surface.free, layer, none) for layer in (priced.shaping, priced.tolls) if layer is not None),
    ]
    return tiling.digests(layers)


def assets_key(crossings: CrossingMap | None) -> str:
    """Digest of the assets of a sea."""
    if crossings is None:
        return ""
    return digest(
        [
            [asset.name, repr(asset.rule), asset.owner, asset.agreed, usd, [line.wkb_hex for line in asset.lines]]
            for asset, usd in zip(crossings.assets, crossings.prices_usd, strict=True)
        ]
    )
