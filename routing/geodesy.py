"""The only Earth: WGS84 geodesics and conformal map projections.

Every bearing, distance and coordinate change of the package is made here, on
the WGS84 ellipsoid, with (lon, lat) order. A projection is accepted for routing
only when it is conformal: then one scale factor per place turns projected
metres into true metres, whatever the direction.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from routing.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray
    from pyproj import CRS, Geod, Transformer
    from shapely.geometry.base import BaseGeometry

__all__ = [
    "WGS84",
    "Projection",
    "area_km2",
    "bearing_deg",
    "cumulative_m",
    "densify",
    "direct",
    "format_ddm",
    "inverse",
    "length_m",
    "local_projection",
    "parse_crs",
    "rhumb_inverse",
    "subdivide",
    "transform_points",
    "unwrap_lon",
    "unwrap_near",
]

#: The CRS of every position in the package: longitude, latitude.
WGS84 = "EPSG:4326"
#: Enough for a micrometre over a hundred degrees of latitude below 80 degrees.
_RHUMB_NODES = 64


@dataclass(frozen=True)
class Projection:
    """A conformal map projection of WGS84, metres in both axes.

    Parameters
    ----------
    crs
        Anything PROJ understands: an authority code, PROJ string or WKT.

    Raises
    ------
    InputError
        When the CRS is unknown, is not projected in metres, or is not conformal.

    Examples
    --------
    >>> utm = Projection("EPSG:32639")
    >>> utm.forward(np.array([[51.0, 42.0]])).round(1)
    array([[ 500000. , 4649776.2]])
    >>> utm.scale(np.array([[51.0, 42.0]])).round(6)
    array([0.9996])
    """

    crs: str

    def __post_init__(self) -> None:
        crs = parse_crs(self.crs)
        units = {axis.unit_name for axis in crs.axis_info}
        if not crs.is_projected or units != {"metre"}:
            raise InputError(
                f"{self.crs!r} is not a projected CRS in metres",
                remedy='name one such as "EPSG:32639", or "auto"',
                key="crs",
            )

    def forward(self, lonlat: ArrayLike) -> NDArray[np.float64]:
        """Project positions (n, 2) from (lon, lat) degrees to (x, y) metres."""
        return _apply(_transformer(WGS84, self.crs), lonlat)

    def inverse(self, xy: ArrayLike) -> NDArray[np.float64]:
        """Unproject (n, 2) from (x, y) metres to (lon, lat) degrees."""
        return _apply(_transformer(self.crs, WGS84), xy)

    def scale(self, lonlat: ArrayLike) -> NDArray[np.float64]:
        """Projected metres per true metre at positions (n, 2), the same in every direction.

        Raises
        ------
        InputError
            When it differs with direction by more than one part in 100 000: the
            projection is not conformal there.

        Notes
        -----
        Measured: geodesics of 100 m through each place, northward and eastward,
        are projected. Web Mercator, conformal only on a sphere, fails as it must.
        """
        points = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
        north, east = (self._stretch(points, bearing) for bearing in (0.0, 90.0))
        if not np.allclose(north, east, rtol=1e-5, atol=0.0):
            raise InputError(
                f"{self.crs!r} is not conformal over the area",
                remedy='use a conformal CRS (UTM, transverse Mercator, Mercator, stereographic) or "auto"',
                key="crs",
            )
        return np.asarray(np.sqrt(north * east))

    def _stretch(self, points: NDArray[np.float64], bearing: float) -> NDArray[np.float64]:
        """Projected over true length of 100 m through each place along a bearing."""
        ahead, behind = (self.forward(direct(points, bearing + turn, 50.0)) for turn in (0.0, 180.0))
        return np.asarray(np.hypot(*(ahead - behind).T) / 100.0)


def parse_crs(text: str) -> CRS:
    """Return the CRS that `text` names, or say that there is none.

    Examples
    --------
    >>> parse_crs("EPSG:4326").name
    'WGS 84'
    """
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        return CRS.from_user_input(text)
    except CRSError as error:
        raise InputError(
            f"{text!r} is not a coordinate reference system", remedy='write one such as "EPSG:32639"', key="crs"
        ) from error


def local_projection(area: tuple[float, float, float, float]) -> Projection:
    """Conformal projection centred on an area: oblique stereographic, scale 1 at the centre.

    Parameters
    ----------
    area
        West, south, east, north in degrees; east is below west when the area
        crosses the antimeridian.

    Notes
    -----
    The stereographic projection is conformal everywhere and grows evenly in all
    directions, so it serves small seas, oceans, poles and the antimeridian
    alike (Snyder 1987, Map Projections: A Working Manual, USGS PP 1395, p. 154).

    Examples
    --------
    >>> local_projection((176.0, -20.0, -170.0, -12.0)).crs
    '+proj=stere +lat_0=-16 +lon_0=-177 +k=1 +datum=WGS84 +units=m +no_defs'
    """
    west, south, east, north = area
    east += 360.0 if east < west else 0.0
    lon = (0.5 * (west + east) + 180.0) % 360.0 - 180.0
    lat = 0.5 * (south + north)
    return Projection(f"+proj=stere +lat_0={lat:.9g} +lon_0={lon:.9g} +k=1 +datum=WGS84 +units=m +no_defs")


def transform_points(points: ArrayLike, source: str, target: str) -> NDArray[np.float64]:
    """Positions (n, 2) from one CRS to another, always x or longitude first."""
    return _apply(_transformer(source, target), points)


def inverse(start: ArrayLike, end: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Geodesics between positions: initial bearing, final bearing (degrees, 0-360), length (metres).

    Parameters
    ----------
    start, end
        Positions (n, 2), (lon, lat) degrees.

    Notes
    -----
    Karney 2013, Algorithms for geodesics, J. Geodesy 87, as implemented in PROJ.

    Examples
    --------
    >>> forward, final, metres = inverse([[51.1739, 43.6611]], [[49.6686, 40.5897]])
    >>> round(float(metres[0] / 1000), 1)
    363.1
    """
    a, b = np.atleast_2d(np.asarray(start, float)), np.atleast_2d(np.asarray(end, float))
    forward, back, metres = _geod().inv(a[:, 0], a[:, 1], b[:, 0], b[:, 1])
    return np.mod(forward, 360.0), np.mod(np.asarray(back) + 180.0, 360.0), np.asarray(metres)


