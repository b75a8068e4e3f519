"""Kinds of layers in whole projects: presets, avoided zones, states, soft barriers, and files that do not fit."""

import numpy as np
import pytest
from miniature import AREA, write_features
from numpy.testing import assert_allclose, assert_array_equal
from shapely import LineString, Point, Polygon, box, contains_xy

from routing import geodesy, pipeline
from routing.barriers import plan_with_barriers
from routing.constraints import PRESETS, LayerSource, burn_avoidance, load_layer
from routing.errors import InfeasibleError, InputError
from routing.grid import Grid

UTM = "EPSG:32639"
WALL = box(50.42, 40.9, 50.44, 41.7)  # from shore to shore, between AA and the rest


def add_layer(project, shape, *, name="Zone", **keys):
    path = write_features(project.folder / f"{name}.geojson", [(shape, {"name": "a"})] if shape is not None else [])
    project.settings["layer"].append({"name": name, "path": path.name, **keys})
    project.save()


def option(summary, key="aa-bb"):
    return next(option for option in summary["options"] if option["id"] == key)


# ------------------------------------------------------------------------------- presets


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_gives_kind_stand_off_and_reason(sea_project, preset):
    add_layer(sea_project, Point(50.4, 41.3), preset=preset)
    layer = sea_project.load().layers[-1].source
    usual = PRESETS[preset]
    assert (layer.kind, layer.buffer_m, layer.reason) == (usual["kind"], usual["buffer_m"], usual["reason"])
    assert (layer.fade_m, layer.avoid_usd_per_m) == (usual.get("fade_m", 0.0), usual.get("avoid_usd_per_m", 0.0))


def test_a_key_that_is_given_outranks_the_preset(sea_project):
    add_layer(sea_project, Point(50.4, 41.3), preset="platform", buffer_m=750.0, reason="Platform 4")
    source = sea_project.load().layers[-1].source
    assert (source.buffer_m, source.reason, source.fade_m) == (750.0, "Platform 4", 1352.0)


@pytest.mark.parametrize(
    ("keys", "match"),
    [
        ({"preset": "platfrom"}, "no preset 'platfrom': did you mean 'platform'"),
        ({"preset": "volcano"}, "no preset 'volcano': legal ones are platform, anchorage"),
        ({"kind": "exlude"}, "not 'exlude': did you mean 'exclude'"),
        ({}, "layer.4.kind: is missing"),
        ({"kind": "cable", "carries": "telecoms"}, "did you mean 'telecom'"),
        ({"kind": "cable", "min_angle_deg": 95.0}, "min_angle_deg: .*85"),
        ({"kind": "cable", "min_angle_deg": -5.0}, "min_angle_deg: .*10"),
        ({"kind": "cable", "toll_usd": -1.0}, "toll_usd"),
        ({"kind": "cable", "carries": "pipeline"}, "a cable does not carry 'pipeline'"),
        ({"kind": "exclude", "buffer_m": -1.0}, "buffer_m"),
        ({"kind": "exclude", "buffer_m": 2e6}, "buffer_m"),
        (
            {"kind": "exclude", "toll_usd": 5.0},
            "toll_usd means nothing for kind 'exclude', only for cable and pipeline",
        ),
        ({"kind": "show", "importance": 1}, "importance means nothing for kind 'show'"),
        ({"kind": "exclude", "importance": 0}, "importance"),
        ({"kind": "avoid"}, "avoid_usd_per_m is missing"),
        ({"kind": "exclude", "fade_m": 100.0}, "fade_m needs avoid_usd_per_m"),
        ({"kind": "cable", "seperation_depths": 2.0}, "did you mean 'separation_depths'"),
    ],
)
def test_keys_that_do_not_fit_are_refused_with_what_to_write(sea_project, keys, match):
    add_layer(sea_project, Point(50.4, 41.3), **keys)
    with pytest.raises(InputError, match=match) as error:
        sea_project.read()
    assert error.value.file.endswith("project.toml")
    assert error.value.key.startswith("layer.4")


