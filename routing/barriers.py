"""Soft barriers: exclusions that are given up, in order, when nothing else is feasible."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from routing.errors import InfeasibleError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from routing.planning import OptionPlan

__all__ = ["plan_with_barriers"]


def plan_with_barriers(attempt: Callable[[frozenset[str]], OptionPlan], importance: Mapping[str, int]) -> OptionPlan:
    """The plan that gives up as few and as unimportant barriers as it can.

    Parameters
    ----------
    attempt
        Plans without the barriers named.
    importance
        Importance of each barrier, by name; the least important goes first.

    Raises
    ------
    InfeasibleError
        When not even giving up all of them is enough; it is the error of that attempt.

    Notes
    -----
    Barriers of one importance are given up together until a plan exists; then each
    is put back, the most important first, unless the plan needs it gone. What
    remains given up is needed: no single one of them can be put back.
    """
    ranked = sorted(importance, key=lambda name: (importance[name], name))
    given_up: list[str] = []
    for level in (0, *sorted(set(importance.values()))):
        given_up = [name for name in ranked if importance[name] <= level]
        try:
            plan = attempt(frozenset(given_up))
            break
        except InfeasibleError:
            if len(given_up) == len(ranked):
                raise
    for name in given_up[::-1]:
        rest = [each for each in given_up if each != name]
        try:
            plan, given_up = attempt(frozenset(rest)), rest
        except InfeasibleError:
            continue  # this one is needed
    return replace(plan, given_up=tuple(given_up))
