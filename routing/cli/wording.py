"""What commands print for people, made from what they print as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["doctor_lines", "explain_lines", "fetch_lines", "finding_lines", "history_lines", "run_lines"]


def run_lines(summary: Mapping[str, Any], folder: Path, *, changed: bool) -> list[str]:
    """Options with their price and links, what was published, and where the files are."""
    lines = []
    for option in summary["options"]:
        cost = option["cost"]
        lines.append(
            f"{option['rank']}. {option['name']}: USD {cost['total_usd'] / 1e6:.2f} million "
            f"(range {cost['low_usd'] / 1e6:.1f} to {cost['high_usd'] / 1e6:.1f})"
        )
        lines += [
            f"   {link['from']} to {link['to']}: route {link['route_km']:.1f} km, cable {link['cable_km']:.1f} km, "
            f"{link['route_km'] / link['geodesic_km']:.3f} x geodesic"
            for link in option["links"]
        ]
    lines += [f"published: {fact['label']}: {fact['value']} ({fact['source']})" for fact in summary["published"]]
    return [*lines, f"{'wrote' if changed else 'nothing changed in'} {folder}"]


def finding_lines(findings: Sequence[Mapping[str, Any]]) -> list[str]:
    """A line for each finding."""
    lines = [f"{found['severity']}: {found['rule']}: {found['message']}" for found in findings]
    return lines or ["no findings"]


def history_lines(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Revisions with the price of their options."""
    return [line for row in rows for line in _revision_lines(row)]


def _revision_lines(row: Mapping[str, Any]) -> list[str]:
    """One revision: a line for itself, one for each option."""
    stands = "current" if row["current"] else row["folder"]
    head = f"revision {row['revision']} of {row['date'] or 'unknown date'}, {stands}, {(row['sha256'] or 'torn')[:12]}"
    lines = [head, *(f"   {option}: USD {usd / 1e6:.2f} million" for option, usd in row["totals_usd"].items())]
    return [*lines, *([f"   {row['problem']}"] if row["problem"] else [])]


def explain_lines(told: Mapping[str, Any]) -> list[str]:
    """One place: what it is, what is built there and for how much, what excludes it."""
    known = "unknown depth" if told["depth_m"] is None else f"{told['depth_m']:.1f} m of water"
    slope = "slope unknown" if told["slope_deg"] is None else f"slope {told['slope_deg']:.1f} degrees"
    lines = [
        f"{told['lon']:.5f}, {told['lat']:.5f}: {known}, sector {told['sector'] or 'unknown'}",
        f"{slope}, {told['sediment']}, shipping {told['shipping']}, fishing {told['fishing']}",
    ]
    if told["excluded"]:
        lines += [f"excluded: {told['excluded']}", f"to open it: {told['opened_by']}"]
    if "items_usd_per_km" in told:
        lines += _built_lines(told)
    nearly = told["nearly"]
    if nearly:
        price = f"{nearly['total_usd_per_km']:,.2f} USD/km"
        lines.append(f"nearly fits: {_way(nearly)} at {price}, but {nearly['limit']}")
    return lines


def _built_lines(told: Mapping[str, Any]) -> list[str]:
    """What is built, or would be if the place were open, its price, and what was not chosen."""
    lines = [
        f"{'would be built' if told['excluded'] else 'built'} as {_way(told)}",
        f"expected faults {told['faults_per_1000_km_year']:.3f} per 1000 km a year",
        *(f"{name:10} {usd:12,.2f} USD/km" for name, usd in told["items_usd_per_km"].items()),
        f"{'total':10} {told['total_usd_per_km']:12,.2f} USD/km",
    ]
    for title, other in (("runner-up", told["runner_up"]), ("otherwise", told["other_burial"])):
        if other:
            lines.append(
                f"{title}: {_way(other)}, {other['dearer_usd_per_km']:,.2f} USD/km dearer, "
                f"repairs {other['repairs_usd_per_km']:,.2f} against {told['items_usd_per_km']['repairs']:,.2f}"
            )
    return lines


def _way(built: Mapping[str, Any]) -> str:
    depth = f" {built['burial_m']:.1f} m deep" if built["burial_m"] else ""
    return f"{built['cable_type']}, {built['protection']}{depth}"


def fetch_lines(told: Mapping[str, Any]) -> list[str]:
    """Where a grid is, and what must be known to use it."""
    return [
        f"{'wrote' if told['fetched'] else 'already there:'} {told['file']} ({told['bytes'] / 1e6:.1f} MB)",
        f"sha256 {told['sha256']}",
        f"heights, variable {told['variable']}, above {told['vertical_datum']}",
        f"licence {told['licence']}; credit: {told['attribution']}",
    ]


def doctor_lines(told: Mapping[str, Any]) -> list[str]:
    """Versions, then warnings."""
    lines = [f"{name:12} {text}" for name, text in told["versions"].items()]
    return [*lines, *(f"warning: {text}" for text in told["warnings"])]
