"""What each change does alone, and all of them together."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from routing.causes.sides import sides_of
from routing.delta import Cause, Causes, Held, compare_records, differing, effects_of
from routing.errors import RoutingError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from routing.causes.sides import Change, Sides
    from routing.delta import RunRecord
    from routing.project import Project

__all__ = ["attribute"]

_log = logging.getLogger(__name__)


def attribute(  # noqa: PLR0913
    old: RunRecord,
    new: RunRecord,
    *,
    project: Project,
    folder: Path,
    fields: Collection[str],
    plan: Callable[[Project], RunRecord],
) -> Causes:
    """Tell what each change between two runs does alone.

    The earlier project is planned again with one change at a time. What cannot be taken back (a file that is gone,
    another version of the program) is in all of those plans, and the earlier project with that alone is planned too.

    Parameters
    ----------
    old, new
        The runs.
    project
        The project of the new one.
    folder
        The run's folder, which may keep copies of inputs.
    fields
        Keys of a project that a plan depends on.
    plan
        Plans a project.
    """
    try:
        sides = sides_of(old, new, project=project, folder=folder, fields=fields)
        reasons = {change: sides.gone(change) for change in sides.changes()}
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        return Causes(problem=f"the earlier manifest does not say what it was made of ({error!r:.200})")
    held = (*_versions(old, new), *(Held(change.label, reason) for change, reason in reasons.items() if reason))
    free = tuple(change for change, reason in reasons.items() if not reason)
    return _Plans(sides, old, new, held, free, plan).causes()


@dataclass(frozen=True)
class _Plans:
    """What is planned to tell changes apart: `free` ones can be taken back, `held` ones cannot."""

    sides: Sides
    old: RunRecord
    new: RunRecord
    held: tuple[Held, ...]
    free: tuple[Change, ...]
    plan: Callable[[Project], RunRecord]

    def causes(self) -> Causes:
        """What each change does."""
        try:
            reference = self.reference()
        except RoutingError as error:
            return Causes(self.held, problem=f"the earlier project cannot be planned again: {error}")
        return Causes(
            held=self.held,
            at_once=effects_of(compare_records(self.old, reference)) if self.held else (),
            alone=tuple(self.cause(change, reference) for change in self.free),
            together=effects_of(compare_records(reference, self.new)) if self.free else (),
        )

    def reference(self) -> RunRecord:
        """The earlier run, or what it would be with all that cannot be taken back."""
        if not self.held:
            return self.old
        return self.plan(self.sides.between(self.free)) if self.free else self.new

    def cause(self, change: Change, reference: RunRecord) -> Cause:
        """What one change does alone."""
        others = [each for each in self.free if each != change]
        _log.info("cause %d of %d: %s", self.free.index(change) + 1, len(self.free), change.label)
        try:
            made = self.plan(self.sides.between(others)) if others else self.new
            return Cause(change.label, effects_of(compare_records(reference, made)))
        except RoutingError as error:
            return Cause(change.label, (), str(error))


def _versions(old: RunRecord, new: RunRecord) -> tuple[Held, ...]:
    """What of the program is another one."""
    names = [setting.key for setting in differing(old.versions, new.versions)]
    return (Held("versions", f"the run before was made by another version ({', '.join(names)})"),) if names else ()
