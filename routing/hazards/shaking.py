"""Strong shaking: peak ground acceleration with a return period of 475 years, from an earthquake catalogue.

Events are smoothed into rates (Frankel), magnitudes follow Gutenberg and Richter
between two limits, and a published law turns magnitude and distance into
acceleration. A screening, not a site study: no faults, no depth of focus, and
sources end where the catalogue ends.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from routing.errors import InputError
from routing.hazards.lattice import node_xy, nodes_around, spread
from routing.hazards.rates import RATES, Rated

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from routing.grid import Grid
    from routing.hazards.rates import Level
    from routing.seabed import SeabedFacts

__all__ = ["Recurrence", "StrongShaking", "exceedance_per_event", "median_pga_g", "pga475_g", "smoothed_rates"]

Site = Literal["rock", "stiff", "soft"]

#: Updated coefficients for PGA, cm/s2, log10: J. J. Bommer, S. Akkar and S. Drouet, Extending ground-motion prediction
#: equations for spectral accelerations to higher response frequencies, Bulletin of Earthquake Engineering 10 (2012)
#: 379-399, table 5; the form is that of S. Akkar and J. J. Bommer, Seismological Research Letters 81 (2010) 195-206.
_B1, _B2, _B3, _B4, _B5, _B6 = 1.43525, 0.74866, -0.06520, -2.72950, 0.25139, 7.74959
_SITE = {"rock": 0.0, "stiff": 0.00766, "soft": 0.08320}
#: Standard deviation of log10 of the acceleration, between and within events together.
_SIGMA_LOG10 = 0.2816
_G_CM_S2 = 980.665
_RETURN_YEARS = 475.0

#: Spacing of the nodes on which rates and accelerations are worked out, and reach of a source.
_NODE_M, _REACH_KM = 20_000.0, 200.0
_DISTANCES_KM = np.arange(0.0, _REACH_KM + 2.5, 2.5)
_MAGNITUDE_STEP = 0.1
#: Share of the weight at an event below which a node gets none of it: 3.7 kernel lengths away.
_LEAST_WEIGHT = 1e-6
_LEVELS_G = np.geomspace(0.005, 3.0, 60)


@dataclass(frozen=True)
class Recurrence:
    """How often earthquakes of each size come.

    Parameters
    ----------
    complete_from
        Magnitude from which the catalogue misses nothing.
    years
        Years that it covers so.
    least, most
        Magnitudes that count; the law holds from 5.0 to 7.6.
    b
        Slope of Gutenberg and Richter's line.
    """

    complete_from: float
    years: float
    least: float = 5.0
    most: float = 7.6
    b: float = 1.0

    def __post_init__(self) -> None:
        if not (self.years > 0 and self.least < self.most and self.b > 0 and self.complete_from < self.most):
            raise InputError(
                f"{self.years:g} years, magnitudes {self.least:g} to {self.most:g} complete from "
                f"{self.complete_from:g}, b {self.b:g}",
                remedy="give years and b above 0 and magnitudes in order",
                key="hazard.shaking",
            )

    @property
    def magnitudes(self) -> NDArray[np.float64]:
        """Middles of the steps between the limits."""
        return np.arange(self.least + _MAGNITUDE_STEP / 2, self.most, _MAGNITUDE_STEP)

    @property
    def shares(self) -> NDArray[np.float64]:
        """Share of each step among events of at least `complete_from`; smaller ones than that add to more than 1."""
        edges = np.append(self.magnitudes - _MAGNITUDE_STEP / 2, self.most)
        rarest = 10.0 ** (-self.b * (self.most - self.complete_from))
        above = (10.0 ** (-self.b * (edges - self.complete_from)) - rarest) / (1.0 - rarest)
        return np.asarray(-np.diff(above))


def median_pga_g(magnitude: float, distance_km: float, site: Site = "stiff") -> float:
    """Median peak ground acceleration, g, of the mean horizontal component.

    Parameters
    ----------
    magnitude
        Moment magnitude, 5.0 to 7.6.
    distance_km
        Distance to the surface projection of the rupture, up to 100 km.
    site
        ``"rock"``: shear waves faster than 750 m/s; ``"stiff"``: 360 to 750 m/s; ``"soft"``: slower.

    Notes
    -----
    Akkar and Bommer 2010 with the coefficients of Bommer, Akkar and Drouet 2012, for strike-slip faulting:
    log10 y = b1 + b2 M + b3 M^2 + (b4 + b5 M) log10 sqrt(R^2 + b6^2) + site.

    Examples
    --------
    >>> round(median_pga_g(6.5, 20.0, "rock"), 3)
    0.125
    """
    return float(10.0 ** _log_pga(np.array(magnitude), np.array(distance_km), site) / _G_CM_S2)


def exceedance_per_event(recurrence: Recurrence, site: Site) -> NDArray[np.float64]:
    """Chance that one earthquake at a distance shakes harder than a level: (distances, levels).

    Its magnitude is drawn from the recurrence; the law's scatter is log-normal.
    """
    median = _log_pga(recurrence.magnitudes[:, None], _DISTANCES_KM[None, :], site)
    levels = np.log10(_LEVELS_G * _G_CM_S2)
    chance = 0.5 * (1.0 + np.vectorize(math.erf)((median[..., None] - levels) / (_SIGMA_LOG10 * math.sqrt(2.0))))
    return np.asarray(np.tensordot(recurrence.shares, chance, axes=1))


def smoothed_rates(
    events_xy: NDArray[np.float64], nodes: Grid, *, years: float, kernel_km: float = 50.0
) -> NDArray[np.float64]:
    """Earthquakes a year at each node; their sum is that of the catalogue within the nodes.

    Parameters
    ----------
    events_xy
        Epicentres in the CRS of the nodes.
    nodes
        Where rates are wanted.
    years
        Length of the catalogue.
    kernel_km
        Distance over which an event is spread (default, editable).

    Notes
    -----
    Each event is spread by exp(-(d/c)^2), normalised over the nodes: A. Frankel, Mapping seismic hazard in the
    central and eastern United States, Seismological Research Letters 66 (1995) 8-21.

    Examples
    --------
    >>> from routing.grid import Grid
    >>> nodes = Grid(3, 3, 0.0, 60e3, 20e3, 20e3, "EPSG:32639")
    >>> round(float(smoothed_rates(np.array([[30e3, 30e3]]), nodes, years=10.0).sum()), 6)
    0.1
    """
    places, rates = node_xy(nodes), np.zeros(nodes.rows * nodes.cols)
    left, bottom, right, top = nodes.bounds
    for x, y in events_xy:
        if left <= x <= right and bottom <= y <= top:
            weight = np.exp(-np.square((places - (x, y)) / (1000.0 * kernel_km)).sum(axis=1))
            weight[weight < _LEAST_WEIGHT] = 0.0
            rates += weight / weight.sum()
    return (rates / years).reshape(nodes.shape)


def pga475_g(
    rates: NDArray[np.float64],
    nodes: Grid,
    recurrence: Recurrence,
    *,
    site: Site,
    wanted: NDArray[np.bool_] | None = None,
) -> NDArray[np.float64]:
    """Acceleration with a return period of 475 years at each node.

    Parameters
    ----------
    rates
        Earthquakes of at least the complete magnitude, a year, at each node.
    nodes
        Where they are; distances are those of the map, good to 0.5 % in a zone of UTM.
    recurrence
        Their magnitudes.
    site
        Ground.
    wanted
        Nodes to tell of; 0 at all others. None: all.
    """
    places, table = node_xy(nodes), exceedance_per_event(recurrence, site)
    sources = np.flatnonzero(rates.ravel() > 0)
    found = np.zeros(len(places))
    for number in range(len(places)) if wanted is None else np.flatnonzero(wanted):
        km = np.hypot(*(places[sources] - places[number]).T) / 1000.0
        near = km < _REACH_KM
        yearly = _by_distance(km[near], rates.ravel()[sources[near]]) @ table
        found[number] = np.interp(-1.0 / _RETURN_YEARS, -yearly, _LEVELS_G, left=0.0)
    return found.reshape(nodes.shape)


@dataclass(frozen=True)
class StrongShaking:
    """Shaking that breaks joints, liquefies sand and lets slopes fail.

    Parameters
    ----------
    events_xy
        Epicentres of the complete part of a catalogue, in the CRS of the grid.
    recurrence
        What they stand for.
    site
        Ground.
    threshold_g
        Acceleration of 475 years above which the rate counts.
    """

    events_xy: NDArray[np.float64]
    recurrence: Recurrence
    site: Site = "stiff"
    threshold_g: float = 0.2
    weight: float = 1.0
    rate: Rated = RATES["shaking"]
    name: str = "strong shaking"

    def pga475_g(self, grid: Grid) -> NDArray[np.float32]:
        """Acceleration of 475 years on every cell, interpolated between nodes 20 km apart."""
        nodes = nodes_around(grid, spacing_m=_NODE_M, margin_m=1000.0 * _REACH_KM)
        rates = smoothed_rates(self.events_xy, nodes, years=self.recurrence.years)
        left, bottom, right, top = grid.bounds
        x, y = node_xy(nodes).T
        # Each cell takes the four nodes around it.
        near = (x > left - _NODE_M) & (x < right + _NODE_M) & (y > bottom - _NODE_M) & (y < top + _NODE_M)
        return spread(pga475_g(rates, nodes, self.recurrence, site=self.site, wanted=near), nodes, grid)

    def rates(self, facts: SeabedFacts, level: Level, /) -> NDArray[np.float32]:
        """Rate where the ground shakes harder than the threshold."""
        strong = self.pga475_g(facts.grid) > self.threshold_g
        return np.where(strong, np.float32(self.rate.at(level)), np.float32(0.0))

    def note(self, _: SeabedFacts, /) -> str | None:
        """Say how little the catalogue holds."""
        least, years = self.recurrence.complete_from, self.recurrence.years
        return f"{len(self.events_xy)} earthquakes from magnitude {least:g} in {years:.1f} years; none beyond the file"


def _log_pga(magnitude: NDArray[np.float64], distance_km: NDArray[np.float64], site: Site) -> NDArray[np.float64]:
    """Logarithm of the median acceleration, cm/s2."""
    path = (_B4 + _B5 * magnitude) * np.log10(np.hypot(distance_km, _B6))
    return np.asarray(_B1 + _B2 * magnitude + _B3 * magnitude**2 + path + _SITE[site])


def _by_distance(km: NDArray[np.float64], rates: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rates shared out between the two nearest of the tabled distances."""
    place = km / (_DISTANCES_KM[1] - _DISTANCES_KM[0])
    low = place.astype(int)
    count = len(_DISTANCES_KM)
    lower = np.bincount(low, rates * (low + 1 - place), count)
    return np.asarray(lower + np.bincount(low + 1, rates * (place - low), count)[:count])
