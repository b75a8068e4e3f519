"""A finished run in another format, read from its folder and from nothing else."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from routing.errors import InfeasibleError, InputError, ResourceError
from routing.exchange import cog, dxf, geojson, geopackage, kml, rtz
from routing.notebook import RunView
from routing.runfolder import AGAIN, SUMMARY, StoredRun, appearing, whole_run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

__all__ = ["FORMATS", "RunFiles", "export", "read_run"]

_GEOPACKAGE = "routes.gpkg"
#: What each file is called that belongs to one option: its kind, the option, and the rest of a segment's id.
_OF_OPTION = re.compile(r"[a-z]+_(?P<option>[A-Za-z0-9-]+)(?:_[^.]*)?\.[a-z]+")


@dataclass(frozen=True)
class RunFiles(RunView):
    """The files of a finished run, each as its manifest says; a notebook shows its map.

    Attributes
    ----------
    stored
        Where they are, and their manifest.
    summary
        ``summary.json`` as read.
    """

    stored: StoredRun
    summary: Mapping[str, Any]

    @property
    def folder(self) -> Path:
        """The run's folder; a file of it stands at :meth:`place`."""
        return self.stored.folder

    @property
    def manifest(self) -> Mapping[str, Any]:
        """``manifest.json`` as read; only its outputs are judged."""
        return self.stored.manifest

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all files but the manifest, sorted."""
        return tuple(sorted(self.stored.outputs))

    @property
    def options(self) -> tuple[str, ...]:
        """Ids of the options that have an answer, the cheapest first."""
        return tuple(option["id"] for option in self.summary["options"])

    def layers(self, option: str | None) -> dict[str, Any]:
        """Layers (data frames, by name) of the run's GeoPackage; of one option, what belongs to it and to none."""
        self._need(_GEOPACKAGE)
        frames = geopackage.read_geopackage(self.place(_GEOPACKAGE))
        if option is None:
            return frames
        return {
            name: frame[frame["option"] == option].reset_index(drop=True) if "option" in frame else frame
            for name, frame in frames.items()
        }

    def place(self, name: str) -> Path:
        """Where a file of the run stands."""
        return self.stored.place(name)

    def like(self, start: str, end: str, *, option: str | None) -> tuple[str, ...]:
        """Names of files by how they start and end, those of one option or all."""
        found = (name for name in self.names if name.startswith(start) and name.endswith(end))
        return tuple(name for name in found if option is None or _option_of(name) == option)

    def _need(self, name: str) -> None:
        if name not in self.names:
            raise InputError(f"holds no {name}", remedy=AGAIN, file=self.folder)


def read_run(folder: Path) -> RunFiles:
    """Read what a run's folder holds, and check every file against the manifest.

    Raises
    ------
    InputError
        When the manifest is missing or torn, or a file is missing or not the one that the run wrote.
    """
    stored = whole_run(folder)
    return RunFiles(stored, _summary(stored))


def export(folder: Path, form: str, *, out: Path | None = None, option: str | None = None) -> list[Path]:
    """Write a finished run in a format.

    Parameters
    ----------
    folder
        A run's folder.
    form
        One of :data:`FORMATS`.
    out
        Folder of the files; ``folder / "export"`` unless given. They appear all together or not at all.
    option
        Id of the only option to write; all of them unless given.

    Returns
    -------
    paths
        The files written, sorted by name.

    Raises
    ------
    InputError
        When the format or the option is not known, the run is not whole, or it holds nothing for this format.
    InfeasibleError
        When no option of the run has an answer.
    ResourceError
        When the files cannot be written.

    Examples
    --------
    >>> from pathlib import Path
    >>> export(Path("nowhere"), "dwg")
    Traceback (most recent call last):
    routing.errors.InputError: 'dwg' is no format; choose one of gpkg, geojson, kml, kmz, dxf, xlsx, csv, rtz, tif, svg
    """
    if form not in FORMATS:
        raise InputError(f"{form!r} is no format", remedy=f"choose one of {', '.join(FORMATS)}")
    run = read_run(folder)
    if not run.options:
        raise InfeasibleError(f"{folder}: no option of this run has an answer, so there is nothing to export")
    if option is not None and option not in run.options:
        raise InputError(f"no option {option!r} has an answer", remedy=f"choose one of {', '.join(run.options)}")
    target = folder / "export" if out is None else out
    with appearing(target) as fresh:
        _WRITERS[form](run, fresh, option)
        names = sorted(path.name for path in fresh.iterdir())
        if not names:
            raise InputError(f"holds nothing to write as {form}", remedy="choose another format", file=folder)
        if run.stored.is_replaced():
            raise ResourceError(f"{folder}: was replaced by another run meanwhile; export again")
    return [target / name for name in names]


