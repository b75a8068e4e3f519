"""A line that was laid window by window, without the alter courses that only its windows gave it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from routing.route import Route
from routing.runs import runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from routing.pricing import PricedGrid
    from routing.refinement.laying import Laid, Stretch

__all__ = ["tidied"]

#: Alter courses of less than this may come from where windows meet or a stretch begins and ends, degrees (default).
_WEAK_DEG = 1.0
#: Turns that grow by less than this do not grow, degrees.
_SAME_DEG = 1e-6


def tidied(stretch: Stretch, laid: Laid, lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
    """The positions of a line, runs of very small turns replaced by one leg where that costs no more.

    Parameters
    ----------
    stretch
        What was searched.
    laid
        What was found, whose windows are looked at again.
    lonlat
        The line (n, 2) with the positions of the route before and after it, where there are any.

    Notes
    -----
    A leg in place of a run costs no more than the run with its alter courses, over the cells of the surveys and,
    outside the stretch, of the routing grid; and it makes no turn at its ends larger than the plough's.
    """
    weak = np.abs(Route(lonlat).turns_deg) < _WEAK_DEG
    spans = [(first, last + 2) for first, last in runs(weak)]
    if not spans:
        return lonlat
    ways = [way for first, last in spans for way in (lonlat[first : last + 1], lonlat[[first, last]])]
    prices = _prices(stretch, laid, ways).reshape(-1, 2)
    kept = np.ones(len(lonlat), bool)
    for (first, last), (run_usd, leg_usd) in zip(spans, prices, strict=True):
        saved_usd = (last - first - 1) * stretch.alter_course_usd
        trial = kept.copy()
        trial[first + 1 : last] = False
        dearer = not leg_usd <= run_usd + saved_usd or not np.isfinite(leg_usd)
        if not dearer and _turns_no_more(lonlat, kept, trial, stretch):
            kept = trial
    return lonlat[kept]


def _turns_no_more(
    lonlat: NDArray[np.float64], kept: NDArray[np.bool_], trial: NDArray[np.bool_], stretch: Stretch
) -> bool:
    limit_deg = stretch.rules.ploughed_deg
    before, after = (np.abs(Route(lonlat[each]).turns_deg).max(initial=0.0) for each in (kept, trial))
    return bool(after <= max(before, limit_deg) + _SAME_DEG)


def _prices(stretch: Stretch, laid: Laid, ways: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Price of geodesic polylines: over surveys inside the stretch, over the routing grid outside it."""
    track, priced = stretch.track, stretch.sea.priced
    cuts = [track.cut(priced.follow(way)[0], (stretch.start, *laid.stops)) for way in ways]
    prices = np.zeros(len(ways))
    for number in (0, len(laid.stops) + 1):
        prices += [_usd(cut[number], priced) for cut in cuts]
    for number, ground in enumerate(stretch.grounds(laid.stops), start=1):
        prices += [_usd(cut[number], ground.priced) for cut in cuts]
    return prices


def _usd(xy: NDArray[np.float64], priced: PricedGrid) -> float:
    """Price of a line, map metres; 0 of a single place."""
    return priced.kernel.price(priced.surface.grid.to_rowcol(xy)) if len(xy) > 1 else 0.0
