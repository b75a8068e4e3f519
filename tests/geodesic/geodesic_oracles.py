"""Independent answers for the kernel's tests: graphs, visibility, quadrature, synthetic rasters."""

from itertools import pairwise

import numpy as np
from scipy.ndimage import gaussian_filter, label
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from routing.geodesic.elements import potential_in
from routing.geodesic.line import PAD

GAUSS_X, GAUSS_W = np.polynomial.legendre.leggauss(8)


def smooth_noise(rng, shape, correlation):
    noise = rng.standard_normal(shape)
    if correlation == 0:
        return noise
    noise = gaussian_filter(noise, correlation)
    return noise / max(noise.std(), 0.1)  # one line of a few cells may be level


def fractal_terrain(n, seed, *, ratio=10.0, excluded=0.2):
    rng = np.random.default_rng(seed)
    ky, kx = np.fft.fftfreq(n, 1 / n)[:, None], np.arange(n // 2 + 1)[None]
    k = np.hypot(ky, kx)
    k[0, 0] = 1.0

    def spectrum(beta, cut):
        size = k ** (-beta / 2) * np.exp(-((k / cut) ** 2))
        size[0, 0] = 0.0
        return np.fft.irfft2(size * np.exp(2j * np.pi * rng.random(k.shape)), s=(n, n))

    height = spectrum(3.2, np.inf)
    low, high = np.quantile(height, [0.001, 0.999])
    cost = 1.0 + (ratio - 1.0) * np.clip((height - low) / (high - low), 0, 1) ** 2
    land = spectrum(4.0, 12.0)
    cost[land > np.quantile(land, 1 - excluded)] = np.inf
    return cost


def far_ends(cost):
    """Two free cells on the left and right of the largest connected region."""
    labels, _ = label(np.isfinite(cost))
    cells = np.argwhere(labels == np.bincount(labels[labels > 0]).argmax())
    n, m = cost.shape
    return tuple(tuple(int(x) for x in cells[np.argmin(((cells - p) ** 2).sum(1))]) for p in ((n / 2, 0), (n / 2, m)))


def neighbour_graph(grid, cost):
    """8-neighbour graph of cell centres; diagonal moves only where both side cells are free."""
    rows, cols = cost.shape
    free = np.isfinite(cost)
    number = np.arange(rows * cols).reshape(rows, cols)
    heads, tails = [], []
    for dr, dq in ((0, 1), (1, 0), (1, 1), (1, -1)):
        a = slice(0, rows - dr), slice(max(0, -dq), cols - max(0, dq))
        b = slice(dr, rows), slice(max(0, dq), cols - max(0, -dq))
        ok = free[a] & free[b]
        if dr and dq:
            ok &= free[a[0], b[1]] & free[b[0], a[1]]
        heads.append(number[a][ok])
        tails.append(number[b][ok])
    head, tail = np.concatenate(heads), np.concatenate(tails)
    ends = np.stack([np.stack(np.divmod(head, cols), -1), np.stack(np.divmod(tail, cols), -1)], 1).astype(float)
    price = grid.prices(ends)
    size = rows * cols
    return coo_matrix((np.r_[price, price], (np.r_[head, tail], np.r_[tail, head])), shape=(size, size)).tocsr()


def graph_prices(grid, cost, start):
    """Price of every cell from a cell on the 8-neighbour graph."""
    return dijkstra(neighbour_graph(grid, cost), indices=start[0] * cost.shape[1] + start[1]).reshape(cost.shape)


def visibility_length(grid, cost, start, end, limit):
    """Length of the shortest path in a raster of cost 1 over the convex corners of exclusions."""
    free = np.pad(np.isfinite(cost), 1)
    count = free[:-1, :-1].astype(int) + free[:-1, 1:] + free[1:, :-1] + free[1:, 1:]
    corners = np.argwhere(count == 3) - 0.5
    start, end = np.array(start, float), np.array(end, float)
    ways = np.hypot(*(corners - start).T) + np.hypot(*(corners - end).T)
    nodes = np.concatenate([[start], [end], corners[ways <= limit]])
    i, j = np.triu_indices(len(nodes), 1)
    price = grid.prices(np.stack([nodes[i], nodes[j]], axis=1))
    ok = np.isfinite(price)
    graph = coo_matrix((price[ok], (i[ok], j[ok])), shape=(len(nodes),) * 2).tocsr()
    return float(dijkstra(graph, directed=False, indices=0)[1])


def enters_exclusion(cost, points, depth=1e-7):
    """Whether a densely sampled polyline is deeper than `depth` in an excluded cell or off the raster."""
    for a, b in pairwise(points):
        t = np.linspace(0, 1, int(np.hypot(*(b - a)) * 40) + 2)[:, None]
        for p in a + t * (b - a):
            low = np.floor(p + 0.5 - depth).astype(int)
            high = np.floor(p + 0.5 + depth).astype(int)
            cells = {(r, q) for r in (low[0], high[0]) for q in (low[1], high[1])}
            inside = [c for c in cells if 0 <= c[0] < cost.shape[0] and 0 <= c[1] < cost.shape[1]]
            if not any(np.isfinite(cost[c]) for c in inside):
                return True
    return False


def potential_of(u, east, south):
    """Values and bulges laid out as the kernels want them."""
    rows, cols = (n + 2 * PAD for n in u.shape)
    potential = potential_in(np.zeros(2 * rows * cols), cols)
    for part, values in zip(parts_of(potential), (u, east, south), strict=True):
        part[:] = values
    return potential


def parts_of(potential):
    """Values, eastward and southward bulges, as arrays that share the potential's memory."""
    rows = slice(PAD, -PAD)
    cells = potential.cells.reshape(-1, potential.stride, 2)[rows, rows]
    bulges = potential.bulges.reshape(-1, potential.stride, 4)[rows, rows]
    return cells[..., 0], bulges[..., 2], bulges[..., 3]
