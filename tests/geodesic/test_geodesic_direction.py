"""Costs that depend on direction: exact answers, properties, bounds, refused input."""

from itertools import pairwise

import numpy as np
import pytest
from directed_oracles import matrix, pulled_back, random_tensor, uniform, wide_graph_price
from geodesic_oracles import enters_exclusion, parts_of, potential_of
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from routing.errors import ArrayError, NoPathError
from routing.geodesic import (
    certify_directed,
    directed_path,
    directed_price,
    dual,
    duality,
    least_cost_path,
    path_cost,
    side_slope_tensor,
)
from routing.geodesic.dual import Mesh
from routing.geodesic.heading import prepare_tensor

INF = np.inf


def ends_of(points):
    return points[[0, -1]].tolist()


# ------------------------------------------------------------------------------------------------------------ evaluator


def test_the_published_constant_metric_has_its_price():
    """The case `constant_riemannian`: R(30 deg) diag(1, 25) R(30 deg)', rows along y."""
    m = np.array([[19.0, -10.392304845413264], [-10.392304845413264, 7.0]])
    a, b = np.array([0.2, 0.1]) * 100, np.array([0.7, 0.9]) * 100
    path = directed_path(uniform((101, 101), m), a, b, cell_size=(0.01, 0.01), tolerance=0.01)
    assert path.cost == pytest.approx(0.95716044823707, rel=1e-12)
    assert 0.99 * path.cost <= path.lower_bound <= path.cost


@pytest.mark.parametrize("seed", range(6))
def test_a_price_is_the_integral_of_the_root_of_the_bilinear_tensor(seed):
    rng = np.random.default_rng(seed)
    tensor = random_tensor(rng, (6, 7), 10.0, 0.0)
    a, b = rng.uniform(0, 5, 2), rng.uniform(0, 5, 2)

    def speed(t):
        r, q = a + t * (b - a)
        i, j = int(r), int(q)
        f, g = r - i, q - j
        m = (1 - f) * ((1 - g) * tensor[i, j] + g * tensor[i, j + 1])
        m += f * ((1 - g) * tensor[i + 1, j] + g * tensor[i + 1, j + 1])
        d = b - a
        return np.sqrt(m[0] * d[0] ** 2 + 2 * m[1] * d[0] * d[1] + m[2] * d[1] ** 2)

    lines = [(k - x) / d for x, d in zip(a, b - a, strict=True) for k in range(7) if 0 < (k - x) / d < 1]
    stops = [0.0, *sorted(lines), 1.0]
    true = sum(quad(speed, s, t, epsabs=0, epsrel=1e-13)[0] for s, t in pairwise(stops))
    assert directed_price(tensor, [a, b]) == pytest.approx(true, rel=1e-10)


@pytest.mark.parametrize("low", [1e-2, 1e-4, 1e-8])
def test_a_tensor_that_falls_steeply_within_a_cell_is_integrated_exactly(low):
    tensor = np.ones((2, 2, 3)) * (1.0, 0.0, 1.0)
    tensor[1] *= low  # the square of the speed is linear in t: its root integrates to 2/3 (1 - low^1.5) / (1 - low)
    assert directed_price(tensor, [(0, 0), (1, 0)]) == pytest.approx(2 / 3 * (1 - low**1.5) / (1 - low), rel=1e-10)


def test_a_constant_cost_without_direction_is_priced_as_by_the_other_evaluator():
    cost = np.full((20, 30), 3.0)
    cost[5:12, 9] = INF
    line = [(0.3, 0.2), (4.1, 20.4), (18.7, 3.0)]
    assert directed_price(cost, line, cell_size=(2.0, 5.0)) == pytest.approx(
        path_cost(cost, line, cell_size=(2.0, 5.0))
    )
    assert directed_price(cost, [(8, 0), (8, 20)]) == INF


def test_row_spacings_that_vary_make_the_steps_longer():
    spacing = np.array([1.0, 1.0, 3.0, 3.0])
    tensor = uniform((4, 4), np.diag([1.0, 4.0]))
    assert directed_price(tensor, [(3, 0), (3, 2)], cell_size=(spacing, 2.0)) == pytest.approx(8.0)
    assert directed_price(tensor, [(2, 0), (3, 0)], cell_size=(spacing, 2.0)) == pytest.approx(3.0)


