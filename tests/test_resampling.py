"""Rasters of any fineness on the routing grid: what each cell takes, and how little memory that needs."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from affine import Affine
from miniature import AREA, elevation_at, raster_lattice, write_raster
from numpy.testing import assert_allclose, assert_array_equal

from routing import geodesy, pipeline
from routing.errors import InputError
from routing.grid import Grid, Raster, warp
from routing.gridfile import RasterSource, read_pieces, read_raster
from routing.project import read_project
from routing.seabed.resampling import codes_on_grid, nearest_values

BOX = (50.2, 41.1, 50.35, 41.2)
MEGABYTE = 1_000_000


def routing_grid(cell_size_m=1000.0, area=BOX):
    return Grid.cover_area(area, projection=geodesy.Projection("EPSG:32639"), cell_size_m=cell_size_m)


def write_codes(path, *, step=0.001, west=BOX[0] - 0.05, crs="EPSG:4326", seed=3):
    """Random codes over the box and some way beyond."""
    codes = np.random.default_rng(seed).integers(1, 90, (200, 250)).astype(np.uint8)
    return write_raster(path, codes, Affine(step, 0.0, west, 0.0, -step, BOX[3] + 0.05), crs=crs)


def write_fine(project, change=None, step=0.001):
    """The miniature bathymetry with cells of some 100 m, a tenth of the routing grid's."""
    lon, lat, transform = raster_lattice(step=step)
    heights = elevation_at(lon, lat)
    heights = heights if change is None else change(heights)
    return write_raster(project.folder / "bathymetry.tif", heights, transform)


def places_of(grid, raster_grid):
    """Row and column on a raster of every cell centre of a grid, projected one by one."""
    rowcol = np.indices(grid.shape).reshape(2, -1).T
    xy = geodesy.transform_points(grid.to_xy(rowcol), grid.crs, raster_grid.crs)
    return raster_grid.to_rowcol(xy).reshape(*grid.shape, 2)


# --------------------------------------------------------------------------------------------------------- bathymetry


def test_each_cell_of_a_far_finer_bathymetry_has_the_mean_of_its_values(sea_project):
    path = write_fine(sea_project)
    loaded = pipeline.load(read_project(sea_project.save()))
    raster, grid = read_raster(RasterSource(path)), loaded.grid
    rowcol = np.indices(raster.grid.shape).reshape(2, -1).T
    xy = geodesy.transform_points(raster.grid.to_xy(rowcol), raster.grid.crs, grid.crs)
    place = np.rint(grid.to_rowcol(xy)).astype(int)
    inside = ((place >= 0) & (place < grid.shape)).all(axis=1)
    flat = place[inside, 0] * grid.cols + place[inside, 1]
    total = np.bincount(flat, weights=raster.values.ravel()[inside].astype(float), minlength=grid.rows * grid.cols)
    mean = (total / np.bincount(flat, minlength=grid.rows * grid.cols)).reshape(grid.shape)
    depth = loaded.seabed.depth_m
    own = loaded.seabed.source == loaded.seabed.sources.index("bathymetry")
    assert own.sum() > 1000
    # A value within a millimetre of an edge may count on either side: 1 in 100 values, metres apart.
    assert_allclose(depth[own], sea_project.settings["water_level_m"] - mean[own], atol=0.3)


@pytest.mark.parametrize("resolution_m", [500.0, 1000.0, 2000.0])
def test_a_bathymetry_that_is_not_far_finer_is_interpolated_to_the_last_bit(sea_project, resolution_m):
    sea_project.settings["resolution_m"] = resolution_m  # beside cells of 556 m
    project = read_project(sea_project.save())
    loaded = pipeline.load(project)
    given = read_raster(RasterSource(sea_project.folder / "bathymetry.tif"), area=project.area)
    expected = np.float32(project.water_level_m) - warp(given, loaded.grid).values
    own = loaded.seabed.source == loaded.seabed.sources.index("bathymetry")
    assert own.any()
    assert_array_equal(loaded.seabed.depth_m[own], expected[own])


def test_the_depths_of_a_smooth_sea_hardly_depend_on_how_fine_its_raster_is(sea_project):
    coarse = pipeline.load(read_project(sea_project.save()))
    write_fine(sea_project)
    fine = pipeline.load(read_project(sea_project.save()))
    both = coarse.seabed.source == coarse.seabed.sources.index("bathymetry")
    both &= fine.seabed.source == fine.seabed.sources.index("bathymetry")
    inner = both.copy()
    for axis in (0, 1):
        inner &= np.roll(both, 2, axis) & np.roll(both, -2, axis)  # away from the land, which is smeared otherwise
    # A fortieth of the 400 m of depth: the floor falls by up to 3 m in 100 m.
    assert inner.sum() > 500
    assert_allclose(fine.seabed.depth_m[inner], coarse.seabed.depth_m[inner], atol=10.0)


