"""The project file: TOML on disk, frozen and checked in memory."""

from routing.project.depths import DepthTable, SurveyTable
from routing.project.options import AlternativesTable, ExistingTable, OptionTable
from routing.project.rebuilding import rebuild_project
from routing.project.tables import LayerTable, Project, json_schema, read_project

__all__ = [
    "AlternativesTable",
    "DepthTable",
    "ExistingTable",
    "LayerTable",
    "OptionTable",
    "Project",
    "SurveyTable",
    "json_schema",
    "read_project",
    "rebuild_project",
]
