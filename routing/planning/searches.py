"""Every search of a plan, each over no more water than its answer can lie in, and kept for the next run.

A search sees some tiles of the sea and nothing else. Whether it is done now, was done by an earlier run, or is done
on another machine makes no difference to a single bit of its answer.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from routing.courses import CourseRules
from routing.errors import InfeasibleError
from routing.network import trunk
from routing.planning.searching import (
    Failure,
    answered,
    find_route,
    find_tree,
    find_ways,
    lay,
    lay_apart,
    prove_route,
    prove_tree,
)
from routing.reuse import Reach, Waters, assets_key, cut, rounded_up, tile_digests, tiles_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from routing.diversity import Alternative, Link, Separated, Spacing
    from routing.planning.plans import Sea, WantedAlternatives
    from routing.planning.searching import Ends, Found, TreeTask
    from routing.reuse import Store

    Node = tuple[float, float]
    Tiles = NDArray[np.bool_]
    Do = Callable[..., Any]

__all__ = ["Claim", "Searches"]

_Note = TypeVar("_Note")

#: Shares by which a way may be dearer than a known one, about, and still be looked at, one after the other where what
#: is found is dearer than what is known by more than `_CLOSE`; infinity stands for the whole sea.
_ROUTE_SHARES = (0.10, np.inf)
_CLOSE = 0.005  # a field and the path down it differ by half as much
#: Shares by which what leaves the tiles that are looked at is to be proven dearer than what is known, one after the
#: other where that is not enough.
_APART_SHARES = (0.05, np.inf)  # what finds no room there hardly finds it elsewhere, and takes long to say so
_TREE_SHARES = (0.05, 0.20, np.inf)
#: Of alternatives: those above half as much again are not looked at (routing.diversity.alternatives).
_WAYS_SHARE = 0.55
#: Cells round the path of a branch in which its legs are looked for, one after the other.
_MARGINS = (16, 128, np.inf)


@dataclass(frozen=True)
class Claim:
    """Where the answer of a search was looked for, and what is proven of everywhere else.

    Attributes
    ----------
    kind
        ``"route"``, ``"bound"``, ``"apart"`` or ``"tree"``.
    names
        Ids of the two ends of each link; names of the groups of a tree.
    limit_usd
        No way, set of routes or tree that leaves the tiles costs less, approaches and fixed prices apart; inf
        where the tiles are the whole sea; None where nothing is claimed: a route is found, its bound is proven.
    tiles
        How many tiles were looked at.
    is_reused
        Whether an earlier run has looked at the same tiles, with the same in them, so that its answer was taken.
    """

    kind: str
    names: tuple[str, ...]
    limit_usd: float | None
    tiles: int
    is_reused: bool


@dataclass(frozen=True)
class _Answer:
    """What a search over some tiles found, and whether it was known."""

    value: Any
    tiles: Tiles
    is_reused: bool


class Searches:
    """The searches over one sea.

    Parameters
    ----------
    sea
        The water.
    alter_course_usd
        Price of an alter course.
    store
        Where results are kept.
    threads
        Threads of one search; its answer does not depend on it.
    do
        Calls a function with its arguments, here or elsewhere.

    Attributes
    ----------
    made, reused
        Searches that were done, and that were known from an earlier run, by kind.
    claims
        What is proven of the water that searches did not look at.
    """

    def __init__(self, sea: Sea, alter_course_usd: float, store: Store, threads: int, do: Do) -> None:
        self._sea, self._alter_course_usd, self._store, self._threads = sea, alter_course_usd, store, threads
        self._do = do
        self.made: Counter[str] = Counter()
        self.reused: Counter[str] = Counter()
        self.claims: list[Claim] = []
        self._lock = Lock()

    @cached_property
    def reach(self) -> Reach:
        """What is proven of ways over this sea."""
        return Reach(self._sea.priced.kernel)

    @cached_property
    def digests(self) -> NDArray[np.void]:
        """A digest of each tile."""
        return tile_digests(self._sea.priced, self.reach.tiling)

    def warm(self) -> None:
        """Prepare what threads will share, so that none of them does it twice."""
        _ = self.digests, self._everywhere
        self.reach.warm()

    @cached_property
    def _everywhere(self) -> str:
        """Digest of what holds for the whole sea."""
        surface = self._sea.priced.surface
        rules = repr(CourseRules.of(surface.model.catalogue))
        return self._store.key(repr(surface.grid), rules, assets_key(self._sea.crossings))

    def route(self, ends: Ends, price_usd: float) -> Found:
        """The cheapest way between two ends of which a field over the whole sea says about what it costs.

        Raises
        ------
        InfeasibleError
            When no chain of legs along the cheapest path is clear.
        """
        places = ((self.reach.about(*_nodes(ends), price_usd, share), None) for share in _ROUTE_SHARES)
        for answer, _ in self._answers("route", places, find_route, ends, self._alter_course_usd):
            if self._sea.priced.guide.price(answer.value.path) <= price_usd * (1.0 + _CLOSE):
                break
        self._claim("route", [end.id for end in ends], None, answer)
        found: Found = answer.value
        return found

    def laid(self, ends: Ends, path: NDArray[np.float64]) -> NDArray[np.float64]:
        """Positions (n, 2) of the route that follows a path, grid positions (n, 2), in few legs.

        Raises
        ------
        InfeasibleError
            When no chain of legs is clear.
        """
        places = ((self._around(path, margin), None) for margin in _MARGINS)
        answer, _ = next(self._answers("laying", places, lay, ends, path, self._alter_course_usd))
        return np.asarray(answer.value)

    def bound(self, ends: Ends, price_usd: float, gap: float) -> float:
        """USD below which no path between two ends can be, proven; as near to a known price as `gap` if possible."""
        # No more than that is proven inside, so no more need be proven of what leaves the tiles.
        tiles, limit = self.reach.between(*_nodes(ends), price_usd, 1.0 / (1.0 + gap) - 1.0)
        answer = self._kept("bound", tiles, prove_route, ends, price_usd, gap)
        self._claim("bound", [end.id for end in ends], limit, answer)
        # A path that leaves these tiles costs their limit at least.
        return min(float(answer.value), limit)

    def separated(
        self, links: tuple[Link, ...], known_usd: Sequence[tuple[float, float]], spacing: Spacing, gap: float
    ) -> Separated:
        """Routes of least total price that keep apart.

        Parameters
        ----------
        links
            Pairs of landings.
        known_usd
            Of each link alone: price of a route, and what none costs less than, both without approaches.
        spacing
            How far they keep apart.
        gap
            Relative gap of the bound of each link alone.

        Raises
        ------
        InfeasibleError
            When no set that keeps apart was found.
        """
        approaches = [self._sea.priced.approach_items(end) for link in links for end in link]
        beside = sum(sum(items.values()) for items in approaches)
        places = (self._apart(links, known_usd, share) for share in _APART_SHARES)
        asked = links, spacing, gap, self._alter_course_usd
        for answer, least in self._answers("apart", places, lay_apart, *asked, also=[repr(approaches)]):
            if least + beside >= answer.value.lower_bound_usd:
                break
        self._claim("apart", [end.id for link in links for end in link], least, answer)
        found: Separated = answer.value
        return replace(found, lower_bound_usd=min(found.lower_bound_usd, least + beside))

    def _apart(
        self, links: tuple[Link, ...], known_usd: Sequence[tuple[float, float]], share: float
    ) -> tuple[Tiles, float]:
        """Tiles for some links, and what a set of routes costs of which one leaves them, both without approaches."""
        places = [
            self.reach.between(*_nodes(link), price, share) for link, (price, _) in zip(links, known_usd, strict=True)
        ]
        # One route costs the limit of its link, and the others what they cost at least.
        bounds = [bound for _, bound in known_usd]
        more = min(limit - bound for (_, limit), bound in zip(places, bounds, strict=True))
        return np.logical_or.reduce([tiles for tiles, _ in places]), sum(bounds) + more

    def ways(self, link: Link, price_usd: float, asked: WantedAlternatives) -> tuple[Alternative, ...]:
        """The best route of a link, and others that are different ways, by price."""
        tiles = self.reach.about(*_nodes(link), price_usd, _WAYS_SHARE)
        approaches = repr([self._sea.priced.approach_items(end) for end in link])
        return tuple(self._kept("ways", tiles, find_ways, link, asked, self._alter_course_usd, also=[approaches]).value)

    def tree(self, task: TreeTask) -> tuple[trunk.Tree, float, Tiles]:
        """The cheapest tree by what paths heed, its price by what is paid for, and the tiles it was looked for in.

        Raises
        ------
        InfeasibleError
            When exclusions separate a group from the others.
        """
        rough_usd = trunk.rough_price(task.problem(self._whole, paid=False), self.reach.tiling.side)
        for share in _TREE_SHARES:
            limit = rounded_up(rough_usd * (1.0 + share))
            answer = self._kept("tree", self._joining(task, limit), find_tree, task, unkeyed=(self._threads,))
            tree, paid_usd = answer.value
            if paid_usd <= limit:
                break
        self._claim("tree", task.names, limit, answer)
        return tree, paid_usd, answer.tiles

    def tree_bound(self, task: TreeTask, known_usd: float, tiles: Tiles, gap: float) -> float:
        """USD below which no tree can be, proven; `known_usd` and `tiles` are those of :meth:`tree`."""
        return float(self._kept("tree-bound", tiles, prove_tree, task, known_usd, gap, unkeyed=(self._threads,)).value)

    @cached_property
    def _whole(self) -> Waters:
        """The sea as it is."""
        return Waters(self._sea.priced, self._sea.crossings, 0, 0)

    def _around(self, path: NDArray[np.float64], margin: float) -> Tiles:
        """Tiles within so many cells of the box round a path."""
        tiling = self.reach.tiling
        tiles = np.zeros(tiling.shape_in_tiles, bool)
        rows, cols = (
            slice(int(max(first - margin, 0.0) // tiling.side), int(min(last + margin, size - 1.0) // tiling.side) + 1)
            for first, last, size in zip(path.min(axis=0), path.max(axis=0), tiling.shape, strict=True)
        )
        tiles[rows, cols] = True
        return tiles

    def _joining(self, task: TreeTask, limit: float) -> Tiles:
        """Tiles that a tree of at most a price can touch, and those of its landings."""
        tiling = self.reach.tiling
        cells = None
        if np.isfinite(limit):
            cells = trunk.cells_within(task.problem(self._whole, paid=True), limit, tiling.side, threads=self._threads)
        if cells is None:
            return np.ones(tiling.shape_in_tiles, bool)
        tiles = tiling.touching(cells)
        for nodes in task.nodes:
            tiles[tuple((nodes // tiling.side).T)] = True
        return tiles

    def _claim(self, kind: str, names: Iterable[str], limit: float | None, answer: _Answer) -> None:
        claim = Claim(kind, tuple(names), limit, int(answer.tiles.sum()), answer.is_reused)
        with self._lock:
            self.claims.append(claim)

    def _answers(
        self, kind: str, places: Iterable[tuple[Tiles, _Note]], search: Callable[..., Any], *args: object,
        also: Sequence[str] = (),
    ) -> Iterator[tuple[_Answer, _Note]]:  # fmt: skip
        """Answers over some tiles after the others, as far as there are any, each with what was noted of its tiles.

        Raises
        ------
        InfeasibleError
            When there is none over any of them.
        """
        is_feasible, failure = False, InfeasibleError("nothing was tried")
        for tiles, note in places:
            try:
                answer = self._kept(kind, tiles, search, *args, also=also)
            except InfeasibleError as error:
                failure = error
                continue
            is_feasible = True
            yield answer, note
        if not is_feasible:
            raise failure

    def _kept(
        self, kind: str, tiles: Tiles, search: Callable[..., Any], *args: object, also: Sequence[str] = (),
        unkeyed: tuple[Any, ...] = (),
    ) -> _Answer:  # fmt: skip
        """The answer of a search over some tiles: as it is kept, or made and kept.

        Parameters
        ----------
        kind
            Name of the search.
        tiles
            Where it may look.
        search, args
            What is called with the waters, and what it depends on.
        also
            What else it depends on.
        unkeyed
            Further arguments, on which the answer does not depend.

        Raises
        ------
        InfeasibleError
            When the search finds that there is no answer; that is kept too.
        """
        key = self._store.key(kind, self._everywhere, tiles_key(self.digests, tiles), args, also)
        known = self._store.get(key)
        with self._lock:
            (self.made if known is None else self.reused)[kind] += 1
        if known is None:
            waters = cut(self._sea.priced, self._sea.crossings, self.reach.tiling, tiles)
            value = self._store.put(key, self._do(answered, search, waters, *args, *unkeyed))
        else:
            (value,) = known
        if isinstance(value, Failure):
            raise InfeasibleError(value.message, conflict=value.conflict, relaxation=value.relaxation)
        return _Answer(value, tiles, known is not None)


def _nodes(ends: Ends) -> tuple[Node, Node]:
    """Grid positions of both ends."""
    return ends[0].node, ends[1].node
