"""Routes that stay apart: traps, closed forms, other programs' optima, and what is promised on the ellipsoid."""

from itertools import combinations, pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from miniature import priced_sea
from numpy.testing import assert_allclose
from pyproj import Geod
from scipy import ndimage

from routing import geodesy
from routing.diversity import (
    Apartness,
    Laying,
    Spacing,
    bound_apart,
    far_share,
    pair_bounds,
    separated_routes,
    shared_risk_m,
    straight_cuts,
)
from routing.diversity.separation import _Search
from routing.diversity.settling import Settler
from routing.diversity.stations import measure_tides, reserve_room
from routing.errors import InfeasibleError, InputError
from routing.landing import Landing, LandingSite
from routing.route import Route

GEOD = Geod(ellps="WGS84")
CELL_M = 1000.0


def site(priced, name, node):
    """A landing whose beach manhole is the centre of a cell."""
    lon, lat = map(float, priced.lonlat([node])[0])
    return LandingSite(Landing(name, name, name[:1], lon, lat), (lon, lat), node, (lon, lat), 0.0, 0.0)


def link(priced, start, end, name=""):
    return site(priced, f"a{name}", start), site(priced, f"b{name}", end)


def flat_sea(rows=61, cols=101, *, free=None):
    return priced_sea(np.full((rows, cols), 100.0), free)


def rough_sea(seed, rows=40, cols=60):
    noise = np.random.default_rng(seed).normal(size=(rows, cols))
    depth = 80.0 + 4000.0 * np.clip(ndimage.gaussian_filter(noise, 3.0), 0.0, None)
    return priced_sea(depth)


def laid(priced):
    return Laying(priced, alter_course_usd=0.0)


def usd_per_m(priced):
    return float(priced.surface.total()[0, 0])


def metres_apart(first, second, centres, zone_m, *, step_m=200.0):
    """Least distance of two routes outside zones by brute force over dense positions, with pyproj alone."""

    def outside(route):
        points = [route.lonlat[:1]]
        for (lon0, lat0), (lon1, lat1) in zip(route.lonlat[:-1], route.lonlat[1:], strict=True):
            count = int(GEOD.inv(lon0, lat0, lon1, lat1)[2] / step_m) + 1
            inner = np.array(GEOD.npts(lon0, lat0, lon1, lat1, count)).reshape(-1, 2)
            points += [inner, [[lon1, lat1]]]
        dense = np.concatenate(points)
        away = np.min([GEOD.inv(*dense.T, *np.tile(c, (len(dense), 1)).T)[2] for c in centres], axis=0)
        return dense[away > zone_m]

    a, b = outside(first), outside(second)
    if not len(a) or not len(b):
        return np.inf
    i, j = (index.ravel() for index in np.indices((len(a), len(b))))
    return float(np.min(GEOD.inv(*a[i].T, *b[j].T)[2]))


def centres(links):
    return list(dict.fromkeys(end.bmh for pair in links for end in pair))


# Two walls, each with the same two gaps: the best way takes the near gap of the first and the far gap of the second,
# and leaves nothing to another.
def trap():
    free = np.ones((61, 81), bool)
    for col in (25, 55):
        free[:, col] = False
        free[15:20, col] = free[40:45, col] = True
    return flat_sea(61, 81, free=free)


def test_a_first_best_route_that_blocks_every_second_one_is_given_up():
    priced = trap()
    links = (link(priced, (17, 5), (42, 75)),) * 2
    spacing = Spacing(separation_m=9000.0, zone_m=12_000.0)
    settler = Settler(laid(priced), links, Apartness(priced, np.array(centres(links)), 12_000.0, 9000.0))
    assert settler.in_order((0, 1)) is None
    found = separated_routes(laid(priced), links, spacing=spacing)
    assert found.least_m >= 9000.0
    gaps = {tuple(_rows_at(priced, route, (25, 55)) < 30) for route in found.routes}
    assert gaps == {(True, True), (False, False)}


def _rows_at(priced, route, cols):
    dense = priced.rowcol(geodesy.densify(route.lonlat, step_m=200.0))
    return np.array([np.interp(col, dense[:, 1], dense[:, 0]) for col in cols])


