"""Files and paths from someone else: what they may not reach, and what is said when they try."""

import os
import re
import socket
import sqlite3
import subprocess
import sys
import threading
import zipfile
from contextlib import closing, contextmanager

import geopandas
import netCDF4
import numpy as np
import pytest
from affine import Affine
from miniature import write_features, write_raster
from reaching import write_reaching
from shapely import Point

from routing import memory
from routing.constraints import read_features
from routing.errors import InputError, ResourceError
from routing.gridfile import RasterSource, read_raster
from routing.hdf5 import refuse_reaching
from routing.project import read_project

DEGREES = Affine(0.1, 0, 50, 0, -0.1, 42)


@contextmanager
def listening():
    """An address of this machine, and who called there."""
    calls = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        over = threading.Event()

        def listen():
            while not over.is_set():
                try:
                    caller, _ = server.accept()
                except TimeoutError:
                    continue
                with caller:
                    calls.append(caller.recv(100))
                    caller.sendall(b"HTTP/1.1 404 none\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}", calls
        finally:
            over.set()
            thread.join()


def refused_by_the_command(project, cableroute, *words, code=2):
    told = cableroute("validate", project.save())
    assert told.code == code
    for word in words:
        assert word in told.err
    assert "Traceback" not in told.err
    assert len(told.err.strip().splitlines()) == 1


# ------------------------------------------------------------------------------------------------ paths

ADDRESSES = [
    "/vsicurl/http://127.0.0.1:9/f.tif", "/vsizip/a.zip/f.tif", "/vsis3/bucket/f.tif", "/vsistdin/", "http://x/f.tif",
    "https://x/f.tif", "s3://bucket/f.tif", "file:///etc/passwd", "\\\\server\\share\\f.tif", "//server/share/f.tif",
    'NETCDF:"f.nc":z', "HDF5:/etc/f.h5://z", "WFS:http://127.0.0.1:9/", "PG:dbname=x", "C:\\f.tif", "f.tif\x00.csv",
]  # fmt: skip


@pytest.mark.parametrize("text", ADDRESSES)
@pytest.mark.parametrize("key", ["bathymetry", "coast", "landings"])
def test_a_path_that_is_no_file_of_this_machine_is_refused_with_its_key(sea_project, cableroute, key, text):
    sea_project.settings[key]["path"] = text
    told = cableroute("validate", sea_project.save())
    assert told.code == 2
    assert f"{key}.path: " in told.err
    assert "not a file on this machine; download it first" in told.err or "no such file; check the path" in told.err


@pytest.mark.parametrize(
    ("key", "where"),
    [
        ("bathymetry.path", ("bathymetry",)),
        ("coast.path", ("coast",)),
        ("landings.path", ("landings",)),
        ("layer Fields", ("layer", 0)),
    ],
)
@pytest.mark.parametrize("how", ["up", "absolute", "link"])
def test_a_path_out_of_the_projects_folder_is_refused_with_its_key(  # noqa: PLR0917
    sea_project, cableroute, tmp_path, key, where, how
):
    table = sea_project.settings
    for step in where:
        table = table[step]
    inside = sea_project.folder / table["path"]
    outside = tmp_path / inside.name
    inside.rename(outside)
    if how == "link":
        inside.symlink_to(outside)
    else:
        table["path"] = f"../{inside.name}" if how == "up" else str(outside)
    refused_by_the_command(sea_project, cableroute, f"{key}: ", "leads out of the project's folder", "--allow-outside")
    assert cableroute("validate", sea_project.file, "--allow-outside").code in {0, 1}


def test_a_companion_of_a_shapefile_that_leads_out_is_refused(sea_project, cableroute, tmp_path):
    frame = geopandas.GeoDataFrame({"radius_km": [3.0], "name": ["F"]}, geometry=[Point(50.45, 41.4)], crs="EPSG:4326")
    frame.to_file(sea_project.folder / "fields.shp")
    table = sea_project.folder / "fields.dbf"
    table.rename(tmp_path / "secret.dbf")
    table.symlink_to(tmp_path / "secret.dbf")
    sea_project.settings["layer"][0]["path"] = "fields.shp"
    refused_by_the_command(sea_project, cableroute, "layer Fields: ", "fields.dbf leads out")


def test_a_project_file_cannot_allow_itself_what_lies_outside(sea_project, cableroute):
    sea_project.settings["allow_outside"] = True
    refused_by_the_command(sea_project, cableroute, "unknown key 'allow_outside'")


def test_a_project_whose_own_folder_is_a_link_is_read(sea_project, tmp_path):
    (tmp_path / "linked").symlink_to(sea_project.folder)
    project = read_project(tmp_path / "linked" / "project.toml")
    assert project.file(project.bathymetry.path).is_file()


def test_nothing_is_opened_before_all_paths_are_judged(sea_project, cableroute):
    (sea_project.folder / "bathymetry.tif").write_text("torn")
    sea_project.settings["layer"][2]["path"] = "../quakes.csv"
    refused_by_the_command(sea_project, cableroute, "layer Quakes: ", "leads out")


# ------------------------------------------------------------------------------------------------ rasters


@pytest.mark.parametrize("suffix", [".msk", ".ovr", ".MSK"])
def test_a_mask_beside_a_raster_that_points_at_a_server_is_refused(tmp_path, suffix):
    path = write_raster(tmp_path / "f.tif", np.full((8, 10), -50, np.float32), DEGREES)
    with listening() as (address, calls):
        band = f'<VRTRasterBand dataType="Byte" band="1"><SimpleSource><SourceFilename>/vsicurl/{address}/m.tif'
        text = f'<VRTDataset rasterXSize="10" rasterYSize="8">{band}</SourceFilename></SimpleSource></VRTRasterBand>'
        (tmp_path / f"f.tif{suffix}").write_text(text + "</VRTDataset>")
        with pytest.raises(InputError, match="is no GeoTIFF, but would be read as one; remove it"):
            read_raster(RasterSource(path))
    assert not calls


def test_a_mask_that_is_a_geotiff_is_heeded(tmp_path):
    import rasterio

    path = write_raster(tmp_path / "f.tif", np.full((8, 10), -50, np.float32), DEGREES)
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=False), rasterio.open(path, "r+") as file:
        file.write_mask(np.arange(80).reshape(8, 10) >= 10)
    assert (tmp_path / "f.tif.msk").is_file()
    assert np.isnan(read_raster(RasterSource(path)).values).sum() == 10


