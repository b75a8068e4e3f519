"""Existing cables and pipelines as lines to cross, and what nearness to them means on cells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import repeat
from typing import TYPE_CHECKING, Any

import numpy as np

from routing import geodesy, grid
from routing.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from routing.constraints.layer import CrossingRule, Layer

__all__ = ["Agreed", "Asset", "agree", "assets_of", "bar_elsewhere", "burn_separation", "distances", "spread_toll"]

#: Half width, in cells, of the band over which a toll is spread; any whole number pays it exactly on a straight line.
_TOLL_CELLS = 2
#: Share of a line at its ends that counts as beyond them, so that rounding does not decide.
_END = 1e-9
#: What a path seems to pay for crossing where that is not agreed, USD: more than any detour (default).
_ELSEWHERE_USD = 1e8
#: Cells round an agreed place that a path may cross in, so that it finds a way through: legs keep to the place itself.
_AGREED_CELLS = 2.0


@dataclass(frozen=True)
class Agreed:
    """A place where an asset is crossed by agreement with its owner.

    Attributes
    ----------
    asset
        Name of the asset.
    lon, lat
        The place, degrees.
    within_m
        How far from it a crossing may be.
    """

    asset: str
    lon: float
    lat: float
    within_m: float


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
    agreed
        The only places where it may be crossed: x, y and how far from them, map metres; empty: anywhere.
    """

    name: str
    rule: CrossingRule
    lines: tuple[Any, ...]
    owner: str = ""
    agreed: tuple[tuple[float, float, float], ...] = ()

    def is_agreed(self, xy: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether it may be crossed at places (n, 2), as far as agreements go."""
        if not self.agreed:
            return np.ones(len(xy), bool)
        places = np.array(self.agreed)
        away = np.hypot(xy[:, None, 0] - places[:, 0], xy[:, None, 1] - places[:, 1])
        return np.asarray((away <= places[:, 2]).any(axis=1))

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


def agree(assets: Iterable[Asset], agreed: Sequence[Agreed], crs: str) -> tuple[Asset, ...]:
    """Assets with the places where they may be crossed; those without any may be crossed anywhere.

    Parameters
    ----------
    assets
        Their lines, in `crs`.
    agreed
        The places; of several assets of one name, the nearest is meant.
    crs
        The routing CRS.

    Raises
    ------
    InputError
        When no asset has that name, or a place does not lie on it.
    """
    from shapely import Point

    found, projection = list(assets), geodesy.Projection(crs)
    for number, place in enumerate(agreed, start=1):
        key = f"agreed_crossing {number}"
        named = [index for index, asset in enumerate(found) if asset.name == place.asset]
        if not named:
            legal = ", ".join(sorted({asset.name for asset in found})) or "none: give a layer of cables or pipelines"
            raise InputError(f"no cable or pipeline {place.asset!r}", remedy=f"use one of {legal}", key=f"{key}.asset")
        point = Point(projection.forward([(place.lon, place.lat)])[0])
        index = min(named, key=lambda each: found[each].shape.distance(point))
        scale = float(projection.scale([(place.lon, place.lat)])[0])
        off_m = found[index].shape.distance(point) / scale
        if off_m > place.within_m:
            raise InputError(
                f"({place.lon:g}, {place.lat:g}) lies {off_m:,.0f} m from {place.asset}",
                remedy=f"give a place within {place.within_m:g} m of it, or raise within_m", key=key,
            )  # fmt: skip
        own = (*found[index].agreed, (point.x, point.y, place.within_m * scale))
        found[index] = replace(found[index], agreed=own)
    return tuple(found)


def bar_elsewhere(asset: Asset, cells: grid.Grid) -> NDArray[np.float32]:
    """USD per metre on cells of an asset away from its agreed crossings, so that paths go there to cross.

    Examples
    --------
    >>> from shapely import LineString
    >>> from routing.constraints.layer import CrossingRule
    >>> cells = grid.Grid(6, 1, 0.0, 60.0, 10.0, 10.0, "EPSG:32639")
    >>> line = LineString([(5.0, -50.0), (5.0, 90.0)])
    >>> asset = Asset("a", CrossingRule("telecom"), (line,), agreed=((5.0, 55.0, 1.0),))
    >>> (bar_elsewhere(asset, cells) > 0).ravel().astype(int)
    array([0, 0, 0, 1, 1, 1])
    """
    usd_per_m = np.zeros(cells.shape, np.float32)
    if asset.agreed:
        where = np.argwhere(grid.burn([asset.shape], cells, all_touched=True))
        near = [(x, y, max(radius, _AGREED_CELLS * max(cells.dx, cells.dy))) for x, y, radius in asset.agreed]
        row, col = where[~replace(asset, agreed=tuple(near)).is_agreed(cells.to_xy(where))].T
        usd_per_m[row, col] = _ELSEWHERE_USD * cells.scale[row, col] / min(cells.dx, cells.dy)
    return usd_per_m


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
