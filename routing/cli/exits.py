"""Exit codes, and the one that each error ends with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing.errors import InfeasibleError, InputError, ResourceError, TransferError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "EXIT_BAD_INPUT",
    "EXIT_DEFECT",
    "EXIT_DONE",
    "EXIT_FINDINGS",
    "EXIT_INFEASIBLE",
    "EXIT_STOPPED",
    "exit_code",
]

EXIT_DONE, EXIT_FINDINGS, EXIT_BAD_INPUT, EXIT_INFEASIBLE, EXIT_STOPPED, EXIT_DEFECT = range(6)

_CODES: Mapping[type[BaseException], int] = {
    InputError: EXIT_BAD_INPUT,
    InfeasibleError: EXIT_INFEASIBLE,
    ResourceError: EXIT_STOPPED,
    TransferError: EXIT_STOPPED,
    MemoryError: EXIT_STOPPED,
}


def exit_code(error: BaseException) -> int:
    """The code that a command ends with; what nobody foresaw is a defect, never mistaken for findings.

    Examples
    --------
    >>> exit_code(InputError("no such file", remedy="check the path")), exit_code(ZeroDivisionError())
    (2, 5)
    """
    return next((code for kind, code in _CODES.items() if isinstance(error, kind)), EXIT_DEFECT)
