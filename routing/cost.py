"""The price of a metre of cable route on every cell, item by item.

Each free cell gets the cheapest feasible engineering: the cable type and burial
whose capital cost and present value of expected repairs are least together, so
burial pays for itself there or is left out. All items stay apart, and their sum
is the total by construction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from routing.catalogue import Burial, CableType, Catalogue, Level
    from routing.constraints import ExclusionMap
    from routing.grid import Grid

__all__ = ["ITEMS", "CostModel", "CostSurface", "Engineering", "Exposure"]

#: Items of the price of a metre of route, in the order they are reported.
ITEMS = ("cable", "laying", "burial", "survey", "permits", "indirect", "repairs")
_CAPITAL = ITEMS[:-1]


@dataclass(frozen=True)
class Engineering:
    """One way to build a metre of route."""

    cable: CableType
    burial: Burial

    @property
    def slack_pct(self) -> float:
        """Cable laid above route length, percent."""
        return self.burial.slack_pct

    @property
    def protection(self) -> str:
        """How position lists call the burial."""
        return "plough" if self.burial.depth_m > 0 else "surface"

    def is_feasible(self, depth_m: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Where the type is laid and the tool reaches."""
        deepest = min(self.cable.depth_max_m, self.burial.water_max_m)
        return (depth_m >= self.cable.depth_min_m) & (depth_m <= deepest)


@dataclass(frozen=True)
class Exposure:
    """What threatens a cable, apart from water depth.

    Parameters
    ----------
    shipping, lane
        Shipping classes of the catalogue outside and inside lanes.
    fishing, sediment
        Classes that hold for the whole sea until layers say better.
    in_lane
        Cells inside a shipping lane.
    """

    shipping: str
    lane: str
    fishing: str
    sediment: str
    in_lane: NDArray[np.bool_]


