"""The project file: every mistake is named by its key, with what was meant."""

import json
import tomllib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from miniature import LANDINGS, default_settings, to_toml

from routing import pipeline
from routing.errors import InputError, ResourceError
from routing.project import json_schema, read_project

ABSENT = object()


def changed(settings, path, value):
    """Set or remove the value at a dotted path; numbers index lists."""
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    table = settings
    for part in parents:
        table = table[part]
    if value is ABSENT:
        del table[last]
    else:
        table[last] = value


def refused(sea_project, match, key=None):
    """Reading the project is refused with file, key and remedy; returns the error."""
    with pytest.raises(InputError, match=match) as error:
        sea_project.read()
    assert error.value.file == str(sea_project.file)
    assert error.value.remedy
    if key is not None:
        assert error.value.key == key
    return error.value


# ------------------------------------------------------------------- well formed


def test_the_miniature_project_reads_with_its_defaults(sea_project):
    project = sea_project.read()
    assert project.name == "miniature"
    assert project.area == (50.0, 41.0, 50.75, 41.55)
    assert project.routing.alter_course_usd == 5000.0
    assert project.bathymetry.band == 1
    assert [layer.reason for layer in project.layer] == ["offshore field", None, None]


def test_paths_are_taken_from_the_folder_of_the_file_not_from_where_one_stands(sea_project, tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    project = sea_project.read()
    assert project.file(project.bathymetry.path) == sea_project.folder / "bathymetry.tif"
    assert all(path.is_file() for path in pipeline.input_files(project).values())


@pytest.mark.parametrize("prefix", ["\ufeff", "# a comment\n", "\n\n"])
def test_bom_comments_and_blank_lines_do_not_matter(sea_project, prefix):
    sea_project.save()
    sea_project.file.write_bytes((prefix + sea_project.file.read_text("utf-8")).replace("\n", "\r\n").encode())
    assert read_project(sea_project.file).name == "miniature"


def test_a_project_in_a_folder_with_spaces_and_accents_runs(sea_project, tmp_path):
    folder = tmp_path / "Ångström 海底"
    sea_project.folder.rename(folder)
    project = read_project(folder / "project.toml")
    assert pipeline.load(project).sites


def test_the_schema_names_every_key_and_is_json(sea_project):
    schema = json.loads(json.dumps(json_schema()))
    assert set(sea_project.settings) <= set(schema["properties"])
    assert "root" not in schema["properties"]
    assert schema["additionalProperties"] is False


def test_a_frozen_project_cannot_be_changed(sea_project):
    with pytest.raises(ValueError, match="frozen"):
        sea_project.read().name = "other"


# -------------------------------------------------------------------- unknown keys


@pytest.mark.parametrize(
    ("path", "value", "hint", "key"),
    [
        ("resolution", 500.0, "did you mean 'resolution_m'", None),
        ("bathymetry.kinds", "depth", "did you mean 'kind'", "bathymetry"),
        ("coast.file", "c.geojson", "legal keys are path", "coast"),
        ("sectors.attributes", "x", "did you mean 'attribute'", "sectors"),
        ("landings.max_move", 3.0, "did you mean 'max_move_km'", "landings"),
        ("layer.1.buffer", 3.0, "did you mean 'buffer_m'", "layer.2"),
        ("option.0.link", [], "did you mean 'links'", "option.1"),
        ("published.0.sources", "x", "did you mean 'source'", "published.1"),
        (
            "points_of_presence.AA.longitude",
            3.0,
            "did you mean 'lon'|legal keys are name, lon, lat",
            "points_of_presence.AA",
        ),
        ("root", "/etc", "legal keys|did you mean", None),
    ],
)
def test_an_unknown_key_at_any_level_is_refused_with_the_nearest(sea_project, path, value, hint, key):
    changed(sea_project.settings, path, value)
    error = refused(sea_project, f"unknown key '{path.split('.')[-1]}': .*({hint})")
    assert error.key == key


def test_unknown_keys_of_tables_that_were_not_there_are_refused_too(sea_project):
    sea_project.settings |= {"exposure": {"shiping": "lane"}}
    refused(sea_project, "unknown key 'shiping': did you mean 'shipping'", "exposure")
    sea_project.settings |= {"exposure": {}, "routing": {"alter_courses_usd": 1.0}}
    refused(sea_project, "unknown key 'alter_courses_usd': did you mean 'alter_course_usd'", "routing")


@given(st.sampled_from(sorted(default_settings())), st.integers(0, 30))
def test_a_top_level_key_with_one_letter_doubled_is_refused_with_itself_suggested(tmp_path_factory, key, at):
    settings = default_settings()
    wrong = key[: at % len(key)] + key[at % len(key)] + key[at % len(key) :]
    settings[wrong] = settings.pop(key)
    path = tmp_path_factory.mktemp("key") / "p.toml"
    path.write_text(to_toml({name: value for name, value in settings.items() if name != "date"}), "utf-8")
    with pytest.raises(
        InputError, match=f"unknown key '{wrong}': did you mean '{key}'" if key != "date" else "is missing|unknown"
    ):
        read_project(path)


# ------------------------------------------------------------------------- values


@pytest.mark.parametrize(
    "path",
    [
        *("name", "title", "area", "water_level_m", "bathymetry", "bathymetry.path", "bathymetry.kind"),
        *("bathymetry.zero_m", "landings", "landings.path", "option", "option.0.id"),
        *("coast.path", "layer.0.kind"),
    ],
)
def test_a_missing_key_is_named(sea_project, path):
    changed(sea_project.settings, path, ABSENT)
    key = ".".join(str(int(part) + 1) if part.isdigit() else part for part in path.split("."))
    refused(sea_project, "is missing.*; add it", key)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("resolution_m", "fine"),
        ("resolution_m", 0),
        ("resolution_m", -1000.0),
        ("resolution_m", float("inf")),
        ("resolution_m", float("nan")),
        ("water_level_m", "sea"),
        ("water_level_m", 1e5),
        ("bathymetry.kind", "height"),
        ("bathymetry.kind", "Depth"),
        ("bathymetry.zero_m", float("nan")),
        ("bathymetry.band", 0),
        ("bathymetry.band", 1.5),
        ("bathymetry.path", 3),
        ("bathymetry.min_depth_m", 0.0),
        ("bathymetry.min_depth_m", -5.0),
        ("landings.max_move_km", 0),
        ("landings.max_move_km", 500),
        ("layer.0.kind", "exclusion"),
        ("layer.0.buffer_m", -5.0),
        ("layer.0.buffer_m", 1e9),
        ("layer.0.style", "red"),
        ("layer.0.name", ""),
        ("area", [50.0, 41.0, 50.75]),
        ("area", [50.0, 41.0, 50.75, 95.0]),
        ("area", [500000.0, 4600000.0, 560000.0, 4660000.0]),
        ("area", ["w", "s", "e", "n"]),
        ("area", [50.0, float("nan"), 50.75, 41.55]),
        ("crs", 32639),
        ("option.0.links", []),
        ("option.0.links", [["AA"]]),
        ("option.0.links", [["AA", "BB", "CC"]]),
        ("option.0.links", "AA-BB"),
        ("option.0.landings", {"AA": "aa-north"}),
        ("option", []),
        ("points_of_presence.AA.lat", 95.0),
        ("title", 7),
        ("title", ""),
        ("sources", "text"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_key(sea_project, path, value):
    changed(sea_project.settings, path, value)
    key = ".".join(str(int(part) + 1) if part.isdigit() else part for part in path.split("."))
    error = refused(sea_project, "; correct it|; add it")
    assert error.key == key or error.key.startswith(key + ".")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("resolution_m", True),
        ("resolution_m", "1000"),
        ("water_level_m", False),
        ("bathymetry.band", True),
        ("area.0", "50"),
    ],
)
def test_text_and_booleans_are_no_numbers(sea_project, path, value):
    changed(sea_project.settings, path, value)
    refused(sea_project, "; correct it")


