"""What a rerun leaves beside the run that it made: the report of what changed, and copies of inputs."""

from __future__ import annotations

import json
import shutil

import crashing
import pytest

from routing import commit, pipeline
from routing.commit import CHANGES, INPUTS, REVISIONS, SEALED, writing
from routing.errors import InputError, ResourceError
from routing.inputstore import InputKeeper, find_input
from routing.rerun import REPORT, Reporter
from routing.runfolder import MANIFEST, input_digest, staging
from routing.verification import verify


def rerun(folder, source, *, dearer_usd=0.0, key=None, kept_as=None, keeper=None):
    """What `pipeline.run` does to a folder, with the files of a finished run and another total; returns what changed."""
    manifest = json.loads((source / MANIFEST).read_text(encoding="utf-8"))
    manifest["run_key"] = key or manifest["run_key"]
    reporter = Reporter()
    with writing(folder, patience_s=0.0):
        beside = (reporter.write, keeper.write) if keeper else (reporter.write,)
        with staging(folder, manifest, kept_as=kept_as, beside=beside) as fresh:
            for path in source.iterdir():
                if path.is_file() and path.name != MANIFEST:
                    shutil.copyfile(path, fresh / path.name)
            summary = json.loads((fresh / "summary.json").read_text(encoding="utf-8"))
            summary["options"][0]["cost"]["total_usd"] += dearer_usd
            (fresh / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    return reporter.changes


def reported(folder):
    return {path.name: path.read_bytes() for path in (folder / CHANGES).glob("*")}


def warnings(folder):
    return [found for found in verify(folder) if found["severity"] == "warning"]


# ----------------------------------------------------------------------------------------------------------- the report


def test_a_rerun_leaves_a_report_of_what_it_changed_and_the_same_run_again_keeps_it(tmp_path, finished_run, caplog):
    caplog.set_level("INFO")
    assert rerun(tmp_path, finished_run.folder) is None  # nothing was there before
    assert not reported(tmp_path)
    changes = rerun(tmp_path, finished_run.folder, dearer_usd=5e5, key="another")
    first = reported(tmp_path)
    assert sorted(first) == sorted(REPORT)
    assert [path.name for path in changes.files] == list(REPORT)
    assert changes.delta.options[0].figure("total cost").difference == 5e5
    table = json.loads(first["changes.json"])
    assert table["changed"]
    assert table["old"]["run_key"] != table["new"]["run_key"] == "another"
    assert b"+500,000" in first["changes.txt"]
    assert rerun(tmp_path, finished_run.folder, dearer_usd=5e5, key="another") is None
    assert reported(tmp_path) == first
    assert {found["rule"] for found in verify(tmp_path)} <= {"versions"}
    changes.tell()
    assert "since the run before: 1 of 2 options changed." in caplog.text


def test_the_files_of_a_run_are_the_same_whatever_was_there_before(tmp_path, finished_run):
    for name, totals in (("cold", (5e5,)), ("warm", (0.0, 7e5, 5e5))):
        for number, usd in enumerate(totals):
            rerun(tmp_path / name, finished_run.folder, dearer_usd=usd, key="k" if usd == 5e5 else str(number))
    assert crashing.contents(tmp_path / "cold") == crashing.contents(tmp_path / "warm")
    assert sorted(reported(tmp_path / "warm")) == sorted(REPORT)
    assert json.loads(reported(tmp_path / "warm")["changes.json"])["old"]["run_key"] == "1"


def test_a_kept_revision_keeps_the_report_of_what_it_changed(tmp_path, finished_run):
    rerun(tmp_path, finished_run.folder)
    rerun(tmp_path, finished_run.folder, dearer_usd=1.0, key="b")
    first = reported(tmp_path)
    rerun(tmp_path, finished_run.folder, dearer_usd=2.0, key="c", kept_as="B")
    assert reported(tmp_path / REVISIONS / "B") == first != reported(tmp_path)
    assert not warnings(tmp_path)


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        (lambda folder: (folder / MANIFEST).write_text("{"), "is torn"),
        (lambda folder: (folder / "routes.gpkg").write_bytes(b"x"), "is not the file that the run wrote"),
        (lambda folder: (folder / "map.html").unlink(), "no such file"),
        (lambda folder: (shutil.rmtree(folder / CHANGES), (folder / CHANGES).write_text("mine")), "is a file, not a"),
    ],
)
def test_an_earlier_run_that_cannot_be_compared_never_stops_the_new_one(tmp_path, finished_run, caplog, harm, why):
    rerun(tmp_path, finished_run.folder)
    rerun(tmp_path, finished_run.folder, dearer_usd=1.0, key="b")
    harm(tmp_path)
    assert rerun(tmp_path, finished_run.folder, dearer_usd=2.0, key="c") is None
    (line,) = (each.getMessage() for each in caplog.records if each.levelname == "WARNING")
    assert line.startswith("no report of what changed since the run before: ")
    assert why in line
    assert not reported(tmp_path)  # a stale one would tell of another run
    assert not warnings(tmp_path)


