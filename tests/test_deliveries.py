"""Survey deliveries: the same sea floor in every format, order and sign gives the same plan; uncertainty is kept."""

import netCDF4
import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from miniature import WATER_LEVEL_M, elevation_at, raster_lattice, write_raster
from numpy.testing import assert_allclose, assert_array_equal

from routing import pipeline
from routing.errors import InputError, ResourceError
from routing.gridfile import RasterSource, read_raster, uncertainty_band
from routing.pointgrid import lay_points
from routing.seabed.uncertainty import QUALITIES, known_uncertainty, sigma_as_stated

WGS84 = "EPSG:4326"
LON, LAT, TRANSFORM = raster_lattice()
HEIGHT = elevation_at(LON, LAT)


# -------------------------------------------------------------------------------------------------------------- writers


def as_geotiff(folder, values, sigma=None):
    bands = values if sigma is None else np.stack([values, sigma])
    return write_raster(folder / "survey.tif", bands, TRANSFORM), {}


def as_bag(folder, values, sigma=None, *, name="survey.bag"):
    sigma = np.zeros_like(values) if sigma is None else sigma
    bands = np.stack([values, sigma])
    return write_raster(folder / name, bands, TRANSFORM, driver="BAG", nodata=1e6), {}


def as_netcdf(folder, values, sigma=None):
    path = folder / "survey.nc"
    with netCDF4.Dataset(path, "w") as file:
        for name, centres, unit in (("lat", LAT[:, 0], "degrees_north"), ("lon", LON[0], "degrees_east")):
            file.createDimension(name, len(centres))
            axis = file.createVariable(name, "f8", (name,))
            axis[:], axis.units = centres, unit
        layers = {"z": values} if sigma is None else {"z": values, "sigma": sigma}
        for name, layer in layers.items():
            file.createVariable(name, "f4", ("lat", "lon"))[:] = layer
    return path, {} if sigma is None else {"variable": "z"}


def as_ascii_grid(folder, values):
    path, south = folder / "survey.asc", TRANSFORM.f + TRANSFORM.e * values.shape[0]
    head = f"ncols {values.shape[1]}\nnrows {values.shape[0]}\nxllcorner {TRANSFORM.c}\nyllcorner {south}\n"
    rows = "\n".join(" ".join(map(str, row)) for row in values)
    path.write_text(f"{head}cellsize {TRANSFORM.a}\nNODATA_value -9999\n{rows}\n", encoding="ascii")
    return path, {"crs": WGS84}


def as_points(folder, values, sigma=None, *, order=None, separator=" ", head="", columns=(0, 1, 2)):
    path = folder / "survey.xyz"
    table = [LON.ravel(), LAT.ravel(), values.ravel(), *([] if sigma is None else [sigma.ravel()])]
    columns = (*columns, *range(len(columns), len(table)))
    points = np.column_stack([table[column] for column in columns])[slice(None) if order is None else order]
    lines = (separator.join(f"{number:.7g}" for number in point) for point in points)
    path.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    return path, {"crs": WGS84}


def as_s102(folder, values, sigma=None):
    path, cell = folder / "survey.h5", np.dtype([("depth", "f4"), ("uncertainty", "f4")])
    with netCDF4.Dataset(path, "w") as file:
        file.productSpecification, file.horizontalCRS = "INT.IHO.S-102.2.2", np.int32(4326)
        grid = file.createGroup("BathymetryCoverage").createGroup("BathymetryCoverage.01")
        grid.gridOriginLongitude, grid.gridOriginLatitude = LON[0, 0], LAT[-1, 0]
        grid.gridSpacingLongitudinal = grid.gridSpacingLatitudinal = TRANSFORM.a
        grid.numPointsLongitudinal, grid.numPointsLatitudinal = np.int32(LON.shape[1]), np.int32(LON.shape[0])
        grid.startSequence = "0,0"
        group = grid.createGroup("Group_001")
        group.createDimension("row", LON.shape[0])
        group.createDimension("col", LON.shape[1])
        cells = np.zeros(LON.shape, cell)
        cells["depth"], cells["uncertainty"] = values[::-1], 0.0 if sigma is None else sigma[::-1]
        group.createVariable("values", group.createCompoundType(cell, "cell"), ("row", "col"))[:] = cells
    return path, {}


