"""From forms to a tree: candidates are found, chosen from, laid out and moved until none is cheaper."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from routing.errors import InfeasibleError
from routing.network.trunk.candidates import Cable, candidates_of
from routing.network.trunk.chart import chart_of
from routing.network.trunk.laying import Laid, Link, lay, settle
from routing.network.trunk.model import choose_tree
from routing.network.trunk.placement import Memo, Placement, place
from routing.network.trunk.shape import Knot, knot, neighbours
from routing.network.trunk.subsets import best_shape

if TYPE_CHECKING:
    from routing.network.trunk.candidates import Candidates
    from routing.network.trunk.chart import Chart
    from routing.network.trunk.model import Choice
    from routing.network.trunk.problem import TrunkProblem

__all__ = ["Found", "find_tree", "rough_price"]

LARGE = 62_500  # cells: forms are sought on a raster of at most about 250 x 250
NEAR = 0.01  # of the price on the coarse chart: forms and landings up to this much dearer are placed
MOST = 4  # of each, so that many forms of one price do not take all the time
CLOSE = 0.002  # of the price on the fine chart: placements up to this much dearer are laid out
ROUNDS = 24  # most trees laid out
STALE = 3  # trees laid out in a row that were not cheaper
GAIN = 1e-5  # relative: less is within what fields and paths differ by
TOUCHING = 0.02  # cells: a branching unit so near to another place is not one of its own


@dataclass(frozen=True, eq=False)
class Built:
    """A tree that was laid out.

    Attributes
    ----------
    landings
        Index of the candidate of each group.
    laid
        Its places, cables and paths; the landings come first, in the order of the groups.
    price_usd
        Landings, branching units, exact prices of the paths.
    """

    landings: tuple[int, ...]
    laid: Laid
    price_usd: float


@dataclass(frozen=True, eq=False)
class Found:
    """The cheapest tree that was laid out, and the last answer of the solver's model."""

    tree: Built
    choice: Choice


def rough_price(problem: TrunkProblem, block: int) -> float:
    """About what the cheapest tree costs, on blocks of cells, USD; inf where exclusions separate the groups there."""
    return best_shape(chart_of(problem, block=block))[0]


def find_tree(problem: TrunkProblem, *, threads: int) -> Found:
    """The cheapest tree that can be found.

    Raises
    ------
    InfeasibleError
        If no tree joins all groups.

    Notes
    -----
    The form comes from the subset programme on a coarse chart; it and the forms near it are
    placed on the raster itself. The solver chooses among their junctions and all landings.
    Its tree is laid out, which gives its cables exact prices instead of those of fields, and
    settled, which gives new junctions; the solver chooses again, until it chooses a tree that
    is laid out already.
    """
    candidates = candidates_of(problem, threads=threads)
    _check_reach(candidates)
    survey = _Survey.of(problem)
    candidates, best = _looked_at(candidates, survey, survey.first(), threads=threads)
    seen: set[tuple[Cable, ...]] = set()
    stale = 0
    while True:
        choice = choose_tree(candidates)
        bare = tuple(replace(cable, price_usd=0.0) for cable in choice.cables)
        if best is not None and (bare in seen or stale >= STALE or len(seen) >= ROUNDS):
            return Found(best, choice)
        seen.add(bare)
        planned, candidates = _laid_out(candidates, _plan_of(candidates, choice.cables), threads=threads)
        stale = 0 if best is None or planned.price_usd < best.price_usd * (1.0 - GAIN) else stale + 1
        best = _cheaper(best, planned)
        beside = survey.beside(_form(candidates, choice))
        candidates, other = _looked_at(candidates, survey, beside, threads=threads)
        best = best if other is None else _cheaper(best, other)


def _cheaper(best: Built | None, other: Built) -> Built:
    return other if best is None or other.price_usd < best.price_usd else best


