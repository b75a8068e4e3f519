"""Which change did what: each change of the inputs and settings alone, and all of them together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from routing.delta.reading import RunRecord

if TYPE_CHECKING:
    from routing.delta.records import Delta, LinkDelta, OptionDelta, Status

__all__ = ["Cause", "Causes", "Effect", "FindCauses", "Held", "effects_of"]


@dataclass(frozen=True)
class Effect:
    """What a change does to one option.

    Attributes
    ----------
    option, name
        Which option.
    status
        ``"added"`` when it has an answer only with the change, ``"removed"`` when only without.
    reason
        Why it has none where it has none.
    total_usd, route_km
        How much dearer and longer it gets; None unless both sides have an answer.
    greatest_m
        Farthest that a route of it lies from where it lay; None where no link is on both sides.
    changed
        Whether anything of it differs.
    """

    option: str
    name: str
    status: Status
    reason: str | None
    total_usd: float | None
    route_km: float | None
    greatest_m: float | None
    changed: bool


@dataclass(frozen=True)
class Cause:
    """One change, made alone.

    Attributes
    ----------
    key
        What changed: ``"layer[Fields]"``, ``"bathymetry"``, ``"survey[North]/2026-02.tif"``, ``"routing.gap_pct"``.
    effects
        What it does to each option.
    problem
        Why the project cannot be planned with it alone; None when it can.
    """

    key: str
    effects: tuple[Effect, ...]
    problem: str | None = None


@dataclass(frozen=True)
class Held:
    """A change that cannot be taken back, and so is there in every plan; `reason` says why."""

    key: str
    reason: str


@dataclass(frozen=True)
class Causes:
    """What each change between two runs does alone, and all of them together.

    Attributes
    ----------
    held
        Changes that cannot be told apart: all that follows is counted with them in place.
    at_once
        What those do together, from the earlier run; empty when there are none.
    alone
        Each of the others, in the order of the stages that need it.
    together
        All of the others at once.
    problem
        Why nothing can be told of them; None when it can.
    """

    held: tuple[Held, ...] = ()
    at_once: tuple[Effect, ...] = ()
    alone: tuple[Cause, ...] = ()
    together: tuple[Effect, ...] = ()
    problem: str | None = None

    @property
    def only_together_usd(self) -> dict[str, float | None]:
        """By option, what only the combination does to its total; None where one of the changes is not known."""
        return {effect.option: self._beyond_usd(effect) for effect in self.together}

    def _beyond_usd(self, together: Effect) -> float | None:
        alone = [each.total_usd for cause in self.alone for each in cause.effects if each.option == together.option]
        known = [usd for usd in alone if usd is not None]
        if together.total_usd is None or len(known) < len(self.alone):
            return None
        return round(together.total_usd - sum(known), 2)


#: Tells what each change between two runs does alone.
FindCauses = Callable[[RunRecord, RunRecord], Causes]


def effects_of(delta: Delta) -> tuple[Effect, ...]:
    """A comparison of two plans, as what it means for each option."""
    return tuple(_effect(option) for option in delta.options)


def _effect(option: OptionDelta) -> Effect:
    is_kept = option.status == "kept"
    apart = [link.greatest_m for link in option.links if link.greatest_m is not None]
    return Effect(
        option=option.id,
        name=option.name,
        status=option.status,
        reason=option.reason,
        total_usd=option.figure("total cost").difference if is_kept else None,
        route_km=round(sum(map(_longer_km, option.links)), 3) if is_kept else None,
        greatest_m=max(apart) if apart else None,
        changed=option.changed,
    )


def _longer_km(link: LinkDelta) -> float:
    """How much route a link adds; one that is new or gone counts with all of it."""
    route = next(figure for figure in link.figures if figure.name == "route")
    return (route.new or 0.0) - (route.old or 0.0)
