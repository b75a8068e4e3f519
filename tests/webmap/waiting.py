"""Waiting for what a page does by itself after an answer: until it is done, however slow the machine is."""

from __future__ import annotations

PATIENCE_MS = 30_000
PAUSE_MS = 50

# Leaflet moves the map by itself, and takes away what has faded out a moment later; style sheets move everything else.
RESTS = """() => {
  const isMoving = map_0._animatingZoom || (map_0._panAnim && map_0._panAnim._inProgress);
  const fading = [...document.querySelectorAll(".leaflet-tooltip, .leaflet-popup")];
  const isFading = fading.some((each) => each.style.opacity === "0");
  return !isMoving && !isFading && document.getAnimations().every((each) => each.playState === "finished");
}"""
PREPARED = "(isPrint) => document.documentElement.classList.contains('printing') === isPrint"


def until_it_rests(page):
    """Until nothing on the page moves or fades any more."""
    page.wait_for_function(RESTS, timeout=PATIENCE_MS)


def until_prepared(page, *, for_print):
    """Until the page is laid out for paper, or for the screen again."""
    page.wait_for_function(PREPARED, arg=for_print, timeout=PATIENCE_MS)
    until_it_rests(page)


def show_as(page, medium):
    """Show the page as on paper (``print``) or as on a ``screen``."""
    page.emulate_media(media=medium)
    until_prepared(page, for_print=medium == "print")


def until_told(page, told, *, count):
    """Ask again until there are as many answers as wanted: values of layers are unpacked in the background."""
    for _ in range(PATIENCE_MS // PAUSE_MS):
        answer = told()
        if len(answer) == count:
            return answer
        page.wait_for_timeout(PAUSE_MS)
    raise AssertionError(f"told {answer}, wanted {count} answers")
