"""The proven bound never exceeds what a path can cost, whatever the raster, the price given and the fields."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from geodesic_oracles import far_ends, fractal_terrain, neighbour_graph, parts_of, potential_of, visibility_length
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from routing.errors import ArrayError, NoPathError
from routing.geodesic import CostGrid, least_cost_path
from routing.geodesic.bound import Prover, certify
from routing.geodesic.compiled import kernel
from routing.geodesic.elements import (
    LIVE,
    Lattice,
    element_costs,
    element_range,
    is_free,
    stretch,
    stretch_row,
)
from routing.geodesic.ground import prepare
from routing.geodesic.line import masked_cost
from routing.geodesic.pyramid import first_tube, levels, next_tube
from routing.geodesic.refinement import Pair, Search
from routing.geodesic.waves import WORK_ROWS, Memory

LOOSE = 1.3  # prices are given so much too high that cutting the bound off at the price cannot hide an error
ROUNDING = 1 + 1e-9


def bound_of(cost, start, end, price, **options):
    return certify(
        cost, start, end, LOOSE * price, **{"tolerance": 1e-9, "max_elements": 60_000, **options}
    ).lower_bound


# -------------------------------------------------------------------------------------------------- closed forms


def spin(points, angle, shift, n):
    """Points of the unit square round its middle, turned, moved and put on a raster of n cells a unit."""
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return (np.asarray(points) - 0.5) @ turn.T * n + shift


SMOOTH = {  # each with a floor where the optimum does not go
    "uniform": (lambda x, y: 1 + 0 * (x + y), (0.1, 0.2), (0.9, 0.7), 0.94339811320566),
    "catenary": (lambda _, y: np.maximum(0.5 + 2 * y, 0.3), (0.1, 0.4), (0.9, 0.6), 1.1698569843611255),
    "circular arc": (lambda _, y: 1 / np.maximum(0.5 + 2 * y, 0.2), (0.1, 0.1), (0.9, 0.2), 0.89246608),
    "parabola": (
        lambda x, y: np.sqrt(np.maximum(0.3, 1 + 2 * (0.3 * (x - 0.1) + 1.2 * (y - 0.1)))),
        (0.1, 0.1), (0.9, 0.5), 1.15092977,
    ),
    "exponential": (lambda x, _: np.exp(2 * x), (0.1, 0.1), (0.6, 0.9), 1.78548459),
    "logarithmic spiral": (
        lambda x, y: 2 / np.maximum(np.hypot(2 * x - 1, 2 * y - 1), 0.15), (0.625, 0.5), (0.3, 0.8464101615137755), 2.3957067122835,
    ),
}  # fmt: skip


@pytest.mark.parametrize("n", [40, 90])
@pytest.mark.parametrize("name", SMOOTH)
def test_smooth_closed_forms_are_never_exceeded_in_any_position(name, n):
    function, a, b, optimum = SMOOTH[name]
    rng = np.random.default_rng(n)
    angle, middle = rng.uniform(0, 7), rng.uniform(0.71 * n, 0.75 * n, 2)
    size = int(1.46 * n)
    i = np.stack(np.meshgrid(np.arange(size), np.arange(size), indexing="ij"), -1)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    xy = (i - middle) @ turn / n + 0.5
    inside = (np.abs(xy - 0.5) <= 0.5 + 1.5 / n).all(-1)  # the optimum is one on the unit square only
    cost = np.where(inside, function(xy[..., 0], xy[..., 1]), np.inf) / n
    start, end = spin([a, b], angle, middle, n)
    path = least_cost_path(cost, start, end)
    found = bound_of(cost, start, end, path.cost, max_elements=400_000)
    assert found <= path.cost * ROUNDING
    assert found <= optimum * interpolation_excess(cost) * (1 + 1e-6)
    assert found >= path.cost * (1 - 0.012)


def interpolation_excess(cost):
    """How far a bilinear cost can lie above a smooth one, from second differences, twofold to be safe."""
    c = np.where(np.isfinite(cost), cost, np.nan)
    bend = np.abs(np.diff(c, 2, axis=0))[:, 1:-1] + np.abs(np.diff(c, 2, axis=1))[1:-1]
    return 1 + 2 * np.nanmax(bend / 8 / c[1:-1, 1:-1])


@pytest.mark.parametrize("seed", range(6))
def test_conformal_costs_are_never_exceeded(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(30, 70))
    tail = 0.12 * (rng.standard_normal(3) + 1j * rng.standard_normal(3))
    f = np.polynomial.Polynomial([0, np.exp(1j * rng.uniform(0, 7)), *tail])
    place = rng.uniform(0, 1, 2)
    z = lambda p: ((p[..., 1] - n / 2 - place[1]) + 1j * (p[..., 0] - n / 2 - place[0])) / (0.6 * n)  # noqa: E731
    cells = np.stack(np.meshgrid(np.arange(n), np.arange(n), indexing="ij"), -1)
    cost = np.abs(f.deriv()(z(cells))) / (0.6 * n)
    ends = n / 2 + 0.3 * n * np.array([[np.sin(t), np.cos(t)] for t in rng.uniform(0, 7) + np.array([0, np.pi * 0.9])])
    images = f(z(ends))
    curve = [z(ends[0])]
    for t in np.linspace(0, 1, 400)[1:]:  # preimage of a straight line
        w = curve[-1]
        for _ in range(30):
            w -= (f(w) - images[0] - t * (images[1] - images[0])) / f.deriv()(w)
        curve.append(w)
    points = np.stack([np.imag(curve), np.real(curve)], -1) * 0.6 * n + n / 2 + place
    if abs(points[-1] - ends[1]).max() > 1e-6:
        pytest.skip("the line lifts elsewhere")
    price = CostGrid(cost).price(points)
    assert price == pytest.approx(abs(images[1] - images[0]), rel=3e-3)
    found = bound_of(cost, ends[0], ends[1], price, max_elements=200_000)
    assert price * (1 - 0.02) <= found <= price * ROUNDING


def layered_optimum(c, run, rise):
    """Cheapest price across layers whose cost is linear between centres, by Snell's law; first to last centre."""
    slowness = lambda y: np.interp(y, np.arange(len(c)), c)  # noqa: E731
    pieces = list(zip(range(len(c) - 1), range(1, len(c)), strict=True))
    shift = lambda p: sum(quad(lambda y: p / np.sqrt(slowness(y) ** 2 - p * p), *s)[0] for s in pieces) * rise  # noqa: E731
    p = brentq(lambda p: shift(p) - run, 0, min(c) * (1 - 1e-7), xtol=1e-14)
    price = sum(quad(lambda y: slowness(y) ** 2 / np.sqrt(slowness(y) ** 2 - p * p), *s)[0] for s in pieces)
    return price * rise


