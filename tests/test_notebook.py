"""A run in a notebook: the map in a frame, and layers that geopandas draws."""

from __future__ import annotations

import html
from html.parser import HTMLParser

import pytest

from routing.errors import InputError
from routing.export import read_run
from routing.pipeline import Run


class Frame(HTMLParser):
    """Attributes of every element."""

    def __init__(self, markup):
        super().__init__()
        self.found = []
        self.feed(markup)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_a_run_shows_its_map_in_one_frame_that_may_only_run_its_scripts(finished_run):
    shown = Run(finished_run.folder, finished_run.summary, changed=False)._repr_html_()
    ((tag, attributes),) = Frame(shown).found
    assert tag == "iframe"
    assert attributes["sandbox"] == "allow-scripts"
    assert attributes["srcdoc"] == (finished_run.folder / "map.html").read_text(encoding="utf-8")
    assert attributes["title"]


def test_both_kinds_of_run_show_themselves(finished_run):
    run = Run(finished_run.folder, finished_run.summary, changed=True)
    assert run._repr_html_() == read_run(finished_run.folder)._repr_html_()


@pytest.mark.browser
def test_the_map_works_inside_the_frame_of_a_notebook(browser, tmp_path, finished_run):
    file = tmp_path / "notebook.html"
    file.write_text(
        f"<!DOCTYPE html><body>{Run(finished_run.folder, finished_run.summary, changed=False)._repr_html_()}</body>",
        encoding="utf-8",
    )
    context = browser.new_context(offline=True)
    page = context.new_page()
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(file.as_uri())
    frame = page.frame_locator("iframe")
    frame.locator("html.is-ready").wait_for(state="attached", timeout=20_000)
    assert frame.locator("#panel h1").inner_text() == finished_run.summary["title"]
    context.close()
    assert complaints == []


@pytest.mark.parametrize("layer", ["routes", "legs", "positions", "landings"])
def test_layers_of_a_run_are_tables_that_geopandas_draws(finished_run, layer):
    frame = getattr(Run(finished_run.folder, finished_run.summary, changed=False), layer)
    assert frame.crs.to_epsg() == 4326
    assert len(frame)
    drawn = frame.explore(tiles=None)._repr_html_()
    assert "leaflet" in html.unescape(drawn).lower()


def test_routes_of_a_run_are_as_long_as_its_summary_says(finished_run):
    routes = Run(finished_run.folder, finished_run.summary, changed=False).routes.set_index("segment")["route_km"]
    links = {link["id"]: link["route_km"] for option in finished_run.summary["options"] for link in option["links"]}
    assert routes.to_dict() == pytest.approx(links, abs=0.001)


def test_a_folder_without_an_answer_shows_no_map_and_says_why_it_has_no_routes(tmp_path):
    view = Run(tmp_path, {}, changed=False)
    assert view._repr_html_() is None
    with pytest.raises(InputError, match=r"routes\.gpkg: is not there; run the project"):
        _ = view.routes


def test_the_map_is_written_to_a_file_of_its_own_when_asked(sea_project, cableroute, tmp_path):
    target = tmp_path / "mail" / "cable.html"
    answer = cableroute("run", sea_project.save(), "--out", tmp_path / "run", "--map", target)
    assert answer.code == 0
    assert target.read_bytes() == (tmp_path / "run" / "map.html").read_bytes()
    assert [path.name for path in target.parent.iterdir()] == ["cable.html"]


def test_a_run_without_an_answer_leaves_an_earlier_copy_of_the_map_alone(tmp_path):
    target = tmp_path / "cable.html"
    target.write_text("earlier", encoding="utf-8")
    Run(tmp_path / "nothing", {}, changed=False).copy_map(target)
    assert target.read_text(encoding="utf-8") == "earlier"
