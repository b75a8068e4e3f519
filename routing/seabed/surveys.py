"""Surveys laid over the bathymetry: finer soundings where there are any, blended at their edges.

Each survey comes as depths on the routing grid. Laid one over the other, the last
on top, each cell ends with one depth, one uncertainty and one source.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from routing.seabed.uncertainty import TWO_SIDED_95

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from routing.seabed.bathymetry import Seabed

__all__ = ["Conflict", "Coverage", "Depths", "Survey", "lay_surveys", "sounded_by"]


@dataclass(frozen=True)
class Survey:
    """One survey on the routing grid.

    Attributes
    ----------
    name
        What it is called.
    depth_m
        Water depth, positive down; NaN where it sounded nothing.
    sigma_m
        Standard deviation of those depths.
    stated
        Cells whose standard deviation the survey itself states.
    blend_cells
        Cells over which its edge fades into what lies below; 0: a sharp edge.
    """

    name: str
    depth_m: NDArray[np.float32]
    sigma_m: NDArray[np.float32]
    stated: NDArray[np.bool_]
    blend_cells: int


@dataclass(frozen=True)
class Conflict:
    """Where a survey contradicts what it is laid over.

    Attributes
    ----------
    survey
        Name of the survey on top.
    cells
        Sea cells that it sounds where a depth was known before.
    conflicts
        Those of them whose two depths differ by more than 95 % of their joint uncertainty.
    median_m
        Median of new minus old depth over `cells`; NaN without any.
    most_m
        The difference that is largest beside its uncertainty.
    place
        Row and column of that cell; None without any.
    """

    survey: str
    cells: int
    conflicts: int
    median_m: float
    most_m: float
    place: tuple[int, int] | None


@dataclass(frozen=True)
class Coverage:
    """The part of the sea that a survey sounds.

    Attributes
    ----------
    survey
        Its name.
    cells
        Sea cells of the routing grid that it sounds, whatever lies on top of it.
    cell_m
        Size on Earth of its own cells, the smallest of its files.
    """

    survey: str
    cells: NDArray[np.bool_]
    cell_m: float


@dataclass(frozen=True)
class Depths:
    """Water depth on the routing grid with its uncertainty.

    Attributes
    ----------
    seabed
        Depth and source of every cell.
    sigma_m
        Standard deviation of the depths; NaN where none is known.
    stated
        Cells whose standard deviation a survey states.
    conflicts
        One for each survey, in the order in which they were laid.
    coverages
        Of those surveys whose extent matters: routes stay inside them, or are refined there.
    """

    seabed: Seabed
    sigma_m: NDArray[np.float32]
    stated: NDArray[np.bool_]
    conflicts: tuple[Conflict, ...] = ()
    coverages: tuple[Coverage, ...] = ()


def sounded_by(coverages: Sequence[Coverage], surveys: Sequence[str] | None = None) -> NDArray[np.bool_]:
    """Cells that any of some surveys sounds; None: of all that are given, at least one.

    Examples
    --------
    >>> west, east = np.array([[True, False, False]]), np.array([[False, False, True]])
    >>> sounded_by([Coverage("A", west, 1.0), Coverage("B", east, 2.0)]).astype(int)
    array([[1, 0, 1]])
    """
    cells = [each.cells for each in coverages if surveys is None or each.survey in surveys]
    return np.asarray(np.logical_or.reduce(cells))


def lay_surveys(below: Depths, surveys: Sequence[Survey], *, min_depth_m: float) -> Depths:
    """Lay surveys over depths, the first lowest.

    Parameters
    ----------
    below
        The bathymetry.
    surveys
        In the order in which they are laid; what is laid later is seen.
    min_depth_m
        Least depth of a sea cell, which also replaces what a survey calls shallower or dry.

    Notes
    -----
    From its edge inwards a survey weighs 1/(n+1), 2/(n+1), ... of a depth over its
    n blending cells (in rings of eight neighbours), where a depth was known
    before. Shores are no edges. Uncertainties blend as variances: half of one depth
    and half of another is as doubtful as a guess which of both is right, their
    difference left aside, for the conflicts report that.

    Examples
    --------
    >>> from routing.grid import Grid
    >>> from routing.seabed.bathymetry import Seabed
    >>> grid = Grid(1, 5, 0.0, 100.0, 100.0, 100.0, "EPSG:32639")
    >>> row = lambda *values: np.array([values], np.float32)
    >>> sea = np.ones((1, 5), bool)
    >>> chart = Seabed(grid, row(50, 50, 50, 50, 50), sea, np.ones((1, 5), np.uint8), 100.0)
    >>> below = Depths(chart, row(9, 9, 9, 9, 9), ~sea)
    >>> nan = np.nan
    >>> survey = Survey("2026", row(nan, 60, 60, 60, 60), row(nan, 1, 1, 1, 1), sea, blend_cells=1)
    >>> laid = lay_surveys(below, [survey], min_depth_m=1.0)
    >>> laid.seabed.depth_m
    array([[50., 55., 60., 60., 60.]], dtype=float32)
    >>> laid.seabed.sources[laid.seabed.source[0, 4]], laid.conflicts[0].conflicts
    ('2026', 0)
    """
    for survey in surveys:
        below = _lay(below, survey, min_depth_m=min_depth_m)
    return below


def _lay(below: Depths, survey: Survey, *, min_depth_m: float) -> Depths:
    chart = below.seabed
    sounded = np.isfinite(survey.depth_m) & chart.sea
    known = np.isfinite(chart.depth_m)
    weight = np.where(known, _weights(sounded, chart.sea, survey.blend_cells), sounded.astype(np.float32))
    mixed = _mix(weight, survey.depth_m, chart.depth_m)
    shallow = sounded & (mixed < min_depth_m)
    depth_m = np.where(shallow, np.float32(min_depth_m), mixed)
    sources = (*chart.sources, survey.name)
    source = np.where(sounded & (weight >= 0.5), np.uint8(len(sources) - 1), chart.source)
    source = np.where(shallow, np.uint8(sources.index("least depth")), source)
    return Depths(
        replace(chart, depth_m=depth_m, source=source, sources=sources),
        np.sqrt(_mix(weight, survey.sigma_m**2, below.sigma_m**2)),
        np.where(sounded & (weight >= 0.5), survey.stated, below.stated),
        (*below.conflicts, _conflict(below, survey, sounded & known)),
    )


def _mix(weight: NDArray[np.float32], above: NDArray[np.float32], below: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weighted mean; what has no weight is not looked at, so that NaN does not spread from it."""
    share = weight * np.where(weight > 0, above, np.float32(0.0))
    rest = (np.float32(1.0) - weight) * np.where(weight < 1, below, np.float32(0.0))
    return np.asarray(share + rest, np.float32)


