"""Routes that stay apart, and alternatives that are other ways.

Examples
--------
A sea of 100 m depth with an island, 1000 m cells, and two landings:

>>> import numpy as np
>>> from routing.catalogue import read_catalogue
>>> from routing.constraints import ExclusionMap
>>> from routing.cost import CostModel
>>> from routing.exposure import Exposure
>>> from routing.grid import Grid
>>> from routing.landing import Landing, LandingSite
>>> from routing.pricing import PricedGrid
>>> catalogue, cells = read_catalogue(), Grid(31, 51, 450_000.0, 4_640_000.0, 1000.0, 1000.0, "EPSG:32639")
>>> code = np.zeros(cells.shape, np.uint8)
>>> code[12:17, 22:28] = 1
>>> threats, depth_m = Exposure.uniform(cells.shape, catalogue), np.full(cells.shape, 100.0, np.float32)
>>> sea = PricedGrid(CostModel(catalogue).surface(cells, depth_m, threats, ExclusionMap(code, ("island",))))
>>> def landing(name, node):
...     place = tuple(map(float, sea.lonlat([node])[0]))
...     return LandingSite(Landing(name, name, name, *place), place, node, place, 0.0, 0.0)
>>> link, laying = (landing("west", (15, 4)), landing("east", (15, 46))), Laying(sea, alter_course_usd=1000.0)

Two routes that keep 6 km apart beyond 10 km from the landings pass the island on both sides:

>>> pair = separated_routes(laying, [link, link], spacing=Spacing(separation_m=6000.0, zone_m=10_000.0))
>>> pair.least_m >= 6000.0, pair.lower_bound_usd <= pair.total_usd, pair.premium_usd > 0
(True, True, True)
>>> exposed = {"everywhere": np.ones(cells.shape, bool)}
>>> first, second = pair.routes
>>> 0 < shared_risk_m((first, second), exposed, priced=sea, within_m=6000.0)["everywhere"] < first.length_m
True

The same two are the ways that there are:

>>> ways = alternatives(laying, link, count=3, apart_m=2000.0)
>>> len(ways), [round(way.stretch, 2) for way in ways]
(2, [1.0, 1.01])
"""

from routing.diversity.alternatives import Alternative, alternatives
from routing.diversity.apartness import Apartness, Profile, far_share, shared_risk_m
from routing.diversity.laying import Laying, Link
from routing.diversity.separation import Separated, Spacing, separated_routes
from routing.diversity.transversal import Cut, Minorant, MinorantOf, bound_apart, pair_bounds, straight_cuts

__all__ = [
    "Alternative",
    "Apartness",
    "Cut",
    "Laying",
    "Link",
    "Minorant",
    "MinorantOf",
    "Profile",
    "Separated",
    "Spacing",
    "alternatives",
    "bound_apart",
    "far_share",
    "pair_bounds",
    "separated_routes",
    "shared_risk_m",
    "straight_cuts",
]
