"""The files of docs/pipelines do what they say: they are run, or judged by the programs that read them."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "docs" / "pipelines"


@pytest.fixture
def sea_project(sea_project):
    """The miniature project with one option: what is asked of a pipeline needs no more."""
    sea_project.settings["option"] = sea_project.settings["option"][:1]
    sea_project.save()
    return sea_project


@pytest.fixture
def path_with_cableroute(tmp_path):
    """A folder with a `cableroute` that is this very program."""
    command = tmp_path / "bin" / "cableroute"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {sys.executable} -m routing "$@"\n')
    command.chmod(0o755)
    return command.parent


# ------------------------------------------------------------------------------------------------------------ Snakemake


@pytest.fixture
def snakemake(tmp_path, path_with_cableroute):
    """Snakemake in an empty folder; its absence is a failure unless CABLEROUTE_NO_SNAKEMAKE is set."""
    beside = Path(sys.prefix) / "workflow" / "bin" / "snakemake"
    program = str(beside) if beside.is_file() else shutil.which("snakemake")
    if program is None:
        if os.environ.get("CABLEROUTE_NO_SNAKEMAKE"):
            pytest.skip("no Snakemake, and CABLEROUTE_NO_SNAKEMAKE is set")
        pytest.fail("no Snakemake: `make workflow` installs it; CABLEROUTE_NO_SNAKEMAKE=1 leaves these tests out")
    folder = tmp_path / "work"
    folder.mkdir()
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    env |= {"PATH": f"{path_with_cableroute}:{env['PATH']}", "XDG_CACHE_HOME": str(tmp_path / "cache")}

    def run(*arguments, config):
        command = [program, "--snakefile", EXAMPLES / "Snakefile", "--cores", "1", *arguments, "--config", *config]
        done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stderr + done.stdout

    return run


def rules_of(told):
    """Rules that Snakemake says it runs."""
    return set(re.findall(r"^(?:local)?rule (\w+):", told, re.MULTILINE))


def test_a_workflow_plans_compares_and_exports_and_does_again_what_changed_inputs_ask_for(snakemake, sea_project):
    config, results = [f"project={sea_project.file}", "formats=geojson"], sea_project.folder.parent / "work" / "results"
    assert rules_of(snakemake("--dry-run", config=config)) == {"all", "run", "compare", "export"}
    assert not results.exists()
    snakemake(config=config)
    first = json.loads((results / "run.json").read_text(encoding="utf-8"))
    assert first == json.loads((results / "run" / "summary.json").read_text(encoding="utf-8"))
    assert json.loads((results / "compare.json").read_text(encoding="utf-8")) is None
    logged = [json.loads(line) for line in (results / "log" / "run.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["stage"] for line in logged] == ["load", "surface", "plan", "publish"]

    assert rules_of(snakemake(config=config)) == set()

    sea_project.write_bathymetry(lambda values: values - 5.0)
    assert rules_of(snakemake(config=config)) == {"all", "run", "compare", "export"}
    second = json.loads((results / "run.json").read_text(encoding="utf-8"))
    totals = [each["options"][0]["cost"]["total_usd"] for each in (first, second)]
    assert totals[0] != totals[1]
    before = json.loads((results / "before" / "summary.json").read_text(encoding="utf-8"))
    assert before == first
    assert json.loads((results / "compare.json").read_text(encoding="utf-8"))["changed"]
    exported = json.loads((results / "export_geojson.json").read_text(encoding="utf-8"))["files"]
    assert all((results.parent / file).is_file() for file in exported)


def test_a_workflow_fetches_bathymetry_that_is_not_there(snakemake, sea_project):
    (sea_project.folder / "bathymetry.tif").unlink()
    told = snakemake("--dry-run", "--printshellcmds", config=[f"project={sea_project.file}", "dataset=gebco"])
    assert rules_of(told) == {"all", "bathymetry", "run", "compare", "export"}
    assert "cableroute fetch gebco --bbox 50.0 41.0 50.75 41.55 --out" in told


# --------------------------------------------------------------------------------------------------------------- timers


def at_this_place(text, sea_project, programs):
    """An example with the folders of this test in place of its own."""
    return text.replace("/opt/cableroute/bin", str(programs)).replace("/srv/cable", str(sea_project.folder))


def settings_of(unit):
    """Keys and values of a unit file, by section."""
    found, section = {}, None
    for line in unit.splitlines():
        if line.startswith("["):
            section = found.setdefault(line.strip("[]"), {})
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            section.setdefault(key, []).append(value)
    return found


def test_systemd_accepts_the_units(sea_project, tmp_path, path_with_cableroute):
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("no systemd-analyze; the command of the unit is run by the next test all the same")
    units = tmp_path / "units"
    units.mkdir()
    for name in ("cableroute.service", "cableroute.timer"):
        text = at_this_place((EXAMPLES / name).read_text(encoding="utf-8"), sea_project, path_with_cableroute)
        (units / name).write_text(text, encoding="utf-8")
    env = os.environ | {"SYSTEMD_UNIT_PATH": f"{units}:"}
    done = subprocess.run(
        [program, "verify", "--man=no", units / "cableroute.service", units / "cableroute.timer"],
        env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    told = [line for line in done.stderr.splitlines() if "cableroute" in line]
    assert (done.returncode, told) == (0, []), done.stderr


def test_the_service_plans_once_and_again_only_when_inputs_changed(sea_project, path_with_cableroute):
    text = at_this_place(
        (EXAMPLES / "cableroute.service").read_text(encoding="utf-8"), sea_project, path_with_cableroute
    )
    (command,) = settings_of(text)["Service"]["ExecStart"]

    def told():
        """Stages as they are logged, and what the run changed."""
        done = subprocess.run(shlex.split(command), capture_output=True, text=True, check=True)
        lines = map(json.loads, done.stderr.splitlines())
        return [line["stage"] if "stage" in line else line["changes"]["changed"] for line in lines]

    assert told() == ["load", "surface", "plan", "publish"]
    assert told() == []
    sea_project.write_bathymetry(lambda values: values - 5.0)
    assert told() == ["load", "surface", "plan", "publish", True]


def test_the_service_tries_again_after_exit_code_four_only():
    from routing.cli import exits

    service = settings_of((EXAMPLES / "cableroute.service").read_text(encoding="utf-8"))["Service"]
    codes = {value for key, value in vars(exits).items() if key.startswith("EXIT_")} - {exits.EXIT_DONE}
    (prevented,) = service["RestartPreventExitStatus"]
    assert codes - set(map(int, prevented.split())) == {exits.EXIT_STOPPED}
    assert service["Restart"] == ["on-failure"]


def test_the_crontab_line_says_nothing_when_all_is_well_and_tells_what_is_wrong(sea_project, path_with_cableroute):
    text = (EXAMPLES / "crontab").read_text(encoding="utf-8")
    (line,) = [each for each in text.splitlines() if not each.startswith("#")]
    *times, command = line.split(maxsplit=5)
    assert all(re.fullmatch(r"\*|\d+", time) for time in times)
    assert "%" not in command  # cron reads it as a line end

    def told():
        shell = ["/bin/sh", "-c", at_this_place(command, sea_project, path_with_cableroute)]
        done = subprocess.run(shell, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    assert told() == (0, "")
    assert "wrote" in (sea_project.folder / "cableroute.log").read_text(encoding="utf-8")
    sea_project.write_landings("id,name\n")
    code, mail = told()
    assert code == 2
    assert "landings.csv" in mail


# ------------------------------------------------------------------------------------------------------------ container


def instructions():
    """Instructions of the container file, in order, as (name, arguments)."""
    text = (EXAMPLES / "Containerfile").read_text(encoding="utf-8").replace("\\\n", "")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [tuple(line.split(maxsplit=1)) for line in lines]


def test_the_container_file_copies_what_the_package_is_built_from():
    copied = {source for name, rest in instructions() if name == "COPY" for source in rest.split()[:-1]}
    assert all((ROOT / source).exists() for source in copied)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    needed = {"pyproject.toml", project["project"]["readme"], *project["project"]["license-files"], *packages}
    assert copied == needed
    targets = {rest.split()[-1] for name, rest in instructions() if name == "COPY"}
    (install,) = [rest for name, rest in instructions() if name == "RUN" and "pip install" in rest]
    assert targets == {"/source/", "/source/routing"}
    assert re.search(r"pip install --no-cache-dir /source(?=\s|$)", install)


def test_the_container_runs_the_command_as_a_user_without_rights():
    found = dict(instructions())
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    assert json.loads(found["ENTRYPOINT"])[0] in scripts
    assert int(found["USER"]) > 0
    names = [name for name, _ in instructions()]
    assert names.index("USER") > max(index for index, name in enumerate(names) if name == "RUN")
    minor = int(re.fullmatch(r"python:3\.(\d+)-slim", found["FROM"])[1])
    assert minor >= 11
    written = found["ENV"].removeprefix("NUMBA_CACHE_DIR=")
    assert written in json.loads(found["VOLUME"])


def test_the_command_of_the_document_runs_in_the_folders_of_the_container(sea_project, cableroute, tmp_path):
    text = (ROOT / "docs" / "pipelines.md").read_text(encoding="utf-8")
    command = re.search(r"^podman run .*?[^\\]\n", text, re.MULTILINE | re.DOTALL)[0].replace("\\\n", "")
    words = shlex.split(command)
    arguments = words[words.index("cableroute") + 1 :]
    mounts = [words[index + 1].split(":")[1] for index, word in enumerate(words) if word == "--volume"]
    assert set(mounts) == set(json.loads(dict(instructions())["VOLUME"]))
    places = {"/project": str(sea_project.folder), "/results": str(tmp_path / "results")}
    here = [re.sub(r"^/(project|results)", lambda found: places[found[0]], each) for each in arguments]
    assert cableroute(*here).code == 0
    assert (tmp_path / "results" / "manifest.json").is_file()
