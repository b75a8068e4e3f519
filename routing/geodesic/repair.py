"""Repair of a potential: lower the worst stretches by moving single bulges and values."""

from __future__ import annotations

from routing.geodesic.compiled import inline_kernel, kernel
from routing.geodesic.elements import stretch
from routing.geodesic.potential import LIVE


@inline_kernel
def at(lattice, potential, tube, i, j):
    if i < 0 or j < 0 or i >= tube.shape[0] or j >= tube.shape[1] or tube[i, j] != LIVE:
        return 0.0
    return stretch(lattice, potential, i, j)


@inline_kernel
def around_node(lattice, potential, tube, i, j):
    a = max(at(lattice, potential, tube, i - 1, j - 1), at(lattice, potential, tube, i - 1, j))
    return max(a, max(at(lattice, potential, tube, i, j - 1), at(lattice, potential, tube, i, j)))


@kernel
def repair(lattice, potential, tube, cost, found, goal, sides, nodes, counts):
    u, east, south = potential
    for i in range(tube.shape[0]):
        for j in range(tube.shape[1]):
            if tube[i, j] != LIVE or found[i, j] <= goal:
                continue
            counts[0] += 1
            if stretch(lattice, potential, i, j) <= goal:
                continue
            if sides:
              for z in range(4):
                a = i + (1 if z == 1 else 0)
                b = j + (1 if z == 3 else 0)
                ni = i + (1 if z == 1 else (-1 if z == 0 else 0))
                nj = j + (1 if z == 3 else (-1 if z == 2 else 0))
                arr = east if z < 2 else south
                best = max(at(lattice, potential, tube, i, j), at(lattice, potential, tube, ni, nj))
                step = 0.01 * cost[a, b]
                for t in range(3):
                    old = arr[a, b]
                    arr[a, b] = old + step
                    x = stretch(lattice, potential, i, j)
                    if x < best: x = max(x, at(lattice, potential, tube, ni, nj))
                    counts[1] += 1
                    if x < best:
                        best = x
                        continue
                    arr[a, b] = old - step
                    x = stretch(lattice, potential, i, j)
                    if x < best: x = max(x, at(lattice, potential, tube, ni, nj))
                    counts[1] += 1
                    if x < best:
                        best = x
                        continue
                    arr[a, b] = old
                    step *= 0.4
            if nodes:
              for z in range(4):
                a = i + z // 2
                b = j + z % 2
                best = around_node(lattice, potential, tube, a, b)
                step = 0.004 * cost[a, b]
                for t in range(3):
                    old = u[a, b]
                    u[a, b] = old + step
                    x = stretch(lattice, potential, i, j)
                    if x < best: x = around_node(lattice, potential, tube, a, b)
                    counts[1] += 1
                    if x < best:
                        best = x
                        continue
                    u[a, b] = old - step
                    x = stretch(lattice, potential, i, j)
                    if x < best: x = around_node(lattice, potential, tube, a, b)
                    counts[1] += 1
                    if x < best:
                        best = x
                        continue
                    u[a, b] = old
                    step *= 0.4
