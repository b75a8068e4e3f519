"""The sea floor of a whole project: what its files say, what is refused, which landings run dry."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from miniature import WATER_LEVEL_M, raster_lattice, write_features, write_raster
from numpy.testing import assert_allclose
from shapely import LineString, Point, Polygon, box
from test_seabed import cells, seabed_of

from routing import geodesy, pipeline, seafloor
from routing.errors import InputError
from routing.landing import Landing, LandingSite, measure_retreats
from routing.project import json_schema
from routing.seabed import WaterLevels
from routing.seabed.substrate import SEDIMENTS

END = {"year": 2052, "low_m": WATER_LEVEL_M - 90.0, "base_m": WATER_LEVEL_M - 60.0, "high_m": WATER_LEVEL_M - 1.0}


def refused(project, match, key=None):
    with pytest.raises(InputError, match=match) as error:
        project.load()
    assert key is None or error.value.key == key
    return error.value


def tables(project, **given):
    project.settings.update(given)
    return project


# ------------------------------------------------------------------------------------------------- levels and landings


def beach(fall, *, slope=1e-3, size=100.0):
    """A plane beach that dips east, a landing on its shore, and how far the sea leaves it."""
    grid = cells(5, 200, size)
    depth = slope * size * (np.arange(200) - 10.0)  # the shore runs through the middle of column 10
    measured = seabed_of(np.where(depth > 0, np.tile(depth, (5, 1)), np.nan), grid)
    xy = grid.to_xy([[2, 10], [2, 11]])
    shore, node = geodesy.Projection(grid.crs).inverse(xy)
    site = LandingSite(Landing("a", "A", "AA", *shore), tuple(shore), (2, 11), tuple(node), 0.0, size)
    (found,) = measure_retreats([site], measured, WaterLevels(0.0, -2 * fall, -fall, 0.0))
    return found


def test_the_sea_leaves_a_plane_beach_by_the_fall_over_the_slope():
    found = beach(3.0)
    # 3 m of fall on 1 in 1000; map metres are 0.04 % short here.
    assert_allclose([found.low_m, found.base_m, found.high_m], [6000.0, 3000.0, 0.0], rtol=1e-3)
    assert found.runs_dry
    assert found.is_seen


def test_a_steady_or_rising_sea_leaves_no_landing():
    assert not beach(0.0).runs_dry
    grid = cells(1, 3, 100.0)
    site = LandingSite(Landing("a", "A", "AA", 51.0, 41.5), (51.0, 41.5), (0, 0), (51.0, 41.5), 0.0, 100.0)
    (found,) = measure_retreats([site], seabed_of([[1.0, 2.0, 3.0]], grid), WaterLevels(0.0, 1.0, 2.0, 3.0))
    assert (found.low_m, found.base_m, found.high_m) == (0.0, 0.0, 0.0)


@given(st.floats(0.1, 8.0), st.floats(0.0, 4.0))
def test_a_deeper_fall_never_brings_the_sea_closer(fall, more):
    assert beach(fall + more).base_m >= beach(fall).base_m


def test_a_lagoon_that_is_cut_off_is_not_the_sea():
    grid = cells(3, 60, 100.0)
    depth = np.full((3, 60), 50.0)
    depth[:, :10], depth[:, 10:20] = 4.0, 1.0  # a pool behind a bar
    measured = seabed_of(depth, grid)
    shore, node = geodesy.Projection(grid.crs).inverse(grid.to_xy([[1, -1], [1, 0]]))
    site = LandingSite(Landing("a", "A", "AA", *shore), tuple(shore), (1, 0), tuple(node), 0.0, 100.0)
    (found,) = measure_retreats([site], measured, WaterLevels(0.0, -2.0, -2.0, -2.0))
    assert_allclose(found.base_m, 2000.0, rtol=1e-3)


def test_a_sea_that_dries_up_has_no_distance():
    grid = cells(3, 3, 100.0)
    site = LandingSite(Landing("a", "A", "AA", 51.0, 41.5), (51.0, 41.5), (1, 1), (51.0, 41.5), 0.0, 100.0)
    (found,) = measure_retreats([site], seabed_of(np.full((3, 3), 5.0), grid), WaterLevels(0.0, -9.0, -9.0, -9.0))
    assert np.isnan(found.base_m)
    assert found.runs_dry


def test_landings_that_run_dry_are_findings_with_their_distance(sea_project):
    loaded = tables(sea_project, end_of_life=END).load()
    dry = [found for found in pipeline.findings(loaded) if found["rule"] == "landing-dry"]
    assert [found["message"].split(" by ")[0] for found in dry if found["severity"] == "warning"] == [
        "Cənub runs dry",
        "Liman runs dry",
    ]
    # The north is steep: 60 m of fall move the sea by no more than a cell.
    assert "Şimal may run dry by 2052: the sea retreats" in dry[0]["message"]
    assert "no more than a cell" in dry[0]["message"]
    told = {row["landing"]: row for row in seafloor.describe_seafloor(loaded)["retreats"]}
    assert told["aa-north"]["high_m"] <= told["aa-north"]["base_m"] <= told["aa-north"]["low_m"]
    # Depth grows from 5 m at the shore: a fall of 1 m leaves no landing by more than a cell.
    assert told["aa-north"]["high_m"] < 1500.0


def test_a_shore_that_the_bathymetry_does_not_see_is_no_warning(sea_project):
    sea_project.settings["bathymetry"]["min_depth_m"] = 50.0
    loaded = tables(sea_project, end_of_life=END).load()
    dry = [found for found in pipeline.findings(loaded) if found["rule"] == "landing-dry"]
    assert dry
    assert {found["severity"] for found in dry} == {"info"}
    assert any("too coarse to see this shore" in found["message"] for found in dry)


def test_a_project_that_says_nothing_of_the_future_keeps_its_level(sea_project):
    loaded = sea_project.load()
    assert loaded.retreats == ()
    assert_allclose(loaded.facts.end_depth_m, loaded.facts.depth_m)


def test_levels_out_of_order_are_refused(sea_project):
    tables(sea_project, end_of_life={**END, "low_m": 0.0})
    refused(sea_project, "are not in order; give the lowest water first", "end_of_life")


# ------------------------------------------------------------------------------------------------------------ reference


def bathymetry(project, **given):
    project.settings["bathymetry"] = {"path": "bathymetry.tif", **given}
    return project


def test_a_reference_by_name_stands_for_kind_and_zero(sea_project):
    plain = sea_project.load().seabed.depth_m
    named = bathymetry(sea_project, reference="MSL").load().seabed.depth_m
    assert_allclose(named, plain)


def test_a_reference_may_stand_beside_what_it_means_but_not_against_it(sea_project):
    bathymetry(sea_project, reference="EPSG:5706", kind="depth", zero_m=-28.0).read()
    bathymetry(sea_project, reference="EPSG:5706", kind="elevation", zero_m=-28.0)
    with pytest.raises(InputError, match="kind 'elevation' contradicts reference 'EPSG:5706', which means 'depth'"):
        sea_project.read()


def test_a_raster_that_does_not_say_what_it_counts_from_is_refused_with_the_remedy(sea_project):
    bathymetry(sea_project)
    with pytest.raises(InputError, match=r'is missing.*; add it, or .*reference = "MSL", "EPSG:5706"'):
        sea_project.read()


def test_an_unknown_reference_is_refused_with_the_legal_ones(sea_project):
    bathymetry(sea_project, reference="Kronstadt")
    with pytest.raises(InputError, match="unknown vertical reference 'Kronstadt': write one of MSL, EPSG:5714"):
        sea_project.read()


def test_a_named_reference_does_not_mix_with_another_datum(sea_project):
    bathymetry(sea_project, reference="EPSG:5706")
    tables(sea_project, vertical_datum="chart datum of the lake")
    with pytest.raises(InputError, match="reference counts from mean sea level, vertical_datum is 'chart datum"):
        sea_project.read()


def test_the_schema_does_not_ask_for_what_a_reference_says():
    assert json_schema()["$defs"]["BathymetryTable"]["required"] == ["path"]


# ----------------------------------------------------------------------------------------------------------- implausible


def test_feet_declared_as_metres_are_recognised(sea_project):
    sea_project.write_bathymetry(lambda values: np.where(values < 0, values * np.float32(3.28084), values))
    bathymetry(sea_project, kind="elevation", zero_m=0.0, deepest_m=400.0)
    found = refused(sea_project, "of depth where the sea has 400 m: these look like feet; convert it to metres")
    assert found.file.endswith("bathymetry.tif")


def test_a_raster_far_too_deep_is_refused(sea_project):
    bathymetry(sea_project, kind="elevation", zero_m=0.0, deepest_m=200.0)
    refused(sea_project, "of depth where the sea has 200 m; check its units, zero_m and deepest_m", "bathymetry.path")


def test_a_sea_floor_of_walls_is_refused(sea_project):
    sea_project.write_bathymetry(
        lambda values: np.where((np.arange(values.shape[1]) % 20 < 10) & (values < 0), values - 3000, values)
    )
    refused(sea_project, "of the sea floor is steeper than 60 %.*not feet or centimetres", "bathymetry.path")


def test_nodata_is_never_depth_0_nor_shallow_nor_a_hazard(sea_project):
    sea_project.write_bathymetry(
        lambda values: np.where(np.arange(values.shape[1]) < 60, np.float32(-9999), values), nodata=-9999
    )
    tables(sea_project, end_of_life=END, hazard={"surf": {"breaker_depth_m": 50.0}}, substrate={"rules": "caspian"})
    loaded, sea = sea_project.surface()
    unknown = loaded.seabed.sea & ~np.isfinite(loaded.facts.depth_m)
    assert unknown.sum() > 100
    for band in (loaded.facts.end_depth_m, loaded.facts.shallow_m, loaded.facts.sigma_m):
        assert np.isnan(band[unknown]).all()
    assert (loaded.hazards.hazard_faults[unknown] == 0).all()
    assert (loaded.facts.source[unknown] == 0).all()
    assert not sea.priced.surface.free[unknown].any()


# ------------------------------------------------------------------------------------------------------------ substrate


WEST = box(49.9, 40.9, 50.37, 41.7)


def soils(project, features, **given):
    write_features(project.folder / "soils.geojson", features)
    return tables(project, substrate={"path": "soils.geojson", "attribute": "folk", **given})


def sediments(loaded):
    facts = loaded.facts
    return {SEDIMENTS[code] for code in np.unique(facts.substrate.sediment[facts.sea])}


def test_polygons_of_folk_classes_give_sediments_and_say_so(sea_project):
    loaded = soils(
        sea_project, [(WEST, {"folk": "Muddy sand"}), (box(50.37, 40.9, 50.9, 41.7), {"folk": "Sand"})]
    ).load()
    assert sediments(loaded) == {"clay-soft", "sand"}
    assert loaded.facts.substrate.shares(loaded.facts.sea) == {"map": 1.0}


def test_where_a_map_is_silent_the_rules_speak(sea_project):
    loaded = soils(sea_project, [(WEST, {"folk": "Rock & boulders"})], rules="caspian").load()
    shares = loaded.facts.substrate.shares(loaded.facts.sea)
    assert 0.4 < shares["map"] < 0.6
    assert any(name.startswith("rule: ") for name in shares)
    assert_allclose(sum(shares.values()), 1.0)


def test_a_raster_of_codes_gives_sediments(sea_project):
    lon, _, transform = raster_lattice()
    codes = np.where(lon < 50.37, 3, 5).astype(np.uint8)
    write_raster(sea_project.folder / "soils.tif", codes, transform)
    tables(sea_project, substrate={"path": "soils.tif", "classes": {"3": "Coarse substrate", "5": "Rock & boulders"}})
    assert sediments(sea_project.load()) == {"gravel", "rock"}


def test_an_invalid_polygon_is_repaired(sea_project):
    bow_tie = Polygon([(49.9, 40.9), (50.9, 41.7), (50.9, 40.9), (49.9, 41.7)])
    loaded = soils(sea_project, [(bow_tie, {"folk": "Sand"})]).load()
    assert 0.4 < loaded.facts.substrate.shares(loaded.facts.sea)["map"] < 0.6


def without_crs(project):
    import geopandas

    soils(project, [])
    frame = geopandas.GeoDataFrame({"folk": ["Sand"]}, geometry=[WEST], crs="EPSG:4326")
    frame.to_file(project.folder / "soils.shp")
    (project.folder / "soils.prj").unlink()
    project.settings["substrate"]["path"] = "soils.shp"


def torn(project):
    soils(project, [])
    (project.folder / "soils.gpkg").write_bytes(b"")
    project.settings["substrate"]["path"] = "soils.gpkg"


#: A mistake in the substrate, and what is said of it.
MISTAKES = {
    "class": (lambda p: soils(p, [(WEST, {"folk": "Sandd"})]), "unknown substrate class 'Sandd'; did you mean 'sand'"),
    "attribute": (lambda p: soils(p, [(WEST, {"soil": "Sand"})]), "no attribute 'folk'; it has soil"),
    "elsewhere": (
        lambda p: soils(p, [(box(0, 0, 1, 1), {"folk": "Sand"})]),
        "holds no feature in or near the area .*check the file and its CRS",
    ),
    "empty": (lambda p: soils(p, []), "has no geometries|holds no feature"),
    "no crs": (without_crs, "has no geometries in a coordinate reference system; save it with one"),
    "torn": (torn, "cannot be read as a vector file"),
    "missing": (lambda p: tables(p, substrate={"path": "no.gpkg", "attribute": "folk"}), "no such file"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_substrate_is_named_with_its_remedy(sea_project, mistake):
    change, message = MISTAKES[mistake]
    change(sea_project)
    refused(sea_project, message)


def test_a_substrate_needs_one_way_to_be_read(sea_project):
    tables(sea_project, substrate={"path": "soils.tif"})
    with pytest.raises(InputError, match=r"path needs attribute .* or classes"):
        sea_project.read()


def test_a_raster_code_without_a_class_is_refused(sea_project):
    _, _, transform = raster_lattice()
    write_raster(sea_project.folder / "soils.tif", np.full((150, 190), 7, np.uint8), transform)
    tables(sea_project, substrate={"path": "soils.tif", "classes": {"3": "Sand"}})
    refused(sea_project, "code 7 has no class; substrate.classes names 3")


# ---------------------------------------------------------------------------------------------------------- uncertainty


def test_type_identifiers_of_the_grid_give_uncertainty(sea_project):
    lon, _, transform = raster_lattice()
    write_raster(sea_project.folder / "tid.tif", np.where(lon < 50.37, 11, 41).astype(np.uint8), transform)
    facts = bathymetry(sea_project, kind="elevation", zero_m=0.0, tid_path="tid.tif").load().facts
    row = facts.grid.rows // 3
    known = np.flatnonzero(facts.sea[row])
    west, east = known[2], known[-3]
    assert facts.sigma_m[row, west] < 0.03 * facts.depth_m[row, west] + 1.0
    assert facts.sigma_m[row, east] > 0.2 * facts.depth_m[row, east]


def test_a_wrong_type_identifier_is_refused_with_its_key(sea_project):
    _, _, transform = raster_lattice()
    write_raster(sea_project.folder / "tid.tif", np.full((150, 190), 99, np.uint8), transform)
    bathymetry(sea_project, kind="elevation", zero_m=0.0, tid_path="tid.tif")
    refused(sea_project, "code 99 is no GEBCO type identifier", "bathymetry.tid_path")


# -------------------------------------------------------------------------------------------------------------- hazards


def hazard(project, name, features=None, **given):
    if features is not None:
        write_features(project.folder / f"{name}.geojson", features)
        given["path"] = f"{name}.geojson"
    project.settings.setdefault("hazard", {})[name] = given
    return project


def test_layers_of_hazards_count_where_they_are(sea_project):
    hazard(sea_project, "mud_volcano", [(Point(50.3, 41.4), {})], near_m=2000.0, far_m=5000.0)
    hazard(sea_project, "fault", [(LineString([(50.5, 41.0), (50.5, 41.6)]), {})])
    hazard(sea_project, "ice", [(box(50.0, 41.45, 50.8, 41.6), {})], most_m=500.0)
    hazard(sea_project, "slope", [(box(50.55, 41.2, 50.6, 41.3), {})])
    loaded = sea_project.load()
    assert list(loaded.hazards.layers) == ["ice gouging", "mud volcanoes", "active faults", "unstable slopes"]
    row, col = np.rint(loaded.grid.to_rowcol(geodesy.Projection(loaded.grid.crs).forward([[50.3, 41.4]]))[0]).astype(
        int
    )
    assert loaded.hazards.explain(row, col) == {"mud volcanoes": 3.0}


def test_a_hazard_can_be_switched_off_and_weighted(sea_project):
    on = hazard(sea_project, "surf", breaker_depth_m=50.0).load().hazards.hazard_faults
    double = hazard(sea_project, "surf", breaker_depth_m=50.0, weight=2.0).load().hazards.hazard_faults
    off = hazard(sea_project, "surf", breaker_depth_m=50.0, enabled=False).load().hazards
    assert on.max() > 0
    assert_allclose(double, 2 * on)
    assert off.layers == {}
    assert off.hazard_faults.max() == 0.0


def test_figures_of_another_source_take_the_place_of_the_defaults(sea_project):
    from routing.hazards import Rate

    loaded = hazard(sea_project, "surf", breaker_depth_m=50.0).load()
    found = seafloor.read_hazards(loaded.project, loaded.facts, rates={"surf": Rate(7, 8, 9)}, level="high")
    assert found.hazard_faults.max() == 9.0


QUAKES = "time,lon,lat,magnitude\n"


def quakes(project, rows, **given):
    (project.folder / "felt.csv").write_text(QUAKES + rows, encoding="utf-8")
    dates = {"since": "1977-01-01", "until": "2017-01-01"}
    project.settings["hazard"] = {"shaking": {"path": "felt.csv", **dates, **given}}
    return project


def test_earthquakes_before_the_catalogue_is_complete_and_small_ones_do_not_count(sea_project):
    rows = "1960-01-01T00:00:00Z,50.3,41.3,7.0\n1990-05-05,50.3,41.3,6.0\n1991-05-05,50.3,41.3,5.2\n"
    note = quakes(sea_project, rows).load().hazards.notes["strong shaking"]
    assert note.startswith("1 earthquakes from magnitude 5.5 in 40.0 years")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("yesterday,50.3,41.3,6.0\n", "time 'yesterday' is not a date; write it as 2000-11-25"),
        ("1990-01-01,50.3,41.3,strong\n", "magnitude 'strong' is not a number"),
        ("1990-01-01,50.3,141.3,6.0\n", "are no place on Earth"),
        ("", "holds no feature in or near the area"),
    ],
)
def test_a_bad_row_of_earthquakes_is_refused(sea_project, rows, message):
    refused(quakes(sea_project, rows), message)


def test_an_earthquake_file_without_magnitudes_is_refused(sea_project):
    quakes(sea_project, "1990-01-01,50.3,41.3,6.0\n", magnitude_field="mw")
    refused(sea_project, "no attribute 'mw'; it has time, lon, lat, magnitude")


def test_use_of_the_sea_comes_as_indices_of_the_catalogue(sea_project):
    hazard(sea_project, "shipping", [(box(50.5, 41.2, 50.6, 41.3), {"class": "anchorage"})])
    hazard(sea_project, "fishing", nearshore="coastal-nets", nearshore_depth_m=20.0)
    loaded = sea_project.load()
    use = seafloor.read_use(loaded.project, loaded.facts, loaded.catalogue, loaded.layers)
    shipping, fishing = (loaded.catalogue.codes(kind) for kind in ("shipping", "fishing"))
    assert {shipping[code] for code in np.unique(use.shipping)} == {"medium", "lane", "anchorage"}
    shallow = loaded.facts.sea & (loaded.facts.depth_m <= 20.0)
    assert (use.fishing[shallow] == fishing.index("coastal-nets")).all()
    assert (use.fishing[loaded.facts.depth_m > 20.0] == fishing.index("passive-gear")).all()


def test_a_zone_of_an_unknown_class_is_refused(sea_project):
    hazard(sea_project, "shipping", [(box(50.5, 41.2, 50.6, 41.3), {"class": "busy"})])
    loaded = sea_project.load()
    with pytest.raises(InputError, match=r"hazard.shipping: unknown class 'busy'; write one of low, medium"):
        seafloor.read_use(loaded.project, loaded.facts, loaded.catalogue, loaded.layers)


def test_every_file_of_the_sea_floor_is_an_input_of_the_run(sea_project):
    hazard(sea_project, "fault", [(LineString([(50.5, 41.0), (50.5, 41.6)]), {})])
    soils(sea_project, [(WEST, {"folk": "Sand"})])
    assert {"substrate.path", "hazard.fault.path"} <= set(pipeline.input_files(sea_project.read()))


def test_a_lane_drawn_as_a_line_is_widened_by_its_stand_off(sea_project):
    line = LineString([(50.5, 41.1), (50.5, 41.5)])
    hazard(sea_project, "shipping", [(line, {"class": "anchorage"})], buffer_m=3000.0)
    loaded = sea_project.load()
    use = seafloor.read_use(loaded.project, loaded.facts, loaded.catalogue, loaded.layers)
    inside = use.shipping == loaded.catalogue.index("shipping", "anchorage")
    assert 5 <= inside[loaded.grid.rows // 2].sum() <= 7


# ----------------------------------------------------------------------------------------------------- embedded project


@pytest.fixture(scope="module")
def caspian():
    from pathlib import Path

    from routing.project import read_project

    return pipeline.load(read_project(Path(__file__).parents[1] / "data" / "trans-caspian" / "project.toml"))


def test_the_rules_cover_the_caspian_as_its_document_says(caspian):
    shares = caspian.facts.substrate.shares(caspian.facts.sea)
    assert [round(100 * share) for share in shares.values()] == [1, 4, 1, 37, 26, 31]


def test_the_shores_that_the_caspian_leaves_are_those_of_its_document(caspian):
    assert sum(retreat.runs_dry for retreat in caspian.retreats) == 17
    seen = {retreat.site.landing.name: retreat for retreat in caspian.retreats if retreat.is_seen}
    assert set(seen) == {"Aktau", "Garabogaz", "Xacmaz and Nabran coast"}
    aktau = seen["Aktau"]
    assert [round(value / 1000, 1) for value in (aktau.high_m, aktau.base_m, aktau.low_m)] == [0.0, 0.5, 1.3]


def test_the_caspian_shakes_as_its_document_says(caspian):
    from routing.hazards import RATES

    shaking = seafloor._shaking(caspian.project, caspian.project.hazard.shaking, caspian.facts, RATES)
    found = shaking.pga475_g(caspian.grid)
    at_sea = found[caspian.facts.sea]
    assert [round(float(value), 2) for value in (np.median(at_sea), at_sea.max())] == [0.04, 0.44]
    assert round(100 * float((at_sea > 0.2).mean())) == 11
    nodes = {site.landing.id: site.node for site in caspian.sites}
    ids = ("az-sumqayit", "az-buzovna", "az-siyazan", "tm-turkmenbashi", "kz-aktau")
    assert [round(float(found[nodes[name]]), 2) for name in ids] == [0.24, 0.28, 0.06, 0.19, 0.0]


def test_ice_of_the_caspian_lies_in_the_north_only(caspian):
    rows, _ = np.nonzero(caspian.hazards.layers["ice gouging"])
    south = geodesy.Projection(caspian.grid.crs).inverse(caspian.grid.to_xy([[rows.max(), caspian.grid.cols / 2]]))[0][
        1
    ]
    assert 44.2 < south < 44.6
