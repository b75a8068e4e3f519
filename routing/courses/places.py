"""Positions that may become alter courses: on a route, beside it, and on arcs round its sharp turns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from routing import geodesy
from routing.courses.rules import Ground

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from routing.courses.rules import Beyond, CourseRules
    from routing.pricing import PricedGrid
    from routing.route import Route

    _Places = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]

__all__ = ["positions"]

#: Where positions are tried round a place that breaks a rule: along the route and beside it, in shortest legs.
_ALONG = (-4.5, -3.2, -2.2, -1.6, -1.1, -0.5, 0.0, 0.5, 1.1, 1.6, 2.2, 3.2, 4.5)
_BESIDE = (-1.3, -0.9, -0.6, -0.4, -0.2, 0.0, 0.2, 0.4, 0.6, 0.9, 1.3)
#: Those of them from which long legs are tried.
_COARSE_ALONG, _COARSE_BESIDE = (-4.5, -2.2, -1.1, 0.0, 1.1, 2.2, 4.5), (-0.9, -0.4, 0.0, 0.4, 0.9)
#: Legs of the arcs that lead out of a shore approach, and the most of one round a sharp turn.
_ARC_LEGS, _BEND_LEGS = 5, 9
#: Turns of these arcs, in largest turns.
_ARC_TURNS, _BEND_TURNS = (-1.0, -0.5, 0.5, 1.0), (0.7, 1.0)
#: Evenly spaced positions of the route that may be used instead of its alter courses.
_EVEN = 40
_NOWHERE = np.empty((0, 2)), np.empty(0), np.empty(0, bool)


def positions(
    route: Route, breaches: list[int], priced: PricedGrid, rules: CourseRules, beyond: Beyond
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Grid positions (n, 2) that may become alter courses, both ends among them, in order, and legs between them.

    Parameters
    ----------
    route, breaches
        A route, and its positions that break rules.
    priced, rules, beyond
        As in :func:`routing.courses.keep_courses`.

    Returns
    -------
    where, station
        Grid positions (n, 2), and where along the route each stands.
    tried
        Pairs (n, n) that are worth a leg: those as near to each other as the places of one lattice, and longer ones
        between fewer positions.
    """
    even = np.linspace(0.0, route.length_m, _EVEN)[1:-1]
    tried = [(route.at(even), even, _all(even))]
    near_m = 0.0
    ground = Ground.under(priced.rowcol(route.lonlat), priced, rules)
    for k in sorted({min(max(k, 0), len(route.lonlat) - 1) for k in breaches}):
        unit_m = max(rules.leg_m, 0.5 * priced.step_m, float(ground.leg_m[k]))
        tried += [_lattice(route, float(route.kp_m[k]), unit_m), *_bends(route, k, float(ground.limit_deg[k]), unit_m)]
        near_m = max(near_m, (_ALONG[-1] - _ALONG[0]) * unit_m)
    tried += [_arcs(route, beyond[end], end, rules) for end in (0, -1)]
    lonlat, at, coarse = (np.concatenate(parts) for parts in zip(*tried, strict=True))
    where = priced.rowcol(lonlat)
    sound = (at > 0.0) & (at < route.length_m) & _is_free(where, priced)
    # The route's own positions stand on corners of excluded cells, and are always among those tried.
    own = priced.rowcol(route.lonlat)
    where, at = np.concatenate([own[1:-1], where[sound]]), np.concatenate([route.kp_m[1:-1], at[sound]])
    coarse = np.concatenate([_all(own[1:-1]), coarse[sound]])
    order = np.lexsort((where[:, 1], where[:, 0], at))
    station = np.concatenate([[-1.0], at[order], [route.length_m + 1.0]])
    far = np.concatenate([[True], coarse[order], [True]])
    near = np.abs(station[:, None] - station[None, :]) <= near_m + 1.0
    return np.concatenate([own[:1], where[order], own[-1:]]), station, near | (far[:, None] & far[None, :])


