"""The map as a reader meets it: opened from a file, without network, in a real browser."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
import webmap_sea
from waiting import show_as, until_it_rests, until_told

from routing import geodesy
from routing.grid import Grid, Raster
from routing.webmap.budget import DEPTH_LONG_SIDE_PX

pytestmark = pytest.mark.browser


def test_the_map_opens_offline_without_a_request_or_a_complaint(visit, sea, monkeypatch):
    monkeypatch.setattr("routing.webmap.payload.DEPTH_LONG_SIDE_PX", DEPTH_LONG_SIDE_PX)  # the tests draw less
    page = visit(sea)
    assert page.title() == "West to East cable"
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator(".leaflet-image-layer").count() == 1
    assert page.evaluate("document.querySelector('.leaflet-image-layer').naturalWidth") > 800


def test_the_panel_tells_the_recommended_option_first(visit, sea_page):
    panel = visit(sea_page).locator("#panel")
    text = panel.inner_text()
    assert "Recommended: the central route" in text
    assert re.search(r"Total cost\s*20\.0 M USD\s*16\.0–26\.0 M", text)
    assert panel.locator(".card-name").all_inner_texts() == ["Central route", "Southern route"]
    assert "+15.0 %" in panel.locator(".card").nth(1).inner_text()
    assert "Proven within 0.40 %" in text
    assert "Made for a test" in text


def test_choosing_an_option_changes_the_figures_and_the_profile(visit, sea_page):
    page = visit(sea_page)
    before = page.locator(".seabed").first.get_attribute("d")
    page.locator(".card-button").nth(1).click()
    assert "23.0" in page.locator(".figures").inner_text()
    assert page.locator(".drawer-heading b").inner_text() == "Southern route"
    assert page.locator(".card-button").nth(1).get_attribute("aria-pressed") == "true"
    assert page.locator(".seabed").first.get_attribute("d") != before


def test_a_checkbox_hides_and_shows_the_line_of_its_option(visit, sea_page):
    page = visit(sea_page)
    assert page.locator(".route-1").count() == 1
    page.get_by_label("Show Southern route on the map").uncheck()
    assert page.locator(".route-1").count() == 0
    assert page.locator(".route-0").count() == 1
    page.get_by_label("Show Southern route on the map").check()
    assert page.locator(".route-1").count() == 1


def test_options_differ_in_colour_and_in_dashes(visit, sea_page):
    lines = visit(sea_page).locator(".route-line")
    looks = [(lines.nth(i).get_attribute("stroke"), lines.nth(i).get_attribute("stroke-dasharray")) for i in (0, 1)]
    assert len({colour for colour, _ in looks}) == 2
    assert len({dashes for _, dashes in looks}) == 2


def test_a_position_shows_its_kp_depth_and_coordinates_when_clicked(visit, sea, sea_page):
    page = visit(sea_page)
    position = sea.options[1].links[0].positions[3]
    page.locator("path.rpl-position").nth(3).click()
    text = page.locator(".leaflet-popup").inner_text()
    assert "Alter course" in text
    assert f"{position.kp_km:.3f} km" in text
    assert f"{position.depth_m:.0f} m" in text
    assert geodesy.format_ddm(position.lat, axis="lat").replace("'", "′") in text
    assert geodesy.format_ddm(position.lon, axis="lon").replace("'", "′") in text
    assert f"{position.lat:.6f}" in text
    assert "Single armour" in text


def test_pointing_at_the_route_reads_kp_and_depth_and_moves_the_profile_cursor(visit, sea, sea_page):
    page = visit(sea_page)
    link = sea.options[1].links[0]
    lon, lat = link.points[60]
    kp_km = geodesy.cumulative_m(link.points)[60] / 1000.0
    x, y = page.evaluate(f"(() => {{ const p = map_0.latLngToContainerPoint([{lat}, {lon}]); return [p.x, p.y]; }})()")
    box = page.locator("#stage").bounding_box()
    page.mouse.move(box["x"] + x, box["y"] + y)
    read = float(re.search(r"KP ([\d.]+) km", page.locator(".leaflet-tooltip").inner_text())[1])
    metres_per_pixel = 40_075_017 * np.cos(np.radians(lat)) / 256 / 2 ** page.evaluate("map_0.getZoom()")
    assert abs(read - kp_km) < 1.5e-3 * metres_per_pixel
    assert f"KP {read:.3f} km" in page.locator(".reading").inner_text()
    assert page.locator(".cursor-dot.is-on").count() == 1
    page.mouse.click(box["x"] + x, box["y"] + y)
    assert re.search(r"KP\s*[\d.]+ km\s*Depth\s*\d+ m", page.locator(".leaflet-popup").inner_text())


def test_the_profile_cursor_follows_the_keyboard(visit, sea, sea_page):
    page = visit(sea_page)
    chart = page.get_by_role("slider", name="Place along the route")
    chart.focus()
    page.keyboard.press("End")
    assert chart.get_attribute("aria-valuenow") == f"{sea.options[1].length_km:.3f}"
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert chart.get_attribute("aria-valuetext").startswith("KP 0.6")


def test_the_position_list_names_every_position_and_opens_it(visit, sea_page):
    page = visit(sea_page)
    page.get_by_role("button", name="Position list").click()
    assert page.locator(".position-list tbody tr").count() == 8
    page.get_by_role("button", name="Show position 5 on the map").click()
    assert "Position 5" in page.locator(".leaflet-popup").inner_text()


def test_layers_can_be_switched(visit, sea_page):
    page = visit(sea_page)
    assert "Route cost" not in page.locator(".legends").inner_text()
    page.get_by_label("Route cost", exact=True).check()
    assert page.locator(".leaflet-image-layer").count() == 2
    assert "thousand USD per km" in page.locator(".legends").inner_text()
    page.get_by_label("Water depth", exact=True).uncheck()
    assert page.locator(".leaflet-image-layer").count() == 1
    before = page.locator("path.leaflet-interactive").count()
    page.get_by_label("Earthquakes").check()
    assert page.locator("path.leaflet-interactive").count() == before + 1


def test_the_cursor_reads_coordinates_and_depth(visit, sea, sea_page):
    page = visit(sea_page)
    lon, lat = 11.5, 56.35
    x, y = page.evaluate(f"(() => {{ const p = map_0.latLngToContainerPoint([{lat}, {lon}]); return [p.x, p.y]; }})()")
    box = page.locator("#stage").bounding_box()

    def depths():
        page.mouse.move(box["x"] + x - 1, box["y"] + y)
        page.mouse.move(box["x"] + x, box["y"] + y)
        return re.findall(r"depth about (\d+) m", page.locator(".coordinates").inner_text())

    (read,) = map(float, until_told(page, depths, count=1))
    text = page.locator(".coordinates").inner_text()
    assert re.search(r"56\.3\d+° N  11\.[45]\d+° E   ·   56° 2\d\.\d{3}′ N  011° (29|30)\.\d{3}′ E", text)
    grid = sea.depth.grid
    row, col = grid.to_rowcol(geodesy.transform_points([[lon, lat]], geodesy.WGS84, grid.crs))[0]
    # One pixel of the read-out is about 1 km of a seabed that falls by less than 15 m a km.
    assert abs(read - sea.depth.values[round(row), round(col)]) < 20.0


def test_a_narrow_window_puts_the_message_above_the_map_and_the_panel_behind_a_switch(visit, sea_page):
    page = visit(sea_page, width=800, height=700)
    assert "Recommended: the central route" in page.locator("#banner").inner_text()
    assert not page.locator("#panel").is_visible()
    page.get_by_role("button", name="Show the panel").click()
    assert page.locator("#panel").is_visible()
    page.get_by_role("button", name="Hide the panel").click()
    assert not page.locator("#panel").is_visible()


def test_the_print_has_the_map_and_no_controls(visit, sea_page):
    page = visit(sea_page)
    show_as(page, "print")
    assert page.locator("#panel h1").is_visible()
    assert not page.locator(".map-buttons").is_visible()
    assert page.locator("#stage").bounding_box()["width"] == 666
    show_as(page, "screen")
    assert page.locator(".map-buttons").is_visible()
    assert len(page.pdf(prefer_css_page_size=True, print_background=True)) > 20_000


def test_raster_and_vectors_agree_within_one_and_a_half_pixels_from_49_to_59_north(visit, sea):
    area = (3.0, 48.0, 13.0, 60.0)
    projection = geodesy.local_projection(area)
    grid = Grid.cover_area(area, projection=projection, cell_size_m=2000.0)
    depth = np.full(grid.shape, 300.0, np.float32)
    rowcol = grid.to_rowcol(projection.forward([[6.0, 49.0], [9.5, 54.0], [6.5, 59.0]])).round().astype(int)
    row, col = np.indices(grid.shape)
    for r, c in rowcol:
        depth[np.hypot(row - r, col - c) < 7.5] = np.nan  # an island, symmetric about a cell centre
    islands = projection.inverse(grid.to_xy(rowcol))
    far = replace(
        sea,
        depth=Raster(depth, grid),
        rasters=(),
        vectors=(),
        candidates=(),
        options=(webmap_sea.option([webmap_sea.link((4.0, 57.0), (12.0, 57.5))]),),
    )
    page = visit(far, width=1400, height=1200)
    page.get_by_role("button", name="Show the whole area").click()
    # Only the image stays: lines, names and controls would be taken for land.
    hidden = ".leaflet-pane:not(.leaflet-map-pane):not(.leaflet-overlay-pane), .leaflet-control-container"
    page.evaluate("(s) => document.querySelectorAll(s).forEach((n) => { n.style.display = 'none'; })", hidden)
    picture = screenshot(page, "#stage")
    land = np.abs(picture.astype(int) - picture[3, 3].astype(int)).max(axis=2) < 24
    for lon, lat in islands:
        x, y = page.evaluate(
            f"(() => {{ const p = map_0.latLngToContainerPoint([{lat}, {lon}]); return [p.x, p.y]; }})()"
        )
        top, left = round(y) - 14, round(x) - 14
        rows, cols = np.nonzero(land[top : top + 29, left : left + 29])
        assert len(rows) > 20
        assert np.hypot(cols.mean() + 0.5 + left - x, rows.mean() + 0.5 + top - y) < 1.5


@pytest.mark.parametrize("is_geographic", [True, False])
def test_a_sea_across_the_antimeridian_is_drawn_in_one_piece(visit, sea, is_geographic):
    area = (176.0, -20.0, -176.0, -14.0)
    if is_geographic:
        grid = Grid(60, 80, 176.0, -14.0, 0.1, 0.1, "EPSG:4326")
        depth = Raster(np.full(grid.shape, 900.0, np.float32), grid)
    else:
        grid = Grid.cover_area(area, projection=geodesy.local_projection(area), cell_size_m=5000.0)
        depth = Raster(np.full(grid.shape, 900.0, np.float32), grid)
    content = replace(
        sea,
        depth=depth,
        rasters=(),
        options=(webmap_sea.option([webmap_sea.link((178.0, -17.0), (-178.0, -16.5))]),),
        candidates=(),
        vectors=(),
    )
    page = visit(content, width=1400, height=900)
    path = page.locator(".route-0")
    assert path.get_attribute("d").count("M") == 1
    page.get_by_role("button", name="Show the whole area").click()
    until_it_rests(page)
    route, stage = page.locator(".route-0").bounding_box(), page.locator("#stage").bounding_box()
    assert 0.2 * stage["width"] < route["width"] < 0.7 * stage["width"]
    picture = screenshot(page, "#stage").astype(int)
    for lon in (176.6, 178.6, 180.5, 182.5, 183.4):
        x, y = page.evaluate(
            f"(() => {{ const p = map_0.latLngToContainerPoint([-15.1, {lon}]); return [p.x, p.y]; }})()"
        )
        red, _, blue = picture[round(y), round(x)]
        assert blue > red + 20, f"no sea at {lon} east"
    assert page.locator(".graticule-label.north").all_inner_texts()[-1].endswith("W")


def screenshot(page, selector):
    import io

    from PIL import Image

    with Image.open(io.BytesIO(page.locator(selector).screenshot())) as image:
        return np.asarray(image.convert("RGB"))


def test_an_option_of_two_links_shows_the_profile_of_the_chosen_one(visit, sea):
    links = [
        webmap_sea.link((10.45, 56.0), (11.5, 56.4), name="First leg", link_id="1"),
        webmap_sea.link((11.5, 56.4), (12.55, 56.1), name="Second leg", link_id="2"),
    ]
    page = visit(replace(sea, options=(webmap_sea.option(links),)))
    assert page.locator(".route-0").count() == 2
    page.get_by_label("Link").select_option("Second leg")
    page.get_by_role("button", name="Position list").click()
    page.get_by_role("button", name="Show position 2 on the map").click()
    assert "Position 2 · Second leg" in page.locator(".leaflet-popup").inner_text()


def test_names_on_the_map_do_not_cover_one_another(visit, sea_page):
    labels = visit(sea_page).locator(".map-label").all()
    boxes = [label.bounding_box() for label in labels]
    assert len(boxes) == 4
    for n, a in enumerate(boxes):
        for b in boxes[n + 1 :]:
            assert (
                a["x"] + a["width"] <= b["x"]
                or b["x"] + b["width"] <= a["x"]
                or a["y"] + a["height"] <= b["y"]
                or b["y"] + b["height"] <= a["y"]
            )


def test_every_control_has_a_name_and_takes_the_focus(visit, sea_page):
    page = visit(sea_page)
    for role in ("button", "checkbox", "slider"):
        for control in page.get_by_role(role).all():
            if not control.is_visible():
                continue
            name = control.get_attribute("aria-label") or control.inner_text()
            assert name.strip() or control.evaluate("(n) => n.labels[0].textContent.trim()")
            control.focus()
            assert control.evaluate("(n) => document.activeElement === n")
