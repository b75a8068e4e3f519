"""Revisions of a plan: which run may take the place of another, and what became of the earlier ones."""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Any

from routing.commit import REVISIONS
from routing.errors import InputError
from routing.runfolder import MANIFEST, SUMMARY, StoredRun, examined, stored_run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["history", "kept_folders", "kept_name"]

_log = logging.getLogger(__name__)
_REPLACE = "raise `revision` in the project file, choose another folder with --out, or replace it with --force"
#: Longer names make trouble on some file systems; the manifest holds the revision in full.
_LONGEST_NAME = 60


def kept_name(folder: Path, manifest: Mapping[str, Any], *, force: bool) -> str | None:
    """Judge whether a run may be written over the one in a folder, before anything is computed.

    The same run again, and one that differs in versions of the program only, takes the
    place of the earlier one. So does any run where the earlier one had no answer. A new
    revision keeps the earlier one. All else needs `force`.

    Parameters
    ----------
    folder
        The run's folder.
    manifest
        What the run to come depends on.
    force
        Replace the earlier run of this revision, whatever it was made from.

    Returns
    -------
    name
        What the earlier run is to be called below ``revisions``; None when it is replaced, or there is none.

    Raises
    ------
    InputError
        When the earlier run would be lost.
    """
    try:
        before = stored_run(folder)
    except InputError:
        return None  # what cannot be told from the manifest cannot be judged
    if not before.has_answer or before.manifest.get("run_key") == manifest["run_key"]:
        return None
    is_ours = before.manifest.get("project") == manifest["project"]
    if is_ours and before.manifest.get("revision") != manifest["revision"]:
        return _name_beside(folder, before, manifest, force=force)
    if is_ours and before.manifest.get("project_key") in {None, manifest["project_key"]}:
        _log.info("%s: replaces a run of the same project file and inputs by another version of the program", folder)
    elif not force:
        whose = "of this revision, made from other inputs or settings" if is_ours else "of another project"
        raise InputError(f"holds a run {whose}, which would be lost", remedy=_REPLACE, file=folder)
    return None


def kept_folders(folder: Path) -> list[Path]:
    """Folders of the revisions that a run's folder keeps, sorted by name."""
    return sorted(path.parent for path in (folder / REVISIONS).glob(f"*/{MANIFEST}"))


def history(folder: Path) -> list[dict[str, Any]]:
    """Every revision of a plan, by date, the one that stands in the folder itself marked as current.

    Parameters
    ----------
    folder
        A run's folder.

    Returns
    -------
    rows
        ``revision``, ``date``, ``folder``, ``current``, ``sha256`` (of its manifest), ``totals_usd`` by option,
        and ``problem``: what is wrong with it, or None.

    Raises
    ------
    InputError
        When the folder holds no run.
    """
    stored_run(folder)
    rows = [_row(each, current=each == folder) for each in (*kept_folders(folder), folder)]
    return sorted(rows, key=lambda row: (row["date"] or "", row["current"]))


def _name_beside(folder: Path, before: StoredRun, manifest: Mapping[str, Any], *, force: bool) -> str | None:
    """Name to keep a run of another revision under; None when it is kept already."""
    kept = list(_kept_runs(folder))
    for other in kept:
        is_reused = other.manifest.get("revision") == manifest["revision"]
        if is_reused and other.manifest.get("project_key") != manifest["project_key"] and not force:
            problem = f"keeps a revision {manifest['revision']!r} that was made from other inputs or settings"
            raise InputError(problem, remedy=_REPLACE, file=folder)
    if any(other.sha256 == before.sha256 for other in kept):
        return None
    name = re.sub(r"[^A-Za-z0-9_-]", "_", str(before.manifest.get("revision")))[:_LONGEST_NAME]
    taken = {path.name.casefold() for path in (folder / REVISIONS).glob("*")}
    names = (name if number == 1 else f"{name}.{number}" for number in range(1, len(taken) + 2))
    return next(each for each in names if each.casefold() not in taken)


def _kept_runs(folder: Path) -> Iterator[StoredRun]:
    for each in kept_folders(folder):
        try:
            yield stored_run(each)
        except InputError:
            continue  # `verify` tells


def _row(folder: Path, *, current: bool) -> dict[str, Any]:
    told = {"revision": folder.name, "date": None, "folder": str(folder), "current": current, "sha256": None}
    try:
        run, harm = examined(folder)
    except InputError as error:
        return {**told, "totals_usd": {}, "problem": str(error)}
    date, totals_usd = _results(run)
    problem = str(harm[0]) if harm else None if date else f"{run.place(SUMMARY)}: does not say what a run says"
    told |= {"revision": str(run.manifest.get("revision")), "date": date, "sha256": run.sha256}
    return {**told, "totals_usd": totals_usd, "problem": problem}


def _results(run: StoredRun) -> tuple[str | None, dict[str, float]]:
    """Date and totals of a run; no date when its summary says nothing of the kind."""
    try:
        summary = json.loads(run.place(SUMMARY).read_text(encoding="utf-8"))
        totals_usd = {str(option["id"]): float(option["cost"]["total_usd"]) for option in summary["options"]}
        return str(summary["date"]), totals_usd
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None, {}
