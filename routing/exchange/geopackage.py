"""Routes, positions, legs, landings and exclusions as one GeoPackage (WGS84), with their styles for QGIS."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from routing import geodesy, grid
from routing.constraints import NATURAL
from routing.errors import InputError
from routing.exchange.styles import qml

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from geopandas import GeoDataFrame
    from numpy.typing import NDArray
    from pandas import DataFrame

    from routing.constraints import ExclusionMap
    from routing.crossing import Crossing
    from routing.engineering import Leg, Segment
    from routing.fixedcost import FixedCost
    from routing.landing import LandingSite
    from routing.planning import OptionPlan

__all__ = ["LAYERS", "layers", "read_geopackage", "route_line", "write_geopackage"]

#: Every layer and the kind of its geometry, in the order of the file.
LAYERS = {
    "routes": "LineString",
    "positions": "Point",
    "legs": "LineString",
    "landings": "Point",
    "branching_units": "Point",
    "alternatives": "LineString",
    "crossings": "Point",
    "cblsub": "LineString",
    "excluded": "Polygon",
}
_ALTERNATIVE_FIELDS = ("option", "segment", "number", "price_usd", "route_km", "share_elsewhere")
_CROSSING_FIELDS = (
    "option", "segment", "asset", "owner", "carries", "kp_km", "cable_kp_km", "angle_deg", "straight_m", "run_in_m",
    "toll_usd",
)  # fmt: skip
#: The field whose values have a look of their own, by layer.
_STYLED_BY = {"routes": "option", "alternatives": "option", "legs": "cable_type"}
#: S-57 codes of a planned telecommunications cable (IHO S-57 edition 3.1, appendix A): object class 22 is CBLSUB;
#: CATCBL 4 is telephone, as the list has no fibre (6 is a mooring cable); CONDTN 5 is planned construction; STATUS 1
#: is permanent; VERDAT 24 is a local datum, for the water level that the project states.
_S57 = {"OBJL": 22, "CATCBL": 4, "CONDTN": 5, "STATUS": "1", "VERDAT": 24}


def write_geopackage(frames: Mapping[str, GeoDataFrame], path: Path, *, date: dt.date) -> None:
    """Write layers and their QGIS styles to one GeoPackage; same input, same bytes.

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
        # QGIS looks for a table of this name and takes the style that is marked as default.
        pyogrio.write_dataframe(
            _styles(frames, date), path, layer="layer_styles", driver="GPKG", append=path.exists(), FID="id"
        )
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def read_geopackage(path: Path) -> dict[str, GeoDataFrame]:
    """The layers of a run's GeoPackage, by name, as they were written.

    Raises
    ------
    InputError
        When the file is no GeoPackage or lacks a layer.
    """
    import pyogrio

    # By content: GDAL would open whatever the file turns out to be, and some formats name other files.
    with path.open("rb") as file:
        if file.read(16) != b"SQLite format 3\x00":
            raise InputError("is not a GeoPackage", remedy="run the project again", file=path)
    missing = sorted(set(LAYERS) - {name for name, _ in pyogrio.list_layers(path)})
    if missing:
        raise InputError(f"lacks the layer {missing[0]!r}", remedy="run the project again", file=path)
    frames = {name: pyogrio.read_dataframe(path, layer=name) for name in LAYERS}
    for name, frame in frames.items():
        frame.attrs["geometry_type"] = LAYERS[name]
    return frames


def layers(
    options: Sequence[OptionPlan],
    sites: Iterable[LandingSite],
    exclusions: ExclusionMap,
    cells: grid.Grid,
    *,
    fixed: FixedCost | None = None,
) -> dict[str, GeoDataFrame]:
    """The layers of a run, by name.

    Parameters
    ----------
    options, sites, exclusions, cells
        What the run found.
    fixed
        Prices the crossings that have no toll of their own; without it their toll is absent.
    """
    segments = [(option, link) for option in options for link in option.links]
    used = {site.landing.id for option in options for site in option.sites}
    records: dict[str, tuple[list[dict[str, Any]], Sequence[str]]] = {
        "routes": (_routes(segments), ()),
        "positions": (_positions(segments), ()),
        "legs": (_legs(segments), ()),
        "landings": ([_landing(site, used=site.landing.id in used) for site in sites], ()),
        "branching_units": (_junctions(options), ("option", "name", "degree", "depth_m", "existing")),
        "alternatives": (_alternatives(segments), _ALTERNATIVE_FIELDS),
        "crossings": (_crossings(segments, fixed), _CROSSING_FIELDS),
        "cblsub": (_charted(segments), ()),
        "excluded": (_excluded(exclusions, cells), ("reason",)),
    }
    return {name: _frame(LAYERS[name], rows, columns) for name, (rows, columns) in records.items()}


def _styles(frames: Mapping[str, GeoDataFrame], date: dt.date) -> DataFrame:
    """One default style a layer, in the columns that QGIS reads."""
    import pandas as pd

    values = {name: list(frames[name].get(_STYLED_BY.get(name, ""), ())) for name in frames}
    return pd.DataFrame(
        {
            "f_table_catalog": "",
            "f_table_schema": "",
            "f_table_name": list(frames),
            "f_geometry_column": "geom",
            "styleName": [f"cableroute {name}" for name in frames],
            "styleQML": [qml(name, values[name]) for name in frames],
            "styleSLD": "",
            "useAsDefault": True,
            "description": "colours of Okabe and Ito, with dashes",
            "owner": "",
            "ui": None,
            "update_time": pd.Timestamp(date),
        }
    ).astype({"ui": "str"})


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
            "geometry": LineString(route_line(link.segment)),
        }
        for option, link in segments
    ]


