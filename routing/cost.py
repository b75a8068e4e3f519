"""The price of a metre of cable route on every cell, item by item.

Each free cell gets the cheapest feasible engineering: the cable type and protection
whose capital cost and present value of expected repairs are least together, so
burial pays for itself there or is left out. All items stay apart, and their sum
is the total by construction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from routing.exposure import Engineering, Situations

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from routing.catalogue import Catalogue, Figure, Level
    from routing.constraints import ExclusionMap
    from routing.exposure import Exposure
    from routing.grid import Grid

__all__ = ["ITEMS", "CostModel", "CostSurface"]

#: Items of the price of a metre of route, in the order they are reported.
ITEMS = ("cable", "laying", "burial", "survey", "permits", "indirect", "repairs", "avoidance")
_CAPITAL = ITEMS[:-2]


@dataclass(frozen=True)
class CostModel:
    """Prices engineering by water depth and exposure at one level of the catalogue.

    Notes
    -----
    Money is USD of the catalogue's price year per metre of route. Per km of route:

    - cable = price x (1 + slack) x (1 + spare);
    - laying = surface rate;
    - burial = rate of the tool x effort + grapnel run, or 0 on the seabed; for a plough the
      rate is multiplied by sediment and depth effort too, and laying is taken off it;
    - survey = route survey, + soil sampling where buried;
    - indirect = share of the sum of the above and of permits;
    - repairs = annuity x price of a fault x faults a year, where faults =
      external(shallowest depth) x armour x shelter x sinkage x shipping x fishing
      + abrasion (if not buried) + component + natural hazards.

    Examples
    --------
    >>> from routing.catalogue import read_catalogue
    >>> model = CostModel(read_catalogue())
    >>> way = next(o for o in model.options if (o.cable.code, o.burial.code) == ("SA", "plough-1_0"))
    >>> {name: round(1000 * usd, 2) for name, usd in model.capital(way, depth_m=159.4, sediment="sand").items()}
    {'cable': 15828.75, 'laying': 3000.0, 'burial': 8900.0, 'survey': 4930.0, 'permits': 700.0, 'indirect': 8840.07}
    """

    catalogue: Catalogue
    level: Level = "base"

    @cached_property
    def options(self) -> tuple[Engineering, ...]:
        """Every pairing of cable type and protection, in catalogue order."""
        return tuple(Engineering(c, b) for c in self.catalogue.cables for b in self.catalogue.burials)

    @cached_property
    def situations(self) -> Situations:
        """The combinations that are priced apart."""
        return Situations(self.catalogue)

    def fault_price_usd(self) -> float:
        """Present value of one fault a year over the design life."""
        return self.catalogue.annuity(self.level) * (self._rate("repair") + self._rate("outage"))

    def capital(self, option: Engineering, *, depth_m: float, sediment: str) -> dict[str, float]:
        """Capital items of one option at one place, USD per metre, whether it can be built there or not."""
        edges = [row.from_m for row in self.catalogue.depth_classes]
        zone = int(np.searchsorted(edges, depth_m, "right")) - 1
        soil = self.catalogue.index("sediment", sediment)
        prices = self._capital[:, self.options.index(option), zone, soil]
        return dict(zip(_CAPITAL, prices.tolist(), strict=True))

    @cached_property
    def _capital(self) -> NDArray[np.float64]:
        """USD per metre, (items, options, depth classes, sediments)."""
        rows, table = self.options, self.catalogue
        shape = len(rows), len(table.depth_classes), len(table.sediments)
        effort = self._at(row.effort for row in table.depth_classes)[:, None]
        soil = self._at(row.factor for row in table.sediments)
        slack = 1 + np.array([way.slack_pct for way in rows]) / 100
        laying, buried = self._rate("surface-lay"), np.array([way.is_buried for way in rows])
        tool = np.array([self._rate(way.burial.rate) for way in rows]) * self._at(way.burial.effort for way in rows)
        ploughed = np.array([way.burial.method == "plough" for way in rows])[:, None, None]
        rate = tool[:, None, None]
        burial = np.where(ploughed, np.maximum(rate * effort * soil - laying, 0.0), rate) + self._rate("grapnel-run")
        items = (
            (self._at(way.cable.price for way in rows) * slack * (1 + self._rate("spare-cable")))[:, None, None],
            laying,
            np.where(buried[:, None, None], burial, 0.0),
            (self._rate("route-survey") + np.where(buried, self._rate("burial-assessment"), 0.0))[:, None, None],
            self._rate("permits-km"),
        )
        direct = np.stack([np.broadcast_to(item, shape) for item in items])
        return np.concatenate([direct, self._rate("indirect") * direct.sum(axis=0)[None]]) / 1000.0

    def faults(self, numbers: NDArray[np.int32]) -> NDArray[np.float64]:
        """Faults per 1000 km a year of each option in each combination, natural hazards apart: (options, n)."""
        _, shallow, shipping, fishing, soil, _ = self.situations.axes(numbers)
        rows, table = self.options, self.catalogue
        external = self._at(row.faults for row in table.depth_classes)[shallow]
        external *= self._at(table.shipping.values())[shipping] * self._at(table.fishing.values())[fishing]
        shield = self._at(way.cable.armour for way in rows) * self._at(way.burial.shelter for way in rows)
        buried = np.array([way.is_buried for way in rows])[:, None]
        sinking = np.where(buried, self._at(row.sinkage for row in table.sediments)[soil], 1.0)
        worn = np.where(buried, 0.0, self._at(row.abrasion for row in table.sediments)[soil])
        return np.asarray(external * shield[:, None] * sinking + worn + self._rate("component-faults"))

    def prices(self, numbers: NDArray[np.int32]) -> NDArray[np.float64]:
        """USD per metre of each option in each combination, (options, n); inf where it cannot be built."""
        return np.where(self.situations.feasible(self.options, numbers), self.unlimited_prices(numbers), np.inf)

    def unlimited_prices(self, numbers: NDArray[np.int32]) -> NDArray[np.float64]:
        """USD per metre of each option in each combination, (options, n), whether it can be built there or not."""
        depth, *_, soil, _ = self.situations.axes(numbers)
        capital = self._capital.sum(axis=0)[:, self.situations.depth_class[depth], soil]
        return np.asarray(capital + self.faults(numbers) * (self.fault_price_usd() / 1e6))

    def items(self, numbers: NDArray[np.int32], chosen: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Items of one option in each combination, USD per metre, without hazards and avoidance: (items, n)."""
        depth, *_, soil, _ = self.situations.axes(numbers)
        capital = self._capital[:, chosen, self.situations.depth_class[depth], soil]
        repairs = self.faults_of(numbers, chosen) * (self.fault_price_usd() / 1e6)
        return np.concatenate([capital, repairs[None], np.zeros((1, len(numbers)))])

    def faults_of(self, numbers: NDArray[np.int32], chosen: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Faults per 1000 km a year of one option in each combination, natural hazards apart."""
        return np.asarray(np.take_along_axis(self.faults(numbers), chosen[None].astype(np.intp), axis=0)[0])

    def is_buildable(self, depth_m: NDArray[np.float32], exposure: Exposure) -> NDArray[np.bool_]:
        """Where some option fits water depth, soil and slope."""
        numbers, index = self.situations.classify(depth_m, exposure)
        return np.asarray(self.situations.feasible(self.options, numbers).any(axis=0))[index]

    def surface(
        self, grid: Grid, depth_m: NDArray[np.float32], exposure: Exposure, exclusions: ExclusionMap
    ) -> CostSurface:
        """Choose the cheapest feasible engineering on every free cell, each of which some option fits."""
        numbers, index = self.situations.classify(depth_m, exposure)
        chosen = np.argmin(self.prices(numbers), axis=0).astype(np.uint8)
        return CostSurface(self, grid, depth_m, exclusions.code == 0, numbers, index, chosen, exposure)

    def _rate(self, code: str) -> float:
        return self.catalogue.rate(code, self.level)

    def _at(self, figures: Iterable[Figure]) -> NDArray[np.float64]:
        return np.array([figure.at(self.level) for figure in figures])


@dataclass(frozen=True)
class CostSurface:
    """The chosen engineering and its price on every cell.

    Attributes
    ----------
    model
        What priced it.
    grid
        The cells.
    depth_m
        Water depth.
    free
        Cells where a cable may go.
    situations, index
        Numbers of the situations that occur, and which of them each cell is in.
    chosen
        Index into ``model.options`` of what is built in each of these situations.
    exposure
        What the cable meets.
    """

    model: CostModel
    grid: Grid
    depth_m: NDArray[np.float32]
    free: NDArray[np.bool_]
    situations: NDArray[np.int32]
    index: NDArray[np.int32]
    chosen: NDArray[np.uint8]
    exposure: Exposure

    @property
    def choice(self) -> NDArray[np.uint8]:
        """Index into ``model.options`` of what is built on each cell; means nothing where excluded."""
        return self.chosen[self.index]

    @cached_property
    def _items(self) -> NDArray[np.float32]:
        return self.model.items(self.situations, self.chosen).astype(np.float32)

    @cached_property
    def _faults(self) -> NDArray[np.float32]:
        return self.model.faults_of(self.situations, self.chosen).astype(np.float32)

    def item(self, name: str) -> NDArray[np.float32]:
        """USD per metre of one item; NaN where excluded."""
        layer = self._items[ITEMS.index(name)][self.index] + self.added(name, ...)
        return np.where(self.free, layer, np.float32(np.nan))

    def items(self) -> dict[str, NDArray[np.float32]]:
        """USD per metre of each item; NaN where excluded."""
        return {name: self.item(name) for name in ITEMS}

    def items_at(self, row: NDArray[np.intp], col: NDArray[np.intp]) -> NDArray[np.float32]:
        """USD per metre of each item at cells: (items, ...); NaN where excluded."""
        layers = self._items[:, self.index[row, col]]
        layers += np.stack([self.added(name, (row, col)) + np.zeros(row.shape, np.float32) for name in ITEMS])
        return np.where(self.free[row, col], layers, np.float32(np.nan))

    def total(self, *, excluded: float = np.inf) -> NDArray[np.float32]:
        """USD per metre, the sum of the items; `excluded` where no cable may go (NaN for files and maps)."""
        total = self._items.sum(axis=0, dtype=np.float64).astype(np.float32)[self.index]
        for name in ITEMS:
            total += self.added(name, ...)
        return np.where(self.free, total, np.float32(excluded))

    def faults_per_m(self, cells: Any = ...) -> NDArray[np.float32]:  # noqa: ANN401  (any index of an array)
        """Expected faults a year per metre of route; NaN where excluded."""
        faults = (self._faults[self.index[cells]] + self.exposure.hazard_faults[cells]) / np.float32(1e6)
        return np.where(self.free[cells], faults, np.float32(np.nan))

    def of_choice(self, values: Sequence[float]) -> NDArray[np.float32]:
        """A value of each option on the cells where it is built; NaN where excluded."""
        layer = np.array(values, np.float32)[self.chosen][self.index]
        return np.where(self.free, layer, np.float32(np.nan))

    def part(self, box: tuple[slice, slice], kept: NDArray[np.bool_]) -> CostSurface:
        """Its cells in a box of rows and columns, those of them free that are kept, (rows, cols)."""
        return replace(
            self,
            grid=self.grid.within(box),
            depth_m=np.where(kept, self.depth_m[box], np.float32(np.nan)),
            free=self.free[box] & kept,
            index=self.index[box],
            exposure=self.exposure.part(box),
        )

    def at_level(self, level: Level) -> CostSurface:
        """The same engineering priced at another level of the catalogue; hazards and avoidance stay as they are."""
        return replace(self, model=CostModel(self.model.catalogue, level))

    def option_prices(self, cells: NDArray[np.intp]) -> NDArray[np.float64]:
        """USD per metre of every option at cells (n, 2): (n, options), inf where not feasible."""
        row, col = cells.T
        added = sum(self.added(name, (row, col)) for name in ITEMS)
        return np.asarray(self._prices[:, self.index[row, col]].T + np.reshape(added, (-1, 1)))

    def option_faults(self, cells: NDArray[np.intp]) -> NDArray[np.float64]:
        """Expected faults per 1000 km a year of every option at cells (n, 2), built there or not: (n, options)."""
        row, col = cells.T
        own = self.model.faults(self.situations)[:, self.index[row, col]].T
        return np.asarray(own + self.exposure.hazard_faults[row, col][:, None])

    @cached_property
    def _prices(self) -> NDArray[np.float64]:
        return self.model.prices(self.situations)

    def engineering(self, row: int, col: int) -> Engineering | None:
        """What is built on one cell; None where excluded."""
        return self.model.options[self.chosen[self.index[row, col]]] if self.free[row, col] else None

    def added(self, item: str, cells: Any) -> NDArray[np.float32]:  # noqa: ANN401
        """USD per metre that natural hazards and avoidance add to an item, whatever is built."""
        if item == "repairs":
            return np.asarray(self.exposure.hazard_faults[cells] * np.float32(self.model.fault_price_usd() / 1e6))
        return np.asarray(self.exposure.avoidance_usd_per_m[cells] if item == "avoidance" else np.float32(0.0))
