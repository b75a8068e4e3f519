"""Trunk and branch: the cheapest tree of cables and branching units over a cost surface."""

from routing.network.trunk.bound import cells_within, prove_tree
from routing.network.trunk.problem import Branch, Group, Junction, Tree, TrunkProblem
from routing.network.trunk.search import rough_price
from routing.network.trunk.tree import trunk_and_branch

__all__ = [
    "Branch",
    "Group",
    "Junction",
    "Tree",
    "TrunkProblem",
    "cells_within",
    "prove_tree",
    "rough_price",
    "trunk_and_branch",
]
