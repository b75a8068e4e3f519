"""What stderr says, for people and for programs, and the exit codes that go with it."""

import json
import logging
import os
import signal
import subprocess
import sys
import warnings

import pytest
from shapely import box

from routing.cli import app
from routing.cli.exits import exit_code
from routing.logs import FACTS, speaking
from routing.reuse import CACHE

#: The command line in a process of its own.
PROGRAM = (sys.executable, "-m", "routing")


def lines_of(text):
    """JSON lines, each of which must be an object of known fields."""
    told = [json.loads(line) for line in text.splitlines()]
    assert all({"level", "message"} <= set(line) <= {"level", "message", *FACTS} for line in told)
    return told


# ----------------------------------------------------------------------------------------------------------- JSON lines


@pytest.mark.parametrize("before", [True, False])
def test_stages_are_logged_with_their_seconds_before_or_after_the_command(sea_project, cableroute, before):
    command = ["run", sea_project.file, "--out", sea_project.out]
    told = cableroute(*(["--log-json", *command] if before else [*command, "--log-json"]))
    assert told.code == 0
    logged = lines_of(told.err)
    assert [line["stage"] for line in logged] == ["load", "surface", "plan", "publish"]
    assert all(line["level"] == "info" and line["seconds"] >= 0 for line in logged)
    assert "wrote" in told.out


def test_an_error_is_logged_with_its_facts(sea_project, cableroute):
    sea_project.settings["waterlevel_m"] = 1.0
    told = cableroute("validate", sea_project.save(), "--log-json", "--quiet")
    (line,) = lines_of(told.err)
    assert (line["level"], line["error"], line["exit_code"], told.code) == ("error", "InputError", 2, 2)
    assert line["file"] == str(sea_project.file)
    assert "waterlevel_m" in line["message"]
    assert line["remedy"] in line["message"]
    assert told.out == ""


def test_a_usage_error_is_logged_on_one_line(cableroute):
    (line,) = lines_of(cableroute("fly", "--log-json").err)
    assert (line["error"], line["exit_code"], line["remedy"]) == ("UsageError", 2, "see cableroute --help")
    assert "fly" in line["message"]


def test_an_option_without_an_answer_is_logged_with_what_would_open_it(sea_project, cableroute):
    sea_project.add_exclusion(box(50.3, 40.5, 50.4, 42.0), reason="military area")
    told = cableroute("run", sea_project.file, "--out", sea_project.out, "--log-json", "--quiet")
    logged = lines_of(told.err)
    assert [line["option"] for line in logged] == ["aa-bb", "aa-bb-cc"]
    assert {line["exit_code"] for line in logged} == {told.code} == {3}
    assert all("military area" in line["remedy"] for line in logged)


def test_one_option_without_an_answer_ends_no_run(sea_project, cableroute):
    sea_project.settings["option"].append({"id": "x", "name": "X", "links": [["AA", "BB"]], "landings": {"AA": []}})
    told = cableroute("run", sea_project.save(), "--out", sea_project.out, "--log-json", "--quiet")
    (line,) = lines_of(told.err)
    assert (told.code, line["level"], line["option"], "exit_code" in line) == (0, "error", "x", False)


def test_hostile_text_stays_one_line_of_ascii(capsys):
    with speaking(sys.stderr, quiet=False, as_json=True):
        logging.getLogger("routing").warning("%s", 'a\nb\x1b[2J\u202e"Şimal\u2028')
    told = capsys.readouterr().err
    assert told.isascii()
    assert "\x1b" not in told
    assert lines_of(told) == [{"level": "warning", "message": 'a\nb\x1b[2J\u202e"Şimal'}]


def test_warnings_of_python_become_lines_too_and_logging_is_left_as_it_was(capsys):
    root = logging.getLogger()
    before = root.level, list(root.handlers), warnings.showwarning
    with speaking(sys.stderr, quiet=True, as_json=True), warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old habit", FutureWarning, stacklevel=1)
    assert "old habit" in lines_of(capsys.readouterr().err)[0]["message"]
    assert (root.level, root.handlers, warnings.showwarning) == before


# ----------------------------------------------------------------------------------------------------------- exit codes


