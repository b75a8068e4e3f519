"""How far a depth may be off, by the kind of its source.

One standard deviation, as the square root of a fixed part and a part that grows
with depth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from routing.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = [
    "QUALITIES",
    "TID",
    "TWO_SIDED_95",
    "DepthQuality",
    "Meaning",
    "depth_quality",
    "known_uncertainty",
    "sigma_as_stated",
    "sigma_by_tid",
]

#: What a stated uncertainty is: one standard deviation, or the half-width that holds 95 %.
Meaning = Literal["sigma", "95"]

#: 95 % of a normal distribution lie within this many standard deviations: S-44 states 95 %.
TWO_SIDED_95 = 1.96
#: Larger uncertainties are another band, or other units (default: 30 % of 3300 m is still below).
_LARGEST_M = 1000.0


@dataclass(frozen=True)
class DepthQuality:
    """A kind of depth source.

    Parameters
    ----------
    fixed_m
        Part of the standard deviation that does not depend on depth.
    share
        Part that grows with depth, as a fraction of it.
    source
        Where the figures are from.
    """

    fixed_m: float
    share: float
    source: str

    def sigma_m(self, depth_m: NDArray[np.float32]) -> NDArray[np.float32]:
        """Standard deviation at each depth; NaN where depth is not known.

        Examples
        --------
        >>> QUALITIES["interpolated"].sigma_m(np.array([0.0, 100.0], np.float32)).round(1)
        array([ 2. , 20.1], dtype=float32)
        """
        return np.asarray(np.hypot(np.float32(self.fixed_m), np.float32(self.share) * depth_m), np.float32)


def _s44(order: str, fixed_m: float, share: float) -> DepthQuality:
    source = f"IHO S-44 edition 6, table 1: total vertical uncertainty of {order}, 95 %, divided by 1.96"
    return DepthQuality(fixed_m / TWO_SIDED_95, share / TWO_SIDED_95, source)


_BY_JUDGEMENT = "default, editable"
#: Kinds of source by the name that a project declares.
QUALITIES: Mapping[str, DepthQuality] = {
    "s44-exclusive": _s44("exclusive order", 0.15, 0.0075),
    "s44-special": _s44("special order", 0.25, 0.0075),
    "s44-1a": _s44("order 1a", 0.5, 0.013),
    "s44-1b": _s44("order 1b", 0.5, 0.013),
    "s44-2": _s44("order 2", 1.0, 0.023),
    "soundings": DepthQuality(1.0, 0.03, _BY_JUDGEMENT),
    "chart": DepthQuality(2.0, 0.10, _BY_JUDGEMENT),
    "interpolated": DepthQuality(2.0, 0.20, "default, editable: 10 to 30 % of depth between soundings"),
    "predicted": DepthQuality(5.0, 0.30, "default, editable: the dear end of 10 to 30 %"),
    "unknown": DepthQuality(5.0, 0.30, _BY_JUDGEMENT),
}

#: GEBCO type identifiers, with their kind here. Meanings: GEBCO, type identifier grid, 2024.
TID: Mapping[int, tuple[str, str]] = {
    10: ("single-beam soundings", "soundings"),
    11: ("multibeam survey", "s44-2"),
    12: ("seismic survey", "soundings"),
    13: ("isolated soundings", "soundings"),
    14: ("soundings of an electronic chart", "soundings"),
    15: ("bathymetric lidar", "s44-2"),
    16: ("depth from light seen by satellites", "chart"),
    17: ("several direct methods", "soundings"),
    40: ("predicted from satellite gravity", "predicted"),
    41: ("interpolated by computer", "interpolated"),
    42: ("contours of charts", "chart"),
    43: ("contours of electronic charts", "chart"),
    44: ("several sources, interpolation included", "interpolated"),
    45: ("predicted from flown gravity", "predicted"),
    46: ("derived from ice or icebergs", "predicted"),
    70: ("existing grid of unknown make-up", "interpolated"),
    71: ("unknown", "unknown"),
    72: ("steering points", "interpolated"),
}


def depth_quality(name: str) -> DepthQuality:
    """The kind of source of that name.

    Raises
    ------
    InputError
        When there is none, with those there are.
    """
    if name not in QUALITIES:
        raise InputError(
            f"unknown quality {name!r}", remedy=f"write one of {', '.join(QUALITIES)}", key="bathymetry.quality"
        )
    return QUALITIES[name]


def sigma_by_tid(
    depth_m: NDArray[np.float32], tid: NDArray[np.float32], *, otherwise: DepthQuality
) -> NDArray[np.float32]:
    """Standard deviation of depths whose source is a GEBCO type identifier, cell by cell.

    Parameters
    ----------
    depth_m
        Water depth; NaN where unknown.
    tid
        Type identifiers; NaN, or 0 for land, where there is none.
    otherwise
        Quality of those cells.

    Raises
    ------
    InputError
        When a code is no type identifier.

    Examples
    --------
    >>> sigma_by_tid(np.float32([100.0]), np.float32([41]), otherwise=QUALITIES["unknown"]).round(1)
    array([20.1], dtype=float32)
    """
    found = {int(code) for code in np.unique(tid[np.isfinite(tid)])} - {0}
    unknown = sorted(found - set(TID))
    if unknown:
        raise InputError(
            f"code {unknown[0]} is no GEBCO type identifier",
            remedy="give the TID grid that belongs to the GEBCO grid",
            key="bathymetry.tid_path",
        )
    sigma = otherwise.sigma_m(depth_m)
    for code in sorted(found):
        here = tid == code
        sigma[here] = QUALITIES[TID[code][1]].sigma_m(depth_m[here])
    return sigma


def known_uncertainty(stated_m: NDArray[np.float32]) -> NDArray[np.float32]:
    """The uncertainties that a survey states, NaN where it knows none.

    A 0 is none: the Format Specification Document of the Bathymetric Attributed Grid (uncertainty grid) gives it this
    meaning, and no depth is without error.

    Parameters
    ----------
    stated_m
        Vertical uncertainty, metres.

    Raises
    ------
    InputError
        When a value is negative or above 1000 m.

    Examples
    --------
    >>> known_uncertainty(np.float32([0.5, 0.0]))
    array([0.5, nan], dtype=float32)
    """
    wrong = (stated_m < 0) | (stated_m > _LARGEST_M)
    if wrong.any():
        raise InputError(
            f"{int(wrong.sum())} cells hold {float(stated_m[wrong][0]):g}, which is no uncertainty in metres",
            remedy="name the band or variable of the vertical uncertainty, and declare its nodata",
        )
    return np.where(stated_m == 0, np.float32(np.nan), stated_m)


def sigma_as_stated(
    stated_m: NDArray[np.float32], *, meaning: Meaning, otherwise: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Standard deviation of depths by the uncertainty that a survey states for each cell.

    Parameters
    ----------
    stated_m
        Vertical uncertainty, metres; NaN where none is known.
    meaning
        ``"sigma"``: one standard deviation; ``"95"``: 95 %, which is 1.96 of them.
    otherwise
        Standard deviation where none is known.

    Examples
    --------
    >>> sigma_as_stated(np.float32([0.98, np.nan]), meaning="95", otherwise=np.float32([5.0, 5.0]))
    array([0.5, 5. ], dtype=float32)
    """
    sigma_m = stated_m / np.float32(TWO_SIDED_95 if meaning == "95" else 1.0)
    return np.asarray(np.where(np.isfinite(stated_m), sigma_m, otherwise), np.float32)