@pytest.mark.parametrize("line", [[(1, 0), (1, 2)], [(0, 0), (2, 2)], [(0, 0), (9, 9)], [(0, 1.2), (2, 1.2)]])
def test_a_line_through_an_exclusion_or_off_the_raster_has_no_price(line):
    tensor = uniform((3, 3), matrix(0.4, 3.0)).copy()
    tensor[1, 1] = INF
    assert directed_price(tensor, line) == INF


def test_a_pinch_may_not_be_passed_but_an_edge_may_be_followed():
    tensor = uniform((2, 2), np.eye(2)).copy()
    tensor[[0, 1], [1, 0]] = INF
    assert directed_price(tensor, [(0, 0), (1, 1)]) == INF
    assert directed_price(tensor, [(0, 0), (0, 0.5)]) == pytest.approx(0.5)


# ---------------------------------------------------------------------------------------------------------- exact paths


@pytest.mark.parametrize("ratio", [1.0, 3.0, 5.0, 20.0])
@pytest.mark.parametrize("angle", [0.0, 0.3, 1.1, 2.0, 2.9])
def test_paths_of_a_uniform_tensor_are_straight_and_exact(ratio, angle):
    m = matrix(angle, ratio)
    a, b = np.array([7.2, 9.1]), np.array([51.7, 43.3])
    path = directed_path(uniform((60, 55), m), a, b, cell_size=(2.0, 0.7))
    d = (b - a) * (2.0, 0.7)
    assert path.cost == pytest.approx(np.sqrt(d @ m @ d), rel=1e-9)


@pytest.mark.parametrize(("n", "allowance"), [(51, 1e-4), (101, 3e-5), (201, 1e-5)])
@pytest.mark.parametrize("bend", [0.1, 0.3])
def test_geodesics_of_a_pulled_back_plane_have_their_length(n, bend, allowance):
    """Second order: measured 5.8e-5, 1.5e-5, 3.6e-6; the ratio of dearest to cheapest heading reaches 5."""
    tensor, a, b, exact = pulled_back(n, bend)
    path = directed_path(tensor, a, b, cell_size=(1 / (n - 1), 1 / (n - 1)))
    assert exact * (1 - 1e-9) <= path.cost <= exact * (1 + allowance)


def test_the_way_over_a_sine_ridge_has_its_length():
    """Surface z = 0.2 sin(2 pi x): metric diag(1 + z'(x)^2, 1), length sqrt(U^2 + dy^2)."""
    n = 201
    x = np.linspace(0, 1, n)
    slope = 0.2 * 2 * np.pi * np.cos(2 * np.pi * x)
    tensor = np.stack(np.broadcast_arrays(np.ones((n, 1)), 0.0, 1 + slope**2), axis=-1)
    u = quad(lambda x: np.sqrt(1 + (0.4 * np.pi * np.cos(2 * np.pi * x)) ** 2), 0.1, 0.9)[0]
    path = directed_path(tensor, (40, 20), (140, 180), cell_size=(1 / 200, 1 / 200))
    assert path.cost == pytest.approx(np.hypot(u, 0.5), rel=1e-4)


def test_the_way_round_a_cone_has_its_length():
    """Surface z = r: the unrolled cone has the slant sqrt(2) r and the angle theta / sqrt(2)."""
    n = 201
    y, x = np.mgrid[:n, :n] / 100 - 1.0
    r2 = np.maximum(x * x + y * y, 1e-9)
    tensor = np.stack([1 + y * y / r2, x * y / r2, 1 + x * x / r2], axis=-1)
    a, b, theta = 0.8, 0.5, np.radians(100)
    exact = np.sqrt(2 * (a * a + b * b) - 4 * a * b * np.cos(theta / np.sqrt(2)))
    start, end = (100, 100 + 100 * a), (100 + 100 * b * np.sin(theta), 100 + 100 * b * np.cos(theta))
    path = directed_path(tensor, start, end, cell_size=(0.01, 0.01))
    assert path.cost == pytest.approx(exact, rel=1e-4)


