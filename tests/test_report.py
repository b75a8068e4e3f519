"""The report says what the run found, shows every text as text, and needs nothing but a browser."""

from __future__ import annotations

import base64
import copy
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.errors import InputError
from routing.presentation import LABELS
from routing.report import Drawings, ReportInputs, report_html
from routing.report.description import describe_section
from routing.report.element import css_string, element, escaped, image

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 10"><title>t</title><path d="M0 5H40"/></svg>'
VOID = {"meta", "img", "br", "hr", "col"}
HOSTILE = (
    "<script>window.pwned=1</script>",
    "</style><script>window.pwned=1</script>",
    "</title></head><body onload=window.pwned=1>",
    "<img src=x onerror=window.pwned=1>",
    "{{7*7}} {% raw %} ${7*7}",
    "`+alert(1)+`",
    "\"' onmouseover='window.pwned=1",
    "&lt;b&gt; &amp; &#60;",
    "<!-- ]]> -->",
    "line\u2028break\u2029end",
    'a"} @import url(http://example.invalid/x); b{content:"',
    "\\3c script\\3e \\",
    "\U0001f30a é Şimal =1+1",
)


class Page(HTMLParser):
    """A page read independently: tags in balance, its tables, headings and texts."""

    def __init__(self, document):
        super().__init__(convert_charrefs=True)
        self.stack, self.tags, self.tables, self.headings, self.ids, self.links = [], [], [], [], [], []
        self.text = ""
        self.feed(document)
        self.close()
        assert self.stack == []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        assert len(attributes) == len(attrs)
        self.tags.append((tag, attributes))
        if tag not in VOID:
            self.stack.append(tag)
        if tag == "table":
            self.tables.append({"caption": "", "rows": []})
        elif tag == "tr":
            self.tables[-1]["rows"].append([])
        elif tag in ("td", "th"):
            self.tables[-1]["rows"][-1].append("")
        elif re.fullmatch(r"h\d", tag):
            self.headings.append([int(tag[1]), ""])
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag == "a":
            self.links.append(attributes["href"])

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag

    def handle_data(self, text):
        if "style" in self.stack:
            return
        self.text += text
        if self.stack and self.stack[-1] in ("td", "th"):
            self.tables[-1]["rows"][-1][-1] += text
        elif self.stack and self.stack[-1] == "caption":
            self.tables[-1]["caption"] += text
        elif self.stack and re.fullmatch(r"h\d", self.stack[-1]):
            self.headings[-1][1] += text

    def named(self, caption):
        """Tables whose caption begins so, without their titles."""
        return [table["rows"][1:] for table in self.tables if table["caption"].startswith(caption)]


def number(text):
    return float(text.replace(",", "").replace("\u2212", "-"))


@pytest.fixture(scope="module")
def made(finished_run):
    """Arguments of the report of the miniature run."""
    segments = {link.segment.id: link.segment for option in finished_run.planned.options for link in option.links}
    options = finished_run.summary["options"]
    drawings = Drawings(
        dict.fromkeys(segments, SVG), dict.fromkeys(segments, SVG), {each["id"]: SVG for each in options}
    )
    files = {"landings.path": {"file": "landings.csv", "sha256": "ab" * 32}}
    inputs = ReportInputs(finished_run.loaded.project, finished_run.loaded.catalogue, files)
    return finished_run.summary, {"segments": segments, "drawings": drawings, "inputs": inputs}


@pytest.fixture(scope="module")
def document(made):
    return report_html(made[0], **made[1])


@pytest.fixture(scope="module")
def page(document):
    return Page(document)


# -------------------------------------------------------------------------------------------------------------- numbers


def test_every_item_and_total_of_an_option_is_that_of_the_summary(made, page):
    options = made[0]["options"]
    tables = page.named("Cost by item")
    assert len(tables) == len(options)
    for option, rows in zip(options, tables, strict=True):
        cost = option["cost"]
        names = ("route_dependent_usd", "fixed_usd", "total_usd", "capital_usd", "low_usd", "high_usd")
        wanted = [(LABELS[name], usd) for name, usd in cost["items"].items()]
        fixed = {**LABELS, "permits": "Permits of states"}
        wanted += [(fixed[name], usd) for name, usd in cost["fixed_items"].items()]
        wanted += [(None, cost[name]) for name in names]
        assert len(rows) == len(wanted)
        for row, (label, usd) in zip(rows, wanted, strict=True):
            assert label in (None, row[0])
            assert number(row[2]) * 1e6 == pytest.approx(usd, abs=500.01)
        items = len(cost["items"])
        shown = [number(row[2]) for row in rows]
        assert sum(shown[:items]) == pytest.approx(shown[-6], abs=0.0005 * (items + 1) + 1e-9)


