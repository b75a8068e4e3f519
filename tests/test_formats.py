"""A finished run in other formats, opened with other people's readers."""

import datetime as dt
import hashlib
import json
import shutil
import sqlite3
import time
import zipfile
from importlib import resources
from itertools import combinations, pairwise
from pathlib import Path

import ezdxf
import geopandas
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from numpy.testing import assert_allclose, assert_array_equal
from pyproj import CRS, Geod, Transformer
from shapely import LineString, MultiLineString, Point, Polygon, box
from shapely.geometry import shape

from routing.errors import InfeasibleError, InputError
from routing.exchange import cog, dxf, geojson, geopackage, kml, rtz, styles
from routing.exchange.antimeridian import parts
from routing.exchange.markup import held, leaf, node
from routing.export import FORMATS, export, read_run

GEOD = Geod(ellps="WGS84")
KML = {"k": "http://www.opengis.net/kml/2.2"}
RTZ = {"r": "http://www.cirm.org/RTZ/1/0"}
#: What a name may not do to a reader, one each.
HOSTILE = [
    "<script>alert(1)</script>",
    "{{7*7}}",
    "a]]>b",
    "%<\\AcVar Login>%",
    "%%d",
    "two\nlines",
    "a\r\nb\tc",
    "=1+1",
    "line\u2028separator",
    "bell\x07and\x1b[2J",
    "emoji 😀 Şimal 海底",
    "&amp; &#60; \"quoted\" 'too'",
    "$[name]",
    "\\U+0041^J",
    "\ufffe and \uffff",
]


def digest(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def metres(lon, lat, other_lon, other_lat):
    return np.abs(GEOD.inv(lon, lat, other_lon, other_lat)[2])


def frame(kind, rows, **columns):
    """A layer made by hand: geometries and columns."""
    made = geopandas.GeoDataFrame(columns, geometry=rows, crs="EPSG:4326")
    made.attrs["geometry_type"] = kind
    return made


def small_run(text="x", *, at=50.0):
    """Layers of one option with one segment, one text in every text field."""
    ends, middle = [(at, 41.0), (at + 0.2, 41.1)], (at + 0.1, 41.05)
    one = {"option": [text], "segment": [text]}
    return {
        "routes": frame("LineString", [LineString(ends)], **one, start=[text], end=[text], route_km=[20.1]),
        "positions": frame(
            "Point", [Point(ends[0]), Point(ends[1])], option=[text] * 2, segment=[text] * 2, number=[1, 2],
            event=[text] * 2, kinds=["landing", "landing"], kp_km=[0.0, 20.1], depth_m=[np.nan, np.nan],
        ),
        "legs": frame("LineString", [LineString(ends)], **one, number=[1], cable_type=[text], sector=[None]),
        "landings": frame("Point", [Point(ends[0])], id=[text], name=[text], used=[True]),
        "branching_units": frame("Point", [Point(middle)], option=[text], name=[text]),
        "alternatives": frame("LineString", [LineString(ends)], **one, number=[2]),
        "crossings": frame("Point", [Point(middle)], **one, asset=[text], owner=[text]),
        "cblsub": frame("LineString", [LineString(ends)], **one, OBJL=[22], OBJNAM=[text]),
        "excluded": frame("Polygon", [box(at, 41.2, at + 0.1, 41.3)], reason=[text]),
    }  # fmt: skip


@pytest.fixture(scope="module")
def run(finished_run, tmp_path_factory):
    """A copy of the finished run that these tests may write into."""
    folder = tmp_path_factory.mktemp("formats") / "run"
    shutil.copytree(finished_run.folder, folder)
    return folder


@pytest.fixture(scope="module")
def kml_schema():
    text = resources.files("fastkml") / "schema" / "ogckml22.xsd"
    return etree.XMLSchema(file=str(text))


# ------------------------------------------------------------------ every format


@pytest.mark.parametrize("form", FORMATS)
def test_a_format_is_the_same_bytes_whenever_it_is_written(run, tmp_path, form):
    first = {path.name: digest(path) for path in export(run, form, out=tmp_path / "a")}
    if form in {"kmz", "dxf", "tif"}:
        time.sleep(2.1)  # zip files tell the time to two seconds
    assert first == {path.name: digest(path) for path in export(run, form, out=tmp_path / "b")}
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".")]


@pytest.mark.parametrize("form", FORMATS)
def test_one_option_alone_leaves_the_other_out(run, tmp_path, form):
    written = export(run, form, out=tmp_path, option="aa-bb")
    assert written
    for path in written:
        raw = zipfile.ZipFile(path).read("doc.kml") if form == "kmz" else path.read_bytes()
        if form not in {"xlsx", "tif"}:
            assert b"aa-bb-cc" not in raw, path.name
        assert "aa-bb-cc" not in path.name


