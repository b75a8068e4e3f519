"""What a metre of cable costs: worked by hand, enumerated, and summed to the cent."""

import copy
import tomllib
from dataclasses import replace
from importlib import resources

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from routing import geodesy
from routing.catalogue import LEVELS, read_catalogue
from routing.constraints import ExclusionMap
from routing.cost import ITEMS, CostModel
from routing.errors import InputError
from routing.exposure import Engineering, Exposure, Situations
from routing.fixedcost import FixedCost
from routing.grid import Grid
from routing.pricing import PricedGrid

TABLES = tomllib.loads(resources.files("routing.catalogue").joinpath("default.toml").read_text(encoding="utf-8"))
UTM = "EPSG:32639"


def surface(depth, *, catalogue=None, lane=False, level="base", free=None, met=None, **layers):
    """A cost surface over one row of depths, 1000 m cells on the central meridian; `layers` replace the exposure's."""
    depth = np.atleast_2d(np.asarray(depth, np.float32))
    catalogue = catalogue or read_catalogue()
    met = met or Exposure.uniform(depth.shape, catalogue, shipping="lane" if lane else "medium")
    met = replace(met, **{name: np.broadcast_to(np.float32(values), depth.shape) for name, values in layers.items()})
    cells = Grid(*depth.shape, 500_000.0, 4_600_000.0, 1000.0, 1000.0, UTM)
    code = np.zeros(depth.shape, np.uint8) if free is None else np.where(free, 0, 1).astype(np.uint8)
    return CostModel(catalogue, level).surface(cells, depth, met, ExclusionMap(code, ("land",)))


def price_by_hand(cable, burial, depth, *, lane, level, sediment="clay-soft", slope=0.0, hazard=0.0):
    """USD per metre by the formulas of the cost model, item by item, or None where it cannot be built."""
    kind, way, soil = TABLES["cable"][cable], TABLES["burial"][burial], TABLES["sediment"][sediment]
    shallow, deep = max(kind["depth_min_m"], way["water_min_m"]), min(kind["depth_max_m"], way["water_max_m"])
    buried = way["depth_m"] > 0
    reached = soil[f"{way['method']}_max_m"] if buried else 0.0
    if not shallow <= depth <= deep or way["depth_m"] > reached or slope > way["slope_max_deg"]:
        return None
    rate = {code: row["value"][level] for code, row in TABLES["rate"].items()}
    zone = [row for row in TABLES["depth_class"] if row["from_m"] <= depth][-1]
    items = {
        "cable": kind["price"][level] * (1 + way["slack_pct"] / 100) * (1 + rate["spare-cable"]),
        "laying": rate["surface-lay"],
        "burial": 0.0,
        "survey": rate["route-survey"],
        "permits": rate["permits-km"],
    }
    if buried:
        tool = rate[way["rate"]] * way["effort"][level]
        if way["method"] == "plough":
            tool = max(tool * soil["factor"][level] * zone["effort"][level] - items["laying"], 0)
        items["burial"] = tool + rate["grapnel-run"]
        items["survey"] += rate["burial-assessment"]
    items["indirect"] = rate["indirect"] * sum(items.values())
    traffic = TABLES["shipping"]["lane" if lane else "medium"]["factor"][level]
    threat = zone["faults"][level] * traffic * TABLES["fishing"]["passive-gear"]["factor"][level]
    faults = threat * kind["armour"][level] * way["shelter"][level] * (soil["sinkage"][level] if buried else 1)
    faults += (0 if buried else soil["abrasion"][level]) + rate["component-faults"] + hazard
    life = sum((1 + rate["discount"]) ** -year for year in range(1, round(rate["design-life"]) + 1))
    items["repairs"] = faults / 1000.0 * life * (rate["repair"] + rate["outage"])
    return {**{name: usd / 1000.0 for name, usd in items.items()}, "avoidance": 0.0}


depths = st.floats(1.0, 7999.0, width=32)


# ----------------------------------------------------------------- the catalogue


