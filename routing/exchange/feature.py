"""A layer's rows as plain features, without the data frame's own kinds of absence."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from geopandas import GeoDataFrame

__all__ = ["Feature", "features"]

Value = str | int | float | bool | None


@dataclass(frozen=True)
class Feature:
    """One row of a layer.

    Attributes
    ----------
    values
        Fields by name, in the order of the layer; absent is None.
    shape
        A shapely geometry, (lon, lat) in degrees.
    """

    values: Mapping[str, Value]
    shape: Any

    def text(self, name: str) -> str:
        """A field as text; empty when it is absent."""
        value = self.values.get(name)
        return "" if value is None else str(value)


def features(frame: GeoDataFrame) -> Iterator[Feature]:
    """Every row of a layer, in order.

    Examples
    --------
    >>> import geopandas, shapely
    >>> frame = geopandas.GeoDataFrame({"name": ["a"], "depth_m": [float("nan")]}, geometry=[shapely.Point(50, 41)])
    >>> [dict(feature.values) for feature in features(frame)]
    [{'name': 'a', 'depth_m': None}]
    """
    names = [name for name in frame.columns if name != "geometry"]
    columns = [frame[name].tolist() for name in names]
    for shape, *row in zip(frame.geometry, *columns, strict=True):
        yield Feature({name: _present(value) for name, value in zip(names, row, strict=True)}, shape)


def _present(value: Any) -> Value:  # noqa: ANN401  (whatever a data frame holds)
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value if isinstance(value, str | int | float | bool) else str(value)
