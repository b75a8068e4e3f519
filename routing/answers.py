"""An answer to every option of a project, or why there is none: the third stage of a run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

from routing.barriers import plan_with_barriers
from routing.confinement import confinement
from routing.errors import InfeasibleError
from routing.fixedcost import FixedCost
from routing.options import wanted_of
from routing.planning import KEPT_TYPES, Infeasible, OptionPlan, Planner, Sea, here
from routing.results import Loaded, Planned
from routing.reuse import Store
from routing.surface import surface
from routing.threads import side_by_side

if TYPE_CHECKING:
    from routing.cluster import Cluster
    from routing.planning import Wanted

__all__ = ["plan"]


def plan(
    loaded: Loaded, sea: Sea, *, threads: int, store: Store | None = None, cluster: Cluster | None = None
) -> Planned:
    """Plan every wanted option; those without an answer are kept with the reason.

    Parameters
    ----------
    loaded, sea
        What the stages before found.
    threads
        Threads for the solver; the results are the same for any number.
    store
        What earlier runs found, by all that it depends on; the results are the same without.
    cluster
        Does the searches; None: this machine does.
    """
    project = loaded.project
    threads = max(threads, cluster.threads) if cluster else threads
    planner = Planner(
        sea=sea,
        sites={site.landing.id: site for site in loaded.sites},
        fixed=FixedCost(loaded.catalogue),
        points_of_presence={key: (place.lon, place.lat) for key, place in project.points_of_presence.items()},
        alter_course_usd=project.routing.alter_course_usd,
        transition_usd=project.routing.transition_usd,
        existing=loaded.existing,
        gap=project.routing.gap_pct / 100.0,
        threads=threads,
        store=store or Store(None, {}, KEPT_TYPES),
        do=cluster or here,
    )
    seas = _Seas(loaded, planner)
    wanted = [wanted_of(table) for table in project.option]
    planner.prepare([each for each in wanted if each.states is None])
    with side_by_side(threads) as pool:
        answers = list(pool.map(seas.answer, wanted))
    options = tuple(each for each in answers if isinstance(each, OptionPlan))
    infeasible = tuple(each for each in answers if isinstance(each, Infeasible))
    makers = {each.wanted.id: seas.planner(frozenset(each.given_up), each.wanted.states) for each in options}
    if project.routing.refine:
        from routing.refinement import Refiner

        refiner = Refiner(loaded)
        options = tuple(refiner.refined(each, makers[each.wanted.id]) for each in options)
    return Planned(planner, options, infeasible, makers)


@dataclass
class _Seas:
    """Planners by the barriers that are given up and the states that are open, each made once."""

    loaded: Loaded
    usual: Planner

    def __post_init__(self) -> None:
        self._lock = Lock()
        self._planners: dict[tuple[frozenset[str], tuple[str, ...] | None], Planner] = {(frozenset(), None): self.usual}

    @property
    def importance(self) -> dict[str, int]:
        """Importance of each soft barrier, by layer name."""
        sources = [layer.source for layer in self.loaded.layers]
        return {source.name: source.importance for source in sources if source.importance is not None}

    def planner(self, given_up: frozenset[str], states: tuple[str, ...] | None) -> Planner:
        """The planner of the sea without some barriers."""
        key = given_up, states
        with self._lock:  # options are planned side by side
            if key not in self._planners:
                sea = surface(self.loaded, without=given_up, states=states)
                self._planners[key] = replace(self.usual, sea=sea)
            return self._planners[key]

    def answer(self, wanted: Wanted) -> OptionPlan | Infeasible:
        """The plan of an option, or why there is none."""
        try:
            return plan_with_barriers(partial(self.plan, wanted), self.importance)
        except InfeasibleError as error:
            hard = self.planner(frozenset(self.importance), wanted.states)
            return hard.diagnose(wanted, error, partial(self.relaxed, wanted.states))

    def plan(self, wanted: Wanted, given_up: frozenset[str]) -> OptionPlan:
        """Plan an option over the sea without some barriers."""
        return self.planner(given_up, wanted.states).plan(wanted)

    def relaxed(self, states: tuple[str, ...] | None, reason: str) -> Sea | None:
        """The sea without any barrier and without the exclusions of one reason; None where that cannot be given up."""
        named = {
            layer.source.name
            for layer in self.loaded.layers
            if layer.source.kind == "exclude" and layer.source.reason == reason
        }
        kept = confinement(self.loaded)
        named |= {reason} if kept is not None and kept.reason == reason else set()
        left_out = named | set(self.importance)
        return surface(self.loaded, without=left_out, states=states) if named else None
