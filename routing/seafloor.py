"""What a project's files say of the sea floor, its hazards and its use, read and checked."""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from routing import constraints, geodesy, hazards, seabed
from routing.errors import InputError
from routing.gridfile import RasterSource
from routing.hazards import Zoned, classify
from routing.hazards.shaking import Recurrence
from routing.seabed.resampling import codes_on_grid
from routing.seabed.substrate import RULES, burn_classes, lay_substrate, sediment_of_codes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from routing.catalogue import Catalogue
    from routing.constraints import Layer
    from routing.landing import Retreat
    from routing.project import Project
    from routing.results import Loaded

    _Figures = Mapping[str, hazards.Rated]

__all__ = [
    "describe_seafloor",
    "doubts",
    "named_files",
    "naming",
    "read_facts",
    "read_hazards",
    "read_use",
    "water_levels",
]

_YEAR_DAYS = 365.2425
#: Share of contradicting cells from which it is a warning: one in twenty is what 95 % allows.
_FEW = 0.05
#: Sources of depths before the surveys: none, bathymetry, least depth.
_OWN_SOURCES = 3


@contextmanager
def naming(project: Project, key: str) -> Iterator[None]:
    """Name the project file and the key in an error that names none."""
    try:
        yield
    except InputError as error:
        file = project.origin if error.file is None else error.file
        raise InputError(error.problem, remedy=error.remedy, file=file, key=error.key or key) from error


def named_files(project: Project) -> dict[str, Path]:
    """Files that tell of the sea floor, by the key that names them."""
    files = {"substrate.path": project.substrate.path}
    for name in type(project.hazard).model_fields:
        files[f"hazard.{name}.path"] = getattr(getattr(project.hazard, name), "path", None)
    return {key: path for key, path in files.items() if path is not None}


def water_levels(project: Project) -> seabed.WaterLevels:
    """Water levels today and at the end of life; a project that does not say keeps its level."""
    end = project.end_of_life
    if end is None:
        return seabed.WaterLevels.constant(project.water_level_m)
    with naming(project, "end_of_life"):
        return seabed.WaterLevels(project.water_level_m, end.low_m, end.base_m, end.high_m, end.year)


def read_facts(project: Project, depths: seabed.Depths) -> seabed.SeabedFacts:
    """Everything that the project knows of the sea floor.

    Parameters
    ----------
    project
        The project.
    depths
        Water depth on the routing grid, and how far it may be off.

    Raises
    ------
    InputError
        When a file, a class or a code does not fit.
    """
    measured, table = depths.seabed, project.substrate
    with naming(project, "substrate"):
        substrate = lay_substrate(
            measured.depth_m,
            measured.grid,
            otherwise=project.exposure.sediment,
            mapped=None if table.path is None else _mapped(project, project.file(table.path), measured),
            rules=RULES[table.rules] if table.rules else (),
        )
    return seabed.gather_facts(
        measured,
        levels=water_levels(project),
        substrate=substrate,
        sigma_m=depths.sigma_m,
        stated=depths.stated,
    )


def read_hazards(
    project: Project,
    facts: seabed.SeabedFacts,
    *,
    rates: Mapping[str, hazards.Rated] = hazards.RATES,
    level: hazards.Level = "base",
) -> hazards.HazardMap:
    """Faults on every cell by the hazards that the project switches on.

    Parameters
    ----------
    project
        The project.
    facts
        The sea floor.
    rates
        Figures by hazard, as in :data:`routing.hazards.RATES`; hazards that it leaves out keep theirs.
    level
        Level of the figures.

    Raises
    ------
    InputError
        When a layer does not fit.
    """
    found, figures = [], {**hazards.RATES, **rates}
    for name, make in _MAKERS.items():
        table = getattr(project.hazard, name)
        if table is not None and table.enabled:
            with naming(project, f"hazard.{name}"):
                found.append(make(project, table, facts, figures))
    return hazards.judge_hazards(facts, found, level=level)


