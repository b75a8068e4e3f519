"""Side rules of a network: what a choice of landings and links must keep to."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Self

from routing.errors import InputError
from routing.network.judging import Chosen, Limit, Rule, View, whole_cents, whole_nanoseconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from routing.network.design import DesignProblem, Offer
    from routing.network.judging import Expression

__all__ = [
    "Apart",
    "AtLeastLandings",
    "AtMostLandings",
    "Budget",
    "Consent",
    "ExactlyLandings",
    "Forbid",
    "ForbidTogether",
    "LatencyLimit",
    "Require",
    "SpanLimit",
    "check_rules",
    "standing_rules",
]

#: Largest money, length and latency that a rule may name: far above any cable, and sums stay whole numbers of 64 bits.
_MOST_USD, _MOST_M, _MOST_MS = 1e13, 1e9, 1e6

#: Steps to which a limit is raised when it is given up: whole dollars, 0.1 km, 0.01 ms.
_USD_CENTS, _STEP_MM, _STEP_NS = 100, 100_000, 10_000

#: Ways between two groups, and links tried in finding them, above which a latency limit is refused.
_MOST_WAYS, _MOST_TRIALS = 1_000, 100_000


@dataclass(frozen=True)
class Budget(Limit):
    """The whole design costs at most so much.

    Attributes
    ----------
    usd
        Most that it may cost, USD.
    """

    kind: ClassVar[str] = "budget"
    usd: float

    def __post_init__(self) -> None:
        _check_size(self.usd, "budget", "USD", most=_MOST_USD)

    def text(self, names: Mapping[str, str] | None = None) -> str:  # noqa: ARG002  (all rules are asked alike)
        """The rule in the user's words."""
        return f"budget of USD {_money(self.usd)}"

    def advice(self, chosen: Chosen) -> str:  # noqa: ARG002
        """The budget that is enough."""
        return f"raise the budget to USD {_money(self.usd)}"

    def require(self, view: View, slack: Expression = 0) -> None:
        """The price, in whole cents, is at most the budget."""
        view.require(view.price_cents <= whole_cents(self.usd) + slack)

    def loosened(self, slack: int) -> tuple[Budget, ...]:
        """The budget raised to a whole dollar."""
        return (Budget(_up(whole_cents(self.usd) + slack, _USD_CENTS) / 100),)


@dataclass(frozen=True)
class _Count(Limit):
    """A rule on the number of landing points used."""

    count: int
    group: str | None = None

    #: How the number is limited, and how another is offered.
    words: ClassVar[tuple[str, str]]

    def __post_init__(self) -> None:
        if not isinstance(self.count, int) or self.count < 0:
            raise InputError(f"{self.count!r} landing points", remedy="give a whole number, 0 or more")

    @property
    def groups(self) -> tuple[str, ...]:
        """Groups that the rule names."""
        return () if self.group is None else (self.group,)

    def text(self, names: Mapping[str, str] | None = None) -> str:
        """The rule in the user's words."""
        return f"{self.words[0]} {self._landing_points(names)}"

    def advice(self, chosen: Chosen) -> str:
        """The number that can be had."""
        return f"{self.words[1]} {self._landing_points(chosen.problem.names)}"

    def loosened(self, slack: int) -> tuple[Self, ...]:
        """Another number of them."""
        return tuple(replace(self, count=count) for count in self._beyond(slack) if count >= 0)

    @abstractmethod
    def _beyond(self, slack: int) -> tuple[int, ...]:
        """Counts that are off by the slack in the direction that loosens the rule."""

    def _used(self, view: View) -> Expression:
        group_of = view.problem.group_of
        counted = (name for name in view.problem.landing_usd if self.group in (None, group_of.get(name)))
        return sum(view.landing(name) for name in counted)

    def _landing_points(self, names: Mapping[str, str] | None) -> str:
        where = "" if self.group is None else f" in {_name(self.group, names)}"
        return f"{self.count} landing point{'' if self.count == 1 else 's'}{where}"


@dataclass(frozen=True)
class AtMostLandings(_Count):
    """At most so many landing points are used.

    Attributes
    ----------
    count
        Most of them.
    group
        Only those of this group count; None: all.
    """

    kind: ClassVar[str] = "at-most-landings"
    words: ClassVar[tuple[str, str]] = "at most", "allow"

    def require(self, view: View, slack: Expression = 0) -> None:
        """The landings used are at most the count."""
        view.require(self._used(view) <= self.count + slack)

    def _beyond(self, slack: int) -> tuple[int, ...]:
        return (self.count + slack,)


