"""Which change did what: each change alone equals a plan with that change, and what cannot be taken back is said."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from shapely import box
from test_surveys import add_survey, write_survey

from routing import pipeline
from routing.causes import attribute
from routing.causes.parts import join, split
from routing.commit import INPUTS
from routing.delta import Cause, Causes, Effect, Held
from routing.delta.effectwording import cause_lines
from routing.delta.reading import read_record
from routing.errors import InputError
from routing.export import read_run
from routing.planning import KEPT_TYPES
from routing.project import Project, read_project, rebuild_project
from routing.reuse import Store
from routing.runfolder import input_digest

FIELDS = sum(pipeline._STAGE_FIELDS.values(), ())
EMBEDDED = Path(__file__).parents[1] / "data" / "trans-caspian" / "project.toml"
ZONE = box(50.2, 41.38, 50.3, 41.6)


def outline(project):
    ask = pipeline._Ask(
        1, force=False, keep_timings=False, memory_bytes=None, reuse=False, causes=True, keep_inputs=False
    )
    return pipeline._outline(project, ask=ask, store=Store(None, {}, KEPT_TYPES), cluster=None)


@pytest.fixture(scope="module")
def record(finished_run):
    return read_record(read_run(finished_run.folder))


def made_of(record, project):
    """A run's record as if it was made of a project."""
    manifest = json.loads(json.dumps(pipeline._manifest(project)))
    return replace(record, inputs=manifest["inputs"], parameters=manifest["parameters"], versions=manifest["versions"])


class Changed:
    """A project before and after it was changed, told apart without a plan."""

    def __init__(self, project, record):
        self.project, self.record = project, record
        self.before = made_of(record, project.read())
        self.planned = []

    def told(self):
        after = self.project.read()
        return self.attributed(made_of(self.record, after), after)

    def attributed(self, new, after):
        def plan(project):
            self.planned.append(project)
            return self.record

        return attribute(self.before, new, project=after, folder=self.project.out, fields=FIELDS, plan=plan)


@pytest.fixture
def changed(sea_project, record):
    return Changed(sea_project, record)


def paths(project):
    return {key: path.name for key, path in pipeline.input_files(project).items()}


# -------------------------------------------------------------------------------------------------------------- effects


def test_each_change_alone_is_what_a_plan_with_it_alone_says(sea_project):
    del sea_project.settings["option"][1]
    usual = dict(sea_project.settings)
    older = sea_project.folder / "landings.csv"
    old = made_of(outline(sea_project.read()), sea_project.read())
    # The landings before are gone: what is at their path is another file.
    sea_project.write_landings(older.read_text(encoding="utf-8").replace("50.677,41.38", "50.677,41.36"))
    layers = list(usual["layer"])
    sea_project.add_exclusion(ZONE)
    zone = {"layer": list(sea_project.settings["layer"])}
    dearer = {"routing": {"alter_course_usd": 9000.0}}

    def planned(**settings):
        sea_project.settings = {**usual, "layer": layers, **settings}
        return outline(sea_project.read())

    def total_usd(record):
        return record.options[0].figures["total cost", "USD"]

    reference, by_zone, by_courses = planned(), planned(**zone), planned(**dearer)
    new = planned(**zone, **dearer)
    after = sea_project.read()
    told = attribute(old, made_of(new, after), project=after, folder=sea_project.out, fields=FIELDS, plan=outline)
    assert [each.key for each in told.held] == ["landings"]
    assert "the earlier file landings.csv" in told.held[0].reason
    assert [each.key for each in told.alone] == ["layer[Zone]", "routing.alter_course_usd"]
    effects = [*told.at_once, *(cause.effects[0] for cause in told.alone), *told.together]
    pairs = [(old, reference), (reference, by_zone), (reference, by_courses), (reference, new)]
    for effect, (before, with_it) in zip(effects, pairs, strict=True):
        assert effect.total_usd == pytest.approx(total_usd(with_it) - total_usd(before), abs=0.005) != 0.0
        lengths = [each.options[0].links[0].figures["route", "km"] for each in (before, with_it)]
        assert effect.route_km == pytest.approx(lengths[1] - lengths[0], abs=5e-4)
    beyond = total_usd(new) + total_usd(reference) - total_usd(by_zone) - total_usd(by_courses)
    assert told.only_together_usd == {"aa-bb": pytest.approx(beyond, abs=0.005)}
    assert told.alone[0].effects[0].greatest_m > 1000.0  # out of the zone


# ------------------------------------------------------------------------------------------------- what can be taken back


def test_one_change_is_all_of_them_and_needs_no_plan(changed):
    changed.project.settings["water_level_m"] = -11.0
    told = changed.told()
    assert [each.key for each in told.alone] == ["water_level_m"]
    assert (told.held, changed.planned) == ((), [])
    assert told.alone[0].effects == told.together


