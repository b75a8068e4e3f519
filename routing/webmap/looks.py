"""How options are told apart on the page: colour and dash together, in the order of rank."""

from __future__ import annotations

__all__ = ["ROUTE_LOOKS", "route_look"]

#: Colour and dash (lengths in pixels, None for a solid line). Colours are those of Okabe & Ito 2008 (Color Universal
#: Design), those first that stand out from a blue sea; never colour alone.
ROUTE_LOOKS: tuple[tuple[str, str | None], ...] = (
    ("#d55e00", None),
    ("#000000", "13 7"),
    ("#cc79a7", "5 7"),
    ("#e69f00", "16 6 2 6"),
    ("#009e73", "1 7"),
    ("#f0e442", "20 6"),
    ("#0072b2", "12 4 2 4 2 4"),
)


def route_look(index: int) -> tuple[str, str | None]:
    """Colour and dash of the option that stands at `index`, from 0.

    Examples
    --------
    >>> route_look(0), route_look(8)
    (('#d55e00', None), ('#000000', '13 7'))
    """
    return ROUTE_LOOKS[index % len(ROUTE_LOOKS)]
