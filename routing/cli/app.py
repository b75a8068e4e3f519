"""The parser that commands are registered with, and what they share."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from routing import __version__
from routing.cli.exits import EXIT_FINDINGS
from routing.cli.wording import finding_lines
from routing.text import plain

__all__ = [
    "EVERYWHERE",
    "Json",
    "Outside",
    "ProjectFile",
    "RunFolder",
    "app",
    "print_result",
    "tell_findings",
]

#: Options of every command, before its name or after it.
EVERYWHERE = ("--quiet", "-q", "--debug", "--log-json")

app = typer.Typer(
    name="cableroute", help="Plan submarine-cable routes from bathymetry to map.", no_args_is_help=True,
    add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None,
)  # fmt: skip

RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a finished run.", show_default=False)]
ProjectFile = Annotated[Path, typer.Argument(metavar="PROJECT.toml", help="The project file.", show_default=False)]
Outside = Annotated[
    bool,
    typer.Option("--allow-outside", help="Let paths lead out of the project's folder; only for a file you trust."),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]


@app.callback(invoke_without_command=True)
def options(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,  # noqa: FBT002
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors on stderr.")] = False,  # noqa: FBT002, ARG001
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,  # noqa: FBT002, ARG001
    log_json: Annotated[bool, typer.Option("--log-json", help="Write stderr as one JSON object a line.")] = False,  # noqa: FBT002, ARG001
) -> None:
    """Options of every command; all but the version take effect before anything is parsed."""
    if version:
        typer.echo(f"cableroute {__version__}")
        raise typer.Exit


def print_result(value: Any, *, as_json: bool, lines: Sequence[str]) -> None:  # noqa: ANN401
    """Print a result on stdout, for programs or for people."""
    text = json.dumps(value, indent=1, ensure_ascii=False, default=str) if as_json else plain("\n".join(lines))
    typer.echo(text)


def tell_findings(findings: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    """Print findings, and end with their exit code when one is a warning."""
    print_result(findings, as_json=as_json, lines=finding_lines(findings))
    if any(found["severity"] == "warning" for found in findings):
        raise typer.Exit(EXIT_FINDINGS)
