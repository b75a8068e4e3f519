"""Paths that keep apart, made cheaper one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from routing.diversity.apartness import Apartness
    from routing.diversity.laying import Laying, Link
    from routing.geodesic import GeodesicPath

__all__ = ["Settled", "Settler"]

#: Relative gain of a round of all paths below which they have settled.
_RESTS = 1e-5
#: Relative gain for which paths are moved together.
_WORTH = 1e-4
#: Most rounds.
_ROUNDS = 8
#: Parts of the separation by which one path comes nearer for a start, and the others make room.
_YIELDS = (0.4, 0.15, 0.05)
#: The same on a stretch alone, and the stretches, as shares of a line.
_LOCAL_YIELDS, _STRETCHES = (0.2, 0.07), ((0.0, 0.25), (0.2, 0.5), (0.5, 0.8), (0.75, 1.0))
_WHOLE = (0.0, 1.0)


@dataclass(frozen=True)
class Settled:
    """Paths that keep apart.

    Attributes
    ----------
    paths
        One for each link.
    """

    paths: tuple[GeodesicPath, ...]

    @property
    def total(self) -> float:
        """Price of all of them, as paths are found."""
        return sum(path.cost for path in self.paths)


@dataclass(frozen=True)
class Settler:
    """Moves the paths of links, one at a time, each to the cheapest place that the others leave.

    Attributes
    ----------
    laying
        The sea.
    links
        Landings that are joined.
    apart
        The separation.
    """

    laying: Laying
    links: tuple[Link, ...]
    apart: Apartness

    def cheapest(
        self, number: int, others: Iterable[Any], *, less_m: float = 0.0, stretch: tuple[float, float] = _WHOLE
    ) -> GeodesicPath | None:
        """The cheapest path of one link outside what lines in map metres keep free; None if there is none.

        Parameters
        ----------
        number
            Of the link.
        others
            The lines.
        less_m
            By how much less than the separation is enough.
        stretch
            Part of each line for which it is, as shares of its length.
        """
        near, rest = [], []
        for line in others:
            inside, outside = _split(line, stretch)
            near.append(inside)
            rest += outside
        closed = self.apart.keep_out(near, less_m=less_m) | self.apart.keep_out(rest)
        return self.laying.closed(closed).find_path(self.links[number])

    def in_order(self, order: Sequence[int]) -> Settled | None:
        """Each link in its turn, heeding those before it only."""
        lines: dict[int, Any] = {}
        paths: dict[int, GeodesicPath] = {}
        for number in order:
            path = self.cheapest(number, lines.values())
            if path is None:
                return None
            paths[number], lines[number] = path, self.apart.line(path.points)
        return Settled(tuple(paths[number] for number in range(len(self.links))))

    def from_lines(self, points: Sequence[NDArray[np.float64]], order: Sequence[int]) -> Settled | None:
        """From lines that no cable may follow: each link in its turn heeds the paths and lines of all others."""
        lines = [self.apart.line(each) for each in points]
        paths: dict[int, GeodesicPath] = {}
        for number in order:
            path = self.cheapest(number, _others(lines, number))
            if path is None:
                return None
            paths[number], lines[number] = path, self.apart.line(path.points)
        return Settled(tuple(paths[number] for number in range(len(self.links))))

    def settle(self, start: Settled) -> Settled:
        """Round after round, each path to the cheapest place that the others leave, until none moves."""
        paths = list(start.paths)
        lines = [self.apart.line(path.points) for path in paths]
        for _ in range(_ROUNDS):
            before = sum(path.cost for path in paths)
            for number in range(len(paths)):
                path = self.cheapest(number, _others(lines, number))
                # Cells are closed as a whole, so the path that stood there may be barred: then it stays.
                if path is not None and path.cost < paths[number].cost:
                    paths[number], lines[number] = path, self.apart.line(path.points)
            if sum(path.cost for path in paths) > before * (1.0 - _RESTS):
                break
        return Settled(tuple(paths))

    def shift(self, start: Settled) -> Settled:
        """Paths moved together: one comes nearer to the others than it may, and they make room."""
        best = start
        for part in _YIELDS:
            best = self._shifted(best, part, (_WHOLE,))
        return self.settle(best)

    def shift_stretches(self, start: Settled) -> Settled:
        """The same for one stretch after the other."""
        best = start
        for part in _LOCAL_YIELDS:
            best = self._shifted(best, part, _STRETCHES)
        return self.settle(best)

    def _shifted(self, start: Settled, part: float, stretches: Sequence[tuple[float, float]]) -> Settled:
        """Paths moved together as long as that pays."""
        best, improved = start, True
        while improved:
            improved = False
            for number, stretch in product(range(len(self.links)), stretches):
                moved = self._yielded(best, number, part * self.apart.separation_m, stretch)
                if moved is not None and moved.total < best.total * (1.0 - _WORTH):
                    best, improved = moved, True
        return best

    def _yielded(self, start: Settled, number: int, less_m: float, stretch: tuple[float, float]) -> Settled | None:
        """All paths after one has come nearer to the others; None if they find no room."""
        points = [path.points for path in start.paths]
        lines = [self.apart.line(each) for each in points]
        path = self.cheapest(number, _others(lines, number), less_m=less_m, stretch=stretch)
        # The others stand where they are cheapest, so what this one saves is the most that all save together.
        if path is None or not path.cost < start.paths[number].cost - _WORTH * start.total:
            return None
        points[number] = path.points
        others = [each for each in range(len(points)) if each != number]
        return self.from_lines(points, [*others, number])


def _split(line: Any, stretch: tuple[float, float]) -> tuple[Any, list[Any]]:  # noqa: ANN401  (shapely geometries)
    """A stretch of a line, and what is left of it."""
    from shapely.ops import substring

    if stretch == _WHOLE or line.is_empty:
        return line, []
    *short, longest = sorted(getattr(line, "geoms", [line]), key=lambda part: part.length)
    low, high = stretch
    cuts = [(0.0, low), (low, high), (high, 1.0)]
    before, inside, after = (substring(longest, *cut, normalized=True) for cut in cuts)
    return inside, [*short, *(part for part in (before, after) if part.length > 0)]


def _others(lines: Sequence[Any], number: int) -> list[Any]:
    return [line for each, line in enumerate(lines) if each != number]
