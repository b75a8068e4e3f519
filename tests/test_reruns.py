"""Running a project again: what may be replaced, which revisions are kept, and what `verify` and `history` tell."""

import json
import shutil
from datetime import date

import crashing
import pytest
from miniature import LANDINGS

from routing import pipeline
from routing.commit import REVISIONS, writing
from routing.errors import InputError
from routing.revisions import history, kept_name
from routing.runfolder import MANIFEST, file_digest, input_digest, staging


def run(folder, *, revision="A", key="1", force=False, project="p", versions="1", texts=("summary.json", "map.html")):
    """What `pipeline.run` does to a folder, with made-up files; `key` stands for inputs and settings."""
    manifest = {
        "project": project, "revision": revision, "run_key": key + versions, "project_key": key,
        "versions": {"cableroute": versions},
    }  # fmt: skip
    with writing(folder, patience_s=0.0):
        kept_as = kept_name(folder, manifest, force=force)
        with staging(folder, manifest, kept_as=kept_as) as fresh:
            for name in texts:
                options = [{"id": "x", "cost": {"total_usd": 1e6 * int(key)}}] if len(texts) > 1 else []
                text = json.dumps({"date": f"2026-01-0{key}", "options": options, "name": name, "revision": revision})
                (fresh / name).write_text(text, encoding="utf-8")


def kept(folder):
    return {path.name: crashing.contents(path) for path in (folder / REVISIONS).glob("*")}


# ------------------------------------------------------------------------------------------------- what may be replaced


def test_the_same_run_again_gives_the_same_bytes(tmp_path):
    run(tmp_path)
    before = crashing.contents(tmp_path)
    run(tmp_path)
    assert crashing.contents(tmp_path) == before


def test_other_inputs_under_the_same_revision_are_refused_and_nothing_is_lost(tmp_path):
    run(tmp_path)
    before = crashing.contents(tmp_path)
    with pytest.raises(InputError, match=r"of this revision.*raise `revision`.*--out.*--force"):
        run(tmp_path, key="2")
    assert crashing.contents(tmp_path) == before


def test_force_replaces_the_revision(tmp_path):
    run(tmp_path)
    run(tmp_path, key="2", force=True)
    assert [row["totals_usd"] for row in history(tmp_path)] == [{"x": 2e6}]
    assert not kept(tmp_path)


def test_another_version_of_the_program_replaces_the_revision_and_says_so(tmp_path, caplog):
    caplog.set_level("INFO")
    run(tmp_path)
    run(tmp_path, versions="2")
    assert "by another version of the program" in caplog.text
    assert json.loads((tmp_path / MANIFEST).read_text(encoding="utf-8"))["run_key"] == "12"


def test_a_run_of_another_project_is_refused_whatever_its_revision(tmp_path):
    run(tmp_path)
    with pytest.raises(InputError, match="of another project"):
        run(tmp_path, project="q", revision="B", key="2")


def test_a_run_without_an_answer_is_replaced_freely(tmp_path):
    run(tmp_path, texts=("summary.json",))
    run(tmp_path, key="2")
    assert [row["totals_usd"] for row in history(tmp_path)] == [{"x": 2e6}]


# ------------------------------------------------------------------------------------------------------------ revisions


def test_a_new_revision_keeps_the_earlier_one_byte_for_byte(tmp_path):
    run(tmp_path)
    before = crashing.contents(tmp_path)
    run(tmp_path, revision="B", key="2", texts=("summary.json", "other.html"))
    assert kept(tmp_path) == {"A": before}
    assert not (tmp_path / "map.html").exists()
    assert [(row["revision"], row["current"], row["problem"]) for row in history(tmp_path)] == [
        ("A", False, None), ("B", True, None),
    ]  # fmt: skip


def test_a_new_revision_without_an_answer_keeps_the_earlier_one_and_leaves_no_stale_map(tmp_path):
    run(tmp_path)
    run(tmp_path, revision="B", key="2", texts=("summary.json",))
    assert set(kept(tmp_path)) == {"A"}
    assert not (tmp_path / "map.html").exists()


def test_a_file_system_without_links_keeps_revisions_too(tmp_path, monkeypatch):
    import os

    def refuse(*_):
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    run(tmp_path)
    before = crashing.contents(tmp_path)
    run(tmp_path, revision="B", key="2")
    assert kept(tmp_path) == {"A": before}


def test_a_kept_revision_does_not_change_when_its_files_are_rewritten_in_place(tmp_path):
    run(tmp_path)
    run(tmp_path, revision="B", key="2")
    before = kept(tmp_path)
    (tmp_path / "map.html").write_text("edited by hand", encoding="utf-8")
    assert kept(tmp_path) == before


def test_going_back_to_a_revision_keeps_every_one_of_them_once(tmp_path):
    for revision, key in (("A", "1"), ("B", "2"), ("A", "1"), ("B", "2"), ("A", "1")):
        run(tmp_path, revision=revision, key=key)
    assert set(kept(tmp_path)) == {"A", "B"}