def _option_of(name: str) -> str | None:
    match = _OF_OPTION.fullmatch(name)
    return match["option"] if match else None


def _summary(run: StoredRun) -> dict[str, Any]:
    path = run.place(SUMMARY)
    try:
        summary = json.loads(path.read_text(encoding="utf-8")) if SUMMARY in run.outputs else {}
        texts = [summary[key] for key in ("title", "crs", "date")]
        texts += [option["id"] for option in summary["options"]]
        dt.date.fromisoformat(summary["date"])
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise InputError("does not say what a run says", remedy=AGAIN, file=path) from error
    if not all(isinstance(text, str) for text in texts):
        raise InputError("does not say what a run says", remedy=AGAIN, file=path)
    return dict(summary)


def _gpkg(run: RunFiles, fresh: Path, option: str | None) -> None:
    frames = run.layers(option)
    if option is None:
        shutil.copyfile(run.place(_GEOPACKAGE), fresh / _GEOPACKAGE)
    else:
        date = dt.date.fromisoformat(run.summary["date"])
        geopackage.write_geopackage(frames, fresh / f"routes_{option}.gpkg", date=date)


def _geojson(run: RunFiles, fresh: Path, option: str | None) -> None:
    for name, frame in run.layers(option).items():
        if len(frame):
            geojson.write_geojson(frame, fresh / _named(name, option, "geojson"))


def _kml(run: RunFiles, fresh: Path, option: str | None) -> None:
    kml.write_kml(run.layers(option), fresh / _named("routes", option, "kml"), title=run.summary["title"])


def _kmz(run: RunFiles, fresh: Path, option: str | None) -> None:
    kml.write_kmz(run.layers(option), fresh / _named("routes", option, "kmz"), title=run.summary["title"])


def _dxf(run: RunFiles, fresh: Path, option: str | None) -> None:
    path = fresh / _named("routes", option, "dxf")
    dxf.write_dxf(run.layers(option), path, crs=run.summary["crs"], title=run.summary["title"])


def _rtz(run: RunFiles, fresh: Path, option: str | None) -> None:
    positions = run.layers(option)["positions"]
    for segment, own in positions.groupby("segment", sort=False):
        # Only ids make a file name, and ids are letters, digits and hyphens.
        name = re.sub(r"[^A-Za-z0-9_-]", "_", str(segment))
        rtz.write_rtz(own, fresh / f"{name}.rtz", name=name)


def _tif(run: RunFiles, fresh: Path, option: str | None) -> None:  # noqa: ARG001  (a surface serves every option)
    for name in run.names:
        if name.endswith(".tif"):
            cog.write_cog(run.place(name), fresh / name)


def _copied(start: str, end: str) -> Callable[[RunFiles, Path, str | None], None]:
    """Writes what the run has already."""

    def write(run: RunFiles, fresh: Path, option: str | None) -> None:
        for name in run.like(start, end, option=option):
            shutil.copyfile(run.place(name), fresh / name)

    return write


def _named(stem: str, option: str | None, suffix: str) -> str:
    return f"{stem}.{suffix}" if option is None else f"{stem}_{option}.{suffix}"


_WRITERS: dict[str, Callable[[RunFiles, Path, str | None], None]] = {
    "gpkg": _gpkg,
    "geojson": _geojson,
    "kml": _kml,
    "kmz": _kmz,
    "dxf": _dxf,
    "xlsx": _copied("rpl_", ".xlsx"),
    "csv": _copied("rpl_", ".csv"),
    "rtz": _rtz,
    "tif": _tif,
    "svg": _copied("", ".svg"),
}
FORMATS = tuple(_WRITERS)
