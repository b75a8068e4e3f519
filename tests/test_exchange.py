"""Exchange files, reopened with other people's readers."""

import csv
import datetime as dt
import hashlib
import io
import re
import time
import zipfile
from dataclasses import replace
from itertools import pairwise

import numpy as np
import openpyxl
import pyogrio
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from miniature import LANDINGS
from numpy.testing import assert_allclose, assert_array_equal
from pyproj import Geod
from shapely import Point

from routing import geodesy
from routing.cost import ITEMS
from routing.engineering import Event
from routing.errors import InputError
from routing.exchange import geopackage
from routing.exchange.rpl_table import COLUMNS, RplHeader, inert, write_csv, write_xlsx
from routing.exchange.rpl_table import rows as rows_of

GEOD = Geod(ellps="WGS84")
HEADER = RplHeader("Project", "Option", "West to east", "A", dt.date(2026, 1, 2), -10.0, "mean sea level", "0.1")
HOSTILE = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "=cmd|' /C calc'!A0",
    "\t=1",
    '=HYPERLINK("http://x")',
    "http://x.example/",
    "0012",
    "1e5",
]
LAYERS = {
    "routes": "LineString",
    "positions": "Point",
    "legs": "LineString",
    "landings": "Point",
    "branching_units": "Point",
    "alternatives": "LineString",
    "crossings": "Point",
    "cblsub": "LineString",
    "excluded": "Polygon",
}
STYLES = {"layer_styles": None}  # a table without geometry


@pytest.fixture(scope="module")
def segment(finished_run):
    return finished_run.planned.options[1].links[1].segment


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_csv(path):
    """Header lines, titles and rows of a position list as Python's csv reads them."""
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")  # or a spreadsheet mangles accents and degree signs
    assert b"\r\n" in raw
    lines = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    head = [line for line in lines if line[0].startswith("# ")]
    titles, *rows = lines[len(head) :]
    return head, titles, rows


def read_xlsx(path):
    """Rows of a position list as openpyxl reads them, and the sheet."""
    sheet = openpyxl.load_workbook(path)["RPL"]
    cells = list(sheet.iter_rows())
    first = next(i for i, row in enumerate(cells) if row[0].value == "Pos")
    return [cell.value for cell in cells[first]], [cell.value for cell in cells[first + 1]], cells[first + 2 :], sheet


def with_text(segment, text):
    """The segment with one text in every place a user's text can reach."""
    positions = tuple(replace(p, events=(Event(p.kp_m, "deepest", text, text),)) for p in segment.positions)
    legs = tuple(replace(leg, cable_type=text, protection=text, sector=text) for leg in segment.legs)
    return replace(segment, positions=positions, legs=legs)


# -------------------------------------------------------------- position lists


def test_csv_and_workbook_agree_cell_by_cell(segment, tmp_path):
    write_csv(segment, HEADER, tmp_path / "a.csv")
    write_xlsx(segment, HEADER, tmp_path / "a.xlsx")
    _, titles, rows = read_csv(tmp_path / "a.csv")
    names, units, cells, _ = read_xlsx(tmp_path / "a.xlsx")
    assert titles == [f"{name} [{unit}]" if unit else name for name, unit in zip(names, units, strict=True)]
    assert len(rows) == len(cells) == len(segment.positions)
    for texts, row in zip(rows, cells, strict=True):
        for text, cell, column in zip(texts, row, COLUMNS, strict=True):
            if cell.value is None:
                assert text == ""
            elif column.decimals is None:
                assert text == str(cell.value)
            else:
                assert text == f"{cell.value:.{column.decimals}f}"
                assert cell.data_type == "n"


def test_rows_say_what_the_segment_says(segment, tmp_path):
    write_xlsx(segment, HEADER, tmp_path / "a.xlsx")
    _, _, cells, _ = read_xlsx(tmp_path / "a.xlsx")
    for row, position, leg in zip(cells, segment.positions, (*segment.legs, None), strict=True):
        values = [cell.value for cell in row]
        assert values[:2] == [position.number, position.event]
        assert_allclose(values[4:6], [position.lat, position.lon], atol=1e-12)
        assert values[6] == (None if position.depth_m is None else pytest.approx(position.depth_m, abs=1e-9))
        assert_allclose(values[7:9], [position.kp_m / 1000, position.cable_m / 1000])
        assert values[26] == position.remarks
        if leg is None:
            assert values[9:26] == [None] * 17
        else:
            assert_allclose(values[9:12], [leg.bearing_deg, leg.length_m / 1000, leg.slack_pct])
            assert values[12] == (pytest.approx(leg.bottom_slack_pct) if np.isfinite(leg.bottom_slack_pct) else None)
            assert_allclose(values[13], leg.cable_m / 1000)
            assert values[14:16] == [leg.cable_type, None]
            assert values[16:19] == [leg.fibre_pairs, leg.protection, leg.burial_m]
            assert values[19:23] == [None] * 4  # nothing is laid yet
            assert values[23:26] == [leg.sector, None, None]