def _all(each: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.ones(len(each), bool)


def _lattice(route: Route, kp_m: float, unit_m: float) -> _Places:
    """Positions (n, 2) round a place of a route, along and beside it, their stations, and those for long legs."""
    along = kp_m + unit_m * np.array(_ALONG)
    inside = (along > 0) & (along < route.length_m)
    along, coarse = along[inside], np.isin(_ALONG, _COARSE_ALONG)[inside]
    if not len(along):
        return _NOWHERE
    middle = route.at(along)
    ahead = route.bearings_deg[np.clip(np.searchsorted(route.kp_m, along, side="right") - 1, 0, len(route.lonlat) - 2)]
    parts = [
        geodesy.direct(middle, ahead + (90.0 if beside > 0 else -90.0), np.full(len(along), abs(beside) * unit_m))
        for beside in _BESIDE
    ]
    return (
        np.concatenate(parts),
        np.tile(along, len(_BESIDE)),
        (np.isin(_BESIDE, _COARSE_BESIDE)[:, None] & coarse).ravel(),
    )


def _arcs(route: Route, place: NDArray[np.float64] | None, end: int, rules: CourseRules) -> _Places:
    """Positions (n, 2) that a course reaches from a shore approach by turns as sharp as they may be, or half of it."""
    if place is None:
        return _NOWHERE
    own = route.lonlat[end]
    straight = float(geodesy.inverse(place.reshape(1, 2), own.reshape(1, 2))[1][0])
    start_m, sign = (0.0, 1.0) if end == 0 else (route.length_m, -1.0)
    steps = np.arange(1.0, _ARC_LEGS + 1)
    arcs = [
        _arc(own, straight + steps * turn * rules.ploughed_deg, leg_m=1.05 * rules.leg_m, start_m=start_m, sign=sign)
        for turn in _ARC_TURNS
    ]
    lonlat, at = (np.concatenate(parts) for parts in zip(*arcs, strict=True))
    return lonlat, at, _all(at)


def _bends(route: Route, k: int, limit_deg: float, unit_m: float) -> Iterator[_Places]:
    """Arcs of even turns through an alter course, in place of it: before it, after it, and half on each side."""
    if not 0 < k < len(route.lonlat) - 1:
        return
    turn, leaving = float(route.turns_deg[k - 1]), float(route.bearings_deg[k])
    for share in _BEND_TURNS:
        each = float(np.copysign(share * limit_deg, turn))
        steps = np.arange(1.0, min(int(np.ceil(turn / each)), _BEND_LEGS) + 1)
        middle = leaving - 0.5 * turn
        ahead = (leaving - turn + steps * each, middle + (steps - 0.5) * each)
        astern = (leaving + 180.0 - steps * each, middle + 180.0 - (steps - 0.5) * each)
        for sign, bearings in ((1.0, ahead), (-1.0, astern)):
            for bearing in bearings:
                found = _arc(route.lonlat[k], bearing, leg_m=1.05 * unit_m, start_m=float(route.kp_m[k]), sign=sign)
                yield *found, np.arange(len(bearing)) == len(bearing) - 1


def _arc(
    start: NDArray[np.float64], bearings_deg: NDArray[np.float64], *, leg_m: float, start_m: float, sign: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Positions (n, 2) reached by legs of one length and given bearings, and their stations."""
    found = [start]
    for bearing in bearings_deg.tolist():
        found.append(geodesy.direct(found[-1].reshape(1, 2), np.array([bearing]), np.array([leg_m]))[0])
    return np.array(found[1:]), np.asarray(start_m + sign * 0.5 * leg_m * np.arange(1, len(found)), np.float64)


def _is_free(places: NDArray[np.float64], priced: PricedGrid) -> NDArray[np.bool_]:
    cells = np.rint(places).astype(np.intp)
    inside = np.asarray(((cells >= 0) & (cells < np.array(priced.surface.grid.shape))).all(axis=1))
    row, col = np.where(inside[:, None], cells, 0).T
    return np.asarray(inside & priced.surface.free[row, col])
