"""What is known of the sea floor on the routing grid."""

from routing.seabed.bathymetry import Bathymetry, Seabed, measure_seabed
from routing.seabed.facts import SeabedFacts, gather_facts
from routing.seabed.levels import WaterLevels, vertical_reference
from routing.seabed.profile import seabed_length_m
from routing.seabed.resampling import FINER, cell_means
from routing.seabed.surveys import Conflict, Coverage, Depths, Survey, lay_surveys, sounded_by

__all__ = [
    "FINER",
    "Bathymetry",
    "Conflict",
    "Coverage",
    "Depths",
    "Seabed",
    "SeabedFacts",
    "Survey",
    "WaterLevels",
    "cell_means",
    "gather_facts",
    "lay_surveys",
    "measure_seabed",
    "seabed_length_m",
    "sounded_by",
    "vertical_reference",
]
