"""Problems whose optimum is known exactly, sampled on rasters in any position and priced in their own cost.

Coordinates are (x, y) in a unit of length; a raster has its rows along y and n cells a unit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["CONFORMAL", "PROBLEMS", "Problem", "Sampled", "conformal", "exact_price", "random_conformal", "sample"]

Points = NDArray[np.float64]
Cost = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]
Complex = Callable[[complex], complex]

GAUSS_AT, GAUSS_WEIGHT = np.polynomial.legendre.leggauss(8)
GRAZE = 1e-7  # depth in an obstacle that is not counted: samples along a curved edge miss less


@dataclass(frozen=True)
class Problem:
    """A least-cost path that is known.

    Attributes
    ----------
    cost
        Price per unit length of (x, y); inf where no path may go.
    route
        The optimal path, (k, 2), dense enough where it is curved.
    optimum
        Its price; no path in the domain is cheaper.
    low, high
        The domain: the square between these coordinates.
    smooth
        Whether the cost has no jump.
    obstacle
        Whether it is infinite somewhere.
    """

    cost: Cost
    route: Points
    optimum: float
    low: float = 0.0
    high: float = 1.0
    smooth: bool = True
    obstacle: bool = False


@dataclass(frozen=True)
class Sampled:
    """A problem on a raster.

    Attributes
    ----------
    cost
        Samples at the centres of cells; inf where the problem or its domain ends.
    step
        Side of a cell.
    origin, turn
        Place of cell (0, 0), and the directions of columns and rows as the columns of a matrix.
    ends
        Row, col of both ends.
    """

    cost: NDArray[np.float64]
    step: float
    origin: Points
    turn: Points
    ends: Points

    def cells(self, places: Points) -> Points:
        """Row, col of places (x, y)."""
        return ((places - self.origin) @ self.turn / self.step)[:, ::-1]

    def places(self, cells: Points) -> Points:
        """Places (x, y) of row, col."""
        return self.origin + self.step * cells[:, ::-1] @ self.turn.T


def sample(problem: Problem, n: int, *, angle: float = 0.0, shift: tuple[float, float] = (0.0, 0.0)) -> Sampled:
    """A problem on cells of side 1 / n, turned by an angle and shifted by parts of a cell.

    A cell is excluded if any of it is; a turned raster is excluded where the domain has ended.
    """
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    half, middle = 0.5 * (problem.high - problem.low), 0.5 * (problem.high + problem.low)
    reach = half * (abs(turn[0, 0]) + abs(turn[0, 1]))
    size = round(2.0 * reach * n) + 1 + 2 * any(shift)
    origin = np.array([middle, middle]) + turn @ (np.array(shift) / n - (size - 1) / (2.0 * n))
    blank = Sampled(np.empty(0), 1.0 / n, origin, turn, np.empty(0))
    centres = blank.places(np.stack(np.meshgrid(np.arange(size), np.arange(size), indexing="ij"), -1).reshape(-1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        cost = np.clip(np.nan_to_num(problem.cost(*centres.T), nan=1e3), 1e-3, 1e3)  # a pole gets its neighbours' size
    if problem.obstacle:
        cost[_entered(problem.cost, centres, blank)] = np.inf
    if angle:
        cost[(np.abs(centres - middle) > half + 1.5 / n).any(axis=1)] = np.inf
    return Sampled(cost.reshape(size, size), 1.0 / n, origin, turn, blank.cells(problem.route[[0, -1]]))


def _entered(cost: Cost, centres: Points, raster: Sampled) -> NDArray[np.bool_]:
    """Cells of which any part is excluded, by 9 x 9 samples of those at the edge of an obstacle."""
    size = round(np.sqrt(len(centres)))
    found = np.isinf(cost(*centres.T))
    wide = np.pad(found.reshape(size, size), 1)
    near = [wide[i : i + size, j : j + size] for i in range(3) for j in range(3)]
    edge = np.flatnonzero(np.any(near, axis=0).ravel() & ~found)
    offsets = np.stack(np.meshgrid(np.linspace(-0.5, 0.5, 9), np.linspace(-0.5, 0.5, 9)), -1).reshape(-1, 2)
    parts = centres[edge, None] + raster.step * offsets @ raster.turn.T
    found[edge] = np.isinf(cost(parts[..., 0], parts[..., 1])).any(axis=1)
    return found


def exact_price(cost: Cost, points: Points) -> float:
    """Integral of a cost along a polyline: adaptive quadrature, so that jumps are found and smooth parts are exact."""
    a, b = points[:-1], points[1:]
    total, whole = 0.0, _gauss(cost, a, b)
    error = 1e-13 * whole.sum()
    while len(a):
        if not np.isfinite(whole).all():
            return np.inf
        middle = 0.5 * (a + b)
        first, second = _gauss(cost, a, middle), _gauss(cost, middle, b)
        done = (np.abs(first + second - whole) <= error) | (np.hypot(*(b - a).T) < 1e-9)
        total += float((first + second)[done].sum())
        a, b = np.concatenate([a[~done], middle[~done]]), np.concatenate([middle[~done], b[~done]])
        whole = np.concatenate([first[~done], second[~done]])
    return total


def _gauss(cost: Cost, a: Points, b: Points) -> NDArray[np.float64]:
    """Eight-point quadrature of each segment."""
    at = a[:, None] + 0.5 * (GAUSS_AT + 1.0)[:, None] * (b - a)[:, None]
    return cost(at[..., 0], at[..., 1]) @ GAUSS_WEIGHT * 0.5 * np.hypot(*(b - a).T)


# ------------------------------------------------------------------------------------------------ conformal maps


def conformal(f: Complex, slope: Complex, ends: tuple[complex, complex], low: float, high: float) -> Problem | None:
    """Problem of cost |f'| whose optimum |f(b) - f(a)| is a straight line in the image of a holomorphic f.

    No path is cheaper, for its image is at least as long as the straight line. None if the
    line does not lift into the domain.
    """
    a, b = ends
    images = f(a) + np.linspace(0.0, 1.0, 401) * (f(b) - f(a))
    route = np.empty(401, complex)
    z = a
    for k, image in enumerate(images):
        for _ in range(4):  # Newton steps from the place of the image before
            z -= (f(z) - image) / slope(z)
        route[k] = z
    places = np.stack([route.real, route.imag], axis=1)
    if abs(z - b) > 1e-9 or not ((places > low) & (places < high)).all():
        return None
    return Problem(lambda x, y: np.abs(slope(x + 1j * y)), places, abs(f(b) - f(a)), low, high)


# Each with its derivative; none has a zero of the derivative or a pole at |w| > 0 but at the origin.
CONFORMAL: dict[str, tuple[Complex, Complex]] = {
    "square": (lambda w: w**2, lambda w: 2 * w),
    "cube": (lambda w: w**3, lambda w: 3 * w**2),
    "exponential": (np.exp, np.exp),
    "logarithm": (np.log, lambda w: 1 / w),
    "Moebius": (lambda w: ((1 + 2j) * w - 1) / w, lambda w: 1 / w**2),
    "exponential of a square": (lambda w: np.exp(w**2 / 4), lambda w: w / 2 * np.exp(w**2 / 4)),
    "logarithm of a cube plus square": (lambda w: np.log(w) * 3 + w**2, lambda w: 3 / w + 2 * w),
}


def random_conformal(family: str, rng: np.random.Generator) -> Problem:
    """Problem of a family in a random position, orientation and size on the square of side 1 round the origin."""
    f, slope = CONFORMAL[family]
    while True:
        spin = rng.uniform(0.3, 1.2) * np.exp(2j * np.pi * rng.random())
        away = abs(spin) * rng.uniform(0.75, 1.6) * np.exp(2j * np.pi * rng.random())  # the origin of w is outside
        ends = (complex(*rng.uniform(-0.45, 0.45, 2)), complex(*rng.uniform(-0.45, 0.45, 2)))
        moved = _moved(f, slope, spin, away)
        found = conformal(*moved, ends, -0.5, 0.5) if abs(ends[1] - ends[0]) > 0.3 else None
        if found is not None:
            return found


def _moved(f: Complex, slope: Complex, spin: complex, away: complex) -> tuple[Complex, Complex]:
    return lambda z: f(spin * z + away), lambda z: spin * slope(spin * z + away)


# --------------------------------------------------------------------------------------------------- the problems


def _bisected(rises: Callable[[float], float], low: float, high: float) -> float:
    """Zero of a rising function."""
    for _ in range(200):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if rises(middle) > 0.0 else (middle, high)
    return low


def _refracted(
    cost: Cost, start: tuple[float, float], normal: tuple[float, float], layers: Points, across: float
) -> Problem:
    """Snell's law through parallel layers (thickness, cost) along a normal, with a total offset across it."""
    h, c = layers.T
    p = _bisected(lambda p: float((h * p / np.sqrt(c**2 - p**2)).sum()) - across, 0.0, float(c.min()) * (1 - 1e-15))
    along = np.array([normal[1], -normal[0]])
    steps = h[:, None] * np.array(normal) + (h * p / np.sqrt(c**2 - p**2))[:, None] * along
    route = np.concatenate([[start], np.array(start) + np.cumsum(steps, axis=0)])
    return Problem(cost, route, float((h * c**2 / np.sqrt(c**2 - p**2)).sum()), smooth=False)


