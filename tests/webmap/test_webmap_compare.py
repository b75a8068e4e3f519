"""Options set beside each other: the table that sorts, costs by item, two side by side, and what the panel adds."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pytest
import webmap_sea
from test_webmap_hostile import HOSTILE, every_tooltip, poison
from waiting import show_as

from routing.webmap import MapAlternative, MapLanding

pytestmark = pytest.mark.browser

WEST, EAST = (10.45, 56.0), (12.55, 56.1)
SOUTH = (11.4, 55.3)

#: Headings of the table, with the field that each column shows; availability is a share.
COLUMNS = {
    "Option": "name",
    "Rank": "rank",
    "Total USD": "total_usd",
    "Route km": "length_km",
    "Cable km": "cable_km",
    "Max depth m": "max_depth_m",
    "Crossings": "crossings",
    "Buried km": "buried_km",
    "Faults a year": "expected_faults_per_year",
    "Availability %": "availability",
    "Latency ms": "latency_ms",
    "Gap %": "gap_pct",
}


def made_option(rank, total_usd, *, name, items=None, **figures):
    base = webmap_sea.option(
        [webmap_sea.link(WEST, EAST, bend_deg=-0.15 * (rank - 1))],
        option_id=f"option-{rank}",
        name=name,
        rank=rank,
        total_usd=total_usd,
    )
    return replace(base, items=items or (("Cable", 0.6 * total_usd), ("Laying", 0.4 * total_usd)), **figures)


@pytest.fixture(scope="module")
def four(sea):
    """Four options; some figures are equal, some not known; the last one is without a total."""
    return replace(
        sea,
        options=(
            made_option(1, 20e6, name="Delta", crossings=3, availability=None, latency_ms=0.9, max_depth_m=300.0),
            made_option(2, 23.4e6, name="alpha", crossings=1, availability=0.99, latency_ms=0.7, gap_pct=None),
            made_option(3, 23.4e6, name="Charlie", crossings=3, availability=0.9995, latency_ms=None, gap_pct=0.1),
            made_option(
                4, math.nan, name="Bravo", crossings=0, buried_km=1.0, expected_faults_per_year=math.nan, gap_pct=None
            ),
        ),
    )


@pytest.fixture(scope="module")
def ten(sea):
    """Ten options with hostile names; their items fall out of line, and leave some of the total to nobody."""
    rng = np.random.default_rng(7)
    options = []
    for rank in range(1, 11):
        items = tuple((f"Item {n}", float(usd)) for n, usd in enumerate(rng.lognormal(13, 1.5, 12)) if n != rank)
        rest = 123_456.78 if rank == 10 else 0.0
        total = sum(usd for _, usd in items) + rest
        options.append(made_option(rank, total, name=f"{'W' * 40}{rank} {HOSTILE}", items=items))
    return replace(sea, options=tuple(options))


def comparison(page, view="Figures", tab="Compare options"):
    """Open a view of the comparison; return its region."""
    page.get_by_role("button", name=tab).click()
    page.locator(".compare").get_by_role("button", name=view, exact=True).click()
    return page.get_by_role("region", name=view, exact=True)


def table_texts(table):
    """Texts of a table, row by row, bars left out."""
    return table.evaluate("(t) => [...t.rows].map((r) => [...r.cells].map((c) => c.innerText.trim()))")


def whole(text):
    return int(text.replace(",", "").replace("−", "-").replace("+", "").replace("–", "0"))


def known(value):
    return None if isinstance(value, float) and math.isnan(value) else value


def test_every_column_sorts_both_ways_with_the_unknown_last_and_equals_by_rank(visit, four):
    page = visit(four)
    region = comparison(page)
    heads = region.locator("thead th").all()
    assert [" ".join(head.inner_text().replace("▲", "").split()) for head in heads] == list(COLUMNS)
    for head, field in zip(heads, COLUMNS.values(), strict=True):
        values = {option.name: known(getattr(option, field)) for option in four.options}
        names = [name for name, value in values.items() if value is not None]
        last = [name for name, value in values.items() if value is None]
        if field == "name":
            values = {name: name.lower() for name in values}
        for way in ("ascending", "descending"):
            head.get_by_role("button").click()
            assert head.get_attribute("aria-sort") == way
            wanted = sorted(names, key=values.get, reverse=way == "descending")  # equals keep their order both ways
            assert region.locator("tbody th").all_inner_texts() == [*wanted, *last]
        assert region.locator("th[aria-sort]:not([aria-sort=none])").count() == 1
    assert region.locator("thead").inner_text().count("▲") + region.locator("thead").inner_text().count("▼") == 1


def test_the_table_shows_the_figures_and_marks_the_best_by_more_than_colour(visit, four):
    rows = table_texts(comparison(visit(four)).locator("table"))[1:]
    length = [f"{option.length_km:,.1f}" for option in four.options]
    assert [row[3].removeprefix("★") for row in rows] == length
    assert [row[2] for row in rows] == ["★20.0 M", "23.4 M", "23.4 M", "–"]
    assert [row[6] for row in rows] == ["3", "1", "3", "★0"]
    assert [row[9] for row in rows] == ["–", "99.000", "★99.950", "99.100"]
    assert [row[10] for row in rows] == ["0.90", "0.70", "–", "★0.66"]
    assert [row[11] for row in rows] == ["0.40", "–", "★0.10", "–"]
    # Depth and burial have no good end; ranks are no figure to be best at.
    assert not any("★" in row[column] for row in rows for column in (1, 5, 7))
    # Where all read the same, none is best.
    assert [row[8] for row in rows] == ["0.080", "0.080", "0.080", "–"]


def look(page, index):
    line = page.locator(f".route-{index}").first
    return float(line.get_attribute("stroke-width")), float(line.get_attribute("stroke-opacity"))


@pytest.mark.parametrize("selector", [".compare-table tbody tr", ".card"])
def test_pointing_at_an_option_lights_up_its_line_and_its_name_while_the_others_fade(visit, four, selector):
    page = visit(four)
    comparison(page)
    before = [look(page, index) for index in range(4)]
    page.locator(selector).nth(2).hover()
    assert look(page, 2)[0] > before[2][0]
    assert look(page, 2)[1] == 1.0
    assert all(look(page, index)[1] < 0.5 for index in (0, 1, 3))
    assert page.locator(".route-label.is-lit").inner_text() == "Charlie"
    assert page.locator(".route-label.is-dimmed").count() == 3
    page.mouse.move(900, 200)
    assert [look(page, index) for index in range(4)] == before
    assert page.locator(".route-label.is-lit, .route-label.is-dimmed").count() == 0


def test_a_hidden_option_lights_up_nothing(visit, four):
    page = visit(four)
    region = comparison(page)
    region.get_by_label("Show Charlie").uncheck()
    assert page.locator(".route-2").count() == 0
    assert not page.locator(".card").nth(2).get_by_role("checkbox").is_checked()
    page.mouse.move(900, 200)
    before = [look(page, index) for index in (0, 1, 3)]
    region.locator("tbody tr").nth(2).hover()
    assert [look(page, index) for index in (0, 1, 3)] == before
    region.get_by_label("Show Charlie").check()
    assert page.locator(".route-2").count() == 1


def test_the_comparison_works_with_the_keyboard_alone(visit, four):
    page = visit(four)
    page.get_by_role("button", name="Compare options").focus()
    page.keyboard.press("Enter")
    active = "document.activeElement"
    while page.evaluate(f"{active}.textContent") != "Figures":
        page.keyboard.press("Tab")
    for _ in range(4):  # two more views, the region, the first heading
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    names = page.locator(".compare .compare-table tbody th").all_inner_texts()
    assert names == ["alpha", "Bravo", "Charlie", "Delta"]
    for _ in range(len(COLUMNS) + 1):  # the other headings, the tick and the name of the first row
        page.keyboard.press("Tab")
    assert page.evaluate(f"{active}.textContent") == "alpha"
    assert page.locator(".route-label.is-lit").inner_text() == "alpha"
    page.keyboard.press("Space")
    assert page.locator(".drawer-heading b").inner_text() == "alpha"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    assert page.locator(".route-1").count() == 0
    page.get_by_role("button", name="Side by side").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate(f"{active}.ariaLabel") == "Option A"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.locator(".pair-sentence").inner_text() == "alpha costs as much as Charlie."


def test_costs_by_item_add_up_as_they_are_shown_and_stay_within_one_unit_of_the_content(visit, ten):
    rows = table_texts(comparison(visit(ten), "Cost by item").locator("table"))
    assert rows[0][0] == "Item, thousand USD"
    body, total = rows[1:-1], rows[-1]
    assert {row[0] for row in body} == {*(f"Item {n}" for n in range(12)), "Not itemised"}
    for place, option in enumerate(ten.options, start=1):
        shown = {row[0]: row[place] for row in body}
        assert sum(map(whole, shown.values())) == whole(total[place]) == round(option.total_usd / 1e3)
        items = dict(option.items)
        for label, text in shown.items():
            if label == "Not itemised":
                assert whole(text) == pytest.approx(123.5 if option.rank == 10 else 0.0, abs=1)
            elif label in items:
                assert abs(whole(text) - items[label] / 1e3) < 1
            else:
                assert text == "–"
    weights = [max(whole(text) for text in row[1:]) for row in body[:-1]]
    assert weights == sorted(weights, reverse=True)


def test_bars_of_all_items_share_one_scale(visit, ten):
    region = comparison(visit(ten), "Cost by item")
    cells = (
        region.locator("td")
        .filter(has=region.page.locator(".amount-track"))
        .evaluate_all("(cells) => cells.map((c) => [c.innerText, c.querySelector('i').getBoundingClientRect().width])")
    )
    widths = np.array([[whole(text), width] for text, width in cells])
    longest = widths[:, 0].max()
    assert widths[:, 1] == pytest.approx(56.0 * widths[:, 0] / longest, abs=0.1)


def test_two_options_side_by_side_differ_item_by_item_by_what_sums_to_the_difference_of_totals(visit, ten):
    page = visit(ten)
    region = comparison(page, "Side by side")
    choices = [region.get_by_label(f"Option {letter}", exact=True) for letter in "AB"]
    assert [choice.evaluate("(c) => c.selectedIndex") for choice in choices] == [0, 1]
    for a, b in ((0, 1), (9, 3), (2, 9)):
        choices[0].select_option(index=a)
        choices[1].select_option(index=b)
        rows = table_texts(region.locator(".pair-items"))
        assert rows[0][:4] == ["Item, thousand USD", "A", "B", "B − A"]
        for _, left, right, change, _ in rows[1:]:
            assert whole(change) == whole(right) - whole(left)
            assert (change[0] in "+−") == (whole(change) != 0)
        for column in (1, 2, 3):
            assert sum(whole(row[column]) for row in rows[1:-1]) == whole(rows[-1][column])
        totals = [ten.options[i].total_usd / 1e3 for i in (a, b)]
        assert [whole(text) for text in rows[-1][1:3]] == [round(total) for total in totals]
        sentence = region.locator(".pair-sentence").inner_text()
        assert (" more than " in sentence) == (totals[1] > totals[0])
        changes = [abs(whole(row[3])) for row in rows[1:-1]]
        assert changes == sorted(changes, reverse=True)


def test_the_sentence_says_how_much_and_which_items_make_the_difference(visit, sea):
    north = made_option(1, 20e6, name="North", items=(("Cable, armoured", 12e6), ("Laying", 5e6), ("Permits", 3e6)))
    south = made_option(2, 23e6, name="South", items=(("Cable, armoured", 15e6), ("Laying", 5.6e6), ("Permits", 2.4e6)))
    region = comparison(visit(replace(sea, options=(north, south))), "Side by side")
    sentence = region.locator(".pair-sentence")
    assert sentence.inner_text() == (
        "South costs USD 3.00 M (15.0 %) more than North, mostly Cable, armoured (+3.00 M); less for Permits (−600 k)."
    )
    region.get_by_label("Option A", exact=True).select_option("South")
    assert sentence.inner_text() == "Choose two different options to see what sets them apart."
    region.get_by_label("Option B", exact=True).select_option("North")
    assert sentence.inner_text() == (
        "North costs USD 3.00 M (13.0 %) less than South, mostly Cable, armoured (−3.00 M); more for Permits (+600 k)."
    )


def test_figures_side_by_side_carry_their_sign_and_what_is_not_known_has_no_difference(visit, four):
    region = comparison(visit(four), "Side by side")
    rows = {row[0]: row[1:] for row in table_texts(region.locator(".pair-figures"))[1:]}
    assert rows["Crossings"] == ["3", "1", "−2"]
    assert rows["Largest depth, m"] == ["300", "400", "+100"]
    assert rows["Availability, %"] == ["–", "99.000", "–"]
    assert rows["Latency, one way, ms"] == ["0.90", "0.70", "−0.20"]
    assert rows["Expected faults, a year"] == ["0.080", "0.080", "0.0"]
    region.get_by_label("Option B", exact=True).select_option("Bravo")
    assert region.locator(".pair-sentence").inner_text() == "The total of one of these options is not known."
    assert table_texts(region.locator(".pair-items"))[-1][2:4] == ["–", "–"]


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1024, 768), (390, 844)])
def test_ten_options_with_hostile_names_stay_inside_every_window(visit, ten, width, height):
    page = visit(ten, width=width, height=height)
    for view in ("Figures", "Cost by item", "Side by side"):
        region = comparison(page, view)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        box = region.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= height
        if view != "Side by side":
            # The first column stays at the edge while the figures scroll.
            head = region.locator("tbody th").first
            region.evaluate("(r) => { r.scrollLeft = 200; }")
            moved = region.evaluate("(r) => r.scrollLeft")
            assert moved == 200 or (view, width) == ("Figures", 1440)
            assert head.bounding_box()["x"] == pytest.approx(box["x"], abs=1)
    assert all(option.name in page.locator(".compare").evaluate("(c) => c.textContent") for option in ten.options)
    assert page.evaluate("window.pwned") is None


def test_a_single_option_has_figures_and_costs_and_nobody_to_be_compared_with(visit, sea):
    page = visit(replace(sea, options=sea.options[1:]))
    region = comparison(page, tab="Figures and costs")
    assert len(table_texts(region.locator("table"))) == 2
    assert "★" not in region.locator("tbody").inner_text()
    assert page.locator(".compare").get_by_role("button", name="Side by side").count() == 0
    assert table_texts(comparison(page, "Cost by item", "Figures and costs").locator("table"))[-1] == [
        "Total",
        "20,000",
    ]


def test_small_amounts_are_shown_in_dollars(visit, sea):
    cheap = made_option(1, 900.6, name="Model", items=(("String", 300.2), ("Glue", 600.4)))
    page = visit(replace(sea, options=(cheap,)))
    rows = table_texts(comparison(page, "Cost by item", "Figures and costs").locator("table"))
    # The larger remainder is rounded up, so that the rows add up.
    assert rows == [["Item, USD", "Model"], ["Glue", "601"], ["String", "300"], ["Total", "901"]]


# ------------------------------------------------------------------------------------------------------------ the panel


def test_landing_points_are_listed_by_country_for_the_options_shown_and_lead_to_the_map(visit, sea):
    south = webmap_sea.option([webmap_sea.link(WEST, SOUTH)], option_id="S", name="South", rank=2)
    content = replace(
        sea,
        options=(webmap_sea.option([webmap_sea.link(WEST, EAST)]), south),
        candidates=(
            MapLanding("West Bay", "AZ", *WEST, used=True, note="Sandy beach"),
            MapLanding("East Point", "ZZ 9", *EAST, used=True, note=""),
            MapLanding("South Quay", "KZ", *SOUTH, used=True, note=""),
            MapLanding("North Cove", "KZ", 11.9, 56.7, used=False, note=""),
        ),
    )
    page = visit(content)
    countries = page.locator(".countries div")
    shown = [" | ".join(text.split("\n")) for text in countries.all_inner_texts()]
    assert shown == ["Azerbaijan (AZ) | West Bay", "ZZ 9 | East Point", "Kazakhstan (KZ) | South Quay"]
    page.locator(".card").nth(1).get_by_role("checkbox").uncheck()
    assert "South Quay" not in page.locator(".countries").inner_text()
    assert countries.count() == 2
    page.locator(".countries").get_by_role("button", name="West Bay").click()
    assert "Sandy beach" in page.locator(".leaflet-popup").inner_text()
    middle = page.evaluate("(() => { const c = map_0.getCenter(); return [c.lng, c.lat]; })()")
    assert middle == pytest.approx(WEST, abs=0.3)  # the popup may move the map to fit


def test_a_landing_chosen_in_the_panel_of_a_narrow_window_is_not_covered_by_it(visit, sea):
    page = visit(sea, width=390, height=844)
    page.get_by_role("button", name="Show the panel").click()
    page.locator(".countries").get_by_role("button", name="West Bay").click()
    assert not page.locator("#panel").is_visible()
    assert page.locator(".leaflet-popup").is_visible()


def test_a_map_without_landings_has_no_list_of_them(visit, sea):
    assert visit(replace(sea, candidates=())).locator(".landings").count() == 0


@pytest.fixture(scope="module")
def with_ways(sea):
    """Two options; the first has two links with findings and other ways, the second has neither."""
    ways = (MapAlternative((WEST, (11.5, 55.85), EAST), "140 km, 2.1 % dearer"),)
    links = (
        replace(webmap_sea.link(WEST, EAST, name="First", link_id="1"), findings=("too steep",), alternatives=ways),
        replace(webmap_sea.link(EAST, SOUTH, name="Second", link_id="2"), findings=()),
    )
    bare = replace(webmap_sea.link(WEST, SOUTH), findings=())
    return replace(
        sea,
        options=(webmap_sea.option(links), webmap_sea.option([bare], option_id="B", name="Bare", rank=2)),
    )


def test_findings_of_the_selected_option_are_listed_with_their_link(visit, with_ways):
    page = visit(with_ways)
    checks = page.locator(".checks")
    assert re.search(r"To check: 1 finding\s+First: too steep", checks.inner_text())
    page.locator(".card-button").nth(1).click()
    assert checks.inner_text() == ""
    assert page.locator(".checks").bounding_box()["height"] == 0


def test_other_ways_are_dotted_lines_of_the_selected_option_while_their_switch_is_on(visit, with_ways):
    page = visit(with_ways)
    lines = page.locator("path.other-way")
    assert lines.count() == 0
    page.get_by_label("Other ways on the map").check()
    assert lines.count() == 1
    assert lines.get_attribute("stroke") == page.locator(".route-0").first.get_attribute("stroke")
    assert lines.get_attribute("stroke-dasharray") == "1 6"
    box = page.locator("#stage").bounding_box()
    x, y = page.evaluate("(() => { const p = map_0.latLngToContainerPoint([55.925, 10.975]); return [p.x, p.y]; })()")
    page.mouse.move(box["x"] + x, box["y"] + y)
    assert "140 km, 2.1 % dearer" in page.locator(".leaflet-tooltip").inner_text()
    page.locator(".card-button").nth(1).click()
    assert lines.count() == 0
    page.locator(".card-button").first.click()
    assert lines.count() == 1
    page.locator(".card").first.get_by_role("checkbox").uncheck()
    assert lines.count() == 0
    page.locator(".card").first.get_by_role("checkbox").check()
    page.get_by_label("Other ways on the map").uncheck()
    assert lines.count() == 0


def test_hostile_findings_and_notes_of_other_ways_are_shown_verbatim_and_never_run(visit, with_ways):
    texts: list[str] = []
    links = poison(with_ways.options[0].links, texts)
    page = visit(replace(with_ways, options=(replace(with_ways.options[0], links=links),)))
    page.get_by_label("Other ways on the map").check()
    listed = page.locator(".checks").evaluate("(c) => c.textContent")
    note = links[0].alternatives[0].note
    assert links[0].findings[0] in listed
    assert note in listed
    assert any(note in text for text in every_tooltip(page))
    assert page.locator("img[src=x]").count() == 0
    assert page.evaluate("window.pwned") is None
    assert page.evaluate(
        "document.querySelector('.checks').scrollWidth <= document.querySelector('.checks').clientWidth"
    )


def test_the_print_has_the_comparison_on_a_page_of_its_own(visit, four):
    page = visit(four)
    sheet = page.locator(".print-page")
    assert not sheet.is_visible()
    show_as(page, "print")
    assert sheet.is_visible()
    rows = table_texts(sheet.locator(".compare-table"))
    assert [row[0] for row in rows[1:]] == [option.name for option in four.options]
    assert sheet.evaluate("(s) => getComputedStyle(s).breakBefore") == "page"
    assert sheet.get_by_role("button").count() == 0
    assert sheet.evaluate("(s) => s.scrollWidth <= s.clientWidth")
