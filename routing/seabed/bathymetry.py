"""Water depth on the routing grid, from heights or depths of a stated vertical reference.

Depth is never the negative of a height: the Caspian stands near -29.35 m, its
charts count from -28.0 m and global grids count from mean sea level, so a sign
change alone is 29 m wrong. Every source states its zero; the project states the
water level; depth is the difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from routing.errors import InputError
from routing.gridfile import RasterSource, raster_grid
from routing.seabed.resampling import FAR_FINER, cell_m, is_finer, on_grid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from routing.grid import Grid

__all__ = ["Bathymetry", "Seabed", "measure_seabed"]

#: Share of the sea that may come out dry before the sign is taken to be wrong.
_MAX_DRY_SHARE = 0.5
#: Least share of the sea that the bathymetry must know.
_MIN_KNOWN_SHARE = 0.5
#: How much deeper than the sea is known to be a raster may be before its units are doubted.
_TOO_DEEP = 1.2
_FEET_PER_M = 3.2808


@dataclass(frozen=True)
class Bathymetry:
    """A raster of heights or depths and what they count from.

    Parameters
    ----------
    source
        The file.
    kind
        ``"elevation"``: positive up; ``"depth"``: positive down.
    zero_m
        Height of the raster's zero in the datum of the water level: 0 for grids
        above mean sea level (GEBCO, ETOPO), -28.0 for Caspian charts (EPSG:5706).
    water_level_m
        Height of the water surface in the same datum.
    min_depth_m
        Least depth of a sea cell.
    deepest_m
        Greatest depth that the sea is known to have; None: not known.
    """

    source: RasterSource
    kind: Literal["elevation", "depth"]
    zero_m: float
    water_level_m: float
    min_depth_m: float = 1.0
    deepest_m: float | None = None

    def depth_m(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Water depth, positive down, from the raster's own values.

        Examples
        --------
        >>> from pathlib import Path
        >>> chart = Bathymetry(RasterSource(Path("chart.tif")), "depth", -28.0, -29.35)
        >>> chart.depth_m(np.array([100.0], np.float32))
        array([98.65], dtype=float32)
        """
        height = np.float32(self.zero_m) + (values if self.kind == "elevation" else -values)
        return np.asarray(np.float32(self.water_level_m) - height, np.float32)


@dataclass(frozen=True)
class Seabed:
    """Water depth on the routing grid.

    Attributes
    ----------
    grid
        The cells.
    depth_m
        Water depth at cell centres, positive down; NaN on land and where no
        bathymetry is known.
    sea
        Cells that are sea and nothing but sea.
    source
        Index into `sources`: where the depth of each cell is from.
    source_cell_m
        Size of the cells of the bathymetry itself.
    sources
        ``"none"``; ``"bathymetry"``; ``"least depth"``: the bathymetry calls the cell shallower, or dry (a coarse
        grid smears the shore into the sea).
    """

    grid: Grid
    depth_m: NDArray[np.float32]
    sea: NDArray[np.bool_]
    source: NDArray[np.uint8]
    source_cell_m: float
    sources: tuple[str, ...] = ("none", "bathymetry", "least depth")

    @property
    def raised(self) -> int:
        """Number of sea cells that carry the least depth in place of the bathymetry's."""
        return int((self.source == self.sources.index("least depth")).sum())


def measure_seabed(
    bathymetry: Bathymetry,
    grid: Grid,
    sea: NDArray[np.bool_] | None,
    *,
    area: tuple[float, float, float, float],
) -> Seabed:
    """Water depth on `grid`.

    Parameters
    ----------
    bathymetry
        The source, what it counts from, and the water level.
    grid
        The routing grid.
    sea
        Cells that are nothing but sea by the coastline; None: sea is where the
        bathymetry lies below the water level.
    area
        West, south, east, north of the project, degrees.

    Raises
    ------
    InputError
        When the file does not fit: wrong place, too little of the sea, sign reversed.
    """
    given = raster_grid(bathymetry.source, area=area)
    averaged = is_finer(given, grid, times=FAR_FINER)
    depth = bathymetry.depth_m(on_grid(bathymetry.source, grid, area=area, averaged=averaged))
    known = np.isfinite(depth)
    wet = known & (depth > 0)
    inside = wet if sea is None else sea
    _refuse_misfit(bathymetry, inside, known, wet)
    _refuse_too_deep(bathymetry, depth[inside & known])
    shallow = inside & known & (depth < bathymetry.min_depth_m)
    depth = np.where(shallow, np.float32(bathymetry.min_depth_m), depth)
    source = (inside & known).astype(np.uint8) + shallow.astype(np.uint8)
    return Seabed(grid, np.where(inside, depth, np.float32(np.nan)), inside, source, cell_m(given))


def _refuse_too_deep(bathymetry: Bathymetry, depth_m: NDArray[np.float32]) -> None:
    limit, found = bathymetry.deepest_m, float(depth_m.max())
    if limit is None or found <= _TOO_DEEP * limit:
        return
    feet = abs(found / limit / _FEET_PER_M - 1.0) < 0.1
    raise InputError(
        f"reaches {found:.0f} m of depth where the sea has {limit:g} m" + (": these look like feet" if feet else ""),
        remedy="convert it to metres (gdal_calc does it)" if feet else "check its units, zero_m and deepest_m",
        file=bathymetry.source.path,
        key="bathymetry.path",
    )


def _refuse_misfit(
    bathymetry: Bathymetry, inside: NDArray[np.bool_], known: NDArray[np.bool_], wet: NDArray[np.bool_]
) -> None:
    path, cells = bathymetry.source.path, int(inside.sum())
    if not cells:
        raise InputError(
            "no cell of the area is sea",
            remedy=f'check water_level_m, bathymetry.kind (now "{bathymetry.kind}"), area, resolution_m',
            file=path,
        )  # fmt: skip
    covered = int((inside & known).sum())
    if covered < _MIN_KNOWN_SHARE * cells:
        raise InputError(
            f"covers {100 * covered / cells:.0f} % of the sea in the area",
            remedy="use a raster of this sea, or make the area smaller", file=path, key="bathymetry.path",
        )  # fmt: skip
    dry = covered - int((inside & wet).sum())
    if dry > _MAX_DRY_SHARE * covered:
        other = "depth" if bathymetry.kind == "elevation" else "elevation"
        raise InputError(
            f"{100 * dry / covered:.0f} % of the sea comes out above the water: the sign looks reversed",
            remedy=f'set kind = "{other}", or check water_level_m and zero_m', file=path, key="bathymetry.kind",
        )  # fmt: skip
