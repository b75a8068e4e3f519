"""Problems whose optimum is known exactly: the path's price in the true continuous cost."""

import numpy as np
import pytest
from geodesic_oracles import exact_price

from routing.geodesic import CostGrid, distance_field, least_cost_path

N = 400
H = 1 / N
SMOOTH, JUMP = 1.0005, 1.002  # allowed price over optimum; an interface is only known to a cell


def layers(*values, at):
    return lambda _, y: np.select([y < a for a in at], values[:-1], values[-1])


# name: cost of (x, y), start, end, optimum, domain (low, high), allowance
CASES = {
    "uniform": (lambda x, _: 1 + 0 * x, (0.1, 0.2), (0.9, 0.7), 0.94339811320566, (0, 1), 1 + 1e-9),
    "uniform, worst direction of 8": (lambda x, _: 1 + 0 * x, (0, 0), (1, np.tan(np.pi / 8)), 1.0823922002924, (0, 1), 1 + 1e-9),
    "two half-planes": (layers(1.0, 3.0, at=[0.5]), (0.1, 0.1), (0.9, 0.9), 2.0417600971360415, (0, 1), JUMP),
    "oblique interface": (lambda x, y: np.where(x + 2 * y < 1.5, 1.0, 4.0), (0.1, 0.2), (0.9, 0.8), 2.39565525, (0, 1), JUMP),
    "head wave": (layers(1.0, 2.0, at=[0.4 + 1e-9]), (0.1, 0.5), (0.9, 0.5), 1.14641016, (0, 1), JUMP),
    "four layers": (layers(1.0, 2.5, 1.5, 4.0, at=[0.3, 0.5, 0.7]), (0.1, 0.1), (0.9, 0.9), 2.29509295, (0, 1), JUMP),
    "catenary": (lambda _, y: 0.5 + 2 * y, (0.1, 0.4), (0.9, 0.6), 1.1698569843611255, (0, 1), SMOOTH),
    "circular arc": (lambda _, y: 1 / (0.5 + 2 * y), (0.1, 0.1), (0.9, 0.2), 0.89246608, (0, 1), SMOOTH),
    "parabola": (
        lambda x, y: np.sqrt(np.maximum(1e-6, 1 + 2 * (0.3 * (x - 0.1) + 1.2 * (y - 0.1)))),
        (0.1, 0.1), (0.9, 0.5), 1.15092977, (0, 1), SMOOTH,
    ),
    "logarithmic spiral": (
        lambda x, y: 1 / np.hypot(x, y), (0.25, 0), (-0.4, 0.6928203230275509), 2.3957067122835, (-1, 1), SMOOTH,
    ),
    "radial": (np.hypot, (0.5, 0), (0.45, 0.7794228634059948), 0.47986977, (-1, 1), SMOOTH),
    "through the origin": (np.hypot, (0.5, 0), (-0.45, 0.7794228634059948), 0.53, (-1, 1), SMOOTH),
    "exponential": (lambda x, _: np.exp(2 * x), (0.1, 0.1), (0.6, 0.9), 1.78548459, (0, 1), SMOOTH),
}  # fmt: skip


def raster(cost, low, high):
    """Samples at the nodes; an infinite or zero one (a singular point) is replaced by a neighbour's size."""
    x = np.linspace(low, high, round((high - low) * N) + 1)
    with np.errstate(divide="ignore"):
        values = cost(*np.meshgrid(x, x))
    return np.clip(values, 1e-3, 1e3)


def solve(cost, a, b, domain):
    to_cell = lambda p: ((p[1] - domain[0]) * N, (p[0] - domain[0]) * N)  # noqa: E731
    path = least_cost_path(raster(cost, *domain), to_cell(a), to_cell(b), cell_size=(H, H))
    return path, path.points * H + domain[0]


@pytest.mark.parametrize("name", CASES)
def test_path_is_optimal_in_the_true_cost(name):
    cost, a, b, optimum, domain, allowance = CASES[name]
    _, yx = solve(cost, a, b, domain)
    price = exact_price(lambda y, x: cost(x, y), yx)
    assert optimum * (1 - 2e-8) <= price <= optimum * allowance


