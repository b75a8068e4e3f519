"""What the map shows of a run: its summary, routes and context as map content."""

from routing.presentation.content import MapTexts, map_content
from routing.presentation.option import FIXED_LABELS, LABELS

__all__ = ["FIXED_LABELS", "LABELS", "MapTexts", "map_content"]
