"""The sea as a polygon and as cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from routing import grid
from routing.constraints.vectors import Area, read_layer
from routing.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["read_sea", "sea_cells", "sea_from_cells"]


def read_sea(path: Path, *, crs: str, area: Area) -> Any:  # noqa: ANN401  (a shapely geometry)
    """The sea as one polygon in `crs`, islands as holes.

    Raises
    ------
    InputError
        When the file holds no polygon that touches the area.
    """
    frame = read_layer(path, crs=crs, area=area)
    polygons = frame[frame.geometry.geom_type.isin(("Polygon", "MultiPolygon"))]
    if polygons.empty:
        raise InputError(
            f"no sea polygon touches the area {area}",
            remedy="give polygons of the sea (not of the land) that cover the area", file=path, key="coast.path",
        )  # fmt: skip
    # Halves that meet at the antimeridian are a rounding error apart.
    return polygons.union_all(grid_size=1e-3)


def sea_from_cells(wet: NDArray[np.bool_], cells: grid.Grid) -> Any:  # noqa: ANN401  (a shapely geometry)
    """The sea as a polygon along cell edges, for projects without a coastline."""
    from shapely import union_all

    return union_all([polygon for polygon, _ in grid.outlines(wet.astype(np.uint8), cells)])


def sea_cells(sea: Any, cells: grid.Grid) -> NDArray[np.bool_]:  # noqa: ANN401
    """Cells that are nothing but sea: no part of them is land."""
    from shapely import box

    left, bottom, right, top = cells.bounds
    land = box(left, bottom, right, top).difference(sea)
    return ~grid.burn([land], cells, all_touched=True)