def test_every_figure_of_the_catalogue_has_a_unit_a_source_and_ordered_levels():
    def figures(table):
        if isinstance(table, dict):
            if "base" in table:
                yield table
            else:
                for each in table.values():
                    yield from figures(each)
        elif isinstance(table, list):
            for each in table:
                yield from figures(each)

    found = list(figures(TABLES))
    assert len(found) > 60
    for figure in found:
        assert figure["unit"], figure
        assert figure["source"], figure
        assert sorted((figure["low"], figure["base"], figure["high"]))[1] == figure["base"], figure


def test_the_annuity_is_the_sum_of_discounted_years():
    assert_allclose(read_catalogue().annuity(), sum(1.08**-year for year in range(1, 26)), rtol=1e-12)


def test_a_project_changes_one_figure_by_name_and_keeps_the_rest():
    mine = read_catalogue({"rate": {"plough": {"base": 12_000.0}}, "cable": {"SA": {"depth_max_m": 450.0}}})
    stock = read_catalogue()
    assert mine.rate("plough") == 12_000.0
    assert mine.rate("plough", "high") == stock.rate("plough", "high")
    assert next(cable for cable in mine.cables if cable.code == "SA").depth_max_m == 450.0
    assert {code: rate for code, rate in mine.rates.items() if code != "plough"} == {
        code: rate for code, rate in stock.rates.items() if code != "plough"
    }


def test_a_figure_may_be_written_with_or_without_value():
    short = read_catalogue({"rate": {"plough": {"base": 12_000.0}}})
    assert short == read_catalogue({"rate": {"plough": {"value": {"base": 12_000.0}}}})


def test_a_new_cable_type_joins_the_others():
    new = copy.deepcopy(TABLES["cable"]["SA"]) | {"name": "double armour, light"}
    assert [cable.code for cable in read_catalogue({"cable": {"DAL": new}}).cables][-1] == "DAL"


def test_reading_overrides_leaves_the_shipped_figures_alone():
    read_catalogue({"rate": {"plough": {"base": 12_000.0}}})
    assert read_catalogue().rate("plough") == TABLES["rate"]["plough"]["value"]["base"]


@pytest.mark.parametrize(("kind", "hint"), [("cabel", "did you mean 'cable'"), ("zzz", "price_year, currency, cable")])
def test_an_unknown_kind_of_record_is_refused_with_the_nearest(kind, hint):
    with pytest.raises(InputError, match=f"'{kind}'.*{hint}") as error:
        read_catalogue({kind: {"a": {}}})
    assert error.value.key.startswith("catalogue")


@pytest.mark.parametrize(
    "figures",
    [
        {"base": 30_000.0},
        {"low": 12_000.0},
        {"high": 1.0},
        {"low": 3.0, "base": 2.0, "high": 9.0},
        {"base": float("nan")},
    ],
)
def test_figures_out_of_order_are_refused_by_key(figures):
    with pytest.raises(InputError, match=r"are not in order; give low, base and high|is nan") as error:
        read_catalogue({"rate": {"plough": figures}})
    assert error.value.key == "catalogue.rate.plough"


def test_a_figure_may_fall_from_low_to_high_as_the_discount_rate_does():
    mine = read_catalogue({"rate": {"discount": {"low": 0.10, "base": 0.07, "high": 0.03}}})
    assert mine.annuity("low") < mine.annuity("base") < mine.annuity("high")


@pytest.mark.parametrize(
    "overrides",
    [
        {"rate": {"plouhg": {"base": 12_000.0}}},
        {"cable": {"SAA": {"price": {"base": 15_000.0}}}},
        {"cable": {"SA": {"prize": {"base": 15_000.0}}}},
        {"rate": {"plough": {"bases": 12_000.0}}},
        {"shipping": {"lane": {"factr": {"base": 3.0}}}},
        {"burial": {"plough-1_0": {"depth": 1.2}}},
    ],
)
def test_a_misspelt_record_or_field_is_refused(overrides):
    with pytest.raises(InputError):
        read_catalogue(overrides)


