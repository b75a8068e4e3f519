"""The map of the new run with the old one under it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from routing import geodesy
from routing.cost import ITEMS
from routing.delta.effectwording import cause_notes, cause_rows
from routing.delta.moving import cut
from routing.delta.wording import run_text, setting_text, summary_sentence
from routing.errors import InputError
from routing.presentation import item_label
from routing.webmap import read_page, render_page

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from routing.delta.effects import Causes
    from routing.delta.reading import RunRecord
    from routing.delta.records import Delta, Figure, LinkDelta, Move, OptionDelta

__all__ = ["changes_map"]

#: Settings that the page lists; the rest stand in the JSON file.
_SETTINGS_SHOWN = 12


def changes_map(delta: Delta, old: RunRecord, new: RunRecord, *, page: Path) -> str:
    """The page of the new run, with what changed.

    Parameters
    ----------
    delta
        The comparison.
    old, new
        The runs, for their routes.
    page
        ``map.html`` of the new run.

    Raises
    ------
    InputError
        When the page is no map of this program.
    """
    shown = read_page(page)
    try:
        centre_lon = 0.5 * (float(shown["extent"][1]) + float(shown["extent"][3]))
        shown |= {
            "title": f"{shown['title']}: before and after",
            "subtitle": _subtitle(delta),
            "headline": summary_sentence(delta),
            "changes": _changes(delta, old, new, centre_lon=centre_lon),
        }
        return render_page(shown)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise InputError("is no map of this version", remedy="run the project again", file=page) from error


def _subtitle(delta: Delta) -> str:
    has_titles = delta.old.title != delta.new.title
    before, after = (run_text(name, has_title=has_titles) for name in (delta.old, delta.new))
    return f"Before: {before}. After: {after}."


def _changes(delta: Delta, old: RunRecord, new: RunRecord, *, centre_lon: float) -> dict[str, Any]:
    before = {link.id: link.line for option in old.options for link in option.links}
    after = {link.id: link.line for option in new.options for link in option.links}
    made_of = [setting_text(each) for each in (*delta.inputs, *delta.parameters, *delta.versions)]
    return {
        "toleranceM": delta.tolerance_m,
        "notes": [*delta.notes, *(delta.unaffected.lines() if delta.unaffected else ())],
        "madeOf": made_of[:_SETTINGS_SHOWN],
        "moreMadeOf": max(0, len(made_of) - _SETTINGS_SHOWN),
        "causeNotes": cause_notes(delta.causes) if delta.causes else [],
        "options": [
            _option(each, before, after, centre_lon=centre_lon) | {"causes": _causes(delta.causes, each.id)}
            for each in delta.options
        ],
    }


def _causes(causes: Causes | None, option: str) -> list[list[Any]]:
    """Label, money, length, distance and remark of what each change did to an option."""
    rows = cause_rows(causes, option) if causes else []
    return [[row.label, row.total_usd, row.route_km, row.greatest_m, row.remark] for row in rows]


def _option(
    option: OptionDelta,
    before: Mapping[str, NDArray[np.float64]],
    after: Mapping[str, NDArray[np.float64]],
    *,
    centre_lon: float,
) -> dict[str, Any]:
    total = option.figure("total cost")
    return {
        "id": option.id,
        "name": option.name,
        "status": option.status,
        "reason": option.reason or "",
        "changed": option.changed,
        "total": [total.old, total.new, total.difference],
        "figures": _figures(option.figures),
        "items": _items(option.items),
        "links": [_link(each, before, after, centre_lon=centre_lon) for each in option.links],
    }


def _link(
    link: LinkDelta,
    before: Mapping[str, NDArray[np.float64]],
    after: Mapping[str, NDArray[np.float64]],
    *,
    centre_lon: float,
) -> dict[str, Any]:
    old = before.get(link.old_id or "")
    new = after.get(link.new_id or "")
    moves = [] if old is None or new is None else [_move(move, old, new, centre_lon=centre_lon) for move in link.moves]
    return {
        "id": link.new_id,
        "name": link.name,
        "oldName": link.old_name,
        "status": link.status,
        "changed": link.changed,
        "identical": link.is_identical,
        "relanded": link.is_relanded,
        "mostM": link.greatest_m,
        "before": [] if old is None else _line(old, centre_lon),
        "moves": moves,
        "built": [[each.from_km, each.to_km, each.old, each.new] for each in link.built],
        "figures": _figures(link.figures),
        "items": _items(link.items),
        "crossings": [list(link.crossings_gained), list(link.crossings_lost)],
    }


def _figures(figures: tuple[Figure, ...]) -> list[list[Any]]:
    """Name, unit, old, new and difference of those that differ."""
    return [[each.name, each.unit, each.old, each.new, each.difference] for each in figures if not each.is_same]


def _items(items: tuple[Figure, ...]) -> list[list[Any]]:
    """The same of items of cost, by the labels that the map gives them."""
    return [[_item_label(name), *rest] for name, *rest in _figures(items)]


def _item_label(name: str) -> str:
    item = name.removeprefix("fixed: ")
    label = item_label(item, is_fixed=item != name)
    # The map of one run adds up both parts of an item of one label; here each stands for itself.
    is_part = item != name and item in ITEMS and label == item_label(item)
    return f"{label}, fixed part" if is_part else label


def _move(move: Move, old: NDArray[np.float64], new: NDArray[np.float64], *, centre_lon: float) -> dict[str, Any]:
    replaced = sorted((move.old_from_km, move.old_to_km))
    return {
        "from": move.from_km,
        "to": move.to_km,
        "oldFrom": move.old_from_km,
        "oldTo": move.old_to_km,
        "mostM": move.greatest_m,
        "meanM": move.mean_m,
        "side": move.side,
        "line": _line(cut(new, 1000.0 * move.from_km, 1000.0 * move.to_km), centre_lon),
        "beforeLine": _line(cut(old, 1000.0 * replaced[0], 1000.0 * replaced[1]), centre_lon),
    }


def _line(line: NDArray[np.float64], centre_lon: float) -> list[list[float]]:
    """A line to draw, in one piece, moved by whole turns to where the map is."""
    return [[round(lon, 6), round(lat, 6)] for lon, lat in geodesy.unwrap_near(line, centre_lon).tolist()]
