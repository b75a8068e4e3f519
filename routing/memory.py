"""How much memory a run will take, held against what it may take before any work is done."""

from __future__ import annotations

import os
import re
from pathlib import Path

from routing.errors import InputError, ResourceError

__all__ = ["WINDOW_CELLS", "bytes_of", "free_bytes", "needed_bytes", "refuse_beyond"]

#: What a run takes whatever its grid (libraries, compiled kernels, solver), and for each cell of it. Measured on the
#: embedded project; see docs/project-file.md.
_BASE_BYTES, _CELL_BYTES = 1_100_000_000, 450
#: Most cells of a window in which a route is found again inside surveys; each takes as much (default).
WINDOW_CELLS = 1_000_000
#: Share of the free memory that a run may take unless told otherwise: the rest is for other programs (default).
_SHARE = 0.8
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]i?)?b?\s*", re.IGNORECASE)


def bytes_of(text: str) -> int:
    """A size written with its unit, in bytes.

    Raises
    ------
    InputError
        When it is none.

    Examples
    --------
    >>> bytes_of("4GB"), bytes_of("512 MiB")
    (4000000000, 536870912)
    """
    match = _SIZE.fullmatch(text)
    size = int(float(match[1]) * _UNITS[(match[2] or "").lower()]) if match else 0
    if size <= 0:
        raise InputError(f"{text!r} is no size", remedy="write it as 4GB or 512MB", key="--memory")
    return size


def free_bytes() -> int | None:
    """Memory that is free for a new program on this machine or in this container; None where it cannot be told.

    Linux only (``MemAvailable``, and the limit of control group 2).
    """
    try:
        told = re.search(r"^MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text(encoding="ascii"), re.MULTILINE)
        free = int(told[1]) * 1024 if told else None
    except OSError:
        free = None
    left = _left_in_group(Path("/sys/fs/cgroup"))
    known = [value for value in (free, left) if value is not None]
    if known:
        return min(known)
    if hasattr(os, "sysconf") and "SC_AVPHYS_PAGES" in os.sysconf_names:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


def _left_in_group(group: Path) -> int | None:
    """What a container's limit leaves."""
    try:
        limit, used = ((group / name).read_text(encoding="ascii").strip() for name in ("memory.max", "memory.current"))
        return max(0, int(limit) - int(used)) if limit != "max" else None
    except (OSError, ValueError):
        return None


def needed_bytes(cells: int) -> int:
    """About how much memory a run over a grid takes at its peak, generously.

    Examples
    --------
    >>> needed_bytes(1_000_000) / 1e9
    1.55
    """
    return _BASE_BYTES + _CELL_BYTES * cells


def refuse_beyond(
    shape: tuple[int, int], budget_bytes: int | None, *, resolution_m: float, beside_cells: int = 0
) -> None:
    """Refuse a grid whose run would take more memory than it may.

    Parameters
    ----------
    shape
        Rows and columns of the routing grid.
    budget_bytes
        What it may take; None: 80 % of what is free now.
    resolution_m
        Size of its cells, for the remedy.
    beside_cells
        Cells beside those of the grid that a run holds at once.

    Raises
    ------
    ResourceError
        With the estimate, the budget and a resolution that fits.
    """
    free = free_bytes() if budget_bytes is None else None
    budget = budget_bytes if free is None else int(_SHARE * free)
    cells = shape[0] * shape[1]
    needed = needed_bytes(cells + beside_cells)
    if budget is None or needed <= budget:
        return
    allowed = "--memory" if free is None else f"80 % of the {free / 1e9:.1f} GB that are free"
    fits = (budget - _BASE_BYTES) / _CELL_BYTES - beside_cells
    coarser_m = resolution_m * (cells / fits) ** 0.5 * 1.01 if fits > 0 else None
    way = "no grid is that small" if coarser_m is None else f"resolution_m = {coarser_m:.3g} would fit"
    raise ResourceError(
        f"resolution_m = {resolution_m:g} gives {shape[0]} x {shape[1]} cells, which take about {needed / 1e9:.1f} GB, "
        f"more than {budget / 1e9:.1f} GB ({allowed}); "
        f"{way}: make it coarser or the area smaller, or allow more with --memory"
    )
