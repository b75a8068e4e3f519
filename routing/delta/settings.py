"""What two runs were made of, where it differs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from routing.delta.records import Setting

__all__ = ["differing", "flattened"]

#: Keys by which the tables of a list are told apart.
_NAMES = ("id", "name", "label")


def differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Setting, ...]:
    """Entries that are not the same in both, sorted by key; None where one has none.

    Examples
    --------
    >>> differing({"a": 1, "b": 2}, {"a": 1, "c": 3})
    (Setting(key='b', old=2, new=None), Setting(key='c', old=None, new=3))
    """
    keys = sorted({*old, *new})
    return tuple(Setting(key, old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key))


def flattened(table: Mapping[str, Any]) -> dict[str, Any]:
    """A table of tables as one, with dotted keys; tables of a list are named by their id, name or label.

    Examples
    --------
    >>> flattened({"routing": {"gap_pct": 0.5}, "layer": [{"name": "Fields", "buffer_m": 0.0}], "area": [1, 2]})
    {'routing.gap_pct': 0.5, 'layer[Fields].name': 'Fields', 'layer[Fields].buffer_m': 0.0, 'area': [1, 2]}
    """
    found: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, Mapping) and value:
            found |= {f"{key}.{inner}": each for inner, each in flattened(value).items()}
        elif isinstance(value, list) and value and all(isinstance(each, Mapping) for each in value):
            for number, each in enumerate(value):
                found |= {f"{key}[{_name(each, number)}].{inner}": one for inner, one in flattened(each).items()}
        else:
            found[str(key)] = value
    return found


def _name(table: Mapping[str, Any], number: int) -> str:
    return str(next((table[key] for key in _NAMES if key in table), number))
