"""The offline map: one HTML file that needs nothing but a browser.

:func:`write_map` turns a :class:`MapContent` into a page that holds its own
scripts, styles and images, asks the network for nothing, and shows every text
as text. :func:`read_page` gives back what a page shows.
"""

from routing.webmap.budget import PageSizeError
from routing.webmap.content import Classes, MapContent, MapLanding, MapRaster, MapVector, Style
from routing.webmap.option import (
    MapAlternative,
    MapLink,
    MapMark,
    MapOption,
    MapPosition,
    MapSection,
    MapStretch,
    Place,
)
from routing.webmap.packer import OfflineError
from routing.webmap.page import read_page, render_map, render_page, write_map, write_page

__all__ = [
    "Classes",
    "MapAlternative",
    "MapContent",
    "MapLanding",
    "MapLink",
    "MapMark",
    "MapOption",
    "MapPosition",
    "MapRaster",
    "MapSection",
    "MapStretch",
    "MapVector",
    "OfflineError",
    "PageSizeError",
    "Place",
    "Style",
    "read_page",
    "render_map",
    "render_page",
    "write_map",
    "write_page",
]
