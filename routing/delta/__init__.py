"""Two finished runs beside each other: what moved, by how much, what it costs, and what is the same."""

from routing.delta.comparing import compare, compare_records
from routing.delta.effects import Cause, Causes, Effect, FindCauses, Held, effects_of
from routing.delta.reading import RunRecord, planned_record
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
from routing.delta.settings import differing
from routing.delta.wording import delta_lines, summary_sentence
from routing.delta.writing import Written, compare_runs, write_comparison

__all__ = [
    "BuiltChange",
    "Cause",
    "Causes",
    "Delta",
    "Effect",
    "Figure",
    "FindCauses",
    "Held",
    "JunctionDelta",
    "LinkDelta",
    "Move",
    "OptionDelta",
    "RunName",
    "RunRecord",
    "Setting",
    "Written",
    "compare",
    "compare_records",
    "compare_runs",
    "delta_lines",
    "differing",
    "effects_of",
    "planned_record",
    "summary_sentence",
    "write_comparison",
]
