"""The command line: what it prints where, and with which exit code."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1] / "data" / "trans-caspian" / "project.toml"


def cableroute(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "routing", *args], capture_output=True, text=True, check=False)


def test_help_names_every_command():
    done = cableroute("--help")
    assert done.returncode == 0
    commands = (
        "run",
        "compare",
        "validate",
        "explain",
        "check",
        "export",
        "verify",
        "history",
        "schema",
        "doctor",
        "fetch",
    )
    for command in commands:
        assert command in done.stdout


def test_the_version_is_the_distributions():
    from importlib import metadata

    assert cableroute("--version").stdout.strip() == f"cableroute {metadata.version('cableroute')}"


@pytest.mark.parametrize("args", [["fly"], ["run"], ["explain", str(PROJECT), "--at", "50"], ["run", "--fast", "x"]])
def test_wrong_usage_ends_with_two_and_no_traceback(args):
    done = cableroute(*args)
    assert done.returncode == 2
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_the_schema_is_json_and_names_the_keys():
    schema = json.loads(cableroute("schema").stdout)
    assert {"name", "area", "bathymetry", "option"} <= set(schema["properties"])
    assert "origin" not in schema["properties"]


def test_explain_itemises_a_place_and_the_items_sum_to_the_total():
    told = json.loads(cableroute("explain", str(PROJECT), "--at", "50.2", "41.5", "--json").stdout)
    assert told["excluded"] is None
    assert sum(told["items_usd_per_km"].values()) == pytest.approx(told["total_usd_per_km"])
    assert 600 < told["depth_m"] < 800
    assert (told["cable_type"], told["protection"], told["sector"]) == ("LWP", "surface", "AZ")


def test_explain_gives_the_reason_of_an_excluded_place():
    # The middle of the Azeri-Chirag-Guneshli field, and a place in the Kazakh desert.
    field = json.loads(cableroute("explain", str(PROJECT), "--at", "51.4", "40.05", "--json").stdout)
    desert = json.loads(cableroute("explain", str(PROJECT), "--at", "54.0", "44.0", "--json").stdout)
    assert (field["excluded"], desert["excluded"]) == ("offshore field", "land")


def test_explain_refuses_a_place_outside_the_area():
    done = cableroute("explain", str(PROJECT), "--at", "10.0", "41.5")
    assert done.returncode == 2
    assert "outside" in done.stderr


def test_validate_reads_everything_and_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = cableroute("validate", str(PROJECT), "--json")
    findings = json.loads(done.stdout)
    assert done.returncode == 0
    assert {"landing-moved", "depth-raised"} <= {found["rule"] for found in findings}
    assert not list(tmp_path.iterdir())


def test_quiet_may_stand_before_or_after_the_command():
    loud = cableroute("validate", str(PROJECT))
    before, after = cableroute("--quiet", "validate", str(PROJECT)), cableroute("validate", str(PROJECT), "--quiet")
    assert before.stderr == after.stderr == ""
    assert before.stdout == after.stdout == loud.stdout


def test_doctor_reports_versions_and_a_foreign_proj(monkeypatch):
    assert "PROJ" in cableroute("doctor").stdout
    monkeypatch.setenv("PROJ_DATA", "/nowhere")
    done = cableroute("doctor", "--json")
    assert done.returncode == 1
    assert any("PROJ_DATA" in warning for warning in json.loads(done.stdout)["warnings"])
