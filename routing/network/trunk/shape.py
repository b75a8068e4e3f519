"""The form of a tree without its places: which landings and branching units hang on which."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

__all__ = ["Knot", "knot", "neighbours"]

MOST_CABLES = 4  # at a branching unit
Links = dict[int, set[int]]  # of each node those it is joined to; groups are 0 and more, branching units negative


@dataclass(frozen=True)
class Knot:
    """A landing or a branching unit with what hangs on it; a tree hangs on the landing of group 0.

    Attributes
    ----------
    group
        Whose landing it is; None for a branching unit.
    children
        In the order of their lowest groups.
    """

    group: int | None
    children: tuple[Knot, ...] = ()

    @cached_property
    def subset(self) -> int:
        """Groups at and below it, as bits."""
        own = 0 if self.group is None else 1 << self.group
        return own | sum(child.subset for child in self.children)

    def walk(self) -> Iterator[Knot]:
        """The knot and all below it, each before what hangs on it."""
        yield self
        for child in self.children:
            yield from child.walk()


def knot(group: int | None, children: tuple[Knot, ...]) -> Knot:
    """A knot with its children in order."""
    return Knot(group, tuple(sorted(children, key=lambda child: child.subset & -child.subset)))


def neighbours(shape: Knot) -> list[Knot]:
    """Forms that differ by one branching unit given up, added, or moved along a cable, in a fixed order.

    Notes
    -----
    A cable at a branching unit is contracted, which merges its ends; a node of four
    cables, or a landing with two or more, is split; both in turn give the exchanges
    of branches across a cable.

    Examples
    --------
    >>> star = knot(0, (knot(None, (Knot(1), Knot(2))),))
    >>> [[part.group for part in other.walk()] for other in neighbours(star)]
    [[0, 1, 2], [0, 1, 2], [0, 2, 1]]
    """
    links = _links(shape)
    fewer = list(_contracted(links))
    found = [*fewer, *_split(links), *(other for once in fewer for other in _split(once))]
    shapes = dict.fromkeys(_hung(other) for other in found)
    shapes.pop(shape, None)
    return list(shapes)


def _links(shape: Knot) -> Links:
    links: Links = {}
    names: dict[int, int] = {}
    for node in shape.walk():
        name = node.group if node.group is not None else -1 - len(names)
        names[id(node)] = name
        links[name] = set()
    # Equal knots do not occur twice in a tree, as each has its own groups below it.
    for node in shape.walk():
        for child in node.children:
            links[names[id(node)]].add(names[id(child)])
            links[names[id(child)]].add(names[id(node)])
    return links


def _hung(links: Links) -> Knot:
    """The tree of links, hung on group 0."""

    def hang(name: int, parent: int | None) -> Knot:
        below = tuple(hang(other, name) for other in links[name] if other != parent)
        return knot(name if name >= 0 else None, below)

    return hang(0, None)


def _contracted(links: Links) -> Iterator[Links]:
    """Trees with one branching unit less: merged into a neighbour."""
    for unit in sorted(name for name in links if name < 0):
        for other in sorted(links[unit]):
            degree = len(links[unit]) + len(links[other]) - 2
            if other >= 0 or (other < unit and degree <= MOST_CABLES):
                yield _merged(links, unit, other)


def _merged(links: Links, unit: int, other: int) -> Links:
    rest = {name: set(joined) for name, joined in links.items() if name != unit}
    for name in links[unit]:
        rest[name].discard(unit)
        if name != other:
            rest[name].add(other)
            rest[other].add(name)
    return rest


def _split(links: Links) -> Iterator[Links]:
    """Trees with one branching unit more, which takes two or three cables of a node and one to it."""
    new = min(*links, 0) - 1
    for name in sorted(links):
        degree = len(links[name])
        least = 2 if name >= 0 else MOST_CABLES
        if degree < least:
            continue
        sizes = (2, 3) if name >= 0 else (2,)
        for size in sizes:
            for moved in combinations(sorted(links[name]), size):
                yield _parted(links, name, moved, new)


def _parted(links: Links, name: int, moved: tuple[int, ...], new: int) -> Links:
    rest = {node: set(joined) for node, joined in links.items()}
    rest[new] = {name, *moved}
    rest[name] = (rest[name] - set(moved)) | {new}
    for node in moved:
        rest[node] = (rest[node] - {name}) | {new}
    return rest