def _weights(sounded: NDArray[np.bool_], sea: NDArray[np.bool_], blend_cells: int) -> NDArray[np.float32]:
    """How much a survey counts on each cell: 0 outside, less than 1 on its edge, 1 inside."""
    rings = sounded.astype(np.float32)
    # Beyond the shore and beyond the grid nothing fades.
    inside = sounded | ~sea
    for _ in range(blend_cells):
        inside = _eroded(inside)
        rings += inside & sounded
    return rings / np.float32(blend_cells + 1)


def _eroded(cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Cells whose eight neighbours are all among them; beyond the edge of the grid all are."""
    padded = np.pad(cells, 1, constant_values=True)
    rows, cols = cells.shape
    kept = np.ones_like(cells)
    for down in range(3):
        for right in range(3):
            kept &= padded[down : down + rows, right : right + cols]
    return kept


def _conflict(below: Depths, survey: Survey, both: NDArray[np.bool_]) -> Conflict:
    if not both.any():
        return Conflict(survey.name, 0, 0, float("nan"), float("nan"), None)
    difference = (survey.depth_m - below.seabed.depth_m)[both]
    sigma = np.hypot(survey.sigma_m, below.sigma_m)[both]
    ratio = np.abs(difference) / np.maximum(sigma, np.float32(1e-6))
    worst = int(ratio.argmax())
    row, col = (int(axis[worst]) for axis in np.nonzero(both))
    return Conflict(
        survey.name,
        int(both.sum()),
        int((ratio > TWO_SIDED_95).sum()),
        float(np.median(difference)),
        float(difference[worst]),
        (row, col),
    )
