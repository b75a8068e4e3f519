"""A run's folder: its manifest, and its files as the manifest lists them.

Files are written and committed by :mod:`routing.commit`, the manifest last. What
stands in a folder is read without holding it: a run that is replaced meanwhile is
noticed, because its manifest is another one then.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Collection
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata, resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from routing.commit import CHANGES, INPUTS, KEPT, SAFE_NAME, Journal, place, seal, settle, staged, writing
from routing.errors import InputError, ResourceError
from routing.localfile import companions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "AGAIN",
    "MANIFEST",
    "SUMMARY",
    "StoredRun",
    "appearing",
    "digest",
    "examined",
    "file_digest",
    "input_digest",
    "is_current",
    "library_versions",
    "other_versions",
    "staging",
    "stored_run",
    "whole_run",
    "write_json",
]

MANIFEST, SUMMARY = "manifest.json", "summary.json"
#: What to do about a run that is not whole.
AGAIN = "run the project again"
#: Seconds that an export waits for another one into the same folder.
_EXPORT_PATIENCE_S = 60.0
#: How often a run may be replaced while it is read.
_TRIES = 5
_LIBRARIES = ("folium", "geopandas", "numba", "numpy", "ortools", "pyproj", "rasterio", "scipy", "shapely")
_BLOCK = 1 << 20


def digest(value: Any) -> str:  # noqa: ANN401  (anything JSON can hold)
    """SHA-256 of a value's canonical JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes.

    Raises
    ------
    InputError
        When the file is missing.
    """
    if not path.is_file():
        raise InputError("no such file", remedy="check the path", file=path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def input_digest(path: Path) -> str:
    """SHA-256 of an input, together with the files beside it that are read with it."""
    beside = companions(path)
    if not beside:
        return file_digest(path)
    endings = [other.name[len(path.stem) :] for other in beside]
    return digest([file_digest(path), *((end, file_digest(other)) for end, other in zip(endings, beside, strict=True))])


def library_versions() -> dict[str, str]:
    """Versions that a result depends on: ours, the libraries', and a fingerprint of our code."""
    root = resources.files("routing")
    code = hashlib.sha256()
    for path in sorted(Path(str(root)).rglob("*")):
        if path.suffix in {".py", ".toml", ".js", ".css"}:
            code.update(path.relative_to(str(root)).as_posix().encode() + path.read_bytes())
    versions = {name: metadata.version(name) for name in ("cableroute", *_LIBRARIES)}
    return {**versions, "code": code.hexdigest()[:16]}


