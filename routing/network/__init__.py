"""The network: which landing points, which links."""

from routing.network.design import Design, DesignProblem, Offer, choose_design, price_design
from routing.network.proof import prove_design
from routing.network.steiner import SteinerTree, steiner_tree

__all__ = [
    "Design",
    "DesignProblem",
    "Offer",
    "SteinerTree",
    "choose_design",
    "price_design",
    "prove_design",
    "steiner_tree",
]