def test_without_direction_the_path_is_that_of_the_eikonal_equation():
    row, col = np.mgrid[0:60, 0:80]
    cost = 2.0 + np.sin(row / 9.0) * np.cos(col / 7.0)
    cost[20:40, 30] = INF
    directed, plain = directed_path(cost, (3, 4), (55, 70)), least_cost_path(cost, (3, 4), (55, 70))
    # The squares are interpolated, not the costs: both tend to the same cost.
    assert directed.cost == pytest.approx(plain.cost, rel=1e-3)
    assert path_cost(cost, directed.points) == pytest.approx(plain.cost, rel=1e-3)


def test_a_square_is_rounded_exactly_at_its_corners():
    tensor = uniform((101, 101), np.diag([1.0, 4.0])).copy()
    tensor[31:70, 31:70] = INF
    path = directed_path(tensor, (50, 0), (50, 100))
    exact = 2 * np.sqrt(19.5**2 + 4 * 30.5**2) + 2 * 39
    assert exact * (1 - 1e-12) <= path.cost <= exact * (1 + 1e-6)


# ----------------------------------------------------------------------------------------------------------- properties


@given(st.integers(0, 10**6), st.sampled_from([1.5, 5.0, 20.0]), st.sampled_from([0.0, 0.1, 0.3]))
@settings(max_examples=25, deadline=None)
def test_paths_are_clear_the_same_both_ways_not_dearer_than_a_wide_graph_and_above_the_bound(seed, ratio, share):
    rng = np.random.default_rng(seed)
    shape = tuple(int(x) for x in rng.integers(6, 36, 2))
    tensor = random_tensor(rng, shape, ratio, rng.uniform(1, 6))
    excluded = rng.random(shape) < share
    tensor[excluded] = INF
    free = np.argwhere(~excluded)
    start, end = (tuple(int(x) for x in free[k]) for k in rng.integers(len(free), size=2))
    graph = wide_graph_price(tensor, start, end)
    if np.isinf(graph):
        with pytest.raises(NoPathError):
            directed_path(tensor, start, end)
        return
    path = directed_path(tensor, start, end)
    assert ends_of(path.points) == [list(start), list(end)]
    assert path.cost == pytest.approx(directed_price(tensor, path.points), rel=1e-12)
    assert path.cost <= graph * (1 + 1e-3)
    assert not enters_exclusion(np.where(excluded, INF, 1.0), path.points)
    back = directed_path(tensor, end, start)
    assert np.array_equal(back.points, path.points[::-1])
    # The bound holds whatever admissible price it is told.
    for price in (min(path.cost, graph), 1.3 * graph):
        bound = certify_directed(tensor, start, end, price, tolerance=0.02, max_elements=30_000).lower_bound
        assert bound <= min(path.cost, graph)


def test_a_tensor_times_four_doubles_the_price():
    tensor = random_tensor(np.random.default_rng(1), (30, 40), 5.0, 4.0)
    one, two = directed_path(tensor, (2, 3), (27, 35)), directed_path(4 * tensor, (2, 3), (27, 35))
    assert two.cost == pytest.approx(2 * one.cost, rel=1e-6)


def test_a_transposed_raster_has_the_same_price():
    tensor = random_tensor(np.random.default_rng(2), (30, 40), 5.0, 4.0)
    turned = np.ascontiguousarray(tensor.transpose(1, 0, 2)[..., ::-1])
    one, two = directed_path(tensor, (2, 3), (27, 35)), directed_path(turned, (3, 2), (35, 27))
    assert two.cost == pytest.approx(one.cost, rel=2e-3)  # of several valleys, either way


