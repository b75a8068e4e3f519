"""Least-cost continuous paths on bare arrays: no coordinate systems, no files.

The cost lives at cell centres (integer row, col), is bilinear between them, and
is a price per unit length. Cells that are ``inf`` are excluded: closed squares of
side 1 that a path may touch but not enter, nor squeeze between where two of them
meet at a corner. The price of a polyline is the exact line integral of the cost.
A cost may depend on the heading too, and lines may ask a toll for crossing them.
"""

from routing.geodesic.bound import Certificate, certify
from routing.geodesic.costgrid import CostGrid, distance_field, least_cost_path, path_cost
from routing.geodesic.direction import directed_path, directed_price
from routing.geodesic.duality import certify_directed
from routing.geodesic.enclosure import enclosure
from routing.geodesic.field import Field
from routing.geodesic.heading import side_slope_tensor
from routing.geodesic.path import GeodesicPath
from routing.geodesic.tolls import Toll

__all__ = [
    "Certificate",
    "CostGrid",
    "Field",
    "GeodesicPath",
    "Toll",
    "certify",
    "certify_directed",
    "directed_path",
    "directed_price",
    "distance_field",
    "enclosure",
    "least_cost_path",
    "path_cost",
    "side_slope_tensor",
]
