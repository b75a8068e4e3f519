"""The files of a run, written into one folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from routing import __version__
from routing.cost import ITEMS
from routing.exchange import geopackage, rpl_table
from routing.gridfile import write_geotiff
from routing.presentation import MapTexts, map_content
from routing.runfolder import write_json
from routing.tornado import tornado_svg

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from routing.cost import CostSurface
    from routing.planning import Sea
    from routing.project import Project
    from routing.results import Loaded, Planned

__all__ = ["SUMMARY", "publish"]

SUMMARY = "summary.json"


def publish(folder: Path, *, loaded: Loaded, planned: Planned, summary: Mapping[str, Any]) -> None:
    """Write every file of a run; without a feasible option only the summary, which says why.

    Parameters
    ----------
    folder
        An empty folder.
    loaded, planned, summary
        What the run found.
    """
    write_json(summary, folder / SUMMARY)
    if not planned.options:
        return
    project, sea = loaded.project, planned.planner.sea
    for option in planned.options:
        for link in option.links:
            header = rpl_table.RplHeader(
                project=project.title,
                option=option.wanted.name,
                segment=f"{link.segment.start.name} to {link.segment.end.name}",
                revision=project.revision,
                date=project.date,
                water_level_m=project.water_level_m,
                vertical_datum=project.vertical_datum,
                version=__version__,
            )
            rpl_table.write_csv(link.segment, header, folder / f"rpl_{link.segment.id}.csv")
            rpl_table.write_xlsx(link.segment, header, folder / f"rpl_{link.segment.id}.xlsx")
    frames = geopackage.layers(planned.options, loaded.sites, sea.exclusions, loaded.grid)
    geopackage.write_geopackage(frames, folder / "routes.gpkg", date=project.date)
    _write_surface(folder, sea)
    for table in summary["options"]:
        svg = tornado_svg(table["name"], table["sensitivity"])
        (folder / f"tornado_{table['id']}.svg").write_text(svg, encoding="utf-8")
    _write_map(folder, loaded, planned, summary)


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


def _write_map(folder: Path, loaded: Loaded, planned: Planned, summary: Mapping[str, Any]) -> None:
    from routing.webmap import write_map

    content = map_content(
        _texts(loaded.project, summary),
        summary["options"],
        planned.options,
        planned.planner.sea,
        shore=loaded.shore,
        layers=loaded.layers,
        sites=loaded.sites,
    )
    write_map(content, folder / "map.html")


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
