"""The comparison of two runs."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from routing import geodesy
from routing.delta.building import built_otherwise
from routing.delta.matching import match_junctions, match_links
from routing.delta.moving import beside, is_identical, moved
from routing.delta.reading import read_record
from routing.delta.records import Delta, Figure, JunctionDelta, LinkDelta, OptionDelta
from routing.delta.settings import differing, differing_tables
from routing.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from routing.delta.reading import Figures, JunctionRecord, LinkRecord, OptionRecord, RunRecord
    from routing.delta.records import BuiltChange, Move, Status
    from routing.export import RunFiles

__all__ = ["compare", "compare_records"]

_Record = TypeVar("_Record")

#: Stretches built otherwise that are listed of routes that differ, and of routes that do not: KP is kept to the metre.
_SHORTEST_BUILT_KM, _SAME_KP_KM = 0.1, 0.001


def compare(old: RunFiles, new: RunFiles, *, tolerance_m: float | None = None) -> Delta:
    """What differs between two runs.

    Parameters
    ----------
    old, new
        Finished runs.
    tolerance_m
        How far a route must leave the old one to count as moved; one cell of the finer grid unless given.

    Returns
    -------
    delta
        Options matched by id, their links by what they join.

    Raises
    ------
    InputError
        When a run does not say what a comparison needs, their money is of different currencies, or the tolerance is not
        positive.
    """
    return compare_records(read_record(old), read_record(new), tolerance_m=tolerance_m)


def compare_records(old: RunRecord, new: RunRecord, *, tolerance_m: float | None = None) -> Delta:
    """As :func:`compare`, of runs that are read."""
    if old.currency != new.currency:
        raise InputError(
            f"one run counts in {old.currency}, the other in {new.currency}", remedy="compare runs of one currency"
        )
    if tolerance_m is not None and not (math.isfinite(tolerance_m) and tolerance_m > 0.0):
        raise InputError(f"the tolerance is {tolerance_m:g} m", remedy="give metres above 0")
    tolerance = tolerance_m or min(old.resolution_m, new.resolution_m)
    before = {option.id: option for option in old.options}
    after = {option.id for option in new.options}
    pairs: list[tuple[OptionRecord | None, OptionRecord | None, str | None]] = [
        (before.get(each.id), each, old.infeasible.get(each.id)) for each in new.options
    ]
    pairs += [(each, None, new.infeasible.get(each.id)) for each in old.options if each.id not in after]
    return Delta(
        old=old.name,
        new=new.name,
        tolerance_m=tolerance,
        notes=_notes(old, new),
        inputs=differing(old.inputs, new.inputs),
        parameters=differing_tables(old.parameters, new.parameters),
        versions=differing(old.versions, new.versions),
        options=tuple(_option(*pair, tolerance_m=tolerance) for pair in pairs),
    )


def _notes(old: RunRecord, new: RunRecord) -> tuple[str, ...]:
    """What makes a comparison doubtful."""
    pairs = (
        ("projects", old.name.project, new.name.project),
        ("coordinate reference systems", old.crs, new.crs),
        ("price years", str(old.price_year), str(new.price_year)),
        ("grids", f"{old.resolution_m:g} m", f"{new.resolution_m:g} m"),
    )
    return tuple(f"the runs are of two {what}: {a} before, {b} after" for what, a, b in pairs if a != b)


def _option(
    old: OptionRecord | None, new: OptionRecord | None, reason: str | None, *, tolerance_m: float
) -> OptionDelta:
    junctions = match_junctions(old.junctions if old else (), new.junctions if new else ())
    links = match_links(old.links if old else (), new.links if new else (), junctions)
    status = _status(old, new)
    return OptionDelta(
        id=_either(new, old).id,
        name=_either(new, old).name,
        status=status,
        reason=None if status == "kept" else reason,
        figures=_figures(old.figures if old else {}, new.figures if new else {}),
        items=_items(old.items if old else {}, new.items if new else {}),
        links=tuple(_link(*pair, tolerance_m=tolerance_m) for pair in links),
        junctions=tuple(_junction(*pair) for pair in junctions),
    )


def _link(old: LinkRecord | None, new: LinkRecord | None, *, tolerance_m: float) -> LinkDelta:
    before, after = Counter(old.crossings if old else ()), Counter(new.crossings if new else ())
    apart = _apart(old, new, tolerance_m) if old and new else _Apart(None, (), ())
    return LinkDelta(
        status=_status(old, new),
        old_id=old.id if old else None,
        new_id=new.id if new else None,
        old_name=old.name if old else None,
        new_name=new.name if new else None,
        is_relanded=bool(old and new and _is_relanded(old, new)),
        is_identical=bool(old and new and is_identical(new.line, old.line)),
        greatest_m=apart.greatest_m,
        moves=apart.moves,
        built=apart.built,
        figures=_figures(old.figures if old else {}, new.figures if new else {}),
        items=_items(old.items if old else {}, new.items if new else {}),
        crossings_gained=tuple(sorted((after - before).elements())),
        crossings_lost=tuple(sorted((before - after).elements())),
    )


def _status(old: object | None, new: object | None) -> Status:
    return "added" if old is None else "removed" if new is None else "kept"


def _either(new: _Record | None, old: _Record | None) -> _Record:
    """The new one, or the old one of what is gone; there is always one of them."""
    return next(each for each in (new, old) if each is not None)


def _is_relanded(old: LinkRecord, new: LinkRecord) -> bool:
    """Whether an end that is a landing in both is not the same landing."""
    ends = zip(old.groups, new.groups, old.ends, new.ends, strict=True)
    return any(before and after and a != b for before, after, a, b in ends)


class _Apart(NamedTuple):
    """How far two routes lie from each other, where, and where they are built otherwise."""

    greatest_m: float | None
    moves: tuple[Move, ...]
    built: tuple[BuiltChange, ...]


def _apart(old: LinkRecord, new: LinkRecord, tolerance_m: float) -> _Apart:
    identical = is_identical(new.line, old.line)
    if identical and new.sections == old.sections:
        # As after most reruns: nothing to look for, and looking takes tenths of a second a link.
        return _Apart(0.0, (), ())
    seen = beside(new.line, old.line, tolerance_m=tolerance_m)
    seen_from_old = beside(old.line, new.line, tolerance_m=tolerance_m)
    shortest_km = _SAME_KP_KM if identical else min(_SHORTEST_BUILT_KM, tolerance_m / 1000.0)
    built = built_otherwise(new.sections, old.sections, seen=seen, seen_from_old=seen_from_old, shortest_km=shortest_km)
    if identical:
        return _Apart(0.0, (), built)
    moves = moved(seen, seen_from_old, tolerance_m=tolerance_m)
    if old.is_turned:
        length_km = float(seen_from_old.marks_m[-1]) / 1000.0
        moves = tuple(
            replace(
                move,
                old_from_km=round(length_km - move.old_from_km, 3),
                old_to_km=round(length_km - move.old_to_km, 3),
            )
            for move in moves
        )
    greatest = max(float(seen.apart_m.max()), float(seen_from_old.apart_m.max()))
    return _Apart(round(greatest, 1), moves, built)


def _junction(old: JunctionRecord | None, new: JunctionRecord | None) -> JunctionDelta:
    moved_m = float(geodesy.inverse([old.place], [new.place])[2][0]) if old and new else None
    return JunctionDelta(
        status=_status(old, new),
        old_name=old.name if old else None,
        new_name=new.name if new else None,
        moved_m=None if moved_m is None else round(moved_m, 1),
        old_depth_m=old.depth_m if old else None,
        new_depth_m=new.depth_m if new else None,
    )


def _figures(old: Figures, new: Figures) -> tuple[Figure, ...]:
    """Numbers of both, in the order of the new ones, then those that only the old has."""
    return tuple(
        _figure(name, unit, old.get((name, unit)), new.get((name, unit))) for name, unit in dict.fromkeys([*new, *old])
    )


def _items(old: Mapping[str, float], new: Mapping[str, float]) -> tuple[Figure, ...]:
    """Cost by item; what one of two runs does not have costs nothing there, so that the differences add up."""
    none = 0.0 if old and new else None
    names = dict.fromkeys([*new, *old])
    return tuple(_figure(name, "USD", old.get(name, none), new.get(name, none)) for name in names)


def _figure(name: str, unit: str, old: float | None, new: float | None) -> Figure:
    difference = None if old is None or new is None else round(new - old, 2 if unit == "USD" else 9)
    return Figure(name, unit, old, new, difference)
