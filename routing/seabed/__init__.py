"""What is known of the sea floor on the routing grid."""

from routing.seabed.bathymetry import Bathymetry, Seabed, measure_seabed
from routing.seabed.facts import SeabedFacts, gather_facts
from routing.seabed.levels import WaterLevels, vertical_reference
from routing.seabed.profile import seabed_length_m

__all__ = [
    "Bathymetry",
    "Seabed",
    "SeabedFacts",
    "WaterLevels",
    "gather_facts",
    "measure_seabed",
    "seabed_length_m",
    "vertical_reference",
]
