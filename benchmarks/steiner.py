"""Steiner trees of graph files, proven: `python benchmarks/steiner.py FILE.gr [FILE.gr ...]`.

One JSON line a file: cost, bound, status, seconds, nodes, edges, terminals, solver. Files are in the
format of SteinLib and of the PACE challenge of 2018. Compiled code is loaded before the clock starts.

    python benchmarks/steiner.py FILE.gr             the tree of a file
    python benchmarks/steiner.py --peer FILE.gr      beside the flow formulation on HiGHS, for small graphs
    python benchmarks/steiner.py --nodes 10 FILE.gr  at most ten nodes of the branch and bound

With `--peer`, `ours` and `peer` are seconds, and `ratio` = `peer` / `ours`; `peer_cost` is what it found.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from routing.errors import InputError, RoutingError
from routing.network import SteinerTree, steiner_tree

__all__ = ["Graph", "flow_price", "main", "read_graph"]

# Arcs times terminals up to which the peer is asked: it has one variable for each.
PEER_SIZE = 60_000
WHAT = "write the file as SECTION Graph and SECTION Terminals, each closed by END"


@dataclass
class Graph:
    """A graph file: edges by node numbers from 0, their prices, the terminals."""

    nodes: int = 0
    edges: list[tuple[int, int]] = field(default_factory=list)
    prices: list[float] = field(default_factory=list)
    terminals: list[int] = field(default_factory=list)


class _Reader:
    """Reads a file line by line, and knows the place for the message."""

    def __init__(self, path: Path) -> None:
        self.path, self.line, self.graph = path, 0, Graph()
        self.counts: dict[str, int] = {}
        self.section = ""

    def wrong(self, problem: str, remedy: str = WHAT) -> InputError:
        return InputError(problem, remedy=remedy, file=self.path, key=f"line {self.line}")

    def read(self) -> Graph:
        for words in self._lines():
            word = words[0].upper()
            if word == "EOF":
                break
            if word == "SECTION":
                self._open(words)
            elif word == "END":
                self.section = ""
            elif self.section in {"GRAPH", "TERMINALS"}:
                self._take(word, words[1:])
        return self._whole()

    def _lines(self) -> Iterator[list[str]]:
        try:
            text = self.path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"cannot be read ({error})", remedy="give a text file", file=self.path) from error
        for number, line in enumerate(text.splitlines(), start=1):
            self.line = number
            words = line.split()
            if words and not words[0].startswith("#"):
                yield words

    def _open(self, words: list[str]) -> None:
        if self.section or len(words) != 2:
            raise self.wrong(f"a section begins as {' '.join(words)!r}")
        self.section = words[1].upper()

    def _take(self, word: str, values: list[str]) -> None:
        if word in {"NODES", "EDGES", "TERMINALS"}:
            self.counts[word] = self._number(values, 0, largest=None)
        elif word == "E":
            if len(values) != 3:
                raise self.wrong(f"an edge has {len(values)} values", "give two nodes and a price")
            self.graph.edges.append((self._node(values, 0), self._node(values, 1)))
            self.graph.prices.append(self._price(values[2]))
        elif word == "T":
            self.graph.terminals.append(self._node(values, 0))
        else:
            raise self.wrong(f"{word!r} is none of Nodes, Edges, E, Terminals, T", "remove it: only these are read")

    def _node(self, values: list[str], place: int) -> int:
        largest = self.counts.get("NODES")
        if largest is None:
            raise self.wrong("a node comes before the number of nodes")
        return self._number(values, place, largest=largest) - 1

    def _number(self, values: list[str], place: int, *, largest: int | None) -> int:
        try:
            number = int(values[place])
        except (IndexError, ValueError):
            raise self.wrong(f"no whole number among {' '.join(values)!r}") from None
        if number < 0 or (largest is not None and not 1 <= number <= largest):
            raise self.wrong(f"node or count {number} is out of range", f"number the nodes from 1 to {largest}")
        return number

    def _price(self, text: str) -> float:
        try:
            price = int(text) if text.lstrip("+-").isdigit() else float(text)
        except ValueError:
            price = math.nan
        if not 0 <= price < math.inf:
            raise self.wrong(f"the price {text!r} is not 0 or more", "give a finite number")
        return price

    def _whole(self) -> Graph:
        if self.section:
            raise self.wrong(f"the file ends inside section {self.section.capitalize()}")
        found = {"EDGES": len(self.graph.edges), "TERMINALS": len(self.graph.terminals)}
        for name, number in found.items():
            if self.counts.get(name) != number:
                raise self.wrong(f"{name.capitalize()} is {self.counts.get(name)}, but there are {number}")
        self.graph.nodes = self.counts["NODES"]
        return self.graph


def read_graph(path: Path) -> Graph:
    """A graph file, or an InputError that names the line."""
    return _Reader(path).read()


def flow_price(graph: Graph) -> float | None:
    """Price of the cheapest tree by HiGHS: one flow a terminal on bought arcs; ``None`` for a graph too large."""
    from ortools.math_opt.python import mathopt

    root, *others = sorted(set(graph.terminals))
    arcs = [*graph.edges, *((v, u) for u, v in graph.edges)]
    if len(arcs) * len(others) > PEER_SIZE:
        return None
    model = mathopt.Model()
    bought = [model.add_binary_variable() for _ in arcs]
    model.minimize(mathopt.fast_sum(c * x for c, x in zip([*graph.prices, *graph.prices], bought, strict=True)))
    for terminal in others:
        flow = [model.add_variable(lb=0.0, ub=1.0) for _ in arcs]
        balance: dict[int, list[Any]] = {node: [] for node in range(graph.nodes)}
        for (u, v), sent, paid in zip(arcs, flow, bought, strict=True):
            model.add_linear_constraint(sent <= paid)
            balance[u].append(-sent)
            balance[v].append(sent)
        for node, terms in balance.items():
            wanted = (node == terminal) - (node == root)
            if terms:
                model.add_linear_constraint(mathopt.fast_sum(terms) == wanted)
    return float(mathopt.solve(model, mathopt.SolverType.HIGHS).objective_value())


def row_of(path: Path, *, peer: bool, nodes: int | None) -> dict[str, Any]:
    """What is printed of a file."""
    graph = read_graph(path)
    began = time.perf_counter()
    tree = _tree(graph, nodes)
    seconds = time.perf_counter() - began
    row = {
        "file": path.name,
        "cost": tree.price,
        "bound": tree.lower_bound,
        "seconds": round(seconds, 3),
        "nodes": graph.nodes,
        "edges": len(graph.edges),
        "terminals": len(graph.terminals),
        "status": tree.status,
        "solver": tree.solver,
    }
    if peer:
        began = time.perf_counter()
        price = flow_price(graph)
        theirs = None if price is None else time.perf_counter() - began
        ratio = None if theirs is None else theirs / seconds
        row |= {"ours": seconds, "peer": theirs, "ratio": ratio, "peer_name": "flow on HiGHS", "peer_cost": price}
    return row


def _tree(graph: Graph, nodes: int | None) -> SteinerTree:
    return steiner_tree(graph.edges, graph.prices, graph.terminals, most_nodes=nodes)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a row for each file; 2 when a file cannot be used, 3 when its terminals are apart."""
    parser = argparse.ArgumentParser(description="Steiner trees of graph files, one JSON line each.")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE.gr")
    parser.add_argument("--peer", action="store_true", help="run the flow formulation on HiGHS too, for small graphs")
    parser.add_argument("--nodes", type=int, help="most nodes of the branch and bound")
    options = parser.parse_args(arguments)
    wheel = [(i, (i + 1) % 5) for i in range(5)] + [(i, 5) for i in range(5)]
    steiner_tree(wheel, [3] * 5 + [2] * 5, range(5))
    for path in options.files:
        try:
            print(json.dumps(row_of(path, peer=options.peer, nodes=options.nodes)), flush=True)
        except RoutingError as error:
            print(error, file=sys.stderr)
            return 2 if isinstance(error, InputError) else 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
