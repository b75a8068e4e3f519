"""The embedded Trans-Caspian data set is what its provenance record says, and the record's script makes it."""

import csv
import hashlib
import importlib.util
import itertools
import json
import tomllib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import rasterio
import shapely
from shapely.geometry import Point, Polygon, shape

DATA = Path(__file__).resolve().parents[1] / "data"
FOLDER = DATA / "trans-caspian"
WRITTEN_BY_HAND = {"PROVENANCE.toml", "facts.toml", "project.toml", "rebuild.py"}
MAX_BYTES = 200_000
MAX_SHORE_KM = 30.0


@pytest.fixture(scope="module")
def rebuild() -> ModuleType:
    spec = importlib.util.spec_from_file_location("trans_caspian_rebuild", FOLDER / "rebuild.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def facts(rebuild):
    return rebuild.read_facts()


@pytest.fixture(scope="module")
def provenance():
    return tomllib.loads((FOLDER / "PROVENANCE.toml").read_text(encoding="utf-8"))["files"]


@pytest.fixture(scope="module")
def sea() -> Polygon:
    (feature,) = read_features("coast.geojson")
    return shape(feature["geometry"])


@pytest.fixture(scope="module")
def sectors():
    return [(feature["properties"], shape(feature["geometry"])) for feature in read_features("sectors.geojson")]


@pytest.fixture(scope="module")
def landing_points():
    with (FOLDER / "landing_points.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def read_features(name):
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))["features"]


def elevation_m(lon, lat):
    with rasterio.open(FOLDER / "bathymetry_etopo1.tif") as raster:
        return next(raster.sample([(lon, lat)]))[0]


def by_country(sectors, code):
    return shapely.union_all([area for label, area in sectors if label["country"] == code])


# --- the record -----------------------------------------------------------------------------------------------------


def test_every_file_matches_its_recorded_checksum(provenance):
    found = {name: hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() for name in provenance}
    assert found == {name: record["sha256"] for name, record in provenance.items()}


def test_every_data_file_has_a_provenance_record(provenance):
    present = {path.name for path in FOLDER.iterdir() if path.is_file()}
    assert present - WRITTEN_BY_HAND == set(provenance)


def test_every_record_names_source_licence_attribution_and_limits(provenance):
    fields = ("title", "source", "built", "licence", "attribution", "sha256", "processing", "limits")
    for name, record in provenance.items():
        assert all(record.get(field) for field in fields), name


def test_no_file_is_larger_than_200_kilobytes():
    sizes = {path.name: path.stat().st_size for path in DATA.rglob("*") if path.is_file()}
    assert {name: size for name, size in sizes.items() if size > MAX_BYTES} == {}


# --- the rebuild script ---------------------------------------------------------------------------------------------


def test_the_landing_points_are_rebuilt_from_the_facts_byte_for_byte(rebuild, facts, tmp_path):
    rebuild.build_landing_points(facts, tmp_path / "landing_points.csv")
    assert (tmp_path / "landing_points.csv").read_bytes() == (FOLDER / "landing_points.csv").read_bytes()


def test_the_offshore_fields_are_rebuilt_from_the_facts_byte_for_byte(rebuild, facts, tmp_path):
    rebuild.build_fields(facts, tmp_path / "offshore_fields.geojson")
    assert (tmp_path / "offshore_fields.geojson").read_bytes() == (FOLDER / "offshore_fields.geojson").read_bytes()


def test_recording_checksums_leaves_an_up_to_date_record_unchanged(rebuild, provenance, tmp_path):
    for name in provenance:
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes())
    rebuild.record_checksums(FOLDER / "PROVENANCE.toml", tmp_path)
    assert (tmp_path / "PROVENANCE.toml").read_bytes() == (FOLDER / "PROVENANCE.toml").read_bytes()


def test_recording_checksums_writes_the_checksum_of_a_changed_file(rebuild, provenance, tmp_path):
    for name in provenance:
        (tmp_path / name).write_bytes(b"changed")
    rebuild.record_checksums(FOLDER / "PROVENANCE.toml", tmp_path)
    records = tomllib.loads((tmp_path / "PROVENANCE.toml").read_text(encoding="utf-8"))["files"]
    assert {record["sha256"] for record in records.values()} == {hashlib.sha256(b"changed").hexdigest()}


