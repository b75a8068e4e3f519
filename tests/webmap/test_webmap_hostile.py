"""Names come from strangers' files: whatever they hold is shown as it is and never run."""

from __future__ import annotations

import os
import re
from dataclasses import fields, is_dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from waiting import until_it_rests

from routing.webmap import render_map
from routing.webmap.inert import inert_html, inert_json

RUN = "window.pwned=1"
HOSTILE = (
    "{{7*7}} {{ 7919*7907 }} {% raw %} {# note #} {{ cycler.__init__.__globals__.os.environ.update(PWNED='1') }} "
    f"<script>{RUN}</script> </script><script>{RUN}</script> <img src=x onerror={RUN}> <!-- ]]> "
    f"`+({RUN})+` ${{{RUN}}} ');{RUN};(' \");{RUN};(\" \\ \\u003c &lt; %27 # $ \u2028 \u2029 \x07 \ud83d \U0001f30a é"
)


def poison(value, counter):
    """Replace every text of a tree of dataclasses by a numbered hostile one; return it with the texts used."""
    if isinstance(value, str):
        counter.append(f"t{len(counter)} {HOSTILE}")
        return counter[-1]
    if isinstance(value, tuple):
        return tuple(poison(item, counter) for item in value)
    if is_dataclass(value) and type(value).__name__.startswith("Map"):
        kept = ("kind", "style", "id", "ramp", "look", "option")
        return replace(
            value, **{f.name: poison(getattr(value, f.name), counter) for f in fields(value) if f.name not in kept}
        )
    return value


@pytest.fixture(scope="module")
def poisoned(sea):
    texts: list[str] = []
    content = poison(sea, texts)
    return content, texts


def test_no_text_is_evaluated_while_the_page_is_made(poisoned):
    document = render_map(poisoned[0])
    assert "62615533" not in document
    assert "PWNED" not in os.environ
    assert document.count("<script") == document.count("</script>")
    assert "<img" not in document


@pytest.mark.browser
def test_hostile_texts_in_every_field_are_shown_verbatim_and_never_run(visit, poisoned):
    content, texts = poisoned
    page = visit(content)
    seen = [page.evaluate("document.getElementById('page').textContent")]
    seen += every_popup(page)
    for name in page.locator(".toggle").all():
        box = name.locator("input")
        if not box.is_checked():
            box.check()
    until_it_rests(page)
    seen += every_tooltip(page)
    page.locator(".card-button").nth(1).click()
    seen.append(page.evaluate("document.getElementById('page').textContent"))
    seen += every_popup(page)
    shown = "\n".join(seen)
    missing = [text[:60] for text in texts if text not in shown]
    assert missing == []
    assert page.evaluate("window.pwned") is None
    assert page.locator("img[src=x]").count() == 0
    assert "62615533" not in shown
    assert not re.search(r"t\d+ 49", shown)
    assert " ".join(page.title().split()).startswith("t0 {{7*7}} {{ 7919*7907 }}")


def every_popup(page):
    return page.evaluate(
        """() => {
          const texts = [];
          map_0.eachLayer((layer) => {
            if (!layer.getPopup || !layer.getPopup()) return;
            layer.openPopup();
            texts.push(document.querySelector('.leaflet-popup-pane').textContent);
            layer.closePopup();
          });
          return texts;
        }"""
    )


def every_tooltip(page):
    return page.evaluate(
        """() => {
          const texts = [];
          map_0.eachLayer((layer) => {
            if (!layer.getTooltip || !layer.getTooltip()) return;
            layer.openTooltip();
            texts.push(document.querySelector('.leaflet-tooltip-pane').textContent);
            layer.closeTooltip();
          });
          return texts;
        }"""
    )


@given(
    st.recursive(
        st.text() | st.integers() | st.booleans() | st.none(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_an_inert_literal_has_no_active_character_and_loses_nothing(value):
    import json

    literal = inert_json(value)
    assert not set(literal) & set("<>&`$%#'")
    assert literal.isascii()
    assert json.loads(literal) == value


def test_numbers_that_json_lacks_become_null():
    assert inert_json([float("nan"), float("inf"), 1.5]) == "[null,null,1.5]"


@given(st.text(st.characters(exclude_categories=["C"])))
def test_an_inert_title_is_plain_html_that_reads_as_written(text):
    import html

    escaped = inert_html(text)
    assert not set(escaped) & set("<>{}`$%\"'")
    assert html.unescape(escaped) == text