def read_use(
    project: Project, facts: seabed.SeabedFacts, catalogue: Catalogue, layers: tuple[Layer, ...]
) -> hazards.SeaUse:
    """Shipping and fishing class of every cell, as indices into the catalogue's lists.

    Raises
    ------
    InputError
        When a class is unknown or a layer does not fit.
    """
    lanes = [zone for layer in layers if layer.source.kind == "shipping" for zone in layer.zones]
    ships = [Zoned(zone, project.exposure.lane) for zone in lanes]
    ships += _zoned(project, "shipping", facts)
    table = project.hazard.fishing
    shallow = (table.nearshore, table.nearshore_depth_m) if table and table.enabled and table.nearshore else None
    with naming(project, "hazard.shipping"):
        shipping = classify(facts, catalogue.codes("shipping"), otherwise=project.exposure.shipping, zones=ships)
    with naming(project, "hazard.fishing"):
        fishing = classify(
            facts,
            catalogue.codes("fishing"),
            otherwise=project.exposure.fishing,
            zones=_zoned(project, "fishing", facts),
            nearshore=shallow,
        )
    return hazards.SeaUse(shipping, fishing)


def doubts(loaded: Loaded) -> list[dict[str, str]]:
    """What is doubtful about the sea floor and its landings, as findings.

    A landing that runs dry is a warning where the bathymetry sees its shore and the sea goes farther than a cell, and
    information otherwise.
    """
    found = [("seabed-note", "info", note) for note in loaded.facts.notes]
    found += [("hazard-note", "info", f"{name}: {note}") for name, note in loaded.hazards.notes.items()]
    surveys = [_surveyed(conflict, loaded) for conflict in loaded.conflicts]
    found += [
        ("survey-silent", "warning", f"{each['name']} sounds no cell of the sea in the area")
        for each in surveys
        if not each["cells"]
    ]
    found += [
        (
            "survey-conflict",
            "warning" if each["conflicting_cells"] > _FEW * each["compared_cells"] else "info",
            _contradiction(each),
        )
        for each in surveys
        if each["conflicting_cells"]
    ]
    end = loaded.project.end_of_life
    found += [
        ("landing-dry", "warning" if _is_certain(retreat, loaded) else "info", _told(retreat, loaded, end.year))
        for retreat in loaded.retreats
        if end and retreat.runs_dry
    ]
    return [{"rule": rule, "severity": severity, "message": message} for rule, severity, message in found]


def describe_seafloor(loaded: Loaded) -> dict[str, Any]:
    """Numbers of the sea floor for the summary."""
    facts, sea = loaded.facts, loaded.facts.sea
    counts = {name: int(np.count_nonzero(layer)) for name, layer in loaded.hazards.layers.items()}
    return {
        "substrate_shares": {name: round(share, 4) for name, share in facts.substrate.shares(sea).items()},
        "hazard_cells": counts,
        "depth_uncertainty": {
            "median_sigma_m": round(float(np.median(facts.sigma_m[sea])), 2),
            "stated_share": round(float(facts.stated[sea].mean()), 4),
        },
        "surveys": [_surveyed(conflict, loaded) for conflict in loaded.conflicts],
        "retreats": [
            {
                "landing": retreat.site.landing.id,
                "low_m": _metres(retreat.low_m),
                "base_m": _metres(retreat.base_m),
                "high_m": _metres(retreat.high_m),
                "is_seen": retreat.is_seen,
            }
            for retreat in loaded.retreats
        ],
    }


def _surveyed(conflict: seabed.Conflict, loaded: Loaded) -> dict[str, Any]:
    """One survey: where it counts, and where it contradicts what it is laid over."""
    code = loaded.seabed.sources.index(conflict.survey, _OWN_SOURCES)
    place = None
    if conflict.place is not None:
        place = geodesy.transform_points(loaded.grid.to_xy([conflict.place]), loaded.grid.crs, geodesy.WGS84)[
            0
        ].tolist()
    return {
        "name": conflict.survey,
        "cells": int(np.count_nonzero(loaded.seabed.source == code)),
        "compared_cells": conflict.cells,
        "conflicting_cells": conflict.conflicts,
        "median_deeper_m": _metres(conflict.median_m),
        "most_deeper_m": _metres(conflict.most_m),
        "most_lonlat": place and [round(value, 5) for value in place],
    }