FORMATS = {
    "GeoTIFF": as_geotiff,
    "BAG": as_bag,
    "NetCDF": as_netcdf,
    "ASCII grid": as_ascii_grid,
    "XYZ": as_points,
    "S-102": as_s102,
}


def declare(project, path, **given):
    project.settings["bathymetry"] = {"path": path.name, "kind": "elevation", "zero_m": 0.0, **given}
    return project


# ----------------------------------------------------------------------------------------- the same plan in every format


def numbers(summary):
    """Every number of the options of a summary, in order."""
    found = []

    def visit(node):
        if isinstance(node, dict):
            for value in node.values():
                visit(value)
        elif isinstance(node, list):
            for value in node:
                visit(value)
        elif isinstance(node, int | float) and not isinstance(node, bool):
            found.append(node)

    visit(summary["options"])
    return np.array(found, float)


@pytest.mark.parametrize("kind", ["elevation", "depth"])
@pytest.mark.parametrize("name", FORMATS)
def test_the_same_sea_floor_gives_the_same_plan_in_every_format_and_sign(sea_project, finished_run, name, kind):
    zero_m = 0.0 if kind == "elevation" else WATER_LEVEL_M
    values = HEIGHT if kind == "elevation" else np.float32(WATER_LEVEL_M) - HEIGHT
    path, given = FORMATS[name](sea_project.folder, values.astype(np.float32))
    loaded, _, planned = declare(sea_project, path, kind=kind, zero_m=zero_m, **given).plan()
    # Depths are float32 in every format: 400 m to 3e-5 m, a few times over; prices follow them.
    assert_allclose(loaded.facts.depth_m, finished_run.loaded.facts.depth_m, rtol=0, atol=1e-4)
    assert_allclose(numbers(pipeline.describe(loaded, planned)), numbers(finished_run.summary), rtol=1e-5, atol=1e-6)


def test_the_sign_in_the_file_counts_as_declared_whatever_the_format_means_by_it(sea_project):
    # BAG means heights and S-102 means depths; deliveries hold either.
    path, _ = as_bag(sea_project.folder, -HEIGHT)
    facts = declare(sea_project, path, kind="depth").load().facts
    other, _ = as_s102(sea_project.folder, HEIGHT)
    assert_array_equal(declare(sea_project, other, kind="elevation").load().facts.depth_m, facts.depth_m)
    declare(sea_project, path, kind="elevation")
    with pytest.raises(InputError, match=r'the sign looks reversed; set kind = "depth"'):
        sea_project.load()


def test_a_window_does_not_depend_on_how_a_format_rounds_its_corner(tmp_path):
    # The north edge of the area lies on a row of cells: one rounding above or below it gave a window one row larger.
    area = (50.0, 41.0, 50.75, 41.55)
    grids = [read_raster(RasterSource(path, **given), area=area).grid for path, given in written(tmp_path)]
    assert {grid.shape for grid in grids} == {grids[0].shape}
    assert_allclose([grid.bounds for grid in grids], [grids[0].bounds] * len(grids), atol=1e-9)


def written(folder):
    return [write(folder, HEIGHT) for write in FORMATS.values()]


# --------------------------------------------------------------------------------------------------------------- points


def orders():
    cells = np.arange(HEIGHT.size).reshape(HEIGHT.shape)
    draw = np.random.default_rng(7)
    return {
        "north first": cells.ravel(),
        "south first": cells[::-1].ravel(),
        "east first": cells[:, ::-1].ravel(),
        "by columns": cells.T.ravel(),
        "rows shuffled": cells[draw.permutation(len(cells))].ravel(),
        "shuffled": draw.permutation(cells.size),
        "a point twice": np.append(cells.ravel(), 17),
    }


