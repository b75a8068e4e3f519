"""What a report is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from routing.catalogue import Catalogue
    from routing.engineering import Segment
    from routing.project import Project

__all__ = ["Drawings", "Report", "ReportInputs"]


@dataclass(frozen=True)
class Drawings:
    """SVG drawings of a run; what is missing is left out of the report.

    Attributes
    ----------
    straight_line, alignment
        Straight-line diagram and alignment profile of each segment, by its id.
    tornado
        Sensitivity of each option, by its id.
    """

    straight_line: Mapping[str, str] = field(default_factory=dict)
    alignment: Mapping[str, str] = field(default_factory=dict)
    tornado: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ReportInputs:
    """What a run was made of.

    Attributes
    ----------
    project
        The project file as read.
    catalogue
        Prices, rates and factors.
    files
        By the key that names it, the ``file`` name and ``sha256`` of every input, as in ``manifest.json``.
    """

    project: Project
    catalogue: Catalogue
    files: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """Everything that the sections of a report read.

    Attributes
    ----------
    summary
        What ``summary.json`` holds.
    segments
        Engineered cables by id.
    drawings, inputs
        Pictures, and what the run was made of.
    """

    summary: Mapping[str, Any]
    segments: Mapping[str, Segment]
    drawings: Drawings
    inputs: ReportInputs

    @property
    def options(self) -> list[dict[str, Any]]:
        """Options that have an answer, cheapest first."""
        return list(self.summary["options"])