def test_a_plan_depends_on_every_key_but_those_that_are_only_shown():
    shown = {"name", "title", "revision", "date", "vertical_datum", "published", "sources"}
    assert set(FIELDS) | shown == {name for name, field in Project.model_fields.items() if not field.exclude}


def test_a_project_file_that_is_named_from_here_is_planned_all_the_same(changed, monkeypatch):
    folder = changed.project.folder
    monkeypatch.chdir(folder.parent)
    changed.project.folder = folder.relative_to(folder.parent)
    changed.project.settings |= {"water_level_m": -11.0, "routing": {"gap_pct": 1.0}}
    told = changed.told()
    assert [(each.key, each.problem) for each in told.alone] == [("water_level_m", None), ("routing.gap_pct", None)]
    assert {path.is_file() for each in changed.planned for path in pipeline.input_files(each).values()} == {True}


def test_what_no_plan_depends_on_is_no_cause(changed):
    changed.project.settings |= {"title": "Another", "date": "2027-01-02", "sources": ["x"]}
    (changed.project.folder / "lanes.geojson").rename(changed.project.folder / "moved.geojson")
    changed.project.settings["layer"][1]["path"] = "moved.geojson"
    assert changed.told() == Causes()


def test_a_new_file_in_a_survey_folder_and_a_new_survey_are_told_apart(changed):
    project = changed.project
    (project.folder / "north").mkdir()
    for name in ("1.tif", "2.tif"):
        write_survey(project.folder / "north" / name)
    add_survey(project, "North", path="north")
    changed = Changed(project, changed.record)
    write_survey(project.folder / "north" / "3.tif", deeper=5.0)
    write_survey(project.folder / "South.tif", deeper=9.0)
    add_survey(project, "South")
    project.settings["survey"][0]["blend_cells"] = 3
    told = changed.told()
    assert told.problem is None
    assert [each.key for each in told.alone] == ["survey[North]", "survey[North]/3.tif", "survey[South]"]
    assert not told.held
    for planned, (files, blend, surveys) in zip(
        changed.planned,
        [(["1.tif", "2.tif"], 3, 1), (["1.tif", "2.tif", "3.tif"], 0, 1), (["1.tif", "2.tif"], 0, 2)],
        strict=True,
    ):
        assert [path.name for path in planned.deliveries["North"]] == files
        assert (planned.survey[0].blend_cells, len(planned.survey)) == (blend, surveys)
        assert pipeline.load(planned).seabed.sources  # they can be read


def test_a_change_of_a_file_that_is_gone_is_in_every_plan_and_said(changed):
    project = changed.project
    project.write_landings((project.folder / "landings.csv").read_text(encoding="utf-8") + "\n")
    project.settings["layer"].pop()  # its file is still there
    project.settings["routing"] = {"gap_pct": 1.0}
    told = changed.told()
    (held,) = told.held
    assert (held.key, "--keep-inputs keeps copies" in held.reason) == ("landings", True)
    assert [each.key for each in told.alone] == ["routing.gap_pct", "layer[Quakes]"]
    reference, *alone = changed.planned
    assert [(len(each.layer), each.routing.gap_pct) for each in (reference, *alone)] == [(3, 0.5), (3, 1.0), (2, 0.5)]
    assert {pipeline.input_files(each)["landings.path"] for each in changed.planned} == {
        project.folder / "landings.csv"
    }


def test_copies_and_files_of_another_name_bring_the_earlier_content_back(changed):
    project, old = changed.project, changed.before.inputs
    copies = project.out / INPUTS
    copies.mkdir(parents=True)
    shutil.copyfile(project.folder / "landings.csv", copies / f"{old['landings.path']['sha256']}.csv")
    project.write_landings((project.folder / "landings.csv").read_text(encoding="utf-8") + "\n")
    shutil.copyfile(project.folder / "fields.geojson", project.folder / "new.geojson")
    (project.folder / "new.geojson").write_text(
        (project.folder / "new.geojson").read_text(encoding="utf-8") + " ", encoding="utf-8"
    )
    project.settings["layer"][0]["path"] = "new.geojson"
    told = changed.told()
    assert not told.held
    assert [each.key for each in told.alone] == ["landings", "layer[Fields]"]
    landings, fields = changed.planned
    assert (paths(landings)["landings.path"], paths(landings)["layer Fields"]) == ("landings.csv", "fields.geojson")
    copy = pipeline.input_files(fields)["landings.path"]
    assert (copy.parent, input_digest(copy)) == (copies, old["landings.path"]["sha256"])


def test_another_version_of_the_program_cannot_be_taken_back(changed):
    changed.project.settings["water_level_m"] = -11.0
    changed.before = replace(changed.before, versions=changed.before.versions | {"numpy": "0"})
    told = changed.told()
    assert [(each.key, "numpy" in each.reason) for each in told.held] == [("versions", True)]
    assert [each.water_level_m for each in changed.planned] == [-10.0]  # the earlier project by this version


