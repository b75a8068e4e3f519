"""The door to numba: how every kernel of this folder is compiled.

Kernels own no memory and never allocate (allocation inside a kernel multiplies
its compile time): Python hands them arrays. They release the interpreter lock,
and long ones return now and then so that Ctrl-C works.

Compiled code is cached on disk per source file. A kernel that calls a kernel of
another file is not recompiled when only that other file changes: remove
``__pycache__`` after editing one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

__all__ = ["Integer", "inline_kernel", "kernel", "prefetch", "vector_kernel"]

Function = TypeVar("Function", bound=Callable[..., Any])
Integer = int | np.int64 | np.uint64

# Kernels that allocate nothing need no reference counts; counting made the solver four times slower.
OPTIONS: dict[str, Any] = {
    "nogil": True,
    "cache": True,
    "error_model": "numpy",
    "boundscheck": False,
    "_nrt": False,
}
# Reordering that keeps NaN and infinity meaningful, so that loops of updates vectorise.
FAST = {"contract", "nsz", "arcp"}


def kernel(function: Function) -> Function:
    """Compile a function that works on bare arrays."""
    return cast("Function", numba.njit(**OPTIONS)(function))


def inline_kernel(function: Function) -> Function:
    """Compile a small function into each of its callers."""
    return cast("Function", numba.njit(**OPTIONS, forceinline=True)(function))


def vector_kernel(function: Function) -> Function:
    """Compile a function whose arithmetic may be contracted and vectorised."""
    return cast("Function", numba.njit(**OPTIONS, fastmath=FAST)(function))


@intrinsic
def _prefetch(_context: Any, array: Any, index: Any) -> Any:  # noqa: ANN401 (numba's extension protocol)
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ANN401
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        byte = ir.PointerType(ir.IntType(8))
        number = ir.IntType(32)
        address = builder.bitcast(builder.gep(data, [arguments[1]]), byte)
        hint = ir.FunctionType(ir.VoidType(), (byte, number, number, number))
        function = builder.module.declare_intrinsic("llvm.prefetch", (byte,), hint)
        builder.call(function, [address, number(1), number(3), number(1)])  # for writing, keep, data cache
        return context.get_dummy_value()

    return types.void(array, index), generate


prefetch: Any = _prefetch