def test_the_comparison_holds_the_numbers_of_every_option(made, page):
    (rows,) = page.named("Options, cheapest first")
    for option, row in zip(made[0]["options"], rows, strict=True):
        assert row[0] == f"{option['rank']}. {option['name']}"
        assert number(row[2]) * 1e6 == pytest.approx(option["cost"]["total_usd"], abs=5000.1)
        low, high = map(number, row[3].split(" to "))
        assert low * 1e6 == pytest.approx(option["cost"]["low_usd"], abs=5000.1)
        assert high * 1e6 == pytest.approx(option["cost"]["high_usd"], abs=5000.1)
        assert number(row[4]) == pytest.approx(sum(link["route_km"] for link in option["links"]), abs=0.0501)
        assert number(row[5]) == pytest.approx(sum(link["cable_km"] for link in option["links"]), abs=0.0501)
        assert number(row[7]) == pytest.approx(option["risk"]["expected_faults"], abs=0.00501)
        assert number(row[8].rstrip(" %")) == pytest.approx(option["gap_pct"], abs=0.00501)


def test_what_users_get_is_that_of_the_summary(made, page):
    (rows,) = page.named("What users get")
    services = [each for option in made[0]["options"] for each in option["service"]]
    for each, row in zip(services, rows, strict=True):
        assert row[1] == "\u2013".join(each["between"])
        assert number(row[2]) == pytest.approx(each["latency_ms"], abs=0.000501)
        assert number(row[3].rstrip(" %")) == pytest.approx(100 * each["availability"], abs=0.000501)
        assert number(row[4]) == pytest.approx(365.25 * (1 - each["availability"]), abs=0.00501)


def test_sections_quantities_and_positions_are_those_of_the_segment(made, page):
    links = [link for option in made[0]["options"] for link in option["links"]]
    kinds = ("Sections", "Bill of materials", "Position list")
    tables = zip(links, *(page.named(kind) for kind in kinds), strict=True)
    for link, sections, bill, positions in tables:
        segment = made[1]["segments"][link["id"]]
        for section, row in zip(segment.sections, sections, strict=True):
            assert number(row[1]) == pytest.approx(section.start_m / 1000, abs=0.000501)
            assert number(row[3]) == pytest.approx((section.end_m - section.start_m) / 1000, abs=0.000501)
            assert row[5] == section.engineering.cable.code
        assert sum(number(row[4]) for row in sections) == pytest.approx(
            segment.cable_m / 1000, abs=0.0005 * len(sections) + 1e-6
        )
        assert [row[0] for row in bill] == [line["item"] for line in link["quantities"]]
        assert [number(row[2]) for row in bill] == [line["amount"] for line in link["quantities"]]
        assert [number(row[3]) if row[3] else 0.0 for row in bill] == [line["spare"] for line in link["quantities"]]
        assert [row[0] for row in positions] == [str(each.number) for each in segment.positions]
        for position, row in zip(segment.positions, positions, strict=True):
            assert row[1] == position.event
            assert number(row[4]) == pytest.approx(position.kp_m / 1000, abs=0.000501)
            assert (
                row[5] == ""
                if position.depth_m is None
                else number(row[5]) == pytest.approx(position.depth_m, abs=0.0501)
            )


def test_landings_show_their_place_status_and_source(made, page):
    rows = [row for table in page.named("Landings") for row in table]
    sites = [site for option in made[0]["options"] for site in option["landings"]]
    for site, row in zip(sites, rows, strict=True):
        degrees = [float(a) + float(b) / 60 for a, b in re.findall(r"(\d+)°\s([\d.]+)'", row[2])]
        assert degrees == pytest.approx([site["lat"], site["lon"]], abs=1e-6)
        assert number(row[3]) == site["moved_km"]
        assert row[4:] == ["candidate", "made up"]


# ----------------------------------------------------------------------------------------------------------- description


