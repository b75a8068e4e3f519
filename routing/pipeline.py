"""The one place that runs the stages in order: load, surface, plan, publish.

Each stage is a function from frozen values to a frozen value. Files appear whole
or not at all: everything is written into a hidden folder first, moved into place
last, and the manifest, written after all others, is the commit record.
"""

from __future__ import annotations

import json
import logging
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from routing import __version__, constraints
from routing.calibration import calibration
from routing.cost import CostModel
from routing.errors import InfeasibleError
from routing.explanation import explain
from routing.exposure import Exposure
from routing.fixedcost import FixedCost
from routing.loading import input_files, load, naming
from routing.planning import Planner, Sea, Wanted
from routing.pricing import PricedGrid
from routing.publish import SUMMARY, publish
from routing.results import Loaded, Planned
from routing.runfolder import digest, input_digest, is_current, library_versions, staging
from routing.summary import summarise, summarise_infeasible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from routing.project import Project

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
    "stage",
    "surface",
]

_log = logging.getLogger(__name__)

#: Fields of the project that each stage depends on, beside the stages before it.
_STAGE_FIELDS = {
    "load": ("area", "crs", "resolution_m", "water_level_m", "bathymetry", "coast", "sectors", "landings", "layer"),
    "surface": ("catalogue", "exposure"),
    "plan": ("option", "points_of_presence", "routing"),
}


@dataclass(frozen=True)
class Run:
    """What a run left behind.

    Attributes
    ----------
    folder
        Where its files are.
    summary
        What ``summary.json`` holds.
    changed
        False when nothing had to be done.
    """

    folder: Path
    summary: dict[str, Any]
    changed: bool

    @property
    def feasible(self) -> bool:
        """Whether any option has an answer."""
        return bool(self.summary["options"])


def run(
    project: Project,
    folder: Path,
    *,
    threads: int | None = None,
    if_changed: bool = False,
    keep_timings: bool = False,
) -> Run:
    """Run a project from its inputs to its folder of results.

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
    keep_timings
        Keep the seconds of each stage in the manifest. They differ from run to
        run, so without them equal inputs give equal bytes.

    Raises
    ------
    InputError
        When an input does not fit; an earlier run stays as it is.
    """
    manifest = _manifest(project)
    if if_changed and is_current(folder, manifest["run_key"]):
        return Run(folder, json.loads((folder / SUMMARY).read_text(encoding="utf-8")), changed=False)
    timings: dict[str, float] = {}
    with stage("load", timings):
        loaded = load(project)
    with stage("surface", timings):
        sea = surface(loaded)
    with stage("plan", timings):
        planned = plan(loaded, sea, threads=threads or default_threads())
    with stage("publish", timings):
        summary = describe(loaded, planned)
        manifest["timings"] = timings if keep_timings else None
        with staging(folder, manifest) as fresh:
            publish(fresh, loaded=loaded, planned=planned, summary=summary)
    return Run(folder, summary, changed=True)


@contextmanager
def stage(name: str, timings: dict[str, float] | None = None) -> Iterator[None]:
    """Log one line when a stage ends, and keep its seconds."""
    start = time.perf_counter()
    yield
    seconds = time.perf_counter() - start
    _log.info("%-8s %6.2f s", name, seconds)
    if timings is not None:
        timings[name] = round(seconds, 3)


def surface(loaded: Loaded, *, without: str | None = None) -> Sea:
    """Price every cell.

    Parameters
    ----------
    loaded
        The inputs.
    without
        Reason of an exclusion to leave out.
    """
    layers = tuple(layer for layer in loaded.layers if without is None or layer.source.reason != without)
    model, depth_m = CostModel(loaded.catalogue), loaded.seabed.depth_m
    exposure = _exposure(loaded, layers)
    exclusions = constraints.burn_exclusions(
        loaded.grid,
        sea=loaded.seabed.sea,
        known=np.isfinite(depth_m),
        layable=model.is_buildable(depth_m, exposure),
        layers=layers,
    )
    return Sea(PricedGrid(model.surface(loaded.grid, depth_m, exposure, exclusions)), exclusions, loaded.sectors)


