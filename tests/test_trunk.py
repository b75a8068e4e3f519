"""Trunk and branch: exact Steiner trees, thresholds, brute force, bounds, obstacles, bad input."""

import itertools
import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.ndimage import gaussian_filter
from scipy.optimize import minimize

from routing.errors import InfeasibleError, InputError
from routing.geodesic import CostGrid
from routing.network.trunk import Group, TrunkProblem, prove_tree, trunk_and_branch
from routing.network.trunk.candidates import Candidates
from routing.network.trunk.chart import chart_of
from routing.network.trunk.laying import Link, lay, settle
from routing.network.trunk.model import choose_tree
from routing.network.trunk.placement import place
from routing.network.trunk.reduction import reduce_cables
from routing.network.trunk.shape import Knot, knot, neighbours
from routing.network.trunk.subsets import best_shape, pairs_of

INF = np.inf
SEA = CostGrid(np.ones((101, 101)))


def problem(points, *, grid=SEA, beta=0.0, **more):
    groups = tuple(Group(f"g{k}", np.array([point]), np.array([0.0])) for k, point in enumerate(points))
    return TrunkProblem(groups, lambda _: grid, beta, **more)


def solve(points, **options):
    return trunk_and_branch(problem(points, **options), tolerance=None)


def degrees(tree):
    return sorted(junction.degree for junction in tree.junctions)


def rough_sea(seed, shape=(60, 70), land=0.0, contrast=0.5):
    rng = np.random.default_rng(seed)
    noise = gaussian_filter(rng.normal(size=shape), 3.0)
    cost = np.exp(contrast * noise / noise.std())
    if land:
        height = gaussian_filter(rng.normal(size=shape), 5.0)
        cost[height > np.quantile(height, 1.0 - land)] = INF
    return cost


def scattered(seed, cost, groups, candidates):
    """Groups of landings on free cells that hang together, far from each other."""
    rng = np.random.default_rng(seed)
    reach = CostGrid(cost).field(np.unravel_index(np.argmin(cost), cost.shape)).distance
    free = np.argwhere(np.isfinite(reach))
    return tuple(
        Group(f"g{k}", free[rng.choice(len(free), candidates, replace=False)], rng.uniform(0, 8, candidates).round(2))
        for k in range(groups)
    )


# ---------------------------------------------------------------------------------------------- exact answers: form


def fermat(a, b, c):
    """Least total distance to three points whose triangle has no angle of 120 degrees: Torricelli's formula."""
    x, y, z = math.dist(a, b), math.dist(b, c), math.dist(c, a)
    half = (x + y + z) / 2
    area = math.sqrt(half * (half - x) * (half - y) * (half - z))
    return math.sqrt((x * x + y * y + z * z) / 2 + 2 * math.sqrt(3) * area)


@pytest.mark.parametrize("turn_deg", [0.0, 11.0, 29.0, 52.0])
def test_three_landings_meet_at_the_fermat_point(turn_deg):
    turns = np.deg2rad(turn_deg + np.array([0.0, 120.0, 240.0]))
    points = [(round(50 + 45 * math.sin(t)), round(50 + 45 * math.cos(t))) for t in turns]
    tree = solve(points)
    assert degrees(tree) == [3]
    assert_allclose(tree.price_usd, fermat(*points), rtol=1e-9)
    spokes = np.array(points) - tree.junctions[0].place
    spokes /= np.hypot(*spokes.T)[:, None]
    assert_allclose(spokes @ spokes.T, 1.5 * np.eye(3) - 0.5, atol=1e-3)  # 120 degrees


def test_an_equilateral_triangle_of_side_one_costs_root_three():
    # Rows and columns of such spacings that the corners are centres: (0, 0), (0, 1), (sqrt(3) / 2, 1 / 2).
    grid = CostGrid(np.ones((70, 90)), cell_size=(math.sqrt(3) / 2 / 50, 1 / 60))
    tree = solve([(5, 10), (5, 70), (55, 40)], grid=grid)
    assert_allclose(tree.price_usd, math.sqrt(3), rtol=1e-9)


# Side 1 is 80 cells. The thresholds are exact: 1 + sqrt(3) + 2 b = 2 sqrt(2) + b, and 2 sqrt(2) + b = 3. At 2e-4 of the
# side from them, two forms differ by 7e-5 of the price.
LOWER, UPPER = 2 * math.sqrt(2) - 1 - math.sqrt(3), 3 - 2 * math.sqrt(2)


