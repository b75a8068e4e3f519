"""Surveys laid over the bathymetry: where they count, how they meet what lies below, and what they contradict."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from miniature import WATER_LEVEL_M, depth_at, write_raster
from numpy.testing import assert_allclose, assert_array_equal

from routing import pipeline
from routing.errors import InputError
from routing.grid import Grid, Raster
from routing.gridfile import RasterSource, read_pieces, read_raster
from routing.seabed import Depths, Seabed, Survey, cell_means, lay_surveys

BOX = (50.2, 41.1, 50.35, 41.2)


def write_survey(path, *, box=BOX, step=0.001, deeper=0.0, kind="elevation", crs="EPSG:4326"):
    """A raster of the miniature sea floor in a lon/lat box, so many metres deeper than it is."""
    west, south, east, north = box
    lon = west + (np.arange(round((east - west) / step)) + 0.5) * step
    lat = north - (np.arange(round((north - south) / step)) + 0.5) * step
    depth = depth_at(*np.meshgrid(lon, lat)) + deeper
    values = WATER_LEVEL_M - depth if kind == "elevation" else depth
    return write_raster(path, values.astype(np.float32), Affine(step, 0.0, west, 0.0, -step, north), crs=crs)


def add_survey(project, name="New", *, path=None, **table):
    usual = {"kind": "elevation", "zero_m": 0.0, "date": dt.date(2026, 5, 1), "quality": "s44-1a", "blend_cells": 0}
    survey = {"name": name, "path": path or f"{name}.tif", **usual, **table}
    project.settings.setdefault("survey", []).append(survey)
    project.settings["survey"] = [dict(each) for each in project.settings["survey"]]


def load(project):
    from routing.project import read_project

    return pipeline.load(read_project(project.save()))


def inside(loaded, box=BOX):
    """Cells whose centre lies in a lon/lat box."""
    from routing import geodesy

    row, col = np.indices(loaded.grid.shape)
    xy = loaded.grid.to_xy(np.column_stack([row.ravel(), col.ravel()]))
    lon, lat = geodesy.transform_points(xy, loaded.grid.crs, geodesy.WGS84).T.reshape(2, *loaded.grid.shape)
    west, south, east, north = box
    return (lon > west) & (lon < east) & (lat > south) & (lat < north)


# ------------------------------------------------------------------------------------------------------- on whole projects


def test_a_survey_replaces_the_bathymetry_where_it_sounds_and_nowhere_else(sea_project):
    before = load(sea_project)
    write_survey(sea_project.folder / "New.tif", deeper=25.0)
    add_survey(sea_project)
    after = load(sea_project)
    code = after.seabed.sources.index("New")
    own = after.seabed.source == code
    sea = before.seabed.sea
    assert_array_equal(after.seabed.sea, sea)
    far = ~inside(before, (BOX[0] - 0.02, BOX[1] - 0.02, BOX[2] + 0.02, BOX[3] + 0.02))
    assert not (own & far).any()
    assert_array_equal(after.seabed.depth_m[~own], before.seabed.depth_m[~own])
    core = inside(before, (BOX[0] + 0.02, BOX[1] + 0.02, BOX[2] - 0.02, BOX[3] - 0.02)) & sea
    assert own[core].all()
    assert_allclose((after.seabed.depth_m - before.seabed.depth_m)[core], 25.0, atol=0.6)
    assert after.facts.sigma_m[core].max() < before.facts.sigma_m[core].min()


def test_the_higher_priority_lies_on_top_then_the_later_date(sea_project):
    shallow, deep = {"deeper": 10.0}, {"deeper": 40.0}
    for name, change in (("A", shallow), ("B", deep)):
        write_survey(sea_project.folder / f"{name}.tif", **change)
    cases = [
        ({"date": dt.date(2026, 1, 1)}, {"date": dt.date(2025, 1, 1)}, "A"),
        ({"date": dt.date(2025, 1, 1)}, {"date": dt.date(2026, 1, 1)}, "B"),
        ({"date": dt.date(2025, 1, 1), "priority": 1}, {"date": dt.date(2026, 1, 1)}, "A"),
    ]
    for first, second, winner in cases:
        for order in ((("A", first), ("B", second)), (("B", second), ("A", first))):
            sea_project.settings["survey"] = []
            for name, table in order:
                add_survey(sea_project, name, **table)
            loaded = load(sea_project)
            core = inside(loaded, (BOX[0] + 0.03, BOX[1] + 0.03, BOX[2] - 0.03, BOX[3] - 0.03)) & loaded.seabed.sea
            assert set(loaded.seabed.source[core]) == {loaded.seabed.sources.index(winner)}


def test_a_folder_takes_every_raster_in_it_the_last_name_on_top(sea_project):
    folder = sea_project.folder / "deliveries"
    folder.mkdir()
    write_survey(folder / "2026-01.tif", deeper=10.0)
    (folder / "readme.txt").write_text("no raster", encoding="utf-8")
    (folder / ".partial.tif").write_text("still being copied", encoding="utf-8")
    add_survey(sea_project, "Line", path="deliveries")
    first = load(sea_project)
    write_survey(folder / "2026-02.tif", deeper=30.0, box=(50.27, 41.1, 50.35, 41.2))
    second = load(sea_project)
    change = second.seabed.depth_m - first.seabed.depth_m
    east = inside(first, (50.3, 41.12, 50.33, 41.18)) & first.seabed.sea
    assert_allclose(change[east], 20.0, atol=0.7)
    west = inside(first, (50.2, 41.1, 50.25, 41.2))
    assert_array_equal(second.seabed.depth_m[west], first.seabed.depth_m[west])
    named = pipeline.input_files(second.project)
    assert [key for key in named if key.startswith("survey")] == ["survey Line/2026-01.tif", "survey Line/2026-02.tif"]


def test_only_the_stated_part_of_a_survey_counts(sea_project):
    write_survey(sea_project.folder / "New.tif", deeper=25.0)
    part = (50.2, 41.1, 50.27, 41.2)
    add_survey(sea_project, area=list(part))
    loaded = load(sea_project)
    own = loaded.seabed.source == loaded.seabed.sources.index("New")
    assert own.any()
    assert not (own & ~inside(loaded, part)).any()


def test_depths_and_elevations_of_a_survey_mean_the_same(sea_project):
    write_survey(sea_project.folder / "New.tif", deeper=25.0)
    add_survey(sea_project)
    as_heights = load(sea_project)
    write_survey(sea_project.folder / "New.tif", deeper=25.0, kind="depth")
    sea_project.settings["survey"][0].update(kind="depth", zero_m=WATER_LEVEL_M)
    as_depths = load(sea_project)
    assert_allclose(as_depths.seabed.depth_m, as_heights.seabed.depth_m, atol=1e-3)


def test_a_contradiction_is_reported_with_its_size_and_place(sea_project, cableroute):
    write_survey(sea_project.folder / "New.tif", deeper=300.0)
    add_survey(sea_project)
    loaded = load(sea_project)
    found = {each["rule"]: each for each in pipeline.findings(loaded)}
    assert found["survey-conflict"]["severity"] == "warning"
    told = cableroute("validate", sea_project.save())
    assert told.code == 1
    assert "New differs from what it is laid over by more than both uncertainties (95 %)" in told.out
    conflict = loaded.conflicts[0]
    assert conflict.conflicts == conflict.cells
    assert conflict.median_m == pytest.approx(300.0, abs=3.0)


def test_a_survey_that_agrees_is_no_finding(sea_project):
    write_survey(sea_project.folder / "New.tif")
    add_survey(sea_project)
    assert not [each for each in pipeline.findings(load(sea_project)) if each["rule"].startswith("survey")]


def test_the_summary_tells_what_each_survey_did(sea_project):
    write_survey(sea_project.folder / "New.tif", deeper=25.0)
    add_survey(sea_project)
    loaded = load(sea_project)
    told = pipeline.seafloor.describe_seafloor(loaded)["surveys"]
    assert [each["name"] for each in told] == ["New"]
    assert told[0]["cells"] == int((loaded.seabed.source == 3).sum())
    assert told[0]["median_deeper_m"] == pytest.approx(25.0, abs=1.0)
    lon, lat = told[0]["most_lonlat"]
    assert BOX[0] - 0.02 < lon < BOX[2] + 0.02
    assert BOX[1] - 0.02 < lat < BOX[3] + 0.02
    json.dumps(told, allow_nan=False)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"path": "missing.tif"}, r"survey New\.path: no such file"),
        ({"area": [50.0, 42.0, 51.0, 41.0]}, r"survey\.1: area is west, south, east, north"),
        ({"colour": "blue"}, r"unknown key 'colour'"),
        ({"blend_cells": -1}, r"survey\.1\.blend_cells"),
        ({"path": "empty"}, r"survey New\.path: folder without a raster"),
    ],
)
def test_a_survey_that_does_not_fit_is_refused_by_name(sea_project, table, message):
    write_survey(sea_project.folder / "New.tif")
    (sea_project.folder / "empty").mkdir()
    add_survey(sea_project, **table)
    with pytest.raises(InputError, match=message):
        load(sea_project)


def test_a_survey_without_a_date_or_a_datum_is_refused(sea_project):
    write_survey(sea_project.folder / "New.tif")
    add_survey(sea_project)
    from routing.project import read_project

    for key, said in (("date", "is missing"), ("zero_m", "say what the raster counts from by name")):
        sea_project.settings["survey"][0] = {
            name: value for name, value in sea_project.settings["survey"][0].items() if name != key
        }
        if key != "date":
            sea_project.settings["survey"][0]["date"] = dt.date(2026, 5, 1)
        path = sea_project.save()
        with pytest.raises(InputError, match=said):
            read_project(path)


# ---------------------------------------------------------------------------------------------------------- gridding


def cells(rows, cols, *, size=100.0):
    return Grid(rows, cols, 500_000.0, 4_500_000.0, size, size, "EPSG:32639")


def test_a_finer_raster_becomes_the_mean_of_each_cell():
    fine = cells(40, 60, size=10.0)
    values = np.random.default_rng(1).normal(100.0, 20.0, fine.shape).astype(np.float32)
    coarse = cells(4, 6)
    expected = values.reshape(4, 10, 6, 10).mean(axis=(1, 3))
    assert_allclose(cell_means([Raster(values, fine)], coarse), expected, rtol=1e-6)


def test_a_cell_that_is_hardly_sounded_stays_unknown():
    fine = cells(10, 20, size=10.0)
    values = np.full(fine.shape, np.nan, np.float32)
    values[:, :2] = 50.0  # a fifth of the first cell
    values[:, 10:13] = 60.0  # three tenths of the second
    assert_array_equal(cell_means([Raster(values, fine)], cells(1, 2)), [[np.nan, 60.0]])


@pytest.mark.parametrize("side", [7, 32, 1000])
def test_pieces_of_any_size_hold_what_the_whole_raster_holds(tmp_path, side):
    path = write_survey(tmp_path / "fine.tif", step=0.002)
    whole = read_raster(RasterSource(path))
    joined = np.full(whole.grid.shape, np.nan, np.float32)
    for piece in read_pieces(RasterSource(path), side=side):
        row, col = np.rint(whole.grid.to_rowcol(piece.grid.to_xy([[0, 0]])))[0].astype(int)
        joined[row : row + piece.grid.rows, col : col + piece.grid.cols] = piece.values
    assert_array_equal(joined, whole.values)


def test_means_over_another_projection_agree_with_every_centre_projected_by_itself(tmp_path):
    from routing import geodesy

    path = write_survey(tmp_path / "fine.tif", step=0.001)
    whole = read_raster(RasterSource(path))
    target = Grid.cover_area((50.1, 41.0, 50.5, 41.3), projection=geodesy.Projection("EPSG:32639"), cell_size_m=1000.0)
    row, col = np.indices(whole.grid.shape)
    xy = whole.grid.to_xy(np.column_stack([row.ravel(), col.ravel()]))
    place = np.rint(target.to_rowcol(geodesy.transform_points(xy, whole.grid.crs, target.crs))).astype(int)
    flat = place[:, 0] * target.cols + place[:, 1]
    count = np.bincount(flat, minlength=target.rows * target.cols)
    total = np.bincount(flat, weights=whole.values.ravel().astype(float), minlength=target.rows * target.cols)
    full = (count > 0.9 * count.max()).reshape(target.shape)
    found = cell_means(read_pieces(RasterSource(path), side=64), target)
    expected = (total / np.maximum(count, 1)).reshape(target.shape)
    # A centre within a millimetre of an edge may fall on either side.
    assert_allclose(found[full], expected[full], atol=0.02)


# ----------------------------------------------------------------------------------------------------------- merging


def below(depth, sigma=5.0, sea=None):
    depth = np.asarray(depth, np.float32)
    known = np.isfinite(depth)
    grid = cells(*depth.shape)
    sea = np.ones(depth.shape, bool) if sea is None else sea
    chart = Seabed(grid, np.where(sea, depth, np.nan).astype(np.float32), sea, known.astype(np.uint8), 100.0)
    return Depths(chart, np.full(depth.shape, sigma, np.float32), np.zeros(depth.shape, bool))


def survey(depth, *, sigma=0.5, blend_cells=0, name="S"):
    depth = np.asarray(depth, np.float32)
    sigma_m = np.where(np.isfinite(depth), np.float32(sigma), np.float32(np.nan))
    return Survey(name, depth, sigma_m, np.isfinite(depth), blend_cells)


def test_an_edge_fades_over_its_rings_and_a_shore_is_no_edge():
    sea = np.ones((7, 9), bool)
    sea[:, 0] = False
    depth = np.full((7, 9), np.nan)
    depth[:, 1:7] = 200.0
    laid = lay_surveys(below(np.full((7, 9), 100.0), sea=sea), [survey(depth, blend_cells=3)], min_depth_m=1.0)
    assert_allclose(laid.seabed.depth_m[3], [np.nan, 200, 200, 200, 175, 150, 125, 100, 100])
    assert_allclose(laid.sigma_m[3, [1, 5, 8]], [0.5, np.hypot(0.5, 5.0) / np.sqrt(2), 5.0], rtol=1e-6)


def test_where_nothing_was_known_a_survey_counts_whole():
    depth = np.full((3, 3), np.nan)
    laid = lay_surveys(below(depth), [survey(np.full((3, 3), 40.0), blend_cells=2)], min_depth_m=1.0)
    assert (laid.seabed.depth_m == 40.0).all()


def test_a_survey_shallower_than_the_least_depth_carries_the_least_depth():
    laid = lay_surveys(below([[50.0, 50.0]]), [survey([[-3.0, 20.0]])], min_depth_m=2.0)
    assert_array_equal(laid.seabed.depth_m, [[2.0, 20.0]])
    assert [laid.seabed.sources[code] for code in laid.seabed.source[0]] == ["least depth", "S"]


def test_conflicts_count_cells_that_differ_by_more_than_95_percent_of_both():
    # Standard deviation of the difference is 5; 1.96 of them are 9.8.
    laid = lay_surveys(
        below([[100.0, 100.0, 100.0, np.nan]], sigma=4.0),
        [survey([[109.7, 109.9, 60.0, 60.0]], sigma=3.0)],
        min_depth_m=1.0,
    )
    found = laid.conflicts[0]
    assert (found.cells, found.conflicts, found.place) == (3, 2, (0, 2))
    assert found.most_m == pytest.approx(-40.0)
    assert found.median_m == pytest.approx(9.7, abs=1e-4)


@given(
    st.lists(st.lists(st.floats(1, 500) | st.just(float("nan")), min_size=12, max_size=12), max_size=4),
    st.integers(0, 3),
)
def test_what_no_survey_sounds_keeps_its_depth_and_the_rest_lies_between_all(tables, blend_cells):
    base = below(np.full((3, 4), 50.0))
    surveys = [survey(np.reshape(row, (3, 4)), blend_cells=blend_cells, name=str(n)) for n, row in enumerate(tables)]
    laid = lay_surveys(base, surveys, min_depth_m=1.0)
    stack = np.stack([base.seabed.depth_m, *(each.depth_m for each in surveys)])
    silent = ~np.isfinite(stack[1:]).any(axis=0)
    assert_array_equal(laid.seabed.depth_m[silent], base.seabed.depth_m[silent])
    assert (laid.seabed.depth_m >= np.nanmin(stack, axis=0) - 1e-3).all()
    assert (laid.seabed.depth_m <= np.nanmax(stack, axis=0) + 1e-3).all()
    assert np.isfinite(laid.sigma_m).all()
    assert len(laid.conflicts) == len(surveys)