def other_versions(stated: Mapping[str, Any], installed: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Where stated versions differ from :func:`library_versions`: name, stated version, installed version."""
    for name, version in installed.items():
        if stated.get(name) != version:
            yield name, str(stated.get(name) or "of an unknown version"), version


@dataclass(frozen=True)
class StoredRun:
    """What the manifest of a run's folder says.

    Attributes
    ----------
    folder
        Where the files are; one of them stands at :meth:`place`.
    manifest
        ``manifest.json`` as read; the names in it are judged.
    sha256
        Of the manifest, and so of the run.
    """

    folder: Path
    manifest: Mapping[str, Any]
    sha256: str

    @property
    def outputs(self) -> Mapping[str, str]:
        """Digests of the files by name, without the manifest."""
        outputs: Mapping[str, str] = self.manifest["outputs"]
        return outputs

    @property
    def has_answer(self) -> bool:
        """Whether any option has an answer: without one there is nothing but the summary."""
        return len(self.outputs) > 1

    def place(self, name: str) -> Path:
        """Where a file of the run stands."""
        return place(self.folder, name)

    def is_replaced(self) -> bool:
        """Whether another run has taken its place since it was read."""
        try:
            return file_digest(self.place(MANIFEST)) != self.sha256
        except (InputError, OSError):
            return True

    def harm(self) -> Iterator[InputError]:
        """Each file that is missing or not the one that the run wrote."""
        for name, sha in self.outputs.items():
            path = self.place(name)
            try:
                if file_digest(path) != sha:
                    yield InputError("is not the file that the run wrote", remedy=AGAIN, file=path)
            except InputError as error:
                yield error
            except OSError as error:
                yield InputError(f"cannot be read ({error.strerror})", remedy="check the disk", file=path)


def stored_run(folder: Path) -> StoredRun:
    """What a folder's manifest says; a commit that a killed run left pending is finished where that is allowed.

    Raises
    ------
    InputError
        When the manifest is missing or torn, or names what is no file of a run.
    """
    settle(folder)
    path = place(folder, MANIFEST)
    try:
        content = path.read_bytes()
        manifest = json.loads(content.decode("utf-8"))
        outputs = {str(name): str(sha) for name, sha in manifest["outputs"].items()}
        names = [*outputs, *(str(name) for name in manifest.get("earlier") or ())]
    except FileNotFoundError as error:
        raise InputError("is no finished run: it has no manifest", remedy="name a run's folder", file=folder) from error
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise InputError("is torn", remedy=AGAIN, file=path) from error
    # A manifest from elsewhere must not lead out of its folder.
    strange = [name for name in names if not SAFE_NAME.fullmatch(name)]
    if strange:
        raise InputError(f"lists {strange[0]!r}, which is no file of a run", remedy=AGAIN, file=path)
    return StoredRun(folder, {**manifest, "outputs": outputs}, hashlib.sha256(content).hexdigest())


def examined(folder: Path) -> tuple[StoredRun, tuple[InputError, ...]]:
    """A run and what is wrong with its files, all read while no other run took its place.

    Raises
    ------
    InputError
        When the manifest is missing or torn.
    ResourceError
        When one run after another is written there.
    """
    for number in range(_TRIES):
        run = stored_run(folder)
        harm = tuple(run.harm())
        # A file may move in just when it is looked for, so harm is looked at twice.
        if not run.is_replaced() and (number or not harm):
            return run, harm
    raise ResourceError(f"{folder}: is replaced by one run after another; try again when they are done")


def whole_run(folder: Path) -> StoredRun:
    """A run of which every file is the one that the manifest lists.

    Raises
    ------
    InputError
        When the manifest is missing or torn, or a file is missing or not the one that the run wrote.
    """
    run, harm = examined(folder)
    if harm:
        raise harm[0]
    return run


def is_current(folder: Path, run_key: str) -> bool:
    """Whether a folder holds a whole run of the same key, its files unharmed."""
    try:
        return stored_run(folder).manifest.get("run_key") == run_key and bool(whole_run(folder))
    except InputError:
        return False


#: Told of the run before and of the new one, it writes into folders beside the new one's files, and says what is gone
#: from those of the old one.
Beside = Callable[[StoredRun, StoredRun], Collection[str]]


@contextmanager
def staging(
    folder: Path, manifest: Mapping[str, Any], *, kept_as: str | None = None, beside: Collection[Beside] = ()
) -> Iterator[Path]:
    """A hidden folder to write outputs into; on leaving they become the run.

    A run without an answer writes one file and leaves the others of the earlier run
    alone; it remembers them, so that the next run with an answer can drop them.

    Parameters
    ----------
    folder
        The run's folder, held by :func:`routing.commit.writing`.
    manifest
        What the run depends on; the digests of its outputs are added.
    kept_as
        Name below ``revisions`` that the earlier run is kept under; None when it is replaced.
    beside
        Each writes what stands beside the run, in ``changes`` or ``inputs``, and in no manifest: so equal runs have
        equal files, whatever was there before.

    Raises
    ------
    ResourceError
        When the folder cannot be written.
    """
    with staged(folder) as fresh:
        yield fresh
        outputs = {path.name: file_digest(path) for path in sorted(fresh.iterdir())}
        before = _earlier(folder)
        stale = tuple(sorted({*before.outputs, *(before.manifest.get("earlier") or ())} - set(outputs)))
        drops = len(outputs) > 1 or kept_as is not None
        write_json({**manifest, "earlier": [] if drops else stale, "outputs": outputs}, fresh / MANIFEST)
        if kept_as is not None:
            _keep(before, fresh / KEPT)
        gone = tuple(sorted(name for each in beside for name in each(before, stored_run(fresh))))
        added = (f"{path.parent.name}/{path.name}" for name in (CHANGES, INPUTS) for path in (fresh / name).glob("*"))
        names = (*outputs, *sorted(added), MANIFEST)
        seal(folder, Journal(names, ((*stale, *gone) if drops else gone), kept_as))


@contextmanager
def appearing(target: Path) -> Iterator[Path]:
    """A hidden folder to write into; on leaving, its files appear in the target together.

    Parameters
    ----------
    target
        The folder of the files; made when missing, and removed again when nothing was written.

    Raises
    ------
    InputError
        When it is a file, or the folder of a run.
    ResourceError
        When it cannot be written.
    """
    if (target / MANIFEST).exists():
        raise InputError("holds a run, whose files stay", remedy="choose another folder with --out", file=target)
    with writing(target, patience_s=_EXPORT_PATIENCE_S), staged(target) as fresh:
        yield fresh
        names = tuple(sorted(path.name for path in fresh.iterdir()))
        if names:
            seal(target, Journal(names))


def write_json(value: Any, path: Path) -> None:  # noqa: ANN401
    """Write readable JSON, the same for the same value; not-a-number is refused, absent is null."""
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False, default=str)
    path.write_text(text + "\n", encoding="utf-8")


def _earlier(folder: Path) -> StoredRun:
    """The run that stands in a folder; one without files when there is none that can be read."""
    try:
        return stored_run(folder)
    except InputError:
        return StoredRun(folder, {"outputs": {}}, "")


def _keep(run: StoredRun, kept: Path) -> None:
    """Put the files of a run into another folder once more, byte for byte, and what it changed with them."""
    kept.mkdir()
    reports = sorted(f"{CHANGES}/{path.name}" for path in (run.folder / CHANGES).glob("*"))
    for name in (*run.outputs, *reports, MANIFEST):
        path = run.folder / name
        if path.is_file():
            (kept / name).parent.mkdir(exist_ok=True)
            try:
                os.link(path, kept / name)  # takes no room, and the file keeps its times
            except OSError:
                shutil.copy2(path, kept / name)
