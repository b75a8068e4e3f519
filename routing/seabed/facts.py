"""Everything that is known of the sea floor, cell by cell, with where each fact is from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from routing.errors import InputError
from routing.seabed.slope import SEEN_CELL_M, measure_slope, slope_multiplier
from routing.seabed.substrate import SEDIMENTS, Substrate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from routing.grid import Grid
    from routing.seabed.bathymetry import Seabed
    from routing.seabed.levels import WaterLevels

__all__ = ["SeabedFacts", "gather_facts"]

#: Slope above which a depth grid holds blunders or wrong units rather than a sea floor, degrees (60 %).
_STEEPEST_DEG = 31.0
#: Share of cells that may be that steep before the grid is refused (default, editable).
_MAX_STEEP_SHARE = 0.01


@dataclass(frozen=True)
class SeabedFacts:
    """What is known of the sea floor on the routing grid; every array has its shape.

    Attributes
    ----------
    grid
        The cells.
    depth_m
        Water depth today, positive down; NaN where unknown and on land.
    end_depth_m
        Water depth at the end of life, base scenario; 0 where the cell runs dry, NaN as in `depth_m`.
    slope_deg, downhill_deg
        Slope and the direction it leads down; NaN where the grids are too coarse to see it.
    sigma_m
        Standard deviation of the depth.
    stated
        Cells whose standard deviation the survey itself states; the others have it by their declared kind of source.
    source
        Index into `sources`: where each depth is from.
    sources
        Legend of `source`.
    substrate
        Sediment and its source.
    notes
        What the numbers cannot tell, one sentence each.
    """

    grid: Grid
    depth_m: NDArray[np.float32]
    end_depth_m: NDArray[np.float32]
    slope_deg: NDArray[np.float32]
    downhill_deg: NDArray[np.float32]
    sigma_m: NDArray[np.float32]
    stated: NDArray[np.bool_]
    source: NDArray[np.uint8]
    sources: tuple[str, ...]
    substrate: Substrate
    notes: tuple[str, ...]

    @property
    def shallow_m(self) -> NDArray[np.float32]:
        """The lesser of the water depths today and at the end of life."""
        return np.minimum(self.depth_m, self.end_depth_m)

    @property
    def sea(self) -> NDArray[np.bool_]:
        """Cells of known depth."""
        return np.isfinite(self.depth_m)

    def passes_depth(self, least_m: float, most_m: float) -> NDArray[np.bool_]:
        """Cells whose water depth lies in a band at some time between today and the end of life.

        Both ends count, and so does what falls through the band in between.
        """
        deep_m = np.maximum(self.depth_m, self.end_depth_m)
        return np.asarray((deep_m >= least_m) & (self.shallow_m <= most_m))

    def sediment_index(self, codes: Sequence[str]) -> NDArray[np.uint8]:
        """Sediment of each cell as an index into a catalogue's own list of sediments.

        Parameters
        ----------
        codes
            Sediments of the catalogue, in its order.

        Raises
        ------
        InputError
            When a sediment that occurs is not among them.
        """
        present = [SEDIMENTS[number] for number in np.unique(self.substrate.sediment[self.sea])]
        missing = [code for code in present if code not in codes]
        if missing:
            raise InputError(
                f"the sea floor holds {missing[0]!r}, which the catalogue does not price",
                remedy=f"add [catalogue.sediment.{missing[0]}], or map it to another sediment",
                key="substrate",
            )
        table = np.array([codes.index(code) if code in codes else 0 for code in SEDIMENTS], np.uint8)
        return np.asarray(table[self.substrate.sediment])

    def bands(self) -> dict[str, NDArray[np.float32]]:
        """Arrays for a raster file, by band name; NaN outside the sea."""
        codes = {
            "sediment": self.substrate.sediment,
            "sediment_source": self.substrate.source,
            "depth_source": self.source,
            "sigma_source": self.stated,
        }
        measured = {
            "depth_m": self.depth_m,
            "end_depth_m": self.end_depth_m,
            "sigma_m": self.sigma_m,
            "slope_deg": self.slope_deg,
            "downhill_deg": self.downhill_deg,
        }
        return measured | {name: np.where(self.sea, code, np.nan).astype(np.float32) for name, code in codes.items()}

    def legends(self) -> dict[str, tuple[str, ...]]:
        """What the codes of the code bands mean, by index."""
        return {
            "sediment": SEDIMENTS,
            "sediment_source": self.substrate.sources,
            "depth_source": self.sources,
            "sigma_source": ("declared", "survey"),
        }

    def explain(self, row: int, col: int) -> dict[str, float | str]:
        """What is known of one cell, in words where there are any; what is unknown is left out."""
        told = {name: band[row, col] for name, band in self.bands().items() if np.isfinite(band[row, col])}
        legends: Mapping[str, tuple[str, ...]] = self.legends()
        return {
            name: legends[name][int(value)] if name in legends else round(float(value), 2)
            for name, value in told.items()
        }


def gather_facts(
    seabed: Seabed,
    *,
    levels: WaterLevels,
    substrate: Substrate,
    sigma_m: NDArray[np.float32],
    stated: NDArray[np.bool_] | None = None,
) -> SeabedFacts:
    """Put together what is known of the sea floor.

    Parameters
    ----------
    seabed
        Water depth today.
    levels
        Water levels today and at the end of life.
    substrate
        Sediments.
    sigma_m
        Standard deviation of the depths.
    stated
        Cells whose standard deviation the survey states; None: it states none.

    Raises
    ------
    InputError
        When more of the sea is steeper than 60 % than any sea floor is.
    """
    cell_m = max(seabed.grid.dx, seabed.grid.dy, seabed.source_cell_m)
    measured = measure_slope(seabed.depth_m, seabed.grid)
    _refuse_walls(measured.slope_deg)
    seen = cell_m <= SEEN_CELL_M
    nothing = np.broadcast_to(np.float32(np.nan), seabed.grid.shape)  # takes no memory
    end_m = np.maximum(seabed.depth_m - np.float32(levels.fall_m("base")), np.float32(0.0))
    return SeabedFacts(
        grid=seabed.grid,
        depth_m=seabed.depth_m,
        end_depth_m=np.asarray(end_m, np.float32),
        slope_deg=measured.slope_deg if seen else nothing,
        downhill_deg=measured.downhill_deg if seen else nothing,
        sigma_m=sigma_m,
        stated=np.broadcast_to(np.False_, seabed.grid.shape) if stated is None else stated,
        source=seabed.source,
        sources=seabed.sources,
        substrate=substrate,
        notes=() if seen else (_blind_to_slope(cell_m, measured.slope_deg),),
    )


def _blind_to_slope(cell_m: float, slope_deg: NDArray[np.float32]) -> str:
    known = slope_deg[np.isfinite(slope_deg)]
    steepest = float(known.max()) if known.size else 0.0
    return (
        f"slope is not seen: cells of {cell_m:,.0f} m show {steepest:.1f} degrees at most, "
        f"a plough may feel {slope_multiplier(cell_m):.1f} times as much (default, judgement); "
        f"slope rules need cells of {SEEN_CELL_M:g} m or less"
    )


def _refuse_walls(slope_deg: NDArray[np.float32]) -> None:
    known = np.isfinite(slope_deg)
    steep = int((slope_deg[known] > _STEEPEST_DEG).sum())
    if steep > _MAX_STEEP_SHARE * known.sum():
        raise InputError(
            f"{100 * steep / int(known.sum()):.0f} % of the sea floor is steeper than 60 %, which no sea floor is",
            remedy="check that depths are metres (not feet or centimetres) and that spikes are cleaned",
            key="bathymetry.path",
        )
