"""What is installed, where its data are, and what is in the way."""

from __future__ import annotations

import os
import platform
import shutil
from typing import Any

from routing.runfolder import library_versions

__all__ = ["examine"]

#: A value of these, set for another installation, breaks every PROJ and GDAL in the process.
_DANGEROUS = ("PROJ_LIB", "PROJ_DATA", "GDAL_DATA")
_TOLERANCE_M = 0.001


def examine() -> dict[str, Any]:
    """Versions and warnings.

    Returns
    -------
    report
        ``versions`` by name, and ``warnings``, a list of texts.
    """
    import pyproj
    import rasterio

    versions = {
        "python": platform.python_version(),
        **library_versions(),
        "PROJ": f"{pyproj.proj_version_str} in {pyproj.datadir.get_data_dir()}",
        "GDAL": rasterio.__gdal_version__,
        "chromium": shutil.which("chromium") or "not found (needed only to test maps)",
    }
    warnings = [
        f"{name} is set to {os.environ[name]!r}: unset it, it overrides the data of the installed wheels"
        for name in _DANGEROUS
        if name in os.environ
    ]
    try:
        difference_m = _disagreement_m()
    except Exception as error:  # noqa: BLE001  (whatever is broken, the report says so and goes on)
        warnings.append(f"coordinates cannot be transformed: {str(error).splitlines()[0]}")
    else:
        if difference_m > _TOLERANCE_M:
            warnings.append(f"pyproj and rasterio disagree by {difference_m:.3f} m: reinstall both")
    return {"versions": versions, "warnings": warnings}


def _disagreement_m() -> float:
    """Distance between where the two PROJ libraries put one place."""
    from rasterio.warp import transform

    from routing import geodesy

    ours = geodesy.Projection("EPSG:32639").forward([[50.0, 42.0]])[0]
    x, y = transform(geodesy.WGS84, "EPSG:32639", [50.0], [42.0])
    return float(((ours[0] - x[0]) ** 2 + (ours[1] - y[0]) ** 2) ** 0.5)
