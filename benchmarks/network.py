"""Time, memory and proven gap of network designs as they grow: `python benchmarks/network.py`.

One JSON line a row, each worked out in a process of its own, with kernels compiled and routes not yet
found. Where there is a limit it is the peer, and `ratio` = `peer` / `ours` is 1 or more
where it is kept. No network is used.

    python benchmarks/network.py                   the usual rows, some five minutes
    python benchmarks/network.py --only project    the rows of these groups: project, candidates, groups, trees, grid
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator

import fresh
from rows import Row, within

#: Numbers of candidates and of groups.
CANDIDATES = ((12, 4), (26, 4), (50, 4), (100, 4))
GROUPS = ((24, 2), (24, 4), (24, 8), (100, 8))
TREES = ((15, 3), (25, 5), (40, 8))
GRIDS = (4000, 2000, 1000)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=list(ROWS), default=list(ROWS))
    for name in parser.parse_args().only:
        for row in ROWS[name]():
            sys.stdout.write(json.dumps(row) + "\n")
            sys.stdout.flush()


def project() -> Iterator[Row]:
    """The embedded project, all its options."""
    facts = fresh.run("project", resolution_m=1000.0)
    yield within("project, seconds", 1000, facts["seconds"], gigabytes=facts["gigabytes"])
    for option, gap in facts["gaps"].items():
        yield within(f"project: gap of {option}", 1000, gap)


def by_candidates() -> Iterator[Row]:
    """Links between more and more candidates."""
    for candidates, groups in CANDIDATES:
        yield from _design("links", candidates, groups)


def by_groups() -> Iterator[Row]:
    """Links between more and more groups."""
    for candidates, groups in GROUPS:
        yield from _design("links", candidates, groups)


def trees() -> Iterator[Row]:
    """Trees over more and more groups."""
    for candidates, groups in TREES:
        yield from _design("tree", candidates, groups)


def by_grid() -> Iterator[Row]:
    """Links and trees on finer and finer grids."""
    for resolution_m in GRIDS:
        for kind in ("links", "tree"):
            yield from _design(kind, 15, 3, resolution_m=resolution_m)


def _design(kind: str, candidates: int, groups: int, *, resolution_m: float = 1000.0) -> Iterator[Row]:
    facts = fresh.run("design", kind=kind, candidates=candidates, groups=groups, resolution_m=resolution_m)
    size = {"candidates": candidates, "groups": groups, "resolution_m": resolution_m}
    yield within(f"{kind}, seconds", candidates, facts["seconds"], gigabytes=facts["gigabytes"], **size)
    yield within(f"{kind}, gap", candidates, facts["gap"], **size)


ROWS = {"project": project, "candidates": by_candidates, "groups": by_groups, "trees": trees, "grid": by_grid}

if __name__ == "__main__":
    main()
