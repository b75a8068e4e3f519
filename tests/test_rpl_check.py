"""Position lists with planted errors, and lists without."""

import datetime as dt
import json
from dataclasses import replace

import numpy as np
import pytest
from pyproj import Geod

from routing import geodesy
from routing.exchange.rpl_reading import read_position_list
from routing.exchange.rpl_table import RplHeader, write_csv
from routing.position_list import check, compare, describe, measure, report

GEOD = Geod(ellps="WGS84")
HEADER = RplHeader("Project", "Option", "West to east", "A", dt.date(2026, 1, 2), -10.0, "mean sea level", "0.1")
TITLES = "Pos,Event,Latitude,Longitude,Bearing,Distance,Slack,Cable,KP,Cable KP,Depth,Cable type,As-laid burial"
FIRST = 2  # row of the first position
COUNT = 40


def clean_rows():
    """An as-laid list of forty positions, about 10 km apart, that contradicts itself nowhere."""
    lon = 50.0 + 0.12 * np.arange(COUNT)
    lat = 40.5 + 0.02 * (np.arange(COUNT) % 2)
    lon, lat = lon.tolist(), lat.tolist()
    forward, _, metres = GEOD.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])
    kp, cable = np.concatenate([[0], np.cumsum(metres)]) / 1000, np.concatenate([[0], np.cumsum(metres)]) * 1.01 / 1000
    rows = []
    for k in range(COUNT):
        leg = [""] * 4
        if k < COUNT - 1:
            km = metres[k] / 1000
            leg = [f"{forward[k] % 360:.1f}", f"{km:.3f}", "1.00", f"{1.01 * km:.3f}"]
        place = [geodesy.format_ddm(lat[k], axis="lat"), geodesy.format_ddm(lon[k], axis="lon")]
        tail = [f"{kp[k]:.3f}", f"{cable[k]:.3f}", "50.0", "SA", "1.0"]
        rows.append([str(k + 1), f"P{k + 1}", *place, *leg, *tail])
    return rows


