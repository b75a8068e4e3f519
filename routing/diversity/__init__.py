"""Routes that stay apart, and alternatives that are other ways."""

from routing.diversity.alternatives import Alternative, alternatives
from routing.diversity.apartness import Apartness, Profile, far_share, shared_risk_m
from routing.diversity.laying import Laying, Link
from routing.diversity.separation import Separated, Spacing, separated_routes
from routing.diversity.transversal import Minorant, MinorantOf, bound_apart, pair_bound

__all__ = [
    "Alternative",
    "Apartness",
    "Laying",
    "Link",
    "Minorant",
    "MinorantOf",
    "Profile",
    "Separated",
    "Spacing",
    "alternatives",
    "bound_apart",
    "far_share",
    "pair_bound",
    "separated_routes",
    "shared_risk_m",
]
