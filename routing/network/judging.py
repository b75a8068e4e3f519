"""How a choice of landings and links is judged, while it is made and when it is made.

A rule is stated once, in :meth:`Rule.require`, in terms of a :class:`View` of the
choice. While the choice is being made the view holds variables of a model, and what
the rule requires becomes constraints; once it is made the view holds numbers
(:class:`Chosen`), and what the rule requires is simply true or false. Where all choices
are listed it holds an array (:class:`routing.network.listing.EveryChoice`). So the
solver, the judge and the list cannot disagree about what a rule means.
"""

from __future__ import annotations

import difflib
import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Protocol, Self, TypeAlias

from routing.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from ortools.sat.python.cp_model import BoundedLinearExpression, LinearExpr

    from routing.network.design import DesignProblem, Offer

    #: A whole number, or what will be one.
    Expression: TypeAlias = int | float | LinearExpr
    Condition: TypeAlias = bool | BoundedLinearExpression

__all__ = ["Chosen", "Limit", "Rule", "View", "whole_cents", "whole_nanoseconds"]


class View(Protocol):
    """A choice of offers as a rule sees it: variables while it is being made, numbers when it is."""

    @property
    def problem(self) -> DesignProblem:
        """What is chosen from."""
        ...

    @property
    def taken(self) -> Sequence[Expression]:
        """1 for each offer of the problem that is taken, else 0."""
        ...

    @property
    def price_cents(self) -> Expression:
        """Total price in whole cents."""
        ...

    def landing(self, name: str) -> Expression:
        """1 when the landing is used, else 0."""
        ...

    def latency_ns(self, link: int) -> Expression:
        """One-way latency of a link, nanoseconds."""
        ...

    def require(self, condition: Condition) -> None:
        """Make the condition part of the rule."""
        ...

    def require_any(self, conditions: Sequence[Condition]) -> None:
        """Make it part of the rule that at least one of the conditions is true."""
        ...


@dataclass
class Chosen:
    """A choice that is made, judged by plain arithmetic.

    Attributes
    ----------
    problem
        What was chosen from.
    numbers
        Places of the taken offers among the problem's.
    kept
        Whether everything that was required so far is true.
    """

    problem: DesignProblem
    numbers: Collection[int]
    kept: bool = True

    @cached_property
    def taken(self) -> tuple[int, ...]:
        """1 for each offer of the problem that is taken, else 0."""
        return tuple(int(number in self.numbers) for number in range(len(self.problem.offers)))

    @property
    def offers(self) -> tuple[Offer, ...]:
        """The taken offers."""
        return tuple(self.problem.offers[number] for number in self.numbers)

    @property
    def price_cents(self) -> float:
        """Total price in whole cents, each item rounded; inf when something forbidden is taken."""
        problem = self.problem
        if not all(problem.is_buildable(offer) for offer in self.offers):
            return math.inf
        landings = {name for offer in self.offers for name in (offer.start, offer.end)}
        states = {name for offer in self.offers for name in offer.states}
        met = [each.usd for each in problem.surcharges if set(each.offers) <= set(self.numbers)]
        items = (
            *(offer.price_usd for offer in self.offers),
            *(problem.landing_usd[name] for name in landings),
            *(problem.state_usd[name] for name in states),
            *(usd for usd in met if math.isfinite(usd)),
        )
        return whole_cents(problem.base_usd) + sum(whole_cents(usd) for usd in items)

    def landing(self, name: str) -> int:
        """1 when the landing is used, else 0."""
        return int(any(name in (offer.start, offer.end) for offer in self.offers))

    def latency_ns(self, link: int) -> int:
        """One-way latency of a link, nanoseconds."""
        return sum(whole_nanoseconds(offer.latency_ms) for offer in self.offers if offer.link == link)

    def require(self, condition: Condition) -> None:
        """Note whether the condition is true."""
        self.kept = self.kept and bool(condition)

    def require_any(self, conditions: Sequence[Condition]) -> None:
        """Note whether at least one of the conditions is true."""
        self.require(any(bool(condition) for condition in conditions))