@pytest.mark.parametrize(
    ("layers", "spacing"),
    [
        ([1.0] * 12 + [3.0] * 12, (1.0, 1.0)),
        ([1, 4, 1, 2, 9, 1.5, 1], (2.0, 0.7)),
        ([5, 2, 5, 3, 5, 2, 20], (1.5, 0.5)),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_snell_refraction_is_never_exceeded(layers, spacing, turned):
    c = np.array(layers, float)
    width, run = 40, 7 * spacing[1]
    start, end = (0.0, 15.0), (len(c) - 1.0, 22.0)
    optimum = layered_optimum(c, run, spacing[0])
    cost = np.repeat(c[:, None], width, 1)
    if turned:
        cost, start, end, spacing = cost.T, start[::-1], end[::-1], spacing[::-1]
    found = bound_of(cost, start, end, optimum, cell_size=spacing, max_elements=400_000)
    price = least_cost_path(cost, start, end, cell_size=spacing).cost
    assert found <= min(price, optimum) * (1 + 1e-7)
    assert found >= 0.97 * price


# ---------------------------------------------------------------------------------------------------- exclusions


@pytest.mark.parametrize("seed", range(5))
def test_shortest_ways_round_obstacles_are_never_exceeded(seed):
    rng = np.random.default_rng(seed)
    cost = np.ones((44, 52))
    for _ in range(10):
        r, q, h, w = rng.integers(0, 44), rng.integers(2, 46), *rng.integers(1, 12, 2)
        cost[r : r + h, q : q + w] = np.inf
    for wall in (17, 34):  # one cell thick, one gap of one cell
        cost[:, wall] = np.inf
        cost[rng.integers(0, 44), wall - 1 : wall + 2] = 1.0
    cost[:, :2] = cost[:, -2:] = 1.0
    start, end = (rng.uniform(0, 43), 0.3), (rng.uniform(0, 43), 50.7)
    try:
        price = least_cost_path(cost, start, end).cost
    except NoPathError:
        with pytest.raises(NoPathError):
            certify(cost, start, end, 1e3)
        return
    exact = visibility_length(CostGrid(cost), cost, start, end, 1.01 * price)
    found = bound_of(cost, start, end, exact, max_elements=400_000)
    assert 0.97 * exact <= found <= exact * (1 + 1e-8)


def test_an_excluded_square_is_certified_to_a_thousandth():
    cost = np.ones((101, 101))
    cost[31:70, 31:70] = np.inf
    exact = 2 * np.hypot(30.5, 19.5) + 39
    found = certify(cost, (50, 0), (50, 100), exact, tolerance=1e-3)
    assert found.reached
    assert found.lower_bound <= exact


# ------------------------------------------------------------------------------------------------- rough rasters


def rough_raster(kind, rng, shape):
    z = rng.standard_normal(shape)
    tiles = np.kron(rng.choice([1.0, 30.0, 1000.0], (-(-shape[0] // 4), -(-shape[1] // 4))), np.ones((4, 4)))
    return {
        "noise": rng.uniform(1, 10, shape),
        "lognormal": np.exp(z),
        "jumps": np.where(z > 0.3, 1000.0, 1.0),
        "blocks": tiles[: shape[0], : shape[1]],
        "pinches": np.where((np.indices(shape).sum(0) % 5 == 0) & (z > -1.2), np.inf, np.exp(0.3 * z)),
        "border": 1.0 + 5 * np.minimum(np.indices(shape).min(0), 3) + 0.1 * rng.random(shape),
        "holes": np.where(z > 0.8, np.inf, 1.0 + rng.random(shape)),
    }[kind]


KINDS = ["noise", "lognormal", "jumps", "blocks", "pinches", "border", "holes"]


def rough_case(kind, seed):
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    shape = tuple(rng.integers(5, 26, 2))
    cost = rough_raster(kind, rng, shape).astype(rng.choice([np.float32, np.float64]))
    cell_size = [(1.0, 1.0), (3.0, 1.1), (1.0, rng.uniform(0.7, 1.3, shape[0]))][seed % 3]
    ends = [rng.integers(0, shape) + (rng.uniform(-0.5, 0.5, 2) if seed % 2 else 0) for _ in range(2)]
    return rng, cost, cell_size, ends


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(12))
def test_no_path_on_rough_rasters_is_cheaper_than_the_bound(kind, seed):
    _, cost, cell_size, (start, end) = rough_case(kind, seed)
    try:
        price = least_cost_path(cost, start, end, cell_size=cell_size).cost
    except NoPathError:
        return
    found = certify(cost, start, end, LOOSE * price, cell_size=cell_size, tolerance=1e-9, max_elements=50_000)
    assert 0 <= found.lower_bound <= price * (1 + 1e-8)


@pytest.mark.parametrize("kind", KINDS)
def test_no_path_on_a_refined_graph_is_cheaper_than_the_bound(kind):
    rng = np.random.default_rng(KINDS.index(kind))
    cost = rough_raster(kind, rng, (9, 11))
    cost[0, 0] = cost[8, 10] = 1.0
    grid = CostGrid(cost)
    graph, number = fine_graph(grid, cost.shape, parts=2, reach=3)
    price = dijkstra(graph, directed=False, indices=number(0, 0))[number(8, 10)]
    try:
        least_cost_path(cost, (0, 0), (8, 10))
    except NoPathError:  # the graph has a vertex in a pinch
        assert kind == "pinches"
    else:
        assert bound_of(cost, (0, 0), (8, 10), price) <= price * ROUNDING


def fine_graph(grid, shape, *, parts, reach):
    """Straight moves of up to `reach` between the points of a lattice finer than the cells."""
    rows, cols = ((n - 1) * parts + 1 for n in shape)
    moves = [
        (a, b) for a in range(reach + 1) for b in range(-reach, reach + 1) if (a, b) > (0, 0) and np.gcd(a, b) == 1
    ]
    i, j = np.indices((rows, cols)).reshape(2, -1)
    heads, tails, prices = [], [], []
    for a, b in moves:
        ok = (i + a < rows) & (j + b >= 0) & (j + b < cols)
        ends = np.stack([np.stack([i[ok], j[ok]], -1), np.stack([i[ok] + a, j[ok] + b], -1)], 1) / parts
        heads.append(i[ok] * cols + j[ok])
        tails.append((i[ok] + a) * cols + j[ok] + b)
        prices.append(grid.prices(ends))
    price = np.concatenate(prices)
    ok = np.isfinite(price)
    where = np.concatenate(heads)[ok], np.concatenate(tails)[ok]
    return coo_matrix((price[ok], where), shape=(rows * cols,) * 2).tocsr(), lambda r, q: r * parts * cols + q * parts


def test_no_random_polyline_is_cheaper_than_the_bound():
    rng = np.random.default_rng(5)
    cost = fractal_terrain(48, 3, excluded=0.1)
    grid = CostGrid(cost)
    start, end = far_ends(cost)
    graph = neighbour_graph(grid, cost)
    found = bound_of(cost, start, end, least_cost_path(cost, start, end).cost, max_elements=200_000)
    for _ in range(20):
        shaken = graph.copy()
        shaken.data = shaken.data * rng.uniform(1, 3, shaken.nnz)
        _, before = dijkstra(shaken, indices=start[0] * 48 + start[1], return_predecessors=True)
        cell, line = end[0] * 48 + end[1], []
        while cell >= 0:
            line.append(np.divmod(cell, 48))
            cell = before[cell]
        assert found <= grid.price(np.array(line[::-1], float)) * ROUNDING


def test_terrain_is_certified_to_half_a_percent():
    cost = fractal_terrain(256, 7)
    start, end = far_ends(cost)
    path = least_cost_path(cost, start, end)
    found = certify(cost, start, end, path.cost)
    assert found.reached
    assert found.gap == pytest.approx(path.cost / found.lower_bound - 1)
    assert 0 < found.kept < 0.6
    alone = certify(cost, start, end, path.cost, threads=1)
    assert alone == found
    ground = prepare(cost, (1.0, 1.0), memory_limit=None)
    assert Prover(ground).certify(np.array([start, end], float), path.cost, tolerance=0.005) == found


# ----------------------------------------------------------------------------------- the test of a potential itself


def random_lattice(rng, fine, *, holes):
    plane = np.exp(rng.standard_normal((6, 7)) * rng.choice([0.1, 1.0, 3.0]))
    plane[rng.random(plane.shape) < holes] = np.inf
    aspect = np.exp(rng.standard_normal(6) * 0.4)
    return Lattice(plane.ravel(), 7, aspect, fine.bit_length() - 1, fine, fine, 1.0 / fine), plane


def random_potential(rng, shape):
    u = rng.standard_normal(shape) + np.add.outer(
        rng.normal() * np.arange(shape[0]), rng.normal() * np.arange(shape[1])
    )
    b = rng.choice([0.0, 0.1, 2.0])
    return potential_of(u, *(b * rng.standard_normal((2, *shape))))


def sampled_stretch(lattice, plane, potential, i, j):
    """Largest |grad u| / c on a dense sample, for each diagonal and its bulge; the least of these, computed anew."""
    k = 1 << lattice.shift
    u, east, south = parts_of(potential)
    u = u[i : i + 2, j : j + 2]
    n, s = (float(east[i + a, j]) for a in (0, 1))
    w, e = (float(south[i, j + a]) for a in (0, 1))
    twist, half = u[0, 0] - u[0, 1] - u[1, 0] + u[1, 1], 0.5 * (n + s + w + e)
    best = np.inf
    for anti in (True, False):
        for b in ((twist if anti else -twist) + half, twist if anti else -twist, 0.0):
            worst = 0.0
            for corner in ((0, 0), (1, 1)) if anti else ((0, 1), (1, 0)):
                f, g = corner
                bx, by = (n if f == 0 else s), (w if g == 0 else e)
                dx, dy = u[f, 1 - g] - u[f, g], u[1 - f, g] - u[f, g]
                for x in np.linspace(0, 1, 9):
                    for y in np.linspace(0, 1 - x, 9):
                        ux = dx + bx * (1 - 2 * x - y) - by * y + b * y
                        uy = dy - bx * x + by * (1 - x - 2 * y) + b * x
                        row = (lattice.top + i + (y if f == 0 else 1 - y)) / k
                        col = (lattice.left + j + (x if g == 0 else 1 - x)) / k
                        r, q = (lattice.top + i) // k, (lattice.left + j) // k
                        corners = tuple(float(v) for v in plane[r : r + 2, q : q + 2].ravel())
                        c = masked_cost(corners, row - r, col - q) / k
                        if c < np.inf:
                            aspect = np.interp(row, np.arange(6), lattice.aspect)
                            worst = max(worst, np.hypot(ux / aspect, uy) / c)
            best = min(best, worst)
    return best


@pytest.mark.parametrize("fine", [1, 2, 4])
@pytest.mark.parametrize("seed", range(8))
def test_no_point_of_an_element_is_stretched_more_than_reported(fine, seed):
    rng = np.random.default_rng([seed, fine])
    lattice, plane = random_lattice(rng, fine, holes=0.0 if fine == 1 or seed % 2 else 0.3)
    potential = random_potential(rng, (4 * fine + 1, 5 * fine + 1))
    tight = 0
    for i, j in rng.integers(0, 4 * fine, (12, 2)):
        if is_free(lattice, i, j):
            reported, sampled = stretch(lattice, potential, i, j, 0.0), sampled_stretch(lattice, plane, potential, i, j)
            assert sampled <= reported * ROUNDING
            tight += reported < 1.5 * sampled
    assert tight > 0


@kernel
def stretch_all(lattice, potential, live, work, found):
    """Stretches and ranges of all elements, a row at a time."""
    for i in range(live.shape[0]):
        stretch_row(lattice, potential, live[i], (np.int64(i), np.int64(0), np.int64(live.shape[1])), work)
        for k in range(live.shape[1]):
            for z in range(3):
                found[z, i, k] = work[9 + z, k]


@pytest.mark.parametrize("fine", [1, 2, 4])
@pytest.mark.parametrize("seed", range(4))
def test_rows_of_elements_are_stretched_no_less_than_single_ones(fine, seed):
    rng = np.random.default_rng([seed, fine, 1])
    lattice, _ = random_lattice(rng, fine, holes=0.0 if fine == 1 else 0.2)
    shape = (4 * fine, 5 * fine)
    potential = random_potential(rng, (shape[0] + 1, shape[1] + 1))
    live = np.array([[LIVE * is_free(lattice, i, j) for j in range(shape[1])] for i in range(shape[0])], np.uint8)
    found = np.empty((3, *shape))
    stretch_all(lattice, potential, live, np.empty((WORK_ROWS, shape[1] + 1)), found)
    equal = 0
    for i, j in np.argwhere(live == LIVE)[:: fine * fine]:
        single = stretch(lattice, potential, i, j, 0.0)
        assert found[0, i, j] >= single / ROUNDING
        equal += found[0, i, j] <= single * ROUNDING
        assert found[1:, i, j] == pytest.approx(element_range(potential, i, j), rel=1e-12, abs=1e-12)
    assert equal > 0


# Seeds for which the least cost inside the triangles, not that at their vertices, decides; five for each sign of twist.
@pytest.mark.parametrize("seed", [221, 612, 741, 757, 1313, 74, 345, 480, 566, 921])
def test_twisted_costs_are_tested_by_their_least_value_on_the_triangle(seed):
    rng = np.random.default_rng(seed)
    plane = np.ones((6, 7))
    plane[1:3, 1:3] = np.exp(0.7 * rng.standard_normal((2, 2)))
    lattice = Lattice(plane.ravel(), 7, np.ones(6), 0, 1, 1, 1.0)
    potential = potential_of(rng.standard_normal((2, 2)), *(0.5 * rng.standard_normal((2, 2, 2))))
    assert sampled_stretch(lattice, plane, potential, 0, 0) <= stretch(lattice, potential, 0, 0, 0.0) * ROUNDING


@pytest.mark.parametrize("seed", range(4))
def test_block_costs_are_nowhere_above_the_true_ones(seed, monkeypatch):
    monkeypatch.setattr("routing.geodesic.pyramid.COARSEST", 2)
    rng = np.random.default_rng(seed)
    cost = np.exp(rng.standard_normal((23, 30)))
    cost[rng.random(cost.shape) < 0.2 * seed] = np.inf
    ground = prepare(cost, (1.0, rng.uniform(0.5, 2, 23)), memory_limit=None)
    plane = ground.plane.cost.reshape(-1, ground.plane.width)
    blocks = [level for level in levels(ground) if level.fine == 1]
    assert [level.block for level in blocks] == [8, 4, 2, 1]
    for r, q in rng.uniform(-0.5, [22.5, 29.5], (1500, 2)) + 3:
        if not np.isfinite(plane[round(r), round(q)]):
            continue
        i, j = int(r), int(q)
        true = masked_cost(tuple(plane[i : i + 2, j : j + 2].ravel().tolist()), r - i, q - j)
        for level in blocks:
            lattice = level.lattice(0, 0)
            a, b = int(r / level.block), int(q / level.block)
            assert is_free(lattice, a, b)
            f, g = r / level.block - a, q / level.block - b
            assert masked_cost(element_costs(lattice, a, b), f, g) / level.block <= true * ROUNDING
            aspect = np.interp(r, np.arange(len(plane)), ground.plane.aspect)
            assert level.aspect[a : a + 2].min() <= aspect * ROUNDING


def test_inflating_a_potential_inflates_its_stretch():
    rng = np.random.default_rng(0)
    lattice, _ = random_lattice(rng, 2, holes=0.0)
    one = random_potential(rng, (9, 11))
    two = potential_of(*(1.01 * part for part in parts_of(one)))
    for i in range(8):
        assert stretch(lattice, two, i, i, 0.0) == pytest.approx(1.01 * stretch(lattice, one, i, i, 0.0), rel=1e-6)


def test_costs_of_elements_are_those_of_the_evaluator():
    rng = np.random.default_rng(1)
    lattice, plane = random_lattice(rng, 4, holes=0.25)
    for i, j in rng.integers(0, 16, (60, 2)):
        if not is_free(lattice, i, j):
            continue
        found = element_costs(lattice, i, j)
        r, q = i // 4 + 1, j // 4 + 1
        corners = tuple(float(v) for v in plane[r : r + 2, q : q + 2].ravel())
        for n, (a, b) in enumerate(((0, 0), (0, 1), (1, 0), (1, 1))):
            assert found[n] <= masked_cost(corners, (i % 4 + a) / 4, (j % 4 + b) / 4) / 4
            if np.isfinite(corners).sum() != 3:
                continue
        if np.isfinite(corners).all():
            assert found[0] == pytest.approx(masked_cost(corners, i % 4 / 4, j % 4 / 4) / 4)


def test_a_potential_stays_in_its_range():
    rng = np.random.default_rng(2)
    potential = random_potential(rng, (3, 3))
    low, high = element_range(potential, 0, 0)
    s = np.linspace(0, 1, 50)
    u, east, _ = parts_of(potential)
    b = float(east[0, 0])
    side = u[0, 0] + (u[0, 1] - u[0, 0]) * s + b * s * (1 - s)
    assert low <= side.min()
    assert side.max() <= high


class Careless(Search):
    """A search whose fields are wrong."""

    damage = None

    def _field(self, tube, end, memory):
        potential = super()._field(tube, end, memory)
        u = parts_of(potential)[0]
        u[:] = self.damage(np.random.default_rng(u.size), np.clip(u, 0, 10 * self._price))
        return potential


def somewhere(rng, u, value):
    return np.where(rng.random(u.shape) < 0.01, value, u)


DAMAGE = {
    "inflated": lambda _, u: 1.5 * u,
    "noisy": lambda rng, u: u + rng.standard_normal(u.shape),
    "steep somewhere": lambda rng, u: somewhere(rng, u, 2 * u),
    "random": lambda rng, u: rng.uniform(0, u.max(), u.shape),
    "constant": lambda _, u: np.zeros_like(u),
    "squared": lambda _, u: u * u,
    "huge": lambda rng, u: somewhere(rng, u, 1e200),
    "infinite": lambda rng, u: somewhere(rng, u, np.inf),
    "unknown": lambda rng, u: somewhere(rng, u, np.nan),
}


@pytest.mark.parametrize("name", DAMAGE)
@pytest.mark.parametrize("seed", [1, 2])
def test_wrong_fields_never_give_a_wrong_bound(name, seed):
    cost = fractal_terrain(40, seed, excluded=0.1)
    start, end = (np.array(p, float) for p in far_ends(cost))
    price = least_cost_path(cost, start, end).cost
    ground = prepare(cost, (1.0, 1.0), memory_limit=None)
    with ThreadPoolExecutor(1) as pool:
        search = Careless(ground, ground.pad(np.stack([start, end])), LOOSE * price, tolerance=1e-9, pool=pool)
        search.damage = DAMAGE[name]
        search.run(levels(ground), 50_000, (Memory(), Memory()))
    assert search.bound <= price * ROUNDING


class Watched(Search):
    """A search that is asked after every level whether a path is still in its tube."""

    line = None

    def _work(self, level, tube):
        tube = super()._work(level, tube)
        nodes = self.line * level.fine / level.block - (tube.lattice.top, tube.lattice.left)
        inside = np.zeros(len(nodes), bool)
        for i, j in {(a, b) for a in (-1e-9, 1e-9) for b in (-1e-9, 1e-9)}:
            r, q = np.floor(nodes + np.array([i, j])).astype(int).T
            rows, cols = tube.marks.kind.shape
            there = (r >= 0) & (q >= 0) & (r < rows) & (q < cols)
            inside[there] |= tube.marks.kind[r[there], q[there]] == LIVE
        assert inside.all()
        return tube


@pytest.mark.parametrize("seed", range(3))
def test_pruning_never_drops_the_best_path(seed):
    cost = fractal_terrain(96, seed, excluded=0.1)
    start, end = (np.array(p, float) for p in far_ends(cost))
    path = least_cost_path(cost, start, end)
    ground = prepare(cost, (1.0, 1.0), memory_limit=None)
    t = np.linspace(0, 1, 20)[:, None]
    line = np.concatenate([a + t * (b - a) for a, b in zip(path.points[:-1], path.points[1:], strict=True)])
    with ThreadPoolExecutor(2) as pool:
        price = (1 + 1e-4) * path.cost  # what is to be proven is that no path costs less than this one
        search = Watched(ground, ground.pad(np.stack([start, end])), price, tolerance=1e-4, pool=pool)
        search.line = ground.pad(line)
        search.run(levels(ground), 400_000, (Memory(), Memory()))
    assert search.used > 2
    assert search.kept < 0.5


def test_any_potential_proves_only_what_is_true():
    rng = np.random.default_rng(7)
    cost = fractal_terrain(24, 4, excluded=0.1)
    start, end = (np.array(p, float) for p in far_ends(cost))
    price = least_cost_path(cost, start, end).cost
    ground = prepare(cost, (1.0, 1.0), memory_limit=None)
    one, two = levels(ground)[:2]
    tube = next_tube(two, first_tube(one), most=10**6)
    ends = ground.pad(np.stack([start, end])) * 2 - (tube.lattice.top, tube.lattice.left)
    slope = np.add.outer(*(np.arange(n) * d for n, d in zip(tube.shape, (end - start) / 24, strict=True)))
    best = 0.0
    with ThreadPoolExecutor(2) as pool:
        for _ in range(60):
            rough = random_potential(rng, tube.shape)
            u, east, south = parts_of(rough)
            one = potential_of(3 * slope + rng.choice([0.0, 0.01, 0.3, 3.0]) * u, 0.05 * east, 0.05 * south)
            pair = Pair(tube, ends, one, rough, 1.0, 10 * price, np.empty((2, WORK_ROWS, tube.shape[1])), pool)
            rise = pair.rise(one, pair.scale(one, 0), 0)
            assert rise <= price * ROUNDING
            best = max(best, rise)
    assert best > 0.3 * price
    assert (tube.marks.kind == LIVE).sum() == tube.count


# ----------------------------------------------------------------------------------------------------- properties

RASTERS = st.tuples(st.integers(0, 10**6), st.sampled_from(["noise", "lognormal", "border", "holes"]))
PROPERTY = settings(max_examples=15, deadline=None)


def small_case(drawn):
    rng = np.random.default_rng(drawn[0])
    cost = rough_raster(drawn[1], rng, (12, 14))
    cost[1, 1:13] = cost[1:11, 12] = 2.0
    return rng, cost, (1, 1), (10, 12)


@PROPERTY
@given(RASTERS, st.sampled_from([0.25, 3.0, 1e6]))
def test_scaled_cost_scales_the_bound(drawn, factor):
    _, cost, start, end = small_case(drawn)
    price = least_cost_path(cost, start, end).cost
    one = bound_of(cost, start, end, price)
    assert bound_of(factor * cost, start, end, factor * price) == pytest.approx(factor * one, rel=2e-3)


@PROPERTY
@given(RASTERS)
def test_there_and_back_have_one_bound(drawn):
    _, cost, start, end = small_case(drawn)
    price = least_cost_path(cost, start, end).cost
    assert bound_of(cost, start, end, price) == bound_of(cost, end, start, price)


@PROPERTY
@given(RASTERS)
def test_an_exclusion_never_takes_the_bound_above_the_new_optimum(drawn):
    rng, cost, start, end = small_case(drawn)
    r, q = rng.integers(2, 11), rng.integers(0, 12)
    cost[r : r + 2, q : q + 3] = np.inf
    try:
        price = least_cost_path(cost, start, end).cost
    except NoPathError:
        return
    assert bound_of(cost, start, end, price) <= price * ROUNDING


@PROPERTY
@given(RASTERS, st.floats(1.0, 50.0))
def test_a_poor_price_never_takes_the_bound_above_the_optimum(drawn, factor):
    _, cost, start, end = small_case(drawn)
    price = least_cost_path(cost, start, end).cost
    found = certify(cost, start, end, factor * price, tolerance=1e-9, max_elements=30_000)
    assert found.lower_bound <= price * ROUNDING
    assert found.gap == pytest.approx(factor * price / found.lower_bound - 1)


def test_a_tight_budget_gives_a_poorer_bound_and_says_so():
    cost = fractal_terrain(64, 1)
    start, end = far_ends(cost)
    price = least_cost_path(cost, start, end).cost
    poor = certify(cost, start, end, price, tolerance=1e-6, max_elements=100)
    fair = certify(cost, start, end, price, tolerance=1e-6, max_elements=20_000)
    assert not poor.reached
    assert poor.levels == 0
    assert 0 < poor.lower_bound < fair.lower_bound <= price


def test_what_cannot_be_certified_is_refused():
    cost = np.ones((5, 9))
    with pytest.raises(ArrayError, match="price is inf"):
        certify(cost, (0, 0), (4, 8), np.inf)
    with pytest.raises(ArrayError, match="tolerance is 0"):
        certify(cost, (0, 0), (4, 8), 9.0, tolerance=0)
    with pytest.raises(ArrayError, match="threads is 0"):
        certify(cost, (0, 0), (4, 8), 9.0, threads=0)
    with pytest.raises(ArrayError, match="not between 1e-30 and 1e30"):
        certify(1e40 * cost, (0, 0), (4, 8), 9e40)
    cost[:, 4] = np.inf
    with pytest.raises(NoPathError, match="no path"):
        certify(cost, (0, 0), (4, 8), 9.0)
    with pytest.raises(NoPathError, match="excluded cell"):
        certify(cost, (0, 0), (2, 4), 9.0)
    assert certify(cost, (1, 1), (1, 1), 0.0).gap == 0.0
