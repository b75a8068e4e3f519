"""A comparison of two runs in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing.delta.amounts import distance_text, signed_usd
from routing.delta.effectwording import cause_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from routing.delta.records import Delta, Figure, LinkDelta, Move, OptionDelta, RunName, Setting

__all__ = ["delta_lines", "figure_text", "move_text", "run_text", "setting_text", "summary_sentence"]

#: Digits after the point by unit.
_DIGITS = {"km": 3, "m": 1, "a year": 5, "%": 3, "USD": 0, "": 0}
_LONGEST_VALUE = 60
#: Rows of settings that a reader wants to see.
_SETTINGS_SHOWN = 20
_NOWHERE = "nowhere more than the tolerance"


def summary_sentence(delta: Delta) -> str:
    """The comparison in a sentence or two: what an executive reads."""
    if not delta.changed:
        return "Nothing moved: every route, cost and figure is the same in both runs."
    parts = [_counts(delta), _farthest(delta), _best(delta)]
    return " ".join(part for part in parts if part)


def delta_lines(delta: Delta) -> list[str]:
    """The comparison as lines of text: what moved, by how much, what it costs, and what is the same."""
    lines = [
        f"before: {run_text(delta.old)}",
        f"after:  {run_text(delta.new)}",
        summary_sentence(delta),
        *(f"note: {note}" for note in delta.notes),
    ]
    if delta.changed:
        lines.append(f"moved means more than {delta.tolerance_m:g} m from the other route; KP in km along the new one")
    for option in delta.options:
        if option.changed:
            lines += ["", *_option_lines(option)]
    same = [option.name for option in delta.options if not option.changed]
    if same and delta.changed:
        lines += ["", f"the same to the last figure: {'; '.join(same)}"]
    causes = ["", *cause_lines(delta.causes)] if delta.causes else []
    unaffected = ["", *delta.unaffected.lines()] if delta.unaffected else []
    return [*lines, *causes, *unaffected, *_made_of(delta)]


def run_text(name: RunName, *, has_title: bool = True) -> str:
    """Which run it is, in words, with or without the title of its project."""
    title = f"{name.title}, " if has_title else ""
    return f"{title}revision {name.revision} of {name.date}, run {name.run_key[:8]}"


def setting_text(setting: Setting) -> str:
    """A setting that differs, in words.

    Examples
    --------
    >>> from routing.delta.records import Setting
    >>> setting_text(Setting("routing.gap_pct", 0.5, 1.0))
    'routing.gap_pct: 0.5 before, 1.0 after'
    """
    if setting.old is None and _is_table(setting.new):
        return f"{setting.key}: new"
    if setting.new is None and _is_table(setting.old):
        return f"{setting.key}: no longer there"
    return f"{setting.key}: {_value(setting.old)} before, {_value(setting.new)} after"


def figure_text(figure: Figure) -> str:
    """A figure of both runs, in words.

    Examples
    --------
    >>> from routing.delta.records import Figure
    >>> figure_text(Figure("route", "km", 365.091, 368.2, 3.109))
    'route 365.091 -> 368.200 km (+3.109)'
    """
    digits = _DIGITS.get(figure.unit, 3)
    old, new = (_number(value, digits) for value in (figure.old, figure.new))
    unit = f" {figure.unit}" if figure.unit else ""
    change = "" if figure.difference is None else f" ({figure.difference:+,.{digits}f})"
    return f"{figure.name} {old} -> {new}{unit}{change}"


def _counts(delta: Delta) -> str:
    kept = [option for option in delta.options if option.status == "kept"]
    parts = [f"{sum(option.changed for option in kept)} of {len(kept)} options changed"] if kept else []
    parts += [
        f"{count} {words}"
        for status, words in (("added", "new"), ("removed", "no longer there"))
        if (count := sum(option.status == status for option in delta.options))
    ]
    return f"{', '.join(parts)}."


def _farthest(delta: Delta) -> str:
    moves = [
        (move.greatest_m, option, link, move)
        for option in delta.options
        for link in option.links
        for move in link.moves
    ]
    if not moves:
        return f"No route moved by more than {delta.tolerance_m:g} m."
    metres, option, link, move = max(moves, key=lambda each: each[0])
    return (
        f"The farthest move is {distance_text(metres)} to {move.side}, {link.name} of {option.name}, "
        f"KP {move.from_km:.1f} to {move.to_km:.1f}."
    )


def _best(delta: Delta) -> str:
    """What became of the cheapest option."""
    before = next((each for each in delta.options if each.figure("rank").old == 1), None)
    after = next((each for each in delta.options if each.figure("rank").new == 1), None)
    if before is None or after is None:
        return ""
    old, new = before.figure("total cost").old, after.figure("total cost").new
    if old is None or new is None:
        return ""
    who = f"The cheapest option is {after.name} now, before it was {before.name}" if before is not after else (
        f"The cheapest option is still {after.name}"
    )  # fmt: skip
    if new == old:
        return f"{who}, at the same cost."
    share = f", {100.0 * (new / old - 1.0):+.1f} %" if old else ""
    return f"{who}: USD {old / 1e6:.2f} million before, {new / 1e6:.2f} million after ({signed_usd(new - old)}{share})."


def _option_lines(option: OptionDelta) -> Iterator[str]:
    yield f"{option.name} ({option.id}){_STATUS[option.status]}"
    if option.reason:
        yield f"  why: {option.reason}"
    if option.status != "kept":
        yield from (f"  {_one_sided(each)}" for each in option.figures if each.name == "total cost")
        return
    yield from (f"  {figure_text(each)}" for each in option.figures if not each.is_same)
    items = [f"{each.name} {signed_usd(each.difference or 0.0)}" for each in option.items if not each.is_same]
    if items:
        yield f"  cost by item: {', '.join(items)}"
    for junction in option.junctions:
        if junction.status != "kept":
            yield f"  branching unit {junction.new_name or junction.old_name}{_STATUS[junction.status]}"
        elif junction.moved_m:
            yield f"  branching unit {junction.new_name} moved {distance_text(junction.moved_m)}"
    for link in option.links:
        yield from (f"  {line}" for line in _link_lines(link))


def _link_lines(link: LinkDelta) -> Iterator[str]:
    if link.status != "kept":
        yield f"{link.name}{_STATUS[link.status]}"
        return
    if not link.changed:
        yield f"{link.name}: the same route, built the same, at the same cost"
        return
    yield f"{link.name}: {_where(link)}"
    if link.is_relanded:
        yield f"  was {link.old_name}"
    yield from (f"  {move_text(move)}" for move in link.moves)
    yield from (f"  KP {each.from_km:.3f} to {each.to_km:.3f}: {each.old} -> {each.new}" for each in link.built)
    yield from (f"  {figure_text(each)}" for each in link.figures if not each.is_same)
    items = [f"{each.name} {signed_usd(each.difference or 0.0)}" for each in link.items if not each.is_same]
    if items:
        yield f"  cost by item: {', '.join(items)}"
    for words, names in (("crosses now", link.crossings_gained), ("no longer crosses", link.crossings_lost)):
        if names:
            yield f"  {words}: {', '.join(names)}"


def _where(link: LinkDelta) -> str:
    if link.is_identical:
        return "the route is the same to the millimetre"
    if not link.moves:
        return f"moved {_NOWHERE}, at most {distance_text(link.greatest_m or 0.0)}"
    return f"moved by up to {distance_text(link.greatest_m or 0.0)}"


def move_text(move: Move) -> str:
    """A stretch that moved, in words."""
    return (
        f"KP {move.from_km:.3f} to {move.to_km:.3f}: up to {distance_text(move.greatest_m)} to {move.side}, "
        f"mean {distance_text(move.mean_m)} (before: KP {move.old_from_km:.3f} to {move.old_to_km:.3f})"
    )


def _made_of(delta: Delta) -> Iterator[str]:
    """What the runs were made of, where it differs."""
    for title, settings in (("inputs", delta.inputs), ("parameters", delta.parameters), ("versions", delta.versions)):
        if settings:
            yield from ("", f"{title} that differ:")
            yield from (f"  {setting_text(each)}" for each in settings[:_SETTINGS_SHOWN])
            if len(settings) > _SETTINGS_SHOWN:
                yield f"  and {len(settings) - _SETTINGS_SHOWN} more in the JSON file"
    if not (delta.inputs or delta.parameters or delta.versions):
        yield from ("", "inputs, parameters and versions are the same")


_STATUS = {"kept": "", "added": ": new", "removed": ": no longer there"}


def _one_sided(figure: Figure) -> str:
    value = figure.old if figure.new is None else figure.new
    return f"{figure.name} USD {_number(value, 0)}"


def _is_table(value: object) -> bool:
    return isinstance(value, dict) and "sha256" not in value


def _value(value: Any) -> str:  # noqa: ANN401  (anything JSON can hold)
    if value is None:
        return "not set"
    if isinstance(value, dict) and {"file", "sha256"} <= set(value):
        return f"{value['file']} ({str(value['sha256'])[:8]})"
    text = str(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."


def _number(value: float | None, digits: int) -> str:
    return "none" if value is None else f"{value:,.{digits}f}"
