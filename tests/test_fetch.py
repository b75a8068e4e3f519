"""Downloads against a server on this machine that stalls, truncates, redirects and lies; no test uses a network."""

import hashlib
import json
import socketserver
import threading
import tomllib
from contextlib import contextmanager, suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler

import netCDF4
import numpy as np
import pytest

from routing import api
from routing.errors import InputError, TransferError
from routing.fetch import Box, Terms, fetch, read_sources, transfer
from routing.fetch.delivery import fetch_from
from routing.gridfile import RasterSource, read_raster

BOX = Box(50.0, 41.0, 50.5, 41.5)
STEP = 0.01
SILENT_S = 0.5


def grid_bytes(path, west=49.8, south=40.8, east=50.7, north=41.7):
    """A NetCDF grid as a server sends it."""
    lon, lat = np.arange(west + STEP / 2, east, STEP), np.arange(south + STEP / 2, north, STEP)
    with netCDF4.Dataset(path, "w", format="NETCDF3_CLASSIC") as file:
        for name, centres, unit in (("lat", lat, "degrees_north"), ("lon", lon, "degrees_east")):
            file.createDimension(name, centres.size)
            variable = file.createVariable(name, "f8", (name,))
            variable[:], variable.units = centres, unit
        file.createVariable("elevation", "f4", ("lat", "lon"))[:] = -100.0 - 100.0 * np.add.outer(lat - 41, lon - 50)
    return path.read_bytes()


@pytest.fixture(scope="module")
def grid(tmp_path_factory):
    return grid_bytes(tmp_path_factory.mktemp("grid") / "g.nc")


class Server:
    """A server whose answers are functions of its handler, one for each request and the last for all that follow."""

    def __init__(self, *answers):
        self.asked, self.address, self.answers = [], "", list(answers)

    @property
    def url(self):
        return f"{self.address}/grid.nc?box={{west}},{{south}},{{east}},{{north}}"


@contextmanager
def serving(*answers):
    told = Server(*answers)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            told.asked.append((self.path, dict(self.headers)))
            answer = told.answers[min(len(told.asked), len(told.answers)) - 1]
            self.close_connection = True
            with suppress(OSError):  # the client hung up, as it should
                answer(self)

        def log_message(self, *_):
            """Say nothing."""

    class Threads(socketserver.ThreadingTCPServer):
        daemon_threads, allow_reuse_address = True, True

    with Threads(("127.0.0.1", 0), Handler) as server:
        told.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join()


def sends(content, *, status=200, length=None, cut=None, **headers):
    """Answer with content; `length` is what is claimed of it, `cut` how much of it goes out."""

    def answer(handler):
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(content) if length is None else length))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(content[:cut])

    return answer


def resumes(content, etag='"one"', claimed=None):
    """Answer a range as asked for."""

    def answer(handler):
        start = int(handler.headers["Range"].removeprefix("bytes=").rstrip("-"))
        place = f"bytes {start if claimed is None else claimed}-{len(content) - 1}/{len(content)}"
        sends(content[start:], status=206, ETag=etag, Content_Range=place)(handler)

    return answer


def stalls(content):
    def answer(handler):
        sends(content, cut=100, ETag='"one"')(handler)
        handler.wfile.flush()
        threading.Event().wait(4 * SILENT_S)

    return answer


def drips(content):
    def answer(handler):
        sends(content, cut=0)(handler)
        for at in range(60):
            handler.wfile.write(content[at : at + 1])
            handler.wfile.flush()
            threading.Event().wait(SILENT_S / 4)

    return answer


def never_ends(handler):
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b"\0" * 65536)


def goes_to(address, status=302):
    return sends(b"", status=status, Location=address)


def terms(**changes):
    return replace(
        Terms(("127.0.0.1",), limit_bytes=2_000_000, timeout_s=SILENT_S, retries=2, pause_s=0.01, loopback=True),
        **changes,
    )


def source_at(server):
    return replace(read_sources()["gebco"], url=server.url, hosts=("127.0.0.1",), step_deg=STEP)


def get(server, path, **options):
    return fetch_from(source_at(server), BOX, path, sha256=options.pop("sha256", None), terms=terms(**options))


def nothing_stands(folder):
    return not [path for path in folder.iterdir() if not path.name.startswith(".")]


# ------------------------------------------------------------------------------------------------ what goes well


