"""The price of any line over a cost surface, on the ellipsoid.

The kernel integrates over projected metres; dividing the cost by the local scale
factor makes its integral US dollars over true metres. This is the one place
where the two meet, so a path, a route and a candidate leg are all priced by the
same integral.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from routing import geodesy, grid
from routing.cost import ITEMS
from routing.geodesic import CostGrid
from routing.junction import Junction
from routing.landing import LandingSite

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike, NDArray

    from routing.catalogue import Level
    from routing.cost import CostSurface

__all__ = ["PricedGrid", "Stretches"]

Node = tuple[float, float]
Box = tuple[slice, slice]
_ValuesAt = Callable[["NDArray[np.intp]", "NDArray[np.intp]"], "NDArray[np.float32]"]

#: How closely straight pieces on the grid follow a geodesic.
_FOLLOW_M = 0.5
#: Steps per cell at which items are sampled along a line.
_SAMPLES_PER_CELL = 4


@dataclass(frozen=True)
class Stretches:
    """What a link meets, without the order in which it does.

    Attributes
    ----------
    metres
        True metres in each situation of the surface.
    hazard_faults_per_year
        Faults of natural hazards.
    avoidance_usd
        Price of what it should have avoided.
    """

    metres: NDArray[np.float64]
    hazard_faults_per_year: float
    avoidance_usd: float


@dataclass(frozen=True)
class PricedGrid:
    """A cost surface ready to price and to route.

    Attributes
    ----------
    surface
        The cost surface.
    shaping
        USD per metre that a route heeds but nobody pays, such as nearness to a cable; None: nothing.
    tolls
        The same for a path alone, in place of what crossings cost at one point; None: nothing.
    """

    surface: CostSurface
    shaping: NDArray[np.float32] | None = None
    tolls: NDArray[np.float32] | None = None

    @cached_property
    def kernel(self) -> CostGrid:
        """The kernel's raster: USD per projected metre."""
        cells = self.surface.grid
        return CostGrid(self.cost, cell_size=(cells.dy, cells.dx))

    @cached_property
    def shaped(self) -> CostGrid:
        """The kernel that routes are straightened on."""
        return self._with(self.shaping) if self.shaping is not None else self.kernel

    @cached_property
    def guide(self) -> CostGrid:
        """The kernel that paths are found on."""
        extra = [layer for layer in (self.shaping, self.tolls) if layer is not None]
        return self._with(np.sum(extra, axis=0)) if self.tolls is not None else self.shaped

    def dearer(self, usd_per_m: float, *, heeded: bool) -> CostGrid:
        """The kernel of a cable that costs more a metre: the one that paths are found on, or that is paid for."""
        plain = self.guide if heeded else self.kernel
        if usd_per_m == 0:
            return plain
        layers = (self.shaping, self.tolls) if heeded else ()
        extra = sum((layer for layer in layers if layer is not None), start=np.float32(usd_per_m))
        return self._with(np.asarray(extra, np.float32))

    def _with(self, extra: NDArray[np.float32]) -> CostGrid:
        cells = self.surface.grid
        total = (self.surface.total() + extra) / cells.scale.astype(np.float32)
        return CostGrid(total, cell_size=(cells.dy, cells.dx))

    def closed(self, closed: NDArray[np.bool_]) -> PricedGrid:
        """The same prices with more cells excluded, (rows, cols)."""
        fewer = replace(self, surface=replace(self.surface, free=self.surface.free & ~closed))
        # Prices do not change: summing up the items anew would take as long as finding a path.
        fewer.__dict__["cost"] = np.where(closed, np.float32(np.inf), self.cost)
        fewer.__dict__["projection"] = self.projection
        return fewer

    def part(self, box: Box, kept: NDArray[np.bool_]) -> PricedGrid:
        """The same prices in a box of cells, all of them excluded that are not kept.

        Parameters
        ----------
        box
            Slices of rows and columns.
        kept
            Cells of the box, (rows, cols).
        """
        shaping, tolls = (
            None if layer is None else np.where(kept, layer[box], np.float32(0.0))
            for layer in (self.shaping, self.tolls)
        )
        part = PricedGrid(self.surface.part(box, kept), shaping, tolls)
        part.__dict__["cost"] = np.where(kept, self.cost[box], np.float32(np.inf))
        part.__dict__["projection"] = self.projection
        return part

    def lower_bound(self, start: Node, end: Node, price_usd: float, *, gap: float) -> float:
        """USD below which no path between two cells can be, proven; as near to a known price as `gap` if possible."""
        return float(self.kernel.certify(start, end, price_usd, tolerance=gap).lower_bound)

    def first_lower_bound(self, start: Node, end: Node) -> float:
        """USD below which no path between two cells can be: the cheapest metre times the straight line."""
        cells = self.surface.grid
        (x0, y0), (x1, y1) = cells.to_xy([start, end])
        return float(self.cost.min()) * float(np.hypot(x1 - x0, y1 - y0)) * (1.0 - 1e-6)

    @cached_property
    def cost(self) -> NDArray[np.float32]:
        """USD per projected metre at each cell; inf where excluded."""
        return np.asarray(self.surface.total() / self.surface.grid.scale.astype(np.float32))

    @cached_property
    def projection(self) -> geodesy.Projection:
        """The projection of the routing grid."""
        return geodesy.Projection(self.surface.grid.crs)

    @property
    def step_m(self) -> float:
        """Spacing at which a line is compared with the cells under it: half a cell."""
        return 0.5 * min(self.surface.grid.dx, self.surface.grid.dy)

    def rowcol(self, lonlat: ArrayLike) -> NDArray[np.float64]:
        """Grid positions (n, 2) of (lon, lat) positions."""
        return self.surface.grid.to_rowcol(self.projection.forward(lonlat))

    def lonlat(self, rowcol: ArrayLike) -> NDArray[np.float64]:
        """Positions (n, 2), (lon, lat), of grid positions."""
        return self.projection.inverse(self.surface.grid.to_xy(rowcol))

    def leg_prices(self, lonlat: ArrayLike) -> NDArray[np.float64]:
        """USD of each leg of a geodesic polyline (n, 2): (n - 1,), inf where it enters an exclusion."""
        line, pieces = self.follow(lonlat)
        place = self.surface.grid.to_rowcol(line)
        prices = self.kernel.prices(np.stack([place[:-1], place[1:]], axis=1))
        return np.asarray(np.add.reduceat(prices, np.cumsum(pieces) - pieces))

    def follow(self, lonlat: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """A geodesic polyline (n, 2) as straight pieces in map metres, and how many each leg takes.

        Notes
        -----
        A geodesic leg bows out of its chord on the grid by an amount that falls
        with the square of its length, so a leg that bows by d is cut into
        sqrt(d / 0.5 m) straight pieces and followed to half a metre.
        """
        points = np.asarray(lonlat, float)
        middle = geodesy.subdivide(points, np.full(len(points) - 1, 2))
        xy = self.projection.forward(middle)
        bow = xy[1::2] - 0.5 * (xy[:-2:2] + xy[2::2])
        pieces = np.maximum(np.ceil(np.sqrt(np.hypot(bow[:, 0], bow[:, 1]) / _FOLLOW_M)), 1).astype(np.intp)
        return self.projection.forward(geodesy.subdivide(points, pieces)), pieces

    def price(self, lonlat: ArrayLike) -> float:
        """USD of a geodesic polyline (n, 2); inf when it enters an exclusion."""
        return float(self.leg_prices(lonlat).sum())

    def items(self, lonlat: ArrayLike) -> dict[str, float]:
        """USD of each item along a geodesic polyline; they sum to its price.

        Notes
        -----
        Items are sampled with the interpolation of the kernel, four times a cell,
        and scaled together to the exact price; the correction is a few parts in
        a hundred thousand.
        """
        shares = self._integrals(lonlat, self.surface.items_at)
        exact = self.price(lonlat)
        scale = exact / shares.sum() if shares.sum() > 0 else 0.0
        return {name: float(scale * share) for name, share in zip(ITEMS, shares, strict=True)}

    def approach_items(self, site: LandingSite | Junction) -> dict[str, float]:
        """USD of each item over a shore approach, priced as the cell that it leads to."""
        if isinstance(site, Junction):
            return dict.fromkeys(ITEMS, 0.0)
        usd_per_m = self.surface.items_at(*_cell(site))[:, 0]
        return {name: float(usd) * site.approach_m for name, usd in zip(ITEMS, usd_per_m, strict=True)}

    def link_items(self, lonlat: ArrayLike, sites: Iterable[LandingSite | Junction]) -> dict[str, float]:
        """USD of each item of a link: its route between the approaches, and both approaches."""
        parts = [self.items(lonlat), *(self.approach_items(site) for site in sites)]
        return {name: sum(part[name] for part in parts) for name in ITEMS}

    def link_total_at(
        self, level: Literal["low", "high"], lonlat: ArrayLike, sites: Iterable[LandingSite | Junction]
    ) -> float:
        """USD of a link's engineering at another level of the catalogue, approaches included."""
        surface = self._outer_levels[level]
        way = float(self._integrals(lonlat, surface.items_at).sum())
        return way + sum(float(surface.items_at(*_cell(site)).sum()) * site.approach_m for site in _ashore(sites))

    def link_faults_per_year(self, lonlat: ArrayLike, sites: Iterable[LandingSite | Junction]) -> float:
        """Expected faults a year of a link, approaches included."""

        def faults(row: NDArray[np.intp], col: NDArray[np.intp]) -> NDArray[np.float32]:
            return self.surface.faults_per_m((row, col))[None]

        way = float(self._integrals(lonlat, faults)[0])
        return way + sum(float(faults(*_cell(site))[0, 0]) * site.approach_m for site in _ashore(sites))

    def stretches(self, lonlat: ArrayLike, sites: Iterable[LandingSite | Junction]) -> Stretches:
        """What a link meets between its landings and over its approaches, by nearest cell."""
        middle, metres = self._middles(lonlat)
        last = np.array(self.surface.grid.shape) - 1
        cells = np.clip(np.rint(middle).astype(np.intp), 0, last)
        nodes = [(site.node, site.approach_m) for site in _ashore(sites)]
        cells = np.concatenate([cells, np.array([node for node, _ in nodes], np.intp).reshape(-1, 2)])
        metres = np.concatenate([metres, [length for _, length in nodes]])
        row, col = cells.T
        surface, exposure = self.surface, self.surface.exposure
        return Stretches(
            metres=np.bincount(surface.index[row, col], metres, len(surface.situations)).astype(np.float64),
            hazard_faults_per_year=float(exposure.hazard_faults[row, col] @ metres) / 1e6,
            avoidance_usd=float(exposure.avoidance_usd_per_m[row, col] @ metres),
        )

    def warm(self) -> None:
        """Prepare what threads will share, so that none of them does it twice."""
        _ = self.kernel, self.shaped, self.guide, self.projection

    @cached_property
    def _outer_levels(self) -> dict[str, CostSurface]:
        """The same engineering at the outer levels of the catalogue."""
        levels: tuple[Level, ...] = ("low", "high")
        return {level: self.surface.at_level(level) for level in levels}

    def _integrals(self, lonlat: ArrayLike, values_at: _ValuesAt) -> NDArray[np.float64]:
        """Integral of cell values (k, ...) over true metres along a polyline, by the midpoint rule."""
        middle, metres = self._middles(lonlat)
        row, col, weights = grid.corners(middle, self.surface.grid.shape)
        return np.asarray(np.nansum(grid.blend(values_at(row, col), weights) * metres, axis=-1))

    def _middles(self, lonlat: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Grid positions (n, 2) of the middles of short steps along a polyline, and their true metres."""
        dense = geodesy.densify(lonlat, step_m=self.surface.grid.dx / _SAMPLES_PER_CELL)
        metres = geodesy.inverse(dense[:-1], dense[1:])[2]
        return 0.5 * (self.rowcol(dense[:-1]) + self.rowcol(dense[1:])), metres


def _ashore(sites: Iterable[LandingSite | Junction]) -> tuple[LandingSite, ...]:
    """The ends with an approach: landings, not junctions at sea."""
    return tuple(site for site in sites if isinstance(site, LandingSite))


def _cell(site: LandingSite) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Row and column of the cell that an approach leads to."""
    row, col = site.node
    return np.array([row]), np.array([col])