def test_a_reader_of_the_csv_alone_can_check_it(segment, tmp_path):
    write_csv(segment, HEADER, tmp_path / "a.csv")
    _, titles, rows = read_csv(tmp_path / "a.csv")
    at = {title: index for index, title in enumerate(titles)}
    for here, there in pairwise(rows):
        lat, lon = at["Latitude [decimal deg]"], at["Longitude [decimal deg]"]
        forward, _, metres = GEOD.inv(*(float(row[column]) for row in (here, there) for column in (lon, lat)))
        # Seven decimals are 6 mm on each end, and kilometres are shown to the metre.
        assert abs(float(here[at["Distance to next [km]"]]) - metres / 1000) < 0.00055
        assert abs((float(here[at["Bearing to next [deg true]"]]) - forward + 180) % 360 - 180) < 0.06
        assert float(there[at["KP [km]"]]) > float(here[at["KP [km]"]])
        slack = 1 + float(here[at["Slack to next [%]"]]) / 100
        assert abs(float(here[at["Cable to next [km]"]]) - metres / 1000 * slack) < 0.002


def test_a_list_states_its_datums_revision_and_that_it_is_a_draft(segment, tmp_path):
    write_csv(segment, HEADER, tmp_path / "a.csv")
    write_xlsx(segment, HEADER, tmp_path / "a.xlsx")
    head, _, _ = read_csv(tmp_path / "a.csv")
    text = "\n".join(" ".join(line) for line in head)
    for wanted in ("WGS 84", "-10 m", "mean sea level", "A of 2026-01-02", "draft", "surface slack", "West to east"):
        assert wanted in text
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["RPL"]
    assert [(f"# {row[0].value}", row[2].value) for row in sheet.iter_rows(max_row=len(head))] == [
        tuple(line) for line in head
    ]


def test_a_workbook_can_be_printed_and_scrolled(segment, tmp_path):
    write_xlsx(segment, HEADER, tmp_path / "a.xlsx")
    sheet = read_xlsx(tmp_path / "a.xlsx")[3]
    assert sheet.freeze_panes
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.print_title_rows
    assert sheet.page_setup.paperSize == 8  # A3
    assert "&P" in sheet.oddFooter.right.text


def test_the_notes_say_what_every_column_means(segment, tmp_path):
    write_xlsx(segment, HEADER, tmp_path / "a.xlsx")
    rows = list(openpyxl.load_workbook(tmp_path / "a.xlsx")["Notes"].iter_rows(values_only=True))
    assert [(row[0], row[1] or "") for row in rows[1 : 1 + len(COLUMNS)]] == [(c.title, c.unit) for c in COLUMNS]
    assert all(row[2] for row in rows)


def test_distances_by_rhumb_lines_are_stated_and_measured_so(segment):
    geodesics, rhumbs = (list(rows_of(segment, distances=each)) for each in ("geodesic", "rhumb"))
    places = np.array([(row[5], row[4]) for row in rhumbs])
    bearing, metres = geodesy.rhumb_inverse(places[:-1], places[1:])
    assert_allclose([row[10] for row in rhumbs[:-1]], metres / 1000)
    assert_allclose([row[9] for row in rhumbs[:-1]], bearing)
    assert_allclose([row[7] for row in rhumbs], np.concatenate([[0], np.cumsum(metres)]) / 1000)
    assert_allclose([row[13] for row in rhumbs[:-1]], [row[10] * (1 + row[11] / 100) for row in rhumbs[:-1]])
    # A rhumb line is never the shorter, and by some metres at most on legs of this length.
    assert 0 <= rhumbs[-1][7] - geodesics[-1][7] < 0.01
    assert "rhumb" in dict(HEADER.lines("rhumb"))["Geodetic datum"]


