"""Jobs in a process of their own, so that memory and first calls are measured from nothing."""

from __future__ import annotations

import json
import logging
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

__all__ = ["Facts", "run"]

Facts = dict[str, Any]


def run(job: str, environment: Mapping[str, str] | None = None, **arguments: Any) -> Facts:
    """What a job reports from a new process."""
    command = [sys.executable, __file__, job, json.dumps(arguments)]
    done = subprocess.run(  # noqa: S603 (this very file)
        command, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})}
    )
    return dict(json.loads(done.stdout))


def first_calls(dtype: str) -> Facts:
    """Seconds of the import and of the first call of everything public, on a small raster."""
    began = time.perf_counter()
    from routing import geodesic

    imported = time.perf_counter()
    import numpy as np

    cost = np.ones((60, 80), dtype)
    cost[20:40, 30:33] = np.inf
    path = geodesic.least_cost_path(cost, (30, 5), (30, 70))
    geodesic.distance_field(cost, (30, 5))
    geodesic.path_cost(cost, path.points)
    geodesic.certify(cost, (30, 5), (30, 70), path.cost)
    return {"import": imported - began, "calls": time.perf_counter() - imported}


def field(raster: str, ends: list[list[int]]) -> Facts:
    """A whole field of a raster from a file."""
    from routing.geodesic import distance_field

    return _measured(raster, lambda cost: distance_field(cost, ends[0]))[0]


def route(raster: str, ends: list[list[int]]) -> Facts:
    """A route on a raster from a file."""
    from routing.geodesic import least_cost_path

    facts, path = _measured(raster, lambda cost: least_cost_path(cost, *ends))
    return facts | {"price": path.cost, "cells_solved": path.cells_solved}


def certificate(raster: str, ends: list[list[int]], price: float, tolerance: float) -> Facts:
    """A certificate on a raster from a file."""
    from routing.geodesic import certify

    facts, found = _measured(raster, lambda cost: certify(cost, ends[0], ends[1], price, tolerance=tolerance))
    return facts | {"gap": found.gap, "reached": found.reached, "kept": found.kept}


def project(resolution_m: float) -> Facts:
    """The options of the embedded project, planned and described."""
    from caspian import PROJECT

    from routing.pipeline import default_threads, describe, load, plan, surface
    from routing.project import read_project

    table = read_project(PROJECT).model_copy(update={"resolution_m": resolution_m})
    coarse = load(table.model_copy(update={"resolution_m": 8000.0}))
    describe(coarse, plan(coarse, surface(coarse), threads=1))  # loads the kernels
    began = time.perf_counter()
    loaded = load(table)
    summary = describe(loaded, plan(loaded, surface(loaded), threads=default_threads()))
    seconds = time.perf_counter() - began
    gaps = {option["id"]: option["gap_pct"] / 100.0 for option in summary["options"]}
    return {"seconds": seconds, "gigabytes": _memory("VmHWM") / 1e9, "gaps": gaps}


def whole(project: str | None, raster: str | None, resolution_m: float, options: list[str] | None) -> Facts:
    """A run of the embedded project or of a copy of it, files included, with what each stage takes."""
    from caspian import PROJECT

    from routing.pipeline import run as run_project
    from routing.project import read_project

    table = read_project(Path(project) if project else PROJECT)
    changes: Facts = {"resolution_m": resolution_m}
    if raster:
        changes["bathymetry"] = table.bathymetry.model_copy(update={"path": Path(raster)})
    if options:
        changes["option"] = tuple(option for option in table.option if option.id in options)
    stages = _Stages()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, stages:
        run_project(table.model_copy(update=changes), Path(folder, "run"))
    seconds = time.perf_counter() - began
    facts = {"seconds": seconds, "cpu": time.process_time(), "gigabytes": _memory("VmHWM") / 1e9}
    cells = math.prod(_routing_grid(resolution_m)[1].shape)
    return facts | {"cells": cells, "resolution_m": resolution_m, "stages": stages.found}


def rerun(project: str, resolution_m: float, options: list[str] | None, surveys: list[list[Facts]]) -> Facts:
    """A run with some surveys after one with others, beside a cold run with them, all in one process."""
    from routing.pipeline import run as run_project
    from routing.project import read_project

    text = Path(project).read_text(encoding="utf-8")

    def planned(number: int, folder: Path) -> tuple[float, Any]:
        tables = [
            "\n".join(["[[survey]]", *(f"{key} = {_toml(row[key])}" for key in row), ""]) for row in surveys[number]
        ]
        file = Path(project).with_name(f"project-{number}.toml")
        file.write_text("\n".join([text, *tables]), encoding="utf-8")
        table = read_project(file)
        changes: Facts = {"resolution_m": resolution_m}
        if options:
            changes["option"] = tuple(option for option in table.option if option.id in options)
        began = time.process_time()
        done = run_project(table.model_copy(update=changes), folder, force=True)
        return time.process_time() - began, done

    with tempfile.TemporaryDirectory() as folder:
        again, cold = Path(folder, "again"), Path(folder, "cold")
        planned(0, again)
        cpu, done = planned(1, again)
        cold_cpu, _ = planned(1, cold)
        manifests = [json.loads((each / "manifest.json").read_text(encoding="utf-8")) for each in (again, cold)]
        report = again / "changes" / "changes.json"
        told = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {"options": [], "unaffected": {}}
    same = manifests[0]["outputs"] == manifests[1]["outputs"]
    unaffected = {key: value for key, value in told["unaffected"].items() if key != "options"}
    totals = {option["id"]: option["cost"]["total_usd"] for option in done.summary["options"]}
    said = done.changes.as_table()["text"] if done.changes else None
    return {"cpu": cpu, "cold_cpu": cold_cpu, "same_bytes": same, **unaffected, "totals_usd": totals, "changes": said}