def test_a_revision_that_is_kept_is_not_used_again_for_something_else(tmp_path):
    run(tmp_path)
    run(tmp_path, revision="B", key="2")
    with pytest.raises(InputError, match="keeps a revision 'A' that was made from other inputs"):
        run(tmp_path, revision="A", key="3")
    run(tmp_path, revision="A", key="3", force=True)
    run(tmp_path, revision="C", key="4")
    assert set(kept(tmp_path)) == {"A", "B", "A.2"}  # both stay


@pytest.mark.parametrize("revision", ["../../etc", "3/b", ".hidden", "å", "x" * 200, "a" * 60 + "/", "CON ."])
def test_any_revision_is_kept_in_a_folder_of_its_own_below_revisions(tmp_path, revision):
    folder = tmp_path / "run"
    run(folder, revision=revision)
    run(folder, revision="next", key="2")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert len(kept(folder)) == 1
    assert {row["revision"] for row in history(folder)} == {revision, "next"}


def test_history_orders_by_date_and_tells_a_damaged_revision(tmp_path, cableroute):
    for number in range(1, 6):
        run(tmp_path, revision="ABCDE"[number - 1], key=str(number))
    (tmp_path / REVISIONS / "B" / "map.html").write_text("harmed", encoding="utf-8")
    told = cableroute("history", tmp_path, "--json")
    rows = json.loads(told.out)
    assert told.code == 0
    assert [row["revision"] for row in rows] == list("ABCDE")
    assert [row["current"] for row in rows] == [False] * 4 + [True]
    assert [row["totals_usd"]["x"] for row in rows] == [1e6, 2e6, 3e6, 4e6, 5e6]
    assert [row["revision"] for row in rows if row["problem"]] == ["B"]
    assert "revision C of 2026-01-03" in cableroute("history", tmp_path).out
    assert cableroute("history", tmp_path / "nowhere").code == 2


@pytest.mark.parametrize("text", ["[]", "{}", '{"date": 3}', "\x00", "[" * 100_000])
def test_history_of_a_forged_summary_is_told_without_a_traceback(tmp_path, cableroute, text):
    run(tmp_path)
    (tmp_path / "summary.json").write_text(text, encoding="utf-8")
    told = cableroute("history", tmp_path)
    assert told.code == 0
    assert "summary.json" in told.out


def test_a_whole_run_is_refused_then_kept_when_the_project_changes(sea_project, finished_run, cableroute):
    shutil.copytree(finished_run.folder, sea_project.out)
    before = crashing.contents(sea_project.out)
    sea_project.settings["title"] = "Another title"
    told = cableroute("run", sea_project.save(), "--out", sea_project.out)
    assert told.code == 2
    assert "made from other inputs or settings" in told.err
    assert crashing.contents(sea_project.out) == before
    sea_project.settings |= {"revision": "B", "routing": {"alter_course_usd": 9000.0}}
    flags = ("--out", sea_project.out, "--causes", "--keep-inputs", "--json", "--log-json")
    told = cableroute("run", sea_project.save(), *flags)
    assert told.code == 0
    assert kept(sea_project.out) == {"A": before}
    changes = json.loads(told.out)["changes"]
    (line,) = (each for each in map(json.loads, told.err.splitlines()) if "changes" in each)
    assert line["changes"] == changes
    assert line["message"].startswith(f"since the run before: {changes['text']}")
    delta = json.loads((sea_project.out / "changes" / "changes.json").read_text(encoding="utf-8"))
    assert (delta["old"], delta["changed"]) == (changes["before"], changes["changed"])
    assert [cause["key"] for cause in delta["causes"]["alone"]] == ["routing.alter_course_usd"]
    assert len(list((sea_project.out / "inputs").iterdir())) == len(pipeline.input_files(sea_project.read()))
    assert cableroute("verify", sea_project.out).code == 0
    assert cableroute("export", sea_project.out / REVISIONS / "A", "--format", "csv").code == 0


@pytest.mark.parametrize(
    ("name", "beside"),
    [
        ("depth.tif", "depth.tif.aux.xml"), ("depth.tif", "depth.tif.msk"), ("depth.tif", "depth.tif.OVR"),
        ("depth.tif", "depth.tfw"), ("depth.TIFF", "depth.wld"), ("depth.asc", "depth.prj"),
        ("layer.gpkg", "layer.gpkg-wal"), ("layer.gml", "layer.xsd"), ("cell.000", "cell.001"),
    ],
)  # fmt: skip
def test_what_is_read_beside_an_input_is_in_its_digest(tmp_path, name, beside):
    (tmp_path / name).write_bytes(b"values")
    (tmp_path / f"other.{beside.partition('.')[2]}").write_bytes(b"of another file")
    (tmp_path / "depth.pdf").write_bytes(b"read by nobody")
    alone = input_digest(tmp_path / name)
    assert alone == file_digest(tmp_path / name)
    (tmp_path / beside).write_bytes(b"one")
    one = input_digest(tmp_path / name)
    (tmp_path / beside).write_bytes(b"another")
    assert len({alone, one, input_digest(tmp_path / name)}) == 3


