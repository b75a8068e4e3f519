"""What is sea, how deep it is, and why a cable is kept out."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from miniature import AREA, SEA, depth_at, write_features
from numpy.testing import assert_allclose, assert_array_equal
from shapely import LineString, MultiPoint, Point, Polygon, box, transform
from shapely.geometry import mapping

from routing import constraints, geodesy, pipeline
from routing.constraints import (
    NATURAL,
    Layer,
    LayerSource,
    burn_exclusions,
    burn_lanes,
    load_layer,
    read_layer,
    read_sea,
    sea_cells,
)
from routing.errors import InputError
from routing.grid import Grid
from routing.gridfile import RasterSource
from routing.seabed import Bathymetry

UTM = "EPSG:32639"
CELLS = Grid(12, 10, 500_000.0, 4_612_000.0, 1000.0, 1000.0, UTM)


def bathymetry(path="f.tif", kind="elevation", zero_m=0.0, water_level_m=-10.0, **more):
    return Bathymetry(RasterSource(path), kind, zero_m, water_level_m, **more)


def cell_box(grid, row, col):
    left, top = grid.left + col * grid.dx, grid.top - row * grid.dy
    return box(left, top - grid.dy, left + grid.dx, top)


def layer_of(*zones, kind="exclude", reason="zone"):
    return Layer(LayerSource("Layer", None, kind, reason), zones, zones, ("",) * len(zones))


def excluded(layers, **natural):
    """The exclusions of layers (or bare zones) over open water, unless told."""
    given = {name: np.ones(CELLS.shape, bool) for name in ("sea", "known", "layable")} | natural
    layers = [layer if isinstance(layer, Layer) else layer_of(layer) for layer in layers]
    return burn_exclusions(CELLS, layers=layers, **given)


# -------------------------------------------------------------------------- depth


@pytest.mark.parametrize(
    ("kind", "zero_m", "level_m", "value", "depth_m"),
    [
        ("elevation", 0.0, -29.35, -128.0, 98.65),  # Baltic height -128.0 under the Caspian of 2025
        ("depth", -28.0, -29.35, 100.0, 98.65),  # the same place on a chart of EPSG:5706
        ("elevation", 0.0, 0.0, -4000.0, 4000.0),  # GEBCO at mean sea level
        ("depth", 0.0, 0.0, 4000.0, 4000.0),
        ("elevation", 0.0, -29.35, -29.35, 0.0),  # the shoreline itself
        ("elevation", 0.0, -29.35, -20.0, -9.35),  # land that is below mean sea level
    ],
)
def test_depth_is_the_water_level_above_the_sea_floor(kind, zero_m, level_m, value, depth_m):
    source = bathymetry(kind=kind, zero_m=zero_m, water_level_m=level_m)
    assert_allclose(source.depth_m(np.array([value], np.float32)), [depth_m], atol=1e-4)  # float32 at 100 m


@given(st.floats(-9000, 9000, width=32), st.floats(-500, 500), st.floats(-500, 500))
def test_negated_values_declared_as_depths_below_the_same_zero_are_the_same_sea_floor(value, zero_m, level_m):
    up = bathymetry(kind="elevation", zero_m=zero_m, water_level_m=level_m).depth_m(np.array([value], np.float32))
    down = bathymetry(kind="depth", zero_m=zero_m, water_level_m=level_m).depth_m(np.array([-value], np.float32))
    assert_array_equal(up, down)


def test_unknown_values_stay_unknown_depths():
    assert np.isnan(bathymetry().depth_m(np.array([np.nan], np.float32))).all()


def test_the_sea_of_the_project_is_as_deep_as_it_was_made(sea_project):
    loaded = sea_project.load()
    depth, grid = loaded.seabed.depth_m, loaded.grid
    rows, cols = np.nonzero(loaded.seabed.sea)
    lon, lat = geodesy.Projection(grid.crs).inverse(grid.to_xy(np.column_stack([rows, cols]))).T
    error = np.abs(depth[rows, cols] - depth_at(lon, lat))
    # Bilinear error is h^2/8 times the curvature: 0.005 degrees over a bowl of 395 m, plus land (30 m)
    # smeared into the shore cells.
    assert np.quantile(error, 0.9) < 0.5
    assert not np.isnan(depth[rows, cols]).any()
    assert np.isnan(depth[~loaded.seabed.sea]).all()


@pytest.mark.parametrize(
    ("kind", "sign", "other"),
    [("elevation", -1.0, "depth"), ("depth", 1.0, "elevation")],
    ids=["depth file", "elevation file"],
)
def test_a_depth_file_declared_as_elevation_is_refused_with_the_other_kind_named(sea_project, kind, sign, other):
    sea_project.write_bathymetry(lambda heights: sign * heights)
    sea_project.settings["bathymetry"]["kind"] = kind
    with pytest.raises(InputError, match=f'sign looks reversed; set kind = "{other}"') as error:
        sea_project.load()
    assert error.value.key == "bathymetry.kind"
    assert error.value.file.endswith("bathymetry.tif")


def test_a_chart_of_depths_gives_the_same_sea_floor_as_its_elevations(sea_project):
    before = sea_project.load().seabed.depth_m
    sea_project.write_bathymetry(lambda heights: -28.0 - heights)  # depths below -28 m
    sea_project.settings["bathymetry"] |= {"kind": "depth", "zero_m": -28.0}
    assert_allclose(sea_project.load().seabed.depth_m, before, atol=1e-3)


def test_a_raster_that_knows_less_than_half_of_the_sea_is_refused_with_its_share(sea_project):
    def forget(heights):
        heights = heights.copy()
        heights[:, : int(0.65 * heights.shape[1])] = np.nan
        return heights

    sea_project.write_bathymetry(forget)
    with pytest.raises(InputError, match=r"covers \d+ % of the sea in the area") as error:
        sea_project.load()
    assert error.value.key == "bathymetry.path"


def test_sea_without_known_depth_is_excluded_and_reported(sea_project):
    def forget(heights):
        heights = heights.copy()
        heights[40:60, 60:80] = np.nan
        return heights

    sea_project.write_bathymetry(forget)
    loaded, sea = sea_project.surface()
    hole = loaded.seabed.sea & np.isnan(loaded.seabed.depth_m)
    assert hole.sum() > 30
    assert {sea.exclusions.reason_at(row, col) for row, col in np.argwhere(hole)} == {"no bathymetry"}
    assert not sea.priced.surface.free[hole].any()
    assert any(found["rule"] == "depth-unknown" for found in pipeline.findings(loaded))


def test_cells_shallower_than_the_least_depth_carry_it_and_are_counted(sea_project):
    sea_project.settings["bathymetry"]["min_depth_m"] = 12.0
    loaded = sea_project.load()
    depth = loaded.seabed.depth_m[loaded.seabed.sea]
    assert depth.min() == 12.0
    assert loaded.seabed.raised == np.count_nonzero(depth == 12.0) > 0
    (found,) = [found for found in pipeline.findings(loaded) if found["rule"] == "depth-raised"]
    assert found["message"].startswith(f"{loaded.seabed.raised} of {loaded.seabed.sea.sum()} sea cells")
    assert "12 m" in found["message"]


def test_a_raster_of_dry_land_without_a_coastline_is_no_sea(sea_project):
    del sea_project.settings["coast"]
    sea_project.write_bathymetry(lambda heights: np.full_like(heights, 100.0))
    with pytest.raises(
        InputError, match=r'no cell of the area is sea; check water_level_m, bathymetry.kind \(now "elevation"\)'
    ):
        sea_project.load()


def test_cells_too_coarse_for_the_sea_are_told_so(sea_project):
    sea_project.settings["resolution_m"] = 20_000.0
    with pytest.raises(InputError, match="resolution_m"):
        sea_project.load()


def test_without_a_coastline_the_sea_is_what_lies_below_the_water(sea_project):
    with_coast = sea_project.load().seabed.sea
    del sea_project.settings["coast"]
    loaded = sea_project.load()
    # Only the shore cells, where a grid blurs the coast, may differ.
    assert np.count_nonzero(loaded.seabed.sea ^ with_coast) < 0.1 * with_coast.sum()
    assert loaded.seabed.sea[with_coast].mean() > 0.99


# ---------------------------------------------------------------------------- sea

coastlines = st.lists(
    st.tuples(st.floats(500_500, 509_500), st.floats(4_600_500, 4_611_500)), min_size=3, max_size=9
).map(lambda points: MultiPoint(points).convex_hull)


@given(coastlines, coastlines)
@settings(max_examples=300)
def test_a_cell_that_touches_land_is_never_sea(first, second):
    sea = box(*CELLS.bounds).difference(first).difference(second.boundary.buffer(30.0))
    cells = sea_cells(sea, CELLS)
    land = box(*CELLS.bounds).difference(sea)
    for row, col in np.argwhere(cells):
        assert cell_box(CELLS, row, col).intersection(land).area < 1e-6


@given(coastlines)
@settings(max_examples=100)
def test_a_cell_well_clear_of_land_is_sea(land):
    cells = sea_cells(box(*CELLS.bounds).difference(land), CELLS)
    for row, col in np.argwhere(~cells):
        assert cell_box(CELLS, row, col).distance(land) < 1.0


def test_an_island_smaller_than_a_cell_and_a_needle_of_land_take_their_cells():
    islet, needle = Point(503_400, 4_606_600).buffer(3.0), box(506_000, 4_603_499, 509_000, 4_603_501)
    cells = sea_cells(box(*CELLS.bounds).difference(islet).difference(needle), CELLS)
    assert not cells[5, 3]
    assert not cells[8, 6:9].any()
    assert cells.sum() >= CELLS.rows * CELLS.cols - 1 - 5


def test_what_lies_outside_the_sea_polygons_is_land():
    assert not sea_cells(box(500_000, 4_600_000, 503_000, 4_612_000), CELLS)[:, 4:].any()


def test_a_coast_file_without_polygons_near_the_area_is_refused(tmp_path):
    path = write_features(tmp_path / "coast.geojson", [(box(10, 10, 11, 11), {})])
    with pytest.raises(InputError, match=r"no sea polygon touches the area.*polygons of the sea") as error:
        read_sea(path, crs=UTM, area=AREA)
    assert error.value.key == "coast.path"
    path = write_features(tmp_path / "line.geojson", [(LineString([(50, 41), (51, 42)]), {})])
    with pytest.raises(InputError, match="no sea polygon"):
        read_sea(path, crs=UTM, area=AREA)


def test_islands_are_holes_of_the_sea(tmp_path):
    sea = read_sea(write_features(tmp_path / "coast.geojson", [(SEA, {})]), crs=UTM, area=AREA)
    island = Point(*geodesy.Projection(UTM).forward([[50.36, 41.28]])[0])
    assert not sea.contains(island)
    assert sea.contains(island.buffer(8000).exterior.interpolate(0))
    geod_area_km2 = 2513.0  # of the WGS84 polygon, island out, by pyproj
    assert_allclose(sea.area / 1e6, geod_area_km2, rtol=0.01)


# ------------------------------------------------------------------------- layers


def test_the_first_reason_named_wins_and_free_cells_have_none():
    sea, known = np.ones(CELLS.shape, bool), np.ones(CELLS.shape, bool)
    sea[0], known[0:2] = False, False
    everything = box(*CELLS.bounds)
    first, second = (
        cell_box(CELLS, 3, 3).buffer(-100),
        everything.intersection(box(500_000, 4_600_000, 504_999, 4_612_000)),
    )
    layable = np.ones(CELLS.shape, bool)
    layable[0:3] = False
    layers = [layer_of(first, reason="field"), layer_of(second, reason="park"), layer_of(everything, kind="show")]
    found = excluded(layers, sea=sea, known=known, layable=layable)
    assert found.reason_at(0, 0) == "land"  # also unknown, also in the park
    assert found.reason_at(1, 0) == "no bathymetry"
    assert found.reason_at(2, 0) == NATURAL[2]
    assert found.reason_at(3, 3) == "field"  # also in the park
    assert found.reason_at(3, 4) == "park"
    assert found.reason_at(3, 5) is None
    assert found.reasons == (*NATURAL, "field", "park")


@given(st.lists(coastlines, min_size=0, max_size=3), coastlines)
def test_another_exclusion_never_frees_a_cell(zones, extra):
    before, after = excluded(zones), excluded([*zones, extra])
    assert ((after.code > 0) | (before.code == 0)).all()


@given(coastlines)
def test_a_free_cell_is_not_touched_by_any_zone(zone):
    for row, col in np.argwhere(excluded([zone]).code == 0):
        assert cell_box(CELLS, row, col).intersection(zone).area < 1e-6


def test_what_surrounds_a_pocket_is_named_by_its_share():
    sea = np.ones(CELLS.shape, bool)
    sea[:, 0] = False
    found = excluded([layer_of(*(cell_box(CELLS, row, 2) for row in range(12)))], sea=sea)
    pocket = np.zeros(CELLS.shape, bool)
    pocket[:, 1] = found.code[:, 1] == 0
    shares = dict(found.around(pocket))
    assert set(shares) <= {"land", "zone"}
    assert_allclose(sum(shares.values()), 1.0)


def test_a_stand_off_is_metres_round_every_feature(tmp_path):
    place = geodesy.direct([(50.4, 41.3)], 0.0, 0.0)[0]
    path = write_features(tmp_path / "wells.geojson", [(Point(place), {"radius_km": 1.5})])
    source = LayerSource("Wells", path, "exclude", "well", buffer_m=500.0, buffer_field="radius_km")
    (zone,) = load_layer(source, crs=UTM, area=AREA).zones
    ring = geodesy.Projection(UTM).inverse(np.array(zone.exterior.coords))
    away = geodesy.inverse(np.repeat([place], len(ring), axis=0), ring)[2]
    # UTM scale is within 0.04 % of true; shapely's circle has 64 corners, and its corners lie on it.
    assert_allclose(away, 2000.0, rtol=1e-3)


def test_a_stand_off_is_metres_on_earth_in_any_conformal_projection(tmp_path):
    path = write_features(tmp_path / "wells.geojson", [(Point(50.4, 41.3), {})])
    source = LayerSource("Wells", path, "exclude", "well", buffer_m=2000.0)
    (zone,) = load_layer(source, crs="EPSG:3395", area=AREA).zones
    ring = geodesy.Projection("EPSG:3395").inverse(np.array(zone.exterior.coords))
    assert_allclose(geodesy.inverse(np.repeat([[50.4, 41.3]], len(ring), axis=0), ring)[2], 2000.0, rtol=0.01)


def test_a_feature_just_outside_the_area_still_keeps_cables_off_inside(sea_project):
    sea_project.settings["area"] = [50.0, 41.0, 50.75, 41.45]  # the field at 41.40 stays, its twin does not
    write_features(sea_project.folder / "fields.geojson", [(Point(50.3, 41.46), {"name": "Twin", "radius_km": 5.0})])
    _, sea = sea_project.surface()
    row, col = np.rint(sea.priced.rowcol([[50.3, 41.43]])[0]).astype(int)  # 3.3 km from the twin
    assert sea.exclusions.reason_at(row, col) == "offshore field"


@given(st.floats(0, 3000), st.floats(0, 3000))
def test_a_wider_stand_off_never_frees_a_cell(one, other):
    narrow, wide = sorted((one, other))
    shape = LineString([(502_000, 4_604_000), (507_000, 4_609_000)])
    small, large = (excluded([shape.buffer(metres) if metres else shape]).code > 0 for metres in (narrow, wide))
    assert (large | ~small).all()


def test_lanes_are_cells_whose_centre_lies_inside():
    lane = layer_of(box(502_400, 4_600_000, 504_600, 4_612_000), kind="shipping")
    assert np.unique(np.argwhere(burn_lanes(CELLS, [lane, layer_of(box(*CELLS.bounds))]))[:, 1]).tolist() == [2, 3, 4]


def test_a_shapefile_without_prj_is_refused(tmp_path):
    import geopandas

    path = tmp_path / "zones.shp"
    geopandas.GeoDataFrame({"name": ["a"]}, geometry=[box(50, 41, 51, 42)], crs="EPSG:4326").to_file(path)
    assert len(read_layer(path, crs=UTM, area=AREA)) == 1
    (tmp_path / "zones.prj").unlink()
    with pytest.raises(InputError, match="coordinate reference system"):
        read_layer(path, crs=UTM, area=AREA)


def test_a_zone_with_long_edges_along_parallels_excludes_what_lies_between_them(tmp_path):
    path = write_features(tmp_path / "zone.geojson", [(box(47.0, 41.0, 55.0, 42.0), {})])
    (zone,) = read_layer(path, crs=UTM, area=(46.0, 40.0, 56.0, 43.0)).geometry
    inside, outside = geodesy.Projection(UTM).forward([[51.0, 41.03], [51.0, 42.03]])
    assert zone.contains(Point(inside))
    assert not zone.contains(Point(outside))


@pytest.mark.parametrize("crs", [UTM, "auto"])
def test_a_zone_round_the_world_excludes_all_of_the_area(sea_project, crs):
    sea_project.settings["crs"] = crs
    sea_project.add_exclusion(box(-180, -85, 180, 85), name="World")
    assert not sea_project.surface()[1].priced.surface.free.any()


@pytest.mark.parametrize("crs", [UTM, "auto"])
def test_the_sea_may_be_a_part_of_all_oceans(sea_project, crs):
    sea_project.settings["crs"] = crs
    before = sea_project.load().seabed.sea
    world = box(-180, -85, 180, 85).difference(box(*AREA).buffer(1.0)).union(box(-170, -80, 50.5, -70)).union(SEA)
    write_features(sea_project.folder / "coast.geojson", [(world, {})])
    after = sea_project.load().seabed.sea
    assert np.count_nonzero(after ^ before) < 0.01 * before.sum()


@pytest.mark.parametrize("crs", [UTM, geodesy.local_projection(AREA).crs])
@pytest.mark.parametrize("end", [(-70.0, 40.0), (-130.0, -41.2)])
def test_a_stand_off_of_a_line_round_the_world_is_as_wide_here_as_elsewhere(tmp_path, crs, end):
    path = write_features(
        tmp_path / "lane.geojson", [(LineString([(50.3, 40.0), (50.3, 42.0), (20.0, 50.0), end]), {})]
    )
    source = LayerSource("Lane", path, "shipping", "lane", buffer_m=5000.0)
    (zone,) = load_layer(source, crs=crs, area=AREA).zones
    for metres, inside in ((4900.0, True), (5200.0, False)):
        aside = geodesy.direct([(50.3, 41.3)], 90.0, metres)
        assert zone.contains(Point(geodesy.Projection(crs).forward(aside)[0])) is inside


def test_layers_in_another_crs_are_put_in_place(tmp_path):
    import geopandas

    frame = geopandas.GeoDataFrame(geometry=[Point(50.4, 41.3)], crs="EPSG:4326").to_crs("EPSG:3395")
    frame.to_file(tmp_path / "wells.gpkg")
    (point,) = read_layer(tmp_path / "wells.gpkg", crs=UTM, area=AREA).geometry
    assert_allclose([point.x, point.y], geodesy.Projection(UTM).forward([[50.4, 41.3]])[0], atol=1e-3)


def test_a_bow_tie_is_repaired_and_both_its_wings_exclude(tmp_path):
    bow = Polygon([(50.2, 41.2), (50.5, 41.4), (50.5, 41.2), (50.2, 41.4)])
    path = write_features(tmp_path / "zones.geojson", [(bow, {})])
    (shape,) = read_layer(path, crs=UTM, area=AREA).geometry
    assert shape.is_valid
    to_xy = geodesy.Projection(UTM).forward
    assert shape.contains(Point(to_xy([[50.23, 41.3]])[0]))
    assert shape.contains(Point(to_xy([[50.47, 41.3]])[0]))


@pytest.mark.parametrize(
    "features",
    [
        pytest.param([], id="none"),
        pytest.param([(Polygon(), {})], id="empty"),
        pytest.param([(Point(0, 0), {})], id="far"),
    ],
)
def test_a_layer_without_features_near_the_area_excludes_nothing(sea_project, features):
    free = sea_project.surface()[1].priced.surface.free
    path = write_features(sea_project.folder / "empty.geojson", features)
    sea_project.settings["layer"].append({"name": "Empty", "path": path.name, "kind": "exclude"})
    assert_array_equal(sea_project.surface()[1].priced.surface.free, free)


def test_a_feature_without_geometry_is_passed_over(tmp_path):
    features = [{"type": "Feature", "geometry": None, "properties": {}}]
    features.append({"type": "Feature", "geometry": mapping(Point(50.4, 41.3)), "properties": {}})
    path = tmp_path / "f.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    assert len(read_layer(path, crs=UTM, area=AREA)) == 1


@pytest.mark.parametrize(
    "content", [b"", b"{", b'{"type": "FeatureCollection"', b"hello", b"\x00\x01\x02", b"<html></html>"]
)
def test_a_file_that_is_no_vector_file_is_refused(tmp_path, content):
    path = tmp_path / "f.geojson"
    path.write_bytes(content)
    with pytest.raises(InputError, match="cannot be read as a vector file") as error:
        read_layer(path, crs=UTM, area=AREA)
    assert error.value.file == str(path)


def test_a_virtual_vector_file_is_refused_whatever_it_calls_itself(tmp_path):
    secret = write_features(tmp_path / "secret.geojson", [(Point(50.4, 41.3), {"token": "s3cret"})])
    path = tmp_path / "layer.gpkg"
    path.write_text(
        f'<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{secret}</SrcDataSource>'
        "</OGRVRTLayer></OGRVRTDataSource>"
    )
    with pytest.raises(InputError):
        read_layer(path, crs=UTM, area=AREA)


@pytest.mark.parametrize("name", ["missing.gpkg", "missing.csv", "/vsicurl/http://x/f.gpkg", "https://x/f.geojson"])
def test_a_missing_or_remote_layer_is_refused(tmp_path, name):
    with pytest.raises(InputError, match=r"no such file|not a file on this machine"):
        read_layer(tmp_path / name, crs=UTM, area=AREA)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("x,y\n50,41\n", "no usable columns lon and lat"),
        ("lon,lat\n50;41\n", "no usable columns|lon and lat"),
        ("lon,lat\nfifty,41\n", "lon and lat.*fifty"),
        ("", "no usable columns"),
    ],
)
def test_points_without_usable_columns_are_refused(tmp_path, text, match):
    path = tmp_path / "points.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=match):
        read_layer(path, crs=UTM, area=AREA)


@pytest.mark.parametrize("row", ["50.4,", ",41.3", "50.4,141.3", "1e300,41.3", "50.4,inf"])
def test_a_point_without_a_place_on_earth_is_refused_not_dropped(tmp_path, row):
    path = tmp_path / "wells.csv"
    path.write_text(f"lon,lat\n50.3,41.2\n{row}\n")
    with pytest.raises(InputError):
        read_layer(path, crs=UTM, area=AREA)


def test_points_with_bom_crlf_and_accents_are_read(tmp_path):
    path = tmp_path / "points.csv"
    path.write_bytes("\ufefflon,lat,name\r\n50.4,41.3,Ağ dəniz\r\n".encode())
    frame = read_layer(path, crs=UTM, area=AREA)
    assert frame["name"].tolist() == ["Ağ dəniz"]


def test_points_in_another_encoding_are_refused_for_that(tmp_path):
    path = tmp_path / "points.csv"
    path.write_bytes("lon,lat,name\n50.4,41.3,Море\n".encode("cp1251"))
    with pytest.raises(InputError, match="utf-8"):
        read_layer(path, crs=UTM, area=AREA)


@pytest.mark.parametrize("key", ["buffer_field", "label_field", "owner_field"])
def test_an_attribute_that_a_layer_lacks_is_refused_by_key(tmp_path, key):
    path = write_features(tmp_path / "wells.geojson", [(Point(50.4, 41.3), {"name": "a"})])
    with pytest.raises(InputError, match=f"{key}: no attribute 'radius'; correct {key}") as error:
        load_layer(LayerSource("Wells", path, "exclude", "well", **{key: "radius"}), crs=UTM, area=AREA)
    assert error.value.file == str(path)


@pytest.mark.parametrize("radius", ["three", None, -2.0])
def test_a_stand_off_attribute_that_is_no_distance_is_refused(tmp_path, radius):
    path = write_features(tmp_path / "wells.geojson", [(Point(50.4, 41.3), {"r": radius})])
    with pytest.raises(InputError, match="r"):
        load_layer(LayerSource("Wells", path, "exclude", "well", buffer_field="r"), crs=UTM, area=AREA)


# ------------------------------------------------------------------------ sectors


def test_sectors_are_found_along_a_line(finished_run):
    sectors, priced = finished_run.sea.sectors, finished_run.sea.priced
    assert sectors.countries == ("AA", "BB", "CC")
    assert sectors.along(priced.rowcol([[50.2, 41.3], [50.5, 41.4], [50.5, 41.1]])) == ("AA", "BB", "CC")


def test_a_place_in_no_sector_has_none(sea_project):
    write_features(sea_project.folder / "sectors.geojson", [(box(50.0, 41.0, 50.2, 41.6), {"country": "AA"})])
    loaded, sea = sea_project.surface()
    assert loaded.sectors.along(sea.priced.rowcol([[50.1, 41.3], [50.5, 41.3]])) == ("AA", None)


def test_sectors_without_the_attribute_are_refused_with_those_they_have(sea_project):
    sea_project.settings["sectors"]["attribute"] = "state"
    with pytest.raises(InputError, match="no attribute 'state'; it has country; set attribute") as error:
        sea_project.load()
    assert error.value.key == "sectors.attribute"
    assert error.value.file.endswith("sectors.geojson")


def test_overlapping_sectors_give_each_cell_one_and_parts_of_a_state_are_one(tmp_path):
    whole = transform(box(*CELLS.bounds), geodesy.Projection(UTM).inverse)
    west = transform(box(500_000, 4_600_000, 505_000, 4_612_000), geodesy.Projection(UTM).inverse)
    path = write_features(
        tmp_path / "s.geojson", [(whole, {"state": "B"}), (west, {"state": "A"}), (west, {"state": "B"})]
    )
    sectors = constraints.read_sectors(path, CELLS, attribute="state", area=(50.9, 41.5, 51.2, 41.8))
    assert sectors.countries == ("A", "B")
    assert set(sectors.along(np.argwhere(np.ones(CELLS.shape, bool)).astype(float))) <= {"A", "B"}
    assert sectors.along(np.array([[5.0, 1.0], [5.0, 8.0]])) == ("A", "B")
