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
from routing.errors import InputError
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


@pytest.fixture(scope="module")
def surveyed(finished_run):
    return numbers(finished_run.summary)


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
def test_the_same_sea_floor_gives_the_same_plan_in_every_format_and_sign(sea_project, surveyed, name, kind):
    zero_m = 0.0 if kind == "elevation" else WATER_LEVEL_M
    values = HEIGHT if kind == "elevation" else np.float32(WATER_LEVEL_M) - HEIGHT
    path, given = FORMATS[name](sea_project.folder, values.astype(np.float32))
    loaded, _, planned = declare(sea_project, path, kind=kind, zero_m=zero_m, **given).plan()
    # Depths are float32 in every format: 400 m to 3e-5 m; prices follow them.
    assert_allclose(numbers(pipeline.describe(loaded, planned)), surveyed, rtol=1e-5, atol=1e-6)
