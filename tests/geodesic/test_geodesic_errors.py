"""What is refused, and how the errors help."""

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from routing.errors import ArrayError, NoPathError, ResourceError
from routing.geodesic import CostGrid, distance_field, enclosure, least_cost_path, marching, path_cost

INF = np.inf
ONES = np.ones((4, 5))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.nan, "NaN .* row 2, col 3"),
        (0.0, "0 at row 2, col 3"),
        (-2.5, "-2.5 at row 2, col 3"),
        (-INF, "-inf at row 2"),
    ],
)
def test_a_bad_cost_is_refused_with_its_place(value, message):
    cost = ONES.copy()
    cost[2, 3] = cost[3, 1] = value
    for call in (CostGrid, lambda c: distance_field(c, (0, 0)), lambda c: least_cost_path(c, (0, 0), (1, 1))):
        with pytest.raises(ArrayError, match=message):
            call(cost)


@pytest.mark.parametrize(
    ("cost", "message"),
    [
        (np.ones(3), "1 dimensions"),
        (np.ones((2, 2, 2)), "3 dimensions"),
        (np.ones((0, 3)), "empty"),
        (np.ones((2, 2), complex), "complex"),
        (np.array([["a"]]), "holds"),
        (np.ones((2, 2), bool), "bool"),
        (np.ma.masked_equal(ONES, 2), "masked"),
    ],
)
def test_a_raster_of_the_wrong_kind_is_refused(cost, message):
    with pytest.raises(ArrayError, match=message):
        CostGrid(cost)


@pytest.mark.parametrize(
    ("size", "message"),
    [
        ((0, 1), "row spacing"),
        ((1, -1), "column spacing"),
        ((1, np.ones(7)), "shape"),
        ((np.nan, 1), "row"),
        ((1, INF), "column"),
    ],
)
def test_a_bad_cell_size_is_refused(size, message):
    with pytest.raises(ArrayError, match=message):
        CostGrid(ONES, cell_size=size)


@pytest.mark.parametrize(
    "points", [[(0, 0, 0)], 3.0, "ab", [(0, 0), (1,)], [(np.nan, 0), (1, 1)], [(INF, 0)], np.empty((0, 2))]
)
def test_bad_points_are_refused(points):
    with pytest.raises(ArrayError):
        path_cost(ONES, points)


def test_bad_sources_prices_and_options_are_refused():
    grid = CostGrid(ONES)
    with pytest.raises(ArrayError, match="sources"):
        grid.field([(0, 0, 0)])
    with pytest.raises(ArrayError, match="start_prices"):
        grid.field([(0, 0)], start_prices=[1, 2])
    with pytest.raises(ArrayError, match="negative"):
        grid.field([(0, 0)], start_prices=[-1])
    with pytest.raises(ArrayError, match="tolerance"):
        least_cost_path(ONES, (0, 0), (1, 1), tolerance=0)
    with pytest.raises(ArrayError, match="threads"):
        least_cost_path(ONES, (0, 0), (1, 1), threads=0)
    with pytest.raises(ArrayError, match="start"):
        least_cost_path(ONES, (0, np.nan), (1, 1))


def test_a_cost_that_spans_too_much_is_refused():
    with pytest.raises(ArrayError, match="1e-60 to 1e\\+60"):
        CostGrid([[1e-60, 1e60]])


def walled():
    cost = np.ones((20, 30))
    cost[8:13, 20:25] = INF
    cost[9:12, 21:24] = 1.0  # a pocket of 9 cells
    return cost


def test_an_end_that_is_walled_in_is_named_with_the_nearest_cell_one_can_reach():
    with pytest.raises(NoPathError, match="enclose the end in a pocket of 9 cells") as caught:
        least_cost_path(walled(), (2, 2), (10, 22))
    error = caught.value
    assert (error.start, error.end, error.enclosed) == ((2.0, 2.0), (10.0, 22.0), "end")
    assert error.nearest_reachable in {(7, 22), (13, 22), (10, 19), (10, 25)}
    assert isinstance(error, ValueError)


def test_a_start_that_is_walled_in_is_named():
    with pytest.raises(NoPathError, match="enclose the start") as caught:
        least_cost_path(walled(), (10, 22), (2, 2))
    assert caught.value.enclosed == "start"
    assert caught.value.nearest_reachable == (9, 21)


def test_pockets_of_one_size_enclose_both():
    cost = np.ones((5, 11))
    cost[:, 5] = INF
    with pytest.raises(NoPathError, match="both") as caught:
        least_cost_path(cost, (2, 0), (2, 10))
    assert caught.value.enclosed == "both"
    assert caught.value.nearest_reachable == (2, 4)


