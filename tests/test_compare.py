"""Two finished runs beside each other: moves by closed forms, money to the cent, and what cannot be compared."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from miniature import SeaProject
from numpy.testing import assert_allclose
from shapely import box

from routing import geodesy
from routing.delta import compare, compare_runs, delta_lines, summary_sentence
from routing.delta.building import built_otherwise
from routing.delta.comparing import compare_records
from routing.delta.matching import match_junctions, match_links
from routing.delta.moving import beside, cut, is_identical, moved
from routing.delta.reading import JunctionRecord, LinkRecord, SectionRecord, read_record
from routing.delta.settings import differing_tables
from routing.errors import InputError
from routing.export import read_run
from routing.webmap import read_page

#: A degree of the equator and of the meridian at it, metres (WGS84: a, and a (1 - e2)).
DEGREE_M = math.radians(6_378_137.0)
NORTH_M = math.radians(6_378_137.0 * (1.0 - 0.00669437999014))


# ---------------------------------------------------------------------------------------------------------------- moves


def moves(new, old, tolerance_m=500.0):
    new, old = np.array(new, float), np.array(old, float)
    seen = beside(new, old, tolerance_m=tolerance_m), beside(old, new, tolerance_m=tolerance_m)
    return moved(*seen, tolerance_m=tolerance_m)


def shifted(metres, lon=0.0):
    """Along the equator for a degree, `metres` north of it from 0.3 to 0.7 degrees, with ramps of 0.1 degrees."""
    north = metres / NORTH_M
    points = [[lon, 0], [lon + 0.2, 0], [lon + 0.3, north], [lon + 0.7, north], [lon + 0.8, 0], [lon + 1.0, 0]]
    return [[(x + 180.0) % 360.0 - 180.0, y] for x, y in points]


@pytest.mark.parametrize("lon", [0.0, 20.0, 179.5, -180.2])
@pytest.mark.parametrize(("metres", "side"), [(3200.0, "port"), (-1500.0, "starboard")])
def test_a_route_shifted_by_a_known_distance_moved_by_it_over_the_known_stretch(metres, side, lon):
    (move,) = moves(shifted(metres, lon), [shifted(0.0, lon)[0], shifted(0.0, lon)[-1]])
    far, ramp_m = abs(metres), math.hypot(metres, 0.1 * DEGREE_M)
    # On a ramp the distance grows evenly, so it passes the tolerance at this share of it.
    share = 500.0 / far
    start_m = 0.2 * DEGREE_M + share * ramp_m
    assert_allclose(move.greatest_m, far, atol=1.0)
    assert move.side == side
    assert_allclose(1000.0 * move.from_km, start_m, atol=3.0)
    assert_allclose(1000.0 * move.to_km, 0.6 * DEGREE_M + 2 * ramp_m - share * ramp_m, atol=3.0)
    assert_allclose(1000.0 * move.old_from_km, (0.2 + 0.1 * share) * DEGREE_M, atol=3.0)
    assert_allclose(1000.0 * move.old_to_km, (0.8 - 0.1 * share) * DEGREE_M, atol=3.0)
    # Two ramps of mean (tolerance + far) / 2, and what lies between at the full distance. Seen from the straight route the
    # ramps are a little shorter, so the mean is a little larger there.
    ramps = 2 * (1 - share) * ramp_m
    mean = (ramps * (500.0 + far) / 2 + 0.4 * DEGREE_M * far) / (ramps + 0.4 * DEGREE_M)
    assert_allclose(move.mean_m, mean, rtol=2e-3)


def test_a_detour_that_the_new_route_cuts_off_is_a_move_though_the_new_route_lies_on_the_old():
    old = [[0, 0], [0.5, 0], [0.5, 8000.0 / NORTH_M], [0.5, 0], [1, 0]]
    (move,) = moves([[0, 0], [1, 0]], old)
    assert_allclose(move.greatest_m, 8000.0, atol=1.0)
    assert move.side == "starboard"  # the old one lay to port
    assert_allclose([move.from_km, move.to_km], 0.5 * DEGREE_M / 1000.0, atol=0.01)
    assert_allclose(move.old_to_km - move.old_from_km, 2 * 7.5, atol=0.01)


def test_two_bumps_to_either_side_are_two_moves():
    north = 2000.0 / NORTH_M
    new = [[0, 0], [0.2, 0], [0.3, north], [0.4, 0], [0.6, 0], [0.7, -north], [0.8, 0], [1, 0]]
    assert [move.side for move in moves(new, [[0, 0], [1, 0]])] == ["port", "starboard"]


def test_a_bump_just_above_the_tolerance_and_as_narrow_as_a_needle_is_found():
    # A corner is always looked at, however narrow.
    new = [[0, 0], [0.5, 0], [0.50001, 501.0 / NORTH_M], [0.50002, 0], [1, 0]]
    assert len(moves(new, [[0, 0], [1, 0]])) == 1
    assert moves(shifted(499.0), [[0, 0], [1, 0]]) == ()


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), min_size=2, max_size=5, unique=True),
    st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), min_size=2, max_size=5, unique=True),
)
def test_distances_are_those_of_brute_force(first, second):
    line, other = (50.0 + 0.2 * np.round(np.array(points), 3) for points in (first, second))
    if min(np.abs(np.diff(each, axis=0)).sum(axis=1).min() for each in (line, other)) < 1e-3:
        return
    seen = beside(line, other, tolerance_m=5000.0)
    dense = geodesy.densify(other, step_m=50.0)
    from routing.position_list.beside import places_along

    for place, metres in zip(places_along(line, seen.marks_m)[0][::7], seen.apart_m[::7], strict=True):
        least = geodesy.inverse(np.broadcast_to(place, dense.shape), dense)[2].min()
        # Brute force takes places 50 m apart: at most 25 m beside the nearest, which counts fully only close by.
        assert metres <= least + 0.5
        assert least <= math.hypot(metres, 25.0) + 1.0


def test_routes_are_identical_to_the_millimetre_and_not_beyond():
    line = np.array(shifted(1000.0))
    assert is_identical(line, line + np.array([0.0, 0.5e-3 / NORTH_M]))
    assert not is_identical(line, line + np.array([0.0, 2e-3 / NORTH_M]))
    assert not is_identical(line, line[:-1])


def test_a_part_that_is_cut_out_has_its_length_and_corners():
    line = np.array(shifted(1000.0))
    part = cut(line, 10_000.0, 90_000.0)
    assert_allclose(geodesy.length_m(part), 80_000.0, atol=1e-3)
    assert all(any(np.allclose(corner, place) for place in part) for corner in line[1:-1])


# ----------------------------------------------------------------------------------------------- what is built, matching


def test_sections_that_differ_are_listed_where_they_differ():
    line = np.array([[0.0, 0.0], [1.0, 0.0]])
    length_km = DEGREE_M / 1000.0
    old = [SectionRecord(0, 30, "DA"), SectionRecord(30, length_km, "SA")]
    new = [SectionRecord(0, 40, "DA"), SectionRecord(40, 60, "SA"), SectionRecord(60, length_km, "LWP")]
    seen = beside(line, line, tolerance_m=1000.0)
    found = built_otherwise(new, old, seen=seen, seen_from_old=seen, shortest_km=0.001)
    assert [(each.old, each.new) for each in found] == [("SA", "DA"), ("SA", "LWP")]
    assert_allclose([[each.from_km, each.to_km] for each in found], [[30, 40], [60, length_km]], atol=1e-3)
    assert built_otherwise(old, old, seen=seen, seen_from_old=seen, shortest_km=0.001) == ()
    assert built_otherwise((), old, seen=seen, seen_from_old=seen, shortest_km=0.001) == ()


def link(start, end, groups=("", ""), line=((0.0, 0.0), (1.0, 0.0))):
    return LinkRecord(f"{start}_{end}", f"{start} to {end}", (start, end), groups, np.array(line), (), {}, {}, ())


def junction(number, lon, degree=3):
    return JunctionRecord(f"bu-{number}", f"BU {number}", (lon, 0.0), 100.0, degree)


def test_branching_units_pair_by_place_and_degree_not_by_number():
    pairs = match_junctions([junction(1, 10.0), junction(2, 20.0)], [junction(1, 20.1), junction(2, 10.1)])
    assert sorted((a.id, b.id) for a, b in pairs) == [("bu-1", "bu-2"), ("bu-2", "bu-1")]
    pairs = match_junctions([junction(1, 10.0, degree=4)], [junction(1, 10.0), junction(2, 11.0, degree=4)])
    assert [(a and a.id, b and b.id) for a, b in pairs] == [("bu-1", "bu-2"), (None, "bu-1")]


def test_links_of_a_tree_pair_through_their_branching_units():
    old = [link("a", "bu-1", ("AA", "")), link("bu-1", "bu-2"), link("bu-2", "b", ("", "BB"))]
    new = [link("a", "bu-2", ("AA", "")), link("bu-1", "bu-2"), link("bu-1", "b", ("", "BB"))]
    pairs = match_links(old, new, match_junctions([junction(1, 1), junction(2, 2)], [junction(1, 2), junction(2, 1)]))
    assert [(a.id, b.id) for a, b in pairs] == [("a_bu-1", "a_bu-2"), ("bu-1_bu-2", "bu-1_bu-2"), ("bu-2_b", "bu-1_b")]
    assert pairs[1][0].is_turned  # it runs from the second unit to the first now


def test_a_link_at_other_landings_of_its_states_is_still_that_link_and_the_rest_come_and_go():
    old = [link("a1", "b", ("AA", "BB")), link("a1", "c", ("AA", "CC"))]
    new = [link("b", "a2", ("BB", "AA")), link("b", "d", ("BB", "DD"))]
    pairs = match_links(old, new, [])
    assert [(a and a.id, b and b.id) for a, b in pairs] == [("a1_b", "b_a2"), (None, "b_d"), ("a1_c", None)]
    assert pairs[0][0].ends == ("b", "a1")


def test_settings_that_differ_have_dotted_keys_and_tables_their_names():
    old = {"routing": {"gap_pct": 0.5}, "layer": [{"name": "a", "kind": "show"}], "area": [1, 2], "same": 1}
    new = {"routing": {"gap_pct": 1.0}, "layer": [{"name": "b"}], "area": [1, 3], "same": 1}
    assert [(each.key, each.old, each.new) for each in differing_tables(old, new)] == [
        ("routing.gap_pct", 0.5, 1.0),
        ("layer[b]", None, {"name": "b"}),
        ("layer[a]", {"name": "a", "kind": "show"}, None),
        ("area", [1, 2], [1, 3]),
    ]


# ----------------------------------------------------------------------------------------------------------- whole runs


@pytest.fixture(scope="module")
def pair(finished_run, tmp_path_factory):
    """The miniature run, and one of the same sea with one more exclusion across a route."""
    project = SeaProject(tmp_path_factory.mktemp("changed") / "project")
    project.add_exclusion(box(50.2, 41.38, 50.3, 41.6), name="Zone")
    project.run()
    return finished_run.folder, project.out


def altered(folder, target, *, summary=None, manifest=None):
    """A run's folder with its summary changed, as if it had been made so."""
    shutil.copytree(folder, target, ignore=shutil.ignore_patterns("compare"))
    told = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    if summary:
        table = json.loads((target / "summary.json").read_text(encoding="utf-8"))
        summary(table)
        (target / "summary.json").write_text(json.dumps(table), encoding="utf-8")
        told["outputs"]["summary.json"] = hashlib.sha256((target / "summary.json").read_bytes()).hexdigest()
    if manifest:
        manifest(told)
    (target / "manifest.json").write_text(json.dumps(told), encoding="utf-8")
    return target


