"""Aligned rasters: positions, resampling, burning, against scipy, shapely and GDAL."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal
from scipy.interpolate import RegularGridInterpolator
from shapely import LineString, Point, Polygon, box, union_all

from routing import geodesy
from routing.errors import InputError
from routing.grid import Grid, Raster, burn, outlines, sample, warp

UTM = "EPSG:32639"
GRID = Grid(5, 7, 1000.0, 9000.0, 100.0, 200.0, UTM)

heights = st.floats(-5000, 5000, width=32, allow_nan=False)


def cell_boxes(grid):
    left, _, _, top = grid.bounds
    return [
        [
            box(left + c * grid.dx, top - (r + 1) * grid.dy, left + (c + 1) * grid.dx, top - r * grid.dy)
            for c in range(grid.cols)
        ]
        for r in range(grid.rows)
    ]


@given(hnp.arrays(float, (4, 2), elements=st.floats(-50, 50)))
def test_rowcol_and_xy_undo_each_other(rowcol):
    assert_allclose(GRID.to_rowcol(GRID.to_xy(rowcol)), rowcol, atol=1e-9)


def test_row_zero_is_the_north_and_integers_are_cell_centres():
    assert GRID.to_xy([[0, 0], [4, 6]]).tolist() == [[1050.0, 8900.0], [1650.0, 8100.0]]
    assert GRID.bounds == (1000.0, 8000.0, 1700.0, 9000.0)
    assert GRID.transform @ (0, 0) == (1000.0, 9000.0)
    assert GRID.transform @ (7, 5) == (1700.0, 8000.0)


@given(
    st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(10, 1e5), st.floats(10, 1e5)),
    st.sampled_from([100.0, 1000.0, 2500.0]),
)
def test_a_covering_grid_covers_on_multiples_of_its_cells_and_is_no_larger_than_needed(corner, cell):
    left, bottom, wide, high = corner
    bounds = (left, bottom, left + wide, bottom + high)
    grid = Grid.cover(bounds, crs=UTM, cell_size=cell)
    got = np.array(grid.bounds)
    assert_allclose(got / cell, np.round(got / cell), atol=1e-9)
    slack = np.array([bounds[0] - got[0], bounds[1] - got[1], got[2] - bounds[2], got[3] - bounds[3]])
    assert (slack >= -1e-9).all()
    assert (slack <= cell).all()  # equal only when a bound is off a multiple by less than a rounding error


@pytest.mark.parametrize("area", [(46.0, 36.0, 55.5, 47.5), (176.0, -20.0, -170.0, -12.0)])
def test_a_grid_over_an_area_contains_its_curved_edges(area):
    projection = geodesy.local_projection(area)
    grid = Grid.cover_area(area, projection=projection, cell_size_m=5000.0)
    west, south, east, north = area
    east += 360.0 * (east < west)
    along = np.linspace(west, east, 333)
    edge = np.concatenate([np.column_stack([along, np.full(333, lat)]) for lat in (south, north)])
    rowcol = grid.to_rowcol(projection.forward(edge))
    assert (rowcol >= -0.5 - 1e-9).all()
    assert (rowcol <= np.array(grid.shape) - 0.5 + 1e-9).all()


@pytest.mark.parametrize(("rows", "dx"), [(0, 1.0), (-3, 1.0), (3, 0.0), (3, -1.0), (3, float("nan"))])
def test_a_grid_without_cells_is_refused(rows, dx):
    with pytest.raises(InputError, match="a grid of"):
        Grid(rows, 3, 0.0, 0.0, dx, 1.0, UTM)


def test_values_that_do_not_fit_their_grid_are_refused():
    with pytest.raises(InputError, match=r"\(7, 5\) do not fit a grid \(5, 7\)"):
        Raster(np.zeros((7, 5), np.float32), GRID)


@pytest.mark.parametrize(
    ("cell_m", "area", "error"),
    [
        (1000.0, (49.0, 41.0, 50.5, 42.0), 1e-6),  # curvature 1/R^2 over 16 cells: (16 km)^2 / 8 R^2 = 8e-7
        (10_000.0, (46.0, 36.0, 55.5, 47.5), 1e-7),
    ],
)
def test_the_scale_of_every_cell_agrees_with_the_projection(cell_m, area, error):
    projection = geodesy.Projection(UTM)
    grid = Grid.cover_area(area, projection=projection, cell_size_m=cell_m)
    rows, cols = np.indices(grid.shape)
    cells = np.column_stack([rows.ravel(), cols.ravel()])
    exact = projection.scale(projection.inverse(grid.to_xy(cells))).reshape(grid.shape)
    assert_allclose(grid.scale, exact, rtol=0, atol=error)


def test_the_scale_of_a_grid_of_one_cell_is_that_of_its_centre():
    grid = Grid(1, 1, 500_000.0, 4_600_000.0, 1000.0, 1000.0, UTM)
    assert_allclose(grid.scale, [[0.9996]], atol=1e-6)


@given(
    hnp.arrays(np.float32, (9, 8), elements=st.one_of(heights, st.just(np.float32(np.nan)))),
    st.floats(-300, 300),
    st.floats(0.3, 3.0),
    st.sampled_from(["bilinear", "nearest", "average"]),
)
@settings(max_examples=150)
def test_resampling_never_leaves_the_range_of_the_known_values(values, shift, zoom, how):
    source = Raster(values, Grid(9, 8, 0.0, 900.0, 100.0, 100.0, UTM))
    moved = warp(source, Grid(14, 12, shift, 900.0 - shift, 100.0 * zoom, 100.0 * zoom, UTM), resampling=how)
    known, out = values[np.isfinite(values)], moved.values[np.isfinite(moved.values)]
    if known.size == 0:
        assert out.size == 0
    elif out.size:
        slack = 1e-3 + 1e-5 * np.abs(known).max()  # float32 sums
        assert known.min() - slack <= out.min()
        assert out.max() <= known.max() + slack


@given(st.floats(-0.4, 0.4), st.floats(-0.4, 0.4))
def test_resampling_a_plane_bilinearly_gives_the_plane(dx, dy):
    source = Grid(12, 12, 0.0, 1200.0, 100.0, 100.0, UTM)
    target = Grid(6, 6, 300.0 + 100 * dx, 900.0 + 100 * dy, 100.0, 100.0, UTM)

    def plane(grid):
        rows, cols = np.indices(grid.shape)
        x, y = grid.to_xy(np.column_stack([rows.ravel(), cols.ravel()])).T
        return (3.0 + 0.25 * x - 0.5 * y).reshape(grid.shape).astype(np.float32)

    # GDAL quantises weights of an unrotated shift no worse than a thousandth of a cell.
    assert_allclose(warp(Raster(plane(source), source), target).values, plane(target), atol=0.075)


@given(hnp.arrays(np.float32, (9, 8), elements=heights))
@settings(max_examples=20)
def test_resampling_is_the_same_for_any_number_of_threads(values):
    source = Raster(values, Grid(9, 8, 0.0, 900.0, 100.0, 100.0, UTM))
    target = Grid(40, 40, -100.0, 950.0, 23.0, 23.0, UTM)
    assert_array_equal(warp(source, target).values, warp(source, target, threads=4).values)


def test_cells_that_the_source_does_not_reach_stay_unknown():
    source = Raster(np.ones((3, 3), np.float32), Grid(3, 3, 0.0, 300.0, 100.0, 100.0, UTM))
    assert np.isnan(warp(source, Grid(3, 3, 5000.0, 300.0, 100.0, 100.0, UTM)).values).all()


@given(
    hnp.arrays(float, (6, 5), elements=st.floats(-1e4, 1e4)),
    hnp.arrays(float, (8, 2), elements=st.floats(0, 1)),
)
def test_sampling_is_bilinear_interpolation_by_scipy(values, share):
    rowcol = share * [5, 4]
    oracle = RegularGridInterpolator((np.arange(6), np.arange(5)), values)(rowcol)
    assert_allclose(sample(values, rowcol), oracle, atol=1e-8)


@given(
    hnp.arrays(float, (4, 4), elements=st.one_of(st.floats(-100, 100), st.just(np.nan), st.just(np.inf))),
    hnp.arrays(float, (6, 2), elements=st.floats(-2, 6)),
)
def test_sampling_ignores_unknown_corners_and_clamps_at_the_edge(values, rowcol):
    got = sample(values, rowcol)
    known = values[np.isfinite(values)]
    if known.size:
        inside = got[np.isfinite(got)]
        assert (inside >= known.min() - 1e-9).all()
        assert (inside <= known.max() + 1e-9).all()
    assert_allclose(sample(values, np.clip(rowcol, 0, 3)), got)
    assert not np.isinf(got).any()


def test_sampling_where_every_corner_is_unknown_is_unknown():
    assert np.isnan(sample(np.full((3, 3), np.nan), [[0.5, 0.5], [1.0, 1.0]])).all()


def test_sampling_a_single_row_column_or_cell_works():
    assert sample(np.array([[1.0, 3.0]]), [[0.0, 0.5]]) == [2.0]
    assert sample(np.array([[1.0], [3.0]]), [[0.25, 0.0]]) == [1.5]
    assert sample(np.array([[7.0]]), [[0.4, -0.3]]) == [7.0]


triangles = st.lists(st.tuples(st.floats(900, 1800), st.floats(7900, 9100)), min_size=3, max_size=3)


@given(triangles)
def test_touched_cells_include_those_whose_centre_is_covered(corners):
    shape = Polygon(corners).buffer(0)
    touched, centred = burn([shape], GRID, all_touched=True), burn([shape], GRID, all_touched=False)
    assert (touched | ~centred).all()


@given(triangles)
@settings(max_examples=200)
def test_a_cell_is_covered_when_its_centre_is_by_shapely(corners):
    shape = Polygon(corners).buffer(0)
    rows, cols = np.indices(GRID.shape)
    centres = GRID.to_xy(np.column_stack([rows.ravel(), cols.ravel()]))
    inside = np.array([shape.contains(Point(xy)) for xy in centres]).reshape(GRID.shape)
    on_edge = np.array([shape.boundary.distance(Point(xy)) < 1e-6 for xy in centres]).reshape(GRID.shape)
    assert_array_equal(burn([shape], GRID, all_touched=False) | on_edge, inside | on_edge)


def test_burning_nothing_covers_nothing():
    assert not burn([], GRID, all_touched=True).any()
    assert not burn([Polygon()], GRID, all_touched=True).any()
    assert not burn([box(1e6, 1e6, 2e6, 2e6)], GRID, all_touched=True).any()


def test_points_and_lines_burn_the_cells_that_they_touch():
    cells = burn([Point(1050, 8900), LineString([(1210, 8500), (1690, 8500)])], GRID, all_touched=True)
    assert cells[0, 0]
    assert cells[2, 2:7].all()
    assert not cells[4].any()


@given(hnp.arrays(np.uint8, (5, 7), elements=st.integers(0, 3)))
def test_outlines_are_exactly_the_cells_of_their_code(codes):
    found = outlines(codes, GRID)
    boxes = cell_boxes(GRID)
    for code in (1, 2, 3):
        cells = [boxes[r][c] for r, c in np.argwhere(codes == code)]
        area = union_all([shape for shape, own in found if own == code])
        assert_allclose(area.area, 20_000.0 * len(cells))
        assert area.symmetric_difference(union_all(cells)).area < 1e-6
    assert {code for _, code in found} == set(codes[codes > 0].tolist())
