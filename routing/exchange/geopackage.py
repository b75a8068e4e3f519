"""Routes, positions, legs, landings and exclusions as one GeoPackage (WGS84)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from routing import geodesy, grid
from routing.constraints import NATURAL

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from geopandas import GeoDataFrame

    from routing.constraints import ExclusionMap
    from routing.landing import LandingSite
    from routing.planning import OptionPlan

__all__ = ["layers", "write_geopackage"]

_ALTERNATIVE_FIELDS = ("option", "segment", "number", "price_usd", "route_km", "share_elsewhere")
_CROSSING_FIELDS = ("option", "segment", "asset", "kp_km", "angle_deg")


def write_geopackage(frames: Mapping[str, GeoDataFrame], path: Path, *, date: dt.date) -> None:
    """Write layers to one GeoPackage; same input, same bytes.

    Parameters
    ----------
    frames
        Layers by name; empty ones keep their columns.
    path
        File to write; it must not exist.
    date
        Stands as time of change inside the file, in place of the clock.
    """
    import pyogrio

    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{date.isoformat()}T00:00:00.000Z"})
    try:
        for name, frame in frames.items():
            kind = frame.attrs["geometry_type"]
            pyogrio.write_dataframe(
                frame, path, layer=name, driver="GPKG", geometry_type=kind, promote_to_multi=False, append=path.exists()
            )
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def layers(
    options: Sequence[OptionPlan], sites: Iterable[LandingSite], exclusions: ExclusionMap, cells: grid.Grid
) -> dict[str, GeoDataFrame]:
    """The layers of a run, by name."""
    segments = [(option, link) for option in options for link in option.links]
    used = {site.landing.id for option in options for site in option.sites}
    return {
        "routes": _frame("LineString", _routes(segments)),
        "positions": _frame("Point", _positions(segments)),
        "legs": _frame("LineString", _legs(segments)),
        "landings": _frame("Point", [_landing(site, used=site.landing.id in used) for site in sites]),
        "branching_units": _frame("Point", _junctions(options), ("option", "name", "degree", "depth_m", "existing")),
        "alternatives": _frame("LineString", _alternatives(segments), _ALTERNATIVE_FIELDS),
        "crossings": _frame("Point", _crossings(segments), _CROSSING_FIELDS),
        "excluded": _frame("Polygon", _excluded(exclusions, cells), ("reason",)),
    }


def _frame(kind: str, records: list[dict[str, Any]], columns: Sequence[str] = ()) -> GeoDataFrame:
    import geopandas
    import pandas as pd

    table = (
        pd.DataFrame(records)
        if records
        else pd.DataFrame({name: pd.Series(dtype=str) for name in (*columns, "geometry")})
    )
    frame = geopandas.GeoDataFrame(table, geometry="geometry", crs=geodesy.WGS84)
    frame.attrs["geometry_type"] = kind
    return frame


def _routes(segments: list[tuple[OptionPlan, Any]]) -> list[dict[str, Any]]:
    from shapely import LineString

    return [
        {
            "option": option.wanted.id,
            "segment": link.segment.id,
            "start": link.segment.start.name,
            "end": link.segment.end.name,
            "route_km": round(link.segment.route.length_m / 1000.0, 3),
            "cable_km": round(link.segment.cable_m / 1000.0, 3),
            "price_usd": round(sum(link.items.values()), 2),
            "geometry": LineString(geodesy.densify(link.segment.route.lonlat, step_m=5000.0)),
        }
        for option, link in segments
    ]


def _positions(segments: list[tuple[OptionPlan, Any]]) -> list[dict[str, Any]]:
    from shapely import Point

    return [
        {
            "option": option.wanted.id,
            "segment": link.segment.id,
            "number": position.number,
            "event": position.event,
            "kp_km": round(position.kp_m / 1000.0, 3),
            "cable_kp_km": round(position.cable_m / 1000.0, 3),
            "depth_m": np.nan if position.depth_m is None else round(position.depth_m, 1),
            "remarks": position.remarks,
            "geometry": Point(position.lon, position.lat),
        }
        for option, link in segments
        for position in link.segment.positions
    ]


def _legs(segments: list[tuple[OptionPlan, Any]]) -> list[dict[str, Any]]:
    from shapely import LineString

    records = []
    for option, link in segments:
        ends = [(position.lon, position.lat) for position in link.segment.positions]
        for leg, start, end in zip(link.segment.legs, ends[:-1], ends[1:], strict=True):
            records.append(
                {
                    "option": option.wanted.id,
                    "segment": link.segment.id,
                    "number": leg.number,
                    "bearing_deg": round(leg.bearing_deg, 2),
                    "length_km": round(leg.length_m / 1000.0, 3),
                    "slack_pct": leg.slack_pct,
                    "cable_km": round(leg.cable_m / 1000.0, 3),
                    "cable_type": leg.cable_type,
                    "protection": leg.protection,
                    "burial_m": leg.burial_m,
                    "sector": leg.sector,
                    "geometry": LineString(geodesy.densify([start, end], step_m=5000.0)),
                }
            )
    return records


def _crossings(segments: list[tuple[OptionPlan, Any]]) -> list[dict[str, Any]]:
    from shapely import Point

    return [
        {
            "option": option.wanted.id,
            "segment": link.segment.id,
            "asset": crossing.asset.name,
            "kp_km": round(crossing.kp_m / 1000.0, 3),
            "angle_deg": round(crossing.angle_deg, 2),
            "geometry": Point(crossing.lon, crossing.lat),
        }
        for option, link in segments
        for crossing in link.crossings
    ]


def _alternatives(segments: list[tuple[OptionPlan, Any]]) -> list[dict[str, Any]]:
    from shapely import LineString

    return [
        {
            "option": option.wanted.id,
            "segment": link.segment.id,
            "number": number,
            "price_usd": round(other.price_usd, 2),
            "route_km": round(other.route.length_m / 1000.0, 3),
            "share_elsewhere": round(other.far_share, 4),
            "geometry": LineString(geodesy.densify(other.route.lonlat, step_m=5000.0)),
        }
        for option, link in segments
        for number, other in enumerate(link.alternatives, start=2)
    ]


def _junctions(options: Sequence[OptionPlan]) -> list[dict[str, Any]]:
    from shapely import Point

    return [
        {
            "option": option.wanted.id,
            "name": junction.name,
            "degree": junction.degree,
            "depth_m": round(junction.depth_m, 1),
            "existing": junction.existing or None,
            "geometry": Point(junction.place),
        }
        for option in options
        for junction in option.junctions
    ]


def _landing(site: LandingSite, *, used: bool) -> dict[str, Any]:
    from shapely import Point

    return {
        "id": site.landing.id,
        "name": site.landing.name,
        "country": site.landing.country,
        "used": used,
        "status": site.landing.status,
        "published_lon": site.landing.lon,
        "published_lat": site.landing.lat,
        "moved_km": round(site.moved_m / 1000.0, 3),
        "source": site.landing.source,
        "geometry": Point(site.bmh),
    }


def _excluded(exclusions: ExclusionMap, cells: grid.Grid) -> list[dict[str, Any]]:
    """Cells that a layer excludes, as polygons with their reason."""
    from shapely import transform

    zones = np.where(exclusions.code > len(NATURAL), exclusions.code, 0).astype(np.uint8)
    to_lonlat = geodesy.Projection(cells.crs).inverse
    return [
        {"reason": exclusions.reasons[code - 1], "geometry": transform(polygon, to_lonlat)}
        for polygon, code in grid.outlines(zones, cells)
    ]
