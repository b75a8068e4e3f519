"""From a box to a grid in place: fetched, judged as a raster, and told where it is from."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np

from routing.errors import InputError, ResourceError, RoutingError, TransferError
from routing.fetch.source import Box, Source, source_named
from routing.fetch.transfer import Terms, transfer
from routing.gridfile import RasterSource, read_raster

if TYPE_CHECKING:
    from pathlib import Path

    from routing.fetch.transfer import Progress

__all__ = ["Fetched", "fetch", "fetch_from"]


@dataclass(frozen=True)
class Fetched:
    """A grid in place.

    Attributes
    ----------
    path, provenance_path
        The grid, and the file that tells where it is from.
    facts
        What that file holds.
    fetched
        False when the grid was there already.
    """

    path: Path
    provenance_path: Path
    facts: dict[str, Any]
    fetched: bool

    def as_table(self) -> dict[str, Any]:
        """What ``fetch --json`` prints: the file, whether it was fetched now, and its facts."""
        return {"file": str(self.path), "fetched": self.fetched, **self.facts}


def fetch(  # noqa: PLR0913
    dataset: str,
    box: Box,
    path: Path,
    *,
    url: str | None = None,
    sha256: str | None = None,
    progress: Progress | None = None,
) -> Fetched:
    """Fetch the part of a public grid that covers a box.

    Parameters
    ----------
    dataset
        ``"gebco"``, ``"etopo2022"`` or ``"emodnet"``.
    box
        What it must cover.
    path
        Where it goes; it appears whole or not at all, with ``<name>.provenance.toml`` beside it.
    url
        Another address, with ``{west}``, ``{south}``, ``{east}`` and ``{north}``.
    sha256
        Checksum that the file must have.
    progress
        Called with bytes so far, and in all when the server says so.

    Raises
    ------
    InputError
        When the data set, the box, the address or the checksum is none, or `path` holds something else.
    TransferError
        When the server does not give the grid. What came is kept for the next try.
    """
    source = source_named(dataset)
    if url:
        if urlsplit(url).scheme != "https":
            raise InputError("only https is fetched", remedy="give an address that begins with https://", key="--url")
        source = source.at(url)
    return fetch_from(source, box, path, sha256=sha256, terms=Terms(source.hosts), progress=progress)


def fetch_from(  # noqa: PLR0913
    source: Source,
    box: Box,
    path: Path,
    *,
    sha256: str | None,
    terms: Terms,
    progress: Progress | None = None,
) -> Fetched:
    """Fetch from a source on stated terms: see :func:`fetch`."""
    address = source.address(box)
    if sha256 is not None and not re.fullmatch(r"[0-9a-fA-F]{64}", sha256):
        raise InputError(f"{sha256!r} is no SHA-256", remedy="give 64 hexadecimal digits", key="--sha256")
    size = source.size_bytes(box)
    if size > terms.limit_bytes:
        problem = f"the box holds about {size / 1e9:.1f} GB, above the {terms.limit_bytes / 1e9:g} GB fetched at once"
        raise InputError(problem, remedy="ask for a smaller box", key="--bbox")
    told = path.with_name(f"{path.name}.provenance.toml")
    known = _there_already(path, told, address, sha256)
    if known is not None:
        return Fetched(path, told, known, fetched=False)
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        arrived = transfer(address, part, terms=terms, progress=progress)
        digest = _judged(part, source, box, sha256)
        facts = _facts(source, box, address, {**arrived, "sha256": digest})
        told.write_text(_toml(facts), encoding="utf-8")
        part.replace(path)
    except TransferError:
        raise
    except OSError as error:
        raise ResourceError(
            f"{path}: cannot be written ({error.strerror or error}); choose another place with --out"
        ) from error
    return Fetched(path, told, facts, fetched=True)


def _there_already(path: Path, told: Path, address: str, sha256: str | None) -> dict[str, Any] | None:
    """What is known of a file that is in place, if it is the one asked for."""
    if not path.exists():
        return None
    try:
        facts = tomllib.loads(told.read_text(encoding="utf-8"))
        is_same = facts["request"] == address and facts["sha256"] == _digest(path)
    except (OSError, ValueError, KeyError):
        is_same = False
    if not is_same or (sha256 is not None and facts["sha256"] != sha256.lower()):
        raise InputError("is there already and is another file", remedy="remove it or choose --out", file=path)
    return facts


def _judged(part: Path, source: Source, box: Box, sha256: str | None) -> str:
    """The checksum of what came, once it is the grid that was asked for; what is not is removed."""
    digest = _digest(part)
    problem = (
        f"its SHA-256 is {digest}" if sha256 is not None and digest != sha256.lower() else _fault(part, source, box)
    )
    if problem:
        part.unlink()
        raise TransferError(
            f"{source.name}: what the server sent is not the grid that was asked for: {problem}; "
            "try again later, or give another address with --url"
        )
    return digest


def _fault(part: Path, source: Source, box: Box) -> str | None:
    """What is wrong with a file as a grid that covers a box."""
    kinds = {b"CDF": source.variable, b"\x89HD": source.variable}
    with part.open("rb") as file:
        variable = kinds.get(file.read(3))
    try:
        raster = read_raster(RasterSource(part, variable=variable), area=(box.west, box.south, box.east, box.north))
    except RoutingError as error:
        return getattr(error, "problem", str(error))
    left, bottom, right, top = raster.grid.bounds
    # A cell's worth is forgiven at the edges: servers count from centres, and the poles have none beyond.
    if not Box(left, bottom, right, top).widened(source.step_deg).holds(box):
        return f"it covers {left:g} to {right:g} E, {bottom:g} to {top:g} N"
    return None if np.isfinite(raster.values).any() else "it holds no value"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _facts(source: Source, box: Box, address: str, arrived: dict[str, Any]) -> dict[str, Any]:
    return {
        "dataset": source.name,
        "title": source.title,
        "request": address,
        **arrived,
        "retrieved": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "bbox": [box.west, box.south, box.east, box.north],
        "variable": source.variable,
        "vertical_datum": source.vertical_datum,
        "licence": source.licence,
        "attribution": source.attribution,
        "citation": source.citation,
    }


def _toml(facts: dict[str, Any]) -> str:
    """Flat TOML: JSON's texts, numbers and lists are TOML's too."""
    head = "# Where this grid is from, written when it was fetched.\n"
    return head + "".join(f"{key} = {json.dumps(value, ensure_ascii=True)}\n" for key, value in facts.items())