@pytest.mark.parametrize(
    ("overrides", "key", "near"),
    [
        ({"rate": {"plouhg": {"base": 12_000.0}}}, "catalogue.rate", "'plough'"),
        ({"cable": {"SA": {"prize": {"base": 15_000.0}}}}, "catalogue.cable.SA", "'price'"),
        pytest.param(
            {"cable": {"SAA": {"price": {"base": 15_000.0}}}},
            "catalogue.cable.SAA",
            "'SA'",
        ),
        pytest.param(
            {"rate": {"plough": {"bases": 12_000.0}}},
            "catalogue.rate.plough",
            "'base'",
        ),
    ],
)
def test_a_misspelt_record_or_field_is_named_with_the_nearest(overrides, key, near):
    with pytest.raises(InputError, match=near) as error:
        read_catalogue(overrides)
    assert error.value.key.startswith(key)


@pytest.mark.parametrize(
    "figures",
    [{"high": float("inf")}, {"low": -3.0, "base": -2.0, "high": -1.0}, {"low": "1", "base": "2", "high": "3"}],
)
def test_figures_that_are_no_price_are_refused(figures):
    with pytest.raises(InputError):
        read_catalogue({"rate": {"plough": figures}})


def test_a_whole_number_is_a_number():
    mine = read_catalogue({"cable": {"SA": {"depth_max_m": 400}}, "rate": {"plough": {"base": 12_000}}})
    assert next(cable.depth_max_m for cable in mine.cables if cable.code == "SA") == 400.0


def test_a_depth_class_without_its_figures_is_refused():
    with pytest.raises(InputError):
        read_catalogue({"depth_class": [{"from_m": 0.0}]})


def test_a_cable_laid_nowhere_is_refused():
    with pytest.raises(InputError):
        read_catalogue({"cable": {"SA": {"depth_min_m": 600.0}}})  # it ends at 500 m


def test_a_rate_written_at_the_top_is_told_where_it_belongs():
    with pytest.raises(InputError, match=r"\[catalogue\.rate\.plough\]"):
        read_catalogue({"plough": {"base": 12_000.0}})


@pytest.mark.parametrize(("kind", "code"), [("shipping", "lanes"), ("fishing", "trawl"), ("sediment", "granite")])
def test_an_unknown_exposure_is_refused_with_the_legal_ones(kind, code):
    with pytest.raises(InputError, match=f"no {kind} '{code}'; write one of "):
        read_catalogue().index(kind, code)


# --------------------------------------------------------------- price of a metre


def test_expected_faults_of_a_buried_cable_are_as_worked_by_hand():
    # 30 m: 1.5 faults per 1000 km a year x armour 1.0 x shelter 0.2 x shipping 1.0 x passive gear 0.9 + 0.01.
    model = CostModel(read_catalogue())
    assert_allclose(faults_at(model, 30.0, "SA", "plough-1_0"), 0.28, rtol=1e-12)
    # A fault a year for 25 years at 8 %: 10.6748 x (2.0 + 0.5) million.
    assert_allclose(model.fault_price_usd(), 26_686_940, rtol=1e-4)


def faults_at(model, depth_m, cable, burial, **classes):
    """Faults per 1000 km a year of one option at one depth, by the model."""
    met = Exposure.uniform((1,), model.catalogue, **classes)
    numbers, _ = model.situations.classify(np.array([depth_m], np.float32), met)
    way = next(i for i, o in enumerate(model.options) if (o.cable.code, o.burial.code) == (cable, burial))
    return model.faults(numbers)[way, 0]


@given(
    st.lists(depths, min_size=1, max_size=8),
    st.booleans(),
    st.sampled_from(LEVELS),
    st.sampled_from(list(TABLES["sediment"])),
    st.sampled_from([np.nan, 0.0, 12.5, 29.0]),
)
@settings(max_examples=40)
def test_each_cell_gets_the_cheapest_way_to_build_found_by_trying_all(row, lane, level, sediment, slope):
    catalogue = read_catalogue()
    met = Exposure.uniform((1, len(row)), catalogue, shipping="lane" if lane else "medium", sediment=sediment)
    priced = surface(row, level=level, met=met, slope_deg=slope)
    known_slope = 0.0 if np.isnan(slope) else slope
    total, items = priced.total(), priced.items()
    for col, depth in enumerate(row):
        tried = {
            (cable, burial): price_by_hand(
                cable, burial, depth, lane=lane, level=level, sediment=sediment, slope=known_slope
            )
            for cable in TABLES["cable"]
            for burial in TABLES["burial"]
        }
        totals = {way: sum(found.values()) for way, found in tried.items() if found}
        built = priced.engineering(0, col)
        mine = built.cable.code, built.burial.code
        assert_allclose(totals[mine], min(totals.values()), rtol=1e-5)  # float32
        assert_allclose(total[0, col], min(totals.values()), rtol=1e-5)
        for name in ITEMS:
            assert_allclose(items[name][0, col], tried[mine][name], rtol=2e-5, atol=1e-7)