@dataclass(frozen=True)
class CostModel:
    """Prices engineering by water depth and exposure at one level of the catalogue.

    Notes
    -----
    Money is USD of the catalogue's price year per metre of route. Per km of route:

    - cable = price x (1 + slack) x (1 + spare);
    - laying = surface rate x depth effort;
    - burial = ploughing rate x burial effort x sediment x depth effort - laying
      + grapnel run, or 0 on the seabed;
    - survey = route survey, + soil sampling where buried;
    - indirect = share of the sum of the above and of permits;
    - repairs = annuity x price of a fault x faults a year, where
      faults = external(depth) x armour x shelter x shipping x fishing + component.
    """

    catalogue: Catalogue
    level: Level = "base"

    @property
    def options(self) -> tuple[Engineering, ...]:
        """Every pairing of cable type and burial, in catalogue order."""
        return tuple(Engineering(c, b) for c in self.catalogue.cables for b in self.catalogue.burials)

    def fault_price_usd(self) -> float:
        """Present value of one fault a year over the design life."""
        event = self.catalogue.rate("repair", self.level) + self.catalogue.rate("outage", self.level)
        return self.catalogue.annuity(self.level) * event

    def capital(self, option: Engineering, depth_class: int, sediment: str) -> NDArray[np.float64]:
        """Capital items of one option in one depth class, USD per metre, in the order of ITEMS."""
        rate, level = self.catalogue.rate, self.level
        effort = self.catalogue.depth_classes[depth_class].effort.at(level)
        soil = self.catalogue.factor("sediment", sediment).at(level)
        cable = option.cable.price.at(level) * (1 + option.slack_pct / 100) * (1 + rate("spare-cable", level))
        laying = rate("surface-lay", level) * effort
        survey, permits, burial = rate("route-survey", level), rate("permits-km", level), 0.0
        if option.burial.depth_m > 0:
            plough = rate("plough", level) * option.burial.effort.at(level) * soil * effort
            burial = max(plough - laying, 0.0) + rate("grapnel-run", level)
            survey += rate("burial-assessment", level)
        direct = cable + laying + burial + survey + permits
        return np.array([cable, laying, burial, survey, permits, rate("indirect", level) * direct]) / 1000.0

    def external_faults(self, depth_class: NDArray[Any], exposure: Exposure) -> NDArray[np.float32]:
        """Faults per 1000 km a year of unburied single armour at each cell."""
        table = np.array([row.faults.at(self.level) for row in self.catalogue.depth_classes], np.float32)
        outside, inside = (
            self.catalogue.factor("shipping", code).at(self.level) for code in (exposure.shipping, exposure.lane)
        )
        fishing = self.catalogue.factor("fishing", exposure.fishing).at(self.level)
        shipping = np.where(exposure.in_lane, np.float32(inside), np.float32(outside))
        return np.asarray(table[depth_class] * shipping * np.float32(fishing))

    def surface(
        self,
        grid: Grid,
        depth_m: NDArray[np.float32],
        exposure: Exposure,
        exclusions: ExclusionMap,
    ) -> CostSurface:
        """Choose the cheapest feasible engineering on every free cell, each of which some option fits."""
        free = exclusions.code == 0
        best, choice = np.full(grid.shape, np.inf, np.float32), np.zeros(grid.shape, np.uint8)
        for number, price in enumerate(self.prices(depth_m, exposure)):
            better = free & (price < best)
            best[better], choice[better] = price[better], number
        return CostSurface(self, grid, depth_m, free, choice, exposure)

    def is_layable(self, depth_m: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Where the water depth fits some option."""
        return np.asarray(np.logical_or.reduce([option.is_feasible(depth_m) for option in self.options]))

    def prices(self, depth_m: NDArray[np.float32], exposure: Exposure) -> Iterator[NDArray[np.float32]]:
        """USD per metre of each option in turn, at any places; inf where it is not feasible."""
        classes = self.depth_class(depth_m)
        external = self.external_faults(classes, exposure)
        event = np.float32(self.fault_price_usd())
        for option in self.options:
            capital = [
                self.capital(option, number, exposure.sediment).sum()
                for number in range(len(self.catalogue.depth_classes))
            ]
            repairs = self.faults_per_m(external, np.float32(self.shield(option))) * event
            yield np.where(
                option.is_feasible(depth_m), np.array(capital, np.float32)[classes] + repairs, np.float32(np.inf)
            )

    def depth_class(self, depth_m: NDArray[np.float32]) -> NDArray[np.intp]:
        """Index of the depth class at each place; 0 where depth is unknown."""
        edges = np.array([row.from_m for row in self.catalogue.depth_classes], np.float32)
        return np.clip(np.digitize(np.nan_to_num(depth_m), edges) - 1, 0, len(edges) - 1)

    def shield(self, option: Engineering) -> float:
        """Factor of one option on external faults: armour x shelter."""
        return option.cable.armour.at(self.level) * option.burial.shelter.at(self.level)

    def faults_per_m(
        self, external: NDArray[np.float32], shield: NDArray[np.float32] | np.float32
    ) -> NDArray[np.float32]:
        """Expected faults a year per metre, from external faults per 1000 km a year and a shield."""
        component = np.float32(self.catalogue.rate("component-faults", self.level))
        return np.asarray((external * shield + component) / np.float32(1e6), np.float32)


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
    choice
        Index into ``model.options``; means nothing where excluded.
    exposure
        What threatens the cable.
    """

    model: CostModel
    grid: Grid
    depth_m: NDArray[np.float32]
    free: NDArray[np.bool_]
    choice: NDArray[np.uint8]
    exposure: Exposure

    @cached_property
    def _classes(self) -> NDArray[np.intp]:
        return self.model.depth_class(self.depth_m)

    def items(self) -> dict[str, NDArray[np.float32]]:
        """USD per metre of each item; NaN where excluded."""
        model, sediment = self.model, self.exposure.sediment
        classes = range(len(model.catalogue.depth_classes))
        priced = [[model.capital(option, number, sediment) for number in classes] for option in model.options]
        table = np.array(priced, np.float32)
        picked = table[self.choice, self._classes]
        layers = {name: picked[..., index] for index, name in enumerate(_CAPITAL)}
        layers["repairs"] = self.faults_per_m() * np.float32(model.fault_price_usd())
        return {name: np.where(self.free, layers[name], np.float32(np.nan)) for name in ITEMS}

    def total(self, *, excluded: float = np.inf) -> NDArray[np.float32]:
        """USD per metre, the sum of the items; `excluded` where no cable may go (NaN for files and maps)."""
        total = np.sum(np.stack(list(self.items().values())), axis=0, dtype=np.float64)
        return np.where(self.free, total, excluded).astype(np.float32)

    def faults_per_m(self) -> NDArray[np.float32]:
        """Expected faults a year per metre of route; NaN where excluded."""
        shield = np.array([self.model.shield(option) for option in self.model.options], np.float32)[self.choice]
        external = self.model.external_faults(self._classes, self.exposure)
        return np.where(self.free, self.model.faults_per_m(external, shield), np.float32(np.nan))

    def at_level(self, level: Level) -> CostSurface:
        """The same engineering priced at another level of the catalogue."""
        return replace(self, model=CostModel(self.model.catalogue, level))

    def option_prices(self, cells: NDArray[np.intp]) -> NDArray[np.float32]:
        """USD per metre of every option at cells (n, 2): (n, options), inf where not feasible."""
        row, col = cells.T
        exposure = replace(self.exposure, in_lane=self.exposure.in_lane[row, col])
        return np.stack(list(self.model.prices(self.depth_m[row, col], exposure)), axis=1)

    def engineering(self, row: int, col: int) -> Engineering | None:
        """What is built on one cell; None where excluded."""
        return self.model.options[self.choice[row, col]] if self.free[row, col] else None
