"""Text that no spreadsheet takes for a formula, and back."""

from __future__ import annotations

__all__ = ["inert", "restored"]

#: What a spreadsheet may take for the beginning of a formula (OWASP, CSV injection).
_FORMULA_MARKS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def inert(text: str) -> str:
    """Text that no spreadsheet takes for a formula.

    Examples
    --------
    >>> inert("=1+1"), inert("'=1+1"), inert("Baku")
    ("'=1+1", "''=1+1", 'Baku')
    """
    return f"'{text}" if text.lstrip("'").startswith(_FORMULA_MARKS) else text


def restored(text: str) -> str:
    """Text as it was before it was made inert.

    Examples
    --------
    >>> restored("'=1+1"), restored("''=1+1"), restored("'Baku'")
    ('=1+1', "'=1+1", "'Baku'")
    """
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(_FORMULA_MARKS) else text
