"""A fine made-up bathymetry of the Caspian: the embedded one with a rough sea floor, written band by band."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from caspian import PROJECT
from terrain import noise

from routing.grid import Grid, warp
from routing.gridfile import RasterSource, read_raster
from routing.project import Project, read_project

__all__ = ["copied", "write_deeper", "write_rough"]

ROUGHNESS = 0.03  # standard deviation of the sea floor's detail, as a share of the depth
MARGIN_DEG = 0.05  # beyond the project's area
TILE = 2048  # cells after which the detail repeats
ROWS = 512  # written at a time, and the side of a tile of the file
DECIMETRE = 0.1
STEP_DEG = 0.005  # of a delivery


def copied(folder: Path) -> Path:
    """The embedded project in a folder of its own, where it may be given other files."""
    shutil.copytree(PROJECT.parent, folder, dirs_exist_ok=True)
    return folder / PROJECT.name


def write_rough(path: Path, side: int) -> Path:
    """Heights of `side` x `side` cells over the project's area as a tiled, deflated GeoTIFF."""
    import rasterio

    project = read_project(PROJECT)
    given = read_raster(RasterSource(project.file(project.bathymetry.path)))
    grid = _grid(project, side)
    detail = noise(np.random.default_rng(7), TILE, 3.2, np.inf)
    detail = np.clip(detail / detail.std(), -3.0, 3.0)
    profile = {
        "driver": "GTiff", "height": side, "width": side, "count": 1, "dtype": "float32", "crs": grid.crs,
        "transform": grid.transform, "compress": "deflate", "zlevel": 1, "predictor": 3, "tiled": True,
        "blockxsize": 512, "blockysize": 512, "bigtiff": "if_safer",
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as file:
        for row in range(0, side, ROWS):
            band = grid.part(row, 0, (min(ROWS, side - row), side))
            heights = _rough(warp(given, band).values, detail, row, project.water_level_m)
            file.write(heights, 1, window=((row, row + band.rows), (0, side)))
    return path


def write_deeper(path: Path, box: tuple[float, float, float, float]) -> Path:
    """Heights in a lon/lat box as a GeoTIFF of about 500 m: the embedded ones, the sea a fifth deeper."""
    from routing.gridfile import write_geotiff

    project = read_project(PROJECT)
    west, south, east, north = box
    shape = round((north - south) / STEP_DEG), round((east - west) / STEP_DEG)
    grid = Grid(*shape, west, north, STEP_DEG, STEP_DEG, "EPSG:4326")
    heights = warp(read_raster(RasterSource(project.file(project.bathymetry.path))), grid).values
    depth_m = np.maximum(np.float32(project.water_level_m) - heights, 0)
    write_geotiff(path, {"height": heights - np.float32(0.2) * depth_m}, grid, nodata=float("nan"), tags={})
    return path


def _grid(project: Project, side: int) -> Grid:
    west, south, east, north = project.area
    wide, high = east - west + 2 * MARGIN_DEG, north - south + 2 * MARGIN_DEG
    return Grid(side, side, west - MARGIN_DEG, north + MARGIN_DEG, wide / side, high / side, "EPSG:4326")


def _rough(
    heights: np.ndarray[tuple[int, int], np.dtype[np.float32]],
    detail: np.ndarray[tuple[int, int], np.dtype[np.float32]],
    row: int,
    water_level_m: float,
) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Heights with the detail of their place, in decimetres, as files of soundings hold them."""
    rows, cols = (np.arange(first, first + size) % TILE for first, size in zip((row, 0), heights.shape, strict=True))
    depth_m = np.maximum(np.float32(water_level_m) - heights, 0)
    rough = heights + np.float32(ROUGHNESS) * depth_m * detail[np.ix_(rows, cols)]
    return np.asarray(np.rint(rough / DECIMETRE) * DECIMETRE, np.float32)
