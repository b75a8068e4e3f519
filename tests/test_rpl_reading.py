"""Position lists of other people, read as they stand."""

import datetime as dt
import zipfile

import numpy as np
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from routing.errors import InputError
from routing.exchange import spreadsheet
from routing.exchange.listed import ListedLeg, ListedPosition, PositionList, degrees_of
from routing.exchange.rpl_reading import read_position_list
from routing.exchange.rpl_table import RplHeader, write_csv, write_listed_csv, write_listed_xlsx, write_xlsx

GEOD = Geod(ellps="WGS84")
HEADER = RplHeader("Project", "Option", "West to east", "A", dt.date(2026, 1, 2), -10.0, "mean sea level", "0.1")
DATE = dt.date(2026, 1, 2)

TEXT = st.one_of(st.none(), st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs")), min_size=1, max_size=12)).map(
    lambda text: None if text is None or not text.strip() or "_x" in text.lower() else text
)
NUMBER = st.one_of(st.none(), st.integers(-(10**9), 10**9).map(lambda ticks: ticks / 10**4))


def angles(limit):
    return st.one_of(st.none(), st.integers(-limit * 10**6, limit * 10**6).map(lambda ticks: ticks / 10**6))


POSITIONS = st.builds(
    ListedPosition, row=st.just(0), number=st.integers(1, 999).map(str), event=TEXT,
    latitude=st.just("40° 30.1234' N"), longitude=st.just("050° 00.0001' E"), lat_deg=angles(90), lon_deg=angles(180),
    depth_m=NUMBER, kp_km=NUMBER, cable_kp_km=NUMBER, chart=TEXT, remarks=TEXT,
)  # fmt: skip
LEGS = st.builds(
    ListedLeg, row=st.just(0), bearing_deg=st.integers(0, 3599).map(lambda each: each / 10), distance_km=NUMBER,
    slack_pct=NUMBER, cable_km=st.integers(1, 10**6).map(lambda each: each / 10**3), cable_type=TEXT,
    fibre_pairs=NUMBER, protection=TEXT, target_burial_m=NUMBER, laid_burial_m=NUMBER, lay_date=TEXT, sector=TEXT,
)  # fmt: skip
LISTS = st.lists(st.tuples(POSITIONS, LEGS), min_size=2, max_size=6).map(
    lambda pairs: PositionList(
        (("Project", "=1+1"), ("Slack", "surface")), tuple(p for p, _ in pairs), tuple(leg for _, leg in pairs[:-1])
    )
)


@given(LISTS)
@settings(max_examples=40)
def test_a_list_survives_csv_and_workbook_and_back(tmp_path_factory, listing):
    folder = tmp_path_factory.mktemp("lists")
    write_listed_csv(listing, folder / "a.csv")
    by_csv = read_position_list(folder / "a.csv")
    assert by_csv == listing
    write_listed_xlsx(by_csv, folder / "a.xlsx", date=DATE)
    assert read_position_list(folder / "a.xlsx") == listing


def test_our_own_lists_come_back_to_twenty_centimetres(finished_run, tmp_path):
    for option in finished_run.planned.options:
        for link in option.links:
            write_csv(link.segment, HEADER, tmp_path / "a.csv")
            write_xlsx(link.segment, HEADER, tmp_path / "a.xlsx")
            for name in ("a.csv", "a.xlsx"):
                listing = read_position_list(tmp_path / name)
                assert listing.header[0] == ("Project", "Project")
                assert not listing.unread
                assert len(listing.legs) == len(link.segment.legs)
                for listed, position in zip(listing.positions, link.segment.positions, strict=True):
                    assert (listed.number, listed.event) == (str(position.number), position.event)
                    for place, most in ((listed.place, 0.01), (listed.in_minutes, 0.2)):
                        assert GEOD.inv(*place, position.lon, position.lat)[2] <= most
                for listed, leg in zip(listing.legs, link.segment.legs, strict=True):
                    assert listed.cable_km == pytest.approx(leg.cable_m / 1000, abs=5.1e-4)
                    assert (listed.cable_type, listed.protection, listed.sector) == (
                        leg.cable_type, leg.protection, leg.sector,
                    )  # fmt: skip


