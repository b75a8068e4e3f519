"""Files that appear in a folder all together, whatever stops the program.

They are written into a hidden folder first (:data:`STAGED`), with a journal that
says what is to be done with them. One rename of that folder (to :data:`SEALED`)
commits them all; before it nothing has happened, after it nothing can be lost.
Then the journal is carried out: each of its steps may be done twice without harm,
so whoever holds the folder next can finish what a killed process began. Until
then :func:`place` reads through to where a file stands.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from routing.errors import InputError, ResourceError, RoutingError
from routing.folderlock import locked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = [
    "CHANGES",
    "INPUTS",
    "KEPT",
    "REVISIONS",
    "SAFE_NAME",
    "SEALED",
    "STAGED",
    "Journal",
    "is_pending",
    "place",
    "seal",
    "settle",
    "staged",
    "writing",
]

STAGED, SEALED = ".writing", ".commit"
#: Inside those: what the journal says, and the files of an earlier run that are kept.
_JOURNAL, KEPT = ".journal.json", ".earlier"
#: Folder of the earlier runs that are kept.
REVISIONS = "revisions"
#: Folders of what stands beside a run and in no manifest: what a rerun changed, and copies of inputs.
CHANGES, INPUTS = "changes", "inputs"
#: What a file of a run may be called: nothing that leads elsewhere, nothing hidden.
SAFE_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")
#: The same, in the run's folder or in one of those beside it.
_SAFE_PLACE = re.compile(rf"(?:(?:{CHANGES}|{INPUTS})/)?{SAFE_NAME.pattern}")
#: Seconds that a reader waits for a commit that is just going on.
_SETTLING_S = 2.0
#: What a file system answers that cannot flush a folder.
_NO_FLUSH = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES, errno.EISDIR})


@dataclass(frozen=True)
class Journal:
    """What is to be done with files that are committed.

    Attributes
    ----------
    names
        Files to move in, in this order; the last one makes the folder a whole again. What stands in :data:`CHANGES` or
        :data:`INPUTS` has that name and a slash before its own.
    dropped
        Files of the folder that are gone afterwards; removed before the last one of `names` moves.
    kept_as
        Name below ``revisions`` of the files in :data:`KEPT`; None when there are none.

    Raises
    ------
    InputError
        When a name is no file of this folder: a journal from elsewhere must not lead out of it.
    """

    names: tuple[str, ...]
    dropped: tuple[str, ...] = ()
    kept_as: str | None = None

    def __post_init__(self) -> None:
        named = [(name, _SAFE_PLACE) for name in (*self.names, *self.dropped)]
        for name, allowed in [*named, *([] if self.kept_as is None else [(self.kept_as, SAFE_NAME)])]:
            if not isinstance(name, str) or not allowed.fullmatch(name):
                raise InputError(f"{name!r} is no name of a file of a run", remedy="use letters, digits and hyphens")


@contextmanager
def writing(folder: Path, *, patience_s: float) -> Iterator[None]:
    """Hold a folder as its only writer; what a killed process left in it is finished or swept first.

    Parameters
    ----------
    folder
        Made when missing, and removed again when nothing was written.
    patience_s
        Seconds to wait for another writer.

    Raises
    ------
    InputError
        When it is a file.
    ResourceError
        When it cannot be written, or another process writes there.
    """
    made = [each for each in (folder, *folder.parents) if not os.path.lexists(each)]
    with ExitStack() as held:
        held.callback(_remove_empty, made)
        with _explained(folder):
            folder.mkdir(parents=True, exist_ok=True)
            held.enter_context(locked(folder, patience_s=patience_s))
            _carry_out(folder)
            for orphan in folder.glob(f"{STAGED}*"):
                shutil.rmtree(orphan)
        yield


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """A hidden folder to write files into; gone on leaving, unless :func:`seal` committed it.

    Raises
    ------
    ResourceError
        When a file cannot be written.
    """
    fresh = folder / STAGED
    try:
        fresh.mkdir()
        yield fresh
    except RoutingError:
        raise
    except (OSError, RuntimeError) as error:
        # GDAL reports a full disk as a RuntimeError of its own.
        raise ResourceError(
            f"{folder}: writing stopped ({error}); no file is half written, what was there before is still there"
        ) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def seal(folder: Path, journal: Journal) -> None:
    """Commit the files in the folder of :func:`staged`, and move them in.

    Raises
    ------
    OSError
        When they cannot be committed; nothing has happened then.
    ResourceError
        When they are committed but cannot be moved in yet.
    """
    fresh, sealed = folder / STAGED, folder / SEALED
    (fresh / _JOURNAL).write_text(json.dumps(asdict(journal)), encoding="utf-8")
    for path in sorted(fresh.rglob("*")):
        _flush(path)
    _flush(fresh)
    fresh.rename(sealed)
    try:
        _flush(folder)
        _carry_out(folder)
    except OSError as error:
        raise ResourceError(
            f"{folder}: all files are written, but not all could be moved into place ({error.strerror}); "
            "the next command that may write there finishes it"
        ) from error


def is_pending(folder: Path) -> bool:
    """Whether files of a folder are committed but not all moved in."""
    return (folder / SEALED).is_dir()


def place(folder: Path, name: str) -> Path:
    """Where a file of a folder stands: among those that are still to be moved in, or in the folder itself."""
    pending = folder / SEALED / name
    return pending if pending.is_file() else folder / name


def settle(folder: Path) -> None:
    """Finish what a killed process began, if this one may write in the folder; otherwise leave it as it is."""
    if is_pending(folder):
        with suppress(RoutingError, OSError), writing(folder, patience_s=_SETTLING_S):
            pass


def _carry_out(folder: Path) -> None:
    """Do what the journal of a committed folder says, from wherever it was left."""
    sealed = folder / SEALED
    if not sealed.is_dir():
        return
    journal = _journal(sealed)
    if journal is not None:
        if journal.kept_as and (sealed / KEPT).is_dir():
            (folder / REVISIONS).mkdir(exist_ok=True)
            (sealed / KEPT).rename(folder / REVISIONS / journal.kept_as)
            _flush(folder / REVISIONS)
        _move_in(folder, journal.names[:-1])
        for name in journal.dropped:
            (folder / name).unlink(missing_ok=True)
        _remove_empty([folder / each for each in _folders_of(journal.dropped)])
        _flush(folder)
        _move_in(folder, journal.names[-1:])
        _flush(folder)
    shutil.rmtree(sealed)


def _move_in(folder: Path, names: tuple[str, ...]) -> None:
    for name in names:
        if (folder / SEALED / name).is_file():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / SEALED / name).replace(folder / name)
    for each in _folders_of(names):
        _flush(folder / each)


def _folders_of(names: tuple[str, ...]) -> list[str]:
    """Which folders beside the run's own files hold any of these."""
    return [each for each in (CHANGES, INPUTS) if any(name.startswith(f"{each}/") for name in names)]


