"""A complete miniature project that tests bend: see conftest.py for what it is and how to get one.

It stands in its own module because a test imports it by name, and there is more than one conftest.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from affine import Affine
from shapely import Point, Polygon, box, contains_xy
from shapely.geometry import mapping

AREA = (50.0, 41.0, 50.75, 41.55)
WATER_LEVEL_M = -10.0
ISLAND = Point(50.36, 41.28).buffer(0.03)
SEA = Polygon(
    [(50.08, 41.05), (50.67, 41.04), (50.68, 41.30), (50.66, 41.50), (50.10, 41.51), (50.07, 41.28)]
).difference(ISLAND)
SECTORS = {"AA": box(49.9, 40.9, 50.37, 41.7), "BB": box(50.37, 41.22, 50.9, 41.7), "CC": box(50.37, 40.9, 50.9, 41.22)}
LANDINGS = """id,name,country,lon,lat,status,source,note
aa-north,Şimal,AA,50.079,41.42,candidate,made up,west coast
aa-south,Cənub,AA,50.070,41.18,candidate,made up,west coast
bb-port,Port,BB,50.677,41.38,candidate,made up,east coast
cc-port,Liman,CC,50.682,41.12,candidate,made up,east coast
"""


def depth_at(lon, lat):
    """Water depth of the miniature sea in metres, positive down, anywhere."""
    east, north = np.clip((lon - 50.07) / 0.61, 0, 1), np.clip((lat - 41.04) / 0.47, 0, 1)
    return 5.0 + 395.0 * 4 * east * (1 - east) * north


def raster_lattice(bounds=(49.9, 40.9, 50.85, 41.65), step=0.005):
    """Longitude and latitude of the cell centres of the miniature bathymetry, and its transform."""
    west, south, east, north = bounds
    cols, rows = round((east - west) / step), round((north - south) / step)
    lon, lat = west + (np.arange(cols) + 0.5) * step, north - (np.arange(rows) + 0.5) * step
    return (*np.meshgrid(lon, lat), Affine(step, 0.0, west, 0.0, -step, north))


def elevation_at(lon, lat):
    """Height above the datum's zero: the sea floor below the water level, 30 m of land elsewhere."""
    return np.where(contains_xy(SEA, lon, lat), WATER_LEVEL_M - depth_at(lon, lat), 30.0).astype(np.float32)


def write_raster(path, values, transform, *, crs="EPSG:4326", nodata=None, **profile):
    """Write a (rows, cols) or (bands, rows, cols) array with rasterio, independent of our own writer."""
    import rasterio

    stack = np.asarray(values)[None] if np.ndim(values) == 2 else np.asarray(values)
    options = {"driver": "GTiff", "crs": crs, "transform": transform, "nodata": nodata, **profile}
    with rasterio.open(
        path, "w", count=stack.shape[0], height=stack.shape[1], width=stack.shape[2], dtype=stack.dtype, **options
    ) as file:
        file.write(stack)
    return Path(path)


def write_features(path, features, *, crs=None):
    """Write (geometry, properties) pairs as GeoJSON by hand; WGS84 unless a crs name is given."""
    collection = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "geometry": mapping(shape), "properties": dict(kept)} for shape, kept in features
        ],
    }
    if crs:
        collection["crs"] = {"type": "name", "properties": {"name": crs}}
    Path(path).write_text(json.dumps(collection), encoding="utf-8")
    return Path(path)


def to_toml(value):
    """A nested dict as TOML; tables inside lists and tables are written inline, so order never matters."""

    def inline(item):
        if isinstance(item, dict):
            return (
                "{ "
                + ", ".join(f"{json.dumps(key, ensure_ascii=False)} = {inline(each)}" for key, each in item.items())
                + " }"
            )
        if isinstance(item, list | tuple):
            return "[" + ", ".join(inline(each) for each in item) + "]"
        if isinstance(item, bool):
            return "true" if item else "false"
        if isinstance(item, dt.date):
            return item.isoformat()
        return json.dumps(item, ensure_ascii=False) if isinstance(item, str) else str(item)

    return "".join(f"{json.dumps(key, ensure_ascii=False)} = {inline(item)}\n" for key, item in value.items())


def default_settings():
    """The miniature project file as nested dicts."""
    return {
        "name": "miniature",
        "title": "A miniature sea",
        "date": "2026-01-02",
        "area": list(AREA),
        "crs": "EPSG:32639",
        "resolution_m": 1000.0,
        "water_level_m": WATER_LEVEL_M,
        "bathymetry": {"path": "bathymetry.tif", "kind": "elevation", "zero_m": 0.0},
        "coast": {"path": "coast.geojson"},
        "sectors": {"path": "sectors.geojson", "attribute": "country"},
        "landings": {"path": "landings.csv", "max_move_km": 5.0},
        "points_of_presence": {"AA": {"name": "Town", "lon": 50.02, "lat": 41.30}},
        "layer": [
            {
                "name": "Fields",
                "path": "fields.geojson",
                "kind": "exclude",
                "buffer_field": "radius_km",
                "label_field": "name",
                "reason": "offshore field",
                "style": "field",
            },
            {"name": "Lanes", "path": "lanes.geojson", "kind": "shipping", "buffer_m": 2000.0, "style": "lane"},
            {"name": "Quakes", "path": "quakes.csv", "kind": "show", "label_field": "magnitude", "style": "earthquake"},
        ],
        "option": [
            {"id": "aa-bb", "name": "West to east", "links": [["AA", "BB"]]},
            {"id": "aa-bb-cc", "name": "West to both", "links": [["AA", "BB"], ["AA", "CC"]]},
        ],
        "published": [{"label": "Length", "value": "50 km", "source": "made up"}],
        "sources": ["Everything: made up"],
    }


