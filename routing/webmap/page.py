"""The map page: content in, one HTML file out."""

from __future__ import annotations

import logging
import os
import tempfile
from typing import TYPE_CHECKING, Any

from routing.errors import InputError
from routing.webmap.budget import judge_size, without_largest
from routing.webmap.packer import pack, unpack
from routing.webmap.payload import page_content
from routing.webmap.still import still_page

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from routing.webmap.content import MapContent

__all__ = ["read_page", "render_map", "render_page", "write_map", "write_page"]

_log = logging.getLogger(__name__)


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
    return render_page(page_content(content))


def render_page(shown: Mapping[str, Any]) -> str:
    """The page as text.

    Parameters
    ----------
    shown
        What it shows, as JSON values: those of :func:`read_page`, or more.

    Returns
    -------
    document
        HTML that needs no other file.
    """
    figure, name = _figure(shown["extent"])
    return pack(figure, chart=name, content=shown, still=still_page(shown), title=shown["title"])


def write_map(content: MapContent, path: Path, *, allow_large: bool = False) -> int:
    """Write the page; it appears whole or not at all.

    Parameters
    ----------
    content
        What to show. Of a page that would be too large to open, the largest vector layers are left out.
    path
        Where to write; an older file is replaced.
    allow_large
        Whether all of it is shown, whatever the size.

    Returns
    -------
    size
        Bytes written.
    """
    shown: Mapping[str, Any] = page_content(content)
    page = render_page(shown)
    if not allow_large:
        fitting = without_largest(shown, len(page.encode("utf-8")))
        page = page if fitting is shown else render_page(fitting)
    return write_page(page, path, allow_large=True)


def write_page(page: str, path: Path, *, allow_large: bool = False) -> int:
    """Write a rendered page; it appears whole or not at all.

    Parameters
    ----------
    page
        The document.
    path
        Where to write; an older file is replaced.
    allow_large
        Whether the page may have any size.

    Returns
    -------
    size
        Bytes written.

    Raises
    ------
    PageSizeError
        When the page is too large to open with ease.
    """
    document = page.encode("utf-8")
    judge_size(len(document), allow_large=allow_large)
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


def read_page(path: Path) -> dict[str, Any]:
    """What a map shows, read from its file.

    Parameters
    ----------
    path
        A map written by this program.

    Returns
    -------
    shown
        JSON values, as :func:`render_page` takes them.

    Raises
    ------
    InputError
        When the file is no map, or is torn.
    """
    try:
        return unpack(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            "is no map that can be read", remedy="name a map.html that cableroute wrote", file=path
        ) from error


def _umask() -> int:
    """Bits that the process takes away from new files; it can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _figure(extent: Sequence[float]) -> tuple[Any, str]:
    """Folium's figure with a map, and the variable that holds the map."""
    import folium

    # Numbers only: what Folium gets, branca compiles as a template.
    south, west, north, east = map(float, extent)
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
    return chart.get_root(), chart.get_name()
