"""What a rerun takes from earlier runs: the same bytes as a cold run, whatever came before, and proofs that hold."""

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from routing import pipeline
from routing.geodesic import CostGrid
from routing.planning import KEPT_TYPES
from routing.reuse import CACHE, Reach, Store, Tiling, cut, tile_digests
from routing.reuse.mesh import Mesh
from routing.reuse.values import decode, encode
from routing.route import Route
from routing.runfolder import MANIFEST, file_digest

from miniature import priced_sea  # isort: skip
from test_surveys import write_survey  # isort: skip

#: Part of the miniature sea that no cheap way between AA and BB comes near, and one that all of them pass.
FAR, NEAR = (50.45, 41.06, 50.52, 41.10), (50.40, 41.20, 50.50, 41.50)


# --- values --------------------------------------------------------------------------------------------------------


plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
array = arrays(st.sampled_from(["<f8", "<f4", "<i8", "|b1"]), st.tuples(st.integers(0, 3), st.integers(0, 3)))


@given(st.recursive(plain | array, lambda inner: st.lists(inner, max_size=3).map(tuple)))
def test_a_value_comes_back_bit_for_bit(value):
    back = decode(json.loads(json.dumps(encode(value))), {})
    assert repr(back) == repr(value)
    assert json.dumps(encode(back)) == json.dumps(encode(value))


def test_a_dataclass_comes_back_as_itself_and_no_other_is_made():
    route = Route(np.array([[50.0, 41.0], [51.0, 42.5]]))
    data = json.loads(json.dumps(encode((route, float("inf")))))
    back, infinite = decode(data, {"Route": Route})
    assert_array_equal(back.lonlat, route.lonlat)
    assert infinite == float("inf")
    with pytest.raises(KeyError):
        decode(data, {})
    with pytest.raises(ValueError, match="no array"):
        decode({"array": "|O", "shape": [1], "base64": ""}, {})
    with pytest.raises(TypeError, match="cannot be kept"):
        encode(object())


# --- store ---------------------------------------------------------------------------------------------------------


def test_what_is_kept_is_found_by_its_parts_and_by_the_version(tmp_path):
    store = Store(tmp_path, {"code": "1"}, {})
    key = store.key("route", (1, 2.5))
    assert store.get(key) is None
    assert store.put(key, [1, None]) == (1, None)
    assert Store(tmp_path, {"code": "1"}, {}).get(key) == ((1, None),)
    assert store.key("route", (1, 2.5000001)) != key
    assert Store(tmp_path, {"code": "2"}, {}).key("route", (1, 2.5)) != key


