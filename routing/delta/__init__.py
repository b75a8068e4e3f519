"""Two finished runs beside each other: what moved, by how much, what it costs, and what is the same."""

from routing.delta.comparing import compare
from routing.delta.records import (
    BuiltChange,
    Delta,
    Figure,
    JunctionDelta,
    LinkDelta,
    Move,
    OptionDelta,
    RunName,
    Setting,
)
from routing.delta.wording import delta_lines, summary_sentence
from routing.delta.writing import Written, compare_runs

__all__ = [
    "BuiltChange",
    "Delta",
    "Figure",
    "JunctionDelta",
    "LinkDelta",
    "Move",
    "OptionDelta",
    "RunName",
    "Setting",
    "Written",
    "compare",
    "compare_runs",
    "delta_lines",
    "summary_sentence",
]
