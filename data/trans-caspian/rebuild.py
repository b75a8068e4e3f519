"""Rebuild every data file of this folder from the package or the fact table it comes from.

Run it as ``python data/trans-caspian/rebuild.py [--out DIR]``. It fetches five packages with pip and npm, compares
each with the checksum written below, and gives the same bytes on every run with the same library versions.
"""

import argparse
import csv
import hashlib
import heapq
import itertools
import json
import re
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio.transform import from_origin
from shapely.geometry import LineString, Point, Polygon, mapping, shape
from shapely.geometry.base import BaseGeometry

HERE = Path(__file__).resolve().parent
WEST_DEG, SOUTH_DEG, EAST_DEG, NORTH_DEG = 46.0, 36.0, 55.5, 47.5
NODES_PER_DEG = 10  # ETOPO1 resampled to 6 arc-minutes
NODATA_M = -32768
MID_CASPIAN = Point(51.0, 42.0)
COUNTRIES = {"AZ": "AZE", "KZ": "KAZ", "TM": "TKM", "RU": "RUS", "IR": "IRN"}
DECLARED = "OSM maritime boundary"
MEDIAN = "median line between the coasts: approximate"
SEED_SPACING_M = 500.0
SIMPLIFY_DEG = 0.002  # about 200 m
GRID_DEG = 1e-6
SLIVER_DEG = 1e-4  # about 10 m: a strip this thin along declared waters belongs to them
GEODESIC = pyproj.Geod(ellps="WGS84")
PLANE = pyproj.Transformer.from_crs(4326, "+proj=aeqd +lon_0=51 +lat_0=42 +datum=WGS84", always_xy=True)

Vertex = tuple[float, float]
Feature = tuple[dict[str, Any], BaseGeometry]


@dataclass(frozen=True)
class Package:
    """One archive of a package registry, named by its checksum."""

    client: str
    requirement: str
    archive: str
    sha256: str


ETOPO1 = Package(
    "pip",
    "pybacktrack==1.5.0",
    "pybacktrack-1.5.0-py3-none-any.whl",
    "978d0f11b0fa12bdcffef43e66487c5caf28a0f84a8eccbf5c9b253e5d389193",
)
MOMENT_TENSORS = Package(
    "pip",
    "usgs-strec==2.3.14",
    "usgs_strec-2.3.14-py3-none-any.whl",
    "69c88c6263d7fcaf56f5807b2dd764a784bf706059e08d2cff9d4158c3398c88",
)
LANE_NETWORK = Package(
    "pip",
    "searoute==1.6.0",
    "searoute-1.6.0.tar.gz",
    "a2f9827b0aa0f1216f4696aa9cd9d358e9950cba496e8445dc2a3d5691862697",
)
SEAS = Package(
    "npm",
    "@geo-maps/earth-seas-10m@0.6.0",
    "geo-maps-earth-seas-10m-0.6.0.tgz",
    "ec5ebfd1048c3875f2152267e400a9d1ef04342f52dc2b09cd793f1a24182c1c",
)
BORDERS = Package(
    "npm",
    "@osm_borders/maritime_1000m@1.1.0",
    "osm_borders-maritime_1000m-1.1.0.tgz",
    "d4021ee0ea55f31fdfd22a35a6ac1d2399310cab9c8f264082333d2f7ed47f6d",
)


