"""The catalogue file, read from TOML and open to a project's own figures."""

from __future__ import annotations

import difflib
import math
import tomllib
from importlib import resources
from itertools import pairwise
from typing import TYPE_CHECKING, Any, get_args

from routing.catalogue.records import Burial, CableType, Catalogue, DepthClass, Figure, Method, Rule, Sediment
from routing.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["read_catalogue"]

_FIGURE_KEYS = {"low", "base", "high", "unit", "source"}
#: Kinds that a project may not add records to: nothing would read them.
_CLOSED = ("catalogue.rate", "catalogue.hazard", "catalogue.rule")
#: Kinds whose records are one figure: where the catalogue keeps them, and how the file calls the figure.
_SINGLE = {
    "shipping": ("shipping", "factor"),
    "fishing": ("fishing", "factor"),
    "hazard": ("hazards", "value"),
    "crossing": ("crossings", "value"),
    "rate": ("rates", "value"),
}
#: No tool works on a steeper seabed; a larger number is a slope in percent.
_STEEPEST_DEG = 45.0


def read_catalogue(overrides: Mapping[str, Any] | None = None) -> Catalogue:
    """The catalogue that ships with the package, with a project's own figures over it.

    Parameters
    ----------
    overrides
        Figures by kind and code, as ``{"rate": {"plough": {"base": 12000.0}}}``.
        A new code under an existing kind adds a record.

    Raises
    ------
    InputError
        When a kind, code or key is unknown, or low, base, high are not in order.
    """
    text = resources.files("routing.catalogue").joinpath("default.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    for kind, given in (overrides or {}).items():
        if kind in tables["rate"]:
            raise InputError(
                f"unknown kind of record {kind!r}", remedy=f"write [catalogue.rate.{kind}]", key="catalogue"
            )
        tables[kind] = _overridden(tables[_known(kind, tables, "catalogue")], given, f"catalogue.{kind}")
    return _catalogue(tables)


def _overridden(records: Any, given: Any, place: str) -> Any:  # noqa: ANN401  (what TOML holds)
    """Records of one kind with a project's own over them."""
    if isinstance(records, list) and isinstance(given, list) and given:
        return [_record(records[0], _table(row, place), place, new=True) for row in given]
    if not isinstance(records, dict):
        if type(given) is not type(records):
            raise InputError(f"{given!r} does not fit", remedy=f"write it like {records!r:.60}", key=place)
        return given
    merged = dict(records)
    for code, record in _table(given, place).items():
        here = f"{place}.{code}"
        if place in _CLOSED:
            _known(code, records, place)
        template = records.get(code) or next(iter(records.values()))
        try:
            merged[code] = _record(template, _table(record, here), here, new=code not in records)
        except InputError:
            near = [] if code in records else difflib.get_close_matches(code, records, n=1)
            if near:
                problem = f"{code!r} is new here and not a whole record"
                raise InputError(problem, remedy=f"did you mean {near[0]!r}?", key=here) from None
            raise
    return merged


def _record(template: Mapping[str, Any], given: Mapping[str, Any], place: str, *, new: bool) -> dict[str, Any]:
    """One record: the template's fields with the given ones over them."""
    figures = [name for name, value in template.items() if isinstance(value, dict)]
    if len(figures) == 1 and set(given) <= _FIGURE_KEYS:
        # A record of one figure may be written as that figure: {base = 12000.0}.
        given = {figures[0]: given}
    merged = {} if new else dict(template)
    legal = [*template, *(_FIGURE_KEYS if len(figures) == 1 else ())]
    for name, value in given.items():
        _known(name, legal, place)
        before = template[_known(name, template, place)]
        here = f"{place}.{name}"
        if isinstance(before, dict):
            for key in _table(value, here):
                _known(key, before, here)
            value = {**({"unit": before["unit"], "source": "project file"} if new else before), **value}  # noqa: PLW2901
        elif type(value) is not type(before) and not (type(before) is float and type(value) is int):
            raise InputError(f"{value!r} does not fit", remedy=f"write it like {before!r}", key=here)
        merged[name] = value
    missing = [name for name in template if name not in merged and name != "item"]
    if missing:
        raise InputError(f"lacks {', '.join(missing)}", remedy="a new record gives every field", key=place)
    return merged


def _table(value: Any, place: str) -> dict[str, Any]:  # noqa: ANN401
    if not isinstance(value, dict):
        raise InputError(f"{value!r} is not a table", remedy="write it as {base = ...}", key=place)
    return value


def _known(name: str, legal: Iterable[str], place: str) -> str:
    """The name, if it is legal; otherwise an error with the nearest one."""
    names = list(legal)
    if name in names:
        return name
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(names)}"
    raise InputError(f"unknown {name!r}", remedy=hint, key=place)


