"""What a cable meets on every cell, and the few combinations of it that are priced apart."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from routing.catalogue import ClassKind
from routing.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from routing.catalogue import Burial, CableType, Catalogue

__all__ = ["Engineering", "Exposure", "Situations"]

#: Rows that are classified at a time, so that a large grid needs no copies of itself.
_BLOCK_ROWS = 256


@dataclass(frozen=True)
class Engineering:
    """One way to build a metre of route."""

    cable: CableType
    burial: Burial

    @property
    def slack_pct(self) -> float:
        """Cable laid above route length, percent."""
        return self.burial.slack_pct

    @property
    def protection(self) -> str:
        """How position lists call the burial."""
        return self.burial.method

    @property
    def is_buried(self) -> bool:
        """Whether the cable goes into the seabed."""
        return self.burial.depth_m > 0

    def depth_limits(self, depth_m: float) -> tuple[str, ...]:
        """Limits that a water depth breaks.

        Examples
        --------
        >>> from routing.catalogue import read_catalogue
        >>> catalogue = read_catalogue()
        >>> Engineering(catalogue.cables[3], catalogue.burials[0]).depth_limits(520.0)
        ('SA is laid from 20 to 500 m',)
        """
        cable, burial = self.cable, self.burial
        found = []
        if not cable.depth_min_m <= depth_m <= cable.depth_max_m:
            found.append(f"{cable.code} is laid from {cable.depth_min_m:g} to {cable.depth_max_m:g} m")
        if not burial.water_min_m <= depth_m <= burial.water_max_m:
            found.append(f"{burial.code} works from {burial.water_min_m:g} to {burial.water_max_m:g} m")
        return tuple(found)

    def soil_limits(self, catalogue: Catalogue, sediment: int) -> tuple[str, ...]:
        """Limits that a soil breaks."""
        soil = catalogue.sediments[sediment]
        reached_m = soil.burial_max_m(self.burial.method)
        if self.burial.depth_m <= reached_m:
            return ()
        return (f"{self.burial.method} reaches {reached_m:g} m in {soil.code}, not {self.burial.depth_m:g} m",)

    def slope_limits(self, slope_deg: float) -> tuple[str, ...]:
        """Limits that a slope breaks; one that is not known (NaN) breaks none."""
        if not slope_deg > self.burial.slope_max_deg:
            return ()
        return (f"{self.burial.code} works up to {self.burial.slope_max_deg:g} degrees",)


@dataclass(frozen=True)
class Exposure:
    """What a cable meets on every cell, apart from today's water depth.

    Parameters
    ----------
    shipping, fishing, sediment
        Classes of the catalogue, as numbers in its order.
    slope_deg
        Slope of the seabed; NaN where the grid is too coarse to see it.
    shallow_m
        The least water depth of the design life: ships and nets are judged by it where it is
        less than today's depth.
    hazard_faults
        Faults per 1000 km a year of natural hazards, on top of all others.
    avoidance_usd_per_m
        Price of what should be avoided but may be crossed.

    Raises
    ------
    InputError
        For slopes that cannot be, and for negative rates or prices.

    Examples
    --------
    >>> from routing.catalogue import read_catalogue
    >>> Exposure.uniform((2, 3), read_catalogue(), sediment="rock").sediment
    array([[6, 6, 6],
           [6, 6, 6]], dtype=uint8)
    """

    shipping: NDArray[np.uint8]
    fishing: NDArray[np.uint8]
    sediment: NDArray[np.uint8]
    slope_deg: NDArray[np.float32]
    shallow_m: NDArray[np.float32]
    hazard_faults: NDArray[np.float32]
    avoidance_usd_per_m: NDArray[np.float32]

    def __post_init__(self) -> None:
        steepest = np.fmax.reduce(self.slope_deg, axis=None, initial=0.0)
        if steepest >= 90.0 or np.fmin.reduce(self.slope_deg, axis=None, initial=0.0) < 0.0:
            raise InputError(
                f"a seabed slope of {steepest:g} degrees cannot be",
                remedy="give degrees from 0 to below 90: 100 % are 45 degrees",
                key="slope_deg",
            )
        for name in ("hazard_faults", "avoidance_usd_per_m"):
            values = getattr(self, name)
            if not bool((values >= 0).all() and np.isfinite(np.max(values, initial=0.0))):
                raise InputError(f"{name} holds what is no number from 0", remedy="correct its layer", key=name)

    def part(self, box: tuple[slice, slice]) -> Exposure:
        """What it says of the cells in a box of rows and columns."""
        return Exposure(*(getattr(self, each.name)[box] for each in fields(self)))

    @classmethod
    def uniform(
        cls,
        shape: tuple[int, ...],
        catalogue: Catalogue,
        *,
        shipping: str = "medium",
        fishing: str = "passive-gear",
        sediment: str = "clay-soft",
    ) -> Exposure:
        """The same classes everywhere, no hazards, slope unknown; takes no memory.

        Parameters
        ----------
        shape
            Of the grid.
        catalogue
            Where the classes stand.
        shipping, fishing, sediment
            Codes of the classes.
        """

        def everywhere(value: float, kind: type[np.generic]) -> Any:  # noqa: ANN401
            return np.broadcast_to(np.array(value, kind), shape)

        return cls(
            shipping=everywhere(catalogue.index("shipping", shipping), np.uint8),
            fishing=everywhere(catalogue.index("fishing", fishing), np.uint8),
            sediment=everywhere(catalogue.index("sediment", sediment), np.uint8),
            slope_deg=everywhere(np.nan, np.float32),
            shallow_m=everywhere(np.inf, np.float32),
            hazard_faults=everywhere(0.0, np.float32),
            avoidance_usd_per_m=everywhere(0.0, np.float32),
        )


@dataclass(frozen=True)
class Situations:
    """Every combination of water depth, traffic, soil and slope that the catalogue prices apart.

    Parameters
    ----------
    catalogue
        Where the classes and the limits stand.

    Notes
    -----
    Water depth falls into intervals between all depths at which something of the catalogue
    changes; slope likewise. A few ten thousand combinations follow, however large the grid, so
    prices are worked out for these and looked up for the cells.
    """

    catalogue: Catalogue

    @cached_property
    def depth_edges_m(self) -> NDArray[np.float32]:
        """Depths at which the class of a place, or what can be built there, changes."""
        rows = self.catalogue
        first = [row.from_m for row in rows.depth_classes]
        first += [c.depth_min_m for c in rows.cables] + [b.water_min_m for b in rows.burials]
        last = [c.depth_max_m for c in rows.cables] + [b.water_max_m for b in rows.burials]
        # A range holds both its ends, so it is left just beyond the deeper one.
        beyond = np.nextafter(np.array(last, np.float32), np.float32(np.inf))
        return np.unique(np.concatenate([np.array(first, np.float32), beyond]))

    @cached_property
    def slope_edges_deg(self) -> NDArray[np.float32]:
        """Slopes just beyond what a tool works on."""
        limits = np.array([burial.slope_max_deg for burial in self.catalogue.burials], np.float32)
        return np.unique(np.nextafter(limits, np.float32(np.inf)))

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """How many of each: depth, depth class at its shallowest, shipping, fishing, sediment, slope."""
        rows = self.catalogue
        classes = (len(rows.depth_classes), len(rows.shipping), len(rows.fishing), len(rows.sediments))
        return (len(self.depth_edges_m) + 1, *classes, len(self.slope_edges_deg) + 1)

    @property
    def count(self) -> int:
        """Number of combinations."""
        return int(np.prod(self.shape))

    def classify(self, depth_m: NDArray[np.float32], exposure: Exposure) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Combinations that occur, by number, and which of them each place is in.

        Raises
        ------
        InputError
            When a class has no record in the catalogue.
        """
        for kind in get_args(ClassKind):
            highest, codes = int(np.max(getattr(exposure, kind), initial=0)), self.catalogue.codes(kind)
            if highest >= len(codes):
                problem = f"{kind} class {highest} is unknown"
                raise InputError(problem, remedy=f"number them from 0: {', '.join(codes)}", key=kind)
        numbers = np.empty(depth_m.shape, np.int32)
        for start in range(0, len(depth_m), _BLOCK_ROWS):
            rows = slice(start, start + _BLOCK_ROWS)
            met = Exposure(**{field.name: getattr(exposure, field.name)[rows] for field in fields(exposure)})
            numbers[rows] = self._number(depth_m[rows], met)
        occurs = np.zeros(self.count, bool)
        occurs[numbers] = True
        slot = np.cumsum(occurs, dtype=np.int32) - np.int32(1)
        return np.flatnonzero(occurs).astype(np.int32), slot[numbers]

    def _number(self, depth_m: NDArray[np.float32], met: Exposure) -> NDArray[np.int32]:
        classes = np.array([row.from_m for row in self.catalogue.depth_classes], np.float32)
        shallow = np.clip(np.searchsorted(classes, np.fmin(depth_m, met.shallow_m), "right") - 1, 0, len(classes) - 1)
        # An unknown slope stops no tool; an unknown depth lies beyond the deepest edge, where nothing is built.
        slope = np.searchsorted(self.slope_edges_deg, np.nan_to_num(met.slope_deg), "right")
        depth = np.searchsorted(self.depth_edges_m, depth_m, "right")
        axes = (depth, shallow, met.shipping, met.fishing, met.sediment, slope)
        return np.asarray(np.ravel_multi_index(axes, self.shape), np.int32)

    def axes(self, numbers: NDArray[np.int32]) -> tuple[NDArray[np.intp], ...]:
        """Depth, depth class at its shallowest, shipping, fishing, sediment and slope of combinations."""
        return tuple(np.asarray(axis, np.intp) for axis in np.unravel_index(numbers, self.shape))

    @cached_property
    def depth_class(self) -> NDArray[np.intp]:
        """Depth class of each interval of depth."""
        classes = np.array([row.from_m for row in self.catalogue.depth_classes], np.float32)
        return np.clip(np.searchsorted(classes, self._depths_m, "right") - 1, 0, len(classes) - 1)

    def feasible(self, options: tuple[Engineering, ...], numbers: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Whether each option can be built in each combination, (options, n)."""
        depth, _, _, _, sediment, slope = self.axes(numbers)
        slopes_deg = [0.0, *self.slope_edges_deg]
        soils = range(len(self.catalogue.sediments))
        wet = np.array([[not way.depth_limits(float(value)) for value in self._depths_m] for way in options])
        soft = np.array([[not way.soil_limits(self.catalogue, soil) for soil in soils] for way in options])
        flat = np.array([[not way.slope_limits(float(value)) for value in slopes_deg] for way in options])
        return np.asarray(wet[:, depth] & soft[:, sediment] & flat[:, slope])

    @property
    def _depths_m(self) -> NDArray[np.float32]:
        """A depth of each interval: its upper edge, and one above the water for the first."""
        return np.concatenate([np.array([-1.0], np.float32), self.depth_edges_m])
