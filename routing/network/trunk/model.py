"""The solver's model: landings, branching units and cables chosen among the candidates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from routing.errors import InfeasibleError
from routing.network.trunk.reduction import reduce_cables

if TYPE_CHECKING:
    from ortools.math_opt.python import mathopt

    from routing.network.trunk.candidates import Cable, Candidates
    from routing.network.trunk.reduction import Reduced

    Links = list[tuple[int, mathopt.Variable]]

__all__ = ["Choice", "choose_tree"]

# Shares of the price: cables that lie only in trees this much dearer are left out. The programme that rules them out
# may use a place twice, which the model does not; then there may be no tree of what is left, and more is kept.
SLACKS = (0.002, 0.1, float("inf"))
TINY = 1e-300
SCALE = 1e4  # the cheapest tree in the units of the model: the solver's tolerances are absolute, 1e-7 and 1e-6
USED = 0.5


@dataclass(frozen=True)
class Choice:
    """The cheapest tree over the candidates.

    Attributes
    ----------
    cables
        From group 0 outwards, in order.
    objective_usd, bound_usd
        Its price by the fields, and a proven lower bound on that of any tree over the candidates.
    solver, status
        What proved it.
    """

    cables: tuple[Cable, ...]
    objective_usd: float
    bound_usd: float
    solver: str
    status: str


def choose_tree(candidates: Candidates) -> Choice:
    """Choose one landing of each group, junctions, and the cables between them, at least total price.

    Raises
    ------
    InfeasibleError
        If no tree over the candidates joins all groups.

    Notes
    -----
    Binary x[u, v, S]: a cable from u to v beyond which are the groups S. A place has at
    most one cable that comes in. For each group beyond it that is not its own, exactly one
    cable goes out. A branching unit has two or three cables that go out. As the S of cables
    going out of a place part the S of the cable that comes in, cables form a tree and the
    capacity of each is known, which makes its price a constant. The constraints of
    each group are those of a flow from group 0, whose relaxation is seldom far below a tree [1]_.

    References
    ----------
    .. [1] R. T. Wong, "A dual ascent approach for Steiner tree problems on a directed graph",
       Mathematical Programming 28 (1984) 271-287.
    """
    for slack in SLACKS:
        reduced = reduce_cables(candidates, slack=slack)
        if not reduced.best_usd < float("inf"):
            break
        choice = _solve(candidates, reduced)
        if choice is not None:
            return choice
    names = [group.name for group in candidates.problem.groups]
    raise InfeasibleError(f"no tree joins {', '.join(names)}", conflict=names)


def _solve(candidates: Candidates, reduced: Reduced) -> Choice | None:
    """The cheapest tree of the cables that are left; None if there is none."""
    from ortools.math_opt.python import mathopt

    model = mathopt.Model(name="trunk and branch")
    take = [model.add_binary_variable(name=f"{c.near}-{c.far}-{c.subset}") for c in reduced.cables]
    unit = max(reduced.best_usd, TINY) / SCALE
    used = _state(model, take, candidates, reduced)
    for variables, prices in ((take, [c.price_usd for c in reduced.cables]), (used, candidates.own_usd.tolist())):
        for x, price in zip(variables, prices, strict=True):
            model.objective.set_linear_coefficient(x, price / unit)
    model.objective.is_maximize = False
    parameters = mathopt.SolveParameters(relative_gap_tolerance=0.0, absolute_gap_tolerance=0.0, random_seed=0)
    result = mathopt.solve(model, mathopt.SolverType.HIGHS, params=parameters)
    if not result.has_primal_feasible_solution():
        return None
    values = result.variable_values(take)
    return Choice(
        cables=tuple(cable for cable, value in zip(reduced.cables, values, strict=True) if value > USED),
        objective_usd=result.objective_value() * unit,
        bound_usd=min(result.dual_bound() * unit, reduced.limit_usd),
        solver="OR-Tools MathOpt, HiGHS",
        status=result.termination.reason.name,
    )


def _state(
    model: mathopt.Model, take: list[mathopt.Variable], candidates: Candidates, reduced: Reduced
) -> list[mathopt.Variable]:
    """Constraints; returns the variables that say which places are used."""
    n = len(candidates.problem.groups)
    used = [model.add_binary_variable(name=f"use {k}") for k in range(len(candidates.owner))]
    inward: list[Links] = [[] for _ in used]
    outward: list[Links] = [[] for _ in used]
    for cable, x in zip(reduced.cables, take, strict=True):
        inward[cable.far].append((cable.subset, x))
        outward[cable.near].append((cable.subset, x))
    for group in range(n):
        berths = [used[k] for k in range(len(used)) if candidates.owner[k] == group]
        _row(model, berths, [], least=1.0, most=1.0)
    for k, use in enumerate(used):
        _state_place(model, int(candidates.owner[k]), use, (inward[k], outward[k]), groups=n)
    return used


def _state_place(
    model: mathopt.Model, owner: int, use: mathopt.Variable, links: tuple[Links, Links], *, groups: int
) -> None:
    """Constraints of one place: what comes in goes out, but for its own group."""
    inward, outward = links
    if owner != 0:
        _row(model, [x for _, x in inward], [use])
    if owner < 0:
        _row(model, [x for _, x in outward], [use, use], most=1.0)  # 2 or 3 if used, else none
        _row(model, [x for _, x in outward], [use, use, use], least=-1.0)
    for group in range(1, groups):
        beyond = [x for subset, x in outward if subset >> group & 1]
        here = [use] if owner == 0 else [x for subset, x in inward if subset >> group & 1]
        _row(model, beyond, [] if owner == group else here)
        if owner == group:
            _row(model, here, [use])


def _row(
    model: mathopt.Model,
    plus: list[mathopt.Variable],
    minus: list[mathopt.Variable],
    *,
    least: float = 0.0,
    most: float = 0.0,
) -> None:
    """One constraint: a sum less another lies between two numbers."""
    row = model.add_linear_constraint(lb=least, ub=most)
    for sign, variables in ((1.0, plus), (-1.0, minus)):
        for x in variables:
            row.set_coefficient(x, row.get_coefficient(x) + sign)
