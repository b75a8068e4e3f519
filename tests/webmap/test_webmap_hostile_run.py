"""A whole run on hostile inputs: a text in any field of any file is shown as it is, or refused when it is read."""

from __future__ import annotations

import copy
import csv
import datetime as dt
import io
import json
import os

import pytest
from miniature import LANDINGS, SECTORS, SeaProject, write_features
from shapely import LineString, Point
from test_webmap_hostile import every_popup, every_tooltip

from routing.errors import InputError
from routing.exchange.geopackage import read_geopackage
from routing.project import read_project

RUN = "window.pwned=1"
#: What a browser, Jinja, Python, a spreadsheet or XML could act on; all of it fits into the 200 letters of a name.
TEXT = (
    f"<script>{RUN}</script>{{{{7919*7907}}}}{{% raw %}}{{#c#}}`${{{RUN}}}`');{RUN};('\"><img src=x onerror={RUN}>"
    "]]><!-- &lt; \\u003c %27 @SUM(1) \U0001f30a ש é"
)
#: Number of the text that names a point of presence.
TOWN = 14
#: Characters that no name of a project may hold: they drive terminals, break lines or turn the reading direction.
REFUSED = ("\x00", "\x07", "\x1b[2J", "\n", "\u2028", "\u2029", "\u202e", "\u2066")


def hostile_text(number):
    """Text number so-and-so; every other one begins as a formula does."""
    return f"{'=' if number % 2 else ''}t{number} {TEXT}"


def text_fields(settings):
    """(place, key) of every field of a project file that holds words of a user."""
    places = [(settings, key) for key in ("title", "revision", "vertical_datum")]
    places += [(layer, "name") for layer in settings["layer"]]
    places += [(layer, "reason") for layer in settings["layer"] if "reason" in layer]
    places += [(survey, "name") for survey in settings.get("survey", ())]
    places += [(option, "name") for option in settings["option"]]
    places += [(fact, key) for fact in settings["published"] for key in ("label", "value", "source")]
    places += [(place, "name") for place in settings["points_of_presence"].values()]
    places += [(settings["sources"], index) for index in range(len(settings["sources"]))]
    return places


class Supply:
    """Numbered hostile texts, remembered."""

    def __init__(self):
        self.given = []

    def __call__(self):
        self.given.append(hostile_text(len(self.given)))
        return self.given[-1]


def poison_project(project):
    """Put a text into every field of every input; returns those of the project file and those of the data."""
    own, data = Supply(), Supply()
    data.given = [""] * 100  # numbers of their own
    settings = project.settings
    settings["revision"], settings["vertical_datum"] = "A", "mean sea level"
    settings["sources"] = ["one", "two"]
    sounded = {
        **settings["bathymetry"],
        "name": "survey",
        "date": dt.date(2026, 1, 2),
        "area": [50.2, 41.1, 50.3, 41.2],
    }
    settings["survey"] = [sounded]
    write_cable(project, data)
    for place, key in text_fields(settings):
        place[key] = own()
    write_landings(project, data)
    write_features(project.folder / "fields.geojson", [(Point(50.45, 41.40), {"name": data(), "radius_km": 3.0})])
    (project.folder / "quakes.csv").write_text(
        as_csv([["lon", "lat", "magnitude"], ["50.3", "41.2", data()]]), encoding="utf-8"
    )
    project.save()
    return own.given, [text for text in data.given if text]


def write_cable(project, supply):
    """A cable across every way to the east, with its name and owner."""
    line = LineString([(50.3, 41.06), (50.28, 41.15), (50.3, 41.5)])
    write_features(project.folder / "cable.geojson", [(line, {"name": supply(), "owner": supply()})])
    project.settings["layer"].append(
        {
            "name": "Cables",
            "path": "cable.geojson",
            "kind": "cable",
            "label_field": "name",
            "owner_field": "owner",
            "style": "cable",
        }
    )


def as_csv(rows):
    stream = io.StringIO()
    csv.writer(stream).writerows(rows)
    return stream.getvalue()


def write_landings(project, supply):
    """Names, notes and states of landings; the states stand in the sectors and the links too."""
    head, *rows = [line.split(",") for line in LANDINGS.strip().splitlines()]
    states = {code: supply() for code in SECTORS}
    for row in rows:
        for column in ("name", "source", "note"):
            row[head.index(column)] = supply()
        row[head.index("country")] = states[row[head.index("country")]]
    project.write_landings(as_csv([head, *rows]))
    write_features(
        project.folder / "sectors.geojson", [(shape, {"country": states[code]}) for code, shape in SECTORS.items()]
    )
    settings = project.settings
    for option in settings["option"]:
        option["links"] = [[states[code] for code in link] for link in option["links"]]
    settings["points_of_presence"] = {states[code]: place for code, place in settings["points_of_presence"].items()}


