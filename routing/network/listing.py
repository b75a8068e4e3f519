"""Every choice of a small design problem at once, to see without a solver what the cheapest is."""

from __future__ import annotations

import math
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from routing.errors import InfeasibleError
from routing.network.design import choose_design, landings_of
from routing.network.judging import whole_cents, whole_nanoseconds
from routing.network.rules import standing_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from routing.network.design import DesignProblem

__all__ = ["Cheapest", "EveryChoice", "cheapest_choice", "keeps_landings"]

#: Most choices that are listed: for more, a solver is as fast.
_MOST_CHOICES = 20_000


class Cheapest(NamedTuple):
    """The cheapest choice of a problem.

    Attributes
    ----------
    numbers
        Places of its offers among the problem's, in the order of the links.
    bound_usd
        No choice costs less, counted in whole cents.
    """

    numbers: tuple[int, ...]
    bound_usd: float


def cheapest_choice(problem: DesignProblem) -> Cheapest:
    """The choice that :func:`choose_design` takes: few are listed, which is a hundred times faster and as exact.

    Raises
    ------
    InfeasibleError
        When no choice keeps the rules, as :func:`choose_design` says it.

    Examples
    --------
    >>> from routing.network import DesignProblem, Offer
    >>> offers = (Offer(0, "a", "k", 10.0), Offer(0, "b", "k", 9.0))
    >>> cheapest_choice(DesignProblem(1, offers, {"a": 3.0, "b": 3.0, "k": 1.0}, {}))
    Cheapest(numbers=(1,), bound_usd=13.0)
    """
    every = EveryChoice(problem)
    listed = every.cheapest() if every.count <= _MOST_CHOICES else None
    if listed is not None:
        return listed
    design = choose_design(problem)
    return Cheapest(design.numbers, design.bound_usd)


def keeps_landings(problem: DesignProblem, landings: Sequence[str]) -> bool:
    """Whether the design that :func:`choose_design` takes uses these landings; False where there is none.

    Parameters
    ----------
    problem
        What is chosen from.
    landings
        Ids, in the order of the links.

    Examples
    --------
    >>> from routing.network import DesignProblem, Offer
    >>> offers = (Offer(0, "a", "k", 10.0), Offer(0, "b", "k", 9.0))
    >>> problem = DesignProblem(1, offers, {"a": 3.0, "b": 3.0, "k": 1.0}, {})
    >>> keeps_landings(problem, ("b", "k")), keeps_landings(problem, ("a", "k"))
    (True, False)
    """
    try:
        numbers = cheapest_choice(problem).numbers
    except InfeasibleError:
        return False
    return landings_of(problem.offers[number] for number in numbers) == tuple(landings)


class EveryChoice:
    """All choices of one buildable offer a link: a :class:`routing.network.judging.View` whose numbers are arrays.

    Parameters
    ----------
    problem
        What is chosen from.
    """

    def __init__(self, problem: DesignProblem) -> None:
        self.problem = problem
        buildable = [number for number, offer in enumerate(problem.offers) if problem.is_buildable(offer)]
        self._of_link = [
            [number for number in buildable if problem.offers[number].link == link] for link in range(problem.links)
        ]
        self._kept: NDArray[np.bool_] | bool = True

    @property
    def count(self) -> int:
        """How many there are."""
        return math.prod(map(len, self._of_link))

    def cheapest(self) -> Cheapest | None:
        """The one that :func:`routing.network.choose_design` takes; None when none keeps the rules."""
        for rule in standing_rules(self.problem):
            rule.require(self)
        kept = np.flatnonzero(np.broadcast_to(self._kept, self.count))
        if not len(kept):
            return None
        # Of equal prices the first is taken, and choices stand in the order of their offers, link by link.
        best = kept[self.price_cents[kept].argmin()]
        return Cheapest(tuple(self._numbers[best].tolist()), int(self.price_cents[best]) / 100.0)

    @cached_property
    def taken(self) -> list[Any]:
        """1 for each offer of the problem where it is taken, else 0."""
        return [(self._numbers == number).any(axis=1).astype(np.int64) for number in range(len(self.problem.offers))]

    @cached_property
    def price_cents(self) -> Any:  # noqa: ANN401  (a view's numbers may be of any kind)
        """Total price of each choice in whole cents."""
        problem = self.problem
        offers = np.array([_cents(offer.price_usd) for offer in problem.offers], np.int64)
        total = whole_cents(problem.base_usd) + offers[self._numbers].sum(axis=1)
        total += self._shared(problem.landing_usd, self.landing) + self._shared(problem.state_usd, self._state)
        for each in problem.surcharges:
            total += _cents(each.usd) * np.all([self.taken[number] for number in each.offers], axis=0)
        return total

    def landing(self, name: str) -> Any:  # noqa: ANN401
        """1 where the landing is used, else 0."""
        return self._any_of([name in (offer.start, offer.end) for offer in self.problem.offers])

    def latency_ns(self, link: int) -> Any:  # noqa: ANN401
        """One-way latency of a link, nanoseconds."""
        each_ns = np.array([whole_nanoseconds(offer.latency_ms) for offer in self.problem.offers], np.int64)
        return each_ns[self._numbers[:, link]]

    def require(self, condition: Any) -> None:  # noqa: ANN401
        """Note where the condition is true."""
        self._kept = self._kept & np.asarray(condition)

    def require_any(self, conditions: Sequence[Any]) -> None:
        """Note where at least one of the conditions is true."""
        self.require(np.any([np.broadcast_to(each, self.count) for each in conditions], axis=0))

    @cached_property
    def _numbers(self) -> NDArray[np.intp]:
        """Places of the taken offers (choices, links), the earliest first."""
        return np.array(list(product(*self._of_link)), np.intp).reshape(self.count, self.problem.links)

    def _shared(self, usd: Mapping[str, float], used: Callable[[str], Any]) -> Any:  # noqa: ANN401
        """What is paid once, however many links use it."""
        return sum(_cents(price) * used(name) for name, price in usd.items())

    def _state(self, name: str) -> Any:  # noqa: ANN401
        return self._any_of([name in offer.states for offer in self.problem.offers])

    def _any_of(self, uses: list[bool]) -> Any:  # noqa: ANN401
        return np.array(uses)[self._numbers].any(axis=1).astype(np.int64)


def _cents(usd: float) -> int:
    """Whole cents; what is forbidden belongs to no choice that is listed, or is a rule's."""
    return whole_cents(usd) if math.isfinite(usd) else 0