@pytest.mark.parametrize("kind", ["external", "window", "link"])
@pytest.mark.parametrize("name", ["f.nc", "f.tif"])
def test_a_grid_that_takes_its_values_from_another_file_is_refused(tmp_path, kind, name):
    with pytest.raises(InputError, match=r"file.*which no grid needs; write the grid anew"):
        read_raster(RasterSource(write_reaching(tmp_path / name, kind), variable="z"))


def test_without_the_judgement_such_a_grid_would_read_another_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.txt").write_bytes(b"root:x:0:0:root:")
    with netCDF4.Dataset(write_reaching(tmp_path / "f.nc", "external")) as file:
        assert bytes(np.ma.getdata(file["z"][:]).astype(np.uint8).ravel()) == b"root:x:0:0:root:"


@pytest.mark.parametrize("options", [{}, {"zlib": True}, {"fletcher32": True}, {"contiguous": True}])
def test_grids_as_they_are_usually_written_are_not_taken_for_such(tmp_path, options):
    with netCDF4.Dataset(tmp_path / "f.nc", "w") as file:
        for name in ("y", "x"):
            file.createDimension(name, 300)
        values = np.random.default_rng(1).integers(0, 2**31, (300, 300), dtype=np.int32)
        values[:50] = 1  # every four bytes of it begin like a message
        for number in range(12):
            file.createVariable(f"z{number}", "i4", ("y", "x"), **options)[:] = values
    refuse_reaching(tmp_path / "f.nc")


