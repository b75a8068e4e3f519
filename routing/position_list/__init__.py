"""Position lists of any origin: what contradicts itself in one, how it differs from another, what it would cost."""

from routing.position_list.checking import ListFinding, check
from routing.position_list.comparing import Comparison, compare
from routing.position_list.measuring import Measured, describe, measure
from routing.position_list.pricing import price_listed

__all__ = ["Comparison", "ListFinding", "Measured", "check", "compare", "describe", "measure", "price_listed"]
