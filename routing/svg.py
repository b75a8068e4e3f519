"""The small vocabulary of charts and drawings: SVG 1.1 as text, with nothing to fetch and nothing to run."""

from __future__ import annotations

import math
import re
import unicodedata
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from routing.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "HATCHES",
    "clean",
    "document",
    "element",
    "escaped",
    "hatch",
    "line",
    "number",
    "path",
    "rect",
    "shortened",
    "text",
    "text_width",
    "ticks",
]

#: A style of an element, as its attribute; None leaves it out.
Style = str | float | None
#: Strokes of a tile of eight units; told from each other without colour.
HATCHES = {
    "plain": "",
    "dots": '<circle cx="2" cy="2" r="0.9"/><circle cx="6" cy="6" r="0.9"/>',
    "rising": '<path d="M-1 1L1 -1M0 8L8 0M7 9L9 7"/>',
    "falling": '<path d="M7 -1L9 1M0 0L8 8M-1 7L1 9"/>',
    "crossed": '<path d="M0 8L8 0M0 0L8 8"/>',
    "upright": '<path d="M2 0V8M6 0V8"/>',
    "level": '<path d="M0 2H8M0 6H8"/>',
    "grid": '<path d="M2 0V8M6 0V8M0 2H8M0 6H8"/>',
}
#: What XML 1.0 has no place for (section 2.2): halves of a pair and the last two characters of a plane.
_LAST_TWO = "".join(chr(0x10000 * plane + 0xFFFE + last) for plane in range(17) for last in (0, 1))
_CANNOT_STAND = re.compile(f"[\ud800-\udfff{_LAST_TWO}]")
#: Advance of characters as shares of the font size, those of the widest common sans serif rounded up.
_NARROW, _WIDE = frozenset(" .,:;'|!iIjlftr()[]/-·"), frozenset("mwMWOQGD@%&—…◆")
_ADVANCE = {"narrow": 0.42, "usual": 0.66, "wide": 1.0}


def clean(words: str) -> str:
    r"""Text that XML can hold on one line: what is not plain becomes a question mark.

    Examples
    --------
    >>> clean("a\x00b\nc\u2028d\ufffe")
    'a?b?c?d?'
    """
    return _CANNOT_STAND.sub("?", one_line(words))


def escaped(words: str) -> str:
    """Text as markup shows it.

    Examples
    --------
    >>> escaped("a ]]> b & c")
    'a ]]&gt; b &amp; c'
    """
    return escape(clean(words))


def number(value: float) -> str:
    """A coordinate with three decimals at most.

    Examples
    --------
    >>> number(12.0), number(0.12345), number(-0.0001)
    ('12', '0.123', '0')
    """
    shown = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if shown == "-0" else shown


def element(tag: str, content: str | None = None, /, **style: Style) -> str:
    """An element; content is markup, names of styles are written with an underscore for a hyphen.

    Examples
    --------
    >>> element("g", "", stroke_width=0.5, class_="axis")
    '<g stroke-width="0.5" class="axis"></g>'
    """
    named = {key.rstrip("_").replace("_", "-"): value for key, value in style.items() if value is not None}
    written = "".join(
        f' {key}="{escape(clean(value), {chr(34): "&quot;"}) if isinstance(value, str) else number(value)}"'
        for key, value in named.items()
    )
    return f"<{tag}{written}/>" if content is None else f"<{tag}{written}>{content}</{tag}>"


def text(x: float, y: float, words: str, *, fit: float = math.inf, **style: Style) -> str:
    """Text at a place; where it is wider than `fit` it is shortened and has the whole of it as its title.

    Examples
    --------
    >>> text(1, 2, "a < b", font_size=10)
    '<text x="1" y="2" font-size="10">a &lt; b</text>'
    >>> text(1, 2, "a long name", fit=40, font_size=10)
    '<text x="1" y="2" font-size="10"><title>a long name</title>a lon…</text>'
    """
    whole = clean(words)
    size = style.get("font_size")
    shown = shortened(whole, fit, size if isinstance(size, float | int) else 13.0)
    title = f"<title>{escaped(whole)}</title>" if shown != whole else ""
    return element("text", title + escape(shown), x=x, y=y, **style)


def text_width(words: str, size: float) -> float:
    """Width of text in any common sans serif, rather too much than too little.

    Parameters
    ----------
    words
        The text.
    size
        Font size; the width has its unit.

    Examples
    --------
    >>> round(text_width("BMH", 10.0), 1)
    23.2
    """
    return size * sum(_advance(each) for each in words)


