"""Money that does not depend on the way a cable takes over the sea.

Two thirds of a 360 km system are of this kind, so it is kept apart from the price
of the route and never hidden in it. Indirect cost (management, insurance,
contingency) is a share of every direct item and its own item.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from routing import geodesy
from routing.span import amplifiers, repeaters

if TYPE_CHECKING:
    from collections.abc import Sequence

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

    def amplifiers(self, route_m: float) -> dict[str, float]:
        """Items paid for a link too long to do without repeaters or remote pumps; none for a shorter one.

        Examples
        --------
        >>> from routing.catalogue import read_catalogue
        >>> fixed = FixedCost(read_catalogue())
        >>> fixed.amplifiers(363e3), fixed.amplifiers(450e3)["repeaters"]
        ({}, 2000000.0)
        """
        wanted = amplifiers(self.catalogue, route_m)
        if wanted.kind == "remote_pump":
            return self._with_indirect(remote_pumps=wanted.count * self._rate("remote-pump"))
        return self._repeaters(wanted.count, ends=2) if wanted.count else {}

    def tree_repeaters(self, branches_m: Sequence[float], *, longest_m: float, ends: int = 2) -> dict[str, float]:
        """Items paid for a tree with a way too long to do without repeaters; none for one of shorter ways.

        Parameters
        ----------
        branches_m
            Route length of each branch.
        longest_m
            Longest way between two landings that exchange light.
        ends
            Landings, each of which feeds power.
        """
        if longest_m <= 1000.0 * self.catalogue.rate("unrepeatered-max"):
            return {}
        return self._repeaters(sum(repeaters(self.catalogue, length_m).count for length_m in branches_m), ends=ends)

    def _repeaters(self, count: int, *, ends: int) -> dict[str, float]:
        return self._with_indirect(repeaters=count * self._rate("repeater"), power_feed=ends * self._rate("power-feed"))

    def fibre(self, pairs: float, route_m: float) -> dict[str, float]:
        """Items paid for more fibre pairs than every cable has; none for as many or fewer.

        Examples
        --------
        >>> from routing.catalogue import read_catalogue
        >>> fixed = FixedCost(read_catalogue())
        >>> fixed.fibre(12, 100e3), fixed.fibre(16, 100e3)["fibre"]
        ({}, 60000.0)
        """
        usd_per_m = self.fibre_usd_per_m(pairs)
        return {} if usd_per_m == 0 else self._with_indirect(fibre=usd_per_m * route_m)

    def fibre_usd_per_m(self, pairs: float) -> float:
        """Price of fibre pairs beyond what every cable has, a metre of route, without indirect cost."""
        more = max(0.0, pairs - self.catalogue.rate("fibre-pairs"))
        return more * self._rate("fibre-pair") / 1000.0

    def branching_unit(self) -> dict[str, float]:
        """Items paid for each branching unit."""
        return self._with_indirect(branching_unit=self._rate("branching-unit"))

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
        return self._rate("terrestrial") * self._rate("terrestrial-detour") * _straight_km(start, end)

    def _rate(self, code: str) -> float:
        return self.catalogue.rate(code, self.level)

    def _with_indirect(self, **items: float) -> dict[str, float]:
        return {**items, "indirect": self._rate("indirect") * sum(items.values())}


@lru_cache(maxsize=1024)
def _straight_km(start: Place, end: Place) -> float:
    """Geodesic length; the same few places are asked for thousands of times while figures are varied."""
    return float(geodesy.inverse(start, end)[2][0]) / 1000.0
