"""Values as JSON and back, bit for bit: numbers, text, arrays, and named frozen dataclasses of them.

Nothing in it can run code when it is read: a file that somebody else has written gives
values of these kinds or an error.
"""

from __future__ import annotations

import base64
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["decode", "encode"]

_KINDS = {"<f8", "<f4", "<i8", "<i4", "|b1", "|u1"}


def encode(value: Any) -> Any:  # noqa: ANN401  (any of the kinds named above)
    """What JSON can hold of a value.

    Raises
    ------
    TypeError
        For a value of another kind.

    Examples
    --------
    >>> encode((1, None, "a", [0.1]))
    [1, None, 'a', [0.1]]
    >>> encode(np.array([1.0, 2.0]))
    {'array': '<f8', 'shape': [2], 'base64': 'AAAAAAAA8D8AAAAAAAAAQA=='}
    """
    if value is None or isinstance(value, (bool, int, float, str)):
        return value.item() if isinstance(value, np.generic) else value
    if isinstance(value, np.generic):
        return encode(value.item())
    if isinstance(value, (tuple, list)):
        return [encode(each) for each in value]
    if isinstance(value, np.ndarray):
        plain = np.ascontiguousarray(value)
        plain = plain.astype(plain.dtype.newbyteorder("<"), copy=False)
        if plain.dtype.str in _KINDS:
            text = base64.b64encode(plain.tobytes()).decode("ascii")
            return {"array": plain.dtype.str, "shape": list(plain.shape), "base64": text}
    if is_dataclass(value) and not isinstance(value, type):
        return {
            "type": type(value).__name__,
            "fields": {each.name: encode(getattr(value, each.name)) for each in fields(value)},
        }
    raise TypeError(f"a {type(value).__name__} cannot be kept")


def decode(data: Any, types: Mapping[str, type]) -> Any:  # noqa: ANN401
    """The value that :func:`encode` was given; sequences come back as tuples.

    Parameters
    ----------
    data
        As read from JSON.
    types
        Dataclasses that may occur, by name.

    Raises
    ------
    ValueError, KeyError, TypeError
        When it is not what `encode` makes.

    Examples
    --------
    >>> decode(encode((1.5, np.array([[1, 2]]))), {})
    (1.5, array([[1, 2]]))
    """
    if isinstance(data, list):
        return tuple(decode(each, types) for each in data)
    if not isinstance(data, dict):
        return data
    if "array" in data:
        if data["array"] not in _KINDS:
            raise ValueError(f"no array of {data['array']!r}")
        flat = np.frombuffer(base64.b64decode(data["base64"], validate=True), np.dtype(data["array"]))
        return flat.reshape(data["shape"]).astype(flat.dtype.newbyteorder("="))
    return types[data["type"]](**{name: decode(each, types) for name, each in data["fields"].items()})
