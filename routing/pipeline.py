"""The one place that runs the stages in order: load, surface, plan, publish.

Each stage is a function from frozen values to a frozen value. Files appear all
together or not at all, and one run at a time works in a folder.
"""

from __future__ import annotations

import json
import logging
import os
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from routing import __version__, seafloor
from routing.answers import plan
from routing.calibration import calibration
from routing.commit import place, writing
from routing.errors import ResourceError
from routing.explanation import explain
from routing.inputstore import InputKeeper
from routing.loading import input_files, load, naming
from routing.notebook import RunView
from routing.planning import KEPT_TYPES
from routing.results import Loaded, Planned
from routing.reuse import CACHE, Store
from routing.revisions import kept_name
from routing.runfolder import SUMMARY, digest, input_digest, is_current, library_versions, staging, stored_run
from routing.summary import summarise, summarise_infeasible
from routing.surface import surface
from routing.unaffected import account_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from routing.cluster import Cluster
    from routing.delta import RunRecord
    from routing.project import Project
    from routing.rerun import Changes

__all__ = [
    "Loaded",
    "Planned",
    "Run",
    "default_threads",
    "describe",
    "explain",
    "findings",
    "input_files",
    "load",
    "plan",
    "run",
    "searches_kept",
    "stage",
    "surface",
]

_log = logging.getLogger(__name__)

#: Seconds that a run waits for another one in its folder: a commit is over by then, a plan is not.
_PATIENCE_S = 5.0
#: Fields of the project that each stage depends on, beside the stages before it.
_STAGE_FIELDS = {
    "load": (
        *("area", "crs", "resolution_m", "water_level_m", "bathymetry", "survey", "coast", "sectors", "landings"),
        *("layer", "end_of_life", "substrate", "hazard"),
    ),
    "surface": ("catalogue", "exposure", "agreed_crossing"),
    "plan": ("option", "existing", "points_of_presence", "routing"),
}


@dataclass(frozen=True)
class Run(RunView):
    """What a run left behind; a notebook shows its map.

    Attributes
    ----------
    folder
        Where its files are.
    summary
        What ``summary.json`` holds.
    changed
        False when nothing had to be done.
    changes
        What it changed of the run that it replaced; None when it replaced none, or the same one.
    """

    folder: Path
    summary: dict[str, Any]
    changed: bool
    changes: Changes | None = None

    def place(self, name: str) -> Path:
        """Where a file of the run stands, an unfinished commit included."""
        return place(self.folder, name)

    @property
    def feasible(self) -> bool:
        """Whether any option has an answer."""
        return bool(self.summary["options"])


def run(  # noqa: PLR0913  (one parameter an option of the command)
    project: Project,
    folder: Path,
    *,
    threads: int | None = None,
    if_changed: bool = False,
    force: bool = False,
    keep_timings: bool = False,
    memory_bytes: int | None = None,
    reuse: bool = True,
    scheduler: str | None = None,
    causes: bool = False,
    keep_inputs: bool = False,
) -> Run:
    """Run a project from its inputs to its folder of results, which no other run may work in meanwhile.

    Parameters
    ----------
    project
        The project.
    folder
        Where results go.
    threads
        Threads for the solver; the results are the same for any number.
    if_changed
        Do nothing when the folder already holds this very run.
    force
        Replace an earlier run of the same revision that was made from other inputs or settings.
    keep_timings
        Keep the seconds of each stage in the manifest. They differ from run to
        run, so without them equal inputs give equal bytes.
    memory_bytes
        Memory that it may take; None: 80 % of what is free when it starts.
    reuse
        Take what earlier runs in this folder have found, where all that it depends on is the same; the results are
        the same without.
    scheduler
        Address of a Dask scheduler whose workers do the searches; None: this machine does.
    causes
        Tell what each change since the run that is replaced does alone: one more plan for each.
    keep_inputs
        Keep copies of the inputs in the folder, so that `causes` can take back changes of files.

    Raises
    ------
    InputError
        When an input does not fit, or an earlier run would be lost; it stays as it is.
    ResourceError
        When the folder cannot be written, or another run works in it; an earlier run stays as it is.
    """
    manifest = _manifest(project)
    if if_changed and is_current(folder, manifest["run_key"]):
        return _unchanged(folder)
    ask = _Ask(threads or default_threads(), force, keep_timings, memory_bytes, reuse, causes, keep_inputs)
    with ExitStack() as held:
        held.enter_context(writing(folder, patience_s=_PATIENCE_S))
        if if_changed and is_current(folder, manifest["run_key"]):
            return _unchanged(folder)  # the run that was waited for
        cluster = held.enter_context(_cluster(scheduler)) if scheduler else None
        return _run(project, folder, manifest, ask, cluster)


