"""The first pages: what this is, which option is recommended, and how the options compare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing.report.element import Markup, element
from routing.report.wording import ABSENT, bullets, facts, heading, listed, million, paragraph, percent, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from routing.report.content import Report

__all__ = ["STATUS", "contents", "front"]

STATUS = "Draft for desk study, not for navigation or construction"


def front(report: Report) -> Iterator[Markup]:
    """Title block and summary."""
    summary, project = report.summary, report.inputs.project
    yield element("h1", summary["title"])
    yield paragraph("Route report: a chapter of a desk-top study", class_="subtitle")
    yield paragraph(STATUS, class_="status")
    yield facts(
        (
            ("Project", summary["project"]),
            ("Revision", f"{summary['revision']} of {summary['date']}"),
            ("Positions", f"WGS 84; routing grid {summary['crs']}, cells of {summary['resolution_m']:g} m"),
            ("Water level", f"{summary['water_level_m']:g} m ({project.vertical_datum}); depths are below it"),
            ("Prices", f"{summary['currency']} of {summary['price_year']}"),
            ("Made with", f"cableroute {summary['generated_by']['version']}"),
        )
    )
    yield contents(report)
    yield heading(2, "Summary", "summary")
    if report.options:
        yield paragraph(_recommendation(report))
        yield bullets(_others(report.options))
        yield _comparison(report)
        yield _services(report)
    else:
        yield paragraph("No option has an answer. What stands in the way is listed below.")
    yield from _infeasible(report)
    yield from _published(report)


def contents(report: Report) -> Markup:
    """Links to the sections."""
    entries = [("summary", "Summary")]
    entries += [(f"option-{table['rank']}", f"Option {table['rank']}: {table['name']}") for table in report.options]
    entries += [
        ("hazards", "Sea floor and hazards"),
        ("assumptions", "Assumptions and conventions"),
        ("sources", "Data sources and inputs"),
        ("limits", "Known limits"),
        ("glossary", "Abbreviations"),
    ]
    items = (element("li", element("a", text, href=f"#{anchor}")) for anchor, text in entries)
    return element("nav", heading(2, "Contents"), element("ol", *items), aria_label="Contents")


def _recommendation(report: Report) -> str:
    best, count = report.options[0], len(report.options)
    cost = best["cost"]
    why = f"the cheapest of the {count} options that have an answer" if count > 1 else "the only one that has an answer"
    text = (
        f"Recommended: option 1, {best['name']}. It is {why}: USD {million(cost['total_usd'], 2)} million in total at "
        f"base prices (USD {million(cost['low_usd'], 2)} to {million(cost['high_usd'], 2)} million at low and high "
        f"prices), expected repairs included."
    )
    if best["gap_pct"] is not None:
        gap = percent(best["gap_pct"])
        text += f" No other landings and routes for it cost less by more than {gap} at these prices; that is proven."
    return text


def _others(options: list[dict[str, Any]]) -> Iterator[str]:
    """The cheapest option of each thing that is asked for: options that do more cost more."""
    seen = {_asked(options[0])}
    for option in options[1:]:
        if _asked(option) in seen:
            continue
        seen.add(_asked(option))
        apart = " with routes that keep apart" if option["diversity"] else ""
        yield (
            f"If {_pairs(option)} must be joined{apart}, the cheapest option is option {option['rank']}, "
            f"{option['name']}, at USD {million(option['cost']['total_usd'], 2)} million."
        )


def _asked(option: Mapping[str, Any]) -> tuple[frozenset[frozenset[str]], bool]:
    return frozenset(frozenset(each["between"]) for each in option["service"]), option["diversity"] is not None


def _pairs(option: Mapping[str, Any]) -> str:
    return listed(["\u2013".join(each["between"]) for each in option["service"]])


def _comparison(report: Report) -> Markup:
    rows = [
        (
            f"{option['rank']}. {option['name']}",
            _pairs(option),
            million(option["cost"]["total_usd"], 2),
            f"{million(option['cost']['low_usd'], 2)} to {million(option['cost']['high_usd'], 2)}",
            f"{sum(link['route_km'] for link in option['links']):,.1f}",
            f"{sum(link['cable_km'] for link in option['links']):,.1f}",
            f"{max(link['max_depth_m'] for link in option['links']):,.0f}",
            f"{option['risk']['expected_faults']:.2f}",
            percent(option["gap_pct"]),
        )
        for option in report.options
    ]
    head = ("Option", "Joins", "Total", "Low to high", "Route km", "Cable km", "Deepest m", "Faults in life", "Gap")
    return table("Options, cheapest first; money in million USD", head, rows, texts=(1,))


def _services(report: Report) -> Markup:
    rows = [
        (
            f"{option['rank']}. {option['name']}",
            "\u2013".join(each["between"]),
            f"{each['latency_ms']:.3f}",
            percent(100.0 * each["availability"], 3),
            f"{365.25 * (1.0 - each['availability']):.2f}",
        )
        for option in report.options
        for each in option["service"]
    ]
    head = ("Option", "Between", "Latency, ms one way", "Availability", "Days down a year")
    return table(
        "What users get: time of light in the cable, and share of time that any way is up", head, rows, texts=(1,)
    )


def _infeasible(report: Report) -> Iterator[Markup]:
    without = report.summary["infeasible"]
    if not without:
        return
    rows = [
        (each["option"], each["message"], listed(list(each["conflict"])), each["cheapest_relaxation"] or ABSENT)
        for each in without
    ]
    head = ("Option", "Why", "In the way", "Cheapest to give up")
    yield table("Options without an answer", head, rows, texts=(1, 2, 3))


def _published(report: Report) -> Iterator[Markup]:
    published = report.summary["published"]
    if published:
        rows = [(fact["label"], fact["value"], fact["source"]) for fact in published]
        yield table("Published facts, for comparison", ("Fact", "Value", "Source"), rows, texts=(1, 2))
