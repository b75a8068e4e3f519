"""Work side by side: pools that a signal ends at once, and values that no two threads work out."""

from __future__ import annotations

from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Once", "side_by_side"]

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Once(Generic[_Key, _Value]):
    """Values by key, each worked out once: threads that want the same one wait for it, others do not.

    Parameters
    ----------
    make
        Works out the value of a key.

    Examples
    --------
    >>> squares = Once(lambda number: number * number)
    >>> squares[3], squares[3]
    (9, 9)
    """

    def __init__(self, make: Callable[[_Key], _Value]) -> None:
        self._make = make
        self._values: dict[_Key, _Value] = {}
        self._locks: dict[_Key, Lock] = {}
        self._lock = Lock()

    def __getitem__(self, key: _Key) -> _Value:
        with self._lock:
            lock = self._locks.setdefault(key, Lock())
        with lock:
            if key not in self._values:
                self._values[key] = self._make(key)
            return self._values[key]


@contextmanager
def side_by_side(threads: int) -> Iterator[Executor]:
    """A pool of threads that is waited for, unless the program is told to stop.

    Parameters
    ----------
    threads
        How many.

    Notes
    -----
    Ctrl-C and signals are raised in the main thread only. What the others have begun may take a minute and
    comes to nothing then, so it is left to itself; it must be work on values, that writes no file but whole entries
    of :class:`routing.reuse.Store`.

    Examples
    --------
    >>> with side_by_side(2) as pool:
    ...     list(pool.map(abs, [-1, -2, 3]))
    [1, 2, 3]
    """
    pool = ThreadPoolExecutor(threads)
    try:
        yield pool
    except Exception:
        pool.shutdown(cancel_futures=True)
        raise
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