@given(st.lists(depths, min_size=1, max_size=20))
@settings(max_examples=30)
def test_items_sum_to_the_total_and_are_never_negative(row):
    priced = surface(row)
    items = np.stack(list(priced.items().values())).astype(float)
    assert (items >= 0).all()
    assert_allclose(items.sum(axis=0), priced.total(), rtol=2e-7)
    assert tuple(priced.items()) == ITEMS


@given(st.lists(depths, min_size=1, max_size=20), st.booleans())
@settings(max_examples=30)
def test_the_same_engineering_costs_least_at_the_low_and_most_at_the_high_level(row, lane):
    priced = surface(row, lane=lane)
    low, base, high = (priced.at_level(level).total() for level in LEVELS)
    assert (low < base).all()
    assert (base < high).all()
    assert_array_equal(priced.at_level("high").choice, priced.choice)


def test_excluded_cells_have_no_price_no_engineering_and_no_faults():
    priced = surface([20.0, np.nan, 60.0], free=[[True, False, False]])
    assert priced.total().tolist()[0][1:] == [np.inf, np.inf]
    assert np.isnan(np.stack(list(priced.items().values()))[:, 0, 1:]).all()
    assert np.isnan(priced.faults_per_m()[0, 1:]).all()
    assert priced.engineering(0, 1) is None
    assert priced.free.tolist() == [[True, False, False]]


def test_prices_of_all_options_at_a_cell_agree_with_the_surface():
    priced = surface([5.0, 30.0, 120.0, 350.0, 900.0, 3000.0])
    prices = priced.option_prices(np.column_stack([np.zeros(6, int), np.arange(6)]))
    assert_allclose(prices.min(axis=1), priced.total()[0], rtol=1e-6)
    assert_array_equal(prices.argmin(axis=1), priced.choice[0])


def test_water_deeper_than_any_cable_reaches_is_not_layable():
    model = CostModel(read_catalogue({"cable": {"SAL": {"depth_min_m": 600.0}, "LWP": {"depth_min_m": 700.0}}}))
    depth = np.array([0.5, 20.0, 500.0, 550.0, 600.0, 7000.0, 8000.0, 8000.1, np.nan], np.float32)
    # Single armour ends at 500 m and light armour begins at 600: nothing between, and nothing below 8000 m.
    met = Exposure.uniform(depth.shape, model.catalogue)
    assert model.is_buildable(depth, met).tolist() == [True, True, True, False, True, True, True, False, False]


def test_burial_pays_on_the_shelf_and_not_beyond_200_metres():
    shallow, deep = np.arange(5.0, 50.0, 5.0), np.arange(205.0, 1000.0, 50.0)
    assert (buried_depths(surface(shallow)) > 0).all()
    assert (buried_depths(surface(deep)) == 0).all()


def buried_depths(priced):
    return np.array([priced.engineering(0, col).burial.depth_m for col in range(priced.grid.cols)])


def test_a_dearer_plough_never_buries_more_and_in_the_end_nothing():
    row = np.arange(2.0, 1000.0, 7.0)
    before = None
    for usd_per_km in (2_000.0, 11_000.0, 20_000.0, 40_000.0, 80_000.0, 1e6):
        figure = {"low": usd_per_km, "base": usd_per_km, "high": usd_per_km}
        buried = buried_depths(surface(row, catalogue=read_catalogue({"rate": {"plough": figure}}))) > 0
        if before is not None:
            assert not (buried & ~before).any()
        before = buried
    assert not before.any()


def test_more_ships_never_bury_less_or_cost_less():
    row = np.arange(2.0, 1000.0, 7.0)
    quiet, busy = surface(row), surface(row, lane=True)
    assert (busy.total() >= quiet.total()).all()
    assert (buried_depths(busy) >= buried_depths(quiet)).all()