@pytest.mark.parametrize(
    ("start", "end", "enclosed", "message"),
    [
        ((8, 22), (2, 2), "start", "start lies in an excluded cell"),
        ((2, 2), (8, 22), "end", "end lies in an excluded cell"),
        ((2, 2), (2, 99), "end", "end lies outside"),
        ((-3, 2), (2, 9), "start", "start lies outside"),
    ],
)
def test_an_end_off_the_free_cells_is_named(start, end, enclosed, message):
    with pytest.raises(NoPathError, match=message) as caught:
        least_cost_path(walled(), start, end)
    assert caught.value.enclosed == enclosed
    assert (caught.value.nearest_reachable is None) == (enclosed == "start")


def test_a_field_diagnoses_ends_it_cannot_reach():
    field = CostGrid(walled()).field([(2, 2), (15, 3)])
    with pytest.raises(NoPathError, match="end"):
        field.path_to((10, 22))
    with pytest.raises(NoPathError, match="excluded"):
        field.path_to((8, 22))
    with pytest.raises(NoPathError, match="start lies in an excluded cell"):
        CostGrid(walled()).field((8, 22)).path_to((2, 2))


def test_everything_excluded_has_no_path():
    with pytest.raises(NoPathError) as caught:
        least_cost_path(np.full((3, 3), INF), (0, 0), (2, 2))
    assert caught.value.nearest_reachable is None


def test_enclosure_is_the_pocket_of_a_point():
    assert enclosure(walled(), (10, 22)).sum() == 9
    assert enclosure(walled(), (8, 22)).sum() == 0
    assert enclosure(walled(), (8.5, 21)).sum() == 9  # at the inner edge of the wall
    assert enclosure(walled(), (99, 99)).sum() == 0
    with pytest.raises(ArrayError):
        enclosure(np.ones(3), (0, 0))


def test_work_that_needs_too_much_memory_is_refused_before_it_starts():
    with pytest.raises(ResourceError, match="memory_limit"):
        least_cost_path(np.ones((100, 100)), (0, 0), (9, 9), memory_limit=1000)
    huge = np.broadcast_to(np.float32(1.0), (200_000, 200_000))
    with pytest.raises(MemoryError, match="GB"):
        CostGrid(huge)


def test_the_raster_may_change_after_it_was_prepared():
    cost = np.ones((5, 5))
    grid = CostGrid(cost)
    cost[:] = np.nan
    assert grid.price([(0, 0), (0, 4)]) == 4.0


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_control_c_stops_a_long_solve():
    script = (
        "import numpy as np; from routing.geodesic import distance_field\n"
        "distance_field(np.ones((20, 20), np.float32), (0, 0)); print('ready', flush=True)\n"
        "while True: distance_field(np.ones((3000, 3000), np.float32), (0, 0))"
    )
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline().strip() == "ready"
            time.sleep(0.5)
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=30)
        finally:
            process.kill()  # one that does not stop would take a core for ever
    assert "KeyboardInterrupt" in errors


def test_an_interrupted_solve_leaves_the_grid_usable(monkeypatch):
    grid = CostGrid(np.ones((200, 200)))
    expected = grid.field((3, 3)).distance
    monkeypatch.setattr(marching, "EFFORT", (1000, 10))
    real, calls = marching._run, []

    def interrupted(advance, front):
        def once(front):
            calls.append(1)
            if len(calls) == 3:
                raise KeyboardInterrupt
            return advance(front)

        return real(once, front)

    monkeypatch.setattr(marching, "_run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        grid.field((3, 3))
    assert np.array_equal(grid.field((3, 3)).distance, expected)


def test_one_grid_serves_several_threads():
    grid = CostGrid(np.random.default_rng(0).uniform(1, 2, (150, 150)))
    expected = [grid.field((k, k)).path_to((140, 3 * k)).cost for k in range(8)]
    got = [None] * 8

    def work(k):
        got[k] = grid.field((k, k)).path_to((140, 3 * k)).cost

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == expected


def test_importing_leaves_numba_alone():
    script = "import sys; import routing.geodesic; print('numba' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=os.environ)
    assert out.stdout.strip() == "False"


def test_the_memory_of_a_field_stays_within_its_estimate():
    script = (
        "import numpy as np, resource\n"
        "from routing.geodesic import distance_field, ground\n"
        "cost = np.ones((3000, 3000), np.float32)\n"
        "distance_field(cost[:1100, :1100], (0, 0))\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "distance_field(cost, (1500, 1500))\n"
        "grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before\n"
        "print(grown * 1024 / cost.size / ground.BYTES_PER_CELL[4])"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=os.environ)
    assert float(run.stdout) < 1.0
