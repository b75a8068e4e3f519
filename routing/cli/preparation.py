"""Commands that prepare a project: fetch, schema, doctor."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from routing import api
from routing.cli.app import Json, app, print_result
from routing.cli.exits import EXIT_FINDINGS
from routing.cli.wording import doctor_lines, fetch_lines
from routing.logs import is_for_people

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["doctor", "fetch", "schema"]


@app.command()
def fetch(  # noqa: PLR0913, PLR0917  (one parameter an option of the command)
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help="gebco, etopo2022 or emodnet.", show_default=False)],
    bbox: Annotated[
        tuple[float, float, float, float],
        typer.Option("--bbox", metavar="W S E N", help="What it must cover, degrees.", show_default=False),
    ],
    out: Annotated[Path | None, typer.Option(help="The file; default <dataset>_<box>.nc here.")] = None,
    sha256: Annotated[str | None, typer.Option("--sha256", help="Checksum that the file must have.")] = None,
    url: Annotated[
        str | None, typer.Option("--url", help="Another https address, with {west} {south} {east} {north}.")
    ] = None,
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """Download a public grid by its box: the only command that uses a network.

    The addresses of the services were taken from public programs and could not be tried when this was written.
    """
    told = api.fetch(dataset, bbox, out, sha256=sha256, url=url, progress=_progress()).as_table()
    print_result(told, as_json=as_json, lines=fetch_lines(told))


def _progress() -> Callable[[int, int | None], None] | None:
    """Tells on a terminal how far a download is; elsewhere nothing does."""
    if not sys.stderr.isatty() or not is_for_people() or logging.getLogger().level > logging.INFO:
        return None

    def tell(done: int, total: int | None) -> None:
        share = f" of {total / 1e6:.1f}" if total else ""
        typer.echo(f"\rcableroute: {done / 1e6:.1f}{share} MB", err=True, nl=done == total)

    return tell


@app.command()
def schema(as_json: Json = True) -> None:  # noqa: ARG001, FBT002  (it is JSON with or without the option)
    """JSON Schema of the project file."""
    typer.echo(json.dumps(api.schema(), indent=1))


@app.command()
def doctor(as_json: Json = False) -> None:  # noqa: FBT002
    """Versions, data folders, and what is missing or in the way."""
    told = api.doctor()
    print_result(told, as_json=as_json, lines=doctor_lines(told))
    if told["warnings"]:
        raise typer.Exit(EXIT_FINDINGS)