def test_a_grid_arrives_whole_with_its_checksum_terms_and_source(tmp_path, grid):
    with serving(sends(grid, ETag='"one"')) as server:
        done = get(server, tmp_path / "g.nc")
    assert done.path.read_bytes() == grid
    facts = tomllib.loads(done.provenance_path.read_text("utf-8"))
    assert facts["sha256"] == hashlib.sha256(grid).hexdigest()
    assert facts["bbox"] == [50.0, 41.0, 50.5, 41.5]
    assert facts["licence"] == read_sources()["gebco"].licence
    assert facts["request"].startswith(server.address)
    assert facts == done.facts
    assert {path.name for path in tmp_path.iterdir()} == {"g.nc", "g.nc.provenance.toml"}
    raster = read_raster(RasterSource(done.path, variable="elevation"))
    assert raster.grid.bounds[0] <= 50.0
    assert raster.grid.bounds[2] >= 50.5


def test_the_server_is_asked_for_the_box_and_a_margin(tmp_path, grid):
    with serving(sends(grid)) as server:
        get(server, tmp_path / "g.nc")
    assert server.asked[0][0] == "/grid.nc?box=49.980000,40.980000,50.520000,41.520000"


def test_a_grid_that_is_there_is_not_fetched_again(tmp_path, grid):
    with serving(sends(grid)) as server:
        get(server, tmp_path / "g.nc")
        again = get(server, tmp_path / "g.nc")
        assert len(server.asked) == 1
    assert not again.fetched


def test_another_file_of_that_name_is_not_written_over(tmp_path, grid):
    (tmp_path / "g.nc").write_text("mine")
    with serving(sends(grid)) as server, pytest.raises(InputError, match="is another file; remove it"):
        get(server, tmp_path / "g.nc")
    assert (tmp_path / "g.nc").read_text() == "mine"
    assert not server.asked


def test_progress_is_told_up_to_the_end(tmp_path, grid):
    told = []
    with serving(sends(grid)) as server:
        transfer(f"{server.address}/g", tmp_path / "p", terms=terms(), progress=lambda *now: told.append(now))
    assert told[-1] == (len(grid), len(grid))
    assert told == sorted(told)


# ------------------------------------------------------------------------------------------------ what breaks off


@pytest.mark.parametrize(
    "breaks", [lambda grid: sends(grid, cut=2000, ETag='"one"'), stalls], ids=["truncates", "stalls"]
)
def test_what_breaks_off_is_taken_up_where_it_was(tmp_path, grid, breaks):
    with serving(breaks(grid), resumes(grid)) as server:
        done = get(server, tmp_path / "g.nc")
    assert done.path.read_bytes() == grid
    asked = server.asked[1][1]
    assert asked["If-Range"] == '"one"'
    assert int(asked["Range"].removeprefix("bytes=").rstrip("-")) > 0


def test_a_later_call_takes_up_what_an_earlier_one_left(tmp_path, grid):
    with serving(sends(grid, cut=2000, ETag='"one"')) as server:
        with pytest.raises(TransferError, match="what came is kept"):
            get(server, tmp_path / "g.nc", retries=0)
        assert nothing_stands(tmp_path)
        server.answers = [resumes(grid)]
        assert get(server, tmp_path / "g.nc").path.read_bytes() == grid
    assert server.asked[1][1]["Range"] == "bytes=2000-"


@pytest.mark.parametrize("etag", ['W/"one"', ""])
def test_without_a_strong_tag_it_begins_anew(tmp_path, grid, etag):
    with serving(sends(grid, cut=2000, ETag=etag), sends(grid)) as server:
        assert get(server, tmp_path / "g.nc").path.read_bytes() == grid
    assert "Range" not in server.asked[1][1]


def test_a_file_that_changed_meanwhile_is_taken_whole(tmp_path, grid):
    with serving(sends(b"\0" * 9000, cut=2000, ETag='"one"'), sends(grid, ETag='"two"')) as server:
        assert get(server, tmp_path / "g.nc").path.read_bytes() == grid


@pytest.mark.parametrize(
    "wrong", [lambda grid: resumes(grid, etag='"two"'), lambda grid: resumes(grid, claimed=7)], ids=["tag", "place"]
)
def test_a_part_of_another_file_or_place_is_never_joined(tmp_path, grid, wrong):
    with serving(sends(b"\0" * len(grid), cut=2000, ETag='"one"'), wrong(grid), sends(grid)) as server:
        assert get(server, tmp_path / "g.nc").path.read_bytes() == grid
    assert "Range" not in server.asked[2][1]


def test_a_part_of_another_box_is_never_joined(tmp_path, grid):
    with serving(sends(grid, cut=2000, ETag='"one"'), sends(grid)) as server:
        with pytest.raises(TransferError):
            get(server, tmp_path / "g.nc", retries=0)
        source = source_at(server)
        fetch_from(source, Box(50.0, 41.0, 50.4, 41.4), tmp_path / "g.nc", sha256=None, terms=terms())
    assert "Range" not in server.asked[1][1]


