"""Which figure of the catalogue moves the total, and which one changes the landings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from routing.cost import CostModel
from routing.errors import InfeasibleError
from routing.fixedcost import FixedCost
from routing.network import choose_design, keeps_landings
from routing.planning import fixed_items

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from routing.catalogue import Catalogue, Figure
    from routing.network import DesignProblem
    from routing.planning import Candidate, LinkPlan, OptionPlan, Planner
    from routing.pricing import Stretches

__all__ = ["METHOD", "SWITCH_TOLERANCE", "Sensitivity", "Swing", "Switch", "analyse"]

#: How closely a switching value is found, as a share of the way from the base value to the outer one.
SWITCH_TOLERANCE = 0.01
METHOD = (
    "One figure at a time at its low and high value, all others at base. Routes are those of the base case; cable and "
    "burial are chosen anew along them. Landings are chosen anew by OR-Tools, except those of trees and of routes that "
    "keep apart, which are held."
)


@dataclass(frozen=True)
class Switch:
    """Where a figure changes the chosen landings.

    Attributes
    ----------
    value
        From the base value on, the first value at which the choice is another, to within SWITCH_TOLERANCE.
    landings
        Landings chosen at the outer value; empty where no choice keeps the rules of the option there.
    """

    value: float
    landings: tuple[str, ...]


@dataclass(frozen=True)
class Swing:
    """What one figure does to one option.

    Attributes
    ----------
    name, figure
        The figure, by the name that a project file gives it.
    low_usd, high_usd
        Total of the chosen design with the figure at its low and high value.
    switch_low, switch_high
        Where the choice of landings changes on the way there; None where it does not.
    """

    name: str
    figure: Figure
    low_usd: float
    high_usd: float
    switch_low: Switch | None
    switch_high: Switch | None

    @property
    def swing_usd(self) -> float:
        """How far the figure moves the total."""
        return abs(self.high_usd - self.low_usd)


@dataclass(frozen=True)
class Sensitivity:
    """What every figure does to one option, the largest swing first."""

    total_usd: float
    swings: tuple[Swing, ...]


def analyse(planner: Planner, options: Sequence[OptionPlan]) -> dict[str, Sensitivity]:
    """The sensitivity of each option, by its id.

    Parameters
    ----------
    planner
        What made the options.
    options
        The plans.

    Notes
    -----
    A route is reduced to its metres in each situation of the cost surface, so one scenario prices
    every candidate route by a product of two short arrays. Prices are scaled so that the base case
    gives the exact price of each route. Natural hazards keep their rates.
    """
    if not options:
        return {}
    bench = _Bench(planner, options)
    catalogue = planner.fixed.catalogue
    cases = {option.wanted.id: _Case(bench, option) for option in options}
    found: dict[str, list[Swing]] = {name: [] for name in cases}
    for name, figure in catalogue.figures().items():
        if figure.low == figure.high:
            continue
        outer = [bench.scenario(catalogue.with_base(name, value)) for value in (figure.low, figure.high)]
        for key, case in cases.items():
            swing = case.swing(name, figure, outer)
            if swing is not None:
                found[key].append(swing)
    return {
        key: Sensitivity(case.total_usd, tuple(sorted(found[key], key=lambda swing: (-swing.swing_usd, swing.name))))
        for key, case in cases.items()
    }


@dataclass(frozen=True)
class _Scenario:
    """One catalogue, and what a metre costs by it in each situation."""

    catalogue: Catalogue
    usd_per_m: NDArray[np.float64]
    fault_usd: float

    def price(self, met: Stretches) -> float:
        """USD of what a link meets."""
        return float(self.usd_per_m @ met.metres) + self.fault_usd * met.hazard_faults_per_year + met.avoidance_usd


@dataclass(frozen=True)
class _Bench:
    """Candidate routes, and the links of the options, reduced to what they meet."""

    planner: Planner
    options: Sequence[OptionPlan]

    @cached_property
    def stretches(self) -> Mapping[tuple[str, str], Stretches]:
        """What each candidate route meets."""
        priced = self.planner.sea.priced
        return {
            pair: priced.stretches(way.inner.lonlat, way.ends) for pair, way in self.planner.book.candidates().items()
        }

    @cached_property
    def held(self) -> Mapping[str, Stretches]:
        """What each link of the options meets, by its id."""
        priced = self.planner.sea.priced
        links = (link for option in self.options for link in option.links)
        return {link.segment.id: priced.stretches(link.segment.inner, link.segment.ends) for link in links}

    @cached_property
    def _base(self) -> _Scenario:
        return self.scenario(self.planner.fixed.catalogue)

    @cached_property
    def _met(self) -> NDArray[np.bool_]:
        """Situations that some candidate route meets."""
        met = [*self.stretches.values(), *self.held.values()]
        return np.asarray(np.any([each.metres > 0 for each in met], axis=0))

    @cached_property
    def _buildable(self) -> NDArray[np.bool_]:
        """Whether each way to build fits each situation that is met; limits are no figures: no scenario moves them."""
        surface = self.planner.sea.priced.surface
        return surface.model.situations.feasible(surface.model.options, surface.situations[self._met])

    def scenario(self, catalogue: Catalogue) -> _Scenario:
        """What a metre costs by another catalogue."""
        model, numbers = CostModel(catalogue), self.planner.sea.priced.surface.situations
        cheapest = np.where(self._buildable, model.unlimited_prices(numbers[self._met]), np.inf).min(axis=0)
        usd_per_m = np.zeros(len(numbers))
        # A line may graze a cell where nothing can be built; there it is priced by the rest of its way.
        usd_per_m[self._met] = np.where(np.isfinite(cheapest), cheapest, 0.0)
        return _Scenario(catalogue, usd_per_m, model.fault_price_usd())

    def way_usd(self, candidate: Candidate, scenario: _Scenario) -> float:
        """Price of a candidate route in a scenario."""
        met = self.stretches[candidate.start.id, candidate.end.id]
        return candidate.route_usd * scenario.price(met) / self._base.price(met)

    def held_usd(self, option: OptionPlan, scenario: _Scenario) -> float:
        """Total of an option in a scenario, its routes and landings as they are."""
        fixed = fixed_items(option, self.planner, FixedCost(scenario.catalogue))
        return sum(self._link_usd(link, scenario) for link in option.links) + sum(sum(part.values()) for part in fixed)

    def _link_usd(self, link: LinkPlan, scenario: _Scenario) -> float:
        met = self.held[link.segment.id]
        return sum(link.items.values()) * scenario.price(met) / self._base.price(met)


@dataclass(frozen=True)
class _Case:
    """One option on the bench."""

    bench: _Bench
    option: OptionPlan

    @property
    def total_usd(self) -> float:
        """Total of the option at base."""
        return self.option.design.objective_usd

    def swing(self, name: str, figure: Figure, outer: Sequence[_Scenario]) -> Swing | None:
        """What a figure does to the option; None when nothing."""
        low_usd, high_usd = (self.bench.held_usd(self.option, scenario) for scenario in outer)
        if abs(low_usd - self.total_usd) < 1.0 and abs(high_usd - self.total_usd) < 1.0:
            return None
        switches = (
            self._switch(name, figure.base, value, scenario)
            for value, scenario in zip((figure.low, figure.high), outer, strict=True)
        )
        return Swing(name, figure, low_usd, high_usd, *switches)

    def _problem(self, scenario: _Scenario) -> DesignProblem:
        fixed = FixedCost(scenario.catalogue)
        return self.bench.planner.problem(
            self.option.wanted, fixed=fixed, way_usd=lambda way: self.bench.way_usd(way, scenario)
        )

    def _switch(self, name: str, base: float, outer: float, at_outer: _Scenario) -> Switch | None:
        """Where on the way from the base value to an outer one the choice of landings changes."""
        if self.option.wanted.trunk or self.option.wanted.separation_m is not None:
            return None
        if self._is_kept(at_outer):
            return None
        chosen = self._landings(at_outer)
        catalogue = self.bench.planner.fixed.catalogue
        same, other = base, outer
        while abs(other - same) > SWITCH_TOLERANCE * abs(outer - base):
            middle = 0.5 * (same + other)
            kept = self._is_kept(self.bench.scenario(catalogue.with_base(name, middle)))
            same, other = (middle, other) if kept else (same, middle)
        return Switch(other, chosen)

    def _is_kept(self, scenario: _Scenario) -> bool:
        """Whether a scenario chooses the landings of the option."""
        return keeps_landings(self._problem(scenario), self.option.design.landings)

    def _landings(self, scenario: _Scenario) -> tuple[str, ...]:
        """Landings that a scenario chooses; none where no choice keeps the rules, as a budget."""
        try:
            return choose_design(self._problem(scenario)).landings
        except InfeasibleError:
            return ()