@pytest.mark.parametrize("order", orders())
def test_points_are_placed_by_their_positions_in_any_order(tmp_path, order):
    path, given = as_points(tmp_path, HEIGHT, order=orders()[order])
    raster = read_raster(RasterSource(path, **given))
    assert_allclose(raster.values, HEIGHT, rtol=1e-6)
    assert_allclose(raster.grid.bounds, (49.9, 40.9, 50.85, 41.65), atol=1e-9)


@pytest.mark.parametrize(
    "head",
    [
        "",
        "x,y,z\n",
        "Longitude, Latitude, Depth (m)\n",
        "# line planning\n\n# survey\nEasting;Northing;Z\n",
        "\ufeff",
        "\ufeffX Y Z\n",
    ],
)
@pytest.mark.parametrize("separator", [" ", ",", ", ", ";", "\t", "   "])
def test_points_are_read_below_names_and_comments_with_any_separator(tmp_path, head, separator):
    path, given = as_points(tmp_path, HEIGHT, head=head, separator=separator)
    assert_allclose(read_raster(RasterSource(path, **given)).values, HEIGHT, rtol=1e-6)


def test_names_of_columns_say_which_is_which(tmp_path):
    path, given = as_points(tmp_path, HEIGHT, head="z_m lat_deg lon_deg\n", columns=(2, 1, 0))
    assert_allclose(read_raster(RasterSource(path, **given)).values, HEIGHT, rtol=1e-6)


def test_windows_line_ends_and_further_columns_do_no_harm(tmp_path):
    path, given = as_points(tmp_path, HEIGHT, np.full_like(HEIGHT, 0.25))
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert_allclose(read_raster(RasterSource(path, **given)).values, HEIGHT, rtol=1e-6)
    assert_allclose(read_raster(RasterSource(path, 2, **given)).values, 0.25)
    with pytest.raises(InputError, match="no band 3: the file has 2"):
        read_raster(RasterSource(path, 3, **given))


def test_places_without_a_point_and_declared_missing_values_are_unknown(tmp_path):
    values = HEIGHT.copy()
    values[3, 4] = -9999.0
    path, given = as_points(tmp_path, values, order=np.delete(np.arange(values.size), [500, 501]))
    raster = read_raster(RasterSource(path, nodata=-9999.0, **given))
    assert np.flatnonzero(np.isnan(raster.values)).tolist() == [500, 501, 3 * 190 + 4]


def test_a_corridor_far_from_its_own_box_is_a_grid(tmp_path):
    # Five cells wide and 2000 long on a diagonal: 0.25 % of its box.
    along = np.repeat(np.arange(2000), 5)
    across = along + np.tile(np.arange(5), 2000)
    points = np.column_stack([500_000.0 + 2 * across, 4_600_000.0 + 2 * along, -20.0 - along / 100])
    path = tmp_path / "corridor.xyz"
    np.savetxt(path, points, fmt="%.2f")
    raster = read_raster(RasterSource(path, crs="EPSG:32639"))
    assert np.isfinite(raster.values).sum() == len(points)
    assert (raster.grid.dx, raster.grid.dy) == (2.0, 2.0)


@given(
    st.integers(2, 12), st.integers(2, 12), st.sampled_from([0.5, 1.0, 1 / 240, 1 / 960, 12.34]),
    st.floats(-170, 170), st.randoms(use_true_random=False),
)  # fmt: skip
def test_every_regular_lattice_is_found_from_shuffled_rounded_points(rows, cols, step, left, random):
    col, row = np.meshgrid(np.arange(cols), np.arange(rows))
    values = row * 100.0 + col
    # Five decimals: 0.5 % of the finest step here.
    points = np.column_stack([np.round(left + step * col.ravel(), 5), np.round(-step * row.ravel(), 5), values.ravel()])
    random.shuffle(order := list(range(len(points))))
    laid = lay_points(points[order], crs=WGS84)
    assert laid.grid.shape == (rows, cols)
    assert_array_equal(laid.window(0, 0, (rows, cols)), values)
    assert_allclose([laid.grid.dx, laid.grid.dy], step, atol=1.1e-5)


