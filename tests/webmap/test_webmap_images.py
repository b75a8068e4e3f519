"""Where pixels lie, what they mean, and which points of a line survive."""

from __future__ import annotations

import base64
import io
import itertools
import zlib
from dataclasses import replace

import numpy as np
import pytest
import webmap_sea
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from routing import geodesy
from routing.errors import InputError
from routing.grid import Grid, Raster
from routing.webmap import MapMark, MapRaster
from routing.webmap.classes import class_codes, draw_classes
from routing.webmap.colours import BANDS, COST, DEPTH, DOUBT, KINDS, RISK
from routing.webmap.frame import Frame
from routing.webmap.isobaths import contours
from routing.webmap.overlay import draw_cost, draw_depth, draw_ramp
from routing.webmap.payload import page_content
from routing.webmap.thinning import thin


def pixels(overlay):
    return pixels_of(overlay.uri)


def pixels_of(uri):
    from PIL import Image

    with Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1]))) as image:
        return np.asarray(image.convert("RGBA")).astype(int)


def colour(text):
    return [int(text[i : i + 2], 16) for i in (1, 3, 5)]


def quarters(depth):
    """Classes 1 to 4 in the quarters of a basin; NaN on its land."""
    row, col = np.indices(depth.grid.shape)
    code = 1.0 + 2 * (row >= depth.grid.rows // 2) + (col >= depth.grid.cols // 2)
    return Raster(np.where(np.isfinite(depth.values), code, np.nan).astype(np.float32), depth.grid)


def test_the_frame_of_a_sea_is_web_mercator_and_contains_it():
    depth = webmap_sea.bowl()
    frame = Frame.cover(depth.grid, long_side_px=500)
    assert frame.pixels.crs == "EPSG:3857"
    assert max(frame.pixels.shape) == 500
    assert abs(frame.pixels.dx / frame.pixels.dy - 1.0) < 0.01
    south, west, north, east = frame.south_west_north_east
    assert south < 55.0
    assert west < 10.0
    assert north > 57.0
    assert east > 13.0


def test_the_frame_agrees_with_the_mercator_formula():
    frame = Frame.cover(Grid(10, 10, 5.0, 60.0, 1.0, 1.0, "EPSG:4326"), long_side_px=100)
    radius = 6378137.0
    left, bottom, right, top = frame.pixels.bounds
    assert_allclose([left, right], radius * np.radians([5.0, 15.0]), rtol=1e-12)
    assert_allclose([bottom, top], radius * np.log(np.tan(np.pi / 4 + np.radians([50.0, 60.0]) / 2)), rtol=1e-9)


@pytest.mark.parametrize("left", [170.0, -190.0, 530.0])
def test_across_the_antimeridian_every_pixel_keeps_its_value(left):
    grid = Grid(40, 80, left, -10.0, 0.25, 0.25, "EPSG:4326")
    lon = grid.to_xy(np.column_stack([np.zeros(80), np.arange(80)]))[:, 0]
    raster = Raster(np.tile((lon - left).astype(np.float32), (40, 1)), grid)
    frame = Frame.cover(grid, long_side_px=160)
    values = frame.warp(raster)
    assert np.isfinite(values).all()
    expected = (np.arange(160) + 0.5) / 160 * 20.0
    # Bilinear values are held at the outermost cell centres: half a cell is 0.125 degrees.
    assert_allclose(values[20], expected, atol=0.13)


def test_longitudes_are_moved_next_to_the_centre_in_one_piece():
    frame = Frame.cover(Grid(10, 20, 170.0, 5.0, 1.0, 1.0, "EPSG:4326"), long_side_px=50)
    assert frame.unwrap([[-179.0, 0.0], [179.0, 1.0]])[:, 0].tolist() == [181.0, 179.0]
    assert frame.unwrap([[-175.0, 0.0]])[:, 0].tolist() == [185.0]
    frame = Frame.cover(Grid(10, 20, -20.0, 5.0, 1.0, 1.0, "EPSG:4326"), long_side_px=50)
    assert frame.unwrap([[-179.0, 0.0], [179.0, 1.0]])[:, 0].tolist() == [-179.0, -181.0]


@pytest.mark.parametrize("left", [20.0, 170.0])
def test_what_layers_of_one_grid_share_is_what_gdal_says_of_each(left):
    cells = Grid(30, 40, left, 60.0, 0.5, 0.5, "EPSG:4326")
    values = np.arange(1200.0, dtype=np.float32).reshape(30, 40)
    values[5:9, 3:20] = np.nan
    frame = Frame.cover(cells, long_side_px=150)
    whole = Raster(np.where(np.isfinite(values), values, np.float32(-1.0)), cells)
    for raster in (Raster(values, cells), whole):
        same = Frame.cover(cells, long_side_px=150)._warped(raster, "nearest")
        np.testing.assert_array_equal(frame.nearest(raster), same)
        known = Raster(np.isfinite(raster.values).astype(np.float32), cells)
        assert_allclose(frame.share_known(raster), np.nan_to_num(frame.warp(known)), atol=1e-6)


def test_land_is_clear_and_sea_is_opaque_and_blue_and_darker_with_depth():
    depth = webmap_sea.bowl()
    frame = Frame.cover(depth.grid, long_side_px=300)
    image = pixels(draw_depth(depth, frame))
    rows, cols = image.shape[:2]
    assert image[2, 2, 3] == 0
    middle, near_shore = image[rows // 2, cols // 2], image[rows // 2, cols // 12]
    assert middle[3] == near_shore[3] == 255
    assert middle[2] > middle[0] + 20
    assert middle[:3].sum() < near_shore[:3].sum() - 150


def test_depth_ticks_run_from_zero_to_the_deepest_place():
    depth = webmap_sea.bowl(deepest_m=800.0)
    ticks = draw_depth(depth, Frame.cover(depth.grid, long_side_px=300)).ticks
    places = [place for place, _ in ticks]
    assert ticks[0] == (0.0, "0")
    assert ticks[-1] == (1.0, "800 m")
    assert places == sorted(places)
    assert min(np.diff(places)) > 0.1


def test_an_empty_sea_is_drawn_clear():
    depth = webmap_sea.bowl()
    nothing = Raster(np.full_like(depth.values, np.nan), depth.grid)
    frame = Frame.cover(depth.grid, long_side_px=100)
    assert pixels(draw_depth(nothing, frame))[..., 3].max() == 0
    assert pixels(draw_cost(nothing, nothing, frame))[..., 3].max() == 0


@pytest.mark.parametrize("excluded", [np.nan, np.inf])
def test_excluded_sea_is_grey_and_priced_sea_is_coloured(excluded):
    depth = webmap_sea.bowl()
    price = np.where(np.isfinite(depth.values), 40.0, np.nan).astype(np.float32)
    price[:, : depth.grid.cols // 2] += 20.0
    price[40:70, 60:110] = np.where(np.isfinite(depth.values[40:70, 60:110]), excluded, np.nan)
    frame = Frame.cover(depth.grid, long_side_px=400)
    image = pixels(draw_cost(Raster(price, depth.grid), depth, frame))
    row, col = np.array(image.shape[:2]) * [55 / depth.grid.rows, 85 / depth.grid.cols]
    grey = image[round(row), round(col)]
    assert grey[3] == 255
    assert np.ptp(grey[:3]) < 16
    coloured = image[image.shape[0] * 3 // 4, image.shape[1] // 2]
    assert np.ptp(coloured[:3]) > 40


@pytest.mark.parametrize(("low", "high"), [(30.0, 60.0), (20.0, 300.0), (1.0, 5000.0), (50.0, 50.0), (0.0, 10.0)])
def test_cost_ticks_are_round_numbers_inside_the_legend(low, high):
    depth = webmap_sea.bowl()
    price = np.linspace(low, high, depth.values.size, dtype=np.float32).reshape(depth.values.shape)
    ticks = draw_cost(Raster(price, depth.grid), depth, Frame.cover(depth.grid, long_side_px=100)).ticks
    assert 2 <= len(ticks) <= 12
    assert all(-0.001 <= place <= 1.001 for place, _ in ticks)


def test_classes_keep_their_codes_and_land_is_clear():
    depth = webmap_sea.bowl()
    frame = Frame.cover(depth.grid, long_side_px=400)
    codes = class_codes(quarters(depth), frame, count=4)
    assert set(np.unique(codes)) == {0, 1, 2, 3, 4}
    rows, cols = codes.shape
    places = [codes[round(rows * y), round(cols * x)] for y in (0.3, 0.7) for x in (0.3, 0.7)]
    assert places == [1, 2, 3, 4]
    image = pixels(draw_classes(quarters(depth), frame, count=4, look="kinds"))
    assert image[codes == 0, 3].max() == 0
    assert image[codes > 0, 3].min() == 255
    for code in (1, 2, 3, 4):
        colours, counts = np.unique(image[codes == code][:, :3], axis=0, return_counts=True)
        assert colours[counts.argmax()].tolist() == colour(KINDS[code - 1])
        assert len(colours) == (1 if code == 1 else 2)


@pytest.mark.parametrize("look", ["kinds", "reasons", "bands"])
def test_classes_differ_without_their_colours(look):
    depth = webmap_sea.bowl()
    count = 3 if look == "bands" else 20
    first = Raster(np.minimum(quarters(depth).values, 1.0), depth.grid)
    image = draw_classes(first, Frame.cover(depth.grid, long_side_px=50), count=count, look=look)
    swatches = [pixels_of(uri) for uri in image.swatches]
    assert len(swatches) == count
    # Which pixels are marked tells neighbours apart; colour and mark together tell all.
    marked = [(swatch != swatch.reshape(-1, 4).max(axis=0)).any(axis=-1) for swatch in swatches]
    assert all((a != b).any() for a, b in itertools.pairwise(marked))
    assert len({swatch.tobytes() for swatch in swatches}) == count


def test_reasons_leave_the_map_in_sight_between_their_hatches():
    depth = webmap_sea.bowl()
    image = pixels(draw_classes(quarters(depth), Frame.cover(depth.grid, long_side_px=300), count=4, look="reasons"))
    alpha = image[image[..., 3] > 0, 3]
    assert set(np.unique(alpha)) == {45, 255}
    assert 0.1 < (alpha == 255).mean() < 0.5


def test_codes_without_a_class_and_too_many_classes_are_refused():
    depth = webmap_sea.bowl()
    frame = Frame.cover(depth.grid, long_side_px=50)
    with pytest.raises(InputError, match=r"codes from 0 to 4 for 2 classes; name each class"):
        class_codes(quarters(depth), frame, count=2)
    with pytest.raises(InputError, match=r"a layer of 200 classes; give at most 127"):
        class_codes(quarters(depth), frame, count=200)
    with pytest.raises(InputError, match=r"layer 'L' is drawn as 'risk', 'stripes'; use one of"):
        MapRaster("L", "G", depth, "m", ramp="risk", look="stripes")


def test_numbers_are_coloured_where_they_are_known_and_clear_elsewhere():
    depth = webmap_sea.bowl()
    rate = np.where(np.isfinite(depth.values), 1.0, np.nan).astype(np.float32)
    rate[:, depth.grid.cols // 2 :] *= 3.0
    rate[: depth.grid.rows // 2] = np.nan
    frame = Frame.cover(depth.grid, long_side_px=300)
    drawn = draw_ramp(Raster(rate, depth.grid), frame, colours=RISK)
    image = pixels(drawn)
    rows, cols = image.shape[:2]
    assert image[: rows * 2 // 5, :, 3].max() == 0
    west, east = image[rows * 3 // 4, cols // 3], image[rows * 3 // 4, cols * 2 // 3]
    # WebP keeps colours to a few parts in 255.
    assert_allclose(west, [*colour(RISK[0]), 255], atol=12)
    assert_allclose(east, [*colour(RISK[-1]), 255], atol=12)
    assert drawn.ticks[0][1] == "1"


@pytest.mark.parametrize("ramp", [COST, DEPTH, DOUBT, RISK, BANDS[::-1]])
def test_ramps_read_in_grey(ramp):
    luminance = [np.dot(np.power(np.array(colour(text)) / 255, 2.2), [0.2126, 0.7152, 0.0722]) for text in ramp]
    steps = np.diff(luminance)
    assert (steps > 0).all() or (steps < 0).all()


def test_contours_lie_at_their_depth_and_labels_on_their_lines(sea):
    frame = Frame.cover(sea.depth.grid, long_side_px=700)
    layer = contours(sea.depth, frame)
    levels = [float(label.removesuffix(" m").replace(",", "")) for label in layer["labels"]]
    assert set(levels) == {10, 20, 50, 100, 200, 500}
    # The bowl is 800 m (1 - (r / 0.95)^2) deep, r being 1 at the edges of its grid.
    assert layer["places"]
    for lon, lat, angle, tier, text in layer["places"]:
        assert abs(_bowl_depth(sea, [[lon, lat]])[0] - float(text)) < 12.0
        assert -90.0 <= angle <= 90.0
        assert tier in (0, 1, 2)
    for level, line in zip(levels, layer["geometries"], strict=True):
        if level >= 50:
            assert_allclose(_bowl_depth(sea, line), level, atol=12.0)


def _bowl_depth(sea, lonlat):
    grid = sea.depth.grid
    row, col = grid.to_rowcol(geodesy.Projection(grid.crs).forward(lonlat)).T
    radius = np.hypot(2 * (row + 0.5) / grid.rows - 1, 2 * (col + 0.5) / grid.cols - 1)
    return 800.0 * (1 - (radius / 0.95) ** 2)


def test_a_flat_or_empty_sea_has_no_contours(sea):
    for values in (np.full_like(sea.depth.values, np.nan), np.full_like(sea.depth.values, 300.0)):
        layer = contours(Raster(values, sea.depth.grid), Frame.cover(sea.depth.grid, long_side_px=100))
        assert layer["geometries"] == layer["places"] == []


def test_values_under_the_cursor_unpack_to_the_numbers_of_the_layer(sea):
    rate = Raster(np.where(sea.depth.values > 100, sea.depth.values / 10, np.nan).astype(np.float32), sea.depth.grid)
    content = replace(sea, rasters=(MapRaster("Rate", "Hazards", rate, "faults", ramp="risk"),))
    packed = page_content(content)["rasters"][1]["reading"]
    steps = np.frombuffer(zlib.decompress(base64.b64decode(packed["codes"])), np.uint8)
    codes = np.cumsum(steps, dtype=np.uint8).reshape(packed["rows"], packed["cols"])
    share = (codes.astype(float) - 1) / packed["steps"]
    values = packed["low"] * (packed["high"] / packed["low"]) ** share
    expected = Frame.cover(sea.depth.grid, long_side_px=400).with_long_side(280).warp(rate)
    known = np.isfinite(expected)
    assert packed["isLog"]
    assert (codes[~known] == 0).all()
    # 254 steps over a factor of eight are 0.8 % each.
    assert_allclose(values[known], expected[known], rtol=0.0045)


def test_depths_under_the_cursor_unpack_to_whole_metres(sea):
    frame = Frame.cover(sea.depth.grid, long_side_px=400)
    packed = page_content(sea)["readout"]
    planes = (
        np.frombuffer(zlib.decompress(base64.b64decode(packed["depths"])), np.uint8).reshape(2, -1).astype(np.uint16)
    )
    depths = np.cumsum(planes[0] + 256 * planes[1], dtype=np.uint16).reshape(packed["rows"], packed["cols"])
    expected = frame.with_long_side(280).warp(sea.depth)
    known = np.isfinite(expected)
    assert (depths[~known] == 0xFFFF).all()
    assert_allclose(depths[known], expected[known], atol=0.51)


def test_kp_of_drawn_points_is_their_distance_along_the_route(sea):
    link = page_content(sea)["options"][1]["links"][0]
    points = np.array(link["points"])
    assert len(points) < 200
    # Positions are kept to 1e-5 degrees (1 m), and dropped ones lay within 5 m of the line.
    assert_allclose(points[:, 2], geodesy.cumulative_m(points[:, :2]) / 1000.0, atol=0.02)
    assert points[-1, 2] == pytest.approx(sea.options[0].links[0].length_km, abs=0.001)


def test_a_long_profile_keeps_its_ends_and_its_extremes(sea):
    kp = np.linspace(0.0, 500.0, 40_001)
    depth = 300.0 + 50.0 * np.sin(kp)
    depth[12_345], depth[30_001] = 2.0, 987.0
    long = replace(sea.options[0].links[0], profile=tuple(map(MapMark, kp.tolist(), depth.tolist())))
    content = replace(sea, options=(replace(sea.options[0], links=(long,)),))
    profile = page_content(content)["options"][0]["links"][0]["profile"]
    assert len(profile) < 2500
    assert profile[0][0] == 0.0
    assert profile[-1][0] == 500.0
    assert min(d for _, d, *_ in profile) == 2.0
    assert max(d for _, d, *_ in profile) == 987.0


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(-100, 100), st.floats(-100, 100)), min_size=2, max_size=60), st.floats(0.1, 30))
def test_no_dropped_point_is_farther_from_the_line_than_the_tolerance(points, tolerance):
    from shapely import LineString, Point

    points = np.array(points)
    keep = thin(points, tolerance=tolerance)
    assert keep[0]
    assert keep[-1]
    kept = np.flatnonzero(keep)
    for first, last in itertools.pairwise(kept):
        piece = LineString(points[[first, last]])
        for point in points[first + 1 : last]:
            assert piece.distance(Point(point)) <= tolerance + 1e-9
