"""A row of a benchmark: ours beside a peer's or a limit, and whether the target is met."""

from __future__ import annotations

from typing import Any

__all__ = ["Row", "beside", "within"]

Row = dict[str, Any]

# Least ratio by row, size and peer.
TARGETS: dict[tuple[str, int, str], float] = {
    ("field, seconds", 2048, "eikonalfm"): 6.0,
    ("field, seconds", 2048, "skimage"): 8.0,
    ("field, seconds", 8192, "eikonalfm"): 10.0,
    ("field, seconds", 8192, "skimage"): 14.0,
    ("route, seconds", 2048, "eikonalfm"): 5.0,
    ("route, seconds", 2048, "skimage"): 7.0,
    ("route, seconds", 4096, "eikonalfm"): 8.0,
    ("route, seconds", 4096, "skimage"): 12.0,
    ("route, price", 2048, "best known"): 1.0 / 1.0001,
    ("route, price", 4096, "best known"): 1.0 / 1.0001,
    ("four fields on two threads, seconds", 2048, "one thread"): 1.7,
}
# Most by row and size; 0 stands for rows without a size, metres for those of the Caspian.
LIMITS: dict[tuple[str, int], float] = {
    ("field, GB beyond the inputs", 8192): 1.0,
    ("route, seconds", 10240): 4.0,
    ("route, GB beyond the inputs", 10240): 2.0,
    ("certificate of 1 %, whole fields", 2048): 5.0,
    ("certificate of 0.5 %, whole fields", 2048): 10.0,
    ("certificate of 0.5 %, seconds", 10240): 10.0,
    ("caspian: certificate, gap", 1000): 0.005,
    ("caspian: certificate, gap", 500): 0.005,
    ("first calls after installation, seconds", 0): 12.0,
    ("first calls of a process, seconds", 0): 0.5,
    ("project, seconds", 1000): 30.0,
    **{(f"project: gap of {option}", 1000): 0.01 for option in ("az-kz", "az-kz-tm", "published", "trunk")},
    **{(f"project: gap of {option}", 1000): 0.03 for option in ("diverse", "ring")},
    ("run with a fine raster, GB at most", 20_000): 6.0,
    ("links, seconds", 100): 300.0,
    ("import routing.geodesic, seconds", 0): 0.4,
}


def beside(row: str, size: int, ours: float, *, peer_name: str | None, peer: float | None, **more: Any) -> Row:
    """Row whose ratio, peer / ours, is better the larger it is."""
    target = TARGETS.get((row, size, peer_name or ""))
    return _row(row, size, (ours, peer_name, peer), target) | more


def within(row: str, size: int, ours: float, *, reached: bool = True, **more: Any) -> Row:
    """Row for a number that has a limit: that is the peer, and 1 the least ratio. Without one, the number alone."""
    limit = LIMITS.get((row, size))
    if limit is None:
        return _row(row, size, (ours, None, None), None) | more
    found = _row(row, size, (ours, "limit", limit), 1.0)
    return found | {"met": found["met"] and reached} | more


def _row(row: str, size: int, numbers: tuple[float, str | None, float | None], target: float | None) -> Row:
    ours, peer_name, peer = numbers
    ratio = peer / ours if ours and peer is not None else None
    found: Row = {"row": row, "size": size, "ours": ours, "peer": peer, "ratio": ratio, "peer_name": peer_name}
    return found if target is None else found | {"target": target, "met": ratio is not None and ratio >= target}
