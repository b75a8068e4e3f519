"""Every route that could become a link: found once, priced once, bounded once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from routing.errors import InfeasibleError
from routing.landing import LandingSite
from routing.planning.searches import Searches
from routing.route import Route
from routing.threads import side_by_side

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from routing.crossing import Crossing, CrossingMap
    from routing.geodesic import Field
    from routing.junction import Junction
    from routing.planning.plans import Sea
    from routing.reuse import Store

    Ends = tuple[LandingSite | Junction, LandingSite | Junction]

__all__ = ["Candidate", "RouteBook", "end_states", "tolls_usd"]

Pair = tuple[str, str]


@dataclass(frozen=True)
class Candidate:
    """A route between two ends, before engineering.

    Attributes
    ----------
    start, end
        Landings or junctions.
    inner
        The route without the shore approaches.
    path_usd, route_usd
        Price of the continuous path, and of the route that straightens it.
    states
        States whose permits are paid.
    water_usd
        Price of the continuous path without approaches and tolls.
    crossings
        Where it crosses cables and pipelines.
    """

    start: LandingSite | Junction
    end: LandingSite | Junction
    inner: Route
    path_usd: float
    route_usd: float
    water_usd: float
    states: tuple[str, ...]
    crossings: tuple[Crossing, ...]

    @property
    def ends(self) -> Ends:
        """Where it starts and ends."""
        return self.start, self.end

    @cached_property
    def route(self) -> Route:
        """The whole route, from beach manhole to beach manhole."""
        return Route(whole(self.inner.lonlat, self.ends))


def whole(inner: NDArray[np.float64], ends: Ends) -> NDArray[np.float64]:
    """Positions (n, 2) of a route with its shore approaches; at a junction there is none."""
    start, end = ([end.place] if end.approach_m > 0 else np.empty((0, 2)) for end in ends)
    return np.concatenate([start, inner, end])


@dataclass
class RouteBook:
    """Routes over one sea, each made once.

    Parameters
    ----------
    sea
        The water.
    sites
        Landings by id.
    alter_course_usd
        Price of an alter course.
    store
        Where results of searches are kept.
    threads
        Threads for fields; the routes do not depend on it.
    do
        Calls a search with its arguments, here or elsewhere.
    """

    sea: Sea
    sites: Mapping[str, LandingSite]
    alter_course_usd: float
    store: Store
    threads: int
    do: Callable[..., Any]

    def __post_init__(self) -> None:
        self.searches = Searches(self.sea, self.alter_course_usd, self.store, self.threads, self.do)
        self._found: dict[Pair, Candidate | InfeasibleError] = {}
        # Options share landings, so a bound is asked for more than once.
        self._bounds: dict[tuple[Ends, float, float], float] = {}

    def find(self, pairs: Sequence[Pair]) -> None:
        """Find the routes of some pairs of landings that are not known yet."""
        missing = sorted(set(pairs) - set(self._found))
        starts = sorted({start for start, _ in missing})
        ends = [[end for first, end in missing if first == start] for start in starts]
        self.sea.priced.warm()
        self.searches.warm()
        with side_by_side(self.threads) as pool:
            for start, group, found in zip(starts, ends, pool.map(self._from, starts, ends), strict=True):
                self._found.update({(start, end): route for end, route in zip(group, found, strict=True)})

    def candidates(self) -> dict[Pair, Candidate]:
        """Every route that was found, by its landings."""
        return {pair: way for pair, way in self._found.items() if isinstance(way, Candidate)}

    def get(self, start: str, end: str) -> Candidate:
        """The route between two landings.

        Raises
        ------
        InfeasibleError
            When there is none.
        """
        found = self._found[start, end]
        if isinstance(found, InfeasibleError):
            raise found
        return found

    def failure(self, pair: Pair) -> InfeasibleError | None:
        """Why there is no route between two landings; None where there is one."""
        found = self._found[pair]
        return found if isinstance(found, InfeasibleError) else None

    def candidate(self, ends: Ends, inner: Route, path: NDArray[np.float64]) -> Candidate:
        """A route that straightens a path between two ends, with its prices.

        Parameters
        ----------
        ends
            Landings or junctions.
        inner
            The route without the shore approaches.
        path
            Grid positions (n, 2) of the path.

        Raises
        ------
        InfeasibleError
            When an approach crosses a cable at too small an angle.
        """
        priced, assets = self.sea.priced, self.sea.crossings
        crossings = _admissible(assets.find(whole(inner.lonlat, ends))) if assets else ()
        on_path = assets.find(priced.lonlat(path)) if assets else ()
        water_usd, approaches = priced.kernel.price(path), self.approaches_usd(ends)
        return Candidate(
            *ends,
            inner=inner,
            path_usd=water_usd + approaches + tolls_usd(assets, on_path),
            route_usd=priced.price(inner.lonlat) + approaches + tolls_usd(assets, crossings),
            water_usd=water_usd,
            states=self._states(ends, inner),
            crossings=crossings,
        )

    def laid(self, ends: Ends, path: NDArray[np.float64]) -> Candidate:
        """The route that follows a path, grid positions (n, 2), in few legs, with its prices.

        Raises
        ------
        InfeasibleError
            When no chain of legs is clear, or an approach crosses a cable at too small an angle.
        """
        return self.candidate(ends, Route(self.searches.laid(ends, path)), path)

    def approaches_usd(self, ends: Ends) -> float:
        """Price of the shore approaches of both ends."""
        return sum(sum(self.sea.priced.approach_items(end).values()) for end in ends)

    def first_bound(self, way: Candidate) -> float:
        """A lower bound on any route between two landings that costs nothing to know."""
        straight = self.sea.priced.first_lower_bound(way.start.node, way.end.node)
        return straight + self.approaches_usd(way.ends) + self.unavoidable_usd(way)

    def bound(self, way: Candidate, gap: float) -> float:
        """Proven lower bound on any route between two landings, approaches and unavoidable tolls included."""
        key = way.ends, way.water_usd, gap
        if key not in self._bounds:
            self._bounds[key] = self.searches.bound(way.ends, way.water_usd, gap)
        return self._bounds[key] + self.approaches_usd(way.ends) + self.unavoidable_usd(way)

    def unavoidable_usd(self, way: Candidate) -> float:
        """Tolls that any route between the two landings pays."""
        assets = self.sea.crossings
        start, end = (np.rint(end.node).astype(int).tolist() for end in way.ends)
        return assets.unavoidable_usd(tuple(start), tuple(end), way.crossings) if assets else 0.0

    def avoidable_usd(self, way: Candidate) -> float:
        """Tolls of a route that another one might avoid: no bound holds them."""
        return tolls_usd(self.sea.crossings, way.crossings) - self.unavoidable_usd(way)

    def _from(self, start: str, ends: Sequence[str]) -> list[Candidate | InfeasibleError]:
        """Routes from one landing: one field says what they cost."""
        source = self.sites[start]
        field = self.sea.priced.guide.field(source.node, targets=[self.sites[end].node for end in ends])
        found: list[Candidate | InfeasibleError] = []
        for end in ends:
            try:
                found.append(self._best((source, self.sites[end]), field))
            except InfeasibleError as error:
                found.append(error)
        return found

    def _best(self, ends: Ends, field: Field) -> Candidate:
        """The cheapest route between two ends, given a field over the whole sea from the first."""
        # A field depends a little on the far side of the sea, so it gives no more than the price to search within.
        price_usd = field.value_at(ends[1].node)
        if not np.isfinite(price_usd):
            field.path_to(ends[1].node)  # says what separates them
        found = self.searches.route(ends, price_usd)
        return self.candidate(ends, Route(found.lonlat), found.path)

    def _states(self, ends: Ends, inner: Route) -> tuple[str, ...]:
        """States of both landings and of every sector on the way; the edge of a closed sector is not inside it."""
        own, sea = end_states(ends), self.sea
        if sea.sectors is None:
            return tuple(sorted(own))
        along = sea.sectors.along(sea.priced.rowcol(inner.at(inner.marks(sea.priced.step_m))))
        crossed = {state for state in along if state is not None}
        return tuple(sorted(own | (crossed if sea.states is None else crossed & set(sea.states))))


def end_states(ends: Iterable[LandingSite | Junction]) -> set[str]:
    """States that a route lands in."""
    return {end.landing.country for end in ends if isinstance(end, LandingSite)}


def tolls_usd(assets: CrossingMap | None, crossings: tuple[Crossing, ...]) -> float:
    """Price of some crossings."""
    return assets.price_usd(crossings) if assets else 0.0


def _admissible(crossings: tuple[Crossing, ...]) -> tuple[Crossing, ...]:
    """Crossings as they are, each at an angle that its asset allows."""
    for crossing in crossings:
        if not crossing.is_agreed:
            raise InfeasibleError(
                f"the shore approach crosses {crossing.asset.name} away from where that is agreed",
                conflict=[f"crossing of {crossing.asset.name}"],
            )
        if not crossing.is_admissible:
            raise InfeasibleError(
                f"the shore approach crosses {crossing.asset.name} at {crossing.angle_deg:.1f} degrees, "
                f"less than {crossing.asset.rule.min_angle_deg:g}",
                conflict=[f"crossing of {crossing.asset.name}"],
            )
    return crossings
