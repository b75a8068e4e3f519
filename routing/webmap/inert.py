"""Text that no parser can mistake for anything but text.

Names in survey files are not ours. Escaped as HTML alone they still run: branca
compiles what it has rendered as a Jinja template a second time, and a backtick
or ``${`` opens a JavaScript template literal. So they never meet a template or a
script: they stand in a block of data, in which every character that HTML could
act on is escaped.
"""

from __future__ import annotations

import json
import math
from typing import Any

__all__ = ["inert_html", "inert_json"]

# Within JSON these characters occur only inside strings, where their escapes mean the same.
_ACTIVE = "<>&`$%#'"


def inert_json(value: object) -> str:
    r"""JSON text of `value` without any character that HTML could act on.

    NaN and infinity, which JSON lacks, become null. Braces stay: the text must
    never pass through a Jinja template.

    Examples
    --------
    >>> print(inert_json(["</script>"]))
    ["\u003c/script\u003e"]
    """
    text = json.dumps(_finite(value), ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for character in _ACTIVE:
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def inert_html(text: str) -> str:
    """Escape `text` for HTML so that only letters, digits and plain punctuation stay.

    Examples
    --------
    >>> inert_html("A < {B}")
    'A &#60; &#123;B&#125;'
    """
    return "".join(c if c.isalnum() or c in " -.,:" else f"&#{ord(c)};" for c in text)


def _finite(value: Any) -> Any:  # noqa: ANN401  (any JSON value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
