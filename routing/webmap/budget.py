"""How large a page may be: bytes of its images, pixels of their sides, and of the whole."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from routing.errors import ResourceError
from routing.webmap.inert import inert_json

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "CONTOUR_POINTS",
    "DEPTH_BYTES",
    "DEPTH_LONG_SIDE_PX",
    "LAYER_BYTES",
    "LAYER_LONG_SIDE_PX",
    "READING_LONG_SIDE_PX",
    "PageSizeError",
    "judge_size",
    "without_largest",
]

_log = logging.getLogger(__name__)

#: Longer side of the bathymetry, of what is laid over it, and of the values under the pointer.
DEPTH_LONG_SIDE_PX = 1400
LAYER_LONG_SIDE_PX = 1000
READING_LONG_SIDE_PX = 280

#: Bytes of the bathymetry and of each raster of numbers over it; beyond it the quality falls until the image fits.
DEPTH_BYTES = 650_000
LAYER_BYTES = 120_000

#: Points of all depth contours before they are thinned.
CONTOUR_POINTS = 60_000

#: Pages above the first size are slow to send, above the second one slow to open.
_LARGE_BYTES = 5_000_000
_TOO_LARGE_BYTES = 20_000_000


class PageSizeError(ResourceError):
    """A page would be too large to send or to open."""


def judge_size(size: int, *, allow_large: bool) -> None:
    """Warn of a large page, and refuse one that is too large unless it was asked for.

    Parameters
    ----------
    size
        Bytes of the page.
    allow_large
        Whether the page may have any size.

    Raises
    ------
    PageSizeError
        When it is too large.

    Examples
    --------
    >>> judge_size(1_000_000, allow_large=False)
    >>> judge_size(30_000_000, allow_large=False)
    Traceback (most recent call last):
    routing.webmap.budget.PageSizeError: the map has 30.0 MB, more than 20 MB; leave out or simplify layers, or allow it
    """
    if size > _TOO_LARGE_BYTES and not allow_large:
        raise PageSizeError(
            f"the map has {size / 1e6:.1f} MB, more than {_TOO_LARGE_BYTES / 1e6:.0f} MB; "
            "leave out or simplify layers, or allow it"
        )
    if size > _LARGE_BYTES:
        _log.warning("the map has %.1f MB: slow to send by mail; leave out or simplify layers", size / 1e6)


def without_largest(shown: Mapping[str, Any], size: int) -> Mapping[str, Any]:
    """What a page shows, without the largest vector layers of one that would be too large to open.

    A line at the foot of the page names them. Options and rasters stay: they are what the map is for, and rasters have
    their own budget. What is left may be too large all the same.

    Parameters
    ----------
    shown
        What the page shows, as JSON values.
    size
        Bytes of the page with all of it.

    Examples
    --------
    >>> points = {"name": "Soundings", "geometries": [[[50.1234, 41.1234]]] * 100}
    >>> few = {"name": "Wrecks", "geometries": [[[50.1234, 41.1234]]]}
    >>> left = without_largest({"vectors": [points, few], "footer": "Made for a test."}, 20_000_100)
    >>> [each["name"] for each in left["vectors"]], left["footer"]
    (['Wrecks'], 'Made for a test. Left out, because the map would be too large to open: Soundings.')
    """
    kept, gone = list(shown["vectors"]), []
    for layer in sorted(kept, key=lambda each: -len(inert_json(each))):
        if size <= _TOO_LARGE_BYTES:
            break
        kept.remove(layer)
        gone.append(layer["name"])
        size -= len(inert_json(layer))
    if not gone:
        return shown
    _log.warning(
        "left out of the map, which would be too large to open: %s; simplify them or cut them to the area",
        ", ".join(gone),
    )
    note = f"Left out, because the map would be too large to open: {', '.join(gone)}."
    return {**shown, "vectors": kept, "footer": f"{shown['footer']} {note}"}