@dataclass(frozen=True)
class ExactlyLandings(_Count):
    """Exactly so many landing points are used.

    Attributes
    ----------
    count
        How many.
    group
        Only those of this group count; None: all.
    """

    kind: ClassVar[str] = "exactly-landings"
    words: ClassVar[tuple[str, str]] = "exactly", "allow"

    def require(self, view: View, slack: Expression = 0) -> None:
        """The landings used are neither more nor fewer than the count."""
        view.require(self._used(view) <= self.count + slack)
        view.require(self._used(view) + slack >= self.count)

    def _beyond(self, slack: int) -> tuple[int, ...]:
        return self.count - slack, self.count + slack


@dataclass(frozen=True)
class AtLeastLandings(_Count):
    """At least so many landing points are used.

    Attributes
    ----------
    count
        Fewest of them.
    group
        Only those of this group count; None: all.
    """

    kind: ClassVar[str] = "at-least-landings"
    words: ClassVar[tuple[str, str]] = "at least", "accept"

    def require(self, view: View, slack: Expression = 0) -> None:
        """The landings used are at least the count."""
        view.require(self._used(view) + slack >= self.count)

    def _beyond(self, slack: int) -> tuple[int, ...]:
        return (self.count - slack,)


@dataclass(frozen=True)
class Require(Rule):
    """A landing point is used.

    Attributes
    ----------
    landing
        Its id.
    """

    kind: ClassVar[str] = "require"
    landing: str

    @property
    def landings(self) -> tuple[str, ...]:
        """Landings that the rule names."""
        return (self.landing,)

    def text(self, names: Mapping[str, str] | None = None) -> str:
        """The rule in the user's words."""
        return f"{_name(self.landing, names)} must be used"

    def advice(self, chosen: Chosen) -> str:
        """Leave the landing out."""
        return f"do without {_name(self.landing, chosen.problem.names)}"

    def require(self, view: View, slack: Expression = 0) -> None:  # noqa: ARG002  (it holds or does not)
        """The landing is used."""
        view.require(view.landing(self.landing) >= 1)


@dataclass(frozen=True)
class Forbid(Rule):
    """A landing point is not used.

    Attributes
    ----------
    landing
        Its id.
    """

    kind: ClassVar[str] = "forbid"
    landing: str

    @property
    def landings(self) -> tuple[str, ...]:
        """Landings that the rule names."""
        return (self.landing,)

    def text(self, names: Mapping[str, str] | None = None) -> str:
        """The rule in the user's words."""
        return f"{_name(self.landing, names)} is not allowed"

    def advice(self, chosen: Chosen) -> str:
        """Let the landing in."""
        return f"allow {_name(self.landing, chosen.problem.names)}"

    def require(self, view: View, slack: Expression = 0) -> None:  # noqa: ARG002
        """The landing is not used."""
        view.require(view.landing(self.landing) <= 0)


@dataclass(frozen=True)
class ForbidTogether(Rule):
    """Of two landing points at most one is used.

    Attributes
    ----------
    first, second
        Their ids.
    """

    kind: ClassVar[str] = "forbid-together"
    first: str
    second: str

    def __post_init__(self) -> None:
        if self.first == self.second:
            raise InputError(f"{self.first!r} is set apart from itself", remedy="name two landings, or forbid this one")

    @property
    def landings(self) -> tuple[str, ...]:
        """Landings that the rule names."""
        return self.first, self.second

    def text(self, names: Mapping[str, str] | None = None) -> str:
        """The rule in the user's words."""
        return f"{self._pair(names)} not together"

    def advice(self, chosen: Chosen) -> str:
        """Let both in."""
        return f"allow {self._pair(chosen.problem.names)} together"

    def require(self, view: View, slack: Expression = 0) -> None:  # noqa: ARG002
        """At most one of the two is used."""
        view.require(view.landing(self.first) + view.landing(self.second) <= 1)

    def _pair(self, names: Mapping[str, str] | None) -> str:
        return f"{_name(self.first, names)} and {_name(self.second, names)}"


@dataclass(frozen=True)
class SpanLimit(Limit):
    """No link is longer than a cable without repeaters may be.

    Attributes
    ----------
    length_m
        Longest route, metres.
    """

    kind: ClassVar[str] = "span-limit"
    length_m: float

    def __post_init__(self) -> None:
        _check_size(self.length_m, "span limit", "m", most=_MOST_M)

    def text(self, names: Mapping[str, str] | None = None) -> str:  # noqa: ARG002
        """The rule in the user's words."""
        return f"no span over {_number(self.length_m / 1000.0)} km without repeaters"

    def advice(self, chosen: Chosen) -> str:  # noqa: ARG002
        """The span that is enough."""
        return f"allow spans of {_number(self.length_m / 1000.0)} km"

    def require(self, view: View, slack: Expression = 0) -> None:
        """Every offer that is taken is at most so long, to the millimetre."""
        most_mm = _millimetres(self.length_m)
        for offer, taken in zip(view.problem.offers, view.taken, strict=True):
            if (length_mm := _millimetres(offer.length_m)) > most_mm:
                view.require(length_mm * taken <= most_mm + slack)

    def loosened(self, slack: int) -> tuple[SpanLimit, ...]:
        """The limit raised to a tenth of a kilometre."""
        return (SpanLimit(_up(_millimetres(self.length_m) + slack, _STEP_MM) / 1000),)


