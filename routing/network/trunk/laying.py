"""A chosen tree laid out: exact paths, and junctions moved until no move makes them cheaper."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from routing.geodesic import CostGrid
    from routing.network.trunk.problem import TrunkProblem

__all__ = ["Laid", "Link", "lay", "settle"]

Points = NDArray[np.float64]

# Straight reaches at a junction while it is moved, in cells: the longest is exact where the cost is uniform, the
# shorter ones follow a path that turns.
REACHES = (np.inf, 64.0, 16.0, 4.0, 1.0)
FINEST = 1e-4  # cells: last step of a move
TURNS = 8  # most times that paths are drawn anew
SWEEPS = 40  # most rounds over the junctions between two of these
ENOUGH = 1e-8  # relative gain that ends either
COMPASS = np.array([(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1)], np.float64)


@dataclass(frozen=True)
class Link:
    """One cable: its ends as numbers of places, and the groups that it separates from the others, as bits."""

    ends: tuple[int, int]
    subset: int


@dataclass(frozen=True, eq=False)
class Laid:
    """Places, cables and paths of a tree.

    Attributes
    ----------
    places
        Row, col, (v, 2); the landings first.
    links
        Cables.
    paths
        Row, col of each cable from its first to its second end.
    prices_usd
        Exact line integrals of the cost along them.
    """

    places: Points
    links: tuple[Link, ...]
    paths: tuple[Points, ...]
    prices_usd: tuple[float, ...]

    @property
    def cable_usd(self) -> float:
        """Price of all cables."""
        return float(sum(self.prices_usd))


def lay(problem: TrunkProblem, places: Points, links: Sequence[Link], *, threads: int) -> Laid:
    """Least-cost path of every cable."""
    hearts: dict[tuple[int, int], list[int]] = {}
    for k, link in enumerate(links):
        hearts.setdefault((max(link.ends), id(problem.grids[link.subset])), []).append(k)

    def from_heart(job: tuple[tuple[int, int], list[int]]) -> list[tuple[int, Points, float]]:
        (heart, _), cables = job
        far = [min(links[k].ends) for k in cables]
        field = problem.grids[links[cables[0]].subset].field(places[heart], targets=places[far])
        found = []
        for k, end in zip(cables, far, strict=True):
            if bool((places[heart] == places[end]).all()):
                found.append((k, places[[heart, end]], 0.0))
                continue
            path = field.path_to(places[end])
            ordered = path.points if links[k].ends[0] == heart else path.points[::-1]
            found.append((k, ordered, path.cost))
        return found

    with ThreadPoolExecutor(threads) as pool:
        drawn = sorted((one for part in pool.map(from_heart, hearts.items()) for one in part), key=lambda one: one[0])
    return Laid(places, tuple(links), tuple(path for _, path, _ in drawn), tuple(price for _, _, price in drawn))


def settle(problem: TrunkProblem, laid: Laid, *, threads: int) -> Laid:
    """Junctions moved to where no move lowers the price of the cables, with new paths.

    Notes
    -----
    The cables at a junction are taken straight for a reach and left as they are beyond. The
    price of straight cables, exact integrals, is lowered by a pattern search [1]_, junction
    by junction; then all paths are drawn anew, and kept if they are cheaper.

    References
    ----------
    .. [1] R. Hooke, T. A. Jeeves, "Direct search solution of numerical and statistical problems",
       Journal of the ACM 8 (1961) 212-229.
    """
    n = len(problem.groups)
    for _ in range(TURNS if len(laid.places) > n else 0):
        moved = _moved(problem, laid)
        if bool((moved.places == laid.places).all()):
            break
        again = lay(problem, moved.places, laid.links, threads=threads)
        better = min(again, moved, key=lambda one: one.cable_usd)
        gain = laid.cable_usd - better.cable_usd
        if gain > 0.0:
            laid = better
        if gain <= ENOUGH * laid.cable_usd:
            break
    return laid


def _moved(problem: TrunkProblem, laid: Laid) -> Laid:
    """Junctions moved in turn along the paths as they are."""
    before = laid.cable_usd
    for _ in range(SWEEPS):
        for junction in range(len(problem.groups), len(laid.places)):
            laid = _step(problem, laid, junction)
        if before - laid.cable_usd <= ENOUGH * before:
            break
        before = laid.cable_usd
    return laid


def _step(problem: TrunkProblem, laid: Laid, junction: int) -> Laid:
    """One junction at its best place by the best reach."""
    mine = _cables_at(laid, junction)
    grids = [problem.grids[laid.links[k].subset] for k in mine]
    lines = [_outwards(laid, k, junction) for k in mine]
    best = sum(laid.prices_usd[k] for k in mine)
    found: tuple[Points, list[Points]] | None = None
    for reach in REACHES:
        if reach < np.inf and all(reach >= _length(line) for line in lines):
            continue
        tails = [_beyond(line, reach) for line in lines]
        place = _lowest(laid.places[junction], np.array([tail[0] for tail in tails]), grids)
        total = _price(place, tails, grids)
        if total < best:
            best, found = total, (place, tails)
    if found is None:
        return laid
    return _with(problem, laid, junction, *found)


def _cables_at(laid: Laid, junction: int) -> list[int]:
    return [k for k, link in enumerate(laid.links) if junction in link.ends]


def _with(problem: TrunkProblem, laid: Laid, junction: int, place: Points, tails: list[Points]) -> Laid:
    """A tree with one junction elsewhere and its cables straight to what is left of them."""
    places = laid.places.copy()
    places[junction] = place
    paths, prices = list(laid.paths), list(laid.prices_usd)
    for k, tail in zip(_cables_at(laid, junction), tails, strict=True):
        line = np.concatenate([place[None], tail])
        prices[k] = problem.grids[laid.links[k].subset].price(line)
        paths[k] = line if laid.links[k].ends[0] == junction else line[::-1]
    return replace(laid, places=places, paths=tuple(paths), prices_usd=tuple(prices))


def _outwards(laid: Laid, cable: int, junction: int) -> Points:
    """A path seen from a junction."""
    return laid.paths[cable] if laid.links[cable].ends[0] == junction else laid.paths[cable][::-1]


def _length(line: Points) -> float:
    return float(np.hypot(*np.diff(line, axis=0).T).sum())


def _beyond(line: Points, reach: float) -> Points:
    """What is left of a line after a length from its start, at least its end."""
    steps = np.hypot(*np.diff(line, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    if not reach < along[-1]:
        return line[-1:]
    k = int(np.searchsorted(along, reach, side="right"))
    share = (reach - along[k - 1]) / steps[k - 1]
    return np.concatenate([(line[k - 1] + share * (line[k] - line[k - 1]))[None], line[k:]])


def _price(place: Points, tails: list[Points], grids: list[CostGrid]) -> float:
    lines = (np.concatenate([place[None], tail]) for tail in tails)
    return float(sum(grid.price(line) for grid, line in zip(grids, lines, strict=True)))


def _lowest(place: Points, anchors: Points, grids: list[CostGrid]) -> Points:
    """Place with the cheapest straight cables to anchors, by a pattern search."""

    def total(trials: Points) -> Points:
        price = np.zeros(len(trials))
        for anchor, grid in zip(anchors, grids, strict=True):
            price += grid.prices(np.stack([trials, np.broadcast_to(anchor, trials.shape)], axis=1))
        return price

    return _searched(total, place, float(np.hypot(*(anchors - place).T).max()) / 4.0)


def _searched(total: Callable[[Points], Points], place: Points, step: float) -> Points:
    price = float(total(place[None])[0])
    while step > FINEST:
        trials = place + step * COMPASS
        prices = total(trials)
        k = int(np.argmin(prices))
        if prices[k] < price:
            place, price = trials[k], float(prices[k])
        else:
            step /= 2.0
    return place
