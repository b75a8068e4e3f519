"""Catalogue records: what a cable, a way to bury it, a soil or a rule is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from routing.errors import InputError

__all__ = [
    "LEVELS",
    "Burial",
    "CableType",
    "Catalogue",
    "ClassKind",
    "DepthClass",
    "Figure",
    "Level",
    "Method",
    "Rule",
    "Sediment",
]

Level = Literal["low", "base", "high"]
#: Every figure has three levels: what a cheap, a usual and a dear project meets.
LEVELS: tuple[Level, ...] = ("low", "base", "high")
#: Kinds whose records are classes of places.
ClassKind = Literal["shipping", "fishing", "sediment"]
Method = Literal["surface", "plough", "jet", "diver", "trench"]
#: Kinds whose records hold several figures, by the attribute that keeps them.
_RECORDS = {"cable": "cables", "burial": "burials", "depth_class": "depth_classes", "sediment": "sediments"}
#: Kinds whose records are one figure.
_FIGURES = {"shipping": "shipping", "fishing": "fishing", "hazard": "hazards", "crossing": "crossings", "rate": "rates"}


@dataclass(frozen=True)
class Figure:
    """One number with its range, unit and source.

    Examples
    --------
    >>> Figure(1.0, 2.0, 4.0, "USD", "default, editable").at("high")
    4.0
    """

    low: float
    base: float
    high: float
    unit: str
    source: str

    def at(self, level: Level) -> float:
        """The value at one level."""
        return {"low": self.low, "base": self.base, "high": self.high}[level]


@dataclass(frozen=True)
class CableType:
    """A cable type: where it is laid, its price per km of cable, its factor on external faults, its body."""

    code: str
    name: str
    depth_min_m: float
    depth_max_m: float
    price: Figure
    armour: Figure
    diameter: Figure
    weight_air: Figure
    weight_water: Figure
    strength: Figure


@dataclass(frozen=True)
class Burial:
    """A way to protect a cable: where its tool works, its effort on a rate, its shelter from external faults."""

    code: str
    method: Method
    depth_m: float
    water_min_m: float
    water_max_m: float
    slope_max_deg: float
    slack_pct: float
    rate: str
    effort: Figure
    shelter: Figure


@dataclass(frozen=True)
class Sediment:
    """A soil: effort to plough it, what it does to a cable, how deep each method buries in it."""

    code: str
    factor: Figure
    sinkage: Figure
    abrasion: Figure
    plough_max_m: float
    jet_max_m: float
    diver_max_m: float
    trench_max_m: float

    def burial_max_m(self, method: Method) -> float:
        """Deepest burial that a method reaches; a cable can be laid on any soil."""
        return 0.0 if method == "surface" else float(getattr(self, f"{method}_max_m"))


@dataclass(frozen=True)
class DepthClass:
    """A range of water depth from `from_m` to the next class."""

    from_m: float
    effort: Figure
    faults: Figure

    @property
    def code(self) -> str:
        """Its upper edge, as text."""
        return f"{self.from_m:g}"


@dataclass(frozen=True)
class Rule:
    """A limit on routes: beyond `hard` one is refused, beyond `soft` doubtful, `target` is aimed at.

    Examples
    --------
    >>> angle = Rule("crossing-angle", "angle crossed", "at least", 45.0, 60.0, 90.0, "degree", "default, editable")
    >>> angle.breach(44.9), angle.breach(50.0), angle.breach(60.0)
    ('hard', 'soft', None)
    """

    code: str
    item: str
    sense: Literal["at least", "at most"]
    hard: float
    soft: float
    target: float
    unit: str
    source: str

    def breach(self, value: float) -> Literal["hard", "soft"] | None:
        """Which limit a value lies beyond; None where it keeps both."""
        sign = 1.0 if self.sense == "at least" else -1.0
        if sign * value < sign * self.hard:
            return "hard"
        return "soft" if sign * value < sign * self.soft else None


@dataclass(frozen=True)
class Catalogue:
    """All records, by kind and code.

    Examples
    --------
    >>> from routing.catalogue import read_catalogue
    >>> catalogue = read_catalogue()
    >>> catalogue.rate("plough"), catalogue.rate("plough", "high")
    (11000.0, 22000.0)
    >>> [cable.code for cable in catalogue.cables]
    ['LW', 'LWP', 'SAL', 'SA', 'DA', 'RA']
    """

    price_year: int
    currency: str
    cables: tuple[CableType, ...]
    burials: tuple[Burial, ...]
    depth_classes: tuple[DepthClass, ...]
    sediments: tuple[Sediment, ...]
    shipping: Mapping[str, Figure]
    fishing: Mapping[str, Figure]
    hazards: Mapping[str, Figure]
    crossings: Mapping[str, Figure]
    rates: Mapping[str, Figure]
    rules: Mapping[str, Rule]

    def rate(self, code: str, level: Level = "base") -> float:
        """The value of one rate at one level."""
        return self.rates[code].at(level)

    def codes(self, kind: ClassKind) -> tuple[str, ...]:
        """Classes of a kind, in the order of their numbers on a grid."""
        return tuple(row.code for row in self.sediments) if kind == "sediment" else tuple(getattr(self, kind))

    def index(self, kind: ClassKind, code: str) -> int:
        """Number of a class on a grid.

        Raises
        ------
        InputError
            When the catalogue has no such class, with those it has.

        Examples
        --------
        >>> from routing.catalogue import read_catalogue
        >>> read_catalogue().index("shipping", "lane")
        2
        """
        codes = self.codes(kind)
        if code not in codes:
            raise InputError(f"no {kind} {code!r}", remedy=f"write one of {', '.join(codes)}")
        return codes.index(code)

    def annuity(self, level: Level = "base") -> float:
        """Present value of 1 a year over the design life.

        Notes
        -----
        (1 - (1 + r)^-n) / r with the real discount rate r and the design life n.

        Examples
        --------
        >>> from routing.catalogue import read_catalogue
        >>> round(read_catalogue().annuity(), 2)
        10.67
        """
        interest, years = self.rate("discount", level), self.rate("design-life", level)
        return float((1.0 - (1.0 + interest) ** -years) / interest)

    def figures(self) -> dict[str, Figure]:
        """Every figure, by the name that a project file gives it.

        Examples
        --------
        >>> from routing.catalogue import read_catalogue
        >>> read_catalogue().figures()["cable.SA.price"].base
        15000.0
        """
        return dict(self._named())

    def with_base(self, name: str, value: float) -> Catalogue:
        """The same catalogue with another base value of one figure.

        Examples
        --------
        >>> from routing.catalogue import read_catalogue
        >>> read_catalogue().with_base("rate.plough", 14_000.0).rate("plough")
        14000.0
        """
        kind, _, rest = name.partition(".")
        changed: Any
        if kind in _FIGURES:
            attribute, table = _FIGURES[kind], getattr(self, _FIGURES[kind])
            changed = {**table, rest: replace(table[rest], base=value)}
        else:
            attribute, (code, _, field) = _RECORDS[kind], rest.rpartition(".")
            changed = tuple(
                replace(row, **{field: replace(getattr(row, field), base=value)}) if row.code == code else row
                for row in getattr(self, attribute)
            )
        return replace(self, **{attribute: changed})

    def _named(self) -> Iterator[tuple[str, Figure]]:
        for kind, attribute in _RECORDS.items():
            for row in getattr(self, attribute):
                values: dict[str, Any] = {field.name: getattr(row, field.name) for field in fields(row)}
                yield from (
                    (f"{kind}.{row.code}.{key}", value) for key, value in values.items() if isinstance(value, Figure)
                )
        for kind, attribute in _FIGURES.items():
            yield from ((f"{kind}.{code}", figure) for code, figure in getattr(self, attribute).items())
