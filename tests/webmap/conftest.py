from __future__ import annotations

import pytest
import webmap_sea

from routing.webmap import render_map


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
