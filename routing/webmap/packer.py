"""A Folium figure as one page that asks the network for nothing.

The figure's scripts and styles are replaced by the same files from installed
packages, checked by their hash. A content-security policy then names every
script and style of the page by hash and allows nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from importlib import metadata, resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from routing.errors import RoutingError
from routing.webmap.inert import inert_html, inert_json
from routing.webmap.looks import ROUTE_LOOKS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["OfflineError", "pack", "unpack"]


class OfflineError(RoutingError, RuntimeError):
    """The page would need the network, or a file of it is not the one we know."""


#: Folium's names for what it links, with the file that holds it and its sha256.
_LEAFLET = {
    "leaflet": ("leaflet.js", "5819285cec137b229c94e1ee5ad73e8b6b84345a4367d60f75fe477fe0fb7b03"),
    "leaflet_css": ("leaflet.css", "90b693d86392a4779c861b28cf307e7e59c3fb35328c4d8b95f58f814d38c722"),
}

#: What Folium links and this page does without.
_DROPPED = frozenset(
    {
        "jquery",
        "bootstrap",
        "bootstrap_css",
        "glyphicons_css",
        "awesome_markers",
        "awesome_markers_css",
        "awesome_markers_font_css",
        "awesome_rotate_css",
    }
)

#: Element that holds the content: data, which no browser runs.
_CONTENT = "content"
_BLOCK = f'<script type="application/json" id="{_CONTENT}">'

_STYLES = (
    *("page.css", "panel.css", "map.css", "drawer.css", "tools.css", "layers.css"),
    *("compare.css", "changes.css", "print.css", "still.css"),
)
_SCRIPTS = (
    *("store.js", "geodesic.js", "along.js", "layers.js", "rasters.js", "routes.js", "leg.js", "labels.js"),
    *("drawer.js", "cursor.js", "tracks.js", "profile.js", "positions.js"),
    *("figures.js", "costs.js", "pair.js", "compare.js", "changes.js", "findings.js", "landings.js", "panel.js"),
    *("switches.js", "legends.js", "place.js", "goto.js", "measure.js", "readout.js", "controls.js", "map.js"),
)

#: The page before its script fills it.
_SKELETON = """\
<div id="page">
<aside id="panel" aria-label="Route options"></aside>
<main id="stage" aria-label="Map"><!-- map --></main>
<section id="drawer" aria-label="Depth along the route"></section>
</div>
<noscript><!-- still --></noscript>"""

_FETCHED_BY_MARKUP = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|embed|input|object)\b[^>]*\b(?:src|data)\s*=(?!\s*["']?data:)
    | <link\b[^>]*\bhref\s*=(?!\s*["']?data:)
    | <(?:a|form|base)\b
    | @import\b
    | \burl\((?!\s*["']?(?:data:|\#))""",
    re.IGNORECASE | re.VERBOSE,
)
_FETCHED_BY_SCRIPT = re.compile(
    r"""https?://[^"'`\s]*\{[xyzs]\}
    | \b(?:fetch|importScripts|import)\(
    | \b(?:XMLHttpRequest|WebSocket|EventSource|sendBeacon|ServiceWorker|eval)\b""",
    re.VERBOSE,
)


def pack(figure: Any, *, chart: str, content: Mapping[str, Any], title: str, still: str = "") -> str:  # noqa: ANN401
    """One HTML document from a figure and the content of the page.

    Parameters
    ----------
    figure
        A branca figure of our own numbers and constants; no foreign text.
    chart
        Variable of the figure's script that holds the map.
    content
        What the page shows, as JSON values; any text.
    still
        Inert HTML that stands in for the map when scripts are off.
    title
        Title of the document; any text.

    Returns
    -------
    document
        The page.

    Raises
    ------
    OfflineError
        When the figure wants a file that is not at hand, when a file is not
        the known one, or when something would still be fetched.
    """
    figure.render()  # elements add their links and scripts while rendering
    styles, scripts = _header(figure)
    body = str(figure.html.render())
    styles += [_asset(name) for name in _STYLES]
    scripts += [_asset("text.js"), _looks(), *(_asset(name) for name in _SCRIPTS), str(figure.script.render())]
    refuse_network(markup=[body, still, *styles], scripts=scripts)
    scripts.append(f"cablemap.start({chart}, JSON.parse(document.getElementById({_CONTENT!r}).textContent));")
    body = _SKELETON.replace("<!-- map -->", body.strip()).replace("<!-- still -->", still)
    return _document(body, styles=styles, scripts=scripts, content=inert_json(content), title=title)


