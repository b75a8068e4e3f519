"""Which cells of a sea routes are kept to: the surveys that they must stay inside, and discs round landings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from routing import geodesy
from routing.constraints import OUTSIDE_SURVEY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from routing.grid import Grid
    from routing.results import Loaded

__all__ = ["Confinement", "confinement", "near"]


@dataclass(frozen=True)
class Confinement:
    """Surveys that routes must stay inside.

    Attributes
    ----------
    surveys
        Their names; a route may change from one to another where they meet.
    zones
        Places (lon, lat) of landings, each with the radius in metres within which a route may run outside.
    """

    surveys: tuple[str, ...]
    zones: tuple[tuple[tuple[float, float], float], ...]

    @property
    def reason(self) -> str:
        """Why a cell outside is excluded.

        Examples
        --------
        >>> Confinement(("North", "South"), ()).reason
        'outside the surveys North, South'
        """
        return f"{OUTSIDE_SURVEY}{'s' if len(self.surveys) > 1 else ''} {', '.join(self.surveys)}"

    def allowed(self, sounded: NDArray[np.bool_], cells: Grid) -> NDArray[np.bool_]:
        """Cells of any grid where a route may run: those that the surveys sound, and those near landings."""
        allowed = sounded.copy()
        for place, radius_m in self.zones:
            near(allowed, place, radius_m, cells)
        return allowed


def confinement(loaded: Loaded) -> Confinement | None:
    """The surveys that a project's routes must stay inside; None where they may go anywhere.

    Notes
    -----
    Where several surveys say so, the largest of their zones round landings counts.
    """
    tables = [table for table in loaded.project.survey if table.stay_inside]
    if not tables:
        return None
    radius_m = 1000.0 * max(table.shore_zone_km for table in tables)
    return Confinement(tuple(table.name for table in tables), tuple((site.bmh, radius_m) for site in loaded.sites))


def near(marked: NDArray[np.bool_], place: Sequence[float], radius_m: float, cells: Grid) -> None:
    """Mark the cells whose centre lies within a distance on Earth of a place (lon, lat).

    Examples
    --------
    >>> from routing.grid import Grid
    >>> cells = Grid(1, 5, 500_000.0, 4_600_000.0, 1000.0, 1000.0, "EPSG:32639")
    >>> marked = np.zeros(cells.shape, bool)
    >>> near(marked, geodesy.Projection(cells.crs).inverse([[502_500.0, 4_599_500.0]])[0], 1100.0, cells)
    >>> marked.astype(int)
    array([[0, 1, 1, 1, 0]])
    """
    projection = geodesy.Projection(cells.crs)
    middle = cells.to_rowcol(projection.forward([place]))[0]
    # A third more than the scale at the place asks for: zones are small beside the area of a conformal projection.
    reach = 1.33 * radius_m * float(projection.scale([place])[0]) / np.array([cells.dy, cells.dx])
    first = np.clip(np.floor(middle - reach), 0, cells.shape).astype(int)
    last = np.clip(np.ceil(middle + reach) + 1, 0, cells.shape).astype(int)
    (top, left), (bottom, right) = first.tolist(), last.tolist()
    if top >= bottom or left >= right:
        return
    part = cells.part(top, left, (bottom - top, right - left))
    lonlat = projection.inverse(part.to_xy(np.indices(part.shape).reshape(2, -1).T))
    away_m = geodesy.inverse(np.broadcast_to(place, lonlat.shape), lonlat)[2]
    marked[top:bottom, left:right] |= (away_m <= radius_m).reshape(part.shape)
