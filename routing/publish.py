"""The files of a run, written into one folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from routing import __version__
from routing.corridor import BANDS_PCT
from routing.cost import ITEMS
from routing.exchange import geopackage, rpl_table
from routing.exchange.alignment import alignment_svg
from routing.exchange.sheet import DrawingHeader
from routing.exchange.sld import sld_svg
from routing.gridfile import write_geotiff
from routing.planning import option_corridors
from routing.presentation import MapTexts, map_content
from routing.report import Drawings, ReportInputs, report_html
from routing.runfolder import SUMMARY, write_json
from routing.tornado import tornado_svg
from routing.webmap import write_map

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from routing.cost import CostSurface
    from routing.engineering import Segment
    from routing.grid import Grid
    from routing.planning import Sea
    from routing.project import Project
    from routing.results import Loaded, Planned

__all__ = ["publish"]


def publish(
    folder: Path, *, loaded: Loaded, planned: Planned, summary: Mapping[str, Any], inputs: Mapping[str, Any]
) -> None:
    """Write every file of a run; without a feasible option only the summary, which says why.

    Parameters
    ----------
    folder
        An empty folder.
    loaded, planned, summary
        What the run found.
    inputs
        Name and digest of every input, by the key that names it.
    """
    write_json(summary, folder / SUMMARY)
    if not planned.options:
        return
    project, planner = loaded.project, planned.planner
    _write_lists(folder, loaded, planned)
    frames = geopackage.layers(planned.options, loaded.sites, planner.sea.exclusions, loaded.grid, fixed=planner.fixed)
    geopackage.write_geopackage(frames, folder / "routes.gpkg", date=project.date)
    _write_surface(folder, planner.sea)
    corridors = option_corridors(planned.options, planned.makers)
    _write_corridors(folder / "corridor.tif", corridors, loaded.grid)
    drawings = _drawings(project, planned, summary)
    for kind, by_id in (
        ("sld", drawings.straight_line), ("alignment", drawings.alignment), ("tornado", drawings.tornado)
    ):  # fmt: skip
        for name, svg in by_id.items():
            _write_text(folder / f"{kind}_{name}.svg", svg)
    texts = _texts(project, summary)
    content = map_content(texts, summary["options"], loaded=loaded, planned=planned, corridors=corridors)
    write_map(content, folder / "map.html")
    _write_text(folder / "report.html", _report(loaded, planned, summary, drawings, inputs))


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _segments(planned: Planned) -> Iterator[tuple[str, Segment]]:
    """Name of the option and segment of every link."""
    for option in planned.options:
        for link in option.links:
            yield option.wanted.name, link.segment


def _write_lists(folder: Path, loaded: Loaded, planned: Planned) -> None:
    """The position list of every segment."""
    project = loaded.project
    for option, segment in _segments(planned):
        header = rpl_table.RplHeader(
            project=project.title,
            option=option,
            segment=f"{segment.start.name} to {segment.end.name}",
            revision=project.revision,
            date=project.date,
            water_level_m=project.water_level_m,
            vertical_datum=project.vertical_datum,
            version=__version__,
        )
        rpl_table.write_csv(segment, header, folder / f"rpl_{segment.id}.csv")
        rpl_table.write_xlsx(segment, header, folder / f"rpl_{segment.id}.xlsx")


def _drawings(project: Project, planned: Planned, summary: Mapping[str, Any]) -> Drawings:
    """Straight-line diagram and alignment profile of every segment, and the tornado chart of every option."""
    straight, alignment = {}, {}
    for option, segment in _segments(planned):
        header = DrawingHeader(
            project=project.title,
            option=option,
            segment=f"{segment.start.name} to {segment.end.name}",
            revision=project.revision,
            date=project.date,
            datum=f"water level {project.water_level_m:g} m ({project.vertical_datum})",
            version=__version__,
        )
        straight[segment.id] = sld_svg(segment, header=header)
        alignment[segment.id] = alignment_svg(segment, header=header)
    tornado = {table["id"]: tornado_svg(table["name"], table["sensitivity"]) for table in summary["options"]}
    return Drawings(straight, alignment, tornado)


def _report(
    loaded: Loaded, planned: Planned, summary: Mapping[str, Any], drawings: Drawings, inputs: Mapping[str, Any]
) -> str:
    """The printable report."""
    segments = {segment.id: segment for _, segment in _segments(planned)}
    return report_html(
        summary,
        segments=segments,
        drawings=drawings,
        inputs=ReportInputs(loaded.project, loaded.catalogue, inputs),
    )


def _write_surface(folder: Path, sea: Sea) -> None:
    """Cost by item and what is built for it, and the reason of each excluded cell."""
    surface = sea.priced.surface
    cables = surface.model.catalogue.cables
    tags = {
        "unit": "USD per metre of route, where the name of a band says no other",
        "items": ", ".join(ITEMS),
        "excluded": "nodata; reasons in exclusions.tif",
        **{f"cable_type {code}": cable.code for code, cable in enumerate(cables, start=1)},
    }
    write_geotiff(folder / "cost_surface.tif", _Bands(surface), surface.grid, nodata=float("nan"), tags=tags)
    reasons = {str(code): text for code, text in enumerate(sea.exclusions.reasons, start=1)}
    codes = {"reason": sea.exclusions.code}
    write_geotiff(folder / "exclusions.tif", codes, surface.grid, nodata=None, tags={"0": "free", **reasons})


class _Bands(Mapping[str, "NDArray[np.float32]"]):
    """Bands of the cost surface, each made when it is asked for: a large grid never holds them all."""

    def __init__(self, surface: CostSurface) -> None:
        self._surface = surface

    def __iter__(self) -> Iterator[str]:
        return iter(("total", *ITEMS, "cable_type", "burial_m", "faults_per_1000_km_year"))

    def __len__(self) -> int:
        return len(ITEMS) + 4

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        surface = self._surface
        if name in ITEMS:
            return surface.item(name)
        ways, cables = surface.model.options, surface.model.catalogue.cables
        made: dict[str, Callable[[], NDArray[np.float32]]] = {
            "total": lambda: surface.total(excluded=np.nan),
            "cable_type": lambda: surface.of_choice([1 + cables.index(way.cable) for way in ways]),
            "burial_m": lambda: surface.of_choice([way.burial.depth_m for way in ways]),
            "faults_per_1000_km_year": lambda: surface.faults_per_m() * np.float32(1e6),
        }
        return made[name]()


def _write_corridors(path: Path, excess_pct: Mapping[str, NDArray[np.float32]], cells: Grid) -> None:
    """How much dearer each option's links would be through each cell, up to the widest band."""
    widest = BANDS_PCT[-1]
    tags = {
        "unit": "percent dearer than the best route of the link, the least of the links of an option",
        "nodata": f"no route at most {widest:g} % dearer passes",
    }
    # Fields are good to some hundredths of a percent, and rounded numbers pack well.
    bands = {
        name: np.where(excess <= widest, excess.round(2), np.float32(np.nan)) for name, excess in excess_pct.items()
    }
    write_geotiff(path, bands, cells, nodata=float("nan"), tags=tags)


def _texts(project: Project, summary: Mapping[str, Any]) -> MapTexts:
    footer = (
        f"cableroute {__version__} · revision {project.revision} of {project.date.isoformat()} · "
        f"{summary['crs']}, {project.resolution_m:g} m cells · "
        f"water level {project.water_level_m:g} m ({project.vertical_datum}) · "
        f"{summary['currency']} of {summary['price_year']} · draft for desk study, not for navigation"
    )
    return MapTexts(
        title=project.title,
        published=tuple((fact.label, f"{fact.value} ({fact.source})") for fact in project.published),
        sources=project.sources,
        footer=footer,
        styles={layer.name: layer.style for layer in project.layer},
    )
