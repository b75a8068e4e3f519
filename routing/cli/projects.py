"""Commands that read a project file or a position list: run, validate, explain, check."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from routing import api
from routing.cli.app import Json, Outside, ProjectFile, app, print_result, tell_findings
from routing.cli.exits import EXIT_FINDINGS, EXIT_INFEASIBLE
from routing.cli.wording import explain_lines, run_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["check", "explain", "run", "validate"]

_log = logging.getLogger(__name__)


@app.command()
def run(  # noqa: PLR0913, PLR0917  (one parameter an option of the command)
    project: ProjectFile,
    out: Annotated[Path | None, typer.Option(help="Folder of results; default maps/<project name>.")] = None,
    map_file: Annotated[
        Path | None, typer.Option("--map", metavar="FILE", help="Write the map to this file too, to send it.")
    ] = None,
    if_changed: Annotated[bool, typer.Option("--if-changed", help="Do nothing when nothing changed.")] = False,  # noqa: FBT002
    force: Annotated[bool, typer.Option("--force", help="Replace a run that was made from other inputs.")] = False,  # noqa: FBT002
    jobs: Annotated[int | None, typer.Option(min=1, help="Threads; results are the same for any number.")] = None,
    memory: Annotated[
        str | None, typer.Option("--memory", help="Memory it may take, as 4GB; default 80 % of what is free.")
    ] = None,
    reuse: Annotated[  # noqa: FBT002
        bool, typer.Option("--reuse/--no-reuse", help="Take what earlier runs found; results are the same without.")
    ] = True,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Let a Dask cluster search, as tcp://host:8786; one you trust."),
    ] = None,
    allow_outside: Outside = False,  # noqa: FBT002
    timings: Annotated[bool, typer.Option("--timings", help="Keep stage seconds in the manifest.")] = False,  # noqa: FBT002
    causes: Annotated[  # noqa: FBT002
        bool, typer.Option("--causes", help="Tell what each change since the run before does alone: a plan for each.")
    ] = False,
    keep_inputs: Annotated[  # noqa: FBT002
        bool, typer.Option("--keep-inputs", help="Keep copies of inputs in the folder, for --causes of the next run.")
    ] = False,
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """Plan a project: landings, routes, position lists, cost surface and map."""
    from routing.memory import bytes_of

    budget = bytes_of(memory) if memory else None
    plan = api.read_project(project, allow_outside=allow_outside)
    done = api.run(
        plan, out, map_file=map_file, threads=jobs, if_changed=if_changed, force=force, keep_timings=timings,
        memory_bytes=budget, reuse=reuse, scheduler=scheduler,
        causes=causes, keep_inputs=keep_inputs,
    )  # fmt: skip
    told = {**done.summary, **({"changes": done.changes.as_table()} if done.changes else {})}
    print_result(told, as_json=as_json, lines=run_lines(done.summary, done.folder, changed=done.changed))
    for reason in done.summary["infeasible"]:
        _tell_infeasible(reason, exit_code=None if done.feasible else EXIT_INFEASIBLE)
    if not done.feasible:
        raise typer.Exit(EXIT_INFEASIBLE)


def _tell_infeasible(reason: Mapping[str, Any], *, exit_code: int | None) -> None:
    """Say why an option has no answer: an error, whether or not others have one."""
    relaxation = reason["cheapest_relaxation"]
    text = f"option {reason['option']}: {reason['message']}" + (f"; {relaxation}" if relaxation else "")
    facts = {"option": reason["option"], "error": "InfeasibleError", "remedy": relaxation, "exit_code": exit_code}
    _log.error("%s", text, extra=facts)


@app.command()
def validate(
    project: ProjectFile,
    allow_outside: Outside = False,  # noqa: FBT002
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """Read everything a project names, report findings, compute nothing."""
    tell_findings(api.validate(api.read_project(project, allow_outside=allow_outside)), as_json=as_json)


@app.command()
def explain(
    project: ProjectFile,
    at: Annotated[
        tuple[float, float], typer.Option("--at", metavar="LON LAT", help="The place, degrees.", show_default=False)
    ],
    allow_outside: Outside = False,  # noqa: FBT002
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """What one kilometre of route costs at a place, item by item, or why it is excluded."""
    told = api.explain(api.read_project(project, allow_outside=allow_outside), *at)
    print_result(told, as_json=as_json, lines=explain_lines(told))


@app.command()
def check(
    rpl_file: Annotated[
        Path, typer.Argument(metavar="RPL_FILE", help="A position list, csv or xlsx.", show_default=False)
    ],
    project: Annotated[Path | None, typer.Option(help="Price the listed route on this project's water.")] = None,
    against: Annotated[Path | None, typer.Option(help="Compare with another position list.")] = None,
    allow_outside: Outside = False,  # noqa: FBT002
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """Check a position list against itself, another list and a project; compute no route."""
    from routing.position_list import report_lines

    priced_on = api.read_project(project, allow_outside=allow_outside) if project else None
    told = api.check(rpl_file, project=priced_on, against=against)
    print_result(told.table, as_json=as_json, lines=report_lines(told.table))
    if not told.is_clean:
        raise typer.Exit(EXIT_FINDINGS)
