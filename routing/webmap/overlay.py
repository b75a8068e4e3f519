"""Rasters as images: shaded bathymetry and route cost, ready to lay on the map."""

from __future__ import annotations

import base64
import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from routing.grid import Raster
from routing.webmap.colours import COST, DEPTH, lookup

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from routing.webmap.frame import Frame

__all__ = ["Overlay", "draw_cost", "draw_depth"]

#: Depths that charts name; ticks of the legend and contours of the image.
_ISOBATHS_M = (5, 10, 20, 50, 100, 200, 500, 1000, 2000, 3000, 4000, 5000, 6000, 8000, 10000)

# Depth is coloured by its square root: half of the ramp serves the shallow quarter, where cables are dear.
_DEPTH_POWER = 0.5

#: Bytes of one image; beyond it the quality falls until the image fits. Both together leave a page below 2 MB.
_DEPTH_BUDGET = 650_000
_COST_BUDGET = 400_000


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
    levels = [level for level in _ISOBATHS_M if 0.01 * deepest < level < 0.97 * deepest]
    rgb *= _hillshade(metres, frame)[..., None]
    rgb *= 1.0 - 0.16 * _contours(metres, levels)[..., None]
    return Overlay(_webp(rgb, _known(depth, frame), budget=_DEPTH_BUDGET), DEPTH, _depth_ticks(levels, deepest))


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
    finite = Raster(np.where(np.isfinite(cost.values), cost.values, np.nan).astype(np.float32), cost.grid)
    price = frame.warp(finite)
    known = np.isfinite(price) & (_cover(finite, frame) >= 0.5)
    low, high = np.percentile(price[known], [2, 98]) if known.any() else (1.0, 2.0)
    scale = _CostScale.spanning(float(low), float(high))
    place = np.clip(scale.place(np.nan_to_num(price, nan=scale.low)), 0.0, 1.0)
    rgb = lookup(COST)[np.rint(place * 255).astype(np.uint8)].astype(float)
    rgb[~known] = (96, 96, 100)
    return Overlay(_webp(rgb, _known(depth, frame), budget=_COST_BUDGET), COST, scale.ticks())


@dataclass(frozen=True)
class _CostScale:
    """Price to colour: logarithmic when prices span more than a factor of four."""

    low: float
    high: float
    is_log: bool

    @classmethod
    def spanning(cls, low: float, high: float) -> _CostScale:
        if high <= low:
            low, high = 0.9 * low - 1.0, 1.1 * high + 1.0
        return cls(low, high, is_log=low > 0 and high / low > 4.0)

    def place(self, price: ArrayLike) -> NDArray[np.float64]:
        """From 0 at the low end of the ramp to 1 at its high end."""
        price = np.asarray(price, float)
        if self.is_log:
            return np.asarray(np.log(np.maximum(price, 0.5 * self.low) / self.low) / math.log(self.high / self.low))
        return (price - self.low) / (self.high - self.low)

    def ticks(self) -> tuple[tuple[float, str], ...]:
        # USD per metre and thousand USD per kilometre are the same number.
        values = _round_numbers(self.low, self.high, is_log=self.is_log)
        return tuple((float(self.place(value)), f"{value:,.4g}") for value in values)


def _round_numbers(low: float, high: float, *, is_log: bool) -> list[float]:
    if is_log:
        decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        digits = (1, 2, 5) if high > 20.0 * low else (1, 1.5, 2, 3, 4, 6, 8)
        return [digit * 10.0**decade for decade in decades for digit in digits if low <= digit * 10.0**decade <= high]
    raw = (high - low) / 4
    decade = 10.0 ** math.floor(math.log10(raw))
    step = decade * next(digit for digit in (1, 2, 2.5, 5, 10) if digit * decade >= raw)
    return [step * n for n in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _depth_ticks(levels: list[int], deepest: float) -> tuple[tuple[float, str], ...]:
    """Zero, the deepest place, and the isobaths between that keep clear of both and of each other."""
    ticks = [(0.0, "0")]
    for level in levels:
        place = (level / deepest) ** _DEPTH_POWER
        if place - ticks[-1][0] >= 0.12 and place <= 0.88:
            ticks.append((place, f"{level:,}"))
    return (*ticks, (1.0, f"{deepest:,.0f} m"))


def _known(depth: Raster, frame: Frame) -> NDArray[Any]:
    """Opacity 0-255: full in the sea, with a soft edge of about one pixel along the shore."""
    pixels_per_cell = max(1.0, frame.pixels.cols / depth.grid.cols)
    return np.asarray(np.clip((_cover(depth, frame) - 0.5) * pixels_per_cell + 0.5, 0.0, 1.0) * 255.0)


def _cover(raster: Raster, frame: Frame) -> NDArray[np.float32]:
    """Share of known cells around each pixel, 0 to 1."""
    known = Raster(np.isfinite(raster.values).astype(np.float32), raster.grid)
    return np.nan_to_num(frame.warp(known))


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


def _contours(metres: NDArray[np.float32], levels: list[int]) -> NDArray[Any]:
    """Lines one pixel wide where the depth crosses a level: 1 on the line, 0 off it."""
    if min(metres.shape) < 2:
        return np.zeros(metres.shape)
    rise = np.hypot(*np.gradient(metres.astype(float)))
    lines = np.zeros(metres.shape)
    for level in levels:
        # Flat seabed would turn a line into a smear: it must change by 0.4 % of its depth per pixel at least.
        distance_px = np.abs(metres - level) / np.maximum(rise, 0.004 * level)
        lines = np.maximum(lines, np.nan_to_num(np.clip(1.1 - distance_px, 0.0, 1.0)))
    return lines


def _webp(rgb: NDArray[Any], alpha: NDArray[Any], *, budget: int) -> str:
    from PIL import Image

    pixels = np.dstack([np.clip(rgb, 0, 255), alpha])
    image = Image.fromarray(np.rint(pixels).astype(np.uint8), "RGBA")
    for quality in (85, 70, 50, 30):
        buffer = io.BytesIO()
        image.save(buffer, "WEBP", quality=quality, method=4)
        if buffer.tell() <= budget:
            break
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
