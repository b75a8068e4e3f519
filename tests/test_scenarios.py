"""Sensitivity and its chart: held against whole runs with the figure changed, and against brute force."""

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from numpy.testing import assert_allclose

from routing import pipeline, scenarios
from routing.fixedcost import FixedCost
from routing.network import choose_design
from routing.summary import summarise
from routing.tornado import tornado_svg


@pytest.fixture(scope="module")
def found(finished_run):
    return scenarios.analyse(finished_run.planned.planner, finished_run.planned.options)


def swing_of(sensitivity, name):
    return next(swing for swing in sensitivity.swings if swing.name == name)


def test_a_fixed_rate_moves_the_total_by_exactly_its_share(found, finished_run):
    catalogue = finished_run.loaded.catalogue
    mobilisation, indirect = catalogue.rates["mobilisation"], catalogue.rate("indirect")
    for sensitivity in found.values():
        swing = swing_of(sensitivity, "rate.mobilisation")
        assert_allclose(swing.low_usd - sensitivity.total_usd, (mobilisation.low - 8e6) * (1 + indirect), atol=1.0)
        assert_allclose(swing.high_usd - sensitivity.total_usd, (mobilisation.high - 8e6) * (1 + indirect), atol=1.0)


@pytest.mark.parametrize(
    ("name", "side"), [("rate.plough", "high"), ("cable.SA.price", "low"), ("rate.repair", "high")]
)
def test_a_scenario_is_near_a_whole_run_with_the_figure_changed(found, finished_run, name, side):
    # The whole run also moves the route, so it can only be cheaper; straightening is a heuristic, hence 0.1 %.
    loaded = finished_run.loaded
    changed = replace(loaded, catalogue=loaded.catalogue.with_base(name, loaded.catalogue.figures()[name].at(side)))
    planned = pipeline.plan(changed, pipeline.surface(changed), threads=1)
    for option in planned.options:
        told = getattr(swing_of(found[option.wanted.id], name), f"{side}_usd")
        assert_allclose(told, option.design.objective_usd, rtol=5e-3)
        assert option.design.objective_usd <= told * 1.001


def test_the_largest_swing_stands_first_and_what_moves_nothing_is_left_out(found):
    for sensitivity in found.values():
        swings = [swing.swing_usd for swing in sensitivity.swings]
        assert swings == sorted(swings, reverse=True)
        names = {swing.name for swing in sensitivity.swings}
        assert not names & {"cable.SA.diameter", "rate.readiness", "crossing.power", "rate.rock-trench"}
        assert {"rate.station", "rate.indirect", "rate.discount"} <= names


def test_where_the_landings_change_is_found_to_the_stated_tolerance(sea_project):
    # Roads so cheap that the better crossing wins, so dear that the landing near the town does.
    sea_project.settings["option"] = sea_project.settings["option"][:1]
    sea_project.settings["points_of_presence"]["AA"] |= {"lon": 50.0, "lat": 41.1}
    sea_project.settings["catalogue"] = {"rate": {"terrestrial": {"low": 0.0, "base": 6e4, "high": 3e6}}}
    loaded, _, planned = sea_project.plan()
    (option,) = planned.options
    swing = swing_of(scenarios.analyse(planned.planner, [option])[option.wanted.id], "rate.terrestrial")
    switches = [switch for switch in (swing.switch_low, swing.switch_high) if switch]
    assert switches
    bench = scenarios._Bench(planned.planner, [option])
    case = scenarios._Case(bench, option)

    def landings(value):
        scenario = bench.scenario(loaded.catalogue.with_base("rate.terrestrial", value))
        return choose_design(case._problem(scenario)).landings

    for switch in switches:
        outer = swing.figure.low if switch.value < swing.figure.base else swing.figure.high
        step = scenarios.SWITCH_TOLERANCE * (outer - swing.figure.base)
        assert landings(switch.value) == switch.landings != option.design.landings
        assert landings(switch.value - 1.01 * step) == option.design.landings


def test_a_budget_that_a_dearer_figure_breaks_is_told_and_ends_nothing(sea_project, finished_run):
    option = sea_project.settings["option"][0]
    total = next(each for each in finished_run.planned.options if each.wanted.id == option["id"]).design.objective_usd
    sea_project.settings["option"] = [option | {"budget_usd": total + 100.0}]
    loaded, _, planned = sea_project.plan()
    told = pipeline.describe(loaded, planned)["options"][0]["sensitivity"]["parameters"]
    switches = [row[key] for row in told for key in ("switch_low", "switch_high") if row[key]]
    assert [] in [switch["landings"] for switch in switches]
    assert not any(row["switch_low"] and not row["switch_low"]["landings"] for row in told if row["low_usd"] < total)


