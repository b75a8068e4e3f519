"""The content of a page as JSON values: rounded, thinned and in one piece across the antimeridian."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from routing import geodesy
from routing.webmap.budget import DEPTH_LONG_SIDE_PX
from routing.webmap.frame import Frame
from routing.webmap.imagery import depth_reading, images
from routing.webmap.isobaths import contours
from routing.webmap.thinning import thin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from routing.webmap.content import MapContent, MapLanding, MapVector
    from routing.webmap.option import MapLink, MapMark, MapOption, Place

__all__ = ["page_content"]

#: A drawn line may leave the true one by this much, in metres of the projection.
_ROUTE_TOLERANCE_M = 5.0

#: Points of a depth profile: more than a screen has columns.
_PROFILE_POINTS = 2400


def page_content(content: MapContent) -> dict[str, Any]:
    """Everything that the page's script needs, images included, as JSON values.

    Parameters
    ----------
    content
        What to show.
    """
    frame = Frame.cover(content.depth.grid, long_side_px=DEPTH_LONG_SIDE_PX)
    ranked = sorted(content.options, key=lambda option: (option.rank, option.id))
    return {
        "title": content.title,
        "subtitle": content.subtitle,
        "headline": content.headline,
        "options": [_option(option, frame) for option in ranked],
        "landings": [_landing(landing, frame) for landing in content.candidates],
        "vectors": [contours(content.depth, frame), *(_vector(vector, frame) for vector in content.vectors)],
        "comparison": [list(pair) for pair in content.comparison],
        "sources": list(content.sources),
        "footer": content.footer,
        "rasters": list(images(content, frame)),
        "readout": depth_reading(content.depth, frame),
        "extent": frame.south_west_north_east,
    }


def _option(option: MapOption, frame: Frame) -> dict[str, Any]:
    return {
        "id": option.id,
        "name": option.name,
        "rank": option.rank,
        "total": option.total_usd,
        "low": option.low_usd,
        "high": option.high_usd,
        "fixed": option.fixed_usd,
        "routeDependent": option.route_dependent_usd,
        "lengthKm": option.length_km,
        "cableKm": option.cable_km,
        "buriedKm": option.buried_km,
        "maxDepth": option.max_depth_m,
        "crossings": option.crossings,
        "riskPv": option.risk_present_value_usd,
        "faults": option.expected_faults_per_year,
        "availability": option.availability,
        "latency": option.latency_ms,
        "gap": option.gap_pct,
        "solver": option.solver,
        "items": [list(item) for item in option.items],
        "links": [_link(link, frame) for link in option.links],
    }


def _link(link: MapLink, frame: Frame) -> dict[str, Any]:
    points = frame.unwrap(link.points)
    kp_km = geodesy.cumulative_m(points) / 1000.0
    kept = thin(frame.project(points), tolerance=_ROUTE_TOLERANCE_M)
    return {
        "id": link.id,
        "name": link.name,
        "lengthKm": link.length_km,
        "total": link.total_usd,
        "points": [[round(x, 5), round(y, 5), round(kp, 3)] for (x, y), kp in _rows(points[kept], kp_km[kept])],
        "positions": [
            {
                "number": position.number,
                "event": position.event,
                "lon": round(float(frame.unwrap([[position.lon, position.lat]])[0, 0]), 7),
                "lat": round(position.lat, 7),
                "kp": round(position.kp_km, 3),
                "depth": position.depth_m,
                "cable": position.cable_type,
                "remarks": position.remarks,
            }
            for position in link.positions
        ],
        "profile": _profile(link.profile),
        "sections": [
            [each.start_km, each.end_km, each.cable_type, each.protection, each.burial_m, each.slack_pct]
            for each in link.sections
        ],
        "hazards": [[each.name, round(each.start_km, 3), round(each.end_km, 3)] for each in link.hazards],
        "findings": list(link.findings),
        "alternatives": [{"note": other.note, "points": _line(other.points, frame)} for other in link.alternatives],
    }


def _line(points: Sequence[Place], frame: Frame) -> list[list[float]]:
    """A drawn line, thinned."""
    whole = frame.unwrap(points)
    kept = whole[thin(frame.project(whole), tolerance=_ROUTE_TOLERANCE_M)]
    return [[round(lon, 5), round(lat, 5)] for lon, lat in kept.tolist()]


def _rows(points: NDArray[np.float64], kp_km: NDArray[np.float64]) -> list[tuple[list[float], float]]:
    return list(zip(points.tolist(), kp_km.tolist(), strict=True))


def _profile(profile: tuple[MapMark, ...]) -> list[list[float]]:
    """At most `_PROFILE_POINTS` rows (KP km, depth m, slope degrees, faults), keeping the shallowest and the deepest.

    The extremes are kept of every stretch, so that no shoal is lost.
    """
    rows = [(mark.kp_km, mark.depth_m, mark.slope_deg, mark.faults_per_1000km_year) for mark in profile]
    table = np.array(rows, float).reshape(-1, 4)
    if len(table) > _PROFILE_POINTS:
        stretches = np.array_split(np.arange(len(table)), _PROFILE_POINTS // 2)
        depth = np.where(np.isfinite(table[:, 1]), table[:, 1], 0.0)
        extremes = [(part[depth[part].argmin()], part[depth[part].argmax()]) for part in stretches]
        table = table[np.unique(np.append(np.ravel(extremes), [0, len(table) - 1]))]
    return [
        [round(kp, 3), round(depth, 1), round(slope, 2), round(faults, 3)]
        for kp, depth, slope, faults in table.tolist()
    ]


def _landing(landing: MapLanding, frame: Frame) -> dict[str, Any]:
    return {
        "name": landing.name,
        "country": landing.country,
        "lon": round(float(frame.unwrap([[landing.lon, landing.lat]])[0, 0]), 6),
        "lat": round(landing.lat, 6),
        "used": landing.used,
        "isJunction": landing.is_junction,
        "note": landing.note,
    }


def _vector(vector: MapVector, frame: Frame) -> dict[str, Any]:
    tolerance = 0.5 * min(frame.pixels.dx, frame.pixels.dy)
    geometries = []
    for geometry in vector.geometries:
        points = frame.unwrap(geometry) if geometry else np.empty((0, 2))
        if vector.kind != "point" and len(points) > 4:
            points = points[thin(frame.project(points), tolerance=tolerance)]
        geometries.append([[round(lon, 4), round(lat, 4)] for lon, lat in points.tolist()])
    return {
        "name": vector.name,
        "group": vector.group,
        "kind": vector.kind,
        "style": vector.style,
        "shown": vector.shown,
        "labels": list(vector.labels),
        "geometries": geometries,
    }
