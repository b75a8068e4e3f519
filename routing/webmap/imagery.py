"""Raster layers as the page holds them: an image, a legend, and what lies under the pointer."""

from __future__ import annotations

import base64
import math
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from routing.webmap.budget import LAYER_LONG_SIDE_PX, READING_LONG_SIDE_PX
from routing.webmap.classes import class_codes, draw_classes
from routing.webmap.colours import DOUBT, RISK
from routing.webmap.overlay import draw_cost, draw_depth, draw_ramp
from routing.webmap.scale import Scale

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from routing.grid import Raster
    from routing.webmap.content import MapContent, MapRaster
    from routing.webmap.frame import Frame

__all__ = ["depth_reading", "images"]

#: Missing depth in the packed read-out; depths are whole metres, 0 to 12,000.
_NO_DEPTH = 0xFFFF
#: Steps of a number under the pointer; code 0 is none.
_STEPS = 254

#: Opacity that a layer over the bathymetry starts with; a corridor lets the depths through.
_OPACITY = 0.8
_BAND_OPACITY = 0.65


def images(content: MapContent, frame: Frame) -> Iterator[dict[str, Any]]:
    """The bathymetry, and what can be laid over it, as JSON values.

    Parameters
    ----------
    content
        What the map shows.
    frame
        Pixels of the bathymetry.
    """
    depth = draw_depth(content.depth, frame)
    yield {
        "name": "Water depth",
        "group": "Seabed",
        "unit": "metres",
        "uri": depth.uri,
        "legend": {"stops": depth.stops, "ticks": depth.ticks},
        "reading": None,
        "shown": True,
        "opacity": 1.0,
        "option": None,
    }
    small, coarse = frame.with_long_side(LAYER_LONG_SIDE_PX), frame.with_long_side(READING_LONG_SIDE_PX)
    for layer in content.rasters:
        drawn = _classes(layer, small, coarse) if layer.classes else _numbers(layer, content.depth, small, coarse)
        about = {"name": layer.name, "group": layer.group, "unit": layer.unit}
        opacity = _BAND_OPACITY if layer.classes and layer.look == "bands" else _OPACITY
        yield about | drawn | {"shown": layer.shown, "opacity": opacity, "option": layer.option}


def _classes(layer: MapRaster, small: Frame, coarse: Frame) -> dict[str, Any]:
    count = len(layer.classes)
    image = draw_classes(layer.raster, small, count=count, look=layer.look)
    rows = [list(row) for row in zip(image.swatches, layer.classes, strict=True)]
    codes = class_codes(layer.raster, coarse, count=count)
    return {"uri": image.uri, "legend": {"classes": rows}, "reading": _packed(codes)}


def _numbers(layer: MapRaster, depth: Raster, small: Frame, coarse: Frame) -> dict[str, Any]:
    if layer.ramp == "cost":
        image = draw_cost(layer.raster, depth, small)
    else:
        image = draw_ramp(layer.raster, small, colours={"risk": RISK, "doubt": DOUBT}[layer.ramp])
    values = coarse.warp(layer.raster)
    values[~np.isfinite(values)] = np.nan
    scale = Scale.of(values, percentiles=(0.0, 100.0))
    code = 1 + np.rint(_STEPS * np.clip(scale.place(np.nan_to_num(values, nan=scale.low)), 0.0, 1.0))
    packed = _packed(np.where(np.isfinite(values), code, 0).astype(np.uint8))
    ends = {"low": scale.low, "high": scale.high, "isLog": scale.is_log, "steps": _STEPS}
    return {"uri": image.uri, "legend": {"stops": image.stops, "ticks": image.ticks}, "reading": packed | ends}


def _packed(codes: NDArray[np.uint8]) -> dict[str, Any]:
    """Codes of coarse pixels: each minus the one before it, zlib, base64."""
    steps = np.diff(codes.ravel(), prepend=np.uint8(0)).astype(np.uint8)
    text = base64.b64encode(zlib.compress(steps.tobytes(), 9)).decode("ascii")
    return {"rows": codes.shape[0], "cols": codes.shape[1], "codes": text}


def depth_reading(depth: Raster, frame: Frame) -> dict[str, Any]:
    """Depths on coarse pixels for the read-out under the cursor.

    Whole metres as unsigned 16-bit numbers, each minus the one before it, low
    bytes first and then high bytes (that compresses well), zlib, base64.

    Parameters
    ----------
    depth
        Water depth in metres, NaN on land.
    frame
        The area of the map.
    """
    coarse = frame.with_long_side(READING_LONG_SIDE_PX)
    metres = coarse.warp(depth)
    whole = np.where(np.isfinite(metres), np.clip(np.nan_to_num(metres), 0, 12_000).round(), _NO_DEPTH)
    steps = np.diff(whole.astype(np.uint16).ravel(), prepend=np.uint16(0)).astype("<u2")
    planes = steps.view(np.uint8).reshape(-1, 2).T.tobytes()
    return {
        "rows": coarse.pixels.rows,
        "cols": coarse.pixels.cols,
        "cellKm": _cell_km(coarse),
        "depths": base64.b64encode(zlib.compress(planes, 9)).decode("ascii"),
    }


def _cell_km(frame: Frame) -> float:
    middle = float(frame.true_scale()[frame.pixels.rows // 2])
    metres = frame.pixels.dy * middle
    return round(metres / 1000.0, max(0, 1 - math.floor(math.log10(metres / 1000.0))))
