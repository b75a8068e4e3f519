"""What contradicts itself in a position list, row by row."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

from routing import geodesy
from routing.position_list.measuring import Measured, Span, measure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from routing.exchange.listed import ListedPosition, PositionList

__all__ = ["ListFinding", "check"]

Severity = Literal["info", "warning", "error"]

# Tolerances of the Subsea Cable Tools plugin for QGIS (K. McMonagle), which checks what it imports by them.
_SPAN_KM, _SPAN_SHARE = 0.05, 0.02
_BEARING_DEG, _BEARING_LEAST_M = 5.0, 200.0
_CABLE_KM = 0.05
_DRIFT_KM = 0.1
_COINCIDENT_M = 1.0
_SLACK_PCT = (-5.0, 100.0)
_LONG_KM = 400.0
#: A ship does not turn back on itself; default, editable.
_SHARP_DEG = 90.0
#: Degrees with 7 places and minutes with 4 differ by 0.13 m at most, by rounding alone.
_CONTRADICTION_M = 0.2

_ERRORS = frozenset(
    (
        "coordinates-missing", "coordinates-unreadable", "coordinates-range", "coordinates-swapped",
        "degrees-minutes-seconds", "kp-backwards", "cable-kp-backwards",
    )
)  # fmt: skip
_LEFT_OUT = "; the position is left out of computing"
_UNREAD = {
    "formula-text": "a formula is not evaluated; paste its value",
    "decimal-comma": "write decimal points",
    "text-for-number": "a number belongs here",
    "unit": "the column is not in the unit of a position list and is left out",
}


@dataclass(frozen=True)
class ListFinding:
    """One doubt about a position list.

    Attributes
    ----------
    row
        Row of the file, from 1.
    rule, severity
        Short name of the rule, and how serious it is: ``"info"``, ``"warning"`` or ``"error"``.
    message
        What was found, with its values.
    stated, computed
        The two values that differ, where it is about two.
    """

    row: int
    rule: str
    severity: Severity
    message: str
    stated: float | None = None
    computed: float | None = None

    def as_row(self) -> dict[str, Any]:
        """The same as a table for files, absent facts left out."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def check(listing: PositionList, measured: Measured | None = None) -> tuple[ListFinding, ...]:
    """Findings of every rule, by row.

    Parameters
    ----------
    listing
        As it was read.
    measured
        The same, measured; None: it is measured here.

    Examples
    --------
    >>> from routing.exchange.listed import ListedPosition, PositionList
    >>> here = ListedPosition(2, number="1", lat_deg=0.0, lon_deg=0.0)
    >>> there = ListedPosition(3, number="1", lat_deg=0.0, lon_deg=1.0)
    >>> [(each.row, each.rule) for each in check(PositionList((), (here, there), (None,)))]
    [(3, 'number-duplicate')]
    """
    measured = measured or measure(listing)
    found = [
        *_unread(listing),
        *(_left_out(measured)),
        *_numbers(listing.positions),
        *_contradictions(measured),
        *_turns(measured),
        *(finding for span in measured.spans for finding in _span(measured, span)),
        *_kp(measured, "kp_km"),
        *_kp(measured, "cable_kp_km"),
    ]
    stray = [leg.row for leg in listing.stray if leg.is_measured]
    found += [_finding(row, "leg-stray", "states a leg that does not lie between two positions") for row in stray]
    return tuple(sorted(found, key=lambda each: (each.row, each.rule)))


def _finding(
    row: int, rule: str, message: str, *, stated: float | None = None, computed: float | None = None
) -> ListFinding:
    severity: Severity = "error" if rule in _ERRORS else "warning"
    if rule == "number-gap":
        severity = "info"
    numbers = (None if value is None else round(value, 4) for value in (stated, computed))
    return ListFinding(row, rule, severity, message, *numbers)


def _unread(listing: PositionList) -> Iterator[ListFinding]:
    """One finding a row and reason, naming its cells."""
    cells: dict[tuple[int, str], list[str]] = {}
    for each in listing.unread:
        cells.setdefault((each.row, each.reason), []).append(f"{each.title}: {each.text[:40]!r}")
    for (row, reason), texts in cells.items():
        yield _finding(row, reason, f"{', '.join(texts)}: {_UNREAD[reason]}")