@given(st.floats(0.1, 10.0))
def test_money_scales_with_every_price_together(factor):
    prices = {
        code: {level: row["value"][level] * factor for level in LEVELS}
        for code, row in TABLES["rate"].items()
        if row["value"]["unit"].startswith("USD")
    }
    cables = {
        code: {"price": {lv: row["price"][lv] * factor for lv in LEVELS}} for code, row in TABLES["cable"].items()
    }
    row = [10.0, 60.0, 300.0, 2000.0]
    scaled = surface(row, catalogue=read_catalogue({"rate": prices, "cable": cables}))
    assert_allclose(scaled.total(), factor * surface(row).total(), rtol=1e-5)


def test_a_depth_on_the_edge_of_a_class_belongs_to_the_deeper_one():
    catalogue = read_catalogue()
    places = Situations(catalogue)
    edges = np.array([row.from_m for row in catalogue.depth_classes], np.float32)

    def classes(depth):
        numbers, index = places.classify(depth, Exposure.uniform(depth.shape, catalogue))
        return places.axes(numbers)[1][index]

    assert_array_equal(classes(edges), np.arange(len(edges)))
    assert_array_equal(classes(np.nextafter(edges[1:], np.float32(0))), np.arange(len(edges) - 1))


def test_a_cable_type_is_laid_on_the_edges_of_its_range_and_not_beyond():
    model = CostModel(read_catalogue())
    depth = np.array([19.99, 20.0, 500.0, 500.01, np.nan], np.float32)
    numbers, index = model.situations.classify(depth, Exposure.uniform(depth.shape, model.catalogue))
    way = model.options.index(Engineering(model.catalogue.cables[3], model.catalogue.burials[0]))
    feasible = model.situations.feasible(model.options, numbers)[way, index]
    assert feasible.tolist() == [False, True, True, False, False]


# --------------------------------------------------------------- price of a line


def test_over_a_uniform_sea_a_line_costs_its_true_length():
    priced = PricedGrid(surface(np.full((40, 40), 100.0)))
    line = priced.lonlat([[2.0, 3.0], [30.0, 35.0], [12.0, 20.0]])
    unit = float(priced.surface.total()[0, 0])
    # The local scale factor is applied at cell centres as float32: 6e-8, and followed to half a metre.
    assert_allclose(priced.price(line), unit * geodesy.length_m(line), rtol=1e-6)


def test_a_line_costs_the_same_both_ways_and_as_the_sum_of_its_parts():
    depth = 20 + 300 * np.random.default_rng(3).random((30, 30))
    priced = PricedGrid(surface(depth))
    line = priced.lonlat([[2.0, 3.0], [20.0, 25.0], [12.0, 20.0]])
    assert_allclose(priced.price(line), priced.price(line[::-1]), rtol=1e-7)
    assert_allclose(priced.price(line), priced.price(line[:2]) + priced.price(line[1:]), rtol=1e-12)
    assert_allclose(priced.leg_prices(line).sum(), priced.price(line))


def test_the_price_of_a_line_is_the_integral_of_the_bilinear_cost_by_scipy():
    from scipy.interpolate import RegularGridInterpolator

    depth = 20 + 300 * np.random.default_rng(4).random((25, 25))
    priced = PricedGrid(surface(depth))
    line = priced.lonlat([[2.2, 3.1], [20.7, 21.9]])
    cost = RegularGridInterpolator((np.arange(25), np.arange(25)), priced.surface.total() / priced.surface.grid.scale)
    dense = priced.projection.forward(geodesy.densify(line, step_m=5.0))
    middle = priced.surface.grid.to_rowcol(0.5 * (dense[:-1] + dense[1:]))
    oracle = (cost(middle) * np.hypot(*np.diff(dense, axis=0).T)).sum()
    assert_allclose(priced.price(line), oracle, rtol=2e-5)  # midpoint rule at 5 m over kinks every 1000 m


