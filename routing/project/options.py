"""Options of a project file: which groups to join, how, and what the answer must keep."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, model_validator

from routing.project.values import Id, Name, Number, Table, Whole

__all__ = ["AlternativesTable", "ExistingTable", "LatencyTable", "OptionTable"]

#: Keys that ask something of the choice of links, so that they mean nothing for a trunk.
_OF_LINKS = (
    *("separation_km", "landing_zone_km", "at_most_landings", "exactly_landings", "at_least_landings"),
    *("forbid_together", "latency", "alternatives"),
)


class ExistingTable(Table):
    """A cable that is there already and may be branched off."""

    id: Id = Field(description="name of its group in links and trunks")
    name: Name
    path: Path = Field(description="its line in a vector file, or its positions in a csv with columns lon and lat")


class AlternativesTable(Table):
    """Genuinely different routes that are wanted beside the best of each link."""

    count: Whole = Field(default=3, ge=2, le=9, description="routes, the best one included")
    apart_km: Number = Field(default=10.0, gt=0, le=1000, description="what counts as far from another route")
    share: Number = Field(
        default=0.3, gt=0, le=1, description="share of a route that must be that far from each better"
    )


class LatencyTable(Table):
    """A limit on the time that light takes between two groups."""

    between: tuple[Name, Name]
    at_most_ms: Number = Field(gt=0, le=1000, description="one way, over cable alone")


class OptionTable(Table):
    """One complete answer that is wanted."""

    id: Id
    name: Name
    links: tuple[tuple[Name, Name], ...] = Field(default=(), min_length=1, description="pairs of groups to link")
    trunk: tuple[Name, ...] = Field(
        default=(), min_length=2, max_length=8, description="groups to join by one tree, in place of links"
    )
    landings: dict[str, tuple[Name, ...]] = Field(
        default_factory=dict, description="landing ids allowed by country; a country not named allows all"
    )
    states: tuple[Name, ...] | None = Field(
        default=None, min_length=1, description="the only states whose sectors may be crossed"
    )
    separation_km: Number | None = Field(default=None, gt=0, le=1000, description="least distance between its routes")
    landing_zone_km: Number = Field(
        default=30.0, ge=0, le=500, description="radius round landings where that is waived"
    )
    budget_usd: Number | None = Field(default=None, gt=0)
    at_most_landings: Whole | None = Field(default=None, ge=1)
    exactly_landings: Whole | None = Field(default=None, ge=1)
    at_least_landings: dict[str, Whole] = Field(default_factory=dict, description="by country")
    require: tuple[Name, ...] = Field(default=(), description="landing ids that must be used")
    forbid: tuple[Name, ...] = Field(default=(), description="landing ids that may not be used")
    forbid_together: tuple[tuple[Name, Name], ...] = Field(default=(), description="pairs of landing ids")
    latency: tuple[LatencyTable, ...] = ()
    max_span_km: Number | None = Field(
        default=None, gt=0, description="longest link without repeaters, where none are wanted"
    )
    fibre_pairs: Number = Field(
        default=0.0, ge=0, le=1000, description="wanted on each link or from a trunk's first group"
    )
    alternatives: AlternativesTable | None = None

    @model_validator(mode="after")
    def _links_or_trunk(self) -> OptionTable:
        if bool(self.links) == bool(self.trunk):
            raise ValueError("give links or trunk, one of them")
        pairs = [frozenset(link) for link in self.links]
        if len(set(pairs)) < len(pairs) and self.separation_km is None:
            raise ValueError("links: a link stands twice; give separation_km so that its routes keep apart")
        if self.separation_km is not None and len(self.links) == 1:
            raise ValueError("separation_km needs two links or more")
        if len(set(self.trunk)) < len(self.trunk):
            raise ValueError("trunk: a group stands twice")
        return self

    @model_validator(mode="after")
    def _keys_fit(self) -> OptionTable:
        for key in _OF_LINKS if self.trunk else ():
            if key in self.model_fields_set:
                raise ValueError(f"{key} means nothing for a trunk")
        if "landing_zone_km" in self.model_fields_set and self.separation_km is None:
            raise ValueError("landing_zone_km means nothing without separation_km")
        return self

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of all groups that it joins, each once."""
        return tuple(dict.fromkeys([*(name for link in self.links for name in link), *self.trunk]))
