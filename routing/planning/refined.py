"""What finding a route again at the resolution of a survey changed: frozen values."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Refined", "Traits"]


@dataclass(frozen=True)
class Traits:
    """One line over a survey, as the survey sees it.

    Attributes
    ----------
    length_m
        On the ellipsoid.
    usd
        Price over cells of the survey's resolution, crossings and alter courses apart; inf where it cannot be built.
    least_m, most_m
        Water depth; NaN where it is not known.
    along_deg, across_deg
        Steepest slope along the line, and to a side of it; NaN where no slope is known.
    """

    length_m: float
    usd: float
    least_m: float
    most_m: float
    along_deg: float
    across_deg: float


@dataclass(frozen=True)
class Refined:
    """A stretch of a route that lies on a survey.

    Attributes
    ----------
    start_m, end_m
        Its ends, KP of the route as planned on the routing grid.
    surveys
        What sounds it.
    cell_m
        Cells on which it was found again, map metres.
    windows
        In how many pieces, one after the other.
    before
        The line as planned on the routing grid.
    after
        The line that took its place; None where that stayed.
    bound_usd
        Proven: no line in the band between the same ends, and through the same places where windows meet, costs less
        by the survey; NaN where none was found.
    kept
        Why the line stayed; empty where it did not.
    """

    start_m: float
    end_m: float
    surveys: tuple[str, ...]
    cell_m: float
    windows: int
    before: Traits
    after: Traits | None
    bound_usd: float
    kept: str = ""
