"""Proven lower bounds on the price of every path between two points."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from routing.geodesic.ground import Sources, as_points, prepare

log = logging.getLogger(__name__)
MARGIN_REACH = 8
OWN = 0.75
ROUNDS = 2


@dataclass(frozen=True)
class Certificate:
    lower_bound: float
    gap: float
    kept: float
    levels: int
    reached: bool


def solve_pair(cost, lattice, ends, threads):
    from routing.geodesic.line import PAD
    from routing.geodesic.marching import march

    rows = np.arange(cost.shape[0]) + lattice.top
    asp = np.interp(rows / lattice.fine, np.arange(len(lattice.aspect)), lattice.aspect)
    g = prepare(cost, (1.0, asp), memory_limit=None)

    def one(p):
        m = march(g, Sources(p[None] + PAD, np.zeros(1)), np.empty((0, 2)), spare=[], method="double")
        u = m.cells[0::2].reshape(-1, g.plane.width)[PAD:-PAD, PAD:-PAD] * m.width
        return np.ascontiguousarray(u)

    if threads == 1:
        return one(ends[0]), one(ends[1])
    with ThreadPoolExecutor(2) as ex:
        return tuple(ex.map(one, ends))


def value_at(lattice, pot, tube, p):
    """upper,lower of potential at node coords p"""
    from routing.geodesic.elements import sag

    i, j = np.floor(p).astype(int)
    if (p == np.floor(p)).all():
        return pot.u[i, j], pot.u[i, j]
    up, lo = np.inf, -np.inf
    for a in (i - 1, i):
        for b in (j - 1, j):
            if not (0 <= a < tube.shape[0] and 0 <= b < tube.shape[1]) or tube[a, b] != 2:
                continue
            if not (a <= p[0] <= a + 1 and b <= p[1] <= b + 1):
                continue
            z = pot.u[a : a + 2, b : b + 2]
            s = sag(pot, a, b)
            up = min(up, z.max() + s)
            lo = max(lo, z.min() - s)
    return up, lo


def certify(
    cost,
    start,
    end,
    price,
    *,
    cell_size=(1.0, 1.0),
    tolerance=0.005,
    max_elements=40_000_000,
    threads=None,
    debug=None,
    own=OWN,
    kmax=8,
    f0=None,
    rounds=ROUNDS,
    optimise=None,
):
    import time

    from routing.geodesic.elements import Lattice, Potential
    from routing.geodesic.line import PAD
    from routing.geodesic.potential import mix, node_costs, rescale, set_bulges
    from routing.geodesic.pruning import dilate, extent, lower_fill, mark_free, pool, prune, refine, scaled

    T0 = time.time()
    ground = prepare(cost, cell_size, memory_limit=None)
    A, B = as_points(start, "start", shape=(2,)) + PAD, as_points(end, "end", shape=(2,)) + PAD
    U = price / ground.unit
    width = ground.plane.width
    base = ground.plane.cost.reshape(-1, width).astype(float)
    filled = np.empty_like(base)
    lower_fill(base, filled)
    planes = {1: (filled, ground.plane.aspect)}
    f = 1
    fmax = f0 or (
        8
        if min(ground.rows, ground.cols) >= 1500
        else 4
        if min(ground.rows, ground.cols) >= 500
        else 2
        if min(ground.rows, ground.cols) >= 100
        else 1
    )
    while f < fmax:
        p, asp = planes[f]
        c = np.empty(((p.shape[0] - 2) // 2 + 2, (p.shape[1] - 2) // 2 + 2))
        pool(p, c)
        aa = np.array(
            [asp[max(0, 2 * i - 1) : 2 * i + 2].min() if 2 * i - 1 < len(asp) else asp[-1] for i in range(c.shape[0])]
        )
        f *= 2
        planes[f] = (c, aa)
    levels = [(g, 1) for g in (8, 4, 2, 1) if g in planes] + [(1, k) for k in (2, 4, 8) if k <= kmax]
    best = 0.0
    parent = None
    out = []
    total = None
    for f, k in levels:
        t0 = time.time()
        if k == 1:
            p, asp = planes[f]
            flat = p.ravel()
            w = p.shape[1]
            R = p.shape
        else:
            flat = ground.plane.cost
            w = width
            asp = ground.plane.aspect
            R = base.shape
        if parent is None:
            lat = Lattice(flat, w, asp, k, 0, 0, f / k)
            tube = np.zeros((R[0] - 1, R[1] - 1), np.uint8)
            n = mark_free(lat, tube)
        else:
            ptube, plat = parent
            e = np.empty(4, np.int64)
            extent(ptube, e)
            m = MARGIN_REACH + 1
            lim = ((R[0] - 1) * k, (R[1] - 1) * k)
            top = max(0, 2 * (plat.top + e[0]) - m)
            bot = min(lim[0], 2 * (plat.top + e[1] + 1) + m)
            left = max(0, 2 * (plat.left + e[2]) - m)
            right = min(lim[1], 2 * (plat.left + e[3] + 1) + m)
            if (bot - top) * (right - left) > max_elements:
                break
            lat = Lattice(flat, w, asp, k, int(top), int(left), f / k)
            tube = np.zeros((bot - top, right - left), np.uint8)
            n = refine(ptube, (2 * plat.top, 2 * plat.left), lat, tube)
            dilate(lat, MARGIN_REACH, tube, np.empty(tube.shape, np.int32))
        shape = (tube.shape[0] + 1, tube.shape[1] + 1)
        cn = np.empty(shape)
        node_costs(lat, tube, cn)
        ends = np.stack([A, B]) * k / f - np.array([lat.top, lat.left])
        t1 = time.time()
        ua, ub = solve_pair(cn, lat, ends, threads)
        t2 = time.time()
        cap = 1.1 * U
        np.minimum(ua, cap, out=ua)
        np.minimum(ub, cap, out=ub)
        mk = lambda u: Potential(u, np.zeros(shape, np.float32), np.zeros(shape, np.float32))
        mix(ua, ub, own)
        pa, pb = mk(ua), mk(ub)
        set_bulges(lat, cn, pa)
        set_bulges(lat, cn, pb)
        dt = 2 * lat.step * ground.lowest

        def lb(pot, sc, s, e):
            a = value_at(lat, pot, tube, s)[0]
            b = value_at(lat, pot, tube, e)[1]
            return (scaled(sc, b) - scaled(sc, a)) * (1 - 1e-9), a, b

        res = []
        for r in range(rounds):
            sa = rescale(lat, pa, tube, width=dt)
            sb = rescale(lat, pb, tube, width=dt)
            la, a, _ = lb(pa, sa, ends[0], ends[1])
            lb_, b, _ = lb(pb, sb, ends[1], ends[0])
            best = max(best, la, lb_)
            n2 = prune((pa, sa, scaled(sa, a)), (pb, sb, scaled(sb, b)), U * (1 + 1e-9), tube)
            res.append((U / la - 1, U / lb_ - 1, n2 / n))
        t3 = time.time()
        mix(ua, ub, 0.5)
        set_bulges(lat, cn, pa)
        sw = rescale(lat, pa, tube, width=dt)
        lw, a, b = lb(pa, sw, ends[0], ends[1])
        best = max(best, lw)
        t4 = time.time()
        if optimise:
            lw2 = optimise(lat, pa, tube, ends, dt, lb, cn)
            best = max(best, lw2)
        else:
            lw2 = lw
        t5 = time.time()
        print(
            f"f{f} k{k} n {n} win {tube.size} kept {n2 / n:.3f}",
            " ".join("A %.4f B %.4f k %.3f |" % x for x in res),
            f"W {U / lw - 1:.4f} opt {U / lw2 - 1:.4f} best {U / best - 1:.5f} | prep {t1 - t0:.2f} solve {t2 - t1:.2f} prune {t3 - t2:.2f} w {t4 - t3:.2f} opt {t5 - t4:.2f} tot {t5 - T0:.2f}",
            flush=True,
        )
        if debug is not None:
            debug.append((lat, pa, tube.copy(), sw, cn, ends))
        parent = (tube, lat)
        if U / best - 1 < tolerance:
            break
    return best * ground.unit