@pytest.mark.parametrize("separation_km", [12])
def test_two_routes_between_the_same_landings_cost_what_the_closed_form_says(separation_km):
    # Straight to the edge of the zone at half the separation from the axis, parallel to it, and back: each route
    # is L + 2 (r - sqrt(r^2 - d^2 / 4)) long, and no unequal share of d is shorter, since that is convex in d.
    priced = flat_sea(61, 121)
    links = (link(priced, (30, 10), (30, 110)),) * 2
    zone_m, separation_m = 15_000.0, 1000.0 * separation_km

    def total_m(apart_m):
        straight = GEOD.inv(*links[0][0].bmh, *links[0][1].bmh)[2]
        return 2.0 * straight + 4.0 * (zone_m - np.sqrt(zone_m**2 - apart_m**2 / 4.0))

    found = separated_routes(laid(priced), links, spacing=Spacing(separation_m=separation_m, zone_m=zone_m))
    # Whole cells are closed: up to a cell and a half more than the separation.
    assert total_m(separation_m) - 10.0 <= found.total_usd / usd_per_m(priced) <= total_m(separation_m + 1.5 * CELL_M)


def test_links_that_are_apart_anyway_take_their_best_routes():
    priced = flat_sea()
    links = (link(priced, (10, 5), (12, 95), "1"), link(priced, (45, 5), (40, 95), "2"))
    found = separated_routes(laid(priced), links, spacing=Spacing(separation_m=15_000.0, zone_m=0.0))
    assert_allclose(found.prices_usd, found.single_usd, rtol=1e-6)
    assert_allclose(found.premium_usd, 0.0, atol=1e-6 * found.total_usd)
    straight = [usd_per_m(priced) * GEOD.inv(*a.bmh, *b.bmh)[2] for a, b in links]
    assert_allclose(found.prices_usd, straight, rtol=1e-5)


def disjoint_optimum(priced, start, end):
    """Least price of two node-disjoint 8-neighbour paths, by OR-Tools' minimum-cost flow."""
    from ortools.graph.python import min_cost_flow

    rows, cols = priced.surface.grid.shape
    number = np.arange(rows * cols).reshape(rows, cols)
    arcs = []
    for dr, dc in ((0, 1), (1, 0), (1, 1), (1, -1)):
        here = number[: rows - dr, max(0, -dc) : cols - max(0, dc)].ravel()
        arcs.append(np.stack([here, here + dr * cols + dc], axis=1))
    pairs = np.concatenate(arcs)
    ends = np.stack(np.divmod(pairs, cols), axis=-1).astype(float)
    cents = np.rint(priced.kernel.prices(ends)).astype(np.int64)
    tail = np.concatenate([2 * number.ravel(), 2 * pairs[:, 0] + 1, 2 * pairs[:, 1] + 1])
    head = np.concatenate([2 * number.ravel() + 1, 2 * pairs[:, 1], 2 * pairs[:, 0]])
    price = np.concatenate([np.zeros(number.size, np.int64), cents, cents])
    capacity = np.ones(len(tail), np.int64)
    source, sink = int(number[start]), int(number[end])
    capacity[[source, sink]] = 2
    flow = min_cost_flow.SimpleMinCostFlow()
    flow.add_arcs_with_capacity_and_unit_cost(tail, head, capacity, price)
    supply = np.zeros(2 * number.size, np.int64)
    supply[2 * source], supply[2 * sink + 1] = 2, -2
    flow.set_nodes_supplies(np.arange(2 * number.size), supply)
    assert flow.solve() == flow.OPTIMAL
    return float(flow.optimal_cost())


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_with_hardly_any_separation_the_total_is_that_of_disjoint_paths_within_the_error_of_a_grid(seed):
    priced = rough_sea(seed, 24, 40)
    start, end = (12, 4), (11, 35)
    found = separated_routes(laid(priced), (link(priced, start, end),) * 2, spacing=Spacing(1.0, 2500.0))
    disjoint = disjoint_optimum(priced, start, end)
    # Eight directions make a path up to 8.24 % long; a cell beside a diagonal is closed, which a flow may use: 0.5 %.
    assert disjoint / 1.0824 <= found.total_usd <= 1.005 * disjoint