def test_missing_data_of_a_fine_bathymetry_are_found_in_every_piece(sea_project):
    def spoil(heights):
        heights[-150, -200] = -32768.0
        return heights

    write_fine(sea_project, spoil)
    with pytest.raises(InputError, match="which is no height or depth"):
        pipeline.load(read_project(sea_project.save()))


def test_a_fine_bathymetry_of_the_wrong_sign_is_refused(sea_project):
    write_fine(sea_project, lambda heights: -heights)
    with pytest.raises(InputError, match="sign looks reversed"):
        pipeline.load(read_project(sea_project.save()))


# -------------------------------------------------------------------------------------------------------- uncertainty


def test_an_uncertainty_far_finer_than_the_grid_is_averaged_and_zeros_are_unknown(sea_project):
    lon, lat, transform = raster_lattice(step=0.001)
    half = np.where(np.indices(lon.shape).sum(axis=0) % 2, 1.0, 3.0).astype(np.float32)  # a chequerboard of 1 m and 3 m
    half[:, : lon.shape[1] // 3] = 0.0
    write_raster(sea_project.folder / "bathymetry.tif", np.stack([elevation_at(lon, lat), half]), transform)
    sea_project.settings["bathymetry"] |= {"uncertainty_band": 2, "uncertainty_kind": "sigma"}
    loaded = pipeline.load(read_project(sea_project.save()))
    stated = loaded.facts.sigma_m[loaded.facts.stated]
    assert stated.size > 500
    assert_allclose(stated, 2.0, atol=0.1)  # a cell holds some 110 values


@pytest.mark.parametrize("wrong", [-1.0, 5000.0])
def test_an_impossible_uncertainty_in_a_fine_raster_is_refused(sea_project, wrong):
    lon, lat, transform = raster_lattice(step=0.001)
    sigma = np.full(lon.shape, 2.0, np.float32)
    sigma[300, 400] = wrong
    write_raster(sea_project.folder / "bathymetry.tif", np.stack([elevation_at(lon, lat), sigma]), transform)
    sea_project.settings["bathymetry"] |= {"uncertainty_band": 2, "uncertainty_kind": "sigma"}
    with pytest.raises(InputError, match="no uncertainty in metres"):
        pipeline.load(read_project(sea_project.save()))


# -------------------------------------------------------------------------------------------------------------- codes


@pytest.mark.parametrize("side", [16, 50, 61, 2048])
def test_a_cell_takes_the_code_at_its_centre_however_the_raster_is_cut(tmp_path, side):
    path = write_codes(tmp_path / "codes.tif")
    raster, grid = read_raster(RasterSource(path)), routing_grid()
    row, col = np.rint(np.moveaxis(places_of(grid, raster.grid), -1, 0)).astype(int)
    found = nearest_values(read_pieces(RasterSource(path), side=side), grid)
    assert_array_equal(found, raster.values[row, col])


def test_gdal_finds_the_same_codes(tmp_path):
    path = write_codes(tmp_path / "codes.tif")
    grid = routing_grid()
    raster = read_raster(RasterSource(path), area=BOX)
    place = places_of(grid, raster.grid)
    # GDAL places centres within an eighth of a value; those nearer to an edge may go either way.
    clear = (np.abs(place - np.rint(place)) < 0.35).all(axis=-1)
    found = codes_on_grid(RasterSource(path), grid, area=BOX)
    assert clear.sum() > 50
    assert_array_equal(found[clear], warp(raster, grid, resampling="nearest").values[clear])


def test_codes_on_longitudes_from_0_to_360_are_found_in_the_west(tmp_path):
    west = write_codes(tmp_path / "west.tif", west=-149.8)
    turned = write_codes(tmp_path / "turned.tif", west=210.2)
    grid = routing_grid_west()
    found = [nearest_values(read_pieces(RasterSource(path), side=64), grid) for path in (west, turned)]
    assert np.isfinite(found[0]).all()
    assert_array_equal(found[0], found[1])


def routing_grid_west():
    area = (-149.75, 41.1, -149.6, 41.2)
    return Grid.cover_area(area, projection=geodesy.Projection("EPSG:32606"), cell_size_m=1000.0)


def test_where_no_code_is_known_none_is_made_up():
    codes = Grid(4, 4, 500_000.0, 4_500_000.0, 10.0, 10.0, "EPSG:32639")
    values = np.full((4, 4), 7.0, np.float32)
    values[2, 2] = np.nan  # it lies at the centre of the middle cell
    around = Grid(3, 3, 499_966.0, 4_500_034.0, 40.0, 40.0, "EPSG:32639")
    assert_array_equal(nearest_values([Raster(values, codes)], around), np.full((3, 3), np.nan))
    assert_array_equal(nearest_values([], around), np.full((3, 3), np.nan))


def test_fine_type_identifiers_give_each_cell_the_uncertainty_of_its_centre(sea_project):
    lon, _, transform = raster_lattice(step=0.001)
    codes = np.where(lon < 50.37, 11, 41).astype(np.int16)  # multibeam in the west, interpolated in the east
    write_raster(sea_project.folder / "tid.tif", codes, transform)
    sea_project.settings["bathymetry"]["tid_path"] = "tid.tif"
    loaded = pipeline.load(read_project(sea_project.save()))
    place = np.indices(loaded.grid.shape).reshape(2, -1).T
    xy = loaded.grid.to_xy(place)
    lon_of = geodesy.transform_points(xy, loaded.grid.crs, geodesy.WGS84)[:, 0].reshape(loaded.grid.shape)
    sea, sigma = loaded.seabed.sea & (loaded.seabed.depth_m > 50), loaded.facts.sigma_m
    west, east = sea & (lon_of < 50.369), sea & (lon_of > 50.371)
    share = sigma / loaded.seabed.depth_m
    assert share[west].max() < 0.03
    assert share[east].min() > 0.19


# ------------------------------------------------------------------------------------------------------------- memory


PEAK = """
import json, sys
from pathlib import Path
from routing.grid import Grid
from routing.gridfile import RasterSource
from routing.seabed.resampling import on_grid
path, area = sys.argv[1], json.loads(sys.argv[2])
grid = Grid(*json.loads(sys.argv[3]))
values = on_grid(RasterSource(Path(path)), grid, area=area, averaged=True)
status = Path("/proc/self/status").read_text(encoding="ascii")
peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
print(json.dumps([1024 * peak, float(values[1:-1, 1:-1].min()), float(values[1:-1, 1:-1].max())]))
"""


def peak_of(path, grid, area):
    """Bytes resident at most in a new process that averages a raster, and the least and the greatest mean."""
    shape = [grid.rows, grid.cols, grid.left, grid.top, grid.dx, grid.dy, grid.crs]
    command = [sys.executable, "-c", PEAK, str(path), json.dumps(area), json.dumps(shape)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    return json.loads(done.stdout)


def write_empty(path, side, **profile):
    """A raster of zeros whose blocks are not even on disk."""
    import rasterio

    west, _, east, north = AREA
    step = (east - west) / side
    options = {"driver": "GTiff", "crs": "EPSG:4326", "transform": Affine(step, 0.0, west, 0.0, -step, north)}
    size = {"count": 1, "height": side, "width": side, "dtype": "float32"}
    with rasterio.open(path, "w", **options, **size, SPARSE_OK=True, **profile):
        return path


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peak of a process is told by Linux")
@pytest.mark.parametrize("layout", ["tiles", "rows"])
def test_a_raster_of_400_megabytes_is_averaged_in_less_than_a_half_of_that(tmp_path, layout):
    west, _, east, north = AREA
    area = [west, north - 0.5, east, north]
    grid = routing_grid(area=(west + 0.05, north - 0.45, east - 0.05, north - 0.05))
    tiles = {"tiled": True, "blockxsize": 512, "blockysize": 512} if layout == "tiles" else {"blockysize": 1}
    least, *_ = peak_of(write_empty(tmp_path / "small.tif", 64, **(tiles if layout == "rows" else {})), grid, area)
    peak, low, high = peak_of(write_empty(tmp_path / "large.tif", 10_000, **tiles), grid, area)
    assert (low, high) == (0.0, 0.0)
    assert peak - least < 200 * MEGABYTE


def test_a_file_written_in_rows_is_read_in_rows(tmp_path):
    path = write_raster(tmp_path / "rows.tif", np.ones((50, 400), np.float32), Affine(1e-3, 0, 50, 0, -1e-3, 41))
    pieces = list(read_pieces(RasterSource(path), side=100))
    assert {piece.grid.cols for piece in pieces} == {400}
    assert [piece.grid.rows for piece in pieces] == [25, 25]