@pytest.mark.parametrize(
    ("beta", "form", "price"),
    [
        (0.0, [3, 3], 1 + math.sqrt(3)),
        (LOWER - 2e-4, [3, 3], 1 + math.sqrt(3) + 2 * (LOWER - 2e-4)),
        (LOWER + 2e-4, [4], 2 * math.sqrt(2) + LOWER + 2e-4),
        (UPPER - 2e-4, [4], 2 * math.sqrt(2) + UPPER - 2e-4),
        (UPPER + 2e-4, [], 3.0),
        (1.0, [], 3.0),
    ],
)
def test_the_price_of_branching_units_decides_the_form_on_a_square(beta, form, price):
    tree = solve([(10, 10), (10, 90), (90, 90), (90, 10)], beta=80 * beta)
    assert degrees(tree) == form
    assert_allclose(tree.price_usd / 80, price, rtol=1e-8)
    assert tree.status == "OPTIMAL"
    assert_allclose(tree.objective_usd, tree.price_usd, rtol=1e-6)
    assert_allclose(tree.bound_usd, tree.objective_usd, rtol=1e-9)


def steiner_length(points):
    """Length of the shortest Euclidean tree of up to five points: all full topologies, each a convex problem."""
    points = np.asarray(points, float)
    n = len(points)
    return min(relaxed_length(points, edges) for edges in full_topologies(n))


def full_topologies(n):
    """Edges over n points and n - 2 Steiner points, which are named n and more."""
    trees = [[(0, n), (1, n), (2, n)]]
    for k in range(3, n):
        new = n + k - 2
        trees = [
            [*tree[:i], *tree[i + 1 :], (a, new), (b, new), (k, new)] for tree in trees for i, (a, b) in enumerate(tree)
        ]
    return trees