@pytest.mark.parametrize("has_records", [False, True])
@pytest.mark.parametrize("layout", ["NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET", "NETCDF3_64BIT_DATA"])
def test_a_classic_netcdf_that_ends_early_is_refused_not_read_as_land(tmp_path, layout, has_records):
    path, dimensions = tmp_path / "f.nc", ("time", "lat", "lon") if has_records else ("lat", "lon")
    with netCDF4.Dataset(path, "w", format=layout) as file:
        file.title = "a header that is longer than what is cut off " * 20
        if has_records:
            file.createDimension("time", None)
            file.createVariable("day", "i2", ("time",))[:2] = 1  # filled up to four bytes a record
        for name, start in (("lat", 41.0), ("lon", 50.0)):
            file.createDimension(name, 20)
            axis = file.createVariable(name, "f8", (name,))
            axis[:], axis.units = start + 0.1 * np.arange(20), f"degrees_{'north' if name == 'lat' else 'east'}"
        file.createVariable("z", "f4", dimensions)[:2] = -50.0
    source, whole = RasterSource(path, variable="z"), path.read_bytes()
    assert np.nanmax(read_raster(source).values) == -50.0
    for missing in (1, 4, 100, 900):
        path.write_bytes(whole[:-missing])
        with pytest.raises(InputError, match="ends before its values"):
            read_raster(source)


@pytest.mark.parametrize("end", [4, 9, 30, 300])
def test_a_classic_netcdf_that_ends_within_its_header_has_no_end_of_values(tmp_path, end):
    from routing.netcdf3 import values_end

    path = tmp_path / "f.nc"
    with netCDF4.Dataset(path, "w", format="NETCDF3_CLASSIC") as file:
        file.title = "x" * 400
        file.createVariable("z", "f4")[:] = 1.0
    assert values_end(path) == path.stat().st_size
    path.write_bytes(path.read_bytes()[:end])
    with pytest.raises(ValueError, match="ends within its header"):
        values_end(path)


def test_a_raster_in_one_enormous_block_is_refused_however_small_the_window(tmp_path):
    import rasterio

    path = tmp_path / "f.tif"
    options = {"crs": "EPSG:4326", "transform": Affine(0.001, 0, 50, 0, -0.001, 42), "sparse_ok": True}
    options |= {"dtype": "uint8", "tiled": True, "blockxsize": 12_000, "blockysize": 12_000, "compress": "deflate"}
    with rasterio.open(path, "w", "GTiff", 12_000, 12_000, 1, **options):
        pass
    assert path.stat().st_size < 10_000
    with pytest.raises(ResourceError, match=r"blocks of 1\.44e\+08 cells"):
        read_raster(RasterSource(path), area=(50.0, 41.9, 50.1, 42.0))


def test_a_raster_that_declares_320_gigabytes_is_refused_before_it_is_read(sea_project, cableroute):
    import rasterio

    step = 1e-5
    options = {
        "dtype": "float64",
        "crs": "EPSG:4326",
        "transform": Affine(step, 0, 49.5, 0, -step, 42.2),
        "sparse_ok": True,
    }
    with rasterio.open(
        sea_project.folder / "bathymetry.tif",
        "w",
        "GTiff",
        200_000,
        200_000,
        1,
        tiled=True,
        blockxsize=4096,
        blockysize=4096,
        **options,
    ):
        pass
    refused_by_the_command(sea_project, cableroute, "bathymetry.tif", "cells is more than", "make it coarser", code=4)


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"\x1f\x8b\x08", b"BZh9", b"7z\xbc\xaf\x27\x1c"])
@pytest.mark.parametrize("key", ["bathymetry", "coast"])
def test_an_archive_is_refused_and_never_unpacked(sea_project, cableroute, key, content):
    (sea_project.folder / sea_project.settings[key]["path"]).write_bytes(content + bytes(100))
    refused_by_the_command(sea_project, cableroute, f"{key}.path: ", "is packed; unpack it")


