"""Text from users, judged before it is shown: a name may be in any script, but may not drive a terminal."""

from __future__ import annotations

import unicodedata

__all__ = ["is_plain", "plain"]

#: Marks that break lines or turn the reading direction without being control characters.
_TREACHEROUS = "\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def is_plain(text: str) -> bool:
    r"""Whether text holds neither control characters nor marks that break lines or reverse them.

    Examples
    --------
    >>> is_plain("Sumqayıt"), is_plain("a\nb")
    (True, False)
    """
    return not any(unicodedata.category(char) == "Cc" or char in _TREACHEROUS for char in text)


def plain(text: str) -> str:
    r"""Text for a terminal: what is not plain becomes a question mark, line ends stay.

    Examples
    --------
    >>> plain("a\x1b[2Jb")
    'a?[2Jb'
    """
    return "".join(char if char == "\n" or is_plain(char) else "?" for char in text)
