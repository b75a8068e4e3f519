"""Speed, accuracy and memory of the path kernel beside its peers: `python benchmarks/kernel.py`.

One JSON line a row. `ratio` = `peer` / `ours`: above 1 is better, in seconds, gigabytes and
prices alike. Where there is a `target`, it is the least ratio, and `met` says whether it is
reached; a row with a limit has the limit as its peer and 1 as its target.

Contenders run in turns in one process, and the best of three runs counts (of fewer where one
takes more than 20 s); ours is timed from the bare array to the bare answer, peers from input
in their own format. Peers are used if they are installed (`pip install -e .[bench]`); SciPy's
Dijkstra always. No network is used.

    python benchmarks/kernel.py                    the usual rows, some four minutes
    python benchmarks/kernel.py --size 512         rows that have a size, at this one: seconds
    python benchmarks/kernel.py --only route large the rows of these groups
    python benchmarks/kernel.py --full             larger rasters too: a quarter of an hour or more
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache, partial
from pathlib import Path

import fresh
import numpy as np
from best_known import best_known
from numpy.typing import NDArray
from peers import fields, routes
from rows import Row, beside, within
from terrain import Cell, far_ends, fractal
from timing import Timed, race, timed

from routing.geodesic import CostGrid, certify, distance_field, least_cost_path

OURS = "ours"
RATIOS = (10.0, 1e3, 1e5)
PRECISE = 0.005


def main() -> None:
    options = _arguments()
    plan = FULL if options.full else USUAL
    if options.size:
        plan = dict.fromkeys(SIZED, tuple(options.size))
    if options.only:
        plan = {name: plan.get(name) or FULL[name] for name in options.only}
    _compile()
    for name, sizes in plan.items():
        for size in sizes:
            for row in GROUPS[name](size):
                sys.stdout.write(json.dumps(row) + "\n")
                sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, nargs="+", help="rows and columns of the terrain")
    parser.add_argument("--only", nargs="+", choices=sorted(GROUPS), help="groups of rows")
    parser.add_argument("--full", action="store_true", help="large rasters too")
    return parser.parse_args()


def _compile() -> None:
    """Load every kernel before anything is timed."""
    for dtype in (np.float32, np.float64):
        small = np.ones((700, 700), dtype)
        distance_field(small, (0, 0))
        certify(small, (0, 0), (9, 9), least_cost_path(small, (0, 0), (9, 9)).cost)
    for find in routes(np.ones((9, 9), np.float32), (0, 0), (8, 8)).values():
        find()


@lru_cache(maxsize=1)
def _terrain(size: int, ratio: float = RATIOS[0]) -> tuple[NDArray[np.float32], Cell, Cell]:
    cost = fractal(size, ratio=ratio)
    return cost, *far_ends(cost)


def field_rows(size: int) -> Iterator[Row]:
    """A whole field, beside every peer."""
    cost, start, end = _terrain(size)
    solver = timed(lambda: CostGrid(cost).field(start)).wall
    yield within("field, million cells a second", size, cost.size / solver / 1e6)
    found = race({OURS: lambda: distance_field(cost, start), **fields(cost, start)})
    yield from _seconds("field, seconds", size, found)
    for name, other in _peers(found):
        price = float(other.answer[end])
        yield beside("field, price at the end", size, float(found[OURS].answer[end]), peer_name=name, peer=price)


def route_rows(size: int) -> Iterator[Row]:
    """A route, traced and polished, beside the peers' and the best price known."""
    cost, start, end = _terrain(size)
    found = race({OURS: lambda: least_cost_path(cost, start, end), **routes(cost, start, end)})
    yield from _seconds("route, seconds", size, found)
    grid, ours = CostGrid(cost), found[OURS].answer
    for name, other in _peers(found):
        yield beside("route, price", size, ours.cost, peer_name=name, peer=grid.price(other.answer))
    best = best_known(cost, start, end, [ours.points, *(other.answer for _, other in _peers(found))])
    yield beside("route, price", size, ours.cost, peer_name="best known", peer=best)


def certificate_rows(size: int) -> Iterator[Row]:
    """A certificate of the route, in wall and processor time of one whole field."""
    cost, start, end = _terrain(size)
    price = least_cost_path(cost, start, end).cost
    grid = CostGrid(cost)
    for tolerance in (0.01, PRECISE):
        prove = partial(grid.certify, start, end, price, tolerance=tolerance)
        found = race({"field": partial(grid.field, start), OURS: prove})
        field, ours = found["field"], found[OURS]
        facts = {"gap": ours.answer.gap, "kept": ours.answer.kept, "cpu": ours.cpu / field.cpu, "seconds": ours.wall}
        row = f"certificate of {100 * tolerance:g} %, whole fields"
        yield within(row, size, ours.wall / field.wall, reached=ours.answer.reached, **facts)


def thread_rows(size: int) -> Iterator[Row]:
    """A field for each of four landings, by one and by two threads."""
    cost, start, end = _terrain(size)
    line = least_cost_path(cost, start, end).points
    landings = [line[round(share * (len(line) - 1))] for share in (0.0, 0.3, 0.7, 1.0)]
    grid = CostGrid(cost)
    with ThreadPoolExecutor(2) as pool:
        one, two = "one thread", "two threads"
        found = race({one: lambda: list(map(grid.field, landings)), two: lambda: list(pool.map(grid.field, landings))})
    row = "four fields on two threads, seconds"
    yield beside(row, size, found[two].wall, peer_name=one, peer=found[one].wall)


