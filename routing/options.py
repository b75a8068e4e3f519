"""The options of a project file as the planner takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from routing import constraints, geodesy
from routing.errors import InputError
from routing.network import (
    AtLeastLandings,
    AtMostLandings,
    Budget,
    ExactlyLandings,
    Forbid,
    ForbidTogether,
    LatencyLimit,
    Require,
    SpanLimit,
)
from routing.planning import Existing, Wanted, WantedAlternatives

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from routing.network import Rule
    from routing.project import AlternativesTable, OptionTable

__all__ = ["read_cable", "wanted_of"]


def wanted_of(table: OptionTable) -> Wanted:
    """What an option of a project file wants."""
    return Wanted(
        id=table.id,
        name=table.name,
        links=table.links,
        trunk=table.trunk,
        landings=table.landings,
        states=table.states,
        rules=tuple(_rules(table)),
        separation_m=None if table.separation_km is None else 1000.0 * table.separation_km,
        zone_m=1000.0 * table.landing_zone_km,
        max_span_m=None if table.max_span_km is None else 1000.0 * table.max_span_km,
        fibre_pairs=table.fibre_pairs,
        alternatives=_alternatives(table.alternatives),
    )


def _rules(table: OptionTable) -> Iterator[Rule]:
    if table.budget_usd is not None:
        yield Budget(table.budget_usd)
    if table.at_most_landings is not None:
        yield AtMostLandings(table.at_most_landings)
    if table.exactly_landings is not None:
        yield ExactlyLandings(table.exactly_landings)
    for country, count in table.at_least_landings.items():
        yield AtLeastLandings(count, country)
    yield from (Require(landing) for landing in table.require)
    yield from (Forbid(landing) for landing in table.forbid)
    yield from (ForbidTogether(*pair) for pair in table.forbid_together)
    yield from (LatencyLimit(*limit.between, limit.at_most_ms) for limit in table.latency)
    if table.max_span_km is not None:
        yield SpanLimit(1000.0 * table.max_span_km)


def _alternatives(table: AlternativesTable | None) -> WantedAlternatives | None:
    if table is None:
        return None
    return WantedAlternatives(table.count, 1000.0 * table.apart_km, table.share)


def read_cable(path: Path, name: str) -> Existing:
    """Read where a cable lies: one line of a vector file, or positions in the order of the cable.

    Raises
    ------
    InputError
        When the file holds no line, more than one, or fewer than two positions.
    """
    frame = constraints.read_features(path).to_crs(geodesy.WGS84)
    kinds = set(frame.geometry.geom_type)
    if kinds == {"Point"}:
        lonlat = np.array([(point.x, point.y) for point in frame.geometry])
    else:
        lines = [part for shape in frame.geometry for part in getattr(shape, "geoms", [shape])]
        lines = [line for line in lines if line.geom_type == "LineString"]
        if len(lines) != 1:
            raise InputError(f"holds {len(lines)} lines", remedy="give the one line of the cable", file=path)
        lonlat = np.array(lines[0].coords)[:, :2]
    if len(lonlat) < 2:
        raise InputError(f"holds {len(lonlat)} positions", remedy="give two or more, in order", file=path)
    return Existing(name, lonlat)
