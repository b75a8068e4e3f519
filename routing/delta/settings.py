"""What two runs were made of, where it differs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from routing.delta.records import Setting

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["differing", "differing_tables"]

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


def differing_tables(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Setting, ...]:
    """The same for tables of tables, with dotted keys, in the order of the new ones.

    Tables of a list are named by their id, name or label; one that only one run has is one entry.

    Examples
    --------
    >>> differing_tables({"layer": [{"name": "a", "buffer_m": 0.0}]}, {"layer": [{"name": "a", "buffer_m": 5.0}]})
    (Setting(key='layer[a].buffer_m', old=0.0, new=5.0),)
    """
    return tuple(_tables_differ("", old, new))


def _tables_differ(at: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Setting]:
    for key in dict.fromkeys([*new, *old]):
        yield from _values_differ(f"{at}{key}", old.get(key), new.get(key))


def _values_differ(at: str, old: object, new: object) -> Iterator[Setting]:
    if old == new:
        return
    named = _named(old), _named(new)
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _tables_differ(f"{at}.", old, new)
    elif (named[0] or named[1]) and isinstance(old, list) and isinstance(new, list):
        for name in dict.fromkeys([*named[1], *named[0]]):
            yield from _values_differ(f"{at}[{name}]", named[0].get(name), named[1].get(name))
    else:
        yield Setting(at, old, new)


def _named(value: object) -> dict[str, Any]:
    """The tables of a list by name; none when it is no list of tables."""
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        return {}
    return {str(next((each[key] for key in _NAMES if key in each), n)): each for n, each in enumerate(value)}
