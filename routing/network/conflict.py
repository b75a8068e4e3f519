"""Which rules of a design problem cannot hold together, found on a model in which each can be given up."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from routing.errors import InfeasibleError
from routing.network.judging import Chosen, Limit, whole_cents, whole_nanoseconds
from routing.network.rules import Apart, Budget, standing_rules

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from ortools.sat.python.cp_model import IntVar

    from routing.network.design import DesignProblem
    from routing.network.judging import Condition, Expression, Rule

__all__ = ["Choice", "DesignModel", "Relaxation", "cheapest_relaxation", "infeasible", "minimal_conflict"]

#: Most by which a limit can be missed, in its smallest units: above any price in cents, length in mm, latency in ns.
_MOST_SLACK = 2**50


@dataclass(frozen=True)
class Choice:
    """What a solver took.

    Attributes
    ----------
    numbers
        Places of the taken offers among the problem's, in the order of the links.
    value, bound
        What was minimised, and what it was proven not to be below; whole cents where it is a price.
    status
        The solver's word for it.
    """

    numbers: tuple[int, ...]
    value: int
    bound: float
    status: str


@dataclass(frozen=True)
class Relaxation:
    """The cheapest way to make an infeasible problem feasible.

    Attributes
    ----------
    given_up
        Ids of the rules that do not hold any more, ordered.
    problem
        The problem with limits among them loosened as little as possible and the others left out.
    usd
        Least price then.
    text
        What to do, in the user's words.
    """

    given_up: tuple[str, ...]
    problem: DesignProblem
    usd: float
    text: str


class DesignModel:
    """A design problem for CP-SAT, a :class:`routing.network.rules.View` of a choice that is being made.

    Parameters
    ----------
    problem
        What is chosen from.

    Attributes
    ----------
    rules
        All rules, ordered by their ids.
    taken
        A variable for each offer.
    price_cents
        Total price.

    Notes
    -----
    What a rule requires is enforced by a literal of its own, so one model answers
    with all rules, with some, and with as many as can be kept.
    """

    def __init__(self, problem: DesignProblem) -> None:
        from ortools.sat.python import cp_model

        self.problem = problem
        self.rules = standing_rules(problem)
        self._model = model = cp_model.CpModel()
        self.taken: list[IntVar] = [
            model.new_bool_var("") if problem.is_buildable(offer) else model.new_constant(0) for offer in problem.offers
        ]
        for link in range(problem.links):
            model.add_exactly_one(self.taken[number] for number in self._of_link(link))
        self._landings = {name: self._any_of(self._at_landing(name)) for name in problem.landing_usd}
        self._states = {name: self._any_of(self._across(name)) for name in problem.state_usd}
        self._latencies: dict[int, IntVar] = {}
        self.price_cents: Expression = self._price_cents()
        self._kept: dict[str, IntVar] = {rule.id: model.new_bool_var("") for rule in self.rules}
        for rule in self.rules:
            self._enforcing: IntVar | None = self._kept[rule.id]
            rule.require(self)
        self._enforcing = None

    def landing(self, name: str) -> Expression:
        """1 when the landing is used, else 0."""
        return self._landings.get(name, 0)

    def latency_ns(self, link: int) -> Expression:
        """One-way latency of a link, nanoseconds."""
        if link not in self._latencies:
            numbers = self._of_link(link)
            each_ns = [whole_nanoseconds(self.problem.offers[number].latency_ms) for number in numbers]
            self._latencies[link] = self._model.new_int_var(0, max(each_ns, default=0), "")
            self._model.add(
                self._latencies[link]
                == sum(ns * self.taken[number] for ns, number in zip(each_ns, numbers, strict=True))
            )
        return self._latencies[link]

    def require(self, condition: Condition) -> None:
        """Make the condition part of the rule whose literal is enforcing."""
        constraint = self._model.add(condition)
        if self._enforcing is not None:
            constraint.only_enforce_if(self._enforcing)

    def require_any(self, conditions: Sequence[Condition]) -> None:
        """Make it part of the rule that at least one of the conditions is true."""
        ways = [self._model.new_bool_var("") for _ in conditions]
        for way, condition in zip(ways, conditions, strict=True):
            self._model.add(condition).only_enforce_if(way)
        some = self._model.add_bool_or(ways)
        if self._enforcing is not None:
            some.only_enforce_if(self._enforcing)

    def is_feasible(self, keep: Iterable[str]) -> bool:
        """Whether some choice keeps the rules of these ids."""
        # Where a budget is among the rules, the least price proves faster than a search for any that fits it.
        return self._solve(self.price_cents, [self._kept[name] for name in keep]) is not None

    def cheapest(self, keep: Iterable[str] | None = None) -> Choice | None:
        """The cheapest choice that keeps the rules of these ids, all unless told; None when there is none.

        Notes
        -----
        Of several that cost the same, to the cent, it is the one whose first link
        takes the earliest offer, then the second link, and so on. The price stays
        limited to the least afterwards, so a model is asked this last.
        """
        literals = [self._kept[name] for name in (self._kept if keep is None else keep)]
        found = self._solve(self.price_cents, literals)
        if found is None:
            return None
        return replace(found, numbers=self._earliest(found, literals))

    def keep_most(self) -> None:
        """Find the fewest rules that must be given up; from now on no more than these are."""
        given_up = len(self.rules) - sum(self._kept.values())
        fewest = self._solve(given_up, [])
        if fewest is not None:
            self._model.add(given_up <= fewest.value)

    def least_slack(self, limit: Limit) -> int | None:
        """Least by which another limit must be missed while all rules are kept; None when no slack helps."""
        slack = self._model.new_int_var(0, _MOST_SLACK, "")
        limit.require(self, slack)
        found = self._solve(slack, list(self._kept.values()))
        return None if found is None else found.value

    def _earliest(self, found: Choice, literals: list[IntVar]) -> tuple[int, ...]:
        """Of all choices as cheap as the one found, the one that is first link by link."""
        other = self._model.new_bool_var("")
        self._model.add_bool_or([~self.taken[number] for number in found.numbers]).only_enforce_if(other)
        second = self._solve(self.price_cents, [*literals, other])
        if second is None or second.value > found.value:
            return found.numbers
        self._model.add(self.price_cents <= found.value)
        for link in range(self.problem.links):
            place = sum(number * self.taken[number] for number in self._of_link(link))
            found = _found(self._solve(place, literals))
            self._model.add(place == found.value)
        return found.numbers

    def _solve(self, objective: Expression, literals: list[IntVar]) -> Choice | None:
        from ortools.sat.python import cp_model

        self._model.minimize(objective)
        self._model.clear_assumptions()
        self._model.add_assumptions(literals)
        solver = cp_model.CpSolver()
        # Equal input gives equal output only with one worker and without a clock.
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = 0
        # The linear relaxation is strong here: 1500 offers take 0.1 s with it, and minutes are not enough without.
        solver.parameters.linearization_level = 2
        # Presolve of version 9.15 finds some feasible models infeasible, where at-most-ones meet linear
        # constraints (test_a_hundred_candidates_...); these models are small enough to be faster without it.
        solver.parameters.cp_model_presolve = False
        solver.parameters.cp_model_probing_level = 0
        # Its own handler would take Ctrl-C for itself, and afterwards leave the system's in place of ours.
        solver.parameters.catch_sigint_signal = False
        status = solver.solve(self._model)
        if status == cp_model.INFEASIBLE:
            return None
        taken = (number for number, x in enumerate(self.taken) if solver.value(x))
        return Choice(
            numbers=tuple(sorted(taken, key=lambda number: self.problem.offers[number].link)),
            value=round(solver.objective_value),
            bound=solver.best_objective_bound,
            status=solver.status_name(status),
        )

    def _of_link(self, link: int) -> list[int]:
        return [number for number, offer in enumerate(self.problem.offers) if offer.link == link]

    def _at_landing(self, name: str) -> list[int]:
        return [number for number, offer in enumerate(self.problem.offers) if name in (offer.start, offer.end)]

    def _across(self, state: str) -> list[int]:
        return [number for number, offer in enumerate(self.problem.offers) if state in offer.states]

    def _any_of(self, numbers: list[int]) -> IntVar:
        """Whether any of these offers is taken: neither less nor more, since rules count it and prices may be 0."""
        used = self._model.new_bool_var("")
        for number in numbers:
            self._model.add_implication(self.taken[number], used)
        self._model.add_bool_or([*(self.taken[number] for number in numbers), ~used])
        return used

    def _price_cents(self) -> Expression:
        problem, model = self.problem, self._model
        # What costs an infinite amount belongs to no buildable offer.
        terms = [
            (variable, usd)
            for variables, prices in (
                (self.taken, [offer.price_usd for offer in problem.offers]),
                (self._landings.values(), [problem.landing_usd[name] for name in self._landings]),
                (self._states.values(), [problem.state_usd[name] for name in self._states]),
            )
            for variable, usd in zip(variables, prices, strict=True)
            if math.isfinite(usd)
        ]
        for each in problem.surcharges:
            if math.isfinite(each.usd):
                paid = model.new_bool_var("")
                model.add_bool_or([paid, *(~self.taken[number] for number in set(each.offers))])
                terms.append((paid, each.usd))
        return sum(whole_cents(usd) * variable for variable, usd in terms) + whole_cents(problem.base_usd)


def infeasible(problem: DesignProblem) -> InfeasibleError:
    """The error for a problem without a design: what cannot hold together, and what to give up.

    Examples
    --------
    >>> from routing.network import Budget, DesignProblem, Forbid, Offer
    >>> offers = (Offer(0, "a", "k", 10.0), Offer(0, "b", "k", 9.0))
    >>> rules = (Budget(12.0), Forbid("b"))
    >>> problem = DesignProblem(1, offers, {"a": 3.0, "b": 3.0, "k": 0.0}, {}, rules=rules)
    >>> print(infeasible(problem))
    no design keeps 'budget of USD 12' together with 'b is not allowed'; allow b: then USD 12
    """
    for link in range(problem.links):
        if not any(offer.link == link and problem.is_buildable(offer) for offer in problem.offers):
            name = f"link {'-'.join(problem.groups[link]) if problem.groups else link}"
            return InfeasibleError(
                f"{name} cannot be built between any of its landings; give it another landing or drop it",
                conflict=[name],
            )
    conflict = minimal_conflict(problem)
    relaxation = cheapest_relaxation(problem)
    return InfeasibleError(
        f"no design keeps {' together with '.join(map(repr, conflict))}; {relaxation.text}",
        conflict=conflict,
        relaxation=relaxation.text,
    )


def minimal_conflict(problem: DesignProblem) -> tuple[str, ...]:
    """Texts of rules that cannot hold together, although any of them could be given up to let the others hold.

    Parameters
    ----------
    problem
        One without a design, whose links can each be built.

    Notes
    -----
    Deletion filter (Chinneck and Dravnieks, 1991): each rule in turn is left out for
    good if what remains still cannot hold. The order is that of the rules' ids, so
    the order in which rules are given does not matter.

    Examples
    --------
    >>> from routing.network import AtMostLandings, DesignProblem, Forbid, Offer, Require
    >>> offers = (Offer(0, "a", "k", 10.0), Offer(0, "b", "k", 9.0))
    >>> rules = (Require("a"), Require("b"), AtMostLandings(3))
    >>> minimal_conflict(DesignProblem(1, offers, {"a": 3.0, "b": 3.0, "k": 0.0}, {}, rules=rules))
    ('a must be used', 'b must be used')
    """
    model = DesignModel(problem)
    needed = [rule.id for rule in model.rules]
    for name in tuple(needed):
        rest = [each for each in needed if each != name]
        if not model.is_feasible(rest):
            needed = rest
    return tuple(rule.text(problem.names) for rule in model.rules if rule.id in needed)


def cheapest_relaxation(problem: DesignProblem) -> Relaxation:
    """The fewest rules to give up so that a design exists, and of these the ones that lead to the least price.

    Parameters
    ----------
    problem
        One whose links can each be built.

    Notes
    -----
    Two integer programmes: the fewest literals given up, then the least price with
    no more than these. A limit that is given up then gets the least value that
    works while everything else holds: one after the other in the order of their ids,
    the budget last. That value is rounded up to what a reader wants to see: whole
    dollars, 0.1 km, 0.01 ms.

    Examples
    --------
    >>> from routing.network import Budget, DesignProblem, Offer
    >>> offers = (Offer(0, "a", "k", 10.0), Offer(0, "b", "k", 9.5))
    >>> problem = DesignProblem(1, offers, {"a": 3.0, "b": 3.0, "k": 0.0}, {}, rules=(Budget(12.0),))
    >>> cheapest_relaxation(problem).text
    'raise the budget to USD 13'
    """
    model = DesignModel(problem)
    model.keep_most()
    chosen = Chosen(problem, _found(model.cheapest(keep=())).numbers)
    given_up = [rule for rule in model.rules if not rule.is_kept(chosen)]
    standing = _without(problem, given_up)
    limits = sorted((rule for rule in given_up if isinstance(rule, Limit)), key=lambda rule: isinstance(rule, Budget))
    for limit in limits:
        standing = _with_loosened(standing, limit)
    final = _found(DesignModel(standing).cheapest())
    return Relaxation(
        given_up=tuple(rule.id for rule in given_up),
        problem=standing,
        usd=final.value / 100.0,
        text=_text(given_up, Chosen(standing, final.numbers)),
    )


def _text(given_up: Sequence[Rule], chosen: Chosen) -> str:
    """What to do, in the user's words, and what it costs where that is not said by a budget."""
    now = {rule.id: rule for rule in chosen.problem.rules}
    steps = " and ".join(now.get(rule.id, rule).advice(chosen) for rule in given_up)
    if any(isinstance(rule, Budget) for rule in given_up):
        return steps
    return f"{steps}: then USD {chosen.price_cents / 100.0:,.0f}"


def _without(problem: DesignProblem, given_up: Collection[Rule]) -> DesignProblem:
    """The problem without some of its rules."""
    reasons = {rule.reason for rule in given_up if isinstance(rule, Apart)}
    return replace(
        problem,
        rules=tuple(rule for rule in problem.rules if rule not in given_up),
        surcharges=tuple(each for each in problem.surcharges if each.reason not in reasons or math.isfinite(each.usd)),
    )


def _with_loosened(problem: DesignProblem, limit: Limit) -> DesignProblem:
    """The problem with one more rule: the limit, loosened as little as works, to the cheaper side if it has two."""
    slack = DesignModel(problem).least_slack(limit)
    if slack is None:
        return problem
    wider = [replace(problem, rules=(*problem.rules, loose)) for loose in limit.loosened(slack)]
    if len(wider) == 1:
        return wider[0]
    found = {each: DesignModel(problem).cheapest() for each, problem in enumerate(wider)}
    return wider[min((choice.value, each) for each, choice in found.items() if choice is not None)[1]]


def _found(choice: Choice | None) -> Choice:
    """A choice that exists: a link that cannot be built is found before."""
    if choice is None:
        raise InfeasibleError("a link cannot be built between any of its landings", conflict=["links"])
    return choice