# ------------------------------------------------------------------------------- avoided


def test_the_price_of_an_avoided_zone_falls_linearly_with_distance(tmp_path):
    path = write_features(tmp_path / "zone.geojson", [(Point(50.4, 41.3), {})])
    source = LayerSource("Wreck", path, "avoid", "wreck", buffer_m=1000.0, avoid_usd_per_m=40.0, fade_m=4000.0)
    layer = load_layer(source, crs=UTM, area=AREA)
    cells = Grid.cover_area(AREA, projection=geodesy.Projection(UTM), cell_size_m=500.0)
    rowcol = np.argwhere(np.ones(cells.shape, bool))
    lonlat = geodesy.Projection(UTM).inverse(cells.to_xy(rowcol))
    away = geodesy.inverse(np.repeat([[50.4, 41.3]], len(lonlat), axis=0), lonlat)[2].reshape(cells.shape)
    usd = burn_avoidance(cells, [layer])
    beyond = away > 1800.0  # cells that the zone itself does not touch
    # Within the 0.1 % that a stand-off's polygon cuts and UTM's scale.
    assert_allclose(usd[beyond], np.clip(40.0 * (1 - (away[beyond] - 1000.0) / 4000.0), 0, None), atol=0.05)
    assert (usd[away < 1000.0] == 40.0).all()


def test_a_route_goes_round_what_is_avoided_when_that_is_cheaper_and_through_it_when_not(sea_project):
    inside = {}
    for usd_per_m in (0.5, 500.0):
        sea_project.settings["layer"] = sea_project.settings["layer"][:3]
        zone = Point(50.5, 41.33).buffer(0.04)
        add_layer(sea_project, zone, kind="avoid", avoid_usd_per_m=usd_per_m)
        _, _, planned = sea_project.plan()
        line = geodesy.densify(planned.options[0].links[0].segment.route.lonlat, step_m=200.0)
        inside[usd_per_m] = contains_xy(zone, line).sum()
    assert inside[500.0] == 0
    assert inside[0.5] >= 0


# -------------------------------------------------------------------------------- states


def test_an_option_stays_within_the_states_it_names(sea_project):
    # AA's southern landing to BB: straight ahead leads through CC.
    table = {"id": "free", "name": "Free", "links": [["AA", "BB"]], "landings": {"AA": ["aa-south"]}}
    sea_project.settings["option"] = [table, {**table, "id": "kept", "states": ["AA", "BB"]}]
    write_features(
        sea_project.folder / "sectors.geojson",
        [
            (box(49.9, 40.9, 50.30, 41.7), {"country": "AA"}),
            (box(50.30, 41.33, 50.9, 41.7), {"country": "BB"}),
            (box(50.30, 40.9, 50.9, 41.33), {"country": "CC"}),
        ],
    )
    loaded, _, planned = sea_project.plan()
    free, kept = planned.options
    assert "CC" in free.states
    assert kept.states == ("AA", "BB")
    line = geodesy.densify(kept.links[0].segment.route.lonlat, step_m=100.0)
    cells = loaded.grid.to_rowcol(geodesy.Projection(loaded.grid.crs).forward(line))
    code = loaded.sectors.code[tuple(np.rint(cells).astype(int).T)]
    near_edge = np.abs(cells - np.floor(cells) - 0.5).min(axis=1) < 1e-3
    assert not (code[~near_edge] == loaded.sectors.countries.index("CC") + 1).any()


