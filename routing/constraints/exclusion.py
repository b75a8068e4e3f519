"""Why a cell is excluded, and what else a layer does to cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from routing import grid
from routing.constraints.assets import distances

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from routing.constraints.layer import Layer
    from routing.constraints.sectors import Sectors

__all__ = [
    "NATURAL",
    "NO_BATHYMETRY",
    "NO_CABLE",
    "OUTSIDE_SURVEY",
    "ExclusionMap",
    "burn_avoidance",
    "burn_exclusions",
    "burn_lanes",
    "close_sectors",
    "confine",
]

LAND = "land"
NO_BATHYMETRY = "no bathymetry"
NO_CABLE = "nothing can be built at this depth, soil or slope"
#: How the reason of cells begins that lie outside the surveys which routes must stay inside.
OUTSIDE_SURVEY = "outside the survey"
#: Reasons that lie in nature and in the catalogue, not in a layer; their codes come first.
NATURAL = (LAND, NO_BATHYMETRY, NO_CABLE)


@dataclass(frozen=True)
class ExclusionMap:
    """Why each cell is excluded.

    Attributes
    ----------
    code
        0 where a cable may go, otherwise 1 + the index into `reasons`.
    reasons
        Text of each code.
    """

    code: NDArray[np.uint8]
    reasons: tuple[str, ...]

    def reason_at(self, row: int, col: int) -> str | None:
        """Why one cell is excluded; None when it is free."""
        code = int(self.code[row, col])
        return None if code == 0 else self.reasons[code - 1]

    def around(self, mask: NDArray[np.bool_]) -> tuple[tuple[str, float], ...]:
        """Which exclusions enclose a pocket of free cells, by their share of its edge, largest first."""
        edge = np.zeros_like(mask)
        edge[1:] |= mask[:-1]
        edge[:-1] |= mask[1:]
        edge[:, 1:] |= mask[:, :-1]
        edge[:, :-1] |= mask[:, 1:]
        codes, counts = np.unique(self.code[edge & (self.code > 0)], return_counts=True)
        order = np.argsort(-counts, kind="stable")
        return tuple((self.reasons[codes[i] - 1], float(counts[i] / counts.sum())) for i in order)


def burn_exclusions(
    cells: grid.Grid,
    *,
    sea: NDArray[np.bool_],
    known: NDArray[np.bool_],
    layable: NDArray[np.bool_],
    layers: Sequence[Layer],
) -> ExclusionMap:
    """Give every excluded cell its reason; where several hold, the first named wins.

    Parameters
    ----------
    cells
        The routing grid.
    sea
        Cells that are nothing but sea.
    known
        Cells with known depth.
    layable
        Cells whose depth some cable type fits.
    layers
        Layers; those of kind ``"exclude"`` count.

    Examples
    --------
    >>> cells = grid.Grid(1, 2, 0.0, 10.0, 10.0, 10.0, "EPSG:32639")
    >>> everywhere = np.array([[True, True]])
    >>> sea = np.array([[True, False]])
    >>> burn_exclusions(cells, sea=sea, known=everywhere, layable=everywhere, layers=()).code
    array([[0, 1]], dtype=uint8)
    """
    reasons = list(NATURAL)
    code = np.where(sea, 0, 1).astype(np.uint8)
    code[sea & ~known] = 2
    code[sea & known & ~layable] = 3
    for layer in layers:
        if layer.source.kind == "exclude":
            reasons.append(layer.source.reason)
            code[grid.burn(layer.zones, cells, all_touched=True) & (code == 0)] = len(reasons)
    return ExclusionMap(code, tuple(reasons))


def burn_lanes(cells: grid.Grid, layers: Sequence[Layer]) -> NDArray[np.bool_]:
    """Cells inside shipping lanes."""
    inside = np.zeros(cells.shape, bool)
    for layer in layers:
        if layer.source.kind == "shipping":
            inside |= grid.burn(layer.zones, cells, all_touched=False)
    return inside


def burn_avoidance(cells: grid.Grid, layers: Sequence[Layer]) -> NDArray[np.float32]:
    """USD per metre that layers add where a cable is allowed but not welcome; several layers add up.

    Notes
    -----
    A cell that a zone of kind ``"avoid"`` touches carries its full price; beyond a
    zone the price falls linearly to nothing over `fade_m`, by the distance of the cell's centre.

    Examples
    --------
    >>> from shapely import box
    >>> from routing.constraints.layer import Layer, LayerSource
    >>> cells = grid.Grid(1, 4, 0.0, 10.0, 10.0, 10.0, "EPSG:32639")
    >>> source = LayerSource("Park", None, "avoid", "park", avoid_usd_per_m=8.0, fade_m=20.0)
    >>> burn_avoidance(cells, [Layer(source, (), (box(1, 1, 9, 9),), ("",))]).round(1)
    array([[8. , 5.6, 1.6, 0. ]], dtype=float32)
    """
    from shapely import union_all

    usd_per_m = np.zeros(cells.shape, np.float32)
    for layer in layers:
        source = layer.source
        if source.avoid_usd_per_m <= 0 or not layer.zones:
            continue
        share = grid.burn(layer.zones, cells, all_touched=True).astype(np.float32)
        if source.fade_m > 0:
            where, away = distances(union_all(layer.zones), source.fade_m * float(cells.scale.max()), cells)
            row, col = where.T
            fading = np.maximum(1.0 - away / (source.fade_m * cells.scale[row, col]), 0.0)
            share[row, col] = np.maximum(share[row, col], fading)
        usd_per_m += np.float32(source.avoid_usd_per_m) * share
    return usd_per_m


def close_sectors(exclusions: ExclusionMap, sectors: Sectors, states: Sequence[str]) -> ExclusionMap:
    """Exclude what is still free in the sectors of all other states; cells of no sector stay as they are.

    Examples
    --------
    >>> from routing.constraints.sectors import Sectors
    >>> sectors = Sectors(("A", "B"), (), np.array([[1, 2, 0]], np.uint8))
    >>> close_sectors(ExclusionMap(np.zeros((1, 3), np.uint8), NATURAL), sectors, ["A"]).code
    array([[0, 4, 0]], dtype=uint8)
    """
    code, reasons = exclusions.code.copy(), list(exclusions.reasons)
    for number, country in enumerate(sectors.countries, start=1):
        if country not in states:
            reasons.append(f"sector of {country}")
            code[(sectors.code == number) & (code == 0)] = len(reasons)
    return ExclusionMap(code, tuple(reasons))


def confine(exclusions: ExclusionMap, allowed: NDArray[np.bool_], reason: str) -> ExclusionMap:
    """Exclude what is still free outside the cells that are allowed.

    Examples
    --------
    >>> free = ExclusionMap(np.zeros((1, 3), np.uint8), NATURAL)
    >>> confine(free, np.array([[False, True, True]]), "outside the survey A").code
    array([[4, 0, 0]], dtype=uint8)
    """
    reasons = (*exclusions.reasons, reason)
    code = np.where((exclusions.code == 0) & ~allowed, np.uint8(len(reasons)), exclusions.code)
    return ExclusionMap(code, reasons)
