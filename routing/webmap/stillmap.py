"""The map as a drawing: bathymetry, routes, names, scale and north, for readers whose scripts are off."""

from __future__ import annotations

import base64
import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from routing import geodesy, svg
from routing.webmap.inert import inert_html
from routing.webmap.looks import route_look

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["still_map"]

#: Width of the drawing in its own units, and the heights that it may have.
_WIDTH = 1080.0
_HEIGHTS = (420.0, 900.0)
#: Sea around the routes, as a share of their longer side.
_MARGIN = 0.16
#: Bytes of the image, before base64.
_IMAGE_BUDGET = 60_000
#: Longer side of the image; smaller ones are tried when it is too heavy.
_IMAGE_SIDES_PX = (900, 700, 500, 300)
_INK = "#12263a"
_NAME_SIZE = 15.0
_ROUTE_SIZE = 13.0
#: Places along a route where its name may stand, the middle first.
_SHARES = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.2, 0.8)
#: Places that stand for a whole line, and what hiding one weighs beside a square unit of another name.
_SAMPLES = tuple((each + 0.5) / 80 for each in range(80))
_COVERED_SPOT = 40.0
_NAME_WIDTH = 250.0

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class _View:
    """Web Mercator metres to units of the drawing."""

    left: float
    top: float
    unit_m: float
    height: float
    centre_lon: float

    def place(self, lonlat: Sequence[Sequence[float]]) -> NDArray[np.float64]:
        """Units of the drawing (n, 2), from its upper left corner."""
        return np.asarray((_mercator(lonlat, self.centre_lon) - (self.left, self.top)) / (self.unit_m, -self.unit_m))


def still_map(shown: Mapping[str, Any]) -> str:
    """The drawing as an SVG element.

    Parameters
    ----------
    shown
        What the page shows, as JSON values of :func:`routing.webmap.payload.page_content`.

    Returns
    -------
    markup
        Inert: it can stand in any HTML.
    """
    view = _view(shown)
    taken: list[Box] = []
    parts = [
        svg.rect((0.0, 0.0), (_WIDTH, view.height), fill="#ece7dd"),
        _image(shown, view),
        *_shore(shown["vectors"], view),
        *_routes(shown["options"], view),
        *_landings(shown["landings"], view, taken),
        *_route_names(shown["options"], view, taken),
        _scale_bar(view),
        _depths(shown["rasters"][0]["legend"], view),
        _north(),
    ]
    return svg.element(
        "svg",
        "\n".join(parts),
        class_="still-map",
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {svg.number(_WIDTH)} {svg.number(view.height)}",
        width=_WIDTH,
        height=view.height,
        font_family="sans-serif",
        role="img",
        aria_label="Map of the routes",
    )


def _mercator(lonlat: Sequence[Sequence[float]], centre_lon: float) -> NDArray[np.float64]:
    """Web Mercator metres, counted from a meridian so that no map is torn."""
    points = np.array(lonlat, float).reshape(-1, 2)
    points[:, 0] -= centre_lon
    return geodesy.transform_points(points, geodesy.WGS84, "EPSG:3857")


def _view(shown: Mapping[str, Any]) -> _View:
    """The routes and landings that are used, with sea around them."""
    _, west, _, east = shown["extent"]
    centre = 0.5 * (west + east)
    ends = [[at["lon"], at["lat"]] for at in shown["landings"] if at["used"]]
    lines = [point[:2] for option in shown["options"] for link in option["links"] for point in link["points"]]
    xy = _mercator(ends + lines, centre)
    (left, bottom), (right, top) = xy.min(axis=0), xy.max(axis=0)
    margin = _MARGIN * max(right - left, top - bottom, 1.0)
    # Names stand beside the ends, so the sides are wider.
    width, height = right - left + 2.8 * margin, top - bottom + 2.0 * margin
    low, high = _HEIGHTS
    unit_m = max(width / _WIDTH, height / high)
    drawn = min(max(height / unit_m, low), high)
    corner = 0.5 * (left + right) - 0.5 * _WIDTH * unit_m, 0.5 * (bottom + top) + 0.5 * drawn * unit_m
    return _View(float(corner[0]), float(corner[1]), float(unit_m), float(drawn), float(centre))


def _image(shown: Mapping[str, Any], view: _View) -> str:
    """The bathymetry under the drawing, made smaller."""
    from PIL import Image

    kind, _, text = shown["rasters"][0]["uri"].partition(",")
    if kind != "data:image/webp;base64":
        return ""
    south, west, north, east = shown["extent"]
    (x0, y1), (x1, y0) = view.place([[west, south], [east, north]])
    whole = Image.open(io.BytesIO(base64.b64decode(text))).convert("RGBA")
    across, down = whole.width / (x1 - x0), whole.height / (y1 - y0)
    window = (max(x0, 0.0), max(y0, 0.0), min(x1, _WIDTH), min(y1, view.height))
    pixels = ((window[0] - x0) * across, (window[1] - y0) * down, (window[2] - x0) * across, (window[3] - y0) * down)
    part = whole.crop(tuple(round(each) for each in pixels))
    place = {"x": window[0], "y": window[1], "width": window[2] - window[0], "height": window[3] - window[1]}
    return svg.element("image", href=_small(part), preserveAspectRatio="none", **place)


