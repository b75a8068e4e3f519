"""The map page: content in, one HTML file out."""

from __future__ import annotations

import logging
import os
import tempfile
from typing import TYPE_CHECKING, Any

from routing.webmap.frame import Frame
from routing.webmap.overlay import Overlay, draw_cost, draw_depth
from routing.webmap.packer import pack
from routing.webmap.payload import page_content

if TYPE_CHECKING:
    from pathlib import Path

    from routing.webmap.content import MapContent

__all__ = ["render_map", "write_map"]

_log = logging.getLogger(__name__)

_DEPTH_LONG_SIDE_PX = 1400
_COST_LONG_SIDE_PX = 1000


def render_map(content: MapContent) -> str:
    """The page as text; the same content gives the same text, byte for byte.

    Parameters
    ----------
    content
        What to show.

    Returns
    -------
    document
        HTML that needs no other file.
    """
    frame = Frame.cover(content.depth.grid, long_side_px=_DEPTH_LONG_SIDE_PX)
    images = {"depth": draw_depth(content.depth, frame)}
    if content.cost is not None:
        images["cost"] = draw_cost(content.cost, content.depth, frame.with_long_side(_COST_LONG_SIDE_PX))
    figure, elements = _figure(images, frame)
    texts = page_content(content, frame, legends=images)
    return pack(figure, elements=elements, content=texts, title=content.title)


def write_map(content: MapContent, path: Path) -> int:
    """Write the page; it appears whole or not at all.

    Parameters
    ----------
    content
        What to show.
    path
        Where to write; an older file is replaced.

    Returns
    -------
    size
        Bytes written.
    """
    document = render_map(content).encode("utf-8")
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(document)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o666 & ~_umask())  # noqa: PTH101  (mkstemp gives a name)
        os.replace(name, path)  # noqa: PTH105
    except BaseException:
        os.unlink(name)  # noqa: PTH108
        raise
    _log.debug("wrote %s, %d bytes", path, len(document))
    return len(document)


def _umask() -> int:
    """Bits that the process takes away from new files; it can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _figure(images: dict[str, Overlay], frame: Frame) -> tuple[Any, dict[str, str]]:
    """Folium's figure with a map and its images, and the variables that hold them."""
    import folium

    south, west, north, east = frame.south_west_north_east
    chart = folium.Map(
        location=[0.5 * (south + north), 0.5 * (west + east)],
        zoom_start=5,
        tiles=None,
        zoom_control=False,
        attribution_control=False,
        zoom_snap=0.25,
        min_zoom=2,
        max_zoom=14,
        world_copy_jump=False,
    )
    chart._id = "0"  # noqa: SLF001  (branca draws ids at random; pages must be reproducible)
    elements = {"map": chart.get_name()}
    for number, (name, image) in enumerate(images.items(), start=1):
        layer = folium.raster_layers.ImageOverlay(
            image.uri,
            bounds=[[south, west], [north, east]],
            pixelated=False,
            show=name == "depth",
            opacity=1.0 if name == "depth" else 0.8,
            alt="",
        )
        layer._id = str(number)  # noqa: SLF001
        layer.add_to(chart)
        elements[name] = layer.get_name()
    return chart.get_root(), elements