def test_a_range_beyond_the_end_begins_anew(tmp_path, grid):
    with serving(sends(grid, cut=2000, ETag='"one"'), sends(b"", status=416), sends(grid)) as server:
        assert get(server, tmp_path / "g.nc").path.read_bytes() == grid


def test_silence_and_drips_end_in_an_error_not_in_waiting(tmp_path, grid):
    for answer, words in ((stalls(grid), "broke|stalled"), (drips(grid), "stalled|broke")):
        with serving(answer) as server, pytest.raises(TransferError, match=words):
            transfer(f"{server.address}/g", tmp_path / "p", terms=terms(retries=0))


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_busy_server_is_asked_again(tmp_path, grid, status):
    with serving(sends(b"", status=status, Retry_After="0"), sends(grid)) as server:
        assert get(server, tmp_path / "g.nc").path.read_bytes() == grid


def test_a_server_that_stays_busy_is_given_up(tmp_path):
    with serving(sends(b"", status=503)) as server, pytest.raises(TransferError, match="answered 503, 3 times"):
        get(server, tmp_path / "g.nc")
    assert len(server.asked) == 3


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_refusal_is_told_at_once(tmp_path, status):
    with (
        serving(sends(b"no", status=status)) as server,
        pytest.raises(TransferError, match=f"answered {status}.*--url"),
    ):
        get(server, tmp_path / "g.nc")
    assert len(server.asked) == 1


def test_no_server_at_all_is_an_error_that_says_so(tmp_path, grid):
    with serving(sends(grid)) as server:
        pass
    with pytest.raises(TransferError, match="the connection broke"):
        get(server, tmp_path / "g.nc")


# ------------------------------------------------------------------------------------------------ what lies


def lies(name, grid, folder):
    """What a server sends in place of the grid, and what is said of it."""
    return {
        "a page": (b"<html><body>Please log in</body></html>", "cannot be read as a raster"),
        "nothing": (b"", "cannot be read as a raster"),
        "half a grid": (grid[: len(grid) // 2], "cannot be read as a raster"),
        "another place": (grid_bytes(folder / "o.nc", 10.0, 10.0, 11.0, 11.0), "does not reach the area"),
        "half the box": (grid_bytes(folder / "h.nc", east=50.25), "it covers 49.98 to 50.25 E"),
        "a pointer": (b"<VRTDataset rasterXSize='1' rasterYSize='1'></VRTDataset>", "cannot be read as a raster"),
        "an archive": (b"PK\x03\x04" + bytes(40), "is packed"),
    }[name]


@pytest.mark.parametrize(
    "name", ["a page", "nothing", "half a grid", "another place", "half the box", "a pointer", "an archive"]
)
def test_what_is_not_the_grid_asked_for_never_appears(tmp_path, grid, tmp_path_factory, name):
    content, words = lies(name, grid, tmp_path_factory.mktemp("lies"))
    with serving(sends(content)) as server, pytest.raises(TransferError, match=words):
        get(server, tmp_path / "g.nc")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("is_right", [True, False])
def test_a_known_checksum_is_held_to(tmp_path, grid, is_right):
    sha256 = hashlib.sha256(grid if is_right else b"other").hexdigest().upper()
    with serving(sends(grid)) as server:
        if is_right:
            assert get(server, tmp_path / "g.nc", sha256=sha256).fetched
            return
        with pytest.raises(TransferError, match="its SHA-256 is"):
            get(server, tmp_path / "g.nc", sha256=sha256)
    assert not list(tmp_path.iterdir())


def test_a_length_above_the_limit_is_refused_before_reading(tmp_path, grid):
    with (
        serving(sends(grid, length=10**12)) as server,
        pytest.raises(TransferError, match="1000000000000 bytes or more"),
    ):
        get(server, tmp_path / "g.nc")
    assert len(server.asked) == 1
    assert nothing_stands(tmp_path)


def test_a_body_without_end_is_cut_at_the_limit(tmp_path):
    with serving(never_ends) as server, pytest.raises(TransferError, match="above the 2000000 allowed"):
        get(server, tmp_path / "g.nc")
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 2_100_000


def test_a_packed_body_that_was_not_asked_for_is_refused(tmp_path, grid):
    with serving(sends(grid, Content_Encoding="gzip")) as server, pytest.raises(TransferError, match="packed"):
        get(server, tmp_path / "g.nc")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("file:///etc/hostname", "is not allowed"),
        ("ftp://127.0.0.1/g.nc", "only https is fetched"),
        ("data:text/plain,hello", "is not allowed"),
        ("http://localhost:9/g.nc", "only https is fetched"),
        ("http://169.254.169.254/latest/meta-data", "only https is fetched"),
        ("https://example.org/g.nc", "example.org is not one of 127.0.0.1"),
        ("https://user:word@127.0.0.1/g.nc", "is not one of"),
    ],
)
def test_a_redirect_to_another_host_or_kind_is_not_followed(tmp_path, address, words):
    with serving(goes_to(address)) as server, pytest.raises(TransferError, match=words):
        get(server, tmp_path / "g.nc")
    assert len(server.asked) == 1


