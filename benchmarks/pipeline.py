"""Time and memory of whole runs as cells and rasters grow: `python benchmarks/pipeline.py`.

One JSON line a row, each worked out in a process of its own. `ratio` = `peer` / `ours`: above 1 is
better. No other program makes a whole run, so its memory has the limit or the program's own
estimate as its peer and its seconds have none; bringing a fine raster to the routing grid has
GDAL's warper, which averages the same file to the same grid. Growth is the exponent between two
rows: 1 is in step with the cells. No network is used.

    python benchmarks/pipeline.py                    the usual rows, some ten minutes
    python benchmarks/pipeline.py --all              all six options
    python benchmarks/pipeline.py --only raster      the rows of these groups: project, raster, fine
    python benchmarks/pipeline.py --side 2000 --resolution 4000 2000    smaller: seconds
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fresh
from rows import Row, beside, within
from soundings import copied, write_rough

from routing.memory import needed_bytes

TWO = ["az-kz", "az-kz-tm"]
GROUPS = ("project", "raster", "fine")


@dataclass
class Plan:
    """What is run: sizes, options, and the fine raster, made when it is first asked for."""

    resolutions_m: list[float]
    side: int
    options: list[str] | None
    folder: Path
    whole: dict[float, fresh.Facts] = field(default_factory=dict)

    @property
    def finest_m(self) -> float:
        """Resolution of the rows with the fine raster."""
        return min(self.resolutions_m)

    @property
    def raster(self) -> Path:
        """The fine raster, in a copy of the embedded project."""
        path = self.folder / "project" / "fine.tif"
        if not path.exists():
            copied(path.parent)
            write_rough(path, self.side)
        return path

    def run(self, resolution_m: float, raster: Path | None = None) -> fresh.Facts:
        """One whole run from nothing."""
        project = None if raster is None else str(raster.parent / "project.toml")
        return fresh.run(
            "whole", project=project, raster=raster and raster.name, resolution_m=resolution_m, options=self.options
        )


def main() -> None:
    options = _arguments()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=options.folder)))
        asked = None if options.all else options.options
        plan = Plan(sorted(options.resolution, reverse=True), options.side, asked, folder)
        if set(options.only) != {"raster"}:
            plan.run(8000.0)  # compiles the kernels, if they are not yet
        for name in options.only:
            for row in ROWS[name](plan):
                sys.stdout.write(json.dumps(row) + "\n")
                sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=GROUPS, default=list(GROUPS), help="groups of rows")
    parser.add_argument("--resolution", type=float, nargs="+", default=[1000.0, 500.0], help="metres of a cell")
    parser.add_argument("--side", type=int, default=20_000, help="rows and columns of the fine raster")
    parser.add_argument("--all", action="store_true", help="all options, not two")
    parser.add_argument("--options", nargs="+", metavar="ID", default=TWO, help="other options than the two")
    parser.add_argument("--folder", type=Path, help="where temporary files go: the fine raster takes a gigabyte")
    return parser.parse_args()


def project_rows(plan: Plan) -> Iterator[Row]:
    """The embedded project on finer and finer grids."""
    for resolution_m in plan.resolutions_m:
        plan.whole[resolution_m] = plan.run(resolution_m)
        yield from _whole("run", int(resolution_m), plan.whole[resolution_m])
    for coarse, fine in zip(plan.resolutions_m, plan.resolutions_m[1:], strict=False):
        yield from growth("run", int(fine), plan.whole[coarse], plan.whole[fine])


def raster_rows(plan: Plan) -> Iterator[Row]:
    """A fine raster brought to the routing grid, beside GDAL's averaging warp of the same file."""
    arguments = {"raster": str(plan.raster), "resolution_m": plan.finest_m}
    ours, gdal = (fresh.run(job, **arguments) for job in ("averaged", "gdal_averaged"))
    facts = {"raster_cells": plan.side**2, "cells": ours["cells"], "resolution_m": plan.finest_m}
    apart = fresh.run("apart", ours=ours["file"], peer=gdal["file"])
    for name in ("seconds", "cpu", "gigabytes"):
        title = {"cpu": "processor seconds", "gigabytes": "GB at most"}.get(name, name)
        yield beside(f"raster, {title}", plan.side, ours[name], peer_name="gdal average", peer=gdal[name], **facts)
    yield beside("raster, m apart", plan.side, apart["median"], peer_name=None, peer=None, most=apart["most"])


def fine_rows(plan: Plan) -> Iterator[Row]:
    """A whole run with a bathymetry far finer than the routing grid."""
    found = plan.run(plan.finest_m, plan.raster)
    facts = {"raster_cells": plan.side**2, "raster_file_gb": plan.raster.stat().st_size / 1e9}
    for row in _whole("run with a fine raster", plan.side, found):
        yield row | facts
    plain = plan.whole.get(plan.finest_m)
    if plain:
        load = found["stages"]["load"]["cpu"] - plain["stages"]["load"]["cpu"]
        yield within("fine raster, processor seconds more", plan.side, load, million_a_second=plan.side**2 / load / 1e6)
        yield within("fine raster, GB more", plan.side, found["gigabytes"] - plain["gigabytes"])


def _whole(title: str, size: int, found: fresh.Facts) -> Iterator[Row]:
    facts: dict[str, Any] = {"cells": found["cells"], "resolution_m": found["resolution_m"]}
    yield within(f"{title}, seconds", size, found["seconds"], stages=found["stages"], cpu=found["cpu"], **facts)
    row = within(f"{title}, GB at most", size, found["gigabytes"], **facts)
    if row["peer"] is None:
        estimate = needed_bytes(found["cells"]) / 1e9
        row = beside(f"{title}, GB at most", size, found["gigabytes"], peer_name="own estimate", peer=estimate, **facts)
    yield row


def growth(title: str, size: int, coarse: fresh.Facts, fine: fresh.Facts) -> Iterator[Row]:
    """Exponents of processor seconds, of the run and its stages, and of memory in the number of cells."""
    times = fine["cells"] / coarse["cells"]
    pairs = {"processor seconds": (coarse["cpu"], fine["cpu"]), "GB": (coarse["gigabytes"], fine["gigabytes"])}
    for name in coarse["stages"]:
        pairs[f"processor seconds of {name}"] = coarse["stages"][name]["cpu"], fine["stages"][name]["cpu"]
    for name, (before, after) in pairs.items():
        yield within(f"{title}, growth of {name}", size, math.log(after / before) / math.log(times))


ROWS = {"project": project_rows, "raster": raster_rows, "fine": fine_rows}

if __name__ == "__main__":
    main()