def rhumb_inverse(start: ArrayLike, end: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rhumb lines between positions: constant bearing (degrees, 0-360), length (metres).

    Parameters
    ----------
    start, end
        Positions (n, 2), (lon, lat) degrees. The shorter way round the Earth is taken.

    Notes
    -----
    On the ellipsoid a rhumb line is straight in longitude and isometric latitude; its length is the meridian arc
    stretched by the secant of the bearing (Karney 2024, The area of rhumb polygons, Studia Geophysica et Geodaetica
    68). Both latitudes are means of their rates times the difference of latitude, so nothing is lost to cancellation
    and a line along a parallel needs no rule of its own. Lines that end at a pole are not exact.

    Examples
    --------
    >>> bearing, metres = rhumb_inverse([[51.1739, 43.6611]], [[49.6686, 40.5897]])
    >>> round(float(metres[0] / 1000), 1)
    363.1
    """
    a, b = np.atleast_2d(np.asarray(start, float)), np.atleast_2d(np.asarray(end, float))
    east = np.radians(np.mod(b[:, 0] - a[:, 0] + 180.0, 360.0) - 180.0)
    south, north = np.radians(a[:, 1]), np.radians(b[:, 1])
    isometric = _mean_over(south, north, lambda lat: _meridian_radius(lat) / _parallel_radius(lat))
    metres_per_isometric = _mean_over(south, north, _meridian_radius) / isometric
    rise = (north - south) * isometric
    return np.mod(np.degrees(np.arctan2(east, rise)), 360.0), np.hypot(east, rise) * metres_per_isometric


def direct(start: ArrayLike, bearing: ArrayLike, distance_m: ArrayLike) -> NDArray[np.float64]:
    """Positions (n, 2) reached from `start` (n, 2) along initial bearings (degrees) after distances (metres).

    Examples
    --------
    >>> direct([[0.0, 0.0]], [90.0], [111319.490793]).round(6)
    array([[1., 0.]])
    """
    a = np.atleast_2d(np.asarray(start, float))
    bearing, distance_m = np.broadcast_arrays(np.asarray(bearing, float), np.asarray(distance_m, float))
    lon, lat, _ = _geod().fwd(a[:, 0], a[:, 1], np.broadcast_to(bearing, len(a)), np.broadcast_to(distance_m, len(a)))
    return np.column_stack([lon, lat])


def bearing_deg(start: ArrayLike, end: ArrayLike) -> float:
    """Initial bearing of one geodesic, degrees clockwise from true north, 0-360."""
    return float(inverse(start, end)[0][0])


def cumulative_m(lonlat: ArrayLike) -> NDArray[np.float64]:
    """Distance along a geodesic polyline (n, 2) at each of its positions, metres from 0.

    Examples
    --------
    >>> cumulative_m([[0, 0], [1, 0], [1, 1]]).round(0)
    array([     0., 111319., 221894.])
    """
    points = np.asarray(lonlat, float)
    return np.concatenate([[0.0], np.cumsum(inverse(points[:-1], points[1:])[2])])


def length_m(lonlat: ArrayLike) -> float:
    """Length of a geodesic polyline (n, 2), metres."""
    return float(cumulative_m(lonlat)[-1])


def area_km2(shape: BaseGeometry) -> float:
    """Area of a polygon in (lon, lat) degrees on the ellipsoid, km2; parts that overlap cancel as in a bow-tie.

    Examples
    --------
    >>> from shapely import box
    >>> round(area_km2(box(50.0, 41.0, 51.0, 42.0)))
    9273
    """
    return abs(float(_geod().geometry_area_perimeter(shape)[0])) / 1e6


def densify(lonlat: ArrayLike, *, step_m: float) -> NDArray[np.float64]:
    """Insert positions along each geodesic leg so that none is longer than `step_m`.

    The given positions are kept exactly.

    Examples
    --------
    >>> len(densify([[0, 0], [1, 0]], step_m=50_000))
    4
    """
    points = np.asarray(lonlat, float)
    return subdivide(points, np.ceil(inverse(points[:-1], points[1:])[2] / step_m))


def subdivide(lonlat: ArrayLike, parts: ArrayLike) -> NDArray[np.float64]:
    """Cut each geodesic leg of a polyline into a number of equal parts, its own for each leg.

    Examples
    --------
    >>> subdivide([[0, 0], [0, 2], [0, 3]], [2, 1])[:, 1].round(3)
    array([0., 1., 2., 3.])
    """
    points = np.asarray(lonlat, float)
    count = np.maximum(np.asarray(parts).astype(int), 1)
    forward, _, metres = inverse(points[:-1], points[1:])
    leg = np.repeat(np.arange(len(count)), count)
    part = np.arange(len(leg)) - np.repeat(np.cumsum(count) - count, count)
    inner = direct(points[leg], forward[leg], part * (metres / count)[leg])
    inner[part == 0] = points[:-1]
    return np.concatenate([inner, points[-1:]])


def unwrap_lon(lonlat: ArrayLike) -> NDArray[np.float64]:
    """Make longitudes continuous along a polyline, so that one crossing the antimeridian stays in one piece.

    Examples
    --------
    >>> unwrap_lon([[179.0, -17.0], [-179.0, -16.0]])[:, 0]
    array([179., 181.])
    """
    points = np.array(lonlat, float)
    points[:, 0] = np.unwrap(points[:, 0], period=360.0)
    return points


def unwrap_near(lonlat: ArrayLike, centre_lon: float) -> NDArray[np.float64]:
    """A polyline in one piece, moved by whole turns so that its middle lies nearest a longitude.

    Examples
    --------
    >>> unwrap_near([[179.0, -17.0], [-179.0, -16.0]], -178.0)[:, 0]
    array([-181., -179.])
    """
    points = unwrap_lon(lonlat)
    middle = 0.5 * (points[:, 0].min() + points[:, 0].max())
    points[:, 0] += 360.0 * np.round((centre_lon - middle) / 360.0)
    return points


def format_ddm(value_deg: float, *, axis: str) -> str:
    """Degrees and decimal minutes to 4 places, the form of position lists.

    Parameters
    ----------
    value_deg
        Latitude or longitude, degrees.
    axis
        ``"lat"`` or ``"lon"``: two or three digits of degrees, N/S or E/W.

    Notes
    -----
    0.0001 minute is 0.185 m on a meridian. Rounding is done on the whole value,
    so 59.99996 minutes carry over to the next degree.

    Examples
    --------
    >>> format_ddm(40.589712, axis="lat")
    "40° 35.3827' N"
    >>> format_ddm(-0.9999999, axis="lon")
    "001° 00.0000' W"
    """
    digits, letters = (2, "NS") if axis == "lat" else (3, "EW")
    ticks = round(abs(value_deg) * 600_000)
    degrees, rest = divmod(ticks, 600_000)
    return f"{degrees:0{digits}d}° {rest / 10_000:07.4f}' {letters[value_deg < 0]}"


def _meridian_radius(lat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Radius of curvature along the meridian, metres (Snyder 1987, equation 4-18)."""
    geod = _geod()
    return np.asarray(geod.a * (1.0 - geod.es) / (1.0 - geod.es * np.sin(lat) ** 2) ** 1.5)


def _parallel_radius(lat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Radius of a parallel, metres (Snyder 1987, equation 4-21)."""
    geod = _geod()
    return np.asarray(geod.a * np.cos(lat) / np.sqrt(1.0 - geod.es * np.sin(lat) ** 2))


def _mean_over(
    south: NDArray[np.float64], north: NDArray[np.float64], value: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Mean of a function between two latitudes, by Gauss-Legendre quadrature."""
    nodes, weights = np.polynomial.legendre.leggauss(_RHUMB_NODES)
    middle, half = 0.5 * (south + north), 0.5 * (north - south)
    return np.asarray(0.5 * weights @ value(middle + half * nodes[:, None]))


@functools.lru_cache(maxsize=1)
def _geod() -> Geod:
    from pyproj import Geod

    return Geod(ellps="WGS84")


@functools.lru_cache(maxsize=32)
def _transformer(source: str, target: str) -> Transformer:
    from pyproj import Transformer
    from pyproj.exceptions import ProjError

    # No ballpark: a missing datum grid must be an error, not a silent shift.
    try:
        return Transformer.from_crs(parse_crs(source), parse_crs(target), always_xy=True, allow_ballpark=False)
    except ProjError as error:
        raise InputError(
            f"no coordinate operation leads from {source:.80} to {target:.80}", remedy="use a CRS with a place on Earth"
        ) from error


def _apply(transformer: Transformer, points: ArrayLike) -> NDArray[np.float64]:
    xy = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))
