"""Layers as a DXF drawing in a projected CRS, which a .prj file beside it states."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from routing import geodesy
from routing.exchange.feature import Feature, features
from routing.exchange.markup import held
from routing.exchange.styles import Look, colour_rgb, looks
from routing.text import is_plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

__all__ = ["drawable", "write_dxf"]

#: What is drawn, and the fields written beside it; legs and charted cables would lie on the routes.
_DRAWN: dict[str, tuple[str, ...]] = {
    "excluded": (),
    "alternatives": (),
    "routes": ("segment",),
    "crossings": ("asset",),
    "positions": ("event", "kp_km"),
    "branching_units": ("name",),
    "landings": ("name",),
}
_LINES = ("CONTINUOUS", "DASHED", "DOT", "DASHDOT")
#: Shares of the drawing's width: height of text, unit of dashes, spacing of hatches.
_TEXT, _DASH, _HATCH = 1 / 400, 1 / 800, 1 / 250
#: Spacing of the pattern ANSI31 at scale 1, drawing units.
_ANSI31 = 3.175


@dataclass(frozen=True)
class _Sheet:
    """A drawing that is being made: its model space, where (lon, lat) goes, and the unit of its symbols."""

    document: Any
    projection: geodesy.Projection
    width_m: float

    def layer(self, name: str, look: Look) -> str:
        """Name of a layer that is there from now on."""
        safe = re.sub(r"[^A-Za-z0-9_-]", "_", name)
        if safe not in self.document.layers:
            layer = self.document.layers.add(safe, linetype=_LINES[look.dash_number])
            layer.rgb = colour_rgb(look.colour)
        return safe

    def xy(self, coords: Any) -> NDArray[np.float64]:  # noqa: ANN401
        """Map metres to the millimetre."""
        return np.round(self.projection.forward(np.asarray(coords)[:, :2]), 3)

    def write(self, text: str, place: Sequence[float], layer: str) -> None:
        """Write one line beside a place."""
        height = self.width_m * _TEXT
        drawn = self.document.modelspace().add_text(drawable(text), height=height, dxfattribs={"layer": layer})
        drawn.set_placement((place[0] + 0.6 * height, place[1] + 0.6 * height))


def write_dxf(frames: Mapping[str, GeoDataFrame], path: Path, *, crs: str, title: str) -> None:
    """Write layers as a drawing (AutoCAD 2018) with a .prj file beside it; same input, same bytes.

    Parameters
    ----------
    frames
        Layers by name, (lon, lat) in degrees.
    path
        File to write; the .prj takes its name.
    crs
        Projected CRS in metres; a DXF file itself cannot say it, so a text in the drawing does.
    title
        Stands in the drawing.

    Notes
    -----
    One drawing layer for each kind of each option, ``<option>_<kind>``, and ``<option>_<kind>_text`` for labels.
    Coordinates are metres to the millimetre. Text is made inert, see :func:`drawable`.
    """
    projection = geodesy.Projection(crs)
    # Bounds in degrees would mislead across the antimeridian; a projection centred there has no seam.
    xy = projection.forward(np.concatenate([np.zeros((0, 2)), *(frames[name].get_coordinates() for name in _DRAWN)]))
    width_m = max(float(np.ptp(xy, axis=0).max()), 1.0) if len(xy) else 1.0
    with _fixed_dates() as ezdxf:
        document = ezdxf.new("R2018", setup=["linetypes"], units=6)  # metres
        document.header["$LTSCALE"], document.header["$PDMODE"] = width_m * _DASH, 34
        document.header["$PDSIZE"] = width_m * _TEXT
        sheet = _Sheet(document, projection, width_m)
        options = looks(feature.text("option") for name in ("routes",) for feature in features(frames[name]))
        for name in _DRAWN:
            for feature in features(frames[name]):
                _draw(sheet, name, feature, options.get(feature.text("option"), Look("#6b7780")))
        _notes(sheet, (title, f"CRS: {crs}, WGS 84, metres", "draft for desk study; not for navigation"), xy)
        document.saveas(path, encoding="utf-8")
    wkt = geodesy.parse_crs(crs).to_wkt("WKT1_ESRI")
    path.with_suffix(".prj").write_text(wkt + "\n", encoding="utf-8", newline="\n")


def drawable(text: str) -> str:
    r"""Text that no CAD program takes for a field, a control code or a second line.

    Notes
    -----
    Control characters, line ends and characters that turn the reading direction become spaces. After each percent
    sign, caret and backslash stands a space: ``%<``, ``%%d``, ``^J`` and ``\U+0041`` mean something else to a reader.

    Examples
    --------
    >>> drawable("%<\\AcVar Login>%"), drawable("50 %")
    ('% <\\ AcVar Login>%', '50 %')
    """
    flat = "".join(char if is_plain(char) else " " for char in held(text))
    return re.sub(r"([%^\\])(?=\S)", r"\1 ", flat)


@contextmanager
def _fixed_dates() -> Iterator[Any]:
    """The library, told to leave clock and random ids out of a drawing."""
    import ezdxf

    # Documented, but not in its __all__.
    from ezdxf import options  # type: ignore[attr-defined]

    before = options.write_fixed_meta_data_for_testing
    options.write_fixed_meta_data_for_testing = True
    try:
        yield ezdxf
    finally:
        options.write_fixed_meta_data_for_testing = before


def _draw(sheet: _Sheet, name: str, feature: Feature, look: Look) -> None:
    option = feature.text("option")
    kind = f"{option}_{name}" if option else name
    layer = sheet.layer(kind, Look("#8a1c1c") if name == "excluded" else look)
    space, about = sheet.document.modelspace(), {"layer": layer}
    for part in getattr(feature.shape, "geoms", [feature.shape]):
        if part.geom_type == "Point":
            space.add_point(sheet.xy(part.coords)[0], dxfattribs=about)
        elif part.geom_type == "LineString":
            space.add_lwpolyline(sheet.xy(part.coords), dxfattribs=about)
        else:
            _hatch(sheet, part, about)
    label = " ".join(feature.text(field) for field in _DRAWN[name])
    if label:
        sheet.write(label, sheet.xy([feature.shape.coords[0]])[0], sheet.layer(f"{kind}_text", look))


def _hatch(sheet: _Sheet, polygon: Any, about: Mapping[str, str]) -> None:  # noqa: ANN401
    """The rings of a polygon, and strokes between them."""
    space = sheet.document.modelspace()
    hatch = space.add_hatch(dxfattribs=about)
    hatch.set_pattern_fill("ANSI31", scale=sheet.width_m * _HATCH / _ANSI31)
    for number, ring in enumerate((polygon.exterior, *polygon.interiors)):
        corners = sheet.xy(ring.coords)[:-1]
        space.add_lwpolyline(corners, close=True, dxfattribs=about)
        hatch.paths.add_polyline_path(corners, is_closed=True, flags=1 if number == 0 else 16)


def _notes(sheet: _Sheet, lines: Sequence[str], xy: NDArray[np.float64]) -> None:
    """What the drawing says about itself, below its lower left corner."""
    left, bottom = xy.min(axis=0) if len(xy) else (0.0, 0.0)
    layer = sheet.layer("notes", Look("#000000"))
    for number, line in enumerate(lines, start=2):
        sheet.write(line, (left, bottom - 2.0 * number * sheet.width_m * _TEXT), layer)