def listed(rows, path):
    lines = [TITLES, *(",".join(f'"{cell}"' if "," in cell else cell for cell in row) for row in rows)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return read_position_list(path)


def found(listing):
    return [(each.row, each.rule) for each in check(listing)]


# Index of a row, column, text, rule; rows far enough apart that errors do not touch.
PLANTED = [
    (1, 4, "20.0", "span-bearing"),
    (3, 5, "12.000", "span-distance"),
    (5, 7, "11.000", "span-cable"),
    (7, 6, "150", "slack-range"),
    (9, 8, "92.900", "kp-drift"),
    (11, 8, "20.000", "kp-backwards"),
    (13, 9, "20.000", "cable-kp-backwards"),
    (15, 2, "40 31 12.0 N", "degrees-minutes-seconds"),
    (17, 0, "17", "number-duplicate"),
    (19, 10, "50,0", "decimal-comma"),
    (21, 10, "fifty", "text-for-number"),
    (23, 10, "=B3", "formula-text"),
    (25, 2, "", "coordinates-missing"),
    (29, 3, "053° 28.8000' W", "hemisphere"),
    (33, 2, "140° 31.2000' N", "coordinates-range"),
    (36, 9, "380.000", "cable-kp-drift"),
]


def planted(rows, errors):
    for index, column, text, _ in errors:
        rows[index][column] = text
    return rows


def expected(errors):
    rows = [(FIRST + index, rule) for index, _, _, rule in errors]
    # A number that is used twice is missing elsewhere.
    gaps = [(FIRST + index + 1, "number-gap") for index, _, _, rule in errors if rule == "number-duplicate"]
    return sorted([*rows, *gaps])


def test_a_clean_list_has_no_findings(tmp_path):
    assert found(listed(clean_rows(), tmp_path / "a.csv")) == []


def test_planted_errors_are_found_all_and_no_other(tmp_path):
    assert found(listed(planted(clean_rows(), PLANTED), tmp_path / "a.csv")) == expected(PLANTED)


@pytest.mark.parametrize("error", PLANTED, ids=[error[3] for error in PLANTED])
def test_each_planted_error_is_found_alone(tmp_path, error):
    assert found(listed(planted(clean_rows(), [error]), tmp_path / "a.csv")) == expected([error])


def test_swapped_coordinates_are_left_out_of_computing(tmp_path):
    rows = clean_rows()
    rows[12][2], rows[12][3] = "51° 26.4000' N", "040° 30.0000' E"
    listing = listed(rows, tmp_path / "a.csv")
    assert found(listing) == [(FIRST + 12, "coordinates-swapped")]
    assert describe(measure(listing))["left_out"] == 1


def test_a_latitude_beyond_the_pole_that_is_a_longitude_is_told_as_swapped(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("Pos,Lat,Lon\n1,-33.0,151.0\n2,151.1,-33.0\n3,-33.0,151.2\n", encoding="utf-8")
    assert found(read_position_list(path)) == [(3, "coordinates-swapped")]


def test_rows_in_one_place_out_of_order_or_left_out_are_told(tmp_path):
    rows = clean_rows()
    del rows[20]
    rules = found(listed(rows, tmp_path / "a.csv"))
    assert (FIRST + 20, "number-gap") in rules
    rows = clean_rows()
    rows[6][2:4] = rows[5][2:4]
    assert (FIRST + 6, "coincident") in found(listed(rows, tmp_path / "a.csv"))


def test_a_course_that_turns_back_and_a_span_across_an_ocean_are_told(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("Pos,Lat,Lon\n1,40.0,50.0\n2,40.0,51.0\n3,40.0,50.2\n4,40.0,55.5\n", encoding="utf-8")
    assert found(read_position_list(path)) == [(3, "sharp-turn"), (4, "sharp-turn"), (4, "span-long")]


def test_degrees_and_minutes_that_contradict_each_other_are_told(finished_run):
    listing = read_position_list(next(finished_run.folder.glob("rpl_*.csv")))
    first = replace(listing.positions[1], lat_deg=listing.positions[1].lat_deg + 1e-5)  # 1.1 m
    moved = replace(listing, positions=(listing.positions[0], first, *listing.positions[2:]))
    assert found(moved) == [(first.row, "coordinates-contradict")]


def test_our_own_lists_have_no_findings(finished_run, tmp_path):
    for option in finished_run.planned.options:
        for link in option.links:
            for distances in ("geodesic", "rhumb"):
                write_csv(link.segment, HEADER, tmp_path / "a.csv", distances=distances)
                assert check(read_position_list(tmp_path / "a.csv")) == ()


def test_a_list_beside_itself_is_nowhere_apart_and_a_shift_is_as_large_as_it_is(tmp_path):
    rows = clean_rows()
    one = measure(listed(rows, tmp_path / "a.csv"))
    assert compare(one, one).largest.distance_m < 0.1
    shifted = [[*row[:2], geodesy.format_ddm(40.6, axis="lat"), *row[3:]] for row in rows]
    straight = measure(
        listed([[*row[:2], geodesy.format_ddm(40.5, axis="lat"), *row[3:]] for row in rows], tmp_path / "b.csv")
    )
    told = compare(straight, measure(listed(shifted, tmp_path / "c.csv")))
    assert told.largest.distance_m == pytest.approx(GEOD.inv(50, 40.5, 50, 40.6)[2], abs=2.0)
    assert {each.side for each in told.along} == {"port"}
    assert told.along[1].kp_km == 1.0


def test_a_listed_route_is_priced_as_the_surface_prices_it(finished_run):
    listing = read_position_list(next(finished_run.folder.glob("rpl_*.csv")))
    told = report(listing, sea=finished_run.sea).table["price"]
    measured = measure(listing)
    prices = finished_run.sea.priced.leg_prices(measured.line)
    free = np.isfinite(prices)
    assert told["total_usd"] == pytest.approx(prices[free].sum(), abs=1.0)
    assert len(told["unpriced"]) == (~free).sum()
    assert {each["reason"] for each in told["unpriced"]} <= {"land", "the corner of an exclusion"}


def test_the_command_says_clean_findings_or_unreadable_by_its_exit_code(cableroute, finished_run, tmp_path):
    own = next(finished_run.folder.glob("rpl_*.csv"))
    done = cableroute("check", own, "--against", own, "--project", finished_run.project.file, "--json")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert told["against"]["largest"]["distance_m"] < 0.1
    assert told["price"]["total_usd"] > 0
    listed(planted(clean_rows(), PLANTED), tmp_path / "bad.csv")
    done = cableroute("check", tmp_path / "bad.csv")
    assert done.code == 1
    assert "row 3: warning: span-bearing" in done.out
    assert cableroute("check", tmp_path / "none.csv").code == 2
