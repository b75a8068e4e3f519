"""What is doubtful, though it can be used: a rule, how serious it is, and where."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

__all__ = ["Finding", "Severity"]

Severity = Literal["info", "warning"]


@dataclass(frozen=True)
class Finding:
    """One doubt.

    Attributes
    ----------
    rule
        Short name of the rule that was applied.
    severity
        ``"warning"`` wants a decision, ``"info"`` is worth knowing.
    message
        What was found, with its values.
    kp_from_km, kp_to_km
        Where along a route; None when it is not about a route.

    Examples
    --------
    >>> Finding("layer-empty", "warning", "Wells holds no features").as_row()
    {'rule': 'layer-empty', 'severity': 'warning', 'message': 'Wells holds no features'}
    """

    rule: str
    severity: Severity
    message: str
    kp_from_km: float | None = None
    kp_to_km: float | None = None

    def as_row(self) -> dict[str, Any]:
        """The same as a table for files, absent facts left out."""
        return {name: value for name, value in asdict(self).items() if value is not None}