@pytest.mark.parametrize("separation_km", [3, 12])
def test_routes_keep_the_separation_on_the_ellipsoid_and_the_profile_says_so(separation_km):
    priced = rough_sea(7, 61, 101)
    links = (link(priced, (30, 5), (25, 95), "1"), link(priced, (30, 5), (38, 95), "2"))
    zone_m = 18_000.0
    spacing = Spacing(separation_m=1000.0 * separation_km, zone_m=zone_m)
    found = separated_routes(laid(priced), links, spacing=spacing)
    (profile,) = found.profiles
    independent = metres_apart(*found.routes, centres(links), zone_m)
    assert independent >= spacing.separation_m
    # Positions 200 m apart on both lines see the nearest pair to within their half diagonal at most.
    assert profile.least_m - 1.0 <= independent <= profile.least_m + 150.0
    assert found.least_m == profile.least_m >= spacing.separation_m
    assert np.nanmin(profile.separation_m) >= profile.least_m - 1.0
    assert np.isnan(profile.separation_m[0])  # inside a zone
    assert np.isnan(profile.separation_m[-1])
    assert_allclose(np.diff(profile.kp_m)[:-1], 1000.0)


def test_the_place_of_least_separation_is_on_the_first_route_at_its_kp():
    priced = flat_sea()
    routes = [
        Route(priced.lonlat(np.array(way, float))) for way in ([(20, 5), (20, 90)], [(40, 5), (25, 50), (40, 90)])
    ]
    found = Apartness(priced, np.empty((0, 2)), 0.0, 1.0).profile(routes, 0, 1)
    assert_allclose(priced.rowcol([found.least_lonlat])[0], (20, 50), atol=0.1)
    assert_allclose(routes[0].at([found.least_kp_m])[0], found.least_lonlat, atol=1e-5)
    assert_allclose(found.least_m, 5000.0, rtol=1e-3)


def test_routes_that_cross_are_not_apart_at_all():
    priced = flat_sea()
    routes = [Route(priced.lonlat(np.array(way, float))) for way in ([(20, 5), (40, 90)], [(40, 5), (20, 90)])]
    found = Apartness(priced, np.empty((0, 2)), 0.0, 1.0).profile(routes, 0, 1)
    assert found.least_m == 0.0
    assert_allclose(priced.rowcol([found.least_lonlat])[0], (30, 47.5), atol=0.1)


def test_nothing_is_asked_inside_a_zone():
    priced = flat_sea()
    routes = [Route(priced.lonlat(np.array([(20, 5), (20, 90)], float)))] * 2
    middle = priced.lonlat([(20, 47)])
    found = Apartness(priced, middle, 60_000.0, 1.0).profile(routes, 0, 1)
    assert found.least_m == np.inf
    assert found.least_kp_m is None
    assert np.isnan(found.separation_m).all()


def test_swapped_links_get_the_same_routes():
    priced = rough_sea(11, 61, 101)
    links = (link(priced, (26, 5), (25, 95), "1"), link(priced, (34, 5), (38, 95), "2"))
    spacing = Spacing(separation_m=14_000.0, zone_m=16_000.0)
    there, back = (separated_routes(laid(priced), order, spacing=spacing) for order in (links, links[::-1]))
    assert_allclose(there.total_usd, back.total_usd, rtol=2e-3)


def test_a_link_given_the_other_way_round_gets_its_route_the_other_way_round():
    priced = flat_sea(41, 51)
    one, other = link(priced, (17, 5), (18, 45), "1"), link(priced, (23, 5), (22, 45), "2")
    spacing = Spacing(separation_m=9_000.0, zone_m=10_000.0)
    plain, turned = (separated_routes(laid(priced), (one, pair), spacing=spacing) for pair in (other, other[::-1]))
    assert_allclose(turned.total_usd, plain.total_usd, rtol=1e-9)
    assert_allclose(turned.routes[1].lonlat, plain.routes[1].lonlat[::-1], atol=1e-9)