def _check_reach(candidates: Candidates) -> None:
    """Refuse groups that exclusions separate; the message names them."""
    groups = candidates.problem.groups
    joined = np.asarray(np.isfinite(candidates.cable_usd).any(axis=0))
    missing: list[str] | None = None
    for berth in np.flatnonzero(candidates.owner == 0):
        reached = set(candidates.owner[joined[berth]].tolist())
        far = [group.name for k, group in enumerate(groups) if k and k not in reached]
        missing = far if missing is None or len(far) < len(missing) else missing
    if missing:
        first, last = groups[0].name, len(groups) - 1
        alone = len(missing) == last > 1
        what = (
            f"{first} cannot be reached from the other groups"
            if alone
            else f"{', '.join(missing)} cannot be reached from {first}"
        )
        raise InfeasibleError(f"{what}: exclusions separate their landings", conflict=[first] if alone else missing)


@dataclass(frozen=True, eq=False)
class _Plan:
    """A tree that is to be laid out: candidates that it uses, landings first, and its cables."""

    used: list[int]
    cables: tuple[Cable, ...]


def _plan_of(candidates: Candidates, cables: tuple[Cable, ...]) -> _Plan:
    used = sorted({end for cable in cables for end in (cable.near, cable.far)})
    used.sort(key=lambda k: (candidates.owner[k] < 0, candidates.owner[k], k))
    return _Plan(used, cables)


def _laid_out(candidates: Candidates, plan: _Plan, *, threads: int) -> tuple[Built, Candidates]:
    """A tree with exact paths, settled; the candidates with what that told."""
    problem, used = candidates.problem, plan.used
    n = len(problem.groups)
    number = {place: k for k, place in enumerate(used)}
    links = [Link((number[cable.near], number[cable.far]), cable.subset) for cable in plan.cables]
    own = float(candidates.own_usd[used].sum())
    laid = lay(problem, candidates.points[used], links, threads=threads)
    candidates = candidates.with_prices(plan.cables, laid.prices_usd)
    settled = settle(problem, laid, threads=threads)
    if settled is not laid and _is_apart(settled.places, n):
        laid = settled
        before = len(candidates.points)
        candidates = candidates.with_junctions(settled.places[n:], threads=threads)
        candidates = _told(candidates, settled, used[:n], before)
    berths = tuple(k - int(np.argmax(candidates.owner == g)) for g, k in enumerate(used[:n]))
    return Built(berths, laid, own + laid.cable_usd), candidates


def _told(candidates: Candidates, laid: Laid, landings: list[int], before: int) -> Candidates:
    """Candidates with the exact prices of a settled tree, if all its junctions are new ones."""
    place = landings + list(range(before, len(candidates.points)))
    if len(place) != len(laid.places):
        return candidates
    cables = [Cable(place[link.ends[0]], place[link.ends[1]], link.subset, 0.0) for link in laid.links]
    return candidates.with_prices(cables, laid.prices_usd)


def _looked_at(
    candidates: Candidates, survey: _Survey, placements: list[Placement], *, threads: int
) -> tuple[Candidates, Built | None]:
    """Candidates with the junctions of placements; those of nearly one price are laid out, and the best is told."""
    shapes = [[knot.group is None for knot in one.shape.walk()] for one in placements]
    cells = [
        c
        for one, units in zip(placements, shapes, strict=True)
        for c, unit in zip(one.cells, units, strict=True)
        if unit
    ]
    candidates = candidates.with_junctions(survey.fine.places(cells), threads=threads)
    limit = min((one.price_usd for one in placements), default=0.0) * (1.0 + CLOSE)
    # Where a branching unit falls on another knot, the form is that of a neighbour.
    apart = [one for one in placements if one.price_usd <= limit and len(set(one.cells)) == len(one.cells)]
    plans = [_cables_of(candidates, one, survey.fine) for one in apart]
    best: Built | None = None
    for cables in dict.fromkeys(plans):
        built, candidates = _laid_out(candidates, _plan_of(candidates, cables), threads=threads)
        best = _cheaper(best, built)
    return candidates, best


