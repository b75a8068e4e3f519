"""Depths of a project: its bathymetry with its surveys laid over it, and how far they may be off."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from routing import geodesy
from routing.errors import InputError
from routing.gridfile import RasterSource, is_netcdf, raster_grid, reaches, uncertainty_band
from routing.seabed import Bathymetry, Coverage, Depths, Survey, lay_surveys, measure_seabed
from routing.seabed.resampling import FAR_FINER, FINER, cell_m, codes_on_grid, is_finer, on_grid
from routing.seabed.uncertainty import depth_quality, known_uncertainty, sigma_as_stated, sigma_by_tid
from routing.seafloor import naming

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from routing.grid import Grid
    from routing.project import DepthTable, Project, SurveyTable
    from routing.seabed import Seabed

    _Array = NDArray[np.float32]
    Bounds = tuple[float, float, float, float]

__all__ = ["depth_files", "read_depths", "read_soundings"]

#: Endings of rasters that are looked for in a folder of deliveries, and of nothing else that may lie there.
_SUFFIXES = (".tif", ".tiff", ".bag", ".nc", ".asc", ".xyz", ".grd", ".h5")


def depth_files(project: Project) -> dict[str, Path]:
    """Every file of depths, by the key that names it; files of a folder by their name too."""
    files = {"bathymetry.path": project.bathymetry.path}
    if project.bathymetry.tid_path:
        files["bathymetry.tid_path"] = project.bathymetry.tid_path
    for table in project.survey:
        with naming(project, f"survey {table.name}.path"):
            whole = project.file(table.path)
            found = _delivered(project, table)
        files |= {f"survey {table.name}{'' if path == whole else '/' + path.name}": path for path in found}
    return files


def read_depths(project: Project, grid: Grid, sea: NDArray[np.bool_] | None) -> Depths:
    """Water depth on the routing grid.

    Parameters
    ----------
    project
        The project.
    grid
        The routing grid.
    sea
        Cells that are nothing but sea by the coastline; None: sea is where the bathymetry is below the water.

    Raises
    ------
    InputError
        When a file does not fit.
    """
    with naming(project, "bathymetry.path"):
        base = _Source(project, "bathymetry", project.bathymetry, project.file(project.bathymetry.path), FAR_FINER)
        seabed = measure_seabed(_bathymetry(project, base.raster()), grid, sea, area=project.area)
    sigma_m, stated = _base_sigma_m(project, base, seabed)
    tables = _in_order(project)
    surveys = [_survey(project, table, grid) for table in tables]
    laid = lay_surveys(Depths(seabed, sigma_m, stated), surveys, min_depth_m=project.bathymetry.min_depth_m)
    asked = [pair for pair in zip(tables, surveys, strict=True) if pair[0].stay_inside or project.routing.refine]
    return replace(laid, coverages=tuple(_coverage(project, table, survey, seabed) for table, survey in asked))


def read_soundings(project: Project, grid: Grid, *, area: Bounds) -> Iterator[tuple[SurveyTable, _Array]]:
    """Water depths of each survey on any grid, from the lowest to the topmost; NaN where it sounds nothing.

    Parameters
    ----------
    project
        The project.
    grid
        Cells of any size.
    area
        West, south, east, north of `grid`, degrees: nothing else is read.
    """
    for table in _in_order(project):
        depth_m = np.full(grid.shape, np.nan, np.float32)
        for source in _sources(project, table):
            with naming(project, f"{source.key}.path"):
                if reaches(source.raster(), area):
                    own_m = _depth_m(source, grid, part=table.area, area=area)
                    depth_m = np.where(np.isfinite(own_m), own_m, depth_m)
        yield table, depth_m


def _coverage(project: Project, table: SurveyTable, survey: Survey, seabed: Seabed) -> Coverage:
    """Where a survey sounds the sea, and how finely."""
    finest_m = min(cell_m(raster_grid(source.raster())) for source in _sources(project, table))
    return Coverage(table.name, np.isfinite(survey.depth_m) & seabed.sea, finest_m)


def _in_order(project: Project) -> list[SurveyTable]:
    """Surveys from the lowest to the topmost: by priority, then by date, then as the project lists them."""
    return sorted(project.survey, key=lambda table: (table.priority, table.date))


def _delivered(project: Project, table: SurveyTable) -> list[Path]:
    """Rasters of a survey, from the lowest to the topmost: those of a folder by their name."""
    if table.name in project.deliveries:
        return list(project.deliveries[table.name])
    path = project.file(table.path)
    if not path.is_dir():
        return [path]
    found = sorted(each for each in path.iterdir() if each.suffix.lower() in _SUFFIXES and each.is_file())
    # Hidden files are copies that are not whole yet.
    whole = [each for each in found if not each.name.startswith(".")]
    if not whole:
        raise InputError(
            f"folder without a raster ({', '.join(_SUFFIXES)})",
            remedy="deliver one, or take the survey out",
            file=path,
        )
    return [project.file(each) for each in whole]  # none of them may lead out of the project's folder


@dataclass(frozen=True)
class _Source:
    """One file of a table of depths, and from how many of its cells along a routing cell it is averaged."""

    project: Project
    key: str
    table: DepthTable
    path: Path
    finer: float

    def raster(self, *, band: int | None = None, variable: str | None = None) -> RasterSource:
        """The file's depths, or another of its layers."""
        table = self.table
        if band is None and variable is None:
            return RasterSource(self.path, table.band, table.variable, table.crs, table.nodata)
        return RasterSource(self.path, band or 1, variable, table.crs, table.nodata)

    def uncertainty(self) -> RasterSource | None:
        """Where the file states its uncertainty: where the project says, or where its format does."""
        netcdf, band = is_netcdf(self.path), self.table.uncertainty_band
        if band and netcdf:
            raise self.meaningless("uncertainty_band", "set uncertainty_variable: NetCDF has no bands")
        if self.table.uncertainty_variable and not netcdf:
            raise self.meaningless("uncertainty_variable", "set uncertainty_band: only NetCDF has variables")
        if self.table.uncertainty_variable:
            return self.raster(variable=self.table.uncertainty_variable)
        with naming(self.project, f"{self.key}.path"):
            band = uncertainty_band(self.path) if band is None else band
        if band:
            return self.raster(band=band)
        if self.table.uncertainty_kind:
            raise self.meaningless("uncertainty_kind", "set uncertainty_band or uncertainty_variable, or take it out")
        return None

    def meaningless(self, key: str, remedy: str) -> InputError:
        """A key that says nothing about this file."""
        problem = f"means nothing for {self.path.name}"
        return InputError(problem, remedy=remedy, file=self.project.origin, key=f"{self.key}.{key}")

    def on_grid(
        self, source: RasterSource, grid: Grid, *, area: Bounds, judge: Callable[[_Array], _Array] = np.asarray
    ) -> _Array:
        """One of its layers on a grid: means where it is finer, interpolated where it is coarser."""
        averaged = is_finer(raster_grid(source, area=area), grid, times=self.finer)
        return on_grid(source, grid, area=area, averaged=averaged, judge=judge)

    def stated_m(self, source: RasterSource, grid: Grid) -> _Array:
        """Stated uncertainty on a grid; NaN where none is."""
        name = "uncertainty_band" if source.variable is None else "uncertainty_variable"
        try:
            return self.on_grid(source, grid, area=self.project.area, judge=known_uncertainty)
        except InputError as error:
            remedy = f"correct {name}" if error.key in ("band", "variable") else error.remedy
            raise InputError(error.problem, remedy=remedy, file=source.path, key=f"{self.key}.{name}") from error

    def sigma_m(self, declared: _Array, own: NDArray[np.bool_], grid: Grid) -> tuple[_Array, NDArray[np.bool_]]:
        """Standard deviation of depths, and where the file states it; `own` cells alone carry its depths."""
        source = self.uncertainty()
        if source is None:
            return declared, np.zeros(grid.shape, bool)
        # A least depth is not the survey's, and its uncertainty does not speak of it.
        stated_m = np.where(own, self.stated_m(source, grid), np.float32(np.nan))
        meaning = self.table.uncertainty_kind or "sigma"
        return sigma_as_stated(stated_m, meaning=meaning, otherwise=declared), np.isfinite(stated_m)