@pytest.mark.parametrize("missing", [[1], [2, 3, 4], list(range(1, 60, 2)), list(range(2, 90))])
def test_missing_columns_do_not_change_the_step(missing):
    x, y = np.meshgrid(np.delete(np.arange(100.0), missing), np.arange(3.0))
    laid = lay_points(np.column_stack([x.ravel(), y.ravel(), x.ravel()]), crs="EPSG:32639")
    assert laid.grid.shape == (3, 100)
    found = laid.window(0, 0, (3, 100))
    assert np.flatnonzero(np.isnan(found[0])).tolist() == missing
    assert_array_equal(found[0][np.isfinite(found[0])], np.delete(np.arange(100.0), missing))


def test_steps_that_are_rounded_do_not_drift_over_a_long_line(tmp_path):
    lon, lat = np.meshgrid(50 + np.arange(3000) / 960, 41 + np.arange(3) / 960)
    path = tmp_path / "long.xyz"
    np.savetxt(path, np.column_stack([lon.ravel(), lat.ravel(), -np.arange(9000) / 10]), fmt="%.5f")
    raster = read_raster(RasterSource(path, crs=WGS84))
    assert raster.values.shape == (3, 3000)
    assert_allclose(raster.values[::-1].ravel(), -np.arange(9000) / 10, rtol=1e-6)
    assert_allclose(raster.grid.dx, 1 / 960, rtol=1e-5)


def track(count=400):
    draw = np.random.default_rng(3)
    return np.column_stack([50 + draw.random(count), 41 + draw.random(count), -100 * draw.random(count)])


