"""The one error tree of the package.

Every error that the package raises on purpose is a :class:`RoutingError` and
also the built-in that a Python programmer would expect::

    RoutingError
    ├── InputError (ValueError)        what the user gave cannot be used      exit code 2
    │   └── ArrayError                 a bare array cannot be used
    ├── InfeasibleError (ValueError)   the rules leave no answer              exit code 3
    │   └── NoPathError                exclusions separate two points
    ├── ResourceError (MemoryError)    more memory or disk than is allowed    exit code 4
    │   └── PageSizeError              a map would be too large to open
    ├── TransferError (OSError)        a download did not arrive              exit code 4
    └── OfflineError (RuntimeError)    a map would need the network           exit code 5, a defect: report it

A message says what is wrong, which value it is, and what to do about it; the
facts it is made of stay available as attributes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = [
    "ArrayError",
    "InfeasibleError",
    "InputError",
    "NoPathError",
    "ResourceError",
    "RoutingError",
    "TransferError",
]


class RoutingError(Exception):
    """Anything that this package raises on purpose."""


class InputError(RoutingError, ValueError):
    """What the user gave cannot be used.

    Parameters
    ----------
    problem
        What is wrong, with the offending value.
    remedy
        What to do about it.
    file
        The file that holds the value, if it came from one.
    key
        The key, column, layer or line inside that file.

    Examples
    --------
    >>> print(InputError("no such file", remedy="check the path", file="p.toml", key="bathymetry.path"))
    p.toml: bathymetry.path: no such file; check the path
    """

    def __init__(
        self,
        problem: str,
        *,
        remedy: str,
        file: str | Path | None = None,
        key: str | None = None,
    ) -> None:
        place = "".join(f"{part}: " for part in (file, key) if part is not None)
        super().__init__(f"{place}{problem}; {remedy}")
        self.problem = problem
        self.remedy = remedy
        self.file = None if file is None else str(file)
        self.key = key


class ArrayError(InputError):
    """A bare array (cost raster, points) cannot be used."""


class InfeasibleError(RoutingError, ValueError):
    """The rules leave no answer; `conflict` names them, `relaxation` what would be enough to give up."""

    def __init__(self, message: str, *, conflict: Sequence[str] = (), relaxation: str | None = None) -> None:
        super().__init__(message)
        self.conflict = tuple(conflict)
        self.relaxation = relaxation


class NoPathError(InfeasibleError):
    """Exclusions separate two points of a cost raster.

    Attributes
    ----------
    start, end
        The two points, (row, col).
    enclosed
        Which of the two is walled in: ``"start"``, ``"end"`` or ``"both"``
        (neither can leave its own pocket of free cells by more than the other).
    nearest_reachable
        Free cell (row, col) nearest to `end` that can be reached from `start`;
        ``None`` when `start` itself is excluded.
    """

    def __init__(
        self,
        message: str,
        *,
        start: tuple[float, float],
        end: tuple[float, float],
        enclosed: str,
        nearest_reachable: tuple[int, int] | None,
    ) -> None:
        super().__init__(message)
        self.start = start
        self.end = end
        self.enclosed = enclosed
        self.nearest_reachable = nearest_reachable


class ResourceError(RoutingError, MemoryError):
    """The work would need more memory or disk than is allowed."""


class TransferError(RoutingError, OSError):
    """A download did not arrive, or is not what was asked for; what can be taken up later is kept."""