def unpack(document: str) -> dict[str, Any]:
    """The content of a document that :func:`pack` made.

    Raises
    ------
    ValueError
        When it holds none.
    """
    found = re.search(re.escape(_BLOCK) + r"(.*?)</script>", document, re.DOTALL)
    content = json.loads(found.group(1)) if found else None
    if not isinstance(content, dict):
        raise ValueError("the document holds no content")  # noqa: TRY004  (of the text, not of an argument)
    return content


def refuse_network(*, markup: Iterable[str] = (), scripts: Iterable[str] = ()) -> None:
    """Raise when a part of a page would fetch something.

    Parameters
    ----------
    markup
        HTML and CSS.
    scripts
        JavaScript.

    Examples
    --------
    >>> refuse_network(markup=['<img src="chart.png">'])
    Traceback (most recent call last):
    routing.webmap.packer.OfflineError: the page would fetch something at '<img src="chart.png">'; put it into the page
    """
    for parts, pattern in ((markup, _FETCHED_BY_MARKUP), (scripts, _FETCHED_BY_SCRIPT)):
        for part in parts:
            if found := pattern.search(part):
                place = part[found.start() : found.end() + 40]
                raise OfflineError(f"the page would fetch something at {place!r}; put it into the page")


def _header(figure: Any) -> tuple[list[str], list[str]]:  # noqa: ANN401
    """Styles and scripts that the figure's header asks for, as text."""
    from branca.element import CssLink, JavascriptLink

    styles: list[str] = []
    scripts: list[str] = []
    for name, element in figure.header._children.items():  # noqa: SLF001  (branca has no public way)
        if isinstance(element, CssLink | JavascriptLink):
            if name not in _DROPPED:
                (styles if isinstance(element, CssLink) else scripts).append(_leaflet(name, element.url))
            continue
        text = str(element.render())
        styles += re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
        scripts += re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    return styles, scripts


def _leaflet(name: str, url: str) -> str:
    """Text of a Leaflet file that Folium calls `name`, its images put inside."""
    if name not in _LEAFLET:
        raise OfflineError(f"Folium asks for {name!r} ({url}), which is not at hand; add it to the packer's table")
    filename, sha256 = _LEAFLET[name]
    path = Path(str(metadata.distribution("XStatic-Leaflet").locate_file(f"xstatic/pkg/leaflet/data/{filename}")))
    found = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(found).hexdigest() != sha256:
        raise OfflineError(f"{filename} of XStatic-Leaflet is not version 1.9.3; install XStatic-Leaflet==1.9.3.0")
    text = found.decode("utf-8").replace("\r\n", "\n")
    if filename.endswith(".css"):
        # The images of controls that this page does not use, and a relic of Internet Explorer 8.
        return re.sub(r"\s*(?:behavior|background-image):\s*url\([^)]*\);", "", text)
    return re.sub(r"//# sourceMappingURL=.*", "", text)


def _looks() -> str:
    """Script that gives the others the looks of routes."""
    return f"cablemap.looks = {inert_json([{'color': colour, 'dash': dash} for colour, dash in ROUTE_LOOKS])};"


def _asset(name: str) -> str:
    return resources.files("routing.webmap").joinpath("assets", name).read_text(encoding="utf-8")


def _document(body: str, *, styles: list[str], scripts: list[str], content: str, title: str) -> str:
    styles = [text.strip() + "\n" for text in styles]
    scripts = [_whole_script(text.strip()) + "\n" for text in scripts]
    policy = (
        f"default-src 'none'; script-src {_hashes(scripts)}; style-src {_hashes(styles)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{inert_html(title)}</title>",
            '<link rel="icon" href="data:,">',
            *(f"<style>{text}</style>" for text in styles),
            "</head>",
            "<body>",
            body,
            f"{_BLOCK}{content}</script>",
            *(f"<script>{text}</script>" for text in scripts),
            "</body>",
            "</html>",
            "",
        ]
    )


def _whole_script(text: str) -> str:
    """Refuse a script that the HTML parser would end or read differently before its last line."""
    if found := re.search(r"<(?:/script|script|!--)", text, flags=re.IGNORECASE):
        raise OfflineError(f"a script of the page holds {found.group()!r}; write it in two strings")
    return text


def _hashes(texts: list[str]) -> str:
    digests = (hashlib.sha256(text.encode("utf-8")).digest() for text in texts)
    return " ".join(f"'sha256-{base64.b64encode(digest).decode('ascii')}'" for digest in digests)