UNUSABLE = {
    "soundings along a track": (track(), "points lie on no regular grid: .*; grid the soundings first"),
    "rounded soundings": (np.round(track(), 4), "points lie on no regular grid: .*; grid the soundings first"),
    "a turned grid": (
        np.array([[x - 0.3 * y, 0.3 * x + y, 1.0] for x in range(9) for y in range(9)]), "points lie on no regular grid"
    ),
    "one line": (np.array([[50.0, 41.0, 1.0], [50.0, 41.1, 1.0], [50.0, 41.2, 1.0]]), "all lie on one x"),
    "two depths at one place": (
        np.array([[50.0, 41.0, 1.0], [50.1, 41.0, 2.0], [50.0, 41.1, 3.0], [50.0, 41.0, 4.0]]),
        r"place \(50, 41\) has the values 1 and 4; keep one value a place",
    ),
    "no position": (np.array([[50.0, 41.0, 1.0], [np.nan, 41.0, 2.0]]), "point 2 has no position"),
    "a point at the end of the world": (
        np.array([[x, y, 1.0] for x in (0.0, 1.0, 1e15) for y in (0.0, 1.0)]), "x spreads over 1e\\+15 steps"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", UNUSABLE)
def test_points_on_no_grid_are_refused_with_the_file_and_the_remedy(tmp_path, case):
    points, message = UNUSABLE[case]
    path = tmp_path / "survey.xyz"
    np.savetxt(path, points, fmt="%.6f")
    with pytest.raises(InputError, match=message) as error:
        read_raster(RasterSource(path, crs=WGS84))
    assert error.value.file == str(path)


@pytest.mark.parametrize(
    "text",
    [
        "50 41 -1\n50.1 41\n",
        "50 41 -1\n50.1 41 deep\n",
        "50,1;41,2;-5,3\n50,2;41,2;-5,3\n",
        "x y\n50 41\n",
        "a list of names\nand another\n50 41 -1\n",
        "<points>\n50 41 -1\n",
        "x y z\n",
        "50 41 -1\n\x00\x00\n",
    ],
)
def test_a_text_that_is_no_list_of_points_is_refused(tmp_path, text):
    path = tmp_path / "survey.xyz"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read as a raster") as error:
        read_raster(RasterSource(path, crs=WGS84))
    assert error.value.file == str(path)


def test_a_giant_list_of_points_is_refused_before_it_is_read(tmp_path):
    path, _ = as_points(tmp_path, HEIGHT)
    with path.open("r+b") as file:
        file.truncate(30_000_000_000)  # sparse: takes no room
    with pytest.raises(ResourceError, match=r"30\.0 GB of points is more than the 2 GB allowed at once; cut the file"):
        read_raster(RasterSource(path, crs=WGS84))


def test_points_need_their_crs_stated(tmp_path):
    path, _ = as_points(tmp_path, HEIGHT)
    with pytest.raises(InputError, match="no coordinate reference system"):
        read_raster(RasterSource(path))


# ---------------------------------------------------------------------------------------------------------- other formats


def test_an_ascii_grid_keeps_fractions_that_come_after_megabytes_of_whole_numbers(tmp_path):
    values = np.full((1500, 1500), -9999.0, np.float32)
    values[-1] = -12.75
    path = tmp_path / "survey.asc"
    rows = "\n".join(" ".join(f"{number:.7g}" for number in row) for row in values)
    path.write_text(f"ncols 1500\nnrows 1500\nxllcorner 0\nyllcorner 0\ncellsize 1\nNODATA_value -9999\n{rows}\n")
    raster = read_raster(RasterSource(path, crs="EPSG:32639"))
    assert_array_equal(raster.values[-1], -12.75)
    assert np.isnan(raster.values[:-1]).all()


def write_survey_netcdf(path, dimensions, *, mapping=True):
    """A grid in UTM as GDAL and CF write it, with its dimensions in the given order."""
    with netCDF4.Dataset(path, "w") as file:
        for name, values, standard in (
            ("y", 4_600_000.0 - 100 * np.arange(8), "projection_y_coordinate"),
            ("x", 500_000.0 + 100 * np.arange(10), "projection_x_coordinate"),
        ):
            file.createDimension(name, len(values))
            axis = file.createVariable(name, "f8", (name,))
            axis[:], axis.units, axis.standard_name = values, "m", standard
        layer = file.createVariable("z", "f4", dimensions)
        cells = -np.arange(80, dtype=np.float32).reshape(8, 10)
        layer[:] = cells if dimensions == ("y", "x") else cells.T
        if mapping:
            layer.grid_mapping = "crs"
            file.createVariable("crs", "i4").crs_wkt = rasterio.crs.CRS.from_epsg(32639).to_wkt()
    return path


@pytest.mark.parametrize("dimensions", [("y", "x"), ("x", "y")])
def test_a_netcdf_grid_has_the_crs_of_its_grid_mapping_and_axes_in_either_order(tmp_path, dimensions):
    raster = read_raster(RasterSource(write_survey_netcdf(tmp_path / "survey.nc", dimensions)))
    assert rasterio.crs.CRS.from_string(raster.grid.crs).to_epsg() == 32639
    assert_array_equal(raster.values, -np.arange(80, dtype=np.float32).reshape(8, 10))
    assert_allclose(raster.grid.bounds, (499_950, 4_599_250, 500_950, 4_600_050))


def test_a_stated_crs_that_contradicts_a_grid_mapping_is_refused(tmp_path):
    path = write_survey_netcdf(tmp_path / "survey.nc", ("y", "x"))
    with pytest.raises(InputError, match="is in WGS 84 / UTM zone 39N, not EPSG:32640"):
        read_raster(RasterSource(path, crs="EPSG:32640"))


@pytest.mark.parametrize("name", ["BAG", "S-102"])
@pytest.mark.parametrize("keep", [0.05, 0.5, 0.9])
def test_a_torn_survey_file_is_refused_by_name(tmp_path, name, keep):
    noise = np.random.default_rng(0).normal(-100, 20, HEIGHT.shape).astype(np.float32)
    path, _ = FORMATS[name](tmp_path, noise)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(keep * len(whole))])
    with pytest.raises(InputError, match="cannot be read as a raster") as error:
        read_raster(RasterSource(path))
    assert error.value.file == str(path)


def test_bands_of_uncertainty_are_known_by_format_and_a_torn_bag_is_refused(tmp_path):
    bag, _ = as_bag(tmp_path, HEIGHT)
    assert uncertainty_band(bag) == uncertainty_band(as_s102(tmp_path, -HEIGHT)[0]) == 2
    for write in (as_geotiff, as_netcdf, as_ascii_grid, as_points):
        assert uncertainty_band(write(tmp_path, HEIGHT)[0]) is None
    bag.write_bytes(bag.read_bytes()[:5000])
    with pytest.raises(InputError, match="cannot be read as a raster"):
        uncertainty_band(bag)


