"""Benchmarks run, and say what the contract promises: one JSON line a row with ours, peer and ratio."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from best_known import best_known
from pipeline import growth
from rows import beside, within
from terrain import far_ends, fractal, refined
from timing import race, timed
from tracer import trace

from routing.geodesic import CostGrid, distance_field, least_cost_path

FOLDER = Path(__file__).parents[1] / "benchmarks"


def rows_of(*arguments, program="kernel.py"):
    command = [sys.executable, str(FOLDER / program), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_row_of_the_kernel_has_ours_its_peer_and_their_ratio():
    rows = rows_of("--size", "128", "--only", "field", "route", "certificate", "threads")
    assert {row["size"] for row in rows} == {128}
    for row in rows:
        assert row["ours"] > 0
        if row["peer"] is None:
            assert row["ratio"] is None
        else:
            assert row["ratio"] == pytest.approx(row["peer"] / row["ours"])
    found = {(row["row"], row["peer_name"]) for row in rows}
    assert ("field, seconds", "scipy") in found
    assert ("route, price", "best known") in found
    assert (("route, seconds", "skimage") in found) == (importlib.util.find_spec("skimage") is not None)


def test_the_route_of_the_terrain_is_the_best_known_but_for_a_ten_thousandth():
    rows = rows_of("--size", "256", "--only", "route")
    (best,) = (row for row in rows if row["peer_name"] == "best known")
    assert best["ratio"] >= 1 / 1.0001


def test_a_target_is_met_by_a_ratio_and_a_limit_by_staying_within():
    assert beside("field, seconds", 2048, 1.0, peer_name="eikonalfm", peer=6.5)["met"]
    assert not beside("field, seconds", 2048, 1.0, peer_name="eikonalfm", peer=5.5)["met"]
    assert "met" not in beside("field, seconds", 512, 1.0, peer_name="eikonalfm", peer=5.5)
    assert within("route, seconds", 10240, 3.0)["met"]
    assert not within("route, seconds", 10240, 5.0)["met"]
    assert not within("route, seconds", 10240, 3.0, reached=False)["met"]


def test_terrain_is_the_same_every_time_and_a_fifth_of_it_is_excluded():
    cost = fractal(300)
    assert np.array_equal(cost, fractal(300))
    free = cost[np.isfinite(cost)]
    assert free.size == pytest.approx(0.8 * cost.size, rel=1e-3)
    assert (free.min(), free.max()) == pytest.approx((1.0, 10.0))


def test_ends_lie_in_one_water():
    cost = fractal(200)
    start, end = far_ends(cost)
    assert np.isfinite(distance_field(cost, start)[end])
    assert end[1] - start[1] > 150


def test_a_refined_raster_has_the_same_prices():
    cost = fractal(90)
    line = least_cost_path(cost, *far_ends(cost)).points
    for raster, tolerance in ((np.where(np.isfinite(cost), cost, 5.0), 1e-6), (cost, 1e-3)):
        # Beside exclusions the cost is a quotient, which is not bilinear.
        fine = CostGrid(refined(raster, 3)).price((line + 0.5) * 3 - 0.5) / 3
        assert fine == pytest.approx(CostGrid(raster).price(line), rel=tolerance)


def test_the_best_price_known_is_no_dearer_than_what_was_given():
    cost = fractal(100)
    start, end = far_ends(cost)
    path = least_cost_path(cost, start, end)
    best = best_known(cost, start, end, [path.points])
    assert 0.99 * path.cost < best <= path.cost


@pytest.mark.parametrize("seed", range(8))
def test_the_tracer_of_the_peers_never_enters_an_exclusion(seed):
    rng = np.random.default_rng(seed)
    cost = fractal(80, ratio=1e3, seed=seed)
    cost[np.kron(rng.random((20, 20)) < 0.1, np.ones((4, 4))) > 0] = np.inf
    start, end = far_ends(cost)
    line = trace(distance_field(cost, start), start, end)
    price = CostGrid(cost).price(line)
    assert least_cost_path(cost, start, end).cost <= price * (1 + 1e-9) < np.inf


def test_contenders_run_in_turns_and_one_that_gives_up_is_told():
    order = []

    def give_up():
        order.append("b")
        raise RuntimeError("too rough")

    found = race({"a": lambda: order.append("a"), "b": give_up}, runs=2)
    assert order == ["a", "b", "a"]
    assert found["b"].failure == "too rough"
    assert timed(lambda: 7).answer == 7


def test_a_fine_raster_is_measured_beside_gdal_and_a_run_beside_its_estimate(tmp_path):
    asked = ("--only", "raster", "fine", "--side", "1000", "--resolution", "8000", "--options", "published")
    asked += ("--folder", str(tmp_path))
    rows = {row["row"]: row for row in rows_of(*asked, program="pipeline.py")}
    for name in ("seconds", "processor seconds", "GB at most"):
        row = rows[f"raster, {name}"]
        assert (row["peer_name"], row["size"]) == ("gdal average", 1000)
        assert row["ratio"] == pytest.approx(row["peer"] / row["ours"])
    # The sea floor is rough by 3 % of up to 1 km, and an average counts in part what lies across an edge.
    assert rows["raster, m apart"]["ours"] < 1.0
    run = rows["run with a fine raster, seconds"]
    assert list(run["stages"]) == ["load", "surface", "plan", "publish"]
    assert sum(stage["cpu"] for stage in run["stages"].values()) <= run["cpu"]
    peak = rows["run with a fine raster, GB at most"]
    assert peak["peer_name"] == "own estimate"
    assert peak["ratio"] > 1.0
    assert list(tmp_path.iterdir()) == []


def test_growth_is_the_exponent_in_the_number_of_cells():
    stages = {"load": {"cpu": 1.0}, "plan": {"cpu": 2.0}}
    coarse = {"cells": 100, "cpu": 3.0, "gigabytes": 1.0, "stages": stages}
    fine = {"cells": 400, "cpu": 12.0, "gigabytes": 2.0, "stages": {"load": {"cpu": 1.0}, "plan": {"cpu": 32.0}}}
    found = {row["row"]: row["ours"] for row in growth("run", 500, coarse, fine)}
    assert found == pytest.approx(
        {
            "run, growth of processor seconds": 1.0,
            "run, growth of GB": 0.5,
            "run, growth of processor seconds of load": 0.0,
            "run, growth of processor seconds of plan": 2.0,
        }
    )