def test_a_strait_that_is_too_narrow_is_named_with_the_separation_that_it_has_room_for():
    free = np.ones((61, 81), bool)
    free[:, 38:43] = False
    free[26:36, 38:43] = True  # 10 km wide
    priced = flat_sea(61, 81, free=free)
    links = (link(priced, (20, 5), (20, 75), "1"), link(priced, (40, 5), (40, 75), "2"))
    with pytest.raises(InfeasibleError, match=r"no room for a separation of 20 km between a1-b1 and a2-b2") as caught:
        separated_routes(laid(priced), links, spacing=Spacing(20_000.0, 10_000.0))
    assert caught.value.conflict == ("separation of 20 km between a1-b1 and a2-b2",)
    words = str(caught.value).replace(",", " ").replace(";", " ").split()
    lon, lat = (float(words[words.index("near") + 1 + k]) for k in (0, 1))
    assert abs(priced.rowcol([(lon, lat)])[0, 1] - 40) < 6  # in the strait
    largest_km = float(words[words.index("largest") - 4])
    assert 7.0 <= largest_km <= 10.0
    possible = separated_routes(laid(priced), links, spacing=Spacing(1000.0 * (largest_km - 0.1), 10_000.0))
    assert possible.least_m >= 1000.0 * (largest_km - 0.1)


def test_a_way_for_one_only_is_said_to_be_no_room_at_all():
    free = np.ones((21, 41), bool)
    free[:, 20] = False
    free[10, 20] = True
    priced = flat_sea(21, 41, free=free)
    with pytest.raises(InfeasibleError, match="not even routes that only do not cross"):
        separated_routes(laid(priced), (link(priced, (10, 4), (10, 36)),) * 2, spacing=Spacing(3000.0, 5000.0))


def test_landings_that_land_separates_have_no_route():
    free = np.ones((21, 41), bool)
    free[:, 20] = False
    priced = flat_sea(21, 41, free=free)
    with pytest.raises(InfeasibleError, match="no route joins a-b"):
        separated_routes(laid(priced), (link(priced, (10, 4), (10, 36)),) * 2, spacing=Spacing(3000.0, 5000.0))


def test_three_routes_find_room_side_by_side():
    priced = flat_sea(45, 71)
    links = (link(priced, (22, 8), (22, 62)),) * 3
    found = separated_routes(laid(priced), links, spacing=Spacing(6_000.0, 12_000.0))
    assert len(found.profiles) == 3
    assert found.least_m >= 6_000.0
    for one, other in combinations(found.routes, 2):
        assert metres_apart(one, other, centres(links), 12_000.0, step_m=400.0) >= 6_000.0
    # The middle one is straight, the outer two a separation from it: L + 2 (r - sqrt(r^2 - d^2)) each.
    straight = GEOD.inv(*links[0][0].bmh, *links[0][1].bmh)[2]
    outer = 2.0 * (12e3 - np.sqrt(12e3**2 - 6e3**2)), 2.0 * (12e3 - np.sqrt(12e3**2 - 7.5e3**2))
    total_m = found.total_usd / usd_per_m(priced)
    assert 3.0 * straight + 2.0 * outer[0] - 10.0 <= total_m <= 3.0 * straight + 2.0 * outer[1] + 100.0