# ---------------------------------------------------------------------------------------------------------- uncertainty

#: Stated in the west half, unknown in the east half.
STATED = np.where(LON < 50.37, np.float32(0.98), np.float32(0.0)).astype(np.float32)
WITH_UNCERTAINTY = {
    "GeoTIFF": (as_geotiff, {"uncertainty_band": 2, "uncertainty_kind": "95"}),
    "BAG": (as_bag, {"uncertainty_kind": "95"}),
    "S-102": (as_s102, {"uncertainty_kind": "95"}),
    "XYZ": (as_points, {"uncertainty_band": 2, "uncertainty_kind": "95"}),
    "NetCDF": (as_netcdf, {"uncertainty_variable": "sigma", "uncertainty_kind": "95"}),
}


@pytest.mark.parametrize("name", WITH_UNCERTAINTY)
def test_a_stated_uncertainty_becomes_sigma_where_it_is_known_and_the_quality_speaks_elsewhere(sea_project, name):
    write, keys = WITH_UNCERTAINTY[name]
    path, given = write(sea_project.folder, HEIGHT, STATED)
    loaded = declare(sea_project, path, quality="chart", **given, **keys).load()
    facts = loaded.facts
    lon = facts.grid.to_xy(np.argwhere(facts.sea))  # x of EPSG:32639 grows with longitude
    west, east = np.zeros(facts.grid.shape, bool), np.zeros(facts.grid.shape, bool)
    middle = 446_000.0  # 50.37 E is at x = 447 km
    west[facts.sea] = lon[:, 0] < middle - 2000
    east[facts.sea] = lon[:, 0] > middle + 4000
    assert_allclose(facts.sigma_m[west], 0.98 / 1.96, rtol=1e-5)
    assert_array_equal(facts.sigma_m[east], QUALITIES["chart"].sigma_m(facts.depth_m)[east])
    assert facts.stated[west].all()
    assert not facts.stated[east].any()
    row, col = np.argwhere(west)[0]
    assert facts.explain(row, col)["sigma_source"] == "survey"
    told = pipeline.seafloor.describe_seafloor(loaded)["depth_uncertainty"]
    assert told["stated_share"] == pytest.approx(facts.stated[facts.sea].mean(), abs=1e-4)


def test_the_uncertainty_of_a_bag_is_one_sigma_unless_the_project_says_otherwise(sea_project):
    path, _ = as_bag(sea_project.folder, HEIGHT, np.full_like(HEIGHT, 0.98))
    facts = declare(sea_project, path).load().facts
    assert_allclose(facts.sigma_m[facts.sea], 0.98, rtol=1e-6)
    facts = declare(sea_project, path, uncertainty_kind="95").load().facts
    assert_allclose(facts.sigma_m[facts.sea], 0.5, rtol=1e-6)
    facts = declare(sea_project, path, uncertainty_band=0).load().facts
    assert_array_equal(facts.sigma_m, QUALITIES["unknown"].sigma_m(facts.depth_m))


def test_a_geotiff_of_two_bands_states_no_uncertainty_until_the_project_says_so(sea_project):
    path, _ = as_geotiff(sea_project.folder, HEIGHT, STATED)
    facts = declare(sea_project, path).load().facts
    assert not facts.stated.any()


def test_uncertainty_changes_no_price(sea_project, finished_run):
    path, _ = as_bag(sea_project.folder, HEIGHT, np.full_like(HEIGHT, 30.0))
    loaded, _, planned = declare(sea_project, path).plan()
    summary = pipeline.describe(loaded, planned)
    assert_allclose(numbers(summary), numbers(finished_run.summary), rtol=1e-5, atol=1e-6)
    assert summary["seabed"]["depth_uncertainty"] == {"median_sigma_m": 30.0, "stated_share": 1.0}


