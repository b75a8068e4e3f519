"""Lower bounds on designs: never above the best design there is."""

import itertools
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from routing.errors import InputError
from routing.network import (
    AtLeastLandings,
    AtMostLandings,
    Budget,
    Consent,
    DesignProblem,
    Forbid,
    LatencyLimit,
    Offer,
    SpanLimit,
    Surcharge,
    choose_design,
    loosened,
    price_design,
    prove_design,
)

PROJECT = Path(__file__).parents[1] / "data" / "trans-caspian" / "project.toml"

prices = st.floats(1.0, 100.0)
offers = st.tuples(st.integers(0, 1), st.sampled_from("abc"), st.sampled_from("kl"), prices)


def cheapest(problem):
    """Price of the best design, by trying all of them."""
    groups = [[offer for offer in problem.offers if offer.link == link] for link in range(problem.links)]
    totals = []
    for design in itertools.product(*groups):
        used = {name for offer in design for name in (offer.start, offer.end)}
        totals.append(sum(offer.price_usd for offer in design) + sum(problem.landing_usd[name] for name in used))
    return min(totals)


def problem_of(drawn):
    unique = {(link, start, end): price for link, start, end, price in drawn}
    made = tuple(Offer(*key, price) for key, price in sorted(unique.items()))
    return DesignProblem(2, made, dict.fromkeys("abckl", 7.0), {})


@given(
    st.lists(offers, min_size=2, max_size=9).filter(lambda drawn: {o[0] for o in drawn} == {0, 1}),
    st.floats(0.001, 0.2),
)
def test_the_bound_never_exceeds_the_best_design_and_meets_the_gap_where_bounds_allow(drawn, gap):
    problem = problem_of(drawn)
    best = cheapest(problem)
    asked = []

    def tighter(offer, step):
        asked.append((offer, step))
        return offer.price_usd * (1.0 - 0.9 * step)

    objective = choose_design(problem).objective_usd
    bound = prove_design(problem, objective, first=lambda _: 0.0, tighter=tighter, gap=gap)
    assert objective == pytest.approx(best, abs=0.06)  # prices are rounded to cents
    assert bound <= best + 0.06
    # Offers are bounded to half a percent at best.
    assert bound >= best * (1.0 - max(gap, 0.005)) - 0.06
    assert len(asked) == len(set(asked))


def test_an_offer_that_cannot_matter_is_never_bounded():
    near, far = Offer(0, "a", "k", 10.0), Offer(0, "b", "k", 1000.0)
    problem = DesignProblem(1, (near, far), {"a": 1.0, "b": 1.0, "k": 1.0}, {})
    asked = []

    def tighter(offer, step):
        asked.append(offer)
        return offer.price_usd * (1.0 - step)

    prove_design(problem, 12.0, first=lambda offer: 0.6 * offer.price_usd, tighter=tighter, gap=0.001)
    assert set(asked) == {near}


# ---------------------------------------------------------- rules, whatever the routes are

LINKS = (("A", "K"), ("K", "T"), ("A", "T"))
GROUP_OF = {"a": "A", "b": "A", "k": "K", "l": "K", "t": "T"}
whole = st.integers(1, 40).map(float)
ways = st.builds(
    Offer,
    link=st.just(0), start=st.just(""), end=st.just(""), price_usd=whole,
    states=st.lists(st.sampled_from("XYZ"), max_size=2, unique=True).map(tuple),
    length_m=whole, latency_ms=whole,
)  # fmt: skip
bounding_rules = (
    st.builds(Budget, st.integers(20, 160).map(float)),
    st.builds(SpanLimit, whole),
    st.builds(LatencyLimit, st.just("A"), st.just("T"), whole),
    st.builds(Consent, st.lists(st.sampled_from("XYZ"), min_size=1, unique=True).map(tuple)),
    st.builds(AtMostLandings, st.integers(3, 4)),
    st.builds(AtLeastLandings, st.just(2), st.just("A")),
    st.builds(Forbid, st.sampled_from("abkl")),
)


