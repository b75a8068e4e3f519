"""The price of one reference system, to hold the catalogue against published totals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from routing.catalogue import LEVELS
from routing.cost import CostModel
from routing.fixedcost import FixedCost

if TYPE_CHECKING:
    from routing.catalogue import Catalogue, Level
    from routing.exposure import Engineering

__all__ = ["PUBLISHED", "REMARK", "ReferenceSystem", "calibration"]

#: Totals that were published for the Trans-Caspian cable, USD, and where.
PUBLISHED = ((40_000_000.0, "azernews.az, 2022-09-05"), (50_600_000.0, "news.az, 2024-06-20"))
REMARK = (
    "mobilisation (rate.mobilisation, USD 8 million at base) was set so that this total comes between the published "
    "ones; it is a calibration, not evidence"
)
#: Water depth and soil of the reference system: those at which the plough's rate counts as it stands.
_DEPTH_M, _SEDIMENT = 100.0, "sand"


@dataclass(frozen=True)
class ReferenceSystem:
    """A system between two states, as a desk study would outline it.

    Attributes
    ----------
    route_km
        Length of the route, single armour throughout.
    buried_share
        Share of it that is ploughed in 1 m deep.
    bores
        Shore ends that are drilled.
    crossings
        Number of crossings by kind.
    landings, states
        Shore ends with a station each; states whose permits are paid.

    Examples
    --------
    >>> from routing.catalogue import read_catalogue
    >>> round(ReferenceSystem().total_usd(read_catalogue()) / 1e6, 1)
    42.1
    """

    route_km: float = 363.0
    buried_share: float = 0.6
    bores: int = 1
    crossings: tuple[tuple[str, int], ...] = (("pipeline", 2), ("telecom", 1))
    landings: int = 2
    states: int = 2

    def total_usd(self, catalogue: Catalogue, level: Level = "base") -> float:
        """Price to build it: no repairs, beach manhole and station at one place."""
        fixed = FixedCost(catalogue, level)
        parts = [
            fixed.option(),
            fixed.link(),
            *(fixed.station() for _ in range(self.landings)),
            *(fixed.state() for _ in range(self.states)),
            *(fixed.bore() for _ in range(self.bores)),
            *(fixed.crossing(kind) for kind, count in self.crossings for _ in range(count)),
        ]
        return self._route_usd(CostModel(catalogue, level)) + sum(sum(items.values()) for items in parts)

    def _route_usd(self, model: CostModel) -> float:
        def usd_per_km(burial: str) -> float:
            way = _option(model, burial)
            return 1000.0 * sum(model.capital(way, depth_m=_DEPTH_M, sediment=_SEDIMENT).values())

        share = self.buried_share
        return self.route_km * (share * usd_per_km("plough-1_0") + (1.0 - share) * usd_per_km("surface"))

    def text(self) -> str:
        """The system in one line."""
        crossings = ", ".join(f"{count} {kind}" for kind, count in self.crossings)
        return (
            f"{self.route_km:g} km, {self.buried_share:.0%} buried, {self.bores} drilled shore end, "
            f"crossings: {crossings}, {self.states} states"
        )


def calibration(catalogue: Catalogue) -> dict[str, Any]:
    """The reference system at all levels, beside what was published.

    Examples
    --------
    >>> from routing.catalogue import read_catalogue
    >>> calibration(read_catalogue())["system"]
    '363 km, 60% buried, 1 drilled shore end, crossings: 2 pipeline, 1 telecom, 2 states'
    """
    system = ReferenceSystem()
    return {
        "system": system.text(),
        **{f"{level}_usd": round(system.total_usd(catalogue, level), 2) for level in LEVELS},
        "published_usd": [{"value": usd, "source": source} for usd, source in PUBLISHED],
        "remark": REMARK,
    }


def _option(model: CostModel, burial: str) -> Engineering:
    return next(way for way in model.options if (way.cable.code, way.burial.code) == ("SA", burial))
