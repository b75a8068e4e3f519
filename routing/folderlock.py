"""One writer at a time in a folder, whatever becomes of the writer."""

from __future__ import annotations

import os
import platform
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from routing.errors import ResourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["LOCK", "locked"]

LOCK = ".lock"
_PAUSE_S = 0.05
#: A name is short; what is longer was not written by this program.
_LONGEST_NAME = 200
#: Windows locks bytes against reading too: one far behind the holder's name.
_LOCKED_BYTE = 1 << 30


@contextmanager
def locked(folder: Path, *, patience_s: float) -> Iterator[None]:
    """Hold a folder; the system itself lets go of it when the process ends, killed or not.

    The lock is a file in the folder that says who holds it. It is removed again on
    leaving; one that a killed process left means nothing and is taken over.

    Parameters
    ----------
    folder
        The folder; it must be there.
    patience_s
        Seconds to wait for another holder.

    Raises
    ------
    ResourceError
        When another process still holds the folder after that time.
    OSError
        When the folder cannot be written, or its file system knows no locks.
    """
    path = folder / LOCK
    give_up_s = time.monotonic() + patience_s  # a clock that is set back cannot stretch it
    while (file := _taken(path)) is None:
        if time.monotonic() > give_up_s:
            holder = _holder(path) or "another process"
            raise ResourceError(f"{folder}: {holder} is writing here; wait for it, or choose another folder with --out")
        time.sleep(_PAUSE_S)
    try:
        with suppress(OSError):  # a full disk: the lock holds without a name
            os.write(file, f"process {os.getpid()} on {platform.node()}".encode())
        yield
    finally:
        with suppress(OSError):  # Windows removes no open file: it stays, and means nothing
            path.unlink()
        os.close(file)


def _taken(path: Path) -> int | None:
    """The lock file, open and held; None while another process holds it."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
    try:
        _hold(file)
        # The holder before may have removed the file that this process waited for: then it is another one's turn.
        if os.path.samestat(os.fstat(file), path.stat()):
            os.ftruncate(file, 0)
            return file
    except (BlockingIOError, FileNotFoundError):
        pass
    except OSError:
        os.close(file)
        raise
    os.close(file)
    return None


if sys.platform == "win32":  # pragma: no cover
    import msvcrt

    def _hold(file: int) -> None:
        os.lseek(file, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError from error
        os.lseek(file, 0, os.SEEK_SET)

else:
    import fcntl

    def _hold(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _holder(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(_LONGEST_NAME)
    except OSError:
        return ""
