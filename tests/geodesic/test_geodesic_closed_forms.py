"""Problems whose optimum is known exactly: the path's price in the true continuous cost."""

from dataclasses import replace

import numpy as np
import pytest
from closed_forms import CONFORMAL, PROBLEMS, exact_price, random_conformal, sample
from hypothesis import example, given, settings
from hypothesis import strategies as st

from routing.geodesic import CostGrid, certify, distance_field, least_cost_path

N = 400
SMOOTH, JUMP = 1.0005, 1.002  # allowed price over optimum; the place of a jump is only known to a cell
CONFORMAL_GAP = 1e-5
EARTH_KM, GREAT_CIRCLE_KM = 6371.0088, 3880.8913706  # from 36 N 5 W to 45 N 40 E


def solve(raster):
    return least_cost_path(raster.cost, *raster.ends, cell_size=(raster.step, raster.step))


def raster_price(raster, places):
    return CostGrid(raster.cost, cell_size=(raster.step, raster.step)).price(raster.cells(places))


def curved(problem):
    """What the chords of the known route may cost too much."""
    return 1 + (3e-6 if len(problem.route) > 4 else 1e-12)


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
def test_known_routes_have_the_known_price(problem):
    assert (
        problem.optimum * (1 - 1e-12) <= exact_price(problem.cost, problem.route) <= problem.optimum * curved(problem)
    )


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
def test_path_is_optimal_in_the_true_cost(problem):
    raster = sample(problem, N)
    price = exact_price(problem.cost, raster.places(solve(raster).points))
    assert problem.optimum * (1 - 1e-7) <= price <= problem.optimum * (SMOOTH if problem.smooth else JUMP)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
def test_path_is_optimal_in_every_position_of_the_raster(problem, seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(150, 250))
    raster = sample(problem, n, angle=rng.uniform(0, 7), shift=tuple(rng.uniform(0, 1, 2)))
    price = exact_price(problem.cost, raster.places(solve(raster).points))
    # The place of a jump is known to a cell, and a turned edge becomes a stair that stands out by more than one.
    allowed = SMOOTH if problem.smooth else 1 + (2.0 if problem.obstacle else 1.3) * (JUMP - 1) * N / n
    assert problem.optimum * (1 - 1e-7) <= price <= problem.optimum * allowed


@pytest.mark.parametrize("name", ["uniform", "catenary", "circular arc", "parabola", "exponential", "radial"])
def test_smooth_paths_are_optimal_to_a_millionth(name):
    path = solve(sample(PROBLEMS[name], N))
    assert path.cost == pytest.approx(PROBLEMS[name].optimum, rel=1e-6 if name == "uniform" else 1e-5)
    price = exact_price(PROBLEMS[name].cost, sample(PROBLEMS[name], N).places(path.points))
    assert price <= PROBLEMS[name].optimum * (1 + 1e-6)


@pytest.mark.parametrize("family", CONFORMAL)
def test_straight_lines_in_the_image_of_a_conformal_map_are_found(family):
    @settings(max_examples=12)  # each is a whole raster of 400 x 400 cells
    @given(st.integers(0, 10**6))
    @example(0)
    def check(seed):
        problem = random_conformal(family, np.random.default_rng(seed))
        raster = sample(problem, N)
        price = exact_price(problem.cost, raster.places(solve(raster).points))
        assert problem.optimum * (1 - 1e-9) <= price <= problem.optimum * (1 + CONFORMAL_GAP)

    check()


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("family", CONFORMAL)
def test_no_bound_of_a_conformal_problem_is_above_its_optimum(family, seed):
    problem = random_conformal(family, np.random.default_rng(seed))
    raster = sample(problem, 100)
    assert_proven(problem, raster, sag=interpolated_above(problem, raster))


@pytest.mark.parametrize("name", PROBLEMS)
def test_no_bound_of_a_known_problem_is_above_its_optimum(name):
    problem = PROBLEMS[name]
    raster = sample(problem, 60 if problem.low < 0 else 100)
    if (
        problem.obstacle
    ):  # whole cells are excluded: the raster's optimum is above the true one, and only its path known
        problem = replace(problem, route=raster.places(solve(raster).points), optimum=np.inf)
    assert_proven(problem, raster, sag=interpolated_above(problem, raster) if problem.smooth else np.inf)


