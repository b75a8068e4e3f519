"""The offline map: one HTML file that needs nothing but a browser.

:func:`write_map` turns a :class:`MapContent` into a page that holds its own
scripts, styles and images, asks the network for nothing, and shows every text
as text.
"""

from routing.webmap.content import (
    MapContent,
    MapLanding,
    MapLink,
    MapOption,
    MapPosition,
    MapVector,
)
from routing.webmap.packer import OfflineError
from routing.webmap.page import render_map, write_map

__all__ = [
    "MapContent",
    "MapLanding",
    "MapLink",
    "MapOption",
    "MapPosition",
    "MapVector",
    "OfflineError",
    "render_map",
    "write_map",
]
