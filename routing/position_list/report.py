"""A checked position list as a plain table, and as lines to read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from routing.position_list.checking import check
from routing.position_list.comparing import compare
from routing.position_list.measuring import describe, measure
from routing.position_list.pricing import depth_findings, price_listed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from routing.exchange.listed import PositionList
    from routing.planning import Sea

__all__ = ["Report", "report", "report_lines"]

#: Rows of separation that are printed; ``--json`` has all.
_ROWS = 40


@dataclass(frozen=True)
class Report:
    """What was found about a list.

    Attributes
    ----------
    table
        Every number: what ``check --json`` prints.
    is_clean
        Whether no finding is a warning or an error.
    """

    table: dict[str, Any]
    is_clean: bool


def report(listing: PositionList, *, against: PositionList | None = None, sea: Sea | None = None) -> Report:
    """Check a list, beside another one and on a project's water where they are given.

    Parameters
    ----------
    listing
        The list.
    against
        Another list to compare it with.
    sea
        A project's water, priced.

    Examples
    --------
    >>> from routing.exchange.listed import ListedPosition, PositionList
    >>> ends = tuple(ListedPosition(row, lat_deg=0.0, lon_deg=row / 10) for row in (2, 3))
    >>> report(PositionList((), ends, (None,))).is_clean
    True
    """
    measured = measure(listing)
    findings = check(listing, measured)
    table: dict[str, Any] = {"summary": describe(measured)}
    if against is not None:
        table["against"] = compare(measured, measure(against)).as_row()
    if sea is not None:
        table["price"] = price_listed(measured, sea)
        findings = tuple(sorted((*findings, *depth_findings(measured, sea)), key=lambda each: (each.row, each.rule)))
    table["findings"] = [each.as_row() for each in findings]
    return Report(table, all(each.severity == "info" for each in findings))


def report_lines(table: Mapping[str, Any]) -> list[str]:
    """The same to read."""
    told = table["summary"]
    stated = "" if told["stated_route_km"] is None else f", {told['stated_route_km']:.3f} km by its KP"
    lines = [
        f"{told['positions']} positions, {told['left_out']} left out of computing",
        f"route {told['route_km']:.3f} km by {told['distances']} distances{stated}",
        f"cable {told['cable_km']:.3f} km, buried {told['buried_km']:.3f} km of route",
        *(f"  {name:12} {km:10.3f} km" for name, km in told["cable_by_type_km"].items()),
    ]
    if "against" in table:
        lines += _against_lines(table["against"])
    if "price" in table:
        lines += _price_lines(table["price"])
    lines += [f"row {each['row']}: {each['severity']}: {each['rule']}: {each['message']}" for each in table["findings"]]
    return lines if table["findings"] else [*lines, "no findings"]


def _against_lines(told: Mapping[str, Any]) -> list[str]:
    largest, along = told["largest"], told["along"]
    shown = [*along[:: math.ceil(len(along) / _ROWS)], *along[-1:]] if len(along) > _ROWS else along
    return [
        f"against the other list: route {told['route_km']:+.3f} km, cable {told['cable_km']:+.3f} km",
        *(f"  {name:12} {km:+10.3f} km" for name, km in told["cable_by_type_km"].items()),
        f"largest separation {largest['distance_m']:.1f} m to {largest['side']} at KP {largest['kp_km']:.3f}",
        *(f"  KP {each['kp_km']:10.3f} {each['distance_m']:12.1f} m {each['side']}" for each in shown),
    ]


def _price_lines(told: Mapping[str, Any]) -> list[str]:
    return [
        f"price of {told['priced_km']:.3f} km on the project's cost surface",
        *(f"  {name:12} {usd:18,.2f} USD" for name, usd in told["items_usd"].items()),
        f"  {'total':12} {told['total_usd']:18,.2f} USD",
        *(
            f"  no price from {each['from']} to {each['to']} (row {each['row']}, {each['length_km']:.3f} km): "
            f"enters {each['reason']}"
            for each in told["unpriced"]
        ),
    ]
