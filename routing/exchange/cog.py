"""A raster as a cloud-optimized GeoTIFF: overviews and tiles in the order in which a map asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["write_cog"]


def write_cog(source: Path, path: Path) -> None:
    """Write a GeoTIFF again as a cloud-optimized one; same input, same bytes.

    Parameters
    ----------
    source
        A GeoTIFF; bands, names, tags, nodata and CRS are kept.
    path
        File to write.

    Notes
    -----
    Deflate, tiles of 256. Overviews take the nearest cell: bands of codes stay codes, and no price is shown that no
    cell has.
    """
    from rasterio import shutil

    shutil.copy(
        source, path, driver="COG", COMPRESS="DEFLATE", PREDICTOR="YES", BLOCKSIZE="256", NUM_THREADS="1",
        OVERVIEWS="IGNORE_EXISTING", OVERVIEW_RESAMPLING="NEAREST", BIGTIFF="IF_SAFER",
    )  # fmt: skip