def test_a_cell_that_carries_the_least_depth_has_not_the_uncertainty_of_the_survey(sea_project):
    path, _ = as_bag(sea_project.folder, HEIGHT, np.full_like(HEIGHT, 0.1))
    sea_project.settings["coast"] = {"path": "coast.geojson"}
    loaded = declare(sea_project, path, min_depth_m=20.0).load()
    least = loaded.seabed.source == loaded.seabed.sources.index("least depth")
    assert least.any()
    assert not loaded.facts.stated[least].any()
    assert loaded.facts.stated[loaded.facts.sea & ~least].all()


@pytest.mark.parametrize(("value", "told"), [(-0.5, "-0.5"), (1500.0, "1500")])
def test_negative_or_absurd_uncertainties_are_refused_even_next_to_good_ones(sea_project, value, told):
    sigma = np.full_like(HEIGHT, 0.5)
    sigma[70, 90] = value
    path, _ = as_geotiff(sea_project.folder, HEIGHT, sigma)
    declare(sea_project, path, uncertainty_band=2, uncertainty_kind="sigma")
    with pytest.raises(InputError, match=f"1 cells hold {told}, which is no uncertainty in metres") as error:
        sea_project.load()
    assert error.value.key == "bathymetry.uncertainty_band"
    assert error.value.file == str(path)


TABLES = {
    "both": ({"uncertainty_band": 2, "uncertainty_variable": "s", "uncertainty_kind": "95"}, "exclude each other"),
    "no meaning": ({"uncertainty_band": 2}, 'uncertainty_kind must say what the uncertainty means: "sigma" or "95"'),
    "the depths": ({"uncertainty_band": 1, "uncertainty_kind": "95"}, "cannot be the band or variable of the depths"),
    "kind": ({"uncertainty_band": 2, "uncertainty_kind": "2-sigma"}, "'sigma' or '95'"),
    "band": ({"uncertainty_band": 7, "uncertainty_kind": "95"}, "no band 7: the file has 1; correct uncertainty_band"),
    "variable": (
        {"uncertainty_variable": "s", "uncertainty_kind": "95"}, "means nothing for bathymetry.tif; set uncertainty_band"
    ),
    "nothing to mean": ({"uncertainty_kind": "95"}, "means nothing for bathymetry.tif; set uncertainty_band or"),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLES)
def test_a_mistake_in_the_keys_of_uncertainty_is_refused_by_name(sea_project, case):
    keys, message = TABLES[case]
    sea_project.settings["bathymetry"].update(keys)
    with pytest.raises(InputError, match=message) as error:
        sea_project.load()
    assert str(error.value.key).startswith("bathymetry")


def test_a_band_means_nothing_for_netcdf_and_a_missing_variable_is_named(sea_project):
    path, given = as_netcdf(sea_project.folder, HEIGHT, STATED)
    declare(sea_project, path, uncertainty_band=2, uncertainty_kind="95", **given)
    with pytest.raises(InputError, match=r"means nothing for survey\.nc; set uncertainty_variable"):
        sea_project.load()
    declare(sea_project, path, uncertainty_variable="u", uncertainty_kind="95", **given)
    with pytest.raises(
        InputError, match="'u' not found; the file holds sigma, z; correct uncertainty_variable"
    ) as error:
        sea_project.load()
    assert error.value.key == "bathymetry.uncertainty_variable"


@given(st.floats(0.01, 500.0), st.floats(0.0, 50.0))
def test_the_95_percent_reading_is_1_96_times_smaller_and_never_touches_unknown_cells(stated, declared):
    given_m = known_uncertainty(np.float32([stated, 0.0, np.nan]))
    otherwise = np.full(3, declared, np.float32)
    one = sigma_as_stated(given_m, meaning="sigma", otherwise=otherwise)
    wide = sigma_as_stated(given_m, meaning="95", otherwise=otherwise)
    assert_allclose(one[0] / wide[0], 1.96, rtol=1e-5)
    assert_array_equal(one[1:], otherwise[1:])
    assert_array_equal(wide[1:], otherwise[1:])
