"""Every command as a function: the same results, files and errors as on the command line.

The command line calls these functions and prints what they return, so what
``--json`` prints can be had in Python without it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from routing.delta import Written
    from routing.fetch import Fetched
    from routing.pipeline import Run
    from routing.position_list import Report
    from routing.project import Project

__all__ = [
    "check",
    "compare_runs",
    "doctor",
    "explain",
    "export",
    "fetch",
    "history",
    "read_project",
    "run",
    "schema",
    "validate",
    "verify",
]


def read_project(path: Path, *, allow_outside: bool = False) -> Project:
    """Read and check a project file.

    Parameters
    ----------
    path
        The file.
    allow_outside
        Let its paths lead out of its folder: only for a file that you trust.

    Raises
    ------
    InputError
        With the file, the key, what is wrong and what to do.
    """
    from routing.project import read_project as read

    return read(path, allow_outside=allow_outside)


def run(  # noqa: PLR0913  (one parameter an option of the command)
    project: Project,
    out: Path | None = None,
    *,
    map_file: Path | None = None,
    threads: int | None = None,
    if_changed: bool = False,
    force: bool = False,
    keep_timings: bool = False,
    memory_bytes: int | None = None,
    reuse: bool = True,
    scheduler: str | None = None,
    causes: bool = False,
    keep_inputs: bool = False,
) -> Run:
    """Plan a project: landings, routes, position lists, cost surface and map.

    Parameters
    ----------
    project
        The project.
    out
        Folder of results; ``maps/<project name>`` unless given.
    map_file
        Write the map to this file too, where any option has an answer.
    threads
        Threads; the results are the same for any number.
    if_changed
        Do nothing when the folder already holds this very run.
    force
        Replace an earlier run of the same revision that was made from other inputs or settings.
    keep_timings
        Keep the seconds of each stage in the manifest.
    memory_bytes
        Memory that it may take; None: 80 % of what is free when it starts.
    reuse
        Take what earlier runs in this folder found; the results are the same without.
    scheduler
        Address of a Dask scheduler whose workers do the searches, as ``tcp://host:8786``; the results are the same.
    causes
        Tell what each change since the run that is replaced does alone: one more plan for each.
    keep_inputs
        Keep copies of the inputs in the folder, so that `causes` can take back changes of files.

    Returns
    -------
    run
        Its `summary` is what ``run --json`` prints, with ``changes.as_table()`` where it replaced a run; where it is
        not `feasible`, the command ends with 3.

    Raises
    ------
    InputError
        When an input does not fit, or an earlier run would be lost; it stays as it is.
    ResourceError
        When the folder cannot be written, another run works in it, or memory is short; an earlier run stays as it is.
    """
    from routing import pipeline

    folder = out or Path("maps") / project.name
    done = pipeline.run(
        project, folder, threads=threads, if_changed=if_changed, force=force, keep_timings=keep_timings,
        memory_bytes=memory_bytes, reuse=reuse, scheduler=scheduler,
        causes=causes, keep_inputs=keep_inputs,
    )  # fmt: skip
    if map_file and done.feasible:
        done.copy_map(map_file)
    return done


def validate(project: Project) -> list[dict[str, str]]:
    """Read everything a project names, and tell what is doubtful: `rule`, `severity` and `message` of each finding.

    Raises
    ------
    InputError
        When an input does not fit.
    """
    from routing import pipeline

    return pipeline.findings(pipeline.load(project))


def explain(project: Project, lon: float, lat: float) -> dict[str, Any]:
    """What a kilometre of route costs at a place (degrees), in USD/km and item by item, or why it is excluded.

    Raises
    ------
    InputError
        When an input does not fit, or the place is outside the area.
    """
    from routing import pipeline

    return pipeline.explain(pipeline.surface(pipeline.load(project)), lon, lat)


def check(rpl_file: Path, *, project: Project | None = None, against: Path | None = None) -> Report:
    """Check a position list (csv or xlsx) against itself; compute no route.

    Parameters
    ----------
    rpl_file
        The list.
    project
        Price the listed route on this project's water.
    against
        Compare with another position list.

    Returns
    -------
    report
        Its `table` is what ``check --json`` prints; where it is not `is_clean`, the command ends with 1.

    Raises
    ------
    InputError
        When a file is no position list, or the list leaves the project's area.
    """
    from routing import pipeline
    from routing.exchange.rpl_reading import read_position_list
    from routing.position_list import Report, report

    listing, other = read_position_list(rpl_file), read_position_list(against) if against else None
    sea = pipeline.surface(pipeline.load(project)) if project else None
    told = report(listing, against=other, sea=sea)
    return Report({"file": rpl_file.name, **told.table}, told.is_clean)


def export(folder: Path, form: str, *, out: Path | None = None, option: str | None = None) -> list[Path]:
    """Write a finished run in another format (`gpkg`, `kml`, ...) into ``folder / "export"`` or `out`.

    Raises
    ------
    InputError
        When the folder holds no whole run, or the format or option is not known.
    """
    from routing.export import export as write

    return write(folder, form, out=out, option=option)


def compare_runs(old: Path, new: Path, out: Path | None = None, *, tolerance_m: float | None = None) -> Written:
    """Compare two finished runs, and write what differs into ``new / "compare"`` or `out`.

    Parameters
    ----------
    old, new
        Folders of the runs before and after.
    out
        Folder of the files.
    tolerance_m
        What counts as moved, metres; one cell of the finer grid unless given.

    Returns
    -------
    written
        ``delta.as_table()`` is what ``compare --json`` prints; `files` is what was written.

    Raises
    ------
    InputError
        When a folder holds no whole run.
    """
    from routing import delta

    return delta.compare_runs(old, new, out, tolerance_m=tolerance_m)


def verify(folder: Path) -> list[dict[str, Any]]:
    """Hold a run and its kept revisions against their manifests: `rule`, `severity` and `message` of each finding.

    Raises
    ------
    InputError
        When the folder holds no run.
    """
    from routing.verification import verify as held_against_manifest

    return held_against_manifest(folder)


def history(folder: Path) -> list[dict[str, Any]]:
    """Revisions of a plan by date: `revision`, `date`, `folder`, `current`, `sha256`, `totals_usd` and `problem`.

    Raises
    ------
    InputError
        When the folder holds no run.
    """
    from routing.revisions import history as revisions_of

    return revisions_of(folder)


def fetch(  # noqa: PLR0913  (one parameter an option of the command)
    dataset: str,
    bbox: tuple[float, float, float, float],
    out: Path | None = None,
    *,
    sha256: str | None = None,
    url: str | None = None,
    progress: Callable[[int, int | None], None] | None = None,
) -> Fetched:
    """Download a public grid by its box: the only function that uses a network.

    Parameters
    ----------
    dataset
        `gebco`, `etopo2022` or `emodnet`.
    bbox
        West, south, east, north in degrees.
    out
        The file; ``<dataset>_<box>`` in the working folder unless given.
    sha256
        Checksum that the file must have.
    url
        Another https address, with ``{west} {south} {east} {north}``.
    progress
        Called with the bytes that are there, and the bytes that are expected where that is known.

    Returns
    -------
    fetched
        Its `as_table()` is what ``fetch --json`` prints.

    Raises
    ------
    InputError
        When the data set or the box is not known, or the file is another one.
    TransferError
        When the download did not arrive.
    """
    from routing.fetch import Box, read_sources
    from routing.fetch import fetch as get

    box, known = Box(*bbox), read_sources()
    suffix = known[dataset].suffix if dataset in known else ""
    target = out or Path("_".join([dataset, *(f"{value:g}" for value in bbox)]) + suffix)
    return get(dataset, box, target, url=url, sha256=sha256, progress=progress)


def schema() -> dict[str, Any]:
    """JSON Schema of the project file."""
    from routing.project import json_schema

    return json_schema()


def doctor() -> dict[str, Any]:
    """`versions` of what is installed, and `warnings` of what is in the way."""
    from routing.doctor import examine

    return examine()
