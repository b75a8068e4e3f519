"""The Mercator frame: where the pixels of the map's images lie.

Browsers stretch an image evenly between its corners, so an image is right only
when its rows are even steps of Web Mercator: an image in degrees is off by tens
of kilometres in the middle of a sea.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from routing import geodesy, grid
from routing.grid import Grid, Raster

__all__ = ["Frame"]

_WEB_MERCATOR = "EPSG:3857"
# Web Mercator maps end where they are square.
_LAT_LIMIT = 85.0


@dataclass(frozen=True)
class Frame:
    """Pixels in Web Mercator that cover a raster.

    Parameters
    ----------
    pixels
        The grid of pixels. Across the antimeridian its CRS is Web Mercator
        turned to `centre_lon`, so that it stays in one piece.
    centre_lon
        Longitude of the middle; all longitudes on the map are kept near it.

    Examples
    --------
    >>> frame = Frame.cover(Grid(2, 2, 170.0, 10.0, 10.0, 10.0, "EPSG:4326"), long_side_px=100)
    >>> frame.centre_lon, frame.south_west_north_east
    (180.0, (-10.0, 170.0, 10.0, 190.0))
    """

    pixels: Grid
    centre_lon: float
    # Layers of a map mostly lie on one grid, and many are known on the same cells.
    _shares: dict[tuple[Grid, bytes], NDArray[np.float32]] = field(default_factory=dict, compare=False, repr=False)
    _cells: dict[Grid, tuple[NDArray[np.intp], ...]] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def cover(cls, source: Grid, *, long_side_px: int) -> Frame:
        """Frame around `source` whose longer side has `long_side_px` pixels."""
        border = geodesy.unwrap_lon(geodesy.transform_points(_border(source), source.crs, geodesy.WGS84))
        west, east = border[:, 0].min(), border[:, 0].max()
        turn = 360.0 * round(0.5 * (west + east) / 360.0)
        west, east, centre = west - turn, east - turn, 0.5 * (west + east) - turn
        crs = _turned_mercator(centre) if west < -180.0 or east > 180.0 else _WEB_MERCATOR
        latitudes = np.clip(border[:, 1], -_LAT_LIMIT, _LAT_LIMIT)
        # West and east edges at +-180 of the frame's own meridian would swap sides when projected.
        edge = np.clip([west, east], centre - 180.0 + 1e-9, centre + 180.0 - 1e-9)
        corners = geodesy.transform_points([[edge[0], latitudes.min()], [edge[1], latitudes.max()]], geodesy.WGS84, crs)
        (left, bottom), (right, top) = corners
        pixel = max(right - left, top - bottom) / long_side_px
        cols, rows = max(1, math.ceil((right - left) / pixel - 1e-9)), max(1, math.ceil((top - bottom) / pixel - 1e-9))
        return cls(Grid(rows, cols, left, top, (right - left) / cols, (top - bottom) / rows, crs), float(centre))

    @property
    def south_west_north_east(self) -> tuple[float, float, float, float]:
        """Outer edges in degrees, longitudes near the centre."""
        left, bottom, right, top = self.pixels.bounds
        corners = geodesy.transform_points([[left, bottom], [right, top]], self.pixels.crs, geodesy.WGS84)
        west, east = (self._near(lon) for lon in corners[:, 0])
        south, north = corners[:, 1]
        return tuple(round(float(value), 9) for value in (south, west, north, east))  # type: ignore[return-value]

    def with_long_side(self, long_side_px: int) -> Frame:
        """The same area with fewer or more pixels."""
        left, bottom, right, top = self.pixels.bounds
        pixel = max(right - left, top - bottom) / long_side_px
        cols, rows = math.ceil((right - left) / pixel - 1e-9), math.ceil((top - bottom) / pixel - 1e-9)
        crs = self.pixels.crs
        pixels = Grid(rows, cols, left, top, (right - left) / cols, (top - bottom) / rows, crs)
        return Frame(pixels, self.centre_lon)

    def warp(self, raster: Raster) -> NDArray[np.float32]:
        """Values of `raster` at the pixels; NaN where it says nothing."""
        return self._warped(raster)

    def share_known(self, raster: Raster) -> NDArray[np.float32]:
        """Share of known cells around each pixel, 0 to 1; not to be written to."""
        known = np.isfinite(raster.values)
        key = raster.grid, hashlib.sha256(np.packbits(known).tobytes()).digest()
        if key not in self._shares:
            whole = Raster(known.astype(np.float32), raster.grid)
            self._shares[key] = np.nan_to_num(self._warped(whole, has_gaps=False))
        return self._shares[key]

    def nearest(self, raster: Raster) -> NDArray[np.float32]:
        """Value of the cell of `raster` that each pixel lies in; NaN where it says nothing."""
        if raster.grid not in self._cells:
            self._cells[raster.grid] = self._cells_of(raster.grid)
        pixels, cells = self._cells[raster.grid]
        found = np.full(self.pixels.shape, np.nan, np.float32)
        found.ravel()[pixels] = raster.values.ravel()[cells]
        return found

    def _cells_of(self, cells: Grid) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Pixels that lie in some cell, and in which, both counted row by row."""
        # Rows and columns are whole numbers that float32 holds, up to 16 million.
        places = (np.broadcast_to(axis, cells.shape) for axis in np.ogrid[: cells.rows, : cells.cols])
        row, col = (
            self._warped(Raster(place.astype(np.float32), cells), "nearest", has_gaps=False) for place in places
        )
        pixels = np.flatnonzero(np.isfinite(row))
        return pixels, row.ravel()[pixels].astype(np.intp) * cells.cols + col.ravel()[pixels].astype(np.intp)

    def _warped(self, raster: Raster, resampling: str = "bilinear", *, has_gaps: bool = True) -> NDArray[np.float32]:
        source, target = raster, self.pixels
        if target.crs != _WEB_MERCATOR and geodesy.parse_crs(raster.grid.crs).is_geographic:
            # GDAL wraps longitudes at 180 degrees; seen from the frame's own meridian there is no 180.
            left = raster.grid.left - self.centre_lon
            turned = replace(raster.grid, left=left - 360.0 * round(left / 360.0))
            source, target = Raster(raster.values, turned), replace(target, crs=_WEB_MERCATOR)
        return grid.warp(source, target, resampling=resampling, has_gaps=has_gaps).values

    def unwrap(self, lonlat: ArrayLike) -> NDArray[np.float64]:
        """Positions (n, 2) in one piece, moved by whole turns to lie nearest the centre."""
        return geodesy.unwrap_near(np.asarray(lonlat, float).reshape(-1, 2), self.centre_lon)

    def project(self, lonlat: ArrayLike) -> NDArray[np.float64]:
        """Web Mercator metres (n, 2) of positions, for tolerances on the screen."""
        points = np.array(lonlat, float).reshape(-1, 2)
        points[:, 1] = np.clip(points[:, 1], -_LAT_LIMIT, _LAT_LIMIT)
        return geodesy.transform_points(points, geodesy.WGS84, _turned_mercator(self.centre_lon))

    def true_scale(self) -> NDArray[np.float64]:
        """True metres per projected metre in each row of pixels."""
        rows = np.arange(self.pixels.rows)
        xy = self.pixels.to_xy(np.column_stack([rows, np.zeros_like(rows)]))
        return np.cos(np.radians(geodesy.transform_points(xy, self.pixels.crs, geodesy.WGS84)[:, 1]))

    def _near(self, lon: float) -> float:
        return lon + 360.0 * round((self.centre_lon - lon) / 360.0)


def _turned_mercator(centre_lon: float) -> str:
    return f"+proj=merc +a=6378137 +b=6378137 +lon_0={centre_lon:.12g} +units=m +nadgrids=@null +no_defs"


def _border(cells: Grid) -> NDArray[np.float64]:
    """Positions around the outer edge, in order."""
    left, bottom, right, top = cells.bounds
    along = np.linspace(0.0, 1.0, 41)
    x, y = left + along * (right - left), bottom + along * (top - bottom)
    return np.concatenate(
        [
            np.column_stack([x, np.full_like(x, bottom)]),
            np.column_stack([np.full_like(y, right), y]),
            np.column_stack([x[::-1], np.full_like(x, top)]),
            np.column_stack([np.full_like(y, left), y[::-1]]),
        ]
    )