def relaxed_length(points, edges):
    n = len(points)
    ends = np.array(edges)

    def length(flat):
        places = np.concatenate([points, flat.reshape(-1, 2)])
        step = places[ends[:, 0]] - places[ends[:, 1]]
        size = np.sqrt((step**2).sum(axis=1) + 1e-10)
        slope = np.zeros_like(places)
        np.add.at(slope, ends[:, 0], step / size[:, None])
        np.add.at(slope, ends[:, 1], -step / size[:, None])
        return size.sum(), slope[n:].ravel()

    start = points.mean(axis=0) + np.random.default_rng(0).normal(0, 1, (n - 2, 2))
    return minimize(length, start.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": 5000, "ftol": 1e-15}).fun


@pytest.mark.parametrize(("seed", "n"), [(1, 4), (2, 4), (3, 5), (4, 5), (5, 5)])
def test_on_a_uniform_sea_the_tree_is_the_euclidean_steiner_tree(seed, n):
    points = np.random.default_rng(seed).integers(5, 96, (n, 2))
    tree = solve(points)
    exact = steiner_length(points)
    assert exact * (1 - 1e-6) <= tree.price_usd <= exact * (1 + 1e-5)


def test_six_corners_of_a_hexagon_need_no_branching_unit():
    # The shortest tree of a regular hexagon is five of its sides (Jarnik and Koessler, 1934).
    grid = CostGrid(np.ones((90, 90)), cell_size=(math.sqrt(3) / 2 / 30, 1 / 30))
    tree = solve([(45, 15), (15, 30), (15, 60), (45, 75), (75, 60), (75, 30)], grid=grid)
    assert_allclose(tree.price_usd, 5.0 * 30 / 30, rtol=1e-6)


def test_a_landing_in_the_middle_is_a_hub_that_costs_nothing_more():
    ends = [(50, 50), (10, 50), (90, 50), (50, 10), (50, 90)]
    # Two branching units on the way through the middle would save 160 - 40 * sqrt(2) * (1 + sqrt(3)) = 5.46.
    tree = solve(ends, beta=3.0)
    assert degrees(tree) == []
    assert_allclose(tree.price_usd, 160.0, rtol=1e-9)
    assert all(0 in branch.ends for branch in tree.branches)
    assert degrees(solve(ends, beta=2.5)) == [3, 3]


# -------------------------------------------------------------------------------------------- exact answers: capacity


def priced(price_of, shape=(85, 60), step=1 / 40):
    grids = {}

    def grid_of(capacity):
        if capacity not in grids:
            grids[capacity] = CostGrid(np.full(shape, price_of(capacity)), cell_size=(step, step))
        return grids[capacity]

    return grid_of


def test_a_dearer_trunk_is_shorter():
    # Branches of price 1 from (0, 0) and (1, 0), a trunk of 1.5 to (0.5, 2): cos of half the angle between them is 0.75.
    groups = tuple(
        Group(name, np.array([node]), np.array([0.0]))
        for name, node in [("a", (2, 10)), ("b", (2, 50)), ("c", (82, 30))]
    )
    demands = np.array([[0.0, 0.0, 1.0], [0.0, 0.0, 1.0], [1.0, 1.0, 0.0]])
    tree = trunk_and_branch(
        TrunkProblem(groups, priced(lambda x: 1.0 if x < 1.5 else 1.5), 0.0, demands), tolerance=None
    )
    assert_allclose(tree.price_usd, 3.6614378277661475, rtol=1e-9)
    assert_allclose((np.array(tree.junctions[0].place) - (2, 10)) / 40, (0.56694671, 0.5), atol=1e-4)
    assert sorted(branch.capacity for branch in tree.branches) == [1.0, 1.0, 2.0]


def test_branches_carry_the_demand_that_they_separate():
    points = [(10, 10), (10, 90), (90, 90), (90, 10)]
    demands = np.array([[0, 1, 2, 4], [1, 0, 8, 16], [2, 8, 0, 32], [4, 16, 32, 0]], float)
    tree = solve(points, demands=demands)
    for branch in tree.branches:
        side = reach(tree, branch)
        others = [k for k in range(4) if k not in side]
        assert branch.capacity == demands[np.ix_([k for k in side if k < 4], others)].sum()


def reach(tree, cut):
    """Nodes on the side of the first end of a branch."""
    found, new = {cut.ends[0]}, True
    while new:
        new = {
            node for branch in tree.branches if branch is not cut and found & set(branch.ends) for node in branch.ends
        } - found
        found |= new
    return found


# ---------------------------------------------------------------------------------------------------------- brute force


def any_candidates(seed, groups, landings, junctions):
    """Candidates with prices that belong to no sea, other ones for every subset."""
    rng = np.random.default_rng(seed)
    n = groups * landings + junctions
    subsets = range(1, (1 << groups) - 1)
    kinds = {min(subset, ((1 << groups) - 1) ^ subset): 0 for subset in subsets}
    kind = {subset: list(kinds).index(min(subset, ((1 << groups) - 1) ^ subset)) for subset in subsets}
    cable = rng.uniform(1, 10, (len(kinds), n, n))
    cable = (cable + cable.transpose(0, 2, 1)) / 2
    cable[:, np.arange(n), np.arange(n)] = INF
    owner = np.concatenate([np.repeat(np.arange(groups), landings), np.full(junctions, -1)])
    own = rng.uniform(0, 4, n)
    own[owner < 0] = rng.uniform(0, 3)
    nodes = np.zeros((landings, 2), int)
    named = tuple(Group(f"g{k}", nodes, own[owner == k]) for k in range(groups))
    asked = TrunkProblem(named, lambda _: SEA, float(own[-1]))
    return Candidates(asked, rng.uniform(0, 9, (n, 2)), owner, own, kind, cable)


def spanning_trees(nodes):
    """All labelled trees over some nodes, as edges: Pruefer's code."""
    n = len(nodes)
    for code in itertools.product(range(n), repeat=n - 2):
        left = [1 + code.count(k) for k in range(n)]
        edges = []
        for k in code:
            leaf = left.index(1)
            edges.append((nodes[leaf], nodes[k]))
            left[leaf] = 0
            left[k] -= 1
        edges.append(tuple(nodes[k] for k in range(n) if left[k] == 1))
        yield edges


def all_trees(candidates):
    """Every tree over the candidates: its price and its edges."""
    owner, groups = candidates.owner, len(candidates.problem.groups)
    units = np.flatnonzero(owner < 0).tolist()
    for berths in itertools.product(*(np.flatnonzero(owner == k).tolist() for k in range(groups))):
        for size in range(len(units) + 1):
            for used in itertools.combinations(units, size):
                for edges in spanning_trees(berths + used):
                    yield price_of(candidates, edges, berths + used), edges


def cheapest_by_trial(candidates):
    return min(price for price, _ in all_trees(candidates))


def price_of(candidates, edges, nodes):
    degree = {node: sum(node in edge for edge in edges) for node in nodes}
    if any(candidates.owner[node] < 0 and degree[node] not in (3, 4) for node in nodes):
        return INF
    tree = SimpleNamespace(branches=[SimpleNamespace(ends=edge) for edge in edges])
    total = float(candidates.own_usd[list(nodes)].sum())
    for branch in tree.branches:
        subset = sum(1 << int(candidates.owner[k]) for k in reach(tree, branch) if candidates.owner[k] >= 0)
        total += float(candidates.cables(subset)[branch.ends])
    return total


@pytest.mark.parametrize(("seed", "groups", "landings", "junctions"), [(1, 3, 2, 2), (2, 3, 2, 2), (3, 4, 1, 2), (4, 4, 2, 1), (5, 5, 1, 1), (6, 2, 3, 1)])  # fmt: skip
def test_the_model_and_the_programme_choose_what_trying_all_trees_finds(seed, groups, landings, junctions):
    candidates = any_candidates(seed, groups, landings, junctions)
    exact = cheapest_by_trial(candidates)
    assert_allclose(reduce_cables(candidates, slack=0.0).best_usd, exact, rtol=1e-12)
    choice = choose_tree(candidates)
    assert choice.status == "OPTIMAL"
    assert_allclose([choice.objective_usd, choice.bound_usd], exact, rtol=1e-9)


def test_a_place_that_the_programme_would_use_twice_does_not_leave_the_model_without_a_tree():
    # Five landings are near one junction only, which can take four cables.
    candidates = any_candidates(1, 5, 1, 1)
    cable = np.full_like(candidates.cable_usd, 100.0)
    cable[:, 5, :5] = cable[:, :5, 5] = 1.0
    cable[:, np.arange(6), np.arange(6)] = INF
    candidates = replace(candidates, cable_usd=cable)
    exact = cheapest_by_trial(candidates)
    assert reduce_cables(candidates, slack=0.0).best_usd < 0.5 * exact
    assert_allclose(choose_tree(candidates).objective_usd, exact, rtol=1e-9)


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_no_cable_of_a_tree_within_the_slack_is_dropped_and_no_other_is_kept(seed):
    candidates = any_candidates(seed, 3, 2, 2)
    kept = reduce_cables(candidates, slack=0.3)
    wanted = set()
    for price, edges in all_trees(candidates):
        if price <= kept.limit_usd:
            tree = SimpleNamespace(branches=[SimpleNamespace(ends=edge) for edge in edges])
            wanted |= {directed(candidates, tree, branch) for branch in tree.branches}
    found = {(cable.near, cable.far, cable.subset) for cable in kept.cables}
    assert found >= wanted
    # The programme also joins two units in one place, or a landing to itself by another; few cables are left by that.
    assert len(found) <= 2 * len(wanted)


def directed(candidates, tree, branch):
    side = reach(tree, branch)
    groups = {int(candidates.owner[k]) for k in side if candidates.owner[k] >= 0}
    near, far = branch.ends if 0 in groups else branch.ends[::-1]
    beyond = set(range(3)) - groups if 0 in groups else groups
    return near, far, sum(1 << k for k in beyond)


def test_every_parting_in_two_is_listed_once():
    for subset in (0b110, 0b1011, 0b11111):
        pairs = list(pairs_of(subset))
        assert all(a & b == 0 and a | b == subset and a and b for a, b in pairs)
        assert len({frozenset(pair) for pair in pairs}) == len(pairs) == 2 ** (subset.bit_count() - 1) - 1


def test_neighbours_of_a_form_are_trees_with_units_of_three_or_four():
    star = knot(0, (knot(None, tuple(Knot(k) for k in (1, 2, 3))),))
    found = neighbours(star)
    # Three ways to split the unit of four; four landings it can be merged into; three ways to split each of these.
    assert len(found) == 3 + 4 + 4 * 3
    for form in found:
        knots = list(form.walk())
        assert sorted(part.group for part in knots if part.group is not None) == [0, 1, 2, 3]
        assert all(len(part.children) in (2, 3) for part in knots if part.group is None)
        assert star in neighbours(form) or any(star in neighbours(other) for other in neighbours(form))


# ------------------------------------------------------------------------------------------------------------ rough seas


@pytest.mark.parametrize(("seed", "groups", "candidates", "land"), [(1, 3, 3, 0.0), (2, 4, 2, 0.2), (3, 5, 2, 0.0), (4, 6, 1, 0.15)])  # fmt: skip
def test_programme_model_and_paths_agree_on_a_rough_sea(seed, groups, candidates, land):
    cost = rough_sea(seed, land=land)
    asked = TrunkProblem(scattered(seed, cost, groups, candidates), _same(CostGrid(cost)), 3.0)
    chart = chart_of(asked, block=1)
    oracle, form = best_shape(chart)
    tree = trunk_and_branch(asked, tolerance=None)
    # The programme knows prices at centres, to a third of a cell at each landing and junction.
    assert_allclose(tree.price_usd, oracle, rtol=0.015)
    # The model prices by fields or paths; the tree is laid and settled.
    assert_allclose(tree.price_usd, tree.objective_usd, rtol=2e-3)
    assert_allclose(place(form, chart).price_usd, oracle, rtol=0.01)
    check(asked, tree)


def _same(grid):
    return lambda _: grid


def check(asked, tree):
    """A tree is what it says it is."""
    n = len(asked.groups)
    places = [group.nodes[k] for group, k in zip(asked.groups, tree.landings, strict=True)]
    places += [junction.place for junction in tree.junctions]
    total = sum(group.prices_usd[k] for group, k in zip(asked.groups, tree.landings, strict=True))
    total += asked.branching_usd * len(tree.junctions)
    for branch in tree.branches:
        assert_allclose(branch.path[[0, -1]], np.array([places[k] for k in branch.ends], float), atol=1e-12)
        assert_allclose(asked.grid_of(branch.capacity).price(branch.path), branch.price_usd, rtol=1e-9)
        total += branch.price_usd
    assert_allclose(tree.price_usd, total, rtol=1e-12)
    assert len(tree.branches) == len(places) - 1
    assert len(reach(tree, SimpleNamespace(ends=(0, 0)))) == len(places)
    for k, junction in enumerate(tree.junctions):
        assert sum(n + k in branch.ends for branch in tree.branches) == junction.degree in (3, 4)
    assert tree.lower_bound_usd <= tree.price_usd


def test_cables_go_round_land():
    cost = np.ones((61, 61))
    cost[20:61, 30] = INF  # a spit between two of the three
    tree = solve([(55, 20), (55, 40), (2, 30)], grid=CostGrid(cost))
    check(problem([(55, 20), (55, 40), (2, 30)], grid=CostGrid(cost)), tree)
    # Round the head of the spit, whose corners are at row 19.5, then on to the third by the shortest tree of the two
    # corners and it: their triangle has an angle of almost 180 - 2 * 88 degrees, so that the trunk leaves at 120 degrees.
    side = math.hypot(55 - 19.5, 9.5)
    head = fermat((19.5, 29.5), (19.5, 30.5), (2, 30))
    assert_allclose(tree.price_usd, 2 * side + head, rtol=2e-3)


def test_settling_never_raises_the_price_and_keeps_landings():
    cost = rough_sea(7)
    asked = problem([(5, 5), (50, 10), (30, 60)], grid=CostGrid(cost))
    places = np.array([(5, 5), (50, 10), (30, 60), (20, 40)], float)
    links = [Link((0, 3), 0b110), Link((3, 1), 0b010), Link((3, 2), 0b100)]
    first = lay(asked, places, links, threads=1)
    settled = settle(asked, first, threads=1)
    assert settled.cable_usd < first.cable_usd
    assert (settled.places[:3] == places[:3]).all()
    # No other place nearby is cheaper, by paths drawn anew.
    for step in np.array([(1, 0), (-1, 0), (0, 1), (0, -1)]) * 0.5:
        moved = settled.places.copy()
        moved[3] += step
        assert lay(asked, moved, links, threads=1).cable_usd >= settled.cable_usd * (1 - 1e-5)


# ------------------------------------------------------------------------------------------------------------ properties


@given(st.integers(0, 10**6))
@settings(max_examples=6, deadline=None)
def test_another_landing_never_makes_it_dearer(seed):
    cost = rough_sea(seed, (30, 30))
    groups = scattered(seed, cost, 3, 2)
    grid = CostGrid(cost)
    more = trunk_and_branch(TrunkProblem(groups, _same(grid), 2.0), tolerance=None)
    fewer = tuple(replace(g, nodes=g.nodes[:1], prices_usd=g.prices_usd[:1]) for g in groups[:1]) + groups[1:]
    less = trunk_and_branch(TrunkProblem(fewer, _same(grid), 2.0), tolerance=None)
    assert more.price_usd <= less.price_usd * (1 + 1e-4)


@given(st.integers(0, 10**6), st.floats(0.01, 1e5))
@settings(max_examples=6, deadline=None)
def test_scaled_prices_scale_the_total(seed, factor):
    cost = rough_sea(seed, (30, 30))
    groups = scattered(seed, cost, 3, 2)
    plain = trunk_and_branch(TrunkProblem(groups, _same(CostGrid(cost)), 2.0), tolerance=None)
    dear = tuple(replace(group, prices_usd=group.prices_usd * factor) for group in groups)
    scaled = trunk_and_branch(TrunkProblem(dear, _same(CostGrid(cost * factor)), 2.0 * factor), tolerance=None)
    assert_allclose(scaled.price_usd, plain.price_usd * factor, rtol=1e-4)


@pytest.mark.parametrize("order", [(1, 2, 0, 3), (3, 2, 1, 0)])
def test_the_order_of_the_groups_does_not_change_the_price(order):
    cost = rough_sea(21)
    groups = scattered(21, cost, 4, 2)
    grid = CostGrid(cost)
    one = trunk_and_branch(TrunkProblem(groups, _same(grid), 2.0), tolerance=None)
    other = trunk_and_branch(TrunkProblem(tuple(groups[k] for k in order), _same(grid), 2.0), tolerance=None)
    assert_allclose(other.price_usd, one.price_usd, rtol=1e-4)
    assert tuple(one.landings[k] for k in order) == other.landings


def test_equal_input_gives_equal_output_whatever_the_threads():
    cost = rough_sea(22)
    asked = TrunkProblem(scattered(22, cost, 4, 2), _same(CostGrid(cost)), 2.0)
    one, two = (trunk_and_branch(asked, tolerance=0.05, threads=threads) for threads in (1, 2))
    assert one.price_usd == two.price_usd
    assert one.lower_bound_usd == two.lower_bound_usd
    assert one.junctions == two.junctions
    for a, b in zip(one.branches, two.branches, strict=True):
        assert (a.path == b.path).all()


# ----------------------------------------------------------------------------------------------------------------- bound


def test_the_bound_of_two_groups_is_that_of_the_way_between_them():
    asked = problem([(10, 10), (80, 90)])
    exact = math.hypot(70, 80)
    bound = prove_tree(asked, exact, tolerance=0.005)
    assert 0.99 * exact <= bound <= exact


SMALL = CostGrid(np.ones((45, 45)))
SQUARE = [(4, 4), (4, 40), (40, 40), (40, 4)]


@pytest.mark.parametrize(
    ("points", "beta", "exact"),
    [
        (SQUARE, 0.0, 36 * (1 + math.sqrt(3))),
        (SQUARE, 36 * 0.13, 36 * (2 * math.sqrt(2) + 0.13)),
        (SQUARE, 36 * 0.3, 36 * 3.0),
        ([(22, 22), (4, 22), (40, 22), (22, 4), (22, 40)], 2.0, 72.0),
    ],
)
def test_no_bound_passes_the_exact_optimum_though_the_known_price_is_far_above(points, beta, exact):
    bound = prove_tree(problem(points, beta=beta, grid=SMALL), 1.3 * exact, tolerance=0.001)
    # A cable that meets others in a cell may be half a diagonal nearer to its landing than the centre is, and a bound on
    # elements of half a cell is a few percent low.
    assert 0.9 * exact <= bound <= exact


@pytest.mark.parametrize(("seed", "groups", "land"), [(31, 3, 0.2), (32, 4, 0.0), (33, 5, 0.1)])
def test_no_bound_passes_the_price_of_a_tree_on_a_rough_sea(seed, groups, land):
    cost = rough_sea(seed, land=land)
    asked = TrunkProblem(scattered(seed, cost, groups, 2), _same(CostGrid(cost)), 2.0)
    price = trunk_and_branch(asked, tolerance=None).price_usd
    loose = prove_tree(asked, 1.2 * price, tolerance=0.01)
    tight = prove_tree(asked, price, tolerance=0.01)
    assert 0.85 * price < loose <= price
    assert 0.88 * price < tight <= price


def test_the_bound_holds_for_cables_of_other_capacities():
    groups = tuple(
        Group(name, np.array([node]), np.array([0.0]))
        for name, node in [("a", (2, 10)), ("b", (2, 50)), ("c", (82, 30))]
    )
    demands = np.array([[0.0, 0.0, 1.0], [0.0, 0.0, 1.0], [1.0, 1.0, 0.0]])
    asked = TrunkProblem(groups, priced(lambda x: 1.0 if x < 1.5 else 1.5), 0.0, demands)
    bound = prove_tree(asked, 4.5, tolerance=0.001)
    assert 0.97 * 3.6614378277661475 < bound <= 3.6614378277661475


def test_a_tree_knows_its_gap():
    tree = trunk_and_branch(problem([(10, 10), (10, 90), (80, 50)]), tolerance=0.05)
    assert tree.gap == tree.price_usd / tree.lower_bound_usd - 1
    assert 0 < tree.gap <= 0.05
    assert replace(tree, lower_bound_usd=tree.price_usd).gap == 0.0
    assert replace(tree, lower_bound_usd=0.0).gap == INF


# ------------------------------------------------------------------------------------------------------------- bad input


def walled(row):
    cost = np.ones((30, 40))
    cost[row] = INF
    return CostGrid(cost)


def test_a_group_behind_a_wall_is_named():
    with pytest.raises(InfeasibleError, match=r"g2 cannot be reached from g0: exclusions") as caught:
        solve([(2, 2), (2, 30), (28, 20)], grid=walled(15))
    assert caught.value.conflict == ("g2",)
    with pytest.raises(InfeasibleError, match="g0 cannot be reached from the other groups"):
        solve([(28, 20), (2, 2), (2, 30)], grid=walled(15))


def test_another_landing_of_a_group_may_be_within_reach():
    groups = (
        Group("a", [(2, 2), (28, 2)], [0.0, 0.0]),
        Group("b", [(28, 30)], [0.0]),
        Group("c", [(2, 20), (20, 20)], [0.0, 9.0]),
    )
    tree = trunk_and_branch(TrunkProblem(groups, _same(walled(15)), 0.0), tolerance=None)
    assert tree.landings == (1, 0, 1)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"groups": ()}, "0 groups"),
        ({"branching_usd": -1.0}, "branching unit costs -1"),
        ({"branching_usd": INF}, "branching unit costs inf"),
        ({"demands": np.ones((2, 2))}, "demands of shape"),
        ({"demands": np.triu(np.ones((3, 3)))}, "not symmetric"),
        ({"demands": -np.ones((3, 3))}, "0 or more"),
    ],
)
def test_a_problem_that_cannot_be_meant_is_refused(changes, match):
    with pytest.raises(InputError, match=match):
        replace(problem([(2, 2), (2, 30), (28, 20)]), **changes)