def _contradiction(survey: dict[str, Any]) -> str:
    lon, lat = survey["most_lonlat"]
    return (
        f"{survey['name']} differs from what it is laid over by more than both uncertainties (95 %) on "
        f"{survey['conflicting_cells']} of {survey['compared_cells']} cells; most at {lon:.4f}, {lat:.4f}: "
        f"{survey['most_deeper_m']:+.1f} m; median {survey['median_deeper_m']:+.1f} m (positive: deeper)"
    )


def _metres(value: float) -> float | None:
    return round(value, 1) if np.isfinite(value) else None


def _is_certain(retreat: Retreat, loaded: Loaded) -> bool:
    """Whether a retreat is seen by the bathymetry and farther than the cells can tell."""
    return retreat.is_seen and not retreat.base_m <= max(loaded.grid.dx, loaded.grid.dy)


def _told(retreat: Retreat, loaded: Loaded, year: int) -> str:
    name = retreat.site.landing.name
    if np.isnan(retreat.base_m):
        return f"{name} has no water left by {year}"
    spread = f"{retreat.base_m / 1000:.1f} km ({retreat.high_m / 1000:.1f} to {retreat.low_m / 1000:.1f} km)"
    if _is_certain(retreat, loaded):
        return f"{name} runs dry by {year}: the sea retreats {spread}"
    blur = "no more than a cell" if retreat.is_seen else "on bathymetry too coarse to see this shore"
    return f"{name} may run dry by {year}: the sea retreats {spread}, {blur}"


def _mapped(project: Project, path: Path, measured: seabed.Seabed) -> NDArray[np.uint8]:
    table = project.substrate
    if table.classes:
        source = RasterSource(path, table.band, None, table.crs, table.nodata)
        codes = codes_on_grid(source, measured.grid, area=project.area)
        return sediment_of_codes(codes, {int(code): name for code, name in table.classes.items()})
    frame = _features(project, path, measured.grid)
    names = _column(frame, str(table.attribute), path)
    with_file = zip(frame.geometry, map(str, names), strict=True)
    try:
        return burn_classes(with_file, measured.grid)
    except InputError as error:
        raise InputError(error.problem, remedy=error.remedy, file=path, key=table.attribute) from error


def _features(project: Project, path: Path, grid: Any) -> Any:  # noqa: ANN401  (a GeoDataFrame)
    """Features of a layer that must have some in or near the area."""
    frame = constraints.read_layer(path, crs=grid.crs, area=project.area)
    if frame.empty:
        raise InputError(
            f"holds no feature in or near the area {project.area}",
            remedy="check the file and its CRS, or take the key out",
            file=path,
        )
    return frame


def _column(frame: Any, name: str, path: Path) -> Any:  # noqa: ANN401
    if name not in frame.columns:
        legal = ", ".join(map(str, frame.columns.drop("geometry")))
        raise InputError(f"no attribute {name!r}; it has {legal}", remedy="name one of them", file=path, key=name)
    return frame[name]


def _zoned(project: Project, name: str, facts: seabed.SeabedFacts) -> list[Zoned]:
    table = getattr(project.hazard, name)
    if table is None or not table.enabled or table.path is None:
        return []
    path = project.file(table.path)
    with naming(project, f"hazard.{name}"):
        frame = _features(project, path, facts.grid)
        codes = _column(frame, table.attribute, path)
        buffer_m = getattr(table, "buffer_m", 0.0)
        return [Zoned(shape, str(code), buffer_m) for shape, code in zip(frame.geometry, codes, strict=True)]


