"""Distances and sums of money as people say them."""

from __future__ import annotations

__all__ = ["distance_text", "signed_usd"]


def distance_text(metres: float) -> str:
    """Metres below a kilometre, kilometres above.

    Examples
    --------
    >>> distance_text(431.4), distance_text(2140.0)
    ('431 m', '2.1 km')
    """
    return f"{metres / 1000.0:.1f} km" if metres >= 1000.0 else f"{metres:.0f} m"


def signed_usd(usd: float) -> str:
    """A difference of money with its sign.

    Examples
    --------
    >>> signed_usd(2_500_000.0), signed_usd(-1234.4)
    ('+2.50 million', '-1,234')
    """
    size, sign = abs(usd), "+" if usd >= 0 else "-"
    return f"{sign}{size / 1e6:.2f} million" if size >= 1e6 else f"{sign}{size:,.0f}"