def _toml(value: Any) -> str:
    """A value of a survey; dates are no text."""
    is_date = isinstance(value, str) and value[:4].isdigit() and len(value) == len("2026-01-01")
    return value if is_date else json.dumps(value)


def averaged(raster: str, resolution_m: float) -> Facts:
    """A fine raster brought to the routing grid of the embedded project by this program."""
    from routing.gridfile import RasterSource
    from routing.seabed.resampling import on_grid

    project, grid = _routing_grid(resolution_m)
    return _gridded(raster, "ours", lambda: on_grid(RasterSource(Path(raster)), grid, area=project.area, averaged=True))


def gdal_averaged(raster: str, resolution_m: float) -> Facts:
    """The same by GDAL: its warper reads the file in pieces of its own choice."""
    import numpy as np
    import rasterio
    from rasterio.warp import Resampling, reproject

    _, grid = _routing_grid(resolution_m)

    def warped() -> Any:
        values = np.full(grid.shape, np.nan, np.float32)
        with rasterio.open(raster) as file:
            reproject(
                rasterio.band(file, 1), values, dst_transform=grid.transform, dst_crs=grid.crs, dst_nodata=np.nan,
                resampling=Resampling.average,
            )  # fmt: skip
        return values

    return _gridded(raster, "gdal", warped)


def apart(ours: str, peer: str) -> Facts:
    """How far two grids of depths are apart, metres."""
    import numpy as np

    difference = np.abs(np.load(ours) - np.load(peer))
    difference = difference[np.isfinite(difference)]
    return {"median": float(np.median(difference)), "most": float(difference.max())}


def _gridded(raster: str, name: str, call: Callable[[], Any]) -> Facts:
    import numpy as np

    wall, cpu = time.perf_counter(), time.process_time()
    values = call()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    facts = {"seconds": wall, "cpu": cpu, "gigabytes": _memory("VmHWM") / 1e9, "cells": values.size}
    file = f"{raster}.{name}.npy"
    np.save(file, values)
    return facts | {"file": file}


def _routing_grid(resolution_m: float) -> Any:
    """The embedded project and its routing grid."""
    from caspian import PROJECT

    from routing.geodesy import Projection
    from routing.grid import Grid
    from routing.project import read_project

    project = read_project(PROJECT)
    return project, Grid.cover_area(project.area, projection=Projection(project.crs), cell_size_m=resolution_m)


class _Stages(logging.Handler):
    """What each stage of a run takes, as the program logs their ends."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.found: dict[str, Facts] = {}
        self._log = logging.getLogger("routing.pipeline")

    def __enter__(self) -> None:
        self._log.setLevel(logging.INFO)
        self._log.addHandler(self)
        self._last = time.process_time()

    def __exit__(self, *_: object) -> None:
        self._log.removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        name, seconds = record.args  # type: ignore[misc]
        now = time.process_time()
        self.found[str(name)] = {"wall": seconds, "cpu": now - self._last, "gigabytes": _memory("VmHWM") / 1e9}
        self._last = now


def design(kind: str, candidates: int, groups: int, resolution_m: float) -> Facts:
    """One option over made-up landings round the embedded sea."""
    from coastal import coastal_planner, wanted_links, wanted_tree

    wanted = {"links": wanted_links, "tree": wanted_tree}[kind]
    coastal_planner(candidates=6, groups=3, resolution_m=8000.0).plan(wanted(3))  # loads the kernels
    planner = coastal_planner(candidates=candidates, groups=groups, resolution_m=resolution_m)
    began = time.perf_counter()
    found = planner.plan(wanted(groups))
    seconds = time.perf_counter() - began
    gap = found.design.objective_usd / found.lower_bound_usd - 1.0
    return {"seconds": seconds, "gigabytes": _memory("VmHWM") / 1e9, "gap": gap}


def _measured(raster: str, call: Callable[[Any], Any]) -> tuple[Facts, Any]:
    """Seconds and gigabytes beyond the raster of a call whose kernels are loaded."""
    import numpy as np

    from routing.geodesic import certify, distance_field, least_cost_path

    small = np.ones((700, 700), np.float32)
    distance_field(small, (0, 0))
    certify(small, (0, 0), (9, 9), least_cost_path(small, (0, 0), (9, 9)).cost)
    cost = np.load(raster)
    before, wall, cpu = _memory("VmRSS"), time.perf_counter(), time.process_time()
    found = call(cost)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"seconds": wall, "cpu": cpu, "gigabytes": (_memory("VmHWM") - before) / 1e9}, found


def _memory(key: str) -> int:
    """Bytes of this process: VmRSS now, VmHWM at most; the peak for both where the system does not tell."""
    status = Path("/proc/self/status")  # a child's ru_maxrss starts at its parent's
    if status.exists():
        line = next(text for text in status.read_text(encoding="ascii").splitlines() if text.startswith(key))
        return 1024 * int(line.split()[1])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


JOBS: dict[str, Callable[..., Facts]] = {
    job.__name__: job
    for job in (first_calls, field, route, certificate, project, whole, rerun, averaged, gdal_averaged, apart, design)
}

if __name__ == "__main__":
    sys.stdout.write(json.dumps(JOBS[sys.argv[1]](**json.loads(sys.argv[2]))))
