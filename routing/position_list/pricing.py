"""What a listed route would cost on a project's cost surface, and where its depths differ from the project's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from routing import geodesy, grid
from routing.cost import ITEMS
from routing.position_list.checking import ListFinding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from routing.planning import Sea
    from routing.position_list.measuring import Measured, Span

__all__ = ["depth_findings", "price_listed"]

#: A listed depth differs when it does so by more than both; the grids of a desk study are no better.
_DEPTH_M, _DEPTH_SHARE = 5.0, 0.1
#: Samples per cell when the reason of an exclusion is looked for.
_SAMPLES_PER_CELL = 4
_OUTSIDE = "outside the area of the project"


def price_listed(measured: Measured, sea: Sea) -> dict[str, Any]:
    """Price of a listed route item by item; a leg that enters an exclusion has a reason instead.

    Parameters
    ----------
    measured
        The list.
    sea
        The project's water, priced.

    Returns
    -------
    table
        ``items_usd`` and ``total_usd`` of the legs that have a price, ``priced_km``, and ``unpriced``: row, numbers
        of both positions, length and reason of every other leg.

    Notes
    -----
    Cable and burial are those that the cost surface would choose, not those of the list. Items are rounded to the
    cent and the total is their sum. Land has no price, so the legs to the beach manholes usually stand in
    ``unpriced``: there the program prices a landing instead.
    """
    items = dict.fromkeys(ITEMS, 0.0)
    unpriced: list[dict[str, Any]] = []
    priced_m = 0.0
    for span in measured.spans:
        line = _line(measured, span)
        reason = None if np.isfinite(_price(line, sea)) else _reason(line, sea)
        if reason is None:
            priced_m += span.length_m
            for name, usd in sea.priced.items(line).items():
                items[name] += usd
        else:
            unpriced.append(_unpriced(measured, span, reason))
    rounded = {name: round(usd, 2) for name, usd in items.items()}
    return {
        "items_usd": rounded,
        "total_usd": round(sum(rounded.values()), 2),
        "priced_km": round(priced_m / 1000.0, 3),
        "unpriced": unpriced,
    }


def depth_findings(measured: Measured, sea: Sea) -> tuple[ListFinding, ...]:
    """Listed depths that differ from the project's by more than 5 m and more than a tenth."""
    return tuple(_depths(measured, sea))


def _depths(measured: Measured, sea: Sea) -> Iterator[ListFinding]:
    surface = sea.priced.surface
    for position, place in zip(measured.listing.positions, measured.places, strict=True):
        if place is None or position.depth_m is None:
            continue
        at = sea.priced.rowcol([place])
        known = float(grid.sample(surface.depth_m, at)[0]) if _is_inside(at, sea) else float("nan")
        off = abs(known - position.depth_m)
        if np.isfinite(known) and off > _DEPTH_M and off > _DEPTH_SHARE * abs(position.depth_m):
            message = f"depth {position.depth_m:.1f} m, by the project {known:.1f} m"
            yield ListFinding(
                position.row, "depth-differs", "info", message, round(position.depth_m, 4), round(known, 1)
            )


def _line(measured: Measured, span: Span) -> NDArray[np.float64]:
    ends = (measured.places[span.index], measured.places[span.index + 1])
    return np.array([end for end in ends if end is not None], float)


def _price(line: NDArray[np.float64], sea: Sea) -> float:
    """USD of one leg; inf when it enters an exclusion or leaves the grid."""
    return sea.priced.price(line) if _is_inside(sea.priced.rowcol(line), sea) else float("inf")


def _is_inside(rowcol: NDArray[np.float64], sea: Sea) -> bool:
    last = np.array(sea.priced.surface.grid.shape) - 1
    return bool((np.isfinite(rowcol) & (rowcol >= 0) & (rowcol <= last)).all())


def _reason(line: NDArray[np.float64], sea: Sea) -> str:
    """The first exclusion that a leg enters."""
    dense = sea.priced.rowcol(geodesy.densify(line, step_m=2.0 * sea.priced.step_m / _SAMPLES_PER_CELL))
    for at in dense:
        if not _is_inside(at, sea):
            return _OUTSIDE
        row, col = np.rint(at).astype(int)
        reason = sea.exclusions.reason_at(int(row), int(col))
        if reason is not None:
            return reason
    return "the corner of an exclusion"


def _unpriced(measured: Measured, span: Span, reason: str) -> dict[str, Any]:
    here, there = (measured.listing.positions[span.index + step] for step in (0, 1))
    return {
        "row": here.row,
        "from": here.number,
        "to": there.number,
        "length_km": round(span.length_m / 1000.0, 3),
        "reason": reason,
    }
