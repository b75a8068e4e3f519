"""The sea of a project: every cell priced or excluded, the second stage of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from routing import constraints, seabed, seafloor
from routing.confinement import confinement
from routing.cost import CostModel
from routing.crossing import CrossingMap
from routing.exposure import Exposure
from routing.fixedcost import FixedCost
from routing.planning import Sea
from routing.pricing import PricedGrid

if TYPE_CHECKING:
    from collections.abc import Collection

    from routing.constraints import Agreed, Layer
    from routing.cost import CostSurface
    from routing.results import Loaded

__all__ = ["surface"]

#: Share of its price that a metre beside an asset seems dearer: more than a sidestep costs, less than a crossing does.
_BESIDE_SHARE = 0.25


def surface(loaded: Loaded, *, without: Collection[str] = (), states: tuple[str, ...] | None = None) -> Sea:
    """Price every cell.

    Parameters
    ----------
    loaded
        The inputs.
    without
        Names of layers to leave out, or the reason that keeps routes inside surveys.
    states
        The only states whose sectors are open; None: all.
    """
    layers = tuple(layer for layer in loaded.layers if layer.source.name not in without)
    model, depth_m = CostModel(loaded.catalogue), loaded.seabed.depth_m
    exposure = _exposure(loaded, layers)
    exclusions = constraints.burn_exclusions(
        loaded.grid,
        sea=loaded.seabed.sea,
        known=np.isfinite(depth_m),
        layable=model.is_buildable(depth_m, exposure),
        layers=layers,
    )
    if states is not None and loaded.sectors:
        exclusions = constraints.close_sectors(exclusions, loaded.sectors, states)
    kept = confinement(loaded)
    if kept is not None and kept.reason not in without:
        allowed = kept.allowed(seabed.sounded_by(loaded.coverages, kept.surveys), loaded.grid)
        exclusions = constraints.confine(exclusions, allowed, kept.reason)
    priced, crossings = _with_assets(model.surface(loaded.grid, depth_m, exposure, exclusions), layers, loaded.agreed)
    exposed = {name: rates > 0 for name, rates in loaded.hazards.layers.items()}
    return Sea(priced, exclusions, loaded.sectors, crossings, states, exposed)


def _exposure(loaded: Loaded, layers: tuple[Layer, ...]) -> Exposure:
    """What a cable meets on every cell."""
    facts = loaded.facts
    use = seafloor.read_use(loaded.project, facts, loaded.catalogue, layers)
    return Exposure(
        shipping=use.shipping,
        fishing=use.fishing,
        sediment=facts.sediment_index(loaded.catalogue.codes("sediment")),
        slope_deg=facts.slope_deg,
        shallow_m=facts.shallow_m,
        hazard_faults=loaded.hazards.hazard_faults,
        avoidance_usd_per_m=np.broadcast_to(np.float32(0.0), facts.depth_m.shape),
    )


def _with_assets(
    priced: CostSurface, layers: tuple[Layer, ...], agreed: tuple[Agreed, ...]
) -> tuple[PricedGrid, CrossingMap | None]:
    """A cost surface with what routes heed beside it: avoided zones, and assets to cross or to keep off."""
    cells, assets = priced.grid, constraints.agree(constraints.assets_of(layers), agreed, priced.grid.crs)
    avoided = constraints.burn_avoidance(cells, layers) if any(each.source.avoid_usd_per_m for each in layers) else None
    if not assets:
        return PricedGrid(priced, shaping=avoided), None
    fixed = FixedCost(priced.model.catalogue)
    prices = tuple(sum(fixed.crossing(asset.rule.carries, toll_usd=asset.rule.toll_usd).values()) for asset in assets)
    near = constraints.burn_separation(assets, priced.depth_m, cells)
    beside = np.where(near, np.float32(_BESIDE_SHARE) * priced.total(excluded=0.0), np.float32(0.0))
    tolls = sum(constraints.spread_toll(asset, usd, cells) for asset, usd in zip(assets, prices, strict=True))
    grid = PricedGrid(
        priced,
        shaping=beside if avoided is None else beside + avoided,
        # Nearness counts towards the toll: crossing straight over costs the toll, not both.
        tolls=np.maximum(tolls - beside, np.float32(0.0))
        + sum((constraints.bar_elsewhere(asset, cells) for asset in assets if asset.agreed), start=np.float32(0.0)),
    )
    return grid, CrossingMap(assets, prices, grid)