def _small(image: Any) -> str:  # noqa: ANN401  (a Pillow image)
    """A data URI within the budget."""
    for side in _IMAGE_SIDES_PX:
        share = min(1.0, side / max(image.size))
        smaller = image.resize(tuple(max(1, round(each * share)) for each in image.size))
        buffer = io.BytesIO()
        smaller.save(buffer, "WEBP", quality=60, method=4)
        if buffer.tell() <= _IMAGE_BUDGET:
            break
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def _shore(vectors: Sequence[Mapping[str, Any]], view: _View) -> Iterator[str]:
    """Coastlines, without what lies outside or is smaller than a unit."""
    for vector in vectors:
        if vector["style"] != "coast":
            continue
        for line in vector["geometries"]:
            xy = view.place(line) if line else np.empty((0, 2))
            inside = (xy > -50.0) & (xy < (_WIDTH + 50.0, view.height + 50.0))
            near = np.asarray(inside.all(axis=1))
            for run in np.split(np.arange(len(xy)), np.flatnonzero(np.diff(near)) + 1):
                kept = xy[run].round(0)
                moved = np.asarray((np.diff(kept, axis=0, prepend=np.inf) != 0.0).any(axis=1))
                if len(run) and near[run[0]] and moved.sum() > 2:
                    yield svg.path(kept[moved], fill="none", stroke="#8d8574", stroke_width=0.8)


def _routes(options: Sequence[Mapping[str, Any]], view: _View) -> Iterator[str]:
    """Every route, the recommended one on top."""
    for index in reversed(range(len(options))):
        colour, dash = route_look(index)
        for link in options[index]["links"]:
            xy = view.place([point[:2] for point in link["points"]]).round(1)
            common: dict[str, Any] = {"fill": "none", "stroke_linecap": "round", "stroke_linejoin": "round"}
            yield svg.path(xy, stroke="#ffffff", stroke_width=6.5, **common)
            yield svg.path(xy, stroke=colour, stroke_width=3.4, stroke_dasharray=dash, **common)


def _landings(landings: Sequence[Mapping[str, Any]], view: _View, taken: list[Box]) -> Iterator[str]:
    """Landings that are used, each with its name."""
    used = [landing for landing in landings if landing["used"]]
    places = view.place([[landing["lon"], landing["lat"]] for landing in used])
    taken += [(x - 7.0, y - 7.0, x + 7.0, y + 7.0) for x, y in places.tolist()]
    for landing, (x, y) in zip(used, places.tolist(), strict=True):
        yield svg.element("circle", cx=x, cy=y, r=5.5, fill="#ffffff", stroke=_INK, stroke_width=2.2)
        toward = -1 if x < 0.5 * _WIDTH else 1
        sides = [(toward, 0.0), (-toward, 0.0), (0, -1.0), (0, 1.0)]
        yield _name(landing["name"], (x, y), sides, taken=taken, size=_NAME_SIZE)


def _route_names(options: Sequence[Mapping[str, Any]], view: _View, taken: list[Box]) -> Iterator[str]:
    """The name of each option where it covers neither names nor the routes of others."""
    lines = [[view.place([point[:2] for point in link["points"]]) for link in option["links"]] for option in options]
    for index, option in enumerate(options):
        others = [spot for other, drawn in enumerate(lines) if other != index for spot in _spots(drawn, _SAMPLES)]
        name = svg.shortened(option["name"], _NAME_WIDTH, _ROUTE_SIZE)
        spots = _spots(lines[index], _SHARES)
        boxes = [_box(name, (x, y), (0, 0.0), _ROUTE_SIZE) for x, y in spots]
        costs = [_covered(box, taken, view) + _COVERED_SPOT * _held(box, others) for box in boxes]
        x, y = spots[costs.index(min(costs))]
        yield _name(option["name"], (x, y), [(0, 0.0)], taken=taken, size=_ROUTE_SIZE, colour=route_look(index)[0])


def _spots(lines: Sequence[NDArray[np.float64]], shares: Sequence[float]) -> list[tuple[float, float]]:
    """Places at shares of the length of each line."""
    found = []
    for xy in lines:
        along = np.append(0.0, np.hypot(*np.diff(xy, axis=0).T).cumsum())
        at = np.asarray(shares) * along[-1]
        found += list(
            zip(np.interp(at, along, xy[:, 0]).tolist(), np.interp(at, along, xy[:, 1]).tolist(), strict=True)
        )
    return found


def _held(box: Box, spots: Sequence[tuple[float, float]]) -> int:
    """How many places lie under a box."""
    return sum(box[0] < x < box[2] and box[1] < y < box[3] for x, y in spots)