def _bathymetry(project: Project, source: RasterSource) -> Bathymetry:
    table = project.bathymetry
    return Bathymetry(source, table.kind, table.zero_m, project.water_level_m, table.min_depth_m, table.deepest_m)


def _base_sigma_m(project: Project, base: _Source, seabed: Seabed) -> tuple[_Array, NDArray[np.bool_]]:
    """How far depths of the bathymetry may be off, and where it says so itself."""
    table = project.bathymetry
    quality = depth_quality(table.quality)
    declared = quality.sigma_m(seabed.depth_m)
    if table.tid_path is not None:
        with naming(project, "bathymetry.tid_path"):
            codes = codes_on_grid(RasterSource(project.file(table.tid_path)), seabed.grid, area=project.area)
            declared = sigma_by_tid(seabed.depth_m, codes, otherwise=quality)
    return base.sigma_m(declared, seabed.source == seabed.sources.index("bathymetry"), seabed.grid)


def _sources(project: Project, table: SurveyTable) -> list[_Source]:
    """Files of a survey, from the lowest to the topmost."""
    key = f"survey {table.name}"
    with naming(project, f"{key}.path"):
        return [_Source(project, key, table, path, FINER) for path in _delivered(project, table)]


def _survey(project: Project, table: SurveyTable, grid: Grid) -> Survey:
    """A survey on the routing grid; of its files the last lies on top."""
    depth_m = np.full(grid.shape, np.nan, np.float32)
    sigma_m, stated = depth_m.copy(), np.zeros(grid.shape, bool)
    with naming(project, f"survey {table.name}.path"):
        for source in _sources(project, table):
            own_m = _depth_m(source, grid, part=table.area, area=table.area or project.area)
            own = np.isfinite(own_m)
            declared = depth_quality(table.quality).sigma_m(np.maximum(own_m, np.float32(0.0)))
            own_sigma_m, own_stated = source.sigma_m(declared, own, grid)
            depth_m, sigma_m = np.where(own, own_m, depth_m), np.where(own, own_sigma_m, sigma_m)
            stated = np.where(own, own_stated, stated)
    return Survey(table.name, depth_m, sigma_m, stated, table.blend_cells)


def _depth_m(source: _Source, grid: Grid, *, part: Bounds | None, area: Bounds) -> _Array:
    """Water depth of one file on a grid, read inside an area; only the stated part of it counts."""
    table, project, raster = source.table, source.project, source.raster()
    values = source.on_grid(raster, grid, area=area)
    depth_m = Bathymetry(raster, table.kind, table.zero_m, project.water_level_m).depth_m(values)
    return depth_m if part is None else np.where(_inside(part, grid), depth_m, np.float32(np.nan))


def _inside(area: Bounds, grid: Grid) -> NDArray[np.bool_]:
    """Cells whose centre lies in a lon/lat box."""
    row, col = np.indices(grid.shape)
    lonlat = geodesy.transform_points(grid.to_xy(np.column_stack([row.ravel(), col.ravel()])), grid.crs, geodesy.WGS84)
    west, south, east, north = area
    within = (lonlat[:, 1] >= south) & (lonlat[:, 1] <= north) & ((lonlat[:, 0] - west) % 360 <= (east - west) % 360)
    return np.asarray(within.reshape(grid.shape))