class Rule(ABC):
    """Something that a choice must keep to.

    Attributes
    ----------
    kind
        First part of the id; what the rule names is the second.
    """

    kind: ClassVar[str]

    @property
    def id(self) -> str:
        """Tells rules of one problem apart; the same in every run."""
        named = ",".join(sorted((*self.landings, *self.groups)))
        return f"{self.kind}:{named}" if named else self.kind

    @abstractmethod
    def text(self, names: Mapping[str, str] | None = None) -> str:
        """The rule in the user's words, with landings called by their names."""

    @abstractmethod
    def advice(self, chosen: Chosen) -> str:
        """What to do to give the rule up so far that a choice is allowed; of a limit, the raised one says it."""

    @abstractmethod
    def require(self, view: View, slack: Expression = 0) -> None:
        """State the rule in a view; a limit may be missed by the slack, a whole number of its smallest units."""

    @property
    def landings(self) -> tuple[str, ...]:
        """Landings that the rule names."""
        return ()

    @property
    def groups(self) -> tuple[str, ...]:
        """Groups that the rule names."""
        return ()

    def check(self, problem: DesignProblem) -> None:
        """Refuse a problem that does not know what the rule speaks of.

        Raises
        ------
        InputError
            When a landing or group is unknown.
        """
        for kind, named, known in (
            ("landing", self.landings, {*problem.landing_usd, *problem.group_of}),
            ("group", self.groups, {*problem.group_of.values(), *(name for pair in problem.groups for name in pair)}),
        ):
            for name in named:
                if name not in known:
                    raise InputError(
                        f"rule {self.text(problem.names)!r} names {kind} {name!r}, which is unknown",
                        remedy=_nearest(name, known, kind),
                    )

    def holds(self, problem: DesignProblem, offers: Sequence[Offer]) -> bool:
        """Whether a choice of the problem's offers keeps to the rule.

        Raises
        ------
        InputError
            When an offer is not one of the problem's.

        Examples
        --------
        >>> from routing.network import Budget, DesignProblem, Offer
        >>> offers = (Offer(0, "a", "k", 10.0), Offer(0, "b", "k", 9.0))
        >>> problem = DesignProblem(1, offers, {"a": 3.0, "b": 3.0, "k": 1.0}, {})
        >>> Budget(13.0).holds(problem, offers[:1]), Budget(13.0).holds(problem, offers[1:])
        (False, True)
        """
        return self.is_kept(Chosen(problem, problem.numbers_of(offers)))

    def is_kept(self, chosen: Chosen) -> bool:
        """Whether a choice keeps to the rule."""
        view = replace(chosen, kept=True)
        self.require(view)
        return view.kept


class Limit(Rule):
    """A rule with a number in it that can be raised or lowered instead of giving up the rule."""

    @abstractmethod
    def loosened(self, slack: int) -> tuple[Self, ...]:
        """The limits that miss this one by the slack, rounded to what a reader wants to see."""


def whole_cents(usd: float) -> int:
    """An amount in whole cents, as the solver counts money.

    Examples
    --------
    >>> whole_cents(12.345)
    1234
    """
    return round(usd * 100.0)


def whole_nanoseconds(latency_ms: float) -> int:
    """A latency in whole nanoseconds, as the solver counts it.

    Examples
    --------
    >>> whole_nanoseconds(3.9042)
    3904200
    """
    return round(latency_ms * 1e6)


def _nearest(name: str, known: Collection[str], kind: str) -> str:
    if not known:
        return f"no {kind} is known: name them in group_of" if kind == "landing" else "give group_of and groups"
    return f"did you mean {' or '.join(difflib.get_close_matches(name, sorted(known), 2, 0.0))}?"
