"""Copies of inputs that a run's folder keeps, each under the digest of its content.

With them an earlier run can be planned again when its files are no longer there. They
stand in no manifest; what neither the run nor a kept revision names is removed.
"""

from __future__ import annotations

import logging
import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from routing.commit import INPUTS
from routing.errors import InputError
from routing.localfile import companions
from routing.revisions import kept_folders
from routing.runfolder import input_digest, stored_run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from routing.runfolder import StoredRun

__all__ = ["InputKeeper", "find_input", "harmed_inputs"]

_log = logging.getLogger(__name__)
#: Hexadecimal digits of a SHA-256.
_LENGTH = 64
_DIGEST = re.compile(rf"[0-9a-f]{{{_LENGTH}}}")
#: Endings that a copy keeps, because programs tell formats by them.
_SUFFIX = re.compile(r"\.[A-Za-z0-9_-]{1,16}")


def find_input(folder: Path, sha256: str) -> Path | None:
    """The copy of an input in a run's folder; None when there is none, or it is not whole.

    Parameters
    ----------
    folder
        The run's folder.
    sha256
        Digest of the input, as the manifest says it.
    """
    if not _DIGEST.fullmatch(sha256):
        return None
    found = sorted((folder / INPUTS).glob(f"{sha256}*"), key=lambda path: (path.suffix.lower() != ".shp", path.name))
    return next((path for path in found[:1] if path.is_file() and input_digest(path) == sha256), None)


@dataclass(frozen=True)
class InputKeeper:
    """Keeps copies of inputs when :func:`routing.runfolder.staging` asks for it, and drops those that nobody names.

    Attributes
    ----------
    folder
        The run's folder.
    files
        Inputs to keep, by the keys of the manifest; empty where nobody asked for copies.
    is_kept
        Whether the earlier run is kept as a revision, and its copies with it.

    Raises
    ------
    InputError
        When a file stands where the folder of copies should be.
    """

    folder: Path
    files: Mapping[str, Path]
    is_kept: bool

    def __post_init__(self) -> None:
        place = self.folder / INPUTS
        if self.files and place.exists() and not place.is_dir():
            raise InputError("is a file, not a folder for copies of inputs", remedy="move it away", file=place)

    def write(self, before: StoredRun, after: StoredRun) -> set[str]:
        """Copy what the folder does not keep yet; returns the names of copies that are to go.

        An input that changed since its digest was taken is not kept, and a line of the log says so.
        """
        if self.files:
            (after.folder / INPUTS).mkdir()
            sizes = [self._keep(key, after) for key in self.files]
            _log.info("%s: %.1f MB of inputs were added", self.folder / INPUTS, sum(sizes) / 1e6)
        return {f"{INPUTS}/{name}" for name in self._unnamed(before, after)}

    def _keep(self, key: str, after: StoredRun) -> int:
        """Copy one input unless it is there; returns how many bytes that took."""
        path, sha256 = self.files[key], after.manifest["inputs"][key]["sha256"]
        if find_input(self.folder, sha256) or find_input(after.folder, sha256):
            return 0
        copies = {each: after.folder / INPUTS / f"{sha256}{_ending(each)}" for each in companions(path) or (path,)}
        for source, copy in copies.items():
            shutil.copyfile(source, copy)
        if find_input(after.folder, sha256):
            return sum(copy.stat().st_size for copy in copies.values())
        _log.warning("%s: %s changed while it was read, and is not kept", key, path)
        for copy in copies.values():
            copy.unlink(missing_ok=True)
        return 0

    def _unnamed(self, before: StoredRun, after: StoredRun) -> set[str]:
        """Names of copies that neither the run nor a kept revision names."""
        manifests = [after.manifest, *([before.manifest] if self.is_kept else []), *_kept_manifests(self.folder)]
        named = {sha256 for manifest in manifests for sha256 in _named(manifest)}
        return {path.name for path in _copies(self.folder) if path.name[:_LENGTH] not in named}


def harmed_inputs(folder: Path) -> Iterator[Path]:
    """Copies that are not what their name says, or of which a part is missing."""
    for sha256 in sorted({path.name[:_LENGTH] for path in _copies(folder)}):
        if find_input(folder, sha256) is None:
            yield folder / INPUTS / sha256


def _copies(folder: Path) -> Iterator[Path]:
    """Files whose name is that of a copy; others are not ours."""
    return (path for path in (folder / INPUTS).glob("*") if path.is_file() and _DIGEST.match(path.name))


def _named(manifest: Mapping[str, Any]) -> set[str]:
    """Digests of the inputs that a manifest names; one from elsewhere may hold anything."""
    inputs = manifest.get("inputs")
    entries = inputs.values() if isinstance(inputs, dict) else ()
    return {str(entry["sha256"]) for entry in entries if isinstance(entry, dict) and "sha256" in entry}


def _kept_manifests(folder: Path) -> Iterator[Mapping[str, Any]]:
    for each in kept_folders(folder):
        try:
            yield stored_run(each).manifest
        except InputError:
            continue  # `verify` tells


def _ending(path: Path) -> str:
    return path.suffix if _SUFFIX.fullmatch(path.suffix) else ""
