"""Made-up landings all round the Caspian, and options that join them: networks of any size."""

from __future__ import annotations

import numpy as np
from caspian import PROJECT
from numpy.typing import NDArray

from routing import geodesy
from routing.fixedcost import FixedCost
from routing.geodesic import enclosure
from routing.landing import Landing, LandingSite
from routing.pipeline import load, surface
from routing.planning import Planner, Sea, Wanted
from routing.project import read_project

__all__ = ["coastal_planner", "wanted_links", "wanted_tree"]


def coastal_planner(*, candidates: int, groups: int, resolution_m: float = 1000.0) -> Planner:
    """A planner of the embedded sea whose landings are free cells beside the shore, evenly round it, in groups."""
    project = read_project(PROJECT).model_copy(update={"resolution_m": float(resolution_m)})
    loaded = load(project)
    sea = surface(loaded)
    cells = _round_the_shore(sea, candidates)
    sites = [_site(sea, cell, number, groups, candidates) for number, cell in enumerate(cells)]
    return Planner(
        sea=sea,
        sites={site.id: site for site in sites},
        fixed=FixedCost(loaded.catalogue),
        points_of_presence={},
        alter_course_usd=project.routing.alter_course_usd,
        transition_usd=project.routing.transition_usd,
    )


def wanted_links(groups: int) -> Wanted:
    """A ring of links through all groups, or the one link of two."""
    names = [f"G{number}" for number in range(groups)]
    pairs = list(zip(names, names[1:] + names[:1], strict=True))
    return Wanted("links", "Links", tuple(pairs if groups > 2 else pairs[:1]))


def wanted_tree(groups: int) -> Wanted:
    """A tree over all groups."""
    return Wanted("tree", "Tree", trunk=tuple(f"G{number}" for number in range(groups)))


def _round_the_shore(sea: Sea, count: int) -> NDArray[np.intp]:
    """Cells (count, 2) of the open water next to excluded ones, evenly by their angle from its middle."""
    surface = sea.priced.surface
    start = np.unravel_index(int(np.nanargmax(np.where(surface.free, surface.depth_m, -1.0))), surface.free.shape)
    main = enclosure(surface.total(), (int(start[0]), int(start[1])))
    inner = main.copy()
    for axis in (0, 1):
        for step in (-1, 1):
            inner &= np.roll(main, step, axis=axis)
    shore = np.argwhere(main & ~inner)
    away = shore - np.argwhere(main).mean(axis=0)
    order = np.argsort(np.arctan2(away[:, 0], away[:, 1]), kind="stable")
    picked: NDArray[np.intp] = shore[order[np.linspace(0, len(order) - 1, count, dtype=np.intp)]]
    return picked


def _site(sea: Sea, cell: NDArray[np.intp], number: int, groups: int, candidates: int) -> LandingSite:
    lon, lat = sea.priced.lonlat([cell])[0].tolist()
    row, col = (int(value) for value in cell)
    group = f"G{number * groups // candidates}"
    ashore = geodesy.direct(np.array([[lon, lat]]), np.array([0.0]), np.array([500.0]))[0]
    name = f"{group.lower()}-{number}"
    landing = Landing(name, name, group, lon, lat)
    return LandingSite(landing, (float(ashore[0]), float(ashore[1])), (row, col), (lon, lat), 0.0, 500.0)
