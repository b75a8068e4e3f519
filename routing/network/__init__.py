"""The network: which landing points, which links, which tree."""

from routing.network.design import Design, DesignProblem, Offer, choose_design, price_design
from routing.network.proof import prove_design
from routing.network.trunk import Group, Tree, TrunkProblem, trunk_and_branch

__all__ = [
    "Design",
    "DesignProblem",
    "Group",
    "Offer",
    "Tree",
    "TrunkProblem",
    "choose_design",
    "price_design",
    "prove_design",
    "trunk_and_branch",
]