def delta_of(old, new, **given):
    return compare(read_run(old), read_run(new), **given)


def test_a_run_compared_with_itself_has_moved_nowhere_and_says_so(finished_run, tmp_path):
    done = compare_runs(finished_run.folder, finished_run.folder, tmp_path / "out")
    assert not done.delta.changed
    assert all(link.is_identical and link.greatest_m == 0.0 for each in done.delta.options for link in each.links)
    assert done.delta.inputs == done.delta.parameters == done.delta.versions == ()
    text = (tmp_path / "out" / "delta.txt").read_text(encoding="utf-8")
    assert "Nothing moved: every route, cost and figure is the same in both runs." in text
    assert read_page(tmp_path / "out" / "map.html")["headline"] == summary_sentence(done.delta)


def test_a_new_exclusion_moves_the_route_out_of_it(pair):
    delta = delta_of(*pair)
    (changed,) = (link for link in delta.options[0].links if link.moves)
    (move,) = changed.moves
    zone = box(50.2, 41.38, 50.3, 41.6)
    routes = {run: read_record(read_run(run)).options[0].links[0].line for run in pair}
    # The oracle: how far the old route's places inside the zone lie from the new route, by brute force.
    dense_old, dense_new = (geodesy.densify(routes[run], step_m=100.0) for run in pair)
    inside = [place for place in dense_old if zone.contains_properly(box(*place, *place))]
    farthest = max(geodesy.inverse(np.broadcast_to(place, dense_new.shape), dense_new)[2].min() for place in inside)
    assert move.greatest_m >= farthest - 60.0
    assert move.side == "starboard"  # south of an eastward route
    assert 0.0 < move.from_km < move.to_km < 50.0
    assert {each.key for each in delta.inputs} == {"layer Zone"}
    assert [(each.key, each.old) for each in delta.parameters] == [("layer[Zone]", None)]


