"""A project made again from what a run's manifest holds of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from routing.project.depths import SurveyTable
from routing.project.options import OptionTable
from routing.project.tables import LayerTable, RoutingTable, checked_project

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from routing.project.tables import Project
    from routing.project.values import Table

__all__ = ["rebuild_project"]

#: What a layer keeps though it is the default: without it the kind of the layer says otherwise.
_ALWAYS_STATED = ("style",)


def rebuild_project(
    parameters: Mapping[str, Any], *, origin: Path, deliveries: Mapping[str, tuple[Path, ...]]
) -> Project:
    """A project from what a manifest holds of one, its paths judged by whoever put them there.

    Parameters
    ----------
    parameters
        Its values, defaults included.
    origin
        The file that relative paths are meant from.
    deliveries
        Rasters of each survey whose folder is not to be looked into.

    Raises
    ------
    InputError
        When this version knows no such project.
    """
    table = dict(parameters)
    for key, kind in (("layer", LayerTable), ("option", OptionTable), ("survey", SurveyTable)):
        table[key] = [_as_stated(kind, each) for each in table.get(key) or ()]
    table["routing"] = _as_stated(RoutingTable, table.get("routing") or {})
    given = {"allow_outside": True, "deliveries": dict(deliveries)}
    return checked_project(table, origin).model_copy(update=given)


def _as_stated(kind: type[Table], values: Mapping[str, Any]) -> dict[str, Any]:
    """A table without what is default in it: some keys mean nothing, and are refused, beside others that are given.

    The figures of a preset stand in it already; the style does not follow from them.
    """
    optional = {name: field for name, field in kind.model_fields.items() if not field.is_required()}
    defaults = {name: field.get_default(call_default_factory=True) for name, field in optional.items()}
    usual = TypeAdapter(dict[str, Any]).dump_python(defaults, mode="json")
    return {
        key: value
        for key, value in values.items()
        if key != "preset" and (key in _ALWAYS_STATED or key not in usual or value != usual[key])
    }