def test_rhumb_lines_are_those_of_geographiclib_and_of_the_closed_form():
    # The example of RhumbSolve: from New York to Singapore, 103:34:58.2 and 18 523 563 m.
    jfk, sin = (
        (-(73 + 46 / 60 + 44 / 3600), 40 + 38 / 60 + 23 / 3600),
        (103 + 59 / 60 + 22 / 3600, 1 + 21 / 60 + 33 / 3600),
    )
    bearing, metres = geodesy.rhumb_inverse([jfk], [sin])
    assert_allclose(bearing, 103 + 34 / 60 + 58.2 / 3600, atol=0.05 / 3600)
    assert_allclose(metres, 18523563, atol=0.5)
    e = np.sqrt(GEOD.es)
    south, north = np.radians([40.0, 43.5])
    rise = np.diff([np.arcsinh(np.tan(lat)) - e * np.arctanh(e * np.sin(lat)) for lat in (south, north)])[0]
    east = np.radians(-1.5)
    bearing, metres = geodesy.rhumb_inverse([[51.0, 40.0]], [[49.5, 43.5]])
    assert_allclose(bearing, np.degrees(np.arctan2(east, rise)) % 360, atol=1e-10)
    assert_allclose(metres, np.hypot(east, rise) * GEOD.inv(0, 40.0, 0, 43.5)[2] / rise, rtol=1e-12)
    # Along a parallel: its radius times the angle; the antimeridian is no obstacle.
    parallel = GEOD.a * np.cos(south) / np.sqrt(1 - GEOD.es * np.sin(south) ** 2)
    bearing, metres = geodesy.rhumb_inverse([[179.5, 40.0]], [[-179.5, 40.0]])
    assert_allclose([bearing[0], metres[0]], [90.0, parallel * np.radians(1.0)], rtol=1e-12)


@pytest.mark.parametrize("text", HOSTILE)
def test_text_from_users_never_becomes_a_formula_a_link_or_a_number(segment, tmp_path, text):
    hostile, header = with_text(segment, text), replace(HEADER, project=text, option=text, segment=text)
    write_xlsx(hostile, header, tmp_path / "a.xlsx")
    write_csv(hostile, header, tmp_path / "a.csv")
    _, _, cells, sheet = read_xlsx(tmp_path / "a.xlsx")
    for row in sheet.iter_rows():
        for cell in row:
            assert cell.data_type != "f"
            assert cell.hyperlink is None
    for row in cells:
        for index in (1, 26):
            assert row[index].data_type == "s"
            assert row[index].value.strip() == text.strip()
    head, _, rows = read_csv(tmp_path / "a.csv")
    texts = [line[1] for line in head] + [row[i] for row in rows for i in (1, 14, 17, 23, 26)]
    assert not [cell for cell in texts if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    with zipfile.ZipFile(tmp_path / "a.xlsx") as book:
        assert not [name for name in book.namelist() if "externalLink" in name or "vba" in name.lower()]
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


@pytest.mark.parametrize("text", ["\n=1+1", "\uff1d1+1"])
def test_the_rarer_beginnings_of_a_formula_are_inert_too(text):
    assert inert(text).startswith("'")


@given(st.text(max_size=40))
@settings(max_examples=30)
def test_any_text_survives_the_csv(segment, tmp_path_factory, text):
    path = tmp_path_factory.mktemp("text") / "a.csv"
    text = text.encode("utf-8", "ignore").decode("utf-8")  # lone surrogates cannot come from a UTF-8 file
    write_csv(with_text(segment, text), HEADER, path)
    _, _, rows = read_csv(path)
    assert len(rows) == len(segment.positions)
    assert {row[26] for row in rows} == {inert(text)}


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40))
@settings(max_examples=15)
def test_any_printable_text_survives_the_workbook(segment, tmp_path_factory, text):
    path = tmp_path_factory.mktemp("text") / "a.xlsx"
    write_xlsx(with_text(segment, text), HEADER, path)
    _, _, cells, _ = read_xlsx(path)
    assert {row[26].value or "" for row in cells} == {text}


# ------------------------------------------------------------------- geopackage


def test_the_geopackage_holds_the_layers_of_the_contract_in_wgs84(finished_run):
    path = finished_run.folder / "routes.gpkg"
    assert dict(pyogrio.list_layers(path)) == LAYERS | STYLES
    for name, kind in LAYERS.items():
        told = pyogrio.read_info(path, layer=name)
        assert told["crs"] == "EPSG:4326"
        assert told["geometry_type"] == kind


