"""What each change did alone, as rows and sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from routing.delta.amounts import distance_text, signed_usd
from routing.delta.effects import Causes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from routing.delta.effects import Effect

__all__ = ["CauseRow", "cause_lines", "cause_notes", "cause_rows"]


@dataclass(frozen=True)
class CauseRow:
    """What a change, or several of them, did to an option; what is not known or not meant is None.

    Attributes
    ----------
    label
        Which changes.
    total_usd, route_km, greatest_m
        As in :class:`routing.delta.effects.Effect`.
    remark
        What figures do not say; empty when they say all.
    """

    label: str
    total_usd: float | None = None
    route_km: float | None = None
    greatest_m: float | None = None
    remark: str = ""

    @property
    def text(self) -> str:
        """The row in words.

        Examples
        --------
        >>> CauseRow("layer[Fields] alone", 2_500_000.0, 3.109, 2100.0).text
        'layer[Fields] alone: USD +2.50 million, route +3.109 km, moved by up to 2.1 km'
        """
        parts = [] if self.total_usd is None else [f"USD {signed_usd(self.total_usd)}"]
        parts += [f"route {self.route_km:+.3f} km"] if self.route_km else []
        parts += [f"moved by up to {distance_text(self.greatest_m)}"] if self.greatest_m else []
        parts += [self.remark] if self.remark else []
        return f"{self.label}: {', '.join(parts) or 'not known'}"


def cause_lines(causes: Causes) -> Iterator[str]:
    """What each change did, option by option, and what cannot be told."""
    if causes == Causes():
        yield "what caused it: nothing that a plan depends on changed"
        return
    yield "what caused it, each change planned alone:"
    for option, name in _options(causes).items():
        yield f"  {name} ({option})"
        yield from (f"    {row.text}" for row in cause_rows(causes, option))
    yield from (f"  {note}" for note in cause_notes(causes))


def cause_rows(causes: Causes, option: str) -> list[CauseRow]:
    """What each change that did anything to an option did, then all of them, and what only all of them do."""
    at_once = [_row("what cannot be told apart, at once", each) for each in _of(causes.at_once, option)]
    alone = [(cause.key, each) for cause in causes.alone for each in _of(cause.effects, option)]
    rows = [_row(f"{key} alone", each) for key, each in alone if each.changed]
    if len(rows) > 1:
        usd, km = ([row.total_usd for row in rows], [row.route_km for row in rows])
        rows.append(CauseRow("sum of these", _sum(usd), _sum(km)))
    together = [_row("together", each) for each in _of(causes.together, option)]
    beyond = causes.only_together_usd.get(option)
    only = [CauseRow("of that, by the combination only", beyond)] if beyond else []
    return [*at_once, *rows, *together, *only]


def cause_notes(causes: Causes) -> list[str]:
    """What the rows leave out: changes without any effect, those that cannot be planned, and those that are held."""
    planned = [cause for cause in causes.alone if not cause.problem]
    idle = [cause.key for cause in planned if not any(each.changed for each in cause.effects)]
    notes = [f"without any effect alone: {', '.join(idle)}"] if idle else []
    notes += [f"{cause.key} cannot be planned alone: {cause.problem}" for cause in causes.alone if cause.problem]
    notes += [f"{each.key} cannot be told apart, and is there in every plan: {each.reason}" for each in causes.held]
    return [*notes, *([f"causes cannot be told: {causes.problem}"] if causes.problem else [])]


def _options(causes: Causes) -> dict[str, str]:
    """Names of the options that anything was planned of, by id."""
    effects = [*causes.together, *causes.at_once, *(each for cause in causes.alone for each in cause.effects)]
    return {effect.option: effect.name for effect in effects}


def _of(effects: tuple[Effect, ...], option: str) -> list[Effect]:
    return [effect for effect in effects if effect.option == option]


def _sum(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(sum(known), 3) if len(known) == len(values) else None


def _row(label: str, effect: Effect) -> CauseRow:
    if effect.status == "kept":
        if not effect.changed:
            return CauseRow(label, remark="changes nothing")
        return CauseRow(label, effect.total_usd, effect.route_km, effect.greatest_m)
    word = "there is an answer with it" if effect.status == "added" else "there is no answer with it"
    return CauseRow(label, remark=f"{word} ({effect.reason})" if effect.reason else word)
