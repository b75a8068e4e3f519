"""Where a route is built otherwise than another at the nearest place."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from routing.delta.records import BuiltChange

if TYPE_CHECKING:
    from collections.abc import Sequence

    from routing.delta.moving import Beside
    from routing.delta.reading import SectionRecord

__all__ = ["built_otherwise"]


def built_otherwise(
    new: Sequence[SectionRecord],
    old: Sequence[SectionRecord],
    *,
    seen: Beside,
    seen_from_old: Beside,
    shortest_km: float,
) -> tuple[BuiltChange, ...]:
    """Stretches of the new route where cable type, protection or depth of burial differ.

    Parameters
    ----------
    new, old
        Sections of both routes, KP rising.
    seen
        The new route with the old one beside it: which old place a new one is held against.
    seen_from_old
        The old route with the new one beside it: where on the new route a section of the old one ends.
    shortest_km
        Shorter stretches are left out: they come from the different lengths of two routes, not from what is built.
    """
    if not new or not old:
        return ()
    limits = [each.to_km for each in new[:-1]]
    limits += [_beside_km(seen_from_old, each.to_km) for each in old[:-1]]
    ends = [new[0].from_km, *sorted(limits), new[-1].to_km]
    found: list[BuiltChange] = []
    for start, end in pairwise(ends):
        middle = 0.5 * (start + end)
        ours, theirs = _built(new, middle), _built(old, _beside_km(seen, middle))
        if end - start < shortest_km or ours == theirs:
            continue
        last = found[-1] if found else None
        if last and (last.old, last.new) == (theirs, ours) and start - last.to_km < shortest_km:
            found[-1] = BuiltChange(last.from_km, round(end, 3), theirs, ours)
        else:
            found.append(BuiltChange(round(start, 3), round(end, 3), theirs, ours))
    return tuple(found)


def _beside_km(seen: Beside, km: float) -> float:
    return float(np.interp(1000.0 * km, seen.marks_m, seen.beside_m)) / 1000.0


def _built(sections: Sequence[SectionRecord], km: float) -> str:
    return next((each.built for each in sections if km <= each.to_km), sections[-1].built)