@pytest.mark.parametrize("key", ["alter_course_usd", "transition_usd"])
def test_an_infinite_price_is_refused(sea_project, key):
    sea_project.settings["routing"] = {key: float("inf")}
    refused(sea_project, "; correct it", f"routing.{key}")


@pytest.mark.parametrize(
    "area",
    [
        [50.0, 41.55, 50.75, 41.0],  # north and south swapped
        [50.0, 41.0, 50.0, 41.55],  # no width
        [50.0, 41.0, 50.75, 41.0],  # no height
    ],
)
def test_an_area_in_the_wrong_order_is_refused_with_the_order(sea_project, area):
    sea_project.settings["area"] = area
    refused(sea_project, "area is west, south, east, north", "area")


def test_an_area_with_latitude_first_does_not_fit_anything(sea_project):
    sea_project.settings["area"] = [41.0, 50.0, 41.55, 50.75]
    with pytest.raises(InputError, match=r"touches the area|reach the area"):
        sea_project.load()


@pytest.mark.parametrize("hostile", ["../up", "a/b", "a\\b", ".hidden", "", "a b", "Ağ", "x" * 65, "-a", "a\nb", "a\n"])
@pytest.mark.parametrize("path", ["name", "option.0.id"])
def test_ids_that_cannot_name_a_file_are_refused(sea_project, path, hostile):
    changed(sea_project.settings, path, hostile)
    if hostile.strip() == "a":
        assert "a" in (sea_project.read().name, sea_project.read().option[0].id)  # stripped
    else:
        refused(sea_project, "; correct it", path.replace(".0.", ".1."))