def test_differences_of_items_add_up_to_those_of_totals_to_the_cent(pair):
    def cents(figure):
        return round(100 * figure.difference)

    for option in delta_of(*pair).options:
        assert sum(map(cents, option.items)) == cents(option.figure("total cost")) != 0
        for each in option.links:
            (way,) = (figure for figure in each.figures if figure.name == "route-dependent cost")
            assert sum(map(cents, each.items)) == cents(way)


def test_the_way_back_gives_the_opposite_differences(pair):
    there, back = delta_of(*pair), delta_of(*reversed(pair))
    for one, other in zip(there.options, back.options, strict=True):
        assert [figure.difference for figure in one.items] == [
            pytest.approx(-figure.difference) for figure in other.items
        ]
        for a, b in zip(one.links, other.links, strict=True):
            assert a.greatest_m == pytest.approx(b.greatest_m, abs=0.1)
            opposite = {"port": "starboard", "starboard": "port"}
            assert [opposite[move.side] for move in a.moves] == [move.side for move in b.moves]


def test_a_route_that_runs_the_other_way_is_the_same_route(finished_run):
    record = read_record(read_run(finished_run.folder))
    flipped = [
        replace(option, links=tuple(replace(each.turned(), is_turned=False) for each in option.links))
        for option in record.options
    ]
    delta = compare_records(record, replace(record, options=tuple(flipped)))
    assert all(link.is_identical and not link.built for option in delta.options for link in option.links)


