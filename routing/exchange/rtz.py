"""A cable's route as an RTZ 1.0 file for the bridge of a ship (IEC 61174:2015, annex S)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from routing import geodesy
from routing.exchange.feature import Feature, features
from routing.exchange.markup import HEAD, node

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

__all__ = ["write_rtz"]

#: Events at which a cable turns or ends; between them it is one geodesic, so a ship needs no other waypoint.
_TURNING = frozenset({"landing", "shore_end", "alter_course", "branching_unit"})
_NAUTICAL_MILE_M = 1852.0
#: Smallest turning radius of a plough (reference/engineering.md, section 2.2; default, editable there).
_RADIUS_M = 500.0


def write_rtz(positions: GeoDataFrame, path: Path, *, name: str) -> None:
    """Write the positions of one segment as a route; same input, same bytes.

    Parameters
    ----------
    positions
        Positions of one segment, in order, with ``number``, ``event``, ``kinds`` and ``kp_km``.
    path
        File to write.
    name
        Name of the route; by the standard it is the file's too.

    Notes
    -----
    Waypoints stand where the cable turns and at its ends. Legs are great circles ("Orthodrome"), as the route's are
    geodesics; a leg belongs to the waypoint that it leads to. Radii are in nautical miles: 500 m, or less where two
    turns are near each other. Characters that XML cannot hold become U+FFFD.
    """
    rows = list(features(positions))
    ends = {rows[0].text("number"), rows[-1].text("number")}
    kept = [row for row in rows if row.text("number") in ends or _TURNING & set(row.text("kinds").split(" / "))]
    places = np.array([(row.shape.x, row.shape.y) for row in kept])
    waypoints = [
        _waypoint(kept[max(k - 1, 0) : k + 1], number=k + 1, radius_nm=radius)
        for k, radius in enumerate(_radii_nm(places))
    ]
    about = {"routeName": name, "routeAuthor": "cableroute", "routeStatus": "draft for desk study; not for navigation"}
    inside = [node("routeInfo", (), about), node("waypoints", waypoints)]
    text = node("route", inside, {"xmlns": "http://www.cirm.org/RTZ/1/0", "version": "1.0"})
    path.write_text(HEAD + text + "\n", encoding="utf-8", newline="\n")


def _waypoint(rows: Sequence[Feature], *, number: int, radius_nm: float) -> str:
    """The last of the rows as a waypoint; the first is where its leg comes from, if it has one."""
    before, here = rows[0], rows[-1]
    lon = here.shape.x if -180.0 <= here.shape.x < 180.0 else (here.shape.x + 180.0) % 360.0 - 180.0
    position = node("position", (), {"lat": f"{here.shape.y:.8f}", "lon": _below_180(lon)})
    stretch = f"KP {before.text('kp_km')} to {here.text('kp_km')} km"
    leg = node("leg", (), {"geometryType": "Orthodrome", "legInfo": stretch})
    about = {"id": str(number), "revision": "0", "name": here.text("event"), "radius": f"{radius_nm:.3f}"}
    return node("waypoint", [position, leg] if len(rows) > 1 else [position], about)


def _below_180(lon: float) -> str:
    """Eight decimals; RTZ has no longitude of 180."""
    text = f"{lon:.8f}"
    return "-180.00000000" if text == "180.00000000" else text


def _radii_nm(places: NDArray[np.float64]) -> list[float]:
    """Turning radius at each place: a turn takes up radius x tan(turn / 2) of both legs, at most half of each."""
    forward, final, metres = geodesy.inverse(places[:-1], places[1:])
    turns = (forward[1:] - final[:-1] + 180.0) % 360.0 - 180.0
    room = 0.5 * np.minimum(metres[:-1], metres[1:])
    spare = room / np.maximum(np.tan(np.radians(np.abs(turns)) / 2.0), 1e-9)
    radii = [math.floor(min(_RADIUS_M, each) / _NAUTICAL_MILE_M * 1000.0) / 1000.0 for each in spare]
    return [0.0, *radii, 0.0]
