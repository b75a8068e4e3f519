"""The cheapest tree over a cost surface that joins one landing of each group, and how good it is proven to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from routing.errors import InfeasibleError, InputError
from routing.network.trunk.problem import Branch, Junction, Tree
from routing.network.trunk.search import find_tree

if TYPE_CHECKING:
    from routing.network.trunk.problem import TrunkProblem
    from routing.network.trunk.search import Found

__all__ = ["trunk_and_branch"]


def trunk_and_branch(problem: TrunkProblem, *, tolerance: float = 0.005, threads: int = 2) -> Tree:
    found = find_tree(problem, threads=threads)
    return found