def test_states_that_close_the_way_off_are_named(sea_project):
    sea_project.settings["option"] = [{"id": "x", "name": "X", "links": [["AA", "BB"]], "states": ["AA", "BB"]}]
    write_features(
        sea_project.folder / "sectors.geojson",
        [
            (box(49.9, 40.9, 50.30, 41.7), {"country": "AA"}),
            (box(50.45, 40.9, 50.9, 41.7), {"country": "BB"}),
            (box(50.30, 40.9, 50.45, 41.7), {"country": "CC"}),
        ],
    )
    _, _, planned = sea_project.plan()
    (infeasible,) = planned.infeasible
    assert "sector of CC" in infeasible.conflict
    assert "sector of CC" in infeasible.message


def test_water_of_no_sector_stays_open_to_every_option(sea_project):
    sea_project.settings["option"] = [{"id": "x", "name": "X", "links": [["AA", "BB"]], "states": ["AA", "BB"]}]
    write_features(
        sea_project.folder / "sectors.geojson",
        [(box(49.9, 40.9, 50.2, 41.7), {"country": "AA"}), (box(50.6, 40.9, 50.9, 41.7), {"country": "BB"})],
    )
    assert len(sea_project.plan()[2].options) == 1


@pytest.mark.parametrize(
    ("states", "match"),
    [
        (["AA", "BB", "ZZ"], "no sector of 'ZZ'; use one of AA, BB, CC"),
        (["AA"], "states leave out BB, which a link joins"),
        ([], "states"),
    ],
)
def test_states_that_do_not_fit_are_refused(sea_project, states, match):
    sea_project.settings["option"][0]["states"] = states
    with pytest.raises(InputError, match=match):
        sea_project.load()


def test_states_without_sectors_are_refused(sea_project):
    del sea_project.settings["sectors"]
    sea_project.settings["option"][0]["states"] = ["AA", "BB"]
    with pytest.raises(InputError, match=r"states need \[sectors\]"):
        sea_project.load()


# ------------------------------------------------------------------------- soft barriers


def test_a_soft_barrier_is_given_up_only_when_nothing_else_is_feasible(sea_project):
    add_layer(sea_project, WALL, name="Reserve", kind="exclude", importance=1)
    add_layer(sea_project, Point(50.3, 41.2).buffer(0.01), name="Reef", kind="exclude", importance=1)
    done = sea_project.run()
    assert done.feasible
    assert not done.summary["infeasible"]
    assert [each["given_up"] for each in done.summary["options"]] == [["Reserve"], ["Reserve"]]
    assert "gives up Reserve" in (done.folder / "map.html").read_text(encoding="utf-8")


def test_the_least_important_barriers_are_given_up_and_no_more_than_needed(sea_project):
    for name, importance, west in (("First", 1, 50.30), ("Second", 2, 50.42), ("Third", 3, 50.55)):
        add_layer(sea_project, box(west, 41.15, west + 0.02, 41.7), name=name, kind="exclude", importance=importance)
    assert [each["given_up"] for each in sea_project.run().summary["options"]] == [[], []]  # round their southern ends
    for layer in sea_project.settings["layer"][3:5]:
        write_features(sea_project.folder / layer["path"], [(box(*bounds_to_shore(layer)), {"name": "a"})])
    assert option(sea_project.run().summary)["given_up"] == ["First", "Second"]


def bounds_to_shore(layer):
    west = {"First": 50.30, "Second": 50.42}[layer["name"]]
    return west, 40.9, west + 0.02, 41.7


def test_a_hard_exclusion_is_never_given_up_and_is_what_remains_in_the_conflict(sea_project):
    add_layer(sea_project, WALL, name="Range", kind="exclude", reason="firing range")
    add_layer(
        sea_project, box(50.30, 40.9, 50.32, 41.7), name="Reserve", kind="exclude", importance=1, reason="reserve"
    )
    done = sea_project.run()
    assert not done.feasible
    for table in done.summary["infeasible"]:
        assert "firing range" in table["conflict"]
        assert "reserve" not in table["conflict"]
        assert table["cheapest_relaxation"].startswith("give up 'firing range': then USD")