def _cluster(scheduler: str) -> AbstractContextManager[Cluster]:
    from routing.cluster import connected

    return connected(scheduler)


@dataclass(frozen=True)
class _Ask:
    """How a run is to be made, as :func:`run` explains."""

    threads: int
    force: bool
    keep_timings: bool
    memory_bytes: int | None
    reuse: bool
    causes: bool
    keep_inputs: bool


def _unchanged(folder: Path) -> Run:
    return Run(folder, json.loads(stored_run(folder).place(SUMMARY).read_text(encoding="utf-8")), changed=False)


def _run(project: Project, folder: Path, manifest: dict[str, Any], ask: _Ask, cluster: Cluster | None) -> Run:
    """Plan a project and commit what comes out of it, in a folder that is held."""
    from routing.causes import attribute  # a run that finds nothing changed loads none of these
    from routing.publish import publish
    from routing.rerun import Reporter

    timings: dict[str, float] = {}
    with stage("load", timings):
        loaded = load(project, memory_bytes=ask.memory_bytes)
        _refuse_changed(project, manifest["inputs"])
        kept_as = kept_name(folder, manifest, force=ask.force)
        keeper = InputKeeper(folder, input_files(project) if ask.keep_inputs else {}, is_kept=kept_as is not None)
    with stage("surface", timings):
        sea = surface(loaded)
    with stage("plan", timings):
        store = searches_kept(folder if ask.reuse else None)
        planned = plan(loaded, sea, threads=ask.threads, store=store, cluster=cluster)
        account = account_for(planned, store)
        account.tell()
    outline = partial(_outline, ask=ask, store=store, cluster=cluster)
    told = partial(attribute, project=project, folder=folder, fields=sum(_STAGE_FIELDS.values(), ()), plan=outline)
    reporter = Reporter(told if ask.causes else None, account)
    with stage("publish", timings):
        summary = describe(loaded, planned)
        manifest["timings"] = timings if ask.keep_timings else None
        with staging(folder, manifest, kept_as=kept_as, beside=(reporter.write, keeper.write)) as fresh:
            publish(fresh, loaded=loaded, planned=planned, summary=summary, inputs=manifest["inputs"])
            del loaded, sea, planned  # plans for causes, made on leaving, need that memory
    store.finish()
    if reporter.changes:
        reporter.changes.tell()
    return Run(folder, summary, changed=True, changes=reporter.changes)


def searches_kept(folder: Path | None) -> Store:
    """What the searches of runs in a folder found, for :func:`plan`; None: nothing is kept.

    Parameters
    ----------
    folder
        A run's folder.
    """
    return Store(None if folder is None else folder / CACHE, library_versions(), KEPT_TYPES)


def _outline(project: Project, *, ask: _Ask, store: Store, cluster: Cluster | None) -> RunRecord:
    """A project planned for its totals and routes alone: nothing is written."""
    from routing.delta import planned_record
    from routing.exchange.geopackage import route_line

    loaded = load(project, memory_bytes=ask.memory_bytes)
    planned = plan(loaded, surface(loaded), threads=ask.threads, store=store, cluster=cluster)
    routes = {link.segment.id: route_line(link.segment) for option in planned.options for link in option.links}
    return planned_record(describe(loaded, planned, with_sensitivity=False), routes)


@contextmanager
def stage(name: str, timings: dict[str, float] | None = None) -> Iterator[None]:
    """Log one line when a stage ends, and keep its seconds."""
    start = time.perf_counter()
    yield
    seconds = time.perf_counter() - start
    _log.info("%-8s %6.2f s", name, seconds, extra={"stage": name, "seconds": round(seconds, 3)})
    if timings is not None:
        timings[name] = round(seconds, 3)


