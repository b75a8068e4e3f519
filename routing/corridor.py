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
    _Key = tuple[float, tuple[float, float]]

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
    # In place: on a grid of millions of cells, fresh memory takes longer than the arithmetic.
    through -= best
    through *= 100.0
    through /= best + approaches_usd
    excess = through.astype(np.float32)
    excess[~np.isfinite(through)] = np.nan
    return excess


@dataclass
class Corridors:
    """Corridors over one sea; links that share an end share its field, and so does the option that follows.

    Parameters
    ----------
    priced
        The water.
    """

    priced: PricedGrid

    def __post_init__(self) -> None:
        self._grids: dict[float, CostGrid] = {}
        self._fields: dict[_Key, NDArray[np.floating]] = {}

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
        listed = [(tuple(_key(site, extra) for site in ends), self._approaches_usd(ends)) for ends, extra in links]
        # No more fields are kept than one option needs: on a large grid all of them would not fit into memory.
        needed = {key for keys, _ in listed for key in keys}
        self._fields = {key: field for key, field in self._fields.items() if key in needed}
        least = np.full(self.priced.surface.grid.shape, np.nan, np.float32)
        for (start, end), approaches_usd in listed:
            excess = excess_pct(self._field(start), self._field(end), approaches_usd=approaches_usd)
            np.fmin(least, excess, out=least)
        return least

    def _approaches_usd(self, ends: Ends) -> float:
        return sum(sum(self.priced.approach_items(site).values()) for site in ends)

    def _field(self, key: _Key) -> NDArray[np.floating]:
        """Price of each cell from one end, on the grid that paths are found on."""
        extra_usd_per_m, node = key
        if key not in self._fields:
            if extra_usd_per_m not in self._grids:
                self._grids[extra_usd_per_m] = self.priced.dearer(extra_usd_per_m, heeded=True)
            self._fields[key] = self._grids[extra_usd_per_m].field(node).distance
        return self._fields[key]


def _key(site: LandingSite | Junction, extra_usd_per_m: float) -> _Key:
    """What a field depends on: what a cable costs more a metre, and where it starts."""
    return extra_usd_per_m, (float(site.node[0]), float(site.node[1]))
