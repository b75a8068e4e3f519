"""Numbers placed along a ramp, with round numbers to label it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Scale"]

#: Numbers that span more than this factor are placed by their logarithm.
_LOG_FROM = 4.0

#: Round numbers of a decade, by the factor that the numbers span.
_DIGITS: tuple[tuple[float, tuple[float, ...]], ...] = (
    (1000.0, (1,)),
    (20.0, (1, 2, 5)),
    (0.0, (1, 1.5, 2, 3, 4, 6, 8)),
)


@dataclass(frozen=True)
class Scale:
    """Numbers to places from 0 to 1: logarithmic when they span more than a factor of four.

    Attributes
    ----------
    low, high
        Numbers at both ends.
    is_log
        Whether places are even in the logarithm.
    """

    low: float
    high: float
    is_log: bool

    @classmethod
    def spanning(cls, low: float, high: float) -> Scale:
        """The scale between two numbers; a single one stands at the high end.

        Examples
        --------
        >>> Scale.spanning(2.0, 20.0).place([2.0, 20.0]).tolist()
        [0.0, 1.0]
        >>> Scale.spanning(4.0, 4.0).ticks()
        ((0.0, '0'), (0.25, '1'), (0.5, '2'), (0.75, '3'), (1.0, '4'))
        """
        if high <= low:
            low, high = (0.0, low) if low > 0 else (low - 1.0, low + 1.0)
        return cls(low, high, is_log=low > 0 and high / low > _LOG_FROM)

    @classmethod
    def of(cls, values: NDArray[np.float32], *, percentiles: tuple[float, float] = (2.0, 98.0)) -> Scale:
        """The scale over most of some values; NaN and infinities do not count."""
        known = values[np.isfinite(values)]
        low, high = np.percentile(known, percentiles) if known.size else (1.0, 2.0)
        return cls.spanning(float(low), float(high))

    def place(self, values: ArrayLike) -> NDArray[np.float64]:
        """From 0 at the low end to 1 at the high one; numbers beyond lie beyond."""
        values = np.asarray(values, float)
        if self.is_log:
            return np.asarray(np.log(np.maximum(values, 0.5 * self.low) / self.low) / math.log(self.high / self.low))
        return (values - self.low) / (self.high - self.low)

    def ticks(self) -> tuple[tuple[float, str], ...]:
        """(place, label) of round numbers, from low to high."""
        values = _round_numbers(self.low, self.high, is_log=self.is_log)
        return tuple((float(self.place(value)), f"{value:,.4g}") for value in values)


def _round_numbers(low: float, high: float, *, is_log: bool) -> list[float]:
    if is_log:
        decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        digits = next(steps for factor, steps in _DIGITS if high > factor * low)
        return [digit * 10.0**decade for decade in decades for digit in digits if low <= digit * 10.0**decade <= high]
    raw = (high - low) / 4
    decade = 10.0 ** math.floor(math.log10(raw))
    step = decade * next(digit for digit in (1, 2, 2.5, 5, 10) if digit * decade >= raw)
    return [step * n for n in range(math.ceil(low / step), math.floor(high / step) + 1)]
