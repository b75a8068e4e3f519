"""Every number of a run, as one plain table: what ``summary.json`` holds and the map shows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from routing import geodesy
from routing.catalogue import LEVELS
from routing.engineering import Connection, availability, latency_ms, quantities, shortest_way_m
from routing.fixedcost import FixedCost
from routing.landing import LandingSite
from routing.planning import fixed_items, span_items
from routing.scenarios import METHOD, SWITCH_TOLERANCE, analyse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from routing.catalogue import Level
    from routing.crossing import Crossing
    from routing.diversity import Alternative
    from routing.engineering import Section
    from routing.junction import Junction
    from routing.planning import Clearance, Infeasible, LinkPlan, OptionPlan, Planner, Refined, Traits, Wanted
    from routing.scenarios import Sensitivity, Switch

__all__ = ["summarise", "summarise_infeasible"]

_OUTER_LEVELS: tuple[Level, Level] = ("low", "high")


def summarise(
    options: Sequence[OptionPlan],
    planner: Planner,
    *,
    makers: Mapping[str, Planner] | None = None,
    with_sensitivity: bool = True,
) -> list[dict[str, Any]]:
    """One table an option, cheapest first.

    Parameters
    ----------
    options
        Plans, in any order.
    planner
        What made them.
    makers
        By option id, what else made one: a planner of a sea with fewer barriers or states.
    with_sensitivity
        Ask every figure of the catalogue what it does to the total, which takes its time.

    Notes
    -----
    Money is rounded to the cent item by item and totals are sums of rounded
    items, so every total equals the sum of what is shown under it.
    """
    by_maker: dict[int, tuple[Planner, list[OptionPlan]]] = {}
    for option in options:
        maker = (makers or {}).get(option.wanted.id, planner)
        by_maker.setdefault(id(maker), (maker, []))[1].append(option)
    tables = []
    for maker, own in by_maker.values():
        sensitivity = analyse(maker, own) if with_sensitivity else None
        for each in own:
            asked = {} if sensitivity is None else {"sensitivity": _sensitivity(sensitivity[each.wanted.id])}
            tables.append({**_option(each, maker), **asked})
    tables.sort(key=lambda table: (table["cost"]["total_usd"], table["id"]))
    return [
        {"id": table.pop("id"), "name": table.pop("name"), "rank": rank, **table}
        for rank, table in enumerate(tables, 1)
    ]


def summarise_infeasible(infeasible: Iterable[Infeasible]) -> list[dict[str, Any]]:
    """One table an option without an answer."""
    return [
        {
            "option": reason.wanted.id,
            "message": reason.message,
            "conflict": list(reason.conflict),
            "cheapest_relaxation": reason.relaxation,
        }
        for reason in infeasible
    ]


def _option(option: OptionPlan, planner: Planner) -> dict[str, Any]:
    links = [_link(link, option.wanted, planner) for link in option.links]
    fixed = _summed(fixed_items(option, planner, planner.fixed))
    fixed_usd = _total(fixed)
    way_usd = _round(sum(link["cost"]["route_dependent_usd"] for link in links))
    risk_usd = _round(sum(link["risk"]["present_value_usd"] for link in links))
    low_usd, high_usd = _range(option, planner)
    items = _summed(link["cost"] for link in links)
    return {
        "id": option.wanted.id,
        "name": option.wanted.name,
        "landings": [_landing(site) for site in option.sites],
        "states": list(option.states),
        "links": links,
        "given_up": list(option.given_up),
        "branching_units": [_junction(junction) for junction in option.junctions],
        "service": _service(option, planner),
        "diversity": _diversity(option),
        "cost": {
            "items": items,
            "fixed_items": {name: _round(usd) for name, usd in fixed.items()},
            "route_dependent_usd": way_usd,
            "fixed_usd": fixed_usd,
            "capital_usd": _round(way_usd + fixed_usd - risk_usd - items["avoidance"]),
            "total_usd": _round(way_usd + fixed_usd),
            "low_usd": low_usd,
            "high_usd": high_usd,
            "make_up": _make_up(option.links),
        },
        "risk": {
            "expected_faults_per_year": sum(link["risk"]["expected_faults_per_year"] for link in links),
            "expected_faults": sum(link["risk"]["expected_faults"] for link in links),
            "present_value_usd": risk_usd,
        },
        "solver": {
            "name": option.design.solver,
            "status": option.design.status,
            "objective": _round(option.design.objective_usd),
            "bound": _round(option.design.bound_usd),
            "gap_pct": option.design.gap_pct,
        },
        "lower_bound_usd": _round(option.lower_bound_usd),
        "gap_pct": _gap_pct(way_usd + fixed_usd, option.lower_bound_usd),
    }


def _sensitivity(found: Sensitivity) -> dict[str, Any]:
    """What each figure does to the total, and where it changes the landings."""
    return {
        "method": METHOD,
        "switch_tolerance": SWITCH_TOLERANCE,
        "total_usd": _round(found.total_usd),
        "parameters": [
            {
                "name": swing.name,
                "unit": swing.figure.unit,
                **{level: swing.figure.at(level) for level in LEVELS},
                "low_usd": _round(swing.low_usd),
                "high_usd": _round(swing.high_usd),
                "swing_usd": _round(swing.swing_usd),
                "switch_low": _switch(swing.switch_low),
                "switch_high": _switch(swing.switch_high),
            }
            for swing in found.swings
        ],
    }


def _switch(switch: Switch | None) -> dict[str, Any] | None:
    return None if switch is None else {"value": float(f"{switch.value:.6g}"), "landings": list(switch.landings)}


def _range(option: OptionPlan, planner: Planner) -> tuple[float, float]:
    """Total of the same design at the low and at the high level of the catalogue."""
    low, high = (
        _total(_summed(fixed_items(option, planner, FixedCost(planner.fixed.catalogue, level))))
        for level in _OUTER_LEVELS
    )
    way = option.links
    return _round(low + sum(link.low_usd for link in way)), _round(high + sum(link.high_usd for link in way))


def _link(link: LinkPlan, wanted: Wanted, planner: Planner) -> dict[str, Any]:
    segment, life = link.segment, planner.fixed.catalogue.rate("design-life")
    cost = {name: _round(usd) for name, usd in link.items.items()}
    route_km, geodesic_km = _lengths_km(link)
    beside = () if wanted.trunk else span_items(wanted, segment.route.length_m, planner.fixed)
    return {
        "id": segment.id,
        "from": segment.start.name,
        "to": segment.end.name,
        "from_id": segment.start.id,
        "to_id": segment.end.id,
        "route_km": route_km,
        "geodesic_km": geodesic_km,
        "cable_km": round(segment.cable_m / 1000.0, 3),
        "latency_ms": round(latency_ms(segment.cable_m, planner.fixed), 4),
        "cable_by_type_km": {code: round(metres / 1000.0, 3) for code, metres in segment.cable_by_type_m().items()},
        "buried_km": round(segment.buried_m() / 1000.0, 3),
        "max_depth_m": round(segment.max_depth_m, 1),
        "alter_courses": segment.alter_courses,
        "states": list(link.states),
        "crossings": [_crossing(crossing, planner) for crossing in link.crossings],
        "findings": [finding.as_row() for finding in link.findings],
        "alternatives": [_alternative(other) for other in link.alternatives],
        "refined": [_refined(stretch) for stretch in link.refined],
        "cost": {
            **cost,
            "route_dependent_usd": _total(cost),
            "total_usd": _round(_total(cost) + sum(_total(items) for items in beside)),
            "continuous_path_usd": _round(link.path_usd),
        },
        "over_path_pct": round(100.0 * (_total(cost) / link.path_usd - 1.0), 4),
        "make_up": _make_up([link]),
        "sections": [_section(section) for section in segment.sections],
        "bodies": [
            {
                "kind": body.kind,
                "name": body.name,
                "kp_km": _km(body.kp_m),
                "cable_kp_km": _km(segment.cable_kp_m(body.kp_m)),
            }
            for body in segment.bodies
        ],
        "quantities": [
            {"item": line.item, "unit": line.unit, "amount": round(line.amount, 3), "spare": round(line.spare, 3)}
            for line in quantities(segment, planner.fixed.catalogue)
        ],
        "risk": {
            "expected_faults_per_year": link.faults_per_year,
            "expected_faults": link.faults_per_year * life,
            "present_value_usd": cost["repairs"],
        },
        "lower_bound_usd": _round(link.lower_bound_usd),
        "gap_pct": _gap_pct(_total(cost), link.lower_bound_usd),
    }


def _make_up(links: Sequence[LinkPlan]) -> dict[str, float]:
    """What building in sections adds to a total, which takes every metre at its own cheapest way."""
    parts = {
        "transitions_usd": _round(sum(link.make_up.transitions_usd for link in links)),
        "sections_usd": _round(sum(link.make_up.sections_usd for link in links)),
    }
    return {"transitions": sum(link.make_up.transitions for link in links), **parts, "total_usd": _total(parts)}


def _section(section: Section) -> dict[str, Any]:
    built = section.engineering
    return {
        "from_kp_km": _km(section.start_m),
        "to_kp_km": _km(section.end_m),
        "cable_type": built.cable.code,
        "protection": built.protection,
        "burial_m": built.burial.depth_m,
        "slack_pct": built.slack_pct,
    }


def _junction(junction: Junction) -> dict[str, Any]:
    return {
        "id": junction.id,
        "name": junction.name,
        "lon": round(junction.place[0], 7),
        "lat": round(junction.place[1], 7),
        "depth_m": round(junction.depth_m, 1),
        "degree": junction.degree,
        "existing": junction.existing or None,
    }


def _service(option: OptionPlan, planner: Planner) -> list[dict[str, Any]]:
    """What each two groups get: time that light takes on the shortest way, share of time for which any way is up.

    Landings of one group are joined on land, which neither takes time here nor fails.
    """
    days = planner.fixed.catalogue.rate("repair-days")
    ways = [(_group(link.segment.start), _group(link.segment.end), link) for link in option.links]
    cables = [Connection(start, end, link.faults_per_year) for start, end, link in ways]
    lengths = [(start, end, link.segment.cable_m) for start, end, link in ways]
    return [
        {
            "between": [start, end],
            "latency_ms": round(latency_ms(shortest_way_m(lengths, start, end), planner.fixed), 4),
            "availability": round(availability(cables, (start, end), repair_days=days), 7),
        }
        for start, end in dict.fromkeys(option.wanted.connections)
    ]


def _group(end: LandingSite | Junction) -> str:
    """The group of a landing: its country. A branching unit stands for itself, or for the cable that it is put into."""
    if isinstance(end, LandingSite):
        return end.landing.country
    return end.existing or end.id


def _diversity(option: OptionPlan) -> dict[str, Any] | None:
    """How far the routes keep apart, and what that costs."""
    if option.wanted.separation_m is None or option.single_usd is None:
        return None
    return {
        "separation_km": option.wanted.separation_m / 1000.0,
        "landing_zone_km": option.wanted.zone_m / 1000.0,
        "without_usd": _round(option.single_usd),
        "price_usd": _round(option.design.objective_usd - option.single_usd),
        "pairs": [_apart(pair, option) for pair in option.apart],
    }


def _apart(pair: Clearance, option: OptionPlan) -> dict[str, Any]:
    profile = pair.profile
    place = profile.least_lonlat
    return {
        "links": [option.links[number].segment.id for number in (profile.first, profile.second)],
        "least_km": _km(profile.least_m),
        "least_kp_km": None if profile.least_kp_m is None else _km(profile.least_kp_m),
        "least_lonlat": None if place is None else [round(value, 6) for value in place],
        "along": [
            {"kp_km": _km(kp_m), "separation_km": _km(metres)}
            for kp_m, metres in zip(profile.kp_m.tolist(), profile.separation_m.tolist(), strict=True)
            if math.isfinite(metres)
        ],
        "shared_risk_km": {name: _km(metres) for name, metres in sorted(pair.shared_m.items())},
    }


def _alternative(other: Alternative) -> dict[str, Any]:
    return {
        "route_km": round(other.route.length_m / 1000.0, 3),
        "route_dependent_usd": _round(other.price_usd),
        "price_over_best": round(other.stretch, 5),
        "share_elsewhere": round(other.far_share, 4),
    }


def _refined(stretch: Refined) -> dict[str, Any]:
    """A stretch on surveys: its line as planned on the routing grid and as found again, as the surveys see both."""
    before, after = stretch.before, stretch.after
    saved = after is not None and math.isfinite(before.usd)
    return {
        "from_kp_km": _km(stretch.start_m),
        "to_kp_km": _km(stretch.end_m),
        "surveys": list(stretch.surveys),
        "cell_m": round(stretch.cell_m, 3),
        "windows": stretch.windows,
        "before": _traits(before),
        "after": None if after is None else _traits(after),
        "saved_usd": _round(before.usd - after.usd) if saved and after else None,
        "lower_bound_usd": None if after is None else _round(stretch.bound_usd),
        "gap_pct": None if after is None else _gap_pct(after.usd, stretch.bound_usd),
        "kept_because": stretch.kept or None,
    }


def _traits(line: Traits) -> dict[str, Any]:
    known = {
        "least_depth_m": line.least_m,
        "most_depth_m": line.most_m,
        "steepest_along_deg": line.along_deg,
        "steepest_across_deg": line.across_deg,
    }
    return {
        "route_km": _km(line.length_m),
        "usd": _round(line.usd) if math.isfinite(line.usd) else None,
        **{name: round(value, 1) if math.isfinite(value) else None for name, value in known.items()},
    }


def _crossing(crossing: Crossing, planner: Planner) -> dict[str, Any]:
    rule = crossing.asset.rule
    return {
        "asset": crossing.asset.name,
        "carries": rule.carries,
        "kp": round(crossing.kp_m / 1000.0, 3),
        "angle_deg": round(crossing.angle_deg, 2),
        "lon": round(crossing.lon, 7),
        "lat": round(crossing.lat, 7),
        "agreed": bool(crossing.asset.agreed),
        "toll_usd": _round(planner.fixed.crossing(rule.carries, toll_usd=rule.toll_usd)["crossings"]),
    }


def _lengths_km(link: LinkPlan) -> tuple[float, float]:
    ends = link.segment.route.lonlat[[0, -1]]
    straight_m = float(geodesy.inverse(ends[:1], ends[1:])[2][0])
    return round(link.segment.route.length_m / 1000.0, 3), round(straight_m / 1000.0, 3)


def _landing(site: LandingSite) -> dict[str, Any]:
    return {
        "id": site.landing.id,
        "name": site.landing.name,
        "country": site.landing.country,
        "lon": round(site.bmh[0], 7),
        "lat": round(site.bmh[1], 7),
        "moved_km": round(site.moved_m / 1000.0, 3),
    }


def _summed(tables: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Item by item sum, rounded to the cent; derived sums are left out."""
    total: dict[str, float] = {}
    for table in tables:
        for name, usd in table.items():
            if not name.endswith("_usd"):
                total[name] = total.get(name, 0.0) + usd
    return {name: _round(usd) for name, usd in total.items()}


def _km(metres: float) -> float | None:
    """Kilometres to the metre; None for what is nowhere."""
    return round(metres / 1000.0, 3) if math.isfinite(metres) else None


def _gap_pct(price_usd: float, bound_usd: float) -> float:
    """How much dearer a price may be than the optimum: percent over a proven lower bound."""
    return round(100.0 * (price_usd / bound_usd - 1.0), 3)


def _total(items: Mapping[str, float]) -> float:
    """Sum of items rounded to the cent."""
    return _round(sum(_round(usd) for usd in items.values()))


def _round(usd: float) -> float:
    return round(usd, 2)
