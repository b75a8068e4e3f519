"""A project in parts that change one by one: its tables, its figures, and the files that belong to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Address", "home_of", "join", "label_of", "split"]

#: Where a part stands: ``("layer", "Fields")``, ``("hazard", "ice")``, ``("area",)``.
Address = tuple[str, ...]

#: Lists of tables, and the key that names each.
_NAMED = {"layer": "name", "survey": "name", "existing": "id", "option": "id"}
#: Tables whose keys are parts of their own.
_BY_KEY = frozenset({"hazard", "routing", "exposure", "points_of_presence"})


def split(parameters: Mapping[str, Any], fields: Iterable[str]) -> dict[Address, Any]:
    """Parts of a project by their address, those that are not set left out.

    Parameters
    ----------
    parameters
        As the manifest holds them.
    fields
        Keys of the project that count.

    Examples
    --------
    >>> split({"layer": [{"name": "a"}], "routing": {"gap_pct": 0.5}, "title": "T"}, ("layer", "routing"))
    {('layer', 'a'): {'name': 'a'}, ('routing', 'gap_pct'): 0.5}
    """
    found = {at: value for name in fields for at, value in _of_field(name, parameters.get(name))}
    return {at: value for at, value in found.items() if value is not None}


def join(parts: Mapping[Address, Any]) -> dict[str, Any]:
    """The parameters that :func:`split` takes apart; tables of a list stand in the order of the parts.

    Examples
    --------
    >>> join({("layer", "a"): {"name": "a"}, ("catalogue", "rate", "plough"): {"base": 1.0}, ("crs",): "auto"})
    {'layer': [{'name': 'a'}], 'catalogue': {'rate': {'plough': {'base': 1.0}}}, 'crs': 'auto'}
    """
    parameters: dict[str, Any] = {}
    for at, value in parts.items():
        if at[0] in _NAMED:
            parameters.setdefault(at[0], []).append(value)
            continue
        table = parameters
        for key in at[:-1]:
            table = table.setdefault(key, {})
        table[at[-1]] = value
    return parameters


def home_of(key: str, surveys: Iterable[str]) -> tuple[Address, str]:
    """The part that an input belongs to, and which of its keys names it.

    Parameters
    ----------
    key
        Of the input, as the manifest has it.
    surveys
        Names of surveys: a file of a survey's folder has the name of the survey before its own.

    Examples
    --------
    >>> home_of("hazard.ice.path", ()), home_of("survey North/1.tif", ["North"])
    ((('hazard', 'ice'), 'path'), (('survey', 'North'), 'path'))
    """
    head, _, rest = key.partition(" ")
    if head == "survey":
        mine = [name for name in surveys if rest == name or rest.startswith(f"{name}/")]
        return ("survey", max(mine, key=len)), "path"
    if head in _NAMED:
        return (head, rest), "path"
    *table, name = key.split(".")
    return tuple(table), name


def label_of(at: Address) -> str:
    """An address as it is shown.

    Examples
    --------
    >>> label_of(("layer", "Fields")), label_of(("catalogue", "rate", "plough"))
    ('layer[Fields]', 'catalogue.rate.plough')
    """
    return f"{at[0]}[{at[1]}]" if at[0] in _NAMED else ".".join(at)


def _of_field(name: str, value: Any) -> Iterator[tuple[Address, Any]]:  # noqa: ANN401  (anything JSON can hold)
    if name in _NAMED:
        yield from (((name, str(each[_NAMED[name]])), each) for each in value or ())
    elif name == "catalogue":
        for kind, records in (value or {}).items():
            if isinstance(records, Mapping):
                yield from (((name, kind, code), record) for code, record in records.items())
            else:
                yield (name, kind), records
    elif name in _BY_KEY:
        yield from (((name, key), each) for key, each in (value or {}).items())
    else:
        yield (name,), value
