"""The real cost surface of the embedded Trans-Caspian project, at any resolution."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from terrain import Cell

from routing.pipeline import load, surface
from routing.project import read_project

__all__ = ["LINKS", "CaspianCost", "caspian_cost"]

PROJECT = Path(__file__).parents[1] / "data/trans-caspian/project.toml"
LINKS = (("az-sumqayit", "kz-aktau"), ("tm-hazar", "kz-bautino"))  # the published one, the longest one


@dataclass(frozen=True)
class CaspianCost:
    """USD per metre on square cells, and the cells of the landings.

    Attributes
    ----------
    cost
        As the pipeline hands it to the kernel.
    landings
        Cell of each candidate landing by its id.
    """

    cost: NDArray[np.float32]
    landings: dict[str, Cell]


def caspian_cost(resolution_m: float) -> CaspianCost:
    """The project's cost surface with cells of another size."""
    project = read_project(PROJECT).model_copy(update={"resolution_m": float(resolution_m)})
    loaded = load(project)
    priced = surface(loaded).priced
    return CaspianCost(priced.cost, {site.landing.id: site.node for site in loaded.sites})