def _journal(sealed: Path) -> Journal | None:
    """The journal of a committed folder; None when there is none, as all has been done then."""
    path = sealed / _JOURNAL
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return Journal(tuple(told["names"]), tuple(told["dropped"]), told["kept_as"])
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise InputError("is torn", remedy=f"remove the folder {SEALED} and run again", file=path) from error


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """Errors of a folder that cannot be written, in words."""
    try:
        yield
    except RoutingError:
        raise
    except (FileExistsError, NotADirectoryError) as error:
        raise InputError("is a file, not a folder", remedy="choose another folder with --out", file=folder) from error
    except OSError as error:
        raise ResourceError(
            f"{folder}: cannot be written ({error.strerror}); choose another folder with --out"
        ) from error


def _remove_empty(folders: list[Path]) -> None:
    for folder in folders:
        with suppress(OSError):  # it holds what was written
            folder.rmdir()


def _flush(path: Path) -> None:
    """Make the disk hold a file, or the names in a folder."""
    is_folder = path.is_dir()
    try:
        file = os.open(path, os.O_RDWR if os.name == "nt" and not is_folder else os.O_RDONLY)
        try:
            os.fsync(file)
        finally:
            os.close(file)
    except OSError as error:
        if not is_folder or error.errno not in _NO_FLUSH:
            raise
