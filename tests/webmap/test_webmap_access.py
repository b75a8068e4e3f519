"""The map for every reader: WCAG by axe, colour blindness by the matrices of Machado et al. 2009."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
import webmap_sea
from axe_playwright_python.base import AXE_FILE_PATH
from waiting import until_it_rests

from routing.webmap.looks import ROUTE_LOOKS

#: WCAG 2.2 A and AA, and what axe's makers call best practice.
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}
SIZES = {"desk": (1440, 900), "phone": (390, 844)}
#: Linear RGB to what is seen at severity 1.0 (Machado, Oliveira and Fernandes 2009, table 1).
BLINDNESS = {
    "usual": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}


@pytest.fixture(scope="module")
def full_sea(sea):
    """Every part of the page has something to show: two links in an option, an area with a name, findings."""
    first = sea.options[1].links[0]
    south = webmap_sea.link((10.45, 56.0), (12.0, 55.5), name="West to South", link_id="2")
    options = (sea.options[0], replace(sea.options[1], links=(first, south)))
    return replace(sea, options=options)


def violations(page):
    """What axe finds, in words that name the place; its script is put into the page by the test, past the policy."""
    page.evaluate(AXE_FILE_PATH.read_text(encoding="utf-8"))
    found = page.evaluate("(rules) => axe.run(document, rules)", RULES)["violations"]
    assert page.evaluate("axe.version") >= "4"
    return [
        f"{each['impact']} {each['id']}: {node['html'][:120]} {node.get('failureSummary', '')[:200]}"
        for each in found
        for node in each["nodes"][:4]
        if each["impact"] in ("serious", "critical", "moderate")
    ]


@pytest.mark.browser
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_to_mend_in_the_map_nor_in_any_view_of_its_drawer(visit, full_sea, size):
    width, height = SIZES[size]
    page = visit(full_sea, width=width, height=height)
    assert violations(page) == []
    for tab in page.locator(".tab").all():
        tab.click()
        assert violations(page) == [], tab.inner_text()
    switch = page.locator(".panel-switch")
    switch.click()
    assert violations(page) == [], "after the panel's switch"


@pytest.mark.browser
def test_axe_finds_nothing_to_mend_in_an_open_popup(visit, full_sea):
    page = visit(full_sea)
    page.locator("path.landing").first.click(force=True)
    page.wait_for_selector(".leaflet-popup")
    until_it_rests(page)  # the popup fades in
    assert violations(page) == []


@pytest.mark.browser
def test_axe_finds_nothing_to_mend_in_the_still_page(browser, tmp_path, sea_page):
    file = tmp_path / "map.html"
    still = sea_page.replace("<noscript>", "<div>").replace("</noscript>", "</div>")
    file.write_text(
        still.split('<div id="page">')[0] + still[still.index('<div><main class="still">') :], encoding="utf-8"
    )
    context = browser.new_context(offline=True, bypass_csp=True)
    page = context.new_page()
    page.goto(file.as_uri())
    assert violations(page) == []
    context.close()


def seen(colour, blindness):
    """CIE L*a*b* (D65) of an sRGB colour as an eye sees it."""
    srgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255.0
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(BLINDNESS[blindness] @ linear, 0.0, 1.0)
    to_xyz = np.array(
        [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]]
    )
    ratio = to_xyz @ linear / (0.95047, 1.0, 1.08883)
    f = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16.0 / 116.0)
    return np.array([116.0 * f[1] - 16.0, 500.0 * (f[0] - f[1]), 200.0 * (f[1] - f[2])])


@pytest.mark.parametrize("blindness", BLINDNESS)
@pytest.mark.parametrize(("one", "other"), list(combinations(ROUTE_LOOKS, 2)))
def test_any_two_routes_differ_in_dash_and_the_first_three_in_colour_too_for_every_eye(one, other, blindness):
    assert one[1] != other[1]
    if {one, other} <= set(ROUTE_LOOKS[:3]):
        # A difference of 2.3 can just be seen side by side (Mahy 1994); 20 is plain on thin lines.
        assert np.linalg.norm(seen(one[0], blindness) - seen(other[0], blindness)) > 20.0


def test_what_eyes_see_follows_the_published_matrices():
    assert seen("#ffffff", "protanopia")[0] == pytest.approx(100.0, abs=0.1)
    red, green = (seen(colour, "deuteranopia") for colour in ("#b04a4a", "#5d7d3e"))
    usual = np.linalg.norm(seen("#b04a4a", "usual") - seen("#5d7d3e", "usual"))
    assert np.linalg.norm(red - green) < 0.5 * usual
