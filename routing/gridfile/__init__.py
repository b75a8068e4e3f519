"""Raster files: read with every doubt settled once, written the same way every time.

A raster that is missing, torn, unreferenced, rotated, far too large, or full of
undeclared missing data is refused here with the file's name, so nothing behind
this door has to ask again.
"""

from routing.gridfile.kinds import is_netcdf
from routing.gridfile.reading import raster_grid, reaches, read_pieces, read_raster, uncertainty_band
from routing.gridfile.source import RasterSource
from routing.gridfile.writing import write_geotiff

__all__ = [
    "RasterSource",
    "is_netcdf",
    "raster_grid",
    "reaches",
    "read_pieces",
    "read_raster",
    "uncertainty_band",
    "write_geotiff",
]
