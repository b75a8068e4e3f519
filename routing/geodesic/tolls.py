"""Toll lines: what it costs to cross a cable or pipeline, and at which angle it may be done."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from routing.errors import ArrayError
from routing.geodesic.ground import Ground, as_points
from routing.geodesic.heading import tensor_plane

__all__ = ["REACHES", "Stretch", "Toll", "crossings", "pieces_of", "place_leg", "stretches"]

PIECE = 2.0  # cells: longest piece of a line, so that one place can be closed without closing the whole line
SHORTEST_LEG = 0.5  # cells on either side of a crossing, however short it may be
# Searches for a leg: reach of the chords to either side in half legs, steps along the line in cells, degrees of turn.
TURNS = np.arange(-85.0, 90.0, 5.0)
SLIDES = np.array([0.0, 0.5, -0.5, 1.0, -1.0, 2.0, -2.0, 4.0, -4.0])
REACHES = (3.0, 6.0, 12.0)
REFINEMENTS = 24
FIRST_STEP = (1.0, 5.0)  # cells, degrees


@dataclass(frozen=True)
class Toll:
    """A line that may be crossed at a price, steeply.

    Parameters
    ----------
    line
        Row, col of its vertices, (n, 2).
    price
        Toll of one crossing at right angles.
    min_angle_deg
        Least angle between path and line, as lengths show it; a lower one is forbidden.
    oblique_weight
        Share of the toll by which a crossing at 45 degrees is dearer: the toll of a
        crossing at an angle a is ``price * (1 + oblique_weight * cot(a)**2)``.
    straight
        Length on either side of the crossing over which the path runs straight.

    Raises
    ------
    ArrayError
        If a value cannot be used.

    Examples
    --------
    >>> Toll([(0, 5), (9, 5)], 80_000.0).toll_at(45.0)
    160000.0
    """

    line: ArrayLike
    price: float
    min_angle_deg: float = 45.0
    oblique_weight: float = 1.0
    straight: float = 0.0

    def __post_init__(self) -> None:
        points = as_points(self.line, "line", shape=(-1, 2))
        moves = (np.diff(points, axis=0) != 0).any(axis=1)
        if not moves.any():
            raise ArrayError(f"toll line has {len(points)} point(s), no length", remedy="give two different points")
        for name in ("price", "oblique_weight", "straight"):
            value = getattr(self, name)
            if not 0.0 <= value < np.inf:
                raise ArrayError(f"{name} of a toll line is {value}", remedy="give a finite number, not negative")
        if not 0.0 < self.min_angle_deg < 90.0:
            raise ArrayError(
                f"min_angle_deg of a toll line is {self.min_angle_deg}", remedy="give more than 0, less than 90 degrees"
            )
        object.__setattr__(self, "line", points[np.append(True, moves)])

    def toll_at(self, angle_deg: float) -> float:
        """Toll of a crossing at an angle; inf if that is too oblique.

        Parameters
        ----------
        angle_deg
            Angle between path and line, 0 to 90 degrees.

        Returns
        -------
        toll
            In the unit of `price`.

        Examples
        --------
        >>> Toll([(0, 5), (9, 5)], 1.0, min_angle_deg=60.0).toll_at(50.0)
        inf
        """
        if angle_deg < self.min_angle_deg:
            return math.inf
        tangent = math.tan(math.radians(angle_deg))
        return float(self.price * (1.0 + self.oblique_weight * round(1.0 / (tangent * tangent), 15)))


@dataclass(frozen=True)
class Stretch:
    """Part of a path that crosses lines and has to be straight.

    Parameters
    ----------
    first, last
        Length of the path, in cells, up to its first and its last crossing.
    pieces
        Pieces of lines that are crossed.
    half
        Length to go straight before and after, in cells.
    """

    first: float
    last: float
    pieces: NDArray[np.int64]
    half: float


def pieces_of(tolls: Sequence[Toll]) -> NDArray[np.float64]:
    """Pieces of the lines as the kernels read them, in cells of the raster and prices.

    Parameters
    ----------
    tolls
        The lines.

    Returns
    -------
    pieces
        (k, 8): both ends, toll, weight, largest squared cotangent, straight length.
    """
    rows = [np.empty((0, 8))]
    for toll in tolls:
        points = np.asarray(toll.line, np.float64)
        legs = np.diff(points, axis=0)
        counts = np.maximum(1, np.ceil(np.hypot(*legs.T) / PIECE).astype(int))
        fine = [a + d * np.arange(n)[:, None] / n for a, d, n in zip(points, legs, counts, strict=False)]
        path = np.concatenate([*fine, points[-1:]])
        # A right angle computed with rounding is right; an angle of exactly the least one is allowed.
        steepest = 1.0 / math.tan(math.radians(toll.min_angle_deg)) ** 2 * (1.0 + 1e-9)
        rule = (toll.price, toll.oblique_weight, steepest, toll.straight)
        rows.append(np.hstack([path[:-1], path[1:], np.broadcast_to(rule, (len(path) - 1, 4))]))
    return np.concatenate(rows)


def crossings(ground: Ground, line: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Crossings of a padded polyline: lengths walked up to them, in cells, and the pieces that are crossed."""
    from routing.geodesic.tensor import find_crossings

    found = np.empty((16, 2))
    while True:
        n = int(find_crossings(tensor_plane(ground), line, found))
        if n <= len(found):
            return found[:n, 0].copy(), found[:n, 1].astype(np.int64)
        found = np.empty((n, 2))


