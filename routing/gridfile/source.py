"""Where a raster is, and what has to be settled about any of them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from routing import geodesy
from routing.errors import InputError, RoutingError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["RasterSource", "judging", "refuse_band", "settled_crs", "unreadable"]


@dataclass(frozen=True)
class RasterSource:
    """Where a raster is and what the file does not say about itself.

    Parameters
    ----------
    path
        GeoTIFF, NetCDF, BAG, S-102, ASCII grid, XYZ or Surfer grid on this machine.
    band
        Band number, from 1 (not for NetCDF); of points, the columns after x and y.
    variable
        Variable of a NetCDF file that holds several.
    crs
        CRS of a file that carries none; one that contradicts the file is refused.
    nodata
        Value that means missing, for a file that does not declare it.
    """

    path: Path
    band: int = 1
    variable: str | None = None
    crs: str | None = None
    nodata: float | None = None


@contextmanager
def judging(path: Path) -> Iterator[None]:
    """One error for the many by which libraries report damaged files."""
    try:
        yield
    except RoutingError:
        raise
    except (OSError, RuntimeError, ValueError, ArithmeticError) as error:
        raise unreadable(path, str(error.__cause__ or error)) from error


def refuse_band(source: RasterSource, count: int, path: Path) -> None:
    """Refuse a band that a file does not have."""
    if not 1 <= source.band <= count:
        raise InputError(f"no band {source.band}: the file has {count}", remedy="set band", file=path, key="band")


def settled_crs(found: Any, source: RasterSource, path: Path) -> str:  # noqa: ANN401  (rasterio CRS or text)
    """The one CRS that file and project agree on."""
    if not found and source.crs is None:
        raise InputError(
            "has no coordinate reference system",
            remedy='state it with crs = "EPSG:..." (EPSG:4326 for longitude and latitude)', file=path, key="crs",
        )  # fmt: skip
    if not found:
        return geodesy.parse_crs(str(source.crs)).to_string()
    text = found if isinstance(found, str) else str(found.to_wkt())
    if source.crs is not None and not geodesy.parse_crs(text).equals(
        geodesy.parse_crs(source.crs), ignore_axis_order=True
    ):
        raise InputError(
            f"is in {geodesy.parse_crs(text).name}, not {source.crs}",
            remedy="drop crs or correct it",
            file=path,
            key="crs",
        )
    return text


def unreadable(path: Path, detail: str) -> InputError:
    """The error for a file that is torn, or no raster."""
    return InputError(
        f"cannot be read as a raster ({detail.splitlines()[0]})",
        remedy="check that the file is whole and is GeoTIFF, NetCDF, BAG, S-102, ASCII grid, XYZ or Surfer grid",
        file=path,
    )
