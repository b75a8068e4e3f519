"""Where a link could run for little more: how much dearer the cheapest route through each cell is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from routing.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from routing.geodesic import CostGrid
    from routing.junction import Junction
    from routing.landing import LandingSite
    from routing.pricing import PricedGrid

    Ends = tuple[LandingSite | Junction, LandingSite | Junction]
    _Fields = dict[tuple[float, tuple[float, float]], NDArray[np.floating]]

__all__ = ["BANDS_PCT", "Corridors", "excess_pct"]

#: Bands of a corridor, percent dearer than the best route.
BANDS_PCT = (1.0, 2.0, 5.0)


def excess_pct(
    from_start: NDArray[np.floating], from_end: NDArray[np.floating], *, approaches_usd: float = 0.0
) -> NDArray[np.float32]:
    """How much dearer the cheapest route through each cell is than the best of all, percent.

    Parameters
    ----------
    from_start, from_end
        Price of the cheapest way to each cell from either end; inf where there is none.
    approaches_usd
        What every route pays beside its way over the cells.

    Returns
    -------
    excess
        0 on the best route; NaN where no route passes.

    Raises
    ------
    InputError
        When the fields differ in shape, or no way joins the ends.

    Notes
    -----
    The price of the cheapest way through a cell is the sum of its prices from both
    ends, as in I. Abraham et al., "Alternative routes in road networks" (2013). Fields are second-order
    accurate: along the best route the sum varies by less than that.

    Examples
    --------
    >>> excess_pct(np.array([0.0, 1.0, 2.0, 1.1]), np.array([2.0, 1.0, 0.0, np.inf])).tolist()
    [0.0, 0.0, 0.0, nan]
    """
    if from_start.shape != from_end.shape:
        raise InputError(f"fields of {from_start.shape} and {from_end.shape} cells", remedy="use one grid for both")
    through = np.asarray(from_start, np.float64) + from_end
    best = through.min(initial=np.inf)
    if not np.isfinite(best):
        raise InputError("no way joins the ends", remedy="ask for the corridor of a link that can be built")
    through[~np.isfinite(through)] = np.nan
    return np.asarray(100.0 * (through - best) / (best + approaches_usd), np.float32)


@dataclass
class Corridors:
    """Corridors over one sea; links of an option that share an end share its field.

    Parameters
    ----------
    priced
        The water.
    """

    priced: PricedGrid

    def __post_init__(self) -> None:
        self._grids: dict[float, CostGrid] = {}

    def of(self, links: Iterable[tuple[Ends, float]]) -> NDArray[np.float32]:
        """The corridor of some links: at each cell the least excess of any of them, percent.

        Parameters
        ----------
        links
            Ends of each link, and what its cable costs more a metre than others, USD.

        Returns
        -------
        excess
            NaN where no route passes. Links that keep apart are taken each by itself.
        """
        # Fields are kept for one option only: on a large grid all of them would not fit into memory.
        fields: _Fields = {}
        least = np.full(self.priced.surface.grid.shape, np.nan, np.float32)
        for ends, extra_usd_per_m in links:
            start, end = (self._field(site.node, extra_usd_per_m, fields) for site in ends)
            approaches = sum(sum(self.priced.approach_items(site).values()) for site in ends)
            least = np.fmin(least, excess_pct(start, end, approaches_usd=approaches))
        return least

    def _field(self, node: tuple[float, float], extra_usd_per_m: float, fields: _Fields) -> NDArray[np.floating]:
        """Price of each cell from one end, on the grid that paths are found on."""
        key = extra_usd_per_m, (float(node[0]), float(node[1]))
        if key not in fields:
            if extra_usd_per_m not in self._grids:
                self._grids[extra_usd_per_m] = self.priced.dearer(extra_usd_per_m, heeded=True)
            fields[key] = self._grids[extra_usd_per_m].field(key[1]).distance
        return fields[key]
