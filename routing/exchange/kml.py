"""Layers as KML 2.2, plain or zipped (OGC 07-147r2)."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from routing.exchange.antimeridian import parts
from routing.exchange.feature import Feature, features
from routing.exchange.markup import HEAD, held, leaf, node
from routing.exchange.styles import colour_rgb, looks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from geopandas import GeoDataFrame

__all__ = ["kml_text", "write_kml", "write_kmz"]

#: Layers drawn in the folder of each option: title, what names a feature, and whether it is shown from the start.
_BY_OPTION = {
    "routes": ("Routes", ("segment",), True),
    "legs": ("Legs", ("segment", "number"), False),
    "positions": ("Positions", ("event",), True),
    "branching_units": ("Branching units", ("name",), True),
    "crossings": ("Crossings", ("asset",), True),
    "alternatives": ("Alternatives", ("segment", "number"), False),
}
_SHARED = {"landings": ("Landings", ("name",), True), "excluded": ("Excluded zones", ("reason",), False)}
#: Zip files tell a time; this one is the earliest that they can.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


def kml_text(frames: Mapping[str, GeoDataFrame], *, title: str) -> str:
    """Layers as the text of a KML file: one folder an option, one for what they share.

    Parameters
    ----------
    frames
        Layers by name, (lon, lat) in degrees.
    title
        Name of the document.

    Notes
    -----
    Fields stand in ExtendedData as they are. A balloon is HTML by the standard, so in the description text is
    escaped once more, and a dollar sign too: ``$[name]`` would be replaced. Coordinates have 7 decimals (11 mm). What
    crosses the antimeridian is cut there. Characters that XML cannot hold become U+FFFD.
    """
    read = {name: list(features(frame)) for name, frame in frames.items()}
    options = looks(feature.text("option") for name in _BY_OPTION for feature in read.get(name, ()))
    colours = {name: look.colour for name, look in options.items()}
    numbers = {name: number for number, name in enumerate(options)}
    folders = [
        _folder(option or "no option", _layers(_BY_OPTION, _of(read, option), f"option{numbers[option]}"))
        for option in options
    ]
    document = [
        leaf("name", title),
        *(_style(f"option{numbers[option]}", colour, width=3) for option, colour in colours.items()),
        _style("shared", "#8a1c1c", width=1),
        *folders,
        *_layers(_SHARED, read, "shared"),
    ]
    return HEAD + node("kml", [node("Document", document)], {"xmlns": "http://www.opengis.net/kml/2.2"}) + "\n"


def write_kml(frames: Mapping[str, GeoDataFrame], path: Path, *, title: str) -> None:
    """Write layers as a KML file; same input, same bytes."""
    path.write_text(kml_text(frames, title=title), encoding="utf-8", newline="\n")


def write_kmz(frames: Mapping[str, GeoDataFrame], path: Path, *, title: str) -> None:
    """Write layers as a KMZ file, which is ``doc.kml`` in a zip; same input, same bytes."""
    member = zipfile.ZipInfo("doc.kml", _NO_TIME)
    member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
    member.create_system = 3  # the same on every system
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr(member, kml_text(frames, title=title).encode("utf-8"))
    path.write_bytes(packed.getvalue())


def _of(read: Mapping[str, list[Feature]], option: str) -> dict[str, list[Feature]]:
    return {name: [each for each in rows if each.text("option") == option] for name, rows in read.items()}


def _layers(
    layers: Mapping[str, tuple[str, tuple[str, ...], bool]], read: Mapping[str, list[Feature]], style: str
) -> Iterator[str]:
    for layer, (title, naming, shown) in layers.items():
        rows = read.get(layer, ())
        if rows:
            yield _folder(title, (_placemark(row, naming, style, shown=shown) for row in rows))


def _folder(title: str, inside: Iterable[str]) -> str:
    return node("Folder", [leaf("name", title), *inside])


def _style(name: str, colour: str, *, width: int) -> str:
    red, green, blue = colour_rgb(colour)
    ink = f"{blue:02x}{green:02x}{red:02x}"  # KML counts alpha, blue, green, red
    return node(
        "Style",
        [
            node("IconStyle", [leaf("color", f"ff{ink}"), leaf("scale", "0.6")]),
            node("LabelStyle", [leaf("scale", "0.7")]),
            node("LineStyle", [leaf("color", f"ff{ink}"), leaf("width", str(width))]),
            node("PolyStyle", [leaf("color", f"59{ink}")]),
        ],
        {"id": name},
    )


def _placemark(feature: Feature, naming: tuple[str, ...], style: str, *, shown: bool) -> str:
    fields = [(name, feature.text(name)) for name, value in feature.values.items() if value is not None]
    shapes = [_geometry(part) for part in parts(feature.shape)]
    inside = [
        leaf("name", " ".join(feature.text(name) for name in naming)),
        leaf("visibility", str(int(shown))),
        node("Snippet", (), {"maxLines": "0"}),
        leaf("description", _balloon(fields)),
        leaf("styleUrl", f"#{style}"),
        node("ExtendedData", [node("Data", [leaf("value", text)], {"name": name}) for name, text in fields]),
        *(shapes if len(shapes) == 1 else [node("MultiGeometry", shapes)]),
    ]
    return node("Placemark", inside)


def _balloon(fields: Iterable[tuple[str, str]]) -> str:
    """Fields as HTML that shows them as they are."""
    return "<br>".join(f"{_inert(name)}: {_inert(text)}" for name, text in fields)


def _inert(text: str) -> str:
    return escape(held(text), {'"': "&quot;", "'": "&#39;", "$": "&#36;"})


def _geometry(shape: Any) -> str:  # noqa: ANN401  (a shapely geometry)
    if shape.geom_type == "Point":
        return node("Point", [_coordinates(shape.coords)])
    if shape.geom_type == "LineString":
        return node("LineString", [leaf("tessellate", "1"), _coordinates(shape.coords)])
    from shapely.geometry.polygon import orient

    turned = orient(shape, 1.0)
    rings = [("outerBoundaryIs", turned.exterior), *(("innerBoundaryIs", ring) for ring in turned.interiors)]
    boundaries = [node(name, [node("LinearRing", [_coordinates(ring.coords)])]) for name, ring in rings]
    return node("Polygon", [leaf("tessellate", "1"), *boundaries])


def _coordinates(coords: Any) -> str:  # noqa: ANN401
    return leaf("coordinates", " ".join(f"{lon:.7f},{lat:.7f}" for lon, lat in coords))