def _shapes(project: Project, table: Any, facts: seabed.SeabedFacts) -> tuple[Any, ...]:  # noqa: ANN401
    if table.path is None:
        return ()
    return tuple(_features(project, project.file(table.path), facts.grid).geometry)


def _ice(project: Project, table: Any, facts: seabed.SeabedFacts, figures: _Figures) -> hazards.Hazard:  # noqa: ANN401
    return hazards.IceGouge(
        _shapes(project, table, facts),
        north_of_deg=table.north_of_deg,
        least_m=table.least_m,
        most_m=table.most_m,
        weight=table.weight,
        rate=figures["ice-gouge"],
    )


def _mud_volcanoes(project: Project, table: Any, facts: seabed.SeabedFacts, figures: _Figures) -> hazards.Hazard:  # noqa: ANN401
    return hazards.MudVolcanoes(
        _shapes(project, table, facts),
        near_m=table.near_m,
        far_m=table.far_m,
        weight=table.weight,
        near=figures["mud-volcano-near"],
        far=figures["mud-volcano-far"],
    )


def _faults(project: Project, table: Any, facts: seabed.SeabedFacts, figures: _Figures) -> hazards.Hazard:  # noqa: ANN401
    traces, rate = _shapes(project, table, facts), figures["fault-crossing"]
    return hazards.ActiveFaults(traces, width_m=table.width_m, weight=table.weight, per_crossing=rate)


def _slopes(project: Project, table: Any, facts: seabed.SeabedFacts, figures: _Figures) -> hazards.Hazard:  # noqa: ANN401
    slides, rate = _shapes(project, table, facts), figures["slope"]
    return hazards.UnstableSlopes(slides, steeper_than_deg=table.steeper_than_deg, weight=table.weight, rate=rate)


def _surf(_: Project, table: Any, __: seabed.SeabedFacts, figures: _Figures) -> hazards.Hazard:  # noqa: ANN401
    return hazards.Surf(table.breaker_depth_m, table.weight, figures["surf"])


def _abrasion(_: Project, table: Any, __: seabed.SeabedFacts, figures: _Figures) -> hazards.Hazard:  # noqa: ANN401
    return hazards.Abrasion(table.weight, figures["abrasion"])


def _shaking(project: Project, table: Any, facts: seabed.SeabedFacts, figures: _Figures) -> hazards.Hazard:  # noqa: ANN401
    path = project.file(table.path)
    frame = _features(project, path, facts.grid)
    magnitude = np.array([_number(text, path) for text in _column(frame, table.magnitude_field, path)])
    days = [_day(text, path) for text in _column(frame, table.time_field, path)]
    counts = (magnitude >= table.complete_from) & [table.since <= day < table.until for day in days]
    years = (table.until - table.since).days / _YEAR_DAYS
    return hazards.StrongShaking(
        np.array([point.centroid.coords[0] for point in frame.geometry[counts]]).reshape(-1, 2),
        Recurrence(table.complete_from, years, b=table.b),
        site=table.site,
        threshold_g=table.threshold_g,
        weight=table.weight,
        rate=figures["shaking"],
    )


def _number(text: Any, path: Path) -> float:  # noqa: ANN401
    try:
        return float(text)
    except (TypeError, ValueError):
        problem = f"magnitude {text!r} is not a number"
        raise InputError(problem, remedy="correct it", file=path, key="magnitude") from None


def _day(text: Any, path: Path) -> dt.date:  # noqa: ANN401
    try:
        return dt.date.fromisoformat(str(text)[:10])
    except ValueError:
        problem = f"time {text!r} is not a date"
        raise InputError(problem, remedy="write it as 2000-11-25", file=path, key="time") from None


_MAKERS = {
    "ice": _ice,
    "mud_volcano": _mud_volcanoes,
    "fault": _faults,
    "shaking": _shaking,
    "slope": _slopes,
    "surf": _surf,
    "abrasion": _abrasion,
}
