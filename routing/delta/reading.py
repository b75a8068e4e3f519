"""What a comparison takes from a run's files, judged on reading."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from routing.delta.records import RunName
from routing.errors import InputError, RoutingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from routing.export import RunFiles

__all__ = [
    "JunctionRecord",
    "LinkRecord",
    "OptionRecord",
    "RunRecord",
    "SectionRecord",
    "planned_record",
    "read_record",
]

#: Figures of a link: name, unit, and where the summary holds it.
_LINK_FIGURES = (
    ("route", "km", ("route_km",)),
    ("cable", "km", ("cable_km",)),
    ("buried", "km", ("buried_km",)),
    ("greatest depth", "m", ("max_depth_m",)),
    ("alter courses", "", ("alter_courses",)),
    ("expected faults", "a year", ("risk", "expected_faults_per_year")),
    ("route-dependent cost", "USD", ("cost", "route_dependent_usd")),
    ("gap to the proven bound", "%", ("gap_pct",)),
)
_OPTION_FIGURES = (
    ("rank", "", ("rank",)),
    ("total cost", "USD", ("cost", "total_usd")),
    ("total cost, low", "USD", ("cost", "low_usd")),
    ("total cost, high", "USD", ("cost", "high_usd")),
    ("capital cost", "USD", ("cost", "capital_usd")),
    ("present value of repairs", "USD", ("risk", "present_value_usd")),
    ("expected faults", "a year", ("risk", "expected_faults_per_year")),
    ("gap to the proven bound", "%", ("gap_pct",)),
)

#: Figures by name, with their unit.
Figures = dict[tuple[str, str], float | None]


@dataclass(frozen=True)
class SectionRecord:
    """A stretch built in one way, KP in km."""

    from_km: float
    to_km: float
    built: str


@dataclass(frozen=True, eq=False)
class LinkRecord:
    """A link as its run describes it.

    Attributes
    ----------
    id, name
        Of its segment.
    ends, groups
        Ids of its ends, and the countries of those that are landings.
    line
        Its route (n, 2), (lon, lat) degrees.
    sections
        How it is built.
    figures, items
        Numbers by name and unit; route-dependent cost by item.
    crossings
        What it crosses.
    is_turned
        Whether it stands here from its other end.
    """

    id: str
    name: str
    ends: tuple[str, str]
    groups: tuple[str, str]
    line: NDArray[np.float64]
    sections: tuple[SectionRecord, ...]
    figures: Figures
    items: dict[str, float]
    crossings: tuple[str, ...]
    is_turned: bool = False

    def turned(self) -> LinkRecord:
        """The same link from its other end."""
        end_km = self.sections[-1].to_km if self.sections else 0.0
        sections = tuple(
            SectionRecord(end_km - each.to_km, end_km - each.from_km, each.built) for each in reversed(self.sections)
        )
        return replace(
            self,
            ends=self.ends[::-1],
            groups=self.groups[::-1],
            line=self.line[::-1].copy(),
            sections=sections,
            is_turned=not self.is_turned,
        )


@dataclass(frozen=True)
class JunctionRecord:
    """A branching unit as its run describes it."""

    id: str
    name: str
    place: tuple[float, float]
    depth_m: float | None
    degree: int


@dataclass(frozen=True)
class OptionRecord:
    """An option as its run describes it; the names of fixed items start with ``"fixed: "``."""

    id: str
    name: str
    figures: Figures
    items: dict[str, float]
    links: tuple[LinkRecord, ...]
    junctions: tuple[JunctionRecord, ...]


@dataclass(frozen=True)
class RunRecord:
    """A run as its files describe it; `infeasible` holds the message of every option without an answer."""

    name: RunName
    crs: str
    currency: str
    price_year: int
    resolution_m: float
    inputs: Mapping[str, Any]
    parameters: Mapping[str, Any]
    versions: Mapping[str, Any]
    options: tuple[OptionRecord, ...]
    infeasible: dict[str, str]


def read_record(run: RunFiles) -> RunRecord:
    """What a comparison needs of a run.

    Raises
    ------
    InputError
        When a file lacks it, or holds something else in its place.
    """
    try:
        # What cannot be written again (not a number, half a character) would stop the comparison at its end.
        json.dumps([run.summary, run.manifest], allow_nan=False, ensure_ascii=False).encode()
        return _run(run.summary, run.manifest, _lines(run) if run.options else {})
    except RoutingError:
        raise
    except (NotImplementedError, KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise InputError(
            f"does not say what a comparison needs ({type(error).__name__}: {error})",
            remedy="run the project again with this version",
            file=run.folder,
        ) from error


def planned_record(summary: Mapping[str, Any], lines: Mapping[str, NDArray[np.float64]]) -> RunRecord:
    """The same of a plan that has no files, from its summary and the routes of its segments."""
    # What it was made of is not asked of it.
    return _run(summary, {"run_key": "", "inputs": {}, "parameters": {}, "versions": {}}, lines)


def _run(
    summary: Mapping[str, Any], manifest: Mapping[str, Any], lines: Mapping[str, NDArray[np.float64]]
) -> RunRecord:
    project, title, revision, date = (str(summary[key]) for key in ("project", "title", "revision", "date"))
    name = RunName(project, title, revision, date, run_key=str(manifest["run_key"]))
    return RunRecord(
        name=name,
        crs=str(summary["crs"]),
        currency=str(summary["currency"]),
        price_year=int(summary["price_year"]),
        resolution_m=_known(summary["resolution_m"]),
        inputs=dict(manifest["inputs"]),
        parameters=dict(manifest["parameters"]),
        versions=dict(manifest["versions"]),
        options=tuple(_option(table, lines) for table in summary["options"]),
        infeasible={str(each["option"]): str(each["message"]) for each in summary["infeasible"]},
    )


def _lines(run: RunFiles) -> dict[str, NDArray[np.float64]]:
    """The route of every segment."""
    frame = run.layers(None)["routes"]
    found = {}
    for segment, shape in zip(frame["segment"], frame.geometry, strict=True):
        line = np.array(shape.coords, float)[:, :2] if shape is not None else np.empty((0, 2))
        if len(line) < 2 or not np.isfinite(line).all() or np.abs(line[:, 1]).max() > 90.0:
            raise InputError("is no route", remedy="run the project again", file=run.folder, key=f"segment {segment}")
        found[str(segment)] = line
    return found


def _option(table: Mapping[str, Any], lines: Mapping[str, NDArray[np.float64]]) -> OptionRecord:
    cost, countries = table["cost"], {each["id"]: str(each["country"]) for each in table["landings"]}
    fixed = {f"fixed: {name}": usd for name, usd in cost["fixed_items"].items()}
    return OptionRecord(
        id=str(table["id"]),
        name=str(table["name"]),
        figures=_figures(table, _OPTION_FIGURES),
        items=_money({**cost["items"], **fixed}),
        links=tuple(_link(link, countries, lines) for link in table["links"]),
        junctions=tuple(_junction(each) for each in table["branching_units"]),
    )


def _link(
    table: Mapping[str, Any], countries: Mapping[str, str], lines: Mapping[str, NDArray[np.float64]]
) -> LinkRecord:
    ends = (str(table["from_id"]), str(table["to_id"]))
    figures = _figures(table, _LINK_FIGURES)
    for code, km in sorted(table["cable_by_type_km"].items()):
        figures[f"cable {code}", "km"] = _number(km)
    figures["crossings", ""] = len(table["crossings"])
    return LinkRecord(
        id=str(table["id"]),
        name=f"{table['from']} to {table['to']}",
        ends=ends,
        groups=(countries.get(ends[0], ""), countries.get(ends[1], "")),
        line=lines[table["id"]],
        sections=tuple(_section(each) for each in table["sections"]),
        figures=figures,
        items=_money({name: usd for name, usd in table["cost"].items() if not name.endswith("_usd")}),
        crossings=tuple(str(each["asset"]) for each in table["crossings"]),
    )


def _section(table: Mapping[str, Any]) -> SectionRecord:
    burial_m = _known(table["burial_m"])
    built = [str(table["cable_type"]), str(table["protection"]), *([f"{burial_m:.1f} m"] if burial_m else [])]
    return SectionRecord(_known(table["from_kp_km"]), _known(table["to_kp_km"]), ", ".join(built))


def _junction(table: Mapping[str, Any]) -> JunctionRecord:
    place = (_known(table["lon"]), _known(table["lat"]))
    return JunctionRecord(
        str(table["id"]), str(table["name"]), place, _number(table["depth_m"]), int(_known(table["degree"]))
    )


def _figures(table: Mapping[str, Any], wanted: tuple[tuple[str, str, tuple[str, ...]], ...]) -> Figures:
    found: Figures = {}
    for name, unit, path in wanted:
        value: Any = table
        for key in path:
            value = value[key]
        found[name, unit] = _number(value)
    return found


def _money(items: Mapping[str, Any]) -> dict[str, float]:
    return {str(name): _known(usd) for name, usd in items.items()}


def _number(value: object) -> float | None:
    return None if value is None else _known(value)


def _known(value: object) -> float:
    """A number, or an error: a table from elsewhere may hold anything."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError(f"{value!r:.40} is no number")
    return value