def test_a_file_of_ones_own_in_the_folder_of_the_report_stays(tmp_path, finished_run):
    rerun(tmp_path, finished_run.folder)
    (tmp_path / CHANGES).mkdir()
    (tmp_path / CHANGES / "notes.txt").write_text("mine", encoding="utf-8")
    rerun(tmp_path, finished_run.folder, dearer_usd=1.0, key="b")
    (tmp_path / MANIFEST).unlink()
    rerun(tmp_path, finished_run.folder, dearer_usd=2.0, key="c")
    assert reported(tmp_path) == {"notes.txt": b"mine"}


def test_a_report_appears_with_its_run_whatever_stops_the_program(tmp_path, finished_run, monkeypatch):
    rerun(tmp_path, finished_run.folder)
    with monkeypatch.context() as patched:
        patched.setattr(commit, "_move_in", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(ResourceError, match="not all could be moved into place"):
            rerun(tmp_path, finished_run.folder, dearer_usd=1.0, key="b")
    assert not reported(tmp_path)
    assert (tmp_path / SEALED).is_dir()
    assert not warnings(tmp_path)  # whoever looks next finishes it
    assert sorted(reported(tmp_path)) == sorted(REPORT)
    assert crashing.contents(tmp_path)["summary.json"] != crashing.contents(finished_run.folder)["summary.json"]


@pytest.mark.parametrize("name", ["changes/../x", "changes/a/b", "revisions/A", "changes/.x", "/changes/x", "changes/"])
def test_a_journal_names_files_of_the_run_and_of_the_folders_beside_it_only(name):
    commit.Journal(("changes/changes.txt", "inputs/0a.tif", MANIFEST))
    with pytest.raises(InputError, match="is no name of a file of a run"):
        commit.Journal((name, MANIFEST))
    with pytest.raises(InputError, match="is no name of a file of a run"):
        commit.Journal((MANIFEST,), kept_as="changes/x")


# ---------------------------------------------------------------------------------------------------- copies of inputs


@pytest.fixture
def kept(tmp_path, finished_run):
    """A run's folder that keeps copies of the inputs of the miniature project, and these inputs."""
    files = pipeline.input_files(finished_run.project.read())
    rerun(tmp_path / "run", finished_run.folder, keeper=InputKeeper(tmp_path / "run", files, is_kept=False))
    return tmp_path / "run", files


def test_copies_of_inputs_are_kept_under_their_digest_and_verified(kept):
    folder, files = kept
    for path in files.values():
        assert find_input(folder, input_digest(path)).read_bytes() == path.read_bytes()
    assert len(list((folder / INPUTS).iterdir())) == len(files)
    assert not warnings(folder)
    copy = find_input(folder, input_digest(files["landings.path"]))
    copy.write_text("harmed", encoding="utf-8")
    (found,) = warnings(folder)
    assert (found["rule"], copy.stem in found["message"]) == ("file", True)
    assert find_input(folder, copy.stem) is None
    assert find_input(folder, "../../precious") is None


def test_a_copy_goes_when_neither_the_run_nor_a_kept_revision_names_it(kept, finished_run):
    folder, files = kept
    before = sorted(path.name for path in (folder / INPUTS).iterdir())
    manifest = json.loads((finished_run.folder / MANIFEST).read_text(encoding="utf-8"))
    manifest["inputs"].pop("landings.path")
    for kept_as, run_key, expected in (("A", "b", before), (None, "c", before)):
        keeper = InputKeeper(folder, {}, is_kept=kept_as is not None)
        with writing(folder, patience_s=0.0):
            told = {**manifest, "run_key": run_key}
            with staging(folder, told, kept_as=kept_as, beside=(keeper.write,)) as fresh:
                (fresh / "summary.json").write_text("{}", encoding="utf-8")
                (fresh / "map.html").write_text("", encoding="utf-8")
        assert sorted(path.name for path in (folder / INPUTS).iterdir()) == expected
    shutil.rmtree(folder / REVISIONS)
    keeper = InputKeeper(folder, {}, is_kept=False)
    with writing(folder, patience_s=0.0), staging(folder, manifest, beside=(keeper.write,)) as fresh:
        (fresh / "summary.json").write_text("{}", encoding="utf-8")
    gone = set(before) - {path.name for path in (folder / INPUTS).iterdir()}
    assert gone == {f"{input_digest(files['landings.path'])}.csv"}


def test_a_shapefile_is_kept_with_all_that_belongs_to_it(tmp_path, finished_run):
    files = {}
    for suffix in ("shp", "dbf", "prj"):
        files[suffix] = tmp_path / f"zone.{suffix}"
        files[suffix].write_text(suffix, encoding="utf-8")
    sha256, run = input_digest(files["shp"]), tmp_path / "run"
    manifest = {"run_key": "a", "inputs": {"layer Zone": {"file": "zone.shp", "sha256": sha256}}}
    keeper = InputKeeper(run, {"layer Zone": files["shp"]}, is_kept=False)
    with writing(run, patience_s=0.0), staging(run, manifest, beside=(keeper.write,)) as fresh:
        (fresh / "summary.json").write_text("{}", encoding="utf-8")
    assert {path.suffix for path in (run / INPUTS).iterdir()} == {".shp", ".dbf", ".prj"}
    assert find_input(run, sha256).suffix == ".shp"
    (run / INPUTS / f"{sha256}.dbf").unlink()
    assert find_input(run, sha256) is None


def test_an_input_that_changes_while_it_is_read_is_not_kept(tmp_path, finished_run, caplog):
    manifest = {"run_key": "a", "inputs": {"landings.path": {"file": "landings.csv", "sha256": "0" * 64}}}
    keeper = InputKeeper(tmp_path / "run", {"landings.path": finished_run.project.file}, is_kept=False)
    with (
        writing(tmp_path / "run", patience_s=0.0),
        staging(tmp_path / "run", manifest, beside=(keeper.write,)) as fresh,
    ):
        (fresh / "summary.json").write_text("{}", encoding="utf-8")
    assert "changed while it was read, and is not kept" in caplog.text
    assert not list((tmp_path / "run").glob(f"{INPUTS}/*"))


def test_a_file_in_place_of_the_folder_of_copies_is_refused_before_anything_is_planned(sea_project, cableroute):
    sea_project.out.mkdir()
    (sea_project.out / INPUTS).write_text("mine", encoding="utf-8")
    told = cableroute("run", sea_project.file, "--out", sea_project.out, "--keep-inputs")
    assert told.code == 2
    assert "is a file, not a folder for copies of inputs; move it away" in told.err
