"""Along the route as a reader meets it: the profile with its strips, legs, places to go to, distances."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pytest
import webmap_sea
from playwright.sync_api import expect
from pyproj import Geod
from waiting import until_it_rests

from routing.grid import Grid, Raster
from routing.webmap import MapMark, MapSection, MapStretch

pytestmark = pytest.mark.browser

WGS84 = Geod(ellps="WGS84")
GO_TO = "Go to a place"


@pytest.fixture
def link(sea):
    """The link that is selected when the map opens."""
    return sea.options[1].links[0]


def pixel(page, lon, lat):
    """Where a place stands in the window."""
    x, y = page.evaluate(
        "([lat, lon]) => { const p = map_0.latLngToContainerPoint([lat, lon]); return [p.x, p.y]; }", [lat, lon]
    )
    box = page.locator("#stage").bounding_box()
    return box["x"] + x, box["y"] + y


def point_at_kp(page, kp_km, *, last_km):
    """Put the pointer on the chart at a KP."""
    axis = page.locator(".strip").first.bounding_box()
    chart = page.locator(".profile").bounding_box()
    page.mouse.move(axis["x"] + axis["width"] * kp_km / last_km, chart["y"] + 20)


def write(page, text):
    """Write into the box of places and go there; the answer."""
    if not page.get_by_role("dialog", name=GO_TO).is_visible():
        page.get_by_role("button", name=GO_TO).click()
    page.get_by_label("KP, position, coordinates or landing").fill(text)
    page.keyboard.press("Enter")
    return page.get_by_role("dialog", name=GO_TO).get_by_role("status").inner_text()


def pinned(page):
    """The place that was gone to, (lon, lat); the map is centred on it within a pixel."""
    lon, lat = page.evaluate(
        """() => {
          let at = null;
          map_0.eachLayer((layer) => { if (layer.options.className === "goto-pin") at = layer.getLatLng(); });
          return [at.lng, at.lat];
        }"""
    )
    box = page.locator("#stage").bounding_box()
    x, y = pixel(page, lon, lat)
    assert math.hypot(x - box["x"] - box["width"] / 2, y - box["y"] - box["height"] / 2) < 1.5
    return [lon, lat]


def with_link(sea, link):
    return replace(sea, options=(webmap_sea.option([link]),))


# Strips


def test_cable_blocks_stand_at_their_kp_and_carry_their_code(visit, link, sea_page):
    page = visit(sea_page)
    strip = page.locator(".track-burial .strip").bounding_box()
    blocks = page.locator(".track-cable .cable-block").all()
    assert len(blocks) == len(link.sections)
    for block, section in zip(blocks, link.sections, strict=True):
        box = block.bounding_box()
        assert abs(box["x"] - strip["x"] - strip["width"] * section.start_km / link.length_km) < 1.0
        assert abs(box["width"] - strip["width"] * (section.end_km - section.start_km) / link.length_km) < 2.0
        assert block.text_content() == f"{section.cable_type}, KP {section.start_km:.3f}–{section.end_km:.3f} km"
    assert page.locator(".track-cable .block-text").all_text_contents() == ["SA", "LWP"]


def test_cables_differ_in_pattern_and_not_in_colour_alone(visit, sea_page):
    page = visit(sea_page)
    classes = [block.get_attribute("class") for block in page.locator(".cable-block").all()]
    assert len(set(classes)) == 2
    assert page.locator(".track-cable .hatch").count() == 1


def test_burial_is_drawn_by_its_depth_and_names_its_method(visit, sea, link):
    third = link.length_km / 3
    deep = (
        MapSection(0.0, third, "SA", "plough", 2.0, 0.5),
        MapSection(third, 2 * third, "SA", "jet", 1.0, 0.5),
        MapSection(2 * third, link.length_km, "SA", "surface", 0.0, 0.5),
    )
    page = visit(with_link(sea, replace(link, sections=deep)))
    strip = page.locator(".track-burial .strip").bounding_box()["height"]
    heights = [block.bounding_box()["height"] for block in page.locator(".burial-block").all()]
    np.testing.assert_allclose(heights, [strip, 0.5 * strip], atol=1.0)
    assert page.locator(".track-burial .block-text").all_text_contents() == ["plough 2.0 m", "jet 1.0 m", "surface"]
    assert page.locator(".track-cable .cable-block").count() == 1
    assert page.locator(".track-burial .tick-text").text_content() == "2 m"


def test_the_drawer_shows_more_strips_the_higher_it_is(visit, sea, link):
    names = ("surf", "mud volcano", "fault")
    hazards = tuple(MapStretch(name, 10.0 * i, 10.0 * i + 5.0) for i, name in enumerate(names))
    content = with_link(sea, replace(link, hazards=hazards))
    page = visit(content, width=1440, height=900)
    strips = page.locator(".track").evaluate_all("(nodes) => nodes.map((n) => n.getAttribute('class').split('-')[1])")
    assert strips == ["cable", "burial", "hazards"]
    page.get_by_role("button", name="Make the lower part larger").click()
    page.wait_for_selector(".track-slope")
    assert page.locator(".track-hazard .strip-name").all_text_contents() == list(names)
    low = visit(content, width=1440, height=700)
    strips = low.locator(".track").evaluate_all("(nodes) => nodes.map((n) => n.getAttribute('class').split('-')[1])")
    assert strips == ["cable", "burial"]
    for shown in (page, low):
        curve = shown.locator(".seabed").bounding_box()["height"]
        assert curve > 0.4 * shown.locator(".profile").bounding_box()["height"] - 20


def test_the_slope_is_drawn_up_and_down_alike_against_a_scale_in_degrees(visit, sea, link):
    marks = tuple(
        MapMark(m.kp_km, m.depth_m, (-4.0 if m.kp_km > link.length_km / 2 else 4.0), 0.4) for m in link.profile
    )
    page = visit(with_link(sea, replace(link, profile=marks)), height=900)
    page.get_by_role("button", name="Make the lower part larger").click()
    page.wait_for_selector(".track-slope")
    assert page.locator(".track-slope .tick-text").text_content() == "4°"
    area = page.locator(".slope-area").evaluate("(n) => n.getBBox().height")
    assert abs(area - page.locator(".track-slope .strip").bounding_box()["height"]) < 2.0


def test_a_long_hazard_name_is_cut_at_the_left_and_whole_when_pointed_at(visit, sea, link):
    name = "a hazard whose name is far longer than the margin"
    page = visit(with_link(sea, replace(link, hazards=(MapStretch(name, 0.0, 9.0),))), height=1000)
    page.get_by_role("button", name="Make the lower part larger").click()
    page.wait_for_selector(".track-hazard")
    label = page.locator(".track-hazard .strip-name")
    assert label.locator("title").text_content() == name
    assert label.bounding_box()["x"] >= page.locator("#drawer").bounding_box()["x"]


# Cursor


@pytest.mark.parametrize(
    ("start", "end"), [((11.5, 55.1), (11.5, 56.9)), ((10.4, 56.9), (12.6, 55.1)), ((10.2, 56.0), (12.8, 56.0))]
)
def test_a_kp_is_found_where_it_is_and_read_back_there(visit, sea, start, end):
    points = [start, *WGS84.npts(*start, *end, 60), end]
    length_km = WGS84.inv(*start, *end)[2] / 1000
    link = replace(webmap_sea.link(start, end), points=tuple(points), length_km=length_km, positions=(), profile=())
    page = visit(with_link(sea, link))
    bearing = WGS84.inv(*start, *end)[0]
    for kp_km in np.linspace(0.0, length_km, 23):
        lon, lat, _ = WGS84.fwd(*start, bearing, 1000 * kp_km)
        found, read = page.evaluate(
            """([kpKm, lon, lat]) => {
              const [link] = JSON.parse(document.getElementById("content").textContent).options[0].links;
              cablemap.prepareLinks([{ links: [link] }]);
              return [cablemap.placeAt(link, kpKm), cablemap.nearestPlace(link, L.latLng(lat, lon))];
            }""",
            [kp_km, lon, lat],
        )
        # Lines are drawn within five metres and KP written to one.
        assert WGS84.inv(found["lon"], found["lat"], lon, lat)[2] < 6.0
        assert abs(read["kp"] - kp_km) < 0.006


def test_the_reading_tells_what_lies_at_the_cursor(visit, link, sea_page):
    page = visit(sea_page)
    kp_km = 0.07 * link.length_km
    point_at_kp(page, kp_km, last_km=link.length_km)
    text = page.locator(".reading").inner_text()
    read = float(re.search(r"KP ([\d.]+) km", text)[1])
    assert abs(read - kp_km) < 0.3
    depth = np.interp(read, [m.kp_km for m in link.profile], [m.depth_m for m in link.profile])
    assert abs(float(re.search(r"([\d.]+) m deep", text)[1]) - depth) < 0.6
    assert text.split(" · ")[2:] == ["slope 1.5° down", "SA", "plough 1.5 m", "surf"]
    point_at_kp(page, 0.5 * link.length_km, last_km=link.length_km)
    assert page.locator(".reading").inner_text().split(" · ")[3:5] == ["LWP", "surface"]


def test_the_reading_names_the_position_under_the_pointer(visit, link, sea_page):
    page = visit(sea_page)
    point_at_kp(page, link.positions[3].kp_km, last_km=link.length_km)
    assert page.locator(".reading").inner_text().endswith("position 4: Alter course")


def test_the_cursor_on_the_chart_rings_its_place_on_the_map(visit, link, sea_page):
    page = visit(sea_page)
    position = link.positions[4]
    point_at_kp(page, position.kp_km, last_km=link.length_km)
    ring = page.locator("path.cursor-ring").bounding_box()
    x, y = pixel(page, position.lon, position.lat)
    assert math.hypot(ring["x"] + ring["width"] / 2 - x, ring["y"] + ring["height"] / 2 - y) < 2.0


def test_a_click_on_the_chart_near_a_position_opens_its_row(visit, link, sea_page):
    page = visit(sea_page)
    point_at_kp(page, link.positions[5].kp_km, last_km=link.length_km)
    page.mouse.down()
    page.mouse.up()
    assert page.locator("tr[aria-current=true] .row-button").inner_text() == "6"
    page.get_by_role("button", name="Depth profile").click()
    point_at_kp(page, 0.5 * (link.positions[2].kp_km + link.positions[3].kp_km), last_km=link.length_km)
    page.mouse.down()
    page.mouse.up()
    assert page.locator(".profile").is_visible()


def test_the_position_list_opens_at_the_row_nearest_the_cursor(visit, link, sea_page):
    page = visit(sea_page)
    page.get_by_role("button", name="Position list").click()
    assert page.locator("tr[aria-current=true]").count() == 0
    page.get_by_role("button", name="Depth profile").click()
    point_at_kp(page, link.positions[6].kp_km - 1.0, last_km=link.length_km)
    page.get_by_role("button", name="Position list").click()
    row = page.locator("tr[aria-current=true]")
    assert row.locator(".row-button").inner_text() == "7"
    view, box = page.locator(".position-list").bounding_box(), row.bounding_box()
    assert view["y"] < box["y"]
    assert box["y"] + box["height"] <= view["y"] + view["height"]


# Legs


def test_a_click_on_the_route_shows_the_leg_and_leads_to_its_row(visit, link, sea_page):
    page = visit(sea_page)
    at = link.points[100]
    page.mouse.click(*pixel(page, *at))
    start, end = next((a, b) for a, b in zip(link.positions, link.positions[1:], strict=False) if a.lon < at[0] < b.lon)
    text = page.locator(".leaflet-popup").inner_text()
    assert f"Leg {start.number} to {end.number}" in text
    assert f"{start.kp_km:.3f}–{end.kp_km:.3f} km" in text
    bearing = WGS84.inv(start.lon, start.lat, end.lon, end.lat)[0] % 360.0
    # KP are whole metres, and so are their differences.
    assert f"{round(end.kp_km, 3) - round(start.kp_km, 3):.3f} km, {bearing:.1f}° true" in text
    assert "LWP, surface, slack 1.5 %" in text
    page.get_by_role("button", name="Show in position list").click()
    row = page.locator("tr[aria-current=true]")
    assert row.locator(".row-button").inner_text() == str(start.number)
    assert row.locator(".row-button").evaluate("(n) => document.activeElement === n")


def test_a_leg_of_another_option_leads_to_its_own_list(visit, sea, sea_page):
    page = visit(sea_page)
    page.mouse.click(*pixel(page, *sea.options[0].links[0].points[100]))
    page.locator(".card-button").first.click()
    assert page.locator(".drawer-heading b").inner_text() == "Central route"
    page.get_by_role("button", name="Show in position list").click()
    assert page.locator(".drawer-heading b").inner_text() == "Southern route"
    assert page.locator("tr[aria-current=true]").count() == 1


def test_a_link_without_positions_shows_its_places_only(visit, sea, link):
    page = visit(with_link(sea, replace(link, positions=())))
    page.mouse.click(*pixel(page, *link.points[100]))
    assert "Leg" not in page.locator(".leaflet-popup").inner_text()
    point_at_kp(page, 20.0, last_km=link.length_km)
    assert page.locator(".reading").inner_text().startswith("KP ")
    assert write(page, "#1").endswith("has no position list.")


# Places to go to

NAMES = ["Aktau", "Neft Daşları", "East Point", "East Cove", "Site 12"]
PLACES = {
    "KP 120.5": {"kind": "kp", "kpKm": 120.5},
    "kp120.5km": {"kind": "kp", "kpKm": 120.5},
    " 120.5 km ": {"kind": "kp", "kpKm": 120.5},
    "120.5": {"kind": "kp", "kpKm": 120.5},
    "0": {"kind": "kp", "kpKm": 0},
    "-3": {"kind": "kp", "kpKm": -3},
    "KP 1,234.500 km": {"kind": "kp", "kpKm": 1234.5},
    "#14": {"kind": "position", "number": 14},
    "pos 14": {"kind": "position", "number": 14},
    "Position #14": {"kind": "position", "number": 14},
    "No. 14": {"kind": "position", "number": 14},
    "40.5 N 50.2 E": {"kind": "coordinates", "lat": 40.5, "lon": 50.2},
    "50.2E, 40.5N": {"kind": "coordinates", "lat": 40.5, "lon": 50.2},
    "N 40.5 E 50.2": {"kind": "coordinates", "lat": 40.5, "lon": 50.2},
    "40.5, 50.2": {"kind": "coordinates", "lat": 40.5, "lon": 50.2},
    "-40.5 -50.2": {"kind": "coordinates", "lat": -40.5, "lon": -50.2},
    "−40.5; 190": {"kind": "coordinates", "lat": -40.5, "lon": -170},
    "40.5 S 50.2 W": {"kind": "coordinates", "lat": -40.5, "lon": -50.2},
    "40° 35.126′ N 050° 0.475′ E": {"kind": "coordinates", "lat": 40 + 35.126 / 60, "lon": 50 + 0.475 / 60},
    "40° 35.126' N  050° 00.475' E": {"kind": "coordinates", "lat": 40 + 35.126 / 60, "lon": 50 + 0.475 / 60},
    "40d35.126m N 50d0.475m E": {"kind": "coordinates", "lat": 40 + 35.126 / 60, "lon": 50 + 0.475 / 60},
    "40 35.126 50 0.475": {"kind": "coordinates", "lat": 40 + 35.126 / 60, "lon": 50 + 0.475 / 60},
    "40-35.126N 050-00.475E": {"kind": "coordinates", "lat": 40 + 35.126 / 60, "lon": 50 + 0.475 / 60},
    "-0 30 -0 15": {"kind": "coordinates", "lat": -0.5, "lon": -0.25},
    "40°35'7.56\"N 50°0'28.5\"E": {"kind": "coordinates", "lat": 40 + 35.126 / 60, "lon": 50 + 0.475 / 60},
    "40 deg 35 min north, 50 deg 0 min east": {"kind": "coordinates", "lat": 40 + 35 / 60, "lon": 50},
    "aktau": {"kind": "landing", "index": 0},
    "daş": {"kind": "landing", "index": 1},
    "east p": {"kind": "landing", "index": 2},
    "Site 12": {"kind": "landing", "index": 4},
}
UNCLEAR = {
    "": "Write a KP",
    "   ": "Write a KP",
    "Atlantis": "“Atlantis” is not understood. Write a KP",
    "east": "East Point or East Cove",
    "KP twelve": "is no KP",
    "KP 120,5": "is no KP",
    "1,234": "can be a KP or two coordinates",
    "40.5 N": "is not clear",
    "40,5 N 50,2 E": "points for decimals",
    "1 2 3": "is not clear",
    "95 N 50 E": "Latitude 95 is beyond 90°",
    "50.2, 400": "Longitude 400 is beyond 360°",
    "40.5 N 50.2 N": "one of N or S and one of E or W",
    "-40.5 N 50.2 E": "say the hemisphere twice",
    "40 60.0 N 50 0 E": "below 60",
    "40.5 30 N 50 0 E": "only the last number may have decimals",
    "40' 30° N 50 E": "in this order",
    "40 30 20 10 N 50 E": "one to three numbers",
    "1e3 2e3": "is not clear",
    "<img src=x onerror=alert(1)>": "is not understood",
    "#" * 100: "is not understood",
    "9" * 120 + "x": "is not understood",
}


def parse(page, texts):
    return page.evaluate("([texts, names]) => texts.map((text) => cablemap.parsePlace(text, names))", [texts, NAMES])


def test_places_are_understood_as_they_are_written(visit, sea_page):
    for (text, place), found in zip(PLACES.items(), parse(visit(sea_page), list(PLACES)), strict=True):
        assert found.pop("kind", found) == place["kind"], text
        assert found == pytest.approx({key: value for key, value in place.items() if key != "kind"}, abs=1e-9), text


def test_what_is_not_a_place_is_refused_with_the_reason(visit, sea_page):
    for (text, reason), found in zip(UNCLEAR.items(), parse(visit(sea_page), list(UNCLEAR)), strict=True):
        assert list(found) == ["error"], text
        assert reason in found["error"], text


def test_a_position_as_the_page_prints_it_can_be_written_back(visit, sea_page):
    page = visit(sea_page)
    rng = np.random.default_rng(7)
    places = np.column_stack([rng.uniform(-90, 90, 300), rng.uniform(-180, 180, 300)]).tolist()
    found = page.evaluate(
        """(places) => places.map(([lat, lon]) => cablemap.parsePlace(
          `${cablemap.degreesMinutes(lat, "lat", 4)}  ${cablemap.degreesMinutes(lon, "lon", 4)}`, []))""",
        places,
    )
    # Half of the last digit: 0.00005 minutes.
    np.testing.assert_allclose([[each["lat"], each["lon"]] for each in found], places, atol=0.51e-4 / 60, rtol=0)


def test_going_to_a_kp_centres_the_map_and_moves_the_cursor(visit, link, sea_page):
    page = visit(sea_page)
    answer = write(page, f"KP {link.positions[2].kp_km:.3f}")
    assert f"KP {link.positions[2].kp_km:.3f} km on West to East" in answer
    # Lines on the map are thinned to five metres.
    assert WGS84.inv(*pinned(page), link.positions[2].lon, link.positions[2].lat)[2] < 10.0
    assert f"KP {link.positions[2].kp_km:.3f} km" in page.locator(".reading").inner_text()


def test_going_to_a_position_opens_it_and_its_coordinates_are_told(visit, link, sea_page):
    page = visit(sea_page)
    answer = write(page, "#5")
    assert answer.startswith("Position 5 of West to East")
    assert f"{link.positions[4].lat:.5f}° N" in answer
    assert "Position 5" in page.locator(".leaflet-popup").inner_text()


@pytest.mark.parametrize(
    ("text", "lon", "lat"), [("56.2 N 11.4 E", 11.4, 56.2), ("56 12 11 24", 11.4, 56.2), ("north cove", 11.9, 56.7)]
)
def test_going_to_coordinates_or_a_landing_centres_the_map_there(visit, sea_page, text, lon, lat):
    page = visit(sea_page)
    assert f"{lat:.5f}° N {lon:.5f}° E" in write(page, text)
    assert pinned(page) == pytest.approx([lon, lat], abs=1e-9)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("KP 900", "KP 900 is not on West to East: its KP run from 0 to"),
        ("-1", "KP -1 is not on"),
        ("#99", "has no position 99: it has 1 to 8"),
        ("10 N 20 E", "is outside this map"),
        ("nowhere", "is not understood"),
    ],
)
def test_a_place_that_cannot_be_shown_leaves_the_map_alone_and_says_why(visit, sea_page, text, reason):
    page = visit(sea_page)
    view = "[map_0.getCenter().lng, map_0.getCenter().lat, map_0.getZoom()]"
    before = page.evaluate(view)
    assert reason in write(page, text)
    assert page.evaluate(view) == before
    assert page.locator("path.goto-pin").count() == 0
    assert page.get_by_label("KP, position, coordinates or landing").get_attribute("aria-invalid") == "true"


def test_escape_closes_the_box_of_places_and_the_focus_returns(visit, sea_page):
    page = visit(sea_page)
    button = page.get_by_role("button", name=GO_TO)
    button.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.tagName") == "INPUT"
    assert button.get_attribute("aria-expanded") == "true"
    write(page, "KP 10")
    page.keyboard.press("Escape")
    assert not page.get_by_role("dialog", name=GO_TO).is_visible()
    assert button.evaluate("(n) => document.activeElement === n")
    assert page.locator("path.goto-pin").count() == 0


# Geodesics and distances


def test_distances_and_bearings_agree_with_proj_within_a_millimetre_up_to_19000_km(visit, sea_page):
    rng = np.random.default_rng(20)
    lon, lat = rng.uniform(-180, 180, (4000, 2)), np.degrees(np.arcsin(rng.uniform(-1, 1, (4000, 2))))
    # Special lines as well: meridians, the equator, parallels, poles, short legs.
    special = np.array(
        [[10, 20, 10, -30], [0, 0, 90, 0], [179, 5, -179, 5], [0, 90, 40, 10], [5, 5, 5.00001, 5], [0, -90, 0, 80]]
    )
    pairs = np.vstack([np.column_stack([lon[:, 0], lat[:, 0], lon[:, 1], lat[:, 1]]), special])
    azimuth, _, metres = WGS84.inv(*pairs.T)
    near = metres < 19_000_000
    found = visit(sea_page).evaluate(
        "(pairs) => pairs.map(([a, b, c, d]) => cablemap.inverse([a, b], [c, d]))", pairs[near].tolist()
    )
    assert near.sum() > 3900
    np.testing.assert_allclose([each["metres"] for each in found], metres[near], atol=1e-3, rtol=0)
    turn = np.array([each["bearing"] for each in found]) - azimuth[near]
    # Across the line the end moves by a millimetre or less.
    aside = np.radians((turn + 180) % 360 - 180) * np.minimum(metres[near], 6.4e6)
    poles = np.abs(pairs[near][:, 1]) > 89.999
    assert np.abs(aside[~poles]).max() < 2e-3


def test_the_end_of_a_bearing_agrees_with_proj(visit, sea_page):
    rng = np.random.default_rng(21)
    rays = np.column_stack(
        [
            rng.uniform(-180, 180, 1000),
            rng.uniform(-85, 85, 1000),
            rng.uniform(0, 360, 1000),
            rng.uniform(0, 15e6, 1000),
        ]
    )
    found = np.array(
        visit(sea_page).evaluate("(rays) => rays.map(([a, b, c, d]) => cablemap.direct([a, b], c, d))", rays.tolist())
    )
    lon, lat, _ = WGS84.fwd(*rays.T)
    assert WGS84.inv(found[:, 0], found[:, 1], lon, lat)[2].max() < 1e-3


def test_antipodes_are_not_computed_and_the_same_place_is_no_distance(visit, sea_page):
    page = visit(sea_page)
    pairs = [[0, 0, 180, 0], [0, 0, 179.7, 0.2], [30, 40, -150, -40], [30, 40, -150.05, -40.1]]
    assert page.evaluate("(p) => p.map(([a, b, c, d]) => cablemap.inverse([a, b], [c, d]))", pairs) == [None] * 4
    assert page.evaluate("cablemap.drawnLines([0, 0], [180, 0])") == []
    assert page.evaluate("cablemap.inverse([30, 40], [390, 40])") == {"metres": 0, "bearing": 0}


def test_a_drawn_line_lies_on_the_geodesic_and_runs_on_across_the_antimeridian(visit, sea_page):
    page = visit(sea_page)
    (line,) = page.evaluate("cablemap.drawnLines([170, 50], [200, 40])")
    line = np.array(line)
    assert np.abs(np.diff(line[:, 0])).max() < 1.0
    assert line[-1].tolist() == [200, 40]
    whole = WGS84.inv(170, 50, 200, 40)[2]
    passed = WGS84.inv(np.full(len(line), 170.0), np.full(len(line), 50.0), line[:, 0], line[:, 1])[2]
    left = WGS84.inv(line[:, 0], line[:, 1], np.full(len(line), 200.0), np.full(len(line), 40.0))[2]
    np.testing.assert_allclose(passed + left, whole, atol=0.01)
    both = page.evaluate("cablemap.drawnLines([-179, 10], [179, 10])")
    assert [each[-1][0] for each in both] == [-181, 179]
    assert [each[0][0] for each in both] == [-179, 181]


def start_measuring(page, places):
    page.get_by_role("button", name="Measure distances").click()
    points = [pixel(page, *place) for place in places]
    for x, y in points:
        page.mouse.click(x, y)
    box = page.locator("#stage").bounding_box()
    return [
        page.evaluate(
            "([x, y]) => { const p = map_0.containerPointToLatLng([x, y]); return [p.lng, p.lat]; }",
            [x - box["x"], y - box["y"]],
        )
        for x, y in points
    ]


def test_clicks_measure_legs_and_their_total_in_kilometres_and_nautical_miles(visit, sea_page):
    page = visit(sea_page)
    # The second point lies on the route: while measuring, clicks are not for it.
    places = start_measuring(page, [(11.2, 56.35), (11.5, 56.09), (12.0, 55.8)])
    box = page.get_by_role("group", name="Distances")
    rows = [row.split("\t") for row in box.locator("tbody tr").all_inner_texts()]
    total = 0.0
    for row, start, end in zip(rows, places, places[1:], strict=False):
        bearing, _, metres = WGS84.inv(*start, *end)
        total += metres
        # Pixels are whole and so are the places of clicks, but the map may sit between them.
        assert float(row[1].split()[0]) == pytest.approx(metres / 1000, abs=0.3)
        assert float(row[2].split()[0]) == pytest.approx(float(row[1].split()[0]) / 1.852, abs=0.001)
        assert float(row[3].rstrip("°")) == pytest.approx(bearing % 360, abs=1.0)
    read = re.fullmatch(r"Total ([\d.]+) km · ([\d.]+) NM", box.get_by_role("status").inner_text())
    assert float(read[1]) == pytest.approx(total / 1000, abs=0.5)
    assert float(read[1]) == pytest.approx(sum(float(row[1].split()[0]) for row in rows), abs=0.002)
    assert page.locator(".leaflet-popup").count() == 0
    assert page.locator("path.measure-point").count() == 3
    assert page.locator("path.measure-line").count() == 2


def test_enter_ends_the_line_and_escape_clears_it(visit, sea_page):
    page = visit(sea_page)
    button = page.get_by_role("button", name="Measure distances")
    start_measuring(page, [(11.2, 56.35), (11.5, 56.25)])
    assert button.get_attribute("aria-pressed") == "true"
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-pressed") == "false"
    page.mouse.click(*pixel(page, 12.0, 55.8))
    assert page.locator("path.measure-point").count() == 2
    page.keyboard.press("Escape")
    assert page.locator("path.measure-point").count() == 0
    assert not page.get_by_role("group", name="Distances").is_visible()


def test_a_double_click_ends_the_line_without_a_point_twice_and_without_zooming(visit, sea_page):
    page = visit(sea_page)
    zoom = page.evaluate("map_0.getZoom()")
    start_measuring(page, [(11.2, 56.35)])
    page.wait_for_timeout(600)  # longer than the clicks of a double click lie apart
    page.mouse.dblclick(*pixel(page, 11.8, 56.3))
    expect(page.locator("path.measure-point")).to_have_count(2)
    until_it_rests(page)
    assert page.get_by_role("button", name="Measure distances").get_attribute("aria-pressed") == "false"
    assert page.evaluate("map_0.getZoom()") == zoom


def test_distances_are_measured_with_the_keyboard_too(visit, sea_page):
    page = visit(sea_page)
    page.get_by_role("button", name="Measure distances").focus()
    page.keyboard.press("Enter")
    add = page.get_by_role("button", name="Add the middle of the map")
    add.focus()
    page.keyboard.press("Enter")
    start = page.evaluate("[map_0.getCenter().lng, map_0.getCenter().lat]")
    page.evaluate("map_0.panBy([120, 40], {animate: false})")
    end = page.evaluate("[map_0.getCenter().lng, map_0.getCenter().lat]")
    page.keyboard.press("Enter")
    metres = WGS84.inv(*start, *end)[2]
    text = page.get_by_role("group", name="Distances").get_by_role("status").inner_text()
    assert text == f"Total {metres / 1000:.3f} km · {metres / 1852:.3f} NM"


# Coordinates


def test_a_click_marks_a_place_whose_coordinates_a_click_selects(visit, sea_page):
    page = visit(sea_page)
    x, y = pixel(page, 11.5, 56.35)
    page.mouse.click(x, y)
    marked = page.get_by_role("textbox", name="Coordinates of the marked place")
    text = marked.inner_text()
    assert re.search(r"56\.3\d+° N  11\.[45]\d+° E   ·   56° 2\d\.\d{3}′ N  011° (29|30)\.\d{3}′ E", text)
    marked.click()
    assert page.evaluate("getSelection().toString()") == text
    cross = page.locator(".place-mark svg").bounding_box()
    assert math.hypot(cross["x"] + cross["width"] / 2 - x, cross["y"] + cross["height"] / 2 - y) < 2.0
    page.keyboard.press("Escape")
    assert not marked.is_visible()
    assert page.locator(".place-mark").count() == 0


def test_a_tap_shows_the_coordinates(visit, sea_page):
    page = visit(sea_page, width=390, height=844, has_touch=True)
    page.touchscreen.tap(*pixel(page, 11.5, 56.35))
    assert "56° 2" in page.get_by_role("textbox", name="Coordinates of the marked place").inner_text()


# Sizes


def overlap(a, b):
    wide = min(a["x"] + a["width"], b["x"] + b["width"]) - max(a["x"], b["x"])
    high = min(a["y"] + a["height"], b["y"] + b["height"]) - max(a["y"], b["y"])
    return wide > 0.5 and high > 0.5


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1024, 768), (390, 844)])
def test_heading_tabs_reading_and_chart_do_not_overlap(visit, link, sea_page, width, height):
    page = visit(sea_page, width=width, height=height)
    point_at_kp(page, link.positions[3].kp_km, last_km=link.length_km)
    parts = [".drawer-subject", ".drawer-header .tabs", ".enlarge", ".reading", ".drawer-stage"]
    boxes = {part: page.locator(part).bounding_box() for part in parts}
    clashes = [(a, b) for i, a in enumerate(parts) for b in parts[i + 1 :] if overlap(boxes[a], boxes[b])]
    assert clashes == []
    assert all(
        box["x"] + box["width"] <= width + 0.5 and box["y"] + box["height"] <= height + 0.5 for box in boxes.values()
    )
    curve = page.locator(".seabed").bounding_box()
    assert curve["height"] > 50
    readout = page.locator(".coordinates")
    if width < 600:  # nothing hovers there: it comes with a mark
        assert not readout.is_visible()
        page.locator("#stage").click(position={"x": 250, "y": 300})
    assert not overlap(page.locator(".map-buttons").bounding_box(), readout.bounding_box())


@pytest.mark.parametrize("tool", [GO_TO, "Measure distances"])
def test_the_boxes_of_tools_fit_on_a_phone(visit, sea_page, tool):
    page = visit(sea_page, width=390, height=844)
    page.get_by_role("button", name=tool).click()
    box = page.locator(".tool-box:visible").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390


# Hostile and unusual links


def test_hostile_names_along_the_route_are_text(visit, sea, link):
    bad = "<img src=x onerror=window.pwned=1> {{7*7}} </script> \u202e url(#hatch-1)"
    hostile = replace(
        link,
        sections=tuple(replace(s, cable_type=f"c {bad}", protection=f"p {bad}") for s in link.sections),
        hazards=(MapStretch(f"h {bad}", 0.0, link.length_km),),
    )
    page = visit(with_link(sea, hostile), height=900)
    for _ in range(2):
        drawn = page.locator(".profile").text_content()
        assert all(f"{kind} {bad}" in drawn for kind in "cph")
        page.locator(".enlarge").click()
        until_it_rests(page)
    point_at_kp(page, 30.0, last_km=link.length_km)
    text = page.locator(".reading").text_content()
    assert all(f"{kind} {bad}" in text for kind in "cph")
    page.mouse.click(*pixel(page, *link.points[100]))
    assert f"h {bad}" in page.locator(".leaflet-popup").text_content()
    assert page.locator("#page img[src=x]").count() == 0
    assert page.evaluate("window.pwned") is None


def test_gaps_in_the_profile_stay_gaps(visit, sea, link):
    marks = tuple(
        replace(mark, depth_m=math.nan, slope_deg=math.nan) if 60 <= i < 120 else mark
        for i, mark in enumerate(link.profile)
    )
    page = visit(with_link(sea, replace(link, profile=marks)), height=900)
    assert page.locator(".seabed").count() == 2
    point_at_kp(page, link.profile[90].kp_km, last_km=link.length_km)
    assert "depth unknown · LWP · surface" in page.locator(".reading").inner_text()
    page.locator(".enlarge").click()
    page.wait_for_selector(".slope-area")
    assert page.locator(".slope-area").count() == 2


def test_a_link_with_nothing_known_of_it_still_has_an_axis_and_a_cursor(visit, sea, link):
    bare = replace(link, profile=(), sections=(), hazards=(), positions=())
    page = visit(with_link(sea, bare))
    assert page.locator(".track").count() == 0
    chart = page.get_by_role("slider", name="Place along the route")
    chart.focus()
    page.keyboard.press("End")
    assert page.locator(".reading").inner_text() == f"KP {link.length_km:.3f} km · depth unknown"


def test_a_link_of_three_kilometres_has_kp_in_tenths(visit, sea):
    short = webmap_sea.link((11.0, 56.0), (11.048, 56.0))
    assert 2.9 < short.length_km < 3.1
    page = visit(with_link(sea, short))
    ticks = page.locator(".profile > .tick-text[text-anchor=middle]").all_text_contents()
    assert ticks[0] == "0.0"
    assert len(ticks) == len(set(ticks))
    assert "KP 1.500 km" in write(page, "1.5")


@pytest.fixture
def wide(sea):
    """A sea of 160 degrees with a link of 15,000 km in it."""
    grid = Grid(40, 170, 0.0, 20.0, 1.0, 1.0, "EPSG:4326")
    long = webmap_sea.link((5.0, -6.0), (140.0, 6.0))
    assert 14_900 < long.length_km < 15_100
    depth = Raster(np.full(grid.shape, 4000.0, np.float32), grid)
    return replace(sea, depth=depth, rasters=(), vectors=(), candidates=(), options=(webmap_sea.option([long]),))


def test_a_link_of_15000_km_is_read_in_the_same_way(visit, wide):
    page = visit(wide)
    (link,) = wide.options[0].links
    point_at_kp(page, link.positions[4].kp_km, last_km=link.length_km)
    assert page.locator(".reading").inner_text().endswith("position 5: Alter course")
    page.mouse.click(*pixel(page, *link.points[100]))
    text = page.locator(".leaflet-popup").inner_text()
    start, end = link.positions[3], link.positions[4]
    bearing = WGS84.inv(start.lon, start.lat, end.lon, end.lat)[0] % 360.0
    assert "Leg 4 to 5" in text
    assert f"{bearing:.1f}° true" in text
    assert "KP 12,345.600 km on West to East" in write(page, "12,345.6 km")


def test_tools_work_across_the_antimeridian(visit, sea):
    grid = Grid(60, 80, 176.0, -14.0, 0.1, 0.1, "EPSG:4326")
    depth = Raster(np.full(grid.shape, 900.0, np.float32), grid)
    link = webmap_sea.link((178.0, -17.0), (-178.0, -16.5))
    content = replace(sea, depth=depth, rasters=(), options=(webmap_sea.option([link]),), candidates=(), vectors=())
    page = visit(content)
    assert "179.00000° W" in write(page, "16.6 S 179 W")
    assert pinned(page)[0] == pytest.approx(181.0, abs=1e-9)
    assert "179.00000° W" in write(page, "16 36 S 181 E")
    assert pinned(page)[0] == pytest.approx(181.0, abs=1e-9)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Fit the routes").click()
    start, end = start_measuring(page, [(179.0, -17.6), (181.0, -17.6)])
    km = float(page.locator(".measure-legs tbody td").nth(1).inner_text().split()[0])
    assert km == pytest.approx(WGS84.inv(*start, *end)[2] / 1000, abs=0.5)
    assert km < 220
    assert page.locator("path.measure-line").count() == 1
