"""What the map shows of a run: its summary, routes and context as map content."""

from routing.presentation.content import MapTexts, map_content
from routing.presentation.option import LABELS, item_label

__all__ = ["LABELS", "MapTexts", "item_label", "map_content"]