def _exposure(loaded: Loaded, layers: Sequence[constraints.Layer]) -> Exposure:
    """What a cable meets on every cell."""
    classes, catalogue = loaded.project.exposure, loaded.catalogue
    everywhere = Exposure.uniform(
        loaded.grid.shape,
        catalogue,
        shipping=classes.shipping,
        fishing=classes.fishing,
        sediment=classes.sediment,
    )
    lane = np.uint8(catalogue.index("shipping", classes.lane))
    shipping = np.where(constraints.burn_lanes(loaded.grid, layers), lane, everywhere.shipping)
    return replace(everywhere, shipping=shipping)


def plan(loaded: Loaded, sea: Sea, *, threads: int) -> Planned:
    """Plan every wanted option; those without an answer are kept with the reason."""
    project = loaded.project
    planner = Planner(
        sea=sea,
        sites={site.landing.id: site for site in loaded.sites},
        fixed=FixedCost(loaded.catalogue),
        points_of_presence={key: (place.lon, place.lat) for key, place in project.points_of_presence.items()},
        alter_course_usd=project.routing.alter_course_usd,
        transition_usd=project.routing.transition_usd,
        gap=project.routing.gap_pct / 100.0,
        threads=threads,
    )

    def relaxed(reason: str) -> Sea | None:
        known = any(layer.source.kind == "exclude" and layer.source.reason == reason for layer in loaded.layers)
        return surface(loaded, without=reason) if known else None

    options, infeasible = [], []
    for table in project.option:
        wanted = Wanted(table.id, table.name, table.links, table.landings)
        try:
            options.append(planner.plan(wanted))
        except InfeasibleError as error:
            infeasible.append(planner.diagnose(wanted, error, relaxed))
    return Planned(planner, tuple(options), tuple(infeasible))


def findings(loaded: Loaded) -> list[dict[str, str]]:
    """What is doubtful about the inputs, though they can be used."""
    raised, sea = loaded.seabed.raised, int(loaded.seabed.sea.sum())
    unknown = int((loaded.seabed.sea & ~np.isfinite(loaded.seabed.depth_m)).sum())
    least = loaded.project.bathymetry.min_depth_m
    found = []
    if raised:
        text = f"{raised} of {sea} sea cells ({raised / sea:.0%}) lie above {least:g} m of depth and carry it"
        found.append({"rule": "depth-raised", "severity": "info", "message": text})
    if unknown:
        text = f"{unknown} of {sea} sea cells ({unknown / sea:.0%}) have no known depth and are excluded"
        found.append({"rule": "depth-unknown", "severity": "warning", "message": text})
    for site in loaded.sites:
        text = f"{site.landing.name} was moved {site.moved_m / 1000:.1f} km to the shore"
        found.append({"rule": "landing-moved", "severity": "info", "message": text})
    return found


def describe(loaded: Loaded, planned: Planned) -> dict[str, Any]:
    """Every number of a run: what ``summary.json`` holds."""
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
        "options": summarise(planned.options, planned.planner),
        "infeasible": summarise_infeasible(planned.infeasible),
        "calibration": calibration(loaded.catalogue),
        "published": [fact.model_dump() for fact in project.published],
        "seabed": {"sea_cells": int(loaded.seabed.sea.sum()), "cells_raised_to_least_depth": loaded.seabed.raised},
    }


def default_threads() -> int:
    """Threads that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _manifest(project: Project) -> dict[str, Any]:
    """What a run depends on: inputs, parameters, versions, and the key of each stage."""
    inputs = {}
    for key, path in input_files(project).items():
        with naming(project, key):
            inputs[key] = {"file": path.name, "sha256": input_digest(path)}
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
        "stage_keys": {**keys, "publish": rest},
        "inputs": inputs,
        "parameters": parameters,
        "versions": versions,
    }
