"""Where a route crosses existing cables and pipelines, at what angle, and whether it may.

Two stages use it. Straightening asks what every candidate leg pays in tolls and
which legs break a rule; the finished route is asked on the ellipsoid for each of
its crossings, and for stretches that run too near and too long beside an asset.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from routing import geodesy, grid
from routing.constraints import sea_from_cells
from routing.finding import Finding
from routing.runs import runs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray

    from routing.constraints import Asset
    from routing.pricing import PricedGrid

Node = tuple[int, int]

__all__ = ["PREFERRED_ANGLE_DEG", "Crossing", "CrossingMap"]

#: A crossing at a smaller angle is reported (reference/engineering.md, section 2.2; default, editable there).
PREFERRED_ANGLE_DEG = 60.0
#: No alter course within this distance of a crossing, nor within one water depth (same place).
_RUN_IN_M = 500.0
#: Crossings of one asset nearer to each other than this along a route are one.
_SAME_PLACE_M = 1.0
#: Angles are compared to within this: a micrometre over a leg of a metre.
_ANGLE_SLACK_DEG = 1e-6
#: Where a leg may be laid across: places along the asset, in run-ins, and tilts of the leg from the perpendicular;
#: steep tilts, like short run-ins, only where soft rules are broken.
_GATE_PLACES = (0.0, -0.7, 0.7, -2.5, 2.5)
_GATE_TILTS_DEG, _STEEP_TILTS_DEG = (0.0, -14.0, 14.0, -28.0, 28.0), (-43.0, 43.0)
#: Gates at an agreed place lie within this share of its tolerance, since it may itself be off the asset by some of it.
_WITHIN = 0.7
#: Run-ins on both sides of a gate, long enough after projection.
_GATE_RUNS, _SHORT_GATE_RUNS = (1.05,), (1.05, 0.3)
#: Half width of the cut that an asset makes in the water, map metres: enough to part it, too little to part more.
_CUT_M = 1e-3
#: Spacing at which nearness to assets is looked at along a route.
_BESIDE_STEP_M = 100.0
#: A stretch inside the separation longer than this many separations crosses at less than 30 degrees: 2 / sin 30.
_BESIDE_SEPARATIONS = 4.0


@dataclass(frozen=True)
class Crossing:
    """One place where a route crosses an asset.

    Attributes
    ----------
    asset
        What is crossed.
    kp_m
        Distance along the route.
    angle_deg
        Acute angle between route and asset, on the ellipsoid.
    lon, lat
        Where, degrees.
    straight_m
        Distance to the nearest end of the leg that crosses.
    run_in_m
        Distance that it should be.
    is_agreed
        Whether the asset may be crossed at this place, as far as agreements go.
    """

    asset: Asset
    kp_m: float
    angle_deg: float
    lon: float
    lat: float
    straight_m: float
    run_in_m: float
    is_agreed: bool = True

    @property
    def is_admissible(self) -> bool:
        """Whether the place and the angle are such at which the asset may be crossed."""
        return self.is_agreed and self.angle_deg >= self.asset.rule.min_angle_deg - _ANGLE_SLACK_DEG

    def findings(self) -> Iterator[Finding]:
        """Soft rules that it breaks."""
        kp_km = round(self.kp_m / 1000.0, 3)
        where = f"{self.asset.name} at KP {kp_km:.3f}"
        if self.angle_deg < PREFERRED_ANGLE_DEG:
            text = f"crosses {where} at {self.angle_deg:.1f} degrees; {PREFERRED_ANGLE_DEG:g} or more is preferred"
            yield Finding("crossing-angle", "warning", text, kp_km, kp_km)
        if self.straight_m < self.run_in_m:
            text = (
                f"alters course {self.straight_m:.0f} m from its crossing of {where}; {self.run_in_m:.0f} m is wanted"
            )
            yield Finding("crossing-run-in", "warning", text, kp_km, kp_km)


@dataclass(frozen=True)
class _Meetings:
    """Where lines meet pieces of assets: which line, which piece, share of the line, acute angle."""

    line: NDArray[np.intp]
    piece: NDArray[np.intp]
    share: NDArray[np.float64]
    angle_deg: NDArray[np.float64]


@dataclass(frozen=True)
class CrossingMap:
    """Assets on a sea, with the price of crossing each.

    Attributes
    ----------
    assets
        What may be crossed, at least one.
    prices_usd
        Price of crossing each, indirect cost included.
    priced
        The cost surface that they lie on.
    """

    assets: tuple[Asset, ...]
    prices_usd: tuple[float, ...]
    priced: PricedGrid

    def find(self, lonlat: NDArray[np.float64]) -> tuple[Crossing, ...]:
        """Every crossing of a geodesic polyline (n, 2), in order of KP."""
        line, pieces = self.priced.follow(lonlat)
        met = self._meet(line[:-1], line[1:])
        leg = np.repeat(np.arange(len(pieces)), pieces)[met.line]
        xy = line[met.line] + met.share[:, None] * np.diff(line, axis=0)[met.line]
        places, agreed = self.priced.projection.inverse(xy), self._agreed(met.piece, xy)
        kp_m = geodesy.cumulative_m(lonlat)
        before_m = geodesy.inverse(lonlat[leg], places)[2]
        after_m = geodesy.inverse(places, lonlat[leg + 1])[2]
        angles = self._true_angles(met, lonlat[leg], lonlat[leg + 1], places)
        run_in = self._run_in_m(places)
        found = [
            Crossing(
                asset=self.assets[self._owner[met.piece[i]]],
                kp_m=float(kp_m[leg[i]] + before_m[i]),
                angle_deg=float(angles[i]),
                lon=float(places[i, 0]),
                lat=float(places[i, 1]),
                straight_m=float(min(before_m[i], after_m[i])),
                run_in_m=float(run_in[i]),
                is_agreed=bool(agreed[i]),
            )
            for i in range(len(leg))
        ]
        return tuple(_each_once(found))

    def price_usd(self, crossings: Sequence[Crossing]) -> float:
        """Price of crossings, indirect cost included."""
        return sum(self.prices_usd[self.assets.index(crossing.asset)] for crossing in crossings)

    def unavoidable_usd(self, start: Node, end: Node, crossings: Sequence[Crossing]) -> float:
        """Price that every way between two cells pays: of those assets, among the ones crossed, that part the two.

        Notes
        -----
        The free cells as a polygon are cut along an asset. When the centres of the
        two cells lie in different pieces, any way between them crosses it.
        """
        from shapely import points

        ends = points(self.priced.surface.grid.to_xy([start, end]))
        owners = {self.assets.index(crossing.asset) for crossing in crossings}
        parted = [i for i in sorted(owners) if len({*self._piece_of_sea(i, ends)}) > 1]
        return sum(self.prices_usd[i] for i in parted)

    def leg_prices(self, starts: ArrayLike, ends: ArrayLike, *, strict: bool) -> NDArray[np.float64]:
        """USD of tolls on straight legs between grid positions (n, 2); inf where one may not cross as it does.

        Parameters
        ----------
        starts, ends
            Row and col.
        strict
            Also refuse what soft rules advise against: small angles, alter courses near a crossing.
        """
        cells = self.priced.surface.grid
        start, end = cells.to_xy(starts), cells.to_xy(ends)
        met = self._meet(start, end)
        owner = self._owner[met.piece]
        least = self._least_angle_deg[owner]
        refused = met.angle_deg < (np.maximum(least, PREFERRED_ANGLE_DEG) if strict else least) - _ANGLE_SLACK_DEG
        way = (end - start)[met.line]
        xy = start[met.line] + met.share[:, None] * way
        refused |= ~self._agreed(met.piece, xy)
        if strict:
            place = self.priced.projection.inverse(xy)
            length_m = np.hypot(*way.T) / self._scale(place)
            refused |= np.minimum(met.share, 1.0 - met.share) * length_m < self._run_in_m(place)
        tolls = np.where(refused, np.inf, np.array(self.prices_usd)[owner])
        return np.bincount(met.line, weights=tolls, minlength=len(start)).astype(float)

    def with_gates(self, path: NDArray[np.float64], *, strict: bool) -> NDArray[np.float64]:
        """A path (n, 2) of grid positions with places to cross at good angles put in where it crosses.

        Notes
        -----
        A gate is two places a straight run-in before and after the asset. At each
        crossing of the path there are gates at several places along the asset and
        several tilts; all places before the asset stand before all places after
        it, so that a chain of vertices in order may use any pair. Where soft rules
        need not hold (`strict` is false) there are narrower gates too.
        """
        cells = self.priced.surface.grid
        xy = cells.to_xy(path)
        met = self._meet(xy[:-1], xy[1:])
        parts, done = [], 0
        for i in np.lexsort((met.share, met.line)):
            vertex = int(met.line[i]) + 1
            way = xy[vertex] - xy[vertex - 1]
            before, after = self._gates(int(met.piece[i]), xy[vertex - 1] + met.share[i] * way, way, strict=strict)
            parts += [path[done:vertex], cells.to_rowcol(before), cells.to_rowcol(after)]
            done = vertex
        return np.concatenate([*parts, path[done:]])

    def beside(self, lonlat: NDArray[np.float64]) -> tuple[Finding, ...]:
        """Stretches of a route that run nearer to an asset than they should for longer than a crossing needs."""
        from shapely import distance, points

        dense = geodesy.densify(lonlat, step_m=_BESIDE_STEP_M)
        kp_m, depth = geodesy.cumulative_m(dense), self._depths(dense)
        places, scale = points(self.priced.projection.forward(dense)), self._scale(dense)
        found = []
        for asset in self.assets:
            away_m = np.asarray(distance(places, asset.shape)) / scale
            wanted_m = asset.rule.separation_m(depth)
            for first, last in runs(away_m < wanted_m):
                if kp_m[last] - kp_m[first] > _BESIDE_SEPARATIONS * wanted_m[first : last + 1].max():
                    nearest = first + int(np.argmin(away_m[first : last + 1]))
                    found.append(_too_near(asset, kp_m[[first, last]], away_m[nearest], wanted_m[nearest]))
        return tuple(found)

    @cached_property
    def _pieces(self) -> NDArray[np.float64]:
        return np.concatenate([asset.segments for asset in self.assets])

    @cached_property
    def _owner(self) -> NDArray[np.intp]:
        return np.repeat(np.arange(len(self.assets)), [len(asset.segments) for asset in self.assets])

    @cached_property
    def _least_angle_deg(self) -> NDArray[np.float64]:
        return np.array([asset.rule.min_angle_deg for asset in self.assets])

    @cached_property
    def _tree(self) -> Any:  # noqa: ANN401  (a shapely tree)
        from shapely import STRtree, linestrings

        return STRtree(linestrings(self._pieces))

    @cached_property
    def _open_water(self) -> Any:  # noqa: ANN401  (a shapely geometry)
        surface = self.priced.surface
        return sea_from_cells(surface.free, surface.grid)

    @cached_property
    def _cut_seas(self) -> dict[int, Any]:
        """Pieces of the open water by the asset that cuts it, as trees, filled on demand."""
        return {}

    def _piece_of_sea(self, owner: int, places: Any) -> list[int]:  # noqa: ANN401  (shapely points)
        """Which piece of the water cut along an asset holds each place; places on the cut are in none."""
        from shapely import STRtree, get_parts

        if owner not in self._cut_seas:
            cut = self._open_water.difference(self.assets[owner].shape.buffer(_CUT_M))
            self._cut_seas[owner] = STRtree(get_parts(cut))
        return [int(piece) for piece in self._cut_seas[owner].query(places, predicate="within")[1]]

    def _meet(self, start: NDArray[np.float64], end: NDArray[np.float64]) -> _Meetings:
        """Where straight lines, ends (n, 2) in map metres, meet assets; one along an asset meets it at 0 degrees."""
        from shapely import linestrings

        line, piece = self._tree.query(linestrings(np.stack([start, end], axis=1)), predicate="intersects")
        way, own = (end - start)[line], np.diff(self._pieces[piece], axis=1)[:, 0]
        offset = self._pieces[piece, 0] - start[line]
        turn = way[:, 0] * own[:, 1] - way[:, 1] * own[:, 0]
        across = np.divide(
            offset[:, 0] * own[:, 1] - offset[:, 1] * own[:, 0], turn, out=np.zeros(len(turn)), where=turn != 0
        )
        size = np.hypot(*way.T) * np.hypot(*own.T)
        sine = np.divide(np.abs(turn), size, out=np.zeros(len(turn)), where=size > 0)
        return _Meetings(line, piece, np.clip(across, 0.0, 1.0), np.degrees(np.arcsin(np.minimum(sine, 1.0))))

    def _agreed(self, piece: NDArray[np.intp], xy: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether assets, by their pieces, may be crossed at places (n, 2), map metres, as far as agreements go."""
        agreed, owner = np.ones(len(xy), bool), self._owner[piece]
        for number in [number for number, asset in enumerate(self.assets) if asset.agreed]:
            own = owner == number
            agreed[own] = self.assets[number].is_agreed(xy[own])
        return agreed

    def _true_angles(
        self, met: _Meetings, start: NDArray[np.float64], end: NDArray[np.float64], places: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Acute angles between geodesic legs and assets at their meetings, degrees, on the ellipsoid."""
        ahead, _, after_m = geodesy.inverse(places, end)
        _, behind, before_m = geodesy.inverse(start, places)
        xy, own = self.priced.projection.forward(places), np.diff(self._pieces[met.piece], axis=1)[:, 0]
        step = own / np.maximum(np.hypot(*own.T), 1e-9)[:, None]
        back, forth = (self.priced.projection.inverse(xy + sign * step) for sign in (-1.0, 1.0))
        between = np.abs(np.where(after_m > before_m, ahead, behind) - geodesy.inverse(back, forth)[0]) % 180.0
        return np.where(met.angle_deg > 0, np.minimum(between, 180.0 - between), 0.0)

    def _gates(
        self, piece: int, place: NDArray[np.float64], way: NDArray[np.float64], *, strict: bool
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Places before and after an asset, map metres, for legs that cross it well near one place."""
        from shapely import Point

        lonlat = self.priced.projection.inverse(place)
        run = float(self._run_in_m(lonlat)[0] * self._scale(lonlat)[0])
        asset = self.assets[self._owner[piece]]
        reach = run
        if asset.agreed:
            x, y, radius = min(asset.agreed, key=lambda each: Point(each[:2]).distance(Point(place)))
            place, reach = np.array([x, y]), radius / max(np.abs(_GATE_PLACES)) * _WITHIN
        line = min(asset.lines, key=Point(place).distance)
        along = np.unique(np.clip(line.project(Point(place)) + reach * np.array(_GATE_PLACES), 0.0, line.length))
        middle, ahead, behind = (_points_on(line, along + step) for step in (0.0, 1.0, -1.0))
        tangent = (ahead - behind) / np.hypot(*(ahead - behind).T)[:, None]
        normal = np.column_stack([-tangent[:, 1], tangent[:, 0]])
        normal *= np.where(normal @ way < 0, -1.0, 1.0)[:, None]
        tilts = np.radians(_GATE_TILTS_DEG if strict else _GATE_TILTS_DEG + _STEEP_TILTS_DEG)[:, None, None]
        runs = run * np.array(_GATE_RUNS if strict else _SHORT_GATE_RUNS)[:, None, None, None]
        leg = runs * (np.cos(tilts) * normal + np.sin(tilts) * tangent)
        return (middle - leg).reshape(-1, 2), (middle + leg).reshape(-1, 2)

    def _run_in_m(self, lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        """Straight distance wanted on both sides of a crossing: 500 m and the water depth."""
        return np.maximum(_RUN_IN_M, np.nan_to_num(self._depths(lonlat)))

    def _depths(self, lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        return grid.sample(self.priced.surface.depth_m, self.priced.rowcol(lonlat))

    def _scale(self, lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        return grid.sample(self.priced.surface.grid.scale, self.priced.rowcol(lonlat))


def _each_once(crossings: Sequence[Crossing]) -> Iterator[Crossing]:
    """Crossings in order of KP; at a bend of route or asset the smallest angle stands for all."""
    kept: list[Crossing] = []
    for crossing in sorted(crossings, key=lambda each: each.kp_m):
        same = [
            i for i, one in enumerate(kept) if one.asset is crossing.asset and crossing.kp_m - one.kp_m < _SAME_PLACE_M
        ]
        if same:
            one = kept[same[-1]]
            kept[same[-1]] = replace(
                one,
                angle_deg=min(one.angle_deg, crossing.angle_deg),
                straight_m=min(one.straight_m, crossing.straight_m),
            )
        else:
            kept.append(crossing)
    return iter(kept)


def _points_on(line: Any, along: NDArray[np.float64]) -> NDArray[np.float64]:  # noqa: ANN401
    from shapely import get_coordinates, line_interpolate_point

    return np.asarray(get_coordinates(line_interpolate_point(line, np.clip(along, 0.0, line.length))))


def _too_near(asset: Asset, kp_m: NDArray[np.float64], away_m: float, wanted_m: float) -> Finding:
    first_km, last_km = (round(float(kp) / 1000.0, 3) for kp in kp_m)
    text = (
        f"runs beside {asset.name} from KP {first_km:.3f} to {last_km:.3f}, "
        f"down to {away_m:.0f} m away where {wanted_m:.0f} m is wanted"
    )
    return Finding("parallel-separation", "warning", text, first_km, last_km)
