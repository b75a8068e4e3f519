"""The sea of one window at the resolution of its surveys, priced by the same model as the routing grid."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from routing import constraints, geodesy, grid, seabed
from routing.confinement import confinement
from routing.constraints import NATURAL, ExclusionMap
from routing.depths import read_soundings
from routing.exposure import Exposure
from routing.pricing import PricedGrid
from routing.seabed.slope import SEEN_CELL_M, Slope, measure_slope
from routing.seafloor import water_levels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from routing.crossing import CrossingMap
    from routing.grid import Grid
    from routing.planning import Sea
    from routing.refinement.frame import Frame
    from routing.results import Loaded

__all__ = ["BAND", "Ground", "survey_ground"]

#: Reason of cells beyond the band.
BAND = "outside the band that is searched"
#: Routing cells round a window whose depths its own are interpolated from.
_MARGIN = 2


@dataclass(frozen=True)
class Ground:
    """A window, priced.

    Attributes
    ----------
    priced
        Its cost surface.
    exclusions
        Why cells are excluded.
    crossings
        Assets on it; None: none.
    slope
        Slope of what surveys sound; NaN elsewhere.
    """

    priced: PricedGrid
    exclusions: ExclusionMap
    crossings: CrossingMap | None
    slope: Slope


@dataclass(frozen=True)
class _Soundings:
    """Depths of a window, the part of them that surveys alone make, and where routes may run."""

    depth_m: NDArray[np.float32]
    own_m: NDArray[np.float32]
    allowed: NDArray[np.bool_]


def survey_ground(loaded: Loaded, sea: Sea, frame: Frame, band_xy: NDArray[np.float64]) -> Ground:
    """The sea in the band round a line, at the resolution of its surveys.

    Parameters
    ----------
    loaded
        The project's inputs.
    sea
        The routing grid, priced.
    frame
        Cells of windows.
    band_xy
        The line (n, 2), map metres.

    Notes
    -----
    Depth and slope are those of the surveys; between them, depths of the routing grid are interpolated and slope is
    not known. All else (traffic, sediment, hazards, avoidance, exclusions) is that of the routing cell that holds a
    cell. So no line may run where the routing grid excludes it.
    """
    from shapely import LineString

    cells = frame.grid(band_xy)
    found = _soundings(loaded, sea, frame, cells)
    slope = measure_slope(found.own_m, cells)
    if cells.dx > SEEN_CELL_M:
        unknown = np.full(cells.shape, np.nan, np.float32)
        slope = Slope(unknown, unknown)
    row, col = (axis.reshape(shape) for axis, shape in zip(frame.coarse_cells(cells), ((-1, 1), (1, -1)), strict=True))
    model = sea.priced.surface.model
    exposure = _exposure(loaded, sea, (row, col), found.depth_m, slope.slope_deg)
    code = sea.exclusions.code[row, col].copy()
    code[(code == 0) & ~np.isfinite(found.depth_m)] = 1 + NATURAL.index(constraints.NO_BATHYMETRY)
    layable = model.is_buildable(found.depth_m, exposure)
    code[(code == 0) & ~layable] = 1 + NATURAL.index(constraints.NO_CABLE)
    exclusions = ExclusionMap(code, sea.exclusions.reasons)
    kept = confinement(loaded)
    if kept is not None and kept.reason in exclusions.reasons:  # else it was given up
        exclusions = constraints.confine(exclusions, found.allowed, kept.reason)
    band = grid.burn([LineString(band_xy).buffer(frame.band_m)], cells, all_touched=True)
    exclusions = constraints.confine(exclusions, band, BAND)
    layers = (None if layer is None else layer[row, col] for layer in (sea.priced.shaping, sea.priced.tolls))
    priced = PricedGrid(model.surface(cells, found.depth_m, exposure, exclusions), *layers)
    assets = None if sea.crossings is None else replace(sea.crossings, priced=priced)
    return Ground(priced, exclusions, assets, slope)


def _exposure(
    loaded: Loaded,
    sea: Sea,
    routing_cells: tuple[NDArray[np.intp], NDArray[np.intp]],
    depth_m: NDArray[np.float32],
    slope_deg: NDArray[np.float32],
) -> Exposure:
    """What a cable meets on every cell of a window."""
    met = sea.priced.surface.exposure
    fall_m = np.float32(water_levels(loaded.project).fall_m("base"))
    return Exposure(
        shipping=met.shipping[routing_cells],
        fishing=met.fishing[routing_cells],
        sediment=met.sediment[routing_cells],
        slope_deg=slope_deg,
        shallow_m=np.minimum(depth_m, np.maximum(depth_m - fall_m, np.float32(0.0))),
        hazard_faults=met.hazard_faults[routing_cells],
        avoidance_usd_per_m=met.avoidance_usd_per_m[routing_cells],
    )


def _soundings(loaded: Loaded, sea: Sea, frame: Frame, cells: Grid) -> _Soundings:
    """Depths of a window: those of the routing grid, with its surveys laid over them."""
    project = loaded.project
    below_m = _interpolated(sea.priced.surface.depth_m, frame, cells)
    nothing = np.zeros(cells.shape, np.float32)
    everywhere = np.ones(cells.shape, bool)
    base = seabed.Seabed(cells, below_m, everywhere, np.zeros(cells.shape, np.uint8), frame.coarse.dx)
    own_m = np.full(cells.shape, np.nan, np.float32)
    inside = ~everywhere
    surveys = []
    for table, depth_m in read_soundings(project, cells, area=_lonlat_box(cells)):
        sounded = np.isfinite(depth_m)
        if sounded.any():
            surveys.append(seabed.Survey(table.name, depth_m, nothing, ~everywhere, table.blend_cells))
            own_m = np.where(sounded, depth_m, own_m)
            inside |= sounded & table.stay_inside
    least_m = project.bathymetry.min_depth_m
    laid = seabed.lay_surveys(seabed.Depths(base, nothing, ~everywhere), surveys, min_depth_m=least_m)
    kept = confinement(loaded)
    return _Soundings(laid.seabed.depth_m, own_m, inside if kept is None else kept.allowed(inside, cells))


def _interpolated(depth_m: NDArray[np.float32], frame: Frame, cells: Grid) -> NDArray[np.float32]:
    """Depths of the routing grid on a window; land, where they are not known, gives its neighbours nothing."""
    row, col = frame.coarse_cells(cells)
    first = max(0, int(row[0]) - _MARGIN), max(0, int(col[0]) - _MARGIN)
    near = depth_m[first[0] : int(row[-1]) + _MARGIN + 1, first[1] : int(col[-1]) + _MARGIN + 1]
    rows, cols = near.shape
    part = frame.coarse.part(*first, (rows, cols))
    return grid.warp(grid.Raster(near, part), cells).values


def _lonlat_box(cells: Grid) -> tuple[float, float, float, float]:
    """West, south, east, north of a grid, degrees; east < west across the antimeridian."""
    edge = np.linspace(-0.5, 0.5, 21) + 0.5
    rows, cols = edge * cells.rows - 0.5, edge * cells.cols - 0.5
    ring = [(row, col) for row in rows for col in (cols[0], cols[-1])] + [
        (row, col) for row in (rows[0], rows[-1]) for col in cols
    ]
    lon, lat = geodesy.Projection(cells.crs).inverse(cells.to_xy(ring)).T
    turned = lon[0] + (lon - lon[0] + 180.0) % 360.0 - 180.0
    west, east = ((value + 180.0) % 360.0 - 180.0 for value in (turned.min(), turned.max()))
    return float(west), float(lat.min()), float(east), float(lat.max())