def main(arguments: list[str] | None = None) -> None:
    """Rebuild all files into the folder asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write to (default: this one)")
    out = parser.parse_args(arguments).out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    facts = read_facts()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        build_bathymetry(fetch(ETOPO1, folder), out / "bathymetry_etopo1.tif")
        sea = build_coast(fetch(SEAS, folder), out / "coast.geojson")
        build_earthquakes(fetch(MOMENT_TENSORS, folder), out / "earthquakes.csv")
        build_sectors(fetch(BORDERS, folder), out / "sectors.geojson", sea=sea)
        build_lanes(fetch(LANE_NETWORK, folder), out / "shipping_lanes.geojson", sea=sea, facts=facts)
    build_landing_points(facts, out / "landing_points.csv")
    build_fields(facts, out / "offshore_fields.geojson")
    record_checksums(HERE / "PROVENANCE.toml", out)


# --- packages -------------------------------------------------------------------------------------------------------


def fetch(package: Package, folder: Path) -> Path:
    """Download one archive with its own client and compare it with its checksum."""
    print(f"fetching {package.requirement}")
    if package.client == "pip":
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", ".", package.requirement]
    else:
        command = [shutil.which("npm") or "npm", "pack", "--silent", package.requirement]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    archive = folder / package.archive
    found = sha256_of(archive)
    if found != package.sha256:
        raise ValueError(f"{package.archive} has sha256 {found}, expected {package.sha256}: do not use it")
    return archive


def sha256_of(path: Path) -> str:
    """Checksum of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_member(archive: Path, name: str) -> bytes:
    """One file out of a wheel or a tarball."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return wheel.read(name)
    with tarfile.open(archive) as tarball:
        member = tarball.extractfile(name)
        if member is None:
            raise ValueError(f"{name} in {archive.name} is a folder, a file was expected")
        return member.read()


def unpacked(archive: Path, name: str) -> Path:
    """One file out of an archive, written beside it for readers that need a path."""
    target = archive.parent / Path(name).name
    target.write_bytes(read_member(archive, name))
    return target


# --- bathymetry and earthquakes -------------------------------------------------------------------------------------


def build_bathymetry(wheel: Path, target: Path) -> None:
    """Cut the box out of ETOPO1; pixel centres stand on the nodes of the grid-registered source."""
    with rasterio.open(unpacked(wheel, "pybacktrack/bundle_data/topography/ETOPO1_0.1.grd")) as source:
        first_row, first_column = (90 - NORTH_DEG) * NODES_PER_DEG, WEST_DEG * NODES_PER_DEG
        rows = round((NORTH_DEG - SOUTH_DEG) * NODES_PER_DEG) + 1
        columns = round((EAST_DEG - WEST_DEG) * NODES_PER_DEG) + 1
        world = source.read(1)
    box = world[round(first_row) :, round(first_column) :][:rows, :columns]
    write_elevation(np.rint(box).astype(np.int16), target)


def write_elevation(elevation_m: NDArray[np.int16], target: Path) -> None:
    """Write the box as a deflated GeoTIFF."""
    half_deg = 0.5 / NODES_PER_DEG
    profile = {
        "driver": "GTiff",
        "dtype": "int16",
        "count": 1,
        "height": elevation_m.shape[0],
        "width": elevation_m.shape[1],
        "crs": "EPSG:4326",
        "transform": from_origin(WEST_DEG - half_deg, NORTH_DEG + half_deg, 1 / NODES_PER_DEG, 1 / NODES_PER_DEG),
        "nodata": NODATA_M,
        "compress": "deflate",
        "predictor": 2,
    }
    with rasterio.open(target, "w", **profile) as raster:
        raster.write(elevation_m, 1)
        raster.set_band_description(1, "elevation in metres above mean sea level")
        raster.update_tags(
            SOURCE="ETOPO1 bedrock, Amante and Eakins 2009, doi:10.7289/V5C8276M, resampled to 6 arc-minutes",
            PACKAGE=ETOPO1.requirement,
            LICENCE="public domain (NOAA)",
        )


def build_earthquakes(wheel: Path, target: Path) -> None:
    """List the moment-tensor earthquakes of the box in order of time."""
    query = """select e.time, e.lon, e.lat, e.depth, e.mag, s.source from earthquake e
               join source s on s.id = e.sourceid
               where e.lon between ? and ? and e.lat between ? and ? order by e.time, e.lon, e.lat"""
    database = sqlite3.connect(unpacked(wheel, "strec/data/moment_tensors.db"))
    try:
        found = database.execute(query, (WEST_DEG, EAST_DEG, SOUTH_DEG, NORTH_DEG)).fetchall()
    finally:
        database.close()
    rows = [
        (f"{time[:10]}T{time[11:19]}Z", f"{lon:.2f}", f"{lat:.2f}", f"{depth_km:.1f}", f"{magnitude:.2f}", source)
        for time, lon, lat, depth_km, magnitude, source in found
    ]
    write_csv(("time", "lon", "lat", "depth_km", "magnitude", "source"), rows, target)


# --- coast and sectors ----------------------------------------------------------------------------------------------


def build_coast(tarball: Path, target: Path) -> Polygon:
    """Pick the Caspian out of the seas of the world, islands left as holes."""
    world = json.loads(read_member(tarball, "package/map.geo.json"))
    polygons = world["geometries"][0]["coordinates"]
    found = next(rings for rings in polygons if Polygon(rings[0]).contains(MID_CASPIAN))
    sea = tidy(Polygon(found[0], found[1:]))
    write_geojson([({"name": "Caspian Sea", "source": "OpenStreetMap, ODbL 1.0"}, sea)], target)
    return sea


def build_sectors(tarball: Path, target: Path, *, sea: Polygon) -> None:
    """Divide the sea into declared waters and, beyond them, the parts nearest to each coast."""
    declared = read_declared(tarball)
    medians = median_cells(sea, declared)
    outlines = [sea.boundary, *(area.boundary for area in (*declared.values(), *medians.values()))]
    lines = shapely.union_all([line.intersection(sea) for line in outlines], grid_size=GRID_DEG)
    parts: dict[tuple[str, str], list[BaseGeometry]] = {}
    for face in shapely.polygonize(list(shapely.get_parts(lines))).geoms:
        inside = face.representative_point()
        if sea.contains(inside):
            parts.setdefault(sector_of(inside, declared, medians), []).append(face)
    keys = sorted(parts, key=lambda key: (list(COUNTRIES).index(key[0]), key[1] != DECLARED))
    areas = [shapely.coverage_union_all(parts[key]) for key in keys]
    simpler = shapely.coverage_simplify(areas, SIMPLIFY_DEG, simplify_boundary=False)
    labels = [{"country": country, "basis": basis} for country, basis in keys]
    write_geojson(zip(labels, map(tidy, simpler), strict=True), target)


def read_declared(tarball: Path) -> dict[str, BaseGeometry]:
    """Land and declared waters of the five coastal states near the Caspian."""
    features = json.loads(read_member(tarball, "package/borders.geo.json"))["features"]
    outlines = {feature["properties"]["isoA3"]: shape(feature["geometry"]) for feature in features}
    near = shapely.box(WEST_DEG - 2, SOUTH_DEG - 1, EAST_DEG + 2, NORTH_DEG + 1)
    return {code: shapely.make_valid(outlines[iso]).intersection(near) for code, iso in COUNTRIES.items()}


def median_cells(sea: Polygon, declared: Mapping[str, BaseGeometry]) -> dict[str, BaseGeometry]:
    """For each state, the region nearer to its coast and islands than to any other's.

    The same construction, equal distance from coastline and islands, is written into article 1 of the protocol of
    27 February 2003 between Kazakhstan and Azerbaijan. Seeds stand every 500 m along the shores of each state.
    """
    owner: dict[Vertex, str] = {}
    for code, area in declared.items():
        shore = shapely.segmentize(to_plane(sea.boundary.intersection(area)), SEED_SPACING_M)
        owner.update(dict.fromkeys(map(tuple, shapely.get_coordinates(shore).round(1)), code))
    seeds = shapely.MultiPoint(list(owner))
    cells = shapely.voronoi_polygons(seeds, extend_to=to_plane(sea).envelope, ordered=True)
    grouped: dict[str, list[BaseGeometry]] = {code: [] for code in declared}
    for code, cell in zip(owner.values(), cells.geoms, strict=True):
        grouped[code].append(cell)
    return {code: from_plane(shapely.coverage_union_all(group)) for code, group in grouped.items()}


def sector_of(
    point: Point, declared: Mapping[str, BaseGeometry], medians: Mapping[str, BaseGeometry]
) -> tuple[str, str]:
    """State to which a point of the sea is given, and on what ground."""
    for code, area in declared.items():
        if area.distance(point) < SLIVER_DEG:
            return code, DECLARED
    return min(medians, key=lambda code: medians[code].distance(point)), MEDIAN


def to_plane(area: BaseGeometry) -> BaseGeometry:
    """Project to metres around the middle of the Caspian."""
    return shapely.transform(area, PLANE.transform, interleaved=False)


def from_plane(area: BaseGeometry) -> BaseGeometry:
    """Project back to longitude and latitude."""
    return shapely.transform(area, lambda x, y: PLANE.transform(x, y, direction="INVERSE"), interleaved=False)


# --- shipping lanes -------------------------------------------------------------------------------------------------


def build_lanes(tarball: Path, target: Path, *, sea: Polygon, facts: Mapping[str, Any]) -> None:
    """Draw each known service along the shortest way of the lane network, clipped to the sea."""
    network = read_network(tarball, bends=facts["bend"])
    ports = {port["name"]: port for port in facts["port"]}
    features: list[Feature] = []
    for lane in facts["lane"]:
        start, end = ports[lane["from"]], ports[lane["to"]]
        way = shortest_way(network, joining_vertex(start, network), joining_vertex(end, network))
        line = LineString([(start["lon"], start["lat"]), *way, (end["lon"], end["lat"])])
        label = {"name": lane["name"], "from": lane["from"], "to": lane["to"], "approximate": True}
        source = f"course: lane network of searoute 1.6.0; service: {lane['source']}"
        features.append((label | {"source": source}, longest_part(line.intersection(sea))))
    write_geojson(features, target)


def read_network(tarball: Path, *, bends: Iterable[Mapping[str, Any]]) -> dict[Vertex, dict[Vertex, float]]:
    """Lane network inside the box: for each vertex its neighbours and the distance to them, km."""
    features = json.loads(read_member(tarball, "searoute-1.6.0/searoute/data/marnet_searoute.geojson"))["features"]
    through = {frozenset(map(tuple, bend["edge"])): tuple(bend["through"]) for bend in bends}
    network: dict[Vertex, dict[Vertex, float]] = {}
    for line in shapely.get_parts([shape(feature["geometry"]) for feature in features]):
        for one, other in itertools.pairwise(line.coords):
            bend = through.get(frozenset((one, other)))
            for start, end in itertools.pairwise((one, bend, other) if bend else (one, other)):
                if is_in_box(start) and is_in_box(end):
                    network.setdefault(start, {})[end] = network.setdefault(end, {})[start] = distance_km(start, end)
    return network


def is_in_box(vertex: Vertex) -> bool:
    """Whether a vertex lies in the box of this data set."""
    return WEST_DEG <= vertex[0] <= EAST_DEG and SOUTH_DEG <= vertex[1] <= NORTH_DEG


def distance_km(one: Vertex, other: Vertex) -> float:
    """Geodesic distance on WGS 84."""
    return float(GEODESIC.inv(*one, *other)[2]) / 1000


def joining_vertex(port: Mapping[str, Any], network: Mapping[Vertex, object]) -> Vertex:
    """Vertex at which the course of a port meets the network."""
    if "join" in port:
        lon, lat = port["join"]
        return lon, lat
    return min(network, key=lambda vertex: distance_km(vertex, (port["lon"], port["lat"])))


def shortest_way(network: Mapping[Vertex, Mapping[Vertex, float]], start: Vertex, end: Vertex) -> list[Vertex]:
    """Shortest way through the network, both ends included (Dijkstra)."""
    queue: list[tuple[float, list[Vertex]]] = [(0.0, [start])]
    settled: set[Vertex] = set()
    while queue:
        length_km, way = heapq.heappop(queue)
        if way[-1] == end:
            return way
        if way[-1] in settled:
            continue
        settled.add(way[-1])
        for neighbour, step_km in network[way[-1]].items():
            heapq.heappush(queue, (length_km + step_km, [*way, neighbour]))
    raise ValueError(f"no lane joins {start} and {end}: choose another joining vertex in facts.toml")


def longest_part(course: BaseGeometry) -> LineString:
    """Longest unbroken stretch of a clipped course."""
    return max(shapely.get_parts(course), key=lambda part: part.length)


# --- facts ----------------------------------------------------------------------------------------------------------


def read_facts() -> dict[str, Any]:
    """Hand-collected facts, as written in facts.toml."""
    return tomllib.loads((HERE / "facts.toml").read_text(encoding="utf-8"))


def build_landing_points(facts: Mapping[str, Any], target: Path) -> None:
    """List the candidate landing points."""
    columns = ("id", "name", "country", "lon", "lat", "status", "source", "note")
    rows = [
        [f"{row[column]:.4f}" if column in {"lon", "lat"} else row[column] for column in columns]
        for row in facts["landing"]
    ]
    write_csv(columns, rows, target)


def build_fields(facts: Mapping[str, Any], target: Path) -> None:
    """Draw the offshore fields as points."""
    columns = ("name", "country", "radius_km", "approximate", "position_source", "note")
    write_geojson(
        [({column: row[column] for column in columns}, Point(row["lon"], row["lat"])) for row in facts["field"]], target
    )


# --- writing --------------------------------------------------------------------------------------------------------


def tidy(area: BaseGeometry) -> BaseGeometry:
    """Round to 6 decimals and put rings and parts into a fixed order."""
    rounded = shapely.transform(area, lambda vertices: vertices.round(6))
    return shapely.orient_polygons(shapely.normalize(rounded))


def write_geojson(features: Iterable[Feature], target: Path) -> None:
    """Write WGS 84 features, one to a line."""
    rows = [
        json.dumps(
            {
                "type": "Feature",
                "properties": properties,
                "geometry": mapping(shapely.transform(geometry, lambda xy: xy.round(6))),
            },
            separators=(",", ":"),
        )
        for properties, geometry in features
    ]
    text = '{"type":"FeatureCollection","features":[\n' + ",\n".join(rows) + "\n]}\n"
    target.write_text(text, encoding="utf-8", newline="\n")


def write_csv(columns: Iterable[str], rows: Iterable[Iterable[str]], target: Path) -> None:
    """Write a table with a header."""
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def record_checksums(provenance: Path, out: Path) -> None:
    """Copy the provenance record to the output folder with the checksums of the files found there."""
    text = provenance.read_text(encoding="utf-8")
    for name in tomllib.loads(text)["files"]:
        pattern = rf'(\[files\."{re.escape(name)}"\][^\[]*?\nsha256 = )"[^"]*"'
        text, replaced = re.subn(pattern, rf'\g<1>"{sha256_of(out / name)}"', text)
        if replaced != 1:
            raise ValueError(f"{provenance.name} has no single sha256 line for {name}: add one to its table")
        print(f"{name}: {(out / name).stat().st_size} bytes")
    (out / provenance.name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
