"""The command line: parse, call the pipeline, print. Nothing is decided here.

Exit codes: 0 done; 1 findings; 2 bad input or usage; 3 no feasible option;
4 interrupted or out of resources.
"""

from __future__ import annotations

import io
import json
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from routing import __version__
from routing.errors import InfeasibleError, InputError, ResourceError, RoutingError, TransferError
from routing.text import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from routing.planning import Sea

__all__ = ["app", "main"]

_EVERYWHERE = ("--quiet", "-q", "--debug")
EXIT_DONE, EXIT_FINDINGS, EXIT_BAD_INPUT, EXIT_INFEASIBLE, EXIT_STOPPED = range(5)

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
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors on stderr.")] = False,  # noqa: FBT002
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,  # noqa: FBT002, ARG001
) -> None:
    """Set what is said where: results on stdout, progress and errors on stderr."""
    logging.basicConfig(
        level=logging.WARNING if quiet else logging.INFO, stream=sys.stderr, format="cableroute: %(message)s"
    )
    for chatty in ("rasterio", "fiona", "pyogrio", "numba", "ezdxf"):
        logging.getLogger(chatty).setLevel(logging.ERROR)
    if version:
        typer.echo(f"cableroute {__version__}")
        raise typer.Exit


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
    allow_outside: Outside = False,  # noqa: FBT002
    timings: Annotated[bool, typer.Option("--timings", help="Keep stage seconds in the manifest.")] = False,  # noqa: FBT002
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """Plan a project: landings, routes, position lists, cost surface and map."""
    from routing import pipeline
    from routing.memory import bytes_of
    from routing.project import read_project

    budget = bytes_of(memory) if memory else None
    plan = read_project(project, allow_outside=allow_outside)
    folder = out or Path("maps") / plan.name
    done = pipeline.run(
        plan, folder, threads=jobs, if_changed=if_changed, force=force, keep_timings=timings, memory_bytes=budget
    )
    if map_file and done.feasible:
        done.copy_map(map_file)
    _print(done.summary, as_json=as_json, text=_run_text(done.summary, folder, changed=done.changed))
    for reason in done.summary["infeasible"]:
        _say(f"option {reason['option']}: {reason['message']}")
        if reason["cheapest_relaxation"]:
            _say(f"option {reason['option']}: {reason['cheapest_relaxation']}")
    if not done.feasible:
        raise typer.Exit(EXIT_INFEASIBLE)


