"""A picture of a map: ``python screenshot.py MAP.html PICTURE.jpg``."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

#: No tracked file is larger.
MOST_BYTES = 200_000


def take(source: Path, target: Path) -> int:
    """Write the picture at the best quality that fits; returns its bytes."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_context(viewport={"width": 1440, "height": 900}, offline=True).new_page()
        page.goto(source.resolve().as_uri())
        page.wait_for_selector("html.is-ready", state="attached")
        for quality in (88, 80, 70, 60, 50):
            picture = page.screenshot(type="jpeg", quality=quality)
            if len(picture) <= MOST_BYTES:
                break
        browser.close()
    return target.write_bytes(picture)


if __name__ == "__main__":
    print(f"{take(Path(sys.argv[1]), Path(sys.argv[2])):,} bytes")