def test_option_ids_that_stand_twice_are_refused(sea_project):
    sea_project.settings["option"][1]["id"] = "aa-bb"
    refused(sea_project, "option ids must be unique")


@pytest.mark.parametrize("text", ["", "name = ", "name = 'a'\nname = 'b'\n", "[area\n", "{}", "name: a", "\x00"])
def test_what_is_no_toml_or_no_project_is_refused(tmp_path, text):
    path = tmp_path / "p.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=r"is not TOML|is missing") as error:
        read_project(path)
    assert error.value.file == str(path)


def test_a_toml_error_names_its_line(sea_project):
    sea_project.file.write_text(sea_project.save().read_text("utf-8") + "[[[\n", "utf-8")
    with pytest.raises(InputError, match=r"is not TOML \(.*line \d+.*\)"):
        read_project(sea_project.file)


def test_a_file_in_another_encoding_is_refused(sea_project):
    sea_project.settings["title"] = "Море"
    sea_project.file.write_bytes(sea_project.save().read_text("utf-8").encode("cp1251"))
    with pytest.raises(InputError, match="is not TOML"):
        read_project(sea_project.file)


def test_a_missing_project_file_or_a_folder_is_refused(tmp_path):
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(InputError, match="no such file; give the path of a project file"):
            read_project(path)


def test_the_first_of_several_mistakes_is_told_with_the_number_of_the_others(sea_project):
    sea_project.settings["resolution_m"] = "x"
    sea_project.settings["water_level_m"] = "y"
    refused(sea_project, r"\(and 1 more\)")


# ------------------------------------------------------------- names that must match


def load_refused(sea_project, match):
    with pytest.raises(InputError, match=match) as error:
        sea_project.load()
    return error.value


def test_a_country_without_landings_is_refused_with_those_that_have(sea_project):
    sea_project.settings["option"][0]["links"] = [["AA", "ZZ"]]
    load_refused(sea_project, "option aa-bb: no landing in 'ZZ'; use one of AA, BB, CC")


def test_a_landing_that_does_not_exist_is_refused(sea_project):
    sea_project.settings["option"][0]["landings"] = {"AA": ["aa-nort"]}
    load_refused(sea_project, "option aa-bb: no landing 'aa-nort'")


@pytest.mark.parametrize("change", [{"links": [["AA", "ZZ"]]}, {"landings": {"AA": ["aa-nort"]}}])
def test_a_name_misspelt_in_the_project_file_is_looked_for_there(sea_project, change):
    sea_project.settings["option"][0] |= change
    assert load_refused(sea_project, "option aa-bb: no landing").file == str(sea_project.file)


