"""Text from users, judged before it is shown: a name may be in any script, but may not drive a terminal."""

from __future__ import annotations

import re

__all__ = ["is_plain", "one_line", "plain"]

#: Control characters, and marks that break lines or turn the reading direction without being control characters.
_TREACHEROUS = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def is_plain(text: str) -> bool:
    r"""Whether text holds neither control characters nor marks that break lines or reverse them.

    Examples
    --------
    >>> is_plain("Sumqayıt"), is_plain("a\nb")
    (True, False)
    """
    return _TREACHEROUS.search(text) is None


def one_line(text: str) -> str:
    r"""Text on one line: what is not plain becomes a question mark.

    Examples
    --------
    >>> one_line("a\nb\u202ec")
    'a?b?c'
    """
    return _TREACHEROUS.sub("?", text)


def plain(text: str) -> str:
    r"""Text for a terminal: what is not plain becomes a question mark, line ends stay.

    Examples
    --------
    >>> plain("a\x1b[2Jb")
    'a?[2Jb'
    """
    return "\n".join(map(one_line, text.split("\n")))