def findings(loaded: Loaded) -> list[dict[str, str]]:
    """What is doubtful about the inputs, though they can be used."""
    raised, sea = loaded.seabed.raised, int(loaded.seabed.sea.sum())
    unknown = int((loaded.seabed.sea & ~np.isfinite(loaded.seabed.depth_m)).sum())
    least = loaded.project.bathymetry.min_depth_m
    found: list[dict[str, Any]] = []
    if raised:
        text = f"{raised} of {sea} sea cells ({raised / sea:.0%}) lie above {least:g} m of depth and carry it"
        found.append({"rule": "depth-raised", "severity": "info", "message": text})
    if unknown:
        text = f"{unknown} of {sea} sea cells ({unknown / sea:.0%}) have no known depth and are excluded"
        found.append({"rule": "depth-unknown", "severity": "warning", "message": text})
    for site in loaded.sites:
        text = f"{site.landing.name} was moved {site.moved_m / 1000:.1f} km to the shore"
        found.append({"rule": "landing-moved", "severity": "info", "message": text})
    doubts = [doubt for layer in loaded.layers for doubt in layer.doubts]
    doubts += loaded.sectors.doubts if loaded.sectors else ()
    return [*found, *(doubt.as_row() for doubt in doubts), *seafloor.doubts(loaded)]


def describe(loaded: Loaded, planned: Planned, *, with_sensitivity: bool = True) -> dict[str, Any]:
    """Every number of a run: what ``summary.json`` holds, the sensitivity of totals where it is wanted."""
    project = loaded.project
    return {
        "project": project.name,
        "title": project.title,
        "revision": project.revision,
        "date": project.date.isoformat(),
        "generated_by": {"version": __version__},
        "crs": loaded.grid.crs,
        "resolution_m": project.resolution_m,
        "water_level_m": project.water_level_m,
        "currency": loaded.catalogue.currency,
        "price_year": loaded.catalogue.price_year,
        "options": summarise(
            planned.options, planned.planner, makers=planned.makers, with_sensitivity=with_sensitivity
        ),
        "infeasible": summarise_infeasible(planned.infeasible),
        "calibration": calibration(loaded.catalogue),
        "published": [fact.model_dump() for fact in project.published],
        "seabed": {
            "sea_cells": int(loaded.seabed.sea.sum()),
            "cells_raised_to_least_depth": loaded.seabed.raised,
            **seafloor.describe_seafloor(loaded),
        },
    }


def default_threads() -> int:
    """Threads that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _inputs(project: Project) -> dict[str, dict[str, str]]:
    """Name and digest of every input, by the key that names it."""
    inputs = {}
    for key, path in input_files(project).items():
        with naming(project, key):
            inputs[key] = {"file": path.name, "sha256": input_digest(path)}
    return inputs


def _refuse_changed(project: Project, before: Mapping[str, Mapping[str, str]]) -> None:
    """Refuse inputs that are no longer those of the manifest: it would hold digests of what was not read.

    Their bytes are read once more, at a gigabyte a second or so: times of files tell less.
    """
    now = _inputs(project)
    changed = sorted(key for key in before.keys() | now.keys() if before.get(key) != now.get(key))
    if changed:
        raise ResourceError(f"{', '.join(changed)}: changed while the inputs were read; run again when all are there")


def _manifest(project: Project) -> dict[str, Any]:
    """What a run depends on: inputs, parameters, versions, and the key of each stage."""
    inputs = _inputs(project)
    parameters = project.model_dump(mode="json")
    versions = library_versions()
    keys, before = {}, digest([inputs, versions])
    for name, fields in _STAGE_FIELDS.items():
        keys[name] = before = digest([before, {field: parameters[field] for field in fields}])
    rest = digest([before, parameters])
    return {
        "project": project.name,
        "revision": project.revision,
        "run_key": rest,
        "project_key": digest([inputs, project.model_dump(mode="json", exclude_unset=True)]),
        "stage_keys": {**keys, "publish": rest},
        "inputs": inputs,
        "parameters": parameters,
        "versions": versions,
    }
