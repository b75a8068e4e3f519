"""Vector layers with a meaning: what they do to a cable, and how far around them."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from routing import geodesy
from routing.constraints.presets import ASSETS
from routing.constraints.vectors import Area, find_doubts, place_features, read_features, widened
from routing.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from geopandas import GeoDataFrame
    from numpy.typing import ArrayLike, NDArray

    from routing.finding import Finding

__all__ = ["Carries", "CrossingRule", "Layer", "LayerKind", "LayerSource", "load_layer"]

LayerKind = Literal["exclude", "avoid", "cable", "pipeline", "shipping", "show"]
Carries = Literal["telecom", "power", "pipeline", "out-of-service"]

#: Segments of a quarter circle of a stand-off, which is cut 0.1 % short between them.
_ROUNDNESS = 32
_STAND_OFF = "stand off, m"


@dataclass(frozen=True)
class CrossingRule:
    """How a cable may cross an asset, and run beside it.

    Attributes
    ----------
    carries
        What the asset is, which sets its price in the catalogue.
    toll_usd
        Price of a crossing, before indirect cost; None: the catalogue's.
    min_angle_deg
        A crossing at a smaller angle is refused.
    separation_depths, separation_floor_m
        Distance of a parallel route: this many water depths, at least the floor.

    Notes
    -----
    "As close to 90 degrees as possible, not below 45": ICPC Recommendation 2 as
    quoted by second hands, so default, editable.
    """

    carries: Carries
    toll_usd: float | None = None
    min_angle_deg: float = 45.0
    separation_depths: float = 3.0
    separation_floor_m: float = 500.0

    @classmethod
    def usual(
        cls, carries: Carries, *, toll_usd: float | None, min_angle_deg: float, separation: tuple[float | None, ...]
    ) -> CrossingRule:
        """The rule for what an asset carries; a `separation` (depths, floor in metres) of None is the usual one.

        Examples
        --------
        >>> rule = CrossingRule.usual("pipeline", toll_usd=None, min_angle_deg=45.0, separation=(None, 800.0))
        >>> rule.separation_depths, rule.separation_floor_m
        (0.0, 800.0)
        """
        depths, floor_m = (u if own is None else own for own, u in zip(separation, ASSETS[carries], strict=True))
        return cls(carries, toll_usd, min_angle_deg, depths, floor_m)

    def separation_m(self, depth_m: ArrayLike) -> NDArray[np.float64]:
        """Distance that a parallel route keeps in water of a depth; unknown depth counts as none."""
        depth = np.nan_to_num(np.asarray(depth_m, float))
        return np.asarray(np.maximum(self.separation_depths * depth, self.separation_floor_m))


@dataclass(frozen=True)
class LayerSource:
    """Where a vector layer is and what it means.

    Attributes
    ----------
    name
        What it is called in reports.
    path
        A vector file, or csv with columns lon and lat.
    kind
        ``"exclude"``: no cable inside; ``"avoid"``: dearer inside; ``"cable"``, ``"pipeline"``:
        lines to cross by a rule; ``"shipping"``: more anchors inside; ``"show"``: drawn, with no effect.
    reason
        Why a cable is kept out, shown to the user.
    buffer_m
        Stand-off around each feature.
    buffer_field
        Attribute with each feature's own stand-off, km; added to `buffer_m`.
    label_field
        Attribute that names each feature.
    owner_field
        Attribute that says whose each feature is.
    avoid_usd_per_m
        Price of a metre inside (``"avoid"``) and at the inner edge of the fade.
    fade_m
        Distance beyond the stand-off over which that price falls linearly to nothing.
    importance
        An exclusion with one is given up where nothing else is feasible, 1 before 2; None: never.
    crossing
        Rule of an asset; None for other kinds.
    """

    name: str
    path: Path
    kind: LayerKind
    reason: str
    buffer_m: float = 0.0
    buffer_field: str | None = None
    label_field: str | None = None
    owner_field: str | None = None
    avoid_usd_per_m: float = 0.0
    fade_m: float = 0.0
    importance: int | None = None
    crossing: CrossingRule | None = None


@dataclass(frozen=True)
class Layer:
    """A vector layer in the routing CRS.

    Attributes
    ----------
    source
        Where it comes from and what it means.
    features
        Geometries as drawn.
    zones
        The same, widened by their stand-off.
    labels
        One name a feature.
    doubts
        What is doubtful about the file.
    owners
        Whose each feature is; empty where nothing says so.
    """

    source: LayerSource
    features: tuple[Any, ...]
    zones: tuple[Any, ...]
    labels: tuple[str, ...]
    doubts: tuple[Finding, ...] = ()
    owners: tuple[str, ...] = ()


def load_layer(source: LayerSource, *, crs: str, area: Area) -> Layer:
    """Read a layer and widen its features by their stand-off.

    Raises
    ------
    InputError
        When the file, or the attribute that holds the stand-off or the label, does not fit,
        or an asset is no line.
    """
    given = read_features(source.path)
    for key in ("buffer_field", "label_field", "owner_field"):
        _refuse_missing(getattr(source, key), given, source.path, key)
    frame = given.assign(**{_STAND_OFF: _stand_off_m(source, given)})
    reach_m = source.fade_m + (float(frame[_STAND_OFF].max()) if len(frame) else 0.0)
    frame = place_features(frame, crs=crs, area=widened(area, reach_m))
    if source.crossing is not None:
        _refuse_other_than_lines(frame, source)
    zones = tuple(
        zone_around(shape, metres, crs) for shape, metres in zip(frame.geometry, frame[_STAND_OFF], strict=True)
    )
    labels = frame[source.label_field].astype(str) if source.label_field else [source.name] * len(frame)
    owners = frame[source.owner_field].fillna("").astype(str) if source.owner_field else ()
    doubts = find_doubts(given, frame, source.name)
    return Layer(source, tuple(frame.geometry), zones, tuple(labels), doubts, tuple(owners))


def zone_around(shape: Any, stand_off_m: float, crs: str) -> Any:  # noqa: ANN401
    """A feature with its stand-off, which is metres on Earth: the map's scale there widens it."""
    if stand_off_m == 0:
        return shape
    left, bottom, right, top = shape.bounds
    projection = geodesy.Projection(crs)
    corners = [(x, y) for x in (left, 0.5 * (left + right), right) for y in (bottom, 0.5 * (bottom + top), top)]
    scale = float(projection.scale(projection.inverse(corners)).max())
    return shape.buffer(stand_off_m * scale, quad_segs=_ROUNDNESS).union(shape)


