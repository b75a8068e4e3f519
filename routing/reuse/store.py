"""A folder of results under content keys, which may be lost or damaged at any moment without harm.

An entry holds the checksum of its own text. One that is torn, was changed, or belongs to
another version of the program is never used: its result is made anew and written again.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from routing.reuse.values import decode, encode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["CACHE", "Store", "digest"]

_log = logging.getLogger(__name__)

#: Folder in a run's folder.
CACHE = ".cache"
#: Runs whose entries are kept, so that going back to an earlier delivery plans nothing again (default, editable).
_KEPT_RUNS = 8
_INDEX = "index"
#: Names of notes are shorter than this, digests longer.
_SHORT = 16


def digest(value: Any) -> str:  # noqa: ANN401  (what `encode` takes)
    """SHA-256 of a value."""
    return hashlib.sha256(json.dumps(encode(value), sort_keys=True).encode()).hexdigest()


class Store:
    """Results of one version of the program, by key.

    Parameters
    ----------
    folder
        Where they are; None: nowhere, and every result is made anew.
    versions
        What else a result depends on: of the program and of its libraries, by name.
    types
        Dataclasses that results are made of, by name.
    """

    def __init__(self, folder: Path | None, versions: Mapping[str, str], types: Mapping[str, type]) -> None:
        self._folder, self._version, self._types = folder, digest(sorted(versions.items())), types
        self._used: set[str] = set()
        self._lock = Lock()

    def key(self, *parts: Any) -> str:  # noqa: ANN401
        """Key of a result: of the parts that it depends on, and of the version of the program."""
        return digest([self._version, *parts])

    def get(self, key: str) -> Any:  # noqa: ANN401
        """A result in a tuple of one; None when it is not there, or not whole."""
        with self._lock:
            self._used.add(key)
        text = self._read(key)
        if text is None:
            return None
        try:
            return (decode(json.loads(text), self._types),)
        except (ValueError, KeyError, TypeError):
            return None

    def put(self, key: str, value: Any) -> Any:  # noqa: ANN401
        """Keep a result, and return it as it will be read; a disk that takes no more loses nothing but time."""
        text = json.dumps(encode(value))
        self._write(key, text)
        return decode(json.loads(text), self._types)

    def last(self, name: str) -> Any:  # noqa: ANN401
        """What an earlier run noted under a name, as JSON holds it; None when there is nothing whole."""
        text = self._read(name)
        return None if text is None else json.loads(text)

    def note(self, name: str, value: Any) -> None:  # noqa: ANN401
        """Note something for the next run."""
        self._write(name, json.dumps(value))

    def finish(self) -> None:
        """Remove what none of the last runs has used, and what a killed run left half written."""
        if self._folder is None or not self._folder.is_dir():
            return
        noted = self.last(_INDEX)
        runs = [sorted(self._used), *(run for run in noted or [] if isinstance(run, list))]
        kept = [run for number, run in enumerate(runs) if run not in runs[:number]][:_KEPT_RUNS]
        self.note(_INDEX, kept)
        named = {self._place(str(key)) for run in kept for key in run}
        for path in self._entries():
            if path not in named:
                with suppress(OSError):
                    path.unlink()

    def _entries(self) -> Iterator[Path]:
        """Files of results and those half written; notes stand beside their folders."""
        folder = self._folder
        return iter(sorted(folder.glob("??/*"))) if folder else iter(())

    def _place(self, key: str) -> Path:
        folder = Path() if self._folder is None else self._folder
        is_note = len(key) < _SHORT
        return folder / f"{key}.json" if is_note else folder / key[:2] / f"{key}.json"

    def _read(self, key: str) -> str | None:
        """The text of an entry whose checksum is right."""
        if self._folder is None:
            return None
        try:
            checksum, _, text = self._place(key).read_text(encoding="utf-8").partition("\n")
        except (OSError, UnicodeDecodeError):
            return None
        return text if checksum == hashlib.sha256(f"{key}\n{text}".encode()).hexdigest() else None

    def _write(self, key: str, text: str) -> None:
        if self._folder is None:
            return
        path = self._place(key)
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        checksum = hashlib.sha256(f"{key}\n{text}".encode()).hexdigest()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_text(f"{checksum}\n{text}", encoding="utf-8")
            fresh.replace(path)
        except OSError as error:
            _log.debug("nothing kept for the next run: %s", error)
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
