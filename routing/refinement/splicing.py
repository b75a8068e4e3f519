"""A whole route found again where it lies on surveys: its stretches searched, and what was found put in their place."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from routing import seabed
from routing.courses import CourseRules
from routing.planning import Refined
from routing.refinement.frame import Frame
from routing.refinement.laying import Stretch, lay
from routing.refinement.stretches import Track, surveyed
from routing.refinement.tidying import tidied
from routing.refinement.traits import joined, traits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from routing.courses.rules import Beyond
    from routing.planning import Planner, Traits
    from routing.refinement.laying import Laid
    from routing.results import Loaded
    from routing.seabed import Coverage

__all__ = ["Again", "find_again"]

#: Stretches shorter than so many shortest legs leave no room to go round anything.
_LEAST_LEGS = 2.0
#: Stations are the same within this, map metres.
_SAME_M = 1e-3


@dataclass(frozen=True)
class Again:
    """A route found again.

    Attributes
    ----------
    lonlat
        Its positions (n, 2), without the shore approaches.
    refined
        Its stretches on surveys, by KP from the first of these positions.
    """

    lonlat: NDArray[np.float64]
    refined: tuple[Refined, ...]

    @property
    def is_changed(self) -> bool:
        """Whether any stretch has a new line."""
        return any(each.after is not None for each in self.refined)


def find_again(loaded: Loaded, planner: Planner, inner: NDArray[np.float64], beyond: Beyond) -> Again:
    """A route found again where it lies on surveys that are finer than the routing grid.

    Parameters
    ----------
    loaded
        The project's inputs.
    planner
        What planned the route.
    inner
        Its positions (n, 2) without the shore approaches, which stay as they are.
    beyond
        Positions from which it is entered and to which it is left, by straight approaches; None at sea.
    """
    finer = [each for each in loaded.coverages if seabed.FINER * each.cell_m <= loaded.grid.dx]
    if not finer:
        return Again(inner, ())
    track = Track.of(inner, planner.sea.priced)
    chain, done, refined = inner[:0], -1.0, []
    for start, end, own in _stretches(track, finer, loaded, planner):
        before = np.concatenate([chain, _between(track, done, start)])
        after = track.lonlat[track.stations > end + _SAME_M]
        around = before[-1] if len(before) else beyond[0], after[0] if len(after) else beyond[1]
        frame = _frame(loaded, min(each.cell_m for each in own))
        stretch = Stretch(loaded, planner.sea, track, start, end, around, frame, planner.alter_course_usd)
        lonlat, told = _searched(stretch, before[-1:], after[:1], gap=planner.gap)
        refined.append(_told(told, stretch, own))
        if lonlat is not None:
            # The positions around may have become unnecessary, never others.
            chain, done = np.concatenate([before[:-1], lonlat]), end
            if len(after):
                chain = chain[:-1]
    lonlat = np.concatenate([chain, _between(track, done, math.inf)])
    lonlat[[0, -1]] = inner[[0, -1]]  # to the last bit: landings and branching units stay where they are
    return Again(lonlat, tuple(refined))


def _stretches(
    track: Track, finer: list[Coverage], loaded: Loaded, planner: Planner
) -> Iterator[tuple[float, float, list[Coverage]]]:
    """Stations between which a track lies on surveys, and which these are."""
    cells, leg_m = loaded.grid, CourseRules.of(planner.fixed.catalogue).leg_m
    runs = [(each, surveyed(track, each.cells, cells)) for each in finer]
    last = -1.0
    for first, after in surveyed(track, seabed.sounded_by(finer), cells):
        # An alter course near an end moves it there: no leg between the two would be long enough.
        start, end = _snapped(track, first, leg_m), _snapped(track, after, leg_m)
        if start >= last and end - start >= _LEAST_LEGS * leg_m:
            yield start, end, [each for each, own in runs if any(a < after and b > first for a, b in own)]
            last = end


def _snapped(track: Track, station: float, within: float) -> float:
    nearest = float(track.stations[np.argmin(np.abs(track.stations - station))])
    return nearest if abs(nearest - station) < within else station


def _frame(loaded: Loaded, survey_cell_m: float) -> Frame:
    routing, cells = loaded.project.routing, loaded.grid
    cell_m = survey_cell_m if routing.refine_resolution_m is None else routing.refine_resolution_m
    return Frame.fitting(cells, cell_m=cell_m, band_m=routing.refine_band_m or cells.dx)


@dataclass(frozen=True)
class _Lines:
    """Both lines of a stretch as its surveys see them; no new one where it was not found, or is no better."""

    laid: Laid
    before: Traits
    after: Traits | None = None
    bound_usd: float = math.nan
    kept: str = ""


def _searched(
    stretch: Stretch, before: NDArray[np.float64], after: NDArray[np.float64], *, gap: float
) -> tuple[NDArray[np.float64] | None, _Lines]:
    """The new line of a stretch with a position before and after it, where there are any; None where the old one stays.

    A new line must pay for its own alter courses.
    """
    laid, track = lay(stretch), stretch.track
    planned = track.part(stretch.start, stretch.end)
    if laid.lonlat is None:
        return None, _Lines(laid, _measured(stretch, laid, planned)[0], kept=laid.blocked)
    lonlat = tidied(stretch, laid, np.concatenate([before, laid.lonlat, after]))
    found = track.cut(stretch.sea.priced.follow(lonlat)[0], (stretch.start, stretch.end))[1]
    old, new = _measured(stretch, laid, planned, found)
    if not math.isfinite(new.usd):
        return None, _Lines(laid, old, kept="the new line touches cells where nothing can be built")
    inside = (track.stations > stretch.start - _SAME_M) & (track.stations < stretch.end + _SAME_M)
    own = int(inside.sum()) - (not len(before)) - (not len(after))
    if new.usd + (len(lonlat) - 2 - own) * stretch.alter_course_usd >= old.usd:
        return None, _Lines(laid, old, kept="no other line was found that costs less with its alter courses")
    return lonlat, _Lines(laid, old, new, _bound_usd(stretch, laid, found, gap))


def _measured(stretch: Stretch, laid: Laid, *lines: NDArray[np.float64]) -> tuple[Traits, ...]:
    """What lines between the ends of a stretch meet, each by the windows that it passes."""
    pieces = zip(*(stretch.track.cut(line, laid.stops[:-1]) for line in lines), strict=True)
    parts = [
        [traits(piece, ground) for piece in own]
        for own, ground in zip(pieces, stretch.grounds(laid.stops), strict=True)
    ]
    return tuple(joined(line) for line in zip(*parts, strict=True))


def _bound_usd(stretch: Stretch, laid: Laid, line: NDArray[np.float64], gap: float) -> float:
    """USD below which no line in the band can be that passes where this one passes from window to window."""
    bound_usd = 0.0
    for piece, ground in zip(stretch.track.cut(line, laid.stops[:-1]), stretch.grounds(laid.stops), strict=True):
        rowcol = ground.priced.surface.grid.to_rowcol(piece)
        usd = ground.priced.kernel.price(rowcol)
        bound_usd += ground.priced.lower_bound(tuple(rowcol[0]), tuple(rowcol[-1]), usd, gap=gap)
    return bound_usd


def _told(lines: _Lines, stretch: Stretch, own: list[Coverage]) -> Refined:
    start_m, end_m = (stretch.track.kp_m(station) for station in (stretch.start, stretch.end))
    return Refined(
        start_m=start_m,
        end_m=end_m,
        surveys=tuple(each.survey for each in own),
        cell_m=stretch.frame.cell_m,
        windows=len(lines.laid.stops),
        before=lines.before,
        after=lines.after,
        bound_usd=lines.bound_usd,
        kept=lines.kept,
    )


def _between(track: Track, start: float, end: float) -> NDArray[np.float64]:
    """Positions of a track between two stations, without those at them."""
    return np.asarray(track.lonlat[(track.stations > start + _SAME_M) & (track.stations < end - _SAME_M)])
