"""Rasters as tiled GeoTIFF, the same way every time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from routing.grid import Grid

__all__ = ["write_geotiff"]


def write_geotiff(
    path: Path,
    bands: Mapping[str, NDArray[Any]],
    grid: Grid,
    *,
    nodata: float | None,
    tags: Mapping[str, str] | None = None,
) -> None:
    """Write bands of one dtype as a tiled, deflated GeoTIFF; same input, same bytes.

    Parameters
    ----------
    path
        File to write; its folder must exist.
    bands
        Arrays of the grid's shape and of one dtype, by the name of their band.
    grid
        Where the cells are.
    nodata
        Value that means missing, or None.
    tags
        Metadata of the file.
    """
    import rasterio

    dtype = next(iter(bands.values())).dtype
    # Prices repeat: without a predictor that takes their numbers apart, files are half as large.
    profile = {
        "driver": "GTiff", "height": grid.rows, "width": grid.cols, "count": len(bands), "dtype": dtype,
        "crs": grid.crs, "transform": grid.transform, "nodata": nodata, "compress": "deflate", "tiled": True,
        "blockxsize": 256, "blockysize": 256, "predictor": 1 if dtype.kind == "f" else 2, "interleave": "band",
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as file:
        for number, (name, band) in enumerate(bands.items(), start=1):
            file.write(band, number)
            file.set_band_description(number, name)
        file.update_tags(**dict(tags or {}))
