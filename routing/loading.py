"""A project's inputs, read and checked: the first stage of a run.

Whatever does not fit ends here, with the file, the key, what is wrong and what to
do about it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from routing import constraints, geodesy, seafloor
from routing.catalogue import read_catalogue
from routing.constraints import Agreed, CrossingRule
from routing.depths import depth_files, read_depths
from routing.errors import InputError, ResourceError
from routing.grid import Grid
from routing.landing import LandingSite, measure_retreats, read_landings, site_landing
from routing.memory import WINDOW_CELLS, refuse_beyond
from routing.openwater import open_water
from routing.options import read_cable
from routing.results import Loaded
from routing.seafloor import naming

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from routing.catalogue import ClassKind
    from routing.constraints import Layer, Sectors
    from routing.landing import Landing
    from routing.planning import Existing
    from routing.project import ExistingTable, LayerTable, OptionTable, Project
    from routing.seabed import Depths, Seabed, SeabedFacts

__all__ = ["MAX_CELLS", "input_files", "load", "naming"]

#: Most cells of a routing grid, whatever the memory (default, editable).
MAX_CELLS = 150_000_000


def input_files(project: Project) -> dict[str, Path]:
    """Every file that a project reads, by the key that names it.

    Raises
    ------
    InputError
        When one is not on this machine, or leads out of the project's folder and may not.
    """
    files = depth_files(project) | {"landings.path": project.landings.path}
    if project.coast:
        files["coast.path"] = project.coast.path
    if project.sectors:
        files["sectors.path"] = project.sectors.path
    files |= seafloor.named_files(project)
    files |= {f"layer {layer.name}": layer.path for layer in project.layer}
    files |= {f"existing {cable.id}": cable.path for cable in project.existing}
    found = {}
    for key, path in files.items():
        with naming(project, key):
            found[key] = project.file(path)
    return found


def load(project: Project, *, memory_bytes: int | None = None) -> Loaded:
    """Read and check everything that a project names.

    Parameters
    ----------
    project
        The project.
    memory_bytes
        Memory that a run may take; None: 80 % of what is free now.

    Raises
    ------
    InputError
        For the first thing that does not fit, with its file and key.
    ResourceError
        When a run over its grid would take more memory than it may.
    """
    input_files(project)  # no path is opened before all are judged
    with naming(project, "catalogue"):
        catalogue = read_catalogue(project.catalogue)
    kinds: tuple[tuple[str, ClassKind], ...]
    kinds = (("shipping", "shipping"), ("lane", "shipping"), ("fishing", "fishing"), ("sediment", "sediment"))
    for key, kind in kinds:
        with naming(project, f"exposure.{key}"):
            catalogue.index(kind, getattr(project.exposure, key))
    with naming(project, "crs"):
        grid = _routing_grid(project, memory_bytes)
    shore, depths = _shore_and_depths(project, grid)
    seabed, facts = depths.seabed, _facts(project, depths)
    sites, levels = _sites(project, shore, seabed), seafloor.water_levels(project)
    layers = tuple(_layers(project, grid))
    least_m = project.end_of_life.least_depth_m if project.end_of_life else 0.0
    return Loaded(
        project=project,
        catalogue=catalogue,
        grid=grid,
        seabed=seabed,
        shore=shore,
        layers=layers,
        sectors=_sectors(project, grid),
        sites=sites,
        facts=facts,
        hazards=seafloor.read_hazards(project, facts, rates=catalogue.hazards),
        existing={cable.id: _cable(project, cable) for cable in project.existing},
        conflicts=depths.conflicts,
        coverages=depths.coverages,
        agreed=_agreed(project, layers, grid),
        retreats=measure_retreats(sites, seabed, levels, least_depth_m=least_m) if project.end_of_life else (),
    )


def _shore_and_depths(project: Project, grid: Grid) -> tuple[Any, Depths]:
    """The sea as a polygon, from the coast or else from the bathymetry, and its depth."""
    shore = None
    if project.coast:
        with naming(project, "coast.path"):
            shore = constraints.read_sea(project.file(project.coast.path), crs=grid.crs, area=project.area)
    depths = read_depths(project, grid, None if shore is None else constraints.sea_cells(shore, grid))
    return (constraints.sea_from_cells(depths.seabed.sea, grid) if shore is None else shore), depths


def _routing_grid(project: Project, memory_bytes: int | None) -> Grid:
    projection = geodesy.local_projection(project.area) if project.crs == "auto" else geodesy.Projection(project.crs)
    grid = Grid.cover_area(project.area, projection=projection, cell_size_m=project.resolution_m)
    if grid.rows * grid.cols > MAX_CELLS:
        raise ResourceError(
            f"resolution_m = {project.resolution_m:g} gives {grid.rows} x {grid.cols} cells, "
            f"more than {MAX_CELLS:.0e}; make it coarser or the area smaller"
        )
    beside = WINDOW_CELLS if project.routing.refine else 0
    refuse_beyond(grid.shape, memory_bytes, resolution_m=project.resolution_m, beside_cells=beside)
    _ = grid.scale  # refuses a projection that is not conformal here
    return grid


def _facts(project: Project, depths: Depths) -> SeabedFacts:
    """The sea floor; whatever a depth grid shows that no sea floor has is the bathymetry's fault."""
    with naming(project, "bathymetry.path"):
        return seafloor.read_facts(project, depths)


