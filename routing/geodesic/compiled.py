"""The door to numba: how every kernel of this folder is compiled.

A *kernel* is called from Python; a *part* is called by kernels only and gets
neither a Python wrapper nor a cache file of its own, which halves the time of a
first compilation. Called from Python, a part runs as the plain Python it is
written in: slow, and right.

Kernels own no memory and never allocate (allocation inside a kernel multiplies
its compile time): Python hands them arrays. They release the interpreter lock,
and long ones return now and then so that Ctrl-C works.

Compiled code is cached on disk per source file. A kernel that calls a part of
another file is not recompiled when only that other file changes: remove
``__pycache__`` after editing one. What is torn on that disk is compiled again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from llvmlite import ir
from numba.core import types
from numba.core.caching import FunctionCache
from numba.core.dispatcher import Dispatcher
from numba.extending import intrinsic, register_jitable

__all__ = ["Integer", "inline_kernel", "kernel", "part", "prefetch", "vector_kernel"]

Function = TypeVar("Function", bound=Callable[..., Any])
Integer = int | np.int64 | np.uint64

# Kernels that allocate nothing need no reference counts; counting made the solver four times slower.
OPTIONS: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "boundscheck": False,
    "_nrt": False,
    "no_cfunc_wrapper": True,
}
ENTRY: dict[str, Any] = {"cache": True}
INNER: dict[str, Any] = {"no_cpython_wrapper": True}
# Reordering that keeps NaN and infinity meaningful, so that loops of updates vectorise.
FAST = {"contract", "nsz", "arcp"}


def kernel(function: Function) -> Function:
    """Compile a function that Python calls with bare arrays."""
    return cast("Function", _cached(numba.njit(**OPTIONS, **ENTRY)(function)))


def inline_kernel(function: Function) -> Function:
    """Compile a small function into each of its callers."""
    return register_jitable(**OPTIONS, **INNER, forceinline=True)(function)


def part(function: Function) -> Function:
    """Compile a function that only kernels call."""
    return register_jitable(**OPTIONS, **INNER)(function)


def vector_kernel(function: Function) -> Function:
    """Compile a function whose arithmetic may be contracted and vectorised."""
    return cast("Function", _cached(numba.njit(**OPTIONS, **ENTRY, fastmath=FAST)(function)))


class _MendingCache(FunctionCache):
    """A cache that forgets what it cannot read, so that it is compiled and kept again; numba's own stops there."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:  # noqa: ANN401 (numba's protocol)
        try:
            return super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        except Exception:  # noqa: BLE001  (a torn pickle raises anything)
            self.flush()  # type: ignore[no-untyped-call]
            return None


def _cached(dispatcher: Any) -> Any:  # noqa: ANN401
    """Give a kernel the mending cache; with the compiler switched off it is a plain function and has none."""
    compiled: Any = dispatcher
    if isinstance(dispatcher, Dispatcher):
        compiled._cache = _MendingCache(compiled.py_func)  # type: ignore[no-untyped-call]  # noqa: SLF001
    return dispatcher


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
