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
from routing.grid import Grid, warp
from routing.gridfile import RasterSource, read_raster

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Bathymetry", "Seabed", "measure_seabed"]

#: Share of the sea that may come out dry before the sign is taken to be wrong.
_MAX_DRY_SHARE = 0.5
#: Least share of the sea that the bathymetry must know.
_MIN_KNOWN_SHARE = 0.5


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
    """

    source: RasterSource
    kind: Literal["elevation", "depth"]
    zero_m: float
    water_level_m: float
    min_depth_m: float = 1.0

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
    raised
        Number of sea cells that the bathymetry calls shallower than the least
        depth (a coarse grid smears the shore into the sea); they carry that depth.
    """

    grid: Grid
    depth_m: NDArray[np.float32]
    sea: NDArray[np.bool_]
    raised: int


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
    raster = warp(read_raster(bathymetry.source, area=area), grid)
    depth = bathymetry.depth_m(raster.values)
    known = np.isfinite(depth)
    wet = known & (depth > 0)
    inside = wet if sea is None else sea
    _refuse_misfit(bathymetry, inside, known, wet)
    shallow = inside & known & (depth < bathymetry.min_depth_m)
    depth = np.where(shallow, np.float32(bathymetry.min_depth_m), depth)
    return Seabed(grid, np.where(inside, depth, np.float32(np.nan)), inside, int(shallow.sum()))


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