@pytest.mark.parametrize("late", ["survey Late/new.tif", "landings.path"])
def test_an_input_that_arrives_or_changes_while_inputs_are_read_ends_with_four(
    sea_project, cableroute, monkeypatch, late
):
    survey = sea_project.folder / "late"
    survey.mkdir()
    shutil.copy(sea_project.folder / "bathymetry.tif", survey / "old.tif")
    sea_project.settings["survey"] = [
        {"name": "Late", "path": "late", "date": date(2026, 1, 1), "kind": "elevation", "zero_m": 0.0}
    ]
    load = pipeline.load

    def load_late(*arguments, **options):
        if late == "landings.path":
            sea_project.write_landings(LANDINGS + "\n")
        else:
            shutil.copy(survey / "old.tif", survey / "new.tif")
        return load(*arguments, **options)

    monkeypatch.setattr(pipeline, "load", load_late)
    told = cableroute("run", sea_project.save(), "--out", sea_project.out)
    assert told.code == 4
    assert f"{late}: changed while the inputs were read" in told.err
    assert not sea_project.out.exists() or not list(sea_project.out.iterdir())


def test_a_default_that_a_project_leaves_to_the_program_is_no_change_of_the_project(sea_project):
    stated = sea_project.read()
    sea_project.settings["revision"] = "A"  # the default
    spelt_out = sea_project.read()
    first, second, third = (pipeline._manifest(each) for each in (stated, stated, spelt_out))
    assert first["project_key"] == second["project_key"] != third["project_key"]


def test_an_export_into_the_folder_of_a_run_is_refused(sea_project, finished_run, cableroute):
    shutil.copytree(finished_run.folder, sea_project.out)
    told = cableroute("export", finished_run.folder, "--format", "tif", "--out", sea_project.out)
    assert told.code == 2
    assert "holds a run, whose files stay" in told.err
    assert crashing.contents(sea_project.out) == crashing.contents(finished_run.folder)


# --------------------------------------------------------------------------------------------------------------- verify


def verified(cableroute, folder):
    told = cableroute("verify", folder, "--json")
    return told.code, {(found["rule"], found["severity"]) for found in json.loads(told.out)}


def test_a_whole_run_has_no_findings(finished_run, cableroute):
    assert verified(cableroute, finished_run.folder) == (0, set())


@pytest.mark.parametrize(
    ("harm", "code", "rules"),
    [
        (lambda folder: (folder / "map.html").unlink(), 1, {("file", "warning")}),
        (lambda folder: (folder / "map.html").write_text("x"), 1, {("file", "warning")}),
        (lambda folder: (folder / MANIFEST).write_text("{"), 1, {("manifest", "warning")}),
        (lambda folder: (folder / MANIFEST).write_text('{"outputs": {"../x": ""}}'), 1, {("manifest", "warning")}),
        (lambda folder: (folder / REVISIONS / "A" / "map.html").write_text("x"), 1, {("file", "warning")}),
        (lambda folder: (folder / "notes.txt").write_text("mine"), 0, {("extra", "info")}),
        (lambda folder: (folder / ".writing-12").mkdir(), 0, {("left-over", "info")}),
        (lambda folder: (folder / "export").mkdir(), 0, set()),
    ],
)
def test_what_is_wrong_with_a_run_is_told(tmp_path, cableroute, harm, code, rules):
    run(tmp_path)
    run(tmp_path, revision="B", key="2")
    harm(tmp_path)
    found = verified(cableroute, tmp_path)
    assert (found[0], {rule for rule in found[1] if rule[0] != "versions"}) == (code, rules)


def test_other_versions_than_the_installed_ones_are_worth_knowing(tmp_path, cableroute):
    run(tmp_path, versions="0.0.1")
    assert verified(cableroute, tmp_path) == (0, {("versions", "info")})
    assert "made by cableroute 0.0.1, installed is" in cableroute("verify", tmp_path).out


def test_what_a_run_without_an_answer_left_of_the_earlier_one_is_worth_knowing(tmp_path, cableroute):
    run(tmp_path)
    run(tmp_path, key="2", texts=("summary.json",), force=True)
    code, rules = verified(cableroute, tmp_path)
    assert code == 0
    assert ("left-over", "info") in rules


def test_a_folder_without_a_run_is_bad_usage(tmp_path, cableroute):
    for folder in (tmp_path, tmp_path / "nowhere"):
        told = cableroute("verify", folder)
        assert told.code == 2
        assert "no manifest" in told.err
