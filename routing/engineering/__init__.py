"""From a route to a cable that can be laid: sections, events and the position list."""

from routing.engineering.makeup import Section, make_up
from routing.engineering.rpl import Leg, Position, Segment, engineer_segment

__all__ = ["Leg", "Position", "Section", "Segment", "engineer_segment", "make_up"]