@pytest.mark.parametrize("name", ["catenary", "circular arc", "parabola", "exponential", "radial"])
def test_smooth_paths_are_optimal_to_a_hundred_thousandth(name):
    cost, a, b, optimum, domain, _ = CASES[name]
    path, _ = solve(cost, a, b, domain)
    assert path.cost == pytest.approx(optimum, rel=1e-5)


def test_disc_is_rounded_to_the_size_of_a_cell():
    x = np.linspace(-1, 1, 2 * N + 1)
    gx, gy = np.meshgrid(x, x)
    path = least_cost_path(
        np.where(np.hypot(gx, gy) < 0.4, np.inf, 1.0),
        (N, 1.8 * N),
        ((1 + 0.12155372436685125) * N, (1 - 0.6893654271085456) * N),
        cell_size=(H, H),
    )
    # The excluded cells reach half a diagonal beyond the disc at most, half a cell short of it at least.
    assert 1.650201159404984 * (1 - 1e-3) <= path.cost <= 1.650201159404984 * 1.002


def test_square_is_rounded_exactly_at_its_corners():
    cost = np.ones((N + 1, N + 1))
    cost[121:280, 121:280] = np.inf  # the open square (0.30125, 0.69875)^2
    path = least_cost_path(cost, (200, 0), (200, N), cell_size=(H, H))
    optimum = 2 * np.hypot(120.5, 79.5) * H + 159 * H
    assert optimum * (1 - 1e-12) <= path.cost <= optimum * (1 + 1e-7)


@pytest.mark.parametrize("seed", range(6))
def test_random_conformal_maps(seed):
    """c = |f'(z)| for a holomorphic f has the distance |f(B) - f(A)|, if the straight image stays in the image."""
    rng = np.random.default_rng(seed)
    spin = np.exp(2j * np.pi * rng.random())
    shift = complex(*rng.uniform(-0.3, 0.3, 2))
    kind = seed % 3
    stretch = rng.uniform(0.5, 1.5)

    def f(z):
        w = spin * z + shift
        return (np.exp(stretch * w), (w + 3) ** 2 / 4, np.log(w + 2.5))[kind]

    def slope(x, y):
        w = spin * (x + 1j * y) + shift
        return np.abs((stretch * np.exp(stretch * w), (w + 3) / 2, 1 / (w + 2.5))[kind])

    a, b = complex(*rng.uniform(-0.35, 0.35, 2)), complex(*rng.uniform(-0.35, 0.35, 2))
    optimum = abs(f(b) - f(a))
    _, yx = solve(slope, (a.real, a.imag), (b.real, b.imag), (-1, 1))
    price = exact_price(lambda y, x: slope(x, y), yx)
    assert optimum * (1 - 1e-9) <= price <= optimum * (1 + 2e-5)


def test_great_circle_on_a_grid_of_longitude_and_latitude():
    step = 0.1
    lat, lon = np.arange(30, 66, step), np.arange(-10, 50, step)
    spacing = (np.radians(step), np.cos(np.radians(lat)) * np.radians(step))
    ends = ((36 - 30) / step, 5 / step), ((45 - 30) / step, 50 / step)
    path = least_cost_path(np.full((lat.size, lon.size), 6371.0088), *ends, cell_size=spacing)
    assert path.cost == pytest.approx(3880.8913706, rel=1e-5)


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
        y = np.linspace(0, 1, n + 1)[:, None] + np.zeros(n + 1)
        field = CostGrid(0.5 + 2 * y, cell_size=(1 / n, 1 / n)).field((0.4 * n, 0.1 * n), targets=[(0.6 * n, 0.9 * n)])
        errors.append(abs(field.value_at((0.6 * n, 0.9 * n)) / 1.1698569843611255 - 1))
    assert errors[2] < errors[1] < errors[0] < 1e-4
