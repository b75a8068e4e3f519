"""Planned options with their routes found again inside surveys."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING

from routing.courses import beyond
from routing.engineering import latency_ms, shortest_way_m
from routing.errors import InfeasibleError
from routing.finding import Finding
from routing.landing import LandingSite
from routing.network import Budget, LatencyLimit, SpanLimit
from routing.planning import Candidate, total_usd, tree_amplifiers
from routing.refinement.splicing import Again, find_again
from routing.route import Route

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from routing.finding import Severity
    from routing.junction import Junction
    from routing.planning import LinkPlan, OptionPlan, Planner, Refined
    from routing.results import Loaded

__all__ = ["Refiner"]


@dataclass
class Refiner:
    """Finds the routes of options again inside surveys, each once.

    Parameters
    ----------
    loaded
        The project's inputs.
    """

    loaded: Loaded

    def __post_init__(self) -> None:
        self._lock = Lock()
        self._found: dict[tuple[int, bytes], Again] = {}

    def refined(self, option: OptionPlan, planner: Planner) -> OptionPlan:
        """An option with its routes found again where they lie on surveys.

        Parameters
        ----------
        option
            The plan.
        planner
            What made it.

        Notes
        -----
        Prices and proven bounds stay those of the routing grid, so that every route compares with every other: a
        refined route is charged there what its way round costs there. What the survey says of both lines is in
        `refined` of each link. Routes that keep apart are not refined. Where refined routes break a rule of the option
        that the planned ones keep, those stay.
        """
        if option.wanted.separation_m is not None:
            return _noted(option, "not refined inside surveys: its routes keep apart")
        changed = replace(option, links=tuple(self._link(link, option, planner) for link in option.links))
        if not any(each.after for link in changed.links for each in link.refined):
            return changed
        more_usd = total_usd(changed, planner) - total_usd(option, planner)
        usd = {name: getattr(option.design, name) + more_usd for name in ("objective_usd", "bound_usd")}
        changed = replace(changed, design=replace(option.design, **usd))
        broken = next(_broken_rules(changed, planner), None)
        if broken is None:
            return changed
        return _noted(option, f"not refined inside surveys: its new routes would break the rule {broken!r}")

    def _link(self, link: LinkPlan, option: OptionPlan, planner: Planner) -> LinkPlan:
        """A link with its route found again; as it is where nothing was found."""
        again = self._again(link, planner)
        shore_m = getattr(link.segment.start, "approach_m", 0.0)
        refined = tuple(
            replace(each, start_m=each.start_m + shore_m, end_m=each.end_m + shore_m) for each in again.refined
        )
        if not again.is_changed:
            return _with_findings(link, refined)
        try:
            candidate = _candidate(link, again.lonlat, planner)
        except InfeasibleError as error:
            return _with_findings(link, tuple(_kept(each, str(error)) for each in refined))
        wanted = option.wanted
        made = planner.engineered(
            replace(wanted, alternatives=None),
            candidate,
            fibre_pairs=link.fibre_pairs,
            is_powered=bool(wanted.trunk) and bool(tree_amplifiers(wanted, option, planner.fixed)),
        )
        # What the routing grid proved, and the other routes that it has, belong to the route as planned.
        own = {name: getattr(link, name) for name in ("path_usd", "lower_bound_usd", "alternatives")}
        return _with_findings(replace(made, **own), refined)

    def _again(self, link: LinkPlan, planner: Planner) -> Again:
        """A route found again; options share routes, and each is searched once."""
        inner = link.segment.inner
        key = id(planner), inner.tobytes()
        with self._lock:  # windows take memory: one route at a time
            if key not in self._found:
                self._found[key] = find_again(self.loaded, planner, inner, beyond(link.segment.ends))
            return self._found[key]


def _candidate(link: LinkPlan, inner: NDArray[np.float64], planner: Planner) -> Candidate:
    """A new route of a link with its prices on the routing grid.

    Raises
    ------
    InfeasibleError
        When it may not be laid there, or crosses an asset at too small an angle.
    """
    priced = planner.sea.priced
    path = priced.surface.grid.to_rowcol(priced.follow(inner)[0])
    candidate = planner.book.candidate(link.segment.ends, Route(inner), path)
    if not math.isfinite(candidate.route_usd):
        raise InfeasibleError("the new line touches cells that the routing grid excludes")
    return candidate


def _kept(stretch: Refined, reason: str) -> Refined:
    return replace(stretch, after=None, bound_usd=math.nan, kept=stretch.kept or reason)


def _with_findings(link: LinkPlan, refined: tuple[Refined, ...]) -> LinkPlan:
    return replace(link, refined=refined, findings=(*link.findings, *map(_finding, refined)))


def _finding(stretch: Refined) -> Finding:
    """What became of one stretch; one that cannot be built as it stands wants a decision."""
    from_km, to_km = round(stretch.start_m / 1000.0, 3), round(stretch.end_m / 1000.0, 3)
    where = f"KP {from_km:.3f} to {to_km:.3f} on {', '.join(stretch.surveys)}, cells of {stretch.cell_m:.3g} m"
    before, after = stretch.before, stretch.after
    if after is not None:
        was = f"USD {before.usd:,.0f}" if math.isfinite(before.usd) else "what cannot be built"
        return Finding("refined", "info", f"{where}: found again at USD {after.usd:,.0f}, before {was}", from_km, to_km)
    severity: Severity = "info" if math.isfinite(before.usd) else "warning"
    unfit = "" if math.isfinite(before.usd) else ", though the survey shows where it cannot be built"
    return Finding("refined", severity, f"{where}: stays as planned{unfit}: {stretch.kept}", from_km, to_km)


def _noted(option: OptionPlan, text: str) -> OptionPlan:
    """An option as planned, its links with a note."""
    note = Finding("not-refined", "info", text)
    return replace(option, links=tuple(replace(link, findings=(*link.findings, note)) for link in option.links))


def _broken_rules(option: OptionPlan, planner: Planner) -> Iterator[str]:
    """Rules on lengths and prices that an option breaks; those on landings do not depend on routes."""
    routes = [(link.segment, link.segment.route.length_m) for link in option.links]
    lengths = [(_group(segment.start), _group(segment.end), length_m) for segment, length_m in routes]
    for rule in option.wanted.rules:
        match rule:
            case Budget(usd=usd):
                broken = option.design.objective_usd > usd
            case SpanLimit(length_m=most_m):
                longest = option.longest_way_m if option.wanted.trunk else max(length_m for *_, length_m in lengths)
                broken = longest > most_m
            case LatencyLimit(first_group=first, second_group=second, ms=ms):
                broken = latency_ms(shortest_way_m(lengths, first, second), planner.fixed) > ms
            case _:
                broken = False
        if broken:
            yield rule.text()


def _group(end: LandingSite | Junction) -> str:
    return end.landing.country if isinstance(end, LandingSite) else end.id
