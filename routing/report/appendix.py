"""The last pages: hazards, assumptions, sources, limits, abbreviations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing.report.element import Markup, element
from routing.report.glossary import ABBREVIATIONS
from routing.report.wording import bullets, facts, heading, listed, million, number, paragraph, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from routing.report.content import Report

__all__ = ["appendix"]

_NATURAL = {
    "ice": "ice gouging",
    "mud_volcano": "mud volcanoes",
    "fault": "active faults",
    "shaking": "strong shaking",
    "slope": "unstable slopes",
    "surf": "surf",
    "abrasion": "abrasion on rock",
}
_LIMITS = (
    "Everything here comes from open data and rules of thumb. No survey was made.",
    "No clause of a standard was applied: limits and prices marked default are editable judgements.",
    "Landings are proposals: the beach manhole is the nearest suitable point of the coastline.",
    "No owner, beach survey, outfall or permit of a landing was looked at.",
    "Sectors and limits are approximate open-data lines at the resolution of the grid. They are no legal boundary.",
    "Sediment says little of what a plough meets a metre down; burial depths are targets, not what will be achieved.",
    "Not modelled: currents, waves beyond surf, seasons and weather windows, vessel availability, negotiated permits.",
    "Not seen unless a layer names them: protected areas, military areas, ordnance, wrecks, cables and pipelines.",
    "No fault history of this sea was at hand; fault rates are judgements by depth and protection.",
    "Availability counts faults as independent. One earthquake or one anchor drag that cuts two cables is not in it.",
)
_LEVELS = (
    "Low, base and high are what a cheap, a usual and a dear project meets. Decisions are made at base; the same "
    "design is priced at low and high. They are ends of a range, no confidence interval."
)
_GAP = (
    "How far a total lies above a proven lower bound, percent. The bound holds for this cost surface: it says nothing "
    "of how well prices and sea floor are known."
)


def appendix(report: Report) -> Iterator[Markup]:
    """Sections after the options."""
    yield element("section", *_hazards(report), class_="chapter")
    yield element("section", *_assumptions(report), class_="chapter")
    yield element("section", *_sources(report), class_="chapter")
    yield element("section", *_limits(report), class_="chapter")
    yield element("section", *_abbreviations(report), class_="chapter")


def _hazards(report: Report) -> Iterator[Markup]:
    seabed, summary = report.summary["seabed"], report.summary
    yield heading(2, "Sea floor and hazards", "hazards")
    cells = seabed["sea_cells"]
    yield paragraph(
        f"The routing grid holds {cells:,} sea cells of {summary['resolution_m']:g} m. The bathymetry calls "
        f"{seabed['cells_raised_to_least_depth']:,} of them shallower than "
        f"{report.inputs.project.bathymetry.min_depth_m:g} m, or dry; they carry that depth."
    )
    if shares := seabed["substrate_shares"]:
        rows = [(name, f"{100.0 * share:.2f}") for name, share in shares.items()]
        yield table("Where the sediment comes from, percent of the sea", ("Source", "Percent"), rows)
    if counted := seabed["hazard_cells"]:
        rows = [(name, f"{number_:,}") for name, number_ in counted.items()]
        yield table("Cells that each hazard reaches", ("Hazard", "Cells"), rows)
    yield from _retreats(report)


def _retreats(report: Report) -> Iterator[Markup]:
    retreats, end = report.summary["seabed"]["retreats"], report.inputs.project.end_of_life
    if not retreats or end is None:
        return
    used = {site["id"] for option in report.options for site in option["landings"]}
    rows = [
        (
            each["landing"],
            "yes" if each["landing"] in used else "no",
            *("no water left" if each[key] is None else f"{each[key]:,.0f}" for key in ("low_m", "base_m", "high_m")),
            "yes" if each["is_seen"] else "no",
        )
        for each in retreats
    ]
    head = ("Landing", "Used", "At the lowest water", "Expected", "At the highest water", "Shore seen by bathymetry")
    caption = f"How far the sea retreats by {end.year}, metres, at {end.low_m:g}, {end.base_m:g} and {end.high_m:g} m"
    yield table(caption, head, rows, texts=(1, 5))


def _assumptions(report: Report) -> Iterator[Markup]:
    catalogue, summary = report.inputs.catalogue, report.summary
    yield heading(2, "Assumptions and conventions", "assumptions")
    yield facts(
        (
            ("Prices", f"{summary['currency']} of {summary['price_year']}, without inflation."),
            ("Levels", _LEVELS),
            *_valued(report),
            ("Distances", "Geodesics on the WGS 84 ellipsoid. KP is distance along the route, cable KP is cable laid."),
            ("Slack", "Surface slack: 100 times (cable / route - 1)."),
            ("Gap", _GAP),
            ("Rounding", "Totals and items in million USD to three decimals, lengths to the metre, depths to 0.1 m."),
        )
    )
    yield _calibration(report)
    rows = [
        (name, *(number(figure.at(level)) for level in ("low", "base", "high")), figure.unit, figure.source)
        for name, figure in catalogue.rates.items()
    ]
    head = ("Rate", "Low", "Base", "High", "Unit", "Source")
    yield table("Rates of the catalogue", head, rows, texts=(4, 5))


def _valued(report: Report) -> Iterator[tuple[str, str]]:
    """Assumptions that are figures of the catalogue or of the project."""
    catalogue, project = report.inputs.catalogue, report.inputs.project
    life, interest = catalogue.rate("design-life"), 100.0 * catalogue.rate("discount")
    text = f"Faults over {life:g} years, discounted at {interest:g} % a year (real): 1 a year is worth"
    yield "Repairs", f"{text} {catalogue.annuity():.2f} today."
    text = f"A fault lasts {catalogue.rate('repair-days'):g} days. Cables fail independently;"
    yield "Availability", f"{text} stations, power and land lines do not fail."
    yield "Latency", f"Cable alone, one way, group index {catalogue.rate('group-index'):g}."
    text = f"Metres below a water level of {report.summary['water_level_m']:g} m"
    yield "Depths", f"{text} ({project.vertical_datum}), positive down."


def _calibration(report: Report) -> Markup:
    known = report.summary["calibration"]
    published = listed(
        [f"USD {million(each['value'], 1)} million ({each['source']})" for each in known["published_usd"]]
    )
    return paragraph(
        f"Calibration: a reference system ({known['system']}) costs USD {million(known['low_usd'], 1)}, "
        f"{million(known['base_usd'], 1)} and {million(known['high_usd'], 1)} million at the three levels. Published: "
        f"{published}. Note: {known['remark']}."
    )


def _sources(report: Report) -> Iterator[Markup]:
    project, inputs = report.inputs.project, report.inputs
    yield heading(2, "Data sources and inputs", "sources")
    if project.sources:
        yield paragraph("As the project states them, with licences where it does:")
        yield bullets(project.sources)
    else:
        yield paragraph("The project states no sources.")
    yield bullets(_ages(report))
    if inputs.files:
        rows = [(key, entry["file"], entry["sha256"]) for key, entry in inputs.files.items()]
        yield table("Inputs and their SHA-256", ("Key", "File", "SHA-256"), rows, texts=(1, 2))


def _ages(report: Report) -> Iterator[str]:
    project = report.inputs.project
    depth = project.bathymetry
    yield f"Bathymetry: kind {depth.kind}, zero at {depth.zero_m:g} m, quality {depth.quality}."
    if shaking := project.hazard.shaking:
        years = (project.date - shaking.until).days / 365.25
        yield (
            f"Earthquakes: {shaking.since.isoformat()} to {shaking.until.isoformat()}, complete from magnitude "
            f"{shaking.complete_from:g}; the list ends {years:.1f} years before this report."
        )
    if project.substrate.rules:
        yield f"Sediment: rule model {project.substrate.rules!r} where no map says better; it is no survey."
    yield "The age of the other files is not stated in the project file; their origin may be in notes beside them."


def _limits(report: Report) -> Iterator[Markup]:
    project = report.inputs.project
    yield heading(2, "Known limits", "limits")
    grid = f"The grid has cells of {project.resolution_m:g} m. Anything smaller is not seen."
    yield bullets((grid, "Limits and hazards along a route are good to half a cell.", *_LIMITS, *_left_out(report)))


def _left_out(report: Report) -> Iterator[str]:
    """Hazards that the project gives nothing for."""
    tables = {name: getattr(report.inputs.project.hazard, key) for key, name in _NATURAL.items()}
    missing = [name for name, found in tables.items() if found is None or not found.enabled]
    if missing:
        yield f"Not counted, because the project gives nothing for them: {listed(missing)}."
    if not report.summary["published"]:
        yield "No published facts are given to compare with."


def _abbreviations(report: Report) -> Iterator[Markup]:
    names = {cable.code: f"{cable.name} cable" for cable in report.inputs.catalogue.cables}
    yield heading(2, "Abbreviations", "glossary")
    yield facts(sorted({**ABBREVIATIONS, **names}.items()))