def ratio_rows(size: int) -> Iterator[Row]:
    """Fields and routes where the dearest cell costs 10, 1000 and 100 000 times the cheapest."""
    for ratio in RATIOS:
        cost, start, end = _terrain(size, ratio)
        yield from _both(f"cost ratio {ratio:g}", size, cost, (start, end))


def memory_rows(size: int) -> Iterator[Row]:
    """Memory of a whole field, in a process of its own."""
    with _on_disk(size) as (raster, ends):
        facts = fresh.run("field", raster=raster, ends=ends)
    yield within("field, GB beyond the inputs", size, facts["gigabytes"], seconds=facts["seconds"])


def large_rows(size: int) -> Iterator[Row]:
    """Route and certificate of a large raster, in processes of their own."""
    with _on_disk(size) as (raster, ends):
        route = fresh.run("route", raster=raster, ends=ends)
        yield within("route, seconds", size, route["seconds"])
        yield within("route, GB beyond the inputs", size, route["gigabytes"])
        proof = fresh.run("certificate", raster=raster, ends=ends, price=route["price"], tolerance=PRECISE)
    facts = {key: proof[key] for key in ("gap", "kept", "cpu", "gigabytes")}
    yield within("certificate of 0.5 %, seconds", size, proof["seconds"], reached=proof["reached"], **facts)


def caspian_rows(resolution_m: int) -> Iterator[Row]:
    """Field, routes and certificates on the real cost surface, with cells of that many metres."""
    from caspian import LINKS, caspian_cost

    sea = caspian_cost(resolution_m)
    for link in LINKS:
        facts = {"link": " - ".join(link), "cells": sea.cost.size}
        start, end = (sea.landings[name] for name in link)
        for row in _both("caspian", resolution_m, sea.cost, (start, end)):
            yield row | facts
        price = least_cost_path(sea.cost, start, end).cost
        proof = timed(partial(CostGrid(sea.cost).certify, start, end, price))
        row = within("caspian: certificate, gap", resolution_m, proof.answer.gap, seconds=proof.wall)
        yield row | {"kept": proof.answer.kept} | facts


def _both(title: str, size: int, cost: NDArray[np.float32], ends: tuple[Cell, Cell]) -> Iterator[Row]:
    """Field, route and its price beside the two best-known peers."""
    start, end = ends
    fronts = {OURS: lambda: distance_field(cost, start), **fields(cost, start, ("eikonalfm", "skimage"))}
    yield from _seconds(f"{title}: field, seconds", size, race(fronts))
    found = race({OURS: lambda: least_cost_path(cost, start, end), **routes(cost, start, end)})
    yield from _seconds(f"{title}: route, seconds", size, found)
    grid, ours = CostGrid(cost), found[OURS].answer.cost
    for name, other in _peers(found):
        yield beside(f"{title}: route, price", size, ours, peer_name=name, peer=grid.price(other.answer))


def startup_rows(_: int) -> Iterator[Row]:
    """First calls of everything public: after installation, and in a new process later."""
    for dtype in ("float32", "float64"):
        with tempfile.TemporaryDirectory() as folder:
            cold, warm = (fresh.run("first_calls", {"NUMBA_CACHE_DIR": folder}, dtype=dtype) for _ in range(2))
        yield within("first calls after installation, seconds", 0, cold["calls"], dtype=dtype)
        yield within("first calls of a process, seconds", 0, warm["calls"], dtype=dtype)
    yield within("import routing.geodesic, seconds", 0, warm["import"])


def _seconds(row: str, size: int, found: Mapping[str, Timed]) -> Iterator[Row]:
    """Rows of our seconds beside those of each peer, or with the reason why that gave up."""
    for name, other in found.items():
        if name != OURS:
            seconds, why = (other.wall, {}) if other.failure is None else (None, {"failure": other.failure})
            yield beside(row, size, found[OURS].wall, peer_name=name, peer=seconds, **why)


def _peers(found: Mapping[str, Timed]) -> list[tuple[str, Timed]]:
    """Peers that have an answer."""
    return [(name, other) for name, other in found.items() if name != OURS and other.failure is None]


@contextmanager
def _on_disk(size: int) -> Iterator[tuple[str, tuple[Cell, Cell]]]:
    """A terrain as a file for another process, and its ends; it is not kept in this one."""
    _terrain.cache_clear()
    with tempfile.TemporaryDirectory() as folder:
        raster = str(Path(folder, "terrain.npy"))
        cost = fractal(size)
        np.save(raster, cost)
        ends = far_ends(cost)
        del cost
        yield raster, ends


GROUPS: dict[str, Callable[[int], Iterator[Row]]] = {
    "field": field_rows,
    "route": route_rows,
    "certificate": certificate_rows,
    "threads": thread_rows,
    "ratios": ratio_rows,
    "memory": memory_rows,
    "large": large_rows,
    "caspian": caspian_rows,
    "startup": startup_rows,
}
SIZED = ("field", "route", "certificate", "threads", "ratios")
USUAL = {
    "field": (2048,),
    "route": (2048,),
    "certificate": (2048,),
    "threads": (2048,),
    "ratios": (1024,),
    "memory": (8192,),
    "large": (10240,),
    "caspian": (4000, 2000, 1000, 500),
    "startup": (0,),
}
FULL = USUAL | {"field": (2048, 4096, 8192), "route": (2048, 4096), "ratios": (1024, 2048)}

if __name__ == "__main__":
    main()