def test_an_archive_of_layers_that_swells_is_refused(sea_project, cableroute):
    with zipfile.ZipFile(sea_project.folder / "bomb.kmz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("doc.kml", b" " * 20_000_000)
    sea_project.settings["layer"][0]["path"] = "bomb.kmz"
    refused_by_the_command(sea_project, cableroute, "layer Fields: ", "bomb.kmz", "is packed")


def test_a_pickled_array_is_refused_and_runs_nothing(sea_project, cableroute, tmp_path):
    import io
    import pickle

    class Evil:
        def __reduce__(self):
            return (os.system, (f"touch {tmp_path}/run-by-pickle",))

    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "|O", "fortran_order": False, "shape": (1,)})
    (sea_project.folder / "bathymetry.npy").write_bytes(stream.getvalue() + pickle.dumps(Evil()))
    sea_project.settings["bathymetry"]["path"] = "bathymetry.npy"
    refused_by_the_command(sea_project, cableroute, "bathymetry.npy", "cannot be read as a raster")
    assert not (tmp_path / "run-by-pickle").exists()


# ------------------------------------------------------------------------------------------------ layers


def wfs(address):
    return f"<OGRWFSDataSource><URL>{address}/wfs?</URL></OGRWFSDataSource>"


def late_wfs(address):
    return f"<?xml version='1.0'?><!-- {' ' * 5000} -->{wfs(address)}"


def gml_of_a_server(address):
    query = "wfs?SERVICE=WFS&amp;VERSION=1.1.0&amp;REQUEST=DescribeFeatureType&amp;TYPENAME=a:b"
    spaces = " ".join(f'xmlns:{name}="{uri}"' for name, uri in {
        "wfs": "http://www.opengis.net/wfs", "gml": "http://www.opengis.net/gml", "a": "http://a",
        "xsi": "http://www.w3.org/2001/XMLSchema-instance",
    }.items())  # fmt: skip
    point = '<a:b><a:g><gml:Point srsName="EPSG:4326"><gml:pos>41 50</gml:pos></gml:Point></a:g></a:b>'
    head = f'<?xml version="1.0"?><wfs:FeatureCollection {spaces} xsi:schemaLocation="http://a {address}/{query}">'
    return f"{head}<gml:featureMember>{point}</gml:featureMember></wfs:FeatureCollection>"


def kml_of_a_server(address):
    link = f"<NetworkLink><Link><href>{address}/x.kml</href></Link></NetworkLink>"
    place = "<Placemark><name>a</name><Point><coordinates>50,41</coordinates></Point></Placemark>"
    return f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{link}{place}</Document></kml>'


def vrt(address):
    return f'<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>{address}/a.geojson</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'


@pytest.mark.parametrize("make", [wfs, late_wfs, gml_of_a_server, kml_of_a_server, vrt], ids=lambda make: make.__name__)
@pytest.mark.parametrize("name", ["f.geojson", "f.gpkg", "f.gml", "f.kml", "f.xml"])
def test_no_layer_makes_a_call_whatever_it_calls_itself(tmp_path, make, name):
    with listening() as (address, calls):
        (tmp_path / name).write_text(make(address))
        if make in (gml_of_a_server, kml_of_a_server):
            assert len(read_features(tmp_path / name)) == 1
        else:
            with pytest.raises(InputError, match=re.escape(str(tmp_path / name))):
                read_features(tmp_path / name)
    assert not calls
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    "text", ["<!DOCTYPE k [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>", "<!doctype k [<!entity a 'b'>]>"]
)
def test_a_layer_that_declares_entities_is_refused(tmp_path, text):
    (tmp_path / "f.kml").write_text(f"<?xml version='1.0'?>{text}{kml_of_a_server('x')}")
    with pytest.raises(InputError, match="declares entities"):
        read_features(tmp_path / "f.kml")


@pytest.mark.parametrize("module", ["VirtualOGR", "VirtualShape", '"VirtualText"'])
def test_a_database_whose_tables_lie_elsewhere_is_refused(tmp_path, module):
    path = tmp_path / "f.gpkg"
    geopandas.GeoDataFrame({"a": [1]}, geometry=[Point(50.4, 41.3)], crs="EPSG:4326").to_file(path)
    assert len(read_features(path)) == 1
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA writable_schema=ON")
        made = f"CREATE VIRTUAL TABLE evil USING {module}('/etc/passwd')"
        database.execute("INSERT INTO sqlite_master VALUES ('table', 'evil', 'evil', 0, ?)", (made,))
        database.commit()
    with pytest.raises(InputError, match="whose rows are not in the file"):
        read_features(path)


