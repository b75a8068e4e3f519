"""What a rerun takes beside a cold run, when survey data arrives: `python benchmarks/reruns.py`.

One JSON line a row: `ours` is the rerun with the delivery, `peer` a cold run with it, each in processor
seconds, files included; `ratio` = `peer` / `ours`. Each row also says whether the files of both are the same,
byte for byte, and how many searches were done again. A delivery covers a hundredth of the sea and makes it a
fifth deeper. No network is used.

    python benchmarks/reruns.py                             the embedded project at 500 m, all options: half an hour
    python benchmarks/reruns.py --resolution 4000           smaller: a minute
    python benchmarks/reruns.py --delivery FILE --zero 0    a real raster of heights instead: in a corridor, then whole
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fresh
from rows import Row, beside
from soundings import copied, write_deeper

Box = tuple[float, float, float, float]
#: West, south, east, north; each about a hundredth of the sea.
PLACES: dict[str, Box] = {
    "off the routes, north": (49.6, 45.3, 50.4, 45.85),
    "off the routes, south": (51.0, 37.6, 51.7, 38.15),
    "beside the routes": (49.0, 42.2, 49.75, 42.75),
    "on the routes": (50.3, 41.4, 51.0, 41.95),
}
#: Round the route between Absheron and Aktau.
CORRIDOR: Box = (49.8, 40.4, 51.4, 43.8)


def main() -> None:
    options = _arguments()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        project = copied(Path(folder, "project"))
        found = real_rows(project, options) if options.delivery else made_up_rows(project, options)
        for row in found:
            sys.stdout.write(json.dumps(row) + "\n")
            sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--resolution", type=float, default=500.0, help="metres of a cell")
    parser.add_argument("--options", nargs="+", metavar="ID", help="these options alone")
    parser.add_argument("--places", nargs="+", choices=list(PLACES), default=list(PLACES), help="of deliveries")
    parser.add_argument("--delivery", type=Path, help="a raster of heights, up positive")
    parser.add_argument("--zero", type=float, default=0.0, help="height of its zero in the project's vertical datum, m")
    parser.add_argument("--folder", type=Path, help="where temporary files go")
    return parser.parse_args()


def made_up_rows(project: Path, options: argparse.Namespace) -> Iterator[Row]:
    """Deliveries at several places, each after a run without any."""
    for name in options.places:
        raster = write_deeper(project.parent / "delivery.tif", PLACES[name])
        survey = {"name": "Delivery", "path": raster.name, "kind": "elevation", "zero_m": 0.0, "date": "2026-11-01"}
        yield _row(f"rerun {name}", options, project, [[], [survey]])


def real_rows(project: Path, options: argparse.Namespace) -> Iterator[Row]:
    """A real raster, first in a corridor, then whole."""
    raster = project.parent / options.delivery.name
    raster.write_bytes(options.delivery.read_bytes())
    survey = {"name": "Real", "path": raster.name, "kind": "elevation", "zero_m": options.zero, "date": "2026-11-01"}
    corridor = {**survey, "area": list(CORRIDOR)}
    yield _row("rerun, real delivery in a corridor", options, project, [[], [corridor]])
    yield _row("rerun, real delivery whole", options, project, [[corridor], [survey]])


def _row(name: str, options: argparse.Namespace, project: Path, surveys: list[list[dict[str, Any]]]) -> Row:
    found = fresh.run(
        "rerun", project=str(project), resolution_m=options.resolution, options=options.options, surveys=surveys
    )
    ours, peer = found.pop("cpu"), found.pop("cold_cpu")
    return beside(f"{name}, processor seconds", int(options.resolution), ours, peer_name="cold run", peer=peer, **found)


if __name__ == "__main__":
    main()
