"""Position lists of any origin: what contradicts itself in one, how it differs from another, what it would cost."""

from routing.position_list.checking import ListFinding, check
from routing.position_list.comparing import Comparison, Separation, compare
from routing.position_list.measuring import Measured, describe, measure
from routing.position_list.pricing import depth_findings, price_listed
from routing.position_list.report import Report, report, report_lines

__all__ = [
    "Comparison",
    "ListFinding",
    "Measured",
    "Report",
    "Separation",
    "check",
    "compare",
    "depth_findings",
    "describe",
    "measure",
    "price_listed",
    "report",
    "report_lines",
]
