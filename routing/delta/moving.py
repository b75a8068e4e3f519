"""Where one route lies away from another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from routing import geodesy
from routing.delta.records import Move
from routing.position_list.beside import nearest_places, places_along

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Beside", "beside", "cut", "is_identical", "moved"]

#: Positions closer than this are the same.
_SAME_M = 0.001
#: Places at which the distance is taken: ten for each tolerance, but no more than this along a route.
_PER_TOLERANCE, _AT_MOST = 10.0, 20_000


@dataclass(frozen=True)
class Beside:
    """One route seen from another.

    Attributes
    ----------
    marks_m
        Distances along the one, both ends and every turn among them.
    beside_m
        Distance along the other to its nearest place.
    apart_m
        How far that is.
    side
        +1 where the other lies to starboard, looking along the one; -1 to port.
    own_side
        The same for the one, looking along the other.
    """

    marks_m: NDArray[np.float64]
    beside_m: NDArray[np.float64]
    apart_m: NDArray[np.float64]
    side: NDArray[np.float64]
    own_side: NDArray[np.float64]

    def mean_m(self, start_m: float, end_m: float) -> float:
        """Mean distance over a stretch."""
        inner = self.marks_m[(self.marks_m > start_m) & (self.marks_m < end_m)]
        marks = np.concatenate([[start_m], inner, [end_m]])
        apart = np.interp(marks, self.marks_m, self.apart_m)
        return float(np.trapezoid(apart, marks) / (end_m - start_m)) if end_m > start_m else float(apart.mean())


@dataclass(frozen=True)
class _Stretch:
    """A stretch of the new route and what it replaces, metres; `side` is +1 when it moved to starboard."""

    start_m: float
    end_m: float
    old_start_m: float
    old_end_m: float
    greatest_m: float
    side: float
    is_of_new: bool


def is_identical(new: NDArray[np.float64], old: NDArray[np.float64]) -> bool:
    """Whether two routes have the same positions to the millimetre."""
    return new.shape == old.shape and bool((geodesy.inverse(new, old)[2] <= _SAME_M).all())


def beside(line: NDArray[np.float64], other: NDArray[np.float64], *, tolerance_m: float) -> Beside:
    """How far another route lies all along one.

    Parameters
    ----------
    line, other
        Geodesic polylines (n, 2), (lon, lat) degrees.
    tolerance_m
        Sets how densely: distances change by no more than the way along, so what is farther than the tolerance and half
        a step is never missed.
    """
    corners = geodesy.cumulative_m(line)
    step = max(tolerance_m / _PER_TOLERANCE, corners[-1] / _AT_MOST)
    marks = np.unique(np.concatenate([np.arange(0.0, corners[-1], step), corners]))
    places, bearings = places_along(line, marks)
    nearest, beside_m = nearest_places(other, places)
    toward, back, apart = geodesy.inverse(places, nearest)
    other_bearings = places_along(other, beside_m)[1]
    return Beside(marks, beside_m, apart, _side(toward - bearings), _side(back + 180.0 - other_bearings))


def _side(turn_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    """+1 for a turn to starboard, -1 to port."""
    return np.where((turn_deg + 180.0) % 360.0 - 180.0 > 0.0, 1.0, -1.0)


def moved(new: Beside, old: Beside, *, tolerance_m: float) -> tuple[Move, ...]:
    """Stretches where two routes lie farther apart than a tolerance.

    Parameters
    ----------
    new
        The new route with the old one beside it.
    old
        The old route with the new one beside it: a detour that the new route cuts off shows only from there.
    tolerance_m
        Metres.
    """
    seen = [
        _Stretch(*far.own, *far.other, far.greatest_m, -float(new.side[far.farthest]), is_of_new=True)
        for far in _far(new, tolerance_m)
    ]
    seen += [
        _Stretch(*far.other, *far.own, far.greatest_m, -float(old.own_side[far.farthest]), is_of_new=False)
        for far in _far(old, tolerance_m)
    ]
    joined: list[_Stretch] = []
    for each in sorted(seen, key=lambda stretch: (stretch.start_m, stretch.end_m)):
        if joined and each.start_m <= joined[-1].end_m + tolerance_m:
            joined[-1] = _joined(joined[-1], each)
        else:
            joined.append(each)
    return tuple(_move(each, new, old) for each in joined)


def cut(line: NDArray[np.float64], start_m: float, end_m: float) -> NDArray[np.float64]:
    """The part of a route between two distances along it.

    Examples
    --------
    >>> cut(np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]]), 55_659.745, 166_979.236).round(3).tolist()
    [[0.5, 0.0], [1.0, 0.0], [1.5, 0.0]]
    """
    corners = geodesy.cumulative_m(line)
    inner = corners[(corners > start_m) & (corners < end_m)]
    return places_along(line, np.concatenate([[start_m], inner, [end_m]]))[0]


class _Far(NamedTuple):
    """A stretch beyond the tolerance: its ends, those on the other route in rising order, and its farthest mark."""

    own: tuple[float, float]
    other: tuple[float, float]
    greatest_m: float
    farthest: int


def _far(seen: Beside, tolerance_m: float) -> list[_Far]:
    is_far = np.concatenate([[False], seen.apart_m > tolerance_m, [False]])
    edges = np.flatnonzero(np.diff(is_far.astype(int)))
    found = []
    for first, behind in edges.reshape(-1, 2).tolist():
        start = _reached(seen, first - 1, first, tolerance_m) if first else float(seen.marks_m[0])
        is_last = behind == len(seen.marks_m)
        end = float(seen.marks_m[-1]) if is_last else _reached(seen, behind, behind - 1, tolerance_m)
        farthest = first + int(seen.apart_m[first:behind].argmax())
        low, high = sorted(np.interp([start, end], seen.marks_m, seen.beside_m).tolist())
        found.append(_Far((start, end), (low, high), float(seen.apart_m[farthest]), farthest))
    return found


def _reached(seen: Beside, near: int, far: int, tolerance_m: float) -> float:
    """Where the distance passes the tolerance between two neighbouring places."""
    share = (tolerance_m - seen.apart_m[near]) / (seen.apart_m[far] - seen.apart_m[near])
    return float(seen.marks_m[near] + share * (seen.marks_m[far] - seen.marks_m[near]))


def _joined(a: _Stretch, b: _Stretch) -> _Stretch:
    """Two stretches as one; those seen from the old route do not lengthen those of the new."""
    ends = [each for each in (a, b) if each.is_of_new] or [a, b]
    farther = a if a.greatest_m >= b.greatest_m else b
    return _Stretch(
        min(each.start_m for each in ends),
        max(each.end_m for each in ends),
        min(a.old_start_m, b.old_start_m),
        max(a.old_end_m, b.old_end_m),
        farther.greatest_m,
        farther.side,
        is_of_new=a.is_of_new or b.is_of_new,
    )


def _move(stretch: _Stretch, new: Beside, old: Beside) -> Move:
    means = (new.mean_m(stretch.start_m, stretch.end_m), old.mean_m(stretch.old_start_m, stretch.old_end_m))
    ends = (stretch.start_m, stretch.end_m, stretch.old_start_m, stretch.old_end_m)
    start, end, old_start, old_end = (round(metres / 1000.0, 3) for metres in ends)
    side = "starboard" if stretch.side > 0 else "port"
    return Move(start, end, old_start, old_end, round(stretch.greatest_m, 1), round(max(means), 1), side)