@settings(max_examples=4)
@given(seed=st.integers(0, 1000), separation_km=st.integers(2, 9))
def test_the_bound_and_the_single_routes_never_exceed_the_total_and_more_separation_is_not_cheaper(seed, separation_km):
    priced = rough_sea(seed)
    links = (link(priced, (20, 5), (18, 54), "1"), link(priced, (20, 5), (24, 54), "2"))
    near, far = (
        separated_routes(laid(priced), links, spacing=Spacing(1000.0 * km, 12_000.0))
        for km in (separation_km, separation_km + 3)
    )
    for found in (near, far):
        assert found.lower_bound_usd <= found.total_usd
        # Straightened single routes are as dear as their paths to within 0.1 %.
        assert found.total_usd >= sum(found.single_usd) * (1 - 1e-3)
        assert found.least_m <= np.inf
    # The search is a heuristic; it was never seen to be off by a percent here.
    assert far.total_usd >= near.total_usd * (1 - 1e-2)


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), separation_km=st.floats(0.0, 12.0))
def test_no_point_of_a_cell_that_is_left_open_is_nearer_than_the_separation(seed, separation_km):
    priced, random = flat_sea(41, 41), np.random.default_rng(seed)
    apart = Apartness(priced, priced.lonlat([(20, 20)]), 6000.0, 1000.0 * separation_km)
    path = random.uniform(0, 40, (3, 2))
    closed = apart.keep_out([apart.line(path)])
    place = random.uniform(-0.5, 40.5, (400, 2))
    cell = np.clip(np.rint(place).astype(int), 0, 40)
    line = np.concatenate([np.linspace(a, b, 400) for a, b in pairwise(path)])
    lonlat, dense = priced.lonlat(place), priced.lonlat(line)
    centre = priced.lonlat([(20, 20)])[0]
    dense = dense[GEOD.inv(*dense.T, *np.tile(centre, (len(dense), 1)).T)[2] > 6000.0]
    asked = GEOD.inv(*lonlat.T, *np.tile(centre, (len(lonlat), 1)).T)[2] > 6000.0
    for point in lonlat[asked & ~closed[cell[:, 0], cell[:, 1]]]:
        if len(dense):
            metres = GEOD.inv(*np.tile(point, (len(dense), 1)).T, *dense.T)[2]
            assert metres.min() >= 1000.0 * separation_km - 1e-3


def uniform_floor(priced):
    """A stand-in for proven prices where every metre costs the same: the straight line to the nearest point of a cell."""
    rows, cols = np.indices(priced.surface.grid.shape)
    cheapest = float(priced.cost.min())

    def minorant(sources):
        (row, col), *_ = np.asarray(sources)
        dy, dx = (np.maximum(np.abs(index - at) - 0.5, 0.0) for index, at in ((rows, row), (cols, col)))
        return SimpleNamespace(floor=cheapest * CELL_M * np.hypot(dy, dx) * (1 - 1e-9))

    return minorant


def test_the_bound_over_cuts_knows_of_the_separation_and_stays_below_the_total():
    priced = flat_sea(61, 121)
    links = (link(priced, (30, 10), (30, 110)),) * 2
    spacing = Spacing(separation_m=20_000.0, zone_m=15_000.0)
    found = separated_routes(laid(priced), links, spacing=spacing, minorant=uniform_floor(priced))
    single = _Search.of(laid(priced), links, spacing).bound(0.005, None)
    assert single < found.lower_bound_usd <= found.total_usd
    # Where the cut touches the zone both are half the separation from the axis; cells cost up to one each.
    straight_m = GEOD.inv(*links[0][0].bmh, *links[0][1].bmh)[2]
    at_cut_m = 2.0 * (np.hypot(15e3, 10e3) + np.hypot(straight_m - 15e3, 10e3))
    assert at_cut_m - 4 * CELL_M <= found.lower_bound_usd / usd_per_m(priced) <= at_cut_m


def test_links_that_would_cross_are_bounded_by_the_order_that_they_must_keep():
    # Northern start to southern end and the other way round: whichever is north at one cut is north at all of them.
    priced = flat_sea(61, 121)
    links = (link(priced, (20, 10), (40, 110), "1"), link(priced, (40, 10), (20, 110), "2"))
    search = _Search.of(laid(priced), links, Spacing(6000.0, 12_000.0))
    least = [float(priced.kernel.price([a.node, b.node])) * (1 - 1e-9) for a, b in links]
    bound = bound_apart(links, search.apart, least=least, minorant=uniform_floor(priced))
    assert bound > 1.005 * sum(least)
    found = separated_routes(laid(priced), links, spacing=Spacing(6000.0, 12_000.0), minorant=uniform_floor(priced))
    assert bound <= found.lower_bound_usd + 1e-6 <= found.total_usd
    through = [uniform_floor(priced)([a.node]).floor + uniform_floor(priced)([b.node]).floor for a, b in links]
    of_cuts = np.array([pair_bounds(*through, cut, apart=search.apart) for cut in straight_cuts(links, search.apart)])
    # No single cut knows as much: at each one of the orders is cheap.
    assert of_cuts.min(axis=1).max() < 0.998 * bound


