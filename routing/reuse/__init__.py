"""What a rerun need not do again: searches kept under a key of all that they depend on.

A search looks only at water that is chosen near its ways and proven to be enough. So a change
elsewhere leaves its key, and its answer, as they were.
"""

from routing.reuse.reach import Reach, rounded_up
from routing.reuse.store import CACHE, Store, digest
from routing.reuse.tiles import Tiling, tiles_key
from routing.reuse.waters import Waters, assets_key, cut, tile_digests

__all__ = [
    "CACHE",
    "Reach",
    "Store",
    "Tiling",
    "Waters",
    "assets_key",
    "cut",
    "digest",
    "rounded_up",
    "tile_digests",
    "tiles_key",
]