def _sectors(project: Project, grid: Grid) -> Sectors | None:
    if not project.sectors:
        return None
    path = project.file(project.sectors.path)
    with naming(project, "sectors.path"):
        sectors = constraints.read_sectors(path, grid, attribute=project.sectors.attribute, area=project.area)
    for option in project.option:
        for state in option.states or ():
            known = state in sectors.countries
            _refuse(
                not known, f"no sector of {state!r}", list(sectors.countries), project, f"option {option.id}.states"
            )
    return sectors


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
            owner_field=table.owner_field,
            avoid_usd_per_m=table.avoid_usd_per_m or 0.0,
            fade_m=table.fade_m,
            importance=table.importance,
            crossing=_crossing_rule(table),
        )
        with naming(project, f"layer {table.name}"):
            layer = constraints.load_layer(source, crs=grid.crs, area=project.area)
        yield layer


def _agreed(project: Project, layers: tuple[Layer, ...], grid: Grid) -> tuple[Agreed, ...]:
    """Agreed crossings, each on its asset."""
    agreed = tuple(Agreed(table.asset, table.lon, table.lat, table.within_m) for table in project.agreed_crossing)
    with naming(project, "agreed_crossing"):
        constraints.agree(constraints.assets_of(layers), agreed, grid.crs)
    return agreed


def _cable(project: Project, table: ExistingTable) -> Existing:
    with naming(project, f"existing {table.id}"):
        return read_cable(project.file(table.path), table.name)


def _crossing_rule(table: LayerTable) -> CrossingRule | None:
    """How an asset may be crossed; None for layers that are no assets."""
    if table.kind not in ("cable", "pipeline"):
        return None
    return CrossingRule.usual(
        table.carries or ("pipeline" if table.kind == "pipeline" else "telecom"),
        toll_usd=table.toll_usd,
        min_angle_deg=table.min_angle_deg,
        separation=(table.separation_depths, table.separation_floor_m),
    )


def _sites(project: Project, shore: Any, seabed: Seabed) -> tuple[LandingSite, ...]:  # noqa: ANN401
    path = project.file(project.landings.path)
    with naming(project, "landings.path"):
        landings = read_landings(path)
    _refuse_unknown(project, landings)
    water = open_water(seabed.sea & np.isfinite(seabed.depth_m))
    limit_m = 1000.0 * project.landings.max_move_km
    countries = {country for option in project.option for country in option.groups}
    wanted = [landing for landing in landings if landing.country in countries]
    for landing in wanted:
        if not _is_inside(project.area, landing):
            problem = f"{landing.name} ({landing.lon:g}, {landing.lat:g}) lies outside the area {project.area}"
            raise InputError(problem, remedy="correct it or widen the area", file=path, key=f"landing {landing.id}")
    try:
        return tuple(site_landing(landing, shore, seabed.grid, water, max_move_m=limit_m) for landing in wanted)
    except InputError as error:
        raise InputError(error.problem, remedy=error.remedy, file=path, key=error.key) from error


def _is_inside(area: tuple[float, float, float, float], landing: Landing) -> bool:
    west, south, east, north = area
    return south <= landing.lat <= north and (landing.lon - west) % 360.0 <= (east - west) % 360.0


def _refuse_unknown(project: Project, landings: tuple[Landing, ...]) -> None:
    """A project may name only countries and landings that exist, where they have a meaning."""
    country = {landing.id: landing.country for landing in landings}
    countries = sorted(set(country.values()))
    cables = [cable.id for cable in project.existing]
    for cable in cables:
        _refuse(cable in countries, f"{cable!r} is a country too", ["another id"], project, f"existing {cable}")
    for name in project.points_of_presence:
        _refuse(name not in countries, f"no landing in {name!r}", countries, project, f"points_of_presence.{name}")
    for option in project.option:
        here = f"option {option.id}"
        for name in sorted(option.groups):
            known = [*countries, *(cables if option.trunk else ())]
            _refuse(name not in known, f"no landing in {name!r}", known, project, here)
        linked = set(option.groups) - set(cables)
        _refuse(not linked, "joins no country", countries, project, here)
        _refuse_rules(project, option, country)
        if option.states is not None:
            problem = f"states leave out {', '.join(sorted(linked - set(option.states)))}, which a link joins"
            _refuse(not linked <= set(option.states), problem, sorted(linked), project, f"{here}.states")
            _refuse(project.sectors is None, "states need [sectors]", ["a sectors file"], project, f"{here}.states")
        for name, ids in option.landings.items():
            _refuse(name not in linked, f"landings of {name!r}, which no link joins", sorted(linked), project, here)
            own = [key for key in country if country[key] == name]
            for key in ids:
                _refuse(key not in own, f"no landing {key!r} in {name}", own, project, here)


def _refuse_rules(project: Project, option: OptionTable, country: dict[str, str]) -> None:
    """Rules may name only landings and countries that the option can use."""
    here = f"option {option.id}"
    own = [key for key, name in country.items() if name in option.groups]
    named = {"require": option.require, "forbid": option.forbid, "forbid_together": sum(option.forbid_together, ())}
    for key, ids in named.items():
        for name in ids:
            _refuse(name not in own, f"no landing {name!r} in its countries", own, project, f"{here}.{key}")
    groups = sorted(option.groups)
    asked = {"at_least_landings": tuple(option.at_least_landings)}
    asked["latency"] = sum((limit.between for limit in option.latency), ())
    for key, names in asked.items():
        for name in names:
            _refuse(name not in groups, f"joins no {name!r}", groups, project, f"{here}.{key}")


def _refuse(wrong: bool, problem: str, legal: list[str], project: Project, key: str) -> None:  # noqa: FBT001
    if wrong:
        raise InputError(problem, remedy=f"use one of {', '.join(legal)}", file=project.origin, key=key)