def assert_proven(problem, raster, *, sag):
    """The bound is not above the true route's price on the raster, nor above the optimum but for interpolation."""
    known = raster_price(raster, problem.route)
    # The price given is far too high: a bound cut off at it could hide an error.
    found = certify(
        raster.cost, *raster.ends, 1.3 * known, cell_size=(raster.step,) * 2, tolerance=1e-9, max_elements=200_000
    )
    assert found.lower_bound <= known * (1 + 1e-9)
    assert found.lower_bound <= problem.optimum * (1 + sag) * (1 + 1e-9)
    assert found.lower_bound >= 0.97 * solve(raster).cost


def interpolated_above(problem, raster):
    """How far the bilinear cost is above the true one, relative, at 16 places of each patch."""
    c, worst = raster.cost, 0.0
    rows, cols = np.indices((c.shape[0] - 1, c.shape[1] - 1)).reshape(2, -1).astype(float)
    for f in (0.125, 0.375, 0.625, 0.875):
        for g in (0.125, 0.375, 0.625, 0.875):
            top, bottom = ((1 - g) * row[:, :-1] + g * row[:, 1:] for row in (c[:-1], c[1:]))
            between = ((1 - f) * top + f * bottom).ravel()
            true = problem.cost(*raster.places(np.stack([rows + f, cols + g], axis=1)).T)
            worst = max(worst, float((between / true).max()) - 1)
    return 1.1 * worst


def test_square_is_rounded_exactly_at_its_corners():
    cost = np.ones((N + 1, N + 1))
    cost[121:280, 121:280] = np.inf
    path = least_cost_path(cost, (200, 0), (200, N))
    optimum = 2 * np.hypot(120.5, 79.5) + 159
    assert optimum * (1 - 1e-12) <= path.cost <= optimum * (1 + 1e-7)
    assert certify(cost, (200, 0), (200, N), 1.3 * optimum).lower_bound <= optimum


def test_great_circle_on_a_grid_of_longitude_and_latitude():
    step = 0.1
    lat, lon = np.arange(30, 66, step), np.arange(-10, 50, step)
    spacing = (np.radians(step), np.cos(np.radians(lat)) * np.radians(step))
    ends = ((36 - 30) / step, 5 / step), ((45 - 30) / step, 50 / step)
    path = least_cost_path(np.full((lat.size, lon.size), EARTH_KM), *ends, cell_size=spacing)
    assert path.cost == pytest.approx(GREAT_CIRCLE_KM, rel=1e-5)


def test_great_circle_on_a_mercator_raster():
    n = 800
    y = np.linspace(np.arcsinh(np.tan(np.radians(30))), np.arcsinh(np.tan(np.radians(65))), n)
    step = y[1] - y[0]
    cost = np.repeat((EARTH_KM / np.cosh(y))[:, None], round(np.radians(60) / step), axis=1)
    ends = [
        ((np.arcsinh(np.tan(np.radians(lat))) - y[0]) / step, np.radians(lon + 10) / step)
        for lat, lon in ((36, -5), (45, 40))
    ]
    path = least_cost_path(cost, *ends, cell_size=(step, step))
    assert path.cost == pytest.approx(GREAT_CIRCLE_KM, rel=1e-6)


def test_field_is_exact_near_a_source_and_second_order_far_away():
    field = distance_field(np.ones((401, 401)), (200, 200))
    r, q = np.mgrid[:401, :401] - 200.0
    true = np.hypot(r, q)
    error = np.abs(field - true)[true > 0] / true[true > 0]
    assert error.mean() < 2e-4
    assert error.max() < 2e-3
    assert np.abs(field - true)[true < 12].max() < 1e-5


def test_a_finer_raster_of_a_smooth_cost_has_a_more_accurate_field():
    errors = []
    for n in (400, 800, 1600):  # not divided any further
        raster = sample(PROBLEMS["catenary"], n)
        field = CostGrid(raster.cost, cell_size=(1 / n, 1 / n)).field(raster.ends[0], targets=raster.ends[1])
        errors.append(abs(field.value_at(raster.ends[1]) / PROBLEMS["catenary"].optimum - 1))
    assert errors[2] < errors[1] < errors[0] < 1e-4