def test_an_exclusion_on_the_path_makes_it_dearer():
    tensor, start, end, _ = pulled_back(51, 0.3)
    one = directed_path(tensor, start, end)
    row, col = np.rint(one.points[len(one.points) // 2]).astype(int)
    tensor[row, col] = INF
    assert directed_path(tensor, start, end).cost > one.cost


@pytest.mark.parametrize("ratio", [2.0, 5.0])
def test_the_bound_of_a_uniform_tensor_is_tight(ratio):
    m = matrix(0.7, ratio)
    d = np.array([70.0, 60.0])
    exact = float(np.sqrt(d @ m @ d))
    found = certify_directed(uniform((101, 101), m), (10, 20), (80, 80), exact, tolerance=0.005)
    assert found.reached
    assert exact * 0.995 <= found.lower_bound <= exact


@pytest.mark.parametrize("bend", [0.1, 0.3])
def test_the_bound_of_a_curved_metric_is_below_the_optimum_and_near(bend):
    tensor, a, b, exact = pulled_back(101, bend)
    found = certify_directed(tensor, a, b, 1.002 * exact, cell_size=(0.01, 0.01), tolerance=0.004)
    # Measured 6e-4 below; the optimum of the sampled tensor is above that of the true one, as the paths above show.
    assert 0.996 * exact <= found.lower_bound <= exact


@pytest.mark.parametrize("seed", range(4))
def test_no_gradient_inside_an_element_exceeds_its_stretch(seed):
    """Dual norms at sampled points of one of the ways to cut each element, rebuilt from the definition."""
    rng = np.random.default_rng(seed)
    ground = prepare_tensor(random_tensor(rng, (4, 5), 10.0, rng.choice([0.0, 2.0])), (1.0, 1.0))
    mesh = Mesh(duality._patches(ground)[0], int(rng.choice([1, 2, 4])))
    shape = tuple(n * mesh.fine + 1 for n in mesh.corners.shape[:2])
    sides = 0.1 * rng.standard_normal((2, *shape))
    potential = potential_of(rng.standard_normal(shape), *sides)
    weights = rng.dirichlet((1, 1, 1), 40)
    for i, j in rng.integers(0, np.array(shape) - 1, (12, 2)):
        found = dual.ratio(mesh, potential, i, j)
        worst = min(sampled_norm(mesh, potential, (i, j), way, weights) for way in WAYS)
        assert worst <= found * (1 + 1e-9)


# Right angles of the two triangles, and which of the three bulges of the diagonal the test may choose.
WAYS = [(anti, z) for anti in (True, False) for z in range(3)]


def sampled_norm(mesh, potential, at, way, weights):
    """Largest dual norm at sampled points of both triangles, gradients by differences of the quadratic itself."""
    (i, j), (anti, z) = at, way
    values, eastward, southward = parts_of(potential)
    u = {(a, b): values[i + a, j + b] for a in (0, 1) for b in (0, 1)}
    north, south = eastward[i, j], eastward[i + 1, j]
    west, east = southward[i, j], southward[i, j + 1]
    twist = u[0, 0] - u[0, 1] - u[1, 0] + u[1, 1]
    diagonal = 0.0 if z == 2 else (twist if anti else -twist) + (0.5 * (north + south + west + east) if z == 0 else 0.0)
    worst = 0.0
    for a, b in ((0, 0), (1, 1)) if anti else ((0, 1), (1, 0)):
        corners = np.array([(a, b), (a, 1 - b), (1 - a, b)], float)
        values = np.array([u[a, b], u[a, 1 - b], u[1 - a, b]])
        bulges = ((south if a else north), (east if b else west), diagonal)
        to_plane = np.vstack([corners.T, np.ones(3)])
        slopes = np.linalg.inv(to_plane)[:, :2]  # of the barycentric coordinates
        for x in weights:
            gradient = values @ slopes
            for bulge, (m, n) in zip(bulges, ((0, 1), (0, 2), (1, 2)), strict=True):
                gradient = gradient + bulge * (x[m] * slopes[n] + x[n] * slopes[m])
            f, g = x @ corners
            parts = [np.array(dual.matrix_at(mesh, i, j, r, q)) for r in (0, 1) for q in (0, 1)]
            m = (1 - f) * ((1 - g) * parts[0] + g * parts[1]) + f * ((1 - g) * parts[2] + g * parts[3])
            worst = max(worst, gradient @ np.linalg.solve([[m[0], m[1]], [m[1], m[2]]], gradient))
    return np.sqrt(worst)


# --------------------------------------------------------------------------------------------------------- survey terms


def test_a_side_slope_is_dear_along_the_contour_only():
    tensor = side_slope_tensor(np.full((9, 9), 2.0), 0.3, -0.3, side_slope_factor=3.0)
    down = directed_price(tensor, [(2, 6), (6, 2)])
    along = directed_price(tensor, [(2, 2), (6, 6)])
    assert down == pytest.approx(2 * np.hypot(4, 4))
    assert along == pytest.approx(3 * down)


def test_a_path_climbs_steeply_to_shorten_its_way_along_the_contour():
    flat = np.ones((41, 81))
    slope = np.where(np.abs(np.arange(41) - 20)[:, None] < 8, 1.0, 0.0) + np.zeros(81)
    tensor = side_slope_tensor(flat, slope, 0.0, side_slope_factor=4.0)
    path = directed_path(tensor, (20, 5), (20, 75))
    assert path.cost < 0.5 * directed_price(tensor, [(20, 5), (20, 75)])
    assert np.abs(path.points[:, 0] - 20).max() > 7


def test_where_the_slope_is_unknown_or_level_the_cost_has_no_direction():
    tensor = side_slope_tensor([[2.0, 2.0, INF]], [[0.0, np.nan, 1.0]], [[0.0, 1.0, 1.0]], side_slope_factor=5.0)
    assert tensor[0, :2].tolist() == [[4.0, 0.0, 4.0]] * 2
    assert np.isinf(tensor[0, 2]).all()


# -------------------------------------------------------------------------------------------------------- refused input


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ((1.0, np.nan, 1.0), r"tensor is \[ 1. nan  1.\] at row 1, col 2; decide what unknown means"),
        ((1.0, 2.0, 1.0), r"at row 1, col 2; give symmetric positive definite ones"),
        ((-1.0, 0.0, 1.0), r"at row 1, col 2; give symmetric positive definite"),
        ((1.0, -INF, 1.0), r"at row 1, col 2; give symmetric positive definite"),
        ((0.0, 0.0, 0.0), r"at row 1, col 2; give symmetric positive definite"),
    ],
)
def test_a_tensor_that_is_no_metric_is_refused_by_its_first_cell(value, text):
    tensor = uniform((3, 4), np.eye(2)).copy()
    tensor[1, 2] = value
    tensor[2, 0] = value
    with pytest.raises(ArrayError, match=text):
        directed_path(tensor, (0, 0), (2, 3))


