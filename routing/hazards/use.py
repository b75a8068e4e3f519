"""How people use the sea over a cable: the shipping and fishing class of every cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from routing.errors import InputError
from routing.hazards.standoff import within

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from routing.seabed import SeabedFacts

__all__ = ["SeaUse", "Zoned", "classify"]


@dataclass(frozen=True)
class SeaUse:
    """Classes of the catalogue on every cell, as indices into its lists.

    Attributes
    ----------
    shipping, fishing
        Index into the catalogue's shipping and fishing classes.
    """

    shipping: NDArray[np.uint8]
    fishing: NDArray[np.uint8]


@dataclass(frozen=True)
class Zoned:
    """A class that holds inside a shape of the grid's CRS and a stand-off around it."""

    shape: Any
    code: str
    buffer_m: float = 0.0


def classify(
    facts: SeabedFacts,
    codes: Sequence[str],
    *,
    otherwise: str,
    zones: Iterable[Zoned] = (),
    nearshore: tuple[str, float] | None = None,
) -> NDArray[np.uint8]:
    """Class of every cell: one for all, another in shallow water, and zones over both; the last zone wins.

    Parameters
    ----------
    facts
        The sea floor.
    codes
        Classes of the catalogue, in its order.
    otherwise
        Class where nothing says better.
    zones
        Shapes with a class of their own.
    nearshore
        Class, and the water depth up to which it holds at some time of the life.

    Raises
    ------
    InputError
        When a class is not among `codes`.
    """
    found = np.full(facts.grid.shape, _index(otherwise, codes), np.uint8)
    if nearshore is not None:
        found[facts.passes_depth(0.0, nearshore[1])] = _index(nearshore[0], codes)
    for zone in zones:
        found[within([zone.shape], zone.buffer_m, facts.grid)] = _index(zone.code, codes)
    return found


def _index(code: str, codes: Sequence[str]) -> int:
    if code not in codes:
        raise InputError(f"unknown class {code!r}", remedy=f"write one of {', '.join(codes)}")
    return list(codes).index(code)
