"""Every notebook runs from top to bottom in a folder of its own, and its answers are right."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import jupytext
import nbformat
import numpy as np
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.py"))

#: What is read from each notebook's variables when its last cell has run.
ANSWERS = {
    "01_trans_caspian": """{
        "ratio": ratio,
        "depth_max_m": float(np.nanmax(depth_m)),
        "wrong_by_m": wrong_by_m,
        "item_sum": sum(place["items_usd_per_km"].values()),
        "total": place["total_usd_per_km"],
        "path_usd": path.cost,
        "straightened": [straightened(usd) for usd in (100, 1_000, 5_000, 50_000)],
        "statuses": [option.design.status for option in planned.options],
        "gaps": [option.design.gap_pct for option in planned.options],
        "objectives": {option.wanted.id: option.design.objective_usd for option in planned.options},
        "last_kp_km": float(positions["KP [km]"].iloc[-1]),
        "chosen_km": chosen.route.length_m / 1000,
        "sensitivity": sensitivity.to_dict("records"),
        "fields_usd": with_fields - without_fields.design.objective_usd,
        "feasible": run.feasible,
        "totals": {option["id"]: option["cost"]["total_usd"] for option in run.summary["options"]},
        "files": sorted(path.name for path in run.folder.iterdir()),
        "frame": len(run._repr_html_()),
        "legs_km": run.legs.groupby("option")["length_km"].sum().to_dict(),
        "routes_km": run.routes.groupby("option")["route_km"].sum().to_dict(),
    }""",
}


def this_interpreter(folder: Path) -> AsyncKernelManager:
    """A kernel manager whose only kernel is the interpreter that runs the tests."""
    spec = folder / "here"
    spec.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (spec / "kernel.json").write_text(
        json.dumps({"argv": argv, "display_name": "here", "language": "python"}), encoding="utf-8"
    )
    specs = KernelSpecManager(kernel_dirs=[str(folder)], ensure_native_kernel=False)
    return AsyncKernelManager(
        kernel_name="here", kernel_spec_manager=specs, connection_file=str(folder / "connection.json")
    )


def execute(path: Path, folder: Path, expression: str) -> tuple[nbformat.NotebookNode, dict]:
    """Run a copy of a notebook beside copies of data and maps; returns it with the value of an expression at its end."""
    (folder / "notebooks").mkdir(parents=True)
    for beside in ("data", "maps"):
        shutil.copytree(ROOT / beside, folder / beside)
    notebook = jupytext.read(shutil.copy(path, folder / "notebooks"))
    question = nbformat.v4.new_code_cell(
        f"import json, sys\nprint(json.dumps([sys.executable, {expression}], default=float))"
    )
    notebook.cells.append(question)
    client = NotebookClient(
        notebook,
        km=this_interpreter(folder / "kernels"),
        timeout=300,
        resources={"metadata": {"path": str(folder / "notebooks")}},
    )
    # The kernel keeps its history and profile in the folder too; a manager from outside is not cleaned up by default.
    client.execute(cleanup_kc=True, env={**os.environ, "IPYTHONDIR": str(folder / "ipython")})
    interpreter, answers = json.loads(notebook.cells.pop().outputs[0].text)
    assert interpreter == sys.executable
    return notebook, answers


@pytest.fixture(scope="module")
def trans_caspian(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trans_caspian")
    path = ROOT / "notebooks" / "01_trans_caspian.py"
    return execute(path, folder / "project", ANSWERS[path.stem])


def test_every_notebook_has_answers_to_check():
    assert {path.stem for path in NOTEBOOKS} == set(ANSWERS)


def test_no_cell_of_the_notebook_warns(trans_caspian):
    notebook, _ = trans_caspian
    noise = [o.text for cell in notebook.cells for o in cell.get("outputs", ()) if o.get("name") == "stderr"]
    assert noise == []


def test_the_notebook_shows_an_answer_under_every_question(trans_caspian):
    notebook, _ = trans_caspian
    cells = notebook.cells[2:]  # the title and the imports come first
    questions = [number for number, cell in enumerate(cells) if cell.source.startswith("## ")]
    for number, following in zip(questions, [*questions[1:], len(cells)], strict=True):
        outputs = [o for cell in cells[number + 1 : following] for o in cell.get("outputs", ())]
        assert outputs, cells[number].source


def test_the_notebook_sees_the_sea_as_deep_as_the_caspian_is(trans_caspian):
    _, answers = trans_caspian
    assert 950 < answers["depth_max_m"] < 1050  # 1025 m in the literature, smoothed by a coarse grid


def test_forgetting_the_water_level_in_the_notebook_is_as_wrong_as_the_level_itself(trans_caspian):
    _, answers = trans_caspian
    assert answers["wrong_by_m"] == pytest.approx(29.35, abs=0.01)


def test_the_items_of_a_place_in_the_notebook_sum_to_its_total(trans_caspian):
    _, answers = trans_caspian
    assert answers["item_sum"] == pytest.approx(answers["total"], abs=0.01)


def test_dearer_alter_courses_in_the_notebook_give_fewer_of_them_and_never_a_cheaper_route(trans_caspian):
    _, answers = trans_caspian
    courses = [row["alter_courses"] for row in answers["straightened"]]
    dearer = [row["dearer_than_path_usd"] for row in answers["straightened"]]
    assert courses == sorted(courses, reverse=True)
    assert courses[0] > courses[-1]
    assert (np.diff(dearer) > -10.0).all()  # chords and geodesics differ by a few dollars
    # The path is the optimum up to its polishing, 1e-5 of its price.
    assert dearer[0] > -1e-5 * answers["path_usd"]


def test_the_chosen_route_is_as_long_as_engineers_expect(trans_caspian):
    _, answers = trans_caspian
    assert 1.02 <= answers["ratio"] <= 1.12
    assert answers["last_kp_km"] == pytest.approx(answers["chosen_km"], abs=0.001)


def test_every_option_of_the_notebook_is_proven_and_a_second_link_costs_more(trans_caspian):
    _, answers = trans_caspian
    assert set(answers["statuses"]) == {"OPTIMAL"}
    assert answers["gaps"] == pytest.approx([0.0] * len(answers["gaps"]), abs=1e-9)
    usd = answers["objectives"]
    assert usd["az-kz"] <= usd["published"]
    assert usd["az-kz"] < usd["az-kz-tm"]


def test_dearer_ploughing_in_the_notebook_buries_less_and_costs_more(trans_caspian):
    _, answers = trans_caspian
    rows = answers["sensitivity"]
    buried = [row["buried_km"] for row in rows]
    totals = [row["total_usd"] for row in rows]
    # Each price has a route of its own, whose alter courses may lie half a kilometre otherwise.
    assert buried == pytest.approx(sorted(buried, reverse=True), abs=0.51)
    assert buried[0] > 100 > buried[-1]
    assert totals == sorted(totals)
    assert rows[-1]["repairs_usd"] > rows[0]["repairs_usd"]
    assert rows[-1]["route_km"] == pytest.approx(rows[0]["route_km"], rel=0.01)  # the way is much the same


def test_lifting_an_exclusion_in_the_notebook_never_costs_money(trans_caspian):
    _, answers = trans_caspian
    # Paths cannot get dearer; the search of their alter courses may, by parts in a hundred thousand.
    assert answers["fields_usd"] >= -1e-4 * answers["objectives"]["az-kz"]


def test_the_run_at_the_end_of_the_notebook_agrees_with_the_plan_by_hand(trans_caspian):
    _, answers = trans_caspian
    assert answers["feasible"]
    by_hand = answers["objectives"]
    totals = {option: answers["totals"][option] for option in by_hand}  # the run has more options than were planned
    assert totals == pytest.approx(by_hand, abs=0.10)  # items are rounded one by one
    assert {"map.html", "summary.json", "manifest.json", "routes.gpkg", "cost_surface.tif"} <= set(answers["files"])
    assert answers["frame"] > 100_000
    assert answers["legs_km"] == pytest.approx(answers["routes_km"], abs=0.05)  # legs are rounded to the metre
