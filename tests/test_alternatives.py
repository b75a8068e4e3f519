"""Other ways between two landings: how many there are, what they cost, and that each is the best of its place."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from test_separation import flat_sea, laid, link, rough_sea, usd_per_m

from routing.diversity import Apartness, alternatives, far_share
from routing.errors import InfeasibleError, InputError


def rows_at(priced, found, col):
    """Row at which each route passes a column."""
    places = (priced.rowcol(way.route.at(way.route.marks(200.0))) for way in found)
    return [float(np.interp(col, place[:, 1], place[:, 0])) for place in places]


def island_sea(top=24, bottom=42):
    free = np.ones((61, 81), bool)
    free[top:bottom, 34:47] = False
    return flat_sea(61, 81, free=free)


def test_round_an_island_there_are_two_ways():
    priced = island_sea()
    found = alternatives(laid(priced), link(priced, (31, 5), (31, 75)), count=5, apart_m=4000.0)
    assert len(found) == 2
    north, south = rows_at(priced, found, 40)
    assert north < 24
    assert south > 41
    # Shortest lines past two corners of the island, in cells; the northern edge lies 7.5 cells from the axis.
    lengths = [2 * np.hypot(28.5, off) + 13 for off in (7.5, 10.5)]
    assert_allclose(found[1].stretch, lengths[1] / lengths[0], rtol=1e-3)
    assert_allclose(found[0].price_usd, 1000.0 * usd_per_m(priced) * lengths[0], rtol=2e-3)


def test_three_gaps_in_a_wall_are_three_ways_by_price():
    free = np.ones((81, 81), bool)
    free[:, 40] = False
    gaps = (14, 34, 70)
    for row in gaps:
        free[row - 1 : row + 2, 40] = True
    priced = flat_sea(81, 81, free=free)
    ends = link(priced, (40, 8), (40, 72))
    found = alternatives(laid(priced), ends, count=4, apart_m=5000.0)
    assert [min(gaps, key=lambda gap: abs(gap - row)) for row in rows_at(priced, found, 40)] == [34, 14, 70]
    for way, gap in zip(found, (34, 14, 70), strict=True):
        alone = free.copy()
        alone[:, 40] = False
        alone[gap - 1 : gap + 2, 40] = True
        sea = flat_sea(81, 81, free=alone)
        only = sea.kernel.field(ends[0].node).path_to(ends[1].node)
        assert_allclose(way.price_usd, only.cost, rtol=1e-3)


def test_the_open_sea_has_one_way():
    priced = flat_sea(61, 81)
    found = alternatives(laid(priced), link(priced, (31, 5), (25, 75)), count=3, apart_m=3000.0)
    assert len(found) == 1
    assert found[0].stretch == found[0].far_share == 1.0


def test_an_island_that_is_smaller_than_the_distance_makes_no_other_way():
    priced = island_sea(29, 34)
    ends = link(priced, (31, 5), (31, 75))
    assert len(alternatives(laid(priced), ends, count=3, apart_m=1000.0)) == 2
    assert len(alternatives(laid(priced), ends, count=3, apart_m=12_000.0)) == 1


def test_only_so_many_are_given_as_are_asked_for():
    priced = island_sea()
    ends = link(priced, (31, 5), (31, 75))
    (only,) = alternatives(laid(priced), ends, count=1, apart_m=4000.0)
    assert only.route.lonlat[0].tolist() == list(ends[0].bmh)
    assert only.route.lonlat[-1].tolist() == list(ends[1].bmh)


def test_a_greater_share_elsewhere_leaves_fewer():
    priced = island_sea()
    ends = link(priced, (31, 5), (31, 75))
    found = alternatives(laid(priced), ends, count=3, apart_m=4000.0)
    assert 0.3 < found[1].far_share < 1.0
    again = alternatives(laid(priced), ends, count=3, apart_m=4000.0, share=found[1].far_share + 0.01)
    assert len(again) == 1


@settings(max_examples=8)
@given(seed=st.integers(0, 1000))
def test_each_way_is_elsewhere_and_rests_when_nothing_holds_it(seed):
    priced = rough_sea(seed)
    ends = link(priced, (20, 5), (20, 54))
    found = alternatives(laid(priced), ends, count=4, apart_m=4000.0)
    assert found[0].stretch == 1.0
    for better, worse in pairwise(found):
        assert worse.price_usd >= better.price_usd
    for number, way in enumerate(found):
        routes = [each.route for each in found[:number]]
        assert far_share(way.route, routes, priced=priced, apart_m=4000.0) == way.far_share >= 0.3
        # No path whatever that stays within the distance is cheaper, but for what the straightening costs.
        beside = Apartness(priced, np.empty((0, 2)), 0.0, 4000.0)
        near = priced.closed(~beside.keep_out([beside.route_line(way.route)])).kernel
        assert near.field(ends[0].node).path_to(ends[1].node).cost >= way.price_usd * (1 - 2e-3)


def test_landings_that_land_separates_have_no_way():
    free = np.ones((21, 41), bool)
    free[:, 20] = False
    priced = flat_sea(21, 41, free=free)
    with pytest.raises(InfeasibleError):
        alternatives(laid(priced), link(priced, (10, 4), (10, 36)), count=2, apart_m=3000.0)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [({"count": 0}, "count is 0"), ({"apart_m": 0.0}, "apart_m is 0"), ({"share": 1.5}, "share is 1.5")],
)
def test_numbers_out_of_range_are_refused(wrong, message):
    priced = flat_sea(21, 21)
    with pytest.raises(InputError, match=message):
        alternatives(laid(priced), link(priced, (10, 2), (10, 18)), **{"count": 2, "apart_m": 1000.0, **wrong})