@pytest.mark.parametrize(
    ("nodes", "prices", "match"),
    [
        ([], [], "shape"),
        ([(1, 2)], [1.0, 2.0], "prices"),
        ([(1, 2)], [-1.0], "prices"),
        ([(1, 2)], [np.nan], "prices"),
        ([(1.5, 2)], [0.0], "between centres"),
    ],
)
def test_a_group_that_cannot_be_meant_is_refused(nodes, prices, match):
    with pytest.raises(InputError, match=match):
        Group("a", nodes, prices)


def test_a_landing_on_land_or_off_the_raster_is_named():
    with pytest.raises(InputError, match=r"\(15, 2\) of group 'g0'"):
        solve([(15, 2), (2, 2), (2, 30)], grid=walled(15))
    with pytest.raises(InputError, match=r"\(2, 400\) of group 'g2'"):
        solve([(1, 2), (2, 2), (2, 400)], grid=walled(15))


@pytest.mark.parametrize(("options", "match"), [({"tolerance": 0.0}, "tolerance"), ({"threads": 0}, "threads")])
def test_an_option_that_cannot_be_used_is_refused(options, match):
    with pytest.raises(InputError, match=match):
        trunk_and_branch(problem([(2, 2), (2, 30), (28, 20)]), **options)


def test_rasters_of_different_shapes_are_refused():
    demands = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 2.0], [0.0, 2.0, 0.0]])
    asked = replace(
        problem([(2, 2), (2, 20), (18, 20)]), grid_of=lambda x: CostGrid(np.ones((30, 30 + int(x)))), demands=demands
    )
    with pytest.raises(InputError, match="different shapes"):
        trunk_and_branch(asked)