def test_a_kernels_own_minorants_give_a_bound_below_the_total():
    priced = rough_sea(5)
    links = (link(priced, (20, 5), (20, 54)),) * 2
    spacing = Spacing(separation_m=12_000.0, zone_m=12_000.0)
    found = separated_routes(laid(priced), links, spacing=spacing, minorant=priced.kernel.minorant)
    single = _Search.of(laid(priced), links, spacing).bound(0.005, None)
    assert single <= found.lower_bound_usd <= found.total_usd


def test_three_links_are_bounded_by_their_pairs():
    priced = flat_sea(61, 121)
    links = (link(priced, (30, 10), (30, 110)),) * 3
    search = _Search.of(laid(priced), links, Spacing(20_000.0, 15_000.0))
    straight = float(priced.kernel.price([(30, 10), (30, 110)])) * (1 - 1e-9)
    of_pair, of_three = (
        bound_apart(links[:n], search.apart, least=[straight] * n, minorant=uniform_floor(priced)) for n in (2, 3)
    )
    assert_allclose(of_three / 3, of_pair / 2, rtol=1e-12)
    assert of_pair > 2.0 * straight


@pytest.mark.parametrize("turned_deg", [-20.0, 0.0, 13.0])
def test_no_way_slips_through_a_cut_and_none_meets_a_zone(turned_deg):
    priced = flat_sea()
    links = (link(priced, (25, 5), (31, 95), "1"), link(priced, (33, 9), (40, 92), "2"))
    search = _Search.of(laid(priced), links, Spacing(5000.0, 8000.0))
    cuts = straight_cuts(links, search.apart, turned_deg=turned_deg)
    assert cuts
    for cut in cuts:
        left = np.ones((61, 101), bool)
        left[tuple(cut.cells.T)] = False
        # Cells that touch at a corner are joined here, though no path may pass there.
        pieces, _ = ndimage.label(left, structure=np.ones((3, 3)))
        assert pieces[25, 5] == pieces[33, 9] != pieces[31, 95] == pieces[40, 92]
        xy = CELL_M * cut.cells
        for start in ((25, 5), (31, 95), (33, 9), (40, 92)):
            away = np.hypot(*(xy - CELL_M * np.array(start)).T)
            assert away.min() >= 8000.0 - 0.72 * CELL_M  # its line does not enter, though its cells may


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), separation_km=st.floats(0.5, 20.0))
def test_the_bounds_of_a_pair_are_not_above_any_two_places_on_the_line_that_are_apart(seed, separation_km):
    priced, random = flat_sea(41, 41), np.random.default_rng(seed)
    first, second = random.uniform(1.0, 9.0, (2, 41, 41))
    links = (link(priced, (20, 3), tuple(random.integers((5, 30), (36, 38)).tolist())),) * 2
    apart = Apartness(priced, np.empty((0, 2)), 0.0, 1000.0 * separation_km)
    cut = straight_cuts(links, apart)[7]
    bounds = pair_bounds(first, second, cut, apart=apart)
    # Places on the line itself: each sample of it between its outermost cells, in whichever cells hold it.
    cells = priced.surface.grid
    ends = cells.to_xy(cut.cells[[0, -1]])
    forward = cells.to_xy([links[0][1].node])[0] - cells.to_xy([links[0][0].node])[0]
    forward /= np.hypot(*forward)
    sideways = np.array([-forward[1], forward[0]])
    level = cells.to_xy([links[0][0].node])[0] @ forward + 0.5 * (
        (cells.to_xy([links[0][1].node])[0] - cells.to_xy([links[0][0].node])[0]) @ forward
    )
    along = np.linspace(ends[0] @ sideways, ends[1] @ sideways, 60)
    xy = level * forward + along[:, None] * sideways
    held = np.clip(np.rint(cells.to_rowcol(xy)), 0, 40).astype(int)
    known = {tuple(cell) for cell in cut.cells.tolist()}
    lonlat = priced.projection.inverse(xy)
    for i in range(60):
        for j in range(i + 1, 60):
            if {tuple(held[i]), tuple(held[j])} <= known and GEOD.inv(*lonlat[i], *lonlat[j])[
                2
            ] >= 1000 * separation_km:
                assert bounds[0] <= first[tuple(held[i])] + second[tuple(held[j])]
                assert bounds[1] <= second[tuple(held[i])] + first[tuple(held[j])]


