"""Options: what is asked, the routes that could serve, and the plan that does."""

from routing.planning.corridors import option_corridors
from routing.planning.planner import Planner
from routing.planning.plans import (
    Clearance,
    Existing,
    Infeasible,
    LinkPlan,
    OptionPlan,
    Sea,
    Wanted,
    WantedAlternatives,
)
from routing.planning.prices import fixed_items, span_items, total_usd, tree_amplifiers
from routing.planning.refined import Refined, Traits
from routing.planning.routes import Candidate, RouteBook
from routing.planning.searching import KEPT_TYPES, here

__all__ = [
    "KEPT_TYPES",
    "Candidate",
    "Clearance",
    "Existing",
    "Infeasible",
    "LinkPlan",
    "OptionPlan",
    "Planner",
    "Refined",
    "RouteBook",
    "Sea",
    "Traits",
    "Wanted",
    "WantedAlternatives",
    "fixed_items",
    "here",
    "option_corridors",
    "span_items",
    "total_usd",
    "tree_amplifiers",
]
