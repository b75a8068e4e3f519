"""XML made from text that may hold anything."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["HEAD", "held", "leaf", "node"]

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
#: What XML 1.0 cannot hold, not even as a reference (production 2, Char).
_UNHELD = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: Readers turn these into plain line ends or spaces unless they are references.
_SPACES = {"\r": "&#13;"}
_IN_ATTRIBUTE = {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;", '"': "&quot;"}


def held(text: str) -> str:
    r"""Text as XML can hold it: each character that it cannot becomes U+FFFD.

    Examples
    --------
    >>> held("a\x00b") == "a\ufffdb"
    True
    """
    return _UNHELD.sub("\ufffd", text)


def leaf(name: str, text: str, attributes: Mapping[str, str] | None = None) -> str:
    """An element that holds text.

    Examples
    --------
    >>> leaf("name", "a < ]]>", {"id": "1"})
    '<name id="1">a &lt; ]]&gt;</name>'
    """
    return f"<{name}{_attributes(attributes)}>{escape(held(text), _SPACES)}</{name}>"


def node(name: str, inside: Iterable[str] = (), attributes: Mapping[str, str] | None = None) -> str:
    """An element that holds elements, one a line; empty when it holds none.

    Examples
    --------
    >>> node("leg", attributes={"note": 'say "no"'})
    '<leg note="say &quot;no&quot;"/>'
    """
    lines = "\n".join(inside)
    body = f">\n{lines}\n</{name}>" if lines else "/>"
    return f"<{name}{_attributes(attributes)}{body}"


def _attributes(attributes: Mapping[str, str] | None) -> str:
    return "".join(f' {name}="{escape(held(text), _IN_ATTRIBUTE)}"' for name, text in (attributes or {}).items())