def _cables_of(candidates: Candidates, placement: Placement, chart: Chart) -> tuple[Cable, ...]:
    """Cables of a placement, each end the candidate at its place."""
    places = dict(zip(map(id, placement.shape.walk()), placement.cells, strict=True))

    def candidate(part: Knot) -> int:
        away = np.hypot(*(candidates.points - chart.places([places[id(part)]])).T)
        mine = candidates.owner == (-1 if part.group is None else part.group)
        # Among landings in one cell the cheapest.
        return int(np.lexsort((candidates.own_usd, away, ~mine))[0])

    return tuple(
        Cable(candidate(part), candidate(child), child.subset, 0.0)
        for part in placement.shape.walk()
        for child in part.children
    )


def _is_apart(places: NDArray[np.float64], landings: int) -> bool:
    """Whether all branching units stand clear of each other and of the landings."""
    apart = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    np.fill_diagonal(apart, np.inf)
    return bool((apart[landings:] > TOUCHING).all())


def _form(candidates: Candidates, choice: Choice) -> Knot:
    """Form of a chosen tree."""
    below: dict[int, list[int]] = {}
    for cable in choice.cables:
        below.setdefault(cable.near, []).append(cable.far)
    root = next(cable.near for cable in choice.cables if candidates.owner[cable.near] == 0)

    def hang(place: int) -> Knot:
        owner = int(candidates.owner[place])
        return knot(owner if owner >= 0 else None, tuple(hang(far) for far in below.get(place, [])))

    return hang(root)


@dataclass(frozen=True, eq=False)
class _Survey:
    """Where forms are looked at: a coarse chart, a fine one, and what has been placed."""

    coarse: Chart
    fine: Chart
    placed: set[tuple[Knot, int, int]] = field(default_factory=set)
    looked: set[Knot] = field(default_factory=set)
    single: dict[tuple[int, int], Chart] = field(default_factory=dict)

    @classmethod
    def of(cls, problem: TrunkProblem) -> _Survey:
        rows, cols = problem.grids[1].shape
        block = max(1, round(float(np.sqrt(rows * cols / LARGE))))
        fine = chart_of(problem, block=1)
        return cls(fine if block == 1 else chart_of(problem, block=block), fine)

    def first(self) -> list[Placement]:
        """Placements of the best form on the coarse chart and of those beside it."""
        price, form = best_shape(self.coarse)
        return self.beside(form) if price < np.inf else []

    def beside(self, form: Knot) -> list[Placement]:
        """Placements on the fine chart of a form, and of its neighbours and other landings that are near."""
        if form in self.looked:
            return []
        self.looked.add(form)
        memo: Memo = {}
        forms = [place(other, self.coarse, memo) for other in (form, *neighbours(form))]
        limit = min(one.price_usd for one in forms) * (1.0 + NEAR)
        near = sorted((one for one in forms[1:] if one.price_usd <= limit), key=lambda one: one.price_usd)
        memo = memo if self.fine is self.coarse else {}
        found = [self._place(one.shape, self.fine, (-1, -1), memo) for one in (forms[0], *near[:MOST])]
        for group, candidate in self._other_landings(form, limit):
            found.append(self._place(form, self.fine.with_landing(group, candidate), (group, candidate), {}))
        return [one for one in found if one is not None and one.price_usd < np.inf]

    def _other_landings(self, form: Knot, limit: float) -> list[tuple[int, int]]:
        """Candidates with which a form stays near its price."""
        if not any(part.group is None for part in form.walk()):
            return []
        found = []
        for group, cells in enumerate(self.coarse.landings):
            for candidate in range(len(cells) if len(cells) > 1 else 0):
                price = place(form, self._alone(group, candidate)).price_usd
                if price <= limit:
                    found.append((price, group, candidate))
        return [(group, candidate) for _, group, candidate in sorted(found)[:MOST]]

    def _alone(self, group: int, candidate: int) -> Chart:
        key = (group, candidate)
        if key not in self.single:
            self.single[key] = self.coarse.with_landing(group, candidate)
        return self.single[key]

    def _place(self, form: Knot, chart: Chart, key: tuple[int, int], memo: Memo) -> Placement | None:
        """A placement, unless there was the same before."""
        if (form, *key) in self.placed:
            return None
        self.placed.add((form, *key))
        return place(form, chart, memo)
