"""A run's folder: files that appear whole, and a manifest that commits them.

Everything is written into a hidden folder inside it first. Only when all
of it is there are the files moved over the old ones, each in one step, and the
manifest last. A run that fails leaves the previous run as it was.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from contextlib import contextmanager, suppress
from importlib import metadata, resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from routing.errors import InputError, ResourceError, RoutingError
from routing.localfile import companions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "MANIFEST",
    "appearing",
    "digest",
    "file_digest",
    "input_digest",
    "is_current",
    "library_versions",
    "staging",
    "write_json",
]

MANIFEST = "manifest.json"
_LIBRARIES = ("folium", "geopandas", "numba", "numpy", "ortools", "pyproj", "rasterio", "shapely")
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
    """SHA-256 of an input; a shapefile is all files of its name together."""
    if path.suffix.lower() != ".shp":
        return file_digest(path)
    return digest([file_digest(path), *((other.suffix, file_digest(other)) for other in companions(path))])


def library_versions() -> dict[str, str]:
    """Versions that a result depends on: ours, the libraries', and a fingerprint of our code."""
    root = resources.files("routing")
    code = hashlib.sha256()
    for path in sorted(Path(str(root)).rglob("*")):
        if path.suffix in {".py", ".toml", ".js", ".css"}:
            code.update(path.relative_to(str(root)).as_posix().encode() + path.read_bytes())
    versions = {name: metadata.version(name) for name in ("cableroute", *_LIBRARIES)}
    return {**versions, "code": code.hexdigest()[:16]}


def is_current(folder: Path, run_key: str) -> bool:
    """Whether a folder holds a whole run of the same key, its files unharmed."""
    manifest = _manifest(folder)
    if manifest.get("run_key") != run_key:
        return False
    outputs = manifest["outputs"]
    return all((folder / name).is_file() and file_digest(folder / name) == sha for name, sha in outputs.items())


@contextmanager
def staging(folder: Path, manifest: Mapping[str, Any]) -> Iterator[Path]:
    """A hidden folder to write outputs into; on leaving they become the run.

    Parameters
    ----------
    folder
        The run's folder; made when missing.
    manifest
        What the run depends on; the digests of its outputs are added.

    Raises
    ------
    ResourceError
        When the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        fresh = folder / f".writing-{os.getpid()}"
        fresh.mkdir()
    except (FileExistsError, NotADirectoryError) as error:
        raise InputError("is a file, not a folder", remedy="choose another folder with --out", file=folder) from error
    except OSError as error:
        raise ResourceError(
            f"{folder}: cannot be written ({error.strerror}); choose another folder with --out"
        ) from error
    try:
        yield fresh
        _commit(folder, fresh, manifest)
    except RoutingError:
        raise
    except (OSError, RuntimeError) as error:
        # GDAL reports a full disk as a RuntimeError of its own.
        raise ResourceError(f"{folder}: writing stopped ({error}); the earlier run is still there") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


@contextmanager
def appearing(target: Path) -> Iterator[Path]:
    """A hidden folder to write into; on leaving, its files are moved to the target one by one, each whole.

    Parameters
    ----------
    target
        The folder of the files; made when missing, and removed again when nothing was written.

    Raises
    ------
    InputError
        When it is a file.
    ResourceError
        When it cannot be written.
    """
    fresh, is_new = target / f".writing-{os.getpid()}", not target.exists()
    try:
        target.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
    except (FileExistsError, NotADirectoryError) as error:
        raise InputError("is a file, not a folder", remedy="choose another folder with --out", file=target) from error
    except OSError as error:
        raise ResourceError(f"{target}: cannot be written ({error.strerror}); choose another with --out") from error
    try:
        yield fresh
        for path in sorted(fresh.iterdir()):
            _flush(path)
            path.replace(target / path.name)
    except RoutingError:
        raise
    except (OSError, RuntimeError) as error:
        # GDAL reports a full disk as a RuntimeError of its own.
        raise ResourceError(f"{target}: writing stopped ({error}); no file is half written") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        if is_new:
            with suppress(OSError):  # it holds what was written
                target.rmdir()


def write_json(value: Any, path: Path) -> None:  # noqa: ANN401
    """Write readable JSON, the same for the same value; not-a-number is refused, absent is null."""
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False, default=str)
    path.write_text(text + "\n", encoding="utf-8")


def _commit(folder: Path, fresh: Path, manifest: Mapping[str, Any]) -> None:
    """Move the new files over the old ones, the manifest last; then drop what only the earlier run had.

    A run without an answer writes one file and leaves the others of the earlier run
    alone; it remembers them, so that the next run with an answer can drop them.
    """
    outputs = {path.name: file_digest(path) for path in sorted(fresh.iterdir())}
    before = _manifest(folder)
    stale = sorted({*before.get("outputs", {}), *before.get("earlier", {})} - set(outputs))
    answered = len(outputs) > 1
    write_json({**manifest, "earlier": [] if answered else stale, "outputs": outputs}, fresh / MANIFEST)
    for name in (*outputs, MANIFEST):
        _flush(fresh / name)
        (fresh / name).replace(folder / name)
    for name in stale if answered else ():
        (folder / Path(name).name).unlink(missing_ok=True)


def _sweep(folder: Path) -> None:
    """Remove what runs left behind that were killed while writing."""
    for orphan in folder.glob(".writing-*"):
        pid = orphan.name.rpartition("-")[2]
        if pid.isdigit() and (int(pid) == os.getpid() or not _is_running(int(pid))):
            shutil.rmtree(orphan, ignore_errors=True)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # it runs, under another user
    return True


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _manifest(folder: Path) -> dict[str, Any]:
    """The manifest of the run in a folder; empty when there is none that can be read."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict) or not isinstance(found.get("outputs"), dict):
        return {}
    names = [*found["outputs"], *found["outputs"].values(), *(found.get("earlier") or ())]
    return found if all(isinstance(name, str) for name in names) else {}