def test_changes_that_need_each_other_are_said_to(changed):
    changed.project.write_landings((changed.project.folder / "landings.csv").read_text(encoding="utf-8") + "\n")
    changed.project.settings["survey"] = []

    def refuse(_):
        raise InputError("no landing in 'DD'", remedy="use one of AA")

    after = changed.project.read()
    new = made_of(changed.record, after)
    given = {"project": after, "folder": changed.project.out, "fields": FIELDS, "plan": refuse}
    new.parameters["routing"]["gap_pct"] = 2.0
    told = attribute(changed.before, new, **given)
    assert told.problem == "the earlier project cannot be planned again: no landing in 'DD'; use one of AA"
    new = replace(new, inputs=changed.before.inputs)
    new.parameters["water_level_m"] = -12.0
    told = attribute(changed.before, new, **given)
    assert {each.problem for each in told.alone} == {"no landing in 'DD'; use one of AA"}
    assert told.only_together_usd == {"aa-bb": None, "aa-bb-cc": None}


def test_a_forged_manifest_reads_no_file_that_is_no_input(changed, tmp_path):
    (tmp_path / "secret.geojson").write_text("{}", encoding="utf-8")
    changed.before.parameters["substrate"] = {"path": str(tmp_path / "secret.geojson"), "attribute": "a"}
    changed.project.settings["water_level_m"] = -11.0
    told = changed.told()
    assert [each.key for each in told.alone if each.problem] == ["water_level_m"]
    assert "substrate.path is no input of either run" in told.alone[0].problem
    assert not [each for each in changed.planned if each.substrate.path]
    for forged in ({"layer": [{}]}, {"layer": 3}, {"catalogue": []}):
        changed.before.parameters.update(forged)
        assert changed.told().problem.startswith("the earlier manifest does not say what it was made of")


# ---------------------------------------------------------------------------------------------------------------- parts


def test_a_project_is_the_same_after_it_was_taken_apart_and_made_again(sea_project):
    sea_project.settings["layer"] += [
        {"name": "Pipes", "path": "lanes.geojson", "kind": "pipeline", "style": "zone", "separation_depths": 1.0},
        {"name": "Wrecks", "path": "fields.geojson", "preset": "wreck", "buffer_m": 0.0},
        {"name": "Slow", "path": "fields.geojson", "kind": "avoid", "avoid_usd_per_m": 2.0},
    ]
    sea_project.settings["option"].append({"id": "tree", "name": "Tree", "trunk": ["AA", "BB", "CC"]})
    sea_project.settings["catalogue"] = {"rate": {"mobilisation": {"base": 5e6}}, "price_year": 2025}
    sea_project.settings["hazard"] = {"ice": {"weight": 2.0}, "surf": {}}
    for project in (sea_project.read(), read_project(EMBEDDED)):
        stated = json.loads(json.dumps(project.model_dump(mode="json")))
        made = rebuild_project(join(split(stated, stated)), origin=project.origin, deliveries={})
        again = json.loads(json.dumps(made.model_dump(mode="json")))
        for table in stated["layer"]:
            table["preset"] = None  # its figures are in the table
        assert again == stated


# ---------------------------------------------------------------------------------------------------------------- words


def test_causes_in_words():
    kept = Effect("a", "First", "kept", None, 2.5e6, 3.109, 2100.0, changed=True)
    small = replace(kept, total_usd=-400.0, route_km=0.0, greatest_m=0.0)
    still = replace(kept, total_usd=0.0, route_km=0.0, greatest_m=0.0, changed=False)
    lost = replace(kept, option="b", name="Second", status="removed", reason="walled in", total_usd=None)
    causes = Causes(
        held=(Held("bathymetry", "the earlier file is gone"),),
        at_once=(small,),
        alone=(
            Cause("layer[Zone]", (kept, lost)), Cause("crs", (small,)), Cause("area", (still,)), Cause("coast", (), "no sea"),
        ),
        together=(replace(kept, total_usd=3e6),),
    )  # fmt: skip
    assert list(cause_lines(causes)) == [
        "what caused it, each change planned alone:",
        "  First (a)",
        "    what cannot be told apart, at once: USD -400",
        "    layer[Zone] alone: USD +2.50 million, route +3.109 km, moved by up to 2.1 km",
        "    crs alone: USD -400",
        "    sum of these: USD +2.50 million, route +3.109 km",
        "    together: USD +3.00 million, route +3.109 km, moved by up to 2.1 km",
        "  Second (b)",
        "    layer[Zone] alone: there is no answer with it (walled in)",
        "  without any effect alone: area",
        "  coast cannot be planned alone: no sea",
        "  bathymetry cannot be told apart, and is there in every plan: the earlier file is gone",
    ]
    told = replace(causes, alone=causes.alone[:3])
    assert told.only_together_usd == {"a": 500_400.0}
    assert "    of that, by the combination only: USD +500,400" in cause_lines(told)
    assert list(cause_lines(Causes())) == ["what caused it: nothing that a plan depends on changed"]
