"""Drawings of a segment: what an engineer measures on them is what the segment holds."""

from __future__ import annotations

import datetime as dt
import itertools
import re
import unicodedata
import xml.etree.ElementTree as ET
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from routing import svg
from routing.catalogue import read_catalogue
from routing.engineering import Body, Event, Leg, Position, Section, Segment
from routing.engineering.segment import SeabedProfile
from routing.exchange.alignment import alignment_svg
from routing.exchange.leaders import Label, arranged
from routing.exchange.sheet import LEFT, RIGHT, WIDTH, DrawingHeader
from routing.exchange.sld import sld_svg
from routing.exchange.strips import burial_styles, cable_styles
from routing.exposure import Engineering
from routing.junction import Junction
from routing.landing import Landing, LandingSite
from routing.report.element import escaped
from routing.route import Route
from routing.text import is_plain
from routing.tornado import tornado_svg

NS = "{http://www.w3.org/2000/svg}"
HEADER = DrawingHeader("Project", "Option", "A to B", "A", dt.date(2026, 1, 2), "WGS 84, depth below 0 m", "1.0")
DRAWERS = [pytest.param(sld_svg, id="sld"), pytest.param(alignment_svg, id="alignment")]
HOSTILE = "<script>alert(1)</script> ]]> \x00\x1b \u2028 \ud800 \ufffe \"'&" + "x" * 300
BUILT = (("DA", "jet", 1.0, 1.5), ("SA", "plough", 1.5, 0.5), ("LWP", "surface", 0.0, 1.5), ("LW", "surface", 0.0, 1.5))


def landing(name):
    return LandingSite(Landing(name[:1], name, "AA", 0.0, 0.0), (0.0, 0.0), (0, 0), (0.0, 0.0), 0.0, 0.0)


def engineering(cable, method):
    catalogue = read_catalogue()
    kinds = [b for b in catalogue.burials if b.method == method]
    return Engineering(next(c for c in catalogue.cables if c.code == cable), kinds[0])


