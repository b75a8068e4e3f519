"""The files of a run, written into one folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from routing import __version__
from routing.cost import ITEMS
from routing.exchange import geopackage, rpl_table
from routing.gridfile import write_geotiff
from routing.presentation import MapTexts, map_content
from routing.runfolder import write_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

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
                segment=f"{link.segment.start.landing.name} to {link.segment.end.landing.name}",
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
    _write_map(folder, loaded, planned, summary)


def _write_surface(folder: Path, sea: Sea) -> None:
    """Cost by item, and the reason of each excluded cell."""
    surface = sea.priced.surface
    bands = {"total": surface.total(excluded=np.nan), **surface.items()}
    tags = {
        "unit": "USD per metre of route",
        "items": ", ".join(ITEMS),
        "excluded": "nodata; reasons in exclusions.tif",
    }
    write_geotiff(folder / "cost_surface.tif", bands, surface.grid, nodata=float("nan"), tags=tags)
    reasons = {str(code): text for code, text in enumerate(sea.exclusions.reasons, start=1)}
    codes = {"reason": sea.exclusions.code}
    write_geotiff(folder / "exclusions.tif", codes, surface.grid, nodata=None, tags={"0": "free", **reasons})


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