@dataclass(frozen=True)
class LatencyLimit(Limit):
    """A signal gets from one group to another within a time.

    Attributes
    ----------
    first_group, second_group
        The groups.
    ms
        Longest one-way latency of the best way between them, milliseconds.

    Notes
    -----
    A way is a chain of wanted links that meets no group twice; parallel links are
    different ways. Its latency is the sum of its links' alone: what lies on land
    between two landings of one group counts 0.
    """

    kind: ClassVar[str] = "latency-limit"
    first_group: str
    second_group: str
    ms: float

    def __post_init__(self) -> None:
        _check_size(self.ms, "latency limit", "ms", most=_MOST_MS)
        if self.first_group == self.second_group:
            raise InputError(
                f"latency is limited from {self.first_group!r} to itself", remedy="name two different groups"
            )

    @property
    def groups(self) -> tuple[str, ...]:
        """Groups that the rule names."""
        return self.first_group, self.second_group

    def text(self, names: Mapping[str, str] | None = None) -> str:
        """The rule in the user's words."""
        return f"{self._ends(names)} within {_number(self.ms)} ms one way"

    def advice(self, chosen: Chosen) -> str:
        """The latency that is enough."""
        ends = self._ends(chosen.problem.names)
        if not _ways(chosen.problem.groups, self.first_group, self.second_group):
            return f"drop the limit from {ends}, which no links join"
        return f"allow {_number(self.ms)} ms from {ends}"

    def check(self, problem: DesignProblem) -> None:
        """Refuse unknown groups, and networks with too many ways to look at."""
        if not problem.groups and problem.links:
            raise InputError(
                f"rule {self.text(problem.names)!r} needs to know what each link joins",
                remedy="give the two groups of each link in groups",
            )
        super().check(problem)
        _ways(problem.groups, self.first_group, self.second_group)

    def require(self, view: View, slack: Expression = 0) -> None:
        """On some way between the groups the latencies sum to at most the limit, to the nanosecond."""
        most_ns = whole_nanoseconds(self.ms) + slack
        ways = _ways(view.problem.groups, self.first_group, self.second_group)
        view.require_any([sum(view.latency_ns(link) for link in way) <= most_ns for way in ways])

    def loosened(self, slack: int) -> tuple[LatencyLimit, ...]:
        """The limit raised to a hundredth of a millisecond."""
        return (replace(self, ms=_up(whole_nanoseconds(self.ms) + slack, _STEP_NS) / 1e6),)

    def _ends(self, names: Mapping[str, str] | None) -> str:
        return f"{_name(self.first_group, names)} to {_name(self.second_group, names)}"


@dataclass(frozen=True)
class Consent(Rule):
    """Only the sectors of states that agree are crossed.

    Attributes
    ----------
    states
        The states that agree.
    """

    kind: ClassVar[str] = "consent"
    states: tuple[str, ...]

    def text(self, names: Mapping[str, str] | None = None) -> str:
        """The rule in the user's words."""
        if not self.states:
            return "no sector may be crossed"
        return f"only the sectors of {_listed(self.states, names)} may be crossed"

    def advice(self, chosen: Chosen) -> str:
        """The states whose consent is missing."""
        others = sorted({state for offer in chosen.offers for state in self._others(offer)})
        return f"get the consent of {_listed(others, chosen.problem.names)}"

    def require(self, view: View, slack: Expression = 0) -> None:  # noqa: ARG002
        """No offer is taken that crosses another sector."""
        for offer, taken in zip(view.problem.offers, view.taken, strict=True):
            if self._others(offer):
                view.require(taken <= 0)

    def _others(self, offer: Offer) -> set[str]:
        return set(offer.states) - set(self.states)