def _advance(each: str) -> float:
    """Advance of a character as a share of the font size."""
    if unicodedata.combining(each):
        return 0.0
    if each in _NARROW:
        return _ADVANCE["narrow"]
    if each in _WIDE or unicodedata.east_asian_width(each) in "WF" or ord(each) > 0x24F:
        return _ADVANCE["wide"]
    return _ADVANCE["usual"]


def shortened(words: str, width: float, size: float) -> str:
    """Text cut to a width, with an ellipsis where something was cut.

    Examples
    --------
    >>> shortened("Turkmenbashi", 50.0, 10.0), shortened("Baku", 50.0, 10.0)
    ('Turkm…', 'Baku')
    """
    if text_width(words, size) <= width:
        return words
    kept = words
    while kept and text_width(kept + "…", size) > width:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def rect(corner: tuple[float, float], size: tuple[float, float], *, title: str = "", **style: Style) -> str:
    """A rectangle from its upper left corner, with what a pointer is told as its title.

    Examples
    --------
    >>> rect((0, 1), (20, 5), fill="#fff")
    '<rect x="0" y="1" width="20" height="5" fill="#fff"/>'
    """
    inner = f"<title>{escaped(title)}</title>" if title else None
    return element("rect", inner, x=corner[0], y=corner[1], width=size[0], height=size[1], **style)


def line(start: tuple[float, float], end: tuple[float, float], **style: Style) -> str:
    """A straight line.

    Examples
    --------
    >>> line((0, 1), (2, 3), stroke="#000")
    '<line x1="0" y1="1" x2="2" y2="3" stroke="#000"/>'
    """
    return element("line", x1=start[0], y1=start[1], x2=end[0], y2=end[1], **style)


def path(points: Iterable[Sequence[float]], *, closed: bool = False, **style: Style) -> str:
    """A polyline, or the polygon that it encloses.

    Examples
    --------
    >>> path([(0, 0), (1, 0), (1, 2)], closed=True, fill="none")
    '<path d="M0 0L1 0L1 2Z" fill="none"/>'
    """
    drawn = "L".join(f"{number(x)} {number(y)}" for x, y in points)
    return element("path", d=f"M{drawn}{'Z' if closed else ''}", **style)


def hatch(name: str, strokes: str, *, fill: str, ink: str = "#333333") -> str:
    """A pattern for ``fill="url(#name)"``.

    Parameters
    ----------
    name
        Its id.
    strokes
        One of HATCHES.
    fill, ink
        Colour of the ground and of the strokes.

    Examples
    --------
    >>> hatch("ground", "plain", fill="#fff").startswith('<pattern id="ground"')
    True
    """
    ground = rect((0, 0), (8, 8), fill=fill, stroke="none")
    drawn = element("g", HATCHES[strokes], stroke=ink, stroke_width=0.7, fill=ink if strokes == "dots" else "none")
    tile = ground + (drawn if HATCHES[strokes] else "")
    return element("pattern", tile, id=name, width=8.0, height=8.0, patternUnits="userSpaceOnUse")


def ticks(least: float, most: float, *, at_most: int = 8) -> tuple[float, ...]:
    """Round numbers from one to another: steps of 1, 2 or 5 times a power of ten.

    Parameters
    ----------
    least, most
        What they stand between; none where these are equal or not numbers.
    at_most
        Steps between the two, at most.

    Examples
    --------
    >>> ticks(0.0, 49.5), ticks(0.0, 9000.0)
    ((0.0, 10.0, 20.0, 30.0, 40.0), (0.0, 2000.0, 4000.0, 6000.0, 8000.0))
    """
    span = most - least
    if not 0.0 < span < math.inf:
        return ()
    power = 10.0 ** math.floor(math.log10(span / at_most))
    step = next(factor * power for factor in (1, 2, 5, 10) if span / (factor * power) <= at_most)
    first, last = math.ceil(least / step), math.floor(most / step)
    return tuple(each * step for each in range(first, last + 1))


def document(parts: Iterable[str], *, size: tuple[float, float], title: str, **style: Style) -> str:
    """A whole drawing with its title, for a screen reader too.

    Parameters
    ----------
    parts
        Elements in the order in which they are drawn.
    size
        Width and height in units of the drawing.
    title
        What it is.
    **style
        Of the outermost element; `width` and `height` say how large it is shown, else as `size`.

    Examples
    --------
    >>> document([], size=(10, 20), title="Nothing").splitlines()[1]
    '<title>Nothing</title>'
    """
    shown: dict[str, Style] = {"width": size[0], "height": size[1], "font_family": "sans-serif", "font_size": 13.0}
    box = f"0 0 {number(size[0])} {number(size[1])}"
    body = "\n".join(("", f"<title>{escaped(title)}</title>", *parts, ""))
    return element("svg", body, xmlns="http://www.w3.org/2000/svg", viewBox=box, **(shown | style), role="img") + "\n"
