"""What breaks cables at a place beside the everyday: rates of faults, hazard by hazard, each cell its own."""

from routing.hazards.hazardmap import Hazard, HazardMap, judge_hazards
from routing.hazards.natural import Abrasion, ActiveFaults, IceGouge, MudVolcanoes, Surf, UnstableSlopes
from routing.hazards.rates import RATES, Level, Rate, Rated
from routing.hazards.shaking import StrongShaking
from routing.hazards.use import SeaUse, Zoned, classify

__all__ = [
    "RATES",
    "Abrasion",
    "ActiveFaults",
    "Hazard",
    "HazardMap",
    "IceGouge",
    "Level",
    "MudVolcanoes",
    "Rate",
    "Rated",
    "SeaUse",
    "StrongShaking",
    "Surf",
    "UnstableSlopes",
    "Zoned",
    "classify",
    "judge_hazards",
]
