"""What is known of the sea floor on the routing grid."""

from routing.seabed.bathymetry import Bathymetry, Seabed, measure_seabed

__all__ = ["Bathymetry", "Seabed", "measure_seabed"]