@dataclass(frozen=True)
class Apart(Rule):
    """Offers that infinite surcharges of one reason forbid together are not all taken.

    Attributes
    ----------
    reason
        Reason of the surcharges.

    Notes
    -----
    Nobody gives this rule: it stands for surcharges, see :func:`standing_rules`.
    """

    kind: ClassVar[str] = "apart"
    reason: str

    @property
    def id(self) -> str:
        """Tells rules of one problem apart; the same in every run."""
        return f"{self.kind}:{self.reason}"

    def text(self, names: Mapping[str, str] | None = None) -> str:  # noqa: ARG002
        """The rule in the user's words."""
        return self.reason

    def advice(self, chosen: Chosen) -> str:  # noqa: ARG002
        """Drop the surcharges."""
        return f"give up {self.reason!r}"

    def require(self, view: View, slack: Expression = 0) -> None:  # noqa: ARG002
        """Of each set of offers that are forbidden together one is left out."""
        for each in view.problem.surcharges:
            if each.usd == math.inf and each.reason == self.reason:
                numbers = set(each.offers)
                view.require(sum(view.taken[number] for number in numbers) <= len(numbers) - 1)


def standing_rules(problem: DesignProblem) -> tuple[Rule, ...]:
    """All rules of a problem, those that stand for infinite surcharges included, ordered by their ids.

    Examples
    --------
    >>> from routing.network import DesignProblem
    >>> problem = DesignProblem(0, (), {"k": 1.0}, {}, rules=(Forbid("k"), AtMostLandings(3)))
    >>> [rule.id for rule in standing_rules(problem)]
    ['at-most-landings', 'forbid:k']
    """
    reasons = {each.reason for each in problem.surcharges if each.usd == math.inf}
    return tuple(sorted((*problem.rules, *map(Apart, reasons)), key=lambda rule: rule.id))


def check_rules(problem: DesignProblem) -> None:
    """Refuse rules that the problem cannot be held to.

    Raises
    ------
    InputError
        When two rules have one id, or a rule speaks of what is unknown.

    Examples
    --------
    >>> from routing.network import DesignProblem
    >>> DesignProblem(0, (), {"kuryk": 1.0}, {}, rules=(Forbid("kurik"),))
    Traceback (most recent call last):
    routing.errors.InputError: rule 'kurik is not allowed' names landing 'kurik', which is unknown; did you mean kuryk?
    """
    seen: set[str] = set()
    for rule in standing_rules(problem):
        if rule.id in seen:
            raise InputError(f"rule {rule.id!r} is given twice", remedy="keep one of the two")
        seen.add(rule.id)
        rule.check(problem)
    without = sorted(set(problem.landing_usd) - set(problem.group_of))
    if without and any(rule.groups for rule in problem.rules if not isinstance(rule, LatencyLimit)):
        raise InputError(
            f"landing {without[0]!r} has no group, so rules on groups cannot count it", remedy="name it in group_of"
        )


def _millimetres(length_m: float) -> int:
    return round(length_m * 1e3)


def _up(value: int, step: int) -> int:
    """The value raised to a multiple of the step."""
    return -(-value // step) * step


def _ways(groups: Sequence[tuple[str, str]], start: str, end: str) -> list[tuple[int, ...]]:
    """Chains of links between two groups that meet no group twice, each as its links in order."""
    ways: list[tuple[int, ...]] = []
    for trial, way in enumerate(_chains(groups, start, end)):
        if way:
            ways.append(way)
        if trial >= _MOST_TRIALS or len(ways) > _MOST_WAYS:
            raise InputError(
                f"{len(groups)} links give too many ways from {start!r} to {end!r} to look at each",
                remedy="plan fewer links at once or drop the latency limit",
            )
    return ways


def _chains(groups: Sequence[tuple[str, str]], start: str, end: str) -> Iterator[tuple[int, ...] | None]:
    """Chains that reach the end, depth first; None for each that does not get there yet."""
    stack: list[tuple[str, tuple[int, ...], frozenset[str]]] = [(start, (), frozenset((start,)))]
    while stack:
        here, way, met = stack.pop()
        yield way if here == end else None
        if here == end:
            continue
        for link, pair in enumerate(groups):
            if here in pair:
                there = pair[1] if pair[0] == here else pair[0]
                if there not in met:
                    stack.append((there, (*way, link), met | {there}))


def _check_size(value: float, what: str, unit: str, *, most: float) -> None:
    if not 0.0 <= value <= most:  # NaN fails this, too
        raise InputError(f"{what} of {value!r} {unit}", remedy=f"give a number from 0 to {most:,.0f}")


def _name(key: str, names: Mapping[str, str] | None) -> str:
    return key if names is None else names.get(key, key)


def _listed(keys: Sequence[str], names: Mapping[str, str] | None) -> str:
    return ", ".join(_name(key, names) for key in keys)


def _money(usd: float) -> str:
    return f"{usd:,.2f}".removesuffix(".00")


def _number(value: float) -> str:
    return f"{value:,.6f}".rstrip("0").rstrip(".")