def test_the_base_scenario_prices_every_route_as_the_plan_did(finished_run):
    planner = finished_run.planned.planner
    bench = scenarios._Bench(planner, finished_run.planned.options)
    base = bench.scenario(planner.fixed.catalogue)
    for way in planner.book.candidates().values():
        assert_allclose(bench.way_usd(way, base), way.route_usd, rtol=1e-12)
        # Before it is scaled: nearest cells against the bilinear integral.
        met = bench.stretches[way.start.id, way.end.id]
        assert_allclose(base.price(met), way.route_usd, rtol=5e-3)
        assert_allclose(met.metres.sum(), way.route.length_m, rtol=1e-6)


def test_hazards_and_avoidance_on_the_way_are_carried_along(finished_run):
    import numpy as np

    priced, planner = finished_run.sea.priced, finished_run.planned.planner
    shape = priced.surface.grid.shape
    met = replace(
        priced.surface.exposure,
        hazard_faults=np.full(shape, 2.0, np.float32),
        avoidance_usd_per_m=np.full(shape, 3.0, np.float32),
    )
    harder = replace(priced, surface=replace(priced.surface, exposure=met))
    way = next(iter(planner.book.candidates().values()))
    stretches = harder.stretches(way.inner.lonlat, way.ends)
    assert_allclose(stretches.hazard_faults_per_year, 2e-6 * way.route.length_m, rtol=1e-6)
    assert_allclose(stretches.avoidance_usd, 3.0 * way.route.length_m, rtol=1e-6)


def test_no_options_have_no_sensitivity(finished_run):
    assert scenarios.analyse(finished_run.planned.planner, []) == {}


def test_a_short_reach_of_light_puts_repeaters_into_every_total(sea_project, finished_run):
    reach = {"low": 100.0, "base": 30.0, "high": 20.0}
    sea_project.settings["catalogue"] = {
        "rate": {"unrepeatered-max": reach, "repeater-spacing": {"low": 30, "base": 20, "high": 10}}
    }
    loaded, _, planned = sea_project.plan()
    summary = pipeline.describe(loaded, planned)
    for option in summary["options"]:
        cost = option["cost"]
        assert cost["fixed_items"]["repeaters"] % 400_000 == 0 < cost["fixed_items"]["repeaters"]
        assert cost["fixed_items"]["power_feed"] == 1_600_000 * len(option["links"])
        assert abs(option["solver"]["objective"] - cost["total_usd"]) < 0.30
        assert option["lower_bound_usd"] <= cost["total_usd"]
        # At its low value no repeater is needed.
        swing = next(row for row in option["sensitivity"]["parameters"] if row["name"] == "rate.unrepeatered-max")
        repeatered = 1.265 * (cost["fixed_items"]["repeaters"] + cost["fixed_items"]["power_feed"])
        assert_allclose(cost["total_usd"] - swing["low_usd"], repeatered, rtol=1e-6)


# --------------------------------------------------------------------- the chart


def test_the_chart_of_a_run_is_whole_svg_with_a_bar_and_a_value_at_each_end(finished_run):
    for option in finished_run.summary["options"]:
        text = (finished_run.folder / f"tornado_{option['id']}.svg").read_text(encoding="utf-8")
        root = ET.fromstring(text)  # noqa: S314  (we wrote it)
        words = [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]
        assert option["name"] in words[0]
        for drawn in ("station", "mobilisation", "terminal equipment", "15 M"):
            assert drawn in words
        width = float(root.attrib["width"])
        for bar in root.iter("{http://www.w3.org/2000/svg}rect"):
            assert 0 <= float(bar.get("x", 0)) <= float(bar.get("x", 0)) + float(bar.attrib["width"]) <= width


def test_the_same_run_draws_the_same_chart(finished_run):
    planned = finished_run.planned
    again = {table["id"]: table for table in summarise(planned.options, planned.planner)}
    for option in finished_run.summary["options"]:
        assert again[option["id"]]["sensitivity"] == option["sensitivity"]
        text = tornado_svg(option["name"], option["sensitivity"])
        assert (finished_run.folder / f"tornado_{option['id']}.svg").read_text(encoding="utf-8") == text


def test_a_figure_that_changes_the_landings_is_drawn_however_little_it_moves_the_total(finished_run):
    table = finished_run.summary["options"][0]["sensitivity"]
    last = {**table["parameters"][-1], "switch_high": {"value": 123.0, "landings": ["a", "b"]}}
    assert len(table["parameters"]) > 16
    svg = tornado_svg("x", {**table, "parameters": [*table["parameters"][:-1], last]})
    assert svg.count("◆") == 2  # the legend and the bar
    assert "◆ 123 to" in svg


def test_a_name_with_signs_of_markup_is_shown_as_text(finished_run):
    svg = tornado_svg("<b>A & B</b>", finished_run.summary["options"][0]["sensitivity"])
    assert "&lt;b&gt;A &amp; B&lt;/b&gt;" in svg
    ET.fromstring(svg)  # noqa: S314


def test_the_levels_of_the_fixed_prices_are_those_of_the_scenario(finished_run):
    catalogue = finished_run.loaded.catalogue.with_base("rate.permits-state", 2e6)
    assert FixedCost(catalogue).state()["permits"] == 2e6