@pytest.fixture(scope="module")
def hostile_run(tmp_path_factory):
    """The one run of this module, and what was put into it."""
    project = SeaProject(tmp_path_factory.mktemp("hostile") / "project")
    own, data = poison_project(project)
    return project.run().folder, own, data


def test_nothing_of_a_hostile_run_is_evaluated_while_its_files_are_made(hostile_run):
    folder, *_ = hostile_run
    assert "PWNED" not in os.environ
    for name in ("map.html", "report.html", "summary.json"):
        assert "62615533" not in (folder / name).read_text(encoding="utf-8")  # 7919 x 7907


@pytest.mark.browser
def test_every_text_of_a_hostile_run_is_shown_as_written_and_none_runs(visit, hostile_run):
    folder, own, data = hostile_run
    page = visit((folder / "map.html").read_text(encoding="utf-8"))
    for box in page.locator(".toggle input").all():
        if not box.is_checked():
            box.check()
    seen = [page.evaluate("document.body.textContent"), *every_popup(page), *every_tooltip(page)]
    for card in page.locator(".card-button").all():
        card.click()
        seen += [page.locator("#page").text_content(), *every_popup(page)]
    assert page.evaluate("window.pwned") is None
    assert page.locator("img[src=x], [onerror]").count() == 0
    context = page.context
    report = context.new_page()
    report.goto((folder / "report.html").as_uri())
    seen.append(report.evaluate("document.body.textContent"))
    assert report.evaluate("window.pwned") is None
    assert report.locator("script, img[src=x], [onerror]").count() == 0
    shown = "\n".join(seen)
    # What the pages have no place for stands in the GeoPackage; the name of a point of presence is shown nowhere.
    layers = read_geopackage(folder / "routes.gpkg")
    kept = {*layers["landings"]["source"], *layers["excluded"]["reason"]}
    (town,) = [text for text in own if text.split()[0].endswith(f"t{TOWN}")]
    assert [text for text in (*own, *data) if text not in shown and text not in kept and text != town] == []


def test_the_summary_of_a_hostile_run_holds_its_texts_unchanged(hostile_run):
    folder, own, _ = hostile_run
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert summary["title"] == own[0]
    assert {option["name"] for option in summary["options"]} <= set(own)


@pytest.mark.parametrize("mark", REFUSED, ids=ascii)
def test_a_character_that_drives_a_terminal_or_turns_text_is_refused_in_every_field_of_a_project(tmp_path, mark):
    project = SeaProject(tmp_path / "project")
    project.settings["revision"], project.settings["vertical_datum"] = "A", "mean sea level"
    usual = copy.deepcopy(project.settings)
    for number in range(len(text_fields(usual))):
        project.settings = copy.deepcopy(usual)
        place, key = text_fields(project.settings)[number]
        place[key] = f"before{mark}after"
        with pytest.raises(InputError, match=r"control|TOML|character"):
            read_project(project.save())


@pytest.mark.parametrize("mark", REFUSED, ids=ascii)
def test_such_a_character_in_a_landing_is_refused_with_its_line(tmp_path, mark):
    project = SeaProject(tmp_path / "project")
    head, first, *rows = [line.split(",") for line in LANDINGS.strip().splitlines()]
    for column in ("name", "country"):
        changed = list(first)
        changed[head.index(column)] = f"before{mark}after"
        project.write_landings(as_csv([head, changed, *rows]))
        with pytest.raises(InputError, match=r"landings\.csv, line 2|holds a control character"):
            project.load()


@pytest.mark.browser
def test_control_characters_in_labels_of_features_are_shown_or_replaced_and_drive_nothing(visit, sea_project):
    label = "before\x07\x1b[2J\u2028\u202eafter"
    write_features(sea_project.folder / "fields.geojson", [(Point(50.45, 41.40), {"name": label, "radius_km": 3.0})])
    page = visit((sea_project.run().folder / "map.html").read_text(encoding="utf-8"))
    shown = "\n".join(every_tooltip(page)) + page.locator("#page").text_content()
    assert "before" in shown
    assert "after" in shown
