"""Two projects, what changed between them, and every project that lies between."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from routing.causes.parts import Address, home_of, join, label_of, split
from routing.errors import InputError
from routing.inputstore import find_input
from routing.loading import input_files
from routing.project import rebuild_project
from routing.runfolder import input_digest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from routing.delta import RunRecord
    from routing.project import Project

__all__ = ["Change", "Sides", "sides_of"]


@dataclass(frozen=True)
class Change:
    """A part of the project, or a file of a survey's folder, that is not the same in both.

    Attributes
    ----------
    at
        Where the part stands.
    delivery
        Name of the file; None when the part itself changed.
    """

    at: Address
    delivery: str | None = None

    @property
    def label(self) -> str:
        """What it is called: ``"layer[Fields]"``, ``"survey[North]/2026-02.tif"``."""
        return label_of(self.at) if self.delivery is None else f"{label_of(self.at)}/{self.delivery}"


@dataclass(frozen=True)
class Side:
    """One of the two projects.

    Attributes
    ----------
    parts
        By address.
    inputs
        Name and digest of every input, by address and key.
    files
        Where those are, in the same way; None where the content is nowhere to be found.
    """

    parts: Mapping[Address, Any]
    inputs: Mapping[Address, Mapping[str, Mapping[str, str]]]
    files: Mapping[Address, Mapping[str, Path | None]]

    def digests(self, at: Address) -> dict[str, str]:
        """Digests of the inputs of a part, by key."""
        return {key: entry["sha256"] for key, entry in self.inputs.get(at, {}).items()}

    def missing(self, at: Address) -> list[str]:
        """Keys of inputs of a part whose content is nowhere to be found."""
        return [key for key, path in self.files.get(at, {}).items() if path is None]

    def is_folder(self, at: Address) -> bool:
        """Whether a part is a survey of all the files in a folder."""
        return at[0] == "survey" and any(_delivery(at, key) for key in self.inputs.get(at, {}))


@dataclass(frozen=True)
class Sides:
    """The project before and after; `project` is the one after."""

    old: Side
    new: Side
    project: Project

    def changes(self) -> tuple[Change, ...]:
        """What is not the same, in the order of the parts after; then what only the project before had."""
        return tuple(change for at in self._addresses() for change in self._changes_at(at))

    def gone(self, change: Change) -> str | None:
        """Why a change cannot be taken back: which earlier file is nowhere to be found; None when it can."""
        keys = self.old.missing(change.at)
        if change.delivery is not None:
            keys = [key for key in keys if _delivery(change.at, key) == change.delivery]
        elif self._by_delivery(change.at):
            return None
        if not keys:
            return None
        entry = self.old.inputs[change.at][keys[0]]
        return f"the earlier file {entry['file']} ({entry['sha256'][:8]}) is gone; --keep-inputs keeps copies"

    def between(self, taken_back: Collection[Change]) -> Project:
        """The project after, with some changes taken back.

        Raises
        ------
        InputError
            When no such project can be, or it would read a file that is an input of neither.
        """
        # As before in everything means in the order of before too.
        first, second = (self.new, self.old) if set(self.changes()) - set(taken_back) else (self.old, self.new)
        parts: dict[Address, Any] = {}
        deliveries: dict[str, tuple[Path, ...]] = {}
        for at in dict.fromkeys([*first.parts, *second.parts]):
            side = self.old if Change(at) in taken_back else self.new
            if at not in side.parts:
                continue
            parts[at] = side.parts[at]
            if side.is_folder(at):
                deliveries[at[1]] = self._delivered(at, side, taken_back)
            elif at in side.files:
                named = {home_of(key, _surveys(side.parts))[1]: str(path) for key, path in side.files[at].items()}
                parts[at] = {**side.parts[at], **named}
        shown = {"name": self.project.name, "title": self.project.title, "date": self.project.date.isoformat()}
        kept = {**shown, "vertical_datum": self.project.vertical_datum}
        made = rebuild_project({**kept, **join(parts)}, origin=self.project.origin, deliveries=deliveries)
        self._refuse_strangers(made)
        return made

    def _refuse_strangers(self, made: Project) -> None:
        """Only files that were judged are read: a manifest from elsewhere may name any other."""
        judged = {path for side in (self.old, self.new) for files in side.files.values() for path in files.values()}
        for key, path in input_files(made).items():
            if path not in judged:
                raise InputError(f"{key} is no input of either run", remedy="run the project again")

    def _addresses(self) -> Iterable[Address]:
        return dict.fromkeys([*self.new.parts, *self.old.parts])

    def _by_delivery(self, at: Address) -> bool:
        """Whether the files of a part are told apart, because both projects have its folder."""
        return self.old.is_folder(at) and self.new.is_folder(at)

    def _changes_at(self, at: Address) -> list[Change]:
        old, new = self.old.digests(at), self.new.digests(at)
        # The name of a file is nothing to a plan, only its content is.
        is_same = _without_paths(self.old.parts.get(at)) == _without_paths(self.new.parts.get(at))
        if not self._by_delivery(at):
            return [] if is_same and old == new else [Change(at)]
        files = [Change(at, _delivery(at, key)) for key in sorted({*old, *new}) if old.get(key) != new.get(key)]
        return [*([] if is_same else [Change(at)]), *files]

    def _delivered(self, at: Address, side: Side, taken_back: Collection[Change]) -> tuple[Path, ...]:
        """Files of a survey, the last on top, some of them as before."""
        keys = sorted({*self.old.files.get(at, {}), *self.new.files.get(at, {})})
        found = []
        for key in keys:
            here = side
            if self._by_delivery(at):
                here = self.old if Change(at, _delivery(at, key)) in taken_back else self.new
            path = here.files.get(at, {}).get(key)
            found += [path] if path else []
        return tuple(found)


def sides_of(old: RunRecord, new: RunRecord, *, project: Project, folder: Path, fields: Collection[str]) -> Sides:
    """The projects of two runs, with the files of the one before wherever they can be found.

    Parameters
    ----------
    old, new
        The runs.
    project
        The one after.
    folder
        The run's folder, which may keep copies of inputs.
    fields
        Keys of a project that a plan depends on.
    """
    # A made project takes paths from the folder of its file, this process from where it was started.
    now = {key: path.absolute() for key, path in input_files(project).items()}
    known = {new.inputs[key]["sha256"]: path for key, path in now.items()}

    def found(entry: Mapping[str, str], stated: str) -> Path | None:
        """A file of the project before: in the one after, among the copies, or where it always was."""
        sha256 = entry["sha256"]
        path = known.get(sha256) or find_input(folder, sha256) or _unchanged(project, stated, sha256)
        return path and path.absolute()

    parts = split(old.parameters, fields)
    before = _side(parts, old.inputs, {key: found(old.inputs[key], _stated(parts, key)) for key in old.inputs})
    return Sides(before, _side(split(new.parameters, fields), new.inputs, now), project)


def _side(parts: Mapping[Address, Any], inputs: Mapping[str, Any], files: Mapping[str, Path | None]) -> Side:
    homes = {key: home_of(key, _surveys(parts))[0] for key in inputs}
    homed = dict.fromkeys(homes.values())
    return Side(
        parts,
        {at: {key: inputs[key] for key in inputs if homes[key] == at} for at in homed},
        {at: {key: files[key] for key in inputs if homes[key] == at} for at in homed},
    )


def _surveys(parts: Mapping[Address, Any]) -> list[str]:
    return [at[1] for at in parts if at[0] == "survey"]


def _delivery(at: Address, key: str) -> str | None:
    """Name of a file in the folder of a survey; None for the file that a survey names itself."""
    return key.removeprefix(f"survey {at[1]}/") if key.startswith(f"survey {at[1]}/") else None


def _stated(parts: Mapping[Address, Any], key: str) -> str:
    """The path of an input as its project has it."""
    at, name = home_of(key, _surveys(parts))
    path = str(parts[at][name])
    delivery = _delivery(at, key) if at[0] == "survey" else None
    return path if delivery is None else str(PurePosixPath(path) / delivery)


def _unchanged(project: Project, stated: str, sha256: str) -> Path | None:
    """The file of a path, if it may be read and still is the one that is meant."""
    try:
        path = project.file(Path(stated))
        return path if input_digest(path) == sha256 else None
    except (InputError, OSError, ValueError):
        return None


def _without_paths(value: Any) -> Any:  # noqa: ANN401  (anything JSON can hold)
    if not isinstance(value, dict):
        return value
    return {key: each for key, each in value.items() if key not in ("path", "tid_path")}
