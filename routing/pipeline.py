"""The one place that runs the stages in order: load, surface, plan, publish.

Each stage is a function from frozen values to a frozen value. Files appear whole
or not at all: everything is written beside the run's folder first, moved into it
last, and the manifest, written after all others, is the commit record.
"""

from __future__ import annotations

import logging
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from routing import constraints, geodesy
from routing.catalogue import Catalogue, read_catalogue
from routing.cost import CostModel, Exposure
from routing.errors import InfeasibleError, InputError
from routing.fixedcost import FixedCost
from routing.grid import Grid, Raster
from routing.gridfile import RasterSource
from routing.landing import LandingSite, open_water, read_landings, site_landing
from routing.planning import Infeasible, OptionPlan, Planner, Sea, Wanted
from routing.pricing import PricedGrid
from routing.seabed import Bathymetry, Seabed, measure_seabed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from routing.constraints import Layer, Sectors
    from routing.landing import Landing
    from routing.project import Project

__all__ = ["Loaded", "Planned", "input_files", "load", "plan", "stage", "surface"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Loaded:
    """A project's inputs, read and checked.

    Attributes
    ----------
    project, catalogue
        What was asked, at which prices.
    grid
        The routing grid.
    seabed
        Water depth on it.
    shore
        The sea as a polygon in the routing CRS.
    layers, sectors
        Vector layers.
    sites
        Candidate landings, brought to the water.
    """

    project: Project
    catalogue: Catalogue
    grid: Grid
    seabed: Seabed
    shore: Any
    layers: tuple[Layer, ...]
    sectors: Sectors | None
    sites: tuple[LandingSite, ...]


@dataclass(frozen=True)
class Planned:
    """The answers of a run."""

    planner: Planner
    options: tuple[OptionPlan, ...]
    infeasible: tuple[Infeasible, ...]


@contextmanager
def stage(name: str, timings: dict[str, float] | None = None) -> Iterator[None]:
    """Log one line when a stage ends, and keep its seconds."""
    start = time.perf_counter()
    yield
    seconds = time.perf_counter() - start
    _log.info("%-8s %6.2f s", name, seconds)
    if timings is not None:
        timings[name] = round(seconds, 3)


def input_files(project: Project) -> dict[str, Path]:
    """Every file that a project reads, by the key that names it."""
    files = {"bathymetry": project.bathymetry.path, "landings": project.landings.path}
    if project.coast:
        files["coast"] = project.coast.path
    if project.sectors:
        files["sectors"] = project.sectors.path
    files |= {f"layer {layer.name}": layer.path for layer in project.layer}
    return {key: project.file(path) for key, path in files.items()}


def load(project: Project) -> Loaded:
    """Read and check everything that a project names.

    Raises
    ------
    InputError
        For the first thing that does not fit, with its file and key.
    """
    catalogue = read_catalogue(project.catalogue)
    for kind in ("shipping", "lane", "fishing", "sediment"):
        catalogue.factor("shipping" if kind == "lane" else kind, getattr(project.exposure, kind))
    grid = _routing_grid(project)
    shore = None
    if project.coast:
        shore = constraints.read_sea(project.file(project.coast.path), crs=grid.crs, area=project.area)
    cells = None if shore is None else constraints.sea_cells(shore, grid)
    seabed = measure_seabed(_bathymetry(project), grid, cells, area=project.area)
    if shore is None:
        shore = constraints.sea_from_cells(seabed.sea, grid)
    sectors = None
    if project.sectors:
        path = project.file(project.sectors.path)
        sectors = constraints.read_sectors(path, grid, attribute=project.sectors.attribute, area=project.area)
    return Loaded(
        project=project,
        catalogue=catalogue,
        grid=grid,
        seabed=seabed,
        shore=shore,
        layers=tuple(_layers(project, grid)),
        sectors=sectors,
        sites=_sites(project, shore, seabed),
    )


def surface(loaded: Loaded, *, without: str | None = None) -> Sea:
    """Price every cell.

    Parameters
    ----------
    loaded
        The inputs.
    without
        Reason of an exclusion to leave out.
    """
    layers = tuple(layer for layer in loaded.layers if without is None or layer.source.reason != without)
    exclusions = constraints.burn_exclusions(
        loaded.grid, sea=loaded.seabed.sea, known=np.isfinite(loaded.seabed.depth_m), layers=layers
    )
    classes = loaded.project.exposure
    exposure = Exposure(
        shipping=classes.shipping,
        lane=classes.lane,
        fishing=classes.fishing,
        sediment=classes.sediment,
        in_lane=constraints.burn_lanes(loaded.grid, layers),
    )
    priced = CostModel(loaded.catalogue).surface(loaded.grid, loaded.seabed.depth_m, exposure, exclusions)
    return Sea(PricedGrid(priced), exclusions, loaded.sectors)


def plan(loaded: Loaded, sea: Sea, *, threads: int) -> Planned:
    """Plan every wanted option; those without an answer are kept with the reason."""
    project = loaded.project
    planner = Planner(
        sea=sea,
        sites={site.landing.id: site for site in loaded.sites},
        fixed=FixedCost(loaded.catalogue),
        points_of_presence={key: (place.lon, place.lat) for key, place in project.points_of_presence.items()},
        alter_course_usd=project.routing.alter_course_usd,
        transition_usd=project.routing.transition_usd,
        threads=threads,
    )

    def relaxed(reason: str) -> Sea | None:
        known = any(layer.source.kind == "exclude" and layer.source.reason == reason for layer in loaded.layers)
        return surface(loaded, without=reason) if known else None

    options, infeasible = [], []
    for table in project.option:
        wanted = Wanted(table.id, table.name, table.links, table.landings)
        try:
            options.append(planner.plan(wanted))
        except InfeasibleError as error:
            infeasible.append(planner.explain(wanted, error, relaxed))
    return Planned(planner, tuple(options), tuple(infeasible))


def default_threads() -> int:
    """Threads that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cost_raster(sea: Sea) -> Raster:
    """USD per metre; NaN where excluded."""
    priced = sea.priced.surface
    return Raster(np.where(priced.free, priced.total(), np.float32(np.nan)).astype(np.float32), priced.grid)


def _routing_grid(project: Project) -> Grid:
    projection = geodesy.local_projection(project.area) if project.crs == "auto" else geodesy.Projection(project.crs)
    grid = Grid.cover_area(project.area, projection=projection, cell_size_m=project.resolution_m)
    _ = grid.scale  # refuses a projection that is not conformal here
    return grid


def _bathymetry(project: Project) -> Bathymetry:
    table = project.bathymetry
    source = RasterSource(project.file(table.path), table.band, table.variable, table.crs, table.nodata)
    return Bathymetry(source, table.kind, table.zero_m, project.water_level_m, table.min_depth_m)


def _layers(project: Project, grid: Grid) -> Iterator[Layer]:
    for table in project.layer:
        source = constraints.LayerSource(
            name=table.name,
            path=project.file(table.path),
            kind=table.kind,
            reason=table.reason or table.name,
            buffer_m=table.buffer_m,
            buffer_field=table.buffer_field,
            label_field=table.label_field,
        )
        yield constraints.load_layer(source, crs=grid.crs, area=project.area)


def _sites(project: Project, shore: Any, seabed: Seabed) -> tuple[LandingSite, ...]:  # noqa: ANN401
    path = project.file(project.landings.path)
    landings = read_landings(path)
    _refuse_unknown(project, landings, path)
    water = open_water(seabed.sea & np.isfinite(seabed.depth_m))
    limit_m = 1000.0 * project.landings.max_move_km
    countries = {country for option in project.option for link in option.links for country in link}
    try:
        return tuple(
            site_landing(landing, shore, seabed.grid, water, max_move_m=limit_m)
            for landing in landings
            if landing.country in countries
        )
    except InputError as error:
        raise InputError(error.problem, remedy=error.remedy, file=path, key=error.key) from error


def _refuse_unknown(project: Project, landings: tuple[Landing, ...], path: Path) -> None:
    """Options may name only countries and landings that exist."""
    countries = sorted({landing.country for landing in landings})
    ids = {landing.id for landing in landings}
    for option in project.option:
        for link in option.links:
            unknown = [country for country in link if country not in countries]
            if unknown:
                raise InputError(
                    f"option {option.id}: no landing in {unknown[0]!r}",
                    remedy=f"use one of {', '.join(countries)}",
                    file=path,
                )
        missing = [name for names in option.landings.values() for name in names if name not in ids]
        if missing:
            raise InputError(
                f"option {option.id}: no landing {missing[0]!r}", remedy="correct the id", file=path, key="id"
            )
