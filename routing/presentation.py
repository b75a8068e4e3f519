"""What the map shows of a run: its summary, routes and context as map content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from routing import geodesy
from routing.grid import Raster
from routing.webmap import MapContent, MapLanding, MapLink, MapOption, MapPosition, MapVector

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from routing.constraints import Layer, Sectors
    from routing.engineering import Segment
    from routing.junction import Junction
    from routing.landing import LandingSite
    from routing.planning import OptionPlan, Sea
    from routing.webmap.content import Style

__all__ = ["MapTexts", "map_content"]

Position = tuple[float, float]

#: Labels of cost items, in the order they are shown.
LABELS = {
    "cable": "Cable",
    "laying": "Laying",
    "burial": "Burial",
    "survey": "Survey along the route",
    "permits": "Permits along the route",
    "indirect": "Management, insurance, contingency",
    "crossings": "Crossings of cables and pipelines",
    "repairs": "Expected repairs (present value)",
    "avoidance": "Avoidance (steers the way, is not spent)",
    "mobilisation": "Mobilising vessel and plough",
    "survey_mobilisation": "Survey mobilisation",
    "desk_study": "Desk-top study",
    "terminal_equipment": "Terminal equipment",
    "branching_unit": "Branching units",
    "fibre": "More fibre pairs",
    "repeaters": "Repeaters",
    "remote_pumps": "Remotely pumped amplifiers",
    "power_feed": "Power feed equipment",
    "shore_end": "Shore ends",
    "inshore_survey": "Inshore survey",
    "station": "Landing stations",
    "fronthaul": "Beach to station",
    "backhaul": "Backhaul to point of presence",
}
#: Where the map lists a layer, by its kind, and whether it is drawn from the start.
_GROUPS = {
    "exclude": ("Exclusions", True),
    "avoid": ("Exclusions", True),
    "cable": ("Context", True),
    "pipeline": ("Context", True),
    "shipping": ("Hazards", False),
    "show": ("Context", False),
}
#: Lines are drawn with a vertex at least this often, so that a geodesic looks like one.
_DRAWN_STEP_M = 5000.0
#: Context outlines lose detail below this size on the map.
_OUTLINE_TOLERANCE_M = 250.0
#: Zones are small and round, so they keep more.
_ZONE_TOLERANCE_M = 50.0


@dataclass(frozen=True)
class MapTexts:
    """Texts of the project that appear on the map."""

    title: str
    published: tuple[tuple[str, str], ...]
    sources: tuple[str, ...]
    footer: str
    styles: Mapping[str, Style]


def map_content(  # noqa: PLR0913  (the page brings together everything a run knows)
    texts: MapTexts,
    summary: Sequence[Mapping[str, Any]],
    plans: Sequence[OptionPlan],
    sea: Sea,
    *,
    shore: Any,  # noqa: ANN401  (a shapely geometry)
    layers: Sequence[Layer],
    sites: Iterable[LandingSite],
) -> MapContent:
    """Put a run on a map.

    Parameters
    ----------
    texts
        Texts of the project.
    summary
        Options of the summary, by rank.
    plans
        The same options as plans.
    sea
        The water.
    shore
        The sea as a polygon in the routing CRS.
    layers
        Context layers.
    sites
        Candidate landings.
    """
    by_id = {plan.wanted.id: plan for plan in plans}
    surface = sea.priced.surface
    used = {site.landing.id for plan in plans for site in plan.sites}
    return MapContent(
        title=texts.title,
        subtitle=f"{len(summary)} options compared; draft for desk study",
        headline=headline(summary),
        options=tuple(_option(table, by_id[table["id"]]) for table in summary),
        candidates=(
            *(_landing(site, used=site.landing.id in used) for site in sites),
            *(_junction(junction, plan) for plan in plans for junction in plan.junctions),
        ),
        depth=Raster(surface.depth_m, surface.grid),
        cost=Raster(surface.total(excluded=np.nan), surface.grid),
        vectors=tuple(_vectors(sea, shore, layers, texts.styles)),
        comparison=(*texts.published, *_ours(summary)),
        sources=texts.sources,
        footer=texts.footer,
    )


def headline(summary: Sequence[Mapping[str, Any]]) -> str:
    """One sentence: the cheapest option, how sure that is, how far the others lie above, which barriers are given up.

    Parameters
    ----------
    summary
        Options of the summary, by rank.
    """
    best, others = summary[0], summary[1:]
    legs = "; ".join(f"{link['from']} to {link['to']}, {link['route_km']:.0f} km" for link in best["links"])
    cost = best["cost"]
    text = (
        f"{best['name']} costs least: {legs}, USD {cost['total_usd'] / 1e6:.1f} million "
        f"(range {cost['low_usd'] / 1e6:.0f} to {cost['high_usd'] / 1e6:.0f}), "
        f"proven within {best['gap_pct']:.1f} % of the cheapest there is"
    )
    more = [(other["cost"]["total_usd"] - cost["total_usd"]) / 1e6 for other in others]
    if len(more) == 1:
        text += f"; {others[0]['name']} adds USD {more[0]:.1f} million"
    elif more:
        text += f"; the others add USD {min(more):.1f} to {max(more):.1f} million"
    given_up = [f"{table['name']} gives up {', '.join(table['given_up'])}" for table in summary if table["given_up"]]
    return "; ".join([text, *given_up]) + "."


def _ours(summary: Sequence[Mapping[str, Any]]) -> Iterable[tuple[str, str]]:
    """Our figures to stand beside published ones, which hold no expected repairs."""
    for table in summary:
        km = sum(link["cable_km"] for link in table["links"])
        price = f"{km:.0f} km of cable, USD {table['cost']['capital_usd'] / 1e6:.1f} million before repairs"
        yield f"Here: {table['name']}", price


def _option(table: Mapping[str, Any], plan: OptionPlan) -> MapOption:
    links = table["links"]
    cost, solver = table["cost"], table["solver"]
    items = {**cost["items"], **{name: usd for name, usd in cost["fixed_items"].items() if name != "indirect"}}
    items["indirect"] += cost["fixed_items"]["indirect"]
    return MapOption(
        id=table["id"],
        name=table["name"],
        rank=table["rank"],
        total_usd=cost["total_usd"],
        low_usd=cost["low_usd"],
        high_usd=cost["high_usd"],
        fixed_usd=cost["fixed_usd"],
        route_dependent_usd=cost["route_dependent_usd"],
        length_km=sum(link["route_km"] for link in links),
        cable_km=sum(link["cable_km"] for link in links),
        max_depth_m=max(link["max_depth_m"] for link in links),
        risk_present_value_usd=table["risk"]["present_value_usd"],
        expected_faults_per_year=table["risk"]["expected_faults_per_year"],
        gap_pct=table["gap_pct"],
        solver=f"{solver['name']}: {solver['status'].lower()}",
        items=tuple((LABELS[name], items[name]) for name in LABELS if name in items),
        links=tuple(_link(each, link.segment) for each, link in zip(links, plan.links, strict=True)),
    )


def _link(table: Mapping[str, Any], segment: Segment) -> MapLink:
    types = [leg.cable_type for leg in segment.legs]
    types.append(types[-1])
    points = geodesy.densify(segment.route.lonlat, step_m=_DRAWN_STEP_M)
    return MapLink(
        id=segment.id,
        name=f"{table['from']} to {table['to']}",
        points=tuple((float(lon), float(lat)) for lon, lat in points),
        length_km=table["route_km"],
        total_usd=table["cost"]["total_usd"],
        positions=tuple(
            MapPosition(
                number=position.number,
                event=position.event,
                lon=position.lon,
                lat=position.lat,
                kp_km=position.kp_m / 1000.0,
                depth_m=float("nan") if position.depth_m is None else position.depth_m,
                cable_type=code,
                remarks=position.remarks,
            )
            for position, code in zip(segment.positions, types, strict=True)
        ),
        profile=tuple(
            (float(kp) / 1000.0, float(depth))
            for kp, depth in zip(segment.profile.kp_m, segment.profile.depth_m, strict=True)
        ),
    )


def _landing(site: LandingSite, *, used: bool) -> MapLanding:
    lon, lat = site.bmh
    note = f"{site.moved_m / 1000:.1f} km from the published place to the shore. {site.landing.note}".strip()
    return MapLanding(site.landing.name, site.landing.country, float(lon), float(lat), used, note)


def _junction(junction: Junction, plan: OptionPlan) -> MapLanding:
    lon, lat = junction.place
    note = f"Branching unit of {plan.wanted.name}, {junction.degree} cables, {junction.depth_m:.0f} m of water."
    return MapLanding(junction.name, "branching unit", lon, lat, True, note)  # noqa: FBT003 (used)


def _vectors(sea: Sea, shore: Any, layers: Sequence[Layer], styles: Mapping[str, Style]) -> Iterable[MapVector]:  # noqa: ANN401
    to_lonlat = sea.priced.projection.inverse
    yield _outline("Coastline", shore, "coast", to_lonlat)
    if sea.sectors:
        yield _sectors(sea.sectors, to_lonlat)
    for layer in layers:
        yield _context(layer, styles[layer.source.name], to_lonlat)


def _outline(name: str, polygon: Any, style: Style, to_lonlat: Any) -> MapVector:  # noqa: ANN401
    rings = _rings(polygon, to_lonlat)
    return MapVector(name, "Context", "line", tuple(rings), (), style, shown=True)


def _sectors(sectors: Sectors, to_lonlat: Any) -> MapVector:  # noqa: ANN401
    from shapely import MultiPolygon, Polygon

    rings, labels = [], []
    for country, polygon in zip(sectors.countries, sectors.polygons, strict=True):
        # Islands stand in the coastline already.
        found = _rings(
            MultiPolygon([Polygon(part.exterior) for part in getattr(polygon, "geoms", [polygon])]), to_lonlat
        )
        rings += found
        labels += [country] * len(found)
    return MapVector("National sectors", "Context", "polygon", tuple(rings), tuple(labels), "sector", shown=True)


def _context(layer: Layer, style: Style, to_lonlat: Any) -> MapVector:  # noqa: ANN401
    """A layer as drawn: zones where a stand-off has an effect, otherwise the features themselves."""
    zones = layer.source.kind in ("exclude", "avoid")
    shapes = layer.zones if zones else layer.features
    dimension = max((shape.area > 0) * 2 + (shape.length > 0 and shape.area == 0) for shape in shapes) if shapes else 0
    kind = ("point", "line", "polygon")[dimension]
    geometries, labels = [], []
    for shape, label in zip(shapes, layer.labels, strict=True):
        parts = _rings(shape, to_lonlat, _ZONE_TOLERANCE_M) if kind == "polygon" else _parts(shape, to_lonlat)
        geometries += parts
        labels += [f"M {label}" if style == "earthquake" else label] * len(parts)
    group, shown = _GROUPS[layer.source.kind]
    return MapVector(layer.source.name, group, kind, tuple(geometries), tuple(labels), style, shown=shown)  # type: ignore[arg-type]


def _rings(shape: Any, to_lonlat: Any, tolerance_m: float = _OUTLINE_TOLERANCE_M) -> list[tuple[Position, ...]]:  # noqa: ANN401
    """Outer and inner rings of a polygon, thinned for the map."""
    simple = shape.simplify(tolerance_m)
    polygons = [part for part in getattr(simple, "geoms", [simple]) if part.geom_type == "Polygon"]
    rings = [ring for polygon in polygons for ring in (polygon.exterior, *polygon.interiors)]
    return [_lonlat(ring.coords, to_lonlat) for ring in rings if len(ring.coords) > 3]


def _parts(shape: Any, to_lonlat: Any) -> list[tuple[Position, ...]]:  # noqa: ANN401
    """Lines or points of a geometry."""
    return [_lonlat(part.coords, to_lonlat) for part in getattr(shape, "geoms", [shape])]


def _lonlat(coords: Any, to_lonlat: Any) -> tuple[Position, ...]:  # noqa: ANN401
    return tuple((round(float(lon), 5), round(float(lat), 5)) for lon, lat in to_lonlat(np.array(coords)[:, :2]))
