"""Paths: never through an exclusion, never lost, never dearer than the graph, the same both ways."""

import numpy as np
import pytest
from geodesic_oracles import (
    enters_exclusion,
    far_ends,
    fractal_terrain,
    graph_prices,
    smooth_noise,
    visibility_length,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import label

from routing.errors import NoPathError
from routing.geodesic import CostGrid, GeodesicPath, least_cost_path, path, path_cost
from routing.geodesic import field as field_module

INF = np.inf


def random_raster(seed, kind, rows, cols, share):
    """Noise of any correlation, uniform, two classes, blocks; with random excluded cells."""
    rng = np.random.default_rng(seed)
    if kind == 0:
        cost = np.exp(rng.uniform(0.2, 2.5) * smooth_noise(rng, (rows, cols), rng.uniform(0, 3)))
    elif kind == 1:
        cost = rng.uniform(1, rng.uniform(2, 100), (rows, cols))
    elif kind == 2:
        cost = rng.choice([1.0, rng.uniform(1.5, 20)], size=(rows, cols))
    else:
        size = int(rng.integers(2, 6))
        blocks = np.exp(rng.uniform(0.3, 2) * rng.standard_normal((rows // size + 1, cols // size + 1)))
        cost = np.kron(blocks, np.ones((size, size)))[:rows, :cols]
    cost[rng.random((rows, cols)) < share] = INF
    return cost, rng


rasters = st.tuples(
    st.integers(0, 10**6),
    st.integers(0, 3),
    st.integers(3, 40),
    st.integers(3, 40),
    st.sampled_from([0.0, 0.1, 0.3, 0.5]),
)


@given(rasters)
@settings(max_examples=150, deadline=None)
def test_a_path_is_clear_complete_and_never_dearer_than_eight_neighbours(raster):
    cost, rng = random_raster(*raster)
    free = np.argwhere(np.isfinite(cost))
    if len(free) == 0:
        return
    start, end = (tuple(int(x) for x in free[k]) for k in rng.integers(len(free), size=2))
    grid = CostGrid(cost)
    graph = graph_prices(grid, cost, start)[end]
    if np.isinf(graph):
        with pytest.raises(NoPathError):
            least_cost_path(cost, start, end)
        return
    found = least_cost_path(cost, start, end)
    assert np.array_equal(found.points[[0, -1]], [start, end])
    assert found.cost == pytest.approx(path_cost(cost, found.points), rel=1e-12)
    assert found.cost <= graph * (1 + 1e-6)
    assert not enters_exclusion(cost, found.points)


@given(st.integers(0, 10**6), st.floats(0.0, 0.5))
@settings(max_examples=40, deadline=None)
def test_a_path_in_a_smooth_cost_is_within_the_bound_of_the_graph(seed, roughness):
    """An 8-neighbour path is at most 1.0824 times dearer than the best (Bose et al., arXiv 2404.07562)."""
    rng = np.random.default_rng(seed)
    cost = np.exp(roughness * smooth_noise(rng, (30, 40), 4.0))
    start, end = (int(rng.integers(30)), 0), (int(rng.integers(30)), 39)
    graph = graph_prices(CostGrid(cost), cost, start)[end]
    found = least_cost_path(cost, start, end)
    assert graph / 1.0824 * (1 - 2e-3) <= found.cost <= graph * (1 + 1e-9)


@given(st.integers(0, 10**6), st.integers(1, 4))
@settings(max_examples=40, deadline=None)
def test_mazes_are_solved(seed, corridor):
    rng = np.random.default_rng(seed)
    rows = cols = 21
    maze = np.zeros((rows, cols), bool)
    stack = [(1, 1)]
    maze[1, 1] = True
    while stack:
        r, q = stack[-1]
        steps = [(r + a, q + b) for a, b in ((0, 2), (2, 0), (0, -2), (-2, 0))]
        steps = [s for s in steps if 0 < s[0] < rows and 0 < s[1] < cols and not maze[s]]
        if not steps:
            stack.pop()
            continue
        step = steps[rng.integers(len(steps))]
        maze[(r + step[0]) // 2, (q + step[1]) // 2] = maze[step] = True
        stack.append(step)
    cost = np.where(np.kron(maze, np.ones((corridor, corridor))) > 0, 10.0 ** rng.uniform(0, 3), INF)
    start, end = (1.5 * corridor - 0.5,) * 2, (19.5 * corridor - 0.5,) * 2
    found = least_cost_path(cost, start, end)
    assert not enters_exclusion(cost, found.points)
    length = found.cost / cost[np.isfinite(cost)].min()
    assert length == pytest.approx(
        visibility_length(CostGrid(np.where(cost < INF, 1.0, INF)), cost, start, end, 1e9), rel=1e-6
    )


@pytest.mark.parametrize("diagonal", [False, True])
def test_a_wall_one_cell_thin_is_never_tunnelled_and_its_only_gap_is_found(diagonal):
    n = 60
    cost = np.ones((n, n))
    k = np.arange(n)
    cost[(k, k) if diagonal else (k, np.full(n, 30))] = INF
    start, end = (50, 5), (10, 55)
    with pytest.raises(NoPathError):
        least_cost_path(cost, start, end)
    cost[7, 7 if diagonal else 30] = 1.0
    found = least_cost_path(cost, start, end)
    assert not enters_exclusion(cost, found.points)
    gap = np.array([7, 7 if diagonal else 30])
    assert np.hypot(*(found.points - gap).T).min() < 1
    assert found.cost == pytest.approx(visibility_length(CostGrid(cost), cost, start, end, 200), rel=1e-6)


def test_a_chain_of_corners_is_a_wall():
    cost = np.ones((6, 6))
    cost[np.arange(6), np.arange(6)[::-1]] = INF
    with pytest.raises(NoPathError):
        least_cost_path(cost, (0, 0), (5, 5))


def test_among_obstacles_of_uniform_cost_the_path_is_the_taut_string():
    excess = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        cost = np.ones((120, 140))
        cost[smooth_noise(rng, cost.shape, 3) > 0.7] = INF
        start, end = far_ends(cost)
        found = least_cost_path(cost, start, end)
        excess.append(found.cost / visibility_length(CostGrid(cost), cost, start, end, found.cost) - 1)
    assert min(excess) > -1e-9
    assert max(excess) < 5e-4  # two ways round that differ by less may be mistaken for each other
    assert np.median(excess) < 1e-7  # it keeps a millionth of a cell off each corner


@pytest.mark.parametrize("share", [0.05, 0.1, 0.2, 0.3])
def test_among_scattered_cells_the_path_is_nearly_the_taut_string(share):
    for seed in range(6):
        rng = np.random.default_rng(seed)
        cost = np.ones((40, 50))
        cost[rng.random(cost.shape) < share] = INF
        start, end = far_ends(cost)
        found = least_cost_path(cost, start, end)
        best = visibility_length(CostGrid(cost), cost, start, end, found.cost)
        assert best * (1 - 1e-9) <= found.cost <= best * (1 + 3e-3)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_polishing_finds_what_a_much_longer_relaxation_finds(seed, monkeypatch):
    cost = fractal_terrain(256, seed)
    start, end = far_ends(cost)
    usual = least_cost_path(cost, start, end).cost
    levels = [(spacing, 60, 1e-9, probe) for spacing, _, _, probe in path.LEVELS]
    monkeypatch.setattr(path, "LEVELS", levels + 3 * levels[-1:])
    monkeypatch.setattr(path, "SHARP", (0.005, 0.1))
    longer = least_cost_path(cost, start, end).cost
    assert usual <= longer * (1 + 3e-5)


def test_polishing_is_monotone_from_level_to_level():
    cost = fractal_terrain(200, 4)
    start, end = far_ends(cost)
    field = CostGrid(cost).field(start)
    traced = field._trace(np.array(end, float))
    assert field.path_to(end).cost <= path_cost(cost, traced)


@pytest.mark.parametrize("seed", range(4))
def test_there_and_back_are_one_path(seed):
    cost = fractal_terrain(150, seed)
    start, end = far_ends(cost)
    there, back = least_cost_path(cost, start, end), least_cost_path(cost, end, start)
    assert there.cost == back.cost
    assert np.array_equal(there.points, back.points[::-1])
    one, other = CostGrid(cost).field(start).path_to(end).cost, CostGrid(cost).field(end).path_to(start).cost
    assert one == pytest.approx(other, rel=1e-4)


def test_paths_are_the_same_bit_for_bit():
    cost = fractal_terrain(200, 8)
    start, end = far_ends(cost)
    results = [least_cost_path(cost, start, end, threads=k) for k in (None, 1, 2, 8)]
    assert all(np.array_equal(r.points, results[0].points) and r.cost == results[0].cost for r in results)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_turning_the_raster_turns_the_path(turns):
    cost = fractal_terrain(120, 3)
    start, end = far_ends(cost)
    number = np.arange(cost.size).reshape(cost.shape)
    turned = np.rot90(number, turns)
    where = lambda p: tuple(int(x) for x in np.argwhere(turned == number[p])[0])  # noqa: E731
    plain = least_cost_path(cost, start, end).cost
    assert least_cost_path(np.rot90(cost, turns), where(start), where(end)).cost == pytest.approx(plain, rel=1e-4)
    assert least_cost_path(cost.T, start[::-1], end[::-1]).cost == pytest.approx(plain, rel=1e-4)


def test_moving_the_raster_moves_the_path():
    cost = fractal_terrain(120, 3)
    start, end = far_ends(cost)
    plain = least_cost_path(cost, start, end)
    framed = np.pad(cost, ((7, 2), (11, 5)), constant_values=INF)
    moved = least_cost_path(framed, (start[0] + 7, start[1] + 11), (end[0] + 7, end[1] + 11))
    assert moved.cost == pytest.approx(plain.cost, rel=1e-6)


@given(st.integers(0, 10**6), st.booleans())
@settings(max_examples=60, deadline=None)
def test_adding_an_exclusion_never_lowers_the_price(seed, speckled):
    rng = np.random.default_rng(seed)
    cost = np.ones((40, 50))
    if speckled:
        cost[rng.random(cost.shape) < 0.1] = INF
    else:
        cost[smooth_noise(rng, cost.shape, 2.0) > 1.0] = INF
    cost[20, [0, 49]] = 1.0
    try:
        before = least_cost_path(cost, (20, 0), (20, 49))
        more = cost.copy()
        r, q = np.rint(before.points[rng.integers(5, len(before.points) - 5)]).astype(int)
        more[r - 1 : r + 2, q - 1 : q + 2] = INF
        after = least_cost_path(more, (20, 0), (20, 49))
    except NoPathError:
        return
    # Among many single cells some ways round are equally short to within a fraction of a part.
    assert after.cost >= before.cost * (1 - (2e-3 if speckled else 1e-4))


def test_rows_and_columns_of_different_size():
    found = least_cost_path(np.ones((50, 60)), (5, 5), (45, 55), cell_size=(2.0, 0.5))
    assert found.cost == pytest.approx(np.hypot(80, 25), rel=1e-9)
    cost = fractal_terrain(100, 2)
    start, end = far_ends(cost)
    stretched = least_cost_path(
        np.repeat(cost, 2, axis=1), (start[0], 2 * start[1]), (end[0], 2 * end[1]), cell_size=(1.0, 0.5)
    )
    assert stretched.cost == pytest.approx(least_cost_path(cost, start, end).cost, rel=0.02)


@pytest.mark.parametrize("shape", [(1, 30), (30, 1)])
def test_a_raster_of_one_line(shape):
    cost = np.linspace(1, 3, 30).reshape(shape)
    ends = [tuple(np.minimum(p, np.array(shape) - 1).tolist()) for p in ((0.4, 0.4), (28.3, 28.3))]
    assert least_cost_path(cost, *ends).cost == pytest.approx(path_cost(cost, ends), rel=1e-9)


@pytest.mark.parametrize(
    ("start", "end"), [((3, 3), (3, 3)), ((3.2, 3.7), (3.2, 3.7)), ((3.0, 3.0), (3.0, 3.25)), ((2.5, 2.5), (-0.5, 9.5))]
)
def test_short_and_fractional_ends(start, end):
    cost = np.full((8, 10), 2.0)
    found = least_cost_path(cost, start, end)
    assert found.cost == pytest.approx(2 * np.hypot(end[0] - start[0], end[1] - start[1]), abs=1e-12)
    assert found.points.shape[1] == 2
    assert np.array_equal(found.points[[0, -1]], [start, end])


def test_ends_at_the_edge_of_an_exclusion():
    cost = np.ones((9, 9))
    cost[3:6, 3:6] = INF
    found = least_cost_path(cost, (2.5, 4), (5.5, 4))
    assert found.cost == pytest.approx(1.5 + 3 + 1.5, rel=1e-6)
    assert not enters_exclusion(cost, found.points)


def test_one_field_gives_paths_to_many_ends_and_the_nearest_source_wins():
    cost = np.ones((30, 60))
    field = CostGrid(cost).field([(15, 0), (15, 59)], start_prices=[0.0, 20.0])
    assert field.path_to((15, 30)).points[0].tolist() == [15, 0]
    assert field.path_to((15, 50)).points[0].tolist() == [15, 59]
    assert field.path_to((15, 50)).cost == pytest.approx(9.0)  # without the start price


def test_a_path_that_cannot_be_traced_in_single_precision_is_traced_in_double(monkeypatch):
    cost = fractal_terrain(100, 2)
    start, end = far_ends(cost)
    field = CostGrid(cost).field(start)
    expected = field.path_to(end).cost
    reached = field._march.cells[::2] < field._march.far
    field._march.cells[::2][reached] = np.float32(1000.0)  # a plateau: nothing falls
    assert field.path_to(end).cost == pytest.approx(expected, rel=1e-4)


def test_where_the_cost_is_rough_the_graph_has_a_say():
    rng = np.random.default_rng(3)
    cost = np.exp(2.0 * rng.standard_normal((60, 60)))
    grid = CostGrid(cost)
    graph = graph_prices(grid, cost, (3, 3))
    for end in ((55, 50), (10, 57), (57, 5), (30, 30)):
        assert grid.field((3, 3)).path_to(end).cost <= graph[end] * (1 + 1e-9)


def test_gap_is_none_without_a_bound_and_relative_with_one():
    assert least_cost_path(np.ones((3, 3)), (0, 0), (2, 2)).gap is None
    assert least_cost_path(np.ones((3, 3)), (0, 0), (2, 2)).lower_bound is None
    assert GeodesicPath(np.zeros((2, 2)), 1.01, lower_bound=1.0).gap == pytest.approx(0.01)
    assert GeodesicPath(np.zeros((2, 2)), 0.0, lower_bound=0.0).gap == 0.0


def test_labels_of_the_test_agree_with_the_kernel():
    cost = np.where(np.random.default_rng(0).random((50, 50)) < 0.45, INF, 1.0)
    labels, count = label(np.isfinite(cost))
    for k in range(1, min(count, 8) + 1):
        cells = np.argwhere(labels == k)
        field = CostGrid(cost).field(cells[0])
        assert np.array_equal(np.isfinite(field.distance), labels == k)


def test_an_end_on_the_edge_of_the_raster_survives_rounding():
    cost = np.array([[1.0], [0.75], [0.53], [0.63]])
    found = least_cost_path(cost, (0.6, 0.5), (1.4, 0.5))
    assert path_cost(cost, found.points) == found.cost
    aside = np.array([0.0, 1.0])
    assert path_cost(cost, found.points + 1e-10 * aside) == pytest.approx(found.cost)
    assert path_cost(cost, found.points + 1e-6 * aside) == INF


def test_a_cheap_plain_behind_an_immensely_dear_ridge_is_crossed():
    # Beyond the ridge every step is lost in the rounding of the price so far.
    cost = np.full((60, 80), 1e-9)
    cost[:, 30] = 1e18
    found = least_cost_path(cost, (30, 2), (20, 75))
    assert found.cost == pytest.approx(1e18, rel=1e-6)
    assert np.isfinite(CostGrid(cost).field((30, 2)).distance).all()


def test_the_graph_is_searched_through_plateaus(monkeypatch):
    monkeypatch.setattr(field_module, "SURPRISE", 0.0)  # ask the graph whatever the field says
    cost = np.full((400, 90), 1e-9)
    cost[:, 30] = 1e18
    found = CostGrid(cost).field((30, 2))
    assert found.path_to((20, 75)).cost == pytest.approx(1e18, rel=1e-6)
    assert np.isfinite(found._graph_path(np.array([350.0, 80.0]))).all()
