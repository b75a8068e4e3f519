"""Rasters of numbers as images: shaded bathymetry and what is laid over it."""

from __future__ import annotations

import base64
import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from routing.grid import Raster
from routing.webmap.budget import DEPTH_BYTES, LAYER_BYTES
from routing.webmap.colours import COST, DEPTH, lookup
from routing.webmap.scale import Scale

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from routing.webmap.frame import Frame

__all__ = ["ISOBATHS_M", "Overlay", "draw_cost", "draw_depth", "draw_ramp"]

#: Depths that charts name: ticks of the legend, and contours.
ISOBATHS_M = (5, 10, 20, 50, 100, 200, 500, 1000, 2000, 3000, 4000, 5000, 6000, 8000, 10000)

# Depth is coloured by its square root: half of the ramp serves the shallow quarter, where cables are dear.
_DEPTH_POWER = 0.5

#: Excluded sea among prices.
_EXCLUDED = (96, 96, 100)


@dataclass(frozen=True)
class Overlay:
    """An image with its legend.

    Parameters
    ----------
    uri
        The image as a WebP data URI.
    stops
        Colours of the legend, evenly spaced.
    ticks
        (place from 0 to 1 along the legend, label).
    """

    uri: str
    stops: tuple[str, ...]
    ticks: tuple[tuple[float, str], ...]


def draw_depth(depth: Raster, frame: Frame) -> Overlay:
    """Bathymetry in shaded blues, clear where nothing is known.

    Parameters
    ----------
    depth
        Water depth in metres, NaN on land.
    frame
        Where the pixels lie.
    """
    metres = np.clip(frame.warp(depth), 0.0, None)
    deepest = float(np.nanmax(metres)) if np.isfinite(metres).any() else 1.0
    deepest = max(deepest, 1.0)
    place = (np.nan_to_num(metres) / deepest) ** _DEPTH_POWER
    rgb = lookup(DEPTH)[np.rint(place * 255).astype(np.uint8)].astype(float)
    levels = [level for level in ISOBATHS_M if 0.01 * deepest < level < 0.97 * deepest]
    rgb = np.rint(np.clip(rgb * _hillshade(metres, frame)[..., None], 0, 255)).astype(np.uint8)
    return Overlay(_webp(rgb, _known(depth, frame), budget=DEPTH_BYTES), DEPTH, _depth_ticks(levels, deepest))


def draw_cost(cost: Raster, depth: Raster, frame: Frame) -> Overlay:
    """Route cost in colour, excluded sea in grey, clear on land.

    Parameters
    ----------
    cost
        USD per metre, NaN where excluded.
    depth
        Water depth: tells excluded sea from land.
    frame
        Where the pixels lie.
    """
    price, known = _finite(cost, frame)
    scale = Scale.of(price[known])
    rgb = _coloured(price, scale, COST)
    rgb[~known] = _EXCLUDED
    # USD per metre and thousand USD per kilometre are the same number.
    return Overlay(_webp(rgb, _known(depth, frame), budget=LAYER_BYTES), COST, scale.ticks())


def draw_ramp(raster: Raster, frame: Frame, *, colours: tuple[str, ...]) -> Overlay:
    """Numbers in colour, clear where there are none.

    Parameters
    ----------
    raster
        Numbers; NaN where there is nothing to draw.
    frame
        Where the pixels lie.
    colours
        Ramp from low to high.
    """
    values, known = _finite(raster, frame)
    scale = Scale.of(values[known])
    rgb = _coloured(values, scale, colours)
    return Overlay(_webp(rgb, _known(raster, frame), budget=LAYER_BYTES), colours, scale.ticks())


def _finite(raster: Raster, frame: Frame) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Numbers at the pixels, and where at least half of the cells around have one."""
    finite = Raster(np.where(np.isfinite(raster.values), raster.values, np.nan).astype(np.float32), raster.grid)
    values = frame.warp(finite)
    return values, np.isfinite(values) & (frame.share_known(finite) >= 0.5)


def _coloured(values: NDArray[np.float32], scale: Scale, colours: tuple[str, ...]) -> NDArray[np.uint8]:
    place = np.clip(scale.place(np.nan_to_num(values, nan=scale.low)), 0.0, 1.0)
    return lookup(colours)[np.rint(place * 255).astype(np.uint8)]


def _depth_ticks(levels: list[int], deepest: float) -> tuple[tuple[float, str], ...]:
    """Zero, the deepest place, and the isobaths between that keep clear of both and of each other."""
    ticks = [(0.0, "0")]
    for level in levels:
        place = (level / deepest) ** _DEPTH_POWER
        if place - ticks[-1][0] >= 0.12 and place <= 0.88:
            ticks.append((place, f"{level:,}"))
    return (*ticks, (1.0, f"{deepest:,.0f} m"))


def _known(depth: Raster, frame: Frame) -> NDArray[np.uint8]:
    """Opacity 0-255: full in the sea, with a soft edge of about one pixel along the shore."""
    pixels_per_cell = max(1.0, frame.pixels.cols / depth.grid.cols)
    opacity = np.clip((frame.share_known(depth) - 0.5) * pixels_per_cell + 0.5, 0.0, 1.0)
    return np.asarray(np.rint(opacity * 255.0), np.uint8)


def _hillshade(metres: NDArray[np.float32], frame: Frame) -> NDArray[Any]:
    """Brightness around 1, light from the north-west.

    Notes
    -----
    Lambert's cosine law. Heights are exaggerated so that the steepest tenth of
    the seabed stands at about 35 degrees, whatever the sea.
    """
    step_m = frame.true_scale()[:, None] * frame.pixels.dy
    down_south, down_east = np.gradient(metres.astype(float)) if min(metres.shape) > 1 else (metres * 0, metres * 0)
    east, south = np.nan_to_num(down_east) / step_m, np.nan_to_num(down_south) / step_m
    steep = np.hypot(east, south)
    typical = float(np.percentile(steep[steep > 0], 90)) if (steep > 0).any() else 1.0
    east, south = 0.7 * east / typical, 0.7 * south / typical
    # Light comes from azimuth 315, altitude 45; depth grows downward.
    toward = (1.0 + (east + south) * math.sqrt(0.5)) * math.sqrt(0.5)
    lit = toward / np.sqrt(1.0 + east**2 + south**2)
    return np.asarray(np.clip(1.0 + 0.45 * (lit - math.sqrt(0.5)), 0.7, 1.18))


def _webp(rgb: NDArray[np.uint8], alpha: NDArray[np.uint8], *, budget: int) -> str:
    from PIL import Image

    image = Image.fromarray(np.dstack([rgb, alpha]), "RGBA")
    for quality in (85, 70, 50, 30):
        buffer = io.BytesIO()
        image.save(buffer, "WEBP", quality=quality, method=4)
        if buffer.tell() <= budget:
            break
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
