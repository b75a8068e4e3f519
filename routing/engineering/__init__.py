"""From a route to a cable that can be laid: sections, events, the position list, and what light makes of it."""

from routing.engineering.makeup import MakeUpPrice, Section, make_up, price_make_up
from routing.engineering.quantities import Quantity, quantities
from routing.engineering.rpl import Surroundings, Works, engineer_segment
from routing.engineering.segment import Body, Event, Leg, Position, SeabedProfile, Segment
from routing.engineering.service import Connection, availability, latency_ms, shortest_way_m

__all__ = [
    "Body",
    "Connection",
    "Event",
    "Leg",
    "MakeUpPrice",
    "Position",
    "Quantity",
    "SeabedProfile",
    "Section",
    "Segment",
    "Surroundings",
    "Works",
    "availability",
    "engineer_segment",
    "latency_ms",
    "make_up",
    "price_make_up",
    "quantities",
    "shortest_way_m",
]
