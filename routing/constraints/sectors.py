"""National sectors: whose consent a cable needs where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from routing import grid
from routing.constraints.vectors import Area, find_doubts, place_features, read_features
from routing.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from routing.finding import Finding

__all__ = ["Sectors", "read_sectors"]


@dataclass(frozen=True)
class Sectors:
    """National sectors as polygons (routing CRS) and as one code per cell: 1 + the index, 0 for none.

    `doubts` holds what is doubtful about the file.
    """

    countries: tuple[str, ...]
    polygons: tuple[Any, ...]
    code: NDArray[np.uint8]
    doubts: tuple[Finding, ...] = ()

    def along(self, rowcol: NDArray[np.float64]) -> tuple[str | None, ...]:
        """The sector at each of a line's positions (n, 2), by nearest cell."""
        cells = np.clip(np.rint(rowcol).astype(int), 0, np.array(self.code.shape) - 1)
        codes = self.code[cells[:, 0], cells[:, 1]]
        return tuple(self.countries[code - 1] if code else None for code in codes)


def read_sectors(path: Path, cells: grid.Grid, *, attribute: str, area: Area) -> Sectors:
    """National sectors, named by an attribute of the layer.

    Raises
    ------
    InputError
        When the attribute is not in the file.
    """
    given = read_features(path)
    frame = place_features(given, crs=cells.crs, area=area)
    if attribute not in frame.columns:
        raise InputError(
            f"no attribute {attribute!r}; it has {', '.join(map(str, frame.columns.drop('geometry')))}",
            remedy="set attribute to one of them", file=path, key="sectors.attribute",
        )  # fmt: skip
    merged = frame.dissolve(by=attribute, sort=True)
    code = np.zeros(cells.shape, np.uint8)
    for number, polygon in enumerate(merged.geometry, start=1):
        code[grid.burn([polygon], cells, all_touched=False) & (code == 0)] = number
    return Sectors(tuple(map(str, merged.index)), tuple(merged.geometry), code, find_doubts(given, frame, "sectors"))
