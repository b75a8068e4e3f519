"""The catalogue against the reference it was taken from: risk, marginal prices, calibration, what is built where."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from test_cost import buried_depths, faults_at, surface

from routing.calibration import PUBLISHED, ReferenceSystem, calibration
from routing.catalogue import LEVELS, read_catalogue
from routing.constraints import ExclusionMap
from routing.cost import ITEMS, CostModel
from routing.errors import InputError
from routing.exposure import Exposure
from routing.fixedcost import FixedCost
from routing.grid import Grid

BURIALS = ("surface", "plough-0_6", "plough-1_0", "plough-1_5", "plough-2_0")


@pytest.mark.parametrize(
    ("depth_m", "usd_per_km"),
    [
        (10.0, (53.6, 21.6, 10.9, 6.7, 4.5)),
        (35.0, (40.3, 16.3, 8.3, 5.1, 3.5)),
        (100.0, (21.6, 8.8, 4.5, 2.8, 2.0)),
        (300.0, (6.9, 2.9, 1.6, 1.1, 0.8)),
        (700.0, (2.9, 1.3, 0.8, 0.6, 0.5)),
    ],
)
def test_the_present_value_of_repairs_is_that_of_the_reference_table(depth_m, usd_per_km):
    # Single armour, medium traffic, every factor 1; thousand USD/km, printed to one decimal.
    factor = {"low": 1.0, "base": 1.0, "high": 1.0}
    model = CostModel(read_catalogue({"fishing": {"passive-gear": factor}}))
    faults = [faults_at(model, depth_m, "SA", burial) for burial in BURIALS]
    assert_allclose(np.array(faults) * model.fault_price_usd() / 1e6, usd_per_km, rtol=0.01, atol=0.05)


@pytest.mark.parametrize(
    ("cable", "burial", "depth_m", "soil", "usd_per_km"),
    [
        ("SA", "plough-1_0", 100.0, "sand", (25, 43, 91)),
        ("SAL", "plough-1_0", 300.0, "clay-soft", (23, 41, 98)),
        ("SAL", "surface", 300.0, "clay-soft", (15, 26, 49)),
        ("LWP", "surface", 700.0, "clay-soft", (13, 22, 43)),
        ("DA", "plough-1_0", 10.0, "sand", (35, 66, 201)),
        ("SA", "plough-1_0", 100.0, "gravel", (31, 60, 179)),
        ("DA", "surface", 30.0, "rock", (24, 39, 71)),
    ],
)
def test_marginal_prices_are_those_of_the_reference_table(cable, burial, depth_m, soil, usd_per_km):
    # Thousand USD/km, printed whole; its slack and soil stations are not stated, which moves it by up to 2 %.
    for level, expected in zip(LEVELS, usd_per_km, strict=True):
        model = CostModel(read_catalogue(), level)
        way = option(model, cable, burial)
        total = sum(model.capital(way, depth_m=depth_m, sediment=soil).values())
        assert_allclose(total, expected, rtol=0.02, atol=0.5)


def test_the_reference_system_costs_what_the_reference_says_and_lies_between_published_totals():
    found = calibration(read_catalogue())
    assert_allclose([found[f"{level}_usd"] / 1e6 for level in LEVELS], (20.1, 43.1, 100.4), rtol=0.05)
    cheap, dear = sorted(usd for usd, _ in PUBLISHED)
    assert cheap < found["base_usd"] < dear
    assert "mobilisation" in found["remark"]


def test_the_reference_system_is_the_sum_of_its_parts():
    catalogue = read_catalogue()
    alone = ReferenceSystem(bores=0, crossings=())
    direct = 1_500_000 + 2 * 200_000 + 40_000
    assert_allclose(ReferenceSystem().total_usd(catalogue) - alone.total_usd(catalogue), 1.265 * direct)
    assert_allclose(FixedCost(catalogue).crossing("telecom")["indirect"], 0.265 * 40_000)


def test_a_cell_is_priced_as_worked_by_hand_from_the_reference_csv():
    # 12 m of water that falls to 4 m, sand, a lane, coastal nets, 5 faults of ice, USD 2 a metre of avoidance.
    catalogue = read_catalogue()
    met = Exposure.uniform((1, 1), catalogue, shipping="lane", fishing="coastal-nets", sediment="sand")
    priced = surface([12.0], met=met, shallow_m=4.0, hazard_faults=5.0, avoidance_usd_per_m=2.0)
    built = priced.engineering(0, 0)
    assert (built.cable.code, built.burial.code) == ("DA", "plough-1_5")
    annuity = (1 - 1.08**-25) / 0.08
    faults = 2.0 * 0.7 * 0.12 * 2.5 * 1.3 + 0.01 + 5.0
    by_hand = {
        "cable": 22_000 * 1.005 * 1.05,  # cable_da, 0.5 % slack, cable_spare_pct
        "laying": 3_000.0,  # surface_lay
        "burial": 11_000 * 1.3 * 1.0 * 2.0 - 3_000 + 900,  # plough x k_dob_1.5 x k_sed_sand x k_wd_0_15, plgr
        "survey": 3_500 + 10_000 / 7,  # mrs_km, bas_station each 7 km
        "permits": 700.0,  # permit_km
        "repairs": annuity * 2_500_000 * faults / 1000,  # lam_wd_0_20 x f_arm_da x f_bur_1.5 x lane x nets + ...
        "avoidance": 2_000.0,
    }
    capital = sum(by_hand[name] for name in ("cable", "laying", "burial", "survey", "permits"))
    by_hand["indirect"] = 0.265 * capital
    for name in ITEMS:
        assert_allclose(1000 * priced.item(name)[0, 0], by_hand[name], rtol=3e-4)  # 10 000 / 7 stands as 1430
    assert_allclose(1000 * priced.total()[0, 0], sum(by_hand.values()), rtol=1e-4)
    assert_allclose(1e6 * priced.faults_per_m()[0, 0], faults, rtol=1e-6)


def test_a_link_longer_than_light_reaches_pays_repeaters_and_power():
    catalogue = read_catalogue()
    assert FixedCost(catalogue).amplifiers(400_000.0) == {}
    long = FixedCost(catalogue).amplifiers(400_001.0)
    assert (long["repeaters"], long["power_feed"]) == (5 * 400_000, 2 * 800_000)  # at 80, 160 ... 400 km
    assert_allclose(long["indirect"], 0.265 * 3_600_000)
    # The design, not its price, decides how many: the high level has as many repeaters, only dearer ones.
    assert FixedCost(catalogue, "high").amplifiers(400_001.0)["repeaters"] == 5 * 900_000
    assert FixedCost(catalogue, "high").amplifiers(363_000.0) == {}


# ------------------------------------------------------------ what is built where


def test_burial_pays_below_50_metres_of_water_and_not_beyond_200():
    depth = np.array([8.0, 16.0, 30.0, 45.0, 210.0, 300.0, 600.0])
    assert (buried_depths(surface(depth)) > 0).tolist() == [True] * 4 + [False] * 3


def test_rock_is_not_ploughed_and_gravel_only_in_part():
    catalogue = read_catalogue()
    depth = np.array([30.0, 120.0])
    for soil, deepest in (("rock", 0.0), ("gravel", 0.6), ("clay-stiff", 1.0), ("sand", 3.0)):
        met = Exposure.uniform((1, 2), catalogue, sediment=soil)
        assert (buried_depths(surface(depth, met=met)) <= deepest).all()
    rocky = surface(depth, met=Exposure.uniform((1, 2), catalogue, sediment="rock"))
    assert [rocky.engineering(0, col).protection for col in (0, 1)] == ["surface", "surface"]


def test_a_slope_steeper_than_a_plough_works_on_is_laid_not_ploughed_and_an_unknown_one_stops_nothing():
    depth = np.full((1, 5), 30.0)
    slopes = np.array([[np.nan, 15.0, np.nextafter(np.float32(15), np.float32(16)), 30.0, 31.0]])
    priced = surface(depth, slope_deg=slopes)
    assert [priced.engineering(0, col).protection for col in range(4)] == ["plough", "plough", "surface", "surface"]
    assert priced.model.is_buildable(priced.depth_m, priced.exposure).tolist() == [[True] * 4 + [False]]


def test_ships_and_nets_are_judged_at_the_least_depth_and_cables_at_todays():
    priced = surface([60.0, 60.0, 60.0], shallow_m=[np.inf, 55.0, 45.0])
    repairs = priced.item("repairs")[0]
    assert repairs[0] == repairs[1] < repairs[2]
    shallow = faults_at(priced.model, 45.0, "SA", priced.engineering(0, 2).burial.code)
    assert_allclose(1e6 * priced.faults_per_m()[0, 2], shallow, rtol=1e-6)


def test_hazards_and_avoidance_add_to_the_price_and_leave_the_engineering():
    depth = np.linspace(5, 900, 40)
    plain, threatened = surface(depth), surface(depth, hazard_faults=3.0, avoidance_usd_per_m=7.0)
    assert_allclose(threatened.total() - plain.total(), 7.0 + 3e-6 * plain.model.fault_price_usd(), rtol=1e-4)
    assert (threatened.choice == plain.choice).all()
    assert_allclose(sum(threatened.items().values()), threatened.total(), rtol=1e-6)


def test_a_soft_mud_shelters_half_as_well_and_rock_wears_a_cable_that_lies_on_it():
    model = CostModel(read_catalogue())
    firm, soft = (faults_at(model, 30.0, "SA", "plough-1_0", sediment=soil) for soil in ("sand", "mud-very-soft"))
    assert_allclose(soft - 0.01, 2 * (firm - 0.01))
    bare, worn = (faults_at(model, 30.0, "SA", "surface", sediment=soil) for soil in ("sand", "rock"))
    assert_allclose(worn - bare, 0.4)


def test_a_million_cells_hold_no_stack_of_options():
    # 1290 x 857 cells with every class: the largest arrays are one number, one choice and one price a cell.
    import tracemalloc

    shape = (1290, 857)
    catalogue, rng = read_catalogue(), np.random.default_rng(1)
    met = Exposure.uniform(shape, catalogue)
    depth = (1 + 900 * rng.random(shape)).astype(np.float32)
    cells = Grid(*shape, 0.0, 5e6, 500.0, 500.0, "EPSG:32639")
    tracemalloc.start()
    CostModel(catalogue).surface(cells, depth, met, ExclusionMap(np.zeros(shape, np.uint8), ())).total()
    assert tracemalloc.get_traced_memory()[1] < 30 * depth.size
    tracemalloc.stop()


# --------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ({"slope_deg": 140.0}, r"slope of 140 degrees cannot be; give degrees.*100 % are 45"),
        ({"slope_deg": -3.0}, "cannot be"),
        ({"hazard_faults": -1.0}, "hazard_faults holds what is no number from 0; correct its layer"),
        ({"avoidance_usd_per_m": np.nan}, "avoidance_usd_per_m holds"),
        ({"avoidance_usd_per_m": np.inf}, "avoidance_usd_per_m holds"),
    ],
)
def test_layers_that_cannot_be_are_refused_with_a_remedy(layers, message):
    with pytest.raises(InputError, match=message):
        surface([30.0, 40.0], **layers)


def test_a_class_that_the_catalogue_does_not_have_is_named_with_those_it_has():
    catalogue = read_catalogue()
    met = Exposure.uniform((1, 1), catalogue)
    with pytest.raises(InputError, match="sediment class 200 is unknown; number them from 0: mud-very-soft, sand"):
        surface([30.0], met=replace(met, sediment=np.array([[200]], np.uint8)))


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"burial": {"plough-1_0": {"slope_max_deg": 60.0}}}, "60 % are 31 degrees"),
        ({"burial": {"plough-1_0": {"method": "plow"}}}, "did you mean 'plough'"),
        ({"burial": {"plough-1_0": {"rate": "plouh"}}}, "did you mean 'plough'"),
        ({"burial": {"plough-1_0": {"water_min_m": 2000.0}}}, "water_min_m 2000 is not less than water_max_m 1000"),
        ({"rule": {"crossing-angle": {"hard": 70.0}}}, "hard 70, soft 60, target 90 are not in order"),
        ({"rule": {"crosing-angle": {"hard": 50.0}}}, "did you mean 'crossing-angle'"),
        ({"rule": {"crossing-angle": {"sense": "more"}}}, "unknown 'more'"),
        ({"hazard": {"ice-gauge": {"base": 4.0}}}, "did you mean 'ice-gouge'"),
    ],
)
def test_a_record_that_contradicts_itself_is_refused_with_a_remedy(overrides, message):
    with pytest.raises(InputError, match=message) as error:
        read_catalogue(overrides)
    assert error.value.key.startswith("catalogue.")


def test_any_record_is_overridden_by_name():
    mine = read_catalogue(
        {
            "hazard": {"ice-gouge": {"base": 4.0}},
            "crossing": {"pipeline": {"base": 250_000.0}},
            "rule": {"crossing-angle": {"hard": 50.0}},
            "sediment": {"gravel": {"plough_max_m": 0.0}},
            "burial": {"jet-1_0": {"water_max_m": 1500.0}},
        }
    )
    assert mine.hazards["ice-gouge"].base == 4.0
    assert FixedCost(mine).crossing("pipeline")["crossings"] == 250_000.0
    assert mine.rules["crossing-angle"].breach(49.0) == "hard"
    assert read_catalogue().rules["crossing-angle"].breach(49.0) == "soft"


@pytest.mark.parametrize("name", list(read_catalogue().figures()))
def test_any_figure_can_be_set_by_the_name_a_project_gives_it(name):
    stock = read_catalogue()
    before = stock.figures()
    after = stock.with_base(name, 123.0).figures()
    assert after.pop(name).base == 123.0
    before.pop(name)
    assert after == before


def option(model, cable, burial):
    return next(way for way in model.options if (way.cable.code, way.burial.code) == (cable, burial))
