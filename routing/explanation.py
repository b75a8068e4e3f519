"""One place explained: what is built there and at what price, or what excludes it and what would open it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from routing.constraints import NATURAL, OUTSIDE_SURVEY
from routing.cost import ITEMS
from routing.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from routing.cost import CostSurface
    from routing.exposure import Engineering
    from routing.planning import Sea

__all__ = ["explain"]

#: What it takes to open a place that lies in nature or in the catalogue; the order is that of NATURAL.
_OPENED_BY = (
    "no cable crosses land here: move the coast in [coast], or land the cable",
    "give a bathymetry that knows the depth here",
    "change a limit of the catalogue: see nearly",
)


def explain(sea: Sea, lon: float, lat: float) -> dict[str, Any]:
    """What one kilometre of route costs at a place, item by item, or why it is excluded.

    Parameters
    ----------
    sea
        The water.
    lon, lat
        The place, degrees.

    Notes
    -----
    Items are rounded to the cent and the total is their sum. What could be built is told of an
    excluded place too, as if it were free, so that the price of opening it is known.

    Raises
    ------
    InputError
        When the place is off the routing grid.
    """
    row, col = _cell(sea, lon, lat)
    excluded = sea.exclusions.reason_at(row, col)
    place = _Place(sea.priced.surface, row, col)
    told = {
        "lon": lon,
        "lat": lat,
        "excluded": excluded,
        "opened_by": None if excluded is None else _opened_by(excluded),
        **place.facts(),
        "sector": sea.sectors.along(np.array([[row, col]]))[0] if sea.sectors else None,
    }
    ranked = place.ranked()
    if not ranked:
        return {**told, "nearly": place.nearly()}
    best, usd = ranked[0][0], _cents_per_km(place.items(ranked[0][0]))
    return {
        **told,
        **_named(best),
        "slack_pct": best.slack_pct,
        "faults_per_1000_km_year": place.faults(best),
        "items_usd_per_km": usd,
        "total_usd_per_km": _total(usd),
        "runner_up": _compared(ranked[1:2], place, usd),
        "other_burial": _compared([way for way in ranked if way[0].is_buried != best.is_buried][:1], place, usd),
        "nearly": place.nearly(),
    }


@dataclass(frozen=True)
class _Place:
    """One cell, as if it were free."""

    surface: CostSurface
    row: int
    col: int

    @property
    def _number(self) -> NDArray[np.int32]:
        """Number of its situation."""
        return np.asarray(self.surface.situations[self.surface.index[self.row, self.col]][None])

    def facts(self) -> dict[str, Any]:
        """Depth, slope, classes and additions of the place; None where not known."""
        met, catalogue = self.surface.exposure, self.surface.model.catalogue
        classes = {
            kind: catalogue.codes(kind)[int(getattr(met, kind)[self.row, self.col])]
            for kind in ("shipping", "fishing", "sediment")
        }
        return {
            "depth_m": _known(self.surface.depth_m[self.row, self.col]),
            "slope_deg": _known(met.slope_deg[self.row, self.col]),
            **classes,
            "hazard_faults_per_1000_km_year": float(met.hazard_faults[self.row, self.col]),
        }

    def ranked(self) -> list[tuple[Engineering, float]]:
        """What can be built, cheapest first, with its price in USD per metre."""
        prices = self.surface.option_prices(np.array([[self.row, self.col]]))[0]
        order = np.argsort(prices, kind="stable")
        ways = [(self.surface.model.options[number], float(prices[number])) for number in order]
        return [way for way in ways if np.isfinite(way[1])]

    def items(self, option: Engineering) -> dict[str, float]:
        """USD per metre of each item of one option."""
        usd = self.surface.model.items(self._number, self._index(option))[:, 0]
        return {
            name: float(value + self.surface.added(name, (self.row, self.col)))
            for name, value in zip(ITEMS, usd, strict=True)
        }

    def faults(self, option: Engineering) -> float:
        """Expected faults per 1000 km a year of one option."""
        own = self.surface.model.faults_of(self._number, self._index(option))[0]
        return float(own + self.surface.exposure.hazard_faults[self.row, self.col])

    def nearly(self) -> dict[str, Any] | None:
        """The cheapest option that one limit alone keeps out and that would cost less; None when there is none."""
        depth_m, exposure = float(self.surface.depth_m[self.row, self.col]), self.surface.exposure
        if not np.isfinite(depth_m):
            return None
        model = self.surface.model
        soil, slope = int(exposure.sediment[self.row, self.col]), float(exposure.slope_deg[self.row, self.col])
        prices = model.unlimited_prices(self._number)[:, 0]
        for number in np.argsort(prices, kind="stable"):
            way = model.options[number]
            limits = [
                *way.depth_limits(depth_m),
                *way.soil_limits(model.catalogue, soil),
                *way.slope_limits(slope),
            ]
            if len(limits) == 1:
                usd = _cents_per_km(self.items(way))
                return {**_named(way), "total_usd_per_km": _total(usd), "limit": limits[0]}
            if not limits:
                return None
        return None

    def _index(self, option: Engineering) -> NDArray[np.uint8]:
        return np.array([self.surface.model.options.index(option)], np.uint8)


def _compared(ways: list[tuple[Engineering, float]], place: _Place, best: dict[str, float]) -> dict[str, Any] | None:
    """An alternative beside what is built: its total, its repairs, and by how much it is dearer."""
    if not ways:
        return None
    usd = _cents_per_km(place.items(ways[0][0]))
    return {
        **_named(ways[0][0]),
        "total_usd_per_km": _total(usd),
        "repairs_usd_per_km": usd["repairs"],
        "dearer_usd_per_km": round(_total(usd) - _total(best), 2),
    }


def _named(option: Engineering) -> dict[str, Any]:
    return {"cable_type": option.cable.code, "protection": option.protection, "burial_m": option.burial.depth_m}


def _opened_by(reason: str) -> str:
    """What would open a place that a reason excludes."""
    if reason in NATURAL:
        return _OPENED_BY[NATURAL.index(reason)]
    if reason.startswith(OUTSIDE_SURVEY):
        return "take stay_inside out of these surveys, or widen their shore_zone_km"
    return f"leave out or narrow the [[layer]] with the reason {reason!r}"


def _cell(sea: Sea, lon: float, lat: float) -> tuple[int, int]:
    priced, cells = sea.priced, sea.priced.surface.grid
    if not (abs(lon) <= 180 and abs(lat) <= 90):
        raise InputError(f"({lon}, {lat}) is not longitude and latitude", remedy="give degrees", key="--at")
    row, col = np.rint(priced.rowcol([[lon, lat]])[0]).astype(int)
    if not (0 <= row < cells.rows and 0 <= col < cells.cols):
        raise InputError(f"({lon}, {lat}) is outside the area", remedy="choose a place inside", key="--at")
    return int(row), int(col)


def _cents_per_km(usd_per_m: dict[str, float]) -> dict[str, float]:
    return {name: round(1000.0 * usd, 2) for name, usd in usd_per_m.items()}


def _total(usd: dict[str, float]) -> float:
    return round(sum(usd.values()), 2)


def _known(value: float) -> float | None:
    """A number as plain Python; None where it is not known."""
    return float(value) if np.isfinite(value) else None