@dataclass
class SeaProject:
    """A miniature project on disk.

    Attributes
    ----------
    folder
        Where its files are; ``folder / "run"`` is where :meth:`run` puts results.
    settings
        The project file as nested dicts; change it, then :meth:`save`.
    """

    folder: Path
    settings: dict[str, Any] = field(default_factory=default_settings)

    def __post_init__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.write_bathymetry()
        write_features(self.folder / "coast.geojson", [(SEA, {})])
        write_features(self.folder / "sectors.geojson", [(shape, {"country": name}) for name, shape in SECTORS.items()])
        write_features(self.folder / "fields.geojson", [(Point(50.45, 41.40), {"name": "Field 1", "radius_km": 3.0})])
        lane = {"type": "LineString", "coordinates": [[50.25, 41.0], [50.25, 41.55]]}
        (self.folder / "lanes.geojson").write_text(
            json.dumps({"type": "Feature", "geometry": lane, "properties": {"name": "Lane"}}), encoding="utf-8"
        )
        (self.folder / "quakes.csv").write_text("lon,lat,magnitude\n50.3,41.2,5.1\n50.5,41.4,4.9\n", encoding="utf-8")
        self.write_landings(LANDINGS)
        self.save()

    @property
    def file(self) -> Path:
        """The project file."""
        return self.folder / "project.toml"

    @property
    def out(self) -> Path:
        """Folder of results."""
        return self.folder / "run"

    def save(self) -> Path:
        """Write the settings; returns the path of the project file."""
        date = self.settings["date"]
        table = {key: value for key, value in self.settings.items() if key != "date"}
        self.file.write_text(f"date = {date}\n" + to_toml(table), encoding="utf-8")
        return self.file

    def write_bathymetry(self, change=None, *, name="bathymetry.tif", **profile) -> Path:
        """Write the sea floor, passed through `change` (array to array); `profile` goes to :func:`write_raster`."""
        lon, lat, transform = raster_lattice()
        values = elevation_at(lon, lat)
        values = values if change is None else change(values)
        return write_raster(self.folder / name, values, profile.pop("transform", transform), **profile)

    def write_landings(self, text, *, encoding="utf-8") -> Path:
        """Write the candidate landings as they are, newlines included."""
        path = self.folder / "landings.csv"
        path.write_bytes(text.encode(encoding))
        return path

    def add_exclusion(self, shape, *, name="Zone", reason=None, **properties) -> None:
        """Add a layer that keeps cables out of `shape` (WGS84), and save."""
        path = write_features(self.folder / f"{name}.geojson", [(shape, properties)])
        layer = {"name": name, "path": path.name, "kind": "exclude"}
        self.settings["layer"].append({**layer, "reason": reason} if reason else layer)
        self.save()

    def read(self):
        """The project as read by the package, saved first."""
        from routing.project import read_project

        return read_project(self.save())

    def load(self):
        """Inputs, read and checked."""
        from routing import pipeline

        return pipeline.load(self.read())

    def surface(self):
        """Inputs and the priced sea."""
        from routing import pipeline

        loaded = self.load()
        return loaded, pipeline.surface(loaded)

    def plan(self):
        """Inputs, the priced sea, and the answers."""
        from routing import pipeline

        loaded, sea = self.surface()
        return loaded, sea, pipeline.plan(loaded, sea, threads=1)

    def run(self, out=None):
        """Run the project into a folder, over whatever an earlier run left there."""
        from routing import pipeline

        return pipeline.run(self.read(), out or self.out, threads=1, force=True)


@dataclass(frozen=True)
class Answer:
    """What a command said."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class FinishedRun:
    """A default run and what it was made of; its folder is shared, so only read it."""

    project: SeaProject
    loaded: Any
    sea: Any
    planned: Any
    folder: Path
    summary: dict[str, Any]


def degrees_from_ddm(text):
    """Degrees that a position in degrees and decimal minutes means, read independently of our writer."""
    degrees, minutes, letter = re.fullmatch(r"(\d{2,3})° (\d{2}\.\d{4})' ([NSEW])", text).groups()
    assert float(minutes) < 60.0
    return (int(degrees) + float(minutes) / 60.0) * (-1 if letter in "SW" else 1)


def priced_sea(depth, free=None):
    """A priced sea of given depths, 1000 m cells of UTM 39N, without files; what is not free is excluded."""
    from routing.catalogue import read_catalogue
    from routing.constraints import ExclusionMap
    from routing.cost import CostModel
    from routing.exposure import Exposure
    from routing.grid import Grid
    from routing.pricing import PricedGrid

    depth = np.asarray(depth, np.float32)
    cells = Grid(*depth.shape, 450_000.0, 4_640_000.0, 1000.0, 1000.0, "EPSG:32639")
    code = np.zeros(depth.shape, np.uint8) if free is None else np.where(free, 0, 1).astype(np.uint8)
    threats = Exposure.uniform(depth.shape, read_catalogue())
    surface = CostModel(read_catalogue()).surface(cells, depth, threats, ExclusionMap(code, ("zone",)))
    return PricedGrid(surface)