def half_leg(ground: Ground, pieces: NDArray[np.int64]) -> float:
    """Cells to go straight on either side of a crossing of some pieces."""
    rules = tensor_plane(ground).tolls[pieces]
    # Lengths in row spacings; a column may be shorter than a row.
    cells = float(rules[:, 7].max()) / min(1.0, float(ground.plane.aspect.min()))
    return max(SHORTEST_LEG, (1.0 + 1e-6) * cells)


def stretches(ground: Ground, line: NDArray[np.float64]) -> list[Stretch]:
    """Stretches of a polyline to be replaced by one straight leg each.

    Parameters
    ----------
    ground
        The raster.
    line
        Padded polyline.

    Returns
    -------
    stretches
        In the order of the line; crossings too close for two legs share one.
    """
    walked, pieces = crossings(ground, line)
    found: list[Stretch] = []
    for place, piece in zip(walked.tolist(), pieces, strict=True):
        new = Stretch(place, place, np.array([piece]), half_leg(ground, np.array([piece])))
        if found and place - found[-1].last < new.half + found[-1].half:
            old = found.pop()
            new = Stretch(old.first, place, np.append(old.pieces, piece), max(old.half, new.half))
        found.append(new)
    return found


def place_leg(
    ground: Ground,
    ends: tuple[NDArray[np.float64], NDArray[np.float64]],
    across: tuple[NDArray[np.float64], NDArray[np.float64]],
    stretch: Stretch,
) -> tuple[float, NDArray[np.float64]]:
    """Best straight leg between two points of a path.

    Parameters
    ----------
    ground
        The raster.
    ends
        Where the path comes from and goes to.
    across
        First and last crossing of the leg.
    stretch
        What the leg crosses; it may slide along the first of the pieces.

    Returns
    -------
    price, leg
        Price of the way from end to end over the leg; inf if there is none.
    """
    from routing.geodesic.line import polyline_price

    tolls = tensor_plane(ground).tolls
    along = tolls[stretch.pieces[0], 2:4] - tolls[stretch.pieces[0], :2]
    along = along / np.hypot(*along)
    middle = 0.5 * (across[0] + across[1])
    size = stretch.half + 0.5 * float(np.hypot(*(across[1] - across[0])))
    normal = np.array([-along[1], along[0]])
    if float(normal @ (ends[1] - ends[0])) < 0.0:
        normal = -normal

    def leg(slide: float, turn: float) -> NDArray[np.float64]:
        a = math.radians(turn)
        step = size * (math.cos(a) * normal + math.sin(a) * along)
        centre = middle + slide * along
        return np.stack([centre - step, centre + step])

    def price(slide: float, turn: float) -> float:
        way = np.concatenate([ends[0][None], leg(slide, turn), ends[1][None]])
        return float(polyline_price(ground.plane, way)) if _inside(ground, way) else np.inf

    best = min(((price(s, t), s, t) for s in SLIDES for t in TURNS), key=lambda found: found[0])
    if best[0] < np.inf:
        best = _descend(price, best)
    return best[0], leg(best[1], best[2])


def _inside(ground: Ground, way: NDArray[np.float64]) -> bool:
    """Whether padded points lie on the raster."""
    return bool(ground.contains(ground.unpad(way)).all())


def _descend(price: Callable[[float, float], float], best: tuple[float, float, float]) -> tuple[float, float, float]:
    """Pattern search from (price, slide, turn) with steps that shrink."""
    step, turn = FIRST_STEP
    for _ in range(REFINEMENTS):
        lowest, s, t = best
        for ds, dt in ((step, 0.0), (-step, 0.0), (0.0, turn), (0.0, -turn)):
            x = price(s + ds, t + dt)
            if x < best[0]:
                best = (x, s + ds, t + dt)
        if not best[0] < lowest:
            step, turn = 0.5 * step, 0.5 * turn
    return best