def attempts(needed, importance):
    """Give up barriers where every set of `needed` must go; returns what was given up and every attempt."""
    from dataclasses import dataclass

    @dataclass(frozen=True)
    class Plan:
        given_up: tuple[str, ...] = ()

    tried = []

    def attempt(names):
        tried.append(names)
        if not any(group <= names for group in needed):
            raise InfeasibleError("closed", conflict=["wall"])
        return Plan()

    return plan_with_barriers(attempt, importance).given_up, tried


@pytest.mark.parametrize(
    ("needed", "given_up"),
    [
        ([set()], ()),
        ([{"a"}], ("a",)),
        ([{"c"}], ("c",)),
        ([{"a"}, {"b"}], ("a",)),
        ([{"b", "c"}], ("b", "c")),
        ([{"c"}, {"a", "b"}], ("a", "b")),
    ],
)
def test_barriers_go_in_order_of_importance_and_come_back_where_they_can(needed, given_up):
    found, tried = attempts(needed, {"c": 3, "a": 1, "b": 2})
    assert found == given_up
    assert len(tried) <= 8


def test_the_last_refusal_is_told_when_giving_up_everything_does_not_help():
    with pytest.raises(InfeasibleError, match="closed"):
        attempts([{"d"}], {"a": 1, "b": 1})
    with pytest.raises(InfeasibleError, match="closed"):
        attempts([{"d"}], {})


# ----------------------------------------------------------------------------- bad input


def doubts(project):
    return {found["rule"]: found["message"] for found in pipeline.findings(project.load())}


def test_an_empty_layer_is_found(sea_project):
    add_layer(sea_project, None, name="Nothing", kind="exclude")
    assert doubts(sea_project)["layer-empty"] == "Nothing holds no features; it has no effect"


def test_a_layer_elsewhere_is_found_with_its_place(sea_project):
    add_layer(sea_project, box(10, 50, 11, 51), name="Far", kind="exclude")
    message = doubts(sea_project)["layer-elsewhere"]
    assert message == "Far lies at 10.00 to 11.00 E, 50.00 to 51.00 N, outside the area; it has no effect"


def test_a_repaired_polygon_is_found_with_what_that_did_to_its_area(sea_project):
    bow = Polygon([(50.2, 41.2), (50.3, 41.25), (50.3, 41.2), (50.2, 41.25)])
    add_layer(sea_project, bow, name="Bow", kind="exclude")
    message = doubts(sea_project)["layer-repaired"]
    # Two wings, each a quarter of a box of 0.1 by 0.05 degrees, 8.38 by 5.55 km, that cancelled before.
    before, after = (float(word) for word in message.replace(" km2", "").split(" went from ")[1].split(" to "))
    assert message.startswith("Bow: 1 invalid geometries repaired")
    assert before < 0.1
    assert_allclose(after, 8.38 * 5.55 / 2, rtol=0.01)


def test_sound_layers_raise_no_doubts(finished_run):
    rules = {found["rule"] for found in pipeline.findings(finished_run.loaded)}
    assert not {rule for rule in rules if rule.startswith("layer-")}


def test_a_misspelt_attribute_is_answered_with_the_nearest(sea_project):
    add_layer(sea_project, LineString([(50.4, 41.1), (50.4, 41.3)]), kind="exclude", label_field="nmae")
    with pytest.raises(InputError, match="no attribute 'nmae'; correct label_field: did you mean 'name'"):
        sea_project.load()


def test_two_layers_in_two_orders_exclude_the_same_cells(sea_project):
    add_layer(sea_project, WALL, name="One", kind="exclude")
    add_layer(sea_project, Point(50.3, 41.2).buffer(0.05), name="Two", kind="exclude")
    before = sea_project.surface()[1].exclusions.code > 0
    sea_project.settings["layer"][3:] = sea_project.settings["layer"][:2:-1]
    assert_array_equal(sea_project.surface()[1].exclusions.code > 0, before)