@pytest.mark.parametrize(
    ("x", "y"), [("1e300", "41"), ("50", "1e300"), ("541", "41"), ("50", "-91"), ("5000000", "4500000")]
)
def test_a_feature_without_a_place_on_earth_is_refused_not_dropped(sea_project, cableroute, x, y):
    point = f'{{"type": "Point", "coordinates": [{x}, {y}]}}'
    feature = f'{{"type": "Feature", "properties": {{"radius_km": 1, "name": "F"}}, "geometry": {point}}}'
    (sea_project.folder / "fields.geojson").write_text(feature)
    refused_by_the_command(
        sea_project, cableroute, "layer Fields: ", "fields.geojson", "no place on Earth", "correct it"
    )


def test_longitudes_beyond_180_are_places(tmp_path):
    assert len(read_features(write_features(tmp_path / "f.geojson", [(Point(190.0, 0.0), {})]))) == 1


def test_a_layer_too_large_to_read_at_once_is_refused_unread(tmp_path):
    path = tmp_path / "f.geojson"
    with path.open("wb") as file:
        file.write(b'{"type": ')
        file.truncate(3_000_000_000)
    with pytest.raises(ResourceError, match=r"3\.0 GB is more than the 2 GB.*ogr2ogr"):
        read_features(path)


# ------------------------------------------------------------------------------------------------ memory


def test_a_run_beyond_its_memory_is_refused_before_work_with_what_would_fit(sea_project, cableroute):
    sea_project.settings["resolution_m"] = 50.0
    told = cableroute("run", sea_project.save(), "--out", sea_project.out, "--memory", "1.2GB")
    assert told.code == 4
    assert "more than 1.2 GB (--memory)" in told.err
    assert not sea_project.out.exists()
    fits_m = float(told.err.partition("; resolution_m = ")[2].split(" ", 1)[0])
    sea_project.settings["resolution_m"] = fits_m
    grid = sea_project.load().grid
    assert memory.needed_bytes(grid.rows * grid.cols) <= 1_200_000_000
    assert fits_m < 200


def test_without_a_budget_four_fifths_of_what_is_free_are_allowed(monkeypatch):
    monkeypatch.setattr(memory, "free_bytes", lambda: 10_000_000_000)
    cells = (8_000_000_000 - memory.needed_bytes(0)) // (memory.needed_bytes(1) - memory.needed_bytes(0))
    memory.refuse_beyond((1, cells), None, resolution_m=1000.0)
    with pytest.raises(ResourceError, match=r"more than 8\.0 GB \(80 % of the 10\.0 GB that are free\)"):
        memory.refuse_beyond((1, cells + 1_000_000), None, resolution_m=1000.0)


def test_a_budget_too_small_for_any_grid_says_so():
    with pytest.raises(ResourceError, match=r"no grid is that small.*allow more with --memory"):
        memory.refuse_beyond((10, 10), 1_000_000, resolution_m=1000.0)


@pytest.mark.parametrize("text", ["", "much", "-4GB", "4XB", "0GB", "1e9"])
def test_a_size_that_is_none_is_refused(sea_project, cableroute, text):
    told = cableroute("run", sea_project.file, "--memory", text or " ")
    assert told.code == 2
    assert "is no size; write it as 4GB" in told.err


def test_what_is_free_is_told_on_this_machine():
    free = memory.free_bytes()
    assert free is None or 10**7 < free < 10**14


def test_the_estimate_covers_what_a_small_run_takes(sea_project):
    # The kernel's own peak of this process: that of getrusage begins with the size of the process that started it.
    told = "next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM'))"
    code = f"import sys; from routing.cli import main\ntry: main()\nfinally: print({told}, file=sys.stderr)"
    command = [sys.executable, "-c", code, "validate", str(sea_project.file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    peak = int(done.stderr.split()[-1]) * 1024
    assert peak < memory.needed_bytes(60 * 60)