def test_items_of_a_line_sum_to_its_price_and_follow_the_way():
    depth = np.linspace(10, 400, 900).reshape(30, 30)
    priced = PricedGrid(surface(depth))
    north, south = priced.lonlat([[3.0, 3.0], [3.0, 26.0]]), priced.lonlat([[27.0, 3.0], [27.0, 26.0]])
    for line in (north, south):
        assert_allclose(sum(priced.items(line).values()), priced.price(line), rtol=1e-12)
    assert priced.items(north)["burial"] > 0  # 10-60 m deep
    assert priced.items(south)["burial"] == 0.0  # beyond 350 m


def test_a_line_into_an_exclusion_has_no_price():
    free = np.ones((20, 20), bool)
    free[8:12, 8:12] = False
    priced = PricedGrid(surface(np.full((20, 20), 50.0), free=free))
    assert priced.price(priced.lonlat([[2.0, 2.0], [17.0, 17.0]])) == np.inf
    assert np.isfinite(priced.price(priced.lonlat([[2.0, 2.0], [2.0, 17.0], [17.0, 17.0]])))


# ------------------------------------------------------------------- fixed money


def test_fixed_items_carry_their_indirect_share():
    catalogue = read_catalogue()
    for level in LEVELS:
        fixed = FixedCost(catalogue, level)
        for items in (fixed.option(), fixed.link(), fixed.state()):
            direct = sum(usd for name, usd in items.items() if name != "indirect")
            assert_allclose(items["indirect"], catalogue.rate("indirect", level) * direct)
    assert FixedCost(catalogue).link()["terminal_equipment"] == 2 * catalogue.rate("terminal-equipment")


def test_a_landing_pays_for_the_way_to_its_station_and_beyond(finished_run):
    fixed, site = FixedCost(read_catalogue()), finished_run.loaded.sites[0]
    alone, joined = fixed.landing(site, None), fixed.landing(site, (50.02, 41.30))
    assert alone["backhaul"] == 0.0
    km = geodesy.inverse((site.landing.lon, site.landing.lat), (50.02, 41.30))[2][0] / 1000
    assert_allclose(joined["backhaul"], 60_000 * 1.25 * km)
    assert_allclose(alone["fronthaul"], 60_000 * 1.25 * site.moved_m / 1000)


# ------------------------------------------------------------------- the summary


def cents(usd):
    assert abs(usd * 100 - round(usd * 100)) < 1e-4, f"{usd} is no whole number of cents"
    return round(usd * 100)


def test_every_total_of_the_summary_is_the_sum_of_what_stands_under_it_to_the_cent(finished_run):
    assert len(finished_run.summary["options"]) == 2
    for option in finished_run.summary["options"]:
        cost = option["cost"]
        assert cents(cost["route_dependent_usd"]) == sum(map(cents, cost["items"].values()))
        assert cents(cost["fixed_usd"]) == sum(map(cents, cost["fixed_items"].values()))
        assert cents(cost["total_usd"]) == cents(cost["route_dependent_usd"]) + cents(cost["fixed_usd"])
        assert cost["low_usd"] <= cost["total_usd"] <= cost["high_usd"]
        for name in ITEMS:
            assert cents(cost["items"][name]) == sum(cents(link["cost"][name]) for link in option["links"])
        for link in option["links"]:
            assert cents(link["cost"]["route_dependent_usd"]) == sum(cents(link["cost"][name]) for name in ITEMS)
            assert link["risk"]["present_value_usd"] == link["cost"]["repairs"]
            assert_allclose(link["risk"]["expected_faults"], 25 * link["risk"]["expected_faults_per_year"])
        assert cents(option["risk"]["present_value_usd"]) == sum(
            cents(link["risk"]["present_value_usd"]) for link in option["links"]
        )


def test_the_design_costs_what_the_summary_says(finished_run):
    for option in finished_run.summary["options"]:
        # Every shown item is rounded by itself: half a cent each, and there are fewer than 60.
        assert abs(option["solver"]["objective"] - option["cost"]["total_usd"]) < 0.30
        assert option["solver"]["bound"] <= option["solver"]["objective"] + 0.01


def test_options_are_ranked_by_their_total(finished_run):
    options = finished_run.summary["options"]
    totals = [option["cost"]["total_usd"] for option in options]
    assert totals == sorted(totals)
    assert [option["rank"] for option in options] == [1, 2]
