"""Raster files: written and read back, read as GDAL reads them, and refused when in doubt."""

import contextlib
import hashlib
import socket
import threading
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from miniature import write_raster
from numpy.testing import assert_allclose, assert_array_equal

from routing.errors import InputError, ResourceError, RoutingError
from routing.grid import Grid, warp
from routing.gridfile import RasterSource, read_raster, write_geotiff

WGS84 = "EPSG:4326"
UTM = "EPSG:32639"
DEGREES = Affine(0.1, 0.0, 50.0, 0.0, -0.1, 42.0)  # 50-51 E, 41.2-42 N when (8, 10)
VALUES = -np.arange(80, dtype=np.float32).reshape(8, 10) - 20.0
GRID = Grid(8, 10, 50.0, 42.0, 0.1, 0.1, WGS84)


def digest(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def write_netcdf(path, lat, lon, values, *, units=("degrees_north", "degrees_east"), fill=None, name="elevation"):
    """A grid as GEBCO and ETOPO publish them: values at (lat, lon), coordinates at cell centres."""
    with netCDF4.Dataset(path, "w") as file:
        for axis, centres, unit in (("lat", lat, units[0]), ("lon", lon, units[1])):
            file.createDimension(axis, len(centres))
            variable = file.createVariable(axis, np.asarray(centres).dtype, (axis,))
            variable[:] = centres
            if unit:
                variable.units = unit
        layer = file.createVariable(name, np.asarray(values).dtype, ("lat", "lon"), fill_value=fill)
        layer[:] = values
    return path


LAT = 42.0 - 0.1 * (np.arange(8) + 0.5)
LON = 50.0 + 0.1 * (np.arange(10) + 0.5)


# --------------------------------------------------------------- written and read


@given(
    hnp.arrays(np.float32, (8, 10), elements=st.one_of(st.floats(-9000, 9000, width=32), st.just(np.float32(np.nan))))
)
@settings(max_examples=25)
def test_what_is_written_is_read_back_exactly(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("identity") / "file.tif"
    write_geotiff(path, {"z": values}, GRID, nodata=float("nan"))
    raster = read_raster(RasterSource(path))
    assert_array_equal(raster.values, values)
    assert raster.grid.shape == GRID.shape
    assert_allclose(raster.grid.bounds, GRID.bounds)


def test_a_raster_is_written_with_the_same_bytes_twice_and_gdal_reads_it(tmp_path):
    bands = {"total": VALUES, "cable": VALUES / 2}
    for name in ("a.tif", "b.tif"):
        write_geotiff(tmp_path / name, bands, GRID, nodata=float("nan"), tags={"unit": "USD per metre"})
    assert digest(tmp_path / "a.tif") == digest(tmp_path / "b.tif")
    with rasterio.open(tmp_path / "a.tif") as file:
        assert file.descriptions == ("total", "cable")
        assert file.tags()["unit"] == "USD per metre"
        assert file.crs.to_epsg() == 4326
        assert np.isnan(file.nodata)
        assert_array_equal(file.read(2), VALUES / 2)


def test_codes_are_written_as_bytes_without_nodata(tmp_path):
    codes = np.arange(80, dtype=np.uint8).reshape(8, 10)
    write_geotiff(tmp_path / "codes.tif", {"reason": codes}, GRID, nodata=None)
    with rasterio.open(tmp_path / "codes.tif") as file:
        assert file.dtypes == ("uint8",)
        assert file.nodata is None
        assert_array_equal(file.read(1), codes)


# ------------------------------------------------------------- read as GDAL does


@pytest.mark.parametrize("dtype", ["int16", "int32", "float32", "float64", "uint16"])
@pytest.mark.parametrize("layout", [{}, {"tiled": True, "blockxsize": 16, "blockysize": 16, "compress": "deflate"}])
def test_every_common_pixel_type_and_layout_is_read(tmp_path, dtype, layout):
    values = np.abs(VALUES).astype(dtype)
    raster = read_raster(RasterSource(write_raster(tmp_path / "f.tif", values, DEGREES, **layout)))
    assert raster.values.dtype == np.float32
    assert_array_equal(raster.values, values.astype(np.float32))


@given(st.floats(50.0, 50.8), st.floats(41.2, 41.8), st.floats(0.01, 0.4), st.floats(0.01, 0.4))
def test_a_window_covers_its_area_and_is_cut_from_the_whole(window_file, west, south, wide, high):
    area = (west, south, min(west + wide, 51.0), min(south + high, 42.0))
    whole, part = read_raster(RasterSource(window_file)), read_raster(RasterSource(window_file), area=area)
    left, bottom, right, top = part.grid.bounds
    assert left <= area[0] + 1e-9
    assert bottom <= area[1] + 1e-9
    assert right >= area[2] - 1e-9
    assert top >= area[3] - 1e-9
    row, col = round((whole.grid.top - top) / 0.1), round((left - whole.grid.left) / 0.1)
    rows, cols = part.grid.shape
    assert_array_equal(part.values, whole.values[row : row + rows, col : col + cols])


@pytest.fixture(scope="module")
def window_file(tmp_path_factory):
    return write_raster(tmp_path_factory.mktemp("window") / "f.tif", VALUES, DEGREES)


def test_declared_missing_data_becomes_unknown(tmp_path):
    values = VALUES.copy()
    values[2, 3] = -32768.0
    raster = read_raster(
        RasterSource(write_raster(tmp_path / "f.tif", values.astype(np.int16), DEGREES, nodata=-32768))
    )
    assert np.isnan(raster.values[2, 3])
    assert np.isfinite(raster.values).sum() == 79


def test_missing_data_that_the_project_declares_becomes_unknown(tmp_path):
    values = VALUES.copy()
    values[2, 3] = -32768.0
    path = write_raster(tmp_path / "f.tif", values, DEGREES)
    raster = read_raster(RasterSource(path, nodata=-32768.0))
    assert np.isnan(raster.values[2, 3])
    assert np.isfinite(raster.values).sum() == 79


def test_the_second_band_is_read_when_asked(tmp_path):
    path = write_raster(tmp_path / "f.tif", np.stack([VALUES, VALUES - 7]), DEGREES)
    assert_array_equal(read_raster(RasterSource(path, band=2)).values, VALUES - 7)


def test_a_band_that_does_not_exist_is_refused_with_the_number_there_are(tmp_path):
    path = write_raster(tmp_path / "f.tif", VALUES, DEGREES)
    with pytest.raises(InputError, match="no band 2: the file has 1"):
        read_raster(RasterSource(path, band=2))


def test_scale_and_offset_of_packed_heights_are_applied(tmp_path):
    path = write_raster(tmp_path / "f.tif", np.full((8, 10), 250, np.int16), DEGREES)
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = (0.1,), (-100.0,)
    assert_allclose(read_raster(RasterSource(path)).values, -75.0)


def test_missing_data_that_the_project_declares_means_the_stored_value_of_packed_heights(tmp_path):
    values = np.full((8, 10), 250, np.int16)
    values[0, 0] = -9999
    path = write_raster(tmp_path / "f.tif", values, DEGREES)
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = (0.1,), (0.0,)
    raster = read_raster(RasterSource(path, nodata=-9999.0))
    assert np.isnan(raster.values[0, 0])
    assert_allclose(raster.values[0, 1:], 25.0)


def test_an_ascii_grid_is_read_with_a_stated_crs(tmp_path):
    path = tmp_path / "f.asc"
    path.write_text("ncols 2\nnrows 2\nxllcorner 50\nyllcorner 41\ncellsize 0.5\nNODATA_value -9999\n-1 -2\n-3 -9999\n")
    raster = read_raster(RasterSource(path, crs=WGS84))
    assert_array_equal(raster.values, [[-1, -2], [-3, np.nan]])
    assert_allclose(raster.grid.bounds, (50, 41, 51, 42))


def test_an_xyz_file_north_first_is_read_with_a_stated_crs(tmp_path):
    lines = [f"{x} {y} {-x - y}" for y in (42, 41, 40) for x in (50, 51, 52)]
    path = tmp_path / "f.xyz"
    path.write_text("\n".join(lines) + "\n")
    raster = read_raster(RasterSource(path, crs=WGS84))
    assert raster.values[0].tolist() == [-92, -93, -94]
    assert_allclose(raster.grid.bounds, (49.5, 39.5, 52.5, 42.5))


SURFER = "DSAA\n3 2\n50 52\n41 42\n-30 -5\n-5 -10 -15\n-20 -25 -30\n"  # rows from the south


def test_a_surfer_grid_is_read_by_its_content_whatever_its_suffix(tmp_path):
    path = tmp_path / "f.grd"
    path.write_text(SURFER)
    assert read_raster(RasterSource(path, crs=WGS84)).values.tolist() == [[-20, -25, -30], [-5, -10, -15]]


# ------------------------------------------------------------------------ NetCDF


@pytest.mark.parametrize("south_up", [True, False])
def test_a_netcdf_grid_lies_where_its_coordinates_say_either_way_up(tmp_path, south_up):
    turn = slice(None, None, -1) if south_up else slice(None)
    raster = read_raster(RasterSource(write_netcdf(tmp_path / "f.nc", LAT[turn], LON, VALUES[turn])))
    assert_array_equal(raster.values, VALUES)
    assert_allclose(raster.grid.bounds, GRID.bounds)
    assert raster.grid.crs == WGS84


@pytest.mark.parametrize("south_up", [True, False])
def test_a_window_of_a_netcdf_grid_is_cut_from_the_whole(tmp_path, south_up):
    turn = slice(None, None, -1) if south_up else slice(None)
    path = write_netcdf(tmp_path / "f.nc", LAT[turn], LON, VALUES[turn])
    part = read_raster(RasterSource(path), area=(50.45, 41.55, 50.55, 41.65))
    row, col = round((42.0 - part.grid.top) / 0.1), round((part.grid.left - 50.0) / 0.1)
    rows, cols = part.grid.shape
    assert rows < 8
    assert_array_equal(part.values, VALUES[row : row + rows, col : col + cols])


def test_gdal_and_our_netcdf_reader_agree(tmp_path):
    path = write_netcdf(tmp_path / "f.nc", LAT[::-1], LON, VALUES[::-1])
    ours = read_raster(RasterSource(path))
    with rasterio.open(f"netcdf:{path}:elevation") as file:
        assert_array_equal(file.read(1), ours.values)
        assert_allclose(file.bounds, ours.grid.bounds)


def test_a_netcdf_grid_without_a_crs_needs_one_stated(tmp_path):
    path = write_netcdf(tmp_path / "f.nc", LAT, LON, VALUES, units=(None, None))
    with pytest.raises(InputError, match=r"no coordinate reference system.*EPSG"):
        read_raster(RasterSource(path))
    assert read_raster(RasterSource(path, crs=WGS84)).grid.crs == WGS84


@pytest.mark.parametrize("area", [(-9.5, 41.4, -9.2, 41.8), (350.5 - 360, 41.3, 350.9 - 360, 41.9)])
def test_longitudes_from_0_to_360_are_found_from_the_west(tmp_path, area):
    path = write_netcdf(tmp_path / "f.nc", LAT, LON + 300.0, VALUES)  # 350-351 E is 10-9 W
    part = read_raster(RasterSource(path), area=area)
    left, _, right, _ = part.grid.bounds
    assert left <= area[0] + 360.0
    assert right >= area[2] + 360.0


@pytest.mark.parametrize(
    ("first", "area"),
    [(-180.0, (175.0, -20.0, -175.0, -12.0)), (0.0, (-6.0, 36.0, 4.0, 44.0))],  # antimeridian; Greenwich
)
def test_an_area_across_the_seam_of_a_world_grid_is_read_whole_or_refused(tmp_path, first, area):
    lat, lon = np.arange(89.5, -90, -1.0), first + np.arange(360) + 0.5
    path = write_netcdf(tmp_path / "f.nc", lat, lon, np.full((180, 360), -3000, np.int16))
    try:
        left, _, right, _ = read_raster(RasterSource(path), area=area).grid.bounds
    except InputError:
        return
    assert right - left >= 10.0


def test_packed_netcdf_values_and_their_fill_are_decoded(tmp_path):
    path = write_netcdf(tmp_path / "f.nc", LAT, LON, np.full((8, 10), -250, np.int16), fill=np.int16(-32768))
    with netCDF4.Dataset(path, "a") as file:
        file["elevation"].scale_factor = 0.1
        file["elevation"][0, 0] = np.ma.masked
    values = read_raster(RasterSource(path)).values
    assert np.isnan(values[0, 0])
    assert_allclose(values[1:], -25.0)
    assert np.isfinite(values).sum() == 79


def test_of_several_netcdf_variables_one_must_be_named(tmp_path):
    path = write_netcdf(tmp_path / "f.nc", LAT, LON, VALUES)
    with netCDF4.Dataset(path, "a") as file:
        file.createVariable("tid", "i2", ("lat", "lon"))[:] = 1
    with pytest.raises(InputError, match="the file holds elevation, tid") as error:
        read_raster(RasterSource(path))
    assert error.value.key == "variable"
    assert_array_equal(read_raster(RasterSource(path, variable="elevation")).values, VALUES)


def test_uneven_netcdf_coordinates_are_refused_by_name(tmp_path):
    uneven = LON.copy()
    uneven[4:] += 0.05
    with pytest.raises(InputError, match="lon: is not evenly spaced"):
        read_raster(RasterSource(write_netcdf(tmp_path / "f.nc", LAT, uneven, VALUES)))


def test_evenly_spaced_coordinates_stored_in_single_precision_are_even(tmp_path):
    lon = (50.0 + np.arange(200) / 960.0).astype(np.float32)
    lat = (42.0 - np.arange(100) / 960.0).astype(np.float32)
    raster = read_raster(RasterSource(write_netcdf(tmp_path / "f.nc", lat, lon, np.full((100, 200), -20, np.int16))))
    assert_allclose(raster.grid.dx, 1 / 960.0, rtol=1e-4)


def test_netcdf_longitudes_that_run_westwards_are_placed_right_or_refused(tmp_path):
    path = write_netcdf(tmp_path / "f.nc", LAT, LON[::-1], VALUES[:, ::-1])
    try:
        raster = read_raster(RasterSource(path))
    except InputError:
        return
    assert_allclose(raster.grid.bounds, GRID.bounds)
    assert_array_equal(raster.values, VALUES)


# ---------------------------------------------------------------------- refused


def refused(path, match, **source):
    """The file is refused with its own name, and nothing but our own error escapes."""
    with pytest.raises(InputError, match=match) as error:
        read_raster(RasterSource(path, **source))
    assert error.value.file == str(path)
    assert error.value.remedy
    return error.value


def test_a_raster_without_crs_is_refused_with_the_key_that_states_it(tmp_path):
    path = write_raster(tmp_path / "f.tif", VALUES, DEGREES, crs=None)
    assert refused(path, "no coordinate reference system").key == "crs"
    assert read_raster(RasterSource(path, crs=WGS84)).grid.crs == WGS84


def test_a_stated_crs_that_contradicts_the_file_is_refused_with_both_named(tmp_path):
    path = write_raster(tmp_path / "f.tif", VALUES, DEGREES)
    assert refused(path, "WGS 84, not EPSG:32639", crs=UTM).key == "crs"


def test_a_stated_crs_that_is_none_is_refused(tmp_path):
    path = write_raster(tmp_path / "f.tif", VALUES, DEGREES, crs=None)
    with pytest.raises(InputError, match="not a coordinate reference system"):
        read_raster(RasterSource(path, crs="utm"))


def test_a_raster_labelled_in_metres_whose_numbers_are_degrees_does_not_reach_the_area(tmp_path):
    path = write_raster(tmp_path / "f.tif", VALUES, DEGREES, crs=UTM)
    with pytest.raises(InputError, match="does not reach the area"):
        read_raster(RasterSource(path), area=(50.2, 41.3, 50.8, 41.9))


@pytest.mark.parametrize(
    "transform",
    [
        Affine(0.1, 0.02, 50.0, 0.02, -0.1, 42.0),  # rotated
        Affine(0.1, 0.0, 50.0, 0.0, 0.1, 41.2),  # south up
        Affine(-0.1, 0.0, 51.0, 0.0, -0.1, 42.0),  # east to west
    ],
)
def test_a_raster_that_is_not_north_up_is_refused_with_the_tool_that_turns_it(tmp_path, transform):
    refused(write_raster(tmp_path / "f.tif", VALUES, transform), "gdalwarp")


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_raster_without_georeference_is_refused(tmp_path):
    path = tmp_path / "f.tif"
    with rasterio.open(path, "w", driver="GTiff", width=4, height=4, count=1, dtype="float32") as file:
        file.write(np.zeros((1, 4, 4), np.float32))
    refused(path, "no geotransform", crs=WGS84)


@pytest.mark.parametrize("share", [0.01, 0.3, 0.6, 0.95])
def test_a_truncated_raster_is_refused(tmp_path, share):
    noise = np.random.default_rng(0).normal(size=(256, 256)).astype(np.float32)
    path = write_raster(
        tmp_path / "f.tif", noise, DEGREES, compress="deflate", tiled=True, blockxsize=64, blockysize=64
    )
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    refused(path, "cannot be read as a raster")


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_flipped_bytes_raise_only_our_own_errors(tmp_path, torn_raster):
    draw, path = np.random.default_rng(1), tmp_path / "f.tif"
    for _ in range(300):
        whole = bytearray(torn_raster)
        for at in draw.integers(0, len(whole), draw.integers(1, 9)):
            whole[at] = draw.integers(0, 256)
        path.write_bytes(whole)
        with contextlib.suppress(RoutingError):
            read_raster(RasterSource(path), area=(50.2, 41.3, 50.8, 41.9))


@pytest.fixture(scope="module")
def torn_raster(tmp_path_factory):
    return write_raster(tmp_path_factory.mktemp("torn") / "f.tif", VALUES, DEGREES, compress="deflate").read_bytes()


@pytest.mark.parametrize("name", ["f.tif", "f.nc", "f.asc", "f.bag"])
@pytest.mark.parametrize(
    "content", [b"", b"II*\x00", b"hello, world\n", b"\x00" * 64, b"\x89HDF\r\n\x1a\n", b"CDF\x01", b"ncols x"]
)
def test_an_empty_or_foreign_file_is_refused(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    refused(path, "cannot be read as a raster", crs=WGS84)


@pytest.mark.parametrize("keep", [0.3, 0.7, 0.95])
def test_a_truncated_netcdf_is_refused(tmp_path, keep):
    noise = np.random.default_rng(0).normal(size=(100, 200))
    lat, lon = 42 - np.arange(100) * 0.01, 50 + np.arange(200) * 0.01
    path = write_netcdf(tmp_path / "f.nc", lat, lon, noise)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(keep * len(whole))])
    refused(path, "cannot be read as a raster")


def test_a_netcdf_whose_data_block_is_damaged_is_refused(tmp_path):
    path = tmp_path / "f.nc"
    noise = np.random.default_rng(0).normal(size=(8, 10))
    with netCDF4.Dataset(path, "w") as file:
        for axis, centres, unit in (("lat", LAT, "degrees_north"), ("lon", LON, "degrees_east")):
            file.createDimension(axis, len(centres))
            variable = file.createVariable(axis, "f8", (axis,))
            variable[:], variable.units = centres, unit
        file.createVariable("z", "f8", ("lat", "lon"), zlib=True, fletcher32=True)[:] = noise
    whole = bytearray(path.read_bytes())
    at = whole.find(b"\x78\x5e") if b"\x78\x5e" in whole else whole.find(b"\x78\x9c")
    assert at > 0
    whole[at + 40 : at + 60] = b"\xff" * 20
    path.write_bytes(bytes(whole))
    refused(path, "cannot be read as a raster")


def vrt_over(path):
    return f"""<VRTDataset rasterXSize="10" rasterYSize="8"><SRS>EPSG:4326</SRS>
<GeoTransform>50, 0.1, 0, 42, 0, -0.1</GeoTransform><VRTRasterBand dataType="Float32" band="1">
<SimpleSource><SourceFilename relativeToVRT="0">{path}</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"""


@pytest.mark.parametrize("name", ["survey.tif", "survey.vrt", "survey.asc", "survey.xyz", "survey.nc"])
def test_a_virtual_raster_is_refused_whatever_it_calls_itself(tmp_path, name):
    secret = write_raster(tmp_path / "secret.tif", VALUES, DEGREES)
    path = tmp_path / name
    path.write_text(vrt_over(secret))
    refused(path, "cannot be read as a raster")


def test_no_connection_is_made_for_a_path_that_names_a_server():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        called = threading.Event()

        def listen():
            try:
                server.accept()[0].close()
                called.set()
            except TimeoutError:
                pass

        waiting = threading.Thread(target=listen)
        waiting.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/f.tif"
        for text in (url, f"/vsicurl/{url}", f"/vsicurl?url={url}"):
            with pytest.raises(InputError):
                read_raster(RasterSource(Path(text)))
        waiting.join()
    assert not called.is_set()


@pytest.mark.parametrize(
    "text",
    [
        "/vsicurl/http://x/f.tif",
        "http://x/f.tif",
        "https://x/f.tif",
        "s3://bucket/f.tif",
        "/vsis3/bucket/f.tif",
        "/vsizip/a.zip/f.tif",
        "/vsistdin/",
        'NETCDF:"f.nc":z',
        "\\\\server\\share\\f.tif",
    ],
)
def test_a_path_that_is_no_file_on_this_machine_is_refused(text):
    with pytest.raises(InputError, match=r"not a file on this machine|no such file"):
        read_raster(RasterSource(Path(text)))


def test_a_path_to_a_server_is_said_to_be_one_not_merely_missing():
    # pathlib folds the two slashes of a URL into one.
    with pytest.raises(InputError, match="not a file on this machine"):
        read_raster(RasterSource(Path("/vsicurl/http://x/f.tif")))


@pytest.mark.parametrize("text", ["http://x/f.tif", "s3://bucket/f.tif"])
def test_a_url_is_said_to_need_a_download(text):
    with pytest.raises(InputError, match="not a file on this machine; download it first"):
        read_raster(RasterSource(Path(text)))


@pytest.mark.parametrize("folder", [True, False])
def test_a_missing_raster_or_a_folder_is_refused(tmp_path, folder):
    path = tmp_path / "f.tif"
    if folder:
        path.mkdir()
    refused(path, "no such file")


@pytest.mark.parametrize("value", [-32768.0, 32767.0, -99999.0, 1e20])
def test_undeclared_missing_data_are_refused_with_the_key_that_declares_them(tmp_path, value):
    values = VALUES.copy()
    values[3, 3:5] = value
    refused(write_raster(tmp_path / "f.tif", values, DEGREES), "2 cells hold .*nodata = ")


@pytest.mark.parametrize("value", [-9999.0, -32767.0, 32768.0, 99999.0, -3.4028234663852886e38, 9.969209968386869e36])
def test_other_usual_codes_of_missing_data_are_refused(tmp_path, value):
    values = VALUES.copy()
    values[3, 3:5] = value
    refused(write_raster(tmp_path / "f.tif", values, DEGREES), "2 cells hold .*nodata = ")


def test_a_giant_raster_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "f.tif"
    step = 1 / 4096
    with rasterio.open(
        path, "w", driver="GTiff", width=200_000, height=200_000, count=1, dtype="float64", crs=WGS84,
        transform=Affine(step, 0, 20, 0, -step, 70), sparse_ok=True, tiled=True, compress="deflate",
    ):  # fmt: skip
        pass
    assert path.stat().st_size < 10_000_000
    with pytest.raises(ResourceError, match=r"200000 x 200000 cells is more than .* cut the file"):
        read_raster(RasterSource(path))
    small = read_raster(RasterSource(path), area=(50.0, 41.0, 50.01, 41.01))
    assert max(small.grid.shape) < 100


@pytest.mark.parametrize("area", [(10.0, 41.3, 11.0, 41.9), (50.2, -41.9, 50.8, -41.3), (50.2, 60.0, 50.8, 61.0)])
def test_a_raster_of_the_wrong_place_is_refused_with_both_extents(tmp_path, area):
    path = write_raster(tmp_path / "f.tif", VALUES, DEGREES)
    with pytest.raises(
        InputError, match=r"covers \(50, 41.2, 51, 42\) of WGS 84 and does not reach the area \("
    ) as error:
        read_raster(RasterSource(path), area=area)
    assert error.value.file == str(path)


@pytest.mark.parametrize(
    "area",
    [
        (-60.0, -10.0, -59.0, -9.0),
        (-130.0, 40.0, -129.0, 41.0),
        (139.0, -1.0, 141.0, 1.0),
    ],
)
def test_a_raster_in_metres_of_the_other_side_of_the_world_is_refused(tmp_path, area):
    path = write_raster(tmp_path / "f.tif", VALUES, Affine(1000, 0, 400_000, 0, -1000, 4_650_000), crs=UTM)
    with pytest.raises(InputError, match="does not reach the area"):
        read_raster(RasterSource(path), area=area)


ENGINEERING_CRS = 'LOCAL_CS["site grid",UNIT["metre",1]]'


def test_a_raster_in_a_site_grid_without_a_place_on_earth_is_refused(tmp_path):
    path = write_raster(tmp_path / "f.tif", VALUES, Affine(10, 0, 0, 0, -10, 80), crs=ENGINEERING_CRS)
    with pytest.raises(InputError):
        read_raster(RasterSource(path), area=(50.2, 41.3, 50.8, 41.9))


@pytest.mark.parametrize("crs", ["EPSG:4284", "EPSG:28409", "EPSG:32639+5705"])  # Pulkovo 1942; UTM with Baltic height
def test_surveys_on_the_soviet_datum_or_with_a_vertical_datum_are_placed(tmp_path, crs):
    transform = DEGREES if crs == "EPSG:4284" else Affine(1000, 0, 417_000, 0, -1000, 4_650_000)
    if crs == "EPSG:28409":
        transform = Affine(1000, 0, 9_417_000, 0, -1000, 4_650_000)
    path = write_raster(tmp_path / "f.tif", VALUES, transform, crs=crs)
    assert read_raster(RasterSource(path), area=(50.02, 41.95, 50.04, 41.97)).values.size > 0


def test_infinite_values_never_become_depths(tmp_path):
    values = VALUES.copy()
    values[3, 3], values[4, 6] = np.inf, -np.inf
    raster = read_raster(RasterSource(write_raster(tmp_path / "f.tif", values, DEGREES)))
    moved = warp(raster, Grid(30, 40, 50.0, 42.0, 0.023, 0.023, WGS84)).values
    finite = moved[np.isfinite(moved)]
    assert finite.size > 500
    assert VALUES.min() - 1e-3 <= finite.min()
    assert finite.max() <= VALUES.max() + 1e-3


def test_a_name_with_spaces_and_accents_is_no_obstacle(tmp_path):
    folder = tmp_path / "Ångström 海底"
    folder.mkdir()
    path = folder / "глубины 1.tif"
    write_geotiff(path, {"z": VALUES}, GRID, nodata=None)
    assert_array_equal(read_raster(RasterSource(path)).values, VALUES)
