"""What differs between two runs, as plain values."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from routing.delta.effects import Causes
    from routing.unaffected import Account

__all__ = [
    "BuiltChange",
    "Delta",
    "Figure",
    "JunctionDelta",
    "LinkDelta",
    "Move",
    "OptionDelta",
    "RunName",
    "Setting",
    "Status",
]

#: ``"kept"`` is in both runs, ``"added"`` in the new one only, ``"removed"`` in the old one only.
Status = Literal["kept", "added", "removed"]


@dataclass(frozen=True)
class RunName:
    """Which run it is.

    Attributes
    ----------
    project, title, revision, date
        As its project file says.
    run_key
        Hash over all that it was made of.
    """

    project: str
    title: str
    revision: str
    date: str
    run_key: str


@dataclass(frozen=True)
class Setting:
    """An input, parameter or version that differs.

    Attributes
    ----------
    key
        Where it stands: ``"routing.gap_pct"``, ``"layer[Fields].buffer_m"``, ``"bathymetry.path"``.
    old, new
        Its values; of an input the file's name and sha256; None where it is not set.
    """

    key: str
    old: Any
    new: Any


@dataclass(frozen=True)
class Figure:
    """One number of both runs.

    Attributes
    ----------
    name, unit
        Such as ``"route"`` and ``"km"``; no unit for counts.
    old, new
        Its values; None where there is none.
    difference
        New less old; None unless both are known. Of money it is exact to the cent.
    """

    name: str
    unit: str
    old: float | None
    new: float | None
    difference: float | None

    @property
    def is_same(self) -> bool:
        """Whether both runs give the same value."""
        return self.old == self.new


@dataclass(frozen=True)
class Move:
    """A stretch of the new route that lies farther from the old one than the tolerance.

    Attributes
    ----------
    from_km, to_km
        KP of its ends on the new route.
    old_from_km, old_to_km
        KP on the old route of what it replaces; in falling order where the new route runs the other way.
    greatest_m, mean_m
        Distance between the two, from either to the nearest place of the other.
    side
        Where the new route lies from the old, looking along the new one: ``"port"`` or ``"starboard"``.
    """

    from_km: float
    to_km: float
    old_from_km: float
    old_to_km: float
    greatest_m: float
    mean_m: float
    side: str


@dataclass(frozen=True)
class BuiltChange:
    """A stretch of the new route built otherwise than the old one at the nearest place.

    Attributes
    ----------
    from_km, to_km
        KP of its ends on the new route.
    old, new
        Cable type, protection and depth of burial, as ``"SA, plough, 1.0 m"``.
    """

    from_km: float
    to_km: float
    old: str
    new: str


@dataclass(frozen=True)
class LinkDelta:
    """One link of an option in both runs.

    Attributes
    ----------
    status
        Whether both runs have it.
    old_id, new_id
        Its segments; None in the run that lacks it.
    old_name, new_name
        Its ends, such as ``"Nardaran to Aktau"``.
    is_relanded
        Whether it joins the same states at other landings.
    is_identical
        Whether both routes have the same positions to the millimetre.
    greatest_m
        Farthest that either route lies from the other; None for a link of one run.
    moves
        Where that is more than the tolerance.
    built
        Where it is built otherwise.
    figures, items
        Its numbers, and its route-dependent cost by item; items add up to the figure ``"route-dependent cost"``.
    crossings_gained, crossings_lost
        Cables and pipelines that only the new, or only the old route crosses, once for each crossing.
    """

    status: Status
    old_id: str | None
    new_id: str | None
    old_name: str | None
    new_name: str | None
    is_relanded: bool
    is_identical: bool
    greatest_m: float | None
    moves: tuple[Move, ...]
    built: tuple[BuiltChange, ...]
    figures: tuple[Figure, ...]
    items: tuple[Figure, ...]
    crossings_gained: tuple[str, ...]
    crossings_lost: tuple[str, ...]

    @property
    def name(self) -> str:
        """The new name, or the old one of a link that is gone."""
        return self.new_name or self.old_name or ""

    @property
    def changed(self) -> bool:
        """Whether anything of it differs."""
        if self.status != "kept" or not self.is_identical or self.built:
            return True
        return not all(figure.is_same for figure in (*self.figures, *self.items))


@dataclass(frozen=True)
class JunctionDelta:
    """A branching unit of an option in both runs.

    Attributes
    ----------
    status
        Whether both runs have it.
    old_name, new_name
        What each calls it.
    moved_m
        How far it moved; None for one of one run.
    old_depth_m, new_depth_m
        Water depth.
    """

    status: Status
    old_name: str | None
    new_name: str | None
    moved_m: float | None
    old_depth_m: float | None
    new_depth_m: float | None


@dataclass(frozen=True)
class OptionDelta:
    """One option in both runs.

    Attributes
    ----------
    id, name
        Of the new run, or of the old one for an option that is gone.
    status
        Whether both runs have an answer for it.
    reason
        Why the run without it has none, as that run says; None when it was not asked for.
    figures
        Its numbers: rank, total, range, risk.
    items
        Cost by item; the route-dependent ones, then the fixed ones. They add up to ``"total cost"``.
    links, junctions
        Its parts.
    """

    id: str
    name: str
    status: Status
    reason: str | None
    figures: tuple[Figure, ...]
    items: tuple[Figure, ...]
    links: tuple[LinkDelta, ...]
    junctions: tuple[JunctionDelta, ...]

    @property
    def changed(self) -> bool:
        """Whether anything of it differs."""
        if self.status != "kept" or any(link.changed for link in self.links):
            return True
        if any(junction.status != "kept" or junction.moved_m for junction in self.junctions):
            return True
        return not all(figure.is_same for figure in (*self.figures, *self.items))

    def figure(self, name: str) -> Figure:
        """One of its figures by name."""
        return next(figure for figure in self.figures if figure.name == name)


@dataclass(frozen=True)
class Delta:
    """All that differs between two runs.

    Attributes
    ----------
    old, new
        Which runs.
    tolerance_m
        What a route must leave the old one by to count as moved.
    notes
        What makes the comparison doubtful, in words.
    inputs, parameters, versions
        What the runs were made of, where it differs.
    options
        Those of the new run in its order, then those that are gone.
    causes
        What each change does alone, and all do together; None when nobody asked for it.
    unaffected
        What the new run did not search again, and the proof; None when that is not known.
    """

    old: RunName
    new: RunName
    tolerance_m: float
    notes: tuple[str, ...]
    inputs: tuple[Setting, ...]
    parameters: tuple[Setting, ...]
    versions: tuple[Setting, ...]
    options: tuple[OptionDelta, ...]
    causes: Causes | None = None
    unaffected: Account | None = None

    @property
    def changed(self) -> bool:
        """Whether anything of the answers differs; what the runs were made of does not count."""
        return any(option.changed for option in self.options)

    def as_table(self) -> dict[str, Any]:
        """As JSON values."""
        unaffected = self.unaffected.as_json() if self.unaffected else None
        table = {"changed": self.changed, **asdict(replace(self, unaffected=None)), "unaffected": unaffected}
        if self.causes:
            table["causes"]["only_together_usd"] = self.causes.only_together_usd
        return table
