"""The parts of the Steiner solver alone: each keeps the optimum, or stays on its side of it."""

import json

import numpy as np
import pytest
import steiner
from hypothesis import given, settings
from hypothesis import strategies as st
from test_steiner import brute, by_subsets, grid_with_holes, hypercube, spanned

from routing.errors import InputError
from routing.network.steiner_ascent import Cuts, ascend, through_prices
from routing.network.steiner_growth import grow, improve, new_nursery
from routing.network.steiner_labels import cheapest_below
from routing.network.steiner_net import net_of
from routing.network.steiner_potentials import potentials_of
from routing.network.steiner_reduction import reduce_web
from routing.network.steiner_relaxation import Relaxation, cut_arcs, reachable
from routing.network.steiner_search import Search
from routing.network.steiner_separation import separate
from routing.network.steiner_web import expand, new_web

seeds = st.integers(0, 2**32 - 1)
NO_CUTS = Cuts(np.zeros(0, np.int64), np.zeros(1, np.int64), np.zeros(0))


def random_graph(seed, *, nodes=9, dearest=6):
    """A connected graph: a random tree and as many edges again; prices from 1; some terminals."""
    rng = np.random.default_rng(seed)
    tree = [(int(rng.integers(node)), node) for node in range(1, nodes)]
    more = [tuple(rng.choice(nodes, 2, replace=False).tolist()) for _ in range(nodes)]
    edges = [*tree, *more]
    prices = rng.integers(1, dearest + 1, len(edges)).tolist()
    return edges, prices, sorted(rng.choice(nodes, int(rng.integers(2, 6)), replace=False).tolist())


def web_of(edges, prices, terminals):
    ends = np.array(edges, np.int64)
    return new_web(ends, np.array(prices, float), np.array(terminals, np.int64), vertices=int(ends.max()) + 1)


def searched(edges, prices, terminals, **how):
    search = Search(whole=True, limit=how.pop("limit", None), **how)
    web = web_of(edges, prices, terminals)
    search.start(web)
    search.explore(web)
    return search


@given(seeds)
@settings(max_examples=150, deadline=None)
def test_reductions_keep_the_price_of_the_cheapest_tree(seed):
    edges, prices, terminals = random_graph(seed)
    web = web_of(edges, prices, terminals)
    reduce_web(web)
    net = net_of(web)
    once = net.tail < net.head
    left = np.c_[net.tail, net.head][once].tolist()
    rest = brute(left, net.price[once].tolist(), net.terminals.tolist()) if left else 0
    assert web.base[0] + rest == brute(edges, prices, terminals)
    fixed = expand(web, np.zeros(0, np.int64))
    assert web.base[0] == sum(prices[row] for row in fixed)


def test_terminals_without_edges_are_left_apart_by_reductions():
    web = web_of([(0, 1), (2, 3), (4, 5)], [1, 1, 1], [0, 2, 5])
    reduce_web(web)
    assert (web.end < 0).all()
    assert web.terminal.sum() == 3


@given(seeds)
@settings(max_examples=100, deadline=None)
def test_dual_ascent_stays_below_the_cheapest_tree_and_its_cuts_overpay_no_arc(seed):
    edges, prices, terminals = random_graph(seed)
    net = net_of(web_of(edges, prices, terminals))
    best = brute(edges, prices, terminals)
    for root in net.terminals.tolist():
        found = ascend(net, root, with_cuts=True)
        assert found.bound <= best
        assert found.bound == found.cuts.price.sum()
        paid = np.zeros(net.head.size)
        for arcs, price in zip(cut_arcs(net, found.cuts), found.cuts.price, strict=True):
            assert len(reachable(net, root, without=arcs)) < net.terminal.size
            paid[arcs] += price
        assert np.array_equal(net.price - paid, found.reduced)
        assert found.reduced.min() >= 0


@given(seeds)
@settings(max_examples=100, deadline=None)
def test_edges_whose_ways_cost_more_than_the_cheapest_tree_are_not_needed(seed):
    edges, prices, terminals = random_graph(seed)
    net = net_of(web_of(edges, prices, terminals))
    best = brute(edges, prices, terminals)
    found = ascend(net, int(net.terminals[0]))
    above = found.bound + through_prices(net, found.root, found.reduced)
    kept = np.unique(net.edge[np.minimum(above, above[net.twin]) <= best])
    assert brute([edges[row] for row in kept], [prices[row] for row in kept], terminals) == best


