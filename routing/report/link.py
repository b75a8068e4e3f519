"""The pages of one link: the route in words and tables, quantities, drawings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import geodesy
from routing.presentation import item_label
from routing.report.description import burial_words, describe_section
from routing.report.element import Markup, element, image
from routing.report.wording import (
    heading,
    km,
    listed,
    make_up_words,
    metres,
    million,
    number,
    paragraph,
    percent,
    table,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from routing.engineering import Segment
    from routing.report.content import Report

__all__ = ["link_pages"]

_BODIES = {
    "joint": "Joints",
    "repeater": "Repeaters",
    "remote_pump": "Remotely pumped amplifiers",
    "branching_unit": "Branching units",
}


def link_pages(report: Report, link: Mapping[str, Any], label: str) -> Iterator[Markup]:
    """One link: overview, and the route where its segment is at hand."""
    segment = report.segments.get(link["id"])
    yield heading(3, f"Link {label}: {link['from']} to {link['to']}", f"link-{label.replace('.', '-')}")
    yield paragraph(_overview(link))
    yield _cost(link)
    yield paragraph(_courses(link))
    if segment is None:
        yield paragraph("The route of this link was not handed to the report.")
        return
    yield from _description(segment)
    yield from _drawings(report, link)
    yield from _doubts(link)
    yield from _quantities(link, segment)
    yield from _hazards(segment)
    yield _positions(segment)


def _overview(link: Mapping[str, Any]) -> str:
    ratio = link["route_km"] / link["geodesic_km"] if link["geodesic_km"] else None
    longer = "" if ratio is None else f", {ratio:.3f} times the geodesic of {link['geodesic_km']:,.3f} km"
    text = (
        f"Segment {link['id']}. Route {link['route_km']:,.3f} km{longer}; cable with slack {link['cable_km']:,.3f} km; "
        f"buried {link['buried_km']:,.3f} km; greatest depth {metres(link['max_depth_m'])} m; {link['alter_courses']} "
        f"alter courses; latency {link['latency_ms']:.4f} ms one way; sectors of {listed(link['states'])}. Expected "
        f"faults {link['risk']['expected_faults_per_year']:.4f} a year."
    )
    if link["gap_pct"] is not None:
        text += (
            f" No route between these landings costs less by more than {percent(link['gap_pct'], 3)}; that is proven."
        )
    return text


def _cost(link: Mapping[str, Any]) -> Markup:
    cost = link["cost"]
    rows = [(item_label(name), million(usd)) for name, usd in cost.items() if not name.endswith("_usd")]
    rows += [
        ("Route-dependent, sum", million(cost["route_dependent_usd"])),
        ("With equipment of this link", million(cost["total_usd"])),
    ]
    return table("Cost of this link, million USD (rows rounded one by one)", ("Item", "Million USD"), rows, sums=2)


def _courses(link: Mapping[str, Any]) -> str:
    """What the alter courses and the sections cost."""
    return (
        f"Its alter courses make the route {percent(link['over_path_pct'], 3)} dearer than the cheapest curve. "
        f"{make_up_words(link['make_up'], link['cost']['total_usd'])}"
    )


def _description(segment: Segment) -> Iterator[Markup]:
    yield heading(4, "Route description")
    texts = (describe_section(segment, number) for number in range(1, len(segment.sections) + 1))
    yield element("ol", *(element("li", text) for text in texts), class_="sections")
    rows = []
    for count, section in enumerate(segment.sections, start=1):
        way = section.engineering
        cable_m = segment.cable_kp_m(section.end_m) - segment.cable_kp_m(section.start_m)
        rows.append(
            (str(count), km(section.start_m), km(section.end_m), km(section.end_m - section.start_m), km(cable_m),
             way.cable.code, burial_words(way.protection, way.burial.depth_m))
        )  # fmt: skip
    head = ("No.", "From KP", "To KP", "Route km", "Cable km", "Cable type", "Protection")
    yield table("Sections; lengths in km", head, rows, texts=(5, 6))


def _drawings(report: Report, link: Mapping[str, Any]) -> Iterator[Markup]:
    name = f"{link['from']} to {link['to']}"
    kinds = (
        (
            "Straight-line diagram",
            report.drawings.straight_line,
            "the tables of sections and quantities have its figures",
        ),
        (
            "Alignment profile",
            report.drawings.alignment,
            "the position list and the table of sections have its figures",
        ),
    )
    for kind, drawings, alt in kinds:
        if svg := drawings.get(link["id"]):
            picture = image(svg, alt=f"{kind} of {name}: {alt}")
            yield element("figure", picture, element("figcaption", f"{kind}, {name}"), class_="sheet")


def _doubts(link: Mapping[str, Any]) -> Iterator[Markup]:
    """Crossings and findings, or that there are none."""
    yield heading(4, "Crossings and findings")
    if link["crossings"]:
        rows = [
            (
                crossing["asset"],
                crossing["carries"],
                f"{crossing['kp']:.3f}",
                f"{crossing['angle_deg']:.1f}",
                geodesy.format_ddm(crossing["lat"], axis="lat"),
                geodesy.format_ddm(crossing["lon"], axis="lon"),
                million(crossing["toll_usd"]),
            )
            for crossing in link["crossings"]
        ]
        head = ("Crossed", "Carries", "KP", "Angle, degrees", "Latitude", "Longitude", "Million USD")
        yield table("Crossings; price before indirect cost", head, rows, texts=(1,))
    else:
        yield paragraph("No cable or pipeline of the project's layers is crossed.")
    if link["findings"]:
        found = [(each["rule"], each["severity"], _stretch(each), each["message"]) for each in link["findings"]]
        yield table("Soft rules that the route breaks", ("Rule", "Severity", "KP", "Finding"), found, texts=(1, 2, 3))
    else:
        yield paragraph("No soft rule is broken.")


def _stretch(finding: Mapping[str, Any]) -> str:
    places = [f"{finding[key]:.3f}" for key in ("kp_from_km", "kp_to_km") if key in finding]
    return " to ".join(dict.fromkeys(places)) or "whole link"


def _quantities(link: Mapping[str, Any], segment: Segment) -> Iterator[Markup]:
    rows = [
        (line["item"], line["unit"], f"{line['amount']:,.3f}", f"{line['spare']:,.3f}" if line["spare"] else "")
        for line in link["quantities"]
    ]
    yield heading(4, "Quantities")
    head = ("Item", "Unit", "Amount", "Spare")
    yield table("Bill of materials (rows rounded one by one)", head, rows, texts=(1,))
    if segment.bodies:
        bodies = [(body.name, _BODIES[body.kind], km(body.kp_m)) for body in segment.bodies]
        yield table("Bodies in the cable", ("Body", "Kind", "KP"), bodies, texts=(1,))
    else:
        yield paragraph("No joint, repeater or other body is placed in this cable yet.")


def _hazards(segment: Segment) -> Iterator[Markup]:
    rows = [
        (zone.hazard, km(zone.start_m), km(zone.end_m), km(zone.end_m - zone.start_m))
        for zone in sorted(segment.zones, key=lambda zone: (zone.start_m, zone.hazard))
    ]
    yield heading(4, "Hazards met")
    if rows:
        yield table("Natural hazards along the route", ("Hazard", "From KP", "To KP", "km"), rows)
    else:
        yield paragraph("The route neither enters nor leaves a natural hazard that counts.")


def _positions(segment: Segment) -> Markup:
    rows = [
        (
            number(position.number),
            position.event,
            geodesy.format_ddm(position.lat, axis="lat"),
            geodesy.format_ddm(position.lon, axis="lon"),
            km(position.kp_m),
            "" if position.depth_m is None else metres(position.depth_m),
        )
        for position in segment.positions
    ]
    head = ("Pos", "Event", "Latitude", "Longitude", "KP", "Depth m")
    caption = f"Position list of {segment.id}, short form; the run's rpl files hold all columns"
    return table(caption, head, rows, texts=(1,))
