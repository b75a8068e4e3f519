"""A small run that is committed over and over while its process is killed: `python crashing.py FOLDER SEED KILLS`.

It stands in its own file because it forks: that wants a process without threads. What it met
is printed as JSON; see test_crash.py for what is asked of it.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from routing.commit import SEALED, STAGED, place, writing
from routing.revisions import history, kept_name
from routing.runfolder import MANIFEST, examined, file_digest, staging

PER_REVISION = 20


def manifest_of(generation):
    """What a generation depends on; every `PER_REVISION` generations begin a new revision."""
    key = str(generation)
    return {"project": "p", "revision": f"R{generation // PER_REVISION}", "run_key": key, "project_key": key}


def files_of(generation):
    """Files of a generation by name; names and numbers of files differ from one to the next."""
    summary = {"date": f"2026-01-{1 + generation % 28:02}", "options": [], "generation": generation}
    lists = {f"rpl_{generation % 3}_{number}.csv": f"{generation},{number}\n" * 50 for number in range(4)}
    return {"summary.json": json.dumps(summary), "map.html": f"<p>{generation}</p>", **lists}


def commit(folder, generation):
    """Run a generation into a folder as `pipeline.run` does, without planning anything."""
    manifest = manifest_of(generation)
    with writing(folder, patience_s=10.0):
        kept_as = kept_name(folder, manifest, force=True)
        with staging(folder, manifest, kept_as=kept_as) as fresh:
            for name, text in files_of(generation).items():
                (fresh / name).write_text(text, encoding="utf-8")


def contents(folder):
    """Every file that stands in a folder itself, with its digest."""
    return {path.name: file_digest(path) for path in folder.iterdir() if path.is_file()}


def seen(folder):
    """What a reader who may not write sees: every file of the manifest, wherever it stands; None without a run."""
    if not place(folder, MANIFEST).is_file():
        return None
    manifest = json.loads(place(folder, MANIFEST).read_text(encoding="utf-8"))
    found = {name: file_digest(place(folder, name)) for name in manifest["outputs"]}
    if found != manifest["outputs"]:
        raise SystemExit(f"torn: {folder}")
    return int(manifest["run_key"])


def killed(work, *, after_s=None, at_event=None, below=None):
    """Fork, do some work, and kill it after a while, or when it touches the file system for the nth time."""
    child = os.fork()
    if child == 0:
        if at_event is not None:
            kill_at(at_event, str(below))
        work()
        os._exit(0)
    if after_s is not None:
        time.sleep(after_s)
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


#: What changes a file system, as Python tells its watchers.
CHANGES = frozenset({"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.truncate", "open"})


def kill_at(nth, below, changes=CHANGES, spared="\0"):
    """Die before the nth change below a folder, those below another not counted."""
    count = 0

    def watch(event, arguments):
        nonlocal count
        if event in changes and any(
            str(each).startswith(below) and not str(each).startswith(spared)
            for each in arguments
            if isinstance(each, str | os.PathLike)
        ):
            count += 1
            if count == nth:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


def check(folder, least):
    """Whether a killed folder holds one whole generation, and every earlier revision; returns the generation."""
    before = seen(folder)
    state = "pending" if (folder / SEALED).exists() else "staged" if (folder / STAGED).exists() else "clean"
    if before is None:
        return None, state
    run, harm = examined(folder)
    found = int(run.manifest["run_key"])
    is_whole = not harm and found == before and found >= least and not (folder / SEALED).exists()
    if not is_whole:
        raise SystemExit(f"not whole: {found} of at least {least}, seen {before}: {harm}")
    kept = [row for row in history(folder) if not row["current"]]
    problems = [row["problem"] for row in kept if row["problem"]]
    wanted = {f"R{number}" for number in range(found // PER_REVISION)}
    if problems or {row["revision"] for row in kept} != wanted or len(kept) != len(wanted):
        raise SystemExit(f"revisions lost at {found}: {kept}")
    return found, state


def clean_bytes(folder, generation, scratch):
    """Whether a folder holds what a generation writes that was never killed, and nothing else."""
    reference = scratch / f"reference-{generation}"
    commit(reference, generation)
    return contents(folder) == contents(reference)


def kill_at_random(folder, seed, kills):
    """Kill a process that commits one generation after another; returns how often each state was met."""
    chance, met, generation = random.Random(seed), {"clean": 0, "staged": 0, "pending": 0}, -1  # noqa: S311
    commit(folder, 0)
    start = time.perf_counter()
    commit(folder, 1)
    longest_s = 3.0 * (time.perf_counter() - start)
    generation = 1
    for _ in range(kills):

        def work(first=generation + 1):
            for each in range(first, first + 1000):
                commit(folder, each)

        if not killed(work, after_s=chance.uniform(0.0, longest_s)):
            raise SystemExit("the work ended by itself")
        generation, state = check(folder, generation)
        met[state] += 1
    commit(folder, generation + 1)
    return {"met": met, "generation": generation, "same": clean_bytes(folder, generation + 1, folder.parent)}


def kill_at_every_change(folder, first):
    """Kill one commit before each of its changes to the file system in turn; returns how often each state was met."""
    met, nth = {"clean": 0, "staged": 0, "pending": 0}, 0
    while True:
        nth += 1
        here = folder / str(nth)
        for each in range(max(0, first - 1), first):  # none before the very first run
            commit(here, each)
        if not killed(lambda here=here: commit(here, first), at_event=nth, below=here):
            return {"met": met, "changes": nth - 1}
        found, state = check(here, max(0, first - 1))
        if first and found is None:
            raise SystemExit(f"the earlier run is lost after a kill at change {nth}")
        met[state] += 1
        commit(here, first)
        check(here, first)
        if not clean_bytes(here, first, folder / f"scratch-{nth}"):
            raise SystemExit(f"other bytes after a kill at change {nth}, {found}")


if __name__ == "__main__":
    what, place_, *numbers = sys.argv[1:]
    acts = {"random": kill_at_random, "every": kill_at_every_change}
    print(json.dumps(acts[what](Path(place_), *map(int, numbers))))  # noqa: T201
