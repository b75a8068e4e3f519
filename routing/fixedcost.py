"""Money that does not depend on the way a cable takes over the sea.

Two thirds of a 360 km system are of this kind, so it is kept apart from the price
of the route and never hidden in it. Indirect cost (management, insurance,
contingency) is a share of every direct item and its own item.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from routing import geodesy

if TYPE_CHECKING:
    from routing.catalogue import Catalogue, Level
    from routing.landing import LandingSite

__all__ = ["FixedCost"]

Place = tuple[float, float]


@dataclass(frozen=True)
class FixedCost:
    """Fixed prices at one level of the catalogue, USD, indirect cost included.

    Examples
    --------
    >>> from routing.catalogue import read_catalogue
    >>> {name: round(usd) for name, usd in FixedCost(read_catalogue()).option().items()}
    {'mobilisation': 8000000, 'survey_mobilisation': 800000, 'indirect': 2332000}
    """

    catalogue: Catalogue
    level: Level = "base"

    def option(self) -> dict[str, float]:
        """Items paid once an option."""
        return self._with_indirect(
            mobilisation=self._rate("mobilisation"), survey_mobilisation=self._rate("survey-mobilisation")
        )

    def link(self) -> dict[str, float]:
        """Items paid for each link."""
        return self._with_indirect(
            desk_study=self._rate("desk-study"), terminal_equipment=2 * self._rate("terminal-equipment")
        )

    def repeaters(self, route_m: float) -> dict[str, float]:
        """Items paid for a link too long to do without repeaters; none for a shorter one.

        Notes
        -----
        Length and spacing are those of the base level, whatever the level: they are the design, not
        its price.

        Examples
        --------
        >>> from routing.catalogue import read_catalogue
        >>> fixed = FixedCost(read_catalogue())
        >>> fixed.repeaters(363e3), fixed.repeaters(450e3)["repeaters"]
        ({}, 2000000.0)
        """
        reach_m, spacing_m = (1000.0 * self.catalogue.rate(code) for code in ("unrepeatered-max", "repeater-spacing"))
        if route_m <= reach_m:
            return {}
        count = math.ceil(route_m / spacing_m) - 1
        return self._with_indirect(repeaters=count * self._rate("repeater"), power_feed=2 * self._rate("power-feed"))

    def state(self) -> dict[str, float]:
        """Items paid for each state whose sector is crossed."""
        return self._with_indirect(permits=self._rate("permits-state"))

    def landing(self, site: LandingSite, point_of_presence: Place | None) -> dict[str, float]:
        """Items paid for each landing point that is used.

        Parameters
        ----------
        site
            The landing: its station stands at the published place.
        point_of_presence
            Where the terrestrial network is joined, (lon, lat); None: at the station.
        """
        station = (site.landing.lon, site.landing.lat)
        return self.station(
            fronthaul=self._terrestrial(site.bmh, station),
            backhaul=0.0 if point_of_presence is None else self._terrestrial(station, point_of_presence),
        )

    def station(self, **terrestrial: float) -> dict[str, float]:
        """Items paid for a shore end with its station, and those of the way over land, USD without indirect cost."""
        return self._with_indirect(
            shore_end=self._rate("shore-end"),
            inshore_survey=self._rate("inshore-survey"),
            station=self._rate("station"),
            **terrestrial,
        )

    def bore(self) -> dict[str, float]:
        """Items paid on top for a shore end that is drilled."""
        return self._with_indirect(drilling=self._rate("drilling"))

    def crossing(self, kind: str, *, toll_usd: float | None = None) -> dict[str, float]:
        """Items paid for one crossing of a kind of the catalogue, or at a toll of its own.

        Examples
        --------
        >>> from routing.catalogue import read_catalogue
        >>> FixedCost(read_catalogue()).crossing("pipeline")
        {'crossings': 200000.0, 'indirect': 53000.0}
        """
        toll = self.catalogue.crossings[kind].at(self.level) if toll_usd is None else toll_usd
        return self._with_indirect(crossings=toll)

    def _terrestrial(self, start: Place, end: Place) -> float:
        """Price of duct and cable over land, by geodesic length and a detour factor."""
        km = float(geodesy.inverse(start, end)[2][0]) / 1000.0
        return self._rate("terrestrial") * self._rate("terrestrial-detour") * km

    def _rate(self, code: str) -> float:
        return self.catalogue.rate(code, self.level)

    def _with_indirect(self, **items: float) -> dict[str, float]:
        return {**items, "indirect": self._rate("indirect") * sum(items.values())}
