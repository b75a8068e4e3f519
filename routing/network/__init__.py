"""The network: which landing points, which links, which tree."""

from routing.network import trunk
from routing.network.design import Design, DesignProblem, Offer, Surcharge, choose_design, price_design
from routing.network.judging import Rule
from routing.network.listing import keeps_landings
from routing.network.proof import loosened, prove_design
from routing.network.rules import (
    AtLeastLandings,
    AtMostLandings,
    Budget,
    Consent,
    ExactlyLandings,
    Forbid,
    ForbidTogether,
    LatencyLimit,
    Require,
    SpanLimit,
)
from routing.network.steiner import SteinerTree, steiner_tree

__all__ = [
    "AtLeastLandings",
    "AtMostLandings",
    "Budget",
    "Consent",
    "Design",
    "DesignProblem",
    "ExactlyLandings",
    "Forbid",
    "ForbidTogether",
    "LatencyLimit",
    "Offer",
    "Require",
    "Rule",
    "SpanLimit",
    "SteinerTree",
    "Surcharge",
    "choose_design",
    "keeps_landings",
    "loosened",
    "price_design",
    "prove_design",
    "steiner_tree",
    "trunk",
]