FLAT = """Some cable
PosNo,Description,Latitude,Longitude,Course,Dist. (km),Slack (%),Cum. distance (km),WD (m),Colour
7,BMH,40° 30.0000' N,50° 00.0000' E,90.0,8.468,1.0,0,,red
8,A/C 1,40° 30.0000' N,50° 06.0000' E,,,,8.468,30,
"""
ALTERNATING = """No;Event;Lat;;;Long;;;Azimuth;Distance;Slack;KP;Depth
;;Deg;Min;N/S;Deg;Min;E/W;deg;km;%;km;m
7;BMH;40;30.0;N;50;0.0;E;;;;0;
;;;;;;;;90.0;8.468;1.0;;
8;A/C 1;40;30.0;N;50;6.0;E;;;;8.468;30
"""
GROUPED = """Position,,Latitude,,,Longitude,,,Route,,Lay
No,Event,Deg,Min,N/S,Deg,Min,E/W,Bearing,Distance,Slack
7,BMH,40,30.0,N,50,0.0,E,90.0,8.468,1.0
8,A/C 1,40,30.0,N,50,6.0,E,,,
"""
DECIMAL = """pos\tevent\tlat\tlon\tbearing from prev\tdistance from previous [km]\tslack
7\tBMH\t40.5\t50.0\t\t\t
8\tA/C 1\t40.5\t50.1\t90.0\t8.468\t1.0
"""


@pytest.mark.parametrize("text", [FLAT, ALTERNATING, GROUPED, DECIMAL])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_usual_layouts_mean_the_same(tmp_path, text, encoding):
    path = tmp_path / "list.txt"
    path.write_bytes(text.encode(encoding))
    listing = read_position_list(path)
    assert [(p.number, p.event) for p in listing.positions] == [("7", "BMH"), ("8", "A/C 1")]
    assert np.allclose([p.place for p in listing.positions], [(50.0, 40.5), (50.1, 40.5)])
    (leg,) = listing.legs
    assert (leg.bearing_deg, leg.distance_km, leg.slack_pct) == (90.0, 8.468, 1.0)
    assert not listing.unread
    assert not listing.stray


def test_header_lines_and_unknown_columns_are_kept_as_they_stand(tmp_path):
    (tmp_path / "a.csv").write_text(FLAT, encoding="utf-8")
    listing = read_position_list(tmp_path / "a.csv")
    assert listing.header == (("Some cable",),)
    assert (listing.titles, listing.positions[0].other) == (("Colour",), ("red",))
    assert [position.row for position in listing.positions] == [3, 4]


@pytest.mark.parametrize(
    ("text", "axis", "degrees"),
    [
        ("40° 35.3827' N", "lat", 40 + 35.3827 / 60), ("40 35.3827 S", "lat", -40 - 35.3827 / 60),
        ("E 50 6", "lon", 50.1), ("-50.1", "lon", -50.1), ("50.1W", "lon", -50.1), ("40 35 07.6 N", "lat", None),
        ("40 35.3 E", "lat", None), ("40 60.0 N", "lat", None), ("40,5 N", "lat", None), ("north", "lat", None),
        ("-40 5 N", "lat", None), ("", "lat", None),
    ],
)  # fmt: skip
def test_a_coordinate_is_read_in_one_way_or_not_at_all(text, axis, degrees):
    assert degrees_of(text, axis=axis) == (None if degrees is None else pytest.approx(degrees, abs=1e-12))


def torn(path):
    book = openpyxl.Workbook()
    book.save(path)
    path.write_bytes(path.read_bytes()[:2000])


def bomb(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (spreadsheet.MAX_UNZIPPED_BYTES + 1))


def entities(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>')


def many_rows(path):
    path.write_text("Pos,Lat,Lon\n" + "1,2,3\n" * (spreadsheet.MAX_ROWS + 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda _: None, "cannot be read"),
        (lambda path: path.write_bytes(bytes(range(256)) * 9), "neither a workbook nor text"),
        (lambda path: path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 99), "encrypted workbook"),
        (lambda path: path.write_text("a,b,c\n1,2,3\n", encoding="utf-8"), "no row with titles"),
        (lambda path: path.write_text("", encoding="utf-8"), "no row with titles"),
        (lambda path: path.write_text("Pos,Lat,Lon\n", encoding="utf-8"), "no position stands below"),
        (torn, "damaged workbook"),
        (bomb, "unzips to"),
        (entities, "declares XML entities"),
        (many_rows, "more than 50000 rows"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_file_and_a_remedy(tmp_path, make, message):
    path = tmp_path / "list.xlsx"
    make(path)
    with pytest.raises(InputError, match=message) as caught:
        read_position_list(path)
    assert str(path) in str(caught.value)


def test_formulas_of_a_workbook_are_told_and_not_evaluated(tmp_path):
    book = openpyxl.Workbook()
    for row in (["Pos", "Lat", "Lon", "KP"], [1, 40.0, 50.0, 0], [2, 40.0, 50.1, "=D2+8.5"]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    listing = read_position_list(tmp_path / "a.xlsx")
    assert [(each.row, each.text, each.reason) for each in listing.unread] == [(3, "=D2+8.5", "formula-text")]
    assert listing.positions[1].kp_km is None
