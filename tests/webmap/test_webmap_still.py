"""What a reader sees whose program runs no scripts: mail previews, locked-down browsers."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace

import numpy as np
import pytest
import webmap_sea
from PIL import Image
from test_webmap_hostile import poison

from routing import geodesy
from routing.webmap import render_map, render_page
from routing.webmap.looks import ROUTE_LOOKS
from routing.webmap.payload import page_content
from routing.webmap.still import still_page
from routing.webmap.stillmap import still_map


@pytest.fixture(scope="module")
def shown(sea):
    return page_content(sea)


@pytest.fixture
def visit_without_scripts(browser, tmp_path):
    """Open a page with scripts off; afterwards it may not have asked for anything."""
    requests, contexts = [], []

    def open_page(document, *, width=1280, height=900):
        file = tmp_path / "map.html"
        file.write_text(document, encoding="utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": height}, java_script_enabled=False, offline=True
        )
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda r: None if r.url.startswith(("file:", "data:")) else requests.append(r.url))
        page.goto(file.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert requests == []


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_without_scripts_a_picture_and_a_table_stand_in_for_the_map(visit_without_scripts, sea_page, width):
    page = visit_without_scripts(sea_page, width=width)
    still = page.locator(".still")
    assert not page.locator("#page").is_visible()
    text = still.inner_text()
    for words in ("West to East cable", "Recommended: the central route", "scripts are off", "Bathymetry: synthetic"):
        assert words in text
    rows = [row.inner_text().split("\t") for row in still.locator("tbody tr").all()]
    assert [row[2:5] for row in rows] == [["20.0", "16.0", "26.0"], ["23.0", "18.4", "29.9"]]
    pixels = np.asarray(Image.open(io.BytesIO(still.locator(".still-map").screenshot())).convert("RGB"), int)
    wanted = [tuple(int(ROUTE_LOOKS[0][0][i : i + 2], 16) for i in (1, 3, 5)), (255, 255, 255), (236, 231, 221)]
    for colour in wanted:  # the recommended route, grounds of names, land
        assert (np.abs(pixels - colour).max(axis=2) < 24).sum() > 30
    blue = (pixels[..., 2] > pixels[..., 0] + 30).mean()
    assert blue > 0.3  # the sea


@pytest.mark.browser
def test_hostile_texts_stay_texts_without_scripts(visit_without_scripts, sea):
    texts: list[str] = []
    content = poison(sea, texts)
    page = visit_without_scripts(render_map(content))
    seen = " ".join(page.locator(".still").text_content().split())
    wanted = [content.title, content.headline, *content.sources, content.footer, content.options[0].name]
    for text in wanted:
        assert " ".join(text.replace("\ud83d", "\ufffd").split()) in seen
    assert page.locator("img, .still script, .still iframe, .still noscript").count() == 0


def test_hostile_texts_do_not_leave_the_noscript_part(sea):
    document = render_map(replace(sea, headline="</noscript><b>out</b>"))
    assert document.count("</noscript") == 1
    assert "<b>out" not in document


@pytest.mark.browser
def test_with_scripts_the_still_picture_is_not_shown(visit, sea_page):
    page = visit(sea_page)
    assert page.locator(".still").count() == 0
    assert "scripts are off" not in page.locator("body").inner_text()


def test_the_bathymetry_of_the_picture_is_small_however_rough_it_is(sea):
    rng = np.random.default_rng(0)
    depth = replace(sea.depth, values=(sea.depth.values * rng.uniform(0.2, 1.0, sea.depth.values.shape)).astype("f4"))
    image = re.search(r'href="data:image/webp;base64,([^"]+)"', still_map(page_content(replace(sea, depth=depth))))
    assert len(base64.b64decode(image.group(1))) <= 60_000


def test_the_scale_bar_is_as_long_as_it_says(shown):
    drawn = still_map(shown)
    km = float(re.search(r">(\d+) km</text>", drawn).group(1))
    bar = re.search(r'd="M24 [\d.]+L24 [\d.]+L([\d.]+) ', drawn)
    route = re.findall(r'd="M([^"]+)" stroke="#d55e00"', drawn)[-1]
    (x0, y0), *_, (x1, y1) = [map(float, each.split()) for each in route.split("L")]
    ends = [shown["options"][0]["links"][0]["points"][i][:2] for i in (0, -1)]
    units_per_km = np.hypot(x1 - x0, y1 - y0) / (geodesy.length_m(ends) / 1000.0)
    # The bar is true in the middle; the route lies within half a degree of latitude of it, 1.5 % of scale.
    assert (float(bar.group(1)) - 24.0) / units_per_km == pytest.approx(km, rel=0.02)


def test_routes_are_told_apart_by_colour_and_dash(shown):
    drawn = still_map(shown)
    looks = set(re.findall(r'stroke="(#[0-9a-f]{6})" stroke-width="3.4"(?: stroke-dasharray="([^"]+)")?', drawn))
    assert looks == {(colour, dash or "") for colour, dash in ROUTE_LOOKS[:2]}


@pytest.mark.parametrize("missing", [None, float("nan")])
def test_figures_that_are_not_known_are_dashes(shown, missing):
    option = shown["options"][0] | {"low": missing, "total": missing}
    page = still_page(shown | {"options": [option]})
    assert page.count('<td class="number">–</td>') == 2


def test_a_sea_across_the_antimeridian_is_drawn_in_one_piece(sea):
    link = webmap_sea.link((178.5, -17.5), (-178.5, -17.0))
    content = replace(
        sea,
        options=(webmap_sea.option([link]),),
        depth=webmap_sea.bowl((178.0, -19.0, 182.0, -16.0)),
        rasters=(),
        vectors=(),
        candidates=(),
    )
    drawn = still_map(page_content(content))
    x = np.array([float(each) for each in re.findall(r"[ML]([\d.-]+) ", re.findall(r'd="(M[^"]+)"', drawn)[0])])
    assert (np.diff(x) > 0).all()
    assert x[-1] - x[0] > 500


def test_a_page_without_a_webp_image_has_a_picture_without_bathymetry(shown):
    raster = shown["rasters"][0] | {"uri": "data:image/png;base64,AAAA"}
    assert "<image" not in still_map(shown | {"rasters": [raster]})
    assert "<svg" in render_page(shown | {"rasters": [raster]})
