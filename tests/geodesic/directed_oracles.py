"""Tensors with known answers, and a graph in the exact directed price."""

from math import gcd

import numpy as np
from geodesic_oracles import smooth_noise
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from routing.geodesic.heading import prepare_tensor
from routing.geodesic.line import PAD, segment_prices


def matrix(angle, ratio, least=1.0):
    """Cheapest at an angle from the row axis, `ratio` times dearer across."""
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return turn @ np.diag([least**2, (ratio * least) ** 2]) @ turn.T


def uniform(shape, m):
    return np.broadcast_to([m[0, 0], m[0, 1], m[1, 1]], (*shape, 3))


def pulled_back(n, bend):
    """Tensor of the Euclidean metric under a smooth map of the unit square, ends, their exact distance."""
    y, x = np.mgrid[:n, :n] / (n - 1)
    j = np.empty((n, n, 2, 2))
    j[..., 0, 0] = 1 + bend * np.cos(3 * x + y)
    j[..., 0, 1] = 3 * bend * np.cos(3 * x + y)
    j[..., 1, 0] = -2 * bend * np.sin(2 * y)
    j[..., 1, 1] = 3
    m = np.einsum("...ki,...kj->...ij", j, j)

    def image(y, x):
        return np.array([y + bend * np.sin(3 * x + y), 3 * x + bend * np.cos(2 * y)])

    a, b = (0.3, 0.2), (0.7, 0.8)
    tensor = np.stack([m[..., 0, 0], m[..., 0, 1], m[..., 1, 1]], axis=-1)
    return tensor, np.array(a) * (n - 1), np.array(b) * (n - 1), float(np.hypot(*(image(*b) - image(*a))))


def random_tensor(rng, shape, ratio, correlation):
    angle = smooth_noise(rng, shape, correlation)
    cost = np.exp(0.4 * smooth_noise(rng, shape, correlation))
    dearer = cost * (1 + (ratio - 1) / (1 + np.exp(-2 * smooth_noise(rng, shape, correlation))))
    co, si, a, b = np.cos(angle), np.sin(angle), cost**2, dearer**2
    return np.stack([a * co**2 + b * si**2, (a - b) * co * si, a * si**2 + b * co**2], axis=-1)


def wide_graph_price(tensor, start, end, reach=5):
    """Price on the graph of all straight moves of up to `reach` cells."""
    rows, cols = tensor.shape[:2]
    number = np.arange(rows * cols).reshape(rows, cols)
    heads, tails = [], []
    for dr in range(reach + 1):
        for dq in range(-reach, reach + 1):
            if gcd(dr, abs(dq)) == 1 and not (dr == 0 and dq < 0):
                heads.append(number[: rows - dr, max(0, -dq) : cols - max(0, dq)].ravel())
                tails.append(number[dr:, max(0, dq) : cols - max(0, -dq)].ravel())
    head, tail = np.concatenate(heads), np.concatenate(tails)
    ends = np.stack([np.stack(np.divmod(head, cols), -1), np.stack(np.divmod(tail, cols), -1)], 1).astype(float)
    price = np.empty(len(ends))
    segment_prices(prepare_tensor(tensor, (1.0, 1.0)).plane, ends + PAD, price)
    ok = np.isfinite(price)
    graph = coo_matrix((price[ok], (head[ok], tail[ok])), shape=(rows * cols,) * 2).tocsr()
    found = dijkstra(graph, directed=False, indices=start[0] * cols + start[1])
    return float(found[end[0] * cols + end[1]])