def _left_out(measured: Measured) -> Iterator[ListFinding]:
    told = {each.row for each in measured.listing.unread if each.title.startswith(("Latitude", "Longitude"))}
    for each in measured.rejected:
        row = measured.listing.positions[each.index].row
        # A cell that could not be read is a finding already.
        if each.rule != "coordinates-missing" or row not in told:
            yield _finding(row, each.rule, each.message + _LEFT_OUT)


def _numbers(positions: tuple[ListedPosition, ...]) -> Iterator[ListFinding]:
    """Numbers that are doubled, fall or leave a gap; numbers that are text are only compared."""
    seen: dict[str, int] = {}
    before: int | None = None
    for position in positions:
        text = (position.number or "").strip()
        if text in seen:
            yield _finding(position.row, "number-duplicate", f"number {text} stands in row {seen[text]} too")
            continue
        if text:
            seen[text] = position.row
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            continue
        if before is not None and int(text) < before:
            yield _finding(position.row, "number-order", f"number {text} comes after {before}")
            continue
        if before is not None and int(text) > before + 1:
            yield _finding(position.row, "number-gap", f"number {text} comes after {before}: are rows missing?")
        before = int(text)


def _contradictions(measured: Measured) -> Iterator[ListFinding]:
    """Positions whose decimal degrees and minutes mean different places."""
    for position, place in zip(measured.listing.positions, measured.places, strict=True):
        minutes = position.in_minutes
        if place is None or minutes is None or position.lat_deg is None or position.lon_deg is None:
            continue
        apart = float(geodesy.inverse([place], [minutes])[2][0])
        if apart > max(_CONTRADICTION_M, _rounding_m(position)):
            message = f"degrees and minutes are {apart:.1f} m apart; the degrees are used"
            yield _finding(position.row, "coordinates-contradict", message)


def _rounding_m(position: ListedPosition) -> float:
    """How far rounding alone may set degrees and minutes apart, by the digits that are given."""
    # A number that ends in zeros shows fewer digits than it was given with, so no less than these are granted.
    degrees = [1e-5, *(_last_digit(repr(value)) for value in (position.lat_deg, position.lon_deg))]
    minutes = [1e-3 / 60.0, *(_last_digit(text or "") / 60.0 for text in (position.latitude, position.longitude))]
    # Half a digit on either axis, and 111 km a degree.
    return 111_320.0 * 0.5 * 2**0.5 * (min(degrees) + min(minutes))


def _last_digit(text: str) -> float:
    """Value of the last digit of the last number with a point."""
    _, point, rest = text.rpartition(".")
    digits = len(rest) - len(rest.lstrip("0123456789"))
    return 10.0**-digits if point and "e" not in rest else 1e-9


def _turns(measured: Measured) -> Iterator[ListFinding]:
    for before, after in pairwise(measured.spans):
        if after.index != before.index + 1 or min(before.length_m, after.length_m) < _COINCIDENT_M:
            continue
        turn = abs((after.bearing_deg - before.end_bearing_deg + 180.0) % 360.0 - 180.0)
        if turn > _SHARP_DEG:
            row = measured.listing.positions[after.index].row
            yield _finding(row, "sharp-turn", f"the course turns by {turn:.0f} degrees", computed=turn)


def _span(measured: Measured, span: Span) -> Iterator[ListFinding]:
    """Rules of one span; those of its length are told at its leg's row."""
    row = span.leg.row if span.leg else measured.listing.positions[span.index].row
    km = span.length_m / 1000.0
    if span.length_m < _COINCIDENT_M:
        after = measured.listing.positions[span.index + 1]
        yield _finding(after.row, "coincident", f"lies {span.length_m:.2f} m from the position before", computed=km)
        return
    if km > _LONG_KM:
        yield _finding(row, "span-long", f"a span of {km:.0f} km: is a position missing?", computed=km)
    if span.leg is None:
        return
    if is_length_wrong(span):
        yield _finding(
            row, "span-distance", f"distance {span.leg.distance_km:.3f} km, by its positions {km:.3f} km",
            stated=span.leg.distance_km, computed=km,
        )  # fmt: skip
    bearing = span.leg.bearing_deg
    if bearing is not None and span.length_m > _BEARING_LEAST_M:
        off = abs((bearing - span.bearing_deg + 180.0) % 360.0 - 180.0)
        if off > _BEARING_DEG:
            yield _finding(
                row, "span-bearing", f"bearing {bearing:.1f} degrees, by its positions {span.bearing_deg:.1f}",
                stated=bearing, computed=span.bearing_deg,
            )  # fmt: skip
    yield from _cable(row, span, km)