def test_a_cut_without_room_for_two_proves_that_there_is_no_pair():
    free = np.ones((31, 41), bool)
    free[:13, 20] = free[18:, 20] = False
    priced = flat_sea(31, 41, free=free)
    links = (link(priced, (15, 4), (15, 36)),) * 2
    search = _Search.of(laid(priced), links, Spacing(9000.0, 5000.0))
    assert bound_apart(links, search.apart, least=[1.0, 1.0], minorant=uniform_floor(priced)) == np.inf


def test_places_reserved_on_cuts_are_apart():
    priced = rough_sea(3, 61, 101)
    links = (link(priced, (30, 5), (30, 95)),) * 2
    apart = Apartness(priced, np.array(centres(links)), 12_000.0, 15_000.0)
    lines = reserve_room(links, apart, measure_tides(links, apart))
    assert lines is not None
    for one, other in zip(lines[0][1:-1], lines[1][1:-1], strict=True):
        places = priced.lonlat([one, other])
        in_zone = apart.touched[tuple(one.astype(int))] or apart.touched[tuple(other.astype(int))]
        assert in_zone or GEOD.inv(*places[0], *places[1])[2] >= 15_000.0


def test_risk_is_shared_where_both_lie_near_each_other_in_the_same_hazard():
    priced = flat_sea()
    first, second = (Route(priced.lonlat(np.array(way, float))) for way in ([(20, 10), (20, 90)], [(25, 10), (25, 90)]))
    quake, slide, far = np.zeros((3, 61, 101), bool)
    quake[:, 30:51] = True  # meets both, 21 km long
    slide[15:23, 60:71] = True  # meets the first only
    found = {
        km: shared_risk_m(
            (first, second), {"quake": quake, "slide": slide, "none": far}, priced=priced, within_m=km * 1e3
        )
        for km in (4, 6)
    }
    assert found[4] == {"quake": 0.0, "slide": 0.0, "none": 0.0}
    assert_allclose(found[6]["quake"], 21_000.0, atol=120.0)
    assert found[6]["slide"] == found[6]["none"] == 0.0


def test_risk_counts_the_first_route_as_far_as_an_exposed_part_of_the_second_reaches():
    priced = flat_sea()
    first, second = (Route(priced.lonlat(np.array(way, float))) for way in ([(20, 10), (20, 90)], [(23, 10), (23, 90)]))
    hazard = np.zeros((61, 101), bool)
    hazard[20, :] = True
    hazard[23, 50] = True  # 1 km of the second: 4 km to either side of it on the first are within 5 km
    found = shared_risk_m((first, second), {"x": hazard}, priced=priced, within_m=5000.0)
    assert_allclose(found["x"], 9000.0, atol=150.0)


def test_the_share_elsewhere_is_measured_along_the_route():
    priced = flat_sea()
    bent = Route(priced.lonlat(np.array([(20, 10), (20, 50), (40, 50), (40, 90)], float)))
    straight = Route(priced.lonlat(np.array([(20, 10), (20, 90)], float)))
    assert far_share(bent, [], priced=priced, apart_m=5000.0) == 1.0
    assert_allclose(far_share(bent, [straight], priced=priced, apart_m=5000.0), 0.55, atol=0.005)
    assert far_share(bent, [straight, bent], priced=priced, apart_m=5000.0) == 0.0


@pytest.mark.parametrize(
    ("separation_m", "zone_m", "message"),
    [(0.0, 1.0, "separation_m is 0"), (np.nan, 1.0, "separation_m is nan"), (1.0, -1.0, "zone_m is -1")],
)
def test_a_spacing_that_means_nothing_is_refused(separation_m, zone_m, message):
    with pytest.raises(InputError, match=message):
        Spacing(separation_m=separation_m, zone_m=zone_m)


def test_one_link_cannot_stay_apart():
    priced = flat_sea(21, 21)
    with pytest.raises(InputError, match="1 link cannot stay apart"):
        separated_routes(laid(priced), [link(priced, (10, 2), (10, 18))], spacing=Spacing(1.0, 1.0))