def test_kp_of_an_old_route_that_ran_the_other_way_counts_from_its_own_start(pair):
    old, new = (read_record(read_run(folder)) for folder in pair)
    flipped = tuple(
        replace(option, links=tuple(replace(each.turned(), is_turned=False) for each in option.links))
        for option in old.options
    )
    (move,) = compare_records(old, new).options[0].links[0].moves
    (turned,) = compare_records(replace(old, options=flipped), new).options[0].links[0].moves
    length_km = geodesy.length_m(old.options[0].links[0].line) / 1000.0
    assert (turned.from_km, turned.side) == (move.from_km, move.side)
    assert turned.old_from_km == pytest.approx(length_km - move.old_from_km, abs=2e-3)
    assert turned.old_from_km > turned.old_to_km


def test_a_dearer_figure_alone_moves_no_route(finished_run, tmp_path):
    def dearer(summary):
        cost = summary["options"][0]["cost"]
        cost["fixed_items"]["station"] += 0.01
        cost["total_usd"] = round(cost["total_usd"] + 0.01, 2)

    delta = delta_of(finished_run.folder, altered(finished_run.folder, tmp_path / "new", summary=dearer))
    first, *others = delta.options
    assert delta.changed
    assert first.changed
    assert not any(each.changed for each in others)
    assert [(each.name, each.difference) for each in first.items if not each.is_same] == [("fixed: station", 0.01)]
    assert first.figure("total cost").difference == 0.01
    text = "\n".join(delta_lines(delta))
    assert "the same route, built the same, at the same cost" in text
    assert f"the same to the last figure: {others[0].name}" in text