def test_a_run_goes_into_a_folder_of_its_own_unless_another_is_named(finished_run, tmp_path):
    shutil.copytree(finished_run.folder, tmp_path / "run")
    assert {path.parent for path in export(tmp_path / "run", "kml")} == {tmp_path / "run" / "export"}
    assert export(tmp_path / "run", "csv")  # the run is still whole


# ------------------------------------------------------------------- the command


def test_the_command_prints_the_files_it_wrote(run, cableroute, tmp_path):
    told = cableroute("export", run, "--format", "rtz", "--out", tmp_path)
    assert told.code == 0
    assert sorted(map(Path, told.out.split())) == sorted(tmp_path.iterdir())
    told = cableroute("export", run, "--format", "dxf", "--out", tmp_path, "--option", "aa-bb", "--json")
    answer = json.loads(told.out)
    assert answer["format"] == "dxf"
    assert [Path(path).name for path in answer["files"]] == ["routes_aa-bb.dxf", "routes_aa-bb.prj"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--format", "dwg"], "no format"),
        (["--format", "kml", "--option", "zz"], "choose one of aa-bb"),
        (["--format", "kml", "--out", "{run}/summary.json"], "is a file, not a folder"),
        ([], "--format"),
    ],
)
def test_a_command_that_cannot_be_meant_is_bad_usage(run, cableroute, arguments, text):
    told = cableroute("export", run, *(each.format(run=run) for each in arguments))
    assert told.code == 2
    assert text in told.err
    assert "Traceback" not in told.err


@pytest.mark.parametrize(
    ("harm", "text"),
    [
        (lambda folder: (folder / "manifest.json").unlink(), "no manifest"),
        (lambda folder: (folder / "manifest.json").write_text("{"), "torn"),
        (lambda folder: (folder / "manifest.json").write_text("[" * 100_000), "torn"),
        (lambda folder: (folder / "manifest.json").write_text('{"outputs": {"../x": "0"}}'), "no file of a run"),
        (lambda folder: (folder / "routes.gpkg").unlink(), "no such file"),
        (lambda folder: (folder / "routes.gpkg").write_bytes(b"SQLite"), "not the file that the run wrote"),
        (lambda folder: (folder / "summary.json").write_text("{}"), "not the file that the run wrote"),
    ],
)
def test_a_folder_that_is_not_a_whole_run_is_refused(finished_run, tmp_path, harm, text):
    folder = tmp_path / "run"
    shutil.copytree(finished_run.folder, folder)
    harm(folder)
    with pytest.raises(InputError, match=text):
        export(folder, "kml")
    assert not (folder / "export").exists()


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="no manifest"):
        read_run(tmp_path / "nowhere")


def resealed(folder, name, text):
    """Change a file of a run and its digest with it, as someone who forges a run would."""
    (folder / name).write_text(text, encoding="utf-8")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["outputs"][name] = digest(folder / name)
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


@pytest.mark.parametrize("text", ["[]", "{}", '{"title": 1, "crs": "x", "date": "2026-01-02", "options": []}'])
def test_a_forged_summary_is_refused(finished_run, tmp_path, text):
    shutil.copytree(finished_run.folder, tmp_path / "run")
    resealed(tmp_path / "run", "summary.json", text)
    with pytest.raises(InputError, match="does not say what a run says"):
        export(tmp_path / "run", "kml")


def test_a_forged_geopackage_that_names_other_files_is_not_opened(finished_run, tmp_path):
    shutil.copytree(finished_run.folder, tmp_path / "run")
    layer = (
        '<OGRVRTDataSource><OGRVRTLayer name="routes"><SrcDataSource>x</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
    )
    resealed(tmp_path / "run", "routes.gpkg", layer)
    with pytest.raises(InputError, match="not a GeoPackage"):
        export(tmp_path / "run", "kml")


def test_a_run_without_an_answer_says_so(finished_run, tmp_path, cableroute):
    folder = tmp_path / "run"
    folder.mkdir()
    summary = finished_run.summary | {"options": []}
    (folder / "manifest.json").write_text('{"outputs": {}}', encoding="utf-8")
    resealed(folder, "summary.json", json.dumps(summary))
    with pytest.raises(InfeasibleError, match="no option of this run has an answer"):
        export(folder, "kml")
    assert cableroute("export", folder, "--format", "csv").code == 3


