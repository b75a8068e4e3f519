"""Layers in a browser: switches, opacity, legends, and what is told of the place under the pointer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from waiting import until_told

from routing.errors import InputError
from routing.grid import Raster
from routing.webmap import MapRaster, MapVector, PageSizeError, budget, read_page, render_map, write_map, write_page

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=window.pwned=1> {{7*7}} ${window.pwned=1}"
REASONS = ("Absheron fields, 500 m", HOSTILE)


@pytest.fixture(scope="module")
def layered(sea):
    """The small sea with excluded halves, a hazard, two corridors and a cable."""
    grid, known = sea.depth.grid, np.isfinite(sea.depth.values)
    row, col = np.indices(grid.shape)

    def raster(values, where):
        return Raster(np.where(known & where, values, np.nan).astype(np.float32), grid)

    west = col < grid.cols // 2
    band = np.abs(row - grid.rows // 2)
    names = ("up to 1 % dearer", "up to 5 % dearer")

    def corridor(option, codes):
        return MapRaster("Corridor", "Cost and risk", codes, "", names, look="bands", option=option)

    rasters = (
        *sea.rasters,
        MapRaster("Excluded", "Exclusions", raster(1 + ~west, row >= 0), "by reason", REASONS, look="reasons"),
        MapRaster("Ice", "Hazards", raster(0.25, west), "faults per 1000 km a year", ramp="risk"),
        corridor("A", raster(1 + (band > 5), band < 10)),
        corridor("B", raster(2.0, band < 20)),
        MapRaster("Kinds", "Seabed", raster(1 + col % 12, row >= 0), "", tuple(f"kind {n}" for n in range(12))),
    )
    cable = MapVector(
        "Old cable", "Infrastructure", "line", (((10.5, 56.4), (12.5, 56.3)),), ("TAE 1",), "cable", shown=True
    )
    return replace(sea, rasters=rasters, vectors=(*sea.vectors, cable))


@pytest.fixture(scope="module")
def layered_page(layered):
    return render_map(layered)


def switch(page, name):
    return page.get_by_role("checkbox", name=name, exact=True)


def images(page):
    """Sources of the images on the map, the bathymetry first."""
    return page.evaluate(
        "[...document.querySelectorAll('.leaflet-image-layer')]"
        ".sort((a, b) => a.style.zIndex - b.style.zIndex).map((image) => image.src)"
    )


def point_at(page, lon, lat):
    x, y = page.evaluate(f"(() => {{ const p = map_0.latLngToContainerPoint([{lat}, {lon}]); return [p.x, p.y]; }})()")
    box = page.locator("#stage").bounding_box()
    page.mouse.move(box["x"] + x - 1, box["y"] + y)
    page.mouse.move(box["x"] + x, box["y"] + y)


def told(page):
    return page.locator(".coordinates-layers").inner_text().splitlines()


def told_at(page, lon, lat, *, count):
    """What the pointer is told at a place, as soon as as many layers answer."""

    def told_now():
        point_at(page, lon, lat)
        return told(page)

    return until_told(page, told_now, count=count)


def test_switches_stand_in_groups_in_a_reasoned_order(visit, layered_page):
    page = visit(layered_page)
    groups = page.locator("fieldset.layers legend").all_inner_texts()
    wanted = ["Routes", "Seabed", "Cost and risk", "Hazards", "Exclusions", "Infrastructure", "Reference"]
    assert [group for group in groups if group in wanted] == wanted
    assert {"Legal", "Industry"} < set(groups)


def test_several_layers_lie_on_each_other_and_go_again(visit, layered_page):
    page = visit(layered_page)
    assert len(images(page)) == 1
    for name in ("Excluded", "Ice", "Kinds"):
        switch(page, name).check()
    assert len(images(page)) == 4
    switch(page, "Ice").uncheck()
    assert len(images(page)) == 3


def test_the_pointer_is_told_the_reason_the_class_and_the_number(visit, layered_page):
    page = visit(layered_page)
    assert told_at(page, 11.0, 56.15, count=0) == []
    switch(page, "Excluded").check()
    switch(page, "Ice").check()
    assert told_at(page, 11.0, 56.15, count=2) == [
        "Excluded: Absheron fields, 500 m",
        "Ice: 0.25 faults per 1000 km a year",
    ]
    point_at(page, 12.0, 56.2)
    assert told(page) == [f"Excluded: {HOSTILE}"]
    assert page.evaluate("window.pwned") is None
    switch(page, "Excluded").uncheck()
    point_at(page, 11.0, 56.2)
    assert told(page) == ["Ice: 0.25 faults per 1000 km a year"]


def test_a_corridor_follows_the_selected_option_under_one_switch(visit, layered_page):
    page = visit(layered_page)
    assert switch(page, "Corridor").count() == 1
    switch(page, "Corridor").check()
    first = images(page)
    assert len(first) == 2
    assert told_at(page, 11.5, 56.0, count=1) == ["Corridor: up to 1 % dearer"]
    page.locator(".card-button").nth(1).click()
    second = images(page)
    assert len(second) == 2
    assert second != first
    assert told_at(page, 11.5, 56.0, count=1) == ["Corridor: up to 5 % dearer"]
    page.locator(".card-button").nth(0).click()
    assert images(page) == first
    switch(page, "Corridor").uncheck()
    page.locator(".card-button").nth(1).click()
    assert len(images(page)) == 1


def test_a_slider_changes_the_opacity_and_stands_only_beside_a_layer_that_is_on(visit, layered_page):
    page = visit(layered_page)
    slider = page.get_by_role("slider", name="Opacity of Excluded")
    assert slider.count() == 0
    switch(page, "Excluded").focus()
    page.keyboard.press("Space")
    assert slider.get_attribute("aria-valuetext") == "80 %"
    image = page.locator(".leaflet-image-layer").last
    assert float(image.evaluate("(node) => getComputedStyle(node).opacity")) == pytest.approx(0.8)
    page.keyboard.press("Tab")
    assert slider.evaluate("(node) => node === document.activeElement")
    for _ in range(6):
        page.keyboard.press("ArrowLeft")
    assert slider.get_attribute("aria-valuetext") == "50 %"
    assert float(image.evaluate("(node) => getComputedStyle(node).opacity")) == pytest.approx(0.5)
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    assert slider.count() == 0
    page.keyboard.press("Space")
    assert float(page.locator(".leaflet-image-layer").last.evaluate("(node) => node.style.opacity")) == 0.5


def test_the_legend_says_what_is_drawn_with_its_unit_and_classes(visit, layered_page):
    page = visit(layered_page)
    for name in ("Route cost", "Excluded", "Corridor", "Ice"):
        switch(page, name).check()
    legends = page.locator(".legend").all_inner_texts()
    assert [text.split("\n")[0].strip() for text in legends] == [
        "Water depth metres",
        "Route cost thousand USD per km",
        "Excluded by reason",
        "Ice faults per 1000 km a year",
        "Corridor",
    ]
    assert page.locator(".legend-classes").nth(0).locator("li").all_inner_texts() == list(REASONS)
    assert page.locator(".legend-classes img").evaluate_all("(all) => all.every((image) => image.naturalWidth === 26)")


def test_a_legend_of_many_classes_scrolls_and_the_keyboard_reaches_it(visit, layered_page):
    page = visit(layered_page)
    switch(page, "Kinds").check()
    rows = page.get_by_role("list", name="Classes of Kinds")
    assert rows.locator("li").count() == 12
    height, whole = rows.evaluate("(node) => [node.clientHeight, node.scrollHeight]")
    assert height < whole
    assert 7 <= height / (whole / 12) <= 9
    rows.focus()
    assert rows.evaluate("(node) => node === document.activeElement")


def test_on_a_phone_the_legend_is_folded_until_it_is_asked_for(visit, layered_page):
    page = visit(layered_page, width=390, height=844)
    assert not page.locator(".legend").first.is_visible()
    summary = page.get_by_text("Legend", exact=True)
    summary.focus()
    page.keyboard.press("Enter")
    assert page.locator(".legend").first.is_visible()
    box, stage = page.locator(".legends").bounding_box(), page.locator("#stage").bounding_box()
    assert box["x"] >= stage["x"]
    assert box["x"] + box["width"] <= stage["x"] + stage["width"]
    assert box["y"] >= stage["y"]


def test_no_legend_is_left_when_no_raster_is_on(visit, layered_page):
    page = visit(layered_page)
    assert page.locator(".legends").is_visible()
    switch(page, "Water depth").uncheck()
    assert not page.locator(".legends").is_visible()


def test_contours_carry_their_depth_and_more_of_them_nearby(visit, layered_page):
    page = visit(layered_page)
    labels = page.locator(".contour-label")
    far = labels.count()
    assert far > 0
    assert set(labels.all_inner_texts()) <= {"10", "20", "50", "100", "200", "500"}
    page.evaluate("map_0.setZoom(map_0.getZoom() + 2, { animate: false })")
    assert labels.count() > far
    switch(page, "Depth contours").uncheck()
    assert labels.count() == 0


def test_a_layer_of_an_unknown_option_is_refused(layered):
    stranger = replace(layered.rasters[3], option="Z")
    with pytest.raises(InputError, match="a layer belongs to option 'Z'; use one of"):
        replace(layered, rasters=(stranger,))


def test_a_page_that_is_too_large_is_written_without_its_largest_layers(sea, tmp_path, monkeypatch, caplog):
    soundings = tuple(((10.0 + 0.0001 * n, 55.5),) for n in range(2000))
    layer = MapVector("Soundings <b>", "Industry", "point", soundings, ("",) * 2000, "earthquake", shown=False)
    content, file = replace(sea, vectors=(layer, *sea.vectors)), tmp_path / "map.html"
    whole = write_map(content, file)
    assert [each["name"] for each in read_page(file)["vectors"]][1:] == [
        "Soundings <b>",
        "Sectors",
        "Lanes",
        "Earthquakes",
    ]
    assert "left out" not in caplog.text
    monkeypatch.setattr(budget, "_TOO_LARGE_BYTES", whole - 1000)
    assert write_map(content, file) < whole - 20_000
    shown = read_page(file)
    assert [each["name"] for each in shown["vectors"]][1:] == ["Sectors", "Lanes", "Earthquakes"]
    assert shown["footer"].endswith("Left out, because the map would be too large to open: Soundings <b>.")
    assert "left out of the map, which would be too large to open: Soundings <b>; simplify them" in caplog.text
    assert write_map(content, file, allow_large=True) == whole
    monkeypatch.setattr(budget, "_TOO_LARGE_BYTES", 2000)
    assert write_map(content, file) > 2000  # the options alone are more, and they are what the map is for
    assert read_page(file)["vectors"] == []


def test_a_page_of_any_origin_that_is_too_large_is_refused_unless_asked_for(tmp_path, monkeypatch, caplog):
    file = tmp_path / "map.html"
    monkeypatch.setattr(budget, "_LARGE_BYTES", 1000)
    monkeypatch.setattr(budget, "_TOO_LARGE_BYTES", 2000)
    with pytest.raises(PageSizeError, match=r"the map has 0\.\d MB, more than 0 MB; leave out or simplify layers"):
        write_page("x" * 3000, file)
    assert not file.exists()
    assert write_page("x" * 3000, file, allow_large=True) == 3000
    caplog.clear()
    write_page("x" * 1500, file)
    assert "slow to send by mail" in caplog.text
