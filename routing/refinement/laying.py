"""A stretch of a route searched window by window, and laid by the rules of alter courses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from routing.courses import CourseRules, keep_courses
from routing.errors import InfeasibleError
from routing.geodesic import enclosure
from routing.refinement.ground import BAND, survey_ground
from routing.route import straighten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from routing.courses.rules import Beyond
    from routing.planning import Sea
    from routing.refinement.frame import Frame
    from routing.refinement.ground import Ground
    from routing.refinement.stretches import Track
    from routing.results import Loaded
    from routing.route import Route

__all__ = ["Laid", "Stretch", "lay"]


@dataclass(frozen=True)
class Stretch:
    """What is searched.

    Attributes
    ----------
    loaded, sea
        The project's inputs, and the routing grid, priced.
    track
        The route as planned.
    start, end
        Stations between which it lies on surveys.
    beyond
        Positions (lon, lat) from which it is entered and to which it is left; None where it begins or ends at sea.
    frame
        Cells of windows.
    alter_course_usd
        Price of each alter course.
    """

    loaded: Loaded
    sea: Sea
    track: Track
    start: float
    end: float
    beyond: Beyond
    frame: Frame
    alter_course_usd: float

    def ground(self, station: float, end: float) -> Ground:
        """The window from a station to another, with what is ahead of it and the band round all."""
        back, ahead = max(0.0, station - self.frame.band_m), min(self.end, end + self.frame.ahead_m)
        return survey_ground(self.loaded, self.sea, self.frame, self.track.part(back, ahead))

    def grounds(self, stops: tuple[float, ...]) -> Iterator[Ground]:
        """Its windows one after the other, by the stations where they end."""
        for station, end in zip((self.start, *stops[:-1]), stops, strict=True):
            yield self.ground(station, end)

    @cached_property
    def rules(self) -> CourseRules:
        """What its alter courses must keep."""
        return CourseRules.of(self.loaded.catalogue)


@dataclass(frozen=True)
class Laid:
    """What was found along a stretch.

    Attributes
    ----------
    lonlat
        Positions of the new line (n, 2); None where there is none.
    stops
        Stations where windows end, the last one at the end of the stretch.
    blocked
        Why there is no new line; empty where there is one.
    """

    lonlat: NDArray[np.float64] | None
    stops: tuple[float, ...]
    blocked: str = ""


def lay(stretch: Stretch) -> Laid:
    """The cheapest line along a stretch at the resolution of its surveys, laid in geodesic legs.

    Notes
    -----
    Each window is searched from where the last one was left to a place beyond its end, and left near its end, at
    an alter course if there is one: what comes after decides little of what was before. Once no line leads on, windows
    are only counted.
    """
    chain = stretch.track.projection.inverse(stretch.track.at(stretch.start))
    stops, station, blocked = [], stretch.start, ""
    while station < stretch.end:
        end = stretch.frame.end(stretch.track, station, stretch.end)
        if not blocked:
            try:
                laid = _laid(stretch.ground(station, end), stretch, chain, end)
            except InfeasibleError as error:
                blocked = str(error)
            else:
                kept, end = _cut(laid.lonlat, stretch, end)
                chain = np.concatenate([chain, kept[1:]])
        stops.append(end)
        station = end
    return Laid(None if blocked else chain, tuple(stops), blocked)


def _laid(ground: Ground, stretch: Stretch, chain: NDArray[np.float64], end: float) -> Route:
    """The route through a window from where a chain of positions ends to where the search looks ahead to."""
    priced = ground.priced
    last = end >= stretch.end
    target = stretch.track.at(stretch.end if last else min(stretch.end, end + stretch.frame.ahead_m))
    start, goal = priced.rowcol(chain[-1:])[0], priced.surface.grid.to_rowcol(target)[0]
    _refuse_closed(ground, start, goal if last else None)
    usd = stretch.alter_course_usd
    route = straighten(
        _path(ground, start, goal, stretch.frame), priced, alter_course_usd=usd, crossings=ground.crossings
    )
    return keep_courses(
        route,
        priced,
        rules=stretch.rules,
        beyond=(chain[-2] if len(chain) > 1 else stretch.beyond[0], stretch.beyond[1] if last else None),
        alter_course_usd=usd,
        crossings=ground.crossings,
    )


def _path(ground: Ground, start: NDArray[np.float64], goal: NDArray[np.float64], frame: Frame) -> NDArray[np.float64]:
    """The cheapest path between two grid positions; to the cell nearest to the second where that is excluded."""
    field = ground.priced.guide.field(start)
    row, col = np.rint(goal).astype(int)
    if ground.exclusions.reason_at(row, col) is not None:
        reached = np.argwhere(np.isfinite(field.distance)).astype(float)
        away = np.hypot(*(reached - goal).T) if len(reached) else np.array([np.inf])
        # Farther off than the band is wide, it lies on this side of whatever closes the band.
        if away.min() * frame.cell_m <= frame.band_m:
            goal = reached[np.argmin(away)]
    try:
        return field.path_to(goal).points
    except InfeasibleError as error:
        raise InfeasibleError(_why(ground, start)) from error


def _refuse_closed(ground: Ground, start: NDArray[np.float64], end: NDArray[np.float64] | None) -> None:
    for name, node in (("begins", start), ("ends", end)):
        if node is not None:
            row, col = np.clip(np.rint(node).astype(int), 0, np.array(ground.exclusions.code.shape) - 1).tolist()
            reason = ground.exclusions.reason_at(row, col)
            if reason is not None:
                raise InfeasibleError(f"it {name} in a cell that is excluded: {reason}")


def _why(ground: Ground, start: NDArray[np.float64]) -> str:
    """What closes a window off, the edge of the band apart."""
    pocket = enclosure(ground.priced.surface.total(), np.rint(start))
    around = [reason for reason, _ in ground.exclusions.around(pocket) if reason != BAND]
    return f"no line leads on inside the band: {', '.join(around) or 'it is too narrow'}; widen refine_band_m"


def _cut(lonlat: NDArray[np.float64], stretch: Stretch, end: float) -> tuple[NDArray[np.float64], float]:
    """What is kept of a laid route, and the station at which it is left: near the end of its window."""
    track = stretch.track
    if end >= stretch.end:
        return lonlat, stretch.end
    at = track.stations_of(track.projection.forward(lonlat))
    near = 1 + np.flatnonzero(np.abs(at[1:-1] - end) <= 0.5 * stretch.frame.ahead_m)
    if len(near):
        kept = int(near[np.argmin(np.abs(at[near] - end))])
        return lonlat[: kept + 1], float(at[kept])
    piece = track.cut(track.projection.forward(lonlat), (end,))[0]
    before = lonlat[: int(np.argmax(at > end))]
    return np.concatenate([before, track.projection.inverse(piece[-1:])]), end
