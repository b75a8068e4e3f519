"""What the page shows when scripts are off: title, message, a drawing of the map and a table of the options."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from routing import svg
from routing.webmap.inert import inert_html
from routing.webmap.looks import route_look
from routing.webmap.stillmap import still_map

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["still_page"]

_NOTE = (
    "This is a still picture, because scripts are off here. Opened in a browser with scripts, the same file is a map "
    "to zoom, with depth profiles and position lists. It loads nothing from the network."
)
#: Heading, key of the option, digits, and what one unit of the column is of the key's.
_COLUMNS = (
    ("Total, USD million", "total", 1, 1e6),
    ("Low", "low", 1, 1e6),
    ("High", "high", 1, 1e6),
    ("Route, km", "lengthKm", 0, 1.0),
    ("Cable, km", "cableKm", 0, 1.0),
    ("Greatest depth, m", "maxDepth", 0, 1.0),
    ("Faults a year", "faults", 2, 1.0),
)


def still_page(shown: Mapping[str, Any]) -> str:
    """The content of ``noscript``.

    Parameters
    ----------
    shown
        What the page shows, as JSON values of :func:`routing.webmap.payload.page_content`.

    Returns
    -------
    markup
        HTML in which every text is inert.
    """
    sources = "".join(f"<li>{inert_html(line)}</li>" for line in shown["sources"])
    return "\n".join(
        [
            '<main class="still">',
            f"<h1>{inert_html(shown['title'])}</h1>",
            f'<p class="subtitle">{inert_html(shown["subtitle"])}</p>',
            f'<p class="headline">{inert_html(shown["headline"])}</p>',
            still_map(shown),
            f'<p class="still-note">{_NOTE}</p>',
            _table(shown["options"]),
            "<h2>Sources and provenance</h2>",
            f"<ul>{sources}<li>{inert_html(shown['footer'])}</li></ul>",
            "</main>",
        ]
    )


def _table(options: Sequence[Mapping[str, Any]]) -> str:
    """All options, one a row, by rank."""
    heads = "".join(f'<th scope="col" class="number">{title}</th>' for title, *_ in _COLUMNS)
    rows = "\n".join(_row(option, index) for index, option in enumerate(options))
    return (
        "<table><caption>Options, the recommended one first</caption>\n"
        f'<thead><tr><th scope="col">Line</th><th scope="col">Option</th>{heads}</tr></thead>\n'
        f"<tbody>{rows}</tbody></table>"
    )


def _row(option: Mapping[str, Any], index: int) -> str:
    figures = "".join(
        f'<td class="number">{_figure(option[key], digits, unit)}</td>' for _, key, digits, unit in _COLUMNS
    )
    links = "; ".join(link["name"] for link in option["links"])
    name = f'<th scope="row">{inert_html(option["name"])}<br><small>{inert_html(links)}</small></th>'
    return f"<tr><td>{_swatch(index)}</td>{name}{figures}</tr>"


def _swatch(index: int) -> str:
    """The line of an option as the map draws it."""
    colour, dash = route_look(index)
    line = svg.line(
        (2.0, 6.0), (46.0, 6.0), stroke=colour, stroke_width=3.4, stroke_dasharray=dash, stroke_linecap="round"
    )
    return svg.element("svg", line, width=48.0, height=12.0, viewBox="0 0 48 12", aria_hidden="true")


def _figure(value: float | None, digits: int, unit: float) -> str:
    """A number of the table; a dash where there is none."""
    return f"{value / unit:,.{digits}f}" if value is not None and math.isfinite(value) else "–"
