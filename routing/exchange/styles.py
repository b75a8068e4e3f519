"""How layers look in a GIS: colours and dashes that all readers tell apart, as QGIS styles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from routing.exchange.markup import node

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["LABELS", "Look", "colour_rgb", "looks", "qml"]

#: Okabe & Ito (2008), Color Universal Design, without the yellow, which is lost on paper.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#000000", "#e69f00", "#56b4e9")
#: Strokes and gaps, millimetres on paper; with the colours they give 28 pairs before one comes back.
_DASHES: tuple[tuple[float, ...], ...] = ((), (4.0, 2.0), (1.0, 1.5), (4.0, 1.5, 1.0, 1.5))
_GREY, _ZONE, _CHART = "#6b7780", "#8a1c1c", "#b0127b"

#: What is written beside each feature, as a QGIS expression.
LABELS = {
    "positions": '"event" || \'\\nKP \' || format_number("kp_km", 3)',
    "landings": '"name"',
    "branching_units": '"name"',
    "crossings": '"asset"',
    "routes": '"segment"',
}
#: Shape and colour of a position by the kind of its first event; all others are small dots.
_MARKS = {
    "landing": ("square", "#000000"),
    "shore_end": ("square", "#56b4e9"),
    "alter_course": ("circle", "#0072b2"),
    "transition": ("diamond", "#d55e00"),
    "plough_down": ("triangle", "#009e73"),
    "plough_up": ("triangle", "#e69f00"),
    "burial_change": ("diamond", "#009e73"),
    "crossing": ("cross2", "#d55e00"),
    "branching_unit": ("star", "#cc79a7"),
    "repeater": ("pentagon", "#cc79a7"),
    "remote_pump": ("pentagon", "#e69f00"),
    "joint": ("diamond", "#cc79a7"),
}


@dataclass(frozen=True)
class Look:
    """How a line is drawn.

    Attributes
    ----------
    colour
        As ``#rrggbb``.
    dash
        Strokes and gaps, mm on paper; empty: a full line.
    """

    colour: str
    dash: tuple[float, ...] = ()

    @property
    def dash_number(self) -> int:
        """Which of the four dashes it is, from 0."""
        return _DASHES.index(self.dash)


def looks(names: Iterable[str]) -> dict[str, Look]:
    """A look for each name, in order of first appearance.

    Examples
    --------
    >>> looks(["b", "a", "b"])["a"]
    Look(colour='#d55e00', dash=(4.0, 2.0))
    """
    order = dict.fromkeys(names)
    return {
        name: Look(_COLOURS[number % len(_COLOURS)], _DASHES[number % len(_DASHES)])
        for number, name in enumerate(order)
    }


def colour_rgb(colour: str) -> tuple[int, int, int]:
    """Red, green and blue of ``#rrggbb``.

    Examples
    --------
    >>> colour_rgb("#0072b2")
    (0, 114, 178)
    """
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def qml(layer: str, values: Iterable[str] = ()) -> str:
    """The QGIS style of a layer.

    Parameters
    ----------
    layer
        Name of the layer.
    values
        Options (of routes and alternatives) or cable types (of legs), in the order that gives them their looks.

    Notes
    -----
    Written against the layer styles that QGIS 3 saves itself; settings that are left out take QGIS's defaults.
    """
    labelled = LABELS.get(layer)
    inside = [_renderer(layer, looks(values)), *([_labels(labelled, layer)] if labelled else [])]
    about = {
        "version": "3.28.0",
        "styleCategories": "Symbology|Labeling",
        "labelsEnabled": str(int(labelled is not None)),
    }
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + node("qgis", inside, about) + "\n"


def _renderer(layer: str, known: Mapping[str, Look]) -> str:
    if layer in {"routes", "legs"}:
        column = "option" if layer == "routes" else "cable_type"
        symbols = {name: _symbol("line", _line(look, width_mm=0.8)) for name, look in known.items()}
        return _categories(f'"{column}"', symbols, _symbol("line", _line(Look(_GREY), width_mm=0.5)))
    if layer == "alternatives":
        symbols = {
            name: _symbol("line", _line(Look(look.colour, (1.0, 1.5)), width_mm=0.4)) for name, look in known.items()
        }
        return _categories('"option"', symbols, _symbol("line", _line(Look(_GREY), width_mm=0.4)))
    if layer == "positions":
        symbols = {kind: _symbol("marker", _marker(shape, colour)) for kind, (shape, colour) in _MARKS.items()}
        first = "array_first(string_to_array(\"kinds\", ' / '))"
        return _categories(first, symbols, _symbol("marker", _marker("circle", _GREY, size_mm=1.4)))
    if layer == "landings":
        used, other = _marker("square", "#000000", size_mm=3.2), _marker("square", "#ffffff", size_mm=2.4)
        return _categories(
            "if(\"used\", 'used', 'not used')", {"used": _symbol("marker", used)}, _symbol("marker", other)
        )
    return _single(layer)


def _single(layer: str) -> str:
    symbols = {
        "branching_units": lambda: _symbol("marker", _marker("star", "#cc79a7", size_mm=4.0)),
        "crossings": lambda: _symbol("marker", _marker("cross2", "#d55e00", size_mm=3.0)),
        "excluded": lambda: _symbol("fill", _hatch() + "\n" + _line(Look(_ZONE), width_mm=0.3)),
        "cblsub": lambda: _symbol("line", _line(Look(_CHART, (4.0, 2.0)), width_mm=0.5)),
    }
    symbol = symbols[layer]().replace("<symbol ", '<symbol name="0" ', 1)
    return node("renderer-v2", [node("symbols", [symbol])], {"type": "singleSymbol", "symbollevels": "0"})


def _categories(column: str, symbols: Mapping[str, str], other: str) -> str:
    """One symbol a value, and one for all others."""
    named = [*symbols.items(), ("", other)]
    categories = [
        node("category", (), {"value": value, "label": value or "other", "symbol": str(number), "render": "true"})
        for number, (value, _) in enumerate(named)
    ]
    drawn = [symbol.replace("<symbol ", f'<symbol name="{number}" ', 1) for number, (_, symbol) in enumerate(named)]
    about = {"type": "categorizedSymbol", "attr": column, "symbollevels": "0"}
    return node("renderer-v2", [node("categories", categories), node("symbols", drawn)], about)


def _symbol(kind: str, layers: str) -> str:
    return node("symbol", [layers], {"type": kind, "alpha": "1", "clip_to_extent": "1"})


def _line(look: Look, *, width_mm: float) -> str:
    return _layer(
        "SimpleLine",
        line_color=_rgba(look.colour),
        line_style="solid",
        line_width=f"{width_mm:g}",
        line_width_unit="MM",
        capstyle="flat",
        joinstyle="round",
        use_custom_dash=str(int(bool(look.dash))),
        customdash=";".join(f"{each:g}" for each in look.dash or (4.0, 2.0)),
        customdash_unit="MM",
    )


def _marker(shape: str, colour: str, *, size_mm: float = 2.4) -> str:
    # A cross is nothing but its outline.
    outline = colour if shape == "cross2" else "#1d2a33"
    return _layer(
        "SimpleMarker",
        name=shape,
        color=_rgba(colour),
        outline_color=_rgba(outline),
        outline_width="0.5" if shape == "cross2" else "0.2",
        outline_width_unit="MM",
        size=f"{size_mm:g}",
        size_unit="MM",
    )


def _hatch() -> str:
    stroke = _symbol("line", _line(Look(_ZONE), width_mm=0.25)).replace("<symbol ", '<symbol name="@0@0" ', 1)
    return _layer("LinePatternFill", stroke, angle="45", distance="2.5", distance_unit="MM", color=_rgba(_ZONE))


def _layer(kind: str, inner: str = "", **settings: str) -> str:
    options = [node("Option", (), {"name": key, "type": "QString", "value": text}) for key, text in settings.items()]
    inside = [node("Option", options, {"type": "Map"}), *([inner] if inner else [])]
    return node("layer", inside, {"class": kind, "enabled": "1", "locked": "0", "pass": "0"})


def _labels(expression: str, layer: str) -> str:
    buffer = node("text-buffer", (), {"bufferDraw": "1", "bufferSize": "0.8", "bufferColor": _rgba("#ffffff")})
    style = {
        "fieldName": expression, "isExpression": "1", "fontSize": "8", "fontSizeUnit": "Point",
        "textColor": _rgba("#1d2a33"),
    }  # fmt: skip
    # 3: along a line; 6: around a point, by preference.
    placement = {"placement": "3" if layer == "routes" else "6", "dist": "1", "distUnits": "MM"}
    settings = node("settings", [node("text-style", [buffer], style), node("placement", (), placement)])
    return node("labeling", [settings], {"type": "simple"})


def _rgba(colour: str) -> str:
    return ",".join(map(str, (*colour_rgb(colour), 255)))
