"""A complete miniature project that a test may bend, and finished runs that tests share.

The sea
-------
A bowl of about 50 by 50 km in 1000 m cells of EPSG:32639 (some 60 x 60 cells), so a
whole run takes a second or two:

- water stands at -10 m, so a sign change alone is 20 m wrong;
- depth grows from 5 m in the south and along the shores to 400 m in the north, so
  burial pays in one part and not in the other;
- an island of 5 km lies in the middle, an offshore field (no cables) north of it,
  a shipping lane runs south to north;
- country AA holds the west, BB the north-east, CC the south-east; AA has two
  candidate landings, BB and CC one each, all of them half a kilometre inland.

Fixtures
--------
``sea_project``
    A fresh :class:`SeaProject` in ``tmp_path``: change ``settings`` (the project file as
    nested dicts) or rewrite any file with its ``write_*`` methods, then ``read()``,
    ``load()``, ``surface()``, ``plan()`` or ``run()`` it, or hand ``save()`` to the
    command line.
``cableroute``
    The command line inside this process: ``cableroute("run", path, "--out", folder)``
    returns its exit code, stdout and stderr.
``finished_run``
    One default run for the whole session: do not write into its folder.
``browser``
    Headless Chromium, one for the whole session: Playwright cannot be started twice in a process.

Everything else (constants, writers, the classes) is in ``miniature.py``: import it from there.
"""

import os
import shutil
import sys

import pytest
from hypothesis import settings
from miniature import Answer, FinishedRun, SeaProject

# Same examples on every machine; compiled kernels make first calls slow, so no deadlines.
settings.register_profile("cableroute", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("cableroute")

BROWSER_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session", autouse=True)
def small_images():
    """Images of maps with a sixteenth of their pixels: drawing them would be half the time of a miniature run.

    Programs that tests start draw them as they are, the map of the embedded project among them.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("routing.webmap.payload.DEPTH_LONG_SIDE_PX", 350)
        patch.setattr("routing.webmap.imagery.LAYER_LONG_SIDE_PX", 250)
        yield


@pytest.fixture
def sea_project(tmp_path) -> SeaProject:
    """A fresh miniature project in ``tmp_path / "project"``."""
    return SeaProject(tmp_path / "project")


@pytest.fixture
def cableroute(capsys, monkeypatch):
    """The command line, run inside this process: arguments in, :class:`Answer` out."""
    from routing import cli

    def command(*arguments) -> Answer:
        monkeypatch.setattr(sys, "argv", ["cableroute", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            cli.main()
        told = capsys.readouterr()
        return Answer(int(stop.value.code or 0), told.out, told.err)

    return command


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory) -> FinishedRun:
    """One default run of the miniature project."""
    project = SeaProject(tmp_path_factory.mktemp("finished") / "project")
    loaded, sea, planned = project.plan()
    done = project.run()
    return FinishedRun(project, loaded, sea, planned, done.folder, done.summary)


@pytest.fixture(scope="session")
def browser():
    """Headless Chromium; its absence is a failure unless CABLEROUTE_NO_BROWSER is set."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        if os.environ.get("CABLEROUTE_NO_BROWSER"):
            pytest.skip("no Chromium, and CABLEROUTE_NO_BROWSER is set")
        pytest.fail(
            "no Chromium to open pages in; install one, or set CABLEROUTE_NO_BROWSER=1 to leave these tests out"
        )
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=BROWSER_ARGUMENTS)
        yield chromium
        chromium.close()