def test_options_come_and_go_and_the_run_without_says_why(finished_run, tmp_path):
    def without(summary):
        gone = summary["options"].pop()
        summary["infeasible"].append(
            {"option": gone["id"], "message": "walled in", "conflict": [], "cheapest_relaxation": None}
        )

    fewer = altered(finished_run.folder, tmp_path / "fewer", summary=without)
    delta = delta_of(finished_run.folder, fewer)
    assert [(each.status, each.reason) for each in delta.options] == [("kept", None), ("removed", "walled in")]
    assert delta.changed
    back = delta_of(fewer, finished_run.folder)
    assert [(each.status, each.reason) for each in back.options] == [("kept", None), ("added", "walled in")]
    assert all(figure.difference is None for figure in back.options[1].items)


def test_a_link_more_is_a_link_added(finished_run, tmp_path):
    def without_one(summary):
        summary["options"][1]["links"].pop()

    fewer = altered(finished_run.folder, tmp_path / "fewer", summary=without_one)
    added = delta_of(fewer, finished_run.folder).options[1].links
    assert [each.status for each in added] == ["kept", "added"]
    assert added[0].is_identical
    removed = delta_of(finished_run.folder, fewer).options[1].links
    assert [(each.status, each.new_name) for each in removed] == [("kept", added[0].new_name), ("removed", None)]


def test_a_tree_with_its_branching_unit_elsewhere_says_how_far(finished_run, tmp_path):
    def with_unit(lat):
        def change(summary):
            unit = {
                "id": "bu-1",
                "name": "BU 1",
                "lon": 50.3,
                "lat": lat,
                "depth_m": 80.0,
                "degree": 3,
                "existing": None,
            }
            summary["options"][0]["branching_units"] = [unit]

        return change

    runs = [altered(finished_run.folder, tmp_path / str(lat), summary=with_unit(lat)) for lat in (41.30, 41.31)]
    (unit,) = delta_of(*runs).options[0].junctions
    expected = float(geodesy.inverse([[50.3, 41.30]], [[50.3, 41.31]])[2][0])
    assert unit.moved_m == pytest.approx(expected, abs=0.1)
    assert "branching unit BU 1 moved 1.1 km" in "\n".join(delta_lines(delta_of(*runs)))


def test_a_wider_tolerance_leaves_smaller_moves_out(pair):
    assert delta_of(*pair).tolerance_m == 1000.0
    wide = delta_of(*pair, tolerance_m=1e5)
    assert not any(link.moves for option in wide.options for link in option.links)
    assert wide.changed  # costs differ all the same
    assert "No route moved by more than 100000 m." in summary_sentence(wide)
    for wrong in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(InputError, match="the tolerance is"):
            delta_of(*pair, tolerance_m=wrong)


# ----------------------------------------------------------------------------------------------------- files and command


def test_the_files_of_a_comparison_are_the_same_bytes_wherever_they_are_written(pair, tmp_path):
    before = {path: path.read_bytes() for folder in pair for path in folder.iterdir() if path.is_file()}
    first, second = (compare_runs(*pair, tmp_path / name) for name in ("a", "b"))
    assert [path.name for path in first.files] == ["delta.json", "delta.txt", "map.html"]
    assert [path.read_bytes() for path in first.files] == [path.read_bytes() for path in second.files]
    assert all(path.read_bytes() == content for path, content in before.items())


def test_the_map_holds_the_routes_before_and_the_moved_stretches(pair, tmp_path):
    compare_runs(*pair, tmp_path / "out")
    shown = read_page(tmp_path / "out" / "map.html")
    option = shown["changes"]["options"][0]
    old, new = (read_record(read_run(folder)).options[0].links[0].line for folder in pair)
    assert_allclose(option["links"][0]["before"], old, atol=1e-6)
    (move,) = option["links"][0]["moves"]
    assert_allclose(geodesy.length_m(move["line"]) / 1000.0, move["to"] - move["from"], atol=2e-3)
    assert_allclose(cut(new, 1000 * move["from"], 1000 * move["to"]), move["line"], atol=1e-6)
    assert shown["title"].endswith(": before and after")


