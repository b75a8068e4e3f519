"""A small synthetic sea and the content of a map over it."""

from __future__ import annotations

import numpy as np

from routing import geodesy
from routing.grid import Grid, Raster
from routing.webmap import (
    MapContent,
    MapLanding,
    MapLink,
    MapMark,
    MapOption,
    MapPosition,
    MapRaster,
    MapSection,
    MapStretch,
    MapVector,
)

AREA = (10.0, 55.0, 13.0, 57.0)


def bowl(area=AREA, *, cell_size_m=2000.0, deepest_m=800.0):
    """Water depth of an elliptic basin in a stereographic grid; NaN outside it."""
    projection = geodesy.local_projection(area)
    grid = Grid.cover_area(area, projection=projection, cell_size_m=cell_size_m)
    row, col = np.indices(grid.shape)
    radius = np.hypot(2 * (row + 0.5) / grid.rows - 1, 2 * (col + 0.5) / grid.cols - 1)
    depth = np.where(radius < 0.95, deepest_m * (1 - (radius / 0.95) ** 2), np.nan)
    return Raster(depth.astype(np.float32), grid)


def link(start, end, *, bend_deg=0.0, name="West to East", link_id="1"):
    """A route that leaves the geodesic by `bend_deg` of latitude in its middle."""
    share = np.linspace(0.0, 1.0, 200)
    start, end = geodesy.unwrap_lon([start, end])
    points = start + share[:, None] * (end - start)
    points[:, 1] += bend_deg * np.sin(np.pi * share)
    points[:, 0] = (points[:, 0] + 180.0) % 360.0 - 180.0
    kp_km = geodesy.cumulative_m(geodesy.unwrap_lon(points)) / 1000.0
    depth = 400.0 * np.sin(np.pi * share)
    events = ["Beach manhole", *["Alter course"] * 6, "Landing"]
    chosen = np.linspace(0, 199, 8).astype(int)
    positions = tuple(
        MapPosition(
            number=n + 1,
            event=event,
            lon=float(points[i, 0]),
            lat=float(points[i, 1]),
            kp_km=float(kp_km[i]),
            depth_m=float(depth[i]),
            cable_type="Single armour",
            remarks=f"Remark {n + 1}",
        )
        for n, (i, event) in enumerate(zip(chosen, events, strict=True))
    )
    return MapLink(
        id=link_id,
        name=name,
        points=tuple(map(tuple, points.tolist())),
        length_km=float(kp_km[-1]),
        total_usd=9e6,
        positions=positions,
        profile=tuple(MapMark(kp, deep, 1.5, 0.4) for kp, deep in zip(kp_km.tolist(), depth.tolist(), strict=True)),
        sections=(
            MapSection(0.0, 0.3 * float(kp_km[-1]), "SA", "plough", 1.5, 0.5),
            MapSection(0.3 * float(kp_km[-1]), float(kp_km[-1]), "LWP", "surface", 0.0, 1.5),
        ),
        hazards=(MapStretch("surf", 0.0, 0.1 * float(kp_km[-1])),),
        findings=("turns more than a plough can",),
    )


def option(links, *, option_id="A", name="Central route", rank=1, total_usd=20e6):
    return MapOption(
        id=option_id,
        name=name,
        rank=rank,
        total_usd=total_usd,
        low_usd=0.8 * total_usd,
        high_usd=1.3 * total_usd,
        fixed_usd=8e6,
        route_dependent_usd=total_usd - 8e6,
        length_km=sum(one.length_km for one in links),
        cable_km=1.01 * sum(one.length_km for one in links),
        buried_km=0.3 * sum(one.length_km for one in links),
        max_depth_m=400.0,
        crossings=2,
        risk_present_value_usd=1.5e6,
        expected_faults_per_year=0.08,
        availability=0.991,
        latency_ms=0.66,
        gap_pct=0.4,
        solver="Exact, optimal",
        items=(("Cable", 7e6), ("Laying", 5e6), ("Stations", 8e6)),
        links=tuple(links),
    )


def small_sea():
    """Two options between two landings, every kind of layer, a cost raster with an excluded patch."""
    west, east = (10.45, 56.0), (12.55, 56.1)
    depth = bowl()
    cost = np.where(np.isfinite(depth.values), 30.0 + 0.05 * np.nan_to_num(depth.values), np.nan).astype(np.float32)
    cost[40:50, 40:60] = np.nan
    ring = ((10.3, 55.3), (11.0, 55.2), (11.2, 55.6), (10.3, 55.3))
    return MapContent(
        title="West to East cable",
        subtitle="Route options",
        headline="Recommended: the central route, the cheapest of two.",
        options=(
            option([link(west, east, bend_deg=-0.45)], option_id="B", name="Southern route", rank=2, total_usd=23e6),
            option([link(west, east)]),
        ),
        candidates=(
            MapLanding("West Bay", "Westland", *west, used=True, note="Sandy beach"),
            MapLanding("East Point", "Eastland", *east, used=True, note=""),
            MapLanding("North Cove", "Eastland", 11.9, 56.7, used=False, note="Rocky"),
        ),
        depth=depth,
        rasters=(MapRaster("Route cost", "Seabed", Raster(cost, depth.grid), "thousand USD per km"),),
        vectors=(
            MapVector("Sectors", "Legal", "polygon", (ring,), ("Westland",), "sector", shown=True),
            MapVector("Lanes", "Industry", "line", (((10.5, 56.4), (12.5, 56.3)),), ("Ferry",), "lane", shown=True),
            MapVector(
                "Earthquakes", "Hazards", "point", (((11.0, 56.5),),), ("M 6.1 of 1900",), "earthquake", shown=False
            ),
        ),
        comparison=(("Published length", "132 km"),),
        sources=("Bathymetry: synthetic",),
        footer="Made for a test",
    )