@st.composite
def worlds(draw):
    """Offers, and for each of them all routes that there are."""
    ends = [
        (link, start, end)
        for link, pair in enumerate(LINKS)
        for start, end in itertools.combinations(GROUP_OF, 2)
        if (GROUP_OF[start], GROUP_OF[end]) == pair
    ]
    taken = draw(st.lists(st.sampled_from(ends), min_size=3, max_size=6, unique=True))
    assume({link for link, _, _ in taken} == {0, 1, 2})
    routes = [
        [replace(way, link=link, start=start, end=end) for way in draw(st.lists(ways, min_size=1, max_size=3))]
        for link, start, end in sorted(taken)
    ]
    surcharge = st.builds(
        Surcharge,
        st.lists(st.integers(0, len(routes) - 1), min_size=2, max_size=2, unique=True).map(tuple),
        st.sampled_from((0.0, 5.0, math.inf)),
    )
    rules = draw(st.lists(st.one_of(bounding_rules), max_size=3, unique_by=lambda rule: rule.id))
    problem = DesignProblem(
        3, tuple(draw(st.sampled_from(mine)) for mine in routes), dict.fromkeys(GROUP_OF, 7.0),
        dict.fromkeys("XYZ", 3.0), 1.0, LINKS, GROUP_OF, tuple(rules), tuple(draw(st.lists(surcharge, max_size=3))),
    )  # fmt: skip
    return problem, routes


def least_of(mine):
    """What any of the routes of an offer has at least."""
    return replace(
        mine[0],
        price_usd=min(way.price_usd for way in mine),
        length_m=min(way.length_m for way in mine),
        latency_ms=min(way.latency_ms for way in mine),
        states=tuple(sorted(set.intersection(*(set(way.states) for way in mine)))),
    )


@given(worlds(), st.floats(0.001, 0.3))
@settings(max_examples=100)
def test_no_design_by_any_routes_that_keep_to_the_rules_is_below_the_bound(world, gap):
    problem, routes = world
    numbers = range(len(routes))
    priced = []
    for chosen in itertools.product(*([n for n in numbers if routes[n][0].link == link] for link in range(3))):
        for by in itertools.product(*(routes[number] for number in chosen)):
            actual = list(problem.offers)
            for number, way in zip(chosen, by, strict=True):
                actual[number] = way
            built = replace(problem, offers=tuple(actual))
            offers = [actual[number] for number in chosen]
            if all(rule.holds(built, offers) for rule in problem.rules):
                priced.append(price_design(built, offers))
    assume(any(map(math.isfinite, priced)))
    dear = 1.5 * max(filter(math.isfinite, priced))
    least = {offer: least_of(mine) for offer, mine in zip(problem.offers, routes, strict=True)}
    asked = []

    def tighter(offer, step):
        asked.append((offer, step))
        return bounds[offer] * (1.0 - 0.5 * step)

    loose = loosened(problem, lambda offer: replace(least[offer], price_usd=offer.price_usd))
    bounds = {mine: least[offer].price_usd for mine, offer in zip(loose.offers, problem.offers, strict=True)}
    bound = prove_design(loose, dear, first=lambda offer: 0.6 * bounds[offer], tighter=tighter, gap=gap)
    assert bound <= min(priced) + 0.05  # bounds are counted in whole cents
    assert len(asked) == len(set(asked))


def test_what_is_not_looser_is_no_relaxation():
    offer = Offer(0, "a", "k", 10.0, ("X",), 5.0, 5.0)
    problem = DesignProblem(1, (offer,), {"a": 1.0, "b": 1.0, "k": 1.0}, {"X": 1.0, "Y": 1.0})
    assert loosened(problem, lambda o: replace(o, states=(), length_m=4.0, latency_ms=0.0)).offers[0].states == ()
    for wrong in ({"length_m": 6.0}, {"latency_ms": 6.0}, {"states": ("X", "Y")}, {"start": "b"}):
        with pytest.raises(InputError, match="is not looser than"):
            loosened(problem, lambda o, wrong=wrong: replace(o, **wrong))


def test_the_bound_holds_the_budget_against_bounds_only():
    offers = (Offer(0, "a", "k", 10.0), Offer(0, "b", "k", 12.0))
    problem = DesignProblem(1, offers, {"a": 0.0, "b": 0.0, "k": 0.0}, {}, rules=(Budget(12.0), Forbid("a")))
    assert prove_design(problem, 12.0, first=lambda _: 5.0, tighter=lambda o, _: o.price_usd - 1.0, gap=0.0) == 11.0
