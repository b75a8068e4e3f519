"""How large a page may be: bytes of its images, pixels of their sides, and of the whole."""

from __future__ import annotations

import logging

from routing.errors import ResourceError

__all__ = [
    "CONTOUR_POINTS",
    "DEPTH_BYTES",
    "DEPTH_LONG_SIDE_PX",
    "LAYER_BYTES",
    "LAYER_LONG_SIDE_PX",
    "READING_LONG_SIDE_PX",
    "PageSizeError",
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