def _layers(values: list[float], at: list[float]) -> Cost:
    return lambda _, y: np.select([y < a for a in at], values[:-1], values[-1])


def _uniform(start: tuple[float, float], end: tuple[float, float]) -> Problem:
    route = np.array([start, end], float)
    return Problem(lambda x, _: np.ones_like(x), route, float(np.hypot(*(route[1] - route[0]))))


def _catenary() -> Problem:
    """Cost 1 / 2 + 2 y: y = (p cosh(2 (x - x0) / p) - 1 / 2) / 2 through both ends, the cheaper of two such curves."""
    p, x0 = 1.1793525735089063, 0.3645032762128845
    x = np.linspace(0.1, 0.9, 801)
    u = 2.0 * (x - x0) / p
    price = p**2 / 4.0 * (u + np.sinh(u) * np.cosh(u))
    route = np.stack([x, (p * np.cosh(u) - 0.5) / 2.0], axis=1)
    return Problem(lambda _, y: 0.5 + 2.0 * y, route, float(price[-1] - price[0]))


def _arc() -> Problem:
    """Cost 1 / (1 / 2 + 2 y): circles round points of y = -1 / 4."""
    middle = (0.9**2 + 0.45**2 - 0.1**2 - 0.35**2) / (2.0 * 0.8)
    radius = np.hypot(middle - 0.1, 0.35)
    angle = np.linspace(np.arctan2(0.35, 0.1 - middle), np.arctan2(0.45, 0.9 - middle), 801)
    route = np.stack([middle + radius * np.cos(angle), radius * np.sin(angle) - 0.25], axis=1)
    optimum = 0.5 * np.arccosh(1.0 + 4.0 * (0.8**2 + 0.1**2) / (2.0 * 0.7 * 0.9))
    return Problem(lambda _, y: 1.0 / (0.5 + 2.0 * y), route, float(optimum))


