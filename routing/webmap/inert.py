"""Text that no parser can mistake for anything but text.

Names in survey files are not ours. Escaped as HTML alone they still run: branca
compiles what it has rendered as a Jinja template a second time, and a backtick
or ``${`` opens a JavaScript template literal. Here every character that HTML,
JavaScript or Jinja could act on leaves the text before it meets any of them.
"""

from __future__ import annotations

import json
import math
from typing import Any

__all__ = ["inert_html", "inert_json"]

# Within JSON these characters occur only inside strings (braces become escaped
# as well, because the whole JSON text is quoted once more).
_ACTIVE = "<>&{}`$%#'"


def inert_json(value: object) -> str:
    r"""JavaScript expression that yields `value`, without any active character.

    NaN and infinity, which JSON lacks, become null.

    Examples
    --------
    >>> inert_json(["{{7*7}}"])
    'JSON.parse("[\\"\\u007b\\u007b7*7\\u007d\\u007d\\"]")'
    """
    text = json.dumps(json.dumps(_finite(value), ensure_ascii=True, allow_nan=False, separators=(",", ":")))
    for character in _ACTIVE:
        text = text.replace(character, f"\\u{ord(character):04x}")
    return f"JSON.parse({text})"


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