def test_a_run_without_drawings_has_no_svg_to_give(finished_run, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(finished_run.folder, folder)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["outputs"] = {name: sha for name, sha in manifest["outputs"].items() if not name.endswith(".svg")}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(InputError, match="nothing to write as svg"):
        export(folder, "svg")
    assert not (folder / "export").exists()


def test_a_writer_that_fails_leaves_no_file(run, tmp_path, monkeypatch):
    export(run, "kml", out=tmp_path)
    before = digest(tmp_path / "routes.kml")

    def half(frames, path, **_):
        path.write_text("half", encoding="utf-8")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(kml, "write_kml", half)
    with pytest.raises(MemoryError, match="no file is half written"):
        export(run, "kml", out=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["routes.kml"]
    assert digest(tmp_path / "routes.kml") == before


# ---------------------------------------------------------------------- geojson


def test_geojson_comes_back_as_the_geopackage_has_it(run, finished_run, tmp_path):
    export(run, "geojson", out=tmp_path)
    for name in ("routes", "positions", "legs", "landings", "cblsub"):
        mine = pyogrio.read_dataframe(tmp_path / f"{name}.geojson")
        theirs = pyogrio.read_dataframe(finished_run.folder / "routes.gpkg", layer=name)
        assert mine.crs.to_epsg() == 4326
        ours, wanted = mine.get_coordinates().to_numpy(), theirs.get_coordinates().to_numpy()
        assert metres(*ours.T, *wanted.T).max() < 0.01  # seven decimals
        for column in theirs.columns.drop("geometry"):
            if pd.api.types.is_float_dtype(theirs[column]):
                assert_allclose(mine[column].astype(float), theirs[column])
            else:
                assert mine[column].fillna("").tolist() == theirs[column].fillna("").tolist()


def test_geojson_keeps_the_rules_of_its_standard(run, tmp_path):
    for path in export(run, "geojson", out=tmp_path):
        value = json.loads(path.read_text(encoding="utf-8"))
        assert set(value) == {"type", "features"}
        for feature in value["features"]:
            assert feature["type"] == "Feature"
            found = shape(feature["geometry"])
            assert found.is_valid
            if found.geom_type == "Polygon":
                assert found.exterior.is_ccw
                assert not any(ring.is_ccw for ring in found.interiors)


def test_an_absent_value_is_null_in_geojson(tmp_path):
    geojson.write_geojson(small_run()["positions"], tmp_path / "a.geojson")
    text = (tmp_path / "a.geojson").read_text(encoding="utf-8")
    assert {feature["properties"]["depth_m"] for feature in json.loads(text)["features"]} == {None}


@pytest.mark.parametrize("text", [*HOSTILE, "nul\x00"])
def test_any_name_survives_geojson(tmp_path, text):
    geojson.write_geojson(small_run(text)["positions"], tmp_path / "a.geojson")
    value = json.loads((tmp_path / "a.geojson").read_bytes())
    assert {feature["properties"]["event"] for feature in value["features"]} == {text}


# ------------------------------------------------------------------ antimeridian


def test_a_route_across_the_antimeridian_is_cut_there_in_geojson_and_kml(tmp_path, kml_schema):
    line = LineString([(179.5, -17.0), (-179.5, -16.0), (-179.0, -16.0)])
    frames = {name: each.iloc[:0] for name, each in small_run().items()}
    frames["routes"] = frame("LineString", [line], option=["o"], segment=["s"])
    geojson.write_geojson(frames["routes"], tmp_path / "a.geojson")
    kml.write_kml(frames, tmp_path / "a.kml", title="t")
    kml_schema.assertValid(etree.parse(tmp_path / "a.kml"))
    for path in ("a.geojson", "a.kml"):
        layer = pyogrio.list_layers(tmp_path / path)[-1][0]
        (drawn,) = pyogrio.read_dataframe(tmp_path / path, layer=layer).geometry
        assert isinstance(drawn, MultiLineString)
        flat = [np.asarray(part.coords)[:, :2].tolist() for part in drawn.geoms]
        assert flat == [[[179.5, -17.0], [180.0, -16.5]], [[-180.0, -16.5], [-179.5, -16.0], [-179.0, -16.0]]]


def test_a_zone_across_the_antimeridian_is_cut_and_keeps_its_hole_and_its_area():
    ring, hole = box(178.0, 0.0, 183.0, 4.0), box(179.0, 1.0, 182.0, 2.0)

    def wrapped(shape):
        return [((lon + 180.0) % 360.0 - 180.0, lat) for lon, lat in shape.exterior.coords]

    pieces = parts(Polygon(wrapped(ring), [wrapped(hole)]))
    assert all(piece.is_valid for piece in pieces)
    assert_allclose(sum(piece.area for piece in pieces), ring.area - hole.area)
    assert all(piece.bounds[0] >= -180.0 and piece.bounds[2] <= 180.0 for piece in pieces)


@given(st.lists(st.tuples(st.floats(-180, 180), st.floats(-80, 80)), min_size=2, max_size=8))
def test_cutting_a_line_never_changes_where_it_runs(coords):
    whole = np.asarray(coords)
    whole[:, 0] = np.unwrap(whole[:, 0], period=360.0)
    if np.any(np.abs(np.diff(whole[:, 0])) > 179.0):
        return  # which way round is short is a matter of rounding
    pieces = [np.asarray(piece.coords) for piece in parts(LineString(coords))]
    assert all(np.abs(piece[:, 0]).max() <= 180.0 + 1e-9 for piece in pieces)
    assert all(np.abs(np.diff(piece[:, 0])).max() <= 180.0 for piece in pieces)
    for before, after in pairwise(pieces):
        assert_allclose(np.abs([before[-1, 0], after[0, 0]]), 180.0)
        assert before[-1, 1] == after[0, 1]
    assert_allclose(sum(np.abs(np.diff(piece[:, 0])).sum() for piece in pieces), np.abs(np.diff(whole[:, 0])).sum())
    assert_allclose(np.concatenate(pieces)[[0, -1], 1], whole[[0, -1], 1])


# -------------------------------------------------------------------------- kml


def test_kml_is_valid_against_the_schema_of_the_standard(run, tmp_path, kml_schema):
    (path,) = export(run, "kml", out=tmp_path)
    kml_schema.assertValid(etree.parse(path))


def test_kml_comes_back_within_its_decimals(run, finished_run, tmp_path):
    (path,) = export(run, "kml", out=tmp_path)
    tree = etree.parse(path)
    folders = tree.xpath("/k:kml/k:Document/k:Folder[k:Folder]", namespaces=KML)
    assert folders[0].xpath("string(k:name)", namespaces=KML) == "aa-bb"
    for title, name in (("Routes", "routes"), ("Positions", "positions"), ("Legs", "legs")):
        theirs = pyogrio.read_dataframe(finished_run.folder / "routes.gpkg", layer=name)
        order = [folder.xpath("string(k:name)", namespaces=KML) for folder in folders]
        theirs = pd.concat([theirs[theirs["option"] == option] for option in order])
        mine = np.array(
            [
                [float(number) for number in pair.split(",")]
                for text in tree.xpath(f"//k:Folder[k:name='{title}']//k:coordinates/text()", namespaces=KML)
                for pair in text.split()
            ]
        )
        assert metres(*mine.T, *theirs.get_coordinates().to_numpy().T).max() < 0.01
    assert len(pyogrio.list_layers(path))


def test_gdal_reads_the_positions_of_the_kml(run, finished_run, tmp_path):
    (path,) = export(run, "kml", out=tmp_path, option="aa-bb")
    mine = pyogrio.read_dataframe(path, layer="Positions")
    theirs = pyogrio.read_dataframe(finished_run.folder / "routes.gpkg", layer="positions")
    theirs = theirs[theirs["option"] == "aa-bb"]
    assert metres(mine.geometry.x, mine.geometry.y, theirs.geometry.x, theirs.geometry.y).max() < 0.01
    assert mine["Name"].tolist() == theirs["event"].tolist()


def test_a_kmz_holds_the_kml(run, tmp_path):
    (plain,), (packed,) = export(run, "kml", out=tmp_path), export(run, "kmz", out=tmp_path)
    with zipfile.ZipFile(packed) as file:
        assert file.namelist() == ["doc.kml"]
        assert file.read("doc.kml") == plain.read_bytes()


@pytest.mark.parametrize("text", [*HOSTILE, "nul\x00"])
def test_any_name_is_text_in_kml_and_inert_in_a_balloon(tmp_path, kml_schema, text):
    kml.write_kml(small_run(text), tmp_path / "a.kml", title=text)
    tree = etree.parse(tmp_path / "a.kml")
    kml_schema.assertValid(tree)
    assert tree.xpath("string(/k:kml/k:Document/k:name)", namespaces=KML) == held(text)
    values = tree.xpath("//k:Data[@name='asset']/k:value/text()", namespaces=KML)
    assert values == [held(text)]
    for balloon in tree.xpath("//k:description/text()", namespaces=KML):
        assert not set(balloon.replace("<br>", "")) & set("<>$")
        page = etree.HTML(f"<p>{balloon}</p>")
        assert not page.xpath("//*[not(self::html or self::body or self::p or self::br)]")
    shown = "".join(
        etree.HTML(
            f"<p>{tree.xpath('//k:Folder[k:name=$t]//k:description', t='Crossings', namespaces=KML)[0].text}</p>"
        ).itertext()
    )
    if "\r" not in text and "\x1b" not in text and "\ufffd" not in held(text):
        assert f"asset: {text}" in shown


@given(st.text(max_size=30))
def test_any_text_survives_xml_but_what_xml_cannot_hold(text):
    tree = etree.fromstring(node("a", [leaf("b", text)], {"c": text}))
    assert (tree[0].text or "") == held(text)
    assert tree.get("c") == held(text)
    kept = [
        char
        for char in text
        if char in "\t\n\r" or (char >= " " and not "\ud800" <= char <= "\udfff" and char not in "\ufffe\uffff")
    ]
    assert [char for char in held(text) if char != "\ufffd"] == [char for char in kept if char != "\ufffd"]


# -------------------------------------------------------------------------- dxf


def test_the_drawing_passes_its_readers_audit_and_comes_back_through_its_crs(run, finished_run, tmp_path):
    drawing, projection = export(run, "dxf", out=tmp_path)
    document = ezdxf.readfile(drawing)
    audit = document.audit()
    assert not audit.errors
    assert not audit.fixes
    to_lonlat = Transformer.from_crs(CRS.from_wkt(projection.read_text(encoding="utf-8")), "EPSG:4326", always_xy=True)
    theirs = pyogrio.read_dataframe(finished_run.folder / "routes.gpkg", layer="routes")
    space = document.modelspace()
    for option, own in theirs.groupby("option"):
        drawn = [np.array(line.get_points("xy")) for line in space.query(f'LWPOLYLINE[layer=="{option}_routes"]')]
        lon, lat = to_lonlat.transform(*np.concatenate(drawn).T)
        assert metres(lon, lat, *own.get_coordinates().to_numpy().T).max() < 0.01
    told = [text.dxf.text for text in space.query('TEXT[layer=="notes"]')]
    assert f"CRS: {finished_run.summary['crs']}, WGS 84, metres" in told


def test_gdal_draws_the_same_lines_and_points(run, finished_run, tmp_path):
    drawing, _ = export(run, "dxf", out=tmp_path)
    drawn = pyogrio.read_dataframe(drawing)
    to_lonlat = Transformer.from_crs(finished_run.summary["crs"], "EPSG:4326", always_xy=True)
    theirs = pyogrio.read_dataframe(finished_run.folder / "routes.gpkg", layer="positions")
    for option, own in theirs.groupby("option"):
        points = drawn[drawn["Layer"] == f"{option}_positions"].geometry
        lon, lat = to_lonlat.transform(points.x, points.y)
        assert metres(lon, lat, own.geometry.x, own.geometry.y).max() < 0.01
    names = {name for name in drawn["Layer"] if name.endswith("_routes")}
    assert names == {"aa-bb_routes", "aa-bb-cc_routes"}
    assert (drawn["Layer"] == "excluded").any()


@pytest.mark.parametrize("text", [*HOSTILE, "nul\x00"])
def test_a_name_in_a_drawing_is_one_line_without_codes(tmp_path, text):
    dxf.write_dxf(small_run(text), tmp_path / "a.dxf", crs="EPSG:32639", title=text)
    document = ezdxf.readfile(tmp_path / "a.dxf")
    assert not document.audit().errors
    texts = [each.dxf.text for each in document.modelspace().query("TEXT")]
    assert dxf.drawable(text) in texts
    for each in texts:
        assert not set(each) & set("\n\r\t\x00\x07\x1b\u2028")
        assert not any(code in each for code in ("%<", "%%", "^J", "\\U+"))
    assert all(layer.dxf.name.replace("_", "").replace("-", "").isalnum() for layer in document.layers)


def test_a_drawing_across_the_antimeridian_stays_in_one_piece_in_a_local_crs(tmp_path):
    crs = "+proj=stere +lat_0=-16 +lon_0=180 +k=1 +datum=WGS84 +units=m +no_defs"
    frames = small_run(at=179.9)
    line = LineString([(179.9, -16.5), (-179.9, -16.4)])
    frames["routes"] = frame("LineString", [line], option=["o"], segment=["s"])
    empty = {name: each.iloc[:0] for name, each in frames.items() if name != "routes"}
    dxf.write_dxf(frames | empty, tmp_path / "a.dxf", crs=crs, title="t")
    (drawn,) = ezdxf.readfile(tmp_path / "a.dxf").modelspace().query("LWPOLYLINE")
    written = CRS.from_wkt((tmp_path / "a.prj").read_text(encoding="utf-8"))
    back = Transformer.from_crs(written, "EPSG:4326", always_xy=True).transform(*np.array(drawn.get_points("xy")).T)
    assert metres(*back, *line.xy).max() < 0.01


@pytest.mark.parametrize("text", ["{{7*7}}", "=1+1", "emoji 😀 Şimal 海底", "50 %", "a]]>b", "<b>"])
def test_what_a_drawing_can_hold_stays_as_it_is(text):
    assert dxf.drawable(text) == text


# -------------------------------------------------------------------------- rtz


@pytest.fixture(scope="module")
def rtz_schema():
    return etree.XMLSchema(file=str(Path(__file__).with_name("rtz10.xsd")))


def waypoints(tree):
    return np.array(
        [(float(each.get("lon")), float(each.get("lat"))) for each in tree.xpath("//r:position", namespaces=RTZ)]
    )


def test_a_route_for_the_ship_is_valid_and_passes_every_position(run, finished_run, tmp_path, rtz_schema):
    positions = pyogrio.read_dataframe(finished_run.folder / "routes.gpkg", layer="positions")
    written = export(run, "rtz", out=tmp_path)
    assert {path.stem for path in written} == set(positions["segment"])
    for path in written:
        tree = etree.parse(path)
        rtz_schema.assertValid(tree)
        assert tree.xpath("string(//r:routeInfo/@routeName)", namespaces=RTZ) == path.stem
        assert path.stat().st_size < 400_000  # the standard's limit
        places, own = waypoints(tree), positions[positions["segment"] == path.stem]
        azimuth, _, length = GEOD.inv(*places[:-1].T, *places[1:].T)
        for place in own.geometry:
            ones = np.ones(len(length))
            toward, _, away = GEOD.inv(*places[:-1].T, place.x * ones, place.y * ones)
            # Off each leg, and along it; a small angle times a distance, so the sphere's excess does not count.
            angle = np.radians((toward - azimuth + 180.0) % 360.0 - 180.0)
            across, along = np.abs(away * np.sin(angle)), away * np.cos(angle)
            assert across[(along > -0.2) & (along < length + 0.2)].min() < 0.2


def test_legs_lead_to_their_waypoint_and_turns_fit_between_their_neighbours(run, tmp_path):
    for path in export(run, "rtz", out=tmp_path):
        tree = etree.parse(path)
        stops = tree.xpath("//r:waypoint", namespaces=RTZ)
        legs = [stop.xpath("string(r:leg/@geometryType)", namespaces=RTZ) for stop in stops]
        assert legs == ["", *["Orthodrome"] * (len(stops) - 1)]
        places, radii = waypoints(tree), [1852.0 * float(stop.get("radius")) for stop in stops]
        forward, back, length = GEOD.inv(*places[:-1].T, *places[1:].T)
        turns = np.radians((forward[1:] - (back[:-1] + 180.0) + 180.0) % 360.0 - 180.0)
        used = np.array(radii[1:-1]) * np.tan(np.abs(turns) / 2.0)
        assert (used <= 0.5 * np.minimum(length[:-1], length[1:]) + 1e-6).all()
        assert (np.array(radii) <= 500.0).all()
        assert radii[0] == radii[-1] == 0.0
        assert max(radii) > 0.0 or len(radii) == 2


@pytest.mark.parametrize("text", [*HOSTILE, "nul\x00"])
def test_any_name_is_text_on_the_bridge(tmp_path, rtz_schema, text):
    rtz.write_rtz(small_run(text)["positions"], tmp_path / "a.rtz", name="a")
    tree = etree.parse(tmp_path / "a.rtz")
    rtz_schema.assertValid(tree)
    assert tree.xpath("//r:waypoint/@name", namespaces=RTZ) == [held(text)] * 2


def test_a_waypoint_on_the_antimeridian_has_a_longitude_that_the_format_knows(tmp_path, rtz_schema):
    positions = frame(
        "Point", [Point(179.0, -17.0), Point(180.0, -17.0)], number=[1, 2], event=["a", "b"], kinds=["landing"] * 2,
        kp_km=[0.0, 1.0],
    )  # fmt: skip
    rtz.write_rtz(positions, tmp_path / "a.rtz", name="a")
    rtz_schema.assertValid(etree.parse(tmp_path / "a.rtz"))
    assert waypoints(etree.parse(tmp_path / "a.rtz"))[1, 0] == -180.0


# ----------------------------------------------------------------- tif, xlsx, svg


def test_rasters_become_cloud_optimized_and_keep_what_they_say(run, finished_run, tmp_path):
    written = export(run, "tif", out=tmp_path)
    assert [path.name for path in written] == ["corridor.tif", "cost_surface.tif", "exclusions.tif"]
    for path in written:
        with rasterio.open(path) as mine, rasterio.open(finished_run.folder / path.name) as theirs:
            assert mine.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
            assert mine.compression.name.lower() == "deflate"
            assert mine.descriptions == theirs.descriptions
            assert mine.crs == theirs.crs
            assert mine.transform == theirs.transform
            assert {key: value for key, value in mine.tags().items() if key in theirs.tags()} == theirs.tags()
            assert_array_equal(mine.read(), theirs.read())


def test_a_large_raster_has_overviews_made_of_values_that_it_holds(tmp_path):
    values = np.random.default_rng(1).integers(1, 9, (600, 700)).astype("uint8")
    about = {"driver": "GTiff", "height": 600, "width": 700, "count": 1, "dtype": "uint8", "crs": "EPSG:32639"}
    with rasterio.open(tmp_path / "a.tif", "w", **about, transform=rasterio.Affine(9, 0, 5e5, 0, -9, 4e6)) as file:
        file.write(values, 1)
    cog.write_cog(tmp_path / "a.tif", tmp_path / "b.tif")
    with rasterio.open(tmp_path / "b.tif") as file:
        assert file.overviews(1)
        assert file.block_shapes == [(256, 256)]
    with rasterio.open(tmp_path / "b.tif", overview_level=0) as file:
        assert_array_equal(file.read(1), values[1::2, 1::2] if file.read(1)[0, 0] == values[1, 1] else values[::2, ::2])


@pytest.mark.parametrize("form", ["xlsx", "csv", "svg"])
def test_what_a_run_has_already_is_passed_on_as_it_is(run, finished_run, tmp_path, form):
    written = export(run, form, out=tmp_path)
    assert {path.name for path in written} == {path.name for path in finished_run.folder.glob(f"*.{form}")}
    for path in written:
        assert digest(path) == digest(finished_run.folder / path.name)
        if form == "xlsx":
            assert openpyxl.load_workbook(path).sheetnames


# --------------------------------------------------------- the geopackage and styles


@pytest.mark.parametrize("text", HOSTILE)
def test_any_name_comes_back_from_a_geopackage(tmp_path, text):
    geopackage.write_geopackage(small_run(text), tmp_path / "a.gpkg", date=dt.date(2026, 1, 2))
    read = geopackage.read_geopackage(tmp_path / "a.gpkg")
    assert list(read) == list(small_run())
    assert read["positions"]["event"].tolist() == [text] * 2
    assert read["excluded"]["reason"].tolist() == [text]


def test_the_geopackage_says_of_its_segments_what_they_say(finished_run):
    path = finished_run.folder / "routes.gpkg"
    read = {name: pyogrio.read_dataframe(path, layer=name) for name in ("positions", "legs", "cblsub")}
    for option in finished_run.planned.options:
        for segment in (link.segment for link in option.links):
            positions, legs, charted = (each[each["segment"] == segment.id] for each in read.values())
            assert positions["kinds"].tolist() == [" / ".join(e.kind for e in p.events) for p in segment.positions]
            assert_allclose(positions["cable_kp_km"], [p.cable_m / 1000 for p in segment.positions], atol=5e-4)
            assert_allclose(legs["bottom_slack_pct"], [leg.bottom_slack_pct for leg in segment.legs], atol=5e-5)
            assert legs["fibre_pairs"].tolist() == [leg.fibre_pairs for leg in segment.legs]
            assert legs["burial_m"].tolist() == [leg.burial_m for leg in segment.legs]
            lengths = sum(GEOD.geometry_length(line) for line in charted.geometry)
            assert_allclose(lengths, segment.route.length_m, rtol=1e-6)
            assert (charted["DRVAL1"] <= charted["DRVAL2"]).all()
            assert_allclose(charted["DRVAL2"].max(), segment.max_depth_m, atol=0.06)


def test_charted_attributes_are_codes_of_the_object_catalogue(finished_run):
    """GDAL carries the catalogue of S-57 edition 3.1."""
    tables = Path(pyogrio.__file__).parent / "gdal_data"
    classes = pd.read_csv(tables / "s57objectclasses.csv").set_index("Acronym")
    codes = pd.read_csv(tables / "s57attributes.csv").set_index("Acronym")["Code"]
    inputs = pd.read_csv(tables / "s57expectedinput.csv", encoding="latin-1")
    charted = pyogrio.read_dataframe(finished_run.folder / "routes.gpkg", layer="cblsub")
    assert set(charted["OBJL"]) == {classes.loc["CBLSUB", "Code"]}
    allowed = set(";".join(classes.loc["CBLSUB", ["Attribute_A", "Attribute_B"]]).split(";"))
    assert {name for name in charted.columns if name.isupper()} - {"OBJL"} <= allowed
    meanings = {(row.Code, str(row.ID)): row.Meaning for row in inputs.itertuples()}
    first = charted.iloc[0]
    wanted = {"CATCBL": "telephone", "CONDTN": "planned construction", "STATUS": "permanent", "VERDAT": "Local datum"}
    assert {name: meanings[codes[name], str(first[name])] for name in wanted} == wanted


def test_crossings_say_whose_what_and_for_how_much(sea_project):
    line = {"type": "LineString", "coordinates": [[50.30, 41.0], [50.30, 41.55]]}
    text = {"type": "Feature", "geometry": line, "properties": {"name": "Old cable"}}
    (sea_project.folder / "old.geojson").write_text(json.dumps(text), encoding="utf-8")
    sea_project.settings["layer"].append(
        {"name": "Old", "path": "old.geojson", "kind": "cable", "carries": "telecom", "label_field": "name"}
    )
    loaded, sea, planned = sea_project.plan()
    frames = geopackage.layers(planned.options, loaded.sites, sea.exclusions, loaded.grid, fixed=planned.planner.fixed)
    found = frames["crossings"]
    assert set(found["asset"]) == {"Old cable"}
    assert set(found["carries"]) == {"telecom"}
    assert (found["toll_usd"] > 0).all()
    assert (found["cable_kp_km"] >= found["kp_km"]).all()
    without = geopackage.layers(planned.options, loaded.sites, sea.exclusions, loaded.grid)
    assert without["crossings"]["toll_usd"].isna().all()


def test_every_layer_has_one_default_style_that_is_well_formed(finished_run):
    with sqlite3.connect(finished_run.folder / "routes.gpkg") as base:
        rows = base.execute(
            'SELECT f_table_name, f_geometry_column, styleQML, "useAsDefault" FROM layer_styles'
        ).fetchall()
        kinds = dict(base.execute("SELECT table_name, data_type FROM gpkg_contents"))
        columns = dict(base.execute("SELECT table_name, column_name FROM gpkg_geometry_columns"))
        assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    base.close()
    assert kinds.pop("layer_styles") == "attributes"
    assert [row[0] for row in rows] == list(geopackage.LAYERS)
    assert set(kinds) == set(geopackage.LAYERS)
    for name, column, text, default in rows:
        tree = etree.fromstring(text.encode())
        assert column == columns[name]
        assert default == 1
        used = {each.get("symbol") for each in tree.iter("category")} or {"0"}
        assert used == {each.get("name") for each in tree.find("renderer-v2/symbols")}


def test_routes_are_styled_by_option_and_zones_are_hatched(finished_run):
    frames = geopackage.read_geopackage(finished_run.folder / "routes.gpkg")
    tree = etree.fromstring(styles.qml("routes", frames["routes"]["option"]).encode())
    assert {each.get("value") for each in tree.iter("category")} == {"aa-bb", "aa-bb-cc", ""}
    assert b"LinePatternFill" in styles.qml("excluded").encode()
    assert "kp_km" in styles.qml("positions")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_style_holds_any_cable_type(text):
    tree = etree.fromstring(styles.qml("legs", [text]).encode())
    assert [each.get("value") for each in tree.iter("category")] == [held(text), ""]


#: Colours as protanopes, deuteranopes and tritanopes see them (Machado, Oliveira and Fernandes 2009, severity 1).
BLINDNESS = {
    "none": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def lab(rgb):
    """CIE L*a*b* of linear RGB."""
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ rgb
    f = np.cbrt(np.maximum(xyz / [0.9505, 1.0, 1.089], 1e-6))
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("eye", BLINDNESS)
def test_the_first_options_differ_in_colour_and_in_dash_for_every_eye(eye):
    drawn = list(styles.looks(map(str, range(28))).values())
    assert len(set(drawn)) == 28
    for one, other in combinations(drawn[:4], 2):
        assert one.dash != other.dash
        seen = [
            lab(np.clip(np.array(BLINDNESS[eye]) @ (np.array(styles.colour_rgb(each.colour)) / 255) ** 2.2, 0, 1))
            for each in (one, other)
        ]
        assert np.linalg.norm(seen[0] - seen[1]) > 10.0  # 2.3 is just noticeable
