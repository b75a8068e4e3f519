"""Steiner trees against brute force, SciPy and a subset dynamic programme written here."""

import heapq
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra, minimum_spanning_tree

from routing.errors import InfeasibleError, InputError
from routing.network import steiner_tree


def spanned(edges, prices, nodes):
    """Price of the least spanning tree of the edges among some nodes (Kruskal); None when they fall apart."""
    top = {node: node for node in nodes}

    def find(node):
        while top[node] != node:
            node = top[node]
        return node

    total, left = 0, len(nodes) - 1
    for price, (u, v) in sorted(zip(prices, edges, strict=True)):
        if u in top and v in top and find(u) != find(v):
            top[find(u)] = find(v)
            total, left = total + price, left - 1
    return None if left else total


def brute(edges, prices, terminals):
    """Least price over every choice of further nodes."""
    others = sorted({node for edge in edges for node in edge} - set(terminals))
    found = [
        spanned(edges, prices, {*terminals, *more})
        for count in range(len(others) + 1)
        for more in combinations(others, count)
    ]
    return min((price for price in found if price is not None), default=None)


def by_subsets(edges, prices, terminals):
    """Least price by the dynamic programme over subsets of terminals."""
    near = {}
    for (u, v), price in zip(edges, prices, strict=True):
        near.setdefault(u, []).append((v, price))
        near.setdefault(v, []).append((u, price))
    *others, root = terminals
    best = {}
    for group in range(1, 1 << len(others)):
        row = {}
        if group & (group - 1):
            part = (group - 1) & group
            while part:
                for node, price in best[part].items():
                    row[node] = min(row.get(node, np.inf), price + best[group ^ part].get(node, np.inf))
                part = (part - 1) & group
        else:
            row[others[group.bit_length() - 1]] = 0
        heap = [(price, node) for node, price in row.items()]
        heapq.heapify(heap)
        while heap:
            price, node = heapq.heappop(heap)
            for other, more in near[node] if price == row[node] else ():
                if price + more < row.get(other, np.inf):
                    row[other] = price + more
                    heapq.heappush(heap, (price + more, other))
        best[group] = row
    return best[(1 << len(others)) - 1][root]


def check(edges, prices, terminals, tree):
    """The edges are a tree that joins the terminals, its ends are terminals, its price is what they cost."""
    chosen = [tuple(edges[row]) for row in tree.edges]
    nodes = {node for edge in chosen for node in edge} | set(terminals)
    assert len(chosen) == len(nodes) - 1
    assert spanned(chosen, [prices[row] for row in tree.edges], nodes) == pytest.approx(tree.price, rel=1e-12)
    degree = np.bincount(np.array(chosen, int).reshape(-1), minlength=max(nodes) + 1)
    assert {node for node in nodes if degree[node] == 1} <= set(terminals)
    assert list(tree.edges) == sorted(set(tree.edges))
    assert tree.lower_bound <= tree.price


def solved(edges, prices, terminals):
    """Price of the tree found, which is checked."""
    tree = steiner_tree(edges, prices, terminals)
    check(edges, prices, terminals, tree)
    assert tree.status == "OPTIMAL"
    assert tree.lower_bound == tree.price
    return tree.price


