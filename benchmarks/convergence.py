"""Plots of accuracy for docs/kernel.md: `python benchmarks/convergence.py`, about two minutes.

`convergence.svg`: how much dearer than the exact optimum a path is, in the true cost, against the
number of cells. `certificate.svg`: the proven gap against the refinement of the certificate. Peers are
drawn if they are installed; matplotlib is needed.
"""

from __future__ import annotations

import numpy as np
from closed_forms import PROBLEMS, Problem, Sampled, exact_price, sample
from drawing import COLOURS, NAMES, label, save, style
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator
from numpy.typing import ArrayLike, NDArray
from peers import routes
from terrain import far_ends, fractal

from routing.geodesic import certify, least_cost_path

CASES = ("catenary", "circular arc", "exponential", "two half-planes", "oblique interface", "square")
ENDS_ON_CENTRES = (20, 40, 80, 160, 320, 640)  # cells a unit with which the ends of the cases are cell centres
PROVEN = ("catenary", "circular arc", "logarithmic spiral", "two half-planes", "square")
PROVEN_CELLS = 100  # a unit
TERRAINS = (256, 512, 1024)
BUDGETS = tuple(4**k for k in range(6, 13))  # elements of a level
LINES = ("#0072B2", "#009E73", "#CC79A7", "#D55E00", "#E69F00")


def main() -> None:
    style()
    draw_excess()
    draw_gaps()


def draw_excess() -> None:
    """Excess of every contender against the side of a cell, one panel a case."""
    figure, panels = plt.subplots(2, 3, figsize=(10, 6.2), sharex=True, sharey=True, constrained_layout=True)
    for axes, name in zip(panels.flat, CASES, strict=True):
        _frame(axes, name)
        found = [excesses(PROBLEMS[name], n) for n in ENDS_ON_CENTRES]
        ends = []
        for contender in found[0]:
            values = [row[contender] for row in found]
            axes.plot(ENDS_ON_CENTRES, values, "o-", color=COLOURS[contender], markersize=4)
            ends.append((ENDS_ON_CENTRES[-1], values[-1], NAMES[contender], COLOURS[contender]))
        label(axes, ends)
    figure.supxlabel("cells a unit of length: finer to the right")
    figure.supylabel("path dearer than the exact optimum by")
    save(figure, "convergence.svg")


def _frame(axes: Axes, name: str) -> None:
    axes.set_title(name)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(ENDS_ON_CENTRES, [str(n) for n in ENDS_ON_CENTRES])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_xlim(16, 6000)  # room for the names
    axes.set_ylim(2e-8, 0.3)
    axes.set_yticks([1e-6, 1e-4, 1e-2], ["0.0001 %", "0.01 %", "1 %"])
    axes.grid(axis="y", color="#DDDDDD")


def excesses(problem: Problem, n: int) -> dict[str, float]:
    """Price over optimum, minus 1, of the path of each contender on n cells a unit."""
    raster = sample(problem, n)
    start, end = ((round(row), round(col)) for row, col in raster.ends.tolist())
    lines = {name: find() for name, find in routes(raster.cost, start, end).items()}
    lines["ours"] = least_cost_path(raster.cost, start, end).points
    return {name: _excess(problem, raster, line) for name, line in lines.items()}


def _excess(problem: Problem, raster: Sampled, line: NDArray[np.float64]) -> float:
    return exact_price(problem.cost, raster.places(line)) / problem.optimum - 1.0


def draw_gaps() -> None:
    """Proven gap against the number of sizes of elements, on closed forms and on terrains."""
    figure, panels = plt.subplots(1, 2, figsize=(10, 4.6), sharex=True, sharey=True, constrained_layout=True)
    forms = {}
    for name in PROVEN:
        raster = sample(PROBLEMS[name], PROVEN_CELLS)
        forms[name] = gaps(raster.cost, (raster.ends[0], raster.ends[1]))
    terrains = {f"{n} × {n}": gaps(cost, far_ends(cost)) for n in TERRAINS for cost in [fractal(n)]}
    titles = (f"closed forms, {PROVEN_CELLS} cells a unit", "fractal terrain, a fifth excluded")
    for axes, title, found in zip(panels, titles, (forms, terrains), strict=True):
        axes.set(title=title, yscale="log", ylim=(7e-5, 0.2), xlim=(0.8, 8.2), xticks=range(1, 7))
        axes.set_yticks([1e-3, 5e-3, 1e-2, 1e-1], ["0.1 %", "0.5 %", "1 %", "10 %"])
        axes.yaxis.set_minor_locator(NullLocator())
        axes.grid(axis="y", color="#DDDDDD")
        for (_, line), colour in zip(found.items(), LINES, strict=False):
            axes.plot(list(line), list(line.values()), "o-", color=colour, markersize=4)
        names = zip(found.items(), LINES, strict=False)
        label(axes, [(max(line), line[max(line)], name, colour) for (name, line), colour in names])
    figure.supxlabel("sizes of elements used, each half the one before")
    figure.supylabel("proven gap of the route")
    save(figure, "certificate.svg")


def gaps(cost: NDArray[np.floating], ends: tuple[ArrayLike, ArrayLike]) -> dict[int, float]:
    """Least gap of the default route by the number of sizes of elements, in its order."""
    price = least_cost_path(cost, *ends).cost
    found: dict[int, float] = {}
    for budget in BUDGETS:
        proof = certify(cost, *ends, price, tolerance=1e-4, max_elements=budget)
        if proof.levels:
            found[proof.levels] = min(proof.gap, found.get(proof.levels, np.inf))
    return dict(sorted(found.items()))


if __name__ == "__main__":
    main()
