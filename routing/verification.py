"""A finished run held against its manifest: whether every file is there, and the one that was written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing.commit import CHANGES, INPUTS, REVISIONS, SEALED, STAGED, is_pending, place
from routing.errors import InputError
from routing.finding import Finding
from routing.folderlock import LOCK
from routing.inputstore import harmed_inputs
from routing.reuse import CACHE
from routing.revisions import kept_folders
from routing.runfolder import MANIFEST, StoredRun, examined, library_versions, other_versions, stored_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["verify"]

#: Folders of a run that exports and comparisons are written into.
_MADE_FROM_IT = ("export", "compare", CHANGES)


def verify(folder: Path) -> list[dict[str, Any]]:
    """Hold a run, and every revision kept beside it, against their manifests.

    A commit that a killed run left pending is finished first where that is allowed.

    Parameters
    ----------
    folder
        A run's folder.

    Returns
    -------
    findings
        ``rule``, ``severity`` and ``message``. Warnings: ``manifest`` (torn), ``file`` (missing or another one),
        ``pending`` (files still wait to be moved in). Infos: ``left-over``, ``extra``, ``versions``.

    Raises
    ------
    InputError
        When there is no run.
    """
    if not place(folder, MANIFEST).is_file():
        stored_run(folder)  # says so
    found = list(_of_run(folder))
    found += [finding for kept in kept_folders(folder) for finding in _harm(kept)]
    return [finding.as_row() for finding in found]


def _of_run(folder: Path) -> Iterator[Finding]:
    yield from _harm(folder)
    for path in harmed_inputs(folder):
        yield Finding("file", "warning", f"{path}: is not the input that was kept; run again with --keep-inputs")
    if is_pending(folder):
        text = f"{folder / SEALED}: files of a stopped run wait to be moved in; a command that may write there does it"
        yield Finding("pending", "warning", text)
    try:
        run = stored_run(folder)
    except InputError:
        return
    yield from _strangers(run)
    yield from _versions(run)


def _harm(folder: Path) -> Iterator[Finding]:
    try:
        _, harm = examined(folder)
    except InputError as error:
        yield Finding("manifest", "warning", str(error))
        return
    for each in harm:
        yield Finding("file", "warning", str(each))


def _strangers(run: StoredRun) -> Iterator[Finding]:
    """What stands in the folder, though the run did not write it."""
    earlier = {str(name) for name in run.manifest.get("earlier") or ()}
    known = {*run.outputs, MANIFEST, LOCK, CACHE, SEALED, REVISIONS, INPUTS, *_MADE_FROM_IT}
    for path in sorted(run.folder.iterdir()):
        if path.name in known:
            continue
        if path.name.startswith(STAGED):
            yield Finding("left-over", "info", f"{path}: of a stopped run, or of one going on; the next run removes it")
        elif path.name in earlier:
            yield Finding("left-over", "info", f"{path}: of the last run with an answer")
        else:
            yield Finding("extra", "info", f"{path}: was not written by this run")


def _versions(run: StoredRun) -> Iterator[Finding]:
    """What is installed in other versions than those that made the run."""
    stated = run.manifest.get("versions")
    found = other_versions(stated if isinstance(stated, dict) else {}, library_versions())
    for name, made_by, installed in found:
        yield Finding("versions", "info", f"made by {name} {made_by}, installed is {installed}")