def test_layers_hold_what_the_plan_holds(finished_run):
    path = finished_run.folder / "routes.gpkg"
    links = [(option, link) for option in finished_run.planned.options for link in option.links]
    routes, positions, legs = (pyogrio.read_dataframe(path, layer=name) for name in ("routes", "positions", "legs"))
    assert routes["segment"].tolist() == [link.segment.id for _, link in links]
    assert len(positions) == sum(len(link.segment.positions) for _, link in links)
    assert len(legs) == sum(len(link.segment.legs) for _, link in links)
    for row, (_, link) in zip(routes.itertuples(), links, strict=True):
        assert_allclose(row.route_km, link.segment.route.length_m / 1000, atol=5e-4)
        # Drawn with a vertex each 5 km, so that any software shows nearly the geodesic.
        assert_allclose(GEOD.geometry_length(row.geometry), link.segment.route.length_m, rtol=1e-9)
    for _, link in links:
        own = positions[positions["segment"] == link.segment.id]
        assert own["number"].tolist() == [p.number for p in link.segment.positions]
        assert_allclose(own.geometry.x, [p.lon for p in link.segment.positions])
        assert_allclose(own.geometry.y, [p.lat for p in link.segment.positions])
        assert np.isnan(own["depth_m"].iloc[[0, -1]]).all()  # absent, not zero


def test_used_and_unused_landings_are_both_there(finished_run):
    landings = pyogrio.read_dataframe(finished_run.folder / "routes.gpkg", layer="landings").set_index("id")
    assert landings["used"].to_dict() == {"aa-north": True, "aa-south": False, "bb-port": True, "cc-port": True}
    assert landings.loc["aa-north", "name"] == "Şimal"
    for site in finished_run.loaded.sites:
        assert_allclose(GEOD.inv(*site.bmh, *landings.loc[site.landing.id].geometry.coords[0])[2], 0.0, atol=1e-6)


def test_excluded_polygons_carry_their_reason_and_lie_where_cells_are_excluded(finished_run):
    zones = pyogrio.read_dataframe(finished_run.folder / "routes.gpkg", layer="excluded")
    assert set(zones["reason"]) == {"offshore field"}
    whole = zones.geometry.union_all()
    assert whole.is_valid
    assert whole.contains(Point(50.45, 41.40))
    assert not whole.contains(Point(50.45, 41.34))
    codes, field = finished_run.sea.exclusions.code, 1 + finished_run.sea.exclusions.reasons.index("offshore field")
    # Cells of 1 km^2 on the map at UTM scale 0.99964.
    area_km2 = sum(abs(GEOD.geometry_area_perimeter(shape)[0]) for shape in zones.geometry) / 1e6
    assert_allclose(area_km2, np.count_nonzero(codes == field), rtol=2e-3)


def test_lists_and_geopackage_are_the_same_bytes_whenever_they_are_written(finished_run, segment, tmp_path):
    frames = geopackage.layers(
        finished_run.planned.options, finished_run.loaded.sites, finished_run.sea.exclusions, finished_run.loaded.grid
    )

    def write(folder):
        folder.mkdir()
        write_csv(segment, HEADER, folder / "a.csv")
        write_xlsx(segment, HEADER, folder / "a.xlsx")
        geopackage.write_geopackage(frames, folder / "a.gpkg", date=dt.date(2026, 1, 2))
        return {path.name: digest(path) for path in folder.iterdir()}

    first = write(tmp_path / "first")
    time.sleep(2.1)  # zip files tell the time to two seconds
    assert write(tmp_path / "second") == first
    assert first["a.gpkg"] == digest(finished_run.folder / "routes.gpkg")


def test_writing_a_geopackage_leaves_gdal_as_it_was(finished_run, tmp_path):
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2001-01-01T00:00:00.000Z"})
    try:
        frames = geopackage.layers([], [], finished_run.sea.exclusions, finished_run.loaded.grid)
        geopackage.write_geopackage(frames, tmp_path / "a.gpkg", date=dt.date(2026, 1, 2))
        assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") == "2001-01-01T00:00:00.000Z"
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def test_a_geopackage_without_any_route_still_has_every_layer(finished_run, tmp_path):
    frames = geopackage.layers([], [], finished_run.sea.exclusions, finished_run.loaded.grid)
    geopackage.write_geopackage(frames, tmp_path / "a.gpkg", date=dt.date(2026, 1, 2))
    assert {name for name, _ in pyogrio.list_layers(tmp_path / "a.gpkg")} == set(LAYERS | STYLES)


# ---------------------------------------------------------------------- surfaces


