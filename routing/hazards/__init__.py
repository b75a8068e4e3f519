"""What breaks cables at a place beside the everyday: rates of faults, hazard by hazard, each cell its own."""

from routing.hazards.hazardmap import Hazard, HazardMap, Rate, judge_hazards
from routing.hazards.natural import Abrasion, ActiveFaults, IceGouge, MudVolcanoes, Surf, UnstableSlopes
from routing.hazards.shaking import StrongShaking
from routing.hazards.use import SeaUse, judge_use

__all__ = [
    "Abrasion",
    "ActiveFaults",
    "Hazard",
    "HazardMap",
    "IceGouge",
    "MudVolcanoes",
    "Rate",
    "SeaUse",
    "StrongShaking",
    "Surf",
    "UnstableSlopes",
    "judge_hazards",
    "judge_use",
]
