"""What can be fetched, from where and on what terms."""

from __future__ import annotations

import difflib
import math
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from urllib.parse import urlsplit

from routing.errors import InputError

__all__ = ["Box", "Source", "read_sources", "source_named"]

#: The box is asked for this many cells wider, so that what comes covers it whatever the server rounds.
_MARGIN_CELLS = 2


@dataclass(frozen=True)
class Box:
    """A longitude and latitude box, degrees.

    Raises
    ------
    InputError
        When it is none, or crosses the antimeridian.

    Examples
    --------
    >>> Box(49.0, 40.0, 54.0, 44.0).widened(0.5)
    Box(west=48.5, south=39.5, east=54.5, north=44.5)
    """

    west: float
    south: float
    east: float
    north: float

    def __post_init__(self) -> None:
        values = (self.west, self.south, self.east, self.north)
        fits = all(map(math.isfinite, values)) and max(abs(self.west), abs(self.east)) <= 180.0
        if not fits or not -90.0 <= self.south < self.north <= 90.0 or self.west == self.east:
            text = " ".join(f"{value:g}" for value in values)
            raise InputError(f"{text} is no box", remedy="give west south east north in degrees", key="--bbox")
        if self.west > self.east:
            raise InputError(
                f"{self.west:g} to {self.east:g} crosses the antimeridian, which servers do not serve as one box",
                remedy=f"fetch {self.west:g} to 180 and -180 to {self.east:g} and join them (gdalwarp does it)",
                key="--bbox",
            )  # fmt: skip

    def widened(self, margin_deg: float) -> Box:
        """The box grown on all sides, as far as the Earth goes."""
        return Box(
            max(self.west - margin_deg, -180.0), max(self.south - margin_deg, -90.0),
            min(self.east + margin_deg, 180.0), min(self.north + margin_deg, 90.0),
        )  # fmt: skip

    def holds(self, other: Box) -> bool:
        """Whether another box lies inside this one."""
        return (
            self.west <= other.west and self.south <= other.south
            and self.east >= other.east and self.north >= other.north
        )  # fmt: skip


@dataclass(frozen=True)
class Source:
    """A grid that a server gives by the box.

    Attributes
    ----------
    name, title
        As given on the command line, and in full.
    url
        Address with ``{west}``, ``{south}``, ``{east}`` and ``{north}``.
    hosts
        The only hosts that redirects may lead to.
    coverage
        Where the grid has cells.
    step_deg, bytes_per_cell
        Size of a cell, and of its value before packing: they tell how large an answer will be.
    variable, suffix
        Variable of the answer that holds heights, and how the file's name ends.
    zero_m
        Height of its zero above mean sea level; None where no one number tells.
    vertical_datum, licence, attribution, citation, seen
        What it counts from, on what terms it may be used, and where the address was taken from.
    """

    name: str
    title: str
    url: str
    hosts: tuple[str, ...]
    coverage: Box
    step_deg: float
    bytes_per_cell: int
    variable: str
    suffix: str
    vertical_datum: str
    licence: str
    attribution: str
    citation: str
    seen: str
    zero_m: float | None = None

    def at(self, url: str) -> Source:
        """The same grid at another address, whose host is then the only one."""
        return replace(self, url=url, hosts=(urlsplit(url).hostname or "",))

    def address(self, box: Box) -> str:
        """The address of a box and a margin round it.

        Raises
        ------
        InputError
            When the grid does not cover the box.
        """
        if not self.coverage.holds(box):
            cover = self.coverage
            raise InputError(
                f"{self.name} covers {cover.west:g} to {cover.east:g} E, {cover.south:g} to {cover.north:g} N only",
                remedy="ask for less, or for gebco or etopo2022, which cover the Earth", key="--bbox",
            )  # fmt: skip
        wide, half, cover = box.widened(_MARGIN_CELLS * self.step_deg), self.step_deg / 2, self.coverage
        corners = {  # not beyond the centres of the outermost cells, which some servers refuse
            "west": max(wide.west, cover.west + half), "south": max(wide.south, cover.south + half),
            "east": min(wide.east, cover.east - half), "north": min(wide.north, cover.north - half),
        }  # fmt: skip
        address = self.url
        for name, value in corners.items():
            address = address.replace(f"{{{name}}}", f"{value:.6f}")
        return address

    def size_bytes(self, box: Box) -> int:
        """About how large the answer for a box is, bytes, unpacked."""
        margin = 2 * _MARGIN_CELLS
        cols, rows = (box.east - box.west) / self.step_deg + margin, (box.north - box.south) / self.step_deg + margin
        return math.ceil(cols * rows * self.bytes_per_cell)


@cache
def read_sources() -> dict[str, Source]:
    """Every source by its name.

    Examples
    --------
    >>> sorted(read_sources())
    ['emodnet', 'etopo2022', 'gebco']
    """
    table = tomllib.loads(resources.files("routing.fetch").joinpath("sources.toml").read_text(encoding="utf-8"))
    return {
        name: Source(name=name, **{**entry, "coverage": Box(*entry["coverage"]), "hosts": tuple(entry["hosts"])})
        for name, entry in table.items()
    }


def source_named(name: str) -> Source:
    """The source of that name.

    Raises
    ------
    InputError
        When there is none, with the nearest.
    """
    sources = read_sources()
    if name not in sources:
        near = difflib.get_close_matches(name, sources, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"choose one of {', '.join(sources)}"
        raise InputError(f"no data set {name!r}", remedy=hint, key="DATASET")
    return sources[name]