def synthetic(length_m, count, *, ends=("West", "East"), depth=None, builds=BUILT):
    """A segment of so many positions along the equator, every inner one an alter course or more."""
    degrees = np.linspace(0.0, length_m / 111_319.49, count)
    route = Route(np.column_stack([degrees, 0.02 * np.minimum(1, degrees) * (np.arange(count) % 2)]))
    kp, legs, positions, cable, sections = route.kp_m, [], [], 0.0, []
    for k in range(count):
        built = builds[min(k * len(builds) // max(count - 1, 1), len(builds) - 1)]
        at = [Event(float(kp[k]), "alter_course", f"A/C {k}")]
        if k in {0, count - 1}:
            at = [Event(float(kp[k]), "landing", "BMH")]
        elif k % 9 == 4:
            at.append(Event(float(kp[k]), "zone_entered", "Enter surf"))
        elif k % 9 == 6:
            at.append(Event(float(kp[k]), "zone_left", "Leave surf"))
        positions.append(Position(k + 1, tuple(at), float(degrees[k]), 0.0, float(kp[k]), cable, 100.0))
        if k < count - 1:
            metres = float(kp[k + 1] - kp[k])
            if legs and legs[-1].cable_type != built[0]:
                at.append(Event(float(kp[k]), "transition", f"{legs[-1].cable_type}/{built[0]} transition"))
                positions[-1] = replace(positions[-1], events=tuple(at))
            if not legs or (legs[-1].cable_type, legs[-1].protection) != built[:2]:
                sections.append(Section(float(kp[k]), float(kp[-1]), engineering(*built[:2])))
            legs.append(
                Leg(k + 1, 90.0, metres, built[3], built[3], metres * (1 + built[3] / 100), *built[:3], 8.0, "AA")
            )
            cable += legs[-1].cable_m
    marks = route.marks(max(length_m / 4000, 50.0))
    depth_m = 4000.0 * np.sin(np.pi * marks / marks[-1]) if depth is None else np.full(len(marks), depth)
    profile = SeabedProfile(marks, depth_m, np.gradient(depth_m, marks), 0.1 + 0.01 * np.cos(marks / 1e4))
    start, end = (landing(each) if isinstance(each, str) else each for each in ends)
    return Segment("x", start, end, route, tuple(sections), (), (), tuple(positions), tuple(legs), profile)


def root_of(drawn):
    return ET.fromstring(drawn)  # noqa: S314  (we wrote it)


def of_class(root, tag, name):
    return [node for node in root.iter(NS + tag) if (node.get("class") or "").split(" ")[0] == name]


def shown(node):
    """Text of an element without its title."""
    return (node.text or "") + "".join(child.tail or "" for child in node)


def box_of(node):
    """West, north, east, south of a text on the sheet."""
    size = float(node.get("font-size", 11.0))
    x, y, wide = float(node.attrib["x"]), float(node.attrib["y"]), svg.text_width(shown(node), size)
    begin = {"start": 0.0, "middle": -wide / 2, "end": -wide}[node.get("text-anchor", "start")]
    if "rotate(-90" in node.get("transform", ""):
        return x - 0.9 * size, y - begin - wide, x + 0.22 * size, y - begin
    return x + begin, y - 0.9 * size, x + begin + wide, y + 0.22 * size


def overlaps(root):
    boxes = [(box_of(node), shown(node)) for node in root.iter(NS + "text") if shown(node)]
    return [
        (a[1], b[1])
        for a, b in itertools.combinations(boxes, 2)
        if a[0][0] < b[0][2] and b[0][0] < a[0][2] and a[0][1] < b[0][3] and b[0][1] < a[0][3]
    ]


@pytest.fixture(scope="session")
def segments(finished_run):
    """Segments of every shape that is drawn."""
    unit = Junction("bu-1", "BU 1", (1.0, 0.0), (0.0, 0.0), 3, 100.0)
    made = {link.segment.id: link.segment for option in finished_run.planned.options for link in option.links}
    made |= {
        "short": synthetic(2_000.0, 4),
        "long": synthetic(9_000_000.0, 300),
        "dry": synthetic(50_000.0, 12, depth=np.nan),
        "one section": synthetic(50_000.0, 2, builds=BUILT[1:2]),
        "branching": synthetic(300_000.0, 20, ends=("West", unit)),
        "two units": synthetic(300_000.0, 20, ends=(unit, unit)),
    }
    long = made["long"]
    kinds = ("joint", "repeater", "remote_pump")
    bodies = [Body(kinds[k % 3], f"B{k}", (k + 0.5) * 75_000.0) for k in range(119)]
    made["bodies"] = replace(long, bodies=tuple(bodies))
    return made


CASES = ("aa-bb_aa-north_bb-port", "short", "long", "dry", "one section", "branching", "two units", "bodies")


@pytest.mark.parametrize("case", CASES)
def test_blocks_of_cable_are_as_long_as_the_cable_in_them(segments, case):
    segment = segments[case]
    runs = [
        (name, sum(leg.cable_m for leg in legs))
        for name, legs in itertools.groupby(segment.legs, key=lambda leg: leg.cable_type)
    ]
    drawn = of_class(root_of(sld_svg(segment, header=HEADER)), "rect", "cable")
    wide = np.array([float(block.attrib["width"]) for block in drawn])
    metres = np.array([cable_m for _, cable_m in runs])
    assert_allclose(wide / wide.sum(), metres / metres.sum(), rtol=1e-3)
    assert_allclose(wide.sum(), RIGHT - LEFT, atol=0.01)
    assert [block.find(NS + "title").text for block in drawn] == [f"{n} {m / 1000:.3f} km" for n, m in runs]


@pytest.mark.parametrize("case", CASES)
def test_bars_of_burial_are_as_long_as_the_route_that_is_buried(segments, case):
    segment = segments[case]
    bars = of_class(root_of(alignment_svg(segment, header=HEADER)), "rect", "burial")
    buried = sum(float(bar.attrib["width"]) for bar in bars) / (RIGHT - LEFT) * segment.positions[-1].kp_m
    assert_allclose(buried, segment.buried_m(), rtol=1e-3)


@pytest.mark.parametrize("draw", DRAWERS)
@pytest.mark.parametrize("case", CASES)
def test_every_event_and_body_is_named_once(segments, case, draw):
    segment = segments[case]
    labels = [
        node
        for node in of_class(root_of(draw(segment, header=HEADER)), "text", "event")
        if node.get("class") != "event block"
    ]
    events = [event for position in segment.positions for event in position.events]
    # A body that is an event of the list too is named once; a branching unit at an end stands in the list as BU.
    listed = {event.kind for event in events}
    assert len(labels) == len(events) + sum(body.kind not in listed for body in segment.bodies)
    names = " | ".join(shown(node) + " " for node in labels)
    for event in {event.text for event in events}:
        found = len(re.findall(rf"(?<!\w){re.escape(event)}(?![\w/])", names))
        assert found == sum(each.text == event for each in events), event
    for body in segment.bodies:
        assert len(re.findall(rf"\b{body.name}\b", names)) == 1


@pytest.mark.parametrize("draw", DRAWERS)
@pytest.mark.parametrize("case", CASES)
def test_no_text_stands_on_another_or_leaves_the_page(segments, case, draw):
    root = root_of(draw(segments[case], header=HEADER))
    assert overlaps(root) == []
    tall = float(root.attrib["viewBox"].split()[3])
    for node in root.iter(NS + "text"):
        west, north, east, south = box_of(node)
        assert min(west, north, WIDTH - east, tall - south) >= 0, shown(node)
    assert root.attrib["width"] == "420mm"
    assert_allclose(float(root.attrib["height"].removesuffix("mm")) * 4, tall, rtol=1e-4)


def test_a_label_on_a_leader_leads_to_the_place_of_its_event(segments):
    segment = segments["aa-bb_aa-north_bb-port"]
    root = root_of(sld_svg(segment, header=HEADER))
    feet = sorted(float(re.match(r"M([\d.]+) ", node.attrib["d"])[1]) for node in of_class(root, "path", "leader"))
    cable = [position.cable_m for position in segment.positions for _ in position.events]
    assert_allclose(feet, [LEFT + (RIGHT - LEFT) * each / segment.cable_m for each in cable], atol=0.01)


def test_the_totals_of_the_diagram_are_those_of_the_segment(segments):
    segment = segments["bodies"]
    words = [shown(node) for node in root_of(sld_svg(segment, header=HEADER)).iter(NS + "text")]
    after = dict(itertools.pairwise(words))
    assert words.count(f"{segment.cable_m / 1000:.3f}") == 2  # sum of the types, and of the segment
    for metres in (*segment.cable_by_type_m().values(), *segment.route_by_protection_m().values(), segment.buried_m()):
        assert f"{metres / 1000:.3f}" in words
    assert after["average slack, %"] == f"{100 * (segment.cable_m / segment.route.length_m - 1):.2f}"
    assert after["transitions"] == str(segment.transitions)
    assert after["alter courses"] == str(segment.alter_courses)
    assert after["bodies"] == "119"
    assert after["of these: joint"] == "40"


@pytest.mark.parametrize("draw", DRAWERS)
def test_bodies_stand_where_they_are_in_the_cable(segments, draw):
    segment = segments["bodies"]
    drawn = of_class(root_of(draw(segment, header=HEADER)), "g", "body")
    assert [node.get("class").split()[1] for node in drawn] == [body.kind for body in segment.bodies]
    triangle = [float(x) for x in re.findall(r"([\d.]+) [\d.]+", drawn[0].find(NS + "path").attrib["d"])]
    body = segment.bodies[0]
    share = (
        segment.cable_kp_m(body.kp_m) / segment.cable_m if draw is sld_svg else body.kp_m / segment.positions[-1].kp_m
    )
    assert_allclose((min(triangle) + max(triangle)) / 2, LEFT + (RIGHT - LEFT) * share, atol=0.01)


@pytest.mark.parametrize("draw", DRAWERS)
def test_a_crossing_shows_its_angle_with_and_without_an_event(segments, draw):
    base = segments["aa-bb_aa-north_bb-port"]
    crossing = SimpleNamespace(asset=SimpleNamespace(name="Pipe <1>"), kp_m=20_000.0, angle_deg=71.6)
    root = root_of(draw(replace(base, crossings=(crossing,)), header=HEADER))
    assert sum("Crossing Pipe <1>, 72°" in shown(node) for node in of_class(root, "text", "event")) == 1
    place = base.positions[8]
    event = Event(place.kp_m, "crossing", "Crossing Pipe <1>")
    positions = (*base.positions[:8], replace(place, events=(event,)), *base.positions[9:])
    both = replace(base, positions=positions, crossings=(replace_kp(crossing, place.kp_m),))
    root = root_of(draw(both, header=HEADER))
    assert len([1 for node in of_class(root, "text", "event") if "Pipe" in shown(node)]) == 1
    assert any("72°" in shown(node) for node in of_class(root, "text", "event"))


def replace_kp(crossing, kp_m):
    return SimpleNamespace(asset=crossing.asset, kp_m=kp_m, angle_deg=crossing.angle_deg)


def test_the_seabed_on_the_profile_reaches_the_greatest_depth(segments):
    segment = segments["long"]
    root = root_of(alignment_svg(segment, header=HEADER))
    floor = of_class(root, "path", "seabed")[0].attrib["d"]
    depths = [float(y) for y in re.findall(r"[\d.]+ ([\d.]+)", floor)]
    panel = next(node for node in root.iter(NS + "rect") if node.get("class") == "unknown")
    top, tall = float(panel.attrib["y"]), float(panel.attrib["height"])
    assert_allclose((max(depths) - top) / tall * 4000.0, np.nanmax(segment.profile.depth_m), rtol=1e-3)


@pytest.mark.parametrize("draw", DRAWERS)
def test_an_unknown_depth_is_hatched_and_not_drawn_as_a_seabed(segments, draw):
    root = root_of(draw(segments["dry"], header=HEADER))
    assert of_class(root, "path", "seabed") == []
    assert of_class(root, "rect", "unknown")[0].attrib["fill"] == "url(#unknown)"


@pytest.mark.parametrize("draw", DRAWERS)
def test_hostile_names_are_shortened_text_in_valid_markup(segments, draw):
    header = DrawingHeader(*[HOSTILE] * 4, dt.date(2026, 1, 2), HOSTILE, HOSTILE)
    segment = synthetic(50_000.0, 12, ends=(HOSTILE, HOSTILE))
    place = segment.positions[3]
    event = Event(place.kp_m, "transition", HOSTILE, HOSTILE)
    leg = replace(segment.legs[4], cable_type=HOSTILE, protection=HOSTILE, sector=HOSTILE, burial_m=1.0)
    segment = replace(
        segment,
        positions=(*segment.positions[:3], replace(place, events=(event,)), *segment.positions[4:]),
        legs=(*segment.legs[:4], leg, *segment.legs[5:]),
        bodies=(Body("joint", HOSTILE, 20_000.0),),
    )
    root = root_of(draw(segment, header=header))
    drawn = draw(segment, header=header)
    drawn.encode("utf-8")
    assert {node.tag for node in root.iter()}.isdisjoint({NS + "script", NS + "image", NS + "foreignObject", NS + "a"})
    assert "\u2028" not in drawn
    assert overlaps(root) == []
    assert any((node.findtext(NS + "title") or "").endswith("x" * 300) for node in root.iter(NS + "text"))


@pytest.mark.parametrize("draw", DRAWERS)
def test_a_drawing_fetches_nothing_runs_nothing_and_is_the_same_each_time(segments, draw):
    segment = segments["branching"]
    drawn = draw(segment, header=HEADER)
    assert drawn == draw(segment, header=HEADER)
    assert set(re.findall(r"url\(([^)]*)\)", drawn)) <= {
        f"#{node.get('id')}" for node in root_of(drawn).iter(NS + "pattern")
    }
    assert "href" not in drawn
    assert re.findall(r"https?://[^\"]*", drawn) == ["http://www.w3.org/2000/svg"]
    assert {node.get("font-family") for node in root_of(drawn).iter()} == {None, "sans-serif"}
    root = root_of(drawn)
    assert root.get("role") == "img"
    assert root[0].tag == NS + "title"
    assert root[1].tag == NS + "desc"
    assert "BU 1" in root[1].text


@given(st.lists(st.floats(LEFT, RIGHT), min_size=1, max_size=250), st.integers(1, 12))
@settings(max_examples=40)
def test_labels_keep_their_order_and_never_overlap_however_close_they_are(places, crowd):
    labels = [Label(x, f"Event {k}", "joint", f"{x:.3f}") for k, x in enumerate(places * crowd)]
    made = arranged(labels)
    assert len(made.labels) == len(labels)
    assert np.all(np.diff(made.slots) > 0)
    assert made.slots[0] >= LEFT - 1e-6
    assert made.slots[-1] <= RIGHT + 14
    root = root_of(svg.document(made.drawn(0.0, up=True), size=(10, 10), title="x"))
    if len(labels) <= 120:
        assert overlaps(root) == []


def test_a_label_of_the_tornado_never_stands_on_a_bar():
    def bar(low, high):
        values = {"low": 1.0, "base": 2.0, "high": 3.0, "low_usd": low * 1e6, "high_usd": high * 1e6}
        return {"name": "rate.x", "unit": "USD", "swing_usd": 1e6, "switch_low": None, "switch_high": None} | values

    bars = [
        bar(9, 12),
        bar(11, 13),
        bar(13, 11),
        bar(8, 9.5),
        bar(9.5, 8),
        bar(10, 12),
        bar(8, 10),
        bar(12, 12),
        bar(10, 10),
    ]
    table = {"total_usd": 10e6, "method": "m", "parameters": bars}
    root = root_of(tornado_svg("t", table))
    drawn = [
        {key: float(node.attrib[key]) for key in ("x", "y", "width", "height")} for node in root.iter(NS + "rect")
    ][3:]
    assert len(drawn) == 2 * len(bars)
    labels = [node for node in root.iter(NS + "text") if node.text in {"1", "3"} and node.get("font-size") == "12"]
    labels = [node for node in labels if float(node.attrib["y"]) < drawn[-1]["y"] + 20]
    assert len(labels) == 2 * len(bars)
    for node in labels:
        west, north, east, south = box_of(node)
        for each in drawn:
            apart = (
                east <= each["x"]
                or west >= each["x"] + each["width"]
                or south <= each["y"]
                or north >= each["y"] + each["height"]
            )
            assert apart or not each["width"]
    assert overlaps(root) == []


@pytest.mark.parametrize(("least", "most"), [(0.0, 0.0), (1.0, 0.0), (0.0, np.nan), (0.0, np.inf)])
def test_a_scale_of_no_length_has_no_ticks(least, most):
    assert svg.ticks(least, most) == ()


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e7), st.integers(1, 30))
def test_ticks_are_round_inside_and_not_too_many(least, span, at_most):
    most = least + span
    marks = svg.ticks(least, most, at_most=at_most)
    assert len(marks) <= at_most + 1
    slip = 1e-9 * max(abs(least), abs(most))
    assert all(least - slip <= mark <= most + slip for mark in marks)
    steps = np.diff(marks)
    assert_allclose(steps, steps[:1].repeat(len(steps)), rtol=1e-4, atol=slip)
    for step in steps[:1] if slip < 1e-6 * span else ():
        assert f"{step:.3e}"[0:5] in {"1.000", "2.000", "5.000"}


@pytest.mark.parametrize("styles", [cable_styles, burial_styles])
def test_types_and_methods_are_told_apart_without_colour(styles):
    catalogue = read_catalogue()
    legs = [
        SimpleNamespace(cable_type=cable.code, protection=burial.method)
        for cable in catalogue.cables
        for burial in catalogue.burials
    ]
    strokes = [stroke for _, stroke in styles(SimpleNamespace(legs=legs)).values()]
    assert len(strokes) >= 5
    assert len(set(strokes)) == len(strokes)
    assert len({svg.HATCHES[stroke] for stroke in strokes}) == len(strokes)


def test_every_character_is_judged_by_its_category_and_by_what_xml_can_hold():
    turning = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    for each in map(chr, range(0x110000)):
        category = unicodedata.category(each)
        plain = category != "Cc" and each not in turning + "\u2028\u2029"
        assert is_plain(each) == plain
        assert (svg.clean(each) == each) == (
            each == "?" or (plain and category != "Cs" and ord(each) % 0x10000 < 0xFFFE)
        )
        hidden = each not in "\n\t" and (category in ("Cc", "Cs") or each in turning)
        assert (escaped(each) == "\ufffd") == (hidden or each == "\ufffd")
