"""Paths that keep apart, made cheaper one after the other."""

from __future__ import annotations

from dataclasses import dataclass
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
#: Most rounds.
_ROUNDS = 8
#: Parts of the separation by which one path comes nearer for a start, and the others make room.
_YIELDS = (0.5, 0.25, 0.1, 0.03)


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

    def cheapest(self, number: int, others: Iterable[Any], *, less_m: float = 0.0) -> GeodesicPath | None:
        """The cheapest path of one link outside what lines in map metres keep free; None if there is none."""
        return self.laying.closed(self.apart.keep_out(others, less_m=less_m)).find_path(self.links[number])

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
            improved = True
            while improved:
                improved = False
                for number in range(len(self.links)):
                    moved = self._yielded(best, number, part * self.apart.separation_m)
                    if moved is not None and moved.total < best.total * (1.0 - _RESTS):
                        best, improved = moved, True
        return self.settle(best)

    def _yielded(self, start: Settled, number: int, less_m: float) -> Settled | None:
        """All paths after one has come nearer to the others; None if they find no room."""
        points = [path.points for path in start.paths]
        lines = [self.apart.line(each) for each in points]
        path = self.cheapest(number, _others(lines, number), less_m=less_m)
        if path is None or not path.cost < start.paths[number].cost:
            return None
        points[number] = path.points
        others = [each for each in range(len(points)) if each != number]
        return self.from_lines(points, [*others, number])


def _others(lines: Sequence[Any], number: int) -> list[Any]:
    return [line for each, line in enumerate(lines) if each != number]
