"""Rasters of a run that can be laid over the bathymetry of the map."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from routing.constraints import NATURAL
from routing.corridor import BANDS_PCT
from routing.grid import Raster
from routing.seabed.substrate import SEDIMENTS
from routing.webmap import MapRaster

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from routing.grid import Grid
    from routing.planning import Sea
    from routing.results import Loaded
    from routing.webmap import Classes

__all__ = ["map_rasters"]

_FAULTS = "faults per 1000 km a year"


def map_rasters(loaded: Loaded, sea: Sea, corridors: Mapping[str, NDArray[np.float32]]) -> Iterator[MapRaster]:
    """Rasters that can be laid over the bathymetry, those that fill the sea below those that leave most of it clear.

    Parameters
    ----------
    loaded
        What the project knows of the sea floor.
    sea
        The priced water.
    corridors
        How much dearer each option's links would be through each cell, percent.
    """
    yield from _seabed(loaded)
    yield from _quality(loaded)
    yield from _prices(sea)
    yield from _hazards(loaded, sea)
    yield from _corridors(sea, corridors)
    yield from _exclusions(sea)


def _seabed(loaded: Loaded) -> Iterator[MapRaster]:
    facts = loaded.facts
    codes = np.where(facts.sea, facts.substrate.sediment.astype(np.intp), -1)
    names = [_spoken(code) for code in SEDIMENTS]
    yield _Classes(codes, names, loaded.grid).layer("Substrate", "Seabed", "of the seabed, as it is priced")
    if np.isfinite(facts.slope_deg).any():
        slope = Raster(facts.slope_deg, facts.grid)
        yield MapRaster("Slope", "Seabed", slope, "degrees", ramp="doubt")


def _prices(sea: Sea) -> Iterator[MapRaster]:
    surface = sea.priced.surface
    cost = Raster(surface.total(excluded=np.nan), surface.grid)
    yield MapRaster("Route cost", "Cost and risk", cost, "thousand USD per km", ramp="cost")
    faults = np.where(surface.free, surface.faults_per_m() * np.float32(1e6), np.float32(np.nan))
    yield MapRaster("Expected faults", "Cost and risk", Raster(faults, surface.grid), _FAULTS, ramp="risk")


def _corridors(sea: Sea, corridors: Mapping[str, NDArray[np.float32]]) -> Iterator[MapRaster]:
    note = "cells on some route that is at most so much dearer than the best route of the link"
    names = tuple(f"up to {band:g} % dearer" for band in BANDS_PCT)
    for option, excess_pct in corridors.items():
        near = excess_pct <= BANDS_PCT[-1]
        code = np.full(excess_pct.shape, np.nan, np.float32)
        code[near] = 1.0 + np.digitize(excess_pct[near], BANDS_PCT, right=True)
        raster = Raster(code, sea.priced.surface.grid)
        yield MapRaster(
            "Near-optimal corridor", "Cost and risk", raster, note, classes=names, look="bands", option=option
        )


def _hazards(loaded: Loaded, sea: Sea) -> Iterator[MapRaster]:
    """Natural hazards by their rates, then classes of shipping and fishing where there are several."""
    for name, rates in loaded.hazards.layers.items():
        occurs = rates > 0
        if occurs.any():
            drawn = np.where(occurs, rates, np.float32(np.nan))
            yield MapRaster(_capital(name), "Hazards", Raster(drawn, loaded.grid), _FAULTS, ramp="risk")
    exposure, catalogue = sea.priced.surface.exposure, loaded.catalogue
    for title, classes, codes in (
        ("Shipping", exposure.shipping, catalogue.codes("shipping")),
        ("Fishing", exposure.fishing, catalogue.codes("fishing")),
    ):
        where = np.where(loaded.facts.sea, classes.astype(np.intp), -1)
        shown = _Classes(where, [code.replace("-", " ") for code in codes], loaded.grid)
        if len(shown.present) > 1:
            yield shown.layer(title, "Hazards", "class")


def _exclusions(sea: Sea) -> Iterator[MapRaster]:
    """Why no cable may go; land speaks for itself."""
    exclusions = sea.exclusions
    codes = exclusions.code.astype(np.intp) - 1
    codes[codes == exclusions.reasons.index(NATURAL[0])] = -1
    found = _Classes(codes, exclusions.reasons, sea.priced.surface.grid)
    if len(found.present):
        yield found.layer("Excluded", "Exclusions", "sea where no cable may go, by reason", look="reasons")


def _quality(loaded: Loaded) -> Iterator[MapRaster]:
    facts = loaded.facts
    codes = np.where(facts.sea, 2 * facts.source.astype(np.intp) + facts.stated, -1)
    names = [text for source in facts.sources for text in (source, f"{source}, its uncertainty stated")]
    yield _Classes(codes, names, facts.grid).layer("Source of depth", "Data quality", "where each depth is from")
    sigma = np.where(facts.sea, facts.sigma_m, np.float32(np.nan))
    doubt = Raster(sigma, facts.grid)
    yield MapRaster("Depth uncertainty", "Data quality", doubt, "m, standard deviation", ramp="doubt")
    codes = np.where(facts.sea, facts.substrate.source.astype(np.intp), -1)
    names = list(facts.substrate.sources)
    yield _Classes(codes, names, facts.grid).layer("Source of substrate", "Data quality", "where each class is from")


@dataclass(frozen=True)
class _Classes:
    """Classes of cells: index into `names`, -1 where there is none."""

    codes: NDArray[np.intp]
    names: Sequence[str]
    grid: Grid

    @cached_property
    def present(self) -> NDArray[np.intp]:
        """The classes that occur, rising."""
        return np.flatnonzero(np.bincount(1 + self.codes.ravel())[1:])

    def layer(self, name: str, group: str, note: str, *, look: Classes = "kinds") -> MapRaster:
        """The layer of the classes that occur."""
        number = np.full(len(self.names) + 1, np.nan, np.float32)  # the last is that of -1
        number[self.present] = np.arange(1, len(self.present) + 1)
        names = tuple(self.names[index] for index in self.present)
        return MapRaster(name, group, Raster(number[self.codes], self.grid), note, classes=names, look=look)


def _spoken(code: str) -> str:
    """A soil of the catalogue as words.

    Examples
    --------
    >>> _spoken("mud-very-soft")
    'mud, very soft'
    """
    first, _, rest = code.partition("-")
    return f"{first}, {rest.replace('-', ' ')}" if rest else first


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
