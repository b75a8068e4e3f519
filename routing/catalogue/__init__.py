"""The figures of cable engineering: prices, rates, factors and rules, each with its source."""

from routing.catalogue.reading import read_catalogue
from routing.catalogue.records import (
    LEVELS,
    Burial,
    CableType,
    Catalogue,
    ClassKind,
    DepthClass,
    Figure,
    Level,
    Method,
    Rule,
    Sediment,
)

__all__ = [
    "LEVELS",
    "Burial",
    "CableType",
    "Catalogue",
    "ClassKind",
    "DepthClass",
    "Figure",
    "Level",
    "Method",
    "Rule",
    "Sediment",
    "read_catalogue",
]
