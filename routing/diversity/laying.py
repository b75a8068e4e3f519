"""Routes between landings, laid through the free water that is left to them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from routing.courses import lay_courses
from routing.errors import InfeasibleError
from routing.route import Route

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from routing.crossing import CrossingMap
    from routing.geodesic import GeodesicPath
    from routing.landing import LandingSite
    from routing.pricing import PricedGrid

__all__ = ["Laying", "Link"]

#: Two landings that a route joins, in its order.
Link = tuple["LandingSite", "LandingSite"]


@dataclass(frozen=True)
class Laying:
    """How a route is made and priced.

    Attributes
    ----------
    priced
        The sea.
    alter_course_usd
        Price of an alter course that the straightening heeds.
    crossings
        Assets that a route may cross, by their rules; None: there are none.
    """

    priced: PricedGrid
    alter_course_usd: float
    crossings: CrossingMap | None = None

    def closed(self, closed: NDArray[np.bool_]) -> Laying:
        """The same with more cells excluded."""
        return replace(self, priced=self.priced.closed(closed)) if closed.any() else self

    def find_path(self, link: Link) -> GeodesicPath | None:
        """The least-cost path between the approaches of a link; None where exclusions separate them."""
        start, end = (site.node for site in link)
        try:
            return self.priced.guide.field(start, targets=[end]).path_to(end)
        except InfeasibleError:
            return None

    def find_route(self, link: Link, points: NDArray[np.float64]) -> Route | None:
        """A path between approaches straightened, from beach manhole to beach manhole; None if no leg is clear."""
        try:
            inner = lay_courses(
                points, link, self.priced, alter_course_usd=self.alter_course_usd, crossings=self.crossings
            )
        except InfeasibleError:
            return None
        start, end = link
        return Route(np.concatenate([[start.bmh], inner.lonlat, [end.bmh]]))

    def price_usd(self, link: Link, route: Route) -> float:
        """USD of a route with its approaches and what it pays for crossings."""
        tolls = self.crossings.price_usd(self.crossings.find(route.lonlat)) if self.crossings else 0.0
        return self.priced.price(route.lonlat[1:-1]) + self.approaches_usd(link) + tolls

    def approaches_usd(self, link: Link) -> float:
        """USD of both shore approaches of a link."""
        return sum(sum(self.priced.approach_items(site).values()) for site in link)