def test_a_package_with_another_checksum_is_refused(rebuild, tmp_path, monkeypatch):
    monkeypatch.setattr(rebuild.subprocess, "run", lambda *_, cwd, **__: (cwd / "some.whl").write_bytes(b"forged"))
    package = rebuild.Package("pip", "some==1.0", "some.whl", "0" * 64)
    with pytest.raises(ValueError, match=r"some\.whl has sha256 .* do not use it"):
        rebuild.fetch(package, tmp_path)


def test_the_shortest_way_prefers_two_short_edges_to_one_long(rebuild):
    start, middle, end = (50.0, 40.0), (50.5, 40.0), (51.0, 40.0)
    network = {start: {middle: 1.0, end: 3.0}, middle: {start: 1.0, end: 1.0}, end: {start: 3.0, middle: 1.0}}
    assert rebuild.shortest_way(network, start, end) == [start, middle, end]


def test_a_port_cut_off_from_the_network_is_an_error(rebuild):
    start, end = (50.0, 40.0), (51.0, 40.0)
    with pytest.raises(ValueError, match="no lane joins"):
        rebuild.shortest_way({start: {}, end: {}}, start, end)


# --- bathymetry -----------------------------------------------------------------------------------------------------


def test_the_deepest_node_is_the_published_deep_of_the_southern_basin():
    with rasterio.open(FOLDER / "bathymetry_etopo1.tif") as raster:
        heights = raster.read(1)
        row, column = np.unravel_index(heights.argmin(), heights.shape)
        np.testing.assert_allclose(raster.xy(row, column), (50.6, 39.0), atol=1e-9)
    assert heights.min() == -1025


def test_the_middle_basin_is_814_metres_below_the_ocean():
    assert elevation_m(49.8, 41.9) == -814


def test_pixel_centres_stand_on_tenths_of_a_degree():
    with rasterio.open(FOLDER / "bathymetry_etopo1.tif") as raster:
        np.testing.assert_allclose(raster.xy(0, 0), (46.0, 47.5), atol=1e-9)
        np.testing.assert_allclose(raster.xy(raster.height - 1, raster.width - 1), (55.5, 36.0), atol=1e-9)


def test_the_bathymetry_declares_crs_nodata_compression_and_source():
    with rasterio.open(FOLDER / "bathymetry_etopo1.tif") as raster:
        assert raster.crs.to_epsg() == 4326
        assert raster.nodata == -32768
        assert raster.profile["compress"] == "deflate"
        assert "ETOPO1" in raster.tags()["SOURCE"]
        assert not np.any(raster.read(1) == raster.nodata)


def test_nodes_inside_the_coast_lie_below_the_caspian_surface(sea):
    # The polygon and the grid are independent: a shift of half a cell would break their agreement near the shore.
    with rasterio.open(FOLDER / "bathymetry_etopo1.tif") as raster:
        heights = raster.read(1)
    lon, lat = np.meshgrid(46.0 + 0.1 * np.arange(96), 47.5 - 0.1 * np.arange(116))
    inside = shapely.contains_xy(sea, lon, lat)
    assert np.mean(heights[inside] <= -27) > 0.97


# --- coast ----------------------------------------------------------------------------------------------------------


def test_the_coast_is_one_valid_polygon_with_61_islands(sea):
    assert sea.geom_type == "Polygon"
    assert sea.is_valid
    assert len(sea.interiors) == 61


def test_the_sea_has_the_published_area(rebuild, sea):
    area_km2 = abs(rebuild.GEODESIC.geometry_area_perimeter(sea)[0]) / 1e6
    assert 371_000 < area_km2 < 393_000  # range of published figures, which follow the level
    assert area_km2 == pytest.approx(379_000, rel=0.01)  # figure found with another bathymetry


def test_garabogazkol_is_not_part_of_the_sea(sea):
    assert not sea.contains(Point(53.6, 41.3))


# --- sectors --------------------------------------------------------------------------------------------------------


def test_the_sectors_cover_the_sea_and_nothing_else(sea, sectors):
    union = shapely.union_all([area for _, area in sectors])
    # Where a sector line meets the shore its end is rounded to 1e-6 degree, hence slivers of that width.
    assert union.symmetric_difference(sea).area < 1e-6


def test_no_two_sectors_overlap(sectors):
    areas = [area for _, area in sectors]
    assert all(area.is_valid for area in areas)
    assert max(one.intersection(other).area for one, other in itertools.combinations(areas, 2)) < 1e-9


