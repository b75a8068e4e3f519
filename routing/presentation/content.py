"""What the map shows of a run: its summary, routes and context as map content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from routing.grid import Raster
from routing.presentation.context import map_vectors
from routing.presentation.option import headline, map_option, our_figures
from routing.presentation.rasters import map_rasters
from routing.webmap import MapContent, MapLanding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from routing.junction import Junction
    from routing.landing import LandingSite
    from routing.planning import OptionPlan
    from routing.results import Loaded, Planned
    from routing.webmap import Style

__all__ = ["MapTexts", "map_content"]


@dataclass(frozen=True)
class MapTexts:
    """Texts of the project that appear on the map."""

    title: str
    published: tuple[tuple[str, str], ...]
    sources: tuple[str, ...]
    footer: str
    styles: Mapping[str, Style]


def map_content(
    texts: MapTexts,
    summary: Sequence[Mapping[str, Any]],
    *,
    loaded: Loaded,
    planned: Planned,
    corridors: Mapping[str, NDArray[np.float32]],
) -> MapContent:
    """Put a run on a map.

    Parameters
    ----------
    texts
        Texts of the project.
    summary
        Options of the summary, by rank.
    loaded, planned
        What the run knows and found.
    corridors
        How much dearer each option's links would be through each cell, percent, by its id.
    """
    plans, sea = planned.options, planned.planner.sea
    by_id = {plan.wanted.id: plan for plan in plans}
    surface = sea.priced.surface
    used = {site.landing.id for plan in plans for site in plan.sites}
    return MapContent(
        title=texts.title,
        subtitle=f"{len(summary)} options compared; draft for desk study",
        headline=headline(summary),
        options=tuple(map_option(table, by_id[table["id"]]) for table in summary),
        candidates=(
            *(_landing(site, used=site.landing.id in used) for site in loaded.sites),
            *(_junction(junction, plan) for plan in plans for junction in plan.junctions),
        ),
        depth=Raster(surface.depth_m, surface.grid),
        rasters=tuple(map_rasters(loaded, sea, corridors)),
        vectors=tuple(map_vectors(sea, loaded.shore, loaded.layers, texts.styles)),
        comparison=(*texts.published, *our_figures(summary)),
        sources=texts.sources,
        footer=texts.footer,
    )


def _landing(site: LandingSite, *, used: bool) -> MapLanding:
    lon, lat = site.bmh
    note = f"{site.moved_m / 1000:.1f} km from the published place to the shore. {site.landing.note}".strip()
    return MapLanding(site.landing.name, site.landing.country, float(lon), float(lat), used, note)


def _junction(junction: Junction, plan: OptionPlan) -> MapLanding:
    lon, lat = junction.place
    note = f"Branching unit of {plan.wanted.name}, {junction.degree} cables, {junction.depth_m:.0f} m of water."
    return MapLanding(junction.name, "", lon, lat, used=True, note=note, is_junction=True)
