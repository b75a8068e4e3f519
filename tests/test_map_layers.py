"""Layers that a run puts on its map: which there are, and that they say what the run knows."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from routing.planning import option_corridors
from routing.presentation.context import map_vectors
from routing.presentation.rasters import map_rasters
from routing.seabed.substrate import SEDIMENTS
from routing.webmap import read_page


@pytest.fixture(scope="module")
def corridors(finished_run):
    return option_corridors(finished_run.planned.options, finished_run.planned.makers)


@pytest.fixture(scope="module")
def rasters(finished_run, corridors):
    found = list(map_rasters(finished_run.loaded, finished_run.sea, corridors))
    return {(each.name, each.option): each for each in found}


def names_of(layer):
    """Name of the class of each cell; empty where there is none."""
    return np.array(["", *layer.classes])[np.nan_to_num(layer.raster.values).astype(int)]


def test_the_substrate_is_that_of_the_facts_and_absent_classes_are_left_out(finished_run, rasters):
    facts, layer = finished_run.loaded.facts, rasters["Substrate", None]
    assert_array_equal(names_of(layer) != "", facts.sea)
    codes = [name.replace(", ", "-", 1).replace(" ", "-") for name in names_of(layer)[facts.sea]]
    assert codes == [SEDIMENTS[code] for code in facts.substrate.sediment[facts.sea]]
    assert len(layer.classes) == len(np.unique(facts.substrate.sediment[facts.sea]))


def test_every_excluded_cell_of_the_sea_says_why_and_land_is_clear(finished_run, rasters):
    exclusions, layer = finished_run.sea.exclusions, rasters["Excluded", None]
    told = names_of(layer)
    for row, col in np.argwhere(exclusions.code > 0).tolist():
        reason = exclusions.reason_at(row, col)
        assert told[row, col] == ("" if reason == "land" else reason)
    assert (told[exclusions.code == 0] == "").all()
    assert "offshore field" in layer.classes


def test_prices_and_faults_are_those_of_the_surface(finished_run, rasters):
    surface = finished_run.sea.priced.surface
    assert_array_equal(rasters["Route cost", None].raster.values, surface.total(excluded=np.nan))
    faults = rasters["Expected faults", None].raster.values
    assert_array_equal(np.isfinite(faults), surface.free)
    assert_allclose(faults[surface.free], 1e6 * surface.faults_per_m()[surface.free], rtol=1e-6)


def test_each_hazard_with_a_rate_has_a_layer_and_others_have_none(finished_run):
    loaded, shape = finished_run.loaded, finished_run.loaded.grid.shape
    some = np.zeros(shape, np.float32)
    some[20:30] = 2.5
    hazards = replace(loaded.hazards, layers={"ice gouging": some, "surf": np.zeros(shape, np.float32)})
    found = {each.name: each for each in map_rasters(replace(loaded, hazards=hazards), finished_run.sea, {})}
    assert "Surf" not in found
    assert_array_equal(found["Ice gouging"].raster.values, np.where(some > 0, some, np.nan))
    assert found["Ice gouging"].unit == "faults per 1000 km a year"


def test_each_option_has_its_corridor_in_bands_under_one_name(finished_run, rasters, corridors):
    for option in finished_run.planned.options:
        codes = rasters["Near-optimal corridor", option.wanted.id].raster.values
        excess = corridors[option.wanted.id]
        assert_array_equal(codes == 1, excess <= 1)
        assert_array_equal(np.nan_to_num(codes, nan=9) <= 2, excess <= 2)
        assert_array_equal(np.isfinite(codes), excess <= 5)


def test_data_quality_says_where_each_depth_is_from_and_how_far_it_may_be_off(finished_run, rasters):
    facts = finished_run.loaded.facts
    told = names_of(rasters["Source of depth", None])
    stated = np.where(facts.stated, ", its uncertainty stated", "")
    wanted = np.char.add(np.array(facts.sources)[facts.source], stated)
    assert_array_equal(told[facts.sea], wanted[facts.sea])
    sigma = rasters["Depth uncertainty", None].raster.values
    assert_array_equal(sigma, np.where(facts.sea, facts.sigma_m, np.nan))


def test_exclusions_tell_their_reason_and_pipelines_are_infrastructure(finished_run):
    loaded, sea = finished_run.loaded, finished_run.sea
    pipe = replace(loaded.layers[1], source=replace(loaded.layers[1].source, name="Pipe", kind="pipeline"))
    styles = {"Fields": "field", "Lanes": "lane", "Quakes": "earthquake", "Pipe": "pipeline"}
    vectors = {each.name: each for each in map_vectors(sea, loaded.shore, (*loaded.layers, pipe), styles)}
    assert vectors["Pipe"].group == "Infrastructure"
    assert vectors["Fields"].group == "Exclusions"
    assert all(label.endswith("xcluded, offshore field") for label in vectors["Fields"].labels)


def test_the_map_of_a_run_lists_the_layers_in_groups(finished_run):
    shown = read_page(finished_run.folder / "map.html")
    groups = {layer["group"] for layer in shown["rasters"] + shown["vectors"]}
    assert {"Seabed", "Cost and risk", "Exclusions", "Data quality", "Context", "Hazards"} <= groups
