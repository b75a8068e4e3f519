"""Commands that read finished runs: export, compare, verify, history."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from routing import api
from routing.cli.app import Json, RunFolder, app, print_result, tell_findings
from routing.cli.exits import EXIT_FINDINGS
from routing.cli.wording import history_lines

__all__ = ["compare", "export", "history", "verify"]


@app.command()
def export(
    run: RunFolder,
    form: Annotated[
        str,
        typer.Option("--format", help="gpkg, geojson, kml, kmz, dxf, xlsx, csv, rtz, tif or svg.", show_default=False),
    ],
    out: Annotated[Path | None, typer.Option(help="Folder of the files; default RUN/export.")] = None,
    option: Annotated[str | None, typer.Option(help="Write this option only.")] = None,
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """Write a finished run in another format; nothing is computed again."""
    written = [str(path) for path in api.export(run, form, out=out, option=option)]
    print_result({"format": form, "files": written}, as_json=as_json, lines=written)


@app.command()
def compare(  # noqa: PLR0913, PLR0917  (one parameter an option of the command)
    old_run: Annotated[Path, typer.Argument(metavar="OLD_RUN", help="Folder of the run before.", show_default=False)],
    new_run: Annotated[Path, typer.Argument(metavar="NEW_RUN", help="Folder of the run after.", show_default=False)],
    out: Annotated[Path | None, typer.Option(help="Folder of the files; default NEW_RUN/compare.")] = None,
    tolerance: Annotated[
        float | None, typer.Option(metavar="METRES", help="What counts as moved; default one cell of the finer grid.")
    ] = None,
    fail: Annotated[bool, typer.Option("--fail-on-change", help="Exit with 1 when any answer differs.")] = False,  # noqa: FBT002
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """What moved between two runs, by how much, what it costs, and what is the same."""
    from routing.delta import delta_lines

    done = api.compare_runs(old_run, new_run, out, tolerance_m=tolerance)
    lines = [*delta_lines(done.delta), "", *(f"wrote {path}" for path in done.files)]
    print_result(done.delta.as_table(), as_json=as_json, lines=lines)
    if fail and done.delta.changed:
        raise typer.Exit(EXIT_FINDINGS)


@app.command()
def verify(run: RunFolder, as_json: Json = False) -> None:  # noqa: FBT002
    """Whether every file of a run, and of its kept revisions, is the one that was written."""
    tell_findings(api.verify(run), as_json=as_json)


@app.command()
def history(run: RunFolder, as_json: Json = False) -> None:  # noqa: FBT002
    """Revisions of a plan: those that were kept, and the one that stands in the folder."""
    rows = api.history(run)
    print_result(rows, as_json=as_json, lines=history_lines(rows))