@pytest.mark.parametrize(
    "harm",
    [
        lambda text: text[: len(text) // 2],
        lambda _: "",
        lambda text: text.replace("7", "8"),
        lambda text: text + " ",
        lambda text: "\0" * len(text),
        lambda _: "[" * 100_000,
    ],
)
def test_a_damaged_entry_is_never_used(tmp_path, harm):
    store = Store(tmp_path, {}, {})
    key, other = store.key("a"), store.key("b")
    store.put(key, 7)
    (path,) = tmp_path.glob("??/*.json")
    path.write_text(harm(path.read_text(encoding="utf-8")), encoding="utf-8")
    assert store.get(key) is None
    store.put(other, 7)
    moved = tmp_path / key[:2] / f"{key}.json"
    moved.write_bytes((tmp_path / other[:2] / f"{other}.json").read_bytes())
    assert store.get(key) is None  # whole, but of another key
    store.put(key, 7)
    assert store.get(key) == (7,)


def test_entries_of_the_last_runs_stay_and_others_go(tmp_path):
    for number in range(12):
        store = Store(tmp_path, {}, {})
        store.put(store.key(number), number)
        store.get(store.key(number))
        (tmp_path / "ab").mkdir(exist_ok=True)
        (tmp_path / "ab" / "half.json.17").write_text("torn", encoding="utf-8")
        store.finish()
    store = Store(tmp_path, {}, {})
    assert [number for number in range(12) if store.get(store.key(number))] == list(range(4, 12))
    assert not (tmp_path / "ab" / "half.json.17").exists()


def test_a_folder_that_takes_nothing_costs_time_only(tmp_path):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    store = Store(tmp_path / "file", {}, {})
    assert store.put(store.key("a"), (1.5,)) == (1.5,)
    assert store.get(store.key("a")) is None
    store.finish()


# --- tiles and waters ----------------------------------------------------------------------------------------------


def test_a_tile_changes_when_one_of_its_cells_does():
    depth = np.full((500, 610), 80.0)
    sea = priced_sea(depth)
    tiling = Tiling(depth.shape)
    before = tile_digests(sea, tiling)
    depth[123, 456] = 80.5
    changed = tile_digests(priced_sea(depth), tiling) != before
    assert np.argwhere(changed).tolist() == [[123 // tiling.side, 456 // tiling.side]]


def test_waters_are_the_sea_where_they_are_and_closed_elsewhere():
    rng = np.random.default_rng(3)
    sea = priced_sea(rng.uniform(20.0, 400.0, (40, 61)), free=rng.random((40, 61)) < 0.8)
    tiling = Tiling((40, 61))
    tiles = np.zeros(tiling.shape_in_tiles, bool)
    tiles[3, 5:9] = tiles[4, 8] = tiles[-1, -1] = True
    waters = cut(sea, None, tiling, tiles)
    cells = tiling.cells(tiles)
    inside = waters.outside(np.argwhere(np.isfinite(waters.priced.cost))).astype(int)
    assert_array_equal(inside, np.argwhere(cells & np.isfinite(sea.cost)))
    assert_array_equal(waters.priced.cost[np.isfinite(waters.priced.cost)], sea.cost[cells & np.isfinite(sea.cost)])
    middle = waters.inside(np.argwhere(cells))
    assert np.allclose(waters.priced.lonlat(middle), sea.lonlat(np.argwhere(cells)), atol=1e-12)
    assert np.array_equal(waters.priced.surface.grid.scale, sea.surface.grid.scale[waters.row :, waters.col :])


# --- reach ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("shape", [(60, 80), (500, 700)])  # blocks of one cell, and of several
def test_no_way_that_leaves_the_tiles_costs_less_than_the_limit(seed, shape):
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(1.0, 3.0, (9, 11))
    cost = coarse[np.ix_(np.arange(shape[0]) * 9 // shape[0], np.arange(shape[1]) * 11 // shape[1])]
    cost[shape[0] // 3 : shape[0] // 2, shape[1] // 2] = np.inf
    grid, reach = CostGrid(cost), Reach(CostGrid(cost))
    start, end = (shape[0] // 5, shape[1] // 6), (3 * shape[0] // 4, 5 * shape[1] // 6)
    there, back = grid.field(start).distance, grid.field(end).distance
    for share in (-0.03, 0.0, 0.05):
        tiles, least = reach.between(start, end, there[end], share)
        outside = ~reach.tiling.cells(tiles)
        assert least >= (1.0 + share) * there[end]
        # Fields are a little too dear, by less than a hundredth on such rasters.
        assert (there + back)[outside].min() > 0.99 * least
        assert 0.1 < outside.mean() < 0.99
        assert not outside[start]
        assert not outside[end]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_change_that_no_way_comes_near_leaves_the_chosen_tiles(seed):
    cost = np.random.default_rng(seed).uniform(1.0, 3.0, (500, 700))
    ends = (150, 60), (180, 600)
    price = CostGrid(cost).field(ends[0]).distance[ends[1]]
    before = Reach(CostGrid(cost)).about(*ends, price, 0.2)
    cost[420:480, 200:500] *= 0.9
    assert not before[420 // Tiling(cost.shape).side :].any()
    assert_array_equal(Reach(CostGrid(cost)).about(*ends, price, 0.2), before)


def test_what_does_not_hang_together_on_the_mesh_is_looked_at_everywhere():
    cost = np.ones((60, 80))
    cost[:, 40] = np.inf
    reach = Reach(CostGrid(cost))
    assert reach.about((30, 10), (30, 70), np.inf, 0.1).all()
    tiles, least = reach.between((30, 10), (30, 70), np.inf)
    assert tiles.all()
    assert least == np.inf


def test_steps_of_a_mesh_are_the_shortest_by_brute_force():
    cost = np.random.default_rng(5).uniform(1.0, 4.0, (7, 8))
    cost[2:6, 3] = np.inf
    expected = np.full(cost.shape, np.inf)
    expected[3, 1] = 0.0
    moves = [(i, j) for i in range(-2, 3) for j in range(-2, 3) if 0 < abs(i) + abs(j) < 4 and math.gcd(i, j) == 1]
    for _ in range(cost.size):
        for (r, c), (i, j) in itertools.product(np.argwhere(np.isfinite(cost)), moves):
            if not (0 <= r + i < 7 and 0 <= c + j < 8):
                continue
            # A knight's step passes the two blocks beside the middle of its long side.
            between = (
                [(r + i // 2, c), (r + i - i // 2, c + j)]
                if abs(i) == 2
                else [(r, c + j // 2), (r + i, c + j - j // 2)]
            )
            over = [cost[r, c], cost[r + i, c + j], *(cost[b] for b in between if abs(i) + abs(j) == 3)]
            dearer = expected[r, c] + math.hypot(i, j) * np.mean(over)
            expected[r + i, c + j] = min(expected[r + i, c + j], dearer)
    assert_allclose(Mesh(CostGrid(cost)).prices[3, 1], expected, rtol=1e-12)


# --- plans ---------------------------------------------------------------------------------------------------------


def planned(project, store):
    loaded, sea = project.surface()
    plan = pipeline.plan(loaded, sea, threads=1, store=store)
    return plan, pipeline.account_for(plan, store)


def deliver(project, *boxes):
    """Lay surveys over the sea, each 20 m deeper, named by its place in the list of all that there are."""
    project.settings["survey"] = []
    for number, box in boxes:
        write_survey(project.folder / f"s{number}.tif", box=box, deeper=20.0)
        survey = {
            "name": f"S{number}",
            "path": f"s{number}.tif",
            "kind": "elevation",
            "zero_m": 0.0,
            "date": "2026-01-01",
        }
        project.settings["survey"].append(survey)


def test_a_delivery_that_cannot_matter_searches_nothing_again_and_says_why(sea_project, tmp_path):
    sea_project.settings["option"] = sea_project.settings["option"][:1]

    def store():
        return Store(tmp_path / "kept", {}, KEPT_TYPES)

    first, account = planned(sea_project, store())
    assert account.kept == ()
    assert not list(account.lines())
    deliver(sea_project, (1, FAR))
    second, account = planned(sea_project, store())
    assert account.kept == ("aa-bb",)
    assert not account.made
    assert 0 < account.changed_tiles < 0.1 * account.tiles
    assert_array_equal(second.options[0].links[0].segment.route.lonlat, first.options[0].links[0].segment.route.lonlat)
    assert "nothing is cheaper than its proven bounds" in list(account.lines())[-1]
    for proof in account.as_json()["options"][0]["proofs"]:
        assert proof["reused"]
        assert proof["dearer_elsewhere_usd"] > 0
        assert proof["tiles"] < account.tiles
    deliver(sea_project, (1, FAR), (2, NEAR))
    _, account = planned(sea_project, store())
    assert account.kept == ()
    assert account.made["route"] == 2


def files(folder):
    """Digests of the files of a run, without what differs by what stood in the folder before."""
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return {
        **{name: file_digest(folder / name) for name in manifest["outputs"]},
        MANIFEST: file_digest(folder / MANIFEST),
    }


def test_any_sequence_of_deliveries_gives_the_bytes_of_a_cold_run(sea_project, tmp_path):
    sea_project.settings["option"] = [sea_project.settings["option"][0]]
    surveys = [(1, FAR), (2, NEAR), (3, (50.12, 41.30, 50.20, 41.36)), (4, (50.41, 41.21, 50.52, 41.27))]
    dice, cold = np.random.default_rng(7), {}
    # Added, removed, and in another order, which decides which lies on top.
    states = [(), *(tuple(surveys[k] for k in dice.permutation(4)[: dice.integers(5)]) for _ in range(3))]
    for number, state in enumerate([*states, states[1]]):
        deliver(sea_project, *state)
        sea_project.run()
        if state not in cold:
            cold[state] = files(sea_project.run(tmp_path / f"cold{number}").folder)
        assert files(sea_project.out) == cold[state]
        if number % 3 == 2:  # what is kept may be lost or torn at any time
            for path in sorted((sea_project.out / CACHE).glob("??/*.json"))[::2]:
                path.write_bytes(path.read_bytes()[:40])


def test_a_run_without_reuse_gives_the_same_and_keeps_nothing(sea_project, tmp_path):
    sea_project.settings["option"] = [sea_project.settings["option"][0]]
    one = sea_project.run().folder
    other = pipeline.run(sea_project.read(), tmp_path / "other", threads=1, reuse=False).folder
    assert files(one) == files(other)
    assert (one / CACHE).is_dir()
    assert not (other / CACHE).exists()
