"""The map as a file: the same bytes every time, whole or absent, small, and closed to the network."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import webmap_sea

from routing.errors import InputError
from routing.grid import Raster
from routing.webmap import (
    MapLink,
    MapVector,
    OfflineError,
    packer,
    page,
    read_page,
    render_map,
    render_page,
    write_map,
)


def test_two_processes_with_different_hash_seeds_write_the_same_bytes():
    script = (
        "import sys, webmap_sea; from routing.webmap import render_map; "
        "sys.stdout.buffer.write(render_map(webmap_sea.small_sea()).encode())"
    )
    pages = []
    for seed in ("1", "2024"):
        path = os.pathsep.join([str(Path(webmap_sea.__file__).parent), *filter(None, sys.path)])
        result = subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path},
            capture_output=True,
            check=True,
        )
        pages.append(result.stdout)
    assert pages[0] == pages[1]
    assert pages[0].startswith(b"<!DOCTYPE html>")


def test_every_script_and_style_is_named_in_the_policy_by_its_hash(sea_page):
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', sea_page)[1]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    for tag in ("script", "style"):
        texts = re.findall(rf"<{tag}>(.*?)</{tag}>", sea_page, re.DOTALL)
        assert len(texts) > 3
        for text in texts:
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            assert f"'sha256-{digest}'" in policy


def test_the_page_holds_no_library_that_it_does_not_need(sea_page):
    for name in ("jquery", "bootstrap", "font-awesome", "fontawesome", "awesome-markers", "cdn."):
        assert name not in sea_page.lower()


def test_the_file_appears_whole_with_the_usual_permissions(sea, sea_page, tmp_path):
    file = tmp_path / "map.html"
    old = os.umask(0o027)
    try:
        size = write_map(sea, file)
    finally:
        os.umask(old)
    assert file.read_text(encoding="utf-8") == sea_page
    assert size == file.stat().st_size
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failed_write_keeps_the_old_file_and_leaves_no_other(sea, tmp_path, monkeypatch, step):
    file = tmp_path / "map.html"
    file.write_text("old", encoding="utf-8")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(page.os, step, fail)
    with pytest.raises(OSError, match="No space left"):
        write_map(sea, file)
    monkeypatch.undo()
    assert file.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_small_sea_makes_a_small_file(sea_page):
    assert len(sea_page.encode()) < 600_000


def test_even_a_rough_seabed_of_a_million_cells_stays_under_two_megabytes(sea):
    rng = np.random.default_rng(7)
    grid = webmap_sea.bowl(cell_size_m=200.0).grid
    rough = Raster((500.0 + 200.0 * rng.normal(size=grid.shape)).astype(np.float32), grid)
    dear = Raster(rng.lognormal(3.5, 0.5, size=grid.shape).astype(np.float32), grid)
    assert grid.rows * grid.cols > 1_000_000
    assert (
        len(render_map(replace(sea, depth=rough, rasters=(replace(sea.rasters[0], raster=dear),))).encode()) < 2_000_000
    )


def test_what_a_page_shows_is_read_back_from_its_file(sea, sea_page, tmp_path):
    file = tmp_path / "map.html"
    write_map(sea, file)
    shown = read_page(file)
    assert [raster["name"] for raster in shown["rasters"]] == ["Water depth", "Route cost"]
    assert render_page(shown) == sea_page
    for torn in ("", sea_page[: len(sea_page) // 2].replace("</script>", ""), "<p>No map</p>"):
        file.write_text(torn, encoding="utf-8")
        with pytest.raises(InputError, match=r"is no map that can be read; name a map\.html"):
            read_page(file)


def test_a_page_read_from_elsewhere_puts_nothing_but_numbers_into_a_template(sea_page, tmp_path):
    shown = packer.unpack(sea_page) | {"extent": ["{{7919*7907}}", 0, 1, 1]}
    with pytest.raises(ValueError, match="could not convert"):
        render_page(shown)


def test_a_library_that_folium_adds_is_refused_unless_it_is_at_hand():
    import folium
    from folium.plugins import Fullscreen

    chart = folium.Map(tiles=None)
    Fullscreen().add_to(chart)
    with pytest.raises(OfflineError, match=r"Fullscreen\.js'.*not at hand; add it"):
        packer.pack(chart.get_root(), chart="map_0", content={}, title="")


def test_a_changed_library_file_is_refused(monkeypatch):
    import folium

    monkeypatch.setitem(packer._LEAFLET, "leaflet", ("leaflet.js", "0" * 64))
    with pytest.raises(OfflineError, match=r"leaflet\.js of XStatic-Leaflet is not version 1\.9\.3; install"):
        packer.pack(folium.Map(tiles=None).get_root(), chart="map_0", content={}, title="")


def test_a_tile_layer_is_refused():
    import folium

    with pytest.raises(OfflineError, match="would fetch"):
        packer.pack(folium.Map(tiles="OpenStreetMap").get_root(), chart="map_0", content={}, title="")


@pytest.mark.parametrize(
    "markup",
    [
        '<script src="a.js"></script>',
        "<img src=//host/a.png>",
        '<link rel="stylesheet" href="a.css">',
        "a { background: url(a.png) }",
        "@import 'a.css';",
        '<iframe src="a.html">',
        '<object data="a.swf">',
        '<form action="a">',
    ],
)
def test_markup_that_fetches_is_refused(markup):
    with pytest.raises(OfflineError):
        packer.refuse_network(markup=[markup])


@pytest.mark.parametrize(
    "script", ["fetch('a')", "new WebSocket(a)", "import('a')", "'https://{s}.tile/{z}/{x}/{y}.png'"]
)
def test_scripts_that_fetch_are_refused(script):
    with pytest.raises(OfflineError):
        packer.refuse_network(scripts=[script])


def test_images_inside_the_page_are_allowed():
    packer.refuse_network(markup=['<img src="data:image/png;base64,AA">', "a { background: url(data:,) }"])


def test_content_that_cannot_be_drawn_is_refused_where_it_is_made(sea):
    with pytest.raises(InputError, match="a map without options; give at least one"):
        replace(sea, options=())
    with pytest.raises(InputError, match="options share an id"):
        replace(sea, options=(sea.options[0], sea.options[0]))
    with pytest.raises(InputError, match="1 points; give at least its two ends"):
        replace(sea.options[0].links[0], points=((1.0, 2.0),))
    with pytest.raises(InputError, match=r"holds the position \(nan, 2.0\)"):
        replace(sea.options[0].links[0], points=((float("nan"), 2.0), (1.0, 2.0)))
    with pytest.raises(InputError, match="2 labels for 1 geometries"):
        replace(sea.vectors[0], labels=("a", "b"))
    with pytest.raises(InputError, match="in style 'rainbow'; use one of"):
        replace(sea.vectors[0], style="rainbow")
    with pytest.raises(InputError, match="has no links; leave it out"):
        replace(sea.options[0], links=())
    assert isinstance(sea.options[0].links[0], MapLink)
    assert isinstance(sea.vectors[0], MapVector)


def test_importing_the_package_loads_neither_folium_nor_pillow_nor_rasterio():
    script = "import sys, routing.webmap; print(sorted({'folium', 'branca', 'PIL', 'rasterio'} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    assert result.stdout.strip() == "[]"
