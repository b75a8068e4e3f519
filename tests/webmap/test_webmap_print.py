"""The map on paper: the message on the first sheet, details behind it, whatever the size of the sheet."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import numpy as np
import pytest
import webmap_sea
from pypdf import PdfReader
from waiting import until_prepared

pytestmark = pytest.mark.browser

SHEETS = {
    "A4": {"prefer_css_page_size": True},
    "Letter": {"format": "Letter", "landscape": True},
}
#: Points: 1/72 inch, ISO 216 and ANSI Y14.1.
SIZES = {"A4": (842.0, 595.0), "Letter": (792.0, 612.0)}


def printed(page, sheet="A4"):
    return PdfReader(io.BytesIO(page.pdf(print_background=True, **SHEETS[sheet])))


def text_of(sheet):
    return " ".join(sheet.extract_text().split())


@pytest.fixture(scope="module")
def many_options(sea):
    """Six options and as many sources and facts as the largest project has."""
    names = [f"Option with a name of usual length, number {n}" for n in range(6)]
    options = [
        replace(sea.options[1], id=str(n), name=name, rank=n + 1, total_usd=(20 + n) * 1e6)
        for n, name in enumerate(names)
    ]
    facts = tuple((f"Published fact {n}", f"{n}0 km (somewhere, 2024)") for n in range(9))
    sources = tuple(f"Source {n}: the survey of a sea, its year and its licence" for n in range(6))
    return replace(sea, options=tuple(options), comparison=facts, sources=sources)


@pytest.mark.parametrize("sheet", SHEETS)
def test_the_first_sheet_has_the_message_the_figures_the_map_and_its_sources(visit, sea, sea_page, sheet):
    reader = printed(visit(sea_page), sheet)
    box = reader.pages[0].mediabox
    assert (float(box.width), float(box.height)) == pytest.approx(SIZES[sheet], abs=1.5)
    first = text_of(reader.pages[0])
    for words in (sea.title, sea.headline, "20.0", "131 km", "Southern route", "West Bay", "Water depth", "KP, km"):
        assert words in first
    assert sea.sources[0] in first
    assert sea.footer in first
    behind = " ".join(text_of(page) for page in reader.pages[1:])
    assert "WHERE THE MONEY GOES" in behind.upper()
    assert "MAP LAYERS" in behind.upper()
    assert "Sectors" in behind
    assert "Earthquakes" not in behind  # a layer that is off has no place in the legend


@pytest.mark.parametrize("sheet", SHEETS)
def test_the_largest_project_fills_a_few_sheets_at_full_size(visit, many_options, sheet):
    reader = printed(visit(many_options), sheet)
    assert 2 <= len(reader.pages) <= 5
    first = text_of(reader.pages[0])
    assert all(option.name.split(", ")[1] in first for option in many_options.options)
    assert many_options.footer in first
    # A browser shrinks every sheet when something runs out at its side; at full size a pixel is 3/4 of a point.
    turned, drawn = re.findall(rb"([\d.]+) 0 0 -?[\d.]+ [\d.]+ [\d.]+ cm", reader.pages[0].get_contents().get_data())[
        :2
    ]
    assert float(turned) * float(drawn) > (0.74 if sheet == "A4" else 0.68)


def images_of(sheet):
    """Pictures on a sheet that are larger than an icon."""
    return [each.image for each in sheet.images if each.image and min(each.image.size) > 100]


def test_the_map_on_paper_is_not_blank(visit, sea_page):
    (image,) = images_of(printed(visit(sea_page)).pages[0])
    pixels = np.asarray(image.convert("RGB"), float)
    assert np.ptp(pixels[..., 2]) > 100


@pytest.mark.parametrize("count", [1, 40])
def test_any_number_of_options_is_printed_without_one_missing(visit, many_options, count):
    options = tuple(
        replace(webmap_sea.option([many_options.options[0].links[0]]), id=str(n), name=f"Option {n}.", rank=n + 1)
        for n in range(count)
    )
    reader = printed(visit(replace(many_options, options=options)))
    assert len(reader.pages) <= 8
    text = " ".join(text_of(page) for page in reader.pages)
    assert all(f"Option {n}." in text for n in range(count))
    assert many_options.footer in text


def test_the_screen_is_as_before_when_the_print_is_done(visit, sea_page):
    page = visit(sea_page)
    before = page.locator("#stage").bounding_box()
    printed(page)
    until_prepared(page, for_print=False)
    assert page.locator("#stage").bounding_box() == before
    assert page.locator(".map-buttons").is_visible()
