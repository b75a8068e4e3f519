"""What the stages of a run hand to each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from routing.catalogue import Catalogue
    from routing.constraints import Agreed, Layer, Sectors
    from routing.grid import Grid
    from routing.hazards import HazardMap
    from routing.landing import LandingSite, Retreat
    from routing.planning import Existing, Infeasible, OptionPlan, Planner
    from routing.project import Project
    from routing.seabed import Conflict, Coverage, Seabed, SeabedFacts

__all__ = ["Loaded", "Planned"]


@dataclass(frozen=True)
class Loaded:
    """A project's inputs, read and checked.

    Attributes
    ----------
    project, catalogue
        What was asked, at which prices.
    grid
        The routing grid.
    seabed
        Water depth on it.
    shore
        The sea as a polygon in the routing CRS.
    layers, sectors
        Vector layers.
    sites
        Candidate landings, brought to the water.
    facts
        What is known of the sea floor.
    hazards
        Faults by natural hazards on every cell.
    existing
        Cables that are there and may be branched off, by the name of their group.
    conflicts
        Where surveys contradict what they are laid over.
    retreats
        How far the sea leaves each landing by the end of life; empty when the project does not say.
    agreed
        The only places where some assets may be crossed.
    coverages
        Parts of the sea that surveys sound which routes stay inside or are refined in.
    """

    project: Project
    catalogue: Catalogue
    grid: Grid
    seabed: Seabed
    shore: Any
    layers: tuple[Layer, ...]
    sectors: Sectors | None
    sites: tuple[LandingSite, ...]
    facts: SeabedFacts
    hazards: HazardMap
    existing: Mapping[str, Existing]
    conflicts: tuple[Conflict, ...]
    retreats: tuple[Retreat, ...]
    coverages: tuple[Coverage, ...] = ()
    agreed: tuple[Agreed, ...] = ()


@dataclass(frozen=True)
class Planned:
    """The answers of a run; `makers` planned the options whose sea is not that of `planner`, by their id."""

    planner: Planner
    options: tuple[OptionPlan, ...]
    infeasible: tuple[Infeasible, ...]
    makers: Mapping[str, Planner] = field(default_factory=dict)
