"""Lower bounds on designs: never above the best design there is."""

import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing import pipeline
from routing.network import DesignProblem, Offer, choose_design, prove_design
from routing.project import read_project

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


@pytest.fixture(scope="module")
def caspian():
    loaded = pipeline.load(read_project(PROJECT))
    planned = pipeline.plan(loaded, pipeline.surface(loaded), threads=2)
    return planned, json.loads(json.dumps(pipeline.describe(loaded, planned)))


def test_every_route_and_every_design_of_the_caspian_is_proven_to_a_percent(caspian):
    _, summary = caspian
    for option in summary["options"]:
        assert 0.0 <= option["gap_pct"] <= 0.6
        assert option["lower_bound_usd"] <= option["cost"]["total_usd"]
        for link in option["links"]:
            # Half a percent for the path, and what few alter courses add.
            assert 0.0 <= link["gap_pct"] <= 1.0
            assert link["lower_bound_usd"] <= link["cost"]["continuous_path_usd"]


def test_no_route_between_the_same_landings_beats_the_bound(caspian):
    planned, _ = caspian
    priced = planned.planner.sea.priced
    for option in planned.options:
        for link in option.links:
            ends = (link.segment.start, link.segment.end)
            approaches = sum(sum(priced.approach_items(site).values()) for site in ends)
            path = priced.kernel.field(ends[1].node).path_to(ends[0].node)
            assert link.lower_bound_usd <= path.cost + approaches
