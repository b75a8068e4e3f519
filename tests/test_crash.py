"""Runs that survive what stops them: kills, full disks, other runs, clocks; crashing.py commits while it is killed."""

import ast
import errno
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import crashing
import pytest

from routing import commit, pipeline
from routing.errors import InputError, ResourceError
from routing.folderlock import LOCK, locked
from routing.reuse import CACHE
from routing.runfolder import MANIFEST, appearing, examined, is_current
from routing.verification import verify

TESTS = Path(__file__).parent
PACKAGE = TESTS.parent / "routing"


@pytest.fixture
def quick():
    """A folder in memory where there is one: what a kill leaves is the same, flushing a busy disk takes long."""
    memory = "/dev/shm"  # noqa: S108
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


def crash(what, folder, *numbers):
    done = subprocess.run(
        [sys.executable, TESTS / "crashing.py", what, folder, *map(str, numbers)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def whole(folder):
    """The generation that a folder holds, all its files unharmed."""
    run, harm = examined(folder)
    assert not harm
    return int(run.manifest["run_key"])


def hidden(folder):
    """What a run leaves hidden while it works; what its searches found stays, for the next one."""
    return [path.name for path in folder.iterdir() if path.name.startswith(".") and path.name != CACHE]


# ---------------------------------------------------------------------------------------------------------------- kills


@pytest.mark.parametrize("first", [0, 1, crashing.PER_REVISION], ids=["first run", "same revision", "new revision"])
def test_a_commit_killed_before_any_of_its_changes_leaves_one_run_or_the_other(quick, first):
    told = crash("every", quick / "run", first)
    assert told["changes"] > 20
    assert told["met"]["staged"] > 5
    assert told["met"]["pending"] > 5


def test_two_hundred_kills_at_random_moments_tear_nothing_and_lose_no_revision(quick):
    told = crash("random", quick / "run", 20260102, 200)
    assert sum(told["met"].values()) == 200
    assert told["generation"] > 1
    assert told["same"]


#: A run of the miniature sea that dies before its nth change, of some kind, of the folder.
REAL = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from crashing import kill_at
from routing import pipeline
from routing.project import read_project
kill_at(int(sys.argv[4]), sys.argv[6], {sys.argv[5]}, *sys.argv[7:])
pipeline.run(read_project(Path(sys.argv[2])), Path(sys.argv[3]), threads=1, force=True)
"""


def test_a_killed_run_is_made_good_by_the_next_one(sea_project, finished_run):
    shutil.copytree(finished_run.folder, sea_project.out)
    title, sea_project.settings["title"] = sea_project.settings["title"], "Another title, so that every file changes"
    run, cache = sea_project.out, sea_project.out / CACHE
    kills = (
        (3, "open", [cache], LOCK),  # while it keeps what its searches found
        (12, "open", [run, cache], commit.STAGED),
        (5, "os.rename", [run, cache], commit.SEALED),
    )
    for nth, kind, where, left in kills:
        command = [sys.executable, "-c", REAL, TESTS, sea_project.save(), run, str(nth), kind, *where]
        assert subprocess.run(command, check=False).returncode < 0
        assert left in hidden(sea_project.out)
        assert not [found for found in verify(sea_project.out) if found["severity"] == "warning"]
    sea_project.settings["title"] = title
    sea_project.run()
    assert crashing.contents(sea_project.out) == crashing.contents(finished_run.folder)
    assert not hidden(sea_project.out)


def pending(folder):
    """Leave the first of two generations half replaced by the second."""
    crashing.commit(folder, 1)
    shutil.copytree(folder, folder.parent / "second")
    crashing.commit(folder.parent / "second", 2)
    names = [*crashing.files_of(2), MANIFEST]
    (folder.parent / "second").rename(folder / commit.SEALED)
    (folder / commit.SEALED / ".journal.json").write_text(
        json.dumps({"names": names, "dropped": ["rpl_1_0.csv"], "kept_as": None}), encoding="utf-8"
    )
    (folder / commit.SEALED / "map.html").replace(folder / "map.html")


def test_a_reader_who_may_not_write_sees_the_new_run_and_verify_says_what_is_pending(tmp_path):
    folder = tmp_path / "run"
    pending(folder)
    with locked(folder, patience_s=0.0):  # the same as a folder that cannot be written
        assert whole(folder) == 2
        assert is_current(folder, "2")
        assert {found["rule"] for found in verify(folder) if found["severity"] == "warning"} == {"pending"}
    assert not [found for found in verify(folder) if found["severity"] == "warning"]  # it may write now: all is moved
    assert not hidden(folder)
    assert not (folder / "rpl_1_0.csv").exists()


@pytest.mark.parametrize("names", [["../../precious"], ["/etc/passwd"], [".lock"], [3], None])
def test_a_journal_from_elsewhere_leads_nowhere_and_is_told(tmp_path, names):
    folder = tmp_path / "run"
    pending(folder)
    (tmp_path / "precious").write_text("keep me", encoding="utf-8")
    journal = {"names": ["map.html"], "dropped": names, "kept_as": None}
    (folder / commit.SEALED / ".journal.json").write_text(json.dumps(journal), encoding="utf-8")
    with pytest.raises(InputError, match=r"remove the folder \.commit"):
        crashing.commit(folder, 3)
    assert (tmp_path / "precious").read_text(encoding="utf-8") == "keep me"


def test_an_export_killed_while_it_writes_is_swept_by_the_next(tmp_path):
    (tmp_path / f"{commit.STAGED}-4711").mkdir(parents=True)  # of a process of an earlier version
    (tmp_path / commit.STAGED).mkdir()
    (tmp_path / commit.STAGED / "routes.kml").write_text("half", encoding="utf-8")
    with appearing(tmp_path) as fresh:
        (fresh / "routes.dxf").write_text("whole", encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["routes.dxf"]


# ------------------------------------------------------------------------------------------------------------ full disks


def fill_disk(monkeypatch, nth):
    """A disk that is full from the nth thing on that needs room."""
    count = 0

    def limited(function, *, is_open):
        def call(*arguments, **named):
            nonlocal count
            count += not is_open or "w" in str(arguments[1:2])
            if count >= nth and (not is_open or "w" in str(arguments[1:2])):
                raise OSError(errno.ENOSPC, "No space left on device")
            return function(*arguments, **named)

        return call

    for module, name in ((os, "fsync"), (os, "rename"), (os, "replace"), (os, "mkdir"), (os, "link"), (io, "open")):
        monkeypatch.setattr(module, name, limited(getattr(module, name), is_open=name == "open"))


@pytest.mark.parametrize("second", [2, crashing.PER_REVISION], ids=["same revision", "new revision"])
def test_a_disk_full_at_any_step_leaves_one_run_or_the_other(quick, monkeypatch, second):
    seen, nth, stopped = set(), 0, True
    while stopped:
        nth += 1
        folder = quick / str(nth)
        crashing.commit(folder, second - 1)
        with monkeypatch.context() as patched:
            fill_disk(patched, nth)
            stopped = is_stopped(folder, second)
        found = crashing.seen(folder)
        seen.add(found)
        assert not (folder / commit.STAGED).exists()
        if stopped and found == second - 1:
            assert crashing.contents(folder) == reference(quick, second - 1)
        crashing.commit(folder, second)  # with room again
        assert crashing.contents(folder) == reference(quick, second)
    assert seen == {second - 1, second}
    assert nth > 15


def is_stopped(folder, generation):
    """Whether a commit ends with the error that the command line turns into exit code 4, and no other."""
    try:
        crashing.commit(folder, generation)
    except ResourceError as error:
        return "No space left" in str(error)
    return False


def reference(quick, generation):
    folder = quick / f"reference-{generation}"
    if not folder.exists():
        crashing.commit(folder, generation)
    return crashing.contents(folder)


@pytest.fixture
def little_disk(tmp_path, finished_run):
    """A file system of its own with a run on it and half the room for another."""
    room = sum(path.stat().st_size + 8192 for path in finished_run.folder.iterdir())
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={int(1.5 * room)}", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this user may not mount a file system")
    try:
        shutil.copytree(finished_run.folder, folder / "run")
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_run_onto_a_full_disk_ends_with_four_and_leaves_the_earlier_one(sea_project, cableroute, little_disk):
    before = crashing.contents(little_disk / "run")
    sea_project.settings["title"] = "Another title, so that every file changes"
    told = cableroute("run", sea_project.save(), "--out", little_disk / "run", "--force")
    assert told.code == 4
    assert "what was there before is still there" in told.err
    assert crashing.contents(little_disk / "run") == before
    assert not hidden(little_disk / "run")


def test_a_disk_that_is_read_only_can_be_verified_and_exported_but_not_written(sea_project, cableroute, little_disk):
    subprocess.run(["mount", "-o", "remount,ro", little_disk], check=True)
    told = cableroute("run", sea_project.file, "--out", little_disk / "run")
    assert (told.code, "Read-only file system" in told.err) == (4, True)
    assert cableroute("verify", little_disk / "run").code == 0
    assert cableroute("run", sea_project.file, "--out", little_disk / "run", "--if-changed").code == 0
    assert cableroute("export", little_disk / "run", "--format", "csv").code == 4
    assert cableroute("export", little_disk / "run", "--format", "csv", "--out", sea_project.folder / "e").code == 0


# --------------------------------------------------------------------------------------------------------- two at a time


def holder(folder):
    """Another process that holds a folder until it is killed."""
    code = (
        "import sys, time; from pathlib import Path; from routing.commit import writing\n"
        "with writing(Path(sys.argv[1]), patience_s=0.0): print('held', flush=True); time.sleep(600)"
    )
    process = subprocess.Popen([sys.executable, "-c", code, folder], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"held\n"
    return process


def test_a_second_run_in_the_same_folder_stops_with_four_and_says_who_holds_it(sea_project, cableroute, monkeypatch):
    monkeypatch.setattr(pipeline, "_PATIENCE_S", 0.1)
    with holder(sea_project.out) as other:
        told = cableroute("run", sea_project.file, "--out", sea_project.out)
        other.kill()
    assert told.code == 4
    assert f"process {other.pid} on " in told.err
    assert "wait for it" in told.err


def test_a_killed_holder_holds_nothing(tmp_path):
    with holder(tmp_path / "run") as other:
        other.kill()
    assert (tmp_path / "run" / LOCK).exists()
    crashing.commit(tmp_path / "run", 1)
    assert whole(tmp_path / "run") == 1
    assert not hidden(tmp_path / "run")


COUNTING = """
import sys
from pathlib import Path
from routing.commit import writing
folder = Path(sys.argv[1])
for _ in range(40):
    with writing(folder, patience_s=60.0):
        counter = folder / "counter"
        counter.write_text(str(int(counter.read_text()) + 1))
"""


def test_only_one_process_at_a_time_holds_a_folder(quick):
    (quick / "counter").write_text("0", encoding="utf-8")
    command = [sys.executable, "-c", COUNTING, quick]
    processes = [subprocess.Popen(command) for _ in range(4)]
    assert [process.wait() for process in processes] == [0, 0, 0, 0]
    assert (quick / "counter").read_text(encoding="utf-8") == "160"
    assert not hidden(quick)


def test_threads_of_one_process_hold_a_folder_one_at_a_time_too(quick):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda generation: crashing.commit(quick / "run", generation), range(1, 13)))
    assert whole(quick / "run") in range(1, 13)


def test_who_reads_while_one_run_follows_another_never_sees_a_mixture(quick):
    folder = quick / "run"
    crashing.commit(folder, 1)
    code = "import crashing, sys, pathlib\nfor each in range(2, 400): crashing.commit(pathlib.Path(sys.argv[1]), each)"
    env = {**os.environ, "PYTHONPATH": f"{TESTS}{os.pathsep}{TESTS.parent}"}
    found = []
    with subprocess.Popen([sys.executable, "-c", code, folder], env=env) as writer:
        while writer.poll() is None:
            try:
                found.append(whole(folder))
            except ResourceError as error:
                assert "one run after another" in str(error)  # noqa: PT017  (that is an answer too)
            if len(set(found)) > 20:
                writer.kill()
    assert len(set(found)) > 1
    assert found == sorted(found)


# ---------------------------------------------------------------------------------------------------- compiled kernels


@pytest.mark.parametrize("suffix", ["nbi", "nbc"])
@pytest.mark.parametrize("length", [0, 1, 60, 0.5, 0.99])
def test_a_torn_compiled_kernel_is_compiled_again(tmp_path, monkeypatch, suffix, length):
    import numba

    from routing.geodesic.compiled import kernel

    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "one_more.py").write_text("def one_more(x):\n    return x + 1\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "one_more", raising=False)
    import one_more  # type: ignore[import-not-found]

    def called():
        """The answer of a process that has not compiled anything yet, and whether it found it on the disk."""
        compiled = kernel(one_more.one_more)
        return compiled(3), sum(compiled.stats.cache_hits.values())

    assert called() == (4, 0)
    assert called() == (4, 1)
    (file,) = (tmp_path / "cache").rglob(f"*.{suffix}")
    whole_file = file.read_bytes()
    file.write_bytes(whole_file[: length if isinstance(length, int) else int(length * len(whole_file))])
    assert called() == (4, 0)
    assert called() == (4, 1)


# ---------------------------------------------------------------------------------------------------------------- clocks


def test_times_of_files_decide_nothing(sea_project, finished_run, cableroute):
    shutil.copytree(finished_run.folder, sea_project.out)
    for shift_s in (-40 * 365 * 86400, 40 * 365 * 86400):
        when = time.time() + shift_s
        for path in [*sea_project.out.iterdir(), *sea_project.folder.iterdir()]:
            os.utime(path, (when, when))
        assert "nothing changed" in cableroute("run", sea_project.file, "--out", sea_project.out, "--if-changed").out
        assert cableroute("verify", sea_project.out).code == 0
    os.utime(sea_project.out / "map.html", (0, 0))
    assert cableroute("run", sea_project.file, "--out", sea_project.out).code == 0
    assert crashing.contents(sea_project.out) == crashing.contents(finished_run.folder)


def test_no_module_asks_for_the_time_of_day_or_of_a_file():
    told = {
        "st_mtime",
        "st_mtime_ns",
        "st_ctime",
        "st_atime",
        "getmtime",
        "getctime",
        "now",
        "utcnow",
        "today",
        "time_ns",
    }
    # A download says when it was made; no run reads that.
    runs = (path for path in PACKAGE.rglob("*.py") if path.parent.name != "fetch")
    for path in runs:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        asked = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert not asked & told, path
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "time"]
        assert not [node for node in calls if getattr(node.value, "id", "") == "time"], path
