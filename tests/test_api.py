"""Every command as a function: the value is what `--json` prints."""

import inspect
import json
import subprocess
import sys

import pytest

from routing import api
from routing.cli import app
from routing.errors import InputError

#: Functions whose name is not their command's: `compare` takes two runs, not two position lists.
NAMES = {"compare": "compare_runs"}


def as_json(value):
    """A value after the way through JSON that `--json` sends it."""
    return json.loads(json.dumps(value, default=str))


def test_every_command_has_its_function_and_every_function_its_command():
    commands = {command.callback.__name__ for command in app.registered_commands}
    assert {NAMES.get(name, name) for name in commands} | {"read_project"} == set(api.__all__)


@pytest.mark.parametrize("command", app.registered_commands, ids=lambda command: command.callback.__name__)
def test_a_function_takes_what_its_command_takes(command):
    renamed = {
        "jobs": "threads", "timings": "keep_timings", "memory": "memory_bytes", "old_run": "old", "new_run": "new",
        "run": "folder", "tolerance": "tolerance_m",
    }  # fmt: skip
    elsewhere = {"as_json", "allow_outside", "fail"}  # printing, reading the project file, exit codes
    name = command.callback.__name__
    taken = {
        renamed.get(each, each) for each in inspect.signature(command.callback).parameters if each not in elsewhere
    }
    given = set(inspect.signature(getattr(api, NAMES.get(name, name))).parameters) - {"progress"}
    if name == "explain":
        taken = taken - {"at"} | {"lon", "lat"}
    assert given == taken


def test_importing_the_functions_loads_no_heavy_library():
    code = "import sys; from routing import api; print(' '.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    heavy = {"folium", "geopandas", "ortools", "numba", "numpy", "rasterio", "pandas", "pydantic", "typer"}
    assert not heavy & set(loaded)


def test_a_run_gives_the_summary_that_the_command_prints_and_the_same_files(sea_project, finished_run, cableroute):
    project = api.read_project(sea_project.file)
    out, map_file = sea_project.folder / "by-function", sea_project.folder / "sent.html"
    done = api.run(project, out, map_file=map_file, threads=1)
    told = cableroute("run", sea_project.file, "--out", sea_project.folder / "by-command", "--json")
    assert as_json(done.summary) == json.loads(told.out)
    by_function, by_command = (
        {path.name: path.read_bytes() for path in (sea_project.folder / name).iterdir() if path.is_file()}
        for name in ("by-function", "by-command")
    )
    assert by_function == by_command
    assert map_file.read_bytes() == (out / "map.html").read_bytes()
    assert not api.run(project, out, if_changed=True).changed


def test_the_usual_folder_of_a_run_is_the_commands(sea_project, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert api.run(api.read_project(sea_project.file), threads=1).folder.as_posix() == "maps/miniature"
    assert (tmp_path / "maps" / "miniature" / "manifest.json").is_file()


def test_validate_and_explain_give_what_the_commands_print(finished_run, cableroute):
    file = finished_run.project.file
    project = api.read_project(file)
    assert as_json(api.validate(project)) == json.loads(cableroute("validate", file, "--json").out)
    told = cableroute("explain", file, "--at", 50.3, 41.4, "--json")
    assert as_json(api.explain(project, 50.3, 41.4)) == json.loads(told.out)


def test_check_gives_what_the_command_prints(finished_run, cableroute):
    first, second = sorted(finished_run.folder.glob("rpl_*.csv"))[:2]
    told = cableroute("check", first, "--against", second, "--project", finished_run.project.file, "--json")
    done = api.check(first, project=api.read_project(finished_run.project.file), against=second)
    assert as_json(done.table) == json.loads(told.out)
    assert done.is_clean == (told.code == 0)


def test_export_and_comparison_give_what_the_commands_print_and_the_same_files(finished_run, cableroute, tmp_path):
    told = json.loads(
        cableroute("export", finished_run.folder, "--format", "csv", "--out", tmp_path / "a", "--json").out
    )
    written = api.export(finished_run.folder, "csv", out=tmp_path / "b")
    assert [name.replace(str(tmp_path / "a"), str(tmp_path / "b")) for name in told["files"]] == [*map(str, written)]
    told = cableroute("compare", finished_run.folder, finished_run.folder, "--out", tmp_path / "c", "--json")
    done = api.compare_runs(finished_run.folder, finished_run.folder, tmp_path / "d")
    assert as_json(done.delta.as_table()) == json.loads(told.out)
    assert [path.read_bytes() for path in done.files] == [
        (tmp_path / "c" / path.name).read_bytes() for path in done.files
    ]


@pytest.mark.parametrize("name", ["verify", "history"])
def test_what_reads_a_run_gives_what_the_command_prints(name, finished_run, cableroute):
    told = cableroute(name, finished_run.folder, "--json")
    assert as_json(getattr(api, name)(finished_run.folder)) == json.loads(told.out)


@pytest.mark.parametrize("name", ["schema", "doctor"])
def test_what_needs_no_input_gives_what_the_command_prints(name, cableroute):
    assert as_json(getattr(api, name)()) == json.loads(cableroute(name, "--json").out)


def test_what_the_command_line_tells_by_a_code_is_an_error_or_a_property(sea_project, tmp_path, cableroute):
    from shapely import box

    with pytest.raises(InputError, match="no such file") as raised:
        api.read_project(tmp_path / "nowhere.toml")
    assert raised.value.remedy == "give the path of a project file"
    sea_project.add_exclusion(box(50.3, 40.5, 50.4, 42.0), reason="military area")
    assert not api.run(api.read_project(sea_project.file), tmp_path / "run", threads=1).feasible
    assert cableroute("run", sea_project.file, "--out", tmp_path / "run").code == 3