def test_the_command_prints_text_or_json_and_fails_on_change_when_asked(pair, tmp_path, cableroute):
    out = tmp_path / "out"
    told = cableroute("compare", *pair, "--out", out)
    assert told.code == 0
    assert "The farthest move is" in told.out
    assert f"wrote {out / 'map.html'}" in told.out
    as_json = cableroute("compare", *pair, "--out", out, "--json")
    assert json.loads(as_json.out) == json.loads((out / "delta.json").read_text(encoding="utf-8"))
    assert json.loads(as_json.out)["changed"] is True
    assert cableroute("compare", *pair, "--out", out, "--fail-on-change").code == 1
    assert cableroute("compare", pair[0], pair[0], "--out", out, "--fail-on-change").code == 0


def test_folders_that_are_no_runs_are_refused_by_name(pair, tmp_path, cableroute):
    missing = cableroute("compare", tmp_path / "nowhere", pair[1])
    assert missing.code == 2
    assert "nowhere: is no finished run" in missing.err
    torn = tmp_path / "torn"
    shutil.copytree(pair[1], torn)
    (torn / "routes.gpkg").write_bytes(b"torn")
    answer = cableroute("compare", pair[0], torn)
    assert answer.code == 2
    assert "routes.gpkg: is not the file that the run wrote" in answer.err


def test_a_comparison_never_lands_among_the_files_of_a_run(pair):
    with pytest.raises(InputError, match="holds a run, whose files stay; choose another folder with --out"):
        compare_runs(*pair, pair[1])


@pytest.mark.parametrize(
    "hostile",
    [
        lambda summary: summary.update(options=[{"id": "aa-bb"}]),
        lambda summary: summary["options"][0]["cost"].update(items={"cable": "dear"}),
        lambda summary: summary["options"][0]["cost"].update(items={"cable": True}),
        lambda summary: summary["options"][0]["links"][0].update(sections=7),
        lambda summary: summary["options"][0]["links"][0].update(id="elsewhere"),
        lambda summary: summary.update(infeasible=[3]),
        lambda summary: summary.update(project="half a character: \ud83d"),
        lambda summary: summary.update(seabed=math.nan),
        lambda summary: summary.pop("currency"),
    ],
)
def test_a_summary_that_says_something_else_is_refused_by_its_folder(hostile, finished_run, tmp_path):
    odd = altered(finished_run.folder, tmp_path / "odd", summary=hostile)
    with pytest.raises(InputError, match="odd: does not say what a comparison needs"):
        delta_of(finished_run.folder, odd)


def test_runs_of_two_currencies_are_refused_and_of_two_projects_noted(finished_run, tmp_path):
    euro = altered(finished_run.folder, tmp_path / "euro", summary=lambda table: table.update(currency="EUR"))
    with pytest.raises(InputError, match="one run counts in USD, the other in EUR"):
        delta_of(finished_run.folder, euro)
    other = altered(
        finished_run.folder, tmp_path / "other", summary=lambda table: table.update(project="another", price_year=1999)
    )
    delta = delta_of(finished_run.folder, other)
    assert delta.notes[0] == "the runs are of two projects: miniature before, another after"
    assert any("price years" in note for note in delta.notes)
    assert "note: the runs are of two projects" in "\n".join(delta_lines(delta))


def test_a_run_without_an_answer_can_be_compared_and_has_no_map(finished_run, tmp_path):
    none = altered(
        finished_run.folder,
        tmp_path / "none",
        summary=lambda table: table.update(options=[]),
        manifest=lambda told: told.update(outputs={"summary.json": told["outputs"]["summary.json"]}),
    )
    done = compare_runs(finished_run.folder, none, tmp_path / "out")
    assert {each.status for each in done.delta.options} == {"removed"}
    assert [path.name for path in done.files] == ["delta.json", "delta.txt"]
