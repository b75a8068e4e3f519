"""Rates of faults on every cell as the weighted sum of hazards that stay apart.

A rate is faults per 1000 km of cable and year, added to what fishing and anchors
do; burial and armour do not lower it here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from routing.hazards.rates import Level
    from routing.seabed import SeabedFacts

__all__ = ["Hazard", "HazardMap", "judge_hazards"]


class Hazard(Protocol):
    """One cause of faults: `name` as reports call it, `weight` as the project wants it."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def weight(self) -> float:
        """Factor on its rates; 1 is as given."""

    def rates(self, facts: SeabedFacts, level: Level, /) -> NDArray[np.float32]:
        """Faults per 1000 km a year on each cell."""

    def note(self, facts: SeabedFacts, /) -> str | None:
        """What these rates cannot tell; None: nothing to say."""


@dataclass(frozen=True)
class HazardMap:
    """Faults per 1000 km a year on each cell, hazard by hazard.

    Attributes
    ----------
    layers
        Weighted rates by name of the hazard; 0 outside the sea.
    shape
        Rows and columns.
    notes
        What the rates cannot tell, by name of the hazard.
    """

    layers: Mapping[str, NDArray[np.float32]]
    shape: tuple[int, int]
    notes: Mapping[str, str]

    @cached_property
    def hazard_faults(self) -> NDArray[np.float32]:
        """Sum over the hazards."""
        total = np.zeros(self.shape, np.float32)
        for layer in self.layers.values():
            total += layer
        return total

    def explain(self, row: int, col: int) -> dict[str, float]:
        """Rates that count at one cell, largest first.

        Examples
        --------
        >>> ice = np.array([[5.0, 0.0]], np.float32)
        >>> HazardMap({"ice gouging": ice}, (1, 2), {}).explain(0, 0)
        {'ice gouging': 5.0}
        """
        found = {name: float(layer[row, col]) for name, layer in self.layers.items() if layer[row, col] > 0}
        return dict(sorted(found.items(), key=lambda item: -item[1]))


def judge_hazards(facts: SeabedFacts, hazards: Iterable[Hazard], *, level: Level = "base") -> HazardMap:
    """Rates of faults on every cell of the sea.

    Parameters
    ----------
    facts
        The sea floor.
    hazards
        What to count; a hazard that is left out is switched off.
    level
        Level of the rates.
    """
    layers, notes = {}, {}
    for hazard in hazards:
        rates = hazard.rates(facts, level) * np.float32(hazard.weight)
        layers[hazard.name] = np.where(facts.sea, rates, np.float32(0.0))
        note = hazard.note(facts)
        if note:
            notes[hazard.name] = note
    return HazardMap(layers, facts.grid.shape, notes)
