"""Existing cables and pipelines as lines to cross, and what nearness to them means on cells."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import repeat
from typing import TYPE_CHECKING, Any

import numpy as np

from routing import grid

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from routing.constraints.layer import CrossingRule, Layer

__all__ = ["Asset", "assets_of", "burn_separation", "distances", "spread_toll"]

#: Half width, in cells, of the band over which a toll is spread; any whole number pays it exactly on a straight line.
_TOLL_CELLS = 2
#: Share of a line at its ends that counts as beyond them, so that rounding does not decide.
_END = 1e-9


@dataclass(frozen=True, eq=False)
class Asset:
    """One cable or pipeline that is there already.

    Attributes
    ----------
    name
        Label of its feature.
    rule
        How it may be crossed.
    lines
        Its parts, shapely lines in the routing CRS.
    owner
        Whose it is; empty where not known.
    """

    name: str
    rule: CrossingRule
    lines: tuple[Any, ...]
    owner: str = ""

    @cached_property
    def shape(self) -> Any:  # noqa: ANN401  (a shapely geometry)
        """All parts as one geometry."""
        from shapely import MultiLineString

        return MultiLineString(self.lines)

    @cached_property
    def segments(self) -> NDArray[np.float64]:
        """Straight pieces of all parts, (n, 2, 2), x and y."""
        parts = [np.asarray(line.coords)[:, :2] for line in self.lines]
        return np.concatenate([np.stack([part[:-1], part[1:]], axis=1) for part in parts])


def assets_of(layers: Iterable[Layer]) -> tuple[Asset, ...]:
    """Every feature of asset layers."""
    return tuple(
        Asset(label, layer.source.crossing, tuple(getattr(shape, "geoms", [shape])), owner)
        for layer in layers
        if layer.source.crossing is not None
        for shape, label, owner in zip(layer.features, layer.labels, layer.owners or repeat(""), strict=False)
    )


def spread_toll(asset: Asset, price_usd: float, cells: grid.Grid) -> NDArray[np.float32]:
    """USD per metre near an asset, so that a path across it pays about the price of a crossing.

    Notes
    -----
    With d the distance to the line and h two cells, (1 - d / h) price / h: its
    integral across the line is the price, exactly so for bilinear cells along a
    row or column. Beyond the ends of the line nothing is paid, so the way around is free.

    Examples
    --------
    >>> from shapely import LineString
    >>> from routing.constraints.layer import CrossingRule
    >>> cells = grid.Grid(1, 5, 0.0, 10.0, 10.0, 10.0, "EPSG:32639")
    >>> asset = Asset("a", CrossingRule("telecom"), (LineString([(25.0, -50.0), (25.0, 50.0)]),))
    >>> (10.0 * spread_toll(asset, 100.0, cells)).round().astype(int)
    array([[ 0, 25, 50, 25,  0]])
    """
    from shapely import line_locate_point, points

    toll = np.zeros(cells.shape, np.float32)
    for line in asset.lines:
        half = _TOLL_CELLS * max(cells.dx, cells.dy)
        where, away = distances(line, half, cells)
        along = line_locate_point(line, points(cells.to_xy(where)))
        beside = (along > _END * line.length) & (along < (1.0 - _END) * line.length)
        row, col = where[beside].T
        scale = cells.scale[row, col]
        toll[row, col] += (price_usd * np.maximum(1.0 - away[beside] / half, 0.0) * scale / half).astype(np.float32)
    return toll


def burn_separation(assets: Sequence[Asset], depth_m: NDArray[np.float32], cells: grid.Grid) -> NDArray[np.bool_]:
    """Cells nearer to an asset than a parallel route may be."""
    inside = np.zeros(cells.shape, bool)
    deepest = np.nanmax(depth_m, initial=0.0)
    for asset in assets:
        widest = float(asset.rule.separation_m(deepest)) * float(cells.scale.max())
        if widest > 0:
            where, away = distances(asset.shape, widest, cells)
            row, col = where.T
            inside[row, col] |= away < asset.rule.separation_m(depth_m[row, col]) * cells.scale[row, col]
    return inside


def distances(shape: Any, reach: float, cells: grid.Grid) -> tuple[NDArray[np.intp], NDArray[np.float64]]:  # noqa: ANN401
    """Cells (n, 2) whose centre may lie within reach of a geometry, and their distance, map metres."""
    from shapely import distance, points, prepare

    where = np.argwhere(grid.burn([shape.buffer(reach)], cells, all_touched=True))
    prepare(shape)
    return where, np.asarray(distance(points(cells.to_xy(where)), shape))
