"""What can be left out of the solver's model: cables that lie in no tree near the cheapest one.

For every subset S of the groups and every two places there is one candidate cable.
The subset programme over the places, run towards group 0 and then away from it,
gives the least price of a tree that holds that cable. Cables whose least price
exceeds a limit are dropped: no tree up to the limit is lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from routing.network.trunk.candidates import Cable
from routing.network.trunk.subsets import groups_of, pairs_of

if TYPE_CHECKING:
    from routing.network.trunk.candidates import Candidates

__all__ = ["Reduced", "reduce_cables"]

Prices = NDArray[np.float64]


@dataclass(frozen=True)
class Reduced:
    """Cables that are left, and what that says of the rest.

    Attributes
    ----------
    cables
        In order.
    best_usd
        Least price of a tree over the candidates, by the subset programme.
    limit_usd
        Every tree that is not dearer has all of its cables here.
    """

    cables: tuple[Cable, ...]
    best_usd: float
    limit_usd: float


def reduce_cables(candidates: Candidates, *, slack: float) -> Reduced:
    """Cables of trees at most a share dearer than the cheapest."""
    table = _Ways(candidates)
    table.inwards()
    table.outwards()
    best = min(float(table.least(subset).min()) for subset in table.subsets)
    limit = best * (1.0 + slack)
    cables = []
    for subset in table.subsets:
        prices = candidates.cables(subset)
        least = table.least(subset)
        far, near = np.nonzero((least <= limit) & (least < np.inf))
        cables += [Cable(int(v), int(u), subset, float(prices[u, v])) for u, v in zip(far, near, strict=True)]
    return Reduced(tuple(sorted(cables)), best, limit)


@dataclass
class _Ways:
    """Least prices at each place: `joined` and `carried` of a subset, `rest` of everything else."""

    candidates: Candidates
    joined: dict[int, Prices] = field(default_factory=dict)  # at a place, without the cable from there
    carried: dict[int, Prices] = field(default_factory=dict)  # with a cable to a place
    paired: dict[int, Prices] = field(default_factory=dict)  # two cables to a place
    moored: dict[int, Prices] = field(default_factory=dict)  # any number of cables to a place
    arrived: dict[int, Prices] = field(default_factory=dict)  # the rest, when the cable of a subset is at a place
    beyond: dict[int, Prices] = field(default_factory=dict)  # the rest with that cable, from where it starts

    def __post_init__(self) -> None:
        n = len(self.candidates.problem.groups)
        self.full = (1 << n) - 2
        self.subsets = sorted(range(2, 1 << n, 2), key=lambda s: (s.bit_count(), s))
        owner, own = self.candidates.owner, self.candidates.own_usd
        self.unit = np.where(owner < 0, own, np.inf)
        self.landing = [np.where(owner == k, own, np.inf) for k in range(n)]
        self.nowhere = np.full(len(owner), np.inf)

    def inwards(self) -> None:
        """From the leaves towards group 0."""
        for subset in self.subsets:
            pairs = [(self.carried[a] + self.carried[b], a, b) for a, b in pairs_of(subset)]
            self.paired[subset] = _least((sums for sums, _, _ in pairs), self.nowhere)
            threes = (self.carried[a] + self.paired[b] for _, a, b in pairs)
            start = self.unit + _least(threes, self.paired[subset])
            for group in groups_of(subset):
                rest = subset ^ (1 << group)
                start = np.minimum(start, self.landing[group] + (self.moored[rest] if rest else 0.0))
            self.joined[subset] = start
            self.carried[subset] = (start[:, None] + self.candidates.cables(subset)).min(axis=0)
            mooring = (self.carried[a] + self.moored[b] for _, a, b in pairs)
            self.moored[subset] = _least(mooring, self.carried[subset])

    def outwards(self) -> None:
        """From group 0 towards the leaves."""
        for subset in reversed(self.subsets):
            rest = self.full ^ subset
            arrived = self.landing[0] + (self.moored[rest] if rest else 0.0)
            for more in _subsets(rest):
                branch = np.minimum(self.carried[more], self.paired[more])
                arrived = np.minimum(arrived, self.unit + branch + self.beyond[subset | more])
                for group in groups_of(more):
                    others = more ^ (1 << group)
                    hub = self.landing[group] + (self.moored[others] if others else 0.0)
                    arrived = np.minimum(arrived, hub + self.beyond[subset | more])
            self.arrived[subset] = arrived
            self.beyond[subset] = (self.candidates.cables(subset) + arrived[None, :]).min(axis=1)

    def least(self, subset: int) -> Prices:
        """Least price of a tree with the cable of a subset from each place (row) to each (column)."""
        whole = self.joined[subset][:, None] + self.candidates.cables(subset) + self.arrived[subset][None, :]
        return np.asarray(whole)


def _least(prices: Iterator[Prices], first: Prices) -> Prices:
    for other in prices:
        first = np.minimum(first, other)
    return first


def _subsets(whole: int) -> Iterator[int]:
    """Subsets of a set that are not empty."""
    part = whole
    while part:
        yield part
        part = (part - 1) & whole