def is_length_wrong(span: Span) -> bool:
    """Whether a stated distance differs from the one between its positions by more than the tolerance."""
    if span.leg is None or span.leg.distance_km is None:
        return False
    off = abs(span.leg.distance_km - span.length_m / 1000.0)
    return off > _SPAN_KM and off > _SPAN_SHARE * span.length_m / 1000.0


def _cable(row: int, span: Span, km: float) -> Iterator[ListFinding]:
    slack, cable = (span.leg.slack_pct, span.leg.cable_km) if span.leg else (None, None)
    if slack is None:
        return
    if not _SLACK_PCT[0] <= slack <= _SLACK_PCT[1]:
        yield _finding(row, "slack-range", f"slack of {slack:g} %: is it a length?", stated=slack)
        return
    stated_km = span.leg.distance_km if span.leg and span.leg.distance_km is not None else km
    # Beside a wrong distance either may have been used; the wrong distance is a finding by itself.
    wanted = min(
        (base * (1.0 + slack / 100.0) for base in (stated_km, km)), key=lambda each: abs(each - (cable or 0.0))
    )
    if cable is not None and abs(cable - wanted) > _CABLE_KM:
        message = f"cable {cable:.3f} km, distance and slack give {wanted:.3f} km"
        yield _finding(row, "span-cable", message, stated=cable, computed=wanted)


def _kp(measured: Measured, name: Literal["kp_km", "cable_kp_km"]) -> Iterator[ListFinding]:
    """Cumulative distances that fall, or part from the sum of spans; each change of the difference is told once."""
    words, rule = ("KP", "kp") if name == "kp_km" else ("cable KP", "cable-kp")
    spans = {span.index: span for span in measured.spans}
    origin: float | None = None  # what the sum of spans counts from
    level = highest = 0.0
    for index, position in enumerate(measured.listing.positions):
        step = _steps(spans.get(index - 1), cable=name == "cable_kp_km")
        stated = getattr(position, name)
        if not step or origin is None:
            # Where a span cannot be computed the sum begins anew.
            if stated is None:
                origin = None
                continue
            if origin is not None and stated < highest:
                yield _finding(position.row, f"{rule}-backwards", f"{words} {stated:.3f} km after {highest:.3f} km")
            highest = stated if origin is None else max(stated, highest)
            origin = stated - level
            continue
        if stated is None:
            origin += step[0]
            continue
        origin = min((origin + each for each in step), key=lambda total: abs(stated - total - level))
        offset = stated - origin
        if stated < highest:
            yield _finding(
                position.row, f"{rule}-backwards", f"{words} {stated:.3f} km after {highest:.3f} km",
                stated=stated, computed=origin,
            )  # fmt: skip
            continue
        highest = stated
        if abs(offset - level) > _DRIFT_KM:
            level = offset if abs(offset) > _DRIFT_KM else 0.0
            if level:
                yield _finding(
                    position.row, f"{rule}-drift", f"{words} {stated:.3f} km, the spans add up to {origin:.3f} km",
                    stated=stated, computed=origin,
                )  # fmt: skip


def _steps(span: Span | None, *, cable: bool) -> tuple[float, ...]:
    """Lengths that a span may add, in km: a stated one that was found wrong may have been added as it stands."""
    if span is None:
        return ()
    leg, km = span.leg, span.length_m / 1000.0
    stated = leg.distance_km if leg else None
    bases = (km, stated) if stated is not None and is_length_wrong(span) else (km,)
    if not cable:
        return bases
    slack = leg.slack_pct if leg else None
    by_slack = () if slack is None else tuple(base * (1.0 + slack / 100.0) for base in bases)
    own = leg.cable_km if leg else None
    agrees = own is not None and any(abs(own - each) <= _CABLE_KM for each in by_slack)
    return by_slack if agrees or own is None else (*by_slack, own)
