"""The network design: CP-SAT against trying everything."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.errors import InfeasibleError
from routing.network import Design, DesignProblem, Offer, choose_design

LANDINGS, STATES = ("a", "b", "k", "t"), ("AA", "BB", "CC")
cents = st.integers(0, 5_000_000).map(lambda value: value / 100.0)
offers = st.builds(
    Offer,
    link=st.integers(0, 2),
    start=st.sampled_from(LANDINGS[:2]),
    end=st.sampled_from(LANDINGS[2:]),
    price_usd=cents,
    states=st.lists(st.sampled_from(STATES), max_size=3, unique=True).map(tuple),
)
problems = st.builds(
    DesignProblem,
    links=st.just(3),
    offers=st.lists(offers, min_size=3, max_size=9).map(tuple),
    landing_usd=st.fixed_dictionaries(dict.fromkeys(LANDINGS, cents)),
    state_usd=st.fixed_dictionaries(dict.fromkeys(STATES, cents)),
    base_usd=cents,
)


def price(problem, chosen):
    """Price of a choice: offers, every landing and state once, the base."""
    landings = {name for offer in chosen for name in (offer.start, offer.end)}
    states = {name for offer in chosen for name in offer.states}
    return (
        sum(offer.price_usd for offer in chosen)
        + sum(problem.landing_usd[name] for name in landings)
        + sum(problem.state_usd[name] for name in states)
        + problem.base_usd
    )


def cheapest(problem):
    groups = [[offer for offer in problem.offers if offer.link == link] for link in range(problem.links)]
    return min((price(problem, chosen) for chosen in product(*groups)), default=None)


@given(problems)
@settings(max_examples=60)
def test_the_design_is_the_cheapest_of_all(problem):
    best = cheapest(problem)
    if best is None:
        with pytest.raises(InfeasibleError):
            choose_design(problem)
        return
    design = choose_design(problem)
    assert design.status == "OPTIMAL"
    assert abs(design.objective_usd - best) < 0.005
    assert abs(price(problem, design.offers) - best) < 0.005
    assert abs(design.bound_usd - best) < 0.005
    assert [offer.link for offer in design.offers] == [0, 1, 2]


@given(problems, st.randoms())
@settings(max_examples=20)
def test_the_order_of_offers_does_not_change_the_price(problem, random):
    if cheapest(problem) is None:
        return
    shuffled = list(problem.offers)
    random.shuffle(shuffled)
    other = DesignProblem(3, tuple(shuffled), problem.landing_usd, problem.state_usd, problem.base_usd)
    assert abs(choose_design(other).objective_usd - choose_design(problem).objective_usd) < 0.005


@given(problems)
@settings(max_examples=20)
def test_another_offer_never_makes_the_design_dearer(problem):
    if cheapest(problem) is None:
        return
    more = DesignProblem(
        3, (*problem.offers, Offer(1, "a", "k", 10.0)), problem.landing_usd, problem.state_usd, problem.base_usd
    )
    assert choose_design(more).objective_usd <= choose_design(problem).objective_usd + 0.005


def test_the_same_problem_gives_the_same_design_every_time():
    ties = tuple(Offer(0, start, end, 100.0) for start in "ab" for end in "kt")
    problem = DesignProblem(1, ties, dict.fromkeys(LANDINGS, 5.0), {})
    first = choose_design(problem)
    assert all(choose_design(problem) == first for _ in range(3))


def test_sharing_a_landing_is_paid_once():
    shared = (Offer(0, "a", "k", 10.0), Offer(1, "a", "t", 10.0), Offer(1, "b", "t", 8.0))
    landing = {"a": 50.0, "b": 50.0, "k": 1.0, "t": 1.0}
    design = choose_design(DesignProblem(2, shared, landing, {}))
    assert [offer.start for offer in design.offers] == ["a", "a"]
    assert design.objective_usd == 10 + 10 + 50 + 1 + 1


def test_a_sector_already_crossed_costs_nothing_more():
    ways = (
        Offer(0, "a", "k", 10.0, ("AA", "BB")),
        Offer(1, "a", "t", 10.0, ("AA", "BB")),
        Offer(1, "a", "t", 5.0, ("AA", "CC")),
    )
    design = choose_design(DesignProblem(2, ways, dict.fromkeys("akt", 0.0), {"AA": 1.0, "BB": 7.0, "CC": 7.0}))
    assert design.offers[1].states == ("AA", "BB")
    assert design.objective_usd == 10 + 10 + 1 + 7


def test_a_link_that_nobody_offers_is_infeasible_by_its_number():
    with pytest.raises(InfeasibleError, match="link 1 cannot be built") as error:
        choose_design(DesignProblem(2, (Offer(0, "a", "k", 1.0),), {"a": 0.0, "k": 0.0}, {}))
    assert error.value.conflict == ("link 1",)


def test_prices_of_a_thousand_million_keep_their_cents():
    ways = (Offer(0, "a", "k", 1_000_000_000.01), Offer(0, "b", "k", 1_000_000_000.02))
    design = choose_design(DesignProblem(1, ways, {"a": 0.0, "b": 0.0, "k": 0.0}, {}))
    assert design.offers[0].start == "a"
    assert design.objective_usd == pytest.approx(1_000_000_000.01, abs=1e-6)


def test_a_design_that_costs_nothing_has_no_gap():
    design = choose_design(DesignProblem(1, (Offer(0, "a", "k", 0.0),), {"a": 0.0, "k": 0.0}, {}))
    assert design.objective_usd == 0.0
    assert design.gap_pct == 0.0


def test_the_gap_is_percent_of_the_objective():
    assert Design((), 200.0, 190.0, "CP-SAT", "FEASIBLE").gap_pct == pytest.approx(5.0)


# ------------------------------------------------------------------- in a project


def test_two_links_share_a_landing_when_that_is_cheaper(finished_run):
    option = next(option for option in finished_run.planned.options if option.wanted.id == "aa-bb-cc")
    assert {link.segment.start.landing.id for link in option.links} == {"aa-north"}
    assert [site.landing.id for site in option.sites] == ["aa-north", "bb-port", "cc-port"]


def test_a_landing_that_an_option_names_is_used(sea_project):
    sea_project.settings["option"] = [
        {"id": "south", "name": "From the south", "links": [["AA", "BB"]], "landings": {"AA": ["aa-south"]}}
    ]
    _, _, planned = sea_project.plan()
    assert [site.landing.id for site in planned.options[0].sites] == ["aa-south", "bb-port"]


def test_a_free_choice_never_costs_more_than_a_forced_one(sea_project):
    option = sea_project.settings["option"][0]
    sea_project.settings["option"] = [
        option, *({**option, "id": name, "landings": {"AA": [name]}} for name in ("aa-north", "aa-south"))
    ]  # fmt: skip
    totals = {option.wanted.id: option.design.objective_usd for option in sea_project.plan()[2].options}
    assert totals["aa-bb"] == min(totals["aa-north"], totals["aa-south"])


def test_an_option_whose_landings_belong_to_another_country_is_refused_or_infeasible(sea_project):
    from routing.errors import RoutingError

    sea_project.settings["option"] = [
        {"id": "wrong", "name": "Wrong", "links": [["AA", "BB"]], "landings": {"AA": ["bb-port"]}}
    ]
    try:
        _, _, planned = sea_project.plan()
    except RoutingError as error:
        assert "bb-port" in str(error)  # noqa: PT017  (either answer is right)
    else:
        assert not planned.options
        assert "no candidate landing is allowed" in planned.infeasible[0].message
