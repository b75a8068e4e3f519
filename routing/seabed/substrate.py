"""What the sea floor is made of: from maps where there are any, from stated rules where there are none.

Classes of maps (Folk, EUSeaMap) become the sediments that the catalogue prices.
Every cell says where its class comes from, so a rule never passes for a map.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from routing import geodesy
from routing.errors import InputError
from routing.grid import burn

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from routing.grid import Grid

__all__ = [
    "RULES",
    "SEDIMENTS",
    "Rule",
    "Substrate",
    "burn_classes",
    "lay_substrate",
    "sediment_of",
    "sediment_of_codes",
]

#: Sediments that this program tells apart, by their code in the catalogue.
SEDIMENTS = ("mud-very-soft", "sand", "clay-soft", "sand-dense", "clay-stiff", "gravel", "rock")

# Folk 1954 in the 5, 7 and 16 classes of EMODnet Geology, and the substrates of EUSeaMap 2023. Which strength a
# grain size has is judgement: mud may be firm at 1 m, and a map shows the uppermost 30 cm.
_BY_SEDIMENT = {
    "mud-very-soft": ("mud", "fine mud", "(g)M", "slightly gravelly mud", "M"),
    "clay-soft": (
        *("mud to muddy sand", "mud to sandy mud", "sandy mud", "muddy sand", "sandy mud or muddy sand", "sM", "mS"),
        *("(g)sM", "slightly gravelly sandy mud", "(g)mS", "slightly gravelly muddy sand"),
    ),
    "sand": ("sand", "S", "(g)S", "slightly gravelly sand"),
    "sand-dense": ("shell sand", "dense sand"),
    "clay-stiff": ("stiff clay",),
    "gravel": (
        *("coarse sediment", "coarse-grained sediment", "coarse substrate", "mixed sediment", "gravel", "G"),
        *("gravelly mud", "gM", "gravelly muddy sand", "gmS", "gravelly sand", "gS", "muddy gravel", "mG"),
        *("muddy sandy gravel", "msG", "sandy gravel", "sG"),
    ),
    "rock": (
        *("rock", "rock & boulders", "rock and boulders", "rock or other hard substrata", "boulders"),
        *("limestone", "coquina", "hardground"),
    ),
}


def _plain(name: str) -> str:
    return " ".join(name.replace("-", " ").split()).lower()


_SEDIMENT = {_plain(name): code for code, names in _BY_SEDIMENT.items() for name in (code, *names)}


def sediment_of(name: str) -> str:
    """The sediment that a class of a map stands for.

    Raises
    ------
    InputError
        When the class is unknown, with the nearest, or all, legal ones.

    Examples
    --------
    >>> sediment_of("Sandy mud"), sediment_of("Rock & boulders"), sediment_of("gmS")
    ('clay-soft', 'rock', 'gravel')
    """
    if _plain(name) not in _SEDIMENT:
        near = difflib.get_close_matches(_plain(name), _SEDIMENT, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"legal are {', '.join(sorted(_SEDIMENT))}"
        raise InputError(f"unknown substrate class {name!r}", remedy=hint, key="substrate")
    return _SEDIMENT[_plain(name)]


def sediment_of_codes(values: NDArray[np.float32], classes: Mapping[int, str]) -> NDArray[np.uint8]:
    """Sediments of a raster of class codes: 1 + the index into SEDIMENTS, 0 where there is no code.

    Parameters
    ----------
    values
        Codes; NaN where there are none.
    classes
        The class that each code means.

    Raises
    ------
    InputError
        When a code has no class.

    Examples
    --------
    >>> sediment_of_codes(np.float32([7.0, np.nan]), {7: "sand"})
    array([2, 0], dtype=uint8)
    """
    found = np.zeros(values.shape, np.uint8)
    for code in np.unique(values[np.isfinite(values)]):
        if code not in classes:
            legal = ", ".join(map(str, sorted(classes)))
            raise InputError(
                f"code {code:g} has no class; substrate.classes names {legal or 'none'}",
                remedy="add it, or declare it as nodata",
                key="substrate.classes",
            )
        found[values == code] = 1 + SEDIMENTS.index(sediment_of(classes[int(code)]))
    return found


@dataclass(frozen=True)
class Rule:
    """One line of a rule model: here, between these depths, the sea floor is likely this.

    Parameters
    ----------
    name
        As reports call it.
    sediment
        Code of the sediment.
    least_m, most_m
        Water depths, from and below.
    box
        West, south, east, north in degrees; None: everywhere.
    source
        What the rule rests on.
    """

    name: str
    sediment: str
    least_m: float
    most_m: float
    source: str
    box: tuple[float, float, float, float] | None = None

    def cells(self, depth_m: NDArray[np.float32], grid: Grid) -> NDArray[np.bool_]:
        """Where it holds."""
        inside = (depth_m >= self.least_m) & (depth_m < self.most_m)
        return inside if self.box is None else inside & burn([_outline(self.box, grid)], grid, all_touched=False)


_MANGYSHLAK = (50.0, 42.0, 52.8, 44.8)
_ABSHERON = (49.3, 39.9, 51.0, 40.8)
_SHELVES = "shell sand and coquina on the Mangyshlak and Absheron shelves: trade knowledge, no map"
_DEPTHS = "; depths and outline by judgement"
#: Rule models by name; the first rule that holds wins.
RULES: Mapping[str, tuple[Rule, ...]] = {
    "caspian": (
        Rule("Mangyshlak shore: limestone", "rock", 0.0, 10.0, _SHELVES + _DEPTHS, _MANGYSHLAK),
        Rule("Mangyshlak shelf: shell sand", "sand-dense", 10.0, 100.0, _SHELVES + _DEPTHS, _MANGYSHLAK),
        Rule("Absheron shelf: shell sand", "sand-dense", 10.0, 100.0, _SHELVES + _DEPTHS, _ABSHERON),
        Rule("nearshore: sand", "sand", 0.0, 20.0, "wave-worked sand: judgement"),
        Rule("shelf: soft clay", "clay-soft", 20.0, 200.0, "mud and clay off the shelves: trade knowledge" + _DEPTHS),
        Rule("basins: mud", "mud-very-soft", 200.0, 12_000.0, "mud in the basins: trade knowledge" + _DEPTHS),
    )
}


@dataclass(frozen=True)
class Substrate:
    """Sediment of every cell and where it is from.

    Attributes
    ----------
    sediment
        Index into SEDIMENTS.
    source
        Index into `sources`.
    sources
        ``"project"`` (one class for the whole sea), ``"map"``, and one ``"rule: ..."`` a rule.
    """

    sediment: NDArray[np.uint8]
    source: NDArray[np.uint8]
    sources: tuple[str, ...]

    def shares(self, sea: NDArray[np.bool_]) -> dict[str, float]:
        """Share of the sea by source; sources without a cell are left out."""
        counts = np.bincount(self.source[sea], minlength=len(self.sources)) / max(int(sea.sum()), 1)
        return {name: float(share) for name, share in zip(self.sources, counts, strict=True) if share > 0}


def lay_substrate(
    depth_m: NDArray[np.float32], grid: Grid, *, otherwise: str, mapped: NDArray[np.uint8] | None, rules: Sequence[Rule]
) -> Substrate:
    """Sediment of every cell: a map first, then the first rule that holds, then one class for all.

    Parameters
    ----------
    depth_m
        Water depth; no rule holds where it is unknown.
    grid
        The cells.
    otherwise
        Sediment where nothing says better.
    mapped
        1 + the index into SEDIMENTS, 0 where the map says nothing; None: no map.
    rules
        The rule model.

    Examples
    --------
    >>> from routing.grid import Grid
    >>> cells = Grid(1, 2, 0.0, 10.0, 10.0, 10.0, "EPSG:32639")
    >>> deep = Rule("basin", "mud-very-soft", 200.0, 9e3, "judgement")
    >>> found = lay_substrate(np.float32([[50.0, 500.0]]), cells, otherwise="sand", mapped=None, rules=[deep])
    >>> [found.sources[code] for code in found.source[0]]
    ['project', 'rule: basin']
    """
    sediment = np.full(grid.shape, SEDIMENTS.index(sediment_of(otherwise)), np.uint8)
    source = np.zeros(grid.shape, np.uint8)
    for number, rule in reversed(list(enumerate(rules, start=2))):
        here = rule.cells(depth_m, grid)
        sediment[here], source[here] = SEDIMENTS.index(rule.sediment), number
    if mapped is not None:
        sediment[mapped > 0], source[mapped > 0] = mapped[mapped > 0] - 1, 1
    return Substrate(sediment, source, ("project", "map", *(f"rule: {rule.name}" for rule in rules)))


def burn_classes(features: Iterable[tuple[Any, str]], grid: Grid) -> NDArray[np.uint8]:
    """Sediments of polygons with a class each: 1 + the index into SEDIMENTS, 0 outside; the first polygon wins.

    Examples
    --------
    >>> from shapely import box
    >>> from routing.grid import Grid
    >>> burn_classes([(box(0, 0, 10, 10), "Sand")], Grid(1, 2, 0.0, 10.0, 10.0, 10.0, "EPSG:32639"))
    array([[2, 0]], dtype=uint8)
    """
    found = np.zeros(grid.shape, np.uint8)
    for shape, name in features:
        number = 1 + SEDIMENTS.index(sediment_of(name))
        found[burn([shape], grid, all_touched=False) & (found == 0)] = number
    return found


def _outline(box: tuple[float, float, float, float], grid: Grid) -> Any:  # noqa: ANN401  (a shapely polygon)
    """A box of longitude and latitude as a polygon of the grid's CRS, its edges bent as they are there."""
    from shapely import Polygon, segmentize
    from shapely import box as rectangle

    ring = np.asarray(segmentize(rectangle(*box), 0.1).exterior.coords)
    return Polygon(geodesy.transform_points(ring, geodesy.WGS84, grid.crs))