@pytest.mark.parametrize(
    ("tensor", "text"),
    [
        (np.ones((3, 4, 2)), r"tensor has shape \(3, 4, 2\); give \(rows, cols, 3\)"),
        (np.ones(3), "tensor has shape"),
        (np.ones((3, 4, 3), complex), "tensor holds complex128"),
        (np.ma.ones((3, 4, 3)), "masked array"),
        (np.zeros((3, 4)), "cost is 0.0 at row 0, col 0"),
        (np.ones((0, 4)), "is empty"),
        (np.ones((0, 4, 3)), "tensor has shape"),
    ],
)
def test_arrays_that_are_no_tensor_are_refused(tensor, text):
    with pytest.raises(ArrayError, match=text):
        directed_price(tensor, [(0, 0), (1, 1)])


def test_impossible_ends_and_options_are_refused():
    tensor = uniform((5, 5), np.eye(2)).copy()
    tensor[:, 2] = INF
    with pytest.raises(NoPathError, match="enclose"):
        directed_path(tensor, (0, 0), (4, 4))
    with pytest.raises(NoPathError, match="the end lies in an excluded cell"):
        directed_path(tensor, (0, 0), (2, 2))
    with pytest.raises(NoPathError):
        certify_directed(tensor, (0, 0), (4, 4), 1.0)
    with pytest.raises(ArrayError, match="tolerance is 0"):
        directed_path(tensor, (0, 0), (4, 0), tolerance=0)
    with pytest.raises(ArrayError, match="price is nan"):
        certify_directed(tensor, (0, 0), (4, 0), np.nan)
    with pytest.raises(ArrayError, match="points are empty"):
        directed_price(tensor, np.empty((0, 2)))
    with pytest.raises(ArrayError, match=r"factor 0\.5 is below 1"):
        side_slope_tensor(np.ones((2, 2)), 0.0, 1.0, side_slope_factor=0.5)
    with pytest.raises(ArrayError, match="shapes differ"):
        side_slope_tensor(np.ones((2, 2)), np.ones(3), 1.0, side_slope_factor=2.0)


def test_equal_ends_cost_nothing():
    tensor = uniform((5, 5), np.eye(2))
    path = directed_path(tensor, (2, 2), (2, 2), tolerance=0.1)
    assert (path.cost, path.lower_bound) == (0.0, 0.0)
    assert certify_directed(tensor, (2, 2), (2, 2), 0.0).reached
