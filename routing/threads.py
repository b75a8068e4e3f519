"""Work side by side that a signal ends at once."""

from __future__ import annotations

from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["side_by_side"]


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
