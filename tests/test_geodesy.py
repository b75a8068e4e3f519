"""The Earth: known geodesics, an independent formula, projections and position text."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from miniature import degrees_from_ddm
from numpy.testing import assert_allclose

from routing import geodesy
from routing.errors import InputError

AKTAU, SUMQAYIT = (51.1739, 43.6611), (49.6686, 40.5897)  # GeoNames centroids
EQUATOR_DEGREE_M = 6_378_137.0 * math.pi / 180.0
WGS84_QUADRANT_M = 10_001_965.7293  # equator to pole (Karney 2013)

lons = st.floats(-180.0, 180.0, allow_nan=False)
lats = st.floats(-89.0, 89.0, allow_nan=False)
places = st.tuples(lons, lats)


def vincenty_m(start, end):
    """Distance by Vincenty (1975), which shares no code with PROJ; fails near antipodes."""
    a, f = 6_378_137.0, 1 / 298.257223563
    b = a * (1 - f)
    u1, u2 = (math.atan((1 - f) * math.tan(math.radians(lat))) for lat in (start[1], end[1]))
    wanted = lam = math.radians((end[0] - start[0] + 180.0) % 360.0 - 180.0)
    for _ in range(200):
        sin_s = math.hypot(
            math.cos(u2) * math.sin(lam), math.cos(u1) * math.sin(u2) - math.sin(u1) * math.cos(u2) * math.cos(lam)
        )
        cos_s = math.sin(u1) * math.sin(u2) + math.cos(u1) * math.cos(u2) * math.cos(lam)
        sigma = math.atan2(sin_s, cos_s)
        sin_alpha = math.cos(u1) * math.cos(u2) * math.sin(lam) / sin_s if sin_s else 0.0
        cos2 = 1 - sin_alpha**2
        mid = cos_s - 2 * math.sin(u1) * math.sin(u2) / cos2 if cos2 > 1e-15 else 0.0
        c = f / 16 * cos2 * (4 + f * (4 - 3 * cos2))
        before, lam = lam, wanted + (1 - c) * f * sin_alpha * (sigma + c * sin_s * (mid + c * cos_s * (2 * mid**2 - 1)))
        if abs(lam - before) < 1e-13:
            break
    u = cos2 * (a**2 - b**2) / b**2
    big_a = 1 + u / 16384 * (4096 + u * (-768 + u * (320 - 175 * u)))
    big_b = u / 1024 * (256 + u * (-128 + u * (74 - 47 * u)))
    delta = (
        big_b
        * sin_s
        * (mid + big_b / 4 * (cos_s * (2 * mid**2 - 1) - big_b / 6 * mid * (4 * sin_s**2 - 3) * (4 * mid**2 - 3)))
    )
    return b * big_a * (sigma - delta)


@pytest.mark.parametrize(
    ("start", "end", "metres", "tolerance"),
    [
        (AKTAU, SUMQAYIT, 363_100.0, 50.0),  # published to 0.1 km
        ((174.81, -41.32), (-5.50, 40.96), 19_959_679.26735, 1e-4),  # Wellington-Salamanca, GeographicLib manual
        ((0.0, 0.0), (1.0, 0.0), EQUATOR_DEGREE_M, 1e-6),
        ((30.0, 0.0), (30.0, 90.0), WGS84_QUADRANT_M, 1e-3),
        ((0.0, 0.0), (180.0, 0.0), 2 * WGS84_QUADRANT_M, 2e-3),  # antipodes: over a pole
        ((179.5, 0.0), (-179.5, 0.0), EQUATOR_DEGREE_M, 1e-6),  # across the antimeridian
        (AKTAU, AKTAU, 0.0, 1e-9),
    ],
)
def test_known_geodesics_come_out(start, end, metres, tolerance):
    assert_allclose(geodesy.inverse(start, end)[2][0], metres, rtol=0, atol=tolerance)


@given(places, places)
def test_distances_agree_with_vincenty_where_it_converges(start, end):
    ours = geodesy.inverse(start, end)[2][0]
    if ours < 19_000_000.0:  # Vincenty fails near antipodes; its own accuracy is 0.5 mm
        assert_allclose(ours, vincenty_m(start, end), rtol=0, atol=1e-3)


@given(places, st.floats(0, 360, exclude_max=True), st.floats(1.0, 5e6))
def test_inverse_undoes_direct(start, bearing, metres):
    end = geodesy.direct([start], bearing, metres)[0]
    forward, _, back_m = geodesy.inverse(start, end)
    assert_allclose(back_m[0], metres, rtol=0, atol=1e-6)
    # Near the end of a short geodesic a metre subtends a large angle: compare as a cross distance.
    assert abs((forward[0] - bearing + 180.0) % 360.0 - 180.0) * metres < 1e-2


@given(places, places)
def test_a_geodesic_is_as_long_backwards_and_its_bearings_swap(start, end):
    out, arrive, metres = (float(part[0]) for part in geodesy.inverse(start, end))
    back, home, again = (float(part[0]) for part in geodesy.inverse(end, start))
    assert_allclose(again, metres, rtol=0, atol=1e-6)
    assert 0.0 <= out <= 360.0
    assert 0.0 <= arrive <= 360.0
    if 1.0 < metres < 19_000_000.0:
        assert_allclose(math.cos(math.radians(home - out - 180.0)), 1.0, atol=1e-6)
        assert_allclose(math.cos(math.radians(back - arrive - 180.0)), 1.0, atol=1e-6)


def test_bearings_are_true_and_clockwise_from_north():
    east, north = geodesy.bearing_deg((50, 0), (51, 0)), geodesy.bearing_deg((50, 40), (50, 41))
    assert_allclose([east, north], [90.0, 0.0], atol=1e-9)
    assert_allclose(geodesy.bearing_deg((50, 41), (50, 40)), 180.0)
    assert_allclose(geodesy.bearing_deg((50, 0), (49, 0)), 270.0)


@given(st.lists(st.tuples(st.floats(46, 55), st.floats(36, 47)), min_size=2, max_size=6), st.floats(2_000, 300_000))
def test_densify_keeps_vertices_and_length_and_leaves_no_long_leg(line, step_m):
    dense = geodesy.densify(line, step_m=step_m)
    pieces = geodesy.inverse(dense[:-1], dense[1:])[2]
    assert pieces.max() <= step_m + 1e-6
    assert_allclose(pieces.sum(), geodesy.length_m(line), rtol=0, atol=1e-5)
    assert {tuple(point) for point in np.asarray(line, float).tolist()} <= {tuple(point) for point in dense.tolist()}
    assert dense[0].tolist() == list(line[0])
    assert dense[-1].tolist() == list(line[-1])


def test_cumulative_distance_is_the_running_sum_of_legs():
    line = [AKTAU, (50.5, 42.0), SUMQAYIT]
    legs = geodesy.inverse(line[:-1], line[1:])[2]
    assert_allclose(geodesy.cumulative_m(line), [0.0, legs[0], legs.sum()])
    assert geodesy.length_m(line) == geodesy.cumulative_m(line)[-1]


def test_unwrapped_longitudes_are_continuous_and_mean_the_same_places():
    line = np.array([[178.0, -17], [-179.0, -16], [-178.0, -15], [179.0, -14]])
    whole = geodesy.unwrap_lon(line)
    assert np.abs(np.diff(whole[:, 0])).max() <= 3.0
    assert_allclose((whole[:, 0] - line[:, 0]) % 360.0, 0.0, atol=1e-12)


@given(lons, lats)
def test_degrees_and_decimal_minutes_name_the_place_to_20_centimetres(lon, lat):
    east, north = geodesy.format_ddm(lon, axis="lon"), geodesy.format_ddm(lat, axis="lat")
    read = degrees_from_ddm(east), degrees_from_ddm(north)
    assert geodesy.inverse((lon, lat), read)[2][0] <= 0.2
    assert re.match(r"\d{3}°", east)
    assert re.match(r"\d{2}°", north)


@pytest.mark.parametrize(
    ("value", "axis", "text"),
    [
        (40.589712, "lat", "40° 35.3827' N"),
        (-5.0, "lat", "05° 00.0000' S"),
        (179.99999999, "lon", "180° 00.0000' E"),
        (-179.99999999, "lon", "180° 00.0000' W"),
        (59.99996 / 60, "lat", "01° 00.0000' N"),  # minutes carry over
        (0.0, "lon", "000° 00.0000' E"),
    ],
)
def test_position_text_is_written_as_surveyors_do(value, axis, text):
    assert geodesy.format_ddm(value, axis=axis) == text


CONFORMAL = ["EPSG:32639", "EPSG:3395", geodesy.local_projection((46, 36, 56, 48)).crs]


@pytest.mark.parametrize("crs", CONFORMAL)
@given(lon=st.floats(46, 56), lat=st.floats(36, 48), bearing=st.floats(0, 360))
def test_one_scale_factor_holds_in_every_direction(crs, lon, lat, bearing):
    projection = geodesy.Projection(crs)
    ends = geodesy.direct(np.repeat([[lon, lat]], 2, axis=0), [bearing, bearing + 180.0], [50.0, 50.0])
    projected_m = np.hypot(*np.diff(projection.forward(ends), axis=0)[0])
    # Second-order differences over 100 m are below 1e-9; PROJ's factors are differences too, good to 1e-6.
    assert_allclose(projected_m / 100.0, projection.scale([[lon, lat]])[0], rtol=2e-6)


@pytest.mark.parametrize("crs", CONFORMAL)
@given(lon=st.floats(46, 56), lat=st.floats(36, 48))
def test_a_projected_place_comes_back_to_a_tenth_of_a_millimetre(crs, lon, lat):
    projection = geodesy.Projection(crs)
    back = projection.inverse(projection.forward([[lon, lat]]))[0]
    assert geodesy.inverse((lon, lat), back)[2][0] < 1e-4  # PROJ iterates to about 2e-6


@pytest.mark.parametrize(
    "crs",
    [
        "EPSG:3035",  # Lambert azimuthal equal area
        "ESRI:54009",  # Mollweide
        "EPSG:3857",  # sphere formulas on an ellipsoid
        "EPSG:4087",  # equidistant cylindrical
    ],
)
def test_a_crs_that_is_not_conformal_is_refused(crs):
    with pytest.raises(InputError, match="not conformal"):
        geodesy.Projection(crs).scale([[50.0, 41.0], [51.0, 43.0]])


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4284", "EPSG:4978", "EPSG:2230"])  # degrees, geocentric, feet
def test_a_crs_that_is_not_projected_in_metres_is_refused(crs):
    with pytest.raises(InputError, match="not a projected CRS in metres") as error:
        geodesy.Projection(crs)
    assert error.value.key == "crs"


@pytest.mark.parametrize("text", ["EPSG:999999", "utm 39", "", "+proj=nothing"])
def test_text_that_is_no_crs_is_refused_with_an_example(text):
    with pytest.raises(InputError, match=r'not a coordinate reference system.*"EPSG:32639"'):
        geodesy.parse_crs(text)


@pytest.mark.parametrize("area", [(176.0, -20.0, -170.0, -12.0), (-10.0, 50.0, 10.0, 60.0), (0.0, 80.0, 90.0, 89.0)])
def test_the_local_projection_is_centred_and_nearly_true_over_its_area(area):
    west, south, east, north = area
    middle = (west + (east + 360.0 * (east < west))) / 2
    projection = geodesy.local_projection(area)
    assert_allclose(projection.forward([[middle, (south + north) / 2]]), [[0.0, 0.0]], atol=1e-3)
    assert_allclose(projection.scale([[(middle + 180) % 360 - 180, (south + north) / 2]]), 1.0, atol=1e-9)
    corners = np.array([[west, south], [west, north], [east, south], [east, north]])
    radius_m = geodesy.inverse(np.repeat([[middle, (south + north) / 2]], 4, axis=0), corners)[2]
    # On a sphere scale is 1 / cos^2(r / 2R); the conformal latitude of the ellipsoid shifts it by up to 7 %.
    growth = np.tan(radius_m / 12_742_000) ** 2
    assert_allclose(projection.scale(corners) - 1.0, growth, rtol=0.1)


def test_a_local_projection_across_the_antimeridian_is_in_one_piece():
    projection = geodesy.local_projection((176.0, -20.0, -170.0, -12.0))
    x = projection.forward([[178.0, -16], [179.9, -16], [-179.9, -16], [-178.0, -16]])[:, 0]
    assert (np.diff(x) > 0).all()
    assert np.diff(x).max() < 250_000.0


def test_points_change_crs_with_longitude_first_whatever_the_authority_says():
    northing_first = geodesy.transform_points([[50.0, 42.0]], geodesy.WGS84, "EPSG:28409")  # axes northing, easting
    assert 9_300_000 < northing_first[0, 0] < 9_600_000  # zone 9 false easting
    assert 4_600_000 < northing_first[0, 1] < 4_700_000
