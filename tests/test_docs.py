"""The documents stay true: links, keys, items, files, messages and examples are checked against the program."""

from __future__ import annotations

import ast
import csv
import doctest
import json
import re
import shutil
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from shapely import box

from routing.catalogue import read_catalogue
from routing.cost import ITEMS
from routing.errors import InputError, ResourceError
from routing.exchange.rpl_table import COLUMNS
from routing.hazards import RATES
from routing.project import Project, json_schema, read_project
from routing.seabed.levels import REFERENCES
from routing.seabed.substrate import RULES, SEDIMENTS, sediment_of
from routing.seabed.uncertainty import QUALITIES

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PACKAGE = ROOT / "routing"
DOCUMENTS = sorted(
    path for folder in (".", "docs", "data", "notebooks", "maps", "benchmarks") for path in (ROOT / folder).glob("*.md")
)
FENCE = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def name(path):
    return str(path.relative_to(ROOT))


def text(document):
    return (DOCS / document).read_text(encoding="utf-8")


def blocks(path, language):
    return [body for found, body in FENCE.findall(path.read_text(encoding="utf-8")) if found == language]


def anchors(path):
    """Anchors of a document's headings, as repository pages make them."""
    prose = FENCE.sub("", path.read_text(encoding="utf-8"))
    titles = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def table_rows(document):
    """Cells of every table row of a document."""
    lines = [line for line in text(document).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line[1:-1].split("|")] for line in lines]


def names_in(document):
    """Everything that stands in backticks in a document."""
    prose = FENCE.sub("", text(document))
    return {
        word.strip() for quoted in re.findall(r"`([^`\n]+)`", prose) for word in [quoted, *re.split(r"[.,\s]+", quoted)]
    }


