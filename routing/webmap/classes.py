"""Rasters of classes as small images: a colour and a pattern for each class, so that no reader needs the colours."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from routing.errors import InputError
from routing.webmap.colours import BANDS, KINDS, REASONS, lookup

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from routing.grid import Raster
    from routing.webmap.content import Classes
    from routing.webmap.frame import Frame

    _Pattern = Callable[[NDArray[np.intp], NDArray[np.intp]], NDArray[np.bool_]]

__all__ = ["ClassImage", "class_codes", "draw_classes"]

#: Classes that one image can show: a palette has 256 entries, one is clear, and a class takes two.
_MOST = 127
#: Width and height of a swatch of the legend, pixels.
_SWATCH_PX = (14, 26)
#: How strongly a pattern darkens the colour that it lies on.
_MARK = 0.74

#: Marked pixels by row and column; the first is plain. Periods are even parts of 24, so that swatches hold whole ones.
_PATTERNS: tuple[_Pattern, ...] = (
    lambda row, col: (row < 0) & (col < 0),
    lambda row, col: (row + col) % 6 == 0,
    lambda row, col: (row % 4 == 0) & ((col + 2 * (row // 4 % 2)) % 4 == 0),
    lambda row, col: (row % 6 == 0) & (col >= 0),
    lambda row, col: (row - col) % 6 == 0,
    lambda row, col: ((row + col) % 8 == 0) | ((row - col) % 8 == 0),
    lambda row, col: (col % 6 == 0) & (row >= 0),
    lambda row, col: (row % 8 == 0) | (col % 8 == 0),
)


@dataclass(frozen=True)
class ClassImage:
    """An image of classes with its legend.

    Attributes
    ----------
    uri
        The image as a PNG data URI.
    swatches
        A small image of each class.
    """

    uri: str
    swatches: tuple[str, ...]


def draw_classes(raster: Raster, frame: Frame, *, count: int, look: Classes) -> ClassImage:
    """Classes in colours and patterns, clear where there is none.

    Parameters
    ----------
    raster
        Codes 1 to `count`; NaN or 0 where there is nothing to draw.
    frame
        Where the pixels lie.
    count
        How many classes there are.
    look
        ``"kinds"`` are filled, ``"reasons"`` hatched with the map in between, ``"bands"`` filled ever sparser.
    """
    codes = class_codes(raster, frame, count=count)
    painter = _Painter(count, look)
    shown = (np.full(_SWATCH_PX, code, np.uint8) for code in range(1, count + 1))
    return ClassImage(painter.png(codes), tuple(painter.png(each) for each in shown))


def class_codes(raster: Raster, frame: Frame, *, count: int) -> NDArray[np.uint8]:
    """Code at each pixel, that of the nearest cell; 0 where there is none.

    Raises
    ------
    InputError
        When there are too many classes, or a code stands for none.
    """
    if count > _MOST:
        raise InputError(f"a layer of {count} classes", remedy=f"give at most {_MOST}")
    codes = np.nan_to_num(frame.nearest(raster))
    if codes.size and not 0 <= codes.min() <= codes.max() <= count:
        raise InputError(f"codes from {codes.min():g} to {codes.max():g} for {count} classes", remedy="name each class")
    return codes.astype(np.uint8)


@dataclass(frozen=True)
class _Painter:
    """Colours and patterns of some classes."""

    count: int
    look: Classes

    def png(self, codes: NDArray[np.uint8]) -> str:
        """Codes as a PNG with a palette: 0 is clear, then fill and mark of each class."""
        from PIL import Image

        row, col = np.arange(codes.shape[0])[:, None], np.arange(codes.shape[1])[None]
        index = np.where(codes > 0, 2 * codes - np.uint8(1), np.uint8(0))
        for code in (1 + np.flatnonzero(np.bincount(codes.ravel())[1:])).tolist():
            index[(codes == code) & self._pattern(code - 1)(row, col)] += 1
        colours, opacity = self._palette()
        image = Image.fromarray(index, "P")
        image.putpalette(colours.ravel().tolist())
        buffer = io.BytesIO()
        image.save(buffer, "PNG", optimize=True, transparency=bytes(opacity))
        return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")

    def _pattern(self, number: int) -> _Pattern:
        """The pattern of a class: hatched ones are never plain, and colours that return have another one."""
        own = number + number // len(_PATTERNS)
        return _PATTERNS[1 + own % (len(_PATTERNS) - 1)] if self.look == "reasons" else _PATTERNS[own % len(_PATTERNS)]

    def _palette(self) -> tuple[NDArray[np.uint8], list[int]]:
        """Colours (2 count + 1, 3) and their opacity."""
        anchors = {"kinds": KINDS, "reasons": REASONS, "bands": BANDS}[self.look]
        colours, opacity = [np.zeros(3)], [0]
        for number in range(self.count):
            fill = lookup((anchors[number % len(anchors)],) * 2)[0].astype(float)
            mark = fill if self.look == "reasons" else _MARK * fill
            colours += [fill, mark]
            opacity += [45, 255] if self.look == "reasons" else [255, 255]
        return np.rint(colours).astype(np.uint8), opacity
