"""Options of a run as the map shows them, and the sentence above all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import geodesy
from routing.webmap import MapAlternative, MapLink, MapMark, MapOption, MapPosition, MapSection, MapStretch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from routing.engineering import Segment
    from routing.planning import LinkPlan, OptionPlan
    from routing.route import Route
    from routing.webmap import Place

__all__ = ["LABELS", "headline", "item_label", "map_option", "our_figures"]

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
#: Labels of fixed items whose name is also that of a route-dependent one.
_FIXED_LABELS = {"permits": "Permits of states"}
#: Lines are drawn with a vertex at least this often, so that a geodesic looks like one.
_DRAWN_STEP_M = 5000.0


def item_label(name: str, *, is_fixed: bool = False) -> str:
    """What a cost item is called on maps and in reports; an item that nobody labelled keeps its name.

    Examples
    --------
    >>> item_label("permits"), item_label("permits", is_fixed=True), item_label("indirect", is_fixed=True)
    ('Permits along the route', 'Permits of states', 'Management, insurance, contingency')
    """
    label = LABELS.get(name, name)
    return _FIXED_LABELS.get(name, label) if is_fixed else label


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


def our_figures(summary: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Our figures to stand beside published ones, which hold no expected repairs."""
    for table in summary:
        km = sum(link["cable_km"] for link in table["links"])
        price = f"{km:.0f} km of cable, USD {table['cost']['capital_usd'] / 1e6:.1f} million before repairs"
        yield f"Here: {table['name']}", price


def map_option(table: Mapping[str, Any], plan: OptionPlan) -> MapOption:
    """An option by its table of the summary and its plan."""
    links, service = table["links"], table["service"]
    cost, solver = table["cost"], table["solver"]
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
        buried_km=sum(link["buried_km"] for link in links),
        max_depth_m=max(link["max_depth_m"] for link in links),
        crossings=sum(len(link["crossings"]) for link in links),
        risk_present_value_usd=table["risk"]["present_value_usd"],
        expected_faults_per_year=table["risk"]["expected_faults_per_year"],
        availability=min((each["availability"] for each in service), default=None),
        latency_ms=max((each["latency_ms"] for each in service), default=None),
        gap_pct=table["gap_pct"],
        solver=f"{solver['name']}: {solver['status'].lower()}",
        items=tuple(_items(cost)),
        links=tuple(_link(each, link) for each, link in zip(links, plan.links, strict=True)),
    )


def _items(cost: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Every cost item that costs anything, by its label: what the route decides, and what is fixed beside it."""
    route, fixed = dict(cost["items"]), dict(cost["fixed_items"])
    route["indirect"] += fixed.pop("indirect")
    for name in LABELS:
        if route.get(name):
            yield item_label(name), route[name]
        if fixed.get(name):
            yield item_label(name, is_fixed=True), fixed[name]


def _link(table: Mapping[str, Any], link: LinkPlan) -> MapLink:
    segment = link.segment
    return MapLink(
        id=segment.id,
        name=f"{table['from']} to {table['to']}",
        points=_drawn(segment.route),
        length_km=table["route_km"],
        total_usd=table["cost"]["total_usd"],
        positions=tuple(_positions(segment)),
        profile=tuple(_profile(segment)),
        sections=tuple(
            MapSection(
                section.start_m / 1000.0,
                section.end_m / 1000.0,
                section.engineering.cable.code,
                section.engineering.protection,
                section.engineering.burial.depth_m,
                section.engineering.slack_pct,
            )
            for section in segment.sections
        ),
        hazards=tuple(MapStretch(zone.hazard, zone.start_m / 1000.0, zone.end_m / 1000.0) for zone in segment.zones),
        findings=tuple(finding.message for finding in link.findings),
        alternatives=tuple(
            MapAlternative(
                _drawn(other.route),
                f"{other.route.length_m / 1000.0:.0f} km, {100.0 * (other.stretch - 1.0):.1f} % dearer on its way",
            )
            for other in link.alternatives
        ),
    )


def _drawn(route: Route) -> tuple[Place, ...]:
    points = geodesy.densify(route.lonlat, step_m=_DRAWN_STEP_M)
    return tuple((float(lon), float(lat)) for lon, lat in points)


def _positions(segment: Segment) -> Iterator[MapPosition]:
    types = [leg.cable_type for leg in segment.legs]
    for position, code in zip(segment.positions, [*types, types[-1]], strict=True):
        yield MapPosition(
            number=position.number,
            event=position.event,
            lon=position.lon,
            lat=position.lat,
            kp_km=position.kp_m / 1000.0,
            depth_m=float("nan") if position.depth_m is None else position.depth_m,
            cable_type=code,
            remarks=position.remarks,
        )


def _profile(segment: Segment) -> Iterator[MapMark]:
    under = segment.profile
    columns = under.kp_m / 1000.0, under.depth_m, under.slope_deg, under.faults_per_1000km_year
    return (MapMark(*row) for row in zip(*(column.tolist() for column in columns), strict=True))
