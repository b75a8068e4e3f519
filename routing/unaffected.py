"""What a rerun did not have to plan again, and the proof that it could not matter."""

from __future__ import annotations

import logging
import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from routing.planning import OptionPlan, Planner
    from routing.planning.searches import Claim
    from routing.results import Planned
    from routing.reuse import Store

_log = logging.getLogger(__name__)

__all__ = ["Account", "account_for"]

#: Under this name a run notes for the next one what each tile holds.
_TILES = "tiles"


@dataclass(frozen=True)
class Account:
    """What was done again after a change, and what was not.

    Attributes
    ----------
    tiles, changed_tiles
        Tiles of the routing grid, and those that hold something else than in the run before; None where there is
        none on the same grid.
    side_cells
        Cells per side of a tile.
    made, reused
        Searches that were done, and that earlier runs had done over the very same water, by kind.
    options
        For each option the claims that its plan rests on.
    """

    tiles: int
    changed_tiles: int | None
    side_cells: int
    made: dict[str, int]
    reused: dict[str, int]
    options: dict[str, tuple[Claim, ...]]

    @property
    def kept(self) -> tuple[str, ...]:
        """Options of which not one search was done again, by id."""
        return tuple(name for name, claims in self.options.items() if claims and all(c.is_reused for c in claims))

    def as_json(self) -> dict[str, Any]:
        """The same for files and pipes."""
        return {
            "tiles": self.tiles,
            "changed_tiles": self.changed_tiles,
            "tile_cells": self.side_cells,
            "searches_made": sum(self.made.values()),
            "searches_reused": sum(self.reused.values()),
            "options": [
                {"id": name, "kept": name in self.kept, "proofs": [_proof(claim) for claim in _proven(claims)]}
                for name, claims in self.options.items()
            ],
        }

    def tell(self) -> None:
        """Log it for people, and with its facts for programs."""
        for line in self.lines():
            _log.info(line, extra={"reuse": self.as_json()})

    def lines(self) -> Iterator[str]:
        """The same for people."""
        done, known = sum(self.made.values()), sum(self.reused.values())
        if not known:
            return
        changed = "" if self.changed_tiles is None else f"; {self.changed_tiles} of {self.tiles} tiles changed"
        yield f"{known} of {known + done} searches as in an earlier run{changed}"
        for name in self.kept:
            yield f"option {name} was not searched again: {_why(self.options[name])}"


def account_for(planned: Planned, store: Store) -> Account:
    """What searches a plan took, which of them were known, and what is proven; notes the tiles for the next run."""
    usual = planned.planner.book.searches
    planners: list[Planner] = [planned.planner, *planned.makers.values()]
    searches = {id(each.book.searches): each.book.searches for each in planners}.values()
    made, reused = Counter[str](), Counter[str]()
    for each in searches:
        made.update(each.made)
        reused.update(each.reused)
    tiling, digests = usual.reach.tiling, usual.digests
    noted = {"grid": repr(planned.planner.sea.priced.surface.grid), "digests": digests.tobytes().hex()}
    before = store.last(_TILES)
    changed = None
    if isinstance(before, dict) and before.get("grid") == noted["grid"]:
        size, now, then = digests.dtype.itemsize * 2, noted["digests"], str(before.get("digests"))
        changed = sum(now[at : at + size] != then[at : at + size] for at in range(0, len(now), size))
    store.note(_TILES, noted)
    claims = {
        each.wanted.id: _claims(each, planned.makers.get(each.wanted.id, planned.planner)) for each in planned.options
    }
    return Account(digests.size, changed, tiling.side, dict(made), dict(reused), claims)


def _claims(option: OptionPlan, planner: Planner) -> tuple[Claim, ...]:
    """What the plan of an option rests on: the routes of all its candidates, and how its own are laid."""
    wanted = option.wanted
    pairs = {pair for link in wanted.links for pair in planner.pairs(wanted, link)}
    kinds = {"tree"} if wanted.trunk else {"route", "bound"}
    if wanted.separation_m is not None:
        kinds.add("apart")

    def rests_on(claim: Claim) -> bool:
        if claim.kind == "tree":
            return claim.names == wanted.trunk
        ends = tuple(zip(claim.names[::2], claim.names[1::2], strict=True))
        return all(pair in pairs for pair in ends)

    found = {
        (claim.kind, claim.names): claim
        for claim in planner.book.searches.claims
        if claim.kind in kinds and rests_on(claim)
    }
    return tuple(found[key] for key in sorted(found))


def _proven(claims: tuple[Claim, ...]) -> Iterator[Claim]:
    """Those that say what is dearer elsewhere."""
    return (claim for claim in claims if claim.limit_usd is not None)


def _proof(claim: Claim) -> dict[str, Any]:
    limit_usd = claim.limit_usd
    return {
        "search": claim.kind,
        "of": list(claim.names),
        "tiles": claim.tiles,
        "dearer_elsewhere_usd": None if limit_usd is None or math.isinf(limit_usd) else limit_usd,
        "reused": claim.is_reused,
    }


def _why(claims: tuple[Claim, ...]) -> str:
    tiles = max((claim.tiles for claim in _proven(claims)), default=0)
    return f"nothing changed in the up to {tiles} tiles outside of which nothing is cheaper than its proven bounds"