def test_the_cost_surface_opens_in_gdal_and_its_items_sum_to_the_total(finished_run):
    with rasterio.open(finished_run.folder / "cost_surface.tif") as file:
        assert file.descriptions == ("total", *ITEMS, "cable_type", "burial_m", "faults_per_1000_km_year")
        cables = {number: code for number in range(1, 7) if (code := file.tags()[f"cable_type {number}"])}
        bands = file.read(masked=True)
        assert file.crs.to_epsg() == 32639
        assert_allclose(file.bounds, finished_run.loaded.grid.bounds)
    surface = finished_run.sea.priced.surface
    assert_array_equal(~np.ma.getmaskarray(bands[0]), surface.free)
    items = bands[1 : 1 + len(ITEMS)]
    assert_allclose(items.sum(axis=0).compressed(), bands[0].compressed(), rtol=1e-6)
    for row, col in zip(*np.nonzero(surface.free), strict=True):
        built = surface.engineering(row, col)
        assert (cables[int(bands[-3][row, col])], bands[-2][row, col]) == (
            built.cable.code, pytest.approx(built.burial.depth_m),
        )  # fmt: skip
    assert_allclose(bands[-1].compressed(), 1e6 * surface.faults_per_m()[surface.free], rtol=1e-6)


def test_the_reasons_of_excluded_cells_are_named_in_their_file(finished_run):
    with rasterio.open(finished_run.folder / "exclusions.tif") as file:
        codes, tags = file.read(1), file.tags()
    assert_array_equal(codes, finished_run.sea.exclusions.code)
    assert {tags[str(code)] for code in np.unique(codes) if code} == {"land", "offshore field"}
    assert {int(code): text for code, text in tags.items() if code.isdigit() and code != "0"} == dict(
        enumerate(finished_run.sea.exclusions.reasons, 1)
    )
    assert tags["0"] == "free"


# ------------------------------------------------------------------ a hostile run


def test_hostile_names_pass_through_a_whole_run_and_stay_text(sea_project):
    text = LANDINGS.replace("Şimal", '"=HYPERLINK(""http://x"",""y"")"').replace("Port", "<script>alert(1)</script>")
    sea_project.write_landings(text.replace("Liman", "'; DROP TABLE routes;--"))
    sea_project.settings["title"] = "@SUM(1+1)*cmd|' /C calc'!A0"
    sea_project.settings["option"][0]["name"] = "-1+1"
    folder = sea_project.run().folder
    names = pyogrio.read_dataframe(folder / "routes.gpkg", layer="landings")["name"].tolist()
    assert '=HYPERLINK("http://x","y")' in names
    assert "'; DROP TABLE routes;--" in names
    books = sorted(folder.glob("*.xlsx"))
    assert len(books) == 3
    for path in books:
        with zipfile.ZipFile(path) as book:
            assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
            assert b"hyperlink" not in book.read("xl/worksheets/sheet1.xml").lower()
    for path in folder.glob("*.csv"):
        head, _, rows = read_csv(path)
        for cell in [cell for line in [*head, *rows] for cell in line]:
            assert not cell.startswith(("=", "@", "+"))
            if cell.startswith("-"):
                float(cell)  # only numbers may begin with a minus


def test_file_names_are_made_of_ids_only(finished_run):
    for path in finished_run.folder.iterdir():
        assert re.fullmatch(r"[A-Za-z0-9_.-]+", path.name)
    assert (finished_run.folder / "rpl_aa-bb_aa-north_bb-port.csv").is_file()


def test_two_segments_never_share_a_file(sea_project):
    # "aa_b" to "c" and "aa" to "b_c" both spell aa_b_c.
    text = LANDINGS.replace("aa-north", "aa_b").replace("aa-south,Cənub,AA", "aa,Cənub,DD")
    sea_project.write_landings(text.replace("bb-port", "c").replace("cc-port", "b_c"))
    sea_project.settings["points_of_presence"] = {}
    sea_project.settings["option"] = [{"id": "x", "name": "x", "links": [["AA", "BB"], ["DD", "CC"]]}]
    try:
        folder = sea_project.run().folder
    except InputError:
        return  # ids that could be confused may be refused
    assert len(list(folder.glob("rpl_*.csv"))) == 2


def test_a_link_wanted_twice_is_refused_or_listed_twice(sea_project):
    sea_project.settings["option"] = [{"id": "x", "name": "x", "links": [["AA", "BB"], ["AA", "BB"]]}]
    try:
        folder = sea_project.run().folder
    except InputError:
        return
    assert len(list(folder.glob("rpl_*.csv"))) == 2


def test_positions_drawn_and_listed_are_the_same(finished_run):
    drawn = pyogrio.read_dataframe(finished_run.folder / "routes.gpkg", layer="positions")
    for segment_id, own in drawn.groupby("segment"):
        _, _, rows = read_csv(finished_run.folder / f"rpl_{segment_id}.csv")
        listed = np.array([[float(row[5]), float(row[4])] for row in rows])
        assert geodesy.inverse(listed, np.column_stack([own.geometry.x, own.geometry.y]))[2].max() < 0.02
