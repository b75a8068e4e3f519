"""Which links and branching units of two runs are the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing import geodesy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from routing.delta.reading import JunctionRecord, LinkRecord

__all__ = ["match_junctions", "match_links"]

JunctionPair = tuple["JunctionRecord | None", "JunctionRecord | None"]
LinkPair = tuple["LinkRecord | None", "LinkRecord | None"]


def match_junctions(old: Sequence[JunctionRecord], new: Sequence[JunctionRecord]) -> list[JunctionPair]:
    """Pairs of branching units, old and new.

    Notes
    -----
    Their ids are only numbers, so places decide: units of one degree first, each time the two that lie nearest to each
    other; then whatever is left, in the same way.
    """
    pairs: list[JunctionPair] = []
    left, right = list(old), list(new)
    apart = [
        (a.degree != b.degree, float(geodesy.inverse([a.place], [b.place])[2][0]), i, j)
        for i, a in enumerate(old)
        for j, b in enumerate(new)
    ]
    for _, _, i, j in sorted(apart):
        if old[i] in left and new[j] in right:
            pairs.append((old[i], new[j]))
            left.remove(old[i])
            right.remove(new[j])
    return [*pairs, *((each, None) for each in left), *((None, each) for each in right)]


def match_links(
    old: Sequence[LinkRecord], new: Sequence[LinkRecord], junctions: Sequence[JunctionPair]
) -> list[LinkPair]:
    """Pairs of links, old and new, in the order of the new ones; the old one turned to run the same way.

    Notes
    -----
    A link is the same when it joins the same landings or matched branching units, in either direction. Of the links
    left, those that join the same states are the same link at other landings. Several of one kind pair in their order.
    """
    known = {a.id: f"\0{b.id}" for a, b in junctions if a and b}
    ours = {b.id: f"\0{b.id}" for _, b in junctions if b}

    def ends_of(link: LinkRecord, names: dict[str, str]) -> tuple[str, str]:
        return names.get(link.ends[0], link.ends[0]), names.get(link.ends[1], link.ends[1])

    def states_of(link: LinkRecord, names: dict[str, str]) -> tuple[str, str]:
        # A branching unit has no state: it stands for itself.
        a, b = ends_of(link, names)
        return link.groups[0] or a, link.groups[1] or b

    found: dict[int, LinkRecord] = {}
    left = list(old)
    for key in (ends_of, states_of):
        for number, link in enumerate(new):
            keys = [key(each, known) for each in left]
            if number not in found and (place := _twin(key(link, ours), keys)) is not None:
                twin = left.pop(place)
                found[number] = twin if keys[place] == key(link, ours) else twin.turned()
    paired: list[LinkPair] = [(found.get(number), link) for number, link in enumerate(new)]
    return [*paired, *((link, None) for link in left)]


def _twin(wanted: tuple[str, str], ends: Sequence[tuple[str, str]]) -> int | None:
    """Where a pair of ends stands among others, in either direction."""
    return next((place for place, each in enumerate(ends) if wanted in {each, each[::-1]}), None)
