"""Where a cable may not go, and what it meets on its way, from vector layers.

Coastline, exclusion zones, existing assets, shipping lanes and national sectors are
read, checked and put into the routing CRS here; the coast keeps its own precision as
a polygon, and a cell counts as sea only when no part of it is land.
"""

from routing.constraints.assets import Agreed, Asset, agree, assets_of, bar_elsewhere, burn_separation, spread_toll
from routing.constraints.exclusion import (
    NATURAL,
    NO_BATHYMETRY,
    NO_CABLE,
    OUTSIDE_SURVEY,
    ExclusionMap,
    burn_avoidance,
    burn_exclusions,
    burn_lanes,
    close_sectors,
    confine,
)
from routing.constraints.layer import Carries, CrossingRule, Layer, LayerKind, LayerSource, load_layer
from routing.constraints.presets import ASSETS, PRESETS
from routing.constraints.sea import read_sea, sea_cells, sea_from_cells
from routing.constraints.sectors import Sectors, read_sectors
from routing.constraints.vectors import read_features, read_layer

__all__ = [
    "ASSETS",
    "NATURAL",
    "NO_BATHYMETRY",
    "NO_CABLE",
    "OUTSIDE_SURVEY",
    "PRESETS",
    "Agreed",
    "Asset",
    "Carries",
    "CrossingRule",
    "ExclusionMap",
    "Layer",
    "LayerKind",
    "LayerSource",
    "Sectors",
    "agree",
    "assets_of",
    "bar_elsewhere",
    "burn_avoidance",
    "burn_exclusions",
    "burn_lanes",
    "burn_separation",
    "close_sectors",
    "confine",
    "load_layer",
    "read_features",
    "read_layer",
    "read_sea",
    "read_sectors",
    "sea_cells",
    "sea_from_cells",
    "spread_toll",
]