def test_every_sector_names_its_country_and_its_basis(sectors):
    assert {label["country"] for label, _ in sectors} == {"AZ", "KZ", "TM", "RU", "IR"}
    assert {label["basis"] for label, _ in sectors} == {
        "OSM maritime boundary",
        "median line between the coasts: approximate",
    }


def test_the_line_between_azerbaijan_and_kazakhstan_passes_the_treaty_points(rebuild, facts, sectors):
    line = by_country(sectors, "AZ").intersection(by_country(sectors, "KZ"))
    for row in facts["treaty_point"]:
        gap_m = rebuild.to_plane(line).distance(rebuild.to_plane(Point(row["lon"], row["lat"])))
        assert gap_m < 1000, row["name"]


# --- landing points, fields, lanes, earthquakes ---------------------------------------------------------------------


def test_every_landing_point_lies_within_30_km_of_the_shore(rebuild, landing_points, sea):
    shore = rebuild.to_plane(sea.boundary)
    for row in landing_points:
        shore_km = shore.distance(rebuild.to_plane(Point(float(row["lon"]), float(row["lat"])))) / 1000
        assert shore_km < MAX_SHORE_KM, row["id"]


def test_landing_points_form_three_groups_with_known_status_and_source(landing_points):
    assert {row["country"] for row in landing_points} == {"AZ", "KZ", "TM"}
    assert {row["status"] for row in landing_points} == {"published", "reserve", "candidate"}
    assert all(row["source"] and row["note"] and row["name"].isascii() for row in landing_points)


def test_landing_point_ids_are_unique_and_begin_with_the_country(landing_points):
    ids = [row["id"] for row in landing_points]
    assert len(set(ids)) == len(ids)
    assert all(row["id"].startswith(f"{row['country'].lower()}-") for row in landing_points)


def test_every_landing_point_faces_the_waters_of_its_own_country(landing_points, sectors):
    for row in landing_points:
        town = Point(float(row["lon"]), float(row["lat"]))
        nearest, _ = min(sectors, key=lambda sector: sector[1].distance(town))
        assert nearest["country"] == row["country"], row["id"]


def test_every_offshore_field_lies_in_the_sea_and_cites_its_position(sea):
    for feature in read_features("offshore_fields.geojson"):
        label = feature["properties"]
        assert sea.contains(shape(feature["geometry"])), label["name"]
        assert "http" in label["position_source"], label["name"]
        assert label["radius_km"] > 0
        assert isinstance(label["approximate"], bool)


def test_no_landing_point_lies_inside_an_offshore_field(rebuild, landing_points):
    # The fields are closed to routes, so a landing inside one could never be reached.
    for row, feature in itertools.product(landing_points, read_features("offshore_fields.geojson")):
        town = float(row["lon"]), float(row["lat"])
        gap_km = rebuild.distance_km(town, tuple(feature["geometry"]["coordinates"]))
        assert gap_km > feature["properties"]["radius_km"], row["id"]


def test_every_shipping_lane_stays_in_the_sea_and_cites_its_service(sea):
    for feature in read_features("shipping_lanes.geojson"):
        label, course = feature["properties"], shape(feature["geometry"])
        assert course.geom_type == "LineString", label["name"]
        assert course.difference(sea.buffer(1e-5)).is_empty, label["name"]  # ends rounded to 1e-6 degree
        assert label["approximate"] is True
        assert "http" in label["source"], label["name"]


def test_shipping_lanes_begin_and_end_near_their_ports(rebuild, facts):
    ports = {port["name"]: (port["lon"], port["lat"]) for port in facts["port"]}
    for feature in read_features("shipping_lanes.geojson"):
        first, *_, last = feature["geometry"]["coordinates"]
        for vertex, port in zip(
            (first, last), (feature["properties"]["from"], feature["properties"]["to"]), strict=True
        ):
            if port != "Astrakhan":  # up the Volga, beyond the clipped end
                assert rebuild.distance_km(tuple(vertex), ports[port]) < 20, feature["properties"]["name"]


def test_earthquakes_are_sorted_and_lie_in_the_box():
    with (FOLDER / "earthquakes.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 91
    assert list(rows[0]) == ["time", "lon", "lat", "depth_km", "magnitude", "source"]
    assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)
    assert all(46 <= float(row["lon"]) <= 55.5 and 36 <= float(row["lat"]) <= 47.5 for row in rows)
    assert max(float(row["magnitude"]) for row in rows) < 8