def test_a_redirect_to_the_same_host_is_followed(tmp_path, grid):
    with serving(goes_to("/elsewhere.nc"), sends(grid)) as server:
        assert get(server, tmp_path / "g.nc").facts["url"].endswith("/elsewhere.nc")


def test_redirects_in_a_circle_end(tmp_path):
    with serving(goes_to("/again")) as server, pytest.raises(TransferError):
        get(server, tmp_path / "g.nc", retries=0)
    assert len(server.asked) < 15


def test_an_error_cannot_drive_a_terminal(tmp_path):
    def answer(handler):
        handler.wfile.write(b"HTTP/1.1 404 \x1b[2Jgone\r\nContent-Length: 0\r\n\r\n")

    with serving(answer) as server, pytest.raises(TransferError) as caught:
        get(server, tmp_path / "g.nc")
    assert "\x1b" not in str(caught.value)


# ------------------------------------------------------------------------------------------------ what is asked for


@pytest.mark.parametrize(
    ("corners", "words"),
    [
        ((50, 42, 51, 41), "is no box"),
        ((50, 41, 50, 42), "is no box"),
        ((50, 41, 190, 42), "is no box"),
        ((50, float("nan"), 51, 42), "is no box"),
        ((170, -20, -170, -10), "antimeridian.*fetch 170 to 180 and -180 to -170"),
    ],
)
def test_a_box_that_is_none_is_refused_with_what_to_do(corners, words):
    with pytest.raises(InputError, match=words):
        Box(*corners)


def test_a_box_that_a_grid_does_not_cover_is_refused_before_anyone_is_asked(tmp_path):
    with pytest.raises(InputError, match=r"emodnet covers -36 to 43 E.*gebco or etopo2022"):
        fetch("emodnet", Box(49.0, 40.0, 52.0, 44.0), tmp_path / "g.nc")


def test_a_box_that_is_too_large_is_refused_before_anyone_is_asked(tmp_path):
    with pytest.raises(InputError, match=r"about 14.9 GB.*smaller box"):
        fetch("etopo2022", Box(-180, -90, 180, 90), tmp_path / "g.nc")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:9/{west}", "only https is fetched"),
        ("file:///etc/passwd", "only https is fetched"),
        ("/vsicurl/x", "only https is fetched"),
    ],
)
def test_plain_http_and_files_are_never_fetched_by_the_command(tmp_path, cableroute, url, words):
    told = cableroute("fetch", "gebco", "--bbox", 50, 41, 50.5, 41.5, "--out", tmp_path / "g.nc", "--url", url)
    assert told.code == 2
    assert words in told.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("gebko", "--bbox", 50, 41, 51, 42), "did you mean 'gebco'"),
        (("gebco", "--bbox", 170, -20, -170, -10), "antimeridian"),
        (("emodnet", "--bbox", 50, 41, 51, 42), "emodnet covers"),
        (("gebco", "--bbox", 50, 41, 51, 42, "--sha256", "abc"), "no SHA-256"),
    ],
)
def test_wrong_usage_ends_with_two_and_what_to_do(cableroute, tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    told = cableroute("fetch", *arguments)
    assert told.code == 2
    assert words in told.err


def test_the_command_tells_as_json_what_was_fetched(tmp_path, cableroute, grid, monkeypatch):
    from routing.fetch import delivery

    with serving(sends(grid)) as server:
        monkeypatch.setattr(delivery, "source_named", lambda _: source_at(server))
        monkeypatch.setattr(delivery, "Terms", lambda hosts: terms(hosts=hosts))
        told = cableroute("fetch", "gebco", "--bbox", 50, 41, 50.5, 41.5, "--out", tmp_path / "g.nc", "--json")
        again = api.fetch("gebco", (50, 41, 50.5, 41.5), tmp_path / "g.nc")
    assert told.code == 0
    facts = json.loads(told.out)
    assert facts["sha256"] == hashlib.sha256(grid).hexdigest()
    assert facts["fetched"]
    assert again.as_table() == facts | {"fetched": False}
    assert "\r" not in told.err


@pytest.mark.parametrize("name", sorted(read_sources()))
def test_every_source_has_an_https_address_of_its_own_hosts(name):
    source = read_sources()[name]
    address = source.address(Box(10.0, 40.0, 11.0, 41.0))
    assert address.startswith("https://")
    assert "{" not in address
    assert address.split("/")[2] in source.hosts
    assert all((source.licence, source.attribution, source.citation, source.vertical_datum, source.seen))
