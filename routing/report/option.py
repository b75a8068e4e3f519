"""The pages of one option: landings, money, risk, diversity, sensitivity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing.landing import LandingSite
from routing.presentation import item_label
from routing.report.element import Markup, element, image
from routing.report.link import link_pages
from routing.report.wording import (
    ABSENT,
    heading,
    listed,
    make_up_words,
    million,
    number,
    paragraph,
    percent,
    place,
    table,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from routing.landing import Landing
    from routing.report.content import Report

__all__ = ["ROUNDING", "option_pages"]

ROUNDING = "Every row is rounded by itself from values in cents, so a sum may differ by 0.001 or 0.002 from its rows."
#: Rows of the table of sensitivities; the drawing and summary.json hold more.
_FIGURES_SHOWN = 10


def option_pages(report: Report, option: Mapping[str, Any]) -> Markup:
    """One option, with its links."""
    parts = [heading(2, f"Option {option['rank']}: {option['name']}", f"option-{option['rank']}")]
    parts += [paragraph(_what(option)), *_landings(report, option), *_money(option), *_risk(option)]
    parts += [*_diversity(option), *_sensitivity(report, option)]
    for count, link in enumerate(option["links"], start=1):
        parts += link_pages(report, link, f"{option['rank']}.{count}")
    return element("section", *parts, class_="option")


def _what(option: Mapping[str, Any]) -> str:
    links = option["links"]
    cables = "1 cable" if len(links) == 1 else f"{len(links)} cables"
    named = listed([f"{link['from']} to {link['to']}" for link in links])
    route, cable, buried = (sum(link[key] for link in links) for key in ("route_km", "cable_km", "buried_km"))
    text = (
        f"{cables}: {named}. Route {route:,.3f} km, cable with slack {cable:,.3f} km, buried {buried:,.3f} km. "
        f"Permits are paid in {listed(option['states'])}."
    )
    if option["given_up"]:
        text += f" It is possible only if these barriers are given up: {listed(option['given_up'])}."
    else:
        text += " No barrier is given up for it."
    solver = option["solver"]
    text += f" Landings and links were chosen by {solver['name']} (status {solver['status']})."
    return text


def _landings(report: Report, option: Mapping[str, Any]) -> Iterator[Markup]:
    known = _published_landings(report)
    rows = []
    for site in option["landings"]:
        landing = known.get(site["id"])
        rows.append(
            (
                site["name"],
                site["country"],
                place(site["lon"], site["lat"]),
                f"{site['moved_km']:.3f}",
                (landing.status if landing else "") or "not stated",
                (landing.source if landing else "") or "not stated",
            )
        )
    yield heading(3, "Landings")
    head = ("Landing", "Country", "Beach manhole (proposal)", "Moved km", "Status", "Source of the place")
    yield table("Landings; moved = from the published place to the shore", head, rows, texts=(1, 2, 4, 5))
    for site in option["landings"]:
        if note := getattr(known.get(site["id"]), "note", ""):
            yield paragraph(element("b", f"{site['name']}: "), note)
    if option["branching_units"]:
        units = [
            (unit["name"], place(unit["lon"], unit["lat"]), f"{unit['depth_m']:.1f}", str(unit["degree"]),
             unit["existing"] or "new cable")
            for unit in option["branching_units"]
        ]  # fmt: skip
        titles = ("Unit", "Position", "Depth m", "Cables", "Put into")
        yield table("Branching units", titles, units, texts=(1, 4))


def _published_landings(report: Report) -> dict[str, Landing]:
    ends = [end for segment in report.segments.values() for end in segment.ends]
    return {end.id: end.landing for end in ends if isinstance(end, LandingSite)}


def _money(option: Mapping[str, Any]) -> Iterator[Markup]:
    cost = option["cost"]
    rows = [(item_label(name), "route-dependent", million(usd)) for name, usd in cost["items"].items()]
    rows += [(item_label(name, is_fixed=True), "fixed", million(usd)) for name, usd in cost["fixed_items"].items()]
    rows += [
        ("Route-dependent, sum", "", million(cost["route_dependent_usd"])),
        ("Fixed, sum", "", million(cost["fixed_usd"])),
        ("Total at base", "", million(cost["total_usd"])),
        ("of which spent to build", "", million(cost["capital_usd"])),
        ("Total at low prices", "", million(cost["low_usd"])),
        ("Total at high prices", "", million(cost["high_usd"])),
    ]
    yield heading(3, "Cost")
    yield table("Cost by item, million USD", ("Item", "Kind", "Million USD"), rows, sums=6, texts=(1,))
    yield paragraph(ROUNDING, class_="note")
    yield paragraph(make_up_words(cost["make_up"], cost["total_usd"]))
    if option["lower_bound_usd"] is not None:
        yield paragraph(
            f"Proven lower bound: USD {million(option['lower_bound_usd'])} million at the same prices and the same sea "
            f"floor. The total lies {percent(option['gap_pct'], 3)} above it."
        )


def _risk(option: Mapping[str, Any]) -> Iterator[Markup]:
    risk = option["risk"]
    yield heading(3, "Risk")
    yield paragraph(
        f"Expected faults: {risk['expected_faults_per_year']:.4f} a year, {risk['expected_faults']:.2f} over the "
        f"design life. The present value of their repairs is USD {million(risk['present_value_usd'])} million; "
        f"the total includes it."
    )


def _diversity(option: Mapping[str, Any]) -> Iterator[Markup]:
    apart = option["diversity"]
    if apart is None:
        return
    yield heading(3, "Diversity")
    yield paragraph(
        f"Routes keep {apart['separation_km']:g} km apart outside discs of {apart['landing_zone_km']:g} km round their "
        f"landings. Without that rule the total would be USD {million(apart['without_usd'])} million; the rule costs "
        f"USD {million(apart['price_usd'])} million."
    )
    rows = [
        (
            listed(list(pair["links"])),
            ABSENT if pair["least_km"] is None else f"{pair['least_km']:.3f}",
            ABSENT if pair["least_kp_km"] is None else f"{pair['least_kp_km']:.3f}",
            "; ".join(f"{name} {shared:.3f} km" for name, shared in pair["shared_risk_km"].items() if shared) or ABSENT,
        )
        for pair in apart["pairs"]
    ]
    head = ("Routes", "Least distance km", "At KP of the first", "Hazards that reach both")
    yield table("How far routes keep apart, and what can break both", head, rows, texts=(3,))


def _sensitivity(report: Report, option: Mapping[str, Any]) -> Iterator[Markup]:
    found = option["sensitivity"]
    yield heading(3, "Sensitivity")
    yield paragraph(found["method"])
    if svg := report.drawings.tornado.get(option["id"]):
        yield element("figure", image(svg, alt=f"Tornado chart of {option['name']}: the table below has its figures"))
    rows = [
        (
            bar["name"],
            bar["unit"],
            number(bar["low"]),
            number(bar["base"]),
            number(bar["high"]),
            million(bar["low_usd"], 2),
            million(bar["high_usd"], 2),
            "; ".join(_switches(bar)) or "same",
        )
        for bar in found["parameters"][:_FIGURES_SHOWN]
    ]
    head = ("Figure", "Unit", "Low", "Base", "High", "Total at low", "Total at high", "Landings")
    caption = f"The {len(rows)} figures that move the total most; totals in million USD"
    yield table(caption, head, rows, texts=(1, 7))


def _switches(bar: Mapping[str, Any]) -> Iterator[str]:
    for key in ("switch_low", "switch_high"):
        if switch := bar[key]:
            landings = listed(switch["landings"]) if switch["landings"] else "no choice keeps the rules"
            yield f"from {number(switch['value'])} on: {landings}"
