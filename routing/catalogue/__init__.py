"""The figures of cable engineering: prices, rates and factors, each with its source."""

from routing.catalogue.records import (
    LEVELS,
    Burial,
    CableType,
    Catalogue,
    DepthClass,
    Figure,
    Level,
    read_catalogue,
)

__all__ = ["LEVELS", "Burial", "CableType", "Catalogue", "DepthClass", "Figure", "Level", "read_catalogue"]