# ---------------------------------------------------------------------------------------------------------------- links


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_every_relative_link_leads_to_a_file_and_a_heading(path):
    prose = FENCE.sub("", path.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, heading = target.partition("#")
        place = (path.parent / file).resolve() if file else path
        assert place.exists(), target
        assert place.is_relative_to(ROOT), target
        assert not heading or heading in anchors(place), target


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_the_rows_of_every_table_have_as_many_cells_as_its_head(path):
    prose = FENCE.sub("", path.read_text(encoding="utf-8"))
    for table in re.findall(r"(?:^\|.*\n)+", prose, re.MULTILINE):
        counts = {line.count("|") for line in table.splitlines()}
        assert len(counts) == 1, table


# ------------------------------------------------------------------------------------------------------------- examples


@pytest.mark.parametrize("path", [path for path in DOCUMENTS if blocks(path, "python")], ids=name)
def test_python_examples_run_and_print_what_they_show(path, tmp_path, monkeypatch):
    shutil.copytree(ROOT / "data", tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    known = {}
    for number, body in enumerate(blocks(path, "python"), start=1):
        if ">>>" not in body:
            exec(compile(body, f"{path.name}, block {number}", "exec"), known)  # noqa: S102
            continue
        test = doctest.DocTestParser().get_doctest(body, known, f"{path.name}, block {number}", str(path), 0)
        told = []
        runner = doctest.DocTestRunner(verbose=False)
        runner.run(test, out=told.append, clear_globs=False)
        assert runner.summarize(verbose=False).failed == 0, "".join(told)
        known = test.globs


@pytest.mark.parametrize(
    ("path", "body"),
    [
        pytest.param(path, body, id=f"{name(path)}-{number}")
        for path in DOCUMENTS
        for number, body in enumerate(blocks(path, "toml"))
    ],
)
def test_toml_examples_are_legal_parts_of_a_project_file(path, body):
    project = tomllib.loads((ROOT / "data/trans-caspian/project.toml").read_text(encoding="utf-8"))
    part = tomllib.loads(body)
    for key in ("bathymetry", "landings"):  # an example may show only the line that changes
        part[key] = project[key] | part.get(key, {})
    merged = Project(**(project | part))
    read_catalogue(merged.catalogue)


# --------------------------------------------------------------------------------------------------------- project file


def schema_keys():
    """Table and name of every key of the project file."""
    schema = json_schema()
    yield from (("", key) for key in schema["properties"])
    for table, definition in schema["$defs"].items():
        yield from ((table, key) for key in definition["properties"])


@pytest.mark.parametrize(("table", "key"), list(schema_keys()))
def test_every_key_of_the_project_file_is_described(table, key):
    described = {word for row in table_rows("project-file.md") for word in re.findall(r"[\w]+", row[0])}
    assert key in described, f"{table}.{key}"


def test_every_described_key_is_a_key_of_the_project_file():
    keys = {key for _, key in schema_keys()} | {"country", "kind", "code"}
    rows = [row for row in table_rows("project-file.md") if len(row) == 4 and row[0].strip("*").startswith("`")]
    described = {word for row in rows for word in re.findall(r"[\w]+", row[0])}
    assert described - keys == set()


def test_defaults_in_the_project_file_document_are_the_programs():
    tables = {
        "routing": "RoutingTable",
        "exposure": "ExposureTable",
        "landings": "LandingsTable",
        "sectors": "SectorsTable",
        "end_of_life": "EndOfLifeTable",
        "substrate": "SubstrateTable",
        "hazard.ice": "IceTable",
        "hazard.mud_volcano": "MudVolcanoTable",
        "hazard.fault": "FaultTable",
        "hazard.shaking": "ShakingTable",
        "hazard.slope": "SlopeTable",
        "hazard.surf": "SurfTable",
        "hazard.abrasion": "AbrasionTable",
        "hazard.shipping": "ShippingTable",
        "hazard.fishing": "FishingTable",
    }
    schema = json_schema()
    plain = dict(schema["properties"])
    for name in ("OptionTable", "LayerTable", "BathymetryTable", "SurveyTable", "AgreedCrossingTable"):
        plain = schema["$defs"][name]["properties"] | plain
    for row in table_rows("project-file.md"):
        if len(row) != 4 or not re.fullmatch(r'"[\w-]+"|[\d.]+', row[2].strip("`")):
            continue
        table, _, key = row[0].strip("*`").rpartition(".")
        field = schema["$defs"][tables[table]]["properties"][key] if table else plain[key]
        assert field["default"] == json.loads(row[2].strip("`")), row[0]


def words(*keys, value):
    """A change of one setting of the miniature project."""

    def change(project):
        table = project.settings
        for key in keys[:-1]:
            table = table.setdefault(key, {})
        table[keys[-1]] = value

    return change


def drop(key):
    return lambda project: project.settings.pop(key)


def landings(text, encoding="utf-8"):
    return lambda project: project.write_landings("id,name,country,lon,lat\n" + text, encoding=encoding)


def add_option(**table):
    return lambda project: project.settings["option"].append({"id": "x", "name": "X", "links": [["AA", "BB"]], **table})


def two_variables(project):
    """A NetCDF grid with a second variable, as GEBCO sells them."""
    import netCDF4

    with netCDF4.Dataset(project.folder / "gebco.nc", "w") as file:
        for axis, values in (("lat", 40.9 + 0.1 * np.arange(9)), ("lon", 49.9 + 0.1 * np.arange(9))):
            file.createDimension(axis, 9)
            variable = file.createVariable(axis, "f8", (axis,))
            variable.units = "degrees"
            variable[:] = values
        for layer in ("elevation", "tid"):
            file.createVariable(layer, "f4", ("lat", "lon"))[:] = np.zeros((9, 9))
    project.settings["bathymetry"]["path"] = "gebco.nc"


def half_unknown(values):
    return np.where(np.arange(values.shape[1]) < 120, np.float32(-9999), values)


#: A mistake, and the part of its message that the document explains.
MISTAKES = {
    "misspelt key": (words("waterlevel_m", value=1.0), "unknown key 'waterlevel_m': did you mean 'water_level_m'?"),
    "missing key": (drop("water_level_m"), "water_level_m: is missing"),
    "no file": (words("bathymetry", "path", value="gebco.tif"), "no such file"),
    "degrees": (words("crs", value="EPSG:4326"), "is not a projected CRS in metres"),
    "equal area": (words("crs", value="EPSG:3035"), "is not conformal over the area"),
    "no crs": (lambda project: project.write_bathymetry(crs=None), "has no coordinate reference system"),
    "other crs": (words("bathymetry", "crs", value="EPSG:32639"), "is in WGS 84, not EPSG:32639"),
    "nodata": (
        lambda project: project.write_bathymetry(lambda values: np.where(values > 0, np.float32(-32768), values)),
        "cells hold -32768, which is no height or depth",
    ),
    "sign": (
        words("bathymetry", "kind", value="depth"),
        "of the sea comes out above the water: the sign looks reversed",
    ),
    "coverage": (
        lambda project: project.write_bathymetry(half_unknown, nodata=-9999),
        "covers 29 % of the sea in the area",
    ),
    "variables": (two_variables, "variable None not found; the file holds"),
    "elsewhere": (words("area", value=[10.0, 41.0, 10.5, 41.5]), "no sea polygon touches the area"),
    "attribute": (words("sectors", "attribute", value="state"), "no attribute 'state'; it has"),
    "comma": (landings('a,A,AA,"50,1",41.2\n'), "'50,1' is not degrees within 180"),
    "encoding": (landings("a,Актау,AA,50.1,41.2\n", "cp1251"), "is not UTF-8 text"),
    "id": (landings("a b,A,AA,50.1,41.2\n"), "id 'a b' cannot name a file"),
    "inland": (words("landings", "max_move_km", value=0.1), "km from open water"),
    "country": (add_option(links=[["AA", "ZZ"]]), "no landing in 'ZZ'"),
    "class": (words("exposure", "fishing", value="trawl"), "no fishing 'trawl'; write one of"),
    "kind of record": (words("catalogue", "plough", value={"base": 1.0}), "unknown kind of record"),
    "reference": (words("bathymetry", "reference", value="Kronstadt"), "unknown vertical reference 'Kronstadt'"),
    "order": (words("catalogue", "rate", value={"plough": {"base": 120000.0}}), "are not in order"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_common_mistake_gets_the_message_that_the_document_explains(mistake, sea_project):
    change, message = MISTAKES[mistake]
    change(sea_project)
    with pytest.raises(InputError, match=re.escape(message)):
        sea_project.load()
    assert message in text("project-file.md")


def test_a_raster_of_another_place_is_refused_as_the_document_says(sea_project):
    sea_project.settings.pop("coast")
    sea_project.settings["area"] = [10.0, 41.0, 10.5, 41.5]
    with pytest.raises(InputError, match="does not reach the area"):
        sea_project.load()
    assert "does not reach the area" in text("project-file.md")


def test_a_grid_too_large_is_refused_as_the_document_says(sea_project):
    from routing import loading

    sea_project.settings["resolution_m"] = 1.0
    with pytest.raises(ResourceError, match="make it coarser or the area smaller"):
        sea_project.load()
    assert "make it coarser or the area smaller" in text("project-file.md")
    assert f"{loading.MAX_CELLS / 1e6:.0f} million cells" in text("project-file.md")


def test_an_infeasible_option_is_explained_as_the_document_says(sea_project):
    sea_project.add_exclusion(box(50.3, 40.5, 50.4, 42.0), reason="military area")
    add_option(landings={"AA": []})(sea_project)
    closed, *_, unlanded = sea_project.plan()[2].infeasible
    assert re.search(r"cannot be built: .* is closed off by", closed.message)
    assert "no candidate landing is allowed" in unlanded.message
    assert "`cannot be built: ... is closed off by`" in text("project-file.md")
    assert "no candidate landing is allowed" in text("project-file.md")


def test_the_smallest_project_of_the_document_is_complete(tmp_path):
    (tmp_path / "project.toml").write_text(blocks(DOCS / "project-file.md", "toml")[0], encoding="utf-8")
    project = read_project(tmp_path / "project.toml")
    missing = set(json_schema()["required"]) - set(project.model_fields_set)
    assert missing == set()


# ------------------------------------------------------------------------------------------------------------ cost model


@pytest.mark.parametrize("item", ITEMS)
def test_every_item_of_the_price_is_in_the_cost_model(item):
    assert f"`{item}`" in text("cost-model.md")


def test_every_fixed_item_is_in_the_cost_model(finished_run):
    for option in finished_run.summary["options"]:
        for item in option["cost"]["fixed_items"]:
            assert f"`{item}`" in text("cost-model.md"), item


def test_fixed_rates_in_the_cost_model_are_the_catalogues():
    catalogue = read_catalogue()
    rows = [row for row in table_rows("cost-model.md") if len(row) == 4 and re.search(r"\d 000", row[3])]
    for row in rows:
        rate = catalogue.rate(re.search(r"`([\w-]+)`", row[2])[1])
        assert float(re.search(r"\d[\d ]+ 000", row[3].removeprefix("2 x "))[0].replace(" ", "")) == rate, row
    assert len(rows) == 11


# ------------------------------------------------------------------------------------------------------------ sea floor


def figures_in(document, cells, first):
    """Table rows whose first cell is a name in backticks, by that name, of tables of so many columns."""
    rows = [row for row in table_rows(document) if len(row) == cells and row[0].startswith("`")]
    return {row[0].strip("`"): row[1:] for row in rows if row[0].strip("`") in first}


def test_rates_of_hazards_in_the_document_are_the_programs():
    found = figures_in("seabed.md", 5, RATES)
    assert set(found) == set(RATES)
    for code, (low, base, high, _) in found.items():
        assert (float(low), float(base), float(high)) == (RATES[code].low, RATES[code].base, RATES[code].high), code


def test_vertical_references_in_the_document_are_the_programs():
    found = figures_in("seabed.md", 4, REFERENCES)
    assert set(found) == set(REFERENCES)
    for name, (kind, zero_m, _) in found.items():
        assert (kind, float(zero_m)) == (REFERENCES[name].kind, REFERENCES[name].zero_m), name


def test_qualities_in_the_document_are_the_programs():
    found = figures_in("seabed.md", 4, QUALITIES)
    assert set(found) == set(QUALITIES)
    for name, (fixed_m, share_pct, _) in found.items():
        quality = QUALITIES[name]
        assert (float(fixed_m), float(share_pct)) == (round(quality.fixed_m, 3), round(100 * quality.share, 3)), name


def test_rules_of_the_sea_floor_in_the_document_are_the_programs():
    rows = {row[0]: row[1:4] for row in table_rows("seabed.md") if len(row) == 5}
    for rule in RULES["caspian"]:
        box_ = "everywhere" if rule.box is None else ", ".join(map(str, rule.box))
        assert rows[rule.name] == [f"`{rule.sediment}`", f"{rule.least_m:g} to {rule.most_m:g}", box_]


def test_classes_of_maps_in_the_document_are_legal():
    rows = [row for row in table_rows("seabed.md") if len(row) == 2 and row[0].startswith("`")]
    assert {row[0].strip("`") for row in rows} == set(SEDIMENTS)
    for code, classes in rows:
        plain = [name for name in classes.split(", ") if not re.search(r"slightly gravelly of|or mixed|all ", name)]
        assert {sediment_of(name) for name in plain} == {code.strip("`")}


# --------------------------------------------------------------------------------------------------------------- outputs


def paths(value, before=()):
    """Dotted names of everything inside a JSON value; lists are transparent."""
    if isinstance(value, list):
        for each in value:
            yield from paths(each, before)
    elif isinstance(value, dict):
        for key, each in value.items():
            yield (*before, key)
            yield from paths(each, (*before, key))


def test_every_file_of_a_run_is_described(finished_run):
    described = names_in("outputs.md")
    segments = [link["id"] for option in finished_run.summary["options"] for link in option["links"]]
    for path in finished_run.folder.iterdir():
        pattern = path.name
        for segment in segments:
            pattern = pattern.replace(segment, "<segment>")
        for option in finished_run.summary["options"]:
            pattern = pattern.replace(f"tornado_{option['id']}.", "tornado_<option>.")
        assert pattern in described, path.name


def test_every_field_of_the_summary_is_described(finished_run):
    described = names_in("outputs.md") | set(ITEMS)
    free = (
        "fixed_items",
        "cable_by_type_km",
        "substrate_shares",
        "hazard_cells",
    )  # their keys come from the catalogue and the cost model
    for path in set(paths(finished_run.summary)):
        if not any(part in path[:-1] for part in free):
            assert path[-1] in described, ".".join(path)


def test_every_field_of_the_manifest_is_described(finished_run):
    manifest = json.loads((finished_run.folder / "manifest.json").read_text(encoding="utf-8"))
    described = names_in("outputs.md")
    assert set(manifest) <= described
    assert set(manifest["stage_keys"]) <= described


def test_columns_of_a_position_list_are_described_in_order(finished_run):
    rows = [row for row in table_rows("outputs.md") if len(row) == 3]
    first = next(index for index, row in enumerate(rows) if row[0] == "Pos")
    described = [title.strip() for row in rows[first:] for title in row[0].split(",")][: len(COLUMNS)]
    assert described == [column.title for column in COLUMNS]
    units = [row[1] for row in rows[first:] for _ in row[0].split(",")][: len(COLUMNS)]
    assert units == [column.unit for column in COLUMNS]
    with next(finished_run.folder.glob("rpl_*.csv")).open(encoding="utf-8-sig", newline="") as file:
        heads = [row for row in csv.reader(file) if row[0].startswith("#")]
    assert len(heads) == 8  # the number that the document gives


def test_layers_of_the_geopackage_are_described_with_their_fields(finished_run):
    import pyogrio

    rows = {row[0].strip("`"): row[2] for row in table_rows("outputs.md") if len(row) == 3}
    path = finished_run.folder / "routes.gpkg"
    for layer, _ in pyogrio.list_layers(path):
        described = re.findall(r"`(\w+)`", rows[layer])
        assert described == list(pyogrio.read_info(path, layer=layer)["fields"]), layer


def test_bands_of_the_rasters_are_described(finished_run):
    import rasterio

    for file in ("cost_surface.tif", "exclusions.tif"):
        with rasterio.open(finished_run.folder / file) as raster:
            assert set(raster.descriptions) <= names_in("outputs.md")


@pytest.mark.parametrize("document", ["outputs.md", "conventions.md", "pipelines.md"])
def test_exit_codes_are_the_programs(document):
    from routing.cli import exits

    codes = [value for key, value in vars(exits).items() if key.startswith("EXIT_")]
    assert [int(row[0]) for row in table_rows(document) if row[0].isdigit()] == sorted(codes)


def test_fields_of_json_lines_are_the_programs():
    from routing.logs import FACTS

    section = text("pipelines.md").split("## JSON lines")[1].split("\n## ")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    assert [name for cell in cells for name in re.findall(r"`(\w+)`", cell)] == ["level", "message", *FACTS]


def test_every_command_has_its_function_in_the_document():
    from routing import api

    rows = [row for row in table_rows("python.md") if len(row) == 3 and row[1].startswith("`")]
    assert sorted(re.match(r"`(\w+)\(", row[1])[1] for row in rows) == sorted(api.__all__)


# ---------------------------------------------------------------------------------------------------------- architecture


def module_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(path):
    """Top names of what a file imports, own modules as ``routing.<module>``."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found = [f"routing.{alias.name}" for alias in node.names] if node.module == "routing" else [node.module]
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "import_module":
            found = [node.args[0].value]
        else:
            continue
        yield from (".".join(each.split(".")[: 2 if each.startswith("routing.") else 1]) for each in found)


def architecture():
    """Module and heavy libraries of each row of the architecture table."""
    rows = [row for row in table_rows("architecture.md") if row[0].startswith("`")]
    return {row[0].strip("`"): {library for library in row[2].split(", ") if library} for row in rows}


def test_the_architecture_table_names_every_module():
    modules = {module_of(path) for path in PACKAGE.rglob("*.py")} - {"__init__"}
    assert set(architecture()) == modules


def test_a_module_imports_only_what_stands_above_it_in_the_architecture_table():
    order = list(architecture())
    for path in sorted(PACKAGE.rglob("*.py")):
        mine = module_of(path)
        above = set(order[: order.index(mine) + 1]) | {"__version__"} if mine != "__init__" else set()
        own = {each.removeprefix("routing.") for each in imports_of(path) if each.startswith("routing.")}
        assert own <= above, path


def test_heavy_libraries_are_imported_where_the_architecture_table_lets_them_in():
    called = {"PIL": "pillow"}
    light = set(sys.stdlib_module_names) | {"routing", "numpy", "affine"}
    found = {module: set() for module in architecture()}
    for path in PACKAGE.rglob("*.py"):
        tops = {each.split(".")[0] for each in imports_of(path)} - light
        found.setdefault(module_of(path), set()).update(called.get(top, top) for top in tops)
    found.pop("__init__", None)
    assert found == architecture()