def _box(words: str, at: tuple[float, float], side: tuple[int, float], size: float) -> Box:
    """Edges of a name beside a place; side (0, 0) is on it."""
    width, height = svg.text_width(words, size) + 10.0, size + 8.0
    x = at[0] - 0.5 * width + side[0] * (0.5 * width + 12.0)
    y = at[1] - 0.5 * height + side[1] * (0.5 * height + 12.0)
    x = min(max(x, 2.0), _WIDTH - width - 2.0)
    return x, y, x + width, y + height


def _covered(box: Box, taken: Sequence[Box], view: _View) -> float:
    """Area of other names under a box; outside the drawing counts too."""
    outside = max(0.0, -box[1], box[3] - view.height)
    return 1e4 * outside + sum(
        max(0.0, min(box[2], other[2]) - max(box[0], other[0]))
        * max(0.0, min(box[3], other[3]) - max(box[1], other[1]))
        for other in taken
    )


def _name(  # noqa: PLR0913  (how a name looks)
    words: str,
    at: tuple[float, float],
    sides: Sequence[tuple[int, float]],
    *,
    taken: list[Box],
    size: float,
    colour: str | None = None,
) -> str:
    """A name on a white ground, on the side where it covers least."""
    cut = svg.shortened(words, _NAME_WIDTH, size)
    boxes = [_box(cut, at, side, size) for side in sides]
    open_view = _View(0.0, 0.0, 1.0, math.inf, 0.0)
    box = min(boxes, key=lambda each: _covered(each, taken, open_view))
    taken.append(box)
    width = box[2] - box[0]
    ground = svg.rect(
        box[:2], (width, box[3] - box[1]), rx=4.0, fill="#ffffff", fill_opacity=0.9, stroke=colour, stroke_width=1.5
    )
    title = svg.element("title", inert_html(words)) if cut != words else ""
    middle = {"x": 0.5 * (box[0] + box[2]), "y": box[3] - 4.0 - 0.25 * size}
    text = svg.element(
        "text", title + inert_html(cut), **middle, text_anchor="middle", font_size=size, font_weight="600", fill=_INK
    )
    return ground + text


def _scale_bar(view: _View) -> str:
    """A bar of a round number of kilometres, true in the middle of the drawing."""
    middle_y = view.top - 0.5 * view.height * view.unit_m
    degree = _lonlat_at(view, middle_y)
    length_km = geodesy.length_m(degree) / 1000.0
    width = float(np.diff(view.place(degree)[:, 0])[0])
    km = svg.ticks(0.0, 0.25 * _WIDTH * length_km / width, at_most=3)[-1]
    x, y, end = 24.0, view.height - 26.0, 24.0 + km * width / length_km
    ground = svg.rect((x - 10.0, y - 22.0), (end - x + 20.0, 36.0), rx=4.0, fill="#ffffff", fill_opacity=0.85)
    bar = svg.path(
        [(x, y - 5.0), (x, y + 4.0), (end, y + 4.0), (end, y - 5.0)], fill="none", stroke=_INK, stroke_width=1.8
    )
    words = svg.text(0.5 * (x + end), y - 6.0, f"{km:g} km", text_anchor="middle", font_size=13.0, fill=_INK)
    return ground + bar + words


def _depths(legend: Mapping[str, Any], view: _View) -> str:
    """Colours of the depth and what they mean, from the shore to the deepest place."""
    x, y, width = _WIDTH - 246.0, view.height - 32.0, 214.0
    step = width / len(legend["stops"])
    ground = svg.rect((x - 14.0, y - 24.0), (width + 28.0, 48.0), rx=4.0, fill="#ffffff", fill_opacity=0.85)
    bar = "".join(
        svg.rect((x + each * step, y), (step + 0.3, 8.0), fill=colour) for each, colour in enumerate(legend["stops"])
    )
    style: dict[str, Any] = {"font_size": 11.0, "fill": _INK, "text_anchor": "middle"}
    title = svg.text(x, y - 8.0, "Water depth", **style | {"text_anchor": "start"})
    ticks = "".join(
        svg.element("text", inert_html(label), x=x + place * width, y=y + 19.0, **style)
        for place, label in legend["ticks"]
    )
    return ground + bar + title + ticks


def _lonlat_at(view: _View, y_m: float) -> list[list[float]]:
    """Two places one degree apart on the parallel of a Mercator ordinate."""
    lat = float(geodesy.transform_points([[0.0, y_m]], "EPSG:3857", geodesy.WGS84)[0, 1])
    return [[view.centre_lon - 0.5, lat], [view.centre_lon + 0.5, lat]]


def _north() -> str:
    """North is up, everywhere on this projection."""
    x, y = _WIDTH - 34.0, 20.0
    ground = svg.rect((x - 16.0, y - 14.0), (32.0, 58.0), rx=4.0, fill="#ffffff", fill_opacity=0.85)
    halves = svg.path([(x, y + 6), (x + 7, y + 36), (x, y + 29)], closed=True, fill=_INK) + svg.path(
        [(x, y + 6), (x - 7, y + 36), (x, y + 29)], closed=True, fill="#ffffff", stroke=_INK, stroke_width=1.0
    )
    return (
        ground + halves + svg.text(x, y + 2.0, "N", text_anchor="middle", font_size=13.0, font_weight="700", fill=_INK)
    )