def _catalogue(tables: Mapping[str, Any]) -> Catalogue:
    _refuse_contradictions(tables)
    return Catalogue(
        price_year=tables["price_year"],
        currency=tables["currency"],
        cables=tuple(
            CableType(code=code, **_with_figures(row, f"cable.{code}")) for code, row in tables["cable"].items()
        ),
        burials=tuple(
            Burial(code=code, **_with_figures(row, f"burial.{code}")) for code, row in tables["burial"].items()
        ),
        depth_classes=tuple(DepthClass(**_with_figures(row, "depth_class")) for row in tables["depth_class"]),
        sediments=tuple(
            Sediment(code=code, **_with_figures(row, f"sediment.{code}")) for code, row in tables["sediment"].items()
        ),
        rules={code: Rule(code=code, **row) for code, row in tables["rule"].items()},
        **{
            attribute: {code: _figure(row[field], f"{kind}.{code}") for code, row in tables[kind].items()}
            for kind, (attribute, field) in _SINGLE.items()
        },
    )


def _refuse_contradictions(tables: Mapping[str, Any]) -> None:
    """Records that hold no contradiction in themselves."""
    edges = [row["from_m"] for row in tables["depth_class"]]
    if edges[0] != 0 or any(deep <= shallow for shallow, deep in pairwise(edges)):
        raise InputError(f"from_m are {edges}", remedy="begin at 0 and go deeper", key="catalogue.depth_class")
    for kind, first, last in (("cable", "depth_min_m", "depth_max_m"), ("burial", "water_min_m", "water_max_m")):
        for code, row in tables[kind].items():
            if not row[first] < row[last]:
                problem = f"{first} {row[first]:g} is not less than {last} {row[last]:g}"
                raise InputError(problem, remedy="give both, the shallower first", key=f"catalogue.{kind}.{code}")
    for code, row in tables["burial"].items():
        _refuse_tool(row, tables["rate"], f"catalogue.burial.{code}")
    for code, row in tables["rule"].items():
        key, sign = f"catalogue.rule.{code}", 1 if row["sense"] == "at least" else -1
        _known(row["sense"], ("at least", "at most"), f"{key}.sense")
        if not sign * row["hard"] <= sign * row["soft"] <= sign * row["target"]:
            problem = f"hard {row['hard']:g}, soft {row['soft']:g}, target {row['target']:g} are not in order"
            raise InputError(problem, remedy="the hard limit is the farthest from the target", key=key)


def _refuse_tool(row: Mapping[str, Any], rates: Mapping[str, Any], key: str) -> None:
    """A tool that cannot be: unknown, without a price, or on a slope that is no slope in degrees."""
    _known(row["method"], get_args(Method), f"{key}.method")
    _known(row["rate"], rates, f"{key}.rate")
    slope = row["slope_max_deg"]
    if not 0 < slope <= _STEEPEST_DEG:
        degrees = math.degrees(math.atan(slope / 100.0))
        problem = f"slope_max_deg is {slope:g}, steeper than any tool works"
        raise InputError(problem, remedy=f"give degrees: {slope:g} % are {degrees:.0f} degrees", key=key)


def _with_figures(row: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: _figure(value, f"{key}.{name}") if isinstance(value, dict) else value for name, value in row.items()}


def _figure(row: Mapping[str, Any], key: str) -> Figure:
    missing = [name for name in ("low", "base", "high") if name not in row]
    if missing:
        raise InputError(f"lacks {', '.join(missing)}", remedy="give low, base and high", key=f"catalogue.{key}")
    for name in ("low", "base", "high"):
        if type(row[name]) not in (int, float) or not 0 <= row[name] < math.inf:
            problem = f"{name} is {row[name]!r}, not a number from 0"
            raise InputError(problem, remedy="correct it", key=f"catalogue.{key}")
    figure = Figure(**row)
    low, high = sorted((figure.low, figure.high))
    if not low <= figure.base <= high:
        raise InputError(
            f"low {figure.low:g}, base {figure.base:g}, high {figure.high:g} are not in order",
            remedy="give low, base and high together",
            key=f"catalogue.{key}",
        )
    return figure
