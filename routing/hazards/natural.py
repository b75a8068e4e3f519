"""Hazards of nature that have a place: ice, mud volcanoes, faults, slopes, surf and rock.

Rates are defaults by judgement (reference parameters of the cost model); what was
verified is the exposure: where ice scours, how far volcanoes reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from routing import geodesy
from routing.grid import burn
from routing.hazards.lattice import node_xy, nodes_around, spread
from routing.hazards.rates import RATES, Rated
from routing.hazards.standoff import within
from routing.seabed.substrate import SEDIMENTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from routing.grid import Grid
    from routing.hazards.rates import Level
    from routing.seabed import SeabedFacts

__all__ = ["Abrasion", "ActiveFaults", "IceGouge", "MudVolcanoes", "Surf", "UnstableSlopes"]


@dataclass(frozen=True)
class IceGouge:
    """Keels of ridged ice that plough the sea floor.

    Parameters
    ----------
    zones
        Where there is ice, in the CRS of the grid; empty: everywhere north of a latitude.
    north_of_deg
        That latitude.
    least_m, most_m
        Water depths at which keels reach the floor, judged over the whole life.
    """

    zones: tuple[Any, ...] = ()
    north_of_deg: float = 44.3
    least_m: float = 3.0
    most_m: float = 12.0
    weight: float = 1.0
    rate: Rated = RATES["ice-gouge"]
    name: str = "ice gouging"

    def rates(self, facts: SeabedFacts, level: Level, /) -> NDArray[np.float32]:
        """Rate where ice and depth meet."""
        icy = burn(self.zones, facts.grid, all_touched=True) if self.zones else _is_north(facts.grid, self.north_of_deg)
        return _where(icy & facts.passes_depth(self.least_m, self.most_m), self.rate.at(level))

    def note(self, _: SeabedFacts, /) -> str | None:
        """Nothing to say."""
        return None


@dataclass(frozen=True)
class MudVolcanoes:
    """Vents that erupt, flow and slump.

    Parameters
    ----------
    vents
        Points or outlines of vents and flows, in the CRS of the grid.
    near_m, far_m
        Stand-offs: full rate within the first, a lesser one up to the second.
    """

    vents: tuple[Any, ...]
    near_m: float = 1000.0
    far_m: float = 3000.0
    weight: float = 1.0
    near: Rated = RATES["mud-volcano-near"]
    far: Rated = RATES["mud-volcano-far"]
    name: str = "mud volcanoes"

    def rates(self, facts: SeabedFacts, level: Level, /) -> NDArray[np.float32]:
        """Rates in two rings around each vent; where rings overlap the nearer vent counts."""
        found = _where(within(self.vents, self.far_m, facts.grid), self.far.at(level))
        found[within(self.vents, self.near_m, facts.grid)] = self.near.at(level)
        return found

    def note(self, facts: SeabedFacts, /) -> str | None:
        """Warn where cells are larger than the inner ring."""
        if facts.grid.dx <= self.near_m:
            return None
        return f"cells of {facts.grid.dx:,.0f} m are larger than the ring of {self.near_m:,.0f} m around a vent"


@dataclass(frozen=True)
class ActiveFaults:
    """Faults that may break the sea floor under a cable.

    Parameters
    ----------
    traces
        Lines in the CRS of the grid.
    width_m
        Width of the band over which a crossing's rate is spread; never less than two cells.
    per_crossing
        Faults a year for one crossing at a right angle, times 1000.

    Notes
    -----
    A crossing of 1 fault in 1000 years over a band of w km is 1/w faults per 1000 km a year, so that a crossing at a
    right angle gathers 1 in 1000 years whatever the width, and an oblique one more, by its longer way.
    """

    traces: tuple[Any, ...]
    width_m: float = 2000.0
    weight: float = 1.0
    per_crossing: Rated = RATES["fault-crossing"]
    name: str = "active faults"

    def rates(self, facts: SeabedFacts, level: Level, /) -> NDArray[np.float32]:
        """The crossing's rate, spread over the band."""
        width_m = self._spread_m(facts.grid)
        return _where(within(self.traces, width_m / 2, facts.grid), 1000.0 * self.per_crossing.at(level) / width_m)

    def note(self, facts: SeabedFacts, /) -> str | None:
        """Say where cells widen the band."""
        width_m = self._spread_m(facts.grid)
        return f"spread over {width_m:,.0f} m, two cells" if width_m > self.width_m else None

    def _spread_m(self, grid: Grid) -> float:
        return max(self.width_m, 2.0 * max(grid.dx, grid.dy))


@dataclass(frozen=True)
class UnstableSlopes:
    """Slopes that fail, and floors that failed before.

    Parameters
    ----------
    deposits
        Outlines of mapped mass-transport deposits, in the CRS of the grid.
    steeper_than_deg
        Slope above which it counts; slopes that are not seen do not count.
    """

    deposits: tuple[Any, ...] = ()
    steeper_than_deg: float = 10.0
    weight: float = 1.0
    rate: Rated = RATES["slope"]
    name: str = "unstable slopes"

    def rates(self, facts: SeabedFacts, level: Level, /) -> NDArray[np.float32]:
        """Rate on steep floor and on old slides."""
        slid = burn(self.deposits, facts.grid, all_touched=True)
        return _where(slid | (facts.slope_deg > self.steeper_than_deg), self.rate.at(level))

    def note(self, facts: SeabedFacts, /) -> str | None:
        """Say when no slope is seen."""
        unseen = not np.isfinite(facts.slope_deg).any()
        return "the grid is too coarse to see slope: only mapped slides count" if unseen else None


@dataclass(frozen=True)
class Surf:
    """Breaking waves that move the beach.

    Parameters
    ----------
    breaker_depth_m
        Water depth within which waves break, judged over the whole life.
    """

    breaker_depth_m: float = 5.0
    weight: float = 1.0
    rate: Rated = RATES["surf"]
    name: str = "surf"

    def rates(self, facts: SeabedFacts, level: Level, /) -> NDArray[np.float32]:
        """Rate from the shore to the breaker depth."""
        return _where(facts.passes_depth(0.0, self.breaker_depth_m), self.rate.at(level))

    def note(self, _: SeabedFacts, /) -> str | None:
        """Nothing to say."""
        return None


@dataclass(frozen=True)
class Abrasion:
    """Rock that chafes a cable which cannot be buried."""

    weight: float = 1.0
    rate: Rated = RATES["abrasion"]
    name: str = "abrasion on rock"

    def rates(self, facts: SeabedFacts, level: Level, /) -> NDArray[np.float32]:
        """Rate on rock."""
        return _where(facts.substrate.sediment == SEDIMENTS.index("rock"), self.rate.at(level))

    def note(self, _: SeabedFacts, /) -> str | None:
        """Nothing to say."""
        return None


def _where(mask: NDArray[np.bool_], rate: float) -> NDArray[np.float32]:
    return np.where(mask, np.float32(rate), np.float32(0.0))


def _is_north(grid: Grid, latitude_deg: float) -> NDArray[np.bool_]:
    """Cells whose centre lies north of a latitude; parallels bow 5 m between nodes 16 km apart."""
    nodes = nodes_around(grid, spacing_m=16_000.0, margin_m=16_000.0)
    latitudes = geodesy.Projection(grid.crs).inverse(node_xy(nodes))[:, 1].reshape(nodes.shape)
    return np.asarray(spread(latitudes, nodes, grid) > latitude_deg)