@app.command()
def validate(
    project: ProjectFile,
    allow_outside: Outside = False,  # noqa: FBT002
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """Read everything a project names, report findings, compute nothing."""
    from routing import pipeline
    from routing.project import read_project

    found = pipeline.findings(pipeline.load(read_project(project, allow_outside=allow_outside)))
    _tell_findings(found, as_json=as_json)


def _tell_findings(findings: list[dict[str, Any]], *, as_json: bool) -> None:
    text = "\n".join(f"{found['severity']}: {found['rule']}: {found['message']}" for found in findings)
    _print(findings, as_json=as_json, text=text or "no findings")
    if any(found["severity"] == "warning" for found in findings):
        raise typer.Exit(EXIT_FINDINGS)


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
    from routing import pipeline
    from routing.project import read_project

    plan = read_project(project, allow_outside=allow_outside)
    told = pipeline.explain(pipeline.surface(pipeline.load(plan)), *at)
    _print(told, as_json=as_json, text="\n".join(_explain_lines(told)))


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
    from routing.export import export as write

    written = [str(path) for path in write(run, form, out=out, option=option)]
    _print({"format": form, "files": written}, as_json=as_json, text="\n".join(written))


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
    from routing.delta import compare_runs, delta_lines

    done = compare_runs(old_run, new_run, out, tolerance_m=tolerance)
    lines = [*delta_lines(done.delta), "", *(f"wrote {path}" for path in done.files)]
    _print(done.delta.as_table(), as_json=as_json, text="\n".join(lines))
    if fail and done.delta.changed:
        raise typer.Exit(EXIT_FINDINGS)


@app.command()
def verify(run: RunFolder, as_json: Json = False) -> None:  # noqa: FBT002
    """Whether every file of a run, and of its kept revisions, is the one that was written."""
    from routing.verification import verify as held_against_manifest

    _tell_findings(held_against_manifest(run), as_json=as_json)


@app.command()
def history(run: RunFolder, as_json: Json = False) -> None:  # noqa: FBT002
    """Revisions of a plan: those that were kept, and the one that stands in the folder."""
    from routing.revisions import history as revisions_of

    rows = revisions_of(run)
    _print(rows, as_json=as_json, text="\n".join(line for row in rows for line in _revision_lines(row)))


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
    from routing.exchange.rpl_reading import read_position_list
    from routing.position_list import report, report_lines

    listing, other = read_position_list(rpl_file), read_position_list(against) if against else None
    told = report(listing, against=other, sea=_sea(project, allow_outside=allow_outside) if project else None)
    _print({"file": rpl_file.name, **told.table}, as_json=as_json, text="\n".join(report_lines(told.table)))
    if not told.is_clean:
        raise typer.Exit(EXIT_FINDINGS)


def _sea(project: Path, *, allow_outside: bool) -> Sea:
    """The priced water of a project."""
    from routing import pipeline
    from routing.project import read_project

    return pipeline.surface(pipeline.load(read_project(project, allow_outside=allow_outside)))


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
    from routing.fetch import Box, read_sources
    from routing.fetch import fetch as get

    box, known = Box(*bbox), read_sources()
    suffix = known[dataset].suffix if dataset in known else ""
    target = out or Path("_".join([dataset, *(f"{value:g}" for value in bbox)]) + suffix)
    done = get(dataset, box, target, url=url, sha256=sha256, progress=_progress())
    told = {"file": str(done.path), "fetched": done.fetched, **done.facts}
    _print(told, as_json=as_json, text="\n".join(_fetch_lines(told)))


def _progress() -> Callable[[int, int | None], None] | None:
    """Tells on a terminal how far a download is; elsewhere nothing does."""
    if not sys.stderr.isatty() or logging.getLogger().level > logging.INFO:
        return None

    def tell(done: int, total: int | None) -> None:
        share = f" of {total / 1e6:.1f}" if total else ""
        typer.echo(f"\rcableroute: {done / 1e6:.1f}{share} MB", err=True, nl=done == total)

    return tell


def _fetch_lines(told: Mapping[str, Any]) -> list[str]:
    return [
        f"{'wrote' if told['fetched'] else 'already there:'} {told['file']} ({told['bytes'] / 1e6:.1f} MB)",
        f"sha256 {told['sha256']}",
        f"heights, variable {told['variable']}, above {told['vertical_datum']}",
        f"licence {told['licence']}; credit: {told['attribution']}",
    ]


@app.command()
def schema(as_json: Json = True) -> None:  # noqa: ARG001, FBT002  (it is JSON with or without the option)
    """JSON Schema of the project file."""
    from routing.project import json_schema

    typer.echo(json.dumps(json_schema(), indent=1))


@app.command()
def doctor(as_json: Json = False) -> None:  # noqa: FBT002
    """Versions, data folders, and what is missing or in the way."""
    from routing.doctor import examine

    told = examine()
    lines = [f"{name:12} {text}" for name, text in told["versions"].items()]
    lines += [f"warning: {text}" for text in told["warnings"]]
    _print(told, as_json=as_json, text="\n".join(lines))
    if told["warnings"]:
        raise typer.Exit(EXIT_FINDINGS)


def main() -> None:
    """Entry point of the `cableroute` command: turns errors into messages and exit codes."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character shows its code.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    args = sys.argv[1:]
    # --quiet and --debug hold for every command, before its name or after it.
    everywhere = [arg for arg in args if arg in _EVERYWHERE]
    try:
        code = app(args=[*everywhere, *(arg for arg in args if arg not in _EVERYWHERE)], standalone_mode=False)
        sys.exit(code or EXIT_DONE)
    except RoutingError as error:
        if "--debug" in sys.argv:
            raise
        _say(str(error))
        sys.exit(_exit_code(error))
    except typer.Abort:
        _say("interrupted; nothing was lost")
        sys.exit(EXIT_STOPPED)
    except (KeyboardInterrupt, MemoryError) as error:
        _say(f"{type(error).__name__}: stopped; nothing was lost")
        sys.exit(EXIT_STOPPED)
    except Exception as error:
        # Usage errors of the parser know how to show themselves.
        if not hasattr(error, "show"):
            raise
        error.show()
        sys.exit(EXIT_BAD_INPUT)


def _exit_code(error: RoutingError) -> int:
    kinds: Mapping[type[RoutingError], int] = {
        InputError: EXIT_BAD_INPUT, InfeasibleError: EXIT_INFEASIBLE, ResourceError: EXIT_STOPPED,
        TransferError: EXIT_STOPPED,
    }  # fmt: skip
    return next((code for kind, code in kinds.items() if isinstance(error, kind)), EXIT_BAD_INPUT)


def _say(text: str) -> None:
    typer.echo(f"cableroute: {plain(text)}", err=True)


def _print(value: Any, *, as_json: bool, text: str) -> None:  # noqa: ANN401
    typer.echo(json.dumps(value, indent=1, ensure_ascii=False, default=str) if as_json else plain(text))


def _run_text(summary: Mapping[str, Any], folder: Path, *, changed: bool) -> str:
    lines = []
    for option in summary["options"]:
        cost = option["cost"]
        lines.append(
            f"{option['rank']}. {option['name']}: USD {cost['total_usd'] / 1e6:.2f} million "
            f"(range {cost['low_usd'] / 1e6:.1f} to {cost['high_usd'] / 1e6:.1f})"
        )
        lines += [
            f"   {link['from']} to {link['to']}: route {link['route_km']:.1f} km, cable {link['cable_km']:.1f} km, "
            f"{link['route_km'] / link['geodesic_km']:.3f} x geodesic"
            for link in option["links"]
        ]
    lines += [f"published: {fact['label']}: {fact['value']} ({fact['source']})" for fact in summary["published"]]
    lines.append(f"{'wrote' if changed else 'nothing changed in'} {folder}")
    return "\n".join(lines)


def _revision_lines(row: Mapping[str, Any]) -> list[str]:
    """One revision: a line for itself, one for each option."""
    stands = "current" if row["current"] else row["folder"]
    head = f"revision {row['revision']} of {row['date'] or 'unknown date'}, {stands}, {(row['sha256'] or 'torn')[:12]}"
    lines = [head, *(f"   {option}: USD {usd / 1e6:.2f} million" for option, usd in row["totals_usd"].items())]
    return [*lines, *([f"   {row['problem']}"] if row["problem"] else [])]


def _explain_lines(told: Mapping[str, Any]) -> list[str]:
    known = "unknown depth" if told["depth_m"] is None else f"{told['depth_m']:.1f} m of water"
    slope = "slope unknown" if told["slope_deg"] is None else f"slope {told['slope_deg']:.1f} degrees"
    lines = [
        f"{told['lon']:.5f}, {told['lat']:.5f}: {known}, sector {told['sector'] or 'unknown'}",
        f"{slope}, {told['sediment']}, shipping {told['shipping']}, fishing {told['fishing']}",
    ]
    if told["excluded"]:
        lines += [f"excluded: {told['excluded']}", f"to open it: {told['opened_by']}"]
    if "items_usd_per_km" in told:
        lines += _built_lines(told)
    nearly = told["nearly"]
    if nearly:
        price = f"{nearly['total_usd_per_km']:,.2f} USD/km"
        lines.append(f"nearly fits: {_way(nearly)} at {price}, but {nearly['limit']}")
    return lines


def _built_lines(told: Mapping[str, Any]) -> list[str]:
    """What is built, or would be if the place were open, its price, and what was not chosen."""
    lines = [
        f"{'would be built' if told['excluded'] else 'built'} as {_way(told)}",
        f"expected faults {told['faults_per_1000_km_year']:.3f} per 1000 km a year",
        *(f"{name:10} {usd:12,.2f} USD/km" for name, usd in told["items_usd_per_km"].items()),
        f"{'total':10} {told['total_usd_per_km']:12,.2f} USD/km",
    ]
    for title, other in (("runner-up", told["runner_up"]), ("otherwise", told["other_burial"])):
        if other:
            lines.append(
                f"{title}: {_way(other)}, {other['dearer_usd_per_km']:,.2f} USD/km dearer, "
                f"repairs {other['repairs_usd_per_km']:,.2f} against {told['items_usd_per_km']['repairs']:,.2f}"
            )
    return lines


def _way(built: Mapping[str, Any]) -> str:
    depth = f" {built['burial_m']:.1f} m deep" if built["burial_m"] else ""
    return f"{built['cable_type']}, {built['protection']}{depth}"
