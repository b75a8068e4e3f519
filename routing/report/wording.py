"""Numbers as a report prints them, and small parts that many sections share."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from routing import geodesy
from routing.report.element import Markup, element

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from routing.report.element import Child

__all__ = [
    "ABSENT",
    "bullets",
    "facts",
    "heading",
    "km",
    "listed",
    "make_up_words",
    "metres",
    "million",
    "number",
    "paragraph",
    "percent",
    "place",
    "table",
]

#: What stands where there is nothing, as a word that a screen reader says.
ABSENT = "none"


def million(usd: float | None, decimals: int = 3) -> str:
    """Money in millions.

    Examples
    --------
    >>> million(44754126.23), million(44754126.23, 2)
    ('44.754', '44.75')
    """
    return ABSENT if usd is None else _signed(f"{usd / 1e6:,.{decimals}f}")


def km(metres_: float | None) -> str:
    """Kilometres to the metre.

    Examples
    --------
    >>> km(365084.2)
    '365.084'
    """
    return ABSENT if metres_ is None else f"{metres_ / 1000.0:,.3f}"


def metres(depth_m: float | None) -> str:
    """A depth to 0.1 m; nothing where it is not known.

    Examples
    --------
    >>> metres(751.23), metres(None), metres(float("nan"))
    ('751.2', 'none', 'none')
    """
    return ABSENT if depth_m is None or math.isnan(depth_m) else _signed(f"{depth_m:,.1f}")


def percent(value: float | None, decimals: int = 2) -> str:
    """Percent, with its sign.

    Examples
    --------
    >>> percent(0.439), percent(None)
    ('0.44 %', 'none')
    """
    return ABSENT if value is None else f"{_signed(f'{value:,.{decimals}f}')} %"


def number(value: float | None) -> str:
    """A figure in at most six digits.

    Examples
    --------
    >>> number(4000000.0), number(0.05), number(None)
    ('4,000,000', '0.05', 'none')
    """
    if value is None:
        return ABSENT
    return f"{value:,.0f}" if abs(value) >= 1e5 and value == round(value) else f"{value:,.6g}"


def place(lon: float, lat: float) -> str:
    r"""A position in degrees and decimal minutes, latitude first as printed lists have it.

    Examples
    --------
    >>> place(50.00791, 40.58544).replace("\u00a0", " ")
    "40° 35.1264' N, 050° 00.4746' E"
    """
    # No line may end inside a latitude or a longitude.
    parts = (geodesy.format_ddm(lat, axis="lat"), geodesy.format_ddm(lon, axis="lon"))
    return ", ".join(part.replace(" ", "\u00a0") for part in parts)


def listed(words: Sequence[str]) -> str:
    """Words as a sentence lists them.

    Examples
    --------
    >>> listed(["AZ", "KZ", "TM"]), listed(["AZ"]), listed([])
    ('AZ, KZ and TM', 'AZ', 'none')
    """
    if not words:
        return ABSENT
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def heading(level: int, text: str, anchor: str | None = None) -> Markup:
    """A heading that contents may lead to."""
    return element(f"h{level}", text, id=anchor)


def paragraph(*children: Child, class_: str | None = None) -> Markup:
    """A paragraph."""
    return element("p", *children, class_=class_)


def bullets(items: Iterable[Child]) -> Markup:
    """A list without order."""
    return element("ul", *(element("li", item) for item in items))


def facts(rows: Iterable[tuple[str, str]]) -> Markup:
    """Terms, each with what is said of it."""
    pairs = (element("div", element("dt", term), element("dd", text)) for term, text in rows)
    return element("dl", *pairs, class_="facts")


def table(
    caption: str, head: Sequence[str], rows: Iterable[Sequence[str]], *, sums: int = 0, texts: Sequence[int] = ()
) -> Markup:
    """A table whose first column names its rows.

    Parameters
    ----------
    caption
        What it shows, with units.
    head
        Titles of columns.
    rows
        Cells.
    sums
        Number of last rows that are sums or totals.
    texts
        Columns of text after the first; all others are numbers, set flush right.
    """
    cells = list(rows)
    titles = (element("th", text, scope="col", class_=_class(index, texts)) for index, text in enumerate(head))
    body = (_row(row, texts, is_sum=index >= len(cells) - sums) for index, row in enumerate(cells))
    drawn = element(
        "table",
        element("caption", caption),
        element("thead", element("tr", *titles)),
        element("tbody", *body),
    )
    # A table wider than a phone is moved inside its frame; the frame takes the focus so that keys can move it.
    return element("div", drawn, class_="frame", role="region", aria_label=caption, tabindex=0)


def _row(row: Sequence[str], texts: Sequence[int], *, is_sum: bool) -> Markup:
    first = element("th", row[0], scope="row")
    rest = (element("td", cell, class_=_class(index, texts)) for index, cell in enumerate(row[1:], start=1))
    return element("tr", first, *rest, class_="sum" if is_sum else None)


def _class(index: int, texts: Sequence[int]) -> str | None:
    return None if index == 0 or index in texts else "number"


def _signed(text: str) -> str:
    """A number with a true minus, and no minus before nothing."""
    if text.startswith("-"):
        return text[1:] if not text.strip("-0.,") else f"\u2212{text[1:]}"
    return text


def make_up_words(make_up: Mapping[str, Any], total_usd: float) -> str:
    """What building in sections adds to a total.

    Examples
    --------
    >>> make_up = {"transitions": 7, "transitions_usd": 280000.0, "sections_usd": 61000.0, "total_usd": 341000.0}
    >>> make_up_words(make_up, 44.755e6)[:68]
    'Totals take every metre at its own cheapest way. Built in sections, '
    """
    return (
        "Totals take every metre at its own cheapest way. Built in sections, "
        f"{make_up['transitions']} changes of cable or burial add USD {million(make_up['transitions_usd'])} million "
        f"and the sections themselves USD {million(make_up['sections_usd'])} million: USD "
        f"{million(total_usd + make_up['total_usd'])} million in all."
    )