def _refuse_missing(name: str | None, frame: GeoDataFrame, path: Path, key: str) -> None:
    columns = [str(column) for column in frame.columns if column != frame.geometry.name]
    if name is None or name in columns:
        return
    near = difflib.get_close_matches(name, columns, n=1)
    hint = f": did you mean {near[0]!r}?" if near else f", it has {', '.join(columns) or 'none'}"
    raise InputError(f"no attribute {name!r}", remedy=f"correct {key}{hint}", file=path, key=key)


def _refuse_other_than_lines(frame: GeoDataFrame, source: LayerSource) -> None:
    for number, kind in enumerate(frame.geometry.geom_type, start=1):
        if kind not in ("LineString", "MultiLineString"):
            raise InputError(
                f"feature {number} is a {kind}, but a {source.kind} is a line",
                remedy='give lines, or set kind = "exclude"', file=source.path, key=f"layer {source.name}",
            )  # fmt: skip


def _stand_off_m(source: LayerSource, frame: GeoDataFrame) -> NDArray[np.float64]:
    """Stand-off of each feature, metres on Earth."""
    import pandas as pd

    if source.buffer_field is None:
        return np.full(len(frame), source.buffer_m)
    own_km = pd.to_numeric(frame[source.buffer_field], errors="coerce").to_numpy(float)
    wrong = ~(np.isfinite(own_km) & (own_km >= 0))
    if wrong.any():
        value = frame[source.buffer_field].iloc[int(np.argmax(wrong))]
        problem = f"{source.buffer_field} of feature {int(np.argmax(wrong)) + 1} is {value!r}, not a distance in km"
        raise InputError(problem, remedy="give 0 or more", file=source.path, key=source.buffer_field)
    return np.asarray(source.buffer_m + 1000.0 * own_km)
