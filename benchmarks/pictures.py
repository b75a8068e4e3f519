"""The pictures that explain the kernel in docs/kernel.md: `python benchmarks/pictures.py`, some seconds.

`fronts.png`: a grid graph beside a continuous field on an open sea. `terrain.png`: the field of a small
terrain, its route, and that of 8 neighbours. `corridor.png`: where a route that is hardly dearer may run.
matplotlib is needed.
"""

from __future__ import annotations

import numpy as np
from drawing import COLOURS, FRONT, INK, LAND, NAMES, save, style
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.image import AxesImage
from numpy.typing import NDArray
from peers import eight_neighbours
from terrain import Cell, far_ends, fractal

from routing.geodesic import CostGrid, certify, distance_field, least_cost_path

SIZE, SEED = 240, 3
SEA, SHADES_OF_COST = "Blues", 9  # few shades make a small file
MARGINS = (0.005, 0.02, 0.05)  # how much dearer a route through a place may be
SHADES = ("#08519C", "#6BAED6", "#C6DBEF")


def main() -> None:
    style()
    draw_fronts()
    cost = fractal(SIZE, seed=SEED)
    ends = far_ends(cost)
    draw_terrain(cost, ends)
    draw_corridor(cost, ends)


def draw_fronts() -> None:
    """Equal prices round a point of an open sea, and two routes in the worst direction of a graph."""
    half = 60
    cost = np.ones((2 * half + 1, 2 * half + 1))
    start, end = (half, half), (half - 21, half + 51)
    graph, line = eight_neighbours(cost, start, end)
    figure, panels = plt.subplots(1, 2, figsize=(9, 4.7), constrained_layout=True)
    routes = {"skimage": line, "ours": least_cost_path(cost, start, end).points}
    for axes, (name, route), prices in zip(panels, routes.items(), (graph, distance_field(cost, start)), strict=True):
        axes.contour(prices, levels=range(10, 61, 10), colors=INK, linewidths=0.8)
        axes.plot(route[:, 1], route[:, 0], color=COLOURS[name], linewidth=2.5)
        price = CostGrid(cost).price(route)
        axes.set_title(f"{NAMES[name]}: {price:.1f} km where {np.hypot(21, 51):.1f} km are enough")
        _ends(axes, start, end)
    save(figure, "fronts.png")


def draw_terrain(cost: NDArray[np.float32], ends: tuple[Cell, Cell]) -> None:
    """Cost, wave fronts, and both routes."""
    start, end = ends
    figure, axes = plt.subplots(figsize=(7.4, 6), constrained_layout=True)
    image = _sea(axes, cost)
    prices = np.ma.masked_invalid(distance_field(cost, start))
    axes.contour(prices, levels=20, colors=FRONT, linewidths=0.7)
    _, line = eight_neighbours(cost, start, end)
    grid, path = CostGrid(cost), least_cost_path(cost, start, end)
    for name, route in (("skimage", line), ("ours", path.points)):
        extra = grid.price(route) / path.cost - 1.0
        text = NAMES[name] + (f": {100 * extra:.1f} % dearer" if extra > 1e-9 else "")
        axes.plot(route[:, 1], route[:, 0], color=COLOURS[name], linewidth=2.2, label=text)
    axes.plot([], [], color=FRONT, linewidth=0.9, label="equal price from A")
    axes.legend(loc="lower left", framealpha=0.95)
    figure.colorbar(image, ax=axes, label="cost of a cell", shrink=0.75)
    _ends(axes, start, end)
    save(figure, "terrain.png")


def draw_corridor(cost: NDArray[np.float32], ends: tuple[Cell, Cell]) -> None:
    """Places through which a route may lead that is some percent dearer."""
    start, end = ends
    figure, axes = plt.subplots(figsize=(6.6, 6), constrained_layout=True)
    path = least_cost_path(cost, start, end)
    gap = certify(cost, start, end, path.cost).gap
    through = distance_field(cost, start) + distance_field(cost, end)
    axes.imshow(np.where(np.isfinite(cost), np.nan, 1.0), cmap=ListedColormap([LAND]))
    levels = [0.0, *((1.0 + margin) * path.cost for margin in MARGINS)]
    axes.contourf(np.ma.masked_invalid(through), levels=levels, colors=SHADES)
    for margin, shade in zip(MARGINS, SHADES, strict=True):
        axes.fill([], [], color=shade, label=f"routes up to {100 * margin:g} % dearer")
    axes.plot(path.points[:, 1], path.points[:, 0], color=COLOURS["skimage"], linewidth=2.0, label="route")
    axes.set_title(f"proven: no route saves more than {100 * gap:.2f} %")
    axes.legend(loc="lower left", framealpha=0.95)
    _ends(axes, start, end)
    save(figure, "corridor.png")


def _sea(axes: Axes, cost: NDArray[np.float32]) -> AxesImage:
    colours = plt.get_cmap(SEA, SHADES_OF_COST).copy()
    colours.set_bad(LAND)
    return axes.imshow(np.where(np.isfinite(cost), cost, np.nan), cmap=colours, vmin=1.0, vmax=10.0)


def _ends(axes: Axes, start: Cell, end: Cell) -> None:
    """Name both ends, and leave out what a picture does not need."""
    for name, (row, col) in zip("AB", (start, end), strict=True):
        axes.plot(col, row, "o", color=INK, markersize=7)
        axes.annotate(name, (col, row), (6, 6), textcoords="offset points", fontsize=13, fontweight="bold")
    axes.set(xticks=[], yticks=[], aspect="equal")


if __name__ == "__main__":
    main()
