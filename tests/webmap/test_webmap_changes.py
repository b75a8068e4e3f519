"""Two runs in one map: the table, the halo, the routes before, and texts of strangers."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import webmap_sea
from test_webmap_hostile import HOSTILE
from waiting import until_it_rests

from routing.webmap import render_page
from routing.webmap.payload import page_content

pytestmark = pytest.mark.browser

ROW = ["route", "km", 131.0, 134.5, 3.5]


def changed_page(words=lambda text: text):
    """A page of two options, the first moved in its middle; a third option is gone. Every text passes through `words`."""
    shown = copy.deepcopy(page_content(webmap_sea.small_sea()))
    first, second = shown["options"]
    (west, south, _), *_, (east, north, _) = first["links"][0]["points"]
    line = [[west + share * (east - west), south + share * (north - south)] for share in np.linspace(0, 1, 31).tolist()]
    middle = line[10:21]
    move = {
        "from": 40.0, "to": 90.0, "oldFrom": 40.0, "oldTo": 88.0, "mostM": 3200.0, "meanM": 1500.0,
        "side": words("starboard"), "line": middle, "beforeLine": [[lon, lat + 0.03] for lon, lat in middle],
    }  # fmt: skip
    link = {
        "id": first["links"][0]["id"], "name": words("West to East"), "oldName": words("West to Far"), "status": "kept",
        "changed": True, "identical": False, "relanded": True, "mostM": 3200.0, "before": [[x, y + 0.03] for x, y in line],
        "moves": [move], "built": [[0.0, 12.0, words("SA, plough"), words("DA, plough")]],
        "figures": [[words("route"), *ROW[1:]]], "items": [[words("Cable"), "USD", 7e6, 7.5e6, 5e5]],
        "crossings": [[words("Pipe 1")], [words("Pipe 2")]],
    }  # fmt: skip
    still = {
        **link, "id": second["links"][0]["id"], "changed": False, "identical": True, "relanded": False, "mostM": 0.0,
        "moves": [], "built": [], "figures": [], "items": [], "crossings": [[], []],
    }  # fmt: skip
    total = ["total cost", "USD", 20e6, 20.5e6, 5e5]
    common = {"status": "kept", "reason": "", "items": []}
    shown["changes"] = {
        "toleranceM": 1000.0,
        "notes": [words("the runs are of two projects")],
        "madeOf": [words("layer[Zone].kind: not set before, exclude after")],
        "moreMadeOf": 0,
        "causeNotes": [words("bathymetry cannot be told apart")],
        "options": [
            {
                **common, "id": first["id"], "name": words("Central"), "changed": True, "total": total[2:], "figures": [total], "links": [link],
                "causes": [[words("layer[Zone] alone"), 4e5, 3.25, 3200.0, ""], [words("crs alone"), None, None, None, words("there is no answer with it")]],
            },
            {**common, "id": second["id"], "name": words("South"), "changed": False, "total": [3e7, 3e7, 0.0], "figures": [], "links": [still]},
            {
                **common, "id": "gone", "name": words("Northern route"), "status": "removed", "reason": words("no way"),
                "changed": True, "total": [9e6, None, None], "figures": [["total cost", "USD", 9e6, None, None]],
                "links": [{**still, "id": None, "status": "removed"}],
            },
        ],
    }  # fmt: skip
    return shown


@pytest.fixture
def page(visit):
    return visit(render_page(changed_page()))


def test_the_tab_opens_with_the_moves_the_figures_and_what_is_gone(page):
    assert page.locator(".drawer-header .tab[aria-pressed=true]").inner_text() == "What moved"
    text = page.locator(".changes").inner_text()
    for told in (
        "40.000", "90.000", "3.2 km", "1.5 km", "starboard", "SA, plough", "DA, plough", "now crosses: Pipe 1",
        "no longer crosses: Pipe 2", "other landings; before: West to Far", "20,000,000", "20,500,000", "+500,000", "Cost by item, USD", "+0.50", "30.00", "+0.00",
        "What caused it", "layer[Zone] alone", "+400,000", "+3.3", "crs alone: there is no answer with it",
        "bathymetry cannot be told apart", "no longer there: no way", "the same", "layer[Zone].kind: not set before, exclude after",
    ):  # fmt: skip
        assert told in text, told


def test_an_option_that_did_not_change_says_so(page):
    page.locator(".card-button").nth(1).click()
    assert "the same in everything" in page.locator(".changes").inner_text()
    assert page.locator("path.moved-stretch").count() == 0


def test_the_route_before_lies_dashed_under_the_new_one_and_the_moved_stretch_is_wide(page):
    # One line for each link of each option, those that are gone included.
    assert page.locator("path.route-before").count() == 3
    look = page.evaluate(
        """() => {
          const of = (selector) => getComputedStyle(document.querySelector(selector));
          const level = (name) => Number(getComputedStyle(document.querySelector(`.leaflet-${name}-pane`)).zIndex);
          return {
            dash: of("path.route-before").strokeDasharray,
            wide: parseFloat(of("path.moved-stretch").strokeWidth),
            route: parseFloat(of("path.route-0").strokeWidth),
            panes: ["moved", "before", "casing", "routes"].map(level),
          };
        }"""
    )
    assert look["dash"] != "none"
    assert look["wide"] > 3 * look["route"]
    assert look["panes"] == sorted(look["panes"])
    labels = page.locator(".change-label").all_inner_texts()
    assert sorted(labels) == ["Northern route\nno longer there", "moved 3.2 km"]


def test_a_click_on_a_row_zooms_to_the_stretch(page):
    page.locator(".card-button").nth(1).click()
    page.locator(".card-button").nth(0).click()
    box = "document.querySelector('path.moved-stretch').getBoundingClientRect().width"
    before = page.evaluate(box)
    page.get_by_role("button", name="Show on the map: West to East, KP 40.0 to 90.0").click()
    until_it_rests(page)
    after = page.evaluate(box)
    width = page.evaluate("document.getElementById('stage').clientWidth")
    assert after > 1.3 * before
    assert 0.4 * width < after < width


def test_switches_hide_the_routes_before_and_the_moved_stretches(page):
    page.get_by_label("Routes before").uncheck()
    assert page.locator("path.route-before").count() == 0
    page.get_by_label("Moved stretches").uncheck()
    assert page.locator("path.moved-stretch").count() == 0
    page.get_by_label("Routes before").check()
    assert page.locator("path.route-before").count() == 3


def test_a_hidden_option_takes_its_route_before_away(page):
    page.get_by_label("Show Central route on the map").uncheck()
    assert page.locator("path.route-before").count() == 2


def test_the_key_says_what_before_and_after_look_like(page):
    assert page.locator(".change-key").inner_text().split("\n") == ["Route before", "Moved by more than 1.0 km"]


def test_hostile_texts_of_a_comparison_are_shown_verbatim_and_never_run(visit):
    used = []

    def poison(text):
        used.append(f"p{len(used)} {HOSTILE}")
        return used[-1]

    page = visit(render_page(changed_page(poison)))
    shown = page.evaluate("document.getElementById('page').textContent")
    page.locator(".card-button").nth(1).click()
    shown += page.evaluate("document.getElementById('page').textContent")
    assert [text[:20] for text in used if text not in shown] == []
    assert page.evaluate("window.pwned") is None
    assert page.locator("img[src=x]").count() == 0


def test_places_that_are_no_numbers_are_not_drawn(visit):
    shown = changed_page()
    link = shown["changes"]["options"][0]["links"][0]
    link["before"] = [["a", 1], [None, None], {"x": 1}, 5]
    link["moves"][0]["line"] = "not a line"
    page = visit(render_page(shown))
    assert page.locator("path.route-before").count() == 2
    assert page.locator("path.moved-stretch").count() == 0


def test_a_map_of_one_run_has_nothing_of_it(visit, sea_page):
    page = visit(sea_page)
    assert page.locator(".changes, .change-key, path.route-before").count() == 0
    assert "What moved" not in page.locator("#drawer").inner_text()
