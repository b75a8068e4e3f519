"""The files of a comparison, read from two runs' folders and from nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from routing.delta.comparing import compare_records
from routing.delta.reading import read_record
from routing.delta.shown import changes_map
from routing.delta.wording import delta_lines
from routing.export import read_run
from routing.runfolder import appearing, write_json
from routing.text import plain

if TYPE_CHECKING:
    from pathlib import Path

    from routing.delta.effects import FindCauses
    from routing.delta.records import Delta
    from routing.export import RunFiles
    from routing.unaffected import Account

__all__ = ["Written", "compare_runs", "write_comparison"]

_MAP = "map.html"
#: What the three files of a comparison are called when they stand in a folder that somebody asked for.
_NAMES = ("delta.txt", "delta.json", _MAP)


@dataclass(frozen=True)
class Written:
    """A comparison and its files."""

    delta: Delta
    files: tuple[Path, ...]


def compare_runs(old_dir: Path, new_dir: Path, out: Path | None = None, *, tolerance_m: float | None = None) -> Written:
    """Compare two finished runs, and write what differs as text, JSON and a map.

    Parameters
    ----------
    old_dir, new_dir
        The runs' folders; neither is changed.
    out
        Folder of the files; ``new_dir / "compare"`` unless given. Each file appears whole or not at all.
    tolerance_m
        How far a route must leave the old one to count as moved; one cell of the finer grid unless given.

    Returns
    -------
    written
        The comparison and its files: ``delta.json``, ``delta.txt``, and ``map.html`` when the new run has a map.

    Raises
    ------
    InputError
        When a folder holds no whole run, the runs cannot be compared, or the files would replace those of a run.
    ResourceError
        When the files cannot be written.

    Examples
    --------
    >>> from pathlib import Path
    >>> compare_runs(Path("nowhere"), Path("nowhere"))
    Traceback (most recent call last):
    routing.errors.InputError: nowhere: is no finished run: it has no manifest; name a run's folder
    """
    runs = read_run(old_dir), read_run(new_dir)
    target = new_dir / "compare" if out is None else out
    with appearing(target) as fresh:
        delta = write_comparison(*runs, fresh, names=_NAMES, tolerance_m=tolerance_m)
        names = sorted(path.name for path in fresh.iterdir())
    return Written(delta, tuple(target / name for name in names))


def write_comparison(  # noqa: PLR0913
    old: RunFiles,
    new: RunFiles,
    folder: Path,
    *,
    names: tuple[str, str, str],
    tolerance_m: float | None = None,
    causes: FindCauses | None = None,
    unaffected: Account | None = None,
) -> Delta:
    """Compare two runs that are read, and write what differs.

    Parameters
    ----------
    old, new
        The runs.
    folder
        Where to write.
    names
        What the text, the JSON and the map are called; there is no map when the new run has none.
    tolerance_m
        How far a route must leave the old one to count as moved; one cell of the finer grid unless given.
    causes
        Tells, from both runs, what each change does alone; None when nobody asked.
    unaffected
        What the new run did not search again; None when that is not known.

    Raises
    ------
    InputError
        When the runs cannot be compared.
    """
    before, after = read_record(old), read_record(new)
    delta = replace(compare_records(before, after, tolerance_m=tolerance_m), unaffected=unaffected)
    if causes:
        delta = replace(delta, causes=causes(before, after))
    text, table, shown = names
    write_json(delta.as_table(), folder / table)
    (folder / text).write_text(plain("\n".join(delta_lines(delta))) + "\n", encoding="utf-8", newline="\n")
    if _MAP in new.names:
        page = changes_map(delta, before, after, page=new.place(_MAP))
        (folder / shown).write_text(page, encoding="utf-8", newline="\n")
    return delta