def test_sections_follow_each_other_and_name_every_event_once(made):
    for segment in made[1]["segments"].values():
        texts = [describe_section(segment, number) for number in range(1, len(segment.sections) + 1)]
        places = [re.match(r"KP ([\d.]+) to KP ([\d.]+)", text).groups() for text in texts]
        assert [start for start, _ in places[1:]] == [end for _, end in places[:-1]]
        whole = " ".join(texts)
        for position in segment.positions:
            for event in position.events:
                if event.kind in ("alter_course", "limit", "zone_entered", "zone_left", "crossing"):
                    assert (
                        whole.count(f"{event.text} at KP {event.kp_m / 1000:.3f}")
                        + whole.count(f"{event.text} ({event.remarks}) at KP {event.kp_m / 1000:.3f}")
                        == 1
                    ), event
        assert f"leaves the beach manhole at {segment.start.name}" in texts[0]
        assert f"ends at the beach manhole of {segment.end.name}" in texts[-1]


# --------------------------------------------------------------------------------------------------------------- markup


def test_the_page_is_well_made(document, page):
    levels = [level for level, _ in page.headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert len(set(page.ids)) == len(page.ids)
    assert {link[1:] for link in page.links} <= set(page.ids)
    tags = [tag for tag, _ in page.tags]
    assert tags.count("caption") == tags.count("table") == tags.count("thead")
    assert all("scope" in attributes for tag, attributes in page.tags if tag == "th")
    assert all(attributes.get("alt") for tag, attributes in page.tags if tag == "img")
    assert ("html", {"lang": "en"}) in page.tags
    assert "script" not in tags
    assert not re.search(r"https?://(?!www\.w3\.org)", document)
    for table in page.tables:
        assert {len(row) for row in table["rows"]} == {len(table["rows"][0])}, table["caption"]


def test_every_link_has_its_drawings_and_the_same_arguments_give_the_same_page(made, document, page):
    links = sum(len(option["links"]) for option in made[0]["options"])
    pictures = [attributes["src"] for tag, attributes in page.tags if tag == "img"]
    assert len(pictures) == 2 * links + len(made[0]["options"])
    assert base64.b64decode(pictures[0].partition(",")[2]).decode() == SVG
    assert report_html(made[0], **made[1]) == document


def test_a_run_without_an_answer_says_what_is_in_the_way(made):
    reason = {"option": "aa-bb", "message": "no route", "conflict": ["zone", "coast"], "cheapest_relaxation": None}
    summary = {**made[0], "options": [], "infeasible": [reason]}
    (rows,) = Page(report_html(summary, **made[1])).named("Options without an answer")
    assert rows == [["aa-bb", "no route", "zone and coast", "none"]]


def test_branching_units_barriers_diversity_and_crossings_are_told(made):
    summary = copy.deepcopy(made[0])
    option = summary["options"][0]
    option["given_up"] = ["Reserve"]
    unit = {"id": "bu-1", "name": "BU 1", "lon": 50.5, "lat": 41.25, "depth_m": 101.25, "degree": 3, "existing": None}
    option["branching_units"] = [unit]
    pair = {"links": ["x", "y"], "least_km": 20.079, "least_kp_km": None, "shared_risk_km": {"surf": 2.824, "ice": 0.0}}
    option["diversity"] = {
        "separation_km": 20.0,
        "landing_zone_km": 30.0,
        "without_usd": 7e6,
        "price_usd": 2.5e5,
        "pairs": [pair],
    }
    crossing = {
        "asset": "Pipe",
        "carries": "pipeline",
        "kp": 1.5,
        "angle_deg": 88.25,
        "lon": 50.5,
        "lat": 41.25,
        "toll_usd": 2e5,
    }
    option["links"][0]["crossings"] = [crossing]
    page = Page(report_html(summary, **made[1]))
    assert "only if these barriers are given up: Reserve" in page.text
    assert page.named("Branching units") == [
        [["BU 1", "41°\u00a015.0000'\u00a0N, 050°\u00a030.0000'\u00a0E", "101.2", "3", "new cable"]]
    ]
    assert page.named("How far routes keep apart") == [[["x and y", "20.079", "none", "surf 2.824 km"]]]
    assert "the rule costs USD 0.250 million" in page.text
    assert page.named("Crossings")[0][0] == [
        "Pipe",
        "pipeline",
        "1.500",
        "88.2",
        "41° 15.0000' N",
        "050° 30.0000' E",
        "0.200",
    ]


# ----------------------------------------------------------------------------------------------------------------- texts


@given(st.text())
def test_escaped_text_reads_as_written_save_for_what_html_cannot_hold(text):
    import html

    markup = escaped(text)
    assert not set(markup) & set("<>\"'`{}")
    for seen, char in zip(html.unescape(markup), text, strict=True):
        assert seen in (char, "\ufffd")
    markup.encode("utf-8")


@given(st.text())
def test_a_css_string_never_ends_early(text):
    assert re.fullmatch(r'"(?:[A-Za-z0-9 .,:-]|\\[0-9a-f]{1,6} )*"', css_string(text))


def test_marks_that_turn_the_reading_direction_are_replaced():
    assert element("p", "a\u202eb\u2066c\x00d\ud83d").text == "<p>a\ufffdb\ufffdc\ufffdd\ufffd</p>"


@pytest.mark.parametrize(
    "svg",
    [
        "<svg",
        "<html/>",
        '<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>',
        '<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>',
        '<svg xmlns="http://www.w3.org/2000/svg"><foreignObject/></svg>',
        '<svg xmlns="http://www.w3.org/2000/svg"><rect fill="url(http://example.invalid/a)"/></svg>',
        '<svg xmlns="http://www.w3.org/2000/svg"><g xmlns:x="http://www.w3.org/1999/xlink" x:href="a"/></svg>',
        '<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg"/>',
    ],
)
def test_a_drawing_that_is_active_or_no_drawing_is_refused(svg):
    with pytest.raises(InputError, match="drawing"):
        image(svg, alt="x")


def poisoned(made):
    """The same arguments with a hostile text in every place that a user writes."""
    summary, arguments = copy.deepcopy(made[0]), dict(made[1])
    texts = [f"t{k} {text}" for k, text in enumerate(HOSTILE)]
    supply = iter(texts * 20)
    for key in ("title", "revision"):
        summary[key] = next(supply)
    for option in summary["options"]:
        option["name"] = next(supply)
        option["given_up"] = [next(supply)]
        for site in option["landings"]:
            site["name"], site["country"] = next(supply), next(supply)
        for link in option["links"]:
            link["from"], link["to"] = next(supply), next(supply)
            link["findings"] = [{"rule": "span", "severity": "warning", "message": next(supply)}]
    summary["published"] = [{"label": next(supply), "value": next(supply), "source": next(supply)}]
    inputs = arguments["inputs"]
    arguments["inputs"] = replace(
        inputs,
        project=inputs.project.model_copy(update={"sources": tuple(texts), "vertical_datum": next(supply)}),
        files={next(supply): {"file": next(supply), "sha256": "00"}},
    )
    return summary, arguments, texts


@pytest.fixture
def visit(browser, tmp_path):
    """Open a page offline; afterwards it may not have asked for anything or complained."""
    complaints = []
    context = browser.new_context(viewport={"width": 390, "height": 800}, offline=True)

    def open_page(document):
        file = tmp_path / "report.html"
        file.write_text(document, encoding="utf-8", newline="\n")
        page = context.new_page()
        page.on("request", lambda r: None if r.url.startswith(("file:", "data:")) else complaints.append(r.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(file.as_uri())
        return page

    yield open_page
    context.close()
    assert complaints == []


@pytest.mark.browser
def test_hostile_texts_are_shown_verbatim_and_never_run(visit, made):
    summary, arguments, texts = poisoned(made)
    page = visit(report_html(summary, **arguments))
    shown = page.evaluate("document.body.textContent")
    assert [text for text in texts if text not in shown] == []
    assert page.evaluate("window.pwned") is None
    assert page.locator("script, img[src=x], [onload], [onerror], [onmouseover]").count() == 0
    assert summary["title"] in page.evaluate("document.title")


@pytest.mark.browser
def test_the_report_is_styled_fits_a_phone_and_prints(visit, document):
    page = visit(document)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("getComputedStyle(document.querySelector('.number')).textAlign") == "right"
    assert page.evaluate("[...document.images].every((picture) => picture.complete && picture.naturalWidth > 0)")
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
