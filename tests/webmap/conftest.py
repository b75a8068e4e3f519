from __future__ import annotations

import os
import shutil

import pytest
import webmap_sea

from routing.webmap import render_map

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def browser():
    """Headless Chromium; its absence is a failure unless CABLEROUTE_NO_BROWSER is set."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        if os.environ.get("CABLEROUTE_NO_BROWSER"):
            pytest.skip("no Chromium, and CABLEROUTE_NO_BROWSER is set")
        pytest.fail(
            "no Chromium to open the map in; install one, or set CABLEROUTE_NO_BROWSER=1 to leave these tests out"
        )
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser, tmp_path):
    """Open content as a map; afterwards no page may have asked for anything or complained."""
    contexts, complaints = [], []

    def note_request(request):
        if not request.url.startswith(("file:", "data:", "blob:")):
            complaints.append(f"request {request.url}")

    def open_map(content, *, width=1280, height=800, has_touch=False):
        file = tmp_path / f"map{len(contexts)}.html"
        file.write_text(content if isinstance(content, str) else render_map(content), encoding="utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": height}, offline=True, has_touch=has_touch, is_mobile=has_touch
        )
        contexts.append(context)
        page = context.new_page()
        page.on("request", note_request)
        page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(file.as_uri())
        page.wait_for_selector("html.is-ready", state="attached", timeout=20_000)
        return page

    yield open_map
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture(scope="session")
def sea():
    return webmap_sea.small_sea()


@pytest.fixture(scope="session")
def sea_page(sea):
    return render_map(sea)