@given(seeds)
@settings(max_examples=60, deadline=None)
def test_grown_trees_join_the_terminals_and_improving_them_never_costs(seed):
    edges, prices, joined = grid_with_holes(8, 8, seed=seed, dearest=5)
    terminals = joined[:: max(1, len(joined) // 6)].tolist()
    net = net_of(web_of(edges, prices, terminals))
    nursery = new_nursery(net)
    for seed_vertex in net.terminals[[0, -1]].tolist():
        tree = grow(nursery, seed_vertex, net.price)
        better = improve(nursery, tree)
        assert by_subsets(edges, prices, terminals) <= better.price <= tree.price
        for found in (tree, better):
            chosen = [edges[row] for row in found.edges]
            nodes = {node for edge in chosen for node in edge}
            assert set(terminals) <= nodes
            assert spanned(chosen, [prices[row] for row in found.edges], nodes) == found.price


@pytest.mark.parametrize("with_cuts", [False, True])
@given(seed=seeds)
@settings(max_examples=60, deadline=None)
def test_labels_find_the_cheapest_tree_with_and_without_future_prices(with_cuts, seed):
    edges, prices, terminals = random_graph(seed)
    net = net_of(web_of(edges, prices, terminals))
    best = brute(edges, prices, terminals)
    root = int(net.terminals[-1])
    potentials = potentials_of(net, root, ascend(net, root, with_cuts=True).cuts if with_cuts else NO_CUTS)
    everything = np.ones(net.head.size, bool)
    found = cheapest_below(net, potentials, open_arcs=everything, ceiling=best, limit=1 << 12)
    assert found.proven
    assert found.tree.price == best
    none = cheapest_below(net, potentials, open_arcs=everything, ceiling=best - 0.5, limit=1 << 12)
    assert (none.proven, none.tree) == (True, None)


def test_labels_without_room_prove_nothing():
    edges, prices, terminals = hypercube(4, [1] * 32)
    net = net_of(web_of(edges, prices, terminals))
    potentials = potentials_of(net, 0, NO_CUTS)
    found = cheapest_below(net, potentials, open_arcs=np.ones(net.head.size, bool), ceiling=99.0, limit=50)
    assert (found.proven, found.tree) == (False, None)


@given(seeds)
@settings(max_examples=40, deadline=None)
def test_the_relaxation_lies_between_dual_ascent_and_the_cheapest_tree(seed):
    edges, prices, terminals = random_graph(seed)
    net = net_of(web_of(edges, prices, terminals))
    root = int(net.terminals[0])
    low = ascend(net, root, with_cuts=True)
    everything = np.ones(net.head.size, bool)
    relaxation = Relaxation(net, root, open_arcs=everything, active=low.reduced <= 0)
    relaxation.add(cut_arcs(net, low.cuts))
    while True:
        relaxed = relaxation.solve()
        cuts = separate(net, root, relaxed.amount)
        assert all(relaxed.amount[cut].sum() < 1 for cut in cuts)
        if not relaxation.add(cuts):
            break
    best = brute(edges, prices, terminals)
    assert low.bound - 1e-6 <= relaxed.bound <= best + 1e-6
    # The values of its cuts prove the same to the dynamic programme.
    priced = relaxation.priced_cuts()
    assert priced.price.sum() == pytest.approx(relaxed.bound)
    potentials = potentials_of(net, root, priced)
    rise = np.maximum(0, potentials.value[:, net.head] - potentials.value[:, net.tail]).sum(axis=0)
    assert (rise[net.head != root] <= net.price[net.head != root] + 1e-9).all()
    found = cheapest_below(net, potentials, open_arcs=everything, ceiling=best + 1e-6, limit=1 << 12)
    assert found.tree.price == best


def test_the_relaxation_of_the_odd_wheel_is_known_to_fall_short():
    # Three terminals around a hub of three spokes, all of price one: half of each arc away from the root is enough.
    edges = [(0, 3), (0, 4), (1, 3), (1, 5), (2, 4), (2, 5), (3, 6), (4, 6), (5, 6)]
    prices, terminals = [1] * 9, [0, 1, 2, 6]
    net = net_of(web_of(edges, prices, terminals))
    relaxation = Relaxation(net, 6, open_arcs=np.ones(18, bool), active=np.ones(18, bool))
    relaxation.add(separate(net, 6, np.zeros(18)))
    while relaxation.add(separate(net, 6, (relaxed := relaxation.solve()).amount)):
        pass
    assert relaxed.bound == pytest.approx(4.5)
    assert brute(edges, prices, terminals) == 5


@pytest.mark.parametrize("seed", range(8))
def test_branch_and_bound_alone_solves_what_the_relaxation_leaves_open(seed):
    edges, prices, terminals = hypercube(4, np.random.default_rng(seed).integers(100, 111, 32).tolist())
    search = searched(edges, prices, terminals, most_labels=0)
    assert search.price == by_subsets(edges, prices, terminals)
    assert search.left_bound == np.inf
    assert "dynamic programme" not in search.solver


def test_branch_and_bound_that_is_cut_short_gives_a_true_bound_below_its_tree():
    edges, prices, terminals = hypercube(5, [1] * 80)
    for limit in (1, 2, 4):
        search = searched(edges, prices, terminals, most_labels=0, limit=limit)
        assert search.nodes == limit
        assert 0 < search.bound <= 20 <= search.price
        assert search.left_bound < 20


@pytest.mark.parametrize("seed", range(6))
def test_branch_and_bound_and_the_dynamic_programme_agree_on_grids(seed):
    edges, prices, joined = grid_with_holes(12, 12, seed=seed, dearest=2)
    terminals = np.random.default_rng(seed).choice(joined, 12, replace=False).tolist()
    assert searched(edges, prices, terminals, most_labels=0).price == searched(edges, prices, terminals).price


GRAPH = """33D32945 STP File, STP Format Version 1.0
SECTION Comment
Name "star"
END
SECTION Graph
Nodes 4
Edges 6
E 1 2 5
E 2 3 5
E 1 3 5
E 1 4 3
E 2 4 3
E 3 4 2
END

SECTION Terminals
Terminals 3
T 1
T 2
T 3
END

EOF
"""


def write(folder, text):
    path = folder / "star.gr"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_benchmark_prints_a_row_for_each_file_and_its_peer_agrees(tmp_path, capsys):
    path = write(tmp_path, GRAPH)
    assert steiner.main(["--peer", str(path), str(path)]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(rows) == 2
    for row in rows:
        wanted = {"cost": 8, "bound": 8, "nodes": 4, "edges": 6, "terminals": 3, "status": "OPTIMAL"}
        assert wanted.items() <= row.items()
        assert isinstance(row["cost"], int)
        assert row["peer_cost"] == pytest.approx(8)
        assert row["ratio"] == pytest.approx(row["peer"] / row["ours"])


def test_the_benchmark_says_that_terminals_are_apart(tmp_path, capsys):
    path = write(tmp_path, GRAPH.replace("Nodes 4", "Nodes 5").replace("T 3", "T 5"))
    assert steiner.main([str(path)]) == 3
    assert "no edges join terminal" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("E 1 2 5", "E 1 9 5", "line 8: node or count 9 is out of range"),
        ("E 1 2 5", "E 1 2", "line 8: an edge has 2 values"),
        ("E 1 2 5", "E 1 2 -5", "line 8: the price '-5' is not 0 or more"),
        ("E 1 2 5", "E 1 2 much", "line 8: the price 'much'"),
        ("E 1 2 5", "A 1 2 5", "line 8: 'A' is none of"),
        ("Nodes 4\n", "", "line 7: a node comes before the number of nodes"),
        ("Nodes 4", "Nodes", "line 6: no whole number"),
        ("Edges 6", "Edges 7", "Edges is 7, but there are 6"),
        ("Terminals 3\n", "", "Terminals is None, but there are 3"),
        ("T 3\nEND", "T 3", "the file ends inside section Terminals"),
        ("END\n\nSECTION T", "SECTION T", "line 14: a section begins"),
        ("E 1 2 5", "E 1 x 5", "line 8: no whole number"),
    ],
)
def test_a_malformed_file_is_refused_with_its_line(tmp_path, capsys, old, new, text):
    path = write(tmp_path, GRAPH.replace(old, new))
    assert steiner.main([str(path)]) == 2
    message = capsys.readouterr().err
    assert str(path) in message
    assert text in message


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "binary.gr"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="cannot be read"):
        steiner.read_graph(path)
    with pytest.raises(InputError, match="cannot be read"):
        steiner.read_graph(tmp_path / "missing.gr")
