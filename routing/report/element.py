"""HTML elements as values: the one place of the report where text is escaped."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from routing.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Markup", "css_string", "element", "escaped", "image"]

#: What HTML, or a template engine that a page meets later, could act on.
_ACTIVE = str.maketrans({char: f"&#{ord(char)};" for char in "&<>\"'`{}"})
#: Control characters but tabs and line ends, lone surrogates, and marks that turn the reading direction.
_NOT_SHOWN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_REPLACEMENT = "\ufffd"
#: Elements that have no end tag.
_VOID = ("meta", "img", "br", "hr", "col")
#: What has no place in a drawing: scripts, foreign markup, handlers, and whatever is fetched.
_ACTIVE_DRAWING_TAGS = ("script", "foreignObject", "iframe", "image", "use", "a", "animate", "set", "style")
_FETCHING = re.compile(r"url\((?!\s*['\"]?#)|@import", re.IGNORECASE)


@dataclass(frozen=True)
class Markup:
    """HTML that is finished; only this module makes it from text.

    Attributes
    ----------
    text
        The HTML.
    """

    text: str


Child = Markup | str | None


def escaped(text: str) -> str:
    r"""Text that a browser shows as it is written.

    Characters that HTML cannot hold (control characters, lone surrogates) and
    marks that turn the reading direction become U+FFFD.

    Examples
    --------
    >>> escaped("<b>{{7*7}}</b>")
    '&#60;b&#62;&#123;&#123;7*7&#125;&#125;&#60;/b&#62;'
    >>> escaped("a\x07b\u202ec")
    'a\ufffdb\ufffdc'
    """
    return _NOT_SHOWN.sub(_REPLACEMENT, text).translate(_ACTIVE)


def css_string(text: str) -> str:
    r"""Text as a string of a style sheet, every doubtful character by its number.

    Notes
    -----
    CSS Syntax Module Level 3, section 4.3.7: a backslash, hexadecimal digits, and one space that ends them.

    Examples
    --------
    >>> css_string('Cable "A"')
    '"Cable \\22 A\\22 "'
    """
    shown = _NOT_SHOWN.sub(_REPLACEMENT, text)
    kept = (char if char.isascii() and (char.isalnum() or char in " .,:-") else f"\\{ord(char):x} " for char in shown)
    return f'"{"".join(kept)}"'


def element(tag: str, *children: Child, **attributes: str | int | None) -> Markup:
    """One HTML element.

    Parameters
    ----------
    tag
        Its name; a word of ours, never a user's.
    children
        Elements, or text, which is escaped; None is left out.
    attributes
        Text, which is escaped; a trailing underscore of a name is dropped, others become hyphens, None is left out.

    Examples
    --------
    >>> element("td", "1 < 2", class_="number", aria_label="a'b").text
    '<td class="number" aria-label="a&#39;b">1 &#60; 2</td>'
    >>> element("p", element("b", "x"), None, " & y").text
    '<p><b>x</b> &#38; y</p>'
    """
    named = "".join(_attributes(attributes))
    if tag in _VOID:
        return Markup(f"<{tag}{named}>")
    inner = "".join(child.text if isinstance(child, Markup) else escaped(child) for child in children if child)
    return Markup(f"<{tag}{named}>{inner}</{tag}>")


def image(svg: str, *, alt: str, class_: str | None = None) -> Markup:
    """A drawing as a picture inside the page, which can neither run nor fetch anything.

    Parameters
    ----------
    svg
        The drawing.
    alt
        What it shows, for who cannot see it.
    class_
        Class of the element.

    Raises
    ------
    InputError
        When the drawing is no SVG, or holds scripts, links, handlers or entities.

    Examples
    --------
    >>> image('<svg xmlns="http://www.w3.org/2000/svg"/>', alt="A line").text[:40]
    '<img src="data:image/svg+xml;base64,PHN2'
    """
    _refuse_active(svg)
    packed = base64.b64encode(svg.encode("utf-8")).decode("ascii")
    return element("img", src=f"data:image/svg+xml;base64,{packed}", alt=alt, class_=class_)


def _attributes(attributes: dict[str, str | int | None]) -> Iterator[str]:
    for name, value in attributes.items():
        if value is not None:
            yield f' {name.rstrip("_").replace("_", "-")}="{escaped(str(value))}"'


def _refuse_active(svg: str) -> None:
    remedy = "give an SVG of shapes and text only"
    if "<!DOCTYPE" in svg or "<!ENTITY" in svg or _FETCHING.search(svg):
        raise InputError("a drawing declares entities or fetches something", remedy=remedy)
    try:
        root = ET.fromstring(svg)  # noqa: S314  (entities are refused above)
    except ET.ParseError as error:
        raise InputError(f"a drawing is no XML ({error})", remedy=remedy) from error
    if root.tag.rpartition("}")[2] != "svg":
        raise InputError(f"a drawing is a {root.tag!r}", remedy=remedy)
    for node in root.iter():
        tag = str(node.tag).rpartition("}")[2]
        names = [name.rpartition("}")[2].lower() for name in node.attrib]
        handlers = [name for name in names if name.startswith("on") or name in ("href", "src")]
        if tag in _ACTIVE_DRAWING_TAGS or handlers:
            raise InputError(f"a drawing holds <{tag}> {' '.join(handlers)}".strip(), remedy=remedy)
