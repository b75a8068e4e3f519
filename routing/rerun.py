"""What a rerun changed of the run that it replaced, left beside its files.

The report stands in no manifest: the files of a run are the same whatever was there
before. It is written before the run is committed, while the earlier one is still
whole, and appears with it.
"""

from __future__ import annotations

import logging
import shutil
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from routing.commit import CHANGES
from routing.delta import summary_sentence, write_comparison
from routing.errors import InputError
from routing.export import read_run
from routing.runfolder import MANIFEST, stored_run

if TYPE_CHECKING:
    from pathlib import Path

    from routing.delta import Delta, FindCauses
    from routing.runfolder import StoredRun
    from routing.unaffected import Account

__all__ = ["REPORT", "Changes", "Reporter"]

_log = logging.getLogger(__name__)

#: Names of the report as text, JSON and a map.
REPORT = ("changes.txt", "changes.json", "changes.html")


@dataclass(frozen=True)
class Changes:
    """What a run changed of the one that it replaced.

    Attributes
    ----------
    delta
        The comparison.
    files
        Where it stands as text, JSON and, when the run has a map, as a map.
    """

    delta: Delta
    files: tuple[Path, ...]

    def as_table(self) -> dict[str, Any]:
        """In short, as JSON values: the whole comparison stands in the files."""
        return {
            "changed": self.delta.changed,
            "text": summary_sentence(self.delta),
            "before": asdict(self.delta.old),
            "files": [str(path) for path in self.files],
        }

    def tell(self) -> None:
        """Say it in a line of the log."""
        told = self.as_table()
        _log.info("since the run before: %s More in %s", told["text"], self.files[0], extra={"changes": told})


@dataclass
class Reporter:
    """Writes the report of a rerun when :func:`routing.runfolder.staging` asks for it.

    Attributes
    ----------
    causes
        Tells what each change does alone; None when nobody asked.
    unaffected
        What the new run did not search again; None when that is not known.
    changes
        What it found; None when there was no earlier run, it is the same, or it cannot be compared.
    """

    causes: FindCauses | None = None
    unaffected: Account | None = None
    changes: Changes | None = field(default=None, init=False)

    def write(self, before: StoredRun, after: StoredRun) -> set[str]:
        """Write the report into the new run's folder.

        Parameters
        ----------
        before, after
            The run that stands there, and the one that will replace it.

        Returns
        -------
        gone
            Files of an earlier report that are none of this run; a run that is the same again keeps its report.
        """
        is_same = before.manifest.get("run_key") == after.manifest.get("run_key") and before.outputs == after.outputs
        if before.sha256 and is_same:
            if self.causes:
                _log.info("the run before is the same: there are no causes to tell")
            return set()
        stale = {name for name in REPORT if (before.folder / CHANGES / name).is_file()}
        if before.sha256 or (before.folder / MANIFEST).exists():
            stale -= self._written(before.folder, after.folder)
        return {f"{CHANGES}/{name}" for name in stale}

    def _written(self, old: Path, new: Path) -> set[str]:
        """Names of the report's files; none, and a line in the log, when the runs cannot be compared."""
        target, fresh = old / CHANGES, new / CHANGES
        try:
            stored_run(old)  # says what is wrong with the manifest
            _refuse_file(target)
            fresh.mkdir()
            delta = write_comparison(
                read_run(old), read_run(new), fresh, names=REPORT, causes=self.causes, unaffected=self.unaffected
            )
        except Exception as error:  # noqa: BLE001  (whatever is wrong with an earlier run, the new one is no worse for it)
            shutil.rmtree(fresh, ignore_errors=True)
            _log.warning("no report of what changed since the run before: %s", error)
            return set()
        names = [name for name in REPORT if (fresh / name).is_file()]
        self.changes = Changes(delta, tuple(target / name for name in names))
        return set(names)


def _refuse_file(target: Path) -> None:
    """Files can only be moved into a folder, and by then the run is committed."""
    if target.exists() and not target.is_dir():
        raise InputError("is a file, not a folder for the report", remedy="move it away", file=target)