def _parabola() -> Problem:
    """Squared cost 1 + 2 g (z - a): rays are parabolas z = a + p s + g s^2 / 2."""
    a, move, g = np.array([0.1, 0.1]), np.array([0.8, 0.4]), np.array([0.3, 1.2])
    mean, away, steep = 1.0 + g @ move, move @ move, g @ g
    s = np.sqrt(2.0 * away / (mean + np.sqrt(mean**2 - steep * away)))
    t = np.linspace(0.0, s, 801)[:, None]
    route = a + t * (move - 0.5 * s**2 * g) / s + 0.5 * t**2 * g
    floor = 1e-6  # c^2 is negative beyond a line that the route does not come near

    def cost(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.sqrt(np.maximum(floor, 1.0 + 2.0 * (g[0] * (x - a[0]) + g[1] * (y - a[1]))))

    return Problem(cost, route, float(mean * s - steep * s**3 / 6.0))


def _disc() -> Problem:
    """Cost 1 round an excluded disc: two tangents and an arc."""
    radius, a, b, angle = 0.4, 0.8, 0.7, np.radians(170.0)
    first, last = np.arccos(radius / a), angle - np.arccos(radius / b)
    turn = np.linspace(first, last, 2001)
    rim = radius / np.cos(0.5 * (turn[1] - turn[0])) * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    route = np.concatenate([[[a, 0.0]], rim, [[b * np.cos(angle), b * np.sin(angle)]]])
    optimum = np.sqrt(a**2 - radius**2) + np.sqrt(b**2 - radius**2) + radius * (last - first)
    inside = radius - GRAZE

    def cost(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(np.hypot(x, y) < inside, np.inf, 1.0)

    return Problem(cost, route, float(optimum), -1.0, smooth=False, obstacle=True)


def _square() -> Problem:
    """Cost 1 round an excluded square: straight to its corners."""
    inside = 0.2 - GRAZE
    route = np.array([[0.0, 0.5], [0.3, 0.7], [0.7, 0.7], [1.0, 0.5]])

    def cost(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(np.maximum(abs(x - 0.5), abs(y - 0.5)) < inside, np.inf, 1.0)

    return Problem(cost, route, float(2.0 * np.hypot(0.3, 0.2) + 0.4), smooth=False, obstacle=True)


def _head_wave() -> Problem:
    """Down to a cheaper half-plane, along its edge, and up: the edge belongs to the cheaper side."""
    contact = 0.1 / np.sqrt(3.0)
    route = np.array([[0.1, 0.5], [0.1 + contact, 0.4], [0.9 - contact, 0.4], [0.9, 0.5]])
    return Problem(_layers([1.0, 2.0], [0.4 + 1e-9]), route, 0.8 + 0.2 * np.sqrt(3.0), smooth=False)


def _through_origin() -> Problem:
    """Cost r between directions more than a right angle apart: through the origin, where it is free."""
    end = 0.9 * np.array([np.cos(np.radians(120.0)), np.sin(np.radians(120.0))])
    return Problem(np.hypot, np.array([[0.5, 0.0], [0.0, 0.0], end]), 0.53, -1.0)


def _oblique() -> Problem:
    """Cost 1 and 4 on either side of x + 2 y = 1.5."""
    normal, move = np.array([1.0, 2.0]) / np.sqrt(5.0), np.array([0.8, 0.6])
    first = (1.5 - 0.5) / np.sqrt(5.0)
    layers = np.array([[first, 1.0], [move @ normal - first, 4.0]])
    across = float(move @ np.array([normal[1], -normal[0]]))
    cost = lambda x, y: np.where(x + 2.0 * y < 1.5, 1.0, 4.0)  # noqa: E731
    return _refracted(cost, (0.1, 0.2), (float(normal[0]), float(normal[1])), layers, across)


def _known(f: Complex, slope: Complex, ends: tuple[complex, complex], low: float) -> Problem:
    found = conformal(f, slope, ends, low, 1.0)
    if found is None:
        raise ValueError(f"the straight line between the images of {ends} does not lift")
    return found


UP = (0.0, 1.0)
TWO, FOUR = [1.0, 3.0], [1.0, 2.5, 1.5, 4.0]
PROBLEMS: dict[str, Problem] = {
    "uniform": _uniform((0.1, 0.2), (0.9, 0.7)),
    "uniform, worst direction of 8": _uniform((0.0, 0.0), (1.0, np.tan(np.pi / 8))),
    "two half-planes": _refracted(_layers(TWO, [0.5]), (0.1, 0.1), UP, np.array([[0.4, 1.0], [0.4, 3.0]]), 0.8),
    "oblique interface": _oblique(),
    "head wave": _head_wave(),
    "four layers": _refracted(
        _layers(FOUR, [0.3, 0.5, 0.7]), (0.1, 0.1), UP, np.stack([np.full(4, 0.2), FOUR], axis=1), 0.8
    ),
    "catenary": _catenary(),
    "circular arc": _arc(),
    "parabola": _parabola(),
    "logarithmic spiral": _known(np.log, lambda z: 1 / z, (0.25 + 0j, 0.8 * np.exp(2j * np.pi / 3)), -1.0),
    "radial": _known(lambda z: z**2 / 2, lambda z: z, (0.5 + 0j, 0.9 * np.exp(1j * np.pi / 3)), -1.0),
    "through the origin": _through_origin(),
    "exponential": _known(lambda z: np.exp(2 * z) / 2, lambda z: np.exp(2 * z), (0.1 + 0.1j, 0.6 + 0.9j), 0.0),
    "disc": _disc(),
    "square": _square(),
}
