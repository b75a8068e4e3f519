"""Candidate landings: the file they come in, and the way from a town to the water."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from miniature import ISLAND, LANDINGS, SEA, write_features
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage
from shapely import LineString, Point, Polygon, box, segmentize

from routing import geodesy
from routing.errors import InputError
from routing.grid import Grid
from routing.landing import Landing, read_landings, site_landing
from routing.openwater import open_water

HEAD = "id,name,country,lon,lat\n"
UTM = "EPSG:32639"
CELLS = Grid(20, 20, 500_000.0, 4_620_000.0, 1000.0, 1000.0, UTM)
WATER = np.ones(CELLS.shape, bool)


def written(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "landings.csv"
    path.write_bytes(text.encode(encoding))
    return path


def refused(path, match):
    with pytest.raises(InputError, match=match) as error:
        read_landings(path)
    assert error.value.file == str(path)
    return error.value


def at(x, y, name="Town"):
    lon, lat = geodesy.Projection(UTM).inverse([[x, y]])[0]
    return Landing("town", name, "AA", float(lon), float(lat))


def sited(landing, sea, *, main=None, max_move_m=30_000.0):
    from routing.constraints import sea_cells

    cells = sea_cells(sea, CELLS) if main is None else main
    return site_landing(landing, sea, CELLS, cells, max_move_m=max_move_m)


# ---------------------------------------------------------------------- the file


def test_every_column_is_read_and_the_optional_ones_may_lack(tmp_path):
    (first, *_, last) = read_landings(written(tmp_path, LANDINGS))
    assert first == Landing("aa-north", "Şimal", "AA", 50.079, 41.42, "candidate", "made up", "west coast")
    assert last.id == "cc-port"
    (bare,) = read_landings(written(tmp_path, HEAD + "a,,AA,50,41\n"))
    assert bare == Landing("a", "a", "AA", 50.0, 41.0)


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + LANDINGS,  # saved by a spreadsheet
        LANDINGS.replace("\n", "\r\n"),
        LANDINGS.rstrip("\n"),
        LANDINGS.replace("Port", '"Port"'),
        "\n".join(",".join(reversed(line.split(","))) for line in LANDINGS.splitlines()),  # columns in another order
    ],
    ids=["BOM", "CRLF", "no last newline", "quotes", "reversed"],
)
def test_the_usual_variants_of_csv_say_the_same(tmp_path, text):
    assert read_landings(written(tmp_path, text)) == read_landings(written(tmp_path, LANDINGS))


@pytest.mark.parametrize(
    "hostile", ["../up", "a/b", "a\\b", "", " ", ".", "-a", "Ağ", "a b", "a\tb", "x" * 65, "con.txt", "a\x00b"]
)
def test_an_id_that_cannot_name_a_file_is_refused_with_its_line(tmp_path, hostile):
    path = written(tmp_path, HEAD + "good,Good,AA,50,41\n" + f"{hostile},Bad,AA,50,41\n")
    assert refused(path, "cannot name a file|id is empty").key == "line 3"


def test_an_id_that_stands_twice_is_refused_by_name(tmp_path):
    path = written(tmp_path, HEAD + "a,A,AA,50,41\nb,B,AA,50,41\na,C,BB,50,41\n")
    assert refused(path, "id 'a' stands twice; make ids unique").key == "id"


@pytest.mark.parametrize("column", ["id", "name", "country", "lon", "lat"])
def test_a_missing_column_is_named(tmp_path, column):
    refused(
        written(tmp_path, LANDINGS.replace(column, "other", 1)),
        f"has no column {column}; give id, name, country, lon, lat",
    )


@pytest.mark.parametrize("text", ["", "\n", "id;name;country;lon;lat\na;A;AA;50;41\n", "id\tname\tcountry\tlon\tlat\n"])
def test_a_file_in_another_dialect_is_refused(tmp_path, text):
    refused(written(tmp_path, text), "has no column")


@pytest.mark.parametrize(
    ("lon", "lat", "column"),
    [
        ("50", "91", "lat"),
        ("50", "-90.0001", "lat"),
        ("181", "41", "lon"),
        ("nan", "41", "lon"),
        ("inf", "41", "lon"),
        ("", "41", "lon"),
        ("50E", "41", "lon"),
        ("50°12'", "41", "lon"),
        ('"50,1"', "41", "lon"),  # decimal comma, quoted
    ],
)
def test_degrees_that_are_none_are_refused_with_line_and_column(tmp_path, lon, lat, column):
    path = written(tmp_path, HEAD + f"good,Good,AA,50,41\na,A,AA,{lon},{lat}\n")
    assert refused(path, "is not degrees within .* write decimal degrees with a point").key == f"line 3, {column}"


def test_decimal_commas_that_split_a_row_into_too_many_cells_are_refused(tmp_path):
    refused(written(tmp_path, HEAD + "a,A,AA,49,67,40,59\n"), "line 2")


@pytest.mark.parametrize("row", ["a", "a,A,AA", "a,A,AA,50"])
def test_a_row_with_too_few_cells_is_refused_with_its_line(tmp_path, row):
    assert refused(written(tmp_path, HEAD + row + "\n"), "is empty|is not degrees").key.startswith("line 2")


def test_a_country_left_empty_is_refused(tmp_path):
    assert refused(written(tmp_path, HEAD + "a,A,,50,41\n"), "country is empty").key == "line 2"


def test_a_file_in_another_encoding_is_refused(tmp_path):
    refused(written(tmp_path, HEAD + "a,Баку,AA,50,41\n", "cp1251"), "is not UTF-8 text; save it as CSV UTF-8")


def test_a_missing_file_is_refused_by_key(tmp_path):
    with pytest.raises(InputError, match="no such file") as error:
        read_landings(tmp_path / "none.csv")
    assert error.value.key == "landings.path"


@pytest.mark.parametrize("mark", ["\u2028", "\x85", "\x0c", "\n"])
def test_a_line_mark_inside_a_quoted_note_is_part_of_it(tmp_path, mark):
    (landing,) = read_landings(written(tmp_path, f'id,name,country,lon,lat,note\na,A,AA,50,41,"one{mark}two"\n'))
    assert landing.note == f"one{mark}two"


def test_a_cell_larger_than_the_csv_limit_is_refused(tmp_path):
    refused(written(tmp_path, HEAD + f"a,{'x' * 200_000},AA,50,41\n"), "line 2|larger|limit")


names = st.text(st.characters().filter(str.isprintable), max_size=30).map(str.strip)


@given(names, names)
def test_any_name_and_note_come_back_as_written(tmp_path_factory, name, note):
    import csv
    import io

    text = io.StringIO()
    csv.writer(text).writerows([["id", "name", "country", "lon", "lat", "note"], ["a", name, "AA", "50", "41", note]])
    (landing,) = read_landings(written(tmp_path_factory.mktemp("names"), text.getvalue()))
    assert (landing.name, landing.note) == (name or "a", note)


@pytest.mark.parametrize("name", ["Port\u00a0Baku", "\u0628\u0646\u062f\u0631\u200c\u0627\u0646\u0632\u0644\u06cc"])
def test_names_as_the_web_and_persian_write_them_are_names(tmp_path, name):
    (landing,) = read_landings(written(tmp_path, HEAD + f"a,{name},AA,50,41\n"))
    assert landing.name == name


# --------------------------------------------------------------------- open water


@given(hnp.arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_open_water_is_the_largest_body_by_scipy(free):
    labels, count = ndimage.label(free)  # joined across edges, as a cable is
    sizes = ndimage.sum_labels(free, labels, range(1, count + 1)) if count else np.array([])
    found = open_water(free)
    if not count:
        assert not found.any()
        return
    assert found.sum() == sizes.max()
    assert len(np.unique(labels[found])) == 1
    assert not (found & ~free).any()


# ---------------------------------------------------------------- to the water


def test_every_landing_of_the_project_reaches_the_water_as_promised(finished_run):
    loaded = finished_run.loaded
    projection = geodesy.Projection(loaded.grid.crs)
    sea = loaded.shore
    for site in loaded.sites:
        bmh = Point(projection.forward([site.bmh])[0])
        node = Point(loaded.grid.to_xy([site.node])[0])
        assert sea.boundary.distance(bmh) <= 1.0
        assert LineString([bmh, node]).difference(sea).length <= 1.0
        assert finished_run.loaded.seabed.sea[site.node]
        published = (site.landing.lon, site.landing.lat)
        assert_allclose(site.moved_m, geodesy.inverse(published, site.bmh)[2][0], atol=1e-6)
        assert_allclose(site.approach_m, geodesy.inverse(site.bmh, site.node_lonlat)[2][0], atol=1e-6)
        assert_allclose(site.node_lonlat, projection.inverse([[node.x, node.y]])[0])
        # No shore is nearer than the one that was chosen: compare with the raw coastline.
        nearest = SEA.boundary.interpolate(SEA.boundary.project(Point(published)))
        assert site.moved_m <= geodesy.inverse(published, (nearest.x, nearest.y))[2][0] + 50.0


places = st.tuples(st.floats(500_100, 519_900), st.floats(4_600_100, 4_619_900))
COAST = Polygon(
    [
        (502_000, 4_600_000),
        (504_000, 4_606_000),
        (503_000, 4_612_000),
        (506_500, 4_620_000),
        (520_000, 4_620_000),
        (520_000, 4_600_000),
    ]
).difference(Point(508_300, 4_609_700).buffer(1800.0))


@given(places)
def test_a_landing_anywhere_gets_a_shore_a_node_and_dry_free_water_between(place):
    site = sited(at(*place), COAST)
    projection = geodesy.Projection(UTM)
    bmh, node = Point(projection.forward([site.bmh])[0]), Point(CELLS.to_xy([site.node])[0])
    assert COAST.boundary.distance(bmh) <= 1.0
    assert LineString([bmh, node]).difference(COAST).length <= 1.0
    assert_allclose(site.moved_m, Point(place).distance(bmh), rtol=2e-3, atol=1.0)  # UTM scale 0.9996


def test_the_approach_goes_round_an_island_that_lies_before_the_shore():
    island = box(503_600, 4_605_000, 504_400, 4_615_000)  # a kilometre off a straight coast
    sea = box(502_500, 4_600_000, 520_000, 4_620_000).difference(island)
    site = sited(at(501_000, 4_610_500), sea)
    line = LineString([geodesy.Projection(UTM).forward([site.bmh])[0], CELLS.to_xy([site.node])[0]])
    assert not line.intersects(island.buffer(-1.0))


def test_a_lagoon_is_left_for_the_open_sea():
    lagoon = box(503_200, 4_609_200, 506_800, 4_611_800)  # nearer, but closed
    sea = box(508_200, 4_600_000, 520_000, 4_620_000).union(lagoon)
    from routing.constraints import sea_cells

    cells = sea_cells(sea, CELLS)
    assert cells[8:11, 4:6].any()
    site = sited(at(503_000, 4_610_500), sea, main=open_water(cells))
    assert geodesy.Projection(UTM).forward([site.bmh])[0][0] > 508_000
    assert site.node[1] >= 8


def test_a_landing_too_far_from_the_shore_is_refused_by_name_distance_and_key():
    with pytest.raises(InputError, match=r"Town \(.*\) lies 4\.\d km from open water.*max_move_km") as error:
        sited(at(500_500, 4_610_000), box(505_000, 4_600_000, 520_000, 4_620_000), max_move_m=4000.0)
    assert error.value.key == "landing town"


def test_a_landing_too_far_inland_names_its_file_when_a_project_is_read(sea_project):
    sea_project.write_landings(LANDINGS.replace("50.682,41.12", "50.745,41.12"))
    with pytest.raises(InputError, match=r"landings\.csv: landing cc-port: Liman .* from open water") as error:
        sea_project.load()
    assert error.value.file.endswith("landings.csv")


def test_a_landing_on_an_island_starts_from_the_island(sea_project):
    sea_project.write_landings(LANDINGS.replace("50.682,41.12", f"{ISLAND.centroid.x},{ISLAND.centroid.y}"))
    site = next(site for site in sea_project.load().sites if site.landing.id == "cc-port")
    assert Point(site.bmh).distance(ISLAND.boundary) < 1e-4
    assert 2000 < site.moved_m < 4000


def test_countries_that_no_link_wants_are_not_looked_for(sea_project):
    sea_project.write_landings(LANDINGS + "far,Far,DD,10,10,,,\n")
    assert {site.landing.country for site in sea_project.load().sites} == {"AA", "BB", "CC"}


def test_a_landing_outside_the_area_is_refused(sea_project):
    sea_project.write_landings(LANDINGS.replace("50.682,41.12", "10.0,10.0"))
    with pytest.raises(InputError, match=r"landings\.csv: landing cc-port: Liman"):
        sea_project.load()


def test_the_same_sites_come_out_for_landings_in_any_order(sea_project):
    before = {site.landing.id: site for site in sea_project.load().sites}
    head, *rows = LANDINGS.splitlines()
    sea_project.write_landings("\n".join([head, *reversed(rows)]))
    assert {site.landing.id: site for site in sea_project.load().sites} == before


def test_a_sea_given_as_several_polygons_is_one(sea_project):
    # Short edges first: a long edge of the coast is cut by the seam and then projected as two straight lines.
    fine = segmentize(SEA, 0.005)
    write_features(sea_project.folder / "coast.geojson", [(fine, {})])
    before = sea_project.load()
    halves = [
        (fine.intersection(box(50.0, 41.0, 50.4, 42.0)), {}),
        (fine.intersection(box(50.4, 41.0, 51.0, 42.0)), {}),
    ]
    write_features(sea_project.folder / "coast.geojson", halves)
    after = sea_project.load()
    assert_array_equal(after.seabed.sea, before.seabed.sea)
    for one, other in zip(before.sites, after.sites, strict=True):
        assert_allclose(one.bmh, other.bmh, atol=1e-6)
