"""What kinds of features are usually given: kind, stand-off and reason under one name.

Every figure is a default, editable: a key that a project file gives outranks it.
"""

from __future__ import annotations

from typing import Any

__all__ = ["ASSETS", "PRESETS"]

#: USD per metre in the outer, soft part of a stand-off: default, editable; a third of a surface-laid metre.
_SOFT_USD_PER_M = 10.0

#: Keys of a layer by preset. Stand-offs: reference/engineering.md, section 2.2 (trade practice; 500 m around a
#: platform is the safety zone of UNCLOS article 60; 1 nautical mile is 1852 m).
PRESETS: dict[str, dict[str, Any]] = {
    "platform": {
        "kind": "exclude", "buffer_m": 500.0, "fade_m": 1352.0, "avoid_usd_per_m": _SOFT_USD_PER_M,
        "reason": "platform safety zone",
    },
    "anchorage": {"kind": "exclude", "buffer_m": 1000.0, "reason": "anchorage"},
    "dump": {"kind": "exclude", "buffer_m": 1000.0, "reason": "dumping ground"},
    "military": {"kind": "exclude", "buffer_m": 1000.0, "reason": "military area"},
    "dredged-channel": {"kind": "exclude", "buffer_m": 1000.0, "reason": "dredged channel"},
    "protected-area": {"kind": "exclude", "buffer_m": 0.0, "reason": "protected area"},
    "wreck": {
        "kind": "exclude", "buffer_m": 100.0, "fade_m": 150.0, "avoid_usd_per_m": _SOFT_USD_PER_M, "reason": "wreck",
    },
    "uxo": {"kind": "exclude", "buffer_m": 500.0, "reason": "unexploded ordnance"},
    "wind-farm": {
        "kind": "exclude", "buffer_m": 0.0, "fade_m": 1852.0, "avoid_usd_per_m": _SOFT_USD_PER_M, "reason": "wind farm",
    },
}  # fmt: skip

#: Separation of a parallel route by what an asset carries: multiple of the water depth, floor in metres.
#: Cables 3 x depth, for the grapnel of a repair, and 500 m; pipelines 500 m; none from what is out of service.
ASSETS: dict[str, tuple[float, float]] = {
    "telecom": (3.0, 500.0),
    "power": (3.0, 500.0),
    "pipeline": (0.0, 500.0),
    "out-of-service": (0.0, 0.0),
}