def run_with_a_defect(*arguments):
    """The command line with a schema that cannot be had, as if there were a mistake in the program."""
    code = "import sys; from routing import api, cli\napi.schema = lambda: 1 // 0\ncli.main()"
    command = [sys.executable, "-c", code, "schema", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_defect_ends_with_five_and_its_traceback():
    done = run_with_a_defect()
    assert done.returncode == 5
    assert "Traceback" in done.stderr
    assert "ZeroDivisionError" in done.stderr.splitlines()[-1]


def test_a_defect_is_one_json_line_with_its_traceback():
    done = run_with_a_defect("--log-json")
    (line,) = lines_of(done.stderr)
    assert (line["error"], line["exit_code"], done.returncode) == ("ZeroDivisionError", 5, 5)
    assert "in <lambda>" in line["traceback"]


def test_the_traceback_of_an_error_is_shown_when_asked_for_and_keeps_the_exit_code(tmp_path, cableroute):
    plain, asked = (cableroute("validate", tmp_path / "no.toml", *more) for more in ((), ("--debug",)))
    assert plain.code == asked.code == 2
    assert ("Traceback" in plain.err, "Traceback" in asked.err) == (False, True)


def test_an_error_of_no_known_kind_is_a_defect():
    from routing.webmap.packer import OfflineError

    assert exit_code(OfflineError("a page would need the network")) == 5
    assert exit_code(MemoryError()) == 4


# A run is held at a stage, so that it is surely not over when the signal comes: in the main thread, or in one that plans
# and has just asked OR-Tools, whose own handler of Ctrl-C must not be left in place of ours.
HELD = """
import sys, time
from routing import cli, pipeline
from routing.network import DesignProblem, Offer, choose_design

def hold(*_, **__):
    choose_design(DesignProblem(1, (Offer(0, "a", "k", 10.0),), {"a": 0.0, "k": 0.0}, {}))
    sys.stdout.write("held\\n")
    sys.stdout.flush()
    time.sleep(60)

"""
STAGES = {"load": "pipeline.load = hold", "plan": "from routing import answers; answers._Seas.answer = hold"}


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_scheduler_that_ends_a_run_gets_four_at_once_and_nothing_is_left(sea_project, number, stage):
    code = f"{HELD}{STAGES[stage]}\ncli.main()"
    command = [sys.executable, "-c", code, "run", str(sea_project.file), "--out", str(sea_project.out), "--log-json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stdout.readline() == "held\n"
        run.send_signal(number)
        _, told = run.communicate(timeout=30)  # half of what the stage would take
    *_, line = lines_of(told)
    assert run.returncode == line["exit_code"] == 4
    assert f"stopped by {number.name}" in line["message"]
    assert not sea_project.out.exists() or not [path for path in sea_project.out.iterdir() if path.name != CACHE]


@pytest.mark.skipif(os.name != "posix", reason="pipes of POSIX")
def test_a_reader_that_goes_away_is_no_defect():
    with subprocess.Popen([*PROGRAM, "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        run.stdout.close()
        told = run.stderr.read()
    assert (run.returncode, told) == (4, "")


# ----------------------------------------------------------------------------------------------------------- no prompts


def command_lines(finished_run, folder):
    """One command line for each command, with the exit code that it ends with."""
    run, project = str(finished_run.folder), str(finished_run.project.file)
    lists = sorted(map(str, finished_run.folder.glob("rpl_*.csv")))
    return {
        "run": ([project, "--out", run, "--if-changed"], {0}),
        "validate": ([project], {0, 1}),
        "explain": ([project, "--at", "50.3", "41.4"], {0}),
        "check": ([lists[0]], {0, 1}),
        "export": ([run, "--format", "csv", "--out", str(folder / "export")], {0}),
        "compare": ([run, run, "--out", str(folder / "compare")], {0}),
        "verify": ([run], {0}),
        "history": ([run], {0}),
        "fetch": (["gebko", "--bbox", "50", "41", "51", "42"], {2}),
        "schema": ([], {0}),
        "doctor": ([], {0, 1}),
    }


@pytest.mark.skipif(os.name != "posix", reason="closed descriptors and sessions of POSIX")
@pytest.mark.parametrize("name", [command.callback.__name__ for command in app.registered_commands])
def test_a_command_works_with_stdin_closed_and_without_a_terminal(name, finished_run, tmp_path):
    arguments, codes = command_lines(finished_run, tmp_path)[name]
    done = subprocess.run(
        [*PROGRAM, name, *arguments, "--json"], capture_output=True, text=True, check=False, timeout=300, cwd=tmp_path,
        start_new_session=True, preexec_fn=lambda: os.close(0),
    )  # fmt: skip
    assert done.returncode in codes, done.stderr
    assert "Traceback" not in done.stderr
    assert json.loads(done.stdout) is not None if done.returncode != 2 else done.stdout == ""


def test_no_option_of_any_command_prompts():
    from typer.main import get_command

    commands = get_command(app).commands.values()
    assert not [each.name for command in commands for each in command.params if getattr(each, "prompt", None)]
