"""Least-cost continuous paths on bare arrays: no coordinate systems, no files.

The cost lives at cell centres (integer row, col), is bilinear between them, and
is a price per unit length. Cells that are ``inf`` are excluded: closed squares of
side 1 that a path may touch but not enter, nor squeeze between where two of them
meet at a corner. The price of a polyline is the exact line integral of the cost.
"""

from routing.geodesic.bound import Certificate, certify
from routing.geodesic.costgrid import CostGrid, distance_field, least_cost_path, path_cost
from routing.geodesic.enclosure import enclosure
from routing.geodesic.field import Field
from routing.geodesic.path import GeodesicPath

__all__ = [
    "Certificate",
    "CostGrid",
    "Field",
    "GeodesicPath",
    "certify",
    "distance_field",
    "enclosure",
    "least_cost_path",
    "path_cost",
]