def route_line(segment: Segment) -> NDArray[np.float64]:
    """A route as it stands in the file, (lon, lat): its positions, and places between them."""
    return geodesy.densify(segment.route.lonlat, step_m=5000.0)


def _positions(segments: list[tuple[OptionPlan, Any]]) -> list[dict[str, Any]]:
    from shapely import Point

    return [
        {
            "option": option.wanted.id,
            "segment": link.segment.id,
            "number": position.number,
            "event": position.event,
            "kinds": " / ".join(event.kind for event in position.events),
            "kp_km": round(position.kp_m / 1000.0, 3),
            "cable_kp_km": round(position.cable_m / 1000.0, 3),
            "depth_m": np.nan if position.depth_m is None else round(position.depth_m, 1),
            "latitude": geodesy.format_ddm(position.lat, axis="lat"),
            "longitude": geodesy.format_ddm(position.lon, axis="lon"),
            "remarks": position.remarks,
            "geometry": Point(position.lon, position.lat),
        }
        for option, link in segments
        for position in link.segment.positions
    ]


def _legs(segments: list[tuple[OptionPlan, Any]]) -> list[dict[str, Any]]:
    from shapely import LineString

    return [
        {
            "option": option.wanted.id,
            "segment": link.segment.id,
            "number": leg.number,
            "bearing_deg": round(leg.bearing_deg, 2),
            "length_km": round(leg.length_m / 1000.0, 3),
            "slack_pct": leg.slack_pct,
            "bottom_slack_pct": round(leg.bottom_slack_pct, 4),
            "cable_km": round(leg.cable_m / 1000.0, 3),
            "cable_type": leg.cable_type,
            "fibre_pairs": leg.fibre_pairs,
            "protection": leg.protection,
            "burial_m": leg.burial_m,
            "sector": leg.sector,
            "geometry": LineString(_drawn(link.segment, [leg])),
        }
        for option, link in segments
        for leg in link.segment.legs
    ]


def _drawn(segment: Segment, legs: Sequence[Leg]) -> Any:  # noqa: ANN401  (positions (n, 2))
    """Positions along legs that follow each other, close enough together to look like geodesics."""
    ends = segment.positions[legs[0].number - 1 : legs[-1].number + 1]
    return geodesy.densify([(position.lon, position.lat) for position in ends], step_m=5000.0)


def _charted(segments: list[tuple[OptionPlan, Any]]) -> list[dict[str, Any]]:
    """Stretches built in one way, with the attributes that a chart gives a cable."""
    return [
        _stretch(option, link.segment, list(legs))
        for option, link in segments
        for _, legs in groupby(link.segment.legs, key=lambda leg: (leg.cable_type, leg.protection, leg.burial_m))
    ]


def _stretch(option: OptionPlan, segment: Segment, legs: Sequence[Leg]) -> dict[str, Any]:
    from shapely import LineString

    leg, kp_m, depth_m = legs[0], segment.profile.kp_m, segment.profile.depth_m
    first, last = segment.positions[leg.number - 1], segment.positions[legs[-1].number]
    inside = depth_m[(kp_m >= first.kp_m) & (kp_m <= last.kp_m) & np.isfinite(depth_m)]
    known = [*inside, *(each.depth_m for each in (first, last) if each.depth_m is not None)]
    return {
        "option": option.wanted.id,
        "segment": segment.id,
        **_S57,
        "BURDEP": leg.burial_m,
        "DRVAL1": round(float(min(known, default=np.nan)), 1),
        "DRVAL2": round(float(max(known, default=np.nan)), 1),
        "OBJNAM": f"{segment.start.name} to {segment.end.name}",
        "INFORM": f"planned fibre-optic cable, type {leg.cable_type}, {leg.protection}",
        "geometry": LineString(_drawn(segment, legs)),
    }


def _crossings(segments: list[tuple[OptionPlan, Any]], fixed: FixedCost | None) -> list[dict[str, Any]]:
    from shapely import Point

    return [
        {
            "option": option.wanted.id,
            "segment": link.segment.id,
            "asset": crossing.asset.name,
            "owner": crossing.asset.owner or None,
            "carries": crossing.asset.rule.carries,
            "kp_km": round(crossing.kp_m / 1000.0, 3),
            "cable_kp_km": round(link.segment.cable_kp_m(crossing.kp_m) / 1000.0, 3),
            "angle_deg": round(crossing.angle_deg, 2),
            "straight_m": round(crossing.straight_m, 1),
            "run_in_m": round(crossing.run_in_m, 1),
            "toll_usd": _toll_usd(crossing, fixed),
            "geometry": Point(crossing.lon, crossing.lat),
        }
        for option, link in segments
        for crossing in link.crossings
    ]


def _toll_usd(crossing: Crossing, fixed: FixedCost | None) -> float:
    rule = crossing.asset.rule
    if fixed is None:
        return np.nan if rule.toll_usd is None else rule.toll_usd
    return round(fixed.crossing(rule.carries, toll_usd=rule.toll_usd)["crossings"], 2)


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