@pytest.mark.parametrize(
    "change",
    [
        lambda settings: settings["option"][0].update(landings={"AAA": ["aa-south"]}),
        lambda settings: settings["points_of_presence"].update(Aa={"name": "Town", "lon": 50.02, "lat": 41.3}),
    ],
)
def test_a_misspelt_country_is_refused_not_ignored(sea_project, change):
    change(sea_project.settings)
    load_refused(sea_project, "AAA|Aa")


def test_layers_of_the_same_name_are_refused(sea_project):
    sea_project.settings["layer"][1]["name"] = "Fields"
    refused(sea_project, "layer names must be unique")


@pytest.mark.parametrize(
    ("field", "kind"),
    [("shipping", "shipping"), ("lane", "shipping"), ("fishing", "fishing"), ("sediment", "sediment")],
)
def test_an_unknown_exposure_is_refused_with_the_legal_ones(sea_project, field, kind):
    sea_project.settings["exposure"] = {field: "swamp"}
    error = load_refused(sea_project, f"no {kind} 'swamp'; write one of ")
    assert error.key.split(".")[-1] in (field, kind)


def test_a_crs_that_does_not_exist_or_is_not_conformal_is_refused(sea_project):
    for crs, match in (
        ("EPSG:99999", "not a coordinate reference system"),
        ("EPSG:4326", "not a projected CRS in metres"),
        ("EPSG:3035", "not conformal"),
    ):
        sea_project.settings["crs"] = crs
        assert load_refused(sea_project, match).key == "crs"


@pytest.mark.parametrize("crs", ["auto", "EPSG:3395", "EPSG:32640", "EPSG:28409"])
def test_the_same_route_comes_out_in_any_conformal_crs(sea_project, finished_run, crs):
    # At 41 N a Mercator metre is 0.75 of one: resolution_m is of the map.
    sea_project.settings |= {"crs": crs, "resolution_m": 1320.0 if crs == "EPSG:3395" else 1000.0}
    sea_project.settings["option"] = sea_project.settings["option"][:1]
    (option,), before = sea_project.plan()[2].options, finished_run.planned.options[0]
    # Other cells, same sea: shore ends move by up to a cell, 1 km of 50.
    lengths = [plan.links[0].segment.route.length_m for plan in (option, before)]
    assert lengths[0] == pytest.approx(lengths[1], rel=0.03)
    assert option.design.objective_usd == pytest.approx(before.design.objective_usd, rel=0.01)


def test_a_resolution_that_needs_more_cells_than_memory_is_refused_before_it_is_tried(sea_project):
    sea_project.settings |= {"area": [-179.0, -80.0, 179.0, 80.0], "resolution_m": 1.0, "crs": "EPSG:3395"}
    with pytest.raises(ResourceError, match=r"resolution_m = 1 gives .* coarser or the area smaller"):
        sea_project.load()


def test_every_input_file_is_in_the_manifest_with_its_digest(finished_run):
    import hashlib

    manifest = json.loads((finished_run.folder / "manifest.json").read_text("utf-8"))
    named = {entry["file"]: entry["sha256"] for entry in manifest["inputs"].values()}
    assert set(named) == {
        "bathymetry.tif",
        "coast.geojson",
        "sectors.geojson",
        "landings.csv",
        "fields.geojson",
        "lanes.geojson",
        "quakes.csv",
    }
    for name, sha in named.items():
        assert hashlib.sha256((finished_run.project.folder / name).read_bytes()).hexdigest() == sha
    assert str(finished_run.project.folder) not in (finished_run.folder / "manifest.json").read_text("utf-8")


def test_toml_of_the_fixture_means_what_it_was_made_of(sea_project):
    table = tomllib.loads(sea_project.save().read_text("utf-8"))
    assert table["option"] == sea_project.settings["option"]
    assert np.allclose(table["area"], sea_project.settings["area"])
    assert LANDINGS.count("\n") == 5