def grid_with_holes(rows, cols, *, seed, dearest):
    """Edges of a grid, a tenth of whose nodes are taken out; prices; the nodes that hang together."""
    rng = np.random.default_rng(seed)
    number = np.arange(rows * cols).reshape(rows, cols)
    edges = np.vstack(
        [np.c_[number[:, :-1].ravel(), number[:, 1:].ravel()], np.c_[number[:-1].ravel(), number[1:].ravel()]]
    )
    holes = rng.random(rows * cols) < 0.1
    edges = edges[~holes[edges].any(axis=1)]
    prices = rng.integers(1, dearest + 1, len(edges))
    first = edges[len(edges) // 2, 0]
    joined = dijkstra(matrix(edges, prices), directed=False, indices=first) < np.inf
    return edges.tolist(), prices.tolist(), np.flatnonzero(joined)


def matrix(edges, prices):
    edges = np.asarray(edges)
    size = edges.max() + 1
    return coo_matrix((prices, (edges[:, 0], edges[:, 1])), shape=(size, size)).tocsr()


def hypercube(dimensions, prices):
    """Nodes of a hypercube with an even number of ones are terminals: the family hc of SteinLib."""
    nodes = range(1 << dimensions)
    edges = [(node, node | 1 << bit) for bit in range(dimensions) for node in nodes if not node >> bit & 1]
    return edges, prices[: len(edges)], [node for node in nodes if node.bit_count() % 2 == 0]


graphs = st.integers(2, 8).flatmap(
    lambda nodes: st.tuples(
        st.lists(
            st.tuples(st.integers(0, nodes - 1), st.integers(0, nodes - 1), st.integers(0, 6)), min_size=1, max_size=20
        ),
        st.lists(st.integers(0, nodes - 1), min_size=1, max_size=nodes),
    )
)


@given(graphs)
@settings(max_examples=120, deadline=None)
def test_the_tree_is_the_cheapest_of_all(graph):
    rows, terminals = graph
    edges, prices = [row[:2] for row in rows], [row[2] for row in rows]
    best = brute(edges, prices, terminals)
    if best is None:
        with pytest.raises(InfeasibleError, match="no edges join terminal"):
            steiner_tree(edges, prices, terminals)
    else:
        assert solved(edges, prices, terminals) == best


@pytest.mark.parametrize(("seed", "dearest"), list(product(range(6), (1, 3, 50))))
def test_trees_on_grids_with_holes_are_those_of_the_subset_programme(seed, dearest):
    edges, prices, joined = grid_with_holes(13, 11, seed=seed, dearest=dearest)
    terminals = np.random.default_rng(seed).choice(joined, 7, replace=False).tolist()
    assert solved(edges, prices, terminals) == by_subsets(edges, prices, terminals)


@pytest.mark.parametrize("seed", range(5))
def test_two_terminals_are_joined_by_a_shortest_path(seed):
    edges, prices, joined = grid_with_holes(40, 40, seed=seed, dearest=9)
    start, end = (int(node) for node in joined[[0, -1]])
    path = dijkstra(matrix(edges, prices), directed=False, indices=start)[end]
    assert solved(edges, prices, [start, end]) == path


@pytest.mark.parametrize("seed", range(5))
def test_with_all_nodes_as_terminals_the_tree_is_a_least_spanning_tree(seed):
    edges, prices, joined = grid_with_holes(30, 30, seed=seed, dearest=20)
    kept = [row for row, edge in enumerate(edges) if np.isin(edge, joined).all()]
    edges, prices = [edges[row] for row in kept], [prices[row] for row in kept]
    assert solved(edges, prices, joined.tolist()) == minimum_spanning_tree(matrix(edges, prices)).sum()


@pytest.mark.parametrize("seed", range(4))
def test_hypercubes_whose_relaxation_is_weak_are_solved(seed):
    rng = np.random.default_rng(seed)
    edges, prices, terminals = hypercube(4, rng.integers(100, 111, 32).tolist())
    assert solved(edges, prices, terminals) == by_subsets(edges, prices, terminals)


def test_the_unit_hypercube_of_five_dimensions_costs_twenty():
    # hc5u of SteinLib.
    edges, prices, terminals = hypercube(5, [1] * 80)
    assert solved(edges, prices, terminals) == 20


def test_one_terminal_needs_no_edge():
    tree = steiner_tree([(0, 1)], [5], [1])
    assert (tree.edges, tree.price, tree.lower_bound, tree.status) == ((), 0, 0, "OPTIMAL")
    assert steiner_tree([], [], [7, 7]).price == 0


def test_free_edges_that_lead_nowhere_are_left_out():
    edges = [(0, 1), (1, 2), (2, 3), (1, 4)]
    assert steiner_tree(edges, [0, 0, 0, 0], [0, 2]).edges == (0, 1)


def test_of_parallel_edges_the_cheapest_is_taken_and_loops_never():
    edges = [(0, 0), (0, 1), (0, 1), (1, 0), (1, 1)]
    assert steiner_tree(edges, [0, 4, 2, 3, 0], [0, 1]).edges == (2,)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_numbering_does_not_change_the_price_and_the_unit_scales_it(seed):
    rng = np.random.default_rng(seed)
    edges, prices, joined = grid_with_holes(9, 9, seed=seed, dearest=7)
    terminals = rng.choice(joined, 8, replace=False)
    price = solved(edges, prices, terminals.tolist())
    new, order = rng.permutation(500)[:81], rng.permutation(len(edges))
    renumbered = new[np.array(edges)[order]][:, ::-1].tolist()
    assert solved(renumbered, np.array(prices)[order].tolist(), new[terminals].tolist()) == price
    assert solved(edges, [price * 60 for price in prices], terminals.tolist()) == 60 * price
    huge = 10**12
    assert solved(edges, [price * huge for price in prices], terminals.tolist()) == huge * price


@pytest.mark.parametrize("unit", [0.1, 1e-9, 1e12, 2.0**-700])
def test_prices_that_are_no_integers_are_proven_to_a_billionth(unit):
    edges, prices, joined = grid_with_holes(14, 14, seed=3, dearest=40)
    terminals = joined[:: len(joined) // 9].tolist()
    whole = steiner_tree(edges, prices, terminals)
    tree = steiner_tree(edges, [price * unit for price in prices], terminals)
    check(edges, [price * unit for price in prices], terminals, tree)
    assert tree.status == "OPTIMAL"
    assert tree.price == pytest.approx(whole.price * unit, rel=1e-9)
    assert tree.lower_bound >= tree.price * (1 - 2e-9)


def test_integer_prices_with_enormous_totals_are_proven_to_a_billionth():
    edges, prices, joined = grid_with_holes(14, 14, seed=3, dearest=40)
    terminals = joined[:: len(joined) // 9].tolist()
    # One more than a multiple, so that there is no common unit.
    dear = [price * 10**15 + 1 for price in prices]
    tree = steiner_tree(edges, dear, terminals)
    best = by_subsets(edges, dear, terminals)
    assert tree.lower_bound <= best <= tree.price <= best * (1 + 1e-9)
    assert isinstance(tree.price, int)
    assert sum(dear[row] for row in tree.edges) == tree.price


def test_without_nodes_the_answer_is_any_tree_and_a_bound_that_holds():
    edges, prices, terminals = hypercube(4, [1] * 32)
    tree = steiner_tree(edges, prices, terminals, most_nodes=0)
    check(edges, prices, terminals, tree)
    assert tree.status == "FEASIBLE"
    assert tree.lower_bound <= by_subsets(edges, prices, terminals) <= tree.price


def test_a_second_run_gives_the_same_tree():
    edges, prices, joined = grid_with_holes(25, 25, seed=8, dearest=3)
    terminals = joined[:: len(joined) // 15].tolist()
    assert steiner_tree(edges, prices, terminals) == steiner_tree(edges, prices, terminals)


def test_the_terminal_that_is_apart_is_named():
    with pytest.raises(InfeasibleError, match="no edges join terminal 8 to terminal 0") as caught:
        steiner_tree([(0, 1), (8, 9)], [1, 1], [0, 1, 8])
    assert caught.value.conflict == ("8",)
    with pytest.raises(InfeasibleError, match="terminal 5 to terminal 0"):
        steiner_tree([(0, 1)], [1], [0, 5])


@pytest.mark.parametrize(
    ("edges", "prices", "terminals", "text"),
    [
        ([(0, 1)], [1, 2], [0], r"edges of shape \(1, 2\) with prices of shape \(2,\)"),
        ([(0, 1, 2)], [1], [0], r"edges of shape \(1, 3\)"),
        ([(0, 1)], [-1], [0], "the price of edge 0 is -1"),
        ([(0, 1)], [np.nan], [0], "the price of edge 0 is nan"),
        ([(0, 1)], [np.inf], [0], "the price of edge 0 is inf"),
        ([(0, 1)], ["dear"], [0], "prices of type"),
        ([(0, -1)], [1], [0], "edges hold something that is no node number"),
        ([(0.5, 1)], [1], [0], "edges hold something that is no node number"),
        ([(0, 1)], [1], [], "no terminals"),
        ([(0, 1)], [1], [-1], "terminals hold something that is no node number"),
        ([(0, 1)], [1], ["a"], "terminals hold something that is no node number"),
    ],
)
def test_bad_input_is_refused_with_its_value(edges, prices, terminals, text):
    with pytest.raises(InputError, match=text):
        steiner_tree(edges, prices, terminals)


def test_a_negative_limit_is_refused():
    with pytest.raises(InputError, match="at most -1 nodes"):
        steiner_tree([(0, 1)], [1], [0, 1], most_nodes=-1)
