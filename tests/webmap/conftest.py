from __future__ import annotations

import pytest
import webmap_sea

from routing.webmap import render_map


@pytest.fixture(scope="session")
def reader(browser, tmp_path_factory):
    """A reader's browser without network, at a desk or with a finger.

    A page of its own for each map is enough, because maps keep nothing in the browser. One page stays open: with the
    last page of a file its process would end, and starting that again is half of the time to open a map.
    """
    blank = tmp_path_factory.mktemp("reader") / "blank.html"
    blank.write_text("<!DOCTYPE html><title>Blank</title>", encoding="utf-8")
    contexts = {}

    def context(*, has_touch):
        if has_touch not in contexts:
            contexts[has_touch] = browser.new_context(offline=True, has_touch=has_touch, is_mobile=has_touch)
            contexts[has_touch].new_page().goto(blank.as_uri())
        return contexts[has_touch]

    yield context
    for each in contexts.values():
        each.close()


@pytest.fixture
def visit(reader, tmp_path):
    """Open content as a map; afterwards no page may have asked for anything or complained."""
    pages, complaints = [], []

    def note_request(request):
        if not request.url.startswith(("file:", "data:", "blob:")):
            complaints.append(f"request {request.url}")

    def open_map(content, *, width=1280, height=800, has_touch=False):
        file = tmp_path / f"map{len(pages)}.html"
        file.write_text(content if isinstance(content, str) else render_map(content), encoding="utf-8")
        page = reader(has_touch=has_touch).new_page()
        pages.append(page)
        page.set_viewport_size({"width": width, "height": height})
        page.on("request", note_request)
        page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(file.as_uri())
        page.wait_for_selector("html.is-ready", state="attached", timeout=20_000)
        return page

    yield open_map
    for page in pages:
        page.close()
    assert complaints == []


@pytest.fixture(scope="session")
def sea():
    return webmap_sea.small_sea()


@pytest.fixture(scope="session")
def sea_page(sea):
    return render_map(sea)
