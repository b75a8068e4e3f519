"""Bad input through the command line: an exit code, one message that helps, and nothing lost."""

import hashlib
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest
from affine import Affine
from miniature import LANDINGS, default_settings, raster_lattice, write_features, write_raster
from shapely import LineString, Point, box

from routing.reuse import CACHE

RING = Point(50.67, 41.38).buffer(0.08).difference(Point(50.67, 41.38).buffer(0.045))  # round Port, on the east coast


def contents(folder):
    """Every file of a folder, hidden ones too, with its digest; what searches found stands apart."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and CACHE not in path.parts
    }


@pytest.fixture
def earlier_run(sea_project, finished_run):
    """A previous run in the output folder, and what was in it."""
    shutil.copytree(finished_run.folder, sea_project.out)
    return contents(sea_project.out)


# Each spoils the project; the words are those that stderr must hold.


def missing_bathymetry(project):
    (project.folder / "bathymetry.tif").unlink()
    return "bathymetry.tif", "no such file", "check the path"


def missing_coast(project):
    (project.folder / "coast.geojson").unlink()
    return "coast.geojson", "no such file", "check the path"


def missing_layer(project):
    project.settings["layer"][0]["path"] = "felds.geojson"
    return "felds.geojson", "no such file", "check the path"


def wrong_crs_stated(project):
    project.settings["bathymetry"]["crs"] = "EPSG:32639"
    return "bathymetry.tif", "crs", "WGS 84, not EPSG:32639", "drop crs or correct it"


def no_crs(project):
    project.write_bathymetry(crs=None)
    return "bathymetry.tif", "crs", "no coordinate reference system", 'crs = "EPSG:'


def degrees_labelled_as_metres(project):
    project.write_bathymetry(crs="EPSG:32639")
    return "bathymetry.tif", "does not reach the area", "check the file, its CRS"


def sign_reversed(project):
    project.write_bathymetry(lambda heights: -heights)
    return "bathymetry.tif", "bathymetry.kind", "sign looks reversed", 'kind = "depth"'


def water_level_wrong(project):
    project.settings["water_level_m"] = -450.0
    return "bathymetry.tif", "above the water", "water_level_m"


def undeclared_nodata(project):
    def spoil(heights):
        heights = heights.copy()
        heights[20:30, 20:30] = -32768.0
        return heights

    project.write_bathymetry(spoil)
    return "bathymetry.tif", "100 cells hold -32768", "nodata = -32768"


def raster_of_the_wrong_place(project):
    lon, _, _ = raster_lattice()
    write_raster(
        project.folder / "bathymetry.tif", np.full(lon.shape, -50, np.float32), Affine(0.005, 0, 10, 0, -0.005, 60)
    )
    return "bathymetry.tif", "does not reach the area", "check the file"


def raster_of_half_the_sea(project):
    lon, _, _ = raster_lattice()
    write_raster(
        project.folder / "bathymetry.tif", np.full(lon.shape, -50, np.float32), Affine(0.005, 0, 49.4, 0, -0.005, 41.65)
    )
    return "bathymetry.tif", "bathymetry.path", "% of the sea", "a raster of this sea"


def truncated_raster(project):
    path = project.folder / "bathymetry.tif"
    path.write_bytes(path.read_bytes()[:4000])
    return "bathymetry.tif", "cannot be read as a raster", "check that the file is whole"


def rotated_raster(project):
    project.write_bathymetry(transform=Affine(0.005, 0.001, 49.9, 0.001, -0.005, 41.65))
    return "bathymetry.tif", "rotated", "gdalwarp"


def virtual_raster(project):
    (project.folder / "bathymetry.tif").write_text("<VRTDataset rasterXSize='1' rasterYSize='1'></VRTDataset>")
    return "bathymetry.tif", "cannot be read as a raster"


def landing_far_from_the_sea(project):
    project.write_landings(LANDINGS.replace("50.677,41.38", "50.745,41.38"))
    return "landings.csv", "bb-port", "km from open water", "max_move_km"


def landing_without_id(project):
    project.write_landings(LANDINGS.replace("bb-port", ""))
    return "landings.csv", "line 4", "id is empty", "fill it in"


def landing_at_latitude_91(project):
    project.write_landings(LANDINGS.replace("41.38", "91.0"))
    return "landings.csv", "line 4, lat", "'91.0'", "decimal degrees"


def unknown_key(project):
    project.settings["bathymetry"]["kinds"] = "depth"
    return "project.toml", "bathymetry", "unknown key 'kinds'", "did you mean 'kind'"


def option_without_landings(project):
    project.settings["option"][0]["links"] = [["AA", "DD"]]
    return "aa-bb", "no landing in 'DD'", "use one of AA, BB, CC"


def unknown_sector_attribute(project):
    project.settings["sectors"]["attribute"] = "state"
    return "sectors.geojson", "sectors.attribute", "no attribute 'state'", "country"


def unknown_buffer_attribute(project):
    project.settings["layer"][0]["buffer_field"] = "radius"
    return "fields.geojson", "buffer_field", "no attribute 'radius'"


def layer_that_is_no_layer(project):
    (project.folder / "fields.geojson").write_text("hello")
    return "fields.geojson", "cannot be read as a vector file", "GeoPackage"


def coast_of_the_wrong_place(project):
    write_features(project.folder / "coast.geojson", [(box(10, 10, 11, 11), {})])
    return "coast.geojson", "coast.path", "no sea polygon touches the area"


def crs_that_is_not_conformal(project):
    project.settings["crs"] = "EPSG:3035"
    return "crs", "not conformal", "UTM"


def unknown_kind_of_figure(project):
    project.settings["catalogue"] = {"cabel": {"SA": {"depth_max_m": 400.0}}}
    return "catalogue", "'cabel'", "did you mean 'cable'"


def figures_out_of_order(project):
    project.settings["catalogue"] = {"rate": {"plough": {"base": 99_000.0}}}
    return "catalogue.rate.plough", "are not in order", "give low, base and high"


def unknown_exposure(project):
    project.settings["exposure"] = {"sediment": "chalk"}
    return "sediment", "no sediment 'chalk'", "write one of mud-very-soft"


def no_toml(project):
    project.save = lambda: project.file  # keep what is written here
    project.file.write_text("area = [1, 2\nname", "utf-8")
    return "project.toml", "is not TOML", "line"


SPOILT = [
    missing_bathymetry, missing_coast, missing_layer, wrong_crs_stated, no_crs, degrees_labelled_as_metres, sign_reversed,
    water_level_wrong, undeclared_nodata, raster_of_the_wrong_place, raster_of_half_the_sea, truncated_raster,
    rotated_raster, virtual_raster, landing_far_from_the_sea, landing_without_id, landing_at_latitude_91, unknown_key,
    option_without_landings, unknown_sector_attribute, unknown_buffer_attribute, layer_that_is_no_layer,
    coast_of_the_wrong_place, crs_that_is_not_conformal, unknown_kind_of_figure, figures_out_of_order, unknown_exposure,
    no_toml,
]  # fmt: skip


@pytest.mark.parametrize("spoil", SPOILT, ids=lambda spoil: spoil.__name__)
def test_bad_input_ends_with_two_and_a_message_that_helps_and_the_earlier_run_stays(
    sea_project, cableroute, earlier_run, spoil
):
    words = spoil(sea_project)
    told = cableroute("run", sea_project.save(), "--out", sea_project.out)
    assert told.code == 2
    for word in words:
        assert word in told.err
    assert told.out == ""
    assert "Traceback" not in told.err
    assert len(told.err.strip().splitlines()) == 1
    assert contents(sea_project.out) == earlier_run
    assert not [path for path in sea_project.out.iterdir() if path.name.startswith(".") and path.name != CACHE]


@pytest.mark.parametrize("spoil", SPOILT, ids=lambda spoil: spoil.__name__)
def test_validating_finds_the_same_fault_as_running(sea_project, cableroute, spoil):
    words = spoil(sea_project)
    told = cableroute("validate", sea_project.save())
    assert told.code == 2
    for word in words:
        assert word in told.err


@pytest.mark.parametrize(
    ("spoil", "key"),
    [
        (missing_bathymetry, "bathymetry.path"),
        (missing_coast, "coast.path"),
        (missing_layer, "layer Fields"),
        (truncated_raster, "bathymetry.path"),
        (raster_of_the_wrong_place, "bathymetry.path"),
        (layer_that_is_no_layer, "layer Fields"),
        (sign_reversed, "bathymetry.kind"),
        (no_crs, "crs"),
    ],
)
def test_the_message_names_the_key_of_the_project_file(sea_project, cableroute, spoil, key):
    spoil(sea_project)
    assert f"{key}: " in cableroute("run", sea_project.save(), "--out", sea_project.out).err


@pytest.mark.parametrize(
    "spoil", [crs_that_is_not_conformal, unknown_exposure, figures_out_of_order, unknown_kind_of_figure]
)
def test_the_message_names_the_project_file_when_the_fault_is_in_it(sea_project, cableroute, spoil):
    spoil(sea_project)
    assert "project.toml" in cableroute("run", sea_project.save(), "--out", sea_project.out).err


def test_an_unknown_cable_override_is_refused(sea_project, cableroute, earlier_run):
    sea_project.settings["catalogue"] = {"cable": {"SAA": {"price": {"base": 15_000.0}}}}
    told = cableroute("run", sea_project.save(), "--out", sea_project.out)
    assert told.code == 2
    assert "Traceback" not in told.err
    assert contents(sea_project.out) == earlier_run


def test_an_unknown_cable_override_is_named_with_file_key_and_nearest(sea_project, cableroute):
    sea_project.settings["catalogue"] = {"cable": {"SAA": {"price": {"base": 15_000.0}}}}
    told = cableroute("run", sea_project.save(), "--out", sea_project.out)
    for word in ("project.toml", "catalogue.cable.SAA", "'SA'"):
        assert word in told.err


# ------------------------------------------------------------------ beyond a price


def test_an_infinite_price_is_bad_input(sea_project, cableroute):
    sea_project.settings["catalogue"] = {"rate": {"repair": {"high": float("inf")}}}
    assert cableroute("run", sea_project.save(), "--out", sea_project.out).code == 2


def test_minus_9999_left_undeclared_is_bad_input_not_a_deep(sea_project, cableroute):
    def spoil(heights):
        heights = heights.copy()
        heights[60:64, 100:104] = -9999.0
        return heights

    sea_project.write_bathymetry(spoil)
    told = cableroute("run", sea_project.save(), "--out", sea_project.out)
    assert told.code == 2
    assert "nodata = -9999" in told.err


def shallow_cables(metres):
    """Catalogue in which no cable reaches deeper."""
    ranges = {code: {"depth_min_m": 0.0, "depth_max_m": metres} for code in ("LW", "LWP", "SAL", "SA", "DA", "RA")}
    return {"cable": ranges}


def test_water_too_deep_for_every_cable_is_gone_round(sea_project):
    sea_project.settings["catalogue"] = shallow_cables(250.0)
    for option in sea_project.plan()[2].options:
        for link in option.links:
            # The route stays on cells of 250 m and less; between their centres depth is interpolated.
            assert link.segment.max_depth_m < 265.0


def test_a_sea_too_deep_for_every_cable_ends_with_three_and_says_so(sea_project, cableroute):
    sea_project.settings["catalogue"] = shallow_cables(30.0)
    told = cableroute("run", sea_project.save(), "--out", sea_project.out)
    assert told.code == 3
    assert "nothing can be built at this depth, soil or slope" in told.err
    summary = json.loads((sea_project.out / "summary.json").read_text("utf-8"))
    assert [reason["option"] for reason in summary["infeasible"]] == ["aa-bb", "aa-bb-cc"]
    assert all(
        "nothing can be built at this depth, soil or slope" in reason["message"] for reason in summary["infeasible"]
    )


# -------------------------------------------------------------------- no way through


@pytest.fixture
def walled_in(sea_project):
    """A project whose only eastern landing is walled in by a ring of exclusions."""
    sea_project.settings["option"] = sea_project.settings["option"][:1]
    sea_project.add_exclusion(RING, name="Naval range", reason="naval firing range")
    return sea_project


def test_a_walled_in_landing_ends_with_three_and_names_the_wall_and_the_way_out(walled_in, cableroute):
    told = cableroute("run", walled_in.file, "--out", walled_in.out)
    assert told.code == 3
    assert "Port is closed off by" in told.err
    assert "naval firing range" in told.err
    assert re.search(r"give up 'naval firing range': then USD \d", told.err)
    assert "Traceback" not in told.err
    summary = json.loads((walled_in.out / "summary.json").read_text("utf-8"))
    assert summary["options"] == []
    (reason,) = summary["infeasible"]
    assert reason["option"] == "aa-bb"
    assert "naval firing range" in reason["conflict"]
    assert "naval firing range" in reason["cheapest_relaxation"]
    assert not (walled_in.out / "map.html").exists()


def test_the_price_of_the_relaxation_is_that_of_the_run_without_the_wall(walled_in, cableroute, finished_run):
    cableroute("run", walled_in.file, "--out", walled_in.out)
    (reason,) = json.loads((walled_in.out / "summary.json").read_text("utf-8"))["infeasible"]
    (usd,) = re.findall(r"USD ([\d,]+)", reason["cheapest_relaxation"])
    total = next(o for o in finished_run.summary["options"] if o["id"] == "aa-bb")["cost"]["total_usd"]
    assert abs(float(usd.replace(",", "")) - total) < 1.0


def test_a_run_without_an_answer_leaves_the_earlier_map_alone(walled_in, cableroute, earlier_run):
    assert cableroute("run", walled_in.file, "--out", walled_in.out, "--force").code == 3
    assert contents(walled_in.out)["map.html"] == earlier_run["map.html"]


def test_two_walls_one_inside_the_other_leave_no_single_relaxation(walled_in, cableroute):
    outer = Point(50.67, 41.38).buffer(0.14).difference(Point(50.67, 41.38).buffer(0.10))
    walled_in.add_exclusion(outer, name="Reef", reason="reef")
    told = cableroute("run", walled_in.file, "--out", walled_in.out)
    assert told.code == 3
    (reason,) = json.loads((walled_in.out / "summary.json").read_text("utf-8"))["infeasible"]
    assert reason["cheapest_relaxation"] is None
    assert "naval firing range" in reason["message"]


def test_of_two_ways_out_the_cheaper_is_proposed(sea_project, cableroute):
    sea_project.settings["option"] = sea_project.settings["option"][:1]
    ring = RING
    near, far = ring.intersection(box(50.0, 41.38, 51.0, 42.0)), ring.intersection(box(50.0, 41.0, 51.0, 41.38))
    sea_project.add_exclusion(near, name="North half", reason="north half")
    sea_project.add_exclusion(far, name="South half", reason="south half")
    assert cableroute("run", sea_project.file, "--out", sea_project.out).code == 3
    (reason,) = json.loads((sea_project.out / "summary.json").read_text("utf-8"))["infeasible"]
    proposed = reason["cheapest_relaxation"]
    prices = {}
    for name in ("North half", "South half"):
        kept = [layer for layer in sea_project.settings["layer"] if layer["name"] != name]
        before, sea_project.settings["layer"] = sea_project.settings["layer"], kept
        prices[name.lower()] = sea_project.plan()[2].options[0].design.objective_usd
        sea_project.settings["layer"] = before
    best = min(prices, key=prices.get)
    assert repr(best) in proposed
    assert f"{prices[best]:,.0f}" in proposed


def test_an_option_with_an_answer_is_planned_beside_one_without(walled_in, cableroute):
    walled_in.settings["option"].append({"id": "aa-cc", "name": "South", "links": [["AA", "CC"]]})
    told = cableroute("run", walled_in.save(), "--out", walled_in.out)
    assert told.code == 0
    assert "naval firing range" in told.err
    summary = json.loads((walled_in.out / "summary.json").read_text("utf-8"))
    assert [option["id"] for option in summary["options"]] == ["aa-cc"]
    assert [reason["option"] for reason in summary["infeasible"]] == ["aa-bb"]
    assert (walled_in.out / "map.html").is_file()


def test_an_exclusion_across_the_sea_separates_the_shores(sea_project, cableroute):
    sea_project.settings["option"] = sea_project.settings["option"][:1]
    sea_project.add_exclusion(box(50.50, 40.9, 50.55, 41.7), name="Wall", reason="treaty line")
    told = cableroute("run", sea_project.file, "--out", sea_project.out)
    assert told.code == 3
    assert "treaty line" in told.err
    assert "give up 'treaty line'" in told.err


def test_a_landing_inside_an_exclusion_is_told_which(sea_project, cableroute):
    sea_project.settings["option"] = sea_project.settings["option"][:1]
    sea_project.add_exclusion(Point(50.67, 41.38).buffer(0.06), name="Port limits", reason="port limits")
    told = cableroute("run", sea_project.file, "--out", sea_project.out)
    assert told.code == 3
    assert "Port is closed off by port limits" in told.err


# ------------------------------------------------------------------- the folder


@pytest.mark.parametrize("name", ["x" * 300, "/proc/cableroute"])
def test_a_folder_that_cannot_be_made_ends_with_four(sea_project, cableroute, tmp_path, name):
    told = cableroute("run", sea_project.file, "--out", tmp_path / name)  # an absolute name replaces tmp_path
    assert told.code == 4
    assert name in told.err
    assert "cannot be written" in told.err
    assert "--out" in told.err
    assert "Traceback" not in told.err


@pytest.mark.parametrize("name", ["taken", "taken/deep/er"])
def test_a_file_where_the_folder_should_be_is_refused_and_kept(sea_project, cableroute, tmp_path, name):
    (tmp_path / "taken").write_text("a file, not a folder")
    told = cableroute("run", sea_project.file, "--out", tmp_path / name)
    assert told.code in {2, 4}  # bad usage, or a folder that cannot be written: both are true
    assert "taken" in told.err
    assert "choose another folder with --out" in told.err
    assert (tmp_path / "taken").read_text() == "a file, not a folder"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_ends_with_four(sea_project, cableroute, tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    assert cableroute("run", sea_project.file, "--out", tmp_path / "locked").code == 4


def run_on_a_full_disk(project):
    """A run that may write no file above 20 kB, as on a disk that is full."""

    def little_disk():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    project.settings["title"] = "Another title, so that every file changes"
    command = [sys.executable, "-c", "from routing.cli import main; main()", "run"]
    return subprocess.run(
        [*command, str(project.save()), "--out", str(project.out), "--force"],
        capture_output=True, text=True, check=False, preexec_fn=little_disk,
    )  # fmt: skip


def test_a_disk_that_fills_up_leaves_the_earlier_run_as_it_was(sea_project, earlier_run):
    assert run_on_a_full_disk(sea_project).returncode != 0
    assert contents(sea_project.out) == earlier_run
    assert not [path for path in sea_project.out.iterdir() if path.name.startswith(".") and path.name != CACHE]


def test_a_disk_that_fills_up_ends_with_four(sea_project, earlier_run):
    done = run_on_a_full_disk(sea_project)
    assert "Traceback" not in done.stderr
    assert done.returncode == 4


def results(folder):
    """What a run found; its manifest also names the version of the code."""
    return {name: sha for name, sha in contents(folder).items() if name != "manifest.json"}


@pytest.mark.parametrize("content", ["{", '{"run_key": 1}', "\x00\xff"])
def test_a_damaged_manifest_of_an_earlier_run_is_no_obstacle(sea_project, cableroute, earlier_run, content):
    (sea_project.out / "manifest.json").write_bytes(content.encode("latin-1"))
    assert cableroute("run", sea_project.file, "--out", sea_project.out, "--if-changed").code == 0
    assert {**earlier_run, **results(sea_project.out)} == earlier_run
    assert json.loads((sea_project.out / "manifest.json").read_text("utf-8"))["outputs"] == results(sea_project.out)


@pytest.mark.parametrize("outputs", ["null", "[1, 2]"])
def test_a_manifest_with_strange_outputs_is_no_obstacle(sea_project, cableroute, earlier_run, outputs):
    (sea_project.out / "manifest.json").write_text('{"outputs": ' + outputs + "}")
    assert cableroute("run", sea_project.file, "--out", sea_project.out).code == 0


def test_a_manifest_that_names_files_elsewhere_deletes_none_of_them(sea_project, cableroute, earlier_run, tmp_path):
    precious = tmp_path / "precious.txt"
    precious.write_text("keep me")
    outside = {str(precious): "0", "../../precious.txt": "0", "../precious.txt": "0"}
    (sea_project.out / "manifest.json").write_text(json.dumps({"outputs": outside}))
    assert cableroute("run", sea_project.file, "--out", sea_project.out).code == 0
    assert precious.read_text() == "keep me"


def test_nothing_is_done_when_nothing_changed(sea_project, cableroute):
    assert cableroute("run", sea_project.file, "--out", sea_project.out).code == 0
    before = {path.name: path.stat().st_mtime_ns for path in sea_project.out.iterdir()}
    told = cableroute("run", sea_project.file, "--out", sea_project.out, "--if-changed")
    assert told.code == 0
    assert "nothing changed" in told.out
    assert {path.name: path.stat().st_mtime_ns for path in sea_project.out.iterdir()} == before


@pytest.mark.parametrize("name", ["bathymetry.tif", "landings.csv", "quakes.csv"])
def test_any_changed_input_is_a_reason_to_run_again(sea_project, earlier_run, name):
    from routing import pipeline

    path = sea_project.folder / name
    path.write_bytes(path.read_bytes() + (b"\n" if name.endswith(("csv", "geojson")) else b"\x00"))
    assert pipeline.run(sea_project.read(), sea_project.out, threads=1, if_changed=True, force=True).changed


def test_a_changed_companion_of_a_shapefile_is_a_reason_to_run_again(sea_project):
    import geopandas

    from routing import pipeline

    def write(radius_km):
        frame = geopandas.GeoDataFrame(
            {"radius_km": [radius_km], "name": ["F"]}, geometry=[Point(50.45, 41.40)], crs="EPSG:4326"
        )
        frame.to_file(sea_project.folder / "fields.shp")

    sea_project.settings["layer"][0]["path"] = "fields.shp"
    write(3.0)
    pipeline.run(sea_project.read(), sea_project.out, threads=1)
    write(8.0)
    assert pipeline.run(sea_project.read(), sea_project.out, threads=1, if_changed=True, force=True).changed


def test_a_harmed_output_is_a_reason_to_run_again(sea_project, cableroute, earlier_run):
    (sea_project.out / "map.html").write_text("harmed")
    (sea_project.out / "routes.gpkg").unlink()
    assert cableroute("run", sea_project.file, "--out", sea_project.out, "--if-changed").code == 0
    assert {**earlier_run, **results(sea_project.out)} == earlier_run
    assert json.loads((sea_project.out / "manifest.json").read_text("utf-8"))["outputs"] == results(sea_project.out)


def test_an_earlier_option_leaves_no_file_behind(sea_project, cableroute, earlier_run):
    (sea_project.out / "notes.txt").write_text("mine")
    sea_project.settings["option"] = sea_project.settings["option"][:1]
    assert cableroute("run", sea_project.save(), "--out", sea_project.out, "--force").code == 0
    names = {path.name for path in sea_project.out.iterdir()}
    assert not [name for name in names if "aa-bb-cc" in name]
    assert "notes.txt" in names


# ---------------------------------------------------------------------- terminals


def run_apart(*args, **env):
    return subprocess.run(
        [sys.executable, "-c", "from routing.cli import main; main()", *map(str, args)],
        capture_output=True, check=False, env={**os.environ, **env},
    )  # fmt: skip


def test_a_terminal_that_cannot_show_a_name_is_no_obstacle(sea_project, earlier_run):
    command = ("run", sea_project.file, "--out", sea_project.out, "--if-changed")
    done = run_apart(*command, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 0
    assert b"imal to Port" in done.stdout
    assert b"Traceback" not in done.stderr


def test_the_real_command_says_the_same_as_the_one_inside_the_tests(sea_project):
    sign_reversed(sea_project)
    done = run_apart("run", sea_project.save(), "--out", sea_project.out)
    assert done.returncode == 2
    assert done.stdout == b""
    assert b"Traceback" not in done.stderr
    assert b'set kind = "depth"' in done.stderr
    assert not sea_project.out.exists()


@pytest.mark.parametrize("text", ["West\x1b[2J\x07 to east", "West\n1. Forged: USD 0.00 million"])
def test_names_cannot_drive_a_terminal_or_forge_a_line(sea_project, cableroute, text):
    for where in ("option", "landing"):
        name = sea_project.settings["option"][0]["name"]
        sea_project.settings["option"][0]["name"] = text if where == "option" else name
        sea_project.write_landings(LANDINGS.replace("Port", f'"{text}"') if where == "landing" else LANDINGS)
        told = cableroute("validate", sea_project.save())
        assert told.code == 2
        assert "\x1b" not in told.out + told.err
        assert len(told.err.splitlines()) == 1
        sea_project.settings["option"][0]["name"] = name


def test_a_traceback_is_shown_when_asked_for(sea_project):
    sign_reversed(sea_project)
    done = run_apart("run", sea_project.save(), "--debug")
    assert b"Traceback" in done.stderr


def test_json_on_stdout_is_nothing_but_json(sea_project, cableroute, earlier_run):
    told = cableroute("run", sea_project.file, "--out", sea_project.out, "--json", "--if-changed")
    assert json.loads(told.out)["project"] == "miniature"


def test_no_output_holds_a_folder_of_this_machine(finished_run):
    needle = str(finished_run.project.folder.parent).encode()
    for path in finished_run.folder.rglob("*"):
        assert path.is_dir() or needle not in path.read_bytes(), path.name


def test_a_line_for_a_coast_or_a_layer_of_all_kinds_of_geometry_is_no_obstacle(sea_project, cableroute):
    write_features(
        sea_project.folder / "fields.geojson",
        [
            (Point(50.45, 41.40), {"name": "Point", "radius_km": 3.0}),
            (LineString([(50.3, 41.1), (50.4, 41.15)]), {"name": "Line", "radius_km": 0.0}),
            (box(50.5, 41.1, 50.52, 41.12), {"name": "Box", "radius_km": 0.5}),
        ],
    )
    assert cableroute("run", sea_project.file, "--out", sea_project.out).code == 0
    assert (sea_project.out / "map.html").stat().st_size > 10_000


def test_the_settings_of_the_fixture_are_fresh_each_time(sea_project):
    assert sea_project.settings == default_settings()
